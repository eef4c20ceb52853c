#include "release/deliver/ticket.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "release/deliver/ipp.h"
#include "release/deliver/state.h"

/* What could not be asked for, for a person: "sides, copies 7". */
static void
leave_out(struct hf_ticket *t, const char *what)
{
	size_t n = strlen(t->note);

	if (n + strlen(what) + 3 <= sizeof t->note)
		snprintf(t->note + n, sizeof t->note - n, "%s%s",
		    n > 0 ? ", " : "", what);
}

static int
put_copies(struct hf_buf *b, const struct hf_order *o, struct hf_view attrs,
    struct hf_ticket *t, struct hf_err *e)
{
	int32_t most = hf_attrs_max(attrs, "copies-supported", 1);
	int32_t n = o->copies;
	char what[32];

	if (n > most) {
		snprintf(what, sizeof what, "%d copies", n);
		leave_out(t, what);
		n = most;
	}
	if (n <= 1)
		return 0;
	return hf_ipp_put_int(b, HF_IPP_INTEGER, "copies", n, e);
}

/* One keyword attribute, if "NAME-supported" lists the keyword. */
static int
put_keyword(struct hf_buf *b, const char *name, const char *value,
    struct hf_view attrs, struct hf_ticket *t, struct hf_err *e)
{
	char supported[96];

	snprintf(supported, sizeof supported, "%s-supported", name);
	if (!hf_attrs_have_str(attrs, supported, value)) {
		leave_out(t, value);
		return 0;
	}
	return hf_ipp_put_str(b, HF_IPP_KEYWORD, name, value, e);
}

static int
put_sides(struct hf_buf *b, const struct hf_order *o, struct hf_view attrs,
    struct hf_ticket *t, struct hf_err *e)
{
	const char *name = hf_sides_name(o->sides);

	if (name == NULL || (o->sides == HF_SIDES_ONE &&
	    !hf_attrs_have(attrs, "sides-supported")))
		return 0;
	return put_keyword(b, "sides", name, attrs, t, e);
}

static int
put_color(struct hf_buf *b, const struct hf_order *o, struct hf_view attrs,
    struct hf_ticket *t, struct hf_err *e)
{
	const char *name = hf_color_name(o->color);

	if (name == NULL)
		return 0;
	if (o->color == HF_COLOR_MONO && hf_attrs_have_str(attrs,
	    "print-color-mode-supported", "process-monochrome") &&
	    !hf_attrs_have_str(attrs, "print-color-mode-supported", name))
		name = "process-monochrome";
	/*
	 * CUPS asks for colour by itself, from the queue's PPD: at a printer
	 * that has none that is no wish to report as not fulfilled.
	 */
	if (o->color == HF_COLOR_COLOR &&
	    !hf_attrs_have_str(attrs, "print-color-mode-supported", name))
		return 0;
	return put_keyword(b, "print-color-mode", name, attrs, t, e);
}

/* ----------------------------------------------- the other options ------ */

static const struct {
	const char *option, *word;
	int32_t value;
} words[] = {		/* RFC 8011, sections 5.2.6, 5.2.10, 5.2.13 */
	{ "finishings", "none", 3 },
	{ "finishings", "staple", 4 },
	{ "finishings", "punch", 5 },
	{ "finishings", "cover", 6 },
	{ "finishings", "bind", 7 },
	{ "finishings", "saddle-stitch", 8 },
	{ "finishings", "edge-stitch", 9 },
	{ "finishings", "fold", 10 },
	{ "finishings", "trim", 11 },
	{ "finishings", "staple-top-left", 20 },
	{ "finishings", "staple-bottom-left", 21 },
	{ "finishings", "staple-top-right", 22 },
	{ "finishings", "staple-bottom-right", 23 },
	{ "finishings", "staple-dual-left", 28 },
	{ "finishings", "staple-dual-top", 29 },
	{ "orientation-requested", "portrait", 3 },
	{ "orientation-requested", "landscape", 4 },
	{ "orientation-requested", "reverse-landscape", 5 },
	{ "orientation-requested", "reverse-portrait", 6 },
	{ "print-quality", "draft", 3 },
	{ "print-quality", "normal", 4 },
	{ "print-quality", "high", 5 },
};

/* A number or one of the words; false where it is neither. */
static bool
number_of(const char *option, const char *s, int32_t *out)
{
	char *end;
	size_t i;
	long n;

	if (isdigit((unsigned char)*s)) {
		n = strtol(s, &end, 10);
		if (*end != '\0' || end - s > 9)
			return false;
		*out = (int32_t)n;
		return true;
	}
	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i].option, option) == 0 &&
		    strcmp(words[i].word, s) == 0) {
			*out = words[i].value;
			return true;
		}
	return false;
}

/* The next part of a comma-separated list, or false at its end. */
static bool
next_part(const char **list, char *out, size_t size)
{
	size_t n = strcspn(*list, ",");

	if (**list == '\0' || n >= size)
		return false;
	memcpy(out, *list, n);
	out[n] = '\0';
	*list += n + ((*list)[n] == ',');
	return true;
}

/* Several values share one name: the first carries it. */
static int
put_numbers(struct hf_buf *b, const struct hf_option *p, uint8_t tag,
    const char *supported, struct hf_view attrs, struct hf_ticket *t,
    struct hf_err *e)
{
	const char *list = p->value, *name = p->name;
	char part[64];
	int32_t n;

	while (next_part(&list, part, sizeof part)) {
		if (!number_of(p->name, part, &n) ||
		    !hf_attrs_have_int(attrs, supported, n)) {
			leave_out(t, p->name);
			continue;
		}
		if (hf_ipp_put_int(b, tag, name, n, e) == -1)
			return -1;
		name = "";
	}
	return 0;
}

static int
put_enums(struct hf_buf *b, const struct hf_option *p, const char *supported,
    struct hf_view attrs, struct hf_ticket *t, struct hf_err *e)
{
	return put_numbers(b, p, HF_IPP_ENUM, supported, attrs, t, e);
}

static int
put_integers(struct hf_buf *b, const struct hf_option *p,
    const char *supported, struct hf_view attrs, struct hf_ticket *t,
    struct hf_err *e)
{
	return put_numbers(b, p, HF_IPP_INTEGER, supported, attrs, t, e);
}

static int
put_word(struct hf_buf *b, const struct hf_option *p, const char *supported,
    struct hf_view attrs, struct hf_ticket *t, struct hf_err *e)
{
	(void)supported;
	return put_keyword(b, p->name, p->value, attrs, t, e);
}

/* "3", "2-5", "7-": ascending and apart, or false (RFC 8011, 5.2.7). */
static bool
range_of(const char *s, int32_t after, int32_t *low, int32_t *high)
{
	char *end;
	long a, b;

	if (!isdigit((unsigned char)*s))
		return false;
	a = b = strtol(s, &end, 10);
	if (*end == '-') {
		end++;
		b = INT32_MAX;
		if (isdigit((unsigned char)*end))
			b = strtol(end, &end, 10);
	}
	if (*end != '\0' || a <= after || b < a || b > INT32_MAX)
		return false;
	*low = (int32_t)a;
	*high = (int32_t)b;
	return true;
}

static int
put_ranges(struct hf_buf *b, const struct hf_option *p, const char *supported,
    struct hf_view attrs, struct hf_ticket *t, struct hf_err *e)
{
	const char *list = p->value, *name = p->name;
	int32_t low, high = 0;
	char part[64];

	if (!hf_attrs_have_int(attrs, supported, 1)) {
		leave_out(t, p->name);
		return 0;
	}
	while (next_part(&list, part, sizeof part)) {
		if (!range_of(part, high, &low, &high)) {
			leave_out(t, p->name);
			break;
		}
		if (hf_ipp_put_range(b, name, low, high, e) == -1)
			return -1;
		name = "";
	}
	return 0;
}

static const struct {
	const char *name;
	int (*put)(struct hf_buf *b, const struct hf_option *p,
	    const char *supported, struct hf_view attrs, struct hf_ticket *t,
	    struct hf_err *e);
} options[] = {
	{ "finishings", put_enums },
	{ "number-up", put_integers },
	{ "orientation-requested", put_enums },
	{ "output-bin", put_word },
	{ "page-ranges", put_ranges },
	{ "print-quality", put_enums },
	{ "print-scaling", put_word },
	{ "print-content-optimize", put_word },
};

static int
put_option(struct hf_buf *b, const struct hf_option *p, struct hf_view attrs,
    struct hf_ticket *t, struct hf_err *e)
{
	char supported[96];
	size_t i;

	snprintf(supported, sizeof supported, "%s-supported", p->name);
	for (i = 0; i < sizeof options / sizeof options[0]; i++)
		if (strcmp(options[i].name, p->name) == 0)
			return options[i].put(b, p, supported, attrs, t, e);
	return 0;	/* media-type is part of the media */
}

/* ------------------------------------------------------------ media ------ */

/* "210", "8.5" in hundredths of a unit. */
static bool
hundredths(const char **s, long *out)
{
	long n = 0, scale = 100;
	const char *p = *s;

	for (; isdigit((unsigned char)*p) && n < 10000000; p++)
		n = n * 10 + (*p - '0');
	n *= 100;
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++) {
			scale /= 10;
			n += scale * (*p - '0');
		}
	if (p == *s)
		return false;
	*s = p;
	*out = n;
	return true;
}

/*
 * Dimensions in 1/100 mm from the end of a self-describing name, "iso_a4_210x297mm"
 * (PWG 5101.1, section 5).
 */
static bool
size_of(const char *media, int32_t *x, int32_t *y)
{
	const char *s = strrchr(media, '_');
	long a, b, mul;

	if (s == NULL)
		return false;
	s++;
	if (!hundredths(&s, &a) || *s++ != 'x' || !hundredths(&s, &b))
		return false;
	mul = strcmp(s, "in") == 0 ? 2540 : strcmp(s, "mm") == 0 ? 100 : 0;
	if (mul == 0)
		return false;
	*x = (int32_t)(a * mul / 100);
	*y = (int32_t)(b * mul / 100);
	return *x > 0 && *y > 0;
}

static int
put_member(struct hf_buf *b, const char *name, struct hf_err *e)
{
	return hf_ipp_put_str(b, HF_IPP_MEMBER, "", name, e);
}

static int
put_size(struct hf_buf *b, int32_t x, int32_t y, struct hf_err *e)
{
	if (put_member(b, "media-size", e) == -1 ||
	    hf_ipp_put_str(b, HF_IPP_BEGIN_COLLECTION, "", "", e) == -1 ||
	    put_member(b, "x-dimension", e) == -1 ||
	    hf_ipp_put_int(b, HF_IPP_INTEGER, "", x, e) == -1 ||
	    put_member(b, "y-dimension", e) == -1 ||
	    hf_ipp_put_int(b, HF_IPP_INTEGER, "", y, e) == -1)
		return -1;
	return hf_ipp_put_str(b, HF_IPP_END_COLLECTION, "", "", e);
}

/* "media" and "media-col" exclude each other: a type needs the collection. */
static int
put_media_col(struct hf_buf *b, const char *media, const char *type,
    struct hf_err *e)
{
	int32_t x, y;

	if (hf_ipp_put_str(b, HF_IPP_BEGIN_COLLECTION, "media-col", "", e) ==
	    -1)
		return -1;
	if (size_of(media, &x, &y) && put_size(b, x, y, e) == -1)
		return -1;
	if (put_member(b, "media-type", e) == -1 ||
	    hf_ipp_put_str(b, HF_IPP_KEYWORD, "", type, e) == -1)
		return -1;
	return hf_ipp_put_str(b, HF_IPP_END_COLLECTION, "", "", e);
}

static int
put_media(struct hf_buf *b, const struct hf_order *o, struct hf_view attrs,
    struct hf_ticket *t, struct hf_err *e)
{
	const char *type = NULL;
	int32_t x, y;
	size_t i;

	for (i = 0; i < o->n_options; i++)
		if (strcmp(o->options[i].name, "media-type") == 0)
			type = o->options[i].value;
	if (type != NULL) {
		if (hf_attrs_have_str(attrs, "media-type-supported", type) &&
		    hf_attrs_have_str(attrs, "media-col-supported",
		        "media-type") &&
		    (o->media[0] == '\0' || size_of(o->media, &x, &y)))
			return put_media_col(b, o->media, type, e);
		leave_out(t, type);
	}
	if (o->media[0] == '\0')
		return 0;
	return put_keyword(b, "media", o->media, attrs, t, e);
}

int
hf_ticket_put(struct hf_buf *b, const struct hf_order *o, struct hf_view attrs,
    struct hf_ticket *t, struct hf_err *e)
{
	size_t i;

	t->note[0] = '\0';
	if (hf_ipp_put_group(b, HF_IPP_JOB, e) == -1)
		return -1;
	if (t->hold && hf_ipp_put_str(b, HF_IPP_KEYWORD, "job-hold-until",
	    "indefinite", e) == -1)
		return -1;
	if (t->bare) {
		leave_out(t, "its options");
		return 0;
	}
	if (put_copies(b, o, attrs, t, e) == -1 ||
	    put_sides(b, o, attrs, t, e) == -1 ||
	    put_color(b, o, attrs, t, e) == -1 ||
	    put_media(b, o, attrs, t, e) == -1)
		return -1;
	for (i = 0; i < o->n_options; i++)
		if (put_option(b, &o->options[i], attrs, t, e) == -1)
			return -1;
	return 0;
}
