// SPDX-License-Identifier: GPL-2.0
/*
 * A completion in the middle of an add.
 *
 * The callback of some drivers takes no lock.  So an interrupt may occur
 * between any two instructions of an add, and get used buffers: descriptors go
 * back to the free list, and its head changes.  This must not change the buffer
 * that is being added.
 *
 * Here the interrupt occurs at each place in turn.  All calls are tested, with
 * one to three pieces, on a ring that is partly in use, with an unordered free
 * list.  The device must then find the pieces from the driver, and every token
 * must be returned once.  There are two kinds of places:
 *
 *	each allocation and mapping, and between the calls of a buffer that is
 *	added piece by piece: afterwards num_free must also be correct, and no
 *	descriptor may be lost;
 *
 *	each load and each store of the ring, see watch.h, in a separate
 *	program: then num_free and the free list are not checked, because the
 *	ring may be changing both.
 *
 * A buffer that is added later must have another table.
 *
 * With --base it is the base's ring, and its calls.
 */
#include <string.h>

#include "test.h"
#include "watch.h"

#define SIZE		8
#define PIECES		3
#define OLD		3	/* buffers that were added before */
#define OLD_DESCS	5	/* in all */

static const struct vring_ops *ring = &vring_series;

/*
 * Descriptors that were freed in the middle of an add must be in the free list
 * after it.  The base loses them, and in the end uses others twice.
 */
#define FREE_LIST_IS_WHOLE	(ring == &vring_series)

/* At each load and store: this file is compiled a second time for that. */
#ifdef ANYWHERE
static const bool anywhere = true;
#else
static const bool anywhere;
#endif

static unsigned long nr_adds, nr_interrupts, nr_failed;

/* What the device and the driver have done with the old buffers */
static const struct state {
	const char *name;
	unsigned int nr_fetched, nr_used;
	u8 fetched[OLD], used[OLD];	/* in this order */
	bool one_by_one;		/* each interrupt gets only one */
	bool anywhere;			/* also for these places */
} states[] = {
	{ "the first is used", 0, 1, {}, { 0 } },
	{ "all are used", 0, 3, {}, { 0, 1, 2 }, .anywhere = true },
	{ "the first was fetched, the second is used", 1, 1, { 0 }, { 1 } },
	{ "the first was fetched, two are used", 1, 2, { 0 }, { 1, 2 } },
	{ "all are used, one by one", 0, 3, {}, { 0, 1, 2 }, .one_by_one = true },
	/* The following are not in order */
	{ "the last was fetched, two are used", 1, 2, { 2 }, { 1, 0 },
	  .anywhere = true },
	{ "the second was fetched, the last is used", 1, 1, { 1 }, { 2 } },
	{ "all are used in reverse, one by one", 0, 3, {}, { 2, 1, 0 },
	  .one_by_one = true },
};

#define NR_IN_ORDER	5

static struct buffer buffers[OLD + 2];
static struct buffer *const old = buffers;
#define new	(buffers[OLD])		/* is interrupted */
#define later	(buffers[OLD + 1])
static struct {
	u16 id;
	bool used;
} at_device[OLD + 2];
static const struct state *state;
static unsigned int nr_used;		/* of those in state->used[] */
static unsigned int place, wanted;	/* places so far; the chosen one */
static unsigned int most_places;	/* in one add */
static bool adding, in_interrupt;

static void add(struct buffer *b, enum buffer_way way)
{
	b->busy = true;
	CHECK(!buffer_add(b, &d, way));
}

static void take(struct buffer *b)
{
	CHECK(vring_device_take(&d));
	CHECK(buffer_is_chain(b, &d.chain));
	CHECK(d.chain.indirect == b->in_table);
	at_device[b - buffers].id = d.chain.id;
	at_device[b - buffers].used = false;
}

/* The device uses it, if it has not already. */
static void use(struct buffer *b)
{
	if (at_device[b - buffers].used)
		return;
	at_device[b - buffers].used = true;
	vring_device_complete(&d, at_device[b - buffers].id, buffer_in_len(b));
}

/* The driver gets one buffer: NULL, or one that it has not got yet. */
static struct buffer *get(void)
{
	void *ctx = NULL;
	struct buffer *b;
	u32 len;

	b = ring->virtqueue_get_buf_ctx(d.vq, &len, &ctx);
	if (!b)
		return NULL;
	CHECK(b >= buffers && b < buffers + ARRAY_SIZE(buffers));
	CHECK(b->busy && len == buffer_in_len(b));
	CHECK(!d.config.ctx || ctx == b->ctx);
	b->busy = false;
	if (d.config.premapped)
		buffer_unmap(b, &d);
	return b;
}

static void use_next(void)
{
	use(&old[state->used[nr_used++]]);
}

static void come_here(void)
{
	if (state->one_by_one) {
		if (++place < wanted || nr_used == state->nr_used)
			return;
		use_next();
	} else if (++place != wanted) {
		return;
	}
	nr_interrupts++;
	while (get())
		;
}

static void interrupt(void)
{
	if (!adding || in_interrupt)
		return;
	in_interrupt = true;
	come_here();
	in_interrupt = false;
}

static void on_load(const void *p, const void *where)
{
	if (anywhere)
		interrupt();
}

static void on_store(const void *p)
{
	if (anywhere)
		interrupt();
}

/* Add and get single descriptors, so that the ring starts elsewhere. */
static void turn(unsigned int n)
{
	while (n--) {
		buffer_init(&new, 0, 1, NULL);
		if (d.config.premapped)
			CHECK(buffer_map(&new, &d));
		add(&new, BUFFER_SGS);
		take(&new);
		use(&new);
		CHECK(get() == &new);
	}
}

static void init(struct buffer *b, unsigned int out, unsigned int in)
{
	unsigned int i;

	buffer_init(b, out, in, NULL);
	/* One way per piece: linear, a page, a list of one entry, mapped */
	for (i = 0; i < out + in; i++)
		b->piece[i].kind = (i + out) % NR_BUFFER_KINDS;
	b->in_table = d.config.indirect && !d.config.ctx && out + in > 1;
	if (d.config.premapped)
		CHECK(buffer_map(b, &d));
}

static void prepare(void)
{
	unsigned int i;

	for (i = 0; i < OLD; i++) {
		init(&old[i], i & 1, 2 - (i & 1) * 2);
		add(&old[i], BUFFER_SGS);
	}
	for (i = 0; i < OLD; i++)
		take(&old[i]);
	for (i = 0; i < state->nr_fetched; i++) {
		use(&old[state->fetched[i]]);
		CHECK(get() == &old[state->fetched[i]]);
	}
	nr_used = 0;
	while (!state->one_by_one && nr_used < state->nr_used)
		use_next();
}

/* The interrupt occurs at place number @at, or never if 0. */
static int add_interrupted(enum buffer_way way, unsigned int at)
{
	int err;

	place = 0;
	wanted = at ?: ~0U;
	new.busy = true;
	new.between = interrupt;
	account.interrupt = interrupt;
	adding = true;
	err = buffer_add(&new, &d, way);
	adding = false;
	account.interrupt = NULL;
	inject_fail(&account.alloc, 0);
	inject_fail(&account.map, 0);
	nr_adds++;
	return err;
}

static void drop(struct buffer *b)
{
	b->busy = false;
	if (d.config.premapped)
		buffer_unmap(b, &d);
}

/* It needs a separate table.  The count of free ones may be wrong. */
static bool add_later(void)
{
	int err;

	init(&later, 1, 2);
	later.busy = true;
	err = buffer_add(&later, &d, BUFFER_SGS);
	if (!err)
		return true;
	CHECK(anywhere && err == -ENOSPC);
	drop(&later);
	return false;
}

/* All buffers in flight are used, in the order of the ring. */
static void finish(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(buffers); i++)
		if (buffers[i].busy)
			use(&buffers[i]);
	while (get())
		;
	for (i = 0; i < ARRAY_SIZE(buffers); i++)
		CHECK(!buffers[i].busy);
	CHECK(!account.mapped && !account.wrong);
	CHECK(anywhere || (vring_device_idle(&d) && d.vq->num_free == SIZE));
}

/* Every descriptor must be in the free list once. */
static void fill(void)
{
	static struct buffer all[SIZE];
	u16 id[SIZE];
	u32 len;
	unsigned int i;

	for (i = 0; i < SIZE; i++) {
		buffer_init(&all[i], 0, 1, NULL);
		if (d.config.premapped)
			CHECK(buffer_map(&all[i], &d));
		CHECK(!buffer_add(&all[i], &d, BUFFER_SGS));
		CHECK(vring_device_take(&d));
		CHECK(buffer_is_chain(&all[i], &d.chain));
		id[i] = d.chain.id;
	}
	for (i = 0; i < SIZE; i++) {
		vring_device_complete(&d, id[i], 1);
		CHECK(ring->virtqueue_get_buf(d.vq, &len) == &all[i]);
		if (d.config.premapped)
			buffer_unmap(&all[i], &d);
	}
	CHECK(vring_device_idle(&d) && d.vq->num_free == SIZE);
}

/* What fails in the same add */
struct failure {
	unsigned int alloc, map;
};

/* False if there is no such place. */
static bool try_place(const struct vring_config *config, unsigned int turns,
		      unsigned int out, unsigned int in, enum buffer_way way,
		      unsigned int at, struct failure failure)
{
	bool there, failed, is_later;
	int err;

	test_create(ring, config);
	turn(turns);
	prepare();
	init(&new, out, in);
	if (config->ctx && way == BUFFER_INBUF_CTX)
		new.ctx = &new;
	if (failure.alloc || failure.map)
		vring_device_keep_nothing(&d);
	inject_fail(&account.alloc, failure.alloc);
	inject_fail(&account.map, failure.map);
	snprintf(doing, sizeof(doing),
		 "%s, then %u + %u pieces by %s; interrupted at place %u, allocation %u and mapping %u fail",
		 state->name, out, in, buffer_way_name[way], at, failure.alloc,
		 failure.map);
	err = add_interrupted(way, at);
	there = place >= at;
	if (most_places < place)
		most_places = place;
	failed = failure.alloc || failure.map;
	CHECK(!err || (failed && err == -ENOMEM));
	nr_failed += !!err;
	if (failure.alloc)
		new.in_table = false;
	if (err)
		drop(&new);
	is_later = new.in_table && add_later();
	if (!err)
		take(&new);
	if (is_later)
		take(&later);
	CHECK(!vring_device_take(&d) && !d.wrong);
	finish();
	if (FREE_LIST_IS_WHOLE && !anywhere)
		fill();
	test_destroy();
	return there;
}

static void try_buffer(const struct vring_config *config, unsigned int out,
		       unsigned int in, enum buffer_way way)
{
	static const struct failure none, failures[] = {
		{ .alloc = 1 }, { .map = 1 }, { .map = 2 }, { .map = 3 },
		{ .map = 4 },
	};
	unsigned int at, turns, i;

	/* A packed chain is inside the ring, or crosses its end. */
	for (turns = anywhere ? 2 : 0; turns < 3; turns += 2) {
		for (at = 0; try_place(config, turns, out, in, way, at, none);)
			at++;
	}
	if (anywhere)
		return;
	/* If a mapping fails then, the base unmaps the wrong pieces. */
	for (i = 0; ring == &vring_series && i < ARRAY_SIZE(failures); i++) {
		for (at = 0; try_place(config, 2, out, in, way, at, failures[i]);)
			at++;
	}
}

static void try_config(const struct vring_config *config)
{
	unsigned int n, out, way;

	if (config->in_order && state >= states + NR_IN_ORDER)
		return;

	d.ops = ring;
	d.config = *config;
	/* There are a hundred places in each, so use fewer buffers. */
	for (n = 1; n <= PIECES; n += anywhere ? PIECES - 1 : 1) {
		for (out = 0; out <= (anywhere ? 1 : n); out++) {
			for (way = 0; way < NR_BUFFER_WAYS; way++) {
				buffer_init(&new, out, n - out, NULL);
				if (buffer_fits(&new, &d, way))
					try_buffer(config, out, n - out, way);
			}
		}
	}
}

int main(int argc, char **argv)
{
	struct vring_config config;
	unsigned int n;

#ifdef HAVE_BASE_RING
	if (argc == 2 && !strcmp(argv[1], "--base")) {
		ring = &vring_base;
		argc--;
	}
#endif
	if (argc > 1) {
		fprintf(stderr, "Usage: %s [--base]\n", argv[0]);
		return 2;
	}
	watch_load = on_load;
	watch_store = on_store;
	for (state = states; state < states + ARRAY_SIZE(states); state++)
		for (n = 0; test_config(&n, SIZE, &config);)
			if (!anywhere || state->anywhere)
				try_config(&config);
	/* It was compiled for this. */
	CHECK(!anywhere || most_places > 50);
	printf("%s: %s: %lu adds, %lu interrupts, %lu adds failed, ",
	       anywhere ? "anywhere" : "interrupted", ring->name, nr_adds,
	       nr_interrupts, nr_failed);
	printf("%lu checks, all as they should be\n", nr_checks);
	return 0;
}
