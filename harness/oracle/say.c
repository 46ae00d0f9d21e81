/* say.c: judgements with their strings, each matter once.  See say.h. */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../probes/show.h"
#include "inner.h"

#define CHUNK 4096
#define SAY_MAX (256 * 1024)

struct say_chunk {
	struct say_chunk *next;
	size_t used;
	char text[CHUNK];
};

void say_free(struct say *say)
{
	while (say->chunks != NULL) {
		struct say_chunk *next = say->chunks->next;

		free(say->chunks);
		say->chunks = next;
	}
}

const char *say_text(struct oracle *o, const char *format, ...)
{
	struct say *say = &o->say;
	char line[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);

	const size_t n = strlen(line) + 1;

	if (say->total + n > SAY_MAX)
		return "(the oracle has said too much already)";
	if (say->chunks == NULL || say->chunks->used + n > CHUNK) {
		struct say_chunk *chunk = malloc(sizeof(*chunk));

		if (chunk == NULL)
			return "(no memory for this sentence)";
		chunk->next = say->chunks;
		chunk->used = 0;
		say->chunks = chunk;
	}
	char *text = say->chunks->text + say->chunks->used;

	memcpy(text, line, n);
	say->chunks->used += n;
	say->total += n;
	return text;
}

const char *say_seg(struct oracle *o, const struct seg *s, bool from_dut)
{
	char line[SHOW_MAX];
	const struct show_base base = {
		.seq = from_dut ? o->dut_iss : o->other_iss,
		.ack = from_dut ? o->other_iss : o->dut_iss
	};
	const bool known = (from_dut ? o->dut_iss_known : o->other_iss_known) &&
		(!(s->ctl & ACK) || (from_dut ? o->other_iss_known : o->dut_iss_known));

	return say_text(o, "%s", seg_show(s, known ? &base : NULL, line, sizeof(line)));
}

const char *say_form(struct oracle *o, const struct seg *s)
{
	static const char window[] = "<WND=0>";
	char line[SHOW_MAX];

	snprintf(line, sizeof(line), "%s", say_seg(o, s, true));
	char *at = strstr(line, window);

	if (at != NULL && s->wnd == 0)
		memmove(at, at + sizeof(window) - 1, strlen(at + sizeof(window) - 1) + 1);
	return say_text(o, "%s", line);
}

const char *say_state(enum tcp_state state)
{
	static const char *const names[TCP_STATES] = {
		[CLOSED] = "CLOSED", [LISTEN] = "LISTEN", [SYN_SENT] = "SYN-SENT",
		[SYN_RECEIVED] = "SYN-RECEIVED", [ESTABLISHED] = "ESTABLISHED",
		[FIN_WAIT_1] = "FIN-WAIT-1", [FIN_WAIT_2] = "FIN-WAIT-2",
		[CLOSE_WAIT] = "CLOSE-WAIT", [CLOSING] = "CLOSING",
		[LAST_ACK] = "LAST-ACK", [TIME_WAIT] = "TIME-WAIT"
	};

	return state >= 0 && state < TCP_STATES ? names[state] : "unknown";
}

const char *say_states(struct oracle *o, unsigned states)
{
	char line[160] = "";
	const char *between = "";

	for (int state = 0; state < TCP_STATES; state++) {
		if (!(states & 1u << state))
			continue;
		if ((states & (states - 1)) == 0)
			return say_state(state);
		const size_t n = strlen(line);

		snprintf(line + n, sizeof(line) - n, "%s%s", between, say_state(state));
		between = " or ";
	}
	return line[0] ? say_text(o, "%s", line) : "unknown";
}

bool said(const struct oracle *o, const void *key, enum verdict verdict)
{
	for (unsigned i = 0; i < o->say.n_said; i++)
		if (o->say.said[i].key == key && o->say.said[i].verdict == verdict)
			return true;
	return false;
}

bool say(struct oracle *o, const void *key, const struct judgement *j)
{
	struct say *say = &o->say;

	if (said(o, key, j->verdict))
		return false;
	if (say->n_said < SAY_KEYS) {
		say->said[say->n_said].key = key;
		say->said[say->n_said++].verdict = j->verdict;
	} else if (j->verdict == PASS) {
		return false;
	}
	if (j->verdict != PASS && ++say->n_loud > SAY_FAILS)
		return false;
	o->stats.judged++;
	if (o->config.judge != NULL)
		o->config.judge(o->config.arg, j);
	return true;
}
