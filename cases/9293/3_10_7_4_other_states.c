/* 3_10_7_4_other_states.c: the state x event matrix of RFC 9293 3.10.7.4 as data.
 *
 * A row brings the DUT to a state, sends one stimulus, looks for the reaction,
 * and then asks the DUT to show in which state it is.  Conversations are in the
 * other files of 3.10.7.4; the stimuli are in harness/stimuli.h. */
#include "harness/case.h"
#include "harness/stimuli.h"

SECTION("9293/3.10.7.4");

enum reaction {
	ANSWERED,       /* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>                       */
	DROPPED,        /* silence                                                   */
	NO_RESET,       /* challenged (RFC 5961) or taken (RFC 793), never reset     */
	NO_SYN,         /* challenged (RFC 5961) or reset (RFC 793), never a SYN,ACK */
	NO_MATTER,      /* with or without an ACK                                    */
	LOST            /* so too, or reset: "new data ... after CLOSE" (SHLD-3)     */
};

enum end {
	STAYS,          /* in the state                                              */
	ENDS,           /* no connection any more                                    */
	SHOWS           /* the reaction left the choice: an old octet shows it       */
};

struct row {
	enum tcp_state state;
	stimulus      *send;
	enum reaction  reaction;
	enum end       end;
};

/* A FIN of the DUT waits for its acknowledgment. */
static bool fin_waits(enum tcp_state s)
{
	return s == FIN_WAIT_1 || s == CLOSING || s == LAST_ACK;
}

/* What the state does by itself while we wait. */
static unsigned own_doing(enum tcp_state s)
{
	return fin_waits(s) ? BUT_FINS : 0;
}

/* Each state has a sign of its own. */
static void show_state(struct run *c, enum tcp_state s, uint32_t ack)
{
	switch (s) {
	case FIN_WAIT_1: case CLOSING: case LAST_ACK:
		rx(c, FIN | ACK, .seq = EXACT(ack), .within = S(15),
		   .promise = "the FIN is sent again until it is acknowledged");
		return;
	case FIN_WAIT_2:
		tx(c, FIN | ACK);                       /* DUT: TIME-WAIT    */
		rx(c, ACK, .promise = "FIN-WAIT-2 takes our FIN");
		return;
	case CLOSE_WAIT:
		dut_send(c, 10);
		rx_data(c, 10);
		return;
	case ESTABLISHED:
		check(c, !dut_was_told(c, NOTE_EOF), "the stream has not ended");
		data_flows(c);
		return;
	default:
		alive(c);
	}
}

static void other_state(struct run *c, const void *arg)
{
	const struct row *row = arg;

	reach(c, row->state);                           /* DUT: the row's state */
	/* A FIN of the DUT that waits for its ACK goes on waiting. */
	const uint32_t ack = tcb(c)->rcv_nxt - fin_waits(row->state);
	const unsigned own = own_doing(row->state);
	row->send(c, ack);

	switch (row->reaction) {
	case ANSWERED:
		rx(c, ACK, .seq = EXACT(tcb(c)->rcv_nxt), .ack = EXACT(tcb(c)->snd_nxt), .len = NO_TEXT);
		break;
	case DROPPED:
		quiet(c, S(1), .but = own);
		break;
	case NO_RESET:
		quiet(c, S(1), .but = own | BUT_ACKS, .promise = "a reset draws no reset");
		break;
	case NO_SYN:
		quiet(c, S(1), .but = own | BUT_ACKS | BUT_RSTS, .promise = "no second connection begins");
		break;
	case NO_MATTER:
		quiet(c, S(1), .but = own | BUT_ACKS, .promise = "it ends nothing");
		break;
	case LOST:
		quiet(c, S(1), .but = own | BUT_ACKS | BUT_RSTS, .promise = "it is not taken");
	}

	switch (row->end) {
	case STAYS:
		show_state(c, row->state, ack);
		break;
	case ENDS:
		quiet(c, S(4), .promise = "a connection that is reset sends no more");
		gone(c);
		break;
	case SHOWS:
		old_octet(c, ack);
		pass(c, S(1));
	}
}

#define ROW(name, STATE, STIMULUS, REACTION, END, REQ, TITLE)                   \
	CASE_RECORD(name, (&(const struct row){ STATE, STIMULUS, REACTION, END }), \
	            other_state, .req = REQ, .title = TITLE, .needs = CALLS, .lasts = S(8))

/*  name                               state        stimulus             reaction   end    requirement                title */
ROW(established_fin_below,             ESTABLISHED, fin_below_window,    ANSWERED,  STAYS, "EVT-ESTAB-FIN-OUT",       "ESTABLISHED answers a FIN below the window by an ACK")
ROW(established_fin_beyond,            ESTABLISHED, fin_beyond_window,   ANSWERED,  STAYS, "EVT-ESTAB-FIN-OUT",       "ESTABLISHED answers a FIN beyond the window by an ACK")

/*  name                               state       stimulus             reaction   end    requirement                title */
ROW(fin_wait_1_old_ack,                FIN_WAIT_1, empty_below_window,  ANSWERED,  STAYS, "EVT-FINWAIT1-SEQ",        "FIN-WAIT-1 answers an empty segment below the window by an ACK")
ROW(fin_wait_1_old_octet,              FIN_WAIT_1, old_octet,           ANSWERED,  STAYS, "EVT-FINWAIT1-SEQ",        "FIN-WAIT-1 answers an old octet by an ACK")
ROW(fin_wait_1_future_ack,             FIN_WAIT_1, empty_beyond_window, ANSWERED,  STAYS, "EVT-FINWAIT1-SEQ",        "FIN-WAIT-1 answers an empty segment beyond the window by an ACK")
ROW(fin_wait_1_future_octet,           FIN_WAIT_1, octet_beyond_window, ANSWERED,  STAYS, "EVT-FINWAIT1-SEQ",        "FIN-WAIT-1 answers an octet beyond the window by an ACK")
ROW(fin_wait_1_rst,                    FIN_WAIT_1, rst_exact,           DROPPED,   ENDS,  "EVT-FINWAIT1-RST",        "FIN-WAIT-1 ends at a reset")
ROW(fin_wait_1_rst_ack,                FIN_WAIT_1, rst_ack_exact,       DROPPED,   ENDS,  "EVT-FINWAIT1-RST",        "FIN-WAIT-1 ends at a reset with an ACK")
ROW(fin_wait_1_rst_in_window,          FIN_WAIT_1, rst_in_window,       NO_RESET,  SHOWS, "EVT-FINWAIT1-RST-INWIN",  "FIN-WAIT-1 challenges a reset inside the window")
ROW(fin_wait_1_rst_below,              FIN_WAIT_1, rst_below_window,    DROPPED,   STAYS, "EVT-FINWAIT1-RST-OUT",    "FIN-WAIT-1 drops a reset below the window")
ROW(fin_wait_1_rst_beyond,             FIN_WAIT_1, rst_beyond_window,   DROPPED,   STAYS, "EVT-FINWAIT1-RST-OUT",    "FIN-WAIT-1 drops a reset beyond the window")
ROW(fin_wait_1_syn_in_window,          FIN_WAIT_1, syn_in_window,       NO_SYN,    SHOWS, "EVT-FINWAIT1-SYN",        "FIN-WAIT-1 challenges a SYN inside the window")
ROW(fin_wait_1_syn_below,              FIN_WAIT_1, syn_below_window,    ANSWERED,  STAYS, "EVT-FINWAIT1-SYN",        "FIN-WAIT-1 answers a SYN below the window by an ACK")
ROW(fin_wait_1_syn_beyond,             FIN_WAIT_1, syn_beyond_window,   ANSWERED,  STAYS, "EVT-FINWAIT1-SYN",        "FIN-WAIT-1 answers a SYN beyond the window by an ACK")
ROW(fin_wait_1_text_no_ack,            FIN_WAIT_1, octet_without_ack,   DROPPED,   STAYS, "EVT-FINWAIT1-NOACK",      "FIN-WAIT-1 drops text without an ACK")
ROW(fin_wait_1_fin_no_ack,             FIN_WAIT_1, fin_without_ack,     DROPPED,   STAYS, "EVT-FINWAIT1-NOACK",      "FIN-WAIT-1 drops a FIN without an ACK")
ROW(fin_wait_1_ack_above_snd_nxt,      FIN_WAIT_1, ack_above_snd_nxt,   ANSWERED,  STAYS, "EVT-FINWAIT1-ACK-FUTURE", "FIN-WAIT-1 does not take an ACK of the future for that of its FIN")

/*  name                               state       stimulus             reaction   end    requirement                title */
ROW(fin_wait_2_old_ack,                FIN_WAIT_2, empty_below_window,  ANSWERED,  STAYS, "EVT-FINWAIT2-SEQ",        "FIN-WAIT-2 answers an empty segment below the window by an ACK")
ROW(fin_wait_2_old_octet,              FIN_WAIT_2, old_octet,           ANSWERED,  STAYS, "EVT-FINWAIT2-SEQ",        "FIN-WAIT-2 answers an old octet by an ACK")
ROW(fin_wait_2_future_ack,             FIN_WAIT_2, empty_beyond_window, ANSWERED,  STAYS, "EVT-FINWAIT2-SEQ",        "FIN-WAIT-2 answers an empty segment beyond the window by an ACK")
ROW(fin_wait_2_future_octet,           FIN_WAIT_2, octet_beyond_window, ANSWERED,  STAYS, "EVT-FINWAIT2-SEQ",        "FIN-WAIT-2 answers an octet beyond the window by an ACK")
ROW(fin_wait_2_rst,                    FIN_WAIT_2, rst_exact,           DROPPED,   ENDS,  "EVT-FINWAIT2-RST",        "FIN-WAIT-2 ends at a reset")
ROW(fin_wait_2_rst_ack,                FIN_WAIT_2, rst_ack_exact,       DROPPED,   ENDS,  "EVT-FINWAIT2-RST",        "FIN-WAIT-2 ends at a reset with an ACK")
ROW(fin_wait_2_rst_in_window,          FIN_WAIT_2, rst_in_window,       NO_RESET,  SHOWS, "EVT-FINWAIT2-RST-INWIN",  "FIN-WAIT-2 challenges a reset inside the window")
ROW(fin_wait_2_rst_below,              FIN_WAIT_2, rst_below_window,    DROPPED,   STAYS, "EVT-FINWAIT2-RST-OUT",    "FIN-WAIT-2 drops a reset below the window")
ROW(fin_wait_2_rst_beyond,             FIN_WAIT_2, rst_beyond_window,   DROPPED,   STAYS, "EVT-FINWAIT2-RST-OUT",    "FIN-WAIT-2 drops a reset beyond the window")
ROW(fin_wait_2_syn_in_window,          FIN_WAIT_2, syn_in_window,       NO_SYN,    SHOWS, "EVT-FINWAIT2-SYN",        "FIN-WAIT-2 challenges a SYN inside the window")
ROW(fin_wait_2_syn_below,              FIN_WAIT_2, syn_below_window,    ANSWERED,  STAYS, "EVT-FINWAIT2-SYN",        "FIN-WAIT-2 answers a SYN below the window by an ACK")
ROW(fin_wait_2_syn_beyond,             FIN_WAIT_2, syn_beyond_window,   ANSWERED,  STAYS, "EVT-FINWAIT2-SYN",        "FIN-WAIT-2 answers a SYN beyond the window by an ACK")
ROW(fin_wait_2_text_no_ack,            FIN_WAIT_2, octet_without_ack,   DROPPED,   STAYS, "EVT-FINWAIT2-NOACK",      "FIN-WAIT-2 drops text without an ACK")
ROW(fin_wait_2_fin_no_ack,             FIN_WAIT_2, fin_without_ack,     DROPPED,   STAYS, "EVT-FINWAIT2-NOACK",      "FIN-WAIT-2 drops a FIN without an ACK")
ROW(fin_wait_2_ack_above_snd_nxt,      FIN_WAIT_2, ack_above_snd_nxt,   ANSWERED,  STAYS, "EVT-FINWAIT2-ACK-FUTURE", "FIN-WAIT-2 answers an ACK of the future by an ACK")

/*  name                               state       stimulus             reaction   end    requirement                 title */
ROW(close_wait_old_ack,                CLOSE_WAIT, empty_below_window,  ANSWERED,  STAYS, "EVT-CLOSEWAIT-SEQ",        "CLOSE-WAIT answers an empty segment below the window by an ACK")
ROW(close_wait_old_octet,              CLOSE_WAIT, old_octet,           ANSWERED,  STAYS, "EVT-CLOSEWAIT-SEQ",        "CLOSE-WAIT answers an old octet by an ACK")
ROW(close_wait_future_ack,             CLOSE_WAIT, empty_beyond_window, ANSWERED,  STAYS, "EVT-CLOSEWAIT-SEQ",        "CLOSE-WAIT answers an empty segment beyond the window by an ACK")
ROW(close_wait_future_octet,           CLOSE_WAIT, octet_beyond_window, ANSWERED,  STAYS, "EVT-CLOSEWAIT-SEQ",        "CLOSE-WAIT answers an octet beyond the window by an ACK")
ROW(close_wait_rst,                    CLOSE_WAIT, rst_exact,           DROPPED,   ENDS,  "EVT-CLOSEWAIT-RST",        "CLOSE-WAIT ends at a reset")
ROW(close_wait_rst_ack,                CLOSE_WAIT, rst_ack_exact,       DROPPED,   ENDS,  "EVT-CLOSEWAIT-RST",        "CLOSE-WAIT ends at a reset with an ACK")
ROW(close_wait_rst_in_window,          CLOSE_WAIT, rst_in_window,       NO_RESET,  SHOWS, "EVT-CLOSEWAIT-RST-INWIN",  "CLOSE-WAIT challenges a reset inside the window")
ROW(close_wait_rst_below,              CLOSE_WAIT, rst_below_window,    DROPPED,   STAYS, "EVT-CLOSEWAIT-RST-OUT",    "CLOSE-WAIT drops a reset below the window")
ROW(close_wait_rst_beyond,             CLOSE_WAIT, rst_beyond_window,   DROPPED,   STAYS, "EVT-CLOSEWAIT-RST-OUT",    "CLOSE-WAIT drops a reset beyond the window")
ROW(close_wait_syn_in_window,          CLOSE_WAIT, syn_in_window,       NO_SYN,    SHOWS, "EVT-CLOSEWAIT-SYN",        "CLOSE-WAIT challenges a SYN inside the window")
ROW(close_wait_syn_below,              CLOSE_WAIT, syn_below_window,    ANSWERED,  STAYS, "EVT-CLOSEWAIT-SYN",        "CLOSE-WAIT answers a SYN below the window by an ACK")
ROW(close_wait_syn_beyond,             CLOSE_WAIT, syn_beyond_window,   ANSWERED,  STAYS, "EVT-CLOSEWAIT-SYN",        "CLOSE-WAIT answers a SYN beyond the window by an ACK")
ROW(close_wait_text_no_ack,            CLOSE_WAIT, octet_without_ack,   DROPPED,   STAYS, "EVT-CLOSEWAIT-NOACK",      "CLOSE-WAIT drops text without an ACK")
ROW(close_wait_fin_no_ack,             CLOSE_WAIT, fin_without_ack,     DROPPED,   STAYS, "EVT-CLOSEWAIT-NOACK",      "CLOSE-WAIT drops a FIN without an ACK")
ROW(close_wait_ack_above_snd_nxt,      CLOSE_WAIT, ack_above_snd_nxt,   ANSWERED,  STAYS, "EVT-CLOSEWAIT-ACK-FUTURE", "CLOSE-WAIT answers an ACK of the future by an ACK")

/*  name                               state       stimulus             reaction   end    requirement                title */
ROW(closing_old_ack,                   CLOSING,    empty_below_window,  ANSWERED,  STAYS, "EVT-CLOSING-SEQ",         "CLOSING answers an empty segment below the window by an ACK")
ROW(closing_old_octet,                 CLOSING,    old_octet,           ANSWERED,  STAYS, "EVT-CLOSING-SEQ",         "CLOSING answers an old octet by an ACK")
ROW(closing_future_ack,                CLOSING,    empty_beyond_window, ANSWERED,  STAYS, "EVT-CLOSING-SEQ",         "CLOSING answers an empty segment beyond the window by an ACK")
ROW(closing_future_octet,              CLOSING,    octet_beyond_window, ANSWERED,  STAYS, "EVT-CLOSING-SEQ",         "CLOSING answers an octet beyond the window by an ACK")
ROW(closing_rst,                       CLOSING,    rst_exact,           DROPPED,   ENDS,  "EVT-CLOSING-RST",         "CLOSING ends at a reset")
ROW(closing_rst_ack,                   CLOSING,    rst_ack_exact,       DROPPED,   ENDS,  "EVT-CLOSING-RST",         "CLOSING ends at a reset with an ACK")
ROW(closing_rst_in_window,             CLOSING,    rst_in_window,       NO_RESET,  SHOWS, "EVT-CLOSING-RST-INWIN",   "CLOSING challenges a reset inside the window")
ROW(closing_rst_below,                 CLOSING,    rst_below_window,    DROPPED,   STAYS, "EVT-CLOSING-RST-OUT",     "CLOSING drops a reset below the window")
ROW(closing_rst_beyond,                CLOSING,    rst_beyond_window,   DROPPED,   STAYS, "EVT-CLOSING-RST-OUT",     "CLOSING drops a reset beyond the window")
ROW(closing_syn_in_window,             CLOSING,    syn_in_window,       NO_SYN,    SHOWS, "EVT-CLOSING-SYN",         "CLOSING challenges a SYN inside the window")
ROW(closing_syn_below,                 CLOSING,    syn_below_window,    ANSWERED,  STAYS, "EVT-CLOSING-SYN",         "CLOSING answers a SYN below the window by an ACK")
ROW(closing_syn_beyond,                CLOSING,    syn_beyond_window,   ANSWERED,  STAYS, "EVT-CLOSING-SYN",         "CLOSING answers a SYN beyond the window by an ACK")
ROW(closing_text_no_ack,               CLOSING,    octet_without_ack,   DROPPED,   STAYS, "EVT-CLOSING-NOACK",       "CLOSING drops text without an ACK")
ROW(closing_fin_no_ack,                CLOSING,    fin_without_ack,     DROPPED,   STAYS, "EVT-CLOSING-NOACK",       "CLOSING drops a FIN without an ACK")
ROW(closing_ack_above_snd_nxt,         CLOSING,    ack_above_snd_nxt,   ANSWERED,  STAYS, "EVT-CLOSING-ACK-FUTURE",  "CLOSING does not take an ACK of the future for that of its FIN")
ROW(closing_ack_of_nothing,            CLOSING,    ack_again,           DROPPED,   STAYS, "EVT-CLOSING-ACK-OTHER",   "CLOSING ignores an ACK that does not cover its FIN")
ROW(closing_text,                      CLOSING,    new_text,            NO_MATTER, STAYS, "EVT-CLOSING-TEXT",        "CLOSING ignores text behind our FIN")
ROW(closing_fin_again,                 CLOSING,    fin_again,           ANSWERED,  STAYS, "EVT-CLOSING-FIN",         "CLOSING acknowledges our FIN again")

/*  name                               state       stimulus             reaction   end    requirement                title */
ROW(last_ack_old_ack,                  LAST_ACK,   empty_below_window,  ANSWERED,  STAYS, "EVT-LASTACK-SEQ",         "LAST-ACK answers an empty segment below the window by an ACK")
ROW(last_ack_old_octet,                LAST_ACK,   old_octet,           ANSWERED,  STAYS, "EVT-LASTACK-SEQ",         "LAST-ACK answers an old octet by an ACK")
ROW(last_ack_future_ack,               LAST_ACK,   empty_beyond_window, ANSWERED,  STAYS, "EVT-LASTACK-SEQ",         "LAST-ACK answers an empty segment beyond the window by an ACK")
ROW(last_ack_future_octet,             LAST_ACK,   octet_beyond_window, ANSWERED,  STAYS, "EVT-LASTACK-SEQ",         "LAST-ACK answers an octet beyond the window by an ACK")
ROW(last_ack_rst,                      LAST_ACK,   rst_exact,           DROPPED,   ENDS,  "EVT-LASTACK-RST",         "LAST-ACK ends at a reset")
ROW(last_ack_rst_ack,                  LAST_ACK,   rst_ack_exact,       DROPPED,   ENDS,  "EVT-LASTACK-RST",         "LAST-ACK ends at a reset with an ACK")
ROW(last_ack_rst_in_window,            LAST_ACK,   rst_in_window,       NO_RESET,  SHOWS, "EVT-LASTACK-RST-INWIN",   "LAST-ACK challenges a reset inside the window")
ROW(last_ack_rst_below,                LAST_ACK,   rst_below_window,    DROPPED,   STAYS, "EVT-LASTACK-RST-OUT",     "LAST-ACK drops a reset below the window")
ROW(last_ack_rst_beyond,               LAST_ACK,   rst_beyond_window,   DROPPED,   STAYS, "EVT-LASTACK-RST-OUT",     "LAST-ACK drops a reset beyond the window")
ROW(last_ack_syn_in_window,            LAST_ACK,   syn_in_window,       NO_SYN,    SHOWS, "EVT-LASTACK-SYN",         "LAST-ACK challenges a SYN inside the window")
ROW(last_ack_syn_below,                LAST_ACK,   syn_below_window,    ANSWERED,  STAYS, "EVT-LASTACK-SYN",         "LAST-ACK answers a SYN below the window by an ACK")
ROW(last_ack_syn_beyond,               LAST_ACK,   syn_beyond_window,   ANSWERED,  STAYS, "EVT-LASTACK-SYN",         "LAST-ACK answers a SYN beyond the window by an ACK")
ROW(last_ack_text_no_ack,              LAST_ACK,   octet_without_ack,   DROPPED,   STAYS, "EVT-LASTACK-NOACK",       "LAST-ACK drops text without an ACK")
ROW(last_ack_fin_no_ack,               LAST_ACK,   fin_without_ack,     DROPPED,   STAYS, "EVT-LASTACK-NOACK",       "LAST-ACK drops a FIN without an ACK")
ROW(last_ack_ack_above_snd_nxt,        LAST_ACK,   ack_above_snd_nxt,   NO_MATTER, STAYS, "EVT-LASTACK-ACK-FUTURE",  "LAST-ACK does not take an ACK of the future for that of its FIN")
ROW(last_ack_ack_of_nothing,           LAST_ACK,   ack_again,           DROPPED,   STAYS, "EVT-LASTACK-ACK-OTHER",   "LAST-ACK ignores an ACK that does not cover its FIN")
ROW(last_ack_text,                     LAST_ACK,   new_text,            LOST,      SHOWS, "EVT-LASTACK-TEXT",        "LAST-ACK does not take text behind our FIN")

/* TIME-WAIT may follow RFC 1337 (a reset is ignored) or RFC 6191 (a SYN opens).
 *  name                               state       stimulus             reaction   end    requirement                title */
ROW(time_wait_old_ack,                 TIME_WAIT,  empty_below_window,  ANSWERED,  STAYS, "EVT-TIMEWAIT-SEQ",        "TIME-WAIT answers an empty segment below the window by an ACK")
ROW(time_wait_old_octet,               TIME_WAIT,  old_octet,           ANSWERED,  STAYS, "EVT-TIMEWAIT-SEQ",        "TIME-WAIT answers an old octet by an ACK")
ROW(time_wait_future_ack,              TIME_WAIT,  empty_beyond_window, ANSWERED,  STAYS, "EVT-TIMEWAIT-SEQ",        "TIME-WAIT answers an empty segment beyond the window by an ACK")
ROW(time_wait_future_octet,            TIME_WAIT,  octet_beyond_window, ANSWERED,  STAYS, "EVT-TIMEWAIT-SEQ",        "TIME-WAIT answers an octet beyond the window by an ACK")
ROW(time_wait_rst,                     TIME_WAIT,  rst_exact,           DROPPED,   SHOWS, "EVT-TIMEWAIT-RST",        "TIME-WAIT does not answer a reset")
ROW(time_wait_rst_in_window,           TIME_WAIT,  rst_in_window,       NO_RESET,  SHOWS, "EVT-TIMEWAIT-RST-INWIN",  "TIME-WAIT draws no reset for a reset inside the window")
ROW(time_wait_rst_below,               TIME_WAIT,  rst_below_window,    DROPPED,   STAYS, "EVT-TIMEWAIT-RST-OUT",    "TIME-WAIT drops a reset below the window")
ROW(time_wait_rst_beyond,              TIME_WAIT,  rst_beyond_window,   DROPPED,   STAYS, "EVT-TIMEWAIT-RST-OUT",    "TIME-WAIT drops a reset beyond the window")
ROW(time_wait_syn_below,               TIME_WAIT,  syn_below_window,    NO_MATTER, STAYS, "EVT-TIMEWAIT-SYN-OLD",    "TIME-WAIT opens nothing for an old SYN")
ROW(time_wait_text_no_ack,             TIME_WAIT,  octet_without_ack,   DROPPED,   STAYS, "EVT-TIMEWAIT-NOACK",      "TIME-WAIT drops text without an ACK")
ROW(time_wait_fin_no_ack,              TIME_WAIT,  fin_without_ack,     DROPPED,   STAYS, "EVT-TIMEWAIT-NOACK",      "TIME-WAIT drops a FIN without an ACK")
ROW(time_wait_ack,                     TIME_WAIT,  ack_again,           NO_MATTER, STAYS, "EVT-TIMEWAIT-ACK",        "TIME-WAIT does not reset an ACK")
ROW(time_wait_text,                    TIME_WAIT,  new_text,            NO_MATTER, STAYS, "EVT-TIMEWAIT-TEXT",       "TIME-WAIT ignores text behind our FIN")
