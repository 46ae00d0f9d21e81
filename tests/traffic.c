/* traffic.c: ordinary traffic, and a great deal of it: the reference stack talks to
 * itself over the simulated wire, with delay, loss, duplication and reordering, and
 * with applications that do whatever applications may do.  What a capture at one
 * end shows must be lawful for both ends, from each point of view that it can be
 * taken for.
 *
 * The captures are then spoiled as captures are: frames missing, in another order,
 * there twice, cut short, the beginning missing.  That may hide a violation, and
 * never make one.
 *
 *     traffic              a fixed set of seeds
 *     traffic SEED [FILE]  one of them, its capture into FILE
 *
 * Nothing here is judged but by the oracle; that the stack talks at all is
 * counted, so that silence is not taken for health. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/check.h"
#include "harness/stack/stack.h"
#include "probes/link.h"
#include "probes/wire.h"

#define SEEDS 600
#define OPENINGS 6              /* connections of one seed                   */
#define OPERATIONS 40
#define LASTS S(900)

struct record {
	uint8_t *ip;
	size_t n, full;
	tick at;
};

struct side {
	struct world *world;
	struct stack *stack;
	int ids[64];                    /* connections that the application has  */
	unsigned n_ids;
};

struct world {
	struct link *link;
	struct side near, far;
	tick now;
	uint64_t chance;
	struct record *records;
	size_t n_records, room;
	uint64_t told;                  /* how often an application had something to read */
	const char *fault;              /* of the far stack, or NULL             */
	uint8_t buf[WIRE_MAX];
};

static uint64_t below(struct world *w, uint64_t n)
{
	w->chance ^= w->chance << 13;
	w->chance ^= w->chance >> 7;
	w->chance ^= w->chance << 17;
	return n ? (w->chance >> 11) % n : 0;
}

static void record(struct world *w, const uint8_t *ip, size_t n, tick at)
{
	if (w->n_records == w->room) {
		w->room = w->room ? 2 * w->room : 1024;
		w->records = realloc(w->records, w->room * sizeof *w->records);
		if (!w->records)
			abort();
	}

	struct record *r = &w->records[w->n_records++];

	*r = (struct record){ .ip = malloc(n), .n = n, .full = n, .at = at };
	if (!r->ip)
		abort();
	memcpy(r->ip, ip, n);
}

/* ---- the two ends ------------------------------------------------------------ */

static void near_emit(void *arg, const struct seg *s)
{
	struct world *w = ((struct side *)arg)->world;
	int n = wire_encode(s, w->buf, sizeof w->buf);

	if (n <= 0)
		return;
	record(w, w->buf, (size_t)n, w->now);
	link_send(w->link, w->buf, (size_t)n, NULL);
}

static void far_emit(void *arg, const struct seg *s)
{
	struct world *w = ((struct side *)arg)->world;
	uint8_t *octets = malloc(WIRE_MAX);
	int n = octets ? wire_encode(s, octets, WIRE_MAX) : 0;

	if (n > 0)
		link_sim_far_send(w->link, octets, (size_t)n);
	free(octets);
}

static void told(void *arg, const struct note *note)
{
	struct side *x = arg;

	if (note->kind == NOTE_ESTABLISHED && note->listener >= 0 && x->n_ids < 64)
		x->ids[x->n_ids++] = note->id;
	if (note->kind == NOTE_READABLE)
		x->world->told++;
}

static void input(struct side *x, const uint8_t *ip, size_t n, tick now)
{
	struct seg s;

	if (wire_decode(ip, n, n, &s) == WIRE_SEG) {
		s.at = now;
		stack_input(x->stack, &s, now);
	}
}

static void arrived(void *arg, const uint8_t *ip, size_t n, size_t full, tick at)
{
	struct world *w = arg;

	(void)full;
	w->now = at;
	record(w, ip, n, at);
	input(&w->near, ip, n, at);
}

static void far_input(void *arg, const uint8_t *ip, size_t n, tick now)
{
	input(arg, ip, n, now);
}

static tick far_poll_at(void *arg, tick limit)
{
	(void)limit;
	return stack_poll_at(((struct side *)arg)->stack);
}

static void far_tick(void *arg, tick now)
{
	stack_tick(((struct side *)arg)->stack, now);
}

/* ---- the applications ---------------------------------------------------------- */

static int call(struct side *x, struct call k, struct answer *a)
{
	*a = (struct answer){ .state = STATE_UNKNOWN };
	stack_call(x->stack, &k, a, x->world->now);
	return a->error;
}

/* Whatever an application may ask for; that much of it is refused is as it should
 * be. */
static void operate(struct world *w)
{
	struct side *x = below(w, 2) ? &w->near : &w->far;
	struct answer a;

	if (!x->n_ids)
		return;

	struct call k = { .id = x->ids[below(w, x->n_ids)] };

	switch (below(w, 16)) {
	case 0: k.kind = CALL_SHUTDOWN; break;
	case 1: k.kind = CALL_CLOSE; break;
	case 2: k.kind = below(w, 3) ? CALL_RESUME : CALL_ABORT; break;
	case 3: k.kind = CALL_PAUSE; break;
	case 4: case 5: k.kind = CALL_RESUME; break;
	case 6:
		k.kind = CALL_SET;
		k.option = below(w, 2) ? OPTION_NODELAY : OPTION_KEEPALIVE;
		k.value = (int64_t)below(w, 2);
		break;
	case 7:
		k.kind = CALL_SEND;
		k.n = 1 + below(w, 100);
		k.urgent = true;
		break;
	case 8:
		k.kind = CALL_RECEIVE;
		k.n = below(w, 5000);
		break;
	default:
		k.kind = CALL_SEND;
		k.n = 1 + below(w, below(w, 2) ? 40000 : 40);
	}
	call(x, k, &a);
}

static void open_one(struct world *w, const struct addr *far, uint16_t port)
{
	struct call k = { .kind = CALL_OPEN_ACTIVE, .local_port = port, .remote = { .addr = *far, .port = 7 } };
	struct answer a;

	if (!call(&w->near, k, &a) && w->near.n_ids < 64)
		w->near.ids[w->near.n_ids++] = a.id;
}

/* ---- a world --------------------------------------------------------------------- */

static void settings(struct world *w, struct knobs *k)
{
	knobs_defaults(k);
	k->msl = S(5);
	k->keepalive_idle = S(30);
	k->rcv_buffer = below(w, 3) ? k->rcv_buffer : 2000;
	k->offer_ws = below(w, 2);
	k->offer_ts = below(w, 2);
	k->nagle = below(w, 4) > 0;
	k->delayed_ack = below(w, 3) ? k->delayed_ack : 0;
}

static struct stack *make_stack(struct side *x, const struct addr *own, void (*emit)(void *, const struct seg *))
{
	struct stack_config c = {
		.seed = below(x->world, UINT64_MAX), .addr = { *own }, .n_addr = 1, .emit = emit, .notify = told, .arg = x,
		.fault = x == &x->world->far ? x->world->fault : NULL,
	};

	settings(x->world, &c.knobs);
	return stack_new(&c);
}

static void run(struct world *w, uint64_t seed)
{
	static const char *const addresses[2][2] = { { "192.0.2.1", "192.0.2.2" }, { "2001:db8::1", "2001:db8::2" } };
	bool v6 = seed % 2;
	struct addr near, far;
	struct link_far end = { .arg = &w->far, .input = far_input, .poll_at = far_poll_at, .tick = far_tick };
	struct link_sim_config wire = { .seed = seed };
	tick operation = MS(1), opening = 0;
	unsigned opened = 0, operated = 0;
	struct answer a;

	w->chance = seed * 0x9E3779B97F4A7C15u + 1;
	addr_parse(addresses[v6][0], &near);
	addr_parse(addresses[v6][1], &far);
	wire.delay = (tick)below(w, (uint64_t)MS(80));
	wire.jitter = below(w, 2) ? (tick)below(w, (uint64_t)MS(20)) : 0;
	wire.loss = below(w, 3) ? (double)below(w, 10) / 100 : 0;
	wire.duplicate = below(w, 3) ? 0 : 0.05;
	wire.reorder = below(w, 2) ? (double)below(w, 20) / 100 : 0;
	wire.reorder_by = MS(40);
	w->near.world = w->far.world = w;
	w->far.stack = make_stack(&w->far, &far, far_emit);
	w->near.stack = make_stack(&w->near, &near, near_emit);
	w->link = link_sim_new(&wire, &end);
	w->link->arrived = arrived;
	w->link->arg = w;
	call(&w->far, (struct call){ .kind = CALL_OPEN_PASSIVE, .v = v6 ? 6 : 4, .local_port = 7, .backlog = 16 }, &a);

	while (w->now < LASTS) {
		tick next = stack_poll_at(w->near.stack);

		if (opened < OPENINGS && opening < next)
			next = opening;
		if (operated < OPERATIONS && operation < next)
			next = operation;
		w->now = link_wait_until(w->link, next < LASTS ? next : LASTS);
		if (stack_poll_at(w->near.stack) <= w->now)
			stack_tick(w->near.stack, w->now);
		if (opened < OPENINGS && opening <= w->now) {
			/* Now and then the same port again: the same 4-tuple. */
			open_one(w, &far, (uint16_t)(40000 + below(w, 3)));
			opened++;
			opening = w->now + (tick)below(w, (uint64_t)S(40));
		}
		if (operated < OPERATIONS && operation <= w->now) {
			operate(w);
			operated++;
			operation = w->now + (tick)below(w, (uint64_t)S(below(w, 2) ? 8 : 1));
		}
	}
}

static void end_world(struct world *w)
{
	link_close(w->link);
	stack_free(w->near.stack);
	stack_free(w->far.stack);
	for (size_t i = 0; i < w->n_records; i++)
		free(w->records[i].ip);
	free(w->records);
}

/* ---- judging ----------------------------------------------------------------------- */

static size_t judged(const struct record *records, size_t n_records, enum vantage vantage, const struct addr *end,
                     const char *who, uint64_t seed)
{
	struct check_config config = { .vantage = vantage, .accept = ACCEPT_DEPLOYED, .judge = end, .n_judge = end ? 1 : 0 };
	struct check *c = check_new(&config);
	size_t n, bad = 0;

	for (size_t i = 0; i < n_records; i++)
		check_datagram(c, &(struct datagram){ .ip = records[i].ip, .n = records[i].n, .full = records[i].full,
		                                      .at = records[i].at, .frame = i + 1 });
	check_end(c);

	const struct finding *f = check_findings(c, &n);

	for (size_t i = 0; i < n; i++) {
		if (f[i].verdict != FAIL)
			continue;
		printf("seed %" PRIu64 ", %s: frame %" PRIu64 ", port %u: %s: %s (%s) wanted %s got %s, %" PRIu64 " times\n", seed, who,
		       f[i].frames[0], f[i].judged.port, f[i].rule ? f[i].rule : "", f[i].message ? f[i].message : "",
		       f[i].req ? f[i].req : "", f[i].wanted ? f[i].wanted : "", f[i].got ? f[i].got : "", f[i].count);
		bad++;
	}
	check_free(c);
	return bad;
}

/* What becomes of a capture between the wire and the file. */
enum spoiling { MISSING, SWAPPED, TWICE, SHORT, HEADLESS, SPOILINGS };

static size_t spoil(struct world *w, enum spoiling how, struct record *out)
{
	size_t n = 0, head = how == HEADLESS ? below(w, w->n_records) : 0;

	for (size_t i = head; i < w->n_records; i++) {
		struct record r = w->records[i];

		if (how == MISSING && below(w, 20) == 0)
			continue;
		if (how == SHORT && r.n > 96)
			r.n = 96;
		out[n++] = r;
		if (how == TWICE && below(w, 3) == 0)
			out[n++] = r;
		if (how == SWAPPED && n > 1 && below(w, 10) == 0) {
			/* The stamps stay in order, as a writer's clock would. */
			tick at = out[n - 1].at;

			out[n - 1].at = out[n - 2].at;
			r = out[n - 1];
			out[n - 1] = out[n - 2];
			out[n - 1].at = at;
			out[n - 2] = r;
		}
	}
	return n;
}

static size_t judge_spoiled(struct world *w, uint64_t seed)
{
	static const char *const names[SPOILINGS] = {
		"frames missing", "in another order", "frames there twice", "cut short", "beginning missing",
	};
	struct record *records = calloc(2 * w->n_records + 1, sizeof *records);
	size_t bad = 0;

	if (!records)
		abort();
	for (int how = 0; how < SPOILINGS; how++) {
		size_t n = spoil(w, (enum spoiling)how, records);

		bad += judged(records, n, VANTAGE_MIDDLE, NULL, names[how], seed);
	}
	free(records);
	return bad;
}

static size_t judge_all(const struct world *w, uint64_t seed)
{
	struct addr near, far;

	addr_parse(seed % 2 ? "2001:db8::1" : "192.0.2.1", &near);
	addr_parse(seed % 2 ? "2001:db8::2" : "192.0.2.2", &far);
	return judged(w->records, w->n_records, VANTAGE_DUT, &near, "captured at its host", seed) +
	       judged(w->records, w->n_records, VANTAGE_PEER, &far, "captured at its peer's host", seed) +
	       judged(w->records, w->n_records, VANTAGE_MIDDLE, NULL, "captured in between", seed);
}

/* For a second look by other tools. */
static void write_capture(const struct world *w, const char *path)
{
	const uint32_t head[] = { 0xa1b23c4d, 2 | 4 << 16, 0, 0, 65535, 101 };
	FILE *f = fopen(path, "wb");

	if (!f)
		return;
	fwrite(head, sizeof head, 1, f);
	for (size_t i = 0; i < w->n_records; i++) {
		const struct record *r = &w->records[i];
		const uint32_t frame[] = { (uint32_t)(r->at / S(1)), (uint32_t)(r->at % S(1)), (uint32_t)r->n, (uint32_t)r->n };

		fwrite(frame, sizeof frame, 1, f);
		fwrite(r->ip, r->n, 1, f);
	}
	fclose(f);
}

/* One world from its seed to its end; the violations found. */
static size_t world(uint64_t seed, const char *fault, const char *file, uint64_t *segments, uint64_t *readings)
{
	struct world *w = calloc(1, sizeof *w);
	size_t bad;

	if (!w)
		abort();
	w->fault = fault;
	run(w, seed);
	bad = judge_all(w, seed);
	if (!fault)
		bad += judge_spoiled(w, seed);
	*segments += w->n_records;
	*readings += w->told;
	if (file)
		write_capture(w, file);
	end_world(w);
	free(w);
	return bad;
}

int main(int argc, char **argv)
{
	uint64_t first = 1, last = SEEDS, segments = 0, readings = 0, n;
	size_t bad = 0, found;

	if (argc > 1)
		first = last = strtoull(argv[1], NULL, 10);
	n = last - first + 1;
	for (uint64_t seed = first; seed <= last; seed++)
		bad += world(seed, NULL, argc > 2 ? argv[2] : NULL, &segments, &readings);
	printf("%" PRIu64 " worlds, %" PRIu64 " segments, %" PRIu64 " times something to read: %zu violations\n", n, segments,
	       readings, bad);
	/* Silence would be no proof, and neither would a blind eye. */
	if (segments < 50 * n || readings < n) {
		printf("that is too little to say anything\n");
		bad++;
	}
	if (argc < 2) {
		printf("and with the fault mss-non-syn:\n");
		found = world(1, "mss-non-syn", NULL, &segments, &readings);
		bad += found == 0;
	}
	wire_close();
	return bad != 0;
}
