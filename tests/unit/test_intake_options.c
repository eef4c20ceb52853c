/* link: cups-backend/options.c */
#include "cups-backend/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct hf_err err;
static struct hf_cups_option o;

/* The options of s as "name=value|name|…", collections as "name={}". */
static const char *
all(const char *s)
{
	static char out[4096];
	struct hf_view in = hf_view_str(s);
	size_t n = 0;
	int more;

	out[0] = '\0';
	while ((more = hf_cups_option_next(&in, &o, &err)) == 1)
		n += (size_t)snprintf(out + n, sizeof out - n, "%.*s%s%s|",
		    (int)o.name.n, (const char *)o.name.p,
		    o.has_value ? "=" : "",
		    o.is_collection ? "{}" : o.value);
	if (more == -1) {
		assert_int_equal(err.code, HF_EINPUT);
		return "refused";
	}
	return out;
}

static void
options_are_taken_apart_as_cupsd_puts_them_together(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{ "", "" },
		{ "  \t\n ", "" },
		{ "a=b", "a=b|" },
		{ "a=b c=d", "a=b|c=d|" },
		{ "a=b\tc=d\ne=f", "a=b|c=d|e=f|" },
		{ "fit-to-page nocollate", "fit-to-page|nocollate|" },
		{ "a=", "a=|" },
		{ "a= b=c", "a=|b=c|" },
		{ "a=b\\ c", "a=b c|" },
		{ "a=b\\\\c", "a=b\\c|" },
		{ "a=\\'x\\\"", "a='x\"|" },
		{ "a='b c' d=e", "a=b c|d=e|" },
		{ "a=\"b c\" d=e", "a=b c|d=e|" },
		{ "a=x'b c'y", "a=xb cy|" },
		{ "a='b\"c'", "a=b\"c|" },
		{ "a='b\\'c'", "a=b'c|" },
		{ "a=''", "a=|" },
		{ "a=1,2,3", "a=1,2,3|" },
		{ "a=b=c", "a=b=c|" },
		{ "a={b=c d=e} f=g", "a={}|f=g|" },
		{ "a={b={c=d}} f", "a={}|f|" },
		{ "a={b='}'} f", "a={}|f|" },
		{ "a={\\}} f", "a={}|f|" },
		{ "a=x{b c}", "a=x{b|c}|" },
		{ "a=\xc3\xbc", "a=\xc3\xbc|" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(all(cases[i].in), cases[i].out);
}

static void
what_has_no_end_is_refused(void **state)
{
	static const char *const cases[] = { "a='b", "a=\"b", "a=b\\",
		"a={b", "a={b={c}", "a={'b}", "a={b\\", "=b", "a=b =c",
		"a={{{{{{{{{x}}}}}}}}}" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(all(cases[i]), "refused");
	assert_string_equal(all("a={{{{{{{{x}}}}}}}}"), "a={}|");
}

static void
the_reason_repeats_nothing_of_the_options(void **state)
{
	(void)state;
	assert_string_equal(all("job-password='1234"), "refused");
	assert_null(strstr(err.text, "1234"));
	assert_null(strstr(err.text, "job-password"));
}

static void
control_characters_in_a_value_are_seen(void **state)
{
	static const char *const with[] = { "a=b\rc=d", "a=b\\\nc", "a=\\\tx",
		"a='\t'", "a=\x7f", "a=\x1b[2J" };
	struct hf_view in;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof with / sizeof with[0]; i++) {
		in = hf_view_str(with[i]);
		assert_int_equal(hf_cups_option_next(&in, &o, &err), 1);
		assert_true(o.has_control);
		assert_int_equal(in.n, 0);	/* and begin no other option */
	}
	in = hf_view_str("a=b\\ c");
	assert_int_equal(hf_cups_option_next(&in, &o, &err), 1);
	assert_false(o.has_control);
}

static void
a_long_value_is_cut_and_says_so(void **state)
{
	static char s[4096];
	struct hf_view in;
	size_t n;

	(void)state;
	for (n = HF_CUPS_VALUE_MAX; n <= HF_CUPS_VALUE_MAX + 1; n++) {
		memset(s, 'x', sizeof s);
		memcpy(s, "a=", 2);
		strcpy(s + 2 + n, " b=c");
		in = hf_view_str(s);
		assert_int_equal(hf_cups_option_next(&in, &o, &err), 1);
		assert_int_equal(o.n, HF_CUPS_VALUE_MAX);
		assert_int_equal(strlen(o.value), HF_CUPS_VALUE_MAX);
		assert_int_equal(o.is_cut, n > HF_CUPS_VALUE_MAX);
		assert_int_equal(hf_cups_option_next(&in, &o, &err), 1);
		assert_true(hf_cups_option_is(&o, "b"));
		assert_string_equal(o.value, "c");
		assert_false(o.is_cut);
	}
}

static void
more_than_linux_hands_over_is_refused(void **state)
{
	char *s = malloc(HF_CUPS_OPTIONS_MAX + 2);
	struct hf_view in;

	(void)state;
	assert_non_null(s);
	memset(s, 'a', HF_CUPS_OPTIONS_MAX + 1);
	in = hf_view_of(s, HF_CUPS_OPTIONS_MAX + 1);
	assert_int_equal(hf_cups_option_next(&in, &o, &err), -1);
	in = hf_view_of(s, HF_CUPS_OPTIONS_MAX);
	assert_int_equal(hf_cups_option_next(&in, &o, &err), 1);
	free(s);
}

static void
a_name_is_compared_whole(void **state)
{
	struct hf_view in = hf_view_str("sides=x");

	(void)state;
	assert_int_equal(hf_cups_option_next(&in, &o, &err), 1);
	assert_true(hf_cups_option_is(&o, "sides"));
	assert_false(hf_cups_option_is(&o, "side"));
	assert_false(hf_cups_option_is(&o, "sides2"));
	assert_false(hf_cups_option_is(&o, "Sides"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    options_are_taken_apart_as_cupsd_puts_them_together),
		cmocka_unit_test(what_has_no_end_is_refused),
		cmocka_unit_test(the_reason_repeats_nothing_of_the_options),
		cmocka_unit_test(control_characters_in_a_value_are_seen),
		cmocka_unit_test(a_long_value_is_cut_and_says_so),
		cmocka_unit_test(more_than_linux_hands_over_is_refused),
		cmocka_unit_test(a_name_is_compared_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
