/* link: admin/args.c */
#include "admin/args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct hf_opt opts[] = {
	{ "--flag", HF_OPT_FLAG },
	{ "--value", HF_OPT_VALUE },
	{ "--list", HF_OPT_LIST },
	{ NULL, HF_OPT_FLAG }
};
static const struct hf_opt needing[] = {
	{ "--must", HF_OPT_NEEDED },
	{ "--some", HF_OPT_NEEDED_LIST },
	{ NULL, HF_OPT_FLAG }
};
#define N(a) ((int)(sizeof(a) / sizeof(a)[0]))

static struct hf_args a;

static int
parse(const char *const *argv, int n, size_t least, size_t most)
{
	struct hf_err e;

	return hf_args_parse(&a, opts, n, argv, least, most, &e);
}

static void
words_and_options_come_in_any_order(void **state)
{
	const char *argv[] = { "one", "--value", "v", "two", "--flag", "--list",
		"a", "--list=b" };
	const char *const *list;
	size_t n;

	(void)state;
	assert_int_equal(parse(argv, N(argv), 2, 2), 0);
	assert_int_equal(a.n_words, 2);
	assert_string_equal(a.words[0], "one");
	assert_string_equal(a.words[1], "two");
	assert_true(hf_args_has(&a, "--flag"));
	assert_string_equal(hf_args_get(&a, "--value", "none"), "v");
	list = hf_args_list(&a, "--list", &n);
	assert_int_equal(n, 2);
	assert_string_equal(list[0], "a");
	assert_string_equal(list[1], "b");
}

static void
what_was_not_given_has_its_default(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(parse(NULL, 0, 0, 0), 0);
	assert_false(hf_args_has(&a, "--flag"));
	assert_string_equal(hf_args_get(&a, "--value", "none"), "none");
	(void)hf_args_list(&a, "--list", &n);
	assert_int_equal(n, 0);
}

static void
an_empty_value_is_a_value(void **state)
{
	const char *argv[] = { "--value=", "--list", "" };

	(void)state;
	assert_int_equal(parse(argv, N(argv), 0, 0), 0);
	assert_string_equal(hf_args_get(&a, "--value", "none"), "");
	assert_string_equal(hf_args_get(&a, "--list", "none"), "");
}

static void
two_dashes_end_the_options(void **state)
{
	const char *argv[] = { "--", "--flag", "-" };

	(void)state;
	assert_int_equal(parse(argv, N(argv), 2, 2), 0);
	assert_string_equal(a.words[0], "--flag");
	assert_string_equal(a.words[1], "-");
	assert_false(hf_args_has(&a, "--flag"));
}

static void
what_is_not_in_the_table_is_refused(void **state)
{
	const char *unknown[] = { "--nope" }, *prefix[] = { "--val", "x" };
	const char *longer[] = { "--flags" }, *single[] = { "-f" };

	(void)state;
	assert_int_equal(parse(unknown, 1, 0, 9), -1);
	assert_int_equal(parse(prefix, 2, 0, 9), -1);
	assert_int_equal(parse(longer, 1, 0, 9), -1);
	assert_int_equal(parse(single, 1, 0, 9), -1);
}

static void
wrong_values_are_refused(void **state)
{
	const char *twice[] = { "--value", "a", "--value", "b" };
	const char *flag[] = { "--flag=yes" }, *missing[] = { "--value" };

	(void)state;
	assert_int_equal(parse(twice, N(twice), 0, 9), -1);
	assert_int_equal(parse(flag, 1, 0, 9), -1);
	assert_int_equal(parse(missing, 1, 0, 9), -1);
}

static void
too_few_and_too_many_words_are_refused(void **state)
{
	const char *argv[] = { "a", "b" };

	(void)state;
	assert_int_equal(parse(argv, 2, 3, 3), -1);
	assert_int_equal(parse(argv, 2, 0, 1), -1);
	assert_int_equal(parse(argv, 2, 1, 2), 0);
}

static void
more_values_than_there_is_room_for_are_refused(void **state)
{
	const char *argv[HF_VALUES_MAX + 1];
	int i;

	(void)state;
	for (i = 0; i < N(argv); i++)
		argv[i] = "--list=x";
	assert_int_equal(parse(argv, HF_VALUES_MAX, 0, 0), 0);
	assert_int_equal(parse(argv, HF_VALUES_MAX + 1, 0, 0), -1);
	for (i = 0; i < N(argv); i++)
		argv[i] = "word";
	assert_int_equal(parse(argv, HF_WORDS_MAX + 1, 0, 1000), -1);
}

static void
a_needed_option_must_be_there(void **state)
{
	const char *both[] = { "--must=a", "--some", "b", "--some", "c" };
	struct hf_err e;

	(void)state;
	assert_int_equal(hf_args_parse(&a, needing, N(both), both, 0, 0, &e),
	    0);
	assert_int_equal(hf_args_parse(&a, needing, 1, both, 0, 0, &e), -1);
	assert_string_equal(e.text, "--some is missing");
	assert_int_equal(hf_args_parse(&a, needing, 2, both + 1, 0, 0, &e),
	    -1);
	assert_string_equal(e.text, "--must is missing");
}

static void
a_number_is_a_number_within_its_range(void **state)
{
	static const struct {
		const char *text;
		int rc;
		long v;
	} cases[] = {
		{ "--value=1", 0, 1 }, { "--value=60", 0, 60 },
		{ "--value=0", -1, 0 }, { "--value=61", -1, 0 },
		{ "--value=", -1, 0 }, { "--value=5x", -1, 0 },
		{ "--value=x", -1, 0 }, { "--value=-3", -1, 0 },
		{ "--value=99999999999999999999", -1, 0 },
	};
	struct hf_err e;
	char text[64];
	const char *argv[] = { text };
	size_t i;
	long v;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		strcpy(text, cases[i].text);
		assert_int_equal(parse(argv, 1, 0, 0), 0);
		v = 0;
		assert_int_equal(hf_args_int(&a, "--value", 7, 1, 60, &v, &e),
		    cases[i].rc);
		assert_int_equal(v, cases[i].v);
	}
	assert_int_equal(parse(NULL, 0, 0, 0), 0);
	assert_int_equal(hf_args_int(&a, "--value", 7, 1, 60, &v, &e), 0);
	assert_int_equal(v, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_options_come_in_any_order),
		cmocka_unit_test(what_was_not_given_has_its_default),
		cmocka_unit_test(an_empty_value_is_a_value),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(what_is_not_in_the_table_is_refused),
		cmocka_unit_test(wrong_values_are_refused),
		cmocka_unit_test(too_few_and_too_many_words_are_refused),
		cmocka_unit_test(more_values_than_there_is_room_for_are_refused),
		cmocka_unit_test(a_needed_option_must_be_there),
		cmocka_unit_test(a_number_is_a_number_within_its_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
