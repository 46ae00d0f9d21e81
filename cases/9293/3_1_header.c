/* 3_1_header.c: the header (RFC 9293 3.1): checksum, data offset, reserved bits.
 * Options are in 3_2_options.c.
 *
 * What the DUT's own headers look like is judged in every case, by the oracle. */
#include "harness/case.h"

SECTION("9293/3.1");

/* ---- checksum ------------------------------------------------------------------------ */

CASE(syn_with_bad_checksum,
     .req   = "MUST-3",
     .title = "a SYN whose checksum does not verify does not exist",
     .lasts = S(4))
{
	dut_listen(c);                                  /* DUT: LISTEN       */
	tx(c, SYN, .wrong = WRONG_CKSUM, .why = "the checksum does not verify");
	quiet(c, S(1));
	const struct seg *syn = tx(c, SYN);
	rx(c, SYN | ACK, .ack = EXACT(syn->seq + 1));   /* DUT: SYN-RECEIVED */
	tx(c, ACK);
	data_flows(c);
}

CASE(text_with_bad_checksum,
     .req   = "MUST-3",
     .title = "text whose checksum does not verify is neither taken nor acknowledged",
     .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 10);
	tx(c, ACK, .len = 20, .wrong = WRONG_CKSUM, .why = "the checksum does not verify");
	quiet(c, S(1));
	we_send(c, 20);
	if (has_calls(c))
		dut_has_read(c, 30);
}

CASE(rst_with_bad_checksum,
     .req   = "MUST-3",
     .title = "a reset whose checksum does not verify ends nothing",
     .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	tx(c, RST, .wrong = WRONG_CKSUM, .why = "the checksum does not verify");
	quiet(c, S(1));
	alive(c);
	data_flows(c);
}

/* The checksum of our own decoder is the judge: the oracle looks at each segment. */
CASE(checksum_of_text,
     .req   = "MUST-2 GEN-CKSUM-ODD",
     .title = "text of any length, odd or even, leaves with a checksum that verifies",
     .needs = CALLS, .lasts = S(8))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	for (uint32_t n = 1; n <= 9; n++) {
		dut_send(c, n);
		const struct seg *s = rx_data(c, n, .req = "GEN-CKSUM-ODD");
		check(c, !(s->wrong & WRONG_CKSUM), "the checksum of what was sent verifies");
		tx(c, ACK);
	}
}

CASE(checksum_of_resets,
     .req   = "MUST-2",
     .title = "a reset leaves with a checksum that verifies",
     .lasts = S(2))
{
	reach(c, CLOSED);                               /* DUT: CLOSED       */
	tx(c, ACK, .ack = EXACT(0x12345678), .stay = true, .why = "a stray for no connection");
	const struct seg *s = rx(c, RST, .seq = EXACT(0x12345678));
	check(c, !(s->wrong & WRONG_CKSUM), "the checksum of the reset verifies");
}

/* ---- data offset ---------------------------------------------------------------------- */

static void bad_offset_on_syn(struct run *c, const void *arg)
{
	const uint8_t *words = arg;

	dut_listen(c);                                  /* DUT: LISTEN       */
	tx(c, SYN, .wrong = WRONG_DOFF, .doff = *words, .no_opt = true, .why = "the data offset is impossible");
	quiet(c, S(1), .promise = "a segment without a valid header is dropped");
	tx(c, SYN);
	rx(c, SYN | ACK);                               /* DUT: SYN-RECEIVED */
	tx(c, ACK);
	data_flows(c);
}

static void bad_offset_on_text(struct run *c, const void *arg)
{
	const uint8_t *words = arg;

	open_passive(c);                                /* DUT: ESTABLISHED  */
	tx(c, ACK, .len = 8, .wrong = WRONG_DOFF, .doff = *words, .no_opt = true, .why = "the data offset is impossible");
	quiet(c, S(1), .promise = "a segment without a valid header is dropped");
	we_send(c, 8);
	if (has_calls(c))
		dut_has_read(c, 8);
}

#define OFFSET(name, BODY, WORDS, TITLE)                                        \
	CASE_RECORD(name, (&(const uint8_t){ WORDS }), BODY,                    \
	            .req = "GEN-DOFF-SHORT", .title = TITLE, .lasts = S(4))

/*     name                     body                words  title */
OFFSET(syn_data_offset_1,       bad_offset_on_syn,   1,    "a SYN with a data offset of 1 is dropped")
OFFSET(syn_data_offset_4,       bad_offset_on_syn,   4,    "a SYN with a data offset of 4 is dropped")
OFFSET(syn_data_offset_15,      bad_offset_on_syn,  15,    "a SYN whose data offset is beyond its end is dropped")
OFFSET(text_data_offset_1,      bad_offset_on_text,  1,    "text with a data offset of 1 is dropped")
OFFSET(text_data_offset_4,      bad_offset_on_text,  4,    "text with a data offset of 4 is dropped")
OFFSET(text_data_offset_15,     bad_offset_on_text, 15,    "text whose data offset is beyond its end is dropped")

/* ---- reserved bits --------------------------------------------------------------------- */

CASE(reserved_bits,
     .req   = "HDR-RSV-2 HDR-RSV-1",
     .title = "reserved bits are ignored, and not sent back",
     .lasts = S(5))
{
	dut_listen(c);                                  /* DUT: LISTEN       */
	const struct seg *syn = tx(c, SYN, .rsv = 0xE, .why = "reserved bits are set");
	const struct seg *reply = rx(c, SYN | ACK, .ack = EXACT(syn->seq + 1));
	check(c, (reply->rsv & 0xE) == 0, "reserved bits are zero in what is sent", .req = "HDR-RSV-1");
	tx(c, ACK, .rsv = 0xE, .why = "reserved bits are set");         /* DUT: ESTABLISHED */

	const struct seg *text = tx(c, ACK, .len = 20, .rsv = 0xE, .why = "reserved bits are set");
	reply = rx(c, ACK, .ack = EXACT(text->seq + 20));
	check(c, (reply->rsv & 0xE) == 0, "reserved bits are zero in what is sent", .req = "HDR-RSV-1");
	data_flows(c);
}
