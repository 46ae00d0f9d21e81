/* bad.c: a plug-in that misbehaves as BAD says, to test what becomes of the run.
 * Its stack is one that never answers. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/dut/plugin.h"

static const struct tcpconform_host *host;
static const char *how;
static uint64_t due = TCPCONFORM_NEVER;

static bool is(const char *what)
{
	return !strcmp(how, what);
}

static void *create(const struct tcpconform_host *h, uint64_t seed)
{
	(void)seed;
	host = h;
	if (is("prints"))
		printf("bad: a word for my author\n");
	if (is("closes"))
		close(STDOUT_FILENO);
	if (is("no-stack")) {
		fprintf(stderr, "bad: no stack today\n");
		return NULL;
	}
	return &host;
}

static void spin(void)
{
	for (volatile unsigned long i = 0;; i++)
		;
}

/* Leaves somebody behind, who holds all that it has. */
static void leave_child(void)
{
	if (fork() == 0)
		for (;;)
			pause();
}

static void misbehave(void)
{
	static uint8_t octets[2020];

	if (is("crash"))
		raise(SIGSEGV);
	else if (is("fork-and-crash")) {
		leave_child();
		raise(SIGSEGV);
	} else if (is("fork"))
		leave_child();
	else if (is("abort"))
		abort();
	else if (is("exit"))
		exit(3);
	else if (is("hang"))
		spin();
	else if (is("flood"))
		for (;;)
			host->emit(host->arg, octets, 40);
	else if (is("stuck"))                   /* its deadline never moves */
		due = 0;
	else if (is("trickle"))                 /* a frame each nanosecond, to nobody */
		due = host->now(host->arg) + 1;
	for (unsigned i = 0; is("garbage") && i < 100; i++) {
		for (size_t k = 0; k < sizeof octets; k++)
			octets[k] = (uint8_t)((i + 1) * (k + 7) * 2654435761u >> 13);
		host->emit(host->arg, octets, (i + 1) * 20);
	}
	if (is("empty-frame"))
		host->emit(host->arg, octets, 0);
	if (is("long-frame")) {
		static uint8_t longest[70000];

		host->emit(host->arg, longest, sizeof longest);
	}
}

static void input(void *stack, const uint8_t *frame, size_t n)
{
	(void)stack;
	(void)frame;
	(void)n;
	misbehave();
}

static void call(void *stack, const struct tcpconform_call *k, struct tcpconform_answer *a)
{
	struct tcpconform_note note = { .kind = TCPCONFORM_NOTE_READABLE, .id = 77, .n = 5 };

	(void)stack;
	(void)k;
	a->id = is("garbage") ? -5 : 1;
	a->port = 5000;
	if (is("negative-errno"))
		a->error = -EOPNOTSUPP;
	if (is("garbage")) {
		a->state = (enum tcpconform_state)99;
		host->note(host->arg, &note);
	}
	if (is("crash-in-call"))
		raise(SIGSEGV);
}

static uint64_t poll_at(void *stack)
{
	(void)stack;
	return due;
}

static void advance(void *stack, uint64_t now)
{
	static const uint8_t octets[40];

	(void)stack;
	if (is("trickle")) {
		host->emit(host->arg, octets, sizeof octets);
		due = now + 1;
	}
}

const struct tcpconform_plugin *tcpconform_plugin(void)
{
	static struct tcpconform_plugin plugin = {
		.version = TCPCONFORM_PLUGIN_VERSION, .program = "bad/1", .can = "ip4",
		.frames = TCPCONFORM_IP, .addr4 = "10.9.0.2",
		.create = create, .input = input, .call = call, .poll_at = poll_at, .advance = advance
	};

	how = getenv("BAD") ? getenv("BAD") : "";
	if (is("version"))
		plugin.version = 99;
	if (is("no-input"))
		plugin.input = NULL;
	if (is("blank"))
		plugin.program = "bad 1";
	if (is("blank-in-can"))
		plugin.can = "ip4, ip6";
	if (is("no-address"))
		plugin.addr4 = NULL;
	if (is("carrots"))
		plugin.addr4 = "carrots";
	if (is("least")) {      /* what must be there, and no more */
		plugin.call = NULL;
		plugin.poll_at = NULL;
		plugin.advance = NULL;
	}
	return is("null") ? NULL : &plugin;
}
