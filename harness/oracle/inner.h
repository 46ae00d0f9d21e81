/* inner.h: the oracle from inside.  Only harness/oracle/ includes it.
 *
 * Read oracle.h first, then rules.h (the table) and tcb.h (a hypothesis). */
#ifndef TCPCONFORM_ORACLE_INNER_H
#define TCPCONFORM_ORACLE_INNER_H

#include "oracle.h"
#include "permit.h"
#include "say.h"

struct oracle {
	struct oracle_config config;
	struct endpoint dut, other;
	struct oracle_stats stats;
	struct say say;
	tick now;                       /* the newest time that was told         */

	/* permissions: what was applied, what was broken */
	bool held[PERMITS], broken[PERMITS];
	bool accecn;                    /* one of the SYNs asked for RFC 9768: bit AE has a meaning */
	bool gap;                       /* the capture lacks segments            */
	unsigned dut_segments, dut_bad_cksum;
	struct { int index; tick at; } cksum_first; /* in a capture, judged at the end */

	uint32_t dut_iss, other_iss;    /* of the newest SYNs, to show numbers   */
	bool dut_iss_known, other_iss_known;
};

#endif
