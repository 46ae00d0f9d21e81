/* child.c: see child.h. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TERM_MS = 1000 };

/* What the child is given as descriptor `to`; also when it has that number
 * already, since it must survive exec. */
static int give(int from, int to)
{
	if (from == to)
		return fcntl(to, F_SETFD, 0);
	return dup2(from, to) < 0 ? -1 : 0;
}

static void in_child(const struct child_config *k, pid_t parent)
{
	int null = -1;

	if (k->dies_with_us) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);       /* our parent died before we asked */
	}
	if (k->group)
		setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	if (k->in < 0)
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
	/* Above the standard ones, so that neither overwrites the other. */
	int in = fcntl(k->in < 0 ? null : k->in, F_DUPFD_CLOEXEC, 3);
	int out = fcntl(k->out < 0 ? STDERR_FILENO : k->out, F_DUPFD_CLOEXEC, 3);
	if (in < 0 || out < 0 || give(in, STDIN_FILENO) < 0 || give(out, STDOUT_FILENO) < 0)
		_exit(126);
	for (char *const *e = k->environment; e && *e; e++)
		putenv(*e);
	if (k->before && k->before(k->arg))
		_exit(126);
	if (k->instead) {
		/* Handlers and descriptors would survive, as exec does not come. */
		closefrom(STDERR_FILENO + 1);
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		_exit(k->instead(k->arg));
	}
	if (k->command)
		execl("/bin/sh", "sh", "-c", k->command, (char *)NULL);
	else
		execvp(k->argv[0], k->argv);
	_exit(127);
}

int child_start(struct child *c, const struct child_config *k)
{
	pid_t parent = getpid();

	*c = (struct child){ .pidfd = -1, .group = k->group };
	pid_t pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		in_child(k, parent);
	if (k->group)
		setpgid(pid, pid);      /* whoever comes first */
	c->pid = pid;
	c->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (c->pidfd >= 0)
		fcntl(c->pidfd, F_SETFD, FD_CLOEXEC);
	return 0;
}

static void forget(struct child *c)
{
	if (c->pidfd >= 0)
		close(c->pidfd);
	c->pid = 0;
	c->pidfd = -1;
}

bool child_ended(struct child *c, int *status)
{
	if (!c->pid)
		return true;
	pid_t r = waitpid(c->pid, status, WNOHANG);
	if (r == 0 || (r < 0 && errno == EINTR))
		return false;
	forget(c);
	return true;
}

bool child_has_ended(const struct child *c, int *status)
{
	siginfo_t i = { .si_pid = 0 };

	if (waitid(P_PID, (id_t)c->pid, &i, WEXITED | WNOHANG | WNOWAIT) || !i.si_pid)
		return false;
	/* As waitpid has it. */
	*status = i.si_code == CLD_EXITED ? (i.si_status & 0xff) << 8 : i.si_status & 0x7f;
	return true;
}

static void send_signal(const struct child *c, int which)
{
	kill(c->group ? -c->pid : c->pid, which);
}

/* True if it ended within the time. */
static bool wait_ended(struct child *c, int ms)
{
	struct pollfd p = { .fd = c->pidfd, .events = POLLIN };
	int status;

	if (c->pidfd >= 0) {
		while (poll(&p, 1, ms) < 0 && errno == EINTR)
			;
		return child_ended(c, &status);
	}
	/* A kernel without pidfd: look now and then. */
	for (; ms >= 0; ms -= 10) {
		if (child_ended(c, &status))
			return true;
		poll(NULL, 0, 10);
	}
	return false;
}

void child_end(struct child *c, int ms)
{
	int status;

	if (!c->pid)
		return;
	pid_t group = c->group ? c->pid : 0;
	if (ms < 0 || !wait_ended(c, ms)) {
		send_signal(c, SIGTERM);
		if (!wait_ended(c, TERM_MS)) {
			send_signal(c, SIGKILL);
			while (c->pid && waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
				;
			forget(c);
		}
	}
	if (group)
		kill(-group, SIGKILL);  /* whom the leader left behind */
}

const char *child_status(int status, char *buf, size_t n)
{
	if (WIFSIGNALED(status))
		snprintf(buf, n, "signal %d (SIG%s)", WTERMSIG(status), sigabbrev_np(WTERMSIG(status)));
	else
		snprintf(buf, n, "exit status %d", WEXITSTATUS(status));
	return buf;
}
