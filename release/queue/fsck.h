#ifndef HF_FSCK_H
#define HF_FSCK_H

#include <jansson.h>

#include "release/queue/adopt.h"

/*
 * Files and rows against each other, all of them: every sealed file in held/
 * is read to its end and its digest and signature checked, every row that
 * must have a file is looked for.
 *
 *   file, no row       adopted
 *   file, job over     removed
 *   file not sound     quarantine, with an alarm; its held job is damaged
 *   row, no file       a held job is damaged, and its owner told
 *
 * Without `repair` it only says so.  It works behind everything else that the
 * loop has to do, and waits for nobody.
 */
struct hf_fsck;

/* o is given up to the callee; NULL with err where it was broken off. */
typedef void hf_fsck_fn(void *arg, json_t *o, const struct hf_err *err);

struct hf_fsck *hf_fsck_new(struct hf_loop *loop, const struct hf_spool *sp,
    int hosts, struct hf_store *store, struct hf_adopt *adopt,
    struct hf_err *e) HF_MUST_USE;
void hf_fsck_free(struct hf_fsck *f);
/*
 * HF_ECONFLICT where one is running.  gentle: take a fifth of the time, and
 * repair nothing where most files are missing (an unmounted disk looks so).
 * fn may be NULL: findings are logged in any case.
 */
int hf_fsck_start(struct hf_fsck *f, bool repair, bool gentle,
    hf_fsck_fn *fn, void *arg, struct hf_err *e) HF_MUST_USE;

#endif
