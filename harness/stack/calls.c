/* calls.c: the user calls, RFC 9293 3.10.1 to 3.10.6, and the options.
 *
 * One function is one call.  Its errors are errnos: "connection does not exist"
 * is ENOTCONN, "connection closing" EPIPE, "connection already exists"
 * EADDRINUSE, "insufficient resources" ENOBUFS, "remote socket unspecified"
 * EDESTADDRREQ.  Security, Diffserv and source routes are not supported.
 *
 * CLOSE of RFC 9293 says "no more to send": that is SHUTDOWN here.  CLOSE itself
 * also gives up receiving, the half-duplex close of MAY-1.  A connection that
 * the user still holds can be asked about when its TCB is gone. */
#include <errno.h>

#include "tcb.h"

/* ---- options -------------------------------------------------------------- */

static bool is_flag(int64_t value)
{
	return value == 0 || value == 1;
}

static int option_set(struct options *o, enum call_option option, int64_t value)
{
	switch (option) {
	case OPTION_KEEPALIVE:
		if (!is_flag(value))
			return EINVAL;
		o->keepalive = value;
		return 0;
	case OPTION_KEEPALIVE_IDLE:
		if (value < 1 || value > 1 << 24)
			return EINVAL;
		o->keepalive_idle = S(value);
		return 0;
	case OPTION_KEEPALIVE_INTERVAL:
		if (value < 1 || value > 1 << 24)
			return EINVAL;
		o->keepalive_interval = S(value);
		return 0;
	case OPTION_KEEPALIVE_COUNT:
		if (value < 1 || value > 127)
			return EINVAL;
		/* One miss is always forgiven (MUST-29). */
		o->keepalive_count = value < 2 ? 2 : (int)value;
		return 0;
	case OPTION_NODELAY:
		if (!is_flag(value))
			return EINVAL;
		o->nodelay = value;
		return 0;
	case OPTION_LINGER:
		if (value < -1 || value > 65535)
			return EINVAL;
		o->linger = value;
		return 0;
	case OPTION_SNDBUF: case OPTION_RCVBUF:
		if (value < 1)
			return EINVAL;
		if (value > 16 << 20)
			value = 16 << 20;
		if (option == OPTION_SNDBUF)
			o->snd_buffer = (uint32_t)value;
		else
			o->rcv_buffer = (uint32_t)value;
		return 0;
	case OPTION_USER_TIMEOUT:
		if (value < 0 || value > INT32_MAX)
			return EINVAL;
		o->user_timeout = MS(value);
		return 0;
	case OPTION_MAXSEG:
		if (value < 1 || value > 65535)
			return EINVAL;
		o->maxseg = (uint16_t)value;
		return 0;
	case OPTION_OOBINLINE:
		if (!is_flag(value))
			return EINVAL;
		o->oobinline = value;
		return 0;
	default:                        /* TFO is not supported */
		return ENOPROTOOPT;
	}
}

static int option_get(const struct options *o, enum call_option option, uint64_t *n)
{
	switch (option) {
	case OPTION_KEEPALIVE:          *n = o->keepalive; return 0;
	case OPTION_KEEPALIVE_IDLE:     *n = (uint64_t)(o->keepalive_idle / S(1)); return 0;
	case OPTION_KEEPALIVE_INTERVAL: *n = (uint64_t)(o->keepalive_interval / S(1)); return 0;
	case OPTION_KEEPALIVE_COUNT:    *n = (uint64_t)o->keepalive_count; return 0;
	case OPTION_NODELAY:            *n = o->nodelay; return 0;
	case OPTION_LINGER:             *n = (uint64_t)o->linger; return 0;
	case OPTION_SNDBUF:             *n = o->snd_buffer; return 0;
	case OPTION_RCVBUF:             *n = o->rcv_buffer; return 0;
	case OPTION_USER_TIMEOUT:       *n = (uint64_t)(o->user_timeout / MS(1)); return 0;
	case OPTION_MAXSEG:             *n = o->maxseg; return 0;
	case OPTION_OOBINLINE:          *n = o->oobinline; return 0;
	default:                        return ENOPROTOOPT;
	}
}

static int presets(const struct stack *st, const struct call *c, struct options *o)
{
	tcb_options_defaults(st, o);
	o->paused = c->paused;
	for (unsigned i = 0; i < c->n_preset && i < CALL_PRESETS; i++) {
		int error = option_set(o, c->preset[i].option, c->preset[i].value);

		if (error)
			return error;
	}
	return 0;
}

static void call_set(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	struct options o = t->opt;

	out->error = option_set(&o, c->option, c->value);
	if (out->error)
		return;

	uint32_t rcv_buffer = o.rcv_buffer;
	o.rcv_buffer = t->opt.rcv_buffer;
	t->opt = o;
	if (c->option == OPTION_RCVBUF) {
		set_rcv_buffer(t, rcv_buffer);
		t->window_update = true;
	}
	if (c->option == OPTION_KEEPALIVE || c->option == OPTION_KEEPALIVE_IDLE)
		keepalive_restart(st, t);
	if (c->option == OPTION_USER_TIMEOUT && t->timer.user != TICK_NEVER)
		user_timer_restart(st, t);
	if (t->state != CLOSED)
		output(st, t);
}

/* ---- 3.10.1.  OPEN Call --------------------------------------------------- */

static bool port_in_use(const struct stack *st, uint16_t port)
{
	for (const struct listener *l = st->listeners; l; l = l->next)
		if (l->port == port)
			return true;
	for (const struct tcb *t = st->tcbs; t; t = t->next)
		if (t->own.port == port && t->state != CLOSED)
			return true;
	return false;
}

/* 0: none is left. */
static uint16_t choose_port(struct stack *st)
{
	uint16_t first = (uint16_t)(stack_random(st) & 0x3fff);

	for (unsigned i = 0; i < 0x4000; i++) {
		uint16_t port = (uint16_t)(0xc000 + ((first + i) & 0x3fff));

		if (!port_in_use(st, port))
			return port;
	}
	return 0;
}

static void open_passive(struct stack *st, const struct call *c, struct answer *out)
{
	struct listener *l;
	struct options o;

	if (c->v != 4 && c->v != 6)
		out->error = EINVAL;
	else
		out->error = presets(st, c, &o);
	if (out->error)
		return;
	for (l = st->listeners; l; l = l->next)
		if (c->local_port && l->v == c->v && l->port == c->local_port) {
			out->error = EADDRINUSE;        /* MUST-41: the other stays as it is */
			return;
		}
	uint16_t port = c->local_port ? c->local_port : choose_port(st);
	l = port ? listener_add(st, c->v, port, c->backlog > 0 ? c->backlog : st->k.backlog, &o) : NULL;
	if (!l) {
		out->error = ENOBUFS;
		return;
	}
	out->id = l->id;
	out->port = l->port;
}

/* MUST-44: the address that fits the remote one. */
static bool choose_address(const struct stack *st, const struct addr *remote, struct addr *own)
{
	for (unsigned i = 0; i < st->cfg.n_addr; i++)
		if (st->cfg.addr[i].v == remote->v) {
			*own = st->cfg.addr[i];
			return true;
		}
	return false;
}

static void open_active(struct stack *st, const struct call *c, struct answer *out)
{
	struct endpoint own = { .port = c->local_port };
	struct options o;

	out->error = presets(st, c, &o);
	if (out->error)
		return;
	if (!c->remote.addr.v || !c->remote.port) {
		out->error = EDESTADDRREQ;      /* "remote socket unspecified" */
		return;
	}
	if (!unicast(&c->remote.addr)) {        /* MUST-46 */
		out->error = ENETUNREACH;
		return;
	}
	if (!choose_address(st, &c->remote.addr, &own.addr)) {
		out->error = EADDRNOTAVAIL;
		return;
	}
	if (!own.port)
		own.port = choose_port(st);
	if (!own.port || tcb_find(st, &own, &c->remote)) {
		out->error = EADDRINUSE;        /* "connection already exists" */
		return;
	}

	struct tcb *t = tcb_new(st, &o, &own, &c->remote);
	if (!t) {
		out->error = ENOBUFS;
		return;
	}
	t->id = st->next_id++;
	t->user_holds = true;
	choose_iss(st, t);
	t->state = SYN_SENT;
	out->id = t->id;
	out->port = own.port;
	send_syn(st, t);
}

/* ---- 3.10.2.  SEND Call --------------------------------------------------- */

static void call_send(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	switch (t->state) {
	case CLOSED:
		out->error = ENOTCONN;
		return;
	case SYN_SENT: case SYN_RECEIVED:       /* queue */
	case ESTABLISHED: case CLOSE_WAIT:      /* segmentize and send */
		break;
	default:
		out->error = EPIPE;             /* "connection closing" */
		return;
	}
	if (t->snd.fin_queued || (t->state == CLOSE_WAIT && fault(st, FAULT_closewait_cannot_send))) { /* a CLOSE is queued in SYN-RECEIVED */
		out->error = EPIPE;
		return;
	}
	if (c->n > UINT64_MAX / 2 - t->snd.written) {
		out->error = ENOBUFS;
		return;
	}
	t->snd.written += c->n;
	if (c->urgent && c->n) {
		/* The octet following the urgent data, wherever it stands. */
		t->snd.up = snd_end_of_data(t) + (uint32_t)snd_unsent(t);
		t->snd.urgent = true;
	}
	out->n = c->n;
	output(st, t);
}

/* ---- 3.10.3.  RECEIVE Call ------------------------------------------------ */

static void call_receive(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	bool something = t->buf.read < t->buf.end;

	if (t->state == SYN_SENT || t->state == SYN_RECEIVED)
		something = false;              /* nothing is delivered before ESTABLISHED */
	else if (!something && t->state == CLOSED)
		out->error = ENOTCONN;
	else if (!something && t->rcv.fin && t->state != CLOSE_WAIT)
		out->error = EPIPE;             /* "connection closing" */
	if (something)
		out->n = user_takes(st, t, c->n);
	out->received = t->buf.read;
	out->digest = t->buf.digest;
	if (t->state != CLOSED)
		output(st, t);
}

/* ---- 3.10.4.  CLOSE Call -------------------------------------------------- */

/* No more to send.  out->error "closing" where it is said twice. */
static void close_sending(struct stack *st, struct tcb *t, struct answer *out)
{
	switch (t->state) {
	case CLOSED:
		out->error = ENOTCONN;
		return;
	case SYN_SENT:
		if (!fault(st, FAULT_connect_abort_leaks_syn))
			connection_gone(st, t, 0);
		return;
	case SYN_RECEIVED:
		if (st->k.syn_received_close == SR_CLOSE_RESET)
			send_reset(st, t);
		if (st->k.syn_received_close == SR_CLOSE_RESET || st->k.syn_received_close == SR_CLOSE_QUIET) {
			connection_gone(st, t, 0);
			return;
		}
		if (fault(st, FAULT_synrcvd_close_forgets)) {
			connection_gone(st, t, 0);
			return;
		}
		t->snd.fin_queued = true;
		if (st->k.syn_received_close == SR_CLOSE_FIN && snd_unsent(t) == 0) {
			congestion_init(st, t);
			t->state = FIN_WAIT_1;
			send_fin_now(st, t);
		}
		return;                 /* else queued until ESTABLISHED */
	case ESTABLISHED:
		t->snd.fin_queued = true;
		t->state = FIN_WAIT_1;
		if (fault(st, FAULT_close_drops_queue))
			t->snd.written -= snd_unsent(t);
		break;
	case CLOSE_WAIT:
		t->snd.fin_queued = true;
		t->state = LAST_ACK;
		break;
	case FIN_WAIT_2:
		enter_fin_wait_2(st, t);
		return;
	case FIN_WAIT_1:
		return;                 /* "ok", and no second FIN */
	default:
		out->error = EPIPE;     /* "connection closing" */
		return;
	}
	t->timer.keepalive = TICK_NEVER;
	output(st, t);
}

static void call_shutdown(struct stack *st, struct tcb *t, struct answer *out)
{
	if (t->state == SYN_SENT && st->k.syn_sent_shutdown_waits)
		t->snd.fin_queued = true;
	else
		close_sending(st, t, out);
}

static void call_close(struct stack *st, struct tcb *t, struct answer *out)
{
	if (!t->user_holds) {
		out->error = EPIPE;     /* "connection closing" */
		return;
	}
	t->user_holds = false;
	if (t->state == CLOSED)
		return;
	if (t->opt.linger == 0 && t->state != SYN_SENT) {
		call_abort(st, t, out);
		return;
	}
	if (t->buf.read < t->buf.end && !syn_outstanding(t) && st->k.reset_unread && !fault(st, FAULT_close_unread_fin_not_rst)) {
		/* SHLD-3: received data is still pending, and will be lost. */
		send_reset(st, t);
		abort_ends(st, t);
		return;
	}
	close_sending(st, t, out);
	out->error = 0;         /* the user has let go, whatever the state */
}

static void close_listener(struct stack *st, struct listener *l)
{
	for (struct tcb *t = st->tcbs; t; t = t->next)
		if (t->listener == l->id && t->state == SYN_RECEIVED) {
			if (st->k.listener_close == LISTENER_KEEPS)
				continue;
			if (st->k.listener_close == LISTENER_RESETS)
				send_reset(st, t);
			connection_gone(st, t, 0);
		}
	if (!fault(st, FAULT_closed_listener_answers))
		listener_remove(st, l);
}

/* ---- 3.10.5.  ABORT Call -------------------------------------------------- */

/* "Delete the TCB, enter CLOSED state"; or TIME-WAIT, as 3.5.2 says of the side
 * that issues a reset. */
void abort_ends(struct stack *st, struct tcb *t)
{
	if (st->k.abort_to == ABORT_TIME_WAIT)
		enter_time_wait(st, t);
	else
		connection_gone(st, t, 0);
}

void call_abort(struct stack *st, struct tcb *t, struct answer *out)
{
	(void)out;
	t->user_holds = false;
	switch (t->state) {
	case SYN_RECEIVED: case ESTABLISHED: case FIN_WAIT_1: case FIN_WAIT_2: case CLOSE_WAIT:
		send_reset(st, t);
		abort_ends(st, t);
		break;
	case CLOSED:
		break;
	default:                /* SYN-SENT, CLOSING, LAST-ACK, TIME-WAIT */
		if (st->k.abort_always_resets && t->state != SYN_SENT)
			send_reset(st, t);
		connection_gone(st, t, 0);
		break;
	}
}

/* ---- 3.10.6.  STATUS Call ------------------------------------------------- */

static void call_status(const struct tcb *t, struct answer *out)
{
	out->state = t->state;
	out->received = t->buf.read;
	out->digest = t->buf.digest;
}

/* ---- by kind and by name -------------------------------------------------- */

static void call_on_listener(struct stack *st, struct listener *l, const struct call *c,
                             struct answer *out)
{
	switch (c->kind) {
	case CALL_CLOSE: case CALL_ABORT:
		close_listener(st, l);
		break;
	case CALL_STATUS:
		out->state = LISTEN;
		out->digest = DIGEST_START;
		break;
	case CALL_SET:
		out->error = option_set(&l->opt, c->option, c->value);
		break;
	case CALL_GET:
		out->error = option_get(&l->opt, c->option, &out->n);
		break;
	case CALL_SEND:
		out->error = EDESTADDRREQ;      /* "remote socket unspecified" */
		break;
	default:
		out->error = ENOTCONN;
		break;
	}
}

static void call_on_connection(struct stack *st, struct tcb *t, const struct call *c,
                               struct answer *out)
{
	if (faults_call(st, t, c, out))
		return;
	switch (c->kind) {
	case CALL_SEND:
		call_send(st, t, c, out);
		break;
	case CALL_RECEIVE:
		call_receive(st, t, c, out);
		break;
	case CALL_PAUSE:
		t->buf.paused = true;
		break;
	case CALL_RESUME:
		t->buf.paused = false;
		user_reads(st, t);
		if (t->state != CLOSED)
			output(st, t);
		break;
	case CALL_SHUTDOWN:
		call_shutdown(st, t, out);
		break;
	case CALL_CLOSE:
		call_close(st, t, out);
		break;
	case CALL_ABORT:
		call_abort(st, t, out);
		break;
	case CALL_STATUS:
		call_status(t, out);
		break;
	case CALL_SET:
		call_set(st, t, c, out);
		break;
	case CALL_GET:
		out->error = option_get(&t->opt, c->option, &out->n);
		break;
	default:
		out->error = EINVAL;
		break;
	}
}

void user_call(struct stack *st, const struct call *c, struct answer *out)
{
	struct listener *l;
	struct tcb *t;

	if (c->kind == CALL_OPEN_PASSIVE)
		open_passive(st, c, out);
	else if (c->kind == CALL_OPEN_ACTIVE)
		open_active(st, c, out);
	else if ((l = listener_by_id(st, c->id)))
		call_on_listener(st, l, c, out);
	else if ((t = tcb_by_id(st, c->id)))
		call_on_connection(st, t, c, out);
	else
		out->error = ENOTCONN;          /* "connection does not exist" */
}
