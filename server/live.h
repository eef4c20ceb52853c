#ifndef HF_LIVE_H
#define HF_LIVE_H

#include "server/exchange.h"
#include "server/loop.h"

/*
 * Answers without an end: server-sent events (doc/api.md, "Live").  A stream
 * is a connection in HF_PHASE_LIVE; it belongs to its loop.
 */
#define HF_LIVE_BEAT_MS 15000
#define HF_LIVE_UNSENT_MAX 65536	/* who does not read is let go */

/* The session of c's request is good: answer, and stay. */
void hf_live_begin(struct hf_conn *c, struct hf_exchange *x);
/* Every HF_LIVE_BEAT_MS: a comment line, and now and then the session. */
void hf_live_beat(struct hf_conn *c);
/* To every stream of this loop.  `event` and `data` are one line each. */
void hf_live_say(struct hf_loop *l, const char *event, const char *data);

#endif
