#include "release/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"

#define SAFE_FD 64	/* above every number that a child is given */

/* Sanitizers are told where to write by the environment; others need none. */
static char **
environment(void)
{
	static char *none[] = { NULL };
#ifdef __SANITIZE_ADDRESS__
	static char *kept[4];
	static const char *const names[] = { "ASAN_OPTIONS", "UBSAN_OPTIONS",
		"LSAN_OPTIONS" };
	size_t i, n = 0;
	const char *v;

	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		v = getenv(names[i]);
		if (v != NULL)
			kept[n++] = (char *)(uintptr_t)(v - strlen(names[i]) -
			    1);
	}
	if (n > 0)
		return kept;
#endif
	return none;
}

static int
place(const int fds[static HF_CHILD_FDS], struct hf_err *e)
{
	int high[HF_CHILD_FDS], null, i;

	for (i = 0; i < HF_CHILD_FDS; i++) {
		high[i] = -1;
		if (fds[i] == -1)
			continue;
		high[i] = fcntl(fds[i], F_DUPFD, SAFE_FD);
		if (high[i] == -1)
			return hf_fail_sys(e, "duplicate a descriptor");
	}
	null = open("/dev/null", O_RDWR);
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(STDERR_FILENO, STDOUT_FILENO) == -1)
		return hf_fail_sys(e, "standard descriptors");
	for (i = 0; i < HF_CHILD_FDS; i++) {
		close(3 + i);
		if (high[i] != -1 && dup2(high[i], 3 + i) == -1)
			return hf_fail_sys(e, "place a descriptor");
	}
	hf_priv_close_from(3 + HF_CHILD_FDS);
	return 0;
}

static void
reset_signals(void)
{
	struct sigaction sa;
	sigset_t none;
	int sig;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = SIG_DFL;
	for (sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &sa, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child, between fork and exec. */
static int
become(const struct hf_child *c, struct hf_err *e)
{
	if (place(c->fds, e) == -1)
		return -1;
	reset_signals();
	(void)umask(077);
	(void)setpgid(0, 0);
	if (chdir("/") == -1)
		return hf_fail_sys(e, "chdir");
	return hf_priv_become(c->user, c->groups, c->n_groups, e);
}

int
hf_child_start(const struct hf_child *c, pid_t *pid, struct hf_err *e)
{
	struct hf_err why;
	pid_t p = fork();

	if (p == -1)
		return hf_fail_sys(e, "fork %s", c->path);
	if (p == 0) {
		if (become(c, &why) == 0) {
			execve(c->path, (char *const *)(uintptr_t)c->argv,
			    environment());
			hf_fail_sys(&why, "exec");
		}
		hf_log_err(HF_ERROR, &why, "%s did not start", c->path);
		_exit(127);
	}
	*pid = p;
	return 0;
}
