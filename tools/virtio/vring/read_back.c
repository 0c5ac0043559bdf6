// SPDX-License-Identifier: GPL-2.0
/*
 * Test that from start to end the ring reads nothing that the device can write.
 *
 * The device may write to descriptors at any time, including those of a buffer
 * that is not yet available.  A ring that reads one back, to clear NEXT in the
 * last one or to make the head available, publishes what the device has
 * written.
 *
 * The program gets a call for each load and each store of the ring, see
 * watch.h.  Every call that adds a buffer is tested in three ways:
 *
 * 1.  No load is from the descriptors, the available or the used part of the
 * ring, or from an indirect table that the device can write.  The same for
 * buffers that are aborted.
 *
 * 2.  The device overwrites every descriptor that was written so far, in the
 * ring and in the table: before each store, and between the calls.  The
 * published buffer is then compared with that for a device that does not do so.
 * Each of address, length, flags, id (or next) must be either the value of the
 * driver or the value of the device, but no mixture of both, which would show
 * that it was read back.
 *
 * 3.  The same, but the device stops before virtqueue_end_buf().  The second
 * word of a chain's last descriptor, in the ring or in a split table, and that
 * of the head of a packed chain, must be the value of the driver: it is stored
 * from private memory when the buffer is published.
 *
 * The other words are not checked: the device only sees what it has written
 * itself.  The entries of a packed table are all alike, so none is stored
 * again.  A table that is mapped for the device to read cannot be written by
 * the device, so it is not overwritten.
 *
 * With --base it is the base's ring, and its calls.  Before 7.3 (which has
 * in-order rings), the base cleared NEXT in memory: then only packed rings are
 * tested.
 */
#include <string.h>

#include "test.h"
#include "watch.h"

#define SIZE		8
#define PIECES		3
#define MANY		12	/* a table that is not kept */
#define PIECES_IN_TABLE	64

static const struct vring_ops *ring = &vring_series;
static struct buffer buf;
static unsigned long nr_adds, nr_loads, nr_stores, nr_scribbles;

/* A descriptor of either layout */
struct slot {
	u64 addr;
	u32 len;
	u16 third, fourth;		/* flags, next; or id, flags */
};

static bool watching;			/* the ring is adding a buffer */
static bool scribbling;			/* the device writes this: */
static const struct slot *scribble;
static bool in_ring[SIZE];		/* written so far */
static struct slot *table;		/* that the device can write */
static unsigned int table_slots;
static bool in_table[PIECES_IN_TABLE];	/* written so far */

/*
 * Where the device can write
 */

static bool within(const void *p, const void *start, size_t size)
{
	return p >= start && p < start + size;
}

static bool in_descriptors(const void *p)
{
	return within(p, d.desc_area, SIZE * sizeof(struct slot));
}

static size_t driver_len(void)
{
	return d.config.packed ? sizeof(struct vring_packed_desc_event) :
	       6 + 2 * SIZE;
}

static size_t device_len(void)
{
	return d.config.packed ? sizeof(struct vring_packed_desc_event) :
	       6 + 8 * SIZE;
}

static bool in_ring_memory(const void *p)
{
	return in_descriptors(p) || within(p, d.driver_area, driver_len()) ||
	       within(p, d.device_area, device_len());
}

/*
 * The table is the latest allocation.  Without mappings, the device can write
 * to it, but not to memory after its entries.  Otherwise the device can only
 * write to coherent memory.
 */
static void find_table(const void *p)
{
	const struct inject_mapping *map = account.mappings;

	if (!d.config.dma && account.latest) {
		table = account.latest;
		table_slots = buffer_total(&buf);
	}
	for (; d.config.dma && map < account.mappings + account.next; map++) {
		if (map->addr && map->coherent && within(p, map->cpu, map->len)) {
			table = map->cpu;
			table_slots = map->len / sizeof(struct slot);
		}
	}
}

static bool in_a_table(const void *p)
{
	if (!table && !in_ring_memory(p))
		find_table(p);
	return table && within(p, table, table_slots * sizeof(struct slot));
}

/*
 * The device
 */

static u16 avail_idx_before;

static bool published(void)
{
	const struct vring_avail *avail = d.driver_area;
	const struct vring_packed_desc *desc = d.desc_area;
	u16 flags;

	if (!d.config.packed)
		return avail->idx != avail_idx_before;
	flags = le16_to_cpu(desc[d.avail.pos].flags);
	return !!(flags & BIT(VRING_PACKED_DESC_F_AVAIL)) == d.avail.wrap &&
	       !!(flags & BIT(VRING_PACKED_DESC_F_USED)) != d.avail.wrap;
}

/* The device must not change the bits that make a packed head available. */
static struct slot unpublished(struct slot s, unsigned int i)
{
	const u16 bits = BIT(VRING_PACKED_DESC_F_AVAIL) |
			 BIT(VRING_PACKED_DESC_F_USED);

	if (d.config.packed && i == d.avail.pos)
		s.fourth = (s.fourth & ~bits) | (d.avail.wrap ? 0 : bits);
	return s;
}

static void do_scribble(void)
{
	struct slot *slots = d.desc_area;
	unsigned int i;

	if (!scribbling || published())
		return;
	for (i = 0; i < SIZE; i++)
		if (in_ring[i])
			slots[i] = unpublished(*scribble, i);
	for (i = 0; i < PIECES_IN_TABLE; i++)
		if (in_table[i])
			table[i] = *scribble;
	nr_scribbles++;
}

/*
 * Before each load and each store of the ring
 */

static bool completing;			/* the driver gets a buffer */

static void on_load(const void *p, const void *where)
{
	if (!watching && !completing)
		return;
	nr_loads++;
	/* It must read what the device has used. */
	if (completing && !in_a_table(p) &&
	    (d.config.packed || !in_descriptors(p)))
		return;
	if (!in_ring_memory(p) && !in_a_table(p))
		return;
	fprintf(stderr, "%p is read at %p, see addr2line\n", p, where);
	check_failed(__FILE__, __LINE__, "nothing is read back");
}

static void on_store(const void *p)
{
	unsigned int i;

	if (!watching)
		return;
	nr_stores++;
	do_scribble();
	if (in_descriptors(p)) {
		in_ring[(p - d.desc_area) / sizeof(struct slot)] = true;
	} else if (in_a_table(p)) {
		i = (p - (void *)table) / sizeof(struct slot);
		CHECK(i < PIECES_IN_TABLE);
		in_table[i] = true;
	}
}

/*
 * The driver
 */

static void forget(void)
{
	memset(in_ring, 0, sizeof(in_ring));
	memset(in_table, 0, sizeof(in_table));
	table = NULL;
}

static void round_trip(void)
{
	u32 len;

	CHECK(vring_device_take(&d));
	CHECK(buffer_is_chain(&buf, &d.chain));
	vring_device_complete(&d, d.chain.id, buffer_in_len(&buf));
	CHECK(ring->virtqueue_get_buf(d.vq, &len) == &buf);
}

static void init(unsigned int out, unsigned int in)
{
	unsigned int i;

	buffer_init(&buf, out, in, NULL);
	for (i = 0; i < out + in; i++)
		buf.piece[i].kind = (i + out) % NR_BUFFER_KINDS;
	if (d.config.premapped)
		CHECK(buffer_map(&buf, &d));
}

static void drop(void)
{
	if (d.config.premapped)
		buffer_unmap(&buf, &d);
}

/* Every ring is the same as the previous one, including DMA addresses. */
static void create(const struct vring_config *config, unsigned int turns)
{
	account.next = 0;
	test_create(ring, config);
	while (turns--) {
		init(0, 1);
		CHECK(!buffer_add(&buf, &d, BUFFER_SGS));
		round_trip();
		drop();
	}
	vring_device_keep_nothing(&d);
	account.latest = NULL;
	forget();
}

static int add(enum buffer_way way)
{
	const struct vring_avail *avail = d.driver_area;
	int err;

	if (!d.config.packed)
		avail_idx_before = avail->idx;
	watching = true;
	err = buffer_add(&buf, &d, way);
	watching = false;
	nr_adds++;
	return err;
}

/*
 * What is published
 */

static struct slot honest_ring[SIZE], honest_table[PIECES_IN_TABLE];
static bool of_ring[SIZE], of_table[PIECES_IN_TABLE];
static unsigned int head, last, last_in_table;	/* slots of the buffer */

/* Without a device that writes: everything must be correct. */
static void run_honest(enum buffer_way way)
{
	unsigned int i;
	u32 len;

	CHECK(!add(way));
	memcpy(of_ring, in_ring, sizeof(in_ring));
	memcpy(of_table, in_table, sizeof(in_table));
	memcpy(honest_ring, d.desc_area, sizeof(honest_ring));
	for (i = 0; i < PIECES_IN_TABLE; i++) {
		if (!of_table[i])
			continue;
		honest_table[i] = table[i];
		last_in_table = i;
	}

	head = d.avail.pos;
	CHECK(vring_device_take(&d));
	CHECK(buffer_is_chain(&buf, &d.chain));
	if (d.config.packed) {
		last = (head + d.chain.nr_desc - 1) % SIZE;
	} else {
		head = d.chain.id;
		for (last = head; honest_ring[last].third & VRING_DESC_F_NEXT; )
			last = honest_ring[last].fourth;
	}
	/* The descriptors to overwrite were found. */
	CHECK(of_ring[head] && of_ring[last]);
	CHECK(!d.chain.indirect || d.config.dma ||
	      (of_table[0] && last_in_table == buffer_total(&buf) - 1));

	vring_device_complete(&d, d.chain.id, buffer_in_len(&buf));
	completing = ring == &vring_series;
	CHECK(ring->virtqueue_get_buf(d.vq, &len) == &buf);
	completing = false;
	drop();
	test_destroy();
}

static bool is_one_of(u64 is, u64 honest, u64 written)
{
	return is == honest || is == written;
}

static void expect_no_mixture(const struct slot *is, const struct slot *honest,
			      const struct slot *written, bool is_table)
{
	/* The table is at another address. */
	CHECK(is_table || is_one_of(is->addr, honest->addr, written->addr));
	CHECK(is_one_of(is->len, honest->len, written->len));
	CHECK(is_one_of(is->third, honest->third, written->third));
	CHECK(is_one_of(is->fourth, honest->fourth, written->fourth));
}

static void expect_right(const struct slot *is, const struct slot *honest)
{
	CHECK(is->len == honest->len);
	CHECK(is->third == honest->third);
	CHECK(is->fourth == honest->fourth);
}

static void expect_published(bool stored_anew)
{
	const struct slot *is = d.desc_area;
	struct slot written;
	unsigned int i;
	u16 flags;

	CHECK(published());
	flags = d.config.packed ? honest_ring[head].fourth :
				  honest_ring[head].third;
	for (i = 0; i < SIZE; i++) {
		CHECK(of_ring[i] == in_ring[i]);
		written = unpublished(*scribble, i);
		if (of_ring[i])
			expect_no_mixture(&is[i], &honest_ring[i], &written,
					  flags & VRING_DESC_F_INDIRECT);
	}
	for (i = 0; i < PIECES_IN_TABLE; i++) {
		CHECK(of_table[i] == in_table[i]);
		if (of_table[i])
			expect_no_mixture(&table[i], &honest_table[i], scribble,
					  false);
	}
	if (d.config.packed)
		CHECK(is[head].fourth == honest_ring[head].fourth);
	if (!stored_anew)
		return;
	expect_right(&is[last], &honest_ring[last]);
	if (d.config.packed)
		expect_right(&is[head], &honest_ring[head]);
	else if (of_table[last_in_table])
		expect_right(&table[last_in_table], &honest_table[last_in_table]);
}

/* Undo everything that the device did, for a ring that trusts it. */
static void restore(void)
{
	struct slot *slots = d.desc_area;
	unsigned int i;

	for (i = 0; i < SIZE; i++) {
		if (!of_ring[i])
			continue;
		slots[i].len = honest_ring[i].len;
		slots[i].third = honest_ring[i].third;
		slots[i].fourth = honest_ring[i].fourth;
	}
	for (i = 0; i < PIECES_IN_TABLE; i++)
		if (of_table[i])
			table[i] = honest_table[i];
}

static unsigned int calls_left;		/* until the buffer is ended */
static bool stop_before_end;

static void between(void)
{
	do_scribble();
	if (!calls_left-- && stop_before_end)
		scribbling = false;
}

/* @stop: the device does not overwrite what is stored at the end. */
static void run_scribbled(enum buffer_way way, bool stop)
{
	stop_before_end = stop;
	calls_left = way == BUFFER_LISTS ? buf.out_lists + buf.in_lists :
		     way == BUFFER_BVECS ? 2 : buffer_total(&buf);
	buf.between = between;
	scribbling = true;
	CHECK(!add(way));
	scribbling = false;
	expect_published(stop);
	if (ring != &vring_series)
		restore();
	CHECK(ring->virtqueue_detach_unused_buf(d.vq) == &buf);
	drop();
	test_destroy();
}

static void try_buffer(const struct vring_config *config, unsigned int turns,
		       unsigned int out, unsigned int in, enum buffer_way way)
{
	static const struct slot patterns[] = {
		{ ~0ULL, ~0U, 0xffff, 0xffff },
		{ 0x123456789abcd000, 0, 0, 0 },
	};
	bool piecewise = buffer_way_starts(way);
	unsigned int i, stop;

	snprintf(doing, sizeof(doing), "%u + %u pieces by %s after %u", out, in,
		 buffer_way_name[way], turns);
	create(config, turns);
	init(out, in);
	run_honest(way);
	for (i = 0; i < ARRAY_SIZE(patterns); i++) {
		for (stop = 0; stop <= piecewise; stop++) {
			snprintf(doing, sizeof(doing),
				 "%u + %u pieces by %s after %u, the device writes %#x%s",
				 out, in, buffer_way_name[way], turns,
				 patterns[i].len, stop ? " until end" : "");
			create(config, turns);
			init(out, in);
			scribble = &patterns[i];
			run_scribbled(way, stop);
		}
	}
}

/*
 * Buffers that are aborted
 */

static void abort_after(unsigned int pieces)
{
	unsigned int i;

	watching = true;
	CHECK(!ring->virtqueue_start_buf(d.vq, &buf, 3, 3, GFP_ATOMIC));
	for (i = 0; i < pieces; i++)
		buffer_add_piece(&buf, &d, i, buffer_dir(&buf, i));
	ring->virtqueue_abort_buf(d.vq);
	watching = false;
	CHECK(vring_device_idle(&d));
}

static void try_given_up(const struct vring_config *config, unsigned int turns)
{
	unsigned int i, n = config->premapped ? 1 : 4;
	enum buffer_way way;

	create(config, turns);
	for (i = 0; i <= 3; i++) {
		snprintf(doing, sizeof(doing), "given up after %u pieces", i);
		init(1, 2);
		vring_device_keep_nothing(&d);
		account.latest = NULL;
		forget();
		abort_after(i);
		drop();
	}
	for (way = 0; config->dma && way < NR_BUFFER_WAYS; way++) {
		buffer_init(&buf, 1, 2, NULL);
		if (!buffer_fits(&buf, &d, way))
			continue;
		for (i = 1; i <= n; i++) {
			snprintf(doing, sizeof(doing), "mapping %u fails, by %s",
				 i, buffer_way_name[way]);
			init(1, 2);
			vring_device_keep_nothing(&d);
			forget();
			inject_fail(&account.map, i);
			if (!add(way))	/* it has no table to map */
				round_trip();
			inject_fail(&account.map, 0);
			CHECK(vring_device_idle(&d));
			drop();
		}
	}
	test_destroy();
}

/*
 * All tests
 */

static void try_config(const struct vring_config *config, unsigned int turns)
{
	unsigned int n, out, way;

	d.ops = ring;
	d.config = *config;
	for (n = 1; n <= MANY; n += n == PIECES ? MANY - PIECES : 1) {
		if (n == MANY && (!config->indirect || config->ctx))
			break;
		for (out = 0; out <= n; out += n == MANY ? MANY / 2 : 1) {
			for (way = 0; way < NR_BUFFER_WAYS; way++) {
				buffer_init(&buf, out, n - out, NULL);
				if (buffer_fits(&buf, &d, way))
					try_buffer(config, turns, out, n - out,
						   way);
			}
		}
	}
	if (ring == &vring_series)
		try_given_up(config, turns);
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
	for (n = 0; test_config(&n, SIZE, &config);) {
		if (ring != &vring_series && !config.packed && !VRING_IN_ORDER)
			continue;
		try_config(&config, 0);
		if (config.packed)	/* across the end of the ring */
			try_config(&config, SIZE - 2);
	}
	/* It was compiled for this. */
	CHECK(nr_loads > nr_adds && nr_stores > nr_adds);
	printf("read_back: %s: %lu adds, %lu loads, %lu stores, ", ring->name,
	       nr_adds, nr_loads, nr_stores);
	printf("%lu times overwritten, %lu checks, all as they should be\n",
	       nr_scribbles, nr_checks);
	return 0;
}
