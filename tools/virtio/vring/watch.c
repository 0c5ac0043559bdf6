// SPDX-License-Identifier: GPL-2.0
/*
 * What the compiler calls before each load and store, see watch.h.
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

#define RETURN_ADDRESS	__builtin_return_address(0)

#define LOAD(name)							\
void __tsan_##name(void *p);						\
void __tsan_##name(void *p) { watch_load(p, RETURN_ADDRESS); }
#define STORE(name)							\
void __tsan_##name(void *p);						\
void __tsan_##name(void *p) { watch_store(p); }
#define BOTH(name)							\
void __tsan_##name(void *p);						\
void __tsan_##name(void *p) { watch_load(p, RETURN_ADDRESS); watch_store(p); }
#define SIZES(what, name)						\
	what(name##1) what(name##2) what(name##4) what(name##8) what(name##16)

SIZES(LOAD, read)
SIZES(LOAD, unaligned_read)
SIZES(STORE, write)
SIZES(STORE, unaligned_write)
SIZES(BOTH, read_write)			/* clang */
SIZES(BOTH, unaligned_read_write)

void __tsan_init(void);
void __tsan_func_entry(void *p);
void __tsan_func_exit(void *p);

void __tsan_init(void) { }
void __tsan_func_entry(void *p) { }
void __tsan_func_exit(void *p) { }

/* Of a structure that is copied: one descriptor, at most */
void __tsan_read_range(void *p, size_t size);
void __tsan_write_range(void *p, size_t size);

void __tsan_read_range(void *p, size_t size)
{
	watch_load(p, RETURN_ADDRESS);
}

void __tsan_write_range(void *p, size_t size)
{
	watch_store(p);
}

/* Barriers; the driver's event index is all that is exchanged. */
void __tsan_atomic_thread_fence(int order);
short __tsan_atomic16_exchange(volatile void *p, short value, int order);

void __tsan_atomic_thread_fence(int order)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

short __tsan_atomic16_exchange(volatile void *p, short value, int order)
{
	return __atomic_exchange_n((volatile short *)p, value,
				   __ATOMIC_SEQ_CST);
}
