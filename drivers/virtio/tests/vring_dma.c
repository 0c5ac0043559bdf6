// SPDX-License-Identifier: GPL-2.0
/*
 * Fake DMA for a vring_device: every mapping is recorded.
 *
 * A DMA address is never a physical address and is never used twice.  So an
 * address that was not mapped, is no longer mapped, or belongs to another piece
 * is detected.  An unmap must have the address, the length and the direction of
 * its map.
 */
#include <linux/dma-map-ops.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>

#include "vring_device.h"

/* Outside of all memory, if the type is large enough */
#define VRING_DMA_BASE	(sizeof(dma_addr_t) > 4 ? BIT_ULL(40) : BIT_ULL(30))

static struct vring_mapping *vring_dma_find(struct vring_dma *dma, u64 addr)
{
	struct vring_mapping *map = dma->mappings;

	for (; map < dma->mappings + dma->nr_mappings; map++)
		if (addr >= map->dma && addr < map->dma + map->len)
			return map;
	return NULL;
}

static dma_addr_t vring_dma_record(struct vring_device *vd, void *cpu,
				   size_t len, enum dma_data_direction dir,
				   unsigned long attrs, bool coherent)
{
	struct vring_dma *dma = &vd->dma;
	struct vring_mapping *map = &dma->mappings[dma->nr_mappings];

	if (dma->nr_mappings == VRING_MAX_MAPPINGS) {
		KUNIT_FAIL(vd->test, "more mappings than a test should need");
		return DMA_MAPPING_ERROR;
	}

	map->dma = dma->next + offset_in_page(cpu);
	map->cpu = cpu;
	map->len = len;
	map->dir = dir;
	map->attrs = attrs;
	map->coherent = coherent;
	dma->nr_mappings++;
	dma->nr_coherent += coherent;
	/* Leave an unmapped page between any two mappings */
	dma->next += PAGE_ALIGN(offset_in_page(cpu) + len) + PAGE_SIZE;
	return map->dma;
}

static void vring_dma_forget(struct vring_device *vd, dma_addr_t addr,
			     size_t len, enum dma_data_direction dir,
			     bool coherent)
{
	struct vring_dma *dma = &vd->dma;
	struct vring_mapping *map = vring_dma_find(dma, addr);

	if (!map) {
		KUNIT_FAIL(vd->test, "unmapped %pad, which is not mapped", &addr);
		return;
	}
	KUNIT_EXPECT_EQ(vd->test, addr, map->dma);
	KUNIT_EXPECT_EQ(vd->test, len, map->len);
	KUNIT_EXPECT_EQ(vd->test, dir, map->dir);
	KUNIT_EXPECT_EQ(vd->test, coherent, map->coherent);

	dma->nr_coherent -= map->coherent;
	*map = dma->mappings[--dma->nr_mappings];
}

static void *vring_dma_alloc(struct device *dev, size_t size, dma_addr_t *dma,
			     gfp_t gfp, unsigned long attrs)
{
	struct vring_device *vd = dev_get_drvdata(dev);
	void *cpu;

	/*
	 * The ring may allocate memory for kept tables at any time.  Fail this
	 * unless a test waits for it.
	 */
	if (current != vd->task && !READ_ONCE(vd->dma.keep))
		return NULL;
	if (++vd->dma.alloc_calls == vd->dma.alloc_fails)
		return NULL;

	cpu = alloc_pages_exact(size, gfp | __GFP_ZERO);
	if (!cpu)
		return NULL;

	*dma = vring_dma_record(vd, cpu, size, DMA_BIDIRECTIONAL, attrs,
				true);
	return cpu;
}

static void vring_dma_free(struct device *dev, size_t size, void *cpu,
			   dma_addr_t dma, unsigned long attrs)
{
	vring_dma_forget(dev_get_drvdata(dev), dma, size, DMA_BIDIRECTIONAL,
			 true);
	free_pages_exact(cpu, size);
}

static dma_addr_t vring_dma_map(struct device *dev, VRING_DMA_MEMORY,
				size_t len, enum dma_data_direction dir,
				unsigned long attrs)
{
	struct vring_device *vd = dev_get_drvdata(dev);

	vring_interrupt_here(vd);
	vd->dma.map_calls++;
	if (vd->dma.map_calls >= vd->dma.map_first &&
	    vd->dma.map_calls <= vd->dma.map_last)
		return DMA_MAPPING_ERROR;

	return vring_dma_record(vd, VRING_DMA_CPU, len, dir, attrs, false);
}

static void vring_dma_unmap(struct device *dev, dma_addr_t addr, size_t len,
			    enum dma_data_direction dir, unsigned long attrs)
{
	struct vring_device *vd = dev_get_drvdata(dev);

	vring_dma_forget(vd, addr, len, dir, false);
	vd->dma.synced += !(attrs & DMA_ATTR_SKIP_CPU_SYNC);
}

static const struct dma_map_ops vring_dma_ops = {
	.alloc		= vring_dma_alloc,
	.free		= vring_dma_free,
	.VRING_DMA_MAP	= vring_dma_map,
	.VRING_DMA_UNMAP = vring_dma_unmap,
};

void vring_dma_init(struct vring_device *vd)
{
	vd->dma.next = VRING_DMA_BASE;
	dev_set_drvdata(vd->dev, vd);
	set_dma_ops(vd->dev, &vring_dma_ops);
}

/**
 * vring_dma_fail_maps - make mappings fail
 * @vd: the device
 * @first: the first to fail, 1 is the next one from now on
 * @last: the last to fail, UINT_MAX for all that follow, 0 for none
 */
void vring_dma_fail_maps(struct vring_device *vd, unsigned int first,
			 unsigned int last)
{
	vd->dma.map_calls = 0;
	vd->dma.map_first = first;
	vd->dma.map_last = last;
}

/**
 * vring_dma_fail_alloc - make one allocation of ring memory fail
 * @vd: the device
 * @nth: which one, 1 is the next, 0 for none
 */
void vring_dma_fail_alloc(struct vring_device *vd, unsigned int nth)
{
	vd->dma.alloc_calls = 0;
	vd->dma.alloc_fails = nth;
}

static bool vring_dma_allows(const struct vring_mapping *map, bool write)
{
	return map->dir == DMA_BIDIRECTIONAL ||
	       map->dir == (write ? DMA_FROM_DEVICE : DMA_TO_DEVICE);
}

/**
 * vring_dma_to_cpu - what the device accesses at an address
 * @vd: the device
 * @addr: address from a descriptor
 * @len: number of bytes that the device accesses
 * @write: whether it writes
 *
 * Return: the address for the test.  The test ends here if the device would
 * access memory that was not made available to it.
 */
void *vring_dma_to_cpu(struct vring_device *vd, u64 addr, u32 len, bool write)
{
	struct vring_mapping *map;

	/* Without the DMA API a device gets physical addresses */
	if (!vd->config.dma) {
		KUNIT_ASSERT_TRUE_MSG(vd->test, pfn_valid(PHYS_PFN(addr)),
				      "%#llx is not memory", addr);
		return phys_to_virt(addr);
	}

	map = vring_dma_find(&vd->dma, addr);
	KUNIT_ASSERT_NOT_NULL_MSG(vd->test, map, "%#llx is not mapped", addr);
	KUNIT_ASSERT_LE_MSG(vd->test, addr + len, map->dma + map->len,
			    "%#llx is mapped, but not all of it", addr);
	KUNIT_ASSERT_TRUE_MSG(vd->test, vring_dma_allows(map, write),
			      "%#llx is mapped for the other direction", addr);
	return map->cpu + (addr - map->dma);
}

/* Mappings of buffers and tables, without the memory of the rings */
void vring_dma_expect_mapped(struct vring_device *vd, unsigned int nr)
{
	KUNIT_EXPECT_EQ(vd->test, nr,
			vd->dma.nr_mappings - vd->dma.nr_coherent);
}
