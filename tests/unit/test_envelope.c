/* link: tests/unit/sealkit.c release/common/unseal.c */
#include "lib/envelope.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/sealkit.h"

static struct hf_envelope full, least;
static struct hf_err err;

static int
setup(void **state)
{
	(void)state;
	assert_int_not_equal(sodium_init(), -1);
	kit_envelope_full(&full);
	kit_envelope_least(&least);
	return 0;
}

static size_t
encode(const struct hf_envelope *v, uint8_t out[HF_ENVELOPE_MAX])
{
	struct hf_buf b;
	size_t n;

	hf_buf_init(&b, HF_ENVELOPE_MAX);
	assert_int_equal(hf_envelope_put(&b, v, &err), 0);
	n = b.n;
	memcpy(out, b.p, n);
	hf_buf_clear(&b);
	return n;
}

static int
decode(const uint8_t *p, size_t n, struct hf_envelope *out)
{
	/* On the heap and to the byte, so that reading beyond is seen. */
	uint8_t *exact = malloc(n + (n == 0));
	int rc;

	memcpy(exact, p, n);
	rc = hf_envelope_get(hf_view_of(exact, n), out, &err);
	free(exact);
	return rc;
}

static void
expect_refused(const uint8_t *p, size_t n)
{
	struct hf_envelope got, zero;

	memset(&got, 0x77, sizeof got);
	memset(&zero, 0x77, sizeof zero);
	assert_int_equal(decode(p, n, &got), -1);
	assert_int_equal(err.code, HF_EINPUT);
	assert_memory_equal(&got, &zero, sizeof got);	/* untouched */
}

static void
expect_equal(const struct hf_envelope *a, const struct hf_envelope *b)
{
	size_t i;

	assert_true(hf_id_equal(&a->job, &b->job));
	assert_string_equal(a->owner, b->owner);
	assert_string_equal(a->title, b->title);
	assert_string_equal(a->format, b->format);
	assert_int_equal(a->submitted, b->submitted);
	assert_int_equal(a->expires, b->expires);
	assert_string_equal(a->queue, b->queue);
	assert_int_equal(a->copies, b->copies);
	assert_int_equal(a->sides, b->sides);
	assert_int_equal(a->color, b->color);
	assert_string_equal(a->media, b->media);
	assert_int_equal(a->n_options, b->n_options);
	for (i = 0; i < a->n_options; i++) {
		assert_string_equal(a->options[i].name, b->options[i].name);
		assert_string_equal(a->options[i].value, b->options[i].value);
	}
	assert_string_equal(a->host, b->host);
	assert_int_equal(a->cups_job, b->cups_job);
	assert_string_equal(a->job_uuid, b->job_uuid);
	assert_int_equal(a->created, b->created);
	assert_int_equal(a->document, b->document);
}

static void
expect_round_trip(const struct hf_envelope *v)
{
	uint8_t b[HF_ENVELOPE_MAX];
	struct hf_envelope got;
	size_t n = encode(v, b);

	assert_int_equal(decode(b, n, &got), 0);
	expect_equal(v, &got);
	hf_envelope_clear(&got);
}

static void
every_field_comes_back(void **state)
{
	(void)state;
	expect_round_trip(&full);
	expect_round_trip(&least);
}

static void
fill(char *s, char c, size_t n)
{
	memset(s, c, n);
	s[n] = '\0';
}

static void
the_largest_envelope_fits(void **state)
{
	static const char *const names[] = { "finishings", "number-up",
		"orientation-requested", "output-bin", "page-ranges",
		"print-quality", "print-scaling", "media-type",
		"print-content-optimize" };
	struct hf_envelope v = full;
	size_t i;

	(void)state;
	fill(v.owner, 'o', 255);
	fill(v.title, 't', 1023);
	fill(v.format, 'f', 127);
	v.format[60] = '/';
	fill(v.queue, 'q', 127);
	fill(v.media, 'm', 127);
	fill(v.host, 'h', 255);
	fill(v.job_uuid, 'u', 63);
	v.submitted = UINT64_MAX - 1;
	v.expires = UINT64_MAX;
	v.created = UINT64_MAX;
	v.cups_job = UINT32_MAX;
	v.copies = 999;
	v.document = UINT16_MAX;
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		strcpy(v.options[i].name, names[i]);
		fill(v.options[i].value, '~', 127);
	}
	v.n_options = i;
	expect_round_trip(&v);
}

/* --- the writer's bounds --- */

static struct hf_envelope bad;

static void b_owner_empty(void) { bad.owner[0] = '\0'; }
static void b_owner_control(void) { strcpy(bad.owner, "an\nn"); }
static void b_owner_utf8(void) { strcpy(bad.owner, "\xc3("); }
static void b_owner_unterminated(void) { memset(bad.owner, 'x', 256); }
static void b_title_control(void) { strcpy(bad.title, "a\x1b[2J"); }
static void b_title_c1(void) { strcpy(bad.title, "a\xc2\x9b"); }
static void b_title_surrogate(void) { strcpy(bad.title, "\xed\xa0\x80"); }
static void b_title_overlong(void) { strcpy(bad.title, "\xc0\xaf"); }
static void b_title_unterminated(void) { memset(bad.title, 'x', 1024); }
static void b_format_empty(void) { bad.format[0] = '\0'; }
static void b_format_word(void) { strcpy(bad.format, "pdf"); }
static void b_format_two(void) { strcpy(bad.format, "a/b/c"); }
static void b_format_none(void) { strcpy(bad.format, "a/"); }
static void b_format_param(void) { strcpy(bad.format, "text/plain; a=b"); }
static void b_format_dot(void) { strcpy(bad.format, ".a/b"); }
static void b_format_type(void) { strcpy(bad.format, "/pdf"); }
static void b_expires_same(void) { bad.expires = bad.submitted; }
static void b_expires_before(void) { bad.expires = bad.submitted - 1; }
static void b_queue_empty(void) { bad.queue[0] = '\0'; }
static void b_queue_slash(void) { strcpy(bad.queue, "a/b"); }
static void b_queue_space(void) { strcpy(bad.queue, "a b"); }
static void b_queue_umlaut(void) { strcpy(bad.queue, "\xc3\xa4"); }
static void b_copies_none(void) { bad.copies = 0; }
static void b_copies_many(void) { bad.copies = 1000; }
static void b_sides(void) { bad.sides = (enum hf_sides)4; }
static void b_color(void) { bad.color = (enum hf_color)3; }
static void b_media_upper(void) { strcpy(bad.media, "A4"); }
static void b_media_digit(void) { strcpy(bad.media, "4x6"); }
static void b_media_comma(void) { strcpy(bad.media, "a4,upper"); }
static void b_option_name(void) { strcpy(bad.options[0].name, "job-name"); }
static void b_option_empty(void) { bad.options[0].name[0] = '\0'; }
static void b_option_value(void) { strcpy(bad.options[0].value, "a\tb"); }
static void b_option_utf8(void) { strcpy(bad.options[0].value, "\xc3\xa4"); }
static void b_option_twice(void) { bad.options[1] = bad.options[0]; }
static void b_options_many(void) { bad.n_options = HF_OPTIONS_MAX + 1; }
static void b_host_empty(void) { bad.host[0] = '\0'; }
static void b_host_control(void) { strcpy(bad.host, "a\x7f"); }
static void b_uuid_empty(void) { bad.job_uuid[0] = '\0'; }
static void b_uuid_control(void) { strcpy(bad.job_uuid, "\x01"); }
static void b_document(void) { bad.document = 0; }
static void b_job_version(void) { bad.job.b[6] = 0x10; }
static void b_job_variant(void) { bad.job.b[8] = 0x00; }

static void
the_writer_refuses_every_field_out_of_bounds(void **state)
{
	static const struct {
		void (*spoil)(void);
		const char *says;
	} cases[] = {
		{ b_owner_empty, "owner" },
		{ b_owner_control, "owner" },
		{ b_owner_utf8, "owner" },
		{ b_owner_unterminated, "owner" },
		{ b_title_control, "title" },
		{ b_title_c1, "title" },
		{ b_title_surrogate, "title" },
		{ b_title_overlong, "title" },
		{ b_title_unterminated, "title" },
		{ b_format_empty, "format" },
		{ b_format_word, "format" },
		{ b_format_two, "format" },
		{ b_format_none, "format" },
		{ b_format_param, "format" },
		{ b_format_dot, "format" },
		{ b_format_type, "format" },
		{ b_expires_same, "expires" },
		{ b_expires_before, "expires" },
		{ b_queue_empty, "queue" },
		{ b_queue_slash, "queue" },
		{ b_queue_space, "queue" },
		{ b_queue_umlaut, "queue" },
		{ b_copies_none, "copies" },
		{ b_copies_many, "copies" },
		{ b_sides, "sides" },
		{ b_color, "color" },
		{ b_media_upper, "media" },
		{ b_media_digit, "media" },
		{ b_media_comma, "media" },
		{ b_option_name, "option" },
		{ b_option_empty, "option" },
		{ b_option_value, "finishings" },
		{ b_option_utf8, "finishings" },
		{ b_option_twice, "twice" },
		{ b_options_many, "options" },
		{ b_host_empty, "host" },
		{ b_host_control, "host" },
		{ b_uuid_empty, "job-uuid" },
		{ b_uuid_control, "job-uuid" },
		{ b_document, "document number" },
		{ b_job_version, "job id" },
		{ b_job_variant, "job id" },
	};
	struct hf_buf b;
	size_t i;

	(void)state;
	hf_buf_init(&b, HF_ENVELOPE_MAX);
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		bad = full;
		cases[i].spoil();
		hf_buf_reset(&b);
		assert_int_equal(hf_envelope_put(&b, &bad, &err), -1);
		assert_int_equal(err.code, HF_EINPUT);
		assert_non_null(strstr(err.text, cases[i].says));
		assert_null(strstr(err.text, "Gehalt"));
	}
	hf_buf_clear(&b);
}

static void
a_buffer_that_is_too_small_is_an_error(void **state)
{
	uint8_t bytes[HF_ENVELOPE_MAX];
	size_t n = encode(&full, bytes), max;
	struct hf_buf b;

	(void)state;
	for (max = 0; max <= n; max++) {
		hf_buf_init(&b, max);
		assert_int_equal(hf_envelope_put(&b, &full, &err),
		    max < n ? -1 : 0);
		if (max < n)
			assert_int_equal(err.code, HF_EFULL);
		hf_buf_clear(&b);
	}
}

/* --- the reader --- */

static void
an_envelope_cut_anywhere_is_refused(void **state)
{
	uint8_t b[HF_ENVELOPE_MAX];
	size_t n = encode(&full, b), i;

	(void)state;
	for (i = 0; i < n; i++)
		expect_refused(b, i);
}

static void
bytes_left_over_are_refused(void **state)
{
	uint8_t b[HF_ENVELOPE_MAX + 8];
	size_t n = encode(&full, b);

	(void)state;
	b[n] = 0;
	expect_refused(b, n + 1);
	memcpy(b + n, "\x13\0\1x", 4);	/* a field of tag 19 */
	expect_refused(b, n + 4);
	memcpy(b + n, "\xff\0\0", 3);
	expect_refused(b, n + 3);
}

static void
more_than_8192_bytes_are_refused(void **state)
{
	uint8_t *b = calloc(1, HF_ENVELOPE_MAX + 1);
	size_t n = encode(&full, b);

	(void)state;
	assert_true(n < HF_ENVELOPE_MAX);
	expect_refused(b, HF_ENVELOPE_MAX + 1);
	free(b);
}

/* Where each field begins and ends; the encoding is small. */
struct place {
	size_t at;
	size_t n;
	uint8_t tag;
};

static size_t
find_fields(const uint8_t *b, size_t n, struct place out[32])
{
	size_t at = 0, k = 0;

	while (at < n) {
		out[k].at = at;
		out[k].tag = b[at];
		out[k].n = 3 + ((size_t)b[at + 1] << 8 | b[at + 2]);
		at += out[k].n;
		k++;
	}
	return k;
}

static bool
is_optional(uint8_t tag)
{
	return tag >= 10 && tag <= 13;
}

static void
a_missing_field_is_refused_unless_it_is_optional(void **state)
{
	uint8_t b[HF_ENVELOPE_MAX], c[HF_ENVELOPE_MAX];
	struct place f[32];
	struct hf_envelope got;
	size_t n = encode(&full, b), k = find_fields(b, n, f), i;

	(void)state;
	assert_int_equal(k, 18);
	for (i = 0; i < k; i++) {
		memcpy(c, b, f[i].at);
		memcpy(c + f[i].at, b + f[i].at + f[i].n,
		    n - f[i].at - f[i].n);
		if (is_optional(f[i].tag))
			assert_int_equal(decode(c, n - f[i].n, &got), 0);
		else
			expect_refused(c, n - f[i].n);
	}
}

static void
a_field_twice_is_refused(void **state)
{
	uint8_t b[HF_ENVELOPE_MAX], c[HF_ENVELOPE_MAX];
	struct place f[32];
	size_t n = encode(&full, b), k = find_fields(b, n, f), i, end;

	(void)state;
	for (i = 0; i < k; i++) {
		end = f[i].at + f[i].n;
		memcpy(c, b, end);
		memcpy(c + end, b + f[i].at, f[i].n);
		memcpy(c + end + f[i].n, b + end, n - end);
		expect_refused(c, n + f[i].n);
	}
}

static void
fields_in_another_order_are_refused(void **state)
{
	uint8_t b[HF_ENVELOPE_MAX], c[HF_ENVELOPE_MAX];
	struct place f[32];
	size_t n = encode(&full, b), k = find_fields(b, n, f), i, end;

	(void)state;
	for (i = 0; i + 1 < k; i++) {
		end = f[i + 1].at + f[i + 1].n;
		memcpy(c, b, n);
		memcpy(c + f[i].at, b + f[i + 1].at, f[i + 1].n);
		memcpy(c + f[i].at + f[i + 1].n, b + f[i].at, f[i].n);
		assert_memory_equal(c + end, b + end, n - end);
		expect_refused(c, n);
	}
}

/* Put other bytes in the place of one field's value. */
static size_t
replace(uint8_t *c, uint8_t tag, const void *value, size_t len)
{
	uint8_t b[HF_ENVELOPE_MAX];
	struct place f[32];
	size_t n = encode(&full, b), k = find_fields(b, n, f), i, end;

	for (i = 0; i < k && f[i].tag != tag; i++)
		;
	assert_true(i < k);
	end = f[i].at + f[i].n;
	memcpy(c, b, f[i].at);
	c[f[i].at] = tag;
	c[f[i].at + 1] = (uint8_t)(len >> 8);
	c[f[i].at + 2] = (uint8_t)len;
	memcpy(c + f[i].at + 3, value, len);
	memcpy(c + f[i].at + 3 + len, b + end, n - end);
	return f[i].at + 3 + len + n - end;
}

static void
the_reader_refuses_every_value_out_of_bounds(void **state)
{
	static const struct {
		uint8_t tag;
		size_t n;
		const char *value;
	} cases[] = {
		{ 1, 1, "\0" }, { 1, 1, "\2" }, { 1, 0, "" }, { 1, 2, "\0\1" },
		{ 2, 15, "0123456789abcde" }, { 2, 16, "0123456789abcdef" },
		{ 3, 0, "" }, { 3, 3, "a\0b" }, { 3, 2, "\xc3(" },
		{ 3, 4, "ann\0" }, { 4, 1, "\0" }, { 4, 1, "\n" },
		{ 5, 2, "a/" }, { 5, 4, "abcd" }, { 5, 5, "a/b\0c" },
		{ 5, 4, "a/b " }, { 6, 7, "1234567" }, { 6, 9, "123456789" },
		{ 6, 8, "\xff\xff\xff\xff\xff\xff\xff\xff" },
		{ 7, 8, "\0\0\0\0\0\0\0\0" }, { 7, 4, "\x7f\0\0\0" },
		{ 8, 0, "" }, { 8, 3, "a/b" }, { 8, 2, ".\0" },
		{ 9, 2, "\0\0" }, { 9, 2, "\3\xe8" }, { 9, 1, "\1" },
		{ 10, 1, "\0" }, { 10, 1, "\4" }, { 10, 0, "" },
		{ 10, 2, "\0\1" }, { 11, 1, "\0" }, { 11, 1, "\3" },
		{ 12, 0, "" }, { 12, 2, "A4" }, { 12, 3, "a\0b" },
		{ 13, 0, "" }, { 13, 1, "\0" }, { 13, 2, "\0\0" },
		{ 13, 4, "\5abc" }, { 13, 11, "\12finishings" },
		{ 13, 13, "\12finishings\2" "3" },
		{ 13, 13, "\12finishings\1\n" },
		{ 13, 15, "\12finishings\3" "3\0x" },
		{ 13, 13, "\12finishing\0\1" "3" },
		{ 13, 11, "\10job-name\1x" },
		{ 13, 26, "\12finishings\1" "3\12finishings\1" "4" },
		{ 14, 0, "" }, { 14, 2, "a\r" }, { 15, 3, "\0\0\1" },
		{ 15, 8, "\0\0\0\0\0\0\0\1" }, { 16, 0, "" },
		{ 16, 64, "0123456789012345678901234567890123456789"
			  "012345678901234567890123" },
		{ 17, 0, "" }, { 17, 4, "\0\0\0\0" }, { 18, 2, "\0\0" },
		{ 18, 1, "\1" },
	};
	uint8_t c[HF_ENVELOPE_MAX];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		n = replace(c, cases[i].tag, cases[i].value, cases[i].n);
		expect_refused(c, n);
	}
	n = replace(c, 3, "bob", 3);	/* and the tool itself works */
	assert_int_equal(decode(c, n, &bad), 0);
	assert_string_equal(bad.owner, "bob");
}

/* The room behind the last option is where their number is kept. */
static void
a_value_that_is_too_long_in_the_last_option_is_refused(void **state)
{
	static const char one[] = "\12finishings\1" "3";
	uint8_t c[HF_ENVELOPE_MAX], value[31 * 13 + 12 + 128];
	size_t i;

	(void)state;
	memset(value, '3', sizeof value);
	for (i = 0; i < 32; i++)
		memcpy(value + i * 13, one, 13);
	value[31 * 13 + 11] = 128;
	expect_refused(c, replace(c, 13, value, sizeof value));
	assert_non_null(strstr(err.text, "malformed"));
}

static void
text_of_the_most_and_one_more_byte(void **state)
{
	static const struct {
		uint8_t tag;
		size_t most;
	} cases[] = { { 3, 255 }, { 4, 1023 }, { 8, 127 }, { 12, 127 },
		{ 14, 255 }, { 16, 63 } };
	uint8_t c[HF_ENVELOPE_MAX];
	char s[7000];
	struct hf_envelope got;
	size_t i;

	(void)state;
	memset(s, 'a', sizeof s);
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(decode(c, replace(c, cases[i].tag, s,
				     cases[i].most), &got), 0);
		expect_refused(c, replace(c, cases[i].tag, s,
				      cases[i].most + 1));
		/* so much that it would run over everything behind it */
		expect_refused(c, replace(c, cases[i].tag, s, 7000));
	}
}

/*
 * There is one encoding of an envelope: whatever the reader accepts, the
 * writer writes the same way.
 */
static void
what_is_accepted_after_a_random_change_is_written_the_same_way(void **state)
{
	uint8_t b[HF_ENVELOPE_MAX], c[HF_ENVELOPE_MAX], d[HF_ENVELOPE_MAX];
	uint64_t seed = kit_seed();
	struct hf_envelope got;
	size_t n = encode(&full, b), at, accepted = 0;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		memcpy(c, b, n);
		at = kit_random(&seed) % n;
		c[at] = (uint8_t)kit_random(&seed);
		if (decode(c, n, &got) == -1)
			continue;
		accepted++;
		assert_int_equal(encode(&got, d), n);
		assert_memory_equal(c, d, n);
	}
	assert_true(accepted > 100);
}

/* --- the intake key and the words --- */

static void
the_intake_key_is_the_hash_that_the_format_says(void **state)
{
	static const char text[] = "intake1\0\0\0\0\7"
	    "urn:uuid:0d0e2a4f-6a83-3c1f-5f0f-6e1ad04f1a77\0"
	    "\0\0\0\0\x65\x53\xf0\xf6\0\1";
	struct hf_envelope v = full;
	uint8_t got[32], want[32];

	(void)state;
	v.created = 0x6553f0f6;
	hf_envelope_intake_key(&v, got);
	crypto_generichash(want, 32, (const uint8_t *)text, sizeof text - 1,
	    NULL, 0);
	assert_memory_equal(got, want, 32);
}

static void
the_intake_key_changes_with_each_of_its_parts_and_nothing_else(void **state)
{
	struct hf_envelope v = full;
	uint8_t was[32], now[32];

	(void)state;
	hf_envelope_intake_key(&full, was);
#define CHANGES(statement) \
	do { \
		v = full; \
		statement; \
		hf_envelope_intake_key(&v, now); \
		assert_memory_not_equal(was, now, 32); \
	} while (0)
	CHANGES(strcpy(v.host, "intake2"));
	CHANGES(v.cups_job++);
	CHANGES(strcpy(v.job_uuid, "urn:uuid:1"));
	CHANGES(v.created++);
	CHANGES(v.document++);
	v = full;
	strcpy(v.title, "other");
	strcpy(v.owner, "bob");
	hf_id_new(&v.job);
	v.submitted++;
	v.copies++;
	hf_envelope_intake_key(&v, now);
	assert_memory_equal(was, now, 32);
}

static void
words_and_numbers_of_sides_and_colour_agree(void **state)
{
	(void)state;
	assert_null(hf_sides_name(HF_SIDES_UNSET));
	assert_string_equal(hf_sides_name(HF_SIDES_ONE), "one-sided");
	assert_string_equal(hf_sides_name(HF_SIDES_LONG),
	    "two-sided-long-edge");
	assert_string_equal(hf_sides_name(HF_SIDES_SHORT),
	    "two-sided-short-edge");
	assert_null(hf_sides_name((enum hf_sides)4));
	assert_int_equal(hf_sides_of("one-sided"), HF_SIDES_ONE);
	assert_int_equal(hf_sides_of("two-sided-long-edge"), HF_SIDES_LONG);
	assert_int_equal(hf_sides_of("two-sided-short-edge"), HF_SIDES_SHORT);
	assert_int_equal(hf_sides_of("tumble"), HF_SIDES_UNSET);
	assert_int_equal(hf_sides_of(""), HF_SIDES_UNSET);
	assert_null(hf_color_name(HF_COLOR_UNSET));
	assert_string_equal(hf_color_name(HF_COLOR_MONO), "monochrome");
	assert_string_equal(hf_color_name(HF_COLOR_COLOR), "color");
	assert_null(hf_color_name((enum hf_color)3));
	assert_int_equal(hf_color_of("monochrome"), HF_COLOR_MONO);
	assert_int_equal(hf_color_of("color"), HF_COLOR_COLOR);
	assert_int_equal(hf_color_of("auto"), HF_COLOR_UNSET);
}

static void
only_the_listed_options_are_allowed(void **state)
{
	static const char *const yes[] = { "finishings", "number-up",
		"orientation-requested", "output-bin", "page-ranges",
		"print-quality", "print-scaling", "media-type",
		"print-content-optimize" };
	static const char *const no[] = { "", "finishing", "finishingsx",
		"Finishings", "copies", "sides", "media", "job-name",
		"job-originating-user-name" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof yes / sizeof yes[0]; i++)
		assert_true(hf_option_is_allowed(yes[i]));
	for (i = 0; i < sizeof no / sizeof no[0]; i++)
		assert_false(hf_option_is_allowed(no[i]));
}

static void
a_queue_name_has_letters_digits_and_three_signs(void **state)
{
	char s[129];

	(void)state;
	assert_true(hf_queue_is("Secure_2.floor-B"));
	assert_true(hf_queue_is("-"));
	assert_false(hf_queue_is(""));
	assert_false(hf_queue_is("a b"));
	assert_false(hf_queue_is("a/b"));
	assert_false(hf_queue_is("a%"));
	fill(s, 'q', 127);
	assert_true(hf_queue_is(s));
	fill(s, 'q', 128);
	assert_false(hf_queue_is(s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_comes_back),
		cmocka_unit_test(the_largest_envelope_fits),
		cmocka_unit_test(the_writer_refuses_every_field_out_of_bounds),
		cmocka_unit_test(a_buffer_that_is_too_small_is_an_error),
		cmocka_unit_test(an_envelope_cut_anywhere_is_refused),
		cmocka_unit_test(bytes_left_over_are_refused),
		cmocka_unit_test(more_than_8192_bytes_are_refused),
		cmocka_unit_test(
		    a_missing_field_is_refused_unless_it_is_optional),
		cmocka_unit_test(a_field_twice_is_refused),
		cmocka_unit_test(fields_in_another_order_are_refused),
		cmocka_unit_test(the_reader_refuses_every_value_out_of_bounds),
		cmocka_unit_test(
		    a_value_that_is_too_long_in_the_last_option_is_refused),
		cmocka_unit_test(text_of_the_most_and_one_more_byte),
		cmocka_unit_test(
		    what_is_accepted_after_a_random_change_is_written_the_same_way),
		cmocka_unit_test(
		    the_intake_key_is_the_hash_that_the_format_says),
		cmocka_unit_test(
		    the_intake_key_changes_with_each_of_its_parts_and_nothing_else),
		cmocka_unit_test(words_and_numbers_of_sides_and_colour_agree),
		cmocka_unit_test(only_the_listed_options_are_allowed),
		cmocka_unit_test(
		    a_queue_name_has_letters_digits_and_three_signs),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
