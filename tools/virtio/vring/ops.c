// SPDX-License-Identifier: GPL-2.0
/*
 * The functions of one implementation of the ring, see ops.h.  This is compiled
 * once for each implementation, and gets the same prefix as the ring.
 */
#include "ops.h"

#ifdef VRING_PIECEWISE
#include <vring.h>

/*
 * drop_tables() takes the free tables, and stores their number in the entry
 * that would have the offset of the last table if all were free.
 */
#define HIDDEN	0x8000

static unsigned int free_tables(const struct virtqueue *_vq)
{
	const struct vring_virtqueue *vq = to_vvq(_vq);
	u16 last;

	if (!vq->kept)
		return 0;
	last = vq->kept->free[VRING_KEPT_TABLES - 1];
	return vq->nr_kept + (last & HIDDEN ? last & ~HIDDEN : 0);
}

static unsigned int used_tables(const struct virtqueue *vq)
{
	const struct vring_kept *kept = to_vvq(vq)->kept;

	return kept && kept->table ? VRING_KEPT_TABLES - free_tables(vq) : 0;
}

/* Allocations for kept tables, minus one for each kept table in use */
static int kept_tables(const struct virtqueue *vq)
{
	const struct vring_kept *kept = to_vvq(vq)->kept;

	if (!kept)
		return 0;
	return 1 + (kept->table && kept->table != kept->block[0]) -
	       (int)used_tables(vq);
}

/* Take all free kept tables, so that the next table must be allocated. */
static void drop_tables(struct virtqueue *_vq)
{
	struct vring_virtqueue *vq = to_vvq(_vq);
	struct vring_kept *kept = vq->kept;
	unsigned int nr_free = free_tables(_vq);

	if (!kept || !kept->table)
		return;
	vq->nr_kept = 0;
	if (nr_free < VRING_KEPT_TABLES) {
		kept->free[VRING_KEPT_TABLES - 1] = HIDDEN | nr_free;
		return;
	}
	if (kept->table != kept->block[0])
		dma_free_coherent(vring_dma_dev(vq), sizeof(kept->block),
				  kept->table, kept->addr);
	free_pages_exact(kept, sizeof(*kept));
	vq->kept = NULL;
}
#endif

const struct vring_ops VRING_OPS = {
	.name = VRING_NAME,

	.vring_create_virtqueue = vring_create_virtqueue,
	.vring_create_virtqueue_dma = vring_create_virtqueue_dma,
	.vring_new_virtqueue = vring_new_virtqueue,
	.vring_del_virtqueue = vring_del_virtqueue,
	.vring_interrupt = vring_interrupt,
	.vring_notification_data = vring_notification_data,
	.vring_transport_features = vring_transport_features,
	.virtqueue_add_sgs = virtqueue_add_sgs,
	.virtqueue_add_outbuf = virtqueue_add_outbuf,
	.virtqueue_add_inbuf = virtqueue_add_inbuf,
	.virtqueue_add_inbuf_ctx = virtqueue_add_inbuf_ctx,
	.virtqueue_kick = virtqueue_kick,
	.virtqueue_kick_prepare = virtqueue_kick_prepare,
	.virtqueue_notify = virtqueue_notify,
	.virtqueue_get_buf = virtqueue_get_buf,
	.virtqueue_get_buf_ctx = virtqueue_get_buf_ctx,
	.virtqueue_disable_cb = virtqueue_disable_cb,
	.virtqueue_enable_cb = virtqueue_enable_cb,
	.virtqueue_enable_cb_prepare = virtqueue_enable_cb_prepare,
	.virtqueue_enable_cb_delayed = virtqueue_enable_cb_delayed,
	.virtqueue_poll = virtqueue_poll,
	.virtqueue_detach_unused_buf = virtqueue_detach_unused_buf,
	.virtqueue_resize = virtqueue_resize,
	.virtqueue_reset = virtqueue_reset,
	.virtqueue_get_vring_size = virtqueue_get_vring_size,
	.virtqueue_get_vring = virtqueue_get_vring,
	.virtqueue_get_desc_addr = virtqueue_get_desc_addr,
	.virtqueue_get_avail_addr = virtqueue_get_avail_addr,
	.virtqueue_get_used_addr = virtqueue_get_used_addr,
	.virtqueue_is_broken = virtqueue_is_broken,
	.__virtqueue_break = __virtqueue_break,
	.__virtqueue_unbreak = __virtqueue_unbreak,
	.virtio_break_device = virtio_break_device,
	.__virtio_unbreak_device = __virtio_unbreak_device,
	.virtio_max_dma_size = virtio_max_dma_size,
	.virtqueue_dma_dev = virtqueue_dma_dev,
	.virtqueue_set_dma_premapped = virtqueue_set_dma_premapped,
	.virtqueue_dma_map_single_attrs = virtqueue_dma_map_single_attrs,
	.virtqueue_dma_unmap_single_attrs = virtqueue_dma_unmap_single_attrs,
	.virtqueue_dma_mapping_error = virtqueue_dma_mapping_error,
	.virtqueue_dma_need_sync = virtqueue_dma_need_sync,

#ifdef VRING_PIECEWISE
	.virtqueue_start_buf = virtqueue_start_buf,
	.virtqueue_add_sg = virtqueue_add_sg,
	.virtqueue_add_linear = virtqueue_add_linear,
	.virtqueue_add_page = virtqueue_add_page,
	.virtqueue_add_bvec = virtqueue_add_bvec,
	.virtqueue_add_mapped = virtqueue_add_mapped,
	.virtqueue_end_buf = virtqueue_end_buf,
	.virtqueue_abort_buf = virtqueue_abort_buf,
	.virtqueue_add_buf = virtqueue_add_buf,
	.virtqueue_add_buf_single = virtqueue_add_buf_single,
	.free_tables = free_tables,
	.kept_tables = kept_tables,
	.used_tables = used_tables,
	.drop_tables = drop_tables,
	.virtqueue_add_buf_linear = virtqueue_add_buf_linear,
#endif
};
