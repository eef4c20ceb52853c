#include "cups-backend/ticket.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cups-backend/options.h"
#include "lib/frame.h"

#define URI_PREFIX "holdfast:/"

/*
 * What the options said.  PPD names are stronger than IPP names: cupsd adds
 * them to what the user chose in IPP words, and adds defaults of the queue in
 * IPP words (print-color-mode=color) to what the user chose in PPD words.
 */
struct wish {
	struct hf_envelope *env;
	enum hf_sides ppd_sides;
	enum hf_color ppd_color;
	const char *ppd_media;
};

/* Each takes a printable value: true, or false where it is not known. */
static bool
take_sides(struct wish *w, const char *v)
{
	w->env->sides = hf_sides_of(v);
	return w->env->sides != HF_SIDES_UNSET;
}

static bool
take_duplex(struct wish *w, const char *v)
{
	static const struct {
		const char *choice;
		enum hf_sides sides;
	} choices[] = { { "None", HF_SIDES_ONE },
		{ "DuplexNoTumble", HF_SIDES_LONG },
		{ "DuplexTumble", HF_SIDES_SHORT } };
	size_t i;

	for (i = 0; i < sizeof choices / sizeof choices[0]; i++)
		if (strcasecmp(v, choices[i].choice) == 0) {
			w->ppd_sides = choices[i].sides;
			return true;
		}
	return false;
}

static bool
take_color_mode(struct wish *w, const char *v)
{
	w->env->color = hf_color_of(v);
	if (w->env->color == HF_COLOR_UNSET &&
	    (strcmp(v, "process-monochrome") == 0 ||
		strcmp(v, "auto-monochrome") == 0 ||
		strcmp(v, "bi-level") == 0))
		w->env->color = HF_COLOR_MONO;
	return w->env->color != HF_COLOR_UNSET || strcmp(v, "auto") == 0;
}

static bool
take_color_model(struct wish *w, const char *v)
{
	static const char *const mono[] = { "Gray", "Grayscale", "KGray",
		"DeviceGray", "Black", "Mono", "Monochrome" };
	static const char *const color[] = { "RGB", "CMYK", "CMY", "RGBA",
		"KCMY", "DeviceRGB", "DeviceCMYK", "Color", "AdobeRGB" };
	size_t i;

	for (i = 0; i < sizeof mono / sizeof mono[0]; i++)
		if (strcasecmp(v, mono[i]) == 0)
			w->ppd_color = HF_COLOR_MONO;
	for (i = 0; i < sizeof color / sizeof color[0]; i++)
		if (strcasecmp(v, color[i]) == 0)
			w->ppd_color = HF_COLOR_COLOR;
	return w->ppd_color != HF_COLOR_UNSET;
}

/* One value of "media": a PWG name as it is, or a PPD's word for one. */
static const char *
known_media(const char *word)
{
	if (hf_media_of_ppd(word) != NULL)
		return hf_media_of_ppd(word);
	if (hf_keyword_is(word) && strchr(word, '_') != NULL)
		return word;
	return NULL;
}

/* CUPS has "media" as a list of size, type and source: the size is ours. */
static bool
take_media(struct wish *w, const char *v)
{
	char word[HF_CUPS_VALUE_MAX + 1];
	const char *known;
	size_t n;

	for (;;) {
		n = strcspn(v, ",");
		memcpy(word, v, n);
		word[n] = '\0';
		known = known_media(word);
		if (known != NULL)
			return hf_str_copy(w->env->media,
			    sizeof w->env->media, known);
		if (v[n] == '\0')
			return false;
		v += n + 1;
	}
}

static bool
take_page_size(struct wish *w, const char *v)
{
	w->ppd_media = hf_media_of_ppd(v);
	return w->ppd_media != NULL;
}

static bool
take_created(struct wish *w, const char *v)
{
	uint64_t t = 0;
	size_t i;

	for (i = 0; v[i] >= '0' && v[i] <= '9' && i < 18; i++)
		t = t * 10 + (uint64_t)(v[i] - '0');
	if (i == 0 || v[i] != '\0')
		return false;
	w->env->created = t;
	return true;
}

static bool
take_uuid(struct wish *w, const char *v)
{
	if (hf_str_copy(w->env->job_uuid, sizeof w->env->job_uuid, v))
		return w->env->job_uuid[0] != '\0';
	w->env->job_uuid[0] = '\0';
	return false;
}

static const struct {
	const char *name;
	bool (*take)(struct wish *w, const char *v);
} takers[] = {
	{ "sides", take_sides },
	{ "Duplex", take_duplex },
	{ "print-color-mode", take_color_mode },
	{ "ColorModel", take_color_model },
	{ "media", take_media },
	{ "PageSize", take_page_size },
	{ "time-at-creation", take_created },
	{ "job-uuid", take_uuid },
};
#define N_TAKERS (sizeof takers / sizeof takers[0])

/* cupsd adds these to every job; they ask for nothing. */
static const struct {
	const char *name;
	const char *value;
} nothing[] = { { "finishings", "3" }, { "number-up", "1" } };

static bool
asks_nothing(const char *name, const char *v)
{
	size_t i;

	for (i = 0; i < sizeof nothing / sizeof nothing[0]; i++)
		if (strcmp(nothing[i].name, name) == 0 &&
		    strcmp(nothing[i].value, v) == 0)
			return true;
	return false;
}

/* The last of several with one name counts, as in cupsParseOptions(3). */
static int
put_allowed(struct hf_envelope *env, const char *name, const char *v,
    struct hf_err *e)
{
	struct hf_option *o = NULL;
	size_t i;

	for (i = 0; i < env->n_options; i++)
		if (strcmp(env->options[i].name, name) == 0)
			o = &env->options[i];
	if (o == NULL) {
		if (env->n_options == HF_OPTIONS_MAX)
			return hf_fail(e, HF_EINPUT, "too many options");
		o = &env->options[env->n_options++];
		(void)hf_str_copy(o->name, sizeof o->name, name);
	}
	if (!hf_str_copy(o->value, sizeof o->value, v))
		return hf_fail(e, HF_EINPUT,
		    "the option %s has a value that is too long", name);
	return 0;
}

/* An option that we would use must be printable ASCII and fit. */
static int
check_value(const struct hf_cups_option *o, const char *name, struct hf_err *e)
{
	size_t i;

	if (o->has_control)
		return hf_fail(e, HF_EINPUT,
		    "the option %s holds control characters", name);
	if (o->is_cut)
		return hf_fail(e, HF_EINPUT,
		    "the option %s has a value that is too long", name);
	for (i = 0; i < o->n; i++)
		if ((unsigned char)o->value[i] > 0x7e)
			return hf_fail(e, HF_EINPUT,
			    "the option %s holds letters that are not ASCII",
			    name);
	return 0;
}

struct drops {
	const char **name;
	size_t n;
};

static void
drop(struct drops *d, const char *name)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (d->name[i] == name)
			return;
	if (d->n < HF_TICKET_DROPPED_MAX)
		d->name[d->n++] = name;
}

static int
take(struct wish *w, const struct hf_cups_option *o, struct drops *d,
    struct hf_err *e)
{
	char name[64];
	size_t i;

	for (i = 0; i < N_TAKERS; i++) {
		if (!hf_cups_option_is(o, takers[i].name))
			continue;
		if (check_value(o, takers[i].name, e) == -1)
			return -1;
		if (!takers[i].take(w, o->value))
			drop(d, takers[i].name);
		return 0;
	}
	if (o->name.n >= sizeof name)
		return 0;
	memcpy(name, o->name.p, o->name.n);
	name[o->name.n] = '\0';
	if (!hf_option_is_allowed(name))
		return 0;	/* somebody else's; job-password among them */
	if (check_value(o, name, e) == -1)
		return -1;
	if (!o->has_value || o->is_collection || o->n == 0 ||
	    asks_nothing(name, o->value))
		return 0;
	return put_allowed(w->env, name, o->value, e);
}

static int
take_all(const char *options, struct wish *w, struct drops *d,
    struct hf_err *e)
{
	struct hf_view in = hf_view_str(options);
	struct hf_cups_option o;
	int more;

	while ((more = hf_cups_option_next(&in, &o, e)) == 1)
		if (take(w, &o, d, e) == -1) {
			more = -1;
			break;
		}
	explicit_bzero(&o, sizeof o);	/* may have been a job-password */
	return more;
}

static void
prefer_ppd(struct wish *w)
{
	if (w->ppd_sides != HF_SIDES_UNSET)
		w->env->sides = w->ppd_sides;
	if (w->ppd_color != HF_COLOR_UNSET)
		w->env->color = w->ppd_color;
	if (w->ppd_media != NULL)
		(void)hf_str_copy(w->env->media, sizeof w->env->media,
		    w->ppd_media);
}

/* Decimal digits and nothing else, within [1, most]. */
static bool
number(const char *s, uint32_t most, uint32_t *out)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; s[i] >= '0' && s[i] <= '9' && i < 10; i++)
		v = v * 10 + (uint64_t)(s[i] - '0');
	if (i == 0 || s[i] != '\0' || v < 1 || v > most)
		return false;
	*out = (uint32_t)v;
	return true;
}

/* Cut to what fits, but not within a character. */
static void
copy_title(char *out, size_t size, const char *title)
{
	size_t n = size - 1;

	if (hf_str_copy(out, size, title))
		return;
	while (n > 0 && (title[n] & 0xc0) == 0x80)
		n--;
	out[n] = '\0';
}

/* A title is for the owner's eyes; no job is refused for it. */
static void
fill_title(struct hf_envelope *env, const char *title)
{
	if (!hf_is_text(hf_view_str(title)))
		title = "Untitled";
	copy_title(env->title, sizeof env->title, title);
}

void
hf_ticket_number(struct hf_envelope *env, const char *title, uint16_t number)
{
	char tail[16];
	size_t n = 0;

	env->document = number;
	if (number > 1)
		n = (size_t)snprintf(tail, sizeof tail, " (%u)", number);
	copy_title(env->title, sizeof env->title - n, title);
	if (n > 0)
		memcpy(env->title + strlen(env->title), tail, n + 1);
}

static int
fill_person(const struct hf_ticket_in *in, struct hf_envelope *env,
    struct hf_err *e)
{
	uint32_t n;

	if (*in->user == '\0' || !hf_is_text(hf_view_str(in->user)) ||
	    !hf_str_copy(env->owner, sizeof env->owner, in->user))
		return hf_fail(e, HF_EINPUT,
		    "the user's name is not 1 to 255 bytes of text");
	if (!number(in->copies, 999, &n))
		return hf_fail(e, HF_EINPUT, "copies must be from 1 to 999");
	env->copies = (uint16_t)n;
	fill_title(env, in->title);
	return 0;
}

int
hf_ticket_fill(const struct hf_ticket_in *in, struct hf_envelope *env,
    const char *dropped[static HF_TICKET_DROPPED_MAX], size_t *n_dropped,
    struct hf_err *e)
{
	struct wish w = { .env = env };
	struct drops d = { dropped, 0 };

	memset(env, 0, sizeof *env);
	if (!number(in->job, INT32_MAX, &env->cups_job))
		return hf_fail(e, HF_ECONFLICT,
		    "cupsd did not say which job this is: no job-id");
	if (fill_person(in, env, e) == -1 ||
	    take_all(in->options, &w, &d, e) == -1)
		return -1;
	prefer_ppd(&w);
	if (env->job_uuid[0] == '\0')
		return hf_fail(e, HF_ECONFLICT,
		    "cupsd did not say which job this is: no job-uuid");
	(void)hf_str_copy(env->queue, sizeof env->queue, in->queue);
	(void)hf_str_copy(env->host, sizeof env->host, in->host);
	env->submitted = in->now;
	env->expires = in->now + in->retention_s;
	*n_dropped = d.n;
	return 0;
}

/* Types that cupsd uses among its filters, and what they are outside. */
static const struct {
	const char *inside;
	const char *outside;	/* NULL: look at the bytes */
} cups_types[] = {
	{ "application/octet-stream", NULL },
	{ "application/vnd.cups-raw", NULL },
	{ "application/vnd.cups-pdf", "application/pdf" },
	{ "application/vnd.cups-postscript", "application/postscript" },
};
#define CUPS_PREFIX "application/vnd.cups-"

int
hf_ticket_format(const char *content_type, const uint8_t *first, size_t n,
    char out[static 128], struct hf_err *e)
{
	const char *type = content_type;
	size_t i;

	if (type == NULL || *type == '\0')
		type = "application/octet-stream";
	for (i = 0; i < sizeof cups_types / sizeof cups_types[0]; i++) {
		if (strcasecmp(type, cups_types[i].inside) != 0)
			continue;
		type = cups_types[i].outside;
		if (type == NULL)
			type = hf_sniff(first, n);
		if (type == NULL)
			type = "application/octet-stream";
		break;
	}
	if (strncasecmp(type, CUPS_PREFIX, strlen(CUPS_PREFIX)) == 0)
		return hf_fail(e, HF_EINPUT,
		    "documents of this kind cannot be held");
	if (!hf_media_type_is(type) || strlen(type) > 127)
		return hf_fail(e, HF_EINPUT,
		    "the document's format is no media type");
	for (i = 0; type[i] != '\0'; i++)
		out[i] = (char)tolower((unsigned char)type[i]);
	out[i] = '\0';
	return 0;
}

int
hf_ticket_queue(const char *uri, const char **queue, struct hf_err *e)
{
	size_t n = strlen(URI_PREFIX);

	if (uri == NULL || strncmp(uri, URI_PREFIX, n) != 0 ||
	    !hf_queue_is(uri + n))
		return hf_fail(e, HF_ECONFIG,
		    "the device URI of the queue must be holdfast:/QUEUE");
	*queue = uri + n;
	return 0;
}
