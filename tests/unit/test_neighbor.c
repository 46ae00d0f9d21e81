/* test_neighbor.c: ARP and neighbour discovery frames, octet by octet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/neighbor.h"
#include "probes/wire.h"

#define OUR_MAC   0x02, 0x00, 0x00, 0x00, 0x00, 0x09
#define THEIR_MAC 0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc
#define ALL       0xff, 0xff, 0xff, 0xff, 0xff, 0xff

static struct addr own[2];
static struct neighbor_self self = { .mac = { OUR_MAC }, .own = own, .n_own = 2 };
static const uint8_t their_mac[6] = { THEIR_MAC }, our_mac[6] = { OUR_MAC };
static uint8_t answer[NEIGHBOR_MAX];

static struct addr address(const char *text)
{
	struct addr a;

	assert_true(addr_parse(text, &a));
	return a;
}

static int set_up(void **state)
{
	(void)state;
	own[0] = address("192.0.2.9");
	own[1] = address("2001:db8::1:9");
	return 0;
}

static size_t answered(const uint8_t *frame, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	assert_non_null(copy);
	memcpy(copy, frame, n);
	size_t got = neighbor_answer(&self, copy, n, answer);

	free(copy);
	return got;
}

/* ---- ARP ---------------------------------------------------------------------- */

static const uint8_t who_has_us[42] = {
	ALL, THEIR_MAC, 0x08, 0x06,
	0, 1, 8, 0, 6, 4, 0, 1,
	THEIR_MAC, 192, 0, 2, 2,
	0, 0, 0, 0, 0, 0, 192, 0, 2, 9,
};
static const uint8_t we_are_here[42] = {
	THEIR_MAC, OUR_MAC, 0x08, 0x06,
	0, 1, 8, 0, 6, 4, 0, 2,
	OUR_MAC, 192, 0, 2, 9,
	THEIR_MAC, 192, 0, 2, 2,
};

static void arp_is_answered(void **state)
{
	(void)state;
	assert_int_equal(answered(who_has_us, 42), 42);
	assert_memory_equal(answer, we_are_here, 42);

	/* Padded by the link. */
	uint8_t padded[60] = { 0 };

	memcpy(padded, who_has_us, 42);
	assert_int_equal(answered(padded, 60), 42);
	assert_memory_equal(answer, we_are_here, 42);

	/* A probe (RFC 5227): sender 0.0.0.0.  The address is defended. */
	memset(padded + 28, 0, 4);
	assert_int_equal(answered(padded, 60), 42);
	assert_memory_equal(answer + 38, ((const uint8_t[]){ 0, 0, 0, 0 }), 4);
}

static void only_what_asks_for_us_by_arp(void **state)
{
	static const struct { size_t at; uint8_t is; } other[] = {
		{ 41, 10 },                     /* another address              */
		{ 21, 2 }, { 20, 1 },           /* a reply, no operation at all */
		{ 15, 6 }, { 16, 9 }, { 18, 8 }, { 19, 16 },    /* other kinds of address */
		{ 13, 0 },                      /* IP                           */
	};
	uint8_t frame[42];

	(void)state;
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
		memcpy(frame, who_has_us, 42);
		frame[other[i].at] = other[i].is;
		assert_int_equal(answered(frame, 42), 0);
	}
	for (size_t n = 0; n < 42; n++)
		assert_int_equal(answered(who_has_us, n), 0);
	/* Our own, come back. */
	memcpy(frame, who_has_us, 42);
	memcpy(frame + 6, our_mac, 6);
	assert_int_equal(answered(frame, 42), 0);
}

static void vlan_tags(void **state)
{
	static const struct { uint8_t tags[8]; size_t n; bool ours; } tagged[] = {
		{ { 0x81, 0x00, 0xe0, 0x00 }, 4, true },                /* priority 7, VLAN 0 */
		{ { 0x88, 0xa8, 0x00, 0x00, 0x81, 0x00, 0x20, 0x00 }, 8, true },
		{ { 0x81, 0x00, 0x00, 0x05 }, 4, false },               /* VLAN 5 */
		{ { 0x88, 0xa8, 0x00, 0x00, 0x81, 0x00, 0x00, 0x05 }, 8, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof tagged / sizeof tagged[0]; i++) {
		uint8_t frame[50];
		size_t n = tagged[i].n;

		memcpy(frame, who_has_us, 12);
		memcpy(frame + 12, tagged[i].tags, n);
		memcpy(frame + 12 + n, who_has_us + 12, 30);
		assert_int_equal(answered(frame, 42 + n), tagged[i].ours ? 42 : 0);
		if (tagged[i].ours)
			assert_memory_equal(answer, we_are_here, 42);
		for (size_t cut = 0; cut < 42 + n; cut++)
			assert_int_equal(answered(frame, cut), 0);
	}
}

static void arp_is_asked(void **state)
{
	static const uint8_t expected[42] = {
		ALL, OUR_MAC, 0x08, 0x06,
		0, 1, 8, 0, 6, 4, 0, 1,
		OUR_MAC, 192, 0, 2, 9,
		0, 0, 0, 0, 0, 0, 192, 0, 2, 2,
	};
	struct addr target = address("192.0.2.2");
	uint8_t frame[NEIGHBOR_MAX];
	struct neighbor_fact fact;

	(void)state;
	assert_int_equal(neighbor_ask(our_mac, &own[0], &target, frame), 42);
	assert_memory_equal(frame, expected, 42);
	/* A probe claims nothing. */
	assert_int_equal(neighbor_ask(our_mac, NULL, &target, frame), 42);
	assert_memory_equal(frame + 28, ((const uint8_t[]){ 0, 0, 0, 0 }), 4);
	assert_true(neighbor_told(frame, 42, &fact));
	assert_true(fact.probe);
	assert_true(addr_eq(&fact.who, &target));
}

static void arp_tells(void **state)
{
	struct addr them = address("192.0.2.2");
	struct neighbor_fact fact;
	uint8_t frame[42];

	(void)state;
	assert_true(neighbor_told(who_has_us, 42, &fact));
	assert_false(fact.probe);
	assert_true(addr_eq(&fact.who, &them));
	assert_memory_equal(fact.mac, their_mac, 6);
	assert_true(neighbor_told(we_are_here, 42, &fact));
	assert_true(addr_eq(&fact.who, &own[0]));
	assert_memory_equal(fact.mac, our_mac, 6);
	/* A reply from nowhere says nothing. */
	memcpy(frame, we_are_here, 42);
	memset(frame + 28, 0, 4);
	assert_false(neighbor_told(frame, 42, &fact));
}

/* ---- neighbour discovery --------------------------------------------------------- */

/* 2001:db8::2 asks for 2001:db8::1:9 with its link-layer address.  The checksum is
 * put in by `summed`. */
static const uint8_t solicitation[86] = {
	0x33, 0x33, 0xff, 0x01, 0x00, 0x09, THEIR_MAC, 0x86, 0xdd,
	0x60, 0, 0, 0, 0, 32, 58, 255,
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
	0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0x01, 0x00, 0x09,
	135, 0, 0, 0, 0, 0, 0, 0,
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 9,
	1, 1, THEIR_MAC,
};

static unsigned sum_of(unsigned sum, const uint8_t *o, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sum += i % 2 ? o[i] : o[i] * 256u;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return sum;
}

/* The sum under the pseudo-header of what is in the frame. */
static unsigned sum_of_frame(const uint8_t *frame, size_t n)
{
	const uint8_t tail[8] = { 0, 0, 0, (uint8_t)(n - 54), 0, 0, 0, 58 };

	return sum_of(sum_of(sum_of(0, frame + 22, 32), tail, 8), frame + 54, n - 54);
}

static void summed(uint8_t *frame, size_t n)
{
	frame[56] = frame[57] = 0;
	unsigned sum = ~sum_of_frame(frame, n);

	frame[56] = (uint8_t)(sum >> 8);
	frame[57] = (uint8_t)sum;
}

static void solicitations_are_answered(void **state)
{
	uint8_t expected[86] = {
		THEIR_MAC, OUR_MAC, 0x86, 0xdd,
		0x60, 0, 0, 0, 0, 32, 58, 255,
		0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 9,
		0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
		136, 0, 0, 0, 0x60, 0, 0, 0,            /* solicited, override */
		0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 9,
		2, 1, OUR_MAC,
	};
	uint8_t frame[86];

	(void)state;
	memcpy(frame, solicitation, 86);
	summed(frame, 86);
	summed(expected, 86);
	assert_int_equal(answered(frame, 86), 86);
	assert_memory_equal(answer, expected, 86);

	/* Without the option, as when it checks that we are still here. */
	frame[19] = 24;
	summed(frame, 78);
	assert_int_equal(answered(frame, 78), 86);
	assert_memory_equal(answer, expected, 86);
}

static void duplicate_address_detection_is_answered_to_all(void **state)
{
	static const uint8_t all_nodes[16] = { 0xff, 0x02, [15] = 1 };
	uint8_t frame[78];

	(void)state;
	memcpy(frame, solicitation, 78);
	memset(frame + 22, 0, 16);
	frame[19] = 24;
	summed(frame, 78);
	assert_int_equal(answered(frame, 78), 86);
	assert_memory_equal(answer, ((const uint8_t[]){ 0x33, 0x33, 0, 0, 0, 1 }), 6);
	assert_memory_equal(answer + 38, all_nodes, 16);
	assert_int_equal(answer[58], 0x20);     /* override, not solicited */
	assert_int_equal(sum_of_frame(answer, 86), 0xffff);

	struct neighbor_fact fact;

	assert_true(neighbor_told(frame, 78, &fact));
	assert_true(fact.probe);
	assert_true(addr_eq(&fact.who, &own[1]));
	/* That must come to the solicited-node group (RFC 4861 7.1.1). */
	frame[53] ^= 1;
	summed(frame, 78);
	assert_int_equal(answered(frame, 78), 0);
}

static void only_sound_solicitations_for_us(void **state)
{
	static const struct { size_t at; uint8_t is; } other[] = {
		{ 77, 10 },                     /* another target               */
		{ 62, 0xff },                   /* a multicast target           */
		{ 21, 254 },                    /* it has come by a router      */
		{ 54, 136 }, { 54, 134 },       /* no solicitation              */
		{ 55, 1 },                      /* a code                       */
		{ 79, 0 }, { 79, 2 },           /* option of no length, or beyond the end */
		{ 20, 17 },                     /* UDP                          */
		{ 13, 0 },
	};
	uint8_t frame[86];

	(void)state;
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
		memcpy(frame, solicitation, 86);
		frame[other[i].at] = other[i].is;
		summed(frame, 86);
		assert_int_equal(answered(frame, 86), 0);
	}
	memcpy(frame, solicitation, 86);
	summed(frame, 86);
	for (size_t n = 0; n < 86; n++)
		assert_int_equal(answered(frame, n), 0);
	frame[57] ^= 1;
	assert_int_equal(answered(frame, 86), 0);
}

/* Fragments are not to be believed (RFC 6980), nor what is too short to name a
 * target. */
static void no_fragments_and_no_stumps(void **state)
{
	struct neighbor_fact fact;
	uint8_t frame[94];

	(void)state;
	memcpy(frame, solicitation, 54);
	memcpy(frame + 54, (const uint8_t[]){ 58, 0, 0, 1, 0, 0, 0, 1 }, 8);
	memcpy(frame + 62, solicitation + 54, 32);
	frame[20] = 44;
	frame[19] = 40;
	/* The sum is that of the payload alone, under its own pseudo-header. */
	uint8_t whole[86];

	memcpy(whole, solicitation, 86);
	summed(whole, 86);
	memcpy(frame + 64, whole + 56, 2);
	assert_int_equal(answered(frame, 94), 0);
	assert_false(neighbor_told(frame, 94, &fact));
	frame[57] = 0;                          /* it is the whole after all */
	assert_int_equal(answered(frame, 94), 86);

	for (uint8_t n = 8; n < 24; n++) {
		memcpy(whole, solicitation, 86);
		whole[19] = n;
		summed(whole, 54u + n);
		assert_int_equal(answered(whole, 54u + n), 0);
		assert_false(neighbor_told(whole, 54u + n, &fact));
	}
	assert_false(neighbor_told(whole, 13, &fact));
}

static void neighbours_are_asked(void **state)
{
	struct addr target = address("2001:db8::12:3456");
	uint8_t frame[NEIGHBOR_MAX], expected[86] = {
		0x33, 0x33, 0xff, 0x12, 0x34, 0x56, OUR_MAC, 0x86, 0xdd,
		0x60, 0, 0, 0, 0, 32, 58, 255,
		0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 9,
		0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0x12, 0x34, 0x56,
		135, 0, 0, 0, 0, 0, 0, 0,
		0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0x56,
		1, 1, OUR_MAC,
	};

	(void)state;
	summed(expected, 86);
	assert_int_equal(neighbor_ask(our_mac, &own[1], &target, frame), 86);
	assert_memory_equal(frame, expected, 86);

	/* A probe: from nowhere, without the option. */
	memset(expected + 22, 0, 16);
	expected[19] = 24;
	summed(expected, 78);
	assert_int_equal(neighbor_ask(our_mac, NULL, &target, frame), 78);
	assert_memory_equal(frame, expected, 78);
}

static void neighbours_tell(void **state)
{
	struct addr them = address("2001:db8::2");
	struct neighbor_fact fact;
	uint8_t frame[86];

	(void)state;
	memcpy(frame, solicitation, 86);
	frame[80] ^= 4;                         /* the option is what counts */
	summed(frame, 86);
	assert_true(neighbor_told(frame, 86, &fact));
	assert_false(fact.probe);
	assert_true(addr_eq(&fact.who, &them));
	assert_int_equal(fact.mac[0], 0x56);

	/* What we answer tells others where we are. */
	frame[80] ^= 4;
	summed(frame, 86);
	assert_int_equal(answered(frame, 86), 86);
	assert_true(neighbor_told(answer, 86, &fact));
	assert_true(addr_eq(&fact.who, &own[1]));
	assert_memory_equal(fact.mac, our_mac, 6);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(arp_is_answered),
		cmocka_unit_test(only_what_asks_for_us_by_arp),
		cmocka_unit_test(vlan_tags),
		cmocka_unit_test(arp_is_asked),
		cmocka_unit_test(arp_tells),
		cmocka_unit_test(solicitations_are_answered),
		cmocka_unit_test(duplicate_address_detection_is_answered_to_all),
		cmocka_unit_test(only_sound_solicitations_for_us),
		cmocka_unit_test(no_fragments_and_no_stumps),
		cmocka_unit_test(neighbours_are_asked),
		cmocka_unit_test(neighbours_tell),
	};
	int failed = cmocka_run_group_tests(tests, set_up, NULL);

	wire_close();
	return failed;
}
