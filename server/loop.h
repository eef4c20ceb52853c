#ifndef HF_LOOP_H
#define HF_LOOP_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/err.h"

struct hf_conn;
struct hf_server;

#define HF_SCRATCH 16384	/* one TLS record */

/* Something to be called in a loop's thread; lives until it was called. */
struct hf_note {
	void (*fn)(struct hf_note *note);
	STAILQ_ENTRY(hf_note) link;
};

/*
 * A thread with an event loop.  It owns its connections, and nobody else
 * touches them; whoever has something to say to it posts a note.
 */
struct hf_loop {
	struct hf_server *server;
	int index;
	pthread_t thread;
	bool running;
	struct event_base *base;
	struct hf_ask *ask;

	pthread_mutex_t lock;	/* over notes */
	STAILQ_HEAD(, hf_note) notes;
	int wake;		/* eventfd */
	struct event ev_wake;

	struct event *ev_accept; /* one a listening socket */
	struct event ev_accept_again; /* after running out of descriptors */
	uint64_t refused;	/* connections over a limit, since last said */
	int64_t refused_said_ms;

	TAILQ_HEAD(, hf_conn) conns;
	size_t n_conns;
	bool news;		/* changes are heard of: live.h */
	bool stopping;
	struct hf_note stop_note;
	int patience_ms;
	struct event ev_stop;	/* the end of patience */
	uint8_t scratch[HF_SCRATCH];
};

/* Everything but the thread. */
int hf_loop_init(struct hf_loop *l, struct hf_server *s, int index,
    struct hf_err *e) HF_MUST_USE;
int hf_loop_start(struct hf_loop *l, struct hf_err *e) HF_MUST_USE;
/* From any thread.  Takes note over until it has been called. */
void hf_loop_post(struct hf_loop *l, struct hf_note *note);
/*
 * From any thread: no new connections, idle ones are closed, answers on
 * their way are finished, for at most patience_ms.  Then wait for the end.
 */
void hf_loop_stop(struct hf_loop *l, int patience_ms);
void hf_loop_join(struct hf_loop *l);
void hf_loop_clear(struct hf_loop *l);

/* For a connection that ended: the last one lets a stopping loop end. */
void hf_loop_left(struct hf_loop *l);

#endif
