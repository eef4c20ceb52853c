#ifndef HF_WRITER_H
#define HF_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/sha256.h"

/*
 * The end of a pipeline: hashes and writes what it is given, in order, and
 * starts write-back on the way, so that the final fsync of a large file is
 * short.
 *
 * The first 2 MiB are done within the call.  After that a thread does it,
 * because encrypting costs about as much as hashing and writing together; a
 * small document never pays for it.  Two batches change places, one that
 * fills and one that is written: large writes, and few wake-ups.  The thread
 * sees ciphertext only.  Where it cannot be started (a limit on processes) the
 * work goes on within the call.
 */
#define HF_WRITER_SLOT 65664	/* bytes of a slot */
#define HF_WRITER_BATCH (8 * HF_WRITER_SLOT) /* bytes handed to the thread */

struct hf_writer;
/* fd stays the caller's. Memory: one slot; from 2 MiB on two batches. */
struct hf_writer *hf_writer_new(int fd, struct hf_err *e) HF_MUST_USE;
/*
 * Where the next bytes are to be put: HF_WRITER_SLOT of them.  Borrowed until
 * hf_writer_put.  May block until earlier bytes are written.
 */
uint8_t *hf_writer_slot(struct hf_writer *w);
/*
 * The first n bytes of the slot are next.  A failure may be that of an
 * earlier slot; afterwards only hf_writer_free is allowed.
 */
int hf_writer_put(struct hf_writer *w, size_t n, struct hf_err *e)
    HF_MUST_USE;
/*
 * Wait until all is written. *length and digest are of everything that was
 * put.  Only hf_writer_free is allowed afterwards.
 */
int hf_writer_finish(struct hf_writer *w, uint64_t *length,
    uint8_t digest[static HF_SHA256_LEN], struct hf_err *e) HF_MUST_USE;
void hf_writer_free(struct hf_writer *w);	/* NULL is fine */

#endif
