// SPDX-License-Identifier: GPL-2.0
/*
 * Functions that the compiler calls before each load and store, see watch.h.
 */
#include <stddef.h>

#include "watch.h"

static void nothing(const void *p, const void *where)
{
}

static void nothing_stored(const void *p)
{
}

void (*watch_load)(const void *p, const void *where) = nothing;
void (*watch_store)(const void *p) = nothing_stored;

#define WHERE	__builtin_return_address(0)

#define LOAD(name)							\
	void __tsan_##name(void *p) { watch_load(p, WHERE); }
#define STORE(name)							\
	void __tsan_##name(void *p) { watch_store(p); }
#define BOTH(name)							\
	void __tsan_##name(void *p) { watch_load(p, WHERE); watch_store(p); }

LOAD(read1)
LOAD(read2)
LOAD(read4)
LOAD(read8)
LOAD(read16)
LOAD(unaligned_read2)
LOAD(unaligned_read4)
LOAD(unaligned_read8)
LOAD(unaligned_read16)
STORE(write1)
STORE(write2)
STORE(write4)
STORE(write8)
STORE(write16)
STORE(unaligned_write2)
STORE(unaligned_write4)
STORE(unaligned_write8)
STORE(unaligned_write16)
/* clang uses one call for both. */
BOTH(read_write1)
BOTH(read_write2)
BOTH(read_write4)
BOTH(read_write8)
BOTH(read_write16)
BOTH(unaligned_read_write2)
BOTH(unaligned_read_write4)
BOTH(unaligned_read_write8)
BOTH(unaligned_read_write16)

/* A structure is copied: report its start. */
void __tsan_read_range(void *p, size_t size)
{
	watch_load(p, WHERE);
}

void __tsan_write_range(void *p, size_t size)
{
	watch_store(p);
}

void __tsan_init(void)
{
}

void __tsan_func_entry(void *p)
{
}

void __tsan_func_exit(void *p)
{
}

/* Barriers; only the driver's event index is exchanged. */
void __tsan_atomic_thread_fence(int order)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* The number of kept tables that are free */
char __tsan_atomic8_load(const volatile void *p, int order)
{
	return __atomic_load_n((const volatile char *)p, __ATOMIC_SEQ_CST);
}

void __tsan_atomic8_store(volatile void *p, char value, int order)
{
	__atomic_store_n((volatile char *)p, value, __ATOMIC_SEQ_CST);
}

short __tsan_atomic16_exchange(volatile void *p, short value, int order)
{
	return __atomic_exchange_n((volatile short *)p, value,
				   __ATOMIC_SEQ_CST);
}
