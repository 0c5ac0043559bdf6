// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for in-order rings (VIRTIO_F_IN_ORDER): resets, and batches of
 * which the device returns only the id of the last buffer.
 */
#include <linux/virtio.h>
#include <linux/virtio_config.h>

#include "vring_device.h"

#define RING_SIZE	16
#define BATCH		4
#define SLOTS_EACH	8

static struct vring_device *create(struct kunit *test)
{
	return vring_device_create(test, test->param_value, RING_SIZE);
}

/*
 * Ways to add
 */

static int add_outbuf(struct vring_device *vd, struct vring_request *req)
{
	return virtqueue_add_outbuf(vd->vq, req->sg, req->out, req,
				    VRING_TEST_GFP);
}

static int add_inbuf(struct vring_device *vd, struct vring_request *req)
{
	return virtqueue_add_inbuf(vd->vq, req->sg, req->in, req,
				   VRING_TEST_GFP);
}

static int add_linear(struct vring_device *vd, struct vring_request *req)
{
	return virtqueue_add_buf_linear(vd->vq, req->pieces[0].addr,
					req->pieces[0].len,
					vring_request_dir(req, 0), req,
					VRING_TEST_GFP);
}

/* Two lists, the second of one entry, and a page */
static int add_pieces(struct vring_device *vd, struct vring_request *req)
{
	int err = virtqueue_start_buf(vd->vq, req, 4, 3, VRING_TEST_GFP);

	if (err)
		return err;
	virtqueue_add_sg(vd->vq, req->sg, 2, DMA_FROM_DEVICE);
	virtqueue_add_sg(vd->vq, &req->sg[2], 1, DMA_FROM_DEVICE);
	virtqueue_add_page(vd->vq, virt_to_page(vd->slots),
			   req->pieces[3].addr - vd->slots, req->pieces[3].len,
			   DMA_FROM_DEVICE);
	return virtqueue_end_buf(vd->vq);
}

/* Memory to read and memory to write */
static int add_linear_pieces(struct vring_device *vd, struct vring_request *req)
{
	unsigned int i, num = req->out + req->in;
	int err = virtqueue_start_buf(vd->vq, req, num, num, VRING_TEST_GFP);

	if (err)
		return err;
	for (i = 0; i < num; i++)
		virtqueue_add_linear(vd->vq, req->pieces[i].addr,
				     req->pieces[i].len,
				     vring_request_dir(req, i));
	return virtqueue_end_buf(vd->vq);
}

static const struct {
	vring_add_fn *add;
	unsigned int out, in;
} ways[] = {
	{ vring_add_sgs, 2, 2 }, { vring_add_sgs, 1, 0 }, { vring_add_sgs, 0, 1 },
	{ add_outbuf, 2, 0 }, { add_inbuf, 0, 2 }, { add_inbuf, 0, 1 },
	{ add_linear, 1, 0 }, { add_linear, 0, 1 },
	{ add_pieces, 0, 4 }, { add_linear_pieces, 2, 2 },
	{ add_linear_pieces, 0, 1 },
};

/* Add @num buffers with the ways from @way on; the device takes them */
static void add_batch(struct vring_device *vd, struct vring_request *req[],
		      u16 *id, unsigned int way, unsigned int num)
{
	unsigned int i, w;

	for (i = 0; i < num; i++) {
		w = (way + i) % ARRAY_SIZE(ways);
		vring_request_init(vd, req[i], SLOTS_EACH * i, ways[w].out,
				   ways[w].in);
		KUNIT_ASSERT_EQ(vd->test, 0, ways[w].add(vd, req[i]));
		id[i] = vring_expect_available(vd, req[i]);
	}
}

/* The number of bytes that the device may write */
static u32 in_len(const struct vring_request *req)
{
	unsigned int i;
	u32 len = 0;

	for (i = req->out; i < req->out + req->in; i++)
		len += req->pieces[i].len;
	return len;
}

static void create_requests(struct vring_device *vd, struct vring_request *req[])
{
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		req[i] = vring_request_create(vd, SLOTS_EACH * i, 1, 1);
}

/*
 * A batch of each length, with each way to add: the length of a skipped buffer
 * is the number of bytes that the device may write, that of the last buffer is
 * reported by the device.
 */
static void in_order_batch(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req[BATCH];
	unsigned int way, num, i;
	u16 id[BATCH];

	create_requests(vd, req);
	for (way = 0; way < ARRAY_SIZE(ways); way++) {
		for (num = 1; num <= BATCH; num++) {
			vring_device_doing(vd, "way %u, batch of %u", way, num);
			add_batch(vd, req, id, way, num);
			vring_device_complete_batch(vd, id, num, 7);
			for (i = 0; i < num - 1; i++)
				vring_expect_used(vd, req[i], in_len(req[i]));
			vring_expect_used(vd, req[num - 1], 7);
			vring_device_expect_nothing_held(vd);
			vring_device_expect_idle(vd);
		}
	}
}

/* The driver adds more while it is in the middle of a batch */
static void in_order_batch_goes_on(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *more = vring_request_create(vd, 64, 1, 1);
	struct vring_request *req[BATCH];
	unsigned int i, round;
	u16 id[BATCH];

	create_requests(vd, req);
	for (round = 0; round < 2 * RING_SIZE; round++) {
		add_batch(vd, req, id, round, BATCH);
		vring_device_complete_batch(vd, id, BATCH, 3);
		vring_expect_used(vd, req[0], in_len(req[0]));

		KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, more));
		for (i = 1; i < BATCH - 1; i++)
			vring_expect_used(vd, req[i], in_len(req[i]));
		vring_expect_used(vd, req[BATCH - 1], 3);
		vring_expect_round_trip(vd, more);
		vring_device_expect_nothing_held(vd);
		vring_device_expect_idle(vd);
	}
}

/* Enabling callbacks in the middle of a batch reports the rest of it */
static void in_order_rest(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req[BATCH];
	unsigned int offset, i;
	u16 id[BATCH];

	create_requests(vd, req);
	for (offset = 0; offset < 2 * RING_SIZE; offset++) {
		add_batch(vd, req, id, 1, BATCH);
		vring_device_complete_batch(vd, id, BATCH, 0);
		for (i = 0; i < BATCH; i++) {
			virtqueue_disable_cb(vd->vq);
			KUNIT_ASSERT_FALSE(test, virtqueue_enable_cb(vd->vq));
			virtqueue_disable_cb(vd->vq);
			KUNIT_ASSERT_FALSE(test,
					   virtqueue_enable_cb_delayed(vd->vq));
			vring_expect_used(vd, req[i], i == BATCH - 1 ? 0 :
					  in_len(req[i]));
		}
		KUNIT_ASSERT_TRUE(test, virtqueue_enable_cb(vd->vq));
		vring_device_expect_idle(vd);
		vring_move_on(vd, 1);
	}
}

/*
 * A reset at every offset, with buffers that the device has not completed, and
 * a batch of which the driver has taken only the first: both sides start over.
 */
static void in_order_reset(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req[BATCH];
	unsigned int offset, len;
	u16 id[BATCH];

	create_requests(vd, req);
	for (offset = 0; offset < 2 * RING_SIZE; offset++) {
		vring_device_doing(vd, "offset %u", offset);
		vring_move_on(vd, offset);
		add_batch(vd, req, id, 0, 3);
		if (offset & 1) {
			vring_device_complete_batch(vd, id, 2, 0);
			vring_expect_used(vd, req[0], in_len(req[0]));
		}
		KUNIT_ASSERT_EQ(test, 0, virtqueue_reset(vd->vq,
							 vring_device_recycle,
							 NULL));
		vring_device_expect_nothing_held(vd);
		vring_device_expect_idle(vd);

		add_batch(vd, req, id, 0, 2);
		KUNIT_ASSERT_NULL(test, virtqueue_get_buf(vd->vq, &len));
		vring_device_complete_batch(vd, id, 2, 5);
		vring_expect_used(vd, req[0], in_len(req[0]));
		vring_expect_used(vd, req[1], 5);
		vring_device_expect_idle(vd);
	}
}

/* No memory for the new ring: the old one is used, from its start */
static void in_order_resize_fails(struct kunit *test)
{
	const struct vring_config *config = test->param_value;
	struct vring_device *vd = create(test);
	struct vring_request *req[BATCH];
	unsigned int nth;
	u16 id[BATCH];

	create_requests(vd, req);
	for (nth = 1; nth <= (config->packed ? 3 : 1); nth++) {
		vring_move_on(vd, nth);
		vring_dma_fail_alloc(vd, nth);
		KUNIT_EXPECT_EQ(test, -ENOMEM,
				virtqueue_resize(vd->vq, 2 * RING_SIZE,
						 vring_device_recycle, NULL));
		vring_dma_fail_alloc(vd, 0);
		add_batch(vd, req, id, 0, 2);
		vring_device_complete_batch(vd, id, 2, 5);
		vring_expect_used(vd, req[0], in_len(req[0]));
		vring_expect_used(vd, req[1], 5);
		vring_device_expect_idle(vd);
	}
}

static struct kunit_case in_order_cases[] = {
	KUNIT_CASE_PARAM(in_order_batch, vring_gen_in_order),
	KUNIT_CASE_PARAM(in_order_batch_goes_on, vring_gen_in_order),
	KUNIT_CASE_PARAM(in_order_rest, vring_gen_in_order),
	KUNIT_CASE_PARAM(in_order_reset, vring_gen_in_order),
	KUNIT_CASE_PARAM(in_order_resize_fails, vring_gen_in_order_dma),
	{}
};

static struct kunit_suite in_order_suite = {
	.name = "virtio_ring_in_order",
	.test_cases = in_order_cases,
};

kunit_test_suite(in_order_suite);
