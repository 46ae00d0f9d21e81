/* permit_format.c: what can be said of one segment of the DUT alone.
 *
 * A capture at the DUT sees segments before its interface has summed or cut
 * them, so the checksum is not judged there; in other captures a host whose
 * every second segment does not verify was captured with offload, which is only
 * known at the end. */
#include "../../probes/opt.h"
#include "inner.h"

static void checksum(struct oracle *o, const struct seg *s, int index)
{
	o->dut_segments++;
	if (!(s->wrong & WRONG_CKSUM)) {
		permit_held(o, F_CKSUM);
		return;
	}
	if (o->config.vantage != VANTAGE_TESTER) {
		if (o->dut_bad_cksum++ == 0) {
			o->cksum_first.index = index;
			o->cksum_first.at = s->at;
		}
		return;
	}
	permit_broken(o, F_CKSUM, s, index, -1, s->len % 2 ? "MUST-2 GEN-CKSUM-ODD" : NULL, NULL,
	              say_text(o, "0x%04x does not verify", s->cksum));
}

static void reserved_bits(struct oracle *o, const struct seg *s, int index)
{
	const bool asks_accecn = (s->ctl & SYN) && (s->rsv & 1);

	/* Bit AE belongs to RFC 9768 as soon as a SYN has spoken of it. */
	if (asks_accecn)
		o->accecn = true;
	if (s->rsv & (o->accecn ? 0xe : 0xf))
		permit_broken(o, F_RSV, s, index, -1, NULL, NULL,
		              say_text(o, "they were 0x%x", s->rsv));
	else
		permit_held(o, F_RSV);
}

static void control_bits(struct oracle *o, const struct seg *s, int index)
{
	const bool syn_and = (s->ctl & SYN) && (s->ctl & (FIN | RST));

	if (syn_and)
		permit_broken(o, F_FLAGS, s, index, -1, NULL, NULL, "SYN stood with FIN or RST");
	else
		permit_held(o, F_FLAGS);

	if (s->ctl & (SYN | RST))
		return;
	if (s->ctl & ACK)
		permit_held(o, F_ACKBIT);
	else
		permit_broken(o, F_ACKBIT, s, index, -1, NULL, NULL, "ACK was not set");
}

/* opt_parse skips a SACK option of odd length, so the octets are read here. */
static bool sack_format(const struct seg *s)
{
	for (unsigned i = 0; i < s->opt_len; ) {
		const uint8_t kind = s->opt[i];

		if (kind == OPT_EOL)
			return true;
		if (kind == OPT_NOP) {
			i++;
			continue;
		}
		if (i + 1 >= s->opt_len || s->opt[i + 1] < 2 || i + s->opt[i + 1] > s->opt_len)
			return true;            /* F-OPTLEN speaks of it */
		const unsigned n = s->opt[i + 1];

		if (kind == OPT_SACK && (n < 10 || n > 34 || (n - 2) % 8 != 0))
			return false;
		i += n;
	}
	return true;
}

static void options(struct oracle *o, const struct seg *s, int index)
{
	struct opts opts;

	if (s->doff >= 5 && s->opt_len != s->doff * 4 - 20)
		return;                         /* the capture cut them */
	opt_of(s, &opts);
	if (opts.malformed)
		permit_broken(o, F_OPTLEN, s, index, -1, NULL, NULL, "a length was 0, 1 or beyond the header");
	else
		permit_held(o, F_OPTLEN);
	if (opts.padding_nonzero)
		permit_broken(o, F_OPTPAD, s, index, -1, NULL, NULL, "they were not");
	else
		permit_held(o, F_OPTPAD);

	if (!(s->ctl & SYN)) {
		static const char stood[] = "it stood on a segment without SYN";

		if (opts.mss)
			permit_broken(o, F_MSS_SYN, s, index, -1, NULL, NULL, stood);
		else
			permit_held(o, F_MSS_SYN);
		if (opts.ws)
			permit_broken(o, F_WS_SYN, s, index, -1, NULL, NULL, stood);
		else
			permit_held(o, F_WS_SYN);
		if (opts.sack_perm)
			permit_broken(o, F_SACKPERM_SYN, s, index, -1, NULL, NULL, stood);
		else
			permit_held(o, F_SACKPERM_SYN);
	}

	bool ordered = true;

	for (unsigned i = 0; i < opts.n_sack; i++)
		ordered = ordered && (int32_t)(opts.sack[i].right - opts.sack[i].left) > 0;
	if (!sack_format(s) || !ordered)
		permit_broken(o, F_SACKFMT, s, index, -1, NULL, NULL,
		              ordered ? "its length was another" : "a block ended before it began");
	else if (opts.n_sack > 0)
		permit_held(o, F_SACKFMT);
}

bool permit_format(struct oracle *o, const struct seg *s, int index)
{
	if (s->wrong & WRONG_LENGTH)
		return false;
	if (s->wrong & WRONG_DOFF) {
		permit_broken(o, F_DOFF, s, index, -1, NULL, NULL, say_text(o, "it was %u", s->doff));
		return false;
	}
	permit_held(o, F_DOFF);
	checksum(o, s, index);
	/* A checksum that does not verify may mean that the path has changed any
	 * bit; only the tester's own link is known to change none. */
	if ((s->wrong & WRONG_CKSUM) && o->config.vantage != VANTAGE_TESTER &&
	    o->config.vantage != VANTAGE_DUT)
		return true;
	reserved_bits(o, s, index);
	control_bits(o, s, index);
	options(o, s, index);
	return true;
}
