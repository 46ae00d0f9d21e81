/* fuzz_opt.c: any octets as options.
 *
 * Nothing is read outside; what is found is checked against a search that knows
 * no kinds (a walk by kind and length alone); and what the codec writes from what
 * it has read, it reads again. */
#include <stdlib.h>
#include <string.h>

#include "probes/opt.h"
#include "probes/show.h"
#include "seeds.h"

static void claim(bool holds)
{
	if (!holds)
		abort();
}

/* Where the first option of this kind and length (0: any) stands; -1: nowhere. */
static int find(const uint8_t *o, unsigned n, unsigned kind, unsigned length)
{
	for (unsigned i = 0; i < n && o[i] != 0; i += o[i] == 1 ? 1 : o[i + 1]) {
		if (o[i] == 1)
			continue;
		if (n - i < 2 || o[i + 1] < 2 || o[i + 1] > n - i)
			return -1;
		if (o[i] == kind && (length == 0 || o[i + 1] == length))
			return (int)i;
	}
	return -1;
}

static bool same(const struct opts *a, const struct opts *b)
{
	return a->mss == b->mss && a->ws == b->ws && a->sack_perm == b->sack_perm && a->ts == b->ts &&
	       a->uto == b->uto && a->tfo == b->tfo && a->n_sack == b->n_sack &&
	       a->mss_value == b->mss_value && a->ws_shift == b->ws_shift && a->ts_val == b->ts_val &&
	       a->ts_ecr == b->ts_ecr && a->uto_value == b->uto_value && a->tfo_len == b->tfo_len &&
	       memcmp(a->tfo_cookie, b->tfo_cookie, sizeof a->tfo_cookie) == 0 &&
	       memcmp(a->sack, b->sack, sizeof a->sack) == 0;
}

/* Writes what was read; false if it does not fit into one header. */
static bool write_again(const struct opts *o, struct seg *s)
{
	return (!o->mss || opt_mss(s, o->mss_value)) && (!o->ws || opt_ws(s, o->ws_shift)) &&
	       (!o->sack_perm || opt_sack_perm(s)) && (!o->ts || opt_ts(s, o->ts_val, o->ts_ecr)) &&
	       (!o->n_sack || opt_sack(s, o->sack, o->n_sack)) && (!o->uto || opt_uto(s, o->uto_value)) &&
	       (!o->tfo || opt_tfo(s, o->tfo_cookie, o->tfo_len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned n = size > 70000 ? 70000 : (unsigned)size;
	struct opts o, again;
	struct seg s = { 0 };
	char line[SHOW_MAX];

	opt_parse(data, n, &o);
	claim(o.n_sack <= 4);
	claim(o.tfo_len <= 16);

	claim(o.mss == (find(data, n, OPT_MSS, 4) >= 0));
	claim(o.ws == (find(data, n, OPT_WS, 3) >= 0));
	claim(o.sack_perm == (find(data, n, OPT_SACK_PERM, 2) >= 0));
	claim(o.ts == (find(data, n, OPT_TS, 10) >= 0));
	claim(o.uto == (find(data, n, OPT_USER_TIMEOUT, 4) >= 0));
	claim(!o.n_sack || find(data, n, OPT_SACK, 2 + 8u * o.n_sack) >= 0);
	claim(!o.tfo || find(data, n, OPT_TFO, 2 + (unsigned)o.tfo_len) >= 0);
	if (o.mss) {
		int at = find(data, n, OPT_MSS, 4);

		claim(o.mss_value == data[at + 2] * 256 + data[at + 3]);
	}

	if (write_again(&o, &s)) {
		opt_of(&s, &again);
		claim(same(&o, &again));
		claim(!again.unknown && !again.malformed && !again.bad_length && !again.padding_nonzero);
	}

	s.opt_len = 0;
	claim(opt_raw(&s, data, n) == (n <= SEG_OPT_MAX));
	opt_show(&s, line, sizeof line);
	claim(strlen(line) < sizeof line);
	return 0;
}

/* What stacks send. */
size_t fuzz_seed(unsigned n, uint8_t *out, size_t room)
{
	struct sack_block blocks[4] = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 0xfffffff0, 7 } };
	struct seg s = { 0 };

	switch (n) {
	case 0:
		opt_mss(&s, 1460);
		opt_sack_perm(&s);
		opt_ts(&s, 0x01020304, 0);
		opt_nop(&s);
		opt_ws(&s, 7);
		break;
	case 1:
		opt_nop(&s);
		opt_nop(&s);
		opt_ts(&s, 5, 6);
		opt_nop(&s);
		opt_nop(&s);
		opt_sack(&s, blocks, 3);
		break;
	case 2:
		opt_sack(&s, blocks, 4);
		opt_eol(&s);
		break;
	case 3:
		opt_mss(&s, 536);
		opt_uto(&s, 0x8005);
		opt_tfo(&s, (const uint8_t *)"01234567", 8);
		opt_raw(&s, (const uint8_t[]){ 253, 6, 1, 2, 3, 4 }, 6);
		break;
	default:
		return 0;
	}
	if (room < s.opt_len)
		return 0;
	memcpy(out, s.opt, s.opt_len);
	return s.opt_len;
}
