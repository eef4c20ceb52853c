/*
 * HF_SANDBOX_INTAKE: declared in lib/sandbox.h.
 *
 * Written out as a filter program, where the other tables go through
 * libseccomp: intake is started anew for every job, and having libseccomp put
 * its rules together takes 0.3 ms, as much as sealing a page does; this takes
 * 0.04 ms.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/sandbox.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "lib/sandbox_intake.c: name this architecture (linux/audit.h)"
#endif
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "lib/sandbox_intake.c: the low half of an argument lies elsewhere"
#endif

static const int allowed[] = {
	/* the document, the spool, the keys */
	SYS_read, SYS_write, SYS_openat, SYS_close, SYS_fstat, SYS_newfstatat,
	SYS_lseek, SYS_fstatfs, SYS_fchmod, SYS_fsync, SYS_sync_file_range,
	SYS_linkat,
	/* the memory of serials: replaced under a lock */
	SYS_flock, SYS_renameat, SYS_unlinkat, SYS_getpid,
	/* memory */
	SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise,
	/* time, chance, signals, the end */
	SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep,
	SYS_restart_syscall, SYS_getrandom, SYS_rt_sigprocmask,
	SYS_rt_sigaction, SYS_rt_sigreturn, SYS_exit, SYS_exit_group,
	SYS_gettid, SYS_tgkill,		/* abort(3) */
	/* the thread of lib/writer.c; clone is below */
	SYS_futex, SYS_set_robust_list, SYS_rseq,
#ifdef __SANITIZE_ADDRESS__	/* never in a build that is shipped */
	SYS_sigaltstack, SYS_sched_yield, SYS_readlinkat, SYS_prlimit64,
	SYS_pipe2, SYS_process_vm_readv, SYS_sysinfo, SYS_sched_getaffinity,
	SYS_getuid, SYS_geteuid, SYS_prctl, SYS_uname,
#ifdef SYS_readlink
	SYS_readlink, SYS_stat, SYS_access, SYS_open,
#endif
#endif
};
#define N_ALLOWED (sizeof allowed / sizeof allowed[0])
#define LONGEST 128
_Static_assert(N_ALLOWED + 12 < LONGEST, "jumps reach 255 at most");

#define LOAD(field) \
	(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
	    offsetof(struct seccomp_data, field))
#define IF_EQUAL(value, then, otherwise) \
	(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, \
	    (unsigned)(value), (unsigned char)(then), \
	    (unsigned char)(otherwise))
#define IF_BITS(bits, then, otherwise) \
	(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, then, \
	    otherwise)
#define ANSWER(action) \
	(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action)

/*
 * A number that is not in the table kills the process, that of another
 * architecture (x32 among them) included.  A new thread is fine, a new process
 * is not.  clone3 keeps its flags in memory, where no filter sees them; glibc
 * takes "no such call" for an answer and uses clone.
 */
static unsigned short
program(struct sock_filter f[static LONGEST])
{
	unsigned short n = 0;
	size_t i;

	f[n++] = LOAD(arch);
	f[n++] = IF_EQUAL(ARCH, 1, 0);
	f[n++] = ANSWER(SECCOMP_RET_KILL_PROCESS);
	f[n++] = LOAD(nr);
	f[n++] = IF_EQUAL(SYS_clone3, 0, 1);
	f[n++] = ANSWER(SECCOMP_RET_ERRNO | ENOSYS);
	f[n++] = IF_EQUAL(SYS_clone, 0, 3);
	f[n++] = LOAD(args[0]);
	f[n++] = IF_BITS(CLONE_THREAD, N_ALLOWED + 2, 0);
	f[n++] = ANSWER(SECCOMP_RET_KILL_PROCESS);
	for (i = 0; i < N_ALLOWED; i++)
		f[n++] = IF_EQUAL(allowed[i], N_ALLOWED - i, 0);
	f[n++] = ANSWER(SECCOMP_RET_KILL_PROCESS);
	f[n++] = ANSWER(SECCOMP_RET_ALLOW);
	return n;
}

int
hf_sandbox_intake(struct hf_err *e)
{
	struct sock_filter f[LONGEST];
	struct sock_fprog p = { .len = program(f), .filter = f };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return hf_fail_sys(e, "no-new-privs");
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p) == -1)
		return hf_fail_sys(e, "load the system call filter");
	return 0;
}
