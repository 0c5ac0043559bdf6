// SPDX-License-Identifier: GPL-2.0
/*
 * usage: datagrams serve PORT
 *        datagrams ask ADDRESS PORT COUNT LONGEST
 *
 * "serve" sends every UDP datagram back.  "ask" sends COUNT of them, of 4 to
 * LONGEST bytes, several under way at a time, and expects each to come back
 * byte for byte.  One that does not come back within a second is sent again, until
 * nothing at all has come back many times.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define AT_A_TIME	16
#define TRIES		60
#define MAX_LENGTH	65507

static uint8_t sent[MAX_LENGTH], got[MAX_LENGTH];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void usage(void)
{
	fputs("usage: datagrams serve PORT | ask ADDRESS PORT COUNT LONGEST\n", stderr);
	exit(2);
}

static long number(const char *text, long min, long max)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < min || n > max)
		usage();
	return n;
}

/* make: datagram @n: its number, then bytes that follow from the number */
static size_t make(uint32_t n, size_t longest)
{
	uint32_t state = n * 2654435761u + 1;
	size_t length = 4 + state % (longest - 3), i;

	memcpy(sent, &n, 4);
	for (i = 4; i < length; i++) {
		state = state * 1664525 + 1013904223;
		sent[i] = state >> 24;
	}
	return length;
}

static void serve(int fd, struct sockaddr_in *here)
{
	struct sockaddr_in from;
	socklen_t size;
	ssize_t length;

	if (bind(fd, (struct sockaddr *)here, sizeof(*here)))
		die("bind");
	for (;;) {
		size = sizeof(from);
		length = recvfrom(fd, got, sizeof(got), 0, (struct sockaddr *)&from, &size);
		if (length < 0)
			die("receive");
		/* what cannot be sent now will be asked for again */
		sendto(fd, got, length, 0, (struct sockaddr *)&from, size);
	}
}

/* collect: marks what comes back of @first and those after it, returns how many */
static int collect(int fd, uint32_t first, int count, size_t longest, uint8_t *back)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int n = 0;

	while (n < count && poll(&pfd, 1, 1000) > 0) {
		ssize_t length = recv(fd, got, sizeof(got), 0);
		uint32_t number;

		if (length < 0 && errno == ECONNREFUSED)
			continue;	/* nobody listens yet */
		if (length < 4)
			die("receive");
		memcpy(&number, got, 4);
		if (number - first >= AT_A_TIME || back[number - first])
			continue;
		if ((size_t)length != make(number, longest) || memcmp(got, sent, length)) {
			fprintf(stderr, "datagram %u came back changed\n", number);
			exit(1);
		}
		back[number - first] = 1;
		n++;
	}
	return n;
}

static void ask(int fd, uint32_t count, size_t longest)
{
	unsigned long bytes = 0, again = 0;
	uint32_t first, n;

	for (first = 0; first < count; first += AT_A_TIME) {
		uint8_t back[AT_A_TIME] = { 0 };
		int missing = AT_A_TIME, tries, fresh = 1, came;

		for (tries = 0; missing && tries < TRIES; tries = came ? 0 : tries + 1) {
			for (n = 0; n < AT_A_TIME; n++) {
				size_t length;

				if (back[n])
					continue;
				length = make(first + n, longest);
				bytes += fresh ? length : 0;
				if (send(fd, sent, length, 0) < 0)
					again++;
			}
			again += fresh ? 0 : missing;
			fresh = 0;
			came = collect(fd, first, missing, longest, back);
			missing -= came;
		}
		if (missing) {
			fprintf(stderr, "%d of %u datagrams lost\n", missing, first + AT_A_TIME);
			exit(1);
		}
	}
	printf("datagrams: %u back, %lu bytes, %lu sent again\n", first, bytes, again);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd;

	if (argc < 3)
		usage();
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		die("socket");
	if (argc == 3 && !strcmp(argv[1], "serve")) {
		address.sin_port = htons(number(argv[2], 1, 65535));
		serve(fd, &address);
	}
	if (argc != 6 || strcmp(argv[1], "ask") || inet_pton(AF_INET, argv[2], &address.sin_addr) != 1)
		usage();
	address.sin_port = htons(number(argv[3], 1, 65535));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die("connect");
	ask(fd, number(argv[4], 1, 1000000), number(argv[5], 4, MAX_LENGTH));
	return 0;
}
