/* 3_2_options.c: options (RFC 9293 3.1 and 3.2) where they are not expected, not
 * known, or not even well-formed.
 *
 * What the MSS option means is in 3_7_1_mss.c, the options of RFC 7323 are in
 * ../7323/. */
#include "../sender.h"

SECTION("9293/3.2");

static struct seg octets(const uint8_t *o, unsigned n)
{
	struct seg s = { .opt_len = 0 };

	opt_raw(&s, o, n);
	while (s.opt_len % 4)
		opt_nop(&s);
	return s;
}

#define OCTETS(...) octets((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

/* ---- known and unknown, on any segment ------------------------------------------------ */

CASE(option_on_text,
     .req   = "MUST-5",
     .title = "text is taken although its segment carries options that belong on a SYN",
     .lasts = S(5))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	const struct seg *s = tx(c, ACK, .len = 10, .opt = OCTETS(OPT_NOP, OPT_NOP, OPT_NOP, OPT_EOL));
	rx(c, ACK, .ack = EXACT(s->seq + 10));
	s = tx(c, ACK, .len = 10, .opt = OCTETS(OPT_MSS, 4, 2, 0));
	rx(c, ACK, .ack = EXACT(s->seq + 10));
	if (has_calls(c))
		dut_has_read(c, 20);
	data_flows(c);
}

CASE(option_on_fin,
     .req   = "MUST-5 MUST-6",
     .title = "a FIN is taken although its segment carries an unknown option",
     .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	const struct seg *fin = tx(c, FIN | ACK, .opt = OCTETS(OPT_NOP, OPT_NOP, 253, 4, 0xCA, 0xFE));
	rx(c, ACK, .free = FIN, .ack = EXACT(fin->seq + 1), .req = "MUST-5 MUST-6");
}

/* One text for each unknown kind and length. */
CASE(unknown_option_on_text,
     .req   = "MUST-6 MUST-5",
     .title = "text is taken although its segment carries an option of unknown kind",
     .lasts = S(6))
{
	static const uint8_t kind[] = { 253, 254, 77, 200 };

	open_passive(c);                                /* DUT: ESTABLISHED  */
	for (unsigned i = 0; i < sizeof kind; i++) {
		uint8_t o[10] = { kind[i], (uint8_t)(4 + 2 * i), 0xCA, 0xFE };
		const struct seg *s = tx(c, ACK, .len = 10, .opt = octets(o, o[1]));
		rx(c, ACK, .ack = EXACT(s->seq + 10), .req = "MUST-6 MUST-5");
	}
	if (has_calls(c))
		dut_has_read(c, 40);
}

CASE(unknown_option_on_syn,
     .req   = "MUST-6",
     .title = "a SYN is answered although it carries an option of unknown kind",
     .lasts = S(4))
{
	dut_listen(c);                                  /* DUT: LISTEN       */
	const struct seg *syn = tx(c, SYN, .opt = OCTETS(253, 6, 0xCA, 0xFE, 1, 2, OPT_NOP, OPT_NOP, OPT_MSS, 4, 2, 24));
	rx(c, SYN | ACK, .ack = EXACT(syn->seq + 1));   /* DUT: SYN-RECEIVED */
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

/* Who does not obey the option where it stands alone either has shown nothing about
 * where it stands: that is 3_7_1_mss.c's matter. */
static void text_fits(struct run *c, uint16_t most, const char *promise)
{
	bool fits = sends_no_more_than(c, most);

	if (!fits && !obeys_mss(c, most))
		skip(c, "the DUT does not obey the MSS option, wherever it stands");
	check(c, fits, promise);
}

CASE(mss_behind_an_unknown_option,
     .req   = "MUST-6 MUST-4",
     .title = "the MSS option counts behind an option of unknown kind",
     .needs = CALLS, .lasts = S(8))
{
	dut_listen(c);                                  /* DUT: LISTEN       */
	tx(c, SYN, .opt = OCTETS(253, 6, 0xCA, 0xFE, 1, 2, OPT_NOP, OPT_NOP, OPT_MSS, 4, 2, 88));      /* MSS 600 */
	rx(c, SYN | ACK);                               /* DUT: SYN-RECEIVED */
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	text_fits(c, 600, "no segment is larger than the MSS that was announced");
	alive(c, .req = "MUST-4");
}

CASE(mss_at_odd_offset,
     .req   = "MUST-64",
     .title = "the MSS option counts at an odd offset",
     .needs = CALLS, .lasts = S(8))
{
	dut_listen(c);                                  /* DUT: LISTEN       */
	tx(c, SYN, .opt = OCTETS(OPT_NOP, OPT_MSS, 4, 2, 88, OPT_NOP, OPT_NOP, OPT_EOL));
	rx(c, SYN | ACK);                               /* DUT: SYN-RECEIVED */
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	text_fits(c, 600, "no segment is larger than the MSS that was announced");
}

CASE(nothing_counts_behind_the_end,
     .req   = "MUST-4",
     .title = "octets behind the end of the option list are not options",
     .needs = CALLS, .lasts = S(8))
{
	dut_listen(c);                                  /* DUT: LISTEN       */
	tx(c, SYN, .opt = OCTETS(OPT_MSS, 4, 2, 88, OPT_EOL, OPT_MSS, 4, 5, 180, OPT_EOL, OPT_EOL, OPT_EOL));
	rx(c, SYN | ACK);                               /* DUT: SYN-RECEIVED */
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	text_fits(c, 600, "no segment is larger than the MSS before the end of the list");
}

/* ---- malformed on purpose (MUST-7) ------------------------------------------------------ */

static const struct malformed {
	uint8_t n, o[12];
} length_zero      = { 4,  { 99, 0, OPT_NOP, OPT_NOP } },
  mss_length_zero  = { 4,  { OPT_MSS, 0, 5, 180 } },
  length_one       = { 4,  { 99, 1, OPT_NOP, OPT_NOP } },
  mss_length_one   = { 4,  { OPT_MSS, 1, 5, 180 } },
  mss_length_255   = { 4,  { OPT_MSS, 255, 5, 180 } },
  cut_at_the_end   = { 4,  { OPT_NOP, OPT_NOP, OPT_MSS, 4 } },
  kind_at_the_end  = { 4,  { OPT_NOP, OPT_NOP, OPT_NOP, OPT_MSS } },
  sack_overrun     = { 8,  { OPT_NOP, OPT_NOP, OPT_SACK, 34, 0, 0, 0, 1 } },
  ts_length_nine   = { 12, { OPT_NOP, OPT_NOP, OPT_TS, 9, 0, 0, 0, 1, 0, 0, 0, OPT_EOL } };

/* The option may be ignored, the segment dropped or the connection reset: what
 * may not happen is that the DUT hangs, crashes or talks garbage. */
static void malformed_on_syn(struct run *c, const void *arg)
{
	const struct malformed *m = arg;

	dut_listen(c);                                  /* DUT: LISTEN       */
	tx(c, SYN, .opt = octets(m->o, m->n), .why = "a malformed option");
	pass(c, S(1));
	use_same_port(c, 1);
	const struct seg *syn = tx(c, SYN);
	rx(c, SYN | ACK, .ack = EXACT(syn->seq + 1), .promise = "the listener is alive after a malformed option");
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

static void malformed_on_text(struct run *c, const void *arg)
{
	const struct malformed *m = arg;

	open_passive(c);                                /* DUT: ESTABLISHED  */
	tx(c, ACK, .len = 10, .stay = true, .opt = octets(m->o, m->n), .why = "a malformed option");
	pass(c, S(1));
	use_same_port(c, 1);
	const struct seg *syn = tx(c, SYN);
	rx(c, SYN | ACK, .ack = EXACT(syn->seq + 1), .promise = "the listener is alive after a malformed option");
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

/* 3.10.7.4 asks for the sequence number first: a blind segment ends nothing.  MUST-7
 * is content with a reset, so it is not what speaks here. */
static void malformed_out_of_window(struct run *c, const void *arg)
{
	const struct malformed *m = arg;

	open_passive(c);                                /* DUT: ESTABLISHED  */
	tx(c, ACK, .len = 10, .dseq = 0x40000000, .opt = octets(m->o, m->n), .why = "a malformed option far outside the window");
	quiet(c, S(1), .but = BUT_ACKS, .promise = "a segment from outside the window resets nothing");
	data_flows(c);
}

#define MALFORMED(what, BODY, OPTION, TITLE)                                    \
	CASE_RECORD(what, &OPTION, BODY, .req = "MUST-7", .title = TITLE, .lasts = S(4))
#define BLIND(what, OPTION, TITLE)                                              \
	CASE_RECORD(what, &OPTION, malformed_out_of_window, .req = "EVT-ESTAB-SEQ-4-NEW", .title = TITLE, .lasts = S(4))

/*        name                         body                     option            title */
MALFORMED(syn_length_zero,             malformed_on_syn,        length_zero,      "an option of length 0 on a SYN does no harm")
MALFORMED(syn_mss_length_zero,         malformed_on_syn,        mss_length_zero,  "an MSS option of length 0 on a SYN does no harm")
MALFORMED(syn_length_one,              malformed_on_syn,        length_one,       "an option of length 1 on a SYN does no harm")
MALFORMED(syn_mss_length_one,          malformed_on_syn,        mss_length_one,   "an MSS option of length 1 on a SYN does no harm")
MALFORMED(syn_mss_length_255,          malformed_on_syn,        mss_length_255,   "an MSS option of length 255 on a SYN does no harm")
MALFORMED(syn_option_cut,              malformed_on_syn,        cut_at_the_end,   "an option that the header's end cuts on a SYN does no harm")
MALFORMED(syn_kind_without_length,     malformed_on_syn,        kind_at_the_end,  "a kind in the last octet of a SYN's header does no harm")
MALFORMED(syn_timestamp_length_nine,   malformed_on_syn,        ts_length_nine,   "a timestamp of length 9 on a SYN does no harm")
MALFORMED(text_length_zero,            malformed_on_text,       length_zero,      "an option of length 0 on text does no harm")
MALFORMED(text_length_one,             malformed_on_text,       length_one,       "an option of length 1 on text does no harm")
MALFORMED(text_option_cut,             malformed_on_text,       cut_at_the_end,   "an option that the header's end cuts on text does no harm")
MALFORMED(text_sack_overrun,           malformed_on_text,       sack_overrun,     "a SACK option longer than the header on text does no harm")
MALFORMED(text_timestamp_length_nine,  malformed_on_text,       ts_length_nine,   "a timestamp of length 9 on text does no harm")
BLIND(blind_length_zero,                                        length_zero,      "an option of length 0 outside the window ends nothing")
BLIND(blind_length_one,                                         length_one,       "an option of length 1 outside the window ends nothing")
