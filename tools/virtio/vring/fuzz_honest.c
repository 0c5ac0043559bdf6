// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_honest: a device that follows the specification (device.h).  It must
 * find the buffers that were added, in order; the driver must get the buffers
 * that the device returns; and each side must notify the other one when
 * requested.
 */
#include <string.h>

#include "fuzz.h"

const bool device_is_honest = true;

/* Requests in the order in which they were added or completed */
struct fifo {
	struct request *at[MAX_REQUESTS];
	unsigned int head, nr;
};

static struct fifo not_taken, not_got;
static struct fifo not_completed;	/* by an in-order device */

static void fifo_put(struct fifo *f, struct request *req)
{
	CHECK(f->nr < MAX_REQUESTS);
	f->at[(f->head + f->nr++) % MAX_REQUESTS] = req;
}

/* The number of writable bytes; in-order devices report only the last one. */
static u32 in_len(const struct request *req)
{
	unsigned int i;
	u32 len = 0;

	for (i = 0; i < req->nr; i++)
		if (req->pieces[i].dir == DMA_FROM_DEVICE)
			len += req->pieces[i].len;
	return len;
}

static struct request *fifo_get(struct fifo *f)
{
	CHECK(f->nr);
	f->nr--;
	return f->at[f->head++ % MAX_REQUESTS];
}

/*
 * The honest device and the driver count what they have done since the last
 * reset: buffers on a split ring, descriptors on a packed one.
 */
static struct {
	u64 added, kicked, taken;
	enum { NOTIFY_ALWAYS, NOTIFY_NEVER, NOTIFY_AT } notify;
	u64 notify_at;
	enum { CALL, CALL_DELAYED, CALL_UNKNOWN, CALL_NEVER } call;
	bool called;			/* since CALL_DELAYED */
} count;

void device_reset(void)
{
	memset(&count, 0, sizeof(count));
	memset(&not_taken, 0, sizeof(not_taken));
	memset(&not_completed, 0, sizeof(not_completed));
	memset(&not_got, 0, sizeof(not_got));
	if (d.config.event && !d.config.packed)
		count.notify = NOTIFY_AT;
}

static void do_take(void)
{
	struct request *req;

	if (!vring_device_take(&d)) {
		CHECK(!not_taken.nr);
		return;
	}
	req = fifo_get(&not_taken);
	expect_chain(req);
	req->taken = true;
	req->id = d.chain.id;
	count.taken += weight(req);
	if (d.config.in_order)
		fifo_put(&not_completed, req);
}

/* The driver is called when it has asked for it. */
static void expect_call(bool nothing_waited)
{
	bool call = vring_device_must_call(&d);

	count.called |= call;
	if (count.call == CALL && nothing_waited)
		CHECK(call);
	if (count.call == CALL_DELAYED && not_got.nr == nr_added())
		CHECK(count.called);
	if (count.call == CALL_NEVER && !d.config.event)
		CHECK(!call);
}

static void completed(struct request *req, u32 len)
{
	req->used_len = len;
	req->completed = true;
	fifo_put(&not_got, req);
}

/* The oldest ones as a batch, or only the oldest */
static void complete_batch(unsigned int num, u32 len)
{
	u16 ids[MAX_REQUESTS];
	struct request *req;
	unsigned int i;

	for (i = 0; i < num; i++) {
		req = fifo_get(&not_completed);
		ids[i] = req->id;
		completed(req, i < num - 1 ? in_len(req) : len);
	}
	vring_device_complete_batch(&d, ids, num, len);
}

static void do_complete(void)
{
	unsigned int i, first = get(MAX_REQUESTS);
	bool nothing_waited = !not_got.nr;
	struct request *req;

	if (not_completed.nr) {
		complete_batch(1 + first % not_completed.nr, get_u16());
		return expect_call(nothing_waited);
	}
	for (i = 0; i < MAX_REQUESTS; i++) {
		req = &requests[(first + i) % MAX_REQUESTS];
		if (req->added && req->taken && !req->completed)
			break;
	}
	if (i == MAX_REQUESTS)
		return;
	completed(req, get_u16());
	vring_device_complete(&d, req->id, req->used_len);
	expect_call(nothing_waited);
}

/* Now each side has processed everything. */
void device_settle(void)
{
	while (not_taken.nr)
		do_take();
	while (get_one())
		;
	if (!not_got.nr)
		CHECK(vring_device_idle(&d));
}

static void do_want(void)
{
	u8 how = get_byte();

	if (d.config.event && how & 1) {
		how = how / 2 % d.size;
		vring_device_notify_at(&d, how);
		count.notify = NOTIFY_AT;
		count.notify_at = count.taken + how;
		return;
	}
	vring_device_want_notify(&d, how & 2);
	if (d.config.packed || !d.config.event)
		count.notify = how & 2 ? NOTIFY_ALWAYS : NOTIFY_NEVER;
}

/* Has the driver passed where the device requested a notification? */
static void expect_kick(bool kicked)
{
	u64 at = count.notify_at;

	if (count.notify != NOTIFY_AT) {
		CHECK(kicked == (count.notify == NOTIFY_ALWAYS));
		return;
	}
	/* In a packed ring, only positions within a lap can be compared. */
	if (d.config.packed && (count.added - count.kicked > d.size ||
				at + d.size < count.added))
		return;
	CHECK(kicked == (at >= count.kicked && at < count.added));
}

/*
 * What the driver has done
 */

void device_added(struct request *req, bool disturbed)
{
	count.added += weight(req);
	fifo_put(&not_taken, req);
}

void device_got(struct request *req, u32 len)
{
	CHECK(req == fifo_get(&not_got));
	CHECK(len == req->used_len);
	if (count.call != CALL_NEVER)
		count.call = CALL;
}

void device_got_none(bool broken)
{
	CHECK(broken || !not_got.nr);
}

void device_kicked(bool kicked)
{
	if (!virtqueue_is_broken(d.vq))
		expect_kick(kicked);
	count.kicked = count.added;
}

/* @quiet: there was nothing to get; has no meaning for a broken queue */
void device_callbacks(bool enabled, bool delayed, bool quiet)
{
	bool broken = virtqueue_is_broken(d.vq), none = !not_got.nr;

	if (!enabled) {
		count.call = CALL_NEVER;
	} else if (!delayed) {
		CHECK(broken || quiet == none);
		count.call = CALL;
	} else if (!broken) {
		/* There is no callback if everything is already used. */
		CHECK(quiet ? none || not_got.nr < nr_added() : !none);
		count.call = quiet ? CALL_DELAYED : CALL_UNKNOWN;
		count.called = false;
	}
}

void device_interrupted(bool work)
{
	CHECK(work == !!not_got.nr);
}

bool device_disturbs(void)
{
	return false;
}

const struct operation device_operations[DEVICE_OPERATIONS] = {
	{ "take", do_take }, { "take", do_take }, { "take", do_take },
	{ "complete", do_complete }, { "complete", do_complete },
	{ "settle", device_settle },
	{ "want", do_want },
};
