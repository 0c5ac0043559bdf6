// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzz targets, see fuzz.h: the driver adds buffers, and a model of the
 * expected results.
 */
#include <string.h>

#include "fuzz.h"

/*
 * Requests
 */

static struct request *new_request(void)
{
	unsigned int i;

	for (i = 0; i < MAX_REQUESTS; i++)
		if (!requests[i].added)
			return memset(&requests[i], 0, sizeof(requests[i]));
	return NULL;
}

static void plan_pieces(struct request *req, unsigned int out, unsigned int nr)
{
	unsigned int i;

	req->out = out;
	req->nr = nr;
	for (i = 0; i < nr; i++) {
		struct piece *p = &req->pieces[i];
		u8 how = get_byte();

		p->kind = how % PIECE_KINDS;
		p->cpu = arena + how * ((ARENA - MAX_LEN) / 256);
		p->len = 1 + how;
		p->dir = i < out ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
		if (d.config.premapped)
			map_piece(p);
	}
}

/* Lists for one call, cleared after it: the ring must not keep them. */
static struct scatterlist pool[3 * MAX_PIECES];
static unsigned int pool_used;

/* The list may be chained, with a link anywhere in it. */
static struct scatterlist *make_list(const struct piece *p, unsigned int nr)
{
	struct scatterlist *list = &pool[pool_used], *sg = list;
	unsigned int i, link = get(nr + 1);

	pool_used += nr + 2;
	sg_init_table(list, nr + 2);
	sg_unmark_end(&list[nr + 1]);
	for (i = 0; i < nr; i++, sg++) {
		if (i && i == link) {
			sg_chain(list, i + 1, sg + 1);
			sg++;
		}
		sg_set_buf(sg, p[i].cpu, p[i].len);
		sg->dma_address = p[i].addr;
	}
	if (nr)
		sg_mark_end(sg - 1);
	return list;
}

static void wipe_lists(void)
{
	memset(pool, 0xff, pool_used * sizeof(pool[0]));
	pool_used = 0;
}

/*
 * The model
 */

struct expected {
	int err;
	bool warns;
	bool notifies;		/* if there is no room */
	bool table;
};

static void expect_error(struct expected *e, int err, bool warns)
{
	if (!e->err)
		e->err = err;
	e->warns |= warns;
}

/* The first allocation is the table.  Kept tables, the second, may fail. */
static bool no_table(void)
{
	return account.alloc.first == 1 && has_failed(&account.alloc);
}

/* The expected result of starting a buffer of at most @nents descriptors */
static void expect_start(struct expected *e, const struct before *b,
			 unsigned int nents, const void *token)
{
	bool wants = takes_tables() && nents > 1 && b->num_free;

	if (!token)
		expect_error(e, -EINVAL, true);
	else if (b->broken)
		expect_error(e, -EIO, false);
	else if (wants && !no_table())
		e->table = true;
	else if (b->num_free < nents)
		expect_error(e, nents > d.size && wants ? -ENOMEM : -ENOSPC,
			     nents > d.size && !takes_tables());
}

/* The same for a whole buffer, except with the piecewise calls */
static void expect_add(struct expected *e, const struct before *b,
		       unsigned int nr, const void *token)
{
	expect_start(e, b, nr, token);
	if (!nr)
		expect_error(e, -EINVAL, !e->err);
	if (has_failed(&account.map))
		expect_error(e, -ENOMEM, false);
}

static void buffer_added(struct request *req, const struct before *b,
			 bool table, bool disturbed)
{
	req->added = true;
	req->nr_desc = b->num_free - d.vq->num_free;
	req->mappings = account.mapped - b->mapped;
	req->allocations = allocated() - b->allocated;
	CHECK(req->nr_desc == (table ? 1 : req->nr));
	CHECK(req->allocations == table);

	device_added(req, disturbed);
}

/* A call that adds has returned @err. */
static void judge_add(struct request *req, int err, const struct before *b,
		      const struct expected *e, bool disturbed)
{
	bool notified = e->err == -ENOSPC && e->notifies && !d.config.packed;

	/* After a failed mapping, there must be no other one. */
	CHECK(!has_failed(&account.map) ||
	      account.map.calls == account.map.first);
	inject_fail(&account.alloc, 0);
	inject_fail(&account.map, 0);
	wipe_lists();
	CHECK(err == e->err);
	CHECK((account.warnings != b->warnings) == e->warns);
	CHECK(d.notified - b->notified == notified);
	if (!err)
		return buffer_added(req, b, e->table, disturbed);
	expect_unchanged(b);
	unmap_pieces(req);
}

/* An allocation or a mapping of the next operation may fail. */
static void set_failures(void)
{
	u8 how = get_byte();

	if (how & 0x40) {
		vring_device_keep_nothing(&d);
		inject_fail(&account.alloc, 1 + how % 2);
	}
	if (how & 0x80)
		inject_fail(&account.map, 1 + how % 8);
}

static void add_sgs(struct request *req, void *token, struct before *b,
		    struct expected *e)
{
	struct scatterlist *sgs[MAX_PIECES];
	unsigned int i, run, nr_sgs = 0, out_sgs = 0;
	int err;

	for (i = 0; i < req->nr; i += run) {
		unsigned int most = i < req->out ? req->out - i : req->nr - i;

		run = 1 + get(most);
		sgs[nr_sgs++] = make_list(&req->pieces[i], run);
		out_sgs += i < req->out;
	}
	set_failures();
	*b = look();
	err = virtqueue_add_sgs(d.vq, sgs, out_sgs, nr_sgs - out_sgs, token,
				GFP_ATOMIC);
	e->notifies = out_sgs;
	expect_add(e, b, req->nr, token);
	judge_add(req, err, b, e, false);
}

/* One list in one direction, with an optional context */
static void add_list(struct request *req, void *token, struct before *b,
		     struct expected *e)
{
	struct scatterlist *list = make_list(req->pieces, req->nr);
	bool in = !req->out;
	u8 how = get_byte();
	int err;

	set_failures();
	*b = look();
	if (!in) {
		err = virtqueue_add_outbuf(d.vq, list, req->nr, token,
					   GFP_ATOMIC);
	} else if (how & 1) {
		req->ctx = how & 2 ? req : NULL;
		err = virtqueue_add_inbuf_ctx(d.vq, list, req->nr, token,
					      req->ctx, GFP_ATOMIC);
	} else {
		err = virtqueue_add_inbuf(d.vq, list, req->nr, token,
					  GFP_ATOMIC);
	}
	e->notifies = !in;
	if (req->ctx && takes_tables())
		expect_error(e, -EINVAL, true);
	else
		expect_add(e, b, req->nr, token);
	judge_add(req, err, b, e, false);
}

static void add_array(struct request *req, void *token, struct before *b,
		      struct expected *e)
{
	struct scatterlist array[MAX_PIECES];
	unsigned int i;
	int err;

	sg_init_table(array, MAX_PIECES);
	for (i = 0; i < req->nr; i++) {
		sg_set_buf(&array[i], req->pieces[i].cpu, req->pieces[i].len);
		array[i].dma_address = req->pieces[i].addr;
	}
	set_failures();
	*b = look();
	err = virtqueue_add_buf(d.vq, array, req->out, req->nr - req->out,
				token, GFP_ATOMIC);
	e->notifies = req->out;
	expect_add(e, b, req->nr, token);
	judge_add(req, err, b, e, false);
}

static void add_one(struct request *req, void *token, struct before *b,
		    struct expected *e)
{
	struct scatterlist *sg = make_list(req->pieces, 1);
	const struct piece *p = &req->pieces[0];
	u8 how = get_byte();
	int err;

	set_failures();
	*b = look();
	e->notifies = p->dir == DMA_TO_DEVICE;
	if (how & 1) {
		err = virtqueue_add_buf_linear(d.vq, p->cpu, p->len, p->dir,
					       token, GFP_ATOMIC);
		if (d.config.premapped)
			expect_error(e, -EINVAL, true);
	} else if (how & 2) {
		req->ctx = how & 4 ? req : NULL;
		err = virtqueue_add_buf_linear_ctx(d.vq, p->cpu, p->len, p->dir,
						   token, req->ctx, GFP_ATOMIC);
		if (d.config.premapped || (req->ctx && takes_tables()))
			expect_error(e, -EINVAL, true);
	} else if (how & 8 && how & 16) {
		err = virtqueue_add_buf_single(d.vq, sg, how & 32 ? DMA_NONE :
					       DMA_BIDIRECTIONAL, token,
					       GFP_ATOMIC);
		expect_error(e, -EINVAL, true);
	} else {
		err = virtqueue_add_buf_single(d.vq, sg, p->dir, token,
					       GFP_ATOMIC);
	}
	if (!e->err)
		expect_add(e, b, 1, token);
	judge_add(req, err, b, e, false);
}

/*
 * Adding piece by piece.  The bounds may be too small or too large, directions
 * may be wrong or out of order, and the buffer may be aborted.
 */

struct build {
	unsigned int room;
	int nsg;
	unsigned int put;
	bool writable, disturbed;
};

static void expect_piece(struct build *build, struct expected *e,
			 const struct piece *p, unsigned int nr)
{
	if (!nr)
		return;
	build->nsg--;
	if (e->err)
		return;
	/* Bvecs of an array are not counted before the first one is mapped. */
	if ((p->kind == BVEC ? 1 : nr) > build->room ||
	    (p->dir != DMA_TO_DEVICE && p->dir != DMA_FROM_DEVICE) ||
	    (build->writable && p->dir == DMA_TO_DEVICE) ||
	    (d.config.premapped && p->kind != LIST && p->kind != MAPPED))
		return expect_error(e, -EINVAL, true);
	if (has_failed(&account.map))
		return expect_error(e, -ENOMEM, false);
	if (nr > build->room)
		return expect_error(e, -EINVAL, true);
	build->room -= nr;
	build->put += nr;
	build->writable = p->dir == DMA_FROM_DEVICE;
}

/* The next @nr pieces as data of a bio that starts within its first bvec. */
static void add_bvec(const struct piece *p, unsigned int nr, u8 how)
{
	struct bio_vec bvecs[1 + MAX_PIECES] = { { .bv_len = 7 } };
	unsigned int i, done = how % 4, skip = bvecs[0].bv_len + done;
	struct bvec_iter iter = { .bi_size = skip };

	for (i = 0; i < nr; i++) {
		bvecs[1 + i].bv_page = virt_to_page((p[i].cpu - PAGE_SIZE));
		bvecs[1 + i].bv_offset = offset_in_page(p[i].cpu) + PAGE_SIZE;
		bvecs[1 + i].bv_len = p[i].len;
		iter.bi_size += p[i].len;
	}
	bvecs[1].bv_offset -= done;
	bvecs[1].bv_len += done;
	bvecs[nr].bv_len += how % 3;
	bvec_iter_advance(bvecs, &iter, skip);
	virtqueue_add_bvec(d.vq, bvecs, &iter, p->dir);
	iter.bi_size = 0;
	if (how == 0x0f)	/* not one of the counted calls */
		virtqueue_add_bvec(d.vq, bvecs, &iter, p->dir);
	memset(bvecs, 0xff, sizeof(bvecs));
}

/* At most as many as there are of one kind and direction */
static unsigned int count_alike(const struct piece *p, unsigned int left,
				unsigned int most)
{
	unsigned int nr;

	for (nr = 1; nr < most && nr < left; nr++)
		if (p[nr].kind != p->kind || p[nr].dir != p->dir)
			break;
	return nr;
}

/* One call; returns how many pieces it was for. */
static unsigned int add_piece(struct request *req, unsigned int i,
			      struct build *build, struct expected *e)
{
	struct piece *p = &req->pieces[i];
	unsigned int nr = 1, listed = 1, limit;
	unsigned int left = req->nr - i;
	struct scatterlist *list;
	u8 how;

	switch (p->kind) {
	case LINEAR:
		virtqueue_add_linear(d.vq, p->cpu, p->len, p->dir);
		break;
	case PAGE:
		virtqueue_add_page(d.vq, virt_to_page(p->cpu),
				   offset_in_page(p->cpu), p->len, p->dir);
		break;
	case MAPPED:
		virtqueue_add_mapped(d.vq, p->addr, p->len, p->dir);
		break;
	case BVEC:
		how = get_byte();
		nr = count_alike(p, left, 1 + how % 8);
		add_bvec(p, nr, how);
		break;
	default:
		/* Either the bound or the end marker may come first. */
		how = get_byte();
		nr = count_alike(p, left, 1 + how % 8);
		listed = how & 0x10 ? left : nr;
		limit = nr + (listed == nr ? how >> 5 : 0);
		list = make_list(p, listed);
		virtqueue_add_sg(d.vq, list, limit, p->dir);
		if (how == 0x0f)	/* not one of the counted calls */
			virtqueue_add_sg(d.vq, list, 0, p->dir);
		wipe_lists();
	}
	expect_piece(build, e, p, nr);
	return nr;
}

/* Some directions are wrong; some pieces the driver maps itself. */
static void spoil_pieces(struct request *req)
{
	unsigned int i;
	u8 how = get_byte();

	if (how >= 0xe0 && req->nr && !d.config.premapped)
		req->pieces[how % req->nr].dir = get(4);
	for (i = 0; i < req->nr; i++)
		if (req->pieces[i].kind == MAPPED && !req->pieces[i].mapped)
			map_piece(&req->pieces[i]);
}

/* A bound of @n, sometimes too large or too small by one or two */
static unsigned int off_by(unsigned int n)
{
	u8 how = get_byte();

	if (how >= 0xa0)
		n += how % 6;
	else
		n += 2;
	return n < 2 ? 0 : n - 2;
}

static void add_pieces(struct request *req, void *token, struct before *b,
		       struct expected *e)
{
	struct build build = {
		.room	= off_by(req->nr),
		.nsg	= off_by(req->nr),
	};
	unsigned int i, abort_at = get_byte();
	int err;

	spoil_pieces(req);
	set_failures();
	*b = look();
	e->notifies = true;
	err = virtqueue_start_buf(d.vq, token, build.room, build.nsg,
				  GFP_ATOMIC);
	expect_start(e, b, build.room, token);
	if (err || e->err)
		return judge_add(req, err, b, e, false);

	for (i = 0; i < req->nr && i != abort_at; ) {
		i += add_piece(req, i, &build, e);
		build.disturbed |= device_disturbs();
	}
	if (i == abort_at) {
		virtqueue_abort_buf(d.vq);
		err = -ECANCELED;
		e->err = err;
	} else {
		err = virtqueue_end_buf(d.vq);
		if (!build.put || build.nsg < 0)
			expect_error(e, -EINVAL, !e->err);
		if (has_failed(&account.map))
			expect_error(e, -ENOMEM, false);
	}
	judge_add(req, err, b, e, build.disturbed);
}

void do_add(void)
{
	static void (*const ways[])(struct request *req, void *token,
				    struct before *b, struct expected *e) = {
		add_sgs, add_list, add_array, add_one, add_pieces, add_pieces,
	};
	struct request *req = new_request();
	unsigned int way = get(ARRAY_SIZE(ways)), nr, out;
	u8 shape = get_byte();
	struct expected e = {};
	struct before b;

	if (!req)
		return;
	nr = shape == 0xff ? MAX_PIECES : shape % 8;
	out = (shape >> 3) % (nr + 1);
	if (ways[way] == add_one) {
		nr = 1;
		out = shape & 1;
	} else if (ways[way] == add_list) {
		out = shape & 0x80 ? nr : 0;
	}
	plan_pieces(req, out, nr);
	ways[way](req, get_byte() == 0xee ? NULL : req, &b, &e);
}

/* Pieces, an end, or an abort without a start only cause a warning */
void do_stray(void)
{
	struct scatterlist *list;
	struct piece p = { .cpu = arena, .len = 1 };
	struct before b;
	u8 how = get_byte();

	b = look();
	switch (how % 7) {
	case 0:
		virtqueue_add_linear(d.vq, arena, 1, DMA_TO_DEVICE);
		break;
	case 1:
		virtqueue_add_mapped(d.vq, 4096, 1, DMA_FROM_DEVICE);
		break;
	case 2:
		list = make_list(&p, 1);
		virtqueue_add_sg(d.vq, list, how / 7 % 3, DMA_FROM_DEVICE);
		wipe_lists();
		break;
	case 3:
		CHECK(virtqueue_end_buf(d.vq) == -EINVAL);
		break;
	case 4:
		virtqueue_abort_buf(d.vq);
		break;
	case 5:
		add_bvec(&p, 1, 0);
		break;
	default:
		virtqueue_add_page(d.vq, virt_to_page(arena), 0, 1, DMA_NONE);
	}
	/* After the first error without a buffer, more pieces do not warn. */
	CHECK(account.warnings - b.warnings <= 1);
	expect_unchanged(&b);
}
