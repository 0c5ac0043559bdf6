/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtio device for KUnit: the other end of a virtqueue.
 *
 *	 test case     adds a buffer                 gets it back
 *	                   |                              ^
 *	                   v                              |
 *	 virtqueue     the code under test, on a struct virtio_device
 *	                   |                              ^
 *	                   v                              |
 *	 memory        the ring, known by its three addresses; fake DMA
 *	                   |                              ^
 *	                   v                              |
 *	 vring_device  takes what is available,      completes it
 *	               and checks every descriptor
 *
 * The device is implemented from the virtio specification (version 1.2,
 * sections 2.7 "Split Virtqueues" and 2.8 "Packed Virtqueues"), and never
 * accesses the driver's private state.  So it can be the oracle for any code
 * that fills the ring.
 *
 * Everything runs in the thread of the test, without locks.
 */
#ifndef _VRING_DEVICE_H
#define _VRING_DEVICE_H

#include <kunit/test.h>
#include <linux/cache.h>
#include <linux/dma-direction.h>
#include <linux/prandom.h>
#include <linux/scatterlist.h>
#include <linux/virtio.h>

#include "vring_kernel.h"

#define VRING_MAX_SIZE		256	/* descriptors in a ring */
#define VRING_MAX_PIECES	136	/* pieces of a buffer */
#define VRING_MAX_MAPPINGS	512
#define VRING_SLOTS		512	/* units of memory for pieces */
/* No two of them share a cache line, which DMA_API_DEBUG would report. */
#define VRING_SLOT_SIZE		(L1_CACHE_BYTES > 128 ? L1_CACHE_BYTES : 128)

/* The parameters of a case */
struct vring_config {
	const char *name;
	bool packed;
	bool indirect;		/* VIRTIO_RING_F_INDIRECT_DESC */
	bool event;		/* VIRTIO_RING_F_EVENT_IDX */
	bool dma;		/* VIRTIO_F_ACCESS_PLATFORM: use the DMA API */
	bool premapped;		/* the driver maps, virtqueue_set_dma_premapped() */
	bool in_order;		/* VIRTIO_F_IN_ORDER */
	bool ctx;		/* context per buffer, no indirect tables */
};

/* One piece of memory, as seen by the driver and by the device */
struct vring_piece {
	void *addr;
	u32 len;
	bool writable;		/* by the device */
};

/* A buffer that the device has taken from the ring */
struct vring_chain {
	u16 id;			/* head (split) or buffer id (packed) */
	u16 nr_desc;		/* descriptors that it holds in the ring */
	bool indirect;
	unsigned int nr_pieces;
	struct vring_piece pieces[VRING_MAX_PIECES];
};

/* A buffer that the driver adds.  Its address is the token. */
struct vring_request {
	unsigned int out;	/* pieces that the device reads, come first */
	unsigned int in;	/* pieces that the device writes */
	struct vring_piece pieces[VRING_MAX_PIECES];
	struct scatterlist sg[VRING_MAX_PIECES];
};

struct vring_mapping {
	dma_addr_t dma;
	void *cpu;
	size_t len;
	enum dma_data_direction dir;
	unsigned long attrs;
	bool coherent;
};

struct vring_dma {
	struct vring_mapping mappings[VRING_MAX_MAPPINGS];
	unsigned int nr_mappings;
	unsigned int nr_coherent;	/* those among them that hold a ring */
	unsigned int synced;		/* unmapped and synced for the CPU */
	dma_addr_t next;		/* no address is used twice */

	/* Calls number first..last from now on fail, 1 is the next one */
	unsigned int map_calls, map_first, map_last;
	unsigned int alloc_calls, alloc_fails;
	bool keep;			/* allocate memory for kept tables */
};

struct vring_position {
	u16 pos;
	bool wrap;
};

struct vring_device {
	struct kunit *test;
	char doing[64];			/* printed when the test fails */
	struct vring_config config;
	struct device *dev;		/* does the DMA */
	struct virtio_device vdev;
	struct virtqueue *vq;
	struct vring_dma dma;

	unsigned int notified;		/* notifications received */
	unsigned int resets;		/* of the queue */

	/* Buffers passed to vring_device_recycle(): number and last one */
	unsigned int nr_recycled;
	void *recycled;

	/* The addresses of the ring from the transport */
	unsigned int size;
	void *desc_area;
	void *driver_area;
	void *device_area;

	/* Progress. The split ring needs free-running positions only. */
	struct vring_position avail;	/* the next one to take */
	struct vring_position used;	/* the next one to complete */
	u16 in_flight[VRING_MAX_SIZE];	/* by id: descriptors it holds, or 0 */
	u16 owner[VRING_MAX_SIZE];	/* split: the head that holds it, plus 1 */
	u16 next_desc;			/* in order, split: the one to come */
	unsigned int nr_in_flight;	/* sum of the descriptors */
	struct vring_chain chain;	/* the last one taken */

	/* Memory for the buffers of the driver */
	void *slots;

	/* Allocations of the driver side that are traced */
	struct task_struct *task;
	const void *tables[VRING_MAX_SIZE];
	unsigned int nr_tables;

	/* Called where an interrupt may occur, in the middle of an add */
	void (*interrupt)(struct vring_device *vd);
};

/* At each mapping and each allocation, and where a test calls it */
static inline void vring_interrupt_here(struct vring_device *vd)
{
	if (vd->interrupt)
		vd->interrupt(vd);
}

/* Parameter generators: every configuration, and useful subsets of them */
VRING_GENERATOR(all);
VRING_GENERATOR(basic);
VRING_GENERATOR(dma);
VRING_GENERATOR(event);
VRING_GENERATOR(premapped);
VRING_GENERATOR(direct);
VRING_GENERATOR(indirect);
VRING_GENERATOR(indirect_dma);
VRING_GENERATOR(split_direct);
VRING_GENERATOR(any_order);
VRING_GENERATOR(dma_any_order);
VRING_GENERATOR(in_order);
VRING_GENERATOR(in_order_dma);

/* Life */
struct vring_device *vring_device_create(struct kunit *test,
					 const struct vring_config *config,
					 unsigned int size);
int vring_device_create_vq(struct vring_device *vd, unsigned int size);
void vring_device_delete_vq(struct vring_device *vd);
__printf(2, 3) void vring_device_doing(struct vring_device *vd,
				       const char *fmt, ...);

/* For virtqueue_reset() and virtqueue_resize() */
void vring_device_recycle(struct virtqueue *vq, void *buf);

/* The device side */
bool vring_device_take(struct vring_device *vd);
void vring_device_complete(struct vring_device *vd, u16 id, u32 len);
void vring_device_complete_batch(struct vring_device *vd, const u16 *id,
				 unsigned int num, u32 len);
void vring_device_want_notify(struct vring_device *vd, bool want);
void vring_device_notify_at(struct vring_device *vd, unsigned int ahead);
void vring_device_expect_idle(struct vring_device *vd);
void vring_device_expect_nothing_held(struct vring_device *vd);
struct vring_desc *vring_device_split_desc(struct vring_device *vd, u16 i);

/* The driver side */
struct vring_request *vring_request_create(struct vring_device *vd,
					   unsigned int slot,
					   unsigned int out, unsigned int in);
void vring_request_finish(struct vring_device *vd, struct vring_request *req);
void vring_request_init(struct vring_device *vd, struct vring_request *req,
			unsigned int slot, unsigned int out, unsigned int in);
void vring_request_map(struct vring_device *vd, struct vring_request *req,
		       unsigned int first, unsigned int num);
void vring_request_unmap(struct vring_device *vd, struct vring_request *req,
			 unsigned int first, unsigned int num);
enum dma_data_direction vring_request_dir(const struct vring_request *req,
					  unsigned int i);

/* Both sides at once, with expectations */
u16 vring_expect_available(struct vring_device *vd,
			   const struct vring_request *req);
void vring_expect_used(struct vring_device *vd, const void *token, u32 len);
void vring_expect_round_trip(struct vring_device *vd,
			     const struct vring_request *req);

/* Steps and checks that the suites share, see vring_checks.c */
#define VRING_MAX_ORDER	4	/* buffers for vring_expect_order() */

typedef int vring_add_fn(struct vring_device *vd, struct vring_request *req);

int vring_add_sgs(struct vring_device *vd, struct vring_request *req);
int vring_add_unmappable(struct vring_device *vd, struct vring_request *req,
			 unsigned int first, unsigned int last);
void vring_move_on(struct vring_device *vd, unsigned int n);
void vring_fill(struct vring_device *vd, struct vring_request *one,
		unsigned int n, vring_add_fn *add);
void vring_drain(struct vring_device *vd, struct vring_request *one,
		 unsigned int n);
void vring_expect_order(struct vring_device *vd, struct vring_request *req[],
			unsigned int num, const unsigned int *order);
void vring_expect_kick_event(struct vring_device *vd, struct vring_request *req,
			     vring_add_fn *add);
void vring_expect_kick_at_last(struct vring_device *vd,
			       struct vring_request *req, vring_add_fn *add);

/* Fake DMA, see vring_dma.c */
void vring_dma_init(struct vring_device *vd);
void vring_dma_fail_maps(struct vring_device *vd, unsigned int first,
			 unsigned int last);
void vring_dma_fail_alloc(struct vring_device *vd, unsigned int nth);
void *vring_dma_to_cpu(struct vring_device *vd, u64 addr, u32 len, bool write);
void vring_dma_expect_mapped(struct vring_device *vd, unsigned int nr);

/* Allocations, see vring_alloc.c */
#define VRING_TEST_GFP	(GFP_ATOMIC | __GFP_NOWARN)
void vring_alloc_init(struct vring_device *vd);
void vring_alloc_exit(struct vring_device *vd);
void vring_need_failing_kmalloc(struct kunit *test);
void vring_fail_kmalloc(unsigned int nth);
unsigned int vring_fail_kmalloc_stop(void);

/* The private state of small rings, see vring_state.c */
#define VRING_STATE_SIZE	16

struct vring_state {
	unsigned int num_free;
	unsigned int free_head;
	unsigned int num_added;
	u16 last_used_idx;
	u16 avail_idx;
	u16 avail_used_flags;
	bool wrap;
	u16 free[VRING_STATE_SIZE];	/* the free list, in its order */
	void *data[VRING_STATE_SIZE];	/* tokens */
	char driver_area[4];		/* split: with avail->idx */
};

/* The tables that are kept */
unsigned int vring_free_tables(const struct vring_device *vd);
void vring_let_tables_be_kept(struct vring_device *vd);

void vring_get_state(struct vring_device *vd, struct vring_state *state);
void vring_expect_state(struct vring_device *vd,
			const struct vring_state *before, unsigned int mapped);

void vring_add_bvec(struct vring_device *vd, const struct vring_piece *piece,
		    unsigned int num, unsigned int before,
		    enum dma_data_direction dir);

/* A long random sequence, see vring_random.c */
struct vring_random_calls {
	/* Add the buffer, in any way that needs the fewest descriptors */
	int (*add)(struct vring_device *vd, struct vring_request *req,
		   struct rnd_state *rnd);
	/* Start to add it, and fail */
	void (*fail)(struct vring_device *vd, struct vring_request *req,
		     struct rnd_state *rnd);
};

u32 vring_random(struct rnd_state *rnd, u32 n);
void vring_random_run(struct kunit *test, const struct vring_random_calls *calls);

#endif /* _VRING_DEVICE_H */
