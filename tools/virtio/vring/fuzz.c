// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzz targets, see fuzz.h: the driver, except for adding buffers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define MAX_STEPS	4096

struct vring_device d;
struct inject account;
struct request requests[MAX_REQUESTS];
char arena[ARENA] __aligned(PAGE_SIZE);

static const char *doing;
static unsigned int step;

void fail(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s, step %u, %s: %s:%d: not so: %s\n",
		vring_config_name(&d.config), step, doing, file, line,
		condition);
	if (d.wrong)
		fprintf(stderr, "the device: %s\n", d.wrong);
	if (account.wrong)
		fprintf(stderr, "memory and DMA: %s\n", account.wrong);
	inject_print_events(&account, 16);
	abort();
}

/*
 * Input
 */

static const u8 *input;
static size_t input_left;

u8 get_byte(void)
{
	if (!input_left)
		return 0;
	input_left--;
	return *input++;
}

unsigned int get(unsigned int below)
{
	return get_byte() % below;
}

u16 get_u16(void)
{
	u16 low = get_byte();

	return low | get_byte() << 8;
}

/*
 * Checks
 */

/* The number of allocations of the ring and its buffers */
unsigned long allocated(void)
{
	return account.allocated - vring_device_kept(&d);
}

struct before look(void)
{
	inject_forget_warnings();
	return (struct before) {
		.num_free	= d.vq->num_free,
		.notified	= d.notified,
		.mapped		= account.mapped,
		.allocated	= allocated(),
		.warnings	= account.warnings,
		.messages	= account.messages,
		.broken		= virtqueue_is_broken(d.vq),
	};
}

bool has_failed(const struct inject_point *point)
{
	return point->first && point->calls >= point->first;
}

bool takes_tables(void)
{
	return d.config.indirect && !d.config.ctx;
}

void expect_unchanged(const struct before *b)
{
	CHECK(d.vq->num_free == b->num_free);
	CHECK(account.mapped == b->mapped);
	CHECK(allocated() == b->allocated);
}

/* After every operation */
static void expect_sound(void)
{
	CHECK(!account.wrong);
	CHECK(d.vq->num_free <= d.size);
	CHECK(!device_is_honest || (!d.wrong && !account.messages));
}

void expect_chain(const struct request *req)
{
	const struct vring_chain *chain = &d.chain;
	unsigned int i;

	CHECK(chain->nr_pieces == req->nr);
	CHECK(chain->nr_desc == req->nr_desc);
	for (i = 0; i < req->nr; i++) {
		CHECK(chain->pieces[i].cpu == req->pieces[i].cpu);
		CHECK(chain->pieces[i].len == req->pieces[i].len);
		CHECK(chain->pieces[i].writable ==
		      (req->pieces[i].dir == DMA_FROM_DEVICE));
	}
	CHECK(chain->indirect == !!req->allocations);
}

unsigned int weight(const struct request *req)
{
	return d.config.packed ? req->nr_desc : 1;
}

/*
 * Buffers
 */

unsigned int nr_added(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < MAX_REQUESTS; i++)
		n += requests[i].added;
	return n;
}

void map_piece(struct piece *p)
{
	p->addr = virtqueue_dma_map_single_attrs(d.vq, p->cpu, p->len, p->dir,
						 0);
	CHECK(!virtqueue_dma_mapping_error(d.vq, p->addr));
	p->mapped = true;
}

void unmap_pieces(struct request *req)
{
	unsigned int i;

	for (i = 0; i < MAX_PIECES; i++) {
		struct piece *p = &req->pieces[i];

		if (p->mapped)
			virtqueue_dma_unmap_single_attrs(d.vq, p->addr, p->len,
							 p->dir, 0);
		p->mapped = false;
	}
}

/*
 * Getting back
 */

static void buffer_returned(struct request *req, const struct before *b)
{
	CHECK(req >= requests && req < requests + MAX_REQUESTS && req->added);
	CHECK(req == &requests[req - requests]);
	CHECK(d.vq->num_free == b->num_free + req->nr_desc);
	CHECK(account.mapped == b->mapped - req->mappings);
	CHECK(allocated() == b->allocated - req->allocations);
	req->added = false;
	unmap_pieces(req);
}

bool get_one(void)
{
	struct before b = look();
	struct request *req;
	void *ctx = NULL;
	u32 len = ~0;

	req = virtqueue_get_buf_ctx(d.vq, &len, &ctx);
	CHECK(account.warnings == b.warnings);
	/* Ignore a hostile device from now on. */
	CHECK(account.messages == b.messages || virtqueue_is_broken(d.vq));
	if (!req) {
		expect_unchanged(&b);
		device_got_none(b.broken);
		return false;
	}
	buffer_returned(req, &b);
	CHECK(ctx == req->ctx);
	device_got(req, len);
	return true;
}

static struct before before_recycle;

static void recycle(struct virtqueue *vq, void *buf)
{
	buffer_returned(buf, &before_recycle);
	before_recycle = look();
}

static void expect_empty(void)
{
	CHECK(!nr_added());
	CHECK(d.vq->num_free == d.size);
	CHECK(!account.mapped);
}

/* Not for a queue in use: a reset or the end must follow. */
static void detach_all(void)
{
	void *buf;

	before_recycle = look();
	while ((buf = virtqueue_detach_unused_buf(d.vq)))
		recycle(d.vq, buf);
	CHECK(account.warnings == before_recycle.warnings);
	expect_empty();
}

/* The expected error when the queue is disabled and enabled again */
static int expect_reset(void)
{
	if (d.config.foreign)
		return -EPERM;
	return d.reset_fails ? -EIO : 0;
}

static void queue_was_reset(int err)
{
	if (err && err != -ENOMEM)
		return;
	expect_empty();
	device_reset();
}

static void do_reset(void)
{
	int err;

	d.reset_fails = get_byte() >= 0xe0;
	before_recycle = look();
	err = virtqueue_reset(d.vq, recycle, NULL);
	CHECK(err == expect_reset());
	queue_was_reset(err);
}

static const unsigned int sizes[] = { 1, 2, 3, 4, 5, 7, 8, 16, 17, 64, 256 };

static int expect_resize(unsigned int num, unsigned int old)
{
	int err = expect_reset();

	if (!num)
		return -EINVAL;
	if (num > VRING_MAX_SIZE)
		return -E2BIG;
	if (num == old)
		return 0;
	if (err)
		return err;
	if (has_failed(&account.alloc))
		return -ENOMEM;
	/* It returns this error, and keeps the old size. */
	if (!d.config.packed && num & (num - 1)) {
		account.messages--;
		return -ENOMEM;
	}
	return 0;
}

static void do_resize(void)
{
	unsigned int num = sizes[get(ARRAY_SIZE(sizes))], old = d.size;
	u8 how = get_byte();
	int err;

	if (how == 1)
		num = 0;
	if (how == 2)
		num = VRING_MAX_SIZE + 1;
	d.reset_fails = how >= 0xf0;
	before_recycle = look();
	inject_fail(&account.alloc, how & 0x40 ? 1 + how % 8 : 0);
	err = virtqueue_resize(d.vq, num, recycle, NULL);
	CHECK(err == expect_resize(num, old));
	CHECK(d.size == (err ? old : num));
	inject_fail(&account.alloc, 0);
	if (num != old)
		queue_was_reset(err);
}

/*
 * Other operations of drivers
 */

static void do_kick(void)
{
	unsigned int before = d.notified;
	bool broken = virtqueue_is_broken(d.vq);
	bool ok = virtqueue_kick(d.vq);

	CHECK(d.notified - before <= !broken);
	CHECK(ok || broken);
	device_kicked(d.notified != before);
}

static void do_callbacks(void)
{
	bool broken = virtqueue_is_broken(d.vq), quiet = true;
	unsigned int at, how = get(4);

	switch (how) {
	case 0:
		virtqueue_disable_cb(d.vq);
		break;
	case 1:
		quiet = virtqueue_enable_cb(d.vq);
		break;
	case 2:
		at = virtqueue_enable_cb_prepare(d.vq);
		quiet = !virtqueue_poll(d.vq, at);
		break;
	default:
		quiet = virtqueue_enable_cb_delayed(d.vq);
	}
	CHECK(quiet || !broken);
	device_callbacks(how, how == 3, quiet);
}

static void do_interrupt(void)
{
	unsigned int before = d.called;
	bool work = vring_interrupt(0, d.vq) == IRQ_HANDLED;

	CHECK(d.called - before == (work && !virtqueue_is_broken(d.vq)));
	device_interrupted(work);
}

static void do_break(void)
{
	if (get_byte() < 0x40) {
		__virtqueue_break(d.vq);
		CHECK(!virtqueue_notify(d.vq));
	} else {
		__virtqueue_unbreak(d.vq);
	}
}

static void do_premap(void)
{
	int err = virtqueue_set_dma_premapped(d.vq);

	CHECK(err == (!VRING_PREMAPPED ? -EOPNOTSUPP :
		      d.vq->num_free == d.size ? 0 : -EINVAL));
	if (!err)
		d.config.premapped = true;
}

static void do_get(void)
{
	get_one();
}

/* Operations that are listed twice occur twice as often. */
static const struct operation driver_operations[] = {
	{ "add", do_add }, { "add", do_add }, { "add", do_add },
	{ "add", do_add },
	{ "get", do_get }, { "get", do_get },
	{ "kick", do_kick },
	{ "callbacks", do_callbacks },
	{ "interrupt", do_interrupt },
	{ "stray", do_stray },
	{ "reset", do_reset },
	{ "resize", do_resize },
	{ "break", do_break },
};

static const struct operation premap = { "premap", do_premap };

static const struct operation *get_operation(void)
{
	unsigned int i = get_byte(), nr = ARRAY_SIZE(driver_operations);

	if (i == 0xff)
		return &premap;
	i %= nr + DEVICE_OPERATIONS;
	if (i < nr)
		return &driver_operations[i];
	return &device_operations[i - nr];
}

static void get_config(struct vring_config *c)
{
	u8 bits = get_byte();

	*c = (struct vring_config) {
		.size		= sizes[get(ARRAY_SIZE(sizes))],
		.packed		= bits & 1,
		.indirect	= bits & 2,
		.event		= bits & 4,
		.dma		= bits & 8,
		.premapped	= VRING_PREMAPPED && (bits & 0x30) == 0x30,
		.ctx		= (bits & 0x60) == 0x60,
	};
	if (c->packed)
		return;
	while (c->size & (c->size - 1))
		c->size++;
	c->legacy = bits & 0x80 && !c->dma;
	c->foreign = bits & 0x40 && bits & 0x10 && !c->dma;
}

int fuzz_one(const u8 *data, size_t size)
{
	struct vring_config config;
	unsigned int i;
	int err;

	inject = &account;
	input = data;
	input_left = size;
	step = 0;
	doing = "create";
	account.warnings = 0;
	account.messages = 0;

	get_config(&config);
	i = get_byte();
	config.in_order = VRING_IN_ORDER && i & 1 && !config.legacy;
	inject_fail(&account.alloc, i > 0xf0 ? i - 0xf0 : 0);
	err = vring_device_create(&d, &vring_series, &config);
	CHECK(err == (has_failed(&account.alloc) ? -ENOMEM : 0));
	CHECK(list_empty(&d.vdev.vqs) == !!err);
	inject_fail(&account.alloc, 0);
	if (!err)
		device_reset();

	for (; !err && input_left && step < MAX_STEPS; step++) {
		const struct operation *op = get_operation();

		doing = op->name;
		op->run();
		expect_sound();
	}

	doing = "the end";
	if (!err) {
		device_settle();
		detach_all();
		expect_sound();
		vring_device_destroy(&d);
	}
	CHECK(!inject_holds(&account));
	CHECK(!account.wrong);
	return 0;
}
