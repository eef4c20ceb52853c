#ifndef HF_ADOPTROW_H
#define HF_ADOPTROW_H

#include "lib/envelope.h"
#include "lib/seal.h"
#include "lib/spool.h"
#include "release/queue/store.h"

/* A sealed file on its way to a row, and the statement that makes it one. */
enum hf_item_state {
	HF_ITEM_CHECKING,	/* its digest is being made */
	HF_ITEM_OPENING,	/* role key is asked for its envelope */
	HF_ITEM_READY,		/* checked and opened: make a row */
	HF_ITEM_BAD,		/* not what it says: quarantine, see why */
	HF_ITEM_LATER		/* could not be looked at now */
};

struct hf_item {
	struct hf_adopt *owner;
	struct hf_id id;
	enum hf_place place;
	enum hf_item_state state;
	uint64_t plain;		/* bytes of the document */
	uint8_t key_id[HF_KEYID_LEN];
	uint8_t host_id[HF_KEYID_LEN];
	uint8_t dup_tag[HF_DUP_TAG_LEN];
	struct hf_envelope env;
	char why[256];
};

/* What job_adopt said. */
enum hf_adopted {
	HF_ADOPTED,
	HF_ADOPTED_AGAIN,
	HF_ADOPTED_CONFLICT,	/* adopted, with an alarm */
	HF_ADOPTED_FINISHED,	/* the file may go */
	HF_ADOPTED_DUPLICATE	/* the file may go */
};

/*
 * Make rows of n items (1 to HF_ADOPT_BATCH) in one transaction: all or
 * none.  HF_EAGAIN: the database is away; HF_ECONFLICT: it refuses one of
 * them.
 */
#define HF_ADOPT_BATCH 64
int hf_adopt_rows(struct hf_store *store, struct hf_item *const items[],
    size_t n, enum hf_adopted out[], struct hf_err *e) HF_MUST_USE;

#endif
