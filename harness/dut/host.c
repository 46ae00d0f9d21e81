/* host.c: any host on a network link as the DUT.
 *
 * With an agent every call goes there.  Without one, the only call is an active
 * open, made by the trigger: a command that makes the DUT connect to us, run by
 * sh -c with these in its environment:
 *
 *   TCPCONFORM_ADDR, TCPCONFORM_PORT   where to connect
 *   TCPCONFORM_FROM                    the DUT's local port, 0: any
 *   TCPCONFORM_IP                      4 or 6
 *
 * It may return at once or stay until its connection ends; CLOSE and ABORT of
 * its id end it.  Its output goes to our standard error, and its exit status
 * does not count, since what it reports the segments show; only 126 and 127,
 * "cannot be run", do.  The port in its answer is 0: nobody tells. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../../probes/link.h"
#include "agent.h"
#include "child.h"
#include "dut.h"

enum { TRIGGERS = 64 };

struct host;

struct trigger {
	struct host *host;
	struct child child;
	int id;
};

struct host {
	struct dut dut;
	struct link *link;
	struct agent *agent;            /* NULL: none */
	const char *command;            /* the trigger; or NULL */
	struct trigger triggers[TRIGGERS];
	int last_id;
};

static void answer_with(answered *done, void *arg, int error, int id, tick now)
{
	struct answer a = { .error = error, .id = id, .state = STATE_UNKNOWN, .at = now };

	done(arg, &a);
}

/* ---- with an agent ------------------------------------------------------------- */

static void agent_noted(void *arg, const struct note *note)
{
	struct host *h = arg;

	if (h->dut.noted)
		h->dut.noted(h->dut.arg, note);
}

static void agent_lost(void *arg, const char *why)
{
	struct host *h = arg;

	snprintf(h->dut.lost, sizeof(h->dut.lost), "%s", why);
}

static void agent_garbled(void *arg, const char *what)
{
	(void)arg;
	fprintf(stderr, "tcpconform: %s\n", what);
}

static void agent_is_ready(void *arg)
{
	struct host *h = arg;

	agent_ready(h->agent, link_net_now(h->link));
}

static void agent_host_call(struct dut *dut, const struct call *k, answered *done, void *arg)
{
	struct host *h = (struct host *)dut;

	agent_call(h->agent, k, link_net_now(h->link), done, arg);
}

static void agent_host_close(struct dut *dut)
{
	struct host *h = (struct host *)dut;

	if (h->agent)
		link_watch(h->link, agent_fd(h->agent), NULL, NULL);
	agent_stop(h->agent);
	free(h);
}

static const struct dut_ops agent_ops = { .call = agent_host_call, .close = agent_host_close };

static bool start_agent(struct host *h, const char *command, char *err, size_t n)
{
	struct agent_config k = {
		.command = command, .noted = agent_noted, .lost = agent_lost, .garbled = agent_garbled, .arg = h
	};

	h->dut.ops = &agent_ops;
	h->agent = agent_start(&k, err, n);
	if (!h->agent)
		return false;
	int error = link_watch(h->link, agent_fd(h->agent), agent_is_ready, h);
	if (error) {
		snprintf(err, n, "cannot watch the agent's output: %s", strerror(-error));
		return false;
	}
	dut_declare_can(&h->dut.declared, agent_can(h->agent));
	return true;
}

/* ---- without -------------------------------------------------------------------- */

static void trigger_end(struct trigger *t)
{
	if (t->child.pidfd >= 0)
		link_watch(t->host->link, t->child.pidfd, NULL, NULL);
	child_end(&t->child, -1);
	t->id = 0;
}

static void trigger_ended(void *arg)
{
	struct trigger *t = arg;
	int fd = t->child.pidfd, status = 0;

	if (!t->child.pid)
		return;
	/* Its descriptor goes away with it. */
	link_watch(t->host->link, fd, NULL, NULL);
	if (!child_ended(&t->child, &status)) {
		link_watch(t->host->link, fd, trigger_ended, t);
		return;
	}
	if (WIFEXITED(status) && (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127))
		snprintf(t->host->dut.lost, sizeof(t->host->dut.lost),
		         "the trigger command cannot be run (exit status %d)", WEXITSTATUS(status));
}

static struct trigger *trigger_free_slot(struct host *h)
{
	struct trigger *oldest = NULL;

	for (int i = 0; i < TRIGGERS; i++) {
		struct trigger *t = &h->triggers[i];

		if (!t->child.pid)
			return t;
		if (!oldest || t->id < oldest->id)
			oldest = t;
	}
	trigger_end(oldest);
	return oldest;
}

/* 0 or an errno. */
static int trigger_start(struct host *h, const struct call *k, int *id)
{
	char addr[80], text[48], port[40], from[40], ip[24];
	char *const environment[] = { addr, port, from, ip, NULL };
	struct trigger *t = trigger_free_slot(h);
	struct child_config config = {
		.command = h->command, .in = -1, .out = -1, .group = true, .dies_with_us = true,
		.environment = environment
	};

	snprintf(addr, sizeof(addr), "TCPCONFORM_ADDR=%s", addr_show(&k->remote.addr, text, sizeof(text)));
	snprintf(port, sizeof(port), "TCPCONFORM_PORT=%u", k->remote.port);
	snprintf(from, sizeof(from), "TCPCONFORM_FROM=%u", k->local_port);
	snprintf(ip, sizeof(ip), "TCPCONFORM_IP=%u", k->remote.addr.v);
	*t = (struct trigger){ .host = h, .id = ++h->last_id };
	int error = child_start(&t->child, &config);
	if (error)
		return -error;
	if (t->child.pidfd >= 0)
		link_watch(h->link, t->child.pidfd, trigger_ended, t);
	*id = t->id;
	return 0;
}

static int bare_call(struct host *h, const struct call *k, int *id)
{
	if (h->dut.lost[0])
		return EPIPE;
	if (!h->command)
		return EOPNOTSUPP;
	switch (k->kind) {
	case CALL_OPEN_ACTIVE:
		return trigger_start(h, k, id);
	case CALL_CLOSE:
	case CALL_ABORT:
		for (int i = 0; i < TRIGGERS; i++)
			if (h->triggers[i].id == k->id && k->id > 0) {
				trigger_end(&h->triggers[i]);
				return 0;
			}
		return EBADF;
	default:
		return EOPNOTSUPP;
	}
}

static void bare_host_call(struct dut *dut, const struct call *k, answered *done, void *arg)
{
	struct host *h = (struct host *)dut;
	int id = 0, error = bare_call(h, k, &id);

	answer_with(done, arg, error, id, link_net_now(h->link));
}

static void bare_host_close(struct dut *dut)
{
	struct host *h = (struct host *)dut;

	for (int i = 0; i < TRIGGERS; i++)
		if (h->triggers[i].id)
			trigger_end(&h->triggers[i]);
	free(h);
}

static const struct dut_ops bare_ops = { .call = bare_host_call, .close = bare_host_close };

struct dut *dut_host_new(struct link *link, const struct dut_declaration *declared, const char *agent,
                         char *err, size_t n)
{
	struct host *h = calloc(1, sizeof(*h));

	if (!h) {
		snprintf(err, n, "no memory for the host");
		return NULL;
	}
	h->link = link;
	h->dut.declared = *declared;
	h->dut.declared.calls = false;
	h->command = declared->trigger;
	h->dut.ops = &bare_ops;
	if (agent && !start_agent(h, agent, err, n)) {
		h->dut.ops->close(&h->dut);
		return NULL;
	}
	return &h->dut;
}
