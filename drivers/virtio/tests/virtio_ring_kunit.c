// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for adding a buffer to a virtqueue piece by piece.
 *
 * A test adds pieces and lets the vring_device check the descriptors in the
 * ring.  After a failed or aborted buffer, it compares the state of the queue
 * with the state before.
 */
#include <linux/bvec.h>
#include <linux/mm.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

#include "vring_device.h"

#define RING_SIZE	8

/*
 * Recipes: the add calls that make up a buffer
 */

enum how { SG, LINEAR, PAGE, BVEC, MAPPED };

struct step {
	enum how how;
	enum dma_data_direction dir;
	unsigned int nents;
};

struct recipe {
	unsigned int num;
	struct step steps[5];
};

#define OUT	DMA_TO_DEVICE
#define IN	DMA_FROM_DEVICE

static const struct recipe recipes[] = {
	{ 1, { { LINEAR, OUT, 1 } } },
	{ 1, { { LINEAR, IN, 1 } } },
	{ 1, { { PAGE, IN, 1 } } },
	{ 1, { { SG, OUT, 1 } } },
	{ 1, { { SG, IN, 4 } } },
	{ 1, { { MAPPED, OUT, 1 } } },
	{ 2, { { LINEAR, OUT, 1 }, { LINEAR, IN, 1 } } },
	{ 2, { { SG, OUT, 2 }, { SG, OUT, 3 } } },
	/* A block write and a block read */
	{ 3, { { LINEAR, OUT, 1 }, { SG, OUT, 3 }, { LINEAR, IN, 1 } } },
	{ 3, { { LINEAR, OUT, 1 }, { SG, IN, 4 }, { LINEAR, IN, 1 } } },
	/* The same from a bio */
	{ 1, { { BVEC, OUT, 1 } } },
	{ 1, { { BVEC, IN, 4 } } },
	{ 3, { { LINEAR, OUT, 1 }, { BVEC, OUT, 1 }, { LINEAR, IN, 1 } } },
	{ 3, { { LINEAR, OUT, 1 }, { BVEC, OUT, 4 }, { LINEAR, IN, 1 } } },
	{ 3, { { LINEAR, OUT, 1 }, { BVEC, IN, 5 }, { LINEAR, IN, 1 } } },
	/* Bios that were merged */
	{ 3, { { BVEC, OUT, 2 }, { BVEC, OUT, 3 }, { BVEC, IN, 2 } } },
	/* The driver maps some pieces, the ring the others */
	{ 2, { { MAPPED, OUT, 1 }, { SG, IN, 2 } } },
	{ 3, { { MAPPED, OUT, 1 }, { BVEC, IN, 3 }, { MAPPED, IN, 1 } } },
	{ 4, { { SG, OUT, 2 }, { MAPPED, OUT, 1 }, { MAPPED, IN, 1 },
	       { PAGE, IN, 1 } } },
	{ 5, { { MAPPED, OUT, 1 }, { PAGE, OUT, 1 }, { MAPPED, IN, 1 },
	       { LINEAR, IN, 1 }, { MAPPED, IN, 1 } } },
};

static unsigned int count_nents(const struct recipe *r,
				enum dma_data_direction dir)
{
	unsigned int i, n = 0;

	for (i = 0; i < r->num; i++)
		if (r->steps[i].dir == dir)
			n += r->steps[i].nents;
	return n;
}

static unsigned int total_nents(const struct recipe *r)
{
	return count_nents(r, OUT) + count_nents(r, IN);
}

static unsigned int count_mapped(const struct recipe *r)
{
	unsigned int i, n = 0;

	for (i = 0; i < r->num; i++)
		n += r->steps[i].how == MAPPED;
	return n;
}

/* A premapped queue maps nothing, so a recipe must not require mapping */
static bool suits(const struct vring_device *vd, const struct recipe *r)
{
	unsigned int i;

	for (i = 0; i < r->num; i++)
		if (vd->config.premapped && r->steps[i].how != SG &&
		    r->steps[i].how != MAPPED)
			return false;
	return true;
}

/* The recipe after @r, or the first one */
static const struct recipe *next_recipe(const struct vring_device *vd,
					const struct recipe *r)
{
	for (r = r ? r + 1 : recipes; r < recipes + ARRAY_SIZE(recipes); r++)
		if (suits(vd, r))
			return r;
	return NULL;
}

/* Map or unmap the pieces that the driver maps */
static void each_mapped(struct vring_device *vd, struct vring_request *req,
			const struct recipe *r,
			void (*func)(struct vring_device *vd,
				     struct vring_request *req,
				     unsigned int first, unsigned int num))
{
	unsigned int i, first = 0;

	if (vd->config.premapped)
		return;
	for (i = 0; i < r->num; i++) {
		if (r->steps[i].how == MAPPED)
			func(vd, req, first, 1);
		first += r->steps[i].nents;
	}
}

static struct vring_request *prepare(struct vring_device *vd,
				     const struct recipe *r, unsigned int slot)
{
	struct vring_request *req;

	vring_device_doing(vd, "recipe %td", r - recipes);
	req = vring_request_create(vd, slot, count_nents(r, OUT),
				   count_nents(r, IN));
	each_mapped(vd, req, r, vring_request_map);
	return req;
}

static void finish(struct vring_device *vd, struct vring_request *req,
		   const struct recipe *r)
{
	each_mapped(vd, req, r, vring_request_unmap);
	vring_request_finish(vd, req);
}

static void add_step(struct vring_device *vd, struct vring_request *req,
		     const struct step *step, unsigned int first)
{
	struct vring_piece *piece = &req->pieces[first];

	switch (step->how) {
	case SG:
		virtqueue_add_sg(vd->vq, &req->sg[first], step->nents,
				 step->dir);
		break;
	case LINEAR:
		virtqueue_add_linear(vd->vq, piece->addr, piece->len,
				     step->dir);
		break;
	case PAGE:
		/* The offset may be beyond the first page */
		virtqueue_add_page(vd->vq, virt_to_page(vd->slots),
				   piece->addr - vd->slots, piece->len,
				   step->dir);
		break;
	case BVEC:
		/* There is memory before each piece except the first. */
		vring_add_bvec(vd, piece, step->nents,
			       min_t(size_t, piece->addr - vd->slots, 5),
			       step->dir);
		break;
	case MAPPED:
		virtqueue_add_mapped(vd->vq, sg_dma_address(&req->sg[first]),
				     piece->len, step->dir);
		break;
	}
}

/* The first @num add calls of a recipe */
static void add_steps(struct vring_device *vd, struct vring_request *req,
		      const struct recipe *r, unsigned int num)
{
	unsigned int i, first = 0;

	for (i = 0; i < num; i++) {
		add_step(vd, req, &r->steps[i], first);
		first += r->steps[i].nents;
	}
}

static int start(struct vring_device *vd, struct vring_request *req,
		 unsigned int nents, unsigned int nsg)
{
	return virtqueue_start_buf(vd->vq, req, nents, nsg, VRING_TEST_GFP);
}

static int add(struct vring_device *vd, struct vring_request *req,
	       const struct recipe *r)
{
	int err = start(vd, req, total_nents(r), r->num);

	if (err)
		return err;
	add_steps(vd, req, r, r->num);
	return virtqueue_end_buf(vd->vq);
}

static struct vring_device *create(struct kunit *test)
{
	return vring_device_create(test, test->param_value, RING_SIZE);
}

/* A buffer of pieces in one direction each, and back */
static void round_trip(struct vring_device *vd, unsigned int out,
		       unsigned int in)
{
	struct vring_request *req = vring_request_create(vd, 0, out, in);

	KUNIT_ASSERT_EQ(vd->test, 0, start(vd, req, out + in, 2));
	virtqueue_add_sg(vd->vq, req->sg, out, OUT);
	virtqueue_add_sg(vd->vq, &req->sg[out], in, IN);
	KUNIT_ASSERT_EQ(vd->test, 0, virtqueue_end_buf(vd->vq));
	vring_expect_round_trip(vd, req);
	vring_request_finish(vd, req);
	kunit_kfree(vd->test, req);
}

/* The next buffer starts @n descriptors further on */
static void advance(struct vring_device *vd, unsigned int n)
{
	while (n--)
		round_trip(vd, 1, 0);
}

static int add_one(struct vring_device *vd, struct vring_request *req)
{
	return virtqueue_add_buf_single(vd->vq, req->sg,
					vring_request_dir(req, 0), req,
					VRING_TEST_GFP);
}

/*
 * What the device gets
 */

static void buf_recipes(struct kunit *test)
{
	struct vring_device *vd = create(test);
	const struct recipe *r = NULL;

	while ((r = next_recipe(vd, r))) {
		struct vring_request *req = prepare(vd, r, 40);
		unsigned int nents = total_nents(r);
		bool indirect = vd->config.indirect && nents > 1;

		KUNIT_ASSERT_EQ(test, 0, add(vd, req, r));
		KUNIT_EXPECT_EQ(test, RING_SIZE - (indirect ? 1 : nents),
				vd->vq->num_free);
		if (vd->config.dma)
			vring_dma_expect_mapped(vd, nents + indirect);
		vring_expect_round_trip(vd, req);
		KUNIT_EXPECT_EQ(test, indirect, vd->chain.indirect);

		/* Pieces that the driver mapped are still mapped */
		if (vd->config.dma)
			vring_dma_expect_mapped(vd, vd->config.premapped ?
						nents : count_mapped(r));
		finish(vd, req, r);
		vring_device_expect_nothing_held(vd);
		vring_device_expect_idle(vd);
	}
}

/* nents and nsg are upper bounds: unused descriptors are returned */
static void buf_bounds_not_used_up(struct kunit *test)
{
	struct vring_device *vd = create(test);
	const struct recipe *r = NULL;
	unsigned int nents, nsg, spare;

	while ((r = next_recipe(vd, r))) {
		struct vring_request *req = prepare(vd, r, 0);

		nents = total_nents(r);
		for (spare = 1; nents + spare <= RING_SIZE; spare++) {
			nsg = r->num + spare % 3;
			KUNIT_ASSERT_EQ(test, 0,
					start(vd, req, nents + spare, nsg));
			add_steps(vd, req, r, r->num);
			KUNIT_ASSERT_EQ(test, 0, virtqueue_end_buf(vd->vq));
			vring_expect_round_trip(vd, req);
			KUNIT_EXPECT_EQ(test, vd->config.indirect ? 1 : nents,
					vd->chain.nr_desc);
			vring_device_expect_idle(vd);
		}
		finish(vd, req, r);
		vring_device_expect_nothing_held(vd);
	}
}

/* The mappings before the ring makes any: those of the driver */
static unsigned int driver_mappings(const struct vring_device *vd)
{
	return vd->dma.nr_mappings - vd->dma.nr_coherent;
}

/* Start, one virtqueue_add_sg() of at most @nents entries, end, and back */
static void sg_round_trip(struct vring_device *vd, struct vring_request *req,
			  struct scatterlist *sgl, unsigned int nents)
{
	KUNIT_ASSERT_EQ(vd->test, 0, start(vd, req, RING_SIZE, 1));
	virtqueue_add_sg(vd->vq, sgl, nents, OUT);
	KUNIT_ASSERT_EQ(vd->test, 0, virtqueue_end_buf(vd->vq));
	vring_expect_round_trip(vd, req);
	vring_device_expect_idle(vd);
}

static void sg_longer_than_nents(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, RING_SIZE, 0);

	for (req->out = 1; req->out < RING_SIZE; req->out++)
		sg_round_trip(vd, req, req->sg, req->out);
}

static void sg_shorter_than_nents(struct kunit *test)
{
	struct vring_device *vd = create(test);
	unsigned int n, spare;

	for (n = 1; n < RING_SIZE; n++) {
		struct vring_request *req = vring_request_create(vd, 0, n, 0);

		for (spare = 1; n + spare <= RING_SIZE; spare++)
			sg_round_trip(vd, req, req->sg, n + spare);
		/* All entries of the list */
		sg_round_trip(vd, req, req->sg, UINT_MAX);
	}
}

static void sg_end_in_the_middle(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, RING_SIZE, 0);

	for (req->out = 1; req->out < RING_SIZE; req->out++) {
		sg_mark_end(&req->sg[req->out - 1]);
		sg_round_trip(vd, req, req->sg, RING_SIZE);
		sg_unmark_end(&req->sg[req->out - 1]);
	}
	sg_round_trip(vd, req, req->sg, RING_SIZE);
}

/* @at entries in the first array, a link, the others in the second array */
static void sg_chained(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 5, 0);
	struct scatterlist head[5];
	unsigned int at, i;

	for (at = 1; at < 5; at++) {
		sg_init_table(head, at + 1);
		for (i = 0; i < at; i++)
			sg_set_buf(&head[i], req->pieces[i].addr,
				   req->pieces[i].len);
		sg_chain(head, at + 1, &req->sg[at]);

		for (req->out = 1; req->out <= 5; req->out++)
			sg_round_trip(vd, req, head, req->out);
		req->out = 5;
		sg_round_trip(vd, req, head, RING_SIZE);
	}
}

/* Add calls that add nothing count as calls, but have no other effect */
static void sg_empty(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 1, 1);

	KUNIT_ASSERT_EQ(test, 0, start(vd, req, 2, 5));
	virtqueue_add_sg(vd->vq, req->sg, 0, IN);
	virtqueue_add_linear(vd->vq, req->pieces[0].addr, req->pieces[0].len,
			     OUT);
	virtqueue_add_sg(vd->vq, req->sg, 0, IN);
	virtqueue_add_linear(vd->vq, req->pieces[1].addr, req->pieces[1].len,
			     IN);
	virtqueue_add_sg(vd->vq, req->sg, 0, OUT);
	KUNIT_ASSERT_EQ(test, 0, virtqueue_end_buf(vd->vq));
	vring_expect_round_trip(vd, req);
	vring_device_expect_idle(vd);
}

/* However many pages a bvec has, it is one descriptor. */
static void bvec_many_pages(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 2, 0);
	size_t size = VRING_SLOTS * VRING_SLOT_SIZE;

	req->pieces[0].addr = vd->slots + 40;
	req->pieces[0].len = size / 2;
	req->pieces[1].addr = vd->slots + 40 + size / 2;
	req->pieces[1].len = size / 4;
	KUNIT_ASSERT_GT(test, req->pieces[1].len, PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, 0, start(vd, req, 2, 1));
	vring_add_bvec(vd, req->pieces, 2, 5, OUT);
	KUNIT_ASSERT_EQ(test, 0, virtqueue_end_buf(vd->vq));
	vring_expect_round_trip(vd, req);
	vring_device_expect_idle(vd);
}

/* A bio without data adds nothing, and does not count as a call. */
static void bvec_empty(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 1, 0);
	struct bvec_iter iter = { .bi_size = 0 };

	KUNIT_ASSERT_EQ(test, 0, start(vd, req, 1, 1));
	virtqueue_add_bvec(vd->vq, NULL, &iter, IN);
	vring_add_bvec(vd, req->pieces, 1, 0, OUT);
	virtqueue_add_bvec(vd->vq, NULL, &iter, OUT);
	KUNIT_ASSERT_EQ(test, 0, virtqueue_end_buf(vd->vq));
	vring_expect_round_trip(vd, req);
	vring_device_expect_idle(vd);
}

/* Start over with a ring of this size, if the layout supports it */
static bool renew(struct vring_device *vd, unsigned int size)
{
	if (!is_power_of_2(size) && !vd->config.packed)
		return false;
	vring_device_delete_vq(vd);
	KUNIT_ASSERT_EQ(vd->test, 0, vring_device_create_vq(vd, size));
	return true;
}

static const unsigned int small_sizes[] = { 4, 8, 5, 1, 2 };

/* Every length at every offset for three laps */
static void buf_every_offset(struct kunit *test)
{
	struct vring_device *vd = create(test);
	unsigned int i, n, offset;

	for (i = 0; i < ARRAY_SIZE(small_sizes); i++) {
		unsigned int size = small_sizes[i];

		for (n = 1; n <= size && renew(vd, size); n++) {
			for (offset = 0; offset < 3 * size; offset++) {
				vring_device_doing(vd, "size %u, %u pieces, offset %u",
						   size, n, offset);
				round_trip(vd, n / 2, n - n / 2);
				vring_device_expect_idle(vd);
				advance(vd, 1);
			}
		}
	}
}

static void buf_long(struct kunit *test)
{
	struct vring_device *vd;

	vd = vring_device_create(test, test->param_value, VRING_MAX_SIZE);
	round_trip(vd, 1, VRING_MAX_PIECES - 1);
	/* This one crosses the end of the ring */
	round_trip(vd, 2, VRING_MAX_PIECES - 2);
	vring_device_expect_idle(vd);
}

/* Only a table can be longer than the ring */
static void buf_long_table(struct kunit *test)
{
	struct vring_device *vd = create(test);

	round_trip(vd, 1, RING_SIZE);
	round_trip(vd, VRING_MAX_PIECES - 1, 1);
	vring_device_expect_idle(vd);
}

/* A queue with contexts has no room for the address of a table */
static void buf_ctx_queue(struct kunit *test)
{
	struct vring_config config = *(const struct vring_config *)
					test->param_value;
	struct vring_device *vd;

	config.ctx = true;
	vd = vring_device_create(test, &config, RING_SIZE);
	round_trip(vd, 2, 2);
	KUNIT_EXPECT_FALSE(test, vd->chain.indirect);
	KUNIT_EXPECT_EQ(test, 4, vd->chain.nr_desc);
	vring_device_expect_idle(vd);
}

static void buf_completion_order(struct kunit *test)
{
	static const unsigned int orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	struct vring_device *vd = create(test);
	const struct recipe *r = &recipes[6];
	struct vring_request *req[3];
	unsigned int i, n;

	for (i = 0; i < 3; i++)
		req[i] = prepare(vd, r, 8 * i);
	for (n = 0; n < 2 * ARRAY_SIZE(orders); n++) {
		const unsigned int *order = orders[n % ARRAY_SIZE(orders)];

		for (i = 0; i < 3; i++)
			KUNIT_ASSERT_EQ(test, 0, add(vd, req[i], r));
		vring_expect_order(vd, req, 3, order);
	}
}

/*
 * Calls for one piece, and for an array of entries
 */

static void single_sg(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *out = vring_request_create(vd, 0, 3, 0);
	struct vring_request *in = vring_request_create(vd, 8, 0, 3);
	unsigned int i;

	/* Only the first entry counts, whether the list ends there or not */
	out->out = 1;
	in->in = 1;
	for (i = 0; i < 2 * RING_SIZE + 1; i++) {
		KUNIT_ASSERT_EQ(test, 0, add_one(vd, out));
		vring_expect_round_trip(vd, out);
		KUNIT_ASSERT_EQ(test, 0, add_one(vd, in));
		vring_expect_round_trip(vd, in);
		KUNIT_EXPECT_FALSE(test, vd->chain.indirect);
		vring_device_expect_idle(vd);
	}
	out->out = 3;
	in->in = 3;
	vring_request_finish(vd, out);
	vring_request_finish(vd, in);
}

static int add_one_linear(struct vring_device *vd, struct vring_request *req)
{
	return virtqueue_add_buf_linear(vd->vq, req->pieces[0].addr,
					req->pieces[0].len,
					vring_request_dir(req, 0), req,
					VRING_TEST_GFP);
}

static void single_linear(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *out = vring_request_create(vd, 0, 1, 0);
	struct vring_request *in = vring_request_create(vd, 8, 0, 1);
	unsigned int i;

	for (i = 0; i < 2 * RING_SIZE + 1; i++) {
		KUNIT_ASSERT_EQ(test, 0, add_one_linear(vd, out));
		vring_expect_round_trip(vd, out);
		KUNIT_ASSERT_EQ(test, 0, add_one_linear(vd, in));
		vring_expect_round_trip(vd, in);
		KUNIT_EXPECT_FALSE(test, vd->chain.indirect);
		vring_device_expect_idle(vd);
	}
}

static int add_one_linear_ctx(struct vring_device *vd,
			      struct vring_request *req)
{
	return virtqueue_add_buf_linear_ctx(vd->vq, req->pieces[0].addr,
					    req->pieces[0].len,
					    vring_request_dir(req, 0), req,
					    &req->in, VRING_TEST_GFP);
}

static void linear_ctx_errors(struct vring_device *vd,
			      struct vring_request *out)
{
	struct vring_state before;

	vring_fill(vd, out, RING_SIZE, add_one_linear_ctx);
	KUNIT_EXPECT_EQ(vd->test, -ENOSPC, add_one_linear_ctx(vd, out));
	vring_drain(vd, out, RING_SIZE);

	vring_get_state(vd, &before);
	virtio_break_device(&vd->vdev);
	KUNIT_EXPECT_EQ(vd->test, -EIO, add_one_linear_ctx(vd, out));
	__virtio_unbreak_device(&vd->vdev);
	vring_expect_state(vd, &before, 0);

	if (!vd->config.dma)
		return;
	vring_dma_fail_maps(vd, 1, UINT_MAX);
	KUNIT_EXPECT_EQ(vd->test, -ENOMEM, add_one_linear_ctx(vd, out));
	vring_dma_fail_maps(vd, 0, 0);
	vring_expect_state(vd, &before, 0);
}

static void single_linear_ctx(struct kunit *test)
{
	struct vring_config config = *(const struct vring_config *)
					test->param_value;
	struct vring_device *vd;
	struct vring_request *req;
	unsigned int i, len;

	config.ctx = true;
	vd = vring_device_create(test, &config, RING_SIZE);
	req = vring_request_create(vd, 0, 0, 1);
	for (i = 0; i < 2 * RING_SIZE + 1; i++) {
		void *ctx = NULL;

		KUNIT_ASSERT_EQ(test, 0, add_one_linear_ctx(vd, req));
		vring_device_complete(vd, vring_expect_available(vd, req), 1);
		KUNIT_ASSERT_PTR_EQ(test, req,
				    virtqueue_get_buf_ctx(vd->vq, &len, &ctx));
		KUNIT_EXPECT_PTR_EQ(test, ctx, &req->in);
		vring_device_expect_idle(vd);
	}
	linear_ctx_errors(vd, vring_request_create(vd, 8, 1, 0));
	vring_request_finish(vd, req);
}

static void single_errors(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *out = vring_request_create(vd, 0, 1, 0);
	struct vring_state before;

	vring_fill(vd, out, RING_SIZE, add_one);
	KUNIT_EXPECT_EQ(test, -ENOSPC, add_one(vd, out));
	KUNIT_EXPECT_EQ(test, -ENOSPC, add_one_linear(vd, out));
	vring_drain(vd, out, RING_SIZE);

	vring_get_state(vd, &before);
	virtio_break_device(&vd->vdev);
	KUNIT_EXPECT_EQ(test, -EIO, add_one(vd, out));
	KUNIT_EXPECT_EQ(test, -EIO, add_one_linear(vd, out));
	__virtio_unbreak_device(&vd->vdev);
	vring_expect_state(vd, &before, 0);

	if (!vd->config.dma)
		return;
	vring_dma_fail_maps(vd, 1, UINT_MAX);
	KUNIT_EXPECT_EQ(test, -ENOMEM, add_one(vd, out));
	KUNIT_EXPECT_EQ(test, -ENOMEM, add_one_linear(vd, out));
	vring_dma_fail_maps(vd, 0, 0);
	vring_expect_state(vd, &before, 0);
}

static int add_array(struct vring_device *vd, struct vring_request *req)
{
	return virtqueue_add_buf(vd->vq, req->sg, req->out, req->in, req,
				 VRING_TEST_GFP);
}

/* The array has out + in entries, independent of end markers */
static void add_buf_array(struct kunit *test)
{
	struct vring_device *vd = create(test);
	unsigned int out, in;

	for (out = 0; out <= 3; out++) {
		for (in = !out; in <= 3; in++) {
			struct vring_request *req;

			req = vring_request_create(vd, 0, out, in);
			KUNIT_ASSERT_EQ(test, 0, add_array(vd, req));
			vring_expect_round_trip(vd, req);

			sg_mark_end(&req->sg[out ? out - 1 : 0]);
			KUNIT_ASSERT_EQ(test, 0, add_array(vd, req));
			vring_expect_round_trip(vd, req);
			KUNIT_EXPECT_EQ(test,
					vd->config.indirect && out + in > 1,
					vd->chain.indirect);
			vring_request_finish(vd, req);
			vring_device_expect_idle(vd);
		}
	}
}

/*
 * Buffers that fail or are aborted
 */

/* Abort after no piece, after each piece, after the last; at every offset */
static void abort_after_each_piece(struct kunit *test)
{
	struct vring_device *vd = create(test);
	unsigned int offset, i, mapped;
	const struct recipe *r = NULL;
	struct vring_state before;

	while ((r = next_recipe(vd, r))) {
		struct vring_request *req = prepare(vd, r, 0);

		mapped = driver_mappings(vd);
		for (offset = 0; offset < 2 * RING_SIZE; offset++) {
			vring_get_state(vd, &before);
			for (i = 0; i <= r->num; i++) {
				KUNIT_ASSERT_EQ(test, 0,
						start(vd, req, total_nents(r),
						      r->num));
				add_steps(vd, req, r, i);
				virtqueue_abort_buf(vd->vq);
				vring_expect_state(vd, &before, mapped);
			}
			/* A shorter chain must not continue to old ones */
			KUNIT_ASSERT_EQ(test, 0, add_one(vd, req));
			KUNIT_ASSERT_TRUE(test, vring_device_take(vd));
			vring_device_complete(vd, vd->chain.id, 0);
			vring_expect_used(vd, req, 0);
			vring_device_expect_idle(vd);
		}
		finish(vd, req, r);
	}
}

/* The mappings that the ring makes for a recipe, including the table */
static unsigned int ring_mappings(struct vring_device *vd,
				  const struct recipe *r)
{
	unsigned int nents = total_nents(r);

	return nents - count_mapped(r) + (vd->config.indirect && nents > 1);
}

static void mapping_fails(struct vring_device *vd, const struct recipe *r,
			  unsigned int first, unsigned int last)
{
	struct vring_request *req = prepare(vd, r, 16);
	unsigned int mapped = driver_mappings(vd);
	struct vring_state before;

	vring_device_doing(vd, "recipe %td, mapping %u", r - recipes, first);
	vring_get_state(vd, &before);
	vring_dma_fail_maps(vd, first, last);
	KUNIT_EXPECT_EQ(vd->test, -ENOMEM, add(vd, req, r));
	vring_dma_fail_maps(vd, 0, 0);
	vring_expect_state(vd, &before, mapped);

	/* It works when tried again */
	KUNIT_ASSERT_EQ(vd->test, 0, add(vd, req, r));
	vring_expect_round_trip(vd, req);
	finish(vd, req, r);
	vring_device_expect_nothing_held(vd);
}

static void mapping_fails_at_each_piece(struct kunit *test)
{
	struct vring_device *vd = create(test);
	const struct recipe *r = NULL;
	unsigned int k;

	while ((r = next_recipe(vd, r))) {
		for (k = 1; k <= ring_mappings(vd, r); k++) {
			mapping_fails(vd, r, k, k);
			mapping_fails(vd, r, k, UINT_MAX);
		}
	}
}

/*
 * A mapping fails at the third piece, then a shorter buffer is added at the
 * same head.  The descriptors after it, written by the first buffer, must not
 * look available.
 */
static void mapping_fails_no_phantom(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 4, 0);
	unsigned int i, k, n, offset;

	for (i = 0; i < ARRAY_SIZE(small_sizes); i++) {
		unsigned int size = small_sizes[i];

		if (size < 4 || !renew(vd, size))
			continue;
		for (offset = 0; offset < 3 * size; offset++) {
			for (k = 2; k <= 4; k++) {
				vring_device_doing(vd, "size %u, offset %u, mapping %u",
						   size, offset, k);
				vring_dma_fail_maps(vd, k, k);
				KUNIT_EXPECT_EQ(test, -ENOMEM, add_array(vd, req));
				vring_dma_fail_maps(vd, 0, 0);
				for (n = 1; n < k; n++)
					round_trip(vd, n, 0);
				vring_device_expect_idle(vd);
			}
			advance(vd, 1);
		}
	}
}

static void add_buf_mapping_fails(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 2, 1);
	struct vring_state before;
	unsigned int k;

	vring_get_state(vd, &before);
	for (k = 1; k <= 3 + vd->config.indirect; k++) {
		vring_dma_fail_maps(vd, k, k);
		KUNIT_EXPECT_EQ(test, -ENOMEM, add_array(vd, req));
		vring_dma_fail_maps(vd, 0, 0);
		vring_expect_state(vd, &before, 0);
	}
}

/* Lists of one entry each: none is mapped after the one that failed */
static void sgs_mapping_fails(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 2, 2);
	struct scatterlist sg[4], *sgs[4];
	struct vring_state before;
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(sg); i++) {
		sg_init_one(&sg[i], req->pieces[i].addr, req->pieces[i].len);
		sgs[i] = &sg[i];
	}
	vring_get_state(vd, &before);
	for (k = 1; k <= ARRAY_SIZE(sg) + vd->config.indirect; k++) {
		vring_dma_fail_maps(vd, k, k);
		KUNIT_EXPECT_EQ(test, -ENOMEM,
				virtqueue_add_sgs(vd->vq, sgs, 2, 2, req,
						  VRING_TEST_GFP));
		KUNIT_EXPECT_EQ(test, k, vd->dma.map_calls);
		vring_dma_fail_maps(vd, 0, 0);
		vring_expect_state(vd, &before, 0);
	}
	vring_request_finish(vd, req);
}

/* Falls back to a direct chain if there is room for one */
static void table_alloc_fails(struct kunit *test)
{
	struct vring_device *vd;
	struct vring_request *req, *one;
	struct vring_state before;

	vring_need_failing_kmalloc(test);
	vd = create(test);
	req = prepare(vd, &recipes[8], 0);

	vring_fail_kmalloc(1);
	KUNIT_EXPECT_EQ(test, 0, add(vd, req, &recipes[8]));
	KUNIT_EXPECT_EQ(test, 0, vring_fail_kmalloc_stop());
	vring_expect_round_trip(vd, req);
	KUNIT_EXPECT_FALSE(test, vd->chain.indirect);
	KUNIT_EXPECT_EQ(test, 5, vd->chain.nr_desc);
	vring_device_expect_nothing_held(vd);

	/* There may be room later, so the driver may wait */
	one = vring_request_create(vd, 64, 1, 0);
	vring_fill(vd, one, RING_SIZE - 4, add_one);
	vring_fail_kmalloc(1);
	KUNIT_EXPECT_EQ(test, -ENOSPC, start(vd, req, 5, 3));
	KUNIT_EXPECT_EQ(test, 0, vring_fail_kmalloc_stop());
	vring_drain(vd, one, RING_SIZE - 4);

	/* There never will be room, so the driver would wait forever */
	vring_get_state(vd, &before);
	vring_fail_kmalloc(1);
	KUNIT_EXPECT_EQ(test, -ENOMEM, start(vd, req, RING_SIZE + 1, 3));
	KUNIT_EXPECT_EQ(test, 0, vring_fail_kmalloc_stop());
	vring_expect_state(vd, &before, 0);
}

/* A small table serves the next buffer as well, a large one is freed */
static void small_table_kept(struct kunit *test)
{
	struct vring_device *vd;
	struct vring_request *req, *large;
	unsigned int free;

	if (!IS_ENABLED(CONFIG_TRACEPOINTS))
		kunit_skip(test, "needs CONFIG_TRACEPOINTS to see allocations");
	vd = create(test);
	req = prepare(vd, &recipes[8], 0);
	large = vring_request_create(vd, 8, 5, 4);

	KUNIT_EXPECT_EQ(test, 0, add(vd, req, &recipes[8]));
	vring_expect_round_trip(vd, req);
	vring_let_tables_be_kept(vd);
	free = vring_free_tables(vd);
	KUNIT_EXPECT_GT(test, free, 0);

	KUNIT_EXPECT_EQ(test, 0, add(vd, req, &recipes[8]));
	KUNIT_EXPECT_EQ(test, free - 1, vring_free_tables(vd));
	KUNIT_EXPECT_EQ(test, 0, vd->nr_tables);
	/* Only its pieces are mapped, the table stays mapped. */
	vring_dma_expect_mapped(vd, vd->config.dma ?
				total_nents(&recipes[8]) : 0);
	vring_expect_round_trip(vd, req);
	KUNIT_EXPECT_TRUE(test, vd->chain.indirect);
	KUNIT_EXPECT_EQ(test, free, vring_free_tables(vd));

	KUNIT_EXPECT_EQ(test, 0, vring_add_sgs(vd, large));
	KUNIT_EXPECT_EQ(test, free, vring_free_tables(vd));
	KUNIT_EXPECT_EQ(test, 1, vd->nr_tables);
	vring_dma_expect_mapped(vd, vd->config.dma ? 9 + 1 : 0);
	vring_expect_round_trip(vd, large);
	KUNIT_EXPECT_TRUE(test, vd->chain.indirect);
	vring_device_expect_nothing_held(vd);
}

/* Until there is memory for tables that stay mapped, each table is mapped. */
static void small_table_mapped(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = prepare(vd, &recipes[8], 0);
	unsigned int i, coherent = vd->dma.nr_coherent;

	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, 0, add(vd, req, &recipes[8]));
		vring_dma_expect_mapped(vd, total_nents(&recipes[8]) + 1);
		vring_expect_round_trip(vd, req);
		KUNIT_EXPECT_TRUE(test, vd->chain.indirect);
		vring_device_expect_nothing_held(vd);
	}
	vring_let_tables_be_kept(vd);
	KUNIT_EXPECT_EQ(test, coherent + 1, vd->dma.nr_coherent);

	/* A reset frees the memory, and it is allocated again. */
	KUNIT_EXPECT_EQ(test, 0, virtqueue_reset(vd->vq, vring_device_recycle,
						 NULL));
	KUNIT_EXPECT_EQ(test, coherent, vd->dma.nr_coherent);
	KUNIT_EXPECT_EQ(test, 0, vring_free_tables(vd));
	KUNIT_EXPECT_EQ(test, 0, add(vd, req, &recipes[8]));
	vring_let_tables_be_kept(vd);
	KUNIT_EXPECT_EQ(test, coherent + 1, vd->dma.nr_coherent);
	vring_expect_round_trip(vd, req);
	vring_device_expect_nothing_held(vd);
}

/* A failed or aborted buffer returns its table. */
static void tables_stay_kept(struct kunit *test)
{
	struct vring_device *vd;
	struct vring_request *a, *b;
	unsigned int i, map, free;

	vd = create(test);
	a = prepare(vd, &recipes[8], 0);
	b = prepare(vd, &recipes[8], 8);
	KUNIT_ASSERT_EQ(test, 0, add(vd, a, &recipes[8]));
	vring_let_tables_be_kept(vd);
	KUNIT_ASSERT_EQ(test, 0, add(vd, b, &recipes[8]));
	vring_expect_round_trip(vd, a);
	vring_expect_round_trip(vd, b);
	free = vring_free_tables(vd);
	KUNIT_ASSERT_GT(test, free, 0);

	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, 0, start(vd, a, 5, 3));
		virtqueue_abort_buf(vd->vq);
		KUNIT_EXPECT_EQ(test, free, vring_free_tables(vd));
		for (map = 1; vd->config.dma && map <= 5; map++) {
			vring_dma_fail_maps(vd, map, map);
			KUNIT_EXPECT_EQ(test, -ENOMEM, add(vd, a, &recipes[8]));
			vring_dma_fail_maps(vd, 0, 0);
			KUNIT_EXPECT_EQ(test, free, vring_free_tables(vd));
		}
	}
	vring_device_expect_nothing_held(vd);
	vring_device_expect_idle(vd);
}

static void ring_full(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *one = vring_request_create(vd, 64, 1, 0);
	struct vring_request *two = vring_request_create(vd, 0, 1, 1);
	unsigned int once = vd->config.packed ? 0 : 1;

	vring_fill(vd, one, RING_SIZE, add_one);
	KUNIT_EXPECT_EQ(test, 0, vd->notified);
	KUNIT_EXPECT_EQ(test, -ENOSPC, start(vd, two, 2, 2));
	KUNIT_EXPECT_EQ(test, once, vd->notified);

	/* One descriptor is enough for a table, but not for a direct chain */
	vring_expect_round_trip(vd, one);
	if (!vd->config.indirect) {
		KUNIT_EXPECT_EQ(test, -ENOSPC, start(vd, two, 2, 2));
		KUNIT_EXPECT_EQ(test, 2 * once, vd->notified);
		vring_expect_round_trip(vd, one);
	}
	KUNIT_EXPECT_EQ(test, 0, start(vd, two, 2, 2));
	virtqueue_abort_buf(vd->vq);

	vring_drain(vd, one, vd->size - vd->vq->num_free);
	round_trip(vd, 1, 1);
}

/*
 * Calls that get all pieces at once notify the device of a full split ring only
 * if it has something to read, with one piece and with several.  Packed rings
 * do not notify.
 */
static void ring_full_whole_buffer(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *out = vring_request_create(vd, 0, 1, 0);
	struct vring_request *both = vring_request_create(vd, 8, 1, 1);
	struct scatterlist *in = &both->sg[1];
	unsigned int once = vd->config.packed ? 0 : 1;

	vring_fill(vd, out, RING_SIZE, add_one);
	KUNIT_EXPECT_EQ(test, -ENOSPC,
			virtqueue_add_inbuf(vd->vq, in, 1, both,
					    VRING_TEST_GFP));
	KUNIT_EXPECT_EQ(test, -ENOSPC,
			virtqueue_add_inbuf(vd->vq, both->sg, 2, both,
					    VRING_TEST_GFP));
	KUNIT_EXPECT_EQ(test, 0, vd->notified);

	KUNIT_EXPECT_EQ(test, -ENOSPC,
			virtqueue_add_outbuf(vd->vq, out->sg, 1, out,
					     VRING_TEST_GFP));
	KUNIT_EXPECT_EQ(test, once, vd->notified);
	KUNIT_EXPECT_EQ(test, -ENOSPC,
			virtqueue_add_outbuf(vd->vq, both->sg, 2, both,
					     VRING_TEST_GFP));
	KUNIT_EXPECT_EQ(test, 2 * once, vd->notified);
	KUNIT_EXPECT_EQ(test, -ENOSPC, add_array(vd, both));
	KUNIT_EXPECT_EQ(test, 3 * once, vd->notified);
	vring_drain(vd, out, RING_SIZE);
}

static void broken(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 1, 1);
	struct vring_state before;

	vring_get_state(vd, &before);
	virtio_break_device(&vd->vdev);
	KUNIT_EXPECT_EQ(test, -EIO, start(vd, req, 2, 2));
	KUNIT_EXPECT_EQ(test, -EIO, add_array(vd, req));
	KUNIT_EXPECT_EQ(test, 0, vd->notified);
	__virtio_unbreak_device(&vd->vdev);
	vring_expect_state(vd, &before, 0);
	round_trip(vd, 1, 1);
}

static int reset(struct vring_device *vd)
{
	return virtqueue_reset(vd->vq, vring_device_recycle, NULL);
}

static int resize(struct vring_device *vd, unsigned int size)
{
	return virtqueue_resize(vd->vq, size, vring_device_recycle, NULL);
}

/* Queue resets and new sizes between buffers, with others in flight */
static void reset_and_resize(struct kunit *test)
{
	static const unsigned int sizes[] = { 8, 4, 4, 16, 16, 8 };
	struct vring_device *vd = create(test);
	const struct recipe *r = &recipes[6];
	struct vring_request *req = prepare(vd, r, 16);
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
		unsigned int size = sizes[i % ARRAY_SIZE(sizes)];

		advance(vd, i);
		KUNIT_ASSERT_EQ(test, 0, start(vd, req, 2, 2));
		virtqueue_abort_buf(vd->vq);
		KUNIT_ASSERT_EQ(test, 0, add(vd, req, r));
		if (i & 1)
			vring_expect_available(vd, req);
		KUNIT_ASSERT_EQ(test, 0, size == vd->size ? reset(vd) :
				resize(vd, size));
		KUNIT_EXPECT_EQ(test, size, vd->size);
		KUNIT_EXPECT_EQ(test, i + 1, vd->nr_recycled);
		KUNIT_EXPECT_PTR_EQ(test, (void *)req, vd->recycled);
		vring_device_expect_nothing_held(vd);
		vring_device_expect_idle(vd);
		round_trip(vd, 2, 2);
	}
}

/* Buffers in flight are detached, and the ring unmaps them */
static void detach_unused(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *one = vring_request_create(vd, 64, 1, 0);
	const struct recipe *r = NULL;

	while ((r = next_recipe(vd, r))) {
		struct vring_request *req = prepare(vd, r, 0);
		unsigned int mapped = driver_mappings(vd);
		void *first, *second;

		KUNIT_ASSERT_EQ(test, 0, add(vd, req, r));
		KUNIT_ASSERT_EQ(test, 0, add_one(vd, one));
		first = virtqueue_detach_unused_buf(vd->vq);
		second = virtqueue_detach_unused_buf(vd->vq);
		KUNIT_EXPECT_TRUE(test, (first == req && second == one) ||
				  (first == one && second == req));
		KUNIT_EXPECT_NULL(test, virtqueue_detach_unused_buf(vd->vq));
		KUNIT_EXPECT_EQ(test, RING_SIZE, vd->vq->num_free);
		vring_dma_expect_mapped(vd, mapped);
		finish(vd, req, r);
		KUNIT_ASSERT_EQ(test, 0, reset(vd));
		vring_device_expect_idle(vd);
	}
	vring_request_finish(vd, one);
}

/*
 * Notification
 */

/* A failed or aborted buffer does not need a kick */
static int add_after_abort(struct vring_device *vd, struct vring_request *req)
{
	KUNIT_ASSERT_EQ(vd->test, 0, start(vd, req, 2, 2));
	virtqueue_abort_buf(vd->vq);
	return add(vd, req, &recipes[6]);
}

static void kick_event(struct kunit *test)
{
	struct vring_device *vd = create(test);

	vring_expect_kick_event(vd, prepare(vd, &recipes[6], 8),
				add_after_abort);
}

static int add_one_sg(struct vring_device *vd, struct vring_request *req)
{
	int err = start(vd, req, 1, 1);

	if (err)
		return err;
	virtqueue_add_sg(vd->vq, req->sg, 1, OUT);
	return virtqueue_end_buf(vd->vq);
}

static void num_added(struct kunit *test)
{
	struct vring_device *vd = create(test);

	vring_expect_kick_at_last(vd, vring_request_create(vd, 0, 1, 0),
				  add_one_sg);
}

/*
 * A long random sequence
 */

static enum how random_how(struct rnd_state *rnd, unsigned int num)
{
	if (num == 1)
		return vring_random(rnd, MAPPED);
	return num <= 8 && vring_random(rnd, 2) ? BVEC : SG;
}

/* Piece by piece, one or several pieces per call, with larger bounds */
static int random_pieces(struct vring_device *vd, struct vring_request *req,
			 struct rnd_state *rnd, bool commit)
{
	unsigned int i = 0, n, nents = req->out + req->in;
	unsigned int spare = vring_random(rnd, 3);
	int err;

	/* For a direct chain that just fits, the bounds must be exact */
	if (!vd->config.indirect && nents + spare > vd->vq->num_free)
		spare = 0;
	err = start(vd, req, nents + spare, nents + spare);
	if (err)
		return err;
	while (i < nents) {
		unsigned int same = (i < req->out ? req->out : nents) - i;

		n = 1 + vring_random(rnd, same);
		add_step(vd, req, &(struct step) {
				.how	= random_how(rnd, n),
				.dir	= vring_request_dir(req, i),
				.nents	= n,
			 }, i);
		i += n;
		if (!commit && !vring_random(rnd, 3))
			break;
	}
	if (commit)
		return virtqueue_end_buf(vd->vq);
	virtqueue_abort_buf(vd->vq);
	return 0;
}

static int random_whole(struct vring_device *vd, struct vring_request *req)
{
	if (!req->out)
		return virtqueue_add_inbuf(vd->vq, req->sg, req->in, req,
					   VRING_TEST_GFP);
	return vring_add_sgs(vd, req);
}

static int random_add(struct vring_device *vd, struct vring_request *req,
		      struct rnd_state *rnd)
{
	switch (vring_random(rnd, 5)) {
	case 0:
		return add_array(vd, req);
	case 1:
		return random_whole(vd, req);
	case 2:
		if (req->out + req->in == 1)
			return add_one(vd, req);
		fallthrough;
	case 3:
		if (req->out + req->in == 1)
			return add_one_linear(vd, req);
		fallthrough;
	default:
		return random_pieces(vd, req, rnd, true);
	}
}

static void random_fail(struct vring_device *vd, struct vring_request *req,
			struct rnd_state *rnd)
{
	unsigned int mapped = vd->dma.nr_mappings;
	struct vring_state before, after;
	int err;

	vring_get_state(vd, &before);
	if (vd->config.dma && vring_random(rnd, 2)) {
		vring_dma_fail_maps(vd, 1 + vring_random(rnd, 4), UINT_MAX);
		err = random_pieces(vd, req, rnd, true);
		KUNIT_ASSERT_TRUE(vd->test, err == -ENOMEM || err == -ENOSPC);
		vring_dma_fail_maps(vd, 0, 0);
	} else {
		random_pieces(vd, req, rnd, false);
	}
	vring_get_state(vd, &after);
	KUNIT_ASSERT_MEMEQ(vd->test, &before, &after, sizeof(before));
	KUNIT_ASSERT_EQ(vd->test, mapped, vd->dma.nr_mappings);
}

static void random_sequence(struct kunit *test)
{
	static const struct vring_random_calls calls = {
		.add	= random_add,
		.fail	= random_fail,
	};

	vring_random_run(test, &calls);
}

static struct kunit_case virtio_ring_cases[] = {
	KUNIT_CASE_PARAM(buf_recipes, vring_gen_all),
	KUNIT_CASE_PARAM(buf_bounds_not_used_up, vring_gen_all),
	KUNIT_CASE_PARAM(sg_longer_than_nents, vring_gen_basic),
	KUNIT_CASE_PARAM(sg_shorter_than_nents, vring_gen_basic),
	KUNIT_CASE_PARAM(sg_end_in_the_middle, vring_gen_basic),
	KUNIT_CASE_PARAM(sg_chained, vring_gen_basic),
	KUNIT_CASE_PARAM(sg_empty, vring_gen_basic),
	KUNIT_CASE_PARAM(bvec_many_pages, vring_gen_basic),
	KUNIT_CASE_PARAM(bvec_empty, vring_gen_basic),
	KUNIT_CASE_PARAM(buf_every_offset, vring_gen_basic),
	KUNIT_CASE_PARAM(buf_long, vring_gen_basic),
	KUNIT_CASE_PARAM(buf_long_table, vring_gen_indirect),
	KUNIT_CASE_PARAM(buf_ctx_queue, vring_gen_indirect),
	KUNIT_CASE_PARAM(buf_completion_order, vring_gen_any_order),
	KUNIT_CASE_PARAM(single_sg, vring_gen_all),
	KUNIT_CASE_PARAM(single_linear, vring_gen_basic),
	KUNIT_CASE_PARAM(single_linear_ctx, vring_gen_basic),
	KUNIT_CASE_PARAM(single_errors, vring_gen_basic),
	KUNIT_CASE_PARAM(add_buf_array, vring_gen_all),
	KUNIT_CASE_PARAM(abort_after_each_piece, vring_gen_all),
	KUNIT_CASE_PARAM(mapping_fails_at_each_piece, vring_gen_dma),
	KUNIT_CASE_PARAM(mapping_fails_no_phantom, vring_gen_dma),
	KUNIT_CASE_PARAM(add_buf_mapping_fails, vring_gen_dma),
	KUNIT_CASE_PARAM(sgs_mapping_fails, vring_gen_dma),
	KUNIT_CASE_PARAM(table_alloc_fails, vring_gen_indirect),
	KUNIT_CASE_PARAM(small_table_kept, vring_gen_indirect),
	KUNIT_CASE_PARAM(small_table_mapped, vring_gen_indirect_dma),
	KUNIT_CASE_PARAM(tables_stay_kept, vring_gen_indirect),
	KUNIT_CASE_PARAM(ring_full, vring_gen_basic),
	KUNIT_CASE_PARAM(ring_full_whole_buffer, vring_gen_basic),
	KUNIT_CASE_PARAM(broken, vring_gen_basic),
	KUNIT_CASE_PARAM(reset_and_resize, vring_gen_basic),
	KUNIT_CASE_PARAM(detach_unused, vring_gen_all),
	KUNIT_CASE_PARAM(kick_event, vring_gen_event),
	KUNIT_CASE_PARAM_ATTR(num_added, vring_gen_basic,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_PARAM_ATTR(random_sequence, vring_gen_basic,
			      { .speed = KUNIT_SPEED_SLOW }),
	{}
};

static struct kunit_suite virtio_ring_suite = {
	.name = "virtio_ring",
	.test_cases = virtio_ring_cases,
};

kunit_test_suite(virtio_ring_suite);
