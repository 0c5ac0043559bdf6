// SPDX-License-Identifier: GPL-2.0
/*
 * Pieces of a test as the data of a bio.
 */
#include <linux/bvec.h>
#include <linux/mm.h>
#include <linux/virtio.h>

#include "vring_device.h"

/*
 * Add @num pieces as the data of a bio that was split: it starts @before bytes
 * into its second bvec, and the last bvec is longer than the data.
 */
void vring_add_bvec(struct vring_device *vd, const struct vring_piece *piece,
		    unsigned int num, unsigned int before,
		    enum dma_data_direction dir)
{
	struct bio_vec bvecs[1 + 8] = { { .bv_len = 512 } };
	unsigned int i, skip = bvecs[0].bv_len + before;
	struct bvec_iter iter = { .bi_size = skip };

	KUNIT_ASSERT_LT(vd->test, num, ARRAY_SIZE(bvecs));
	for (i = 0; i < num; i++) {
		/* The offset may be beyond the first page */
		bvec_set_page(&bvecs[1 + i], virt_to_page(vd->slots),
			      piece[i].len, piece[i].addr - vd->slots);
		iter.bi_size += piece[i].len;
	}
	bvecs[1].bv_offset -= before;
	bvecs[1].bv_len += before;
	bvecs[num].bv_len += 512;
	bvec_iter_advance(bvecs, &iter, skip);
	virtqueue_add_bvec(vd->vq, bvecs, &iter, dir);
}
