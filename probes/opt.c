/* opt.c: the octets of TCP options, read and written; see opt.h. */
#include "opt.h"

#include <string.h>

static uint16_t get16(const uint8_t *o)
{
	return (uint16_t)(o[0] << 8 | o[1]);
}

static uint32_t get32(const uint8_t *o)
{
	return (uint32_t)get16(o) << 16 | get16(o + 2);
}

static void put16(uint8_t *o, uint16_t x)
{
	o[0] = (uint8_t)(x >> 8);
	o[1] = (uint8_t)x;
}

static void put32(uint8_t *o, uint32_t x)
{
	put16(o, (uint16_t)(x >> 16));
	put16(o + 2, (uint16_t)x);
}

/* ---- reading -------------------------------------------------------------- */

/* Whether `length` (kind and length octets included) is one that this kind may
 * have.  Kinds that we do not know may have any. */
static bool length_fits(uint8_t kind, unsigned length)
{
	switch (kind) {
	case OPT_MSS:          return length == 4;      /* RFC 9293 3.7.1      */
	case OPT_WS:           return length == 3;      /* RFC 7323 2.2        */
	case OPT_SACK_PERM:    return length == 2;      /* RFC 2018 2          */
	case OPT_SACK:         return length >= 10 && length <= 34 && (length - 2) % 8 == 0;
	case OPT_TS:           return length == 10;     /* RFC 7323 3.2        */
	case OPT_USER_TIMEOUT: return length == 4;      /* RFC 5482 3          */
	case OPT_TFO:          return length == 2 || (length >= 6 && length <= 18 && length % 2 == 0);
	default:               return true;             /* RFC 7413 4.1.1 above */
	}
}

/* One option whose length fits its kind; `value` has length - 2 octets. */
static void take(uint8_t kind, const uint8_t *value, unsigned length, struct opts *out)
{
	switch (kind) {
	case OPT_MSS:
		if (!out->mss)
			out->mss_value = get16(value);
		out->mss = true;
		break;
	case OPT_WS:
		if (!out->ws)
			out->ws_shift = value[0];
		out->ws = true;
		break;
	case OPT_SACK_PERM:
		out->sack_perm = true;
		break;
	case OPT_SACK:
		if (out->n_sack)
			break;
		out->n_sack = (uint8_t)((length - 2) / 8);
		for (unsigned i = 0; i < out->n_sack; i++) {
			out->sack[i].left  = get32(value + 8 * i);
			out->sack[i].right = get32(value + 8 * i + 4);
		}
		break;
	case OPT_TS:
		if (!out->ts) {
			out->ts_val = get32(value);
			out->ts_ecr = get32(value + 4);
		}
		out->ts = true;
		break;
	case OPT_USER_TIMEOUT:
		if (!out->uto)
			out->uto_value = get16(value);
		out->uto = true;
		break;
	case OPT_TFO:
		if (!out->tfo) {
			out->tfo_len = (uint8_t)(length - 2);
			memcpy(out->tfo_cookie, value, length - 2);
		}
		out->tfo = true;
		break;
	default:
		out->unknown = true;
	}
}

void opt_parse(const uint8_t *octets, unsigned len, struct opts *out)
{
	*out = (struct opts){ 0 };
	for (unsigned i = 0; i < len; ) {
		uint8_t kind = octets[i];

		if (kind == OPT_EOL) {
			for (i++; i < len; i++)
				out->padding_nonzero |= octets[i] != 0;
			return;
		}
		if (kind == OPT_NOP) {
			i++;
			continue;
		}
		unsigned left = len - i, length = left >= 2 ? octets[i + 1] : 0;

		if (length < 2 || length > left) {
			out->malformed = true;
			return;
		}
		if (length_fits(kind, length))
			take(kind, octets + i + 2, length, out);
		else
			out->bad_length = true;
		i += length;
	}
}

void opt_of(const struct seg *s, struct opts *out)
{
	unsigned len = s->opt_len;

	opt_parse(s->opt, len <= SEG_OPT_MAX ? len : SEG_OPT_MAX, out);
}

/* ---- writing -------------------------------------------------------------- */

bool opt_raw(struct seg *s, const uint8_t *octets, unsigned n)
{
	if (s->opt_len > SEG_OPT_MAX || n > SEG_OPT_MAX - (unsigned)s->opt_len)
		return false;
	if (n)
		memcpy(s->opt + s->opt_len, octets, n);
	s->opt_len = (uint8_t)(s->opt_len + n);
	return true;
}

bool opt_nop(struct seg *s)
{
	return opt_raw(s, (const uint8_t[]){ OPT_NOP }, 1);
}

bool opt_eol(struct seg *s)
{
	return opt_raw(s, (const uint8_t[]){ OPT_EOL }, 1);
}

bool opt_mss(struct seg *s, uint16_t mss)
{
	uint8_t o[4] = { OPT_MSS, sizeof o };

	put16(o + 2, mss);
	return opt_raw(s, o, sizeof o);
}

bool opt_ws(struct seg *s, uint8_t shift)
{
	return opt_raw(s, (const uint8_t[]){ OPT_WS, 3, shift }, 3);
}

bool opt_sack_perm(struct seg *s)
{
	return opt_raw(s, (const uint8_t[]){ OPT_SACK_PERM, 2 }, 2);
}

bool opt_sack(struct seg *s, const struct sack_block *blocks, unsigned n)
{
	uint8_t o[2 + 4 * 8] = { OPT_SACK };

	if (n < 1 || n > 4)
		return false;
	o[1] = (uint8_t)(2 + 8 * n);
	for (unsigned i = 0; i < n; i++) {
		put32(o + 2 + 8 * i, blocks[i].left);
		put32(o + 6 + 8 * i, blocks[i].right);
	}
	return opt_raw(s, o, o[1]);
}

bool opt_ts(struct seg *s, uint32_t val, uint32_t ecr)
{
	uint8_t o[10] = { OPT_TS, sizeof o };

	put32(o + 2, val);
	put32(o + 6, ecr);
	return opt_raw(s, o, sizeof o);
}

bool opt_uto(struct seg *s, uint16_t value)
{
	uint8_t o[4] = { OPT_USER_TIMEOUT, sizeof o };

	put16(o + 2, value);
	return opt_raw(s, o, sizeof o);
}

bool opt_tfo(struct seg *s, const uint8_t *cookie, unsigned len)
{
	uint8_t o[2 + 16] = { OPT_TFO };

	if (len > 16)
		return false;
	o[1] = (uint8_t)(2 + len);
	if (len)
		memcpy(o + 2, cookie, len);
	return opt_raw(s, o, o[1]);
}
