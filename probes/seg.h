/* seg.h: one segment is one value, from the case to libnet to the wire to
 * libpcap to the oracle to the report.
 *
 * All numbers are in host order and as in the header (the window is unscaled).
 * A struct seg owns nothing: `text` points into a buffer of its maker (the
 * packet that was decoded, or the arena of the run).  See wire.h for octets,
 * opt.h for what the option octets say, show.h for a line to read. */
#ifndef TCPCONFORM_SEG_H
#define TCPCONFORM_SEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tick.h"

/* Control bits (RFC 9293 3.1; ECE and CWR: RFC 3168). */
enum {
	FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08,
	ACK = 0x10, URG = 0x20, ECE = 0x40, CWR = 0x80
};

/* What is wrong with a segment: on purpose (wire_encode honours it) or as it
 * came (wire_decode reports it). */
enum {
	WRONG_CKSUM   = 0x01,   /* the TCP checksum does not verify              */
	WRONG_DOFF    = 0x02,   /* data offset below 5, or beyond the IP length  */
	WRONG_LENGTH  = 0x04,   /* the IP length does not hold a TCP header      */
	WRONG_SNAP    = 0x08,   /* captured short: text is NULL though len is true, checksum unknown */
	WRONG_PARTIAL = 0x10    /* beside WRONG_CKSUM: the field is the sum of the pseudo-header alone,
	                         * as a sender's kernel leaves it for the interface to finish */
};

#define SEG_OPT_MAX 40

struct addr {
	uint8_t v;              /* IP version: 4 or 6                            */
	uint8_t o[16];          /* network order; the first 4 for IPv4, rest 0   */
};

struct endpoint {
	struct addr addr;
	uint16_t    port;
};

struct seg {
	struct endpoint src, dst;

	uint32_t seq;                   /* SEG.SEQ                               */
	uint32_t ack;                   /* SEG.ACK: the field, also without ACK  */
	uint8_t  ctl;                   /* control bits                          */
	uint8_t  rsv;                   /* the four reserved bits, lowest first  */
	uint8_t  doff;                  /* data offset in words; 0: let the encoder compute it */
	uint16_t wnd;                   /* the window field, unscaled            */
	uint16_t urg;                   /* the urgent pointer field              */
	uint16_t cksum;                 /* as it came; the encoder computes it, or takes it if WRONG_CKSUM */

	uint8_t  opt_len;               /* octets of options, padding included when decoded */
	uint8_t  opt[SEG_OPT_MAX];

	const uint8_t *text;            /* NULL when len is 0, or with WRONG_SNAP */
	uint32_t len;                   /* octets of text (without SYN and FIN)  */

	uint8_t  ttl;                   /* 0: let the encoder take 64            */
	uint8_t  tos;                   /* DSCP and ECN                          */
	uint16_t ip_id;                 /* IPv4 identification                   */
	bool     df;                    /* IPv4: do not fragment                 */
	uint32_t flow;                  /* IPv6 flow label                       */

	uint8_t  wrong;                 /* WRONG_*                               */
	tick     at;                    /* when it was sent or arrived           */
};

/* SEG.LEN (RFC 9293 3.4): octets of text, SYN and FIN counting one each. */
static inline uint32_t seg_len(const struct seg *s)
{
	return s->len + !!(s->ctl & SYN) + !!(s->ctl & FIN);
}

/* The sequence number behind the segment's last octet. */
static inline uint32_t seg_end(const struct seg *s)
{
	return s->seq + seg_len(s);
}

bool addr_eq(const struct addr *a, const struct addr *b);
bool endpoint_eq(const struct endpoint *a, const struct endpoint *b);

/* "192.0.2.1" or "2001:db8::1" -> addr.  False if it is neither. */
bool addr_parse(const char *text, struct addr *a);

/* Writes the address into buf (at least 46 octets) and returns buf. */
const char *addr_show(const struct addr *a, char *buf, size_t n);

/* The pattern that all test data follows: the octet at offset `at` of a stream.
 * Not periodic in 2^16, so a shifted or repeated piece is seen, within 400 octets
 * for any shift below 2^16.  The agent has the same function (docs/agent-protocol.md). */
static inline uint8_t pattern_octet(uint64_t at)
{
	return (uint8_t)(((at + 1) * 0x9E3779B97F4A7C15u) >> 56);
}

/* FNV-1a, 64 bit: the digest by which an upper tester says what it has read.
 * Start with DIGEST_START, feed the octets in order. */
#define DIGEST_START 0xcbf29ce484222325u
uint64_t digest_feed(uint64_t digest, const uint8_t *octets, size_t n);

/* digest_feed over the first n octets of the pattern. */
uint64_t digest_pattern(uint64_t n);

#endif
