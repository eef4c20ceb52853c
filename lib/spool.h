#ifndef HF_SPOOL_H
#define HF_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/id.h"

/*
 * The store of sealed files: incoming/ held/ quarantine/ below one folder.
 * The only module that knows that they are files in folders.
 */
enum hf_place { HF_INCOMING, HF_HELD, HF_QUARANTINE };

struct hf_spool {
	int dir[3];	/* O_RDONLY|O_DIRECTORY descriptors or -1 */
};

/*
 * Open the folders that this process may enter: bit 1 << place in `want`.
 * Missing folder, or one that it may not read: HF_ECONFIG.  incoming/ is not
 * readable for hf-intake (1730), and only a readable descriptor can be
 * fsynced: the backend opens it while it is still root.
 */
int hf_spool_open(struct hf_spool *sp, const char *path, unsigned want,
    struct hf_err *e) HF_MUST_USE;
void hf_spool_close(struct hf_spool *sp);

/* Writing: an unnamed file in incoming/ (O_TMPFILE, mode 0440). */
int hf_spool_create(const struct hf_spool *sp, int *fd, struct hf_err *e)
    HF_MUST_USE;
/*
 * Make it durable under its id: fsync, link, fsync of the folder.  A failed
 * fsync is final for this file.  HF_ECONFLICT if the id exists.  Where only
 * the last step failed the file has its name, and may lose it at a crash.
 */
int hf_spool_commit(const struct hf_spool *sp, int fd, const struct hf_id *id,
    struct hf_err *e) HF_MUST_USE;
/* Bytes free for the unprivileged in incoming/ and the folder's total. */
int hf_spool_space(const struct hf_spool *sp, uint64_t *free_bytes,
    uint64_t *total, struct hf_err *e) HF_MUST_USE;

/*
 * Read-only descriptor of a plain file with one link (HF_EINPUT otherwise,
 * HF_ENOTFOUND).
 */
int hf_spool_read(const struct hf_spool *sp, enum hf_place place,
    const struct hf_id *id, int *fd, struct hf_err *e) HF_MUST_USE;
/* Rename between places without replacing. Not durable before hf_spool_sync. */
int hf_spool_move(const struct hf_spool *sp, const struct hf_id *id,
    enum hf_place from, enum hf_place to, struct hf_err *e) HF_MUST_USE;
int hf_spool_sync(const struct hf_spool *sp, enum hf_place place,
    struct hf_err *e) HF_MUST_USE;
/* Not there is success. */
int hf_spool_remove(const struct hf_spool *sp, enum hf_place place,
    const struct hf_id *id, struct hf_err *e) HF_MUST_USE;
/*
 * Call fn for every entry whose name is an id, until it returns non-zero
 * (which is then returned).  Other names are passed to odd, if not NULL.
 */
int hf_spool_each(const struct hf_spool *sp, enum hf_place place,
    int (*fn)(void *arg, const struct hf_id *id, struct hf_err *e),
    void (*odd)(void *arg, const char *name), void *arg, struct hf_err *e)
    HF_MUST_USE;

#endif
