// SPDX-License-Identifier: GPL-2.0
/*
 * Regression tests for bugs that the ring once had.
 *
 * Each bug has a test that triggers it.  With --base, the tests run on the ring
 * of the base, and must fail for bugs that it still has: this shows that the
 * tests work.  Each runs in a child process, which may crash or hang.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffer.h"
#include "inject.h"

#define NR_BUFFERS	16

static const struct vring_ops *ring = &vring_series;
static struct vring_device d;
static struct inject account;
static struct buffer buffers[NR_BUFFERS];

#define CHECK(condition) do {						\
	if (!(condition))						\
		fail(__LINE__, #condition);				\
} while (0)

static void __noreturn fail(int line, const char *condition)
{
	fprintf(stderr, "  %s: line %d: not so: %s\n",
		vring_config_name(&d.config), line, condition);
	if (d.wrong || account.wrong)
		fprintf(stderr, "  device: %s; memory and DMA: %s\n",
			d.wrong ?: "-", account.wrong ?: "-");
	_exit(1);
}

/*
 * Steps
 */

static void create(const struct vring_config *config)
{
	CHECK(!vring_device_create(&d, ring, config));
}

static void destroy(void)
{
	vring_device_destroy(&d);
	CHECK(!inject_holds(&account));
	CHECK(!account.wrong && !d.wrong);
}

static int add(struct buffer *b, unsigned int out, unsigned int in)
{
	buffer_init(b, out, in, NULL);
	if (d.config.premapped)
		CHECK(buffer_map(b, &d));
	return buffer_add(b, &d, BUFFER_SGS);
}

/* The device takes this buffer.  Returns the id to complete it with */
static u16 take(const struct buffer *b)
{
	CHECK(vring_device_take(&d));
	CHECK(buffer_is_chain(b, &d.chain));
	return d.chain.id;
}

static void get(struct buffer *b, unsigned int wanted_len)
{
	unsigned int len = ~0;

	CHECK(ring->virtqueue_get_buf(d.vq, &len) == b);
	CHECK(len == wanted_len);
	if (d.config.premapped)
		buffer_unmap(b, &d);
}

static void round_trip(unsigned int out, unsigned int in)
{
	struct buffer *b = &buffers[0];

	CHECK(!add(b, out, in));
	vring_device_complete(&d, take(b), buffer_in_len(b));
	get(b, buffer_in_len(b));
}

/* Advance by @position descriptors, to test both wrap counters */
static void go_to(unsigned int position)
{
	while (position--)
		round_trip(0, 1);
}

static void expect_as_new(void)
{
	CHECK(!vring_device_take(&d));
	CHECK(vring_device_idle(&d));
	CHECK(d.vq->num_free == d.size);
	CHECK(!account.mapped && !account.wrong && !d.wrong);
}

/* All rings that matter for the test, with 8 descriptors each */
static bool next_config(struct vring_config *c, unsigned int n)
{
	*c = (struct vring_config) {
		.size = 8, .packed = n & 1, .indirect = n & 2, .dma = n & 4,
		.in_order = n & 8,
	};
	return n < 16 && vring_config_exists(c);
}

/*
 * The bugs
 */

/*
 * A mapping fails at the third piece.  The packed descriptors after the head
 * kept their AVAIL bits, and a shorter buffer at this head exposed them.
 */
static void stale_packed_flags(void)
{
	unsigned int pos;

	for (pos = 0; pos < 16; pos++) {
		create(&(struct vring_config){
			.size = 8, .packed = true, .dma = true });
		go_to(pos);
		inject_fail(&account.map, 3);
		CHECK(add(&buffers[1], 2, 2));
		inject_fail(&account.map, 0);
		expect_as_new();
		CHECK(!add(&buffers[0], 0, 1));
		vring_device_complete(&d, take(&buffers[0]), 1);
		CHECK(!vring_device_take(&d));
		get(&buffers[0], 1);
		expect_as_new();
		destroy();
	}
}

#if VRING_PREMAPPED
/* The driver unmaps its pieces, but the ring must unmap the table. */
static void premapped_table_leaks(void)
{
	struct buffer *b = &buffers[0];
	unsigned int packed;

	for (packed = 0; packed < 2; packed++) {
		create(&(struct vring_config){
			.size = 8, .packed = packed, .indirect = true,
			.dma = true, .premapped = true });
		CHECK(!add(b, 1, 2));
		CHECK(account.mapped == 3 + 1);
		vring_device_complete(&d, take(b), 0);
		CHECK(d.chain.indirect);
		CHECK(ring->virtqueue_get_buf(d.vq, &(unsigned int){ 0 }) == b);
		CHECK(account.mapped == 3);
		buffer_unmap(b, &d);
		expect_as_new();
		destroy();
	}
}
#endif

/* A piece must be unmapped with the direction of its map, on every path. */
static void wrong_direction(void)
{
	struct vring_config config;
	unsigned int n, nth;

	for (n = 0; next_config(&config, n); n++) {
		create(&config);
		round_trip(1, 0);
		round_trip(2, 2);
		for (nth = 1; config.dma && nth <= 4; nth++) {
			inject_fail_from(&account.map, nth);
			CHECK(add(&buffers[1], 3, 1));
			inject_fail(&account.map, 0);
			expect_as_new();
		}
		CHECK(!add(&buffers[0], 3, 2));
		CHECK(ring->virtqueue_detach_unused_buf(d.vq) == &buffers[0]);
		CHECK(!account.mapped);
		destroy();
	}
}

/* Without memory for a table, a packed ring must use its own descriptors. */
static void no_memory_for_packed_table(void)
{
	unsigned int dma, pos;

	for (dma = 0; dma < 2; dma++) {
		for (pos = 0; pos < 16; pos++) {
			create(&(struct vring_config){
				.size = 8, .packed = true, .indirect = true,
				.dma = dma });
			go_to(pos);
			inject_fail(&account.alloc, 1);
			CHECK(!add(&buffers[0], 3, 2));
			CHECK(d.vq->num_free == 3);
			inject_fail(&account.alloc, 1);
			CHECK(add(&buffers[1], 3, 1) == -ENOSPC);
			inject_fail(&account.alloc, 0);
			vring_device_complete(&d, take(&buffers[0]), 7);
			CHECK(!d.chain.indirect);
			get(&buffers[0], 7);
			expect_as_new();
			destroy();
		}
	}
}

/* The device overwrites all descriptors, except their flags. */
static void rewrite_addresses(void)
{
	struct vring_desc *split = d.desc_area;
	struct vring_packed_desc *packed = d.desc_area;
	unsigned int i;

	for (i = 0; i < d.size; i++) {
		if (d.config.packed) {
			packed[i].addr ^= cpu_to_le64(0x123456000);
			packed[i].len ^= cpu_to_le32(0xffff);
		} else {
			split[i].addr ^= cpu_to_virtio64(&d.vdev, 0x123456000);
			split[i].len ^= cpu_to_virtio32(&d.vdev, 0xffff);
		}
	}
}

/* Unmapping must use the private records, not the descriptors. */
static void rewritten_addresses(void)
{
	struct buffer *b = &buffers[0];
	unsigned int i, n;
	struct vring_config config;

	for (n = 0; next_config(&config, n); n++) {
		if (!config.dma)
			continue;
		create(&config);
		CHECK(!add(b, 2, 2));
		take(b);
		rewrite_addresses();
		vring_device_complete(&d, d.chain.id, 0);
		get(b, 0);
		expect_as_new();
		if (ring->virtqueue_start_buf) {
			CHECK(!virtqueue_start_buf(d.vq, b, 4, 4, GFP_ATOMIC));
			for (i = 0; i < 3; i++)
				buffer_add_piece(b, &d, i, buffer_dir(b, i));
			rewrite_addresses();
			inject_fail(&account.map, 1);
			buffer_add_piece(b, &d, 3, DMA_FROM_DEVICE);
			inject_fail(&account.map, 0);
			CHECK(virtqueue_end_buf(d.vq) == -ENOMEM);
			CHECK(!account.mapped && !account.wrong);
		}
		destroy();
	}
}

/*
 * The device reports more written bytes than there was room for.  The ring of
 * 6.12 does not check this: it passes the length to the driver and stays
 * intact.
 */
static void used_length_too_large(void)
{
	struct vring_config config;
	unsigned int n;

	for (n = 0; next_config(&config, n); n++) {
		create(&config);
		CHECK(!add(&buffers[0], 1, 2));
		vring_device_complete(&d, take(&buffers[0]), ~0U);
		get(&buffers[0], ~0U);
		CHECK(!ring->virtqueue_is_broken(d.vq));
		expect_as_new();
		round_trip(1, 2);
		destroy();
	}
}

/* Each allocation fails once: the queue is unchanged, and stays listed. */
static void resize_listed(void)
{
	unsigned int nth;

	for (nth = 1; ; nth++) {
		inject_fail(&account.alloc, nth);
		if (!ring->virtqueue_resize(d.vq, 4, vring_device_recycle, NULL))
			break;
		CHECK(!list_empty(&d.vdev.vqs) && d.size == 8);
		round_trip(1, 2);
	}
	CHECK(nth > 3 - !d.config.packed && d.size == 4);
}

/*
 * A queue was already in the device's list when its last allocation failed;
 * walking the list then accessed freed memory.
 */
static void listed_and_freed(void)
{
	struct vring_config config;
	unsigned int n, nth;

	for (n = 0; next_config(&config, n); n++) {
		for (nth = 1; ; nth++) {
			inject_fail(&account.alloc, nth);
			if (!vring_device_create(&d, ring, &config))
				break;
			CHECK(list_empty(&d.vdev.vqs));
			ring->virtio_break_device(&d.vdev);
			CHECK(!inject_holds(&account));
		}
		CHECK(nth > 3);
		/* In this case a reset fails, see in_order_after_reset(). */
		if (!config.in_order)
			resize_listed();
		inject_fail(&account.alloc, 0);
		ring->virtio_break_device(&d.vdev);
		ring->__virtio_unbreak_device(&d.vdev);
		round_trip(1, 2);
		destroy();
	}
}

/*
 * All buffers are detached in the middle of a lap, the queue is reset, and
 * other buffers are added.  The driver continued at the old position, with the
 * old wrap counters, while the device started over.
 */
static void detach_and_add(const struct vring_config *config, unsigned int pos)
{
	unsigned int i;

	create(config);
	go_to(pos);
	for (i = 0; i < 5; i++)
		CHECK(!add(&buffers[i], 0, 1));
	take(&buffers[0]);
	for (i = 0; i < 5; i++)
		CHECK(ring->virtqueue_detach_unused_buf(d.vq));
	CHECK(!ring->virtqueue_detach_unused_buf(d.vq));
	CHECK(d.vq->num_free == d.size && !account.mapped);
	CHECK(!ring->virtqueue_reset(d.vq, vring_device_recycle, NULL));
	CHECK(ring->vring_notification_data(d.vq) >> 16 ==
	      (config->packed ? 0x8000 : 0));
	expect_as_new();
	for (i = 0; i < 16; i++)
		round_trip(1, 2);
	expect_as_new();
	destroy();
}

static void detached_and_added(void)
{
	struct vring_config config;
	unsigned int n, pos;

	for (n = 0; next_config(&config, n); n++)
		for (pos = 0; pos < 16 && !config.in_order; pos++)
			detach_and_add(&config, pos);
}

#if VRING_IN_ORDER
/* A reset kept the position of an in-order ring; the next buffer broke it. */
static void in_order_after_reset(void)
{
	struct vring_config config;
	unsigned int n, pos;

	for (n = 0; next_config(&config, n); n++)
		for (pos = 0; pos < 16 && config.in_order; pos++)
			detach_and_add(&config, pos);
}

/*
 * The driver gets a part of a batch, and enables callbacks.  It was told that
 * nothing is left, because the device has only written the first descriptor.
 */
static void rest_of_a_batch(void)
{
	struct vring_config config;
	unsigned int n, i;
	u16 ids[4];

	for (n = 0; next_config(&config, n); n++) {
		if (!config.in_order)
			continue;
		create(&config);
		for (i = 0; i < 4; i++) {
			CHECK(!add(&buffers[i], 0, 1));
			ids[i] = take(&buffers[i]);
		}
		vring_device_complete_batch(&d, ids, 4, 1);
		for (i = 0; i < 4; i++) {
			ring->virtqueue_disable_cb(d.vq);
			CHECK(!ring->virtqueue_enable_cb(d.vq));
			ring->virtqueue_disable_cb(d.vq);
			CHECK(!ring->virtqueue_enable_cb_delayed(d.vq));
			get(&buffers[i], 1);
		}
		CHECK(ring->virtqueue_enable_cb(d.vq));
		expect_as_new();
		destroy();
	}
}
#endif

/*
 * swiotlb is full.  This must be distinguished from a broken device, so that
 * the driver tries again.  Packed rings returned -EIO, and virtio-blk requests
 * failed.
 */
static void full_swiotlb_is_no_io_error(void)
{
	struct vring_config config;
	unsigned int n, nth;

	for (n = 0; next_config(&config, n); n++) {
		if (!config.dma)
			continue;
		create(&config);
		for (nth = 1; nth <= 3; nth++) {
			inject_fail_from(&account.map, nth);
			CHECK(add(&buffers[0], 2, 1) == -ENOMEM);
			expect_as_new();
		}
		inject_fail_from(&account.map, 1);
		CHECK(add(&buffers[0], 0, 1) == -ENOMEM);
		inject_fail(&account.map, 0);
		expect_as_new();
		round_trip(2, 1);
		destroy();
	}
}

/* Chains of @len from @pos on, completed before enable_cb_delayed. */
static void race_delayed(unsigned int pos, unsigned int len, bool race)
{
	unsigned int i, n = 15 / len;
	u16 ids[NR_BUFFERS];

	create(&(struct vring_config){
		.size = 15, .packed = true, .event = true });
	go_to(pos);
	ring->virtqueue_disable_cb(d.vq);
	for (i = 0; i < n; i++) {
		CHECK(!add(&buffers[i], len, 0));
		ids[i] = take(&buffers[i]);
	}
	vring_device_must_call(&d);
	if (!race)
		CHECK(ring->virtqueue_enable_cb_delayed(d.vq));
	for (i = 0; i < n; i++)
		vring_device_complete(&d, ids[i], 0);
	if (race)
		CHECK(!ring->virtqueue_enable_cb_delayed(d.vq));
	else
		CHECK(vring_device_must_call(&d));
	for (i = 0; i < n; i++)
		get(&buffers[i], 0);
	expect_as_new();
	destroy();
}

/*
 * To detect the race, the driver checked the descriptor of the event, which the
 * device does not write if it is in the middle of a chain: no callback
 * occurred.
 */
static void lost_callback_of_chains(void)
{
	unsigned int pos, len;

	for (pos = 0; pos < 30; pos++) {
		for (len = 1; len <= 5; len++) {
			race_delayed(pos, len, true);
			race_delayed(pos, len, false);
		}
	}
}

/*
 * Drivers notify without their lock: between kick_prepare and notify, other
 * threads add and get buffers.  Notify must not use state that they change.
 */
static void kick_outside_the_lock(void)
{
	struct vring_config config;
	unsigned int n;
	u32 before;

	for (n = 0; next_config(&config, n); n++) {
		config.event = true;
		create(&config);
		vring_device_notify_at(&d, 0);
		CHECK(!add(&buffers[0], 1, 1));
		CHECK(ring->virtqueue_kick_prepare(d.vq));
		vring_device_complete(&d, take(&buffers[0]), 0);
		get(&buffers[0], 0);
		CHECK(!add(&buffers[1], 1, 0));
		/* The event has passed: no notification is needed. */
		CHECK(!ring->virtqueue_kick_prepare(d.vq));

		before = ring->vring_notification_data(d.vq);
		CHECK(ring->virtqueue_notify(d.vq) && d.notified == 1);
		CHECK(ring->vring_notification_data(d.vq) == before);
		vring_device_notify_at(&d, 1);
		CHECK(!add(&buffers[2], 1, 0));
		CHECK(ring->virtqueue_kick(d.vq) && d.notified == 2);
		vring_device_complete(&d, take(&buffers[1]), 0);
		vring_device_complete(&d, take(&buffers[2]), 0);
		get(&buffers[1], 0);
		get(&buffers[2], 0);
		expect_as_new();
		destroy();
	}
}

/*
 * The device sets NEXT on the last descriptor of a chain.  The completion
 * followed it, and freed descriptors that were already free.
 */
static void next_of_the_device(void)
{
	struct vring_desc *desc;
	unsigned int dma;

	for (dma = 0; dma < 2; dma++) {
		create(&(struct vring_config){ .size = 8, .dma = dma });
		CHECK(!add(&buffers[0], 1, 1));
		take(&buffers[0]);
		desc = d.desc_area;
		desc[1].flags |= cpu_to_virtio16(&d.vdev, VRING_DESC_F_NEXT);
		vring_device_complete(&d, d.chain.id, 0);
		get(&buffers[0], 0);
		CHECK(d.vq->num_free == d.size);
		expect_as_new();
		destroy();
	}
}

/* A buffer in a packed table ended the use of the ring twice: BUG_ON(). */
static void debug_build_asserts(void)
{
	unsigned int i;

	create(&(struct vring_config){
		.size = 2, .packed = true, .indirect = true });
	for (i = 0; i < 2; i++)
		CHECK(!add(&buffers[i], 2, 1));
	CHECK(add(&buffers[2], 2, 1) == -ENOSPC);
	for (i = 0; i < 2; i++) {
		vring_device_complete(&d, take(&buffers[i]), 0);
		get(&buffers[i], 0);
	}
	destroy();
}

/*
 * All tests
 */

#ifdef SERIES_DEBUG
#define SERIES_HAS_DEBUG	true
#else
#define SERIES_HAS_DEBUG	false
#endif
#ifdef BASE_DEBUG
#define BASE_HAS_DEBUG		true
#else
#define BASE_HAS_DEBUG		false
#endif

static const struct {
	const char *name;
	void (*test)(void);
	bool in_base;			/* the base has this bug */
	bool debug;			/* shows in a DEBUG build only */
} faults[] = {
	{ "(a) NEXT flag of the device followed at completion",
	  next_of_the_device, .in_base = true },
	{ "(b) use of a packed ring ended twice, with a table",
	  debug_build_asserts, .in_base = true, .debug = true },
	{ "(c) swiotlb full is -EIO", full_swiotlb_is_no_io_error,
	  .in_base = true },
	{ "(d) stale packed flags after a failed mapping", stale_packed_flags },
#if VRING_PREMAPPED
	{ "table of a premapped buffer not unmapped", premapped_table_leaks },
#endif
	{ "unmapped in the wrong direction", wrong_direction },
	{ "no memory for the table, packed", no_memory_for_packed_table },
	{ "unmapped an address that the device rewrote", rewritten_addresses },
	{ "used length larger than the buffer", used_length_too_large },
	{ "queue listed, then freed", listed_and_freed },
	{ "detached all, then added others", detached_and_added },
#if VRING_IN_ORDER
	{ "in-order ring goes on after a reset", in_order_after_reset,
	  .in_base = true },
	{ "rest of an in-order batch not seen", rest_of_a_batch,
	  .in_base = true },
#endif
	{ "callback lost with chains and a delayed event",
	  lost_callback_of_chains },
	{ "kick outside of the lock", kick_outside_the_lock },
};

static bool passes(void (*test)(void))
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		alarm(60);
		inject = &account;
		test();
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child) {
		perror("past");
		exit(2);
	}
	if (WIFSIGNALED(status))
		fprintf(stderr, "  %s\n", strsignal(WTERMSIG(status)));
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* @base: it is the base's ring. */
static unsigned int run(bool base)
{
	bool has_debug = base ? BASE_HAS_DEBUG : SERIES_HAS_DEBUG;
	unsigned int i, surprises = 0;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		bool ok, should = !base || !faults[i].in_base;

		/* In a DEBUG build of the base, all others would end in (b). */
		if (faults[i].debug ? !has_debug : base && has_debug) {
			printf("%s: %-52s needs %s DEBUG build\n", ring->name,
			       faults[i].name, has_debug ? "no" : "a");
			continue;
		}
		ok = passes(faults[i].test);
		printf("%s: %-52s %s%s\n", ring->name, faults[i].name,
		       ok ? "ok" : "FAIL",
		       should ? "" : " (the base has this fault)");
		surprises += ok != should;
	}
	return surprises;
}

static int usage(const char *name)
{
#ifdef HAVE_BASE_RING
	fprintf(stderr, "Usage: %s [--base]\n", name);
#else
	fprintf(stderr, "Usage: %s\n", name);
#endif
	return 2;
}

int main(int argc, char **argv)
{
	unsigned int surprises;
	bool base = false;

#ifdef HAVE_BASE_RING
	if (argc == 2 && !strcmp(argv[1], "--base")) {
		base = true;
		ring = &vring_base;
		argc--;
	}
#endif
	if (argc > 1)
		return usage(argv[0]);
	surprises = run(base);
	printf("past: %zu faults, %u not as they should be\n",
	       ARRAY_SIZE(faults), surprises);
	return !!surprises;
}
