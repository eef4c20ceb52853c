/* link: release/deliver/job.c release/deliver/ipp.c release/deliver/verdict.c tests/unit/ippkit.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "release/deliver/ipp.h"
#include "release/deliver/job.h"
#include "tests/unit/ippkit.h"

#define TOKEN "0123456789abcdef"
#define UUID "urn:uuid:11111111-2222-4333-8444-555555555555"

static void
begin(uint16_t status, uint32_t id, const char *charset)
{
	kit_begin(status, id);
	kit_group(HF_IPP_OPERATION);
	kit_str(HF_IPP_CHARSET, "attributes-charset", charset);
}

static void
job(int32_t id, const char *uuid, const char *name, int32_t state,
    int32_t impressions)
{
	kit_group(HF_IPP_JOB);
	kit_int(HF_IPP_INTEGER, "job-id", id);
	if (uuid[0] != '\0')
		kit_str(HF_IPP_URI, "job-uuid", uuid);
	kit_str(HF_IPP_NAME, "job-name", name);
	kit_int(HF_IPP_ENUM, "job-state", state);
	kit_int(HF_IPP_INTEGER, "job-impressions-completed", impressions);
}

static void
the_answer_must_be_to_our_request_and_readable(void **state)
{
	struct hf_ipp_result r;

	(void)state;
	begin(0x0507, 5, "utf-8");
	kit_str(HF_IPP_TEXT, "status-message", "come again");
	assert_int_equal(hf_ipp_result_get(kit_end(), 5, &r, NULL), 0);
	assert_int_equal(r.status, 0x0507);
	assert_string_equal(r.text, "come again");
	assert_false(hf_ipp_is_ok(&r));
	assert_int_equal(hf_ipp_result_get(kit_view(), 6, &r, NULL), -1);
	begin(0, 5, "iso-2022-jp");
	assert_int_equal(hf_ipp_result_get(kit_end(), 5, &r, NULL), -1);
	begin(1, 5, "UTF-8");
	assert_int_equal(hf_ipp_result_get(kit_end(), 5, &r, NULL), 0);
	assert_true(hf_ipp_is_ok(&r));
}

static void
a_job_is_taken_apart(void **state)
{
	struct hf_job j;

	(void)state;
	begin(0, 1, "utf-8");
	job(7, UUID, "HF-" TOKEN, HF_JOB_STOPPED, 3);
	kit_int(HF_IPP_INTEGER, "job-printer-up-time", 900);
	kit_int(HF_IPP_INTEGER, "job-media-sheets-completed", 5);
	kit_str(HF_IPP_KEYWORD, "job-state-reasons", "job-printing");
	kit_str(HF_IPP_KEYWORD, "", "printer-stopped");
	assert_true(hf_job_first(kit_end(), &j));
	assert_int_equal(j.id, 7);
	assert_int_equal(j.state, HF_JOB_STOPPED);
	assert_int_equal(j.up_time, 900);
	assert_string_equal(j.reason, "job-printing");
	assert_true(j.printer_stopped);
	assert_int_equal(hf_job_pages(&j), 5);
}

static void
negative_and_missing_numbers_are_unknown(void **state)
{
	struct hf_job j;

	(void)state;
	begin(0, 1, "utf-8");
	job(7, "", "x", HF_JOB_PENDING, -4);
	kit_int(HF_IPP_INTEGER, "job-printer-up-time", -1);
	assert_true(hf_job_first(kit_end(), &j));
	assert_int_equal(j.impressions, -1);
	assert_int_equal(hf_job_pages(&j), -1);
	assert_int_equal(j.up_time, 0);
	begin(0, 1, "utf-8");
	job(-7, UUID, "HF-" TOKEN, HF_JOB_PENDING, 0);
	assert_false(hf_job_first(kit_end(), &j));
	begin(0, 1, "utf-8");
	assert_false(hf_job_first(kit_end(), &j));
}

static void
a_job_is_ours_by_uuid_or_token_never_by_number(void **state)
{
	struct hf_job j = { .id = 7, .uuid = UUID, .name = "other" };

	(void)state;
	assert_true(hf_job_is_ours(&j, UUID, TOKEN));
	assert_false(hf_job_is_ours(&j, "", TOKEN));
	assert_false(hf_job_is_ours(&j, "urn:uuid:x", TOKEN));
	strcpy(j.name, "HF-" TOKEN);
	assert_true(hf_job_is_ours(&j, "urn:uuid:x", TOKEN));
	strcpy(j.name, "HF-" TOKEN "0");
	assert_false(hf_job_is_ours(&j, "", TOKEN));
	strcpy(j.name, TOKEN);
	assert_false(hf_job_is_ours(&j, "", TOKEN));
	j.uuid[0] = j.name[0] = '\0';
	assert_false(hf_job_is_ours(&j, "", TOKEN));
}

static void
our_job_is_found_among_others(void **state)
{
	enum hf_counter counter = HF_COUNTER_UNKNOWN;
	struct hf_job j;

	(void)state;
	begin(0, 1, "utf-8");
	job(7, "", "letter", HF_JOB_COMPLETED, 2);
	job(8, UUID, "", HF_JOB_HELD, 0);
	job(9, "", "HF-" TOKEN, HF_JOB_PENDING, 0);
	job(10, "", "book", HF_JOB_COMPLETED, 300);
	(void)kit_end();
	assert_true(hf_job_find(kit_view(), UUID, "", &j, &counter));
	assert_int_equal(j.id, 8);
	assert_int_equal(counter, HF_COUNTER_WORKS);
	assert_true(hf_job_find(kit_view(), "", TOKEN, &j, &counter));
	assert_int_equal(j.id, 9);
	assert_false(hf_job_find(kit_view(), "", "feedfacefeedface", &j,
	    &counter));
}

static void
a_counter_is_known_by_completed_jobs_only(void **state)
{
	enum hf_counter c = HF_COUNTER_UNKNOWN;
	struct hf_job j = { .state = HF_JOB_CANCELED, .impressions = 0 };

	(void)state;
	hf_counter_learn(&c, &j);
	assert_int_equal(c, HF_COUNTER_UNKNOWN);
	j.state = HF_JOB_COMPLETED;
	j.impressions = -1;
	hf_counter_learn(&c, &j);
	assert_int_equal(c, HF_COUNTER_UNKNOWN);
	j.impressions = 2;
	hf_counter_learn(&c, &j);
	assert_int_equal(c, HF_COUNTER_WORKS);
	j.impressions = 0;
	hf_counter_learn(&c, &j);
	assert_int_equal(c, HF_COUNTER_LIES);
	j.impressions = 2;
	hf_counter_learn(&c, &j);
	assert_int_equal(c, HF_COUNTER_LIES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_answer_must_be_to_our_request_and_readable),
		cmocka_unit_test(a_job_is_taken_apart),
		cmocka_unit_test(negative_and_missing_numbers_are_unknown),
		cmocka_unit_test(a_job_is_ours_by_uuid_or_token_never_by_number),
		cmocka_unit_test(our_job_is_found_among_others),
		cmocka_unit_test(a_counter_is_known_by_completed_jobs_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
