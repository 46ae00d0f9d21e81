/* link_sim.c: a wire in process and in virtual time; see link.h.
 *
 * A heap of datagrams under way, by time and then by order of sending.  One
 * wait_until lets one thing happen: a datagram reaches the tester, one reaches
 * the far end, or the far end's deadline has come; and then returns, so that
 * whoever was waiting for just this runs before time moves on.  What follows is
 * a pure function of the configuration and of what is sent.
 *
 * Not here: the far end itself (harness/dut/sim.c); interfaces (link_net.c). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"

/* So many things may happen in one instant; then the clock moves a little all the
 * same.  On a wire without delay two ends that answer each other for ever, or a
 * far end whose deadline never moves, would stop time otherwise. */
#define INSTANT_MAX 100000
#define INSTANT_GAP US(1)

enum way { TO_FAR, TO_TESTER };

struct datagram {
	tick     at;                    /* when it arrives                       */
	uint64_t order;                 /* of sending                            */
	enum way way;
	size_t   n;
	uint8_t  octets[];
};

struct link_sim {
	struct link link;               /* first: a struct link * is one of these */
	struct link_sim_config config;
	struct link_far far;
	tick     now;
	unsigned in_instant;            /* things that happened at `now`         */
	uint64_t order;
	uint64_t random[2];             /* state of the generators, by way       */
	tick     last[2];               /* latest arrival in order, by way       */
	struct datagram **heap;
	size_t   n, room;
};

static struct link_sim *sim_of(struct link *l)
{
	return (struct link_sim *)l;
}

/* ---- chance ---------------------------------------------------------------- */

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 =< x < 1 */
static double random_unit(uint64_t *state)
{
	return (double)(random_next(state) >> 11) * 0x1p-53;
}

/* ---- the heap -------------------------------------------------------------- */

static bool before(const struct datagram *a, const struct datagram *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static bool heap_push(struct link_sim *w, struct datagram *d)
{
	if (w->n == w->room) {
		size_t room = w->room ? 2 * w->room : 64;
		struct datagram **heap = realloc(w->heap, room * sizeof *heap);

		if (!heap)
			return false;
		w->heap = heap;
		w->room = room;
	}

	size_t i = w->n++;

	for (; i && before(d, w->heap[(i - 1) / 2]); i = (i - 1) / 2)
		w->heap[i] = w->heap[(i - 1) / 2];
	w->heap[i] = d;
	return true;
}

static struct datagram *heap_pop(struct link_sim *w)
{
	struct datagram *first = w->heap[0], *d = w->heap[--w->n];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < w->n && before(w->heap[child + 1], w->heap[child]))
			child++;
		if (child >= w->n || !before(w->heap[child], d))
			break;
		w->heap[i] = w->heap[child];
		i = child;
	}
	w->heap[i] = d;
	return first;
}

/* ---- the wire -------------------------------------------------------------- */

/* Puts one copy on the wire, to arrive at `at`. */
static int carry(struct link_sim *w, enum way way, const uint8_t *ip, size_t n, tick at)
{
	struct datagram *d = malloc(sizeof *d + n);

	if (!d)
		return -ENOMEM;
	*d = (struct datagram){ .at = at, .order = w->order++, .way = way, .n = n };
	memcpy(d->octets, ip, n);
	if (!heap_push(w, d)) {
		free(d);
		return -ENOMEM;
	}
	return 0;
}

/* When a copy that is sent now arrives. */
static tick arrival(struct link_sim *w, enum way way)
{
	const struct link_sim_config *c = &w->config;
	uint64_t *random = &w->random[way];
	tick at = w->now + c->delay;
	double jitter = random_unit(random), reorder = random_unit(random);

	at += (tick)(jitter * (double)c->jitter);
	if (at < w->last[way])
		at = w->last[way];
	if (reorder < c->reorder)
		return at + c->reorder_by;
	w->last[way] = at;
	return at;
}

/* Lets chance decide what becomes of a datagram that is sent now. */
static int transmit(struct link_sim *w, enum way way, const uint8_t *ip, size_t n)
{
	uint64_t *random = &w->random[way];
	bool lost      = random_unit(random) < w->config.loss;
	bool duplicate = random_unit(random) < w->config.duplicate;
	int err = 0;

	if (!lost)
		err = carry(w, way, ip, n, arrival(w, way));
	if (duplicate && !lost && !err)
		err = carry(w, way, ip, n, arrival(w, way));
	return err;
}

static int sim_send(struct link *l, const uint8_t *ip, size_t n, tick *sent_at)
{
	struct link_sim *w = sim_of(l);
	int err = transmit(w, TO_FAR, ip, n);

	if (err)
		return err;
	l->stats.sent++;
	if (sent_at)
		*sent_at = w->now;
	return 0;
}

void link_sim_far_send(struct link *l, const uint8_t *ip, size_t n)
{
	/* Nobody but the tester could be told: it must not believe in silence. */
	if (transmit(sim_of(l), TO_TESTER, ip, n) < 0)
		l->stats.dropped++;
}

tick link_sim_now(const struct link *l)
{
	return ((const struct link_sim *)l)->now;
}

static void deliver(struct link_sim *w, const struct datagram *d)
{
	struct link *l = &w->link;

	if (d->way == TO_FAR) {
		w->far.input(w->far.arg, d->octets, d->n, w->now);
	} else {
		l->stats.received++;
		if (l->arrived)
			l->arrived(l->arg, d->octets, d->n, d->n, w->now);
	}
}

/* Moves the clock to `to`, or, when too much has happened here, past it. */
static void move_clock(struct link_sim *w, tick to)
{
	if (to > w->now) {
		w->now = to;
		w->in_instant = 0;
	} else if (++w->in_instant > INSTANT_MAX) {
		w->now += INSTANT_GAP;
		w->in_instant = 0;
	}
}

static tick sim_wait_until(struct link *l, tick when)
{
	struct link_sim *w = sim_of(l);
	tick limit = when > w->now ? when : w->now;
	tick datagram = w->n ? w->heap[0]->at : TICK_NEVER;
	tick deadline = w->far.poll_at(w->far.arg, datagram < limit ? datagram : limit);

	if (datagram == TICK_NEVER && deadline == TICK_NEVER && limit == TICK_NEVER)
		return TICK_NEVER;
	if (datagram <= deadline && datagram <= limit) {
		struct datagram *d = heap_pop(w);

		move_clock(w, datagram);
		deliver(w, d);
		free(d);
	} else if (deadline <= limit) {
		move_clock(w, deadline);
		w->far.tick(w->far.arg, w->now);
	} else {
		w->now = limit;
		w->in_instant = 0;
	}
	return w->now;
}

static void sim_close(struct link *l)
{
	struct link_sim *w = sim_of(l);

	while (w->n)
		free(w->heap[--w->n]);
	free(w->heap);
	free(w);
}

struct link *link_sim_new(const struct link_sim_config *config, const struct link_far *far)
{
	static const struct link_ops ops = {
		.send = sim_send, .wait_until = sim_wait_until, .close = sim_close,
	};
	struct link_sim *w = calloc(1, sizeof *w);

	if (!w)
		return NULL;
	w->link.ops = &ops;
	w->link.is_virtual = true;
	w->config = *config;
	w->far = *far;

	uint64_t seed = config->seed;

	w->random[TO_FAR] = random_next(&seed);
	w->random[TO_TESTER] = random_next(&seed);
	return &w->link;
}
