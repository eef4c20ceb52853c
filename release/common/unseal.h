#ifndef HF_UNSEAL_H
#define HF_UNSEAL_H

#include "lib/seal.h"

/*
 * Opening sealed documents: doc/sealed-format.md.  Linked by the roles key
 * (the box) and deliver (the stream), and by nothing else; a test looks.
 */

/*
 * Open the box of a header. On success *env_bytes (reset first) holds the envelope (not yet
 * decoded) and file_key the document's key; the caller wipes both.
 * HF_ETAMPER if the box does not open with this key.
 */
int hf_unseal_box(const struct hf_sealed_header *h,
    const uint8_t pk[static 32], const uint8_t sk[static 32],
    uint8_t file_key[static HF_FILE_KEY_LEN], struct hf_buf *env_bytes,
    struct hf_err *e) HF_MUST_USE;

/*
 * Reading the plaintext of fd (pread only, so one descriptor serves the
 * verify pass and the sending pass).  Memory: about 140 KiB.
 */
struct hf_unsealer;
struct hf_unsealer *hf_unsealer_new(int fd,
    const uint8_t file_key[static HF_FILE_KEY_LEN], struct hf_err *e)
    HF_MUST_USE;
uint64_t hf_unsealer_length(const struct hf_unsealer *u); /* plaintext bytes */
/*
 * The next chunk's plaintext, borrowed until the next call; n = 0 after the
 * final chunk.  HF_ETAMPER for a wrong tag, order, early or missing end;
 * after a failure only hf_unsealer_rewind and hf_unsealer_free are allowed.
 */
int hf_unsealer_next(struct hf_unsealer *u, struct hf_view *out,
    struct hf_err *e) HF_MUST_USE;
/* Start again at the first chunk. */
int hf_unsealer_rewind(struct hf_unsealer *u, struct hf_err *e) HF_MUST_USE;
/* Open everything to the final tag and rewind. */
int hf_unsealer_verify(struct hf_unsealer *u, struct hf_err *e) HF_MUST_USE;
void hf_unsealer_free(struct hf_unsealer *u);	/* wipes */

#endif
