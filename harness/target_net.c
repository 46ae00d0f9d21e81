/* target_net.c: a host on an interface, on the real clock: one world for all
 * cases.  Which interface, which addresses of ours, and whether anybody is there
 * at all, is found out here; every failure is one sentence that is the remedy. */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../probes/link.h"
#include "run.h"
#include "target.h"

struct net {
	struct target_net_config config;
	struct addr dut[2];             /* [0]: IPv4, [1]: IPv6; v 0: none       */
	char iface[IF_NAMESIZE];
};

static bool lookup(const char *host, uint8_t v, struct addr *a)
{
	struct addrinfo hints = { .ai_family = v == 4 ? AF_INET : AF_INET6, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;

	if (addr_parse(host, a))
		return a->v == v;
	if (getaddrinfo(host, NULL, &hints, &found))
		return false;
	memset(a, 0, sizeof *a);
	a->v = v;
	if (v == 4)
		memcpy(a->o, &((struct sockaddr_in *)(void *)found->ai_addr)->sin_addr, 4);
	else
		memcpy(a->o, &((struct sockaddr_in6 *)(void *)found->ai_addr)->sin6_addr, 16);
	freeaddrinfo(found);
	return true;
}

static socklen_t to_sockaddr(const struct addr *a, struct sockaddr_storage *ss)
{
	memset(ss, 0, sizeof *ss);
	if (a->v == 4) {
		struct sockaddr_in *in = (struct sockaddr_in *)ss;

		in->sin_family = AF_INET;
		in->sin_port = htons(9);
		memcpy(&in->sin_addr, a->o, 4);
		return sizeof *in;
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(9);
	memcpy(&in6->sin6_addr, a->o, 16);
	return sizeof *in6;
}

/* The address that the kernel would take toward `a`, without sending a thing. */
static bool local_address(const struct addr *a, struct addr *ours)
{
	struct sockaddr_storage ss;
	socklen_t n = to_sockaddr(a, &ss);
	int fd = socket(ss.ss_family, SOCK_DGRAM, 0);
	bool ok = fd >= 0 && !connect(fd, (struct sockaddr *)&ss, n);

	n = sizeof ss;
	ok = ok && !getsockname(fd, (struct sockaddr *)&ss, &n);
	if (fd >= 0)
		close(fd);
	if (!ok)
		return false;
	memset(ours, 0, sizeof *ours);
	ours->v = a->v;
	if (a->v == 4)
		memcpy(ours->o, &((struct sockaddr_in *)&ss)->sin_addr, 4);
	else
		memcpy(ours->o, &((struct sockaddr_in6 *)&ss)->sin6_addr, 16);
	return true;
}

/* The interface that has `ours`, and the length of its prefix. */
static bool interface_of(const struct addr *ours, char *name, unsigned *prefix)
{
	struct ifaddrs *all, *i;
	bool found = false;

	if (getifaddrs(&all))
		return false;
	for (i = all; i && !found; i = i->ifa_next) {
		const uint8_t *o, *mask;
		size_t n = ours->v == 4 ? 4 : 16;

		if (!i->ifa_addr || !i->ifa_netmask ||
		    i->ifa_addr->sa_family != (ours->v == 4 ? AF_INET : AF_INET6))
			continue;
		o = ours->v == 4 ? (const uint8_t *)&((struct sockaddr_in *)(void *)i->ifa_addr)->sin_addr
		                 : (const uint8_t *)&((struct sockaddr_in6 *)(void *)i->ifa_addr)->sin6_addr;
		mask = ours->v == 4 ? (const uint8_t *)&((struct sockaddr_in *)(void *)i->ifa_netmask)->sin_addr
		                    : (const uint8_t *)&((struct sockaddr_in6 *)(void *)i->ifa_netmask)->sin6_addr;
		if (memcmp(o, ours->o, n))
			continue;
		found = true;
		snprintf(name, IF_NAMESIZE, "%s", i->ifa_name);
		*prefix = 0;
		for (size_t k = 0; k < n; k++)
			*prefix += (unsigned)__builtin_popcount(mask[k]);
	}
	freeifaddrs(all);
	return found;
}

/* Two addresses of the prefix that nobody answers for, from the top. */
static unsigned pick_sources(struct link *link, const struct addr *near, unsigned prefix, struct addr *out)
{
	unsigned n = 0, bytes = near->v == 4 ? 4 : 16, host_bits = bytes * 8 - prefix;
	unsigned span = host_bits >= 8 ? 254 : host_bits >= 2 ? (1u << host_bits) - 2 : 0;

	for (unsigned last = span; last > 0 && n < 2 && last + 32 > span; last--) {
		struct addr a = *near;
		unsigned mask = host_bits >= 8 ? 0xff : (1u << host_bits) - 1;

		a.o[bytes - 1] = (uint8_t)((a.o[bytes - 1] & ~mask) | (last & mask));
		if (!addr_eq(&a, near) && !link_net_in_use(link, &a))
			out[n++] = a;
	}
	return n;
}

static struct link *open_link(struct net *net, const struct addr *own, unsigned n_own, char *err, size_t n)
{
	struct link_net_config c = {
		.iface = net->iface, .gateway4 = net->config.gateway4, .gateway6 = net->config.gateway6
	};

	for (unsigned i = 0; i < n_own; i++)
		c.own[c.n_own++] = own[i];
	for (int i = 0; i < 2; i++)
		if (net->dut[i].v)
			c.peer[c.n_peer++] = net->dut[i];
	return link_net_new(&c, err, n);
}

/* Our addresses: as told, or free ones picked by probing. */
static bool find_sources(struct net *net, struct addr *own, unsigned *n_own, char *err, size_t n)
{
	char text[48];

	*n_own = 0;
	for (size_t i = 0; i < net->config.n_sources; i++) {
		char plain[64];

		snprintf(plain, sizeof plain, "%.*s", (int)strcspn(net->config.sources[i], "/"), net->config.sources[i]);
		if (*n_own == 8 || !addr_parse(plain, &own[*n_own])) {
			snprintf(err, n, "--source %s is no address (at most 8 of them)", net->config.sources[i]);
			return false;
		}
		++*n_own;
	}
	for (int i = 0; i < 2; i++) {
		struct addr ours;
		unsigned prefix = 0, have = 0;
		char iface[IF_NAMESIZE] = "";
		struct link *link;

		for (unsigned k = 0; k < *n_own; k++)
			have += own[k].v == net->dut[i].v;
		if (!net->dut[i].v || (have && net->iface[0]))
			continue;
		if (!local_address(&net->dut[i], &ours) || !interface_of(&ours, iface, &prefix)) {
			if (have)
				continue;
			snprintf(err, n, "there is no route to %s; name the interface and a free address there: "
			         "--iface IF --source ADDR", addr_show(&net->dut[i], text, sizeof text));
			return false;
		}
		if (!net->iface[0])
			snprintf(net->iface, sizeof net->iface, "%s", iface);
		if (have)
			continue;
		link = open_link(net, NULL, 0, err, n);
		if (!link)
			return false;
		have = pick_sources(link, &ours, prefix, own + *n_own);
		link_close(link);
		*n_own += have;
		if (!have) {
			snprintf(err, n, "found no free address near %s on %s; give one with --source ADDR",
			         addr_show(&ours, text, sizeof text), net->iface);
			return false;
		}
	}
	return true;
}

/* No interface carries what this machine sends to itself. */
static bool is_this_machine(const struct net *net, char *err, size_t n)
{
	struct addr ours;
	char text[48];

	for (int i = 0; i < 2; i++)
		if (net->dut[i].v && !net->iface[0] && local_address(&net->dut[i], &ours) && addr_eq(&ours, &net->dut[i])) {
			snprintf(err, n, "%s is this machine itself, and what it sends to itself passes no interface: test it from "
			         "another machine, or as tests/netns/linux.sh of the source tree does", addr_show(&ours, text, sizeof text));
			return true;
		}
	return false;
}

static bool reachable(struct net *net, struct link *link, char *err, size_t n)
{
	char text[48];

	for (int i = 0; i < 2; i++)
		if (net->dut[i].v && link_net_resolve(link, &net->dut[i])) {
			snprintf(err, n, "%s does not answer on %s: is it up, and on this link? "
			         "(else give --gateway)", addr_show(&net->dut[i], text, sizeof text), net->iface);
			return false;
		}
	return true;
}

static void declare(const struct net *net, struct dut_declaration *d)
{
	const struct target_net_config *k = &net->config;

	dut_declare_defaults(d);
	snprintf(d->name, sizeof d->name, "%s", k->host4 ? k->host4 : k->host6);
	d->addr4 = net->dut[0];
	d->addr6 = net->dut[1];
	d->port = k->port;
	d->service = k->service;
	d->calls = k->agent;
	d->trigger = k->trigger;
	d->connections = k->agent ? 200 : 1;
	dut_declare_said(d, &k->said);
	/* On one link what we send arrives; a fail is confirmed all the same. */
	d->lossless = !k->gateway4 && !k->gateway6;
	d->flight = MS(1);
}

static struct world *make(struct target *t, uint64_t seed, const char *address, char *err, size_t n)
{
	struct net *net = t->arg;
	struct world *w = calloc(1, sizeof *w);
	struct dut_declaration d;
	struct addr own[12];
	unsigned n_own;

	(void)seed;
	(void)address;
	if (!w)
		abort();
	if (is_this_machine(net, err, n) || !find_sources(net, own, &n_own, err, n))
		goto fail;
	w->link = open_link(net, own, n_own, err, n);
	if (!w->link)
		goto fail;
	for (unsigned i = 0; i < n_own; i++) {
		unsigned six = own[i].v == 6;

		if (w->n_ours[six] < 4)
			w->ours[six][w->n_ours[six]++] = own[i];
	}
	for (int i = 0; i < 2; i++)
		if (net->dut[i].v && !w->n_ours[i]) {
			snprintf(err, n, "no --source is an IPv%d address", i ? 6 : 4);
			goto fail;
		}
	declare(net, &d);
	w->dut = dut_host_new(w->link, &d, net->config.agent, err, n);
	if (!w->dut)
		goto fail;
	/* Only now: an agent may bring the stack that answers. */
	if (!reachable(net, w->link, err, n)) {
		w->dut->ops->close(w->dut);
		goto fail;
	}
	if (w->link->note[0])
		fprintf(stderr, "tcpconform: %s\n", w->link->note);
	w->loop = loop_new(w->link);
	world_connect(w);
	return w;
fail:
	link_close(w->link);
	free(w);
	return NULL;
}

static void unmake(struct target *t, struct world *w)
{
	(void)t;
	world_end(w);
}

static void end(struct target *t)
{
	free(t->arg);
}

struct target *target_net(const struct target_net_config *config, char *err, size_t n)
{
	struct target *t = calloc(1, sizeof *t);
	struct net *net = calloc(1, sizeof *net);

	if (!t || !net)
		abort();
	net->config = *config;
	t->make = make;
	t->unmake = unmake;
	t->end = end;
	t->arg = net;
	if (config->iface)
		snprintf(net->iface, sizeof net->iface, "%s", config->iface);
	if (config->host4 && !lookup(config->host4, 4, &net->dut[0])) {
		snprintf(err, n, "%s has no IPv4 address", config->host4);
		goto fail;
	}
	if (config->host6 && !lookup(config->host6, 6, &net->dut[1])) {
		snprintf(err, n, "%s has no IPv6 address", config->host6);
		goto fail;
	}
	snprintf(t->name, sizeof t->name, "%s%s%s", config->host4 ? config->host4 : "",
	         config->host4 && config->host6 ? "," : "", config->host6 ? config->host6 : "");
	return t;
fail:
	target_free(t);
	return NULL;
}
