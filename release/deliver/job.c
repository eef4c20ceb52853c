#include "release/deliver/job.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "release/deliver/ipp.h"

static int
check_charset(const struct hf_ipp_value *v, struct hf_err *e)
{
	char charset[64];

	if (!hf_ipp_str(v, charset, sizeof charset) ||
	    (strcasecmp(charset, "utf-8") != 0 &&
	    strcasecmp(charset, "us-ascii") != 0))
		return hf_fail(e, HF_EINPUT, "IPP in an unknown charset");
	return 0;
}

int
hf_ipp_result_get(struct hf_view in, uint32_t id, struct hf_ipp_result *out,
    struct hf_err *e)
{
	struct hf_ipp_result r;
	struct hf_ipp_reader reader;
	struct hf_ipp_head head;
	struct hf_ipp_value v;
	int rc;

	memset(&r, 0, sizeof r);
	if (hf_ipp_open(in, &head, &reader, e) == -1)
		return -1;
	if (head.id != id)
		return hf_fail(e, HF_EINPUT, "answer to request %u, not %u",
		    head.id, id);
	while ((rc = hf_ipp_next(&reader, &v, e)) == 1) {
		if (v.group != HF_IPP_OPERATION || !v.first)
			continue;
		if (hf_ipp_is(&v, "attributes-charset") &&
		    check_charset(&v, e) == -1)
			return -1;
		if (hf_ipp_is(&v, "status-message"))
			hf_ipp_str(&v, r.text, sizeof r.text);
	}
	if (rc == -1)
		return -1;
	r.status = head.code;
	*out = r;
	return 0;
}

bool
hf_ipp_is_ok(const struct hf_ipp_result *r)
{
	return r->status <= HF_IPP_OK_LAST;
}

static void
job_init(struct hf_job *j)
{
	memset(j, 0, sizeof *j);
	j->impressions = j->sheets = -1;
}

/* An integer attribute that cannot be below zero keeps its "unknown". */
static void
take_int(const struct hf_ipp_value *v, int32_t *out)
{
	int32_t n;

	if (v->first && hf_ipp_int(v, &n) && n >= 0)
		*out = n;
}

static void
take_reason(const struct hf_ipp_value *v, struct hf_job *j)
{
	char word[96];

	if (!hf_ipp_str(v, word, sizeof word))
		return;
	if (strcmp(word, "printer-stopped") == 0 ||
	    strcmp(word, "printer-stopped-partly") == 0)
		j->printer_stopped = true;
	if (v->first)
		snprintf(j->reason, sizeof j->reason, "%s", word);
}

static void
job_take(struct hf_job *j, const struct hf_ipp_value *v)
{
	if (hf_ipp_is(v, "job-id"))
		take_int(v, &j->id);
	else if (hf_ipp_is(v, "job-state"))
		take_int(v, &j->state);
	else if (hf_ipp_is(v, "job-impressions-completed"))
		take_int(v, &j->impressions);
	else if (hf_ipp_is(v, "job-media-sheets-completed"))
		take_int(v, &j->sheets);
	else if (hf_ipp_is(v, "job-printer-up-time"))
		take_int(v, &j->up_time);
	else if (hf_ipp_is(v, "job-state-reasons"))
		take_reason(v, j);
	else if (hf_ipp_is(v, "job-uuid") && v->first)
		hf_ipp_str(v, j->uuid, sizeof j->uuid);
	else if (hf_ipp_is(v, "job-name") && v->first)
		hf_ipp_str(v, j->name, sizeof j->name);
}

/*
 * Call fn for each job group; a well-formed message was checked before, so
 * that a failure of the reader only ends the walk.
 */
static void
each_job(struct hf_view in, bool (*fn)(void *arg, const struct hf_job *j),
    void *arg)
{
	struct hf_ipp_reader reader;
	struct hf_ipp_head head;
	struct hf_ipp_value v;
	struct hf_job j;
	unsigned group = 0;

	job_init(&j);
	if (hf_ipp_open(in, &head, &reader, NULL) == -1)
		return;
	while (hf_ipp_next(&reader, &v, NULL) == 1) {
		if (v.group != HF_IPP_JOB)
			continue;
		if (v.nth_group != group) {
			if (group != 0 && !fn(arg, &j))
				return;
			job_init(&j);
			group = v.nth_group;
		}
		job_take(&j, &v);
	}
	if (group != 0)
		fn(arg, &j);
}

struct search {
	const char *uuid, *token;
	struct hf_job *out;
	enum hf_counter *counter;
	bool found;
};

static bool
take_first(void *arg, const struct hf_job *j)
{
	struct search *s = arg;

	if (j->id > 0) {
		*s->out = *j;
		s->found = true;
	}
	return false;
}

bool
hf_job_first(struct hf_view in, struct hf_job *out)
{
	struct search s = { .out = out };

	each_job(in, take_first, &s);
	return s.found;
}

bool
hf_job_is_ours(const struct hf_job *j, const char *uuid, const char *token)
{
	size_t n = strlen(HF_JOB_NAME_PREFIX);

	if (uuid[0] != '\0' && strcasecmp(j->uuid, uuid) == 0)
		return true;
	return strncmp(j->name, HF_JOB_NAME_PREFIX, n) == 0 &&
	    strcmp(j->name + n, token) == 0;
}

static bool
take_ours(void *arg, const struct hf_job *j)
{
	struct search *s = arg;

	hf_counter_learn(s->counter, j);
	if (!s->found && j->id > 0 && hf_job_is_ours(j, s->uuid, s->token)) {
		*s->out = *j;
		s->found = true;
	}
	return true;
}

bool
hf_job_find(struct hf_view in, const char *uuid, const char *token,
    struct hf_job *out, enum hf_counter *counter)
{
	struct search s = {
		.uuid = uuid, .token = token, .out = out, .counter = counter
	};

	each_job(in, take_ours, &s);
	return s.found;
}

void
hf_counter_learn(enum hf_counter *counter, const struct hf_job *j)
{
	if (j->state != HF_JOB_COMPLETED || j->impressions == -1)
		return;
	/* One lie is remembered: what counted once may not count the next. */
	if (j->impressions == 0)
		*counter = HF_COUNTER_LIES;
	else if (*counter == HF_COUNTER_UNKNOWN)
		*counter = HF_COUNTER_WORKS;
}

int
hf_job_pages(const struct hf_job *j)
{
	return j->impressions > j->sheets ? j->impressions : j->sheets;
}
