/* test_wire.c: octets against octets written down by hand, and against a checksum
 * that is another one than wire.c's (RFC 1071's sum, an octet at a time). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/opt.h"
#include "probes/wire.h"

/* ---- an independent checksum ------------------------------------------------ */

/* Adds octet by octet with end-around carry, as one would on paper. */
static unsigned add_octets(unsigned sum, const uint8_t *o, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sum += i % 2 ? o[i] : o[i] * 256u;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return sum;
}

/* The checksum that a datagram without extension headers should have at `field`
 * of its payload. */
static unsigned right_cksum(const uint8_t *ip, size_t n, size_t field)
{
	bool v4 = ip[0] >> 4 == 4;
	size_t header = v4 ? 20 : 40, payload = n - header;
	uint8_t pseudo[40] = { 0 };
	size_t addrs = v4 ? 8 : 32;

	memcpy(pseudo, ip + (v4 ? 12 : 8), addrs);
	pseudo[addrs + 1] = v4 ? ip[9] : ip[6];
	pseudo[addrs + 2] = (uint8_t)(payload >> 8);
	pseudo[addrs + 3] = (uint8_t)payload;

	uint8_t *copy = malloc(payload);

	assert_non_null(copy);
	memcpy(copy, ip + header, payload);
	copy[field] = copy[field + 1] = 0;
	unsigned sum = add_octets(add_octets(0, pseudo, addrs + 4), copy, payload);

	free(copy);
	return ~sum & 0xffff;
}

static unsigned at16(const uint8_t *o)
{
	return o[0] * 256u + o[1];
}

static struct addr address(const char *text)
{
	struct addr a;

	assert_true(addr_parse(text, &a));
	return a;
}

static struct seg between(const char *src, const char *dst)
{
	return (struct seg){
		.src = { address(src), 40000 }, .dst = { address(dst), 80 },
		.seq = 0x01020304, .ack = 0xa0b0c0d0, .ctl = ACK | PSH, .wnd = 0x2000,
	};
}

static struct seg v4(void)
{
	return between("192.0.2.1", "198.51.100.2");
}

static struct seg v6(void)
{
	return between("2001:db8::1", "2001:db8::2");
}

static uint8_t buf[WIRE_MAX + 64];

/* ---- encoding --------------------------------------------------------------- */

static void the_octets_of_a_syn(void **state)
{
	/* 192.0.2.1:40000 > 198.51.100.2:80 <SEQ=0x01020304><CTL=SYN><MSS=1460>.
	 * IP: 4500+002c+1234+4000+4006+c000+0201+c633+6402 = 2c39c, with carry c39e,
	 * complement 3c61.  TCP: pseudo-header c000+0201+c633+6402+0006+0018, then
	 * 9c40+0050+0102+0304+6002+ffff+0204+05b4: 3f4a3, f4a6, complement 0b59. */
	static const uint8_t expected[44] = {
		0x45, 0x00, 0x00, 0x2c, 0x12, 0x34, 0x40, 0x00, 0x40, 0x06, 0x3c, 0x61,
		192, 0, 2, 1, 198, 51, 100, 2,
		0x9c, 0x40, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0, 0, 0, 0,
		0x60, 0x02, 0xff, 0xff, 0x0b, 0x59, 0, 0,
		0x02, 0x04, 0x05, 0xb4,
	};
	struct seg s = v4();

	(void)state;
	s.ctl = SYN;
	s.ack = 0;
	s.wnd = 0xffff;
	s.ip_id = 0x1234;
	s.df = true;
	assert_true(opt_mss(&s, 1460));
	assert_int_equal(wire_encode(&s, buf, sizeof buf), 44);
	assert_memory_equal(buf, expected, 44);
	assert_int_equal(right_cksum(buf, 44, 16), 0x0b59);
}

static void the_octets_of_ipv6_with_text(void **state)
{
	static const uint8_t expected[63] = {
		0x60 | 0x0b >> 4, 0xb0 | 0x5, 0x43, 0x21, 0, 23, 6, 9,
		0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
		0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
		0x9c, 0x40, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0xa0, 0xb0, 0xc0, 0xd0,
		0x50, 0x38, 0x20, 0x00, 0, 0, 0x00, 0x07,
		'a', 'b', 'c',
	};
	struct seg s = v6();

	(void)state;
	s.ctl = ACK | PSH | URG;
	s.urg = 7;
	s.ttl = 9;
	s.tos = 0x0b;
	s.flow = 0x54321;
	s.text = (const uint8_t *)"abc";
	s.len = 3;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), 63);
	assert_int_equal(at16(buf + 56), right_cksum(buf, 63, 16));
	assert_int_not_equal(at16(buf + 56), 0);
	buf[56] = buf[57] = 0;
	assert_memory_equal(buf, expected, 63);
}

static void reserved_bits_and_ece_are_summed(void **state)
{
	struct seg s = v4();

	(void)state;
	s.rsv = 0xd;
	s.ctl = SYN | ECE | CWR;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), 40);
	assert_int_equal(buf[32], 0x5d);
	assert_int_equal(buf[33], 0xc2);
	assert_int_equal(at16(buf + 36), right_cksum(buf, 40, 16));
}

static void options_are_padded_with_zeros(void **state)
{
	struct seg s = v4();

	(void)state;
	memset(s.opt, 0xee, sizeof s.opt);
	assert_true(opt_ws(&s, 7));
	assert_int_equal(wire_encode(&s, buf, sizeof buf), 44);
	assert_memory_equal(buf + 40, ((const uint8_t[]){ 3, 3, 7, 0 }), 4);
	assert_int_equal(buf[32] >> 4, 6);

	/* A longer header on demand, and never a shorter one than its options. */
	s.doff = 8;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), 52);
	assert_memory_equal(buf + 40, ((const uint8_t[12]){ 3, 3, 7 }), 12);
	assert_int_equal(buf[32] >> 4, 8);
	assert_int_equal(at16(buf + 36), right_cksum(buf, 52, 16));
	s.doff = 5;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), 44);
	assert_int_equal(buf[32] >> 4, 6);
}

static void wrong_checksum_is_wrong(void **state)
{
	struct seg s = v4(), got;

	(void)state;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), 40);
	unsigned right = at16(buf + 36);

	assert_int_equal(right, right_cksum(buf, 40, 16));
	assert_int_equal(wire_decode(buf, 40, 40, &got), WIRE_SEG);
	assert_int_equal(got.wrong, 0);
	assert_int_equal(got.cksum, right);

	s.wrong = WRONG_CKSUM;
	const uint16_t asked[] = { 0, 0x1234, (uint16_t)right };

	for (size_t i = 0; i < 3; i++) {
		s.cksum = asked[i];
		assert_int_equal(wire_encode(&s, buf, sizeof buf), 40);
		assert_int_not_equal(at16(buf + 36), right);
		if (asked[i] != right)
			assert_int_equal(at16(buf + 36), asked[i]);
		assert_int_equal(right_cksum(buf, 40, 16), right);
		assert_int_equal(wire_decode(buf, 40, 40, &got), WIRE_SEG);
		assert_int_equal(got.wrong, WRONG_CKSUM);
	}
}

/* 0x0000 and 0xffff are one number: where the right checksum is 0, a "wrong" one
 * of 0xffff would verify. */
static void wrong_checksum_where_zero_is_right(void **state)
{
	struct seg s = v4(), got;

	(void)state;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), 40);
	/* What was missing to 0xffff goes into the urgent pointer. */
	s.urg = (uint16_t)at16(buf + 36);
	assert_int_equal(wire_encode(&s, buf, sizeof buf), 40);
	assert_int_equal(at16(buf + 36), 0);
	assert_int_equal(wire_decode(buf, 40, 40, &got), WIRE_SEG);
	assert_int_equal(got.wrong, 0);

	s.wrong = WRONG_CKSUM;
	for (int ones = 0; ones < 2; ones++) {
		s.cksum = ones ? 0xffff : 0;
		assert_int_equal(wire_encode(&s, buf, sizeof buf), 40);
		assert_int_equal(wire_decode(buf, 40, 40, &got), WIRE_SEG);
		assert_int_equal(got.wrong, WRONG_CKSUM);
	}
}

static void wrong_data_offset_is_as_given(void **state)
{
	(void)state;
	for (int six = 0; six < 2; six++)
		for (unsigned doff = 0; doff < 16; doff++) {
			struct seg s = six ? v6() : v4(), got;
			size_t header = six ? 40 : 20;

			s.wrong = WRONG_DOFF;
			s.doff = (uint8_t)doff;
			s.text = (const uint8_t *)"0123456789";
			s.len = 10;
			int n = wire_encode(&s, buf, sizeof buf);

			assert_int_equal(n, header + 30);
			assert_int_equal(buf[header + 12] >> 4, doff);
			assert_int_equal(at16(buf + header + 16), right_cksum(buf, (size_t)n, 16));
			assert_int_equal(wire_decode(buf, (size_t)n, (size_t)n, &got), WIRE_SEG);
			assert_int_equal(got.doff, doff);
			/* 30 octets hold a header of 5 to 7 words. */
			assert_int_equal(got.wrong, doff < 5 || doff > 7 ? WRONG_DOFF : 0);
			assert_int_equal(got.len, got.wrong ? 10 : 30 - 4 * doff);
		}
}

static void wrong_length_ends_in_the_header(void **state)
{
	(void)state;
	for (int six = 0; six < 2; six++) {
		struct seg s = six ? v6() : v4(), got;
		size_t header = six ? 40 : 20, n = header + 16;

		s.wrong = WRONG_LENGTH;
		assert_int_equal(wire_encode(&s, buf, sizeof buf), n);
		assert_int_equal(six ? at16(buf + 4) + 40 : at16(buf + 2), n);
		if (!six)
			assert_int_equal(add_octets(0, buf, 20), 0xffff);
		assert_int_equal(wire_decode(buf, n, n, &got), WIRE_SEG);
		assert_int_equal(got.wrong, WRONG_LENGTH);
		assert_int_equal(got.seq, s.seq);
		assert_int_equal(got.ack, s.ack);
		assert_int_equal(got.ctl, s.ctl);
		assert_int_equal(got.wnd, s.wnd);
		assert_int_equal(got.dst.port, 80);
		assert_int_equal(got.len, 0);
		assert_null(got.text);
	}
}

static void what_cannot_be_encoded(void **state)
{
	static uint8_t text[65536];
	struct seg s = v4();

	(void)state;
	assert_int_equal(wire_encode(&s, buf, 39), -EMSGSIZE);
	assert_int_equal(wire_encode(&s, buf, 40), 40);
	s.len = 1;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), -EINVAL);
	s.text = text;
	s.len = 65535 - 40;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), 65535);
	assert_int_equal(at16(buf + 36), right_cksum(buf, 65535, 16));
	s.len++;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), -EMSGSIZE);
	s.len = UINT32_MAX;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), -EMSGSIZE);

	s = v6();
	s.text = text;
	s.len = 65535 - 20;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), WIRE_MAX);
	assert_int_equal(at16(buf + 56), right_cksum(buf, WIRE_MAX, 16));
	s.len++;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), -EMSGSIZE);

	s = v6();
	s.dst = v4().dst;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), -EINVAL);
	s = v4();
	s.src.addr.v = s.dst.addr.v = 5;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), -EINVAL);
	s = v4();
	s.opt_len = 41;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), -EINVAL);
}

/* ---- decoding --------------------------------------------------------------- */

static void a_decoded_segment_is_what_was_encoded(void **state)
{
	static const uint8_t text[] = "some text of the segment";

	(void)state;
	for (int six = 0; six < 2; six++) {
		struct seg s = six ? v6() : v4(), got;

		s.rsv = 5;
		s.urg = 0xbeef;
		s.ctl = 0xff;
		s.ttl = 3;
		s.tos = 0xfd;
		s.text = text;
		s.len = sizeof text;
		if (six)
			s.flow = 0xfffff;
		else
			s.ip_id = 0xcafe;
		assert_true(opt_ts(&s, 1, 2) && opt_nop(&s) && opt_nop(&s));
		int n = wire_encode(&s, buf, sizeof buf);

		assert_int_equal(n, (six ? 40 : 20) + 32 + sizeof text);
		/* Padding of the link behind the datagram is not text. */
		buf[n] = buf[n + 1] = 0xaa;
		assert_int_equal(wire_decode(buf, (size_t)n + 2, (size_t)n + 2, &got), WIRE_SEG);
		assert_true(endpoint_eq(&got.src, &s.src));
		assert_true(endpoint_eq(&got.dst, &s.dst));
		assert_int_equal(got.seq, s.seq);
		assert_int_equal(got.ack, s.ack);
		assert_int_equal(got.ctl, 0xff);
		assert_int_equal(got.rsv, 5);
		assert_int_equal(got.doff, 8);
		assert_int_equal(got.wnd, s.wnd);
		assert_int_equal(got.urg, 0xbeef);
		assert_int_equal(got.opt_len, 12);
		assert_memory_equal(got.opt, s.opt, 12);
		assert_int_equal(got.len, sizeof text);
		assert_memory_equal(got.text, text, sizeof text);
		assert_ptr_equal(got.text, buf + n - sizeof text);
		assert_int_equal(got.ttl, 3);
		assert_int_equal(got.tos, 0xfd);
		assert_int_equal(got.ip_id, s.ip_id);
		assert_int_equal(got.flow, s.flow);
		assert_int_equal(got.wrong, 0);
		assert_int_equal(got.at, 0);
	}
}

/* A SYN as a Linux client sends it: its usual options, DF set, without checksums. */
static const uint8_t linux_syn[60] = {
	0x45, 0x00, 0x00, 0x3c, 0x1d, 0x2e, 0x40, 0x00, 0x40, 0x06, 0x00, 0x00,
	10, 0, 0, 1, 10, 0, 0, 2,
	0xd4, 0x31, 0x00, 0x50, 0x8f, 0x1e, 0x6a, 0x2b, 0, 0, 0, 0,
	0xa0, 0x02, 0xfa, 0xf0, 0, 0, 0, 0,
	2, 4, 5, 0xb4, 4, 2, 8, 10, 0x11, 0x22, 0x33, 0x44, 0, 0, 0, 0, 1, 3, 3, 7,
};

/* The same with its checksums in place. */
static void summed_syn(uint8_t o[60])
{
	memcpy(o, linux_syn, 60);
	unsigned sum = ~add_octets(0, o, 20) & 0xffff;

	o[10] = (uint8_t)(sum >> 8);
	o[11] = (uint8_t)sum;
	sum = right_cksum(o, 60, 16);
	o[36] = (uint8_t)(sum >> 8);
	o[37] = (uint8_t)sum;
}

static void decoded_and_encoded_again(void **state)
{
	uint8_t o[60];
	struct seg s;
	struct opts opts;

	(void)state;
	summed_syn(o);
	assert_int_equal(wire_decode(o, 60, 60, &s), WIRE_SEG);
	assert_int_equal(s.wrong, 0);
	assert_int_equal(s.doff, 10);
	opt_of(&s, &opts);
	assert_true(opts.mss && opts.sack_perm && opts.ts && opts.ws);
	assert_int_equal(opts.mss_value, 1460);
	assert_int_equal(wire_encode(&s, buf, sizeof buf), 60);
	assert_memory_equal(buf, o, 60);

	/* And with every wrong that a decoder can find in a whole datagram. */
	for (unsigned doff = 0; doff < 16; doff++)
		for (int bad = 0; bad < 2; bad++) {
			summed_syn(o);
			o[32] = (uint8_t)(doff << 4 | 3);
			unsigned sum = right_cksum(o, 60, 16) ^ (bad ? 0x8000 : 0);

			o[36] = (uint8_t)(sum >> 8);
			o[37] = (uint8_t)sum;
			assert_int_equal(wire_decode(o, 60, 60, &s), WIRE_SEG);
			assert_int_equal(s.wrong, (bad ? WRONG_CKSUM : 0) |
			                          (doff < 5 || doff > 10 ? WRONG_DOFF : 0));
			assert_int_equal(wire_encode(&s, buf, sizeof buf), 60);
			assert_memory_equal(buf, o, 60);
		}
}

static void checksum_left_to_the_interface(void **state)
{
	uint8_t o[60];
	struct seg s;

	(void)state;
	summed_syn(o);
	/* The pseudo-header: 0a00+0001+0a00+0002+0006+0028 = 1431. */
	o[36] = 0x14;
	o[37] = 0x31;
	assert_int_equal(wire_decode(o, 60, 60, &s), WIRE_SEG);
	assert_int_equal(s.wrong, WRONG_CKSUM | WRONG_PARTIAL);
	/* Without the length, as before the interface cuts it up. */
	o[37] = 0x09;
	assert_int_equal(wire_decode(o, 60, 60, &s), WIRE_SEG);
	assert_int_equal(s.wrong, WRONG_CKSUM | WRONG_PARTIAL);
	o[37] = 0x0a;
	assert_int_equal(wire_decode(o, 60, 60, &s), WIRE_SEG);
	assert_int_equal(s.wrong, WRONG_CKSUM);
}

static void captured_short(void **state)
{
	uint8_t text[100];
	struct seg s = v4(), got;

	(void)state;
	memset(text, 'x', sizeof text);
	assert_true(opt_mss(&s, 536));
	s.text = text;
	s.len = sizeof text;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), 144);
	for (size_t n = 0; n < 144; n++) {
		/* A copy of its own, so that a reader beyond its end is caught. */
		uint8_t *cut = malloc(n ? n : 1);

		assert_non_null(cut);
		memcpy(cut, buf, n);
		enum wire_kind kind = wire_decode(cut, n, 144, &got);

		if (n < 44) {
			assert_int_equal(kind, WIRE_BROKEN);
		} else {
			assert_int_equal(kind, WIRE_SEG);
			assert_int_equal(got.wrong, WRONG_SNAP);
			assert_int_equal(got.len, 100);
			assert_null(got.text);
		}
		/* Not captured short but cut: the IP length is a lie. */
		assert_int_equal(wire_decode(cut, n, n, &got), WIRE_BROKEN);
		free(cut);
	}
}

static void ip_length_zero_takes_the_captured_length(void **state)
{
	struct seg got;

	(void)state;
	for (int six = 0; six < 2; six++) {
		struct seg s = six ? v6() : v4();

		s.text = (const uint8_t *)"0123456789";
		s.len = 10;
		size_t n = (size_t)wire_encode(&s, buf, sizeof buf);
		uint8_t *length = buf + (six ? 4 : 2);

		length[0] = length[1] = 0;
		assert_int_equal(wire_decode(buf, n, n, &got), WIRE_SEG);
		assert_int_equal(got.wrong, 0);
		assert_int_equal(got.len, 10);
		assert_int_equal(wire_decode(buf, n - 3, n, &got), WIRE_SEG);
		assert_int_equal(got.wrong, WRONG_SNAP);
		assert_int_equal(got.len, 10);
	}
}

static void lengths_of_ipv4_that_lie(void **state)
{
	struct seg s = v4(), got;

	(void)state;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), 40);
	buf[0] = 0x44;                          /* header of 16 octets */
	assert_int_equal(wire_decode(buf, 40, 40, &got), WIRE_BROKEN);
	buf[0] = 0x4f;                          /* of 60 */
	assert_int_equal(wire_decode(buf, 40, 40, &got), WIRE_BROKEN);
	buf[0] = 0x46;                          /* one word of options: 16 octets of TCP */
	assert_int_equal(wire_decode(buf, 40, 40, &got), WIRE_SEG);
	assert_int_equal(got.wrong, WRONG_LENGTH);
	buf[0] = 0x45;
	buf[3] = 19;
	assert_int_equal(wire_decode(buf, 40, 40, &got), WIRE_BROKEN);
	buf[3] = 20;
	assert_int_equal(wire_decode(buf, 40, 40, &got), WIRE_SEG);
	assert_int_equal(got.wrong, WRONG_LENGTH);
	assert_int_equal(got.src.port, 0);
	buf[3] = 41;
	assert_int_equal(wire_decode(buf, 40, 40, &got), WIRE_BROKEN);
	buf[3] = 40;
	buf[0] = 0x55;
	assert_int_equal(wire_decode(buf, 40, 40, &got), WIRE_BROKEN);
	buf[0] = 0x45;
	buf[9] = 17;
	assert_int_equal(wire_decode(buf, 40, 40, &got), WIRE_OTHER);
	assert_true(addr_eq(&got.src.addr, &s.src.addr));
	buf[9] = 1;
	assert_int_equal(wire_decode(buf, 40, 40, &got), WIRE_ICMP);
	buf[9] = 58;
	assert_int_equal(wire_decode(buf, 40, 40, &got), WIRE_OTHER);
	buf[9] = 6;
	buf[6] = 0x20;                          /* more fragments */
	assert_int_equal(wire_decode(buf, 40, 40, &got), WIRE_OTHER);
	buf[6] = 0;
	buf[7] = 1;                             /* an offset */
	assert_int_equal(wire_decode(buf, 40, 40, &got), WIRE_OTHER);
}

/* Puts `n` octets of extension headers, the first of kind `kind`, before the TCP
 * header of what v6() encodes to. */
static size_t extended(uint8_t kind, const uint8_t *headers, size_t n)
{
	struct seg s = v6();
	size_t whole = (size_t)wire_encode(&s, buf, sizeof buf);

	memmove(buf + 40 + n, buf + 40, whole - 40);
	if (n)
		memcpy(buf + 40, headers, n);
	buf[6] = kind;
	buf[5] = (uint8_t)(whole - 40 + n);
	return whole + n;
}

static enum wire_kind decode_extended(uint8_t kind, const uint8_t *headers, size_t n, struct seg *s)
{
	size_t whole = extended(kind, headers, n);

	return wire_decode(buf, whole, whole, s);
}

static void extension_headers_are_walked(void **state)
{
	static const uint8_t all[] = {
		60, 0, 1, 4, 0, 0, 0, 0,                        /* hop-by-hop          */
		43, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  /* destination, 16 octets */
		44, 0, 0, 0, 0, 0, 0, 0,                        /* routing, none left  */
		6, 0, 0, 0, 1, 2, 3, 4,                         /* atomic fragment     */
	};
	static const uint8_t first[] = { 6, 0, 0, 1, 1, 2, 3, 4 };
	static const uint8_t later[] = { 6, 0, 0, 8, 1, 2, 3, 4 };
	static const uint8_t routed[] = { 6, 0, 0, 1, 0, 0, 0, 0 };
	static const uint8_t beyond[] = { 6, 200, 0, 0, 0, 0, 0, 0 };
	struct seg s;

	(void)state;
	assert_int_equal(decode_extended(0, all, sizeof all, &s), WIRE_SEG);
	assert_int_equal(s.wrong, 0);
	assert_int_equal(s.seq, 0x01020304);
	assert_int_equal(decode_extended(44, first, 8, &s), WIRE_OTHER);
	assert_int_equal(decode_extended(44, later, 8, &s), WIRE_OTHER);
	assert_int_equal(decode_extended(43, routed, 8, &s), WIRE_OTHER);
	assert_int_equal(decode_extended(60, beyond, 8, &s), WIRE_BROKEN);
	assert_int_equal(decode_extended(59, NULL, 0, &s), WIRE_OTHER);

	/* Cut anywhere within: nothing is read that is not there. */
	for (size_t n = 40; n < 40 + sizeof all; n++) {
		size_t whole = extended(0, all, sizeof all);
		uint8_t *cut = malloc(n);

		assert_non_null(cut);
		memcpy(cut, buf, n);
		assert_int_equal(wire_decode(cut, n, whole, &s), WIRE_BROKEN);
		cut[4] = 0;
		cut[5] = (uint8_t)(n - 40);
		if (n > 40)
			assert_int_not_equal(wire_decode(cut, n, n, &s), WIRE_ICMP);
		free(cut);
	}
}

/* Behind a fragment's header stands a part of something: not to be walked. */
static void what_is_behind_a_fragment_is_not_read(void **state)
{
	static const uint8_t later[] = { 60, 0, 0, 8, 1, 2, 3, 4, 255, 255, 255, 255, 255, 255, 255, 255 };
	static const uint8_t routed[] = { 60, 0, 0, 1, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0 };
	struct seg s;

	(void)state;
	assert_int_equal(decode_extended(44, later, sizeof later, &s), WIRE_OTHER);
	/* A routing header is followed by whole headers all the same. */
	assert_int_equal(decode_extended(43, routed, sizeof routed, &s), WIRE_OTHER);
}

static void datagrams_that_just_fit(void **state)
{
	static const uint8_t options[8] = { 59, 0, 1, 4, 0, 0, 0, 0 };
	struct seg got;

	(void)state;
	for (int six = 0; six < 2; six++) {
		struct seg s = six ? v6() : v4();
		size_t header = six ? 40 : 20, n = (size_t)wire_encode(&s, buf, sizeof buf);
		uint8_t *length = buf + (six ? 5 : 3);

		/* The header and nothing else; one octet less is no datagram. */
		*length = six ? 0 : 20;
		assert_int_equal(wire_decode(buf, header, header, &got), WIRE_SEG);
		assert_int_equal(got.wrong, WRONG_LENGTH);
		for (size_t cut = 0; cut < header; cut++) {
			uint8_t *copy = malloc(cut ? cut : 1);

			assert_non_null(copy);
			memcpy(copy, buf, cut);
			assert_int_equal(wire_decode(copy, cut, cut, &got), WIRE_BROKEN);
			free(copy);
		}
		/* One octet more than there is. */
		*length = (uint8_t)(six ? n - 40 + 1 : n + 1);
		assert_int_equal(wire_decode(buf, n, n, &got), WIRE_BROKEN);
		assert_int_equal(wire_decode(buf, n, n + 1, &got), WIRE_SEG);
		assert_int_equal(got.wrong, WRONG_SNAP);
	}

	/* An extension header that ends with the datagram. */
	struct seg s = v6();

	wire_encode(&s, buf, sizeof buf);
	buf[6] = 60;
	buf[5] = 8;
	memcpy(buf + 40, options, 8);
	assert_int_equal(wire_decode(buf, 48, 48, &got), WIRE_OTHER);
	buf[40] = 6;
	assert_int_equal(wire_decode(buf, 48, 48, &got), WIRE_SEG);
	assert_int_equal(got.wrong, WRONG_LENGTH);
	buf[6] = 44;
	buf[42] = buf[43] = 0;
	assert_int_equal(wire_decode(buf, 48, 48, &got), WIRE_SEG);
	assert_int_equal(got.wrong, WRONG_LENGTH);

	/* All the options that fit, and the don't-fragment bit alone. */
	s = v4();
	memset(s.opt, 1, SEG_OPT_MAX);
	s.opt_len = SEG_OPT_MAX;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), 80);
	assert_int_equal(wire_decode(buf, 80, 80, &got), WIRE_SEG);
	assert_int_equal(got.opt_len, SEG_OPT_MAX);
	assert_false(got.df);
	s.df = true;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), 80);
	assert_int_equal(wire_decode(buf, 80, 80, &got), WIRE_SEG);
	assert_true(got.df);
}

/* Of a header that is not all there, what is there. */
static void stumps(void **state)
{
	struct seg s = v4(), got;

	(void)state;
	s.rsv = 9;
	s.urg = 0x1111;
	assert_int_equal(wire_encode(&s, buf, sizeof buf), 40);
	for (size_t n = 0; n < 20; n++) {
		buf[3] = (uint8_t)(20 + n);
		assert_int_equal(wire_decode(buf, 20 + n, 20 + n, &got), WIRE_SEG);
		assert_int_equal(got.wrong, WRONG_LENGTH);
		assert_int_equal(got.src.port, n >= 2 ? 40000 : 0);
		assert_int_equal(got.dst.port, n >= 4 ? 80 : 0);
		assert_int_equal(got.seq, n >= 8 ? 0x01020304 : 0);
		assert_int_equal(got.ack, n >= 12 ? 0xa0b0c0d0 : 0);
		assert_int_equal(got.doff, n >= 13 ? 5 : 0);
		assert_int_equal(got.rsv, n >= 13 ? 9 : 0);
		assert_int_equal(got.ctl, n >= 14 ? ACK | PSH : 0);
		assert_int_equal(got.wnd, n >= 16 ? 0x2000 : 0);
		assert_int_equal(got.cksum, n >= 18 ? at16(buf + 36) : 0);
		assert_int_equal(got.urg, 0);
	}
	buf[3] = 40;
	assert_int_equal(wire_decode(buf, 40, 40, &got), WIRE_SEG);
	assert_int_equal(got.urg, 0x1111);
	assert_int_equal(got.wrong, 0);
}

/* A chain of headers that name themselves ends with the datagram. */
static void an_endless_chain_ends(void **state)
{
	struct seg s;

	(void)state;
	memset(buf, 0, WIRE_MAX);
	buf[0] = 0x60;
	buf[4] = buf[5] = 0xff;
	assert_int_equal(wire_decode(buf, WIRE_MAX, WIRE_MAX, &s), WIRE_BROKEN);
}

static void the_checksum_function(void **state)
{
	/* The example of RFC 1071 section 3: the sum is ddf2. */
	static const uint8_t rfc1071[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	(void)state;
	assert_int_equal(wire_cksum(NULL, NULL, 0, rfc1071, 8), 0xffff - 0xddf2);
	assert_int_equal(wire_cksum(NULL, NULL, 0, rfc1071, 0), 0xffff);
	assert_int_equal(wire_cksum(NULL, NULL, 0, (const uint8_t[]){ 0x12 }, 1), 0xffff - 0x1200);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_octets_of_a_syn),
		cmocka_unit_test(the_octets_of_ipv6_with_text),
		cmocka_unit_test(reserved_bits_and_ece_are_summed),
		cmocka_unit_test(options_are_padded_with_zeros),
		cmocka_unit_test(wrong_checksum_is_wrong),
		cmocka_unit_test(wrong_checksum_where_zero_is_right),
		cmocka_unit_test(wrong_data_offset_is_as_given),
		cmocka_unit_test(wrong_length_ends_in_the_header),
		cmocka_unit_test(what_cannot_be_encoded),
		cmocka_unit_test(a_decoded_segment_is_what_was_encoded),
		cmocka_unit_test(decoded_and_encoded_again),
		cmocka_unit_test(checksum_left_to_the_interface),
		cmocka_unit_test(captured_short),
		cmocka_unit_test(ip_length_zero_takes_the_captured_length),
		cmocka_unit_test(lengths_of_ipv4_that_lie),
		cmocka_unit_test(extension_headers_are_walked),
		cmocka_unit_test(what_is_behind_a_fragment_is_not_read),
		cmocka_unit_test(datagrams_that_just_fit),
		cmocka_unit_test(stumps),
		cmocka_unit_test(an_endless_chain_ends),
		cmocka_unit_test(the_checksum_function),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	wire_close();
	return failed;
}
