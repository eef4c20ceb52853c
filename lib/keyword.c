/* The words that an envelope may hold: declared in lib/envelope.h. */
#include "lib/envelope.h"

#include <string.h>

/* doc/sealed-format.md, "Allow-listed options" */
static const char *const allowed[] = { "finishings", "media-type",
	"number-up", "orientation-requested", "output-bin", "page-ranges",
	"print-content-optimize", "print-quality", "print-scaling" };

static const char *const sides_names[] = {
	[HF_SIDES_ONE] = "one-sided",
	[HF_SIDES_LONG] = "two-sided-long-edge",
	[HF_SIDES_SHORT] = "two-sided-short-edge",
};
static const char *const color_names[] = {
	[HF_COLOR_MONO] = "monochrome",
	[HF_COLOR_COLOR] = "color",
};
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
static const char keyword[] = "abcdefghijklmnopqrstuvwxyz0123456789-._";
static const char queue[] = "abcdefghijklmnopqrstuvwxyz0123456789-._"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char alnum[] = "abcdefghijklmnopqrstuvwxyz0123456789"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char restricted[] = "abcdefghijklmnopqrstuvwxyz0123456789-._"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$&^+";

/* s is 1 to 127 characters, the first of `first`, the others of `rest`. */
static bool
is_word(const char *s, const char *first, const char *rest)
{
	size_t n = strlen(s);

	return n >= 1 && n <= 127 && strchr(first, s[0]) != NULL &&
	    1 + strspn(s + 1, rest) == n;
}

bool
hf_queue_is(const char *name)
{
	return is_word(name, queue, queue);
}

bool
hf_keyword_is(const char *s)
{
	return is_word(s, lower, keyword);
}

bool
hf_media_type_is(const char *s)
{
	size_t n = strlen(s), type = strspn(s, restricted);

	return n <= 127 && type >= 1 && strchr(alnum, s[0]) != NULL &&
	    s[type] == '/' && is_word(s + type + 1, alnum, restricted);
}

bool
hf_option_is_allowed(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(allowed); i++)
		if (strcmp(allowed[i], name) == 0)
			return true;
	return false;
}

bool
hf_option_value_is(const char *s)
{
	size_t i;

	for (i = 0; s[i] != '\0'; i++)
		if (s[i] < 0x20 || s[i] > 0x7e || i >= 127)
			return false;
	return true;
}

const char *
hf_sides_name(enum hf_sides s)
{
	return (size_t)s < COUNT(sides_names) ? sides_names[s] : NULL;
}

enum hf_sides
hf_sides_of(const char *word)
{
	size_t i;

	for (i = 1; i < COUNT(sides_names); i++)
		if (strcmp(sides_names[i], word) == 0)
			return (enum hf_sides)i;
	return HF_SIDES_UNSET;
}

const char *
hf_color_name(enum hf_color c)
{
	return (size_t)c < COUNT(color_names) ? color_names[c] : NULL;
}

enum hf_color
hf_color_of(const char *word)
{
	size_t i;

	for (i = 1; i < COUNT(color_names); i++)
		if (strcmp(color_names[i], word) == 0)
			return (enum hf_color)i;
	return HF_COLOR_UNSET;
}
