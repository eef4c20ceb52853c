#ifndef HF_CONN_H
#define HF_CONN_H

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>

#include "lib/buf.h"
#include "server/chunk.h"
#include "server/loop.h"
#include "server/route.h"

/*
 * One client: descriptor, TLS session, bytes in and out, one deadline.  Moves
 * bytes; what they mean is serve.c's.  Belongs to its loop's thread.
 */

/* How far TLS and TCP are. */
enum hf_conn_state {
	HF_CONN_HANDSHAKE,
	HF_CONN_OPEN,
	HF_CONN_LAST,		/* what is in `out` is the end */
	HF_CONN_LINGER		/* all sent; reading what the client still says */
};

/* How far the request is: serve.c. */
enum hf_phase {
	HF_PHASE_IDLE,		/* nothing of a request has come */
	HF_PHASE_HEAD,
	HF_PHASE_BODY,
	HF_PHASE_WAIT,		/* somebody works on the answer */
	HF_PHASE_REPLY,		/* the answer is on its way out */
	HF_PHASE_LIVE		/* the answer has no end: live.h */
};

struct hf_conn {
	struct hf_loop *loop;
	TAILQ_ENTRY(hf_conn) link;
	int fd;
	SSL *ssl;
	struct event ev_read, ev_write, ev_timer, ev_again;
	bool reading, writing;	/* the events are pending */
	bool yielded;		/* waiting for on_again */
	bool dead;		/* to be freed by the outermost callback */
	int depth;
	enum hf_conn_state state;
	struct hf_buf in;	/* decrypted, not yet understood */
	struct evbuffer *out;
	size_t lingered;	/* bytes thrown away */
	struct sockaddr_storage address;
	char peer[HF_PEER_TEXT]; /* for logs */

	enum hf_phase phase;
	size_t scanned;		/* of the head in `in` */
	struct hf_exchange *x;	/* the request in work, or NULL */
	struct hf_body body;
	uint64_t body_mark;	/* body bytes when the deadline was set */
	bool close_after;	/* this answer is the last */
	bool vouched;		/* the release service knows this client */
};

/*
 * Take over fd, which was counted by hf_limit_enter; it is closed and
 * uncounted with the connection, or at once on failure.
 */
int hf_conn_new(struct hf_loop *l, int fd, const struct sockaddr_storage *a,
    struct hf_err *e) HF_MUST_USE;
/* Close at once.  Within enter and leave the memory lives until leave. */
void hf_conn_kill(struct hf_conn *c);
/* Around whatever may kill the connection from outside its own events. */
void hf_conn_enter(struct hf_conn *c);
void hf_conn_leave(struct hf_conn *c);

/* Queue bytes; they go out with the next flush. */
int hf_conn_put(struct hf_conn *c, struct hf_view bytes, struct hf_err *e)
    HF_MUST_USE;
/* Send what can be sent.  True: all is out (or the connection is dead). */
bool hf_conn_flush(struct hf_conn *c);
/* Send what is queued, say goodbye, linger, close. */
void hf_conn_finish(struct hf_conn *c);
/* Say goodbye and close: for one that is idle, both ways. */
void hf_conn_bye(struct hf_conn *c);
/* Input is wanted again: look at what came while it was not. */
void hf_conn_resume(struct hf_conn *c);
/* Drop n bytes from the front of `in`. */
void hf_conn_consume(struct hf_conn *c, size_t n);
/* The one deadline; the last call counts. 0: none. */
void hf_conn_deadline(struct hf_conn *c, int ms);
/* Call hf_serve_input again after the other connections had a turn. */
void hf_conn_again(struct hf_conn *c);
/* The server is stopping: finish what is in work, then close. */
void hf_conn_stop(struct hf_conn *c);

#endif
