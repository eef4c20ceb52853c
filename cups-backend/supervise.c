#include "cups-backend/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cups-backend/status.h"
#include "lib/priv.h"

static const int polite[] = { SIGTERM, SIGINT, SIGHUP };
#define N_POLITE (sizeof polite / sizeof polite[0])

/* Set before the handler can run, and then never again. */
static volatile pid_t worker;
static pid_t parent;

static void
pass_on(int sig)
{
	int was = errno;

	(void)kill(worker, sig);
	errno = was;
}

/*
 * In the worker: nothing that it wrote has a name yet, so that ending the
 * process is all the undoing there is.  In the parent: after the worker.
 */
static void
give_up(int sig)
{
	(void)sig;
	_exit(HF_EXIT_AGAIN);
}

static void
catch(void (*fn)(int))
{
	struct sigaction sa;
	size_t i;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = fn;
	sigemptyset(&sa.sa_mask);
	for (i = 0; i < N_POLITE; i++)
		(void)sigaction(polite[i], &sa, NULL);
}

static void
mask(int how)
{
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < N_POLITE; i++)
		sigaddset(&set, polite[i]);
	(void)sigprocmask(how, &set, NULL);
}

void
hf_supervise_hold_begin(void)
{
	mask(SIG_BLOCK);
}

void
hf_supervise_hold_end(void)
{
	mask(SIG_UNBLOCK);
}

void
hf_supervise_bind(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(HF_EXIT_HOLD);	/* it died before that */
}

/*
 * Memory pressure must not take the one process whose death loses the job.
 * Without root this fails, and nothing else can be done.
 */
static void
spare_from_oom(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	ssize_t done;

	if (fd == -1)
		return;
	done = write(fd, "-1000", 5);
	(void)done;
	close(fd);
}

/*
 * Of root's capabilities only the one that signals a process of another user.
 * The uid stays: the worker must not be able to signal us.
 */
static void
keep_only_kill(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct caps[2];

	memset(caps, 0, sizeof caps);
	caps[0].effective = caps[0].permitted = 1u << CAP_KILL;
	(void)syscall(SYS_capset, &head, caps);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/*
 * A library that gives up calls exit(3) with a number of its own (a scanner
 * made by flex: 2), which cupsd would take for one of its codes.
 */
static bool
is_ours(int code)
{
	static const int codes[] = { HF_EXIT_OK, HF_EXIT_HOLD, HF_EXIT_STOP,
		HF_EXIT_CANCEL, HF_EXIT_AGAIN };
	size_t i;

	for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* Returns when the worker has ended; no signal is passed on after that. */
static int
wait_for_worker(void)
{
	siginfo_t info;
	int status, rc;

	/* Not reaped yet, so that its pid cannot be somebody else's. */
	do
		rc = waitid(P_PID, (id_t)worker, &info, WEXITED | WNOWAIT);
	while (rc == -1 && errno == EINTR);
	catch(give_up);
	do
		rc = waitpid(worker, &status, 0);
	while (rc == -1 && errno == EINTR);
	if (rc == -1)
		return HF_EXIT_HOLD;
	if (WIFEXITED(status) && is_ours(WEXITSTATUS(status)))
		return WEXITSTATUS(status);
	if (WIFEXITED(status))
		hf_status_error("The program that seals documents gave up "
		    "with code %d; the job is held in CUPS",
		    WEXITSTATUS(status));
	else
		hf_status_error("The program that seals documents was ended "
		    "by signal %d; the job is held in CUPS", WTERMSIG(status));
	return HF_EXIT_HOLD;
}

/* Nobody looks at these bytes. */
static void
drain(void)
{
	static uint8_t bytes[65536];
	ssize_t n;

	do
		n = read(STDIN_FILENO, bytes, sizeof bytes);
	while (n > 0 || (n == -1 && errno == EINTR));
	explicit_bzero(bytes, sizeof bytes);
}

int
hf_supervise(int (*work)(void *arg), void (*forget)(void *arg), void *arg,
    bool stream)
{
	int rc;

	/* A cupsd that no longer reads our messages must not end us. */
	(void)signal(SIGPIPE, SIG_IGN);
	parent = getpid();
	mask(SIG_BLOCK);
	worker = fork();
	if (worker == -1) {
		hf_status_error("No process can be started: %s; the job is "
		    "held in CUPS", strerror(errno));
		catch(give_up);
		mask(SIG_UNBLOCK);
		if (stream)
			drain();
		return HF_EXIT_HOLD;
	}
	if (worker == 0) {
		hf_supervise_bind();
		catch(give_up);
		mask(SIG_UNBLOCK);
		_exit(work(arg));
	}
	forget(arg);
	spare_from_oom();
	if (!stream)
		(void)close(STDIN_FILENO);
	(void)close(STDOUT_FILENO);
	hf_priv_close_from(STDERR_FILENO + 1);
	keep_only_kill();
	catch(pass_on);
	mask(SIG_UNBLOCK);
	rc = wait_for_worker();
	if (rc != HF_EXIT_OK && stream)
		drain();
	return rc;
}
