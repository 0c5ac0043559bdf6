/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernel versions, hidden from the tests.
 */
#ifndef _VRING_KERNEL_H
#define _VRING_KERNEL_H

#include <linux/dma-mapping.h>
#include <linux/virtio.h>

/* A whole queue can be premapped.  There are no in-order rings. */
#define VRING_PREMAPPED			true
#define VRING_IN_ORDER			false
#define vring_set_premapped(vq)		virtqueue_set_dma_premapped(vq)

#define vring_drv_map			virtqueue_dma_map_single_attrs
#define vring_drv_unmap			virtqueue_dma_unmap_single_attrs
#define vring_drv_map_failed		virtqueue_dma_mapping_error

/* KUnit's parameter generators */
#define VRING_GENERATOR(n)		const void *vring_gen_##n(const void *prev, char *desc)

/* Members of struct dma_map_ops, their memory, and its address for the CPU */
#define VRING_DMA_MAP			map_page
#define VRING_DMA_UNMAP			unmap_page
#define VRING_DMA_MEMORY		struct page *page, unsigned long offset
#define VRING_DMA_CPU			(page_address(page) + offset)

#endif /* _VRING_KERNEL_H */
