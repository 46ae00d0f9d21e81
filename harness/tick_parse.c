/* tick_parse.c: see tick_parse.h. */
#include "tick_parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool tick_parse(const char *s, tick *t)
{
	static const struct { const char *unit; tick value; } units[] = {
		{ "", S(1) }, { "s", S(1) }, { "ms", MS(1) }, { "m", S(60) }, { "min", S(60) }, { "h", S(3600) },
	};
	char *end;

	if (!strcmp(s, "none")) {
		*t = TICK_NEVER;
		return true;
	}
	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;

	double v = strtod(s, &end);

	if (errno || !(v >= 0) || v > 1e9)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (!strcmp(end, units[i].unit)) {
			double ns = v * (double)units[i].value;

			*t = ns < 9e18 ? (tick)ns : TICK_NEVER;
			return true;
		}
	}
	return false;
}
