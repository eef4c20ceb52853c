/* link: cups-backend/source.c cups-backend/ticket.c cups-backend/options.c cups-backend/media.c */
#include "cups-backend/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/file.h"

#define PDF "%PDF-1.4\nsomething\n%%EOF\n"

static struct hf_err err;
static struct hf_source *s;
static struct hf_buf b;	/* what stands on standard input */
static int fd = -1;

static int
setup(void **state)
{
	(void)state;
	s = calloc(1, sizeof *s);
	hf_buf_init(&b, 1 << 22);
	return s == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	hf_source_clear(s);
	free(s);
	hf_buf_clear(&b);
	if (fd != -1)
		close(fd);
	fd = -1;
	return 0;
}

/* One frame, wrong where the arguments say so. */
static void
frame(const char *type, const void *p, size_t n, size_t chunk, uint8_t state,
    uint64_t total, uint32_t crc)
{
	const uint8_t *bytes = p;
	size_t k;

	assert_int_equal(hf_put_bytes(&b, HF_FRAME_MAGIC, 8, &err), 0);
	assert_int_equal(hf_put_u8(&b, (uint8_t)strlen(type), &err), 0);
	assert_int_equal(hf_put_bytes(&b, type, strlen(type), &err), 0);
	for (; n > 0; n -= k, bytes += k) {
		k = n < chunk ? n : chunk;
		assert_int_equal(hf_put_u32(&b, (uint32_t)k, &err), 0);
		assert_int_equal(hf_put_bytes(&b, bytes, k, &err), 0);
	}
	assert_int_equal(hf_put_u32(&b, 0, &err), 0);
	assert_int_equal(hf_put_u8(&b, state, &err), 0);
	assert_int_equal(hf_put_u64(&b, total, &err), 0);
	assert_int_equal(hf_put_u32(&b, crc, &err), 0);
}

static void
good_frame(const char *text, size_t chunk)
{
	frame("application/pdf", text, strlen(text), chunk, HF_FRAME_WHOLE,
	    strlen(text), hf_crc32(0, text, strlen(text)));
}

static void
begin(bool framed, const char *type)
{
	if (fd != -1)
		close(fd);
	fd = memfd_create("in", 0);
	assert_int_not_equal(fd, -1);
	assert_int_equal(hf_write_all(fd, b.p, b.n, &err), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	hf_source_init(s, fd, framed, type);
}

/* Read the present document; its bytes go to out. */
static int
read_all(struct hf_buf *out)
{
	struct hf_view v;

	for (;;) {
		if (hf_source_read(s, &v, &err) == -1)
			return -1;
		if (v.n == 0)
			return 0;
		assert_int_equal(hf_put_bytes(out, v.p, v.n, &err), 0);
	}
}

/* All documents: their number, or -1. */
static int
run(void)
{
	struct hf_buf out;
	int more, n = 0;

	hf_buf_init(&out, 1 << 22);
	while ((more = hf_source_next(s, &err)) == 1) {
		if (read_all(&out) == -1) {
			more = -1;
			break;
		}
		n++;
	}
	hf_buf_clear(&out);
	return more == -1 ? -1 : n;
}

static void
an_unframed_document_is_the_whole_input(void **state)
{
	struct hf_buf out;

	(void)state;
	hf_buf_init(&out, 1000);
	assert_int_equal(hf_put_bytes(&b, PDF, strlen(PDF), &err), 0);
	begin(false, "application/pdf");
	assert_int_equal(hf_source_next(s, &err), 1);
	assert_int_equal(s->number, 1);
	assert_string_equal(s->format, "application/pdf");
	assert_int_equal(read_all(&out), 0);
	assert_true(hf_view_equal(hf_buf_view(&out), hf_view_str(PDF)));
	assert_int_equal(hf_source_next(s, &err), 0);
	assert_int_equal(s->taken, strlen(PDF));
	hf_buf_clear(&out);
}

static void
nothing_at_all_is_an_empty_document(void **state)
{
	(void)state;
	begin(false, "text/plain");
	assert_int_equal(run(), -1);
	assert_int_equal(err.code, HF_EINPUT);
	begin(true, NULL);
	assert_int_equal(run(), -1);
	assert_int_equal(err.code, HF_EINPUT);
}

static void
an_unframed_pdf_without_its_end_is_cut(void **state)
{
	(void)state;
	assert_int_equal(hf_put_bytes(&b, PDF, strlen(PDF) - 5, &err), 0);
	begin(false, "application/pdf");
	assert_int_equal(run(), -1);
	assert_int_equal(err.code, HF_EINPUT);
	begin(false, "text/plain");
	assert_int_equal(run(), 1);
}

static void
frames_come_apart_again(void **state)
{
	struct hf_buf out;
	size_t chunk;

	(void)state;
	for (chunk = 1; chunk < 100; chunk += 7) {
		hf_buf_reset(&b);
		hf_buf_init(&out, 1000);
		good_frame(PDF, chunk);
		good_frame(PDF "\n", chunk);
		begin(true, "text/plain");
		assert_int_equal(hf_source_next(s, &err), 1);
		assert_int_equal(read_all(&out), 0);
		assert_true(hf_view_equal(hf_buf_view(&out), hf_view_str(PDF)));
		hf_buf_reset(&out);
		assert_int_equal(hf_source_next(s, &err), 1);
		assert_int_equal(s->number, 2);
		assert_int_equal(read_all(&out), 0);
		assert_true(hf_view_equal(hf_buf_view(&out),
		    hf_view_str(PDF "\n")));
		assert_int_equal(hf_source_next(s, &err), 0);
		hf_buf_clear(&out);
	}
}

static void
frames_cut_anywhere_are_refused(void **state)
{
	size_t n, one;

	(void)state;
	good_frame(PDF, 10);
	one = b.n;
	good_frame(PDF, 1000);
	for (n = b.n; n > 0; n--) {
		b.n = n - 1;	/* only ever shorter */
		begin(true, NULL);
		if (n - 1 == one) {
			assert_int_equal(run(), 1);
			continue;
		}
		assert_int_equal(run(), -1);
		assert_int_equal(err.code, HF_EINPUT);
	}
}

static void
any_byte_altered_is_refused(void **state)
{
	size_t i, type = HF_FRAME_MAGIC_LEN + 1;
	int k, rc;

	(void)state;
	good_frame(PDF, 10);
	for (i = 0; i < b.n; i++)
		for (k = 0; k < 8; k++) {
			b.p[i] ^= (uint8_t)(1 << k);
			begin(true, NULL);
			rc = run();
			/* The type is a claim of the filter, not a secret. */
			if (i < type || i >= type + strlen("application/pdf")) {
				assert_int_equal(rc, -1);
				/* the mark UNREAD is one bit away */
				assert_true(err.code == HF_EINPUT ||
				    err.code == HF_ECONFLICT);
			}
			b.p[i] ^= (uint8_t)(1 << k);
		}
	begin(true, NULL);
	assert_int_equal(run(), 1);
}

static void
what_the_filter_marked_is_refused_in_words(void **state)
{
	static const struct {
		uint8_t state;
		enum hf_code code;
		const char *word;
	} cases[] = {
		{ HF_FRAME_EMPTY, HF_EINPUT, "empty" },
		{ HF_FRAME_CUT, HF_EINPUT, "incomplete" },
		{ HF_FRAME_FOREIGN, HF_EINPUT, "format" },
		{ HF_FRAME_UNREAD, HF_ECONFLICT, "cannot be read" },
		{ 99, HF_EINPUT, "hfframe" },
	};
	size_t i, n = strlen(PDF);

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		hf_buf_reset(&b);
		frame("application/pdf", PDF, n, 100, cases[i].state, n,
		    hf_crc32(0, PDF, n));
		begin(true, NULL);
		assert_int_equal(run(), -1);
		assert_int_equal(err.code, cases[i].code);
		assert_non_null(strstr(err.text, cases[i].word));
	}
	hf_buf_reset(&b);
	frame("text/plain", "", 0, 100, HF_FRAME_WHOLE, 0, 0);
	begin(true, NULL);
	assert_int_equal(run(), -1);
	assert_int_equal(err.code, HF_EINPUT);
}

static void
a_pdf_is_looked_at_again_behind_the_filter(void **state)
{
	(void)state;
	good_frame("%PDF-1.4 and no end", 100);
	begin(true, NULL);
	assert_int_equal(run(), -1);
	assert_int_equal(err.code, HF_EINPUT);
}

static void
a_type_is_checked_like_any_other(void **state)
{
	static const char *const bad[] = { "", "nonsense", "a/b\x01",
		"application/vnd.cups-command" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		hf_buf_reset(&b);
		frame(bad[i], "x", 1, 100, HF_FRAME_WHOLE, 1,
		    hf_crc32(0, "x", 1));
		begin(true, NULL);
		assert_int_equal(run(), -1);
		assert_int_equal(err.code, HF_EINPUT);
	}
}

static void
a_large_document_comes_through_whatever_the_chunks(void **state)
{
	const size_t n = 700001;
	char *big = malloc(n + 1);
	size_t i, chunk;

	(void)state;
	assert_non_null(big);
	for (i = 0; i < n; i++)
		big[i] = (char)('a' + i % 23);
	big[n] = '\0';
	for (chunk = 4096; chunk <= HF_FRAME_CHUNK; chunk += 20480) {
		hf_buf_reset(&b);
		frame("text/plain", big, n, chunk, HF_FRAME_WHOLE, n,
		    hf_crc32(0, big, n));
		begin(true, NULL);
		assert_int_equal(run(), 1);
		assert_int_equal(s->taken, n);
	}
	hf_buf_reset(&b);
	frame("text/plain", big, n, HF_FRAME_CHUNK + 1, HF_FRAME_WHOLE, n,
	    hf_crc32(0, big, n));
	begin(true, NULL);
	assert_int_equal(run(), -1);
	free(big);
}

static void
what_cannot_be_read_is_no_fault_of_the_user(void **state)
{
	(void)state;
	begin(false, "text/plain");
	close(fd);
	fd = -1;
	assert_int_equal(hf_source_next(s, &err), -1);
	assert_int_equal(err.code, HF_ECONFLICT);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_unframed_document_is_the_whole_input),
		TEST(nothing_at_all_is_an_empty_document),
		TEST(an_unframed_pdf_without_its_end_is_cut),
		TEST(frames_come_apart_again),
		TEST(frames_cut_anywhere_are_refused),
		TEST(any_byte_altered_is_refused),
		TEST(what_the_filter_marked_is_refused_in_words),
		TEST(a_pdf_is_looked_at_again_behind_the_filter),
		TEST(a_type_is_checked_like_any_other),
		TEST(a_large_document_comes_through_whatever_the_chunks),
		TEST(what_cannot_be_read_is_no_fault_of_the_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
