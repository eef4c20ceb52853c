/* link: -Wl,--wrap=malloc -Wl,--wrap=free */
#include "lib/buf.h"

#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct {
	bool no_memory;
	const void *canary;
	size_t canary_len;
	long canaries;
	long mallocs;
} faults;

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void __real_free(void *p);
void __wrap_free(void *p);

void *
__wrap_malloc(size_t n)
{
	faults.mallocs++;
	if (faults.no_memory) {
		errno = ENOMEM;
		return NULL;
	}
	return __real_malloc(n);
}

void
__wrap_free(void *p)
{
	if (p != NULL && faults.canary != NULL &&
	    memmem(p, malloc_usable_size(p), faults.canary,
		faults.canary_len) != NULL)
		faults.canaries++;
	__real_free(p);
}

static struct hf_err err;
static struct hf_buf b;

static int
begin(void **state)
{
	(void)state;
	memset(&faults, 0, sizeof faults);
	memset(&err, 0, sizeof err);
	hf_buf_init(&b, 100000);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	hf_buf_clear(&b);
	return 0;
}

static void
nothing_is_allocated_before_the_first_byte(void **state)
{
	(void)state;
	assert_null(b.p);
	assert_int_equal(faults.mallocs, 0);
	assert_int_equal(hf_buf_view(&b).n, 0);
	hf_buf_clear(&b);
	hf_buf_reset(&b);
}

static void
integers_are_big_endian_and_come_back(void **state)
{
	static const uint8_t want[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
		0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f };
	struct hf_view v;
	uint8_t x1;
	uint16_t x2;
	uint32_t x4;
	uint64_t x8;

	(void)state;
	assert_int_equal(hf_put_u8(&b, 0x01, &err), 0);
	assert_int_equal(hf_put_u16(&b, 0x0203, &err), 0);
	assert_int_equal(hf_put_u32(&b, 0x04050607, &err), 0);
	assert_int_equal(hf_put_u64(&b, 0x08090a0b0c0d0e0f, &err), 0);
	assert_int_equal(b.n, sizeof want);
	assert_memory_equal(b.p, want, sizeof want);
	v = hf_buf_view(&b);
	assert_int_equal(hf_get_u8(&v, &x1, &err), 0);
	assert_int_equal(hf_get_u16(&v, &x2, &err), 0);
	assert_int_equal(hf_get_u32(&v, &x4, &err), 0);
	assert_int_equal(hf_get_u64(&v, &x8, &err), 0);
	assert_int_equal(x1, 0x01);
	assert_int_equal(x2, 0x0203);
	assert_int_equal(x4, 0x04050607);
	assert_true(x8 == 0x08090a0b0c0d0e0f);
	assert_int_equal(hf_get_end(&v, &err), 0);
}

static void
the_largest_integers_survive(void **state)
{
	struct hf_view v;
	uint32_t x4;
	uint64_t x8;

	(void)state;
	assert_int_equal(hf_put_u64(&b, UINT64_MAX, &err), 0);
	assert_int_equal(hf_put_u32(&b, UINT32_MAX, &err), 0);
	v = hf_buf_view(&b);
	assert_int_equal(hf_get_u64(&v, &x8, &err), 0);
	assert_int_equal(hf_get_u32(&v, &x4, &err), 0);
	assert_true(x8 == UINT64_MAX);
	assert_true(x4 == UINT32_MAX);
}

static void
a_buffer_never_grows_beyond_its_maximum(void **state)
{
	uint8_t some[300] = { 0 };
	size_t i;

	(void)state;
	hf_buf_init(&b, 300);
	for (i = 0; i < 300; i++)
		assert_int_equal(hf_put_u8(&b, (uint8_t)i, &err), 0);
	assert_int_equal(hf_put_u8(&b, 0, &err), -1);
	assert_int_equal(err.code, HF_EFULL);
	assert_int_equal(b.n, 300);
	assert_true(b.cap <= 300);
	hf_buf_reset(&b);
	assert_int_equal(hf_put_bytes(&b, some, 301, &err), -1);
	assert_int_equal(hf_put_bytes(&b, some, SIZE_MAX, &err), -1);
	assert_int_equal(hf_put_bytes(&b, some, 300, &err), 0);
	assert_int_equal(hf_put_bytes(&b, some, SIZE_MAX - 100, &err), -1);
	assert_int_equal(b.n, 300);
}

static void
a_put_that_does_not_fit_changes_nothing(void **state)
{
	(void)state;
	hf_buf_init(&b, 10);
	assert_int_equal(hf_put_bytes(&b, "12345678", 8, &err), 0);
	assert_int_equal(hf_put_u32(&b, 1, &err), -1);
	assert_int_equal(b.n, 8);
	assert_memory_equal(b.p, "12345678", 8);
}

static void
running_out_of_memory_keeps_what_was_there(void **state)
{
	uint8_t some[1000] = { 0 };

	(void)state;
	assert_int_equal(hf_put_bytes(&b, "abc", 3, &err), 0);
	faults.no_memory = true;
	assert_int_equal(hf_put_bytes(&b, some, sizeof some, &err), -1);
	faults.no_memory = false;
	assert_int_equal(err.code, HF_ENOMEM);
	assert_int_equal(b.n, 3);
	assert_memory_equal(b.p, "abc", 3);
}

static void
growing_and_clearing_leave_no_byte_behind(void **state)
{
	static const char canary[] = "a secret of sixteen and more bytes";
	uint8_t some[1000] = { 0 };
	char *control;
	int i;

	(void)state;
	faults.canary = canary;
	faults.canary_len = sizeof canary;
	control = strdup(canary);
	free(control);
	assert_int_equal(faults.canaries, 1);
	assert_int_equal(hf_put_bytes(&b, canary, sizeof canary, &err), 0);
	for (i = 0; i < 20; i++)
		assert_int_equal(hf_put_bytes(&b, some, sizeof some, &err), 0);
	assert_memory_equal(b.p, canary, sizeof canary);
	hf_buf_clear(&b);
	assert_int_equal(faults.canaries, 1);
	assert_int_equal(hf_put_bytes(&b, canary, sizeof canary, &err), 0);
	hf_buf_reset(&b);	/* shorter, but still there until cleared */
	hf_buf_clear(&b);
	assert_int_equal(faults.canaries, 1);
}

static void
a_get_that_finds_too_little_leaves_the_view_alone(void **state)
{
	const struct hf_view all = hf_view_of("\0\5abcd", 6);
	struct hf_view v = all, out;
	char s[16];
	uint64_t x8;

	(void)state;
	assert_int_equal(hf_get_u64(&v, &x8, &err), -1);
	assert_int_equal(err.code, HF_EINPUT);
	assert_true(v.p == all.p && v.n == all.n);
	assert_int_equal(hf_get_var(&v, 100, &out, &err), -1);
	assert_true(v.p == all.p && v.n == all.n);
	assert_int_equal(hf_get_str(&v, s, sizeof s, &err), -1);
	assert_true(v.p == all.p && v.n == all.n);
	assert_int_equal(hf_get_view(&v, 7, &out, &err), -1);
	assert_int_equal(hf_get_view(&v, SIZE_MAX, &out, &err), -1);
	assert_true(v.p == all.p && v.n == all.n);
	assert_int_equal(hf_get_view(&v, 6, &out, &err), 0);
	assert_int_equal(v.n, 0);
}

static void
an_empty_view_without_memory_can_be_read(void **state)
{
	struct hf_view v = { NULL, 0 }, out;
	uint8_t x;

	(void)state;
	assert_int_equal(hf_get_u8(&v, &x, &err), -1);
	assert_int_equal(hf_get_view(&v, 0, &out, &err), 0);
	assert_int_equal(hf_get_bytes(&v, &x, 0, &err), 0);
	assert_int_equal(hf_get_end(&v, &err), 0);
	assert_int_equal(hf_put_bytes(&b, NULL, 0, &err), 0);
	assert_true(hf_view_equal(v, hf_view_of("", 0)));
}

static void
fields_with_a_length_come_back(void **state)
{
	struct hf_view v, out;
	char s[6];

	(void)state;
	assert_int_equal(hf_put_str(&b, "hello", &err), 0);
	assert_int_equal(hf_put_var(&b, "", 0, &err), 0);
	assert_int_equal(hf_put_big(&b, "abc", 3, &err), 0);
	v = hf_buf_view(&b);
	assert_int_equal(hf_get_str(&v, s, sizeof s, &err), 0);
	assert_string_equal(s, "hello");
	assert_int_equal(hf_get_var(&v, 0, &out, &err), 0);
	assert_int_equal(out.n, 0);
	assert_int_equal(hf_get_big(&v, 3, &out, &err), 0);
	assert_true(hf_view_equal(out, hf_view_str("abc")));
	assert_int_equal(hf_get_end(&v, &err), 0);
}

static void
a_field_longer_than_allowed_is_refused(void **state)
{
	uint8_t *big = calloc(1, 65536);
	struct hf_view v, was, out;
	char s[5];

	(void)state;
	assert_int_equal(hf_put_var(&b, big, 65536, &err), -1);
	assert_int_equal(err.code, HF_EINPUT);
	assert_int_equal(b.n, 0);
	assert_int_equal(hf_put_var(&b, big, 65535, &err), 0);
	hf_buf_reset(&b);
	assert_int_equal(hf_put_str(&b, "hello", &err), 0);
	v = was = hf_buf_view(&b);
	assert_int_equal(hf_get_var(&v, 4, &out, &err), -1);
	assert_int_equal(hf_get_str(&v, s, sizeof s, &err), -1);
	assert_true(v.p == was.p && v.n == was.n);
	hf_buf_reset(&b);
	assert_int_equal(hf_put_big(&b, "hello", 5, &err), 0);
	v = hf_buf_view(&b);
	assert_int_equal(hf_get_big(&v, 4, &out, &err), -1);
	assert_int_equal(v.n, 9);
	free(big);
}

static void
a_nul_inside_a_string_is_refused(void **state)
{
	struct hf_view v = hf_view_of("\0\3a\0b", 5);
	char s[16];

	(void)state;
	assert_int_equal(hf_get_str(&v, s, sizeof s, &err), -1);
	assert_int_equal(err.code, HF_EINPUT);
	assert_int_equal(v.n, 5);
}

static void
bytes_left_over_are_an_error(void **state)
{
	struct hf_view v = hf_view_of("x", 1);

	(void)state;
	assert_int_equal(hf_get_end(&v, &err), -1);
	assert_int_equal(err.code, HF_EINPUT);
}

static void
views_are_equal_only_by_length_and_bytes(void **state)
{
	(void)state;
	assert_true(hf_view_equal(hf_view_str("ab"), hf_view_of("abc", 2)));
	assert_false(hf_view_equal(hf_view_str("ab"), hf_view_str("abc")));
	assert_false(hf_view_equal(hf_view_str("ab"), hf_view_str("ac")));
}

static void
a_copy_says_whether_it_was_cut(void **state)
{
	char s[4];

	(void)state;
	assert_true(hf_str_copy(s, sizeof s, "abc"));
	assert_string_equal(s, "abc");
	assert_false(hf_str_copy(s, sizeof s, "abcd"));
	assert_string_equal(s, "abc");
	assert_true(hf_str_copy(s, 1, ""));
	assert_false(hf_str_copy(s, 1, "a"));
	assert_string_equal(s, "");
}

static void
text_is_well_formed_utf8_without_controls(void **state)
{
	static const struct {
		const char *s;
		size_t n;
		bool is;
	} cases[] = {
		{ "", 0, true }, { "plain", 5, true }, { "\x7e", 1, true },
		{ "\x7f", 1, false }, { "\x1f", 1, false }, { "\x20", 1, true },
		{ "a\0b", 3, false }, { "\t", 1, false },
		{ "\xc2\xa0", 2, true }, { "\xc2\x9f", 2, false },
		{ "\xc2\x80", 2, false }, { "\xc2", 1, false },
		{ "\xc1\xbf", 2, false }, { "\xc3\xa4", 2, true },
		{ "\x80", 1, false }, { "\xdf\xbf", 2, true },
		{ "\xdf\x3f", 2, false }, { "\xe0\xa0\x80", 3, true },
		{ "\xe0\x9f\xbf", 3, false }, { "\xed\x9f\xbf", 3, true },
		{ "\xed\xa0\x80", 3, false }, { "\xef\xbf\xbd", 3, true },
		{ "\xe2\x82", 2, false }, { "\xe2\x82\xac", 3, true },
		{ "\xe2\x28\xac", 3, false }, { "\xe2\x82\x28", 3, false },
		{ "\xf0\x90\x80\x80", 4, true }, { "\xf0\x8f\xbf\xbf", 4, false },
		{ "\xf4\x8f\xbf\xbf", 4, true }, { "\xf4\x90\x80\x80", 4, false },
		{ "\xf5\x80\x80\x80", 4, false }, { "\xff", 1, false },
		{ "\xf0\x9f\x96\xa8", 4, true }, { "\xf0\x9f\x96", 3, false },
	};
	uint8_t *exact;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		exact = malloc(cases[i].n + (cases[i].n == 0));
		memcpy(exact, cases[i].s, cases[i].n);
		assert_int_equal(hf_is_text(hf_view_of(exact, cases[i].n)),
		    cases[i].is);
		free(exact);
	}
}

static void
hex_goes_there_and_back(void **state)
{
	const uint8_t bytes[] = { 0x00, 0x7f, 0x80, 0xff, 0xa5 };
	uint8_t back[5];
	char s[11];

	(void)state;
	hf_hex(s, bytes, sizeof bytes);
	assert_string_equal(s, "007f80ffa5");
	assert_int_equal(hf_unhex(back, sizeof back, s, &err), 0);
	assert_memory_equal(back, bytes, sizeof bytes);
	assert_int_equal(hf_unhex(back, sizeof back, "007F80FFA5", &err), 0);
	assert_memory_equal(back, bytes, sizeof bytes);
}

static void
hex_of_another_length_or_with_other_signs_is_refused_untouched(void **state)
{
	static const char *const bad[] = { "", "0", "000", "00000", "0g00",
		"000g", " 000", "0x00", "00\n0" };
	uint8_t out[2] = { 1, 2 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(hf_unhex(out, 2, bad[i], &err), -1);
		assert_int_equal(err.code, HF_EINPUT);
	}
	assert_int_equal(out[0], 1);
	assert_int_equal(out[1], 2);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(nothing_is_allocated_before_the_first_byte),
		T(integers_are_big_endian_and_come_back),
		T(the_largest_integers_survive),
		T(a_buffer_never_grows_beyond_its_maximum),
		T(a_put_that_does_not_fit_changes_nothing),
		T(running_out_of_memory_keeps_what_was_there),
		T(growing_and_clearing_leave_no_byte_behind),
		T(a_get_that_finds_too_little_leaves_the_view_alone),
		T(an_empty_view_without_memory_can_be_read),
		T(fields_with_a_length_come_back),
		T(a_field_longer_than_allowed_is_refused),
		T(a_nul_inside_a_string_is_refused),
		T(bytes_left_over_are_an_error),
		T(views_are_equal_only_by_length_and_bytes),
		T(a_copy_says_whether_it_was_cut),
		T(text_is_well_formed_utf8_without_controls),
		T(hex_goes_there_and_back),
		T(hex_of_another_length_or_with_other_signs_is_refused_untouched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
