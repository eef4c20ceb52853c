/* link: */
#include "lib/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
the_checksum_is_that_of_gzip(void **state)
{
	/* ISO-HDLC's check value, and one from RFC 3720's neighbour: zeros. */
	static const uint8_t zeros[32];

	(void)state;
	assert_int_equal(hf_crc32(0, "123456789", 9), 0xcbf43926u);
	assert_int_equal(hf_crc32(0, zeros, sizeof zeros), 0x190a55adu);
	assert_int_equal(hf_crc32(0, "", 0), 0);
}

/* The definition, a bit at a time. */
static uint32_t
slow(const uint8_t *p, size_t n)
{
	uint32_t c = 0xffffffffu;
	int k;

	while (n-- > 0) {
		c ^= *p++;
		for (k = 0; k < 8; k++)
			c = (c & 1) != 0 ? c >> 1 ^ 0xedb88320u : c >> 1;
	}
	return ~c;
}

static void
it_is_the_same_in_pieces_of_any_length(void **state)
{
	uint8_t b[300];
	uint32_t want, got;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof b; i++)
		b[i] = (uint8_t)(i * 7 + i / 3);
	want = slow(b, sizeof b);
	for (k = 1; k <= 40; k++) {
		got = 0;
		for (i = 0; i < sizeof b; i += k)
			got = hf_crc32(got, b + i,
			    sizeof b - i < k ? sizeof b - i : k);
		assert_int_equal(got, want);
	}
}

static void
formats_are_known_by_their_first_bytes(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *type;
	} cases[] = {
		{ "%PDF-1.7\n", 9, "application/pdf" },
		{ "\n\njunk %PDF-1.4", 15, "application/pdf" },
		{ "%!PS-Adobe-3.0", 14, "application/postscript" },
		{ "RaS2PwgRaster", 13, "image/pwg-raster" },
		{ "UNIRAST\0\0\0", 10, "image/urf" },
		{ "UNIRASTX", 8, NULL },
		{ "\xff\xd8\xff\xe0", 4, "image/jpeg" },
		{ "\x1b%-12345X@PJL", 13, "application/octet-stream" },
		{ "%PDF", 4, NULL },
		{ "hello", 5, NULL },
		{ "", 0, NULL },
	};
	const char *type;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		type = hf_sniff((const uint8_t *)cases[i].bytes, cases[i].n);
		if (cases[i].type == NULL)
			assert_null(type);
		else
			assert_string_equal(type, cases[i].type);
	}
}

static void
a_pdf_header_beyond_the_first_kilobyte_is_not_looked_for(void **state)
{
	uint8_t b[2000];

	(void)state;
	memset(b, ' ', sizeof b);
	memcpy(b + HF_SNIFF_LEN - 5, "%PDF-", 5);
	assert_non_null(hf_sniff(b, sizeof b));
	memset(b, ' ', sizeof b);
	memcpy(b + HF_SNIFF_LEN - 4, "%PDF-", 5);
	assert_null(hf_sniff(b, sizeof b));
}

/* Feed s in pieces of k bytes, `before` spaces in front of it. */
static bool
whole(const char *s, size_t before, size_t k)
{
	struct hf_pdf_tail t = { .n = 0 };
	size_t n = before + strlen(s), i;
	char *b = malloc(n);
	bool r;

	assert_non_null(b);
	memset(b, ' ', before);
	memcpy(b + before, s, strlen(s));
	for (i = 0; i < n; i += k)
		hf_pdf_feed(&t, b + i, n - i < k ? n - i : k);
	free(b);
	r = hf_pdf_has_end(&t);
	return r;
}

static void
a_pdf_is_whole_with_its_mark_in_the_last_four_kilobytes(void **state)
{
	char tail[HF_PDF_TAIL + 6] = "%%EOF";
	size_t k;

	(void)state;
	for (k = 1; k < 10000; k = k * 3 + 1) {
		assert_true(whole("%%EOF\n", 0, k));
		assert_true(whole("%%EOF\r\n\x1b%-12345X", 20000, k));
		assert_false(whole("%%EO", 9000, k));
		memset(tail + 5, ' ', HF_PDF_TAIL - 5);
		tail[HF_PDF_TAIL] = '\0';
		assert_true(whole(tail, 100, k));
		strcat(tail, " ");
		assert_false(whole(tail, 100, k));
		tail[5] = '\0';
	}
	assert_false(whole("", 0, 1));
}

static void
a_pdf_that_goes_on_after_its_mark_is_cut(void **state)
{
	(void)state;
	assert_false(whole("%%EOF\n12 0 obj\n<</Length 99999>>", 300, 100));
	assert_false(whole("%%EOF\nxref\n0 3\n", 300, 100));
	assert_true(whole("%%EOF\n12 0 obj\nendobj\n%%EOF\n", 300, 100));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_checksum_is_that_of_gzip),
		cmocka_unit_test(it_is_the_same_in_pieces_of_any_length),
		cmocka_unit_test(formats_are_known_by_their_first_bytes),
		cmocka_unit_test(
		    a_pdf_header_beyond_the_first_kilobyte_is_not_looked_for),
		cmocka_unit_test(
		    a_pdf_is_whole_with_its_mark_in_the_last_four_kilobytes),
		cmocka_unit_test(a_pdf_that_goes_on_after_its_mark_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
