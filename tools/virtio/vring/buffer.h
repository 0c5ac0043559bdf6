/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Buffers for test programs, and every call that adds one to a virtqueue.
 *
 *	static struct buffer b;
 *
 *	buffer_init(&b, 1, 2, NULL);		one readable piece, two writable
 *	buffer_map(&b, &d);			if the virtqueue is premapped
 *	buffer_add(&b, &d, BUFFER_SGS);
 *	virtqueue_get_buf(d.vq, ...)		returns &b
 *	buffer_unmap(&b, &d);
 *
 * A buffer has the same addresses and lengths for every ring that it is added
 * to, so that two rings can be given the same work.
 */
#ifndef VRING_BUFFER_H
#define VRING_BUFFER_H

#include <linux/bvec.h>

#include "device.h"

#define BUFFER_PIECES	20

/* Random numbers that are the same in every run */
struct rnd {
	u64 state;
};

void rnd_seed(struct rnd *r, u64 seed);
unsigned int rnd(struct rnd *r, unsigned int below);

/* How one piece is added, if pieces are added one by one */
enum buffer_kind {
	BUFFER_LINEAR_PIECE,
	BUFFER_PAGE_PIECE,
	BUFFER_SG_PIECE,
	BUFFER_MAPPED_PIECE,
	NR_BUFFER_KINDS
};

struct buffer {
	unsigned int out, in;		/* pieces that are readable, writable */
	struct {
		void *cpu;
		u32 len;
		enum buffer_kind kind;
	} piece[BUFFER_PIECES];

	/* The same as an array, and as lists, some of them NULL */
	struct scatterlist array[BUFFER_PIECES];
	unsigned int out_lists, in_lists;
	struct scatterlist *lists[4 * BUFFER_PIECES];
	struct scatterlist chained[2 * BUFFER_PIECES];

	/* The same as the data of bios: parts of an array */
	struct bio_vec bvecs[1 + BUFFER_PIECES];
	struct bvec_iter out_iter, in_iter;

	void *ctx;			/* for BUFFER_INBUF_CTX or BUFFER_LINEAR */
	unsigned int spare;		/* announced, but not added */
	void (*between)(void);		/* called between start, pieces and end */
	bool busy;			/* for the program */
	bool in_table;
	char memory[BUFFER_PIECES][64];	/* never read */
};

enum buffer_way {
	/* The classic calls */
	BUFFER_SGS,
	BUFFER_OUTBUF,
	BUFFER_INBUF,
	BUFFER_INBUF_CTX,
	/* Only in this tree */
	BUFFER_LISTS,			/* start, virtqueue_add_sg(), end */
	BUFFER_PIECEWISE,		/* start, each by its kind, end */
	BUFFER_BVECS,			/* start, virtqueue_add_bvec(), end */
	BUFFER_ARRAY,			/* virtqueue_add_buf() */
	BUFFER_SINGLE,			/* virtqueue_add_buf_single() */
	BUFFER_LINEAR,			/* virtqueue_add_buf_linear() */
	NR_BUFFER_WAYS
};

extern const char *const buffer_way_name[NR_BUFFER_WAYS];

static inline bool buffer_way_starts(enum buffer_way way)
{
	return way >= BUFFER_LISTS && way <= BUFFER_BVECS;
}

/* Without @r all readable pieces are one list, and all writable ones. */
void buffer_init(struct buffer *b, unsigned int out, unsigned int in,
		 struct rnd *r);

static inline unsigned int buffer_total(const struct buffer *b)
{
	return b->out + b->in;
}

static inline enum dma_data_direction buffer_dir(const struct buffer *b,
						 unsigned int i)
{
	return i < b->out ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
}

/* Bytes that the device may write */
u32 buffer_in_len(const struct buffer *b);

/* For the driver of a premapped virtqueue; map returns false on failure. */
bool buffer_map(struct buffer *b, struct vring_device *d);
void buffer_unmap(struct buffer *b, struct vring_device *d);

/* Can this buffer be added in this way? */
bool buffer_fits(const struct buffer *b, const struct vring_device *d,
		 enum buffer_way way);

/* Add one piece to a buffer that was started */
void buffer_add_piece(const struct buffer *b, struct vring_device *d,
		      unsigned int i, enum dma_data_direction dir);

/* The token is @b itself. */
int buffer_add(struct buffer *b, struct vring_device *d, enum buffer_way way);

/* Has the device taken this buffer correctly? */
bool buffer_is_chain(const struct buffer *b, const struct vring_chain *chain);

#endif /* VRING_BUFFER_H */
