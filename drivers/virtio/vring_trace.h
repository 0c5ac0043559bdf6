/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tracepoints of a virtqueue report of a buffer that was just added.
 *
 * This runs only while the virtio_ring_add event is enabled.  It reads lengths
 * from memory that the device can write.  They are only reported, so a device
 * that changes them affects nothing else.
 *
 * Only for virtio_ring.c, which defines CREATE_TRACE_POINTS.
 */
#ifndef _DRIVERS_VIRTIO_VRING_TRACE_H
#define _DRIVERS_VIRTIO_VRING_TRACE_H

#include "vring.h"

static u32 vring_traced_len(const struct vring_virtqueue *vq,
			    const struct vring_desc *desc)
{
	/* Both formats have the length at the same offset. */
	return virtqueue_is_packed(vq) ?
	       le32_to_cpu((__force __le32)desc->len) :
	       virtio32_to_cpu(vq->vq.vdev, desc->len);
}

/* The builder still points to the end of the table and of its records. */
static u64 vring_traced_table(const struct vring_virtqueue *vq,
			      const void *table, unsigned int *pieces)
{
	const struct vring_desc_extra *record = table;
	const struct vring_desc *desc = table;
	u64 bytes = 0;

	if (vring_maps_tables(vq)) {
		*pieces = vq->buf->record - record;
		for (; record < vq->buf->record; record++)
			bytes += record->len;
	} else {
		*pieces = vq->buf->desc - desc;
		for (; desc < vq->buf->desc; desc++)
			bytes += vring_traced_len(vq, desc);
	}
	return bytes;
}

static u64 vring_traced_packed(const struct vring_virtqueue *vq,
			       unsigned int num)
{
	const struct vring_desc *ring = (void *)vq->packed.vring.desc;
	unsigned int slot = vq->packed.next_avail_idx;
	u64 bytes = 0;

	while (num--) {
		slot = (slot ?: vq->packed.vring.num) - 1;
		bytes += vring_traced_len(vq, &ring[slot]);
	}
	return bytes;
}

static u64 vring_traced_split(const struct vring_virtqueue *vq,
			      unsigned int head, unsigned int num)
{
	u64 bytes = 0;

	for (; num--; head = vq->desc_extra[head].next)
		bytes += vring_traced_len(vq, &vq->split.vring.desc[head]);
	return bytes;
}

/*
 * The buffer at @head was published last.  On a packed ring @head is read from
 * the ring, so check it.
 */
static __cold void vring_trace_add(const struct vring_virtqueue *vq,
				   unsigned int head)
{
	const struct vring_desc_state *state = &vq->desc_state[head];
	unsigned int pieces;
	u64 bytes;

	if (head >= virtqueue_get_vring_size(&vq->vq))
		return;
	pieces = state->num;
	if (vq->indirect && state->indir_desc)
		bytes = vring_traced_table(vq, state->indir_desc, &pieces);
	else if (virtqueue_is_packed(vq))
		bytes = vring_traced_packed(vq, pieces);
	else
		bytes = vring_traced_split(vq, head, pieces);
	trace_virtio_ring_add(&vq->vq, state->data, pieces, bytes);
}

#endif /* _DRIVERS_VIRTIO_VRING_TRACE_H */
