/* main.c: from the first word of the command line to a sub-command.  One table
 * gives dispatch and --help.  What a sub-command does is in cmd_NAME.c; exit
 * statuses are in suite.h and docs/tcpconform.1. */
#include <argp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "nearest.h"
#include "suite.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *sentence;
} commands[] = {
	{ "selftest", cmd_selftest, "run the cases against the reference stack; needs no privilege" },
	{ "run",      cmd_run,      "run them against HOST[:PORT], plugin:PATH.so or exec:CMD" },
	{ "list",     cmd_list,     "show which cases, requirements or faults there are" },
	{ "explain",  cmd_explain,  "tell what a requirement, a case or a fault is about" },
	{ "check",    cmd_check,    "judge the TCP connections in a pcap or pcapng capture" },
	{ "ref",      cmd_ref,      "be the reference stack on an interface" },
	{ "plugin",   cmd_plugin,   "speak for a plug-in on standard streams, to debug it" },
};

#define N_COMMANDS (sizeof commands / sizeof *commands)

int complain(int status, const char *format, ...)
{
	va_list ap;

	fputs("tcpconform: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	putc('\n', stderr);
	return status;
}

static int help(FILE *out)
{
	fputs("Usage: tcpconform COMMAND [OPTION...]\n"
	      "Speaks raw segments to a TCP and judges every reply by RFC 9293.\n\n", out);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].sentence);
	fputs("\n"
	      "tcpconform COMMAND --help shows the options of a command, --version the version.\n\n"
	      "Exit status:\n"
	      "  0   all conform, or differ only as the baseline says\n"
	      "  1   something fails\n"
	      "  2   the command line is wrong, or nothing matches it\n"
	      "  3   it could not run\n"
	      "  4   nothing fails, but something could not be told\n"
	      "  77  everything was skipped\n", out);
	return EXIT_CONFORMS;
}

int main(int argc, char **argv)
{
	const char *names[N_COMMANDS + 1];
	char full[64];

	argp_program_version = "tcpconform " TCPCONFORM_VERSION;
	argp_err_exit_status = EXIT_USAGE;
	for (size_t i = 0; i < N_COMMANDS; i++)
		names[i] = commands[i].name;
	names[N_COMMANDS] = NULL;

	if (argc < 2) {
		help(stderr);
		return EXIT_USAGE;
	}

	const char *word = argv[1];

	if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "-?") || !strcmp(word, "help"))
		return help(stdout);
	if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
		puts(argp_program_version);
		return EXIT_CONFORMS;
	}
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (strcmp(word, commands[i].name))
			continue;
		snprintf(full, sizeof full, "tcpconform %s", word);
		argv[1] = full;
		return commands[i].run(argc - 1, argv + 1);
	}

	const char *near = nearest(word, names);

	if (near)
		return complain(EXIT_USAGE, "there is no command '%s'; did you mean '%s'?", word, near);
	return complain(EXIT_USAGE, "there is no command '%s'; tcpconform --help shows them", word);
}
