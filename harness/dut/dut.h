/* dut.h: who is under test, and what may be asked of it.
 *
 * sim.c is the reference stack in process, host.c any host with or without the
 * agent.  A DUT reacts to segments through its link; this is the other way, by
 * calls, and the statement of what it is (ISO 9646: ICS and IXIT). */
#ifndef TCPCONFORM_DUT_H
#define TCPCONFORM_DUT_H

#include <stdbool.h>
#include <stdint.h>

#include "../call.h"

struct dut;

/* What is declared.  Defaults are the RFC's (dut_declare_defaults). */
struct dut_declaration {
	char     name[64];
	struct addr addr4, addr6;       /* v 0: none                             */
	uint16_t port;                  /* of the declared service; 0: none      */
	enum service { SERVICE_NONE, SERVICE_DISCARD, SERVICE_ECHO,
	               SERVICE_CHARGEN, SERVICE_HTTP } service;
	bool     calls;                 /* every call of call.h works            */
	const char *trigger;            /* a command that makes it connect to us; or NULL */
	bool     lossless;              /* what we send arrives: a wire in process, one link */
	tick     flight;                /* what it sent so long before we see it may be older than a call */
	bool     translated;            /* over there our endpoint looks otherwise */
	char     known[128];            /* ids that only the cases about them judge */
	uint16_t first_port, last_port; /* of ours, that reach it and that it reaches */
	bool     serves_more;           /* on the virtual clock: another case comes after this one */

	tick     msl;                   /* RFC 9293 3.4.2; 2 min                 */
	tick     timer_tick;            /* granularity of its timers; slack of every bound */
	tick     reply_within;          /* when an immediate reply is overdue; 1 s */
	tick     throttle;              /* one throttled stimulus (challenge ACK, ...) each; 0.5 s */
	int      connections;           /* how many cases may run at once; 1 for a bare HOST */
	int      backlog;
	unsigned absent;                /* ABSENT_*: what it does not speak      */
};

enum { ABSENT_TIMESTAMPS = 1, ABSENT_WINDOW_SCALE = 2, ABSENT_SACK = 4,
       ABSENT_KEEPALIVE = 8, ABSENT_URGENT = 16, ABSENT_TFO = 32,
       ABSENT_MSS = 64, ABSENT_PAWS = 128 };

void dut_declare_defaults(struct dut_declaration *);

/* What the user says about the DUT, on the command line or in a file. */
struct dut_said {
	int      connections;           /* 0: not said                           */
	tick     reply_within, msl, timer_tick;         /* 0: not said           */
	tick     throttle;              /* -1: not said                          */
	unsigned absent;                /* in addition                           */
	uint16_t first_port, last_port; /* 0: not said                           */
	char     known[128];
	bool     translated;
};

void dut_declare_said(struct dut_declaration *, const struct dut_said *);

/* What its upper tester cannot ask for (the list of its HELLO) is absent. */
void dut_declare_can(struct dut_declaration *, const char *can);

typedef void answered(void *arg, const struct answer *);

struct dut_ops {
	/* Asks for a call.  `done` is called once with the answer: at once, or
	 * from within a later wait of the link.  A DUT that is gone answers
	 * EPIPE. */
	void (*call)(struct dut *, const struct call *, answered *done, void *arg);
	void (*close)(struct dut *);
};

struct dut {
	const struct dut_ops  *ops;
	struct dut_declaration declared;
	/* Where notifications go; set by the harness. */
	void (*noted)(void *arg, const struct note *);
	void *arg;
	char  lost[256];                /* why the DUT (or its agent) is gone; "" while it lives */
	bool  culprit;                  /* it is the stack under test that failed, and no one else */
	/* Told once when it is lost, where nobody asks; set by the harness. */
	void (*gone)(void *arg);
};

struct link;

/* The reference stack in process at the far end of a simulated wire, which it
 * makes: *link is to be handed to the loop and closed after the DUT. */
struct link_sim_config;
struct dut *dut_sim_new(const struct link_sim_config *, uint64_t seed, const char *fault,
                        struct link **link, char *err, size_t n);

/* A stack in a process of its own that takes its time from us: a plug-in or a
 * command (docs/plugin.md), at the far end of a simulated wire as above. */
struct stepper;
struct dut *dut_stepped_new(struct stepper *, const struct link_sim_config *, const struct dut_said *,
                            const struct addr *ours, unsigned n_ours, tick began, struct link **link);

/* Its own time, for the `began` of a next DUT in the same process. */
tick dut_stepped_now(const struct dut *);

/* A host on a network link.  agent NULL: no calls (then port and service hold).
 * The agent is started with sh -c, and speaks docs/agent-protocol.md. */
struct dut *dut_host_new(struct link *, const struct dut_declaration *, const char *agent,
                         char *err, size_t n);

#endif
