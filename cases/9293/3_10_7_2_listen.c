/* 3_10_7_2_listen.c: a segment arrives in LISTEN (RFC 9293 3.10.7.2): what is no
 * plain SYN.  The handshake is in 3_5_open.c. */
#include "harness/case.h"

SECTION("9293/3.10.7.2");

/* ---- what makes no connection ------------------------------------------------ */

struct stray {
	unsigned ctl;
	uint32_t len;                   /* octets of text                        */
	bool     reset;                 /* draws <SEQ=SEG.ACK><CTL=RST>; else nothing */
};

static void stray(struct run *c, const void *arg)
{
	const struct stray *row = arg;
	const uint32_t ack = any_number(c);

	dut_listen(c);                                  /* DUT: LISTEN       */
	const struct seg *s = tx(c, row->ctl, .len = row->len, .ack = EXACT(row->ctl & ACK ? ack : 0),
	                         .why = "a stray for a listener");
	if (row->reset) {
		rx(c, RST, .seq = EXACT(s->ack), .len = NO_TEXT);
		quiet(c, MS(500), .promise = "one stray draws one reset");
	} else {
		quiet(c, S(1), .promise = "LISTEN drops it without a word");
	}

	reincarnate(c);
	const struct seg *syn = tx(c, SYN);
	rx(c, SYN | ACK, .ack = EXACT(syn->seq + 1), .promise = "LISTEN stays LISTEN");
}

#define ROW(name, CTL, LEN, RESET, REQ, TITLE)                                  \
	CASE_RECORD(name, (&(const struct stray){ CTL, LEN, RESET }), stray,    \
	            .req = REQ, .title = TITLE, .lasts = S(3))

/*  name         stray               text  reset  requirement           title */
ROW(rst,         RST,                  0,  false, "EVT-LISTEN-RST GEN-RST-NOREPLY",    "LISTEN ignores a reset")
ROW(rst_ack,     RST | ACK,            0,  false, "EVT-LISTEN-RSTACK GEN-RST-NOREPLY", "LISTEN ignores a reset with an ACK")
ROW(rst_syn,     RST | SYN,            0,  false, "EVT-LISTEN-RSTSYN",                 "LISTEN ignores a reset with a SYN")
ROW(all_bits,    FIN | SYN | RST | PSH | ACK | URG,
                                       0,  false, "EVT-LISTEN-RSTACK",                 "LISTEN takes all control bits at once for a reset, and ignores it")
ROW(ack,         ACK,                  0,  true,  "EVT-LISTEN-ACK",     "LISTEN resets an ACK")
ROW(syn_ack,     SYN | ACK,            0,  true,  "EVT-LISTEN-SYNACK",  "LISTEN resets a SYN,ACK")
ROW(fin_ack,     FIN | ACK,            0,  true,  "EVT-LISTEN-FINACK",  "LISTEN resets a FIN,ACK")
ROW(text,        PSH | ACK,          100,  true,  "EVT-LISTEN-DATAACK", "LISTEN resets text with an ACK, once")
ROW(no_bit,      0,                    0,  false, "EVT-LISTEN-NOFLAGS", "LISTEN drops a segment without a control bit")
ROW(fin,         FIN,                  0,  false, "EVT-LISTEN-NOFLAGS", "LISTEN drops a bare FIN")
ROW(psh_urg,     PSH | URG,            5,  false, "EVT-LISTEN-NOFLAGS", "LISTEN drops text without an ACK")
ROW(xmas,        FIN | PSH | URG,      0,  false, "EVT-LISTEN-NOFLAGS", "LISTEN drops FIN, PSH and URG without SYN and ACK")

/* ---- a SYN with company ------------------------------------------------------- */

struct company { unsigned ctl; uint16_t urg; };

static void syn_in_company(struct run *c, const void *arg)
{
	const struct company *with = arg;

	dut_listen(c);                                  /* DUT: LISTEN       */
	const struct seg *syn = tx(c, SYN | with->ctl, .urg = with->urg);
	const struct seg *reply = rx(c, SYN | ACK);     /* DUT: SYN-RECEIVED */
	check(c, seq_lt_le(syn->seq, reply->ack, seg_end(syn)), "the SYN,ACK acknowledges the SYN, and no more than came");
	tx(c, ACK, .seq = EXACT(syn->seq + 1));         /* DUT: ESTABLISHED, or CLOSE-WAIT with the FIN */
	if (with->ctl & FIN) {
		pass(c, S(1));
		tx(c, FIN | ACK, .seq = EXACT(syn->seq + 1));   /* DUT: CLOSE-WAIT */
		rx(c, ACK, .free = FIN, .ack = EXACT(syn->seq + 2), .promise = "the FIN on the SYN, repeated, is acknowledged");
	} else {
		data_flows(c);
	}
}

CASE_RECORD(syn_fin, (&(const struct company){ FIN, 0 }), syn_in_company,
            .req = "EVT-LISTEN-SYN-FIN", .title = "a FIN on a SYN does not spoil the SYN", .lasts = S(4))
CASE_RECORD(syn_psh, (&(const struct company){ PSH, 0 }), syn_in_company,
            .req = "EVT-LISTEN-SYN-PSHURG", .title = "PSH on a SYN does not spoil it", .lasts = S(4))
CASE_RECORD(syn_urg, (&(const struct company){ URG, 0 }), syn_in_company,
            .req = "EVT-LISTEN-SYN-PSHURG", .title = "URG on a SYN does not spoil it", .lasts = S(4))
CASE_RECORD(syn_urg_pointer, (&(const struct company){ URG, 5 }), syn_in_company,
            .req = "EVT-LISTEN-SYN-PSHURG", .title = "URG on a SYN with a pointer beyond it does not spoil it", .lasts = S(4))
