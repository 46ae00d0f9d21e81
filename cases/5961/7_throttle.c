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
		rst_in_window(c, 0);
		pass(c, MS(10));
	}
	pass(c, S(1));
	for (unsigned n = 0; seen(c, n); n++)
		challenges += seen(c, n)->at >= begun;
	check(c, challenges < 100, "challenge ACKs are limited in their rate");
}
