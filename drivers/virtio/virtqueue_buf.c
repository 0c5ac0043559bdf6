// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Add buffers to a virtqueue: all calls that do so, for all layouts.
 *
 * A buffer is built in place, descriptor by descriptor: in the split or packed
 * ring, or in an indirect table of either format.  Four steps depend on the
 * layout, everything else is shared:
 *
 *	reserve	vring_start_ring(), vring_start_table()
 *	put	vring_put_ring(), vring_put_table()
 *	publish	vring_expose_one(), vring_expose_chain_split() and _packed()
 *	rewind	vring_rewind()
 *
 * Until a buffer is published, it changes nothing that the device may use, and
 * its state is in the builder, vq->buf.  So it can be aborted at any time.
 *
 * The device may write to the ring and to indirect tables at any time, so
 * nothing is read back from them.  The builder keeps what is needed later.
 *
 * virtio_ring.c includes this file, so that virtio_ring.ko remains one module:
 * initramfs configurations may list modules by name.
 */

#define PACKED_AVAIL_USED	(BIT(VRING_PACKED_DESC_F_AVAIL) | \
				 BIT(VRING_PACKED_DESC_F_USED))

/*
 * Put: write one descriptor at the cursor.
 *
 * Each descriptor is written with NEXT set.  Publishing clears NEXT in the last
 * one.  Descriptors in a packed indirect table do not use NEXT: the length of
 * the table determines their number.
 */

static inline void vring_put_table(const struct vring_virtqueue *vq,
				   struct vring_buf *buf, u64 addr, u32 len)
{
	vring_in_len_add(buf, len);
	buf->last_word = buf->word | len;
	vring_write(vq, buf->desc++, addr, buf->last_word);
	buf->word += buf->word_step;
}

/* Record what the ring has to unmap later. */
static inline void vring_record(struct vring_desc_extra *extra, dma_addr_t addr,
				u32 len, enum dma_data_direction dir)
{
	extra->addr = addr;
	extra->len = len;
	extra->dir = dir;
}

/*
 * The cursor in a packed ring has reached buf->limit: it is after the head of
 * the chain, at the end of the ring, or both.  All descriptors except the head
 * are written as available.  The device does not read them before the head is
 * available, and the head is made available last.
 */
static noinline void vring_wrap_packed(const struct vring_virtqueue *vq)
{
	struct vring_buf *buf = vq->buf;
	struct vring_desc *ring = (struct vring_desc *)vq->packed.vring.desc;
	u16 flags = vq->packed.avail_used_flags;

	if (!buf->head_word)
		buf->head_word = buf->last_word;
	buf->limit = ring + vq->packed.vring.num;
	if (buf->desc == buf->limit) {
		buf->desc = ring;
		flags ^= PACKED_AVAIL_USED;
	}
	buf->word &= ~VRING_WORD_PACKED(0, PACKED_AVAIL_USED);
	buf->word |= VRING_WORD_PACKED(0, flags);
}

static inline void vring_put_ring(const struct vring_virtqueue *vq, u64 addr,
				  u32 len)
{
	struct vring_buf *buf = vq->buf;

	vring_in_len_add(buf, len);
	buf->last = buf->next;
	buf->next = vq->desc_extra[buf->last].next;
	if (virtqueue_is_packed(vq)) {
		buf->last_word = buf->word | len;
		vring_write(vq, buf->desc++, addr, buf->last_word);
		if (unlikely(buf->desc == buf->limit))
			vring_wrap_packed(vq);
	} else {
		buf->last_word = buf->word | len |
				 VRING_WORD_SPLIT(0, buf->next);
		vring_write(vq, &buf->desc[buf->last], addr, buf->last_word);
	}
}

/* Put a piece that has a DMA address.  @dir: how to unmap it, or DMA_NONE. */
static inline void vring_put_mapped(const struct vring_virtqueue *vq,
				    dma_addr_t addr, u32 len,
				    enum dma_data_direction dir)
{
	struct vring_buf *buf = vq->buf;

	if (buf->place == VRING_RING) {
		vring_record(&vq->desc_extra[buf->next], addr, len, dir);
		vring_put_ring(vq, addr, len);
	} else {
		if (vring_maps_tables(vq))
			vring_record(buf->record++, addr, len, dir);
		vring_put_table(vq, buf, addr, len);
	}
}

static void vring_put_premapped(const struct vring_virtqueue *vq,
				dma_addr_t addr, u32 len)
{
	vring_put_mapped(vq, addr, len, DMA_NONE);
}

/*
 * Rewind: take back all descriptors that were put.
 */

/*
 * All descriptors of a chain in a packed ring except the head were written as
 * available.  Restore the AVAIL and USED bits of the previous round: after a
 * shorter chain at the same place the device would take them for available
 * ones.  Do not mark them as used: the driver would take that for a completion.
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

/*
 * Release all descriptors and the table of the open buffer, which accepts no
 * more pieces.  @left descriptors were taken from buf->room, but not put.
 */
static __cold void vring_rewind(struct vring_virtqueue *vq, unsigned int left)
{
	struct vring_buf *buf = vq->buf;
	unsigned int num = buf->size - buf->room - left;

	if (vring_maps_pieces(vq))
		vring_unmap_pieces(vq, NULL, buf->place ? buf->indir_desc :
				   &vq->desc_extra[buf->head], num, buf->place,
				   0);
	if (buf->place != VRING_RING)
		vring_free_table(vq, buf->indir_desc);
	else if (virtqueue_is_packed(vq))
		vring_rewind_packed(vq, num);
	buf->place = VRING_RING;
	buf->size = 0;
	buf->room = 0;
}

/*
 * The first error releases everything, but the buffer stays open: later pieces
 * are ignored, and virtqueue_end_buf() returns the error.
 */
static __cold void vring_fail(struct vring_virtqueue *vq, unsigned int left,
			      int err)
{
	vring_rewind(vq, left);
	vq->buf->err = err;
}

/* Refuse a piece for which vring_accept() has taken @nents descriptors. */
static __cold void vring_refuse(struct vring_virtqueue *vq, unsigned int nents)
{
	struct vring_buf *buf = vq->buf;

	buf->room += nents;
	if (buf->err)
		return;
	/* Wrong order or direction, too many, too long, or no open buffer. */
	WARN_ON_ONCE(1);
	if (buf->data)
		vring_fail(vq, 0, -EINVAL);
}

/* Take room for @nents descriptors.  If this fails, call vring_refuse(). */
static inline bool vring_accept(struct vring_buf *buf, unsigned int nents,
				enum dma_data_direction dir)
{
	buf->nsg--;	/* checked by virtqueue_end_buf() */
	buf->room -= nents;
	if (unlikely(buf->room < 0))
		return false;
	if (dir != buf->dir) {
		/* Only a change from readable to writable is allowed. */
		if (unlikely(dir != DMA_FROM_DEVICE))
			return false;
		buf->dir = DMA_FROM_DEVICE;
		buf->word |= BIT_ULL(buf->write_bit);
	}
	return true;
}

/*
 * Add: a piece is a scatterlist or one contiguous range of memory.
 */

/*
 * Return the page of the entry at @sg, after following a chain entry.  Most
 * entries have neither marker.  If this is the last entry, set @left to 1 and
 * return the room of the missing entries to @room.
 */
static inline struct page *vring_entry(struct scatterlist **sg,
				       unsigned int *left, int *room)
{
	if (likely(!(sg_is_chain(*sg) || sg_is_last(*sg))))
		return (struct page *)(*sg)->page_link;

	if (sg_is_chain(*sg))
		*sg = sg_chain_ptr(*sg);
	if (sg_is_last(*sg)) {
		*room += *left - 1;
		*left = 1;
	}
	return sg_page(*sg);
}

static unsigned int vring_count(struct scatterlist *sg, unsigned int max)
{
	unsigned int n = 1;

	for (; n < max && !sg_is_last(sg); n++) {
		sg++;
		if (unlikely(sg_is_chain(sg)))
			sg = sg_chain_ptr(sg);
	}
	return n;
}

/* Put @left entries from @sg on, or up to the end marker, into a table. */
static void vring_walk_table(const struct vring_virtqueue *vq,
			     struct vring_buf *buf, struct scatterlist *sg,
			     unsigned int left)
{
	struct vring_desc *desc = buf->desc;
	u64 word = buf->word, step = buf->word_step;
	struct page *page;
	phys_addr_t phys;

	for (;; sg++) {
		page = vring_entry(&sg, &left, &buf->room);
		phys = page_to_phys(page) + sg->offset;
		vring_in_len_add(buf, sg->length);
		vring_write(vq, desc++, vring_phys(phys, sg->length, buf->dir),
			    word | sg->length);
		if (!--left)
			break;
		word += step;
	}
	buf->desc = desc;
	buf->last_word = word | sg->length;
	buf->word = word + step;
}

/* Put @left entries from @sg on, or up to the end marker, into the ring. */
static void vring_walk_ring(const struct vring_virtqueue *vq,
			    struct vring_buf *buf, struct scatterlist *sg,
			    unsigned int left)
{
	struct page *page;
	phys_addr_t phys;

	do {
		page = vring_entry(&sg, &left, &buf->room);
		phys = page_to_phys(page) + sg->offset;
		vring_put_ring(vq, vring_phys(phys, sg->length, buf->dir),
			       sg->length);
		sg++;
	} while (--left);
}

/*
 * Map a piece, the first of @left for which room was taken.  If this fails, the
 * buffer fails.
 */
static inline bool vring_map_piece(struct vring_virtqueue *vq,
				   struct vring_buf *buf, struct page *page,
				   unsigned int offset, u32 len,
				   unsigned int left, dma_addr_t *addr)
{
	*addr = vring_map(vq, page, offset, len, buf->dir, vring_attrs(buf));
	if (likely(!vring_map_failed(vq, *addr)))
		return true;
	vring_fail(vq, left, -ENOMEM);
	return false;
}

static noinline void vring_map_put(struct vring_virtqueue *vq, struct page *page,
				   unsigned int offset, u32 len)
{
	struct vring_buf *buf = vq->buf;
	dma_addr_t addr;

	if (vring_map_piece(vq, buf, page, offset, len, 1, &addr))
		vring_put_mapped(vq, addr, len, buf->dir);
}

/* Map the entries and put them into a table.  On failure, ignore the cursor. */
static void vring_walk_mapped_table(struct vring_virtqueue *vq,
				    struct scatterlist *sg, unsigned int left)
{
	struct vring_buf *buf = vq->buf;
	struct vring_desc_extra *record = buf->record;
	struct vring_desc *desc = buf->desc;
	u64 word = buf->word, last_word;
	struct page *page;
	dma_addr_t addr;

	for (;; sg++) {
		page = vring_entry(&sg, &left, &buf->room);
		if (!vring_map_piece(vq, buf, page, sg->offset, sg->length,
				     left, &addr))
			return;
		vring_record(record++, addr, sg->length, buf->dir);
		vring_in_len_add(buf, sg->length);
		last_word = word | sg->length;
		vring_write(vq, desc++, addr, last_word);
		word += buf->word_step;
		if (!--left)
			break;
	}
	buf->record = record;
	buf->desc = desc;
	buf->last_word = last_word;
	buf->word = word;
}

static void vring_walk_mapped_ring(struct vring_virtqueue *vq,
				   struct scatterlist *sg, unsigned int left)
{
	struct vring_buf *buf = vq->buf;
	struct page *page;
	dma_addr_t addr;

	do {
		page = vring_entry(&sg, &left, &buf->room);
		if (!vring_map_piece(vq, buf, page, sg->offset, sg->length,
				     left, &addr))
			return;
		vring_record(&vq->desc_extra[buf->next], addr, sg->length,
			     buf->dir);
		vring_put_ring(vq, addr, sg->length);
		sg++;
	} while (--left);
}

/* On a premapped queue, the driver has mapped the list. */
static void vring_walk_premapped(const struct vring_virtqueue *vq,
				 struct scatterlist *sg, unsigned int left)
{
	do {
		vring_entry(&sg, &left, &vq->buf->room);
		vring_put_premapped(vq, sg_dma_address(sg), sg->length);
		sg++;
	} while (--left);
}

static void vring_add_phys(struct vring_virtqueue *vq, phys_addr_t phys,
			   u32 len, enum dma_data_direction dir)
{
	struct vring_buf *buf = vq->buf;

	if (unlikely(!vring_accept(buf, 1, dir)))
		vring_refuse(vq, 1);
	else if (buf->place == VRING_PLAIN_TABLE)
		vring_put_table(vq, buf, vring_phys(phys, len, dir), len);
	else if (!vring_mapped(vq))
		vring_put_ring(vq, vring_phys(phys, len, dir), len);
	else if (likely(vring_maps_pieces(vq)))
		vring_map_put(vq, pfn_to_page(PHYS_PFN(phys)),
			      offset_in_page(phys), len);
	else	/* On a premapped queue only lists have DMA addresses. */
		vring_refuse(vq, 1);
}

/* Add memory that the driver has mapped. */
static void vring_add_mapped(struct vring_virtqueue *vq, dma_addr_t addr,
			     u32 len, enum dma_data_direction dir)
{
	struct vring_buf *buf = vq->buf;

	if (unlikely(!vring_accept(buf, 1, dir)))
		vring_refuse(vq, 1);
	else if (buf->place == VRING_PLAIN_TABLE)
		vring_put_table(vq, buf, addr, len);
	else
		vring_put_premapped(vq, addr, len);
}

/* Add @nents entries from @sg on, or up to the end marker. */
static void vring_add_list(struct vring_virtqueue *vq, struct scatterlist *sg,
			   unsigned int nents, enum dma_data_direction dir)
{
	struct vring_buf *buf = vq->buf;

	if (unlikely(!nents))
		return;
	if (unlikely(!vring_accept(buf, nents, dir)))
		vring_refuse(vq, nents);
	else if (buf->place == VRING_PLAIN_TABLE)
		vring_walk_table(vq, buf, sg, nents);
	else if (!vring_mapped(vq))
		vring_walk_ring(vq, buf, sg, nents);
	else if (vring_premapped(vq))
		vring_walk_premapped(vq, sg, nents);
	else if (buf->place == VRING_RING)
		vring_walk_mapped_ring(vq, sg, nents);
	else
		vring_walk_mapped_table(vq, sg, nents);
}

/* Put the bvecs of @size bytes that there is room for into a table. */
static void vring_bvecs_table(const struct vring_virtqueue *vq,
			      struct vring_buf *buf, const struct bio_vec *bv,
			      u32 size)
{
	struct vring_desc *desc = buf->desc;
	u64 word = buf->word, last_word = buf->last_word;
	int room = buf->room;
	phys_addr_t phys;
	u32 len;

	for (; size && room-- > 0; size -= len, bv++) {
		len = min(size, bv->bv_len);
		phys = page_to_phys(bv->bv_page) + bv->bv_offset;
		vring_in_len_add(buf, len);
		last_word = word | len;
		vring_write(vq, desc++, vring_phys(phys, len, buf->dir),
			    last_word);
		word += buf->word_step;
	}
	buf->room = room;
	buf->desc = desc;
	buf->last_word = last_word;
	buf->word = word;
}

/* Put the bvecs of @size bytes that there is room for into the ring. */
static void vring_bvecs_ring(const struct vring_virtqueue *vq,
			     struct vring_buf *buf, const struct bio_vec *bv,
			     u32 size)
{
	phys_addr_t phys;
	u32 len;

	for (; size && buf->room-- > 0; size -= len, bv++) {
		len = min(size, bv->bv_len);
		phys = page_to_phys(bv->bv_page) + bv->bv_offset;
		vring_put_ring(vq, vring_phys(phys, len, buf->dir), len);
	}
}

/* Map and put the bvecs of @size bytes.  After a failure no room is left. */
static void vring_bvecs_mapped(struct vring_virtqueue *vq,
			       struct vring_buf *buf, const struct bio_vec *bv,
			       u32 size)
{
	dma_addr_t addr;
	u32 len;

	for (; size && buf->room-- > 0; size -= len, bv++) {
		len = min(size, bv->bv_len);
		if (!vring_map_piece(vq, buf, bv->bv_page, bv->bv_offset, len,
				     1, &addr))
			return;
		vring_put_mapped(vq, addr, len, buf->dir);
	}
}

/*
 * Add the bvecs of @size bytes.  Only the last one may be used in part.  They
 * were not counted in advance: each takes its room when it is put.
 */
static void vring_add_bvecs(struct vring_virtqueue *vq,
			    const struct bio_vec *bv, u32 size)
{
	struct vring_buf *buf = vq->buf;

	if (buf->place == VRING_PLAIN_TABLE)
		vring_bvecs_table(vq, buf, bv, size);
	else if (vring_mapped(vq))
		vring_bvecs_mapped(vq, buf, bv, size);
	else
		vring_bvecs_ring(vq, buf, bv, size);
	if (unlikely(buf->room < 0))
		vring_refuse(vq, 1);
}

/*
 * Reserve: find room for the whole buffer, in the ring or in a table.
 */

/* @misuse: the token or the direction is missing.  Else the queue is broken. */
static __cold int vring_refuse_buf(bool misuse)
{
	return WARN_ON_ONCE(misuse) ? -EINVAL : -EIO;
}

/* The driver did not end the open buffer: abort it, so that nothing leaks. */
static __cold void vring_give_up(struct vring_virtqueue *vq)
{
	WARN_ON_ONCE(1);
	virtqueue_abort_buf(&vq->vq);
}

/*
 * There is no room for @nents descriptors, or no memory for a table that the
 * buffer needs.  @out: the buffer may have pieces that the device reads.
 */
static __cold int vring_no_room(struct vring_virtqueue *vq, unsigned int nents,
				bool out)
{
	unsigned int size = virtqueue_get_vring_size(&vq->vq);
	int err = -ENOSPC;

	/* Without indirect tables such a buffer never fits. */
	WARN_ON_ONCE(nents > size && !vq->indirect);
	vring_buf_close(vq->buf);

	pr_debug("Can't add buf len %u - avail = %u\n",
		 nents, vq->vq.num_free);
	/*
	 * Completions do not help if even an empty ring is too small.
	 * Otherwise, FIXME: for historical reasons, split rings force a notify
	 * here if there are outgoing parts to the buffer.  Presumably the host
	 * should service the ring ASAP.
	 */
	if (nents > size && vq->indirect && vq->vq.num_free)
		err = -ENOMEM;
	else if (out && !virtqueue_is_packed(vq))
		vq->notify(&vq->vq);
	END_USE(vq);
	return err;
}

static int vring_start_ring(struct vring_virtqueue *vq, bool out)
{
	struct vring_buf *buf = vq->buf;
	u16 flags;

	if (unlikely(vq->vq.num_free < buf->size))
		return vring_no_room(vq, buf->size, out);

	buf->place = VRING_RING;
	buf->indir_desc = NULL;
	/* Completions may change it at any time: read it once. */
	buf->head = READ_ONCE(vq->free_head);
	buf->next = buf->head;
	if (virtqueue_is_packed(vq)) {
		flags = vq->packed.avail_used_flags ^ PACKED_AVAIL_USED;
		buf->desc = (struct vring_desc *)vq->packed.vring.desc +
			    vq->packed.next_avail_idx;
		buf->limit = buf->desc + 1;
		buf->word = VRING_WORD_PACKED(buf->head,
					      VRING_DESC_F_NEXT | flags);
		buf->head_word = 0;
	} else {
		buf->desc = vq->split.vring.desc;
		buf->word = VRING_WORD_SPLIT(VRING_DESC_F_NEXT, 0);
	}
	return 0;
}

/*
 * Build the buffer in the table at @desc.  @addr is the DMA address of @desc,
 * or its physical address.  DMA addresses of pieces are recorded at @table; if
 * there are none, @table is @desc.
 */
static inline int vring_use_table(struct vring_virtqueue *vq, void *table,
				  struct vring_desc *desc, u64 addr)
{
	struct vring_buf *buf = vq->buf;

	buf->place = vring_mapped(vq) ? VRING_TABLE : VRING_PLAIN_TABLE;
	buf->indir_desc = table;
	buf->record = table;
	buf->desc = desc;
	buf->table_addr = addr;
	buf->word = (u64)buf->table_word << 32;
	return 0;
}

/*
 * Let the queue keep tables, if there is memory for them.  If they must be
 * mapped, vring_map_kept() allocates them from a work item: that may sleep.
 */
static __cold void vring_alloc_kept(struct vring_virtqueue *vq, gfp_t gfp)
{
	struct vring_kept *kept;
	unsigned int i;

	kept = alloc_pages_exact(sizeof(*kept), gfp | __GFP_NOWARN);
	if (!kept)
		return;
	for (i = 0; i < VRING_KEPT_TABLES; i++)
		kept->free[i] = sizeof(kept->block) -
				(i + 1) * sizeof(kept->block[0]);
	vq->kept = kept;
	if (vring_maps_tables(vq)) {
		kept->vq = vq;
		kept->table = NULL;
		INIT_WORK(&kept->work, vring_map_kept);
		schedule_work(&kept->work);
	} else {
		kept->table = kept->block[0];
		kept->addr = virt_to_phys(kept->table);
		vq->nr_kept = VRING_KEPT_TABLES;
	}
}

/* No kept table is free or large enough. */
static noinline int vring_alloc_table(struct vring_virtqueue *vq, gfp_t gfp,
				      bool out)
{
	unsigned int nents = vq->buf->size, records = 0;
	size_t size = sizeof(struct vring_desc);
	struct vring_desc *table, *desc;

	BUILD_BUG_ON(sizeof(struct vring_desc_extra) !=
		     sizeof(struct vring_desc));
	BUILD_BUG_ON(sizeof(struct vring_packed_desc) !=
		     sizeof(struct vring_desc));

	if (vring_maps_tables(vq)) {
		records = nents;
		size += sizeof(struct vring_desc_extra);
	}
	/*
	 * The table must be in lowmem, or virt_to_phys() would give the device
	 * a bogus address.
	 */
	gfp &= ~__GFP_HIGHMEM;
	table = kmalloc_array(nents, size, gfp);
	if (unlikely(!table))
		return vring_start_ring(vq, out);
	if (nents <= VRING_KEPT_DESCS && !vq->kept)
		vring_alloc_kept(vq, gfp);
	desc = table + records;
	vring_use_table(vq, table, desc, virt_to_phys(desc));
	if (vring_maps_tables(vq))
		vq->buf->place = VRING_UNMAPPED_TABLE;
	return 0;
}

static int vring_start_table(struct vring_virtqueue *vq, gfp_t gfp,
			     unsigned int nents, bool out)
{
	/* Pairs with the release in vring_map_kept(). */
	unsigned int nr = smp_load_acquire(&vq->nr_kept);
	struct vring_kept *kept = vq->kept;
	unsigned int offset;

	if (nents > VRING_KEPT_DESCS || !nr)
		return vring_alloc_table(vq, gfp, out);

	/*
	 * Read the entry before nr_kept changes: a completion in between would
	 * otherwise overwrite it with the table that it frees.
	 */
	nr--;
	offset = READ_ONCE(kept->free[nr]);
	barrier();
	vq->nr_kept = nr;
	return vring_use_table(vq, (void *)kept->block + offset,
			       (void *)kept->table + offset,
			       kept->addr + offset);
}

static int vring_start(struct vring_virtqueue *vq, void *data,
		       unsigned int nents, unsigned int nsg, gfp_t gfp,
		       bool out);

/* The driver did not end an earlier buffer, or this one cannot be added. */
static noinline __cold int vring_start_odd(struct vring_virtqueue *vq,
					   void *data, unsigned int nents,
					   unsigned int nsg, gfp_t gfp,
					   bool out)
{
	if (!vq->buf->data)
		return vring_refuse_buf(!data);
	vring_give_up(vq);
	return vring_start(vq, data, nents, nsg, gfp, out);
}

static int vring_start(struct vring_virtqueue *vq, void *data,
		       unsigned int nents, unsigned int nsg, gfp_t gfp,
		       bool out)
{
	struct vring_buf *buf = vq->buf;

	if (unlikely(!data || buf->data || vq->broken))
		return vring_start_odd(vq, data, nents, nsg, gfp, out);
	START_USE(vq);
	LAST_ADD_TIME_UPDATE(vq);

	buf->data = data;
	buf->room = nents;
	buf->size = nents;
	buf->nsg = nsg;
	buf->dir = DMA_TO_DEVICE;
	vring_buf_init(buf);

	/* FIXME: tune this threshold */
	if (vq->indirect && nents > 1 && vq->vq.num_free)
		return vring_start_table(vq, gfp, nents, out);
	return vring_start_ring(vq, out);
}

/*
 * Publish: make a complete buffer available to the device.
 */

static noinline __cold int vring_kick_now(struct vring_virtqueue *vq)
{
	virtqueue_kick(&vq->vq);
	return 0;
}

/* A buffer was added: end the use of the ring. */
static inline int vring_added(struct vring_virtqueue *vq)
{
	END_USE(vq);

	/*
	 * This is very unlikely, but theoretically possible: the number added
	 * since the last kick would overflow 16 bits.  Kick just in case.
	 */
	if (unlikely(vq->num_added >= (1 << 16) - 1))
		return vring_kick_now(vq);
	return 0;
}

static noinline __cold int vring_added_traced(struct vring_virtqueue *vq,
					      unsigned int head)
{
	vring_trace_add(vq, head);
	return vring_added(vq);
}

/* The buffer of @data takes @num descriptors, from @head to @last. */
static inline void vring_take(struct vring_virtqueue *vq, unsigned int head,
			      unsigned int last, unsigned int num, void *data,
			      void *indir_desc)
{
	struct vring_desc_state *state = &vq->desc_state[head];

	vq->vq.num_free -= num;

	state->data = data;
	state->indir_desc = indir_desc;
	state->num = num;
	state->last = last;
	vring_in_len_store(state, vq->buf);
}

static int vring_expose_split(struct vring_virtqueue *vq, unsigned int head)
{
	struct virtio_device *vdev = vq->vq.vdev;
	struct vring_avail *avail = vq->split.vring.avail;
	u16 idx = vq->split.avail_idx_shadow++;

	avail->ring[idx & (vq->split.vring.num - 1)] =
		cpu_to_virtio16(vdev, head);

	/*
	 * The device must see the descriptors and the available ring entry
	 * before it sees the index that exposes them.
	 */
	virtio_wmb(vq->weak_barriers);
	avail->idx = cpu_to_virtio16(vdev, idx + 1);
	vq->num_added++;
	if (trace_virtio_ring_add_enabled())
		return vring_added_traced(vq, head);
	return vring_added(vq);
}

/* Publish the next @num descriptors of a packed ring as one buffer. */
static int vring_expose_packed(struct vring_virtqueue *vq,
			       struct vring_packed_desc *head, u16 flags,
			       unsigned int num)
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
	if (trace_virtio_ring_add_enabled())
		return vring_added_traced(vq, le16_to_cpu(head->id));
	return vring_added(vq);
}

/*
 * Publish a buffer of one descriptor, the next free one, which may point to an
 * indirect table.  @word has the length and flags in the split ring's format.
 */
static int vring_expose_one(struct vring_virtqueue *vq, unsigned int head,
			    u64 addr, u64 word, void *data, void *indir_desc)
{
	struct vring_packed_desc *desc;

	vq->free_head = vq->desc_extra[head].next;
	vring_take(vq, head, head, 1, data, indir_desc);
	if (virtqueue_is_packed(vq)) {
		desc = &vq->packed.vring.desc[vq->packed.next_avail_idx];
		desc->addr = cpu_to_le64(addr);
		desc->len = cpu_to_le32(word);
		desc->id = cpu_to_le16(head);
		return vring_expose_packed(vq, desc, VRING_SPLIT_FLAGS(word) |
					   vq->packed.avail_used_flags, 1);
	}
	vring_write(vq, &vq->split.vring.desc[head], addr,
		    word | VRING_WORD_SPLIT(0, vq->free_head));
	return vring_expose_split(vq, head);
}

static int vring_expose_chain_split(struct vring_virtqueue *vq)
{
	struct vring_buf *buf = vq->buf;

	vring_write_word(vq, &buf->desc[buf->last], buf->last_word &
			 ~VRING_WORD_SPLIT(VRING_DESC_F_NEXT, 0));
	return vring_expose_split(vq, buf->head);
}

static int vring_expose_chain_packed(struct vring_virtqueue *vq,
				     unsigned int num)
{
	const u64 next = VRING_WORD_PACKED(0, VRING_DESC_F_NEXT);
	struct vring_desc *ring = (struct vring_desc *)vq->packed.vring.desc;
	struct vring_desc *head = &ring[vq->packed.next_avail_idx];
	struct vring_buf *buf = vq->buf;
	struct vring_desc *end = buf->desc;
	u64 word = buf->head_word;

	if (num == 1) {
		word &= ~next;
	} else {
		if (end == ring)
			end += vq->packed.vring.num;
		vring_write_word(vq, end - 1, buf->last_word & ~next);
	}
	vring_write_word(vq, head, word);
	return vring_expose_packed(vq, (struct vring_packed_desc *)head,
				   VRING_PACKED_FLAGS(word) ^ PACKED_AVAIL_USED,
				   num);
}

/*
 * End: publish the buffer or return its error.
 */

/*
 * Completions since the start have put their descriptors at the head of the
 * free list, in front of those of the open buffer.  Move the buffer's own to
 * the head again.
 */
static __cold void vring_to_front(struct vring_virtqueue *vq)
{
	struct vring_desc_extra *extra = vq->desc_extra;
	struct vring_buf *buf = vq->buf;
	unsigned int i = vq->free_head, n = vq->vq.num_free;

	while (n-- && extra[i].next != buf->head)
		i = extra[i].next;
	extra[i].next = buf->next;
	extra[buf->last].next = vq->free_head;
	buf->next = vq->free_head;
	vq->free_head = buf->head;
}

/* The buffer failed or is empty, none is open, or a completion came in. */
static __cold int vring_end_odd(struct vring_virtqueue *vq)
{
	struct vring_buf *buf = vq->buf;
	int err = buf->err;

	WARN_ON_ONCE(!err);
	if (buf->size != buf->room && buf->nsg >= 0) {
		vring_to_front(vq);
		return virtqueue_end_buf(&vq->vq);
	}
	if (!err)
		err = -EINVAL;
	if (buf->data) {
		buf->err = err;
		virtqueue_abort_buf(&vq->vq);
	}
	return err;
}

/*
 * Map a single piece, or the table of the open buffer, and publish it with
 * vring_expose_one().
 */
static int vring_map_one(struct vring_virtqueue *vq, phys_addr_t phys, u32 len,
			 u16 flags, void *data, void *indir_desc)
{
	enum dma_data_direction dir = flags & VRING_DESC_F_WRITE ?
				      DMA_FROM_DEVICE : DMA_TO_DEVICE;
	unsigned int head;
	dma_addr_t addr;

	addr = vring_map(vq, pfn_to_page(PHYS_PFN(phys)), offset_in_page(phys),
			 len, dir, 0);
	if (unlikely(vring_map_failed(vq, addr))) {
		if (!(flags & VRING_DESC_F_INDIRECT)) {
			trace_virtio_ring_abort(&vq->vq, data, -ENOMEM);
			END_USE(vq);
			return -ENOMEM;
		}
		vring_fail(vq, 0, -ENOMEM);
		return vring_end_odd(vq);
	}

	vring_buf_close(vq->buf);
	head = READ_ONCE(vq->free_head);
	vring_record(&vq->desc_extra[head], addr, len, dir);
	return vring_expose_one(vq, head, addr, VRING_WORD_SPLIT(flags, 0) | len,
				data, indir_desc);
}

static int vring_end_table(struct vring_virtqueue *vq, unsigned int num)
{
	struct vring_buf *buf = vq->buf;
	u32 len = num * sizeof(*buf->desc);
	unsigned int head;
	void *data;

	if (!virtqueue_is_packed(vq))
		vring_write_word(vq, buf->desc - 1, buf->last_word &
				 ~VRING_WORD_SPLIT(VRING_DESC_F_NEXT, 0));
	if (vring_maps_tables(vq) && buf->place == VRING_UNMAPPED_TABLE)
		return vring_map_one(vq, buf->table_addr, len,
				     VRING_DESC_F_INDIRECT, buf->data,
				     buf->indir_desc);
	data = buf->data;
	vring_buf_close(buf);
	/* Completions may change it at any time: read it once. */
	head = READ_ONCE(vq->free_head);
	if (vring_maps_tables(vq)) {
		/* A kept table stays mapped. */
		vq->desc_extra[head].len = len;
		vq->desc_extra[head].dir = DMA_NONE;
	}
	return vring_expose_one(vq, head, buf->table_addr,
				VRING_WORD_SPLIT(VRING_DESC_F_INDIRECT, 0) | len,
				data, buf->indir_desc);
}

/*
 * A buffer of one piece takes one descriptor and is published at once.  @addr
 * is a physical address or, on a premapped queue, the driver's DMA address.
 */

static inline bool vring_dir_ok(enum dma_data_direction dir)
{
	return dir == DMA_TO_DEVICE || dir == DMA_FROM_DEVICE;
}

static int vring_add_one(struct vring_virtqueue *vq, u64 addr, u32 len,
			 enum dma_data_direction dir, void *data, void *ctx);

static noinline __cold int vring_add_one_odd(struct vring_virtqueue *vq,
					     u64 addr, u32 len,
					     enum dma_data_direction dir,
					     void *data, void *ctx)
{
	if (!vq->buf->data)
		return vring_refuse_buf(!data || !vring_dir_ok(dir));
	vring_give_up(vq);
	return vring_add_one(vq, addr, len, dir, data, ctx);
}

static int vring_add_one(struct vring_virtqueue *vq, u64 addr, u32 len,
			 enum dma_data_direction dir, void *data, void *ctx)
{
	u16 flags = dir == DMA_FROM_DEVICE ? VRING_DESC_F_WRITE : 0;

	if (unlikely(!data || !vring_dir_ok(dir) || vq->buf->data ||
		     vq->broken))
		return vring_add_one_odd(vq, addr, len, dir, data, ctx);
	START_USE(vq);
	LAST_ADD_TIME_UPDATE(vq);

	if (unlikely(!vq->vq.num_free))
		return vring_no_room(vq, 1, !flags);
	vring_in_len_set(vq->buf, flags ? len : 0);
	if (vring_maps_pieces(vq))
		return vring_map_one(vq, addr, len, flags, data, ctx);
	if (!vring_premapped(vq))
		addr = vring_phys(addr, len, dir);
	return vring_expose_one(vq, vq->free_head, addr,
				VRING_WORD_SPLIT(flags, 0) | len, data, ctx);
}

static inline int vring_add_entry(struct vring_virtqueue *vq,
				  struct scatterlist *sg,
				  enum dma_data_direction dir, void *data,
				  void *ctx)
{
	u64 addr = vring_premapped(vq) ? sg_dma_address(sg) : sg_phys(sg);

	return vring_add_one(vq, addr, sg->length, dir, data, ctx);
}

/*
 * Calls for drivers
 */

/**
 * virtqueue_start_buf - start building a buffer
 * @_vq: the struct virtqueue we're talking about
 * @data: the token identifying the buffer, not NULL
 * @nents: upper bound of descriptors: one for each entry of a list or of the
 *	array of a bio, and one for each other piece
 * @nsg: upper bound of calls of virtqueue_add_sg(), virtqueue_add_linear(),
 *	virtqueue_add_page(), virtqueue_add_bvec() and virtqueue_add_mapped().
 *	It detects a piece that is added by mistake even if @nents is larger
 *	than needed.
 * @gfp: how to allocate the indirect table, if one is used
 *
 * Then add the pieces, those that the device reads first, and call
 * virtqueue_end_buf() or virtqueue_abort_buf().  The buffer may be smaller than
 * both bounds, but @nents descriptors must be free to start it, or one if the
 * device supports indirect descriptors.
 *
 * A buffer that is still open on this virtqueue is aborted, with a warning.
 *
 * This is the first half of "Supplying Buffers to The Device", sections 2.7.13
 * (split) and 2.8.21 (packed) of the virtio specification, version 1.4.
 *
 * Context: any; sleeps only if @gfp allows it.  The caller must ensure that no
 *	other operation on this virtqueue runs between start and end (except
 *	where noted).
 *
 * Return: 0, or an error if no buffer was started: -EIO if the queue is broken;
 * -ENOSPC if there is no room (retry after the device has used buffers; split
 * rings have notified it); -ENOMEM if there is no memory for an indirect table
 * and even an empty ring is too small for the buffer; -EINVAL, with a warning,
 * if @data is NULL.
 */
int virtqueue_start_buf(struct virtqueue *_vq, void *data, unsigned int nents,
			unsigned int nsg, gfp_t gfp)
{
	return vring_start(to_vvq(_vq), data, nents, nsg, gfp, true);
}
EXPORT_SYMBOL_GPL(virtqueue_start_buf);

/**
 * virtqueue_add_sg - add a scatterlist to the buffer that was started
 * @_vq: the struct virtqueue we're talking about
 * @sgl: the list; it may be chained, and is neither modified nor kept
 * @nents: maximum number of entries to add; an end marker stops earlier.  If it
 *	is 0, nothing is added.
 * @dir: DMA_TO_DEVICE if the device reads the entries, DMA_FROM_DEVICE if it
 *	writes them
 *
 * On a premapped virtqueue, the DMA addresses of the entries are used.  Entries
 * of length 0 are passed to the device, as by virtqueue_add_sgs().
 *
 * Context: any; between start and end, see virtqueue_start_buf().  Errors are
 *	returned by virtqueue_end_buf().
 */
void virtqueue_add_sg(struct virtqueue *_vq, struct scatterlist *sgl,
		      unsigned int nents, enum dma_data_direction dir)
{
	struct vring_virtqueue *vq = to_vvq(_vq);

	if (nents == 1 && !vring_premapped(vq)) {
		vring_add_phys(vq, sg_phys(sgl), sgl->length, dir);
		return;
	}
	/* The list may have fewer entries than @nents. */
	if (unlikely(nents > vq->buf->room))
		nents = vring_count(sgl, nents);
	vring_add_list(vq, sgl, nents, dir);
}
EXPORT_SYMBOL_GPL(virtqueue_add_sg);

/*
 * True if no descriptor can describe this memory: it is empty, too long or, as
 * the scatterlist helpers check with CONFIG_DEBUG_SG, from vmalloc() or on the
 * stack.
 */
static inline bool vring_bad_linear(const void *addr, size_t len)
{
	return len - 1 >= U32_MAX ||
	       (IS_ENABLED(CONFIG_DEBUG_SG) && !virt_addr_valid(addr));
}

/**
 * virtqueue_add_linear - add memory to the buffer that was started
 * @_vq: the struct virtqueue we're talking about
 * @addr: start address in the kernel's direct map (for example from kmalloc(),
 *	but not from vmalloc() or on the stack)
 * @len: length in bytes, up to U32_MAX.  If it is 0, nothing is added.
 * @dir: DMA_TO_DEVICE if the device reads it, DMA_FROM_DEVICE if it writes it
 *
 * Context: any; between start and end, see virtqueue_start_buf().  Errors are
 *	returned by virtqueue_end_buf().
 */
void virtqueue_add_linear(struct virtqueue *_vq, void *addr, size_t len,
			  enum dma_data_direction dir)
{
	struct vring_virtqueue *vq = to_vvq(_vq);

	if (likely(!vring_bad_linear(addr, len)))
		vring_add_phys(vq, virt_to_phys(addr), len, dir);
	else if (len)
		vring_refuse(vq, 0);
}
EXPORT_SYMBOL_GPL(virtqueue_add_linear);

/**
 * virtqueue_add_page - add a part of a page to the buffer that was started
 * @_vq: the struct virtqueue we're talking about
 * @page: the page, or the first of several; it may be in high memory
 * @offset: offset of the piece in @page, in bytes
 * @len: length in bytes.  If it is 0, nothing is added.
 * @dir: DMA_TO_DEVICE if the device reads it, DMA_FROM_DEVICE if it writes it
 *
 * Context: any; between start and end, see virtqueue_start_buf().  Errors are
 *	returned by virtqueue_end_buf().
 */
void virtqueue_add_page(struct virtqueue *_vq, struct page *page,
			unsigned int offset, u32 len,
			enum dma_data_direction dir)
{
	if (likely(len))
		vring_add_phys(to_vvq(_vq), page_to_phys(page) + offset, len,
			       dir);
}
EXPORT_SYMBOL_GPL(virtqueue_add_page);

/**
 * virtqueue_add_bvec - add the data of a bio to the buffer that was started
 * @_vq: the struct virtqueue we're talking about
 * @bvecs: the array, bio->bi_io_vec, which is neither modified nor kept
 * @iter: where the data starts in it, and its length: &bio->bi_iter.  If the
 *	length is 0, nothing is added.
 * @dir: DMA_TO_DEVICE if the device reads it, DMA_FROM_DEVICE if it writes it
 *
 * Each bvec that @iter reaches is one descriptor, however many pages it has.
 * This is what bio_for_each_bvec() finds, so at most the number of segments of
 * the bio.  The caller must ensure that bvecs are within the segment limits.
 * For virtqueue_start_buf() this is one call.
 *
 * Context: any; between start and end, see virtqueue_start_buf().  Errors are
 *	returned by virtqueue_end_buf().
 */
void virtqueue_add_bvec(struct virtqueue *_vq, const struct bio_vec *bvecs,
			const struct bvec_iter *iter,
			enum dma_data_direction dir)
{
	struct vring_virtqueue *vq = to_vvq(_vq);
	const struct bio_vec *bv = __bvec_iter_bvec(bvecs, *iter);
	u32 size = iter->bi_size, len;

	if (unlikely(!size))
		return;
	/* Only the first one may start in the middle. */
	len = mp_bvec_iter_len(bvecs, *iter);
	vring_add_phys(vq, page_to_phys(bv->bv_page) +
		       mp_bvec_iter_offset(bvecs, *iter), len, dir);
	if (size != len)
		vring_add_bvecs(vq, bv + 1, size - len);
}
EXPORT_SYMBOL_GPL(virtqueue_add_bvec);

/**
 * virtqueue_add_mapped - add memory that the driver has mapped to the buffer
 * @_vq: the struct virtqueue we're talking about
 * @addr: DMA address for the device that virtqueue_dma_dev() returns
 * @len: length in bytes.  If it is 0, nothing is added.
 * @dir: DMA_TO_DEVICE if the device reads it, DMA_FROM_DEVICE if it writes it
 *
 * The driver must unmap it after the device has used the buffer.  The ring may
 * map other pieces of the same buffer.
 *
 * Context: any; between start and end, see virtqueue_start_buf().  Errors are
 *	returned by virtqueue_end_buf().
 */
void virtqueue_add_mapped(struct virtqueue *_vq, dma_addr_t addr, u32 len,
			  enum dma_data_direction dir)
{
	if (likely(len))
		vring_add_mapped(to_vvq(_vq), addr, len, dir);
}
EXPORT_SYMBOL_GPL(virtqueue_add_mapped);

/**
 * virtqueue_end_buf - expose the buffer that was started to the device
 * @_vq: the struct virtqueue we're talking about
 *
 * This is the second half of "Supplying Buffers to The Device", sections
 * 2.7.13 (split) and 2.8.21 (packed) of the virtio specification, version 1.4.
 * Call virtqueue_kick() afterwards to notify the device.
 *
 * Context: any, see virtqueue_start_buf().
 *
 * Return: 0, or the error of the first piece that failed.  On error the
 * virtqueue is in the same state as before the start.  -ENOMEM: a piece or the
 * indirect table could not be mapped.  -EINVAL, with a warning: there were more
 * pieces than announced, a readable piece after a writable one, a piece that is
 * neither, a piece that is too long, or no piece at all, or no buffer was
 * started.
 */
int virtqueue_end_buf(struct virtqueue *_vq)
{
	struct vring_virtqueue *vq = to_vvq(_vq);
	struct vring_buf *buf = vq->buf;
	unsigned int num = buf->size - buf->room;

	if (unlikely(!num || buf->nsg < 0))
		return vring_end_odd(vq);
	if (buf->place != VRING_RING)
		return vring_end_table(vq, num);

	if (unlikely(vq->free_head != buf->head))
		return vring_end_odd(vq);
	vq->free_head = buf->next;
	vring_take(vq, buf->head, buf->last, num, buf->data, buf->indir_desc);
	vring_buf_close(buf);
	return virtqueue_is_packed(vq) ? vring_expose_chain_packed(vq, num) :
					 vring_expose_chain_split(vq);
}
EXPORT_SYMBOL_GPL(virtqueue_end_buf);

/**
 * virtqueue_abort_buf - abort the buffer that was started
 * @_vq: the struct virtqueue we're talking about
 *
 * This unmaps all that the ring has mapped, and restores the state of the
 * virtqueue before the start.  The device has not seen the buffer.
 *
 * Context: any, see virtqueue_start_buf().
 */
void virtqueue_abort_buf(struct virtqueue *_vq)
{
	struct vring_virtqueue *vq = to_vvq(_vq);
	struct vring_buf *buf = vq->buf;

	if (WARN_ON_ONCE(!buf->data))
		return;
	trace_virtio_ring_abort(_vq, buf->data, buf->err);
	vring_rewind(vq, 0);
	buf->err = 0;
	buf->data = NULL;
	END_USE(vq);
}
EXPORT_SYMBOL_GPL(virtqueue_abort_buf);

/* Add a buffer of one list, in one direction. */
static int vring_add_buf_list(struct virtqueue *_vq, struct scatterlist *sg,
			      unsigned int num, enum dma_data_direction dir,
			      void *data, void *ctx, gfp_t gfp)
{
	struct vring_virtqueue *vq = to_vvq(_vq);
	int err;

	if (WARN_ON_ONCE(ctx && vq->indirect))
		return -EINVAL;
	if (num == 1)
		return vring_add_entry(vq, sg, dir, data, ctx);

	err = vring_start(vq, data, num, 1, gfp, dir == DMA_TO_DEVICE);
	if (err)
		return err;
	if (!vq->indirect)
		vq->buf->indir_desc = ctx;
	vring_add_list(vq, sg, num, dir);
	return virtqueue_end_buf(&vq->vq);
}

/**
 * virtqueue_add_buf - expose a buffer of an array of scatterlist entries
 * @_vq: the struct virtqueue we're talking about
 * @sg: the array; end markers in it are ignored, and it cannot be chained
 * @out: number of entries that the device reads; they come first
 * @in: number of entries that the device writes
 * @data: the token identifying the buffer, not NULL
 * @gfp: how to do memory allocations (if necessary)
 *
 * Context: any; sleeps only if @gfp allows it.  The caller must ensure that no
 *	other operation on this virtqueue runs at the same time (except where
 *	noted).
 *
 * Return: 0, or the errors of virtqueue_start_buf() and virtqueue_end_buf().
 */
int virtqueue_add_buf(struct virtqueue *_vq, struct scatterlist sg[],
		      unsigned int out, unsigned int in, void *data, gfp_t gfp)
{
	struct vring_virtqueue *vq = to_vvq(_vq);
	unsigned int i, num = out + in;
	int err;

	err = vring_start(vq, data, num, num, gfp, out);
	if (err)
		return err;
	for (i = 0; i < num; i++)
		virtqueue_add_sg(_vq, &sg[i], 1, i < out ? DMA_TO_DEVICE :
				 DMA_FROM_DEVICE);
	return virtqueue_end_buf(&vq->vq);
}
EXPORT_SYMBOL_GPL(virtqueue_add_buf);

/**
 * virtqueue_add_buf_single - expose a buffer of one scatterlist entry
 * @_vq: the struct virtqueue we're talking about
 * @sg: the entry; entries after it are ignored
 * @dir: DMA_TO_DEVICE if the device reads it, DMA_FROM_DEVICE if it writes it
 * @data: the token identifying the buffer, not NULL
 * @gfp: how to do memory allocations (currently there are none)
 *
 * Context: any.  The caller must ensure that no other operation on this
 *	virtqueue runs at the same time (except where noted).
 *
 * Return: 0, or the errors of virtqueue_start_buf() and virtqueue_end_buf().
 */
int virtqueue_add_buf_single(struct virtqueue *_vq, struct scatterlist *sg,
			     enum dma_data_direction dir, void *data, gfp_t gfp)
{
	return vring_add_entry(to_vvq(_vq), sg, dir, data, NULL);
}
EXPORT_SYMBOL_GPL(virtqueue_add_buf_single);

/**
 * virtqueue_add_buf_linear - expose a buffer of one piece of memory
 * @_vq: the struct virtqueue we're talking about
 * @addr: start address in the kernel's direct map (for example from kmalloc(),
 *	but not from vmalloc() or on the stack)
 * @len: length in bytes, from 1 to U32_MAX
 * @dir: DMA_TO_DEVICE if the device reads it, DMA_FROM_DEVICE if it writes it
 * @data: the token identifying the buffer, not NULL
 * @gfp: how to do memory allocations (currently there are none)
 *
 * Context: any.  The caller must ensure that no other operation on this
 *	virtqueue runs at the same time (except where noted).
 *
 * Return: 0, or the errors of virtqueue_start_buf() and virtqueue_end_buf().
 */
int virtqueue_add_buf_linear(struct virtqueue *_vq, void *addr, size_t len,
			     enum dma_data_direction dir, void *data, gfp_t gfp)
{
	return virtqueue_add_buf_linear_ctx(_vq, addr, len, dir, data, NULL,
					    gfp);
}
EXPORT_SYMBOL_GPL(virtqueue_add_buf_linear);

/**
 * virtqueue_add_buf_linear_ctx - expose a buffer of one piece, with a context
 * @_vq: the struct virtqueue we're talking about
 * @addr: start address in the kernel's direct map (for example from kmalloc(),
 *	but not from vmalloc() or on the stack)
 * @len: length in bytes, from 1 to U32_MAX
 * @dir: DMA_TO_DEVICE if the device reads it, DMA_FROM_DEVICE if it writes it
 * @data: the token identifying the buffer, not NULL
 * @ctx: extra context for the token, returned by virtqueue_get_buf_ctx(), or
 *	NULL; only on a virtqueue created with context and without indirect
 *	descriptors
 * @gfp: how to do memory allocations (currently there are none)
 *
 * Context: any.  The caller must ensure that no other operation on this
 *	virtqueue runs at the same time (except where noted).
 *
 * Return: 0, or the errors of virtqueue_start_buf() and virtqueue_end_buf();
 * -EINVAL, with a warning, if there is a context and the virtqueue has indirect
 * descriptors.
 */
int virtqueue_add_buf_linear_ctx(struct virtqueue *_vq, void *addr, size_t len,
				 enum dma_data_direction dir, void *data,
				 void *ctx, gfp_t gfp)
{
	struct vring_virtqueue *vq = to_vvq(_vq);

	if (WARN_ON_ONCE(vring_premapped(vq) || vring_bad_linear(addr, len) ||
			 (ctx && vq->indirect)))
		return -EINVAL;
	return vring_add_one(vq, virt_to_phys(addr), len, dir, data, ctx);
}
EXPORT_SYMBOL_GPL(virtqueue_add_buf_linear_ctx);

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
			nents += vring_count(*list, UINT_MAX);

	err = vring_start(vq, data, nents, INT_MAX, gfp, out_sgs);
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
			vring_add_list(vq, *list, vq->buf->room, dir);
	}
	return virtqueue_end_buf(&vq->vq);
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
