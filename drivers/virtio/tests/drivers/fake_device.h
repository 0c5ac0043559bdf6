/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fake virtio devices for KUnit tests of drivers.
 *
 *	 test case     uses a driver as its subsystem does: i2c_transfer(), ...
 *	                   |                              ^
 *	                   v                              |
 *	 driver        the real one, bound by the virtio bus
 *	                   |                              ^
 *	                   v                              |
 *	 virtqueue     a split ring, in memory
 *	                   |                              ^
 *	                   v                              |
 *	 fake device   reads what is available           answers
 *
 * A fake device is the other end of the rings, which it reads and completes
 * with vringh.  It answers in the notification and raises its interrupt from
 * there, so a case needs no thread and no waiting.  If the driver notifies
 * under a lock that its interrupt handler takes, a work item answers.
 */
#ifndef _FAKE_DEVICE_H
#define _FAKE_DEVICE_H

#include <kunit/test.h>
#include <linux/platform_device.h>
#include <linux/vhost_iotlb.h>
#include <linux/virtio.h>
#include <linux/virtio_ring.h>
#include <linux/vringh.h>
#include <linux/workqueue.h>

#define FAKE_RING_SIZE	8
#define FAKE_QUEUES	8

/* Each case runs on both kinds of rings, with KUNIT_ARRAY_PARAM_DESC() */
struct fake_ring {
	const char *name;
	u64 features;
};

extern const struct fake_ring fake_rings[2];

/* They are modern devices: little-endian. */
#define FAKE_VIRTIO16(value)	((__force __virtio16)cpu_to_le16(value))
#define FAKE_VIRTIO32(value)	((__force __virtio32)cpu_to_le32(value))
#define FAKE_VIRTIO64(value)	((__force __virtio64)cpu_to_le64(value))

struct fake_device;

struct fake_queue {
	struct fake_device *fd;
	struct virtqueue *vq;
	struct vringh vrh;
	struct work_struct work;
	spinlock_t lock;		/* if buffers are answered at once */

	/* The part of the taken buffer that is not yet read or written */
	struct vringh_kiov riov, wiov;
	u16 head;
	size_t written;
};

/* What a device is */
struct fake_model {
	u32 id;
	u64 features;
	const void *config;
	size_t config_size;
	/* A bit for each queue whose buffers are answered when notified */
	unsigned int answered;
	void (*answer)(struct fake_queue *q);
	bool by_work;			/* not in the notification */
	/* One interrupt for all buffers; none while interrupts are disabled */
	bool at_once;
	bool find_fails;		/* there are no queues at first */
};

struct fake_device {
	struct kunit *test;
	struct platform_device *parent;
	struct virtio_device vdev;
	const struct fake_model *model;
	const void *config;		/* of the model, or of the same size */
	u64 features;
	u8 status;

	struct vhost_iotlb iotlb;
	spinlock_t iotlb_lock;		/* required by vringh */
	struct fake_queue queues[FAKE_QUEUES];

	unsigned int deaf;		/* notifications to ignore */
	unsigned int found;		/* calls of find_vqs so far, */
	bool find_fails;		/* which fail now */
	void *state;			/* of the model */
};

/* The device's end of a queue */
bool fake_take(struct fake_queue *q);
size_t fake_readable(struct fake_queue *q);
size_t fake_writable(struct fake_queue *q);
void fake_read(struct fake_queue *q, void *to, size_t len);
void fake_write(struct fake_queue *q, const void *from, size_t len);
void fake_complete(struct fake_queue *q);
void fake_expect_exhausted(struct fake_queue *q);
void fake_answer_all(struct fake_queue *q);
void fake_answer_zeros(struct fake_queue *q);

/* Devices that are on the virtio bus until the test ends */
struct fake_device *fake_plug(struct kunit *test, const struct fake_model *model,
			      u64 features, void *state);
struct fake_device *fake_register(struct kunit *test,
				  const struct fake_model *model, void *state);

#ifdef CONFIG_PM_SLEEP
void fake_suspend(struct fake_device *fd);
void fake_restore_fails(struct fake_device *fd);
#endif

#endif /* _FAKE_DEVICE_H */
