/* declare.c: what is declared of a DUT: the RFC's defaults, what the user says,
 * what its upper tester can be asked for. */
#include <stdio.h>
#include <string.h>

#include "dut.h"
#include "line.h"

void dut_declare_defaults(struct dut_declaration *d)
{
	memset(d, 0, sizeof *d);
	d->msl = S(120);
	d->reply_within = S(1);
	d->throttle = MS(500);
	d->connections = 1;
	d->backlog = 128;
	d->first_port = 20000;
	d->last_port = 60999;
}

void dut_declare_said(struct dut_declaration *d, const struct dut_said *said)
{
	if (said->connections)
		d->connections = said->connections;
	if (said->reply_within)
		d->reply_within = said->reply_within;
	if (said->msl)
		d->msl = said->msl;
	if (said->timer_tick)
		d->timer_tick = said->timer_tick;
	if (said->throttle >= 0)
		d->throttle = said->throttle;
	d->absent |= said->absent;
	if (said->first_port) {
		d->first_port = said->first_port;
		d->last_port = said->last_port;
	}
	d->translated = said->translated;
	snprintf(d->known, sizeof d->known, "%s", said->known);
}

void dut_declare_can(struct dut_declaration *d, const char *can)
{
	static const struct { const char *word; unsigned absent; } needed[] = {
		{ "keepalive", ABSENT_KEEPALIVE }, { "urgent", ABSENT_URGENT }, { "fast-open", ABSENT_TFO }
	};

	d->calls = true;
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!line_can(can, needed[i].word))
			d->absent |= needed[i].absent;
}
