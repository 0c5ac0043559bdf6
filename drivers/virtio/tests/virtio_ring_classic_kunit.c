// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the calls that add a whole buffer at once:
 * virtqueue_add_sgs(), _outbuf(), _inbuf() and _inbuf_ctx().
 *
 * These tests use no private interfaces, and test only behaviour that these
 * calls have always had.  So they also build and pass on older kernels, and
 * show that nothing changes for drivers that use these calls.
 */
#include <linux/irq_work.h>
#include <linux/slab.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

#include "vring_device.h"

#define RING_SIZE	8

struct shape {
	unsigned int out, in;
};

static const struct shape shapes[] = {
	{ 1, 0 }, { 0, 1 }, { 1, 1 }, { 3, 0 }, { 0, 3 }, { 2, 1 }, { 1, 4 },
	{ 3, 5 },
};

static struct vring_device *create(struct kunit *test)
{
	return vring_device_create(test, test->param_value, RING_SIZE);
}

static bool goes_indirect(struct vring_device *vd,
			  const struct vring_request *req)
{
	return vd->config.indirect && req->out + req->in > 1;
}

/* Each piece is a separate list */
static int add_sgs_singly(struct vring_device *vd, struct vring_request *req)
{
	struct scatterlist *sgs[RING_SIZE];
	unsigned int i;

	for (i = 0; i < req->out + req->in; i++) {
		sg_mark_end(&req->sg[i]);
		sgs[i] = &req->sg[i];
	}
	return virtqueue_add_sgs(vd->vq, sgs, req->out, req->in, req,
				 VRING_TEST_GFP);
}

static void expect_round_trip(struct vring_device *vd, unsigned int out,
			      unsigned int in)
{
	struct vring_request *req = vring_request_create(vd, 0, out, in);

	KUNIT_ASSERT_EQ(vd->test, 0, vring_add_sgs(vd, req));
	vring_expect_round_trip(vd, req);
	vring_request_finish(vd, req);
	vring_device_expect_idle(vd);
}

/*
 * What the device gets
 */

static void classic_add_sgs(struct kunit *test)
{
	struct vring_device *vd = create(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		struct vring_request *req;

		expect_round_trip(vd, shapes[i].out, shapes[i].in);

		req = vring_request_create(vd, 8, shapes[i].out, shapes[i].in);
		KUNIT_ASSERT_EQ(test, 0, add_sgs_singly(vd, req));
		vring_expect_round_trip(vd, req);
		KUNIT_EXPECT_EQ(test, goes_indirect(vd, req),
				vd->chain.indirect);
		vring_request_finish(vd, req);
		vring_device_expect_nothing_held(vd);
		vring_device_expect_idle(vd);
	}
}

static void classic_add_outbuf(struct kunit *test)
{
	struct vring_device *vd = create(test);
	unsigned int n;

	for (n = 1; n <= RING_SIZE; n++) {
		struct vring_request *req = vring_request_create(vd, 0, n, 0);

		KUNIT_ASSERT_EQ(test, 0,
				virtqueue_add_outbuf(vd->vq, req->sg, n, req,
						     VRING_TEST_GFP));
		vring_expect_round_trip(vd, req);
		vring_request_finish(vd, req);
		vring_device_expect_idle(vd);
	}
}

static void classic_add_inbuf(struct kunit *test)
{
	struct vring_device *vd = create(test);
	unsigned int n;

	for (n = 1; n <= RING_SIZE; n++) {
		struct vring_request *req = vring_request_create(vd, 0, 0, n);

		KUNIT_ASSERT_EQ(test, 0,
				virtqueue_add_inbuf(vd->vq, req->sg, n, req,
						    VRING_TEST_GFP));
		vring_expect_round_trip(vd, req);
		vring_request_finish(vd, req);
		vring_device_expect_idle(vd);
	}
}

/* A queue with contexts returns each context, and uses no indirect tables */
static void classic_add_inbuf_ctx(struct kunit *test)
{
	struct vring_config config = *(const struct vring_config *)
					test->param_value;
	struct vring_device *vd;
	unsigned int n, len;

	config.ctx = true;
	vd = vring_device_create(test, &config, RING_SIZE);
	for (n = 1; n <= RING_SIZE; n++) {
		struct vring_request *req = vring_request_create(vd, 0, 0, n);
		void *ctx = NULL;

		KUNIT_ASSERT_EQ(test, 0,
				virtqueue_add_inbuf_ctx(vd->vq, req->sg, n, req,
							&req->in,
							VRING_TEST_GFP));
		vring_device_complete(vd, vring_expect_available(vd, req), n);
		KUNIT_EXPECT_FALSE(test, vd->chain.indirect);
		KUNIT_ASSERT_PTR_EQ(test, req,
				    virtqueue_get_buf_ctx(vd->vq, &len, &ctx));
		KUNIT_EXPECT_EQ(test, n, len);
		KUNIT_EXPECT_PTR_EQ(test, ctx, &req->in);
		vring_request_finish(vd, req);
		vring_device_expect_idle(vd);
	}
}

/* sg[0..1] -> sg[3..4], with a link in sg[2] */
static void classic_chained_list(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 4, 0);
	struct scatterlist head[3], *list = head;

	sg_init_table(head, ARRAY_SIZE(head));
	sg_set_buf(&head[0], req->pieces[0].addr, req->pieces[0].len);
	sg_set_buf(&head[1], req->pieces[1].addr, req->pieces[1].len);
	sg_chain(head, ARRAY_SIZE(head), &req->sg[2]);

	KUNIT_ASSERT_EQ(test, 0, virtqueue_add_outbuf(vd->vq, list, 4, req,
						      VRING_TEST_GFP));
	vring_expect_round_trip(vd, req);

	KUNIT_ASSERT_EQ(test, 0, virtqueue_add_sgs(vd->vq, &list, 1, 0, req,
						   VRING_TEST_GFP));
	vring_expect_round_trip(vd, req);
	vring_device_expect_idle(vd);
}

/* A list ends at its marker, not where its array ends */
static void classic_end_marker(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 5, 0);
	struct scatterlist *list = req->sg;

	sg_mark_end(&req->sg[2]);
	req->out = 3;
	KUNIT_ASSERT_EQ(test, 0, virtqueue_add_sgs(vd->vq, &list, 1, 0, req,
						   VRING_TEST_GFP));
	vring_expect_round_trip(vd, req);

	/* Without the marker, the same memory is the longer list again */
	sg_unmark_end(&req->sg[2]);
	req->out = 5;
	KUNIT_ASSERT_EQ(test, 0, virtqueue_add_sgs(vd->vq, &list, 1, 0, req,
						   VRING_TEST_GFP));
	vring_expect_round_trip(vd, req);
	vring_device_expect_idle(vd);
}

/* Longer than the ring: only a table can hold it */
static void classic_long_table(struct kunit *test)
{
	struct vring_device *vd = create(test);

	expect_round_trip(vd, 1, RING_SIZE);
	expect_round_trip(vd, VRING_MAX_PIECES - 1, 1);
}

static void classic_long_chain(struct kunit *test)
{
	struct vring_device *vd;

	vd = vring_device_create(test, test->param_value, VRING_MAX_SIZE);
	expect_round_trip(vd, 1, VRING_MAX_PIECES - 1);
	/* Now across the end of the ring */
	expect_round_trip(vd, 2, VRING_MAX_PIECES - 2);
}

/* Three laps of the ring, with a buffer of every length at every offset */
static void classic_every_offset(struct kunit *test)
{
	const struct vring_config *config = test->param_value;
	static const unsigned int sizes[] = { 4, 8, 5, 1, 2 };
	unsigned int i, n, offset;
	struct vring_device *vd = create(test);

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned int size = sizes[i];

		if (!is_power_of_2(size) && !config->packed)
			continue;
		for (n = 1; n <= size; n++) {
			vring_device_delete_vq(vd);
			KUNIT_ASSERT_EQ(test, 0,
					vring_device_create_vq(vd, size));
			for (offset = 0; offset < 3 * size; offset++) {
				expect_round_trip(vd, 0, n);
				vring_move_on(vd, 1);
			}
		}
	}
}

static void classic_premapped(struct kunit *test)
{
	const struct vring_config *config = test->param_value;
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 2, 2);
	unsigned int mapped = config->dma ? 4 : 0;

	/* No call changes the mappings that the driver has made */
	vring_dma_expect_mapped(vd, mapped);
	KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, req));
	vring_expect_round_trip(vd, req);
	vring_dma_expect_mapped(vd, mapped);

	KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, req));
	KUNIT_EXPECT_PTR_EQ(test, (void *)req,
			    virtqueue_detach_unused_buf(vd->vq));
	KUNIT_EXPECT_NULL(test, virtqueue_detach_unused_buf(vd->vq));
	vring_dma_expect_mapped(vd, mapped);
	vring_request_finish(vd, req);
}

/*
 * Completion
 */

/* The @nth permutation of @num items */
static void permutation(unsigned int nth, unsigned int num, unsigned int *order)
{
	unsigned int i, j;

	for (i = 0; i < num; i++)
		order[i] = i;
	for (i = num; i > 1; i--) {
		j = nth % i;
		nth /= i;
		swap(order[i - 1], order[j]);
	}
}

static void classic_completion_order(struct kunit *test)
{
	static const struct shape four[] = { { 1, 0 }, { 1, 1 }, { 0, 1 }, { 2, 1 } };
	struct vring_device *vd = create(test);
	struct vring_request *req[4];
	unsigned int nth, i, order[4];

	for (i = 0; i < 4; i++)
		req[i] = vring_request_create(vd, 8 * i, four[i].out, four[i].in);

	for (nth = 0; nth < 4 * 3 * 2; nth++) {
		permutation(nth, 4, order);
		for (i = 0; i < 4; i++)
			KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, req[i]));
		vring_expect_order(vd, req, 4, order);
	}
}

static void classic_detach_unused(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req[3];
	unsigned int i;
	u16 id;

	for (i = 0; i < 3; i++) {
		req[i] = vring_request_create(vd, 8 * i, 1, 1);
		KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, req[i]));
	}
	/* One is used, one is taken by the device, one is only available */
	id = vring_expect_available(vd, req[0]);
	vring_device_complete(vd, id, 0);
	vring_expect_used(vd, req[0], 0);
	vring_expect_available(vd, req[1]);

	KUNIT_EXPECT_PTR_EQ(test, (void *)req[1],
			    virtqueue_detach_unused_buf(vd->vq));
	KUNIT_EXPECT_PTR_EQ(test, (void *)req[2],
			    virtqueue_detach_unused_buf(vd->vq));
	KUNIT_EXPECT_NULL(test, virtqueue_detach_unused_buf(vd->vq));
	KUNIT_EXPECT_EQ(test, RING_SIZE, vd->vq->num_free);
	vring_device_expect_nothing_held(vd);
}

/*
 * Buffers in flight at every offset when the queue is reset or resized.
 * In-order rings had bugs here: see virtio_ring_in_order_kunit.c.
 */
static void classic_reset(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 16, 2, 1);
	unsigned int offset;

	for (offset = 0; offset < 2 * RING_SIZE; offset++) {
		vring_move_on(vd, offset);
		KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, req));
		if (offset & 1)
			vring_expect_available(vd, req);

		KUNIT_ASSERT_EQ(test, 0, virtqueue_reset(vd->vq,
							 vring_device_recycle,
							 NULL));
		KUNIT_EXPECT_EQ(test, offset + 1, vd->nr_recycled);
		KUNIT_EXPECT_PTR_EQ(test, (void *)req, vd->recycled);
		vring_device_expect_nothing_held(vd);
		vring_device_expect_idle(vd);
		expect_round_trip(vd, 2, 3);
	}
	KUNIT_EXPECT_EQ(test, 2 * RING_SIZE, vd->resets);
}

static void classic_resize(struct kunit *test)
{
	static const unsigned int sizes[] = { 4, 16, 8, 2, 64 };
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 16, 1, 1);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, req));
		KUNIT_ASSERT_EQ(test, 0, virtqueue_resize(vd->vq, sizes[i],
							  vring_device_recycle,
							  NULL));
		KUNIT_EXPECT_EQ(test, i + 1, vd->nr_recycled);
		KUNIT_EXPECT_PTR_EQ(test, (void *)req, vd->recycled);
		KUNIT_EXPECT_EQ(test, sizes[i], vd->size);
		vring_device_expect_nothing_held(vd);
		vring_device_expect_idle(vd);
		vring_move_on(vd, sizes[i] + 1);
		expect_round_trip(vd, 1, 1);
	}
}

/* No memory for the new ring: the old one is still usable */
static void classic_resize_fails(struct kunit *test)
{
	const struct vring_config *config = test->param_value;
	struct vring_device *vd = create(test);
	unsigned int nth;

	for (nth = 1; nth <= (config->packed ? 3 : 1); nth++) {
		vring_move_on(vd, nth);
		vring_dma_fail_alloc(vd, nth);
		KUNIT_EXPECT_EQ(test, -ENOMEM,
				virtqueue_resize(vd->vq, 16,
						 vring_device_recycle, NULL));
		vring_dma_fail_alloc(vd, 0);
		KUNIT_EXPECT_EQ(test, RING_SIZE, vd->size);
		vring_device_expect_idle(vd);
		expect_round_trip(vd, 2, 2);
	}
}

static void classic_create_fails(struct kunit *test)
{
	const struct vring_config *config = test->param_value;
	struct vring_device *vd = create(test);
	unsigned int nth;

	vring_device_delete_vq(vd);
	for (nth = 1; nth <= (config->packed ? 3 : 1); nth++) {
		vring_dma_fail_alloc(vd, nth);
		KUNIT_EXPECT_EQ(test, -ENOMEM,
				vring_device_create_vq(vd, RING_SIZE));
		KUNIT_EXPECT_EQ(test, 0, vd->dma.nr_mappings);
		KUNIT_EXPECT_TRUE(test, list_empty(&vd->vdev.vqs));
	}
}

/*
 * Errors
 */

static void classic_ring_full(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *one = vring_request_create(vd, 0, 1, 0);
	struct vring_request *two = vring_request_create(vd, 8, 0, 2);

	vring_fill(vd, one, RING_SIZE, vring_add_sgs);
	KUNIT_EXPECT_EQ(test, -ENOSPC, vring_add_sgs(vd, one));
	KUNIT_EXPECT_EQ(test, -ENOSPC, vring_add_sgs(vd, two));
	vring_drain(vd, one, RING_SIZE);

	/* As soon as there is room again, it can be used */
	KUNIT_EXPECT_EQ(test, 0, vring_add_sgs(vd, two));
	vring_expect_round_trip(vd, two);
	vring_device_expect_nothing_held(vd);
}

/* Some room is left, but not enough for a direct chain */
static void classic_ring_nearly_full(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *one = vring_request_create(vd, 0, 1, 0);
	struct vring_request *three = vring_request_create(vd, 8, 1, 2);

	vring_fill(vd, one, RING_SIZE - 2, vring_add_sgs);
	KUNIT_EXPECT_EQ(test, -ENOSPC, vring_add_sgs(vd, three));
	KUNIT_EXPECT_EQ(test, 2, vd->vq->num_free);
	vring_drain(vd, one, RING_SIZE - 2);
	expect_round_trip(vd, 1, 2);
}

/*
 * On a full split ring, the device is notified if the buffer has something to
 * read, but not if it only has pieces to write.  Packed rings never notify, and
 * drivers do not depend on it there.
 */
static void classic_ring_full_notifies(struct kunit *test)
{
	const struct vring_config *config = test->param_value;
	struct vring_device *vd = create(test);
	struct vring_request *in = vring_request_create(vd, 0, 0, 1);
	struct vring_request *out = vring_request_create(vd, 8, 1, 0);

	vring_fill(vd, out, RING_SIZE, vring_add_sgs);
	KUNIT_EXPECT_EQ(test, -ENOSPC, vring_add_sgs(vd, in));
	KUNIT_EXPECT_EQ(test, 0, vd->notified);

	KUNIT_EXPECT_EQ(test, -ENOSPC, vring_add_sgs(vd, out));
	KUNIT_EXPECT_EQ(test, config->packed ? 0 : 1, vd->notified);
	vring_drain(vd, out, RING_SIZE);
}

static void classic_broken(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 1, 1);
	unsigned int len;
	u16 id;

	KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, req));
	id = vring_expect_available(vd, req);
	vring_device_complete(vd, id, 0);

	virtio_break_device(&vd->vdev);
	KUNIT_EXPECT_EQ(test, -EIO, vring_add_sgs(vd, req));
	KUNIT_EXPECT_NULL(test, virtqueue_get_buf(vd->vq, &len));
	KUNIT_EXPECT_FALSE(test, vring_device_take(vd));

	__virtio_unbreak_device(&vd->vdev);
	vring_expect_used(vd, req, 0);
	vring_device_expect_idle(vd);
	expect_round_trip(vd, 1, 1);
}

/*
 * Mappings fail from the kth on, at every offset.  The error differs between
 * kernels, but on all of them nothing may be left behind.
 */
static void classic_mapping_fails(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 8, 2, 2);
	unsigned int k, offset;

	for (offset = 0; offset < 2 * RING_SIZE; offset++) {
		for (k = 1; k <= 4 + vd->config.indirect; k++) {
			int err = vring_add_unmappable(vd, req, k, UINT_MAX);

			KUNIT_EXPECT_LT(test, err, 0);
		}
		/* The shorter chain must not continue to old ones */
		vring_move_on(vd, 1);
	}
}

/* Without memory for a table, a direct chain is used */
static void classic_table_alloc_fails(struct kunit *test)
{
	struct vring_device *vd;
	struct vring_request *one, *three;

	vring_need_failing_kmalloc(test);
	vd = create(test);
	one = vring_request_create(vd, 0, 1, 0);
	three = vring_request_create(vd, 8, 2, 1);

	vring_fail_kmalloc(1);
	KUNIT_EXPECT_EQ(test, 0, vring_add_sgs(vd, three));
	KUNIT_EXPECT_EQ(test, 0, vring_fail_kmalloc_stop());
	KUNIT_EXPECT_EQ(test, RING_SIZE - 3, vd->vq->num_free);
	vring_expect_round_trip(vd, three);
	KUNIT_EXPECT_FALSE(test, vd->chain.indirect);
	vring_device_expect_idle(vd);

	vring_fill(vd, one, RING_SIZE - 2, vring_add_sgs);
	vring_fail_kmalloc(1);
	KUNIT_EXPECT_EQ(test, -ENOSPC, vring_add_sgs(vd, three));
	KUNIT_EXPECT_EQ(test, 0, vring_fail_kmalloc_stop());
	KUNIT_EXPECT_EQ(test, 2, vd->vq->num_free);
	vring_drain(vd, one, RING_SIZE - 2);
}

/* An allocation like those of the ring, in an interrupt */
struct interrupt {
	struct irq_work work;
	struct task_struct *interrupted;
	void *allocated;
};

static void interrupt_allocates(struct irq_work *work)
{
	struct interrupt *irq = container_of(work, struct interrupt, work);

	irq->interrupted = current;
	irq->allocated = kmalloc(64, VRING_TEST_GFP);
}

static void classic_alloc_in_interrupt(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct interrupt irq = {};
	unsigned int tries = 100, left;

	init_irq_work(&irq.work, interrupt_allocates);
	do {
		kfree(irq.allocated);
		vring_fail_kmalloc(1);
		irq_work_queue(&irq.work);
		irq_work_sync(&irq.work);
		left = vring_fail_kmalloc_stop();
	} while (irq.interrupted != current && tries--);
	/* It did not fail instead of an allocation of this thread */
	KUNIT_EXPECT_EQ(test, IS_ENABLED(CONFIG_FAULT_INJECTION), left);
	KUNIT_EXPECT_NOT_NULL(test, irq.allocated);
	KUNIT_EXPECT_EQ(test, 0, vd->nr_tables);
	kfree(irq.allocated);
	if (irq.interrupted != current)
		kunit_skip(test, "the interrupt comes while another task runs");
}

/*
 * The thread of the test may allocate with the flags of the ring for other
 * purposes: SLUB sometimes needs memory of its own to allocate a table.
 */
static void classic_alloc_by_others(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 1, 1);
	void *other = kmalloc(64, VRING_TEST_GFP);

	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_EXPECT_EQ(test, 0, vd->nr_tables);
	KUNIT_EXPECT_EQ(test, 0, vring_add_sgs(vd, req));
	KUNIT_EXPECT_EQ(test, IS_ENABLED(CONFIG_TRACEPOINTS), vd->nr_tables);
	vring_expect_round_trip(vd, req);
	kfree(other);
}

/*
 * Notification
 */

static void classic_kick(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 1, 1);

	vring_device_want_notify(vd, true);
	KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, req));
	KUNIT_EXPECT_EQ(test, 0, vd->notified);
	KUNIT_EXPECT_TRUE(test, virtqueue_kick(vd->vq));
	KUNIT_EXPECT_EQ(test, 1, vd->notified);
	vring_expect_round_trip(vd, req);

	vring_device_want_notify(vd, false);
	KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, req));
	KUNIT_EXPECT_TRUE(test, virtqueue_kick(vd->vq));
	KUNIT_EXPECT_EQ(test, 1, vd->notified);
	vring_expect_round_trip(vd, req);
}

static void classic_kick_event(struct kunit *test)
{
	struct vring_device *vd = create(test);

	vring_expect_kick_event(vd, vring_request_create(vd, 0, 1, 1),
				vring_add_sgs);
}

static int add_outbuf(struct vring_device *vd, struct vring_request *req)
{
	return virtqueue_add_outbuf(vd->vq, req->sg, req->out, req,
				    VRING_TEST_GFP);
}

static void classic_num_added(struct kunit *test)
{
	struct vring_device *vd = create(test);

	vring_expect_kick_at_last(vd, vring_request_create(vd, 0, 1, 0),
				  add_outbuf);
}

/*
 * A long random sequence
 */

static int random_add(struct vring_device *vd, struct vring_request *req,
		      struct rnd_state *rnd)
{
	return vring_random(rnd, 2) ? vring_add_sgs(vd, req) : add_sgs_singly(vd, req);
}

static void random_fail(struct vring_device *vd, struct vring_request *req,
			struct rnd_state *rnd)
{
	if (!vd->config.dma)
		return;
	vring_dma_fail_maps(vd, 1 + vring_random(rnd, 4), UINT_MAX);
	KUNIT_ASSERT_LT(vd->test, vring_add_sgs(vd, req), 0);
	vring_dma_fail_maps(vd, 0, 0);
}

static void classic_random(struct kunit *test)
{
	static const struct vring_random_calls calls = {
		.add	= random_add,
		.fail	= random_fail,
	};

	vring_random_run(test, &calls);
}

static struct kunit_case classic_cases[] = {
	KUNIT_CASE_PARAM(classic_add_sgs, vring_gen_all),
	KUNIT_CASE_PARAM(classic_add_outbuf, vring_gen_all),
	KUNIT_CASE_PARAM(classic_add_inbuf, vring_gen_all),
	KUNIT_CASE_PARAM(classic_add_inbuf_ctx, vring_gen_all),
	KUNIT_CASE_PARAM(classic_chained_list, vring_gen_basic),
	KUNIT_CASE_PARAM(classic_end_marker, vring_gen_basic),
	KUNIT_CASE_PARAM(classic_long_table, vring_gen_indirect),
	KUNIT_CASE_PARAM(classic_long_chain, vring_gen_basic),
	KUNIT_CASE_PARAM(classic_every_offset, vring_gen_basic),
	KUNIT_CASE_PARAM(classic_premapped, vring_gen_premapped),
	KUNIT_CASE_PARAM(classic_completion_order, vring_gen_any_order),
	KUNIT_CASE_PARAM(classic_detach_unused, vring_gen_basic),
	KUNIT_CASE_PARAM(classic_reset, vring_gen_any_order),
	KUNIT_CASE_PARAM(classic_resize, vring_gen_basic),
	KUNIT_CASE_PARAM(classic_resize_fails, vring_gen_dma_any_order),
	KUNIT_CASE_PARAM(classic_create_fails, vring_gen_dma),
	KUNIT_CASE_PARAM(classic_ring_full, vring_gen_basic),
	KUNIT_CASE_PARAM(classic_ring_nearly_full, vring_gen_direct),
	KUNIT_CASE_PARAM(classic_ring_full_notifies, vring_gen_basic),
	KUNIT_CASE_PARAM(classic_broken, vring_gen_basic),
	KUNIT_CASE_PARAM(classic_mapping_fails, vring_gen_dma),
	KUNIT_CASE_PARAM(classic_table_alloc_fails, vring_gen_indirect),
	KUNIT_CASE_PARAM(classic_alloc_in_interrupt, vring_gen_indirect),
	KUNIT_CASE_PARAM(classic_alloc_by_others, vring_gen_indirect),
	KUNIT_CASE_PARAM(classic_kick, vring_gen_basic),
	KUNIT_CASE_PARAM(classic_kick_event, vring_gen_event),
	KUNIT_CASE_PARAM_ATTR(classic_num_added, vring_gen_split_direct,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_PARAM_ATTR(classic_random, vring_gen_basic,
			      { .speed = KUNIT_SPEED_SLOW }),
	{}
};

static struct kunit_suite classic_suite = {
	.name = "virtio_ring_classic",
	.test_cases = classic_cases,
};

kunit_test_suite(classic_suite);
