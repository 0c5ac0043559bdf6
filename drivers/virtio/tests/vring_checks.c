// SPDX-License-Identifier: GPL-2.0
/*
 * Steps and checks for all calls that add a buffer, shared by the suites.  A
 * suite passes its own function to add a buffer if it tests that.
 */
#include <linux/virtio.h>

#include "vring_device.h"

/* One list of readable pieces, one of writable ones */
int vring_add_sgs(struct vring_device *vd, struct vring_request *req)
{
	struct scatterlist *sgs[2];
	unsigned int n = 0;

	if (req->out) {
		sg_mark_end(&req->sg[req->out - 1]);
		sgs[n++] = req->sg;
	}
	if (req->in)
		sgs[n++] = &req->sg[req->out];
	return virtqueue_add_sgs(vd->vq, sgs, !!req->out, !!req->in, req,
				 VRING_TEST_GFP);
}

/* The next buffer starts @n descriptors further on */
void vring_move_on(struct vring_device *vd, unsigned int n)
{
	struct vring_request *req = vring_request_create(vd, VRING_SLOTS - 1,
							 1, 0);

	while (n--) {
		KUNIT_ASSERT_EQ(vd->test, 0, vring_add_sgs(vd, req));
		vring_expect_round_trip(vd, req);
		vring_device_expect_idle(vd);
	}
	vring_request_finish(vd, req);
	kunit_kfree(vd->test, req);
}

/* Add a one-piece buffer, which never uses a table, @n times */
void vring_fill(struct vring_device *vd, struct vring_request *one,
		unsigned int n, vring_add_fn *add)
{
	unsigned int free = vd->vq->num_free;

	while (n--) {
		KUNIT_ASSERT_EQ(vd->test, 0, add(vd, one));
		KUNIT_EXPECT_EQ(vd->test, --free, vd->vq->num_free);
	}
}

void vring_drain(struct vring_device *vd, struct vring_request *one,
		 unsigned int n)
{
	while (n--)
		vring_expect_round_trip(vd, one);
	vring_device_expect_nothing_held(vd);
	vring_device_expect_idle(vd);
}

/* All @num buffers, which were just added, are used in this @order */
void vring_expect_order(struct vring_device *vd, struct vring_request *req[],
			unsigned int num, const unsigned int *order)
{
	unsigned int i;
	u16 id[VRING_MAX_ORDER];

	KUNIT_ASSERT_LE(vd->test, num, VRING_MAX_ORDER);
	for (i = 0; i < num; i++)
		id[i] = vring_expect_available(vd, req[i]);
	for (i = 0; i < num; i++)
		vring_device_complete(vd, id[order[i]], order[i]);
	for (i = 0; i < num; i++)
		vring_expect_used(vd, req[order[i]], order[i]);
	vring_device_expect_nothing_held(vd);
	vring_device_expect_idle(vd);
}

/**
 * vring_add_unmappable - virtqueue_add_sgs() while mappings fail
 * @vd: the device
 * @req: the buffer
 * @first: the first mapping that fails, 1 is the next one
 * @last: the last one
 *
 * In any case, nothing may be left behind.
 *
 * Return: what virtqueue_add_sgs() returned.
 */
int vring_add_unmappable(struct vring_device *vd, struct vring_request *req,
			 unsigned int first, unsigned int last)
{
	int err;

	vring_dma_fail_maps(vd, first, last);
	err = vring_add_sgs(vd, req);
	vring_dma_fail_maps(vd, 0, 0);
	vring_device_expect_nothing_held(vd);
	vring_device_expect_idle(vd);
	return err;
}

/**
 * vring_expect_kick_event - with EVENT_IDX, kicks occur when requested
 * @vd: the device
 * @req: a buffer of two pieces
 * @add: how it is added
 *
 * The device requests a notification for one buffer (split) or descriptor
 * (packed): it is notified of this one, but not of those before and after it.
 * Test every offset, because the positions wrap.
 */
void vring_expect_kick_event(struct vring_device *vd, struct vring_request *req,
			     vring_add_fn *add)
{
	/* Descriptors (packed) or buffers (split) that two buffers take */
	unsigned int units = vd->config.packed && !vd->config.indirect ? 4 : 2;
	unsigned int offset, event, i;

	for (offset = 0; offset < 2 * vd->size; offset++) {
		for (event = 0; event < vd->size; event++) {
			vring_device_notify_at(vd, event);
			for (i = 0; i < 2; i++)
				KUNIT_ASSERT_EQ(vd->test, 0, add(vd, req));
			KUNIT_EXPECT_EQ_MSG(vd->test, event < units,
					    virtqueue_kick_prepare(vd->vq),
					    "offset %u, event %u", offset,
					    event);
			for (i = 0; i < 2; i++)
				vring_expect_round_trip(vd, req);
		}
		vring_move_on(vd, 1);
		virtqueue_kick_prepare(vd->vq);
	}
}

/**
 * vring_expect_kick_at_last - many buffers without a kick
 * @vd: the device
 * @req: a buffer of one piece
 * @add: how it is added
 *
 * A 16 bit index cannot count more than 65535 buffers without a kick, so the
 * ring kicks without being asked.
 */
void vring_expect_kick_at_last(struct vring_device *vd,
			       struct vring_request *req, vring_add_fn *add)
{
	unsigned int i, len;

	vring_device_want_notify(vd, true);
	for (i = 1; i <= U16_MAX; i++) {
		KUNIT_ASSERT_EQ(vd->test, 0, vd->notified);
		KUNIT_ASSERT_EQ(vd->test, 0, add(vd, req));
		KUNIT_ASSERT_TRUE(vd->test, vring_device_take(vd));
		vring_device_complete(vd, vd->chain.id, 0);
		KUNIT_ASSERT_PTR_EQ(vd->test, (void *)req,
				    virtqueue_get_buf(vd->vq, &len));
	}
	KUNIT_EXPECT_EQ(vd->test, 1, vd->notified);
}
