// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Add buffers that the driver has mapped, or that need special DMA attributes,
 * with the calls of virtqueue_buf.c.  virtio_ring.c includes both files.
 */

/* Start a buffer with a context, which excludes indirect descriptors. */
static int vring_start_mapped(struct vring_virtqueue *vq, void *data, void *ctx,
			      unsigned int num, enum dma_data_direction dir,
			      gfp_t gfp)
{
	int err;

	if (WARN_ON_ONCE(ctx && vq->indirect))
		return -EINVAL;

	err = vring_start(vq, data, num, num, gfp, dir == DMA_TO_DEVICE);
	if (!err && ctx)
		vq->buf->indir_desc = ctx;
	return err;
}

/* Add a buffer of one list that the driver has mapped, in one direction. */
static int vring_add_mapped_list(struct virtqueue *_vq, struct scatterlist *sg,
				 unsigned int num, enum dma_data_direction dir,
				 void *data, void *ctx, gfp_t gfp)
{
	struct vring_virtqueue *vq = to_vvq(_vq);
	int err;

	err = vring_start_mapped(vq, data, ctx, num, dir, gfp);
	if (err)
		return err;
	for (; num && sg; num--, sg = sg_next(sg))
		vring_add_mapped(vq, sg_dma_address(sg), sg_dma_len(sg), dir);
	return virtqueue_end_buf(_vq);
}

/**
 * virtqueue_add_outbuf_premapped - expose output buffers to other end
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
int virtqueue_add_outbuf_premapped(struct virtqueue *vq,
				   struct scatterlist *sg, unsigned int num,
				   void *data, gfp_t gfp)
{
	return vring_add_mapped_list(vq, sg, num, DMA_TO_DEVICE, data, NULL,
				     gfp);
}
EXPORT_SYMBOL_GPL(virtqueue_add_outbuf_premapped);

/**
 * virtqueue_add_inbuf_premapped - expose input buffers to other end
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
int virtqueue_add_inbuf_premapped(struct virtqueue *vq,
				  struct scatterlist *sg, unsigned int num,
				  void *data, void *ctx, gfp_t gfp)
{
	return vring_add_mapped_list(vq, sg, num, DMA_FROM_DEVICE, data, ctx,
				     gfp);
}
EXPORT_SYMBOL_GPL(virtqueue_add_inbuf_premapped);

/**
 * virtqueue_add_inbuf_cache_clean - expose input buffers with cache clean
 * @_vq: the struct virtqueue we're talking about.
 * @sg: scatterlist (must be well-formed and terminated!)
 * @num: the number of entries in @sg writable by other side
 * @data: the token identifying the buffer.
 * @gfp: how to do memory allocations (if necessary).
 *
 * Same as virtqueue_add_inbuf but passes DMA_ATTR_DEBUGGING_IGNORE_CACHELINES
 * to indicate that the CPU will not dirty any cacheline overlapping this buffer
 * while it is available, and to suppress overlapping cacheline warnings in DMA
 * debug builds.
 *
 * Caller must ensure we don't call this with other virtqueue operations
 * at the same time (except where noted).
 *
 * Return: 0, or the errors of virtqueue_start_buf() and virtqueue_end_buf().
 */
int virtqueue_add_inbuf_cache_clean(struct virtqueue *_vq,
				    struct scatterlist *sg, unsigned int num,
				    void *data, gfp_t gfp)
{
	struct vring_virtqueue *vq = to_vvq(_vq);
	int err;

	err = vring_start(vq, data, num, 1, gfp, false);
	if (err)
		return err;
	vq->buf->cache_clean = true;
	virtqueue_add_sg(_vq, sg, num, DMA_FROM_DEVICE);
	return virtqueue_end_buf(_vq);
}
EXPORT_SYMBOL_GPL(virtqueue_add_inbuf_cache_clean);

/**
 * virtqueue_add_buf_mapped - expose a buffer of one mapped piece
 * @_vq: the struct virtqueue we're talking about
 * @addr: DMA address for the virtqueue's device
 * @len: length in bytes
 * @dir: DMA_TO_DEVICE if the device reads it, DMA_FROM_DEVICE if it writes it
 * @data: the token identifying the buffer, not NULL
 * @ctx: extra context for the token, or NULL, see virtqueue_add_inbuf_ctx()
 * @gfp: how to do memory allocations (currently there are none)
 *
 * The driver must unmap it after the device has used the buffer.
 *
 * Context: any.  The caller must ensure that no other operation on this
 *	virtqueue runs at the same time (except where noted).
 *
 * Return: 0, or the errors of virtqueue_start_buf() and virtqueue_end_buf().
 */
int virtqueue_add_buf_mapped(struct virtqueue *_vq, dma_addr_t addr, u32 len,
			     enum dma_data_direction dir, void *data, void *ctx,
			     gfp_t gfp)
{
	struct vring_virtqueue *vq = to_vvq(_vq);
	int err;

	err = vring_start_mapped(vq, data, ctx, 1, dir, gfp);
	if (err)
		return err;
	virtqueue_add_mapped(_vq, addr, len, dir);
	return virtqueue_end_buf(_vq);
}
EXPORT_SYMBOL_GPL(virtqueue_add_buf_mapped);

/**
 * virtqueue_add_buf_linear_cache_clean - expose memory for the device to write
 * @_vq: the struct virtqueue we're talking about
 * @addr: start address in the kernel's direct map (for example from kmalloc())
 * @len: length in bytes
 * @data: the token identifying the buffer, not NULL
 * @gfp: how to do memory allocations (currently there are none)
 *
 * Same as virtqueue_add_inbuf_cache_clean(), but without a scatterlist.
 *
 * Context: any.  The caller must ensure that no other operation on this
 *	virtqueue runs at the same time (except where noted).
 *
 * Return: 0, or the errors of virtqueue_start_buf() and virtqueue_end_buf().
 */
int virtqueue_add_buf_linear_cache_clean(struct virtqueue *_vq, void *addr,
					 size_t len, void *data, gfp_t gfp)
{
	struct vring_virtqueue *vq = to_vvq(_vq);
	int err;

	err = vring_start(vq, data, 1, 1, gfp, false);
	if (err)
		return err;
	vq->buf->cache_clean = true;
	virtqueue_add_linear(_vq, addr, len, DMA_FROM_DEVICE);
	return virtqueue_end_buf(_vq);
}
EXPORT_SYMBOL_GPL(virtqueue_add_buf_linear_cache_clean);
