/* link: release/deliver/ipp.c release/deliver/job.c release/deliver/state.c release/deliver/statejson.c release/deliver/ticket.c release/deliver/request.c release/deliver/verdict.c lib/keyword.c lib/buf.c lib/err.c */
/*
 * A printer's answer in IPP.  Whatever is accepted can be taken apart by all
 * who want something from it, stays within its bounds, makes text and JSON
 * that are text, and leads to requests that are well-formed IPP again.
 */
#include <stdlib.h>
#include <string.h>

#include "release/deliver/job.h"
#include "release/deliver/request.h"
#include "release/deliver/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char token[] = "0123456789abcdef0123456789abcdef";
static const char uuid[] = "urn:uuid:01234567-89ab-4def-8123-456789abcdef";

static void
must(bool good)
{
	if (!good)
		abort();
}

static void
jobs(struct hf_view in)
{
	enum hf_counter counter = HF_COUNTER_UNKNOWN;
	struct hf_sight s = { HF_SEE_NONE, -1, HF_COUNTER_UNKNOWN, false };
	struct hf_job j;

	memset(&j, 0, sizeof j);
	if (hf_job_first(in, &j)) {
		must(j.id > 0 && j.state >= 0 && j.impressions >= -1);
		must(hf_is_text(hf_view_str(j.name)));
		must(hf_is_text(hf_view_str(j.reason)));
	}
	if (hf_job_find(in, uuid, token, &j, &counter))
		must(hf_job_is_ours(&j, uuid, token));
	s.see = hf_see_of(j.state);
	s.impressions = hf_job_pages(&j);
	s.counter = counter;
	/* Back to the owner only where no page can be out. */
	if (hf_verdict(HF_ATTEMPT_SENT, &s) == HF_TODO_HELD)
		must(s.see == HF_SEE_DEAD && s.impressions == 0 &&
		    counter != HF_COUNTER_LIES);
}

static void
request(struct hf_view attrs)
{
	static const struct hf_order o = { .token =
		"0123456789abcdef0123456789abcdef", .format = "application/pdf",
		.copies = 7, .sides = HF_SIDES_LONG, .color = HF_COLOR_MONO,
		.media = "na_letter_8.5x11in", .n_options = 4, .options = {
		{ "finishings", "staple,20,x" }, { "media-type", "labels" },
		{ "page-ranges", "1-3,7,9-" }, { "output-bin", "top" } } };
	const struct hf_request r = { "ipps://p/ipp/print", 7 };
	struct hf_ticket t = { .hold = true };
	struct hf_ipp_result result;
	struct hf_buf b;
	struct hf_err e;

	hf_buf_init(&b, 48 * 1024);
	must(hf_request_job(&b, &r, HF_IPP_CREATE_JOB, &o, attrs, &t, &e) ==
	    0);
	must(hf_ipp_result_get(hf_buf_view(&b), 7, &result, &e) == 0);
	must(hf_is_text(hf_view_str(t.note)));
	hf_buf_clear(&b);
}

static void
state(struct hf_view in)
{
	char text[512];
	struct hf_state s;
	struct hf_buf b;
	bool ready;

	if (hf_state_get(in, &s, NULL) == -1)
		return;
	ready = hf_state_is_ready(&s, "p3", uuid, text, sizeof text);
	must(ready == (text[0] == '\0') && hf_is_text(hf_view_str(text)));
	hf_buf_init(&b, 32 * 1024);
	must(hf_state_json(&b, &s, ready, text, false, in, NULL) == 0);
	must(hf_is_text(hf_buf_view(&b)));
	hf_buf_clear(&b);
	request(in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct hf_view in = hf_view_of(p, n), head = in;
	struct hf_ipp_result r;
	uint32_t id = 0;
	struct hf_view skip;

	if (hf_get_view(&head, 4, &skip, NULL) == -1 ||
	    hf_get_u32(&head, &id, NULL) == -1)
		return 0;
	if (hf_ipp_result_get(in, id, &r, NULL) == -1)
		return 0;
	must(hf_is_text(hf_view_str(r.text)));
	jobs(in);
	state(in);
	return 0;
}
