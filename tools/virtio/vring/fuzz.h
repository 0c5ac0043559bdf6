/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fuzz targets: the ring against whatever bytes say.
 *
 * An input chooses a configuration, and then what the driver and the device do,
 * one after the other.  Buffers are added by every call, old and new; some are
 * given up, some calls break their contract, allocations and mappings fail.
 *
 * The driver's side (fuzz.c, fuzz_add.c) is the same in two programs, and is
 * judged after each operation: the error and the warning that the contract names
 * and no other, nothing changed by what failed, all mappings and tables given
 * back, each buffer returned once.  fuzz_honest.c and fuzz_hostile.c are its
 * devices, fuzz_main.c starts it.
 */
#ifndef VRING_FUZZ_H
#define VRING_FUZZ_H

#include <linux/bvec.h>

#include "device.h"
#include "inject.h"

#define MAX_PIECES	24
#define MAX_REQUESTS	48
#define ARENA		8192	/* memory that all pieces are in */
#define MAX_LEN		256	/* of a piece */

#define CHECK(condition) do {						\
	if (!(condition))						\
		fail(__FILE__, __LINE__, #condition);			\
} while (0)

void __noreturn fail(const char *file, int line, const char *condition);

/* What to do next, as the input has it; zeroes after its end */
u8 get_byte(void);
unsigned int get(unsigned int below);
u16 get_u16(void);

/* A way to add one piece; LIST and BVEC are some for several, too. */
enum piece_kind { LIST, LINEAR, PAGE, MAPPED, BVEC, PIECE_KINDS };

struct piece {
	enum piece_kind kind;
	void *cpu;
	u32 len;
	enum dma_data_direction dir;
	bool mapped;			/* by the driver, at @addr */
	dma_addr_t addr;
};

/* A buffer.  Its address is the token. */
struct request {
	bool added;
	unsigned int out, nr;
	struct piece pieces[MAX_PIECES];
	void *ctx;

	/* What the ring has used for it */
	unsigned int nr_desc;
	unsigned long mappings, allocations;

	/* The honest device */
	bool taken, completed;
	u16 id;
	u32 used_len;

	/* The hostile one: the indirect table, if any */
	void *table;
	u32 table_len;
};

extern struct vring_device d;
extern struct inject account;
extern struct request requests[MAX_REQUESTS];
extern char arena[ARENA];

/* How the queue is, to tell afterwards what was changed; forgets warnings */
struct before {
	unsigned int num_free, notified;
	unsigned long mapped, allocated, warnings, messages;
	bool broken;
};

struct before look(void);
unsigned long allocated(void);
void expect_unchanged(const struct before *b);
bool has_failed(const struct inject_point *point);
bool takes_tables(void);

unsigned int nr_added(void);
void map_piece(struct piece *p);
void unmap_pieces(struct request *req);

/* What the device has taken is this request. */
void expect_chain(const struct request *req);

/* The driver takes one buffer back, if there is one. */
bool get_one(void);

/* What the device advances by for this buffer */
unsigned int weight(const struct request *req);

struct operation {
	const char *name;
	void (*run)(void);
};

/* fuzz_add.c */
void do_add(void);
void do_stray(void);

/*
 * Of each device: what it does, and what it is told of the driver.
 */
#define DEVICE_OPERATIONS	7
extern const struct operation device_operations[DEVICE_OPERATIONS];
extern const bool device_is_honest;

void device_reset(void);
bool device_disturbs(void);	/* a buffer while it is built; tells if it did */
void device_added(struct request *req, bool disturbed);
void device_got(struct request *req, u32 len);
void device_got_none(bool broken);
void device_kicked(bool kicked);
void device_callbacks(bool enabled, bool delayed, bool quiet);
void device_interrupted(bool work);
void device_settle(void);

/* What libFuzzer calls, by its names */
int fuzz_one(const u8 *data, size_t size) asm("LLVMFuzzerTestOneInput");
int fuzz_initialize(int *argc, char ***argv) asm("LLVMFuzzerInitialize");

#endif /* VRING_FUZZ_H */
