#ifndef HF_MEDIUM_H
#define HF_MEDIUM_H

#include <stdbool.h>

#include "lib/buf.h"

/* What a folder's bytes end up on. */
enum hf_medium {
	HF_MEDIUM_UNKNOWN,
	HF_MEDIUM_MEMORY,	/* tmpfs or ramfs that cannot be swapped out */
	HF_MEDIUM_SWAPPABLE,	/* tmpfs, and there is swap */
	HF_MEDIUM_ENCRYPTED,	/* dm-crypt below it */
	HF_MEDIUM_DISK
};
/* HF_MEDIUM_UNKNOWN and *e where the folder cannot be looked at. */
enum hf_medium hf_medium_of(const char *path, struct hf_err *e);

struct hf_mount {
	char type[32];		/* "ext4" */
	char options[256];	/* of the superblock */
};
/*
 * The mount of device major:minor in the text of /proc/self/mountinfo
 * (proc(5)); the last one counts. False where there is none. Pure.
 */
bool hf_mount_find(struct hf_view mountinfo, unsigned major, unsigned minor,
    struct hf_mount *out);
/* Does the text of /proc/swaps list any? Pure. */
bool hf_swaps_any(struct hf_view swaps);

#endif
