/* say.h: how the oracle speaks: judgements with their strings, each matter once.
 *
 * Nothing is decided here.  The strings live as long as the oracle, so that the
 * evidence may keep pointers; their sum is bounded, since a DUT may misbehave
 * for ever. */
#ifndef TCPCONFORM_ORACLE_SAY_H
#define TCPCONFORM_ORACLE_SAY_H

#include "oracle.h"

#define SAY_KEYS 192            /* matters that are remembered as said       */
#define SAY_FAILS 32            /* judgements other than PASS, a conversation */

struct say {
	struct say_chunk *chunks;
	size_t total;
	/* What has been said: the address of a row or rule, and the verdict. */
	struct { const void *key; enum verdict verdict; } said[SAY_KEYS];
	unsigned n_said, n_loud;
};

void say_free(struct say *);

/* Formats into memory of the oracle; never NULL. */
const char *say_text(struct oracle *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A segment in the RFC's notation, relative where both ISS are known. */
const char *say_seg(struct oracle *, const struct seg *, bool from_dut);

/* A form that the RFC demands of the DUT: it says nothing of the window. */
const char *say_form(struct oracle *, const struct seg *);

/* "SYN-SENT"; "SYN-SENT or CLOSED" for several bits of 1 << enum tcp_state. */
const char *say_states(struct oracle *, unsigned states);
const char *say_state(enum tcp_state);

/* Hands the judgement over unless this matter (key, verdict) was told before.
 * True if it was handed over. */
bool say(struct oracle *, const void *key, const struct judgement *);
bool said(const struct oracle *, const void *key, enum verdict);

#endif
