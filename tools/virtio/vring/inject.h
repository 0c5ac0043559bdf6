/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory and the DMA of a test program: all allocations and mappings of the
 * ring use these functions, can be made to fail, and are accounted for.
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
 * @inject points to the current counters.  A program that runs two rings side
 * by side has two of these, and sets @inject before it calls one of them.  If
 * both do the same, they get the same DMA addresses and have the same trace.
 *
 * A DMA address is never a valid address of the CPU, and is not reused for 268
 * million mappings.
 */
#ifndef VRING_INJECT_H
#define VRING_INJECT_H

#include <linux/dma-mapping.h>
#include <linux/workqueue.h>

#define INJECT_MAPPINGS	16384	/* at the same time */
#define INJECT_EVENTS	1024		/* that are recorded */

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
	 * Called at the start of each allocation and each mapping: for what an
	 * interrupt or the device may do at that time.  It may call the ring.
	 */
	void (*interrupt)(void);

	/* Scheduled work runs immediately, or waits for inject_work(). */
	bool work_waits;
	struct work_struct *work;	/* a list */

	/* What the ring holds now */
	unsigned long allocated;	/* pieces of memory */
	unsigned long mapped;		/* mappings, but not of coherent memory */
	void *latest;			/* the last result of kmalloc() */

	unsigned long warnings;		/* WARN and its kind */
	unsigned long messages;		/* dev_err and its kind, but not pr_debug */
	bool verbose;			/* print them */
	ktime_t now;			/* the clock of ktime_get() */

	/* The first error, for example an unmap without a matching map */
	const char *wrong;

	/* Event number i is in events[i % INJECT_EVENTS] */
	struct inject_event events[INJECT_EVENTS];
	unsigned long nr_events;
	u64 hash;			/* of all events so far */

	struct inject_mapping mappings[INJECT_MAPPINGS];
	u32 next;			/* the number of the next mapping */
};

extern struct inject *inject;

/* The @nth call from now fails (1: the next, 0: none), or also all after it */
void inject_fail(struct inject_point *point, unsigned long nth);
void inject_fail_from(struct inject_point *point, unsigned long nth);

/* Run all pending work. */
void inject_work(struct inject *in);

/* A text about memory or mappings that the ring still holds, or NULL if none */
const char *inject_holds(const struct inject *in);

/* Clear all events; the state of the mappings stays. */
void inject_clear_events(struct inject *in);

/* To stderr: the last @max events */
void inject_print_events(const struct inject *in, unsigned int max);

/* WARN_ONCE() warns again, in all implementations. */
void inject_forget_warnings(void);

#endif /* VRING_INJECT_H */
