/* agent.c: see agent.h. */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "line.h"

enum {
	PENDING      = 1024,            /* requests on their way             */
	OUT          = PENDING * LINE_SIZE,
	HELLO_S      = 30,              /* a command may ask for a password  */
	ANSWER_S     = 15,              /* every call is answered at once    */
	GARBAGE_MAX  = 1000,            /* lines that are none, empty ones among them */
	ENDLESS      = 1 << 20,         /* octets of one line that does not end */
	END_MS       = 2000,
	DRIFT_PPM    = 200              /* of the two clocks against each other */
};

struct pending {
	unsigned  tag;                  /* 0: free */
	tick      asked;
	answered *done;
	void     *arg;
};

struct agent {
	struct agent_config config;
	struct child child;
	int  fd, timer, both;           /* both: epoll over the other two */
	bool lost, greeted, wants_out;
	char program[64], can[LINE_SIZE];
	struct line_reader reader;

	struct pending pending[PENDING];
	unsigned last_tag, n_pending;
	char  *out;                     /* what the socket did not take */
	size_t out_len;

	/* Our clock minus the DUT's lies between these; known since `since`. */
	bool known;
	tick low, high, since;

	tick now;                       /* of the agent_ready that runs */
	unsigned long garbage;
};

/* ---- two clocks ---------------------------------------------------------------- */

/* The DUT stamped `theirs` after `asked` and before `heard`. */
static void learn(struct agent *a, tick theirs, tick asked, tick heard)
{
	tick low = asked - theirs, high = heard - theirs;

	if (a->known) {
		tick drift = (heard - a->since) / 1000000 * DRIFT_PPM;

		a->low = a->low - drift > low ? a->low - drift : low;
		a->high = a->high + drift < high ? a->high + drift : high;
	}
	/* Nothing in common: one of the clocks was set or stood still.  Begin anew. */
	if (!a->known || a->low > a->high) {
		a->low = low;
		a->high = high;
	}
	a->since = heard;
	a->known = true;
}

static tick map(const struct agent *a, tick theirs, tick not_before, tick not_after)
{
	if (!a->known)
		return not_after;
	tick at = theirs + a->low + (a->high - a->low) / 2;
	return at < not_before ? not_before : at > not_after ? not_after : at;
}

/* ---- waiting for answers ---------------------------------------------------------- */

static void alarm_in(struct agent *a, int seconds)
{
	struct itimerspec t = { .it_value = { .tv_sec = seconds } };

	timerfd_settime(a->timer, 0, &t, NULL);
}

static void refuse(answered *done, void *arg, int error, tick now)
{
	struct answer no = { .error = error, .state = STATE_UNKNOWN, .at = now };

	done(arg, &no);
}

static void lose(struct agent *a, const char *why, tick now)
{
	if (a->lost)
		return;
	a->lost = true;
	alarm_in(a, 0);
	epoll_ctl(a->both, EPOLL_CTL_DEL, a->fd, NULL);
	if (a->config.lost)
		a->config.lost(a->config.arg, why);
	for (unsigned i = 0; i < PENDING; i++) {
		struct pending p = a->pending[i];

		if (!p.tag)
			continue;
		a->pending[i].tag = 0;
		a->n_pending--;
		refuse(p.done, p.arg, EPIPE, now);
	}
}

static void lose_ended(struct agent *a, tick now)
{
	char why[160], how[32];
	int status = 0;

	/* Its output has ended; it itself may need a moment. */
	struct pollfd p = { .fd = a->child.pidfd, .events = POLLIN };
	if (a->child.pidfd >= 0)
		poll(&p, 1, 200);
	if (!child_ended(&a->child, &status))
		snprintf(why, sizeof(why), "the agent closed its output");
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		snprintf(why, sizeof(why), "the agent's command was not found (exit status 127)");
	else
		snprintf(why, sizeof(why), "the agent ended (%s)", child_status(status, how, sizeof(how)));
	lose(a, why, now);
}

/* ---- lines ------------------------------------------------------------------------- */

static void take_garbage(struct agent *a, const char *line)
{
	char what[160];

	if (!a->greeted) {
		/* A login may say a few words first. */
		if (++a->garbage > GARBAGE_MAX)
			lose(a, "the agent's command writes, but not what an agent says", a->now);
		return;
	}
	if (a->garbage++ == 0 && a->config.garbled) {
		snprintf(what, sizeof(what), "the agent wrote what is no line of its protocol: \"%.60s\"", line ? line : "(too long)");
		a->config.garbled(a->config.arg, what);
	}
	if (a->garbage > GARBAGE_MAX)
		lose(a, "the agent floods us with what is no line of its protocol", a->now);
}

static bool take_answer(struct agent *a, const struct line_heard *h)
{
	char *end;
	unsigned long tag = strtoul(h->tag, &end, 10);
	struct pending *slot = &a->pending[tag % PENDING];

	if (*end || !tag || slot->tag != tag)
		return false;
	struct pending p = *slot;
	struct answer answer = h->answer;
	slot->tag = 0;
	a->n_pending--;
	alarm_in(a, a->n_pending ? ANSWER_S : 0);
	learn(a, h->at, p.asked, a->now);
	answer.at = map(a, h->at, p.asked, a->now);
	p.done(p.arg, &answer);
	return true;
}

static void take_line(void *arg, char *line)
{
	struct agent *a = arg;
	struct line_heard h;
	char copy[LINE_SIZE];

	if (a->lost)
		return;
	if (!line) {
		take_garbage(a, NULL);
		return;
	}
	memcpy(copy, line, strlen(line) + 1);   /* a line of the reader's: shorter than this */
	switch (line_read(copy, &h)) {
	case LINE_HELLO:
		if (a->greeted)
			break;
		if (h.protocol != LINE_PROTOCOL) {
			lose(a, "the agent speaks another version of the protocol than ours", a->now);
			return;
		}
		snprintf(a->program, sizeof(a->program), "%s", h.program);
		snprintf(a->can, sizeof(a->can), "%s", h.can);
		a->greeted = true;
		a->garbage = 0;
		return;
	case LINE_ANSWER:
		if (a->greeted && take_answer(a, &h))
			return;
		break;
	case LINE_NOTE:
		if (!a->greeted)
			break;
		h.note.at = map(a, h.at, INT64_MIN, a->now);
		if (a->config.noted)
			a->config.noted(a->config.arg, &h.note);
		return;
	case LINE_FRAME:        /* an agent's segments come by the wire */
	case LINE_IDLE:
	case LINE_GARBAGE:
		break;
	}
	take_garbage(a, line);
}

/* Reads what is there; false when it has ended. */
static bool read_lines(struct agent *a)
{
	char buf[16384];

	/* Not for ever, should it write faster than we read. */
	for (int i = 0; i < 64 && !a->lost; i++) {
		ssize_t n = recv(a->fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return true;
		if (n <= 0)
			return false;
		line_feed(&a->reader, buf, (size_t)n, take_line, a);
		if (a->reader.skipped > ENDLESS)
			lose(a, "the agent writes a line without an end", a->now);
		if ((size_t)n < sizeof(buf))
			return true;
	}
	return true;
}

static void write_out(struct agent *a)
{
	size_t done = 0;

	while (done < a->out_len && !a->lost) {
		ssize_t n = send(a->fd, a->out + done, a->out_len - done, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n < 0) {
			/* Its end is read in its place, behind its last words. */
			done = a->out_len;
			break;
		}
		done += (size_t)n;
	}
	memmove(a->out, a->out + done, a->out_len - done);
	a->out_len -= done;
	bool wants = a->out_len > 0;
	if (wants != a->wants_out && !a->lost) {
		struct epoll_event e = { .events = EPOLLIN | (wants ? EPOLLOUT : 0u) };

		epoll_ctl(a->both, EPOLL_CTL_MOD, a->fd, &e);
		a->wants_out = wants;
	}
}

/* ---- what others call ---------------------------------------------------------------- */

int agent_fd(const struct agent *a)
{
	return a->both;
}

void agent_ready(struct agent *a, tick now)
{
	uint64_t rang;
	char why[128];

	a->now = now;
	if (a->lost) {
		/* Nothing more; but the timer must not stay readable. */
		if (read(a->timer, &rang, sizeof(rang)) < 0)
			return;
		return;
	}
	if (!read_lines(a)) {
		lose_ended(a, now);
		return;
	}
	write_out(a);
	if (read(a->timer, &rang, sizeof(rang)) == sizeof(rang) && a->n_pending) {
		snprintf(why, sizeof(why), "the agent has not answered for %d s", ANSWER_S);
		lose(a, why, now);
	}
}

void agent_call(struct agent *a, const struct call *k, tick now, answered *done, void *arg)
{
	char tag[LINE_TAG];

	if (a->lost) {
		refuse(done, arg, EPIPE, now);
		return;
	}
	if (a->n_pending == PENDING || OUT - a->out_len < LINE_SIZE) {
		refuse(done, arg, ENOBUFS, now);
		return;
	}
	do {
		if (++a->last_tag == 0)
			a->last_tag = 1;
	} while (a->pending[a->last_tag % PENDING].tag);
	snprintf(tag, sizeof(tag), "%u", a->last_tag);
	a->pending[a->last_tag % PENDING] = (struct pending){ a->last_tag, now, done, arg };
	if (a->n_pending++ == 0)
		alarm_in(a, ANSWER_S);
	a->out_len += line_request(a->out + a->out_len, OUT - a->out_len, tag, k);
	write_out(a);
}

const char *agent_can(const struct agent *a)
{
	return a->can;
}

const char *agent_program(const struct agent *a)
{
	return a->program;
}

unsigned long agent_garbage(const struct agent *a)
{
	return a->garbage;
}

/* ---- beginning and end ------------------------------------------------------------------ */

static void free_agent(struct agent *a)
{
	if (a->fd >= 0)
		close(a->fd);
	if (a->timer >= 0)
		close(a->timer);
	if (a->both >= 0)
		close(a->both);
	free(a->out);
	free(a);
}

static int watch(struct agent *a, int fd)
{
	struct epoll_event e = { .events = EPOLLIN };

	return fd < 0 ? -1 : epoll_ctl(a->both, EPOLL_CTL_ADD, fd, &e);
}

static int start(struct agent *a)
{
	int pair[2];

	a->out = malloc(OUT);
	a->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	a->both = epoll_create1(EPOLL_CLOEXEC);
	if (!a->out || a->timer < 0 || a->both < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	a->fd = pair[0];
	struct child_config k = { .command = a->config.command, .in = pair[1], .out = pair[1] };
	int r = child_start(&a->child, &k);
	close(pair[1]);
	errno = -r;
	return r < 0 || watch(a, a->fd) < 0 || watch(a, a->timer) < 0 ? -1 : 0;
}

struct why {
	char *err;
	size_t n;
};

static void lost_before_hello(void *arg, const char *sentence)
{
	struct why *w = arg;

	snprintf(w->err, w->n, "%s", sentence);
}

/* Until its HELLO, or until it is lost. */
static void await_hello(struct agent *a)
{
	struct pollfd p = { .fd = a->both, .events = POLLIN };
	uint64_t rang;

	alarm_in(a, HELLO_S);
	while (!a->greeted && !a->lost) {
		if (poll(&p, 1, -1) < 0) {
			if (errno == EINTR)
				lose(a, "interrupted while waiting for the agent", 0);
			continue;
		}
		if (!read_lines(a))
			lose_ended(a, 0);
		else if (read(a->timer, &rang, sizeof(rang)) == sizeof(rang))
			lose(a, "the agent's command did not say HELLO within 30 s: is it tcpconform-agent?", 0);
	}
	alarm_in(a, 0);
}

struct agent *agent_start(const struct agent_config *k, char *err, size_t n)
{
	struct agent *a = calloc(1, sizeof(*a));
	struct why why = { err, n };

	if (!a) {
		snprintf(err, n, "no memory for the agent");
		return NULL;
	}
	a->fd = a->timer = a->both = -1;
	a->config = (struct agent_config){ .command = k->command, .lost = lost_before_hello, .arg = &why };
	if (start(a) < 0) {
		snprintf(err, n, "cannot start the agent's command: %s", strerror(errno));
		agent_stop(a);
		return NULL;
	}
	await_hello(a);
	a->config = *k;
	if (a->lost) {
		agent_stop(a);
		return NULL;
	}
	return a;
}

void agent_stop(struct agent *a)
{
	if (!a)
		return;
	if (a->fd >= 0) {
		/* The end of its input; what it still says is thrown away, so that it
		 * does not wait for us. */
		char buf[4096];
		struct pollfd p = { .fd = a->fd, .events = POLLIN };

		shutdown(a->fd, SHUT_WR);
		for (int i = 0; i < 4096 && poll(&p, 1, END_MS) > 0 && recv(a->fd, buf, sizeof(buf), MSG_DONTWAIT) > 0; i++)
			;
		close(a->fd);
		a->fd = -1;
	}
	child_end(&a->child, END_MS);
	free_agent(a);
}
