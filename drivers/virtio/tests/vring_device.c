// SPDX-License-Identifier: GPL-2.0
/*
 * A virtio device for KUnit, see vring_device.h.
 */
#include <kunit/device.h>
#include <kunit/resource.h>
#include <linux/dma-mapping.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "vring_device.h"

/*
 * Parameters
 */

static const struct vring_config vring_configs[] = {
	{ "split,direct", },
	{ "split,indirect", .indirect = true },
	{ "packed,direct", .packed = true },
	{ "packed,indirect", .packed = true, .indirect = true },
	{ "split,direct,dma", .dma = true },
	{ "split,indirect,dma", .indirect = true, .dma = true },
	{ "packed,direct,dma", .packed = true, .dma = true },
	{ "packed,indirect,dma", .packed = true, .indirect = true,
	  .dma = true },
	{ "split,direct,event", .event = true },
	{ "split,indirect,event", .indirect = true, .event = true },
	{ "packed,direct,event", .packed = true, .event = true },
	{ "packed,indirect,event", .packed = true, .indirect = true,
	  .event = true },
	{ "split,direct,premapped", .premapped = true },
	{ "split,direct,dma,premapped", .dma = true, .premapped = true },
	{ "split,indirect,dma,premapped", .indirect = true, .dma = true,
	  .premapped = true },
	{ "packed,direct,premapped", .packed = true, .premapped = true },
	{ "packed,direct,dma,premapped", .packed = true, .dma = true,
	  .premapped = true },
	{ "packed,indirect,dma,premapped", .packed = true, .indirect = true,
	  .dma = true, .premapped = true },
	{ "split,direct,in_order", .in_order = true },
	{ "split,indirect,in_order", .indirect = true, .in_order = true },
	{ "packed,direct,in_order", .packed = true, .in_order = true },
	{ "packed,indirect,in_order", .packed = true, .indirect = true,
	  .in_order = true },
	{ "split,direct,dma,in_order", .dma = true, .in_order = true },
	{ "split,indirect,dma,in_order", .indirect = true, .dma = true,
	  .in_order = true },
	{ "packed,direct,dma,in_order", .packed = true, .dma = true,
	  .in_order = true },
	{ "packed,indirect,dma,in_order", .packed = true, .indirect = true,
	  .dma = true, .in_order = true },
	{ "split,direct,event,in_order", .event = true, .in_order = true },
	{ "packed,direct,event,in_order", .packed = true, .event = true,
	  .in_order = true },
};

/* This kernel has such rings. */
static bool vring_exists(const struct vring_config *c)
{
	return (VRING_PREMAPPED || !c->premapped) &&
	       (VRING_IN_ORDER || !c->in_order);
}

static const void *vring_next_config(const void *prev, char *desc,
				     bool (*want)(const struct vring_config *))
{
	const struct vring_config *c = prev;

	c = c ? c + 1 : vring_configs;
	for (; c < vring_configs + ARRAY_SIZE(vring_configs); c++) {
		if (!vring_exists(c) || !want(c))
			continue;
		strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
		return c;
	}
	return NULL;
}

static bool vring_is_basic(const struct vring_config *c)
{
	return !c->event && !c->premapped;
}

#define VRING_GEN(_name, _want)						\
static bool vring_want_##_name(const struct vring_config *c)		\
{									\
	return _want;							\
}									\
									\
VRING_GENERATOR(_name)							\
{									\
	return vring_next_config(prev, desc, vring_want_##_name);	\
}

VRING_GEN(all, true)
VRING_GEN(basic, vring_is_basic(c))
VRING_GEN(dma, vring_is_basic(c) && c->dma)
VRING_GEN(event, c->event)
VRING_GEN(premapped, c->premapped)
VRING_GEN(direct, vring_is_basic(c) && !c->indirect)
VRING_GEN(indirect, vring_is_basic(c) && c->indirect)
VRING_GEN(indirect_dma, vring_is_basic(c) && c->indirect && c->dma)
VRING_GEN(split_direct, vring_is_basic(c) && !c->indirect && !c->packed)
VRING_GEN(any_order, vring_is_basic(c) && !c->in_order)
VRING_GEN(dma_any_order, vring_is_basic(c) && c->dma && !c->in_order)
VRING_GEN(in_order, c->in_order)
VRING_GEN(in_order_dma, c->in_order && c->dma)

/*
 * The transport
 */

static struct vring_device *to_vring_device(struct virtio_device *vdev)
{
	return container_of(vdev, struct vring_device, vdev);
}

/* Tell the device the addresses of the ring, and let it start over */
static void vring_device_attach(struct vring_device *vd)
{
	struct virtqueue *vq = vd->vq;
	size_t size = virtqueue_get_vring_size(vq);
	size_t desc_len = 16 * size, driver_len = 4, device_len = 4;

	if (!vd->config.packed) {
		driver_len = 6 + 2 * size;
		device_len = 6 + 8 * size;
	}
	vd->size = size;
	vd->desc_area = vring_dma_to_cpu(vd, virtqueue_get_desc_addr(vq),
					 desc_len, true);
	vd->driver_area = vring_dma_to_cpu(vd, virtqueue_get_avail_addr(vq),
					   driver_len, false);
	vd->device_area = vring_dma_to_cpu(vd, virtqueue_get_used_addr(vq),
					   device_len, true);

	vd->avail = (struct vring_position){ .pos = 0, .wrap = true };
	vd->used = vd->avail;
	memset(vd->in_flight, 0, sizeof(vd->in_flight));
	memset(vd->owner, 0, sizeof(vd->owner));
	vd->next_desc = 0;
	vd->nr_in_flight = 0;
}

static bool vring_device_notify(struct virtqueue *vq)
{
	to_vring_device(vq->vdev)->notified++;
	return true;
}

/* With a callback, the driver uses used_event */
static void vring_device_callback(struct virtqueue *vq)
{
}

static int vring_device_disable_vq(struct virtqueue *vq)
{
	to_vring_device(vq->vdev)->resets++;
	return 0;
}

static int vring_device_enable_vq(struct virtqueue *vq)
{
	vring_device_attach(to_vring_device(vq->vdev));
	return 0;
}

/* The driver's part in a reset: take its buffers back */
void vring_device_recycle(struct virtqueue *vq, void *buf)
{
	struct vring_device *vd = to_vring_device(vq->vdev);

	vd->nr_recycled++;
	vd->recycled = buf;
}

static const struct virtio_config_ops vring_device_config_ops = {
	.disable_vq_and_reset	= vring_device_disable_vq,
	.enable_vq_after_reset	= vring_device_enable_vq,
};

/**
 * vring_device_create_vq - give the device its queue
 * @vd: the device
 * @size: number of descriptors in the ring
 *
 * Return: 0, or -ENOMEM.
 */
int vring_device_create_vq(struct vring_device *vd, unsigned int size)
{
	struct virtqueue *vq;

	vq = vring_create_virtqueue(0, size, SMP_CACHE_BYTES, &vd->vdev, true,
				    false, vd->config.ctx, vring_device_notify,
				    vring_device_callback, "kunit");
	if (!vq)
		return -ENOMEM;

	vq->num_max = VRING_MAX_SIZE;
	vd->vq = vq;
	/* What virtio_device_ready() does for CONFIG_VIRTIO_HARDEN_NOTIFICATION */
	__virtio_unbreak_device(&vd->vdev);
	if (vd->config.premapped)
		KUNIT_ASSERT_EQ(vd->test, 0, vring_set_premapped(vq));
	vring_device_attach(vd);
	return 0;
}

void vring_device_delete_vq(struct vring_device *vd)
{
	vring_del_virtqueue(vd->vq);
	vd->vq = NULL;
}

/* Set the text that describes the current step of a case with loops */
void vring_device_doing(struct vring_device *vd, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(vd->doing, sizeof(vd->doing), fmt, args);
	va_end(args);
}

static void vring_device_destroy(void *data)
{
	struct vring_device *vd = data;

	vring_device_expect_nothing_held(vd);
	vring_alloc_exit(vd);
	if (vd->vq)
		vring_device_delete_vq(vd);
	KUNIT_EXPECT_EQ(vd->test, 0, vd->dma.nr_coherent);
	if (vd->test->status == KUNIT_FAILURE && *vd->doing)
		kunit_info(vd->test, "last seen at: %s", vd->doing);
}

static u64 vring_config_features(const struct vring_config *config)
{
	return BIT_ULL(VIRTIO_F_VERSION_1) |
	       (config->packed ? BIT_ULL(VIRTIO_F_RING_PACKED) : 0) |
	       (config->indirect ? BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) : 0) |
	       (config->event ? BIT_ULL(VIRTIO_RING_F_EVENT_IDX) : 0) |
	       (config->dma ? BIT_ULL(VIRTIO_F_ACCESS_PLATFORM) : 0) |
	       (config->in_order ? BIT_ULL(VIRTIO_F_IN_ORDER) : 0);
}

/**
 * vring_device_create - create a device with a queue, until the test ends
 * @test: the test, which is skipped if fake DMA is not available
 * @config: what the device offers, and how the driver uses it
 * @size: number of descriptors in the ring
 *
 * When the test is over, nothing that the driver side mapped or allocated may
 * be left.
 *
 * Return: the device; a test that cannot have one ends here.
 */
struct vring_device *vring_device_create(struct kunit *test,
					 const struct vring_config *config,
					 unsigned int size)
{
	struct vring_device *vd;

	if (config->dma && !IS_ENABLED(CONFIG_ARCH_HAS_DMA_OPS))
		kunit_skip(test, "needs CONFIG_ARCH_HAS_DMA_OPS");

	vd = kunit_kzalloc(test, sizeof(*vd), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vd);
	vd->slots = kunit_kzalloc(test, VRING_SLOTS * VRING_SLOT_SIZE,
				  GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vd->slots);
	vd->dev = kunit_device_register(test, "vring");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, vd->dev);

	vd->test = test;
	vd->task = current;
	vd->config = *config;
	vring_dma_init(vd);

	/* The tests need no virtio bus, so do not add the device to it */
	vd->vdev.dev.init_name = "virtio-kunit";
	vd->vdev.dev.parent = vd->dev;
	vd->vdev.config = &vring_device_config_ops;
	vd->vdev.features = vring_config_features(config);
	INIT_LIST_HEAD(&vd->vdev.vqs);
	spin_lock_init(&vd->vdev.vqs_list_lock);

	KUNIT_ASSERT_EQ(test, 0, vring_device_create_vq(vd, size));
	vring_alloc_init(vd);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test,
							   vring_device_destroy,
							   vd));
	return vd;
}

/*
 * Reading descriptors, both layouts
 */

/* A descriptor in the CPU's byte order */
struct vring_raw_desc {
	u64 addr;
	u32 len;
	u16 flags;
	u16 id;			/* split: next */
};

#define VRING_PACKED_AVAIL	BIT(VRING_PACKED_DESC_F_AVAIL)
#define VRING_PACKED_USED	BIT(VRING_PACKED_DESC_F_USED)

static struct vring_raw_desc vring_read_split(struct vring_device *vd,
					      const struct vring_desc *desc)
{
	return (struct vring_raw_desc) {
		.addr	= virtio64_to_cpu(&vd->vdev, desc->addr),
		.len	= virtio32_to_cpu(&vd->vdev, desc->len),
		.flags	= virtio16_to_cpu(&vd->vdev, desc->flags),
		.id	= virtio16_to_cpu(&vd->vdev, desc->next),
	};
}

static struct vring_raw_desc
vring_read_packed(const struct vring_packed_desc *desc)
{
	return (struct vring_raw_desc) {
		.addr	= le64_to_cpu(desc->addr),
		.len	= le32_to_cpu(desc->len),
		.flags	= le16_to_cpu(desc->flags),
		.id	= le16_to_cpu(desc->id),
	};
}

static void vring_take_piece(struct vring_device *vd,
			     const struct vring_raw_desc *desc)
{
	struct vring_chain *chain = &vd->chain;
	struct vring_piece *piece = &chain->pieces[chain->nr_pieces];
	bool writable = desc->flags & VRING_DESC_F_WRITE;

	KUNIT_ASSERT_LT(vd->test, chain->nr_pieces, VRING_MAX_PIECES);
	/* 2.7.4.2, 2.8.5: any writable ones after any readable ones */
	if (chain->nr_pieces && !writable)
		KUNIT_ASSERT_FALSE_MSG(vd->test, piece[-1].writable,
				       "readable after writable");

	piece->addr = vring_dma_to_cpu(vd, desc->addr, desc->len, writable);
	piece->len = desc->len;
	piece->writable = writable;
	chain->nr_pieces++;
}

/*
 * 2.7.5.3.1: only NEXT and WRITE within a table.  The specification does not
 * require that its length covers exactly the entries in use, but we do.
 */
static void vring_take_split_table(struct vring_device *vd,
				   const struct vring_desc *table,
				   unsigned int num)
{
	struct vring_raw_desc desc;
	unsigned int i = 0, n = 0;

	do {
		KUNIT_ASSERT_LT_MSG(vd->test, i, num, "next leaves the table");
		KUNIT_ASSERT_LT_MSG(vd->test, n, num, "the table is a loop");
		desc = vring_read_split(vd, &table[i]);
		KUNIT_ASSERT_EQ(vd->test, 0, desc.flags & ~(VRING_DESC_F_NEXT |
							    VRING_DESC_F_WRITE));
		vring_take_piece(vd, &desc);
		i = desc.id;
		n++;
	} while (desc.flags & VRING_DESC_F_NEXT);

	KUNIT_ASSERT_EQ_MSG(vd->test, n, num, "entries left over in the table");
}

/* 2.8.7: a table is a plain array, WRITE is the only valid flag */
static void vring_take_packed_table(struct vring_device *vd,
				    const struct vring_packed_desc *table,
				    unsigned int num)
{
	unsigned int i;

	for (i = 0; i < num; i++) {
		struct vring_raw_desc desc = vring_read_packed(&table[i]);

		KUNIT_ASSERT_EQ(vd->test, 0, desc.flags & ~VRING_DESC_F_WRITE);
		vring_take_piece(vd, &desc);
	}
}

/* @ring_desc: the descriptor in the ring, without its AVAIL and USED bits */
static void vring_take_table(struct vring_device *vd,
			     const struct vring_raw_desc *ring_desc)
{
	unsigned int num = ring_desc->len / 16;
	void *table;

	KUNIT_ASSERT_TRUE(vd->test, vd->config.indirect && !vd->config.ctx);
	/* Neither NEXT (2.7.5.3.1, 2.8.19) nor WRITE, which is reserved here */
	KUNIT_ASSERT_EQ(vd->test, VRING_DESC_F_INDIRECT, ring_desc->flags);
	KUNIT_ASSERT_GT(vd->test, num, 0);
	KUNIT_ASSERT_EQ(vd->test, 0, ring_desc->len % 16);

	table = vring_dma_to_cpu(vd, ring_desc->addr, ring_desc->len, false);
	vd->chain.indirect = true;
	if (vd->config.packed)
		vring_take_packed_table(vd, table, num);
	else
		vring_take_split_table(vd, table, num);
}

static void vring_take_desc(struct vring_device *vd,
			    const struct vring_raw_desc *desc)
{
	KUNIT_ASSERT_EQ_MSG(vd->test, 0, desc->flags & ~(VRING_DESC_F_NEXT |
							 VRING_DESC_F_WRITE |
							 VRING_DESC_F_INDIRECT),
			    "reserved flags");
	if (desc->flags & VRING_DESC_F_INDIRECT)
		vring_take_table(vd, desc);
	else
		vring_take_piece(vd, desc);
	vd->chain.nr_desc++;
}

/*
 * Split ring
 */

struct vring_desc *vring_device_split_desc(struct vring_device *vd, u16 i)
{
	return (struct vring_desc *)vd->desc_area + i;
}

static u16 vring_split_pending(struct vring_device *vd)
{
	const struct vring_avail *avail = vd->driver_area;
	u16 pending = virtio16_to_cpu(&vd->vdev, avail->idx) - vd->avail.pos;

	KUNIT_ASSERT_LE_MSG(vd->test, pending, vd->size, "avail->idx ran off");
	return pending;
}

static bool vring_take_split(struct vring_device *vd)
{
	const struct vring_avail *avail = vd->driver_area;
	struct vring_raw_desc desc;
	u16 head, i;

	if (!vring_split_pending(vd))
		return false;

	head = virtio16_to_cpu(&vd->vdev,
			       avail->ring[vd->avail.pos % vd->size]);
	vd->avail.pos++;

	i = head;
	do {
		KUNIT_ASSERT_LT(vd->test, i, vd->size);
		KUNIT_ASSERT_EQ_MSG(vd->test, 0, vd->owner[i],
				    "descriptor %u is the device's already", i);
		/* 2.7.9: in the order of the table, wrapping at its end */
		if (vd->config.in_order) {
			KUNIT_ASSERT_EQ(vd->test, vd->next_desc, i);
			vd->next_desc = (i + 1) % vd->size;
		}
		vd->owner[i] = head + 1;
		desc = vring_read_split(vd, vring_device_split_desc(vd, i));
		vring_take_desc(vd, &desc);
		i = desc.id;
	} while (desc.flags & VRING_DESC_F_NEXT);

	vd->chain.id = head;
	return true;
}

static void vring_complete_split(struct vring_device *vd, u16 id, u32 len,
				 unsigned int num)
{
	struct vring_used *used = vd->device_area;

	used->ring[vd->used.pos % vd->size] = (struct vring_used_elem) {
		.id	= cpu_to_virtio32(&vd->vdev, id),
		.len	= cpu_to_virtio32(&vd->vdev, len),
	};
	vd->used.pos += num;
	used->idx = cpu_to_virtio16(&vd->vdev, vd->used.pos);
}

static void vring_disown_split(struct vring_device *vd, u16 id)
{
	unsigned int i;

	for (i = 0; i < vd->size; i++)
		if (vd->owner[i] == id + 1)
			vd->owner[i] = 0;
}

/*
 * Packed ring
 */

static void vring_advance(struct vring_device *vd, struct vring_position *p,
			  unsigned int n)
{
	p->pos += n;
	if (p->pos >= vd->size) {
		p->pos -= vd->size;
		p->wrap = !p->wrap;
	}
}

static struct vring_raw_desc vring_packed_at(struct vring_device *vd,
					     const struct vring_position *p)
{
	const struct vring_packed_desc *ring = vd->desc_area;

	return vring_read_packed(&ring[p->pos]);
}

/* 2.8.1: AVAIL matches the wrap counter, USED is its inverse */
static bool vring_packed_available(u16 flags, bool wrap)
{
	return !!(flags & VRING_PACKED_AVAIL) == wrap &&
	       !!(flags & VRING_PACKED_USED) != wrap;
}

static bool vring_take_packed(struct vring_device *vd)
{
	struct vring_raw_desc desc = vring_packed_at(vd, &vd->avail);

	if (!vring_packed_available(desc.flags, vd->avail.wrap))
		return false;

	do {
		KUNIT_ASSERT_LT_MSG(vd->test, vd->chain.nr_desc,
				    vd->size - vd->nr_in_flight,
				    "more descriptors than the driver has");
		desc = vring_packed_at(vd, &vd->avail);
		KUNIT_ASSERT_TRUE_MSG(vd->test,
				      vring_packed_available(desc.flags,
							     vd->avail.wrap),
				      "the chain is not available in full");
		desc.flags &= ~(VRING_PACKED_AVAIL | VRING_PACKED_USED);
		vring_take_desc(vd, &desc);
		vring_advance(vd, &vd->avail, 1);
	} while (desc.flags & VRING_DESC_F_NEXT);

	/* 2.8.6: the last descriptor has the buffer id */
	vd->chain.id = desc.id;
	return true;
}

static void vring_complete_packed(struct vring_device *vd, u16 id, u32 len,
				  unsigned int nr_desc)
{
	struct vring_packed_desc *desc = vd->desc_area;
	u16 flags = len ? VRING_DESC_F_WRITE : 0;

	if (vd->used.wrap)
		flags |= VRING_PACKED_AVAIL | VRING_PACKED_USED;

	desc += vd->used.pos;
	desc->id = cpu_to_le16(id);
	desc->len = cpu_to_le32(len);
	desc->flags = cpu_to_le16(flags);
	vring_advance(vd, &vd->used, nr_desc);
}

/*
 * A free descriptor with the AVAIL bit of the next lap looks available or used
 * now, or will once its neighbour is available: a phantom.
 */
static void vring_expect_no_phantom(struct vring_device *vd)
{
	struct vring_position p = vd->avail;
	unsigned int i;

	for (i = vd->nr_in_flight; i < vd->size; i++) {
		u16 flags = vring_packed_at(vd, &p).flags;

		KUNIT_EXPECT_NE_MSG(vd->test, p.wrap,
				    !!(flags & VRING_PACKED_AVAIL),
				    "phantom in descriptor %u, flags %#x",
				    p.pos, flags);
		vring_advance(vd, &p, 1);
	}
}

/*
 * The device side, for all layouts
 */

/**
 * vring_device_take - take the next available buffer
 * @vd: the device
 *
 * The test ends here if the buffer violates the specification.  The length of a
 * direct chain is bounded by the queue size.  The length of a table is not,
 * because drivers and devices have used longer ones for many years.
 *
 * Return: whether there was a buffer; it is in vd->chain until the next call.
 */
bool vring_device_take(struct vring_device *vd)
{
	struct vring_chain *chain = &vd->chain;

	memset(chain, 0, offsetof(struct vring_chain, pieces));
	if (!(vd->config.packed ? vring_take_packed(vd) : vring_take_split(vd)))
		return false;

	KUNIT_ASSERT_LT(vd->test, chain->id, vd->size);
	KUNIT_ASSERT_EQ_MSG(vd->test, 0, vd->in_flight[chain->id],
			    "buffer %u is the device's already", chain->id);
	vd->in_flight[chain->id] = chain->nr_desc;
	vd->nr_in_flight += chain->nr_desc;
	return true;
}

/**
 * vring_device_complete - return a used buffer, in any order
 * @vd: the device
 * @id: its id when it was taken
 * @len: bytes that the device claims to have written
 */
void vring_device_complete(struct vring_device *vd, u16 id, u32 len)
{
	vring_device_complete_batch(vd, &id, 1, len);
}

/**
 * vring_device_complete_batch - return used buffers with the id of the last one
 * @vd: the device; with more than one buffer an in-order one
 * @id: their ids when they were taken, in that order
 * @num: number of buffers
 * @len: bytes that the device claims to have written to the last one
 *
 * 2.7.9 and 2.8.9: one used element or descriptor completes the batch.  It is
 * at the place of the first buffer and has the id of the last one; the device
 * continues after the batch.
 */
void vring_device_complete_batch(struct vring_device *vd, const u16 *id,
				 unsigned int num, u32 len)
{
	unsigned int i, nr_desc = 0;

	KUNIT_ASSERT_TRUE(vd->test, num == 1 || vd->config.in_order);
	for (i = 0; i < num; i++) {
		KUNIT_ASSERT_NE(vd->test, 0, vd->in_flight[id[i]]);
		nr_desc += vd->in_flight[id[i]];
		vd->in_flight[id[i]] = 0;
		if (!vd->config.packed)
			vring_disown_split(vd, id[i]);
	}
	if (vd->config.packed)
		vring_complete_packed(vd, id[num - 1], len, nr_desc);
	else
		vring_complete_split(vd, id[num - 1], len, num);
	vd->nr_in_flight -= nr_desc;
}

/* Request notifications of every new buffer, or of none */
void vring_device_want_notify(struct vring_device *vd, bool want)
{
	struct vring_packed_desc_event *event = vd->device_area;
	struct vring_used *used = vd->device_area;

	if (vd->config.packed)
		event->flags = cpu_to_le16(want ? VRING_PACKED_EVENT_FLAG_ENABLE :
					   VRING_PACKED_EVENT_FLAG_DISABLE);
	else
		used->flags = cpu_to_virtio16(&vd->vdev, want ? 0 :
					      VRING_USED_F_NO_NOTIFY);
}

/**
 * vring_device_notify_at - request a notification of one buffer (EVENT_IDX)
 * @vd: the device
 * @ahead: which one: buffers (split) or descriptors (packed) after the next
 */
void vring_device_notify_at(struct vring_device *vd, unsigned int ahead)
{
	struct vring_packed_desc_event *event = vd->device_area;
	struct vring_used *used = vd->device_area;
	struct vring_position p = vd->avail;

	if (vd->config.packed) {
		vring_advance(vd, &p, ahead);
		event->off_wrap = cpu_to_le16(p.pos | p.wrap <<
					      VRING_PACKED_EVENT_F_WRAP_CTR);
		event->flags = cpu_to_le16(VRING_PACKED_EVENT_FLAG_DESC);
	} else {
		*(__virtio16 *)&used->ring[vd->size] =
			cpu_to_virtio16(&vd->vdev, p.pos + ahead);
	}
}

/**
 * vring_device_expect_idle - expect that nothing is or looks available
 * @vd: the device
 *
 * The driver must agree: it gets no used buffer, and the descriptors that the
 * device does not hold are free.
 */
void vring_device_expect_idle(struct vring_device *vd)
{
	unsigned int len;

	KUNIT_EXPECT_EQ(vd->test, vd->size - vd->nr_in_flight, vd->vq->num_free);
	KUNIT_EXPECT_NULL(vd->test, virtqueue_get_buf(vd->vq, &len));
	if (vd->config.packed)
		vring_expect_no_phantom(vd);
	else
		KUNIT_EXPECT_EQ(vd->test, 0, vring_split_pending(vd));
}

/* Expect that no mapping and no indirect table of any buffer is left */
void vring_device_expect_nothing_held(struct vring_device *vd)
{
	vring_dma_expect_mapped(vd, 0);
	KUNIT_EXPECT_EQ(vd->test, 0, vd->nr_tables);
}

/*
 * The driver side
 */

/**
 * vring_request_init - lay out a buffer, one slot of memory per piece
 * @vd: the device
 * @req: the request
 * @slot: the first slot, which no other buffer in flight may use
 * @out: number of pieces that the device reads
 * @in: number of pieces that the device writes
 *
 * The lengths differ, so that confused pieces are detected.
 */
void vring_request_init(struct vring_device *vd, struct vring_request *req,
			unsigned int slot, unsigned int out, unsigned int in)
{
	unsigned int i;

	KUNIT_ASSERT_LE(vd->test, out + in, VRING_MAX_PIECES);
	KUNIT_ASSERT_LE(vd->test, slot + out + in, VRING_SLOTS);

	req->out = out;
	req->in = in;
	sg_init_table(req->sg, max(out + in, 1U));
	for (i = 0; i < out + in; i++) {
		req->pieces[i] = (struct vring_piece) {
			.addr		= vd->slots + (slot + i) * VRING_SLOT_SIZE,
			.len		= 1 + (slot + i) * 5 % VRING_SLOT_SIZE,
			.writable	= i >= out,
		};
		sg_set_buf(&req->sg[i], req->pieces[i].addr,
			   req->pieces[i].len);
	}
}

/* The direction in which the device accesses piece @i */
enum dma_data_direction vring_request_dir(const struct vring_request *req,
					  unsigned int i)
{
	return req->pieces[i].writable ? DMA_FROM_DEVICE : DMA_TO_DEVICE;
}

/**
 * vring_request_map - map pieces in the driver, not in the ring
 * @vd: the device
 * @req: the request
 * @first: the first of the pieces to map
 * @num: number of pieces to map
 *
 * The addresses are in the scatterlist, as premapped queues require.
 */
void vring_request_map(struct vring_device *vd, struct vring_request *req,
		       unsigned int first, unsigned int num)
{
	unsigned int i;

	for (i = first; i < first + num; i++) {
		struct vring_piece *piece = &req->pieces[i];
		dma_addr_t addr;

		addr = vring_drv_map(vd->vq, piece->addr, piece->len,
				     vring_request_dir(req, i), 0);
		KUNIT_ASSERT_FALSE(vd->test, vring_drv_map_failed(vd->vq, addr));
		sg_dma_address(&req->sg[i]) = addr;
		sg_dma_len(&req->sg[i]) = piece->len;
	}
}

void vring_request_unmap(struct vring_device *vd, struct vring_request *req,
			 unsigned int first, unsigned int num)
{
	unsigned int i;

	for (i = first; i < first + num; i++)
		vring_drv_unmap(vd->vq, sg_dma_address(&req->sg[i]),
				req->pieces[i].len, vring_request_dir(req, i),
				0);
}

/**
 * vring_request_create - create a buffer of one slot of memory per piece
 * @vd: the device
 * @slot: the first slot, which no other buffer in flight may use
 * @out: number of pieces that the device reads
 * @in: number of pieces that the device writes
 *
 * On a premapped queue the pieces are mapped, until vring_request_finish().
 *
 * Return: the request; the test ends here if there is no memory for it.
 */
struct vring_request *vring_request_create(struct vring_device *vd,
					   unsigned int slot,
					   unsigned int out, unsigned int in)
{
	struct vring_request *req;

	req = kunit_kzalloc(vd->test, sizeof(*req), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(vd->test, req);
	vring_request_init(vd, req, slot, out, in);
	if (vd->config.premapped)
		vring_request_map(vd, req, 0, out + in);
	return req;
}

/* What the driver of a premapped queue does when the buffer is used */
void vring_request_finish(struct vring_device *vd, struct vring_request *req)
{
	if (vd->config.premapped)
		vring_request_unmap(vd, req, 0, req->out + req->in);
}

/*
 * Both sides
 */

/**
 * vring_expect_available - expect that this is the next available buffer
 * @vd: the device
 * @req: the buffer, piece by piece
 *
 * Return: the id to complete it with.
 */
u16 vring_expect_available(struct vring_device *vd,
			   const struct vring_request *req)
{
	const struct vring_chain *chain = &vd->chain;
	unsigned int i;

	KUNIT_ASSERT_TRUE_MSG(vd->test, vring_device_take(vd),
			      "nothing available");
	KUNIT_ASSERT_EQ(vd->test, req->out + req->in, chain->nr_pieces);
	for (i = 0; i < chain->nr_pieces; i++) {
		const struct vring_piece *want = &req->pieces[i];
		const struct vring_piece *got = &chain->pieces[i];

		KUNIT_ASSERT_PTR_EQ_MSG(vd->test, want->addr, got->addr,
					"piece %u", i);
		KUNIT_ASSERT_EQ_MSG(vd->test, want->len, got->len,
				    "piece %u", i);
		KUNIT_ASSERT_EQ_MSG(vd->test, want->writable, got->writable,
				    "piece %u", i);
	}
	return chain->id;
}

/* Expect that the driver gets this buffer next, with @len bytes written */
void vring_expect_used(struct vring_device *vd, const void *token, u32 len)
{
	unsigned int got_len = ~len;

	KUNIT_ASSERT_PTR_EQ(vd->test, token,
			    virtqueue_get_buf(vd->vq, &got_len));
	KUNIT_EXPECT_EQ(vd->test, len, got_len);
}

/* Expect that a buffer that was added reaches the device and is used */
void vring_expect_round_trip(struct vring_device *vd,
			     const struct vring_request *req)
{
	u32 len = req->in ? req->pieces[req->out].len : 0;
	u16 id = vring_expect_available(vd, req);

	vring_device_complete(vd, id, len);
	vring_expect_used(vd, req, len);
}

MODULE_DESCRIPTION("KUnit tests for virtqueues");
MODULE_LICENSE("GPL");
