/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints are off in user space. */
#ifndef _TRACE_VIRTIO_RING_H
#define _TRACE_VIRTIO_RING_H

#define EXPORT_TRACEPOINT_SYMBOL_GPL(name)	extern int name##_exported

#define trace_virtio_ring_add_enabled()	false
#define trace_virtio_ring_get_enabled()	false

#define trace_virtio_ring_add(vq, token, pieces, bytes)			\
	((void)(vq), (void)(token), (void)(pieces), (void)(bytes))
#define trace_virtio_ring_get(vq, token, bytes)				\
	((void)(vq), (void)(token), (void)(bytes))
#define trace_virtio_ring_abort(vq, token, err)				\
	((void)(vq), (void)(token), (void)(err))
#define trace_virtio_ring_detach(vq, token, err)			\
	((void)(vq), (void)(token), (void)(err))

#endif /* _TRACE_VIRTIO_RING_H */
