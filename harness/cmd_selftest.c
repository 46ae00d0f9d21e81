/* cmd_selftest.c: the cases against the reference stack: in process and in
 * virtual time, or (--wire netns) in network namespaces of its own over real
 * libnet and libpcap; with --fault against a stack that misbehaves as declared. */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "nearest.h"
#include "options.h"
#include "stack/stack.h"
#include "target.h"

struct selftest_options {
	struct options common;
	const char *wire, *fault;
};

enum { KEY_WIRE = 256 + 128, KEY_FAULT };

static const struct argp_option table[] = {
	{ NULL, 0, NULL, 0, "Against what:", 0 },
	{ "wire", KEY_WIRE, "sim|netns", 0, "virtual time (default), or real packets", 0 },
	{ "fault", KEY_FAULT, "NAME", 0, "the stack misbehaves so (list faults)", 0 },
	{ 0 }
};

static error_t option(int key, char *arg, struct argp_state *state)
{
	struct selftest_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->common;
		return 0;
	case KEY_WIRE:
		if (strcmp(arg, "sim") && strcmp(arg, "netns"))
			argp_error(state, "--wire is sim or netns, and not '%s'", arg);
		o->wire = arg;
		return 0;
	case KEY_FAULT:
		o->fault = arg;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is too much: selftest has its own target", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &options_argp, 0, NULL, 1 }, { 0 } };
static const struct argp argp = {
	.options = table, .parser = option, .children = children,
	.doc = "Runs the cases against the reference stack.",
};

static bool is_fault(const char *name)
{
	for (size_t i = 0; i < n_faults; i++)
		if (!strcmp(faults[i].name, name))
			return true;
	return false;
}

int fault_refused(const char *fault)
{
	const char **names;
	const char *near = NULL;

	if (!fault || is_fault(fault))
		return 0;
	names = calloc(n_faults + 1, sizeof *names);
	for (size_t i = 0; names && i < n_faults; i++)
		names[i] = faults[i].name;
	if (names)
		near = nearest(fault, names);
	if (near)
		complain(0, "there is no fault '%s'; did you mean '%s'?", fault, near);
	else
		complain(0, "there is no fault '%s'; tcpconform list faults shows them", fault);
	free(names);
	return EXIT_USAGE;
}

int cmd_selftest(int argc, char **argv)
{
	struct selftest_options o = { .wire = "sim" };
	char err[512] = "", again[512] = "tcpconform selftest";
	struct target *target = NULL;
	int status;

	options_defaults(&o.common);
	argp_parse(&argp, argc, argv, 0, NULL, &o);

	status = options_check(&o.common);
	if (!status)
		status = fault_refused(o.fault);
	if (status)
		goto out;

	if (strcmp(o.wire, "sim")) {
		shell_word(again, sizeof again, "--wire");
		shell_word(again, sizeof again, o.wire);
	}
	if (o.fault) {
		shell_word(again, sizeof again, "--fault");
		shell_word(again, sizeof again, o.fault);
	}

	if (!strcmp(o.wire, "netns"))
		target = target_netns(o.fault, o.common.seed, err, sizeof err);
	else
		target = target_sim(o.fault, err, sizeof err);
	if (!target) {
		status = complain(EXIT_CANNOT_RUN, "%s", err);
		goto out;
	}
	status = options_run(&o.common, target, again, o.fault);
	target_free(target);
out:
	select_free(&o.common.select);
	return status;
}
