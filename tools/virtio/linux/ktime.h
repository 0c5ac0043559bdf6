/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LINUX_KTIME_H
#define LINUX_KTIME_H

#include <linux/types.h>

typedef s64 ktime_t;

/* The time of a clock; a program may define its own function. */
ktime_t ktime_get(void);

#define ktime_sub(later, earlier)	((later) - (earlier))
#define ktime_to_ms(time)		((time) / 1000000)

#endif
