/* oracle.c: the step: what comes in is handed to the permissions and to the
 * hypotheses.  See oracle.h for the contract. */
#include "oracle.h"

#include <stdlib.h>

#include "inner.h"

struct oracle *oracle_new(const struct oracle_config *config, const struct endpoint *dut,
                          const struct endpoint *other)
{
	struct oracle *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->config = *config;
	o->dut = *dut;
	o->other = *other;
	return o;
}

void oracle_free(struct oracle *o)
{
	if (o == NULL)
		return;
	say_free(&o->say);
	free(o);
}

static void newest(struct oracle *o, tick at)
{
	if (at > o->now)
		o->now = at;
}

void oracle_sent(struct oracle *o, const struct seg *s, int index)
{
	(void)index;
	newest(o, s->at);
	if (s->ctl & SYN) {
		o->other_iss = s->seq;
		o->other_iss_known = true;
		if (s->rsv & 1)
			o->accecn = true;
	}
}

void oracle_seen(struct oracle *o, const struct seg *s, int index)
{
	newest(o, s->at);
	if ((s->ctl & SYN) && !(s->wrong & (WRONG_DOFF | WRONG_LENGTH))) {
		o->dut_iss = s->seq;
		o->dut_iss_known = true;
	}
	permit_format(o, s, index);
}

void oracle_called(struct oracle *o, const struct call *call, const struct answer *answer, tick from,
                   tick until)
{
	(void)call;
	(void)answer;
	(void)from;
	newest(o, until);
}

void oracle_passed(struct oracle *o, tick now, bool proof)
{
	(void)proof;
	newest(o, now);
}

bool oracle_fence(const struct oracle *o, struct seg *out)
{
	(void)o;
	(void)out;
	return false;
}

bool oracle_answers_fence(const struct oracle *o, const struct seg *s)
{
	(void)o;
	(void)s;
	return false;
}

void oracle_end(struct oracle *o, tick now, bool proof)
{
	(void)proof;
	newest(o, now);
	permit_end(o);
}

unsigned oracle_states(const struct oracle *o)
{
	(void)o;
	return (1u << TCP_STATES) - 1;
}

const char *oracle_state(const struct oracle *o)
{
	(void)o;
	return say_state(STATE_UNKNOWN);
}

struct oracle_stats oracle_stats(const struct oracle *o)
{
	return o->stats;
}
