// SPDX-License-Identifier: GPL-2.0
/*
 * The private state of a virtqueue, to compare it before and after a failed or
 * aborted buffer.  No other file of the tests accesses it.
 */
#include <linux/virtio_ring.h>

#include "../vring.h"
#include "vring_device.h"

/* How many tables are kept, and free */
unsigned int vring_free_tables(const struct vring_device *vd)
{
	return READ_ONCE(to_vvq(vd->vq)->nr_kept);
}

/*
 * Memory for tables that stay mapped is allocated by a work item, which was
 * scheduled with the first small table: let this allocation succeed.
 */
void vring_let_tables_be_kept(struct vring_device *vd)
{
	struct vring_kept *kept = to_vvq(vd->vq)->kept;

	KUNIT_ASSERT_NOT_NULL(vd->test, kept);
	if (!vd->config.dma)
		return;
	flush_work(&kept->work);
	KUNIT_EXPECT_EQ(vd->test, 0, vring_free_tables(vd));
	vd->dma.keep = true;
	schedule_work(&kept->work);
	flush_work(&kept->work);
	vd->dma.keep = false;
}

void vring_get_state(struct vring_device *vd, struct vring_state *state)
{
	const struct vring_virtqueue *vq = to_vvq(vd->vq);
	unsigned int i, id = vq->free_head;

	KUNIT_ASSERT_LE(vd->test, vd->size, VRING_STATE_SIZE);
	memset(state, 0, sizeof(*state));
	state->num_free = vd->vq->num_free;
	state->free_head = vq->free_head;
	state->num_added = vq->num_added;
	state->last_used_idx = vq->last_used_idx;
	if (virtqueue_is_packed(vq)) {
		state->avail_idx = vq->packed.next_avail_idx;
		state->avail_used_flags = vq->packed.avail_used_flags;
		state->wrap = vq->packed.avail_wrap_counter;
	} else {
		state->avail_idx = vq->split.avail_idx_shadow;
	}
	for (i = 0; i < vd->vq->num_free; i++, id = vq->desc_extra[id].next)
		state->free[i] = id;
	for (i = 0; i < vd->size; i++)
		state->data[i] = vq->desc_state[i].data;
	memcpy(state->driver_area, vd->driver_area, sizeof(state->driver_area));
}

/**
 * vring_expect_state - expect that the state of the queue has not changed
 * @vd: the device, to which nothing else must be available
 * @before: from vring_get_state()
 * @mapped: number of mappings of the driver, the ring has none
 *
 * Descriptors may differ only on a packed ring, in ways that do not make them
 * available: vring_device_expect_idle() checks that.
 */
void vring_expect_state(struct vring_device *vd,
			const struct vring_state *before, unsigned int mapped)
{
	struct vring_state now;

	vring_get_state(vd, &now);
	KUNIT_EXPECT_EQ(vd->test, before->num_free, now.num_free);
	KUNIT_EXPECT_EQ(vd->test, before->free_head, now.free_head);
	KUNIT_EXPECT_EQ(vd->test, before->avail_idx, now.avail_idx);
	KUNIT_EXPECT_EQ(vd->test, before->avail_used_flags,
			now.avail_used_flags);
	KUNIT_EXPECT_EQ(vd->test, before->wrap, now.wrap);
	KUNIT_EXPECT_MEMEQ(vd->test, before, &now, sizeof(now));

	vring_device_expect_idle(vd);
	vring_dma_expect_mapped(vd, mapped);
	KUNIT_EXPECT_EQ(vd->test, 0, vd->nr_tables);
}
