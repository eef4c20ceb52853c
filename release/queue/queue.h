#ifndef HF_QUEUE_H
#define HF_QUEUE_H

#include "lib/spool.h"
#include "release/conf/conf.h"
#include "release/queue/adopt.h"
#include "release/queue/attempt.h"
#include "release/queue/clockwatch.h"
#include "release/queue/audit.h"
#include "release/queue/epoch.h"
#include "release/queue/fsck.h"
#include "release/queue/reader.h"
#include "release/queue/recover.h"
#include "release/queue/server.h"
#include "release/queue/sweep.h"
#include "release/queue/visit.h"
#include "release/queue/web.h"

/* Everything that role queue is made of, wired together in queue.c. */
struct hf_queue {
	struct hf_loop loop;
	struct hf_released_conf conf;
	struct hf_spool spool;
	int keys;		/* folders */
	int hosts;
	struct hf_store *store;
	struct hf_keyask *key;
	struct hf_readers *readers;
	struct hf_printers *printers;
	struct hf_attempts *attempts;
	struct hf_recover *recover;
	struct hf_visits *visits;
	struct hf_adopt *adopt;
	struct hf_sweep *sweep;
	struct hf_fsck *fsck;
	struct hf_clockwatch clock;
	struct hf_epochs *epochs;
	struct hf_audit *audit;
	struct hf_hashers *hashers;
	struct hf_webs *webs;
	struct hf_server *server;
	struct event *often;	/* every 5 s */
	unsigned looks;		/* of often */
	struct event *seldom;	/* every 5 min */
	struct event *term;
	struct event *leave;	/* while ending */
	unsigned seldoms;
	int64_t started_ms;
	int64_t ending_ms;	/* since when, or 0 */
	int status;		/* of the process */
};

/* The descriptors that the parent hands over. */
struct hf_queue_fds {
	int key;
	int parent;
	int listener;
	int hash[HF_HASHERS_N];
};

/*
 * Open everything; q->conf is loaded.  Nothing hostile is read yet, so that
 * the system call filter can be applied next.  After a failure
 * hf_queue_close.
 */
int hf_queue_open(struct hf_queue *q, const struct hf_queue_fds *fds,
    struct hf_err *e) HF_MUST_USE;
/* Work until SIGTERM or until key or parent are gone; the exit status. */
int hf_queue_run(struct hf_queue *q);
void hf_queue_close(struct hf_queue *q);

/* requests.c: who may ask what. */
extern const struct hf_request_type hf_request_types[];
extern const size_t hf_n_request_types;
unsigned hf_request_who(void *arg, uid_t uid);	/* arg: struct hf_queue */

/* Handlers of requests.c in other files; arg: struct hf_queue. */
int hf_admin_status(void *arg, const struct hf_request *rq, struct hf_err *e);
int hf_admin_key_list(void *arg, const struct hf_request *rq,
    struct hf_err *e);
int hf_admin_key_rotate(void *arg, const struct hf_request *rq,
    struct hf_err *e);
int hf_admin_rescan(void *arg, const struct hf_request *rq, struct hf_err *e);
int hf_admin_fsck(void *arg, const struct hf_request *rq, struct hf_err *e);
int hf_admin_printer_test(void *arg, const struct hf_request *rq,
    struct hf_err *e);

#endif
