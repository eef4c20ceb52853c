#ifndef HF_ATTEMPT_H
#define HF_ATTEMPT_H

#include <sys/queue.h>

#include "release/deliver/link.h"
#include "release/deliver/printer.h"
#include "release/deliver/proto.h"
#include "release/deliver/verdict.h"

/*
 * One attempt to release one document, from DELIVER or RECOVER to FINISH.
 * The order of its phases is doc/release-protocol.md's; each waits for one
 * thing: the printer's answer to `op`, the queue's word, or a timer.
 *
 *   attempt.c  its life, the table of phases, the messages it sends
 *   prepare.c  opening, asking, making the printer job
 *   send.c     the document, and its release
 *   watch.c    what becomes of the job, and what that leads to
 *   find.c     … where its number does not lead to it
 *   cancel.c   … where it is to end
 */
enum hf_phase {
	HF_QUEUED,
	HF_VERIFY,	/* opening the document once to its final tag */
	HF_CHECK,	/* Get-Printer-Attributes */
	HF_VALIDATE,	/* Validate-Job */
	HF_CREATE,	/* Create-Job */
	HF_BUSY,	/* the printer said so: wait, then check again */
	HF_TELL,	/* ADVANCE sent, ADVANCED awaited */
	HF_CONFIRM,	/* is the job-id still our job's? */
	HF_SEND,	/* Send-Document */
	HF_RELEASE,	/* Release-Job */
	HF_WATCH,	/* Get-Job-Attributes, again and again */
	HF_FIND,	/* Get-Jobs: by token, for what job-id does not find */
	HF_CANCEL,	/* Cancel-Job, then watch until it is terminal */
	HF_ABANDON,	/* Cancel-Job of an attempt that is no longer ours */
	HF_OVER,
	HF_PHASES
};

struct hf_work;

struct hf_attempt {
	TAILQ_ENTRY(hf_attempt) link;
	struct hf_work *work;
	uint64_t id;
	uint64_t fence;
	struct hf_order order;		/* token; the rest only of a DELIVER */
	int fd;				/* the sealed file, or -1 */
	struct hf_unsealer *doc;	/* while it is being verified or sent */
	enum hf_attempt_state state;	/* that the queue has committed */
	enum hf_attempt_state telling;	/* … or was asked to */
	enum hf_phase phase;
	uint64_t phase_ms;		/* when it began */
	struct hf_op *op;		/* what the phase waits for */
	struct hf_op *side;		/* a look while the document is sent */
	struct event *timer;
	int interval_ms;		/* of the timer, growing */
	bool over;			/* to be freed by the loop */
	bool cut;			/* the queue is gone: end as soon as may be */
	bool out;			/* bytes of the document may have left */
	bool released;			/* Release-Job succeeded */
	bool surveying;			/* HF_FIND only to learn of the counter */
	bool surveyed;			/* the printer's finished jobs were read */
	struct hf_ticket ticket;
	int32_t job_id;			/* 0 unknown */
	char job_uuid[64];
	bool live;			/* of a DELIVER: knows what it has sent */
	uint64_t via;			/* connection on which job_id is known good */
	unsigned tries;			/* of a request that did not get out */
	uint32_t up_time;		/* of the printer when the job was made */
	bool rebooted;
	int32_t pages;			/* -1 unknown */
	uint64_t bytes;
	uint64_t beat;
	uint64_t busy_ms;		/* since when it says busy, or 0 */
	uint64_t away_ms;		/* since when it does not answer, or 0 */
	uint64_t cancel_ms;		/* first Cancel-Job, or 0 */
	uint64_t recancel_ms;		/* last one */
	uint64_t aside_ms;		/* last look while sending */
	uint64_t moved_ms;		/* last progress of the document */
	uint64_t seen_ms;		/* last look that was answered */
	uint64_t ended_ms;		/* a look saw it terminal while sending */
	char why[HF_TEXT_MAX];		/* what went wrong first, a sentence */
	char text[HF_TEXT_MAX];		/* for the panel, now */
};
TAILQ_HEAD(hf_attempts, hf_attempt);

/* What all attempts of this process share. */
struct hf_work {
	struct event_base *base;
	struct hf_link *link;
	struct hf_printer *printer;
	const uint8_t *pk, *sk;		/* of this process, for sealed_key */
	struct hf_attempts attempts;	/* in the order they came */
	size_t n;
	struct hf_attempt *sending;	/* the one before the printer owns it */
	struct event *changed;		/* made active: an attempt ended or made way */
};

/* A new attempt at the end of the list; fd (or -1) is taken over. */
struct hf_attempt *hf_attempt_new(struct hf_work *w, uint64_t id,
    uint64_t fence, int fd, struct hf_err *e) HF_MUST_USE;
void hf_attempt_free(struct hf_attempt *a);
void hf_attempt_begin(struct hf_attempt *a);	/* of a DELIVER: its turn */
void hf_attempt_recover(struct hf_attempt *a, const struct hf_claim *c);
void hf_attempt_advanced(struct hf_attempt *a, bool ok);
void hf_attempt_beat(struct hf_attempt *a);	/* sends PROGRESS */
/* Long enough at the printer to ask it what keeps it. */
bool hf_attempt_is_slow(const struct hf_attempt *a);
/* The queue is gone: cancel what the printer does not own yet, end. */
void hf_attempt_cut(struct hf_attempt *a);

/* ------------------------------------- between the files named above ---- */

void hf_attempt_go(struct hf_attempt *a, enum hf_phase phase);
void hf_attempt_timer(struct hf_attempt *a, int ms);
/* Ask the queue to commit `to`; goes on in hf_attempt_told. */
void hf_attempt_tell(struct hf_attempt *a, enum hf_attempt_state to);
void hf_attempt_finish(struct hf_attempt *a, enum hf_outcome outcome,
    const char *text);
/* End without a word to the queue; the loop frees it. */
void hf_attempt_end(struct hf_attempt *a);
/* Keep the first reason that something went wrong. */
void hf_attempt_why(struct hf_attempt *a, const char *text);
/* The document is no longer needed: wipe its key, close its file. */
void hf_attempt_drop_document(struct hf_attempt *a);
/*
 * A request that could not even be made (out of memory): as if the printer
 * had not answered.
 */
void hf_attempt_stuck(struct hf_attempt *a, const struct hf_err *e);

void hf_enter_verify(struct hf_attempt *a);
void hf_timer_verify(struct hf_attempt *a);
void hf_enter_check(struct hf_attempt *a);
void hf_enter_validate(struct hf_attempt *a);
void hf_enter_create(struct hf_attempt *a);
void hf_enter_busy(struct hf_attempt *a);
void hf_timer_busy(struct hf_attempt *a);
void hf_enter_confirm(struct hf_attempt *a);
void hf_enter_send(struct hf_attempt *a);
void hf_timer_send(struct hf_attempt *a);
void hf_enter_release(struct hf_attempt *a);

void hf_enter_watch(struct hf_attempt *a);
void hf_timer_watch(struct hf_attempt *a);
void hf_enter_find(struct hf_attempt *a);
void hf_timer_find(struct hf_attempt *a);
/* Our job as the printer tells it now, over that connection: act on it. */
void hf_watch_sighted(struct hf_attempt *a, const struct hf_job *j,
    uint64_t over);
/* The printer has been asked, and has no such job. */
void hf_watch_not_found(struct hf_attempt *a);
/* No answer: again, more slowly, until it is for the queue to decide. */
void hf_watch_away(struct hf_attempt *a, const struct hf_err *e);
/* Get-Job-Attributes of our job-id. */
struct hf_op *hf_watch_look(struct hf_attempt *a, hf_op_fn *fn,
    struct hf_err *e) HF_MUST_USE;
void hf_enter_cancel(struct hf_attempt *a);
void hf_enter_abandon(struct hf_attempt *a);
/* A look at the job while its document is still being sent. */
void hf_watch_aside(struct hf_attempt *a);

#endif
