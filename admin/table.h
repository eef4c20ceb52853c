#ifndef HF_TABLE_H
#define HF_TABLE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>

#include "lib/err.h"

/*
 * Rows for people (columns side by side) or for scripts (a JSON array of
 * objects).  What the database holds was once typed or sent by somebody:
 * control characters are shown as '?', so that a list cannot drive the
 * terminal.
 */
enum hf_cell {
	HF_CELL_TEXT,
	HF_CELL_INT,
	HF_CELL_BOOL,	/* "t" or "f" */
	HF_CELL_TIME,	/* seconds since 1970 */
	HF_CELL_LIST	/* a JSON array of strings */
};
struct hf_col {
	const char *title;	/* for people; NULL: only in JSON */
	const char *key;	/* JSON */
	enum hf_cell kind;
};

/*
 * A result whose columns are exactly cols[0..n), in order.  NULL is an empty
 * cell, and null in JSON.  HF_EINPUT where a value is not of its kind.
 */
int hf_table_print(FILE *to, bool json, const PGresult *r,
    const struct hf_col *cols, size_t n, struct hf_err *e) HF_MUST_USE;
/* The first row alone: "title: value" lines, or one JSON object. */
int hf_record_print(FILE *to, bool json, const PGresult *r,
    const struct hf_col *cols, size_t n, struct hf_err *e) HF_MUST_USE;

/* Columns that a terminal uses for UTF-8 text: one a character. */
size_t hf_text_width(const char *s);

#endif
