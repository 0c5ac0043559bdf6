// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for a completion in the middle of an add.
 *
 * The callback of some drivers takes no lock: an interrupt on the CPU that adds
 * a buffer gets used buffers, which changes the head of the free list.  This
 * must not affect the buffer that is being added.  The "interrupt" of these
 * tests is a call from a mapping, an allocation, or between the calls of a
 * buffer that is added piece by piece.
 *
 * The ring may warn about it.  The calls that older kernels have also pass
 * there.
 */
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

#include "vring_device.h"

#define RING_SIZE	8
#define OLD		3	/* buffers that were added before */

/* What the device and the driver have done with the old buffers, in order */
static const struct state {
	const char *name;
	unsigned int nr_fetched, nr_used;
	u8 order[OLD];
	bool in_order;
} states[] = {
	{ "the first is used", 0, 1, { 0 }, true },
	{ "the first was fetched, two are used", 1, 2, { 0, 1, 2 }, true },
	{ "the last was fetched, two are used", 1, 2, { 2, 1, 0 } },
};

struct shape {
	unsigned int out, in;
};

static const struct shape old_shapes[OLD] = { { 0, 2 }, { 1, 0 }, { 0, 2 } };
static const struct shape shapes[] = { { 1, 0 }, { 0, 1 }, { 0, 3 }, { 1, 2 } };

/* Static, because a function that is called by a mapping needs it */
static struct vring_request *all[OLD + 1];	/* the new one is the last */
static bool back[OLD + 1];
static unsigned int places, interrupted_at;

/* The driver gets all used buffers. */
static void get_all(struct vring_device *vd)
{
	struct vring_request *req;
	unsigned int i, len;

	while ((req = virtqueue_get_buf(vd->vq, &len))) {
		for (i = 0; i <= OLD && all[i] != req; i++)
			;
		KUNIT_EXPECT_LE(vd->test, i, OLD);
		if (i > OLD)
			return;
		KUNIT_EXPECT_FALSE(vd->test, back[i]);
		back[i] = true;
		vring_request_finish(vd, req);
	}
}

static void interrupt(struct vring_device *vd)
{
	if (++places == interrupted_at)
		get_all(vd);
}

/*
 * Ways to add
 */

static int add_list(struct vring_device *vd, struct vring_request *req)
{
	if (req->in)
		return virtqueue_add_inbuf(vd->vq, req->sg, req->in, req,
					   VRING_TEST_GFP);
	return virtqueue_add_outbuf(vd->vq, req->sg, req->out, req,
				    VRING_TEST_GFP);
}

static bool one_direction(const struct vring_device *vd, const struct shape *s)
{
	return !s->out || !s->in;
}

#ifndef CONFIG_VIRTIO_RING_KUNIT_PARITY
static bool one_piece(const struct vring_device *vd, const struct shape *s)
{
	return s->out + s->in == 1;
}

static bool one_linear_piece(const struct vring_device *vd,
			     const struct shape *s)
{
	return one_piece(vd, s) && !vd->config.premapped;
}

static bool is_linear(const struct vring_device *vd, const struct shape *s)
{
	return !vd->config.premapped;
}

static int add_array(struct vring_device *vd, struct vring_request *req)
{
	return virtqueue_add_buf(vd->vq, req->sg, req->out, req->in, req,
				 VRING_TEST_GFP);
}

static int add_single(struct vring_device *vd, struct vring_request *req)
{
	return virtqueue_add_buf_single(vd->vq, req->sg,
					vring_request_dir(req, 0), req,
					VRING_TEST_GFP);
}

static int add_linear(struct vring_device *vd, struct vring_request *req)
{
	return virtqueue_add_buf_linear(vd->vq, req->pieces[0].addr,
					req->pieces[0].len,
					vring_request_dir(req, 0), req,
					VRING_TEST_GFP);
}

static int add_lists(struct vring_device *vd, struct vring_request *req)
{
	unsigned int n = req->out + req->in;
	int err;

	err = virtqueue_start_buf(vd->vq, req, n, 2, VRING_TEST_GFP);
	if (err)
		return err;
	vring_interrupt_here(vd);
	if (req->out)
		virtqueue_add_sg(vd->vq, req->sg, req->out, DMA_TO_DEVICE);
	vring_interrupt_here(vd);
	if (req->in)
		virtqueue_add_sg(vd->vq, &req->sg[req->out], req->in,
				 DMA_FROM_DEVICE);
	vring_interrupt_here(vd);
	return virtqueue_end_buf(vd->vq);
}

static int add_pieces(struct vring_device *vd, struct vring_request *req)
{
	unsigned int i, n = req->out + req->in;
	int err;

	err = virtqueue_start_buf(vd->vq, req, n, n, VRING_TEST_GFP);
	if (err)
		return err;
	for (i = 0; i < n; i++) {
		struct vring_piece *piece = &req->pieces[i];
		struct page *page = virt_to_page(piece->addr);

		vring_interrupt_here(vd);
		if (i % 2)
			virtqueue_add_linear(vd->vq, piece->addr, piece->len,
					     vring_request_dir(req, i));
		else
			virtqueue_add_page(vd->vq, page,
					   offset_in_page(piece->addr),
					   piece->len,
					   vring_request_dir(req, i));
	}
	vring_interrupt_here(vd);
	return virtqueue_end_buf(vd->vq);
}
#endif /* CONFIG_VIRTIO_RING_KUNIT_PARITY */

static const struct way {
	const char *name;
	vring_add_fn *add;
	bool (*suits)(const struct vring_device *vd, const struct shape *s);
} ways[] = {
	{ "add_sgs", vring_add_sgs },
	{ "add_outbuf, add_inbuf", add_list, one_direction },
#ifndef CONFIG_VIRTIO_RING_KUNIT_PARITY
	{ "add_buf", add_array },
	{ "add_buf_single", add_single, one_piece },
	{ "add_buf_linear", add_linear, one_linear_piece },
	{ "start, lists, end", add_lists },
	{ "start, pieces, end", add_pieces, is_linear },
#endif
};

/*
 * The state of the ring when the add begins, and after it
 */

static struct vring_request *request(struct vring_device *vd, unsigned int i,
				     const struct shape *s)
{
	back[i] = false;
	vring_request_init(vd, all[i], 8 * i, s->out, s->in);
	if (vd->config.premapped)
		vring_request_map(vd, all[i], 0, s->out + s->in);
	return all[i];
}

static void use(struct vring_device *vd, u16 id)
{
	vring_device_complete(vd, id, 0);
}

/* @ids of the old buffers; true: the device has not yet used them */
static void prepare(struct vring_device *vd, const struct state *state,
		    u16 *ids, bool *in_flight)
{
	unsigned int i;

	for (i = 0; i < OLD; i++)
		KUNIT_ASSERT_EQ(vd->test, 0,
				vring_add_sgs(vd, request(vd, i,
							  &old_shapes[i])));
	for (i = 0; i < OLD; i++) {
		ids[i] = vring_expect_available(vd, all[i]);
		in_flight[i] = true;
	}
	for (i = 0; i < state->nr_fetched + state->nr_used; i++) {
		use(vd, ids[state->order[i]]);
		in_flight[state->order[i]] = false;
		if (i < state->nr_fetched)
			get_all(vd);
	}
}

/* The buffer that was added is the correct one; then all are used. */
static void expect_added(struct vring_device *vd, const u16 *ids,
			 const bool *in_flight)
{
	u16 id = vring_expect_available(vd, all[OLD]);
	unsigned int i;

	KUNIT_EXPECT_FALSE(vd->test, vring_device_take(vd));
	for (i = 0; i < OLD; i++)
		if (in_flight[i])
			use(vd, ids[i]);
	use(vd, id);
	get_all(vd);
	for (i = 0; i <= OLD; i++)
		KUNIT_EXPECT_TRUE_MSG(vd->test, back[i], "buffer %u", i);
	KUNIT_EXPECT_EQ(vd->test, RING_SIZE, vd->vq->num_free);
	vring_device_expect_nothing_held(vd);
	vring_device_expect_idle(vd);
}

/* Return: whether the add was interrupted */
static bool add_interrupted(struct vring_device *vd, const struct state *state,
			    const struct shape *shape, const struct way *way,
			    unsigned int at)
{
	bool in_flight[OLD];
	u16 ids[OLD];
	int err;

	vring_device_doing(vd, "%s: %u + %u by %s, at %u", state->name,
			   shape->out, shape->in, way->name, at);
	vring_device_delete_vq(vd);
	KUNIT_ASSERT_EQ(vd->test, 0, vring_device_create_vq(vd, RING_SIZE));
	prepare(vd, state, ids, in_flight);
	request(vd, OLD, shape);
	places = 0;
	interrupted_at = at;
	vd->interrupt = interrupt;
	err = way->add(vd, all[OLD]);
	vd->interrupt = NULL;
	KUNIT_ASSERT_EQ(vd->test, 0, err);
	expect_added(vd, ids, in_flight);
	return places >= at;
}

static void interrupted(struct kunit *test)
{
	const struct vring_config *config = test->param_value;
	const struct state *state;
	const struct shape *shape;
	struct vring_device *vd;
	const struct way *way;
	unsigned int i, at, most = 0;

#ifdef DEBUG
	kunit_skip(test, "START_USE() panics when operations overlap");
#endif
#ifndef MODULE
	if (panic_on_warn)
		kunit_skip(test, "may warn, but panic_on_warn is set");
#endif
	vd = vring_device_create(test, config, RING_SIZE);
	for (i = 0; i <= OLD; i++) {
		all[i] = kunit_kzalloc(test, sizeof(*all[i]), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, all[i]);
	}
	for (state = states; state < states + ARRAY_SIZE(states); state++) {
		if (config->in_order && !state->in_order)
			continue;
		for (shape = shapes; shape < shapes + ARRAY_SIZE(shapes); shape++)
			for (way = ways; way < ways + ARRAY_SIZE(ways); way++) {
				if (way->suits && !way->suits(vd, shape))
					continue;
				for (at = 1; add_interrupted(vd, state, shape,
							     way, at); at++)
					most = max(most, at);
			}
	}
	/* There was something to interrupt. */
	if (config->dma && !config->premapped)
		KUNIT_EXPECT_GE(test, most, 3);
}

static struct kunit_case interrupted_cases[] = {
	KUNIT_CASE_PARAM(interrupted, vring_gen_all),
	{}
};

static struct kunit_suite interrupted_suite = {
	.name = "virtio_ring_interrupted",
	.test_cases = interrupted_cases,
};

kunit_test_suite(interrupted_suite);
