/* link: release/deliver/state.c release/deliver/statejson.c release/deliver/ipp.c tests/unit/ippkit.c -ljansson */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <jansson.h>

#include "release/deliver/ipp.h"
#include "release/deliver/state.h"
#include "tests/unit/ippkit.h"

static struct hf_state s;
static char text[256];

static void
printer(int32_t state)
{
	kit_begin(0, 1);
	kit_group(HF_IPP_OPERATION);
	kit_group(HF_IPP_PRINTER);
	kit_int(HF_IPP_ENUM, "printer-state", state);
	kit_str(HF_IPP_URI, "printer-uuid", "urn:uuid:A");
}

static void
tray(const char *value)
{
	kit_str(0x30, "printer-input-tray", value);
}

static bool
ready(const char *uuid)
{
	assert_int_equal(hf_state_get(kit_end(), &s, NULL), 0);
	return hf_state_is_ready(&s, "p3", uuid, text, sizeof text);
}

static void
reasons_and_their_severity_decide(void **state)
{
	static const struct {
		const char *reason, *words;
	} rows[] = {
		{ "none", NULL },
		{ "media-empty", "printer is out of paper" },
		{ "media-empty-error", "printer is out of paper" },
		{ "media-empty-warning", NULL },
		{ "media-empty-report", NULL },
		{ "media-low", NULL },
		{ "toner-low-error", "printer is low on toner" },
		{ "media-jam", "printer has a paper jam" },
		{ "cover-open-error", "printer has an open cover" },
		{ "hold-new-jobs", "printer is told to hold all jobs" },
		{ "vendor-thing", NULL },
		{ "vendor-thing-error", "printer reports vendor-thing" },
		{ "-error", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		printer(3);
		kit_str(HF_IPP_KEYWORD, "printer-state-reasons",
		    rows[i].reason);
		assert_int_equal(ready(""), rows[i].words == NULL);
		assert_string_equal(text, rows[i].words != NULL
		    ? rows[i].words : "");
	}
}

static void
the_worst_reason_is_told(void **state)
{
	(void)state;
	printer(5);
	kit_str(HF_IPP_KEYWORD, "printer-state-reasons", "vendor-error");
	kit_str(HF_IPP_KEYWORD, "", "toner-empty-error");
	kit_str(HF_IPP_KEYWORD, "", "media-jam-error");
	kit_str(HF_IPP_KEYWORD, "", "media-empty-error");
	assert_false(ready(""));
	assert_string_equal(text, "printer has a paper jam");
	assert_string_equal(s.reasons, "vendor-error,toner-empty-error,"
	    "media-jam-error,media-empty-error");
}

static void
a_warning_is_a_hint_for_one_who_waits(void **state)
{
	(void)state;
	printer(4);
	kit_str(HF_IPP_KEYWORD, "printer-state-reasons", "media-low-warning");
	kit_str(HF_IPP_KEYWORD, "", "media-needed-warning");
	assert_true(ready(""));
	assert_true(hf_state_words(&s, "p3", "", text, sizeof text));
	assert_string_equal(text, "printer is waiting for paper");
}

static void
it_is_out_of_paper_when_all_trays_are(void **state)
{
	static const struct {
		const char *a, *b;
		bool ready;
	} rows[] = {
		{ "type=x;level=0;name=a;", "type=x;level=0;", false },
		{ "type=x;level=0;name=a;", "type=x;level=-2;", false },
		{ "type=x;level=0;name=a;", "type=x;level=5;", true },
		{ "type=x;level=0;name=a;", "type=x;level=-3;", true },
		{ "type=x;level=-2;", "type=x;level=-2;", true },
		{ "type=x;level=", "level", true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		printer(3);
		kit_str(HF_IPP_KEYWORD, "printer-state-reasons",
		    "media-empty-report");
		tray(rows[i].a);
		tray(rows[i].b);
		assert_int_equal(ready(""), rows[i].ready);
		if (!rows[i].ready)
			assert_string_equal(text, "printer is out of paper");
	}
	printer(3);	/* empty trays alone are not a complaint */
	tray("type=x;level=0;");
	assert_true(ready(""));
}

static void
stopped_and_not_accepting_are_not_ready(void **state)
{
	(void)state;
	printer(5);
	kit_str(HF_IPP_TEXT, "printer-state-message", "gone fishing");
	assert_false(ready(""));
	assert_string_equal(text, "printer is stopped: gone fishing");
	printer(3);
	kit_bool("printer-is-accepting-jobs", false);
	assert_false(ready(""));
	assert_string_equal(text, "printer takes no jobs");
	printer(4);
	kit_bool("printer-is-accepting-jobs", true);
	assert_true(ready(""));
}

static void
another_device_is_not_ours(void **state)
{
	(void)state;
	printer(3);
	assert_true(ready("URN:UUID:a"));
	printer(3);
	assert_false(ready("urn:uuid:b"));
	assert_string_equal(text, "printer p3 is another device than the one "
	    "registered");
}

static void
held_commit_needs_all_three(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		printer(3);
		kit_int(HF_IPP_ENUM, "operations-supported",
		    (i & 1) != 0 ? HF_IPP_HOLD_JOB : 2);
		kit_int(HF_IPP_ENUM, "", (i & 2) != 0 ? HF_IPP_RELEASE_JOB : 4);
		kit_str(HF_IPP_KEYWORD, "job-hold-until-supported",
		    (i & 4) != 0 ? "indefinite" : "no-hold");
		(void)ready("");
		assert_int_equal(s.held_commit, i == 7);
	}
}

static void
an_answer_about_no_printer_is_refused(void **state)
{
	(void)state;
	kit_begin(0, 1);
	kit_group(HF_IPP_JOB);
	kit_int(HF_IPP_ENUM, "printer-state", 3);
	assert_int_equal(hf_state_get(kit_end(), &s, NULL), -1);
	printer(17);
	assert_int_equal(hf_state_get(kit_end(), &s, NULL), -1);
	printer(-3);
	assert_int_equal(hf_state_get(kit_end(), &s, NULL), -1);
}

static void
supported_values_are_found(void **state)
{
	struct hf_view v;

	(void)state;
	printer(3);
	kit_range("copies-supported", 1, 99);
	kit_int(HF_IPP_ENUM, "finishings-supported", 3);
	kit_int(HF_IPP_ENUM, "", 4);
	kit_str(HF_IPP_KEYWORD, "sides-supported", "one-sided");
	kit_str(HF_IPP_KEYWORD, "", "two-sided-long-edge");
	kit_str(0x13, "media-supported", "");	/* no-value */
	v = kit_end();
	assert_int_equal(hf_attrs_max(v, "copies-supported", 1), 99);
	assert_int_equal(hf_attrs_max(v, "number-up-supported", 1), 1);
	assert_true(hf_attrs_have_int(v, "copies-supported", 99));
	assert_false(hf_attrs_have_int(v, "copies-supported", 100));
	assert_true(hf_attrs_have_int(v, "finishings-supported", 4));
	assert_true(hf_attrs_have_str(v, "sides-supported",
	    "two-sided-long-edge"));
	assert_false(hf_attrs_have_str(v, "sides-supported", "two-sided"));
	assert_true(hf_attrs_have(v, "sides-supported"));
	assert_false(hf_attrs_have(v, "media-supported"));
	assert_false(hf_attrs_have(v, "sides"));
}

static void
the_json_is_json(void **state)
{
	struct hf_buf b;
	json_t *j;
	int i;

	(void)state;
	printer(3);
	kit_str(HF_IPP_TEXT, "printer-make-and-model", "A \"B\" \\ C");
	kit_str(HF_IPP_MIME, "document-format-supported", "application/pdf");
	for (i = 0; i < 2000; i++)
		kit_str(HF_IPP_MIME, "", "application/vnd.something-long");
	(void)ready("");
	hf_buf_init(&b, 32 * 1024);
	assert_int_equal(hf_state_json(&b, &s, true, "", true, kit_view(),
	    NULL), 0);
	j = json_loadb((const char *)b.p, b.n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(j);
	assert_string_equal(json_string_value(json_object_get(j, "name")),
	    "A \"B\" \\ C");
	assert_true(json_is_true(json_object_get(j, "ready")));
	assert_true(json_is_true(json_object_get(j, "certificate_expired")));
	assert_string_equal(json_string_value(json_array_get(json_object_get(j,
	    "formats"), 0)), "application/pdf");
	json_decref(j);
	hf_buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reasons_and_their_severity_decide),
		cmocka_unit_test(the_worst_reason_is_told),
		cmocka_unit_test(a_warning_is_a_hint_for_one_who_waits),
		cmocka_unit_test(it_is_out_of_paper_when_all_trays_are),
		cmocka_unit_test(stopped_and_not_accepting_are_not_ready),
		cmocka_unit_test(another_device_is_not_ours),
		cmocka_unit_test(held_commit_needs_all_three),
		cmocka_unit_test(an_answer_about_no_printer_is_refused),
		cmocka_unit_test(supported_values_are_found),
		cmocka_unit_test(the_json_is_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
