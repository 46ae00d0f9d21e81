/* agree_equivalent.h: mutants of the table that no run can refute, each kind with
 * its reason.  agree.c fails when an excuse is not needed any more. */
#ifndef TCPCONFORM_AGREE_EQUIVALENT_H
#define TCPCONFORM_AGREE_EQUIVALENT_H

struct excuse {
	bool (*holds)(const char *table, const struct rule *row, enum mutation_kind kind, int value);
	const char *reason;
};

/* The rows of the alternatives that a row belongs to. */
static const struct rule *group_of(const struct rule *row)
{
	while (row->when == OR)
		row--;
	return row;
}

static bool group_has(const struct rule *row, unsigned form)
{
	const struct rule *r = group_of(row);

	do {
		if (r != row && (r->lawful & form || r->lawful == NOTHING || (form == SILENCE && r->lawful & THROTTLED)))
			return true;
		r++;
	} while (r->clause != NULL && r->when == OR);
	return false;
}

static bool syn_ack_by_state(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	(void)table;
	(void)row;
	return kind == ADDED && value == SYN_ACK;
}

static bool beside_it(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	(void)table;
	return kind == ADDED && group_has(row, (unsigned)value);
}

static bool only_practice(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	(void)table;
	(void)kind;
	(void)value;
	return row->when == OR && !(row->accept & STRICT);
}

static bool unconnected(const char *table)
{
	return strcmp(table, "CLOSED") == 0 || strcmp(table, "LISTEN") == 0 || strcmp(table, "SYN-SENT") == 0;
}

static bool without_connection(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	const bool before = unconnected(table) ||
		(strcmp(table, "calls") == 0 && !(row->states & ~(IN(CLOSED) | IN(LISTEN) | IN(SYN_SENT))));
	const bool behind = row->next == GONE || row->next == CLOSED || row->next == LISTEN || row->next == SYN_SENT ||
		row->next == SYN_RECEIVED || (row->states == IN(SYN_RECEIVED) && row->next == TIME_WAIT) ||
		(row->next == SAME && unconnected(table));

	return kind == ADDED && ((value == PURE_ACK && behind) || (value == RST_NXT && before));
}

/* C-RST-FORM and C-RST-RST speak of every reset of a DUT that has sent no SYN. */
static bool permission_too(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	(void)row;
	return kind == ADDED && (value & ANY_RST) && (strcmp(table, "CLOSED") == 0 || strcmp(table, "LISTEN") == 0);
}

static bool later_step(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	(void)table;
	(void)value;
	return kind != NEGATED && kind != NEXT && row->flow == GO_SIXTH;
}

static bool state_it_has(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	if (kind != NEXT || row->next != SAME)
		return false;
	if (value == ESTABLISHED)
		return row->states == IN(ESTABLISHED);
	return value == GONE && (strcmp(table, "CLOSED") == 0 || strcmp(table, "LISTEN") == 0);
}

static bool grouped(const struct rule *row)
{
	return row->when == OR || row[1].when == OR;
}

static bool one_of_several(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	(void)table;
	(void)value;
	if (row[1].clause == NULL || !grouped(row))
		return false;
	/* where one of them is that nothing happens, also when the guard is wrong */
	return kind == NEGATED ? row[1].lawful == NOTHING && row[1].next == SAME : kind != ADDED;
}

static bool no_knob(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	(void)table;
	(void)row;
	(void)value;
	return kind == REMOVED;
}

/* A row behind it, for the same states, that says the same. */
static bool said_again(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	(void)table;
	(void)value;
	if (kind != NEGATED)
		return false;
	for (const struct rule *r = row + 1; r->clause != NULL && r->step == row->step; r++)
		if (r->when != OR && r->lawful == row->lawful && r->next == row->next && r->flow == row->flow &&
		    (r->states == 0 || (row->states & r->states) == row->states))
			return true;
	return false;
}

static bool id_begins(const struct rule *row, const char *id)
{
	return row->req != NULL && strncmp(row->req, id, strlen(id)) == 0;
}

static bool closing_or_time_wait(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	(void)table;
	(void)value;
	return kind == NEGATED && (id_begins(row, "EVT-FINWAIT1-ACK-FIN") || id_begins(row, "EVT-CLOSING-"));
}

static bool nothing_shows(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	(void)table;
	(void)value;
	return kind == NEGATED && row->lawful == NOTHING && row->next == SAME;
}

/* No stimulus stands directly before this row, or every one that does draws this
 * answer in some setting: then there is no unlawful example of it. */
static bool no_example(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	(void)table;
	if (kind != ADDED && kind != REPLACED)
		return false;
	for (unsigned r = 0; r < n_rows; r++)
		for (unsigned i = 0; row_of[r] == row && i < kept[r].n_bad; i++)
			if (!(given_somewhere[kept[r].bad[i]] & (unsigned)value))
				return false;
	return true;
}

/* ABORT, CLOSE and SHUTDOWN under way: text, FIN and ACK of before come as well. */
static bool under_way(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	return kind == ADDED && value == PURE_ACK && (strcmp(table, "calls") == 0 || id_begins(row, "SHLD-3"));
}

static bool forgotten(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	(void)value;
	if (kind != NEXT && kind != NEGATED)
		return false;
	return strcmp(table, "time-outs") == 0 || id_begins(row, "EVT-SYNRCVD-RST") || id_begins(row, "EVT-SYNRCVD-ACTIVE-RST");
}

static bool shown_by_itself(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	(void)value;
	return kind == NEXT && strcmp(table, "calls") == 0 && (row->lawful & (THE_SYN | THE_FIN));
}

static bool demands_nothing(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	(void)table;
	(void)value;
	return kind == NEGATED && (row->lawful & (SILENCE | PURE_ACK)) == (SILENCE | PURE_ACK);
}

static bool until_the_end(const char *table, const struct rule *row, enum mutation_kind kind, int value)
{
	return strcmp(table, "other states") == 0 && kind == NEXT && value == ESTABLISHED && row->next == SAME;
}

static const struct excuse excuses[] = {
	{ no_example, "no single step stands before it that never draws this answer" },
	{ under_way, "what was under way at the call, an acknowledgment too, may still come" },
	{ forgotten, "a TCB that is forgotten, or given up, answers as LISTEN and CLOSED do" },
	{ shown_by_itself, "the SYN or FIN that follows moves the state by itself" },
	{ demands_nothing, "it demands nothing, and neither does the end of the table" },
	{ until_the_end, "ESTABLISHED, CLOSE-WAIT, CLOSING and TIME-WAIT answer single segments alike" },
	{ state_it_has, "it is in that state already" },
	{ one_of_several, "a row beside it explains what the stack does as well" },
	{ no_knob, "one of several lawful answers, and the stack gives another" },
	{ said_again, "a row behind it says the same, under another id" },
	{ closing_or_time_wait, "CLOSING and TIME-WAIT look alike from outside until the time-wait is over" },
	{ nothing_shows, "it only moves variables that later acknowledgments show again" },
	{ permission_too, "a permission refuses this reset as well, whatever the table says" },
	{ later_step, "what the text or FIN of the same segment owes takes the place of this answer" },
	{ without_connection, "without a connection there is no SND.NXT and no RCV.NXT that an answer could have" },
	{ syn_ack_by_state, "a SYN,ACK is explained by the state: in SYN-RECEIVED it may be repeated at any time, elsewhere never" },
	{ beside_it, "a row beside it allows the same answer" },
	{ only_practice, "practice of other stacks, which the reference stack does not imitate" },
};
enum { EXCUSES = sizeof(excuses) / sizeof(excuses[0]) };

#endif
