/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Being told of each load and each store of the ring.
 *
 * The ring is compiled with -fsanitize=thread, for the calls that this makes the
 * compiler insert before each of them; the run-time library of that sanitizer is
 * not there, but these functions.  The Makefile says which programs get such a
 * ring.
 */
#ifndef VRING_WATCH_H
#define VRING_WATCH_H

/* @p: what is loaded, or stored to; @where: in the code, for addr2line */
extern void (*watch_load)(const void *p, const void *where);
extern void (*watch_store)(const void *p);

#endif /* VRING_WATCH_H */
