/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints are disabled in user space.  As in the kernel, each costs a no-op
 * instruction, and the code of the enabled case exists.  NO_TRACEPOINTS removes
 * both, to measure their cost.
 */
#ifndef _TRACE_VIRTIO_RING_H
#define _TRACE_VIRTIO_RING_H

#define EXPORT_TRACEPOINT_SYMBOL_GPL(name)	extern int name##_exported

static inline bool tracepoint_on(void)
{
#ifndef NO_TRACEPOINTS
	asm goto("nop" : : : : on);
#endif
	return false;
#ifndef NO_TRACEPOINTS
on:
	return true;
#endif
}

#define trace_virtio_ring_add_enabled()	tracepoint_on()
#define trace_virtio_ring_get_enabled()	tracepoint_on()

#define trace_virtio_ring_add(vq, token, pieces, bytes)			\
	((void)(vq), (void)(token), (void)(pieces), (void)(bytes))
#define trace_virtio_ring_get(vq, token, bytes)				\
	((void)(vq), (void)(token), (void)(bytes))
#define trace_virtio_ring_abort(vq, token, err)				\
	((void)tracepoint_on(), (void)(vq), (void)(token), (void)(err))
#define trace_virtio_ring_detach(vq, token, err)			\
	((void)tracepoint_on(), (void)(vq), (void)(token), (void)(err))

#endif /* _TRACE_VIRTIO_RING_H */
