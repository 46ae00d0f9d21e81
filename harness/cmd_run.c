/* cmd_run.c: the cases against a host.  What is not said is found out by the
 * target (interface, our addresses) or is the RFC's default; see target.h. */
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "dut_file.h"
#include "options.h"
#include "target.h"

#define MAX_SOURCES 8

struct run_options {
	struct options common;
	const char *target;
	const char *dut_file;           /* or NULL                               */
	struct declarations declared;
	const char *sources[MAX_SOURCES];
	struct target_net_config net;
	char again[2048];
	const char *rerun;              /* a script around us; or NULL           */
	char host[2][256];              /* what host4 and host6 point at         */
};

enum { KEY_SERVICE = 256 + 128, KEY_AGENT, KEY_TRIGGER, KEY_GATEWAY, KEY_WAIT, KEY_MSL, KEY_THROTTLE,
       KEY_TIMER_TICK, KEY_ABSENT, KEY_CONNECTIONS, KEY_PORTS, KEY_TRANSLATED, KEY_KNOWN, KEY_DUT, KEY_RERUN };

static const struct argp_option table[] = {
	{ NULL, 0, NULL, 0, "How to reach it:", 0 },
	{ "iface", 'i', "IF", 0, "interface (default: by the route)", 0 },
	{ "source", 's', "ADDR", 0, "our address, one that nobody has (default: picked)", 0 },
	{ "gateway", KEY_GATEWAY, "ADDR", 0, "next hop, if it is not on the link", 0 },
	{ "agent", KEY_AGENT, "CMD", 0, "starts tcpconform-agent on the target", 0 },
	{ "trigger", KEY_TRIGGER, "CMD", 0, "makes the target connect to us", 0 },
	{ "rerun", KEY_RERUN, "CMD", OPTION_HIDDEN, "what starts us so, up to here, in a rerun command", 0 },
	{ NULL, 0, NULL, 0, "What the target is:", 0 },
	{ "service", KEY_SERVICE, "NAME", 0, "at PORT: discard, echo, chargen, http or none", 0 },
	{ "absent", KEY_ABSENT, "LIST", 0, "what it does not speak: timestamps, window-scale, sack, keepalive, urgent, tfo, mss, paws", 0 },
	{ "connections", KEY_CONNECTIONS, "N", 0, "how many cases it bears at once", 0 },
	{ "wait", KEY_WAIT, "TIME", 0, "an immediate reply is overdue then (default 1s)", 0 },
	{ "msl", KEY_MSL, "TIME", 0, "its maximum segment lifetime (default 2m)", 0 },
	{ "throttle", KEY_THROTTLE, "TIME", 0, "between stimuli whose replies stacks throttle", 0 },
	{ "timer-tick", KEY_TIMER_TICK, "TIME", 0, "granularity of its timers", 0 },
	{ "ports", KEY_PORTS, "N-M", 0, "our ports that can reach it (default 20000-60999)", 0 },
	{ "translated", KEY_TRANSLATED, "yes|no", 0, "it sees us under other addresses or ports", 0 },
	{ "known", KEY_KNOWN, "LIST", 0, "requirements that only the cases about them judge", 0 },
	{ "dut", KEY_DUT, "FILE", 0, "all of these, and the target, as it declares them", 0 },
	{ 0 }
};

/* What the rerun command has to repeat. */
static void again(struct run_options *o, const char *option, const char *arg)
{
	shell_word(o->again, sizeof o->again, option);
	if (arg)
		shell_word(o->again, sizeof o->again, arg);
}

static void declaration(struct run_options *o, const char *option, const char *arg, struct argp_state *state)
{
	char err[200];

	if (!declare(&o->declared, option + 2, arg, err, sizeof err))
		argp_error(state, "%s %s", option, err);
	again(o, option, arg);
}

static error_t option(int key, char *arg, struct argp_state *state)
{
	struct run_options *o = state->input;
	struct addr a;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->common;
		return 0;
	case 'i':
		o->net.iface = arg;
		again(o, "--iface", arg);
		return 0;
	case 's':
		if (!addr_parse(arg, &a))
			argp_error(state, "--source takes an address, and not '%s'", arg);
		if (o->net.n_sources == MAX_SOURCES)
			argp_error(state, "at most %d sources", MAX_SOURCES);
		else
			o->sources[o->net.n_sources++] = arg;
		again(o, "--source", arg);
		return 0;
	case KEY_GATEWAY:
		if (!addr_parse(arg, &a))
			argp_error(state, "--gateway takes an address, and not '%s'", arg);
		else if (a.v == 4)
			o->net.gateway4 = arg;
		else
			o->net.gateway6 = arg;
		again(o, "--gateway", arg);
		return 0;
	case KEY_AGENT:
		o->net.agent = arg;
		again(o, "--agent", arg);
		return 0;
	case KEY_RERUN:
		o->rerun = arg;
		o->again[0] = 0;
		return 0;
	case KEY_TRIGGER:
		o->net.trigger = arg;
		again(o, "--trigger", arg);
		return 0;
	case KEY_DUT:
		if (o->dut_file)
			argp_error(state, "one DUT file at a time, and '%s' is the second", arg);
		o->dut_file = arg;
		again(o, "--dut", arg);
		return 0;
	case KEY_SERVICE:     declaration(o, "--service", arg, state); return 0;
	case KEY_ABSENT:      declaration(o, "--absent", arg, state); return 0;
	case KEY_CONNECTIONS: declaration(o, "--connections", arg, state); return 0;
	case KEY_WAIT:        declaration(o, "--wait", arg, state); return 0;
	case KEY_MSL:         declaration(o, "--msl", arg, state); return 0;
	case KEY_THROTTLE:    declaration(o, "--throttle", arg, state); return 0;
	case KEY_TIMER_TICK:  declaration(o, "--timer-tick", arg, state); return 0;
	case KEY_PORTS:       declaration(o, "--ports", arg, state); return 0;
	case KEY_TRANSLATED:  declaration(o, "--translated", arg, state); return 0;
	case KEY_KNOWN:       declaration(o, "--known", arg, state); return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "one target at a time, and '%s' is the second", arg);
		o->target = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &options_argp, 0, NULL, 2 }, { 0 } };
static const struct argp argp = {
	.options = table, .parser = option, .children = children, .args_doc = "[HOST[:PORT][,HOST]]\nplugin:PATH.so\nexec:CMD",
	.doc = "Runs the cases against a host, or against a stack in virtual time (docs/plugin.md).\v"
	       "HOST is a name, an IPv4 address, or an IPv6 address (in brackets before a port); with two of them, one of "
	       "each version.",
};

/* "HOST[:PORT]" of one part; false if that is not its form. */
static bool split(char *part, char **host, unsigned long *port)
{
	char *colon = NULL, *end;

	*host = part;
	if (*part == '[') {
		char *close = strchr(part, ']');

		if (!close)
			return false;
		*host = part + 1;
		*close = '\0';
		if (close[1] == ':')
			colon = close + 1;
		else if (close[1])
			return false;
	} else {
		colon = strchr(part, ':');
		if (colon && strchr(colon + 1, ':'))
			return **host != '\0';  /* an IPv6 address without a port */
	}
	if (colon) {
		*colon++ = '\0';
		*port = strtoul(colon, &end, 10);
		if (!*colon || *end || *port < 1 || *port > 65535)
			return false;
	}
	return **host != '\0';
}

static bool has_address(const char *name, int family)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM }, *found;

	if (getaddrinfo(name, NULL, &hints, &found))
		return false;
	freeaddrinfo(found);
	return true;
}

/* The target's words into net.host4, host6 and port.  0 or an exit status. */
static int read_target(struct run_options *o)
{
	char words[600], *rest = words, *part;
	unsigned long port = 0;

	if ((size_t)snprintf(words, sizeof words, "%s", o->target) >= sizeof words)
		return complain(EXIT_USAGE, "the target is longer than a name can be");
	while ((part = strsep(&rest, ","))) {
		struct addr a;
		char *host;

		if (!split(part, &host, &port) || strlen(host) >= sizeof o->host[0])
			return complain(EXIT_USAGE, "'%s' is no HOST[:PORT][,HOST]: an IPv6 address before a port stands in brackets",
			                o->target);

		bool is_addr = addr_parse(host, &a), any = false;

		for (int i = 0; i < 2; i++) {
			const char **slot = i ? &o->net.host6 : &o->net.host4;

			if (is_addr ? a.v != (i ? 6 : 4) : !has_address(host, i ? AF_INET6 : AF_INET))
				continue;
			any = true;
			if (*slot && is_addr)
				return complain(EXIT_USAGE, "'%s' names two hosts of IPv%d", o->target, i ? 6 : 4);
			if (*slot)
				continue;
			snprintf(o->host[i], sizeof o->host[i], "%s", host);
			*slot = o->host[i];
		}
		/* Who has a stack at hand, and no host, may have left out the word before it. */
		if (!any && access(o->target, F_OK) == 0)
			return complain(EXIT_USAGE, "'%s' is a file, and no host: for a stack in virtual time write plugin:%s, "
			                "or exec:COMMAND", o->target, o->target);
		if (!any)
			return complain(EXIT_CANNOT_RUN, "there is no address for '%s': check the name, or give an address", host);
	}
	o->net.port = (uint16_t)port;
	return 0;
}

static enum service usual_service(uint16_t port)
{
	switch (port) {
	case 7:  return SERVICE_ECHO;
	case 9:  return SERVICE_DISCARD;
	case 19: return SERVICE_CHARGEN;
	case 80: return SERVICE_HTTP;
	default: return SERVICE_NONE;
	}
}

/* Only the IP versions that the target has; asked for by name, a missing one is
 * an error. */
static int choose_versions(struct run_options *o)
{
	struct select_options *s = &o->common.select;

	for (int i = 0; i < 2; i++) {
		const char **host = i ? &o->net.host6 : &o->net.host4;
		bool *wanted = i ? &s->ip6 : &s->ip4;

		if (*wanted && !*host && s->ip_given)
			return complain(EXIT_USAGE, "--ip %d, but '%s' has no IPv%d address: name it as HOST,HOST", i ? 6 : 4,
			                o->target, i ? 6 : 4);
		if (!*host)
			*wanted = false;
		if (!*wanted)
			*host = NULL;
	}
	return 0;
}

/* "plugin:PATH.so" or "exec:CMD": a stack in virtual time. */
static bool is_stepped(const char *target)
{
	return !strncmp(target, "plugin:", 7) || !strncmp(target, "exec:", 5);
}

static int open_stepped(const struct run_options *o, struct target **target)
{
	const struct target_net_config *net = &o->net;
	const char *colon = strchr(o->target, ':');
	struct target_stepped_config k = { .said = net->said };

	if (net->iface || net->n_sources || net->gateway4 || net->gateway6 || net->agent || net->trigger ||
	    is_declared(&o->declared, "service"))
		return complain(EXIT_USAGE, "%.*s has no interface, agent or service: leave out what says how to reach a host",
		                (int)(colon - o->target), o->target);
	if (!colon[1])
		return complain(EXIT_USAGE, "behind %s stands %s", o->target, *o->target == 'p' ? "the path of a shared object" : "a command");
	*(*o->target == 'p' ? &k.plugin : &k.command) = colon + 1;
	*target = target_stepped(&k);
	return 0;
}

static int open_host(struct run_options *o, struct target **target)
{
	char err[512] = "";
	int status = read_target(o);

	if (!status)
		status = choose_versions(o);
	if (status)
		return status;
	if (!is_declared(&o->declared, "service"))
		o->net.service = usual_service(o->net.port);
	*target = target_net(&o->net, err, sizeof err);
	return *target ? 0 : complain(EXIT_CANNOT_RUN, "%s", err);
}

int cmd_run(int argc, char **argv)
{
	struct run_options o = { .declared = { .said = { .throttle = -1 } }, .again = "" };
	char err[512] = "", full[2700] = "tcpconform run";
	size_t n;
	struct target *target = NULL;
	int status;

	options_defaults(&o.common);
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	o.net.sources = o.sources;

	status = options_check(&o.common);
	if (!status && o.dut_file && !dut_file_read(&o.declared, o.dut_file, err, sizeof err))
		status = complain(EXIT_USAGE, "%s", err);
	o.net.said = o.declared.said;
	o.net.service = o.declared.service;
	if (!o.target && o.declared.target[0])
		o.target = o.declared.target;
	if (!status && !o.target)
		status = complain(EXIT_USAGE, "against what? For example: tcpconform run 192.0.2.10:7");
	if (!status)
		status = is_stepped(o.target) ? open_stepped(&o, &target) : open_host(&o, &target);
	if (status)
		goto out;

	if (o.rerun)
		snprintf(full, sizeof full, "%s", o.rerun);
	else if (o.target != o.declared.target)
		shell_word(full, sizeof full, o.target);
	n = strlen(full);
	snprintf(full + n, sizeof full - n, "%s", o.again);

	status = options_run(&o.common, target, full, NULL);
	target_free(target);
out:
	select_free(&o.common.select);
	return status;
}
