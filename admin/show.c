/* JSON that the release service answered, for people: declared in ask.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "admin/ask.h"
#include "admin/table.h"

#define CELL_MAX 300
#define COLS_MAX 24

static const char *const time_names[] = { "not_before", "not_after", "issued",
	"since", "started", "oldest", "expires" };

static bool
is_time(const char *name, const json_t *v)
{
	size_t i, n = strlen(name);

	/* 2001 and later: a count would have to be large to look like one */
	if (!json_is_integer(v) || json_integer_value(v) < 1000000000)
		return false;
	for (i = 0; i < sizeof time_names / sizeof time_names[0]; i++)
		if (strcmp(name, time_names[i]) == 0)
			return true;
	return n > 3 && strcmp(name + n - 3, "_at") == 0;
}

static void
disarm(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

/* One value in a few words; lists of plain values joined. */
static void
format(char out[static CELL_MAX], const char *name, const json_t *v)
{
	time_t t;
	struct tm tm;
	char *text;
	size_t i, at = 0;
	const json_t *item;

	out[0] = '\0';
	if (json_is_string(v)) {
		(void)hf_str_copy(out, CELL_MAX, json_string_value(v));
	} else if (json_is_boolean(v)) {
		(void)hf_str_copy(out, CELL_MAX, json_is_true(v) ? "yes"
								 : "no");
	} else if (is_time(name, v)) {
		t = (time_t)json_integer_value(v);
		if (localtime_r(&t, &tm) != NULL)
			(void)strftime(out, CELL_MAX, "%F %H:%M", &tm);
	} else if (json_is_array(v)) {
		json_array_foreach(v, i, item) {
			char one[CELL_MAX];
			int k;

			if (json_is_array(item) || json_is_object(item))
				continue;
			format(one, name, item);
			k = snprintf(out + at, CELL_MAX - at, "%s%s",
			    at > 0 ? ", " : "", one);
			if (k < 0 || (size_t)k >= CELL_MAX - at)
				break;
			at += (size_t)k;
		}
	} else if (!json_is_null(v)) {
		text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
		(void)hf_str_copy(out, CELL_MAX, text != NULL ? text : "");
		free(text);
	}
	disarm(out);
}

static bool
is_table(const json_t *v)
{
	return json_is_array(v) && json_array_size(v) > 0 &&
	    json_is_object(json_array_get(v, 0));
}

static void
pad(FILE *to, const char *s, size_t width)
{
	size_t w = hf_text_width(s);

	fputs(s, to);
	while (w++ < width)
		fputc(' ', to);
}

/* The columns are the names of the first object. */
static void
show_table(FILE *to, const json_t *rows)
{
	size_t width[COLS_MAX], n = 0, i, k, w;
	const char *names[COLS_MAX];
	char cell[CELL_MAX];
	const json_t *v, *row;
	const char *name;

	json_object_foreach(json_array_get(rows, 0), name, v)
		if (n < COLS_MAX)
			names[n++] = name;
	for (i = 0; i < n; i++) {
		width[i] = hf_text_width(names[i]);
		json_array_foreach(rows, k, row) {
			format(cell, names[i], json_object_get(row, names[i]));
			w = hf_text_width(cell);
			if (w > width[i])
				width[i] = w;
		}
		pad(to, names[i], i + 1 < n ? width[i] + 2 : 0);
	}
	fputc('\n', to);
	json_array_foreach(rows, k, row) {
		for (i = 0; i < n; i++) {
			format(cell, names[i], json_object_get(row, names[i]));
			pad(to, cell, i + 1 < n ? width[i] + 2 : 0);
		}
		fputc('\n', to);
	}
}

void
hf_json_show(FILE *to, const json_t *j)
{
	char cell[CELL_MAX];
	size_t width = 0, w;
	const json_t *v;
	const char *name;

	if (is_table(j)) {
		show_table(to, j);
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)j, name, v)
		if ((w = hf_text_width(name)) > width)
			width = w;
	json_object_foreach((json_t *)(uintptr_t)j, name, v) {
		if (is_table(v)) {
			fprintf(to, "\n%s\n", name);
			show_table(to, v);
			continue;
		}
		if (json_is_object(v)) {
			fprintf(to, "\n%s\n", name);
			hf_json_show(to, v);
			continue;
		}
		format(cell, name, v);
		pad(to, name, width + 2);
		fprintf(to, "%s\n", cell);
	}
}
