/* fuzz_agree.c: any conversation at all between a peer without manners and the
 * healthy reference stack, with the oracle listening: the stack must neither crash
 * nor send what cannot be read, and the oracle must find nothing to fail.
 *
 * The input is a programme of calls, segments and waits.  Segments are told
 * relative to what the stack itself has said last, so that chance meets the edges
 * of windows and not the wide middle of 2^32.  tests/agree.c does single steps
 * exhaustively; this does long walks by chance.
 *
 * The permissions are judged and, in every other walk, the reactions: what such a
 * walk brings up is a place where two lawful freedoms meet, to be settled by a row
 * of the oracle or a line of the stack. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/oracle/oracle.h"
#include "harness/stack/stack.h"
#include "probes/opt.h"
#include "probes/seq.h"
#include "probes/show.h"
#include "seeds.h"

enum { MOST_STEPS = 120, DUT_PORT = 7, OUR_PORT = 4000, TEXT = 3000, HISTORY = 400, QUEUE = 64 };

struct walk {
	struct stack *stack;
	struct oracle *oracle;
	tick now;
	struct endpoint dut, we;
	uint32_t seq, ack;              /* where a well-behaved peer would be   */
	uint16_t wnd;                   /* what the stack offered last, as in the field */
	uint32_t iss;
	uint32_t end;                   /* where our FIN stands                 */
	bool ended;
	int id, listener;               /* the stack's names; -1: none          */
	int index;                      /* of the next segment                  */
	bool live;
	uint8_t text[TEXT];

	/* What the stack sent, until the call or segment that drew it is told. */
	struct { struct seg seg; uint8_t text[TEXT]; } queue[QUEUE];
	unsigned n_queue;

	char history[HISTORY][200];     /* for the one time that matters */
	unsigned n_history;
};

static struct walk w;

static void note_down(const char *who, const char *what)
{
	snprintf(w.history[w.n_history++ % HISTORY], sizeof w.history[0], "%12.6f %s %s",
	         (double)w.now / 1e9, who, what);
}

static _Noreturn void complain(const char *what)
{
	unsigned from = w.n_history > HISTORY ? w.n_history - HISTORY : 0;

	for (unsigned i = from; i < w.n_history; i++)
		fprintf(stderr, "%s\n", w.history[i % HISTORY]);
	fprintf(stderr, "%s\n", what);
	abort();
}

static void emitted(void *arg, const struct seg *s)
{
	struct seg copy = *s;
	char line[200];

	(void)arg;
	copy.at = w.now;
	note_down("dut:", seg_show(&copy, NULL, line, sizeof line));
	if (copy.wrong || (copy.len > 0 && !copy.text) || copy.opt_len > SEG_OPT_MAX)
		complain("the healthy stack sent a malformed segment");
	if (!endpoint_eq(&copy.src, &w.dut) || !endpoint_eq(&copy.dst, &w.we))
		return;
	if (!(copy.ctl & RST)) {
		w.ack = seg_end(&copy);
		w.wnd = copy.wnd;
	}
	if (copy.ctl & ACK && !(copy.ctl & RST))
		w.seq = copy.ack;
	if (w.n_queue == QUEUE || copy.len > TEXT)
		complain("the stack sends a flood");
	if (copy.len > 0)
		memcpy(w.queue[w.n_queue].text, copy.text, copy.len);
	w.queue[w.n_queue++].seg = copy;
}

static void tell_oracle(void)
{
	for (unsigned i = 0; i < w.n_queue; i++) {
		if (w.queue[i].seg.len > 0)
			w.queue[i].seg.text = w.queue[i].text;
		oracle_seen(w.oracle, &w.queue[i].seg, w.index++);
	}
	w.n_queue = 0;
}

static void noted(void *arg, const struct note *n)
{
	(void)arg;
	note_down("note:", note_name(n->kind));
	if (n->kind == NOTE_CLOSED || n->kind == NOTE_ERROR) {
		/* What comes next is a new incarnation, which begins above. */
		w.iss += 200000;
		w.seq = w.iss;
		w.ended = false;
		w.id = -1;
	}
	if (n->kind == NOTE_ESTABLISHED)
		w.id = n->id;
}

static void judged(void *arg, const struct judgement *j)
{
	char text[600];

	(void)arg;
	if (j->verdict != FAIL || j->level == LEVEL_MAY)
		return;
	snprintf(text, sizeof text, "the oracle refuses the stack: [%s] %s, %s, in %s: %s; wanted %s, got %s", j->req,
	         j->clause ? j->clause : "", j->rule ? j->rule : "", j->state ? j->state : "", j->message,
	         j->wanted ? j->wanted : "", j->got ? j->got : "");
	complain(text);
}

/* Time passes, and the stack's timers with it; in steps of the stack's own. */
static void wait_for(tick t)
{
	tick until = w.now + t;

	for (int i = 0; i < 2000; i++) {
		tick next = stack_poll_at(w.stack);

		if (next > until)
			break;
		if (next > w.now) {
			w.now = next;
			if (w.live)
				oracle_passed(w.oracle, w.now, true);
		}
		stack_tick(w.stack, w.now);
		tell_oracle();
	}
	if (w.now < until)
		w.now = until;
	if (w.live)
		oracle_passed(w.oracle, w.now, true);
}

static void call(struct call k)
{
	struct answer a = { 0 };

	k.id = k.kind == CALL_CLOSE && k.n == 1 ? w.listener : w.id;
	if ((k.kind != CALL_OPEN_PASSIVE && k.kind != CALL_OPEN_ACTIVE) && k.id < 0)
		return;
	note_down("call:", call_name(k.kind));
	stack_call(w.stack, &k, &a, w.now);
	a.at = w.now;
	if (a.error == 0 && k.kind == CALL_OPEN_PASSIVE)
		w.listener = a.id;
	if (a.error == 0 && k.kind == CALL_OPEN_ACTIVE)
		w.id = a.id;
	if (w.live)
		oracle_called(w.oracle, &k, &a, w.now, w.now);
	tell_oracle();
}

static void send_segment(const uint8_t *d)
{
	static const uint8_t usual[] = {
		SYN, SYN | ACK, ACK, ACK, ACK, ACK | PSH, FIN | ACK, RST, RST | ACK, ACK | URG, FIN, 0,
		SYN | FIN, SYN | RST, FIN | ACK | PSH, ACK | ECE | CWR
	};
	static const int32_t near[] = { 0, 0, 0, 0, 1, -1, 2, -2, 100, -100, 1000, 536, 1460, INT32_MAX, INT32_MIN, -65535 };
	static const uint32_t lengths[] = { 0, 0, 0, 0, 1, 2, 10, 536, 1000, 1220, 1460, 2000, 0, 0, 1, 0 };
	static const uint16_t windows[] = { 65535, 65535, 8192, 1, 0, 536, 1460, 100 };
	struct seg s = {
		.src = w.we, .dst = w.dut, .ttl = 64,
		.ctl = usual[d[1] % 16], .seq = w.seq, .ack = w.ack,
		.len = lengths[d[4] % 16], .wnd = windows[d[5] % 8],
	};
	char line[200];

	if (s.ctl & SYN && !(d[5] & 0x80))
		s.seq = w.iss;
	if (!(s.ctl & SYN && d[2] % 16 >= 13))
		s.seq += (uint32_t)near[d[2] % 16];
	if (d[2] & 0x80)
		s.seq += w.wnd;
	s.ack += (uint32_t)near[d[3] % 16];
	if (!(s.ctl & ACK))
		s.ack = 0;
	if (s.ctl & URG)
		s.urg = (uint16_t)(d[5] * 8);
	/* A stream ends in one place: who says it in two has no meaning. */
	if (s.ctl & SYN)
		s.ctl &= ~FIN;
	if (w.ended && seq_lt(w.end, s.seq + s.len))
		s.len = 0;
	if ((s.ctl & FIN) && (w.ended ? s.seq + s.len != w.end : s.seq != w.seq))
		s.ctl &= ~FIN;
	if (s.ctl & FIN) {
		w.ended = true;
		w.end = s.seq + s.len;
	}
	s.text = s.len ? w.text : NULL;
	if (s.ctl & SYN && d[4] & 0x80)
		opt_mss(&s, (uint16_t)(d[5] * 40));
	while (s.opt_len % 4)
		opt_nop(&s);
	s.at = w.now;
	note_down("we: ", seg_show(&s, NULL, line, sizeof line));
	oracle_sent(w.oracle, &s, w.index++);
	stack_input(w.stack, &s, w.now);
	tell_oracle();
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t size)
{
	static const tick waits[] = {
		MS(1), MS(10), MS(100), MS(250), MS(500), S(1), S(1), S(2), S(3), S(10), S(60), S(130), S(300), S(7200), S(8000), MS(50)
	};
	struct stack_config config = { .emit = emitted, .notify = noted, .n_addr = 1 };
	struct oracle_config judge = {
		.vantage = VANTAGE_TESTER, .accept = ACCEPT_DEPLOYED, .lossless = true, .whole = true,
		.reply_within = S(1), .slack = MS(50), .msl = S(120), .judge = judged
	};

	if (size < 8)
		return 0;
	memset(&w, 0, sizeof w);
	w.now = S(1);
	w.live = d[0] & 1;
	w.id = w.listener = -1;
	w.we = (struct endpoint){ { 4, { 10, 0, 0, 1 } }, OUR_PORT };
	w.dut = (struct endpoint){ { 4, { 10, 0, 0, 2 } }, DUT_PORT };
	if (d[0] & 2) {
		w.we.addr = (struct addr){ 6, { 0xfd, [15] = 1 } };
		w.dut.addr = (struct addr){ 6, { 0xfd, [15] = 2 } };
	}
	w.iss = d[0] & 4 ? 0xfffffff0u : d[0] & 8 ? 0x7ffffff0u : 1000;
	w.seq = w.iss;
	config.seed = d[1];
	config.addr[0] = w.dut.addr;
	knobs_defaults(&config.knobs);
	judge.live = judge.calls_known = w.live;
	judge.msl = config.knobs.msl;
	w.stack = stack_new(&config);
	w.oracle = oracle_new(&judge, &w.dut, &w.we);
	if (!w.stack || !w.oracle)
		abort();

	call((struct call){ .kind = CALL_OPEN_PASSIVE, .v = w.dut.addr.v, .local_port = DUT_PORT });
	if (d[0] & 16) {
		call((struct call){ .kind = CALL_CLOSE, .n = 1 });
		call((struct call){ .kind = CALL_OPEN_ACTIVE, .v = w.dut.addr.v, .local_port = DUT_PORT, .remote = w.we });
	}
	d += 2;
	size -= 2;
	for (int i = 0; i < MOST_STEPS && size >= 6; i++, d += 6, size -= 6) {
		wait_for(MS(1));
		switch (d[0] % 16) {
		default:
			send_segment(d);
			break;
		case 9: case 10:
			wait_for(waits[d[1] % 16]);
			break;
		case 11:
			call((struct call){ .kind = CALL_SEND, .n = d[1] * (d[2] & 1 ? 50u : 1u), .urgent = (d[2] & 6) == 6 });
			break;
		case 12:
			call((struct call){ .kind = d[1] & 1 ? CALL_PAUSE : CALL_RESUME });
			break;
		case 13:
			call((struct call){ .kind = d[1] & 1 ? CALL_SHUTDOWN : CALL_CLOSE });
			break;
		case 14:
			call((struct call){ .kind = (d[1] & 7) == 0 ? CALL_ABORT : CALL_RECEIVE, .n = d[2] });
			break;
		case 15:
			call((struct call){ .kind = CALL_SET, .option = d[1] & 1 ? OPTION_KEEPALIVE : OPTION_NODELAY, .value = 1 });
			break;
		}
	}
	wait_for(S(2));
	oracle_end(w.oracle, w.now, true);
	oracle_free(w.oracle);
	stack_free(w.stack);
	return 0;
}

/* Walks that get somewhere: open, talk, close, in both directions. */
size_t fuzz_seed(unsigned n, uint8_t *out, size_t room)
{
	/* kind, ctl, seq, ack, len, wnd */
	static const uint8_t syn[] = { 0, 0, 0, 0, 0, 0 }, syn_ack[] = { 0, 1, 0, 0, 0, 0 }, ack[] = { 0, 2, 0, 0, 0, 0 };
	static const uint8_t data[] = { 0, 5, 0, 0, 6, 0 }, fin[] = { 0, 6, 0, 0, 0, 0 }, rst[] = { 0, 7, 0, 0, 0, 0 };
	static const uint8_t send[] = { 11, 100, 0, 0, 0, 0 }, shut[] = { 13, 1, 0, 0, 0, 0 }, close[] = { 13, 0, 0, 0, 0, 0 };
	static const uint8_t second[] = { 9, 5, 0, 0, 0, 0 }, long_wait[] = { 9, 12, 0, 0, 0, 0 }, keep[] = { 15, 1, 0, 0, 0, 0 };
	static const uint8_t hours[] = { 9, 13, 0, 0, 0, 0 }, pause[] = { 12, 1, 0, 0, 0, 0 }, zero[] = { 0, 2, 0, 0, 0, 4 };
	static const uint8_t *const walks[][12] = {
		{ syn, ack, data, second, send, ack, fin, second, close, ack, second },
		{ syn, ack, send, shut, ack, fin, long_wait },
		{ syn, ack, send, second, second, ack, rst, second },
		{ syn, second, second, second, ack, data, rst },
		{ syn_ack, data, second, close, ack, fin, second },
		{ syn, ack, second, send, ack },
		{ syn, ack, keep, hours, ack, hours, second },
		{ syn, ack, pause, data, data, data, second },
		{ syn, zero, send, second, second, ack },
		{ shut, syn, ack, close, fin, ack, long_wait },
	};
	size_t at = 0, which = n / 4;

	if (which >= sizeof walks / sizeof *walks)
		return 0;
	if (room < 2 + 12 * 6)
		return 0;
	out[at++] = (uint8_t)((n & 1) | (n & 2 ? 16 : 0));
	out[at++] = (uint8_t)n;
	for (int i = 0; i < 12 && walks[which][i]; i++, at += 6)
		memcpy(out + at, walks[which][i], 6);
	return at;
}
