// SPDX-License-Identifier: GPL-2.0
/*
 * Test whether the device is notified if there is no room for a buffer.
 *
 * The base notifies on split rings if the device reads any piece of the buffer,
 * and never on packed ones.  Every call must do the same on the base's ring and
 * on ours, on rings that are full, nearly full, have no memory for a table, or
 * are broken.  Calls that the base does not have are compared with its
 * virtqueue_add_sgs().
 */
#include <string.h>

#include "test.h"

#define SIZE	4
#define PIECES	3

/*
 * virtqueue_start_buf() does not know whether there will be pieces that the
 * device reads.  Most buffers have one, so it always notifies where the base
 * may.
 */
#define START_NOTIFIES(config)	(!(config)->packed)

static struct buffer full[SIZE], buf;
static unsigned long nr_refused, nr_notified;

enum room { NO_ROOM, TOO_LITTLE, NO_TABLE, ENOUGH, BROKEN, NR_ROOMS };

static const char *const room_name[] = {
	"full", "nearly full", "nearly full, no memory for a table",
	"with enough room", "broken",
};

static void drop(struct buffer *b)
{
	if (d.config.premapped)
		buffer_unmap(b, &d);
}

static void init(struct buffer *b, unsigned int out, unsigned int in)
{
	buffer_init(b, out, in, NULL);
	if (d.config.premapped)
		CHECK(buffer_map(b, &d));
}

/* @left descriptors are free. */
static void fill(unsigned int left)
{
	unsigned int i;

	for (i = 0; i < SIZE - left; i++) {
		init(&full[i], 0, 1);
		CHECK(!buffer_add(&full[i], &d, BUFFER_SGS));
	}
	CHECK(!d.notified && d.vq->num_free == left);
}

struct outcome {
	int err;
	unsigned int notified;
};

static struct outcome try_on(const struct vring_ops *ring,
			     const struct vring_config *config, enum room room,
			     unsigned int out, unsigned int in,
			     enum buffer_way way)
{
	unsigned int left = room == NO_ROOM ? 0 :
			    room == ENOUGH ? out + in : out + in - 1;
	struct outcome outcome;
	struct buffer *b;

	test_create(ring, config);
	snprintf(doing, sizeof(doing), "%s, %u + %u pieces by %s",
		 room_name[room], out, in, buffer_way_name[way]);
	fill(left);
	init(&buf, out, in);
	if (room == BROKEN)
		ring->__virtqueue_break(d.vq);
	vring_device_keep_nothing(&d);
	inject_fail(&account.alloc, room == NO_TABLE);
	outcome.err = buffer_add(&buf, &d, way);
	outcome.notified = d.notified;
	inject_fail(&account.alloc, 0);
	if (outcome.err)
		drop(&buf);
	nr_refused += !!outcome.err;
	nr_notified += outcome.notified;
	while ((b = ring->virtqueue_detach_unused_buf(d.vq)))
		drop(b);
	test_destroy();
	return outcome;
}

static void try_buffer(const struct vring_config *config, enum room room,
		       unsigned int out, unsigned int in, enum buffer_way way)
{
	bool start = buffer_way_starts(way);
	struct outcome base, ours;

	base = try_on(&vring_base, config, room, out, in,
		      way < BUFFER_LISTS ? way : BUFFER_SGS);
	ours = try_on(&vring_series, config, room, out, in, way);
	CHECK(ours.err == base.err);
	if (start && base.err == -ENOSPC)
		CHECK(ours.notified == START_NOTIFIES(config));
	else
		CHECK(ours.notified == base.notified);
	/* The known behaviour of the base */
	CHECK(base.notified == (base.err == -ENOSPC && out && !config->packed));
}

int main(int argc, char **argv)
{
	struct vring_config config;
	unsigned int n, room, pieces, out, way;

	if (argc > 1) {
		fprintf(stderr, "Usage: %s\n", argv[0]);
		return 2;
	}
	for (n = 0; test_config(&n, SIZE, &config);) {
		for (pieces = 1; pieces <= PIECES; pieces++) {
			for (out = 0; out <= pieces; out++) {
				for (way = 0; way < NR_BUFFER_WAYS; way++) {
					d.ops = &vring_series;
					d.config = config;
					buffer_init(&buf, out, pieces - out,
						    NULL);
					if (!buffer_fits(&buf, &d, way))
						continue;
					for (room = 0; room < NR_ROOMS; room++)
						try_buffer(&config, room, out,
							   pieces - out, way);
				}
			}
		}
	}
	CHECK(nr_refused && nr_notified);
	printf("full: %lu buffers refused, %lu notifications, %lu checks, all as they should be\n",
	       nr_refused, nr_notified, nr_checks);
	return 0;
}
