/* seq.h: the order of sequence numbers, modulo 2^32 (RFC 9293 3.4).
 *
 * A bare < on sequence numbers looks right beside the RFC, which writes < too,
 * and is wrong at the wrap.  These four are the only comparisons. */
#ifndef TCPCONFORM_SEQ_H
#define TCPCONFORM_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/* a < b */
static inline bool seq_lt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* a =< b */
static inline bool seq_le(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

/* a < x =< b, as in "SND.UNA < SEG.ACK =< SND.NXT" */
static inline bool seq_lt_le(uint32_t a, uint32_t x, uint32_t b)
{
	return seq_lt(a, x) && seq_le(x, b);
}

/* a =< x < b, as in "RCV.NXT =< SEG.SEQ < RCV.NXT+RCV.WND" */
static inline bool seq_le_lt(uint32_t a, uint32_t x, uint32_t b)
{
	return seq_le(a, x) && seq_lt(x, b);
}

#endif
