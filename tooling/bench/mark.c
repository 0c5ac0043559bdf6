// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * usage: mark [TURNS]
 *
 * Has insns.so write what it counted: the function that it watches for is the
 * one of sethostname(2), which nothing else in the guest calls.  With TURNS,
 * marks, executes 2 * TURNS instructions, and marks again: what must be counted
 * is known.
 */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <stdio.h>
#include <unistd.h>

static int mark(void)
{
	return sethostname("guest", 5);
}

int main(int argc, char **argv)
{
	unsigned long turns = 0;
	char *end = "";

	if (argc == 2)
		turns = strtoul(argv[1], &end, 10);
	if (argc > 2 || *end || (argc == 2 && !turns)) {
		fputs("usage: mark [TURNS]\n", stderr);
		return 2;
	}
	if (turns) {
		if (mark())
			return 1;
		asm volatile("1: dec %0\n\tjnz 1b" : "+r" (turns));
	}
	return mark() ? 1 : 0;
}
