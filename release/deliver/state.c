#include "release/deliver/state.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "release/deliver/ipp.h"

#define STOPPED 5	/* "printer-state" */

const char *const hf_state_attributes[] = {
	"printer-state", "printer-state-reasons", "printer-state-message",
	"printer-is-accepting-jobs", "printer-up-time", "printer-uuid",
	"printer-make-and-model", "operations-supported",
	"job-hold-until-supported", "document-format-supported",
	"copies-supported", "sides-supported", "print-color-mode-supported",
	"media-supported", "media-type-supported", "media-col-supported",
	"finishings-supported", "number-up-supported",
	"orientation-requested-supported", "output-bin-supported",
	"page-ranges-supported", "print-quality-supported",
	"print-scaling-supported", "print-content-optimize-supported",
	"printer-input-tray", NULL
};

/*
 * RFC 8011, section 5.4.12 and PWG 5100.9.  A reason stops the printer if it
 * carries "-error", or no suffix and `stops`; "-warning" and "-report" never
 * do.  The order is that of worth to a person in front of it.
 */
static const struct {
	const char *reason;
	bool stops;
	const char *words;
} reasons[] = {
	{ "media-jam", true, "has a paper jam" },
	{ "media-empty", true, "is out of paper" },
	{ "media-needed", true, "is waiting for paper" },
	{ "cover-open", true, "has an open cover" },
	{ "door-open", true, "has an open door" },
	{ "interlock-open", true, "has an open cover" },
	{ "input-tray-missing", true, "has no paper tray" },
	{ "output-tray-missing", true, "has no output tray" },
	{ "output-area-full", true, "has a full output tray" },
	{ "toner-empty", true, "is out of toner" },
	{ "marker-supply-empty", true, "is out of ink or toner" },
	{ "developer-empty", true, "is out of developer" },
	{ "marker-waste-full", true, "has a full waste box" },
	{ "opc-life-over", true, "needs a new drum" },
	{ "fuser-over-temp", true, "is too hot" },
	{ "spool-area-full", true, "has no memory left" },
	{ "shutdown", true, "is switched off" },
	{ "paused", true, "is paused" },
	{ "moving-to-paused", true, "is being paused" },
	{ "timed-out", true, "has lost its engine" },
	{ "hold-new-jobs", true, "is told to hold all jobs" },
	{ "media-low", false, "is low on paper" },
	{ "toner-low", false, "is low on toner" },
	{ "marker-supply-low", false, "is low on ink or toner" },
	{ "marker-waste-almost-full", false, "has an almost full waste box" },
	{ "output-area-almost-full", false, "has an almost full output tray" },
};
#define REASONS (sizeof reasons / sizeof reasons[0])

/* Severity suffix of a reason; *n is the length without it. */
static const char *
suffix_of(const char *reason, size_t *n)
{
	static const char *const suffixes[] = { "-error", "-warning",
		"-report" };
	size_t len = strlen(reason), k, i;

	for (i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		k = strlen(suffixes[i]);
		if (len > k && strcmp(reason + len - k, suffixes[i]) == 0) {
			*n = len - k;
			return suffixes[i];
		}
	}
	*n = len;
	return "";
}

static size_t
reason_index(const char *reason, size_t n)
{
	size_t i;

	for (i = 0; i < REASONS; i++)
		if (strlen(reasons[i].reason) == n &&
		    strncmp(reasons[i].reason, reason, n) == 0)
			break;
	return i;
}

const char *
hf_reason_words(const char *reason, bool *stops)
{
	size_t n, i;
	const char *suffix = suffix_of(reason, &n);

	i = reason_index(reason, n);
	*stops = strcmp(suffix, "-error") == 0 ||
	    (suffix[0] == '\0' && i < REASONS && reasons[i].stops);
	return i < REASONS ? reasons[i].words : NULL;
}

static void
add_reason(char *list, size_t size, const char *reason)
{
	size_t n = strlen(list);

	if (n + strlen(reason) + 2 <= size)
		snprintf(list + n, size - n, "%s%s", n > 0 ? "," : "",
		    reason);
}

struct seen {
	bool state, hold, release, indefinite;
	bool empty;		/* media-empty of whatever severity */
	unsigned trays, filled;	/* that tell their level, and hold paper */
	size_t worst;		/* index of s->words in reasons */
	size_t hint;		/* … of s->hint */
};

/* Words of one reason into *words, unless those of a worse one are there. */
static void
keep_worst(char *words, size_t size, size_t *worst, const char *reason)
{
	size_t n, i;

	suffix_of(reason, &n);
	i = reason_index(reason, n);
	if (i > *worst || (i == *worst && words[0] != '\0'))
		return;
	*worst = i;
	if (i < REASONS)
		snprintf(words, size, "%s", reasons[i].words);
	else
		snprintf(words, size, "reports %.*s", (int)n, reason);
}

static void
take_reason(struct hf_state *s, const char *reason, struct seen *seen)
{
	size_t n, i;
	bool stops;

	if (strcmp(reason, "none") == 0)
		return;
	add_reason(s->reasons, sizeof s->reasons, reason);
	(void)hf_reason_words(reason, &stops);
	suffix_of(reason, &n);
	i = reason_index(reason, n);
	seen->empty |= i < REASONS &&
	    strcmp(reasons[i].reason, "media-empty") == 0;
	if (stops) {
		s->stopping_reason = true;
		keep_worst(s->words, sizeof s->words, &seen->worst, reason);
	} else if (i < REASONS && reasons[i].stops) {
		keep_worst(s->hint, sizeof s->hint, &seen->hint, reason);
	}
}

/*
 * One tray of "printer-input-tray" (PWG 5100.13): "…;level=N;…", where 0 is
 * empty, -2 unknown and -3 some.  A printer with several trays reports one
 * that is empty as no more than a warning; only if all are, it is out of
 * paper.
 */
static void
take_tray(const struct hf_ipp_value *v, struct seen *seen)
{
	static const char key[] = "level=";
	const uint8_t *p;

	p = v->bytes.n > 0 ? memmem(v->bytes.p, v->bytes.n, key,
	    sizeof key - 1) : NULL;
	if (p == NULL || p + sizeof key - 1 >= v->bytes.p + v->bytes.n)
		return;
	p += sizeof key - 1;
	if (*p == '-') {
		if (p + 1 < v->bytes.p + v->bytes.n && p[1] == '3') {
			seen->trays++;
			seen->filled++;
		}
		return;
	}
	seen->trays++;
	seen->filled += *p != '0';
}

static void
take_operation(const struct hf_ipp_value *v, struct seen *seen)
{
	int32_t op;

	if (!hf_ipp_int(v, &op))
		return;
	seen->hold |= op == HF_IPP_HOLD_JOB;
	seen->release |= op == HF_IPP_RELEASE_JOB;
}

static void
take(struct hf_state *s, const struct hf_ipp_value *v, struct seen *seen)
{
	char reason[128];
	int32_t n;

	if (hf_ipp_is(v, "printer-state") && hf_ipp_int(v, &n)) {
		s->state = n;
		seen->state = true;
	} else if (hf_ipp_is(v, "printer-is-accepting-jobs")) {
		if (hf_ipp_int(v, &n))
			s->accepting = n != 0;
	} else if (hf_ipp_is(v, "printer-up-time")) {
		if (hf_ipp_int(v, &n) && n > 0)
			s->up_time = n;
	} else if (hf_ipp_is(v, "printer-uuid")) {
		hf_ipp_str(v, s->uuid, sizeof s->uuid);
	} else if (hf_ipp_is(v, "printer-make-and-model")) {
		hf_ipp_str(v, s->make, sizeof s->make);
	} else if (hf_ipp_is(v, "printer-state-message")) {
		hf_ipp_str(v, s->message, sizeof s->message);
	} else if (hf_ipp_is(v, "printer-state-reasons")) {
		if (hf_ipp_str(v, reason, sizeof reason))
			take_reason(s, reason, seen);
	} else if (hf_ipp_is(v, "operations-supported")) {
		take_operation(v, seen);
	} else if (hf_ipp_is(v, "job-hold-until-supported")) {
		seen->indefinite |= hf_ipp_str_is(v, "indefinite");
	} else if (hf_ipp_is(v, "printer-input-tray")) {
		take_tray(v, seen);
	}
}

int
hf_state_get(struct hf_view in, struct hf_state *out, struct hf_err *e)
{
	struct seen seen = { .worst = REASONS, .hint = REASONS };
	struct hf_ipp_reader reader;
	struct hf_ipp_head head;
	struct hf_ipp_value v;
	struct hf_state s;
	int rc;

	memset(&s, 0, sizeof s);
	s.accepting = true;
	if (hf_ipp_open(in, &head, &reader, e) == -1)
		return -1;
	while ((rc = hf_ipp_next(&reader, &v, e)) == 1)
		if (v.group == HF_IPP_PRINTER)
			take(&s, &v, &seen);
	if (rc == -1)
		return -1;
	if (!seen.state || s.state < 3 || s.state > STOPPED)
		return hf_fail(e, HF_EINPUT, "no printer-state");
	s.held_commit = seen.hold && seen.release && seen.indefinite;
	if (seen.empty && seen.trays > 0 && seen.filled == 0) {
		s.stopping_reason = true;
		keep_worst(s.words, sizeof s.words, &seen.worst,
		    "media-empty");
	}
	*out = s;
	return 0;
}

bool
hf_state_is_ready(const struct hf_state *s, const char *name, const char *uuid,
    char *text, size_t size)
{
	if (uuid[0] != '\0' && s->uuid[0] != '\0' &&
	    strcasecmp(uuid, s->uuid) != 0)
		snprintf(text, size, "printer %s is another device than the "
		    "one registered", name);
	else if (s->stopping_reason)
		snprintf(text, size, "printer %s", s->words);
	else if (s->state == STOPPED)
		snprintf(text, size, "printer is stopped%s%s",
		    s->message[0] != '\0' ? ": " : "", s->message);
	else if (!s->accepting)
		snprintf(text, size, "printer takes no jobs%s%s",
		    s->message[0] != '\0' ? ": " : "", s->message);
	else {
		text[0] = '\0';
		return true;
	}
	return false;
}

bool
hf_state_words(const struct hf_state *s, const char *name, const char *uuid,
    char *text, size_t size)
{
	if (!hf_state_is_ready(s, name, uuid, text, size))
		return true;
	if (s->hint[0] != '\0')
		snprintf(text, size, "printer %s", s->hint);
	return s->hint[0] != '\0';
}

/* Call fn for each value of the printer's attribute until it says true. */
static bool
any_value(struct hf_view in, const char *name,
    bool (*fn)(void *arg, const struct hf_ipp_value *v), void *arg)
{
	struct hf_ipp_reader reader;
	struct hf_ipp_head head;
	struct hf_ipp_value v;

	if (hf_ipp_open(in, &head, &reader, NULL) == -1)
		return false;
	while (hf_ipp_next(&reader, &v, NULL) == 1)
		if (v.group == HF_IPP_PRINTER && hf_ipp_is(&v, name) &&
		    fn(arg, &v))
			return true;
	return false;
}

static bool
is_there(void *arg, const struct hf_ipp_value *v)
{
	(void)arg;
	return v->tag > 0x1f;	/* not "unsupported", "no-value" … */
}

static bool
is_str(void *arg, const struct hf_ipp_value *v)
{
	return hf_ipp_str_is(v, arg);
}

static bool
is_int(void *arg, const struct hf_ipp_value *v)
{
	int32_t want = *(const int32_t *)arg, low, high;

	if (hf_ipp_int(v, &low))
		return low == want;
	return hf_ipp_range(v, &low, &high) && low <= want && want <= high;
}

static bool
take_max(void *arg, const struct hf_ipp_value *v)
{
	int32_t *most = arg, low, high;

	if (hf_ipp_int(v, &high) || hf_ipp_range(v, &low, &high))
		*most = high > *most ? high : *most;
	return false;
}

bool
hf_attrs_have(struct hf_view in, const char *name)
{
	return any_value(in, name, is_there, NULL);
}

bool
hf_attrs_have_str(struct hf_view in, const char *name, const char *value)
{
	char want[256];

	return hf_str_copy(want, sizeof want, value) &&
	    any_value(in, name, is_str, want);
}

bool
hf_attrs_have_int(struct hf_view in, const char *name, int32_t value)
{
	return any_value(in, name, is_int, &value);
}

int32_t
hf_attrs_max(struct hf_view in, const char *name, int32_t otherwise)
{
	int32_t most = -1;

	any_value(in, name, take_max, &most);
	return most == -1 ? otherwise : most;
}
