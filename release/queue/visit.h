#ifndef HF_VISIT_H
#define HF_VISIT_H

#include "release/queue/attempt.h"
#include "release/queue/reader.h"
#include "release/queue/server.h"

/*
 * A person at a printer: from the tap to the answer on the panel.  The
 * printer is looked at while role key opens the credential and the database
 * is asked; the answer waits until the printer has accepted the jobs, or says
 * after 10 s that they are on the way.
 */
struct hf_visits;

struct hf_visits *hf_visits_new(struct hf_loop *loop, struct hf_store *store,
    struct hf_keyask *key, struct hf_readers *readers,
    struct hf_printers *printers, struct hf_attempts *attempts,
    struct hf_err *e) HF_MUST_USE;
void hf_visits_free(struct hf_visits *vs);
extern const struct hf_attempt_ops hf_visit_attempt_ops; /* waiter: a visit */

/* Handles TAP; arg is struct hf_visits. */
int hf_visit_begin(struct hf_visits *vs, const struct hf_request *q,
    struct hf_err *e) HF_MUST_USE;
/* Answer all that wait: the service is ending. */
void hf_visits_end(struct hf_visits *vs);
size_t hf_visits_open(const struct hf_visits *vs);

#endif
