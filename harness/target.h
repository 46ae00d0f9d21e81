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
	struct dut_said said;           /* connections not said: 1 without an agent, 200 with */
};

/* A host on an interface.  NULL and one sentence, which is the remedy, when it
 * cannot be reached. */
struct target *target_net(const struct target_net_config *, char *err, size_t n);

/* A stack in a process of its own that takes its time from us, one virtual world
 * a case (docs/plugin.md). */
struct target_stepped_config {
	const char *plugin;             /* a shared object's path; or            */
	const char *command;            /* for sh -c                             */
	struct dut_said said;
};

struct target *target_stepped(const struct target_stepped_config *);

/* The reference stack on an interface, in network namespaces of our own, which
 * this process enters and does not leave.  As target_net on failure. */
struct target *target_netns(const char *fault, uint64_t seed, char *err, size_t n);

void target_free(struct target *);

#endif
