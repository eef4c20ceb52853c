#ifndef HF_TREE_H
#define HF_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/err.h"

/*
 * What belongs to an instance on disk, with owner, group and mode:
 * doc/instance.md.  init makes the folders, doctor compares all of it.
 */
struct hf_node {
	const char *path;	/* below DIR */
	const char *user;
	const char *group;
	mode_t mode;		/* permission bits */
	bool folder;
	bool optional;		/* not there yet is fine */
};
extern const struct hf_node hf_tree[];
extern const size_t hf_n_tree;

/* The system users; *group: a further group of theirs or NULL. */
struct hf_account {
	const char *name;
	const char *group;
};
extern const struct hf_account hf_accounts[];
extern const size_t hf_n_accounts;

/* Make the system users that are missing. */
int hf_accounts_make(struct hf_err *e) HF_MUST_USE;
/* Is `user` a member of `group`, by /etc/group? */
bool hf_is_member(const char *user, const char *group);
/* Make every folder of the tree below dir. */
int hf_tree_make(int dir, struct hf_err *e) HF_MUST_USE;
/* Give one file of the tree its owner and mode. */
int hf_tree_own(int dir, const char *path, struct hf_err *e) HF_MUST_USE;
/*
 * Compare one node with the disk. 1: as it should be; 0: not, and text says
 * how; -1: missing (text says so too).
 */
int hf_tree_check(int dir, const struct hf_node *n, char *text, size_t size);

#endif
