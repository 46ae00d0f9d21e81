/* baseline.c: known deviations, so that a red stack can be watched for new ones.
 * A line is "glob  verdict  reason  until"; the reason may have spaces, `until`
 * is YYYY-MM-DD or -.  The first line whose glob matches holds.  What is listed
 * and fails is expected; what is listed and passes is a surprise, and as loud as
 * an unexpected fail, unless it is listed as unstable; a line past its date, or
 * that nothing matched, is said. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

struct known {
	char *glob, *text, *reason;     /* text: the line as it stands; reason: with its place */
	enum verdict verdict;
	bool at_times;                  /* fails, or passes: the DUT's own races */
	bool past, used;
};

struct baseline {
	struct known *lines;
	size_t n, room;
};

/* YYYY-MM-DD, of a day that a calendar could have; such dates order as text. */
static bool is_date(const char *s)
{
	static const char form[] = "dddd-dd-dd";

	if (strlen(s) != sizeof form - 1)
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == 'd' ? !isdigit((unsigned char)s[i]) : s[i] != form[i])
			return false;

	long month = strtol(s + 5, NULL, 10), day = strtol(s + 8, NULL, 10);

	return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static bool verdict_of(const char *word, struct known *k)
{
	static const struct { const char *word; enum verdict v; bool at_times; } words[] = {
		{ "fail", FAIL, false }, { "unstable", FAIL, true }, { "skip", SKIP, false },
		{ "inconclusive", INCONCLUSIVE, false },
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!strcmp(word, words[i].word)) {
			k->verdict = words[i].v;
			k->at_times = words[i].at_times;
			return true;
		}
	}
	return false;
}

static char *trim(char *s)
{
	char *end = s + strlen(s);

	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s + strspn(s, " \t");
}

/* Cuts the first word off *s. */
static char *word(char **s)
{
	char *w = *s + strspn(*s, " \t");
	char *end = w + strcspn(w, " \t");

	*s = end;
	if (*end) {
		*end = '\0';
		*s = end + 1;
	}
	return w;
}

static bool add(struct baseline *b, struct known k)
{
	if (b->n == b->room) {
		size_t room = b->room ? 2 * b->room : 32;
		struct known *more = realloc(b->lines, room * sizeof *more);

		if (!more)
			return false;
		b->lines = more;
		b->room = room;
	}
	b->lines[b->n++] = k;
	return true;
}

/* One line; false and a sentence if it cannot be read. */
static bool read_line(struct baseline *b, char *line, const char *path, unsigned number, const char *today,
                      char *err, size_t n)
{
	char *whole = trim(line);

	if (!*whole || *whole == '#')
		return true;

	struct known k = { .text = strdup(whole) };
	char *rest = whole, *glob = word(&rest), *verdict = word(&rest), *reason = trim(rest);
	char *until = strrchr(reason, ' '), *tab = strrchr(reason, '\t');

	if (tab && (!until || tab > until))
		until = tab;
	if (!until || !*reason) {
		snprintf(err, n, "%s line %u: a line is \"glob verdict reason until\", with YYYY-MM-DD or - at its end",
		         path, number);
		goto bad;
	}
	*until++ = '\0';
	reason = trim(reason);
	if (!verdict_of(verdict, &k)) {
		snprintf(err, n, "%s line %u: the verdict is '%.40s', and not fail, unstable, inconclusive or skip", path, number,
		         verdict);
		goto bad;
	}
	if (strcmp(until, "-") && !is_date(until)) {
		snprintf(err, n, "%s line %u: the line ends in '%.40s', and not in a date YYYY-MM-DD or -", path,
		         number, until);
		goto bad;
	}
	if (!*reason) {
		snprintf(err, n, "%s line %u: a deviation needs its reason", path, number);
		goto bad;
	}
	k.past = strcmp(until, "-") && strcmp(until, today) < 0;
	k.glob = strdup(glob);

	const char *file = strrchr(path, '/');
	int length = asprintf(&k.reason, "%s line %u: %s", file ? file + 1 : path, number, reason);

	if (length < 0)
		k.reason = NULL;
	if (k.text && k.glob && k.reason && add(b, k))
		return true;
	snprintf(err, n, "out of memory");
	free(k.reason);
	free(k.glob);
bad:
	free(k.text);
	return false;
}

struct baseline *baseline_read(const char *path, const char *today, char *err, size_t n)
{
	FILE *f = fopen(path, "re");
	struct baseline *b = f ? calloc(1, sizeof *b) : NULL;
	char line[1024];
	unsigned number = 0;

	if (!b) {
		snprintf(err, n, "cannot read the baseline %s: %s", path, strerror(errno));
		goto bad;
	}
	while (fgets(line, sizeof line, f)) {
		number++;
		if (!strchr(line, '\n') && !feof(f)) {
			snprintf(err, n, "%s line %u is too long", path, number);
			goto bad;
		}
		if (!read_line(b, line, path, number, today, err, n))
			goto bad;
	}
	if (ferror(f)) {
		snprintf(err, n, "cannot read the baseline %s: %s", path, strerror(errno));
		goto bad;
	}
	fclose(f);
	return b;
bad:
	if (f)
		fclose(f);
	baseline_free(b);
	return NULL;
}

void baseline_free(struct baseline *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++) {
		free(b->lines[i].glob);
		free(b->lines[i].text);
		free(b->lines[i].reason);
	}
	free(b->lines);
	free(b);
}

/* An address without its IP version stands for both. */
static bool covers(const char *glob, const char *address)
{
	char both[512];

	if (glob_match(glob, address))
		return true;
	snprintf(both, sizeof both, "%s/ip*", glob);
	return glob_match(both, address);
}

void baseline_judge(struct baseline *b, struct evidence *e)
{
	struct known *k = NULL;

	e->expected = NULL;
	e->surprise = false;
	for (size_t i = 0; b && i < b->n && !k; i++)
		if (!b->lines[i].past && covers(b->lines[i].glob, e->address))
			k = &b->lines[i];
	if (!k)
		return;
	k->used = true;
	switch (k->verdict) {
	case FAIL:
		/* A case that could not be told, that came and went, or was skipped,
		 * says nothing about the line. */
		if (e->verdict == FAIL && (!e->unstable || k->at_times)) {
			e->expected = k->reason;
			e->unstable = false;
		}
		if (e->verdict == PASS && !k->at_times && !e->unstable) {
			e->expected = k->reason;
			e->surprise = true;
		}
		break;
	case INCONCLUSIVE:
		/* Listed because it comes and goes: passing is no surprise. */
		if (e->verdict == INCONCLUSIVE || e->unstable) {
			e->expected = k->reason;
			e->unstable = false;
		}
		break;
	default:
		if (e->verdict != ERROR) {
			e->verdict = SKIP;
			e->unstable = false;
			e->reason = k->reason;
		}
	}
}

void baseline_unused(const struct baseline *b, void (*fn)(void *arg, const char *line, const char *why), void *arg)
{
	for (size_t i = 0; b && i < b->n; i++) {
		if (b->lines[i].past)
			fn(arg, b->lines[i].text, "is past its date and was ignored");
		else if (!b->lines[i].used)
			fn(arg, b->lines[i].text, "matched no case");
	}
}
