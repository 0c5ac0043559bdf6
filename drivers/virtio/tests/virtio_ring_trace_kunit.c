// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the tracepoints of a virtqueue: each event occurs once in the
 * life of a buffer, with the right values.
 */
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <trace/events/virtio_ring.h>

#include "vring_device.h"

#define RING_SIZE	8

/* The number of events of this queue, and the values of the last one */
struct traced {
	const struct virtqueue *vq;
	unsigned int added, got, aborted, detached;
	const void *token;
	unsigned int pieces;
	u64 bytes;
	int err;
};

static void on_add(void *data, const struct virtqueue *vq, const void *token,
		   unsigned int pieces, u64 bytes)
{
	struct traced *t = data;

	if (vq != t->vq)
		return;
	t->added++;
	t->token = token;
	t->pieces = pieces;
	t->bytes = bytes;
}

static void on_get(void *data, const struct virtqueue *vq, const void *token,
		   u32 bytes)
{
	struct traced *t = data;

	if (vq != t->vq)
		return;
	t->got++;
	t->token = token;
	t->bytes = bytes;
}

static void on_abort(void *data, const struct virtqueue *vq, const void *token,
		     int err)
{
	struct traced *t = data;

	if (vq != t->vq)
		return;
	t->aborted++;
	t->token = token;
	t->err = err;
}

static void on_detach(void *data, const struct virtqueue *vq, const void *token,
		      int err)
{
	struct traced *t = data;

	if (vq != t->vq)
		return;
	t->detached++;
	t->token = token;
}

static void trace_off(void *t)
{
	unregister_trace_virtio_ring_add(on_add, t);
	unregister_trace_virtio_ring_get(on_get, t);
	unregister_trace_virtio_ring_abort(on_abort, t);
	unregister_trace_virtio_ring_detach(on_detach, t);
	tracepoint_synchronize_unregister();
}

/* A queue that is traced until the case ends */
static struct traced *watch(struct kunit *test, struct vring_device **vd)
{
	struct traced *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!IS_ENABLED(CONFIG_TRACEPOINTS))
		kunit_skip(test, "this kernel has no tracepoints");
	KUNIT_ASSERT_NOT_NULL(test, t);
	*vd = vring_device_create(test, test->param_value, RING_SIZE);
	t->vq = (*vd)->vq;
	KUNIT_ASSERT_EQ(test, 0, register_trace_virtio_ring_add(on_add, t));
	KUNIT_ASSERT_EQ(test, 0, register_trace_virtio_ring_get(on_get, t));
	KUNIT_ASSERT_EQ(test, 0, register_trace_virtio_ring_abort(on_abort, t));
	KUNIT_ASSERT_EQ(test, 0, register_trace_virtio_ring_detach(on_detach, t));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, trace_off, t));
	return t;
}

static u64 request_bytes(const struct vring_request *req)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < req->out + req->in; i++)
		bytes += req->pieces[i].len;
	return bytes;
}

static void expect_life(struct vring_device *vd, struct traced *t,
			struct vring_request *req)
{
	struct kunit *test = vd->test;

	*t = (struct traced) { .vq = vd->vq };
	KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, req));
	KUNIT_EXPECT_EQ(test, 1, t->added);
	KUNIT_EXPECT_EQ(test, 0, t->got);
	KUNIT_EXPECT_PTR_EQ(test, (const void *)req, t->token);
	KUNIT_EXPECT_EQ(test, req->out + req->in, t->pieces);
	KUNIT_EXPECT_EQ(test, request_bytes(req), t->bytes);

	t->token = NULL;
	vring_device_complete(vd, vring_expect_available(vd, req), req->in);
	vring_expect_used(vd, req, req->in);
	KUNIT_EXPECT_EQ(test, 1, t->added);
	KUNIT_EXPECT_EQ(test, 1, t->got);
	KUNIT_EXPECT_PTR_EQ(test, (const void *)req, t->token);
	KUNIT_EXPECT_EQ(test, req->in, t->bytes);
	KUNIT_EXPECT_EQ(test, 0, t->aborted);
	KUNIT_EXPECT_EQ(test, 0, t->detached);
}

/* Buffers of one piece, in a chain or a kept table, and in a long table */
static void traced_life(struct kunit *test)
{
	struct vring_device *vd;
	struct traced *t = watch(test, &vd);
	struct vring_request *req;
	unsigned int i, in;

	for (i = 0; i < 4 * RING_SIZE; i++) {
		in = i % RING_SIZE;
		if (vd->config.indirect && i >= 2 * RING_SIZE)
			in += RING_SIZE;
		vring_device_doing(vd, "%u pieces to be written", in);
		req = vring_request_create(vd, 0, 1, in);
		expect_life(vd, t, req);
		vring_request_finish(vd, req);
	}
}

/* One that the driver aborts, and one whose last piece cannot be mapped */
static void traced_abort(struct kunit *test)
{
	struct vring_device *vd;
	struct traced *t = watch(test, &vd);
	struct vring_request *req = vring_request_create(vd, 0, 1, 2);

	KUNIT_ASSERT_EQ(test, 0, virtqueue_start_buf(vd->vq, req, 3, 3,
						     VRING_TEST_GFP));
	virtqueue_abort_buf(vd->vq);
	KUNIT_EXPECT_EQ(test, 1, t->aborted);
	KUNIT_EXPECT_PTR_EQ(test, (const void *)req, t->token);
	KUNIT_EXPECT_EQ(test, 0, t->err);

	if (vd->config.dma && !vd->config.premapped) {
		KUNIT_EXPECT_EQ(test, -ENOMEM,
				vring_add_unmappable(vd, req, 3, 3));
		KUNIT_EXPECT_EQ(test, 2, t->aborted);
		KUNIT_EXPECT_EQ(test, -ENOMEM, t->err);
	}
	KUNIT_EXPECT_EQ(test, 0, t->added);
	vring_request_finish(vd, req);
	vring_device_expect_idle(vd);
}

/* Buffers that the device has not used when the queue is reset or deleted */
static void traced_detach(struct kunit *test)
{
	struct vring_device *vd;
	struct traced *t = watch(test, &vd);
	struct vring_request *req = vring_request_create(vd, 0, 1, 2);

	KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, req));
	KUNIT_ASSERT_EQ(test, 0, virtqueue_reset(vd->vq, vring_device_recycle,
						 NULL));
	KUNIT_EXPECT_EQ(test, 1, t->detached);
	KUNIT_EXPECT_PTR_EQ(test, (const void *)req, t->token);

	KUNIT_ASSERT_EQ(test, 0, vring_add_sgs(vd, req));
	t->token = NULL;
	vring_device_delete_vq(vd);
	KUNIT_EXPECT_EQ(test, 2, t->detached);
	KUNIT_EXPECT_PTR_EQ(test, (const void *)req, t->token);
	KUNIT_EXPECT_EQ(test, 2, t->added);
	KUNIT_EXPECT_EQ(test, 0, t->got);
	/* The queue that is deleted when the case ends */
	KUNIT_ASSERT_EQ(test, 0, vring_device_create_vq(vd, RING_SIZE));
	vring_request_finish(vd, req);
}

static struct kunit_case trace_cases[] = {
	KUNIT_CASE_PARAM(traced_life, vring_gen_all),
	KUNIT_CASE_PARAM(traced_abort, vring_gen_all),
	KUNIT_CASE_PARAM(traced_detach, vring_gen_all),
	{}
};

static struct kunit_suite trace_suite = {
	.name		= "virtio_ring_trace",
	.test_cases	= trace_cases,
};

kunit_test_suite(trace_suite);
