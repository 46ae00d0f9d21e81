/* test_show.c: segments as RFC 9293's figures write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/opt.h"
#include "probes/show.h"

static char buf[SHOW_MAX];

#define SHOWN(s, base, text) assert_string_equal(seg_show(s, base, buf, sizeof buf), text)

static void control_bits(void **state)
{
	(void)state;
	assert_string_equal(ctl_show(0, buf, sizeof buf), "none");
	assert_string_equal(ctl_show(SYN, buf, sizeof buf), "SYN");
	assert_string_equal(ctl_show(ACK | SYN, buf, sizeof buf), "SYN,ACK");
	assert_string_equal(ctl_show(FIN | ACK, buf, sizeof buf), "FIN,ACK");
	assert_string_equal(ctl_show(PSH | ACK | RST, buf, sizeof buf), "RST,PSH,ACK");
	assert_string_equal(ctl_show(0xff, buf, sizeof buf), "SYN,FIN,RST,PSH,ACK,URG,ECE,CWR");
}

static void the_figures(void **state)
{
	struct seg s = { .seq = 300, .ack = 101, .ctl = SYN | ACK, .wnd = 65535 };

	(void)state;
	SHOWN(&s, NULL, "<SEQ=300><ACK=101><CTL=SYN,ACK><WND=65535>");
	s = (struct seg){ .seq = 4294967295u, .ack = 9, .ctl = SYN };
	SHOWN(&s, NULL, "<SEQ=4294967295><CTL=SYN><WND=0>");    /* the ACK field means nothing */
	s = (struct seg){ .seq = 1, .ack = 2, .ctl = ACK | URG, .len = 10, .urg = 4, .rsv = 2, .wnd = 1 };
	SHOWN(&s, NULL, "<SEQ=1><ACK=2><CTL=ACK,URG><LEN=10><WND=1><UP=4><RSV=2>");
}

static void relative_numbers(void **state)
{
	struct show_base base = { .seq = 0xfffffff0, .ack = 5000 };
	struct seg s = { .seq = 0, .ack = 5301, .ctl = ACK };

	(void)state;
	SHOWN(&s, &base, "<SEQ=16><ACK=301><CTL=ACK><WND=0>");
	s.seq = 0xffffffef;                     /* a keepalive's: one below */
	s.ack = 4999;
	SHOWN(&s, &base, "<SEQ=-1><ACK=-1><CTL=ACK><WND=0>");
	s.seq = base.seq + 0xbfffffff;
	s.ack = 5000;
	SHOWN(&s, &base, "<SEQ=3221225471><ACK=0><CTL=ACK><WND=0>");

	struct sack_block blocks[2] = { { 5100, 5200 }, { 4990, 5000 } };

	s = (struct seg){ .seq = base.seq, .ack = 5001, .ctl = ACK };
	assert_true(opt_sack(&s, blocks, 2));
	SHOWN(&s, &base, "<SEQ=0><ACK=1><CTL=ACK><WND=0><SACK=100:200,-10:0>");
	SHOWN(&s, NULL, "<SEQ=4294967280><ACK=5001><CTL=ACK><WND=0><SACK=5100:5200,4990:5000>");
}

static void options(void **state)
{
	struct seg s = { 0 };

	(void)state;
	assert_string_equal(opt_show(&s, buf, sizeof buf), "");
	assert_true(opt_mss(&s, 1460) && opt_ws(&s, 7) && opt_sack_perm(&s) && opt_ts(&s, 1, 4294967295u));
	assert_string_equal(opt_show(&s, buf, sizeof buf), "<MSS=1460><WS=7><SACK-OK><TS=1,4294967295>");
	s.opt_len = 0;
	assert_true(opt_uto(&s, 0x8005) && opt_tfo(&s, (const uint8_t[]){ 0xab, 0, 1, 2 }, 4));
	assert_string_equal(opt_show(&s, buf, sizeof buf), "<UTO=5min><TFO=ab000102>");
	s.opt_len = 0;
	assert_true(opt_uto(&s, 300) && opt_tfo(&s, NULL, 0));
	assert_string_equal(opt_show(&s, buf, sizeof buf), "<UTO=300s><TFO>");
	s.opt_len = 0;
	assert_true(opt_raw(&s, (const uint8_t[]){ 253, 2, 2, 3, 0, 99, 0 }, 7));
	assert_string_equal(opt_show(&s, buf, sizeof buf), "<unknown option><malformed options><option of wrong length>");
	s.opt_len = 0;
	assert_true(opt_raw(&s, (const uint8_t[]){ 0, 1 }, 2));
	assert_string_equal(opt_show(&s, buf, sizeof buf), "<padding not zero>");
}

static void what_is_wrong(void **state)
{
	struct seg s = { .seq = 1, .ctl = SYN, .doff = 3, .wrong = WRONG_CKSUM };

	(void)state;
	SHOWN(&s, NULL, "<SEQ=1><CTL=SYN><WND=0> (wrong checksum)");
	s.wrong = WRONG_CKSUM | WRONG_PARTIAL;
	SHOWN(&s, NULL, "<SEQ=1><CTL=SYN><WND=0> (checksum left to the interface)");
	s.wrong = WRONG_DOFF | WRONG_LENGTH | WRONG_SNAP;
	SHOWN(&s, NULL, "<SEQ=1><CTL=SYN><WND=0> (wrong data offset 3) (IP length too short for a TCP header) (captured short)");
}

/* The longest line that there is fits SHOW_MAX, or is cut in order; and whatever
 * the buffer, not an octet goes beyond it. */
static void lines_that_do_not_fit(void **state)
{
	struct show_base base = { 0 };
	struct sack_block far[3] = { { 1u << 31, 1u << 31 }, { 1u << 31, 1u << 31 }, { 1u << 31, 1u << 31 } };
	struct seg s = {
		.seq = UINT32_MAX / 2, .ack = UINT32_MAX / 2, .ctl = 0xff, .rsv = 15, .len = UINT32_MAX,
		.wnd = 65535, .urg = 65535, .wrong = WRONG_CKSUM,
	};

	(void)state;
	assert_true(opt_sack(&s, far, 3) && opt_ts(&s, UINT32_MAX, UINT32_MAX));
	char whole[1000];
	size_t n = strlen(seg_show(&s, &base, whole, sizeof whole));

	assert_true(n < SHOW_MAX);
	for (size_t size = 1; size <= n + 1; size++) {
		char *exact = malloc(size);

		assert_non_null(exact);
		seg_show(&s, &base, exact, size);
		assert_int_equal(strlen(exact), size - 1);
		assert_memory_equal(exact, whole, size - 1);
		free(exact);
	}
	char untouched = 'x';

	seg_show(&s, &base, &untouched, 0);
	assert_int_equal(untouched, 'x');
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_bits),
		cmocka_unit_test(the_figures),
		cmocka_unit_test(relative_numbers),
		cmocka_unit_test(options),
		cmocka_unit_test(what_is_wrong),
		cmocka_unit_test(lines_that_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
