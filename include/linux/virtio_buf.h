/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_VIRTIO_BUF_H
#define _LINUX_VIRTIO_BUF_H
/*
 * Adding buffers to a virtqueue, piece by piece.
 *
 * A buffer is what the device gets, and gives back, as one: a request header,
 * the data, a status byte.  Its pieces are added one by one, without building
 * scatterlists or arrays of them:
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
 * Errors are checked twice.  If start fails, nothing was started.  An error of a
 * piece sticks, and end returns it.  A buffer that was started must be ended, or
 * given up with virtqueue_abort_buf().  Unless end returns 0, the queue is as it
 * was before the start.
 *
 * The bounds given to start may be larger than what is added in the end.  Pieces
 * that the device reads come before those that it writes.
 *
 * A buffer of one piece is added by one call, virtqueue_add_buf_single() or, if
 * there is no scatterlist, virtqueue_add_buf_linear().
 *
 * From start to end the queue belongs to the buffer: the caller holds the lock
 * that protects the queue, and no other operation on it may come in between.
 *
 *	cause						from	errno
 *	queue broken					start	-EIO
 *	no room now, retry after completions		start	-ENOSPC
 *	no memory for the indirect table		start	-ENOMEM
 *	a mapping failed				end	-ENOMEM
 *	misuse: no token				start	-EINVAL
 *	misuse: bounds, order, direction, length, empty	end	-EINVAL
 *
 * Misuse also warns, once.
 *
 * See Documentation/driver-api/virtio/buffers.rst.
 */
#include <linux/dma-direction.h>
#include <linux/gfp_types.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

struct bio_vec;
struct bvec_iter;
struct page;
struct virtqueue;

int virtqueue_start_buf(struct virtqueue *vq, void *data, unsigned int nents,
			unsigned int nsg, gfp_t gfp);
void virtqueue_add_sg(struct virtqueue *vq, struct scatterlist *sgl,
		      unsigned int nents, enum dma_data_direction dir);
void virtqueue_add_linear(struct virtqueue *vq, void *addr, size_t len,
			  enum dma_data_direction dir);
void virtqueue_add_page(struct virtqueue *vq, struct page *page,
			unsigned int offset, u32 len,
			enum dma_data_direction dir);
void virtqueue_add_bvec(struct virtqueue *vq, const struct bio_vec *bvecs,
			const struct bvec_iter *iter,
			enum dma_data_direction dir);
void virtqueue_add_mapped(struct virtqueue *vq, dma_addr_t addr, u32 len,
			  enum dma_data_direction dir);
int virtqueue_end_buf(struct virtqueue *vq);
void virtqueue_abort_buf(struct virtqueue *vq);

int virtqueue_add_buf(struct virtqueue *vq, struct scatterlist sg[],
		      unsigned int out, unsigned int in, void *data, gfp_t gfp);
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
