#ifndef HF_VISIT_IN_H
#define HF_VISIT_IN_H

#include "release/queue/visit.h"

/*
 * Between the three files that a visit is written in, in the order in which
 * it goes through them:
 *
 *   visit.c    the tap is checked; at the end, the answer
 *   lookup.c   whose card it is, and what may be done
 *   claim.c    the printer, the jobs
 */
struct hf_visit {
	TAILQ_ENTRY(hf_visit) link;
	struct hf_visits *owner;
	struct hf_pending reply;
	struct event *timer;
	struct hf_reader *reader;
	struct hf_id printer_id;
	struct hf_printer *printer;	/* NULL until it is looked at */
	enum { PROBE_NONE, PROBE_ASKED, PROBE_READY, PROBE_REFUSED } probe;
	char words[HF_WORDS];		/* of a printer that is not ready */
	char printer_name[128];
	char person[256];
	char display[256];
	char badge[HF_ID_TEXT];		/* "" if unknown */
	bool busy;			/* attempts are being started */
	unsigned claimed;		/* jobs; 0 before the claim */
	unsigned accepted;
	unsigned failed;
	enum hf_tap_result blame;	/* of the first that failed */
	char why[HF_WORDS];
};

struct hf_visits {
	struct hf_loop *loop;
	struct hf_store *store;
	struct hf_keyask *key;
	struct hf_readers *readers;
	struct hf_printers *printers;
	struct hf_attempts *attempts;
	TAILQ_HEAD(, hf_visit) list;
	size_t n;
	struct hf_buf out;
};

/* Said in more than one place. */
extern const char hf_visit_away[];
extern const char hf_visit_unusable[];

/* The end of the visit: it does not exist afterwards. */
void hf_visit_answer(struct hf_visit *v, enum hf_tap_result result,
    unsigned jobs, const char *words);
/* Without an answer. */
void hf_visit_destroy(struct hf_visit *v);
/* Anything to say yet?  Not before each of the jobs has had its answer. */
void hf_visit_evaluate(struct hf_visit *v);
/* A job will not be printed now. */
void hf_visit_failed(void *waiter, enum hf_tap_result blame,
    const char *words);
/* An event for a tap that released nothing. */
void hf_visit_record(struct hf_visit *v, enum hf_tap_result result);
/* Copy text; what does not fit ends at a whole character. */
void hf_visit_text(char *out, size_t size, const char *s);
/* Role key's answer: lookup.c goes on. */
void hf_visit_credential(void *arg, struct hf_view body,
    const struct hf_err *err);
/* Look at the printer: in time for the answer it must be now. */
void hf_visit_probe(struct hf_visit *v);
/* Claim this person's jobs and take them to the printer. */
void hf_visit_release(struct hf_visit *v);

#endif
