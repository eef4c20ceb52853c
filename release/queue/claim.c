#include "release/queue/visit_in.h"

#include "lib/log.h"
#include "release/queue/decide.h"

#define DELIVER_QUEUE 64	/* attempts in a deliver process at a time */

static const struct hf_stmt claim = { "job_claim",
	"SELECT job, attempt, fence, token FROM job_claim($1::text, "
	"$2::uuid, $3::uuid, $4::uuid, $5::int)",
	5 };

/* ---- the printer ---- */

static void
on_state(void *arg, const struct hf_m_state *st, const struct hf_err *err)
{
	struct hf_visit *v = arg;

	if (err == NULL && st->ready) {
		v->probe = PROBE_READY;
		if (v->claimed > 0)
			hf_attempts_go(v->printer, v);
		return;
	}
	v->probe = PROBE_REFUSED;
	(void)hf_str_copy(v->words, sizeof v->words,
	    err != NULL || st->words[0] == '\0' ? hf_visit_unusable : st->words);
	if (v->claimed > 0) {
		v->busy = true;	/* one answer, when all are refused */
		hf_attempts_refuse(v->printer, v, v->words);
		v->busy = false;
		hf_visit_evaluate(v);
	}
}

void
hf_visit_probe(struct hf_visit *v)
{
	struct hf_err e;

	if (v->probe != PROBE_NONE)
		return;
	v->printer = hf_printer_get(v->owner->printers, &v->printer_id, &e);
	if (v->printer == NULL)
		return;
	(void)hf_str_copy(v->printer_name, sizeof v->printer_name,
	    v->printer->name);
	v->probe = PROBE_ASKED;
	if (hf_printer_probe(v->printer, on_state, v, &e) == -1) {
		hf_log_err(HF_WARN, &e, "printer %s not looked at",
		    v->printer->name);
		v->probe = PROBE_REFUSED;
		(void)hf_str_copy(v->words, sizeof v->words, hf_visit_unusable);
	}
}

/* ---- the jobs ---- */

static int
start_row(struct hf_visit *v, const PGresult *r, int row, struct hf_err *e)
{
	struct hf_claim c = { .person = v->person };
	int64_t attempt, fence;

	if (hf_store_id(r, row, 0, &c.job, e) == -1 ||
	    hf_db_int(r, row, 1, &attempt, e) == -1 ||
	    hf_db_int(r, row, 2, &fence, e) == -1)
		return -1;
	c.attempt = (uint64_t)attempt;
	c.fence = (uint64_t)fence;
	c.token = hf_db_text(r, row, 3);
	hf_attempt_start(v->owner->attempts, v->printer, &c, v);
	return 0;
}

/* Intent is committed; now the documents may be opened. */
static void
start_all(struct hf_visit *v, const PGresult *r)
{
	struct hf_err e;
	int i;

	v->busy = true;
	v->claimed = (unsigned)PQntuples(r);
	for (i = 0; i < PQntuples(r); i++)
		if (start_row(v, r, i, &e) == -1) {
			hf_log_err(HF_ERROR, &e, "a claim is not understood");
			hf_visit_failed(v, HF_TAP_UNAVAILABLE,
			    "The release service has a fault");
		}
	if (v->probe == PROBE_READY)
		hf_attempts_go(v->printer, v);
	else if (v->probe == PROBE_REFUSED)
		hf_attempts_refuse(v->printer, v, v->words);
	v->busy = false;
	hf_visit_evaluate(v);
}

void
hf_visit_release(struct hf_visit *v)
{
	char reader[HF_ID_TEXT], printer[HF_ID_TEXT], max[HF_INT_TEXT];
	const char *params[] = { v->person, printer, reader, v->badge, max };
	struct hf_err e;
	PGresult *r;

	hf_visit_probe(v);
	if (v->printer == NULL || v->probe == PROBE_REFUSED) {
		hf_visit_answer(v, HF_TAP_PRINTER, 0,
		    v->words[0] != '\0' ? v->words : hf_visit_unusable);
		return;
	}
	if (v->printer->n_attempts >= DELIVER_QUEUE) {
		hf_visit_answer(v, HF_TAP_PRINTER, 0,
		    "This printer has too much to do: try again later");
		return;
	}
	hf_id_text(&v->reader->id, reader);
	hf_id_text(&v->printer_id, printer);
	hf_int_text(max, (int64_t)(DELIVER_QUEUE - v->printer->n_attempts));
	if (hf_store_run(v->owner->store, &claim, params, &r, &e) == -1) {
		hf_log_err(HF_WARN, &e, "jobs not claimed");
		if (e.code == HF_ECONFLICT)
			hf_visit_answer(v, HF_TAP_REFUSED, 0, e.text);
		else
			hf_visit_answer(v, HF_TAP_UNAVAILABLE, 0, hf_visit_away);
		return;
	}
	if (PQntuples(r) > 0)
		start_all(v, r);
	else
		hf_visit_answer(v, HF_TAP_NO_JOBS, 0, hf_verdict_words(HF_NO_JOBS));
	PQclear(r);
}
