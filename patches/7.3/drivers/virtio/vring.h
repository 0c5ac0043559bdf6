/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtio ring implementation: private types and helpers.
 *
 *  Copyright 2007 Rusty Russell IBM Corporation
 */
#ifndef _DRIVERS_VIRTIO_VRING_H
#define _DRIVERS_VIRTIO_VRING_H

#include <linux/virtio.h>
#include <linux/virtio_ring.h>
#include <linux/virtio_config.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/kmsan.h>
#include <linux/slab.h>

#ifdef DEBUG
/* For development, we want to crash whenever the ring is screwed. */
#define BAD_RING(_vq, fmt, args...)				\
	do {							\
		dev_err(&(_vq)->vq.vdev->dev,			\
			"%s:"fmt, (_vq)->vq.name, ##args);	\
		BUG();						\
	} while (0)
/* Caller is supposed to guarantee no reentry. */
#define START_USE(_vq)						\
	do {							\
		if ((_vq)->in_use)				\
			panic("%s:in_use = %i\n",		\
			      (_vq)->vq.name, (_vq)->in_use);	\
		(_vq)->in_use = __LINE__;			\
	} while (0)
#define END_USE(_vq) \
	do { BUG_ON(!(_vq)->in_use); (_vq)->in_use = 0; } while(0)
#define LAST_ADD_TIME_UPDATE(_vq)				\
	do {							\
		ktime_t now = ktime_get();			\
								\
		/* No kick or get, with .1 second between?  Warn. */ \
		if ((_vq)->last_add_time_valid)			\
			WARN_ON(ktime_to_ms(ktime_sub(now,	\
				(_vq)->last_add_time)) > 100);	\
		(_vq)->last_add_time = now;			\
		(_vq)->last_add_time_valid = true;		\
	} while (0)
#define LAST_ADD_TIME_CHECK(_vq)				\
	do {							\
		if ((_vq)->last_add_time_valid) {		\
			WARN_ON(ktime_to_ms(ktime_sub(ktime_get(), \
				      (_vq)->last_add_time)) > 100); \
		}						\
	} while (0)
#define LAST_ADD_TIME_INVALID(_vq)				\
	((_vq)->last_add_time_valid = false)
#else
#define BAD_RING(_vq, fmt, args...)				\
	do {							\
		dev_err(&_vq->vq.vdev->dev,			\
			"%s:"fmt, (_vq)->vq.name, ##args);	\
		(_vq)->broken = true;				\
	} while (0)
#define START_USE(vq)
#define END_USE(vq)
#define LAST_ADD_TIME_UPDATE(vq)
#define LAST_ADD_TIME_CHECK(vq)
#define LAST_ADD_TIME_INVALID(vq)
#endif

enum vq_layout {
	VQ_LAYOUT_SPLIT = 0,
	VQ_LAYOUT_PACKED,
	VQ_LAYOUT_SPLIT_IN_ORDER,
	VQ_LAYOUT_PACKED_IN_ORDER,
};

struct vring_desc_state {
	void *data;			/* Data for callback. */
	void *indir_desc;		/* vring_table(), if any, or context. */
	u16 num;			/* Descriptor list length. */
	u16 last;			/* The last desc state in a list. */
	u32 total_in_len;		/* In length for the skipped buffer. */
};

/*
 * Out of the device's reach: the list of descriptors, and what the ring has to
 * unmap.  An indirect table has an array of its own, where @next is not used,
 * and an entry must be as long as a descriptor.
 */
struct vring_desc_extra {
	u64 addr;			/* Descriptor DMA addr. */
	u32 len;			/* Descriptor length. */
	u16 dir;			/* DMA_NONE: it is not ours to unmap. */
	u16 next;			/* The next desc state in a list. */
};

/* Where the next descriptor of a buffer goes, and what will stand in it. */
struct vring_cursor {
	/* The descriptor; or all of a split ring, of which @next is the index. */
	struct vring_desc *desc;

	/* Its second word, but for the length: see vring_write(). */
	u64 word;

	/* Ring: index in desc_extra. */
	unsigned int next;

	/* Packed ring: vring_wrap_packed() must be called here. */
	struct vring_desc *limit;

	/* Ring: what @next was before. */
	unsigned int last;
};

/* A buffer under construction. */
struct vring_buf {
	/* Descriptors: what may still be added (none after an error), and all */
	unsigned int room;
	unsigned int size;

	/* Pieces that may still be added, or <0: too many, or an error. */
	int nsg;

	int err;			/* The first error. */
	enum dma_data_direction dir;	/* Of the last piece. */
	bool table;			/* In a table, not in the ring. */
	bool plain;			/* In a table, and nothing is mapped. */
	size_t records;			/* Table: how far before @at.desc. */
	struct vring_cursor at;

	/* Constant from start to end.  Without @data there is no buffer. */
	void *data;			/* Data for callback. */
	void *indir_desc;		/* Indirect table, if any, or context. */

	u32 in_len;			/* What the device may write. */
};

struct vring_virtqueue_split {
	/* Actual memory layout for this queue. */
	struct vring vring;

	/* Last written value to avail->flags */
	u16 avail_flags_shadow;

	/*
	 * Last written value to avail->idx in
	 * guest byte order.
	 */
	u16 avail_idx_shadow;

	/* DMA address and size information */
	dma_addr_t queue_dma_addr;
	size_t queue_size_in_bytes;

	/*
	 * The parameters for creating vrings are reserved for creating new
	 * vring.
	 */
	u32 vring_align;
	bool may_reduce_num;
};

struct vring_virtqueue_packed {
	/* Actual memory layout for this queue. */
	struct {
		unsigned int num;
		struct vring_packed_desc *desc;
		struct vring_packed_desc_event *driver;
		struct vring_packed_desc_event *device;
	} vring;

	/* Driver ring wrap counter. */
	bool avail_wrap_counter;

	/* Avail used flags. */
	u16 avail_used_flags;

	/* Index of the next avail descriptor. */
	u16 next_avail_idx;

	/*
	 * Last written value to driver->flags in
	 * guest byte order.
	 */
	u16 event_flags_shadow;

	/* DMA address and size information */
	dma_addr_t ring_dma_addr;
	dma_addr_t driver_event_dma_addr;
	dma_addr_t device_event_dma_addr;
	size_t ring_size_in_bytes;
	size_t event_size_in_bytes;
};

struct vring_virtqueue {
	struct virtqueue vq;

	/* Is DMA API used? */
	bool use_map_api;

	/* Can we use weak barriers? */
	bool weak_barriers;

	/* Other side has made a mess, don't try any more. */
	bool broken;

	/* Host supports indirect buffers */
	bool indirect;

	/* Host publishes avail event idx */
	bool event;

	enum vq_layout layout;

	/* Per-descriptor state. */
	struct vring_desc_state *desc_state;
	struct vring_desc_extra *desc_extra;

	/*
	 * Without IN_ORDER it's the head of free buffer list. With
	 * IN_ORDER it's the next available buffer index.
	 */
	unsigned int free_head;

	/*
	 * With IN_ORDER, once we see an in-order batch, this stores
	 * this last entry, and until we return the last buffer.
	 * After this, id is set to UINT_MAX to mark it invalid.
	 * Unused without IN_ORDER.
	 */
	struct used_entry {
		u32 id;
		u32 len;
	} batch_last;

	/* Number we've added since last sync. */
	unsigned int num_added;

	/* Last used index  we've seen.
	 * for split ring, it just contains last used index
	 * for packed ring:
	 * bits up to VRING_PACKED_EVENT_F_WRAP_CTR include the last used index.
	 * bits from VRING_PACKED_EVENT_F_WRAP_CTR include the used wrap counter.
	 */
	u16 last_used_idx;

	/* With IN_ORDER and SPLIT, last descriptor id we used to
	 * detach buffer.
	 */
	u16 last_used;

	/* Hint for event idx: already triggered no need to disable. */
	bool event_triggered;

	union {
		/* Available for split ring */
		struct vring_virtqueue_split split;

		/* Available for packed ring */
		struct vring_virtqueue_packed packed;
	};

	/*
	 * Of a descriptor's second word, see vring_write(): what WRITE is in it;
	 * of a table's first one, and what it grows by.
	 */
	u64 word_write;
	u64 word_table;
	u64 word_step;

	/* What virtqueue_start_buf() started. */
	struct vring_buf buf;

	/*
	 * An indirect table is small if it needs no more descriptors, as most
	 * requests do.  It has room for all of them, a mark in its pointer, and
	 * is kept when it is free: up to 4 KiB of memory, or 8 with records of
	 * mappings.
	 */
#define VRING_SMALL_DESCS	8
#define VRING_SMALL		1UL
#define VRING_KEPT		32
	unsigned int nr_kept;
	void *kept[VRING_KEPT];

	/* How to map what the device writes: DMA_ATTR_*, or 0 */
	unsigned long attrs;

	/* How to notify other side. FIXME: commonalize hcalls! */
	bool (*notify)(struct virtqueue *vq);

	/* DMA, allocation, and size information */
	bool we_own_ring;

	union virtio_map map;

#ifdef DEBUG
	/* They're supposed to lock for us. */
	unsigned int in_use;

	/* Figure out if their kicks are too delayed. */
	bool last_add_time_valid;
	ktime_t last_add_time;
#endif
};

#define to_vvq(_vq) container_of_const(_vq, struct vring_virtqueue, vq)

static inline bool virtqueue_is_packed(const struct vring_virtqueue *vq)
{
	return vq->layout == VQ_LAYOUT_PACKED ||
	       vq->layout == VQ_LAYOUT_PACKED_IN_ORDER;
}

static inline bool virtqueue_is_in_order(const struct vring_virtqueue *vq)
{
	return vq->layout == VQ_LAYOUT_SPLIT_IN_ORDER ||
	       vq->layout == VQ_LAYOUT_PACKED_IN_ORDER;
}

/*
 * The DMA ops on various arches are rather gnarly right now, and
 * making all of the arch DMA ops work on the vring device itself
 * is a mess.
 */
static inline struct device *vring_dma_dev(const struct vring_virtqueue *vq)
{
	return vq->map.dma_dev;
}

static inline int vring_mapping_error(const struct vring_virtqueue *vq,
				      dma_addr_t addr)
{
	struct virtio_device *vdev = vq->vq.vdev;

	if (!vq->use_map_api)
		return 0;

	if (vdev->map)
		return vdev->map->mapping_error(vq->map, addr);
	else
		return dma_mapping_error(vring_dma_dev(vq), addr);
}

/*
 * The seam: what differs from kernel to kernel, so that virtqueue_buf.c does
 * not.  Here a list is never what the driver has mapped: who adds such a buffer
 * does so by virtqueue_add_mapped().
 */
#define vring_maps_tables(vq)		((vq)->use_map_api)
#define vring_maps_pieces(vq)		((vq)->use_map_api)
#define vring_mapped(vq)		((vq)->use_map_api)
#define vring_premapped(vq)		((void)(vq), false)

static inline bool vring_map_failed(const struct vring_virtqueue *vq,
				    dma_addr_t addr)
{
	return unlikely(vring_mapping_error(vq, addr));
}

/* In-order rings have to know how much the device may write. */
static inline void vring_in_len_start(struct vring_buf *buf, u32 len, u16 flags)
{
	buf->in_len = flags ? len : 0;
}

static inline void vring_in_len_add(struct vring_buf *buf, u32 len)
{
	buf->in_len += buf->dir == DMA_FROM_DEVICE ? len : 0;
}

static inline void vring_in_len_store(struct vring_desc_state *state,
				      const struct vring_buf *buf)
{
	state->total_in_len = buf->in_len;
}

/* The address of memory that the device reaches without the DMA API. */
static inline dma_addr_t vring_phys(phys_addr_t phys, size_t len,
				    enum dma_data_direction dir)
{
	/*
	 * KMSAN doesn't know that the memory is initialized by the hardware.
	 * Explicitly check/unpoison it depending on the direction.
	 */
	kmsan_handle_dma(phys, len, dir);
	return phys;
}

static inline dma_addr_t vring_map(const struct vring_virtqueue *vq,
				   struct page *page, size_t offset, size_t len,
				   enum dma_data_direction dir)
{
	return virtqueue_map_page_attrs(&vq->vq, page, offset, len, dir,
					dir == DMA_FROM_DEVICE ? vq->attrs : 0);
}

/*
 * Descriptors of either format are an address and a second word, which are
 * written by two stores: gcc does not combine those of smaller members.  In the
 * word the length comes first, then flags and next, or id and flags.
 */
#define VRING_WORD_SPLIT(flags, next)	((u64)(flags) << 32 | (u64)(next) << 48)
#define VRING_WORD_PACKED(id, flags)	((u64)(id) << 32 | (u64)(flags) << 48)

static inline void vring_write(const struct vring_virtqueue *vq,
			       struct vring_desc *desc, u64 addr, u64 word)
{
	struct virtio_device *vdev = vq->vq.vdev;

	/* big-endian devices of old: the members are, the order is the same */
	if (!virtio_is_little_endian(vdev))
		word = word << 32 | (word >> 16 & 0xffff0000) | word >> 48;
	desc->addr = cpu_to_virtio64(vdev, addr);
	*(__virtio64 *)&desc->len = cpu_to_virtio64(vdev, word);
}

/* After this a stray piece finds nothing to write to. */
static inline void vring_buf_close(struct vring_buf *buf)
{
	buf->room = 0;
	buf->size = 0;
	buf->data = NULL;
}

/* A table, without the mark of a small one */
static inline void *vring_table(const void *marked)
{
	return (void *)((unsigned long)marked & ~VRING_SMALL);
}

static inline void vring_free_table(struct vring_virtqueue *vq, void *marked)
{
	if ((unsigned long)marked & VRING_SMALL && vq->nr_kept < VRING_KEPT)
		vq->kept[vq->nr_kept++] = marked;
	else
		kfree(vring_table(marked));
}

void vring_unmap_pieces(const struct vring_virtqueue *vq,
			const struct vring_desc_extra *extra, unsigned int i,
			unsigned int num, bool table);

#endif /* _DRIVERS_VIRTIO_VRING_H */
