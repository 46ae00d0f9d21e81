/* neighbor.c: ARP and neighbour discovery as octets; see neighbor.h. */
#include "neighbor.h"

#include <netinet/in.h>
#include <string.h>

#include "wire.h"

enum { VLAN_TAG = 0x8100, VLAN_SERVICE_TAG = 0x88a8 };
enum { ARP_LENGTH = 28, ARP_REQUEST = 1, ARP_REPLY = 2 };
enum { SOLICITATION = 135, ADVERTISEMENT = 136 };
enum { ND_LENGTH = 24, SOURCE_LINK = 1, TARGET_LINK = 2 };
enum { ND_SOLICITED = 0x40, ND_OVERRIDE = 0x20 };

static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const struct addr unspecified6 = { .v = 6 };
static const struct addr all_nodes = { .v = 6, .o = { 0xff, 0x02, [15] = 1 } };

static uint16_t get16(const uint8_t *o)
{
	return (uint16_t)(o[0] << 8 | o[1]);
}

static void put16(uint8_t *o, uint16_t x)
{
	o[0] = (uint8_t)(x >> 8);
	o[1] = (uint8_t)x;
}

/* ---- Ethernet --------------------------------------------------------------- */

bool ether_decode(const uint8_t *frame, size_t n, struct ether *e)
{
	size_t at = ETHER_HEADER;

	if (n < at)
		return false;

	uint16_t type = get16(frame + 12);

	while (type == VLAN_TAG || type == VLAN_SERVICE_TAG) {
		if (n < at + 4 || (get16(frame + at) & 0xfff) != 0)
			return false;
		type = get16(frame + at + 2);
		at += 4;
	}
	memcpy(e->dst, frame, 6);
	memcpy(e->src, frame + 6, 6);
	e->type = type;
	e->payload = frame + at;
	e->n = n - at;
	return true;
}

void ether_header(uint8_t frame[ETHER_HEADER], const uint8_t dst[6], const uint8_t src[6],
                  uint16_t type)
{
	memcpy(frame, dst, 6);
	memcpy(frame + 6, src, 6);
	put16(frame + 12, type);
}

/* ---- ARP -------------------------------------------------------------------- */

struct arp {
	unsigned op;
	struct addr sender, target;
	uint8_t sender_mac[6];
};

static bool arp_decode(const struct ether *e, struct arp *a)
{
	static const uint8_t ether_and_ip4[6] = { 0, 1, 0x08, 0x00, 6, 4 };
	const uint8_t *o = e->payload;

	if (e->type != ETHER_ARP || e->n < ARP_LENGTH || memcmp(o, ether_and_ip4, 6) != 0)
		return false;
	*a = (struct arp){ .op = get16(o + 6), .sender.v = 4, .target.v = 4 };
	memcpy(a->sender_mac, o + 8, 6);
	memcpy(a->sender.o, o + 14, 4);
	memcpy(a->target.o, o + 24, 4);
	return a->op == ARP_REQUEST || a->op == ARP_REPLY;
}

/* mac tells where sender is; to is whom the frame goes to. */
static size_t arp_encode(unsigned op, const uint8_t mac[6], const struct addr *sender,
                         const uint8_t to[6], const struct addr *target, uint8_t *frame)
{
	uint8_t *o = frame + ETHER_HEADER;

	ether_header(frame, to, mac, ETHER_ARP);
	memcpy(o, (const uint8_t[6]){ 0, 1, 0x08, 0x00, 6, 4 }, 6);
	put16(o + 6, (uint16_t)op);
	memcpy(o + 8, mac, 6);
	memcpy(o + 14, sender->o, 4);
	/* In a request the target's hardware address is what one asks for. */
	if (op == ARP_REPLY)
		memcpy(o + 18, to, 6);
	else
		memset(o + 18, 0, 6);
	memcpy(o + 24, target->o, 4);
	return ETHER_HEADER + ARP_LENGTH;
}

/* ---- neighbour discovery ------------------------------------------------------ */

struct nd {
	unsigned type;
	struct addr src, dst, target;
	bool has_link;                  /* the option that fits the type         */
	uint8_t link[6];
};

/* The checks of RFC 4861 7.1.1 and 7.1.2. */
static bool nd_decode(const struct ether *e, struct nd *d)
{
	struct wire_ip ip;

	if (e->type != ETHER_IP6 || !wire_ip_decode(e->payload, e->n, e->n, &ip))
		return false;
	if (ip.src.v != 6 || ip.fragment || ip.protocol != IPPROTO_ICMPV6 || ip.ttl != 255 ||
	    ip.n != ip.full || ip.n < ND_LENGTH)
		return false;

	const uint8_t *o = ip.payload;

	if ((o[0] != SOLICITATION && o[0] != ADVERTISEMENT) || o[1] != 0 || o[8] == 0xff)
		return false;
	if (wire_cksum(&ip.src, &ip.dst, IPPROTO_ICMPV6, o, ip.n) != 0)
		return false;
	*d = (struct nd){ .type = o[0], .src = ip.src, .dst = ip.dst, .target.v = 6 };
	memcpy(d->target.o, o + 8, 16);
	for (size_t i = ND_LENGTH; i < ip.n; ) {
		size_t left = ip.n - i, length = left >= 2 ? o[i + 1] * 8u : 0;

		if (length == 0 || length > left)
			return false;
		if (o[i] == (d->type == SOLICITATION ? SOURCE_LINK : TARGET_LINK)) {
			d->has_link = true;
			memcpy(d->link, o + i + 2, 6);
		}
		i += length;
	}
	if (d->type == SOLICITATION && addr_eq(&d->src, &unspecified6)) {
		struct addr group;
		uint8_t mac[6];

		neighbor_multicast(&d->target, &group, mac);
		return !d->has_link && addr_eq(&d->dst, &group);
	}
	return true;
}

/* mac goes into the option unless the frame is a probe. */
static size_t nd_encode(const struct nd *d, uint8_t flags, const uint8_t mac[6],
                        const uint8_t to[6], uint8_t *frame)
{
	uint8_t o[ND_LENGTH + 8] = { (uint8_t)d->type, [4] = flags };
	struct wire_ip ip = {
		.src = d->src, .dst = d->dst, .protocol = IPPROTO_ICMPV6, .ttl = 255,
		.payload = o, .n = d->has_link ? sizeof o : ND_LENGTH,
	};

	memcpy(o + 8, d->target.o, 16);
	o[ND_LENGTH] = d->type == SOLICITATION ? SOURCE_LINK : TARGET_LINK;
	o[ND_LENGTH + 1] = 1;
	memcpy(o + ND_LENGTH + 2, mac, 6);
	put16(o + 2, wire_cksum(&ip.src, &ip.dst, IPPROTO_ICMPV6, o, ip.n));

	int n = wire_ip_encode(&ip, frame + ETHER_HEADER, NEIGHBOR_MAX - ETHER_HEADER);

	if (n < 0)
		return 0;
	ether_header(frame, to, mac, ETHER_IP6);
	return ETHER_HEADER + (size_t)n;
}

void neighbor_multicast(const struct addr *a, struct addr *group, uint8_t mac[6])
{
	*group = (struct addr){ .v = 6, .o = { 0xff, 0x02, [11] = 1, 0xff } };
	memcpy(group->o + 13, a->o + 13, 3);
	mac[0] = mac[1] = 0x33;
	memcpy(mac + 2, group->o + 12, 4);
}

/* ---- both ------------------------------------------------------------------- */

static bool is_own(const struct neighbor_self *self, const struct addr *a)
{
	for (unsigned i = 0; i < self->n_own; i++)
		if (addr_eq(&self->own[i], a))
			return true;
	return false;
}

size_t neighbor_answer(const struct neighbor_self *self, const uint8_t *frame, size_t n,
                       uint8_t answer[NEIGHBOR_MAX])
{
	struct ether e;
	struct arp a;
	struct nd d;

	if (!ether_decode(frame, n, &e) || memcmp(e.src, self->mac, 6) == 0)
		return 0;
	if (arp_decode(&e, &a)) {
		if (a.op != ARP_REQUEST || !is_own(self, &a.target))
			return 0;
		return arp_encode(ARP_REPLY, self->mac, &a.target, a.sender_mac, &a.sender, answer);
	}
	if (!nd_decode(&e, &d) || d.type != SOLICITATION || !is_own(self, &d.target))
		return 0;

	struct nd advertisement = {
		.type = ADVERTISEMENT, .src = d.target, .dst = d.src, .target = d.target, .has_link = true,
	};

	/* Who asks without an address wants to take this one: everybody shall hear. */
	if (addr_eq(&d.src, &unspecified6)) {
		advertisement.dst = all_nodes;
		return nd_encode(&advertisement, ND_OVERRIDE, self->mac,
		                 (const uint8_t[6]){ 0x33, 0x33, 0, 0, 0, 1 }, answer);
	}
	return nd_encode(&advertisement, ND_SOLICITED | ND_OVERRIDE, self->mac,
	                 d.has_link ? d.link : e.src, answer);
}

size_t neighbor_ask(const uint8_t mac[6], const struct addr *sender, const struct addr *target,
                    uint8_t frame[NEIGHBOR_MAX])
{
	if (target->v == 4) {
		static const struct addr unspecified4 = { .v = 4 };

		return arp_encode(ARP_REQUEST, mac, sender ? sender : &unspecified4,
		                  broadcast, target, frame);
	}

	struct nd d = {
		.type = SOLICITATION, .src = sender ? *sender : unspecified6,
		.target = *target, .has_link = sender != NULL,
	};
	uint8_t to[6];

	neighbor_multicast(target, &d.dst, to);
	return nd_encode(&d, 0, mac, to, frame);
}

bool neighbor_told(const uint8_t *frame, size_t n, struct neighbor_fact *fact)
{
	static const struct addr unspecified4 = { .v = 4 };
	struct ether e;
	struct arp a;
	struct nd d;

	*fact = (struct neighbor_fact){ 0 };
	if (!ether_decode(frame, n, &e))
		return false;
	memcpy(fact->mac, e.src, 6);
	if (arp_decode(&e, &a)) {
		fact->probe = addr_eq(&a.sender, &unspecified4);
		fact->who = fact->probe ? a.target : a.sender;
		memcpy(fact->mac, a.sender_mac, 6);
		return !fact->probe || a.op == ARP_REQUEST;
	}
	if (!nd_decode(&e, &d))
		return false;
	fact->probe = d.type == SOLICITATION && addr_eq(&d.src, &unspecified6);
	fact->who = d.type == ADVERTISEMENT || fact->probe ? d.target : d.src;
	if (d.has_link)
		memcpy(fact->mac, d.link, 6);
	return true;
}
