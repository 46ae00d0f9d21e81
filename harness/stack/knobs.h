/* knobs.h: what is free in a TCP, as values: the reference stack reads every
 * timer, size and lawful alternative from here.
 *
 * The first name of each enum is the default (knobs.c).  knob_settings lists
 * every lawful setting that can be seen on the wire, so that the agreement test
 * can run the stack in all of them. */
#ifndef TCPCONFORM_KNOBS_H
#define TCPCONFORM_KNOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../probes/tick.h"

enum knob_rst  { RST_5961, RST_793 };   /* RST in the window: challenge ACK, or reset (3.10.7.4 second) */
enum knob_syn  { SYN_5961, SYN_793 };   /* SYN when synchronized: challenge ACK, or reset if in window (fourth) */
enum knob_dup_syn { DUP_SYN_ACK, DUP_SYN_SYNACK }; /* the SYN again in SYN-RECEIVED: ACK by the letter, SYN,ACK by practice */
enum knob_new_syn { NEW_SYN_LISTEN, NEW_SYN_CHALLENGE, NEW_SYN_SYNACK, NEW_SYN_RESET, NEW_SYN_TIME_WAIT }; /* another SYN in the window of a passive SYN-RECEIVED; the last: where it came out of TIME-WAIT */
enum knob_tw_rst { TW_RST_CLOSE, TW_RST_IGNORE };  /* RST in TIME-WAIT: 9293, or RFC 1337 fix F1 */
enum knob_tw_syn { TW_SYN_REOPEN, TW_SYN_CHALLENGE, TW_SYN_SILENT, TW_SYN_RESET }; /* SYN in TIME-WAIT: MAY-2 and RFC 6191, or as elsewhere; the last, with SYN_793: a reset if in the window */
enum knob_tw_ack { TW_ACK_SILENT, TW_ACK_ANSWER }; /* an acceptable ACK in TIME-WAIT (fifth: "acknowledge it") */
enum knob_syn_text { SYN_TEXT_QUEUE, SYN_TEXT_IGNORE, SYN_TEXT_ACK }; /* text on a SYN: kept and acknowledged when ESTABLISHED; left to be sent again; acknowledged at once */
enum knob_cross { CROSS_ESTABLISH, CROSS_ESTABLISH_QUIETLY, CROSS_NO_TEXT, CROSS_NO_TEXT_QUIETLY, CROSS_LETTER }; /* SYN,ACK in an active SYN-RECEIVED: figure 7 with or without an ACK, its text taken or left; table 6 (A.2) */
enum knob_syn_received_close { SR_CLOSE_FIN, SR_CLOSE_QUEUE, SR_CLOSE_RESET, SR_CLOSE_QUIET }; /* CLOSE in SYN-RECEIVED (3.10.4) */
enum knob_syn_outside { SYN_OUTSIDE_ACK, SYN_OUTSIDE_SYNACK, SYN_OUTSIDE_RESET }; /* another SYN outside the window of SYN-RECEIVED */
enum knob_bad_ack { BAD_ACK_RESET, BAD_ACK_SILENT }; /* an ACK in SYN-RECEIVED that is not of our SYN */
enum knob_old_ack { OLD_ACK_DROP, OLD_ACK_TAKE, OLD_ACK_TAKE_QUIETLY }; /* the ACK of an unacceptable segment (A.2); quietly: in SYN-RECEIVED and LAST-ACK */
enum knob_across_edge { ACROSS_TRIM, ACROSS_REFUSE, ACROSS_TAKE }; /* text in order that crosses the right edge; the last: as far as the buffer goes */
enum knob_listener_close { LISTENER_RESETS, LISTENER_QUIET, LISTENER_KEEPS }; /* what is half open when its listener closes */
enum knob_zwp { ZWP_NEW_OCTET, ZWP_OLD_OCTET, ZWP_EMPTY }; /* the zero-window probe's form (3.8.6.1); the last is SEQ=SND.UNA-1 without text */
enum knob_iw   { IW_3390, IW_6928 };
enum knob_late_text { LATE_TEXT_RESET, LATE_TEXT_ACK }; /* text after a full CLOSE: SHLD-3, or taken and forgotten */
enum knob_abort { ABORT_CLOSED, ABORT_TIME_WAIT };  /* where a reset of our own leads (3.5.2) */

struct knobs {
	/* Timers and sizes. */
	tick msl;                       /* 2 min (3.4.2)                         */
	tick rto_initial, rto_min, rto_max; /* RFC 6298: 1 s, 1 s, 60 s          */
	tick keepalive_idle, keepalive_interval; /* 2 h (MUST-28), 75 s          */
	int  keepalive_count;           /* unanswered probes; at least 2 (MUST-29) */
	uint32_t rcv_buffer, snd_buffer;
	tick rto_granularity;           /* RFC 6298 4: G                         */
	tick rto_after_syn;             /* RFC 6298 5.7: 3 s                     */
	tick r2_syn, r2_data;           /* MUST-23: 3 min; SHLD-11: 100 s at least */
	int  r1;                        /* retransmissions (SHLD-10)             */
	tick delayed_ack;               /* below 0.5 s (MUST-40); 0: no delay    */
	int  delayed_ack_segments;      /* SHLD-19: 2                            */
	int  window_update_segments;    /* free room for so many is told without an ACK due: 2 */
	tick sws_override;              /* 0.1 to 1.0 s (3.8.6.2.1)              */
	uint16_t mss_min;               /* no smaller segments, whatever MSS says */
	uint16_t mtu_min4, mtu_min6;    /* no ICMP message takes us below        */
	int  backlog;                   /* half-open connections of a listener   */
	int  max_connections;
	unsigned iss_step;              /* ISN clock: nanoseconds a step, 4000   */
	int  backoff_factor;            /* RFC 6298 5.5: 2                       */
	int  dupack_threshold;          /* RFC 5681 3.2: 3                       */
	uint8_t ttl;                    /* MUST-49                               */

	/* What is offered or on by default. */
	bool offer_ws, offer_ts;
	bool nagle;                     /* SHLD-7                                */
	bool keepalive;                 /* off (MUST-25)                         */
	bool limited_transmit;          /* RFC 3042                              */
	bool report_r1;                 /* NOTE_ERROR at R1 (SHLD-9, SHLD-20)    */
	bool report_soft;               /* NOTE_ERROR for ICMP soft errors (SHLD-25) */
	bool icmp_hard_aborts;          /* also when synchronized (SHLD-26)      */
	bool reset_on_timeout;          /* a RST when R2 or keepalive gives up   */

	/* Lawful alternatives. */
	enum knob_rst rst_in_window;
	enum knob_syn syn_when_synchronized;
	enum knob_dup_syn dup_syn;
	enum knob_new_syn new_syn;
	enum knob_tw_rst tw_rst;
	enum knob_tw_syn tw_syn;
	enum knob_tw_ack tw_ack;
	enum knob_syn_text syn_text;
	enum knob_cross cross;
	enum knob_syn_received_close syn_received_close;
	enum knob_zwp zwp;
	enum knob_iw iw;
	enum knob_late_text late_text;
	enum knob_abort abort_to;
	bool ack_range_check;           /* MAY-12 (RFC 5961 5.2): SEG.ACK not below SND.UNA-MAX.SND.WND */
	bool ack_range_in_syn_received; /* the same before the reset of SYN-RECEIVED */
	bool trim_spanning;             /* a segment that spans the window: trimmed, or by table 6 not acceptable */
	bool fin_coalesce;              /* FIN on the last segment of text, or alone */
	bool ack_above_gap;             /* MAY-13: an ACK at once for what stands above a gap */
	bool urgent_again;              /* signal each advance of RCV.UP (MUST-32), or once (sixth) */
	bool ts_required;               /* RFC 7323 3.2: drop what lacks an expected TSopt */
	bool ts_on_reset;               /* RFC 7323 5.2                          */
	bool keepalive_octet;           /* MAY-6: a garbage octet in the probe   */
	bool synack_ack_twice;          /* text on a SYN,ACK: ACK of the SYN first, then of the text */
	bool ts_required_of_syn;        /* RFC 7323 3.2 holds for a SYN too      */
	bool trim_syn;                  /* a SYN below the window whose text is in it: trimmed off (first) */
	bool text_again_in_synack;      /* text and FIN of a SYN,ACK are left to be sent again */
	bool reset_unread;              /* CLOSE with text unread: SHLD-3        */
	bool reset_of_segment;          /* a reset in a connection has the numbers of one without (3.5.2), where the other form is usual */
	bool reset_of_connection;       /* ... and SEQ=SND.NXT there             */
	bool fin_above_gap;             /* a FIN above a gap is held             */
	bool reopened_remembers;        /* MAY-2 (2): back to TIME-WAIT          */
	enum knob_syn_outside syn_outside;
	enum knob_bad_ack bad_ack;
	enum knob_old_ack old_ack;
	enum knob_across_edge across_edge;
	enum knob_listener_close listener_close;

	/* What real stacks do where the text is silent or looks away. */
	bool edges_wide;                /* empty segments on the right edge, and down to Last.ACK.sent, are in */
	bool listen_drops_syn_fin;      /* as a scan                             */
	bool listen_resets_flagless;
	bool rst_below_fin;             /* one below RCV.NXT, behind the other's FIN: a RST is believed */
	bool rst_ignored_half_open;     /* a RST in the window, not on RCV.NXT, of SYN-RECEIVED */
	bool late_future_ignored;       /* an ACK of what was never sent, in LAST-ACK */
	bool answers_ignored;           /* an ACK for what arrives behind the other's FIN, and for what is empty above RCV.NXT */
	bool resets_late_text;          /* text behind the other's FIN: reset    */
	bool deaf_after_abort;          /* TIME-WAIT behind a reset of ours hears of no FIN */
	bool syn_sent_shutdown_waits;   /* "no more to send" in SYN-SENT: FIN when connected */
	bool abort_always_resets;       /* ABORT in CLOSING, LAST-ACK, TIME-WAIT: a reset, too */
	tick fin_wait_2;                /* after a full CLOSE so long in FIN-WAIT-2; 0: for ever */
	int  challenge_limit;           /* RFC 5961 7: challenge ACKs of one connection ... */
	tick challenge_interval;        /* ... in this time; limit 0: no limit   */

	/* For tests: the ISS of every connection, instead of RFC 6528's. */
	bool iss_fixed;
	uint32_t iss;
};

void knobs_defaults(struct knobs *);

/* Every lawful alternative by itself: applied to the defaults it gives another
 * conforming stack. */
struct knob_setting {
	const char *name;
	void (*set)(struct knobs *);
	bool practice;                  /* of real stacks, or RFC 793's; RFC 9293 neither asks for it nor offers it */
};

extern const struct knob_setting knob_settings[];
extern const size_t n_knob_settings;

#endif
