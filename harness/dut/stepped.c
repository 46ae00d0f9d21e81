/* stepped.c: a stack in a process of its own (stepper.h) as the DUT, at the far
 * end of a simulated wire, so in virtual time.
 *
 * The wire asks when something happens over there; the answer is what the stack
 * says when its time is let pass, up to what the wire can foresee.  Where the
 * frames are Ethernet's, ARP and neighbour discovery are done here: the wire
 * carries IP. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../probes/link.h"
#include "../../probes/neighbor.h"
#include "../../probes/wire.h"
#include "dut.h"
#include "stepper.h"

enum { OURS = 4, CALLS_MAX = 64 };

static const uint8_t our_mac[6] = { 0x02, 0x09, 0, 0, 0, 0x09 };

struct pending {
	unsigned  tag;                  /* 0: free */
	answered *done;
	void     *arg;
};

struct stepped {
	struct dut dut;
	struct link *link;
	struct stepper *stepper;
	tick began;                     /* its time when ours was 0 */
	tick idle_until;                /* on our clock: until then it does nothing of itself */
	tick reached;                   /* on our clock: how far its time has come */
	bool asked;                     /* it was told things that it has not digested */
	bool mourned;

	struct addr ours[OURS];
	struct neighbor_self self;
	struct pending pending[CALLS_MAX];
	uint8_t frame[ETHER_HEADER + WIRE_MAX];
};

static tick ours(const struct stepped *d, tick theirs)
{
	return theirs == TICK_NEVER ? TICK_NEVER : theirs - d->began;
}

static tick theirs(const struct stepped *d, tick t)
{
	return t >= TICK_NEVER - d->began ? TICK_NEVER - 1 : t + d->began;
}

/* ---- what it says ------------------------------------------------------------------ */

static void take_frame(struct stepped *d, const uint8_t *frame, size_t n)
{
	uint8_t answer[NEIGHBOR_MAX];
	struct ether e;

	if (!stepper_hello(d->stepper)->ethernet) {
		if (n <= WIRE_MAX)
			link_sim_far_send(d->link, frame, n);
		return;
	}
	size_t told = neighbor_answer(&d->self, frame, n, answer);
	if (told) {
		stepper_frame(d->stepper, answer, told);
		d->asked = true;
		return;
	}
	if (ether_decode(frame, n, &e) && (e.type == ETHER_IP4 || e.type == ETHER_IP6) && e.n <= WIRE_MAX &&
	    memcmp(e.dst, our_mac, 6) == 0)
		link_sim_far_send(d->link, e.payload, e.n);
}

static void take_answer(struct stepped *d, const struct stepper_event *e)
{
	char *end;
	unsigned long tag = strtoul(e->tag, &end, 10);
	struct pending *slot = &d->pending[tag % CALLS_MAX];

	if (*end || !tag || slot->tag != tag)
		return;                 /* nobody asked: it harms nobody */
	struct pending p = *slot;
	struct answer a = e->answer;
	slot->tag = 0;
	a.at = link_sim_now(d->link);
	p.done(p.arg, &a);
}

static void take(struct stepped *d, const struct stepper_event *e)
{
	struct note note;

	switch (e->kind) {
	case LINE_FRAME:
		take_frame(d, e->frame, e->n);
		return;
	case LINE_ANSWER:
		take_answer(d, e);
		return;
	default:
		note = e->note;
		note.at = link_sim_now(d->link);
		if (d->dut.noted)
			d->dut.noted(d->dut.arg, &note);
	}
}

/* Nothing more comes: calls are refused, and whoever cares is told. */
static void mourn(struct stepped *d)
{
	const char *why = stepper_lost(d->stepper, &d->dut.culprit);

	if (!why || d->mourned)
		return;
	d->mourned = true;
	snprintf(d->dut.lost, sizeof(d->dut.lost), "%s", why);
	for (unsigned i = 0; i < CALLS_MAX; i++) {
		struct pending p = d->pending[i];
		struct answer no = { .error = EPIPE, .state = STATE_UNKNOWN, .at = link_sim_now(d->link) };

		if (!p.tag)
			continue;
		d->pending[i].tag = 0;
		p.done(p.arg, &no);
	}
	if (d->dut.gone)
		d->dut.gone(d->dut.arg);
}

/* Lets its time pass up to `until` of ours, or until it says something. */
static void advance(struct stepped *d, tick until)
{
	tick at, idle;

	d->asked = false;
	if (stepper_advance(d->stepper, theirs(d, until), &at, &idle)) {
		d->reached = ours(d, at);
		d->idle_until = ours(d, idle);
	}
}

/* ---- the far end of the wire --------------------------------------------------------- */

static tick when(struct stepped *d, const struct stepper_event *e)
{
	tick at = ours(d, e->at), t = link_sim_now(d->link);
	bool culprit;

	/* The last words of one that is lost: its stamps may be what was wrong. */
	if (stepper_lost(d->stepper, &culprit))
		return t;
	return at > t ? at : t;
}

static tick far_poll_at(void *arg, tick limit)
{
	struct stepped *d = arg;
	const struct stepper_event *e = stepper_peek(d->stepper);

	if (d->mourned)
		return TICK_NEVER;
	if (e)
		return when(d, e);
	if (stepper_lost(d->stepper, &d->dut.culprit))
		return link_sim_now(d->link);           /* to be mourned */
	/* It has said already that nothing happens before. */
	if (!d->asked && d->idle_until > limit)
		return d->idle_until;
	advance(d, limit);
	e = stepper_peek(d->stepper);
	if (e)
		return when(d, e);
	return stepper_lost(d->stepper, &d->dut.culprit) ? link_sim_now(d->link) : d->idle_until;
}

static void far_tick(void *arg, tick now)
{
	struct stepped *d = arg;
	const struct stepper_event *e;

	while ((e = stepper_peek(d->stepper)) && when(d, e) <= now)
		take(d, stepper_next(d->stepper));
	if (!e)
		mourn(d);
}

/* Its clock must show our time before it is told anything. */
static void catch_up(struct stepped *d)
{
	tick t = link_sim_now(d->link);

	if (d->reached < t && !stepper_peek(d->stepper))
		advance(d, t);
}

static void far_input(void *arg, const uint8_t *ip, size_t n, tick now)
{
	struct stepped *d = arg;

	(void)now;
	catch_up(d);
	d->asked = true;
	if (!stepper_hello(d->stepper)->ethernet) {
		stepper_frame(d->stepper, ip, n);
		return;
	}
	ether_header(d->frame, stepper_hello(d->stepper)->mac, our_mac, ip[0] >> 4 == 4 ? ETHER_IP4 : ETHER_IP6);
	memcpy(d->frame + ETHER_HEADER, ip, n);
	stepper_frame(d->stepper, d->frame, ETHER_HEADER + n);
}

/* ---- calls ------------------------------------------------------------------------------ */

static void stepped_call(struct dut *dut, const struct call *k, answered *done, void *arg)
{
	struct stepped *d = (struct stepped *)dut;
	struct answer no = { .error = EPIPE, .state = STATE_UNKNOWN, .at = link_sim_now(d->link) };
	char tag[LINE_TAG];

	if (d->mourned) {
		done(arg, &no);
		return;
	}
	catch_up(d);
	unsigned number = stepper_number(d->stepper);
	struct pending *slot = &d->pending[number % CALLS_MAX];
	if (slot->tag) {
		no.error = ENOBUFS;
		done(arg, &no);
		return;
	}
	*slot = (struct pending){ number, done, arg };
	snprintf(tag, sizeof(tag), "%u", number);
	stepper_call(d->stepper, tag, k);
	d->asked = true;

	/* The answer is there at once, as from a stack in process, unless its own
	 * way to the call takes time. */
	advance(d, link_sim_now(d->link));
	far_tick(d, link_sim_now(d->link));
}

static void stepped_close(struct dut *dut)
{
	free(dut);
}

static const struct dut_ops ops = { .call = stepped_call, .close = stepped_close };

tick dut_stepped_now(const struct dut *dut)
{
	const struct stepped *d = (const struct stepped *)dut;

	return theirs(d, d->reached);
}

struct dut *dut_stepped_new(struct stepper *s, const struct link_sim_config *wire, const struct dut_said *said,
                            const struct addr *own, unsigned n_own, tick began, struct link **link)
{
	struct stepped *d = calloc(1, sizeof(*d));
	struct link_far far = { .arg = d, .input = far_input, .poll_at = far_poll_at, .tick = far_tick };
	const struct stepper_hello *h = stepper_hello(s);

	if (!d)
		abort();
	d->stepper = s;
	stepper_begin(s);
	d->began = began;
	/* What it does at its start is asked when somebody waits for something: a
	 * world that is only looked at does not make it work. */
	d->idle_until = 1;
	for (unsigned i = 0; i < n_own && i < OURS; i++)
		d->ours[i] = own[i];
	d->self = (struct neighbor_self){ .own = d->ours, .n_own = n_own < OURS ? n_own : OURS };
	memcpy(d->self.mac, our_mac, sizeof(our_mac));
	d->dut.ops = &ops;
	dut_declare_defaults(&d->dut.declared);
	snprintf(d->dut.declared.name, sizeof(d->dut.declared.name), "%s", h->program);
	d->dut.declared.addr4 = h->addr4;
	d->dut.declared.addr6 = h->addr6;
	d->dut.declared.lossless = wire->loss == 0;
	d->dut.declared.flight = wire->delay + wire->jitter;
	d->dut.declared.connections = 1000;
	dut_declare_can(&d->dut.declared, h->can);
	dut_declare_said(&d->dut.declared, said);
	d->link = link_sim_new(wire, &far);
	if (!d->link)
		abort();
	*link = d->link;
	return &d->dut;
}
