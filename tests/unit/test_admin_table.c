/* link: admin/table.c admin/show.c -lpq -ljansson */
#include "admin/table.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "admin/ask.h"

static const struct hf_col cols[] = {
	{ "NAME", "name", HF_CELL_TEXT },
	{ NULL, "hidden", HF_CELL_TEXT },
	{ "N", "n", HF_CELL_INT },
	{ "ON", "on", HF_CELL_BOOL },
	{ "AT", "at", HF_CELL_TIME },
	{ "LIST", "list", HF_CELL_LIST },
};
#define N_COLS (sizeof cols / sizeof cols[0])

static char out[65536];
static struct hf_err err;

/* A result as libpq would make it; NULL is NULL. */
static PGresult *
result(size_t rows, const char *const (*cells)[N_COLS])
{
	PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc attrs[N_COLS];
	size_t i, k;

	memset(attrs, 0, sizeof attrs);
	for (i = 0; i < N_COLS; i++)
		attrs[i].name = (char *)(uintptr_t)cols[i].key;
	assert_int_equal(PQsetResultAttrs(r, N_COLS, attrs), 1);
	for (i = 0; i < rows; i++)
		for (k = 0; k < N_COLS; k++)
			assert_int_equal(PQsetvalue(r, (int)i, (int)k,
			    (char *)(uintptr_t)cells[i][k],
			    cells[i][k] != NULL ? (int)strlen(cells[i][k])
						: -1), 1);
	return r;
}

static int
print(bool json, bool record, size_t rows,
    const char *const (*cells)[N_COLS])
{
	PGresult *r = result(rows, cells);
	FILE *f;
	int rc;

	memset(out, 0, sizeof out);
	f = fmemopen(out, sizeof out - 1, "w");
	assert_non_null(f);
	rc = record ? hf_record_print(f, json, r, cols, N_COLS, &err)
		    : hf_table_print(f, json, r, cols, N_COLS, &err);
	fclose(f);
	PQclear(r);
	return rc;
}

static void
columns_are_as_wide_as_their_widest_cell(void **state)
{
	static const char *const rows[][N_COLS] = {
		{ "a", "h", "7", "t", "0", "[\"x\",\"y\"]" },
		{ "\xc3\xa4\xc3\xb6\xc3\xbc longer", "h", "1234", "f", NULL,
		    "[]" },
	};

	(void)state;
	assert_int_equal(print(false, false, 2, rows), 0);
	assert_string_equal(out,
	    "NAME        N     ON   AT                LIST\n"
	    "a           7     yes  1970-01-01 00:00  x, y\n"
	    "\xc3\xa4\xc3\xb6\xc3\xbc longer  1234  no                     "
	    "\n");
}

static void
scripts_get_typed_json(void **state)
{
	static const char *const rows[][N_COLS] = {
		{ "a\"b", "h", "-7", "t", "1000000000", "[\"x\"]" },
		{ NULL, NULL, NULL, NULL, NULL, NULL },
	};

	(void)state;
	assert_int_equal(print(true, false, 2, rows), 0);
	assert_string_equal(out, "[\n {\"name\":\"a\\\"b\",\"hidden\":\"h\","
	    "\"n\":-7,\"on\":true,\"at\":\"2001-09-09T01:46:40Z\","
	    "\"list\":[\"x\"]},\n {\"name\":null,\"hidden\":null,\"n\":null,"
	    "\"on\":null,\"at\":null,\"list\":null}\n]\n");
}

static void
an_empty_list_is_valid_json(void **state)
{
	json_t *j;

	(void)state;
	assert_int_equal(print(true, false, 0, NULL), 0);
	j = json_loads(out, 0, NULL);
	assert_true(json_is_array(j));
	assert_int_equal(json_array_size(j), 0);
	json_decref(j);
}

static void
one_record_is_lines_or_one_object(void **state)
{
	static const char *const rows[][N_COLS] = {
		{ "a", "h", NULL, "f", "0", "[]" },
	};
	json_t *j;

	(void)state;
	assert_int_equal(print(false, true, 1, rows), 0);
	assert_string_equal(out, "NAME  a\nON    no\nAT    1970-01-01 00:00\n");
	assert_int_equal(print(true, true, 1, rows), 0);
	j = json_loads(out, 0, NULL);
	assert_true(json_is_object(j));
	json_decref(j);
}

static void
nothing_in_a_list_drives_the_terminal(void **state)
{
	static const char *const rows[][N_COLS] = {
		{ "a\033[2Jb\r\n\x7f\xc2\x9b", "h", "1", "t", "0",
		    "[\"c\\u001bd\"]" },
	};
	size_t i;

	(void)state;
	assert_int_equal(print(false, false, 1, rows), 0);
	for (i = 0; out[i] != '\0'; i++)
		assert_true(out[i] == '\n' || (unsigned char)out[i] >= 0x20);
	assert_non_null(strstr(out, "a?[2Jb????"));
	assert_non_null(strstr(out, "c?d"));
	assert_null(strstr(out, "\xc2\x9b"));
}

static void
a_cell_of_another_kind_is_an_error(void **state)
{
	static const char *const bad[][N_COLS] = {
		{ "a", "h", "x", "t", "0", "[]" },
		{ "a", "h", "1", "t", "soon", "[]" },
		{ "a", "h", "1", "t", "0", "{" },
		{ "a", "h", "99999999999999999999", "t", "0", "[]" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(print(true, false, 1, bad + i), -1);
		assert_int_equal(err.code, HF_EINPUT);
	}
	assert_int_equal(print(false, false, 1, bad + 1), -1);
	assert_int_equal(print(false, false, 1, bad + 2), -1);
}

static void
show(const char *text)
{
	json_t *j = json_loads(text, 0, NULL);
	FILE *f;

	assert_non_null(j);
	memset(out, 0, sizeof out);
	f = fmemopen(out, sizeof out - 1, "w");
	hf_json_show(f, j);
	fclose(f);
	json_decref(j);
}

static void
json_of_a_service_is_shown_to_people(void **state)
{
	(void)state;
	show("{\"ready\":true,\"serial\":3,\"reasons\":\"a\\u001bb\","
	    "\"formats\":[\"x/y\",\"z\"],\"epochs\":[{\"id\":\"aa\","
	    "\"not_before\":1000000000,\"n\":1000000000},{\"id\":\"b\","
	    "\"not_before\":null}]}");
	assert_string_equal(out,
	    "ready    yes\nserial   3\nreasons  a?b\nformats  x/y, z\n\n"
	    "epochs\n"
	    "id  not_before        n\n"
	    "aa  2001-09-09 01:46  1000000000\n"
	    "b                     \n");
}

static void
any_json_can_be_shown(void **state)
{
	static const char *const texts[] = { "{}", "[]", "[1,[2],{\"a\":1}]",
		"{\"a\":{\"b\":{\"c\":[{\"d\":[[]]}]}}}", "{\"a\":1.5}",
		"{\"x_at\":9223372036854775807}" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
		show(texts[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(scripts_get_typed_json),
		cmocka_unit_test(an_empty_list_is_valid_json),
		cmocka_unit_test(one_record_is_lines_or_one_object),
		cmocka_unit_test(nothing_in_a_list_drives_the_terminal),
		cmocka_unit_test(a_cell_of_another_kind_is_an_error),
		cmocka_unit_test(json_of_a_service_is_shown_to_people),
		cmocka_unit_test(any_json_can_be_shown),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
