// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the calls that add memory that the driver has mapped, or that
 * needs special DMA attributes: virtqueue_add_outbuf_premapped(),
 * virtqueue_add_inbuf_premapped() and virtqueue_add_inbuf_cache_clean().
 */
#include <linux/virtio.h>
#include <linux/virtio_config.h>

#include "vring_device.h"

#define RING_SIZE	8

static struct vring_device *create(struct kunit *test)
{
	return vring_device_create(test, test->param_value, RING_SIZE);
}

/* The number of mappings that the driver has made for @num pieces */
static unsigned int mappings(struct vring_device *vd, unsigned int num)
{
	return vd->config.dma ? num : 0;
}

/* Whether the ring maps a table for a buffer of @num pieces */
static unsigned int tables(struct vring_device *vd, unsigned int num)
{
	return vd->config.indirect && num > 1;
}

static int add_premapped(struct vring_device *vd, struct vring_request *req)
{
	if (req->out)
		return virtqueue_add_outbuf_premapped(vd->vq, req->sg, req->out,
						      req, VRING_TEST_GFP);
	return virtqueue_add_inbuf_premapped(vd->vq, req->sg, req->in, req,
					     NULL, VRING_TEST_GFP);
}

static void premapped_round_trip(struct vring_device *vd, unsigned int out,
				 unsigned int in)
{
	struct vring_request *req = vring_request_create(vd, 0, out, in);
	unsigned int num = out + in;

	vring_request_map(vd, req, 0, num);
	KUNIT_ASSERT_EQ(vd->test, 0, add_premapped(vd, req));
	vring_dma_expect_mapped(vd, mappings(vd, num + tables(vd, num)));
	vring_expect_round_trip(vd, req);
	KUNIT_EXPECT_EQ(vd->test, tables(vd, num), vd->chain.indirect);

	/* Pieces that the driver mapped are still mapped */
	vring_dma_expect_mapped(vd, mappings(vd, num));
	vring_request_unmap(vd, req, 0, num);
	vring_device_expect_nothing_held(vd);
	vring_device_expect_idle(vd);
}

static void mapped_premapped(struct kunit *test)
{
	struct vring_device *vd = create(test);
	unsigned int num;

	for (num = 1; num <= RING_SIZE; num++) {
		premapped_round_trip(vd, num, 0);
		premapped_round_trip(vd, 0, num);
	}
}

/* Detaching or a failed mapping of the table unmaps no pieces of the driver */
static void mapped_premapped_given_up(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req = vring_request_create(vd, 0, 3, 0);

	vring_request_map(vd, req, 0, 3);
	KUNIT_ASSERT_EQ(test, 0, add_premapped(vd, req));
	KUNIT_EXPECT_PTR_EQ(test, (void *)req,
			    virtqueue_detach_unused_buf(vd->vq));
	vring_dma_expect_mapped(vd, mappings(vd, 3));
	KUNIT_ASSERT_EQ(test, 0, virtqueue_reset(vd->vq, vring_device_recycle,
						 NULL));

	vring_dma_fail_maps(vd, 1, UINT_MAX);
	KUNIT_EXPECT_EQ(test, mappings(vd, tables(vd, 3)) ? -ENOMEM : 0,
			add_premapped(vd, req));
	vring_dma_fail_maps(vd, 0, 0);
	if (vring_device_take(vd)) {
		vring_device_complete(vd, vd->chain.id, 0);
		vring_expect_used(vd, req, 0);
	}
	vring_dma_expect_mapped(vd, mappings(vd, 3));
	vring_request_unmap(vd, req, 0, 3);
	vring_device_expect_idle(vd);
}

/* A queue with contexts returns each context, and uses no indirect tables */
static void mapped_premapped_ctx(struct kunit *test)
{
	struct vring_config config = *(const struct vring_config *)
					test->param_value;
	struct vring_device *vd;
	unsigned int n, len;

	config.ctx = true;
	vd = vring_device_create(test, &config, RING_SIZE);
	for (n = 1; n <= RING_SIZE; n++) {
		struct vring_request *req = vring_request_create(vd, 0, 0, n);
		void *ctx = NULL;

		vring_request_map(vd, req, 0, n);
		KUNIT_ASSERT_EQ(test, 0,
				virtqueue_add_inbuf_premapped(vd->vq, req->sg, n,
							      req, &req->in,
							      VRING_TEST_GFP));
		vring_device_complete(vd, vring_expect_available(vd, req), n);
		KUNIT_EXPECT_FALSE(test, vd->chain.indirect);
		KUNIT_ASSERT_PTR_EQ(test, (void *)req,
				    virtqueue_get_buf_ctx(vd->vq, &len, &ctx));
		KUNIT_EXPECT_EQ(test, n, len);
		KUNIT_EXPECT_PTR_EQ(test, ctx, (void *)&req->in);
		vring_request_unmap(vd, req, 0, n);
		vring_device_expect_idle(vd);
	}
}

static unsigned long last_attrs(struct vring_device *vd)
{
	return vd->dma.mappings[vd->dma.nr_mappings - 1].attrs;
}

/* The attribute applies to pieces, not to the table or the next buffer */
static void mapped_cache_clean(struct kunit *test)
{
	struct vring_device *vd = create(test);
	struct vring_request *req;
	unsigned int n, i, first;

	for (n = 1; n <= RING_SIZE; n++) {
		req = vring_request_create(vd, 0, 0, n);
		first = vd->dma.nr_mappings;
		KUNIT_ASSERT_EQ(test, 0,
				virtqueue_add_inbuf_cache_clean(vd->vq, req->sg,
								n, req,
								VRING_TEST_GFP));
		KUNIT_ASSERT_EQ(test, first + n + tables(vd, n),
				vd->dma.nr_mappings);
		for (i = 0; i < n; i++)
			KUNIT_EXPECT_EQ(test,
					DMA_ATTR_DEBUGGING_IGNORE_CACHELINES,
					vd->dma.mappings[first + i].attrs);
		if (tables(vd, n))
			KUNIT_EXPECT_EQ(test, 0, last_attrs(vd));
		vring_expect_round_trip(vd, req);

		KUNIT_ASSERT_EQ(test, 0,
				virtqueue_add_inbuf(vd->vq, req->sg, 1, req,
						    VRING_TEST_GFP));
		KUNIT_EXPECT_EQ(test, 0, last_attrs(vd));
		req->in = 1;
		vring_expect_round_trip(vd, req);
		vring_device_expect_nothing_held(vd);
		vring_device_expect_idle(vd);
	}
}

static struct kunit_case mapped_cases[] = {
	KUNIT_CASE_PARAM(mapped_premapped, vring_gen_basic),
	KUNIT_CASE_PARAM(mapped_premapped_given_up, vring_gen_basic),
	KUNIT_CASE_PARAM(mapped_premapped_ctx, vring_gen_basic),
	KUNIT_CASE_PARAM(mapped_cache_clean, vring_gen_dma),
	{}
};

static struct kunit_suite mapped_suite = {
	.name = "virtio_ring_mapped",
	.test_cases = mapped_cases,
};

kunit_test_suite(mapped_suite);
