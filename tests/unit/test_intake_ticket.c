/* link: cups-backend/ticket.c cups-backend/options.c cups-backend/media.c */
#include "cups-backend/ticket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UUID "job-uuid=urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8"

static struct hf_err err;
static struct hf_envelope env;
static const char *dropped[HF_TICKET_DROPPED_MAX];
static size_t n_dropped;
static struct hf_ticket_in in;

static int
setup(void **state)
{
	(void)state;
	in = (struct hf_ticket_in){ .job = "77", .user = "ann", .title = "t",
		.copies = "1", .options = UUID, .queue = "secure",
		.host = "print1", .now = 1000, .retention_s = 50 };
	return 0;
}

static int
fill(void)
{
	return hf_ticket_fill(&in, &env, dropped, &n_dropped, &err);
}

/* With these options besides job-uuid. */
static int
with(const char *options)
{
	static char all[8192];

	snprintf(all, sizeof all, UUID " %s", options);
	in.options = all;
	return fill();
}

static const char *
option(const char *name)
{
	size_t i;

	for (i = 0; i < env.n_options; i++)
		if (strcmp(env.options[i].name, name) == 0)
			return env.options[i].value;
	return "";
}

static void
what_cupsd_says_is_in_the_envelope(void **state)
{
	(void)state;
	in.copies = "3";
	in.title = "Gr\xc3\xbc\xc3\x9f" "e";
	assert_int_equal(with("time-at-creation=1700000000"), 0);
	assert_int_equal(env.cups_job, 77);
	assert_string_equal(env.owner, "ann");
	assert_string_equal(env.title, "Gr\xc3\xbc\xc3\x9f" "e");
	assert_int_equal(env.copies, 3);
	assert_string_equal(env.queue, "secure");
	assert_string_equal(env.host, "print1");
	assert_int_equal(env.submitted, 1000);
	assert_int_equal(env.expires, 1050);
	assert_int_equal(env.created, 1700000000);
	assert_string_equal(env.job_uuid, UUID + strlen("job-uuid="));
	assert_int_equal(env.sides, HF_SIDES_UNSET);
	assert_int_equal(env.color, HF_COLOR_UNSET);
	assert_string_equal(env.media, "");
	assert_int_equal(env.n_options, 0);
	assert_int_equal(n_dropped, 0);
}

static void
ipp_words_and_ppd_words_mean_the_same(void **state)
{
	static const struct {
		const char *options;
		enum hf_sides sides;
		enum hf_color color;
		const char *media;
	} cases[] = {
		{ "sides=one-sided", HF_SIDES_ONE, HF_COLOR_UNSET, "" },
		{ "sides=two-sided-long-edge", HF_SIDES_LONG, 0, "" },
		{ "sides=two-sided-short-edge", HF_SIDES_SHORT, 0, "" },
		{ "Duplex=None", HF_SIDES_ONE, 0, "" },
		{ "Duplex=DuplexNoTumble", HF_SIDES_LONG, 0, "" },
		{ "Duplex=DuplexTumble", HF_SIDES_SHORT, 0, "" },
		{ "print-color-mode=monochrome", 0, HF_COLOR_MONO, "" },
		{ "print-color-mode=process-monochrome", 0, HF_COLOR_MONO, "" },
		{ "print-color-mode=color", 0, HF_COLOR_COLOR, "" },
		{ "print-color-mode=auto", 0, HF_COLOR_UNSET, "" },
		{ "ColorModel=Gray", 0, HF_COLOR_MONO, "" },
		{ "ColorModel=CMYK", 0, HF_COLOR_COLOR, "" },
		{ "media=iso_a4_210x297mm", 0, 0, "iso_a4_210x297mm" },
		{ "media=A4", 0, 0, "iso_a4_210x297mm" },
		{ "media=a4", 0, 0, "iso_a4_210x297mm" },
		{ "media=Upper,Letter,Plain", 0, 0, "na_letter_8.5x11in" },
		{ "PageSize=A5.Fullbleed", 0, 0, "iso_a5_148x210mm" },
		{ "media=iso_a3_297x420mm PageSize=A4", 0, 0,
		    "iso_a4_210x297mm" },
		{ "PageSize=Custom.200x300 media=A5", 0, 0,
		    "iso_a5_148x210mm" },
		{ "sides=one-sided Duplex=DuplexTumble", HF_SIDES_SHORT, 0,
		    "" },
		{ "ColorModel=Gray print-color-mode=color", 0, HF_COLOR_MONO,
		    "" },
		{ "sides=two-sided-long-edge sides=one-sided", HF_SIDES_ONE, 0,
		    "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(with(cases[i].options), 0);
		assert_int_equal(env.sides, cases[i].sides);
		assert_int_equal(env.color, cases[i].color);
		assert_string_equal(env.media, cases[i].media);
	}
}

static void
a_word_that_nobody_knows_is_left_out_and_named(void **state)
{
	(void)state;
	assert_int_equal(with("sides=sideways media=My_Size "
			      "print-color-mode=sepia sides=again"), 0);
	assert_int_equal(env.sides, HF_SIDES_UNSET);
	assert_string_equal(env.media, "");
	assert_int_equal(n_dropped, 3);
	assert_string_equal(dropped[0], "sides");
	assert_string_equal(dropped[1], "media");
	assert_string_equal(dropped[2], "print-color-mode");
}

static void
only_options_of_the_list_travel(void **state)
{
	(void)state;
	assert_int_equal(with("page-ranges=1-2,5 number-up=2 finishings=4 "
			      "job-password=1234 job-billing=x media-col={a=b} "
			      "fit-to-page output-bin=face-down page-ranges=7"),
	    0);
	assert_int_equal(env.n_options, 4);
	assert_string_equal(option("page-ranges"), "7");
	assert_string_equal(option("number-up"), "2");
	assert_string_equal(option("finishings"), "4");
	assert_string_equal(option("output-bin"), "face-down");
	assert_int_equal(n_dropped, 0);
}

static void
defaults_that_ask_for_nothing_do_not(void **state)
{
	(void)state;
	assert_int_equal(with("finishings=3 number-up=1 page-ranges= "
			      "output-bin"), 0);
	assert_int_equal(env.n_options, 0);
}

static void
malformed_values_of_options_that_count_are_refused(void **state)
{
	static const char *const cases[] = { "sides=one\rsided",
		"media=A4\x7f", "page-ranges=1\\\n2", "job-uuid=a\x01",
		"time-at-creation=1\\\t", "print-quality=\xc3\xbc",
		"sides='", "ColorModel={", "Duplex=\\" };
	char longer[400];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(with(cases[i]), -1);
		assert_int_equal(err.code, HF_EINPUT);
	}
	snprintf(longer, sizeof longer, "output-bin=%0200d", 1);
	assert_int_equal(with(longer), -1);
	assert_int_equal(err.code, HF_EINPUT);
}

static void
malformed_values_of_other_options_do_not_matter(void **state)
{
	(void)state;
	assert_int_equal(with("comment=a\x01\x1b b=\xff sidesx=\r"), 0);
	assert_int_equal(env.n_options, 0);
}

static void
a_reason_never_repeats_a_value(void **state)
{
	(void)state;
	assert_int_equal(with("page-ranges=secretword\r"), -1);
	assert_null(strstr(err.text, "secretword"));
	assert_non_null(strstr(err.text, "page-ranges"));
}

static void
a_job_that_cupsd_does_not_name_is_no_fault_of_the_user(void **state)
{
	static const char *const jobs[] = { "", "0", "-1", "x", "1x",
		"2147483648", "99999999999999" };
	size_t i;

	(void)state;
	in.options = "sides=one-sided";
	assert_int_equal(fill(), -1);
	assert_int_equal(err.code, HF_ECONFLICT);
	in.options = "job-uuid=";
	assert_int_equal(fill(), -1);
	assert_int_equal(err.code, HF_ECONFLICT);
	in.options = "job-uuid="
	    "0123456789012345678901234567890123456789012345678901234567890123";
	assert_int_equal(fill(), -1);
	assert_int_equal(err.code, HF_ECONFLICT);
	in.options = UUID;
	for (i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
		in.job = jobs[i];
		assert_int_equal(fill(), -1);
		assert_int_equal(err.code, HF_ECONFLICT);
	}
	in.job = "2147483647";
	assert_int_equal(fill(), 0);
}

static void
copies_and_user_are_bounded(void **state)
{
	static const char *const copies[] = { "", "0", "1000", "-1", "1.5",
		"+1", " 1" };
	char name[300];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof copies / sizeof copies[0]; i++) {
		in.copies = copies[i];
		assert_int_equal(fill(), -1);
		assert_int_equal(err.code, HF_EINPUT);
	}
	in.copies = "999";
	assert_int_equal(fill(), 0);
	memset(name, 'n', sizeof name);
	name[256] = '\0';
	in.user = name;
	assert_int_equal(fill(), -1);
	name[255] = '\0';
	assert_int_equal(fill(), 0);
	in.user = "";
	assert_int_equal(fill(), -1);
	in.user = "a\nb";
	assert_int_equal(fill(), -1);
	in.user = "Ann M\xc3\xbcller; x";
	assert_int_equal(fill(), 0);
}

static void
a_title_is_cut_between_characters_and_never_a_reason(void **state)
{
	char title[2000];
	size_t i;

	(void)state;
	for (i = 0; i < 1600; i += 2)
		memcpy(title + i, "\xc3\xbc", 2);
	title[1600] = '\0';
	in.title = title;
	assert_int_equal(fill(), 0);
	assert_int_equal(strlen(env.title), 1022);
	in.title = "a\x01";
	assert_int_equal(fill(), 0);
	assert_string_equal(env.title, "Untitled");
	in.title = "\xff";
	assert_int_equal(fill(), 0);
	assert_string_equal(env.title, "Untitled");
	in.title = "";
	assert_int_equal(fill(), 0);
	assert_string_equal(env.title, "");
}

static void
the_second_document_says_so_in_its_title(void **state)
{
	char title[2000];

	(void)state;
	hf_ticket_number(&env, "report", 1);
	assert_string_equal(env.title, "report");
	hf_ticket_number(&env, "report", 2);
	assert_string_equal(env.title, "report (2)");
	assert_int_equal(env.document, 2);
	memset(title, 'x', sizeof title);
	title[1023] = '\0';
	hf_ticket_number(&env, title, 65535);
	assert_int_equal(strlen(env.title), 1023);
	assert_string_equal(env.title + 1023 - 8, " (65535)");
}

static void
formats_are_media_types_that_a_printer_knows(void **state)
{
	static const struct {
		const char *given;
		const char *bytes;
		const char *format;	/* NULL: refused */
	} cases[] = {
		{ "application/pdf", "x", "application/pdf" },
		{ "Application/PDF", "x", "application/pdf" },
		{ "application/vnd.cups-pdf", "x", "application/pdf" },
		{ "application/vnd.cups-postscript", "x",
		    "application/postscript" },
		{ "application/vnd.cups-raw", "%PDF-1", "application/pdf" },
		{ "application/vnd.cups-raw", "x",
		    "application/octet-stream" },
		{ "application/octet-stream", "%!PS",
		    "application/postscript" },
		{ NULL, "RaS2", "image/pwg-raster" },
		{ "", "x", "application/octet-stream" },
		{ "text/plain", "%PDF-1", "text/plain" },
		{ "application/vnd.cups-command", "x", NULL },
		{ "application/vnd.cups-raster", "x", NULL },
		{ "nonsense", "x", NULL },
		{ "a/b c", "x", NULL },
		{ "/", "x", NULL },
	};
	char out[128];
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		rc = hf_ticket_format(cases[i].given,
		    (const uint8_t *)cases[i].bytes, strlen(cases[i].bytes),
		    out, &err);
		assert_int_equal(rc, cases[i].format == NULL ? -1 : 0);
		if (rc == 0)
			assert_string_equal(out, cases[i].format);
		else
			assert_int_equal(err.code, HF_EINPUT);
	}
}

static void
a_device_uri_has_one_form(void **state)
{
	static const char *const bad[] = { "", "holdfast", "holdfast:",
		"holdfast:/", "holdfast://", "holdfast://x", "holdfast:/a/b",
		"holdfast:/a?b", "holdfast:/a b", "HOLDFAST:/a", "ipp:/a",
		"holdfast:/\xc3\xbc" };
	const char *queue;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(hf_ticket_queue(bad[i], &queue, &err), -1);
		assert_int_equal(err.code, HF_ECONFIG);
	}
	assert_int_equal(hf_ticket_queue(NULL, &queue, &err), -1);
	assert_int_equal(hf_ticket_queue("holdfast:/a-B_1.x", &queue, &err), 0);
	assert_string_equal(queue, "a-B_1.x");
}

static void
every_size_of_the_ppd_is_known(void **state)
{
	static const char *const of_ppd[] = { "A4", "A3", "A5", "Letter",
		"Legal", "Tabloid", "Executive", "B5", "EnvDL", "EnvC5" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof of_ppd / sizeof of_ppd[0]; i++)
		assert_true(hf_keyword_is(hf_media_of_ppd(of_ppd[i])));
	assert_null(hf_media_of_ppd(""));
	assert_null(hf_media_of_ppd("A"));
	assert_null(hf_media_of_ppd("A44"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_cupsd_says_is_in_the_envelope,
		    setup),
		cmocka_unit_test_setup(ipp_words_and_ppd_words_mean_the_same,
		    setup),
		cmocka_unit_test_setup(
		    a_word_that_nobody_knows_is_left_out_and_named, setup),
		cmocka_unit_test_setup(only_options_of_the_list_travel, setup),
		cmocka_unit_test_setup(defaults_that_ask_for_nothing_do_not,
		    setup),
		cmocka_unit_test_setup(
		    malformed_values_of_options_that_count_are_refused, setup),
		cmocka_unit_test_setup(
		    malformed_values_of_other_options_do_not_matter, setup),
		cmocka_unit_test_setup(a_reason_never_repeats_a_value, setup),
		cmocka_unit_test_setup(
		    a_job_that_cupsd_does_not_name_is_no_fault_of_the_user,
		    setup),
		cmocka_unit_test_setup(copies_and_user_are_bounded, setup),
		cmocka_unit_test_setup(
		    a_title_is_cut_between_characters_and_never_a_reason,
		    setup),
		cmocka_unit_test(the_second_document_says_so_in_its_title),
		cmocka_unit_test(formats_are_media_types_that_a_printer_knows),
		cmocka_unit_test(a_device_uri_has_one_form),
		cmocka_unit_test(every_size_of_the_ppd_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
