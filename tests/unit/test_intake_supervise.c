/* link: cups-backend/supervise.c cups-backend/status.c */
#include "cups-backend/supervise.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cups-backend/status.h"

/*
 * Each test plays cupsd: it starts a process that calls hf_supervise, with a
 * pipe as its standard input, and looks at how it ends.
 */
static int in[2];	/* standard input of the backend */
static int said[2];	/* "I am here" of the worker, with its pid */

static int
exit_with(void *arg)
{
	return *(int *)arg;
}

static int
die_of(void *arg)
{
	signal(*(int *)arg, SIG_DFL);
	kill(getpid(), *(int *)arg);
	for (;;)
		pause();
	return 99;
}

static void
tell(void)
{
	pid_t pid = getpid();

	if (write(said[1], &pid, sizeof pid) != sizeof pid)
		_exit(99);
}

static int
wait_forever(void *arg)
{
	(void)arg;
	tell();
	for (;;)
		pause();
	return 99;
}

/* Durable from here on: what ends it must wait until it is done. */
static int
commit_slowly(void *arg)
{
	const struct timespec ts = { 0, 300000000 };
	struct timespec left = ts;

	(void)arg;
	hf_supervise_hold_begin();
	tell();
	while (nanosleep(&left, &left) == -1)
		;
	return 0;
}

static int
commit_and_fail(void *arg)
{
	(void)arg;
	hf_supervise_hold_begin();
	tell();
	(void)poll(NULL, 0, 300);
	hf_supervise_hold_end();
	return 4;	/* not reached if a signal waited */
}

static void
nothing(void *arg)
{
	(void)arg;
}

static pid_t
start(int (*work)(void *), int arg, bool stream)
{
	pid_t pid;

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(said), 0);
	fflush(NULL);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 2);	/* its ERROR: lines are not ours */
		dup2(in[0], 0);
		close(in[0]);
		close(in[1]);
		_exit(hf_supervise(work, nothing, &arg, stream));
	}
	close(in[0]);
	return pid;
}

static pid_t
worker(void)
{
	pid_t pid;

	assert_int_equal(read(said[0], &pid, sizeof pid), sizeof pid);
	return pid;
}

static bool
has_ended(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	assert_int_equal(waitid(P_PID, (id_t)pid, &info,
	    WEXITED | WNOHANG | WNOWAIT), 0);
	return info.si_pid == pid;
}

static int
end(pid_t pid)
{
	int status;

	if (in[1] != -1)
		close(in[1]);
	in[1] = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(said[0]);
	close(said[1]);
	assert_true(WIFEXITED(status));	/* cupsd takes signals for success */
	return WEXITSTATUS(status);
}

static void
the_workers_exit_status_is_ours(void **state)
{
	static const int codes[] = { 0, 3, 4, 5, 7 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
		assert_int_equal(end(start(exit_with, codes[i], i % 2 == 0)),
		    codes[i]);
}

static void
a_code_that_is_not_ours_is_hold(void **state)
{
	static const int codes[] = { 1, 2, 6, 77, 127, 255 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
		assert_int_equal(end(start(exit_with, codes[i], false)), 3);
}

static void
a_worker_that_is_killed_is_hold(void **state)
{
	static const int signals[] = { SIGKILL, SIGSEGV, SIGABRT, SIGSYS,
		SIGBUS, SIGPIPE, SIGALRM, SIGUSR1, SIGXCPU, SIGTERM };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof signals / sizeof signals[0]; i++)
		assert_int_equal(end(start(die_of, signals[i], false)),
		    HF_EXIT_HOLD);
}

static void
a_polite_signal_before_it_is_durable_is_again(void **state)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	size_t i;
	pid_t pid;

	(void)state;
	for (i = 0; i < 3; i++) {
		pid = start(wait_forever, 0, i == 1);
		(void)worker();
		assert_int_equal(kill(pid, signals[i]), 0);
		assert_int_equal(end(pid), HF_EXIT_AGAIN);
	}
}

static void
a_polite_signal_while_it_becomes_durable_is_success(void **state)
{
	pid_t pid = start(commit_slowly, 0, false);

	(void)state;
	(void)worker();
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(end(pid), HF_EXIT_OK);
}

static void
it_is_again_where_that_failed(void **state)
{
	pid_t pid = start(commit_and_fail, 0, false);

	(void)state;
	(void)worker();
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(end(pid), HF_EXIT_AGAIN);
}

static void
a_failure_is_told_only_when_the_stream_has_ended(void **state)
{
	char bytes[100000];
	size_t sent = 0;
	pid_t pid;

	(void)state;
	memset(bytes, 'x', sizeof bytes);
	pid = start(exit_with, HF_EXIT_STOP, true);
	/* More than a pipe holds: somebody is reading. */
	while (sent < 1000000) {
		ssize_t n = write(in[1], bytes, sizeof bytes);

		assert_true(n > 0);
		sent += (size_t)n;
	}
	assert_false(has_ended(pid));
	assert_int_equal(end(pid), HF_EXIT_STOP);
}

static void
so_is_the_death_of_the_worker(void **state)
{
	pid_t pid = start(wait_forever, 0, true), w = worker();

	(void)state;
	assert_int_equal(kill(w, SIGKILL), 0);
	assert_int_equal(write(in[1], "x", 1), 1);
	(void)poll(NULL, 0, 100);
	assert_false(has_ended(pid));
	assert_int_equal(end(pid), HF_EXIT_HOLD);
}

static void
a_cancel_does_not_wait_for_the_stream(void **state)
{
	pid_t pid = start(wait_forever, 0, true), w = worker();
	int status;

	(void)state;
	assert_int_equal(kill(w, SIGKILL), 0);
	(void)poll(NULL, 0, 100);
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	close(in[1]);
	close(said[0]);
	close(said[1]);
}

static void
success_does_not_wait_for_the_stream(void **state)
{
	pid_t pid = start(exit_with, 0, true);
	int status;

	(void)state;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 0);
	close(in[1]);
	close(said[0]);
	close(said[1]);
}

static void
the_worker_does_not_outlive_us(void **state)
{
	pid_t pid, w;
	int status;

	(void)state;
	/* Orphans come to this process, so that their end can be seen. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	pid = start(wait_forever, 0, false);
	w = worker();
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(waitpid(w, &status, 0), w);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	close(in[1]);
	close(said[0]);
	close(said[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_workers_exit_status_is_ours),
		cmocka_unit_test(a_code_that_is_not_ours_is_hold),
		cmocka_unit_test(a_worker_that_is_killed_is_hold),
		cmocka_unit_test(
		    a_polite_signal_before_it_is_durable_is_again),
		cmocka_unit_test(
		    a_polite_signal_while_it_becomes_durable_is_success),
		cmocka_unit_test(it_is_again_where_that_failed),
		cmocka_unit_test(
		    a_failure_is_told_only_when_the_stream_has_ended),
		cmocka_unit_test(so_is_the_death_of_the_worker),
		cmocka_unit_test(a_cancel_does_not_wait_for_the_stream),
		cmocka_unit_test(success_does_not_wait_for_the_stream),
		cmocka_unit_test(the_worker_does_not_outlive_us),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
