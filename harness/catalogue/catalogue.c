/* catalogue.c: finding a requirement by its id, and how much weight it has.
 *
 * The rows themselves are cases/requirements.tsv, which compile.c turns into the
 * table at build time.  See catalogue.h. */
#include "../catalogue.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "by_id.h"

/* A part of a string: an id within a list of ids. */
struct word {
	const char *at;
	size_t n;
};

/* The next word of a list separated by spaces; n 0 behind the last. */
static struct word next_word(const char **list)
{
	const char *at = *list + strspn(*list, " ");
	struct word w = { at, strcspn(at, " ") };

	*list = at + w.n;
	return w;
}

static int word_against_row(const void *key, const void *element)
{
	const struct word *w = key;
	const char *id = requirements[*(const unsigned short *)element].id;
	int order = strncmp(w->at, id, w->n);

	return order ? order : -(id[w->n] != 0);
}

static const struct requirement *find(struct word w)
{
	const unsigned short *place;

	if (w.n == 0)
		return NULL;
	place = bsearch(&w, requirements_by_id, n_requirements, sizeof *requirements_by_id, word_against_row);
	return place ? &requirements[*place] : NULL;
}

const struct requirement *requirement_find(const char *id)
{
	return find((struct word){ id, strlen(id) });
}

static bool one_of(const char *rfc, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(rfc, *list))
			return true;
	return false;
}

/* True where MUST is our reading of the text and not the RFC's own keyword: the
 * event processing of 3.10, which a TCP may do differently "in detail, not in
 * substance", and documents that are informational, experimental or best current
 * practice, or avoid the keywords on purpose (6582). */
static bool has_no_keyword(const struct requirement *r)
{
	static const char *const advisory[] = {
		"1337", "2883", "4987", "5927", "6582", "6928", "7413", NULL
	};

	return !strncmp(r->id, "EVT-", 4) || !strncmp(r->id, "GEN-", 4) || one_of(r->rfc, advisory);
}

/* True where the catalogue was written without the text at hand: such a row may
 * be remarked upon, and never fails anybody. */
static bool is_unverified(const struct requirement *r)
{
	static const char *const unverified[] = { "6191", "8961", "9768", NULL };

	return one_of(r->rfc, unverified);
}

enum level requirement_level(const char *ids)
{
	const struct requirement *r = ids ? find(next_word(&ids)) : NULL;

	if (!r)
		return LEVEL_IMPLIED;
	if (is_unverified(r) || !strcmp(r->level, "MAY"))
		return LEVEL_MAY;
	if (!strncmp(r->level, "SHOULD", 6))
		return LEVEL_SHOULD;
	return has_no_keyword(r) ? LEVEL_IMPLIED : LEVEL_MUST;
}

void requirement_each(const char *ids, void (*fn)(void *arg, const char *id), void *arg)
{
	if (!ids)
		return;
	for (struct word w = next_word(&ids); w.n > 0; w = next_word(&ids)) {
		const struct requirement *r = find(w);
		char unknown[64];

		if (r) {
			fn(arg, r->id);
			continue;
		}
		/* No row holds this word: it is handed on, cut to what a word may be. */
		size_t n = w.n < sizeof unknown ? w.n : sizeof unknown - 1;
		memcpy(unknown, w.at, n);
		unknown[n] = 0;
		fn(arg, unknown);
	}
}
