#ifndef HF_LEDGER_H
#define HF_LEDGER_H

#include "release/queue/proto.h"
#include "release/queue/store.h"

/*
 * What deliver processes report and the database must know, in order.  While
 * the database is away it waits here, and on disk (journal.h) what a restart
 * must not forget; each write carries its fence, so that writing late or
 * twice does no harm.
 */
struct hf_attempt;
struct hf_ledger;

struct hf_ledger_ops {
	/*
	 * The change of state is committed (ok; sent: or kept on disk while
	 * the database is away), or the attempt is not ours.
	 */
	void (*advanced)(void *arg, struct hf_attempt *a,
	    const struct hf_m_advance *m, bool ok);
	/*
	 * It could not be written within 4 s, and the document must not start
	 * without it (created, releasing).  Whether it was written is unknown.
	 */
	void (*given_up)(void *arg, struct hf_attempt *a,
	    const struct hf_m_advance *m);
	/*
	 * The end is committed: the job's state by name, also where somebody
	 * else had ended it; "" where the job is not known any more.
	 */
	void (*finished)(void *arg, struct hf_attempt *a,
	    const struct hf_m_finish *m, const char *state);
};

/* dir: the folder of the journal, borrowed. */
struct hf_ledger *hf_ledger_new(struct hf_loop *loop, struct hf_store *store,
    int dir, const struct hf_ledger_ops *ops, void *arg, struct hf_err *e)
    HF_MUST_USE;
void hf_ledger_free(struct hf_ledger *l);
/* Written now where possible; the callbacks may come from within the call. */
void hf_ledger_advance(struct hf_ledger *l, struct hf_attempt *a,
    const struct hf_m_advance *m);
void hf_ledger_finish(struct hf_ledger *l, struct hf_attempt *a,
    const struct hf_m_finish *m);
/* The database is back. */
void hf_ledger_flush(struct hf_ledger *l);
bool hf_ledger_is_empty(const struct hf_ledger *l);

#endif
