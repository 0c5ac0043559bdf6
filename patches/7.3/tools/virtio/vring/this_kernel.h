/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernel versions, hidden from the programs here.
 */
#ifndef VRING_THIS_KERNEL_H
#define VRING_THIS_KERNEL_H

/* There are no premapped virtqueues. */
#define VRING_PREMAPPED	0

/* What vring_transport_features() accepts in addition to all kernels */
#define VRING_FEATURES	BIT_ULL(VIRTIO_F_IN_ORDER)

/* Rings may be in-order, VIRTIO_F_IN_ORDER. */
#define VRING_IN_ORDER	1

/* vring_new_virtqueue() also supports packed rings. */
#define VRING_TRANSPORT_PACKED	1

static inline struct virtqueue *
vring_create_virtqueue_dma(unsigned int index, unsigned int num,
			   unsigned int align, struct virtio_device *vdev,
			   bool weak_barriers, bool may_reduce_num, bool ctx,
			   bool (*notify)(struct virtqueue *vq),
			   void (*callback)(struct virtqueue *vq),
			   const char *name, struct device *dma_dev)
{
	union virtio_map map = { .dma_dev = dma_dev };

	return vring_create_virtqueue_map(index, num, align, vdev,
					  weak_barriers, may_reduce_num, ctx,
					  notify, callback, name, map);
}

static inline int virtqueue_set_dma_premapped(struct virtqueue *vq)
{
	return -EOPNOTSUPP;
}

static inline dma_addr_t
virtqueue_dma_map_single_attrs(struct virtqueue *vq, void *ptr, size_t size,
			       enum dma_data_direction dir, unsigned long attrs)
{
	return virtqueue_map_single_attrs(vq, ptr, size, dir, attrs);
}

static inline void
virtqueue_dma_unmap_single_attrs(struct virtqueue *vq, dma_addr_t addr,
				 size_t size, enum dma_data_direction dir,
				 unsigned long attrs)
{
	virtqueue_unmap_single_attrs(vq, addr, size, dir, attrs);
}

static inline int virtqueue_dma_mapping_error(struct virtqueue *vq,
					      dma_addr_t addr)
{
	return virtqueue_map_mapping_error(vq, addr);
}

static inline bool virtqueue_dma_need_sync(struct virtqueue *vq, dma_addr_t addr)
{
	return virtqueue_map_need_sync(vq, addr);
}

#define virtqueue_dma_sync_single_range_for_cpu \
	virtqueue_map_sync_single_range_for_cpu
#define virtqueue_dma_sync_single_range_for_device \
	virtqueue_map_sync_single_range_for_device

/* Calls of the base that do not exist in every kernel, see ops.h */
extern typeof(vring_create_virtqueue_map) base_vring_create_virtqueue_map;
extern typeof(virtqueue_add_outbuf_premapped)
	base_virtqueue_add_outbuf_premapped;
extern typeof(virtqueue_add_inbuf_premapped) base_virtqueue_add_inbuf_premapped;
extern typeof(virtqueue_add_inbuf_cache_clean)
	base_virtqueue_add_inbuf_cache_clean;

#endif /* VRING_THIS_KERNEL_H */
