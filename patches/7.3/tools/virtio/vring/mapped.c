// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that the driver has mapped or that needs special DMA attributes, and
 * virtqueues whose device does not use the DMA API, but its own calls (struct
 * virtio_map_ops).  On every layout, and on both rings.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "inject.h"

#define RING_SIZE	8
#define PIECES		3

static struct vring_device d;
static struct inject account;
static char memory[PIECES][64];
static unsigned long nr_checks;
static const char *doing;

#define CHECK(condition) do {						\
	nr_checks++;							\
	if (!(condition))						\
		fail(__LINE__, #condition);				\
} while (0)

static void fail(int line, const char *condition)
{
	fprintf(stderr, "mapped: %s %s, %s: line %d: not so: %s\n", d.ops->name,
		vring_config_name(&d.config), doing, line, condition);
	if (d.wrong)
		fprintf(stderr, "the device: %s\n", d.wrong);
	if (account.wrong)
		fprintf(stderr, "memory and DMA: %s\n", account.wrong);
	exit(1);
}

/* The calls of one ring.  What the base does not have is NULL. */
static const struct calls {
	const struct vring_ops *ops;
	typeof(vring_create_virtqueue_map) *create;
	typeof(virtqueue_add_outbuf_premapped) *outbuf_premapped;
	typeof(virtqueue_add_inbuf_premapped) *inbuf_premapped;
	typeof(virtqueue_add_inbuf_cache_clean) *inbuf_cache_clean;
	typeof(virtqueue_add_buf_mapped) *buf_mapped;
	typeof(virtqueue_add_buf_linear_cache_clean) *linear_cache_clean;
} series = {
	&vring_series, vring_create_virtqueue_map,
	virtqueue_add_outbuf_premapped, virtqueue_add_inbuf_premapped,
	virtqueue_add_inbuf_cache_clean, virtqueue_add_buf_mapped,
	virtqueue_add_buf_linear_cache_clean,
};

#ifdef HAVE_BASE_RING
static const struct calls base = {
	&vring_base, base_vring_create_virtqueue_map,
	base_virtqueue_add_outbuf_premapped, base_virtqueue_add_inbuf_premapped,
	base_virtqueue_add_inbuf_cache_clean,
};
#endif

static const struct calls *ring;

/*
 * A device with its own mapping calls
 */

#define MAP_LIMIT	0x1234

static union virtio_map map = { .group = (void *)memory };
static unsigned long map_attrs;		/* of the last mapping */
static unsigned int nr_attrs;		/* mappings with attributes */
static unsigned int nr_synced;

static void check_map(union virtio_map given)
{
	CHECK(given.group == map.group);
}

static dma_addr_t map_page(union virtio_map given, struct page *page,
			   unsigned long offset, size_t size,
			   enum dma_data_direction dir, unsigned long attrs)
{
	check_map(given);
	map_attrs = attrs;
	nr_attrs += !!attrs;
	return dma_map_page_attrs(NULL, page, offset, size, dir, attrs);
}

static void unmap_page(union virtio_map given, dma_addr_t addr, size_t size,
		       enum dma_data_direction dir, unsigned long attrs)
{
	check_map(given);
	dma_unmap_page_attrs(NULL, addr, size, dir, attrs);
}

static void sync_single(union virtio_map given, dma_addr_t addr, size_t size,
			enum dma_data_direction dir)
{
	check_map(given);
	CHECK(dma_to_virt(NULL, addr, size, dir) == &memory[0][4]);
	nr_synced++;
}

static void *map_alloc(union virtio_map given, size_t size, dma_addr_t *addr,
		       gfp_t gfp)
{
	check_map(given);
	return dma_alloc_coherent(NULL, size, addr, gfp);
}

static void map_free(union virtio_map given, size_t size, void *cpu,
		     dma_addr_t addr, unsigned long attrs)
{
	check_map(given);
	dma_free_coherent(NULL, size, cpu, addr);
}

static bool need_sync(union virtio_map given, dma_addr_t addr)
{
	check_map(given);
	return true;
}

static int mapping_error(union virtio_map given, dma_addr_t addr)
{
	check_map(given);
	return addr == DMA_MAPPING_ERROR ? -ENOMEM : 0;
}

static size_t max_mapping_size(union virtio_map given)
{
	check_map(given);
	return MAP_LIMIT;
}

static const struct virtio_map_ops map_ops = {
	.map_page		= map_page,
	.unmap_page		= unmap_page,
	.sync_single_for_cpu	= sync_single,
	.sync_single_for_device	= sync_single,
	.alloc			= map_alloc,
	.free			= map_free,
	.need_sync		= need_sync,
	.mapping_error		= mapping_error,
	.max_mapping_size	= max_mapping_size,
};

static bool notify(struct virtqueue *vq)
{
	return true;
}

/* The device gets a queue that is mapped by these calls instead of its own. */
static struct virtqueue *change_to_own_map(void)
{
	struct virtqueue *first = d.vq;

	d.vdev.map = &map_ops;
	d.vdev.vmap = map;
	d.vq = ring->create(1, RING_SIZE, 64, &d.vdev, true, false,
			    d.config.ctx, notify, NULL, "second", map);
	CHECK(d.vq);
	CHECK(!d.ops->virtqueue_reset(d.vq, vring_device_recycle, NULL));
	return first;
}

static void change_back(struct virtqueue *first)
{
	d.ops->vring_del_virtqueue(d.vq);
	d.vdev.map = NULL;
	d.vq = first;
}

/*
 * Steps
 */

/* One entry, and a link to the others */
static struct scatterlist sg[1 + PIECES];

static struct scatterlist *entry(unsigned int i)
{
	return &sg[i ? 1 + i : 0];
}

static void map_list(unsigned int num, enum dma_data_direction dir)
{
	dma_addr_t addr;
	unsigned int i;

	sg_init_table(sg, 1 + PIECES);
	if (num > 1)
		sg_chain(sg, 2, entry(1));
	sg_unmark_end(entry(PIECES - 1));
	sg_mark_end(entry(num - 1));
	for (i = 0; i < num; i++) {
		addr = d.ops->virtqueue_dma_map_single_attrs(d.vq, memory[i],
							     10 + i, dir, 0);
		CHECK(!d.ops->virtqueue_dma_mapping_error(d.vq, addr));
		sg_set_buf(entry(i), memory[i], 10 + i);
		entry(i)->dma_address = addr;
	}
}

static void unmap_list(unsigned int num, enum dma_data_direction dir)
{
	unsigned int i;

	for (i = 0; i < num; i++)
		d.ops->virtqueue_dma_unmap_single_attrs(d.vq,
				entry(i)->dma_address, 10 + i, dir, 0);
	CHECK(!account.mapped);
}

static bool in_table(unsigned int num)
{
	return d.config.indirect && !d.config.ctx && num > 1;
}

/* The device takes and returns this list; @own: the driver has mapped it */
static void use_list(unsigned int num, enum dma_data_direction dir, void *ctx,
		     bool own)
{
	bool in = dir == DMA_FROM_DEVICE;
	unsigned int i, len = ~0;
	void *found = &len;

	CHECK(account.mapped == d.config.dma * (num + in_table(num)));
	CHECK(vring_device_take(&d));
	CHECK(d.chain.nr_pieces == num);
	for (i = 0; i < num; i++) {
		CHECK(d.chain.pieces[i].cpu == memory[i]);
		CHECK(d.chain.pieces[i].len == 10 + i);
		CHECK(d.chain.pieces[i].writable == in);
	}
	vring_device_complete(&d, d.chain.id, in ? 7 : 0);
	CHECK(d.ops->virtqueue_get_buf_ctx(d.vq, &len, &found) == memory);
	CHECK(len == (in ? 7 : 0));
	CHECK(!ctx || found == ctx);
	CHECK(account.mapped == d.config.dma * (own ? num : 0));
	if (own)
		unmap_list(num, dir);
	CHECK(vring_device_idle(&d) && !account.wrong);
}

static int add_premapped(unsigned int num, enum dma_data_direction dir,
			 void *ctx)
{
	map_list(num, dir);
	if (dir == DMA_TO_DEVICE)
		return ring->outbuf_premapped(d.vq, sg, num, memory, GFP_ATOMIC);
	return ring->inbuf_premapped(d.vq, sg, num, memory, ctx, GFP_ATOMIC);
}

static int add_one_mapped(enum dma_data_direction dir, void *ctx)
{
	map_list(1, dir);
	return ring->buf_mapped(d.vq, sg[0].dma_address, 10, dir, memory, ctx,
				GFP_ATOMIC);
}

/* A context instead of tables. */
static void *context(void)
{
	return d.config.ctx || !d.config.indirect ? &ring : NULL;
}

static void try_premapped(void)
{
	unsigned int num;

	doing = "premapped";
	for (num = 1; num <= PIECES; num++) {
		CHECK(!add_premapped(num, DMA_TO_DEVICE, NULL));
		use_list(num, DMA_TO_DEVICE, NULL, true);
		CHECK(!add_premapped(num, DMA_FROM_DEVICE, context()));
		use_list(num, DMA_FROM_DEVICE, context(), true);
	}
	if (!ring->buf_mapped)
		return;
	CHECK(!add_one_mapped(DMA_TO_DEVICE, NULL));
	use_list(1, DMA_TO_DEVICE, NULL, true);
	CHECK(!add_one_mapped(DMA_FROM_DEVICE, context()));
	use_list(1, DMA_FROM_DEVICE, context(), true);
}

/* For skipped buffers, the driver gets the number of writable bytes. */
static void try_batch(void)
{
	unsigned int i, len;
	u16 ids[2];

	doing = "a batch";
	map_list(PIECES, DMA_FROM_DEVICE);
	for (i = 0; i < 2; i++) {
		CHECK(!ring->inbuf_premapped(d.vq, sg, PIECES, memory[i], NULL,
					     GFP_ATOMIC));
		CHECK(vring_device_take(&d));
		ids[i] = d.chain.id;
	}
	vring_device_complete_batch(&d, ids, 2, 1);
	for (i = 0; i < 2; i++) {
		CHECK(d.ops->virtqueue_get_buf(d.vq, &len) == memory[i]);
		CHECK(len == (i ? 1 : 10 + 11 + 12));
	}
	unmap_list(PIECES, DMA_FROM_DEVICE);
}

static void expect_mapped_as_ever(bool own_map)
{
	unsigned int num;

	for (num = 1; num <= PIECES; num++) {
		/* The ring maps it again. */
		map_list(num, DMA_FROM_DEVICE);
		unmap_list(num, DMA_FROM_DEVICE);
		nr_attrs = 0;
		CHECK(!d.ops->virtqueue_add_inbuf(d.vq, sg, num, memory,
						  GFP_ATOMIC));
		CHECK(!own_map || !nr_attrs);
		use_list(num, DMA_FROM_DEVICE, NULL, false);
	}
}

static void try_cache_clean(bool own_map)
{
	unsigned int num;

	doing = "cache clean";
	for (num = 1; num <= PIECES; num++) {
		/* The ring maps it again. */
		map_list(num, DMA_FROM_DEVICE);
		unmap_list(num, DMA_FROM_DEVICE);
		nr_attrs = 0;
		CHECK(!ring->inbuf_cache_clean(d.vq, sg, num, memory,
					       GFP_ATOMIC));
		/* All mappings except the last, if that is a table */
		CHECK(!own_map || !map_attrs == in_table(num));
		CHECK(!own_map || nr_attrs == num);
		use_list(num, DMA_FROM_DEVICE, NULL, false);
	}
	expect_mapped_as_ever(own_map);
	if (!ring->linear_cache_clean)
		return;
	CHECK(!ring->linear_cache_clean(d.vq, memory[0], 10, memory,
					GFP_ATOMIC));
	CHECK(!own_map || map_attrs == DMA_ATTR_DEBUGGING_IGNORE_CACHELINES);
	use_list(1, DMA_FROM_DEVICE, NULL, false);
	expect_mapped_as_ever(own_map);
}

/* Not added, and nothing has changed: the driver unmaps, not the ring. */
static void try_errors(void)
{
	doing = "errors";
	/* The base would try again, and then end the program. */
	if (ring != &series)
		return;
	if (d.config.dma && in_table(PIECES)) {
		inject_fail(&account.map, PIECES + 1);
		CHECK(add_premapped(PIECES, DMA_TO_DEVICE, NULL) == -ENOMEM);
		inject_fail(&account.map, 0);
		unmap_list(PIECES, DMA_TO_DEVICE);
	}
	if (!context()) {
		inject_forget_warnings();
		CHECK(add_one_mapped(DMA_FROM_DEVICE, memory) == -EINVAL);
		CHECK(account.warnings == 1);
		account.warnings = 0;
		unmap_list(1, DMA_FROM_DEVICE);
	}
	__virtqueue_break(d.vq);
	CHECK(add_premapped(2, DMA_FROM_DEVICE, NULL) == -EIO);
	unmap_list(2, DMA_FROM_DEVICE);
	CHECK(add_one_mapped(DMA_TO_DEVICE, NULL) == -EIO);
	unmap_list(1, DMA_TO_DEVICE);
	CHECK(ring->inbuf_cache_clean(d.vq, sg, 1, memory, GFP_ATOMIC) == -EIO);
	CHECK(ring->linear_cache_clean(d.vq, memory[0], 10, memory,
				       GFP_ATOMIC) == -EIO);
	__virtqueue_unbreak(d.vq);
	CHECK(vring_device_idle(&d) && !account.wrong);
}

static void try_own_map(void)
{
	struct virtqueue *first = change_to_own_map();
	dma_addr_t addr;

	doing = "a map of its own";
	CHECK(d.ops->virtio_max_dma_size(&d.vdev) == MAP_LIMIT);
	CHECK(!d.ops->virtqueue_dma_dev(d.vq));
	addr = d.ops->virtqueue_dma_map_single_attrs(d.vq, memory, 64,
						     DMA_TO_DEVICE, 0);
	CHECK(d.ops->virtqueue_dma_need_sync(d.vq, addr));
	nr_synced = 0;
	if (ring == &series) {
		virtqueue_map_sync_single_range_for_cpu(d.vq, addr, 4, 8,
							DMA_TO_DEVICE);
		virtqueue_map_sync_single_range_for_device(d.vq, addr, 4, 8,
							   DMA_TO_DEVICE);
		CHECK(nr_synced == 2);
	}
	d.ops->virtqueue_dma_unmap_single_attrs(d.vq, addr, 64, DMA_TO_DEVICE,
						0);
	inject_fail(&account.map, 1);
	addr = d.ops->virtqueue_dma_map_single_attrs(d.vq, memory, 64,
						     DMA_TO_DEVICE, 0);
	inject_fail(&account.map, 0);
	CHECK(d.ops->virtqueue_dma_mapping_error(d.vq, addr));
	try_premapped();
	try_cache_clean(true);
	try_errors();
	change_back(first);
}

static void try_config(const struct vring_config *config)
{
	doing = "create";
	CHECK(!vring_device_create(&d, ring->ops, config));
	try_premapped();
	if (config->in_order)
		try_batch();
	try_cache_clean(false);
	try_errors();
	if (config->dma)
		try_own_map();
	vring_device_destroy(&d);
	CHECK(!inject_holds(&account) && !account.wrong && !d.wrong);
	CHECK(!account.warnings && !account.messages);
}

static void try_ring(const struct calls *calls)
{
	struct vring_config config;
	unsigned int n;

	ring = calls;
	for (n = 0; vring_config_get(n, RING_SIZE, &config); n++)
		try_config(&config);
	printf("%s: %u configurations\n", ring->ops->name, n);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		fprintf(stderr, "Usage: %s\n", argv[0]);
		return 2;
	}
	inject = &account;
	/* Each table is mapped: there is no memory for tables that stay so. */
	account.work_waits = true;
	try_ring(&series);
#ifdef HAVE_BASE_RING
	try_ring(&base);
#endif
	printf("%lu checks: all as they should be\n", nr_checks);
	return 0;
}
