/* link: cups-backend/store.c cups-backend/batch.c cups-backend/source.c cups-backend/ticket.c cups-backend/options.c cups-backend/media.c cups-backend/supervise.c cups-backend/status.c tests/unit/sealkit.c release/common/unseal.c -Wl,--wrap=fsync -Wl,--wrap=linkat -Wl,--wrap=write -Wl,--wrap=fstatvfs -Wl,--wrap=openat */
#include "cups-backend/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/keylist.h"
#include "tests/unit/sealkit.h"

/* The nth call of each fails with this errno; 0: none does. */
static struct {
	int fsync, linkat, write, tmpfile;
	int with;
	uint64_t free, total;	/* of the file system; 0: as it is */
} fault;

static bool
now(int *countdown)
{
	if (*countdown == 0 || --*countdown > 0)
		return false;
	errno = fault.with;
	return true;
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int
__wrap_fsync(int fd)
{
	return now(&fault.fsync) ? -1 : __real_fsync(fd);
}

int __real_linkat(int a, const char *p, int b, const char *q, int flags);
int __wrap_linkat(int a, const char *p, int b, const char *q, int flags);
int
__wrap_linkat(int a, const char *p, int b, const char *q, int flags)
{
	return now(&fault.linkat) ? -1 : __real_linkat(a, p, b, q, flags);
}

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	return fd > 2 && now(&fault.write) ? -1 : __real_write(fd, p, n);
}

int __real_openat(int dir, const char *p, int flags, ...);
int __wrap_openat(int dir, const char *p, int flags, ...);
int
__wrap_openat(int dir, const char *p, int flags, ...)
{
	if ((flags & O_TMPFILE) == O_TMPFILE && now(&fault.tmpfile))
		return -1;
	return __real_openat(dir, p, flags, 0440);
}

int __real_fstatvfs(int fd, struct statvfs *st);
int __wrap_fstatvfs(int fd, struct statvfs *st);
int
__wrap_fstatvfs(int fd, struct statvfs *st)
{
	int rc = __real_fstatvfs(fd, st);

	if (fault.total > 0) {
		st->f_frsize = 1;
		st->f_bavail = fault.free;
		st->f_blocks = fault.total;
	}
	return rc;
}

static char top[] = "/tmp/test-intake-store-XXXXXX";
static char incoming[sizeof top + 16];
static struct hf_spool spool;
static struct hf_host_key host;
static uint8_t pk[32], sk[32];
static struct hf_store st;
static struct hf_source *s;
static struct hf_envelope env;
static struct hf_err err;
static int fd = -1;

static int
group_setup(void **state)
{
	(void)state;
	if (sodium_init() == -1 || mkdtemp(top) == NULL)
		return -1;
	snprintf(incoming, sizeof incoming, "%s/incoming", top);
	if (mkdir(incoming, 0700) == -1 ||
	    hf_spool_open(&spool, top, 1u << HF_INCOMING, &err) == -1)
		return -1;
	hf_host_key_new(&host);
	crypto_box_keypair(pk, sk);
	return 0;
}

static int
count(bool remove)
{
	DIR *d = opendir(incoming);
	struct dirent *de;
	int n = 0;

	assert_non_null(d);
	while ((de = readdir(d)) != NULL)
		if (de->d_name[0] != '.') {
			n++;
			if (remove)
				unlinkat(dirfd(d), de->d_name, 0);
		}
	closedir(d);
	return n;
}

static int
group_teardown(void **state)
{
	(void)state;
	hf_spool_close(&spool);
	rmdir(incoming);
	return rmdir(top);
}

static int
setup(void **state)
{
	(void)state;
	memset(&fault, 0, sizeof fault);
	kit_envelope_full(&env);
	st = (struct hf_store){ .spool = &spool, .host = &host,
		.release_pk = pk, .max_document = 1 << 20, .reserve = 1000 };
	s = calloc(1, sizeof *s);
	return s == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	memset(&fault, 0, sizeof fault);
	free(s);
	close(fd);
	(void)count(true);
	return 0;
}

/* n frames of one short text document each, in s. */
static void
documents(int n)
{
	struct hf_buf b;
	int i;

	hf_buf_init(&b, 1 << 20);
	for (i = 0; i < n; i++) {
		assert_int_equal(hf_put_bytes(&b, HF_FRAME_MAGIC "\ntext/plain",
		    HF_FRAME_MAGIC_LEN + 11, &err), 0);
		assert_int_equal(hf_put_big(&b, "hello", 5, &err), 0);
		assert_int_equal(hf_put_u32(&b, 0, &err), 0);
		assert_int_equal(hf_put_u8(&b, HF_FRAME_WHOLE, &err), 0);
		assert_int_equal(hf_put_u64(&b, 5, &err), 0);
		assert_int_equal(hf_put_u32(&b, hf_crc32(0, "hello", 5), &err),
		    0);
	}
	fd = memfd_create("in", 0);
	assert_int_equal(__real_write(fd, b.p, b.n), b.n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	hf_buf_clear(&b);
	hf_source_init(s, fd, true, NULL);
}

static void
all_documents_of_a_job_appear(void **state)
{
	size_t n;

	(void)state;
	documents(7);
	assert_int_equal(hf_store_job(&st, s, &env, &n, &err), 0);
	assert_int_equal(n, 7);
	assert_int_equal(count(false), 7);
}

/* Fails as `code` says, with `left` documents in the spool. */
static void
fails(int n, enum hf_code code, int left)
{
	size_t done = 99;

	documents(n);
	assert_int_equal(hf_store_job(&st, s, &env, &done, &err), -1);
	assert_int_equal(err.code, code);
	assert_int_equal(count(true), left);
	assert_int_equal(done, 99);
	close(fd);
}

static void
none_appears_where_writing_fails(void **state)
{
	int nth;

	(void)state;
	for (nth = 1; nth <= 9; nth++) {	/* three writes a document */
		fault.write = nth;
		fault.with = ENOSPC;
		fails(3, HF_EFULL, 0);
		fault.write = nth;
		fault.with = EIO;
		fails(3, HF_EAGAIN, 0);
	}
}

static void
none_appears_where_one_of_them_does_not_become_durable(void **state)
{
	int nth;

	(void)state;
	for (nth = 1; nth <= 3; nth++) {
		fault.fsync = nth;
		fault.with = EIO;
		fails(3, HF_EAGAIN, 0);
	}
	fault.fsync = 1;
	fault.with = ENOSPC;
	fails(1, HF_EFULL, 0);
}

static void
names_are_given_in_order_and_the_job_is_tried_again_if_one_fails(void **state)
{
	(void)state;
	fault.with = EDQUOT;
	fault.linkat = 1;
	fails(3, HF_EFULL, 0);
	fault.with = EIO;
	fault.linkat = 3;
	fails(3, HF_EAGAIN, 2);	/* adoption will know them again */
}

static void
the_folder_must_become_durable_too(void **state)
{
	(void)state;
	fault.with = EIO;
	fault.fsync = 2;	/* the file, then its folder */
	fails(1, HF_EAGAIN, 1);
}

static void
a_spool_that_cannot_be_written_is_found_before_anything_is_read(void **state)
{
	size_t n;

	(void)state;
	fault.tmpfile = 1;
	fault.with = EROFS;
	documents(1);
	assert_int_equal(hf_store_job(&st, s, &env, &n, &err), -1);
	assert_int_equal(err.code, HF_EAGAIN);
	assert_false(s->begun);
	/* and the same source goes through later */
	assert_int_equal(hf_store_job(&st, s, &env, &n, &err), 0);
	assert_int_equal(n, 1);
}

static void
too_many_documents_are_refused(void **state)
{
	(void)state;
	fails(257, HF_EINPUT, 0);
}

static void
a_document_over_the_limit_is_refused(void **state)
{
	size_t n;

	(void)state;
	st.max_document = 4;
	fails(2, HF_EINPUT, 0);
	st.max_document = 5;
	documents(2);
	assert_int_equal(hf_store_job(&st, s, &env, &n, &err), 0);
}

static void
what_cannot_be_read_is_neither_the_users_nor_the_spools_fault(void **state)
{
	size_t n;

	(void)state;
	documents(1);
	close(fd);
	fd = open("/", O_RDONLY | O_DIRECTORY);	/* read(2): EISDIR */
	hf_source_init(s, fd, true, NULL);
	assert_int_equal(hf_store_job(&st, s, &env, &n, &err), -1);
	assert_int_equal(err.code, HF_ECONFLICT);
}

static void
an_envelope_that_cannot_be_encoded_is_refused(void **state)
{
	(void)state;
	env.copies = 0;
	fails(1, HF_EINPUT, 0);
}

static void
there_must_be_room_beside_the_reserve(void **state)
{
	static const struct {
		uint64_t free, total, plain;
		int rc;
		enum hf_code code;
	} cases[] = {
		{ 1000, 1000000, 0, 0, 0 },
		{ 999, 1000000, 0, -1, HF_EFULL },
		{ 0, 1000000, 0, -1, HF_EFULL },
		{ 900000, 1000000, 100000, 0, 0 },
		{ 110000, 1000000, 100000, -1, HF_EFULL },
		{ 1000000, 1000000, 2000000, -1, HF_EINPUT },
		{ 1000000, 1000000, 999500, -1, HF_EINPUT },
		/* nothing wraps around */
		{ 1000000, 1000000, UINT64_MAX / 2, -1, HF_EINPUT },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		fault.free = cases[i].free;
		fault.total = cases[i].total;
		assert_int_equal(hf_store_probe(&st, cases[i].plain, &err),
		    cases[i].rc);
		if (cases[i].rc == -1)
			assert_int_equal(err.code, cases[i].code);
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(all_documents_of_a_job_appear),
		TEST(none_appears_where_writing_fails),
		TEST(none_appears_where_one_of_them_does_not_become_durable),
		TEST(
		    names_are_given_in_order_and_the_job_is_tried_again_if_one_fails),
		TEST(the_folder_must_become_durable_too),
		TEST(
		    a_spool_that_cannot_be_written_is_found_before_anything_is_read),
		TEST(too_many_documents_are_refused),
		TEST(a_document_over_the_limit_is_refused),
		TEST(
		    what_cannot_be_read_is_neither_the_users_nor_the_spools_fault),
		TEST(an_envelope_that_cannot_be_encoded_is_refused),
		TEST(there_must_be_room_beside_the_reserve),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
