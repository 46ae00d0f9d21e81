/* stepper.c: see stepper.h. */
#include "stepper.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../probes/wire.h"
#include "child.h"
#include "plugin_host.h"

enum {
	LONGEST    = 2 * LINE_FRAME_MAX + 64,       /* octets of a line, FRAME's among them */
	QUESTION   = 4096,              /* things said in answer to one question: more is a flood */
	LIFE       = 1 << 17,           /* things said in one case, and times that it stopped early */
	LOOK_MS    = 200,
	HELLO_MS   = 30000,             /* a guest may have to boot */
	ANSWER_MS  = 30000,             /* asleep: whoever waits for something that we do not give */
	CPU_S      = 3,                 /* awake: whoever goes round in circles */
	END_MS     = 1000
};

struct stepper {
	struct child child;
	int fd;
	bool plugin;                    /* and no program: its lines are written for it */
	struct stepper_hello hello;
	bool greeted;

	char *out;                      /* lines for it */
	size_t n_out, room_out;
	char *in;                       /* what is no whole line yet */
	size_t n_in;

	struct stepper_event *events;
	size_t n_events, next, room_events;
	uint8_t *octets;                /* of the frames among them */
	size_t n_octets, room_octets;
	unsigned numbers;               /* given out for tags */
	unsigned long said, stops;      /* in this case: things; IDLEs before the time, with nothing said */

	bool idle;                      /* it has answered the question */
	tick at, until;                 /* what its last IDLE said */
	char lost[256];
	bool culprit;
};

/* ---- memory ----------------------------------------------------------------------- */

static void *grown(void *p, size_t *room, size_t need, size_t size)
{
	if (need <= *room)
		return p;
	size_t more = *room ? *room : 64;
	while (more < need)
		more *= 2;
	p = realloc(p, more * size);
	if (!p)
		abort();
	*room = more;
	return p;
}

/* ---- the end ---------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4)))
static void lose(struct stepper *s, bool culprit, const char *format, ...)
{
	va_list args;

	if (s->lost[0])
		return;
	va_start(args, format);
	vsnprintf(s->lost, sizeof(s->lost), format, args);
	va_end(args);
	s->culprit = culprit;
}

static void lose_ended(struct stepper *s)
{
	struct pollfd p = { .fd = s->child.pidfd, .events = POLLIN };
	int status = 0;
	char how[48];

	/* Its output has ended; it itself may need a moment.  It is not waited for
	 * here: until stepper_stop its id is that of the group. */
	if (s->child.pidfd >= 0)
		poll(&p, 1, LOOK_MS);
	if (!s->child.pid || !child_has_ended(&s->child, &status))
		lose(s, true, "the stack under test closed its output");
	else if (WIFSIGNALED(status))
		lose(s, true, "the stack under test crashed: %s", child_status(status, how, sizeof(how)));
	else if (!s->greeted && WEXITSTATUS(status) == 127)
		lose(s, false, "the command was not found (exit status 127)");
	else if (!s->greeted && WEXITSTATUS(status) == 126)
		lose(s, false, "the command cannot be executed (exit status 126)");
	else if (!s->greeted)
		lose(s, false, "it ended before its HELLO: %s", child_status(status, how, sizeof(how)));
	else
		lose(s, true, "the stack under test ended by itself: %s", child_status(status, how, sizeof(how)));
}

/* ---- what it says ------------------------------------------------------------------- */

static struct stepper_event *add_event(struct stepper *s, enum line_kind kind, tick at)
{
	if (s->n_events == QUESTION) {
		lose(s, true, "the stack under test floods: it said more than %d things at once", QUESTION);
		return NULL;
	}
	if (++s->said > LIFE) {
		lose(s, true, "the stack under test floods: it said more than %d things in one case", LIFE);
		return NULL;
	}
	s->events = grown(s->events, &s->room_events, s->n_events + 1, sizeof(*s->events));
	struct stepper_event *e = &s->events[s->n_events++];
	*e = (struct stepper_event){ .kind = kind, .at = at };
	return e;
}

static bool take_frame(struct stepper *s, const struct line_heard *h)
{
	size_t n = strlen(h->text) / 2;
	struct stepper_event *e;

	/* An offset for now: the octets may still move. */
	s->octets = grown(s->octets, &s->room_octets, s->n_octets + n + 1, 1);
	if (line_unhex(h->text, s->octets + s->n_octets, n) < 0)
		return false;
	if (n > LINE_FRAME_MAX) {
		lose(s, false, "the stack under test sent a frame of %zu octets, and the longest has %d", n, LINE_FRAME_MAX);
		return true;
	}
	e = add_event(s, LINE_FRAME, h->at);
	if (!e)
		return true;
	e->n = n;
	s->n_octets += n;
	return true;
}

/* Six octets of one or two digits each. */
static bool read_mac(const char *text, uint8_t mac[6])
{
	for (int i = 0; i < 6; i++) {
		char *end;
		size_t digits = strspn(text, "0123456789abcdefABCDEF");

		if (digits < 1 || digits > 2)
			return false;
		mac[i] = (uint8_t)strtoul(text, &end, 16);
		if (*end != (i < 5 ? ':' : '\0'))
			return false;
		text = end + 1;
	}
	return true;
}

static void take_hello(struct stepper *s, const struct line_heard *h)
{
	struct stepper_hello *o = &s->hello;

	s->greeted = true;
	snprintf(o->program, sizeof(o->program), "%s", h->program);
	snprintf(o->can, sizeof(o->can), "%s", h->can);
	o->cases = h->cases ? h->cases : 1;
	o->ethernet = strcmp(h->frames, "ethernet") == 0;
	if (h->protocol != LINE_PROTOCOL)
		lose(s, false, "it speaks version %d of the protocol, and this is version %d", h->protocol, LINE_PROTOCOL);
	else if (!o->ethernet && strcmp(h->frames, "ip") != 0)
		lose(s, false, "its HELLO must say frames=ip or frames=ethernet");
	else if (o->ethernet && !read_mac(h->mac, o->mac))
		lose(s, false, "its HELLO says frames=ethernet, but no mac=");
	else if (h->addr4[0] && (!addr_parse(h->addr4, &o->addr4) || o->addr4.v != 4))
		lose(s, false, "the addr4= of its HELLO is no IPv4 address");
	else if (h->addr6[0] && (!addr_parse(h->addr6, &o->addr6) || o->addr6.v != 6))
		lose(s, false, "the addr6= of its HELLO is no IPv6 address");
	else if (!o->addr4.v && !o->addr6.v)
		lose(s, false, "its HELLO must say addr4= or addr6=");
}

/* What a program prints for its author gets between the lines most easily. */
static void garbage(struct stepper *s, const char *line)
{
	static const char *const words[] = { "HELLO ", "FRAME ", "IDLE ", "* " };
	bool nearly = false;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		nearly = nearly || strncmp(line, words[i], strlen(words[i])) == 0;
	lose(s, false, "the stack under test wrote what is no line of the protocol: \"%.60s\"%s", line,
	     nearly ? "" : " (what is for people belongs on its standard error)");
}

/* A FRAME whose octets cannot be read. */
static void lose_frame(struct stepper *s, const char *hex)
{
	size_t digits = strspn(hex, "0123456789abcdefABCDEF");

	if (hex[digits])
		lose(s, false, "the stack under test sent a FRAME with '%c' among its hexadecimal digits", hex[digits]);
	else
		lose(s, false, "the stack under test sent a FRAME of %zu hexadecimal digits, and two make an octet", digits);
}

static void take_idle(struct stepper *s, const struct line_heard *h)
{
	if (s->idle)
		lose(s, false, "the stack under test said IDLE, and had not been asked by an ADVANCE");
	else if (h->at < s->at)
		lose(s, false, "the time of the stack under test went back: its IDLE says at=%lld, and the one before said at=%lld",
		     (long long)h->at, (long long)s->at);
	s->idle = true;
	s->at = h->at;
	s->until = h->until;
}

static void take_line(struct stepper *s, char *line, size_t n)
{
	struct line_heard h;
	struct stepper_event *e;
	char shown[64];
	bool printable = true;

	if (n && line[n - 1] == '\r')
		line[--n] = '\0';
	for (size_t i = 0; i < n; i++)
		if (line[i] < ' ' || line[i] > '~') {
			line[i] = '?';
			printable = false;
		}
	snprintf(shown, sizeof(shown), "%s", line);
	if (n >= LINE_SIZE && strncmp(line, "FRAME ", 6) != 0) {
		lose(s, false, "the stack under test wrote a line of %zu octets, and only FRAME's may have more than %d: \"%.40s...\"",
		     n, LINE_SIZE - 1, shown);
		return;
	}
	if (!printable) {
		garbage(s, shown);
		return;
	}
	enum line_kind kind = line_read(line, &h);
	if (!s->greeted) {
		if (kind == LINE_HELLO)
			take_hello(s, &h);
		else if (kind == LINE_ANSWER && h.answer.error)
			lose(s, false, "%s", h.text[0] ? h.text : "it cannot start");
		else
			garbage(s, shown);
		return;
	}
	switch (kind) {
	case LINE_FRAME:
		if (!take_frame(s, &h))
			lose_frame(s, h.text);
		return;
	case LINE_ANSWER:
		/* So it says that a line cannot be obeyed, and ours all can. */
		if (h.answer.error && strcmp(h.tag, "?") == 0)
			lose(s, false, "the stack under test says an error: %s (%s)",
			     h.text[0] ? h.text : "it does not say more", line_errno_name(h.answer.error));
		else if ((e = add_event(s, kind, h.at))) {
			memcpy(e->tag, h.tag, sizeof(e->tag));
			e->answer = h.answer;
		}
		return;
	case LINE_NOTE:
		if ((e = add_event(s, kind, h.at)))
			e->note = h.note;
		return;
	case LINE_IDLE:
		take_idle(s, &h);
		return;
	default:
		garbage(s, shown);
	}
}

/* The whole lines that are there.  What follows HELLO waits for the first question:
 * too much of it is a flood of the case, and no failure to start. */
static void take_lines(struct stepper *s)
{
	bool greeting = !s->greeted;
	char *line = s->in, *end = NULL;

	while (!s->lost[0] && greeting == !s->greeted && (end = memchr(line, '\n', s->n_in - (size_t)(line - s->in)))) {
		*end = '\0';
		take_line(s, line, (size_t)(end - line));
		line = end + 1;
	}
	s->n_in -= (size_t)(line - s->in);
	memmove(s->in, line, s->n_in);
	if (s->n_in == LONGEST && !end)
		lose(s, false, "the stack under test writes a line without an end");
}

/* False when nothing more will come. */
static bool read_some(struct stepper *s)
{
	ssize_t n = recv(s->fd, s->in + s->n_in, LONGEST - s->n_in, MSG_DONTWAIT);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
	if (n == 0)
		return false;
	s->n_in += (size_t)n;
	take_lines(s);
	return true;
}

/* ---- asking ------------------------------------------------------------------------- */

/* Processor time that it has used, in seconds; -1 where that is not told. */
static double cpu_used(const struct stepper *s)
{
	clockid_t clock;
	struct timespec t;

	if (!s->child.pid || clock_getcpuclockid(s->child.pid, &clock) || clock_gettime(clock, &t))
		return -1;
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void flush(struct stepper *s)
{
	ssize_t n = s->n_out ? send(s->fd, s->out, s->n_out, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;

	if (n > 0) {
		memmove(s->out, s->out + n, s->n_out - (size_t)n);
		s->n_out -= (size_t)n;
	} else if (n < 0 && errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) {
		/* Its end is read in its place, behind its last words. */
		s->n_out = 0;
	}
}

static tick clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (tick)t.tv_sec * S(1) + t.tv_nsec;
}

/* Waits a moment for octets to read or room to write.  An end without a last word
 * is seen by the process's own end: its output may live on in a child of its. */
static void look(struct stepper *s, const bool *done)
{
	struct pollfd p[2] = {
		{ .fd = s->fd, .events = POLLIN | (s->n_out ? POLLOUT : 0) },
		{ .fd = s->child.pidfd, .events = POLLIN }
	};
	int r = poll(p, 2, LOOK_MS);

	if (r < 0 && errno == EINTR)
		lose(s, false, "interrupted");
	if (r <= 0)
		return;
	if (p[0].revents & POLLOUT)
		flush(s);
	if (p[0].revents & ~POLLOUT) {
		if (!read_some(s) && !*done)
			lose_ended(s);
	} else if (p[1].revents && !*done) {
		lose_ended(s);
	}
}

/* Waits until *done; a process that works for too long, or sleeps for too long,
 * hangs, however much it says meanwhile.  While it works, be it as slowly as a busy
 * machine lets it, it does not sleep; and when it was we who slept, that is not held
 * against it. */
static void await(struct stepper *s, const bool *done, int limit_ms)
{
	double began = cpu_used(s), last = began;
	tick slept = 0;

	while (!*done && !s->lost[0]) {
		tick from = clock_now(), took;

		look(s, done);
		if (*done || s->lost[0])
			return;
		took = clock_now() - from;
		if (took > 2 * MS(LOOK_MS))
			took = 2 * MS(LOOK_MS);
		double used = cpu_used(s);
		if ((used - last) * (double)S(1) < (double)took / 100)
			slept += took;
		last = used;
		if (began >= 0 && used - began > CPU_S)
			lose(s, true, "the stack under test hangs: it worked for %d s of processor time and did not come to an end", CPU_S);
		else if (slept >= MS(limit_ms))
			lose(s, true, "the stack under test hangs: it has not answered for %d s%s%s", limit_ms / 1000,
			     s->plugin ? "" : s->greeted ? ": no IDLE came" : ": no HELLO came",
			     s->plugin ? "" : " (what it writes has to leave its buffers)");
	}
}

static void say(struct stepper *s, const char *text, size_t n)
{
	s->out = grown(s->out, &s->room_out, s->n_out + n, 1);
	memcpy(s->out + s->n_out, text, n);
	s->n_out += n;
}

void stepper_frame(struct stepper *s, const uint8_t *frame, size_t n)
{
	if (s->lost[0] || n > LINE_FRAME_MAX)
		return;
	say(s, "FRAME ", 6);
	s->out = grown(s->out, &s->room_out, s->n_out + 2 * n + 1, 1);
	line_hex(s->out + s->n_out, frame, n);
	s->n_out += 2 * n;
	s->out[s->n_out++] = '\n';
}

void stepper_call(struct stepper *s, const char *tag, const struct call *k)
{
	char line[LINE_SIZE];

	if (!s->lost[0])
		say(s, line, line_request(line, sizeof(line), tag, k));
}

unsigned stepper_number(struct stepper *s)
{
	return ++s->numbers;
}

void stepper_begin(struct stepper *s)
{
	s->said = s->stops = 0;
}

/* Does what it said fit to its IDLE, and that to the question?  The wire's time
 * stands on the answers. */
static void check_answer(struct stepper *s, tick until)
{
	if (s->at > until) {
		lose(s, false, "the stack under test let time pass beyond what it was asked for: "
		     "ADVANCE until=%lld, and its IDLE says at=%lld", (long long)until, (long long)s->at);
		return;
	}
	for (size_t i = s->next; i < s->n_events; i++)
		if (s->events[i].at > s->at) {
			lose(s, false, "the stack under test put a stamp on what it said that is later than its IDLE: "
			     "at=%lld before IDLE at=%lld", (long long)s->events[i].at, (long long)s->at);
			return;
		}
}

/* Asks once; true if it has to be asked again: it stopped early, and said nothing.
 * So it may, if it is going somewhere. */
static bool ask(struct stepper *s, tick until)
{
	char line[64];
	size_t before;
	tick from = s->at;

	take_lines(s);          /* what it said unasked comes before the question */
	if (!s->lost[0])
		read_some(s);
	if (s->lost[0])
		return false;
	before = s->n_events;
	say(s, line, (size_t)snprintf(line, sizeof(line), "ADVANCE until=%lld\n", (long long)until));
	s->idle = false;
	flush(s);
	await(s, &s->idle, ANSWER_MS);
	if (s->lost[0])
		return false;
	check_answer(s, until);
	if (s->lost[0] || s->at == until || s->n_events > before)
		return false;
	if (s->at - from < MS(1) && ++s->stops > LIFE)
		lose(s, true, "the stack under test does not let time pass: %d times it stopped before it was asked to, "
		     "with nothing to say", LIFE);
	return !s->lost[0];
}

/* Now the octets of the frames stay where they are. */
static void place_octets(struct stepper *s)
{
	size_t used = 0;

	for (size_t i = 0; i < s->n_events; i++) {
		struct stepper_event *e = &s->events[i];

		if (e->kind == LINE_FRAME)
			e->frame = s->octets + used;
		used += e->n;
	}
}

bool stepper_advance(struct stepper *s, tick until, tick *at, tick *idle_until)
{
	if (s->next == s->n_events)
		s->n_events = s->next = s->n_octets = 0;
	while (!s->lost[0] && ask(s, until))
		;
	place_octets(s);
	*at = s->at;
	*idle_until = s->until;
	return !s->lost[0];
}

const struct stepper_event *stepper_peek(const struct stepper *s)
{
	return s->next < s->n_events ? &s->events[s->next] : NULL;
}

const struct stepper_event *stepper_next(struct stepper *s)
{
	return s->next < s->n_events ? &s->events[s->next++] : NULL;
}

const struct stepper_hello *stepper_hello(const struct stepper *s)
{
	return &s->hello;
}

const char *stepper_lost(const struct stepper *s, bool *culprit)
{
	*culprit = s->culprit;
	return s->lost[0] ? s->lost : NULL;
}

/* ---- beginning and end ---------------------------------------------------------------- */

static int start_child(struct stepper *s, const struct stepper_config *k)
{
	int pair[2];
	char seed[48];
	char *const environment[] = { seed, NULL };
	struct plugin_host_config plugin = { .path = k->plugin, .seed = k->seed };
	struct child_config c = {
		.command = k->command, .group = true, .dies_with_us = true, .environment = environment
	};

	snprintf(seed, sizeof(seed), "TCPCONFORM_SEED=%llu", (unsigned long long)k->seed);
	s->plugin = k->plugin;
	if (k->plugin) {
		c.instead = plugin_host;
		c.arg = &plugin;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	s->fd = pair[0];
	c.in = c.out = pair[1];
	fflush(NULL);           /* else the child has what was not written yet, too */
	int error = child_start(&s->child, &c);
	close(pair[1]);
	return error;
}

static struct stepper *stepper_new(void)
{
	struct stepper *s = calloc(1, sizeof(*s));

	if (!s || !(s->in = malloc(LONGEST)))
		abort();
	s->fd = -1;
	s->child.pidfd = -1;
	s->idle = true;         /* nothing is asked yet */
	return s;
}

static struct stepper *greet(struct stepper *s, const char *who, char *err, size_t n)
{
	await(s, &s->greeted, HELLO_MS);
	if (!s->lost[0])
		return s;
	snprintf(err, n, "%s: %s", who, s->lost);
	stepper_stop(s);
	return NULL;
}

struct stepper *stepper_start(const struct stepper_config *k, char *err, size_t n)
{
	struct stepper *s = stepper_new();
	int error = start_child(s, k);

	if (error) {
		snprintf(err, n, "cannot start %s: %s", k->plugin ? k->plugin : k->command, strerror(-error));
		stepper_stop(s);
		return NULL;
	}
	return greet(s, k->plugin ? k->plugin : k->command, err, n);
}

struct stepper *stepper_over(int fd, char *err, size_t n)
{
	struct stepper *s = stepper_new();

	s->fd = fd;
	return greet(s, "the other end", err, n);
}

void stepper_stop(struct stepper *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	/* It needs no farewell: one that is lost is ended at once. */
	child_end(&s->child, s->lost[0] ? -1 : END_MS);
	free(s->out);
	free(s->in);
	free(s->events);
	free(s->octets);
	free(s);
}
