// SPDX-License-Identifier: GPL-2.0
/*
 * The memory and the DMA of a test program, see inject.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/slab.h>

#include "inject.h"

static struct inject inject_default;
struct inject *inject = &inject_default;

static void inject_wrong(const char *what)
{
	if (!inject->wrong)
		inject->wrong = what;
}

/*
 * Failures
 */

void inject_fail(struct inject_point *point, unsigned long nth)
{
	*point = (struct inject_point){ .first = nth, .last = nth };
}

void inject_fail_from(struct inject_point *point, unsigned long nth)
{
	*point = (struct inject_point){ .first = nth, .last = ~0UL };
}

static bool inject_fails(struct inject_point *point)
{
	if (inject->interrupt)
		inject->interrupt();
	point->calls++;
	return unlikely(point->calls >= point->first &&
			point->calls <= point->last);
}

/*
 * Memory
 */

/* The content of new memory, so that no code relies on zeroes */
#define INJECT_POISON	0xa5

static void *inject_allocated(void *p, size_t size)
{
	if (!p)
		return NULL;
	inject->allocated++;
	return memset(p, INJECT_POISON, size);
}

static void inject_freed(const void *p)
{
	if (!p)
		return;
	if (!inject->allocated)
		inject_wrong("freed more than was allocated");
	else
		inject->allocated--;
}

void *__kmalloc(size_t size, gfp_t gfp)
{
	if (inject_fails(&inject->alloc))
		return NULL;
	inject->latest = inject_allocated(malloc(size), size);
	return inject->latest;
}

void __kfree(const void *p)
{
	inject_freed(p);
	free((void *)p);
}

void *__alloc_pages_exact(size_t size, gfp_t gfp)
{
	size = PAGE_ALIGN(size);
	if (inject_fails(&inject->alloc))
		return NULL;
	return inject_allocated(aligned_alloc(PAGE_SIZE, size), size);
}

void __free_pages_exact(void *p, size_t size)
{
	inject_freed(p);
	free(p);
}

/*
 * DMA.  The upper half of a DMA address is the number of the mapping; the lower
 * half has room for any length.
 */
#define INJECT_DMA	BIT_ULL(60)
#define INJECT_NUMBERS	BIT(28)

static void inject_event(enum inject_what what, dma_addr_t addr, size_t len,
			 enum dma_data_direction dir)
{
	inject->events[inject->nr_events++ % INJECT_EVENTS] =
		(struct inject_event){ what, dir, addr, len };

	/* Any good mixing function will do: multiply by an odd number. */
	inject->hash = (inject->hash ^ addr ^ (u64)len << 8 ^ what << 4 ^ dir) *
		       0x9e3779b97f4a7c15ULL;
	inject->hash ^= inject->hash >> 29;
}

static struct inject_mapping *inject_slot(dma_addr_t addr)
{
	return &inject->mappings[(addr >> 32) % INJECT_MAPPINGS];
}

static dma_addr_t inject_map(void *cpu, size_t len,
			     enum dma_data_direction dir, bool coherent)
{
	struct inject_mapping *map;
	unsigned int tries;

	for (tries = 0; tries < INJECT_MAPPINGS; tries++) {
		u32 number = inject->next++ % INJECT_NUMBERS;

		map = &inject->mappings[number % INJECT_MAPPINGS];
		if (map->addr)
			continue;
		map->addr = INJECT_DMA + ((u64)number << 32) +
			    offset_in_page(cpu);
		map->cpu = cpu;
		map->len = len;
		map->dir = dir;
		map->coherent = coherent;
		return map->addr;
	}
	inject_wrong("too many mappings at the same time");
	return DMA_MAPPING_ERROR;
}

/* An unmap must have the address, the length and the direction of its map. */
static void inject_unmap(dma_addr_t addr, size_t len,
			 enum dma_data_direction dir, bool coherent)
{
	struct inject_mapping *map = inject_slot(addr);

	if (addr < INJECT_DMA || map->addr != addr)
		return inject_wrong("unmapped what is not mapped");
	if (map->len != len)
		inject_wrong("unmapped with another length than mapped");
	if (map->dir != dir)
		inject_wrong("unmapped in another direction than mapped");
	if (map->coherent != coherent)
		inject_wrong("a mapping is not coherent memory");
	map->addr = 0;
	if (!coherent)
		inject->mapped--;
}

dma_addr_t dma_map_page_attrs(struct device *dev, struct page *page,
			      size_t offset, size_t size,
			      enum dma_data_direction dir, unsigned long attrs)
{
	void *cpu = phys_to_virt(page_to_phys(page) + offset);
	dma_addr_t addr = DMA_MAPPING_ERROR;

	if (!inject_fails(&inject->map))
		addr = inject_map(cpu, size, dir, false);
	if (addr != DMA_MAPPING_ERROR)
		inject->mapped++;
	inject_event(addr == DMA_MAPPING_ERROR ? INJECT_MAP_FAILED : INJECT_MAP,
		     addr, size, dir);
	return addr;
}

void dma_unmap_page_attrs(struct device *dev, dma_addr_t addr, size_t size,
			  enum dma_data_direction dir, unsigned long attrs)
{
	inject_event(INJECT_UNMAP, addr, size, dir);
	inject_unmap(addr, size, dir, false);
}

void *dma_alloc_coherent(struct device *dev, size_t size, dma_addr_t *addr,
			 gfp_t gfp)
{
	void *cpu = alloc_pages_exact(size, gfp | __GFP_ZERO);

	if (!cpu)
		return NULL;
	*addr = inject_map(cpu, size, DMA_BIDIRECTIONAL, true);
	inject_event(INJECT_ALLOC_COHERENT, *addr, size, DMA_BIDIRECTIONAL);
	return cpu;
}

void dma_free_coherent(struct device *dev, size_t size, void *cpu,
		       dma_addr_t addr)
{
	inject_event(INJECT_FREE_COHERENT, addr, size, DMA_BIDIRECTIONAL);
	inject_unmap(addr, size, DMA_BIDIRECTIONAL, true);
	free_pages_exact(cpu, size);
}

void *dma_to_virt(struct device *dev, dma_addr_t addr, size_t size,
		  enum dma_data_direction dir)
{
	struct inject_mapping *map = inject_slot(addr);
	size_t offset = addr - map->addr;

	if (!map->addr || addr < map->addr || addr >> 32 != map->addr >> 32)
		return NULL;
	if (offset > map->len || size > map->len - offset)
		return NULL;
	if (map->dir != DMA_BIDIRECTIONAL && map->dir != dir)
		return NULL;
	return map->cpu + offset;
}

/*
 * Work
 */

/* The position of the work in the list, or the end */
static struct work_struct **inject_find_work(struct work_struct *work)
{
	struct work_struct **at = &inject->work;

	while (*at && *at != work)
		at = &(*at)->next;
	return at;
}

bool schedule_work(struct work_struct *work)
{
	struct work_struct **at = inject_find_work(work);

	if (!inject->work_waits) {
		work->func(work);
		return true;
	}
	if (*at)
		return false;
	work->next = NULL;
	*at = work;
	return true;
}

bool cancel_work_sync(struct work_struct *work)
{
	struct work_struct **at = inject_find_work(work);

	if (!*at)
		return false;
	*at = work->next;
	return true;
}

void inject_work(struct inject *in)
{
	struct work_struct *work;

	while ((work = in->work)) {
		in->work = work->next;
		work->func(work);
	}
}

/*
 * Inspection
 */

const char *inject_holds(const struct inject *in)
{
	if (in->mapped)
		return "something is still mapped";
	if (in->allocated)
		return "some memory was not freed";
	return NULL;
}

void inject_clear_events(struct inject *in)
{
	in->nr_events = 0;
	in->hash = 0;
}

void inject_print_events(const struct inject *in, unsigned int max)
{
	static const char *const what[] = {
		[INJECT_MAP]		= "map",
		[INJECT_MAP_FAILED]	= "map failed",
		[INJECT_UNMAP]		= "unmap",
		[INJECT_ALLOC_COHERENT]	= "alloc coherent",
		[INJECT_FREE_COHERENT]	= "free coherent",
	};
	unsigned long i;

	if (max > INJECT_EVENTS)
		max = INJECT_EVENTS;
	i = in->nr_events > max ? in->nr_events - max : 0;
	for (; i < in->nr_events; i++) {
		const struct inject_event *e = &in->events[i % INJECT_EVENTS];

		fprintf(stderr, "%6lu %s %#llx length %zu direction %d\n", i,
			what[e->what], (unsigned long long)e->addr, e->len,
			e->dir);
	}
}

/*
 * Messages and time
 */

static void inject_print(const char *fmt, va_list args)
{
	if (inject->verbose)
		vfprintf(stderr, fmt, args);
}

void _printk(const char *fmt, ...)
{
	va_list args;

	if (!strncmp(fmt, KERN_DEBUG, 2))
		return;
	inject->messages++;
	va_start(args, fmt);
	inject_print(fmt, args);
	va_end(args);
}

void __warn(const char *fmt, ...)
{
	va_list args;

	inject->warnings++;
	va_start(args, fmt);
	inject_print(fmt, args);
	va_end(args);
}

/* The linker gives the section of WARN_ONCE() these names. */
extern char __start_data_once[] __weak, __stop_data_once[] __weak;

/* ASan puts guards between the flags, so memset() cannot be used. */
__attribute__((no_sanitize("address")))
void inject_forget_warnings(void)
{
	char *flag;

	for (flag = __start_data_once; flag < __stop_data_once; flag++)
		WRITE_ONCE(*flag, 0);
}

ktime_t ktime_get(void)
{
	return inject->now;
}
