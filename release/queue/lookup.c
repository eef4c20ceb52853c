#include "release/queue/visit_in.h"

#include <string.h>

#include "lib/log.h"
#include "release/queue/decide.h"

static const struct hf_stmt look_up = { "tap_lookup",
	"SELECT reader_ok, bound, printer_name, printer_ok, min_class, "
	"waiver, badge, badge_revoked, person, display, person_disabled, "
	"held, uncertain, pending_enrolment "
	"FROM tap_lookup($1::uuid, $2::uuid, $3::bytea)",
	3 };
static const struct hf_stmt enrol = { "tap_enrol",
	"SELECT tap_enrol($1::uuid, $2::bytea, $3::int)", 3 };
static int
read_facts(struct hf_visit *v, const PGresult *r, struct hf_facts *f,
    struct hf_err *e)
{
	int64_t min_class, held, uncertain;

	if (PQntuples(r) != 1)
		return hf_fail(e, HF_EINPUT, "tap_lookup has no answer");
	if (hf_db_int(r, 0, 4, &min_class, e) == -1 ||
	    hf_db_int(r, 0, 11, &held, e) == -1 ||
	    hf_db_int(r, 0, 12, &uncertain, e) == -1)
		return -1;
	f->reader_ok = hf_db_bool(r, 0, 0);
	f->bound = hf_db_bool(r, 0, 1);
	f->printer_ok = hf_db_bool(r, 0, 3);
	f->min_class = (int)min_class;
	f->waiver = hf_db_bool(r, 0, 5);
	f->badge_known = !PQgetisnull(r, 0, 6);
	f->badge_revoked = hf_db_bool(r, 0, 7);
	f->person_disabled = hf_db_bool(r, 0, 10);
	f->held = (int)held;
	f->uncertain = (int)uncertain;
	f->pending_enrolment = hf_db_bool(r, 0, 13);
	hf_visit_text(v->printer_name, sizeof v->printer_name,
	    hf_db_text(r, 0, 2));
	hf_visit_text(v->badge, sizeof v->badge, hf_db_text(r, 0, 6));
	hf_visit_text(v->person, sizeof v->person, hf_db_text(r, 0, 8));
	hf_visit_text(v->display, sizeof v->display, hf_db_text(r, 0, 9));
	return 0;
}

static int
ask_facts(struct hf_visit *v, const struct hf_m_badge *b, struct hf_facts *f,
    struct hf_err *e)
{
	char reader[HF_ID_TEXT], printer[HF_ID_TEXT];
	char hash[2 * HF_BADGE_HASH_LEN + 3];
	const char *params[] = { reader, printer, hash };
	PGresult *r;
	int rc;

	hf_id_text(&v->reader->id, reader);
	hf_id_text(&v->printer_id, printer);
	hf_db_bytea(hash, b->hash, sizeof b->hash);
	if (hf_store_run(v->owner->store, &look_up, params, &r, e) == -1)
		return -1;
	rc = read_facts(v, r, f, e);
	PQclear(r);
	return rc;
}

static void
bind_card(struct hf_visit *v, const struct hf_m_badge *b)
{
	char reader[HF_ID_TEXT], kind[HF_INT_TEXT];
	char hash[2 * HF_BADGE_HASH_LEN + 3];
	const char *params[] = { reader, hash, kind };
	struct hf_err e;
	PGresult *r;

	hf_id_text(&v->reader->id, reader);
	hf_db_bytea(hash, b->hash, sizeof b->hash);
	hf_int_text(kind, b->kind);
	if (hf_store_run(v->owner->store, &enrol, params, &r, &e) == -1) {
		hf_log_err(HF_WARN, &e, "card not enrolled");
		hf_visit_answer(v, HF_TAP_UNAVAILABLE, 0, hf_visit_away);
		return;
	}
	if (PQntuples(r) == 1) {
		hf_visit_text(v->person, sizeof v->person, hf_db_text(r, 0, 0));
		hf_visit_answer(v, HF_TAP_ENROLLED, 0, hf_verdict_words(HF_ENROL));
	} else {
		hf_visit_answer(v, HF_TAP_UNKNOWN_CARD, 0,
		    hf_verdict_words(HF_REFUSE_UNKNOWN));
	}
	PQclear(r);
}

static void
decide(struct hf_visit *v, const struct hf_m_badge *b)
{
	enum hf_verdict verdict;
	struct hf_facts f;
	struct hf_err e;

	if (ask_facts(v, b, &f, &e) == -1) {
		hf_log_err(HF_WARN, &e, "tap not looked up");
		hf_visit_answer(v, HF_TAP_UNAVAILABLE, 0, hf_visit_away);
		return;
	}
	/* Neither PINs nor cards' proofs are checked yet: they count nothing. */
	f.presented = hf_class_of(false, false);
	verdict = hf_decide(&f);
	if (verdict == HF_RELEASE)
		hf_visit_release(v);
	else if (verdict == HF_ENROL)
		bind_card(v, b);
	else
		hf_visit_answer(v, hf_verdict_result(verdict), 0,
		    hf_verdict_words(verdict));
}

void
hf_visit_credential(void *arg, struct hf_view body, const struct hf_err *err)
{
	struct hf_visit *v = arg;
	struct hf_m_badge b;
	struct hf_err e;

	if (err == NULL && hf_badge_get(body, &b, &e) == -1)
		err = &e;
	if (err != NULL) {
		hf_log_err(HF_WARN, err, "credential refused");
		hf_pending_error(&v->reply, err);
		hf_visit_record(v, HF_TAP_REFUSED);
		hf_visit_destroy(v);
		return;
	}
	decide(v, &b);
	explicit_bzero(&b, sizeof b);
}
