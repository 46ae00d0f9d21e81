/* report_sample.h: evidence made by hand, for the tests of the reports: one case
 * of each outcome, with words that a report has to carry without breaking. */
#ifndef TCPCONFORM_REPORT_SAMPLE_H
#define TCPCONFORM_REPORT_SAMPLE_H

#include <stdlib.h>
#include <string.h>

#include "harness/evidence.h"
#include "harness/suite.h"
#include "probes/opt.h"
#include "probes/wire.h"

#define SAMPLE_ISS 1000u
#define SAMPLE_IRS 4000000000u

static inline struct endpoint sample_end(const char *addr, uint16_t port)
{
	struct endpoint e = { .port = port };

	addr_parse(addr, &e.addr);
	return e;
}

static inline struct event *sample_segment(struct evidence *e, enum event_kind kind, tick at, struct seg s)
{
	const struct conversation *c = &e->conversations[0];
	struct event *v = evidence_add(e, kind, at, 0);
	uint8_t octets[2000];

	s.src = kind == EVENT_SENT ? c->we : c->dut;
	s.dst = kind == EVENT_SENT ? c->dut : c->we;
	s.at = at;

	int n = wire_encode(&s, octets, sizeof octets);
	uint8_t *copy = arena_alloc(e->arena, (size_t)n);

	memcpy(copy, octets, (size_t)n);
	v->ip = copy;
	v->n_ip = (size_t)n;
	v->seg = s;
	return v;
}

/* A handshake, an ACK that is too high, and a pure ACK for an answer. */
static inline struct evidence *sample_case(const char *address, enum verdict verdict, enum level level)
{
	struct evidence *e = evidence_new(address);
	struct seg syn = { .seq = SAMPLE_ISS, .ctl = SYN, .wnd = 65535 };
	struct event *v;

	e->section = "9293/3.5";
	e->title = "crossing SYNs lead to one established connection";
	e->req = "MUST-10 EVT-SYNSENT-SYN";
	e->v = 4;
	e->verdict = verdict;
	e->level = level;
	e->attempts = 1;
	e->began = MS(5);
	e->ended = MS(1010);
	e->state = "SYN-RECEIVED";
	e->n_conversations = 1;
	e->conversations[0] = (struct conversation){
		.we = sample_end("192.0.2.1", 40000), .dut = sample_end("192.0.2.2", 7),
		.iss = SAMPLE_ISS, .irs = SAMPLE_IRS, .irs_known = true,
	};
	opt_mss(&syn, 1460);
	sample_segment(e, EVENT_SENT, MS(5), syn);
	sample_segment(e, EVENT_SEEN, MS(5) + US(210),
	               (struct seg){ .seq = SAMPLE_IRS, .ack = SAMPLE_ISS + 1, .ctl = SYN | ACK, .wnd = 64240 });
	v = sample_segment(e, EVENT_SENT, MS(5) + US(400),
	                   (struct seg){ .seq = SAMPLE_ISS + 1, .ack = SAMPLE_IRS + 999999, .ctl = ACK, .wnd = 65535 });
	v->why = "SEG.ACK > SND.NXT: \"never sent\" \\ # - a: b";
	sample_segment(e, EVENT_SEEN, MS(5) + US(600),
	               (struct seg){ .seq = SAMPLE_IRS + 1, .ack = SAMPLE_ISS + 1, .ctl = ACK, .wnd = 64240 });
	v = evidence_add(e, EVENT_JUDGEMENT, MS(6), 0);
	v->judgement = (struct judgement){
		.verdict = verdict == PASS ? PASS : verdict, .level = level, .req = "MUST-10",
		.clause = "9293 3.10.7.4 fifth", .rule = "EVT-SYNRCVD-ACK-HIGH", .state = "SYN-RECEIVED",
		.message = "the reply is a RST with SEQ=SEG.ACK: an ACK came",
		.wanted = "<SEQ=999999><CTL=RST>", .got = "<SEQ=1><ACK=1><CTL=ACK>", .where = "3_5_open.c:42",
		.stimulus = 2, .reply = 3, .at = MS(6),
	};
	if (verdict != PASS)
		e->failing = &v->judgement;
	return e;
}

#define SAMPLE_CASES 9

/* One of each outcome. */
static inline struct evidence *sample(size_t i)
{
	struct evidence *e;

	switch (i) {
	case 0:
		return sample_case("9293/3.5/a-pass/ip4", PASS, LEVEL_MUST);
	case 1:
		return sample_case("9293/3.5/b-fail/ip4", FAIL, LEVEL_MUST);
	case 2:
		e = evidence_new("9293/3.5/c-skip/ip4");
		e->req = "MUST-10";
		e->title = "never runs";
		e->verdict = SKIP;
		e->reason = "needs --agent # CMD\nreally";
		return e;
	case 3:
		return sample_case("9293/3.5/d-should/ip4", FAIL, LEVEL_SHOULD);
	case 4:
		e = sample_case("9293/3.5/e-expected/ip4", FAIL, LEVEL_MUST);
		e->expected = "x.baseline line 7: https://bugs.example/1234#c5";
		return e;
	case 5:
		e = sample_case("9293/3.5/f-surprise/ip4", PASS, LEVEL_MUST);
		e->expected = "x.baseline line 8: known";
		e->surprise = true;
		return e;
	case 6:
		e = sample_case("9293/3.5/g-inconclusive/ip4", INCONCLUSIVE, LEVEL_MUST);
		((struct judgement *)(uintptr_t)e->failing)->reply = -1;
		e->attempts = 3;
		return e;
	case 7:
		e = sample_case("9293/3.5/h-unstable/ip4", FAIL, LEVEL_IMPLIED);
		e->unstable = true;
		return e;
	default:
		e = evidence_new("9293/3.5/i-error/ip4");
		e->req = "MUST-10";
		e->title = "has no world";
		e->verdict = ERROR;
		e->reason = "octets that are no text: \xff\xfe, \033[31mred\033[0m\tand a tab";
		return e;
	}
}

static inline void sample_run(struct report *r)
{
	struct suite_config cfg = {
		.seed = 0x5eed0001, .fail_on = LEVEL_MUST, .rerun = "tcpconform run 192.0.2.2:7", .accept = ACCEPT_DEPLOYED
	};
	struct target target = { .is_virtual = true, .name = "sim" };
	struct dut_declaration dut = { .name = "reference" };
	struct totals totals = {
		.cases = SAMPLE_CASES, .passed = 1, .failed = 1, .skipped = 1, .inconclusive = 1, .errors = 1, .unstable = 1,
		.expected = 1, .surprises = 1, .should_failed = 1
	};

	r->begin(r->arg, &cfg, &target, &dut, SAMPLE_CASES);
	for (size_t i = 0; i < SAMPLE_CASES; i++) {
		struct evidence *e = sample(i);

		r->result(r->arg, i + 1, e);
		evidence_free(e);
	}
	r->end(r->arg, &totals, 1);
}

#endif
