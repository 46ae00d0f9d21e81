/* line.c: see line.h.  One tokenizer for everything: words, then name=value
 * pairs, then text behind a colon. */
#include "line.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 16, DELAY_MAX_MS = 3600000 };

/* ---- errors by name ----------------------------------------------------------- */

#define NAMED(e) { e, #e }
static const struct { int error; const char *name; } errors[] = {
	NAMED(EACCES), NAMED(EADDRINUSE), NAMED(EADDRNOTAVAIL), NAMED(EAFNOSUPPORT), NAMED(EAGAIN),
	NAMED(EALREADY), NAMED(EBADF), NAMED(ECONNABORTED), NAMED(ECONNREFUSED), NAMED(ECONNRESET),
	NAMED(EDESTADDRREQ), NAMED(EDOM), NAMED(EFAULT), NAMED(EHOSTDOWN), NAMED(EHOSTUNREACH),
	NAMED(EINPROGRESS), NAMED(EINTR), NAMED(EINVAL), NAMED(EIO), NAMED(EISCONN), NAMED(EMFILE),
	NAMED(EMSGSIZE), NAMED(ENETDOWN), NAMED(ENETRESET), NAMED(ENETUNREACH), NAMED(ENFILE),
	NAMED(ENOBUFS), NAMED(ENOENT), NAMED(ENOMEM), NAMED(ENONET), NAMED(ENOPROTOOPT),
	NAMED(ENOSYS), NAMED(ENOTCONN), NAMED(ENOTSOCK), NAMED(EOPNOTSUPP), NAMED(EPERM),
	NAMED(EPIPE), NAMED(EPROTO), NAMED(EPROTONOSUPPORT), NAMED(ERANGE), NAMED(ETIMEDOUT)
};

const char *line_errno_name(int error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return errors[i].name;
	return "EIO";
}

int line_errno(const char *name)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].error;
	return EIO;
}

/* ---- octets to lines -------------------------------------------------------- */

void line_feed(struct line_reader *r, const char *octets, size_t n,
               void (*fn)(void *arg, char *line), void *arg)
{
	for (size_t i = 0; i < n; i++) {
		char c = octets[i];

		if (c == '\n') {
			size_t len = r->n;

			r->n = 0;
			if (r->skipping) {
				r->skipping = false;
				r->skipped = 0;
				fn(arg, NULL);
				continue;
			}
			if (len && r->line[len - 1] == '\r')
				len--;
			for (size_t k = 0; k < len; k++)
				if (r->line[k] < 0x20 || r->line[k] > 0x7e)
					r->line[k] = '\1';
			r->line[len] = '\0';
			fn(arg, r->line);
		} else if (r->n == LINE_SIZE - 1) {
			r->skipping = true;
			r->skipped++;
		} else {
			r->line[r->n++] = c;
		}
	}
}

/* ---- a line being written ------------------------------------------------------ */

struct text {
	char  *buf;
	size_t n, len;
};

__attribute__((format(printf, 2, 3)))
static void put(struct text *t, const char *format, ...)
{
	va_list args;

	if (t->len + 1 >= t->n)
		return;
	va_start(args, format);
	int n = vsnprintf(t->buf + t->len, t->n - t->len, format, args);
	va_end(args);
	if (n > 0)
		t->len += (size_t)n < t->n - t->len ? (size_t)n : t->n - t->len - 1;
}

/* Ends the line; what did not fit is cut, so that it is a line in any case. */
static size_t put_end(struct text *t)
{
	if (t->n < 2)
		return 0;
	if (t->len > t->n - 2)
		t->len = t->n - 2;
	t->buf[t->len++] = '\n';
	t->buf[t->len] = '\0';
	return t->len;
}

static void put_address(struct text *t, const char *name, const struct addr *a)
{
	char buf[64];

	put(t, " %s=%s", name, a->v ? addr_show(a, buf, sizeof(buf)) : "0.0.0.0");
}

size_t line_request(char *buf, size_t n, const char *tag, const struct call *k)
{
	struct text t = { .buf = buf, .n = n };

	put(&t, "%s %s", tag, call_name(k->kind));
	switch (k->kind) {
	case CALL_OPEN_PASSIVE:
		put(&t, " ip=%d port=%u", k->v == 6 ? 6 : 4, k->local_port);
		if (k->backlog)
			put(&t, " backlog=%d", k->backlog);
		break;
	case CALL_OPEN_ACTIVE:
		put_address(&t, "to", &k->remote.addr);
		put(&t, " port=%u", k->remote.port);
		if (k->local_port)
			put(&t, " from=%u", k->local_port);
		break;
	case CALL_SEND:
	case CALL_RECEIVE:
		put(&t, " id=%d n=%" PRIu64 "%s", k->id, k->n, k->kind == CALL_SEND && k->urgent ? " urgent=1" : "");
		break;
	case CALL_SET:
		put(&t, " id=%d option=%s value=%" PRId64, k->id, option_name(k->option), k->value);
		break;
	case CALL_GET:
		put(&t, " id=%d option=%s", k->id, option_name(k->option));
		break;
	default:
		put(&t, " id=%d", k->id);
		break;
	}
	if (k->kind == CALL_OPEN_PASSIVE || k->kind == CALL_OPEN_ACTIVE) {
		if (k->paused)
			put(&t, " paused=1");
		for (unsigned i = 0; i < k->n_preset && i < CALL_PRESETS; i++)
			put(&t, " %s=%" PRId64, option_name(k->preset[i].option), k->preset[i].value);
	}
	return put_end(&t);
}

size_t line_answer(char *buf, size_t n, const char *tag, enum call_kind kind, const struct answer *a, const char *why)
{
	struct text t = { .buf = buf, .n = n };

	if (a->error) {
		put(&t, "%s ERR at=%" PRId64 " error=%s :%s", tag, a->at, line_errno_name(a->error), why ? why : "");
		return put_end(&t);
	}
	put(&t, "%s OK at=%" PRId64, tag, a->at);
	if (kind == CALL_OPEN_PASSIVE || kind == CALL_OPEN_ACTIVE)
		put(&t, " id=%d port=%u", a->id, a->port);
	if (kind == CALL_STATUS)
		put(&t, " state=%s", state_name(a->state));
	if (kind == CALL_SEND || kind == CALL_RECEIVE)
		put(&t, " n=%" PRIu64, a->n);
	if (kind == CALL_GET)
		put(&t, " n=%" PRId64, (int64_t)a->n);
	if (kind == CALL_STATUS || kind == CALL_RECEIVE)
		put(&t, " received=%" PRIu64 " digest=%016" PRIx64, a->received, a->digest);
	return put_end(&t);
}

size_t line_note(char *buf, size_t n, const struct note *o)
{
	struct text t = { .buf = buf, .n = n };

	put(&t, "* %s at=%" PRId64 " id=%d", note_name(o->kind), o->at, o->id);
	if (o->kind == NOTE_ESTABLISHED) {
		put(&t, " listener=%d", o->listener);
		put_address(&t, "remote", &o->remote.addr);
		put(&t, " port=%u", o->remote.port);
	}
	if (o->kind == NOTE_READABLE)
		put(&t, " received=%" PRIu64, o->n);
	if (o->kind == NOTE_ERROR)
		put(&t, " error=%s", line_errno_name(o->error));
	return put_end(&t);
}

size_t line_hello(char *buf, size_t n, const char *program, const char *can, tick at)
{
	struct text t = { .buf = buf, .n = n };

	put(&t, "HELLO protocol=%d at=%" PRId64 " program=%s can=%s", LINE_PROTOCOL, at, program, can);
	return put_end(&t);
}

/* ---- a line being read ----------------------------------------------------------- */

struct pairs {
	struct { const char *name, *value; bool used; } pair[PAIRS];
	unsigned n;
	const char *text;
};

static char *next_field(char **rest)
{
	char *s = *rest + strspn(*rest, " ");

	if (!*s)
		return NULL;
	char *end = s + strcspn(s, " ");
	*rest = *end ? end + 1 : end;
	*end = '\0';
	return s;
}

/* False if something is no pair, or there are too many. */
static bool read_pairs(char *rest, struct pairs *p)
{
	*p = (struct pairs){ .text = "" };
	for (;;) {
		char *s = rest + strspn(rest, " ");

		if (*s == ':') {
			p->text = s + 1;
			return true;
		}
		rest = s;
		char *field = next_field(&rest);
		if (!field)
			return true;
		char *is = strchr(field, '=');
		if (!is || is == field || p->n == PAIRS)
			return false;
		*is = '\0';
		p->pair[p->n].name = field;
		p->pair[p->n++].value = is + 1;
	}
}

static const char *value_of(struct pairs *p, const char *name)
{
	for (unsigned i = 0; i < p->n; i++)
		if (strcmp(p->pair[i].name, name) == 0) {
			p->pair[i].used = true;
			return p->pair[i].value;
		}
	return NULL;
}

static bool is_number(const char *text, int64_t min, int64_t max, int64_t *v)
{
	const char *digits = *text == '-' ? text + 1 : text;
	char *end;

	if (*digits < '0' || *digits > '9')
		return false;
	errno = 0;
	long long n = strtoll(text, &end, 10);
	if (errno || *end || n < min || n > max)
		return false;
	*v = n;
	return true;
}

/* A number in a line that we do not trust: the default where it is absent or
 * none. */
static int64_t number_or(struct pairs *p, const char *name, int64_t min, int64_t max, int64_t otherwise)
{
	const char *text = value_of(p, name);
	int64_t v;

	return text && is_number(text, min, max, &v) ? v : otherwise;
}

static const char *text_or(struct pairs *p, const char *name, const char *otherwise)
{
	const char *text = value_of(p, name);

	return text ? text : otherwise;
}

static bool is_tag(const char *s)
{
	size_t n = strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	return n > 0 && n < LINE_TAG && !s[n];
}

/* ---- requests --------------------------------------------------------------------- */

struct reading {
	struct pairs pairs;
	char  *why;
	size_t n;
};

__attribute__((format(printf, 3, 4)))
static int wrong(struct reading *r, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->why, r->n, format, args);
	va_end(args);
	return error;
}

static int need(struct reading *r, const char *name, int64_t min, int64_t max, int64_t *v)
{
	const char *text = value_of(&r->pairs, name);

	if (!text)
		return wrong(r, EINVAL, "%s= is missing", name);
	if (!is_number(text, min, max, v))
		return wrong(r, EINVAL, "%s= is a number from %" PRId64 " to %" PRId64, name, min, max);
	return 0;
}

static int may(struct reading *r, const char *name, int64_t min, int64_t max, int64_t *v)
{
	return value_of(&r->pairs, name) ? need(r, name, min, max, v) : 0;
}

static int read_presets(struct reading *r, struct call *k)
{
	for (enum call_option o = OPTION_NONE + 1; o < CALL_OPTIONS; o++) {
		int64_t v;

		if (!value_of(&r->pairs, option_name(o)))
			continue;
		if (k->n_preset == CALL_PRESETS)
			return wrong(r, EINVAL, "at most %d options", CALL_PRESETS);
		int error = need(r, option_name(o), -1, INT32_MAX, &v);
		if (error)
			return error;
		k->preset[k->n_preset].option = o;
		k->preset[k->n_preset++].value = v;
	}
	return 0;
}

static int read_open(struct reading *r, struct call *k)
{
	int64_t ip = 0, port = 0, from = 0, backlog = 0, paused = 0;
	bool active = k->kind == CALL_OPEN_ACTIVE;
	int error;

	if (active) {
		const char *to = value_of(&r->pairs, "to");

		if (!to || !addr_parse(to, &k->remote.addr))
			return wrong(r, EINVAL, "to= is an IPv4 or IPv6 address");
		if ((error = need(r, "port", 1, 65535, &port)) || (error = may(r, "from", 0, 65535, &from)))
			return error;
		k->remote.port = (uint16_t)port;
		k->local_port = (uint16_t)from;
	} else {
		if ((error = need(r, "ip", 4, 6, &ip)) || (error = may(r, "port", 0, 65535, &port)) ||
		    (error = may(r, "backlog", 0, INT32_MAX, &backlog)))
			return error;
		if (ip == 5)
			return wrong(r, EINVAL, "ip= is 4 or 6");
		k->v = (uint8_t)ip;
		k->local_port = (uint16_t)port;
		k->backlog = (int)backlog;
	}
	if ((error = may(r, "paused", 0, 1, &paused)))
		return error;
	k->paused = paused;
	return read_presets(r, k);
}

static int read_option(struct reading *r, struct call *k)
{
	const char *name = value_of(&r->pairs, "option");

	if (!name)
		return wrong(r, EINVAL, "option= is missing");
	for (enum call_option o = OPTION_NONE + 1; o < CALL_OPTIONS; o++)
		if (strcmp(name, option_name(o)) == 0) {
			k->option = o;
			return k->kind == CALL_SET ? need(r, "value", -1, INT32_MAX, &k->value) : 0;
		}
	return wrong(r, EINVAL, "there is no option %.40s", name);
}

static int read_call(struct reading *r, struct call *k)
{
	int64_t id = 0, n = 0, urgent = 0;
	int error;

	if (k->kind == CALL_OPEN_PASSIVE || k->kind == CALL_OPEN_ACTIVE)
		return read_open(r, k);
	if ((error = need(r, "id", 1, INT32_MAX, &id)))
		return error;
	k->id = (int)id;
	if (k->kind == CALL_SET || k->kind == CALL_GET)
		return read_option(r, k);
	if (k->kind == CALL_SEND || k->kind == CALL_RECEIVE) {
		if ((error = need(r, "n", 0, INT64_MAX / 4, &n)))
			return error;
		k->n = (uint64_t)n;
	}
	if (k->kind == CALL_SEND) {
		if ((error = may(r, "urgent", 0, 1, &urgent)))
			return error;
		k->urgent = urgent;
	}
	return 0;
}

int line_read_request(char *line, struct line_asked *q, char *why, size_t n)
{
	struct reading r = { .why = why, .n = n };
	char *rest = line;

	memset(q, 0, sizeof(*q));
	q->tag[0] = '?';
	if (strchr(line, '\1'))
		return wrong(&r, EPROTO, "an octet that is not printable ASCII");
	char *tag = next_field(&rest);
	if (!tag) {
		q->tag[0] = '\0';
		return 0;
	}
	if (!is_tag(tag))
		return wrong(&r, EPROTO, "a tag is 1 to 16 letters or digits");
	memcpy(q->tag, tag, strlen(tag) + 1);   /* is_tag: it fits */
	const char *word = next_field(&rest);
	if (word && strcmp(word, "AT") == 0) {
		const char *when = next_field(&rest);
		int64_t ms;

		if (!when || *when != '+' || !is_number(when + 1, 0, DELAY_MAX_MS, &ms))
			return wrong(&r, EPROTO, "AT needs +MS");
		q->delay = MS(ms);
		word = next_field(&rest);
	}
	if (!word)
		return wrong(&r, EPROTO, "no call");
	enum call_kind kind = 0;
	while (kind < CALL_KINDS && strcmp(word, call_name(kind)) != 0)
		kind++;
	if (kind == CALL_KINDS)
		return wrong(&r, EPROTO, "there is no call %.40s", word);
	if (!read_pairs(rest, &r.pairs))
		return wrong(&r, EPROTO, "behind the call stand pairs name=value, at most %d", PAIRS);
	q->call.kind = kind;
	int error = read_call(&r, &q->call);
	if (error)
		return error;
	for (unsigned i = 0; i < r.pairs.n; i++)
		if (!r.pairs.pair[i].used)
			return wrong(&r, EINVAL, "%s does not know %.40s=, or it is there twice",
			             call_name(kind), r.pairs.pair[i].name);
	return 0;
}

/* ---- what the other end says ---------------------------------------------------- */

static enum tcp_state read_state(const char *name)
{
	for (int s = 0; name && s < TCP_STATES; s++)
		if (strcmp(name, state_name((enum tcp_state)s)) == 0)
			return (enum tcp_state)s;
	return STATE_UNKNOWN;
}

static enum line_kind read_answer(struct pairs *p, bool ok, struct line_heard *h)
{
	struct answer *a = &h->answer;
	const char *digest = value_of(p, "digest"), *error = value_of(p, "error");

	if (!ok && !error)
		return LINE_GARBAGE;
	a->error = ok ? 0 : line_errno(error);
	a->id = (int)number_or(p, "id", 1, INT32_MAX, 0);
	a->port = (uint16_t)number_or(p, "port", 0, 65535, 0);
	a->n = (uint64_t)number_or(p, "n", INT64_MIN, INT64_MAX, 0);
	a->received = (uint64_t)number_or(p, "received", 0, INT64_MAX, 0);
	a->digest = digest && strlen(digest) == 16 ? strtoull(digest, NULL, 16) : 0;
	a->state = read_state(value_of(p, "state"));
	a->at = h->at;
	return LINE_ANSWER;
}

static enum line_kind read_note(struct pairs *p, const char *word, struct line_heard *h)
{
	struct note *o = &h->note;
	enum note_kind kind = 0;
	const char *remote = value_of(p, "remote"), *error = value_of(p, "error");

	while (word && kind < NOTE_KINDS && strcmp(word, note_name(kind)) != 0)
		kind++;
	if (!word || kind == NOTE_KINDS)
		return LINE_GARBAGE;
	o->kind = kind;
	o->id = (int)number_or(p, "id", 1, INT32_MAX, 0);
	o->listener = (int)number_or(p, "listener", -1, INT32_MAX, -1);
	if (!o->id || (kind == NOTE_ESTABLISHED && (!remote || !addr_parse(remote, &o->remote.addr))) ||
	    (kind == NOTE_ERROR && !error))
		return LINE_GARBAGE;
	o->remote.port = (uint16_t)number_or(p, "port", 0, 65535, 0);
	o->n = (uint64_t)number_or(p, "received", 0, INT64_MAX, 0);
	o->error = error ? line_errno(error) : 0;
	o->at = h->at;
	return LINE_NOTE;
}

static enum line_kind read_frame(char *rest, struct line_heard *h)
{
	char *at = next_field(&rest), *octets = next_field(&rest);
	int64_t t;

	if (!octets || next_field(&rest) || strncmp(at, "at=", 3) != 0 || !is_number(at + 3, 0, INT64_MAX, &t))
		return h->kind;
	h->at = t;
	h->text = octets;
	return h->kind = LINE_FRAME;
}

static enum line_kind read_idle(char *rest, struct line_heard *h)
{
	struct pairs p;
	const char *until;

	if (!read_pairs(rest, &p) || !(until = value_of(&p, "until")))
		return h->kind;
	h->at = number_or(&p, "at", 0, INT64_MAX, -1);
	h->until = strcmp(until, "never") == 0 ? LINE_NEVER : number_or(&p, "until", 0, INT64_MAX, -1);
	if (h->at >= 0 && h->until >= 0)
		h->kind = LINE_IDLE;
	return h->kind;
}

enum line_kind line_read(char *line, struct line_heard *h)
{
	struct pairs p;
	char *rest = line;

	memset(h, 0, sizeof(*h));
	h->kind = LINE_GARBAGE;
	h->text = h->program = h->can = h->frames = h->mac = h->addr4 = h->addr6 = "";
	if (strchr(line, '\1'))
		return h->kind;
	const char *first = next_field(&rest);
	if (!first)
		return h->kind;
	if (strcmp(first, "FRAME") == 0)
		return read_frame(rest, h);
	if (strcmp(first, "IDLE") == 0)
		return read_idle(rest, h);
	bool hello = strcmp(first, "HELLO") == 0;
	const char *word = hello ? NULL : next_field(&rest);
	if ((!hello && !word) || !read_pairs(rest, &p))
		return h->kind;
	h->text = p.text;
	h->at = number_or(&p, "at", 0, INT64_MAX, -1);
	if (h->at < 0)
		return h->kind;
	if (hello) {
		h->protocol = (int)number_or(&p, "protocol", 0, INT32_MAX, 0);
		h->program = text_or(&p, "program", "");
		h->can = text_or(&p, "can", "");
		h->frames = text_or(&p, "frames", "");
		h->mac = text_or(&p, "mac", "");
		h->addr4 = text_or(&p, "addr4", "");
		h->addr6 = text_or(&p, "addr6", "");
		h->cases = (int)number_or(&p, "cases", 1, INT32_MAX, 0);
		h->kind = LINE_HELLO;
	} else if (strcmp(first, "*") == 0) {
		h->kind = read_note(&p, word, h);
	} else if ((is_tag(first) || strcmp(first, "?") == 0) && (strcmp(word, "OK") == 0 || strcmp(word, "ERR") == 0)) {
		memcpy(h->tag, first, strlen(first) + 1);
		h->kind = read_answer(&p, strcmp(word, "OK") == 0, h);
	}
	return h->kind;
}

void line_hex(char *text, const uint8_t *octets, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		text[2 * i] = digits[octets[i] >> 4];
		text[2 * i + 1] = digits[octets[i] & 15];
	}
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c - 'A' + 10;
}

long line_unhex(const char *text, uint8_t *octets, size_t room)
{
	size_t digits = strspn(text, "0123456789abcdefABCDEF"), n = digits / 2;

	if (digits % 2 || text[digits] || n > room)
		return -1;
	for (size_t i = 0; i < n; i++)
		octets[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
	return (long)n;
}

bool line_can(const char *can, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = can; s; s = strchr(s, ',')) {
		s += *s == ',';
		if (strncmp(s, word, n) == 0 && (s[n] == ',' || !s[n]))
			return true;
	}
	return false;
}
