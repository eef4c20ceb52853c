#ifndef HF_AUDITFILE_H
#define HF_AUDITFILE_H

#include <stdio.h>

#include "lib/buf.h"
#include "lib/checkpoint.h"
#include "lib/sha256.h"

/* Exported audit logs: doc/audit.md, "Export".  Hostile: whoever changed the
 * log may have written the file. */

#define HF_AUDIT_LINE_MAX (1 << 20)
#define HF_AUDIT_LEAVES 1000	/* records under one checkpoint, at most */

/* A record's line; views borrow from it. */
struct hf_audit_line {
	uint64_t seq;
	struct hf_view public;
	struct hf_view personal;	/* p NULL: erased */
	struct hf_view salt;		/* 32 hex digits */
	hf_hash personal_hash;		/* where it was erased */
	hf_hash said;			/* the leaf hash that it names */
	bool missing;			/* the event is gone: only seq, said */
};

/* Decode exactly, without the end of the line. HF_EINPUT. */
int hf_audit_line_get(struct hf_view line, struct hf_audit_line *out,
    struct hf_err *e) HF_MUST_USE;
/* The leaf hash of what stands there. HF_EINPUT. */
int hf_audit_line_hash(const struct hf_audit_line *l, hf_hash out,
    struct hf_err *e) HF_MUST_USE;

struct hf_verdict {
	uint64_t records, erased, checkpoints;
	size_t witnessed;		/* checkpoints that were compared */
	struct hf_vkey key;
	bool sound;
	char finding[400];		/* where it is not, one sentence */
};
/*
 * Read a whole export.  `key`: the log's key, or NULL for the one that the
 * file names; `witness`: folder of checkpoints, or NULL.  -1 where something
 * could not be read; a log that was tampered with is a verdict.
 */
int hf_audit_verify(FILE *f, const struct hf_vkey *key, const char *witness,
    struct hf_verdict *out, struct hf_err *e) HF_MUST_USE;

#endif
