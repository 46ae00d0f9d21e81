/* cmd.h: the sub-commands.  Each has a file cmd_NAME.c with its options; the
 * table in main.c gives dispatch and --help.  argv[0] is "tcpconform NAME", so
 * that argp's messages name the sub-command.  Each returns an exit status
 * (suite.h). */
#ifndef TCPCONFORM_CMD_H
#define TCPCONFORM_CMD_H

int cmd_selftest(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_ref(int argc, char **argv);
int cmd_plugin(int argc, char **argv);

/* One sentence on stderr, headed by the program's name.  Returns `status`. */
int complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* 0 if this is a declared fault, or NULL; else says so, with what was meant, and
 * returns EXIT_USAGE. */
int fault_refused(const char *fault);

#endif
