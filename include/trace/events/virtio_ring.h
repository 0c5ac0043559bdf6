/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of a virtqueue's buffers, see
 * Documentation/driver-api/virtio/buffers.rst:
 *
 *	virtio_ring_add		a buffer was made available to the device
 *	virtio_ring_get		a used buffer was returned to the driver
 *	virtio_ring_abort	a buffer was dropped before it was available
 *	virtio_ring_detach	an unused buffer was taken back from the device
 *
 * All are called under whatever lock the driver holds for the virtqueue.  The
 * name of a virtio device, virtioN, is reused after the device is removed, so
 * the events also have the name of its parent.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM virtio_ring

#if !defined(_TRACE_VIRTIO_RING_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_VIRTIO_RING_H

#include <linux/device.h>
#include <linux/tracepoint.h>
#include <linux/virtio.h>

#define BUF_ENTRY							\
	__string(device, dev_name(&vq->vdev->dev))			\
	__string(parent, dev_name(vq->vdev->dev.parent ?:		\
				  &vq->vdev->dev))			\
	__field(unsigned int, index)					\
	__string(queue, vq->name)					\
	__field(const void *, token)
#define BUF_ASSIGN							\
	do {								\
		__assign_str(device);					\
		__assign_str(parent);					\
		__entry->index = vq->index;				\
		__assign_str(queue);					\
		__entry->token = token;					\
	} while (0)
#define BUF_PR_FMT	"%s (%s) queue %u (%s) token %p"
#define BUF_PR_ARG	__get_str(device), __get_str(parent),		\
			__entry->index, __get_str(queue), __entry->token

TRACE_EVENT(virtio_ring_add,
	    TP_PROTO(const struct virtqueue *vq, const void *token,
		     unsigned int pieces, u64 bytes),
	    TP_ARGS(vq, token, pieces, bytes),
	    TP_STRUCT__entry(BUF_ENTRY
			     __field(unsigned int, pieces)
			     __field(u64, bytes)),
	    TP_fast_assign(BUF_ASSIGN;
			   __entry->pieces = pieces;
			   __entry->bytes = bytes),
	    TP_printk(BUF_PR_FMT " pieces %u bytes %llu",
		      BUF_PR_ARG, __entry->pieces, __entry->bytes)
);

/* @bytes: how many bytes the device reports to have written */
TRACE_EVENT(virtio_ring_get,
	    TP_PROTO(const struct virtqueue *vq, const void *token, u32 bytes),
	    TP_ARGS(vq, token, bytes),
	    TP_STRUCT__entry(BUF_ENTRY
			     __field(u32, bytes)),
	    TP_fast_assign(BUF_ASSIGN;
			   __entry->bytes = bytes),
	    TP_printk(BUF_PR_FMT " bytes %u", BUF_PR_ARG, __entry->bytes)
);

/* @err: the reason, or 0 if the driver decided to drop the buffer */
DECLARE_EVENT_CLASS(virtio_ring_unused,
		    TP_PROTO(const struct virtqueue *vq, const void *token, int err),
		    TP_ARGS(vq, token, err),
		    TP_STRUCT__entry(BUF_ENTRY
				     __field(int, err)),
		    TP_fast_assign(BUF_ASSIGN;
				   __entry->err = err),
		    TP_printk(BUF_PR_FMT " error %d", BUF_PR_ARG, __entry->err)
);

DEFINE_EVENT(virtio_ring_unused, virtio_ring_abort,
	     TP_PROTO(const struct virtqueue *vq, const void *token, int err),
	     TP_ARGS(vq, token, err));

DEFINE_EVENT(virtio_ring_unused, virtio_ring_detach,
	     TP_PROTO(const struct virtqueue *vq, const void *token, int err),
	     TP_ARGS(vq, token, err));

#endif /* _TRACE_VIRTIO_RING_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
