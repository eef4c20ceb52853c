#include "server/api_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/id.h"
#include "server/query.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MOST 200
#define PARAMS_MAX (3 + HF_FILTERS_MAX)

/* What a request asks for, as parameters of the statement. */
struct page {
	struct hf_query q;
	long limit;
	char limit_text[16];
	char key_a[32];
	const char *params[PARAMS_MAX];
};

static int
take_limit(struct page *p, struct hf_err *e)
{
	const char *s = hf_query_get(&p->q, "limit");
	char *end;

	p->limit = LIMIT_DEFAULT;
	if (s != NULL) {
		p->limit = strtol(s, &end, 10);
		if (*s < '0' || *s > '9' || *end != '\0' || p->limit < 1 ||
		    p->limit > LIMIT_MOST)
			return hf_fail(e, HF_EINPUT,
			    "limit is a number from 1 to %d", LIMIT_MOST);
	}
	/* One more tells whether there is a next page. */
	snprintf(p->limit_text, sizeof p->limit_text, "%ld", p->limit + 1);
	p->params[0] = p->limit_text;
	return 0;
}

static bool
is_number(const char *s, size_t n)
{
	return n > 0 && n <= 18 && strspn(s, "0123456789") >= n;
}

/* `next` of the page before: "MICROSECONDS.UUID", a name or a number. */
static int
take_key(struct page *p, enum hf_key kind, struct hf_err *e)
{
	const char *s = hf_query_get(&p->q, "after");
	size_t n;

	if (s == NULL)
		return 0;
	n = strcspn(s, ".");
	switch (kind) {
	case HF_KEY_TIME_ID:
		if (!is_number(s, n) || s[n] != '.' || !hf_id_is(s + n + 1))
			break;
		memcpy(p->key_a, s, n);
		p->key_a[n] = '\0';
		p->params[1] = p->key_a;
		p->params[2] = s + n + 1;
		return 0;
	case HF_KEY_NUMBER:
		if (!is_number(s, strlen(s)))
			break;
		p->params[1] = s;
		return 0;
	case HF_KEY_NAME:
		p->params[1] = s;
		return 0;
	case HF_KEY_NONE:
		break;
	}
	return hf_fail(e, HF_EINPUT, "after is the \"next\" of an answer");
}

static int
take_filter(struct page *p, enum hf_filter kind, const char *name,
    const char **out, struct hf_err *e)
{
	const char *s = hf_query_get(&p->q, name);

	*out = s;
	if (s == NULL)
		return 0;
	switch (kind) {
	case HF_FILTER_ID:
		if (!hf_id_is(s))
			return hf_fail(e, HF_EINPUT, "%s is an id", name);
		break;
	case HF_FILTER_HOURS:
		if (strlen(s) > 5 || !is_number(s, strlen(s)))
			return hf_fail(e, HF_EINPUT,
			    "%s is a number of hours", name);
		break;
	case HF_FILTER_TEXT:
	case HF_FILTER_END:
		break;
	}
	return 0;
}

static bool
is_known(const struct hf_list *l, const char *name)
{
	int i;

	if (l->key != HF_KEY_NONE &&
	    (strcmp(name, "limit") == 0 || strcmp(name, "after") == 0))
		return true;
	for (i = 0; i < HF_FILTERS_MAX && l->filters[i].name != NULL; i++)
		if (strcmp(name, l->filters[i].name) == 0)
			return true;
	return false;
}

static int
take_page(const struct hf_req *rq, const struct hf_list *l, struct page *p,
    struct hf_err *e)
{
	int i, first = l->key != HF_KEY_NONE ? 3 : 0;
	size_t k;

	memset(p, 0, sizeof *p);
	if (hf_query_parse(rq->head.query, &p->q, e) == -1)
		return -1;
	for (k = 0; k < p->q.n; k++)
		if (!is_known(l, p->q.pair[k].name))
			return hf_fail(e, HF_EINPUT,
			    "the query has a name that is not known here");
	if (l->key != HF_KEY_NONE && (take_limit(p, e) == -1 ||
	    take_key(p, l->key, e) == -1))
		return -1;
	for (i = 0; i < HF_FILTERS_MAX && l->filters[i].name != NULL; i++)
		if (take_filter(p, l->filters[i].kind, l->filters[i].name,
		    &p->params[first + i], e) == -1)
			return -1;
	HF_ASSERT(l->st.n_params == first + i);
	return 0;
}

static int
put_text(struct hf_buf *b, const char *s, struct hf_err *e)
{
	return hf_put_bytes(b, s, strlen(s), e);
}

/* The key of the last row that is shown, as a JSON string. */
static int
put_next(struct hf_buf *b, const char *key, struct hf_err *e)
{
	json_t *s = json_string(key);
	char *text = s != NULL ? json_dumps(s, JSON_ENCODE_ANY) : NULL;
	int rc;

	json_decref(s);
	if (text == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	rc = put_text(b, text, e);
	free(text);
	return rc;
}

int
hf_api_list(const struct hf_req *rq, struct hf_reply *re, struct hf_err *e)
{
	const struct hf_list *l = rq->route->what;
	struct page p;
	PGresult *r;
	int i, n, rc = -1;

	if (take_page(rq, l, &p, e) == -1 ||
	    hf_db_run(rq->db, &l->st, p.params, &r, e) == -1)
		return -1;
	n = PQntuples(r) > p.limit ? (int)p.limit : PQntuples(r);
	if (put_text(&re->body, "{\"items\":[", e) == -1)
		goto out;
	for (i = 0; i < n; i++)
		if ((i > 0 && put_text(&re->body, ",", e) == -1) ||
		    put_text(&re->body, hf_db_text(r, i, 0), e) == -1)
			goto out;
	if (put_text(&re->body, "],\"next\":", e) == -1 ||
	    (PQntuples(r) > n ? put_next(&re->body, hf_db_text(r, n - 1, 1), e)
	    : put_text(&re->body, "null", e)) == -1 ||
	    put_text(&re->body, "}", e) == -1)
		goto out;
	re->status = 200;
	re->type = "application/json";
	rc = 0;
out:
	PQclear(r);
	return rc;
}

int
hf_api_one(const struct hf_req *rq, struct hf_reply *re, struct hf_err *e)
{
	const struct hf_list *l = rq->route->what;
	struct page p;
	PGresult *r;
	int rc = -1;

	if (take_page(rq, l, &p, e) == -1 ||
	    hf_db_run(rq->db, &l->st, p.params, &r, e) == -1)
		return -1;
	re->status = 200;
	re->type = "application/json";
	if (PQntuples(r) == 1)
		rc = put_text(&re->body, hf_db_text(r, 0, 0), e);
	else
		hf_fail(e, HF_ENOTFOUND, "there is no such thing here");
	PQclear(r);
	return rc;
}
