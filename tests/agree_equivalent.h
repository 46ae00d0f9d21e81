/* agree_equivalent.h: mutants of the table that accept what the table accepts: each
 * class with its predicate and its reason.  A part of agree.c, which asks here only
 * for what nothing refutes, and fails when a class is not needed any more.
 *
 * The first class is proved by machine: whatever came to the row, in walks lawful
 * and unlawful, left the same hypotheses with the same answers owed as it did
 * without the mutation. */
#ifndef TCPCONFORM_AGREE_EQUIVALENT_H
#define TCPCONFORM_AGREE_EQUIVALENT_H

struct excuse {
	bool (*holds)(unsigned r, enum mutation_kind kind, int value);
	const char *reason;
};

/* The mutant is in force.  Nothing proves it that never spoke. */
static bool same_sets(unsigned r, enum mutation_kind kind, int value)
{
	(void)value;
	rules_mutation.compare = true;
	const bool differs = some_healthy(&near[r], 2000, compares) || some_healthy(&far[r], 500, compares) ||
		(kind == NEGATED && some_behind(r, compares)) || some_of(wrong[r].k, wrong[r].n, 2000, compares);

	rules_mutation.compare = false;
	return !differs && rules_mutation.same > 0;
}

/* 3.10.8: the SYN,ACK is sent again when its time is over, whatever else has come. */
static bool said_anyway(unsigned r, enum mutation_kind kind, int value)
{
	if (kind != ADDED || value != SYN_ACK)
		return false;
	while (row_of[r]->when == OR)
		r--;
	do
		if (row_of[r]->lawful == NOTHING || (row_of[r]->lawful & SILENCE))
			return true;
	while (row_of[++r]->when == OR);
	return false;
}

/* 3.10.4: a FIN in SYN-RECEIVED may wait until the SYN is acknowledged, so that it is
 * never overdue; when it is seen it leads from SYN-RECEIVED to FIN-WAIT-1 by itself. */
static bool fin_has_time(unsigned r, enum mutation_kind kind, int value)
{
	(void)value;
	return (kind == ADDED || kind == NEXT) && row_of[r]->lawful == THE_FIN && row_of[r]->states == IN(SYN_RECEIVED);
}

/* Of two alternatives that ask for nothing and leave the state, the one that keeps
 * what was queued may still do with it what the other does. */
static bool twin_keeps(unsigned r, enum mutation_kind kind, int value)
{
	(void)value;
	if (kind != NEXT || row_of[r]->when != OR || row_of[r]->lawful != NOTHING || row_of[r]->next != SAME)
		return false;
	const struct rule *other = row_of[r - 1]->when == OR ? row_of[r - 1] : row_of[r + 1];

	return other->when == OR && other->lawful == NOTHING && other->next == SAME && other->flow == row_of[r]->flow;
}

static const struct excuse excuses[] = {
	{ same_sets, "other rows leave the same TCBs with the same answers, compared event by event" },
	{ said_anyway, "a SYN,ACK may be repeated at any time, and a row beside it asks for nothing" },
	{ twin_keeps, "queued text that was dropped, and that is still kept, look alike until it is processed" },
	{ fin_has_time, "the FIN of a CLOSE in SYN-RECEIVED has no time of its own, and moves the state by itself" },
};
enum { EXCUSES = sizeof(excuses) / sizeof(excuses[0]) };

#endif
