#include "cardreader/answer.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static int
load(struct hf_view in, json_t **out, struct hf_err *e)
{
	json_error_t je;
	json_t *j;

	if (in.n > HF_ANSWER_MAX)
		return hf_fail(e, HF_EINPUT, "the server's answer is too long");
	j = json_loadb(in.n > 0 ? (const char *)in.p : "", in.n,
	    JSON_REJECT_DUPLICATES, &je);
	if (j == NULL)
		return hf_fail(e, HF_EINPUT,
		    "the server's answer is not JSON: %s", je.text);
	if (!json_is_object(j)) {
		json_decref(j);
		return hf_fail(e, HF_EINPUT,
		    "the server's answer is not a JSON object");
	}
	*out = j;
	return 0;
}

/* A member that must be text of at most size - 1 bytes. */
static int
get_text(const json_t *j, const char *name, char *out, size_t size,
    struct hf_err *e)
{
	const json_t *m = json_object_get(j, name);
	size_t n = json_string_length(m);

	if (!json_is_string(m))
		return hf_fail(e, HF_EINPUT, "answer: no \"%s\"", name);
	if (n >= size ||
	    !hf_is_text(hf_view_of(json_string_value(m), n)))
		return hf_fail(e, HF_EINPUT,
		    "answer: \"%s\" is too long or not text", name);
	memcpy(out, json_string_value(m), n + 1);
	return 0;
}

/* The same where it may be missing or null: "" then.  A long one is cut. */
static void
get_text_if(const json_t *j, const char *name, char *out, size_t size)
{
	const json_t *m = json_object_get(j, name);
	struct hf_view v;

	out[0] = '\0';
	if (!json_is_string(m))
		return;
	v = hf_view_of(json_string_value(m), json_string_length(m));
	if (!hf_is_text(v))
		return;
	(void)hf_str_copy(out, size, json_string_value(m));
	while (!hf_is_text(hf_view_str(out)))	/* cut inside a character */
		out[strlen(out) - 1] = '\0';
}

static int
get_uint(const json_t *j, const char *name, uint64_t least, uint64_t most,
    uint64_t *out, struct hf_err *e)
{
	const json_t *m = json_object_get(j, name);
	json_int_t v = json_integer_value(m);

	if (!json_is_integer(m) || v < 0 || (uint64_t)v < least ||
	    (uint64_t)v > most)
		return hf_fail(e, HF_EINPUT,
		    "answer: \"%s\" is missing or out of bounds", name);
	*out = (uint64_t)v;
	return 0;
}

static int
get_nonce(const json_t *m, uint8_t out[static HF_NONCE_LEN], struct hf_err *e)
{
	if (!json_is_string(m) ||
	    hf_unhex(out, HF_NONCE_LEN, json_string_value(m), NULL) == -1)
		return hf_fail(e, HF_EINPUT, "answer: not a nonce");
	return 0;
}

static int
get_id(const json_t *j, const char *name, struct hf_id *out, struct hf_err *e)
{
	char text[HF_ID_TEXT];

	if (get_text(j, name, text, sizeof text, e) == -1)
		return -1;
	if (hf_id_parse(out, text, e) == -1)
		return hf_wrap(e, "answer: \"%s\"", name);
	return 0;
}

static int
get_printers(const json_t *j, struct hf_printers *out, struct hf_err *e)
{
	const json_t *list = json_object_get(j, "printers"), *p;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > HF_PRINTERS_MAX)
		return hf_fail(e, HF_EINPUT,
		    "answer: \"printers\" is missing or too long");
	out->n = 0;
	json_array_foreach(list, i, p)
	{
		if (get_id(p, "id", &out->p[i].id, e) == -1 ||
		    get_text(p, "name", out->p[i].name, HF_NAME_LEN, e) == -1)
			return -1;
		out->n++;
	}
	return 0;
}

int
hf_answer_enrol_get(struct hf_view in, struct hf_answer_enrol *out,
    struct hf_err *e)
{
	struct hf_answer_enrol a;
	json_t *j = NULL;
	int rc = -1;

	memset(&a, 0, sizeof a);
	if (load(in, &j, e) == -1 ||
	    get_id(j, "reader", &a.reader, e) == -1 ||
	    get_text(j, "name", a.name, sizeof a.name, e) == -1 ||
	    get_printers(j, &a.printers, e) == -1)
		goto out;
	*out = a;
	rc = 0;
out:
	json_decref(j);
	return rc;
}

static int
get_nonces(const json_t *j, struct hf_answer_nonce *a, struct hf_err *e)
{
	const json_t *list = json_object_get(j, "nonces"), *m;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > HF_NONCES_MAX)
		return hf_fail(e, HF_EINPUT,
		    "answer: \"nonces\" is missing or too long");
	json_array_foreach(list, i, m)
		if (get_nonce(m, a->nonces[i], e) == -1)
			return -1;
	a->n = json_array_size(list);
	return 0;
}

int
hf_answer_nonce_get(struct hf_view in, struct hf_answer_nonce *out,
    struct hf_err *e)
{
	struct hf_answer_nonce a;
	json_t *j = NULL;
	uint64_t valid;
	int rc = -1;

	memset(&a, 0, sizeof a);
	if (load(in, &j, e) == -1 || get_nonces(j, &a, e) == -1 ||
	    get_uint(j, "valid_s", 1, 86400, &valid, e) == -1 ||
	    get_uint(j, "key_list_serial", 0, INT64_MAX, &a.key_list_serial,
		e) == -1 ||
	    get_uint(j, "time", 1, INT64_MAX, &a.time_ms, e) == -1 ||
	    get_printers(j, &a.printers, e) == -1)
		goto out;
	a.valid_s = (uint32_t)valid;
	*out = a;
	rc = 0;
out:
	json_decref(j);
	return rc;
}

static int
get_result(const json_t *j, enum hf_tap_result *out, struct hf_err *e)
{
	char word[32];
	unsigned r;

	if (get_text(j, "result", word, sizeof word, e) == -1)
		return -1;
	for (r = HF_TAP_RELEASED; r <= HF_TAP_UNAVAILABLE; r++) {
		if (strcmp(word, hf_tap_result_name(r)) != 0)
			continue;
		*out = (enum hf_tap_result)r;
		return 0;
	}
	return hf_fail(e, HF_EINPUT, "answer: unknown result \"%s\"", word);
}

int
hf_answer_tap_get(struct hf_view in, struct hf_answer_tap *out,
    struct hf_err *e)
{
	struct hf_answer_tap a;
	uint64_t jobs = 0;
	json_t *j = NULL, *m;
	int rc = -1;

	memset(&a, 0, sizeof a);
	if (load(in, &j, e) == -1 || get_result(j, &a.result, e) == -1)
		goto out;
	if (json_object_get(j, "jobs") != NULL &&
	    get_uint(j, "jobs", 0, 65535, &jobs, e) == -1)
		goto out;
	a.jobs = (unsigned)jobs;
	get_text_if(j, "printer", a.printer, sizeof a.printer);
	get_text_if(j, "message", a.message, sizeof a.message);
	m = json_object_get(j, "nonce");
	if (m != NULL && !json_is_null(m)) {
		if (get_nonce(m, a.nonce, e) == -1)
			goto out;
		a.has_nonce = true;
	}
	*out = a;
	rc = 0;
out:
	json_decref(j);
	return rc;
}

void
hf_problem_get(struct hf_view in, struct hf_problem *out)
{
	json_t *j = NULL;

	memset(out, 0, sizeof *out);
	if (load(in, &j, NULL) == -1)
		return;
	get_text_if(j, "title", out->title, sizeof out->title);
	get_text_if(j, "detail", out->detail, sizeof out->detail);
	get_text_if(j, "code", out->code, sizeof out->code);
	json_decref(j);
}

void
hf_problem_text(const struct hf_problem *p, int status,
    char out[static HF_MESSAGE_LEN])
{
	if (p->detail[0] != '\0')
		(void)hf_str_copy(out, HF_MESSAGE_LEN, p->detail);
	else if (p->title[0] != '\0')
		(void)hf_str_copy(out, HF_MESSAGE_LEN, p->title);
	else
		snprintf(out, HF_MESSAGE_LEN, "HTTP status %d", status);
}
