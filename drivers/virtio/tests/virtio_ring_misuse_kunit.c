// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for misuse of the calls that add a buffer piece by piece.
 *
 * Each of these is a bug in a driver. The core warns of it, once, and the
 * device gets to see nothing. A suite of its own, for runs in which no warning
 * may show.
 */
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "vring_device.h"

#define RING_SIZE	8
#define OUT		DMA_TO_DEVICE
#define IN		DMA_FROM_DEVICE

static struct vring_device *create(struct kunit *test)
{
#ifndef MODULE
	if (panic_on_warn)
		kunit_skip(test, "provokes warnings, but panic_on_warn is set");
#endif
	return vring_device_create(test, test->param_value, RING_SIZE);
}

static int start(struct vring_device *vd, struct vring_request *req,
		 unsigned int nents, unsigned int nsg)
{
	return virtqueue_start_buf(vd->vq, req, nents, nsg, VRING_TEST_GFP);
}

static int add_array(struct vring_device *vd, struct vring_request *req)
{
	return virtqueue_add_buf(vd->vq, req->sg, req->out, req->in, req,
				 VRING_TEST_GFP);
}

static void round_trip(struct vring_device *vd, struct vring_request *req)
{
	KUNIT_ASSERT_EQ(vd->test, 0, add_array(vd, req));
	vring_expect_round_trip(vd, req);
	vring_device_expect_idle(vd);
}

/*
 * Pieces that a buffer of at most three descriptors in two calls cannot have
 */

struct call {
	enum { NO_CALL, LINEAR, SG } how;
	unsigned int first, nents;
	enum dma_data_direction dir;
};

static const struct misuse {
	const char *name;
	struct call calls[3];
} misuses[] = {
	{ "empty", { } },
	{ "too many entries", { { SG, 0, 3, OUT }, { SG, 3, 1, OUT } } },
	{ "too many entries at once", { { SG, 0, 4, OUT } } },
	{ "one entry too many", { { SG, 0, 3, OUT }, { LINEAR, 3, 1, OUT } } },
	{ "too many calls", { { LINEAR, 0, 1, OUT }, { LINEAR, 1, 1, OUT },
			      { LINEAR, 2, 1, OUT } } },
	{ "too many calls, empty", { { LINEAR, 0, 1, OUT }, { SG, 1, 0, OUT },
				     { SG, 1, 0, OUT } } },
	{ "order", { { LINEAR, 4, 1, IN }, { LINEAR, 0, 1, OUT } } },
	{ "order of lists", { { SG, 4, 2, IN }, { SG, 0, 1, OUT } } },
	{ "both directions", { { LINEAR, 0, 1, OUT },
			       { LINEAR, 1, 1, DMA_BIDIRECTIONAL } } },
	{ "no direction", { { SG, 0, 1, DMA_NONE } } },
	{ "first of two", { { SG, 0, 1, DMA_NONE }, { LINEAR, 1, 1, OUT } } },
};

static void do_call(struct vring_device *vd, struct vring_request *req,
		    const struct call *call)
{
	struct vring_piece *piece = &req->pieces[call->first];

	switch (call->how) {
	case SG:
		virtqueue_add_sg(vd->vq, &req->sg[call->first], call->nents,
				 call->dir);
		break;
	case LINEAR:
		virtqueue_add_linear(vd->vq, piece->addr, piece->len,
				     call->dir);
		break;
	case NO_CALL:
		break;
	}
}

static void misuse_pieces(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 4, 4);
	const struct misuse *misuse = misuses;
	struct vring_state before;
	unsigned int i;

	for (; misuse < misuses + ARRAY_SIZE(misuses); misuse++) {
		vring_device_doing(vd, "%s", misuse->name);
		vring_get_state(vd, &before);
		KUNIT_ASSERT_EQ(test, 0, start(vd, req, 3, 2));
		for (i = 0; i < ARRAY_SIZE(misuse->calls); i++)
			do_call(vd, req, &misuse->calls[i]);
		KUNIT_EXPECT_EQ(test, -EINVAL, virtqueue_end_buf(vd->vq));
		vring_expect_state(vd, &before, 0);
		KUNIT_EXPECT_FALSE(test, vring_device_take(vd));
		round_trip(vd, req);
	}
}

static void misuse_null_token(struct kunit *test)
{
	struct vring_device *vd;
	struct vring_state before;

	vd = create(test);
	vring_get_state(vd, &before);
	KUNIT_EXPECT_EQ(test, -EINVAL, start(vd, NULL, 1, 1));
	vring_expect_state(vd, &before, 0);
}

/* Room for nothing is a start, but there is no way to a buffer from there */
static void misuse_nents_zero(struct kunit *test)
{
	struct vring_device *vd;
	struct vring_request *req;
	struct vring_state before;

	vd = create(test);
	req = vring_request_create(vd, 0, 1, 0);
	vring_get_state(vd, &before);

	KUNIT_EXPECT_EQ(test, 0, start(vd, req, 0, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, virtqueue_end_buf(vd->vq));
	vring_expect_state(vd, &before, 0);

	KUNIT_EXPECT_EQ(test, 0, start(vd, req, 0, 1));
	virtqueue_add_linear(vd->vq, req->pieces[0].addr, 1, OUT);
	KUNIT_EXPECT_EQ(test, -EINVAL, virtqueue_end_buf(vd->vq));
	vring_expect_state(vd, &before, 0);
}

/* Without tables, a buffer longer than the ring cannot come from anywhere */
static void misuse_longer_than_ring(struct kunit *test)
{
	struct vring_device *vd;
	struct vring_request *req;
	struct vring_state before;

	vd = create(test);
	req = vring_request_create(vd, 0, RING_SIZE + 1, 0);
	vring_get_state(vd, &before);
	KUNIT_EXPECT_EQ(test, -ENOSPC, start(vd, req, RING_SIZE + 1, 1));
	KUNIT_EXPECT_EQ(test, -ENOSPC, add_array(vd, req));
	vring_expect_state(vd, &before, 0);
}

/* The calls that add a whole buffer look at what they are given, too */
static void misuse_whole_buffer(struct kunit *test)
{
	struct vring_device *vd;
	struct vring_request *req;
	struct vring_state before;

	vd = create(test);
	req = vring_request_create(vd, 0, 1, 1);
	vring_get_state(vd, &before);

	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtqueue_add_buf_single(vd->vq, req->sg, OUT, NULL,
						 VRING_TEST_GFP));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtqueue_add_buf_single(vd->vq, req->sg, DMA_NONE,
						 req, VRING_TEST_GFP));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtqueue_add_buf_linear(vd->vq, req->pieces[0].addr, 1,
						 DMA_BIDIRECTIONAL, req,
						 VRING_TEST_GFP));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtqueue_add_buf(vd->vq, req->sg, 0, 0, req,
					  VRING_TEST_GFP));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtqueue_add_buf(vd->vq, req->sg, 1, 1, NULL,
					  VRING_TEST_GFP));
	vring_expect_state(vd, &before, 0);
}

/* Where indirect tables are used there is no room for a context */
static void misuse_ctx(struct kunit *test)
{
	struct vring_device *vd;
	struct vring_request *req;
	struct vring_state before;

	vd = create(test);
	req = vring_request_create(vd, 0, 0, 2);
	vring_get_state(vd, &before);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtqueue_add_buf_single_ctx(vd->vq, req->sg, IN, req,
						     req, VRING_TEST_GFP));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtqueue_add_inbuf_ctx(vd->vq, req->sg, 2, req, req,
						VRING_TEST_GFP));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtqueue_add_inbuf(vd->vq, req->sg, 0, req,
					    VRING_TEST_GFP));
	vring_request_finish(vd, req);
	vring_expect_state(vd, &before, 0);
}

/* On a premapped queue there is no way to map a piece, and no need to */
static void misuse_premapped(struct kunit *test)
{
	struct vring_device *vd;
	struct vring_request *req;
	struct vring_state before;

	vd = create(test);
	req = vring_request_create(vd, 0, 1, 0);
	vring_get_state(vd, &before);
	KUNIT_ASSERT_EQ(test, 0, start(vd, req, 2, 2));
	virtqueue_add_sg(vd->vq, req->sg, 1, OUT);
	virtqueue_add_linear(vd->vq, req->pieces[0].addr, 1, OUT);
	KUNIT_EXPECT_EQ(test, -EINVAL, virtqueue_end_buf(vd->vq));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtqueue_add_buf_linear(vd->vq, req->pieces[0].addr, 1,
						 OUT, req, VRING_TEST_GFP));
	vring_request_finish(vd, req);
	vring_expect_state(vd, &before, 0);
}

/* Of two errors, the first is the one that is reported */
static void misuse_first_error_wins(struct kunit *test)
{
	struct vring_device *vd;
	struct vring_request *req;
	struct vring_state before;

	vd = create(test);
	req = vring_request_create(vd, 0, 1, 1);
	vring_get_state(vd, &before);

	KUNIT_EXPECT_EQ(test, 0, start(vd, req, 2, 2));
	vring_dma_fail_maps(vd, 1, UINT_MAX);
	virtqueue_add_linear(vd->vq, req->pieces[1].addr, 1, IN);
	virtqueue_add_linear(vd->vq, req->pieces[0].addr, 1, OUT);
	KUNIT_EXPECT_EQ(test, -ENOMEM, virtqueue_end_buf(vd->vq));
	vring_expect_state(vd, &before, 0);

	KUNIT_EXPECT_EQ(test, 0, start(vd, req, 2, 2));
	virtqueue_add_linear(vd->vq, req->pieces[1].addr, 1, DMA_NONE);
	virtqueue_add_linear(vd->vq, req->pieces[0].addr, 1, OUT);
	KUNIT_EXPECT_EQ(test, -EINVAL, virtqueue_end_buf(vd->vq));
	vring_dma_fail_maps(vd, 0, 0);
	vring_expect_state(vd, &before, 0);
}

/* Outside of start and end, an add finds nothing to write to */
static void expect_stray_adds_do_nothing(struct vring_device *vd,
					 struct vring_request *req)
{
	char image[VRING_STATE_SIZE * sizeof(struct vring_desc)];
	struct vring_state before;

	vring_get_state(vd, &before);
	memcpy(image, vd->desc_area, sizeof(struct vring_desc) * vd->size);
	virtqueue_add_sg(vd->vq, req->sg, 2, OUT);
	virtqueue_add_linear(vd->vq, req->pieces[0].addr, 1, OUT);
	virtqueue_add_page(vd->vq, virt_to_page(req->pieces[0].addr), 0, 1, IN);
	virtqueue_add_mapped(vd->vq, sg_phys(req->sg), 1, IN);
	vring_expect_state(vd, &before, 0);
	KUNIT_EXPECT_MEMEQ(vd->test, image, vd->desc_area,
			   sizeof(struct vring_desc) * vd->size);
}

static void misuse_stray_adds(struct kunit *test)
{
	struct vring_device *vd;
	struct vring_request *req;

	vd = create(test);
	req = vring_request_create(vd, 0, 2, 2);

	vring_device_doing(vd, "before any start");
	expect_stray_adds_do_nothing(vd, req);

	vring_device_doing(vd, "after an end");
	KUNIT_ASSERT_EQ(test, 0, start(vd, req, 4, 2));
	virtqueue_add_sg(vd->vq, req->sg, 2, OUT);
	virtqueue_add_sg(vd->vq, &req->sg[2], 2, IN);
	KUNIT_ASSERT_EQ(test, 0, virtqueue_end_buf(vd->vq));
	vring_expect_round_trip(vd, req);
	expect_stray_adds_do_nothing(vd, req);

	vring_device_doing(vd, "after an abort");
	KUNIT_ASSERT_EQ(test, 0, start(vd, req, 4, 2));
	virtqueue_add_sg(vd->vq, req->sg, 2, OUT);
	virtqueue_abort_buf(vd->vq);
	expect_stray_adds_do_nothing(vd, req);

	vring_device_doing(vd, "after a failed start");
	virtio_break_device(&vd->vdev);
	KUNIT_ASSERT_EQ(test, -EIO, start(vd, req, 4, 2));
	__virtio_unbreak_device(&vd->vdev);
	expect_stray_adds_do_nothing(vd, req);

	/* Whoever does not look at what start returns learns it from end */
	KUNIT_EXPECT_LT(test, virtqueue_end_buf(vd->vq), 0);
	virtqueue_abort_buf(vd->vq);
	expect_stray_adds_do_nothing(vd, req);
	round_trip(vd, req);
}

static struct kunit_case misuse_cases[] = {
	KUNIT_CASE_PARAM(misuse_pieces, vring_gen_basic),
	KUNIT_CASE_PARAM(misuse_null_token, vring_gen_basic),
	KUNIT_CASE_PARAM(misuse_nents_zero, vring_gen_basic),
	KUNIT_CASE_PARAM(misuse_longer_than_ring, vring_gen_direct),
	KUNIT_CASE_PARAM(misuse_whole_buffer, vring_gen_basic),
	KUNIT_CASE_PARAM(misuse_ctx, vring_gen_indirect),
	KUNIT_CASE_PARAM(misuse_premapped, vring_gen_premapped),
	KUNIT_CASE_PARAM(misuse_first_error_wins, vring_gen_dma),
	KUNIT_CASE_PARAM(misuse_stray_adds, vring_gen_basic),
	{}
};

static struct kunit_suite misuse_suite = {
	.name = "virtio_ring_misuse",
	.test_cases = misuse_cases,
};

kunit_test_suite(misuse_suite);
