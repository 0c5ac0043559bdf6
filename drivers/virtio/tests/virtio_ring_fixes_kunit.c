// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for bugs that the ring once had.
 *
 * They use the calls that add a whole buffer at once, and no private
 * interfaces, so that each of them can be shown to fail on a kernel that has
 * the bug.
 */
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "vring_device.h"

#define RING_SIZE	8

static struct vring_device *create(struct kunit *test)
{
	return vring_device_create(test, test->param_value, RING_SIZE);
}

/*
 * A hostile device writes to the descriptors of a split ring after a buffer was
 * added.  This must affect neither the free list nor what is unmapped.
 */

static void flip_next(struct vring_device *vd, unsigned int i, u16 value)
{
	vring_device_split_desc(vd, i)->flags ^=
		cpu_to_virtio16(&vd->vdev, VRING_DESC_F_NEXT);
}

static void set_next(struct vring_device *vd, unsigned int i, u16 value)
{
	struct vring_desc *desc = vring_device_split_desc(vd, i);

	desc->flags |= cpu_to_virtio16(&vd->vdev, VRING_DESC_F_NEXT);
	desc->next = cpu_to_virtio16(&vd->vdev, value);
}

static void set_all_flags(struct vring_device *vd, unsigned int i, u16 value)
{
	vring_device_split_desc(vd, i)->flags = cpu_to_virtio16(&vd->vdev,
								U16_MAX);
}

static void clear_flags(struct vring_device *vd, unsigned int i, u16 value)
{
	vring_device_split_desc(vd, i)->flags = 0;
}

static void rewrite_address(struct vring_device *vd, unsigned int i, u16 value)
{
	struct vring_desc *desc = vring_device_split_desc(vd, i);

	desc->addr = cpu_to_virtio64(&vd->vdev, value);
	desc->len = cpu_to_virtio32(&vd->vdev, value);
}

/* How the device changes descriptor @i, some with a @value */
static void (* const hostilities[])(struct vring_device *vd, unsigned int i,
				    u16 value) = {
	clear_flags, rewrite_address, flip_next, set_next, set_all_flags,
};

static void be_hostile(struct vring_device *vd, unsigned int how, u16 value)
{
	unsigned int i;

	vring_device_doing(vd, "hostility %u, value %u", how, value);
	for (i = 0; i < RING_SIZE; i++)
		hostilities[how](vd, i, value);
}

/* Buffers of one and of three pieces are used, in both orders */
static void hostile_completion(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req[2] = {
		vring_request_create(vd, 8, 1, 2),
		vring_request_create(vd, 0, 0, 1),
	};
	unsigned int how, offset, first;
	u16 id[2];

	for (how = 0; how < ARRAY_SIZE(hostilities); how++) {
		for (offset = 0; offset < 2 * RING_SIZE; offset++) {
			KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, req[0]));
			KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, req[1]));
			id[0] = vring_expect_available(vd, req[0]);
			id[1] = vring_expect_available(vd, req[1]);
			be_hostile(vd, how, offset % RING_SIZE);

			first = vd->config.in_order ? 0 : offset & 1;
			vring_device_complete(vd, id[first], 0);
			vring_device_complete(vd, id[!first], 0);
			vring_expect_used(vd, req[first], 0);
			vring_expect_used(vd, req[!first], 0);
			vring_device_expect_nothing_held(vd);
			vring_device_expect_idle(vd);
			vring_move_on(vd, 1);
		}
	}
}

/* The same when the driver detaches its buffers */
static void hostile_detach(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 8, 1, 2);
	unsigned int how;

	for (how = 0; how < ARRAY_SIZE(hostilities); how++) {
		vring_move_on(vd, how);
		KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, req));
		be_hostile(vd, how, how);
		KUNIT_ASSERT_EQ(test, 0, virtqueue_reset(vd->vq,
							 vring_device_recycle,
							 NULL));
		KUNIT_EXPECT_EQ(test, how + 1, vd->nr_recycled);
		vring_device_expect_nothing_held(vd);
		vring_device_expect_idle(vd);
	}
}

/* One errno per cause: a failed mapping is -ENOMEM on all layouts */
static void mapping_fails_errno(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 2, 1);
	unsigned int k;

	for (k = 1; k <= 3; k++) {
		int err = vring_add_unmappable(vd, req, k, UINT_MAX);

		KUNIT_EXPECT_EQ(test, -ENOMEM, err);
	}
}

/*
 * A mapping fails at a later piece, then a shorter buffer is added at the same
 * head.  The descriptors after it, written by the first buffer, must look
 * neither available nor used.
 */
static void mapping_fails_phantom(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *four = vring_request_create(vd, 0, 4, 0);
	struct vring_request *one = vring_request_create(vd, 8, 1, 0);
	unsigned int k, offset;

	for (offset = 0; offset < 3 * RING_SIZE; offset++) {
		for (k = 2; k <= 4; k++) {
			vring_device_doing(vd, "offset %u, mapping %u", offset,
					   k);
			vring_dma_fail_maps(vd, k, UINT_MAX);
			KUNIT_EXPECT_LT(test, vring_add_sgs(vd, four), 0);
			vring_dma_fail_maps(vd, 0, 0);

			KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, one));
			vring_expect_round_trip(vd, one);
			vring_device_expect_idle(vd);
			KUNIT_ASSERT_FALSE(test, vring_device_take(vd));
		}
	}
}

/* After a failed mapping, do not try again without a table */
static void mapping_fails_no_retry(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 2, 1);
	unsigned int k, nents = 3 + vd->config.indirect;

	for (k = 1; k <= nents; k++) {
		int err = vring_add_unmappable(vd, req, k, k);

		KUNIT_EXPECT_EQ(test, -ENOMEM, err);
	}
}

/*
 * A queue is deleted with buffers in it.  The device may have used one that the
 * driver has not taken.  The ring must unmap all that it has mapped, free all
 * tables, and not write to memory that the driver may have freed.  What the
 * driver has mapped stays mapped.
 */
static void delete_with(struct vring_device *vd, struct vring_request *req[2],
			bool used)
{
	struct kunit *test = vd->test;
	u16 id;

	KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, req[0]));
	KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, req[1]));
	id = vring_expect_available(vd, req[0]);
	if (used)
		vring_device_complete(vd, id, 0);

	vd->dma.synced = 0;
	vring_device_delete_vq(vd);
	KUNIT_EXPECT_EQ(test, 0, vd->dma.synced);
	KUNIT_EXPECT_EQ(test, 0, vd->dma.nr_coherent);
	vring_dma_expect_mapped(vd, vd->config.premapped && vd->config.dma ?
				4 : 0);
	KUNIT_EXPECT_EQ(test, 0, vd->nr_tables);
}

static void delete_unused(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req[2] = {
		vring_request_create(vd, 8, 1, 2),
		vring_request_create(vd, 0, 0, 1),
	};
	unsigned int offset;

	for (offset = 0; offset < RING_SIZE; offset++) {
		vring_device_doing(vd, "offset %u", offset);
		vring_move_on(vd, offset);
		delete_with(vd, req, offset & 1);
		KUNIT_ASSERT_EQ(test, 0, vring_device_create_vq(vd, RING_SIZE));
	}
	vring_request_finish(vd, req[0]);
	vring_request_finish(vd, req[1]);
}

static struct kunit_case fixes_cases[] = {
	KUNIT_CASE_PARAM(hostile_completion, vring_gen_split_direct),
	KUNIT_CASE_PARAM(hostile_detach, vring_gen_split_direct),
	KUNIT_CASE_PARAM(mapping_fails_errno, vring_gen_dma),
	KUNIT_CASE_PARAM(mapping_fails_phantom, vring_gen_dma),
	KUNIT_CASE_PARAM(mapping_fails_no_retry, vring_gen_dma),
	KUNIT_CASE_PARAM(delete_unused, vring_gen_all),
	{}
};

static struct kunit_suite fixes_suite = {
	.name = "virtio_ring_fixes",
	.test_cases = fixes_cases,
};

kunit_test_suite(fixes_suite);
