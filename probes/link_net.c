/* link_net.c: an interface as a wire, in real time; see link.h.
 *
 * Out: Ethernet frames through libnet's link layer, since a raw IP socket would
 * pass the host's own packet filter and routing.  In: libpcap in immediate mode,
 * filtered by our addresses, direction in only.  Between them a table of
 * neighbours, which learns from what it hears.
 *
 * Our addresses are not the kernel's, so it does not interfere, except that a
 * host which forwards would try to forward what is sent to them.  There we take a
 * link-layer address of our own, too.
 *
 * Not here: namespaces, address configuration, packet filters (harness/dut). */
#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <libnet.h>
#include <pcap/pcap.h>

#include "link.h"
#include "neighbor.h"
#include "wire.h"

#define OWN_MAX   16
#define PEER_MAX  4
#define HOPS      256           /* neighbours that are remembered at a time  */
#define HELD      16            /* datagrams that wait for their neighbour   */
#define WATCHES   64
#define BATCH     256           /* frames that one wait takes at most        */
#define CAPTURE_BUFFER (32 << 20)
#define SNAPLEN   65600         /* a whole datagram under its Ethernet header */

#define SPIN      US(30)        /* the kernel wakes us so late: turn round the rest */
#define STEP      MS(1)         /* the clocks disagree by more: one was set  */
#define ASK_EVERY MS(200)
#define ASK_FOR   S(3)
#define PROBES    3

struct hop {
	struct addr addr;               /* v 0: free                             */
	uint8_t mac[6];
};

struct held {
	struct addr hop;                /* v 0: free                             */
	uint8_t *octets;
	size_t n;
};

struct watch {
	int fd;                         /* -1: free                              */
	void (*fn)(void *arg);
	void *arg;
};

struct link_net {
	struct link link;               /* first: a struct link * is one of these */
	struct link_net_config config;
	char iface[IF_NAMESIZE];
	unsigned index;
	pcap_t *capture;
	libnet_t *inject;
	int groups;                     /* a socket that keeps multicast groups; -1 */
	struct neighbor_self self;
	bool has_gateway4, has_gateway6;
	struct addr gateway4, gateway6;

	struct timespec start;          /* CLOCK_MONOTONIC at tick 0             */
	int64_t real_ahead;             /* CLOCK_REALTIME - CLOCK_MONOTONIC, ns  */

	struct hop hops[HOPS];
	unsigned next_hop_slot;
	struct held held[HELD];
	unsigned next_held_slot;
	struct watch watches[WATCHES];

	bool claiming;                  /* answer for own addresses              */
	bool probed;                    /* taken[] is known                      */
	bool taken[OWN_MAX];
	const struct addr *asked;       /* link_net_in_use of a foreign address  */
	bool asked_taken;

	unsigned arrivals;              /* handed over in this wait              */
	uint8_t frame[ETHER_HEADER + WIRE_MAX];
};

static struct link_net *net_of(struct link *l)
{
	return (struct link_net *)l;
}

__attribute__((format(printf, 3, 4)))
static void say(char *err, size_t n, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err, n, format, args);
	va_end(args);
}

/* ---- the clocks --------------------------------------------------------------- */

static int64_t ns(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

static tick now_of(const struct link_net *w)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ns(&t) - ns(&w->start);
}

/* How far the wall clock, by which the kernel stamps, is ahead.  Between two
 * readings of one clock lies that of the other; if we were interrupted there, the
 * answer is worth nothing. */
static bool read_real_ahead(int64_t *ahead)
{
	struct timespec before, real, after;

	clock_gettime(CLOCK_MONOTONIC, &before);
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_MONOTONIC, &after);
	if (ns(&after) - ns(&before) > US(100))
		return false;
	*ahead = ns(&real) - (ns(&before) + ns(&after)) / 2;
	return true;
}

/* Both clocks are slewed alike, so their distance only changes when the wall
 * clock is set; stamps that are under way then are wrong. */
static void watch_clocks(struct link_net *w)
{
	int64_t ahead;

	if (!read_real_ahead(&ahead))
		return;
	if (ahead - w->real_ahead > STEP || w->real_ahead - ahead > STEP) {
		w->link.stats.clock_steps++;
		w->real_ahead = ahead;
	}
}

/* The kernel's stamp on our clock; never after now. */
static tick stamp_of(const struct link_net *w, const struct pcap_pkthdr *h)
{
	tick at = (int64_t)h->ts.tv_sec * 1000000000 + h->ts.tv_usec -
	          w->real_ahead - ns(&w->start);
	tick now = now_of(w);

	return at < now ? at : now;
}

/* ---- out ------------------------------------------------------------------------ */

static void lose(struct link_net *w, const char *why)
{
	if (!w->link.lost[0])
		say(w->link.lost, sizeof w->link.lost, "%s: %s", w->iface, why);
}

static int write_frame(struct link_net *w, const uint8_t *frame, size_t n)
{
	errno = 0;
	if (libnet_write_link(w->inject, frame, (uint32_t)n) == (int)n)
		return 0;

	int err = errno ? errno : EIO;

	if (err == ENETDOWN || err == ENXIO || err == ENODEV)
		lose(w, "the interface is down or gone");
	return -err;
}

static const struct addr *own_of_version(const struct link_net *w, uint8_t v)
{
	for (unsigned i = 0; i < w->config.n_own; i++)
		if (w->config.own[i].v == v)
			return &w->config.own[i];
	return NULL;
}

static void ask(struct link_net *w, const struct addr *sender, const struct addr *target)
{
	uint8_t frame[NEIGHBOR_MAX];
	size_t n = neighbor_ask(w->self.mac, sender, target, frame);

	/* Whether it left or not, an answer is what counts. */
	if (n)
		write_frame(w, frame, n);
}

/* Whose link-layer address a datagram to `dst` needs. */
static const struct addr *next_hop(const struct link_net *w, const struct addr *dst)
{
	if (dst->v == 4 && w->has_gateway4)
		return &w->gateway4;
	if (dst->v == 6 && w->has_gateway6)
		return &w->gateway6;
	return dst;
}

static struct hop *hop_find(struct link_net *w, const struct addr *a)
{
	for (unsigned i = 0; i < HOPS; i++)
		if (w->hops[i].addr.v && addr_eq(&w->hops[i].addr, a))
			return &w->hops[i];
	return NULL;
}

static int send_to(struct link_net *w, const uint8_t mac[6], const uint8_t *ip, size_t n)
{
	uint16_t type = ip[0] >> 4 == 4 ? ETHER_IP4 : ETHER_IP6;

	ether_header(w->frame, mac, w->self.mac, type);
	memcpy(w->frame + ETHER_HEADER, ip, n);
	return write_frame(w, w->frame, ETHER_HEADER + n);
}

/* Keeps the last datagram for a neighbour that has not told yet (RFC 1122
 * 2.3.2.2), and asks. */
static int hold(struct link_net *w, const struct addr *hop, const uint8_t *ip, size_t n)
{
	const struct addr *sender = own_of_version(w, hop->v);

	if (!sender)
		return -EADDRNOTAVAIL;

	struct held *slot = NULL;

	for (unsigned i = 0; i < HELD && !slot; i++)
		if (w->held[i].hop.v && addr_eq(&w->held[i].hop, hop))
			slot = &w->held[i];
	if (!slot) {
		slot = &w->held[w->next_held_slot];
		w->next_held_slot = (w->next_held_slot + 1) % HELD;
	}

	uint8_t *octets = malloc(n);

	if (!octets)
		return -ENOMEM;
	memcpy(octets, ip, n);
	free(slot->octets);
	*slot = (struct held){ .hop = *hop, .octets = octets, .n = n };
	ask(w, sender, hop);
	return 0;
}

static int net_send(struct link *l, const uint8_t *ip, size_t n, tick *sent_at)
{
	struct link_net *w = net_of(l);
	struct addr dst = { 0 };

	if (l->lost[0])
		return -ENETDOWN;
	if (n >= 20 && ip[0] >> 4 == 4) {
		dst.v = 4;
		memcpy(dst.o, ip + 16, 4);
	} else if (n >= 40 && ip[0] >> 4 == 6) {
		dst.v = 6;
		memcpy(dst.o, ip + 24, 16);
	} else {
		return -EINVAL;
	}
	if (n > WIRE_MAX)
		return -EMSGSIZE;

	const struct addr *via = next_hop(w, &dst);
	const struct hop *hop = hop_find(w, via);
	tick before = now_of(w);
	int err = hop ? send_to(w, hop->mac, ip, n) : hold(w, via, ip, n);

	if (err)
		return err;

	/* If the kernel took the processor away meanwhile, we cannot say when the
	 * frame left. */
	tick took = now_of(w) - before;

	if (took > l->stats.late_max)
		l->stats.late_max = took;
	l->stats.sent++;
	if (sent_at)
		*sent_at = before;
	return 0;
}

/* ---- in -------------------------------------------------------------------------- */

/* A host is where its frames come from. */
static void learn(struct link_net *w, const struct addr *who, const uint8_t mac[6])
{
	if ((mac[0] & 1) || memcmp(mac, w->self.mac, 6) == 0)
		return;

	struct hop *hop = hop_find(w, who);

	if (!hop) {
		hop = &w->hops[w->next_hop_slot];
		w->next_hop_slot = (w->next_hop_slot + 1) % HOPS;
		hop->addr = *who;
	}
	memcpy(hop->mac, mac, 6);
	for (unsigned i = 0; i < HELD; i++) {
		struct held held = w->held[i];

		if (!held.hop.v || !addr_eq(&held.hop, who))
			continue;
		w->held[i] = (struct held){ 0 };
		send_to(w, mac, held.octets, held.n);
		free(held.octets);
	}
}

static bool among(const struct addr *a, const struct addr *set, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (addr_eq(a, &set[i]))
			return true;
	return false;
}

/* Frames about neighbours: learn, note who has an address of ours, answer. */
static void take_neighbor(struct link_net *w, const uint8_t *frame, size_t n)
{
	struct neighbor_fact fact;

	if (neighbor_told(frame, n, &fact) && memcmp(fact.mac, w->self.mac, 6) != 0) {
		for (unsigned i = 0; i < w->config.n_own; i++)
			if (addr_eq(&fact.who, &w->config.own[i]))
				w->taken[i] = true;
		if (w->asked && addr_eq(&fact.who, w->asked))
			w->asked_taken = true;
		if (!fact.probe && !among(&fact.who, w->config.own, w->config.n_own))
			learn(w, &fact.who, fact.mac);
	}

	uint8_t answer[NEIGHBOR_MAX];
	size_t octets = w->claiming ? neighbor_answer(&w->self, frame, n, answer) : 0;

	if (octets)
		write_frame(w, answer, octets);
}

static void take_datagram(struct link_net *w, const struct ether *e, size_t full, tick at)
{
	const struct link_net_config *c = &w->config;
	struct wire_ip ip;
	struct link *l = &w->link;

	/* The filter has seen to this, but frames that came before it was set have
	 * not seen the filter. */
	if (!wire_ip_decode(e->payload, e->n, full, &ip) || !among(&ip.dst, c->own, c->n_own) ||
	    among(&ip.src, c->own, c->n_own))
		return;

	bool is_icmp = ip.protocol == IPPROTO_ICMP || ip.protocol == IPPROTO_ICMPV6;
	bool is_peer = c->n_peer == 0 || among(&ip.src, c->peer, c->n_peer);

	/* A router on the way may have something to say, too. */
	if (!is_peer && !is_icmp)
		return;
	if (is_peer && addr_eq(next_hop(w, &ip.src), &ip.src))
		learn(w, &ip.src, e->src);
	w->arrivals++;
	l->stats.received++;
	if (l->arrived)
		l->arrived(l->arg, e->payload, e->n, full, at);
}

static void take_frame(uint8_t *arg, const struct pcap_pkthdr *h, const uint8_t *frame)
{
	struct link_net *w = (struct link_net *)(void *)arg;
	struct ether e;

	if (!ether_decode(frame, h->caplen, &e) || memcmp(e.src, w->self.mac, 6) == 0)
		return;
	if (e.type == ETHER_ARP) {
		take_neighbor(w, frame, h->caplen);
		return;
	}
	if (e.type != (e.n && e.payload[0] >> 4 == 4 ? ETHER_IP4 : ETHER_IP6))
		return;
	/* Behind an ICMPv6 header without extensions: what neighbours say. */
	if (e.type == ETHER_IP6 && e.n > 40 && e.payload[6] == IPPROTO_ICMPV6 &&
	    (e.payload[40] == 135 || e.payload[40] == 136)) {
		take_neighbor(w, frame, h->caplen);
		return;
	}
	take_datagram(w, &e, h->len - (h->caplen - e.n), stamp_of(w, h));
}

/* Takes what has been captured.  True if something was handed over. */
static bool take_frames(struct link_net *w)
{
	w->arrivals = 0;
	if (w->link.lost[0])
		return false;

	int got = pcap_dispatch(w->capture, BATCH, take_frame, (uint8_t *)w);

	if (got < 0)
		lose(w, pcap_geterr(w->capture));
	return w->arrivals > 0;
}

static void count_drops(struct link_net *w)
{
	struct pcap_stat s;

	if (!w->link.lost[0] && pcap_stats(w->capture, &s) == 0)
		w->link.stats.dropped = (uint64_t)s.ps_drop + s.ps_ifdrop;
}

/* ---- waiting --------------------------------------------------------------------- */

tick link_net_now(const struct link *l)
{
	return now_of((const struct link_net *)l);
}

int link_watch(struct link *l, int fd, void (*fn)(void *arg), void *arg)
{
	struct link_net *w = net_of(l);
	struct watch *slot = NULL;

	if (fd < 0)
		return -EBADF;
	for (unsigned i = 0; i < WATCHES; i++) {
		if (w->watches[i].fd == fd) {
			slot = &w->watches[i];
			break;
		}
		if (w->watches[i].fd < 0 && !slot)
			slot = &w->watches[i];
	}
	if (!fn) {
		if (!slot || slot->fd != fd)
			return -ENOENT;
		slot->fd = -1;
		return 0;
	}
	if (!slot)
		return -ENOSPC;
	*slot = (struct watch){ fd, fn, arg };
	return 0;
}

/* Waits for the capture and, if `watched`, for the other descriptors, at most for
 * `timeout` (TICK_NEVER: for ever).  True if a descriptor spoke or a signal came. */
static bool wait_descriptors(struct link_net *w, tick timeout, bool watched)
{
	struct pollfd fds[1 + WATCHES];
	unsigned slots[1 + WATCHES], n = 0;

	if (!w->link.lost[0])
		fds[n++] = (struct pollfd){ .fd = pcap_get_selectable_fd(w->capture), .events = POLLIN };

	unsigned first = n;

	for (unsigned i = 0; watched && i < WATCHES; i++) {
		if (w->watches[i].fd < 0)
			continue;
		slots[n] = i;
		fds[n++] = (struct pollfd){ .fd = w->watches[i].fd, .events = POLLIN };
	}

	struct timespec left = { .tv_sec = timeout / 1000000000, .tv_nsec = timeout % 1000000000 };
	int ready = ppoll(fds, n, timeout == TICK_NEVER ? NULL : &left, NULL);

	if (ready <= 0)
		return ready < 0;
	for (unsigned i = first; i < n; i++) {
		const struct watch *watch = &w->watches[slots[i]];

		/* One that was called before may have removed it. */
		if (fds[i].revents && watch->fd == fds[i].fd)
			watch->fn(watch->arg);
	}
	return true;
}

/* Lets time pass until `when`, or until something happened. */
static tick wait_until(struct link_net *w, tick when, bool watched)
{
	tick now = now_of(w);
	bool ahead = when > now;

	while (!take_frames(w)) {
		now = now_of(w);

		tick left = when == TICK_NEVER ? TICK_NEVER : when > now ? when - now : 0;

		/* The last stretch by the clock alone: the kernel would wake us later.
		 * Descriptors are looked at once even if no time is left. */
		if (left > 0 && left <= SPIN) {
			while (now_of(w) < when)
				;
			break;
		}

		tick timeout = left == TICK_NEVER || left == 0 ? left : left - SPIN;

		if (wait_descriptors(w, timeout, watched)) {
			take_frames(w);
			break;
		}
		if (left == 0)
			break;
	}
	/* A flood of frames must not hide the other descriptors. */
	if (w->arrivals && watched) {
		unsigned arrivals = w->arrivals;

		wait_descriptors(w, 0, true);
		w->arrivals = arrivals;
	}
	now = now_of(w);
	if (ahead && w->arrivals == 0 && now > when && now - when > w->link.stats.late_max)
		w->link.stats.late_max = now - when;
	watch_clocks(w);
	count_drops(w);
	return now;
}

static tick net_wait_until(struct link *l, tick when)
{
	return wait_until(net_of(l), when, true);
}

int link_net_resolve(struct link *l, const struct addr *a)
{
	struct link_net *w = net_of(l);
	const struct addr *hop = next_hop(w, a), *sender = own_of_version(w, a->v);
	tick now = now_of(w), end = now + ASK_FOR;

	if (!sender)
		return -EADDRNOTAVAIL;
	while (!hop_find(w, hop)) {
		if (now >= end || l->lost[0])
			return -EHOSTUNREACH;
		ask(w, sender, hop);
		for (tick again = now + ASK_EVERY; now < again && !hop_find(w, hop); )
			now = wait_until(w, again, false);
	}
	return 0;
}

/* Asks for all of the set; ends early once *known, if given. */
static void probe(struct link_net *w, const struct addr *set, unsigned n, const bool *known)
{
	bool claiming = w->claiming;
	tick now = now_of(w);

	w->claiming = false;
	for (unsigned i = 0; i < PROBES && !(known && *known); i++) {
		for (unsigned k = 0; k < n; k++)
			ask(w, NULL, &set[k]);
		for (tick again = now + ASK_EVERY; now < again && !(known && *known); )
			now = wait_until(w, again, false);
	}
	w->claiming = claiming;
}

/* Whether this host has the address.  Its kernel does not hear our probes. */
static bool this_host_has(const struct addr *a)
{
	struct ifaddrs *all = NULL;
	bool found = false;

	if (getifaddrs(&all) != 0)
		return false;
	for (const struct ifaddrs *i = all; i && !found; i = i->ifa_next) {
		struct addr own = { 0 };

		if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET) {
			own.v = 4;
			memcpy(own.o, &((const struct sockaddr_in *)(const void *)i->ifa_addr)->sin_addr, 4);
		} else if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET6) {
			own.v = 6;
			memcpy(own.o, &((const struct sockaddr_in6 *)(const void *)i->ifa_addr)->sin6_addr, 16);
		}
		found = addr_eq(&own, a);
	}
	freeifaddrs(all);
	return found;
}

bool link_net_in_use(struct link *l, const struct addr *a)
{
	struct link_net *w = net_of(l);

	if (!w->config.own_address && this_host_has(a))
		return true;
	for (unsigned i = 0; i < w->config.n_own; i++) {
		if (!addr_eq(a, &w->config.own[i]))
			continue;
		if (!w->probed)
			probe(w, w->config.own, w->config.n_own, NULL);
		w->probed = true;
		return w->taken[i];
	}
	w->asked = a;
	w->asked_taken = false;
	probe(w, a, 1, &w->asked_taken);
	w->asked = NULL;
	return w->asked_taken;
}

/* ---- opening and closing ----------------------------------------------------------- */

static void net_close(struct link *l)
{
	struct link_net *w = net_of(l);

	for (unsigned i = 0; i < HELD; i++)
		free(w->held[i].octets);
	if (w->capture)
		pcap_close(w->capture);
	if (w->inject)
		libnet_destroy(w->inject);
	if (w->groups >= 0)
		close(w->groups);
	free(w);
}

/* What there is instead of an interface that there is not. */
static void say_interfaces(const char *iface, char *err, size_t n)
{
	struct if_nameindex *all = if_nameindex();
	char names[256] = "";

	for (struct if_nameindex *i = all; i && i->if_name; i++) {
		size_t used = strlen(names);

		say(names + used, sizeof names - used, "%s%s", used ? ", " : "", i->if_name);
	}
	if (all)
		if_freenameindex(all);
	say(err, n, "there is no interface %s here: use one of %s", iface, names[0] ? names : "none");
}

/* Whether the interface can be used at all; its index and link-layer address. */
static bool look_at_interface(struct link_net *w, char *err, size_t n)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up = false, ether = false;

	memcpy(request.ifr_name, w->iface, sizeof w->iface);
	if (fd >= 0) {
		up = ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP);
		ether = ioctl(fd, SIOCGIFHWADDR, &request) == 0 &&
		        request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
		memcpy(w->self.mac, request.ifr_hwaddr.sa_data, 6);
		close(fd);
	}
	if (!up)
		say(err, n, "interface %s is down: sudo ip link set %s up", w->iface, w->iface);
	else if (!ether)
		say(err, n, "interface %s does not carry Ethernet: use one that does", w->iface);
	return up && ether;
}

static void say_privilege(const char *iface, char *err, size_t n)
{
	char exe[256];
	ssize_t got = readlink("/proc/self/exe", exe, sizeof exe - 1);

	exe[got > 0 ? got : 0] = '\0';
	say(err, n, "capturing and injecting on %s needs CAP_NET_RAW: run it with sudo, or once: "
	    "sudo setcap cap_net_raw+ep %s", iface, got > 0 ? exe : "PROGRAM");
}

/* Text that grows; what does not fit is missing, and the filter does not compile. */
__attribute__((format(printf, 3, 4)))
static void add(char *text, size_t n, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, n - used, format, args);
	va_end(args);
}

/* Appends " and (dir host A or ...)" for the addresses of one version; false if
 * there are none. */
static bool add_hosts(char *text, size_t size, const char *dir, const char *extra,
                      uint8_t v, const struct addr *set, unsigned n)
{
	bool any = false;

	for (unsigned i = 0; i < n; i++) {
		char name[64];

		if (set[i].v != v)
			continue;
		add(text, size, "%s%s host %s", any ? " or " : " and (", dir, addr_show(&set[i], name, sizeof name));
		any = true;
	}
	if (any)
		add(text, size, "%s)", extra);
	return any;
}

/* ARP, neighbour discovery, and what is sent to us: by the peers, or by ICMP. */
static void filter_text(const struct link_net_config *c, char *text, size_t n)
{
	add(text, n, "arp or (icmp6 and (ip6[40] == 135 or ip6[40] == 136))");
	for (uint8_t v = 4; v <= 6; v += 2) {
		char one[4096] = "";

		add(one, sizeof one, v == 4 ? "ip" : "ip6");
		if (!add_hosts(one, sizeof one, "dst", "", v, c->own, c->n_own))
			continue;
		add_hosts(one, sizeof one, "src", v == 4 ? " or icmp" : " or icmp6", v, c->peer, c->n_peer);
		add(text, n, " or (%s)", one);
	}
}

static bool set_filter(struct link_net *w, char *err, size_t n)
{
	char text[9000] = "";
	struct bpf_program program;

	filter_text(&w->config, text, sizeof text);
	if (pcap_compile(w->capture, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0) {
		say(err, n, "cannot filter on %s: %s", w->iface, pcap_geterr(w->capture));
		return false;
	}

	bool set = pcap_setfilter(w->capture, &program) == 0;

	pcap_freecode(&program);
	if (!set)
		say(err, n, "cannot filter on %s: %s", w->iface, pcap_geterr(w->capture));
	return set;
}

static bool open_capture(struct link_net *w, char *err, size_t n)
{
	char why[PCAP_ERRBUF_SIZE] = "";

	w->capture = pcap_create(w->iface, why);
	if (!w->capture) {
		say(err, n, "cannot capture on %s: %s", w->iface, why);
		return false;
	}
	pcap_set_snaplen(w->capture, w->config.snaplen > 0 ? w->config.snaplen : SNAPLEN);
	pcap_set_immediate_mode(w->capture, 1);
	pcap_set_promisc(w->capture, 0);
	pcap_set_timeout(w->capture, 1);
	pcap_set_buffer_size(w->capture, CAPTURE_BUFFER);
	pcap_set_tstamp_precision(w->capture, PCAP_TSTAMP_PRECISION_NANO);

	int status = pcap_activate(w->capture);

	if (status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED)
		say_privilege(w->iface, err, n);
	else if (status == PCAP_ERROR_IFACE_NOT_UP)
		say(err, n, "interface %s is down: sudo ip link set %s up", w->iface, w->iface);
	else if (status < 0)
		say(err, n, "cannot capture on %s: %s", w->iface, pcap_geterr(w->capture));
	else if (pcap_datalink(w->capture) != DLT_EN10MB)
		say(err, n, "interface %s does not carry Ethernet: use one that does", w->iface);
	else if (pcap_get_tstamp_precision(w->capture) != PCAP_TSTAMP_PRECISION_NANO)
		say(err, n, "libpcap gives no nanosecond stamps on %s: use libpcap 1.5 or newer", w->iface);
	else if (pcap_setdirection(w->capture, PCAP_D_IN) != 0 || pcap_setnonblock(w->capture, 1, why) != 0)
		say(err, n, "cannot capture on %s: %s", w->iface, pcap_geterr(w->capture));
	else
		return set_filter(w, err, n);
	return false;
}

static bool open_injection(struct link_net *w, char *err, size_t n)
{
	char why[LIBNET_ERRBUF_SIZE] = "";

	w->inject = libnet_init(LIBNET_LINK, w->iface, why);
	if (!w->inject) {
		if (geteuid() != 0 && strstr(why, "ermi"))
			say_privilege(w->iface, err, n);
		else
			say(err, n, "cannot inject on %s: %s", w->iface, why);
		return false;
	}

	/* libnet's socket would also queue a copy of every frame, which nobody reads. */
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &nothing };

	setsockopt(libnet_getfd(w->inject), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
	return true;
}

static bool proc_says_yes(const char *path)
{
	FILE *f = fopen(path, "re");
	int c = f ? getc(f) : EOF;

	if (f)
		fclose(f);
	return c != EOF && c != '0' && c != '\n';
}

/* Whether the kernel would pass on what is sent to an address that is not its own. */
static bool kernel_forwards(const struct link_net *w)
{
	char path[128];

	say(path, sizeof path, "/proc/sys/net/ipv4/conf/%s/forwarding", w->iface);
	return proc_says_yes(path) || proc_says_yes("/proc/sys/net/ipv6/conf/all/forwarding");
}

static bool feature_is_on(int fd, struct ifreq *request, uint32_t command, uint32_t mask)
{
	struct ethtool_value value = { .cmd = command };

	request->ifr_data = (char *)&value;
	return ioctl(fd, SIOCETHTOOL, request) == 0 && (value.data & mask);
}

/* An interface that joins segments before we see them hides their edges. */
static void look_at_offloads(struct link_net *w)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool gro = false, lro = false;

	if (fd < 0)
		return;
	memcpy(request.ifr_name, w->iface, sizeof w->iface);
	gro = feature_is_on(fd, &request, ETHTOOL_GGRO, UINT32_MAX);
	lro = feature_is_on(fd, &request, ETHTOOL_GFLAGS, ETH_FLAG_LRO);
	close(fd);
	if (gro || lro)
		say(w->link.note, sizeof w->link.note,
		    "%s may join segments before they are seen: sudo ethtool -K %s gro off lro off", w->iface, w->iface);
}

/* What we send ourselves need not be captured to be thrown away. */
static void ignore_outgoing(struct link_net *w)
{
#ifdef PACKET_IGNORE_OUTGOING
	int on = 1;

	setsockopt(pcap_fileno(w->capture), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
#else
	(void)w;
#endif
}

static void join(struct link_net *w, unsigned short type, const uint8_t mac[6])
{
	struct packet_mreq request = {
		.mr_ifindex = (int)w->index, .mr_type = type, .mr_alen = 6,
	};

	memcpy(request.mr_address, mac, 6);
	if (setsockopt(pcap_fileno(w->capture), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request) != 0 &&
	    type == PACKET_MR_UNICAST) {
		request.mr_type = PACKET_MR_PROMISC;
		setsockopt(pcap_fileno(w->capture), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request);
	}
}

/* Lets the interface take what is sent to us: the solicited-node groups of our
 * addresses (as a host on this link would, so that switches hear of it), and our
 * own link-layer address if we have one. */
static void listen_for_us(struct link_net *w)
{
	const struct link_net_config *c = &w->config;

	w->groups = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (unsigned i = 0; i < c->n_own; i++) {
		struct ipv6_mreq request = { .ipv6mr_interface = w->index };
		struct addr group;
		uint8_t mac[6];

		if (c->own[i].v != 6)
			continue;
		neighbor_multicast(&c->own[i], &group, mac);
		join(w, PACKET_MR_MULTICAST, mac);
		memcpy(&request.ipv6mr_multiaddr, group.o, 16);
		if (w->groups >= 0)
			setsockopt(w->groups, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof request);
	}
	/* Advertisements to all nodes answer our probes. */
	join(w, PACKET_MR_MULTICAST, (const uint8_t[6]){ 0x33, 0x33, 0, 0, 0, 1 });
	if (c->own_address || c->n_own == 0 || !kernel_forwards(w))
		return;

	/* Locally administered, and the same in every run: switches remember. */
	uint64_t digest = digest_feed(DIGEST_START, w->self.mac, 6);

	digest = digest_feed(digest, c->own[0].o, 16);
	w->self.mac[0] = 0x02;
	for (unsigned i = 1; i < 6; i++)
		w->self.mac[i] = (uint8_t)(digest >> 8 * i);
	join(w, PACKET_MR_UNICAST, w->self.mac);
}

static bool open_link(struct link_net *w, char *err, size_t n)
{
	const struct link_net_config *c = &w->config;

	if (c->n_own > OWN_MAX || c->n_peer > PEER_MAX) {
		say(err, n, "at most %d own addresses and %d peers fit on one link", OWN_MAX, PEER_MAX);
		return false;
	}
	w->index = strcmp(w->iface, c->iface) == 0 ? if_nametoindex(w->iface) : 0;
	if (!w->index) {
		say_interfaces(c->iface, err, n);
		return false;
	}
	if (c->gateway4 && (!addr_parse(c->gateway4, &w->gateway4) || w->gateway4.v != 4)) {
		say(err, n, "%s is not an IPv4 address: give the gateway's", c->gateway4);
		return false;
	}
	if (c->gateway6 && (!addr_parse(c->gateway6, &w->gateway6) || w->gateway6.v != 6)) {
		say(err, n, "%s is not an IPv6 address: give the gateway's", c->gateway6);
		return false;
	}
	w->has_gateway4 = c->gateway4;
	w->has_gateway6 = c->gateway6;
	if (!look_at_interface(w, err, n) || !open_capture(w, err, n) || !open_injection(w, err, n))
		return false;
	ignore_outgoing(w);
	listen_for_us(w);
	look_at_offloads(w);
	return true;
}

struct link *link_net_new(const struct link_net_config *config, char *err, size_t n)
{
	static const struct link_ops ops = {
		.send = net_send, .wait_until = net_wait_until, .close = net_close,
	};
	struct link_net *w = calloc(1, sizeof *w);

	if (!w) {
		say(err, n, "no memory for the link on %s: free some", config->iface);
		return NULL;
	}
	w->link.ops = &ops;
	w->config = *config;
	w->groups = -1;
	w->claiming = !config->own_address;
	for (unsigned i = 0; i < WATCHES; i++)
		w->watches[i].fd = -1;
	say(w->iface, sizeof w->iface, "%s", config->iface);
	clock_gettime(CLOCK_MONOTONIC, &w->start);
	/* Interrupted each time is not to be believed; the next wait looks again. */
	for (int tries = 0; tries < 1000 && !read_real_ahead(&w->real_ahead); tries++)
		;

	/* Deadlines are worth more than the power that late wakings save. */
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	if (!open_link(w, err, n)) {
		net_close(&w->link);
		return NULL;
	}
	w->config.iface = w->iface;
	w->config.gateway4 = w->config.gateway6 = NULL;
	w->self.own = w->config.own;
	w->self.n_own = w->config.n_own;
	return &w->link;
}
