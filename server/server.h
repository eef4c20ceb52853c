#ifndef HF_SERVER_H
#define HF_SERVER_H

#include "server/loop.h"
#include "server/route.h"

/*
 * What the threads share.  It is made before they start and constant while
 * they run, but for what has its own lock (tls, limit, worker).
 */

#define HF_LOOPS 2
#define HF_LISTEN_MAX 16

/* Deadlines, each for one phase of a connection and absolute. */
struct hf_times {
	int handshake_ms;
	int head_ms;		/* first byte of a request to its empty line */
	int idle_ms;		/* between two requests */
	int idle_vouched_ms;	/* the same for a reader known by name */
	int body_window_ms;	/* in each of these … */
	size_t body_window_bytes; /* … at least so many bytes of the body */
	int reply_ms;		/* an answer must have gone out */
	int linger_ms;		/* after the last byte */
	size_t linger_bytes;
};
extern const struct hf_times hf_times_default;

struct hf_server {
	const struct hf_route *routes;
	size_t n_routes;
	const char *release_socket;
	struct hf_times times;
	struct hf_tls *tls;
	struct hf_limit *limit;
	struct hf_pool *pool;	/* of the workers; NULL: no database */
	struct hf_worker *worker; /* NULL where no route needs one */
	int listen_fd[HF_LISTEN_MAX];
	size_t n_listen;
	struct hf_loop loops[HF_LOOPS];
};

/*
 * Start the loops, and as many workers as asked for if a route wants one.
 * The rest of *s has been filled by the caller and stays the caller's.
 */
int hf_server_start(struct hf_server *s, int workers, struct hf_err *e)
    HF_MUST_USE;
/* Finish what is in work for at most patience_ms, then end all threads. */
void hf_server_stop(struct hf_server *s, int patience_ms);

#endif
