/* 7_throttle.c: the limit of challenge ACKs (RFC 5961 7). */
#include "harness/case.h"
#include "harness/stimuli.h"

SECTION("5961/7");

CASE(challenges_are_limited,
     .req   = "R5961-THR-1",
     .title = "a hundred resets inside the window in a second do not draw a hundred challenges",
     .needs = ALONE, .lasts = S(4))
{
	unsigned challenges = 0;

	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 10);
	const tick begun = now(c);
	for (int i = 0; i < 100; i++) {
		tx(c, RST, .dseq = 1, .rapid = true, .why = "a reset inside the window, and many of them");
		pass(c, MS(10));
	}
	pass(c, S(1));
	for (unsigned n = 0; seen(c, n); n++)
		challenges += seen(c, n)->at >= begun;
	check(c, challenges < 100, "challenge ACKs are limited in their rate");
}

/* With one counter for all connections a stranger counts the challenges of another
 * connection on his own (CVE-2016-5696). */
CASE(limit_of_one_connection,
     .req   = "R5961-THR-2",
     .title = "the limit of challenges on one connection is not the limit of another",
     .needs = ALONE, .lasts = S(5))
{
	open_passive(c);                                /* DUT: ESTABLISHED, twice */
	use(c, 1);
	open_passive(c);
	use(c, 0);
	for (int i = 0; i < 100; i++) {
		tx(c, RST, .dseq = 1, .rapid = true, .why = "a reset inside the window, and many of them");
		pass(c, MS(10));
	}
	use(c, 1);
	rst_in_window(c, 0);
	check(c, rx_maybe(c, ACK), "a connection is challenged although another has used up its limit");
	alive(c);
}
