#ifndef HF_READER_H
#define HF_READER_H

#include "release/queue/nonce.h"
#include "release/queue/store.h"

/*
 * The enrolled readers that have spoken to us: key, printers and unused
 * nonces in memory, so that a tap needs the database only for its decision.
 * Revocation does not depend on this: it is asked again at every tap.
 */
#define HF_READER_PRINTERS 32

struct hf_reader_printer {
	struct hf_id id;
	char name[128];
};

struct hf_reader {
	struct hf_reader *next;
	struct hf_id id;
	bool has_key;		/* public_key is what the database says */
	uint8_t public_key[HF_READER_PK_LEN];
	struct hf_nonces nonces;
	struct hf_reader_printer printers[HF_READER_PRINTERS];
	size_t n_printers;	/* as of the last hello */
};

struct hf_readers;

struct hf_readers *hf_readers_new(struct hf_store *store, struct hf_err *e)
    HF_MUST_USE;
void hf_readers_free(struct hf_readers *r);
/*
 * The reader with its key, from memory or the database.  HF_EDENIED where it
 * is unknown or revoked, HF_EAGAIN where the database is away.  Borrowed;
 * valid until hf_readers_free.
 */
struct hf_reader *hf_reader_get(struct hf_readers *r, const struct hf_id *id,
    struct hf_err *e) HF_MUST_USE;
/* Marks it seen and reads its printers. HF_EDENIED where it is revoked. */
int hf_reader_hello(struct hf_readers *r, struct hf_reader *reader,
    struct hf_err *e) HF_MUST_USE;
bool hf_reader_is_bound(const struct hf_reader *reader,
    const struct hf_id *printer);
/* Its row has changed, or (NULL) any may have: ask for the keys again. */
void hf_readers_forget(struct hf_readers *r, const struct hf_id *id);

#endif
