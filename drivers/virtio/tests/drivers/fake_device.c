// SPDX-License-Identifier: GPL-2.0
/*
 * Fake virtio devices for KUnit tests of drivers, see fake_device.h.
 */
#include <kunit/resource.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>

#include "fake_device.h"

const struct fake_ring fake_rings[2] = {
	{ "direct", 0 },
	{ "indirect", BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) },
};

/*
 * The device's end of a queue
 */

/* Take the next available buffer; false if there is none */
bool fake_take(struct fake_queue *q)
{
	int ret = vringh_getdesc_iotlb(&q->vrh, &q->riov, &q->wiov, &q->head,
				       GFP_ATOMIC);

	KUNIT_EXPECT_GE_MSG(q->fd->test, ret, 0, "broken descriptors");
	q->written = 0;
	return ret > 0;
}

size_t fake_readable(struct fake_queue *q)
{
	return vringh_kiov_length(&q->riov);
}

size_t fake_writable(struct fake_queue *q)
{
	return vringh_kiov_length(&q->wiov);
}

void fake_read(struct fake_queue *q, void *to, size_t len)
{
	KUNIT_EXPECT_EQ(q->fd->test, (ssize_t)len,
			vringh_iov_pull_iotlb(&q->vrh, &q->riov, to, len));
}

void fake_write(struct fake_queue *q, const void *from, size_t len)
{
	KUNIT_EXPECT_EQ(q->fd->test, (ssize_t)len,
			vringh_iov_push_iotlb(&q->vrh, &q->wiov, from, len));
	q->written += len;
}

static void fake_put(struct fake_queue *q)
{
	KUNIT_EXPECT_EQ(q->fd->test, 0,
			vringh_complete_iotlb(&q->vrh, q->head, q->written));
}

void fake_complete(struct fake_queue *q)
{
	fake_put(q);
	vring_interrupt(0, q->vq);
}

/*
 * The driver may hold locks while a buffer is answered, so a case must not end
 * there, even if the buffer is wrong.
 */

/* All readable bytes were read, and all writable bytes were written */
void fake_expect_exhausted(struct fake_queue *q)
{
	KUNIT_EXPECT_EQ(q->fd->test, 0, fake_readable(q));
	KUNIT_EXPECT_EQ(q->fd->test, 0, fake_writable(q));
}

/* Answer with zeros, for a device where this means success */
void fake_answer_zeros(struct fake_queue *q)
{
	static const u8 zeros[64];

	while (fake_writable(q))
		fake_write(q, zeros, min(fake_writable(q), sizeof(zeros)));
}

void fake_answer_all(struct fake_queue *q)
{
	while (fake_take(q)) {
		q->fd->model->answer(q);
		fake_complete(q);
	}
}

/*
 * A driver whose interrupt handler takes the lock of the queue has disabled
 * interrupts if it holds this lock.  The next notification finds what this one
 * has left.
 */
static void fake_answer_at_once(struct fake_queue *q)
{
	bool any = false;

	if (irqs_disabled())
		return;

	spin_lock(&q->lock);
	while (fake_take(q)) {
		q->fd->model->answer(q);
		fake_put(q);
		any = true;
	}
	if (any)
		vring_interrupt(0, q->vq);
	spin_unlock(&q->lock);
}

/*
 * The transport
 */

static struct fake_device *to_fake(struct virtio_device *vdev)
{
	return container_of(vdev, struct fake_device, vdev);
}

static bool fake_notify(struct virtqueue *vq)
{
	struct fake_device *fd = to_fake(vq->vdev);
	struct fake_queue *q = &fd->queues[vq->index];

	if (fd->deaf) {
		fd->deaf--;
	} else if (fd->model->answered & BIT(vq->index)) {
		if (fd->model->by_work)
			schedule_work(&q->work);
		else if (fd->model->at_once)
			fake_answer_at_once(q);
		else
			fake_answer_all(q);
	}
	return true;
}

static void fake_work(struct work_struct *work)
{
	fake_answer_all(container_of(work, struct fake_queue, work));
}

static int fake_attach(struct fake_device *fd, struct virtqueue *vq)
{
	struct fake_queue *q = &fd->queues[vq->index];

	q->fd = fd;
	q->vq = vq;
	INIT_WORK(&q->work, fake_work);
	spin_lock_init(&q->lock);
	vringh_kiov_init(&q->riov, NULL, 0);
	vringh_kiov_init(&q->wiov, NULL, 0);
	vringh_set_iotlb(&q->vrh, &fd->iotlb, &fd->iotlb_lock);
	return vringh_init_iotlb(&q->vrh, fd->vdev.features,
				 virtqueue_get_vring_size(vq), true,
				 (void *)(long)virtqueue_get_desc_addr(vq),
				 (void *)(long)virtqueue_get_avail_addr(vq),
				 (void *)(long)virtqueue_get_used_addr(vq));
}

static void fake_del_vqs(struct virtio_device *vdev)
{
	struct fake_device *fd = to_fake(vdev);
	struct virtqueue *vq, *next;

	list_for_each_entry_safe(vq, next, &vdev->vqs, list) {
		cancel_work_sync(&fd->queues[vq->index].work);
		vringh_kiov_cleanup(&fd->queues[vq->index].riov);
		vringh_kiov_cleanup(&fd->queues[vq->index].wiov);
		vring_del_virtqueue(vq);
	}
}

static int fake_find_vqs(struct virtio_device *vdev, unsigned int nvqs,
			 struct virtqueue *vqs[],
			 struct virtqueue_info vqs_info[],
			 struct irq_affinity *desc)
{
	struct fake_device *fd = to_fake(vdev);
	unsigned int i;
	int err = -ENOMEM;

	fd->found++;
	if (fd->find_fails || nvqs > FAKE_QUEUES) {
		vqs[0] = ERR_PTR(err);		/* as transports do */
		return err;
	}

	for (i = 0; i < nvqs; i++) {
		if (!vqs_info[i].name) {
			vqs[i] = NULL;
			continue;
		}
		vqs[i] = vring_create_virtqueue(i, FAKE_RING_SIZE,
						SMP_CACHE_BYTES, vdev, true,
						false, false, fake_notify,
						vqs_info[i].callback,
						vqs_info[i].name);
		if (vqs[i])
			err = fake_attach(fd, vqs[i]);
		if (err) {
			fake_del_vqs(vdev);
			return err;
		}
	}
	return 0;
}

static void fake_get(struct virtio_device *vdev, unsigned int offset,
		     void *buf, unsigned int len)
{
	struct fake_device *fd = to_fake(vdev);

	KUNIT_EXPECT_LE(fd->test, offset + len, fd->model->config_size);
	if (offset + len <= fd->model->config_size)
		memcpy(buf, fd->config + offset, len);
}

static void fake_set(struct virtio_device *vdev, unsigned int offset,
		     const void *buf, unsigned int len)
{
}

static u8 fake_get_status(struct virtio_device *vdev)
{
	return to_fake(vdev)->status;
}

static void fake_set_status(struct virtio_device *vdev, u8 status)
{
	to_fake(vdev)->status = status;
}

static void fake_reset(struct virtio_device *vdev)
{
	to_fake(vdev)->status = 0;
}

static u64 fake_get_features(struct virtio_device *vdev)
{
	return to_fake(vdev)->features;
}

static int fake_finalize_features(struct virtio_device *vdev)
{
	vring_transport_features(vdev);
	return 0;
}

static const struct virtio_config_ops fake_config_ops = {
	.get			= fake_get,
	.set			= fake_set,
	.get_status		= fake_get_status,
	.set_status		= fake_set_status,
	.reset			= fake_reset,
	.find_vqs		= fake_find_vqs,
	.del_vqs		= fake_del_vqs,
	.get_features		= fake_get_features,
	.finalize_features	= fake_finalize_features,
};

static void fake_release(struct device *dev)
{
	struct fake_device *fd = to_fake(dev_to_virtio(dev));

	vhost_iotlb_reset(&fd->iotlb);
	kfree(fd);
}

static void fake_unregister(void *data)
{
	struct fake_device *fd = data;
	struct platform_device *parent = fd->parent;

	unregister_virtio_device(&fd->vdev);
	platform_device_unregister(parent);
}

/**
 * fake_plug - put a device on the virtio bus until the test ends
 * @test: the test
 * @model: what the device is
 * @features: features besides those of the model
 * @state: the state of the model
 *
 * Return: the device; it may have no driver.
 */
struct fake_device *fake_plug(struct kunit *test, const struct fake_model *model,
			      u64 features, void *state)
{
	struct fake_device *fd = kzalloc(sizeof(*fd), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fd);
	fd->test = test;
	fd->model = model;
	fd->config = model->config;
	fd->state = state;
	fd->find_fails = model->find_fails;
	fd->features = BIT_ULL(VIRTIO_F_VERSION_1) | model->features | features;
	/* Without an IOMMU the device sees physical addresses. */
	spin_lock_init(&fd->iotlb_lock);
	vhost_iotlb_init(&fd->iotlb, 1, 0);
	KUNIT_ASSERT_EQ(test, 0, vhost_iotlb_add_range(&fd->iotlb, 0, LONG_MAX,
						       0, VHOST_MAP_RW));

	fd->parent = platform_device_register_simple("virtio-kunit",
						     PLATFORM_DEVID_AUTO,
						     NULL, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(fd->parent));
	fd->vdev.dev.parent = &fd->parent->dev;
	fd->vdev.dev.release = fake_release;
	fd->vdev.id.device = model->id;
	fd->vdev.config = &fake_config_ops;
	KUNIT_ASSERT_EQ(test, 0, register_virtio_device(&fd->vdev));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test,
							   fake_unregister, fd));
	return fd;
}

/* The same, with the rings of the case, and bound to a driver */
struct fake_device *fake_register(struct kunit *test,
				  const struct fake_model *model, void *state)
{
	const struct fake_ring *ring = test->param_value;
	struct fake_device *fd = fake_plug(test, model, ring->features, state);

	KUNIT_ASSERT_NOT_NULL_MSG(test, fd->vdev.dev.driver, "no driver");
	KUNIT_ASSERT_TRUE(test, fd->status & VIRTIO_CONFIG_S_DRIVER_OK);
	return fd;
}

#ifdef CONFIG_PM_SLEEP
void fake_suspend(struct fake_device *fd)
{
	KUNIT_ASSERT_NOT_NULL_MSG(fd->test, fd->vdev.dev.driver, "no driver");
	if (!drv_to_virtio(fd->vdev.dev.driver)->freeze)
		kunit_skip(fd->test, "its driver cannot be suspended");
	KUNIT_ASSERT_EQ(fd->test, 0, virtio_device_freeze(&fd->vdev));
	KUNIT_EXPECT_TRUE(fd->test, list_empty(&fd->vdev.vqs));
}

/* Its queues cannot be set up. */
void fake_restore_fails(struct fake_device *fd)
{
	fd->find_fails = true;
	KUNIT_EXPECT_EQ(fd->test, -ENOMEM, virtio_device_restore(&fd->vdev));
	KUNIT_EXPECT_EQ(fd->test, 2, fd->found);
	KUNIT_EXPECT_FALSE(fd->test, fd->status & VIRTIO_CONFIG_S_DRIVER_OK);
}
#endif
