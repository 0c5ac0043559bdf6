// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for virtio-console: data that is spliced to a port arrives, even
 * if there are other writers.
 */
#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/cdev.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pipe_fs_i.h>
#include <linux/virtio.h>
#include <linux/virtio_console.h>
#include <linux/virtio_ids.h>

#include "fake_device.h"

KUNIT_ARRAY_PARAM_DESC(fake_ring, fake_rings, name);

/* The queues of a device with one port */
enum {
	FAKE_PORT_IN,
	FAKE_PORT_OUT,
	FAKE_CONTROL_IN,
	FAKE_CONTROL_OUT,
};

#define FAKE_PAGES	(2 * FAKE_RING_SIZE)

struct fake_console {
	struct completion ready;	/* once per PORT_READY */
	size_t len;
	u8 data[FAKE_PAGES * PAGE_SIZE];
};

/*
 * The device
 */

/* Record what the guest writes to the port. */
static void fake_console_receive(struct fake_queue *q)
{
	struct fake_console *console = q->fd->state;
	size_t len = fake_readable(q);

	if (console->len + len > sizeof(console->data)) {
		KUNIT_FAIL(q->fd->test, "more data than there was");
		return;
	}
	fake_read(q, console->data + console->len, len);
	console->len += len;
}

static void fake_console_answer(struct fake_queue *q)
{
	struct fake_console *console = q->fd->state;
	struct virtio_console_control control;

	if (q->vq->index == FAKE_PORT_OUT) {
		fake_console_receive(q);
		return;
	}
	fake_read(q, &control, sizeof(control));
	if (virtio16_to_cpu(q->vq->vdev, control.event) ==
	    VIRTIO_CONSOLE_PORT_READY)
		complete(&console->ready);
}

static const struct virtio_console_config fake_console_config = {
	.max_nr_ports = FAKE_VIRTIO32(1),
};

static const struct fake_model fake_console_model = {
	.id		= VIRTIO_ID_CONSOLE,
	.features	= BIT_ULL(VIRTIO_CONSOLE_F_MULTIPORT),
	.config		= &fake_console_config,
	.config_size	= sizeof(fake_console_config),
	.answered	= BIT(FAKE_PORT_OUT) | BIT(FAKE_CONTROL_OUT),
	.answer		= fake_console_answer,
};

static void fake_console_control(struct fake_device *fd, u16 event)
{
	struct fake_queue *q = &fd->queues[FAKE_CONTROL_IN];
	struct virtio_console_control control = {
		.event = FAKE_VIRTIO16(event),
		.value = FAKE_VIRTIO16(1),
	};

	KUNIT_ASSERT_TRUE(fd->test, fake_take(q));
	fake_write(q, &control, sizeof(control));
	fake_complete(q);
}

/*
 * A port whose other end is open.  The driver handles events in their order,
 * and answers the first and the last of these.
 */
static struct fake_device *fake_console_register(struct kunit *test)
{
	struct fake_console *console;
	struct fake_device *fd;

	console = kunit_kzalloc(test, sizeof(*console), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, console);
	init_completion(&console->ready);
	fd = fake_register(test, &fake_console_model, console);

	fake_console_control(fd, VIRTIO_CONSOLE_PORT_ADD);
	fake_console_control(fd, VIRTIO_CONSOLE_PORT_OPEN);
	fake_console_control(fd, VIRTIO_CONSOLE_PORT_ADD);
	wait_for_completion(&console->ready);
	wait_for_completion(&console->ready);
	return fd;
}

/*
 * The port's character device, opened without a file system
 */

struct fake_file {
	struct inode inode;
	struct file file;
};

static int fake_port_devt(struct device *dev, void *data)
{
	dev_t *devt = data;

	*devt = dev->devt;
	return !!dev->devt;
}

static void fake_port_close(void *data)
{
	struct fake_file *f = data;
	struct cdev *cdev = f->inode.i_cdev;
	struct module *owner = cdev->owner;

	f->file.f_op->release(&f->inode, &f->file);
	fops_put(f->file.f_op);
	list_del_init(&f->inode.i_devices);
	kobject_put(&cdev->kobj);
	module_put(owner);
}

static struct file *fake_port_open(struct fake_device *fd, unsigned int flags)
{
	struct fake_file *f = kunit_kzalloc(fd->test, sizeof(*f), GFP_KERNEL);
	dev_t devt = 0;

	KUNIT_ASSERT_NOT_NULL(fd->test, f);
	device_for_each_child(&fd->vdev.dev, &devt, fake_port_devt);
	KUNIT_ASSERT_NE(fd->test, 0, devt);
	inode_init_once(&f->inode);
	init_special_inode(&f->inode, S_IFCHR, devt);
	f->file.f_flags = flags;
	KUNIT_ASSERT_EQ(fd->test, 0, f->inode.i_fop->open(&f->inode, &f->file));
	KUNIT_ASSERT_EQ(fd->test, 0, kunit_add_action_or_reset(fd->test,
							       fake_port_close,
							       f));
	return &f->file;
}

/*
 * Private pipes of whole pages
 */

struct fake_pipe {
	struct pipe_inode_info pipe;
	struct pipe_buffer bufs[FAKE_PAGES];
	struct fake_device *fd;
	struct file *to;
	/* Is spliced to the same port when the first page of this one is taken */
	struct fake_pipe *between;
};

static void fake_pipe_release(struct pipe_inode_info *pipe,
			      struct pipe_buffer *buf)
{
	put_page(buf->page);
}

static ssize_t fake_splice(struct fake_pipe *p)
{
	loff_t pos = 0;

	return p->to->f_op->splice_write(&p->pipe, p->to, &pos,
					 FAKE_PAGES * PAGE_SIZE, 0);
}

/* The device does not yet see what is added in between. */
static bool fake_pipe_steal(struct pipe_inode_info *pipe, struct pipe_buffer *buf)
{
	struct fake_pipe *p = container_of(pipe, struct fake_pipe, pipe);
	struct fake_pipe *between = p->between;

	p->between = NULL;
	if (between) {
		p->fd->deaf = 1;
		KUNIT_EXPECT_EQ(p->fd->test, PAGE_SIZE, fake_splice(between));
	}
	return false;
}

static const struct pipe_buf_operations fake_pipe_ops = {
	.release	= fake_pipe_release,
	.try_steal	= fake_pipe_steal,
};

/* Each page has a different value, from @first on. */
static struct fake_pipe *fake_pipe_create(struct fake_device *fd,
					  struct file *to, unsigned int pages,
					  u8 first)
{
	struct fake_pipe *p = kunit_kzalloc(fd->test, sizeof(*p), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(fd->test, p);
	p->fd = fd;
	p->to = to;
	p->pipe.bufs = p->bufs;
	p->pipe.ring_size = FAKE_PAGES;
	p->pipe.max_usage = FAKE_PAGES;
	init_waitqueue_head(&p->pipe.rd_wait);
	init_waitqueue_head(&p->pipe.wr_wait);
	for (i = 0; i < pages; i++) {
		struct page *page = alloc_page(GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(fd->test, page);
		memset(page_address(page), first + i, PAGE_SIZE);
		p->bufs[i] = (struct pipe_buffer) {
			.page = page, .len = PAGE_SIZE, .ops = &fake_pipe_ops,
		};
	}
	p->pipe.head = pages;
	return p;
}

/* Drop what is left in it */
static unsigned int fake_pipe_drain(struct fake_pipe *p)
{
	unsigned int left = 0;

	while (p->pipe.tail != p->pipe.head) {
		fake_pipe_release(&p->pipe, &p->bufs[p->pipe.tail]);
		p->pipe.tail++;
		left++;
	}
	return left;
}

/* These pages arrived in this order, from @first on */
static void fake_console_expect(struct fake_device *fd, unsigned int pages,
				u8 first)
{
	struct fake_console *console = fd->state;
	unsigned int i;

	KUNIT_ASSERT_EQ(fd->test, pages * PAGE_SIZE, console->len);
	for (i = 0; i < pages; i++)
		KUNIT_EXPECT_NULL(fd->test,
				  memchr_inv(console->data + i * PAGE_SIZE,
					     first + i, PAGE_SIZE));
}

/*
 * Cases
 */

/*
 * There is room for all pages when they are taken out of the pipe, but not when
 * they are added.
 */
static void splice_race(struct kunit *test)
{
	struct fake_device *fd = fake_console_register(test);
	struct file *port = fake_port_open(fd, O_NONBLOCK);
	struct fake_pipe *p = fake_pipe_create(fd, port, FAKE_RING_SIZE, 2);

	p->between = fake_pipe_create(fd, port, 1, 1);
	KUNIT_EXPECT_EQ(test, FAKE_RING_SIZE * PAGE_SIZE, fake_splice(p));
	KUNIT_EXPECT_EQ(test, 0, fake_pipe_drain(p));
	fake_console_expect(fd, FAKE_RING_SIZE + 1, 1);
}

/*
 * One descriptor is left: with an indirect table all pages are sent, without
 * one only one page is sent, and the rest stays in the pipe.
 */
static void splice_nearly_full(struct kunit *test)
{
	const struct fake_ring *ring = test->param_value;
	struct fake_device *fd = fake_console_register(test);
	struct file *port = fake_port_open(fd, O_NONBLOCK);
	unsigned int i, taken = ring->features ? FAKE_RING_SIZE : 1;
	struct fake_pipe *p;

	fd->deaf = UINT_MAX;
	for (i = 0; i < FAKE_RING_SIZE - 1; i++) {
		p = fake_pipe_create(fd, port, 1, 1 + i);
		KUNIT_EXPECT_EQ(test, PAGE_SIZE, fake_splice(p));
	}
	p = fake_pipe_create(fd, port, FAKE_RING_SIZE, FAKE_RING_SIZE);
	KUNIT_EXPECT_EQ(test, taken * PAGE_SIZE, fake_splice(p));
	KUNIT_EXPECT_EQ(test, FAKE_RING_SIZE - taken, fake_pipe_drain(p));

	p = fake_pipe_create(fd, port, 1, 1);
	KUNIT_EXPECT_EQ(test, -EAGAIN, fake_splice(p));
	KUNIT_EXPECT_EQ(test, 1, fake_pipe_drain(p));

	fd->deaf = 0;
	fake_answer_all(&fd->queues[FAKE_PORT_OUT]);
	fake_console_expect(fd, FAKE_RING_SIZE - 1 + taken, 1);
}

static struct kunit_case console_cases[] = {
	KUNIT_CASE_PARAM(splice_race, fake_ring_gen_params),
	KUNIT_CASE_PARAM(splice_nearly_full, fake_ring_gen_params),
	{}
};

static struct kunit_suite console_suite = {
	.name		= "virtio_console",
	.test_cases	= console_cases,
};

kunit_test_suite(console_suite);
