// SPDX-License-Identifier: GPL-2.0
/*
 * Test all possible sequences on a small ring.
 *
 * Every sequence of eight operations, up to some length, on rings of one to
 * four descriptors, split and packed, in-order or not, with and without tables
 * and mappings.  After each operation, the result, num_free, and the memory and
 * mappings of the ring must match a model of a few lines; the device of
 * device.h, which is implemented from the specification, takes every buffer and
 * checks it.  After each sequence, all buffers are used and returned, and the
 * state of the ring must be the same as when it was new.
 *
 * A sequence is a number: its octal digits are the operations.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "inject.h"

#define MAX_SIZE	4
#define MAX_DEPTH	10
#define PROGRESS	5		/* seconds */

enum op {
	OP_ADD_1,	/* one piece */
	OP_ADD_2,	/* two pieces, and no memory for a table */
	OP_ADD_3,	/* three pieces */
	OP_GIVE_UP,	/* three pieces; the last one fails, or is not added */
	OP_OLDEST,	/* the device takes all, and completes the first of it */
	OP_NEWEST,	/* or the last; in-order: all, as one batch */
	OP_GET,		/* get_buf */
	OP_RESET,	/* reset of the queue */
	NR_OPS
};

static const char *const op_names[NR_OPS] = {
	"add 1", "add 2 without a table", "add 3", "give up 3",
	"use the oldest", "use the newest", "get_buf", "reset",
};

static struct vring_device d;
static struct inject account;
static unsigned long nr_sequences, nr_checks, expected;
static unsigned int depth = 5;
static unsigned int ops[MAX_DEPTH], at;
static bool checking;

/* The model: buffers of the driver, from the oldest to the newest */
enum state { ADDED, TAKEN, USED };

static struct entry {
	struct buffer *buf;
	enum state state;
	u16 id;
	u32 len;			/* expected for the driver */
	unsigned int used_at;		/* the order in which they are used */
	unsigned int descs;
	bool table;
} entries[MAX_SIZE];
static unsigned int nr_entries, nr_used, free_descs;
static unsigned long ring_allocated;

/* Buffers of 1, 2 and 3 pieces, created once; one is for a full ring */
static struct buffer buffers[3][MAX_SIZE + 1];

/* The condition may have side effects, so it is always evaluated. */
#define CHECK(condition) do {						\
	if (!(condition) && checking)					\
		fail(__LINE__, #condition);				\
	nr_checks += checking;						\
} while (0)

static void __noreturn fail(int line, const char *condition)
{
	unsigned int i;

	fprintf(stderr, "small: %s: line %d: not so: %s\n",
		vring_config_name(&d.config), line, condition);
	for (i = 0; i <= at && i < depth; i++)
		fprintf(stderr, "  %u %s\n", ops[i], op_names[ops[i]]);
	if (at == depth)
		fprintf(stderr, "  and when all came back\n");
	fprintf(stderr, "device: %s; memory and DMA: %s\n", d.wrong ?: "-",
		account.wrong ?: "-");
	exit(1);
}

static struct buffer *free_buffer(unsigned int pieces)
{
	struct buffer *b = buffers[pieces - 1];

	while (b->busy)
		b++;
	return b;
}

static bool wants_table(unsigned int pieces)
{
	return d.config.indirect && pieces > 1 && free_descs;
}

static unsigned int mappings(const struct entry *e)
{
	return d.config.dma ? buffer_total(e->buf) + e->table : 0;
}

/* Checks after each operation */
static void check_state(void)
{
	unsigned long mapped = 0, allocated = ring_allocated;
	unsigned int i;

	if (!checking)
		return;
	for (i = 0; i < nr_entries; i++) {
		mapped += mappings(&entries[i]);
		allocated += entries[i].table;
	}
	CHECK(d.vq->num_free == free_descs);
	CHECK(account.mapped == mapped - vring_device_mapped_tables(&d));
	CHECK(account.allocated == allocated + vring_device_kept(&d));
	CHECK(!account.wrong);
	CHECK(!d.wrong);
}

static void buffer_back(struct buffer *b)
{
	if (d.config.premapped)
		buffer_unmap(b, &d);
	b->busy = false;
}

static int result_of_add(unsigned int pieces, bool no_memory, bool *table)
{
	*table = wants_table(pieces) && !no_memory;
	if (*table || pieces <= free_descs)
		return 0;
	return wants_table(pieces) && pieces > d.size ? -ENOMEM : -ENOSPC;
}

static void add(unsigned int pieces, enum buffer_way way, bool no_memory)
{
	struct buffer *b = free_buffer(pieces);
	bool table;
	int should = result_of_add(pieces, no_memory, &table), err;

	if (d.config.premapped)
		buffer_map(b, &d);
	if (no_memory)
		vring_device_keep_nothing(&d);
	inject_fail(&account.alloc, no_memory);
	err = buffer_add(b, &d, way);
	inject_fail(&account.alloc, 0);
	CHECK(err == should);
	if (err) {
		buffer_back(b);
		return;
	}
	b->busy = true;
	entries[nr_entries++] = (struct entry) {
		.buf = b, .table = table, .descs = table ? 1 : pieces,
	};
	free_descs -= table ? 1 : pieces;
}

static void give_up(void)
{
	struct buffer *b = free_buffer(3);
	bool table, fails = d.config.dma && !d.config.premapped;
	int should = result_of_add(3, false, &table), err;

	if (d.config.premapped)
		buffer_map(b, &d);
	err = virtqueue_start_buf(d.vq, b, 3, 3, GFP_ATOMIC);
	CHECK(err == should);
	if (!err) {
		inject_fail(&account.map, fails ? 3 : 0);
		buffer_add_piece(b, &d, 0, DMA_TO_DEVICE);
		buffer_add_piece(b, &d, 1, DMA_TO_DEVICE);
		if (fails) {
			buffer_add_piece(b, &d, 2, DMA_FROM_DEVICE);
			CHECK(virtqueue_end_buf(d.vq) == -ENOMEM);
		} else {
			virtqueue_abort_buf(d.vq);
		}
		inject_fail(&account.map, 0);
	}
	buffer_back(b);
}

/* The device must find what was added, in that order, and nothing else. */
static void take_all(void)
{
	unsigned int i;

	for (i = 0; i < nr_entries; i++) {
		struct entry *e = &entries[i];

		if (e->state != ADDED)
			continue;
		CHECK(vring_device_take(&d));
		CHECK(buffer_is_chain(e->buf, &d.chain));
		CHECK(d.chain.indirect == e->table);
		CHECK(d.chain.nr_desc == e->descs);
		e->id = d.chain.id;
		e->state = TAKEN;
	}
	CHECK(!vring_device_take(&d));
	CHECK(nr_used || vring_device_idle(&d));
}

/* Not the whole length, which in-order rings report for skipped buffers. */
static u32 used_len(const struct entry *e)
{
	u32 len = buffer_in_len(e->buf);

	return len ? len - 1 : 0;
}

static void used(struct entry *e, u32 len)
{
	e->len = len;
	e->state = USED;
	e->used_at = nr_used++;
}

/* All that the device has taken; used ones come first. */
static void use_batch(void)
{
	u16 ids[MAX_SIZE];
	unsigned int i, n = 0;
	struct entry *e;

	take_all();
	for (i = 0; i < nr_entries; i++) {
		e = &entries[i];
		if (e->state != TAKEN)
			continue;
		ids[n++] = e->id;
		used(e, i == nr_entries - 1 ? used_len(e) :
					      buffer_in_len(e->buf));
	}
	if (n)
		vring_device_complete_batch(&d, ids, n,
					    entries[nr_entries - 1].len);
}

static void use(bool newest)
{
	unsigned int i, n;

	take_all();
	for (n = 0; n < nr_entries; n++) {
		i = newest ? nr_entries - 1 - n : n;
		if (entries[i].state == TAKEN)
			break;
	}
	if (n == nr_entries)
		return;
	vring_device_complete(&d, entries[i].id, used_len(&entries[i]));
	used(&entries[i], used_len(&entries[i]));
}

static void forget(unsigned int i)
{
	free_descs += entries[i].descs;
	memmove(&entries[i], &entries[i + 1],
		(--nr_entries - i) * sizeof(entries[0]));
}

static void get(void)
{
	unsigned int i, len = ~0;
	struct buffer *b = virtqueue_get_buf(d.vq, &len);

	CHECK(!b == !nr_used);
	if (!b)
		return;
	for (i = 0; entries[i].state != USED || entries[i].used_at; i++)
		;
	CHECK(b == entries[i].buf);
	CHECK(len == entries[i].len);
	buffer_back(b);
	forget(i);
	nr_used--;
	for (i = 0; i < nr_entries; i++)
		entries[i].used_at--;
}

static void recycle(struct virtqueue *vq, void *buf)
{
	buffer_back(buf);
	vring_device_recycle(vq, buf);
}

static void reset(void)
{
	d.nr_recycled = 0;
	CHECK(!virtqueue_reset(d.vq, recycle, NULL));
	CHECK(d.nr_recycled == nr_entries);
	free_descs = d.size;
	nr_entries = 0;
	nr_used = 0;
	CHECK(vring_device_idle(&d));
}

static void do_op(enum op op)
{
	switch (op) {
	case OP_ADD_1:
		return add(1, BUFFER_INBUF, false);
	case OP_ADD_2:
		return add(2, BUFFER_SGS, true);
	case OP_ADD_3:
		return add(3, BUFFER_PIECEWISE, false);
	case OP_GIVE_UP:
		return give_up();
	case OP_OLDEST:
		return use(false);
	case OP_NEWEST:
		return d.config.in_order ? use_batch() : use(true);
	case OP_GET:
		return get();
	default:
		return reset();
	}
}

/* All buffers are used, and the ring is in its initial state. */
static void end_sequence(void)
{
	at = depth;
	checking = true;
	take_all();
	while (nr_entries) {
		use(false);
		get();
		check_state();
	}
	CHECK(vring_device_idle(&d));
	vring_device_destroy(&d);
	CHECK(!inject_holds(&account));
}

/* Operations before @first were checked with the previous sequence. */
static void do_sequence(const struct vring_config *config, unsigned int first)
{
	at = 0;
	checking = true;
	CHECK(!vring_device_create(&d, &vring_series, config));
	ring_allocated = account.allocated;
	free_descs = d.size;
	nr_entries = 0;
	nr_used = 0;
	for (at = 0; at < depth; at++) {
		checking = at >= first;
		do_op(ops[at]);
		check_state();
	}
	end_sequence();
	/* Include the new sequences that are prefixes of this one */
	nr_sequences += depth - first;
}

static void progress(const struct vring_config *config)
{
	static time_t last;
	time_t now = time(NULL);

	alarm(60);	/* detect hangs: normally this takes microseconds */
	if (!last)
		last = now;
	if (now - last < PROGRESS)
		return;
	last = now;
	printf("%s: %lu of %lu sequences\n", vring_config_name(config),
	       nr_sequences, expected);
	fflush(stdout);
}

static void try_config(const struct vring_config *config)
{
	unsigned long n, end = 1UL << 3 * depth;

	for (n = 0; n < end; n++) {
		unsigned int i, first = depth;

		for (i = depth; i--;) {
			unsigned int digit = n >> 3 * (depth - 1 - i) & 7;

			if (ops[i] != digit || !n)
				first = i;
			ops[i] = digit;
		}
		if (n % 1024 == 0)
			progress(config);
		do_sequence(config, first);
	}
}

/* Only configurations that make a difference here; false after the last */
static bool config_get(unsigned int n, struct vring_config *config)
{
	unsigned int i;

	for (i = 0; i < MAX_SIZE << 5; i++) {
		*config = (struct vring_config) {
			.size		= 1 + i % MAX_SIZE,
			.indirect	= i & MAX_SIZE,
			.dma		= i & MAX_SIZE << 1,
			.premapped	= i & MAX_SIZE << 2,
			.packed		= i & MAX_SIZE << 3,
			.in_order	= i & MAX_SIZE << 4,
		};
		/* Without DMA, premapped addresses are the same. */
		if (vring_config_exists(config) &&
		    (config->dma || !config->premapped) && !n--)
			return true;
	}
	return false;
}

static int usage(const char *name)
{
	fprintf(stderr, "Usage: %s [--depth 1-%u]\n", name, MAX_DEPTH);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "depth", required_argument, NULL, 'd' },
		{}
	};
	struct vring_config config;
	unsigned int i, n;
	char *end;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == '?')
			return usage(argv[0]);
		depth = strtoul(optarg, &end, 10);
		if (*end || depth < 1 || depth > MAX_DEPTH)
			return usage(argv[0]);
	}
	if (optind < argc)
		return usage(argv[0]);

	for (i = 0; i < 3; i++)
		for (n = 0; n <= MAX_SIZE; n++)
			buffer_init(&buffers[i][n], i, 1, NULL);
	inject = &account;
	for (n = 0; config_get(n, &config); n++)
		for (i = 1; i <= depth; i++)
			expected += 1UL << 3 * i;
	for (n = 0; config_get(n, &config); n++)
		try_config(&config);
	if (nr_sequences != expected) {
		fprintf(stderr, "small: %lu of %lu sequences were done\n",
			nr_sequences, expected);
		return 1;
	}
	printf("small: %u rings, %lu sequences of up to %u operations, %lu checks: all fine\n",
	       n, nr_sequences, depth, nr_checks);
	return 0;
}
