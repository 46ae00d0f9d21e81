/* application.h: the application over there, for plug-ins (plugin.h, beside this).
 *
 * Every plug-in has to do the same: hand out ids, queue what SEND asks for as a
 * number and push the pattern as the connection takes it, read with PAUSE, RESUME
 * and RECEIVE, count and digest, carry out SHUTDOWN and CLOSE behind what is
 * queued, and say what happened and nothing twice.  It is done here, once.  The
 * author of a stack writes a dozen primitives and reports eight events:
 *
 *      tester -- call --> tcpconform_app_call -- primitives --> the stack
 *      tester <-- notes -- tcpconform_app_readable, ... <-- events -- the stack
 *
 * It is not a socket layer: nothing here blocks, allocates or knows the time.
 * docs/agent-protocol.md has the meaning of each call; tests/duts has stacks that
 * use this.  Installed as <tcpconform/application.h>; static inline functions, so
 * that there is nothing to link. */
#ifndef TCPCONFORM_APPLICATION_H
#define TCPCONFORM_APPLICATION_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Connections and listeners at once. */
#ifndef TCPCONFORM_CONNECTIONS
#define TCPCONFORM_CONNECTIONS 256
#endif
/* Urgent octets queued at once on a connection. */
#define TCPCONFORM_MARKS 8
/* Octets per call of the send and the receive primitive. */
#define TCPCONFORM_CHUNK 4096

/* ---- what is sent, and what has been read ------------------------------------- */

/* The octet at this offset of everything that is sent on a connection. */
static inline uint8_t tcpconform_pattern(uint64_t at)
{
	return (uint8_t)((at + 1) * UINT64_C(0x9E3779B97F4A7C15) >> 56);
}

#define TCPCONFORM_DIGEST_START UINT64_C(0xcbf29ce484222325)

static inline uint64_t tcpconform_digest(uint64_t digest, const uint8_t *octets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		digest = (digest ^ octets[i]) * UINT64_C(0x100000001b3);
	return digest;
}

/* ---- a connection, as the application has it ------------------------------------- */

struct tcpconform_application;

enum tcpconform_use {
	TCPCONFORM_FREE,
	TCPCONFORM_LISTENER,
	TCPCONFORM_OPENING,             /* asked for, or accepted; not established */
	TCPCONFORM_OPEN,
	TCPCONFORM_DEAD                 /* the stack has none any more; the id stays until CLOSE */
};

struct tcpconform_connection {
	/* The stack's: what it calls this connection or listener, and whatever it
	 * needs beside it.  Never looked at here; `own` survives the end of the
	 * connection, until `forget`. */
	void    *tcb;
	void    *own;

	/* To be read by the stack. */
	struct tcpconform_application *application;
	int      id;
	enum tcpconform_use use;
	uint8_t  ip;                    /* of a listener: 4 or 6                 */
	bool     paused;                /* does not read (a listener: accept) now */

	/* The application's. */
	int      listener;              /* that accepted it; -1: an active open  */
	struct tcpconform_endpoint remote;
	uint64_t sent, queued;          /* octets taken by the stack, and not yet */
	uint64_t mark[TCPCONFORM_MARKS];        /* offsets of urgent octets      */
	unsigned marks;
	uint64_t received, digest;
	bool     hidden;                /* established, but its listener does not accept now */
	bool     urgent;                /* to be told once the connection is     */
	bool     ended, eof_told;       /* the peer has closed; it was said      */
	bool     to_shut, shut, to_close;
	bool     busy;                  /* inside push or pull: no second one    */
	int64_t  linger;
	bool     starts_paused;         /* a listener: what it accepts           */
	unsigned presets;
	struct { enum tcpconform_option option; int64_t value; } preset[TCPCONFORM_PRESETS];
};

/* What the stack does.  Each returns 0, or an errno, unless it says something
 * else.  A primitive may report events from within. */
struct tcpconform_primitives {
	/* Makes what will listen or connect, with IP version c->ip: c->tcb.  The
	 * options of the OPEN are set on it before it does.  (A listener's are set
	 * on what it accepts, too.) */
	int (*create)(struct tcpconform_connection *c);
	/* It listens, or connects: port, backlog, remote of the call; sets *port, the
	 * local port.  After an error, and after one of `set`, comes `abort`. */
	int (*listen)(struct tcpconform_connection *c, const struct tcpconform_call *call, uint16_t *port);
	int (*connect)(struct tcpconform_connection *c, const struct tcpconform_call *call, uint16_t *port);
	/* Queues at most n octets for sending and returns how many it took: 0 when
	 * it has no room, and then it reports `writable` when there is.  `urgent`:
	 * the last of the n is urgent data (take all of them, or fewer and none of
	 * them is).  `more`: others follow.  A negative errno: no more can be sent. */
	long (*send)(struct tcpconform_connection *c, const uint8_t *octets, size_t n, bool urgent, bool more);
	/* What was queued may leave; after a series of `send`.  May be NULL. */
	void (*push)(struct tcpconform_connection *c);
	/* Takes at most n octets of those that have arrived in order and returns
	 * how many; the receive window opens by as many. */
	size_t (*receive)(struct tcpconform_connection *c, uint8_t *octets, size_t n);
	/* No more to send. */
	int (*shutdown)(struct tcpconform_connection *c);
	/* Closes a connection or a listener.  The stack must not report anything
	 * on c from now on: c stands for something else soon. */
	int (*close)(struct tcpconform_connection *c);
	/* Aborts it; likewise. */
	void (*abort)(struct tcpconform_connection *c);
	/* May be NULL: it cannot be known. */
	enum tcpconform_state (*state)(struct tcpconform_connection *c);
	/* ENOPROTOOPT for what is not there.  Either may be NULL. */
	int (*set)(struct tcpconform_connection *c, enum tcpconform_option option, int64_t value);
	int (*get)(struct tcpconform_connection *c, enum tcpconform_option option, int64_t *value);
	/* The place of c in the table is free from now on: let go of c->own.  May
	 * be NULL. */
	void (*forget)(struct tcpconform_connection *c);
	bool urgent;                    /* `send` knows urgent data              */
};

struct tcpconform_application {
	const struct tcpconform_host *host;
	const struct tcpconform_primitives *primitives;
	void *stack;                    /* the author's                          */
	int   last_id;
	struct tcpconform_connection connection[TCPCONFORM_CONNECTIONS];
};

static inline void tcpconform_app_init(struct tcpconform_application *a, const struct tcpconform_host *host,
                                       const struct tcpconform_primitives *primitives, void *stack)
{
	memset(a, 0, sizeof *a);
	a->host = host;
	a->primitives = primitives;
	a->stack = stack;
}

/* ---- the table --------------------------------------------------------------------- */

static inline void tcpconform_app_free_(struct tcpconform_connection *c)
{
	if (c->application->primitives->forget)
		c->application->primitives->forget(c);
	memset(c, 0, sizeof *c);
}

static inline struct tcpconform_connection *tcpconform_app_find(struct tcpconform_application *a, int id)
{
	for (unsigned i = 0; i < TCPCONFORM_CONNECTIONS; i++)
		if (a->connection[i].use != TCPCONFORM_FREE && a->connection[i].id == id)
			return &a->connection[i];
	return NULL;
}

/* NULL: there is no room, not even by forgetting the oldest dead one. */
static inline struct tcpconform_connection *tcpconform_app_new_(struct tcpconform_application *a, enum tcpconform_use use)
{
	struct tcpconform_connection *c = NULL;

	for (unsigned i = 0; i < TCPCONFORM_CONNECTIONS; i++) {
		struct tcpconform_connection *k = &a->connection[i];

		if (k->use == TCPCONFORM_FREE) {
			c = k;
			break;
		}
		if (k->use == TCPCONFORM_DEAD && !k->busy && (!c || k->id < c->id))
			c = k;
	}
	if (!c)
		return NULL;
	if (c->use != TCPCONFORM_FREE)
		tcpconform_app_free_(c);
	c->application = a;
	c->id = ++a->last_id;
	c->use = use;
	c->listener = -1;
	c->linger = -1;
	c->digest = TCPCONFORM_DIGEST_START;
	return c;
}

static inline void tcpconform_app_tell_(struct tcpconform_connection *c, enum tcpconform_note_kind kind, int error)
{
	struct tcpconform_note note;

	/* Who has closed hears no more. */
	if (c->hidden || c->to_close)
		return;
	memset(&note, 0, sizeof note);
	note.kind = kind;
	note.id = c->id;
	note.listener = c->listener;
	note.remote = c->remote;
	note.n = c->received;
	note.error = error;
	c->application->host->note(c->application->host->arg, &note);
}

/* ---- sending, reading, ending -------------------------------------------------------- */

static inline int tcpconform_app_close_now_(struct tcpconform_connection *c)
{
	const struct tcpconform_primitives *p = c->application->primitives;
	int error = 0;

	if (c->use == TCPCONFORM_LISTENER || c->use == TCPCONFORM_OPENING || c->use == TCPCONFORM_OPEN) {
		if (c->use != TCPCONFORM_LISTENER && c->linger == 0)
			p->abort(c);
		else
			error = p->close(c);
	}
	if (!error)
		tcpconform_app_free_(c);
	return error;
}

/* The place of a connection that ended while we were at work on it. */
static inline void tcpconform_app_settle_(struct tcpconform_connection *c)
{
	c->busy = false;
	if (c->use == TCPCONFORM_DEAD && (c->to_close || c->hidden))
		tcpconform_app_free_(c);
}

/* Sends of what is queued as much as the connection takes, then does what waited
 * for it. */
static inline void tcpconform_app_push_(struct tcpconform_connection *c)
{
	const struct tcpconform_primitives *p = c->application->primitives;
	uint8_t chunk[TCPCONFORM_CHUNK];
	bool any = false;

	if (c->use != TCPCONFORM_OPEN || c->busy)
		return;
	c->busy = true;
	while (c->use == TCPCONFORM_OPEN && c->queued) {
		uint64_t n = c->queued;
		bool urgent = false;
		long taken;

		if (c->marks && c->mark[0] - c->sent < n)
			n = c->mark[0] - c->sent + 1;
		if (n > sizeof chunk)
			n = sizeof chunk;
		urgent = c->marks && c->sent + n == c->mark[0] + 1;
		for (size_t i = 0; i < n; i++)
			chunk[i] = tcpconform_pattern(c->sent + i);
		taken = p->send(c, chunk, (size_t)n, urgent, c->queued > n);
		if (taken <= 0)
			break;
		any = true;
		c->sent += (uint64_t)taken;
		c->queued -= (uint64_t)taken;
		if (c->marks && c->sent > c->mark[0])
			memmove(c->mark, c->mark + 1, --c->marks * sizeof c->mark[0]);
	}
	if (any && c->use == TCPCONFORM_OPEN && p->push)
		p->push(c);
	if (c->use == TCPCONFORM_OPEN && !c->queued && c->to_shut) {
		c->to_shut = false;
		c->shut = !p->shutdown(c);
	}
	c->busy = false;
	if (c->to_close && (c->use == TCPCONFORM_DEAD || !c->queued))
		tcpconform_app_close_now_(c);
	else
		tcpconform_app_settle_(c);
}

/* Reads at most `limit` octets; returns how many.  All that was read in one go is
 * told in one note, and the end behind it. */
static inline uint64_t tcpconform_app_pull_(struct tcpconform_connection *c, uint64_t limit, bool tell)
{
	uint8_t chunk[TCPCONFORM_CHUNK];
	uint64_t taken = 0;
	size_t r = 1;

	if (c->use != TCPCONFORM_OPEN || c->busy)
		return 0;
	c->busy = true;
	while (taken < limit && c->use == TCPCONFORM_OPEN) {
		size_t n = limit - taken < sizeof chunk ? (size_t)(limit - taken) : sizeof chunk;

		r = c->application->primitives->receive(c, chunk, n);
		if (!r)
			break;
		c->digest = tcpconform_digest(c->digest, chunk, r);
		c->received += r;
		taken += r;
	}
	if (taken && tell)
		tcpconform_app_tell_(c, TCPCONFORM_NOTE_READABLE, 0);
	if (!r && c->ended && !c->eof_told) {
		c->eof_told = true;
		tcpconform_app_tell_(c, TCPCONFORM_NOTE_EOF, 0);
	}
	tcpconform_app_settle_(c);
	return taken;
}

/* ---- events: what the stack reports ------------------------------------------------ */

/* There are octets to take, or the end (`ended`) has come into sight.  Reports
 * while the application does not read cost nothing: it looks when it reads. */
static inline void tcpconform_app_readable(struct tcpconform_connection *c)
{
	if (!c->paused && !c->hidden)
		tcpconform_app_pull_(c, UINT64_MAX, true);
}

/* `send` has room again. */
static inline void tcpconform_app_writable(struct tcpconform_connection *c)
{
	tcpconform_app_push_(c);
}

/* The peer has closed its side; behind all that it sent. */
static inline void tcpconform_app_eof(struct tcpconform_connection *c)
{
	c->ended = true;
	tcpconform_app_readable(c);
}

/* There is urgent data, or more of it than before. */
static inline void tcpconform_app_urgent(struct tcpconform_connection *c)
{
	c->urgent = c->use == TCPCONFORM_OPENING || c->hidden;
	if (!c->urgent)
		tcpconform_app_tell_(c, TCPCONFORM_NOTE_URGENT, 0);
}

/* The application hears of a connection, and of what it has missed. */
static inline void tcpconform_app_introduce_(struct tcpconform_connection *c)
{
	tcpconform_app_tell_(c, TCPCONFORM_NOTE_ESTABLISHED, 0);
	if (c->urgent && !c->hidden) {
		c->urgent = false;
		tcpconform_app_tell_(c, TCPCONFORM_NOTE_URGENT, 0);
	}
}

static inline void tcpconform_app_dead_(struct tcpconform_connection *c, int error)
{
	bool unheard = c->to_close || c->hidden || (c->use == TCPCONFORM_OPENING && c->listener >= 0);

	/* A passive open that never became a connection is told to nobody. */
	if (!unheard && error)
		tcpconform_app_tell_(c, TCPCONFORM_NOTE_ERROR, error);
	if (!unheard)
		tcpconform_app_tell_(c, TCPCONFORM_NOTE_CLOSED, 0);
	c->use = TCPCONFORM_DEAD;
	c->tcb = NULL;
	c->queued = 0;
	c->marks = 0;
	if (unheard) {
		c->to_close = true;
		if (!c->busy)
			tcpconform_app_free_(c);
	}
}

/* The connection failed and is no more: ECONNRESET, ECONNREFUSED, ETIMEDOUT, ...
 * The stack reports nothing on c afterwards. */
static inline void tcpconform_app_error(struct tcpconform_connection *c, int error)
{
	tcpconform_app_dead_(c, error);
}

/* The connection is no more, and nothing was wrong; likewise. */
static inline void tcpconform_app_closed(struct tcpconform_connection *c)
{
	tcpconform_app_dead_(c, 0);
}

/* A listener has a new connection, which need not be established yet; the stack's
 * name for it is tcb.  NULL: there is no room for it. */
static inline struct tcpconform_connection *tcpconform_app_accepted(struct tcpconform_connection *listener, void *tcb)
{
	struct tcpconform_application *a = listener->application;
	struct tcpconform_connection *c = tcpconform_app_new_(a, TCPCONFORM_OPENING);

	if (!c)
		return NULL;
	c->tcb = tcb;
	c->ip = listener->ip;
	c->listener = listener->id;
	c->paused = listener->starts_paused;
	c->linger = listener->linger;
	for (unsigned i = 0; i < listener->presets; i++)
		if (a->primitives->set && listener->preset[i].option != TCPCONFORM_LINGER)
			a->primitives->set(c, listener->preset[i].option, listener->preset[i].value);
	return c;
}

/* The connection is established, with this peer.  What was queued before leaves. */
static inline void tcpconform_app_established(struct tcpconform_connection *c, const struct tcpconform_endpoint *remote)
{
	const struct tcpconform_connection *listener =
		c->listener >= 0 ? tcpconform_app_find(c->application, c->listener) : NULL;

	if (c->use != TCPCONFORM_OPENING)
		return;
	c->use = TCPCONFORM_OPEN;
	c->remote = *remote;
	c->hidden = listener && listener->paused;
	tcpconform_app_introduce_(c);
	tcpconform_app_push_(c);
}

/* ---- calls ------------------------------------------------------------------------- */

static inline int tcpconform_app_set_(struct tcpconform_connection *c, enum tcpconform_option option, int64_t value)
{
	const struct tcpconform_primitives *p = c->application->primitives;

	/* Without lingering, and with an abort for a CLOSE, it is ours. */
	if (option == TCPCONFORM_LINGER && value <= 0) {
		c->linger = value;
		return 0;
	}
	return p->set ? p->set(c, option, value) : ENOPROTOOPT;
}

static inline int tcpconform_app_get_(struct tcpconform_connection *c, enum tcpconform_option option, int64_t *value)
{
	const struct tcpconform_primitives *p = c->application->primitives;

	if (option == TCPCONFORM_LINGER && c->linger <= 0) {
		*value = c->linger;
		return 0;
	}
	return p->get ? p->get(c, option, value) : ENOPROTOOPT;
}

static inline int tcpconform_app_open_(struct tcpconform_application *a, const struct tcpconform_call *call,
                                       struct tcpconform_answer *answer)
{
	bool listens = call->kind == TCPCONFORM_OPEN_PASSIVE;
	struct tcpconform_connection *c = tcpconform_app_new_(a, listens ? TCPCONFORM_LISTENER : TCPCONFORM_OPENING);
	int error;

	if (!c)
		return ENOBUFS;
	c->ip = listens ? call->ip : call->remote.ip;
	c->remote = call->remote;
	c->paused = !listens && call->paused;
	c->starts_paused = call->paused;
	error = a->primitives->create(c);
	if (error) {
		tcpconform_app_free_(c);
		return error;
	}
	for (unsigned i = 0; i < call->n_preset && i < TCPCONFORM_PRESETS && !error; i++) {
		c->preset[i].option = call->preset[i].option;
		c->preset[i].value = call->preset[i].value;
		c->presets = i + 1;
		error = tcpconform_app_set_(c, call->preset[i].option, call->preset[i].value);
	}
	if (!error)
		error = listens ? a->primitives->listen(c, call, &answer->port)
		                : a->primitives->connect(c, call, &answer->port);
	if (error) {
		a->primitives->abort(c);
		tcpconform_app_free_(c);
		return error;
	}
	answer->id = c->id;
	return 0;
}

static inline int tcpconform_app_send_(struct tcpconform_connection *c, const struct tcpconform_call *call,
                                       struct tcpconform_answer *answer)
{
	if (c->use == TCPCONFORM_DEAD)
		return ENOTCONN;
	if (c->shut || c->to_shut)
		return EPIPE;
	if (call->urgent && !c->application->primitives->urgent)
		return EOPNOTSUPP;
	if (call->urgent && !call->n)
		return EINVAL;
	if ((call->urgent && c->marks == TCPCONFORM_MARKS) || call->n > UINT64_MAX / 4 || c->queued > UINT64_MAX / 4)
		return ENOBUFS;
	c->queued += call->n;
	if (call->urgent)
		c->mark[c->marks++] = c->sent + c->queued - 1;
	answer->n = call->n;
	tcpconform_app_push_(c);
	return 0;
}

static inline int tcpconform_app_resume_(struct tcpconform_connection *c)
{
	struct tcpconform_application *a = c->application;
	int id = c->id;

	c->paused = false;
	if (c->use != TCPCONFORM_LISTENER) {
		tcpconform_app_readable(c);
		return 0;
	}
	for (unsigned i = 0; i < TCPCONFORM_CONNECTIONS; i++) {
		struct tcpconform_connection *k = &a->connection[i];

		if (k->use != TCPCONFORM_OPEN || !k->hidden || k->listener != id)
			continue;
		k->hidden = false;
		tcpconform_app_introduce_(k);
		tcpconform_app_readable(k);
	}
	return 0;
}

static inline int tcpconform_app_shutdown_(struct tcpconform_connection *c)
{
	int error = 0;

	if (c->use == TCPCONFORM_DEAD)
		return ENOTCONN;
	if (c->shut || c->to_shut)
		return 0;
	if (c->queued) {
		c->to_shut = true;
	} else {
		error = c->application->primitives->shutdown(c);
		c->shut = !error;
	}
	return error;
}

static inline int tcpconform_app_close_(struct tcpconform_connection *c)
{
	/* In SYN-SENT, CLOSE does not wait for queued SENDs (RFC 9293 3.10.4). */
	if (c->use == TCPCONFORM_OPEN && c->queued && c->linger != 0) {
		c->to_close = true;
		return 0;
	}
	return tcpconform_app_close_now_(c);
}

static inline int tcpconform_app_abort_(struct tcpconform_connection *c)
{
	if (c->use == TCPCONFORM_LISTENER)
		return tcpconform_app_close_now_(c);
	if (c->use != TCPCONFORM_DEAD)
		c->application->primitives->abort(c);
	tcpconform_app_free_(c);
	return 0;
}

static inline enum tcpconform_state tcpconform_app_state_(struct tcpconform_connection *c)
{
	if (c->use == TCPCONFORM_LISTENER)
		return TCPCONFORM_LISTEN;
	if (c->use == TCPCONFORM_DEAD)
		return TCPCONFORM_CLOSED;
	return c->application->primitives->state ? c->application->primitives->state(c) : TCPCONFORM_UNKNOWN;
}

/* Makes a call and fills the answer: the whole of a plug-in's `call`. */
static inline void tcpconform_app_call(struct tcpconform_application *a, const struct tcpconform_call *call,
                                       struct tcpconform_answer *answer)
{
	struct tcpconform_connection *c;
	int64_t value = 0;

	answer->state = TCPCONFORM_UNKNOWN;
	if (call->kind == TCPCONFORM_OPEN_PASSIVE || call->kind == TCPCONFORM_OPEN_ACTIVE) {
		answer->error = tcpconform_app_open_(a, call, answer);
		return;
	}
	c = tcpconform_app_find(a, call->id);
	/* After CLOSE the id means nothing, also while octets are queued; and what
	 * has not been accepted has no id yet. */
	if (!c || c->to_close || c->hidden) {
		answer->error = EBADF;
		return;
	}
	switch (call->kind) {
	case TCPCONFORM_SEND:
	case TCPCONFORM_RECEIVE:
	case TCPCONFORM_SHUTDOWN:
		if (c->use == TCPCONFORM_LISTENER) {
			answer->error = EOPNOTSUPP;
			return;
		}
		break;
	default:
		break;
	}
	switch (call->kind) {
	case TCPCONFORM_SEND:
		answer->error = tcpconform_app_send_(c, call, answer);
		return;
	case TCPCONFORM_RECEIVE:
		if (c->use == TCPCONFORM_DEAD) {
			answer->error = ENOTCONN;
			return;
		}
		answer->n = tcpconform_app_pull_(c, call->n, false);
		break;
	case TCPCONFORM_PAUSE:
		c->paused = true;
		return;
	case TCPCONFORM_RESUME:
		answer->error = tcpconform_app_resume_(c);
		return;
	case TCPCONFORM_SHUTDOWN:
		answer->error = tcpconform_app_shutdown_(c);
		return;
	case TCPCONFORM_CLOSE:
		answer->error = tcpconform_app_close_(c);
		return;
	case TCPCONFORM_ABORT:
		answer->error = tcpconform_app_abort_(c);
		return;
	case TCPCONFORM_STATUS:
		answer->state = tcpconform_app_state_(c);
		break;
	case TCPCONFORM_SET:
		answer->error = c->use == TCPCONFORM_DEAD ? ENOTCONN : tcpconform_app_set_(c, call->option, call->value);
		return;
	case TCPCONFORM_GET:
		answer->error = c->use == TCPCONFORM_DEAD ? ENOTCONN : tcpconform_app_get_(c, call->option, &value);
		answer->n = (uint64_t)value;
		return;
	default:
		answer->error = EINVAL;
		return;
	}
	answer->received = c->received;
	answer->digest = c->digest;
}

#ifdef __cplusplus
}
#endif
#endif
