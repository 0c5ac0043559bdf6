/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtio device in user space: the other end of a virtqueue.
 *
 *	static struct vring_device d;
 *	struct vring_config config = { .size = 8, .packed = true };
 *
 *	vring_device_create(&d, &vring_series, &config);
 *	virtqueue_add_sgs(d.vq, ...);		what is tested
 *	vring_device_take(&d);			now d.chain is what was added
 *	vring_device_complete(&d, d.chain.id, 0);
 *	virtqueue_get_buf(d.vq, ...);
 *	vring_device_destroy(&d);
 *
 * The device is implemented from the virtio specification, version 1.2,
 * sections 2.7 "Split Virtqueues" and 2.8 "Packed Virtqueues". It has the three
 * addresses of the ring, never accesses the driver's private state, and checks
 * every descriptor.  So it can be the oracle for any code that fills the ring.
 * The first violated rule is in d.wrong.
 *
 * drivers/virtio/tests/vring_device.c is the same for KUnit, where a violated
 * rule ends the test.  Here the program decides: a fuzzer continues.
 *
 * Only create allocates memory.  There are no locks.
 */
#ifndef VRING_DEVICE_H
#define VRING_DEVICE_H

#include "ops.h"

#define VRING_MAX_SIZE		32768	/* descriptors in a ring */
#define VRING_MAX_PIECES	4096	/* pieces of a buffer */

/* The parameters of a ring, see vring_config_name() */
struct vring_config {
	unsigned int size;	/* descriptors; a split ring needs a power of 2 */
	bool packed;
	bool indirect;		/* VIRTIO_RING_F_INDIRECT_DESC */
	bool event;		/* VIRTIO_RING_F_EVENT_IDX */
	bool dma;		/* VIRTIO_F_ACCESS_PLATFORM: use the DMA API */
	bool premapped;		/* virtqueue_set_dma_premapped() */
	bool ctx;		/* a context per buffer, so no tables */
	bool legacy;		/* split only: without VIRTIO_F_VERSION_1 */
	bool in_order;		/* VIRTIO_F_IN_ORDER */
	bool foreign;		/* split only: in memory of the transport,
				 * by vring_new_virtqueue(), without @dma
				 */
};

struct vring_piece {
	u64 addr;		/* from the descriptor */
	void *cpu;		/* the same for the program, NULL if there is
				 * nothing that the device may access
				 */
	u32 len;
	bool writable;		/* by the device */
};

/* A buffer that the device has taken from the ring */
struct vring_chain {
	u16 id;			/* head (split) or buffer id (packed) */
	u16 nr_desc;		/* descriptors that it holds in the ring */
	bool indirect;
	u64 table;		/* address of the table, if any */
	u32 table_len;
	unsigned int nr_pieces;
	struct vring_piece pieces[VRING_MAX_PIECES];
};

struct vring_position {
	u16 pos;
	bool wrap;
};

struct vring_device {
	struct vring_config config;
	const struct vring_ops *ops;
	struct device parent;		/* does the DMA */
	struct virtio_device vdev;
	struct virtqueue *vq;

	unsigned int notified;		/* notifications received */
	unsigned int called;		/* callbacks of the driver */
	unsigned int resets;		/* of the queue */
	bool reset_fails;		/* the transport refuses to reset */

	/* Buffers passed to vring_device_recycle(): number and last one */
	unsigned int nr_recycled;
	void *recycled;

	/* The ring.  Programs may write to it. */
	unsigned int size;
	void *desc_area;
	void *driver_area;
	void *device_area;
	void *pages;			/* if the ring is foreign */

	/* Progress.  The split ring needs free-running positions only. */
	struct vring_position avail;	/* the next one to take */
	struct vring_position used;	/* the next one to complete */
	struct vring_position called_at; /* @used at the last check */

	u16 in_flight[VRING_MAX_SIZE];	/* by id: descriptors it holds, or 0 */
	u16 owner[VRING_MAX_SIZE];	/* split: the head that holds it, plus 1 */
	unsigned int nr_in_flight;	/* sum of the descriptors */

	struct vring_chain chain;	/* the last one taken */
	const char *wrong;		/* the first violated rule, or NULL */
};

/*
 * Create returns 0, -ENOMEM if the ring could not be allocated, or -EINVAL if
 * it does not support this configuration.  Call destroy before another create.
 */
int vring_device_create(struct vring_device *d, const struct vring_ops *ops,
			const struct vring_config *config);
void vring_device_destroy(struct vring_device *d);

/*
 * The ring may keep tables.  The number of allocations for them in addition to
 * one for each table in use; the number of free ones; the number of buffers in
 * a kept table that stays mapped; and a function that takes all free ones, so
 * that the next table must be allocated.
 */
unsigned int vring_device_free_tables(const struct vring_device *d);
unsigned int vring_device_mapped_tables(const struct vring_device *d);
int vring_device_kept(const struct vring_device *d);
void vring_device_keep_nothing(struct vring_device *d);

/* "packed,indirect,event" and so on, in a buffer that the next call reuses */
const char *vring_config_name(const struct vring_config *config);

/*
 * Does this kernel have such a ring? The size of a split ring must be a power
 * of 2.
 */
bool vring_config_exists(const struct vring_config *config);

/*
 * Count through all configurations of a size: the @n-th, or false after the
 * last.
 */
bool vring_config_get(unsigned int n, unsigned int size,
		      struct vring_config *config);

/* For virtqueue_reset() and virtqueue_resize() */
void vring_device_recycle(struct virtqueue *vq, void *buf);

/*
 * Take the next available buffer.  Returns true if it is in d->chain, false if
 * there is none or it violated a rule, which is in d->wrong.
 */
bool vring_device_take(struct vring_device *d);

/*
 * Return a used buffer, in any order: @id is the id when it was taken, @len the
 * number of written bytes.
 */
void vring_device_complete(struct vring_device *d, u16 id, u32 len);

/*
 * In-order rings: return @num used buffers, in the order in which they were
 * taken, with the id of the last one only (2.7.9 and 2.8.9).  @len bytes were
 * written to that one.
 */
void vring_device_complete_batch(struct vring_device *d, const u16 *id,
				 unsigned int num, u32 len);

/* The same for a hostile device: any id, as if it held @num descriptors */
void vring_device_put_used(struct vring_device *d, u32 id, u32 len,
			   unsigned int num);

/* Request notifications of every new buffer, or of none (without EVENT_IDX) */
void vring_device_want_notify(struct vring_device *d, bool want);

/*
 * Request a notification of one buffer (EVENT_IDX): the number of buffers
 * (split) or descriptors (packed) after the next one to take
 */
void vring_device_notify_at(struct vring_device *d, unsigned int ahead);

/* Must the driver be called for what was completed since the last check? */
bool vring_device_must_call(struct vring_device *d);

/*
 * Returns true if nothing is or looks available, and the descriptors that the
 * device does not hold are free for the driver.  Otherwise sets d->wrong.
 */
bool vring_device_idle(struct vring_device *d);

#endif /* VRING_DEVICE_H */
