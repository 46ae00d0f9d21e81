/* child.h: programs that we start: the agent's command, a trigger, what runs in
 * a namespace.  A child is ended by its own id and always waited for. */
#ifndef TCPCONFORM_CHILD_H
#define TCPCONFORM_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct child {
	pid_t pid;              /* 0: none, or waited for already            */
	bool  group;            /* it leads a process group of its own       */
	int   pidfd;            /* readable when it has ended; or -1         */
};

struct child_config {
	const char *command;    /* for sh -c; or                             */
	char *const *argv;      /* a program with its arguments; or          */
	/* what the child is instead of a program; returns its exit status */
	int (*instead)(void *arg);
	int  in, out;           /* its standard input and output; -1: /dev/null, and our standard error */
	bool group;             /* a process group of its own: no terminal, ended whole */
	bool dies_with_us;      /* SIGKILL when this thread ends (PR_SET_PDEATHSIG) */
	/* Runs in the child before the program; 0 or an errno.  Only calls that
	 * are safe after fork. */
	int (*before)(void *arg);
	void *arg;
	char *const *environment;       /* "NAME=value", added; NULL at its end; or NULL */
};

/* 0 or -errno. */
int child_start(struct child *, const struct child_config *);

/* True if it has ended; then *status is as from waitpid, and it is waited for. */
bool child_ended(struct child *, int *status);

/* The same, but it is not waited for: its id, and that of its group, is still its own. */
bool child_has_ended(const struct child *, int *status);

/* Ends it: waits so long for it to end by itself, then SIGTERM, then, after one
 * second, SIGKILL.  -1 as the time: SIGTERM at once. */
void child_end(struct child *, int ms);

/* "exit status 127", "signal 9 (SIGKILL)" */
const char *child_status(int status, char *buf, size_t n);

#endif
