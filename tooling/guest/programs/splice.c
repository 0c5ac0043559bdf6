// SPDX-License-Identifier: GPL-2.0
/*
 * usage: splice
 *
 * Moves what is left of standard input, a file, to standard output, by splice()
 * through a pipe.  What the other side does not take stays in the pipe, and is
 * offered again.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PIPE_BYTES	65536

static void die(const char *what)
{
	perror(what);
	exit(1);
}

int main(void)
{
	ssize_t held, taken;
	int ends[2];

	if (pipe(ends))
		die("pipe");
	while ((held = splice(STDIN_FILENO, NULL, ends[1], NULL, PIPE_BYTES, 0)) > 0) {
		for (; held; held -= taken) {
			taken = splice(ends[0], NULL, STDOUT_FILENO, NULL, held, 0);
			if (taken < 0)
				die("splice to standard output");
			if (!taken) {
				fputs("splice: standard output takes nothing\n", stderr);
				return 1;
			}
		}
	}
	if (held < 0)
		die("splice from standard input");
	return 0;
}
