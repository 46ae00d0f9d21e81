/* target.h: how the command line's target becomes a world to run cases in. */
#ifndef TCPCONFORM_TARGET_H
#define TCPCONFORM_TARGET_H

#include <stddef.h>
#include <stdint.h>

#include "suite.h"

/* The reference stack in process, one virtual world a case; fault NULL: the
 * healthy one.  NULL and a sentence for an unknown fault. */
struct target *target_sim(const char *fault, char *err, size_t n);

struct target_net_config {
	const char *host4, *host6;      /* names or addresses; NULL: not this version */
	uint16_t    port;               /* of the declared service; 0: none      */
	enum service service;
	const char *iface;              /* NULL: the route decides               */
	const char *const *sources;     /* our addresses; none: free ones are picked */
	size_t      n_sources;
	const char *gateway4, *gateway6;
	const char *agent;              /* NULL: no calls                        */
	const char *trigger;
	int         connections;        /* how many cases at once; 0: 1 without an agent, 200 with */
	tick        reply_within;       /* 0: the default                        */
	tick        throttle;           /* -1: the default                       */
	tick        msl, timer_tick;    /* 0: the default                        */
	unsigned    absent;             /* ABSENT_*                              */
};

/* A host on an interface.  NULL and one sentence, which is the remedy, when it
 * cannot be reached. */
struct target *target_net(const struct target_net_config *, char *err, size_t n);

/* The reference stack on an interface, in network namespaces of our own, which
 * this process enters and does not leave.  As target_net on failure. */
struct target *target_netns(const char *fault, uint64_t seed, char *err, size_t n);

void target_free(struct target *);

#endif
