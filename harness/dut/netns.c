/* netns.c: see netns.h. */
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef HAVE_LIBNL_ROUTE
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <linux/if_addr.h>
#endif

struct netns {
	int tester, dut;
	char *err;
	size_t n;
};

__attribute__((format(printf, 2, 3)))
static int fail(struct netns *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(w->err, w->n, format, args);
	va_end(args);
	return -1;
}

/* ---- being allowed -------------------------------------------------------------- */

/* The number in a file of /proc/sys, or -1. */
static long sysctl_number(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 ? strtol(text, NULL, 10) : -1;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	ssize_t n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* Why there is no user namespace, and what to do about it. */
static int forbidden(struct netns *w, int error)
{
	if (sysctl_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") > 0)
		return fail(w, "AppArmor keeps unprivileged programs from making network namespaces; run as root, or: "
		            "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0");
	if (sysctl_number("/proc/sys/kernel/unprivileged_userns_clone") == 0)
		return fail(w, "this system lets only root make namespaces; run as root, or: "
		            "sudo sysctl kernel.unprivileged_userns_clone=1");
	if (sysctl_number("/proc/sys/user/max_user_namespaces") == 0)
		return fail(w, "this system allows no user namespaces; run as root, or: "
		            "sudo sysctl user.max_user_namespaces=10000");
	return fail(w, "no network namespace can be made here (%s); run as root, in a container with "
	            "--cap-add SYS_ADMIN --cap-add NET_ADMIN", strerror(error));
}

/* Becomes root of a user namespace in which there is only us. */
static int enter_user_namespace(struct netns *w)
{
	unsigned uid = geteuid(), gid = getegid();
	char map[64];

	if (unshare(CLONE_NEWUSER) < 0)
		return forbidden(w, errno);
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (write_file("/proc/self/uid_map", map) < 0)
		return forbidden(w, errno);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	if (write_file("/proc/self/gid_map", map) < 0)
		return forbidden(w, errno);
	return 0;
}

static int open_own_namespace(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* We end in the tester's namespace; both have a descriptor. */
static int make_namespaces(struct netns *w)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0) {
		if (enter_user_namespace(w) < 0)
			return -1;
		if (unshare(CLONE_NEWNET) < 0)
			return forbidden(w, errno);
	}
	w->tester = open_own_namespace();
	if (w->tester < 0 || unshare(CLONE_NEWNET) < 0)
		return fail(w, "cannot make a second network namespace: %s", strerror(errno));
	w->dut = open_own_namespace();
	if (w->dut < 0 || fcntl(w->dut, F_SETFD, 0) < 0 || setns(w->tester, CLONE_NEWNET) < 0)
		return fail(w, "cannot keep a network namespace: %s", strerror(errno));
	return 0;
}

/* ---- the wire --------------------------------------------------------------------- */

static int ethtool_off(int fd, const char *iface, unsigned command)
{
	struct ethtool_value v = { .cmd = command };
	struct ifreq q = { .ifr_data = (void *)&v };

	snprintf(q.ifr_name, sizeof(q.ifr_name), "%s", iface);
	return ioctl(fd, SIOCETHTOOL, &q);
}

/* With an offload a checksum is not yet computed, or several segments are one,
 * when we see them. */
static int offloads_off(struct netns *w, const char *iface)
{
	static const unsigned commands[] = {
		ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM, ETHTOOL_SSG
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;

	if (fd < 0)
		return fail(w, "no socket: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (ethtool_off(fd, iface, commands[i]) < 0 && errno != EOPNOTSUPP)
			error = errno;
	close(fd);
	return error ? fail(w, "cannot switch off the offloads of %s: %s", iface, strerror(error)) : 0;
}

/* A kernel that is silent on this interface; where /proc/sys cannot be written
 * it solicits routers, which disturbs nobody. */
static void kernel_setting(const char *iface, const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", iface, name);
	write_file(path, value);
}

#ifdef HAVE_LIBNL_ROUTE

static int netlink_open(struct netns *w, struct nl_sock **sock)
{
	*sock = nl_socket_alloc();
	int r = *sock ? nl_connect(*sock, NETLINK_ROUTE) : -NLE_NOMEM;
	return r < 0 ? fail(w, "no route netlink socket: %s", nl_geterror(r)) : 0;
}

static int make_wire(struct netns *w)
{
	struct nl_sock *sock = NULL;
	struct rtnl_link *link = NULL;
	int r = netlink_open(w, &sock);

	if (!r && (link = rtnl_link_veth_alloc())) {
		struct rtnl_link *peer = rtnl_link_veth_get_peer(link);

		rtnl_link_set_name(link, NETNS_TESTER_IFACE);
		rtnl_link_set_name(peer, NETNS_DUT_IFACE);
		rtnl_link_set_ns_fd(peer, w->dut);
		r = rtnl_link_add(sock, link, NLM_F_CREATE | NLM_F_EXCL);
		rtnl_link_put(peer);
		if (r < 0)
			fail(w, "cannot make a pair of virtual interfaces (veth): %s", nl_geterror(r));
	}
	if (link)
		rtnl_link_put(link);
	if (sock)
		nl_socket_free(sock);
	return r;
}

static int set_up(struct netns *w, const char *iface)
{
	struct nl_sock *sock = NULL;
	struct rtnl_link *change = NULL, *which = NULL;
	int r = netlink_open(w, &sock);

	if (!r && (change = rtnl_link_alloc()) && (which = rtnl_link_alloc())) {
		rtnl_link_set_ifindex(which, (int)if_nametoindex(iface));
		rtnl_link_set_flags(change, IFF_UP);
		r = rtnl_link_change(sock, which, change, 0);
		if (r < 0)
			fail(w, "cannot set %s up: %s", iface, nl_geterror(r));
	}
	if (which)
		rtnl_link_put(which);
	if (change)
		rtnl_link_put(change);
	if (sock)
		nl_socket_free(sock);
	return r;
}

static int add_address(struct netns *w, const char *iface, const char *text)
{
	struct nl_sock *sock = NULL;
	struct nl_addr *local = NULL;
	struct rtnl_addr *address = NULL;
	int r = netlink_open(w, &sock);

	if (!r && (r = nl_addr_parse(text, AF_UNSPEC, &local)) >= 0 && (address = rtnl_addr_alloc())) {
		rtnl_addr_set_ifindex(address, (int)if_nametoindex(iface));
		rtnl_addr_set_local(address, local);
		rtnl_addr_set_flags(address, IFA_F_NODAD);
		r = rtnl_addr_add(sock, address, 0);
	}
	if (r < 0 && sock)
		fail(w, "cannot give the address %s to %s: %s", text, iface, nl_geterror(r));
	if (address)
		rtnl_addr_put(address);
	if (local)
		nl_addr_put(local);
	if (sock)
		nl_socket_free(sock);
	return r < 0 ? -1 : 0;
}

#else

static int make_wire(struct netns *w)
{
	return fail(w, "this tcpconform was built without libnl-route-3; install libnl-route-3-dev and build again");
}

static int set_up(struct netns *w, const char *iface)
{
	(void)iface;
	return make_wire(w);
}

static int add_address(struct netns *w, const char *iface, const char *text)
{
	(void)text;
	return set_up(w, iface);
}

#endif

static int prepare_end(struct netns *w, const char *iface, bool silent)
{
	kernel_setting(iface, silent ? "disable_ipv6" : "accept_ra", silent ? "1" : "0");
	kernel_setting(iface, "router_solicitations", "0");
	return offloads_off(w, iface) || set_up(w, "lo") || set_up(w, iface) ? -1 : 0;
}

static int prepare_dut(struct netns *w, const char *const *addresses)
{
	if (setns(w->dut, CLONE_NEWNET) < 0)
		return fail(w, "cannot enter the DUT's network namespace: %s", strerror(errno));
	int r = prepare_end(w, NETNS_DUT_IFACE, !addresses);
	for (; !r && addresses && *addresses; addresses++)
		r = add_address(w, NETNS_DUT_IFACE, *addresses);
	if (setns(w->tester, CLONE_NEWNET) < 0)
		return fail(w, "cannot come back to the tester's network namespace: %s", strerror(errno));
	return r;
}

/* ---- what others call ---------------------------------------------------------------- */

struct netns *netns_new(const char *const *addresses, char *err, size_t n)
{
	struct netns *w = calloc(1, sizeof(*w));

	if (!w) {
		snprintf(err, n, "no memory");
		return NULL;
	}
	*w = (struct netns){ .tester = -1, .dut = -1, .err = err, .n = n };
	if (make_namespaces(w) || make_wire(w) || prepare_dut(w, addresses) || prepare_end(w, NETNS_TESTER_IFACE, true)) {
		netns_free(w);
		return NULL;
	}
	return w;
}

int netns_dut_fd(const struct netns *w)
{
	return w->dut;
}

static int enter_dut(void *arg)
{
	const struct netns *w = arg;

	return setns(w->dut, CLONE_NEWNET) < 0 ? errno : 0;
}

int netns_start(struct netns *w, struct child *c, struct child_config *k)
{
	k->before = enter_dut;
	k->arg = w;
	k->dies_with_us = true;
	return child_start(c, k);
}

/* Appends 'word', quoted for the shell. */
static bool put_word(char *buf, size_t n, const char *word)
{
	size_t len = strlen(buf);

	if (len + 2 > n)
		return false;
	if (len)
		buf[len++] = ' ';
	buf[len++] = '\'';
	for (; *word; word++) {
		if (len + 8 > n)
			return false;
		if (*word == '\'') {
			memcpy(buf + len, "'\\''", 4);
			len += 4;
		} else {
			buf[len++] = *word;
		}
	}
	buf[len++] = '\'';
	buf[len] = '\0';
	return true;
}

const char *netns_ref_command(const struct netns *w, const char *const *addresses, const char *fault,
                              unsigned long long seed, char *buf, size_t n)
{
	char self[4096], fd[16], number[32];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len < 0 || n < 8)
		return NULL;
	self[len] = '\0';
	snprintf(fd, sizeof(fd), "%d", w->dut);
	snprintf(number, sizeof(number), "%llx", seed);
	snprintf(buf, n, "exec");
	if (!put_word(buf, n, self) || !put_word(buf, n, "ref") || !put_word(buf, n, "--netns") || !put_word(buf, n, fd) ||
	    !put_word(buf, n, "--iface") || !put_word(buf, n, NETNS_DUT_IFACE) ||
	    !put_word(buf, n, "--seed") || !put_word(buf, n, number))
		return NULL;
	for (; *addresses; addresses++)
		if (!put_word(buf, n, "--address") || !put_word(buf, n, *addresses))
			return NULL;
	if (fault && (!put_word(buf, n, "--fault") || !put_word(buf, n, fault)))
		return NULL;
	return buf;
}

void netns_free(struct netns *w)
{
	if (!w)
		return;
	if (w->tester >= 0)
		close(w->tester);
	if (w->dut >= 0)
		close(w->dut);
	free(w);
}
