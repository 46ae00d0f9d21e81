/* agent.h: the tester's end of the agent's protocol (docs/agent-protocol.md).
 *
 * The agent's command is a child process; one descriptor says when something is
 * to be done.  Nothing here reads a clock: the time comes with each call.  The
 * DUT's stamps are mapped onto that clock by what each request and its answer
 * prove: the call was made after we asked and before we heard. */
#ifndef TCPCONFORM_AGENT_H
#define TCPCONFORM_AGENT_H

#include <stdbool.h>
#include <stddef.h>

#include "dut.h"

struct agent;

struct agent_config {
	const char *command;            /* for sh -c                         */
	void (*noted)(void *arg, const struct note *);
	/* Once, with one sentence: nothing will be answered any more. */
	void (*lost)(void *arg, const char *why);
	/* Once, with one sentence: it writes what is no line of the protocol. */
	void (*garbled)(void *arg, const char *what);
	void *arg;
};

/* Starts the command and waits for its HELLO; NULL and one sentence in err. */
struct agent *agent_start(const struct agent_config *, char *err, size_t n);

/* Readable when agent_ready is to be called. */
int agent_fd(const struct agent *);
void agent_ready(struct agent *, tick now);

/* Asks; `done` gets the answer from within agent_ready, or at once an error:
 * EPIPE from an agent that is gone. */
void agent_call(struct agent *, const struct call *, tick now, answered *done, void *arg);

/* What its HELLO says that it can do: "ip4,ip6,keepalive". */
const char *agent_can(const struct agent *);
const char *agent_program(const struct agent *);

/* Lines that were none of the protocol. */
unsigned long agent_garbage(const struct agent *);

/* Ends its input, so it aborts what it has opened, and waits for its end. */
void agent_stop(struct agent *);

#endif
