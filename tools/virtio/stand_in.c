// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel functions that the ring needs, for programs in user space.
 *
 * All of them are weak: a program that wants to fail or to observe allocations
 * or mappings can define its own function of the same name.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <linux/bug.h>
#include <linux/dma-mapping.h>
#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#undef __kmalloc
#undef __krealloc
#undef __kfree

__weak void *__kmalloc(size_t size, gfp_t gfp)
{
	return malloc(size);
}

__weak void *__krealloc(void *p, size_t size, gfp_t gfp)
{
	return realloc(p, size);
}

__weak void __kfree(const void *p)
{
	free((void *)p);
}

__weak void *__alloc_pages_exact(size_t size, gfp_t gfp)
{
	return aligned_alloc(PAGE_SIZE, PAGE_ALIGN(size));
}

__weak void __free_pages_exact(void *p, size_t size)
{
	free(p);
}

/*
 * A DMA address is never an address of the CPU: code that confuses them crashes
 * immediately.
 */
#define DMA_OFFSET	BIT_ULL(60)

__weak dma_addr_t dma_map_page_attrs(struct device *dev, struct page *page,
				     size_t offset, size_t size,
				     enum dma_data_direction dir,
				     unsigned long attrs)
{
	return page_to_phys(page) + offset + DMA_OFFSET;
}

__weak void dma_unmap_page_attrs(struct device *dev, dma_addr_t addr,
				 size_t size, enum dma_data_direction dir,
				 unsigned long attrs)
{
}

__weak void *dma_alloc_coherent(struct device *dev, size_t size,
				dma_addr_t *addr, gfp_t gfp)
{
	void *cpu = alloc_pages_exact(size, gfp | __GFP_ZERO);

	if (cpu)
		*addr = virt_to_phys(cpu) + DMA_OFFSET;
	return cpu;
}

__weak void dma_free_coherent(struct device *dev, size_t size, void *cpu,
			      dma_addr_t addr)
{
	free_pages_exact(cpu, size);
}

__weak void *dma_to_virt(struct device *dev, dma_addr_t addr, size_t size,
			 enum dma_data_direction dir)
{
	return phys_to_virt(addr - DMA_OFFSET);
}

__weak void _printk(const char *fmt, ...)
{
	va_list args;

	fmt += fmt[0] == KERN_SOH_ASCII ? 2 : 0;	/* the level */
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
}

__weak void __warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
}

__weak ktime_t ktime_get(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

struct virtio_device;

/*
 * Called for device-specific features, which the ring does not have; but
 * without optimization there is a call, which is never made.
 */
__weak void virtio_check_driver_offered_feature(const struct virtio_device *vdev,
						unsigned int fbit)
{
	abort();
}

__weak bool schedule_work(struct work_struct *work)
{
	work->func(work);
	return true;
}

__weak bool cancel_work_sync(struct work_struct *work)
{
	return false;
}
