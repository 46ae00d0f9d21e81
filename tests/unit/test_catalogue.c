/* test_catalogue.c: every row of cases/requirements.tsv is found by its id, and
 * carries the weight that its words give it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "harness/catalogue.h"

static void every_row_is_found(void **state)
{
	(void)state;
	assert_int_equal(n_requirements, 648);
	for (size_t i = 0; i < n_requirements; i++)
		assert_ptr_equal(requirement_find(requirements[i].id), &requirements[i]);
}

static void a_row_has_its_columns(void **state)
{
	const struct requirement *r = requirement_find("MUST-10");

	(void)state;
	assert_non_null(r);
	assert_string_equal(r->id, "MUST-10");
	assert_string_equal(r->rfc, "9293");
	assert_string_equal(r->level, "MUST");
	assert_non_null(strstr(r->section, "3.5"));
	assert_string_equal(requirements[0].id, "MUST-1");      /* the file's order is kept */
	assert_int_equal(strncmp(requirements[0].verdict, "PASS: ", 6), 0);
}

static void what_is_not_there_is_not_found(void **state)
{
	static const char *const strangers[] = {
		"", " ", "MUST", "MUST-", "MUST-1 ", "MUST-100", "MUST-1000", "must-1", "ZZZ", "A", "MUST-1 MUST-2"
	};

	(void)state;
	for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
		assert_null(requirement_find(strangers[i]));
}

static void level_is_that_of_the_first_id(void **state)
{
	(void)state;
	assert_int_equal(requirement_level("MUST-10"), LEVEL_MUST);
	assert_int_equal(requirement_level("MUST-10 MAY-1"), LEVEL_MUST);
	assert_int_equal(requirement_level("  REC-1 MUST-10"), LEVEL_SHOULD);
	assert_int_equal(requirement_level("MAY-1"), LEVEL_MAY);
	assert_int_equal(requirement_level("EVT-SYNSENT-SYN"), LEVEL_IMPLIED);
	assert_int_equal(requirement_level(""), LEVEL_IMPLIED);
	assert_int_equal(requirement_level(NULL), LEVEL_IMPLIED);
	assert_int_equal(requirement_level("NO-SUCH-ID"), LEVEL_IMPLIED);
}

/* The keyword is the RFC's only where the RFC has keywords. */
static void levels_follow_the_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_requirements; i++) {
		const struct requirement *r = &requirements[i];
		enum level l = requirement_level(r->id);

		if (!strcmp(r->level, "MAY"))
			assert_int_equal(l, LEVEL_MAY);
		else if (!strcmp(r->rfc, "6191") || !strcmp(r->rfc, "8961") || !strcmp(r->rfc, "9768"))
			assert_int_equal(l, LEVEL_MAY);
		else if (!strncmp(r->level, "SHOULD", 6))
			assert_int_equal(l, LEVEL_SHOULD);
		else if (!strncmp(r->id, "EVT-", 4) || !strncmp(r->id, "GEN-", 4) || !strcmp(r->rfc, "1337"))
			assert_int_equal(l, LEVEL_IMPLIED);
		else if (!strncmp(r->id, "MUST-", 5))
			assert_int_equal(l, LEVEL_MUST);
	}
}

static void append(void *arg, const char *id)
{
	char *text = arg;
	size_t n = strlen(text);

	assert_true(n + strlen(id) + 2 < 256);
	memcpy(text + n, id, strlen(id));
	memcpy(text + n + strlen(id), ";", 2);
}

static void each_id_of_a_list(void **state)
{
	char text[256] = "", long_word[200];

	(void)state;
	requirement_each("MUST-10 EVT-SYNSENT-SYN  NO-SUCH", append, text);
	assert_string_equal(text, "MUST-10;EVT-SYNSENT-SYN;NO-SUCH;");

	text[0] = 0;
	requirement_each("", append, text);
	requirement_each("   ", append, text);
	requirement_each(NULL, append, text);
	assert_string_equal(text, "");

	memset(long_word, 'x', sizeof long_word);
	long_word[sizeof long_word - 1] = 0;
	requirement_each(long_word, append, text);
	assert_int_equal(strlen(text), 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_found),
		cmocka_unit_test(a_row_has_its_columns),
		cmocka_unit_test(what_is_not_there_is_not_found),
		cmocka_unit_test(level_is_that_of_the_first_id),
		cmocka_unit_test(levels_follow_the_words),
		cmocka_unit_test(each_id_of_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
