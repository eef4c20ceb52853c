#ifndef HF_GATE_H
#define HF_GATE_H

#include "server/route.h"

struct hf_pool;

/*
 * Who may pass to a handler: doc/api.md, "Session".  Two doors.  The first is
 * in the loop and looks at the request alone; the second is in a worker, asks
 * the database whose session this is, and looks at the role.  (Where the
 * release service is asked, it is the second door.)
 */

#define HF_COOKIE "__Host-hf"

/*
 * The first door, before a byte of the body is read.  Fills rq->token.
 * HF_ELOGIN: no cookie, or none of ours; HF_EDENIED: a foreign page, or no
 * CSRF token.
 */
int hf_gate_request(struct hf_req *rq, struct hf_err *e) HF_MUST_USE;
/*
 * The second.  Fills rq->db, rq->person, rq->display, rq->role.  HF_ELOGIN,
 * HF_EDENIED; HF_EAGAIN where the database is away.  Then hf_gate_leave.
 */
int hf_gate_enter(struct hf_pool *pool, struct hf_req *rq, struct hf_err *e)
    HF_MUST_USE;
void hf_gate_leave(struct hf_pool *pool, struct hf_req *rq);

/* What a role is called; 0 for a word that is none. */
unsigned hf_role_of(const char *word);
/* This row is for that role (one of HF_ROLE_…). */
bool hf_gate_may(const struct hf_route *r, unsigned role);

/* Set-Cookie for a token, or (NULL) to take it away. */
void hf_gate_cookie(struct hf_reply *re, const uint8_t *token);

#endif
