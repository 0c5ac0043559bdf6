// SPDX-License-Identifier: GPL-2.0
/*
 * Count allocations of the driver side, and make them fail.
 *
 * The code under test has no hooks for this.  The kmem tracepoints show what is
 * allocated for a buffer: the allocations of the ring in the thread of the
 * test, with VRING_TEST_GFP.
 */
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <trace/events/kmem.h>

#include "vring_device.h"

/*
 * Exclude SLUB, which since it has sheaves sometimes needs memory of its own
 * and allocates that with the flags of the ring.  Without symbols the call site
 * is only a number, and every caller may be the ring.
 */
static bool vring_is_ring(unsigned long call_site)
{
	char name[16], *function = name;

	if (!IS_ENABLED(CONFIG_KALLSYMS))
		return true;
	snprintf(name, sizeof(name), "%ps", (void *)call_site);
	while (*function == '_')
		function++;
	return strstarts(function, "vring_") ||
	       strstarts(function, "virtqueue_") ||
	       strstarts(function, "alloc_indirect");
}

static void vring_probe_kmalloc(void *data, unsigned long call_site,
				const void *ptr, size_t bytes_req,
				size_t bytes_alloc, gfp_t gfp, int node)
{
	struct vring_device *vd = data;

	/* In an interrupt, current may also be the thread of the test */
	if (!in_task() || current != vd->task || !ptr ||
	    gfpflags_allow_blocking(gfp) ||
	    (gfp & VRING_TEST_GFP) != VRING_TEST_GFP ||
	    !vring_is_ring(call_site))
		return;
	vring_interrupt_here(vd);
	if (vd->nr_tables < ARRAY_SIZE(vd->tables))
		vd->tables[vd->nr_tables++] = ptr;
}

static void vring_probe_kfree(void *data, unsigned long call_site,
			      const void *ptr)
{
	struct vring_device *vd = data;
	unsigned int i;

	if (!in_task() || current != vd->task)
		return;
	for (i = 0; i < vd->nr_tables; i++) {
		if (vd->tables[i] == ptr) {
			vd->tables[i] = vd->tables[--vd->nr_tables];
			return;
		}
	}
}

/* Without tracepoints, only KASAN and kmemleak can detect leaks */
void vring_alloc_init(struct vring_device *vd)
{
	vd->task = current;
	if (!IS_ENABLED(CONFIG_TRACEPOINTS))
		return;
	KUNIT_ASSERT_EQ(vd->test, 0,
			register_trace_kmalloc(vring_probe_kmalloc, vd));
	KUNIT_ASSERT_EQ(vd->test, 0,
			register_trace_kfree(vring_probe_kfree, vd));
}

void vring_alloc_exit(struct vring_device *vd)
{
	unregister_trace_kfree(vring_probe_kfree, vd);
	unregister_trace_kmalloc(vring_probe_kmalloc, vd);
	tracepoint_synchronize_unregister();
}

/*
 * The kernel's fault injection counts the allocations of a task, without those
 * in interrupts.  It skips allocations that may sleep, hence VRING_TEST_GFP.
 */
void vring_need_failing_kmalloc(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_FAILSLAB))
		kunit_skip(test, "needs CONFIG_FAILSLAB");
}

/**
 * vring_fail_kmalloc - make an allocation fail
 * @nth: which one, 1 is the next from now on
 */
void vring_fail_kmalloc(unsigned int nth)
{
#ifdef CONFIG_FAULT_INJECTION
	WRITE_ONCE(current->fail_nth, nth);
#endif
}

/* Return: the number of allocations left until the failure, 0 if it occurred */
unsigned int vring_fail_kmalloc_stop(void)
{
	unsigned int left = 0;

#ifdef CONFIG_FAULT_INJECTION
	left = READ_ONCE(current->fail_nth);
	WRITE_ONCE(current->fail_nth, 0);
#endif
	return left;
}
