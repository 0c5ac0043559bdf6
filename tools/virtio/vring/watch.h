/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Get a call for each load and each store of the ring.
 *
 * The ring is compiled with -fsanitize=thread, which makes the compiler insert
 * a call before each of them.  The functions here replace the run-time library
 * of that sanitizer.  The Makefile determines which programs get such a ring.
 */
#ifndef VRING_WATCH_H
#define VRING_WATCH_H

/* @p: the address loaded or stored; @where: in the code, for addr2line */
extern void (*watch_load)(const void *p, const void *where);
extern void (*watch_store)(const void *p);

#endif /* VRING_WATCH_H */
