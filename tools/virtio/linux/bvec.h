/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LINUX_BVEC_H
#define LINUX_BVEC_H
#include <linux/kernel.h>

struct page;

struct bio_vec {
	struct page	*bv_page;
	unsigned int	bv_len;
	unsigned int	bv_offset;
};

/* Kernels name the last one differently: leave it to these helpers. */
struct bvec_iter {
	unsigned int	bi_size;
	unsigned int	bi_idx;
	unsigned int	done;
};

#define __bvec_iter_bvec(bvec, iter)	(&(bvec)[(iter).bi_idx])

static inline unsigned int mp_bvec_iter_len(const struct bio_vec *bvec,
					    struct bvec_iter iter)
{
	return min(iter.bi_size,
		   __bvec_iter_bvec(bvec, iter)->bv_len - iter.done);
}

static inline unsigned int mp_bvec_iter_offset(const struct bio_vec *bvec,
					       struct bvec_iter iter)
{
	return __bvec_iter_bvec(bvec, iter)->bv_offset + iter.done;
}

static inline void bvec_iter_advance(const struct bio_vec *bv,
				     struct bvec_iter *iter, unsigned int bytes)
{
	iter->bi_size -= bytes;
	bytes += iter->done;
	while (bytes && bytes >= bv[iter->bi_idx].bv_len)
		bytes -= bv[iter->bi_idx++].bv_len;
	iter->done = bytes;
}

#endif /* LINUX_BVEC_H */
