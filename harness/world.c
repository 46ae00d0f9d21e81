/* world.c: the switchboard between link, DUT and runs, and the heartbeat.
 *
 * Each conversation has a port of ours to itself, so our endpoint alone says
 * whose a datagram is, also while the DUT's port is not known yet. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../probes/icmp.h"
#include "../probes/link.h"
#include "../probes/wire.h"
#include "run.h"

#define BEAT MS(100)
#define HEARTBEAT_PORT 19999            /* ours; below all ports of conversations */
#define HEARTBEAT_DUT_PORT 2            /* the DUT's: nobody listens there */
#define ECHO_ID 0x7463u                 /* of an ICMP echo that is ours */

/* Proof that the DUT, the way and the capture live: a stray ACK to a port where
 * nobody listens (or to the declared service) draws a RST with its SEG.ACK; an
 * ICMP echo serves where strays are filtered. */
struct heartbeat {
	struct world *world;
	uint8_t  v;
	unsigned holders;
	struct deadline beat;
	uint32_t number;                /* of the last beat; its SEG.ACK         */
	tick     sent[64];              /* by number modulo 64                   */
	tick     answered;              /* when the newest answered one was sent; -1: never */
	bool     strays, service, echo; /* what has drawn an answer              */
};

static int find(struct world *w, const struct endpoint *ours, struct run **run, unsigned *k)
{
	for (struct run *c = w->runs; c; c = c->next)
		for (unsigned i = 0; i < CONVERSATIONS; i++)
			if (c->conns[i].used && endpoint_eq(&c->conns[i].tcb.we, ours)) {
				*run = c;
				*k = i;
				return 0;
			}
	return -ENOENT;
}

static bool is_dut(const struct world *w, const struct addr *a)
{
	return addr_eq(a, &w->dut->declared.addr4) || addr_eq(a, &w->dut->declared.addr6);
}

static void beat_answered(struct heartbeat *h, uint32_t number)
{
	tick sent = h->sent[number % 64];

	if (h->number - number >= 64 || !number)
		return;
	if (sent > h->answered)
		h->answered = sent;
}

static bool heartbeat_took(struct world *w, const struct seg *s)
{
	struct heartbeat *h = w->heartbeat[s->dst.addr.v == 6];

	if (s->dst.port != HEARTBEAT_PORT || !h)
		return false;
	if (s->ctl & RST) {
		*(s->src.port == HEARTBEAT_DUT_PORT ? &h->strays : &h->service) = true;
		beat_answered(h, s->seq);
	}
	return true;
}

/* A part of a datagram, of which the first shows whose it is: what the others carry is
 * not seen. */
static void take_fragment(struct world *w, const uint8_t *octets, size_t n, size_t full)
{
	struct wire_ip ip;
	struct endpoint us;
	struct run *c;
	unsigned k;

	if (!wire_ip_decode(octets, n, full, &ip) || !ip.fragment || ip.n < 4 || !is_dut(w, &ip.src))
		return;
	us = (struct endpoint){ .addr = ip.dst, .port = (uint16_t)(ip.payload[2] << 8 | ip.payload[3]) };
	if (!find(w, &us, &c, &k) && c->conns[k].tcb.dut.port == (ip.payload[0] << 8 | ip.payload[1]))
		c->conns[k].in_fragments = true;
}

static void arrived(void *arg, const uint8_t *ip, size_t n, size_t full, tick at)
{
	struct world *w = arg;
	struct seg s;
	struct icmp m;
	struct run *c;
	unsigned k;

	switch (wire_decode(ip, n, full, &s)) {
	case WIRE_SEG:
		if (!is_dut(w, &s.src.addr) || heartbeat_took(w, &s))
			return;
		if (!find(w, &s.dst, &c, &k))
			run_saw(c, k, &s, ip, n, at);
		return;
	case WIRE_ICMP:
		if (!icmp_decode(ip, n, &m))
			return;
		if (m.quotes) {
			if (!find(w, &m.quoted_src, &c, &k))
				run_saw_icmp(c, k, ip, n, at);
		} else if (is_dut(w, &m.src) && m.type == (m.src.v == 4 ? 0 : 129) &&
		           w->heartbeat[m.src.v == 6] && m.rest >> 16 == ECHO_ID) {
			struct heartbeat *h = w->heartbeat[m.src.v == 6];

			h->echo = true;
			/* An echo carries the low 16 bits of the number only. */
			beat_answered(h, h->number - (uint16_t)(h->number - m.rest));
		}
		return;
	case WIRE_OTHER:
		take_fragment(w, ip, n, full);
		return;
	default:
		return;
	}
}

static void noted(void *arg, const struct note *note)
{
	struct world *w = arg;

	for (struct run *c = w->runs; c; c = c->next)
		for (unsigned i = 0; i < CONVERSATIONS; i++) {
			struct conn *x = &c->conns[i];

			if (!x->used)
				continue;
			if (note->kind == NOTE_ESTABLISHED && note->listener >= 0
			    ? x->listener == note->listener &&
			      (w->dut->declared.translated ? x->sock < 0 : endpoint_eq(&x->tcb.we, &note->remote))
			    : x->sock >= 0 && x->sock == note->id) {
				run_noted(c, i, note);
				return;
			}
		}
}

/* The runs end on the loop, whoever had just found out. */
static void bury(void *arg)
{
	struct world *w = arg;

	while (w->runs)
		run_lost(w->runs);
}

static void dut_gone(void *arg)
{
	struct world *w = arg;

	loop_set(w->loop, &w->gone, loop_now(w->loop));
}

void world_connect(struct world *w)
{
	w->gone.fire = bury;
	w->gone.arg = w;
	w->dut->gone = dut_gone;
	w->link->arrived = arrived;
	w->link->arg = w;
	w->dut->noted = noted;
	w->dut->arg = w;
	w->scratch = malloc(WIRE_MAX);
	if (!w->scratch)
		abort();
	if (w->dut->lost[0])            /* it ended before anybody could be told */
		dut_gone(w);
}

void world_disconnect(struct world *w)
{
	loop_cancel(w->loop, &w->gone);
	for (int i = 0; i < 2; i++) {
		if (w->heartbeat[i])
			loop_cancel(w->loop, &w->heartbeat[i]->beat);
		free(w->heartbeat[i]);
		w->heartbeat[i] = NULL;
	}
	free(w->scratch);
	w->scratch = NULL;
}

void world_end(struct world *w)
{
	world_disconnect(w);
	w->dut->ops->close(w->dut);
	loop_free(w->loop);
	link_close(w->link);
	free(w);
}

const struct addr *virtual_addresses(void)
{
	static struct addr a[VIRTUAL_ADDRESSES];

	addr_parse("10.9.0.9", &a[0]);
	addr_parse("10.9.0.10", &a[1]);
	addr_parse("fd00:9::9", &a[2]);
	addr_parse("fd00:9::10", &a[3]);
	return a;
}

struct world *world_virtual(void)
{
	struct world *w = calloc(1, sizeof *w);
	const struct addr *ours = virtual_addresses();

	if (!w)
		abort();
	for (int i = 0; i < VIRTUAL_ADDRESSES; i++) {
		const int v6 = ours[i].v == 6;

		w->ours[v6][w->n_ours[v6]++] = ours[i];
	}
	return w;
}

void world_add(struct world *w, struct run *c)
{
	c->next = w->runs;
	w->runs = c;
}

void world_remove(struct world *w, struct run *c)
{
	for (struct run **p = &w->runs; *p; p = &(*p)->next)
		if (*p == c) {
			*p = c->next;
			return;
		}
}

uint16_t world_port(struct world *w, uint64_t *chance, const struct addr *ours)
{
	uint16_t first = w->dut->declared.first_port, last = w->dut->declared.last_port;
	struct endpoint e = { .addr = *ours };
	struct run *c;
	unsigned k;

	/* A port is not used again in a run before all others were: the same
	 * tuple would meet the DUT's TIME-WAIT. */
	if (!w->next_port)
		w->next_port = (uint16_t)(first + chance64(chance) % (last - first));
	do {
		w->next_port = w->next_port >= last ? first : w->next_port + 1;
		e.port = w->next_port;
	} while (!find(w, &e, &c, &k));
	return e.port;
}

int world_send(struct world *w, const struct seg *s, const uint8_t **ip, size_t *n, tick *at, struct arena *a)
{
	int len = wire_encode(s, w->scratch, WIRE_MAX);
	uint8_t *copy;

	if (len < 0)
		return len;
	if (a) {
		copy = arena_alloc(a, (size_t)len);
		memcpy(copy, w->scratch, (size_t)len);
		*ip = copy;
		*n = (size_t)len;
	}
	if (!at)
		return 0;       /* only said */
	return link_send(w->link, w->scratch, (size_t)len, at);
}

/* ---- the heartbeat ----------------------------------------------------------- */

static void send_stray(struct heartbeat *h, uint16_t port)
{
	struct world *w = h->world;
	struct seg s = {
		.src = { w->ours[h->v == 6][0], HEARTBEAT_PORT },
		.dst = { h->v == 4 ? w->dut->declared.addr4 : w->dut->declared.addr6, port },
		.seq = h->number, .ack = h->number, .ctl = ACK, .wnd = 1024
	};
	tick at;

	world_send(w, &s, NULL, NULL, &at, NULL);
}

static void send_echo(struct heartbeat *h)
{
	struct world *w = h->world;
	struct icmp m = {
		.src = w->ours[h->v == 6][0],
		.dst = h->v == 4 ? w->dut->declared.addr4 : w->dut->declared.addr6,
		.type = h->v == 4 ? 8 : 128, .rest = (uint32_t)ECHO_ID << 16 | (h->number & 0xffff)
	};
	int n = icmp_encode(&m, NULL, 0, w->scratch, WIRE_MAX);

	if (n > 0)
		link_send(w->link, w->scratch, (size_t)n, NULL);
}

static void beat(void *arg)
{
	struct heartbeat *h = arg;
	tick t = loop_now(h->world->loop);

	if (!h->holders)
		return;
	/* One may answer strays while a connection is open, and else not (TCP in firmware):
	 * what has drawn an answer once is believed until two beats have drawn none. */
	if (h->number >= 2 && h->answered < h->sent[(h->number - 1) % 64])
		h->strays = h->service = h->echo = false;
	h->number++;
	h->sent[h->number % 64] = t;
	/* Until we know what the DUT answers, all kinds are tried. */
	if (h->strays || !(h->service || h->echo))
		send_stray(h, HEARTBEAT_DUT_PORT);
	if (!h->strays && h->world->dut->declared.port && (h->service || !h->echo))
		send_stray(h, h->world->dut->declared.port);
	if (!h->strays && !h->service)
		send_echo(h);
	loop_set(h->world->loop, &h->beat, t + BEAT);
}

void heartbeat_hold(struct world *w, uint8_t v)
{
	struct heartbeat *h = w->heartbeat[v == 6];

	if (!h) {
		h = calloc(1, sizeof *h);
		if (!h)
			abort();
		h->world = w;
		h->v = v;
		h->answered = -1;
		h->beat.fire = beat;
		h->beat.arg = h;
		w->heartbeat[v == 6] = h;
	}
	if (!h->holders++)
		loop_set(w->loop, &h->beat, loop_now(w->loop));
}

void heartbeat_release(struct world *w, uint8_t v)
{
	struct heartbeat *h = w->heartbeat[v == 6];

	if (h && h->holders)
		h->holders--;
}

bool heartbeat_since(const struct world *w, uint8_t v, tick t)
{
	const struct heartbeat *h = w->heartbeat[v == 6];

	return h && h->answered >= t;
}

bool heartbeat_works(const struct world *w, uint8_t v)
{
	const struct heartbeat *h = w->heartbeat[v == 6];

	return h && h->answered >= 0;
}
