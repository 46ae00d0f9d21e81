/* dut_file.c: the declarations of a device under test; see dut_file.h.  What they
 * mean is harness/dut/dut.h's; nothing is guessed here, and a name that nobody
 * obeys is refused. */
#include "dut_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "nearest.h"
#include "tick_parse.h"

#define LINE_MAX_OCTETS 1024

/* ---- values -------------------------------------------------------------------- */

static bool read_service(struct declarations *d, const char *s, char *err, size_t n)
{
	static const struct { const char *name; enum service service; } names[] = {
		{ "none", SERVICE_NONE }, { "discard", SERVICE_DISCARD }, { "echo", SERVICE_ECHO },
		{ "chargen", SERVICE_CHARGEN }, { "http", SERVICE_HTTP },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (!strcmp(s, names[i].name)) {
			d->service = names[i].service;
			return true;
		}
	}
	snprintf(err, n, "is discard, echo, chargen, http or none, and not '%.80s'", s);
	return false;
}

static bool read_absent(struct declarations *d, const char *list, char *err, size_t n)
{
	static const struct { const char *name; unsigned bit; } names[] = {
		{ "timestamps", ABSENT_TIMESTAMPS }, { "window-scale", ABSENT_WINDOW_SCALE }, { "sack", ABSENT_SACK },
		{ "keepalive", ABSENT_KEEPALIVE }, { "urgent", ABSENT_URGENT }, { "tfo", ABSENT_TFO },
		{ "mss", ABSENT_MSS }, { "paws", ABSENT_PAWS },
	};

	for (const char *p = list; *p; ) {
		size_t length = strcspn(p, ", "), i;

		for (i = 0; i < sizeof names / sizeof *names; i++)
			if (strlen(names[i].name) == length && !strncmp(p, names[i].name, length))
				break;
		if (i == sizeof names / sizeof *names) {
			snprintf(err, n, "is a list of timestamps, window-scale, sack, keepalive, urgent, tfo, mss and paws, and not '%.80s'",
			         list);
			return false;
		}
		d->said.absent |= names[i].bit;
		p += length;
		p += strspn(p, ", ");
	}
	return true;
}

static bool read_connections(struct declarations *d, const char *s, char *err, size_t n)
{
	char *end;
	long v = strtol(s, &end, 10);

	if (!isdigit((unsigned char)*s) || v < 1 || v > 100000 || *end) {
		snprintf(err, n, "takes a number from 1 to 100000, and not '%.80s'", s);
		return false;
	}
	d->said.connections = (int)v;
	return true;
}

static bool read_ports(struct declarations *d, const char *s, char *err, size_t n)
{
	unsigned first, last;
	int end = 0;

	if (!isdigit((unsigned char)*s) || sscanf(s, "%5u-%5u%n", &first, &last, &end) < 2 || s[end] || first < 20000 ||
	    last > 65535 || last < first + 999) {
		snprintf(err, n, "takes a thousand ports or more from 20000 up, such as 20000-29999, and not '%.80s'", s);
		return false;
	}
	d->said.first_port = (uint16_t)first;
	d->said.last_port = (uint16_t)last;
	return true;
}

static bool read_translated(struct declarations *d, const char *s, char *err, size_t n)
{
	d->said.translated = !strcmp(s, "yes");
	if (d->said.translated || !strcmp(s, "no"))
		return true;
	snprintf(err, n, "is yes or no, and not '%.80s'", s);
	return false;
}

static bool read_known(struct declarations *d, const char *ids, char *err, size_t n)
{
	char id[64];

	for (const char *p = ids; *p; p += strspn(p, ", ")) {
		size_t length = strcspn(p, ", ");

		snprintf(id, sizeof id, "%.*s", (int)(length < sizeof id ? length : sizeof id - 1), p);
		if (!requirement_find(id)) {
			snprintf(err, n, "is a list of requirements, and '%s' is none", id);
			return false;
		}
		p += length;
	}
	if ((size_t)snprintf(d->said.known, sizeof d->said.known, "%s", ids) < sizeof d->said.known)
		return true;
	snprintf(err, n, "is longer than a list can be");
	return false;
}

static bool read_target(struct declarations *d, const char *s, char *err, size_t n)
{
	if ((size_t)snprintf(d->target, sizeof d->target, "%s", s) < sizeof d->target)
		return true;
	d->target[0] = '\0';
	snprintf(err, n, "is longer than a name can be");
	return false;
}

static bool read_time(tick *t, const char *s, char *err, size_t n)
{
	tick v;

	if (!tick_parse(s, &v) || v == TICK_NEVER) {
		snprintf(err, n, "takes a time such as 500ms or 2s, and not '%.80s'", s);
		return false;
	}
	if (v > DECLARED_LONGEST) {
		snprintf(err, n, "takes a time of at most a week, and not '%.80s'", s);
		return false;
	}
	*t = v;
	return true;
}

/* ---- names --------------------------------------------------------------------- */

static const char *const declarable[] = {
	"target", "service", "absent", "connections", "wait", "msl", "throttle", "timer-tick", "ports", "translated", "known", NULL
};

enum { TARGET, SERVICE, ABSENT, CONNECTIONS, WAIT, MSL, THROTTLE, TIMER_TICK, PORTS, TRANSLATED, KNOWN, UNKNOWN };

static unsigned find(const char *name)
{
	unsigned i = 0;

	while (i < UNKNOWN && strcmp(declarable[i], name))
		i++;
	return i;
}

bool declare(struct declarations *d, const char *name, const char *value, char *err, size_t n)
{
	unsigned i = find(name);
	bool ok = false;

	switch (i) {
	case TARGET:      ok = read_target(d, value, err, n); break;
	case SERVICE:     ok = read_service(d, value, err, n); break;
	case ABSENT:      ok = read_absent(d, value, err, n); break;
	case CONNECTIONS: ok = read_connections(d, value, err, n); break;
	case WAIT:        ok = read_time(&d->said.reply_within, value, err, n); break;
	case MSL:         ok = read_time(&d->said.msl, value, err, n); break;
	case THROTTLE:    ok = read_time(&d->said.throttle, value, err, n); break;
	case TIMER_TICK:  ok = read_time(&d->said.timer_tick, value, err, n); break;
	case PORTS:       ok = read_ports(d, value, err, n); break;
	case TRANSLATED:  ok = read_translated(d, value, err, n); break;
	case KNOWN:       ok = read_known(d, value, err, n); break;
	default:          snprintf(err, n, "is nothing that a target declares"); break;
	}
	if (ok)
		d->given |= 1u << i;
	return ok;
}

bool is_declared(const struct declarations *d, const char *name)
{
	unsigned i = find(name);

	return i < UNKNOWN && d->given & 1u << i;
}

/* ---- the file ------------------------------------------------------------------ */

static char *trim(char *s)
{
	char *end = s + strlen(s);

	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

/* One line into name and value; false if it is neither empty nor of that form. */
static bool split(char *line, char **name, char **value)
{
	char *why = strchr(line, '#'), *equals;

	if (why)
		*why = '\0';
	*name = trim(line);
	*value = NULL;
	if (!**name)
		return true;
	equals = strchr(*name, '=');
	if (!equals)
		return false;
	*equals = '\0';
	*name = trim(*name);
	*value = trim(equals + 1);
	return **name && **value;
}

bool dut_file_read(struct declarations *d, const char *path, char *err, size_t n)
{
	FILE *in = fopen(path, "re");
	char line[LINE_MAX_OCTETS], why[200];
	unsigned number = 0, here = 0, before = d->given;
	bool ok = in;

	if (!in)
		snprintf(err, n, "cannot read the DUT file %s: %s", path, strerror(errno));
	while (ok && fgets(line, sizeof line, in)) {
		struct declarations aside = { 0 };
		char *name, *value;
		unsigned i;

		number++;
		if (strlen(line) == sizeof line - 1) {
			snprintf(err, n, "%s line %u: is longer than %d octets", path, number, LINE_MAX_OCTETS - 2);
			ok = false;
		} else if (!split(line, &name, &value)) {
			snprintf(err, n, "%s line %u: a line is \"name = value\", with # before a remark", path, number);
			ok = false;
		} else if (value && (i = find(name)) == UNKNOWN) {
			const char *meant = nearest(name, declarable);

			snprintf(err, n, "%s line %u: '%.80s' is nothing that a target declares%s%s%s", path, number, name,
			         meant ? "; did you mean '" : "", meant ? meant : "", meant ? "'?" : "");
			ok = false;
		} else if (value && here & 1u << i) {
			snprintf(err, n, "%s line %u: %s stands there twice", path, number, name);
			ok = false;
		} else if (value) {
			here |= 1u << i;
			/* What was said before stays; the line is to be right all the same. */
			if (!declare(before & 1u << i ? &aside : d, name, value, why, sizeof why)) {
				snprintf(err, n, "%s line %u: %s %s", path, number, name, why);
				ok = false;
			}
		}
	}
	if (ok && ferror(in)) {
		snprintf(err, n, "cannot read the DUT file %s: %s", path, strerror(errno));
		ok = false;
	}
	if (in)
		fclose(in);
	return ok;
}
