/* stack_pair.h: two stacks back to back on a tiny wire in virtual time, or one
 * stack whose other end is the test itself.  For tests/unit/test_stack_*.c only;
 * the real simulated wire is probes/link_sim.c. */
#ifndef TCPCONFORM_STACK_PAIR_H
#define TCPCONFORM_STACK_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/stack/stack.h"
#include "probes/opt.h"
#include "probes/seq.h"

#define FLYING 4096

struct flying {
	tick     at;
	uint64_t order;
	int      to;
	struct seg seg;
	uint8_t *text;
};

struct side {
	struct pair *pair;
	int    name;
	struct stack *stack;
	int    id;                      /* of the last connection established    */
	int    established, eof, urgent, closed, error;
	uint64_t readable;
};

struct pair {
	struct side side[2];
	tick     now, delay;
	unsigned loss, twice, late;     /* of 1000 segments                      */
	uint64_t random, order, segments;
	struct flying flying[FLYING];
	unsigned n;
};

static inline unsigned pair_chance(struct pair *p)
{
	p->random = p->random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(p->random >> 33) % 1000;
}

static inline void pair_put(struct pair *p, int to, const struct seg *s, tick at)
{
	assert_true(p->n < FLYING);
	struct flying *f = &p->flying[p->n++];

	*f = (struct flying){ .at = at, .order = p->order++, .to = to, .seg = *s };
	if (s->len) {
		f->text = malloc(s->len);
		assert_non_null(f->text);
		memcpy(f->text, s->text, s->len);
		f->seg.text = f->text;
	}
}

static inline void pair_emit(void *arg, const struct seg *s)
{
	struct side *from = arg;
	struct pair *p = from->pair;
	tick at = p->now + p->delay;

	p->segments++;
	if (pair_chance(p) < p->loss)
		return;
	if (pair_chance(p) < p->late)
		at += p->delay * (1 + pair_chance(p) % 4);
	pair_put(p, !from->name, s, at);
	if (pair_chance(p) < p->twice)
		pair_put(p, !from->name, s, at + p->delay / 2);
}

static inline void pair_notify(void *arg, const struct note *n)
{
	struct side *side = arg;

	switch (n->kind) {
	case NOTE_ESTABLISHED: side->established++; side->id = n->id; break;
	case NOTE_READABLE:    side->readable = n->n; break;
	case NOTE_EOF:         side->eof++; break;
	case NOTE_URGENT:      side->urgent++; break;
	case NOTE_ERROR:       side->error = n->error; break;
	case NOTE_CLOSED:      side->closed++; break;
	default:               break;
	}
}

static const char *const pair_address[2][2] = {
	{ "192.0.2.1", "192.0.2.2" }, { "2001:db8::1", "2001:db8::2" }
};

static inline struct stack *pair_stack(struct side *side, int name, uint64_t seed, const struct knobs *k,
                                       const char *fault)
{
	struct stack_config cfg = {
		.seed = seed + (uint64_t)name * 77, .n_addr = 2, .knobs = *k, .fault = fault,
		.emit = pair_emit, .notify = pair_notify, .arg = side
	};

	addr_parse(pair_address[0][name], &cfg.addr[0]);
	addr_parse(pair_address[1][name], &cfg.addr[1]);
	side->name = name;
	side->id = -1;
	return side->stack = stack_new(&cfg);
}

static inline struct pair *pair_new(uint64_t seed, const struct knobs *a, const struct knobs *b)
{
	struct pair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->delay = MS(10);
	p->random = seed * 0x9E3779B97F4A7C15u + 1;
	p->side[0].pair = p->side[1].pair = p;
	assert_non_null(pair_stack(&p->side[0], 0, seed, a, NULL));
	assert_non_null(pair_stack(&p->side[1], 1, seed, b, NULL));
	return p;
}

static inline void pair_free(struct pair *p)
{
	for (unsigned i = 0; i < p->n; i++)
		free(p->flying[i].text);
	stack_free(p->side[0].stack);
	stack_free(p->side[1].stack);
	free(p);
}

/* The next thing that happens, not after `until`.  False: nothing did. */
static inline bool pair_step(struct pair *p, tick until)
{
	tick next = until + 1;
	unsigned first = p->n;

	for (unsigned i = 0; i < p->n; i++)
		if (p->flying[i].at < next
		    || (first < p->n && p->flying[i].at == next && p->flying[i].order < p->flying[first].order)) {
			first = i;
			next = p->flying[i].at;
		}
	for (int i = 0; i < 2; i++)
		if (p->side[i].stack && stack_poll_at(p->side[i].stack) < next) {
			next = stack_poll_at(p->side[i].stack);
			first = FLYING + (unsigned)i;
		}
	if (next > until)
		return false;
	assert_true(next >= p->now);
	p->now = next;
	if (first >= FLYING) {
		stack_tick(p->side[first - FLYING].stack, p->now);
	} else {
		struct flying f = p->flying[first];

		p->flying[first] = p->flying[--p->n];
		stack_input(p->side[f.to].stack, &f.seg, p->now);
		free(f.text);
	}
	return true;
}

static inline void pair_run(struct pair *p, tick duration)
{
	tick until = p->now + duration;
	unsigned long steps = 0;

	while (pair_step(p, until))
		assert_true(++steps < 5000000);
	p->now = until;
}

static inline struct answer side_call(struct side *side, struct call c)
{
	struct answer a;

	stack_call(side->stack, &c, &a, side->pair->now);
	return a;
}

static inline struct answer side_do(struct side *side, enum call_kind kind, uint64_t n)
{
	return side_call(side, (struct call){ .kind = kind, .id = side->id, .n = n });
}

static inline struct endpoint pair_endpoint(int name, int v, uint16_t port)
{
	struct endpoint e = { .port = port };

	addr_parse(pair_address[v == 6][name], &e.addr);
	return e;
}

static inline int side_listen(struct side *side, int v, uint16_t port)
{
	struct answer a = side_call(side, (struct call){ .kind = CALL_OPEN_PASSIVE, .v = (uint8_t)v, .local_port = port });

	assert_int_equal(a.error, 0);
	return a.id;
}

static inline struct answer side_connect(struct side *side, int v, uint16_t from, uint16_t to)
{
	struct answer a = side_call(side, (struct call){ .kind = CALL_OPEN_ACTIVE, .local_port = from,
	                                                  .remote = pair_endpoint(!side->name, v, to) });

	side->id = a.id;
	return a;
}

/* ---- one stack, and the test as its peer ---------------------------------- */

#define OUT 512

struct solo {
	struct side side;
	struct pair pair;               /* only its clock is used                */
	struct seg out[OUT];            /* what the stack has sent               */
	unsigned n, seen;
	struct endpoint own, peer;      /* the stack's, ours                     */
	uint32_t seq, ack;              /* SEQ and ACK that we would send        */
	uint32_t iss, irs;              /* the stack's ISS; ours                 */
};

static inline void solo_emit(void *arg, const struct seg *s)
{
	struct side *side = arg;
	struct solo *o = (struct solo *)side;

	assert_true(o->n < OUT);
	o->out[o->n] = *s;
	o->out[o->n].at = o->pair.now;
	o->out[o->n++].text = NULL;
}

static inline struct solo *solo_new(const struct knobs *k, int v, const char *fault)
{
	struct solo *o = calloc(1, sizeof(*o));
	struct stack_config cfg = { .seed = 1, .n_addr = 2, .knobs = *k, .fault = fault,
	                            .emit = solo_emit, .notify = pair_notify, .arg = &o->side };

	assert_non_null(o);
	addr_parse(pair_address[0][0], &cfg.addr[0]);
	addr_parse(pair_address[1][0], &cfg.addr[1]);
	o->side.pair = &o->pair;
	o->side.id = -1;
	o->pair.now = S(1000);
	o->side.stack = stack_new(&cfg);
	assert_non_null(o->side.stack);
	o->own = pair_endpoint(0, v, 80);
	o->peer = pair_endpoint(1, v, 5000);
	o->irs = o->seq = 1000000;
	return o;
}

static inline void solo_free(struct solo *o)
{
	stack_free(o->side.stack);
	free(o);
}

/* Time passes, and the stack's timers with it. */
static inline void solo_wait(struct solo *o, tick duration)
{
	tick until = o->pair.now + duration;

	for (tick at; (at = stack_poll_at(o->side.stack)) <= until; ) {
		if (at > o->pair.now)
			o->pair.now = at;
		stack_tick(o->side.stack, o->pair.now);
	}
	o->pair.now = until;
}

static const uint8_t solo_text[70000];

static inline struct seg solo_seg(struct solo *o, unsigned ctl, uint32_t seq, uint32_t ack, uint32_t len)
{
	return (struct seg){ .src = o->peer, .dst = o->own, .ctl = (uint8_t)ctl, .seq = seq, .ack = ack,
	                     .wnd = 65535, .text = len ? solo_text : NULL, .len = len };
}

static inline void solo_put(struct solo *o, const struct seg *s)
{
	stack_input(o->side.stack, s, o->pair.now);
}

static inline void solo_tx(struct solo *o, unsigned ctl, uint32_t seq, uint32_t ack, uint32_t len)
{
	struct seg s = solo_seg(o, ctl, seq, ack, len);

	solo_put(o, &s);
}

/* The next segment that the stack has sent, with these control bits. */
static inline const struct seg *solo_rx(struct solo *o, unsigned ctl)
{
	assert_true(o->seen < o->n);
	const struct seg *s = &o->out[o->seen++];

	assert_int_equal(s->ctl & ~PSH, ctl);
	return s;
}

static inline void solo_quiet(struct solo *o)
{
	assert_int_equal(o->seen, o->n);
}

static inline enum tcp_state solo_state(struct solo *o)
{
	return stack_state(o->side.stack, &o->own, &o->peer);
}

/* The handshake with the stack as the passive end. */
static inline void solo_open(struct solo *o)
{
	side_listen(&o->side, o->own.addr.v, o->own.port);
	solo_tx(o, SYN, o->seq++, 0, 0);
	const struct seg *s = solo_rx(o, SYN | ACK);
	assert_int_equal(s->ack, o->seq);
	o->iss = s->seq;
	o->ack = s->seq + 1;
	solo_tx(o, ACK, o->seq, o->ack, 0);
	solo_quiet(o);
	assert_int_equal(solo_state(o), ESTABLISHED);
}

#endif
