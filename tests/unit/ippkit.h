#ifndef HF_IPPKIT_H
#define HF_IPPKIT_H

#include "lib/buf.h"

/* IPP answers for tests, written by hand: one message at a time. */
void kit_begin(uint16_t status, uint32_t id);
void kit_group(uint8_t tag);
void kit_str(uint8_t tag, const char *name, const char *value);
void kit_int(uint8_t tag, const char *name, int32_t value);
void kit_bool(const char *name, bool value);
void kit_range(const char *name, int32_t low, int32_t high);
void kit_bytes(const void *p, size_t n);
struct hf_view kit_end(void);	/* with the end tag */
struct hf_view kit_view(void);	/* without */

#endif
