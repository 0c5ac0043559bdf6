/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_VIRTIO_BUF_H
#define _LINUX_VIRTIO_BUF_H
/*
 * Add buffers to a virtqueue piece by piece.
 *
 * A buffer is the unit that the device gets and returns, for example a request
 * header, the data and a status byte.  Its pieces are added one by one, without
 * building a scatterlist or an array of scatterlists:
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
 * Errors are checked twice.  If start fails, no buffer was started.  The first
 * error of a piece is stored, and end returns it.  A buffer that was started
 * must be ended, or aborted with virtqueue_abort_buf().  If end fails, the
 * queue is in the same state as before the start.
 *
 * The bounds given to start may be larger than needed.  Pieces that the device
 * reads must come before those that it writes.
 *
 * A buffer of one piece is added by one call, virtqueue_add_buf_single() or, if
 * there is no scatterlist, virtqueue_add_buf_linear().
 *
 * The caller must hold the lock that protects the queue from start to end, and
 * must not call other operations on the queue in between.
 *
 *	cause						from	errno
 *	queue broken					start	-EIO
 *	no room now, retry after completions		start	-ENOSPC
 *	no memory for the indirect table		start	-ENOMEM
 *	a mapping failed				end	-ENOMEM
 *	misuse: no token				start	-EINVAL
 *	misuse: bounds, order, direction, length, empty	end	-EINVAL
 *
 * Misuse also triggers a WARN_ON_ONCE().
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
int virtqueue_add_buf_linear(struct virtqueue *vq, void *addr, size_t len,
			     enum dma_data_direction dir, void *data,
			     gfp_t gfp);
int virtqueue_add_buf_linear_ctx(struct virtqueue *vq, void *addr, size_t len,
				 enum dma_data_direction dir, void *data,
				 void *ctx, gfp_t gfp);

/**
 * virtqueue_add_request - expose a buffer of one piece out and one piece in
 * @vq: the struct virtqueue we're talking about
 * @data: the token identifying the buffer, not NULL
 * @out: memory that the device reads, in the direct map
 * @out_len: length of @out in bytes
 * @in: memory that the device writes, in the direct map
 * @in_len: length of @in in bytes
 * @gfp: how to do memory allocations (if necessary)
 *
 * Context: any; sleeps only if @gfp allows it.  The caller must ensure that no
 *	other operation on this virtqueue runs at the same time (except where
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
