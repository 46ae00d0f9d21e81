/* permit.c: the list of permissions, and what a breach is worth from where it
 * was seen.  See permit.h; the conditions are in permit_*.c. */
#include "permit.h"

#include <string.h>

#include "inner.h"

const struct permit permits[PERMITS] = {
/*                  rule               clause          requirements                    class   needs all input
                    promise */
[F_CKSUM]       = { "F-CKSUM",        "9293 3.1",     "MUST-2",
                    "every segment sent carries a correct checksum",                      "V-VS", false },
[F_RSV]         = { "F-RSV",          "9293 3.1",     "HDR-RSV-1",
                    "reserved control bits are sent as zero",                             "VVSS", false },
[F_DOFF]        = { "F-DOFF",         "9293 3.1",     "GEN-DOFF-SHORT",
                    "the data offset is at least 5 and lies within the segment",          "VVVV", false },
[F_OPTLEN]      = { "F-OPTLEN",       "9293 3.1",     "MUST-68",
                    "each option but EOL and NOP has a length of at least 2 that fits",   "VVVV", false },
[F_OPTPAD]      = { "F-OPTPAD",       "9293 3.1",     "MUST-69",
                    "the octets behind the end of the option list are zero",              "VVVV", false },
[F_MSS_SYN]     = { "F-MSS-SYN",      "9293 3.2",     "MUST-65",
                    "the MSS option is sent only with SYN",                               "VVVV", false },
[F_WS_SYN]      = { "F-WS-SYN",       "7323 2.2",     "R7323-WS-8",
                    "the window scale option is sent only with SYN",                      "VVVV", false },
[F_SACKPERM_SYN]= { "F-SACKPERM-SYN", "2018 2",       "R2018-PERM-1",
                    "SACK-permitted is sent only with SYN",                               "VVVV", false },
[F_FLAGS]       = { "F-FLAGS",        "9293 3.10.1",  "EVT-SYNSENT-SYN-FORMAT",
                    "no segment has SYN with FIN or RST, or none of SYN, ACK and RST",    "VVVV", false },
[F_SACKFMT]     = { "F-SACKFMT",      "2018 3",       "R2018-FMT",
                    "a SACK option has one to four blocks, each right edge above the left", "VVVV", false },
[F_ACKBIT]      = { "F-ACKBIT",       "9293 3.1",     "GEN-ACK-ALWAYS",
                    "behind the first SYN every segment but RST carries ACK",             "VVVV", false },

[H_SYNACK_ACK]  = { "H-SYNACK-ACK",   "9293 3.10.7.2", "EVT-LISTEN-SYN",
                    "a SYN,ACK acknowledges a SYN that was sent, exactly",                "VVVS", true },
[H_SYN_SAMESEQ] = { "H-SYN-SAMESEQ",  "9293 3.10.8",  "EVT-SYNSENT-RTO",
                    "all SYNs of one attempt have the same SEQ",                          "VVVV", false },
[H_SYNACK_SAMESEQ] = { "H-SYNACK-SAMESEQ", "9293 3.10.8", "EVT-SYNRCVD-RTO",
                    "repeated SYN,ACKs for one SYN have the same SEQ",                    "VVVV", false },
[H_OPT_ECHO_WS] = { "H-OPT-ECHO-WS",  "7323 2.2",     "R7323-WS-3",
                    "window scale stands on a SYN,ACK only if it stood on the SYN",       "VVVS", true },
[H_OPT_ECHO_TS] = { "H-OPT-ECHO-TS",  "7323 3.2",     "R7323-TS-2",
                    "timestamps stand on a SYN,ACK only if they stood on the SYN",        "VVVS", true },
[H_TSECR_SYN]   = { "H-TSECR-SYN",    "7323 3.2",     "R7323-TS-3",
                    "TSecr is zero on a segment without ACK",                             "VVVV", false },
[H_MSS_PRESENT] = { "H-MSS-PRESENT",  "9293 3.7.1",   "SHLD-5",
                    "a SYN carries the MSS option unless the default is meant",           "VVSS", false },
[H_WSMAX]       = { "H-WSMAX",        "7323 2.3",     "R7323-WS-7",
                    "the offered shift count is at most 14",                              "VVVV", false },
[O_TS_ALWAYS]   = { "O-TS-ALWAYS",    "7323 3.2",     "R7323-TS-5",
                    "once negotiated, timestamps stand on every segment but RST",         "VVSS", true },
[O_TS_NEVER]    = { "O-TS-NEVER",     "7323 3.2",     "R7323-TS-2",
                    "timestamps stand on no segment unless both SYNs had them",           "VVSS", true },
[O_TSECR_SEEN]  = { "O-TSECR-SEEN",   "7323 3.2",     "R7323-TS-10",
                    "TSecr is a TSval that was sent",                                     "VVSS", true },
[O_TS_CLOCK]    = { "O-TS-CLOCK",     "7323 5.4",     "R7323-TS-15",
                    "the timestamp clock goes on",                                        "VVSS", false },
[O_SACK_PERM]   = { "O-SACK-PERM",    "2018 4",       "R2018-PERM-3",
                    "SACK is sent only to who has permitted it",                          "VVSS", true },
[O_SACK_TRUE]   = { "O-SACK-TRUE",    "2018 3",       "R2018-FMT",
                    "SACK blocks name octets that were sent",                             "VSS-", true },
[A_UNSEEN]      = { "A-UNSEEN",       "9293 3.10.7.4", "EVT-ESTAB-TEXT",
                    "ACK never exceeds what was sent without a gap",                      "VSSS", true },
[A_MONO]        = { "A-MONO",         "9293 3.10.7.4", "EVT-ESTAB-TEXT",
                    "ACK does not go back",                                               "VVVV", false },
[A_ACKFORM]     = { "A-ACKFORM",      "9293 3.10.7.4", "EVT-ESTAB-SEQ-ACKFORM",
                    "an ACK without text has a SEQ of its sender's",                      "VVVS", true },
[D_START]       = { "D-START",        "9293 3.10.7",  "EVT-ESTAB-SEND",
                    "the first octet of text is ISS+1",                                   "VVS-", false },
[D_SAME]        = { "D-SAME",         "9293 3.10.8",  "R2525-4",
                    "an octet that is sent again is the same octet",                      "VVSS", false },
[D_WINDOW]      = { "D-WINDOW",       "9293 3.8.6",   "R5681-CWND",
                    "text ends within the largest window that was offered",               "VVVS", true },
[D_AFTER_FIN]   = { "D-AFTER-FIN",    "9293 3.10.2",  "EVT-FINWAIT1-SEND",
                    "no octet is sent behind the FIN",                                    "VVVV", false },
[D_FIN_FIXED]   = { "D-FIN-FIXED",    "9293 3.10.8",  "EVT-FINWAIT1-RTO",
                    "the FIN has one sequence number",                                    "VVVV", false },
[W_REFUSE]      = { "W-REFUSE",       "9293 3.10.7.4", "EVT-ESTAB-SEQ-4-NEW",
                    "ACK never goes beyond the window that was offered",                  "VVSS", false },
[W_EDGE]        = { "W-EDGE",         "9293 3.8.6",   "SHLD-14",
                    "the right edge of the window does not move left",                    "VVVV", false },
[H_SYN_RTO]     = { "H-SYN-RTO",      "6298 2.1",     "R6298-INIT",
                    "a SYN that nothing has answered is not repeated within a second",    "VVSS", true },
[T_BACKOFF]     = { "T-BACKOFF",      "6298 5.5",     "R6298-BACKOFF",
                    "the timeout doubles when nothing comes",                             "VSSS", true },
[T_RTO_MIN]     = { "T-RTO-MIN",      "6298 2.4",     "R6298-MIN",
                    "the timeout has a lower bound",                                      "VVSS", true },
[D_RETX_UNA]    = { "D-RETX-UNA",     "6298 5.4",     "R6298-EARLIEST",
                    "a timeout sends the earliest segment that is not acknowledged",      "VVSS", true },
[D_LOSSWIN]     = { "D-LOSSWIN",      "5681 3.1",     "R5681-RTO-CWND",
                    "a timeout sends no more than one full-sized segment",                "VVSS", true },
[D_CWND_IW]     = { "D-CWND-IW",      "5681 3.1",     "R5681-IW",
                    "the first flight is no longer than the initial window",              "VVSS", true },
[R_FR_ONCE]     = { "R-FR-ONCE",      "5681 3.2",     "R5681-FREC-1",
                    "a hole is filled once, however many duplicate ACKs come",            "VVSS", true },
[C_RST_FORM]    = { "C-RST-FORM",     "9293 3.10.7.1", "EVT-CLOSED-WIN",
                    "a reset from no connection takes its numbers from what it answers",  "VVSS", true },
[C_RST_RST]     = { "C-RST-RST",      "9293 3.5.2",   "GEN-RST-NOREPLY",
                    "a reset is never answered by a reset",                               "VVSS", true },
};

static char class_of(const struct oracle *o, enum permit_rule rule)
{
	const char class = permits[rule].class[o->config.vantage];

	return class == 'V' && permits[rule].needs_in && o->gap ? 'S' : class;
}

bool oracle_needs_input(const char *rule)
{
	for (int i = 0; i < PERMITS; i++)
		if (permits[i].name != NULL && strcmp(permits[i].name, rule) == 0)
			return permits[i].needs_in;
	return false;
}

void permit_held(struct oracle *o, enum permit_rule rule)
{
	o->held[rule] = true;
}

/* A row that refuses a segment says more than a bound that it breaks as well. */
static bool row_says_it(enum permit_rule rule)
{
	switch (rule) {
	case H_SYNACK_ACK:
	case H_SYN_SAMESEQ:
	case H_SYNACK_SAMESEQ:
	case A_UNSEEN:
	case A_MONO:
	case A_ACKFORM:
	case D_START:
	case D_AFTER_FIN:
	case D_FIN_FIXED:
	case W_REFUSE:
	case C_RST_FORM:
	case C_RST_RST:
		return true;
	default:
		return false;
	}
}

void permit_broken(struct oracle *o, enum permit_rule rule, const struct seg *s, int index, int stimulus,
                   const char *req, const char *wanted, const char *seen)
{
	const struct permit *p = &permits[rule];
	const char class = class_of(o, rule);

	if (class == '-')
		return;
	o->broken[rule] = true;
	const enum verdict verdict = class == 'V' ? FAIL : INCONCLUSIVE;

	if (o->accused && row_says_it(rule))
		return;

	if (said(o, p, verdict)) {
		if (o->config.repeated != NULL)
			o->config.repeated(o->config.arg, p->name, verdict, index);
		return;
	}
	say(o, p, &(struct judgement) {
		.verdict = verdict, .level = LEVEL_IMPLIED,
		.req = req != NULL ? req : p->req, .clause = p->clause, .rule = p->name,
		.message = say_text(o, "%s; %s", p->promise, seen),
		.wanted = wanted, .got = say_seg(o, s, true),
		.stimulus = stimulus, .reply = index, .at = s->at
	});
}

/* A host whose every second segment does not verify was captured with checksum
 * offload; a few wrong ones among many were wrong, there or on the way. */
static void checksums_at_end(struct oracle *o)
{
	if (o->dut_bad_cksum == 0 || o->dut_bad_cksum * 2 > o->dut_segments || class_of(o, F_CKSUM) == '-')
		return;
	o->broken[F_CKSUM] = true;
	say(o, &permits[F_CKSUM], &(struct judgement) {
		.verdict = class_of(o, F_CKSUM) == 'V' && o->dut_segments >= 8 ? FAIL : INCONCLUSIVE,
		.level = LEVEL_IMPLIED,
		.req = permits[F_CKSUM].req, .clause = permits[F_CKSUM].clause, .rule = permits[F_CKSUM].name,
		.message = say_text(o, "%s; %u of %u do not verify", permits[F_CKSUM].promise, o->dut_bad_cksum,
		                    o->dut_segments),
		.stimulus = -1, .reply = o->cksum_first.index, .at = o->cksum_first.at
	});
}

void permit_end(struct oracle *o)
{
	checksums_at_end(o);
	for (int rule = 0; rule < PERMITS; rule++) {
		const struct permit *p = &permits[rule];

		if (!o->held[rule] || o->broken[rule] || class_of(o, rule) != 'V')
			continue;
		say(o, p, &(struct judgement) {
			.verdict = PASS, .level = LEVEL_IMPLIED, .req = p->req, .clause = p->clause,
			.rule = p->name, .message = p->promise,
			.stimulus = -1, .reply = -1, .at = o->now
		});
	}
}
