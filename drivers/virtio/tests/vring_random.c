// SPDX-License-Identifier: GPL-2.0
/*
 * A long random sequence on a virtqueue, compared with a naive model.
 *
 * The model has the state of each buffer, the order in which the device must
 * see them and the driver get them, and the number of free descriptors.  The
 * seed is fixed, so that a failure can be reproduced.
 */
#include <linux/prandom.h>

#include "vring_device.h"

#define BUFFERS		24
#define SLOTS_EACH	8
#define STEPS		20000
#define RING_SIZE	16

struct fifo {
	unsigned int buffer[BUFFERS];
	unsigned int head, tail;
};

struct model {
	struct vring_device *vd;
	struct kunit *test;
	const struct vring_random_calls *calls;
	struct rnd_state rnd;
	struct vring_request *req[BUFFERS];
	enum { IDLE, ADDED, TAKEN, USED } state[BUFFERS];
	u16 id[BUFFERS];
	struct fifo added, taken, used;
	unsigned int num_free;
};

/* A number below @n */
u32 vring_random(struct rnd_state *rnd, u32 n)
{
	return prandom_u32_state(rnd) % n;
}

static void fifo_push(struct fifo *fifo, unsigned int i)
{
	fifo->buffer[fifo->tail++ % BUFFERS] = i;
}

static bool fifo_pop(struct fifo *fifo, unsigned int *i)
{
	if (fifo->head == fifo->tail)
		return false;
	*i = fifo->buffer[fifo->head++ % BUFFERS];
	return true;
}

static unsigned int descs_needed(struct model *m, unsigned int i)
{
	unsigned int nents = m->req[i]->out + m->req[i]->in;

	return m->vd->config.indirect ? 1 : nents;
}

static void do_add(struct model *m, unsigned int i)
{
	unsigned int out, in;
	int err;

	if (m->state[i] != IDLE)
		return;
	out = vring_random(&m->rnd, 4);
	in = vring_random(&m->rnd, 4) ?: !out;
	vring_request_init(m->vd, m->req[i], SLOTS_EACH * i, out, in);
	err = m->calls->add(m->vd, m->req[i], &m->rnd);
	if (descs_needed(m, i) > m->num_free) {
		KUNIT_ASSERT_EQ(m->test, -ENOSPC, err);
		return;
	}
	KUNIT_ASSERT_EQ(m->test, 0, err);
	m->num_free -= descs_needed(m, i);
	m->state[i] = ADDED;
	fifo_push(&m->added, i);
}

static void do_fail(struct model *m, unsigned int i)
{
	if (m->state[i] != IDLE)
		return;
	vring_request_init(m->vd, m->req[i], SLOTS_EACH * i, 2, 2);
	m->calls->fail(m->vd, m->req[i], &m->rnd);
}

static void do_take(struct model *m)
{
	unsigned int i;

	if (!fifo_pop(&m->added, &i)) {
		KUNIT_ASSERT_FALSE(m->test, vring_device_take(m->vd));
		return;
	}
	m->id[i] = vring_expect_available(m->vd, m->req[i]);
	m->state[i] = TAKEN;
	fifo_push(&m->taken, i);
}

static void do_complete(struct model *m, unsigned int i)
{
	/* In order, independent of the random choice */
	if (m->vd->config.in_order && !fifo_pop(&m->taken, &i))
		return;
	if (m->state[i] != TAKEN)
		return;
	vring_device_complete(m->vd, m->id[i], i);
	m->state[i] = USED;
	fifo_push(&m->used, i);
}

static void do_get(struct model *m)
{
	unsigned int i, len;

	if (!fifo_pop(&m->used, &i)) {
		KUNIT_ASSERT_NULL(m->test, virtqueue_get_buf(m->vd->vq, &len));
		return;
	}
	vring_expect_used(m->vd, m->req[i], i);
	m->num_free += descs_needed(m, i);
	m->state[i] = IDLE;
}

static void do_any(struct model *m)
{
	unsigned int i = vring_random(&m->rnd, BUFFERS);

	switch (vring_random(&m->rnd, 10)) {
	case 0 ... 2:
		do_add(m, i);
		break;
	case 3:
		do_fail(m, i);
		break;
	case 4 ... 5:
		do_take(m);
		break;
	case 6 ... 7:
		do_complete(m, i);
		break;
	case 8:
		do_get(m);
		break;
	case 9:
		virtqueue_kick(m->vd->vq);
		break;
	}
	KUNIT_ASSERT_EQ(m->test, m->num_free, m->vd->vq->num_free);
}

/* All buffers are used in the end */
static void drain(struct model *m)
{
	unsigned int i;

	while (m->added.head != m->added.tail)
		do_take(m);
	for (i = 0; i < BUFFERS; i++)
		do_complete(m, i);
	while (m->used.head != m->used.tail)
		do_get(m);
	KUNIT_EXPECT_EQ(m->test, RING_SIZE, m->num_free);
	vring_device_expect_nothing_held(m->vd);
	vring_device_expect_idle(m->vd);
}

void vring_random_run(struct kunit *test, const struct vring_random_calls *calls)
{
	unsigned int i, step;
	struct model *m;

	m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m);
	m->vd = vring_device_create(test, test->param_value, RING_SIZE);
	m->test = test;
	m->calls = calls;
	m->num_free = RING_SIZE;
	prandom_seed_state(&m->rnd, 20130219);
	for (i = 0; i < BUFFERS; i++)
		m->req[i] = vring_request_create(m->vd, SLOTS_EACH * i, 1, 1);

	for (step = 0; step < STEPS; step++) {
		vring_device_doing(m->vd, "step %u", step);
		do_any(m);
	}
	drain(m);
}
