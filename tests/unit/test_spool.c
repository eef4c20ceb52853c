/* link: -Wl,--wrap=fsync -Wl,--wrap=linkat -Wl,--wrap=fchmod -Wl,--wrap=readdir */
#include "lib/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* What the system does wrong, and in which order it was asked. */
static struct {
	int fsync_errno;
	long fsync_countdown;	/* fsyncs that work before; -1: all */
	int linkat_errno;
	int fchmod_errno;
	int readdir_errno;
	char order[16];		/* f: file fsync, l: link, d: folder fsync */
} faults;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_linkat(int a, const char *from, int b, const char *to, int flags);
int __wrap_linkat(int a, const char *from, int b, const char *to, int flags);
int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
struct dirent *__real_readdir(DIR *d);
struct dirent *__wrap_readdir(DIR *d);

static void
note(char c)
{
	size_t n = strlen(faults.order);

	if (n + 1 < sizeof faults.order)
		faults.order[n] = c;
}

int
__wrap_fsync(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	note(S_ISDIR(st.st_mode) ? 'd' : 'f');
	if (faults.fsync_countdown == 0) {
		errno = faults.fsync_errno;
		return -1;
	}
	if (faults.fsync_countdown > 0)
		faults.fsync_countdown--;
	return __real_fsync(fd);
}

int
__wrap_linkat(int a, const char *from, int b, const char *to, int flags)
{
	note('l');
	if (faults.linkat_errno != 0) {
		errno = faults.linkat_errno;
		return -1;
	}
	return __real_linkat(a, from, b, to, flags);
}

int
__wrap_fchmod(int fd, mode_t mode)
{
	if (faults.fchmod_errno != 0) {
		errno = faults.fchmod_errno;
		return -1;
	}
	return __real_fchmod(fd, mode);
}

struct dirent *
__wrap_readdir(DIR *d)
{
	if (faults.readdir_errno != 0) {
		errno = faults.readdir_errno;
		return NULL;
	}
	return __real_readdir(d);
}

#define ALL (1u << HF_INCOMING | 1u << HF_HELD | 1u << HF_QUARANTINE)

static char root[64];
static int top;
static struct hf_spool sp;
static struct hf_id id;
static char name[HF_ID_TEXT];
static struct hf_err err;

static int
begin(void **state)
{
	(void)state;
	memset(&faults, 0, sizeof faults);
	faults.fsync_countdown = -1;
	strcpy(root, "/tmp/hf-spool-XXXXXX");
	assert_non_null(mkdtemp(root));
	top = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(top, -1);
	assert_int_equal(mkdirat(top, "incoming", 0700), 0);
	assert_int_equal(mkdirat(top, "held", 0700), 0);
	assert_int_equal(mkdirat(top, "quarantine", 0700), 0);
	assert_int_equal(hf_spool_open(&sp, root, ALL, &err), 0);
	hf_id_new(&id);
	hf_id_text(&id, name);
	return 0;
}

static void
empty(const char *place)
{
	struct dirent *de;
	char path[128];
	DIR *d;

	snprintf(path, sizeof path, "%s/%s", root, place);
	d = opendir(path);
	assert_non_null(d);
	while ((de = __real_readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0)
			assert_int_equal(unlinkat(dirfd(d), de->d_name,
					     de->d_type == DT_DIR
						 ? AT_REMOVEDIR
						 : 0), 0);
	closedir(d);
	assert_int_equal(rmdir(path), 0);
}

static int
end(void **state)
{
	(void)state;
	hf_spool_close(&sp);
	empty("incoming");
	empty("held");
	empty("quarantine");
	close(top);
	return rmdir(root);
}

static bool
is_there(const char *place, const char *file)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", place, file);
	return faccessat(top, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
new_file(const char *text)
{
	int fd = -1;

	assert_int_equal(hf_spool_create(&sp, &fd, &err), 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void
commit(const char *text)
{
	int fd = new_file(text);

	assert_int_equal(hf_spool_commit(&sp, fd, &id, &err), 0);
	close(fd);
}

static void
a_missing_folder_is_an_error_of_configuration(void **state)
{
	struct hf_spool other = { { 7, 7, 7 } };

	(void)state;
	assert_int_equal(hf_spool_open(&other, "/nonexistent/spool", ALL,
			     &err), -1);
	assert_int_equal(err.code, HF_ECONFIG);
	assert_int_equal(renameat(top, "held", top, "gone"), 0);
	assert_int_equal(hf_spool_open(&other, root, ALL, &err), -1);
	assert_int_equal(err.code, HF_ECONFIG);
	assert_non_null(strstr(err.text, "held"));
	assert_int_equal(other.dir[0], 7);	/* untouched */
	assert_int_equal(symlinkat("gone", top, "held"), 0);
	assert_int_equal(hf_spool_open(&other, root, ALL, &err), -1);
	assert_int_equal(unlinkat(top, "held", 0), 0);
	assert_int_equal(hf_spool_open(&other, root, 1u << HF_INCOMING, &err),
	    0);
	assert_int_equal(other.dir[HF_HELD], -1);
	assert_int_equal(other.dir[HF_QUARANTINE], -1);
	hf_spool_close(&other);
	assert_int_equal(other.dir[HF_INCOMING], -1);
	assert_int_equal(renameat(top, "gone", top, "held"), 0);
}

static void
a_file_has_no_name_before_it_is_committed(void **state)
{
	int fd = new_file("bytes"), n = 0;
	struct dirent *de;
	char path[80];
	DIR *d;

	(void)state;
	snprintf(path, sizeof path, "%s/incoming", root);
	d = opendir(path);
	while ((de = __real_readdir(d)) != NULL)
		n++;
	closedir(d);
	assert_int_equal(n, 2);	/* the dots */
	close(fd);
}

static void
a_committed_file_is_whole_read_only_and_under_its_id(void **state)
{
	char got[16];
	struct stat st;
	int fd;

	(void)state;
	commit("the bytes");
	assert_true(is_there("incoming", name));
	assert_int_equal(hf_spool_read(&sp, HF_INCOMING, &id, &fd, &err), 0);
	assert_int_equal(read(fd, got, sizeof got), 9);
	assert_memory_equal(got, "the bytes", 9);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0440);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(write(fd, "x", 1), -1);
	close(fd);
}

static void
the_mode_does_not_depend_on_the_umask(void **state)
{
	mode_t was = umask(0777);
	struct stat st;
	int fd = -1;

	(void)state;
	assert_int_equal(hf_spool_create(&sp, &fd, &err), 0);
	umask(was);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0440);
	close(fd);
}

static void
the_order_is_file_then_name_then_folder(void **state)
{
	(void)state;
	commit("x");
	assert_string_equal(faults.order, "fld");
}

static void
a_failed_fsync_gives_the_file_no_name(void **state)
{
	int fd = new_file("x");

	(void)state;
	faults.fsync_countdown = 0;
	faults.fsync_errno = EIO;
	assert_int_equal(hf_spool_commit(&sp, fd, &id, &err), -1);
	assert_int_equal(err.sys, EIO);
	assert_string_equal(faults.order, "f");
	assert_false(is_there("incoming", name));
	close(fd);
}

static void
a_failed_fsync_of_the_folder_is_told(void **state)
{
	int fd = new_file("x");

	(void)state;
	faults.fsync_countdown = 1;
	faults.fsync_errno = ENOSPC;
	assert_int_equal(hf_spool_commit(&sp, fd, &id, &err), -1);
	assert_int_equal(err.code, HF_EFULL);
	assert_string_equal(faults.order, "fld");
	close(fd);
}

static void
a_failed_link_is_told_with_its_reason(void **state)
{
	int fd = new_file("x");

	(void)state;
	faults.linkat_errno = ENOSPC;
	assert_int_equal(hf_spool_commit(&sp, fd, &id, &err), -1);
	assert_int_equal(err.code, HF_EFULL);
	assert_string_equal(faults.order, "fl");
	assert_false(is_there("incoming", name));
	close(fd);
}

static void
an_id_that_exists_is_not_replaced(void **state)
{
	char got[16];
	int fd;

	(void)state;
	commit("first");
	fd = new_file("second");
	assert_int_equal(hf_spool_commit(&sp, fd, &id, &err), -1);
	assert_int_equal(err.code, HF_ECONFLICT);
	close(fd);
	assert_int_equal(hf_spool_read(&sp, HF_INCOMING, &id, &fd, &err), 0);
	assert_int_equal(read(fd, got, sizeof got), 5);
	close(fd);
}

static void
a_mode_that_cannot_be_set_is_an_error(void **state)
{
	int fd = 77;

	(void)state;
	faults.fchmod_errno = EPERM;
	assert_int_equal(hf_spool_create(&sp, &fd, &err), -1);
	assert_int_equal(err.code, HF_EDENIED);
	assert_int_equal(fd, 77);
}

static void
a_missing_file_is_not_found(void **state)
{
	int fd = 77;

	(void)state;
	assert_int_equal(hf_spool_read(&sp, HF_HELD, &id, &fd, &err), -1);
	assert_int_equal(err.code, HF_ENOTFOUND);
	assert_int_equal(fd, 77);
}

static void
expect_not_plain(void)
{
	int fd = 77;

	assert_int_equal(hf_spool_read(&sp, HF_INCOMING, &id, &fd, &err), -1);
	assert_int_equal(err.code, HF_EINPUT);
	assert_int_equal(fd, 77);
}

static void
only_a_plain_file_with_one_name_is_read(void **state)
{
	const int in = sp.dir[HF_INCOMING];
	int fd;

	(void)state;
	assert_int_equal(symlinkat("/etc/passwd", in, name), 0);
	expect_not_plain();
	assert_int_equal(unlinkat(in, name, 0), 0);
	assert_int_equal(mkdirat(in, name, 0700), 0);
	expect_not_plain();
	assert_int_equal(unlinkat(in, name, AT_REMOVEDIR), 0);
	assert_int_equal(mkfifoat(in, name, 0600), 0);
	expect_not_plain();	/* and does not wait for a writer */
	assert_int_equal(unlinkat(in, name, 0), 0);
	commit("x");
	assert_int_equal(__real_linkat(in, name, in, "second", 0), 0);
	expect_not_plain();
	assert_int_equal(unlinkat(in, "second", 0), 0);
	assert_int_equal(hf_spool_read(&sp, HF_INCOMING, &id, &fd, &err), 0);
	close(fd);
}

static void
a_file_moves_to_another_place_and_back(void **state)
{
	(void)state;
	commit("x");
	assert_int_equal(hf_spool_move(&sp, &id, HF_INCOMING, HF_HELD, &err),
	    0);
	assert_false(is_there("incoming", name));
	assert_true(is_there("held", name));
	assert_int_equal(hf_spool_sync(&sp, HF_HELD, &err), 0);
	assert_int_equal(hf_spool_move(&sp, &id, HF_HELD, HF_QUARANTINE,
			     &err), 0);
	assert_true(is_there("quarantine", name));
	assert_int_equal(hf_spool_move(&sp, &id, HF_HELD, HF_QUARANTINE,
			     &err), -1);
	assert_int_equal(err.code, HF_ENOTFOUND);
}

static void
moving_never_replaces(void **state)
{
	(void)state;
	commit("first");
	assert_int_equal(hf_spool_move(&sp, &id, HF_INCOMING, HF_HELD, &err),
	    0);
	commit("second");
	assert_int_equal(hf_spool_move(&sp, &id, HF_INCOMING, HF_HELD, &err),
	    -1);
	assert_int_equal(err.code, HF_ECONFLICT);
	assert_true(is_there("incoming", name));
	assert_true(is_there("held", name));
}

static void
removing_what_is_not_there_is_success(void **state)
{
	(void)state;
	assert_int_equal(hf_spool_remove(&sp, HF_HELD, &id, &err), 0);
	commit("x");
	assert_int_equal(hf_spool_remove(&sp, HF_INCOMING, &id, &err), 0);
	assert_false(is_there("incoming", name));
	assert_int_equal(mkdirat(sp.dir[HF_HELD], name, 0700), 0);
	assert_int_equal(hf_spool_remove(&sp, HF_HELD, &id, &err), -1);
}

static void
a_failed_sync_names_the_folder(void **state)
{
	(void)state;
	faults.fsync_countdown = 0;
	faults.fsync_errno = EIO;
	assert_int_equal(hf_spool_sync(&sp, HF_HELD, &err), -1);
	assert_non_null(strstr(err.text, "held"));
}

static void
space_is_at_most_the_whole(void **state)
{
	uint64_t left = 0, total = 0;

	(void)state;
	assert_int_equal(hf_spool_space(&sp, &left, &total, &err), 0);
	assert_true(total > 0);
	assert_true(left <= total);
}

/* --- each --- */

struct seen {
	struct hf_id ids[128];
	size_t n;
	size_t odd;
	size_t stop_at;
	int stop_with;
};

static int
see(void *arg, const struct hf_id *one, struct hf_err *e)
{
	struct seen *s = arg;

	s->ids[s->n++] = *one;
	if (s->n == s->stop_at)
		return s->stop_with == -1 ? hf_fail(e, HF_EAGAIN, "stop")
					  : s->stop_with;
	return 0;
}

static int
see_and_move(void *arg, const struct hf_id *one, struct hf_err *e)
{
	if (see(arg, one, e) == -1)
		return -1;
	return hf_spool_move(&sp, one, HF_INCOMING, HF_HELD, e);
}

static void
see_odd(void *arg, const char *other)
{
	struct seen *s = arg;

	assert_int_not_equal(other[0], '\0');
	s->odd++;
}

static void
commit_many(size_t n)
{
	while (n-- > 0) {
		hf_id_new(&id);
		commit("x");
	}
}

static void
each_meets_every_id_once_and_other_names_apart(void **state)
{
	struct seen s = { .n = 0 };
	size_t i, k;

	(void)state;
	commit_many(100);
	close(openat(sp.dir[HF_INCOMING], "not-an-id", O_CREAT | O_WRONLY,
	    0600));
	close(openat(sp.dir[HF_INCOMING], "..x", O_CREAT | O_WRONLY, 0600));
	assert_int_equal(hf_spool_each(&sp, HF_INCOMING, see, see_odd, &s,
			     &err), 0);
	assert_int_equal(s.n, 100);
	assert_int_equal(s.odd, 2);
	for (i = 0; i < s.n; i++)
		for (k = 0; k < i; k++)
			assert_false(hf_id_equal(&s.ids[i], &s.ids[k]));
	s.n = 0;	/* again from the start, and without `odd` */
	assert_int_equal(hf_spool_each(&sp, HF_INCOMING, see, NULL, &s, &err),
	    0);
	assert_int_equal(s.n, 100);
}

static void
each_stops_at_the_first_answer_that_is_not_0(void **state)
{
	struct seen s = { .stop_at = 3, .stop_with = 42 };

	(void)state;
	commit_many(10);
	assert_int_equal(hf_spool_each(&sp, HF_INCOMING, see, NULL, &s, &err),
	    42);
	assert_int_equal(s.n, 3);
	s.n = 0;
	s.stop_with = -1;
	assert_int_equal(hf_spool_each(&sp, HF_INCOMING, see, NULL, &s, &err),
	    -1);
	assert_int_equal(err.code, HF_EAGAIN);
}

static void
files_may_be_moved_away_while_each_walks(void **state)
{
	struct seen s = { .n = 0 };

	(void)state;
	commit_many(100);
	assert_int_equal(hf_spool_each(&sp, HF_INCOMING, see_and_move, NULL,
			     &s, &err), 0);
	assert_int_equal(s.n, 100);
	s.n = 0;
	assert_int_equal(hf_spool_each(&sp, HF_INCOMING, see, NULL, &s, &err),
	    0);
	assert_int_equal(s.n, 0);
	assert_int_equal(hf_spool_each(&sp, HF_HELD, see, NULL, &s, &err), 0);
	assert_int_equal(s.n, 100);
}

static void
a_folder_that_cannot_be_read_is_not_an_empty_one(void **state)
{
	struct seen s = { .n = 0 };

	(void)state;
	commit_many(2);
	faults.readdir_errno = EIO;
	assert_int_equal(hf_spool_each(&sp, HF_INCOMING, see, NULL, &s, &err),
	    -1);
	assert_int_equal(err.sys, EIO);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(a_missing_folder_is_an_error_of_configuration),
		T(a_file_has_no_name_before_it_is_committed),
		T(a_committed_file_is_whole_read_only_and_under_its_id),
		T(the_mode_does_not_depend_on_the_umask),
		T(the_order_is_file_then_name_then_folder),
		T(a_failed_fsync_gives_the_file_no_name),
		T(a_failed_fsync_of_the_folder_is_told),
		T(a_failed_link_is_told_with_its_reason),
		T(an_id_that_exists_is_not_replaced),
		T(a_mode_that_cannot_be_set_is_an_error),
		T(a_missing_file_is_not_found),
		T(only_a_plain_file_with_one_name_is_read),
		T(a_file_moves_to_another_place_and_back),
		T(moving_never_replaces),
		T(removing_what_is_not_there_is_success),
		T(a_failed_sync_names_the_folder),
		T(space_is_at_most_the_whole),
		T(each_meets_every_id_once_and_other_names_apart),
		T(each_stops_at_the_first_answer_that_is_not_0),
		T(files_may_be_moved_away_while_each_walks),
		T(a_folder_that_cannot_be_read_is_not_an_empty_one),
	};

	return sodium_init() == -1 ? 1
				   : cmocka_run_group_tests(tests, NULL, NULL);
}
