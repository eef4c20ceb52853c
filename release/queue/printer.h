#ifndef HF_PRINTER_H
#define HF_PRINTER_H

#include <sys/queue.h>

#include "release/queue/proto.h"
#include "release/queue/store.h"

/*
 * The printers in use: row, deliver process, questions to it.  A process is
 * asked of the parent when it is first wanted, and let go after 15 minutes
 * without work.
 */
struct hf_printer;
struct hf_attempt;
TAILQ_HEAD(hf_attempt_list, hf_attempt);

/* What a deliver process tells, for attempt.c. -1: it broke the protocol. */
struct hf_printer_ops {
	void (*hello)(void *arg, struct hf_printer *p);
	int (*message)(void *arg, struct hf_printer *p, const struct hf_msg *m,
	    struct hf_err *e);
	/* The process has ended, or could not be started. */
	void (*gone)(void *arg, struct hf_printer *p,
	    const struct hf_err *why);
};

/* The answer to a question; st NULL: the process could not be asked. */
typedef void hf_probe_fn(void *arg, const struct hf_m_state *st,
    const struct hf_err *err);

struct hf_printer {
	TAILQ_ENTRY(hf_printer) link;
	struct hf_printers *owner;
	struct hf_id id;
	char name[128];
	char uri[1024];
	char pin[128];
	char printer_uuid[64];
	bool plain_allowed;
	bool disabled;
	bool stale;		/* the row has changed */
	enum { HF_P_OFF, HF_P_ASKED, HF_P_STARTED, HF_P_READY } state;
	struct hf_chan *chan;	/* from STARTED on */
	pid_t pid;
	uint8_t pk[32];		/* of the process, from READY on */
	uint32_t spawn_seq;
	uint32_t probe_seq;
	TAILQ_HEAD(, hf_probe) probes;
	struct hf_attempt_list attempts;
	size_t n_attempts;
	int64_t used_ms;
	int64_t started_ms;
	unsigned quiet;		/* looks of ours without a word of it */
	unsigned deaths;	/* in a row, soon after the start */
	struct event *again;	/* the next try to start it */
};

struct hf_printers;

/* Takes over `parent`, the socket to the parent. */
struct hf_printers *hf_printers_new(struct hf_loop *loop, int parent,
    struct hf_store *store, const struct hf_printer_ops *ops, void *arg,
    void (*lost)(void *arg, const struct hf_err *why), void *lost_arg,
    struct hf_err *e) HF_MUST_USE;
void hf_printers_free(struct hf_printers *ps);

/*
 * The printer, from memory or the database; HF_ENOTFOUND, HF_EAGAIN.
 * Borrowed; valid until hf_printers_free.
 */
struct hf_printer *hf_printer_get(struct hf_printers *ps,
    const struct hf_id *id, struct hf_err *e) HF_MUST_USE;
/* Have its process running. The result is told by hello or gone. */
void hf_printer_warm(struct hf_printer *p);
/* Look at the printer now; starts the process where there is none. */
int hf_printer_probe(struct hf_printer *p, hf_probe_fn *fn, void *arg,
    struct hf_err *e) HF_MUST_USE;
/* Answers for this arg are dropped from now on. */
void hf_printer_forget(struct hf_printer *p, const void *arg);
int hf_printer_send(struct hf_printer *p, const struct hf_buf *b, int fd,
    struct hf_err *e) HF_MUST_USE;

/* Its row has changed, or (NULL) any may have. */
void hf_printers_changed(struct hf_printers *ps, const struct hf_id *id);
/*
 * Every few seconds: let processes go that had nothing to do for a while, or
 * that do not answer.
 */
void hf_printers_watch(struct hf_printers *ps);
/* Its process says nothing any more: its socket is closed, a new one asked. */
void hf_printer_let_go(struct hf_printer *p);
/* STOP to all: finish what is running, then end. Nothing is started again. */
void hf_printers_stop(struct hf_printers *ps);
struct hf_printer *hf_printers_first(struct hf_printers *ps);

#endif
