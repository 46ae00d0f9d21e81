/* 3_10_7_1_closed.c: a segment arrives for no connection (RFC 9293 3.10.7.1).
 *
 * A table: each row is a segment and the reset that it draws, or none. */
#include "harness/case.h"

SECTION("9293/3.10.7.1");

struct stray {
	unsigned ctl;
	uint32_t len;                   /* octets of text                        */
	unsigned reply;                 /* control bits of the reset; 0: silence */
};

static void stray(struct run *c, const void *arg)
{
	const struct stray *row = arg;
	const uint32_t ack = any_number(c);

	reach(c, CLOSED);                               /* DUT: CLOSED       */
	const struct seg *s = tx(c, row->ctl, .len = row->len, .ack = EXACT(row->ctl & ACK ? ack : 0),
	                         .why = "a stray for no connection");
	if (!row->reply) {
		quiet(c, S(1), .promise = "a stray reset is not answered");
		return;
	}
	const struct seg *rst = row->reply & ACK
		? rx(c, RST | ACK, .seq = EXACT(0), .ack = EXACT(seg_end(s)), .len = NO_TEXT)
		: rx(c, RST, .seq = EXACT(s->ack), .len = NO_TEXT);
	check(c, (rst->ctl & (SYN | FIN)) == 0, "a reset is nothing but a reset");
	quiet(c, MS(500), .promise = "one stray draws one reset");
}

#define ROW(name, CTL, LEN, REPLY, REQ, TITLE)                                  \
	CASE_RECORD(name, (&(const struct stray){ CTL, LEN, REPLY }), stray,    \
	            .req = REQ, .title = TITLE, .lasts = S(2))

/*  name                 stray       text  reply      requirement            title */
ROW(syn,                 SYN,          0,  RST | ACK, "EVT-CLOSED-SYN",      "a SYN to a closed port draws a reset that acknowledges it")
ROW(syn_with_text,       SYN,          7,  RST | ACK, "EVT-CLOSED-SYN-DATA", "the reset for a SYN with text acknowledges the text too")
ROW(fin_without_ack,     FIN,          0,  RST | ACK, "EVT-CLOSED-FIN",      "the reset for a bare FIN counts the FIN")
ROW(no_bit,              0,            0,  RST | ACK, "EVT-CLOSED-NULL",     "a segment without a control bit draws a reset")
ROW(no_bit_with_text,    0,            5,  RST | ACK, "EVT-CLOSED-NULL",     "the reset for bare text counts its octets")
ROW(syn_fin,             SYN | FIN,    0,  RST | ACK, "EVT-CLOSED-SYNFIN",   "the reset for SYN and FIN counts both")
ROW(ack,                 ACK,          0,  RST,       "EVT-CLOSED-ACK",      "the reset for an ACK takes its sequence number from it")
ROW(syn_ack,             SYN | ACK,    0,  RST,       "EVT-CLOSED-SYNACK",   "the reset for a SYN,ACK takes its sequence number from the ACK")
ROW(fin_ack,             FIN | ACK,    0,  RST,       "EVT-CLOSED-FINACK",   "the reset for a FIN,ACK takes its sequence number from the ACK")
ROW(text,                PSH | ACK,  100,  RST,       "EVT-CLOSED-DATA",     "the reset for text takes its sequence number from the ACK")
ROW(rst,                 RST,          0,  0,         "EVT-CLOSED-RST GEN-RST-NOREPLY",      "a stray reset is dropped")
ROW(rst_with_text,       RST,         10,  0,         "EVT-CLOSED-RST GEN-RST-NOREPLY",      "a stray reset with text is dropped")
ROW(rst_ack,             RST | ACK,    0,  0,         "EVT-CLOSED-RSTACK GEN-RST-NOREPLY",   "a stray reset with an ACK is dropped")
ROW(all_bits,            FIN | SYN | RST | PSH | ACK | URG,
                                       0,  0,         "EVT-CLOSED-RSTACK GEN-RST-NOREPLY",   "a stray with all control bits is a stray reset, and dropped")
ROW(rst_syn,             RST | SYN,    0,  0,         "EVT-CLOSED-RST GEN-RST-NOREPLY",      "a stray reset with a SYN is dropped")

/* The arithmetic of SEG.SEQ+SEG.LEN is modulo 2^32. */
CASE(text_across_wrap,
     .req   = "EVT-CLOSED-WIN",
     .title = "the reset for a stray whose octets pass 2^32 acknowledges them all",
     .lasts = S(2))
{
	reach(c, CLOSED);                               /* DUT: CLOSED       */
	tcb(c)->iss = 0xFFFFFFFC;
	tx(c, SYN, .len = 10, .why = "a stray for no connection");
	rx(c, RST | ACK, .seq = EXACT(0), .ack = EXACT(7), .len = NO_TEXT);
}

/* 3.10.4: CLOSE deletes the listener. */
CASE(closed_listener,
     .req   = "EVT-LISTEN-CLOSE",
     .title = "a port whose listener has closed is CLOSED",
     .needs = CALLS, .lasts = S(2))
{
	dut_listen(c);                                  /* DUT: LISTEN       */
	dut_unlisten(c);                                /* DUT: CLOSED       */
	const struct seg *syn = tx(c, SYN);
	rx(c, RST | ACK, .seq = EXACT(0), .ack = EXACT(syn->seq + 1));
}

/* A connection that is just over is no connection. */
CASE(after_a_reset,
     .req   = "EVT-CLOSED-DATA",
     .title = "text for a connection that a reset has ended draws a reset",
     .lasts = S(3))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	tx(c, RST);                                     /* DUT: CLOSED       */
	pass(c, MS(500));
	const struct seg *s = tx(c, PSH | ACK, .len = 20);
	rx(c, RST, .seq = EXACT(s->ack));
}
