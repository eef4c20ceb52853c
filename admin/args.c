#include "admin/args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Index in the table, or -1. */
static int
find(const struct hf_opt *opts, const char *name, size_t n)
{
	int i;

	for (i = 0; opts != NULL && opts[i].name != NULL; i++) {
		HF_ASSERT(i < HF_OPTS_MAX);
		if (strlen(opts[i].name) == n &&
		    memcmp(opts[i].name, name, n) == 0)
			return i;
	}
	return -1;
}

static int
add_value(struct hf_args *a, int i, const char *value, struct hf_err *e)
{
	const char *name = a->opts[i].name;

	if (a->got[i].n > 0 && a->opts[i].kind != HF_OPT_LIST &&
	    a->opts[i].kind != HF_OPT_NEEDED_LIST)
		return hf_fail(e, HF_EINPUT, "%s is given twice", name);
	if (a->got[i].n == HF_VALUES_MAX)
		return hf_fail(e, HF_EINPUT, "%s is given more than %d times",
		    name, HF_VALUES_MAX);
	a->got[i].values[a->got[i].n++] = value;
	return 0;
}

/* One option at argv[*at]; moves *at to its last word. */
static int
take_option(struct hf_args *a, int argc, const char *const *argv, int *at,
    struct hf_err *e)
{
	const char *word = argv[*at];
	size_t n = strcspn(word, "=");
	int i = find(a->opts, word, n);

	if (i == -1)
		return hf_fail(e, HF_EINPUT, "there is no option %.*s here",
		    (int)n, word);
	if (a->opts[i].kind == HF_OPT_FLAG) {
		if (word[n] != '\0')
			return hf_fail(e, HF_EINPUT, "%s takes no value",
			    a->opts[i].name);
		return add_value(a, i, "", e);
	}
	if (word[n] == '=')
		return add_value(a, i, word + n + 1, e);
	if (*at + 1 >= argc)
		return hf_fail(e, HF_EINPUT, "%s needs a value", word);
	return add_value(a, i, argv[++*at], e);
}

static int
check_needed(const struct hf_args *a, struct hf_err *e)
{
	int i;

	for (i = 0; a->opts != NULL && a->opts[i].name != NULL; i++)
		if (a->got[i].n == 0 && (a->opts[i].kind == HF_OPT_NEEDED ||
		    a->opts[i].kind == HF_OPT_NEEDED_LIST))
			return hf_fail(e, HF_EINPUT, "%s is missing",
			    a->opts[i].name);
	return 0;
}

int
hf_args_parse(struct hf_args *a, const struct hf_opt *opts, int argc,
    const char *const *argv, size_t least, size_t most, struct hf_err *e)
{
	bool options = true;
	int i;

	memset(a, 0, sizeof *a);
	a->opts = opts;
	for (i = 0; i < argc; i++) {
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (options && argv[i][0] == '-' &&
		    argv[i][1] != '\0') {
			if (take_option(a, argc, argv, &i, e) == -1)
				return -1;
		} else if (a->n_words == most || a->n_words == HF_WORDS_MAX) {
			return hf_fail(e, HF_EINPUT, "unexpected word \"%s\"",
			    argv[i]);
		} else {
			a->words[a->n_words++] = argv[i];
		}
	}
	if (a->n_words < least)
		return hf_fail(e, HF_EINPUT, "something is missing");
	return check_needed(a, e);
}

bool
hf_args_has(const struct hf_args *a, const char *name)
{
	return hf_args_get(a, name, NULL) != NULL;
}

const char *
hf_args_get(const struct hf_args *a, const char *name, const char *none)
{
	int i = find(a->opts, name, strlen(name));

	HF_ASSERT(i != -1);
	return a->got[i].n > 0 ? a->got[i].values[0] : none;
}

const char *const *
hf_args_list(const struct hf_args *a, const char *name, size_t *n)
{
	int i = find(a->opts, name, strlen(name));

	HF_ASSERT(i != -1);
	*n = a->got[i].n;
	return a->got[i].values;
}

int
hf_args_int(const struct hf_args *a, const char *name, long none, long least,
    long most, long *out, struct hf_err *e)
{
	const char *s = hf_args_get(a, name, NULL);
	char *end;
	long v;

	if (s == NULL) {
		*out = none;
		return 0;
	}
	errno = 0;
	v = strtol(s, &end, 10);
	if (*s == '\0' || *end != '\0' || errno != 0 || v < least || v > most)
		return hf_fail(e, HF_EINPUT,
		    "%s must be a number from %ld to %ld, not \"%s\"", name,
		    least, most, s);
	*out = v;
	return 0;
}
