#ifndef HF_TESTS_SEALKIT_H
#define HF_TESTS_SEALKIT_H

#include <stdbool.h>

#include "lib/envelope.h"
#include "lib/seal.h"

/* Keys, an envelope and files in memory for the tests of sealed documents. */
struct kit {
	uint8_t pk[32];		/* release key */
	uint8_t sk[32];
	struct hf_host_key host;
	struct hf_envelope env;
};
void kit_init(struct kit *k);
/* An envelope with every field, or with none that may be left out. */
void kit_envelope_full(struct hf_envelope *v);
void kit_envelope_least(struct hf_envelope *v);

/* A file in memory that holds these bytes. */
int kit_file(const void *p, size_t n);
size_t kit_size(int fd);
/* All bytes of a file; freed by the caller. */
uint8_t *kit_bytes(int fd, size_t *n);
/* A sealed document in a file in memory; asserts that it worked. */
int kit_seal(const struct kit *k, const void *p, size_t n);

/*
 * Open all of it: header, box, stream.  The plaintext is appended to out,
 * which may be NULL.
 */
int kit_open(const struct kit *k, int fd, struct hf_buf *out,
    struct hf_err *e);

/*
 * A second writer, independent of lib/seal.c and with a dial for each rule
 * that a dishonest writer, who holds every key, could break.
 */
struct forged_chunk {
	size_t n;		/* plaintext bytes, taken from the document */
	uint8_t tag;
	uint64_t index;		/* that its additional data states */
};
int kit_forge(const struct kit *k, const uint8_t *doc,
    const struct forged_chunk *chunks, size_t n_chunks);
/* Replace the trailer by one that the host signed for the bytes before. */
void kit_sign_again(const struct kit *k, int fd);
/* The same, but it states this length. */
void kit_sign_length(const struct kit *k, int fd, uint64_t length);

/* Deterministic bytes for documents: xorshift, seeded. */
uint64_t kit_random(uint64_t *state);
void kit_fill(uint8_t *p, size_t n, uint64_t seed);
/* HF_SEED from the environment or from the clock; printed as a comment. */
uint64_t kit_seed(void);

#endif
