// SPDX-License-Identifier: GPL-2.0
/*
 * Test that the ring of the base and the ring of this tree ("ours") do the
 * same.
 *
 * Both run in this program, with a device each, and with memory and DMA that
 * fail at the same places.  A sequence is a random ring and random operations
 * on it.  Each operation is done on both rings, and after it these must be
 * equal:
 *
 *	return values, errnos, tokens, lengths and contexts
 *	the ring in memory: descriptors, available and used part
 *	what the device takes: pieces, lengths, flags, and tables
 *	num_free, the next position and wrap counter, broken
 *	mappings and unmappings, their order, directions, lengths and addresses
 *	notifications, callbacks, warnings, messages, and buffers recycled
 *
 * The base and ours add a buffer of the same pieces, each with one of its
 * calls.  So the piecewise calls are compared with the base's
 * virtqueue_add_sgs().
 *
 * Each intended difference has an entry in excuses[], which allows nothing
 * else; the summary counts how often each was needed.  Two things are not
 * compared: the size of a table's memory (ours is twice as large if the ring
 * maps, for the records of the mappings) and the id in an entry of a packed
 * table (which is never read, and which the base does not write).
 *
 * The device is honest, because the base does not survive a hostile one.
 *
 * Every sequence has a number, its seed, which reproduces the sequence.
 */
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "inject.h"

#define NR_BUFFERS	24
#define MAX_SIZE	512
#define KEPT_TABLES	31	/* by a ring */
#define KEPT_LEN	128	/* bytes, of each */
#define MARATHON	0x20000	/* one of so many sequences is that long */
#define PROGRESS	5		/* seconds */
#define STUCK		120		/* seconds; normal are microseconds */

enum { BASE, OURS };

/* What an operation did that is not visible in the rings */
struct result {
	long ret;
	void *token;
	unsigned int len;
	void *ctx;
	u64 recycled;			/* hash of the tokens in their order */
	unsigned int notified, called, resets;
	unsigned long warnings, messages;
};

static struct side {
	struct vring_device d;
	struct inject in;
	struct result r;
} sides[2];

static struct vring_device *const base = &sides[BASE].d;
static struct vring_device *const ours = &sides[OURS].d;

/*
 * Where the two rings may differ
 */

enum excuse {
	EXCUSE_EIO,
	EXCUSE_RETRY,
	EXCUSE_NEVER,
	EXCUSE_FULL_START,
	EXCUSE_CONTEXT,
	EXCUSE_TABLE,
	EXCUSE_KEPT,
	EXCUSE_HEAD,
	EXCUSE_GIVEN_UP,
	EXCUSE_REST,
	NR_EXCUSES
};

static const char *const excuses[NR_EXCUSES] = {
	[EXCUSE_EIO] = "fix (c): a failed mapping is -ENOMEM on packed rings, not -EIO",
	[EXCUSE_RETRY] = "fix (c): a failed mapping of a packed table: no second try without one",
	[EXCUSE_NEVER] = "-ENOMEM, not -ENOSPC, without memory for a table that is needed",
	[EXCUSE_FULL_START] = "start does not know what comes: a full split ring notifies",
	[EXCUSE_CONTEXT] = "a context is NULL on a queue with tables, not left unset",
	[EXCUSE_TABLE] = "address of a table: it is where kmalloc() put it",
	[EXCUSE_KEPT] = "a small table is kept, and stays mapped",
	[EXCUSE_HEAD] = "flags of a packed head whose mapping failed: not yet available either way",
	[EXCUSE_GIVEN_UP] = "free descriptors written by a buffer that was given up",
	[EXCUSE_REST] = "the rest of an in-order batch is seen when callbacks are enabled",
};

static unsigned long excused[NR_EXCUSES];

/* Descriptors that may differ until they are the same again */
#define MARK_TABLE	BIT(0)
#define MARK_HEAD	BIT(1)
#define MARK_GIVEN_UP	BIT(2)

/*
 * Operations
 */

enum op_kind {
	OP_ADD, OP_GIVE_UP, OP_GET, OP_GET_CTX, OP_KICK, OP_KICK_PREPARE,
	OP_NOTIFY, OP_DISABLE, OP_ENABLE, OP_PREPARE, OP_POLL, OP_DELAYED,
	OP_INTERRUPT, OP_DETACH, OP_RESET, OP_RESIZE, OP_BREAK, OP_BREAK_DEVICE,
	OP_UNBREAK, OP_UNBREAK_DEVICE, OP_PREMAPPED,
	/* The device's */
	OP_TAKE, OP_COMPLETE, OP_MUST_CALL, OP_WANT_NOTIFY, OP_NOTIFY_AT,
	NR_OPS
};

static const struct {
	const char *name;
	unsigned char weight;
} ops[NR_OPS] = {
	[OP_ADD]		= { "add", 40 },
	[OP_GIVE_UP]		= { "give up", 6 },
	[OP_GET]		= { "get_buf", 14 },
	[OP_GET_CTX]		= { "get_buf_ctx", 6 },
	[OP_KICK]		= { "kick", 4 },
	[OP_KICK_PREPARE]	= { "kick_prepare", 2 },
	[OP_NOTIFY]		= { "notify", 1 },
	[OP_DISABLE]		= { "disable_cb", 3 },
	[OP_ENABLE]		= { "enable_cb", 2 },
	[OP_PREPARE]		= { "enable_cb_prepare", 2 },
	[OP_POLL]		= { "poll", 2 },
	[OP_DELAYED]		= { "enable_cb_delayed", 3 },
	[OP_INTERRUPT]		= { "interrupt", 3 },
	[OP_DETACH]		= { "detach_unused_buf", 1 },
	[OP_RESET]		= { "reset", 1 },
	[OP_RESIZE]		= { "resize", 1 },
	[OP_BREAK]		= { "break", 1 },
	[OP_BREAK_DEVICE]	= { "break_device", 1 },
	[OP_UNBREAK]		= { "unbreak", 2 },
	[OP_UNBREAK_DEVICE]	= { "unbreak_device", 2 },
	[OP_PREMAPPED]		= { "set_dma_premapped", 1 },
	[OP_TAKE]		= { "the device takes", 24 },
	[OP_COMPLETE]		= { "the device completes", 22 },
	[OP_MUST_CALL]		= { "must the device call?", 2 },
	[OP_WANT_NOTIFY]	= { "the device wants notifications", 1 },
	[OP_NOTIFY_AT]		= { "the device wants one notification", 2 },
};

/* Ways to drop a buffer, only in our ring */
enum give_up {
	GIVE_UP_ABORT,
	GIVE_UP_EMPTY,
	GIVE_UP_PIECES,			/* one more than announced */
	GIVE_UP_CALLS,			/* the same with calls */
	GIVE_UP_ORDER,			/* readable after writable */
	GIVE_UP_DIRECTION,		/* neither */
	GIVE_UP_TOKEN,			/* none */
	GIVE_UP_STRAY,			/* pieces without a start */
	NR_GIVE_UPS
};

static struct op {
	enum op_kind kind;
	struct buffer *buf;
	enum buffer_way way[2];
	unsigned long fail_alloc, fail_map;
	bool fail_from;			/* also all after that one */
	unsigned int n;
	u32 len;
	bool flag;
	bool had_room;			/* there was a free descriptor */
	unsigned int batch;		/* buffers that are completed as one */
} op;

/*
 * The current sequence
 */

static u64 seed;
static struct rnd choice;
static unsigned int step;
static bool verbose;
static bool over;			/* the rings differ: EXCUSE_RETRY */
static bool device_is_off;		/* the driver has detached buffers */
static unsigned long enabled;		/* operations, a bit each */

static struct buffer buffers[NR_BUFFERS];
static struct {
	u16 id;
	u32 len;
} taken[MAX_SIZE];
static unsigned int nr_taken, nr_used;	/* by the device; not fetched yet */
static u16 batch[MAX_SIZE];		/* the buffers that op completes */
static bool prepared;			/* OP_POLL has a value to use */
static unsigned int poll_at;
static u8 marks[MAX_SIZE];

static unsigned long nr_sequences, nr_operations, nr_buffers;

static void print_op(FILE *to)
{
	fprintf(to, "%4u %s", step, ops[op.kind].name);
	if (op.kind == OP_ADD)
		fprintf(to, " buffer %zu, %u out, %u in, base: %s, ours: %s",
			op.buf - buffers, op.buf->out, op.buf->in,
			buffer_way_name[op.way[BASE]],
			buffer_way_name[op.way[OURS]]);
	else if (op.kind == OP_GIVE_UP)
		fprintf(to, " way %u, %u out, %u in", op.n, op.buf->out,
			op.buf->in);
	else
		fprintf(to, " %u, length %u, %s", op.n, op.len,
			op.flag ? "yes" : "no");
	if (op.fail_alloc)
		fprintf(to, ", allocation %lu fails", op.fail_alloc);
	if (op.fail_map)
		fprintf(to, ", mapping %lu fails%s", op.fail_map,
			op.fail_from ? " and all after it" : "");
	fprintf(to, "\n");
}

/* Also called if a sanitizer, an assertion or the alarm ends the program */
static void print_where(void)
{
	fprintf(stderr, "differential: seed %llu, %s, operation\n",
		(unsigned long long)seed, vring_config_name(&ours->config));
	print_op(stderr);
	fprintf(stderr, "replay it with --seed %llu\n",
		(unsigned long long)seed);
}

static void __noreturn __printf(1, 2)
fail(const char *fmt, ...)
{
	va_list args;
	int i;

	print_where();
	fprintf(stderr, "FAIL: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	for (i = BASE; i <= OURS; i++) {
		fprintf(stderr, "%s:\n", sides[i].d.ops->name);
		inject_print_events(&sides[i].in, 16);
	}
	exit(1);
}

static void expect_equal(const char *what, long of_base, long of_ours)
{
	if (of_base != of_ours)
		fail("%s: base %ld (%#lx), ours %ld (%#lx)", what, of_base,
		     of_base, of_ours, of_ours);
}

static unsigned int any(unsigned int below)
{
	return rnd(&choice, below);
}

static bool one_in(unsigned int n)
{
	return !any(n);
}

static bool is_broken(void)
{
	return ours->ops->virtqueue_is_broken(ours->vq);
}

static bool wants_table(void)
{
	return ours->config.indirect && !ours->config.ctx && op.had_room &&
	       buffer_total(op.buf) > 1;
}

/*
 * Operations on one of the rings
 */

static void recycle(struct virtqueue *vq, void *token)
{
	struct side *s = container_of(vq->vdev, struct side, d.vdev);
	struct buffer *b = token;

	if (s->d.config.premapped)
		buffer_unmap(b, &s->d);
	s->r.recycled = s->r.recycled * 31 + (b - buffers + 1);
	b->busy = false;
}

static int give_up(struct vring_device *d)
{
	unsigned int i, n = buffer_total(op.buf), calls = n, room = n;
	enum dma_data_direction last = DMA_FROM_DEVICE;
	int err;

	if (op.n == GIVE_UP_STRAY) {
		buffer_add_piece(op.buf, d, 0, DMA_TO_DEVICE);
		return d->ops->virtqueue_end_buf(d->vq);
	}
	if (op.n == GIVE_UP_ORDER)
		last = DMA_TO_DEVICE;
	if (op.n == GIVE_UP_DIRECTION)
		last = op.flag ? DMA_BIDIRECTIONAL : DMA_NONE;
	if (op.n == GIVE_UP_PIECES || op.n == GIVE_UP_CALLS)
		(op.n == GIVE_UP_CALLS ? &calls : &room)[0]--;

	err = d->ops->virtqueue_start_buf(d->vq, op.n == GIVE_UP_TOKEN ? NULL :
					  op.buf, room, calls, GFP_ATOMIC);
	if (err)
		return err;
	for (i = 0; i < n - 1 && op.n != GIVE_UP_EMPTY; i++)
		buffer_add_piece(op.buf, d, i, buffer_dir(op.buf, i));
	if (op.n == GIVE_UP_ABORT) {
		d->ops->virtqueue_abort_buf(d->vq);
		return 0;
	}
	if (op.n != GIVE_UP_EMPTY)
		buffer_add_piece(op.buf, d, n - 1, last);
	return d->ops->virtqueue_end_buf(d->vq);
}

static void *get_buf(struct side *s, bool with_ctx)
{
	struct virtqueue *vq = s->d.vq;
	struct buffer *b;

	s->r.ctx = &s->r.ctx;	/* a value that no context has */
	b = with_ctx ? s->d.ops->virtqueue_get_buf_ctx(vq, &s->r.len, &s->r.ctx) :
		       s->d.ops->virtqueue_get_buf(vq, &s->r.len);
	if (b && s->d.config.premapped)
		buffer_unmap(b, &s->d);
	if (s->r.ctx == &s->r.ctx)
		s->r.ctx = buffers;	/* the same one on both sides */
	return b;
}

static long do_driver(struct side *s, struct vring_device *d)
{
	const struct vring_ops *ring = d->ops;
	struct virtqueue *vq = d->vq;
	long ret = 0;

	switch (op.kind) {
	case OP_ADD:
		return buffer_add(op.buf, d, op.way[s - sides]);
	case OP_GIVE_UP:
		return d == ours ? give_up(d) : 0;
	case OP_GET:
	case OP_GET_CTX:
		s->r.token = get_buf(s, op.kind == OP_GET_CTX);
		return 0;
	case OP_KICK:
		return ring->virtqueue_kick(vq);
	case OP_KICK_PREPARE:
		return ring->virtqueue_kick_prepare(vq);
	case OP_NOTIFY:
		return ring->virtqueue_notify(vq);
	case OP_DISABLE:
		ring->virtqueue_disable_cb(vq);
		return 0;
	case OP_ENABLE:
		return ring->virtqueue_enable_cb(vq);
	case OP_PREPARE:
		return ring->virtqueue_enable_cb_prepare(vq);
	case OP_POLL:
		return ring->virtqueue_poll(vq, poll_at);
	case OP_DELAYED:
		return ring->virtqueue_enable_cb_delayed(vq);
	case OP_INTERRUPT:
		return ring->vring_interrupt(0, vq);
	case OP_DETACH:
		s->r.token = ring->virtqueue_detach_unused_buf(vq);
		if (s->r.token)
			recycle(vq, s->r.token);
		return 0;
	case OP_RESET:
		d->reset_fails = op.flag;
		ret = ring->virtqueue_reset(vq, recycle, NULL);
		break;
	case OP_RESIZE:
		d->reset_fails = op.flag;
		ret = ring->virtqueue_resize(vq, op.n, recycle, NULL);
		break;
	case OP_BREAK:
		ring->__virtqueue_break(vq);
		break;
	case OP_BREAK_DEVICE:
		ring->virtio_break_device(&d->vdev);
		break;
	case OP_UNBREAK:
		ring->__virtqueue_unbreak(vq);
		break;
	case OP_UNBREAK_DEVICE:
		ring->__virtio_unbreak_device(&d->vdev);
		break;
	case OP_PREMAPPED:
		return ring->virtqueue_set_dma_premapped(vq);
	default:
		break;
	}
	return ret;
}

static long do_device(struct vring_device *d)
{
	switch (op.kind) {
	case OP_TAKE:
		return vring_device_take(d);
	case OP_COMPLETE:
		if (op.batch)
			vring_device_complete_batch(d, batch, op.batch, op.len);
		else
			vring_device_complete(d, op.n, op.len);
		return 0;
	case OP_MUST_CALL:
		return vring_device_must_call(d);
	case OP_WANT_NOTIFY:
		vring_device_want_notify(d, op.flag);
		return 0;
	case OP_NOTIFY_AT:
		vring_device_notify_at(d, op.n);
		return 0;
	default:
		return 0;
	}
}

static void do_op(struct side *s)
{
	struct vring_device *d = &s->d;

	inject = &s->in;
	inject_clear_events(inject);
	if (op.fail_alloc)
		vring_device_keep_nothing(d);
	inject_fail(&s->in.alloc, op.fail_alloc);
	inject_fail(&s->in.map, op.fail_map);
	if (op.fail_from)
		inject_fail_from(&s->in.map, op.fail_map);
	memset(&s->r, 0, sizeof(s->r));
	d->notified = 0;
	d->called = 0;
	d->resets = 0;
	s->in.warnings = 0;
	s->in.messages = 0;

	s->r.ret = op.kind < OP_TAKE ? do_driver(s, d) : do_device(d);

	inject_fail(&s->in.alloc, 0);
	inject_fail(&s->in.map, 0);
	s->r.notified = d->notified;
	s->r.called = d->called;
	s->r.resets = d->resets;
	s->r.warnings = s->in.warnings;
	s->r.messages = s->in.messages;
	if (s->in.wrong)
		fail("%s: %s", d->ops->name, s->in.wrong);
	if (d->wrong)
		fail("the device of %s: %s", d->ops->name, d->wrong);
}

/*
 * Comparing the rings
 */

static bool is_piece(const void *cpu)
{
	return cpu >= (void *)buffers && cpu < (void *)(buffers + NR_BUFFERS);
}

/*
 * The number of the mapping is the same, but not the offset of a table in its
 * page.  Kept tables are in separate memory.
 */
static bool same_table(u64 a, u64 b)
{
	const struct inject_mapping *map =
		&sides[OURS].in.mappings[(b >> 32) % INJECT_MAPPINGS];

	excused[EXCUSE_TABLE]++;
	return !ours->config.dma || a >> 32 == b >> 32 ||
	       (map->coherent && map->cpu != ours->desc_area &&
		map->len == KEPT_TABLES * KEPT_LEN);
}

static bool same_event(const struct inject_event *a,
		       const struct inject_event *b)
{
	u64 number = b->addr >> 32;

	if (a->what != b->what || a->dir != b->dir || a->len != b->len)
		return false;
	if (a->addr == b->addr)
		return true;
	return !is_piece(sides[OURS].in.mappings[number % INJECT_MAPPINGS].cpu) &&
	       same_table(a->addr, b->addr);
}

/*
 * For a buffer in a kept table, the base also maps and unmaps the table.
 */
static bool is_for_kept(const struct inject_event *e)
{
	const struct inject_mapping *map =
		&sides[BASE].in.mappings[(e->addr >> 32) % INJECT_MAPPINGS];

	return e->what == (op.kind == OP_ADD ? INJECT_MAP : INJECT_UNMAP) &&
	       e->dir == DMA_TO_DEVICE && e->len <= KEPT_LEN &&
	       !is_piece(map->cpu);
}

/*
 * The same except for kept tables: @taken more than before are in use, which
 * were not mapped, or fewer, which were not unmapped.  Their memory may be
 * @freed.
 */
static void compare_events(int taken, bool freed)
{
	const struct inject *a = &sides[BASE].in, *b = &sides[OURS].in;
	unsigned long i = 0, j = 0, left = abs(taken);

	if (a->nr_events > INJECT_EVENTS || b->nr_events > INJECT_EVENTS)
		fail("more mappings than this program is for");
	while (i < a->nr_events || j < b->nr_events) {
		if (i < a->nr_events && j < b->nr_events &&
		    same_event(&a->events[i], &b->events[j])) {
			i++;
			j++;
		} else if (left && i < a->nr_events &&
			   is_for_kept(&a->events[i])) {
			excused[EXCUSE_KEPT]++;
			left--;
			i++;
		} else if (freed && j < b->nr_events &&
			   b->events[j].what == INJECT_FREE_COHERENT &&
			   b->events[j].len == KEPT_TABLES * KEPT_LEN) {
			freed = false;
			j++;
		} else {
			fail("event %lu of the base's DMA trace, %lu of ours",
			     i, j);
		}
	}
	if (left || freed)
		fail("the tables that are kept");
}

static void compare_results(void)
{
	const struct result *a = &sides[BASE].r, *b = &sides[OURS].r;

	expect_equal("returned", a->ret, b->ret);
	expect_equal("token", (long)a->token, (long)b->token);
	expect_equal("length", a->len, b->len);
	expect_equal("context", (long)a->ctx, (long)b->ctx);
	expect_equal("recycled", a->recycled, b->recycled);
	expect_equal("notifications", a->notified, b->notified);
	expect_equal("callbacks", a->called, b->called);
	expect_equal("resets", a->resets, b->resets);
	expect_equal("warnings", a->warnings, b->warnings);
	expect_equal("messages", a->messages, b->messages);
}

static void compare_chains(void)
{
	const struct vring_chain *a = &base->chain, *b = &ours->chain;
	unsigned int i;

	expect_equal("id", a->id, b->id);
	expect_equal("descriptors", a->nr_desc, b->nr_desc);
	expect_equal("in a table", a->indirect, b->indirect);
	expect_equal("length of the table", a->table_len, b->table_len);
	expect_equal("pieces", a->nr_pieces, b->nr_pieces);
	for (i = 0; i < a->nr_pieces; i++) {
		expect_equal("address", a->pieces[i].addr, b->pieces[i].addr);
		expect_equal("length", a->pieces[i].len, b->pieces[i].len);
		expect_equal("memory", (long)a->pieces[i].cpu,
			     (long)b->pieces[i].cpu);
		expect_equal("writable", a->pieces[i].writable,
			     b->pieces[i].writable);
	}
}

/* A packed descriptor is @ahead of the next one that the driver will write. */
static unsigned int packed_ahead(unsigned int i, bool *wrap)
{
	u32 data = ours->ops->vring_notification_data(ours->vq);
	unsigned int next = data >> 16 & 0x7fff;

	*wrap = (data >> 31) ^ (i < next);
	return i >= next ? i - next : i + ours->size - next;
}

/* It is free, and its bits do not make it available. */
static bool not_available(unsigned int i, u16 flags)
{
	bool wrap;

	if (packed_ahead(i, &wrap) >= ours->vq->num_free)
		return false;
	return !!(flags & BIT(VRING_PACKED_DESC_F_AVAIL)) != wrap;
}

/* Both layouts: the address, and the rest */
struct raw_desc {
	u64 addr;
	u64 rest;
};

static u16 raw_flags(const struct raw_desc *d)
{
	const struct vring_desc *split = (const struct vring_desc *)d;

	return ours->config.packed ? d->rest >> 48 :
	       virtio16_to_cpu(&ours->vdev, split->flags);
}

static bool is_table_desc(const struct raw_desc *a, const struct raw_desc *b)
{
	return raw_flags(a) & raw_flags(b) & VRING_DESC_F_INDIRECT;
}

static void compare_desc(unsigned int i, const struct raw_desc *a,
			 const struct raw_desc *b)
{
	bool is_table = a->addr != b->addr && same_table(a->addr, b->addr) &&
			(is_table_desc(a, b) || marks[i] & MARK_TABLE);

	if (a->rest == b->rest && (a->addr == b->addr || is_table)) {
		marks[i] = is_table ? MARK_TABLE : 0;
		return;
	}
	if (marks[i] & MARK_GIVEN_UP) {
		if (ours->config.packed && !not_available(i, raw_flags(b)))
			fail("descriptor %u was given up, and looks available", i);
		return;
	}
	if (a->addr != b->addr && !is_table)
		fail("address in descriptor %u: base %#llx, ours %#llx", i,
		     (unsigned long long)a->addr, (unsigned long long)b->addr);
	if (marks[i] & MARK_HEAD && a->rest << 16 == b->rest << 16 &&
	    not_available(i, raw_flags(b)))
		return;
	fail("descriptor %u: base %#llx, ours %#llx", i,
	     (unsigned long long)a->rest, (unsigned long long)b->rest);
}

static void compare_rings(void)
{
	const struct raw_desc *a = base->desc_area, *b = ours->desc_area;
	unsigned int i, size = ours->size;
	bool packed = ours->config.packed;

	expect_equal("size", base->size, size);
	if (memcmp(a, b, size * sizeof(*a)))
		for (i = 0; i < size; i++)
			compare_desc(i, &a[i], &b[i]);
	else
		memset(marks, 0, size);

	if (memcmp(base->driver_area, ours->driver_area,
		   packed ? sizeof(struct vring_packed_desc_event) :
			    6 + 2 * size))
		fail("the available part of the ring");
	if (memcmp(base->device_area, ours->device_area,
		   packed ? sizeof(struct vring_packed_desc_event) :
			    6 + 8 * size))
		fail("the used part of the ring");
}

static void compare_state(void)
{
	struct virtqueue *a = base->vq, *b = ours->vq;

	expect_equal("num_free", a->num_free, b->num_free);
	expect_equal("next position", base->ops->vring_notification_data(a),
		     ours->ops->vring_notification_data(b));
	expect_equal("broken", base->ops->virtqueue_is_broken(a),
		     ours->ops->virtqueue_is_broken(b));
	expect_equal("size", base->ops->virtqueue_get_vring_size(a),
		     ours->ops->virtqueue_get_vring_size(b));
	expect_equal("mapped", sides[BASE].in.mapped, sides[OURS].in.mapped +
		     vring_device_mapped_tables(ours));
	/* Each queue has a builder. */
	expect_equal("allocated", sides[BASE].in.allocated,
		     sides[OURS].in.allocated - vring_device_kept(ours) -
		     !!ours->vq);
}

/*
 * Excuses: convert what the base did to what ours has to do.
 */

static bool map_failed(const struct inject *in)
{
	unsigned long i;

	for (i = 0; i < in->nr_events; i++)
		if (in->events[i].what == INJECT_MAP_FAILED)
			return true;
	return false;
}

/* Ours did what the base did before it tried again. */
static void excuse_retry(struct result *r)
{
	struct inject *in = &sides[BASE].in;

	excused[EXCUSE_RETRY]++;
	over = !r->ret;
	if (in->nr_events > sides[OURS].in.nr_events)
		in->nr_events = sides[OURS].in.nr_events;
	r->ret = -ENOMEM;
}

static void excuse_full(struct result *r)
{
	bool start = buffer_way_starts(op.way[OURS]);

	if (wants_table() && buffer_total(op.buf) > ours->size) {
		excused[EXCUSE_NEVER]++;
		r->ret = -ENOMEM;
		r->notified = 0;
	} else if (!r->notified && start && !ours->config.packed) {
		excused[EXCUSE_FULL_START]++;
		r->notified = 1;
	}
}

static void excuse_add(struct result *r)
{
	bool table = wants_table() && !op.fail_alloc;

	if (ours->config.packed && map_failed(&sides[BASE].in)) {
		if (table)
			return excuse_retry(r);
		excused[EXCUSE_EIO]++;
		expect_equal("returned", r->ret, -EIO);
		r->ret = -ENOMEM;
		marks[ours->ops->vring_notification_data(ours->vq) >> 16 &
		      0x7fff] |= MARK_HEAD;
		excused[EXCUSE_HEAD]++;
	} else if (r->ret == -ENOSPC) {
		excuse_full(r);
	}
}

static void excuse_context(struct result *a, const struct result *b)
{
	struct buffer *buf = a->token;

	if (!buf || buf->in_table || !ours->config.indirect || ours->config.ctx)
		return;
	if (a->ctx == buffers && !b->ctx) {
		excused[EXCUSE_CONTEXT]++;
		a->ctx = NULL;
	}
}

/* What ours sees must exist; the base may miss it on one layout only. */
static void excuse_rest(struct result *a, const struct result *b)
{
	bool none = op.kind != OP_POLL;

	if (a->ret == b->ret || a->ret != none || !nr_used ||
	    !ours->config.packed || !ours->config.in_order)
		return;
	excused[EXCUSE_REST]++;
	a->ret = b->ret;
}

/* Only free descriptors were written, and no more than there were pieces. */
static void mark_given_up(const struct raw_desc *old)
{
	const struct raw_desc *new = ours->desc_area;
	unsigned int i, n = 0;
	bool wrap;

	for (i = 0; i < ours->size; i++) {
		if (!memcmp(&old[i], &new[i], sizeof(*old)))
			continue;
		n++;
		marks[i] |= MARK_GIVEN_UP;
		if (ours->config.packed ?
		    packed_ahead(i, &wrap) >= buffer_total(op.buf) :
		    ours->owner[i] && !device_is_off)
			fail("descriptor %u was not this buffer's", i);
	}
	if (n > buffer_total(op.buf))
		fail("%u descriptors were written", n);
	excused[EXCUSE_GIVEN_UP] += !!n;
}

/* Only free descriptors and mappings may have changed. */
static void check_given_up(void)
{
	const struct result *r = &sides[OURS].r;
	bool misused = r->warnings;

	if (op.n == GIVE_UP_TOKEN || op.n == GIVE_UP_STRAY)
		expect_equal("errno", -EINVAL, r->ret);
	else if (is_broken())
		expect_equal("errno", -EIO, r->ret);
	else if (r->ret != -ENOSPC && r->ret != -ENOMEM)
		expect_equal("errno", op.n == GIVE_UP_ABORT ? 0 : -EINVAL,
			     r->ret);
	/* A buffer that can never be added is also a driver bug. */
	if (r->ret == -EINVAL && !misused)
		fail("no warning");
	if (r->ret != -EINVAL && r->ret != -ENOSPC && misused)
		fail("a warning");
	sides[BASE].in.next = sides[OURS].in.next;
}

/*
 * Choosing
 */

static struct buffer *free_buffer(void)
{
	unsigned int i, first = any(NR_BUFFERS);

	for (i = 0; i < NR_BUFFERS; i++)
		if (!buffers[(first + i) % NR_BUFFERS].busy)
			return &buffers[(first + i) % NR_BUFFERS];
	return NULL;
}

static void map_buffer(struct buffer *b)
{
	unsigned int i;

	for (i = BASE; ours->config.premapped && i <= OURS; i++) {
		inject = &sides[i].in;
		if (!buffer_map(b, &sides[i].d))
			fail("a mapping of the driver's");
	}
}

static void unmap_buffer(struct buffer *b)
{
	unsigned int i;

	for (i = BASE; ours->config.premapped && i <= OURS; i++) {
		inject = &sides[i].in;
		buffer_unmap(b, &sides[i].d);
	}
}

static struct buffer *new_buffer(void)
{
	struct buffer *b = free_buffer();
	unsigned int n = 1, out;

	if (!b)
		return NULL;
	if (!one_in(3))
		n = 1 + any(one_in(4) ? 8 : 4);
	if (one_in(24))
		n = 1 + any(BUFFER_PIECES);
	out = one_in(3) ? n : one_in(2) ? 0 : any(n + 1);
	buffer_init(b, out, n - out, &choice);
	map_buffer(b);
	return b;
}

static void choose_failures(unsigned int pieces)
{
	bool kept = vring_device_free_tables(ours);

	if (one_in(10))
		op.fail_alloc = 1;
	/* A kept table has no mapping that could fail. */
	if (ours->config.dma && one_in(7) &&
	    !(kept && ours->config.premapped)) {
		op.fail_map = 1 + any(pieces + !kept);
		op.fail_from = one_in(2);
	}
}

/* Announcing too many pieces must not change where the buffer goes. */
static void choose_spare(struct buffer *b)
{
	unsigned int n = buffer_total(b), spare = any(3);

	if (wants_table() ? !op.fail_alloc :
	    n + spare <= ours->vq->num_free &&
	    (!ours->config.indirect || ours->config.ctx))
		b->spare = spare;
}

static bool choose_add(void)
{
	struct buffer *b = op.buf = new_buffer();

	if (!b)
		return false;
	if (!b->out && (ours->config.ctx || !ours->config.indirect) && one_in(2))
		b->ctx = b;
	do {
		op.way[BASE] = any(BUFFER_LISTS);
	} while (!buffer_fits(b, base, op.way[BASE]));
	do {
		op.way[OURS] = any(NR_BUFFER_WAYS);
	} while (!buffer_fits(b, ours, op.way[OURS]));
	/* Later return values would differ. */
	if (b->ctx)
		op.way[BASE] = BUFFER_INBUF_CTX;
	choose_failures(buffer_total(b));
	choose_spare(b);
	return true;
}

static bool choose_give_up(void)
{
	op.buf = new_buffer();
	op.n = any(NR_GIVE_UPS);
	op.flag = one_in(2);
	if (op.buf && op.n == GIVE_UP_ORDER &&
	    (buffer_total(op.buf) < 2 || op.buf->out >= buffer_total(op.buf) - 1))
		op.n = GIVE_UP_ABORT;
	return op.buf;
}

/* The oldest ones, one or more; the device returns the id of the last one */
static bool choose_batch(void)
{
	unsigned int i;

	op.batch = one_in(2) ? 1 : 1 + any(nr_taken);
	for (i = 0; i < op.batch; i++)
		batch[i] = taken[i].id;
	op.len = taken[op.batch - 1].len;
	if (op.len && one_in(2))
		op.len = any(op.len);
	nr_taken -= op.batch;
	memmove(taken, taken + op.batch, nr_taken * sizeof(*taken));
	nr_used += op.batch;
	return true;
}

static bool choose_complete(void)
{
	unsigned int i;

	if (!nr_taken || device_is_off)
		return false;
	if (ours->config.in_order)
		return choose_batch();
	i = any(nr_taken);
	op.n = taken[i].id;
	op.len = taken[i].len;
	if (op.len && one_in(2))
		op.len = any(op.len);
	taken[i] = taken[--nr_taken];
	nr_used++;
	return true;
}

static bool choose_resize(void)
{
	op.n = ours->config.packed ? 1 + any(9) : 1 << any(4);
	if (one_in(8))
		op.n = any(2) ? any(12) : VRING_MAX_SIZE + 1;
	op.flag = one_in(16);
	if (one_in(4))
		op.fail_alloc = 1 + any(5);
	return true;
}

/* Can this operation be done?  If so, choose its parameters. */
static bool choose_op_of_kind(void)
{
	switch (op.kind) {
	case OP_ADD:
		return choose_add();
	case OP_GIVE_UP:
		return choose_give_up();
	case OP_TAKE:
		return !device_is_off;
	case OP_COMPLETE:
		return choose_complete();
	case OP_NOTIFY_AT:
		op.n = any(ours->size > 2 ? 3 : ours->size);
		return ours->config.event;
	case OP_WANT_NOTIFY:
		op.flag = one_in(2);
		return true;
	case OP_POLL:
		/* Not at a descriptor that may differ, used long ago. */
		return prepared && !(ours->config.packed &&
				     marks[poll_at & 0x7fff] & ~MARK_TABLE);
	case OP_DETACH:
		/* A used one would cause a message, and break the queue. */
		return !nr_used;
	case OP_RESET:
		op.flag = one_in(8);
		return true;
	case OP_RESIZE:
		return choose_resize();
	default:
		return true;
	}
}

static enum op_kind choose_kind(void)
{
	unsigned int i, n = 0;

	if (is_broken() && one_in(3))
		return OP_UNBREAK;
	for (i = 0; i < NR_OPS; i++)
		n += ops[i].weight;
	n = any(n);
	for (i = 0; n >= ops[i].weight; i++)
		n -= ops[i].weight;
	return i;
}

static void choose_op(void)
{
	do {
		op = (struct op){ .had_room = ours->vq->num_free };
		op.kind = choose_kind();
	} while (!(enabled & BIT(op.kind)) || !choose_op_of_kind());
}

static void choose_config(struct vring_config *c)
{
	bool large = one_in(64);

	*c = (struct vring_config) {
		.packed		= one_in(2),
		.indirect	= one_in(2),
		.event		= one_in(2),
		.dma		= one_in(2),
		.premapped	= one_in(4) && VRING_PREMAPPED,
		.ctx		= one_in(6),
		.in_order	= VRING_IN_ORDER && one_in(3),
	};
	if (c->packed) {
		c->size = 1 + any(large ? MAX_SIZE : 12);
		return;
	}
	c->size = 1 << any(large ? 10 : 5);
	c->foreign = !c->dma && one_in(6);
	c->legacy = !c->dma && !c->in_order && one_in(6);
}

/* Some sequences leave out some operations, to reach unusual states. */
static unsigned int choose_steps(void)
{
	const unsigned long always = BIT(OP_ADD) | BIT(OP_TAKE) | BIT(OP_GET) |
				    BIT(OP_COMPLETE) | BIT(OP_UNBREAK);
	unsigned int i;

	enabled = always;
	for (i = 0; i < NR_OPS; i++)
		if (!one_in(4))
			enabled |= BIT(i);
	if (seed % MARATHON == 0) {
		enabled = ~(BIT(OP_DETACH) | BIT(OP_RESET) | BIT(OP_RESIZE));
		return 6 * 65536;	/* the 16-bit indices wrap */
	}
	return one_in(32) ? 200 : 8 + any(24);
}

/*
 * One sequence
 */

/* Find the buffer that the device has got, and check it */
static struct buffer *taken_buffer(void)
{
	char *cpu = ours->chain.pieces[0].cpu;
	struct buffer *b = &buffers[(cpu - (char *)buffers) / sizeof(*b)];

	if (!is_piece(cpu) || !buffer_is_chain(b, &ours->chain))
		fail("the device got other pieces than were added");
	return b;
}

static void after_take(void)
{
	struct buffer *b;

	if (!sides[OURS].r.ret)
		return;
	compare_chains();
	b = taken_buffer();
	b->in_table = ours->chain.indirect;
	taken[nr_taken].id = ours->chain.id;
	taken[nr_taken++].len = buffer_in_len(b);
}

static void after_add(void)
{
	if (sides[OURS].r.ret) {
		if (over)	/* the base keeps it */
			inject = &sides[OURS].in;
		if (over && ours->config.premapped)
			buffer_unmap(op.buf, ours);
		else if (!over)
			unmap_buffer(op.buf);
		op.buf->busy = over;
		return;
	}
	op.buf->busy = true;
	nr_buffers++;
}

static void after_get(void)
{
	struct buffer *b = sides[OURS].r.token;

	if (!b)
		return;
	b->busy = false;
	nr_used--;
}

/* Update the state for the following operations */
static void after_op(void)
{
	const struct result *r = &sides[OURS].r;

	if (op.kind == OP_ADD)
		after_add();
	if (op.kind == OP_GIVE_UP)
		unmap_buffer(op.buf);
	if (op.kind == OP_TAKE)
		after_take();
	if (op.kind == OP_GET || op.kind == OP_GET_CTX)
		after_get();
	if (op.kind == OP_PREPARE) {
		prepared = true;
		poll_at = r->ret;
	}
	if (op.kind == OP_DETACH && r->token)
		device_is_off = true;
	if (op.kind == OP_PREMAPPED && !r->ret) {
		base->config.premapped = true;
		ours->config.premapped = true;
	}
	if (r->resets) {
		device_is_off = false;
		prepared = false;
		nr_taken = 0;
		nr_used = 0;
	}
}

/*
 * Small tables are kept as soon as there is memory for them, which happens at a
 * random time.  In a marathon it never happens: the numbers of mappings wrap,
 * and the two sides would have different ones in use.
 */
static void let_tables_be_kept(void)
{
	inject = &sides[OURS].in;
	if (!inject->work || seed % MARATHON == 0 || !one_in(4))
		return;
	inject_fail(&inject->alloc, one_in(4));
	inject_work(inject);
	inject_fail(&inject->alloc, 0);
	sides[BASE].in.next = inject->next;
}

/* Is there memory for tables that stay mapped? */
static bool has_kept(void)
{
	return ours->config.dma && vring_device_kept(ours) +
				   (int)vring_device_mapped_tables(ours) == 2;
}

static void do_step(void)
{
	static struct raw_desc old[MAX_SIZE];
	struct result *a = &sides[BASE].r, *b = &sides[OURS].r;
	unsigned int mapped_tables;
	bool had_kept;

	let_tables_be_kept();
	mapped_tables = vring_device_mapped_tables(ours);
	had_kept = has_kept();
	choose_op();
	if (verbose)
		print_op(stdout);
	if (op.kind == OP_GIVE_UP)
		memcpy(old, ours->desc_area, ours->size * sizeof(*old));
	do_op(&sides[BASE]);
	do_op(&sides[OURS]);
	if (verbose)
		printf("     base %ld, ours %ld\n", a->ret, b->ret);

	if (op.kind == OP_GIVE_UP) {
		check_given_up();
		mark_given_up(old);
	} else {
		if (op.kind == OP_ADD)
			excuse_add(a);
		if (op.kind == OP_GET_CTX)
			excuse_context(a, b);
		if (op.kind == OP_ENABLE || op.kind == OP_POLL ||
		    op.kind == OP_DELAYED)
			excuse_rest(a, b);
		compare_results();
		compare_events(vring_device_mapped_tables(ours) - mapped_tables,
			       had_kept && !has_kept());
		sides[OURS].in.next = sides[BASE].in.next;
	}
	if (!over) {
		compare_state();
		compare_rings();
	}
	after_op();
	if (a->warnings || b->warnings)
		inject_forget_warnings();
	nr_operations++;
}

static void end_side(struct side *s)
{
	const char *holds;
	void *token;

	inject = &s->in;
	memset(&s->r, 0, sizeof(s->r));
	while ((token = s->d.ops->virtqueue_detach_unused_buf(s->d.vq)))
		recycle(s->d.vq, token);
	vring_device_destroy(&s->d);
	holds = inject_holds(&s->in) ?: s->in.wrong;
	if (holds)
		fail("%s, in the end: %s", s->d.ops->name, holds);
}

/* An allocation fails while the rings are created, or none. */
static bool create_both(const struct vring_config *config, unsigned long nth)
{
	static const struct vring_ops *const rings[] = {
		&vring_base, &vring_series
	};
	const unsigned long rings_end = config->packed ? 4 : 2;
	int err[2], i;

	for (i = BASE; i <= OURS; i++) {
		inject = &sides[i].in;
		inject->next = 0;
		inject_clear_events(inject);
		sides[i].in.work_waits = true;
		/* Ours allocates a builder. */
		inject_fail(&inject->alloc, nth + (i == OURS && nth > rings_end));
		err[i] = vring_device_create(&sides[i].d, rings[i], config);
		inject_fail(&inject->alloc, 0);
		if (err[i] && inject_holds(inject))
			fail("%s, not created: %s", rings[i]->name,
			     inject_holds(inject));
	}
	expect_equal("create", err[BASE], err[OURS]);
	if (!err[OURS])
		compare_events(0, false);
	return !err[OURS];
}

static void do_sequence(u64 number)
{
	struct vring_config config;
	unsigned int steps;

	seed = number;
	rnd_seed(&choice, seed);
	step = 0;
	op = (struct op){ .kind = OP_RESET };
	over = false;
	device_is_off = false;
	prepared = false;
	nr_taken = 0;
	nr_used = 0;
	memset(marks, 0, sizeof(marks));

	choose_config(&config);
	steps = choose_steps();
	/* The base has bugs in a reset of these, see the fixes. */
	if (config.in_order)
		enabled &= ~(BIT(OP_DETACH) | BIT(OP_RESET) | BIT(OP_RESIZE));
	if (verbose)
		printf("seed %llu: %s, %u operations\n",
		       (unsigned long long)seed, vring_config_name(&config),
		       steps);
	nr_sequences++;
	if (one_in(32) && !create_both(&config, 1 + any(6)))
		return;
	else if (!ours->vq && !create_both(&config, 0))
		fail("could not be created");

	while (++step <= steps && !over)
		do_step();
	end_side(&sides[BASE]);
	end_side(&sides[OURS]);
	if (!over)
		expect_equal("left over", sides[BASE].r.recycled,
			     sides[OURS].r.recycled);
}

/*
 * All of them
 */

static void on_signal(int signal)
{
	print_where();
	fprintf(stderr, "FAIL: %s\n", strsignal(signal));
	_exit(1);
}

/* Called by the sanitizers when they end the program */
extern void __sanitizer_set_death_callback(void (*callback)(void)) __weak;

static void catch_deaths(void)
{
	signal(SIGALRM, on_signal);
	signal(SIGABRT, on_signal);
	if (__sanitizer_set_death_callback) {
		__sanitizer_set_death_callback(print_where);
		return;
	}
	signal(SIGSEGV, on_signal);
	signal(SIGBUS, on_signal);
	signal(SIGFPE, on_signal);
}

static void progress(unsigned long total)
{
	static time_t last;
	time_t now = time(NULL);

	alarm(STUCK);
	if (!last)
		last = now;
	if (now - last < PROGRESS)
		return;
	last = now;
	printf("%lu of %lu sequences, %lu operations\n", nr_sequences, total,
	       nr_operations);
	fflush(stdout);
}

static void summary(void)
{
	unsigned int i;

	for (i = 0; i < NR_EXCUSES; i++)
		printf("%12lu  %s\n", excused[i], excuses[i]);
	printf("differential: %lu sequences, %lu operations, %lu buffers: all alike\n",
	       nr_sequences, nr_operations, nr_buffers);
}

static int usage(const char *name)
{
	fprintf(stderr, "Usage: %s [--sequences N] [--first SEED] | --seed SEED\n",
		name);
	return 2;
}

static bool number(const char *text, unsigned long long *value)
{
	char *end;

	*value = strtoull(text, &end, 0);
	return *text >= '0' && *text <= '9' && !*end;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "sequences", required_argument, NULL, 'n' },
		{ "first", required_argument, NULL, 'f' },
		{ "seed", required_argument, NULL, 's' },
		{}
	};
	unsigned long long total = 1000000, first = 1, i;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		unsigned long long *value = c == 'n' ? &total : &first;

		if (c == '?' || !number(optarg, value))
			return usage(argv[0]);
		if (c == 's') {
			verbose = true;
			total = 1;
		}
	}
	if (optind < argc)
		return usage(argv[0]);

	catch_deaths();
	for (i = 0; i < total; i++) {
		if (i % 256 == 0)
			progress(total);
		do_sequence(first + i);
	}
	summary();
	return 0;
}
