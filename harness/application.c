/* application.c: the dut_ verbs: the application over there, and conversations. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "run.h"

bool speaks_unasked(struct run *c)
{
	const struct dut_declaration *d = &c->world->dut->declared;

	return !d->calls && (d->service == SERVICE_CHARGEN || d->service == SERVICE_ECHO || d->service == SERVICE_HTTP);
}

bool closes_unasked(struct run *c)
{
	const struct dut_declaration *d = &c->world->dut->declared;

	return !d->calls && d->service == SERVICE_HTTP;
}

#define ANSWER_WITHIN S(30)     /* of an agent, before we call it gone */

static void on_answer(void *arg, const struct answer *a)
{
	struct run *c = arg;

	if (coro_done(c->co))
		return;         /* the run ended without it */
	c->answer = *a;
	c->answered = true;
	if (coro_self() != c->co)
		loop_set(c->world->loop, &c->wake, loop_now(c->world->loop));
}

static struct event *make_call(struct run *c, const struct call *k)
{
	struct dut *dut = c->world->dut;
	tick from = loop_now(c->world->loop);
	struct event *v = run_event(c, EVENT_CALL);

	v->call.call = *k;
	c->cursor = c->e->n_events;
	c->since = from;
	silence_begin(c, &c->then);
	c->calling = true;
	c->answered = false;
	dut->ops->call(dut, k, on_answer, c);
	while (!c->answered && loop_now(c->world->loop) < from + ANSWER_WITHIN)
		run_wait(c, from + ANSWER_WITHIN);
	v->until = loop_now(c->world->loop);
	/* c->calling stays: the answer may still come, and must find the run. */
	if (!c->answered)
		run_finish(c, ERROR, run_printf(c, "%s was not answered within 30 s", call_name(k->kind)));
	c->calling = false;
	v->call.answer = c->answer;
	if (c->answer.error == EPIPE && dut->lost[0]) {
		if (dut->culprit)       /* the world ends us in its place */
			run_wait(c, TICK_NEVER);
		run_finish(c, ERROR, run_printf(c, "%s", dut->lost));
	}
	return v;
}

int run_call(struct run *c, struct call *k, struct answer *a)
{
	struct event *v = make_call(c, k);
	struct conn *x = conn(c);

	*a = v->call.answer;
	if (x->oracle && !c->finishing)
		oracle_called(x->oracle, k, a, v->at, v->until + c->world->dut->declared.flight);
	/* Segments that overtook the answer are digested now. */
	if (!c->finishing)
		run_wait(c, loop_now(c->world->loop));
	return a->error;
}

/* ---- OPEN ---------------------------------------------------------------------- */

void dut_preset(struct run *c, enum call_option o, int64_t value)
{
	struct conn *x = conn(c);

	if (x->n_preset == CALL_PRESETS)
		run_finish(c, ERROR, "a case presets more options than a call carries");
	x->preset[x->n_preset].option = o;
	x->preset[x->n_preset++].value = value;
}

static void fill_open(struct run *c, struct call *k, const struct dut_open *o)
{
	struct conn *x = conn(c);

	if (o->rcvbuf)
		dut_preset(c, OPTION_RCVBUF, o->rcvbuf);
	if (o->sndbuf)
		dut_preset(c, OPTION_SNDBUF, o->sndbuf);
	if (o->nodelay)
		dut_preset(c, OPTION_NODELAY, 1);
	if (o->tfo)
		dut_preset(c, OPTION_TFO, 1);
	k->v = c->instance->v;
	k->paused = o->paused;
	k->local_port = o->port;
	k->backlog = o->backlog;
	for (unsigned i = 0; i < x->n_preset; i++) {
		k->preset[i].option = x->preset[i].option;
		k->preset[i].value = x->preset[i].value;
	}
	k->n_preset = x->n_preset;
	x->n_preset = 0;
}

static void open_failed(struct run *c, const struct call *k, const struct answer *a)
{
	if (a->error == EOPNOTSUPP || a->error == ENOPROTOOPT)
		skip(c, run_printf(c, k->n_preset ? "the DUT's system does not offer what %s presets" :
		                   "the DUT cannot make the call %s", call_name(k->kind)));
	run_finish(c, ERROR, run_printf(c, "%s on the DUT failed: %s", call_name(k->kind), strerror(a->error)));
}

static void opened(struct run *c, const struct event *v)
{
	struct conn *x = conn(c);

	x->open = v->call.call;
	x->opened = v->call.answer;
	x->open_from = v->at;
	x->open_until = v->until;
	x->open_told = true;
	if (v->call.answer.port) {
		x->tcb.dut.port = v->call.answer.port;
		conn_know_dut(c, x);    /* tells the oracle of the OPEN */
	}
}

void dut_listen_(struct run *c, struct dut_open o)
{
	struct conn *x = conn(c);
	struct call k = { .kind = CALL_OPEN_PASSIVE };
	const struct event *v;

	if (!has_calls(c)) {
		if (!c->world->dut->declared.port)
			skip(c, "needs a port where the DUT listens: give HOST:PORT, or --agent CMD");
		x->tcb.dut.port = c->world->dut->declared.port;
		conn_know_dut(c, x);
		return;
	}
	fill_open(c, &k, &o);
	v = make_call(c, &k);
	if (v->call.answer.error)
		open_failed(c, &k, &v->call.answer);
	x->listens = true;
	x->listener = v->call.answer.id;
	opened(c, v);
	run_wait(c, now(c));
}

void dut_unlisten(struct run *c)
{
	struct call k = { .kind = CALL_CLOSE, .id = conn(c)->listener };
	struct answer a;

	if (!conn(c)->listens)
		skip(c, "needs a listener of its own on the DUT");
	run_call(c, &k, &a);
	conn(c)->listens = false;
}

const struct seg *dut_connect_(struct run *c, struct dut_open o)
{
	struct conn *x = conn(c);
	struct call k = { .kind = CALL_OPEN_ACTIVE, .remote = x->tcb.we };
	const struct event *v;

	if (!has_calls(c) && !c->world->dut->declared.trigger)
		skip(c, "needs the DUT to connect: give --agent CMD or --trigger CMD");
	fill_open(c, &k, &o);
	v = make_call(c, &k);
	if (v->call.answer.error)
		open_failed(c, &k, &v->call.answer);
	x->sock = v->call.answer.id;
	opened(c, v);
	run_wait(c, now(c));
	c->since = v->at;
	c->cursor = (size_t)(v - c->e->events);
	/* A trigger takes what time it takes: what it asks may first have to end what it
	 * was at. */
	return rx(c, SYN, .req = "EVT-SYNSENT-SYN-FORMAT", .within = (has_calls(c) ? S(3) : S(100)) + reply_time(c),
	          .promise = "the DUT's SYN");
}

/* ---- calls on a connection -------------------------------------------------------- */

static void need_connection(struct run *c, const char *what)
{
	struct conn *x = conn(c);
	tick until = now(c) + reply_time(c);

	if (!has_calls(c))
		skip(c, run_printf(c, "needs %s on the DUT: give --agent CMD", what));
	while (x->sock < 0 && now(c) < until)
		run_wait(c, until);
	if (x->sock < 0)
		run_judge(c, (struct judgement){
			.verdict = FAIL, .req = "EVT-SYNRCVD-ACK-OK", .stimulus = -1, .reply = -1,
			.message = "the application on the DUT was not told that the connection is established"
		});
}

int dut_try(struct run *c, struct call k, struct answer *a)
{
	if (!(k.kind == CALL_CLOSE && k.id > 0 && k.id == conn(c)->listener)) {
		if (!c->finishing)
			need_connection(c, call_name(k.kind));
		k.id = conn(c)->sock;
	}
	return run_call(c, &k, a);
}

static void must(struct run *c, struct call k)
{
	struct answer a;
	int error = dut_try(c, k, &a);

	if (!error)
		return;
	if (error == EOPNOTSUPP || error == ENOPROTOOPT)
		skip(c, run_printf(c, "the DUT's system does not offer %s %s", call_name(k.kind),
		                   k.option ? option_name(k.option) : ""));
	run_judge(c, (struct judgement){
		.verdict = FAIL, .req = first_req(c), .stimulus = -1, .reply = -1,
		.message = run_printf(c, "%s was refused by the DUT: %s", call_name(k.kind), strerror(error))
	});
}

void dut_send(struct run *c, uint32_t n)
{
	must(c, (struct call){ .kind = CALL_SEND, .n = n });
}

void dut_send_urgent(struct run *c, uint32_t n)
{
	must(c, (struct call){ .kind = CALL_SEND, .n = n, .urgent = true });
}

void dut_read(struct run *c, uint32_t n)
{
	must(c, (struct call){ .kind = CALL_RECEIVE, .n = n });
}

void dut_pause(struct run *c)
{
	must(c, (struct call){ .kind = CALL_PAUSE });
}

void dut_resume(struct run *c)
{
	must(c, (struct call){ .kind = CALL_RESUME });
}

void dut_shutdown(struct run *c)
{
	must(c, (struct call){ .kind = CALL_SHUTDOWN });
}

void dut_close(struct run *c)
{
	must(c, (struct call){ .kind = CALL_CLOSE });
}

void dut_abort(struct run *c)
{
	must(c, (struct call){ .kind = CALL_ABORT });
}

void dut_set(struct run *c, enum call_option o, int64_t value)
{
	must(c, (struct call){ .kind = CALL_SET, .option = o, .value = value });
}

/* ---- what the application has heard ------------------------------------------------ */

void dut_has_read_(struct run *c, struct dut_heard h, const char *file, int line)
{
	tick limit = now(c) + (h.within ? h.within : reply_time(c)), since = c->since;
	size_t cursor = c->cursor;
	struct silence then = c->then;
	uint64_t wanted = digest_pattern(h.n);
	struct answer a;
	bool ok;

	c->awaiting = true;
	for (;;) {
		tick next;

		if (dut_try(c, (struct call){ .kind = CALL_STATUS }, &a))
			a.received = 0;
		ok = a.received == h.n && a.digest == wanted;
		if (ok || now(c) >= limit || a.received > h.n)
			break;
		next = now(c) + MS(20);
		run_wait(c, next < limit ? next : limit);
	}
	/* Asking is no stimulus. */
	c->since = since;
	c->then = then;
	c->cursor = cursor;
	run_judge(c, (struct judgement){
		.verdict = ok ? PASS : FAIL, .req = h.req ? h.req : first_req(c),
		.where = run_place(c, file, line), .stimulus = -1, .reply = -1,
		.message = ok ? run_printf(c, "the application has read the %llu octets that were sent",
		                           (unsigned long long)h.n)
		         : run_printf(c, "%s%sthe application should have read %llu octets; it has read %llu%s",
		                      h.promise ? h.promise : "", h.promise ? ": " : "",
		                      (unsigned long long)h.n, (unsigned long long)a.received,
		                      a.received == h.n ? ", and other ones than were sent" : "")
	});
	run_say_ends(c);
}

static const struct note *told(struct run *c, enum note_kind kind, int error, tick since)
{
	for (size_t i = 0; i < c->e->n_events; i++) {
		const struct event *v = &c->e->events[i];

		if (v->kind == EVENT_NOTE && v->conversation == (int)c->current && v->note.kind == kind &&
		    (!error || v->note.error == error) && (!since || v->at > since))
			return &v->note;
	}
	return NULL;
}

bool dut_was_told(struct run *c, enum note_kind kind)
{
	return told(c, kind, 0, 0);
}

const struct note *dut_told_(struct run *c, struct dut_told d, const char *file, int line)
{
	tick limit = now(c) + (d.within ? d.within : reply_time(c));
	const struct note *n;

	if (!has_calls(c))
		skip(c, "needs an application on the DUT: give --agent CMD");
	c->awaiting = true;
	while (!(n = told(c, d.kind, d.error, d.since)) && now(c) < limit)
		run_wait(c, limit);
	run_judge(c, (struct judgement){
		.verdict = n ? PASS : FAIL, .req = d.req ? d.req : first_req(c),
		.where = run_place(c, file, line), .stimulus = -1, .reply = -1,
		.message = run_printf(c, "%s%sthe application is %stold %s%s%s", d.promise ? d.promise : "",
		                      d.promise ? ": " : "", n ? "" : "not ", note_name(d.kind),
		                      d.error ? " " : "", d.error ? strerror(d.error) : "")
	});
	run_say_ends(c);
	return n;
}

/* ---- conversations ------------------------------------------------------------------ */

void use(struct run *c, unsigned k)
{
	if (!c->conns[k].used)
		conn_begin(c, k);
	c->current = k;
}

static void share_listener(struct run *c, unsigned k)
{
	const struct conn *from = conn(c);
	struct conn *x = &c->conns[k];

	conn_begin(c, k);
	x->listener = from->listener;
	x->tcb.dut.port = from->tcb.dut.port;
	x->open = from->open;
	x->opened = from->opened;
	x->open_from = from->open_from;
	x->open_until = from->open_until;
	x->open_told = from->open_told && from->open.kind == CALL_OPEN_PASSIVE;
}

static void need_listener(struct run *c)
{
	if (conn(c)->stand_in)
		skip(c, "needs a port where the DUT listens: give HOST:PORT, or --agent CMD");
}

void use_same_port(struct run *c, unsigned k)
{
	need_listener(c);
	share_listener(c, k);
	c->current = k;
	if (conn(c)->tcb.dut.port)
		conn_know_dut(c, conn(c));
}

void use_other_address(struct run *c, unsigned k)
{
	struct world *w = c->world;
	unsigned six = c->instance->v == 6;
	uint16_t port = conn(c)->tcb.we.port;

	need_listener(c);
	if (w->n_ours[six] < 2)
		skip(c, "needs a second address of the tester: give --source twice");
	share_listener(c, k);
	c->conns[k].tcb.we.addr = w->ours[six][1];
	c->conns[k].tcb.we.port = port;
	c->e->conversations[k].we = c->conns[k].tcb.we;
	c->current = k;
	if (conn(c)->tcb.dut.port)
		conn_know_dut(c, conn(c));
}

void reincarnate(struct run *c)
{
	struct conn *x = conn(c);
	struct tcb old = x->tcb;

	need_listener(c);
	x->started = x->irs_known = x->fin_sent = x->dut_fin = false;
	x->we_offered_ws = x->we_offered_ts = x->we_offered_sack = false;
	x->reborn = true;
	x->n_holes = 0;
	x->taken = 0;
	x->sock = -1;
	x->tcb = (struct tcb){
		.iss = any_number(c), .mss = old.mss, .wnd = old.wnd, .ws = old.ws, .ts = old.ts,
		.sack = old.sack, .ts_val = old.ts_val, .dut_mss = (uint16_t)default_mss(c), .dut_ws = -1,
		.we = old.we, .dut = old.dut
	};
}
