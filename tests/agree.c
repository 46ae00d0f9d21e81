/* agree.c: the two readings of RFC 9293 3.10 against each other, step by step.
 *
 * The reference stack (prose) is brought into each state and given each kind of
 * segment and call: control bits x numbers at and around each edge x text x ISS
 * at the wrap, in every lawful setting of its knobs.  What it then does, and how
 * it answers the probes that follow, must be lawful for the oracle (the table):
 * nothing refused, nothing undecided, no hypotheses joined, every row hit.
 *
 * A lenient row is hit as well, so rows are mutated: an answer added or removed,
 * a guard negated, a next state changed.  A mutant is refuted when it refuses
 * what the stack does in some setting, or takes an answer that the stack gives
 * in no setting and the unchanged row refuses.  Mutants that nobody can refute
 * are listed below with the reason, and only those may survive.
 *
 * fuzz/fuzz_agree.c takes long walks by chance; this one takes every first step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/catalogue.h"
#include "harness/oracle/inner.h"
#include "harness/oracle/rules.h"
#include "harness/stack/stack.h"
#include "probes/opt.h"
#include "probes/show.h"

enum { EVENTS = 160, TEXT = 9000, ROWS = 256, KEPT = 16, BADS = 28, FOLLOW = 5 };

static const struct endpoint dut = { .addr = { .v = 4, .o = { 192, 0, 2, 1 } }, .port = 80 };
static const struct endpoint we = { .addr = { .v = 4, .o = { 192, 0, 2, 2 } }, .port = 40000 };

/* Sanitizers make each step ten times slower: they see every seventh stimulus, and
 * no mutants. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* ---- traces --------------------------------------------------------------- */

struct happening {
	enum { SENT, SEEN, CALLED, PASSED } kind;
	tick at;
	struct seg seg;
	struct call call;
	struct answer answer;
};

struct trace {
	unsigned n, stimulus, behind;   /* the stimulus; the first event behind its replies */
	struct seg want_ack;            /* what a pure ACK to the stimulus would be */
	uint32_t dut_iss;
	bool dut_iss_known;
	struct happening e[EVENTS];
};

static const uint8_t octets[TEXT];

/* ---- the oracle reads a trace --------------------------------------------- */

struct reading {
	unsigned fails, doubts, joins;
	char first[700];
};

static struct reading reading;
static bool hits[ROWS], near_hits[ROWS];   /* ... while the stimulus is looked at */
static bool count_hits, near_stimulus;

static unsigned n_rows;
static const struct rule *row_of[ROWS];
static const char *table_of_row[ROWS];

static void number_rows(void)
{
	for (const struct table *t = rule_tables; t->name != NULL; t++)
		for (const struct rule *r = t->rows; r->clause != NULL; r++) {
			row_of[n_rows] = r;
			table_of_row[n_rows++] = t->name;
		}
}

static void on_hit(void *arg, const struct rule *row)
{
	(void)arg;
	for (unsigned i = 0; count_hits && i < n_rows; i++)
		if (row_of[i] == row) {
			hits[i] = true;
			near_hits[i] = near_hits[i] || near_stimulus;
			return;
		}
}

static void on_judgement(void *arg, const struct judgement *j)
{
	(void)arg;
	if (j->verdict == PASS || j->level == LEVEL_MAY)
		return;
	if (reading.fails + reading.doubts == 0)
		snprintf(reading.first, sizeof(reading.first), "[%s] %s: %s; wanted %s; got %s", j->req,
		         j->rule ? j->rule : "", j->message, j->wanted ? j->wanted : "-", j->got ? j->got : "-");
	reading.fails += j->verdict == FAIL;
	reading.doubts += j->verdict != FAIL;
}

/* `until`: how many events; stops at the first complaint. */
static struct reading read_trace(const struct trace *t, unsigned until, enum accept accept, bool end)
{
	const struct oracle_config config = {
		.vantage = VANTAGE_TESTER, .accept = accept, .live = true, .lossless = true, .calls_known = true,
		.whole = true, .reply_within = MS(200), .slack = MS(50), .msl = S(120), .judge = on_judgement
	};
	struct oracle *o = oracle_new(&config, &dut, &we);
	tick last = 0;

	memset(&reading, 0, sizeof(reading));
	for (unsigned i = 0; i < until && reading.fails + reading.doubts == 0; i++) {
		const struct happening *e = &t->e[i];

		last = e->at;
		near_stimulus = i >= t->stimulus && i < t->behind;
		if (e->kind == SENT)
			oracle_sent(o, &e->seg, (int)i);
		else if (e->kind == SEEN)
			oracle_seen(o, &e->seg, (int)i);
		else if (e->kind == CALLED)
			oracle_called(o, &e->call, &e->answer, e->at, e->at);
		else
			oracle_passed(o, e->at, true);
	}
	if (end && reading.fails + reading.doubts == 0)
		oracle_end(o, last + S(2), true);
	reading.joins = oracle_stats(o).joins;
	oracle_free(o);
	return reading;
}

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
	struct happening *e = happens(w, SEEN);

	e->seg = *s;
	e->seg.at = w->now;
	e->seg.text = s->len ? octets : NULL;   /* what it says is not the matter here */
	if (s->ctl & RST)
		return;
	if (s->ctl & SYN) {
		w->dut_iss = s->seq;
		w->t->dut_iss = s->seq;
		w->t->dut_iss_known = true;
		w->rcv = seg_end(s);
	} else if ((int32_t)(seg_end(s) - w->rcv) > 0) {
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
	s.wnd = s.wnd ? s.wnd : 65535;
	s.text = s.len ? octets : NULL;
	while (s.opt_len % 4)
		opt_nop(&s);
	s.doff = (uint8_t)(5 + s.opt_len / 4);
	s.at = w->now;
	happens(w, SENT)->seg = s;
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
	AT_CLOSING, AT_CLOSING_SENDING, AT_LAST_ACK, AT_LAST_ACK_UNREAD, AT_TIME_WAIT, AT_TIME_WAIT_STAMPED, AT_REOPENED, PLACES
};

static const char *const place_names[PLACES] = {
	"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "SYN-RECEIVED after crossing", "ESTABLISHED",
	"ESTABLISHED by active open", "ESTABLISHED, sending", "ESTABLISHED with a hole", "ESTABLISHED with a FIN above a hole",
	"ESTABLISHED, window closed", "ESTABLISHED with timestamps", "FIN-WAIT-1", "FIN-WAIT-1 after a full close",
	"FIN-WAIT-1 with a FIN above a hole", "FIN-WAIT-2", "FIN-WAIT-2 after a full close", "FIN-WAIT-2 with a FIN above a hole",
	"FIN-WAIT-2 with unread text", "CLOSE-WAIT", "CLOSE-WAIT, sending", "CLOSE-WAIT with unread text", "CLOSING",
	"CLOSING, sending", "LAST-ACK", "LAST-ACK with unread text", "TIME-WAIT", "TIME-WAIT with timestamps",
	"SYN-RECEIVED out of TIME-WAIT"
};

static struct seg segment(unsigned ctl, uint32_t seq, uint32_t ack, uint32_t len)
{
	return (struct seg) { .seq = seq, .ack = ctl & ACK ? ack : 0, .ctl = (uint8_t)ctl, .len = len };
}

static bool stamped(enum place p)
{
	return p == AT_ESTABLISHED_STAMPED || p == AT_TIME_WAIT_STAMPED;
}

static uint32_t stamp = 5000;

static void say_syn(struct world *w, enum place p, unsigned ctl)
{
	struct seg s = segment(ctl, w->iss, w->rcv, 0);

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

static void reach(struct world *w, enum place p)
{
	if (p == AT_CLOSED)
		return;
	if (p == AT_SYN_SENT || p == AT_CROSSED || p == AT_CONNECTED) {
		ask(w, CALL_OPEN_ACTIVE, 0);
		if (p == AT_SYN_SENT) {
			w->una = w->dut_iss;
			return;
		}
		say_syn(w, p, p == AT_CROSSED ? SYN : SYN | ACK);
		wait_for(w, MS(100));
		w->una = w->rcv;
		return;
	}
	ask(w, CALL_OPEN_PASSIVE, 0);
	if (p == AT_LISTEN)
		return;
	say_syn(w, p, SYN);
	if (p == AT_SYN_RECEIVED) {
		w->una = w->dut_iss;
		return;
	}
	tell(w, p, ACK, w->nxt, w->rcv, 0);
	w->una = w->rcv;
	if (p == AT_FIN_WAIT_2_UNREAD || p == AT_CLOSE_WAIT_UNREAD || p == AT_LAST_ACK_UNREAD) {
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
	case AT_FIN_WAIT_1:
	case AT_FIN_WAIT_1_HELD:
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
		if (p == AT_FIN_WAIT_1 || p == AT_CLOSING_SENDING || p == AT_FIN_WAIT_1_FULL || p == AT_CLOSING || p == AT_FIN_WAIT_1_HELD)
			break;
		tell(w, p, ACK, w->nxt, w->rcv, 0);
		w->una = w->rcv;
		if (p == AT_FIN_WAIT_2_HELD)
			tell(w, p, ACK | FIN, w->nxt + 10, w->rcv, 0);
		if (p == AT_TIME_WAIT || p == AT_TIME_WAIT_STAMPED || p == AT_REOPENED)
			tell(w, p, ACK | FIN, w->nxt, w->rcv, 0);
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
	case AT_LAST_ACK:
	case AT_LAST_ACK_UNREAD:
		tell(w, p, ACK | FIN, w->nxt, w->rcv, 0);
		if (p == AT_CLOSE_WAIT_SENDING)
			ask(w, CALL_SEND, 100);
		if (p == AT_LAST_ACK || p == AT_LAST_ACK_UNREAD)
			ask(w, CALL_SHUTDOWN, 0);
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
	int ts;                         /* with timestamps: older, equal, newer, none */
	enum call_kind call;
	tick wait;
};

enum { SEQ_NXT, SEQ_BELOW, SEQ_ABOVE, SEQ_EDGE, SEQ_IRS, SEQ_LAST, SEQ_BEYOND, SEQ_HALF, SEQS, SEQS_FEW = 5 };
enum { ACK_NXT, ACK_ABOVE, ACK_BELOW, ACK_UNA, ACK_ANCIENT, ACK_FAR, ACKS, ACKS_FEW = 5 };
enum { LEN_0, LEN_1, LEN_10, LEN_SPAN, LENS, LENS_FEW = 3 };

static struct stimulus *stimuli;
static unsigned n_stimuli, n_few;

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
				for (int len = 0; len < (few ? LENS_FEW : LENS); len++) {
					const bool known = seq < SEQS_FEW && ack < ACKS_FEW && len < LENS_FEW && b < 10;

					if (len == LEN_1 && few && seq != SEQ_BELOW && seq != SEQ_NXT)
						continue;
					if (!few && known && !(len == LEN_1 && seq != SEQ_BELOW && seq != SEQ_NXT))
						continue;       /* among the few */
					add((struct stimulus) { .what = A_SEGMENT, .ctl = bits[b], .seq = seq, .ack = ack, .len = len });
				}
}

static void list_stimuli(void)
{
	static const enum call_kind calls[] = {
		CALL_SHUTDOWN, CALL_CLOSE, CALL_ABORT, CALL_OPEN_PASSIVE, CALL_OPEN_ACTIVE, CALL_KINDS /* CLOSE of the listener */
	};

	add_segments(true);
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		add((struct stimulus) { .what = A_CALL, .call = calls[i] });
	add((struct stimulus) { .what = A_CALL, .call = CALL_CLOSE, .len = 1 }); /* after a linger time of zero */
	add((struct stimulus) { .what = A_WAIT, .wait = S(250) });
	add((struct stimulus) { .what = A_WAIT, .wait = S(10) });
	add((struct stimulus) { .what = A_WRONG_SUM, .ctl = ACK, .len = LEN_10 });
	add((struct stimulus) { .what = A_WRONG_OFFSET, .ctl = ACK, .len = LEN_10 });
	for (int ts = 1; ts < 4; ts++) {
		add((struct stimulus) { .what = A_SEGMENT, .ctl = ACK, .len = LEN_10, .ts = ts });
		add((struct stimulus) { .what = A_SEGMENT, .ctl = ACK, .ts = ts });
		add((struct stimulus) { .what = A_SEGMENT, .ctl = SYN, .seq = SEQ_IRS, .ts = ts });
	}
	n_few = n_stimuli;
	add_segments(false);
}

static struct seg shape(const struct world *w, enum place p, const struct stimulus *x)
{
	const uint32_t nxt = w->nxt, wnd = w->wnd;
	const uint32_t seqs[SEQS] = {
		[SEQ_NXT] = nxt, [SEQ_BELOW] = nxt - 1, [SEQ_ABOVE] = nxt + 20, [SEQ_EDGE] = nxt + wnd, [SEQ_IRS] = w->iss,
		[SEQ_LAST] = nxt + wnd - 1, [SEQ_BEYOND] = nxt + wnd + 5000, [SEQ_HALF] = nxt + 0x80000000u
	};
	const uint32_t acks[ACKS] = {
		[ACK_NXT] = w->rcv, [ACK_ABOVE] = w->rcv + 1, [ACK_BELOW] = w->una - 1, [ACK_UNA] = w->una,
		[ACK_ANCIENT] = w->una - 70000, [ACK_FAR] = w->rcv + 0x70000000u
	};
	const uint32_t lens[LENS] = { [LEN_0] = 0, [LEN_1] = 1, [LEN_10] = 10, [LEN_SPAN] = 1460 };
	struct seg s = segment(x->ctl, seqs[x->seq], acks[x->ack], lens[x->len]);

	if (s.ctl & SYN)
		opt_mss(&s, 1460);
	if (stamped(p) && !(s.ctl & RST) && x->ts != 3)
		opt_ts(&s, x->ts == 1 ? stamp - 1 : x->ts == 2 ? stamp + 100 : stamp, 0);
	if (x->what == A_WRONG_SUM)
		s.wrong = WRONG_CKSUM;
	if (x->what == A_WRONG_OFFSET)
		s.wrong = WRONG_DOFF;
	return s;
}

/* What follows shows the state that the stimulus has led to. */
static void follow_up(struct world *w, enum place p, unsigned how_far)
{
	const uint32_t seq = w->nxt;

	if (how_far > 0)
		tell(w, p, ACK, w->nxt - 1, w->rcv, 1);
	if (how_far > 1)
		tell(w, p, ACK, w->nxt == seq ? w->nxt : seq, w->rcv, 10);
	if (how_far > 2)
		tell(w, p, ACK | FIN, w->nxt, w->rcv, 0);
	if (how_far > 3)
		tell(w, p, ACK, w->nxt, w->rcv, 0);
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

/* One run of the stack.  False when the trace has no room for it. */
static bool run(const struct knobs *knobs, const char *fault, uint32_t iss, enum place p, const struct stimulus *x,
                unsigned how_far, struct trace *t)
{
	struct world w = { .t = t, .now = S(1), .iss = iss, .nxt = iss, .rcv = iss + 77777, .una = iss + 77777, .wnd = 8192,
	                   .id = -1, .listener = -1 };
	struct stack_config config = {
		.seed = 7, .addr = { dut.addr }, .n_addr = 1, .knobs = *knobs, .fault = fault,
		.emit = on_emit, .notify = on_note, .arg = &w
	};

	t->n = t->stimulus = t->behind = 0;
	t->dut_iss_known = false;
	config.knobs.iss_fixed = true;
	config.knobs.iss = iss - 3;
	config.knobs.rcv_buffer = 16000;
	w.stack = stack_new(&config);
	if (w.stack == NULL)
		exit(2);
	reach(&w, p);
	wait_for(&w, MS(1100));
	stimulate(&w, p, x);
	wait_for(&w, MS(1200));
	t->behind = t->n;
	follow_up(&w, p, how_far);
	stack_free(w.stack);
	return !w.full;
}

/* ---- what the stack answers, as a form ------------------------------------ */

static const unsigned forms[] = { SILENCE, PURE_ACK, SYN_ACK, RST_SEQ, RST_ACK, RST_NXT };
enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

/* A segment of this form as the answer to the stimulus. */
static struct seg answer_of(const struct trace *t, unsigned form)
{
	const struct seg *x = &t->e[t->stimulus].seg;
	struct seg s = t->want_ack;

	switch (form) {
	case SYN_ACK:
		s = segment(SYN | ACK, t->dut_iss_known ? t->dut_iss : 12345, x->seq + 1, 0);
		opt_mss(&s, 1460);
		break;
	case RST_SEQ:
		s = segment(RST, x->ack, 0, 0);
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

static bool fits(const struct seg *a, const struct seg *b)
{
	return (a->ctl & (SYN | RST | FIN)) == (b->ctl & (SYN | RST | FIN)) && a->seq == b->seq && a->len == 0;
}

/* Every form that the first reply may be; SILENCE where there was none. */
static unsigned forms_given(const struct trace *t)
{
	const struct happening *x = &t->e[t->stimulus];
	unsigned given = 0;

	for (unsigned i = t->stimulus + 1; i < t->behind; i++) {
		if (t->e[i].kind != SEEN || t->e[i].at > x->at + MS(600))
			continue;
		for (unsigned f = 1; f < FORMS; f++) {
			const struct seg model = answer_of(t, forms[f]);

			if (fits(&t->e[i].seg, &model))
				given |= forms[f];
			/* any number is the stack's own */
			if (forms[f] == SYN_ACK && (t->e[i].seg.ctl & (SYN | ACK)) == (SYN | ACK))
				given |= SYN_ACK;
			if (forms[f] == PURE_ACK && (t->e[i].seg.ctl & (SYN | RST | FIN | ACK)) == ACK)
				given |= PURE_ACK;
		}
		if (given == 0)
			given = 1u << 31;       /* something else */
	}
	return given ? given : SILENCE;
}

/* ---- the agreement -------------------------------------------------------- */

static unsigned passed_checks, failed_checks;
static unsigned *given_somewhere;       /* [place * n_few + stimulus]: forms, over all settings */

struct kept {
	struct trace *healthy[KEPT];
	enum accept accept[KEPT];
	unsigned n, seen;
	unsigned bad[BADS];             /* place * n_few + stimulus */
	unsigned n_bad;
};
static struct kept kept[ROWS];
static bool ever_hit[ROWS];

static void show_trace(const struct trace *t)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct happening *e = &t->e[i];
		char line[SHOW_MAX];

		if (e->kind == PASSED)
			continue;
		printf("    %9.3f %s %s%s\n", (double)e->at / 1e9,
		       e->kind == SENT ? ">" : e->kind == SEEN ? "<" : "call",
		       e->kind == CALLED ? call_name(e->call.kind) : seg_show(&e->seg, NULL, line, sizeof(line)),
		       i == t->stimulus ? "   <== the stimulus" : "");
	}
}

/* Each kind of disagreement once, with its trace. */
static void disagree(const struct trace *t, const char *setting, enum place p, const char *why)
{
	enum { KINDS = 40, LONG = 70 };
	static struct { enum place p; char why[LONG]; unsigned n; } kinds[KINDS];
	static unsigned n_kinds;

	failed_checks++;
	for (unsigned i = 0; i < n_kinds; i++)
		if (kinds[i].p == p && strncmp(kinds[i].why, why, LONG - 1) == 0) {
			kinds[i].n++;
			return;
		}
	if (n_kinds == KINDS)
		return;
	kinds[n_kinds].p = p;
	snprintf(kinds[n_kinds++].why, LONG, "%s", why);
	printf("not ok: setting %s, %s: %s\n", setting, place_names[p], why);
	show_trace(t);
}

static struct trace *copy_of(const struct trace *t)
{
	const size_t n = offsetof(struct trace, e) + t->n * sizeof(t->e[0]);
	struct trace *copy = malloc(n);

	if (copy == NULL)
		exit(2);
	memcpy(copy, t, n);
	return copy;
}

static void keep(const struct trace *t, enum accept accept, unsigned which, bool few)
{
	for (unsigned r = 0; r < n_rows; r++) {
		struct kept *k = &kept[r];

		if (!hits[r])
			continue;
		ever_hit[r] = true;
		k->seen++;
		if (k->n < KEPT) {
			k->healthy[k->n] = copy_of(t);
			k->accept[k->n++] = accept;
		} else if (k->seen * 2654435761u % k->seen < KEPT) {
			const unsigned at = k->seen * 40503u % KEPT;

			free(k->healthy[at]);
			k->healthy[at] = copy_of(t);
			k->accept[at] = accept;
		}
		if (!few || !near_hits[r])
			continue;
		/* two of each place */
		unsigned here = 0;

		for (unsigned i = 0; i < k->n_bad; i++)
			here += k->bad[i] / n_few == which / n_few;
		if (k->n_bad < BADS && here < 2)
			k->bad[k->n_bad++] = which;
	}
}

static struct trace scratch;

static void must_accept(const char *setting, enum place p, const struct stimulus *x, unsigned which, enum accept accept)
{
	memset(hits, 0, sizeof(hits));
	memset(near_hits, 0, sizeof(near_hits));
	count_hits = true;
	const struct reading r = read_trace(&scratch, scratch.n, accept, true);

	count_hits = false;
	(void)x;
	if (r.fails + r.doubts > 0)
		disagree(&scratch, setting, p, r.first);
	else if (r.joins > 0)
		disagree(&scratch, setting, p, "hypotheses were joined");
	else
		passed_checks++;
	if (r.fails + r.doubts + r.joins == 0)
		keep(&scratch, accept, which, which != UINT32_MAX);
}

/* Numbers of two connections in one conversation are not mixed further. */
static unsigned how_far(unsigned stimulus, enum place p)
{
	return stimulus < n_few && p != AT_REOPENED ? FOLLOW : 1;
}

static void healthy(void)
{
	for (unsigned s = 0; s < n_knob_settings; s++) {
		struct knobs knobs;
		const bool legacy = strcmp(knob_settings[s].name, "legacy_793") == 0;

		knobs_defaults(&knobs);
		knob_settings[s].set(&knobs);
		for (enum place p = 0; p < PLACES; p++)
			for (unsigned i = 0; i < (s == 0 ? n_stimuli : n_few); i++) {
				const uint32_t iss = (i + p + s) % 2 ? 0xfffffff5u : 1000000;
				const unsigned which = i < n_few ? p * n_few + i : UINT32_MAX;

				if ((stimuli[i].ts != 0 && !stamped(p)) || (SANITIZED && (i + s + p) % 7 != 0))
					continue;
				if (!run(&knobs, NULL, iss, p, &stimuli[i], how_far(i, p), &scratch)) {
					disagree(&scratch, knob_settings[s].name, p, "the stack does not stop sending");
					continue;
				}
				if (i < n_few)
					given_somewhere[which] |= forms_given(&scratch);
				must_accept(knob_settings[s].name, p, &stimuli[i], which,
				            legacy ? ACCEPT_LEGACY793 : ACCEPT_DEPLOYED);
				if (s == 0)
					must_accept("defaults, strict", p, &stimuli[i], which, ACCEPT_STRICT);
			}
	}
}

/* ---- answers that no setting gives ---------------------------------------- */

/* The trace up to the stimulus, answered by this form. */
static bool answered_by(unsigned which, unsigned form, struct trace *t)
{
	const enum place p = which / n_few;
	const struct stimulus *x = &stimuli[which % n_few];
	struct knobs knobs;

	if (x->what == A_WAIT)
		return false;
	knobs_defaults(&knobs);
	run(&knobs, NULL, 1000000, p, x, 0, t);
	if (t->stimulus >= t->n || (t->e[t->stimulus].kind != SENT && t->e[t->stimulus].kind != CALLED))
		return false;
	t->n = t->stimulus + 1;
	if (form != SILENCE) {
		t->e[t->n].kind = SEEN;
		t->e[t->n].at = t->e[t->stimulus].at;
		t->e[t->n++].seg = answer_of(t, form);
	}
	t->e[t->n].kind = PASSED;
	t->e[t->n].at = t->e[t->stimulus].at + MS(1200);
	t->n++;
	return true;
}

/* ---- mutants -------------------------------------------------------------- */

static bool refuses_the_stack(unsigned r)
{
	for (unsigned i = 0; i < kept[r].n; i++) {
		const struct reading now = read_trace(kept[r].healthy[i], kept[r].healthy[i]->n, kept[r].accept[i], true);

		if (now.fails + now.doubts > 0)
			return true;
	}
	return false;
}

/* A reply that no setting of the stack gives, refused by the row as it stands and
 * taken by its mutant. */
static bool takes(unsigned which, unsigned form, enum accept accept)
{
	const struct mutation mutated = rules_mutation;

	if (!answered_by(which, form, &scratch) || read_trace(&scratch, scratch.n, accept, false).fails > 0)
		return false;
	memset(&rules_mutation, 0, sizeof(rules_mutation));
	const bool refused = read_trace(&scratch, scratch.n, accept, false).fails > 0;

	rules_mutation = mutated;
	return refused;
}

static bool takes_what_nobody_sends(unsigned r, unsigned only)
{
	for (unsigned i = 0; i < kept[r].n_bad; i++)
		for (unsigned f = 0; f < FORMS; f++) {
			if ((only && forms[f] != only) || (given_somewhere[kept[r].bad[i]] & forms[f]))
				continue;
			for (int accept = ACCEPT_STRICT; accept <= ACCEPT_LEGACY793; accept++)
				if ((row_of[r]->accept & 1u << accept) && takes(kept[r].bad[i], forms[f], (enum accept)accept))
					return true;
		}
	return false;
}

enum mutation_kind { NEGATED, ADDED, REMOVED, REPLACED, NEXT };

#include "agree_equivalent.h"

static unsigned refuted, survived, excused, used[EXCUSES];

static bool is_excused(unsigned r, enum mutation_kind kind, int value)
{
	for (unsigned i = 0; i < EXCUSES; i++)
		if (excuses[i].holds(table_of_row[r], row_of[r], kind, value)) {
			used[i]++;
			return true;
		}
	return false;
}

static void mutant(unsigned r, struct rule instead, enum mutation_kind kind, int value)
{
	static const char *const names[] = { "guard negated", "also", "without", "instead", "next state" };
	char words[160];

	rules_mutation = (struct mutation) { .at = row_of[r], .instead = instead, .negate = kind == NEGATED };
	const bool gone = (kind != ADDED && refuses_the_stack(r)) ||
		takes_what_nobody_sends(r, kind == ADDED ? (unsigned)value : 0);

	memset(&rules_mutation, 0, sizeof(rules_mutation));
	if (gone) {
		refuted++;
	} else if (is_excused(r, kind, value)) {
		excused++;
	} else {
		survived++;
		printf("not ok: nobody refutes: %s, row %u of %s (%s, states %03x%s, profiles %x): %s %s\n", row_of[r]->clause, r,
		       table_of_row[r], row_of[r]->req ? row_of[r]->req : "no id", row_of[r]->states,
		       row_of[r]->when == OR ? ", or" : "", row_of[r]->accept, names[kind],
		       kind == NEGATED ? "" : kind == NEXT ? value == SAME ? "same" : value == GONE ? "gone" : "ESTABLISHED" :
		       answer_words((unsigned)value, words, sizeof(words)));
	}
}

static void mutate(unsigned r)
{
	const struct rule row = *row_of[r];

	if (row.when != OR)
		mutant(r, row, NEGATED, 0);
	for (unsigned f = 0; f < FORMS; f++) {
		struct rule other = row;

		if (row.lawful & forms[f] && (row.lawful & ~forms[f] & ~(unsigned)THROTTLED)) {
			other.lawful &= ~forms[f];
			mutant(r, other, REMOVED, (int)forms[f]);
		} else if (row.lawful & forms[f]) {
			other.lawful = forms[f] == SILENCE ? PURE_ACK : SILENCE;
			mutant(r, other, REPLACED, (int)other.lawful);
		} else if (row.lawful != NOTHING && !(forms[f] == PURE_ACK && row.lawful & ACK_SOON)) {
			other.lawful |= forms[f];
			mutant(r, other, ADDED, (int)forms[f]);
		}
	}
	const int nexts[] = { SAME, GONE, ESTABLISHED };

	for (unsigned i = 0; i < sizeof(nexts) / sizeof(nexts[0]); i++) {
		struct rule other = row;

		if (row.next == nexts[i])
			continue;
		other.next = nexts[i];
		mutant(r, other, NEXT, nexts[i]);
	}
}

/* ---- ids ------------------------------------------------------------------ */

static void known(void *where, const char *id)
{
	if (requirement_find(id) != NULL) {
		passed_checks++;
		return;
	}
	failed_checks++;
	printf("not ok: %s names %s, which the catalogue does not have\n", (const char *)where, id);
}

/* Every id that the oracle can speak is one of the catalogue. */
static void ids(void)
{
	for (unsigned r = 0; r < n_rows; r++)
		for (int state = 0; state < TCP_STATES && row_of[r]->req != NULL; state++) {
			char buf[200], where[64];

			if (strchr(row_of[r]->req, '%') != NULL && !(row_of[r]->states & IN(state)))
				continue;
			snprintf(where, sizeof(where), "row %u of %s", r, table_of_row[r]);
			requirement_each(rule_req(row_of[r], (enum tcp_state)state, buf, sizeof(buf)), known, where);
		}
	for (int p = 0; p < PERMITS; p++) {
		char where[64];

		snprintf(where, sizeof(where), "%s", permits[p].name);
		requirement_each(permits[p].req, known, where);
	}
}

int main(void)
{
	number_rows();
	list_stimuli();
	hyps_hit = on_hit;
	given_somewhere = calloc(PLACES * n_few, sizeof(*given_somewhere));
	if (given_somewhere == NULL)
		return 2;
	ids();
	healthy();
	printf("# %u places, %u stimuli (%u in each of %zu settings), %u readings agree, %u do not\n", PLACES, n_stimuli,
	       n_few, n_knob_settings, passed_checks, failed_checks);
	for (unsigned r = 0; r < n_rows && !SANITIZED; r++) {
		if (ever_hit[r])
			continue;
		failed_checks++;
		printf("not ok: no run has hit row %u of %s: %s (%s, states %03x)\n", r, table_of_row[r], row_of[r]->clause,
		       row_of[r]->req ? row_of[r]->req : "no id", row_of[r]->states);
	}
	for (unsigned r = 0; r < n_rows && !SANITIZED; r++)
		if (ever_hit[r])
			mutate(r);
	for (unsigned i = 0; i < EXCUSES && !SANITIZED; i++) {
		printf("# %4u equivalent: %s\n", used[i], excuses[i].reason);
		failed_checks += used[i] == 0;
		if (used[i] == 0)
			printf("not ok: this excuse is not needed\n");
	}
	printf("# %u rows, %u mutants refuted, %u equivalent, %u survive\n", n_rows, refuted, excused, survived);
	printf("%u passed, %u failed\n", passed_checks + refuted + excused, failed_checks + survived);
	for (unsigned r = 0; r < n_rows; r++)
		for (unsigned i = 0; i < kept[r].n; i++)
			free(kept[r].healthy[i]);
	free(given_somewhere);
	free(stimuli);
	return failed_checks + survived > 0;
}
