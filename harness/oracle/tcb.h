/* tcb.h: one hypothesis: what the DUT's transmission control block may be now.
 *
 * The variables are those of RFC 9293 3.3.1, each with one value: where the DUT
 * was free to choose, there are several hypotheses, and what it sends next thins
 * them out.  What the DUT may have received meanwhile is a queue of segments
 * that a hypothesis has not processed yet (`next`), and so are the calls that may
 * not have been made yet (`calls`); what it still has to answer is `owed`. */
#ifndef TCPCONFORM_ORACLE_TCB_H
#define TCPCONFORM_ORACLE_TCB_H

#include <stdbool.h>
#include <stdint.h>

#include "../../probes/opt.h"
#include "../../probes/seg.h"
#include "../call.h"

#define HELD 24                 /* pieces above a hole that are remembered   */
#define OWED 8                  /* replies that may be due at once           */
#define CHALLENGES 10           /* "no more than 10 challenge ACKs" (RFC 5961 7) ... */
#define CHALLENGES_IN S(5)      /* ... "in any 5 second window"              */

struct span {
	uint32_t from, to;      /* first octet, octet behind the last        */
};

struct tcb {
	enum tcp_state state;
	bool passive;           /* SYN-RECEIVED was reached from LISTEN (MUST-11) */
	bool listener;          /* a passive OPEN stands: what is gone is LISTEN, not CLOSED */
	bool closing;           /* CLOSE was called, the FIN is not sent     */
	bool full;              /* it was a full CLOSE: nobody will read     */
	bool unread;            /* ... and text was taken all the same       */
	bool iss_known;         /* the SYN or SYN,ACK was seen               */
	bool fin_out;           /* our FIN (the DUT's) was sent, at fin_seq  */
	bool fin_in;            /* the other's FIN was taken                 */
	bool fin_held;          /* one stands above a hole, at fin_held_seq  */
	bool late_close;        /* CLOSE may have come before the other's FIN */
	bool edge_known;        /* `edge` says what the DUT has advertised   */
	bool dut_ws, other_ws, dut_ts, other_ts; /* on the SYNs               */
	bool lost_count;        /* more pieces above holes than are remembered */
	bool reopened;          /* out of TIME-WAIT, whose numbers are `was` (MAY-2) */
	bool acks_before;       /* an ACK of ack_was may come before the one of RCV.NXT */
	bool contradicted;      /* the other has said two things of where its FIN is */
	bool rolled_back;       /* it has retransmitted: SND.NXT may be lower */
	bool echoed;            /* ts_low is known                           */
	uint8_t snd_shift, rcv_shift;
	uint32_t iss, snd_una, snd_nxt; /* snd_nxt: behind the highest octet ever sent */
	uint32_t snd_wnd, snd_max_wnd, wl1, wl2;
	uint32_t irs, rcv_nxt, edge;
	uint32_t ack_was;       /* RCV.NXT before the text of a SYN,ACK      */
	uint32_t acked;         /* Last.ACK.sent                             */
	uint32_t taken;         /* octets of text, all told                  */
	uint32_t read;          /* of them, while the application was reading */
	uint32_t ts_low, ts_high; /* bounds of TS.Recent                     */
	uint32_t fin_seq, fin_held_seq;
	struct { uint32_t iss, snd_una, snd_nxt, irs, rcv_nxt, edge, fin_seq; } was;
	unsigned n_held;
	struct span held[HELD];
	/* Times come last: hypotheses that differ only in them are one (hyps.c). */
	tick since;             /* TIME-WAIT: when it (re)started; else of the state */
	tick lingers;           /* TIME-WAIT: when at the latest it (re)started; 0: unknown */
	tick waiting;           /* since when something is unacknowledged    */
	tick heard;             /* the newest segment that was processed     */
	tick challenged[CHALLENGES]; /* the newest that drew replies of the kind that is throttled */
};

struct rule;

struct owed {
	const struct rule *row;
	unsigned answers;       /* lawful forms; SILENCE alone: a promise to be silent */
	int      input;         /* index of the stimulus; -1: a call         */
	unsigned number;        /* of the input; UINT_MAX: a call            */
	enum tcp_state state;   /* before it                                 */
	bool     seg_acks;      /* the stimulus has the ACK bit              */
	uint32_t seg_ack, seg_end; /* SEG.ACK and SEG.SEQ+SEG.LEN of the stimulus */
	uint32_t snd_una, snd_nxt; /* before it                              */
	tick     at, due;
	bool     late;          /* the reply came behind its time            */
};

struct hyp {
	struct tcb t;
	unsigned next;          /* the first input that is not processed     */
	unsigned calls;         /* how many of the calls have been made      */
	unsigned n_owed;
	struct owed owed[OWED];
	unsigned n_done;        /* what the last segment has answered        */
	struct owed done[OWED];
	unsigned answered;      /* no input from this one on has been answered */
	bool vague;             /* joined: explains everything               */
	struct tcb before;      /* as it was before the newest input         */
};

/* A segment toward the DUT, as the hypotheses process it. */
struct input {
	struct seg  seg;        /* without text                              */
	struct opts opts;
	int         index;
	tick        at;
};

static inline bool synchronized(enum tcp_state s)
{
	return s >= ESTABLISHED;
}

static inline bool tcb_ts(const struct tcb *t)
{
	return t->dut_ts && t->other_ts;
}

/* CLOSED, or LISTEN where somebody still listens. */
static inline enum tcp_state tcb_gone(const struct tcb *t)
{
	return t->listener ? LISTEN : CLOSED;
}

/* True if the FIN of the DUT is out and `ack` covers it. */
static inline bool tcb_fin_covered(const struct tcb *t, uint32_t ack)
{
	return t->fin_out && ack == t->fin_seq + 1;
}

#endif
