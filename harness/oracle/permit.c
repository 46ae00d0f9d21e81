/* permit.c: the list of permissions, and what a breach is worth from where it
 * was seen.  See permit.h; the conditions are in permit_*.c. */
#include "permit.h"

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
};

static char class_of(const struct oracle *o, enum permit_rule rule)
{
	const char class = permits[rule].class[o->config.vantage];

	return class == 'V' && permits[rule].needs_in && o->gap ? 'S' : class;
}

void permit_held(struct oracle *o, enum permit_rule rule)
{
	o->held[rule] = true;
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

void permit_end(struct oracle *o)
{
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
