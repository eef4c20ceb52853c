#include "cups-backend/options.h"

#include <string.h>

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static bool
is_quote(uint8_t c)
{
	return c == '"' || c == '\'';
}

static void
drop(struct hf_view *in)
{
	in->p++;
	in->n--;
}

static void
keep(struct hf_cups_option *o, uint8_t c)
{
	if (c < 0x20 || c == 0x7f)
		o->has_control = true;
	if (o->n == HF_CUPS_VALUE_MAX) {
		o->is_cut = true;
		return;
	}
	o->value[o->n++] = (char)c;
	o->value[o->n] = '\0';
}

/* The byte after a backslash, whatever it is. */
static int
escaped(struct hf_view *in, uint8_t *out, struct hf_err *e)
{
	drop(in);
	if (in->n == 0)
		return hf_fail(e, HF_EINPUT,
		    "the options end in a backslash");
	*out = in->p[0];
	drop(in);
	return 0;
}

/* `o` NULL: within a collection, nothing is kept. */
static int
quoted(struct hf_view *in, struct hf_cups_option *o, struct hf_err *e)
{
	uint8_t end = in->p[0], c;

	drop(in);
	while (in->n > 0 && in->p[0] != end) {
		c = in->p[0];
		if (c == '\\') {
			if (escaped(in, &c, e) == -1)
				return -1;
		} else {
			drop(in);
		}
		if (o != NULL)
			keep(o, c);
	}
	if (in->n == 0)
		return hf_fail(e, HF_EINPUT,
		    "the options hold a quote without its end");
	drop(in);
	return 0;
}

static int
collection(struct hf_view *in, struct hf_err *e)
{
	unsigned depth = 0;
	uint8_t c;

	do {
		c = in->n > 0 ? in->p[0] : 0;
		if (in->n == 0)
			return hf_fail(e, HF_EINPUT,
			    "the options hold a brace without its end");
		if (c == '\\') {
			if (escaped(in, &c, e) == -1)
				return -1;
			continue;
		}
		if (is_quote(c)) {
			if (quoted(in, NULL, e) == -1)
				return -1;
			continue;
		}
		if (c == '{' && ++depth > HF_CUPS_DEPTH_MAX)
			return hf_fail(e, HF_EINPUT,
			    "the options hold braces more than %d deep",
			    HF_CUPS_DEPTH_MAX);
		if (c == '}')
			depth--;
		drop(in);
	} while (depth > 0);
	return 0;
}

static int
value(struct hf_view *in, struct hf_cups_option *o, struct hf_err *e)
{
	uint8_t c;

	if (in->n > 0 && in->p[0] == '{') {
		o->is_collection = true;
		return collection(in, e);
	}
	while (in->n > 0 && !is_blank(in->p[0])) {
		c = in->p[0];
		if (is_quote(c)) {
			if (quoted(in, o, e) == -1)
				return -1;
			continue;
		}
		if (c == '\\') {
			if (escaped(in, &c, e) == -1)
				return -1;
		} else {
			drop(in);
		}
		keep(o, c);
	}
	return 0;
}

int
hf_cups_option_next(struct hf_view *in, struct hf_cups_option *o,
    struct hf_err *e)
{
	if (in->n > HF_CUPS_OPTIONS_MAX)
		return hf_fail(e, HF_EINPUT,
		    "the options are longer than %d bytes",
		    HF_CUPS_OPTIONS_MAX);
	while (in->n > 0 && is_blank(in->p[0]))
		drop(in);
	if (in->n == 0)
		return 0;
	memset(o, 0, sizeof *o);
	o->name = hf_view_of(in->p, 0);
	while (in->n > 0 && in->p[0] != '=' && !is_blank(in->p[0])) {
		o->name.n++;
		drop(in);
	}
	if (o->name.n == 0)
		return hf_fail(e, HF_EINPUT,
		    "the options hold a value without a name");
	if (in->n == 0 || in->p[0] != '=')
		return 1;
	drop(in);
	o->has_value = true;
	return value(in, o, e) == -1 ? -1 : 1;
}

bool
hf_cups_option_is(const struct hf_cups_option *o, const char *name)
{
	return hf_view_equal(o->name, hf_view_str(name));
}
