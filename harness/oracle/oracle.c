/* oracle.c: the step: what comes in is handed to the permissions and to the
 * hypotheses.  See oracle.h for the contract. */
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

#include "calls.h"
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
	o->reacting = config->live;
	if (!o->reacting)
		return o;
	/* Large, and each place is written before it is read. */
	o->room = malloc(ROOM * sizeof(*o->room));
	o->inputs = malloc(INPUTS * sizeof(*o->inputs));
	o->fence = calloc(1, sizeof(*o->fence));
	if (o->room == NULL || o->inputs == NULL || o->fence == NULL) {
		oracle_free(o);
		return NULL;
	}
	hyps_start(o);
	return o;
}

void oracle_free(struct oracle *o)
{
	if (o == NULL)
		return;
	say_free(&o->say);
	permit_free(o);
	free(o->room);
	free(o->inputs);
	free(o->fence);
	free(o);
}

static void newest(struct oracle *o, tick at)
{
	if (at > o->now)
		o->now = at;
}

/* Numbers are shown relative to the SYN that began the connection, and not to one that
 * only came in the middle of it. */
static bool in_the_middle(const struct oracle *o)
{
	const unsigned synchronized_ones = 1u << ESTABLISHED | 1u << FIN_WAIT_1 | 1u << FIN_WAIT_2 |
		1u << CLOSE_WAIT | 1u << CLOSING | 1u << LAST_ACK;

	return o->reacting && o->other_iss_known && !(hyps_states(o) & ~synchronized_ones);
}

void oracle_sent(struct oracle *o, const struct seg *s, int index)
{
	newest(o, s->at);
	if (!(s->wrong & (WRONG_CKSUM | WRONG_DOFF | WRONG_LENGTH)) && (s->ctl & SYN)) {
		if (!in_the_middle(o))
			o->other_iss = s->seq;
		o->other_iss_known = true;
		if (s->rsv & 1)
			o->accecn = true;
	}
	struct opts opts;

	opt_of(s, &opts);
	permit_input(o, s, &opts, index);
	if (o->reacting)
		hyps_sent(o, s, index);
}

void oracle_seen(struct oracle *o, const struct seg *s, int index)
{
	newest(o, s->at);
	if ((s->ctl & SYN) && !(s->wrong & (WRONG_DOFF | WRONG_LENGTH))) {
		o->dut_iss = s->seq;
		o->dut_iss_known = true;
	}
	struct opts opts;

	if (!permit_format(o, s, index))
		return;
	opt_of(s, &opts);
	o->accused = false;
	if (o->reacting && !(s->wrong & WRONG_CKSUM))
		hyps_seen(o, s, index);
	/* A segment that does not verify tells nothing, unless it was captured
	 * before the interface has summed it. */
	if (!(s->wrong & WRONG_CKSUM) || o->config.vantage == VANTAGE_DUT) {
		permit_handshake(o, s, &opts, index);
		permit_options(o, s, &opts, index);
		permit_bounds(o, s, &opts, index);
		permit_timers(o, s, index);
		permit_reset(o, s, index);
	}
	if (!(s->wrong & WRONG_CKSUM) || o->config.vantage != VANTAGE_TESTER)
		permit_output(o, s, &opts);
}

void oracle_called(struct oracle *o, const struct call *call, const struct answer *answer, tick from,
                   tick until)
{
	bool of_listener;

	newest(o, until);
	if (calls_take(&o->calls, call, answer, until, &of_listener) && o->reacting)
		hyps_called(o, call, of_listener, from, until);
}

void oracle_passed(struct oracle *o, tick now, bool proof)
{
	newest(o, now);
	if (o->reacting)
		hyps_passed(o, now, proof);
}

/* ---- the fence ------------------------------------------------------------ */

static bool fence_synchronized(const struct hyp *h, struct seg *out)
{
	static uint8_t octet;

	octet = 0;
	*out = (struct seg) {
		.seq = h->t.rcv_nxt - 1, .ack = h->t.snd_nxt, .ctl = ACK, .wnd = 65535,
		.text = &octet, .len = 1
	};
	return true;
}

bool oracle_fence(const struct oracle *o, struct seg *out)
{
	const struct hyp *h;

	if (!o->reacting)
		return false;
	const unsigned n = hyps_now(o, &h);

	for (unsigned i = 0; i < n; i++) {
		const struct hyp *other = &h[i];

		if (other->vague || other->next != o->n_inputs ||
		    synchronized(other->t.state) != synchronized(h->t.state) ||
		    (other->t.state == SYN_SENT) != (h->t.state == SYN_SENT) ||
		    other->t.rcv_nxt != h->t.rcv_nxt || other->t.snd_nxt != h->t.snd_nxt)
			return false;
	}
	memset(out, 0, sizeof(*out));
	if (synchronized(h->t.state)) {
		fence_synchronized(h, out);
	} else if (h->t.state == SYN_SENT && h->t.iss_known) {
		*out = (struct seg) { .seq = h->t.iss, .ack = h->t.iss, .ctl = ACK, .wnd = 65535 };
	} else if (h->t.state == CLOSED || h->t.state == LISTEN) {
		*out = (struct seg) { .seq = 0x7e9ce000, .ack = 0x7e9cedef, .ctl = ACK, .wnd = 65535 };
	} else {
		return false;
	}
	out->src = o->other;
	out->dst = o->dut;
	*o->fence = *out;
	return true;
}

bool oracle_answers_fence(const struct oracle *o, const struct seg *s, bool prompt)
{
	const unsigned exact = ACK | SYN | RST | (prompt ? 0 : FIN);

	if (!o->reacting || !(o->fence->ctl & ACK))
		return false;
	if (o->fence->len == 0)
		return (s->ctl & RST) && s->seq == o->fence->ack;
	return (s->ctl & exact) == ACK && s->len == 0 && s->ack == o->fence->seq + 1;
}

void oracle_end(struct oracle *o, tick now, bool proof)
{
	newest(o, now);
	if (o->reacting)
		hyps_passed(o, now, proof);
	permit_hold(o);
	permit_end(o);
}

unsigned oracle_states(const struct oracle *o)
{
	return o->reacting ? hyps_states(o) : (1u << TCP_STATES) - 1;
}

const char *oracle_state(const struct oracle *o)
{
	static char words[160];
	unsigned states = oracle_states(o), n = 0, shown = 0;

	for (int state = 0; state < TCP_STATES; state++)
		n += states >> state & 1;
	if (n == 0 || n == TCP_STATES)
		return say_state(STATE_UNKNOWN);
	words[0] = '\0';
	for (int state = 0; state < TCP_STATES; state++) {
		if (!(states >> state & 1))
			continue;
		if (n == 1)
			return say_state((enum tcp_state)state);
		if (shown++ > 0)
			strncat(words, " or ", sizeof(words) - strlen(words) - 1);
		strncat(words, say_state((enum tcp_state)state), sizeof(words) - strlen(words) - 1);
	}
	return words;
}

struct oracle_stats oracle_stats(const struct oracle *o)
{
	struct oracle_stats stats = o->stats;

	stats.gap = o->gap;
	return stats;
}
