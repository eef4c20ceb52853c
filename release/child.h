#ifndef HF_CHILD_H
#define HF_CHILD_H

#include <sys/types.h>

#include "lib/err.h"
#include "lib/priv.h"

/*
 * Starting one of our own programs as another user, with exactly the
 * descriptors it is given.
 */
#define HF_CHILD_FDS 5

struct hf_child {
	const char *path;	/* of the program; also its argv[0]'s folder */
	const char *const *argv;
	const struct hf_user *user;
	const gid_t *groups;	/* supplementary */
	size_t n_groups;
	int fds[HF_CHILD_FDS];	/* become 3, 4 …; -1: not open there */
};

/*
 * Fork and exec.  The child has /dev/null as standard input, our standard
 * error as output, the descriptors above and no other; no environment; the
 * signals as at birth; a process group of its own.  A child that cannot
 * become the user or cannot be exec'd says so in the log and ends with 127.
 */
int hf_child_start(const struct hf_child *c, pid_t *pid, struct hf_err *e)
    HF_MUST_USE;

#endif
