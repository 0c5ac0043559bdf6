/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernel versions, hidden from the tests.
 */
#ifndef _VRING_KERNEL_H
#define _VRING_KERNEL_H

#include <linux/dma-mapping.h>
#include <linux/virtio.h>

/* No premapped queues: virtio_ring_mapped_kunit.c tests the calls instead. */
#define VRING_PREMAPPED			false
#define VRING_IN_ORDER			true
#define vring_set_premapped(vq)		((void)(vq), -EOPNOTSUPP)

#define vring_drv_map			virtqueue_map_single_attrs
#define vring_drv_unmap			virtqueue_unmap_single_attrs
#define vring_drv_map_failed		virtqueue_map_mapping_error

/* KUnit's parameter generators */
#define VRING_GENERATOR(n) \
	const void *vring_gen_##n(struct kunit *test, const void *prev, char *desc)

/* Members of struct dma_map_ops, their memory, and its address for the CPU */
#define VRING_DMA_MAP			map_phys
#define VRING_DMA_UNMAP			unmap_phys
#define VRING_DMA_MEMORY		phys_addr_t phys
#define VRING_DMA_CPU			phys_to_virt(phys)

#endif /* _VRING_KERNEL_H */
