/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fuzz targets: operations on the ring that are chosen by the input.
 *
 * An input chooses a configuration, and then the operations of the driver and
 * of the device, one after the other.  Buffers are added with every call, old
 * and new; some are aborted, some calls are misused, allocations and mappings
 * fail.
 *
 * The driver side (fuzz.c, fuzz_add.c) is the same in two programs, and is
 * checked after each operation: only the specified errors and warnings occur,
 * failed operations change nothing, all mappings and tables are released, each
 * buffer is returned once. fuzz_honest.c and fuzz_hostile.c are the devices,
 * fuzz_main.c has main().
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

/* The next bytes of the input; zeroes after its end */
u8 get_byte(void);
unsigned int get(unsigned int below);
u16 get_u16(void);

/* A way to add one piece; LIST and BVEC may add several. */
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

/* Save the state of the queue, to compare it later; clears the warnings */
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

/* Check that the device has taken this request. */
void expect_chain(const struct request *req);

/* The driver gets one used buffer, if there is one. */
bool get_one(void);

/* The number of descriptors that the device advances by for this buffer */
unsigned int weight(const struct request *req);

struct operation {
	const char *name;
	void (*run)(void);
};

/* fuzz_add.c */
void do_add(void);
void do_stray(void);

/*
 * Functions of each device: what it does, and what it is told about the driver.
 */
#define DEVICE_OPERATIONS	7
extern const struct operation device_operations[DEVICE_OPERATIONS];
extern const bool device_is_honest;

void device_reset(void);
bool device_disturbs(void);	/* a buffer that is built; true if it did */
void device_added(struct request *req, bool disturbed);
void device_got(struct request *req, u32 len);
void device_got_none(bool broken);
void device_kicked(bool kicked);
void device_callbacks(bool enabled, bool delayed, bool quiet);
void device_interrupted(bool work);
void device_settle(void);

/* Functions that libFuzzer calls */
int fuzz_one(const u8 *data, size_t size) asm("LLVMFuzzerTestOneInput");
int fuzz_initialize(int *argc, char ***argv) asm("LLVMFuzzerInitialize");

#endif /* VRING_FUZZ_H */
