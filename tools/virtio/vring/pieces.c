// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses and lengths of pieces: offsets beyond the first page, in chained
 * lists; lengths that are too large, and 0.
 *
 * With --base it is the base's ring, and its calls.
 */
#include <string.h>

#include "test.h"

#define SIZE		8
#define ENTRIES		5
#define LEN		16
#define LONGEST		0xffffffffU

static const struct vring_ops *ring = &vring_series;
static char memory[(ENTRIES + 1) * PAGE_SIZE] __aligned(PAGE_SIZE);
static char token;

static void create(const struct vring_config *config)
{
	test_create(ring, config);
	inject_forget_warnings();
	account.warnings = 0;
}

/* The buffer of the device is used, and nothing is left behind. */
static void get(void)
{
	u32 len;

	vring_device_complete(&d, d.chain.id, 0);
	CHECK(ring->virtqueue_get_buf(d.vq, &len) == &token);
	CHECK(vring_device_idle(&d) && !account.mapped && !account.wrong);
}

static void expect_nothing(void)
{
	CHECK(!vring_device_take(&d));
	CHECK(vring_device_idle(&d) && !account.mapped && !account.wrong);
}

/*
 * Addresses
 */

/* The offset of piece @i from the page that is passed */
static unsigned int offset_of(unsigned int i)
{
	return (ENTRIES - i) * PAGE_SIZE + 24 * i + 8;
}

/*
 * A list of @n entries, with a link before entry @link if that is not 0.  The
 * other members of a link have no meaning.
 */
static struct scatterlist *make_list(unsigned int n, unsigned int link)
{
	static struct scatterlist list[ENTRIES + 1], rest[ENTRIES + 1];
	struct scatterlist *sg = list;
	unsigned int i;

	sg_init_table(list, ENTRIES + 1);
	sg_init_table(rest, ENTRIES + 1);
	for (i = 0; i < n; i++) {
		sg_unmark_end(sg);
		if (link && i == link) {
			sg_chain(list, link + 1, rest);
			sg->offset = 0x5550;
			sg->length = 0x333;
			sg->dma_address = 0x77777;
			sg = rest;
		}
		sg_unmark_end(sg);
		sg_set_page(sg, (struct page *)memory, LEN + i, offset_of(i));
		sg++;
	}
	sg_mark_end(sg - 1);
	return list;
}

/* NULL after the last one */
static struct scatterlist *entry(struct scatterlist *sg, unsigned int i)
{
	while (sg && i--)
		sg = sg_next(sg);
	return sg;
}

static void expect_places(unsigned int n, unsigned int out)
{
	unsigned int i;

	CHECK(vring_device_take(&d));
	CHECK(d.chain.nr_pieces == n);
	for (i = 0; i < n; i++) {
		CHECK(d.chain.pieces[i].cpu == memory + offset_of(i));
		CHECK(d.chain.pieces[i].len == LEN + i);
		CHECK(d.chain.pieces[i].writable == (i >= out));
	}
	get();
}

static void try_classic_places(unsigned int n, unsigned int link)
{
	struct scatterlist *list = make_list(n, link);

	CHECK(!ring->virtqueue_add_sgs(d.vq, &list, 1, 0, &token, GFP_ATOMIC));
	expect_places(n, n);
	CHECK(!ring->virtqueue_add_sgs(d.vq, &list, 0, 1, &token, GFP_ATOMIC));
	expect_places(n, 0);
	CHECK(!ring->virtqueue_add_outbuf(d.vq, list, n, &token, GFP_ATOMIC));
	expect_places(n, n);
	CHECK(!ring->virtqueue_add_inbuf(d.vq, list, n, &token, GFP_ATOMIC));
	expect_places(n, 0);
}

static void try_places(unsigned int n, unsigned int link)
{
	struct scatterlist *list = make_list(n, link), *sg;
	unsigned int i;

	/* One call, or two, the second of which continues after the first */
	for (i = 1; i <= n; i++) {
		CHECK(!ring->virtqueue_start_buf(d.vq, &token, n, 2, 0));
		ring->virtqueue_add_sg(d.vq, list, i, DMA_TO_DEVICE);
		sg = entry(list, i);
		if (sg)
			ring->virtqueue_add_sg(d.vq, sg, ENTRIES,
					       DMA_FROM_DEVICE);
		CHECK(!ring->virtqueue_end_buf(d.vq));
		expect_places(n, i);
	}

	CHECK(!ring->virtqueue_start_buf(d.vq, &token, n, n, GFP_ATOMIC));
	for (i = 0; i < n; i++)
		ring->virtqueue_add_page(d.vq, (struct page *)memory,
					 offset_of(i), LEN + i, DMA_TO_DEVICE);
	CHECK(!ring->virtqueue_end_buf(d.vq));
	expect_places(n, n);

	list = make_list(n, 0);
	CHECK(!ring->virtqueue_add_buf(d.vq, list, 1, n - 1, &token,
				       GFP_ATOMIC));
	expect_places(n, 1);
	CHECK(!ring->virtqueue_add_buf_single(d.vq, list, DMA_FROM_DEVICE,
					      &token, GFP_ATOMIC));
	expect_places(1, 0);
}

static void try_all_places(const struct vring_config *config)
{
	unsigned int n, link;

	if (config->premapped)
		return;
	create(config);
	for (n = 1; n <= ENTRIES; n++) {
		for (link = 0; link < n; link++) {
			snprintf(doing, sizeof(doing),
				 "%u entries, a link before %u", n, link);
			try_classic_places(n, link);
			if (ring == &vring_series)
				try_places(n, link);
		}
	}
	CHECK(!account.warnings);
	test_destroy();
}

/*
 * Lengths
 */

static void expect_length(u32 len)
{
	CHECK(vring_device_take(&d));
	CHECK(d.chain.nr_pieces == 1 && d.chain.pieces[0].len == len);
	get();
}

/* The largest lengths that fit */
static void try_longest(const struct vring_config *config)
{
	struct scatterlist sg;

	create(config);
	snprintf(doing, sizeof(doing), "4 GiB - 1");
	sg_init_one(&sg, memory, LONGEST);
	CHECK(!ring->virtqueue_add_outbuf(d.vq, &sg, 1, &token, GFP_ATOMIC));
	expect_length(LONGEST);
	if (ring == &vring_series) {
		CHECK(!ring->virtqueue_start_buf(d.vq, &token, 1, 1, 0));
		ring->virtqueue_add_linear(d.vq, memory, LONGEST,
					   DMA_TO_DEVICE);
		CHECK(!ring->virtqueue_end_buf(d.vq));
		expect_length(LONGEST);
		CHECK(!ring->virtqueue_add_buf_linear(d.vq, memory, LONGEST,
						      DMA_TO_DEVICE, &token,
						      GFP_ATOMIC));
		expect_length(LONGEST);
	}
	test_destroy();
}

/* Calls with a 32 bit length cannot have this length. */
#define TAKES_SIZE_T(call, ...)						\
	__builtin_types_compatible_p(typeof(call), __VA_ARGS__)

static void try_too_long(const struct vring_config *config)
{
	const size_t len = 0x100000000ULL + LEN;

	create(config);
	snprintf(doing, sizeof(doing), "4 GiB + %u", LEN);
	if (TAKES_SIZE_T(virtqueue_add_linear,
			 void (struct virtqueue *, void *, size_t,
			       enum dma_data_direction))) {
		CHECK(!ring->virtqueue_start_buf(d.vq, &token, 2, 2, 0));
		ring->virtqueue_add_linear(d.vq, memory, (size_t)len,
					   DMA_TO_DEVICE);
		CHECK(account.warnings == 1);
		ring->virtqueue_add_linear(d.vq, memory, LEN, DMA_TO_DEVICE);
		CHECK(ring->virtqueue_end_buf(d.vq) == -EINVAL);
		CHECK(account.warnings == 1);
		expect_nothing();
	}
	if (TAKES_SIZE_T(virtqueue_add_buf_linear,
			 int (struct virtqueue *, void *, size_t,
			      enum dma_data_direction, void *, gfp_t))) {
		inject_forget_warnings();
		account.warnings = 0;
		CHECK(ring->virtqueue_add_buf_linear(d.vq, memory, (size_t)len,
						     DMA_TO_DEVICE, &token,
						     GFP_ATOMIC) == -EINVAL);
		CHECK(account.warnings == 1);
		expect_nothing();
	}
	test_destroy();
}

/*
 * Length 0
 */

/* The entries of a list; on a premapped queue the driver has mapped them. */
static struct scatterlist *make_empty_list(unsigned int n, unsigned int empty)
{
	static struct scatterlist list[ENTRIES];
	unsigned int i;
	char *cpu;

	sg_init_table(list, n);
	for (i = 0; i < n; i++) {
		cpu = memory + i * LEN;
		sg_set_buf(&list[i], cpu, i == empty ? 0 : LEN);
		list[i].dma_address =
			ring->virtqueue_dma_map_single_attrs(d.vq, cpu, LEN,
							     DMA_TO_DEVICE, 0);
	}
	return list;
}

static void unmap_list(struct scatterlist *list, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		ring->virtqueue_dma_unmap_single_attrs(d.vq,
						       list[i].dma_address, LEN,
						       DMA_TO_DEVICE, 0);
}

/* The device has the buffer: @n pieces, possibly without piece @empty. */
static void expect_pieces(unsigned int n, unsigned int empty, bool left_out)
{
	unsigned int i, piece = 0, len;

	CHECK(vring_device_take(&d) || (d.config.premapped && !left_out));
	CHECK(d.chain.nr_pieces == n - left_out);
	for (i = 0; i < n; i++) {
		if (i == empty && left_out)
			continue;
		CHECK(d.chain.pieces[piece].len == (i == empty ? 0 : LEN));
		if (i != empty)
			CHECK(d.chain.pieces[piece].cpu == memory + i * LEN);
		piece++;
	}
	vring_device_complete(&d, d.chain.id, 0);
	CHECK(ring->virtqueue_get_buf(d.vq, &len) == &token);
	CHECK(vring_device_idle(&d));
}

/* An empty scatterlist entry is passed to the device. */
static void expect_with(int err, unsigned int n, unsigned int empty)
{
	CHECK(!err && !account.warnings);
	expect_pieces(n, empty, false);
}

/* An empty piece of memory is left out, and cannot be the only piece. */
static void expect_without(int err, unsigned int n, unsigned int empty)
{
	CHECK(err == (n == 1 ? -EINVAL : 0));
	CHECK(account.warnings == !!err);
	inject_forget_warnings();
	account.warnings = 0;
	if (!err)
		expect_pieces(n, empty, true);
	CHECK(!vring_device_take(&d) && vring_device_idle(&d));
}

/* With each of the calls that add a piece in turn */
static int add_pieces(struct scatterlist *list, unsigned int n,
		      enum buffer_kind kind)
{
	unsigned int i;

	CHECK(!ring->virtqueue_start_buf(d.vq, &token, n, n, GFP_ATOMIC));
	for (i = 0; i < n; i++) {
		switch (kind) {
		case BUFFER_LINEAR_PIECE:
			ring->virtqueue_add_linear(d.vq, memory + i * LEN,
						   list[i].length,
						   DMA_TO_DEVICE);
			break;
		case BUFFER_PAGE_PIECE:
			ring->virtqueue_add_page(d.vq, sg_page(&list[i]),
						 list[i].offset, list[i].length,
						 DMA_TO_DEVICE);
			break;
		case BUFFER_MAPPED_PIECE:
			ring->virtqueue_add_mapped(d.vq, list[i].dma_address,
						   list[i].length,
						   DMA_TO_DEVICE);
			break;
		default:
			ring->virtqueue_add_sg(d.vq, &list[i], 1,
					       DMA_TO_DEVICE);
		}
	}
	return ring->virtqueue_end_buf(d.vq);
}

static void try_empty_pieces(unsigned int n, unsigned int empty)
{
	struct scatterlist *list = make_empty_list(n, empty);
	enum buffer_kind kind;
	u32 len;
	int err;

	for (kind = 0; kind < NR_BUFFER_KINDS; kind++) {
		if (d.config.premapped && kind != BUFFER_SG_PIECE &&
		    kind != BUFFER_MAPPED_PIECE)
			continue;
		if (kind == BUFFER_SG_PIECE)
			expect_with(add_pieces(list, n, kind), n, empty);
		else
			expect_without(add_pieces(list, n, kind), n, empty);
	}

	CHECK(!ring->virtqueue_start_buf(d.vq, &token, n, 1, GFP_ATOMIC));
	ring->virtqueue_add_sg(d.vq, list, n, DMA_TO_DEVICE);
	expect_with(ring->virtqueue_end_buf(d.vq), n, empty);
	expect_with(ring->virtqueue_add_buf(d.vq, list, n, 0, &token,
					    GFP_ATOMIC), n, empty);
	/* Entries after the bound of a list are ignored. */
	if (n > 1 && empty == n - 1) {
		CHECK(!ring->virtqueue_start_buf(d.vq, &token, n, 1, 0));
		ring->virtqueue_add_sg(d.vq, list, n - 1, DMA_TO_DEVICE);
		CHECK(!ring->virtqueue_end_buf(d.vq) && !account.warnings);
		CHECK(vring_device_take(&d) && d.chain.nr_pieces == n - 1);
		vring_device_complete(&d, d.chain.id, 0);
		CHECK(ring->virtqueue_get_buf(d.vq, &len) == &token);
	}
	if (n == 1) {
		err = ring->virtqueue_add_buf_single(d.vq, list, DMA_TO_DEVICE,
						     &token, GFP_ATOMIC);
		expect_with(err, n, empty);
	}
	if (n == 1 && !d.config.premapped) {
		err = ring->virtqueue_add_buf_linear(d.vq, memory, 0,
						     DMA_TO_DEVICE, &token,
						     GFP_ATOMIC);
		expect_without(err, n, empty);
		err = virtqueue_add_buf_linear_ctx(d.vq, memory, 0,
						   DMA_TO_DEVICE, &token,
						   NULL, GFP_ATOMIC);
		expect_without(err, n, empty);
	}
	unmap_list(list, n);
}

/* The device gets it, as before. */
static void try_empty_classic(unsigned int n, unsigned int empty)
{
	struct scatterlist *list = make_empty_list(n, empty);
	unsigned int call;
	int err;

	for (call = 0; call < 3; call++) {
		err = call == 0 ? ring->virtqueue_add_sgs(d.vq, &list, 1, 0,
							  &token, GFP_ATOMIC) :
		      call == 1 ? ring->virtqueue_add_outbuf(d.vq, list, n,
							     &token,
							     GFP_ATOMIC) :
		      ring->virtqueue_add_inbuf(d.vq, list, n, &token,
						GFP_ATOMIC);
		expect_with(err, n, empty);
	}
	CHECK(!account.warnings);
	unmap_list(list, n);
}

static void try_empty(const struct vring_config *config)
{
	unsigned int n, empty;

	for (n = 1; n <= 3; n++) {
		for (empty = 0; empty < n; empty++) {
			create(config);
			snprintf(doing, sizeof(doing), "%u is empty of %u",
				 empty, n);
			if (!config->premapped)
				try_empty_classic(n, empty);
			if (ring == &vring_series)
				try_empty_pieces(n, empty);
			CHECK(!account.mapped);
			test_destroy();
		}
	}
}

int main(int argc, char **argv)
{
	struct vring_config config;
	unsigned int n;

#ifdef HAVE_BASE_RING
	if (argc == 2 && !strcmp(argv[1], "--base")) {
		ring = &vring_base;
		argc--;
	}
#endif
	if (argc > 1) {
		fprintf(stderr, "Usage: %s [--base]\n", argv[0]);
		return 2;
	}
	for (n = 0; test_config(&n, SIZE, &config);) {
		try_all_places(&config);
		if (!config.premapped)
			try_longest(&config);
		if (!config.premapped && ring == &vring_series)
			try_too_long(&config);
		try_empty(&config);
	}
	printf("pieces: %s: %lu checks, all as they should be\n", ring->name,
	       nr_checks);
	return 0;
}
