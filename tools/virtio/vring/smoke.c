// SPDX-License-Identifier: GPL-2.0
/*
 * Test the library.  With every implementation, every configuration and several
 * sizes, buffers are added with every call, the device checks and returns them,
 * every allocation and every mapping fails once, and nothing may be left
 * behind.  This is not a complete test of the ring itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "inject.h"

#define MAX_PIECES	6
#define MAX_REQUESTS	3
#define PIECE_SIZE	64

static struct vring_device d;
static struct inject account;
static unsigned long nr_checks, nr_buffers, nr_failures, nr_configs;
static const char *doing;

#define CHECK(condition) do {						\
	nr_checks++;							\
	if (!(condition))						\
		fail(__LINE__, #condition);				\
} while (0)

static void fail(int line, const char *condition)
{
	fprintf(stderr, "smoke: %s %s, %s: line %d: not so: %s\n", d.ops->name,
		vring_config_name(&d.config), doing, line, condition);
	if (d.wrong)
		fprintf(stderr, "the device: %s\n", d.wrong);
	if (account.wrong)
		fprintf(stderr, "memory and DMA: %s\n", account.wrong);
	inject_print_events(&account, 16);
	exit(1);
}

/* A buffer.  Its address is the token. */
struct request {
	unsigned int out, in;
	char memory[MAX_PIECES][PIECE_SIZE];
	/* Two lists; the first is chained, with a link in the middle */
	struct scatterlist sg[MAX_PIECES];
	struct scatterlist out_list[MAX_PIECES + 2];
};

static struct request requests[MAX_REQUESTS];

static unsigned int piece_len(unsigned int i)
{
	return 1 + i * 7;
}

static enum dma_data_direction piece_dir(const struct request *req,
					 unsigned int i)
{
	return i < req->out ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
}

static void request_map(struct request *req)
{
	unsigned int i;

	for (i = 0; d.config.premapped && i < req->out + req->in; i++) {
		dma_addr_t addr;

		addr = d.ops->virtqueue_dma_map_single_attrs(d.vq,
				req->memory[i], piece_len(i),
				piece_dir(req, i), 0);
		CHECK(!d.ops->virtqueue_dma_mapping_error(d.vq, addr));
		req->sg[i].dma_address = addr;
	}
}

static void request_unmap(struct request *req)
{
	unsigned int i;

	for (i = 0; d.config.premapped && i < req->out + req->in; i++)
		d.ops->virtqueue_dma_unmap_single_attrs(d.vq,
				req->sg[i].dma_address, piece_len(i),
				piece_dir(req, i), 0);
}

/* The first readable piece is in a separate list, chained to the rest. */
static void request_chain_out(struct request *req)
{
	struct scatterlist *list = req->out_list;
	unsigned int i;

	sg_init_table(list, MAX_PIECES + 2);
	list[0] = req->sg[0];
	sg_unmark_end(&list[0]);
	sg_chain(list, 2, &list[2]);
	for (i = 1; i < req->out; i++)
		list[i + 1] = req->sg[i];
	sg_mark_end(req->out > 1 ? &list[req->out] : &list[0]);
}

static void request_init(struct request *req, unsigned int out,
			 unsigned int in)
{
	unsigned int i;

	req->out = out;
	req->in = in;
	sg_init_table(req->sg, MAX_PIECES);
	for (i = 0; i < out + in; i++)
		sg_set_buf(&req->sg[i], req->memory[i], piece_len(i));
	sg_mark_end(&req->sg[out + in - 1]);
	request_map(req);
	if (out)
		request_chain_out(req);
}

/*
 * The ways to add a buffer.  Each returns whether it supports the buffer and
 * the queue.
 */

struct way {
	const char *name;
	bool (*fits)(const struct request *req);
	int (*add)(struct request *req);
};

static bool fits_any(const struct request *req)
{
	return true;
}

static bool fits_out(const struct request *req)
{
	return !req->in;
}

static bool fits_in(const struct request *req)
{
	return !req->out;
}

static bool fits_ctx(const struct request *req)
{
	return !req->out && (d.config.ctx || !d.config.indirect);
}

static bool fits_series(const struct request *req)
{
	return d.ops->virtqueue_start_buf;
}

static bool fits_series_linear(const struct request *req)
{
	return d.ops->virtqueue_start_buf && !d.config.premapped;
}

static bool fits_series_single(const struct request *req)
{
	return d.ops->virtqueue_start_buf && req->out + req->in == 1;
}

static bool fits_series_single_linear(const struct request *req)
{
	return fits_series_single(req) && !d.config.premapped;
}

static int add_sgs(struct request *req)
{
	struct scatterlist *sgs[2], *in = &req->sg[req->out];
	unsigned int n = 0;

	if (req->out)
		sgs[n++] = req->out_list;
	if (req->in)
		sgs[n++] = in;
	return d.ops->virtqueue_add_sgs(d.vq, sgs, !!req->out, !!req->in, req,
					GFP_ATOMIC);
}

static int add_outbuf(struct request *req)
{
	return d.ops->virtqueue_add_outbuf(d.vq, req->out_list, req->out, req,
					   GFP_ATOMIC);
}

static int add_inbuf(struct request *req)
{
	return d.ops->virtqueue_add_inbuf(d.vq, req->sg, req->in, req,
					  GFP_ATOMIC);
}

static int add_inbuf_ctx(struct request *req)
{
	return d.ops->virtqueue_add_inbuf_ctx(d.vq, req->sg, req->in, req, req,
					      GFP_ATOMIC);
}

static int add_lists(struct request *req)
{
	int err;

	err = d.ops->virtqueue_start_buf(d.vq, req, MAX_PIECES, 2, GFP_ATOMIC);
	if (err)
		return err;
	if (req->out)
		d.ops->virtqueue_add_sg(d.vq, req->out_list, MAX_PIECES,
					DMA_TO_DEVICE);
	if (req->in)
		d.ops->virtqueue_add_sg(d.vq, &req->sg[req->out], req->in,
					DMA_FROM_DEVICE);
	return d.ops->virtqueue_end_buf(d.vq);
}

/* Linear, page and sg in turn */
static int add_pieces(struct request *req)
{
	unsigned int i, n = req->out + req->in;
	int err = d.ops->virtqueue_start_buf(d.vq, req, n, n, GFP_ATOMIC);

	if (err)
		return err;
	for (i = 0; i < n; i++) {
		enum dma_data_direction dir = piece_dir(req, i);
		struct scatterlist *sg = &req->sg[i];

		if (i % 3 == 0)
			d.ops->virtqueue_add_linear(d.vq, req->memory[i],
						    piece_len(i), dir);
		else if (i % 3 == 1)
			d.ops->virtqueue_add_page(d.vq, sg_page(sg),
						  sg->offset, sg->length, dir);
		else
			d.ops->virtqueue_add_sg(d.vq, sg, 1, dir);
	}
	return d.ops->virtqueue_end_buf(d.vq);
}

static int add_array(struct request *req)
{
	return d.ops->virtqueue_add_buf(d.vq, req->sg, req->out, req->in, req,
					GFP_ATOMIC);
}

static int add_single(struct request *req)
{
	return d.ops->virtqueue_add_buf_single(d.vq, req->sg,
					       piece_dir(req, 0), req,
					       GFP_ATOMIC);
}

static int add_single_linear(struct request *req)
{
	return d.ops->virtqueue_add_buf_linear(d.vq, req->memory[0],
					       piece_len(0), piece_dir(req, 0),
					       req, GFP_ATOMIC);
}

static const struct way ways[] = {
	{ "add_sgs", fits_any, add_sgs },
	{ "add_outbuf", fits_out, add_outbuf },
	{ "add_inbuf", fits_in, add_inbuf },
	{ "add_inbuf_ctx", fits_ctx, add_inbuf_ctx },
	{ "add_sg", fits_series, add_lists },
	{ "add_linear, add_page", fits_series_linear, add_pieces },
	{ "add_buf", fits_series, add_array },
	{ "add_buf_single", fits_series_single, add_single },
	{ "add_buf_linear", fits_series_single_linear, add_single_linear },
};

static const struct {
	unsigned int out, in;
} shapes[] = { { 1, 0 }, { 0, 1 }, { 1, 1 }, { 3, 0 }, { 0, 3 }, { 4, 2 } };

/*
 * Steps
 */

static void expect_nothing_new(unsigned long mapped)
{
	CHECK(!vring_device_take(&d));
	CHECK(vring_device_idle(&d));
	CHECK(account.mapped == mapped);
	CHECK(!account.wrong && !d.wrong);
}

/* The device finds the pieces of this buffer. */
static void expect_taken(const struct request *req)
{
	unsigned int i;

	CHECK(vring_device_take(&d));
	CHECK(d.chain.nr_pieces == req->out + req->in);
	for (i = 0; i < d.chain.nr_pieces; i++) {
		CHECK(d.chain.pieces[i].cpu == req->memory[i]);
		CHECK(d.chain.pieces[i].len == piece_len(i));
		CHECK(d.chain.pieces[i].writable == (i >= req->out));
		CHECK(!d.config.dma ||
		      d.chain.pieces[i].addr != (u64)(long)req->memory[i]);
	}
}

/* A length that the driver accepts */
static u32 used_len(const struct request *req)
{
	return req->in ? piece_len(req->out) : 0;
}

static void expect_used(struct request *req)
{
	unsigned int len = ~0;

	CHECK(d.ops->virtqueue_get_buf(d.vq, &len) == req);
	CHECK(len == used_len(req));
	request_unmap(req);
	nr_buffers++;
}

static bool ring_has_room(unsigned int n)
{
	return n <= d.config.size;
}

static void round_trip(const struct way *way, struct request *req)
{
	doing = way->name;
	CHECK(!way->add(req));
	expect_taken(req);
	vring_device_complete(&d, d.chain.id, used_len(req));
	expect_used(req);
	expect_nothing_new(0);
}

/* Each failure in turn: the buffer is not added at all, or is correct. */
static void fail_each(const struct way *way, unsigned int out, unsigned int in,
		      struct inject_point *point)
{
	struct request *req = requests;
	unsigned long nth, mapped;
	int err;

	for (nth = 1; ; nth++) {
		request_init(req, out, in);
		mapped = account.mapped;
		vring_device_keep_nothing(&d);
		inject_fail(point, nth);
		doing = way->name;
		err = way->add(req);
		if (point->calls < nth)
			break;
		nr_failures++;
		if (!err)
			break;

		CHECK(!d.ops->virtqueue_start_buf || err == -ENOMEM ||
		      err == -ENOSPC);
		inject_fail(point, 0);
		expect_nothing_new(mapped);
		request_unmap(req);
	}
	inject_fail(point, 0);
	CHECK(!err);
	expect_taken(req);
	vring_device_complete(&d, d.chain.id, used_len(req));
	expect_used(req);
	expect_nothing_new(0);
}

static void try_each_way(void)
{
	unsigned int w, s;

	for (w = 0; w < ARRAY_SIZE(ways); w++) {
		for (s = 0; s < ARRAY_SIZE(shapes); s++) {
			unsigned int out = shapes[s].out, in = shapes[s].in;
			struct request probe = { .out = out, .in = in };

			/* add_lists() announces the maximum number. */
			if (!ring_has_room(MAX_PIECES) || !ways[w].fits(&probe))
				continue;
			request_init(requests, out, in);
			round_trip(&ways[w], requests);
			fail_each(&ways[w], out, in, &account.alloc);
			fail_each(&ways[w], out, in, &account.map);
		}
	}
}

/* Get a batch: all buffers except the last were written in full. */
static void expect_batch(unsigned int n)
{
	unsigned int i, len;

	for (i = 0; i < n; i++) {
		len = ~0;
		CHECK(d.ops->virtqueue_get_buf(d.vq, &len) == &requests[i]);
		CHECK(len == (i < n - 1 ? piece_len(1) + piece_len(2) : 1));
		request_unmap(&requests[i]);
		nr_buffers++;
	}
	CHECK(!d.ops->virtqueue_get_buf(d.vq, &len));
	expect_nothing_new(0);
}

/* An in-order device returns only the id of the last one. */
static void complete_batch(void)
{
	unsigned int i, n = 0;
	u16 ids[MAX_REQUESTS];

	doing = "complete a batch";
	while (n < MAX_REQUESTS && d.vq->num_free >= 3) {
		request_init(&requests[n], 1, 2);
		CHECK(!add_sgs(&requests[n++]));
	}
	if (!n)
		return;
	for (i = 0; i < n; i++) {
		expect_taken(&requests[i]);
		ids[i] = d.chain.id;
	}
	vring_device_complete_batch(&d, ids, n, 1);
	expect_batch(n);
}

/* Buffers are used in another order than they were added. */
static void complete_backwards(void)
{
	unsigned int i, n = MAX_REQUESTS;
	u16 ids[MAX_REQUESTS];

	doing = "complete backwards";
	for (i = 0; i < n && d.vq->num_free; i++) {
		request_init(&requests[i], 0, 1);
		CHECK(!add_inbuf(&requests[i]));
	}
	n = i;
	for (i = 0; i < n; i++) {
		expect_taken(&requests[i]);
		ids[i] = d.chain.id;
	}
	for (i = n; i--;)
		vring_device_complete(&d, ids[i], used_len(&requests[i]));
	for (i = n; i--;)
		expect_used(&requests[i]);
	expect_nothing_new(0);
}

/* Both sides control the notifications of the other one. */
static void notify(void)
{
	struct request *req = requests;
	unsigned int before = d.notified;

	doing = "notify";
	request_init(req, 0, 1);
	if (d.config.event)
		vring_device_notify_at(&d, 0);
	CHECK(!add_inbuf(req));
	CHECK(d.ops->virtqueue_kick(d.vq));
	CHECK(d.notified == before + 1);
	expect_taken(req);

	vring_device_must_call(&d);
	CHECK(d.ops->virtqueue_enable_cb(d.vq));
	vring_device_complete(&d, d.chain.id, used_len(req));
	CHECK(vring_device_must_call(&d));
	CHECK(d.ops->vring_interrupt(0, d.vq) == IRQ_HANDLED);
	CHECK(d.called);
	expect_used(req);

	d.ops->virtqueue_disable_cb(d.vq);
	vring_device_want_notify(&d, false);
	if (d.config.event && !d.config.packed)
		vring_device_notify_at(&d, -1);
	request_init(req, 0, 1);
	CHECK(!add_inbuf(req));
	CHECK(d.ops->virtqueue_kick(d.vq));
	CHECK(d.notified == before + 1);
	expect_taken(req);
	vring_device_complete(&d, d.chain.id, used_len(req));
	CHECK(d.config.event || !vring_device_must_call(&d));
	expect_used(req);
	expect_nothing_new(0);
	vring_device_want_notify(&d, true);
}

/* The same at every position in the ring, with both wrap counters */
static void notify_all_round(void)
{
	unsigned int before, i;

	doing = "notify all round";
	for (i = 0; d.config.event && i < 2 * d.size + 1; i++) {
		request_init(requests, 0, 1);
		before = d.notified;
		vring_device_notify_at(&d, 0);
		CHECK(!add_inbuf(requests));
		CHECK(d.ops->virtqueue_kick(d.vq));
		CHECK(d.notified == before + 1);
		expect_taken(requests);

		vring_device_must_call(&d);
		CHECK(d.ops->virtqueue_enable_cb(d.vq));
		vring_device_complete(&d, d.chain.id, used_len(requests));
		CHECK(vring_device_must_call(&d));
		expect_used(requests);
	}
	expect_nothing_new(0);
}

/* The ring is reset while the device has buffers. */
static void detach(void)
{
	unsigned int i, n = 0;

	doing = "detach";
	for (i = 0; i < MAX_REQUESTS && d.vq->num_free; i++, n++) {
		request_init(&requests[i], 0, 1);
		CHECK(!add_inbuf(&requests[i]));
	}
	for (i = 0; i < n; i++) {
		struct request *req;

		req = d.ops->virtqueue_detach_unused_buf(d.vq);
		CHECK(req >= requests && req < requests + n);
		request_unmap(req);
	}
	CHECK(!d.ops->virtqueue_detach_unused_buf(d.vq));
	CHECK(d.vq->num_free == d.size && !account.mapped && !account.wrong);
}

static void recycle(struct virtqueue *vq, void *buf)
{
	request_unmap(buf);
	vring_device_recycle(vq, buf);
}

static void reset_and_resize(void)
{
	unsigned int size = d.size > 1 ? d.size / 2 : 2;

	if (d.config.packed && d.size > 2)
		size = d.size - 1;
	/* The base has bugs in a reset of these, see past.c. */
	if (d.config.in_order && d.ops != &vring_series)
		return;
	if (d.config.foreign) {
		CHECK(d.ops->virtqueue_reset(d.vq, recycle, NULL) == -EPERM);
		return;
	}

	doing = "reset";
	request_init(requests, 0, 1);
	CHECK(!add_inbuf(requests));
	CHECK(!d.ops->virtqueue_reset(d.vq, recycle, NULL));
	CHECK(d.nr_recycled == 1 && d.recycled == requests && d.resets == 1);
	expect_nothing_new(0);

	doing = "resize";
	CHECK(!d.ops->virtqueue_resize(d.vq, size, recycle, NULL));
	CHECK(d.size == size && d.resets == 2);
	expect_nothing_new(0);
	request_init(requests, 0, 1);
	round_trip(&ways[2], requests);
}

static void expect_all_given_back(void)
{
	CHECK(!inject_holds(&account));
	CHECK(!account.wrong && !d.wrong);
	CHECK(!account.warnings && !account.messages);
}

static void try_config(const struct vring_ops *ops,
		       const struct vring_config *config)
{
	unsigned long nth;
	int err;

	doing = "create";
	for (nth = 1; ; nth++) {
		inject_fail(&account.alloc, nth);
		err = vring_device_create(&d, ops, config);
		if (!err)
			break;
		CHECK(err == -ENOMEM);
		expect_all_given_back();
		nr_failures++;
	}
	CHECK(nth > 3 && account.alloc.calls < nth);
	inject_fail(&account.alloc, 0);

	try_each_way();
	if (config->in_order)
		complete_batch();
	else
		complete_backwards();
	notify();
	notify_all_round();
	reset_and_resize();
	detach();

	doing = "destroy";
	vring_device_destroy(&d);
	expect_all_given_back();
	nr_configs++;
}

int main(int argc, char **argv)
{
	static const unsigned int sizes[] = { 1, 2, 7, 8, 256 };
	const struct vring_ops *const *ops;
	struct vring_config config;
	unsigned int s, n;

	if (argc > 1) {
		fprintf(stderr, "Usage: %s\n", argv[0]);
		return 2;
	}
	inject = &account;
	for (ops = vring_implementations; *ops; ops++) {
		nr_configs = 0;
		for (s = 0; s < ARRAY_SIZE(sizes); s++)
			for (n = 0; vring_config_get(n, sizes[s], &config); n++)
				try_config(*ops, &config);
		printf("%s: %lu configurations\n", (*ops)->name, nr_configs);
	}
	printf("%lu buffers, %lu failures, %lu checks: all as they should be\n",
	       nr_buffers, nr_failures, nr_checks);
	return 0;
}
