/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_WORKQUEUE_H
#define _LINUX_WORKQUEUE_H

#include <linux/types.h>

struct work_struct {
	void (*func)(struct work_struct *work);
	struct work_struct *next;	/* for programs that delay work */
};

#define INIT_WORK(work, function)	((work)->func = (function))

/* See stand_in.c.  A program may define its own, to run work later. */
bool schedule_work(struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);

#endif
