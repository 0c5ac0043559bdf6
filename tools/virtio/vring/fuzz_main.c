// SPDX-License-Identifier: GPL-2.0
/*
 * main() of the fuzz targets, see fuzz.h.  With libFuzzer (LIBFUZZER), which
 * has its own main(), this only checks the arguments.  Without it, inputs come
 * from files, from a corpus, or from a generator:
 *
 *	fuzz_honest FILE...		run these inputs: replays a crash
 *	fuzz_honest -corpus=TEXT	run those of a text file
 *	fuzz_honest -runs=N [-seed=S]	run N random inputs
 *
 *	fuzz_honest -corpus=TEXT -dir=DIR	write the inputs to files instead
 *	fuzz_honest -runs=N -dir=DIR		the same
 *
 * A corpus is a text file with one input per line, in hexadecimal; '#' starts a
 * comment. 'make corpus' made ours: of 1000 inputs from the generator,
 * libFuzzer chose a few that together have the same coverage.
 */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/kernel.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

#include "fuzz.h"

#define MAX_SIZE	4096

static const char *program;

#ifdef LIBFUZZER
#define ARGUMENTS "[-OPTION=VALUE...] [DIR|FILE...], see -help=1"
#else
#define ARGUMENTS "FILE... | {-corpus=TEXT | -runs=N [-seed=S]} [-dir=DIR]"
#endif

static void usage(void)
{
	fprintf(stderr, "Usage: %s %s\n", program, ARGUMENTS);
	exit(2);
}

static void give_up(const char *what, const char *name)
{
	fprintf(stderr, "%s: cannot %s %s\n", program, what, name);
	usage();
}

#ifdef LIBFUZZER

/* libFuzzer ignores unknown options. */
int fuzz_initialize(int *argc, char ***argv)
{
	char **arg = *argv;

	program = *arg;
	while (*++arg) {
		if (**arg == '-' && !strchr(*arg, '='))
			usage();
		if (**arg != '-' && access(*arg, R_OK))
			give_up("read", *arg);
	}
	return 0;
}

#else

static const char *dir;
static unsigned long nr_inputs;
static u8 input[MAX_SIZE];
static size_t input_size;

/* Detect hangs: no input takes as long as a second. */
#define HANG_SECONDS	60

static void print_input(void)
{
	size_t i;

	fprintf(stderr, "To replay this, put one line into a file TEXT: ");
	for (i = 0; i < input_size; i++)
		fprintf(stderr, "%02x", input[i]);
	fprintf(stderr, "\nand run: %s -corpus=TEXT\n", program);
}

static void died(int sig)
{
	print_input();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void expect_death(void)
{
	signal(SIGABRT, died);
	signal(SIGALRM, died);
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_set_death_callback(print_input);
#endif
}

static void run_input(size_t size)
{
	char name[4096];
	FILE *f;

	nr_inputs++;
	input_size = size;
	if (!dir) {
		/* Of the exact size, so that ASan detects reads beyond it. */
		u8 *copy = memcpy(malloc(size ? : 1), input, size);

		alarm(HANG_SECONDS);
		fuzz_one(copy, size);
		free(copy);
		return;
	}
	snprintf(name, sizeof(name), "%s/%06lu", dir, nr_inputs);
	f = fopen(name, "wb");
	if (!f || fwrite(input, 1, size, f) != size || fclose(f))
		give_up("write", name);
}

static void run_file(const char *name)
{
	FILE *f = fopen(name, "rb");
	size_t size;

	if (!f)
		give_up("read", name);
	size = fread(input, 1, sizeof(input), f);
	if (ferror(f))
		give_up("read", name);
	fclose(f);
	run_input(size);
}

/* The size of the input in a line */
static size_t parse_line(const char *line, const char *name)
{
	size_t size = 0;
	unsigned int byte;

	for (; isxdigit(line[0]) && size < MAX_SIZE; line += 2) {
		if (sscanf(line, "%2x", &byte) != 1 || !isxdigit(line[1]))
			break;
		input[size++] = byte;
	}
	if (*line != '\n' && *line != '#')
		give_up("understand", name);
	return size;
}

static void run_corpus(const char *name)
{
	static char line[2 * MAX_SIZE + 2];
	FILE *f = fopen(name, "r");

	if (!f)
		give_up("read", name);
	while (fgets(line, sizeof(line), f)) {
		size_t size = parse_line(line, name);

		if (size)
			run_input(size);
	}
	fclose(f);
	if (!nr_inputs)
		give_up("find inputs in", name);
}

/* splitmix64: the same on all machines */
static u64 random_u64(u64 *state)
{
	u64 x = *state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* Some are short, most are long enough to fill a ring and wrap in it. */
static void run_random(unsigned long runs, u64 seed)
{
	size_t size, i;

	while (nr_inputs < runs) {
		size = 8 + random_u64(&seed) % (random_u64(&seed) % 4 ? 480 : 64);
		for (i = 0; i < size; i++)
			input[i] = random_u64(&seed);
		run_input(size);
	}
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!isdigit(*text) || *end)
		usage();
	return n;
}

int main(int argc, char **argv)
{
	unsigned long runs = 0, seed = 1;
	const char *corpus = NULL;
	char **arg;

	program = *argv;
	for (arg = argv + 1; *arg && **arg == '-'; arg++) {
		if (!strncmp(*arg, "-corpus=", 8))
			corpus = *arg + 8;
		else if (!strncmp(*arg, "-runs=", 6))
			runs = number(*arg + 6);
		else if (!strncmp(*arg, "-seed=", 6))
			seed = number(*arg + 6);
		else if (!strncmp(*arg, "-dir=", 5))
			dir = *arg + 5;
		else
			usage();
	}
	if (!*arg && !corpus && !runs)
		usage();

	expect_death();
	for (; *arg; arg++)
		run_file(*arg);
	if (corpus)
		run_corpus(corpus);
	if (runs)
		run_random(nr_inputs + runs, seed);
	printf("%lu inputs %s\n", nr_inputs, dir ? "written" : "run");
	return 0;
}

#endif /* LIBFUZZER */
