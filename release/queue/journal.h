#ifndef HF_JOURNAL_H
#define HF_JOURNAL_H

#include "release/queue/proto.h"

/*
 * What deliver processes reported while the database was away, kept on disk:
 * spool/held/.journal, one line a report, appended and fsynced before it is
 * relied on.  Each line carries its attempt's fence, so that writing it to
 * the database twice, late, or after somebody else took over does no harm.
 * Only this role writes it; a line that is torn or not what it says is left
 * out (a crash in the middle of an append).
 */
struct hf_report {
	bool is_finish;
	struct hf_m_advance advance;	/* sent, or what led to it */
	struct hf_m_finish finish;
};

/* Durable when this returns 0. dir: the folder. */
int hf_journal_add(int dir, const struct hf_report *r, struct hf_err *e)
    HF_MUST_USE;
/*
 * Each line in its order, until fn returns non-zero (which is then returned).
 * *bad counts lines that are not understood.  No journal is success.
 */
int hf_journal_each(int dir,
    int (*fn)(void *arg, const struct hf_report *r, struct hf_err *e),
    void *arg, unsigned *bad, struct hf_err *e) HF_MUST_USE;
/* All of it stands in the database. */
int hf_journal_drop(int dir, struct hf_err *e) HF_MUST_USE;

/* One line, without its end; pure. HF_EINPUT where it is none of ours. */
int hf_journal_line_get(struct hf_view line, struct hf_report *out,
    struct hf_err *e) HF_MUST_USE;
int hf_journal_line_put(struct hf_buf *out, const struct hf_report *r,
    struct hf_err *e) HF_MUST_USE;

#endif
