/* target_netns.c: the reference stack on a real interface, in namespaces of its
 * own: target_net with `tcpconform ref` as the agent.  What is real is the wire:
 * libnet, libpcap, the kernel's clock and the agent's protocol. */
#include <stdio.h>
#include <stdlib.h>

#include "dut/netns.h"
#include "target.h"

static const char *const dut_addresses[] = { "10.9.0.2", "fd00:9::2", NULL };
static const char *const our_addresses[] = { "10.9.0.9", "10.9.0.10", "fd00:9::9", "fd00:9::10" };

struct private_world {
	struct netns *netns;
	char agent[8192];
};

struct target *target_netns(const char *fault, uint64_t seed, char *err, size_t n)
{
	/* The namespaces and the command live as long as the process: it cannot
	 * leave them. */
	static struct private_world world;
	struct target_net_config config = {
		.host4 = dut_addresses[0], .host6 = dut_addresses[1],
		.iface = NETNS_TESTER_IFACE,
		.sources = our_addresses, .n_sources = sizeof our_addresses / sizeof *our_addresses,
		/* The stack limits its challenge ACKs by connection, and no other reply. */
		.agent = world.agent, .said = { .throttle = 0 },
	};

	if (!world.netns)
		world.netns = netns_new(NULL, err, n);
	if (!world.netns)
		return NULL;
	if (!netns_ref_command(world.netns, dut_addresses, fault, seed, world.agent, sizeof world.agent)) {
		snprintf(err, n, "the path of this program is too long");
		return NULL;
	}

	struct target *t = target_net(&config, err, n);

	if (t)
		snprintf(t->name, sizeof t->name, "reference stack (netns)");
	return t;
}
