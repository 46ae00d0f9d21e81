/* wrong.h: what the files of this folder share, and what each of them gives to the
 * list: the functions that faults.def names.
 *
 * This is the one folder of the stack that is wrong on purpose.  A deviation of a
 * step usually does its wrong in one case and leaves the others to the step whose
 * place it has taken; a filter gets every segment that leaves (t is NULL for a
 * reset without connection) and returns false to swallow it; an answer returns
 * false where the call is answered as it should be. */
#ifndef TCPCONFORM_STACK_FAULTS_WRONG_H
#define TCPCONFORM_STACK_FAULTS_WRONG_H

#include "../tcb.h"

#define ORDER(f, t) int t(struct arrival *);
#define VALUE(v)    void v(struct knobs *);
#define WIRE(w)     bool w(struct stack *, struct tcb *, struct seg *);
#define CALL(c)     bool c(struct stack *, struct tcb *, const struct call *, struct answer *);
#define TIMER(t)    void t(struct stack *, struct tcb *);
#define SPOT
#define FAULT(i, n, how, ...) how
#include "../faults.def"

/* The segment as the deviation takes it. */
static inline struct seg *alter(struct arrival *a)
{
	a->altered = *a->s;
	a->s = &a->altered;
	return &a->altered;
}

static inline int muted(step *original, struct arrival *a)
{
	a->st->muted = true;
	int after = original(a);
	a->st->muted = false;
	return after;
}

/* The last n octets in order were never there, for the user. */
static inline void lose(struct tcb *t, uint32_t n)
{
	t->buf.end -= n;
	if (t->buf.read > t->buf.end)
		t->buf.read = t->buf.end;
}

static inline int answered_and_dropped(struct arrival *a)
{
	send_ack(a->st, a->t);
	return RETURN;
}

static inline bool is(const struct arrival *a, unsigned bits)
{
	return (a->s->ctl & bits) == bits;
}

static inline bool again(const struct tcb *t)
{
	return t && t->rtt.retransmissions > 0;
}

/* The first check, without its ACK, in these states. */
static inline int silent_in(struct arrival *a, enum tcp_state state)
{
	if (a->t->state != state)
		return first_check_sequence_number(a);
	return muted(first_check_sequence_number, a);
}

static inline int noack_acked_in(struct arrival *a, enum tcp_state state)
{
	if (a->t->state == state && !is(a, ACK))
		return answered_and_dropped(a);
	return fifth_check_ack_field(a);
}

/* Another TSval in the place of ours. */
static inline void restamp(struct seg *s, uint32_t value)
{
	for (unsigned i = 0; i + 10 <= s->opt_len; i++)
		if (s->opt[i] == OPT_TS && s->opt[i + 1] == 10) {
			for (unsigned k = 0; k < 4; k++)
				s->opt[i + 2 + k] = (uint8_t)(value >> (24 - 8 * k));
			return;
		}
}

#endif
