#ifndef HF_NEWS_H
#define HF_NEWS_H

#include "lib/err.h"

struct hf_server;

/*
 * What the database notifies of (channel hf), told to every stream: one
 * connection, one thread.  A notification proves nothing and says little:
 * "look again".
 */
struct hf_news;

/* Starts the thread; s must have its loops. */
struct hf_news *hf_news_new(struct hf_server *s, const char *conninfo,
    struct hf_err *e) HF_MUST_USE;
/* Ends it.  Before the loops are cleared.  NULL is fine. */
void hf_news_free(struct hf_news *n);

#endif
