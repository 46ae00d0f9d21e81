/* wire.c: seg <-> octets.
 *
 * Encoding: libnet builds the datagram block by block, in one context that only
 * constructs (LIBNET_NONE needs no privilege) and is reused.  Then the octets
 * are patched where libnet has no words (data offset, reserved bits, deliberate
 * wrongs) or the wrong ones: libnet 1.1.6 swaps two octets of the flow label, and
 * its TCP checksum loses a carry in the largest IPv6 datagrams.
 *
 * Decoding: nothing is read before its length has been checked against what is
 * there.  `n` is always what is there, `full` what was on the wire.
 *
 * Not here: link-layer headers (link_net.c), the meaning of anything. */
#include "wire.h"

#include <errno.h>
#include <libnet.h>
#include <string.h>

#define IP4_HEADER 20
#define IP6_HEADER 40
#define TCP_HEADER 20
#define TCP_CUT    16           /* what WRONG_LENGTH leaves of a TCP header */

#define IP4_DF        0x4000
#define IP4_MF        0x2000
#define IP4_OFFSET    0x1fff

static libnet_t *context;

static uint16_t get16(const uint8_t *o)
{
	return (uint16_t)(o[0] << 8 | o[1]);
}

static uint32_t get32(const uint8_t *o)
{
	return (uint32_t)get16(o) << 16 | get16(o + 2);
}

static void put16(uint8_t *o, uint16_t x)
{
	o[0] = (uint8_t)(x >> 8);
	o[1] = (uint8_t)x;
}

/* ---- checksum -------------------------------------------------------------- */

/* One's complement sums are added up unfolded: 2^48 words fit. */
static uint64_t sum_of(const uint8_t *octets, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += get16(octets + i);
	if (n & 1)
		sum += (uint64_t)octets[n - 1] << 8;
	return sum;
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* RFC 9293 3.1; RFC 8200 8.1 has wider fields, but the same sum. */
static uint64_t pseudo_header(const struct addr *src, const struct addr *dst,
                              uint8_t protocol, size_t n)
{
	size_t octets = src->v == 4 ? 4 : 16;

	return sum_of(src->o, octets) + sum_of(dst->o, octets) + protocol +
	       (n >> 16) + (n & 0xffff);
}

uint16_t wire_cksum(const struct addr *src, const struct addr *dst, uint8_t protocol,
                    const uint8_t *octets, size_t n)
{
	uint64_t sum = sum_of(octets, n);

	if (src)
		sum += pseudo_header(src, dst, protocol, n);
	return (uint16_t)~fold(sum);
}

/* ---- encoding -------------------------------------------------------------- */

/* An empty context, or NULL when libnet has no memory. */
static libnet_t *fresh_context(void)
{
	if (context) {
		libnet_clear_packet(context);
	} else {
		char err[LIBNET_ERRBUF_SIZE];

		context = libnet_init(LIBNET_NONE, NULL, err);
	}
	return context;
}

void wire_close(void)
{
	if (context)
		libnet_destroy(context);
	context = NULL;
}

/* The IP header before what stands in the context already (`payload` octets). */
static bool build_ip(libnet_t *l, const struct wire_ip *ip, size_t payload)
{
	uint8_t ttl = ip->ttl ? ip->ttl : 64;

	if (ip->src.v == 4) {
		uint32_t src, dst;

		memcpy(&src, ip->src.o, sizeof src);
		memcpy(&dst, ip->dst.o, sizeof dst);
		return libnet_build_ipv4((uint16_t)(IP4_HEADER + payload), ip->tos, ip->id,
		                         ip->df ? IP4_DF : 0, ttl, ip->protocol, 0,
		                         src, dst, NULL, 0, l, 0) != -1;
	}
	struct libnet_in6_addr src, dst;

	memcpy(&src, ip->src.o, sizeof src);
	memcpy(&dst, ip->dst.o, sizeof dst);
	return libnet_build_ipv6(0, 0, (uint16_t)payload, ip->protocol,
	                         ttl, src, dst, NULL, 0, l, 0) != -1;
}

/* The octets of what stands in the context. */
static int take_octets(libnet_t *l, const struct wire_ip *ip, uint8_t *buf, size_t size)
{
	uint8_t *packet = NULL;
	uint32_t n = 0;

	if (libnet_pblock_coalesce(l, &packet, &n) == -1)
		return -ENOMEM;
	if (n <= size)
		memcpy(buf, packet, n);
	libnet_adv_free_packet(l, packet);
	if (n > size)
		return -EMSGSIZE;
	if (ip->src.v == 6) {
		put16(buf, (uint16_t)(0x6000 | ip->tos << 4 | (ip->flow >> 16 & 15)));
		put16(buf + 2, (uint16_t)ip->flow);
	}
	return (int)n;
}

/* 0 if `payload` octets between these addresses make a datagram that fits. */
static int fits(const struct addr *src, const struct addr *dst, size_t payload, size_t size)
{
	if ((src->v != 4 && src->v != 6) || src->v != dst->v)
		return -EINVAL;

	size_t header = src->v == 4 ? IP4_HEADER : IP6_HEADER;
	size_t limit = src->v == 4 ? 65535 - IP4_HEADER : 65535;

	return payload > limit || header + payload > size ? -EMSGSIZE : 0;
}

int wire_ip_encode(const struct wire_ip *ip, uint8_t *buf, size_t size)
{
	int err = fits(&ip->src, &ip->dst, ip->n, size);

	if (err)
		return err;

	libnet_t *l = fresh_context();

	if (!l)
		return -ENOMEM;
	if (ip->n && libnet_build_data(ip->payload, (uint32_t)ip->n, l, 0) == -1)
		return -ENOMEM;
	if (!build_ip(l, ip, ip->n))
		return -ENOMEM;
	return take_octets(l, ip, buf, size);
}

/* A checksum of 1 keeps libnet from summing: that is done when all is patched. */
static bool build_tcp(libnet_t *l, const struct seg *s, const uint8_t *options, size_t n_options)
{
	if (n_options && libnet_build_tcp_options(options, (uint32_t)n_options, l, 0) == -1)
		return false;
	return libnet_build_tcp(s->src.port, s->dst.port, s->seq, s->ack, s->ctl, s->wnd,
	                        1, s->urg, (uint16_t)(TCP_HEADER + n_options + s->len),
	                        s->len ? s->text : NULL, s->len, l, 0) != -1;
}

/* What the checksum field holds when it is to be wrong.  0 and 0xffff are the
 * same number in one's complement. */
static uint16_t wrong_cksum(uint16_t asked, uint16_t right)
{
	return asked % 0xffff != right % 0xffff ? asked : right ^ 0x5555;
}

int wire_encode(const struct seg *s, uint8_t *buf, size_t size)
{
	if (s->opt_len > SEG_OPT_MAX || (s->len && !s->text))
		return -EINVAL;
	if (s->len > 65535)
		return -EMSGSIZE;

	uint8_t options[SEG_OPT_MAX] = { 0 };
	size_t n_options = (s->opt_len + 3u) & ~3u;

	memcpy(options, s->opt, s->opt_len);
	if (!(s->wrong & WRONG_DOFF) && s->doff <= 15 && s->doff * 4u > TCP_HEADER + n_options)
		n_options = s->doff * 4u - TCP_HEADER;

	size_t n_tcp = TCP_HEADER + n_options + s->len;
	struct wire_ip ip = {
		.src = s->src.addr, .dst = s->dst.addr, .protocol = IPPROTO_TCP,
		.ttl = s->ttl, .tos = s->tos, .id = s->ip_id, .df = s->df, .flow = s->flow,
	};
	int err = fits(&ip.src, &ip.dst, n_tcp, size);

	if (err)
		return err;

	libnet_t *l = fresh_context();

	if (!l || !build_tcp(l, s, options, n_options) || !build_ip(l, &ip, n_tcp))
		return -ENOMEM;

	int n = take_octets(l, &ip, buf, size);

	if (n < 0)
		return n;

	uint8_t *tcp = buf + ((size_t)n - n_tcp);
	unsigned doff = s->wrong & WRONG_DOFF ? s->doff & 15u
	                                      : (unsigned)(TCP_HEADER + n_options) / 4;

	tcp[12] = (uint8_t)(doff << 4 | (s->rsv & 15));
	put16(tcp + 16, 0);
	put16(tcp + 16, wire_cksum(&ip.src, &ip.dst, IPPROTO_TCP, tcp, n_tcp));
	if (s->wrong & WRONG_CKSUM)
		put16(tcp + 16, wrong_cksum(s->cksum, get16(tcp + 16)));
	if (!(s->wrong & WRONG_LENGTH))
		return n;

	/* The datagram ends within the TCP header; its IP header is sound. */
	uint8_t cut[TCP_CUT];

	memcpy(cut, tcp, sizeof cut);
	ip.payload = cut;
	ip.n = sizeof cut;
	return wire_ip_encode(&ip, buf, size);
}

/* ---- decoding -------------------------------------------------------------- */

static bool decode_ip4(const uint8_t *o, size_t n, size_t full, struct wire_ip *ip)
{
	if (n < IP4_HEADER)
		return false;

	size_t header = (o[0] & 15u) * 4, length = get16(o + 2);
	uint16_t frag = get16(o + 6);

	if (length == 0)
		length = full;
	if (header < IP4_HEADER || header > n || length < header || length > full)
		return false;
	*ip = (struct wire_ip){
		.src.v = 4, .dst.v = 4, .protocol = o[9], .ttl = o[8], .tos = o[1],
		.id = get16(o + 4), .df = frag & IP4_DF, .fragment = frag & (IP4_MF | IP4_OFFSET),
		.payload = o + header,
		.n = (length < n ? length : n) - header, .full = length - header,
	};
	memcpy(ip->src.o, o + 12, 4);
	memcpy(ip->dst.o, o + 16, 4);
	return true;
}

/* Walks the extension headers (RFC 8200 4).  Each is 8 octets at least, so the
 * walk ends with the datagram. */
static bool skip_extensions(struct wire_ip *ip)
{
	for (;;) {
		size_t header;

		switch (ip->protocol) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_DSTOPTS:
		case IPPROTO_ROUTING:
			if (ip->n < 8)
				return false;
			/* While segments are left, this is not the last destination,
			 * and the pseudo-header would be another. */
			if (ip->protocol == IPPROTO_ROUTING && ip->payload[3])
				ip->fragment = true;
			header = 8 + ip->payload[1] * 8u;
			break;
		case IPPROTO_FRAGMENT:
			if (ip->n < 8)
				return false;
			/* Offset 0 and no more to come is a whole datagram (RFC 6946). */
			if (get16(ip->payload + 2) & 0xfff9)
				ip->fragment = true;
			header = 8;
			break;
		default:
			return true;
		}
		if (header > ip->n)
			return false;

		bool last = ip->protocol == IPPROTO_FRAGMENT && ip->fragment;

		ip->protocol = ip->payload[0];
		ip->payload += header;
		ip->n -= header;
		ip->full -= header;
		/* Behind a part's fragment header may stand any octets. */
		if (last)
			return true;
	}
}

static bool decode_ip6(const uint8_t *o, size_t n, size_t full, struct wire_ip *ip)
{
	if (n < IP6_HEADER)
		return false;

	size_t length = get16(o + 4);

	if (length == 0)
		length = full - IP6_HEADER;
	if (length > full - IP6_HEADER)
		return false;
	*ip = (struct wire_ip){
		.src.v = 6, .dst.v = 6, .protocol = o[6], .ttl = o[7],
		.tos = (uint8_t)(get16(o) >> 4), .flow = get32(o) & 0xfffff,
		.payload = o + IP6_HEADER,
		.n = length < n - IP6_HEADER ? length : n - IP6_HEADER, .full = length,
	};
	memcpy(ip->src.o, o + 8, 16);
	memcpy(ip->dst.o, o + 24, 16);
	return skip_extensions(ip);
}

bool wire_ip_decode(const uint8_t *ip, size_t n, size_t full, struct wire_ip *out)
{
	*out = (struct wire_ip){ 0 };
	if (n < 1)
		return false;
	if (full < n)
		full = n;
	switch (ip[0] >> 4) {
	case 4:
		return decode_ip4(ip, n, full, out);
	case 6:
		return decode_ip6(ip, n, full, out);
	default:
		return false;
	}
}

/* Fills what fewer than 20 octets of header still say. */
static void decode_stump(const uint8_t *tcp, size_t n, struct seg *s)
{
	if (n >= 2)
		s->src.port = get16(tcp);
	if (n >= 4)
		s->dst.port = get16(tcp + 2);
	if (n >= 8)
		s->seq = get32(tcp + 4);
	if (n >= 12)
		s->ack = get32(tcp + 8);
	if (n >= 13) {
		s->doff = tcp[12] >> 4;
		s->rsv = tcp[12] & 15;
	}
	if (n >= 14)
		s->ctl = tcp[13];
	if (n >= 16)
		s->wnd = get16(tcp + 14);
	if (n >= 18)
		s->cksum = get16(tcp + 16);
	if (n >= 20)
		s->urg = get16(tcp + 18);
}

/* Whether the field is the pseudo-header's sum alone.  Kernels leave it so with
 * the segment's length in it, or, for one that is to be cut up, without. */
static bool is_partial(const struct wire_ip *ip, uint16_t field)
{
	return field == fold(pseudo_header(&ip->src, &ip->dst, IPPROTO_TCP, ip->full)) ||
	       field == fold(pseudo_header(&ip->src, &ip->dst, IPPROTO_TCP, 0));
}

static enum wire_kind decode_tcp(const struct wire_ip *ip, struct seg *s)
{
	const uint8_t *tcp = ip->payload;

	decode_stump(tcp, ip->n, s);
	if (ip->full < TCP_HEADER) {
		s->wrong |= WRONG_LENGTH;
		return WIRE_SEG;
	}
	if (ip->n < TCP_HEADER)
		return WIRE_BROKEN;

	size_t header = s->doff * 4u;

	if (header < TCP_HEADER || header > ip->full) {
		s->wrong |= WRONG_DOFF;
		header = TCP_HEADER;
	}
	if (header > ip->n)
		return WIRE_BROKEN;
	s->opt_len = (uint8_t)(header - TCP_HEADER);
	memcpy(s->opt, tcp + TCP_HEADER, s->opt_len);
	s->len = (uint32_t)(ip->full - header);
	if (ip->n < ip->full) {
		s->wrong |= WRONG_SNAP;
		return WIRE_SEG;
	}
	s->text = s->len ? tcp + header : NULL;
	if (wire_cksum(&ip->src, &ip->dst, IPPROTO_TCP, tcp, ip->n) != 0) {
		s->wrong |= WRONG_CKSUM;
		if (is_partial(ip, s->cksum))
			s->wrong |= WRONG_PARTIAL;
	}
	return WIRE_SEG;
}

enum wire_kind wire_decode(const uint8_t *octets, size_t n, size_t full, struct seg *s)
{
	struct wire_ip ip;

	*s = (struct seg){ 0 };
	if (!wire_ip_decode(octets, n, full, &ip))
		return WIRE_BROKEN;
	s->src.addr = ip.src;
	s->dst.addr = ip.dst;
	s->ttl = ip.ttl;
	s->tos = ip.tos;
	s->ip_id = ip.id;
	s->df = ip.df;
	s->flow = ip.flow;
	if (ip.fragment)
		return WIRE_OTHER;
	if (ip.protocol == IPPROTO_TCP)
		return decode_tcp(&ip, s);
	if (ip.protocol == (ip.src.v == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return WIRE_ICMP;
	return WIRE_OTHER;
}
