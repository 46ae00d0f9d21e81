/* agree_walk.c: takes the walks of agree.c.  See agree_walk.h. */
#include "agree_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/oracle/rules.h"
#include "harness/stack/stack.h"
#include "probes/opt.h"

enum { TEXT = 9000, FOLLOW = 5 };

const struct endpoint dut = { .addr = { .v = 4, .o = { 192, 0, 2, 1 } }, .port = 80 };
const struct endpoint we = { .addr = { .v = 4, .o = { 192, 0, 2, 2 } }, .port = 40000 };

const unsigned forms[FORMS] = { SILENCE, PURE_ACK, SYN_ACK, RST_SEQ, RST_ACK, RST_NXT };

static const uint8_t octets[TEXT];

/* ---- the stack ------------------------------------------------------------ */

struct world {
	struct stack *stack;
	struct trace *t;
	tick now;
	uint32_t nxt, rcv;              /* ours: what the DUT expects, what we expect */
	uint32_t una;                   /* what we have acknowledged                */
	uint32_t wnd, iss, dut_iss;
	int id, listener;
	bool full;                      /* the trace has no room                    */
	bool fin_waits;                 /* our FIN has been said, above a hole, at ... */
	uint32_t fin_at;
	bool old_too;                   /* it may go back to an old connection   */
	bool closed;                    /* our window                            */
	bool deaf;                      /* what is put or called now goes astray    */
	tick mute_until;                /* before this only text is seen of the DUT */
};

static struct happening *happens(struct world *w, int kind)
{
	static struct happening spill;

	if (w->t->n == EVENTS) {
		w->full = true;
		return &spill;
	}
	struct happening *e = &w->t->e[w->t->n++];

	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->at = w->now;
	return e;
}

static void on_emit(void *arg, const struct seg *s)
{
	struct world *w = arg;

	if (w->now >= w->mute_until || s->len > 0) {
		struct happening *e = happens(w, SEEN);

		e->seg = *s;
		e->seg.at = w->now;
		e->seg.text = s->len ? octets : NULL;   /* what it says is not the matter here */
	}
	if (s->ctl & RST)
		return;
	if (s->ctl & SYN) {
		w->dut_iss = s->seq;
		w->t->dut_iss = s->seq;
		w->t->dut_iss_known = true;
		w->rcv = seg_end(s);
	} else if (w->old_too || (int32_t)(seg_end(s) - w->rcv) > 0) {
		w->rcv = seg_end(s);
	}
	if (s->ctl & ACK) {
		w->nxt = s->ack;
		w->wnd = s->wnd;
	}
}

static void on_note(void *arg, const struct note *n)
{
	struct world *w = arg;

	if (n->kind == NOTE_ESTABLISHED)
		w->id = n->id;
}

static void wait_for(struct world *w, tick t)
{
	const tick until = w->now + t;

	for (int i = 0; i < 400; i++) {
		const tick next = stack_poll_at(w->stack);

		if (next > until)
			break;
		if (next > w->now) {
			w->now = next;
			happens(w, PASSED);
		}
		stack_tick(w->stack, w->now);
	}
	w->now = until;
	happens(w, PASSED);
}

static void put(struct world *w, struct seg s)
{
	s.src = we;
	s.dst = dut;
	s.wnd = w->closed ? 0 : 65535;
	s.text = s.len ? octets : NULL;
	while (s.opt_len % 4)
		opt_nop(&s);
	s.doff = (uint8_t)(5 + s.opt_len / 4);
	s.at = w->now;
	happens(w, SENT)->seg = s;
	if (!w->deaf)
		stack_input(w->stack, &s, w->now);
}

static void ask(struct world *w, enum call_kind kind, uint64_t n)
{
	struct call call = { .kind = kind, .id = w->id, .v = 4, .n = n };
	struct answer answer = { 0 };

	if (kind == CALL_OPEN_PASSIVE || kind == CALL_OPEN_ACTIVE) {
		call.local_port = dut.port;
		call.remote = we;
	}
	if (kind == CALL_SET)
		call.option = OPTION_LINGER;    /* zero seconds */
	const unsigned place = w->t->n;

	happens(w, CALLED);
	if (!w->deaf || kind == CALL_SET)
		stack_call(w->stack, &call, &answer, w->now);
	answer.at = w->now;
	if (kind == CALL_OPEN_PASSIVE)
		w->listener = answer.id;
	if (kind == CALL_OPEN_ACTIVE)
		w->id = answer.id;
	if (place < EVENTS) {
		w->t->e[place].call = call;
		w->t->e[place].answer = answer;
	}
}

/* ---- reaching a state ----------------------------------------------------- */

enum place {
	AT_CLOSED, AT_LISTEN, AT_SYN_SENT, AT_SYN_RECEIVED, AT_CROSSED, AT_ESTABLISHED, AT_CONNECTED,
	AT_ESTABLISHED_SENDING, AT_ESTABLISHED_HOLE, AT_ESTABLISHED_FIN_HELD, AT_ESTABLISHED_CLOSED_WINDOW,
	AT_ESTABLISHED_STAMPED, AT_FIN_WAIT_1, AT_FIN_WAIT_1_FULL, AT_FIN_WAIT_1_HELD, AT_FIN_WAIT_2, AT_FIN_WAIT_2_FULL,
	AT_FIN_WAIT_2_HELD, AT_FIN_WAIT_2_UNREAD, AT_CLOSE_WAIT, AT_CLOSE_WAIT_SENDING, AT_CLOSE_WAIT_UNREAD,
	AT_CLOSING, AT_CLOSING_SENDING, AT_LAST_ACK, AT_LAST_ACK_UNREAD, AT_TIME_WAIT, AT_TIME_WAIT_STAMPED, AT_REOPENED,
	AT_SYN_RECEIVED_OLD_ACK, AT_SYN_RECEIVED_TEXT, AT_SYN_RECEIVED_FIN, AT_SYN_RECEIVED_STAMPED, AT_ESTABLISHED_STAMPED_HOLE,
	AT_ESTABLISHED_STAMPED_FRESH, AT_ESTABLISHED_SMALL_WINDOW, AT_FIN_WAIT_2_SMALL_WINDOW, AT_ESTABLISHED_SHUT_OUT, AT_FIN_WAIT_1_SHUT_OUT,
	AT_LAST_ACK_SHUT_OUT, AT_ESTABLISHED_SHUT_OUT_UNREAD, AT_LAST_ACK_SHUT_OUT_UNREAD, AT_CROSSED_TEXT, AT_CROSSED_TWICE, AT_FIN_WAIT_1_CROSSED, AT_CLOSING_CROSSED, AT_FIN_WAIT_1_UNREAD, AT_TIME_WAIT_LATE, AT_TIME_WAIT_OLD_ACK, AT_ABORTED,
	AT_LAST_ACK_FULL, PLACES
};

const char *const place_names[PLACES] = {
	"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "SYN-RECEIVED after crossing", "ESTABLISHED",
	"ESTABLISHED by active open", "ESTABLISHED, sending", "ESTABLISHED with a hole", "ESTABLISHED with a FIN above a hole",
	"ESTABLISHED, window closed", "ESTABLISHED with timestamps", "FIN-WAIT-1", "FIN-WAIT-1 after a full close",
	"FIN-WAIT-1 with a FIN above a hole", "FIN-WAIT-2", "FIN-WAIT-2 after a full close", "FIN-WAIT-2 with a FIN above a hole",
	"FIN-WAIT-2 with unread text", "CLOSE-WAIT", "CLOSE-WAIT, sending", "CLOSE-WAIT with unread text", "CLOSING",
	"CLOSING, sending", "LAST-ACK", "LAST-ACK with unread text", "TIME-WAIT", "TIME-WAIT with timestamps",
	"SYN-RECEIVED out of TIME-WAIT",
	"SYN-RECEIVED, its SYN acknowledged by an old octet", "SYN-RECEIVED with text", "SYN-RECEIVED with a FIN", "SYN-RECEIVED with timestamps",
	"ESTABLISHED with timestamps and a hole", "ESTABLISHED, a timestamp not yet echoed", "ESTABLISHED, small window", "FIN-WAIT-2, small window",
	"ESTABLISHED, shut out", "FIN-WAIT-1, shut out", "LAST-ACK, shut out",
	"ESTABLISHED, shut out, with unread text", "LAST-ACK, shut out, with unread text", "SYN-RECEIVED after crossing, with text",
	"ESTABLISHED after crossing",
	"FIN-WAIT-1 after crossing", "CLOSING after crossing",
	"FIN-WAIT-1 with unread text", "TIME-WAIT, late", "TIME-WAIT, the FIN acknowledged by an old octet", "after an ABORT",
	"LAST-ACK after a full close"
};
unsigned n_places = PLACES;

static struct seg segment(unsigned ctl, uint32_t seq, uint32_t ack, uint32_t len)
{
	return (struct seg) { .seq = seq, .ack = ctl & ACK ? ack : 0, .ctl = (uint8_t)ctl, .len = len };
}

static bool stamped(enum place p)
{
	return p == AT_ESTABLISHED_STAMPED || p == AT_TIME_WAIT_STAMPED || p == AT_SYN_RECEIVED_STAMPED ||
	       p == AT_ESTABLISHED_STAMPED_HOLE || p == AT_ESTABLISHED_STAMPED_FRESH;
}

/* The window that we offer is closed throughout. */
static bool shut_out(enum place p)
{
	return p == AT_ESTABLISHED_SHUT_OUT || p == AT_FIN_WAIT_1_SHUT_OUT || p == AT_LAST_ACK_SHUT_OUT ||
	       p == AT_ESTABLISHED_SHUT_OUT_UNREAD || p == AT_LAST_ACK_SHUT_OUT_UNREAD;
}

static uint32_t stamp = 5000;

static void say_syn(struct world *w, enum place p, unsigned ctl)
{
	struct seg s = segment(p == AT_SYN_RECEIVED_FIN ? ctl | FIN : ctl, w->iss, w->rcv,
	                       p == AT_SYN_RECEIVED_TEXT || p == AT_CROSSED_TEXT || p == AT_FIN_WAIT_1_CROSSED ? 10 : 0);

	opt_mss(&s, 1460);
	if (stamped(p))
		opt_ts(&s, stamp, 0);
	w->nxt = w->iss + 1;
	put(w, s);
}

static void tell(struct world *w, enum place p, unsigned ctl, uint32_t seq, uint32_t ack, uint32_t len)
{
	struct seg s = segment(ctl, seq, ack, len);

	if (stamped(p) && !(ctl & RST))
		opt_ts(&s, stamp, 0);
	put(w, s);
	wait_for(w, S(1));
}

static void tell_stamped(struct world *w, uint32_t seq, uint32_t ts)
{
	struct seg s = segment(ACK, seq, w->rcv, 10);

	opt_ts(&s, ts, 0);
	put(w, s);
}

static void reach(struct world *w, enum place p)
{
	if (p == AT_CLOSED)
		return;
	if (p == AT_SYN_SENT || p == AT_CROSSED || p == AT_CONNECTED || p == AT_FIN_WAIT_1_CROSSED || p == AT_CLOSING_CROSSED || p == AT_CROSSED_TEXT ||
	    p == AT_CROSSED_TWICE) {
		ask(w, CALL_OPEN_ACTIVE, 0);
		if (p == AT_SYN_SENT) {
			w->una = w->dut_iss;
			return;
		}
		say_syn(w, p, p == AT_CONNECTED ? SYN | ACK : SYN);
		wait_for(w, MS(100));
		w->una = w->rcv;
		if (p == AT_FIN_WAIT_1_CROSSED || p == AT_CLOSING_CROSSED)
			ask(w, CALL_SHUTDOWN, 0);
		if (p == AT_CLOSING_CROSSED)
			tell(w, p, ACK | FIN, w->nxt, w->dut_iss, 0);
		if (p == AT_CROSSED_TWICE)
			say_syn(w, p, SYN | ACK);
		return;
	}
	ask(w, CALL_OPEN_PASSIVE, 0);
	if (p == AT_LISTEN)
		return;
	say_syn(w, p, SYN);
	if (p == AT_SYN_RECEIVED_STAMPED) {
		/* Dropped, but its timestamp is taken, and not echoed yet. */
		wait_for(w, MS(1050));
		struct seg s = segment(0, w->nxt, 0, 0);

		opt_ts(&s, stamp + 100, 0);
		put(w, s);
	}
	if (p == AT_SYN_RECEIVED_OLD_ACK)
		tell(w, p, ACK, w->nxt - 1, w->rcv, 1);
	if (p == AT_SYN_RECEIVED || p == AT_SYN_RECEIVED_OLD_ACK || p == AT_SYN_RECEIVED_TEXT || p == AT_SYN_RECEIVED_FIN || p == AT_SYN_RECEIVED_STAMPED) {
		w->una = w->dut_iss;
		return;
	}
	tell(w, p, ACK, w->nxt, w->rcv, 0);
	w->una = w->rcv;
	if (shut_out(p)) {
		w->closed = true;
		tell(w, p, ACK, w->nxt, w->rcv, 0);
	}
	if (p == AT_ESTABLISHED_SHUT_OUT_UNREAD || p == AT_LAST_ACK_SHUT_OUT_UNREAD || p == AT_FIN_WAIT_1_UNREAD || p == AT_FIN_WAIT_2_UNREAD || p == AT_CLOSE_WAIT_UNREAD || p == AT_LAST_ACK_UNREAD) {
		ask(w, CALL_PAUSE, 0);
		tell(w, p, ACK, w->nxt, w->rcv, 10);
	}
	switch (p) {
	case AT_ESTABLISHED_SENDING:
		ask(w, CALL_SEND, 100);
		wait_for(w, MS(100));
		break;
	case AT_ESTABLISHED_HOLE:
		tell(w, p, ACK, w->nxt + 10, w->rcv, 10);
		break;
	case AT_ESTABLISHED_FIN_HELD:
		tell(w, p, ACK | FIN, w->nxt + 10, w->rcv, 0);
		break;
	case AT_ESTABLISHED_CLOSED_WINDOW:
		ask(w, CALL_PAUSE, 0);
		while (w->wnd > 0 && !w->full) {
			const uint32_t n = w->wnd < 8000 ? w->wnd : 8000;

			tell(w, p, ACK, w->nxt, w->rcv, n);
		}
		break;
	case AT_ESTABLISHED_STAMPED_HOLE:
		tell_stamped(w, w->nxt + 10, stamp + 100);
		wait_for(w, S(1));
		break;
	case AT_ESTABLISHED_STAMPED_FRESH:
		tell_stamped(w, w->nxt, stamp + 100);
		break;
	case AT_ESTABLISHED_SMALL_WINDOW:
	case AT_FIN_WAIT_2_SMALL_WINDOW:
		ask(w, CALL_PAUSE, 0);
		tell(w, p, ACK, w->nxt, w->rcv, 8000);
		tell(w, p, ACK, w->nxt, w->rcv, 7400);
		ask(w, CALL_RECEIVE, 100);
		if (p == AT_ESTABLISHED_SMALL_WINDOW)
			break;
		ask(w, CALL_SHUTDOWN, 0);
		wait_for(w, MS(100));
		tell(w, p, ACK, w->nxt, w->rcv, 0);
		w->una = w->rcv;
		break;
	case AT_ABORTED:
		ask(w, CALL_ABORT, 0);
		break;
	case AT_FIN_WAIT_1:
	case AT_FIN_WAIT_1_HELD:
	case AT_FIN_WAIT_1_UNREAD:
	case AT_FIN_WAIT_1_SHUT_OUT:
	case AT_TIME_WAIT_LATE:
	case AT_TIME_WAIT_OLD_ACK:
	case AT_CLOSING:
	case AT_CLOSING_SENDING:
	case AT_FIN_WAIT_2_UNREAD:
	case AT_FIN_WAIT_2:
	case AT_FIN_WAIT_2_HELD:
	case AT_TIME_WAIT:
	case AT_TIME_WAIT_STAMPED:
	case AT_REOPENED:
	case AT_FIN_WAIT_1_FULL:
	case AT_FIN_WAIT_2_FULL:
		if (p == AT_CLOSING_SENDING)
			ask(w, CALL_SEND, 100);
		ask(w, p == AT_FIN_WAIT_1_FULL || p == AT_FIN_WAIT_2_FULL ? CALL_CLOSE : CALL_SHUTDOWN, 0);
		wait_for(w, MS(100));
		if (p == AT_FIN_WAIT_1_HELD)
			tell(w, p, ACK | FIN, w->nxt + 10, w->rcv - 1, 0);
		if (p == AT_CLOSING || p == AT_CLOSING_SENDING)
			tell(w, p, ACK | FIN, w->nxt, w->una, 0);
		if (p == AT_CLOSING_SENDING)
			w->una += 50;           /* so that an ACK of una is new, and not of the FIN */
		if (p == AT_TIME_WAIT_OLD_ACK) {
			tell(w, p, ACK, w->nxt - 1, w->rcv, 1);
			tell(w, p, ACK | FIN, w->nxt, w->una, 0);
			break;
		}
		if (p == AT_FIN_WAIT_1_UNREAD || p == AT_FIN_WAIT_1_SHUT_OUT)
			break;
		if (p == AT_FIN_WAIT_1 || p == AT_CLOSING_SENDING || p == AT_FIN_WAIT_1_FULL || p == AT_CLOSING || p == AT_FIN_WAIT_1_HELD)
			break;
		tell(w, p, ACK, w->nxt, w->rcv, 0);
		w->una = w->rcv;
		if (p == AT_FIN_WAIT_2_HELD)
			tell(w, p, ACK | FIN, w->nxt + 10, w->rcv, 0);
		if (p == AT_TIME_WAIT || p == AT_TIME_WAIT_STAMPED || p == AT_REOPENED || p == AT_TIME_WAIT_LATE)
			tell(w, p, ACK | FIN, w->nxt, w->rcv, 0);
		if (p == AT_TIME_WAIT_LATE)
			wait_for(w, S(200));
		if (p == AT_REOPENED) {
			w->iss += 50000;
			say_syn(w, p, SYN);
			w->una = w->dut_iss;
			w->id = -1;             /* the old one is gone, the new one has no name yet */
		}
		break;
	case AT_CLOSE_WAIT:
	case AT_CLOSE_WAIT_SENDING:
	case AT_CLOSE_WAIT_UNREAD:
	case AT_LAST_ACK_SHUT_OUT_UNREAD:
	case AT_LAST_ACK:
	case AT_LAST_ACK_FULL:
	case AT_LAST_ACK_UNREAD:
	case AT_LAST_ACK_SHUT_OUT:
		tell(w, p, ACK | FIN, w->nxt, w->rcv, 0);
		if (p == AT_CLOSE_WAIT_SENDING)
			ask(w, CALL_SEND, 100);
		if (p == AT_LAST_ACK || p == AT_LAST_ACK_UNREAD || p == AT_LAST_ACK_SHUT_OUT)
			ask(w, CALL_SHUTDOWN, 0);
		if (p == AT_LAST_ACK_SHUT_OUT_UNREAD || p == AT_LAST_ACK_FULL)
			ask(w, CALL_CLOSE, 0);
		wait_for(w, MS(100));
		break;
	default:
		break;
	}
}

/* ---- stimuli -------------------------------------------------------------- */

struct stimulus {
	enum { A_SEGMENT, A_CALL, A_WAIT, A_WRONG_SUM, A_WRONG_OFFSET } what;
	unsigned ctl;
	int seq, ack, len;              /* places, see below                     */
	int ts;                         /* with timestamps: older, newer, none, between; 0: equal */
	enum call_kind call;
	tick wait;
};

enum { SEQ_NXT, SEQ_BELOW, SEQ_ABOVE, SEQ_EDGE, SEQ_IRS, SEQ_LAST, SEQ_BEYOND, SEQ_HALF, SEQS, SEQS_FEW = 5 };
enum { ACK_NXT, ACK_ABOVE, ACK_BELOW, ACK_UNA, ACK_ANCIENT, ACK_FAR, ACKS, ACKS_FEW = 5 };
enum { LEN_0, LEN_1, LEN_10, LEN_SPAN, LEN_ACROSS, LENS, LENS_FEW = 3, LENS_ALL = 4 };

static struct stimulus *stimuli;
unsigned n_stimuli, n_few;

static void add(struct stimulus s)
{
	stimuli = realloc(stimuli, (n_stimuli + 1) * sizeof(s));
	if (stimuli == NULL)
		exit(2);
	stimuli[n_stimuli++] = s;
}

static void add_segments(bool few)
{
	static const unsigned bits[] = {
		ACK, SYN, RST, FIN | ACK, SYN | ACK, RST | ACK, 0, FIN, SYN | FIN, ACK | URG, SYN | FIN | ACK, RST | SYN,
		RST | FIN, RST | SYN | ACK, RST | FIN | ACK, RST | SYN | FIN, RST | SYN | FIN | ACK, SYN | PSH, URG
	};
	const unsigned n = few ? 10 : sizeof(bits) / sizeof(bits[0]);

	for (unsigned b = 0; b < n; b++)
		for (int seq = 0; seq < (few ? SEQS_FEW : SEQS); seq++)
			for (int ack = 0; ack < (!(bits[b] & ACK) ? 1 : few ? ACKS_FEW : ACKS); ack++)
				for (int len = 0; len < (few ? LENS_FEW : LENS_ALL); len++) {
					const bool known = seq < SEQS_FEW && ack < ACKS_FEW && len < LENS_FEW && b < 10;

					if (len == LEN_1 && few && seq != SEQ_BELOW && seq != SEQ_NXT)
						continue;
					if (!few && known && !(len == LEN_1 && seq != SEQ_BELOW && seq != SEQ_NXT))
						continue;       /* among the few */
					add((struct stimulus) { .what = A_SEGMENT, .ctl = bits[b], .seq = seq, .ack = ack, .len = len });
				}
}

void list_stimuli(void)
{
	static const enum call_kind calls[] = {
		CALL_SHUTDOWN, CALL_CLOSE, CALL_ABORT, CALL_OPEN_PASSIVE, CALL_OPEN_ACTIVE, CALL_KINDS /* CLOSE of the listener */
	};
	static const struct stimulus rare[] = {
		{ .what = A_SEGMENT, .ctl = RST | SYN },
		{ .what = A_SEGMENT, .ctl = RST | SYN | ACK },
		{ .what = A_SEGMENT, .ctl = RST | SYN | ACK, .ack = ACK_ABOVE },
		{ .what = A_SEGMENT, .ctl = SYN | FIN | ACK },
		{ .what = A_SEGMENT, .ctl = SYN | FIN | ACK, .len = LEN_10 },
		{ .what = A_SEGMENT, .ctl = SYN | FIN | ACK, .seq = SEQ_IRS },
		{ .what = A_SEGMENT, .ctl = SYN | FIN | ACK, .seq = SEQ_IRS, .len = LEN_10 },
		{ .what = A_SEGMENT, .ctl = SYN | PSH },
		{ .what = A_SEGMENT, .ctl = SYN | PSH, .seq = SEQ_IRS },
		{ .what = A_SEGMENT, .ctl = ACK, .seq = SEQ_BEYOND },
		{ .what = A_SEGMENT, .ctl = ACK, .seq = SEQ_BEYOND, .len = LEN_10 },
		{ .what = A_SEGMENT, .ctl = 0, .seq = SEQ_BEYOND },
		{ .what = A_SEGMENT, .ctl = RST, .seq = SEQ_BEYOND },
		{ .what = A_SEGMENT, .ctl = SYN, .seq = SEQ_BEYOND },
		{ .what = A_SEGMENT, .ctl = FIN | ACK, .seq = SEQ_BEYOND },
		{ .what = A_SEGMENT, .ctl = ACK, .len = LEN_ACROSS },
		{ .what = A_SEGMENT, .ctl = FIN | ACK, .len = LEN_ACROSS },
	};

	add_segments(true);
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		add((struct stimulus) { .what = A_CALL, .call = calls[i] });
	add((struct stimulus) { .what = A_CALL, .call = CALL_CLOSE, .len = 1 }); /* after a linger time of zero */
	add((struct stimulus) { .what = A_WAIT, .wait = S(250) });
	add((struct stimulus) { .what = A_WAIT, .wait = S(10) });
	add((struct stimulus) { .what = A_WRONG_SUM, .ctl = ACK, .len = LEN_10 });
	add((struct stimulus) { .what = A_WRONG_OFFSET, .ctl = ACK, .len = LEN_10 });
	for (unsigned i = 0; i < sizeof(rare) / sizeof(rare[0]); i++)
		add(rare[i]);
	for (int ts = 1; ts < 5; ts++) {
		add((struct stimulus) { .what = A_SEGMENT, .ctl = ACK, .len = LEN_10, .ts = ts });
		add((struct stimulus) { .what = A_SEGMENT, .ctl = ACK, .ts = ts });
		add((struct stimulus) { .what = A_SEGMENT, .ctl = SYN, .seq = SEQ_IRS, .ts = ts });
		add((struct stimulus) { .what = A_SEGMENT, .ctl = FIN | ACK, .seq = SEQ_BELOW, .ts = ts });
	}
	n_few = n_stimuli;
	add_segments(false);
}

static struct seg shape(const struct world *w, enum place p, const struct stimulus *x)
{
	const uint32_t nxt = w->nxt, wnd = w->wnd;
	const uint32_t seqs[SEQS] = {
		[SEQ_NXT] = nxt, [SEQ_BELOW] = nxt - 1, [SEQ_ABOVE] = nxt + 10, [SEQ_EDGE] = nxt + wnd, [SEQ_IRS] = w->iss,
		[SEQ_LAST] = nxt + wnd - 1, [SEQ_BEYOND] = nxt + wnd + 5000, [SEQ_HALF] = nxt + 0x80000000u
	};
	const uint32_t acks[ACKS] = {
		[ACK_NXT] = w->rcv, [ACK_ABOVE] = w->rcv + 1, [ACK_BELOW] = w->una - 1, [ACK_UNA] = w->una,
		[ACK_ANCIENT] = w->una - 70000, [ACK_FAR] = w->rcv + 0x70000000u
	};
	const uint32_t lens[LENS] = { [LEN_0] = 0, [LEN_1] = 1, [LEN_10] = 10, [LEN_SPAN] = 1460, [LEN_ACROSS] = wnd < 8000 ? wnd + 50 : 1460 };
	struct seg s = segment(x->ctl, seqs[x->seq], acks[x->ack], lens[x->len]);

	if (s.ctl & SYN)
		opt_mss(&s, 1460);
	if (stamped(p) && !(s.ctl & RST) && x->ts != 3)
		opt_ts(&s, x->ts == 1 ? stamp - 1 : x->ts == 2 ? stamp + 100 : x->ts == 4 ? stamp + 50 : stamp, 0);
	if (x->what == A_WRONG_SUM)
		s.wrong = WRONG_CKSUM;
	if (x->what == A_WRONG_OFFSET)
		s.wrong = WRONG_DOFF;
	return s;
}

/* Nothing may follow a FIN: that it was taken shows in how the connection ends. */
static void behind_a_fin(struct world *w, enum place p)
{
	if (w->nxt != w->fin_at + 1)
		tell(w, p, ACK, w->nxt, w->rcv, w->fin_at - w->nxt);
	if (w->id >= 0)
		ask(w, CALL_SHUTDOWN, 0);
	wait_for(w, MS(100));
	tell(w, p, w->nxt == w->fin_at ? ACK | FIN : ACK, w->nxt, w->rcv, 0);
	tell(w, p, ACK, w->nxt - 1, w->rcv, 1);
	w->iss += 0x100000;
	tell(w, p, SYN, w->iss, 0, 0);
}

/* What follows shows the state that the stimulus has led to. */
static void follow_up(struct world *w, enum place p, unsigned how_far)
{
	const uint32_t seq = w->nxt;

	if (p == AT_ESTABLISHED_SENDING || p == AT_CLOSE_WAIT_SENDING || p == AT_ESTABLISHED_SHUT_OUT)
		wait_for(w, S(3));              /* what has been acknowledged is waited for no more */
	if (p == AT_TIME_WAIT_LATE)
		wait_for(w, S(45));             /* 2 MSL have passed, and begin anew with a FIN */
	if (how_far > 0)
		tell(w, p, ACK, w->nxt - 1, w->rcv, 1);
	if (how_far > 0 && p == AT_FIN_WAIT_2_SMALL_WINDOW) {
		ask(w, CALL_RESUME, 0);
		wait_for(w, MS(100));
	}
	if (how_far > 1 && w->fin_waits) {
		behind_a_fin(w, p);
		return;
	}
	if (how_far > 1)
		tell(w, p, ACK, w->nxt == seq ? w->nxt : seq, w->rcv, 10);
	if (how_far > 2)
		tell(w, p, ACK | FIN, w->nxt, w->rcv, 0);
	if (how_far > 3)                        /* behind the FIN */
		tell(w, p, ACK, w->nxt, w->rcv, 10);
	if (how_far > 4) {
		w->iss += 0x100000;
		tell(w, p, SYN, w->iss, 0, 0);
		tell(w, p, RST, w->nxt, 0, 0);
		tell(w, p, ACK, w->nxt, w->rcv, 0);
	}
}

static void stimulate(struct world *w, enum place p, const struct stimulus *x)
{
	struct trace *t = w->t;

	t->stimulus = t->n;
	t->want_ack = segment(ACK, w->rcv, w->nxt, 0);
	t->want_ack.wnd = (uint16_t)w->wnd;
	if (x->what == A_CALL) {
		const int id = w->id;

		if (x->call == CALL_KINDS)
			w->id = w->listener;
		if (x->call == CALL_OPEN_PASSIVE && p != AT_CLOSED && p != AT_SYN_SENT && p != AT_CROSSED && p != AT_CONNECTED)
			return;
		if (x->len != 0 && w->id >= 0)
			ask(w, CALL_SET, 0);
		t->stimulus = t->n;
		if (x->call == CALL_OPEN_ACTIVE && p != AT_CLOSED)
			return;
		if (w->id >= 0)
			ask(w, x->call == CALL_KINDS ? CALL_CLOSE : x->call, 0);
		else if (x->call == CALL_OPEN_PASSIVE || x->call == CALL_OPEN_ACTIVE)
			ask(w, x->call, 0);
		if (x->call == CALL_KINDS)
			w->id = id;
		return;
	}
	if (x->what == A_WAIT) {
		wait_for(w, x->wait);
		return;
	}
	put(w, shape(w, p, x));
}

/* Numbers of two connections in one conversation are not mixed further. */
static unsigned how_far(unsigned stimulus, enum place p)
{
	return stimulus >= n_few ? 1 : p == AT_REOPENED ? FOLLOW - 1 : FOLLOW;
}

void free_stimuli(void)
{
	free(stimuli);
}

bool place_hurries(unsigned place)
{
	return place == AT_ESTABLISHED_STAMPED_FRESH;
}

unsigned place_named(const char *name)
{
	unsigned p = 0;

	while (strcmp(place_names[p], name) != 0)
		p++;
	return p;
}

/* In-order numbers, and an ACK of everything, or of nothing new. */
unsigned stimulus_of(unsigned ctl, bool text, bool old)
{
	unsigned i = 0;

	while (stimuli[i].what != A_SEGMENT || stimuli[i].ctl != ctl || stimuli[i].seq != SEQ_NXT || stimuli[i].ack != (old ? ACK_UNA : ACK_NXT) ||
	       stimuli[i].len != (text ? LEN_10 : LEN_0))
		i++;
	return i;
}

bool stimulus_waits(unsigned stimulus)
{
	return stimuli[stimulus].what == A_WAIT;
}

bool stimulus_fits(unsigned place, unsigned stimulus)
{
	const struct stimulus *x = &stimuli[stimulus];

	return x->ts == 0 || stamped(place);
}

const char *stimulus_words(unsigned stimulus, char *buf, unsigned n)
{
	static const char *const seqs[SEQS] = { "nxt", "below", "above", "edge", "irs", "last", "beyond", "half" };
	static const char *const acks[ACKS] = { "nxt", "above", "below", "una", "ancient", "far" };
	const struct stimulus *x = &stimuli[stimulus];

	if (x->what == A_CALL)
		snprintf(buf, n, "%s%s", x->call == CALL_KINDS ? "CLOSE of the listener" : call_name(x->call), x->len ? " lingering" : "");
	else if (x->what == A_WAIT)
		snprintf(buf, n, "wait");
	else
		snprintf(buf, n, "%s%s%s%s%s seq %s%s%s len %d%s%s", x->ctl & SYN ? "S" : "", x->ctl & FIN ? "F" : "",
		         x->ctl & RST ? "R" : "", x->ctl & URG ? "U" : "", x->ctl & ACK ? "A" : "", seqs[x->seq],
		         x->ctl & ACK ? " ack " : "", x->ctl & ACK ? acks[x->ack] : "", x->len,
		         x->ts ? " ts" : "", x->what != A_SEGMENT ? " damaged" : "");
	return buf;
}

/* ---- going wrong ---------------------------------------------------------- */

/* A segment of this form as the answer to the stimulus. */
static struct seg answer_of(const struct trace *t, unsigned form)
{
	const struct seg *x = &t->e[t->stimulus].seg;
	struct seg s = t->want_ack;

	switch (form) {
	case SYN_ACK:
		s = segment(SYN | ACK, t->dut_iss_known ? t->dut_iss : 12345, t->dut_iss_known ? s.ack : x->seq + 1, 0);
		s.wnd = 16000;
		opt_mss(&s, 1460);
		break;
	case RST_SEQ:
		s = segment(RST, x->ack, 0, 0);
		s.seq = x->ack;
		break;
	case RST_ACK:
		s = segment(RST | ACK, 0, seg_end(x), 0);
		break;
	case RST_NXT:
		s = segment(RST, t->want_ack.seq, 0, 0);
		break;
	default:
		break;
	}
	s.src = dut;
	s.dst = we;
	s.doff = (uint8_t)(5 + s.opt_len / 4);
	s.at = t->e[t->stimulus].at;
	return s;
}

/* The TCB goes without a word: an exact reset that nobody has seen. */
static void forget(struct world *w, enum place p)
{
	struct seg rst = segment(RST, w->nxt, 0, 0);

	if (p == AT_SYN_SENT)
		rst = segment(RST | ACK, 0, w->dut_iss + 1, 0);
	rst.src = we;
	rst.dst = dut;
	rst.doff = 5;
	rst.at = w->now;
	stack_input(w->stack, &rst, w->now);
}

/* The stimulus stands in the trace; what the stack makes of it, and what is seen
 * of that, is another matter. */
static void go_wrong(struct world *w, enum place p, const struct walk *walk)
{
	w->deaf = walk->mishap != MISSPOKEN;
	w->mute_until = w->now + MS(600);
	stimulate(w, p, &stimuli[walk->stimulus]);
	w->deaf = false;
	if (walk->mishap == FORGOTTEN)
		forget(w, p);
	if (forms[walk->form] == SILENCE)
		return;
	const struct seg s = answer_of(w->t, forms[walk->form]);

	happens(w, SEEN)->seg = s;
}

bool walk_take(const struct walk *walk, struct trace *t)
{
	const enum place p = walk->place;
	const struct stimulus *x = &stimuli[walk->stimulus];
	const uint32_t iss = walk->wraps ? 0xfffffff5u : 1000000;
	struct world w = { .t = t, .now = S(1), .iss = iss, .nxt = iss, .rcv = iss + 77777, .una = iss + 77777, .wnd = 8192,
	                   .id = -1, .listener = -1 };
	struct stack_config config = {
		.seed = 7, .addr = { dut.addr }, .n_addr = 1, .emit = on_emit, .notify = on_note, .arg = &w
	};

	if (walk->mishap != HEALTHY && x->what == A_WAIT)
		return false;
	t->n = t->stimulus = t->behind = 0;
	t->dut_iss_known = false;
	t->iss = iss;
	knobs_defaults(&config.knobs);
	knob_settings[walk->setting].set(&config.knobs);
	config.knobs.iss_fixed = true;
	config.knobs.iss = iss - 3;
	config.knobs.rcv_buffer = 16000;
	w.stack = stack_new(&config);
	if (w.stack == NULL)
		exit(2);
	reach(&w, p);
	w.old_too = p == AT_REOPENED;
	w.fin_waits = p == AT_ESTABLISHED_FIN_HELD || p == AT_FIN_WAIT_1_HELD || p == AT_FIN_WAIT_2_HELD || p == AT_SYN_RECEIVED_FIN;
	w.fin_at = p == AT_SYN_RECEIVED_FIN ? w.nxt : w.nxt + 10;
	wait_for(&w, place_hurries(p) ? MS(20) : MS(1100));
	if (walk->mishap == HEALTHY)
		stimulate(&w, p, x);
	else
		go_wrong(&w, p, walk);
	const bool nothing = t->stimulus == t->n;

	wait_for(&w, MS(1200));
	t->behind = t->n;
	follow_up(&w, p, how_far(walk->stimulus, p));
	stack_free(w.stack);
	return !w.full && !(walk->mishap != HEALTHY && nothing);
}

/* ---- what a trace shows --------------------------------------------------- */

static uint64_t mix(uint64_t h, uint64_t n)
{
	h ^= n;
	h *= 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

uint64_t trace_shows(const struct trace *t)
{
	uint64_t h = 1;

	for (unsigned i = t->stimulus; i < t->n; i++) {
		const struct seg *s = &t->e[i].seg;

		if (i == t->behind)
			h = mix(h, 2);
		if (t->e[i].kind == SENT && i > t->behind)
			h = mix(h, 3);
		if (t->e[i].kind != SEEN)
			continue;
		h = mix(h, s->ctl & ~(unsigned)PSH);
		h = mix(h, (s->ctl & RST) && s->seq == 0 ? UINT64_MAX : s->seq - t->iss);
		h = mix(h, s->ctl & ACK ? s->ack - t->iss : 0);
		h = mix(h, s->len);
	}
	return h;
}

uint64_t trace_hash(const struct trace *t)
{
	uint64_t h = t->n;

	for (unsigned i = 0; i < t->n; i++) {
		const struct happening *e = &t->e[i];
		const struct seg *s = &e->seg;

		h = mix(h, (uint64_t)e->at);
		h = mix(h, (uint64_t)e->kind << 32 | (unsigned)e->call.kind << 16 | (uint16_t)e->answer.error);
		h = mix(h, (uint64_t)s->seq << 32 | s->ack);
		h = mix(h, (uint64_t)s->len << 40 | (uint64_t)s->wnd << 24 | (uint64_t)s->ctl << 16 | s->opt_len << 8 | s->wrong);
		for (unsigned k = 0; k < s->opt_len; k++)
			h = mix(h, s->opt[k]);
	}
	return h;
}
