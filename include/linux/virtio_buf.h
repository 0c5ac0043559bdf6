/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_VIRTIO_BUF_H
#define _LINUX_VIRTIO_BUF_H
/*
 * Handing buffers to a virtio device, piece by piece.
 *
 * A buffer is what the device gets, and gives back, as one: a request header,
 * the data, a status byte.  Its pieces are added one by one, straight from
 * where they are; no scatterlist has to be made for them, no array of lists:
 *
 *	err = virtqueue_start_buf(vq, req, 2 + nents, 3, GFP_ATOMIC);
 *	if (err)
 *		return err;
 *
 *	virtqueue_add_linear(vq, &req->hdr, sizeof(req->hdr), DMA_TO_DEVICE);
 *	virtqueue_add_sg(vq, sgl, nents, DMA_FROM_DEVICE);
 *	virtqueue_add_linear(vq, &req->status, 1, DMA_FROM_DEVICE);
 *	return virtqueue_end_buf(vq);
 *
 * Errors are looked at twice: start fails when there is no room, and nothing
 * has been started then; whatever goes wrong with a piece sticks, and is
 * returned by end.  A buffer that was started must be ended, or given up with
 * virtqueue_abort_buf(); unless end returns 0, the queue is as it was before.
 *
 * The bounds given to start may be larger than what is added in the end.  All
 * pieces that the device reads precede all that it writes.
 *
 * A buffer of one piece is added by one call: virtqueue_add_buf_single(), or
 * virtqueue_add_buf_linear() when there is no scatterlist either.
 *
 * From start to end the queue belongs to the buffer: the caller's queue lock
 * is held all the time, and no other operation on that queue may come between.
 *
 *	cause						from	errno
 *	queue broken					start	-EIO
 *	no room now, retry after completions		start	-ENOSPC
 *	no memory for the indirect table		start	-ENOMEM
 *	a mapping failed				end	-ENOMEM
 *	misuse: no token				start	-EINVAL
 *	misuse: bounds, order, direction, empty		end	-EINVAL
 *
 * Misuse also warns, once.
 */
#include <linux/dma-direction.h>
#include <linux/gfp_types.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

struct page;
struct virtqueue;

int __virtqueue_start_buf(struct virtqueue *vq, void *data,
			  unsigned int nents, unsigned int nsg, gfp_t gfp,
			  bool notify);
void virtqueue_add_sg(struct virtqueue *vq, struct scatterlist *sgl,
		      unsigned int nents, enum dma_data_direction dir);
void virtqueue_add_linear(struct virtqueue *vq, void *addr, size_t len,
			  enum dma_data_direction dir);
void virtqueue_add_page(struct virtqueue *vq, struct page *page,
			unsigned int offset, unsigned int len,
			enum dma_data_direction dir);
void virtqueue_add_mapped(struct virtqueue *vq, dma_addr_t addr, u32 len,
			  enum dma_data_direction dir);
int virtqueue_end_buf(struct virtqueue *vq);
void virtqueue_abort_buf(struct virtqueue *vq);

int virtqueue_add_buf_single(struct virtqueue *vq, struct scatterlist *sg,
			     enum dma_data_direction dir, void *data,
			     gfp_t gfp);
int virtqueue_add_buf_single_ctx(struct virtqueue *vq, struct scatterlist *sg,
				 enum dma_data_direction dir, void *data,
				 void *ctx, gfp_t gfp);
int virtqueue_add_buf_linear(struct virtqueue *vq, void *addr, size_t len,
			     enum dma_data_direction dir, void *data,
			     gfp_t gfp);

/**
 * virtqueue_start_buf - start building a buffer
 * @vq: the struct virtqueue we're talking about
 * @data: the token identifying the buffer, not NULL
 * @nents: the most descriptors that the buffer may need: one for each entry of
 *	a list, and one for each other piece
 * @nsg: the most calls of virtqueue_add_sg(), virtqueue_add_linear(),
 *	virtqueue_add_page() and virtqueue_add_mapped() that will follow
 * @gfp: how to allocate the indirect table, if one is used
 *
 * Add the pieces next, those that the device reads first, and then call
 * virtqueue_end_buf() or virtqueue_abort_buf().  Both bounds may be larger than
 * what is added in the end, but @nents descriptors must be free (or one, when
 * the device takes indirect tables) for the buffer to be started.
 *
 * This is the first half of "Supplying Buffers to The Device", sections 2.7.13
 * (split) and 2.8.21 (packed) of the virtio specification, version 1.2.
 *
 * Context: any; sleeps only if @gfp says so.  The caller makes sure that no
 *	other operation on this virtqueue comes between start and end (except
 *	where noted).
 *
 * Return: 0, or else nothing has been started: -EIO when the queue is broken;
 * -ENOSPC when there is no room (the device has been notified: retry after it
 * has completed some buffers); -ENOMEM when there is no memory for an indirect
 * table, and even an empty ring could not hold the buffer without; -EINVAL,
 * with a warning, when @data is NULL.
 */
static inline int virtqueue_start_buf(struct virtqueue *vq, void *data,
				      unsigned int nents, unsigned int nsg,
				      gfp_t gfp)
{
	return __virtqueue_start_buf(vq, data, nents, nsg, gfp, true);
}

/**
 * virtqueue_add_buf - expose a buffer of an array of scatterlist entries
 * @vq: the struct virtqueue we're talking about
 * @sg: the array; end markers in it mean nothing, and it cannot be chained
 * @out: the number of entries that the device reads, which come first
 * @in: the number of entries that the device writes
 * @data: the token identifying the buffer, not NULL
 * @gfp: how to do memory allocations (if necessary)
 *
 * Context: any; sleeps only if @gfp says so.  The caller makes sure that no
 *	other operation on this virtqueue comes at the same time (except where
 *	noted).
 *
 * Return: 0, or the errors of virtqueue_start_buf() and virtqueue_end_buf().
 */
static inline int virtqueue_add_buf(struct virtqueue *vq,
				    struct scatterlist sg[], unsigned int out,
				    unsigned int in, void *data, gfp_t gfp)
{
	unsigned int i, num = out + in;
	int err;

	if (num == 1)
		return virtqueue_add_buf_single(vq, sg, out ? DMA_TO_DEVICE :
						DMA_FROM_DEVICE, data, gfp);

	err = __virtqueue_start_buf(vq, data, num, num, gfp, out);
	if (err)
		return err;
	for (i = 0; i < num; i++)
		virtqueue_add_sg(vq, &sg[i], 1, i < out ? DMA_TO_DEVICE :
				 DMA_FROM_DEVICE);
	return virtqueue_end_buf(vq);
}

/**
 * virtqueue_add_request - expose a buffer of one piece out and one piece in
 * @vq: the struct virtqueue we're talking about
 * @data: the token identifying the buffer, not NULL
 * @out: what the device reads, in the direct map
 * @out_len: how much of it there is
 * @in: what the device writes, in the direct map
 * @in_len: how much of it there may be
 * @gfp: how to do memory allocations (if necessary)
 *
 * Context: any; sleeps only if @gfp says so.  The caller makes sure that no
 *	other operation on this virtqueue comes at the same time (except where
 *	noted).
 *
 * Return: 0, or the errors of virtqueue_start_buf() and virtqueue_end_buf().
 */
static inline int virtqueue_add_request(struct virtqueue *vq, void *data,
					void *out, u32 out_len,
					void *in, u32 in_len, gfp_t gfp)
{
	int err = virtqueue_start_buf(vq, data, 2, 2, gfp);

	if (err)
		return err;
	virtqueue_add_linear(vq, out, out_len, DMA_TO_DEVICE);
	virtqueue_add_linear(vq, in, in_len, DMA_FROM_DEVICE);
	return virtqueue_end_buf(vq);
}

#endif /* _LINUX_VIRTIO_BUF_H */
