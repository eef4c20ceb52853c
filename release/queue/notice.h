#ifndef HF_NOTICE_H
#define HF_NOTICE_H

#include "release/queue/store.h"

/*
 * What a person hears first at every tap: documents that may be printed
 * already, which only they can decide about, and documents that were lost.
 */
struct hf_notice {
	unsigned uncertain;
	unsigned damaged;
	char printer[128];	/* of the oldest uncertain one */
	int64_t at;		/* seconds since 1970: when its release began */
	int32_t pages;		/* known to be out, -1 unknown */
};

int hf_notice_ask(struct hf_store *s, const char *person,
    struct hf_notice *out, struct hf_err *e) HF_MUST_USE;
/*
 * A sentence or two, in local time; "" where there is nothing to say.  Pure
 * but for the time zone.
 */
void hf_notice_words(const struct hf_notice *n, int64_t now, char *out,
    size_t size);

#endif
