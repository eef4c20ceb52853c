#ifndef HF_ADOPT_IN_H
#define HF_ADOPT_IN_H

#include "release/queue/adopt.h"
#include "release/queue/adoptrow.h"

/*
 * Between the three files that adoption is written in, in the order in which
 * a file goes through them:
 *
 *   adopt.c      finding files, one batch after the other
 *   adoptfile.c  looking at one file
 *   adoptend.c   what becomes of it
 */
struct hf_adopt_pending {
	struct hf_id id;
	enum hf_place place;
};

struct hf_adopt {
	const struct hf_spool *sp;
	int hosts;
	struct hf_store *store;
	struct hf_keyask *key;
	int inotify;
	struct event *changed;	/* inotify */
	struct event *work;	/* low priority */
	struct event *retry;
	struct hf_adopt_pending *pending; /* ring buffer that grows */
	size_t head, n, cap;
	struct hf_item *batch;	/* HF_ADOPT_BATCH */
	size_t in_batch;
	size_t opening;		/* of these, waiting for role key */
	int pause_ms;		/* before what failed is looked at again */
	struct hf_item *current; /* of these, being checked, or NULL */
	struct hf_sealed_checker *checker; /* of it */
	int fd;			/* of it */
	struct hf_buf header;	/* of it */
	struct hf_view sealed;	/* header's whole, in it */
	bool has_host;		/* the last host asked for in this batch */
	uint8_t host_id[HF_KEYID_LEN];
	uint8_t host_pk[HF_HOST_PK_LEN];
	struct hf_adopt_counts counts;
};

/* Go on soon, behind everything else. */
void hf_adopt_schedule(struct hf_adopt *a);
/* Look through incoming/ again, after a pause that grows. */
void hf_adopt_retry_later(struct hf_adopt *a);

/* Put this file into the batch and begin to look at it. */
void hf_adopt_take(struct hf_adopt *a, const struct hf_adopt_pending *p);
/* One piece of the digest; at its end role key is asked for the envelope. */
void hf_adopt_check(struct hf_adopt *a);
/* The file that was being looked at is closed. */
void hf_adopt_checked(struct hf_adopt *a);
void hf_item_spoiled(struct hf_item *it, enum hf_item_state state,
    const struct hf_err *why);

/* Rows for all that are good, and each file to its place. */
void hf_adopt_finish(struct hf_adopt *a);

#endif
