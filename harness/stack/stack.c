/* stack.c: the door of the stack: making it, what it is asked (stack.h), and
 * which TCB or listener a segment belongs to.
 *
 * What happens then is segment_arrives.c, calls.c and timers.c. */
#include <stdlib.h>
#include <string.h>

#include "tcb.h"

#define MAX_HUSKS 1024          /* connections that are gone, but asked about    */

/* ---- lists ---------------------------------------------------------------- */

struct tcb *tcb_by_id(struct stack *st, int id)
{
	for (struct tcb *t = st->tcbs; t; t = t->next)
		if (t->id == id && id >= 0)
			return t;
	return NULL;
}

struct tcb *tcb_find(const struct stack *st, const struct endpoint *own, const struct endpoint *peer)
{
	for (struct tcb *t = st->tcbs; t; t = t->next)
		if (t->state != CLOSED && t->own.port == own->port && t->peer.port == peer->port
		    && (endpoint_eq(&t->peer, peer) || fault(st, FAULT_tuple_confusion)) && endpoint_eq(&t->own, own))
			return t;
	return NULL;
}

struct listener *listener_by_id(struct stack *st, int id)
{
	for (struct listener *l = st->listeners; l; l = l->next)
		if (l->id == id)
			return l;
	return NULL;
}

struct listener *listener_find(const struct stack *st, const struct endpoint *own)
{
	for (struct listener *l = st->listeners; l; l = l->next)
		if (l->v == own->addr.v && l->port == own->port)
			return l;
	return NULL;
}

int half_open(const struct stack *st, int listener)
{
	int n = 0;

	for (const struct tcb *t = st->tcbs; t; t = t->next)
		n += t->listener == listener && t->state == SYN_RECEIVED;
	return n;
}

void tcb_options_defaults(const struct stack *st, struct options *o)
{
	*o = (struct options){
		.keepalive = st->k.keepalive,
		.keepalive_idle = st->k.keepalive_idle,
		.keepalive_interval = st->k.keepalive_interval,
		.keepalive_count = st->k.keepalive_count,
		.linger = -1,
		.rcv_buffer = st->k.rcv_buffer,
		.snd_buffer = st->k.snd_buffer,
	};
}

struct listener *listener_add(struct stack *st, uint8_t v, uint16_t port, int backlog,
                              const struct options *o)
{
	struct listener *l = calloc(1, sizeof(*l)), **end = &st->listeners;

	if (!l)
		return NULL;
	*l = (struct listener){ .id = st->next_id++, .v = v, .port = port, .backlog = backlog, .opt = *o };
	while (*end)
		end = &(*end)->next;
	*end = l;
	return l;
}

void listener_remove(struct stack *st, struct listener *l)
{
	struct listener **at = &st->listeners;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	free(l);
}

struct tcb *tcb_new(struct stack *st, const struct options *o, const struct endpoint *own,
                    const struct endpoint *peer)
{
	struct tcb *t = st->n_tcbs < st->k.max_connections ? calloc(1, sizeof(*t)) : NULL;
	struct tcb **end = &st->tcbs;

	if (!t)
		return NULL;
	t->id = -1;
	t->listener = -1;
	t->opt = *o;
	t->own = *own;
	t->peer = *peer;
	t->buf.digest = DIGEST_START;
	t->buf.paused = o->paused;
	t->ts.offset = (uint32_t)stack_random(st);
	timers_stop(t);
	rtt_init(st, t);
	while (*end)
		end = &(*end)->next;
	*end = t;
	st->n_tcbs++;
	return t;
}

void note(struct stack *st, struct tcb *t, enum note_kind kind, uint64_t n, int error)
{
	struct note what = {
		.kind = kind, .id = t->id, .listener = t->listener, .remote = t->peer,
		.n = n, .error = error, .at = st->now,
	};

	if (t->id >= 0 && st->cfg.notify)
		st->cfg.notify(st->cfg.arg, &what);
}

/* The TCB leaves the connections at once and is freed after the event.  The user
 * is told whether it ended normally (MUST-12). */
void connection_gone(struct stack *st, struct tcb *t, int error)
{
	if (t->state == CLOSED)
		return;
	t->state = CLOSED;
	t->ack_now = false;
	timers_stop(t);
	if (error)
		note(st, t, NOTE_ERROR, 0, error);
	note(st, t, NOTE_CLOSED, 0, 0);
}

/* Frees what is CLOSED and not held; of what is held, the oldest beyond a
 * bound. */
static void reap(struct stack *st)
{
	int husks = 0;

	for (struct tcb *t = st->tcbs; t; t = t->next)
		husks += t->state == CLOSED;
	for (struct tcb **at = &st->tcbs; *at; ) {
		struct tcb *t = *at;

		if (t->state == CLOSED && (!t->user_holds || husks > MAX_HUSKS)) {
			husks--;
			st->n_tcbs--;
			*at = t->next;
			free(t->buf.octets);
			free(t);
		} else {
			at = &t->next;
		}
	}
}

/* ---- addresses ------------------------------------------------------------ */

bool own_address(const struct stack *st, const struct addr *a)
{
	for (unsigned i = 0; i < st->cfg.n_addr; i++)
		if (addr_eq(&st->cfg.addr[i], a))
			return true;
	return false;
}

bool unicast(const struct addr *a)
{
	static const uint8_t zero[15];

	if (a->v == 4)          /* 0/8, 127/8, multicast, reserved and broadcast */
		return a->o[0] != 0 && a->o[0] != 127 && a->o[0] < 224;
	if (a->o[0] == 0xff)
		return false;
	return memcmp(a->o, zero, 15) != 0 || a->o[15] > 1;     /* :: and ::1 */
}

/* ---- the door ------------------------------------------------------------- */

struct stack *stack_new(const struct stack_config *cfg)
{
	struct stack *st = malloc(sizeof(*st));

	if (!st)
		return NULL;
	memset(st, 0, offsetof(struct stack, text));    /* that is written before it is read */
	st->cfg = *cfg;
	st->k = cfg->knobs;
	if (!st->cfg.mtu)
		st->cfg.mtu = 1500;
	if (!faults_choose(st, cfg->fault)) {
		free(st);
		return NULL;
	}
	st->next_id = 1;
	isn_seed(st, cfg->seed);
	return st;
}

void stack_free(struct stack *st)
{
	if (!st)
		return;
	while (st->listeners)
		listener_remove(st, st->listeners);
	for (struct tcb *t = st->tcbs, *next; t; t = next) {
		next = t->next;
		free(t->buf.octets);
		free(t);
	}
	free(st);
}

void stack_input(struct stack *st, const struct seg *s, tick now)
{
	struct arrival a = { .st = st, .s = s };

	st->now = now;
	if (s->wrong && !(s->wrong == WRONG_CKSUM && fault(st, FAULT_cksum_not_checked))
	    && !(s->wrong == WRONG_DOFF && fault(st, FAULT_doff_not_checked)))
		return;                                         /* MUST-3 */
	if (!own_address(st, &s->dst.addr))                     /* MUST-57 */
		return;
	if (!unicast(&s->src.addr) || own_address(st, &s->src.addr)) /* MUST-63 */
		return;
	opt_of(s, &a.o);
	if (a.o.unknown && fault(st, FAULT_opt_unknown_fatal))
		return;
	a.t = tcb_find(st, &s->dst, &s->src);
	if (!a.t)
		a.l = listener_find(st, &s->dst);
	segment_arrives(&a);
	/* The TCB may be another now, or none. */
	if ((a.t = tcb_find(st, &s->dst, &s->src)))
		output(st, a.t);
	reap(st);
}

void stack_icmp(struct stack *st, const struct icmp *m, tick now)
{
	st->now = now;
	icmp_arrives(st, m);
	reap(st);
}

void stack_call(struct stack *st, const struct call *c, struct answer *out, tick now)
{
	st->now = now;
	*out = (struct answer){ .id = c->id, .state = STATE_UNKNOWN, .at = now };
	user_call(st, c, out);
	reap(st);
}

tick stack_poll_at(const struct stack *st)
{
	tick at = TICK_NEVER;

	for (const struct tcb *t = st->tcbs; t; t = t->next) {
		tick next = timers_next(t);

		if (next < at)
			at = next;
	}
	return at;
}

void stack_tick(struct stack *st, tick now)
{
	st->now = now;
	for (struct tcb *t = st->tcbs; t; t = t->next)
		if (timers_next(t) <= now)
			timers_run(st, t);
	reap(st);
}

enum tcp_state stack_state(const struct stack *st, const struct endpoint *own,
                           const struct endpoint *peer)
{
	const struct tcb *t = tcb_find(st, own, peer);

	if (t)
		return t->state;
	return listener_find(st, own) ? LISTEN : CLOSED;
}
