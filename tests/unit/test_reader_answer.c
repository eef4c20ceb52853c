/* link: cardreader/answer.c cardreader/panel.c -ljansson */
#include "cardreader/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cardreader/panel.h"

#define ID "\"6f78ecd0-7a4d-4d21-895d-9a8995226a55\""
#define NONCE "0001020304050607080910111213141516171819202122232425262728293031"
#define PRINTERS "\"printers\":[{\"id\":" ID ",\"name\":\"p3\"}]"

static struct hf_err err;

static int
tap(const char *text, struct hf_answer_tap *out)
{
	return hf_answer_tap_get(hf_view_str(text), out, &err);
}

static int
nonce(const char *text, struct hf_answer_nonce *out)
{
	return hf_answer_nonce_get(hf_view_str(text), out, &err);
}

static void
a_tap_is_answered_with_result_and_next_nonce(void **state)
{
	struct hf_answer_tap a;

	(void)state;
	assert_int_equal(tap("{\"result\":\"released\",\"jobs\":2,"
	    "\"printer\":\"p3\",\"message\":\"2 jobs\",\"person\":\"Ann\","
	    "\"nonce\":\"" NONCE "\",\"new\":[1]}", &a), 0);
	assert_int_equal(a.result, HF_TAP_RELEASED);
	assert_int_equal(a.jobs, 2);
	assert_string_equal(a.printer, "p3");
	assert_string_equal(a.message, "2 jobs");
	assert_true(a.has_nonce);
	assert_int_equal(a.nonce[31], 0x31);
	assert_int_equal(tap("{\"result\":\"no-jobs\",\"person\":null}", &a),
	    0);
	assert_int_equal(a.jobs, 0);
	assert_string_equal(a.message, "");
	assert_false(a.has_nonce);
}

static void
every_result_of_the_contract_is_known(void **state)
{
	char text[64];
	struct hf_answer_tap a;
	unsigned r;

	(void)state;
	for (r = HF_TAP_RELEASED; r <= HF_TAP_UNAVAILABLE; r++) {
		snprintf(text, sizeof text, "{\"result\":\"%s\"}",
		    hf_tap_result_name(r));
		assert_int_equal(tap(text, &a), 0);
		assert_int_equal(a.result, r);
	}
}

static void
an_answer_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = { "", "{", "[]", "7", "{}",
		"{\"result\":7}", "{\"result\":\"open-all\"}",
		"{\"result\":\"released\",\"jobs\":-1}",
		"{\"result\":\"released\",\"jobs\":65536}",
		"{\"result\":\"released\",\"jobs\":\"2\"}",
		"{\"result\":\"released\",\"jobs\":2.5}",
		"{\"result\":\"released\",\"nonce\":\"00\"}",
		"{\"result\":\"released\",\"nonce\":7}",
		"{\"result\":\"released\",\"result\":\"no-jobs\"}",
		"{\"result\":\"released\"} x" };
	struct hf_answer_tap a, was;
	size_t i;

	(void)state;
	memset(&a, 0x55, sizeof a);
	was = a;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(tap(bad[i], &a), -1);
		assert_int_equal(err.code, HF_EINPUT);
	}
	assert_memory_equal(&a, &was, sizeof a);
}

static void
a_message_that_is_no_text_is_dropped(void **state)
{
	struct hf_answer_tap a;

	(void)state;
	assert_int_equal(tap("{\"result\":\"printer\",\"message\":"
	    "\"a\\u001b[2Jb\"}", &a), 0);
	assert_string_equal(a.message, "");
}

static void
a_long_message_is_cut_between_characters(void **state)
{
	char text[1024] = "{\"result\":\"printer\",\"message\":\"";
	struct hf_answer_tap a;
	int i;

	(void)state;
	for (i = 0; i < 150; i++)
		strcat(text, "\xc3\xbc");	/* two bytes each */
	strcat(text, "\"}");
	assert_int_equal(tap(text, &a), 0);
	assert_int_equal(strlen(a.message), HF_MESSAGE_LEN - 2);
}

static void
nonces_come_with_printers_and_key_list(void **state)
{
	struct hf_answer_nonce a;

	(void)state;
	assert_int_equal(nonce("{\"nonces\":[\"" NONCE "\",\"" NONCE "\"],"
	    "\"valid_s\":600," PRINTERS ",\"key_list_serial\":12,"
	    "\"time\":1700000000000}", &a), 0);
	assert_int_equal(a.n, 2);
	assert_int_equal(a.nonces[1][1], 1);
	assert_int_equal(a.valid_s, 600);
	assert_int_equal(a.time_ms, 1700000000000);
	assert_int_equal(a.key_list_serial, 12);
	assert_int_equal(a.printers.n, 1);
	assert_string_equal(a.printers.p[0].name, "p3");
}

static void
nonces_out_of_bounds_are_refused(void **state)
{
	static const char *const bad[] = {
		"{\"nonces\":[],\"valid_s\":600," PRINTERS
		",\"key_list_serial\":12}",
		"{\"valid_s\":600," PRINTERS ",\"key_list_serial\":12,\"time\":1}",
		"{\"nonces\":[\"" NONCE "\",\"" NONCE "\",\"" NONCE "\",\""
		NONCE "\",\"" NONCE "\"],\"valid_s\":600," PRINTERS
		",\"key_list_serial\":12,\"time\":1}",
		"{\"nonces\":[\"xx\"],\"valid_s\":600," PRINTERS
		",\"key_list_serial\":12,\"time\":1}",
		"{\"nonces\":[],\"valid_s\":0," PRINTERS
		",\"key_list_serial\":12,\"time\":1}",
		"{\"nonces\":[],\"valid_s\":600," PRINTERS
		",\"key_list_serial\":-1,\"time\":1}",
		"{\"nonces\":[],\"valid_s\":600,\"printers\":[{\"id\":\"7\","
		"\"name\":\"p\"}],\"key_list_serial\":1,\"time\":1}",
		"{\"nonces\":[],\"valid_s\":600,\"printers\":[7],"
		"\"key_list_serial\":1,\"time\":1}",
		"{\"nonces\":[],\"valid_s\":600,\"printers\":{},"
		"\"key_list_serial\":1,\"time\":1}",
		"{\"nonces\":[],\"valid_s\":600,\"printers\":[{\"id\":" ID
		",\"name\":\"p\\n\"}],\"key_list_serial\":1,\"time\":1}",
	};
	struct hf_answer_nonce a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(nonce(bad[i], &a), -1);
}

static void
an_enrolment_names_the_reader(void **state)
{
	struct hf_answer_enrol a;

	(void)state;
	assert_int_equal(hf_answer_enrol_get(hf_view_str("{\"reader\":" ID
	    ",\"name\":\"lobby\"," PRINTERS "}"), &a, &err), 0);
	assert_string_equal(a.name, "lobby");
	assert_int_equal(a.printers.n, 1);
	assert_int_equal(hf_answer_enrol_get(hf_view_str("{\"reader\":\"x\","
	    "\"name\":\"lobby\"," PRINTERS "}"), &a, &err), -1);
}

static void
a_problem_is_told_as_well_as_it_can_be(void **state)
{
	char text[HF_MESSAGE_LEN];
	struct hf_problem p;

	(void)state;
	hf_problem_get(hf_view_str("{\"title\":\"Forbidden\",\"detail\":"
	    "\"revoked\",\"code\":\"denied\"}"), &p);
	hf_problem_text(&p, 403, text);
	assert_string_equal(text, "revoked");
	assert_string_equal(p.code, "denied");
	hf_problem_get(hf_view_str("{\"title\":\"Forbidden\",\"detail\":7}"),
	    &p);
	hf_problem_text(&p, 403, text);
	assert_string_equal(text, "Forbidden");
	hf_problem_get(hf_view_str("<html>"), &p);
	hf_problem_text(&p, 502, text);
	assert_string_equal(text, "HTTP status 502");
}

/* The panel's words for each answer. */
static void
each_answer_has_its_line(void **state)
{
	static const struct {
		enum hf_tap_result result;
		unsigned jobs;
		const char *message;
		enum hf_word word;
		const char *text;
	} t[] = {
		{ HF_TAP_RELEASED, 2, "Bye", HF_WORD_RELEASED,
		    "released 2 jobs to p3" },
		{ HF_TAP_RELEASED, 1, "", HF_WORD_RELEASED,
		    "released 1 job to p3" },
		{ HF_TAP_RELEASING, 3, "", HF_WORD_RELEASING,
		    "releasing 3 jobs to p3" },
		{ HF_TAP_NO_JOBS, 0, "", HF_WORD_NO_JOBS, "no jobs" },
		{ HF_TAP_UNKNOWN_CARD, 0, "", HF_WORD_UNKNOWN_CARD,
		    "unknown card" },
		{ HF_TAP_PRINTER, 0, "printer is out of paper",
		    HF_WORD_PRINTER, "printer is out of paper" },
		{ HF_TAP_PRINTER, 0, "", HF_WORD_PRINTER,
		    "the printer cannot print now" },
		{ HF_TAP_REFUSED, 0, "this badge was revoked",
		    HF_WORD_REFUSED, "this badge was revoked" },
		{ HF_TAP_ENROLLED, 0, "", HF_WORD_ENROLLED,
		    "this card is enrolled" },
	};
	char text[HF_PANEL_TEXT];
	struct hf_answer_tap a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof t[0]; i++) {
		memset(&a, 0, sizeof a);
		a.result = t[i].result;
		a.jobs = t[i].jobs;
		strcpy(a.printer, "p3");
		strcpy(a.message, t[i].message);
		assert_int_equal(hf_panel_tap(&a, text), t[i].word);
		assert_string_equal(text, t[i].text);
	}
}

static void
a_line_has_four_columns_whatever_is_in_it(void **state)
{
	char line[HF_PANEL_LINE];

	(void)state;
	hf_panel_line(line, 1700000000123, "ACS ACR122U 00 00",
	    HF_WORD_NO_JOBS, "no jobs");
	assert_string_equal(line, "2023-11-14T22:13:20.123Z\t"
	    "ACS ACR122U 00 00\tno-jobs\tno jobs\n");
	hf_panel_line(line, 0, "evil\treader\n", HF_WORD_READY, "x\ry\xff");
	assert_string_equal(line, "1970-01-01T00:00:00.000Z\t"
	    "evil?reader?\tready\tx?y?\n");
	hf_panel_line(line, 0, NULL, HF_WORD_READY, "für alle");
	assert_string_equal(line, "1970-01-01T00:00:00.000Z\t-\tready\t"
	    "für alle\n");
}

static void
every_word_has_a_name(void **state)
{
	unsigned w;

	(void)state;
	for (w = HF_WORD_NONE + 1; w < HF_WORD_END; w++)
		assert_non_null(hf_word_name(w));
	assert_null(hf_word_name(HF_WORD_NONE));
	assert_null(hf_word_name(HF_WORD_END));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tap_is_answered_with_result_and_next_nonce),
		cmocka_unit_test(every_result_of_the_contract_is_known),
		cmocka_unit_test(an_answer_that_is_none_is_refused),
		cmocka_unit_test(a_message_that_is_no_text_is_dropped),
		cmocka_unit_test(a_long_message_is_cut_between_characters),
		cmocka_unit_test(nonces_come_with_printers_and_key_list),
		cmocka_unit_test(nonces_out_of_bounds_are_refused),
		cmocka_unit_test(an_enrolment_names_the_reader),
		cmocka_unit_test(a_problem_is_told_as_well_as_it_can_be),
		cmocka_unit_test(each_answer_has_its_line),
		cmocka_unit_test(a_line_has_four_columns_whatever_is_in_it),
		cmocka_unit_test(every_word_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
