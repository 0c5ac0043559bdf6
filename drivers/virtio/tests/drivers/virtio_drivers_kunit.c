// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for virtio drivers whose devices are rarely available.
 *
 * These do not test the ring, see virtio_ring_kunit.c for that.
 */
#include <kunit/test.h>
#include <linux/gpio/consumer.h>
#include <linux/gpio/driver.h>
#include <linux/gpio/machine.h>
#include <linux/i2c.h>
#include <linux/interrupt.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/rpmsg.h>
#include <linux/rpmsg/ns.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_i2c.h>
#include <linux/virtio_ids.h>
#include <sound/control.h>
#include <sound/core.h>
#include <sound/pcm.h>
#include <sound/pcm_params.h>
#include <uapi/linux/virtio_gpio.h>
#include <uapi/linux/virtio_snd.h>

#include "fake_device.h"

KUNIT_ARRAY_PARAM_DESC(fake_ring, fake_rings, name);

/*
 * I2C
 */

#define FAKE_I2C_MSGS	12

struct fake_i2c {
	struct virtio_i2c_out_hdr hdr[FAKE_I2C_MSGS];
	size_t written[FAKE_I2C_MSGS];		/* to the I2C device, */
	size_t read[FAKE_I2C_MSGS];		/* and from it */
	u8 data[FAKE_I2C_MSGS][8];
	unsigned int num;
	unsigned int bad;			/* the message that fails, + 1 */
};

static void fake_i2c_answer(struct fake_queue *q)
{
	struct fake_i2c *i2c = q->fd->state;
	unsigned int i = i2c->num++;
	struct virtio_i2c_in_hdr status = { VIRTIO_I2C_MSG_OK };

	if (i >= FAKE_I2C_MSGS) {
		KUNIT_FAIL(q->fd->test, "too many messages");
		return;
	}
	if (i2c->num == i2c->bad)
		status.status = VIRTIO_I2C_MSG_ERR;

	fake_read(q, &i2c->hdr[i], sizeof(i2c->hdr[i]));
	i2c->written[i] = fake_readable(q);
	i2c->read[i] = fake_writable(q) - sizeof(status);
	if (i2c->written[i])
		fake_read(q, i2c->data[i], min(i2c->written[i], 8UL));
	if (i2c->read[i])
		fake_write(q, i2c->data[i], min(i2c->read[i], 8UL));
	fake_write(q, &status, sizeof(status));
	fake_expect_exhausted(q);
}

static const struct fake_model fake_i2c_model = {
	.id		= VIRTIO_ID_I2C_ADAPTER,
	.features	= BIT_ULL(VIRTIO_I2C_F_ZERO_LENGTH_REQUEST),
	.answered	= BIT(0),
	.answer		= fake_i2c_answer,
};

static int fake_i2c_found(struct device *dev, void *data)
{
	struct i2c_adapter **adapter = data;

	*adapter = i2c_verify_adapter(dev);
	return !!*adapter;
}

/* It stays while the driver is bound. */
static struct i2c_adapter *fake_i2c_adapter(struct fake_device *fd)
{
	struct i2c_adapter *adapter = NULL;

	device_for_each_child(&fd->vdev.dev, &adapter, fake_i2c_found);
	KUNIT_ASSERT_NOT_NULL(fd->test, adapter);
	return adapter;
}

static void fake_i2c_expect(struct kunit *test, struct fake_i2c *i2c,
			    unsigned int i, unsigned int addr, u32 flags,
			    size_t written, size_t read)
{
	KUNIT_EXPECT_EQ(test, addr << 1, le16_to_cpu(i2c->hdr[i].addr));
	KUNIT_EXPECT_EQ(test, 0, le16_to_cpu(i2c->hdr[i].padding));
	KUNIT_EXPECT_EQ(test, flags, le32_to_cpu(i2c->hdr[i].flags));
	KUNIT_EXPECT_EQ(test, written, i2c->written[i]);
	KUNIT_EXPECT_EQ(test, read, i2c->read[i]);
}

/* A write, a read and a message without data, in one transfer */
static void i2c_test_transfer(struct kunit *test)
{
	struct fake_i2c *i2c = kunit_kzalloc(test, sizeof(*i2c), GFP_KERNEL);
	u8 out[] = { 1, 2, 3 }, *in = kunit_kzalloc(test, 4, GFP_KERNEL);
	struct i2c_msg msgs[] = {
		{ .addr = 0x50, .len = sizeof(out), .buf = out },
		{ .addr = 0x51, .len = 4, .buf = in,
		  .flags = I2C_M_RD | I2C_M_DMA_SAFE },
		{ .addr = 0x52, },
	};
	struct fake_device *fd;

	KUNIT_ASSERT_NOT_NULL(test, i2c);
	KUNIT_ASSERT_NOT_NULL(test, in);
	memcpy(i2c->data[1], "read", 4);
	fd = fake_register(test, &fake_i2c_model, i2c);

	KUNIT_EXPECT_EQ(test, 3, i2c_transfer(fake_i2c_adapter(fd), msgs, 3));
	KUNIT_ASSERT_EQ(test, 3, i2c->num);
	fake_i2c_expect(test, i2c, 0, 0x50, VIRTIO_I2C_FLAGS_FAIL_NEXT, 3, 0);
	fake_i2c_expect(test, i2c, 1, 0x51, VIRTIO_I2C_FLAGS_FAIL_NEXT |
			VIRTIO_I2C_FLAGS_M_RD, 0, 4);
	fake_i2c_expect(test, i2c, 2, 0x52, 0, 0, 0);
	KUNIT_EXPECT_MEMEQ(test, i2c->data[0], out, sizeof(out));
	KUNIT_EXPECT_MEMEQ(test, in, "read", 4);
}

/* Messages after a failed one are ignored */
static void i2c_test_failure(struct kunit *test)
{
	struct fake_i2c *i2c = kunit_kzalloc(test, sizeof(*i2c), GFP_KERNEL);
	u8 in[2] = { };
	struct i2c_msg msgs[] = {
		{ .addr = 0x50, .len = 1, .buf = &in[0], .flags = I2C_M_RD },
		{ .addr = 0x50, .len = 1, .buf = &in[1], .flags = I2C_M_RD },
		{ .addr = 0x50, },
	};
	struct fake_device *fd;

	KUNIT_ASSERT_NOT_NULL(test, i2c);
	memset(i2c->data, 'x', sizeof(i2c->data));
	i2c->bad = 2;
	fd = fake_register(test, &fake_i2c_model, i2c);

	KUNIT_EXPECT_EQ(test, 1, i2c_transfer(fake_i2c_adapter(fd), msgs, 3));
	KUNIT_EXPECT_EQ(test, 3, i2c->num);
	KUNIT_EXPECT_MEMEQ(test, in, "x", sizeof(in));
}

/*
 * A transfer that does not fit into the ring is cut short: the messages that
 * were added are transferred, and the ring is empty afterwards.
 */
static void i2c_test_ring_full(struct kunit *test)
{
	const struct fake_ring *ring = test->param_value;
	struct fake_i2c *i2c = kunit_kzalloc(test, sizeof(*i2c), GFP_KERNEL);
	int fit = ring->features ? FAKE_RING_SIZE : FAKE_RING_SIZE / 3;
	struct i2c_msg msgs[FAKE_RING_SIZE + 1];
	struct fake_device *fd;
	u8 byte = 5;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, i2c);
	for (i = 0; i < ARRAY_SIZE(msgs); i++)
		msgs[i] = (struct i2c_msg) { .addr = i, .len = 1, .buf = &byte };
	fd = fake_register(test, &fake_i2c_model, i2c);

	/* The device is notified of a full ring while the driver adds. */
	fd->deaf = 1;
	KUNIT_EXPECT_EQ(test, fit, i2c_transfer(fake_i2c_adapter(fd), msgs,
						ARRAY_SIZE(msgs)));
	KUNIT_EXPECT_EQ(test, 0, fd->deaf);
	KUNIT_EXPECT_EQ(test, fit, i2c->num);
	for (i = 0; i < fit; i++)
		fake_i2c_expect(test, i2c, i, i, VIRTIO_I2C_FLAGS_FAIL_NEXT,
				1, 0);

	i2c->num = 0;
	KUNIT_EXPECT_EQ(test, 2, i2c_transfer(fake_i2c_adapter(fd), msgs, 2));
}

#ifdef CONFIG_PM_SLEEP
static void i2c_test_no_queue(struct kunit *test)
{
	struct fake_i2c *i2c = kunit_kzalloc(test, sizeof(*i2c), GFP_KERNEL);
	struct i2c_msg msg = { .addr = 0x50, };
	struct i2c_adapter *adapter;
	struct fake_device *fd;

	KUNIT_ASSERT_NOT_NULL(test, i2c);
	fd = fake_register(test, &fake_i2c_model, i2c);
	adapter = fake_i2c_adapter(fd);
	fake_suspend(fd);
	fake_restore_fails(fd);
	KUNIT_EXPECT_EQ(test, -ESHUTDOWN, i2c_transfer(adapter, &msg, 1));
	KUNIT_EXPECT_EQ(test, 0, i2c->num);
}
#endif

static struct kunit_case i2c_cases[] = {
	KUNIT_CASE_PARAM(i2c_test_transfer, fake_ring_gen_params),
	KUNIT_CASE_PARAM(i2c_test_failure, fake_ring_gen_params),
	KUNIT_CASE_PARAM(i2c_test_ring_full, fake_ring_gen_params),
#ifdef CONFIG_PM_SLEEP
	KUNIT_CASE_PARAM(i2c_test_no_queue, fake_ring_gen_params),
#endif
	{}
};

static struct kunit_suite i2c_suite = {
	.name		= "virtio_i2c",
	.test_cases	= i2c_cases,
};

/*
 * GPIO
 */

#define FAKE_GPIO_LINES	4
#define FAKE_GPIO_NAMES	"zero\0one\0\0three"

struct fake_gpio {
	u8 direction[FAKE_GPIO_LINES];
	u8 value[FAKE_GPIO_LINES];
	u8 irq_type[FAKE_GPIO_LINES];
	bool fails;
};

static void fake_gpio_names(struct fake_queue *q)
{
	u8 status = VIRTIO_GPIO_STATUS_OK;

	fake_write(q, &status, sizeof(status));
	fake_write(q, FAKE_GPIO_NAMES, sizeof(FAKE_GPIO_NAMES));
}

/* Get or set one of a line's properties */
static u8 *fake_gpio_property(struct fake_gpio *gpio, u16 type, u16 line)
{
	if (line >= FAKE_GPIO_LINES)
		return NULL;
	switch (type) {
	case VIRTIO_GPIO_MSG_GET_DIRECTION:
	case VIRTIO_GPIO_MSG_SET_DIRECTION:
		return &gpio->direction[line];
	case VIRTIO_GPIO_MSG_GET_VALUE:
	case VIRTIO_GPIO_MSG_SET_VALUE:
		return &gpio->value[line];
	case VIRTIO_GPIO_MSG_IRQ_TYPE:
		return &gpio->irq_type[line];
	default:
		return NULL;
	}
}

static void fake_gpio_answer(struct fake_queue *q)
{
	struct virtio_gpio_response res = { VIRTIO_GPIO_STATUS_OK };
	struct fake_gpio *gpio = q->fd->state;
	struct virtio_gpio_request req;
	u16 type, line;
	u8 *property;

	fake_read(q, &req, sizeof(req));
	type = le16_to_cpu(req.type);
	line = le16_to_cpu(req.gpio);
	if (type == VIRTIO_GPIO_MSG_GET_NAMES) {
		fake_gpio_names(q);
		fake_expect_exhausted(q);
		return;
	}

	property = fake_gpio_property(gpio, type, line);
	if (!property)
		KUNIT_FAIL(q->fd->test, "request %u for line %u", type, line);
	if (!property || gpio->fails)
		res.status = VIRTIO_GPIO_STATUS_ERR;
	else if (type == VIRTIO_GPIO_MSG_GET_DIRECTION ||
		 type == VIRTIO_GPIO_MSG_GET_VALUE)
		res.value = *property;
	else
		*property = le32_to_cpu(req.value);
	fake_write(q, &res, sizeof(res));
	fake_expect_exhausted(q);
}

static const struct virtio_gpio_config fake_gpio_config = {
	.ngpio			= cpu_to_le16(FAKE_GPIO_LINES),
	.gpio_names_size	= cpu_to_le32(sizeof(FAKE_GPIO_NAMES)),
};

static const struct fake_model fake_gpio_model = {
	.id		= VIRTIO_ID_GPIO,
	.features	= BIT_ULL(VIRTIO_GPIO_F_IRQ),
	.config		= &fake_gpio_config,
	.config_size	= sizeof(fake_gpio_config),
	.answered	= BIT(0),
	.answer		= fake_gpio_answer,
};

static struct gpio_chip *fake_gpio_chip(struct fake_device *fd)
{
	struct gpio_device *gdev;

	gdev = gpio_device_find_by_label(dev_name(&fd->vdev.dev));
	KUNIT_ASSERT_NOT_NULL(fd->test, gdev);
	gpio_device_put(gdev);	/* it stays while the driver is bound */
	return gpio_device_get_chip(gdev);
}

static struct gpio_desc *fake_gpio_line(struct fake_device *fd,
					unsigned int line)
{
	struct gpio_desc *desc;

	desc = gpiochip_request_own_desc(fake_gpio_chip(fd), line, "kunit",
					 GPIO_LOOKUP_FLAGS_DEFAULT, GPIOD_ASIS);
	KUNIT_ASSERT_FALSE(fd->test, IS_ERR(desc));
	return desc;
}

/* The driver asks for names and directions when it is bound. */
static void gpio_test_probe(struct kunit *test)
{
	struct fake_gpio *gpio = kunit_kzalloc(test, sizeof(*gpio), GFP_KERNEL);
	struct gpio_chip *gc;

	KUNIT_ASSERT_NOT_NULL(test, gpio);
	memset(gpio->direction, VIRTIO_GPIO_DIRECTION_IN, FAKE_GPIO_LINES);
	gpio->direction[3] = VIRTIO_GPIO_DIRECTION_OUT;
	gc = fake_gpio_chip(fake_register(test, &fake_gpio_model, gpio));

	KUNIT_EXPECT_EQ(test, FAKE_GPIO_LINES, gc->ngpio);
	KUNIT_EXPECT_STREQ(test, "zero", gc->names[0]);
	KUNIT_EXPECT_STREQ(test, "one", gc->names[1]);
	KUNIT_EXPECT_STREQ(test, "", gc->names[2]);
	KUNIT_EXPECT_STREQ(test, "three", gc->names[3]);
	KUNIT_EXPECT_EQ(test, GPIO_LINE_DIRECTION_IN, gc->get_direction(gc, 1));
	KUNIT_EXPECT_EQ(test, GPIO_LINE_DIRECTION_OUT, gc->get_direction(gc, 3));
}

static void gpio_test_lines(struct kunit *test)
{
	struct fake_gpio *gpio = kunit_kzalloc(test, sizeof(*gpio), GFP_KERNEL);
	struct gpio_desc *desc;

	KUNIT_ASSERT_NOT_NULL(test, gpio);
	memset(gpio->direction, VIRTIO_GPIO_DIRECTION_IN, FAKE_GPIO_LINES);
	desc = fake_gpio_line(fake_register(test, &fake_gpio_model, gpio), 2);

	KUNIT_EXPECT_EQ(test, 0, gpiod_direction_output(desc, 1));
	KUNIT_EXPECT_EQ(test, VIRTIO_GPIO_DIRECTION_OUT, gpio->direction[2]);
	KUNIT_EXPECT_EQ(test, 1, gpio->value[2]);
	gpiod_set_value_cansleep(desc, 0);
	KUNIT_EXPECT_EQ(test, 0, gpio->value[2]);

	KUNIT_EXPECT_EQ(test, 0, gpiod_direction_input(desc));
	KUNIT_EXPECT_EQ(test, VIRTIO_GPIO_DIRECTION_IN, gpio->direction[2]);
	KUNIT_EXPECT_EQ(test, 0, gpiod_get_value_cansleep(desc));
	gpio->value[2] = 1;
	KUNIT_EXPECT_EQ(test, 1, gpiod_get_value_cansleep(desc));

	gpio->fails = true;
	KUNIT_EXPECT_EQ(test, -EINVAL, gpiod_get_value_cansleep(desc));
	KUNIT_EXPECT_EQ(test, -EINVAL, gpiod_direction_output(desc, 0));
	gpio->fails = false;

	gpiochip_free_own_desc(desc);
	KUNIT_EXPECT_EQ(test, VIRTIO_GPIO_DIRECTION_NONE, gpio->direction[2]);
}

static irqreturn_t fake_gpio_irq(int irq, void *count)
{
	++*(unsigned int *)count;
	return IRQ_HANDLED;
}

/* The driver has one buffer waiting for the next interrupt of line @line. */
static void fake_gpio_raise(struct fake_device *fd, unsigned int line)
{
	struct virtio_gpio_irq_response res = { VIRTIO_GPIO_IRQ_STATUS_VALID };
	struct fake_queue *q = &fd->queues[1];
	struct virtio_gpio_irq_request req;
	unsigned long flags;

	KUNIT_ASSERT_TRUE(fd->test, fake_take(q));
	fake_read(q, &req, sizeof(req));
	fake_write(q, &res, sizeof(res));
	fake_expect_exhausted(q);
	KUNIT_EXPECT_EQ(fd->test, line, le16_to_cpu(req.gpio));

	local_irq_save(flags);
	fake_complete(q);
	local_irq_restore(flags);
}

static void gpio_test_interrupt(struct kunit *test)
{
	struct fake_gpio *gpio = kunit_kzalloc(test, sizeof(*gpio), GFP_KERNEL);
	unsigned int count = 0, i;
	struct gpio_desc *desc;
	struct fake_device *fd;
	int irq;

	KUNIT_ASSERT_NOT_NULL(test, gpio);
	memset(gpio->direction, VIRTIO_GPIO_DIRECTION_IN, FAKE_GPIO_LINES);
	fd = fake_register(test, &fake_gpio_model, gpio);
	desc = fake_gpio_line(fd, 1);
	KUNIT_EXPECT_EQ(test, 0, gpiod_direction_input(desc));
	irq = gpiod_to_irq(desc);
	KUNIT_ASSERT_GT(test, irq, 0);

	KUNIT_EXPECT_FALSE(test, fake_take(&fd->queues[1]));
	KUNIT_ASSERT_EQ(test, 0, request_irq(irq, fake_gpio_irq,
					     IRQF_TRIGGER_RISING, "kunit",
					     &count));
	KUNIT_EXPECT_EQ(test, VIRTIO_GPIO_IRQ_TYPE_EDGE_RISING,
			gpio->irq_type[1]);
	/* More often than the ring has descriptors */
	for (i = 1; i <= 2 * FAKE_RING_SIZE; i++) {
		fake_gpio_raise(fd, 1);
		KUNIT_EXPECT_EQ(test, i, count);
	}
	free_irq(irq, &count);
	KUNIT_EXPECT_EQ(test, VIRTIO_GPIO_IRQ_TYPE_NONE, gpio->irq_type[1]);
	gpiochip_free_own_desc(desc);
}

static struct kunit_case gpio_cases[] = {
	KUNIT_CASE_PARAM(gpio_test_probe, fake_ring_gen_params),
	KUNIT_CASE_PARAM(gpio_test_lines, fake_ring_gen_params),
	KUNIT_CASE_PARAM(gpio_test_interrupt, fake_ring_gen_params),
	{}
};

static struct kunit_suite gpio_suite = {
	.name		= "virtio_gpio",
	.test_cases	= gpio_cases,
};

/*
 * rpmsg
 */

#define FAKE_RPMSG_BUF	512	/* bytes, as defined by the driver */
#define FAKE_RPMSG_PEER	0x400	/* our address */
#define FAKE_RPMSG_NAME	"virtio-kunit"
#define FAKE_RPMSG_F_NS	0	/* name service, not exported by the driver */

struct fake_rpmsg_hdr {
	__le32 src;
	__le32 dst;
	__le32 reserved;
	__le16 len;
	__le16 flags;
} __packed;

/* The last message received at either end, and the number of messages */
struct fake_rpmsg_end {
	unsigned int num;
	u32 src, dst;
	unsigned int len;
	u8 data[FAKE_RPMSG_BUF];
};

struct fake_rpmsg {
	struct rpmsg_device *rpdev;
	struct fake_rpmsg_end device, driver;
};

/* The driver of the channel has no other way to find it */
static struct fake_rpmsg *fake_rpmsg;

static void fake_rpmsg_answer(struct fake_queue *q)
{
	struct fake_rpmsg *rpmsg = q->fd->state;
	struct fake_rpmsg_end *end = &rpmsg->device;
	struct fake_rpmsg_hdr hdr;

	fake_read(q, &hdr, sizeof(hdr));
	end->num++;
	end->src = le32_to_cpu(hdr.src);
	end->dst = le32_to_cpu(hdr.dst);
	end->len = le16_to_cpu(hdr.len);
	KUNIT_EXPECT_EQ(q->fd->test, 0, le32_to_cpu(hdr.reserved));
	KUNIT_EXPECT_EQ(q->fd->test, 0, le16_to_cpu(hdr.flags));
	KUNIT_EXPECT_EQ(q->fd->test, end->len, fake_readable(q));
	fake_read(q, end->data, min(end->len, FAKE_RPMSG_BUF));
	fake_expect_exhausted(q);
}

static const struct fake_model fake_rpmsg_model = {
	.id		= VIRTIO_ID_RPMSG,
	.features	= BIT_ULL(FAKE_RPMSG_F_NS),
	.answered	= BIT(1),
	.answer		= fake_rpmsg_answer,
};

/* Send a message to the driver */
static void fake_rpmsg_send(struct fake_device *fd, u32 dst, const void *data,
			    unsigned int len)
{
	struct fake_rpmsg_hdr hdr = {
		.src = cpu_to_le32(FAKE_RPMSG_PEER),
		.dst = cpu_to_le32(dst),
		.len = cpu_to_le16(len),
	};
	struct fake_queue *q = &fd->queues[0];

	KUNIT_ASSERT_TRUE_MSG(fd->test, fake_take(q), "no buffer to receive");
	KUNIT_EXPECT_EQ(fd->test, 0, fake_readable(q));
	KUNIT_EXPECT_EQ(fd->test, FAKE_RPMSG_BUF, fake_writable(q));
	fake_write(q, &hdr, sizeof(hdr));
	fake_write(q, data, len);
	fake_complete(q);
}

static int fake_rpmsg_probe(struct rpmsg_device *rpdev)
{
	fake_rpmsg->rpdev = rpdev;
	return 0;
}

static int fake_rpmsg_callback(struct rpmsg_device *rpdev, void *data, int len,
			       void *priv, u32 src)
{
	struct fake_rpmsg_end *end = &fake_rpmsg->driver;

	end->num++;
	end->src = src;
	end->len = len;
	memcpy(end->data, data, min_t(size_t, len, sizeof(end->data)));
	return 0;
}

static void fake_rpmsg_remove(struct rpmsg_device *rpdev)
{
	fake_rpmsg->rpdev = NULL;
}

static const struct rpmsg_device_id fake_rpmsg_ids[] = {
	{ .name = FAKE_RPMSG_NAME },
	{}
};

static struct rpmsg_driver fake_rpmsg_driver = {
	.drv.name	= FAKE_RPMSG_NAME,
	.id_table	= fake_rpmsg_ids,
	.probe		= fake_rpmsg_probe,
	.callback	= fake_rpmsg_callback,
	.remove		= fake_rpmsg_remove,
};

static void fake_rpmsg_announce(struct fake_device *fd, u32 flags)
{
	struct rpmsg_ns_msg msg = {
		.name	= FAKE_RPMSG_NAME,
		.addr	= (__force __rpmsg32)cpu_to_le32(FAKE_RPMSG_PEER),
		.flags	= (__force __rpmsg32)cpu_to_le32(flags),
	};

	fake_rpmsg_send(fd, RPMSG_NS_ADDR, &msg, sizeof(msg));
}

static int rpmsg_test_init(struct kunit *test)
{
	return register_rpmsg_driver(&fake_rpmsg_driver);
}

static void rpmsg_test_exit(struct kunit *test)
{
	unregister_rpmsg_driver(&fake_rpmsg_driver);
}

/* A device that has announced its channel, with a driver bound to that */
static struct fake_device *fake_rpmsg_register(struct kunit *test)
{
	struct fake_device *fd;

	fake_rpmsg = kunit_kzalloc(test, sizeof(*fake_rpmsg), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake_rpmsg);
	fd = fake_register(test, &fake_rpmsg_model, fake_rpmsg);
	fake_rpmsg_announce(fd, RPMSG_NS_CREATE);
	KUNIT_ASSERT_NOT_NULL(test, fake_rpmsg->rpdev);
	return fd;
}

static void rpmsg_test_channel(struct kunit *test)
{
	struct fake_device *fd = fake_rpmsg_register(test);

	KUNIT_EXPECT_EQ(test, FAKE_RPMSG_PEER, fake_rpmsg->rpdev->dst);
	fake_rpmsg_announce(fd, RPMSG_NS_DESTROY);
	KUNIT_EXPECT_NULL(test, fake_rpmsg->rpdev);
}

/* More messages than there are buffers: each is used again. */
static void rpmsg_test_send(struct kunit *test)
{
	struct fake_rpmsg_end *got;
	struct rpmsg_endpoint *ept;
	unsigned int i, len;
	u8 data[64];

	fake_rpmsg_register(test);
	got = &fake_rpmsg->device;
	ept = fake_rpmsg->rpdev->ept;
	for (i = 1; i <= 3 * FAKE_RING_SIZE; i++) {
		len = 2 * i;
		memset(data, i, len);
		KUNIT_ASSERT_EQ(test, 0, rpmsg_send(ept, data, len));
		KUNIT_EXPECT_EQ(test, i, got->num);
		KUNIT_EXPECT_EQ(test, ept->addr, got->src);
		KUNIT_EXPECT_EQ(test, FAKE_RPMSG_PEER, got->dst);
		KUNIT_ASSERT_EQ(test, len, got->len);
		KUNIT_EXPECT_MEMEQ(test, got->data, data, len);
	}
}

static void rpmsg_test_receive(struct kunit *test)
{
	struct fake_device *fd = fake_rpmsg_register(test);
	struct fake_rpmsg_end *got = &fake_rpmsg->driver;
	u32 addr = fake_rpmsg->rpdev->ept->addr;
	unsigned int i, len;
	u8 data[64];

	for (i = 1; i <= 3 * FAKE_RING_SIZE; i++) {
		len = 2 * i;
		memset(data, i, len);
		fake_rpmsg_send(fd, addr, data, len);
		KUNIT_EXPECT_EQ(test, i, got->num);
		KUNIT_EXPECT_EQ(test, FAKE_RPMSG_PEER, got->src);
		KUNIT_ASSERT_EQ(test, len, got->len);
		KUNIT_EXPECT_MEMEQ(test, got->data, data, len);
	}
}

/* Until the device answers, there are as many buffers as the ring holds. */
static void rpmsg_test_full(struct kunit *test)
{
	struct fake_device *fd = fake_rpmsg_register(test);
	struct rpmsg_endpoint *ept = fake_rpmsg->rpdev->ept;
	unsigned int i;

	fd->deaf = UINT_MAX;
	for (i = 0; i < FAKE_RING_SIZE; i++)
		KUNIT_EXPECT_EQ(test, 0, rpmsg_trysend(ept, "full", 4));
	KUNIT_EXPECT_EQ(test, -ENOMEM, rpmsg_trysend(ept, "over", 4));

	fd->deaf = 0;
	fake_answer_all(&fd->queues[1]);
	KUNIT_EXPECT_EQ(test, FAKE_RING_SIZE, fake_rpmsg->device.num);
	KUNIT_EXPECT_MEMEQ(test, fake_rpmsg->device.data, "full", 4);
	KUNIT_EXPECT_EQ(test, 0, rpmsg_trysend(ept, "more", 4));
	KUNIT_EXPECT_MEMEQ(test, fake_rpmsg->device.data, "more", 4);
}

static struct kunit_case rpmsg_cases[] = {
	KUNIT_CASE_PARAM(rpmsg_test_channel, fake_ring_gen_params),
	KUNIT_CASE_PARAM(rpmsg_test_send, fake_ring_gen_params),
	KUNIT_CASE_PARAM(rpmsg_test_receive, fake_ring_gen_params),
	KUNIT_CASE_PARAM(rpmsg_test_full, fake_ring_gen_params),
	{}
};

static struct kunit_suite rpmsg_suite = {
	.name		= "virtio_rpmsg",
	.init		= rpmsg_test_init,
	.exit		= rpmsg_test_exit,
	.test_cases	= rpmsg_cases,
};

/*
 * Sound
 */

#define FAKE_SND_VOLUME	"kunit Volume"
#define FAKE_SND_SOURCE	"kunit Source"
#define FAKE_SND_JACK	"Headphone Jack"	/* used by the code below */
#define FAKE_SND_HP_OUT	(0x2 << 20)		/* HD Audio, 7.3.3.31 */
#define FAKE_SND_PERIOD	2560			/* bytes; the second one is */
#define FAKE_SND_BUFFER	(2 * FAKE_SND_PERIOD)	/* on two pages */

struct fake_snd {
	struct virtio_snd_ctl_value value;	/* of both controls */
	u8 tlv[64];
	size_t tlv_len;
	u32 status;				/* not 0: answer this */
	struct virtio_snd_pcm_set_params params;	/* last set */
	u32 command, stream;			/* the last one for a stream */
};

static const struct virtio_snd_config fake_snd_config = {
	.jacks		= cpu_to_le32(1),
	.streams	= cpu_to_le32(2),
	.controls	= cpu_to_le32(2),
};

static const struct virtio_snd_jack_info fake_snd_jacks[] = {
	{ .hda_reg_defconf = cpu_to_le32(FAKE_SND_HP_OUT), .connected = 1 },
};

#define FAKE_SND_STREAM(_direction)					\
	{								\
		.formats = cpu_to_le64(BIT(VIRTIO_SND_PCM_FMT_S16)),	\
		.rates = cpu_to_le64(BIT(VIRTIO_SND_PCM_RATE_8000)),	\
		.direction = _direction,				\
		.channels_min = 1,					\
		.channels_max = 2,					\
	}

static const struct virtio_snd_pcm_info fake_snd_streams[] = {
	FAKE_SND_STREAM(VIRTIO_SND_D_OUTPUT),
	FAKE_SND_STREAM(VIRTIO_SND_D_INPUT),
};

static const struct virtio_snd_ctl_info fake_snd_controls[] = {
	{
		.type	= cpu_to_le32(VIRTIO_SND_CTL_TYPE_INTEGER),
		.access	= cpu_to_le32(BIT(VIRTIO_SND_CTL_ACCESS_READ) |
				      BIT(VIRTIO_SND_CTL_ACCESS_WRITE) |
				      BIT(VIRTIO_SND_CTL_ACCESS_TLV_READ) |
				      BIT(VIRTIO_SND_CTL_ACCESS_TLV_WRITE)),
		.count	= cpu_to_le32(2),
		.name	= FAKE_SND_VOLUME,
		.value.integer.max = cpu_to_le32(100),
	},
	{
		.type	= cpu_to_le32(VIRTIO_SND_CTL_TYPE_ENUMERATED),
		.access	= cpu_to_le32(BIT(VIRTIO_SND_CTL_ACCESS_READ)),
		.count	= cpu_to_le32(1),
		.name	= FAKE_SND_SOURCE,
		.value.enumerated.items = cpu_to_le32(2),
	},
};

static const struct virtio_snd_ctl_enum_item fake_snd_sources[] = {
	{ "Line" }, { "Mic" },
};

/* All items are requested at once; they follow the status. */
static void fake_snd_info(struct fake_queue *q, const void *info, u32 count,
			  u32 size)
{
	struct virtio_snd_query_info query;

	fake_read(q, &query.start_id, sizeof(query) - sizeof(query.hdr));
	KUNIT_EXPECT_EQ(q->fd->test, 0, le32_to_cpu(query.start_id));
	KUNIT_EXPECT_EQ(q->fd->test, count, le32_to_cpu(query.count));
	KUNIT_EXPECT_EQ(q->fd->test, size, le32_to_cpu(query.size));
	fake_write(q, info, count * size);
}

static void fake_snd_control(struct fake_queue *q, u32 code)
{
	struct fake_snd *snd = q->fd->state;
	__le32 id;

	fake_read(q, &id, sizeof(id));
	KUNIT_EXPECT_EQ(q->fd->test, code == VIRTIO_SND_R_CTL_ENUM_ITEMS,
			le32_to_cpu(id));
	switch (code) {
	case VIRTIO_SND_R_CTL_ENUM_ITEMS:
		fake_write(q, fake_snd_sources, sizeof(fake_snd_sources));
		break;
	case VIRTIO_SND_R_CTL_READ:
		fake_write(q, &snd->value, sizeof(snd->value));
		break;
	case VIRTIO_SND_R_CTL_WRITE:
		fake_read(q, &snd->value, sizeof(snd->value));
		break;
	case VIRTIO_SND_R_CTL_TLV_READ:
		fake_write(q, snd->tlv, snd->tlv_len);
		break;
	case VIRTIO_SND_R_CTL_TLV_WRITE:
		snd->tlv_len = min(fake_readable(q), sizeof(snd->tlv));
		fake_read(q, snd->tlv, snd->tlv_len);
		break;
	}
}

static void fake_snd_stream(struct fake_queue *q, u32 code)
{
	struct fake_snd *snd = q->fd->state;
	__le32 id;

	fake_read(q, &id, sizeof(id));
	snd->command = code;
	snd->stream = le32_to_cpu(id);
	if (code == VIRTIO_SND_R_PCM_SET_PARAMS)
		fake_read(q, &snd->params.buffer_bytes,
			  sizeof(snd->params) - sizeof(snd->params.hdr));
}

static void fake_snd_answer(struct fake_queue *q)
{
	struct virtio_snd_hdr hdr, status = {
		.code = cpu_to_le32(VIRTIO_SND_S_OK)
	};
	struct fake_snd *snd = q->fd->state;

	fake_read(q, &hdr, sizeof(hdr));
	if (snd->status) {
		status.code = cpu_to_le32(snd->status);
		fake_write(q, &status, sizeof(status));
		return;
	}

	fake_write(q, &status, sizeof(status));
	switch (le32_to_cpu(hdr.code)) {
	case VIRTIO_SND_R_JACK_INFO:
		fake_snd_info(q, fake_snd_jacks, ARRAY_SIZE(fake_snd_jacks),
			      sizeof(*fake_snd_jacks));
		break;
	case VIRTIO_SND_R_PCM_INFO:
		fake_snd_info(q, fake_snd_streams, ARRAY_SIZE(fake_snd_streams),
			      sizeof(*fake_snd_streams));
		break;
	case VIRTIO_SND_R_CTL_INFO:
		fake_snd_info(q, fake_snd_controls,
			      ARRAY_SIZE(fake_snd_controls),
			      sizeof(*fake_snd_controls));
		break;
	case VIRTIO_SND_R_PCM_SET_PARAMS ... VIRTIO_SND_R_PCM_STOP:
		fake_snd_stream(q, le32_to_cpu(hdr.code));
		break;
	default:
		fake_snd_control(q, le32_to_cpu(hdr.code));
	}
	fake_expect_exhausted(q);
}

static const struct fake_model fake_snd_model = {
	.id		= VIRTIO_ID_SOUND,
	.features	= BIT_ULL(VIRTIO_SND_F_CTLS),
	.config		= &fake_snd_config,
	.config_size	= sizeof(fake_snd_config),
	.answered	= BIT(VIRTIO_SND_VQ_CONTROL),
	.answer		= fake_snd_answer,
};

static struct snd_card *fake_snd_card(struct fake_device *fd)
{
	struct snd_card *card;
	int i;

	for (i = 0; i < SNDRV_CARDS; i++) {
		card = snd_card_ref(i);
		if (!card)
			continue;
		snd_card_unref(card);	/* it stays while the driver is bound */
		if (card->dev == &fd->vdev.dev)
			return card;
	}
	KUNIT_FAIL_AND_ABORT(fd->test, "no sound card");
	return NULL;
}

static struct snd_kcontrol *fake_snd_kcontrol(struct fake_device *fd,
					      const char *name)
{
	struct snd_kcontrol *kcontrol;

	list_for_each_entry(kcontrol, &fake_snd_card(fd)->controls, list) {
		if (!strcmp(kcontrol->id.name, name))
			return kcontrol;
	}
	KUNIT_FAIL_AND_ABORT(fd->test, "no control %s", name);
	return NULL;
}

static struct fake_device *fake_snd_register(struct kunit *test)
{
	struct fake_snd *snd = kunit_kzalloc(test, sizeof(*snd), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, snd);
	return fake_register(test, &fake_snd_model, snd);
}

/* The driver creates controls and devices from what it reads at probe. */
static void snd_test_probe(struct kunit *test)
{
	struct fake_device *fd = fake_snd_register(test);
	struct snd_kcontrol *kcontrol = fake_snd_kcontrol(fd, FAKE_SND_SOURCE);
	struct snd_ctl_elem_info *info;

	info = kunit_kzalloc(test, sizeof(*info), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, info);
	info->value.enumerated.item = 1;
	KUNIT_EXPECT_EQ(test, 0, kcontrol->info(kcontrol, info));
	KUNIT_EXPECT_EQ(test, 2, info->value.enumerated.items);
	KUNIT_EXPECT_STREQ(test, "Mic", info->value.enumerated.name);

	kcontrol = fake_snd_kcontrol(fd, FAKE_SND_VOLUME);
	KUNIT_EXPECT_EQ(test, 0, kcontrol->info(kcontrol, info));
	KUNIT_EXPECT_EQ(test, 2, info->count);
	KUNIT_EXPECT_EQ(test, 100, info->value.integer.max);

	KUNIT_EXPECT_FALSE(test, list_empty(&fake_snd_card(fd)->devices));
}

static void snd_test_control(struct kunit *test)
{
	struct fake_device *fd = fake_snd_register(test);
	struct snd_kcontrol *kcontrol = fake_snd_kcontrol(fd, FAKE_SND_VOLUME);
	struct fake_snd *snd = fd->state;
	struct snd_ctl_elem_value *value;

	value = kunit_kzalloc(test, sizeof(*value), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, value);
	snd->value.value.integer[1] = cpu_to_le32(55);
	KUNIT_EXPECT_EQ(test, 0, kcontrol->get(kcontrol, value));
	KUNIT_EXPECT_EQ(test, 0, value->value.integer.value[0]);
	KUNIT_EXPECT_EQ(test, 55, value->value.integer.value[1]);

	value->value.integer.value[0] = 66;
	KUNIT_EXPECT_EQ(test, 0, kcontrol->put(kcontrol, value));
	KUNIT_EXPECT_EQ(test, 66, le32_to_cpu(snd->value.value.integer[0]));
	KUNIT_EXPECT_EQ(test, 55, le32_to_cpu(snd->value.value.integer[1]));

	snd->status = VIRTIO_SND_S_NOT_SUPP;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, kcontrol->get(kcontrol, value));
	snd->status = VIRTIO_SND_S_BAD_MSG;
	KUNIT_EXPECT_EQ(test, -EINVAL, kcontrol->put(kcontrol, value));
}

/* The only message with readable data after its request */
static void snd_test_tlv(struct kunit *test)
{
	struct fake_device *fd = fake_snd_register(test);
	struct snd_kcontrol *kcontrol = fake_snd_kcontrol(fd, FAKE_SND_VOLUME);
	struct fake_snd *snd = fd->state;
	unsigned int __user *user;
	char tlv[24] = "write";

	user = (void __user *)kunit_vm_mmap(test, NULL, 0, PAGE_SIZE,
					    PROT_READ | PROT_WRITE,
					    MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NOT_NULL(test, (__force void *)user);
	KUNIT_ASSERT_EQ(test, 0, copy_to_user(user, tlv, sizeof(tlv)));
	KUNIT_EXPECT_EQ(test, 0, kcontrol->tlv.c(kcontrol,
						 SNDRV_CTL_TLV_OP_WRITE,
						 sizeof(tlv), user));
	KUNIT_EXPECT_EQ(test, sizeof(tlv), snd->tlv_len);
	KUNIT_EXPECT_MEMEQ(test, snd->tlv, tlv, sizeof(tlv));

	strscpy(snd->tlv, "read");
	KUNIT_EXPECT_EQ(test, 0, kcontrol->tlv.c(kcontrol,
						 SNDRV_CTL_TLV_OP_READ,
						 sizeof(tlv), user));
	KUNIT_ASSERT_EQ(test, 0, copy_from_user(tlv, user, sizeof(tlv)));
	KUNIT_EXPECT_MEMEQ(test, snd->tlv, tlv, sizeof(tlv));
}

static void fake_snd_event(struct fake_device *fd, u32 code)
{
	struct virtio_snd_event event = { .hdr.code = cpu_to_le32(code) };
	struct fake_queue *q = &fd->queues[VIRTIO_SND_VQ_EVENT];

	KUNIT_ASSERT_TRUE_MSG(fd->test, fake_take(q), "no buffer for an event");
	fake_write(q, &event, sizeof(event));
	fake_expect_exhausted(q);
	fake_complete(q);
}

/* More events than buffers */
static void snd_test_event(struct kunit *test)
{
	struct fake_device *fd = fake_snd_register(test);
	struct snd_kcontrol *kcontrol = fake_snd_kcontrol(fd, FAKE_SND_JACK);
	struct snd_ctl_elem_value *value;
	unsigned int i;

	value = kunit_kzalloc(test, sizeof(*value), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, value);
	KUNIT_EXPECT_EQ(test, 0, kcontrol->get(kcontrol, value));
	KUNIT_EXPECT_EQ(test, 1, value->value.integer.value[0]);
	for (i = 0; i < 3 * FAKE_RING_SIZE; i++) {
		fake_snd_event(fd, i % 2 ? VIRTIO_SND_EVT_JACK_CONNECTED :
					   VIRTIO_SND_EVT_JACK_DISCONNECTED);
		KUNIT_EXPECT_EQ(test, 0, kcontrol->get(kcontrol, value));
		KUNIT_EXPECT_EQ(test, i % 2, value->value.integer.value[0]);
	}
}

static void fake_snd_close(void *data)
{
	struct snd_pcm_substream *substream = data;

	mutex_lock(&substream->pcm->open_mutex);
	snd_pcm_release_substream(substream);
	mutex_unlock(&substream->pcm->open_mutex);
}

static struct snd_pcm_substream *fake_snd_open(struct fake_device *fd,
					       int direction)
{
	struct file *file = kunit_kzalloc(fd->test, sizeof(*file), GFP_KERNEL);
	struct snd_pcm_substream *substream = NULL;
	struct snd_device *dev;
	struct snd_pcm *pcm;

	KUNIT_ASSERT_NOT_NULL(fd->test, file);
	list_for_each_entry(dev, &fake_snd_card(fd)->devices, list) {
		if (dev->type != SNDRV_DEV_PCM)
			continue;
		pcm = dev->device_data;
		mutex_lock(&pcm->open_mutex);
		snd_pcm_open_substream(pcm, direction, file, &substream);
		mutex_unlock(&pcm->open_mutex);
		break;
	}
	KUNIT_ASSERT_NOT_NULL(fd->test, substream);
	KUNIT_ASSERT_EQ(fd->test, 0, kunit_add_action_or_reset(fd->test,
							       fake_snd_close,
							       substream));
	return substream;
}

static void fake_snd_set(struct snd_pcm_hw_params *params,
			 snd_pcm_hw_param_t param, unsigned int value)
{
	*hw_param_interval(params, param) = (struct snd_interval) {
		.min = value, .max = value, .integer = 1,
	};
}

/* A stream with two channels of 16 bits, 8 kHz and two periods, prepared */
static struct snd_pcm_substream *fake_snd_prepare(struct fake_device *fd,
						  int direction)
{
	struct snd_pcm_substream *substream = fake_snd_open(fd, direction);
	struct snd_pcm_hw_params *params;

	params = kunit_kzalloc(fd->test, sizeof(*params), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(fd->test, params);
	_snd_pcm_hw_params_any(params);
	snd_mask_none(hw_param_mask(params, SNDRV_PCM_HW_PARAM_ACCESS));
	snd_mask_set(hw_param_mask(params, SNDRV_PCM_HW_PARAM_ACCESS),
		     (__force int)SNDRV_PCM_ACCESS_RW_INTERLEAVED);
	fake_snd_set(params, SNDRV_PCM_HW_PARAM_CHANNELS, 2);
	fake_snd_set(params, SNDRV_PCM_HW_PARAM_RATE, 8000);
	fake_snd_set(params, SNDRV_PCM_HW_PARAM_PERIOD_BYTES, FAKE_SND_PERIOD);
	fake_snd_set(params, SNDRV_PCM_HW_PARAM_PERIODS, 2);
	KUNIT_ASSERT_EQ(fd->test, 0,
			snd_pcm_kernel_ioctl(substream,
					     SNDRV_PCM_IOCTL_HW_PARAMS,
					     params));
	KUNIT_ASSERT_EQ(fd->test, 0,
			snd_pcm_kernel_ioctl(substream, SNDRV_PCM_IOCTL_PREPARE,
					     NULL));
	return substream;
}

static void fake_snd_expect(struct fake_device *fd, u32 command, u32 stream)
{
	struct fake_snd *snd = fd->state;

	KUNIT_EXPECT_EQ(fd->test, command, snd->command);
	KUNIT_EXPECT_EQ(fd->test, stream, snd->stream);
	KUNIT_EXPECT_EQ(fd->test, FAKE_SND_BUFFER,
			le32_to_cpu(snd->params.buffer_bytes));
	KUNIT_EXPECT_EQ(fd->test, FAKE_SND_PERIOD,
			le32_to_cpu(snd->params.period_bytes));
	KUNIT_EXPECT_EQ(fd->test, 2, snd->params.channels);
	KUNIT_EXPECT_EQ(fd->test, VIRTIO_SND_PCM_FMT_S16, snd->params.format);
	KUNIT_EXPECT_EQ(fd->test, VIRTIO_SND_PCM_RATE_8000, snd->params.rate);
}

/* Transfer the next period of @stream, at @data. */
static void fake_snd_transfer(struct fake_device *fd, unsigned int queue,
			      u32 stream, u8 *data)
{
	struct virtio_snd_pcm_status status = {
		.status = cpu_to_le32(VIRTIO_SND_S_OK),
	};
	struct fake_queue *q = &fd->queues[queue];
	struct virtio_snd_pcm_xfer xfer;

	KUNIT_ASSERT_TRUE(fd->test, fake_take(q));
	fake_read(q, &xfer, sizeof(xfer));
	KUNIT_EXPECT_EQ(fd->test, stream, le32_to_cpu(xfer.stream_id));
	if (queue == VIRTIO_SND_VQ_TX)
		fake_read(q, data, FAKE_SND_PERIOD);
	else
		fake_write(q, data, FAKE_SND_PERIOD);
	fake_write(q, &status, sizeof(status));
	fake_expect_exhausted(q);
	fake_complete(q);
}

/*
 * Streams are stopped before the device answers, so that the driver has no
 * work to do in the background.
 */
static void fake_snd_stop(struct fake_device *fd,
			  struct snd_pcm_substream *substream)
{
	KUNIT_EXPECT_EQ(fd->test, 0,
			snd_pcm_kernel_ioctl(substream, SNDRV_PCM_IOCTL_DROP,
					     NULL));
}

static u8 *fake_snd_samples(struct kunit *test)
{
	u8 *samples = kunit_kzalloc(test, FAKE_SND_BUFFER, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, samples);
	for (i = 0; i < FAKE_SND_BUFFER; i++)
		samples[i] = i * 7 + i / 256;
	return samples;
}

static void snd_test_playback(struct kunit *test)
{
	struct fake_device *fd = fake_snd_register(test);
	u8 *samples = fake_snd_samples(test);
	u8 *got = kunit_kzalloc(test, FAKE_SND_BUFFER, GFP_KERNEL);
	struct snd_pcm_substream *substream;

	KUNIT_ASSERT_NOT_NULL(test, got);
	substream = fake_snd_prepare(fd, SNDRV_PCM_STREAM_PLAYBACK);
	fake_snd_expect(fd, VIRTIO_SND_R_PCM_PREPARE, 0);
	KUNIT_EXPECT_EQ(test, FAKE_SND_BUFFER / 4,
			snd_pcm_kernel_write(substream, samples,
					     FAKE_SND_BUFFER / 4));
	fake_snd_expect(fd, VIRTIO_SND_R_PCM_START, 0);

	fake_snd_stop(fd, substream);
	fake_snd_expect(fd, VIRTIO_SND_R_PCM_STOP, 0);
	fake_snd_transfer(fd, VIRTIO_SND_VQ_TX, 0, got);
	fake_snd_transfer(fd, VIRTIO_SND_VQ_TX, 0, got + FAKE_SND_PERIOD);
	KUNIT_EXPECT_FALSE(test, fake_take(&fd->queues[VIRTIO_SND_VQ_TX]));
	KUNIT_EXPECT_MEMEQ(test, got, samples, FAKE_SND_BUFFER);
}

static void snd_test_capture(struct kunit *test)
{
	struct fake_device *fd = fake_snd_register(test);
	u8 *samples = fake_snd_samples(test);
	struct snd_pcm_substream *substream;

	substream = fake_snd_prepare(fd, SNDRV_PCM_STREAM_CAPTURE);
	fake_snd_expect(fd, VIRTIO_SND_R_PCM_PREPARE, 1);
	KUNIT_EXPECT_FALSE(test, fake_take(&fd->queues[VIRTIO_SND_VQ_RX]));
	KUNIT_EXPECT_EQ(test, 0,
			snd_pcm_kernel_ioctl(substream, SNDRV_PCM_IOCTL_START,
					     NULL));
	fake_snd_expect(fd, VIRTIO_SND_R_PCM_START, 1);

	fake_snd_stop(fd, substream);
	fake_snd_transfer(fd, VIRTIO_SND_VQ_RX, 1, samples);
	fake_snd_transfer(fd, VIRTIO_SND_VQ_RX, 1, samples + FAKE_SND_PERIOD);
	KUNIT_EXPECT_FALSE(test, fake_take(&fd->queues[VIRTIO_SND_VQ_RX]));
	KUNIT_EXPECT_MEMEQ(test, substream->runtime->dma_area, samples,
			   FAKE_SND_BUFFER);
}

static struct kunit_case snd_cases[] = {
	KUNIT_CASE_PARAM(snd_test_probe, fake_ring_gen_params),
	KUNIT_CASE_PARAM(snd_test_control, fake_ring_gen_params),
	KUNIT_CASE_PARAM(snd_test_tlv, fake_ring_gen_params),
	KUNIT_CASE_PARAM(snd_test_event, fake_ring_gen_params),
	KUNIT_CASE_PARAM(snd_test_playback, fake_ring_gen_params),
	KUNIT_CASE_PARAM(snd_test_capture, fake_ring_gen_params),
	{}
};

static struct kunit_suite snd_suite = {
	.name		= "virtio_snd",
	.test_cases	= snd_cases,
};

kunit_test_suites(&i2c_suite, &gpio_suite, &rpmsg_suite, &snd_suite);

MODULE_DESCRIPTION("KUnit tests for virtio drivers");
MODULE_LICENSE("GPL");
