/* flood.c: a host that answers whatever it sees with a flood of garbage.
 *
 *     flood IFACE SECONDS [SEED]
 *
 * It learns addresses and ports from the frames that come in, and sends back, as
 * fast as the interface takes them: the same frame mirrored with octets changed,
 * cut short or lengthened; datagrams whose lengths lie; and well-formed segments
 * of the same conversation with a right checksum and random control bits, sequence
 * numbers, windows and options.  A tester has to come out of it with a verdict. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 1514, KNOWN = 64, BURST = 32 };

struct frame {
	uint8_t at[ROOM];
	size_t  n;
};

static struct frame known[KNOWN];       /* the last frames that came to us */
static size_t n_known, next_known;
static uint64_t state = 88172645463325252u;

static uint32_t chance(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return below ? (uint32_t)(state >> 32) % below : 0;
}

static uint32_t sum16(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

static void put_checksum(uint8_t *at, uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	at[0] = (uint8_t)(~sum >> 8);
	at[1] = (uint8_t)~sum;
}

static void swap(uint8_t *a, uint8_t *b, size_t n)
{
	while (n-- > 0) {
		uint8_t octet = *a;
		*a++ = *b;
		*b++ = octet;
	}
}

/* Where TCP begins in an IPv4 frame without IP options or an IPv6 frame without
 * extension headers; 0 for all else. */
static size_t tcp_at(const struct frame *f)
{
	if (f->n < 14 + 40)
		return 0;
	if (f->at[12] == 0x08 && f->at[13] == 0x00 && f->at[14] == 0x45 && f->at[23] == IPPROTO_TCP)
		return 14 + 20;
	if (f->at[12] == 0x86 && f->at[13] == 0xdd && f->at[20] == IPPROTO_TCP && f->n >= 14 + 60)
		return 14 + 40;
	return 0;
}

/* Turns a frame around: what came to us becomes what we might have sent. */
static bool mirror(struct frame *f)
{
	size_t tcp = tcp_at(f);

	if (!tcp)
		return false;
	swap(f->at, f->at + 6, 6);
	if (tcp == 14 + 20)
		swap(f->at + 26, f->at + 30, 4);
	else
		swap(f->at + 22, f->at + 38, 16);
	swap(f->at + tcp, f->at + tcp + 2, 2);
	return true;
}

/* Sets lengths and checksums to what they have to be. */
static void make_right(struct frame *f, size_t tcp)
{
	size_t n = f->n - tcp;
	uint32_t sum;

	if (tcp == 14 + 20) {
		f->at[16] = (uint8_t)((f->n - 14) >> 8);
		f->at[17] = (uint8_t)(f->n - 14);
		f->at[20] = f->at[21] = f->at[24] = f->at[25] = 0;
		put_checksum(f->at + 24, sum16(f->at + 14, 20, 0));
		sum = sum16(f->at + 26, 8, 0);
	} else {
		f->at[18] = (uint8_t)(n >> 8);
		f->at[19] = (uint8_t)n;
		sum = sum16(f->at + 22, 32, 0);
	}
	f->at[tcp + 16] = f->at[tcp + 17] = 0;
	sum += IPPROTO_TCP + (uint32_t)n;
	put_checksum(f->at + tcp + 16, sum16(f->at + tcp, n, sum));
}

/* A segment of the conversation that is well formed as far as its checksum says,
 * near the numbers that the conversation uses or far from them. */
static void segment(struct frame *f, size_t tcp)
{
	uint8_t *t = f->at + tcp;
	size_t options = 4 * chance(11), text = chance(3) ? 0 : chance(600);
	uint8_t numbers[8];

	memcpy(numbers, t + 4, 8);
	memcpy(t + 4, numbers + 4, 4);          /* its ACK is our SEQ */
	memcpy(t + 8, numbers, 4);
	if (chance(2))
		t[7] = (uint8_t)(t[7] + chance(5));
	if (chance(2))
		t[11] = (uint8_t)(t[11] + chance(5));
	if (!chance(4))
		for (int i = 4; i < 12; i++)
			t[i] = (uint8_t)chance(256);
	t[12] = (uint8_t)((5 + options / 4) << 4);
	t[13] = (uint8_t)chance(256);
	for (size_t i = 14; i < 20 + options + text; i++)
		t[i] = (uint8_t)chance(chance(2) ? 9 : 256);
	f->n = tcp + 20 + options + text;
	make_right(f, tcp);
}

static void garbage(struct frame *f)
{
	for (uint32_t times = 1 + chance(8); times > 0; times--)
		f->at[14 + chance((uint32_t)f->n - 14)] = (uint8_t)chance(256);
	if (!chance(3))
		f->n = 14 + chance((uint32_t)f->n - 14 + 1);
	else if (!chance(3))
		while (f->n < ROOM && chance(50))
			f->at[f->n++] = (uint8_t)chance(256);
}

static void remember(const uint8_t *at, size_t n)
{
	struct frame f = { .n = n };

	memcpy(f.at, at, n);
	if (!tcp_at(&f))
		return;
	known[next_known++ % KNOWN] = f;
	if (n_known < KNOWN)
		n_known++;
}

static volatile sig_atomic_t ended;

static void end(int signal_number)
{
	(void)signal_number;
	ended = 1;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: flood IFACE SECONDS [SEED]\n");
		return 2;
	}
	if (argc > 3)
		state ^= strtoull(argv[3], NULL, 0) << 17;

	struct sockaddr_ll here = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	here.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (fd < 0 || !here.sll_ifindex || bind(fd, (struct sockaddr *)&here, sizeof here) < 0) {
		fprintf(stderr, "flood: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}

	signal(SIGTERM, end);

	time_t until = time(NULL) + strtol(argv[2], NULL, 10);
	unsigned long sent = 0;
	while (!ended && time(NULL) < until) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		uint8_t in[65536];
		struct sockaddr_ll from;
		socklen_t n_from = sizeof from;

		while (poll(&ready, 1, n_known ? 0 : 100) > 0) {
			ssize_t n = recvfrom(fd, in, sizeof in, 0, (struct sockaddr *)&from, &n_from);
			if (n > 0 && n <= ROOM && from.sll_pkttype != PACKET_OUTGOING)
				remember(in, (size_t)n);
			n_from = sizeof from;
		}
		for (int i = 0; i < BURST && n_known; i++) {
			struct frame f = known[chance((uint32_t)n_known)];

			if (!mirror(&f))
				continue;
			if (chance(2))
				segment(&f, tcp_at(&f));
			else
				garbage(&f);
			sent += send(fd, f.at, f.n, MSG_DONTWAIT) > 0;
		}
	}
	printf("flood: %lu frames\n", sent);
	return sent == 0;
}
