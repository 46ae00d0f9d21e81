/* verbs.c: tx, rx, quiet, check, skip: what a case says. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "../probes/link.h"
#include "../probes/show.h"
#include "run.h"

const char *first_req(struct run *c)
{
	const char *req = c->instance->info->req;

	return run_printf(c, "%.*s", (int)strcspn(req, " "), req);
}

const char *run_place(struct run *c, const char *file, int line)
{
	const char *base = strrchr(file, '/');

	return run_printf(c, "%s:%d", base ? base + 1 : file, line);
}

static const char *show(struct run *c, const struct seg *s)
{
	const struct tcb *t = &conn(c)->tcb;
	bool ours = endpoint_eq(&s->src, &t->we);
	struct show_base base = { ours ? t->iss : t->irs, ours ? t->irs : t->iss };
	char text[SHOW_MAX];

	return run_printf(c, "%s", seg_show(s, &base, text, sizeof text));
}

static int event_of(struct run *c, const struct seg *s)
{
	const struct event *v = (const struct event *)((const char *)s - offsetof(struct event, seg));

	return s && v >= c->e->events && v < c->e->events + c->e->n_events ? (int)(v - c->e->events) : -1;
}

static int last_event(struct run *c, enum event_kind kind)
{
	for (size_t i = c->e->n_events; i-- > 0;)
		if (c->e->events[i].kind == kind && c->e->events[i].conversation == (int)c->current)
			return (int)i;
	return -1;
}

/* ---- tx ------------------------------------------------------------------------ */

#define THROTTLE_PATIENCE S(2)

/* Stacks limit how often they answer these in synchronized states; on a real DUT
 * one goes out at a time.  While the DUT has something outstanding its timers
 * run, and waiting would change the conversation: then it goes out at once, and
 * a reply that fails to come is sought again alone. */
static bool is_throttled(const struct conn *x, const struct seg *s)
{
	if (!x->irs_known || x->tcb.snd_una == x->tcb.iss || x->edge - x->offered != x->tcb.rcv_nxt)
		return false;
	return (s->ctl & SYN) || ((s->ctl & RST) && s->seq != x->tcb.snd_nxt) ||
	       ((s->ctl & ACK) && seq_lt(x->tcb.rcv_nxt, s->ack)) ||
	       (!seg_len(s) && s->seq != x->tcb.snd_nxt);
}

static void wait_for_throttle(struct run *c, struct conn *x, const struct seg *s)
{
	struct world *w = c->world;
	tick start = loop_now(w->loop), slot;

	if (!w->dut->declared.throttle || !is_throttled(x, s))
		return;
	slot = w->throttle_next > start ? w->throttle_next : start;
	if (slot > start + THROTTLE_PATIENCE)
		return;
	w->throttle_next = slot + w->dut->declared.throttle;
	while (loop_now(w->loop) < slot)
		run_wait(c, slot);
	c->throttled += loop_now(w->loop) - start;
}

/* A port of the DUT where nobody listens, for strays. */
static void choose_dut_port(struct run *c, struct conn *x)
{
	const struct dut_declaration *d = &c->world->dut->declared;

	if (!x->tcb.dut.port)
		do
			x->tcb.dut.port = (uint16_t)(1024 + chance64(&c->chance) % 8192);
		while (x->tcb.dut.port == d->port);
	conn_know_dut(c, x);
}

static void advance(struct conn *x, const struct tx *t, const struct seg *s)
{
	if (t->dseq || t->seq.is || t->stay || s->wrong || (s->ctl & RST))
		return;
	x->tcb.snd_nxt = seg_end(s);
	if (seq_lt(x->max_snd_nxt, x->tcb.snd_nxt))
		x->max_snd_nxt = x->tcb.snd_nxt;
	x->tcb.sent += s->len;
	if (s->ctl & FIN)
		x->fin_sent = true;
}

const struct seg *tx_(struct run *c, struct tx t)
{
	struct conn *x = conn(c);
	struct event *v;
	struct seg s;
	int error;

	choose_dut_port(c, x);
	s = conn_build(c, x, &t);
	if (!t.rapid)
		wait_for_throttle(c, x, &s);
	v = run_event(c, EVENT_SENT);
	v->seg = s;
	v->why = t.why;
	v->lost = t.lost;
	silence_begin(c, &c->then);
	error = world_send(c->world, &s, &v->ip, &v->n_ip, t.lost ? NULL : &v->at, c->e->arena);
	if (error)
		run_finish(c, ERROR, run_printf(c, "cannot send a segment: %s", strerror(-error)));
	v->seg.at = v->until = v->at;
	c->e->conversations[c->current].iss = x->tcb.iss;
	advance(x, &t, &s);
	if (!t.ack.is && !t.lost && !s.wrong)
		conn_offer(x, &s);
	c->cursor = c->e->n_events;
	c->since = v->at;
	if (!t.lost)
		oracle_sent(x->oracle, &v->seg, (int)(v - c->e->events));
	if (c->failing && !c->awaiting)
		run_finish(c, FAIL, NULL);
	return &v->seg;
}

/* ---- rx ------------------------------------------------------------------------ */

static bool matches(const struct event *v, const struct rx *r)
{
	const struct seg *s = &v->seg;
	unsigned exact = (SYN | FIN | RST | ACK) & ~r->free;

	/* An aborting RST has no ACK in 3.10.5 and may have one by 3.5.2. */
	if (r->ctl & RST)
		exact &= ~(unsigned)ACK;

	if (v->fence || s->wrong)
		return false;
	if (((s->ctl ^ r->ctl) & exact) || (r->ctl & ~(unsigned)s->ctl & ~exact & ~r->free))
		return false;
	if (r->len == NO_TEXT ? s->len != 0 : r->len != ANY_LEN && s->len != r->len)
		return false;
	return !(r->seq.is && s->seq != r->seq.v) && !(r->ack.is && s->ack != r->ack.v);
}

/* 4.4BSD and its descendants say their FIN again with each ACK until it is
 * acknowledged.  That is this ACK, if it comes as promptly as one: what the timer
 * repeats is no answer. */
static bool matches_behind_its_fin(const struct conn *x, const struct event *v, const struct rx *r, tick base)
{
	struct event plain;

	if ((r->ctl & (SYN | FIN | RST | ACK)) != ACK || !x->dut_fin || v->at > base + MS(500) ||
	    (v->seg.ctl & (SYN | FIN | RST)) != FIN || v->seg.seq + v->seg.len != x->tcb.rcv_nxt - 1)
		return false;
	plain = *v;
	plain.seg.ctl &= (uint8_t)~FIN;
	if (!plain.seg.len)
		plain.seg.seq++;
	return matches(&plain, r);
}

static const char *wanted_text(struct run *c, const struct rx *r)
{
	const struct tcb *t = &conn(c)->tcb;
	char ctl[64], seq[32] = "", ack[32] = "", len[32] = "";

	if (r->seq.is)
		snprintf(seq, sizeof seq, "<SEQ=%u>", r->seq.v - t->irs);
	if (r->ack.is)
		snprintf(ack, sizeof ack, "<ACK=%u>", r->ack.v - t->iss);
	if (r->len == NO_TEXT)
		snprintf(len, sizeof len, "<LEN=0>");
	else if (r->len != ANY_LEN)
		snprintf(len, sizeof len, "<LEN=%u>", r->len);
	return run_printf(c, "%s%s<CTL=%s>%s", seq, ack, ctl_show(r->ctl, ctl, sizeof ctl), len);
}

struct wait {
	tick   base, deadline;
	size_t from;
};

/* An application that we do not command closes when it likes; but one that closes just
 * after our reset was told of it, and that is not of its own. */
static bool may_close(struct run *c)
{
	const struct seg *s = last_sent(c);

	return closes_unasked(c) && !(s && (s->ctl & RST));
}

/* What it sends of its own may ride on an ACK. */
static void free_for_others(struct run *c, struct rx *r)
{
	/* One that never pauses leaves no ACK without text. */
	if (r->len == NO_TEXT && !(r->ctl & (SYN | RST)) && !has_calls(c) &&
	    c->world->dut->declared.service == SERVICE_CHARGEN)
		skip(c, "the declared service speaks all the time");
	if (may_close(c) && (r->ctl & (SYN | RST | ACK)) == ACK)
		r->free |= FIN;
}

static struct wait rx_window(struct run *c, const struct rx *r)
{
	int after = r->after ? event_of(c, r->after) : -1;
	struct wait w = { .base = c->since, .from = c->cursor };

	if (after >= 0) {
		w.base = r->after->at;
		w.from = (size_t)after + 1;
	}
	w.deadline = w.base + (r->within ? r->within : reply_time(c));
	return w;
}

/* The first event from w.from on that matches, in time; NULL when the deadline
 * has passed. */
static struct event *await(struct run *c, const struct rx *r, struct wait w)
{
	size_t i = w.from;

	for (;;) {
		for (; i < c->digested; i++) {
			struct event *v = &c->e->events[i];

			if (v->kind == EVENT_SEEN && v->conversation == (int)c->current &&
			    v->at >= w.base && v->at <= w.deadline &&
			    (matches(v, r) || matches_behind_its_fin(conn(c), v, r, w.base)))
				return v;
		}
		if (loop_now(c->world->loop) >= w.deadline)
			return NULL;
		run_wait(c, w.deadline);
	}
}

/* Where the text of s, the DUT's, ends in its stream.  What lies before the stream
 * (a keepalive octet) ends at 0. */
static uint64_t stream_end(const struct conn *x, const struct seg *s)
{
	uint32_t end = s->seq + !!(s->ctl & SYN) + s->len;

	return seq_lt(end, x->tcb.irs + 1) && x->tcb.got < 1u << 31 ? 0 : (uint32_t)(end - x->tcb.irs - 1);
}

static void take(struct run *c, const struct event *v)
{
	struct conn *x = conn(c);
	size_t next = (size_t)(v - c->e->events) + 1;
	uint64_t end = stream_end(x, &v->seg);

	if (next > c->cursor)
		c->cursor = next;
	if (v->seg.len && end <= x->tcb.got && end > x->taken)
		x->taken = end;
}

/* What came instead, in words. */
static const char *instead(struct run *c, size_t from, int *reply)
{
	const struct event *first = NULL;
	unsigned n = 0;

	for (size_t i = from; i < c->e->n_events; i++) {
		const struct event *v = &c->e->events[i];

		if (v->kind == EVENT_SEEN && v->conversation == (int)c->current && !v->fence && !n++)
			first = v;
	}
	if (!n)
		return "nothing came";
	*reply = (int)(first - c->e->events);
	if (n == 1)
		return run_printf(c, "%s came", show(c, &first->seg));
	return run_printf(c, "%s came, and %u more", show(c, &first->seg), n - 1);
}

static _Noreturn void missed(struct run *c, const struct rx *r, struct wait w, const struct silence *s,
                             const char *where)
{
	const char *why, *wanted = wanted_text(c, r);
	struct judgement j = {
		.req = r->req ? r->req : first_req(c), .wanted = wanted, .where = where,
		.stimulus = last_event(c, EVENT_SENT), .reply = -1
	};
	const char *got = instead(c, w.from, &j.reply);
	bool proved;

	fence(c);
	proved = silence_proved(c, s, &why);
	/* What the fence brought to light belongs to the oracle. */
	if (conn(c)->oracle)
		oracle_passed(conn(c)->oracle, loop_now(c->world->loop), proved);
	j.verdict = proved ? FAIL : INCONCLUSIVE;
	j.got = got;
	j.message = run_printf(c, "%s%s%s%s was required within %.3f s, but %s",
	                       proved ? "" : "cannot tell: ", proved ? "" : why, proved ? "" : "; ",
	                       r->promise ? run_printf(c, "%s: %s", r->promise, wanted) : wanted,
	                       (double)(w.deadline - w.base) / 1e9, got);
	run_judge(c, j);
	run_finish(c, FAIL, NULL);
}

/* A verb has said what it had to: a failure, its own or the oracle's, ends the
 * run now. */
void run_say_ends(struct run *c)
{
	c->awaiting = false;
	if (c->failing && !c->finishing)
		run_finish(c, FAIL, NULL);
}

const struct seg *rx_(struct run *c, struct rx r, const char *file, int line)
{
	struct wait w = rx_window(c, &r);
	const char *where = run_place(c, file, line);
	struct silence s = c->then;     /* a reply may have been lost before we awaited it */
	struct event *v;
	struct judgement j = {
		.verdict = PASS, .req = r.req ? r.req : first_req(c), .where = where,
		.stimulus = last_event(c, EVENT_SENT)
	};

	free_for_others(c, &r);
	c->awaiting = true;
	v = await(c, &r, w);
	if (!v)
		missed(c, &r, w, &s, where);
	take(c, v);
	j.reply = (int)(v - c->e->events);
	j.message = r.promise ? r.promise : run_printf(c, "%s came", wanted_text(c, &r));
	if (r.not_before && v->at < w.base + r.not_before) {
		j.verdict = FAIL;
		j.message = run_printf(c, "%s%snot before %.3f s was promised, but it came after %.3f s",
		                       r.promise ? r.promise : "", r.promise ? ": " : "",
		                       (double)r.not_before / 1e9, (double)(v->at - w.base) / 1e9);
		j.got = show(c, &v->seg);
	}
	run_judge(c, j);
	run_say_ends(c);
	return &v->seg;
}

const struct seg *rx_maybe_(struct run *c, struct rx r)
{
	struct wait w = rx_window(c, &r);
	struct event *v;

	free_for_others(c, &r);
	v = await(c, &r, w);
	if (!v) {
		if (w.deadline > c->since)
			c->since = w.deadline;
		return NULL;
	}
	take(c, v);
	return &v->seg;
}

/* ---- rx_data --------------------------------------------------------------------- */

static void check_pattern(struct run *c, const struct event *v, const char *req, const char *where)
{
	const struct conn *x = conn(c);
	uint64_t at = (uint32_t)(v->seg.seq + !!(v->seg.ctl & SYN) - x->tcb.irs - 1);

	/* A keepalive before the first octet: whatever it carries is no text. */
	if (!stream_end(x, &v->seg))
		return;
	for (uint32_t i = 0; i < v->seg.len; i++)
		if (v->seg.text[i] != pattern_octet(at + i))
			run_judge(c, (struct judgement){
				.verdict = FAIL, .req = req, .where = where, .stimulus = -1,
				.reply = (int)(v - c->e->events), .got = show(c, &v->seg),
				.message = run_printf(c, "the octet at offset %llu of the DUT's stream is 0x%02x; "
				                      "its application sent 0x%02x",
				                      (unsigned long long)(at + i), v->seg.text[i],
				                      pattern_octet(at + i))
			});
}

static uint32_t our_mss(struct run *c)
{
	return tcb(c)->mss ? tcb(c)->mss : default_mss(c);
}

/* The least text of a segment that is full, whatever options it has. */
static uint32_t full_segment(struct run *c)
{
	return our_mss(c) > 2 * SEG_OPT_MAX ? our_mss(c) - SEG_OPT_MAX : our_mss(c);
}

static bool disobeys_our_mss(struct run *c)
{
	for (unsigned n = 0; seen(c, n); n++)
		if (seen(c, n)->len > our_mss(c))
			return true;
	return false;
}

/* Why what is missing of a flight is no failure, if it comes when what is there is
 * acknowledged; NULL: it has to come.  What is less than a segment is a matter of
 * Nagle's algorithm and of SWS avoidance. */
static const char *excuse(struct run *c, uint32_t outstanding, uint64_t missing)
{
	if (c->failing || c->lesser)
		return NULL;
	if (disobeys_our_mss(c))
		return "the DUT does not obey our MSS option, by which this counts";
	if (outstanding >= full_segment(c) && missing >= full_segment(c))
		return "the DUT keeps less in flight than this takes, as it may (RFC 5681 3)";
	return NULL;
}

/* "It may be beneficial for a TCP sender to be more conservative than the algorithms
 * allow" (RFC 5681 3): one that has a segment in flight, and goes on when it is
 * acknowledged, has failed nobody; but a case that takes more in flight cannot be run. */
static bool goes_on_when_acknowledged(struct run *c, tick within)
{
	struct conn *x = conn(c);
	uint64_t got = x->tcb.got;
	tick until;

	tx(c, ACK);
	for (until = c->since + within; x->tcb.got == got && loop_now(c->world->loop) < until; )
		run_wait(c, until);
	return x->tcb.got > got;
}

const struct seg *rx_data_(struct run *c, struct rx_data r, const char *file, int line)
{
	struct conn *x = conn(c);
	const char *where = run_place(c, file, line), *req = r.req ? r.req : first_req(c);
	uint64_t goal = x->taken + r.n, farthest = x->taken, end;
	tick within = r.within ? r.within : reply_time(c);
	tick deadline = c->since + within;
	const struct seg *last = NULL;
	struct silence s;
	uint32_t acked = x->edge - x->offered;  /* what our last ACK said */
	size_t i = c->cursor, start = i;

	silence_begin(c, &s);
	c->awaiting = true;
	/* Text that came before the last stimulus counts: it is the DUT's stream. */
	if (x->tcb.got > x->taken)
		for (i = 0; i < c->e->n_events; i++) {
			const struct event *v = &c->e->events[i];

			if (v->kind == EVENT_SEEN && v->conversation == (int)c->current && v->seg.len &&
			    stream_end(x, &v->seg) > x->taken)
				break;
		}
	for (;;) {
		for (; i < c->digested; i++) {
			struct event *v = &c->e->events[i];

			if (v->kind != EVENT_SEEN || v->conversation != (int)c->current || !v->seg.len ||
			    v->seg.wrong || (v->seg.ctl & RST))
				continue;
			check_pattern(c, v, req, where);
			last = &v->seg;
			if (i + 1 > c->cursor)
				c->cursor = i + 1;
			/* Only octets that are new count, or a DUT that repeats the same
			 * ones would be waited for as long as it likes. */
			end = stream_end(x, &v->seg);
			if (end > farthest && farthest < goal) {
				farthest = end;
				if (v->at + within > deadline)
					deadline = v->at + within;
			}
			if (end >= goal && x->tcb.got >= goal) {
				i++;
				break;
			}
		}
		if (r.ack && acked != x->tcb.rcv_nxt) {
			size_t cursor = c->cursor;

			acked = x->tcb.rcv_nxt;
			tx(c, ACK);
			c->cursor = cursor;
			deadline = c->since + within;
		}
		if (x->tcb.got >= goal && last)
			break;
		if (loop_now(c->world->loop) >= deadline && i >= c->digested) {
			struct rx want = {
				.ctl = ACK, .req = req,
				.promise = run_printf(c, "%u octets of the DUT's stream (%llu came)", r.n,
				                      (unsigned long long)(x->tcb.got - (goal - r.n)))
			};

			const char *why = r.ack ? NULL : excuse(c, x->tcb.rcv_nxt - acked, goal - x->tcb.got);

			if (why && goes_on_when_acknowledged(c, within))
				skip(c, why);
			missed(c, &want, (struct wait){ deadline - within, deadline, start }, &s, where);
		}
		if (i >= c->digested)
			run_wait(c, deadline);
	}
	x->taken = goal;
	run_judge(c, (struct judgement){
		.verdict = PASS, .req = req, .where = where, .stimulus = -1, .reply = event_of(c, last),
		.message = run_printf(c, "%u octets of the DUT's stream came", r.n)
	});
	run_say_ends(c);
	return last;
}

/* ---- quiet ------------------------------------------------------------------------ */

static unsigned kind_of(const struct seg *s)
{
	if (s->ctl & RST)
		return BUT_RSTS;
	if (s->ctl & SYN)
		return BUT_SYNS;
	if (s->ctl & FIN)
		return BUT_FINS;
	return s->len ? BUT_DATA : BUT_ACKS;
}

static uint32_t window_of(struct run *c, const struct seg *s)
{
	int ws = tcb(c)->dut_ws;

	return (uint32_t)s->wnd << (s->ctl & SYN || ws < 0 ? 0 : ws);
}

/* Its user has read meanwhile: a DUT tells of a larger window when it likes, and
 * answers nothing by that (RFC 9293 3.8.6).  How small a step is worth telling is
 * 3.8.6.2.2's matter. */
static bool is_window_update(struct run *c, size_t i)
{
	const struct event *events = c->e->events;
	const struct seg *s = &events[i].seg;

	if (s->len || (s->ctl & (SYN | FIN | RST | ACK)) != ACK)
		return false;
	while (i-- > 0)
		if (events[i].kind == EVENT_SEEN && events[i].conversation == (int)c->current &&
		    (events[i].seg.ctl & (RST | ACK)) == ACK)
			return events[i].seg.ack == s->ack && window_of(c, &events[i].seg) < window_of(c, s);
	return false;
}

void quiet_(struct run *c, struct quiet q, const char *file, int line)
{
	tick start = loop_now(c->world->loop);
	tick end = start + (q.lasts ? q.lasts : reply_time(c));
	size_t i = c->cursor;
	struct silence s;
	const char *why, *what = q.promise ? q.promise : "nothing comes";
	struct judgement j = {
		.req = q.req ? q.req : first_req(c), .where = run_place(c, file, line),
		.stimulus = last_event(c, EVENT_SENT), .reply = -1
	};
	int fenced;
	bool proved;

	/* Whether they may stand there at all is the oracle's to say. */
	if (speaks_unasked(c))
		q.but |= BUT_DATA;
	if (may_close(c))
		q.but |= BUT_FINS;
	silence_begin(c, &s);
	c->awaiting = true;
	for (;;) {
		for (; i < c->digested; i++) {
			const struct event *v = &c->e->events[i];

			if (v->kind != EVENT_SEEN || v->conversation != (int)c->current || v->fence ||
			    v->at < c->since || v->at > end || (kind_of(&v->seg) & q.but) || is_window_update(c, i))
				continue;
			j.verdict = FAIL;
			j.reply = (int)i;
			j.got = show(c, &v->seg);
			j.message = run_printf(c, "%s: silence was required, but %s came after %.3f s", what,
			                       j.got, (double)(v->at - c->since) / 1e9);
			run_judge(c, j);        /* and ends the run */
		}
		if (loop_now(c->world->loop) >= end)
			break;
		run_wait(c, end);
	}
	c->cursor = c->e->n_events;
	c->since = end;
	fenced = q.no_fence ? -1 : fence(c);
	proved = silence_proved(c, &s, &why);
	for (unsigned k = 0; k < CONVERSATIONS; k++)
		if (c->conns[k].oracle)
			oracle_passed(c->conns[k].oracle, loop_now(c->world->loop), proved);
	run_say_ends(c);
	if (!fenced) {
		proved = false;
		why = "the fence after it drew no reply";
	}
	j.verdict = proved ? PASS : INCONCLUSIVE;
	j.message = proved ? what : run_printf(c, "cannot tell whether %s: %s", what, why);
	run_judge(c, j);
}

void pass(struct run *c, tick t)
{
	tick end = loop_now(c->world->loop) + t;

	c->awaiting = true;     /* the check that follows has its say first */
	while (loop_now(c->world->loop) < end)
		run_wait(c, end);
	c->cursor = c->digested;
	c->since = end;
}

/* ---- check, skip ------------------------------------------------------------------- */

void check_(struct run *c, bool ok, struct check k, const char *file, int line)
{
	run_judge(c, (struct judgement){
		.verdict = ok ? PASS : FAIL, .req = k.req ? k.req : first_req(c),
		.where = run_place(c, file, line), .stimulus = last_event(c, EVENT_SENT),
		.reply = last_event(c, EVENT_SEEN),
		.message = ok ? k.promise : run_printf(c, "it does not hold that %s", k.promise)
	});
	run_say_ends(c);
}

_Noreturn void skip(struct run *c, const char *reason)
{
	run_finish(c, SKIP, run_printf(c, "%s", reason));
}

_Noreturn void inconclusive(struct run *c, const char *reason)
{
	run_finish(c, INCONCLUSIVE, run_printf(c, "%s", reason));
}

void remark(struct run *c, const char *req, const char *text)
{
	struct event *v = evidence_add(c->e, EVENT_REMARK, loop_now(c->world->loop), (int)c->current);

	if (v)
		v->why = run_printf(c, "%s", text);
	run_judge(c, (struct judgement){
		.verdict = PASS, .req = req, .stimulus = -1, .reply = -1,
		.message = run_printf(c, "%s", text)
	});
}

/* ---- facts -------------------------------------------------------------------------- */

tick now(struct run *c)
{
	return loop_now(c->world->loop);
}

bool is_ip6(struct run *c)
{
	return c->instance->v == 6;
}

uint32_t default_mss(struct run *c)
{
	return is_ip6(c) ? 1220 : 536;
}

bool has_calls(struct run *c)
{
	return c->world->dut->declared.calls;
}

tick dut_slack(struct run *c)
{
	/* Kernel timers come up to 37 ms late by design, and a real way jitters. */
	return c->world->dut->declared.timer_tick + (c->world->link->is_virtual ? 0 : MS(50));
}

tick reply_time(struct run *c)
{
	/* On a real wire what we send leaves a little after our now: who waits from now
	 * on waits until the reply is overdue also for the oracle. */
	return c->world->dut->declared.reply_within + dut_slack(c) + (c->world->link->is_virtual ? 0 : MS(5));
}

tick dut_msl(struct run *c)
{
	return c->world->dut->declared.msl;
}

uint32_t any_number(struct run *c)
{
	return (uint32_t)chance64(&c->chance);
}

const struct seg *seen(struct run *c, unsigned n)
{
	for (size_t i = 0; i < c->digested; i++) {
		const struct event *v = &c->e->events[i];

		if (v->kind == EVENT_SEEN && v->conversation == (int)c->current && !v->fence && !n--)
			return &v->seg;
	}
	return NULL;
}

const struct seg *last_seen(struct run *c)
{
	int i = last_event(c, EVENT_SEEN);

	return i < 0 ? NULL : &c->e->events[i].seg;
}

const struct seg *last_sent(struct run *c)
{
	int i = last_event(c, EVENT_SENT);

	return i < 0 ? NULL : &c->e->events[i].seg;
}

struct tcb *tcb(struct run *c)
{
	return &conn(c)->tcb;
}
