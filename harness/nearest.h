/* nearest.h: "did you mean": the name that a mistyped one was meant to be. */
#ifndef TCPCONFORM_NEAREST_H
#define TCPCONFORM_NEAREST_H

#include <stddef.h>

/* Insertions, deletions, replacements and swaps of neighbours between a and b;
 * words are compared by their first 200 octets. */
unsigned edit_distance(const char *a, const char *b);

/* The nearest of a list that ends in NULL; NULL if none is near (more than a
 * third of the word would have to change). */
const char *nearest(const char *word, const char *const *list);

#endif
