// SPDX-License-Identifier: GPL-2.0
/*
 * Measure the cost of one request for a driver.
 *
 * Several ways to add the same request to the ring of this tree and of another
 * (BASE_RING=), measured in one program.  The figure includes what the driver
 * does for the call: it builds the scatterlists and arrays that the call needs.
 *
 *	valgrind --tool=callgrind --collect-atstart=no bench count
 *
 * counts the executed instructions, exactly and reproducibly, with one dump for
 * each case, named "way,ring,place,dma,pieces,list,what". "bench time" measures
 * nanoseconds, alternating between the base's ring and this one, and prints the
 * medians and their ratios.
 *
 * "floor" is not a ring, but the minimum that any ring must do: read each entry
 * of the list, write each descriptor with two stores, publish. "null" does
 * nothing, and shows the cost of the measurement.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <valgrind/callgrind.h>

#include <linux/bvec.h>

#include "device.h"

#define RING_SIZE	4096
#define MAX_PIECES	1024
#define LINK_EVERY	16	/* entries of a chained list */
#define ROUNDS		16	/* of counting */
#define TURNS		11	/* of timing; odd, for the median */

/* A header, the data, a status byte.  One piece is data only. */
struct request {
	unsigned int pieces;
	char header[16];
	char status;
	void *page;
	struct scatterlist *data;
	struct bio_vec *bvecs;		/* the same in the form of a bio */
	struct bvec_iter iter;
};

typedef int add_fn(struct virtqueue *vq, struct request *req);

/* As drivers did before: virtio_blk, virtio_scsi; for one piece virtio_net */
static __always_inline int add_lists(struct virtqueue *vq, struct request *req,
				     typeof(virtqueue_add_sgs) *add_sgs,
				     typeof(virtqueue_add_inbuf) *add_inbuf)
{
	struct scatterlist header, status, *sgs[3];

	if (req->pieces == 1) {
		sg_init_one(&header, req->page, PAGE_SIZE);
		return add_inbuf(vq, &header, 1, req, GFP_ATOMIC);
	}

	sg_init_one(&header, req->header, sizeof(req->header));
	sgs[0] = &header;
	sgs[1] = req->data;
	sg_init_one(&status, &req->status, sizeof(req->status));
	sgs[2] = &status;
	return add_sgs(vq, sgs, 1, 2, req, GFP_ATOMIC);
}

static noinline int add_base(struct virtqueue *vq, struct request *req)
{
	return add_lists(vq, req, base_virtqueue_add_sgs,
			 base_virtqueue_add_inbuf);
}

static noinline int add_classic(struct virtqueue *vq, struct request *req)
{
	return add_lists(vq, req, virtqueue_add_sgs, virtqueue_add_inbuf);
}

static noinline int add_piecewise(struct virtqueue *vq, struct request *req)
{
	int err;

	if (req->pieces == 1)
		return virtqueue_add_buf_linear(vq, req->page, PAGE_SIZE,
						DMA_FROM_DEVICE, req,
						GFP_ATOMIC);

	err = virtqueue_start_buf(vq, req, req->pieces, 3, GFP_ATOMIC);
	if (err)
		return err;
	virtqueue_add_linear(vq, req->header, sizeof(req->header),
			     DMA_TO_DEVICE);
	virtqueue_add_sg(vq, req->data, req->pieces - 2, DMA_FROM_DEVICE);
	virtqueue_add_linear(vq, &req->status, sizeof(req->status),
			     DMA_FROM_DEVICE);
	return virtqueue_end_buf(vq);
}

/* The data of a bio, directly */
static noinline int add_bvec(struct virtqueue *vq, struct request *req)
{
	int err;

	err = virtqueue_start_buf(vq, req, req->pieces, 3, GFP_ATOMIC);
	if (err)
		return err;
	virtqueue_add_linear(vq, req->header, sizeof(req->header),
			     DMA_TO_DEVICE);
	virtqueue_add_bvec(vq, req->bvecs, &req->iter, DMA_FROM_DEVICE);
	virtqueue_add_linear(vq, &req->status, sizeof(req->status),
			     DMA_FROM_DEVICE);
	return virtqueue_end_buf(vq);
}

/* The same with a list, without the cost of allocating it */
static noinline int add_bvec_list(struct virtqueue *vq, struct request *req)
{
	static struct scatterlist list[MAX_PIECES];
	unsigned int i, n = req->pieces - 2;

	for (i = 0; i < n; i++) {
		sg_unmark_end(&list[i]);
		sg_set_page(&list[i], req->bvecs[i].bv_page,
			    req->bvecs[i].bv_len, req->bvecs[i].bv_offset);
	}
	sg_mark_end(&list[n - 1]);
	req->data = list;
	return add_piecewise(vq, req);
}

/* One piece that is already in a scatterlist, or must be put there */
static noinline int add_single(struct virtqueue *vq, struct request *req)
{
	struct scatterlist sg;

	sg_init_one(&sg, req->page, PAGE_SIZE);
	return virtqueue_add_buf_single(vq, &sg, DMA_FROM_DEVICE, req,
					GFP_ATOMIC);
}

static struct {
	u64 desc[MAX_PIECES][2];
	void *token;
	u16 ring[1];
	u16 idx;
} floor_ring;

static __always_inline void floor_put(u64 *desc, u64 addr, u64 rest)
{
	WRITE_ONCE(desc[0], addr);
	WRITE_ONCE(desc[1], rest);
}

static noinline int add_floor(struct virtqueue *vq, struct request *req)
{
	struct scatterlist *sg = req->data;
	u64 (*desc)[2] = floor_ring.desc;

	if (req->pieces == 1) {
		floor_put(*desc, virt_to_phys(req->page), PAGE_SIZE);
	} else {
		floor_put(*desc++, virt_to_phys(req->header),
			  sizeof(req->header));
		for (;;) {
			floor_put(*desc++, sg_phys(sg), sg->length);
			if (sg_is_last(sg))
				break;
			sg++;
			if (unlikely(sg_is_chain(sg)))
				sg = sg_chain_ptr(sg);
		}
		floor_put(*desc, virt_to_phys(&req->status), 1);
	}
	WRITE_ONCE(floor_ring.token, req);
	WRITE_ONCE(floor_ring.ring[0], 0);
	virtio_wmb(true);
	WRITE_ONCE(floor_ring.idx, floor_ring.idx + 1);
	return 0;
}

static noinline int add_null(struct virtqueue *vq, struct request *req)
{
	return 0;
}

struct way {
	const char *name;
	add_fn *add;
	typeof(virtqueue_get_buf) *get;		/* NULL: there is no ring */
	const struct vring_ops *ops;
	unsigned int max_pieces;
	bool from_bio;				/* no list, more than one piece */
};

static const struct way ways[] = {
	{ "base", add_base, base_virtqueue_get_buf, &vring_base, MAX_PIECES },
	{ "classic", add_classic, virtqueue_get_buf, &vring_series, MAX_PIECES },
	{ "piecewise", add_piecewise, virtqueue_get_buf, &vring_series, MAX_PIECES },
	{ "single", add_single, virtqueue_get_buf, &vring_series, 1 },
	{ "bvec", add_bvec, virtqueue_get_buf, &vring_series, MAX_PIECES, true },
	{ "bvec-list", add_bvec_list, virtqueue_get_buf, &vring_series, MAX_PIECES, true },
	{ "floor", add_floor, NULL, &vring_series, MAX_PIECES },
	{ "null", add_null, NULL, &vring_series, MAX_PIECES },
};

/* Parameters of the request and the ring */
struct kind {
	struct vring_config config;
	unsigned int pieces;
	bool chained;
};

static const unsigned int piece_counts[] = { 1, 3, 8, 32, 130, MAX_PIECES };

static bool kind_get(unsigned int n, struct kind *kind)
{
	unsigned int nr_counts = ARRAY_SIZE(piece_counts);

	memset(kind, 0, sizeof(*kind));
	kind->config.size = RING_SIZE;
	kind->config.packed = n & 1;
	kind->config.indirect = n & 2;
	kind->config.dma = n & 4;
	kind->chained = n & 8;
	kind->config.in_order = n & 16;
	if (n / 32 >= nr_counts)
		return false;
	kind->pieces = piece_counts[n / 32];
	return true;
}

/* A list that is too short is not chained. */
static bool kind_is_real(const struct kind *kind)
{
	return vring_config_exists(&kind->config) &&
	       (!kind->chained || kind->pieces > LINK_EVERY);
}

static bool is_way_for(const struct way *way, const struct kind *kind)
{
	return kind->pieces <= way->max_pieces &&
	       !(way->from_bio && (kind->chained || kind->pieces == 1));
}

static const char *kind_name(const struct kind *kind)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s%s,%s,%s,%u,%s",
		 kind->config.packed ? "packed" : "split",
		 kind->config.in_order ? "-in-order" : "",
		 kind->config.indirect ? "indirect" : "direct",
		 kind->config.dma ? "mapped" : "physical", kind->pieces,
		 kind->chained ? "chained" : "array");
	return name;
}

static void die(const char *why)
{
	fprintf(stderr, "bench: %s\n", why);
	exit(1);
}

static void make_request(struct request *req, const struct kind *kind)
{
	static char pages[MAX_PIECES][PAGE_SIZE] __aligned(PAGE_SIZE);
	static struct scatterlist lists[2 * MAX_PIECES];
	static struct bio_vec bvecs[MAX_PIECES];
	unsigned int i, left = kind->pieces - 2;
	struct scatterlist *sg = lists;

	memset(req, 0, sizeof(*req));
	req->pieces = kind->pieces;
	req->page = pages[0];
	req->data = lists;
	req->bvecs = bvecs;
	if (kind->pieces == 1)
		return;

	memset(lists, 0, sizeof(lists));
	for (i = 0; left; i++, left--) {
		if (kind->chained && i % LINK_EVERY == LINK_EVERY - 1) {
			sg->page_link = (unsigned long)(sg + 1) | 1;
			sg++;
		}
		sg_set_buf(sg, pages[i], PAGE_SIZE);
		bvecs[i].bv_page = sg_page(sg);
		bvecs[i].bv_len = PAGE_SIZE;
		req->iter.bi_size += PAGE_SIZE;
		if (left == 1)
			sg_mark_end(sg);
		sg++;
	}
}

static struct vring_device d;
static struct request req;

static void create(const struct way *way, const struct kind *kind)
{
	make_request(&req, kind);
	if (vring_device_create(&d, way->ops, &kind->config))
		die("no memory for a ring");
}

static void add(const struct way *way)
{
	if (way->add(d.vq, &req))
		die("a request was not taken");
}

static void complete(const struct way *way)
{
	if (!way->get)
		return;
	if (!vring_device_take(&d))
		die(d.wrong ?: "nothing was added");
	vring_device_complete(&d, d.chain.id, 0);
}

static noinline void get(const struct way *way)
{
	unsigned int len;

	if (way->get && way->get(d.vq, &len) != &req)
		die("not what was added");
}

/*
 * Count: ROUNDS times; callgrind only sees what is between the two toggles.
 */

static void count_add(const struct way *way)
{
	CALLGRIND_TOGGLE_COLLECT;
	add(way);
	CALLGRIND_TOGGLE_COLLECT;
	complete(way);
	get(way);
}

static void count_get(const struct way *way)
{
	add(way);
	complete(way);
	CALLGRIND_TOGGLE_COLLECT;
	get(way);
	CALLGRIND_TOGGLE_COLLECT;
}

static void count(const struct way *way, const struct kind *kind,
		  const char *what, void (*round)(const struct way *way))
{
	char name[128];
	unsigned int i;

	create(way, kind);
	round(way);		/* warm up the allocator */
	CALLGRIND_ZERO_STATS;
	for (i = 0; i < ROUNDS; i++)
		round(way);
	snprintf(name, sizeof(name), "%s,%s,%s,%u", way->name, kind_name(kind),
		 what, ROUNDS);
	CALLGRIND_DUMP_STATS_AT(name);
	vring_device_destroy(&d);
}

static void count_all(void)
{
	struct kind kind;
	unsigned int n, i;

	if (!RUNNING_ON_VALGRIND)
		die("count: start me with valgrind --tool=callgrind");

	for (n = 0; kind_get(n, &kind); n++) {
		for (i = 0; i < ARRAY_SIZE(ways) && kind_is_real(&kind); i++) {
			if (!is_way_for(&ways[i], &kind))
				continue;
			count(&ways[i], &kind, "add", count_add);
			count(&ways[i], &kind, "get", count_get);
		}
	}
}

/*
 * Time: as many requests as fit into the ring, at once; the base and this tree
 * alternate, so that both run under the same conditions.
 */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/* Nanoseconds per request */
static double time_adds(const struct way *way, const struct kind *kind)
{
	unsigned int i, batch = RING_SIZE / kind->pieces, rounds = 1 + 4096 / batch;
	double start, sum = 0;

	create(way, kind);
	while (rounds--) {
		start = now();
		for (i = 0; i < batch; i++)
			add(way);
		sum += now() - start;
		for (i = 0; i < batch; i++)
			complete(way);
		for (i = 0; i < batch; i++)
			get(way);
	}
	vring_device_destroy(&d);
	return sum / batch / (1 + 4096 / batch);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, TURNS, sizeof(*values), compare);
	return values[TURNS / 2];
}

static void time_all(void)
{
	double a[TURNS], b[TURNS], ratio[TURNS];
	struct kind kind;
	unsigned int n, i, turn;

	printf("way,ring,place,dma,pieces,list,base_ns,ns,ratio\n");
	for (n = 0; kind_get(n, &kind); n++) {
		for (i = 1; i < ARRAY_SIZE(ways) && kind_is_real(&kind); i++) {
			if (!is_way_for(&ways[i], &kind) || !ways[i].get)
				continue;
			for (turn = 0; turn < TURNS; turn++) {
				a[turn] = time_adds(&ways[0], &kind);
				b[turn] = time_adds(&ways[i], &kind);
				ratio[turn] = b[turn] / a[turn];
			}
			printf("%s,%s,%.1f,%.1f,%.3f\n", ways[i].name,
			       kind_name(&kind), median(a), median(b),
			       median(ratio));
			fflush(stdout);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "count")) {
		count_all();
	} else if (argc == 2 && !strcmp(argv[1], "time")) {
		time_all();
	} else {
		fprintf(stderr, "usage: bench count | time\n");
		return 2;
	}
	return 0;
}
