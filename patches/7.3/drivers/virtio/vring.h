/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtio ring implementation: private types and helpers.
 *
 *  Copyright 2007 Rusty Russell IBM Corporation
 */
#ifndef _DRIVERS_VIRTIO_VRING_H
#define _DRIVERS_VIRTIO_VRING_H

#include <linux/bvec.h>
#include <linux/virtio.h>
#include <linux/virtio_ring.h>
#include <linux/virtio_config.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/kmsan.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

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
	void *indir_desc;		/* Indirect table, context or NULL. */
	u16 num;			/* Descriptor list length. */
	u16 last;			/* The last desc state in a list. */
	u32 total_in_len;		/* In length for the skipped buffer. */
};

/*
 * The free list and what the ring has to unmap, in memory that the device
 * cannot write.  An indirect table has its own array of these, where @next is
 * unused.  An entry must have the size of a descriptor.
 */
struct vring_desc_extra {
	u64 addr;			/* Descriptor DMA addr. */
	u32 len;			/* Descriptor length. */
	u16 dir;			/* DMA_NONE: the ring does not unmap. */
	u16 next;			/* The next desc state in a list. */
};

/* Where the descriptors of a buffer go */
enum vring_place {
	VRING_RING,
	VRING_TABLE,			/* Pieces have DMA addresses, */
	VRING_UNMAPPED_TABLE,		/* and the table has none yet. */
	VRING_PLAIN_TABLE,
};

/*
 * The builder: the state of the buffer between start and end.  Descriptors are
 * written as two words, the address and a second word, see vring_write().
 */
struct vring_buf {
	/*
	 * Constant from start to end.  If @data is NULL, no buffer is open.  If
	 * the ring maps tables, a table starts with the records of its pieces.
	 */
	void *data;			/* Data for callback. */
	void *indir_desc;		/* Indirect table, context or NULL. */
	unsigned int size;		/* Reserved; 0 after an error. */

	/* What may still be added.  After an error, @room is 0. */
	int room;			/* Descriptors. */
	int nsg;			/* Pieces; negative if too many. */

	u32 in_len;			/* What the device may write. */
	s16 err;			/* The first error. */
	u8 place;			/* enum vring_place */
	u8 dir;				/* Of the last piece. */

	/* Ring: indices in desc_extra of the head, next and last descriptor. */
	u16 head;
	u16 next;
	u16 last;

	/*
	 * Constant for the layout: the number of the WRITE bit in a second
	 * word, and the upper half of the first second word in a table.
	 */
	u8 write_bit;

	/* Map the pieces with DMA_ATTR_DEBUGGING_IGNORE_CACHELINES. */
	bool cache_clean;

	u32 table_word;			/* See write_bit. */

	/*
	 * The cursor: the next descriptor (in a split ring: the descriptor
	 * table), and its second word without the length.
	 */
	struct vring_desc *desc;
	u64 word;

	/*
	 * Second words that publishing writes again: of the last descriptor
	 * and, for a packed ring, of the head (@head_word, with AVAIL and USED
	 * inverted).
	 */
	u64 last_word;

	union {
		/* Table: where the next DMA address is recorded. */
		struct vring_desc_extra *record;

		/* Packed ring: call vring_wrap_packed() at this descriptor. */
		struct vring_desc *limit;
	};
	union {
		/* Table: its address for the device, or the physical one. */
		u64 table_addr;

		/* Packed ring: see last_word. */
		u64 head_word;
	};

	/* Constant for the layout: the increment of @word in a table. */
	u64 word_step;
};

/*
 * Indirect tables that the queue keeps; most requests fit into one.  They are
 * allocated together, in one page, when the first one is needed.
 *
 * A kept table is identified by its offset in @block.  If the ring maps tables,
 * the descriptors are at @table, and @block has the records of what was mapped.
 * Otherwise @table is @block, which has the descriptors.
 */
#define VRING_KEPT_TABLES	31
#define VRING_KEPT_DESCS	8

struct vring_kept {
	/* Offsets in @block of the free tables; there are vq->nr_kept. */
	u16 free[VRING_KEPT_TABLES];

	struct vring_desc *table;
	dma_addr_t addr;		/* Of @table, for the device. */

	/* If the ring maps tables: allocates @table, which stays mapped. */
	struct work_struct work;
	struct vring_virtqueue *vq;

	struct vring_desc block[VRING_KEPT_TABLES][VRING_KEPT_DESCS]
		__aligned(sizeof(struct vring_desc));
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

	/* The builder, see virtqueue_start_buf(). */
	struct vring_buf *buf;

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

	/* Number of free tables in @kept; 0 until they can be used. */
	u8 nr_kept;

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

	enum vq_layout layout;

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

	union {
		/* Available for split ring */
		struct vring_virtqueue_split split;

		/* Available for packed ring */
		struct vring_virtqueue_packed packed;
	};

	/* Per-descriptor state. */
	struct vring_desc_state *desc_state;
	struct vring_desc_extra *desc_extra;

	/* Kept indirect tables, or NULL if none was needed yet. */
	struct vring_kept *kept;

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
 * These helpers hide the differences between kernel versions from
 * virtqueue_buf.c.
 */

/* Does the ring map indirect tables? */
static inline bool vring_maps_tables(const struct vring_virtqueue *vq)
{
	return vq->use_map_api;
}

/* Does the ring map pieces that the driver has not mapped? */
static inline bool vring_maps_pieces(const struct vring_virtqueue *vq)
{
	return vq->use_map_api;
}

/*
 * Do scatterlists have DMA addresses from the driver?  Never on this kernel:
 * drivers use virtqueue_add_mapped() for those.
 */
static inline bool vring_premapped(const struct vring_virtqueue *vq)
{
	return false;
}

/* Do descriptors have DMA addresses instead of physical ones? */
static inline bool vring_mapped(const struct vring_virtqueue *vq)
{
	return vq->use_map_api;
}

static inline bool vring_map_failed(const struct vring_virtqueue *vq,
				    dma_addr_t addr)
{
	return vring_mapping_error(vq, addr);
}

/* Attributes for mapping the pieces of the open buffer */
static inline unsigned long vring_attrs(const struct vring_buf *buf)
{
	return buf->cache_clean ? DMA_ATTR_DEBUGGING_IGNORE_CACHELINES : 0;
}

/* The number of bytes that the device may write; for in-order rings only. */
static inline void vring_in_len_set(struct vring_buf *buf, u32 len)
{
	buf->in_len = len;
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

/* Initialize the members of the builder that only this kernel has. */
static inline void vring_buf_init(struct vring_buf *buf)
{
	buf->cache_clean = false;
	buf->in_len = 0;
}

/* The address of memory for a device that does not use the DMA API. */
static inline u64 vring_phys(phys_addr_t phys, size_t len,
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
				   enum dma_data_direction dir,
				   unsigned long attrs)
{
	return virtqueue_map_page_attrs(&vq->vq, page, offset, len, dir, attrs);
}

/*
 * A descriptor of either format is written with two stores, the address and a
 * second word, since gcc does not merge the stores of smaller members.  The
 * second word has the length, then flags and next (split) or id and flags
 * (packed).
 */
#define VRING_WORD_SPLIT(flags, next)	((u64)(flags) << 32 | (u64)(next) << 48)
#define VRING_WORD_PACKED(id, flags)	((u64)(id) << 32 | (u64)(flags) << 48)
#define VRING_SPLIT_FLAGS(word)		((u16)((word) >> 32))
#define VRING_PACKED_FLAGS(word)	((u16)((word) >> 48))

static inline void vring_write_word(const struct vring_virtqueue *vq,
				    struct vring_desc *desc, u64 word)
{
	struct virtio_device *vdev = vq->vq.vdev;

	BUILD_BUG_ON(offsetof(struct vring_desc, len) != 8 ||
		     offsetof(struct vring_desc, flags) != 12 ||
		     offsetof(struct vring_desc, next) != 14 ||
		     sizeof(struct vring_desc) != 16);
	BUILD_BUG_ON(offsetof(struct vring_packed_desc, len) != 8 ||
		     offsetof(struct vring_packed_desc, id) != 12 ||
		     offsetof(struct vring_packed_desc, flags) != 14 ||
		     sizeof(struct vring_packed_desc) != 16);

	/* Legacy big-endian devices: swap each member, not the whole word. */
	if (!virtio_is_little_endian(vdev))
		word = word << 32 | (word >> 16 & 0xffff0000) | word >> 48;
	*(__virtio64 *)&desc->len = cpu_to_virtio64(vdev, word);
}

static inline void vring_write(const struct vring_virtqueue *vq,
			       struct vring_desc *desc, u64 addr, u64 word)
{
	desc->addr = cpu_to_virtio64(vq->vq.vdev, addr);
	vring_write_word(vq, desc, word);
}

/* Close the builder, so that it refuses pieces. */
static inline void vring_buf_close(struct vring_buf *buf)
{
	buf->data = NULL;
	buf->size = 0;
	buf->room = 0;
}

static inline void vring_free_table(struct vring_virtqueue *vq, void *table)
{
	struct vring_kept *kept = vq->kept;
	size_t offset = kept ? table - (void *)kept->block : SIZE_MAX;

	if (offset < sizeof(kept->block))
		kept->free[vq->nr_kept++] = offset;
	else
		kfree(table);
}

#endif /* _DRIVERS_VIRTIO_VRING_H */
