/* link: */
/*
 * faultat: something goes wrong at exactly the n-th system call.
 *
 *	faultat [-l] [-w parent|worker|all] [-c CALL,CALL…] [-n N] FAULT CMD [ARG…]
 *	faultat -a PID [-c CALL,CALL…] [-n N] FAULT
 *
 * FAULT is "kill" (SIGKILL before the call), "short" (read and write move half
 * of what was asked for) or an error: EIO, ENOSPC, EINTR, ENOMEM, EMFILE.
 * Calls are counted in the command itself (parent), in what it forks (worker),
 * or in both; with -c only those named, with -l only from the first
 * rt_sigaction on, when the C library has started.  -n 0 only counts.  -a watches a
 * running process and says "ready" when it does; SIGTERM ends the watch.
 *
 * Prints: COUNT HIT STATUS, where HIT is the number of the system call that
 * was hit or -1, and STATUS the exit code of CMD, or minus its signal.
 *
 * ptrace(2), so that it works on static programs and behind a seccomp filter:
 * a call that shall fail is turned into close(-1), which every filter allows,
 * and its result is replaced.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <elf.h>
#include <unistd.h>

#if defined(__x86_64__)

#define PIDS_MAX 64
#define CALLS_MAX 16
#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | \
	PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC)

enum what { KILL, SHORT, ERROR };
enum who { PARENT = 1, WORKER = 2, ALL = 3 };

struct tracee {
	pid_t pid;
	bool inside;		/* between entry and exit of a call */
	bool replace;		/* the result of this one */
	bool begun;		/* its first stop is over */
};

struct watch {
	enum what what;
	long error;
	int who;
	long n, count, hit;
	long calls[CALLS_MAX];
	size_t n_calls;
	pid_t first;
	bool counting;		/* after execve */
	bool late;		/* … and the start of the C library */
	bool attached;
	struct tracee t[PIDS_MAX];
	size_t n_t;
};

static const struct {
	const char *name;
	long value;
} errors[] = { { "EIO", EIO }, { "ENOSPC", ENOSPC }, { "EINTR", EINTR },
	{ "ENOMEM", ENOMEM }, { "EMFILE", EMFILE } },
  calls[] = { { "read", SYS_read }, { "write", SYS_write },
	{ "openat", SYS_openat }, { "fsync", SYS_fsync },
	{ "linkat", SYS_linkat }, { "renameat", SYS_renameat },
	{ "mmap", SYS_mmap }, { "brk", SYS_brk }, { "mremap", SYS_mremap },
	{ "pread64", SYS_pread64 }, { "close", SYS_close } };

static volatile sig_atomic_t over;

static void
on_term(int sig)
{
	(void)sig;
	over = 1;
}

static struct tracee *
find(struct watch *w, pid_t pid)
{
	size_t i;

	for (i = 0; i < w->n_t; i++)
		if (w->t[i].pid == pid)
			return &w->t[i];
	if (w->n_t == PIDS_MAX) {
		fputs("faultat: too many processes\n", stderr);
		exit(2);
	}
	memset(&w->t[w->n_t], 0, sizeof w->t[0]);
	w->t[w->n_t].pid = pid;
	return &w->t[w->n_t++];
}

static bool
is_counted(const struct watch *w, const struct tracee *t, long nr)
{
	size_t i;

	if (!w->counting || !(w->who & (t->pid == w->first ? PARENT : WORKER)))
		return false;
	if (w->what == ERROR && (nr == SYS_exit || nr == SYS_exit_group))
		return false;	/* these cannot fail */
	for (i = 0; i < w->n_calls; i++)
		if (w->calls[i] == nr)
			return true;
	return w->n_calls == 0;
}

static void
hit(struct watch *w, struct tracee *t, struct user_regs_struct *r)
{
	w->hit = (long)r->orig_rax;
	switch (w->what) {
	case KILL:
		(void)kill(t->pid, SIGKILL);
		break;
	case SHORT:
		if (r->rdx > 1)
			r->rdx /= 2;
		(void)ptrace(PTRACE_SETREGS, t->pid, NULL, r);
		break;
	case ERROR:
		r->orig_rax = SYS_close;
		r->rdi = (unsigned long long)-1;
		(void)ptrace(PTRACE_SETREGS, t->pid, NULL, r);
		t->replace = true;
		break;
	}
}

static void
at_call(struct watch *w, struct tracee *t)
{
	struct user_regs_struct r;

	t->inside = !t->inside;
	if (ptrace(PTRACE_GETREGS, t->pid, NULL, &r) == -1)
		return;
	if (!t->inside) {
		if (t->replace) {
			r.rax = (unsigned long long)-w->error;
			(void)ptrace(PTRACE_SETREGS, t->pid, NULL, &r);
		}
		t->replace = false;
		return;
	}
	if (w->late && (long)r.orig_rax == SYS_rt_sigaction)
		w->counting = true;
	if (is_counted(w, t, (long)r.orig_rax) && ++w->count == w->n)
		hit(w, t, &r);
}

/* What to pass on when the tracee goes on. */
static int
at_stop(struct watch *w, struct tracee *t, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (sig == (SIGTRAP | 0x80)) {
		at_call(w, t);
		return 0;
	}
	if (event == PTRACE_EVENT_EXEC) {
		w->counting = !w->late;
		t->inside = true;	/* the exit of execve comes next */
	}
	if (event != 0)
		return 0;
	if (!t->begun && sig == SIGSTOP) {
		t->begun = true;
		return 0;
	}
	return sig == SIGTRAP ? 0 : sig;
}

/* Until the first process has ended, or the watch. */
static int
follow(struct watch *w)
{
	int status, sig;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, __WALL);
		if (pid == -1 && errno == EINTR && over)
			return 0;
		if (pid == -1 && errno == EINTR)
			continue;
		if (pid == -1)
			return -1;
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (pid != w->first)
				continue;
			return WIFEXITED(status) ? WEXITSTATUS(status)
						 : -WTERMSIG(status);
		}
		sig = at_stop(w, find(w, pid), status);
		(void)ptrace(PTRACE_SYSCALL, pid, NULL, sig);
	}
}

static int
run(struct watch *w, char **argv)
{
	int status;

	w->first = fork();
	if (w->first == 0) {
		(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		(void)raise(SIGSTOP);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (w->first == -1 || waitpid(w->first, &status, 0) == -1 ||
	    ptrace(PTRACE_SETOPTIONS, w->first, NULL,
		OPTIONS | PTRACE_O_EXITKILL) == -1) {
		perror("faultat");
		exit(2);
	}
	find(w, w->first)->begun = true;
	(void)ptrace(PTRACE_SYSCALL, w->first, NULL, NULL);
	return follow(w);
}

static int
attach(struct watch *w)
{
	const struct sigaction sa = { .sa_handler = on_term };
	int status;

	(void)sigaction(SIGTERM, &sa, NULL);
	w->attached = w->counting = true;
	w->who = ALL;
	if (ptrace(PTRACE_SEIZE, w->first, NULL, OPTIONS) == -1 ||
	    ptrace(PTRACE_INTERRUPT, w->first, NULL, NULL) == -1 ||
	    waitpid(w->first, &status, __WALL) == -1) {
		perror("faultat: attach");
		exit(2);
	}
	(void)find(w, w->first);
	(void)ptrace(PTRACE_SYSCALL, w->first, NULL, NULL);
	puts("ready");
	(void)fflush(stdout);
	return follow(w);
}

static int
usage(void)
{
	fputs("usage: faultat [-a PID] [-w parent|worker|all] [-c CALLS] "
	      "[-n N] FAULT [CMD …]\n", stderr);
	return 2;
}

static int
set_calls(struct watch *w, char *list)
{
	char *word;
	size_t i;

	for (word = strtok(list, ","); word != NULL; word = strtok(NULL, ",")) {
		for (i = 0; i < sizeof calls / sizeof calls[0]; i++)
			if (strcmp(calls[i].name, word) == 0)
				break;
		if (i == sizeof calls / sizeof calls[0] ||
		    w->n_calls == CALLS_MAX)
			return -1;
		w->calls[w->n_calls++] = calls[i].value;
	}
	return 0;
}

static int
set_fault(struct watch *w, const char *word)
{
	size_t i;

	if (strcmp(word, "kill") == 0)
		return 0;
	if (strcmp(word, "short") == 0) {
		w->what = SHORT;
		w->calls[0] = SYS_read;
		w->calls[1] = SYS_write;
		w->n_calls = 2;
		return 0;
	}
	for (i = 0; i < sizeof errors / sizeof errors[0]; i++)
		if (strcmp(errors[i].name, word) == 0) {
			w->what = ERROR;
			w->error = errors[i].value;
			return 0;
		}
	return -1;
}

int
main(int argc, char **argv)
{
	struct watch w = { .who = ALL, .hit = -1 };
	int opt, status;

	while ((opt = getopt(argc, argv, "+a:lw:c:n:")) != -1)
		switch (opt) {
		case 'a':
			w.first = (pid_t)atol(optarg);
			break;
		case 'l':
			w.late = true;
			break;
		case 'w':
			w.who = optarg[0] == 'p' ? PARENT
			    : optarg[0] == 'w'	 ? WORKER
						 : ALL;
			break;
		case 'c':
			if (set_calls(&w, optarg) == -1)
				return usage();
			break;
		case 'n':
			w.n = atol(optarg);
			break;
		default:
			return usage();
		}
	argc -= optind;
	argv += optind;
	if (argc < 1 || set_fault(&w, argv[0]) == -1 ||
	    (w.first == 0) != (argc > 1))
		return usage();
	status = w.first != 0 ? attach(&w) : run(&w, argv + 1);
	printf("%ld %ld %d\n", w.count, w.hit, status);
	return 0;
}

#else
int
main(void)
{
	fputs("faultat: only written for x86-64\n", stderr);
	return 77;
}
#endif
