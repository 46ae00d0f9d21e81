/* netns.c: two namespaces with a wire between them (harness/dut/netns.h): what is
 * in each, that our own kernel's stacks can talk over it, and that nobody outside
 * notices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/dut/netns.h"

static struct netns *world;
static struct stat outside;

/* Runs a shell command in the DUT's namespace; its exit status. */
static int on_dut(const char *command)
{
	struct child c;
	struct child_config k = { .command = command, .in = -1, .out = -1 };
	struct pollfd p;
	int status = -1;

	assert_int_equal(netns_start(world, &c, &k), 0);
	p = (struct pollfd){ .fd = c.pidfd, .events = POLLIN };
	poll(&p, 1, 5000);
	if (!child_ended(&c, &status)) {
		child_end(&c, -1);
		fail_msg("it does not end: %s", command);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static unsigned ethtool_get(const char *iface, unsigned command)
{
	struct ethtool_value v = { .cmd = command };
	struct ifreq q = { .ifr_data = (void *)&v };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(q.ifr_name, sizeof q.ifr_name, "%s", iface);
	assert_int_equal(ioctl(fd, SIOCETHTOOL, &q), 0);
	close(fd);
	return v.data;
}

static void we_are_elsewhere(void **state)
{
	struct stat here, dut;

	(void)state;
	assert_int_equal(stat("/proc/self/ns/net", &here), 0);
	assert_int_equal(fstat(netns_dut_fd(world), &dut), 0);
	assert_true(here.st_ino != outside.st_ino && dut.st_ino != outside.st_ino && here.st_ino != dut.st_ino);
}

static void the_wire_is_up_and_plain(void **state)
{
	(void)state;
	assert_true(if_nametoindex(NETNS_TESTER_IFACE) > 0);
	assert_int_equal(if_nametoindex(NETNS_DUT_IFACE), 0);
	assert_int_equal(ethtool_get(NETNS_TESTER_IFACE, ETHTOOL_GGSO), 0);
	assert_int_equal(ethtool_get(NETNS_TESTER_IFACE, ETHTOOL_GGRO), 0);
	assert_int_equal(ethtool_get(NETNS_TESTER_IFACE, ETHTOOL_GTXCSUM), 0);
	assert_int_equal(on_dut("test -e /proc/self/net/dev && grep -q tcd0 /proc/self/net/dev"), 0);
	assert_int_not_equal(on_dut("grep -q tct0 /proc/self/net/dev"), 0);
}

static void the_duts_kernel_has_its_addresses(void **state)
{
	(void)state;
	/* In the tables of its own namespace, and usable at once: no detection. */
	assert_int_equal(on_dut("grep -q 'fd000009000000000000000000000002 .* tcd0' /proc/self/net/if_inet6"), 0);
	assert_int_equal(on_dut("grep -q '10.9.0.2' /proc/self/net/fib_trie"), 0);
	assert_int_not_equal(on_dut("grep -q '10.9.0.2' /proc/1/net/fib_trie"), 0);
}

static void a_command_is_quoted(void **state)
{
	static const char *const addresses[] = { "10.9.0.2", "fd00:9::2", NULL };
	char buf[8192];

	(void)state;
	assert_non_null(netns_ref_command(world, addresses, "it's; rm -rf /", 0xabc, buf, sizeof buf));
	assert_non_null(strstr(buf, "'--fault' 'it'\\''s; rm -rf /'"));
	assert_non_null(strstr(buf, "'--seed' 'abc'"));
	assert_non_null(strstr(buf, "'--address' '10.9.0.2' '--address' 'fd00:9::2'"));
	for (size_t n = 0; n < 100; n++)
		assert_null(netns_ref_command(world, addresses, NULL, 1, buf, n));
}

/* A child that is held by nothing else dies with us: here, with its parent. */
static void children_do_not_outlive_us(void **state)
{
	int told[2];
	pid_t pid, grandchild = 0;

	(void)state;
	assert_int_equal(pipe(told), 0);
	pid = fork();
	if (pid == 0) {
		struct child c;
		struct child_config k = { .command = "exec sleep 100", .in = -1, .out = -1 };

		if (netns_start(world, &c, &k) || write(told[1], &c.pid, sizeof c.pid) != sizeof c.pid)
			_exit(1);
		raise(SIGKILL);
	}
	assert_int_equal(read(told[0], &grandchild, sizeof grandchild), sizeof grandchild);
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 100; i++) {
		char path[64], state_of = 0;
		FILE *f;

		snprintf(path, sizeof path, "/proc/%d/stat", (int)grandchild);
		f = fopen(path, "r");
		if (!f || fscanf(f, "%*d (%*[^)]) %c", &state_of) != 1 || state_of == 'Z')
			i = 1000;
		if (f)
			fclose(f);
		if (i >= 1000)
			return;
		usleep(20000);
	}
	kill(grandchild, SIGKILL);
	fail_msg("process %d is left", (int)grandchild);
}

int main(void)
{
	static const char *const addresses[] = { "10.9.0.2/24", "fd00:9::2/64", NULL };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(we_are_elsewhere),
		cmocka_unit_test(the_wire_is_up_and_plain),
		cmocka_unit_test(the_duts_kernel_has_its_addresses),
		cmocka_unit_test(a_command_is_quoted),
		cmocka_unit_test(children_do_not_outlive_us),
	};
	char err[256];

	if (stat("/proc/self/ns/net", &outside))
		return 77;
	world = netns_new(addresses, err, sizeof err);
	if (!world) {
		fprintf(stderr, "netns: %s\n", err);
		return 77;
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	netns_free(world);
	return failed;
}
