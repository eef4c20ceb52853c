/* link: cups-backend/keys.c -Wl,--wrap=fsync -Wl,--wrap=renameat */
#include "cups-backend/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/file.h"

static int fail_with;	/* errno of the next fsync or renameat */

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int
__wrap_fsync(int fd)
{
	if (fail_with == 0)
		return __real_fsync(fd);
	errno = fail_with;
	return -1;
}

int __real_renameat(int a, const char *p, int b, const char *q);
int __wrap_renameat(int a, const char *p, int b, const char *q);
int
__wrap_renameat(int a, const char *p, int b, const char *q)
{
	if (fail_with == 0)
		return __real_renameat(a, p, b, q);
	errno = fail_with;
	return -1;
}

static char top[] = "/tmp/test-intake-keys-XXXXXX";
static char folder[sizeof top + 16], list_path[sizeof top + 16];
static struct hf_intake_conf conf;
static struct hf_keystore *store;
static struct hf_epoch epoch;
static struct hf_err err;

static int
group_setup(void **state)
{
	(void)state;
	if (sodium_init() == -1 || mkdtemp(top) == NULL)
		return -1;
	snprintf(folder, sizeof folder, "%s/intake", top);
	snprintf(list_path, sizeof list_path, "%s/keylist", top);
	conf.spool = top;
	conf.key_list = list_path;
	store = sodium_malloc(sizeof *store);
	return store == NULL ? -1 : mkdir(folder, 0700);
}

static void
serial_file(const char *text)
{
	char path[sizeof folder + 16];
	int fd;

	snprintf(path, sizeof path, "%s/serial", folder);
	unlink(path);
	if (text == NULL)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_int_not_equal(fd, -1);
	assert_int_equal(hf_write_all(fd, text, strlen(text), &err), 0);
	close(fd);
}

static int
group_teardown(void **state)
{
	(void)state;
	serial_file(NULL);
	unlink(list_path);
	rmdir(folder);
	sodium_free(store);
	return rmdir(top);
}

/* A list with this serial, one epoch from..to. */
static void
publish(uint64_t serial, uint64_t from, uint64_t to)
{
	uint8_t sk[64];
	struct hf_buf b;

	hf_keystore_new(store);
	assert_int_equal(hf_keystore_add(store, from, to, &err), 0);
	store->serial = serial - 1;
	hf_buf_init(&b, HF_KEYLIST_MAX);
	assert_int_equal(hf_keystore_publish(store, from, &b, &err), 0);
	crypto_sign_seed_keypair(conf.site_pk, sk, store->site_seed);
	unlink(list_path);
	assert_int_equal(hf_file_replace(AT_FDCWD, list_path,
	    hf_buf_view(&b), 0644, (uid_t)-1, (gid_t)-1, &err), 0);
	hf_buf_clear(&b);
}

static void
the_serial_only_goes_up(void **state)
{
	(void)state;
	serial_file(NULL);
	assert_int_equal(hf_serial_check(folder, 5, &err), 0);
	assert_int_equal(hf_serial_check(folder, 5, &err), 0);
	assert_int_equal(hf_serial_check(folder, 4, &err), -1);
	assert_int_equal(err.code, HF_ETAMPER);
	assert_int_equal(hf_serial_check(folder, UINT64_MAX, &err), 0);
	assert_int_equal(hf_serial_check(folder, UINT64_MAX - 1, &err), -1);
	assert_int_equal(err.code, HF_ETAMPER);
}

static void
a_memory_that_is_no_number_is_for_the_administrator(void **state)
{
	static const char *const bad[] = { "", "\n", "x\n", "1", "1 \n",
		"1\n2\n", "-1\n", "18446744073709551616\n",
		"99999999999999999999\n", "000000000000000000000001\n" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		serial_file(bad[i]);
		assert_int_equal(hf_serial_check(folder, 5, &err), -1);
		assert_int_equal(err.code, HF_ECONFIG);
	}
	serial_file(NULL);
	assert_int_equal(hf_serial_check("/nonexistent", 5, &err), -1);
	assert_int_equal(err.code, HF_ECONFIG);
}

static void
a_serial_that_cannot_be_remembered_is_not_used(void **state)
{
	(void)state;
	serial_file("7\n");
	fail_with = EIO;
	assert_int_equal(hf_serial_check(folder, 8, &err), -1);
	assert_int_equal(err.code, HF_EAGAIN);
	assert_int_equal(hf_serial_check(folder, 7, &err), 0);
	fail_with = ENOSPC;
	assert_int_equal(hf_serial_check(folder, 8, &err), -1);
	assert_int_equal(err.code, HF_EFULL);
	fail_with = 0;
	assert_int_equal(hf_serial_check(folder, 8, &err), 0);
}

static void
many_at_once_keep_the_highest(void **state)
{
	int i, k, status;

	(void)state;
	serial_file(NULL);
	for (i = 0; i < 8; i++)
		if (fork() == 0) {
			for (k = 0; k < 50; k++)
				if (hf_serial_check(folder,
					(uint64_t)(1 + k * 8 + i), &err) ==
					-1 && err.code != HF_ETAMPER)
					_exit(1);
			_exit(0);
		}
	for (i = 0; i < 8; i++) {
		assert_int_not_equal(wait(&status), -1);
		assert_int_equal(status, 0);
	}
	assert_int_equal(hf_serial_check(folder, 400, &err), 0);
	assert_int_equal(hf_serial_check(folder, 399, &err), -1);
}

static void
the_present_epoch_is_used(void **state)
{
	(void)state;
	serial_file(NULL);
	publish(3, 1000, 2000);
	assert_int_equal(hf_keys_current(&conf, 1500, &epoch, &err), 0);
	assert_memory_equal(epoch.pk, store->epochs[0].pk, sizeof epoch.pk);
	/* before it began, and more than a day after its end: not now */
	assert_int_equal(hf_keys_current(&conf, 999, &epoch, &err), -1);
	assert_int_equal(err.code, HF_EAGAIN);
	assert_int_equal(hf_keys_current(&conf, 2000 + 86400 * 2, &epoch,
	    &err), -1);
	assert_int_equal(err.code, HF_EAGAIN);
}

static void
a_missing_list_is_waited_for_and_a_wrong_one_refused(void **state)
{
	(void)state;
	serial_file(NULL);
	unlink(list_path);
	assert_int_equal(hf_keys_current(&conf, 1500, &epoch, &err), -1);
	assert_int_equal(err.code, HF_EAGAIN);
	publish(3, 1000, 2000);
	conf.site_pk[0] ^= 1;
	assert_int_equal(hf_keys_current(&conf, 1500, &epoch, &err), -1);
	assert_int_equal(err.code, HF_ETAMPER);
	conf.site_pk[0] ^= 1;
	assert_int_equal(truncate(list_path, 20), 0);
	assert_int_equal(hf_keys_current(&conf, 1500, &epoch, &err), -1);
	assert_int_equal(err.code, HF_ETAMPER);
	assert_int_equal(truncate(list_path, 100000), 0);
	assert_int_equal(hf_keys_current(&conf, 1500, &epoch, &err), -1);
	assert_int_equal(err.code, HF_ETAMPER);
	/* none of them counts as seen */
	publish(1, 1000, 2000);
	assert_int_equal(hf_keys_current(&conf, 1500, &epoch, &err), 0);
}

static void
a_list_older_than_one_used_is_refused(void **state)
{
	(void)state;
	serial_file(NULL);
	publish(10, 1000, 2000);
	assert_int_equal(hf_keys_current(&conf, 1500, &epoch, &err), 0);
	publish(9, 1000, 2000);
	assert_int_equal(hf_keys_current(&conf, 1500, &epoch, &err), -1);
	assert_int_equal(err.code, HF_ETAMPER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_serial_only_goes_up),
		cmocka_unit_test(
		    a_memory_that_is_no_number_is_for_the_administrator),
		cmocka_unit_test(a_serial_that_cannot_be_remembered_is_not_used),
		cmocka_unit_test(many_at_once_keep_the_highest),
		cmocka_unit_test(the_present_epoch_is_used),
		cmocka_unit_test(
		    a_missing_list_is_waited_for_and_a_wrong_one_refused),
		cmocka_unit_test(a_list_older_than_one_used_is_refused),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
