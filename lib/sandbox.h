#ifndef HF_SANDBOX_H
#define HF_SANDBOX_H

#include "lib/err.h"

/*
 * System call filters (libseccomp), one table a kind of process.  What is not
 * in the table kills the process; the table is in sandbox.c and readable.
 * HF_SANDBOX_KEY: read and write of the descriptors 0 to 4, exit, and
 * getrandom; nothing that opens, maps or sends anywhere else.
 */
enum hf_sandbox {
	HF_SANDBOX_INTAKE,	/* read, write, O_TMPFILE, link, fsync, threads; no
				   processes, no sockets */
	HF_SANDBOX_KEY,
	HF_SANDBOX_HASH,	/* as KEY, and memory may come and go */
	HF_SANDBOX_DELIVER,	/* sockets out, reading; no exec, no creating */
	HF_SANDBOX_QUEUE,	/* files and unix sockets; no inet, no exec */
	HF_SANDBOX_WEB,		/* accepts inet, connects unix, threads; no exec,
				 * no writing */
	HF_SANDBOX_READER,	/* unix and inet sockets, own children; no exec */
	HF_SANDBOX_CARD		/* of a reader's child: unix sockets to pcscd,
				 * opens nothing, no inet, no children */
};
/*
 * Apply for the rest of this process's life. Sets no-new-privs. HF_ESYS where
 * the kernel has no seccomp.  Under AddressSanitizer the filter is the same
 * plus what the sanitizer needs.
 */
int hf_sandbox_apply(enum hf_sandbox kind, struct hf_err *e) HF_MUST_USE;
/* HF_SANDBOX_INTAKE without libseccomp, quick to start: sandbox_intake.c. */
int hf_sandbox_intake(struct hf_err *e) HF_MUST_USE;

#endif
