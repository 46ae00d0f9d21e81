/* opt.h: TCP options as octets (RFC 9293 3.2 and companions), wrong ones too.
 *
 * Only the codec is here, no meaning: whether an option may stand on a segment
 * is the business of the oracle and, apart from it, of the stack. */
#ifndef TCPCONFORM_OPT_H
#define TCPCONFORM_OPT_H

#include <stdbool.h>
#include <stdint.h>

#include "seg.h"

enum opt_kind {
	OPT_EOL = 0, OPT_NOP = 1, OPT_MSS = 2, OPT_WS = 3, OPT_SACK_PERM = 4,
	OPT_SACK = 5, OPT_TS = 8, OPT_USER_TIMEOUT = 28, OPT_TFO = 34
};

struct sack_block {
	uint32_t left, right;   /* RFC 2018 3: first octet, octet behind the last */
};

/* What the options of one segment say.  The first of each kind counts. */
struct opts {
	bool mss, ws, sack_perm, ts, uto, tfo;
	uint8_t n_sack;                 /* blocks; 0: no SACK option            */
	uint16_t mss_value;             /* octets                               */
	uint8_t  ws_shift;              /* as on the wire, also above 14        */
	uint32_t ts_val, ts_ecr;
	uint16_t uto_value;             /* granularity bit and 15 bits          */
	uint8_t  tfo_len, tfo_cookie[16];
	struct sack_block sack[4];
	bool unknown;                   /* a kind that is none of the above     */
	bool malformed;                 /* a length of 0 or 1, or beyond the header; parsing ended there */
	bool bad_length;                /* a known kind with another length than its own; it was skipped */
	bool padding_nonzero;           /* an octet behind EOL is not zero (MUST-69) */
};

/* Reads any octets; never reads beyond len. */
void opt_parse(const uint8_t *octets, unsigned len, struct opts *out);

/* The same for the options of s. */
void opt_of(const struct seg *s, struct opts *out);

/* Each appends one option to s and returns true, or false (s unchanged) when it
 * does not fit into the 40 octets.  None of them pads between options: call
 * opt_nop for alignment, opt_pad at the end (wire_encode pads with zeros). */
bool opt_nop(struct seg *s);
bool opt_eol(struct seg *s);
bool opt_mss(struct seg *s, uint16_t mss);
bool opt_ws(struct seg *s, uint8_t shift);
bool opt_sack_perm(struct seg *s);
bool opt_sack(struct seg *s, const struct sack_block *blocks, unsigned n);
bool opt_ts(struct seg *s, uint32_t val, uint32_t ecr);
bool opt_uto(struct seg *s, uint16_t value);
bool opt_tfo(struct seg *s, const uint8_t *cookie, unsigned len);

/* Any octets at all: unknown kinds, and malformed ones on purpose. */
bool opt_raw(struct seg *s, const uint8_t *octets, unsigned n);

#endif
