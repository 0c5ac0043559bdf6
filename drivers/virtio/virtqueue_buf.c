// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Adding buffers to a virtqueue: every call that does so, on every layout.
 *
 * A buffer is built where the device will read it, descriptor by descriptor,
 * in one of four places: the split or packed ring itself, or an indirect table
 * of either format.  What differs between them are four steps:
 *
 *	reserve	vring_start_ring(), vring_start_table()
 *	put	vring_put_table(), vring_put_ring()
 *	publish	vring_expose_one(), vring_expose_chain()
 *	rewind	vring_rewind()
 *
 * Everything else is written once.  Until it is published a buffer has changed
 * nothing that the device may look at, and nothing in struct vring_virtqueue
 * but vq->buf: that is why it can be given up at any time.
 *
 * A descriptor is two words, and all of the second one but the length is known
 * beforehand: the cursor carries it along.  So a table of either format is
 * filled by the same few instructions, without a question.
 *
 * While a buffer needs no mapping, what adds and publishes it calls no function
 * but the next of its kind, as the last thing it does: nothing is spilled.  That
 * is what all the noinline is for.
 */
#include <linux/virtio.h>
#include <linux/virtio_ring.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "vring.h"

#define PACKED_AVAIL_USED	(BIT(VRING_PACKED_DESC_F_AVAIL) | \
				 BIT(VRING_PACKED_DESC_F_USED))

/*
 * Put: one descriptor, at the cursor.
 *
 * NEXT is set on each, as if another would follow; publishing takes it off the
 * last one.  In a packed table there is no NEXT: its length tells.
 */

/* In a table of either format */
static __always_inline void vring_put_table(struct vring_virtqueue *vq,
					    struct vring_cursor *at,
					    u64 addr, u32 len)
{
	vring_in_len_add(&vq->buf, len);
	vring_write(vq, at->desc++, addr, at->word | len);
	at->word += vq->word_step;
}

/* What the ring has mapped: all that the unmapping will look at */
static __always_inline void vring_record(struct vring_desc_extra *extra,
					 dma_addr_t addr, u32 len,
					 enum dma_data_direction dir)
{
	extra->addr = addr;
	extra->len = len;
	extra->dir = dir;
}

/*
 * The cursor of a packed ring has reached its limit: it is behind the head of a
 * chain, at the end of the ring, or both.  Only the head is not yet available,
 * and so the device does not come to what follows it.
 */
static noinline void vring_wrap_packed(struct vring_virtqueue *vq)
{
	struct vring_desc *ring = (struct vring_desc *)vq->packed.vring.desc;
	struct vring_cursor *at = &vq->buf.at;
	u16 flags = vq->packed.avail_used_flags;

	at->limit = ring + vq->packed.vring.num;
	if (at->desc == at->limit) {
		at->desc = ring;
		flags ^= PACKED_AVAIL_USED;
	}
	at->word &= ~VRING_WORD_PACKED(0, PACKED_AVAIL_USED);
	at->word |= VRING_WORD_PACKED(0, flags);
}

/* In the ring.  If @mapped, the ring has to unmap it later. */
static __always_inline void vring_put_ring(struct vring_virtqueue *vq,
					   bool mapped, u64 addr, u32 len)
{
	struct vring_cursor *at = &vq->buf.at;
	unsigned int i = at->next;
	struct vring_desc_extra *extra = &vq->desc_extra[i];

	vring_in_len_add(&vq->buf, len);
	if (mapped)
		vring_record(extra, addr, len, vq->buf.dir);
	at->last = i;
	at->next = extra->next;
	if (!virtqueue_is_packed(vq))
		return vring_write(vq, &at->desc[i], addr, at->word | len |
				   VRING_WORD_SPLIT(0, at->next));

	vring_write(vq, at->desc++, addr, at->word | len);
	if (unlikely(at->desc == at->limit))
		vring_wrap_packed(vq);
}

static noinline void vring_put(struct vring_virtqueue *vq, u64 addr, u32 len)
{
	vring_put_ring(vq, vring_maps_pieces(vq), addr, len);
}

/* What needs no mapping, or has one of the driver's */
static noinline void vring_put_addr(struct vring_virtqueue *vq, u64 addr,
				    u32 len)
{
	if (vq->buf.table)
		vring_put_table(vq, &vq->buf.at, addr, len);
	else
		vring_put(vq, addr, len);
}

/*
 * Errors: the first one sticks, and leaves no room for further pieces.
 */

/* @left: descriptors that vring_accept() took from the room, and nobody put */
static noinline __cold void vring_buf_fail(struct vring_virtqueue *vq,
					   unsigned int left, int err)
{
	struct vring_buf *buf = &vq->buf;

	buf->err = err;
	buf->nsg = INT_MIN / 2;		/* for vring_end(), whatever follows */
	buf->size -= buf->room + left;
	buf->room = 0;
}

/* A piece that vring_accept() did not take: an empty list, or a driver's bug */
static noinline __cold void vring_refuse(struct vring_virtqueue *vq,
					 unsigned int nents,
					 enum dma_data_direction dir)
{
	struct vring_buf *buf = &vq->buf;

	if (buf->err || (!nents && buf->data))
		return;
	WARN_ONCE(1, "%s: bad piece: dir %u, %u descriptors, room for %u\n",
		  vq->vq.name, dir, nents, buf->room);
	vring_buf_fail(vq, 0, -EINVAL);
}

static __always_inline bool vring_accept(struct vring_virtqueue *vq,
					 unsigned int nents,
					 enum dma_data_direction dir)
{
	struct vring_buf *buf = &vq->buf;

	buf->nsg--;	/* vring_end() looks at it */

	/* Unsigned: no entries are too many. */
	if (unlikely(nents - 1 >= buf->room))
		goto refuse;
	if (dir != buf->dir) {
		/* once in a buffer, from what is read to what is written */
		if (unlikely(dir != DMA_FROM_DEVICE))
			goto refuse;
		buf->dir = dir;
		buf->at.word |= vq->word_write;
	}
	buf->room -= nents;
	return true;

refuse:
	vring_refuse(vq, nents, dir);
	return false;
}

/*
 * Add: the pieces, which are lists or single stretches of memory.
 */

/*
 * The page of the entry at @sg, or behind the chain entry there.  Most entries
 * have neither marker: look at both at once.  The last one has nothing @left.
 */
static __always_inline struct page *vring_entry(struct vring_virtqueue *vq,
						struct scatterlist **sg,
						unsigned int *left)
{
	if (likely(!(sg_is_chain(*sg) | sg_is_last(*sg))))
		return (struct page *)(*sg)->page_link;

	if (sg_is_chain(*sg))
		*sg = sg_chain_ptr(*sg);
	if (sg_is_last(*sg)) {
		vq->buf.room += *left - 1;
		*left = 1;
	}
	return sg_page(*sg);
}

static noinline unsigned int vring_count(struct scatterlist *sg,
					 unsigned int max)
{
	unsigned int n = 1;

	for (; n < max && !sg_is_last(sg); n++) {
		sg++;
		if (unlikely(sg_is_chain(sg)))
			sg = sg_chain_ptr(sg);
	}
	return n;
}

/* @left entries from @sg on, or those up to the end marker, into a table */
static noinline void vring_walk_table(struct vring_virtqueue *vq,
				      struct scatterlist *sg, unsigned int left,
				      enum dma_data_direction dir)
{
	struct vring_cursor at = vq->buf.at;
	phys_addr_t phys;

	for (;; sg++) {
		phys = page_to_phys(vring_entry(vq, &sg, &left)) + sg->offset;
		vring_put_table(vq, &at, vring_phys(phys, sg->length, dir),
				sg->length);
		if (!--left)
			break;
	}
	vq->buf.at.desc = at.desc;
	vq->buf.at.word = at.word;
}

/* The same into the ring */
static noinline void vring_walk_ring(struct vring_virtqueue *vq,
				     struct scatterlist *sg, unsigned int left,
				     enum dma_data_direction dir)
{
	phys_addr_t phys;

	for (;; sg++) {
		phys = page_to_phys(vring_entry(vq, &sg, &left)) + sg->offset;
		vring_put_ring(vq, false, vring_phys(phys, sg->length, dir),
			       sg->length);
		if (!--left)
			return;
	}
}

/* The driver of a premapped queue has mapped the list. */
static noinline void vring_walk_premapped(struct vring_virtqueue *vq,
					  struct scatterlist *sg,
					  unsigned int left)
{
	for (;; sg++) {
		vring_entry(vq, &sg, &left);
		vring_put_addr(vq, sg_dma_address(sg), sg->length);
		if (!--left)
			return;
	}
}

/*
 * Map and put: @page is mapped to @addr, or else the buffer fails.  @left are
 * the descriptors that are wanted as of this one.
 */
static __always_inline bool vring_map_put(struct vring_virtqueue *vq,
					  struct page *page, size_t offset,
					  u32 len, enum dma_data_direction dir,
					  unsigned int left)
{
	struct vring_buf *buf = &vq->buf;
	struct vring_desc_extra *record;
	dma_addr_t addr;

	addr = vring_map(vq, page, offset, len, dir);
	if (unlikely(vring_map_failed(vq, addr))) {
		vring_buf_fail(vq, left, -ENOMEM);
		return false;
	}
	if (buf->table) {
		record = (void *)buf->at.desc - buf->records;
		vring_put_table(vq, &buf->at, addr, len);
		vring_record(record, addr, len, buf->dir);
	} else {
		vring_put(vq, addr, len);
	}
	return true;
}

static noinline void vring_walk_mapping(struct vring_virtqueue *vq,
					struct scatterlist *sg,
					unsigned int left,
					enum dma_data_direction dir)
{
	struct page *page;

	for (;; sg++) {
		page = vring_entry(vq, &sg, &left);
		if (!vring_map_put(vq, page, sg->offset, sg->length, dir, left) ||
		    !--left)
			return;
	}
}

static noinline void vring_map_phys(struct vring_virtqueue *vq,
				    phys_addr_t phys, u32 len,
				    enum dma_data_direction dir)
{
	vring_map_put(vq, pfn_to_page(PHYS_PFN(phys)), offset_in_page(phys),
		      len, dir, 1);
}

static noinline void vring_add_phys(struct vring_virtqueue *vq,
				    phys_addr_t phys, u32 len,
				    enum dma_data_direction dir)
{
	if (!vring_accept(vq, 1, dir))
		return;
	if (vq->buf.plain) {
		vring_put_table(vq, &vq->buf.at, vring_phys(phys, len, dir),
				len);
	} else if (vring_maps_pieces(vq)) {
		vring_map_phys(vq, phys, len, dir);
	} else if (likely(!vring_premapped(vq))) {
		vring_put(vq, vring_phys(phys, len, dir), len);
	} else {
		/* only a list can tell what the driver has mapped */
		vq->buf.room++;
		vring_refuse(vq, 1, dir);
	}
}

/* @nents entries from @sg on, or those up to the end marker */
static noinline void vring_add_list(struct vring_virtqueue *vq,
				    struct scatterlist *sg, unsigned int nents,
				    enum dma_data_direction dir)
{
	if (!vring_accept(vq, nents, dir))
		return;
	if (vq->buf.plain)
		vring_walk_table(vq, sg, nents, dir);
	else if (vring_maps_pieces(vq))
		vring_walk_mapping(vq, sg, nents, dir);
	else if (vring_premapped(vq))
		vring_walk_premapped(vq, sg, nents);
	else
		vring_walk_ring(vq, sg, nents, dir);
}

/*
 * Reserve: room for a whole buffer, in the ring or in a table.
 */

static noinline __cold int vring_refuse_buf(struct vring_virtqueue *vq,
					    const void *data)
{
	END_USE(vq);
	return WARN_ON_ONCE(!data) ? -EINVAL : -EIO;
}

/*
 * No room for @nents descriptors, or no memory for a table where one is needed
 */
static noinline __cold int vring_no_room(struct vring_virtqueue *vq,
					 unsigned int nents, bool notify)
{
	unsigned int size = virtqueue_get_vring_size(&vq->vq);
	int err = -ENOSPC;

	/* Without tables such a buffer can never be added. */
	WARN_ON_ONCE(nents > size && !vq->indirect);
	vring_buf_close(&vq->buf);

	pr_debug("Can't add buf len %u - avail = %u\n",
		 nents, vq->vq.num_free);
	/*
	 * Completions cannot help, if even an empty ring is too small.
	 * Otherwise, FIXME: for historical reasons, force a notify if there
	 * may be outgoing parts to the buffer.  Presumably the host should
	 * service the ring ASAP.
	 */
	if (nents > size && vq->indirect && vq->vq.num_free)
		err = -ENOMEM;
	else if (notify)
		vq->notify(&vq->vq);
	END_USE(vq);
	return err;
}

static noinline int vring_start_ring(struct vring_virtqueue *vq, bool notify)
{
	struct vring_buf *buf = &vq->buf;
	struct vring_cursor *at = &buf->at;

	if (unlikely(vq->vq.num_free < buf->size))
		return vring_no_room(vq, buf->size, notify);

	buf->table = false;
	buf->plain = false;
	buf->indir_desc = NULL;
	at->next = vq->free_head;
	if (virtqueue_is_packed(vq)) {
		at->desc = (struct vring_desc *)vq->packed.vring.desc +
			   vq->packed.next_avail_idx;
		at->limit = at->desc + 1;
		at->word = VRING_WORD_PACKED(vq->free_head, VRING_DESC_F_NEXT |
			(vq->packed.avail_used_flags ^ PACKED_AVAIL_USED));
	} else {
		at->desc = vq->split.vring.desc;
		at->word = VRING_WORD_SPLIT(VRING_DESC_F_NEXT, 0);
	}
	return 0;
}

/* If the ring unmaps, its records of what it mapped precede the descriptors. */
static noinline int vring_start_table(struct vring_virtqueue *vq, gfp_t gfp,
				      bool notify)
{
	struct vring_buf *buf = &vq->buf;
	bool small = buf->size <= VRING_SMALL_DESCS;
	size_t size = small ? VRING_SMALL_DESCS : buf->size;
	size_t records = vring_maps_tables(vq) ? size : 0;
	void *table;

	BUILD_BUG_ON(sizeof(struct vring_desc_extra) !=
		     sizeof(struct vring_desc));
	BUILD_BUG_ON(sizeof(struct vring_packed_desc) !=
		     sizeof(struct vring_desc));

	if (small && vq->nr_kept) {
		table = vring_table(vq->kept[--vq->nr_kept]);
	} else {
		/*
		 * The table must be in lowmem, or virt_to_phys() would give
		 * the device a bogus address.
		 */
		table = kmalloc_array(records + size, sizeof(struct vring_desc),
				      gfp & ~__GFP_HIGHMEM);
		if (!table)
			return vring_start_ring(vq, notify);
	}

	buf->table = true;
	buf->plain = !vring_mapped(vq);
	buf->indir_desc = table + (small ? VRING_SMALL : 0);
	buf->records = records * sizeof(struct vring_desc);
	buf->at.desc = table + buf->records;
	buf->at.word = vq->word_table;
	return 0;
}

/*
 * Publish: show a complete buffer to the device.
 */

/* Out of line, so that its callers need no stack */
static noinline __cold int vring_kick_now(struct vring_virtqueue *vq)
{
	virtqueue_kick(&vq->vq);
	return 0;
}

/* A buffer was added, and the ring is no longer in use. */
static __always_inline int vring_added(struct vring_virtqueue *vq)
{
	END_USE(vq);

	/*
	 * This is very unlikely, but theoretically possible: the count of what
	 * was added since the last kick would wrap.  Kick just in case.
	 */
	if (unlikely(vq->num_added >= (1 << 16) - 1))
		return vring_kick_now(vq);
	return 0;
}

/* The first @num free descriptors, up to @last, become the buffer of @data. */
static __always_inline void vring_take(struct vring_virtqueue *vq,
				       unsigned int last, unsigned int next,
				       unsigned int num,
				       void *data, void *indir_desc)
{
	struct vring_desc_state *state = &vq->desc_state[vq->free_head];

	vq->vq.num_free -= num;
	vq->free_head = next;

	state->data = data;
	state->indir_desc = indir_desc;
	state->num = num;
	state->last = last;
	vring_in_len_store(state, &vq->buf);
}

static noinline int vring_expose_split(struct vring_virtqueue *vq,
				       unsigned int head)
{
	struct virtio_device *vdev = vq->vq.vdev;
	struct vring_avail *avail = vq->split.vring.avail;
	u16 idx = vq->split.avail_idx_shadow++;

	avail->ring[idx & (vq->split.vring.num - 1)] =
		cpu_to_virtio16(vdev, head);

	/*
	 * Descriptors and the entry of the available ring must be seen before
	 * the index that exposes them.
	 */
	virtio_wmb(vq->weak_barriers);
	avail->idx = cpu_to_virtio16(vdev, idx + 1);
	vq->num_added++;
	return vring_added(vq);
}

/* The next @num descriptors of a packed ring are a buffer. */
static noinline int vring_expose_packed(struct vring_virtqueue *vq,
					struct vring_packed_desc *head,
					u16 flags, unsigned int num)
{
	unsigned int slot = vq->packed.next_avail_idx + num;

	/*
	 * A driver MUST NOT make the first descriptor in the list available
	 * before all subsequent descriptors comprising the list are made
	 * available.
	 */
	virtio_wmb(vq->weak_barriers);
	head->flags = cpu_to_le16(flags);

	if (unlikely(slot >= vq->packed.vring.num)) {
		slot -= vq->packed.vring.num;
		vq->packed.avail_wrap_counter ^= 1;
		vq->packed.avail_used_flags ^= PACKED_AVAIL_USED;
	}
	vq->packed.next_avail_idx = slot;
	vq->num_added += num;
	return vring_added(vq);
}

/* A buffer of one descriptor, which may be that of an indirect table */
static noinline int vring_expose_one(struct vring_virtqueue *vq, u64 addr,
				     u32 len, u16 flags, void *data,
				     void *indir_desc)
{
	unsigned int head = vq->free_head;
	struct vring_packed_desc *desc;

	vring_take(vq, head, vq->desc_extra[head].next, 1, data, indir_desc);
	if (virtqueue_is_packed(vq)) {
		desc = &vq->packed.vring.desc[vq->packed.next_avail_idx];
		desc->addr = cpu_to_le64(addr);
		desc->len = cpu_to_le32(len);
		desc->id = cpu_to_le16(head);
		return vring_expose_packed(vq, desc, flags |
					   vq->packed.avail_used_flags, 1);
	}
	vring_write(vq, &vq->split.vring.desc[head], addr,
		    len | VRING_WORD_SPLIT(flags, vq->free_head));
	return vring_expose_split(vq, head);
}

/* A buffer whose descriptors are in the ring */
static __always_inline int vring_expose_chain(struct vring_virtqueue *vq)
{
	struct vring_buf *buf = &vq->buf;
	unsigned int num = buf->size - buf->room, head = vq->free_head;
	struct vring_packed_desc *ring = vq->packed.vring.desc, *end, *first;
	struct vring_cursor *at = &buf->at;
	void *data = buf->data;

	vring_buf_close(buf);
	vring_take(vq, at->last, at->next, num, data, buf->indir_desc);
	if (!virtqueue_is_packed(vq)) {
		at->desc[at->last].flags &=
			~cpu_to_virtio16(vq->vq.vdev, VRING_DESC_F_NEXT);
		return vring_expose_split(vq, head);
	}

	end = (struct vring_packed_desc *)at->desc;
	if (end == ring)
		end += vq->packed.vring.num;
	end[-1].flags &= ~cpu_to_le16(VRING_DESC_F_NEXT);
	first = ring + vq->packed.next_avail_idx;
	return vring_expose_packed(vq, first, le16_to_cpu(first->flags) ^
				   PACKED_AVAIL_USED, num);
}

/*
 * Rewind: take back all that was put.
 */

/*
 * The descriptors of a chain in a packed ring were made available one by one,
 * but for the head.  Stamp the previous wrap counter's AVAIL and USED on them,
 * or a later and shorter chain at this place would leave them available beyond
 * its own end.  Marking them used instead would be a completion that the
 * device never made.
 */
static void vring_rewind_packed(struct vring_virtqueue *vq, unsigned int num)
{
	unsigned int i = vq->packed.next_avail_idx;
	u16 flags = vq->packed.avail_used_flags ^ PACKED_AVAIL_USED;

	while (num-- > 1) {
		if (++i == vq->packed.vring.num) {
			i = 0;
			flags ^= PACKED_AVAIL_USED;
		}
		vq->packed.vring.desc[i].flags = cpu_to_le16(flags);
	}
}

static noinline __cold void vring_rewind(struct vring_virtqueue *vq)
{
	struct vring_buf *buf = &vq->buf;
	unsigned int num = buf->size - buf->room;
	bool table = buf->table;

	if (vring_maps_pieces(vq) && num)
		vring_unmap_pieces(vq, table ? vring_table(buf->indir_desc) :
				   vq->desc_extra,
				   table ? 0 : vq->free_head, num, table, 0);
	if (table)
		kfree(vring_table(buf->indir_desc));
	else if (virtqueue_is_packed(vq))
		vring_rewind_packed(vq, num);

	vring_buf_close(buf);
	END_USE(vq);
}

/*
 * End: publish, or else rewind.
 */

static noinline __cold int vring_end_failed(struct vring_virtqueue *vq, int err)
{
	bool started = vq->buf.data;

	/* An error of no buffer is not that of this one. */
	if (WARN_ONCE(!started || !err, "%s: no or empty buffer, or too many pieces\n",
		      vq->vq.name))
		err = -EINVAL;
	if (started)
		vring_rewind(vq);
	return err;
}

/* The same as vring_expose_one(), of memory or a table that must be mapped */
static noinline int vring_map_one(struct vring_virtqueue *vq, phys_addr_t phys,
				  u32 len, u16 flags)
{
	struct vring_buf *buf = &vq->buf;
	void *data = buf->data;
	dma_addr_t addr;

	/* Not the direction of the last piece, but that of this descriptor */
	buf->dir = flags & VRING_DESC_F_WRITE ? DMA_FROM_DEVICE : DMA_TO_DEVICE;
	addr = vring_map(vq, pfn_to_page(PHYS_PFN(phys)), offset_in_page(phys),
			 len, buf->dir);
	if (unlikely(vring_map_failed(vq, addr)))
		return vring_end_failed(vq, -ENOMEM);

	vring_record(&vq->desc_extra[vq->free_head], addr, len, buf->dir);
	vring_buf_close(buf);
	return vring_expose_one(vq, addr, len, flags, data, buf->indir_desc);
}

static int vring_end(struct vring_virtqueue *vq)
{
	struct vring_buf *buf = &vq->buf;
	unsigned int num = buf->size - buf->room;
	struct vring_desc *desc = buf->at.desc;
	u32 len = num * sizeof(*desc);
	void *data = buf->data;

	if (unlikely(!num || buf->nsg < 0))
		return vring_end_failed(vq, buf->err);
	if (!buf->table)
		return vring_expose_chain(vq);

	if (!virtqueue_is_packed(vq))
		desc[-1].flags &= ~cpu_to_virtio16(vq->vq.vdev,
						   VRING_DESC_F_NEXT);
	desc -= num;
	if (vring_maps_tables(vq))
		return vring_map_one(vq, virt_to_phys(desc), len,
				     VRING_DESC_F_INDIRECT);
	vring_buf_close(buf);
	return vring_expose_one(vq, virt_to_phys(desc), len,
				VRING_DESC_F_INDIRECT, data, buf->indir_desc);
}

/*
 * A buffer of one piece takes one descriptor, and needs no building.  On a
 * premapped queue @phys is what the driver mapped.
 */

static noinline int vring_add_one(struct vring_virtqueue *vq, phys_addr_t phys,
				  u32 len, enum dma_data_direction dir,
				  void *data, void *ctx)
{
	/* 0 if readable, WRITE if writable, and anything above if neither */
	unsigned int flags = (dir - DMA_TO_DEVICE) * VRING_DESC_F_WRITE;

	BUILD_BUG_ON(DMA_FROM_DEVICE - DMA_TO_DEVICE != 1);
	START_USE(vq);
	if (unlikely(vq->broken || flags > VRING_DESC_F_WRITE || !data))
		return vring_refuse_buf(vq, flags > VRING_DESC_F_WRITE ?
					NULL : data);
	LAST_ADD_TIME_UPDATE(vq);

	if (unlikely(!vq->vq.num_free))
		return vring_no_room(vq, 1, !flags);
	vring_in_len_start(&vq->buf, len, flags);
	if (vring_maps_pieces(vq)) {
		vq->buf.data = data;
		vq->buf.indir_desc = ctx;
		vq->buf.table = false;
		return vring_map_one(vq, phys, len, flags);
	}
	if (!vring_premapped(vq))
		phys = vring_phys(phys, len, dir);
	return vring_expose_one(vq, phys, len, flags, data, ctx);
}

static noinline int vring_add_one_sg(struct vring_virtqueue *vq,
				     struct scatterlist *sg,
				     enum dma_data_direction dir,
				     void *data, void *ctx)
{
	phys_addr_t phys = vring_premapped(vq) ? sg_dma_address(sg) : sg_phys(sg);

	return vring_add_one(vq, phys, sg->length, dir, data, ctx);
}

/*
 * The calls that drivers know.  More of them, inline, are in virtio_buf.h.
 */

/**
 * __virtqueue_start_buf - virtqueue_start_buf(), which see
 * @_vq: the struct virtqueue we're talking about
 * @data: the token identifying the buffer, not NULL
 * @nents: the most descriptors that the buffer may need
 * @nsg: the most calls that will add a piece
 * @gfp: how to allocate the indirect table, if one is used
 * @notify: if there is no room, notify the device
 *
 * The ring is in use from a start that succeeds to end or abort.
 *
 * Context: see virtqueue_start_buf().
 *
 * Return: see virtqueue_start_buf().
 */
int __virtqueue_start_buf(struct virtqueue *_vq, void *data,
			  unsigned int nents, unsigned int nsg, gfp_t gfp,
			  bool notify)
{
	struct vring_virtqueue *vq = to_vvq(_vq);
	struct vring_buf *buf = &vq->buf;

	START_USE(vq);
	if (unlikely(!data || vq->broken))
		return vring_refuse_buf(vq, data);
	LAST_ADD_TIME_UPDATE(vq);

	buf->room = nents;
	buf->size = nents;
	buf->nsg = nsg;
	buf->err = 0;
	buf->dir = DMA_TO_DEVICE;
	buf->data = data;
	vring_in_len_start(buf, 0, 0);

	/* FIXME: tune this threshold */
	if (vq->indirect && nents > 1 && vq->vq.num_free)
		return vring_start_table(vq, gfp, notify);
	return vring_start_ring(vq, notify);
}
EXPORT_SYMBOL_GPL(__virtqueue_start_buf);

/**
 * virtqueue_add_sg - add a scatterlist to the buffer that was started
 * @_vq: the struct virtqueue we're talking about
 * @sgl: the list; it may be chained, and is neither changed nor kept
 * @nents: the most entries of @sgl to add; an end marker stops before
 * @dir: DMA_TO_DEVICE if the device reads the entries, DMA_FROM_DEVICE if it
 *	writes them
 *
 * On a premapped virtqueue the entries' DMA addresses are used.
 *
 * Context: any; between start and end, see virtqueue_start_buf().  Errors are
 *	returned by virtqueue_end_buf().
 */
void virtqueue_add_sg(struct virtqueue *_vq, struct scatterlist *sgl,
		      unsigned int nents, enum dma_data_direction dir)
{
	struct vring_virtqueue *vq = to_vvq(_vq);

	if (nents == 1 && !vring_premapped(vq))
		return vring_add_phys(vq, sg_phys(sgl), sgl->length, dir);

	/* The list may be shorter than the bound given for it. */
	if (unlikely(nents > vq->buf.room))
		nents = vring_count(sgl, nents);
	vring_add_list(vq, sgl, nents, dir);
}
EXPORT_SYMBOL_GPL(virtqueue_add_sg);

/**
 * virtqueue_add_linear - add memory to the buffer that was started
 * @_vq: the struct virtqueue we're talking about
 * @addr: where it starts, in the kernel's direct map (as from kmalloc())
 * @len: its length in bytes
 * @dir: DMA_TO_DEVICE if the device reads it, DMA_FROM_DEVICE if it writes it
 *
 * Context: any; between start and end, see virtqueue_start_buf().  Errors are
 *	returned by virtqueue_end_buf().
 */
void virtqueue_add_linear(struct virtqueue *_vq, void *addr, size_t len,
			  enum dma_data_direction dir)
{
	vring_add_phys(to_vvq(_vq), virt_to_phys(addr), len, dir);
}
EXPORT_SYMBOL_GPL(virtqueue_add_linear);

/**
 * virtqueue_add_page - add a part of a page to the buffer that was started
 * @_vq: the struct virtqueue we're talking about
 * @page: the page, which may be in high memory, or the first of several
 * @offset: where in it the piece starts, in bytes
 * @len: its length in bytes
 * @dir: DMA_TO_DEVICE if the device reads it, DMA_FROM_DEVICE if it writes it
 *
 * Context: any; between start and end, see virtqueue_start_buf().  Errors are
 *	returned by virtqueue_end_buf().
 */
void virtqueue_add_page(struct virtqueue *_vq, struct page *page,
			unsigned int offset, unsigned int len,
			enum dma_data_direction dir)
{
	vring_add_phys(to_vvq(_vq), page_to_phys(page) + offset, len, dir);
}
EXPORT_SYMBOL_GPL(virtqueue_add_page);

/**
 * virtqueue_add_mapped - add what the driver has mapped to the buffer
 * @_vq: the struct virtqueue we're talking about
 * @addr: its DMA address, for virtqueue_dma_dev()
 * @len: its length in bytes
 * @dir: DMA_TO_DEVICE if the device reads it, DMA_FROM_DEVICE if it writes it
 *
 * The driver unmaps it, after the device has used the buffer.  Other pieces of
 * the same buffer may be left to the ring to map.
 *
 * Context: any; between start and end, see virtqueue_start_buf().  Errors are
 *	returned by virtqueue_end_buf().
 */
void virtqueue_add_mapped(struct virtqueue *_vq, dma_addr_t addr, u32 len,
			  enum dma_data_direction dir)
{
	struct vring_virtqueue *vq = to_vvq(_vq);
	struct vring_buf *buf = &vq->buf;
	struct vring_desc_extra *record = (void *)buf->at.desc - buf->records;

	if (!vring_accept(vq, 1, dir))
		return;
	vring_put_addr(vq, addr, len);
	if (!buf->table)
		record = &vq->desc_extra[buf->at.last];
	if (vring_maps_pieces(vq))
		record->dir = DMA_NONE;
}
EXPORT_SYMBOL_GPL(virtqueue_add_mapped);

/**
 * virtqueue_end_buf - expose the buffer that was started to the device
 * @_vq: the struct virtqueue we're talking about
 *
 * This is the second half of "Supplying Buffers to The Device", sections
 * 2.7.13 (split) and 2.8.21 (packed) of the virtio specification, version 1.2;
 * for the notification call virtqueue_kick() afterwards.
 *
 * Context: any, see virtqueue_start_buf().
 *
 * Return: 0, or else the error of the first piece that failed, and the
 * virtqueue is as it was before the start: -ENOMEM when a piece or the indirect
 * table could not be mapped; -EINVAL, with a warning, when there were more
 * pieces than announced, a piece that the device reads after one that it
 * writes, one that is neither, or none at all.
 */
int virtqueue_end_buf(struct virtqueue *_vq)
{
	return vring_end(to_vvq(_vq));
}
EXPORT_SYMBOL_GPL(virtqueue_end_buf);

/**
 * virtqueue_abort_buf - give up the buffer that was started
 * @_vq: the struct virtqueue we're talking about
 *
 * The virtqueue is as it was before the start: all that the ring has mapped is
 * unmapped, and the device has seen nothing.
 *
 * Context: any, see virtqueue_start_buf().
 */
void virtqueue_abort_buf(struct virtqueue *_vq)
{
	struct vring_virtqueue *vq = to_vvq(_vq);

	if (WARN_ON_ONCE(!vq->buf.data))
		return;
	vring_rewind(vq);
}
EXPORT_SYMBOL_GPL(virtqueue_abort_buf);

/* One list, in one direction */
static noinline int vring_add_buf_list(struct virtqueue *_vq,
				       struct scatterlist *sg, unsigned int num,
				       enum dma_data_direction dir, void *data,
				       void *ctx, gfp_t gfp)
{
	struct vring_virtqueue *vq = to_vvq(_vq);
	int err;

	if (WARN_ON_ONCE(ctx && vq->indirect))
		return -EINVAL;
	if (num == 1)
		return vring_add_one_sg(vq, sg, dir, data, ctx);

	err = __virtqueue_start_buf(_vq, data, num, 1, gfp,
				    dir == DMA_TO_DEVICE);
	if (err)
		return err;
	if (ctx)
		vq->buf.indir_desc = ctx;
	if (likely(num))
		virtqueue_add_sg(_vq, sg, num, dir);
	return vring_end(vq);
}

/**
 * virtqueue_add_buf_single - expose a buffer of one scatterlist entry
 * @_vq: the struct virtqueue we're talking about
 * @sg: the entry; what follows it is not looked at
 * @dir: DMA_TO_DEVICE if the device reads it, DMA_FROM_DEVICE if it writes it
 * @data: the token identifying the buffer, not NULL
 * @gfp: how to do memory allocations (none is needed today)
 *
 * Context: any.  The caller makes sure that no other operation on this
 *	virtqueue comes at the same time (except where noted).
 *
 * Return: 0, or the errors of virtqueue_start_buf() and virtqueue_end_buf().
 */
int virtqueue_add_buf_single(struct virtqueue *_vq, struct scatterlist *sg,
			     enum dma_data_direction dir, void *data, gfp_t gfp)
{
	return vring_add_one_sg(to_vvq(_vq), sg, dir, data, NULL);
}
EXPORT_SYMBOL_GPL(virtqueue_add_buf_single);

/**
 * virtqueue_add_buf_single_ctx - expose a buffer of one scatterlist entry
 * @_vq: the struct virtqueue we're talking about
 * @sg: the entry; what follows it is not looked at
 * @dir: DMA_TO_DEVICE if the device reads it, DMA_FROM_DEVICE if it writes it
 * @data: the token identifying the buffer, not NULL
 * @ctx: extra context for the token, which virtqueue_get_buf_ctx() returns; on
 *	a virtqueue created with context, without indirect tables
 * @gfp: how to do memory allocations (none is needed today)
 *
 * Context: any.  The caller makes sure that no other operation on this
 *	virtqueue comes at the same time (except where noted).
 *
 * Return: 0, or the errors of virtqueue_start_buf() and virtqueue_end_buf().
 */
int virtqueue_add_buf_single_ctx(struct virtqueue *_vq, struct scatterlist *sg,
				 enum dma_data_direction dir, void *data,
				 void *ctx, gfp_t gfp)
{
	return vring_add_buf_list(_vq, sg, 1, dir, data, ctx, gfp);
}
EXPORT_SYMBOL_GPL(virtqueue_add_buf_single_ctx);

/**
 * virtqueue_add_buf_linear - expose a buffer of one piece of memory
 * @_vq: the struct virtqueue we're talking about
 * @addr: where it starts, in the kernel's direct map (as from kmalloc())
 * @len: its length in bytes
 * @dir: DMA_TO_DEVICE if the device reads it, DMA_FROM_DEVICE if it writes it
 * @data: the token identifying the buffer, not NULL
 * @gfp: how to do memory allocations (none is needed today)
 *
 * Context: any.  The caller makes sure that no other operation on this
 *	virtqueue comes at the same time (except where noted).
 *
 * Return: 0, or the errors of virtqueue_start_buf() and virtqueue_end_buf().
 */
int virtqueue_add_buf_linear(struct virtqueue *_vq, void *addr, size_t len,
			     enum dma_data_direction dir, void *data, gfp_t gfp)
{
	struct vring_virtqueue *vq = to_vvq(_vq);

	if (WARN_ON_ONCE(vring_premapped(vq)))
		return -EINVAL;
	return vring_add_one(vq, virt_to_phys(addr), len, dir, data, NULL);
}
EXPORT_SYMBOL_GPL(virtqueue_add_buf_linear);

/**
 * virtqueue_add_sgs - expose buffers to other end
 * @_vq: the struct virtqueue we're talking about.
 * @sgs: array of terminated scatterlists.
 * @out_sgs: the number of scatterlists readable by other side
 * @in_sgs: the number of scatterlists which are writable (after readable ones)
 * @data: the token identifying the buffer.
 * @gfp: how to do memory allocations (if necessary).
 *
 * Caller must ensure we don't call this with other virtqueue operations
 * at the same time (except where noted).
 *
 * Return: 0, or the errors of virtqueue_start_buf() and virtqueue_end_buf().
 */
int virtqueue_add_sgs(struct virtqueue *_vq, struct scatterlist *sgs[],
		      unsigned int out_sgs, unsigned int in_sgs,
		      void *data, gfp_t gfp)
{
	struct vring_virtqueue *vq = to_vvq(_vq);
	struct scatterlist **in = sgs + out_sgs, **end = in + in_sgs, **list;
	enum dma_data_direction dir = DMA_TO_DEVICE;
	unsigned int nents = 0;
	int err;

	/* Count them first. */
	for (list = sgs; list < end; list++)
		if (*list)
			nents += sg_is_last(*list) ? 1 :
				 vring_count(*list, UINT_MAX);
	if (nents == 1 && end == sgs + 1)
		return vring_add_one_sg(vq, sgs[0], out_sgs ? DMA_TO_DEVICE :
					DMA_FROM_DEVICE, data, NULL);

	err = __virtqueue_start_buf(_vq, data, nents, INT_MAX, gfp, out_sgs);
	if (err)
		return err;
	for (list = sgs; list < end; list++) {
		if (list == in)
			dir = DMA_FROM_DEVICE;
		if (!*list)
			continue;
		if (sg_is_last(*list) && !vring_premapped(vq))
			vring_add_phys(vq, sg_phys(*list), (*list)->length, dir);
		else
			vring_add_list(vq, *list, vq->buf.room, dir);
	}
	return vring_end(vq);
}
EXPORT_SYMBOL_GPL(virtqueue_add_sgs);

/**
 * virtqueue_add_outbuf - expose output buffers to other end
 * @vq: the struct virtqueue we're talking about.
 * @sg: scatterlist (must be well-formed and terminated!)
 * @num: the number of entries in @sg readable by other side
 * @data: the token identifying the buffer.
 * @gfp: how to do memory allocations (if necessary).
 *
 * Caller must ensure we don't call this with other virtqueue operations
 * at the same time (except where noted).
 *
 * Return: 0, or the errors of virtqueue_start_buf() and virtqueue_end_buf().
 */
int virtqueue_add_outbuf(struct virtqueue *vq, struct scatterlist *sg,
			 unsigned int num, void *data, gfp_t gfp)
{
	return vring_add_buf_list(vq, sg, num, DMA_TO_DEVICE, data, NULL, gfp);
}
EXPORT_SYMBOL_GPL(virtqueue_add_outbuf);

/**
 * virtqueue_add_inbuf - expose input buffers to other end
 * @vq: the struct virtqueue we're talking about.
 * @sg: scatterlist (must be well-formed and terminated!)
 * @num: the number of entries in @sg writable by other side
 * @data: the token identifying the buffer.
 * @gfp: how to do memory allocations (if necessary).
 *
 * Caller must ensure we don't call this with other virtqueue operations
 * at the same time (except where noted).
 *
 * Return: 0, or the errors of virtqueue_start_buf() and virtqueue_end_buf().
 */
int virtqueue_add_inbuf(struct virtqueue *vq, struct scatterlist *sg,
			unsigned int num, void *data, gfp_t gfp)
{
	return vring_add_buf_list(vq, sg, num, DMA_FROM_DEVICE, data, NULL, gfp);
}
EXPORT_SYMBOL_GPL(virtqueue_add_inbuf);

/**
 * virtqueue_add_inbuf_ctx - expose input buffers to other end
 * @vq: the struct virtqueue we're talking about.
 * @sg: scatterlist (must be well-formed and terminated!)
 * @num: the number of entries in @sg writable by other side
 * @data: the token identifying the buffer.
 * @ctx: extra context for the token
 * @gfp: how to do memory allocations (if necessary).
 *
 * Caller must ensure we don't call this with other virtqueue operations
 * at the same time (except where noted).
 *
 * Return: 0, or the errors of virtqueue_start_buf() and virtqueue_end_buf().
 */
int virtqueue_add_inbuf_ctx(struct virtqueue *vq, struct scatterlist *sg,
			    unsigned int num, void *data, void *ctx, gfp_t gfp)
{
	return vring_add_buf_list(vq, sg, num, DMA_FROM_DEVICE, data, ctx, gfp);
}
EXPORT_SYMBOL_GPL(virtqueue_add_inbuf_ctx);

MODULE_DESCRIPTION("Adding buffers to virtio rings");
MODULE_LICENSE("GPL");
