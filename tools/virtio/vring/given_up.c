// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers that are never made available to the device.
 *
 * A driver does not end or abort a buffer, and adds another one, or resets or
 * deletes the queue.  The ring must warn once, and abort the open buffer: its
 * pieces are unmapped, its kept table is free again, no descriptor is lost.
 * The other buffer is added normally.  A late end has no effect.
 *
 * After any failure, the number of kept tables must be the same as before.
 */
#include <string.h>

#include "test.h"

#define SIZE	8
#define MANY	20		/* pieces: too many for a kept table */

static const struct vring_ops *ring = &vring_series;

static struct buffer open_one, other, full[SIZE];
static unsigned long ring_allocated;

static void init(struct buffer *b, unsigned int out, unsigned int in)
{
	buffer_init(b, out, in, NULL);
	b->in_table = d.config.indirect && !d.config.ctx && out + in > 1;
	if (d.config.premapped)
		CHECK(buffer_map(b, &d));
}

static void drop(struct buffer *b)
{
	if (d.config.premapped)
		buffer_unmap(b, &d);
}

static unsigned int mappings(const struct buffer *b)
{
	if (!d.config.dma)
		return 0;
	return buffer_total(b) + b->in_table - vring_device_mapped_tables(&d);
}

static void create(const struct vring_config *config)
{
	test_create(ring, config);
	ring_allocated = account.allocated;
	inject_forget_warnings();
	account.warnings = 0;
}

static void destroy(void)
{
	CHECK(vring_device_idle(&d));
	test_destroy();
}

/* Take it, use it, get it. */
static void round_trip(struct buffer *b)
{
	u32 len;

	CHECK(vring_device_take(&d));
	CHECK(buffer_is_chain(b, &d.chain));
	CHECK(d.chain.indirect == b->in_table);
	vring_device_complete(&d, d.chain.id, buffer_in_len(b));
	CHECK(ring->virtqueue_get_buf(d.vq, &len) == b);
	CHECK(len == buffer_in_len(b));
	drop(b);
}

/* Nothing is or will be available to the device. */
static void expect_nothing(void)
{
	CHECK(!vring_device_take(&d) && !d.wrong);
	CHECK(ring->virtqueue_end_buf(d.vq) == -EINVAL);
	CHECK(vring_device_idle(&d));
	CHECK(account.allocated == ring_allocated + vring_device_kept(&d));
	CHECK(!account.mapped);
}

/* The state of the buffer that is not ended */
enum how_far { NO_PIECE, ONE_PIECE, ALL_PIECES, FAILED, NR_HOW_FAR };

static const char *const how_far_name[] = {
	"no piece", "one piece", "all pieces", "a failed piece",
};

static void leave_open(unsigned int out, unsigned int in, enum how_far how_far)
{
	unsigned int i, n = out + in;

	init(&open_one, out, in);
	CHECK(!ring->virtqueue_start_buf(d.vq, &open_one, n, n, GFP_ATOMIC));
	if (how_far == NO_PIECE)
		return;
	for (i = 0; i < (how_far == ALL_PIECES ? n : 1); i++)
		buffer_add_piece(&open_one, &d, i, buffer_dir(&open_one, i));
	if (how_far == FAILED)
		buffer_add_piece(&open_one, &d, 0, DMA_NONE);
}

/*
 * Another buffer follows.
 */

static void try_other(const struct vring_config *config, unsigned int open_in,
		      enum how_far how_far, unsigned int out, unsigned int in,
		      enum buffer_way way)
{
	unsigned long warnings = how_far == FAILED;

	create(config);
	snprintf(doing, sizeof(doing), "1 + %u open with %s, then %u + %u by %s",
		 open_in, how_far_name[how_far], out, in, buffer_way_name[way]);
	leave_open(1, open_in, how_far);
	CHECK(account.warnings == warnings);
	init(&other, out, in);
	CHECK(!buffer_add(&other, &d, way));
	CHECK(account.warnings == warnings + 1);
	drop(&open_one);
	CHECK(account.mapped == mappings(&other));
	CHECK(account.allocated == ring_allocated + other.in_table +
	      vring_device_kept(&d));
	CHECK(d.vq->num_free == SIZE - (other.in_table ? 1 : out + in));
	round_trip(&other);
	expect_nothing();

	/* The second time is the same, except for the warning. */
	account.warnings = 0;
	leave_open(1, open_in, how_far);
	init(&other, out, in);
	CHECK(!buffer_add(&other, &d, way));
	CHECK(!account.warnings);
	drop(&open_one);
	round_trip(&other);
	expect_nothing();
	destroy();
}

/* The same if another buffer is started, which may also be left open */
static void try_start(const struct vring_config *config, unsigned int open_in,
		      enum how_far how_far)
{
	create(config);
	snprintf(doing, sizeof(doing), "1 + %u open with %s, then start",
		 open_in, how_far_name[how_far]);
	leave_open(1, open_in, how_far);
	account.warnings = 0;
	init(&other, 1, 2);
	CHECK(!ring->virtqueue_start_buf(d.vq, &other, 3, 3, GFP_ATOMIC));
	CHECK(account.warnings == 1);
	drop(&open_one);
	CHECK(account.mapped == (config->dma && config->premapped ? 3 : 0));
	buffer_add_piece(&other, &d, 0, DMA_TO_DEVICE);
	buffer_add_piece(&other, &d, 1, DMA_FROM_DEVICE);
	buffer_add_piece(&other, &d, 2, DMA_FROM_DEVICE);
	CHECK(!ring->virtqueue_end_buf(d.vq));
	CHECK(account.mapped == mappings(&other));
	round_trip(&other);
	expect_nothing();

	leave_open(1, open_in, how_far);
	init(&other, 1, 2);
	CHECK(!ring->virtqueue_start_buf(d.vq, &other, 3, 3, GFP_ATOMIC));
	ring->virtqueue_abort_buf(d.vq);
	drop(&open_one);
	drop(&other);
	expect_nothing();
	destroy();
}

/*
 * The ring is nearly full.
 */

/* The device holds all but @left descriptors. */
static void fill(unsigned int left)
{
	unsigned int i;

	for (i = 0; i < SIZE - left; i++) {
		init(&full[i], 0, 1);
		CHECK(!buffer_add(&full[i], &d, BUFFER_SGS));
		CHECK(vring_device_take(&d));
	}
}

static void empty(unsigned int left)
{
	unsigned int i;
	u32 len;

	for (i = 0; i < SIZE - left; i++) {
		vring_device_complete(&d, i, 0);
		CHECK(ring->virtqueue_get_buf(d.vq, &len) == &full[i]);
		drop(&full[i]);
	}
	CHECK(d.vq->num_free == SIZE);
}

/*
 * @left descriptors are free.  An open buffer needs them, or one for its table.
 * Other buffers take all of them, and the late end must not take any.
 */
static void try_full(const struct vring_config *config, unsigned int left,
		     enum how_far how_far, enum buffer_way way)
{
	unsigned int i;

	create(config);
	snprintf(doing, sizeof(doing),
		 "%u left, as many pieces open with %s, then all of them by %s",
		 left, how_far_name[how_far], buffer_way_name[way]);
	fill(left);
	leave_open(0, left, how_far);
	for (i = SIZE - left; i < SIZE; i++) {
		init(&full[i], 0, 1);
		CHECK(!buffer_add(&full[i], &d, way));
	}
	CHECK(!d.vq->num_free);
	CHECK(ring->virtqueue_end_buf(d.vq) == -EINVAL);
	CHECK(!d.vq->num_free);
	drop(&open_one);
	for (i = SIZE - left; i < SIZE; i++) {
		CHECK(vring_device_take(&d));
		CHECK(buffer_is_chain(&full[i], &d.chain));
	}
	CHECK(!vring_device_take(&d) && !d.wrong);
	empty(0);
	expect_nothing();
	destroy();
}

/* The other buffer has no room or is invalid: nothing of both is left. */
static void try_refused(const struct vring_config *config, enum how_far how_far)
{
	create(config);
	snprintf(doing, sizeof(doing), "open with %s, then what is refused",
		 how_far_name[how_far]);
	leave_open(1, 2, how_far);
	init(&other, 0, 1);
	CHECK(ring->virtqueue_add_buf_single(d.vq, other.array, DMA_NONE,
					     &other, GFP_ATOMIC) == -EINVAL);
	ring->virtqueue_abort_buf(d.vq);
	drop(&open_one);
	drop(&other);
	expect_nothing();

	leave_open(1, 2, how_far);
	CHECK(ring->virtqueue_start_buf(d.vq, &other, SIZE + 1, 1, 0) ==
	      (config->indirect && !config->ctx ? 0 : -ENOSPC));
	ring->virtqueue_abort_buf(d.vq);
	drop(&open_one);
	expect_nothing();

	leave_open(1, 2, how_far);
	ring->__virtqueue_break(d.vq);
	CHECK(ring->virtqueue_start_buf(d.vq, &other, 1, 1, 0) == -EIO);
	ring->__virtqueue_unbreak(d.vq);
	ring->virtqueue_abort_buf(d.vq);
	drop(&open_one);
	expect_nothing();
	destroy();
}

/*
 * The queue is reset, replaced, or deleted.
 */

enum ending { RESET, RESIZE, DETACH, NR_ENDINGS };

static const char *const ending_name[] = {
	"reset", "resize", "detach_unused_buf",
};

static void recycle(struct virtqueue *vq, void *token)
{
	CHECK(token == &other);
	drop(&other);
	d.nr_recycled++;
}

static void do_ending(enum ending ending)
{
	void *token;

	switch (ending) {
	case RESET:
		CHECK(!ring->virtqueue_reset(d.vq, recycle, NULL));
		break;
	case RESIZE:
		CHECK(!ring->virtqueue_resize(d.vq, 2 * SIZE, recycle, NULL));
		break;
	default:
		while ((token = ring->virtqueue_detach_unused_buf(d.vq)))
			recycle(d.vq, token);
	}
}

/* One buffer is in the ring, and one is open. */
static void try_ending(const struct vring_config *config, enum ending ending,
		       enum how_far how_far)
{
	create(config);
	snprintf(doing, sizeof(doing), "open with %s, then %s",
		 how_far_name[how_far], ending_name[ending]);
	init(&other, 1, 1);
	CHECK(!buffer_add(&other, &d, BUFFER_SGS));
	leave_open(1, 2, how_far);
	account.warnings = 0;
	d.nr_recycled = 0;
	do_ending(ending);
	CHECK(d.nr_recycled == 1);
	CHECK(account.warnings == 1);
	drop(&open_one);
	CHECK(!account.mapped && d.vq->num_free == d.size);
	if (ending != DETACH) {
		expect_nothing();
		init(&other, 1, 2);
		CHECK(!buffer_add(&other, &d, BUFFER_PIECEWISE));
		round_trip(&other);
		expect_nothing();
	}
	test_destroy();
}

/* There is only the open buffer. */
static void try_delete(const struct vring_config *config, enum how_far how_far)
{
	create(config);
	snprintf(doing, sizeof(doing), "open with %s, then the queue is deleted",
		 how_far_name[how_far]);
	leave_open(1, 2, how_far);
	account.warnings = 0;
	vring_device_destroy(&d);
	CHECK(account.warnings == 1);
	CHECK(account.mapped == (config->dma && config->premapped ? 3 : 0));
	CHECK(!account.allocated && !account.wrong);
	/* The mappings of the driver are removed with the device. */
	account.mapped = 0;
	memset(account.mappings, 0, sizeof(account.mappings));
}

/*
 * Tables that are kept
 */

/* More buffers than tables, to detect a lost table. */
#define ROUNDS	40

static unsigned int free_tables;

static void keep_tables(void)
{
	static struct buffer one;

	init(&one, 1, 1);
	CHECK(!buffer_add(&one, &d, BUFFER_SGS));
	round_trip(&one);
	free_tables = vring_device_free_tables(&d);
	CHECK(free_tables);
}

static void expect_kept(void)
{
	CHECK(vring_device_free_tables(&d) == free_tables);
	CHECK(account.allocated == ring_allocated + vring_device_kept(&d));
	CHECK(!account.mapped);
	CHECK(vring_device_idle(&d));
}

/* The mapping of each piece fails in turn; a kept table is already mapped. */
static void try_kept_failures(const struct vring_config *config,
			      enum buffer_way way)
{
	unsigned int i, map, pieces = 3;

	if (!config->dma || config->premapped)
		return;
	for (map = 1; map <= pieces; map++) {
		create(config);
		keep_tables();
		snprintf(doing, sizeof(doing), "mapping %u fails, by %s", map,
			 buffer_way_name[way]);
		for (i = 0; i < ROUNDS; i++) {
			init(&other, 1, 2);
			inject_fail(&account.map, map);
			CHECK(buffer_add(&other, &d, way) == -ENOMEM);
			inject_fail(&account.map, 0);
			drop(&other);
			expect_kept();
		}
		destroy();
	}
}

static void try_kept_given_up(const struct vring_config *config)
{
	unsigned int i, round;

	create(config);
	keep_tables();
	for (round = 0; round < ROUNDS; round++) {
		snprintf(doing, sizeof(doing), "round %u of giving up", round);
		for (i = 0; i < NR_HOW_FAR; i++) {
			leave_open(1, 2, i);
			/* The failed piece has already released the buffer. */
			CHECK(vring_device_free_tables(&d) ==
			      free_tables - (i != FAILED));
			ring->virtqueue_abort_buf(d.vq);
			drop(&open_one);
			expect_kept();
		}
		leave_open(1, 2, NO_PIECE);
		CHECK(ring->virtqueue_end_buf(d.vq) == -EINVAL);
		drop(&open_one);
		expect_kept();
		leave_open(1, 2, FAILED);
		CHECK(ring->virtqueue_end_buf(d.vq) == -EINVAL);
		drop(&open_one);
		expect_kept();

		/* The next buffer uses the table of the open one. */
		leave_open(1, 2, ONE_PIECE);
		init(&other, 1, 1);
		CHECK(!buffer_add(&other, &d, BUFFER_SGS));
		drop(&open_one);
		CHECK(vring_device_free_tables(&d) == free_tables - 1);
		round_trip(&other);
		expect_kept();
	}
	destroy();
}

/*
 * All tests
 */

static void try_open(const struct vring_config *config, enum how_far how_far)
{
	unsigned int n, out, way, i;

	/* A table that is kept, one that is not, or none */
	for (i = 0; i < 2; i++) {
		unsigned int open_in = i ? MANY - 1 : 2;

		if (i && (!config->indirect || config->ctx))
			break;
		try_start(config, open_in, how_far);
		for (n = 1; n <= 3; n += 2) {
			for (out = 0; out <= n; out++) {
				buffer_init(&other, out, n - out, NULL);
				for (way = 0; way < NR_BUFFER_WAYS; way++)
					if (buffer_fits(&other, &d, way))
						try_other(config, open_in,
							  how_far, out,
							  n - out, way);
			}
		}
	}
	for (n = 1; n <= 3; n++) {
		try_full(config, n, how_far, BUFFER_SGS);
		try_full(config, n, how_far, BUFFER_SINGLE);
		try_full(config, n, how_far, BUFFER_PIECEWISE);
	}
	try_refused(config, how_far);
	for (n = 0; n < NR_ENDINGS; n++)
		try_ending(config, n, how_far);
	try_delete(config, how_far);
}

static void try_kept(const struct vring_config *config)
{
	static const enum buffer_way ways[] = {
		BUFFER_SGS, BUFFER_LISTS, BUFFER_PIECEWISE, BUFFER_ARRAY,
	};
	unsigned int i;

	if (!config->indirect || config->ctx)
		return;
	try_kept_given_up(config);
	for (i = 0; i < ARRAY_SIZE(ways); i++)
		try_kept_failures(config, ways[i]);
}

int main(int argc, char **argv)
{
	struct vring_config config;
	unsigned int n, how_far;

	if (argc > 1) {
		fprintf(stderr, "Usage: %s\n", argv[0]);
		return 2;
	}
	for (n = 0; test_config(&n, SIZE, &config);) {
		d.ops = ring;
		d.config = config;
		for (how_far = 0; how_far < NR_HOW_FAR; how_far++)
			try_open(&config, how_far);
		try_kept(&config);
	}
	printf("given_up: %lu checks, all as they should be\n", nr_checks);
	return 0;
}
