/* link_net.c: the network link against the kernel of this machine, which sits at
 * the other end of a veth pair in a namespace of its own.
 *
 * Two namespaces, "ours" and "theirs", both without names: they go when this
 * process does.  Exit status 77 where the kernel allows no namespaces. */
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "probes/icmp.h"
#include "probes/link.h"
#include "probes/wire.h"

#define SKIPPED 77

/* ---- namespaces ------------------------------------------------------------- */

static int ours, theirs;

static void cannot(const char *why)
{
	printf("1..0 # SKIP %s: %s\n", why, strerror(errno));
	exit(SKIPPED);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		cannot(path);
	close(fd);
}

static int new_namespace(void)
{
	if (unshare(CLONE_NEWNET) != 0)
		cannot("no network namespace");

	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		cannot("/proc/self/ns/net");
	return fd;
}

static void enter(int namespace)
{
	if (setns(namespace, CLONE_NEWNET) != 0)
		cannot("setns");
}

static void be_root(void)
{
	char map[64];
	unsigned uid = geteuid(), gid = getegid();

	if (uid == 0)
		return;
	if (unshare(CLONE_NEWUSER) != 0)
		cannot("no user namespace");
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof map, "0 %u 1", uid);
	write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof map, "0 %u 1", gid);
	write_file("/proc/self/gid_map", map);
}

static bool run(const char *command)
{
	return system(command) == 0;
}

static void must(const char *command)
{
	if (!run(command)) {
		fprintf(stderr, "failed: %s\n", command);
		exit(1);
	}
}

/* Without this, the kernel leaves checksums to an interface that never sees a wire. */
static void checksums_in_software(const char *iface)
{
	struct ethtool_value off = { .cmd = ETHTOOL_STXCSUM };
	struct ifreq request = { .ifr_data = (char *)&off };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", iface);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &request) != 0)
		cannot("checksum offload cannot be switched off");
	close(fd);
}

static void make_namespaces(void)
{
	be_root();
	theirs = new_namespace();
	ours = new_namespace();

	/* `ip` takes a namespace by the process that lives in it, which says when it
	 * does. */
	int says[2];
	char there_now;

	if (pipe2(says, O_CLOEXEC) != 0)
		cannot("pipe");

	pid_t there = fork();

	if (there == 0) {
		enter(theirs);
		if (write(says[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	close(says[1]);

	char command[160];
	bool made = false;

	snprintf(command, sizeof command, "ip link add tester type veth peer name dut netns %d", (int)there);
	if (there > 0 && read(says[0], &there_now, 1) == 1)
		made = run(command);
	close(says[0]);
	if (there <= 0)
		cannot("fork");
	kill(there, SIGKILL);
	waitpid(there, NULL, 0);
	if (!made)
		cannot("no veth pair");

	must("ip link set lo up && ip link set tester up");
	checksums_in_software("tester");
	enter(theirs);
	must("ip link set lo up && ip link set dut up && ip addr add 192.0.2.2/24 dev dut && "
	     "ip -6 addr add 2001:db8::2/64 dev dut nodad && ip route add default via 192.0.2.1");
	checksums_in_software("dut");
	enter(ours);
}

/* ---- the tester's end --------------------------------------------------------- */

static struct addr address(const char *text)
{
	struct addr a;

	assert_true(addr_parse(text, &a));
	return a;
}

/* What has arrived. */
static struct {
	unsigned segments, icmps, others;
	struct seg last;
	struct icmp icmp;
} seen;

static void arrived(void *arg, const uint8_t *ip, size_t n, size_t full, tick at)
{
	struct seg s;

	(void)arg;
	switch (wire_decode(ip, n, full, &s)) {
	case WIRE_SEG:
		seen.segments++;
		s.text = NULL;
		s.at = at;
		seen.last = s;
		break;
	case WIRE_ICMP:
		seen.icmps++;
		assert_true(icmp_decode(ip, n, &seen.icmp));
		break;
	default:
		seen.others++;
	}
}

static struct link_net_config config_on(const char *iface)
{
	return (struct link_net_config){
		.iface = iface,
		.own = { address("192.0.2.9"), address("2001:db8::9") }, .n_own = 2,
		.peer = { address("192.0.2.2"), address("2001:db8::2") }, .n_peer = 2,
	};
}

static struct link *open_link(const struct link_net_config *config)
{
	char err[400] = "";
	struct link *l = link_net_new(config, err, sizeof err);

	if (!l)
		fail_msg("%s", err);
	l->arrived = arrived;
	memset(&seen, 0, sizeof seen);
	return l;
}

/* Waits until *count has come to n, at most a second. */
static void await(struct link *l, const unsigned *count, unsigned n)
{
	tick end = link_wait_until(l, 0) + S(1);

	while (*count < n && link_wait_until(l, end) < end)
		;
}

static void send_seg(struct link *l, const struct seg *s, tick *at)
{
	uint8_t buf[2000];
	int n = wire_encode(s, buf, sizeof buf);

	assert_true(n > 0);
	assert_int_equal(link_send(l, buf, (size_t)n, at), 0);
}

/* ---- the other end -------------------------------------------------------------- */

static socklen_t sockaddr_of(int v, const char *text, uint16_t port, struct sockaddr_storage *out)
{
	struct addr a = address(text);

	memset(out, 0, sizeof *out);
	if (v == 4) {
		struct sockaddr_in *in = (struct sockaddr_in *)out;

		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, a.o, 4);
		return sizeof *in;
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, a.o, 16);
	return sizeof *in6;
}

static int their_socket(int v, int type)
{
	enter(theirs);
	int fd = socket(v == 4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0);

	enter(ours);
	assert_true(fd >= 0);
	return fd;
}

static int their_listener(int v, uint16_t port)
{
	struct sockaddr_storage a;
	int fd = their_socket(v, SOCK_STREAM), on = 1;
	socklen_t n = sockaddr_of(v, v == 4 ? "0.0.0.0" : "::", port, &a);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(fd, 5), 0);
	return fd;
}

static struct seg syn(int v, uint16_t port, uint16_t to)
{
	return (struct seg){
		.src = { address(v == 4 ? "192.0.2.9" : "2001:db8::9"), port },
		.dst = { address(v == 4 ? "192.0.2.2" : "2001:db8::2"), to },
		.seq = 1000, .ctl = SYN, .wnd = 0xffff,
	};
}

static void reset(struct link *l, struct seg s)
{
	s.ctl = RST;
	s.seq++;
	send_seg(l, &s, NULL);
}

/* The kernel opens the connection and answers nothing else. */
static void shake_hands(struct link *l, uint16_t port)
{
	for (int v = 4; v <= 6; v += 2) {
		int fd = their_listener(v, 7000);
		struct seg s = syn(v, port, 7000);
		tick sent, now;

		memset(&seen, 0, sizeof seen);
		assert_int_equal(link_net_resolve(l, &s.dst.addr), 0);
		send_seg(l, &s, &sent);
		await(l, &seen.segments, 1);
		now = link_wait_until(l, 0);
		assert_int_equal(seen.segments, 1);
		assert_int_equal(seen.last.ctl, SYN | ACK);
		assert_int_equal(seen.last.ack, 1001);
		assert_int_equal(seen.last.wrong, 0);
		assert_true(addr_eq(&seen.last.src.addr, &s.dst.addr));
		/* Its stamp lies between ours, and close. */
		assert_true(sent <= seen.last.at);
		assert_true(seen.last.at <= now);
		assert_true(seen.last.at - sent < S(1));
		reset(l, s);
		close(fd);
	}
	assert_int_equal(seen.icmps, 0);
}

/* ---- tests ------------------------------------------------------------------------ */

static void handshake(void **state)
{
	struct link_net_config config = config_on("tester");
	struct link *l = open_link(&config);

	(void)state;
	assert_false(l->is_virtual);
	shake_hands(l, 5000);
	assert_int_equal(l->stats.dropped, 0);
	assert_int_equal(l->stats.received, 2);
	assert_int_equal(l->stats.sent, 4);
	assert_int_equal(l->stats.clock_steps, 0);
	link_close(l);
}

/* The kernel finds us by ARP and neighbour discovery, and our answer finds it
 * without our ever having asked. */
static void everybody_is_a_peer(void **state)
{
	struct link_net_config config = config_on("tester");

	(void)state;
	config.n_peer = 0;
	struct link *l = open_link(&config);

	enter(theirs);
	must("ip neigh flush dev dut");
	enter(ours);
	for (int v = 4; v <= 6; v += 2) {
		struct sockaddr_storage a;
		int fd = their_socket(v, SOCK_STREAM | SOCK_NONBLOCK);
		socklen_t n = sockaddr_of(v, v == 4 ? "192.0.2.9" : "2001:db8::9", 4321, &a);

		memset(&seen, 0, sizeof seen);
		assert_int_equal(connect(fd, (struct sockaddr *)&a, n), -1);
		assert_int_equal(errno, EINPROGRESS);
		await(l, &seen.segments, 1);
		assert_int_equal(seen.segments, 1);
		assert_int_equal(seen.last.ctl, SYN);

		struct seg s = {
			.src = seen.last.dst, .dst = seen.last.src, .seq = 77,
			.ack = seen.last.seq + 1, .ctl = SYN | ACK, .wnd = 1000,
		};
		send_seg(l, &s, NULL);
		await(l, &seen.segments, 2);
		assert_int_equal(seen.last.ctl, ACK);
		assert_int_equal(seen.last.ack, 78);

		int error = -1;
		socklen_t size = sizeof error;

		assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size), 0);
		assert_int_equal(error, 0);
		reset(l, s);
		close(fd);
	}
	link_close(l);
}

/* A datagram to a neighbour that is not known is held until the neighbour is. */
static void unknown_neighbours_are_asked(void **state)
{
	struct link_net_config config = config_on("tester");
	struct link *l = open_link(&config);

	(void)state;
	for (int v = 4; v <= 6; v += 2) {
		struct seg s = syn(v, 5001, 9);         /* nobody listens: a RST comes */

		memset(&seen, 0, sizeof seen);
		send_seg(l, &s, NULL);
		await(l, &seen.segments, 1);
		assert_int_equal(seen.segments, 1);
		assert_int_equal(seen.last.ctl, RST | ACK);
	}
	link_close(l);
}

static void addresses_in_use(void **state)
{
	struct link_net_config config = config_on("tester");
	struct link *l = open_link(&config);
	struct addr a;

	(void)state;
	a = address("192.0.2.2");
	assert_true(link_net_in_use(l, &a));
	a = address("2001:db8::2");
	assert_true(link_net_in_use(l, &a));
	a = address("192.0.2.77");
	assert_false(link_net_in_use(l, &a));
	a = address("2001:db8::77");
	assert_false(link_net_in_use(l, &a));
	a = address("192.0.2.9");
	assert_false(link_net_in_use(l, &a));
	a = address("2001:db8::9");
	assert_false(link_net_in_use(l, &a));
	link_close(l);

	/* One of ours that the other end has as well. */
	enter(theirs);
	must("ip addr add 192.0.2.9/24 dev dut && ip -6 addr add 2001:db8::9/64 dev dut nodad");
	enter(ours);
	l = open_link(&config);
	assert_true(link_net_in_use(l, &config.own[0]));
	assert_true(link_net_in_use(l, &config.own[1]));
	link_close(l);
	enter(theirs);
	must("ip addr del 192.0.2.9/24 dev dut && ip -6 addr del 2001:db8::9/64 dev dut");
	enter(ours);
}

/* Of what this host has itself, nobody else tells. */
static void addresses_of_this_host(void **state)
{
	struct link_net_config config = config_on("tester");
	struct link *l;

	(void)state;
	must("ip addr add 192.0.2.9/24 dev tester && ip -6 addr add 2001:db8::9/64 dev tester nodad");
	l = open_link(&config);
	assert_true(link_net_in_use(l, &config.own[0]));
	assert_true(link_net_in_use(l, &config.own[1]));
	link_close(l);

	/* Unless it is what we were told to use: then the kernel answers for it. */
	config.own_address = true;
	l = open_link(&config);
	assert_false(link_net_in_use(l, &config.own[0]));
	struct icmp echo = { .src = config.own[0], .dst = config.peer[0], .type = 8, .rest = 7 };
	uint8_t buf[100];
	int n = icmp_encode(&echo, NULL, 0, buf, sizeof buf);

	enter(theirs);
	must("ip neigh flush dev dut");
	enter(ours);
	assert_int_equal(link_send(l, buf, (size_t)n, NULL), 0);
	await(l, &seen.icmps, 1);
	assert_int_equal(seen.icmps, 1);
	assert_int_equal(seen.icmp.rest, 7);
	link_close(l);
	must("ip addr flush dev tester scope global");
}

static void heard(void *arg)
{
	char c;
	int *fds = arg;

	assert_int_equal(read(fds[0], &c, 1), 1);
	fds[2]++;
}

/* Who does not look in time misses something, and knows it. */
static void a_flood_is_counted(void **state)
{
	struct link_net_config config = config_on("tester");
	struct link *l;
	struct sockaddr_storage a;
	int fd = their_socket(4, SOCK_DGRAM), pipe_fds[3] = { 0 };
	socklen_t size = sockaddr_of(4, "192.0.2.9", 9, &a);
	char octets[1400] = { 0 };

	(void)state;
	l = open_link(&config);
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	assert_int_equal(link_watch(l, pipe_fds[0], heard, pipe_fds), 0);
	assert_int_equal(sendto(fd, octets, 1, 0, (struct sockaddr *)&a, size), 1);
	await(l, &seen.others, 1);
	assert_int_equal(seen.others, 1);
	assert_int_equal(l->stats.dropped, 0);
	for (unsigned i = 0; i < 100000 && l->stats.dropped == 0; i++) {
		sendto(fd, octets, sizeof octets, 0, (struct sockaddr *)&a, size);
		/* Waiting is looking: as seldom as the buffer is large. */
		if (i % 50000 == 49999)
			link_wait_until(l, 0);
	}
	/* In the midst of it other descriptors are heard, too. */
	assert_int_equal(write(pipe_fds[1], "a", 1), 1);
	link_wait_until(l, 0);
	assert_int_equal(pipe_fds[2], 1);
	assert_true(l->stats.dropped > 0);
	close(fd);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	link_close(l);
}

static void nobody_answers(void **state)
{
	struct link_net_config config = config_on("tester");
	struct link *l = open_link(&config);
	struct addr a = address("192.0.2.200");
	tick before = link_wait_until(l, 0), after;

	(void)state;
	assert_int_equal(link_net_resolve(l, &a), -EHOSTUNREACH);
	after = link_wait_until(l, 0);
	assert_in_range(after - before, MS(2900), S(8));      /* a busy machine is no fault */
	link_close(l);

	config.n_own = 1;                               /* IPv4 alone */
	l = open_link(&config);
	a = address("2001:db8::2");
	assert_int_equal(link_net_resolve(l, &a), -EADDRNOTAVAIL);
	link_close(l);
}

static void by_a_gateway(void **state)
{
	struct link_net_config config = config_on("tester");
	struct seg s = syn(4, 5002, 9);

	(void)state;
	/* The kernel itself is the gateway to an address on its loopback. */
	enter(theirs);
	must("ip addr add 198.51.100.1/32 dev lo");
	enter(ours);
	config.gateway4 = "192.0.2.2";
	config.peer[0] = s.dst.addr = address("198.51.100.1");
	struct link *l = open_link(&config);

	assert_int_equal(link_net_resolve(l, &s.dst.addr), 0);
	send_seg(l, &s, NULL);
	await(l, &seen.segments, 1);
	assert_int_equal(seen.last.ctl, RST | ACK);
	assert_true(addr_eq(&seen.last.src.addr, &s.dst.addr));
	link_close(l);
}

/* Only peers are heard, but ICMP from anywhere. */
static void who_is_heard(void **state)
{
	struct link_net_config config = config_on("tester");
	struct seg s = syn(4, 5003, 9);

	(void)state;
	config.peer[0] = address("192.0.2.3");
	config.n_peer = 1;
	struct link *l = open_link(&config);

	send_seg(l, &s, NULL);                          /* its RST is none of ours */
	struct icmp echo = {
		.src = s.src.addr, .dst = s.dst.addr, .type = 8, .rest = 0x12340001,
	};
	uint8_t buf[100];
	int n = icmp_encode(&echo, NULL, 0, buf, sizeof buf);

	assert_int_equal(n, 28);
	assert_int_equal(link_send(l, buf, (size_t)n, NULL), 0);
	await(l, &seen.icmps, 1);
	assert_int_equal(seen.icmps, 1);
	assert_int_equal(seen.icmp.type, 0);
	assert_int_equal(seen.icmp.rest, 0x12340001);
	assert_int_equal(seen.segments, 0);
	link_close(l);
}

/* Where the host forwards, its kernel must not take our segments for transit. */
static void beside_a_kernel_that_forwards(void **state)
{
	struct link_net_config config = config_on("tester");

	(void)state;
	must("ip addr add 192.0.2.1/24 dev tester && ip -6 addr add 2001:db8::1/64 dev tester nodad");
	write_file("/proc/sys/net/ipv4/conf/tester/forwarding", "1");
	write_file("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	struct link *l = open_link(&config);

	enter(theirs);
	must("ip neigh flush dev dut");
	enter(ours);
	shake_hands(l, 5004);
	/* What a forwarding kernel would say comes after its own ARP gave up. */
	for (tick end = link_wait_until(l, 0) + MS(300); link_wait_until(l, end) < end; )
		;
	assert_int_equal(seen.icmps, 0);
	link_close(l);
	write_file("/proc/sys/net/ipv4/conf/tester/forwarding", "0");
	write_file("/proc/sys/net/ipv6/conf/all/forwarding", "0");
	must("ip addr flush dev tester scope global");
}

static void on_a_vlan(void **state)
{
	(void)state;
	if (!run("ip link add link tester name tester.5 type vlan id 5 2>/dev/null"))
		skip();
	enter(theirs);
	must("ip link add link dut name dut.5 type vlan id 5 && ip addr flush dev dut scope global &&"
	     "ip link set dut.5 up && ip addr add 192.0.2.2/24 dev dut.5 && "
	     "ip -6 addr add 2001:db8::2/64 dev dut.5 nodad");
	checksums_in_software("dut.5");
	enter(ours);
	must("ip link set tester.5 up");

	struct link_net_config config = config_on("tester.5"), other = config_on("tester");
	struct link *l = open_link(&config);

	shake_hands(l, 5005);

	/* The same network seen from outside of the VLAN: there is nobody. */
	struct link *outside = open_link(&other);

	assert_false(link_net_in_use(outside, &config.peer[0]));
	struct seg s = syn(4, 5006, 9);

	send_seg(l, &s, NULL);
	await(l, &seen.segments, 1);
	assert_int_equal(seen.segments, 1);
	link_wait_until(outside, link_wait_until(outside, 0) + MS(50));
	assert_int_equal(outside->stats.received, 0);
	link_close(outside);
	link_close(l);
	must("ip link del tester.5");
	enter(theirs);
	must("ip link del dut.5 && ip addr add 192.0.2.2/24 dev dut && "
	     "ip -6 addr add 2001:db8::2/64 dev dut nodad");
	enter(ours);
}

static void other_descriptors(void **state)
{
	struct link_net_config config = config_on("tester");
	struct link *l = open_link(&config);
	int fds[3] = { 0 };

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(link_watch(l, -1, heard, fds), -EBADF);
	assert_int_equal(link_watch(l, fds[0], NULL, NULL), -ENOENT);
	assert_int_equal(link_watch(l, fds[0], heard, fds), 0);
	assert_int_equal(write(fds[1], "ab", 2), 2);

	tick start = link_wait_until(l, 0);             /* one is heard even without time */

	assert_int_equal(fds[2], 1);
	assert_true(link_wait_until(l, start + S(5)) < start + S(1));
	assert_int_equal(fds[2], 2);
	assert_int_equal(link_watch(l, fds[0], NULL, NULL), 0);
	assert_int_equal(write(fds[1], "c", 1), 1);
	link_wait_until(l, link_wait_until(l, 0) + MS(5));
	assert_int_equal(fds[2], 2);
	close(fds[0]);
	close(fds[1]);
	link_close(l);
}

static void deadlines(void **state)
{
	struct link_net_config config = config_on("tester");
	struct link *l = open_link(&config);

	(void)state;
	for (int i = 1; i <= 20; i++) {
		tick when = link_wait_until(l, 0) + i * US(150), now;

		while ((now = link_wait_until(l, when)) < when)
			;
		assert_true(now - when <= l->stats.late_max);
		assert_true(now - when < S(1));
	}
	link_close(l);
}

/* ---- what goes wrong ------------------------------------------------------------------ */

static void refused(const struct link_net_config *config, const char *a, const char *b)
{
	char err[400] = "";

	assert_null(link_net_new(config, err, sizeof err));
	if (!strstr(err, a) || !strstr(err, b))
		fail_msg("\"%s\" and \"%s\" are not in: %s", a, b, err);
}

static void remedies(void **state)
{
	struct link_net_config config = config_on("nowhere7");

	(void)state;
	refused(&config, "no interface nowhere7", "tester");
	config = config_on("tester-and-much-more");
	refused(&config, "no interface tester-and-much-more", "tester");
	must("ip link add still type veth peer name stiller");
	config = config_on("still");
	refused(&config, "still is down", "sudo ip link set still up");
	must("ip link del still");
	config = config_on("tester");
	config.gateway4 = "2001:db8::1";
	refused(&config, "2001:db8::1", "gateway");
	config = config_on("tester");
	config.n_own = 17;
	refused(&config, "16 own addresses", "4 peers");
}

static void without_privilege(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		struct link_net_config config = config_on("tester");
		char err[400] = "";

		/* A new user namespace owns nothing of this network. */
		if (unshare(CLONE_NEWUSER) != 0)
			_exit(SKIPPED);

		struct link *l = link_net_new(&config, err, sizeof err);
		bool good = !l && strstr(err, "CAP_NET_RAW") && strstr(err, "sudo");

		if (!good)
			fprintf(stderr, "said: %s\n", err);
		_exit(good ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIPPED)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* The interface goes under us: no spinning, and a reason. */
static void gone_by(const char *command)
{
	struct link_net_config config = config_on("tester");
	struct link *l = open_link(&config);
	struct seg s = syn(4, 5007, 9);
	uint8_t buf[100];
	int n = wire_encode(&s, buf, sizeof buf);

	assert_int_equal(link_net_resolve(l, &s.dst.addr), 0);
	must(command);

	tick start = link_wait_until(l, 0), end = start + MS(100);
	unsigned turns = 0;

	while (link_wait_until(l, end) < end)
		turns++;
	assert_in_range(turns, 0, 10);
	assert_int_equal(link_send(l, buf, (size_t)n, NULL), -ENETDOWN);
	assert_non_null(strstr(l->lost, "tester"));
	link_close(l);
}

static void the_interface_goes(void **state)
{
	(void)state;
	gone_by("ip link set tester down");
	must("ip link set tester up");
	gone_by("ip link del tester");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(handshake),
		cmocka_unit_test(everybody_is_a_peer),
		cmocka_unit_test(unknown_neighbours_are_asked),
		cmocka_unit_test(addresses_in_use),
		cmocka_unit_test(addresses_of_this_host),
		cmocka_unit_test(a_flood_is_counted),
		cmocka_unit_test(nobody_answers),
		cmocka_unit_test(by_a_gateway),
		cmocka_unit_test(who_is_heard),
		cmocka_unit_test(beside_a_kernel_that_forwards),
		cmocka_unit_test(on_a_vlan),
		cmocka_unit_test(other_descriptors),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(remedies),
		cmocka_unit_test(without_privilege),
		cmocka_unit_test(the_interface_goes),
	};

	make_namespaces();

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	wire_close();
	return failed;
}
