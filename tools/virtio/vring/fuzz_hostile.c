// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_hostile: a device that writes arbitrary data to all memory that it can
 * access, between any two operations of the driver, and between the pieces of a
 * buffer.  The driver side must stay correct.  Writes in the middle of an
 * operation are not tested here.
 */
#include <string.h>

#include "fuzz.h"

const bool device_is_honest;

/*
 * A new buffer must be correct, whatever was in the ring before, unless the
 * hostile device has written to it while it was built.
 */
void device_added(struct request *req, bool disturbed)
{
	struct vring_position *pos = &d.avail;

	memset(d.owner, 0, d.size * sizeof(d.owner[0]));
	memset(d.in_flight, 0, d.size * sizeof(d.in_flight[0]));
	d.nr_in_flight = 0;
	d.wrong = NULL;
	if (!disturbed) {
		CHECK(vring_device_take(&d));
		expect_chain(req);
		req->table_len = d.chain.table_len;
		if (req->table_len)
			req->table = d.config.dma ?
				dma_to_virt(&d.parent, d.chain.table,
					    req->table_len, DMA_TO_DEVICE) :
				phys_to_virt(d.chain.table);
		return;
	}
	pos->pos += weight(req);
	if (d.config.packed && pos->pos >= d.size) {
		pos->pos -= d.size;
		pos->wrap = !pos->wrap;
	}
}

static u64 get_value(void)
{
	static const u16 interesting[] = {
		0, 1, 2, 3, 4, 5, 7, 8, 0x80, 0x8000, 0x8080, 0x7fff, 0xffff,
	};
	u8 how = get_byte();

	if (how < 0x80)
		return interesting[how % ARRAY_SIZE(interesting)];
	if (how < 0xc0)
		return get_u16();
	return (u64)get_u16() << 48 | (u64)get_u16() << 32 | how * 0x01010101U;
}

static void write_somewhere(void *area, size_t size)
{
	static const size_t widths[] = { 1, 2, 2, 2, 4, 4, 8, 8 };
	size_t width = widths[get(ARRAY_SIZE(widths))];
	size_t at = get_u16() % size / width * width;
	u64 value = get_value();

	if (at + width <= size)
		memcpy(area + at, &value, width);
}

static void hostile_write(void)
{
	struct request *req = &requests[get(MAX_REQUESTS)];
	size_t event = sizeof(struct vring_packed_desc_event);
	bool packed = d.config.packed;

	switch (get(8)) {
	case 0:
	case 1:
	case 2:
		return write_somewhere(d.desc_area, 16 * d.size);
	case 3:
		return write_somewhere(d.driver_area, packed ? event :
				       6 + 2 * d.size);
	case 4:
	case 5:
		return write_somewhere(d.device_area, packed ? event :
				       6 + 8 * d.size);
	case 6:
		if (req->added && req->table)
			return write_somewhere(req->table, req->table_len);
		write_somewhere(arena, ARENA);
		return;
	default:
		write_somewhere(arena, ARENA);
	}
}

/* A well-formed response to an arbitrary buffer */
static void hostile_answer(void)
{
	u32 id = get_byte();

	if (id >= 0xf0)
		id = get_value();
	else
		id %= d.size;
	vring_device_put_used(&d, id, get_u16(), get(d.size) + 1);
}

bool device_disturbs(void)
{
	bool disturbs = get_byte() & 1;

	if (disturbs)
		hostile_write();
	return disturbs;
}

/* This device ignores all other operations of the driver. */
void device_reset(void) {}
void device_got(struct request *req, u32 len) {}
void device_got_none(bool broken) {}
void device_kicked(bool kicked) {}
void device_callbacks(bool enabled, bool delayed, bool quiet) {}
void device_interrupted(bool work) {}
void device_settle(void) {}

const struct operation device_operations[DEVICE_OPERATIONS] = {
	{ "write", hostile_write }, { "write", hostile_write },
	{ "write", hostile_write }, { "write", hostile_write },
	{ "answer", hostile_answer }, { "answer", hostile_answer },
	{ "answer", hostile_answer },
};
