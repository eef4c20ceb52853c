#ifndef HF_CHAN_H
#define HF_CHAN_H

#include <event2/event.h>
#include <stdbool.h>

#include "lib/msg.h"

/*
 * One SEQPACKET socket in an event loop: messages come by a callback, what
 * cannot be sent at once waits here, bounded.
 */
struct hf_loop {
	struct event_base *base;
	uint8_t *recv;		/* HF_MSG_MAX: one message is handled at a time */
};

struct hf_chan;

struct hf_chan_ops {
	/*
	 * One message; m->fd is closed afterwards unless the handler took it
	 * (and set it to -1).  -1: the peer broke the protocol.
	 */
	int (*message)(void *arg, struct hf_msg *m, struct hf_err *e);
	/*
	 * The peer has closed (why NULL), or broke the protocol or does not
	 * read.  Called once and last; the callee frees the channel.
	 */
	void (*closed)(void *arg, const struct hf_err *why);
};

/*
 * Takes over fd on success (it becomes non-blocking).  fd_ok: whether
 * messages may carry descriptors.
 */
struct hf_chan *hf_chan_new(struct hf_loop *loop, int fd, bool fd_ok,
    const struct hf_chan_ops *ops, void *arg, struct hf_err *e) HF_MUST_USE;
/* Closes. May be called from within its own callbacks. NULL is fine. */
void hf_chan_free(struct hf_chan *c);
/*
 * Send now or queue a copy; fd (or -1) is duplicated where it has to wait.
 * A peer that leaves more than 4 MiB unread is closed (`closed` comes later,
 * from the loop).
 */
int hf_chan_send(struct hf_chan *c, const struct hf_buf *b, int fd,
    struct hf_err *e) HF_MUST_USE;
/* Nothing waits to be sent. */
bool hf_chan_is_flushed(const struct hf_chan *c);

#endif
