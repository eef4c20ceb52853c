#ifndef HF_ROUTE_H
#define HF_ROUTE_H

#include "lib/buf.h"
#include "lib/db.h"
#include "lib/msg.h"
#include "lib/session.h"
#include "server/http.h"
#include "server/reply.h"

/*
 * What can be asked of holdfastd is a table; what is not in it is refused.
 * This is the table's type and how a request finds its row; the rows are in
 * routes.c.
 */

#define HF_PARAMS_MAX 2		/* {…} segments in a pattern */
#define HF_PEER_TEXT 64

/* Who a route is for: what stands between the request and the handler. */
enum hf_who {
	HF_WHO_ANYONE,		/* nothing; the answer is no secret */
	HF_WHO_READER,		/* evidence in the body, which the release
				 * service checks: we cannot */
	HF_WHO_LOGIN,		/* a password in the body: the same, but from
				 * our own pages */
	HF_WHO_USER		/* a session, and one of the roles */
};

enum hf_role {
	HF_ROLE_USER = 1,
	HF_ROLE_HELP_DESK = 2,
	HF_ROLE_OPERATOR = 4,
	HF_ROLE_ADMINISTRATOR = 8,
	HF_ROLE_AUDITOR = 16
};

/*
 * How a handler runs.  INLINE: in the loop; may not wait for anything.
 * ASK: `ask` makes a message for the release service, `answer` turns its
 * reply into ours; nothing waits between.  WORKER: `run` in a thread of the
 * pool, where it may block; its bytes are its own until it returns.
 * LIVE: an answer without an end (live.h); there is no handler.
 */
enum hf_mode { HF_INLINE, HF_ASK, HF_WORKER, HF_LIVE };

struct hf_req;

struct hf_route {
	const char *method;
	const char *pattern;	/* "/v1/jobs/{id}" */
	enum hf_who who;
	unsigned roles;		/* USER: of enum hf_role; 0: every one */
	enum hf_mode mode;
	const char *type;	/* media type of the body; NULL: no body */
	size_t body_max;	/* bytes */
	const void *what;	/* for the handler: a table of its own */
	/* INLINE, WORKER */
	int (*run)(const struct hf_req *rq, struct hf_reply *re,
	    struct hf_err *e);
	/* ASK */
	uint8_t ask_type;	/* enum hf_msg_type */
	int timeout_ms;		/* for the release service's answer */
	int (*ask)(const struct hf_req *rq, struct hf_buf *body,
	    struct hf_err *e);
	int (*answer)(const struct hf_req *rq, struct hf_view body,
	    struct hf_reply *re, struct hf_err *e);
	/* instead of answer, where none came; may be NULL: a problem document */
	int (*no_answer)(const struct hf_req *rq, const struct hf_err *why,
	    struct hf_reply *re, struct hf_err *e);
};

/* A request as handlers see it: whole, and theirs to read for the call. */
struct hf_req {
	struct hf_http_head head;
	struct hf_buf bytes;	/* the head; head's views borrow from it */
	struct hf_buf body;
	const struct hf_route *route;
	struct hf_view param[HF_PARAMS_MAX]; /* borrow from head.path */
	bool head_only;		/* HEAD asked for what GET would answer */
	char peer[HF_PEER_TEXT]; /* address and port, for logs */
	uint8_t token[HF_SESSION_LEN]; /* USER: as shown, not yet believed */
	/* USER in a WORKER: whose session this is */
	struct hf_db *db;	/* sees what the session sees */
	char person[256];
	unsigned role;		/* one of enum hf_role */
	const struct hf_route *routes; /* the whole table */
	size_t n_routes;
};

struct hf_match {
	int status;		/* 200, 404 or 405 */
	const struct hf_route *route;
	struct hf_view param[HF_PARAMS_MAX]; /* borrow from path */
	char allow[HF_ALLOW_MAX]; /* with 405: "GET, HEAD" */
};

/*
 * Find the row.  A segment in braces takes any one segment that is not
 * empty.  HEAD finds the rows of GET.  Pure.
 */
void hf_route_match(const struct hf_route *routes, size_t n,
    struct hf_view method, const char *path, struct hf_match *out);

#endif
