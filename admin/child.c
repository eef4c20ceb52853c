#include "admin/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/priv.h"

#define SAID_MAX 400

static void
become_child(const char *const *argv, int err)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	static char lang[] = "LANG=C.UTF-8";
	char *env[] = { path, lang, NULL };
	char *args[32];
	size_t i;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (i = 0; argv[i] != NULL && i < 31; i++)
		if ((args[i] = strdup(argv[i])) == NULL)
			_exit(127);
	args[i] = NULL;
	if (null == -1 || dup2(null, 0) == -1 || dup2(err, 1) == -1 ||
	    dup2(err, 2) == -1)
		_exit(127);
	hf_priv_close_from(3);
	execve(args[0], args, env);
	_exit(127);
}

/* Everything it says is read, its last line kept. */
static void
listen_to(int fd, char said[static SAID_MAX])
{
	char buf[512], *line;
	size_t n = 0;
	ssize_t k;

	said[0] = '\0';
	while ((k = read(fd, buf, sizeof buf)) > 0 ||
	    (k == -1 && errno == EINTR)) {
		if (k == -1)
			continue;
		if ((size_t)k > SAID_MAX - 1 - n) {	/* keep the end */
			n = 0;
			if (k > SAID_MAX - 1)
				k = SAID_MAX - 1;
		}
		memcpy(said + n, buf, (size_t)k);
		n += (size_t)k;
		said[n] = '\0';
	}
	while (n > 0 && said[n - 1] == '\n')
		said[--n] = '\0';
	line = strrchr(said, '\n');
	if (line != NULL)
		memmove(said, line + 1, strlen(line + 1) + 1);
}

int
hf_child_run(const char *const *argv, struct hf_err *e)
{
	int p[2] = { -1, -1 }, status, rc = -1;
	char said[SAID_MAX];
	pid_t pid, k;

	if (pipe2(p, O_CLOEXEC) == -1) {
		hf_fail_sys(e, "pipe");
		goto out;
	}
	pid = fork();
	if (pid == -1) {
		hf_fail_sys(e, "fork");
		goto out;
	}
	if (pid == 0)
		become_child(argv, p[1]);
	close(p[1]);
	p[1] = -1;
	listen_to(p[0], said);
	do
		k = waitpid(pid, &status, 0);
	while (k == -1 && errno == EINTR);
	if (k == -1) {
		hf_fail_sys(e, "wait for %s", argv[0]);
		goto out;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		hf_fail(e, HF_ESYS, "%s: %s", argv[0], said[0] != '\0' ? said
		    : WIFEXITED(status) && WEXITSTATUS(status) == 127
		    ? "cannot be run" : "failed");
		goto out;
	}
	rc = 0;
out:
	if (p[0] != -1)
		close(p[0]);
	if (p[1] != -1)
		close(p[1]);
	return rc;
}
