/* table.c: the table as one piece: what may be asked (guards.c), what follows for
 * the variables (effects.c), and the rows that bind them, in the RFC's order.
 *
 * They are one translation unit so that their many short names, which are the
 * RFC's words, are theirs alone.  rules.c reads the table. */
#include "guards.c"
#include "effects.c"
#include "rules_any.c"
#include "rules_closed.c"
#include "rules_listen.c"
#include "rules_syn_sent.c"
#include "rules_other.c"
#include "rules_calls.c"
#include "rules_timeouts.c"
