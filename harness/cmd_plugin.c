/* cmd_plugin.c: a plug-in on standard streams, as `run plugin:` would start it: by
 * hand, under a debugger or valgrind, or somewhere else through ssh
 * (`run "exec:valgrind tcpconform plugin PATH.so"`). */
#include <argp.h>
#include <stdlib.h>

#include "cmd.h"
#include "dut/plugin_host.h"

enum { KEY_SEED = 256 };

static const struct argp_option table[] = {
	{ "seed", KEY_SEED, "N", 0, "for what the stack draws by chance (default: TCPCONFORM_SEED, or 1)", 0 },
	{ 0 }
};

static error_t option(int key, char *arg, struct argp_state *state)
{
	struct plugin_host_config *k = state->input;
	char *end;

	switch (key) {
	case KEY_SEED:
		k->seed = strtoull(arg, &end, 0);
		if (!*arg || *end)
			argp_error(state, "--seed takes a number, and not '%s'", arg);
		return 0;
	case ARGP_KEY_ARG:
		if (k->path)
			argp_error(state, "one plug-in at a time, and '%s' is the second", arg);
		k->path = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which plug-in? For example: tcpconform plugin ./stack.so");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = table, .parser = option, .args_doc = "PATH.so",
	.doc = "Speaks for a plug-in on standard input and output, in the lines of docs/plugin.md."
};

int cmd_plugin(int argc, char **argv)
{
	const char *seed = getenv("TCPCONFORM_SEED");
	struct plugin_host_config k = { .seed = seed ? strtoull(seed, NULL, 0) : 1 };

	argp_parse(&argp, argc, argv, 0, NULL, &k);
	return plugin_host(&k);
}
