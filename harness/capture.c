/* capture.c: the capture reader.  libpcap opens both formats and knows the link
 * types; what it does not give, the comment of a pcapng section, is read here
 * beforehand.  Every length is checked: a capture is hostile input. */
#include "capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TESTERS 16
#define COMMENT_MAX 4096
#define VLAN_TAGS 4                     /* stacked, at most */

/* Not in every libpcap's header. */
#ifndef DLT_LINUX_SLL2
#define DLT_LINUX_SLL2 276
#endif

struct capture {
	pcap_t *pcap;
	int link;
	tick first, last;
	bool any;
	uint64_t frames, backward;
	struct addr testers[MAX_TESTERS];
	unsigned n_testers;
	char trouble[PCAP_ERRBUF_SIZE + 64];
	uint8_t *mended;                /* a datagram whose length field was mended */
};

/* ---- the comment of a pcapng section ---------------------------------------- */

static uint32_t get32(const uint8_t *p, bool big)
{
	return big ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
	           : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static uint16_t get16(const uint8_t *p, bool big)
{
	return (uint16_t)(big ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

/* "tcpconform: tester ADDR ADDR ..." */
static void read_testers(struct capture *c, char *comment)
{
	static const char head[] = "tcpconform: tester ";
	char *rest = comment, *word;

	if (strncmp(comment, head, sizeof head - 1))
		return;
	rest += sizeof head - 1;
	rest[strcspn(rest, "\r\n")] = '\0';
	while ((word = strsep(&rest, " "))) {
		struct addr a;

		if (addr_parse(word, &a) && c->n_testers < MAX_TESTERS)
			c->testers[c->n_testers++] = a;
	}
}

static void read_section(struct capture *c, FILE *f)
{
	uint8_t head[24], option[4];
	static char comment[COMMENT_MAX + 1];
	bool big;
	uint32_t left;

	if (fread(head, 1, sizeof head, f) != sizeof head || get32(head, true) != 0x0A0D0D0A)
		return;
	if (get32(head + 8, true) == 0x1A2B3C4D)
		big = true;
	else if (get32(head + 8, false) == 0x1A2B3C4D)
		big = false;
	else
		return;
	left = get32(head + 4, big);
	if (left < sizeof head + 4 || left > 1u << 20)
		return;
	left -= sizeof head + 4;                /* options, without the trailing length */
	while (left >= 4 && fread(option, 1, 4, f) == 4) {
		uint16_t code = get16(option, big), n = get16(option + 2, big);
		uint32_t padded = (n + 3u) & ~3u;

		left -= 4;
		if (code == 0 || padded > left)
			return;
		left -= padded;
		if (code == 1 && n <= COMMENT_MAX) {
			if (fread(comment, 1, n, f) != n)
				return;
			comment[n] = '\0';
			read_testers(c, comment);
			padded -= n;
		}
		if (fseeko(f, padded, SEEK_CUR))
			return;
	}
}

/* ---- opening ---------------------------------------------------------------- */

static bool known_link(int link)
{
	switch (link) {
	case DLT_EN10MB: case DLT_RAW: case DLT_IPV4: case DLT_IPV6: case DLT_LINUX_SLL: case DLT_LINUX_SLL2:
	case DLT_NULL: case DLT_LOOP:
		return true;
	default:
		return false;
	}
}

struct capture *capture_from(FILE *f, const char *name, char *err, size_t n)
{
	struct capture *c = calloc(1, sizeof *c);
	char why[PCAP_ERRBUF_SIZE] = "";

	if (!c) {
		snprintf(err, n, "out of memory");
		fclose(f);
		return NULL;
	}
	read_section(c, f);
	clearerr(f);
	rewind(f);
	c->pcap = pcap_fopen_offline_with_tstamp_precision(f, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!c->pcap) {
		snprintf(err, n, "%s is no capture that can be read: %s", name, why);
		fclose(f);
		free(c);
		return NULL;
	}
	c->link = pcap_datalink(c->pcap);
	if (!known_link(c->link)) {
		const char *what = pcap_datalink_val_to_name(c->link);

		snprintf(err, n, "%s has frames of link type %s (%d), which is none of Ethernet, raw IP, Linux cooked or loopback",
		         name, what ? what : "unknown", c->link);
		capture_close(c);
		return NULL;
	}
	return c;
}

/* What cannot be rewound is copied to a file without a name. */
static FILE *seekable(FILE *in)
{
	FILE *out = tmpfile();
	char buf[65536];
	size_t k;

	while (out && (k = fread(buf, 1, sizeof buf, in)) > 0) {
		if (fwrite(buf, 1, k, out) != k) {
			fclose(out);
			out = NULL;
		}
	}
	if (out)
		rewind(out);
	return out;
}

struct capture *capture_open(const char *path, char *err, size_t n)
{
	bool is_stdin = !strcmp(path, "-");
	FILE *f = is_stdin ? stdin : fopen(path, "rbe");

	if (f && fseeko(f, 0, SEEK_SET)) {
		FILE *copy = seekable(f);

		if (!is_stdin)
			fclose(f);
		f = copy;
	}
	if (!f) {
		snprintf(err, n, "cannot read %s: %s", path, strerror(errno));
		return NULL;
	}
	return capture_from(f, is_stdin ? "standard input" : path, err, n);
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->pcap)
		pcap_close(c->pcap);
	free(c->mended);
	free(c);
}

/* ---- from a frame to its datagram -------------------------------------------- */

/* Behind an Ethernet type, with VLAN tags stepped over. */
static bool behind_type(const uint8_t **p, size_t *n, size_t *full, unsigned type)
{
	for (int tags = 0; type == 0x8100 || type == 0x88a8 || type == 0x9100; tags++) {
		if (tags == VLAN_TAGS || *n < 4)
			return false;
		type = get16(*p + 2, true);
		*p += 4;
		*n -= 4;
		*full -= 4;
	}
	return type == 0x0800 || type == 0x86dd;
}

/* The octets of the link-layer header and whether IP is behind it. */
static bool strip_link(int link, const uint8_t **p, size_t *n, size_t *full)
{
	size_t head;
	unsigned type;

	switch (link) {
	case DLT_EN10MB:
		head = 14;
		if (*n < head)
			return false;
		type = get16(*p + 12, true);
		break;
	case DLT_LINUX_SLL:
		head = 16;
		if (*n < head)
			return false;
		type = get16(*p + 14, true);
		break;
	case DLT_LINUX_SLL2:
		head = 20;
		if (*n < head)
			return false;
		type = get16(*p, true);
		break;
	case DLT_NULL:
	case DLT_LOOP:
		head = 4;
		if (*n < head)
			return false;
		/* The address family's number is the capturing system's own (30, 24,
		 * 28 are IPv6 somewhere); the version nibble is judged anyway. */
		type = 0x0800;
		break;
	default:
		head = 0;
		type = 0x0800;
	}
	*p += head;
	*n -= head;
	*full -= head;
	if (!behind_type(p, n, full, type) || *n < 1)
		return false;
	return **p >> 4 == 4 || **p >> 4 == 6;
}

/* A sender that leaves segmentation to its card may show a length of 0: then the
 * datagram is as long as what was captured. */
static void mend_length(struct capture *c, struct datagram *d)
{
	bool v4 = d->ip[0] >> 4 == 4;
	size_t at = v4 ? 2 : 4, head = v4 ? 20 : 40;

	if (d->n < head || d->ip[at] || d->ip[at + 1] || d->full > 65535 || d->full <= head)
		return;
	/* Other traffic may say 0 and mean it. */
	if (d->ip[v4 ? 9 : 6] != 6)
		return;
	if (!c->mended)
		c->mended = malloc(65536);
	if (!c->mended || d->n > 65535)
		return;
	memcpy(c->mended, d->ip, d->n);

	size_t length = v4 ? d->full : d->full - head;

	c->mended[at] = (uint8_t)(length >> 8);
	c->mended[at + 1] = (uint8_t)length;
	d->ip = c->mended;
}

enum capture_more capture_next(struct capture *c, struct datagram *d)
{
	struct pcap_pkthdr *h;
	const u_char *octets;
	int r = pcap_next_ex(c->pcap, &h, &octets);

	if (r == PCAP_ERROR_BREAK)
		return CAPTURE_END;
	if (r != 1) {
		snprintf(c->trouble, sizeof c->trouble, "%s", pcap_geterr(c->pcap));
		return CAPTURE_CUT;
	}
	c->frames++;

	/* Nanoseconds, as asked for in capture_from. Stamps may say anything. */
	int64_t seconds = h->ts.tv_sec, nanoseconds = h->ts.tv_usec;
	tick stamp = 0;

	if (seconds >= 0 && seconds < INT64_MAX / 1000000000 - 1 && nanoseconds >= 0 && nanoseconds < 1000000000)
		stamp = seconds * 1000000000 + nanoseconds;
	if (!c->any)
		c->first = stamp;
	c->any = true;
	stamp -= c->first;
	if (stamp < c->last) {
		c->backward++;
		stamp = c->last;
	}
	c->last = stamp;

	const uint8_t *p = octets;
	size_t n = h->caplen, full = h->len > h->caplen ? h->len : h->caplen;

	*d = (struct datagram){ .at = stamp, .frame = c->frames };
	if (!strip_link(c->link, &p, &n, &full))
		return CAPTURE_OTHER;
	d->ip = p;
	d->n = n;
	d->full = full;
	mend_length(c, d);
	return CAPTURE_IP;
}

const char *capture_trouble(const struct capture *c)
{
	return c->trouble;
}

unsigned capture_testers(const struct capture *c, struct addr *out, unsigned max)
{
	unsigned n = c->n_testers < max ? c->n_testers : max;

	memcpy(out, c->testers, n * sizeof *out);
	return n;
}

uint64_t capture_backward(const struct capture *c)
{
	return c->backward;
}

const char *capture_link(const struct capture *c)
{
	const char *what = pcap_datalink_val_to_description(c->link);

	return what ? what : "unknown";
}
