/* run.c: the life of one run: a coroutine, its time line, its verdict.
 *
 * What arrives is only recorded at first, and digested by our TCB and the oracle
 * when the run's own coroutine is next awake: so every judgement falls inside
 * the run that it belongs to, and an answer to a call goes before the segments
 * that overtook it. */
#include "run.h"

#include <assert.h>
#include <stdarg.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../probes/link.h"
#include "catalogue.h"

uint64_t chance64(uint64_t *state)
{
	/* splitmix64 */
	uint64_t z = *state += 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

uint64_t hash64(uint64_t seed, const char *text)
{
	uint64_t h = digest_feed(DIGEST_START ^ seed, (const uint8_t *)text, strlen(text));

	return chance64(&h);
}

char *run_printf(struct run *c, const char *format, ...)
{
	va_list args;
	char text[1024];

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return arena_printf(c->e->arena, "%s", text);
}

struct conn *conn(struct run *c)
{
	return &c->conns[c->current];
}

static const char too_long[] = "the run is longer than its evidence can hold";

struct event *run_event(struct run *c, enum event_kind kind)
{
	struct event *v = evidence_add(c->e, kind, loop_now(c->world->loop), (int)c->current);

	if (!v)
		run_finish(c, INCONCLUSIVE, too_long);
	return v;
}

/* ---- judgements ------------------------------------------------------------- */

/* The first fail is the one that is told.  But a reset in the place of what a case
 * awaits says that the connection is gone: why it went is what the case is about, and
 * the oracle could only hold it against the segment that found it out. */
static bool knows_better(const struct run *c, const struct judgement *j)
{
	const struct judgement *first = c->failing;

	return j->where && j->wanted && !first->where && j->reply >= 0 && j->reply == first->reply &&
	       (c->e->events[j->reply].seg.ctl & RST);
}

static void count_judgement(struct run *c, const struct judgement *j)
{
	if (j->verdict == FAIL && j->level <= LEVEL_IMPLIED && (!c->failing || knows_better(c, j)))
		c->failing = j;
	if (j->verdict == FAIL && j->level == LEVEL_SHOULD && !c->lesser)
		c->lesser = j;
	if (j->verdict == INCONCLUSIVE && !c->doubt)
		c->doubt = j;
}

/* Lateness spoils what is judged by the time around it: from a little before the
 * stimulus on; what looks back over the conversation (a check) from further.  Where
 * we said nothing we were not late: what comes has stamps of its own. */
static bool overslept(const struct run *c, const struct judgement *j)
{
	if (!c->late || j->stimulus < 0)
		return false;
	return c->late_at >= c->e->events[j->stimulus].at - (j->where ? S(10) : S(1));
}

static const struct judgement *record_judgement(struct run *c, struct judgement j)
{
	struct event *v = evidence_add(c->e, EVENT_JUDGEMENT, j.at, (int)c->current);

	if (!v) {
		c->flooded = true;
		return NULL;
	}
	if (j.req)
		j.level = requirement_level(j.req);
	if (j.verdict == FAIL && overslept(c, &j)) {
		j.verdict = INCONCLUSIVE;
		j.message = run_printf(c, "cannot tell: the tester itself woke %lld ms late; %s",
		                       (long long)(c->late / MS(1)), j.message);
	}
	if (j.verdict == FAIL && conn(c)->in_fragments) {
		j.verdict = INCONCLUSIVE;
		j.message = run_printf(c, "cannot tell: %s; %s", in_fragments, j.message);
	}
	v->judgement = j;
	count_judgement(c, &v->judgement);
	return &v->judgement;
}

void run_judge(struct run *c, struct judgement j)
{
	const struct judgement *kept;

	if (!j.state && conn(c)->oracle)
		j.state = run_printf(c, "%s", oracle_state(conn(c)->oracle));
	j.at = loop_now(c->world->loop);
	kept = record_judgement(c, j);
	if (!kept)
		run_finish(c, INCONCLUSIVE, too_long);
	if (kept->verdict == INCONCLUSIVE)
		run_finish(c, INCONCLUSIVE, NULL);
	if (kept->verdict == FAIL && kept->level == LEVEL_MAY)
		run_finish(c, SKIP, run_printf(c, "the DUT does not do what it MAY: %s", kept->message));
	if (kept->verdict == FAIL)
		run_finish(c, FAIL, NULL);
}

static bool lists(const char *ids, const char *id, size_t n)
{
	for (; ids && *ids; ids += strspn(ids, " ")) {
		size_t length = strcspn(ids, " ");

		if (length == n && !strncmp(ids, id, n))
			return true;
		ids += length;
	}
	return false;
}

/* What the DUT declares to do wrong on every connection is judged by the cases
 * about it; in the others it would hide all else. */
static bool is_known(const struct run *c, const struct judgement *j)
{
	for (const char *id = c->world->dut->declared.known; *id; id += strspn(id, ", ")) {
		size_t n = strcspn(id, ", ");

		if (lists(j->req, id, n) && !lists(c->e->req, id, n))
			return true;
		id += n;
	}
	return false;
}

/* The oracle speaks: from within oracle_sent, oracle_seen, ... */
static void oracle_judged(void *arg, const struct judgement *j)
{
	struct run *c = arg;
	struct judgement copy = *j;

	/* Else each case would say what the case about the option says. */
	if ((c->world->dut->declared.absent & ABSENT_MSS) && j->verdict == FAIL && j->rule &&
	    !strcmp(j->rule, "H-MSS-PRESENT"))
		return;
	if (j->verdict == FAIL && is_known(c, j))
		return;
	/* Its strings live as long as the oracle; ours as long as the evidence. */
	if (copy.clause)
		copy.clause = run_printf(c, "%s", copy.clause);
	if (copy.rule)
		copy.rule = run_printf(c, "%s", copy.rule);
	if (copy.req)
		copy.req = run_printf(c, "%s", copy.req);
	if (copy.state)
		copy.state = run_printf(c, "%s", copy.state);
	if (copy.message)
		copy.message = run_printf(c, "%s", copy.message);
	if (copy.wanted)
		copy.wanted = run_printf(c, "%s", copy.wanted);
	if (copy.got)
		copy.got = run_printf(c, "%s", copy.got);
	record_judgement(c, copy);
}

/* ---- conversations ------------------------------------------------------------ */

void conn_know_dut(struct run *c, struct conn *x)
{
	const struct dut_declaration *d = &c->world->dut->declared;
	struct oracle_config config = {
		.vantage = VANTAGE_TESTER, .accept = c->accept, .live = true,
		.lossless = d->lossless, .calls_known = d->calls,
		.listening = !d->calls && x->tcb.dut.port == d->port, .whole = true,
		.no_paws = d->absent & ABSENT_PAWS, .reply_within = d->reply_within, .slack = dut_slack(c), .msl = d->msl,
		.judge = oracle_judged, .arg = c
	};
	struct conversation *v = &c->e->conversations[x - c->conns];

	if (x->oracle)
		return;
	x->oracle = oracle_new(&config, &x->tcb.dut, &x->tcb.we);
	if (!x->oracle)
		abort();
	v->dut = x->tcb.dut;
	if (x->open_told)
		oracle_called(x->oracle, &x->open, &x->opened, x->open_from, x->open_until);
}

void conn_begin(struct run *c, unsigned k)
{
	struct world *w = c->world;
	struct conn *x = &c->conns[k];
	bool six = c->instance->v == 6;

	assert(k < CONVERSATIONS);
	*x = (struct conn){ .used = true, .listener = -1, .sock = -1, .dut_shift = -1 };
	x->tcb = (struct tcb){
		.iss = (uint32_t)chance64(&c->chance), .mss = six ? 1440 : 1460,
		.wnd = 65535, .ws = -1, .ts_val = (uint32_t)chance64(&c->chance),
		.dut_mss = (uint16_t)default_mss(c), .dut_ws = -1
	};
	x->ts_at = loop_now(w->loop);
	x->tcb.we.addr = w->ours[six][0];
	x->tcb.we.port = world_port(w, &c->chance, &x->tcb.we.addr);
	x->tcb.dut.addr = six ? w->dut->declared.addr6 : w->dut->declared.addr4;
	if (c->e->n_conversations <= k)
		c->e->n_conversations = k + 1;
	c->e->conversations[k] = (struct conversation){ .we = x->tcb.we, .dut = x->tcb.dut };
}

/* ---- events come in ------------------------------------------------------------ */

/* Something has come in.  The loop, which is waiting just now, does not know yet what
 * time it is: so what arrived brings its own. */
static void wake_now(struct run *c, tick at)
{
	if (!c->co || coro_done(c->co))
		return;
	if (at < c->due)
		c->due = at;
	loop_set(c->world->loop, &c->wake, loop_now(c->world->loop));
}

static uint8_t *keep(struct run *c, const uint8_t *octets, size_t n)
{
	uint8_t *copy = arena_alloc(c->e->arena, n ? n : 1);

	memcpy(copy, octets, n);
	return copy;
}

void run_saw(struct run *c, unsigned conversation, const struct seg *s,
             const uint8_t *ip, size_t n, tick at)
{
	struct event *v = evidence_add(c->e, EVENT_SEEN, at, (int)conversation);

	if (!v) {
		c->flooded = true;
		wake_now(c, at);
		return;
	}
	v->ip = keep(c, ip, n);
	v->n_ip = n;
	v->seg = *s;
	v->seg.at = at;
	if (s->text)
		v->seg.text = v->ip + (s->text - ip);
	wake_now(c, at);
}

void run_saw_icmp(struct run *c, unsigned conversation, const uint8_t *ip, size_t n, tick at)
{
	struct event *v = evidence_add(c->e, EVENT_ICMP, at, (int)conversation);

	if (v) {
		v->ip = keep(c, ip, n);
		v->n_ip = n;
	}
	wake_now(c, at);
}

void run_noted(struct run *c, unsigned conversation, const struct note *note)
{
	struct event *v = evidence_add(c->e, EVENT_NOTE, note->at, (int)conversation);
	struct conn *x = &c->conns[conversation];

	if (v)
		v->note = *note;
	/* While a new incarnation has not begun over there, it is the old one that
	 * speaks. */
	if (note->kind == NOTE_ESTABLISHED && x->sock < 0 && !(x->reborn && !x->irs_known))
		x->sock = note->id;
	wake_now(c, TICK_NEVER);
}

/* ---- digesting ------------------------------------------------------------------- */

static void digest_seen(struct run *c, struct event *v)
{
	struct conn *x = &c->conns[v->conversation];
	unsigned was = c->current;
	struct conversation *k = &c->e->conversations[v->conversation];

	c->current = (unsigned)v->conversation;
	/* How long a trigger takes is no matter of the TCP's: that the DUT was asked
	 * to connect is known from its SYN on. */
	if (x->open_told && !x->oracle && !c->world->dut->declared.calls)
		x->open_from = x->open_until = v->seg.at;
	if (!x->tcb.dut.port || (v->seg.src.port != x->tcb.dut.port && !x->started)) {
		x->tcb.dut.port = v->seg.src.port;
		conn_know_dut(c, x);
	}
	if (v->seg.src.port != x->tcb.dut.port) {
		c->current = was;
		return;         /* a stray of somebody else over there */
	}
	conn_know_dut(c, x);
	if (c->fence_event >= 0 &&
	    oracle_answers_fence(x->oracle, &v->seg, v->seg.at <= c->e->events[c->fence_event].at + MS(500)))
		v->fence = c->fence_answered = true;
	if (!(v->seg.wrong & (WRONG_CKSUM | WRONG_DOFF | WRONG_LENGTH)))
		conn_absorb(c, x, &v->seg);
	k->iss = x->tcb.iss;
	k->irs = x->tcb.irs;
	k->irs_known = x->irs_known;
	oracle_seen(x->oracle, &v->seg, (int)(v - c->e->events));
	c->current = was;
}

static void digest_events(struct run *c)
{
	while (c->digested < c->e->n_events && !c->calling) {
		struct event *v = &c->e->events[c->digested++];

		if (v->kind == EVENT_SEEN)
			digest_seen(c, v);
	}
}

void run_wait(struct run *c, tick until)
{
	assert(coro_self() == c->co);
	if (c->flooded && !c->finishing)
		run_finish(c, INCONCLUSIVE, "the DUT sent more than a run can keep: flooded");
	c->armed = loop_now(c->world->loop);
	c->due = until;
	loop_set(c->world->loop, &c->wake, until);
	coro_yield();
	digest_events(c);
	if (c->failing && !c->finishing && !c->awaiting)
		run_finish(c, FAIL, NULL);
}

/* ---- beginning and end -------------------------------------------------------------- */

/* Time for the answers that are still owed, and the oracle's last word. */
static void settle(struct run *c)
{
	const char *why;
	bool proof;
	tick until = loop_now(c->world->loop) + reply_time(c);

	while (loop_now(c->world->loop) < until)
		run_wait(c, until);
	proof = silence_proved(c, &c->then, &why);
	for (unsigned i = 0; i < CONVERSATIONS; i++)
		if (c->conns[i].oracle) {
			c->current = i;
			oracle_end(c->conns[i].oracle, until, proof);
		}
}

/* Leaves nothing of this run on a DUT that others use too.  While an answer is
 * still owed, or when nothing more can be kept, no call is made. */
static void drain(struct run *c)
{
	bool may_call = !c->calling && !c->flooded;

	for (unsigned i = 0; i < CONVERSATIONS; i++) {
		struct conn *x = &c->conns[i];
		struct answer a;

		if (!x->used)
			continue;
		c->current = i;
		if (may_call && x->sock >= 0 && !c->world->dut->lost[0])
			if (dut_try(c, (struct call){ .kind = CALL_ABORT }, &a) == EOPNOTSUPP)
				dut_try(c, (struct call){ .kind = CALL_CLOSE }, &a);
		if (may_call && x->listens && !c->world->dut->lost[0])
			dut_try(c, (struct call){ .kind = CALL_CLOSE, .id = x->listener }, &a);
		if ((x->started || x->irs_known) && x->tcb.dut.port) {
			struct seg s = conn_build(c, x, &(struct tx){ .ctl = RST | ACK, .no_opt = true });
			tick at;

			world_send(c->world, &s, NULL, NULL, &at, NULL);
		}
	}
}

static void conclude(struct run *c, enum verdict v, const char *reason)
{
	struct evidence *e = c->e;

	if (c->failing) {
		v = FAIL;
		e->failing = c->failing;
	} else if (v == PASS && c->doubt) {
		v = INCONCLUSIVE;
		e->failing = c->doubt;
	} else if (v == PASS && c->flooded) {
		/* What came last, or was judged last, is not known. */
		v = INCONCLUSIVE;
		reason = too_long;
	} else if (c->lesser && (v == PASS || v == FAIL || v == SKIP)) {
		v = FAIL;
		e->failing = c->lesser;
	} else if (v == INCONCLUSIVE) {
		e->failing = c->doubt;
	}
	e->verdict = v;
	e->level = e->failing ? e->failing->level : LEVEL_MUST;
	e->reason = reason;
}

_Noreturn void run_finish(struct run *c, enum verdict v, const char *reason)
{
	struct conn *first = &c->conns[0];

	assert(coro_self() == c->co);
	if (c->finishing)       /* a verb failed while we drain: the verdict stands */
		coro_end();
	c->finishing = true;
	if (v == PASS && !c->failing)
		settle(c);
	conclude(c, v, reason);
	if (first->oracle) {
		c->e->state = run_printf(c, "%s", oracle_state(first->oracle));
		for (unsigned i = 0; i < CONVERSATIONS; i++)
			if (c->conns[i].oracle)
				c->e->joins += oracle_stats(c->conns[i].oracle).joins;
	}
	c->e->ended = loop_now(c->world->loop);
	if (!c->world->link->is_virtual || c->world->dut->declared.serves_more)
		drain(c);
	coro_end();
}

static void body(void *arg)
{
	struct run *c = arg;

	c->e->began = c->since = loop_now(c->world->loop);
	silence_begin(c, &c->then);
	conn_begin(c, 0);
	c->instance->info->body(c, c->instance->info->arg);
	run_finish(c, PASS, NULL);
}

static void end(struct run *c)
{
	loop_cancel(c->world->loop, &c->wake);
	while (c->silences) {
		heartbeat_release(c->world, c->instance->v);
		c->silences--;
	}
	world_remove(c->world, c);
	for (unsigned i = 0; i < CONVERSATIONS; i++) {
		oracle_free(c->conns[i].oracle);
		c->conns[i].oracle = NULL;
	}
	c->finished(c->arg, c);
}

/* A tester that blames others for its own delay is worse than none: once it woke
 * later than its slack, what fails in this run is not the DUT's for sure. */
static void notice_lateness(struct run *c, tick late)
{
	if (c->world->link->is_virtual || late <= dut_slack(c))
		return;
	c->late = late;
	c->late_at = loop_now(c->world->loop);
}

static void wake(void *arg)
{
	struct run *c = arg;

	/* A deadline that was over when it was set is no oversleeping, nor is it one to
	 * be woken by the application over there before the deadline. */
	notice_lateness(c, loop_now(c->world->loop) - (c->armed > c->due ? c->armed : c->due));
	coro_resume(c->co);
	if (coro_done(c->co))
		end(c);
}

struct run *run_new(struct world *w, const struct instance *instance, uint64_t seed, unsigned attempt,
                    enum accept accept, unsigned rank, void (*finished)(void *arg, struct run *), void *arg)
{
	struct run *c = calloc(1, sizeof *c);

	if (!c)
		abort();
	c->instance = instance;
	c->world = w;
	c->accept = accept;
	c->fence_event = -1;
	c->finished = finished;
	c->arg = arg;
	c->chance = hash64(seed + attempt, instance->address);
	c->e = evidence_new(instance->address);
	c->e->section = instance->info->section;
	c->e->title = instance->info->title;
	c->e->req = instance->info->req;
	c->e->v = instance->v;
	c->e->attempts = attempt + 1;
	c->wake.fire = wake;
	c->wake.arg = c;
	c->wake.rank = rank;
	c->co = coro_new(body, c);
	if (!c->co)
		abort();
	return c;
}

void run_start(struct run *c)
{
	world_add(c->world, c);
	c->armed = c->due = loop_now(c->world->loop);
	loop_set(c->world->loop, &c->wake, c->due);
}

void run_stop(struct run *c, const char *reason)
{
	c->e->verdict = ERROR;
	c->e->reason = run_printf(c, "%s", reason);
	c->e->ended = loop_now(c->world->loop);
	end(c);
}

void run_lost(struct run *c)
{
	const struct dut *dut = c->world->dut;

	if (!dut->culprit) {
		run_stop(c, dut->lost);
		return;
	}
	if (!c->failing) {
		struct judgement *j = arena_alloc(c->e->arena, sizeof *j);
		struct event *v = evidence_add(c->e, EVENT_JUDGEMENT, loop_now(c->world->loop), (int)c->current);

		/* Who dies has not done what the case asks for: that is not ok at any
		 * level, but a MUST only where the text has the keyword. */
		*j = (struct judgement){
			.verdict = FAIL, .req = first_req(c),
			.level = requirement_level(first_req(c)) == LEVEL_MUST ? LEVEL_MUST : LEVEL_IMPLIED,
			.message = run_printf(c, "%s", dut->lost), .stimulus = -1, .reply = -1,
			.at = loop_now(c->world->loop)
		};
		for (int i = 0; i < (int)c->e->n_events; i++)
			if (c->e->events[i].kind == EVENT_SENT)
				j->stimulus = i;
		v->judgement = *j;
		c->failing = j;
	}
	conclude(c, FAIL, NULL);
	c->e->ended = loop_now(c->world->loop);
	end(c);
}

void run_free(struct run *c)
{
	coro_free(c->co);
	free(c);
}
