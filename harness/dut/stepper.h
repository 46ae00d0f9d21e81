/* stepper.h: a stack under test in a process of its own, which takes its time
 * from us: the tester's end of docs/plugin.md.
 *
 * One question at a time: what arrives and what is called is said, then comes
 * ADVANCE, and until its IDLE everything that the other end says is taken down.
 * What it does wrong (it dies, hangs, floods, writes what is no line) is one
 * sentence, and after it nothing is said any more.  Only octets and processes
 * here: stepped.c makes a DUT of it. */
#ifndef TCPCONFORM_STEPPER_H
#define TCPCONFORM_STEPPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../call.h"
#include "line.h"

struct stepper;

/* A plug-in's path, or a command for sh -c. */
struct stepper_config {
	const char *plugin, *command;
	uint64_t seed;                  /* a command finds it as TCPCONFORM_SEED */
};

/* What its HELLO says. */
struct stepper_hello {
	char program[64], can[LINE_SIZE];
	bool ethernet;                  /* its frames are Ethernet's             */
	uint8_t mac[6];
	struct addr addr4, addr6;       /* v 0: none                             */
	int  cases;                     /* how many a process serves, one after another */
};

/* One thing that it said.  Times are the process's own. */
struct stepper_event {
	enum line_kind kind;            /* LINE_FRAME, LINE_ANSWER, LINE_NOTE    */
	tick at;
	const uint8_t *frame;           /* until the next question               */
	size_t n;
	char tag[LINE_TAG];
	struct answer answer;
	struct note note;
};

/* Starts it and waits for its HELLO; NULL and one sentence. */
struct stepper *stepper_start(const struct stepper_config *, char *err, size_t n);
/* The same over a stream socket to one that runs already, which is ours from now
 * on: for the tests. */
struct stepper *stepper_over(int fd, char *err, size_t n);
const struct stepper_hello *stepper_hello(const struct stepper *);

/* Another case begins: what it says is counted anew. */
void stepper_begin(struct stepper *);

/* Said with the next question. */
void stepper_frame(struct stepper *, const uint8_t *frame, size_t n);
void stepper_call(struct stepper *, const char *tag, const struct call *);

/* A number for a tag that this process has not had, in no case before either: who
 * answers late is not taken for somebody else. */
unsigned stepper_number(struct stepper *);

/* Lets its time pass until `until`, or until it says something, and waits for its
 * IDLE.  *at: its time then, which is `until` if it has said nothing; *idle_until: when something happens next of itself
 * (TICK_NEVER: never).  False when it is lost; what it said before that is there
 * all the same. */
bool stepper_advance(struct stepper *, tick until, tick *at, tick *idle_until);

/* What it has said, in order; NULL when all was taken. */
const struct stepper_event *stepper_next(struct stepper *);
const struct stepper_event *stepper_peek(const struct stepper *);

/* Why it is lost, NULL while it lives; `culprit`: the stack itself did it
 * (a crash, a hang, a flood), else it speaks another language than ours. */
const char *stepper_lost(const struct stepper *, bool *culprit);

/* Ends its input and waits for its end, and ends whom it has left behind. */
void stepper_stop(struct stepper *);

#endif
