// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for misuse of the calls that add a buffer piece by piece.
 *
 * Each of these is a driver bug.  The core warns once, and the device must not
 * see the buffer.  This is a separate suite, so that it can be left out of runs
 * in which no warning may occur.
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
 * Pieces that a buffer of at most three descriptors in two calls must refuse
 */

struct call {
	enum { NO_CALL, LINEAR, SG, BVEC } how;
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
	{ "too many bvecs", { { BVEC, 0, 4, OUT } } },
	{ "one bvec too many", { { SG, 0, 2, OUT }, { BVEC, 2, 2, OUT } } },
	{ "no bvec fits", { { SG, 0, 3, OUT }, { BVEC, 3, 1, OUT } } },
	{ "order of bvecs", { { BVEC, 4, 2, IN }, { BVEC, 0, 1, OUT } } },
	{ "bvecs of no direction", { { BVEC, 0, 2, DMA_NONE } } },
	{ "too many calls", { { LINEAR, 0, 1, OUT }, { LINEAR, 1, 1, OUT },
			      { LINEAR, 2, 1, OUT } } },
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
	case BVEC:
		vring_add_bvec(vd, piece, call->nents, 0, call->dir);
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

/* A start with room for nothing succeeds, but no buffer can be made of it */
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

/* Without tables, a buffer longer than the ring can never be added */
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

/* The calls that add a whole buffer also check their arguments */
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

/* A queue with indirect tables has no room for a context */
static void misuse_ctx(struct kunit *test)
{
	struct vring_device *vd;
	struct vring_request *req;
	struct vring_state before;

	vd = create(test);
	req = vring_request_create(vd, 0, 0, 2);
	vring_get_state(vd, &before);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtqueue_add_buf_linear_ctx(vd->vq,
						     req->pieces[0].addr,
						     req->pieces[0].len, IN,
						     req, req, VRING_TEST_GFP));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtqueue_add_inbuf_ctx(vd->vq, req->sg, 1, req, req,
						VRING_TEST_GFP));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtqueue_add_inbuf_ctx(vd->vq, req->sg, 2, req, req,
						VRING_TEST_GFP));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtqueue_add_inbuf(vd->vq, req->sg, 0, req,
					    VRING_TEST_GFP));
	vring_request_finish(vd, req);
	vring_expect_state(vd, &before, 0);
}

/* A premapped queue cannot map pieces */
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
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtqueue_add_buf_linear_ctx(vd->vq,
						     req->pieces[0].addr, 1,
						     OUT, req, NULL,
						     VRING_TEST_GFP));
	KUNIT_ASSERT_EQ(test, 0, start(vd, req, 1, 1));
	vring_add_bvec(vd, req->pieces, 1, 0, OUT);
	KUNIT_EXPECT_EQ(test, -EINVAL, virtqueue_end_buf(vd->vq));
	vring_request_finish(vd, req);
	vring_expect_state(vd, &before, 0);
}

/* If there are two errors, the first one is returned */
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

/* Outside of start and end, adds write nothing */
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
	vring_add_bvec(vd, req->pieces, 2, 0, IN);
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

	/* If the driver ignores an error of start, end returns one */
	KUNIT_EXPECT_LT(test, virtqueue_end_buf(vd->vq), 0);
	virtqueue_abort_buf(vd->vq);
	expect_stray_adds_do_nothing(vd, req);
	round_trip(vd, req);
}

/*
 * Buffers that are not ended: the next operation aborts them and continues
 */

static void leave_open(struct vring_device *vd, struct vring_request *req)
{
	KUNIT_ASSERT_EQ(vd->test, 0, start(vd, req, 3, 2));
	virtqueue_add_sg(vd->vq, req->sg, 2, OUT);
}

/* The buffer was aborted: a late end or abort has no effect. */
static void expect_given_up(struct vring_device *vd)
{
	KUNIT_EXPECT_FALSE(vd->test, vring_device_take(vd));
	KUNIT_EXPECT_EQ(vd->test, -EINVAL, virtqueue_end_buf(vd->vq));
	virtqueue_abort_buf(vd->vq);
	vring_device_expect_nothing_held(vd);
	vring_device_expect_idle(vd);
}

static int add_single(struct vring_device *vd, struct vring_request *req)
{
	return virtqueue_add_buf_single(vd->vq, req->sg, OUT, req,
					VRING_TEST_GFP);
}

static int add_linear(struct vring_device *vd, struct vring_request *req)
{
	return virtqueue_add_buf_linear(vd->vq, req->pieces[0].addr,
					req->pieces[0].len, OUT, req,
					VRING_TEST_GFP);
}

static int add_outbuf(struct vring_device *vd, struct vring_request *req)
{
	return virtqueue_add_outbuf(vd->vq, req->sg, req->out, req,
				    VRING_TEST_GFP);
}

static int add_pieces(struct vring_device *vd, struct vring_request *req)
{
	int err = start(vd, req, req->out + req->in, 2);

	if (err)
		return err;
	virtqueue_add_sg(vd->vq, req->sg, req->out, OUT);
	if (req->in)
		virtqueue_add_sg(vd->vq, &req->sg[req->out], req->in, IN);
	return virtqueue_end_buf(vd->vq);
}

static void misuse_left_open(struct kunit *test)
{
	static const struct {
		const char *name;
		vring_add_fn *add;
		unsigned int out, in;
	} others[] = {
		{ "single", add_single, 1, 0 },
		{ "linear", add_linear, 1, 0 },
		{ "add_buf", add_array, 1, 1 },
		{ "add_outbuf", add_outbuf, 2, 0 },
		{ "add_sgs", vring_add_sgs, 1, 2 },
		{ "start, pieces, end", add_pieces, 1, 2 },
	};
	struct vring_device *vd = create(test);
	struct vring_request *open = vring_request_create(vd, 0, 2, 1), *req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		vring_device_doing(vd, "then %s", others[i].name);
		req = vring_request_create(vd, 8, others[i].out, others[i].in);
		leave_open(vd, open);
		KUNIT_EXPECT_EQ(test, 0, others[i].add(vd, req));
		vring_expect_round_trip(vd, req);
		expect_given_up(vd);
	}
}

/* Others take the room of the open buffer: it must not be taken twice. */
static void misuse_left_open_nearly_full(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *open = vring_request_create(vd, 0, 2, 1);
	struct vring_request *one = vring_request_create(vd, 8, 1, 0);

	vring_fill(vd, one, RING_SIZE - 3, add_single);
	leave_open(vd, open);
	vring_fill(vd, one, 3, add_single);
	KUNIT_EXPECT_EQ(test, 0, vd->vq->num_free);
	KUNIT_EXPECT_EQ(test, -EINVAL, virtqueue_end_buf(vd->vq));
	KUNIT_EXPECT_EQ(test, 0, vd->vq->num_free);
	vring_drain(vd, one, RING_SIZE);
	expect_given_up(vd);
}

static int reset(struct vring_device *vd)
{
	return virtqueue_reset(vd->vq, vring_device_recycle, NULL);
}

static int resize(struct vring_device *vd)
{
	return virtqueue_resize(vd->vq, 2 * RING_SIZE, vring_device_recycle,
				NULL);
}

static int create_again(struct vring_device *vd)
{
	vring_device_delete_vq(vd);
	vring_device_expect_nothing_held(vd);
	return vring_device_create_vq(vd, RING_SIZE);
}

static void misuse_left_open_queue_goes(struct kunit *test)
{
	static int (*const ends[])(struct vring_device *vd) = {
		reset, resize, create_again,
	};
	struct vring_device *vd = create(test);
	struct vring_request *open = vring_request_create(vd, 0, 2, 1);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		vring_device_doing(vd, "queue goes, way %u", i);
		leave_open(vd, open);
		KUNIT_EXPECT_EQ(test, 0, ends[i](vd));
		expect_given_up(vd);
		round_trip(vd, open);
	}

	vring_device_doing(vd, "detach_unused_buf");
	leave_open(vd, open);
	KUNIT_EXPECT_NULL(test, virtqueue_detach_unused_buf(vd->vq));
	expect_given_up(vd);
	round_trip(vd, open);
}

/*
 * Pieces with length 0, and with a length that is too large
 */

static void expect_without(struct vring_device *vd, struct vring_request *rest,
			   int err)
{
	KUNIT_EXPECT_EQ(vd->test, err, rest ? 0 : -EINVAL);
	if (!err && rest)
		vring_expect_round_trip(vd, rest);
	KUNIT_EXPECT_FALSE(vd->test, vring_device_take(vd));
	vring_device_expect_nothing_held(vd);
	vring_device_expect_idle(vd);
}

/* Two readable pieces, the first of them empty, with each of the calls */
static void misuse_empty_piece(struct kunit *test)
{
	enum { EMPTY_LINEAR, EMPTY_PAGE, EMPTY_MAPPED, CALLS };
	struct vring_device *vd = create(test);
	struct vring_request *rest = vring_request_create(vd, 0, 1, 0);
	struct vring_piece *piece = &rest->pieces[0];
	unsigned int i;

	for (i = 0; i < CALLS; i++) {
		vring_device_doing(vd, "empty piece, call %u", i);
		KUNIT_ASSERT_EQ(test, 0, virtqueue_start_buf(vd->vq, rest, 2, 2,
							     VRING_TEST_GFP));
		if (i == EMPTY_LINEAR)
			virtqueue_add_linear(vd->vq, piece->addr, 0, OUT);
		else if (i == EMPTY_PAGE)
			virtqueue_add_page(vd->vq, virt_to_page(piece->addr), 0,
					   0, OUT);
		else
			virtqueue_add_mapped(vd->vq, 4096, 0, OUT);
		virtqueue_add_linear(vd->vq, piece->addr, piece->len, OUT);
		expect_without(vd, rest, virtqueue_end_buf(vd->vq));
	}

	vring_device_doing(vd, "nothing else");
	expect_without(vd, NULL, virtqueue_add_buf_linear(vd->vq, piece->addr,
							  0, OUT, rest,
							  VRING_TEST_GFP));
	expect_without(vd, NULL,
		       virtqueue_add_buf_linear_ctx(vd->vq, piece->addr, 0, OUT,
						    rest, NULL,
						    VRING_TEST_GFP));
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
	KUNIT_CASE_PARAM(misuse_left_open, vring_gen_basic),
	KUNIT_CASE_PARAM(misuse_left_open_nearly_full, vring_gen_basic),
	KUNIT_CASE_PARAM(misuse_left_open_queue_goes, vring_gen_basic),
	KUNIT_CASE_PARAM(misuse_empty_piece, vring_gen_basic),
	{}
};

static struct kunit_suite misuse_suite = {
	.name = "virtio_ring_misuse",
	.test_cases = misuse_cases,
};

kunit_test_suite(misuse_suite);
