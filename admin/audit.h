#ifndef HF_ADMIN_AUDIT_H
#define HF_ADMIN_AUDIT_H

#include "admin/auditfile.h"
#include "admin/cmd.h"

/* Where the audit log stands. */
struct hf_audit_head {
	int64_t covered;	/* records under the newest checkpoint */
	int64_t pending;	/* events that came after it */
	char vkey[HF_VKEY_MAX];
};
/* HF_EAGAIN where no checkpoint was signed yet. */
int hf_audit_head(struct hf_run *r, struct hf_audit_head *out,
    struct hf_err *e) HF_MUST_USE;

/* Columns of hf_audit_records. */
enum {
	HF_REC_SEQ,
	HF_REC_PUBLIC,
	HF_REC_PERSONAL,
	HF_REC_SALT,
	HF_REC_PERSONAL_HASH,
	HF_REC_HASH,
	HF_REC_AT,
	HF_REC_KIND,
	HF_REC_LEVEL,
	HF_REC_ACTOR,
	HF_REC_JOB,
	HF_REC_DATA
};
/* At most `max` records from `first` on, of one job or (NULL) all. */
int hf_audit_records(struct hf_run *r, int64_t first, const char *max,
    const char *job, PGresult **res, struct hf_err *e) HF_MUST_USE;
/* One record as it is exported, without the end of the line. */
void hf_audit_line_put(FILE *to, const PGresult *res, int row);

#endif
