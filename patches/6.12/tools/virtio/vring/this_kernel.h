/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernel versions, hidden from the programs here.
 */
#ifndef VRING_THIS_KERNEL_H
#define VRING_THIS_KERNEL_H

/* There are premapped virtqueues, virtqueue_set_dma_premapped(). */
#define VRING_PREMAPPED	1

/* What vring_transport_features() accepts in addition to all kernels */
#define VRING_FEATURES	0

/* Rings may be in-order, VIRTIO_F_IN_ORDER. */
#define VRING_IN_ORDER	0

/* vring_new_virtqueue() also supports packed rings. */
#define VRING_TRANSPORT_PACKED	0

#endif /* VRING_THIS_KERNEL_H */
