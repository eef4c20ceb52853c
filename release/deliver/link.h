#ifndef HF_LINK_H
#define HF_LINK_H

#include <event2/event.h>

#include "lib/msg.h"

/* The socket to the queue role: never blocks, loses nothing. */
struct hf_link;

struct hf_link_fn {
	/* One message; m->fd is the callee's to close. */
	void (*message)(void *arg, const struct hf_msg *m);
	/* The other side is gone or has sent rubbish (why->code). */
	void (*gone)(void *arg, const struct hf_err *why);
	void *arg;
};

/* fd is owned from here on. */
struct hf_link *hf_link_new(struct event_base *base, int fd,
    const struct hf_link_fn *fn, struct hf_err *e) HF_MUST_USE;
void hf_link_free(struct hf_link *l);
/*
 * Send a message, or keep it until the socket has room.  `droppable`: it may
 * be left out where others already wait (PROGRESS).
 */
int hf_link_send(struct hf_link *l, const struct hf_buf *b, bool droppable,
    struct hf_err *e) HF_MUST_USE;
uint32_t hf_link_seq(struct hf_link *l);	/* for messages of our own */
bool hf_link_is_empty(const struct hf_link *l);	/* nothing waits */

#endif
