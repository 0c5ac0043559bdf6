// SPDX-License-Identifier: GPL-2.0
/*
 * A virtio device in user space, see device.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define VRING_ALIGN	64

const struct vring_ops *const vring_implementations[] = {
	&vring_series,
#ifdef HAVE_BASE_RING
	&vring_base,
#endif
	NULL
};

static bool vring_wrong(struct vring_device *d, const char *what)
{
	if (!d->wrong)
		d->wrong = what;
	return false;
}

/*
 * Configurations
 */

const char *vring_config_name(const struct vring_config *config)
{
	static char name[96];

	snprintf(name, sizeof(name), "%s%s%s%s%s%s%s%s%s,%u",
		 config->packed ? "packed" : "split",
		 config->indirect ? ",indirect" : "",
		 config->event ? ",event" : "",
		 config->dma ? ",dma" : "",
		 config->premapped ? ",premapped" : "",
		 config->ctx ? ",ctx" : "",
		 config->in_order ? ",in_order" : "",
		 config->legacy ? ",legacy" : "",
		 config->foreign ? ",foreign" : "",
		 config->size);
	return name;
}

bool vring_config_exists(const struct vring_config *c)
{
	if ((c->premapped && !VRING_PREMAPPED) ||
	    (c->in_order && !VRING_IN_ORDER))
		return false;
	/* In-order rings need a feature bit that legacy devices do not have. */
	if (c->legacy && c->in_order)
		return false;
	if (c->packed)
		return !c->legacy && !c->foreign;
	if (c->size & (c->size - 1))
		return false;
	return !(c->foreign && c->dma) && !(c->legacy && c->dma);
}

bool vring_config_get(unsigned int n, unsigned int size,
		      struct vring_config *config)
{
	unsigned int bits;

	for (bits = 0; bits < 512; bits++) {
		*config = (struct vring_config) {
			.size		= size,
			.packed		= bits & 1,
			.indirect	= bits & 2,
			.event		= bits & 4,
			.dma		= bits & 8,
			.premapped	= bits & 16,
			.ctx		= bits & 32,
			.legacy		= bits & 64,
			.foreign	= bits & 128,
			.in_order	= bits & 256,
		};
		if (vring_config_exists(config) && !n--)
			return true;
	}
	return false;
}

static u64 vring_config_features(const struct vring_config *config)
{
	u64 features = 0;

	if (config->packed)
		features |= 1ULL << VIRTIO_F_RING_PACKED;
	if (config->indirect)
		features |= 1ULL << VIRTIO_RING_F_INDIRECT_DESC;
	if (config->event)
		features |= 1ULL << VIRTIO_RING_F_EVENT_IDX;
	if (config->dma)
		features |= 1ULL << VIRTIO_F_ACCESS_PLATFORM;
	if (config->in_order)
		features |= 1ULL << VIRTIO_F_IN_ORDER;
	if (!config->legacy)
		features |= 1ULL << VIRTIO_F_VERSION_1;
	return features;
}

/*
 * The transport
 */

static struct vring_device *to_vring_device(struct virtio_device *vdev)
{
	return container_of(vdev, struct vring_device, vdev);
}

static void *vring_memory(struct vring_device *d, u64 addr, size_t len,
			  enum dma_data_direction dir)
{
	if (!d->config.dma)
		return phys_to_virt(addr);
	return dma_to_virt(&d->parent, addr, len, dir);
}

/* The addresses of the three parts of a ring, in memory of the transport */
static void vring_locate_foreign(struct vring_device *d)
{
	struct vring vring;

	vring_init(&vring, d->size, d->pages, VRING_ALIGN);
	d->desc_area = vring.desc;
	d->driver_area = vring.avail;
	d->device_area = vring.used;
}

static void vring_locate(struct vring_device *d)
{
	size_t driver_len = sizeof(struct vring_packed_desc_event);
	size_t device_len = driver_len;
	struct virtqueue *vq = d->vq;

	if (!d->config.packed) {
		driver_len = 6 + 2 * d->size;
		device_len = 6 + 8 * d->size;
	}
	d->desc_area = vring_memory(d, d->ops->virtqueue_get_desc_addr(vq),
				    16 * d->size, DMA_FROM_DEVICE);
	d->driver_area = vring_memory(d, d->ops->virtqueue_get_avail_addr(vq),
				      driver_len, DMA_TO_DEVICE);
	d->device_area = vring_memory(d, d->ops->virtqueue_get_used_addr(vq),
				      device_len, DMA_FROM_DEVICE);
	if (!d->desc_area || !d->driver_area || !d->device_area)
		vring_wrong(d, "the device cannot access all of the ring");
	if ((uintptr_t)d->desc_area % 16 || (uintptr_t)d->device_area % 4 ||
	    (uintptr_t)d->driver_area % (d->config.packed ? 4 : 2))
		vring_wrong(d, "a part of the ring is not aligned");
}

/* Tell the device the addresses of the ring, and let it start over */
static void vring_attach(struct vring_device *d)
{
	d->size = d->ops->virtqueue_get_vring_size(d->vq);
	if (d->config.foreign)
		vring_locate_foreign(d);
	else
		vring_locate(d);

	d->avail = (struct vring_position){ .pos = 0, .wrap = true };
	d->used = d->avail;
	d->called_at = d->avail;
	memset(d->in_flight, 0, d->size * sizeof(d->in_flight[0]));
	memset(d->owner, 0, d->size * sizeof(d->owner[0]));
	d->nr_in_flight = 0;
}

static bool vring_notified(struct virtqueue *vq)
{
	to_vring_device(vq->vdev)->notified++;
	return true;
}

/* With a callback, the driver uses used_event */
static void vring_called(struct virtqueue *vq)
{
	to_vring_device(vq->vdev)->called++;
}

static int vring_disable_vq(struct virtqueue *vq)
{
	struct vring_device *d = to_vring_device(vq->vdev);

	if (d->reset_fails)
		return -EIO;
	d->resets++;
	return 0;
}

static int vring_enable_vq(struct virtqueue *vq)
{
	vring_attach(to_vring_device(vq->vdev));
	return 0;
}

void vring_device_recycle(struct virtqueue *vq, void *buf)
{
	struct vring_device *d = to_vring_device(vq->vdev);

	d->nr_recycled++;
	d->recycled = buf;
}

static const struct virtio_config_ops vring_config_ops = {
	.disable_vq_and_reset	= vring_disable_vq,
	.enable_vq_after_reset	= vring_enable_vq,
};

static struct virtqueue *vring_create_vq(struct vring_device *d)
{
	const struct vring_config *c = &d->config;
	size_t size = vring_size(c->size, VRING_ALIGN);

	if (!c->foreign)
		return d->ops->vring_create_virtqueue(0, c->size, VRING_ALIGN,
						      &d->vdev, true, false,
						      c->ctx, vring_notified,
						      vring_called, "test");

	d->pages = aligned_alloc(PAGE_SIZE, PAGE_ALIGN(size));
	if (!d->pages)
		return NULL;
	memset(d->pages, 0, size);
	return d->ops->vring_new_virtqueue(0, c->size, VRING_ALIGN, &d->vdev,
					   true, c->ctx, d->pages,
					   vring_notified, vring_called,
					   "test");
}

/* Do not clear the big arrays at the end: attach and take write those. */
static void vring_device_init(struct vring_device *d,
			      const struct vring_ops *ops,
			      const struct vring_config *config)
{
	memset(d, 0, offsetof(struct vring_device, in_flight));
	memset(&d->chain, 0, offsetof(struct vring_chain, pieces));
	d->wrong = NULL;
	d->config = *config;
	d->ops = ops;
	d->vdev.dev.parent = &d->parent;
	d->vdev.config = &vring_config_ops;
	d->vdev.features = vring_config_features(config);
	INIT_LIST_HEAD(&d->vdev.vqs);
	spin_lock_init(&d->vdev.vqs_list_lock);
}

int vring_device_create(struct vring_device *d, const struct vring_ops *ops,
			const struct vring_config *config)
{
	int err;

	vring_device_init(d, ops, config);
	if (!config->size || config->size > VRING_MAX_SIZE)
		return -EINVAL;

	d->vq = vring_create_vq(d);
	if (!d->vq) {
		free(d->pages);
		d->pages = NULL;
		return -ENOMEM;
	}
	d->vq->num_max = VRING_MAX_SIZE;
	vring_attach(d);

	err = config->premapped ? ops->virtqueue_set_dma_premapped(d->vq) : 0;
	if (err)
		vring_device_destroy(d);
	return err;
}

void vring_device_destroy(struct vring_device *d)
{
	d->ops->vring_del_virtqueue(d->vq);
	d->vq = NULL;
	free(d->pages);
	d->pages = NULL;
}

unsigned int vring_device_free_tables(const struct vring_device *d)
{
	return d->vq && d->ops->free_tables ? d->ops->free_tables(d->vq) : 0;
}

unsigned int vring_device_mapped_tables(const struct vring_device *d)
{
	return d->vq && d->config.dma && d->ops->used_tables ?
	       d->ops->used_tables(d->vq) : 0;
}

int vring_device_kept(const struct vring_device *d)
{
	return d->vq && d->ops->kept_tables ? d->ops->kept_tables(d->vq) : 0;
}

void vring_device_keep_nothing(struct vring_device *d)
{
	if (d->vq && d->ops->drop_tables)
		d->ops->drop_tables(d->vq);
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

static struct vring_raw_desc vring_read_split(struct vring_device *d,
					      const struct vring_desc *desc)
{
	return (struct vring_raw_desc) {
		.addr	= virtio64_to_cpu(&d->vdev, desc->addr),
		.len	= virtio32_to_cpu(&d->vdev, desc->len),
		.flags	= virtio16_to_cpu(&d->vdev, desc->flags),
		.id	= virtio16_to_cpu(&d->vdev, desc->next),
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

static bool vring_take_piece(struct vring_device *d,
			     const struct vring_raw_desc *desc)
{
	struct vring_chain *chain = &d->chain;
	struct vring_piece *piece = &chain->pieces[chain->nr_pieces];
	bool writable = desc->flags & VRING_DESC_F_WRITE;

	if (chain->nr_pieces == VRING_MAX_PIECES)
		return vring_wrong(d, "more pieces than this program is for");
	/* 2.7.4.2, 2.8.5: any writable ones after any readable ones */
	if (chain->nr_pieces && !writable && piece[-1].writable)
		return vring_wrong(d, "readable after writable");

	piece->addr = desc->addr;
	piece->cpu = vring_memory(d, desc->addr, desc->len,
				  writable ? DMA_FROM_DEVICE : DMA_TO_DEVICE);
	piece->len = desc->len;
	piece->writable = writable;
	chain->nr_pieces++;
	if (!piece->cpu)
		return vring_wrong(d, "a piece is not mapped for the device");
	return true;
}

/*
 * 2.7.5.3.1: only NEXT and WRITE within a table.  The specification does not
 * require that its length covers exactly the entries in use, but we do.
 */
static bool vring_take_split_table(struct vring_device *d,
				   const struct vring_desc *table,
				   unsigned int num)
{
	struct vring_raw_desc desc;
	unsigned int i = 0, n = 0;

	do {
		if (i >= num)
			return vring_wrong(d, "next leaves the table");
		if (n == num)
			return vring_wrong(d, "the table is a loop");
		desc = vring_read_split(d, &table[i]);
		if (desc.flags & ~(VRING_DESC_F_NEXT | VRING_DESC_F_WRITE))
			return vring_wrong(d, "bad flags in a table");
		if (!vring_take_piece(d, &desc))
			return false;
		i = desc.id;
		n++;
	} while (desc.flags & VRING_DESC_F_NEXT);

	return n == num || vring_wrong(d, "entries left over in the table");
}

/* 2.8.7: a table is a plain array, WRITE is the only valid flag */
static bool vring_take_packed_table(struct vring_device *d,
				    const struct vring_packed_desc *table,
				    unsigned int num)
{
	unsigned int i;

	for (i = 0; i < num; i++) {
		struct vring_raw_desc desc = vring_read_packed(&table[i]);

		if (desc.flags & ~VRING_DESC_F_WRITE)
			return vring_wrong(d, "bad flags in a table");
		if (!vring_take_piece(d, &desc))
			return false;
	}
	return true;
}

/* @desc: the descriptor in the ring, without its AVAIL and USED bits */
static bool vring_take_table(struct vring_device *d,
			     const struct vring_raw_desc *desc)
{
	unsigned int num = desc->len / 16;
	void *table;

	if (!d->config.indirect || d->config.ctx)
		return vring_wrong(d, "nobody agreed on tables");
	/* Neither NEXT (2.7.5.3.1, 2.8.19) nor WRITE, which is reserved here */
	if (desc->flags != VRING_DESC_F_INDIRECT)
		return vring_wrong(d, "bad flags of a table");
	if (!num || desc->len % 16)
		return vring_wrong(d, "bad length of a table");
	table = vring_memory(d, desc->addr, desc->len, DMA_TO_DEVICE);
	if (!table)
		return vring_wrong(d, "a table is not mapped for the device");

	d->chain.indirect = true;
	d->chain.table = desc->addr;
	d->chain.table_len = desc->len;
	return d->config.packed ? vring_take_packed_table(d, table, num) :
				  vring_take_split_table(d, table, num);
}

static bool vring_take_desc(struct vring_device *d,
			    const struct vring_raw_desc *desc)
{
	if (desc->flags & ~(VRING_DESC_F_NEXT | VRING_DESC_F_WRITE |
			    VRING_DESC_F_INDIRECT))
		return vring_wrong(d, "reserved flags");
	d->chain.nr_desc++;
	if (desc->flags & VRING_DESC_F_INDIRECT)
		return vring_take_table(d, desc);
	return vring_take_piece(d, desc);
}

/*
 * Split ring
 */

static u16 vring_split_pending(struct vring_device *d)
{
	const struct vring_avail *avail = d->driver_area;

	return virtio16_to_cpu(&d->vdev, READ_ONCE(avail->idx)) - d->avail.pos;
}

static bool vring_take_split(struct vring_device *d)
{
	const struct vring_desc *ring = d->desc_area;
	const struct vring_avail *avail = d->driver_area;
	u16 pending = vring_split_pending(d);
	struct vring_raw_desc desc;
	u16 head, i;

	if (!pending)
		return false;
	if (pending > d->size)
		return vring_wrong(d, "the available index ran off");

	head = virtio16_to_cpu(&d->vdev, avail->ring[d->avail.pos % d->size]);
	d->avail.pos++;

	i = head;
	do {
		if (i >= d->size)
			return vring_wrong(d, "next leaves the ring");
		if (d->owner[i])
			return vring_wrong(d, "the device has it already");
		d->owner[i] = head + 1;
		desc = vring_read_split(d, &ring[i]);
		if (!vring_take_desc(d, &desc))
			return false;
		i = desc.id;
	} while (desc.flags & VRING_DESC_F_NEXT);

	d->chain.id = head;
	return true;
}

static void vring_put_used_split(struct vring_device *d, u32 id, u32 len)
{
	struct vring_used *used = d->device_area;

	used->ring[d->used.pos % d->size] = (struct vring_used_elem) {
		.id	= cpu_to_virtio32(&d->vdev, id),
		.len	= cpu_to_virtio32(&d->vdev, len),
	};
	d->used.pos++;
	WRITE_ONCE(used->idx, cpu_to_virtio16(&d->vdev, d->used.pos));
}

/* The chain still shows which descriptors it held. */
static void vring_release_split(struct vring_device *d, u16 head)
{
	const struct vring_desc *ring = d->desc_area;
	u16 i = head, n = d->in_flight[head];

	for (; n && i < d->size && d->owner[i] == head + 1; n--) {
		d->owner[i] = 0;
		i = virtio16_to_cpu(&d->vdev, ring[i].next);
	}
}

/*
 * Packed ring
 */

static void vring_advance(struct vring_device *d, struct vring_position *p,
			  unsigned int n)
{
	unsigned int pos = p->pos + n;

	if (pos >= d->size) {
		pos -= d->size;
		p->wrap = !p->wrap;
	}
	p->pos = pos;
}

static struct vring_raw_desc vring_packed_at(struct vring_device *d,
					     const struct vring_position *p)
{
	const struct vring_packed_desc *ring = d->desc_area;

	return vring_read_packed(&ring[p->pos]);
}

/* 2.8.1: AVAIL matches the wrap counter, USED is its inverse */
static bool vring_packed_available(u16 flags, bool wrap)
{
	return !!(flags & VRING_PACKED_AVAIL) == wrap &&
	       !!(flags & VRING_PACKED_USED) != wrap;
}

static bool vring_take_packed(struct vring_device *d)
{
	struct vring_raw_desc desc = vring_packed_at(d, &d->avail);

	if (!vring_packed_available(desc.flags, d->avail.wrap))
		return false;

	do {
		if (d->chain.nr_desc >= d->size - d->nr_in_flight)
			return vring_wrong(d, "more descriptors than are free");
		desc = vring_packed_at(d, &d->avail);
		if (!vring_packed_available(desc.flags, d->avail.wrap))
			return vring_wrong(d, "a chain is not available in full");
		desc.flags &= ~(VRING_PACKED_AVAIL | VRING_PACKED_USED);
		if (!vring_take_desc(d, &desc))
			return false;
		vring_advance(d, &d->avail, 1);
	} while (desc.flags & VRING_DESC_F_NEXT);

	/* 2.8.6: the last descriptor has the buffer id */
	d->chain.id = desc.id;
	return true;
}

static void vring_put_used_packed(struct vring_device *d, u32 id, u32 len,
				  unsigned int num)
{
	struct vring_packed_desc *desc = d->desc_area;
	u16 flags = len ? VRING_DESC_F_WRITE : 0;

	if (d->used.wrap)
		flags |= VRING_PACKED_AVAIL | VRING_PACKED_USED;

	desc += d->used.pos;
	desc->id = cpu_to_le16(id);
	desc->len = cpu_to_le32(len);
	WRITE_ONCE(desc->flags, cpu_to_le16(flags));
	vring_advance(d, &d->used, num);
}

/*
 * A free descriptor with the AVAIL bit of the next lap looks available or used
 * now, or will once its neighbour is available: a phantom.
 */
static bool vring_has_phantom(struct vring_device *d)
{
	struct vring_position p = d->avail;
	unsigned int i;

	for (i = d->nr_in_flight; i < d->size; i++) {
		u16 flags = vring_packed_at(d, &p).flags;

		if (!!(flags & VRING_PACKED_AVAIL) == p.wrap)
			return true;
		vring_advance(d, &p, 1);
	}
	return false;
}

/*
 * The device side, for all layouts
 */

bool vring_device_take(struct vring_device *d)
{
	struct vring_chain *chain = &d->chain;

	memset(chain, 0, offsetof(struct vring_chain, pieces));
	if (!(d->config.packed ? vring_take_packed(d) : vring_take_split(d)))
		return false;

	if (chain->id >= d->size)
		return vring_wrong(d, "no such buffer id");
	if (d->in_flight[chain->id])
		return vring_wrong(d, "the device has this buffer already");
	d->in_flight[chain->id] = chain->nr_desc;
	d->nr_in_flight += chain->nr_desc;
	return true;
}

void vring_device_put_used(struct vring_device *d, u32 id, u32 len,
			   unsigned int num)
{
	if (d->config.packed)
		vring_put_used_packed(d, id, len, num);
	else
		vring_put_used_split(d, id, len);
}

void vring_device_complete(struct vring_device *d, u16 id, u32 len)
{
	vring_device_put_used(d, id, len, d->in_flight[id]);
	if (!d->config.packed)
		vring_release_split(d, id);
	d->nr_in_flight -= d->in_flight[id];
	d->in_flight[id] = 0;
}

void vring_device_complete_batch(struct vring_device *d, const u16 *id,
				 unsigned int num, u32 len)
{
	unsigned int i, nr_desc = 0;

	for (i = 0; i < num; i++)
		nr_desc += d->in_flight[id[i]];
	vring_device_put_used(d, id[num - 1], len, nr_desc);
	if (!d->config.packed) {
		struct vring_used *used = d->device_area;

		d->used.pos += num - 1;
		WRITE_ONCE(used->idx, cpu_to_virtio16(&d->vdev, d->used.pos));
	}
	for (i = 0; i < num; i++) {
		if (!d->config.packed)
			vring_release_split(d, id[i]);
		d->in_flight[id[i]] = 0;
	}
	d->nr_in_flight -= nr_desc;
}

void vring_device_want_notify(struct vring_device *d, bool want)
{
	struct vring_packed_desc_event *event = d->device_area;
	struct vring_used *used = d->device_area;

	if (d->config.packed)
		event->flags = cpu_to_le16(want ? VRING_PACKED_EVENT_FLAG_ENABLE :
					   VRING_PACKED_EVENT_FLAG_DISABLE);
	else
		used->flags = cpu_to_virtio16(&d->vdev, want ? 0 :
					      VRING_USED_F_NO_NOTIFY);
}

void vring_device_notify_at(struct vring_device *d, unsigned int ahead)
{
	struct vring_packed_desc_event *event = d->device_area;
	struct vring_used *used = d->device_area;
	struct vring_position p = d->avail;

	if (d->config.packed) {
		vring_advance(d, &p, ahead);
		event->off_wrap = cpu_to_le16(p.pos | p.wrap <<
					      VRING_PACKED_EVENT_F_WRAP_CTR);
		event->flags = cpu_to_le16(VRING_PACKED_EVENT_FLAG_DESC);
	} else {
		*(__virtio16 *)&used->ring[d->size] =
			cpu_to_virtio16(&d->vdev, p.pos + ahead);
	}
}

/* 2.7.7.2: has the used index passed used_event, or is the flag set? */
static bool vring_must_call_split(struct vring_device *d)
{
	const struct vring_avail *avail = d->driver_area;
	u16 event = virtio16_to_cpu(&d->vdev, avail->ring[d->size]);

	if (!d->config.event)
		return d->used.pos != d->called_at.pos &&
		       !(virtio16_to_cpu(&d->vdev, avail->flags) &
			 VRING_AVAIL_F_NO_INTERRUPT);
	return (u16)(event - d->called_at.pos) <
	       (u16)(d->used.pos - d->called_at.pos);
}

/* Number of descriptors between two positions, at most one lap */
static unsigned int vring_distance(struct vring_device *d,
				   const struct vring_position *from,
				   const struct vring_position *to)
{
	return to->pos - from->pos + (to->wrap == from->wrap ? 0 : d->size);
}

/* 2.8.10: always, never, or at a descriptor of some lap */
static bool vring_must_call_packed(struct vring_device *d)
{
	const struct vring_packed_desc_event *area = d->driver_area;
	u16 off_wrap = le16_to_cpu(area->off_wrap);
	struct vring_position event = {
		.pos	= off_wrap & ~BIT(VRING_PACKED_EVENT_F_WRAP_CTR),
		.wrap	= off_wrap >> VRING_PACKED_EVENT_F_WRAP_CTR,
	};
	unsigned int done = vring_distance(d, &d->called_at, &d->used);

	switch (le16_to_cpu(area->flags)) {
	case VRING_PACKED_EVENT_FLAG_ENABLE:
		return done;
	case VRING_PACKED_EVENT_FLAG_DISABLE:
		return false;
	case VRING_PACKED_EVENT_FLAG_DESC:
		return vring_distance(d, &d->called_at, &event) < done;
	default:
		return vring_wrong(d, "reserved event flags");
	}
}

bool vring_device_must_call(struct vring_device *d)
{
	bool call = d->config.packed ? vring_must_call_packed(d) :
				       vring_must_call_split(d);

	d->called_at = d->used;
	return call;
}

bool vring_device_idle(struct vring_device *d)
{
	if (d->size - d->nr_in_flight != d->vq->num_free)
		return vring_wrong(d, "the driver counts other descriptors free");
	if (d->config.packed && vring_has_phantom(d))
		return vring_wrong(d, "a free descriptor looks available");
	if (!d->config.packed && vring_split_pending(d))
		return vring_wrong(d, "something is available");
	return true;
}
