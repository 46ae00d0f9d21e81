/* proof.c: silence can fail, and a silence that is demanded can pass, but only
 * with proof that we would have seen a segment if there had been one.
 *
 * On a virtual wire without loss the proof is by construction.  On a real one:
 * nothing was dropped by the capture, the clocks did not step, and a heartbeat
 * that left after the silence was answered. */
#include "../probes/link.h"
#include "run.h"

void silence_begin(struct run *c, struct silence *s)
{
	s->dropped = c->world->link->stats.dropped;
	s->clock_steps = c->world->link->stats.clock_steps;
}

const char in_fragments[] = "segments of the DUT came in fragments of IP, which are not put together here";

bool silence_proved(struct run *c, const struct silence *s, const char **why_not)
{
	struct link *link = c->world->link;
	tick end = loop_now(c->world->loop);
	tick limit = end + S(2);

	*why_not = conn(c)->in_fragments ? in_fragments : NULL;
	if (*why_not)
		return false;
	if (link->is_virtual) {
		if (!c->world->dut->declared.lossless)
			*why_not = "the simulated wire loses segments";
		return !*why_not;
	}
	heartbeat_hold(c->world, c->instance->v);
	c->silences++;
	while (!heartbeat_since(c->world, c->instance->v, end) && loop_now(c->world->loop) < limit) {
		tick next = loop_now(c->world->loop) + MS(20);

		run_wait(c, next < limit ? next : limit);
	}
	heartbeat_release(c->world, c->instance->v);
	c->silences--;
	if (link->stats.dropped != s->dropped)
		*why_not = "the capture dropped packets meanwhile";
	else if (link->stats.clock_steps != s->clock_steps)
		*why_not = "the clocks stepped meanwhile";
	else if (!heartbeat_since(c->world, c->instance->v, end))
		*why_not = "the DUT's heartbeat was not answered afterwards";
	return !*why_not;
}

/* An old octet that says besides what we said last, so that it changes nothing:
 * the same acknowledgment, the same window, timestamps where they are on. */
static struct seg as_last_said(struct run *c, struct conn *x, const struct seg *s)
{
	return conn_build(c, x, &(struct tx){
		.ctl = s->ctl, .seq = EXACT(s->seq), .ack = EXACT(x->said_ack),
		.wnd = EXACT(x->said_wnd), .len = s->len
	});
}

int fence(struct run *c)
{
	struct conn *x = conn(c);
	struct event *v;
	struct seg s;
	tick limit;

	if (!x->oracle || !oracle_fence(x->oracle, &s))
		return -1;
	if (s.len)
		s = as_last_said(c, x, &s);
	v = evidence_add(c->e, EVENT_SENT, loop_now(c->world->loop), (int)c->current);
	if (!v)
		return -1;
	v->fence = true;
	v->why = "fence: must draw a reply";
	v->seg = s;
	if (world_send(c->world, &s, &v->ip, &v->n_ip, &v->at, c->e->arena))
		return -1;
	v->seg.at = v->at;
	c->fence_event = (int)(v - c->e->events);
	c->fence_answered = false;
	oracle_sent(x->oracle, &v->seg, c->fence_event);
	limit = v->at + reply_time(c);
	while (!c->fence_answered && loop_now(c->world->loop) < limit)
		run_wait(c, limit);
	c->fence_event = -1;
	return c->fence_answered;
}
