/* fuzz_line.c: the lines of the agent's protocol, and the words more of a stack in
 * virtual time, as either end may get them from a program that is broken or not
 * ours.  What is read is written again, and has to be read the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/dut/line.h"
#include "seeds.h"

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void one_line(void *arg, char *line)
{
	char copy[LINE_SIZE], again[LINE_SIZE + 64], why[200] = "";
	struct line_asked asked = { 0 }, twice = { 0 };
	struct line_heard heard = { 0 };

	(void)arg;
	if (!line)
		return;
	must(strlen(line) < LINE_SIZE);
	snprintf(copy, sizeof copy, "%s", line);
	if (line_read_request(copy, &asked, why, sizeof why) == 0 && asked.tag[0]) {
		size_t n = line_request(again, sizeof again, asked.tag, &asked.call);

		must(n > 0 && n < sizeof again && again[n - 1] == '\n');
		again[n - 1] = 0;
		must(line_read_request(again, &twice, why, sizeof why) == 0);
		must(strcmp(twice.tag, asked.tag) == 0);
		must(twice.call.kind == asked.call.kind && twice.call.id == asked.call.id);
		must(twice.call.n == asked.call.n && twice.call.n_preset == asked.call.n_preset);
	} else {
		must(memchr(why, 0, sizeof why) != NULL);
	}

	snprintf(copy, sizeof copy, "%s", line);
	enum line_kind kind = line_read(copy, &heard);
	must(kind == heard.kind);
	if (kind == LINE_HELLO) {
		line_can(heard.can, "keepalive");
		must(heard.at >= 0 && heard.cases >= 0);
		must(strlen(heard.frames) + strlen(heard.mac) + strlen(heard.addr4) + strlen(heard.addr6) < LINE_SIZE);
	}
	if (kind == LINE_FRAME)
		must(heard.at >= 0 && heard.text[0] && !strchr(heard.text, ' '));
	if (kind == LINE_IDLE)
		must(heard.at >= 0 && heard.until >= 0);
	if (kind == LINE_NOTE) {
		struct line_heard back = { 0 };
		size_t n = line_note(again, sizeof again, &heard.note);

		must(n > 0 && n < sizeof again);
		again[n - 1] = 0;
		must(line_read(again, &back) == LINE_NOTE);
		must(back.note.kind == heard.note.kind && back.note.id == heard.note.id);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line_reader whole = { .n = 0 }, pieces = { .n = 0 };

	/* Lines come in pieces of any size: that makes no difference. */
	line_feed(&whole, (const char *)data, size, one_line, NULL);
	for (size_t at = 0; at < size; ) {
		size_t n = 1 + at % 7 < size - at ? 1 + at % 7 : size - at;

		line_feed(&pieces, (const char *)data + at, n, one_line, NULL);
		at += n;
	}
	must(whole.n == pieces.n && memcmp(whole.line, pieces.line, whole.n) == 0);
	return 0;
}

size_t fuzz_seed(unsigned n, uint8_t *out, size_t room)
{
	static const char *const seeds[] = {
		"HELLO protocol=1 at=12 program=tcpconform-agent can=keepalive,no-delay\n",
		"HELLO protocol=1 at=0 program=x/1 can=ip4,ip6,state frames=ip addr4=10.9.0.2 addr6=fd00:9::2 cases=9\n",
		"HELLO protocol=1 at=0 program=x/1 can=ip4 frames=ethernet mac=02:00:00:00:00:01 addr4=10.9.0.2\n",
		"FRAME at=5 4500002800000000\nIDLE at=5 until=never\nIDLE at=6 until=7000\n? ERR at=0 error=ENOENT :why\n",
		"a1 OPEN-PASSIVE ip=4 port=0 backlog=5\n",
		"a2 OPEN-ACTIVE to=10.0.0.1 port=4000 from=5000 no-delay=1 keepalive-idle=2\n",
		"a3 SEND id=3 n=1000 urgent=1\na4 CLOSE id=3\na5 STATUS id=3\n",
		"a6 AT +50 ABORT id=4\na7 SET id=1 option=keepalive value=1\n",
		"a1 OK at=5 id=3 port=4711\na2 ERR at=5 error=ECONNREFUSED :no one there\n",
		"a3 OK at=5 state=FIN-WAIT-1 received=9 digest=cbf29ce484222325 queued=0\n",
		"* ESTABLISHED at=6 id=4 listener=3 remote=fd00::1 port=4000\n* READABLE at=6 id=4 received=1000\n",
		"* EOF at=6 id=4\n* ERROR at=6 id=4 error=ECONNRESET\n",
	};

	if (n < sizeof seeds / sizeof *seeds) {
		size_t length = strlen(seeds[n]);

		must(length <= room);
		memcpy(out, seeds[n], length);
		return length;
	}
	/* Every call, as our own end writes it. */
	n -= sizeof seeds / sizeof *seeds;
	if (n >= CALL_KINDS || room < LINE_SIZE)
		return 0;
	struct call call = {
		.kind = (enum call_kind)n, .id = 7, .v = 4, .local_port = 1234, .backlog = 3, .n = 100, .value = 1,
		.option = OPTION_KEEPALIVE, .remote = { { 4, { 10, 0, 0, 1 } }, 80 },
	};
	return line_request((char *)out, room, "q1", &call);
}
