// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers for test programs, see buffer.h.
 */
#include <string.h>

#include "buffer.h"

const char *const buffer_way_name[NR_BUFFER_WAYS] = {
	[BUFFER_SGS]		= "add_sgs",
	[BUFFER_OUTBUF]		= "add_outbuf",
	[BUFFER_INBUF]		= "add_inbuf",
	[BUFFER_INBUF_CTX]	= "add_inbuf_ctx",
	[BUFFER_LISTS]		= "start, add_sg of lists, end",
	[BUFFER_PIECEWISE]	= "start, pieces, end",
	[BUFFER_BVECS]		= "start, add_bvec, end",
	[BUFFER_ARRAY]		= "add_buf",
	[BUFFER_SINGLE]		= "add_buf_single",
	[BUFFER_LINEAR]		= "add_buf_linear",
};

/* Similar seeds give unrelated numbers. */
void rnd_seed(struct rnd *r, u64 seed)
{
	seed = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9ULL;
	seed = (seed ^ seed >> 27) * 0x94d049bb133111ebULL;
	r->state = seed ^ seed >> 31 ?: 1;
}

unsigned int rnd(struct rnd *r, unsigned int below)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (r->state * 0x2545f4914f6cdd1dULL >> 32) * below >> 32;
}

/* Without @r, random choices are always false. */
static bool rnd_one_in(struct rnd *r, unsigned int n)
{
	return r && !rnd(r, n);
}

/*
 * Build the next list, of the pieces from @from on, up to @to, and return where
 * it ends.  It may have a link to the next entry anywhere in between.
 */
static unsigned int buffer_init_list(struct buffer *b, unsigned int from,
				     unsigned int to, struct scatterlist **sg,
				     struct scatterlist **list, struct rnd *r)
{
	unsigned int i;

	*list = *sg;
	for (i = from; ; ) {
		**sg = b->array[i];
		sg_unmark_end((*sg)++);
		if (++i == to || rnd_one_in(r, 4))
			break;
		if (rnd_one_in(r, 4)) {
			sg_chain(*sg, 1, *sg + 1);
			(*sg)++;
		}
	}
	sg_mark_end(*sg - 1);
	return i;
}

/* Return the number of lists, including empty ones */
static unsigned int buffer_init_lists(struct buffer *b, unsigned int from,
				      unsigned int to, struct scatterlist **sg,
				      unsigned int n, struct rnd *r)
{
	while (from < to) {
		if (rnd_one_in(r, 16))
			b->lists[n++] = NULL;
		from = buffer_init_list(b, from, to, sg, &b->lists[n++], r);
	}
	return n;
}

/* The first bvec of a direction has bytes before its piece. */
static unsigned int bvec_before(const struct buffer *b, unsigned int i)
{
	return i == 0 || i == b->out ? 5 + i : 0;
}

/* The last one has bytes after it. */
static unsigned int bvec_behind(const struct buffer *b, unsigned int i)
{
	return i + 1 == b->out || i + 1 == buffer_total(b) ? 3 + i : 0;
}

/* The bvec's page is the one before the piece's, so its offset is larger. */
static void buffer_init_bvec(struct buffer *b, unsigned int i)
{
	unsigned long addr = (unsigned long)b->piece[i].cpu;
	struct bio_vec *bv = &b->bvecs[1 + i];

	bv->bv_page = (struct page *)((addr & PAGE_MASK) - PAGE_SIZE);
	bv->bv_offset = offset_in_page(addr) + PAGE_SIZE - bvec_before(b, i);
	bv->bv_len = bvec_before(b, i) + b->piece[i].len + bvec_behind(b, i);
}

/* The iterator for the data of the pieces from @from on, up to @to */
static void buffer_init_iter(struct buffer *b, unsigned int from,
			     unsigned int to, struct bvec_iter *iter)
{
	unsigned int i, skip;

	memset(iter, 0, sizeof(*iter));
	if (from == to)
		return;
	skip = bvec_before(b, from);
	for (i = 0; i <= from; i++)
		skip += b->bvecs[i].bv_len;
	iter->bi_size = skip;
	for (i = from; i < to; i++)
		iter->bi_size += b->piece[i].len;
	bvec_iter_advance(b->bvecs, iter, skip);
}

static void buffer_init_bvecs(struct buffer *b)
{
	unsigned int i;

	b->bvecs[0].bv_len = 3;		/* skipped by the iterators */
	for (i = 0; i < buffer_total(b); i++)
		buffer_init_bvec(b, i);
	buffer_init_iter(b, 0, b->out, &b->out_iter);
	buffer_init_iter(b, b->out, buffer_total(b), &b->in_iter);
}

static u32 buffer_piece_len(unsigned int i, struct rnd *r)
{
	if (rnd_one_in(r, 16))
		return 1 + rnd(r, 1 << 20);
	return r ? 1 + rnd(r, 64) : 1 + i;
}

void buffer_init(struct buffer *b, unsigned int out, unsigned int in,
		 struct rnd *r)
{
	unsigned int i, n = out + in;
	struct scatterlist *sg = b->chained;

	b->out = out;
	b->in = in;
	b->ctx = NULL;
	b->spare = 0;
	b->between = NULL;
	b->in_table = false;
	sg_init_table(b->array, n);
	sg_init_table(b->chained, 2 * n);
	for (i = 0; i < n; i++) {
		b->piece[i].cpu = b->memory[i];
		b->piece[i].len = buffer_piece_len(i, r);
		b->piece[i].kind = r ? rnd(r, NR_BUFFER_KINDS) : i % 3;
		sg_set_buf(&b->array[i], b->piece[i].cpu, b->piece[i].len);
	}
	buffer_init_bvecs(b);
	b->out_lists = buffer_init_lists(b, 0, out, &sg, 0, r);
	b->in_lists = buffer_init_lists(b, out, n, &sg, b->out_lists, r) -
		      b->out_lists;
}

u32 buffer_in_len(const struct buffer *b)
{
	unsigned int i;
	u32 len = 0;

	for (i = b->out; i < buffer_total(b); i++)
		len += b->piece[i].len;
	return len;
}

/* The lists hold copies of the entries. */
static void buffer_set_addresses(struct buffer *b)
{
	unsigned int i, n = 0;

	for (i = 0; n < buffer_total(b); i++)
		if (!sg_is_chain(&b->chained[i]))
			b->chained[i].dma_address = b->array[n++].dma_address;
}

bool buffer_map(struct buffer *b, struct vring_device *d)
{
	unsigned int i;

	for (i = 0; i < buffer_total(b); i++) {
		dma_addr_t addr;

		addr = d->ops->virtqueue_dma_map_single_attrs(d->vq,
				b->piece[i].cpu, b->piece[i].len,
				buffer_dir(b, i), 0);
		if (d->ops->virtqueue_dma_mapping_error(d->vq, addr))
			return false;
		b->array[i].dma_address = addr;
	}
	buffer_set_addresses(b);
	return true;
}

void buffer_unmap(struct buffer *b, struct vring_device *d)
{
	unsigned int i;

	for (i = 0; i < buffer_total(b); i++)
		d->ops->virtqueue_dma_unmap_single_attrs(d->vq,
				b->array[i].dma_address, b->piece[i].len,
				buffer_dir(b, i), 0);
}

bool buffer_fits(const struct buffer *b, const struct vring_device *d,
		 enum buffer_way way)
{
	if (way >= BUFFER_LISTS && !d->ops->virtqueue_start_buf)
		return false;
	if (b->ctx)
		return way == BUFFER_INBUF_CTX ||
		       (way == BUFFER_LINEAR && buffer_total(b) == 1 &&
			!d->config.premapped);
	switch (way) {
	case BUFFER_OUTBUF:
		return !b->in;
	case BUFFER_INBUF:
		return !b->out;
	case BUFFER_INBUF_CTX:
		return !b->out && (d->config.ctx || !d->config.indirect);
	case BUFFER_SINGLE:
		return buffer_total(b) == 1;
	case BUFFER_LINEAR:
		return buffer_total(b) == 1 && !d->config.premapped;
	case BUFFER_BVECS:
		return !d->config.premapped;
	default:
		return true;
	}
}

void buffer_add_piece(const struct buffer *b, struct vring_device *d,
		      unsigned int i, enum dma_data_direction dir)
{
	struct scatterlist *sg = (struct scatterlist *)&b->array[i];
	enum buffer_kind kind = b->piece[i].kind;
	dma_addr_t addr = sg_dma_address(sg);
	u32 len = b->piece[i].len;

	if (d->config.premapped && kind != BUFFER_SG_PIECE)
		kind = BUFFER_MAPPED_PIECE;
	else if (d->config.dma && kind == BUFFER_MAPPED_PIECE)
		kind = BUFFER_LINEAR_PIECE;
	else if (kind == BUFFER_MAPPED_PIECE)
		addr = sg_phys(sg);

	switch (kind) {
	case BUFFER_LINEAR_PIECE:
		return d->ops->virtqueue_add_linear(d->vq, b->piece[i].cpu, len,
						    dir);
	case BUFFER_PAGE_PIECE:
		return d->ops->virtqueue_add_page(d->vq, sg_page(sg),
						  sg->offset, len, dir);
	case BUFFER_MAPPED_PIECE:
		return d->ops->virtqueue_add_mapped(d->vq, addr, len, dir);
	default:
		return d->ops->virtqueue_add_sg(d->vq, sg, 1, dir);
	}
}

static void buffer_between(const struct buffer *b)
{
	if (b->between)
		b->between();
}

static int buffer_add_pieces(struct buffer *b, struct vring_device *d)
{
	unsigned int i, n = buffer_total(b);
	int err;

	err = d->ops->virtqueue_start_buf(d->vq, b, n + b->spare,
					  n + b->spare, GFP_ATOMIC);
	if (err)
		return err;
	for (i = 0; i < n; i++) {
		buffer_between(b);
		buffer_add_piece(b, d, i, buffer_dir(b, i));
	}
	buffer_between(b);
	return d->ops->virtqueue_end_buf(d->vq);
}

/* The lists end before the bound that is passed for them. */
static int buffer_add_lists(struct buffer *b, struct vring_device *d)
{
	unsigned int i, n = buffer_total(b), lists = b->out_lists + b->in_lists;
	int err;

	err = d->ops->virtqueue_start_buf(d->vq, b, n + b->spare, lists,
					  GFP_ATOMIC);
	if (err)
		return err;
	for (i = 0; i < lists; i++) {
		buffer_between(b);
		if (b->lists[i])
			d->ops->virtqueue_add_sg(d->vq, b->lists[i], n,
						 i < b->out_lists ?
						 DMA_TO_DEVICE :
						 DMA_FROM_DEVICE);
	}
	buffer_between(b);
	return d->ops->virtqueue_end_buf(d->vq);
}

/* Those that the device reads, and those that it writes: one call for each */
static int buffer_add_bvecs(struct buffer *b, struct vring_device *d)
{
	int err;

	err = d->ops->virtqueue_start_buf(d->vq, b, buffer_total(b) + b->spare,
					  2, GFP_ATOMIC);
	if (err)
		return err;
	buffer_between(b);
	d->ops->virtqueue_add_bvec(d->vq, b->bvecs, &b->out_iter,
				   DMA_TO_DEVICE);
	buffer_between(b);
	d->ops->virtqueue_add_bvec(d->vq, b->bvecs, &b->in_iter,
				   DMA_FROM_DEVICE);
	buffer_between(b);
	return d->ops->virtqueue_end_buf(d->vq);
}

static int buffer_add_linear(struct buffer *b, struct vring_device *d)
{
	if (b->ctx)	/* the base has no such call */
		return virtqueue_add_buf_linear_ctx(d->vq, b->piece[0].cpu,
						    b->piece[0].len,
						    DMA_FROM_DEVICE, b, b->ctx,
						    GFP_ATOMIC);
	return d->ops->virtqueue_add_buf_linear(d->vq, b->piece[0].cpu,
						b->piece[0].len,
						buffer_dir(b, 0), b,
						GFP_ATOMIC);
}

/* The calls for one list also accept a chained one. */
static struct scatterlist *buffer_one_list(struct buffer *b)
{
	return b->out_lists + b->in_lists == 1 ? b->lists[0] : b->array;
}

int buffer_add(struct buffer *b, struct vring_device *d, enum buffer_way way)
{
	struct scatterlist *list = buffer_one_list(b);
	const struct vring_ops *ops = d->ops;

	switch (way) {
	case BUFFER_SGS:
		return ops->virtqueue_add_sgs(d->vq, b->lists, b->out_lists,
					      b->in_lists, b, GFP_ATOMIC);
	case BUFFER_OUTBUF:
		return ops->virtqueue_add_outbuf(d->vq, list, b->out, b,
						 GFP_ATOMIC);
	case BUFFER_INBUF:
		return ops->virtqueue_add_inbuf(d->vq, list, b->in, b,
						GFP_ATOMIC);
	case BUFFER_INBUF_CTX:
		return ops->virtqueue_add_inbuf_ctx(d->vq, list, b->in, b,
						    b->ctx, GFP_ATOMIC);
	case BUFFER_LISTS:
		return buffer_add_lists(b, d);
	case BUFFER_PIECEWISE:
		return buffer_add_pieces(b, d);
	case BUFFER_BVECS:
		return buffer_add_bvecs(b, d);
	case BUFFER_ARRAY:
		return ops->virtqueue_add_buf(d->vq, b->array, b->out, b->in,
					      b, GFP_ATOMIC);
	case BUFFER_SINGLE:
		return ops->virtqueue_add_buf_single(d->vq, b->array,
						     buffer_dir(b, 0), b,
						     GFP_ATOMIC);
	default:
		return buffer_add_linear(b, d);
	}
}

bool buffer_is_chain(const struct buffer *b, const struct vring_chain *chain)
{
	unsigned int i;

	if (chain->nr_pieces != buffer_total(b))
		return false;
	for (i = 0; i < chain->nr_pieces; i++) {
		bool writable = i >= b->out;

		if (chain->pieces[i].cpu != b->piece[i].cpu ||
		    chain->pieces[i].len != b->piece[i].len ||
		    chain->pieces[i].writable != writable)
			return false;
	}
	return true;
}
