/* test_stack_faults.c: the declared misbehaviours keep their own rules: names are
 * unique, nothing crashes or spins, and none of them changes a stack that was not
 * asked for it.  That the cases find them is tests/faults.c. */
#include "stack_pair.h"

static struct knobs defaults(void)
{
	struct knobs k;

	knobs_defaults(&k);
	return k;
}

static void list_is_sound(void **unused)
{
	static const char *const kinds[] = { "ORDER", "VALUE", "WIRE", "CALL", "TIMER", "SPOT" };
	unsigned spots = 0;

	(void)unused;
	assert_true(n_faults >= 50);
	for (size_t i = 0; i < n_faults; i++) {
		bool known = false;

		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(faults[i].name, faults[j].name);
		for (unsigned j = 0; j < sizeof(kinds) / sizeof(kinds[0]); j++)
			known |= !strcmp(faults[i].kind, kinds[j]);
		assert_true(known);
		spots += !strcmp(faults[i].kind, "SPOT");
		assert_true(strlen(faults[i].title) > 10);
		assert_true(strlen(faults[i].req) >= 5);
		assert_true(!faults[i].equivalent || strlen(faults[i].equivalent) > 20);
	}
	/* The text stays clean: few of them touch it. */
	assert_true(spots * 4 < n_faults);
}

static void unknown_name(void **unused)
{
	struct side side = { .name = 0 };
	struct knobs k = defaults();

	(void)unused;
	assert_null(pair_stack(&side, 0, 1, &k, "no-such-fault"));
}

/* Each faulty stack lives through a rough conversation with a healthy one, and
 * through any segment at all. */
static void nothing_crashes(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < n_faults; i++)
		for (unsigned bad = 0; bad <= 200; bad += 200) {
			struct knobs k = defaults();
			struct pair *p = pair_new(i, &k, &k);
			int faulty = (int)(i % 2);

			stack_free(p->side[faulty].stack);
			assert_non_null(pair_stack(&p->side[faulty], faulty, i, &k, faults[i].name));
			p->loss = p->late = p->twice = bad;
			side_listen(&p->side[1], 4, 80);
			side_connect(&p->side[0], 4, 4000, 80);
			pair_run(p, S(20));
			side_do(&p->side[1], CALL_PAUSE, 0);
			side_do(&p->side[0], CALL_SEND, 100000);
			side_do(&p->side[1], CALL_SEND, 20000);
			pair_run(p, S(200));
			side_do(&p->side[1], CALL_RESUME, 0);
			side_call(&p->side[0], (struct call){ .kind = CALL_SEND, .id = p->side[0].id, .n = 10, .urgent = true });
			side_do(&p->side[0], CALL_SHUTDOWN, 0);
			pair_run(p, S(200));
			side_do(&p->side[1], CALL_CLOSE, 0);
			pair_run(p, S(600));
			pair_free(p);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_is_sound),
		cmocka_unit_test(unknown_name),
		cmocka_unit_test(nothing_crashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
