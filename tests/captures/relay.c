/* relay.c: a bad wire between two interfaces: TCP is lost, doubled and overtaken
 * by chance from one seed, everything else goes through.  What passes the first
 * interface is written to a capture.
 *
 *     relay IF1 IF2 SEED LOSS DUPLICATE REORDER FILE      (chances in per mille)
 *
 * It says "ready" on stdout, and ends when its input does. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME 9216
#define HELD 256
#define HOLD_MS 8               /* an overtaken frame waits so long */

struct frame {
	int to;                         /* 0 or 1: the interface it leaves by; -1: free slot */
	int64_t at_ms;
	size_t n;
	uint8_t octets[FRAME];
};

static struct frame held[HELD];
static int fd[2];
static pcap_dumper_t *dump;
static uint64_t chance;

static uint64_t draw(void)
{
	uint64_t z = chance += 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

static bool happens(long per_mille)
{
	return (long)(draw() % 1000) < per_mille;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void record(const uint8_t *octets, size_t n)
{
	struct pcap_pkthdr h = { .caplen = (bpf_u_int32)n, .len = (bpf_u_int32)n };
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	h.ts.tv_sec = t.tv_sec;
	h.ts.tv_usec = t.tv_nsec / 1000;
	pcap_dump((u_char *)dump, &h, octets);
}

static void forward(int to, const uint8_t *octets, size_t n)
{
	if (to == 0)
		record(octets, n);
	if (write(fd[to], octets, n) < 0 && errno != ENOBUFS)
		perror("relay: write");
}

static void hold(int to, const uint8_t *octets, size_t n)
{
	for (int i = 0; i < HELD; i++)
		if (held[i].to < 0) {
			held[i].to = to;
			held[i].at_ms = now_ms() + HOLD_MS;
			held[i].n = n;
			memcpy(held[i].octets, octets, n);
			return;
		}
	forward(to, octets, n);
}

static void release(void)
{
	int64_t t = now_ms();

	for (int i = 0; i < HELD; i++)
		if (held[i].to >= 0 && held[i].at_ms <= t) {
			forward(held[i].to, held[i].octets, held[i].n);
			held[i].to = -1;
		}
}

static bool is_tcp(const uint8_t *f, size_t n)
{
	if (n < 54)
		return false;
	if (f[12] == 0x08 && f[13] == 0x00)
		return f[14 + 9] == 6;
	return f[12] == 0x86 && f[13] == 0xdd && f[14 + 6] == 6;
}

static int open_interface(const char *name)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int s = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	a.sll_ifindex = (int)if_nametoindex(name);
	if (s < 0 || !a.sll_ifindex || bind(s, (struct sockaddr *)&a, sizeof a)) {
		fprintf(stderr, "relay: cannot open %s: %s\n", name, strerror(errno));
		exit(3);
	}
	return s;
}

static void take(int from, long loss, long duplicate, long reorder)
{
	static uint8_t octets[FRAME];
	struct sockaddr_ll a;
	socklen_t len = sizeof a;
	ssize_t got = recvfrom(fd[from], octets, sizeof octets, MSG_DONTWAIT, (struct sockaddr *)&a, &len);
	size_t n = (size_t)got;

	if (got <= 0 || a.sll_pkttype == PACKET_OUTGOING)
		return;
	if (from == 0)
		record(octets, n);
	if (!is_tcp(octets, n)) {
		forward(!from, octets, n);
		return;
	}
	if (happens(loss))
		return;
	if (happens(duplicate))
		hold(!from, octets, n);
	if (happens(reorder))
		hold(!from, octets, n);
	else
		forward(!from, octets, n);
}

int main(int argc, char **argv)
{
	long loss, duplicate, reorder;

	if (argc != 8) {
		fputs("usage: relay IF1 IF2 SEED LOSS DUPLICATE REORDER FILE\n", stderr);
		return 2;
	}
	chance = strtoull(argv[3], NULL, 0);
	loss = strtol(argv[4], NULL, 10);
	duplicate = strtol(argv[5], NULL, 10);
	reorder = strtol(argv[6], NULL, 10);
	for (int i = 0; i < HELD; i++)
		held[i].to = -1;
	fd[0] = open_interface(argv[1]);
	fd[1] = open_interface(argv[2]);
	dump = pcap_dump_open(pcap_open_dead(DLT_EN10MB, FRAME), argv[7]);
	if (!dump) {
		fprintf(stderr, "relay: cannot write %s\n", argv[7]);
		return 3;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct pollfd p[3] = {
			{ .fd = fd[0], .events = POLLIN }, { .fd = fd[1], .events = POLLIN },
			{ .fd = STDIN_FILENO, .events = POLLIN }
		};

		if (poll(p, 3, 1) < 0)
			break;
		if (p[0].revents)
			take(0, loss, duplicate, reorder);
		if (p[1].revents)
			take(1, loss, duplicate, reorder);
		release();
		if (p[2].revents)
			break;
	}
	pcap_dump_close(dump);
	return 0;
}
