// SPDX-License-Identifier: GPL-2.0
/*
 * Paths that are not used by requests on an ordinary queue: functions that the
 * transports call, queues that are created in other ways or not at all, and
 * counter overflows.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device.h"
#include "inject.h"

#define MANY	65535	/* buffers; the maximum without a kick */

static struct vring_device d;
static struct inject account;
static struct device dma_device;
static char memory[64];
static unsigned long nr_checks;
static const char *doing;

#define CHECK(condition) do {						\
	nr_checks++;							\
	if (!(condition))						\
		fail(__LINE__, #condition);				\
} while (0)

static void fail(int line, const char *condition)
{
	fprintf(stderr, "paths: %s: %s: line %d: not so: %s\n", doing,
		vring_config_name(&d.config), line, condition);
	if (d.wrong)
		fprintf(stderr, "the device: %s\n", d.wrong);
	if (account.wrong)
		fprintf(stderr, "memory and DMA: %s\n", account.wrong);
	exit(1);
}

static const struct vring_config configs[] = {
	{ .size = 4 },
	{ .size = 4, .event = true },
	{ .size = 4, .packed = true },
	{ .size = 4, .packed = true, .event = true },
	{ .size = 4, .dma = true },
	{ .size = 4, .packed = true, .dma = true },
	{ .size = 4, .in_order = true },
	{ .size = 4, .in_order = true, .packed = true },
	{ .size = 4, .in_order = true, .event = true },
	{ .size = 4, .in_order = true, .packed = true, .event = true },
};

static const struct vring_config with_tables = { .size = 4, .indirect = true };
static const struct vring_config premapped = { .size = 4, .premapped = true };

static void create(const struct vring_config *config)
{
	CHECK(!vring_device_create(&d, &vring_series, config));
}

static void destroy(void)
{
	vring_device_destroy(&d);
	CHECK(!inject_holds(&account));
	CHECK(!account.wrong && !d.wrong);
	CHECK(list_empty(&d.vdev.vqs));
}

static void add(void)
{
	CHECK(!virtqueue_add_buf_linear(d.vq, memory, 1, DMA_TO_DEVICE, memory,
					GFP_ATOMIC));
}

static void complete(void)
{
	CHECK(vring_device_take(&d));
	vring_device_complete(&d, d.chain.id, 0);
}

static void get(void)
{
	u32 len;

	CHECK(virtqueue_get_buf(d.vq, &len) == memory && !len);
}

static void round_trip(void)
{
	add();
	complete();
	get();
	CHECK(vring_device_idle(&d));
}

/*
 * Queues created by the program; the device gets them with a reset.
 */

static unsigned int nr_notified;
static bool notify_works;

static bool notified(struct virtqueue *vq)
{
	nr_notified++;
	return notify_works;
}

static struct virtqueue *create_second(unsigned int num, unsigned int align,
				       bool may_reduce_num)
{
	return vring_create_virtqueue_dma(1, num, align, &d.vdev, true,
					  may_reduce_num, false, notified,
					  NULL, "second", &dma_device);
}

/* The device uses this queue instead of the old one, which is returned. */
static struct virtqueue *change_to(struct virtqueue *vq)
{
	struct virtqueue *old = d.vq;

	d.vq = vq;
	CHECK(!virtqueue_reset(vq, vring_device_recycle, NULL));
	CHECK(d.size == virtqueue_get_vring_size(vq));
	return old;
}

static void try_features(void)
{
	const u64 ours = BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) |
			 BIT_ULL(VIRTIO_RING_F_EVENT_IDX) |
			 BIT_ULL(VIRTIO_F_VERSION_1) |
			 BIT_ULL(VIRTIO_F_ACCESS_PLATFORM) |
			 BIT_ULL(VIRTIO_F_RING_PACKED) | VRING_FEATURES |
			 BIT_ULL(VIRTIO_F_ORDER_PLATFORM) |
			 BIT_ULL(VIRTIO_F_NOTIFICATION_DATA);
	const u64 transport = BIT_ULL(VIRTIO_TRANSPORT_F_END) -
			      BIT_ULL(VIRTIO_TRANSPORT_F_START);
	struct virtio_device vdev = { .features = ~0ULL };

	doing = "vring_transport_features";
	vring_transport_features(&vdev);
	CHECK(vdev.features == (~transport | ours));
}

static void try_dma(void)
{
	struct virtqueue *second;
	dma_addr_t addr;

	doing = "DMA calls";
	CHECK(virtio_max_dma_size(&d.vdev) == SIZE_MAX);
	CHECK(virtqueue_dma_dev(d.vq) == (d.config.dma ? &d.parent : NULL));
	second = create_second(4, 64, false);
	CHECK(virtqueue_dma_dev(second) == (d.config.dma ? &dma_device : NULL));
	vring_del_virtqueue(second);

	addr = virtqueue_dma_map_single_attrs(d.vq, memory, 8, DMA_TO_DEVICE,
					      0);
	CHECK(!virtqueue_dma_mapping_error(d.vq, addr));
	CHECK(account.mapped == d.config.dma);
	/* Memory is coherent here, so the sync functions must do nothing */
	CHECK(!virtqueue_dma_need_sync(d.vq, addr));
	virtqueue_dma_sync_single_range_for_cpu(d.vq, addr, 0, 8,
						DMA_TO_DEVICE);
	virtqueue_dma_sync_single_range_for_device(d.vq, addr, 0, 8,
						   DMA_TO_DEVICE);
	virtqueue_dma_unmap_single_attrs(d.vq, addr, 8, DMA_TO_DEVICE, 0);
	CHECK(!account.mapped);

	inject_fail(&account.map, 1);
	addr = virtqueue_dma_map_single_attrs(d.vq, memory, 8, DMA_TO_DEVICE,
					      0);
	CHECK(!virtqueue_dma_mapping_error(d.vq, addr) == !d.config.dma);
	inject_fail(&account.map, 0);
}

/* 2.9 of the specification: position of the next buffer, for the doorbell */
static void try_notification_data(void)
{
	unsigned int i, lap;

	doing = "vring_notification_data";
	for (i = 0; i < 3 * d.size; i++) {
		lap = i / d.size % 2;
		CHECK(vring_notification_data(d.vq) ==
		      (d.config.packed ?
		       (i % d.size | (u32)!lap << 15) << 16 : i << 16));
		round_trip();
	}
}

/* Each queue of the device is broken, and unbroken. */
static void try_break_device(void)
{
	struct virtqueue *second = create_second(4, 64, false);
	u32 len;

	doing = "virtio_break_device";
	add();
	complete();
	virtio_break_device(&d.vdev);
	CHECK(virtqueue_is_broken(d.vq) && virtqueue_is_broken(second));
	CHECK(!virtqueue_get_buf(d.vq, &len));
	CHECK(virtqueue_add_buf_linear(d.vq, memory, 1, DMA_TO_DEVICE, memory,
				       GFP_ATOMIC) == -EIO);
	CHECK(vring_interrupt(0, d.vq) == IRQ_HANDLED && !d.called);
	__virtio_unbreak_device(&d.vdev);
	CHECK(!virtqueue_is_broken(d.vq) && !virtqueue_is_broken(second));
	get();
	vring_del_virtqueue(second);
}

/* If the transport cannot notify, the queue is broken. */
static void try_notify_fails(void)
{
	struct virtqueue *second = create_second(4, 64, false), *first;

	doing = "notify fails";
	first = change_to(second);
	nr_notified = 0;
	notify_works = true;
	add();
	if (d.config.event)
		vring_device_notify_at(&d, 0);
	CHECK(virtqueue_kick(d.vq) && nr_notified == 1);
	notify_works = false;
	add();
	if (d.config.event)
		vring_device_notify_at(&d, 1);
	CHECK(!virtqueue_kick(d.vq) && nr_notified == 2);
	CHECK(virtqueue_is_broken(d.vq));
	CHECK(!virtqueue_notify(d.vq) && nr_notified == 2);
	__virtqueue_unbreak(d.vq);
	d.nr_recycled = 0;
	change_to(second);
	CHECK(d.nr_recycled == 2);
	change_to(first);
	vring_del_virtqueue(second);
}

/* A driver without a callback, which never enables callbacks, is not called. */
static void try_no_callback(void)
{
	void (*callback)(struct virtqueue *vq) = d.vq->callback;

	doing = "no callback";
	d.vq->callback = NULL;
	change_to(d.vq);
	add();
	complete();
	CHECK(d.config.event || !vring_device_must_call(&d));
	CHECK(vring_interrupt(0, d.vq) == IRQ_HANDLED);
	get();

	d.vq->callback = callback;
	change_to(d.vq);
	add();
	complete();
	CHECK(vring_device_must_call(&d));
	get();
}

/*
 * The driver is called at the latest when all its buffers are used, wherever
 * the last one is in the ring.
 */
static void try_delayed(void)
{
	struct scatterlist list[3];
	unsigned int i, len;

	doing = "virtqueue_enable_cb_delayed";
	sg_init_table(list, 3);
	for (i = 0; i < 3; i++)
		sg_set_buf(&list[i], memory, 8);
	for (i = 0; i < 2 * d.size; i++) {
		virtqueue_disable_cb(d.vq);
		CHECK(!virtqueue_add_outbuf(d.vq, list, 3, memory, GFP_ATOMIC));
		CHECK(virtqueue_enable_cb_delayed(d.vq));
		complete();
		CHECK(vring_device_must_call(&d));
		CHECK(virtqueue_get_buf(d.vq, &len) == memory);
	}
}

/*
 * VIRTIO_F_ORDER_PLATFORM requires the barriers for real devices, which abort()
 * in ../asm/barrier.h: the first operation with one ends the program.
 */
static void try_strong_barriers(void)
{
	struct virtqueue *second;
	int status;
	pid_t child;

	doing = "strong barriers";
	__virtio_set_bit(&d.vdev, VIRTIO_F_ORDER_PLATFORM);
	second = create_second(4, 64, false);
	__virtio_clear_bit(&d.vdev, VIRTIO_F_ORDER_PLATFORM);
	child = fork();
	if (!child) {
		virtqueue_kick_prepare(second);
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	vring_del_virtqueue(second);
}

static unsigned int nr_done;

static void recycle_done(struct virtqueue *vq)
{
	nr_done++;
	CHECK(d.nr_recycled == 1 && vq->num_free == d.size);
}

static int enable_fails(struct virtqueue *vq)
{
	return -EIO;
}

/* @err: expected of reset and resize; @done: buffers that they recycle */
static void expect_reset(int err, unsigned int done)
{
	unsigned int size = d.vq->num_free;

	nr_done = 0;
	d.nr_recycled = 0;
	add();
	CHECK(virtqueue_reset(d.vq, vring_device_recycle, recycle_done) == err);
	CHECK(nr_done == done && d.nr_recycled == done);
	if (!done) {
		complete();
		get();
	}

	nr_done = 0;
	d.nr_recycled = 0;
	add();
	CHECK(virtqueue_resize(d.vq, 2 * size, vring_device_recycle,
			       recycle_done) == err);
	CHECK(nr_done == done && d.nr_recycled == done);
	if (!done) {
		complete();
		get();
	}
}

static void try_reset(void)
{
	const struct virtio_config_ops *ops = d.vdev.config;
	struct virtio_config_ops none = {}, no_enable = *ops, bad_enable = *ops;

	doing = "reset";
	no_enable.enable_vq_after_reset = NULL;
	bad_enable.enable_vq_after_reset = enable_fails;

	d.vdev.config = &none;
	expect_reset(-ENOENT, 0);
	d.vdev.config = &no_enable;
	expect_reset(-ENOENT, 0);
	d.vdev.config = ops;
	expect_reset(0, 1);
	d.vdev.config = &bad_enable;
	expect_reset(-EBUSY, 1);
	d.vdev.config = ops;
	change_to(d.vq);
	round_trip();
}

/* If there is no memory, the ring may be smaller. */
static void try_reduce(void)
{
	struct virtqueue *vq;
	unsigned int ring;

	if (d.config.packed)
		return;
	doing = "a smaller ring";
	/* The allocations before that of the ring must succeed. */
	for (ring = 1, vq = NULL; !vq; ring++) {
		inject_fail(&account.alloc, ring);
		CHECK(!create_second(1024, 64, false));
		inject_fail(&account.alloc, ring);
		vq = create_second(1024, 64, true);
	}
	CHECK(virtqueue_get_vring_size(vq) == 512);
	vring_del_virtqueue(vq);

	/* The smallest ring takes a single page. */
	ring--;
	account.alloc = (struct inject_point){ .first = ring, .last = ring + 2 };
	vq = create_second(1024, 64, true);
	CHECK(vq && virtqueue_get_vring_size(vq) == 128);
	vring_del_virtqueue(vq);
	inject_fail_from(&account.alloc, ring);
	CHECK(!create_second(1024, 64, true));

	/* No ring is small enough for this alignment. */
	CHECK(!create_second(16, 2 * PAGE_SIZE, true));
	inject_fail(&account.alloc, 0);
}

/* KEPT tables of up to SMALL descriptors are kept, after the first one */
#define SMALL	8
#define KEPT	31

static void add_table(unsigned int nents)
{
	CHECK(!virtqueue_start_buf(d.vq, memory, nents, 2, GFP_ATOMIC));
	virtqueue_add_linear(d.vq, memory, 1, DMA_TO_DEVICE);
	virtqueue_add_linear(d.vq, memory, 1, DMA_FROM_DEVICE);
	CHECK(!virtqueue_end_buf(d.vq));
}

static void try_kept_tables(bool packed, bool dma)
{
	const struct vring_config config = {
		.size = 64, .packed = packed, .indirect = true, .dma = dma,
	};
	unsigned long ring, kept;
	unsigned int i, turn;

	create(&config);
	doing = "tables that are kept";
	ring = account.allocated;
	add_table(SMALL + 1);
	complete();
	get();
	CHECK(account.allocated == ring);
	add_table(SMALL);
	complete();
	get();
	kept = account.allocated - ring;
	CHECK(kept == 1 + dma);

	/* Other tables are allocated and freed. */
	for (turn = 0; turn < 2; turn++) {
		for (i = 0; i < KEPT + 8; i++)
			add_table(2);
		CHECK(account.allocated == ring + kept + 8);
		for (i = 0; i < KEPT + 8; i++) {
			complete();
			get();
		}
		CHECK(account.allocated == ring + kept);
	}

	/* An aborted buffer returns its table. */
	for (i = 0; i < KEPT + 8; i++) {
		CHECK(!virtqueue_start_buf(d.vq, memory, 2, 2, GFP_ATOMIC));
		virtqueue_add_linear(d.vq, memory, 1, DMA_TO_DEVICE);
		virtqueue_abort_buf(d.vq);
	}
	CHECK(account.allocated == ring + kept);
	for (i = 0; i < KEPT; i++)
		add_table(2);
	CHECK(account.allocated == ring + kept);
	for (i = 0; i < KEPT; i++) {
		complete();
		get();
	}
	destroy();
}

static void use_table(void)
{
	add_table(2);
	complete();
	get();
	CHECK(vring_device_idle(&d) && !account.mapped);
}

/*
 * Mapped kept tables are allocated by a work item, which may run later, too
 * late, or fail.  Until then tables are allocated.
 */
static void try_kept_work(bool packed)
{
	const struct vring_config config = {
		.size = 4, .packed = packed, .indirect = true, .dma = true,
	};
	unsigned long ring;

	create(&config);
	doing = "tables that are not mapped yet";
	ring = account.allocated;
	account.work_waits = true;
	use_table();
	CHECK(account.allocated == ring + 1);
	add_table(2);
	CHECK(account.allocated == ring + 2 && account.mapped == 3);
	inject_work(&account);
	CHECK(account.allocated == ring + 3);

	/* The next one is kept, and only its pieces are mapped. */
	add_table(2);
	CHECK(account.allocated == ring + 3 && account.mapped == 5);
	complete();
	get();
	complete();
	get();
	CHECK(account.allocated == ring + 2 && !account.mapped);

	/* After a reset there are no tables and no pending work. */
	change_to(d.vq);
	CHECK(account.allocated == ring);
	use_table();
	CHECK(account.allocated == ring + 1);
	change_to(d.vq);
	CHECK(account.allocated == ring && !account.work);

	use_table();
	inject_fail(&account.alloc, 1);
	inject_work(&account);
	CHECK(account.allocated == ring + 1);
	add_table(2);
	CHECK(account.allocated == ring + 2 && account.mapped == 3);
	complete();
	get();
	destroy();

	create(&config);
	use_table();
	destroy();
	CHECK(!account.work);
	account.work_waits = false;
}

static void called(struct virtqueue *vq)
{
}

/* A ring may be in memory of the transport; on some kernels only a split one. */
static void try_transport_ring(void)
{
	bool packed = d.config.packed;
	struct virtqueue *vq;
	void *pages;

	doing = "vring_new_virtqueue";
	pages = alloc_pages_exact(PAGE_SIZE, GFP_KERNEL | __GFP_ZERO);
	vq = vring_new_virtqueue(1, 4, 64, &d.vdev, true, false, pages,
				 notified, packed ? called : NULL, "second");
	CHECK(!vq == (packed && !VRING_TRANSPORT_PACKED));
	if (vq && packed) {
		vring_del_virtqueue(vq);
	} else if (vq) {
		CHECK(virtqueue_get_vring(vq)->desc == pages);
		CHECK(virtqueue_get_vring(vq)->num == 4);
		vring_del_virtqueue(vq);
	}
	free_pages_exact(pages, PAGE_SIZE);
}

/* The ring kicks by itself before its counter overflows. */
static void try_many(void)
{
	unsigned int i;

	doing = "many buffers without a kick";
	change_to(d.vq);
	vring_device_want_notify(&d, true);
	d.notified = 0;
	for (i = 1; i < MANY; i++)
		round_trip();
	CHECK(!d.notified);
	if (d.config.event)
		vring_device_notify_at(&d, 0);
	round_trip();
	CHECK(d.notified == 1);
}

/* One of several lists may be NULL. */
static void try_no_list(void)
{
	struct scatterlist out, in, *sgs[] = { &out, NULL, &in };
	u32 len;

	doing = "a list that is not there";
	sg_init_one(&out, memory, 8);
	sg_init_one(&in, memory + 8, 8);
	CHECK(!virtqueue_add_sgs(d.vq, sgs, 2, 1, memory, GFP_ATOMIC));
	CHECK(vring_device_take(&d) && d.chain.nr_pieces == 2);
	CHECK(!d.chain.pieces[0].writable && d.chain.pieces[1].writable);
	vring_device_complete(&d, d.chain.id, 8);
	CHECK(virtqueue_get_buf(d.vq, &len) == memory && len == 8);
	/* One piece in more than one list */
	CHECK(!virtqueue_add_sgs(d.vq, sgs, 2, 0, memory, GFP_ATOMIC));
	complete();
	get();
}

/* Misuse warns, but only once. */
static void try_warnings(void)
{
	int i;

	doing = "warnings";
	inject_forget_warnings();
	account.warnings = 0;
	for (i = 0; i < 2; i++) {
		CHECK(virtqueue_start_buf(d.vq, NULL, 1, 1, 0) == -EINVAL);
		CHECK(account.warnings == 1);
	}
	for (i = 0; i < 2; i++) {
		CHECK(virtqueue_end_buf(d.vq) == -EINVAL);
		CHECK(account.warnings == 2);
	}
	for (i = 0; i < 2; i++) {
		virtqueue_abort_buf(d.vq);
		CHECK(account.warnings == 3);
	}
	for (i = 0; i < 2; i++) {
		CHECK(virtqueue_start_buf(d.vq, memory, 9, 9, 0) == -ENOSPC);
		CHECK(account.warnings == 4);
	}
	for (i = 0; i < 2; i++) {
		CHECK(!virtqueue_start_buf(d.vq, memory, 1, 1, 0));
		virtqueue_add_linear(d.vq, memory, 1, DMA_NONE);
		CHECK(virtqueue_end_buf(d.vq) == -EINVAL);
		CHECK(account.warnings == 5);
	}
	account.warnings = 0;
	CHECK(vring_device_idle(&d));
}

static int add_with_context(void)
{
	struct scatterlist sg;

	sg_init_one(&sg, memory, 8);
	return virtqueue_add_inbuf_ctx(d.vq, &sg, 1, memory, memory, GFP_ATOMIC);
}

static int add_linear(void)
{
	return virtqueue_add_buf_linear(d.vq, memory, 1, DMA_TO_DEVICE, memory,
					GFP_ATOMIC);
}

/* The same for misuse that depends on the queue */
static void try_misuse(const struct vring_config *config, int (*misuse)(void))
{
	int i;

	create(config);
	doing = "what such a queue does not take";
	inject_forget_warnings();
	for (i = 0; i < 2; i++) {
		CHECK(misuse() == -EINVAL);
		CHECK(account.warnings == 1);
		CHECK(vring_device_idle(&d));
	}
	account.warnings = 0;
	destroy();
}

int main(int argc, char **argv)
{
	unsigned int i;

	if (argc > 1) {
		fprintf(stderr, "Usage: %s\n", argv[0]);
		return 2;
	}
	inject = &account;
	try_features();
	for (i = 0; i < ARRAY_SIZE(configs); i++) {
		if (!vring_config_exists(&configs[i]))
			continue;
		create(&configs[i]);
		try_notification_data();
		try_dma();
		try_break_device();
		try_notify_fails();
		try_no_callback();
		try_delayed();
		try_strong_barriers();
		try_reduce();
		try_transport_ring();
		try_no_list();
		try_warnings();
		try_many();
		try_reset();
		CHECK(!account.warnings && !account.messages);
		destroy();
	}
	try_misuse(&with_tables, add_with_context);
	for (i = 0; i < 4; i++)
		try_kept_tables(i & 1, i & 2);
	for (i = 0; i < 2; i++)
		try_kept_work(i);
	if (VRING_PREMAPPED)
		try_misuse(&premapped, add_linear);
	printf("%lu checks: all as they should be\n", nr_checks);
	return 0;
}
