/* plugin_host.c: see plugin_host.h.  The translation between two ways to say the
 * same: lines on one side, the structs of plugin.h on the other.  Whatever the
 * stack does wrong happens here, and ends with this process. */
#include "plugin_host.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "line.h"
#include "plugin.h"

enum { FRAME_MAX = 65535 + 14 };

struct host {
	struct tcpconform_host host;    /* what the stack sees */
	const struct tcpconform_plugin *plugin;
	void *stack;
	uint64_t now;
	bool said;                      /* something, since the last question */
	uint8_t *frame;
	size_t room;
};

/* Instead of HELLO.  Who calls us by hand sees it, too. */
static void sorry(const char *why)
{
	printf("? ERR at=0 error=ENOENT :%s\n", why);
	fflush(stdout);
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

/* The two lists of words have one order; tests/unit/test_plugin.c says so too. */
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
	static const char digits[] = "0123456789abcdef";
	struct host *h = arg;

	if (!n || n > FRAME_MAX)
		return;         /* no wire carries that */
	h->said = true;
	printf("FRAME at=%llu ", (unsigned long long)h->now);
	for (size_t i = 0; i < n; i++) {
		putchar(digits[frame[i] >> 4]);
		putchar(digits[frame[i] & 15]);
	}
	putchar('\n');
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
	fwrite(line, 1, line_note(line, sizeof(line), &said), stdout);
}

static uint64_t now(void *arg)
{
	return ((struct host *)arg)->now;
}

/* ---- what the tester says ---------------------------------------------------------------- */

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void take_frame(struct host *h, const char *text)
{
	size_t n = strlen(text) / 2;

	if (n > h->room) {
		h->frame = realloc(h->frame, n);
		if (!h->frame)
			abort();
		h->room = n;
	}
	for (size_t i = 0; i < n; i++)
		h->frame[i] = (uint8_t)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
	h->plugin->input(h->stack, h->frame, n);
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
		h->plugin->call(h->stack, &k, &a);
		said = (struct answer){
			.error = a.error, .id = a.id, .port = a.port, .n = a.n, .received = a.received, .digest = a.digest,
			.state = (enum tcp_state)a.state, .at = (tick)h->now
		};
	} else {
		said.error = error;
	}
	h->said = true;
	fwrite(out, 1, line_answer(out, sizeof(out), q.tag, q.call.kind, &said,
	                           why[0] ? why : said.error ? strerror(said.error) : NULL), stdout);
}

/* One deadline after another, until something was said. */
static void take_advance(struct host *h, uint64_t until)
{
	uint64_t next = h->plugin->poll_at(h->stack);

	while (!h->said && next <= until) {
		if (next > h->now)
			h->now = next;
		h->plugin->advance(h->stack, h->now);
		next = h->plugin->poll_at(h->stack);
	}
	if (!h->said && until > h->now)
		h->now = until;
	h->said = false;
	if (next == TCPCONFORM_NEVER || next > INT64_MAX)
		printf("IDLE at=%llu until=never\n", (unsigned long long)h->now);
	else
		printf("IDLE at=%llu until=%llu\n", (unsigned long long)h->now, (unsigned long long)(next > h->now ? next : h->now));
	fflush(stdout);
}

static void take_line(struct host *h, char *line)
{
	if (strncmp(line, "FRAME ", 6) == 0)
		take_frame(h, line + 6);
	else if (strncmp(line, "ADVANCE until=", 14) == 0)
		take_advance(h, strtoull(line + 14, NULL, 10));
	else
		take_call(h, line);
}

/* ---- beginning and end ---------------------------------------------------------------------- */

static bool load(struct host *h, const char *path)
{
	const struct tcpconform_plugin *(*entry)(void);
	char real[PATH_MAX], why[PATH_MAX + 160];
	void *object;

	if (!realpath(path, real)) {
		snprintf(why, sizeof(why), "there is no plug-in %s: %s", path, strerror(errno));
		sorry(why);
		return false;
	}
	/* LOCAL: the object's own symbols come before those of the libraries that it
	 * needs, which is how a stack's clock is taken from it. */
	object = dlopen(real, RTLD_NOW | RTLD_LOCAL);
	if (!object) {
		snprintf(why, sizeof(why), "cannot load it: %.300s", dlerror());
		sorry(why);
		return false;
	}
	*(void **)&entry = dlsym(object, "tcpconform_plugin");
	if (!entry) {
		sorry("it is no plug-in: it has no function tcpconform_plugin (see docs/plugin.md)");
		return false;
	}
	h->plugin = entry();
	if (!h->plugin || h->plugin->version != TCPCONFORM_PLUGIN_VERSION) {
		snprintf(why, sizeof(why), "it was built for version %u of plugin.h, and this is version %d: build it again",
		         h->plugin ? h->plugin->version : 0, TCPCONFORM_PLUGIN_VERSION);
		sorry(why);
		return false;
	}
	return true;
}

static void hello(const struct tcpconform_plugin *p)
{
	printf("HELLO protocol=%d at=0 program=%s can=%s frames=%s", LINE_PROTOCOL, p->program, p->can,
	       p->frames == TCPCONFORM_ETHERNET ? "ethernet" : "ip");
	if (p->frames == TCPCONFORM_ETHERNET)
		printf(" mac=%02x:%02x:%02x:%02x:%02x:%02x", p->mac[0], p->mac[1], p->mac[2], p->mac[3], p->mac[4], p->mac[5]);
	if (p->addr4)
		printf(" addr4=%s", p->addr4);
	if (p->addr6)
		printf(" addr6=%s", p->addr6);
	putchar('\n');
	fflush(stdout);
}

int plugin_host(void *config)
{
	const struct plugin_host_config *k = config;
	struct host h = { .host = { .emit = emit, .note = note, .now = now } };
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	h.host.arg = &h;
	if (!load(&h, k->path))
		return 1;
	/* First, since `create` may send frames already. */
	hello(h.plugin);
	h.stack = h.plugin->create(&h.host, k->seed);
	if (!h.stack)
		return 1;
	while ((n = getline(&line, &room, stdin)) > 0) {
		line[n - 1] = '\0';
		take_line(&h, line);
	}
	if (h.plugin->destroy)
		h.plugin->destroy(h.stack);
	free(line);
	free(h.frame);
	return 0;
}
