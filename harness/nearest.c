/* nearest.c: the distance of Damerau and Levenshtein (neighbours swapped count
 * one), for "did you mean". */
#include "nearest.h"

#include <string.h>

#define LONGEST 200

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

unsigned edit_distance(const char *a, const char *b)
{
	unsigned rows[3][LONGEST + 1];
	size_t na = strnlen(a, LONGEST), nb = strnlen(b, LONGEST);
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= nb; j++)
		above[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}

		unsigned *oldest = before;

		before = above;
		above = row;
		row = oldest;
	}
	return above[nb];
}

const char *nearest(const char *word, const char *const *list)
{
	unsigned best = (unsigned)(strnlen(word, LONGEST) + 2) / 3 + 1;
	const char *found = NULL;

	for (; *list; list++) {
		unsigned d = edit_distance(word, *list);

		/* Of two that are as near, the one that is as long. */
		if (d < best || (d == best && found && strlen(*list) == strlen(word) && strlen(found) != strlen(word))) {
			best = d;
			found = *list;
		}
	}
	return found;
}
