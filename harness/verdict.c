/* verdict.c: the words of verdicts and levels. */
#include "verdict.h"

const char *verdict_name(enum verdict v)
{
	switch (v) {
	case PASS:         return "pass";
	case FAIL:         return "fail";
	case SKIP:         return "skip";
	case INCONCLUSIVE: return "inconclusive";
	case ERROR:        return "error";
	}
	return "error";
}

const char *level_name(enum level l)
{
	switch (l) {
	case LEVEL_MUST:    return "MUST";
	case LEVEL_IMPLIED: return "implied";
	case LEVEL_SHOULD:  return "SHOULD";
	case LEVEL_MAY:     return "MAY";
	}
	return "implied";
}
