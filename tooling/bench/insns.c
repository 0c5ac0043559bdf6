// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A QEMU plugin: how many instructions the guest executes, by function of its
 * kernel.  A halted processor executes none, so what is counted is work.
 *
 *	-plugin insns.so,map=System.map,mark=FUNCTION,out=FILE
 *
 * Whenever the guest enters FUNCTION, FILE gets a line "mark function count"
 * for each function that ran since the last time; what is no function of the
 * kernel is "user".  It counts translated blocks, from their first instruction
 * on: right but for a block that a page fault or a device access cuts short.
 * For one processor (-icount or thread=single); it takes no locks.
 */
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef API_VERSION
#define API_VERSION	1	/* 2 for QEMU 9.0 and later */
#endif

/*
 * The part of QEMU's plugin interface that is needed here.  Debian 12 has no
 * package with its header.
 */
struct qemu_plugin_tb;
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
		void (*cb)(uint64_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
		void (*cb)(unsigned int cpu, void *data), int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

int qemu_plugin_version = API_VERSION;

struct function {
	uint64_t start;
	uint64_t insns;		/* executed since the last mark */
	char name[128];
};

struct block {
	uint64_t start;
	size_t insns;
	struct function *function;
};

static struct function *functions;	/* by address; the first is "user" */
static size_t nr_functions;
static void *blocks;			/* a tree for tsearch() */
static uint64_t mark_address;
static unsigned int mark;
static FILE *out;

static int compare_blocks(const void *one, const void *other)
{
	const struct block *a = one, *b = other;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return (a->insns > b->insns) - (a->insns < b->insns);
}

/* The last function that starts at or below the address */
static struct function *function_at(uint64_t address)
{
	size_t low = 0, high = nr_functions;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (functions[middle].start <= address)
			low = middle;
		else
			high = middle;
	}
	return &functions[low];
}

static void write_counts(void)
{
	struct function *f;

	for (f = functions; f < functions + nr_functions; f++) {
		if (f->insns)
			fprintf(out, "%u\t%s\t%" PRIu64 "\n", mark, f->name, f->insns);
		f->insns = 0;
	}
	fflush(out);
	mark++;
}

static void block_executes(unsigned int cpu, void *data)
{
	const struct block *block = data;

	(void)cpu;
	if (block->start == mark_address)
		write_counts();
	block->function->insns += block->insns;
}

/* The same code may be translated more than once: it stays one block. */
static void block_translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	struct block *block = malloc(sizeof(*block));
	struct block **known;

	(void)id;
	if (!block)
		abort();
	block->start = qemu_plugin_tb_vaddr(tb);
	block->insns = qemu_plugin_tb_n_insns(tb);
	block->function = function_at(block->start);
	known = tsearch(block, &blocks, compare_blocks);
	if (!known)
		abort();
	if (*known != block)
		free(block);
	qemu_plugin_register_vcpu_tb_exec_cb(tb, block_executes, 0, *known);
}

static int add_function(uint64_t start, const char *name)
{
	static size_t room;
	struct function *f;

	if (nr_functions == room) {
		room = room ? 2 * room : 1024;
		functions = realloc(functions, room * sizeof(*functions));
		if (!functions)
			return -1;
	}
	f = &functions[nr_functions++];
	f->start = start;
	f->insns = 0;
	snprintf(f->name, sizeof(f->name), "%s", name);
	return 0;
}

/* System.map is sorted by address. */
static int read_map(const char *path, const char *mark_name)
{
	FILE *map = fopen(path, "r");
	char name[128], type;
	uint64_t start;

	if (!map || add_function(0, "user"))
		return -1;
	while (fscanf(map, "%" SCNx64 " %c %127s\n", &start, &type, name) == 3) {
		if (!strchr("tTwW", type))
			continue;
		if (add_function(start, name))
			return -1;
		if (!strcmp(name, mark_name))
			mark_address = start;
	}
	fclose(map);
	return mark_address ? 0 : -1;
}

static const char *option(int argc, char **argv, const char *key)
{
	size_t length = strlen(key);

	while (argc--)
		if (!strncmp(argv[argc], key, length) && argv[argc][length] == '=')
			return argv[argc] + length + 1;
	return "";
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	const char *map = option(argc, argv, "map");

	(void)info;
	if (read_map(map, option(argc, argv, "mark"))) {
		fprintf(stderr, "insns: no map, or no such mark in it: \"%s\"\n", map);
		return -1;
	}
	out = fopen(option(argc, argv, "out"), "w");
	if (!out) {
		perror("insns: out");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
	return 0;
}
