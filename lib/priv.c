#include "lib/priv.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int
hf_user_find(const char *name, struct hf_user *out, struct hf_err *e)
{
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *pw;
	int rc = -1;

	if (f == NULL)
		return hf_fail_sys(e, "open /etc/passwd");
	while ((pw = fgetpwent(f)) != NULL) {
		if (strcmp(pw->pw_name, name) != 0)
			continue;
		out->uid = pw->pw_uid;
		out->gid = pw->pw_gid;
		rc = 0;
		break;
	}
	fclose(f);
	if (rc == -1)
		return hf_fail(e, HF_ECONFIG, "there is no system user %s",
		    name);
	return 0;
}

int
hf_group_find(const char *name, gid_t *out, struct hf_err *e)
{
	FILE *f = fopen("/etc/group", "re");
	struct group *gr;
	int rc = -1;

	if (f == NULL)
		return hf_fail_sys(e, "open /etc/group");
	while ((gr = fgetgrent(f)) != NULL) {
		if (strcmp(gr->gr_name, name) != 0)
			continue;
		*out = gr->gr_gid;
		rc = 0;
		break;
	}
	fclose(f);
	if (rc == -1)
		return hf_fail(e, HF_ECONFIG, "there is no system group %s",
		    name);
	return 0;
}

int
hf_priv_harden(struct hf_err *e)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return hf_fail_sys(e, "no-new-privs");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return hf_fail_sys(e, "not dumpable");
	if (setrlimit(RLIMIT_CORE, &none) == -1)
		return hf_fail_sys(e, "no core files");
	return 0;
}

/* Permitted, effective, inheritable and ambient all empty. */
static int
drop_capabilities(struct hf_err *e)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct none[2];

	memset(none, 0, sizeof none);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1 &&
	    errno != EINVAL)
		return hf_fail_sys(e, "drop ambient capabilities");
	if (syscall(SYS_capset, &head, none) == -1)
		return hf_fail_sys(e, "drop capabilities");
	return 0;
}

int
hf_priv_become(const struct hf_user *u, const gid_t *extra, size_t n,
    struct hf_err *e)
{
	int cap;

	if (u->uid == 0)
		return hf_fail(e, HF_ECONFIG, "refusing to run as root");
	/* The bounding set first: it takes CAP_SETPCAP, which root has. */
	for (cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1 &&
		    errno != EINVAL && errno != EPERM)
			return hf_fail_sys(e, "drop the bounding set");
	if (setgroups(n, extra) == -1)
		return hf_fail_sys(e, "setgroups");
	if (setresgid(u->gid, u->gid, u->gid) == -1)
		return hf_fail_sys(e, "setresgid");
	if (setresuid(u->uid, u->uid, u->uid) == -1)
		return hf_fail_sys(e, "setresuid");
	if (drop_capabilities(e) == -1)
		return -1;
	if (setuid(0) != -1 || seteuid(0) != -1)
		return hf_fail(e, HF_ESYS, "root could be had back");
	return hf_priv_harden(e);
}

void
hf_priv_close_from(int from)
{
	(void)close_range((unsigned)from, ~0u, 0);
}
