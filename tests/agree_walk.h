/* agree_walk.h: the conversations of agree.c: the reference stack is brought to a
 * place, given a stimulus, and asked by probes what became of it.
 *
 * A walk is a few numbers and can be taken again at any time, so that traces need
 * not be kept.  A walk may go wrong on purpose: the reply is replaced by one of
 * another form, the stimulus is not heard, the connection is forgotten.  What no
 * lawful setting of the stack shows as well, the oracle must refuse. */
#ifndef TCPCONFORM_AGREE_WALK_H
#define TCPCONFORM_AGREE_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/call.h"
#include "probes/seg.h"

enum { EVENTS = 160 };

extern const struct endpoint dut, we;

struct happening {
	enum { SENT, SEEN, CALLED, PASSED } kind;
	tick at;
	struct seg seg;
	struct call call;
	struct answer answer;
};

struct trace {
	unsigned n, stimulus, behind;   /* the stimulus; the first event behind its replies */
	struct seg want_ack;            /* what a pure ACK to the stimulus would be */
	uint32_t iss, dut_iss;          /* ours; the DUT's                       */
	bool dut_iss_known;
	struct happening e[EVENTS];
};

/* What goes wrong at the stimulus, besides the form of the reply. */
enum mishap {
	HEALTHY,                        /* nothing at all                        */
	MISSPOKEN,                      /* the reply alone                       */
	UNHEARD,                        /* the stimulus does not reach the stack */
	FORGOTTEN,                      /* ... and the TCB is deleted silently   */
	MISHAPS
};

/* Forms of a reply, as the table has them (rules.h). */
enum { FORMS = 6 };
extern const unsigned forms[FORMS];

struct walk {
	uint16_t setting, stimulus;
	uint8_t place;
	uint8_t wraps;                  /* the sequence numbers do, soon         */
	uint8_t mishap, form;           /* enum mishap; the index in forms       */
};

extern const char *const place_names[];
extern unsigned n_places, n_stimuli, n_few;     /* the first n_few are given in every setting */

void list_stimuli(void);
void free_stimuli(void);

/* By what they are; they are there. */
unsigned place_named(const char *name);
unsigned stimulus_of(unsigned ctl, bool text, bool old);

/* It is that time passes. */
bool stimulus_waits(unsigned stimulus);

/* This stimulus says something at this place. */
bool stimulus_fits(unsigned place, unsigned stimulus);

/* The stimulus comes so soon that what was said before may be processed with it. */
bool place_hurries(unsigned place);

/* Its words; buf is at least 120 octets. */
const char *stimulus_words(unsigned stimulus, char *buf, unsigned n);

/* Takes it.  False: the trace has no room, or the walk cannot go wrong like this. */
bool walk_take(const struct walk *, struct trace *);

/* What the DUT shows from the stimulus on, as one number; of everything in it. */
uint64_t trace_shows(const struct trace *);
uint64_t trace_hash(const struct trace *);

#endif
