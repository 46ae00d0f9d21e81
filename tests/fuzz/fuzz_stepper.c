/* fuzz_stepper.c: whatever a stack in a process of its own may say (stepper.h): its
 * HELLO, then one piece of the input for each ADVANCE, with an IDLE behind it that is
 * right, so that the conversation goes on while the piece allows it.
 *
 * The pieces end with a NUL, which no line has. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/dut/stepper.h"
#include "seeds.h"

#define HELLO "HELLO protocol=1 at=0 program=x can=ip4 frames=ip addr4=10.9.0.2\n"

enum { TURNS = 4, STEP = 1000 };

static void must(bool ok)
{
	if (!ok)
		abort();
}

struct other {
	int fd;
	const uint8_t *data;
	size_t size;
};

static void say(const struct other *o, const void *octets, size_t n)
{
	const char *at = octets;

	while (n) {
		ssize_t w = send(o->fd, at, n, MSG_NOSIGNAL);

		if (w <= 0)
			return;         /* they are gone already */
		at += w;
		n -= (size_t)w;
	}
}

static void say_piece(struct other *o)
{
	const uint8_t *end = memchr(o->data, 0, o->size);
	size_t n = end ? (size_t)(end - o->data) : o->size;

	say(o, o->data, n);
	o->data += n + (end != NULL);
	o->size -= n + (end != NULL);
}

static void *be_other(void *arg)
{
	struct other *o = arg;
	char line[64], idle[64];
	size_t n = 0;
	long long until;

	say_piece(o);
	say(o, "\n" HELLO, sizeof HELLO);
	while (read(o->fd, line + n, 1) == 1) {
		if (line[n] != '\n') {
			n += n < sizeof line - 2;
			continue;
		}
		line[n] = '\0';
		n = 0;
		if (sscanf(line, "ADVANCE until=%lld", &until) != 1)
			continue;
		say_piece(o);
		say(o, idle, (size_t)snprintf(idle, sizeof idle, "\nIDLE at=%lld until=never\n", until));
	}
	close(o->fd);
	return NULL;
}

static void converse(struct stepper *s)
{
	const struct stepper_event *e;
	tick at, until;
	bool culprit;

	for (int i = 1; i <= TURNS && stepper_advance(s, i * STEP, &at, &until); i++) {
		must(at >= 0 && at <= i * STEP && until >= 0);
		while ((e = stepper_next(s))) {
			must(e->at >= 0 && e->at <= at);
			must(e->kind == LINE_FRAME || e->kind == LINE_ANSWER || e->kind == LINE_NOTE);
			must(e->kind != LINE_FRAME || (e->frame && e->n && e->n <= LINE_FRAME_MAX));
			must(strlen(e->tag) < sizeof e->tag);
		}
	}
	if (stepper_lost(s, &culprit))
		for (const char *c = stepper_lost(s, &culprit); *c; c++)
			must(*c >= ' ' && *c <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct other o = { .data = data, .size = size };
	char err[256];
	struct stepper *s;
	pthread_t thread;
	int pair[2];

	must(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	o.fd = pair[1];
	must(!pthread_create(&thread, NULL, be_other, &o));
	s = stepper_over(pair[0], err, sizeof err);
	if (s) {
		converse(s);
		stepper_stop(s);
	}
	must(!pthread_join(thread, NULL));
	return 0;
}

size_t fuzz_seed(unsigned n, uint8_t *out, size_t room)
{
#define SEED(text) { text, sizeof text - 1 }
	static const struct { const char *text; size_t n; } seeds[] = {
		SEED(HELLO "\0" "FRAME at=5 4500002800000000\n\0* EOF at=1000 id=4\n1 OK at=1500 id=1 port=7\n"),
		SEED("HELLO protocol=1 at=0 program=x can=ip4,ip6 frames=ethernet mac=02:00:00:00:00:01 addr6=fd00:9::2 cases=7\n"
		     "\0" "FRAME at=0 020900000009020000000001080045\n\0FRAME at=1500 00\nFRAME at=1501 0001\n"),
		SEED("? ERR at=0 error=ENOENT :cannot\n"),
		SEED(HELLO "\0IDLE at=500 until=700\n\0IDLE at=500 until=never\n"),
		SEED(HELLO "\0* ESTABLISHED at=3 id=4 listener=3 remote=fd00::1 port=4000\n\0* READABLE at=1100 id=4 received=9\r\n"
		     "\0z ERR at=2100 error=EIO :no\n"),
	};
#undef SEED

	if (n >= sizeof seeds / sizeof *seeds || seeds[n].n > room)
		return 0;
	memcpy(out, seeds[n].text, seeds[n].n);
	return seeds[n].n;
}
