/* loop.c: deadlines in a heap, and one question to the link: wait_until. */
#include "loop.h"

#include <stdlib.h>

#include "../probes/link.h"

struct loop {
	struct link *link;
	tick now;
	uint64_t sets;
	struct deadline **heap;
	size_t n, room;
};

struct loop *loop_new(struct link *link)
{
	struct loop *l = calloc(1, sizeof *l);

	if (l) {
		l->link = link;
		l->now = link_wait_until(link, 0);
	}
	return l;
}

void loop_free(struct loop *l)
{
	if (l)
		free(l->heap);
	free(l);
}

tick loop_now(const struct loop *l)
{
	return l->now;
}

static bool before(const struct deadline *a, const struct deadline *b)
{
	if (a->when != b->when)
		return a->when < b->when;
	if (a->rank != b->rank)
		return a->rank < b->rank;
	return a->set < b->set;
}

static void put(struct loop *l, size_t i, struct deadline *d)
{
	l->heap[i] = d;
	d->slot = i + 1;
}

static void sift_up(struct loop *l, size_t i)
{
	struct deadline *d = l->heap[i];

	for (; i > 0 && before(d, l->heap[(i - 1) / 2]); i = (i - 1) / 2)
		put(l, i, l->heap[(i - 1) / 2]);
	put(l, i, d);
}

static void sift_down(struct loop *l, size_t i)
{
	struct deadline *d = l->heap[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < l->n && before(l->heap[child + 1], l->heap[child]))
			child++;
		if (child >= l->n || !before(l->heap[child], d))
			break;
		put(l, i, l->heap[child]);
		i = child;
	}
	put(l, i, d);
}

void loop_cancel(struct loop *l, struct deadline *d)
{
	size_t i = d->slot - 1;

	if (!d->slot)
		return;
	d->slot = 0;
	if (i == --l->n)
		return;
	put(l, i, l->heap[l->n]);
	sift_up(l, i);
	sift_down(l, l->heap[i]->slot - 1);
}

void loop_set(struct loop *l, struct deadline *d, tick when)
{
	loop_cancel(l, d);
	d->when = when < l->now ? l->now : when;
	d->set = l->sets++;
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 64;
		struct deadline **heap = realloc(l->heap, room * sizeof *heap);

		if (!heap)
			abort();
		l->heap = heap;
		l->room = room;
	}
	put(l, l->n++, d);
	sift_up(l, l->n - 1);
}

static void fire_due(struct loop *l, const bool *done)
{
	while (!*done && l->n && l->heap[0]->when <= l->now) {
		struct deadline *d = l->heap[0];

		loop_cancel(l, d);
		d->fire(d->arg);
	}
}

bool loop_run(struct loop *l, const bool *done)
{
	for (;;) {
		tick now;

		fire_due(l, done);
		if (*done)
			return true;
		if (!l->n && l->link->is_virtual)
			return false;
		now = link_wait_until(l->link, l->n ? l->heap[0]->when : TICK_NEVER);
		if (now > l->now)
			l->now = now;
	}
}
