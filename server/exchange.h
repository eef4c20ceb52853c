#ifndef HF_EXCHANGE_H
#define HF_EXCHANGE_H

#include "server/route.h"
#include "server/worker.h"

struct hf_conn;

/*
 * A request from its head to its answer.  While somebody else works on it
 * (phase WAIT) it may outlive its connection: conn is then NULL, and who
 * finishes it frees it.
 */
struct hf_exchange {
	struct hf_req rq;
	struct hf_reply reply;
	struct hf_conn *conn;
	int64_t start_us;
	struct hf_work work;	/* WORKER */
	int beats;		/* LIVE: how many there were */
	bool checking;		/* LIVE: a worker has it */
	int rc;			/* what run returned */
	struct hf_err err;	/* and why */
};

/* For c->x.  NULL without memory: the connection is dead then. */
struct hf_exchange *hf_exchange_new(struct hf_conn *c);
void hf_exchange_free(struct hf_exchange *x);
/*
 * The request c->x is whole and has its route: run the handler, in whichever
 * mode, and answer now or later.  May kill the connection.
 */
void hf_exchange_run(struct hf_conn *c);
/*
 * The answer is in x->reply: send it.  Ends x.  May kill the connection.
 */
void hf_exchange_answer(struct hf_conn *c, struct hf_exchange *x);
/* Fill the reply from why; the log gets what the client is not told. */
void hf_exchange_fail(struct hf_exchange *x, const struct hf_err *why);
/* How long this connection may idle. */
int hf_exchange_idle_ms(const struct hf_conn *c);

#endif
