/* run/release.sock: the table of requests, and those of the web service. */
#include "release/queue/queue.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"

#define CLOCK_OFF_MS (10 * 60 * 1000)

/* ---- NONCE ---- */

/* Its printers will be wanted soon: have them ready. */
static void
warm_printers(struct hf_queue *q, const struct hf_reader *r)
{
	struct hf_printer *p;
	struct hf_err e;
	size_t i;

	for (i = 0; i < r->n_printers; i++) {
		p = hf_printer_get(q->printers, &r->printers[i].id, &e);
		if (p == NULL || p->disabled || !TAILQ_EMPTY(&p->probes))
			continue;
		if (hf_printer_probe(p, NULL, NULL, &e) == -1)
			hf_log_err(HF_DEBUG, &e, "printer %s not warmed",
			    p->name);
	}
}

static int
put_printers(struct hf_buf *b, const struct hf_reader *r, struct hf_err *e)
{
	size_t i;

	if (hf_put_u8(b, (uint8_t)r->n_printers, e) == -1)
		return -1;
	for (i = 0; i < r->n_printers; i++)
		if (hf_put_bytes(b, r->printers[i].id.b, HF_ID_LEN, e) == -1 ||
		    hf_put_str(b, r->printers[i].name, e) == -1)
			return -1;
	return 0;
}

/* count 0: the reader's clock is off, here is ours. */
static int
put_nonces(struct hf_queue *q, struct hf_reader *r, unsigned count,
    struct hf_buf *b, struct hf_err *e)
{
	uint8_t nonce[HF_NONCE_LEN];
	unsigned i;

	if (hf_put_u8(b, (uint8_t)count, e) == -1)
		return -1;
	for (i = 0; i < count; i++) {
		hf_nonce_issue(&r->nonces, hf_now_ms(), nonce);
		if (hf_put_bytes(b, nonce, sizeof nonce, e) == -1)
			return -1;
	}
	if (hf_put_u32(b, HF_NONCE_VALID_MS / 1000, e) == -1 ||
	    hf_put_u64(b, hf_wall_ms(), e) == -1 ||
	    hf_put_u64(b, hf_epochs_serial(q->epochs), e) == -1)
		return -1;
	return put_printers(b, r, e);
}

static bool
is_clock_off(uint64_t theirs)
{
	uint64_t ours = hf_wall_ms();

	return theirs > ours ? theirs - ours > CLOCK_OFF_MS
			     : ours - theirs > CLOCK_OFF_MS;
}

static int
web_nonce(void *arg, const struct hf_request *rq, struct hf_err *e)
{
	struct hf_queue *q = arg;
	struct hf_m_nonce m;
	struct hf_reader *r;

	if (hf_nonce_get(rq->body, &m, e) == -1)
		return -1;
	r = hf_reader_get(q->readers, &m.reader, e);
	if (r == NULL ||
	    hf_reader_verify(m.signature, &m.reader, m.time_ms,
		hf_view_of(&m.count, 1), r->public_key, e) == -1)
		return -1;
	if (is_clock_off(m.time_ms))
		m.count = 0;
	else if (hf_reader_hello(q->readers, r, e) == -1)
		return -1;
	if (put_nonces(q, r, m.count, rq->out, e) == -1)
		return -1;
	if (m.count > 0)
		warm_printers(q, r);
	return HF_DONE;
}

/* ---- the others of the web service ---- */

static int
web_tap(void *arg, const struct hf_request *rq, struct hf_err *e)
{
	struct hf_queue *q = arg;

	return hf_visit_begin(q->visits, rq, e);
}

static const struct hf_stmt enrol = { "reader_enrol",
	"SELECT reader, name, printer, printer_name FROM "
	"reader_enrol($1::bytea, $2::bytea, $3::text, $4::text)",
	4 };

/* One row a printer; a reader without printers has one row without. */
static int
put_enrolled(struct hf_buf *b, const PGresult *r, struct hf_err *e)
{
	int i, n = PQntuples(r) > HF_READER_PRINTERS ? HF_READER_PRINTERS
						     : PQntuples(r);
	struct hf_id id;

	if (hf_store_id(r, 0, 0, &id, e) == -1 ||
	    hf_put_bytes(b, id.b, sizeof id.b, e) == -1 ||
	    hf_put_str(b, hf_db_text(r, 0, 1), e) == -1)
		return -1;
	if (PQgetisnull(r, 0, 2))
		n = 0;
	if (hf_put_u8(b, (uint8_t)n, e) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (hf_store_id(r, i, 2, &id, e) == -1 ||
		    hf_put_bytes(b, id.b, sizeof id.b, e) == -1 ||
		    hf_put_str(b, hf_db_text(r, i, 3), e) == -1)
			return -1;
	return 0;
}

static int
web_enrol(void *arg, const struct hf_request *rq, struct hf_err *e)
{
	struct hf_queue *q = arg;
	uint8_t hash[32];
	char hash_text[2 * 32 + 3], key_text[2 * HF_READER_PK_LEN + 3];
	struct hf_m_enrol m;
	const char *params[] = { hash_text, key_text, m.hardware, m.version };
	PGresult *r;
	int rc = -1;

	if (hf_enrol_get(rq->body, &m, e) == -1)
		return -1;
	hf_token_hash(m.secret, hash);
	explicit_bzero(m.secret, sizeof m.secret);
	hf_db_bytea(hash_text, hash, sizeof hash);
	hf_db_bytea(key_text, m.public_key, sizeof m.public_key);
	if (hf_store_run(q->store, &enrol, params, &r, e) == -1)
		return -1;
	if (PQntuples(r) == 0)
		hf_fail(e, HF_EDENIED,
		    "this enrolment token is used, too old or unknown");
	else
		rc = put_enrolled(rq->out, r, e);
	PQclear(r);
	return rc;
}

static int
web_login(void *arg, const struct hf_request *rq, struct hf_err *e)
{
	struct hf_queue *q = arg;

	return hf_web_login(q->webs, rq, e);
}

static int
web_session(void *arg, const struct hf_request *rq, struct hf_err *e)
{
	struct hf_queue *q = arg;

	return hf_web_session(q->webs, rq, e);
}

static int
web_do(void *arg, const struct hf_request *rq, struct hf_err *e)
{
	struct hf_queue *q = arg;

	return hf_web_do(q->webs, rq, e);
}

static int
web_key_list(void *arg, const struct hf_request *rq, struct hf_err *e)
{
	struct hf_queue *q = arg;
	struct hf_view list = hf_epochs_list(q->epochs);

	if (hf_get_end(&rq->body, e) == -1)
		return -1;
	if (list.n == 0)
		return hf_fail(e, HF_EAGAIN, "the key list is not ready");
	return hf_put_bytes(rq->out, list.p, list.n, e);
}

static int
health(void *arg, const struct hf_request *rq, struct hf_err *e)
{
	struct hf_queue *q = arg;
	bool database = hf_store_is_up(q->store);
	bool key = hf_keyask_is_well(q->key) && hf_epochs_list(q->epochs).n > 0;

	if (hf_get_end(&rq->body, e) == -1 ||
	    hf_put_u8(rq->out, database && key && q->ending_ms == 0, e) ==
		-1 ||
	    hf_put_u8(rq->out, database, e) == -1)
		return -1;
	return hf_put_u8(rq->out, key, e);
}

/* ---- who ---- */

unsigned
hf_request_who(void *arg, uid_t uid)
{
	const struct hf_queue *q = arg;
	unsigned who = 0;
	size_t i;

	if (uid == q->conf.web.uid)
		who |= HF_WHO_WEB;
	if (uid == 0)
		who |= HF_WHO_ADMIN;
	for (i = 0; i < q->conf.n_admins; i++)
		if (uid == q->conf.admins[i])
			who |= HF_WHO_ADMIN;
	return who;
}

/*
 * exact: the body is made by our own program, so a malformed one ends the
 * connection; the body of TAP is a reader's.
 */
const struct hf_request_type hf_request_types[] = {
	{ HF_MSG_NONCE, HF_WHO_WEB, true, web_nonce },
	{ HF_MSG_TAP, HF_WHO_WEB, false, web_tap },
	{ HF_MSG_ENROL, HF_WHO_WEB, true, web_enrol },
	{ HF_MSG_KEY_LIST_GET, HF_WHO_WEB, true, web_key_list },
	{ HF_MSG_LOGIN, HF_WHO_WEB, true, web_login },
	{ HF_MSG_SESSION, HF_WHO_WEB, true, web_session },
	{ HF_MSG_DO, HF_WHO_WEB, true, web_do },
	{ HF_MSG_HEALTH, HF_WHO_WEB | HF_WHO_ADMIN, true, health },
	{ HF_MSG_STATUS, HF_WHO_ADMIN, true, hf_admin_status },
	{ HF_MSG_KEY_LIST, HF_WHO_ADMIN, true, hf_admin_key_list },
	{ HF_MSG_KEY_ROTATE, HF_WHO_ADMIN, true, hf_admin_key_rotate },
	{ HF_MSG_RESCAN, HF_WHO_ADMIN, true, hf_admin_rescan },
	{ HF_MSG_PRINTER_TEST, HF_WHO_ADMIN, true, hf_admin_printer_test },
	{ HF_MSG_FSCK, HF_WHO_ADMIN, true, hf_admin_fsck },
};
const size_t hf_n_request_types =
    sizeof hf_request_types / sizeof hf_request_types[0];
