#ifndef HF_PRIV_H
#define HF_PRIV_H

#include <sys/types.h>

#include "lib/err.h"

/*
 * Leaving root for good.  Users are looked up in /etc/passwd by fgetpwent, so
 * that a static or sandboxed program needs no NSS module.
 */
struct hf_user {
	uid_t uid;
	gid_t gid;
};
int hf_user_find(const char *name, struct hf_user *out, struct hf_err *e)
    HF_MUST_USE;
int hf_group_find(const char *name, gid_t *out, struct hf_err *e) HF_MUST_USE;
/*
 * Become u: supplementary groups exactly extra[0..n), all three gids and
 * uids, capabilities gone (also the bounding set, if we may), no-new-privs,
 * not dumpable.  Checks that root cannot be had back.
 */
int hf_priv_become(const struct hf_user *u, const gid_t *extra, size_t n,
    struct hf_err *e) HF_MUST_USE;
/* No-new-privs, no core, not dumpable: for a process that has no root. */
int hf_priv_harden(struct hf_err *e) HF_MUST_USE;
/* Close every descriptor from `from` up. */
void hf_priv_close_from(int from);

#endif
