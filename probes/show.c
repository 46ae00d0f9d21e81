/* show.c: a segment in one line, in the notation of RFC 9293's figures:
 * <SEQ=100><ACK=301><CTL=SYN,ACK>.  Only text is made here; nothing is judged. */
#include "show.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "opt.h"

/* A line that grows until its buffer is full, and always ends in NUL. */
struct line {
	char  *buf;
	size_t n, used;
};

static void line_begin(struct line *l, char *buf, size_t n)
{
	*l = (struct line){ .buf = buf, .n = n };
	if (n)
		buf[0] = '\0';
}

__attribute__((format(printf, 2, 3)))
static void put(struct line *l, const char *format, ...)
{
	if (l->used + 1 >= l->n)
		return;

	va_list args;
	va_start(args, format);
	int got = vsnprintf(l->buf + l->used, l->n - l->used, format, args);
	va_end(args);
	if (got > 0)
		l->used += (size_t)got < l->n - l->used ? (size_t)got : l->n - l->used - 1;
}

/* A number relative to base.  A little below the base is shown as negative: a
 * keepalive's SEQ=-1 says more than 4294967295. */
static void put_number(struct line *l, const char *name, uint32_t x, uint32_t base, bool relative)
{
	uint32_t offset = x - base;

	if (relative && offset >= 0xc0000000u)
		put(l, "<%s=-%u>", name, (unsigned)-offset);
	else
		put(l, "<%s=%u>", name, (unsigned)offset);
}

static void put_ctl(struct line *l, unsigned ctl)
{
	/* SYN, FIN and RST first: the RFC writes SYN,ACK and FIN,ACK. */
	static const struct { unsigned bit; const char *name; } bits[] = {
		{ SYN, "SYN" }, { FIN, "FIN" }, { RST, "RST" }, { PSH, "PSH" },
		{ ACK, "ACK" }, { URG, "URG" }, { ECE, "ECE" }, { CWR, "CWR" },
	};
	const char *comma = "";

	for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
		if (!(ctl & bits[i].bit))
			continue;
		put(l, "%s%s", comma, bits[i].name);
		comma = ",";
	}
	if (!*comma)
		put(l, "none");
}

static void put_options(struct line *l, const struct seg *s, uint32_t base, bool relative)
{
	struct opts o;

	opt_of(s, &o);
	if (o.mss)
		put(l, "<MSS=%u>", o.mss_value);
	if (o.ws)
		put(l, "<WS=%u>", o.ws_shift);
	if (o.sack_perm)
		put(l, "<SACK-OK>");
	if (o.ts)
		put(l, "<TS=%u,%u>", (unsigned)o.ts_val, (unsigned)o.ts_ecr);
	for (unsigned i = 0; i < o.n_sack; i++) {
		if (relative)
			put(l, "%s%d:%d", i ? "," : "<SACK=",
			    (int)(o.sack[i].left - base), (int)(o.sack[i].right - base));
		else
			put(l, "%s%u:%u", i ? "," : "<SACK=",
			    (unsigned)o.sack[i].left, (unsigned)o.sack[i].right);
	}
	if (o.n_sack)
		put(l, ">");
	if (o.uto)
		put(l, "<UTO=%u%s>", o.uto_value & 0x7fffu, o.uto_value & 0x8000 ? "min" : "s");
	if (o.tfo) {
		put(l, "<TFO");
		for (unsigned i = 0; i < o.tfo_len; i++)
			put(l, "%s%02x", i ? "" : "=", o.tfo_cookie[i]);
		put(l, ">");
	}
	if (o.unknown)
		put(l, "<unknown option>");
	if (o.malformed)
		put(l, "<malformed options>");
	if (o.bad_length)
		put(l, "<option of wrong length>");
	if (o.padding_nonzero)
		put(l, "<padding not zero>");
}

const char *ctl_show(unsigned ctl, char *buf, size_t n)
{
	struct line l;

	line_begin(&l, buf, n);
	put_ctl(&l, ctl);
	return buf;
}

const char *opt_show(const struct seg *s, char *buf, size_t n)
{
	struct line l;

	line_begin(&l, buf, n);
	put_options(&l, s, 0, false);
	return buf;
}

const char *seg_show(const struct seg *s, const struct show_base *base, char *buf, size_t n)
{
	struct line l;

	line_begin(&l, buf, n);
	put_number(&l, "SEQ", s->seq, base ? base->seq : 0, base);
	if (s->ctl & ACK)
		put_number(&l, "ACK", s->ack, base ? base->ack : 0, base);
	put(&l, "<CTL=");
	put_ctl(&l, s->ctl);
	put(&l, ">");
	if (s->len)
		put(&l, "<LEN=%u>", (unsigned)s->len);
	put(&l, "<WND=%u>", s->wnd);
	if (s->ctl & URG)
		put(&l, "<UP=%u>", s->urg);
	if (s->rsv)
		put(&l, "<RSV=%u>", s->rsv);
	put_options(&l, s, base ? base->ack : 0, base);

	if (s->wrong & WRONG_CKSUM)
		put(&l, s->wrong & WRONG_PARTIAL ? " (checksum left to the interface)" : " (wrong checksum)");
	if (s->wrong & WRONG_DOFF)
		put(&l, " (wrong data offset %u)", s->doff);
	if (s->wrong & WRONG_LENGTH)
		put(&l, " (IP length too short for a TCP header)");
	if (s->wrong & WRONG_SNAP)
		put(&l, " (captured short)");
	return buf;
}
