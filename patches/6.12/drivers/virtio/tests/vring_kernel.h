/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs from kernel to kernel, so that the tests do not.
 */
#ifndef _VRING_KERNEL_H
#define _VRING_KERNEL_H

#include <linux/dma-mapping.h>
#include <linux/virtio.h>

/* Whole queues are premapped; there are no in-order rings. */
#define VRING_PREMAPPED			true
#define VRING_IN_ORDER			false
#define vring_set_premapped(vq)		virtqueue_set_dma_premapped(vq)

#define vring_drv_map			virtqueue_dma_map_single_attrs
#define vring_drv_unmap			virtqueue_dma_unmap_single_attrs
#define vring_drv_map_failed		virtqueue_dma_mapping_error

/* KUnit's generators of parameters */
#define VRING_GENERATOR(n)		const void *vring_gen_##n(const void *prev, char *desc)

/* In struct dma_map_ops: the members, their memory, and where the CPU sees it */
#define VRING_DMA_MAP			map_page
#define VRING_DMA_UNMAP			unmap_page
#define VRING_DMA_MEMORY		struct page *page, unsigned long offset
#define VRING_DMA_CPU			(page_address(page) + offset)

#endif /* _VRING_KERNEL_H */
