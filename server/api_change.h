#ifndef HF_API_CHANGE_H
#define HF_API_CHANGE_H

#include "server/route.h"

/*
 * Changes: each is an action of the release service and its arguments, taken
 * from the path and the body (doc/api.md; doc/messages.md, DO).  The row of
 * the route points to its hf_change.
 */
enum hf_arg {
	HF_ARG_END,
	HF_ARG_PATH_ID,		/* {id}: a UUID */
	HF_ARG_PATH_TEXT,	/* {name} */
	HF_ARG_TEXT,		/* of the body, at most 255 bytes */
	HF_ARG_BOOL,
	HF_ARG_HOURS,		/* 0 … 87600 */
	HF_ARG_CONFIRM		/* what a preview answered */
};
#define HF_ARGS_MAX 6

struct hf_change {
	const char *action;
	struct {
		enum hf_arg kind;
		const char *name;	/* in the body */
	} args[HF_ARGS_MAX];
};

int hf_api_change_ask(const struct hf_req *rq, struct hf_buf *body,
    struct hf_err *e);
int hf_api_change_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e);

extern const struct hf_change hf_change_logout, hf_change_own_job, hf_change_own_again,
    hf_change_own_badge, hf_change_job, hf_change_purge_preview,
    hf_change_purge, hf_change_printer, hf_change_badge,
    hf_change_person_disable, hf_change_person_role, hf_change_reader,
    hf_change_session;

#endif
