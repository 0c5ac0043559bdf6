/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One device, its memory and its DMA, and common checks: for programs that test
 * one thing.
 */
#ifndef VRING_TEST_H
#define VRING_TEST_H

#include <stdio.h>
#include <stdlib.h>

#include "buffer.h"
#include "inject.h"

static struct vring_device d;
static struct inject account;
static unsigned long nr_checks;
static char doing[200];

#define CHECK(condition) do {						\
	nr_checks++;							\
	if (!(condition))						\
		check_failed(__FILE__, __LINE__, #condition);		\
} while (0)

static inline void __noreturn check_failed(const char *file, int line,
					   const char *condition)
{
	fprintf(stderr, "%s:%d: %s: %s: %s\nnot so: %s\n", file, line,
		d.ops->name, vring_config_name(&d.config), doing, condition);
	if (d.wrong)
		fprintf(stderr, "the device: %s\n", d.wrong);
	if (account.wrong)
		fprintf(stderr, "memory and DMA: %s\n", account.wrong);
	inject_print_events(&account, 16);
	exit(1);
}

/* A new ring, without state of the previous one */
static inline void test_create(const struct vring_ops *ops,
			       const struct vring_config *config)
{
	inject = &account;
	CHECK(!vring_device_create(&d, ops, config));
}

/* Check that everything was released. */
static inline void test_destroy(void)
{
	vring_device_destroy(&d);
	CHECK(!inject_holds(&account));
	CHECK(!account.wrong && !d.wrong);
}

/* Some features make no difference for building a buffer. */
static inline bool test_config(unsigned int *n, unsigned int size,
			       struct vring_config *config)
{
	while (vring_config_get((*n)++, size, config))
		if (!config->event && !config->legacy && !config->foreign)
			return true;
	return false;
}

#endif /* VRING_TEST_H */
