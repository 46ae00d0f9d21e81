/* calendar.c: a Linux kernel as a device under test in virtual time: the program
 * behind `tcpconform run exec:...`.
 *
 * It starts a kernel built for User Mode Linux with time-travel=ext, and is all that
 * this kernel has of a world:
 *
 *  - its calendar.  The guest asks to run at a time and waits; it runs when it is
 *    told to, and what it computes takes no time (but 256 ns for each look at its
 *    clock).  So its time passes when the tester says ADVANCE, and no faster.
 *  - its interface and its console, two virtio devices over vhost-user (vhost.c).
 *    At the console is tcpconform-agent: calls and answers are passed on.
 *
 * Whoever speaks to the guest, and the guest when it speaks to us, stands still
 * until the other has taken notice: the order of things is that of virtual time and
 * does not depend on which process runs faster.  This is why the kernel needs no
 * patch, and why nothing here has a time limit that could change a verdict.
 *
 *      calendar --linux PROGRAM --initrd FILE [--memory SIZE] [--cases N] [--account FILE]
 *
 * The protocol with the guest is include/uapi/linux/um_timetravel.h in the kernel's
 * source, that with the tester is in docs/plugin.md.  Read main() first. */
#define _GNU_SOURCE
#include "vhost.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NEVER ((uint64_t)INT64_MAX)     /* as the guest says it */
#define S(n)  ((uint64_t)(n) * 1000000000)

enum {
	LINE      = 512,                /* a line with its end                             */
	FRAME     = 65536,              /* octets of a frame, at most                      */
	INPUTS    = 1 << 20,            /* octets of lines between two ADVANCEs            */
	STEP_NS   = 1000,               /* a guest that wants to go on so soon is computing */
	PATIENCE_MS = 60000             /* of real time: then the guest is stuck           */
};

static pid_t guest = -1;
static int   guest_log = -1;            /* what its kernel has to say          */
static int   guest_end = -1;            /* can be read when it has ended       */
static char  dir[64];                   /* of the sockets, until the guest has connected */
static uint64_t now;                    /* the guest's time                    */
static struct timespec began;
static int   account_fd = -1;

/* ---- the end ------------------------------------------------------------------------ */

/* What is in it; the guest has a directory of its own there. */
enum { TIME, NET, CONSOLE, GUEST_PID, GUEST, NAMES };
static const char *const names[NAMES] = { "time", "net", "console", "guest/pid", "guest" };
static char path[NAMES][sizeof(dir) + 16];

static void remove_dir(void)
{
	if (!dir[0])
		return;
	for (int i = 0; i < NAMES; i++)
		if (i == GUEST)
			rmdir(path[i]);
		else
			unlink(path[i]);
	rmdir(dir);
	dir[0] = '\0';
}

/* One more line in the account: milliseconds of the guest's time, and of ours. */
static void account(void)
{
	struct timespec t;
	char line[64];

	if (account_fd < 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &t);

	const int n = snprintf(line, sizeof(line), "%" PRIu64 " %lld\n", now / 1000000,
		(long long)(t.tv_sec - began.tv_sec) * 1000 + (t.tv_nsec - began.tv_nsec) / 1000000);

	if (write(account_fd, line, (size_t)n) != n)
		perror("calendar: the account");
	close(account_fd);
	account_fd = -1;
}

/* Ends everything: nothing of the guest outlives us, also where we are killed
 * (see start_guest). */
static void end(void)
{
	account();
	if (guest > 0) {
		kill(guest, SIGKILL);
		waitpid(guest, NULL, 0);
		guest = -1;
	}
	remove_dir();
}

/* The last of what the guest's kernel has said: why it is no more, we hope. */
static void show_log(void)
{
	char text[4096];
	const off_t size = lseek(guest_log, 0, SEEK_END);
	const off_t from = size > (off_t)sizeof(text) ? size - (off_t)sizeof(text) : 0;
	const ssize_t n = size < 0 ? 0 : pread(guest_log, text, sizeof(text), from);

	if (n > 0)
		fwrite(text, 1, (size_t)n, stderr);
}

static void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

static void die(const char *format, ...)
{
	va_list args;

	fputs("calendar: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	end();
	show_log();
	exit(1);
}

static void on_signal(int which)
{
	end();
	_exit(128 + which);
}

/* ---- the guest's time --------------------------------------------------------------- */

enum { ACK, START, REQUEST, WAIT, GET, UPDATE, RUN, FREE_UNTIL, GET_TOD };

struct time_message {
	uint32_t op, seq;
	uint64_t time;
};

static int      clock_listener = -1, clock_sock = -1;
static uint64_t wanted = NEVER;         /* when it wants to run again              */
static bool     waiting;                /* for us to let it run                    */
static bool     said;                   /* something to the tester since its last ADVANCE */

/* 2026-01-01, so that no run has another date than any other. */
static const uint64_t time_of_day = S(1767225600);

/* Answers to START.  A kernel of 6.12 takes two descriptors out of it, whether they
 * are there or not: shared memory (an empty one: we do not speak of it), and a log. */
static void answer_start(const struct time_message *m)
{
	const int shared = memfd_create("calendar", MFD_CLOEXEC), null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int fds[2] = { shared, null };
	struct time_message a = { .op = ACK, .seq = m->seq, .time = 1 };
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(fds))];
	} control = { 0 };
	struct iovec part = { .iov_base = &a, .iov_len = sizeof(a) };
	struct msghdr h = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room)
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);

	if (shared < 0 || null < 0 || ftruncate(shared, 4096) < 0)
		die("no memory to share: %s", strerror(errno));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	if (sendmsg(clock_sock, &h, MSG_NOSIGNAL) != sizeof(a))
		die("the guest has gone");
	close(shared);
	close(null);
}

static void say_time(uint32_t op, uint32_t seq, uint64_t time)
{
	const struct time_message m = { .op = op, .seq = seq, .time = time };

	if (send(clock_sock, &m, sizeof(m), MSG_NOSIGNAL) != sizeof(m))
		die("the guest has gone");
}

static void serve_time(void)
{
	struct time_message m;

	if (clock_sock < 0) {
		clock_sock = accept4(clock_listener, NULL, NULL, SOCK_CLOEXEC);
		if (clock_sock < 0)
			die("accept: %s", strerror(errno));
		return;
	}
	if (recv(clock_sock, &m, sizeof(m), MSG_WAITALL) != sizeof(m))
		die("the guest has gone");
	switch (m.op) {
	case ACK:
		return;
	case START:
		answer_start(&m);
		return;
	case REQUEST:
		wanted = m.time;
		break;
	case WAIT:
		waiting = true;
		break;
	case UPDATE:
		if (m.time > now)
			now = m.time;
		break;
	case GET:
	case GET_TOD:
		break;
	default:
		die("the guest says %" PRIu32 " of time", m.op);
	}
	say_time(ACK, m.seq, m.op == GET ? now : m.op == GET_TOD ? time_of_day + now : 0);
}

/* ---- its devices -------------------------------------------------------------------- */

static int  await(int fd);
static void frame_left(const uint8_t *octets, size_t n);
static void console_said(const uint8_t *octets, size_t n);

static struct vhost net = {
	.name = "net", .features = 1ull << VIRTIO_NET_F_MAC, .header = sizeof(struct virtio_net_hdr_v1),
	.config = { 0x02, 0x77, 0, 0, 0, 0x02 }, .sent = frame_left, .await = await
};
static struct vhost console = { .name = "console", .sent = console_said, .await = await };

static void serve_device(struct vhost *v)
{
	const int r = vhost_serve(v);

	if (r == -ECONNRESET)
		die("the guest has gone");
	if (r < 0)
		die("the guest's driver (%s): %s", v->name, strerror(-r));
}

/* Serves the guest once, whatever it says. */
static void serve_guest(void)
{
	struct pollfd p[] = {
		{ .fd = clock_sock >= 0 ? clock_sock : clock_listener, .events = POLLIN },
		{ .fd = vhost_fd(&net), .events = POLLIN },
		{ .fd = vhost_fd(&console), .events = POLLIN },
		{ .fd = guest_end, .events = POLLIN }
	};
	int r;

	do {
		r = poll(p, 4, PATIENCE_MS);
	} while (r < 0 && errno == EINTR);
	if (r <= 0)
		die("the guest is stuck: it has said nothing for %d s while it was to run", PATIENCE_MS / 1000);
	if (p[0].revents)
		serve_time();
	if (p[1].revents)
		serve_device(&net);
	if (p[2].revents)
		serve_device(&console);
	if (p[3].revents)
		die("the guest has gone");
}

static int await(int fd)
{
	for (;;) {
		struct pollfd p[] = {
			{ .fd = fd, .events = POLLIN },
			{ .fd = clock_sock, .events = POLLIN }
		};
		const int r = poll(p, 2, PATIENCE_MS);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? -errno : -ETIMEDOUT;
		if (p[1].revents)
			serve_time();
		if (p[0].revents)
			return 0;
	}
}

/* Lets the guest run at a time, which is the one that it wants, or now when it is
 * late, until it waits again. */
static void run(void)
{
	static uint32_t seq;

	if (wanted > now)
		now = wanted;
	wanted = NEVER;
	waiting = false;
	say_time(RUN, ++seq, now);
	while (!waiting)
		serve_guest();
}

/* Lets the guest compute what it has begun, but not beyond `until`, and without any
 * time once it has said something: the tester may answer at that very moment. */
static void settle(uint64_t until)
{
	while (wanted <= now || (!said && wanted <= now + STEP_NS && wanted <= until))
		run();
}

/* ---- what we say -------------------------------------------------------------------- */

static bool     begun;                  /* HELLO has been said: the tester listens  */
static uint64_t origin;                 /* the tester's time is the guest's less this */
static unsigned cases = 1;
static char     kernel[64] = "Linux";   /* its version                             */
static char     can[LINE];              /* what the agent can do                   */

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	said = true;
}

static void flush(void)
{
	if (fflush(stdout) == EOF) {
		end();
		exit(0);                /* the tester has gone */
	}
}

static void frame_left(const uint8_t *octets, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	static char hex[2 * FRAME + 1];

	if (!begun || n > FRAME)
		return;
	for (size_t i = 0; i < n; i++) {
		hex[2 * i] = digits[octets[i] >> 4];
		hex[2 * i + 1] = digits[octets[i] & 15];
	}
	hex[2 * n] = '\0';
	say("FRAME at=%" PRIu64 " %s\n", now - origin, hex);
}

/* The value of a pair name= in a line, up to the blank; "" where there is none. */
static const char *pair(const char *line, const char *name, int *length)
{
	const char *p = strstr(line, name);

	*length = p ? (int)strcspn(p + strlen(name), " ") : 0;
	return p ? p + strlen(name) : "";
}

/* The agent's first word. */
static void hear_hello(const char *line)
{
	int n;
	const char *has = pair(line, " can=", &n);

	if (!n)
		die("the agent says: %s", line);
	snprintf(can, sizeof(can), "%.*s", n, has);
}

/* From here on time counts, and the tester listens. */
static void say_hello(void)
{
	origin = now;
	say("HELLO protocol=1 at=0 program=%s can=%s frames=ethernet mac=02:77:00:00:00:02"
		" addr4=10.9.0.2 addr6=fd00:9::2 cases=%u\n", kernel, can, cases);
	begun = true;
}

/* A line of the agent's.  It has looked at the same clock as we do, but from another
 * origin, and the few steps of this clock before it was done with the line: its stamp
 * is replaced by ours. */
static void agent_said(const char *line)
{
	int n_at;
	const char *at = pair(line, " at=", &n_at);

	if (!begun && !strncmp(line, "KERNEL ", 7)) {
		snprintf(kernel, sizeof(kernel), "Linux/%.50s", line + 7);
		return;
	}
	if (!begun && !strncmp(line, "HELLO ", 6)) {
		hear_hello(line);
		return;
	}
	if (!begun || !n_at)
		fprintf(stderr, "calendar: the guest says: %s\n", line);
	else
		say("%.*s%" PRIu64 "%s\n", (int)(at - line), line, now - origin, at + n_at);
}

static void console_said(const uint8_t *octets, size_t n)
{
	static char line[LINE];
	static size_t length;

	for (size_t i = 0; i < n; i++)
		if (octets[i] == '\n') {
			line[length] = '\0';
			agent_said(line);
			length = 0;
		} else if (octets[i] >= ' ' && octets[i] < 0x7f && length < sizeof(line) - 1)
			line[length++] = (char)octets[i];
}

/* ---- what we are told --------------------------------------------------------------- */

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A frame arrives.  One that finds no room is lost, as it would be on a wire: there
 * is always some once the guest has computed. */
static void frame_arrives(const char *hex)
{
	static uint8_t octets[FRAME];
	size_t n = 0;

	for (; hex[0] && hex[1] && n < sizeof(octets); hex += 2, n++) {
		const int high = digit(hex[0]), low = digit(hex[1]);

		if (high < 0 || low < 0)
			break;
		octets[n] = (uint8_t)(high << 4 | low);
	}
	if (*hex || !n)
		die("a frame that is none");

	const int r = vhost_put(&net, octets, n);

	if (r < 0)
		die("net: %s", strerror(-r));
	if (!r)
		fprintf(stderr, "calendar: a frame of %zu octets is lost\n", n);
}

/* A call, for the agent. */
static void call(const char *line)
{
	uint8_t octets[LINE];
	const size_t n = strlen(line);

	if (n >= sizeof(octets)) {
		say("? ERR at=%" PRIu64 " error=EMSGSIZE :the line is too long\n", now - origin);
		return;
	}
	memcpy(octets, line, n);
	octets[n] = '\n';

	const int r = vhost_put(&console, octets, n + 1);

	if (r < 0)
		die("console: %s", strerror(-r));
	if (!r)
		die("console: the guest does not read");
}

/* The lines since the last ADVANCE, each ended by a nul. */
static char   inputs[INPUTS];
static size_t n_inputs;

/* One after another: the guest is done with one before it hears the next. */
static void consume(uint64_t until)
{
	for (size_t i = 0; i < n_inputs; i += strlen(inputs + i) + 1) {
		const char *line = inputs + i;

		if (!strncmp(line, "FRAME ", 6))
			frame_arrives(line + 6);
		else
			call(line);
		settle(until);
	}
	n_inputs = 0;
}

static void advance(uint64_t until)
{
	said = false;
	consume(until);
	while (!said && wanted <= until) {
		run();
		settle(until);
	}
	if (!said && until > now)
		now = until;
	if (wanted == NEVER)
		say("IDLE at=%" PRIu64 " until=never\n", now - origin);
	else
		say("IDLE at=%" PRIu64 " until=%" PRIu64 "\n", now - origin, wanted - origin);
	flush();
}

static void tester_said(const char *line)
{
	const size_t n = strlen(line) + 1;

	if (!strncmp(line, "ADVANCE until=", 14)) {
		char *rest;
		const uint64_t until = strtoull(line + 14, &rest, 10);

		if (*rest || rest == line + 14)
			die("the tester says: %s", line);
		advance(until < NEVER - 1 - origin ? until + origin : NEVER - 1);
		return;
	}
	if (n > sizeof(inputs) - n_inputs)
		consume(now);
	memcpy(inputs + n_inputs, line, n);
	n_inputs += n;
}

/* ---- the beginning ------------------------------------------------------------------ */

static void listen_for_guest(void)
{
	const char *tmp = getenv("TMPDIR");
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int r;

	snprintf(dir, sizeof(dir), "%s/calendar.XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	if (!mkdtemp(dir)) {
		dir[0] = '\0';
		die("no temporary directory: %s", strerror(errno));
	}
	for (int i = 0; i < NAMES; i++)
		snprintf(path[i], sizeof(path[i]), "%s/%s", dir, names[i]);
	memcpy(a.sun_path, path[TIME], strlen(path[TIME]) + 1);
	clock_listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (clock_listener < 0 || bind(clock_listener, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(clock_listener, 1) < 0)
		die("%s: %s", path[TIME], strerror(errno));
	r = vhost_listen(&net, path[NET]);
	if (!r)
		r = vhost_listen(&console, path[CONSOLE]);
	if (r < 0)
		die("%s: %s", dir, strerror(-r));
}

/* The guest dies with us (its own processes die with it: it sees to that), has no
 * terminal, and its kernel's complaints are shown only when it is our end: at the
 * regular one it complains that its calendar has gone. */
static void start_guest(const char *program, const char *initrd, const char *memory)
{
	char argument[8][512];
	unsigned n = 0;

	snprintf(argument[n++], sizeof(argument[0]), "mem=%s", memory);
	snprintf(argument[n++], sizeof(argument[0]), "initrd=%s", initrd);
	snprintf(argument[n++], sizeof(argument[0]), "time-travel=ext:%s", path[TIME]);
	snprintf(argument[n++], sizeof(argument[0]), "virtio_uml.device=%s:%d", path[NET], VIRTIO_ID_NET);
	snprintf(argument[n++], sizeof(argument[0]), "virtio_uml.device=%s:%d", path[CONSOLE], VIRTIO_ID_CONSOLE);
	snprintf(argument[n++], sizeof(argument[0]), "uml_dir=%s/", dir);

	const pid_t us = getpid();

	guest_log = memfd_create("log", MFD_CLOEXEC);
	guest = fork();
	if (guest < 0)
		die("fork: %s", strerror(errno));
	if (guest) {
		guest_end = pidfd_open(guest, 0);
		if (guest_end < 0)
			die("pidfd_open: %s", strerror(errno));
		return;
	}
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != us)
		_exit(1);
	signal(SIGPIPE, SIG_DFL);

	const int null = open("/dev/null", O_RDWR);

	dup2(null, 0);
	dup2(guest_log, 1);
	dup2(guest_log, 2);
	execl(program, program, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5],
		"umid=guest", "rdinit=/init", "agent=/dev/hvc0", "con=null", "stderr=1", "quiet", "panic=-1", (char *)NULL);
	fprintf(stderr, "%s: %s\n", program, strerror(errno));
	_exit(1);
}

/* As fast as the guest wants, until the agent says HELLO: only then does time count. */
static void boot(void)
{
	while (!waiting)
		serve_guest();
	while (!can[0]) {
		if (wanted >= S(600))
			die("the guest does not boot");
		run();
	}
	settle(NEVER - 1);
	say_hello();
	remove_dir();
	flush();
}

/* Lines of the tester's, until it has gone. */
static void listen_to_tester(void)
{
	static char buffer[2 * FRAME + 64];
	size_t n = 0;

	for (;;) {
		const ssize_t more = read(STDIN_FILENO, buffer + n, sizeof(buffer) - n);
		char *line = buffer, *line_end;

		if (more < 0 && errno == EINTR)
			continue;
		if (more <= 0)
			return;
		n += (size_t)more;
		while ((line_end = memchr(line, '\n', (size_t)(buffer + n - line)))) {
			*line_end = '\0';
			tester_said(line);
			line = line_end + 1;
		}
		n = (size_t)(buffer + n - line);
		memmove(buffer, line, n);
		if (n == sizeof(buffer))
			die("the tester's line is too long");
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "linux",  required_argument, NULL, 'l' },
		{ "initrd", required_argument, NULL, 'i' },
		{ "memory", required_argument, NULL, 'm' },
		{ "cases",  required_argument, NULL, 'c' },
		{ "account", required_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 }
	};
	const char *program = NULL, *initrd = NULL, *memory = "1G";
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (o) {
		case 'l':
			program = optarg;
			break;
		case 'i':
			initrd = optarg;
			break;
		case 'm':
			memory = optarg;
			break;
		case 'c':
			cases = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'a':
			account_fd = open(optarg, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
			break;
		default:
			return 2;
		}
	if (!program || !initrd || !cases || optind < argc) {
		fputs("usage: calendar --linux PROGRAM --initrd FILE [--memory SIZE] [--cases N] [--account FILE]\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGHUP, on_signal);
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);

	clock_gettime(CLOCK_MONOTONIC, &began);
	listen_for_guest();
	start_guest(program, initrd, memory);
	boot();
	listen_to_tester();
	end();
	return 0;
}
