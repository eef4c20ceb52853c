#include "admin/table.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/buf.h"

#define CELL_MAX 1200

size_t
hf_text_width(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		if (((unsigned char)*s & 0xc0) != 0x80)
			n++;
	return n;
}

/* Control characters (C0, DEL, C1 in UTF-8) become '?'. */
static void
disarm(char *s)
{
	unsigned char *p = (unsigned char *)s, *w = p;

	while (*p != '\0') {
		if (*p < 0x20 || *p == 0x7f) {
			*w++ = '?';
			p++;
		} else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) {
			*w++ = '?';
			p += 2;
		} else {
			*w++ = *p++;
		}
	}
	*w = '\0';
}

static int
take_int(const char *s, const char *key, long long *out, struct hf_err *e)
{
	char *end;

	errno = 0;
	*out = strtoll(s, &end, 10);
	if (*s == '\0' || *end != '\0' || errno != 0)
		return hf_fail(e, HF_EINPUT, "%s is not a number", key);
	return 0;
}

/* "2026-11-22 15:59" here, or RFC 3339 in UTC for scripts. */
static int
show_time(char *out, size_t size, const char *s, const struct hf_col *col,
    bool json, struct hf_err *e)
{
	long long v;
	struct tm tm;
	time_t t;

	if (take_int(s, col->key, &v, e) == -1)
		return -1;
	t = (time_t)v;
	if ((json ? gmtime_r(&t, &tm) : localtime_r(&t, &tm)) == NULL ||
	    strftime(out, size, json ? "%Y-%m-%dT%H:%M:%SZ" : "%F %H:%M",
	    &tm) == 0)
		return hf_fail(e, HF_EINPUT, "%s is no time", col->key);
	return 0;
}

/* "a, b" of ["a", "b"]. */
static int
show_list(char *out, size_t size, const char *s, const struct hf_col *col,
    struct hf_err *e)
{
	json_t *list = json_loads(s, JSON_REJECT_DUPLICATES, NULL), *item;
	size_t i, at = 0;
	int k;

	if (!json_is_array(list)) {
		json_decref(list);
		return hf_fail(e, HF_EINPUT, "%s is no list", col->key);
	}
	out[0] = '\0';
	json_array_foreach(list, i, item) {
		k = snprintf(out + at, size - at, "%s%s", i > 0 ? ", " : "",
		    json_is_string(item) ? json_string_value(item) : "");
		if (k < 0 || (size_t)k >= size - at)
			break;		/* cut: the rest is in --json */
		at += (size_t)k;
	}
	json_decref(list);
	return 0;
}

/* What a person sees of one cell. */
static int
show(char out[static CELL_MAX], const PGresult *r, int row, int i,
    const struct hf_col *col, struct hf_err *e)
{
	const char *s = PQgetvalue(r, row, i);

	out[0] = '\0';
	if (PQgetisnull(r, row, i))
		return 0;
	switch (col->kind) {
	case HF_CELL_BOOL:
		(void)hf_str_copy(out, CELL_MAX, *s == 't' ? "yes" : "no");
		return 0;
	case HF_CELL_TIME:
		return show_time(out, CELL_MAX, s, col, false, e);
	case HF_CELL_LIST:
		if (show_list(out, CELL_MAX, s, col, e) == -1)
			return -1;
		break;
	case HF_CELL_TEXT:
	case HF_CELL_INT:
		(void)hf_str_copy(out, CELL_MAX, s);
		break;
	}
	disarm(out);
	return 0;
}

static json_t *
cell_json(const PGresult *r, int row, int i, const struct hf_col *col,
    struct hf_err *e)
{
	const char *s = PQgetvalue(r, row, i);
	char when[64];
	long long v;
	json_t *j;

	if (PQgetisnull(r, row, i))
		return json_null();
	switch (col->kind) {
	case HF_CELL_BOOL:
		return json_boolean(*s == 't');
	case HF_CELL_INT:
		return take_int(s, col->key, &v, e) == -1 ? NULL
							  : json_integer(v);
	case HF_CELL_TIME:
		return show_time(when, sizeof when, s, col, true, e) == -1
		    ? NULL : json_string(when);
	case HF_CELL_LIST:
		j = json_loads(s, JSON_REJECT_DUPLICATES, NULL);
		if (j == NULL)
			hf_fail(e, HF_EINPUT, "%s is no list", col->key);
		return j;
	case HF_CELL_TEXT:
		break;
	}
	j = json_string(s);
	if (j == NULL)
		hf_fail(e, HF_EINPUT, "%s is not text", col->key);
	return j;
}

static json_t *
row_json(const PGresult *r, int row, const struct hf_col *cols, size_t n,
    struct hf_err *e)
{
	json_t *o = json_object(), *cell;
	size_t i;

	for (i = 0; i < n; i++) {
		cell = cell_json(r, row, (int)i, &cols[i], e);
		if (cell == NULL ||
		    json_object_set_new(o, cols[i].key, cell) == -1) {
			json_decref(o);
			return NULL;
		}
	}
	return o;
}

/* Row by row, so that a long list needs no second copy in memory. */
static int
print_json(FILE *to, const PGresult *r, const struct hf_col *cols, size_t n,
    bool array, struct hf_err *e)
{
	int row, rows = array ? PQntuples(r) : 1;
	json_t *o;

	if (array)
		fputs("[", to);
	for (row = 0; row < rows; row++) {
		o = row_json(r, row, cols, n, e);
		if (o == NULL)
			return -1;
		if (row > 0)
			fputs(",", to);
		if (array)
			fputs("\n ", to);
		(void)json_dumpf(o, to, JSON_COMPACT);
		json_decref(o);
	}
	fputs(array ? rows > 0 ? "\n]\n" : "]\n" : "\n", to);
	return 0;
}

static void
pad(FILE *to, const char *s, size_t width)
{
	size_t w = hf_text_width(s);

	fputs(s, to);
	while (w++ < width)
		fputc(' ', to);
}

static int
measure(const PGresult *r, const struct hf_col *cols, size_t n, size_t *width,
    struct hf_err *e)
{
	char cell[CELL_MAX];
	size_t i, w;
	int row;

	for (i = 0; i < n; i++) {
		if (cols[i].title == NULL)
			continue;
		width[i] = hf_text_width(cols[i].title);
		for (row = 0; row < PQntuples(r); row++) {
			if (show(cell, r, row, (int)i, &cols[i], e) == -1)
				return -1;
			w = hf_text_width(cell);
			if (w > width[i])
				width[i] = w;
		}
	}
	return 0;
}

/* The last column shown is not padded: no line ends in blanks. */
static size_t
last_shown(const struct hf_col *cols, size_t n)
{
	while (n > 0 && cols[n - 1].title == NULL)
		n--;
	return n > 0 ? n - 1 : 0;
}

static int
print_text(FILE *to, const PGresult *r, const struct hf_col *cols, size_t n,
    struct hf_err *e)
{
	char cell[CELL_MAX];
	size_t i, width[32], last = last_shown(cols, n);
	int row;

	HF_ASSERT(n <= 32);
	memset(width, 0, sizeof width);
	if (measure(r, cols, n, width, e) == -1)
		return -1;
	for (row = -1; row < PQntuples(r); row++) {
		for (i = 0; i < n; i++) {
			if (cols[i].title == NULL)
				continue;
			if (row == -1)
				(void)hf_str_copy(cell, sizeof cell,
				    cols[i].title);
			else if (show(cell, r, row, (int)i, &cols[i], e) ==
			    -1)
				return -1;
			pad(to, cell, i < last ? width[i] + 2 : 0);
		}
		fputc('\n', to);
	}
	return 0;
}

int
hf_table_print(FILE *to, bool json, const PGresult *r,
    const struct hf_col *cols, size_t n, struct hf_err *e)
{
	HF_ASSERT((size_t)PQnfields(r) == n);
	return json ? print_json(to, r, cols, n, true, e)
		    : print_text(to, r, cols, n, e);
}

int
hf_record_print(FILE *to, bool json, const PGresult *r,
    const struct hf_col *cols, size_t n, struct hf_err *e)
{
	char cell[CELL_MAX];
	size_t i, w, width = 0;

	HF_ASSERT((size_t)PQnfields(r) == n && PQntuples(r) > 0);
	if (json)
		return print_json(to, r, cols, n, false, e);
	for (i = 0; i < n; i++)
		if (cols[i].title != NULL &&
		    (w = hf_text_width(cols[i].title)) > width)
			width = w;
	for (i = 0; i < n; i++) {
		if (cols[i].title == NULL)
			continue;
		if (show(cell, r, 0, (int)i, &cols[i], e) == -1)
			return -1;
		if (cell[0] == '\0')
			continue;
		pad(to, cols[i].title, width + 2);
		fprintf(to, "%s\n", cell);
	}
	return 0;
}
