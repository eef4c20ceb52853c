/* link: release/queue/journal.c */
/* Reports kept on disk: every line comes back as it was, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "release/queue/journal.h"

static char folder[] = "/tmp/hfjournal.XXXXXX";
static int dir = -1;
static struct hf_report seen[16];
static size_t n_seen;
static size_t stop_at;

static int
on_report(void *arg, const struct hf_report *r, struct hf_err *e)
{
	(void)arg;
	if (n_seen == stop_at)
		return hf_fail(e, HF_EAGAIN, "enough");
	assert_true(n_seen < 16);
	seen[n_seen++] = *r;
	return 0;
}

static int
read_all(unsigned *bad)
{
	struct hf_err e;

	n_seen = 0;
	return hf_journal_each(dir, on_report, NULL, bad, &e);
}

static struct hf_report
finish(uint64_t attempt, enum hf_outcome outcome, int32_t pages,
    const char *words)
{
	struct hf_report r;

	memset(&r, 0, sizeof r);
	r.is_finish = true;
	r.finish.attempt = attempt;
	r.finish.fence = attempt + 1;
	r.finish.outcome = outcome;
	r.finish.impressions = pages;
	assert_true(hf_str_copy(r.finish.words, sizeof r.finish.words, words));
	return r;
}

static struct hf_report
advance(uint64_t attempt, const char *uuid)
{
	struct hf_report r;

	memset(&r, 0, sizeof r);
	r.advance.attempt = attempt;
	r.advance.fence = UINT64_MAX;
	r.advance.to = HF_ATTEMPT_SENT;
	r.advance.job_id = 17;
	r.advance.up_time = UINT32_MAX;
	assert_true(hf_str_copy(r.advance.job_uuid, sizeof r.advance.job_uuid,
	    uuid));
	return r;
}

static void
add(struct hf_report r)
{
	struct hf_err e;

	assert_int_equal(hf_journal_add(dir, &r, &e), 0);
}

static void
write_raw(const char *text)
{
	int fd = openat(dir, ".journal", O_WRONLY | O_APPEND);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static int
setup(void **state)
{
	(void)state;
	stop_at = 16;
	return 0;
}

static int
teardown(void **state)
{
	struct hf_err e;

	(void)state;
	return hf_journal_drop(dir, &e);
}

static void
no_journal_is_an_empty_one(void **state)
{
	struct hf_err e;
	unsigned bad;

	(void)state;
	assert_int_equal(read_all(&bad), 0);
	assert_int_equal(n_seen, 0);
	assert_int_equal(hf_journal_drop(dir, &e), 0);
}

static void
what_is_added_comes_back_in_order(void **state)
{
	struct stat st;
	unsigned bad;

	(void)state;
	add(advance(3, "urn:uuid:x y"));
	add(finish(3, HF_OUT_DELIVERED, 4, ""));
	add(finish(UINT64_MAX - 1, HF_OUT_UNREACHABLE, -1,
	    "a b\tc\n\"finish 1 2\" \xc3\xa4"));
	add(advance(4, ""));
	assert_int_equal(read_all(&bad), 0);
	assert_int_equal(bad, 0);
	assert_int_equal(n_seen, 4);
	assert_false(seen[0].is_finish);
	assert_string_equal(seen[0].advance.job_uuid, "urn:uuid:x y");
	assert_true(seen[0].advance.fence == UINT64_MAX);
	assert_true(seen[0].advance.up_time == UINT32_MAX);
	assert_int_equal(seen[0].advance.job_id, 17);
	assert_int_equal(seen[0].advance.to, HF_ATTEMPT_SENT);
	assert_int_equal(seen[1].finish.outcome, HF_OUT_DELIVERED);
	assert_int_equal(seen[1].finish.impressions, 4);
	assert_true(seen[2].finish.attempt == UINT64_MAX - 1);
	assert_int_equal(seen[2].finish.impressions, -1);
	assert_string_equal(seen[2].finish.words,
	    "a b\tc\n\"finish 1 2\" \xc3\xa4");
	assert_string_equal(seen[3].advance.job_uuid, "");
	assert_int_equal(fstatat(dir, ".journal", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
a_torn_line_takes_no_other_with_it(void **state)
{
	unsigned bad;

	(void)state;
	add(finish(1, HF_OUT_HELD, 0, "x"));
	write_raw("finish 2 3 1 0 x");		/* the power went */
	add(finish(3, HF_OUT_HELD, 0, "y"));
	assert_int_equal(read_all(&bad), 0);
	assert_int_equal(n_seen, 2);
	assert_int_equal(bad, 1);
	assert_int_equal((int)seen[1].finish.attempt, 3);
	write_raw("finish");
	assert_int_equal(read_all(&bad), 0);
	assert_int_equal(n_seen, 2);
	assert_int_equal(bad, 2);
}

static void
every_changed_byte_of_a_line_is_noticed(void **state)
{
	const struct hf_report r = finish(123, HF_OUT_UNCERTAIN, 4, "words");
	struct hf_report out;
	struct hf_buf b;
	struct hf_err e;
	size_t i;

	(void)state;
	hf_buf_init(&b, 4096);
	assert_int_equal(hf_journal_line_put(&b, &r, &e), 0);
	assert_int_equal(b.p[b.n - 1], '\n');
	assert_int_equal(hf_journal_line_get(hf_view_of(b.p, b.n - 1), &out,
	    &e), 0);
	for (i = 0; i + 1 < b.n; i++) {
		b.p[i] ^= 1;
		assert_int_equal(hf_journal_line_get(hf_view_of(b.p, b.n - 1),
		    &out, &e), -1);
		b.p[i] ^= 1;
		assert_int_equal(hf_journal_line_get(hf_view_of(b.p, i), &out,
		    &e), -1);
	}
	hf_buf_clear(&b);
}

static void
reading_stops_where_the_reader_says(void **state)
{
	unsigned bad;

	(void)state;
	add(finish(1, HF_OUT_HELD, 0, ""));
	add(finish(2, HF_OUT_HELD, 0, ""));
	stop_at = 1;
	assert_int_equal(read_all(&bad), -1);
	assert_int_equal(n_seen, 1);
}

static void
a_link_in_its_place_is_not_followed(void **state)
{
	const struct hf_report r = finish(1, HF_OUT_HELD, 0, "");
	struct hf_err e;

	(void)state;
	assert_int_equal(symlinkat("/tmp/elsewhere", dir, ".journal"), 0);
	assert_int_equal(hf_journal_add(dir, &r, &e), -1);
	assert_int_equal(access("/tmp/elsewhere", F_OK), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		T(no_journal_is_an_empty_one),
		T(what_is_added_comes_back_in_order),
		T(a_torn_line_takes_no_other_with_it),
		T(every_changed_byte_of_a_line_is_noticed),
		T(reading_stops_where_the_reader_says),
		T(a_link_in_its_place_is_not_followed),
	};
	int rc;

	if (sodium_init() == -1 || mkdtemp(folder) == NULL)
		return 1;
	dir = open(folder, O_RDONLY | O_DIRECTORY);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return rc;
}
