/* link: release/queue/attempt.c release/queue/handover.c release/queue/report.c release/queue/ledger.c release/queue/journal.c release/queue/proto.c -levent_core -lpq */
/*
 * The life of an attempt: what is told to the deliver process, to the
 * database and to the person, in which order, and with a database or a process
 * that goes away at each step.  Store, role key and printer are played here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/keylist.h"
#include "lib/log.h"
#include "release/queue/attempt.h"

static struct hf_loop loop;

/* ---- the store: a script of what the functions answer ---- */

static struct {
	bool up;
	bool breaks;		/* the next statement is lost on the way back */
	bool refuses;		/* … is an error of ours */
	const char *advance;	/* "t" or "f" */
	const char *finish;	/* a state, or NULL */
	const char *attempt_state; /* what attempt_open says, or NULL */
	const char *job_state;	/* what job_state says, or NULL */
	char log[1024];		/* statements that came, in order */
} db;

static PGresult *
one_cell(const char *value)
{
	PGresAttDesc col = { .name = (char *)(uintptr_t)"x" };
	PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);

	assert_non_null(r);
	assert_int_equal(PQsetResultAttrs(r, 1, &col), 1);
	if (value != NULL)
		assert_int_equal(PQsetvalue(r, 0, 0,
				     (char *)(uintptr_t)value,
				     (int)strlen(value)), 1);
	return r;
}

static PGresult *
null_cell(void)
{
	PGresult *r = one_cell(NULL);

	assert_int_equal(PQsetvalue(r, 0, 0, NULL, -1), 1);
	return r;
}

bool
hf_store_is_up(const struct hf_store *s)
{
	(void)s;
	return db.up;
}

void
hf_int_text(char out[static HF_INT_TEXT], int64_t v)
{
	snprintf(out, HF_INT_TEXT, "%lld", (long long)v);
}

static void
note(const char *what, const char *detail)
{
	size_t n = strlen(db.log);

	snprintf(db.log + n, sizeof db.log - n, "%s%s%s ", what,
	    detail != NULL ? ":" : "", detail != NULL ? detail : "");
}

int
hf_store_run(struct hf_store *s, const struct hf_stmt *st,
    const char *const *params, PGresult **res, struct hf_err *e)
{
	(void)s;
	if (!db.up)
		return hf_fail(e, HF_EAGAIN, "away");
	if (strcmp(st->name, "job_advance") == 0)
		note("advance", params[2]);
	else if (strcmp(st->name, "job_finish") == 0)
		note("finish", params[2]);
	else
		note(st->name, NULL);
	if (db.refuses)
		return hf_fail(e, HF_ESYS, "refused");
	if (db.breaks) {
		db.breaks = db.up = false;
		return hf_fail(e, HF_EAGAIN, "broke off");
	}
	if (strcmp(st->name, "job_advance") == 0)
		*res = one_cell(db.advance);
	else if (strcmp(st->name, "job_finish") == 0)
		*res = db.finish != NULL ? one_cell(db.finish) : null_cell();
	else if (strcmp(st->name, "attempt_open_one") == 0)
		*res = one_cell(db.attempt_state);
	else
		*res = one_cell(db.job_state);
	return 0;
}

/* ---- role key ---- */

static struct {
	hf_keyask_fn *fn;
	void *arg;
} asked;

int
hf_keyask_unwrap(struct hf_keyask *k, const uint8_t pk[static 32],
    struct hf_view header, hf_keyask_fn *fn, void *arg, struct hf_err *e)
{
	(void)k;
	(void)pk;
	(void)header;
	(void)e;
	asked.fn = fn;
	asked.arg = arg;
	return 0;
}

void
hf_keyask_forget(struct hf_keyask *k, const void *arg)
{
	(void)k;
	if (asked.arg == arg)
		asked.fn = NULL;
}

/* ---- the printer and its process ---- */

static struct hf_printer p1;
static struct {
	int delivers, recovers, advanced, not_ours, warmed, let_go;
} told;

int
hf_printer_send(struct hf_printer *p, const struct hf_buf *b, int fd,
    struct hf_err *e)
{
	struct hf_msg m;

	(void)p;
	assert_int_equal(hf_msg_decode(hf_buf_view(b), &m, e), 0);
	switch (m.type) {
	case HF_MSG_DELIVER:
		assert_int_not_equal(fd, -1);
		told.delivers++;
		break;
	case HF_MSG_RECOVER:
		told.recovers++;
		break;
	case HF_MSG_ADVANCED:
		assert_int_equal(m.body.n, 9);
		if (m.body.p[8] != 0)
			told.advanced++;
		else
			told.not_ours++;
		break;
	default:
		fail();
	}
	return 0;
}

void
hf_printer_warm(struct hf_printer *p)
{
	(void)p;
	told.warmed++;
}

void
hf_printer_let_go(struct hf_printer *p)
{
	told.let_go++;
	p->state = HF_P_OFF;
	hf_attempt_printer_ops.gone(NULL, p, NULL);
}

struct hf_printer *
hf_printers_first(struct hf_printers *ps)
{
	(void)ps;
	return &p1;
}

/* ---- the person ---- */

static struct {
	int accepted, failed;
	enum hf_tap_result blame;
	char words[HF_WORDS];
} person;
static int waiter;

static void
on_accepted(void *w)
{
	assert_ptr_equal(w, &waiter);
	person.accepted++;
}

static void
on_failed(void *w, enum hf_tap_result blame, const char *words)
{
	assert_ptr_equal(w, &waiter);
	person.failed++;
	person.blame = blame;
	(void)hf_str_copy(person.words, sizeof person.words, words);
}

static const struct hf_attempt_ops person_ops = { on_accepted, on_failed };

/* ---- the scene ---- */

static char dir[] = "/tmp/hf-attempt.XXXXXX";
static struct hf_spool spool;
static struct hf_attempts *as;
static struct hf_id job;
static struct hf_envelope env;
static int lost;

static void
on_lost(void *arg)
{
	(void)arg;
	lost++;
}

static void
file_name(char *out, size_t size)
{
	char text[HF_ID_TEXT];

	hf_id_text(&job, text);
	snprintf(out, size, "%s/held/%s", dir, text);
}

static bool
file_is_there(void)
{
	char path[256];

	file_name(path, sizeof path);
	return access(path, F_OK) == 0;
}

static void
seal_file(void)
{
	struct hf_host_key host;
	struct hf_sealer *s;
	char path[256];
	uint8_t pk[32], sk[32];
	int fd;

	memset(&env, 0, sizeof env);
	hf_id_new(&env.job);
	job = env.job;
	strcpy(env.owner, "ann");
	strcpy(env.title, "t");
	strcpy(env.format, "application/pdf");
	env.submitted = 1;
	env.expires = 2;
	strcpy(env.queue, "office");
	env.copies = 1;
	strcpy(env.host, "h");
	strcpy(env.job_uuid, "u");
	env.document = 1;
	crypto_box_keypair(pk, sk);
	hf_host_key_new(&host);
	file_name(path, sizeof path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	assert_int_not_equal(fd, -1);
	s = hf_sealer_new(fd, pk, &host, &env, NULL);
	assert_non_null(s);
	assert_int_equal(hf_sealer_write(s, "doc", 3, NULL), 0);
	assert_int_equal(hf_sealer_finish(s, NULL), 0);
	hf_sealer_free(s);
	close(fd);
}

static int
setup(void **state)
{
	(void)state;
	memset(&db, 0, sizeof db);
	db.up = true;
	db.advance = "t";
	memset(&told, 0, sizeof told);
	memset(&person, 0, sizeof person);
	memset(&asked, 0, sizeof asked);
	memset(&p1, 0, sizeof p1);
	strcpy(p1.name, "p1");
	TAILQ_INIT(&p1.attempts);
	p1.state = HF_P_READY;
	lost = 0;
	seal_file();
	as = hf_attempts_new(&loop, &spool, NULL, NULL, &person_ops, NULL);
	assert_non_null(as);
	hf_attempts_serve(as, (struct hf_printers *)(void *)&p1);
	hf_attempts_on_lost(as, on_lost, NULL);
	return 0;
}

static int
teardown(void **state)
{
	char path[256];

	(void)state;
	hf_attempts_free(as);
	assert_int_equal(p1.n_attempts, 0);
	file_name(path, sizeof path);
	unlink(path);
	return 0;
}

static struct hf_attempt *
start(void)
{
	const struct hf_claim c = { .attempt = 7,
		.fence = 9,
		.job = job,
		.token = "0123456789abcdef0123456789abcdef",
		.person = "ann" };

	hf_attempt_start(as, &p1, &c, &waiter);
	return TAILQ_FIRST(&p1.attempts);
}

/* Role key answers with this envelope. */
static void
key_opens(const struct hf_envelope *v)
{
	struct hf_buf e, body;
	const uint8_t wrapped[HF_WRAPPED_LEN] = { 0 };

	assert_non_null(asked.fn);
	hf_buf_init(&e, HF_ENVELOPE_MAX);
	hf_buf_init(&body, HF_MSG_MAX);
	assert_int_equal(hf_envelope_put(&e, v, NULL), 0);
	assert_int_equal(hf_put_var(&body, e.p, e.n, NULL), 0);
	assert_int_equal(hf_put_bytes(&body, wrapped, sizeof wrapped, NULL),
	    0);
	asked.fn(asked.arg, hf_buf_view(&body), NULL);
	hf_buf_clear(&e);
	hf_buf_clear(&body);
}

static int
deliver_says(uint8_t type, struct hf_buf *b)
{
	struct hf_msg m = { .type = type, .body = hf_buf_view(b), .fd = -1 };
	struct hf_err e;
	int rc = hf_attempt_printer_ops.message(as, &p1, &m, &e);

	hf_buf_clear(b);
	return rc;
}

static int
advance_with(uint64_t fence, enum hf_attempt_state to)
{
	struct hf_buf b;

	hf_buf_init(&b, 1024);
	if (hf_put_u64(&b, 7, NULL) == -1 ||
	    hf_put_u64(&b, fence, NULL) == -1 ||
	    hf_put_u8(&b, (uint8_t)to, NULL) == -1 ||
	    hf_put_u32(&b, 17, NULL) == -1 ||
	    hf_put_str(&b, "urn:uuid:1", NULL) == -1 ||
	    hf_put_u32(&b, 3600, NULL) == -1)
		fail();
	return deliver_says(HF_MSG_ADVANCE, &b);
}

static int
advance(enum hf_attempt_state to)
{
	return advance_with(9, to);
}

static int
finish_with(uint64_t fence, enum hf_outcome outcome, const char *words)
{
	struct hf_buf b;

	hf_buf_init(&b, 1024);
	if (hf_put_u64(&b, 7, NULL) == -1 ||
	    hf_put_u64(&b, fence, NULL) == -1 ||
	    hf_put_u8(&b, (uint8_t)outcome, NULL) == -1 ||
	    hf_put_u32(&b, UINT32_MAX, NULL) == -1 ||
	    hf_put_str(&b, words, NULL) == -1)
		fail();
	return deliver_says(HF_MSG_FINISH, &b);
}

static int
finish(enum hf_outcome outcome, const char *words)
{
	return finish_with(9, outcome, words);
}

/* Up to the deliver process. */
static struct hf_attempt *
hand_over(void)
{
	struct hf_attempt *a = start();

	hf_attempts_go(&p1, &waiter);
	key_opens(&env);
	assert_int_equal(told.delivers, 1);
	assert_int_equal(a->step, HF_A_DELIVERING);
	return a;
}

static void
the_process_is_gone(void)
{
	struct hf_err why;

	hf_fail(&why, HF_EPEER, "gone");
	p1.state = HF_P_OFF;
	hf_attempt_printer_ops.gone(as, &p1, &why);
}

/* ---- the way it should be ---- */

static void
a_plain_delivery_goes_through_each_state(void **state)
{
	(void)state;
	hand_over();
	assert_int_equal(advance(HF_ATTEMPT_CREATED), 0);
	assert_int_equal(told.advanced, 1);
	assert_int_equal(person.accepted, 0);
	assert_int_equal(advance(HF_ATTEMPT_SENT), 0);
	assert_int_equal(person.accepted, 1);
	db.finish = "delivered";
	assert_int_equal(finish(HF_OUT_DELIVERED, ""), 0);
	assert_string_equal(db.log,
	    "advance:created advance:sent finish:delivered ");
	assert_int_equal(person.accepted, 1);
	assert_int_equal(person.failed, 0);
	assert_int_equal(p1.n_attempts, 0);
	assert_false(file_is_there());
}

static void
a_held_delivery_is_accepted_when_its_release_is_committed(void **state)
{
	(void)state;
	hand_over();
	assert_int_equal(advance(HF_ATTEMPT_CREATED), 0);
	assert_int_equal(advance(HF_ATTEMPT_RELEASING), 0);
	assert_int_equal(person.accepted, 1);
	db.finish = "delivered";
	assert_int_equal(finish(HF_OUT_DELIVERED, ""), 0);
	assert_false(file_is_there());
}

static void
nothing_is_handed_over_before_the_printer_is_ready(void **state)
{
	(void)state;
	start();
	key_opens(&env);
	assert_int_equal(told.delivers, 0);
	hf_attempts_go(&p1, &waiter);
	assert_int_equal(told.delivers, 1);
}

static void
a_process_that_is_starting_is_waited_for(void **state)
{
	(void)state;
	p1.state = HF_P_ASKED;
	start();
	assert_null(asked.fn);
	assert_int_equal(told.warmed, 1);
	p1.state = HF_P_READY;
	hf_attempt_printer_ops.hello(as, &p1);
	assert_non_null(asked.fn);
}

/* ---- what goes back to held ---- */

static void
a_printer_that_cannot_leaves_the_job_held(void **state)
{
	(void)state;
	start();
	db.finish = "held";
	hf_attempts_refuse(&p1, &waiter, "out of paper");
	assert_string_equal(db.log, "finish:held ");
	assert_int_equal(person.failed, 1);
	assert_int_equal(person.blame, HF_TAP_PRINTER);
	assert_string_equal(person.words, "out of paper");
	assert_null(asked.fn);	/* an answer of role key comes too late */
	assert_true(file_is_there());
	assert_int_equal(p1.n_attempts, 0);
}

static void
what_was_handed_over_is_not_taken_back(void **state)
{
	(void)state;
	hand_over();
	hf_attempts_refuse(&p1, &waiter, "out of paper");
	assert_string_equal(db.log, "");
	assert_int_equal(p1.n_attempts, 1);
}

static void
an_envelope_of_another_job_or_owner_is_not_printed(void **state)
{
	struct hf_envelope other = env;

	(void)state;
	start();
	db.finish = "damaged";
	hf_id_new(&other.job);
	hf_attempts_go(&p1, &waiter);
	key_opens(&other);
	assert_int_equal(told.delivers, 0);
	assert_string_equal(db.log, "finish:damaged ");
	assert_int_equal(person.blame, HF_TAP_REFUSED);
	db.log[0] = '\0';
	start();
	db.finish = "held";
	other = env;
	strcpy(other.owner, "bob");
	hf_attempts_go(&p1, &waiter);
	key_opens(&other);
	assert_int_equal(told.delivers, 0);
	assert_string_equal(db.log, "finish:held ");
}

static void
a_key_that_is_missing_leaves_it_held_and_a_bad_box_is_damage(void **state)
{
	struct hf_err e;

	(void)state;
	start();
	db.finish = "held";
	hf_fail(&e, HF_ENOTFOUND, "no such key");
	asked.fn(asked.arg, hf_view_of("", 0), &e);
	assert_string_equal(db.log, "finish:held ");
	db.log[0] = '\0';
	start();
	db.finish = "damaged";
	hf_fail(&e, HF_ETAMPER, "does not open");
	asked.fn(asked.arg, hf_view_of("", 0), &e);
	assert_string_equal(db.log, "finish:damaged ");
}

static void
a_missing_file_is_damage(void **state)
{
	char path[256];

	(void)state;
	file_name(path, sizeof path);
	unlink(path);
	db.finish = "damaged";
	assert_null(start());
	assert_string_equal(db.log, "finish:damaged ");
	assert_int_equal(person.failed, 1);
}

/* ---- a process that breaks the protocol or dies ---- */

static void
steps_out_of_order_end_the_process(void **state)
{
	(void)state;
	hand_over();
	assert_int_equal(advance(HF_ATTEMPT_SENT), -1);
	assert_int_equal(advance(HF_ATTEMPT_RELEASING), -1);
	assert_int_equal(advance(HF_ATTEMPT_CREATED), 0);
	assert_int_equal(advance(HF_ATTEMPT_CREATED), -1);
	assert_int_equal(advance(HF_ATTEMPT_SENT), 0);
	assert_int_equal(advance(HF_ATTEMPT_RELEASING), -1);
	assert_string_equal(db.log, "advance:created advance:sent ");
}

static void
a_finish_of_what_it_never_had_ends_the_process(void **state)
{
	(void)state;
	start();
	assert_int_equal(finish(HF_OUT_DELIVERED, ""), -1);
	assert_string_equal(db.log, "");
}

static void
an_old_fence_changes_nothing(void **state)
{
	(void)state;
	hand_over();
	assert_int_equal(advance_with(8, HF_ATTEMPT_CREATED), 0);
	assert_int_equal(told.not_ours, 1);
	assert_int_equal(finish_with(8, HF_OUT_DELIVERED, ""), 0);
	assert_string_equal(db.log, "");
	assert_int_equal(p1.n_attempts, 1);
}

static void
a_process_that_dies_before_the_hand_over_leaves_it_held(void **state)
{
	(void)state;
	start();
	key_opens(&env);
	db.finish = "held";
	the_process_is_gone();
	assert_string_equal(db.log, "finish:held ");
	assert_int_equal(person.blame, HF_TAP_PRINTER);
	assert_int_equal(lost, 0);
}

static void
a_process_that_dies_afterwards_leaves_it_to_recovery(void **state)
{
	const struct hf_open_attempt o = { .attempt = 7,
		.fence = 10,
		.job = job,
		.token = "0123456789abcdef0123456789abcdef",
		.state = HF_ATTEMPT_CREATED,
		.job_id = 17,
		.job_uuid = "urn:uuid:1" };
	struct hf_attempt *a = hand_over();

	(void)state;
	assert_int_equal(advance(HF_ATTEMPT_CREATED), 0);
	the_process_is_gone();
	assert_int_equal(a->step, HF_A_LOST);
	assert_int_equal(lost, 1);
	assert_string_equal(db.log, "advance:created ");
	hf_attempt_recover(as, &p1, &o, 1);
	assert_int_equal(told.recovers, 0);	/* not before its HELLO */
	p1.state = HF_P_READY;
	hf_attempt_printer_ops.hello(as, &p1);
	assert_int_equal(told.recovers, 1);
	assert_int_equal(finish(HF_OUT_HELD, "late"), 0); /* the old fence */
	assert_int_equal(p1.n_attempts, 1);
	db.finish = "uncertain";
	assert_int_equal(finish_with(10, HF_OUT_UNCERTAIN, "not found"), 0);
	assert_int_equal(p1.n_attempts, 0);
	assert_int_equal(person.failed, 1);
	assert_true(file_is_there());
}

static void
an_unreachable_printer_is_asked_again(void **state)
{
	struct hf_attempt *a = hand_over();

	(void)state;
	assert_int_equal(finish(HF_OUT_UNREACHABLE, "no answer"), 0);
	assert_string_equal(db.log, "");
	assert_int_equal(a->step, HF_A_UNREACHABLE);
	assert_int_equal(person.failed, 1);
	a->unreachable_ms = 1;	/* long ago */
	a->step = HF_A_RECOVERING;
	db.finish = "uncertain";
	assert_int_equal(finish(HF_OUT_UNREACHABLE, "no answer"), 0);
	assert_string_equal(db.log, "finish:unreachable ");
	assert_int_equal(p1.n_attempts, 0);
}

/* ---- a database that goes away ---- */

static void
without_the_database_no_document_starts(void **state)
{
	struct hf_attempt *a = hand_over();
	int i;

	(void)state;
	db.up = false;
	assert_int_equal(advance(HF_ATTEMPT_CREATED), 0);
	assert_int_equal(told.advanced + told.not_ours, 0);
	for (i = 0; i < 30 && told.not_ours == 0; i++)
		assert_int_equal(event_base_loop(loop.base, EVLOOP_ONCE), 0);
	assert_int_equal(told.not_ours, 1);
	assert_int_equal(person.blame, HF_TAP_UNAVAILABLE);
	assert_int_equal(a->step, HF_A_LOST);
	assert_int_equal(lost, 1);
	assert_int_equal(a->writes, 0);
}

static void
what_the_printer_owns_is_written_when_the_database_is_back(void **state)
{
	struct hf_ledger *l = hf_attempts_ledger(as);

	(void)state;
	hand_over();
	assert_int_equal(advance(HF_ATTEMPT_CREATED), 0);
	db.up = false;
	assert_int_equal(advance(HF_ATTEMPT_SENT), 0);
	assert_int_equal(person.accepted, 1);	/* it prints, whatever we know */
	assert_int_equal(finish(HF_OUT_DELIVERED, ""), 0);
	assert_false(hf_ledger_is_empty(l));
	assert_true(file_is_there());
	db.up = true;
	db.finish = "delivered";
	hf_ledger_flush(l);
	assert_string_equal(db.log,
	    "advance:created advance:sent finish:delivered ");
	assert_true(hf_ledger_is_empty(l));
	assert_false(file_is_there());
	assert_int_equal(p1.n_attempts, 0);
}

static void
an_advance_that_broke_off_after_it_was_written_counts(void **state)
{
	struct hf_attempt *a = hand_over();

	(void)state;
	assert_int_equal(advance(HF_ATTEMPT_CREATED), 0);
	db.breaks = true;
	assert_int_equal(advance(HF_ATTEMPT_SENT), 0);
	db.up = true;
	db.advance = "f";	/* it is not `created` any more … */
	db.attempt_state = "sent"; /* … because the first try arrived */
	hf_ledger_flush(hf_attempts_ledger(as));
	assert_int_equal(told.advanced, 2);
	assert_int_equal(told.not_ours, 0);
	assert_int_equal(a->state, HF_ATTEMPT_SENT);
	assert_string_equal(db.log,
	    "advance:created advance:sent advance:sent attempt_open_one ");
}

static void
an_advance_that_is_refused_stops_the_process(void **state)
{
	struct hf_attempt *a = hand_over();

	(void)state;
	db.advance = "f";
	assert_int_equal(advance(HF_ATTEMPT_CREATED), 0);
	assert_int_equal(told.not_ours, 1);
	assert_int_equal(told.advanced, 0);
	assert_int_equal(a->step, HF_A_LOST);
	assert_string_equal(db.log, "advance:created ");
}

static void
a_finish_that_somebody_else_wrote_still_lets_the_file_go(void **state)
{
	(void)state;
	hand_over();
	db.finish = NULL;
	db.job_state = "delivered";
	assert_int_equal(finish(HF_OUT_DELIVERED, ""), 0);
	assert_string_equal(db.log, "finish:delivered job_state_one ");
	assert_false(file_is_there());
	assert_int_equal(p1.n_attempts, 0);
}

static void
a_finish_that_cannot_be_written_is_left_to_recovery(void **state)
{
	struct hf_attempt *a = hand_over();

	(void)state;
	db.refuses = true;
	assert_int_equal(finish(HF_OUT_DELIVERED, ""), 0);
	assert_int_equal(a->step, HF_A_LOST);
	assert_int_equal(lost, 1);
	assert_true(file_is_there());
}

static void
a_scan_drops_only_what_somebody_else_has_ended(void **state)
{
	struct hf_attempt *a = hand_over();

	(void)state;
	hf_attempts_swept(as, 1);
	assert_int_equal(p1.n_attempts, 1);	/* looked after */
	the_process_is_gone();
	a->scan = 2;
	hf_attempts_swept(as, 2);
	assert_int_equal(p1.n_attempts, 1);	/* seen by this scan */
	hf_attempts_swept(as, 3);
	assert_int_equal(p1.n_attempts, 0);
}

static void
a_waiter_that_left_is_not_told(void **state)
{
	(void)state;
	hand_over();
	hf_attempts_forget(&p1, &waiter);
	assert_int_equal(advance(HF_ATTEMPT_CREATED), 0);
	assert_int_equal(advance(HF_ATTEMPT_SENT), 0);
	db.finish = "delivered";
	assert_int_equal(finish(HF_OUT_DELIVERED, ""), 0);
	assert_int_equal(person.accepted + person.failed, 0);
}

static int
make_spool(void **state)
{
	char path[256];

	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/held", dir);
	if (mkdir(path, 0700) == -1)
		return -1;
	snprintf(path, sizeof path, "%s/incoming", dir);
	if (mkdir(path, 0700) == -1)
		return -1;
	return hf_spool_open(&spool, dir,
	    1u << HF_HELD | 1u << HF_INCOMING, NULL);
}

static int
remove_spool(void **state)
{
	char path[256];

	(void)state;
	hf_spool_close(&spool);
	snprintf(path, sizeof path, "%s/held", dir);
	rmdir(path);
	snprintf(path, sizeof path, "%s/incoming", dir);
	rmdir(path);
	return rmdir(dir);
}

/* ---- kept on disk ---- */

static bool
journal_is_there(void)
{
	return faccessat(spool.dir[HF_HELD], ".journal", F_OK, 0) == 0;
}

static void
start_again(void)
{
	hf_attempts_free(as);
	as = hf_attempts_new(&loop, &spool, NULL, NULL, &person_ops, NULL);
	assert_non_null(as);
	hf_attempts_serve(as, (struct hf_printers *)(void *)&p1);
	hf_attempts_on_lost(as, on_lost, NULL);
	db.log[0] = '\0';
}

static void
what_the_printer_did_survives_a_restart_without_the_database(void **state)
{
	(void)state;
	hand_over();
	assert_int_equal(advance(HF_ATTEMPT_CREATED), 0);
	assert_false(journal_is_there());
	db.up = false;
	assert_int_equal(advance(HF_ATTEMPT_SENT), 0);
	assert_true(journal_is_there());
	assert_int_equal(told.advanced, 2);	/* it watches on */
	assert_int_equal(finish(HF_OUT_DELIVERED, ""), 0);
	start_again();
	assert_false(hf_ledger_is_empty(hf_attempts_ledger(as)));
	hf_ledger_flush(hf_attempts_ledger(as));
	assert_string_equal(db.log, "");
	db.up = true;
	db.breaks = true;		/* and away again */
	hf_ledger_flush(hf_attempts_ledger(as));
	assert_true(journal_is_there());
	db.up = true;
	db.log[0] = '\0';
	db.finish = "delivered";
	hf_ledger_flush(hf_attempts_ledger(as));
	assert_string_equal(db.log, "advance:sent finish:delivered ");
	assert_true(hf_ledger_is_empty(hf_attempts_ledger(as)));
	assert_false(journal_is_there());
}

static void
what_was_written_after_all_is_not_kept(void **state)
{
	(void)state;
	hand_over();
	assert_int_equal(advance(HF_ATTEMPT_CREATED), 0);
	db.up = false;
	assert_int_equal(finish(HF_OUT_UNCERTAIN, "x"), 0);
	assert_true(journal_is_there());
	db.up = true;
	db.finish = "uncertain";
	hf_ledger_flush(hf_attempts_ledger(as));
	assert_false(journal_is_there());
	start_again();
	hf_ledger_flush(hf_attempts_ledger(as));
	assert_string_equal(db.log, "");
}

static void
an_intention_is_not_kept(void **state)
{
	(void)state;
	hand_over();
	db.up = false;
	assert_int_equal(advance(HF_ATTEMPT_CREATED), 0);
	assert_false(journal_is_there());
}

/* ---- heartbeats ---- */

static void
beat(uint64_t n)
{
	struct hf_buf b;

	hf_buf_init(&b, 1024);
	if (hf_put_u64(&b, 7, NULL) == -1 || hf_put_u64(&b, n, NULL) == -1 ||
	    hf_put_u64(&b, 0, NULL) == -1 ||
	    hf_put_u32(&b, UINT32_MAX, NULL) == -1 ||
	    hf_put_str(&b, "printing", NULL) == -1)
		fail();
	p1.quiet = 0;			/* as process.c does for any word */
	assert_int_equal(deliver_says(HF_MSG_PROGRESS, &b), 0);
}

static void
an_attempt_whose_heart_stands_still_is_taken_over(void **state)
{
	struct hf_attempt *a = hand_over();
	uint64_t n = 0;
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		beat(++n);
		hf_attempts_watch(as);
	}
	assert_int_equal(a->step, HF_A_DELIVERING);
	for (i = 0; i < 5; i++) {
		beat(n);		/* it speaks, but moves on with nothing */
		hf_attempts_watch(as);
		assert_int_equal(a->step, HF_A_DELIVERING);
	}
	beat(n);
	hf_attempts_watch(as);
	assert_int_equal(a->step, HF_A_LOST);
	assert_int_equal(lost, 1);
	assert_int_equal(told.let_go, 0);
}

static void
a_process_that_says_nothing_is_let_go(void **state)
{
	struct hf_attempt *a;
	int i;

	(void)state;
	/* gone() is not given the attempts here: lose_if_out needs none. */
	a = hand_over();
	for (i = 0; i < 6; i++)
		hf_attempts_watch(as);
	assert_int_equal(told.let_go, 0);
	assert_int_equal(a->step, HF_A_DELIVERING);
	hf_attempts_watch(as);
	assert_int_equal(told.let_go, 1);
	assert_int_equal(a->step, HF_A_LOST);
}

static void
a_doubt_that_meets_no_answer_is_given_back_at_once(void **state)
{
	const struct hf_open_attempt o = { .attempt = 7,
		.fence = 12,
		.job = job,
		.token = "0123456789abcdef0123456789abcdef",
		.state = HF_ATTEMPT_SENT,
		.job_uuid = "",
		.doubt = true };

	(void)state;
	hf_attempt_recover(as, &p1, &o, 1);
	assert_int_equal(told.recovers, 1);
	db.finish = "uncertain";
	assert_int_equal(finish_with(12, HF_OUT_UNREACHABLE, "off"), 0);
	assert_string_equal(db.log, "finish:unreachable ");
	assert_int_equal(p1.n_attempts, 0);
	assert_true(file_is_there());
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_plain_delivery_goes_through_each_state),
		T(a_held_delivery_is_accepted_when_its_release_is_committed),
		T(nothing_is_handed_over_before_the_printer_is_ready),
		T(a_process_that_is_starting_is_waited_for),
		T(a_printer_that_cannot_leaves_the_job_held),
		T(what_was_handed_over_is_not_taken_back),
		T(an_envelope_of_another_job_or_owner_is_not_printed),
		T(a_key_that_is_missing_leaves_it_held_and_a_bad_box_is_damage),
		T(a_missing_file_is_damage),
		T(steps_out_of_order_end_the_process),
		T(a_finish_of_what_it_never_had_ends_the_process),
		T(an_old_fence_changes_nothing),
		T(a_process_that_dies_before_the_hand_over_leaves_it_held),
		T(a_process_that_dies_afterwards_leaves_it_to_recovery),
		T(an_unreachable_printer_is_asked_again),
		T(without_the_database_no_document_starts),
		T(what_the_printer_owns_is_written_when_the_database_is_back),
		T(an_advance_that_broke_off_after_it_was_written_counts),
		T(an_advance_that_is_refused_stops_the_process),
		T(a_finish_that_somebody_else_wrote_still_lets_the_file_go),
		T(a_finish_that_cannot_be_written_is_left_to_recovery),
		T(a_scan_drops_only_what_somebody_else_has_ended),
		T(a_waiter_that_left_is_not_told),
		T(what_the_printer_did_survives_a_restart_without_the_database),
		T(what_was_written_after_all_is_not_kept),
		T(an_intention_is_not_kept),
		T(an_attempt_whose_heart_stands_still_is_taken_over),
		T(a_process_that_says_nothing_is_let_go),
		T(a_doubt_that_meets_no_answer_is_given_back_at_once),
	};
	int rc;

	if (sodium_init() == -1)
		return 1;
	hf_log_init("test", HF_ERROR);
	loop.base = event_base_new();
	if (loop.base == NULL)
		return 1;
	rc = cmocka_run_group_tests(tests, make_spool, remove_spool);
	event_base_free(loop.base);
	return rc;
}
