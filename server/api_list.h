#ifndef HF_API_LIST_H
#define HF_API_LIST_H

#include "server/route.h"

/*
 * Looking: each route is one statement over the views of this session, which
 * answers JSON.  The row of the route points to its hf_list.
 */
enum hf_key { HF_KEY_NONE, HF_KEY_TIME_ID, HF_KEY_NAME, HF_KEY_NUMBER };
enum hf_filter { HF_FILTER_END, HF_FILTER_TEXT, HF_FILTER_ID,
	HF_FILTER_HOURS };
#define HF_FILTERS_MAX 6

struct hf_list {
	struct hf_stmt st;	/* rows: JSON text, key text.  $1 limit, $2 and
				 * $3 key, then the filters */
	enum hf_key key;
	struct {
		enum hf_filter kind;
		const char *name;
	} filters[HF_FILTERS_MAX];
};

/* A list, page by page. */
int hf_api_list(const struct hf_req *rq, struct hf_reply *re,
    struct hf_err *e);
/* One object: $1, … are the filters alone; no row: 404. */
int hf_api_one(const struct hf_req *rq, struct hf_reply *re,
    struct hf_err *e);

extern const struct hf_list hf_list_me, hf_list_jobs, hf_list_history,
    hf_list_badges, hf_list_status, hf_list_stats, hf_list_all_jobs,
    hf_list_printers, hf_list_readers, hf_list_people, hf_list_all_badges,
    hf_list_sessions, hf_list_events;

#endif
