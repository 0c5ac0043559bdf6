// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for virtio-blk: requests that QEMU's device does not support.
 */
#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/blkdev.h>
#include <linux/device.h>
#include <linux/virtio.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>

#include "fake_device.h"

KUNIT_ARRAY_PARAM_DESC(fake_ring, fake_rings, name);

#define FAKE_BLK_SECTORS	2048

static const struct virtio_blk_config fake_blk_config = {
	.capacity			= FAKE_VIRTIO64(FAKE_BLK_SECTORS),
	.max_discard_sectors		= FAKE_VIRTIO32(FAKE_BLK_SECTORS),
	.max_discard_seg		= FAKE_VIRTIO32(1),
	.discard_sector_alignment	= FAKE_VIRTIO32(1),
	.max_write_zeroes_sectors	= FAKE_VIRTIO32(FAKE_BLK_SECTORS),
	.max_write_zeroes_seg		= FAKE_VIRTIO32(1),
	.max_secure_erase_sectors	= FAKE_VIRTIO32(FAKE_BLK_SECTORS),
	.max_secure_erase_seg		= FAKE_VIRTIO32(1),
	.secure_erase_sector_alignment	= FAKE_VIRTIO32(1),
};

/* The last request with ranges as data */
struct fake_blk {
	u32 type;
	size_t readable, writable;	/* besides header and status */
	struct virtio_blk_discard_write_zeroes range;
};

static void fake_blk_ranges(struct fake_queue *q, u32 type)
{
	struct fake_blk *blk = q->fd->state;

	blk->type = type;
	blk->readable = fake_readable(q);
	blk->writable = fake_writable(q) - 1;
	if (blk->readable == sizeof(blk->range))
		fake_read(q, &blk->range, sizeof(blk->range));
}

/* Every sector is zero, and every request succeeds. */
static void fake_blk_answer(struct fake_queue *q)
{
	static const u8 zeros[512];
	struct virtio_blk_outhdr hdr;
	u32 type;

	fake_read(q, &hdr, sizeof(hdr));
	type = virtio32_to_cpu(q->vq->vdev, hdr.type);
	if (type >= VIRTIO_BLK_T_DISCARD)
		fake_blk_ranges(q, type);
	while (fake_writable(q))
		fake_write(q, zeros, min(fake_writable(q), sizeof(zeros)));
}

static const struct fake_model fake_blk_model = {
	.id		= VIRTIO_ID_BLOCK,
	.features	= BIT_ULL(VIRTIO_BLK_F_DISCARD) |
			  BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES) |
			  BIT_ULL(VIRTIO_BLK_F_SECURE_ERASE),
	.config		= &fake_blk_config,
	.config_size	= sizeof(fake_blk_config),
	.answered	= BIT(0),
	.answer		= fake_blk_answer,
};

static int fake_blk_is_disk(struct device *dev, void *data)
{
	dev_t *devt = data;

	if (!dev->class || strcmp(dev->class->name, "block"))
		return 0;
	*devt = dev->devt;
	return 1;
}

static void fake_blk_close(void *bdev_file)
{
	bdev_fput(bdev_file);
}

static struct block_device *fake_blk_open(struct kunit *test,
					  struct fake_blk *blk)
{
	struct fake_device *fd = fake_register(test, &fake_blk_model, blk);
	struct file *bdev_file;
	dev_t devt = 0;

	device_for_each_child(&fd->vdev.dev, &devt, fake_blk_is_disk);
	KUNIT_ASSERT_NE(test, 0, devt);
	bdev_file = bdev_file_open_by_dev(devt, BLK_OPEN_READ | BLK_OPEN_WRITE,
					  NULL, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(bdev_file));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, fake_blk_close,
							   bdev_file));
	return file_bdev(bdev_file);
}

/* The device must be able to read the request type and the ranges. */
static void fake_blk_expect(struct kunit *test, struct fake_blk *blk, u32 type)
{
	KUNIT_EXPECT_EQ(test, type, blk->type);
	KUNIT_EXPECT_EQ(test, sizeof(blk->range), blk->readable);
	KUNIT_EXPECT_EQ(test, 0, blk->writable);
	KUNIT_EXPECT_EQ(test, 8, le64_to_cpu(blk->range.sector));
	KUNIT_EXPECT_EQ(test, 16, le32_to_cpu(blk->range.num_sectors));
}

static void blk_secure_erase(struct kunit *test)
{
	struct fake_blk *blk = kunit_kzalloc(test, sizeof(*blk), GFP_KERNEL);
	struct block_device *bdev;

	KUNIT_ASSERT_NOT_NULL(test, blk);
	bdev = fake_blk_open(test, blk);
	KUNIT_EXPECT_EQ(test, 0, blkdev_issue_secure_erase(bdev, 8, 16,
							   GFP_KERNEL));
	fake_blk_expect(test, blk, VIRTIO_BLK_T_SECURE_ERASE);
}

static void blk_discard(struct kunit *test)
{
	struct fake_blk *blk = kunit_kzalloc(test, sizeof(*blk), GFP_KERNEL);
	struct block_device *bdev;

	KUNIT_ASSERT_NOT_NULL(test, blk);
	bdev = fake_blk_open(test, blk);
	KUNIT_EXPECT_EQ(test, 0, blkdev_issue_discard(bdev, 8, 16, GFP_KERNEL));
	fake_blk_expect(test, blk, VIRTIO_BLK_T_DISCARD);
}

static void blk_write_zeroes(struct kunit *test)
{
	struct fake_blk *blk = kunit_kzalloc(test, sizeof(*blk), GFP_KERNEL);
	struct block_device *bdev;

	KUNIT_ASSERT_NOT_NULL(test, blk);
	bdev = fake_blk_open(test, blk);
	KUNIT_EXPECT_EQ(test, 0, blkdev_issue_zeroout(bdev, 8, 16, GFP_KERNEL,
						      BLKDEV_ZERO_NOFALLBACK));
	fake_blk_expect(test, blk, VIRTIO_BLK_T_WRITE_ZEROES);
}

static struct kunit_case blk_cases[] = {
	KUNIT_CASE_PARAM(blk_secure_erase, fake_ring_gen_params),
	KUNIT_CASE_PARAM(blk_discard, fake_ring_gen_params),
	KUNIT_CASE_PARAM(blk_write_zeroes, fake_ring_gen_params),
	{}
};

static struct kunit_suite blk_suite = {
	.name		= "virtio_blk",
	.test_cases	= blk_cases,
};

kunit_test_suite(blk_suite);
