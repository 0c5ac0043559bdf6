/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory and the DMA of a test program: every allocation and every mapping
 * of the ring comes here, can be made to fail, and is accounted for.
 *
 *	struct inject mine = {};
 *
 *	inject = &mine;
 *	inject_fail(&mine.alloc, 2);	the second allocation from now fails
 *	...
 *	mine.interrupt = function;	called before each allocation and mapping
 *	...
 *	mine.wrong			what the ring did wrong, or NULL
 *	inject_holds(&mine)		what it did not give back
 *
 * @inject is where things are counted now.  A program that runs two rings side
 * by side has two of these, and sets @inject before it calls one of them: when
 * both do the same, then both see the same DMA addresses, and have the same
 * trace.
 *
 * A DMA address is never one that the CPU could use, and is not given out again
 * for a long time: 268 million mappings.
 */
#ifndef VRING_INJECT_H
#define VRING_INJECT_H

#include <linux/dma-mapping.h>
#include <linux/workqueue.h>

#define INJECT_MAPPINGS	16384	/* at the same time */
#define INJECT_EVENTS	1024		/* that are remembered */

/* Calls @first to @last fail, 1 is the first call after inject_fail(). */
struct inject_point {
	unsigned long calls;
	unsigned long first;
	unsigned long last;
};

struct inject_mapping {
	dma_addr_t addr;		/* 0: not in use */
	void *cpu;
	size_t len;
	enum dma_data_direction dir;
	bool coherent;
};

enum inject_what {
	INJECT_MAP,
	INJECT_MAP_FAILED,
	INJECT_UNMAP,
	INJECT_ALLOC_COHERENT,
	INJECT_FREE_COHERENT,
};

struct inject_event {
	enum inject_what what;
	enum dma_data_direction dir;
	dma_addr_t addr;
	size_t len;
};

struct inject {
	struct inject_point alloc;	/* all kinds of memory */
	struct inject_point map;

	/*
	 * Called first thing in each allocation and each mapping: what an
	 * interrupt, or the device, may do at that time.  It may call the ring.
	 */
	void (*interrupt)(void);

	/* Work that was scheduled is done at once, or waits for inject_work(). */
	bool work_waits;
	struct work_struct *work;	/* a list */

	/* What the ring has now */
	unsigned long allocated;	/* pieces of memory */
	unsigned long mapped;		/* mappings, but not of coherent memory */
	void *latest;			/* what kmalloc() gave last */

	unsigned long warnings;		/* WARN and its kind */
	unsigned long messages;		/* dev_err and its kind, but not pr_debug */
	bool verbose;			/* print them */
	ktime_t now;			/* the clock of ktime_get() */

	/* The first wrong thing: an unmap that fits no map, and the like */
	const char *wrong;

	/* Event number i is in events[i % INJECT_EVENTS] */
	struct inject_event events[INJECT_EVENTS];
	unsigned long nr_events;
	u64 hash;			/* of all events so far */

	struct inject_mapping mappings[INJECT_MAPPINGS];
	u32 next;			/* the number of the next mapping */
};

extern struct inject *inject;

/* The @nth call from now fails, 1 is the next, 0 for none; and all after it */
void inject_fail(struct inject_point *point, unsigned long nth);
void inject_fail_from(struct inject_point *point, unsigned long nth);

/* Do all work that waits. */
void inject_work(struct inject *in);

/* Memory or mappings that the ring still has: a text, or NULL if none */
const char *inject_holds(const struct inject *in);

/* Forget all events; the state of the mappings stays. */
void inject_clear_events(struct inject *in);

/* To stderr: the last @max events */
void inject_print_events(const struct inject *in, unsigned int max);

/* WARN_ONCE() warns again, in all implementations. */
void inject_forget_warnings(void);

#endif /* VRING_INJECT_H */
