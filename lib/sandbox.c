#include "lib/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* libseccomp's SCMP_A… macros leave out the second operand of a comparison. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

/* What any libc program does between and after its work. */
static const int base[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction), SCMP_SYS(getrandom), SCMP_SYS(brk),
	SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap),
	SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(close),
	SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(lseek),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(getpid),
	SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
	SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(futex),
	SCMP_SYS(restart_syscall), SCMP_SYS(sched_yield),
	SCMP_SYS(tgkill), SCMP_SYS(pread64), SCMP_SYS(writev),
	SCMP_SYS(readv), SCMP_SYS(mlock), SCMP_SYS(munlock),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(uname),
	SCMP_SYS(fcntl), SCMP_SYS(prlimit64), SCMP_SYS(rseq)
};

static const int waiting[] = {	/* libevent */
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(eventfd2),
	SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
	SCMP_SYS(pipe2), SCMP_SYS(select), SCMP_SYS(pselect6)
};

static const int sockets[] = {	/* socket(2) itself is limited by family */
	SCMP_SYS(connect), SCMP_SYS(sendto), SCMP_SYS(recvfrom),
	SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(sendmmsg),
	SCMP_SYS(shutdown), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(bind),
	SCMP_SYS(ioctl)
};

static const int accepting[] = { SCMP_SYS(accept4), SCMP_SYS(accept),
	SCMP_SYS(listen) };

static const int reading_files[] = {	/* open is limited to reading */
	SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(stat),
	SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(getdents64),
	SCMP_SYS(fadvise64), SCMP_SYS(statfs), SCMP_SYS(fstatfs),
	SCMP_SYS(getcwd), SCMP_SYS(uname), SCMP_SYS(sysinfo),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(getppid), SCMP_SYS(dup),
	SCMP_SYS(getresuid), SCMP_SYS(getresgid), SCMP_SYS(prctl)
};

static const int queue_files[] = {
	SCMP_SYS(openat), SCMP_SYS(linkat), SCMP_SYS(unlinkat),
	SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(rename),
	SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(fchmod),
	SCMP_SYS(fchown), SCMP_SYS(ftruncate), SCMP_SYS(pwrite64),
	SCMP_SYS(inotify_init1), SCMP_SYS(inotify_add_watch),
	SCMP_SYS(inotify_rm_watch), SCMP_SYS(flock), SCMP_SYS(unlink),
	SCMP_SYS(rmdir), SCMP_SYS(mkdirat)
};

static const int threads[] = { SCMP_SYS(clone), SCMP_SYS(clone3),
	SCMP_SYS(set_robust_list), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_setaffinity), SCMP_SYS(membarrier),
	SCMP_SYS(sigaltstack), SCMP_SYS(set_tid_address),
	SCMP_SYS(rt_sigtimedwait) };

/* Minding forked children, which then get a narrower filter of their own. */
static const int minding[] = { SCMP_SYS(kill), SCMP_SYS(wait4),
	SCMP_SYS(waitid), SCMP_SYS(close_range), SCMP_SYS(dup3),
	SCMP_SYS(seccomp) };

/* AddressSanitizer's own needs; never in a build that is shipped. */
#ifdef __SANITIZE_ADDRESS__
/* Looking for leaks at the end takes ptrace(2); the unit tests do it. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

static const int sanitizer[] = { SCMP_SYS(mmap), SCMP_SYS(munmap),
	SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(sigaltstack),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(getpid),
	SCMP_SYS(gettid), SCMP_SYS(futex), SCMP_SYS(clock_gettime),
	SCMP_SYS(sched_yield), SCMP_SYS(readlink), SCMP_SYS(openat),
	SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
	SCMP_SYS(prlimit64), SCMP_SYS(tgkill), SCMP_SYS(pipe2),
	SCMP_SYS(process_vm_readv), SCMP_SYS(brk), SCMP_SYS(sysinfo),
	SCMP_SYS(write), SCMP_SYS(getrandom), SCMP_SYS(lseek),
	SCMP_SYS(exit), SCMP_SYS(stat), SCMP_SYS(access),
	SCMP_SYS(sched_getaffinity) };
#endif

#define ADD(ctx, table, e) \
	add(ctx, table, sizeof table / sizeof table[0], e)

static int
add(scmp_filter_ctx ctx, const int *calls, size_t n, struct hf_err *e)
{
	size_t i;
	int rc;

	for (i = 0; i < n; i++) {
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
		if (rc < 0 && rc != -EEXIST) {
			errno = -rc;
			return hf_fail_sys(e, "seccomp rule");
		}
	}
	return 0;
}

static int
add_if(scmp_filter_ctx ctx, int call, struct scmp_arg_cmp cmp,
    struct hf_err *e)
{
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 1, cmp);

	if (rc < 0 && rc != -EEXIST) {
		errno = -rc;
		return hf_fail_sys(e, "seccomp rule");
	}
	return 0;
}

/* Refused with an errno instead of the end of the process. */
static int
refuse(scmp_filter_ctx ctx, int call, int with, struct hf_err *e)
{
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO((uint32_t)with), call, 0);

	if (rc < 0 && rc != -EEXIST) {
		errno = -rc;
		return hf_fail_sys(e, "seccomp rule");
	}
	return 0;
}

static int
key_rules(scmp_filter_ctx ctx, struct hf_err *e)
{
	static const int calls[] = { SCMP_SYS(exit), SCMP_SYS(exit_group),
		SCMP_SYS(rt_sigreturn), SCMP_SYS(getrandom), SCMP_SYS(brk),
		SCMP_SYS(restart_syscall), SCMP_SYS(clock_gettime) };

	if (add_if(ctx, SCMP_SYS(read), SCMP_A0(SCMP_CMP_LE, 4), e) == -1 ||
	    add_if(ctx, SCMP_SYS(write), SCMP_A0(SCMP_CMP_LE, 4), e) == -1)
		return -1;
	return ADD(ctx, calls, e);
}

/* Argon2id takes its memory by mmap: never to be executed. */
static int
hash_rules(scmp_filter_ctx ctx, struct hf_err *e)
{
	static const int calls[] = { SCMP_SYS(munmap), SCMP_SYS(madvise) };

	if (key_rules(ctx, e) == -1 ||
	    add_if(ctx, SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC,
	    0), e) == -1)
		return -1;
	return ADD(ctx, calls, e);
}

/* openat that can only read: neither writing, creating nor truncating. */
static int
open_reading(scmp_filter_ctx ctx, struct hf_err *e)
{
	const uint64_t writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC |
	    O_APPEND | (O_TMPFILE & ~O_DIRECTORY);
	struct scmp_arg_cmp at = SCMP_A2(SCMP_CMP_MASKED_EQ, writing, 0);
	struct scmp_arg_cmp old = SCMP_A1(SCMP_CMP_MASKED_EQ, writing, 0);

	if (add_if(ctx, SCMP_SYS(openat), at, e) == -1 ||
	    add_if(ctx, SCMP_SYS(open), old, e) == -1)
		return -1;
	return ADD(ctx, reading_files, e);
}

/*
 * socket and socketpair for the families in `af`; others get an errno, as
 * libraries try families and take no for an answer.  (A rule without a
 * condition would override those with one, so each refused family has a
 * rule of its own.)
 */
static int
families(scmp_filter_ctx ctx, const int *af, size_t n, struct hf_err *e)
{
	const uint32_t no = SCMP_ACT_ERRNO(EAFNOSUPPORT);
	size_t i;
	int f, rc;

	for (f = 0; f <= AF_MAX; f++) {
		for (i = 0; i < n && af[i] != f; i++)
			;
		if (i < n) {
			struct scmp_arg_cmp is = SCMP_A0(SCMP_CMP_EQ,
			    (scmp_datum_t)f);

			if (add_if(ctx, SCMP_SYS(socket), is, e) == -1 ||
			    add_if(ctx, SCMP_SYS(socketpair), is, e) == -1)
				return -1;
			continue;
		}
		rc = f < AF_MAX ?
		    seccomp_rule_add(ctx, no, SCMP_SYS(socket), 1,
		    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)f)) :
		    seccomp_rule_add(ctx, no, SCMP_SYS(socket), 1,
		    SCMP_A0(SCMP_CMP_GE, (scmp_datum_t)f));
		if (rc < 0) {
			errno = -rc;
			return hf_fail_sys(e, "seccomp rule");
		}
	}
	return 0;
}

/* NETLINK: getaddrinfo asks the kernel for its addresses. */
static int
inet_and_unix(scmp_filter_ctx ctx, struct hf_err *e)
{
	static const int af[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };

	return families(ctx, af, sizeof af / sizeof af[0], e);
}

static int
only_unix(scmp_filter_ctx ctx, struct hf_err *e)
{
	static const int af[] = { AF_UNIX };

	return families(ctx, af, 1, e);
}

/* Libraries that look for a file are told no; that is no reason to die. */
static int
opens_nothing(scmp_filter_ctx ctx, struct hf_err *e)
{
	if (refuse(ctx, SCMP_SYS(openat), EACCES, e) == -1 ||
	    refuse(ctx, SCMP_SYS(open), EACCES, e) == -1 ||
	    refuse(ctx, SCMP_SYS(access), EACCES, e) == -1)
		return -1;
	return refuse(ctx, SCMP_SYS(readlink), EACCES, e);
}

static int
rules(scmp_filter_ctx ctx, enum hf_sandbox kind, struct hf_err *e)
{
	if (kind == HF_SANDBOX_KEY)
		return key_rules(ctx, e);
	if (kind == HF_SANDBOX_HASH)
		return hash_rules(ctx, e);
	if (ADD(ctx, base, e) == -1)
		return -1;
	/* Asked for by libc and libraries on the way; the answer "no" is fine. */
	if (refuse(ctx, SCMP_SYS(sched_setscheduler), EPERM, e) == -1)
		return -1;
	switch (kind) {
	case HF_SANDBOX_DELIVER:
		if (open_reading(ctx, e) == -1 ||
		    inet_and_unix(ctx, e) == -1 ||
		    ADD(ctx, waiting, e) == -1)
			return -1;
		return ADD(ctx, sockets, e);
	case HF_SANDBOX_QUEUE:
		if (ADD(ctx, queue_files, e) == -1 ||
		    ADD(ctx, reading_files, e) == -1 ||
		    only_unix(ctx, e) == -1 ||
		    ADD(ctx, waiting, e) == -1 ||
		    ADD(ctx, sockets, e) == -1)
			return -1;
		return ADD(ctx, accepting, e);
	case HF_SANDBOX_WEB:
		/* Its TCP sockets are there already; it makes no more. */
		if (open_reading(ctx, e) == -1 || only_unix(ctx, e) == -1 ||
		    ADD(ctx, waiting, e) == -1 ||
		    ADD(ctx, sockets, e) == -1 || ADD(ctx, threads, e) == -1)
			return -1;
		return ADD(ctx, accepting, e);
	case HF_SANDBOX_READER:
		if (ADD(ctx, reading_files, e) == -1 ||
		    ADD(ctx, queue_files, e) == -1 ||
		    inet_and_unix(ctx, e) == -1 ||
		    ADD(ctx, waiting, e) == -1 ||
		    ADD(ctx, threads, e) == -1 || ADD(ctx, minding, e) == -1)
			return -1;
		return ADD(ctx, sockets, e);
	case HF_SANDBOX_CARD:
		if (opens_nothing(ctx, e) == -1 || only_unix(ctx, e) == -1 ||
		    ADD(ctx, waiting, e) == -1)
			return -1;
		return ADD(ctx, sockets, e);
	case HF_SANDBOX_KEY:
	case HF_SANDBOX_HASH:
	case HF_SANDBOX_INTAKE:
		break;
	}
	return hf_fail(e, HF_EINPUT, "no such sandbox");
}

int
hf_sandbox_apply(enum hf_sandbox kind, struct hf_err *e)
{
	scmp_filter_ctx ctx;
	int rc = -1, k;

	if (kind == HF_SANDBOX_INTAKE)
		return hf_sandbox_intake(e);
	ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (ctx == NULL)
		return hf_fail(e, HF_ESYS, "seccomp is not available");
	if (rules(ctx, kind, e) == -1)
		goto out;
#ifdef __SANITIZE_ADDRESS__
	if (ADD(ctx, sanitizer, e) == -1)
		goto out;
#endif
	k = seccomp_load(ctx);
	if (k < 0) {
		errno = -k;
		hf_fail_sys(e, "load the system call filter");
		goto out;
	}
	rc = 0;
out:
	seccomp_release(ctx);
	return rc;
}
