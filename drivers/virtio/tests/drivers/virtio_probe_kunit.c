// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for virtio drivers without queues: a probe or a restore of a
 * device whose queues cannot be set up fails, and the device may then be
 * unplugged or tried again.
 *
 * A case passes if the driver returns the error and does not access a queue
 * that does not exist.  A kernel that poisons freed memory detects such
 * accesses.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/sizes.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_scsi.h>
#include <linux/workqueue.h>
#include <uapi/linux/virtio_9p.h>
#include <uapi/linux/virtio_crypto.h>
#include <uapi/linux/virtio_fs.h>
#include <uapi/linux/virtio_gpio.h>
#include <uapi/linux/virtio_gpu.h>
#include <uapi/linux/virtio_i2c.h>
#include <uapi/linux/virtio_iommu.h>
#include <uapi/linux/virtio_mem.h>
#if IS_REACHABLE(CONFIG_SCSI_VIRTIO)
#include <scsi/scsi_device.h>
#endif

#include "fake_device.h"

struct fake_kind {
	const char *name;
	bool built;		/* This kernel has the driver. */
	bool works;		/* The fake device is sufficient for it. */
	struct fake_model model;
};

static const u8 zeros[1024];

#define CONFIG(_config)						\
	.config = &(_config), .config_size = sizeof(_config)

static void fake_no_such_target(struct fake_queue *q)
{
	struct virtio_scsi_cmd_resp resp = {
		.response = VIRTIO_SCSI_S_BAD_TARGET,
	};

	fake_write(q, &resp, sizeof(resp));
}

/* struct virtio_9p_config: the length of the tag, and the tag */
static const u8 fake_9p[] = { 1, 0, 'k' };

static const struct virtio_fs_config fake_fs = {
	.tag = "kunit", .num_request_queues = cpu_to_le32(1),
};

static const struct virtio_crypto_config fake_crypto = {
	.status = cpu_to_le32(VIRTIO_CRYPTO_S_HW_READY),
	.max_dataqueues = cpu_to_le32(1),
};

static const struct virtio_gpio_config fake_gpio = {
	.ngpio = cpu_to_le16(1),
};

static const struct virtio_gpu_config fake_gpu = {
	.num_scanouts = cpu_to_le32(1),
};

/* A memory region without other users, of which nothing is requested */
static const struct virtio_mem_config fake_mem = {
	.block_size = cpu_to_le64(SZ_2M),
	.addr = cpu_to_le64(SZ_128G),
	.region_size = cpu_to_le64(SZ_256M),
	.usable_region_size = cpu_to_le64(SZ_256M),
};

/* A page to put into the balloon, then zeros in case the driver reads more */
static const __le32 fake_inflate[sizeof(zeros) / sizeof(__le32)] = {
	cpu_to_le32(1)
};

/*
 * A clock: the response to the first request, for the device's configuration,
 * has the number of clocks after a header of 8 bytes.
 */
static void fake_rtc_answer(struct fake_queue *q)
{
	static const __le16 one = cpu_to_le16(1);

	fake_write(q, zeros, 8);
	fake_write(q, &one, sizeof(one));
	fake_answer_zeros(q);
}

static const struct fake_kind fake_suspended[] = {
	{ "net", IS_REACHABLE(CONFIG_VIRTIO_NET), true,
	  { .id = VIRTIO_ID_NET, CONFIG(zeros) } },
	{ "blk", IS_REACHABLE(CONFIG_VIRTIO_BLK), true,
	  { .id = VIRTIO_ID_BLOCK, CONFIG(zeros) } },
	{ "console", IS_REACHABLE(CONFIG_VIRTIO_CONSOLE), true,
	  { .id = VIRTIO_ID_CONSOLE, CONFIG(zeros), .answered = BIT(1),
	    .answer = fake_answer_zeros } },
	{ "rng", IS_REACHABLE(CONFIG_HW_RANDOM_VIRTIO), true,
	  { .id = VIRTIO_ID_RNG } },
	{ "balloon", IS_REACHABLE(CONFIG_VIRTIO_BALLOON), true,
	  { .id = VIRTIO_ID_BALLOON, CONFIG(zeros) } },
	{ "scsi", IS_REACHABLE(CONFIG_SCSI_VIRTIO), true,
	  { .id = VIRTIO_ID_SCSI, CONFIG(zeros), .answered = BIT(2),
	    .answer = fake_no_such_target } },
	{ "input", IS_REACHABLE(CONFIG_VIRTIO_INPUT), true,
	  { .id = VIRTIO_ID_INPUT, CONFIG(zeros) } },
	{ "vsock", IS_REACHABLE(CONFIG_VIRTIO_VSOCKETS), true,
	  { .id = VIRTIO_ID_VSOCK, CONFIG(zeros) } },
	{ "crypto", IS_REACHABLE(CONFIG_CRYPTO_DEV_VIRTIO), true,
	  { .id = VIRTIO_ID_CRYPTO, CONFIG(fake_crypto) } },
	{ "sound", IS_REACHABLE(CONFIG_SND_VIRTIO), true,
	  { .id = VIRTIO_ID_SOUND, CONFIG(zeros) } },
	{ "i2c", IS_REACHABLE(CONFIG_I2C_VIRTIO), true,
	  { .id = VIRTIO_ID_I2C_ADAPTER,
	    .features = BIT_ULL(VIRTIO_I2C_F_ZERO_LENGTH_REQUEST) } },
	{ "can", IS_REACHABLE(CONFIG_CAN_VIRTIO_CAN), true,
	  { .id = VIRTIO_ID_CAN, CONFIG(zeros), .answered = BIT(2),
	    .answer = fake_answer_zeros } },
	{ "gpu", IS_REACHABLE(CONFIG_DRM_VIRTIO_GPU), true,
	  { .id = VIRTIO_ID_GPU, CONFIG(fake_gpu), .answered = BIT(0) | BIT(1),
	    .answer = fake_answer_zeros } },
	{ "mem", IS_REACHABLE(CONFIG_VIRTIO_MEM), true,
	  { .id = VIRTIO_ID_MEM, CONFIG(fake_mem), .answered = BIT(0),
	    .answer = fake_answer_zeros } },
};

/* Their drivers cannot be suspended, or need more from a device for that. */
static const struct fake_kind fake_others[] = {
	{ "9p", IS_REACHABLE(CONFIG_NET_9P_VIRTIO), true,
	  { .id = VIRTIO_ID_9P, .features = BIT_ULL(VIRTIO_9P_MOUNT_TAG),
	    CONFIG(fake_9p) } },
	{ "gpio", IS_REACHABLE(CONFIG_GPIO_VIRTIO), true,
	  { .id = VIRTIO_ID_GPIO, CONFIG(fake_gpio), .answered = BIT(0),
	    .answer = fake_answer_zeros } },
	{ "rpmsg", IS_REACHABLE(CONFIG_RPMSG_VIRTIO), true,
	  { .id = VIRTIO_ID_RPMSG } },
	{ "rtc", IS_REACHABLE(CONFIG_VIRTIO_RTC), true,
	  { .id = VIRTIO_ID_CLOCK, CONFIG(zeros), .answered = BIT(0),
	    .answer = fake_rtc_answer } },
	{ "fs", IS_REACHABLE(CONFIG_VIRTIO_FS), false,
	  { .id = VIRTIO_ID_FS, CONFIG(fake_fs) } },
	{ "iommu", IS_REACHABLE(CONFIG_VIRTIO_IOMMU), false,
	  { .id = VIRTIO_ID_IOMMU, CONFIG(zeros),
	    .features = BIT_ULL(VIRTIO_IOMMU_F_MAP_UNMAP) } },
	{ "pmem", IS_REACHABLE(CONFIG_VIRTIO_PMEM), false,
	  { .id = VIRTIO_ID_PMEM, CONFIG(zeros) } },
	{ "nsm", IS_REACHABLE(CONFIG_NSM), false,
	  { .id = VIRTIO_ID_NITRO_SEC_MOD } },
};

KUNIT_ARRAY_PARAM_DESC(fake_suspended, fake_suspended, name);
KUNIT_ARRAY_PARAM_DESC(fake_others, fake_others, name);

static struct fake_device *fake_kind_plug(struct kunit *test, bool find_fails)
{
	const struct fake_kind *kind = test->param_value;
	struct fake_model *model;

	if (!kind->built)
		kunit_skip(test, "this kernel has no driver for it");
	model = kunit_kmalloc(test, sizeof(*model), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model);
	*model = kind->model;
	model->find_fails = find_fails;
	return fake_plug(test, model, 0, NULL);
}

static void probe_without_queues(struct kunit *test)
{
	struct fake_device *fd = fake_kind_plug(test, true);
	const struct fake_kind *kind = test->param_value;

	KUNIT_EXPECT_EQ_MSG(test, 1, fd->found, "the driver gave up before");
	KUNIT_EXPECT_NULL(test, fd->vdev.dev.driver);
	KUNIT_EXPECT_TRUE(test, list_empty(&fd->vdev.vqs));
	if (!kind->works)
		return;

	fd->find_fails = false;
	KUNIT_EXPECT_EQ(test, 1, device_attach(&fd->vdev.dev));
	KUNIT_EXPECT_EQ(test, 2, fd->found);
	KUNIT_EXPECT_TRUE(test, fd->status & VIRTIO_CONFIG_S_DRIVER_OK);
}

static void probe_others_without_queues(struct kunit *test)
{
	probe_without_queues(test);
}

#ifdef CONFIG_PM_SLEEP
static const struct fake_kind *fake_find(const struct fake_kind *kinds,
					 unsigned int num, unsigned int id)
{
	for (; num--; kinds++)
		if (kinds->model.id == id)
			return kinds;
	return NULL;
}

static const struct fake_kind *fake_kind_of(unsigned int id)
{
	return fake_find(fake_suspended, ARRAY_SIZE(fake_suspended), id) ?:
	       fake_find(fake_others, ARRAY_SIZE(fake_others), id);
}

static void restore(struct kunit *test)
{
	struct fake_device *fd = fake_kind_plug(test, false);

	fake_suspend(fd);
	KUNIT_EXPECT_EQ(test, 0, virtio_device_restore(&fd->vdev));
	KUNIT_EXPECT_EQ(test, 2, fd->found);
	KUNIT_EXPECT_TRUE(test, fd->status & VIRTIO_CONFIG_S_DRIVER_OK);
}

/* Then it is unplugged. */
static void restore_without_queues(struct kunit *test)
{
	struct fake_device *fd = fake_kind_plug(test, false);

	fake_suspend(fd);
	fake_restore_fails(fd);
}

/* The next suspend has nothing to do, and the next resume succeeds. */
static void restore_later(struct kunit *test)
{
	struct fake_device *fd = fake_kind_plug(test, false);

	fake_suspend(fd);
	fake_restore_fails(fd);
	fake_suspend(fd);
	fd->find_fails = false;
	KUNIT_EXPECT_EQ(test, 0, virtio_device_restore(&fd->vdev));
	KUNIT_EXPECT_EQ(test, 3, fd->found);
	KUNIT_EXPECT_TRUE(test, fd->status & VIRTIO_CONFIG_S_DRIVER_OK);
}

#ifdef CONFIG_NET
static struct net_device *fake_net(struct fake_device *fd)
{
	struct net_device *dev, *found = NULL;

	rtnl_lock();
	for_each_netdev(&init_net, dev)
		if (dev->dev.parent == &fd->vdev.dev)
			found = dev;
	rtnl_unlock();
	KUNIT_ASSERT_NOT_NULL(fd->test, found);
	return found;
}

/* An interface that is up: statistics are read, and it is closed */
static void restore_up_without_queues(struct kunit *test, unsigned int id)
{
	struct rtnl_link_stats64 stats;
	struct fake_device *fd;
	struct net_device *dev;

	test->param_value = fake_kind_of(id);
	fd = fake_kind_plug(test, false);
	dev = fake_net(fd);
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, 0, dev_open(dev, NULL));
	rtnl_unlock();

	fake_suspend(fd);
	fake_restore_fails(fd);
	dev_get_stats(dev, &stats);
	rtnl_lock();
	dev_close(dev);
	rtnl_unlock();
}

static void restore_net_without_queues(struct kunit *test)
{
	restore_up_without_queues(test, VIRTIO_ID_NET);
}

static void restore_can_without_queues(struct kunit *test)
{
	restore_up_without_queues(test, VIRTIO_ID_CAN);
}
#endif

/* The driver removes a clock permanently if it cannot restore it. */
static void restore_rtc_without_queues(struct kunit *test)
{
	struct fake_device *fd;

	test->param_value = fake_kind_of(VIRTIO_ID_CLOCK);
	fd = fake_kind_plug(test, false);
	KUNIT_ASSERT_NOT_NULL_MSG(test, fd->vdev.dev.driver, "no driver");
	KUNIT_ASSERT_EQ(test, 0, virtio_device_freeze(&fd->vdev));
	fake_restore_fails(fd);
	fd->find_fails = false;
	KUNIT_ASSERT_EQ(test, 0, virtio_device_freeze(&fd->vdev));
	KUNIT_EXPECT_EQ(test, -ENODEV, virtio_device_restore(&fd->vdev));
}

#if IS_BUILTIN(CONFIG_VIRTIO_DRIVERS_KUNIT_TEST)
static void fake_nothing(struct work_struct *work)
{
}

/* The device requests another size during the suspend, when no work runs. */
static void restore_work_without_queues(struct kunit *test, unsigned int id,
					const void *config)
{
	struct fake_device *fd;
	struct work_struct next;

	test->param_value = fake_kind_of(id);
	fd = fake_kind_plug(test, false);
	INIT_WORK_ONSTACK(&next, fake_nothing);
	freeze_workqueues_begin();
	/* As the freezer does, so that no earlier work runs */
	while (freeze_workqueues_busy())
		fsleep(USEC_PER_MSEC);
	fd->config = config;
	migrate_disable();
	virtio_config_changed(&fd->vdev);
	queue_work(system_freezable_wq, &next);
	migrate_enable();

	fake_suspend(fd);
	fake_restore_fails(fd);
	thaw_workqueues();
	/* The driver's work has started before this one. */
	flush_work(&next);
	destroy_work_on_stack(&next);
}

static void restore_mem_without_queues(struct kunit *test)
{
	static struct virtio_mem_config config;

	config = fake_mem;
	config.requested_size = config.region_size;
	restore_work_without_queues(test, VIRTIO_ID_MEM, &config);
}

static void restore_balloon_without_queues(struct kunit *test)
{
	restore_work_without_queues(test, VIRTIO_ID_BALLOON, fake_inflate);
}
#endif

#if IS_REACHABLE(CONFIG_SCSI_VIRTIO)
/* A command for the adapter, which still exists */
static void restore_scsi_without_queues(struct kunit *test)
{
	struct fake_device *fd;

	test->param_value = fake_kind_of(VIRTIO_ID_SCSI);
	fd = fake_kind_plug(test, false);
	fake_suspend(fd);
	fake_restore_fails(fd);
	KUNIT_EXPECT_TRUE(test, IS_ERR(__scsi_add_device(fd->vdev.priv, 0, 0,
							 0, NULL)));
}
#endif
#endif /* CONFIG_PM_SLEEP */

static struct kunit_case probe_cases[] = {
	KUNIT_CASE_PARAM(probe_without_queues, fake_suspended_gen_params),
	KUNIT_CASE_PARAM(probe_others_without_queues, fake_others_gen_params),
#ifdef CONFIG_PM_SLEEP
	KUNIT_CASE_PARAM(restore, fake_suspended_gen_params),
	KUNIT_CASE_PARAM(restore_without_queues, fake_suspended_gen_params),
	KUNIT_CASE_PARAM(restore_later, fake_suspended_gen_params),
#ifdef CONFIG_NET
	KUNIT_CASE(restore_net_without_queues),
	KUNIT_CASE(restore_can_without_queues),
#endif
	KUNIT_CASE(restore_rtc_without_queues),
#if IS_BUILTIN(CONFIG_VIRTIO_DRIVERS_KUNIT_TEST)
	KUNIT_CASE(restore_mem_without_queues),
	KUNIT_CASE(restore_balloon_without_queues),
#endif
#if IS_REACHABLE(CONFIG_SCSI_VIRTIO)
	KUNIT_CASE(restore_scsi_without_queues),
#endif
#endif
	{}
};

static struct kunit_suite probe_suite = {
	.name		= "virtio_probe",
	.test_cases	= probe_cases,
};

kunit_test_suite(probe_suite);
