#ifndef HF_STORE_H
#define HF_STORE_H

#include "cups-backend/source.h"
#include "lib/seal.h"
#include "lib/spool.h"

/* Sealing the documents of one job into the spool: all or none. */

struct hf_store {	/* all borrowed */
	const struct hf_spool *spool;
	const struct hf_host_key *host;
	const uint8_t *release_pk;	/* HF_RELEASE_PK_LEN */
	uint64_t max_document;		/* bytes of plaintext */
	uint64_t reserve;		/* bytes to leave free */
};

/*
 * Is there room for documents of `plain` bytes now (0: not known)?  HF_EFULL,
 * HF_EAGAIN (it does not say), HF_EINPUT (larger than the store will ever be).
 */
int hf_store_probe(const struct hf_store *st, uint64_t plain,
    struct hf_err *e) HF_MUST_USE;
/* Says so: HF_EINPUT. */
int hf_store_too_big(const struct hf_store *st, struct hf_err *e);
/*
 * Store every document of s; *n is their number.  `env` is what they have in
 * common.  Signals that end the worker wait while names are given.  HF_EINPUT:
 * refused. HF_EFULL, HF_EAGAIN: the spool, try again (it is found out before
 * s->begun where the spool cannot be written at all).  HF_ECONFLICT: the
 * document could not be read.
 */
int hf_store_job(const struct hf_store *st, struct hf_source *s,
    const struct hf_envelope *env, size_t *n, struct hf_err *e) HF_MUST_USE;

#endif
