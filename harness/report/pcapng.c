/* pcapng.c: the evidence of one case as a capture that Wireshark opens with the
 * verdict beside the packets: a section header, one interface (raw IP,
 * nanoseconds) and a packet block for each datagram, with comments.  libpcap
 * cannot write this format.  No custom blocks: readers trip over them.
 *
 * The section's comment names the tester's addresses, so that `tcpconform check`
 * judges the DUT and not our deliberate oddities: see capture.c, which reads it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "words.h"

#define LINKTYPE_RAW_IP 101
#define COMMENT_MAX 4000

enum { BLOCK_SECTION = 0x0A0D0D0A, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };
enum { OPTION_END = 0, OPTION_COMMENT = 1, OPTION_APPLICATION = 4, OPTION_FLAGS = 2, OPTION_NAME = 2, OPTION_TSRESOL = 9 };

/* A block under construction.  All numbers are little-endian, on every machine. */
struct block {
	uint8_t *octets;
	size_t n, room;
	bool failed;
};

static void put(struct block *b, const void *octets, size_t n)
{
	if (b->failed || !n)
		return;
	if (b->n + n > b->room) {
		size_t room = 2 * (b->n + n) + 256;
		uint8_t *more = realloc(b->octets, room);

		if (!more) {
			b->failed = true;
			return;
		}
		b->octets = more;
		b->room = room;
	}
	memcpy(b->octets + b->n, octets, n);
	b->n += n;
}

static void put16(struct block *b, uint16_t v)
{
	put(b, (uint8_t[]){ (uint8_t)v, (uint8_t)(v >> 8) }, 2);
}

static void put32(struct block *b, uint32_t v)
{
	put16(b, (uint16_t)v);
	put16(b, (uint16_t)(v >> 16));
}

static void pad(struct block *b)
{
	static const uint8_t zeros[4];

	put(b, zeros, (4 - b->n % 4) % 4);
}

static void option(struct block *b, uint16_t code, const void *value, size_t n)
{
	put16(b, code);
	put16(b, (uint16_t)n);
	put(b, value, n);
	pad(b);
}

static void comment(struct block *b, const char *text)
{
	size_t n = strlen(text);

	option(b, OPTION_COMMENT, text, n < COMMENT_MAX ? n : COMMENT_MAX);
}

static void open_block(struct block *b, uint32_t type)
{
	b->n = 0;
	put32(b, type);
	put32(b, 0);                            /* its length, known at the end */
}

static int close_block(struct block *b, FILE *out)
{
	uint32_t n = (uint32_t)b->n + 4;

	put32(b, n);
	if (b->failed)
		return -ENOMEM;
	for (int i = 0; i < 4; i++)
		b->octets[4 + i] = (uint8_t)(n >> 8 * i);
	return fwrite(b->octets, 1, b->n, out) == b->n ? 0 : -EIO;
}

/* Each of our addresses once. */
static void tester_addresses(FILE *f, const struct evidence *e)
{
	for (unsigned i = 0; i < e->n_conversations; i++) {
		const struct addr *a = &e->conversations[i].we.addr;
		bool again = a->v == 0;
		char buf[64];

		for (unsigned k = 0; k < i && !again; k++)
			again = addr_eq(a, &e->conversations[k].we.addr);
		if (!again)
			fprintf(f, " %s", addr_show(a, buf, sizeof buf));
	}
}

static int section(struct block *b, FILE *out, const struct evidence *e)
{
	char *line = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&line, &n);

	if (!f)
		return -ENOMEM;
	fputs("tcpconform: tester", f);
	tester_addresses(f, e);
	fprintf(f, "\ncase %s: %s\nrequirements %s\nverdict %s", e->address, e->title ? e->title : "",
	        e->req ? e->req : "", verdict_name(e->verdict));
	if (e->failing && e->failing->message)
		fprintf(f, ": %s", e->failing->message);
	else if (e->reason)
		fprintf(f, ": %s", e->reason);
	if (fclose(f) == EOF || !line) {
		free(line);
		return -ENOMEM;
	}

	open_block(b, BLOCK_SECTION);
	put32(b, 0x1A2B3C4D);
	put16(b, 1);
	put16(b, 0);
	put32(b, UINT32_MAX);                   /* the section's length: not said */
	put32(b, UINT32_MAX);
	comment(b, line);
	option(b, OPTION_APPLICATION, "tcpconform " TCPCONFORM_VERSION, strlen("tcpconform " TCPCONFORM_VERSION));
	option(b, OPTION_END, NULL, 0);
	free(line);
	return close_block(b, out);
}

static int interface(struct block *b, FILE *out)
{
	open_block(b, BLOCK_INTERFACE);
	put16(b, LINKTYPE_RAW_IP);
	put16(b, 0);
	put32(b, 262144);
	option(b, OPTION_NAME, "tester", 6);
	option(b, OPTION_TSRESOL, (uint8_t[]){ 9 }, 1);
	option(b, OPTION_END, NULL, 0);
	return close_block(b, out);
}

/* The judgements about event i, each a comment of its packet.  What did not come
 * stands at the stimulus. */
static void verdicts(struct block *b, const struct evidence *e, int i)
{
	char line[1024];

	for (size_t k = 0; k < e->n_events; k++) {
		const struct judgement *j = &e->events[k].judgement;

		if (e->events[k].kind != EVENT_JUDGEMENT)
			continue;
		if (j->reply != i && !(j->reply < 0 && j->stimulus == i))
			continue;
		snprintf(line, sizeof line, "%s: %s [%s %s]%s%s%s%s", j->verdict == PASS ? "ok" :
		         j->verdict == FAIL ? "NOT OK" : verdict_name(j->verdict), j->message ? j->message : "",
		         j->req ? j->req : "", level_name(j->level), j->wanted ? " wanted " : "",
		         j->wanted ? j->wanted : "", j->state ? ", state " : "", j->state ? j->state : "");
		comment(b, line);
	}
}

static int packet(struct block *b, FILE *out, const struct evidence *e, int i, int64_t wall_began)
{
	const struct event *v = &e->events[i];
	uint64_t at = (uint64_t)wall_began * 1000000000u + (v->at > 0 ? (uint64_t)v->at : 0);
	bool ours = v->kind == EVENT_SENT;
	char line[1024];

	open_block(b, BLOCK_PACKET);
	put32(b, 0);
	put32(b, (uint32_t)(at >> 32));
	put32(b, (uint32_t)at);
	put32(b, (uint32_t)v->n_ip);
	put32(b, (uint32_t)v->n_ip);
	put(b, v->ip, v->n_ip);
	pad(b);
	if (ours && v->why) {
		snprintf(line, sizeof line, "tester: %s (deliberate)", v->why);
		comment(b, line);
	} else if (ours && v->fence) {
		comment(b, "tester: a fence, it must draw a reply (deliberate)");
	}
	verdicts(b, e, i);
	option(b, OPTION_FLAGS, (uint8_t[]){ ours ? 2 : 1, 0, 0, 0 }, 4);
	option(b, OPTION_END, NULL, 0);
	return close_block(b, out);
}

int pcapng_write(FILE *out, const struct evidence *e, int64_t wall_began)
{
	struct block b = { 0 };
	int r = section(&b, out, e);

	if (!r)
		r = interface(&b, out);
	for (size_t i = 0; i < e->n_events && !r; i++)
		if (has_frame(&e->events[i]))
			r = packet(&b, out, e, (int)i, wall_began);
	if (!r && fflush(out) == EOF)
		r = -EIO;
	free(b.octets);
	return r;
}
