/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs from kernel to kernel, so that the programs here do not.
 */
#ifndef VRING_THIS_KERNEL_H
#define VRING_THIS_KERNEL_H

/* There are premapped virtqueues, virtqueue_set_dma_premapped(). */
#define VRING_PREMAPPED	1

/* What vring_transport_features() lets through, besides what all kernels do */
#define VRING_FEATURES	0

/* Rings may be in order, VIRTIO_F_IN_ORDER. */
#define VRING_IN_ORDER	0

/* vring_new_virtqueue() has packed rings, too. */
#define VRING_TRANSPORT_PACKED	0

#endif /* VRING_THIS_KERNEL_H */
