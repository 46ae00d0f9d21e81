/* plugin_host.c: see plugin_host.h.  The translation between two ways to say the
 * same: lines on one side, the structs of plugin.h on the other.  Whatever the
 * stack does wrong happens here, and ends with this process. */
#include "plugin_host.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "line.h"
#include "plugin.h"

enum {
	PROGRAM_MAX = 63, CAN_MAX = 256,        /* so that HELLO is a line, whatever else it says */
	STUCK = 100000                          /* calls of `advance` at one time */
};

struct host {
	struct tcpconform_host host;    /* what the stack sees */
	const struct tcpconform_plugin *plugin;
	void *stack;
	FILE *in, *out;                 /* the lines */
	uint64_t now;
	bool said;                      /* something, since the last question */
	uint8_t frame[LINE_FRAME_MAX];  /* that arrives */
	char hex[2 * LINE_FRAME_MAX];   /* of one that leaves */
	char line[2 * LINE_FRAME_MAX + LINE_SIZE];
};

/* Instead of HELLO.  Who calls us by hand sees it, too. */
static void sorry(struct host *h, const char *why)
{
	fprintf(h->out, "? ERR at=0 error=ENOENT :%s\n", why);
	fflush(h->out);
}

/* A line that cannot be obeyed. */
static void refuse(struct host *h, const char *error, const char *why)
{
	h->said = true;
	fprintf(h->out, "? ERR at=%llu error=%s :%s\n", (unsigned long long)h->now, error, why);
	fflush(h->out);
}

/* ---- words ------------------------------------------------------------------------- */

static struct tcpconform_endpoint endpoint_out(const struct endpoint *e)
{
	struct tcpconform_endpoint o = { .ip = e->addr.v, .port = e->port };

	memcpy(o.addr, e->addr.o, sizeof(o.addr));
	return o;
}

static struct endpoint endpoint_in(const struct tcpconform_endpoint *e)
{
	struct endpoint o = { .addr = { .v = e->ip }, .port = e->port };

	memcpy(o.addr.o, e->addr, e->ip == 4 ? 4 : sizeof(e->addr));
	return o;
}

/* The two lists of words have one order. */
_Static_assert((int)TCPCONFORM_GET == (int)CALL_GET && (int)TCPCONFORM_SEND == (int)CALL_SEND, "calls");
_Static_assert((int)TCPCONFORM_OOB_INLINE == (int)OPTION_OOBINLINE && (int)TCPCONFORM_LINGER == (int)OPTION_LINGER, "options");
_Static_assert((int)TCPCONFORM_TIME_WAIT == (int)TIME_WAIT && (int)TCPCONFORM_UNKNOWN == (int)STATE_UNKNOWN, "states");
_Static_assert((int)TCPCONFORM_NOTE_CLOSED == (int)NOTE_CLOSED && (int)TCPCONFORM_NOTE_URGENT == (int)NOTE_URGENT, "notes");

static void call_out(const struct call *k, struct tcpconform_call *o)
{
	*o = (struct tcpconform_call){
		.kind = (enum tcpconform_call_kind)k->kind, .id = k->id, .ip = k->v, .port = k->local_port,
		.remote = endpoint_out(&k->remote), .backlog = k->backlog, .paused = k->paused, .n = k->n,
		.urgent = k->urgent, .option = (enum tcpconform_option)k->option, .value = k->value, .n_preset = k->n_preset
	};
	for (unsigned i = 0; i < k->n_preset && i < TCPCONFORM_PRESETS; i++) {
		o->preset[i].option = (enum tcpconform_option)k->preset[i].option;
		o->preset[i].value = k->preset[i].value;
	}
}

/* ---- what the stack says -------------------------------------------------------------- */

static void emit(void *arg, const uint8_t *frame, size_t n)
{
	struct host *h = arg;

	if (!n || n > LINE_FRAME_MAX) {
		char why[96];

		snprintf(why, sizeof(why), "it emits a frame of %zu octets; the shortest has 1, the longest %d", n, LINE_FRAME_MAX);
		refuse(h, "EMSGSIZE", why);
		return;
	}
	h->said = true;
	fprintf(h->out, "FRAME at=%llu ", (unsigned long long)h->now);
	line_hex(h->hex, frame, n);
	fwrite(h->hex, 1, 2 * n, h->out);
	putc('\n', h->out);
}

static void note(void *arg, const struct tcpconform_note *o)
{
	struct host *h = arg;
	struct note said = {
		.kind = (enum note_kind)o->kind, .id = o->id, .listener = o->listener, .remote = endpoint_in(&o->remote),
		.n = o->n, .error = o->error, .at = (tick)h->now
	};
	char line[LINE_SIZE];

	h->said = true;
	fwrite(line, 1, line_note(line, sizeof(line), &said), h->out);
}

static uint64_t now(void *arg)
{
	return ((struct host *)arg)->now;
}

/* ---- what the tester says ---------------------------------------------------------------- */

static void take_frame(struct host *h, const char *text)
{
	long n = line_unhex(text, h->frame, LINE_FRAME_MAX);

	if (n <= 0) {
		refuse(h, "EPROTO", "behind FRAME stand the octets of one frame, in hexadecimal");
		return;
	}
	h->plugin->input(h->stack, h->frame, (size_t)n);
}

static void take_call(struct host *h, char *line)
{
	struct line_asked q;
	struct tcpconform_call k;
	struct tcpconform_answer a = { .state = TCPCONFORM_UNKNOWN };
	struct answer said = { .state = STATE_UNKNOWN, .at = (tick)h->now };
	char why[128] = "", out[LINE_SIZE];
	int error = line_read_request(line, &q, why, sizeof(why));

	if (!error && !q.tag[0])
		return;
	if (!error) {
		call_out(&q.call, &k);
		if (h->plugin->call)
			h->plugin->call(h->stack, &k, &a);
		else
			a.error = EOPNOTSUPP;
		if (a.error < 0) {
			snprintf(why, sizeof(why), "it answers %s with error %d; an errno of plugin.h is positive",
			         call_name(q.call.kind), a.error);
			refuse(h, "EINVAL", why);
			return;
		}
		said = (struct answer){
			.error = a.error, .id = a.id, .port = a.port, .n = a.n, .received = a.received, .digest = a.digest,
			.state = (enum tcp_state)a.state, .at = (tick)h->now
		};
	} else {
		said.error = error;
	}
	h->said = true;
	fwrite(out, 1, line_answer(out, sizeof(out), q.tag, q.call.kind, &said,
	                           why[0] ? why : said.error ? strerror(said.error) : NULL), h->out);
	fflush(h->out);         /* by hand, one wants to see it; the tester waits for IDLE */
}

static uint64_t poll_at(struct host *h)
{
	return h->plugin->poll_at ? h->plugin->poll_at(h->stack) : TCPCONFORM_NEVER;
}

/* What is behind a hang is hard to see from outside. */
static void tell_stuck(const struct host *h)
{
	fprintf(stderr, "tcpconform: the plug-in's time stands still: advance(%llu) was called %d times, and poll_at "
	        "is not later than that\n", (unsigned long long)h->now, STUCK);
}

/* One deadline after another, until something was said. */
static void take_advance(struct host *h, const char *text)
{
	uint64_t until, next;
	unsigned stuck = 0;
	char *end;

	errno = 0;
	until = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || until > INT64_MAX) {
		refuse(h, "EPROTO", "ADVANCE needs until=, a number of nanoseconds");
		return;
	}
	next = poll_at(h);
	while (!h->said && next <= until) {
		if (next > h->now) {
			h->now = next;
			stuck = 0;
		}
		if (stuck++ == STUCK)
			tell_stuck(h);
		h->plugin->advance(h->stack, h->now);
		next = poll_at(h);
	}
	if (!h->said && until > h->now)
		h->now = until;
	h->said = false;
	if (next == TCPCONFORM_NEVER || next > INT64_MAX)
		fprintf(h->out, "IDLE at=%llu until=never\n", (unsigned long long)h->now);
	else
		fprintf(h->out, "IDLE at=%llu until=%llu\n", (unsigned long long)h->now,
		        (unsigned long long)(next > h->now ? next : h->now));
	fflush(h->out);
}

static void take_line(struct host *h, char *line)
{
	if (strncmp(line, "FRAME ", 6) == 0)
		take_frame(h, line + 6);
	else if (strncmp(line, "ADVANCE until=", 14) == 0)
		take_advance(h, line + 14);
	else
		take_call(h, line);
}

/* ---- beginning and end ---------------------------------------------------------------------- */

/* One word of HELLO: printable, no blank in it. */
static bool is_word(const char *text)
{
	for (const char *s = text; *s; s++)
		if (*s <= ' ' || *s > '~')
			return false;
	return true;
}

static bool is_address(const char *text, int v)
{
	struct addr a;

	return !text || (addr_parse(text, &a) && a.v == v);
}

/* What its author has written there, in the words of plugin.h: HELLO is ours. */
static bool check_plugin(struct host *h)
{
	const struct tcpconform_plugin *p = h->plugin;
	const char *why = NULL;

	if (!p->program || !p->can || !p->create || !p->input || !p->poll_at != !p->advance)
		why = "its struct tcpconform_plugin lacks program, can, create or input, or one of poll_at and advance";
	else if (!*p->program || strlen(p->program) > PROGRAM_MAX || !is_word(p->program))
		why = "the program of its struct tcpconform_plugin is no printable word without spaces (at most 63 octets), such as \"stack/1.0\"";
	else if (strlen(p->can) > CAN_MAX || !is_word(p->can))
		why = "the can of its struct tcpconform_plugin is no list with commas and without spaces, such as \"ip4,ip6\"";
	else if (!p->addr4 && !p->addr6)
		why = "its struct tcpconform_plugin has neither addr4 nor addr6";
	else if (!is_address(p->addr4, 4))
		why = "the addr4 of its struct tcpconform_plugin is no IPv4 address";
	else if (!is_address(p->addr6, 6))
		why = "the addr6 of its struct tcpconform_plugin is no IPv6 address";
	if (why)
		sorry(h, why);
	return !why;
}

static bool load(struct host *h, const char *path)
{
	const struct tcpconform_plugin *(*entry)(void);
	char real[PATH_MAX], why[PATH_MAX + 160];
	void *object;

	if (!realpath(path, real)) {
		snprintf(why, sizeof(why), "there is no plug-in %s: %s", path, strerror(errno));
		sorry(h, why);
		return false;
	}
	/* LOCAL: the object's own symbols come before those of the libraries that it
	 * needs, which is how a stack's clock is taken from it. */
	object = dlopen(real, RTLD_NOW | RTLD_LOCAL);
	if (!object) {
		snprintf(why, sizeof(why), "cannot load it: %.300s", dlerror());
		sorry(h, why);
		return false;
	}
	*(void **)&entry = dlsym(object, "tcpconform_plugin");
	if (!entry) {
		sorry(h, "it is no plug-in: it has no function tcpconform_plugin (see docs/plugin.md)");
		return false;
	}
	h->plugin = entry();
	if (!h->plugin) {
		sorry(h, "its function tcpconform_plugin returns NULL, and no struct tcpconform_plugin");
		return false;
	}
	if (h->plugin->version != TCPCONFORM_PLUGIN_VERSION) {
		snprintf(why, sizeof(why), "it was built for version %u of plugin.h, and this is version %d: "
		         "build it again with the plugin.h of this tcpconform",
		         h->plugin->version, TCPCONFORM_PLUGIN_VERSION);
		sorry(h, why);
		return false;
	}
	return check_plugin(h);
}

static void hello(struct host *h)
{
	const struct tcpconform_plugin *p = h->plugin;
	FILE *out = h->out;

	fprintf(out, "HELLO protocol=%d at=0 program=%s can=%s frames=%s", LINE_PROTOCOL, p->program, p->can,
	        p->frames == TCPCONFORM_ETHERNET ? "ethernet" : "ip");
	if (p->frames == TCPCONFORM_ETHERNET)
		fprintf(out, " mac=%02x:%02x:%02x:%02x:%02x:%02x", p->mac[0], p->mac[1], p->mac[2], p->mac[3], p->mac[4], p->mac[5]);
	if (p->addr4)
		fprintf(out, " addr4=%s", p->addr4);
	if (p->addr6)
		fprintf(out, " addr6=%s", p->addr6);
	putc('\n', out);
	fflush(out);
}

/* The lines have streams of their own: what the stack prints is for its author, and
 * goes to standard error.  False, with errno. */
static bool take_streams(struct host *h)
{
	int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (in < 0 || out < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return false;
	close(null);
	setvbuf(stdout, NULL, _IOLBF, 0);
	h->in = fdopen(in, "r");
	h->out = fdopen(out, "w");
	return h->in && h->out;
}

/* The next whole line into h->line; false at the end.  One that is cut short by the
 * end is not carried out. */
static bool next_line(struct host *h)
{
	while (fgets(h->line, sizeof(h->line), h->in)) {
		char *end = strchr(h->line, '\n');
		int c;

		if (end) {
			*end = '\0';
			return true;
		}
		while ((c = getc(h->in)) != EOF && c != '\n')
			;
		if (c == '\n')
			refuse(h, "EMSGSIZE", "the line is too long");
	}
	return false;
}

int plugin_host(void *config)
{
	static struct host h = { .host = { .emit = emit, .note = note, .now = now } };
	const struct plugin_host_config *k = config;

	if (!take_streams(&h)) {
		perror("tcpconform: the plug-in's streams");
		return 1;
	}
	h.host.arg = &h;
	if (!load(&h, k->path))
		return 1;
	/* First, since `create` may send frames already. */
	hello(&h);
	h.stack = h.plugin->create(&h.host, k->seed);
	if (!h.stack) {
		refuse(&h, "ENODEV", "its create returned NULL, and has said why on standard error, if it could");
		return 1;
	}
	while (next_line(&h))
		take_line(&h, h.line);
	if (h.plugin->destroy)
		h.plugin->destroy(h.stack);
	return 0;
}
