#include "admin/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/child.h"
#include "lib/priv.h"

/* Folders before what is in them. */
const struct hf_node hf_tree[] = {
	{ "etc", "root", "root", 0755, true, false },
	/*
	 * Role queue replaces keystore and keylist; the sticky bit keeps it
	 * from the files of others beside them.
	 */
	{ "keys", "root", "hf-queue", 01771, true, false },
	{ "keys/hosts", "root", "root", 0755, true, false },
	{ "tls", "root", "root", 0755, true, false },
	{ "spool", "root", "root", 0755, true, false },
	{ "spool/incoming", "hf-queue", "hf-intake", 01730, true, false },
	{ "spool/held", "hf-queue", "hf-queue", 0700, true, false },
	{ "spool/quarantine", "hf-queue", "hf-queue", 0700, true, false },
	{ "spool/intake", "hf-intake", "hf-intake", 0700, true, false },
	/* Checkpoints: for auditors to copy away, so everybody may read. */
	{ "witness", "hf-queue", "hf-queue", 0755, true, false },
	{ "run", "root", "root", 0755, true, false },
	{ "log", "root", "root", 0755, true, false },
	{ "keys/master.key", "root", "root", 0600, false, false },
	{ "keys/keystore", "hf-queue", "hf-queue", 0600, false, false },
	{ "keys/keylist", "hf-queue", "hf-queue", 0644, false, false },
	{ "keys/site.pub", "root", "root", 0644, false, false },
	{ "keys/host.key", "hf-intake", "hf-intake", 0400, false, false },
	{ "tls/server.crt", "root", "root", 0644, false, false },
	/* holdfastd reads it again when it is told to, and is hf-web then. */
	{ "tls/server.key", "root", "hf-web", 0640, false, false },
	{ "etc/intake.conf", "root", "root", 0644, false, false },
	{ "etc/released.conf", "root", "root", 0644, false, false },
	{ "etc/holdfastd.conf", "root", "root", 0644, false, false },
	{ "etc/admin.conf", "root", "root", 0644, false, false },
	{ "db", "hf-db", "hf-db", 0700, true, true },
	{ "log/db.log", "hf-db", "hf-db", 0600, false, true },
};
const size_t hf_n_tree = sizeof hf_tree / sizeof hf_tree[0];

const struct hf_account hf_accounts[] = {
	{ "hf-intake", NULL },
	{ "hf-web", NULL },
	{ "hf-queue", "hf-intake" },
	{ "hf-key", NULL },
	{ "hf-deliver", NULL },
	{ "hf-reader", NULL },
	{ "hf-db", NULL },
};
const size_t hf_n_accounts = sizeof hf_accounts / sizeof hf_accounts[0];

bool
hf_is_member(const char *user, const char *group)
{
	FILE *f = fopen("/etc/group", "re");
	struct group *gr;
	bool found = false;
	size_t i;

	if (f == NULL)
		return false;
	while (!found && (gr = fgetgrent(f)) != NULL) {
		if (strcmp(gr->gr_name, group) != 0)
			continue;
		for (i = 0; gr->gr_mem[i] != NULL; i++)
			found = found || strcmp(gr->gr_mem[i], user) == 0;
	}
	fclose(f);
	return found;
}

static int
make_account(const struct hf_account *a, struct hf_err *e)
{
	const char *const add[] = { "/usr/sbin/useradd", "--system",
		"--no-create-home", "--home-dir", "/nonexistent", "--shell",
		"/usr/sbin/nologin", "--user-group", a->name, NULL };
	const char *const join[] = { "/usr/sbin/usermod", "--append",
		"--groups", a->group, a->name, NULL };
	struct hf_user u;

	if (hf_user_find(a->name, &u, NULL) == -1 &&
	    hf_child_run(add, e) == -1 &&
	    hf_user_find(a->name, &u, NULL) == -1)	/* nobody else either */
		return hf_wrap(e, "make the system user %s", a->name);
	if (a->group == NULL || hf_is_member(a->name, a->group))
		return 0;
	if (hf_child_run(join, e) == -1 && !hf_is_member(a->name, a->group))
		return hf_wrap(e, "put %s into group %s", a->name, a->group);
	return 0;
}

int
hf_accounts_make(struct hf_err *e)
{
	size_t i;

	for (i = 0; i < hf_n_accounts; i++)
		if (make_account(&hf_accounts[i], e) == -1)
			return -1;
	return 0;
}

static int
owner_of(const struct hf_node *n, uid_t *uid, gid_t *gid, struct hf_err *e)
{
	struct hf_user u;

	if (hf_user_find(n->user, &u, e) == -1 ||
	    hf_group_find(n->group, gid, e) == -1)
		return -1;
	*uid = u.uid;
	return 0;
}

static int
own(int dir, const struct hf_node *n, struct hf_err *e)
{
	uid_t uid;
	gid_t gid;

	/* Owner first: chown takes mode bits away. */
	if (owner_of(n, &uid, &gid, e) == -1)
		return -1;
	if (fchownat(dir, n->path, uid, gid, AT_SYMLINK_NOFOLLOW) == -1 ||
	    fchmodat(dir, n->path, n->mode, 0) == -1)
		return hf_fail_sys(e, "owner and mode of %s", n->path);
	return 0;
}

int
hf_tree_make(int dir, struct hf_err *e)
{
	size_t i;

	for (i = 0; i < hf_n_tree; i++) {
		if (!hf_tree[i].folder || hf_tree[i].optional)
			continue;
		if (mkdirat(dir, hf_tree[i].path, 0700) == -1 &&
		    errno != EEXIST)
			return hf_fail_sys(e, "make the folder %s",
			    hf_tree[i].path);
		if (own(dir, &hf_tree[i], e) == -1)
			return -1;
	}
	return 0;
}

int
hf_tree_own(int dir, const char *path, struct hf_err *e)
{
	size_t i;

	for (i = 0; i < hf_n_tree; i++)
		if (strcmp(hf_tree[i].path, path) == 0)
			return own(dir, &hf_tree[i], e);
	HF_ASSERT(!"a file that is in the tree");
	return -1;
}

int
hf_tree_check(int dir, const struct hf_node *n, char *text, size_t size)
{
	struct stat st;
	uid_t uid;
	gid_t gid;

	if (fstatat(dir, n->path, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		snprintf(text, size, "%s: %s", n->path, strerror(errno));
		return -1;
	}
	if (owner_of(n, &uid, &gid, NULL) == -1) {
		snprintf(text, size, "%s: there is no user %s or group %s",
		    n->path, n->user, n->group);
		return 0;
	}
	if ((n->folder ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode)) &&
	    st.st_uid == uid && st.st_gid == gid &&
	    (st.st_mode & 07777) == n->mode)
		return 1;
	snprintf(text, size, "%s must be a %s of %s:%s with mode %04o, it is "
	    "of %ld:%ld with %04o", n->path, n->folder ? "folder" : "file",
	    n->user, n->group, (unsigned)n->mode, (long)st.st_uid,
	    (long)st.st_gid, (unsigned)(st.st_mode & 07777));
	return 0;
}
