/* link: tests/unit/sealkit.c release/common/unseal.c -Wl,--wrap=write -Wl,--wrap=pthread_create -lseccomp -lpthread */
#include "lib/writer.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/sandbox.h"
#include "tests/unit/sealkit.h"

#define N (100 * 65536)	/* far beyond the point where the thread begins */

/* Set before a writer runs; counted by whoever writes. */
static struct {
	atomic_long writes;
	atomic_long by_others;	/* writes of another thread */
	atomic_long threads;
	long write_countdown;
	int write_errno;
	long interrupted;
	size_t write_most;
	unsigned slow_us;	/* every write takes at least this long */
	bool no_thread;
	pthread_t self;
} faults;

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __real_pthread_create(pthread_t *t, const pthread_attr_t *a,
    void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a,
    void *(*fn)(void *), void *arg);

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	long nth;

	if (fd <= 2)
		return __real_write(fd, p, n);
	nth = ++faults.writes;
	if (!pthread_equal(pthread_self(), faults.self))
		faults.by_others++;
	if (faults.slow_us != 0)
		usleep(faults.slow_us);
	if (faults.interrupted != 0 && nth % faults.interrupted == 0) {
		errno = EINTR;
		return -1;
	}
	if (faults.write_countdown >= 0 && nth > faults.write_countdown) {
		errno = faults.write_errno;
		return -1;
	}
	if (faults.write_most != 0 && n > faults.write_most)
		n = faults.write_most;
	return __real_write(fd, p, n);
}

int
__wrap_pthread_create(pthread_t *t, const pthread_attr_t *a,
    void *(*fn)(void *), void *arg)
{
	if (faults.no_thread)
		return EAGAIN;
	faults.threads++;
	return __real_pthread_create(t, a, fn, arg);
}

static struct hf_err err;
static uint8_t *doc;

static int
begin(void **state)
{
	(void)state;
	memset(&faults, 0, sizeof faults);
	faults.write_countdown = -1;
	faults.self = pthread_self();
	memset(&err, 0, sizeof err);
	return 0;
}

static int
setup(void **state)
{
	doc = malloc(N);
	kit_fill(doc, N, 6);
	return sodium_init() == -1 ? -1 : begin(state);
}

static int
teardown(void **state)
{
	(void)state;
	free(doc);
	return 0;
}

/* Everything but the last `less` bytes, in slots of 65536. */
static int
put_all(struct hf_writer *w, size_t less)
{
	size_t at, k;

	for (at = 0; at < N - less; at += k) {
		k = N - less - at < 65536 ? N - less - at : 65536;
		memcpy(hf_writer_slot(w), doc + at, k);
		if (hf_writer_put(w, k, &err) == -1)
			return -1;
	}
	return 0;
}

static void
expect_written(size_t less)
{
	uint8_t digest[32], want[32], *p;
	uint64_t length;
	struct hf_writer *w;
	size_t n;
	int fd = kit_file(NULL, 0);

	w = hf_writer_new(fd, &err);
	assert_non_null(w);
	assert_int_equal(put_all(w, less), 0);
	assert_int_equal(hf_writer_finish(w, &length, digest, &err), 0);
	hf_writer_free(w);
	p = kit_bytes(fd, &n);
	assert_int_equal(n, N - less);
	assert_int_equal(length, n);
	assert_memory_equal(p, doc, n);
	crypto_hash_sha256(want, doc, n);
	assert_memory_equal(digest, want, 32);
	free(p);
	close(fd);
}

static void
a_small_document_is_written_without_a_thread(void **state)
{
	(void)state;
	expect_written(N - 1900000);
	assert_int_equal(faults.threads, 0);
	assert_int_equal(faults.by_others, 0);
}

static void
a_large_document_is_written_by_a_thread_in_order(void **state)
{
	(void)state;
	expect_written(0);
	assert_int_equal(faults.threads, 1);
	assert_true(faults.by_others > 5);	/* in batches */
	expect_written(12345);
}

static void
a_slow_disk_only_makes_it_slower(void **state)
{
	(void)state;
	faults.slow_us = 300;
	expect_written(0);
}

static void
short_and_interrupted_writes_of_the_thread_lose_nothing(void **state)
{
	(void)state;
	faults.write_most = 10007;
	faults.interrupted = 5;
	expect_written(0);
}

static void
without_a_thread_the_work_is_done_all_the_same(void **state)
{
	(void)state;
	faults.no_thread = true;
	expect_written(0);
	assert_int_equal(faults.by_others, 0);
	assert_true(faults.writes >= 100);
}

static void
a_failing_write_of_the_thread_is_told_by_a_later_call(void **state)
{
	uint8_t digest[32];
	struct hf_writer *w;
	uint64_t length;
	long i;
	int fd, rc;

	(void)state;
	for (i = 0; i < 40; i += 3) {	/* 32 writes of ours, 9 of the thread */
		faults.writes = 0;
		faults.write_countdown = i;
		faults.write_errno = ENOSPC;
		faults.slow_us = 100;	/* so that more is on its way */
		memset(&err, 0, sizeof err);
		fd = kit_file(NULL, 0);
		w = hf_writer_new(fd, &err);
		rc = put_all(w, 0);
		if (rc == 0)
			rc = hf_writer_finish(w, &length, digest, &err);
		assert_int_equal(rc, -1);
		assert_int_equal(err.code, HF_EFULL);
		hf_writer_free(w);
		assert_int_equal(faults.writes, i + 1);	/* none after it */
		close(fd);
	}
}

static void
the_failure_of_the_very_last_write_is_told_by_finish(void **state)
{
	uint8_t digest[32];
	struct hf_writer *w;
	uint64_t length;
	int fd = kit_file(NULL, 0);

	(void)state;
	faults.write_countdown = 40;
	faults.write_errno = EIO;
	faults.slow_us = 1000;	/* so that the last is put before it fails */
	w = hf_writer_new(fd, &err);
	assert_int_equal(put_all(w, 0), 0);
	assert_int_equal(hf_writer_finish(w, &length, digest, &err), -1);
	assert_int_equal(err.sys, EIO);
	hf_writer_free(w);
	close(fd);
}

static void
a_writer_can_be_freed_at_any_time(void **state)
{
	struct hf_writer *w;
	size_t less;
	int fd = kit_file(NULL, 0);

	(void)state;
	for (less = 0; less < N; less += 777777) {
		w = hf_writer_new(fd, &err);
		assert_int_equal(put_all(w, less), 0);
		hf_writer_free(w);
	}
	hf_writer_free(NULL);
	close(fd);
}

/* --- under the backend's filter --- */

static int
in_sandbox(int (*fn)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		if (hf_sandbox_apply(HF_SANDBOX_INTAKE, &err) == -1) {
			fprintf(stderr, "%s\n", err.text);
			_exit(77);
		}
		_exit(fn());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int
write_a_large_one(void)
{
	uint8_t digest[32];
	struct hf_writer *w;
	uint64_t length;

	w = hf_writer_new(7, &err);
	if (w == NULL || put_all(w, 0) == -1 ||
	    hf_writer_finish(w, &length, digest, &err) == -1)
		return 1;
	hf_writer_free(w);
	return faults.threads == 1 && length == N ? 0 : 2;
}

static int
make_a_process(void)
{
	return fork() == -1 ? 3 : 4;
}

static void
the_thread_can_be_made_under_the_filter_of_intake(void **state)
{
	int fd = kit_file(NULL, 0), status;

	(void)state;
	assert_int_equal(dup2(fd, 7), 7);
	status = in_sandbox(write_a_large_one);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(kit_size(7), N);
	close(7);
	close(fd);
}

static void
a_process_cannot_be_made_under_the_filter_of_intake(void **state)
{
	int status;

	(void)state;
	status = in_sandbox(make_a_process);
	assert_true(WIFSIGNALED(status) ||
	    (WIFEXITED(status) && WEXITSTATUS(status) == 3));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, begin)
	const struct CMUnitTest tests[] = {
		T(a_small_document_is_written_without_a_thread),
		T(a_large_document_is_written_by_a_thread_in_order),
		T(a_slow_disk_only_makes_it_slower),
		T(short_and_interrupted_writes_of_the_thread_lose_nothing),
		T(without_a_thread_the_work_is_done_all_the_same),
		T(a_failing_write_of_the_thread_is_told_by_a_later_call),
		T(the_failure_of_the_very_last_write_is_told_by_finish),
		T(a_writer_can_be_freed_at_any_time),
		T(the_thread_can_be_made_under_the_filter_of_intake),
		T(a_process_cannot_be_made_under_the_filter_of_intake),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
