/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two implementations of the ring in one program.
 *
 * "series" is the ring of this tree; its functions have their normal names.
 * "base" is another virtio_ring.c, of which only the calls that exist in every
 * kernel are used; its functions are named base_virtqueue_add_sgs() and so on.
 * Call them directly, or choose one at run time with its table of functions.
 */
#ifndef VRING_OPS_H
#define VRING_OPS_H

#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "this_kernel.h"

struct vring_ops {
	const char *name;

	typeof(vring_create_virtqueue) *vring_create_virtqueue;
	typeof(vring_create_virtqueue_dma) *vring_create_virtqueue_dma;
	typeof(vring_new_virtqueue) *vring_new_virtqueue;
	typeof(vring_del_virtqueue) *vring_del_virtqueue;
	typeof(vring_interrupt) *vring_interrupt;
	typeof(vring_notification_data) *vring_notification_data;
	typeof(vring_transport_features) *vring_transport_features;
	typeof(virtqueue_add_sgs) *virtqueue_add_sgs;
	typeof(virtqueue_add_outbuf) *virtqueue_add_outbuf;
	typeof(virtqueue_add_inbuf) *virtqueue_add_inbuf;
	typeof(virtqueue_add_inbuf_ctx) *virtqueue_add_inbuf_ctx;
	typeof(virtqueue_kick) *virtqueue_kick;
	typeof(virtqueue_kick_prepare) *virtqueue_kick_prepare;
	typeof(virtqueue_notify) *virtqueue_notify;
	typeof(virtqueue_get_buf) *virtqueue_get_buf;
	typeof(virtqueue_get_buf_ctx) *virtqueue_get_buf_ctx;
	typeof(virtqueue_disable_cb) *virtqueue_disable_cb;
	typeof(virtqueue_enable_cb) *virtqueue_enable_cb;
	typeof(virtqueue_enable_cb_prepare) *virtqueue_enable_cb_prepare;
	typeof(virtqueue_enable_cb_delayed) *virtqueue_enable_cb_delayed;
	typeof(virtqueue_poll) *virtqueue_poll;
	typeof(virtqueue_detach_unused_buf) *virtqueue_detach_unused_buf;
	typeof(virtqueue_resize) *virtqueue_resize;
	typeof(virtqueue_reset) *virtqueue_reset;
	typeof(virtqueue_get_vring_size) *virtqueue_get_vring_size;
	typeof(virtqueue_get_vring) *virtqueue_get_vring;
	typeof(virtqueue_get_desc_addr) *virtqueue_get_desc_addr;
	typeof(virtqueue_get_avail_addr) *virtqueue_get_avail_addr;
	typeof(virtqueue_get_used_addr) *virtqueue_get_used_addr;
	typeof(virtqueue_is_broken) *virtqueue_is_broken;
	typeof(__virtqueue_break) *__virtqueue_break;
	typeof(__virtqueue_unbreak) *__virtqueue_unbreak;
	typeof(virtio_break_device) *virtio_break_device;
	typeof(__virtio_unbreak_device) *__virtio_unbreak_device;
	typeof(virtio_max_dma_size) *virtio_max_dma_size;
	typeof(virtqueue_dma_dev) *virtqueue_dma_dev;
	typeof(virtqueue_set_dma_premapped) *virtqueue_set_dma_premapped;
	typeof(virtqueue_dma_map_single_attrs) *virtqueue_dma_map_single_attrs;
	typeof(virtqueue_dma_unmap_single_attrs) *virtqueue_dma_unmap_single_attrs;
	typeof(virtqueue_dma_mapping_error) *virtqueue_dma_mapping_error;
	typeof(virtqueue_dma_need_sync) *virtqueue_dma_need_sync;

	/* All of these are NULL in the base */
	typeof(virtqueue_start_buf) *virtqueue_start_buf;
	typeof(virtqueue_add_sg) *virtqueue_add_sg;
	typeof(virtqueue_add_linear) *virtqueue_add_linear;
	typeof(virtqueue_add_page) *virtqueue_add_page;
	typeof(virtqueue_add_bvec) *virtqueue_add_bvec;
	typeof(virtqueue_add_mapped) *virtqueue_add_mapped;
	typeof(virtqueue_end_buf) *virtqueue_end_buf;
	typeof(virtqueue_abort_buf) *virtqueue_abort_buf;
	typeof(virtqueue_add_buf) *virtqueue_add_buf;
	typeof(virtqueue_add_buf_single) *virtqueue_add_buf_single;
	typeof(virtqueue_add_buf_linear) *virtqueue_add_buf_linear;

	/* The number of kept tables that no buffer uses; and take them */
	unsigned int (*free_tables)(const struct virtqueue *vq);
	int (*kept_tables)(const struct virtqueue *vq);
	unsigned int (*used_tables)(const struct virtqueue *vq);
	void (*drop_tables)(struct virtqueue *vq);
};

extern const struct vring_ops vring_series;

/* Only if the program was built with BASE_RING= */
extern const struct vring_ops vring_base;

/* Some of its functions, to measure the cost of a call */
extern typeof(virtqueue_add_sgs) base_virtqueue_add_sgs;
extern typeof(virtqueue_add_inbuf) base_virtqueue_add_inbuf;
extern typeof(virtqueue_get_buf) base_virtqueue_get_buf;

/* All implementations, terminated by NULL */
extern const struct vring_ops *const vring_implementations[];

#endif /* VRING_OPS_H */
