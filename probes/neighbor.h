/* neighbor.h: ARP (RFC 826, RFC 5227) and neighbour discovery (RFC 4861, RFC
 * 4862) for addresses that are ours alone, as frames.
 *
 * An address that this host's kernel does not have is one whose segments it does
 * not answer; but then nobody else answers for it either, so we do.  Only octets
 * in and octets out here: link_net.c sends, receives and knows the time. */
#ifndef TCPCONFORM_NEIGHBOR_H
#define TCPCONFORM_NEIGHBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seg.h"

#define ETHER_HEADER 14

enum ether_type { ETHER_IP4 = 0x0800, ETHER_ARP = 0x0806, ETHER_IP6 = 0x86dd };

/* What an Ethernet frame carries. */
struct ether {
	uint8_t  dst[6], src[6];
	uint16_t type;
	const uint8_t *payload;
	size_t   n;
};

/* False if the frame is cut short or belongs to another VLAN.  A tag with VLAN
 * identifier 0 only gives a priority: such a frame is one of this network. */
bool ether_decode(const uint8_t *frame, size_t n, struct ether *);

/* Writes the header that ether_decode reads, without tags. */
void ether_header(uint8_t frame[ETHER_HEADER], const uint8_t dst[6], const uint8_t src[6],
                  uint16_t type);

/* Ethernet, IPv6, and a solicitation or advertisement with its one option. */
#define NEIGHBOR_MAX (ETHER_HEADER + 40 + 32)

struct neighbor_self {
	uint8_t mac[6];
	const struct addr *own;
	unsigned n_own;
};

/* If the frame asks for one of our addresses, writes the frame that answers and
 * returns its octets, else 0. */
size_t neighbor_answer(const struct neighbor_self *, const uint8_t *frame, size_t n,
                       uint8_t answer[NEIGHBOR_MAX]);

/* Writes the frame that asks for the link-layer address of `target` in the name
 * of `sender`; with sender NULL a probe, which asks whether somebody has the
 * address and claims nothing. */
size_t neighbor_ask(const uint8_t mac[6], const struct addr *sender, const struct addr *target,
                    uint8_t frame[NEIGHBOR_MAX]);

/* What a frame lets everybody know. */
struct neighbor_fact {
	struct addr who;
	uint8_t mac[6];
	bool probe;             /* who does not have the address yet, but is about to take it */
};

bool neighbor_told(const uint8_t *frame, size_t n, struct neighbor_fact *);

/* The solicited-node multicast address of a (RFC 4291 2.7.1), and the
 * link-layer address of a multicast address (RFC 2464 7). */
void neighbor_multicast(const struct addr *a, struct addr *group, uint8_t mac[6]);

#endif
