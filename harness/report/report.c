/* report.c: the end of a report; see report.h for their beginnings. */
#include "report.h"

#include <stdlib.h>

void report_free(struct report *r)
{
	struct made_report *made = (struct made_report *)r;

	if (!made)
		return;
	if (made->drop)
		made->drop(r->arg);
	free(made);
}
