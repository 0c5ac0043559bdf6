// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for virtio-blk: requests and limits that QEMU's device does not
 * have, and the descriptors of bios.
 */
#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/virtio.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>

#include "fake_device.h"

KUNIT_ARRAY_PARAM_DESC(fake_ring, fake_rings, name);

#define FAKE_BLK_SECTORS	2048
#define FAKE_BLK_PIECES		16
#define FAKE_BLK_ORDER		2	/* of the memory that is written */
#define FAKE_BLK_BYTES		(PAGE_SIZE << FAKE_BLK_ORDER)

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

struct fake_blk {
	/* The last request with ranges as data */
	u32 type;
	size_t readable, writable;	/* besides header and status */
	struct virtio_blk_discard_write_zeroes range;

	/* What was written: all data, and its pieces */
	unsigned int nr_writes, nr_pieces;
	size_t pieces[FAKE_BLK_PIECES];
	u8 *data;
	size_t len;

	/* Requests that fail */
	bool fails;
	u32 bad_type;
	u64 bad_sector;
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

static void fake_blk_write(struct fake_queue *q)
{
	struct fake_blk *blk = q->fd->state;
	size_t len = min(fake_readable(q), FAKE_BLK_BYTES - blk->len);
	unsigned int i;

	blk->nr_writes++;
	/* The header was the first one. */
	for (i = 1; i < q->riov.used; i++)
		if (blk->nr_pieces < FAKE_BLK_PIECES)
			blk->pieces[blk->nr_pieces++] = q->riov.iov[i].iov_len;
	fake_read(q, blk->data + blk->len, len);
	blk->len += len;
}

static u8 fake_blk_status(struct fake_blk *blk, u32 type, u64 sector)
{
	if (blk->fails && type == blk->bad_type && sector == blk->bad_sector)
		return VIRTIO_BLK_S_UNSUPP;
	return VIRTIO_BLK_S_OK;
}

/* Every sector is zero. */
static void fake_blk_answer(struct fake_queue *q)
{
	static const u8 zeros[512];
	struct virtio_blk_outhdr hdr;
	u8 status;
	u32 type;

	fake_read(q, &hdr, sizeof(hdr));
	type = virtio32_to_cpu(q->vq->vdev, hdr.type);
	if (type >= VIRTIO_BLK_T_DISCARD)
		fake_blk_ranges(q, type);
	else if (type == VIRTIO_BLK_T_OUT)
		fake_blk_write(q);
	while (fake_writable(q) > 1)
		fake_write(q, zeros, min(fake_writable(q) - 1, sizeof(zeros)));
	status = fake_blk_status(q->fd->state, type,
				 virtio64_to_cpu(q->vq->vdev, hdr.sector));
	fake_write(q, &status, sizeof(status));
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
					  const struct fake_model *model,
					  struct fake_blk *blk)
{
	struct fake_device *fd = fake_register(test, model, blk);
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
	bdev = fake_blk_open(test, &fake_blk_model, blk);
	KUNIT_EXPECT_EQ(test, 0, blkdev_issue_secure_erase(bdev, 8, 16,
							   GFP_KERNEL));
	fake_blk_expect(test, blk, VIRTIO_BLK_T_SECURE_ERASE);
}

static void blk_discard(struct kunit *test)
{
	struct fake_blk *blk = kunit_kzalloc(test, sizeof(*blk), GFP_KERNEL);
	struct block_device *bdev;

	KUNIT_ASSERT_NOT_NULL(test, blk);
	bdev = fake_blk_open(test, &fake_blk_model, blk);
	KUNIT_EXPECT_EQ(test, 0, blkdev_issue_discard(bdev, 8, 16, GFP_KERNEL));
	fake_blk_expect(test, blk, VIRTIO_BLK_T_DISCARD);
}

static void blk_write_zeroes(struct kunit *test)
{
	struct fake_blk *blk = kunit_kzalloc(test, sizeof(*blk), GFP_KERNEL);
	struct block_device *bdev;

	KUNIT_ASSERT_NOT_NULL(test, blk);
	bdev = fake_blk_open(test, &fake_blk_model, blk);
	KUNIT_EXPECT_EQ(test, 0, blkdev_issue_zeroout(bdev, 8, 16, GFP_KERNEL,
						      BLKDEV_ZERO_NOFALLBACK));
	fake_blk_expect(test, blk, VIRTIO_BLK_T_WRITE_ZEROES);
}

/*
 * The descriptors of bios
 */

/* A disk with these limits; its memory is the data to write */
struct fake_disk {
	struct fake_blk blk;
	struct virtio_blk_config config;
	struct fake_model model;
	struct block_device *bdev;
	struct page *pages;
	u8 *expected;			/* what was added to bios, in order */
	size_t len;
};

static void fake_disk_free(void *pages)
{
	__free_pages(pages, FAKE_BLK_ORDER);
}

static struct fake_disk *fake_disk_alloc(struct kunit *test,
					 unsigned int seg_max,
					 unsigned int size_max)
{
	struct fake_disk *disk = kunit_kzalloc(test, sizeof(*disk), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, disk);
	disk->blk.data = kunit_kzalloc(test, FAKE_BLK_BYTES, GFP_KERNEL);
	disk->expected = kunit_kzalloc(test, FAKE_BLK_BYTES, GFP_KERNEL);
	disk->pages = alloc_pages(GFP_KERNEL | __GFP_COMP, FAKE_BLK_ORDER);
	KUNIT_ASSERT_NOT_NULL(test, disk->blk.data);
	KUNIT_ASSERT_NOT_NULL(test, disk->expected);
	KUNIT_ASSERT_NOT_NULL(test, disk->pages);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, fake_disk_free,
							   disk->pages));
	for (i = 0; i < FAKE_BLK_BYTES; i++)
		((u8 *)page_address(disk->pages))[i] = i * 7 + (i >> 9);

	disk->config = fake_blk_config;
	disk->config.seg_max = FAKE_VIRTIO32(seg_max);
	disk->config.size_max = FAKE_VIRTIO32(size_max);
	disk->model = fake_blk_model;
	disk->model.config = &disk->config;
	disk->model.features |= BIT_ULL(VIRTIO_BLK_F_SEG_MAX);
	if (size_max)
		disk->model.features |= BIT_ULL(VIRTIO_BLK_F_SIZE_MAX);
	return disk;
}

static struct fake_disk *fake_disk_open(struct kunit *test,
					unsigned int seg_max,
					unsigned int size_max)
{
	struct fake_disk *disk = fake_disk_alloc(test, seg_max, size_max);

	disk->bdev = fake_blk_open(test, &disk->model, &disk->blk);
	return disk;
}

static void fake_disk_expect(struct fake_disk *disk, size_t at, size_t len)
{
	memcpy(disk->expected + disk->len, page_address(disk->pages) + at, len);
	disk->len += len;
}

/* The range of @len bytes from @at on, in the memory of the disk */
static void fake_disk_add(struct kunit *test, struct bio *bio,
			  struct fake_disk *disk, size_t at, size_t len)
{
	KUNIT_ASSERT_EQ(test, len,
			bio_add_page(bio, disk->pages + at / PAGE_SIZE, len,
				     at % PAGE_SIZE));
}

#define FAKE_PIECES(...)	((const size_t[]){ __VA_ARGS__, 0 })

/* The device got this number of requests, with these pieces */
static void fake_disk_check(struct kunit *test, struct fake_disk *disk,
			    unsigned int nr_writes, const size_t *pieces)
{
	struct fake_blk *blk = &disk->blk;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, nr_writes, blk->nr_writes);
	for (i = 0; pieces[i]; i++)
		KUNIT_EXPECT_EQ(test, pieces[i], blk->pieces[i]);
	KUNIT_EXPECT_EQ(test, i, blk->nr_pieces);
	KUNIT_ASSERT_EQ(test, disk->len, blk->len);
	KUNIT_EXPECT_MEMEQ(test, disk->expected, blk->data, disk->len);
}

/* Three bvecs, the last one of two pages */
static void fake_disk_bio(struct kunit *test, struct fake_disk *disk,
			  struct bio *bio, struct bio_vec bvecs[3])
{
	bio_init(bio, disk->bdev, bvecs, 3, REQ_OP_WRITE);
	bio->bi_iter.bi_sector = 8;
	fake_disk_add(test, bio, disk, 0, 1024);
	fake_disk_add(test, bio, disk, PAGE_SIZE + 512, 512);
	fake_disk_add(test, bio, disk, 2 * PAGE_SIZE, 2 * PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, 3, bio->bi_vcnt);
}

static void fake_disk_write(struct kunit *test, struct fake_disk *disk)
{
	struct bio_vec bvecs[3];
	struct bio bio;

	fake_disk_bio(test, disk, &bio, bvecs);
	fake_disk_expect(disk, 0, 1024);
	fake_disk_expect(disk, PAGE_SIZE + 512, 512);
	fake_disk_expect(disk, 2 * PAGE_SIZE, 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, 0, submit_bio_wait(&bio));
	bio_uninit(&bio);
}

/* However many pages a bvec has, it is one piece. */
static void blk_bvecs(struct kunit *test)
{
	struct fake_disk *disk = fake_disk_open(test, 6, 0);

	fake_disk_write(test, disk);
	fake_disk_check(test, disk, 1, FAKE_PIECES(1024, 512, 2 * PAGE_SIZE));
}

/* Unless the device does not accept pieces of this length */
static void blk_short_segments(struct kunit *test)
{
	struct fake_disk *disk = fake_disk_open(test, 6, PAGE_SIZE);

	fake_disk_write(test, disk);
	fake_disk_check(test, disk, 1,
			FAKE_PIECES(1024, 512, PAGE_SIZE, PAGE_SIZE));
}

static void blk_one_segment(struct kunit *test)
{
	struct fake_disk *disk = fake_disk_open(test, 1, 0);

	fake_disk_write(test, disk);
	fake_disk_check(test, disk, 3, FAKE_PIECES(1024, 512, 2 * PAGE_SIZE));
}

static void blk_two_segments(struct kunit *test)
{
	struct fake_disk *disk = fake_disk_open(test, 2, 0);

	fake_disk_write(test, disk);
	fake_disk_check(test, disk, 2, FAKE_PIECES(1024, 512, 2 * PAGE_SIZE));
}

/* The device takes more of them than its ring has descriptors. */
static void blk_long_requests(struct kunit *test)
{
	const struct fake_ring *ring = test->param_value;
	struct fake_disk *disk = fake_disk_open(test, 16, 0);
	struct bio_vec bvecs[10];
	struct bio bio;
	unsigned int i;

	bio_init(&bio, disk->bdev, bvecs, 10, REQ_OP_WRITE);
	for (i = 0; i < 10; i++) {
		fake_disk_add(test, &bio, disk, i * 1024, 512);
		fake_disk_expect(disk, i * 1024, 512);
	}
	KUNIT_EXPECT_EQ(test, 0, submit_bio_wait(&bio));
	bio_uninit(&bio);
	fake_disk_check(test, disk, ring->features ? 1 : 2,
			FAKE_PIECES(512, 512, 512, 512, 512, 512, 512, 512,
				    512, 512));
}

/* One that starts and ends in the middle of a bvec */
static void blk_clone(struct kunit *test)
{
	struct fake_disk *disk = fake_disk_open(test, 6, 0);
	struct bio_vec bvecs[3];
	struct bio bio, *clone;

	fake_disk_bio(test, disk, &bio, bvecs);
	clone = bio_alloc_clone(disk->bdev, &bio, GFP_KERNEL, &fs_bio_set);
	KUNIT_ASSERT_NOT_NULL(test, clone);
	bio_advance(clone, 512);
	clone->bi_iter.bi_size -= PAGE_SIZE + 512;
	fake_disk_expect(disk, 512, 512);
	fake_disk_expect(disk, PAGE_SIZE + 512, 512);
	fake_disk_expect(disk, 2 * PAGE_SIZE, PAGE_SIZE - 512);
	KUNIT_EXPECT_EQ(test, 0, submit_bio_wait(clone));
	bio_put(clone);
	bio_uninit(&bio);
	fake_disk_check(test, disk, 1, FAKE_PIECES(512, 512, PAGE_SIZE - 512));
}

struct fake_bios {
	struct completion done;
	atomic_t left, failed;
};

static void fake_disk_end_io(struct bio *bio)
{
	struct fake_bios *bios = bio->bi_private;

	if (bio->bi_status)
		atomic_inc(&bios->failed);
	if (atomic_dec_and_test(&bios->left))
		complete(&bios->done);
}

/* A request of three bios; the first two are adjacent. */
static void blk_merged(struct kunit *test)
{
	struct fake_disk *disk = fake_disk_open(test, 6, 0);
	struct fake_bios all = { .left = ATOMIC_INIT(3) };
	struct bio_vec bvecs[3][2];
	struct blk_plug plug;
	struct bio *bios[3];
	unsigned int i, sector = 8;

	init_completion(&all.done);
	for (i = 0; i < 3; i++) {
		bios[i] = kunit_kzalloc(test, sizeof(*bios[i]), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, bios[i]);
		bio_init(bios[i], disk->bdev, bvecs[i], 2, REQ_OP_WRITE);
		bios[i]->bi_end_io = fake_disk_end_io;
		bios[i]->bi_private = &all;
	}
	fake_disk_add(test, bios[0], disk, 512, 512);
	fake_disk_add(test, bios[0], disk, PAGE_SIZE, PAGE_SIZE);
	fake_disk_add(test, bios[1], disk, 2 * PAGE_SIZE, PAGE_SIZE);
	fake_disk_add(test, bios[2], disk, 0, 512);
	fake_disk_expect(disk, 512, 512);
	fake_disk_expect(disk, PAGE_SIZE, 2 * PAGE_SIZE);
	fake_disk_expect(disk, 0, 512);

	blk_start_plug(&plug);
	for (i = 0; i < 3; i++) {
		bios[i]->bi_iter.bi_sector = sector;
		sector += bio_sectors(bios[i]);
		submit_bio(bios[i]);
	}
	blk_finish_plug(&plug);
	wait_for_completion(&all.done);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&all.failed));
	fake_disk_check(test, disk, 1, FAKE_PIECES(512, 2 * PAGE_SIZE, 512));
}

/*
 * Several completions in one interrupt
 */

#define FAKE_BLK_BATCH	4

/* A disk with a queue for each CPU, so that no CPU completes for another one */
static struct fake_disk *fake_disk_open_mq(struct kunit *test)
{
	struct fake_disk *disk = fake_disk_alloc(test, 6, 0);

	disk->config.num_queues = FAKE_VIRTIO16(FAKE_QUEUES);
	disk->model.features |= BIT_ULL(VIRTIO_BLK_F_MQ);
	disk->model.answered = BIT(FAKE_QUEUES) - 1;
	disk->model.at_once = true;
	disk->bdev = fake_blk_open(test, &disk->model, &disk->blk);
	return disk;
}

/* Writes of three bvecs that cannot be merged; bio @i is at sector 8 + 64 * @i */
static void fake_disk_batch(struct kunit *test, struct fake_disk *disk,
			    int err[FAKE_BLK_BATCH])
{
	struct fake_bios all = { .left = ATOMIC_INIT(FAKE_BLK_BATCH) };
	struct bio_vec (*bvecs)[3];
	struct blk_plug plug;
	struct bio *bios;
	unsigned int i;

	bios = kunit_kcalloc(test, FAKE_BLK_BATCH, sizeof(*bios), GFP_KERNEL);
	bvecs = kunit_kcalloc(test, FAKE_BLK_BATCH, sizeof(*bvecs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bios);
	KUNIT_ASSERT_NOT_NULL(test, bvecs);

	init_completion(&all.done);
	for (i = 0; i < FAKE_BLK_BATCH; i++) {
		fake_disk_bio(test, disk, &bios[i], bvecs[i]);
		bios[i].bi_iter.bi_sector = 8 + 64 * i;
		bios[i].bi_end_io = fake_disk_end_io;
		bios[i].bi_private = &all;
	}

	migrate_disable();
	blk_start_plug(&plug);
	for (i = 0; i < FAKE_BLK_BATCH; i++)
		submit_bio(&bios[i]);
	blk_finish_plug(&plug);
	migrate_enable();
	wait_for_completion(&all.done);

	KUNIT_EXPECT_EQ(test, FAKE_BLK_BATCH, disk->blk.nr_writes);
	for (i = 0; i < FAKE_BLK_BATCH; i++) {
		err[i] = blk_status_to_errno(bios[i].bi_status);
		bio_uninit(&bios[i]);
	}
}

/*
 * A ring without indirect descriptors has room for one of these requests.  The
 * device completes it after the next one was found not to fit, and before that
 * one is back on the list of the hardware queue: someone has to run the queue
 * again.
 */
static void blk_full_ring(struct kunit *test)
{
	struct fake_disk *disk = fake_disk_open_mq(test);
	int err[FAKE_BLK_BATCH];
	unsigned int i;

	fake_disk_batch(test, disk, err);
	for (i = 0; i < FAKE_BLK_BATCH; i++)
		KUNIT_EXPECT_EQ(test, 0, err[i]);
}

/* One fails, the others do not. */
static void blk_batch_status(struct kunit *test)
{
	struct fake_disk *disk = fake_disk_open_mq(test);
	int err[FAKE_BLK_BATCH];
	unsigned int i;

	disk->blk.bad_type = VIRTIO_BLK_T_OUT;
	disk->blk.bad_sector = 8 + 64;
	disk->blk.fails = true;
	fake_disk_batch(test, disk, err);
	for (i = 0; i < FAKE_BLK_BATCH; i++)
		KUNIT_EXPECT_EQ(test, i == 1 ? -EOPNOTSUPP : 0, err[i]);
}

static struct kunit_case blk_cases[] = {
	KUNIT_CASE_PARAM(blk_bvecs, fake_ring_gen_params),
	KUNIT_CASE_PARAM(blk_short_segments, fake_ring_gen_params),
	KUNIT_CASE_PARAM(blk_one_segment, fake_ring_gen_params),
	KUNIT_CASE_PARAM(blk_two_segments, fake_ring_gen_params),
	KUNIT_CASE_PARAM(blk_long_requests, fake_ring_gen_params),
	KUNIT_CASE_PARAM(blk_clone, fake_ring_gen_params),
	KUNIT_CASE_PARAM(blk_merged, fake_ring_gen_params),
	KUNIT_CASE_PARAM(blk_full_ring, fake_ring_gen_params),
	KUNIT_CASE_PARAM(blk_batch_status, fake_ring_gen_params),
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
