// SPDX-License-Identifier: GPL-2.0
/*
 * usage: reflect tx|redirect|copy|zerocopy INTERFACE PORT
 *
 * Has the driver of INTERFACE send every UDP datagram to PORT back, by XDP, which
 * must be the driver's own:
 *
 *	tx		a BPF program returns XDP_TX
 *	redirect	a BPF program redirects it to the same interface
 *	copy		an AF_XDP socket, whose packets are copied, takes and sends it
 *	zerocopy	the same, and none may be copied
 *
 * Says "ready", and when it is terminated how many it has sent back.  No stack of
 * the kernel's is asked: a datagram keeps its checksum, for addresses and ports
 * change places.
 */
#define _GNU_SOURCE	/* ppoll */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* where a packet has what we look at: Ethernet, IPv4 without options, UDP */
#define ETHER_TYPE	12
#define IP_VERSION	14
#define IP_PROTOCOL	23
#define UDP_TARGET	36
#define HEADERS		42

/* what changes places */
static const struct {
	int a, b, bytes;
} swaps[] = {
	{ 0, 6, 6 },	/* MAC addresses */
	{ 26, 30, 4 },	/* IP addresses */
	{ 34, 36, 2 },	/* ports */
};

#define SWAPS	(sizeof(swaps) / sizeof(swaps[0]))

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void usage(void)
{
	fputs("usage: reflect tx|redirect|copy|zerocopy INTERFACE PORT\n", stderr);
	exit(2);
}

/* BPF */

enum { R0, R1, R2, R3, R4, R5, CONTEXT, PACKET, FRAME = BPF_REG_10 };

#define PASS	INT16_MAX	/* a jump to the end, see finish() */

static struct bpf_insn code[128];
static unsigned int length;

static void emit(int opcode, int dst, int src, int off, int imm)
{
	code[length++] = (struct bpf_insn) {
		.code = opcode, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm
	};
}

#define LOAD(size, dst, src, off)	emit(BPF_LDX | BPF_MEM | (size), dst, src, off, 0)
#define STORE(size, dst, off, src)	emit(BPF_STX | BPF_MEM | (size), dst, src, off, 0)
#define MOVE(dst, src)			emit(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define SET(dst, imm)			emit(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define ADD(dst, imm)			emit(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm)
#define CALL(function)			emit(BPF_JMP | BPF_CALL, 0, 0, 0, function)
#define RETURN()			emit(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static void set_map(int dst, int fd)
{
	emit(BPF_LD | BPF_DW | BPF_IMM, dst, BPF_PSEUDO_MAP_FD, 0, fd);
	emit(0, 0, 0, 0, 0);
}

/* must_be: a packet that has not @value at @off passes */
static void must_be(int size, int off, int value)
{
	LOAD(size, R4, PACKET, off);
	emit(BPF_JMP | BPF_JNE | BPF_K, R4, 0, PASS, value);
}

static void only_datagrams(int port)
{
	MOVE(CONTEXT, R1);
	LOAD(BPF_W, PACKET, CONTEXT, offsetof(struct xdp_md, data));
	LOAD(BPF_W, R3, CONTEXT, offsetof(struct xdp_md, data_end));
	MOVE(R4, PACKET);
	ADD(R4, HEADERS);
	emit(BPF_JMP | BPF_JGT | BPF_X, R4, R3, PASS, 0);
	must_be(BPF_H, ETHER_TYPE, htons(0x0800));
	must_be(BPF_B, IP_VERSION, 0x45);
	must_be(BPF_B, IP_PROTOCOL, IPPROTO_UDP);
	must_be(BPF_H, UDP_TARGET, htons(port));
}

static void turn_round(void)
{
	unsigned int i;
	int n;

	for (i = 0; i < SWAPS; i++) {
		for (n = 0; n < swaps[i].bytes; n += 2) {
			LOAD(BPF_H, R4, PACKET, swaps[i].a + n);
			LOAD(BPF_H, R5, PACKET, swaps[i].b + n);
			STORE(BPF_H, PACKET, swaps[i].a + n, R5);
			STORE(BPF_H, PACKET, swaps[i].b + n, R4);
		}
	}
}

/* count: one more, in the only entry of the map */
static void count(int map)
{
	SET(R1, 0);
	STORE(BPF_W, FRAME, -4, R1);
	MOVE(R2, FRAME);
	ADD(R2, -4);
	set_map(R1, map);
	CALL(BPF_FUNC_map_lookup_elem);
	emit(BPF_JMP | BPF_JEQ | BPF_K, R0, 0, PASS, 0);
	SET(R1, 1);
	emit(BPF_STX | BPF_ATOMIC | BPF_DW, R0, R1, 0, BPF_ADD);
}

static void send_back(int ifindex)
{
	if (!ifindex) {
		SET(R0, XDP_TX);
	} else {
		SET(R1, ifindex);
		SET(R2, 0);
		CALL(BPF_FUNC_redirect);
	}
	RETURN();
}

static void to_socket(int map)
{
	set_map(R1, map);
	LOAD(BPF_W, R2, CONTEXT, offsetof(struct xdp_md, rx_queue_index));
	SET(R3, XDP_PASS);	/* without a socket */
	CALL(BPF_FUNC_redirect_map);
	RETURN();
}

static void finish(void)
{
	unsigned int i;

	for (i = 0; i < length; i++)
		if (code[i].off == PASS)
			code[i].off = length - i - 1;
	SET(R0, XDP_PASS);
	RETURN();
}

static int bpf(int command, union bpf_attr *attr, const char *what)
{
	int result = syscall(SYS_bpf, command, attr, sizeof(*attr));

	if (result < 0)
		die(what);
	return result;
}

static int make_map(int type, int value_size)
{
	union bpf_attr attr = {
		.map_type = type, .key_size = 4, .value_size = value_size, .max_entries = 1
	};

	return bpf(BPF_MAP_CREATE, &attr, "map");
}

static void map_entry(int command, int map, void *value)
{
	uint32_t key = 0;
	union bpf_attr attr = {
		.map_fd = map, .key = (uintptr_t)&key, .value = (uintptr_t)value
	};

	bpf(command, &attr, "map entry");
}

/* attach: for as long as we are there */
static void attach(int ifindex, int flags)
{
	union bpf_attr prog = {
		.prog_type = BPF_PROG_TYPE_XDP, .insns = (uintptr_t)code,
		.insn_cnt = length, .license = (uintptr_t)"GPL", .prog_flags = flags
	};
	union bpf_attr link = {
		.link_create = {
			.prog_fd = bpf(BPF_PROG_LOAD, &prog, "BPF program"),
			.target_ifindex = ifindex, .attach_type = BPF_XDP,
			.flags = XDP_FLAGS_DRV_MODE
		}
	};

	bpf(BPF_LINK_CREATE, &link, "XDP in the driver");
}

/* terminated: while we wait for @fd, @timeout milliseconds or, if that is -1, for ever */
static int terminated(int fd, int timeout)
{
	struct timespec time = { .tv_nsec = timeout * 1000000L };
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	sigset_t none;

	sigemptyset(&none);
	return ppoll(&pfd, 1, timeout < 0 ? NULL : &time, &none) < 0;
}

static void ready(void)
{
	puts("ready");
	fflush(stdout);
}

static uint64_t by_program(int ifindex, int port, int redirect)
{
	int counter = make_map(BPF_MAP_TYPE_ARRAY, 8);
	uint64_t n;

	only_datagrams(port);
	turn_round();
	count(counter);
	send_back(redirect ? ifindex : 0);
	finish();
	attach(ifindex, BPF_F_XDP_HAS_FRAGS);
	ready();
	while (!terminated(-1, -1))
		;
	map_entry(BPF_MAP_LOOKUP_ELEM, counter, &n);
	return n;
}

/* AF_XDP.  There are as many frames as a ring has places, so that none is ever full. */

#define FRAMES		512
#define FRAME_BYTES	4096

struct ring {
	uint32_t *producer, *consumer;
	void *entries;
};

static uint8_t *frames;
static struct ring fill, completion, rx, tx;

static void set_option(int fd, int option, const void *value, socklen_t size)
{
	if (setsockopt(fd, SOL_XDP, option, value, size))
		die("AF_XDP option");
}

static void make_ring(int fd, struct ring *ring, int option, off_t at,
		      const struct xdp_ring_offset *offset, size_t entry)
{
	uint32_t size = FRAMES;
	void *base;

	set_option(fd, option, &size, sizeof(size));
	base = mmap(NULL, offset->desc + FRAMES * entry, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_POPULATE, fd, at);
	if (base == MAP_FAILED)
		die("AF_XDP ring");
	ring->producer = base + offset->producer;
	ring->consumer = base + offset->consumer;
	ring->entries = base + offset->desc;
}

static void make_rings(int fd)
{
	struct xdp_mmap_offsets offsets;
	socklen_t size = sizeof(offsets);

	if (getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &size))
		die("AF_XDP offsets");
	make_ring(fd, &fill, XDP_UMEM_FILL_RING, XDP_UMEM_PGOFF_FILL_RING,
		  &offsets.fr, sizeof(uint64_t));
	make_ring(fd, &completion, XDP_UMEM_COMPLETION_RING,
		  XDP_UMEM_PGOFF_COMPLETION_RING, &offsets.cr, sizeof(uint64_t));
	make_ring(fd, &rx, XDP_RX_RING, XDP_PGOFF_RX_RING, &offsets.rx,
		  sizeof(struct xdp_desc));
	make_ring(fd, &tx, XDP_TX_RING, XDP_PGOFF_TX_RING, &offsets.tx,
		  sizeof(struct xdp_desc));
}

static void make_frames(int fd)
{
	struct xdp_umem_reg umem = { .len = FRAMES * FRAME_BYTES, .chunk_size = FRAME_BYTES };

	frames = mmap(NULL, umem.len, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (frames == MAP_FAILED)
		die("AF_XDP frames");
	umem.addr = (uintptr_t)frames;
	set_option(fd, XDP_UMEM_REG, &umem, sizeof(umem));
}

/* produce: the place of the next entry, which is there with produced() */
static uint32_t produce(const struct ring *ring)
{
	return *ring->producer % FRAMES;
}

static void produced(const struct ring *ring)
{
	__atomic_store_n(ring->producer, *ring->producer + 1, __ATOMIC_RELEASE);
}

/* consume: the place of the next entry, if any, which is given back with consumed() */
static int consume(const struct ring *ring, uint32_t *place)
{
	*place = *ring->consumer % FRAMES;
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE) != *ring->consumer;
}

static void consumed(const struct ring *ring)
{
	__atomic_store_n(ring->consumer, *ring->consumer + 1, __ATOMIC_RELEASE);
}

static void give(uint64_t frame)
{
	((uint64_t *)fill.entries)[produce(&fill)] = frame;
	produced(&fill);
}

static void bind_to(int fd, int ifindex, int zerocopy)
{
	struct sockaddr_xdp address = {
		.sxdp_family = AF_XDP, .sxdp_ifindex = ifindex,
		.sxdp_flags = zerocopy ? XDP_ZEROCOPY : XDP_COPY
	};
	struct xdp_options options;
	socklen_t size = sizeof(options);

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die(zerocopy ? "AF_XDP without copies" : "AF_XDP");
	if (getsockopt(fd, SOL_XDP, XDP_OPTIONS, &options, &size))
		die("AF_XDP options");
	if (!(options.flags & XDP_OPTIONS_ZEROCOPY) == !zerocopy)
		return;
	fprintf(stderr, "AF_XDP: %s copies\n", zerocopy ? "there are" : "there are no");
	exit(1);
}

static void swap_bytes(uint8_t *a, uint8_t *b, int bytes)
{
	uint8_t byte;

	while (bytes--) {
		byte = *a;
		*a++ = *b;
		*b++ = byte;
	}
}

/* reflect: what has come, and how many that was */
static unsigned int reflect(void)
{
	struct xdp_desc *from = rx.entries, *to = tx.entries;
	unsigned int n = 0, i;
	uint32_t place;

	for (; consume(&rx, &place); consumed(&rx), n++) {
		for (i = 0; i < SWAPS; i++)
			swap_bytes(frames + from[place].addr + swaps[i].a,
				   frames + from[place].addr + swaps[i].b, swaps[i].bytes);
		to[produce(&tx)] = from[place];
		produced(&tx);
	}
	return n;
}

/* reuse: the frames of what has been sent, and how many those were */
static unsigned int reuse(void)
{
	unsigned int n = 0;
	uint32_t place;

	for (; consume(&completion, &place); consumed(&completion), n++)
		give(((uint64_t *)completion.entries)[place] / FRAME_BYTES * FRAME_BYTES);
	return n;
}

static uint64_t by_socket(int ifindex, int port, int zerocopy)
{
	int map = make_map(BPF_MAP_TYPE_XSKMAP, 4), fd = socket(AF_XDP, SOCK_RAW, 0), i;
	uint64_t taken = 0, sent = 0;

	if (fd < 0)
		die("AF_XDP socket");
	only_datagrams(port);
	to_socket(map);
	finish();
	attach(ifindex, 0);
	make_frames(fd);
	make_rings(fd);
	for (i = 0; i < FRAMES; i++)
		give(i * FRAME_BYTES);
	bind_to(fd, ifindex, zerocopy);
	map_entry(BPF_MAP_UPDATE_ELEM, map, &fd);
	ready();
	while (!terminated(fd, 100)) {
		taken += reflect();
		/* a driver that is busy now is told again */
		if (sent != taken)
			sendto(fd, NULL, 0, MSG_DONTWAIT, NULL, 0);
		sent += reuse();
	}
	return taken;
}

static void nothing(int signal)
{
	(void)signal;
}

/* await_termination: SIGTERM comes while we wait, see terminated() */
static void await_termination(void)
{
	struct sigaction action = { .sa_handler = nothing };
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	sigaction(SIGTERM, &action, NULL);
}

int main(int argc, char **argv)
{
	int ifindex, port;
	uint64_t n;

	if (argc != 4)
		usage();
	ifindex = if_nametoindex(argv[2]);
	if (!ifindex)
		die(argv[2]);
	port = atoi(argv[3]);
	await_termination();
	if (!strcmp(argv[1], "tx") || !strcmp(argv[1], "redirect"))
		n = by_program(ifindex, port, !strcmp(argv[1], "redirect"));
	else if (!strcmp(argv[1], "copy") || !strcmp(argv[1], "zerocopy"))
		n = by_socket(ifindex, port, !strcmp(argv[1], "zerocopy"));
	else
		usage();
	printf("reflected %llu\n", (unsigned long long)n);
	return 0;
}
