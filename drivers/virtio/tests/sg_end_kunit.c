// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for end markers of scatterlists: sg_mark_end(), sg_unmark_end().
 *
 * Drivers shorten one table to the length of each buffer.  This requires that a
 * marker can be removed completely.
 */
#include <kunit/test.h>
#include <linux/scatterlist.h>

static void sg_end_mark(struct kunit *test)
{
	struct scatterlist sg[4];

	sg_init_table(sg, ARRAY_SIZE(sg));
	KUNIT_EXPECT_TRUE(test, sg_is_last(&sg[3]));
	KUNIT_EXPECT_EQ(test, 4, sg_nents(sg));
	sg_mark_end(&sg[1]);
	KUNIT_EXPECT_EQ(test, 2, sg_nents(sg));
	KUNIT_EXPECT_NULL(test, sg_next(&sg[1]));
}

static void sg_end_unmark_keeps_entry(struct kunit *test)
{
	struct scatterlist sg[2];
	void *buf;

	buf = kunit_kmalloc(test, 16, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	sg_init_table(sg, ARRAY_SIZE(sg));
	sg_set_buf(&sg[0], buf, 16);
	sg_mark_end(&sg[0]);
	KUNIT_EXPECT_PTR_EQ(test, buf, sg_virt(&sg[0]));
	sg_unmark_end(&sg[0]);
	KUNIT_EXPECT_FALSE(test, sg_is_last(&sg[0]));
	KUNIT_EXPECT_PTR_EQ(test, &sg[1], sg_next(&sg[0]));
	KUNIT_EXPECT_PTR_EQ(test, buf, sg_virt(&sg[0]));
	KUNIT_EXPECT_EQ(test, 16, sg[0].length);
}

/* The same table, with a different length each time */
static void sg_end_reuse(struct kunit *test)
{
	struct scatterlist sg[8];
	unsigned int n;

	sg_init_table(sg, ARRAY_SIZE(sg));
	for (n = 1; n <= ARRAY_SIZE(sg); n++) {
		sg_mark_end(&sg[n - 1]);
		KUNIT_EXPECT_EQ(test, n, sg_nents(sg));
		sg_unmark_end(&sg[n - 1]);
		if (n == ARRAY_SIZE(sg))
			sg_mark_end(&sg[n - 1]);
		KUNIT_EXPECT_EQ(test, ARRAY_SIZE(sg), sg_nents(sg));
	}
}

static void sg_end_chained(struct kunit *test)
{
	struct scatterlist head[3], tail[3];

	sg_init_table(head, ARRAY_SIZE(head));
	sg_init_table(tail, ARRAY_SIZE(tail));
	sg_chain(head, ARRAY_SIZE(head), tail);
	KUNIT_EXPECT_EQ(test, 5, sg_nents(head));
	/* A marker hides the link, and removing it restores the link */
	sg_mark_end(&head[1]);
	KUNIT_EXPECT_EQ(test, 2, sg_nents(head));
	sg_unmark_end(&head[1]);
	KUNIT_EXPECT_EQ(test, 5, sg_nents(head));
	sg_unmark_end(&tail[2]);
	sg_mark_end(&tail[0]);
	KUNIT_EXPECT_EQ(test, 3, sg_nents(head));
	KUNIT_EXPECT_PTR_EQ(test, &tail[0], sg_next(&head[1]));
}

static struct kunit_case sg_end_cases[] = {
	KUNIT_CASE(sg_end_mark),
	KUNIT_CASE(sg_end_unmark_keeps_entry),
	KUNIT_CASE(sg_end_reuse),
	KUNIT_CASE(sg_end_chained),
	{}
};

static struct kunit_suite sg_end_suite = {
	.name = "virtio_sg_end",
	.test_cases = sg_end_cases,
};

kunit_test_suite(sg_end_suite);
