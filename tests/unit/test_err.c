#include "lib/err.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct hf_err err;

static void
failing_returns_minus_one_and_says_what(void **state)
{
	(void)state;
	err.sys = 5;
	assert_int_equal(hf_fail(&err, HF_EDENIED, "no %s for %d", "paper",
			     3), -1);
	assert_int_equal(err.code, HF_EDENIED);
	assert_int_equal(err.sys, 0);
	assert_string_equal(err.text, "no paper for 3");
}

static void
whoever_does_not_care_may_pass_null(void **state)
{
	(void)state;
	assert_int_equal(hf_fail(NULL, HF_EINPUT, "x"), -1);
	assert_int_equal(hf_fail_sys(NULL, "x"), -1);
	assert_int_equal(hf_wrap(NULL, "x"), -1);
}

static void
a_system_error_has_its_number_reason_and_code(void **state)
{
	static const struct {
		int sys;
		enum hf_code code;
	} cases[] = { { ENOSPC, HF_EFULL }, { EDQUOT, HF_EFULL },
		{ EFBIG, HF_EFULL }, { ENOMEM, HF_ENOMEM },
		{ ENOENT, HF_ENOTFOUND }, { EEXIST, HF_ECONFLICT },
		{ EACCES, HF_EDENIED }, { EPERM, HF_EDENIED },
		{ EPIPE, HF_EPEER }, { ECONNRESET, HF_EPEER },
		{ ECONNREFUSED, HF_EPEER }, { EIO, HF_ESYS },
		{ EROFS, HF_ESYS } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		errno = cases[i].sys;
		assert_int_equal(hf_fail_sys(&err, "open %s", "job"), -1);
		assert_int_equal(errno, cases[i].sys);
		assert_int_equal(err.sys, cases[i].sys);
		assert_int_equal(err.code, cases[i].code);
		assert_ptr_equal(strstr(err.text, "open job: "), err.text);
		assert_non_null(strstr(err.text, strerror(cases[i].sys)));
	}
}

static void
wrapping_puts_words_in_front_and_keeps_the_code(void **state)
{
	(void)state;
	errno = ENOSPC;
	assert_int_equal(hf_fail_sys(&err, "write"), -1);
	assert_int_equal(hf_wrap(&err, "job %d", 7), -1);
	assert_int_equal(err.code, HF_EFULL);
	assert_int_equal(err.sys, ENOSPC);
	assert_string_equal(err.text,
	    "job 7: write: No space left on device");
}

static void
a_text_that_is_too_long_is_cut_and_ends_in_nul(void **state)
{
	char longer[2000];
	int i;

	(void)state;
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	assert_int_equal(hf_fail(&err, HF_EINPUT, "%s", longer), -1);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
	for (i = 0; i < 3; i++)
		assert_int_equal(hf_wrap(&err, "%s", longer), -1);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
	errno = EIO;
	assert_int_equal(hf_fail_sys(&err, "%s", longer), -1);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void
every_code_has_a_name_of_its_own(void **state)
{
	int a, b;

	(void)state;
	for (a = HF_OK; a <= HF_ELIMIT; a++) {
		assert_string_not_equal(hf_code_name((enum hf_code)a),
		    "unknown");
		for (b = HF_OK; b < a; b++)
			assert_string_not_equal(hf_code_name((enum hf_code)a),
			    hf_code_name((enum hf_code)b));
	}
	assert_string_equal(hf_code_name((enum hf_code)99), "unknown");
	assert_string_equal(hf_code_name(HF_EFULL), "full");
}

static void
a_bug_of_ours_ends_the_process(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	fflush(NULL);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(2);
		HF_ASSERT(1 + 1 == 2);
		HF_ASSERT(1 + 1 == 3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failing_returns_minus_one_and_says_what),
		cmocka_unit_test(whoever_does_not_care_may_pass_null),
		cmocka_unit_test(a_system_error_has_its_number_reason_and_code),
		cmocka_unit_test(
		    wrapping_puts_words_in_front_and_keeps_the_code),
		cmocka_unit_test(a_text_that_is_too_long_is_cut_and_ends_in_nul),
		cmocka_unit_test(every_code_has_a_name_of_its_own),
		cmocka_unit_test(a_bug_of_ours_ends_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
