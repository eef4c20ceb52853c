#ifndef HF_TESTS_VECTORS_H
#define HF_TESTS_VECTORS_H

#include "lib/buf.h"

/*
 * The writer's half of the vectors: makes every file of this folder in
 * memory, always the same, with random bytes that are none.  README says what
 * is in them.
 */

/* Before sodium_init: the whole process gets these random bytes. */
void vectors_random_init(void);
/* From here on the random bytes are those of this label. */
void vectors_random(const char *label);

/* Call fn for each file; asserts that making them works. */
void vectors_each(void (*fn)(void *arg, const char *file, struct hf_view v),
    void *arg);

/* Byte i of the documents in the vectors. */
uint8_t vectors_plain(size_t i);

#endif
