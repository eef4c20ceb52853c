#ifndef HF_AUDIT_H
#define HF_AUDIT_H

#include "release/queue/keyask.h"
#include "release/queue/store.h"

/*
 * The audit log's one sequencer (doc/audit.md): gives numbers to the events
 * that taps and everybody else have written, and has role key sign a
 * checkpoint every 60 s or 1000 records, into the database and into the
 * folder of the witness.  Works in small pieces at low priority; nobody waits
 * for it.
 */
struct hf_audit;

/* `witness` is borrowed: a folder, or NULL. */
struct hf_audit *hf_audit_new(struct hf_loop *loop, struct hf_store *store,
    struct hf_keyask *key, const char *witness, struct hf_err *e) HF_MUST_USE;
void hf_audit_free(struct hf_audit *a);
/* Look whether a checkpoint is due; every few seconds. */
void hf_audit_tick(struct hf_audit *a);

#endif
