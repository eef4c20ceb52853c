#include "release/queue/notice.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct hf_stmt notice = { "job_notice",
	"SELECT state, printer, at, impressions FROM job_notice($1::text)",
	1 };

static int
read_row(const PGresult *r, int row, struct hf_notice *n, struct hf_err *e)
{
	int64_t pages = -1;

	if (strcmp(hf_db_text(r, row, 0), "uncertain") != 0) {
		n->damaged++;
		return 0;
	}
	if (n->uncertain++ > 0)
		return 0;
	(void)hf_str_copy(n->printer, sizeof n->printer,
	    hf_db_text(r, row, 1));
	if (hf_db_int(r, row, 2, &n->at, e) == -1 ||
	    (!PQgetisnull(r, row, 3) &&
		hf_db_int(r, row, 3, &pages, e) == -1))
		return -1;
	n->pages = (int32_t)pages;
	return 0;
}

int
hf_notice_ask(struct hf_store *s, const char *person, struct hf_notice *out,
    struct hf_err *e)
{
	const char *params[] = { person };
	PGresult *r;
	int i, rc = 0;

	memset(out, 0, sizeof *out);
	out->pages = -1;
	if (hf_store_run(s, &notice, params, &r, e) == -1)
		return -1;
	for (i = 0; i < PQntuples(r) && rc == 0; i++)
		rc = read_row(r, i, out, e);
	PQclear(r);
	return rc;
}

static void
put_time(int64_t at, int64_t now, char *out, size_t size)
{
	time_t then = (time_t)at, today = (time_t)now;
	struct tm t, n;

	if (localtime_r(&then, &t) == NULL ||
	    localtime_r(&today, &n) == NULL)
		(void)hf_str_copy(out, size, "an unknown time");
	else if (t.tm_yday == n.tm_yday && t.tm_year == n.tm_year)
		(void)strftime(out, size, "%H:%M", &t);
	else
		(void)strftime(out, size, "%d.%m. %H:%M", &t);
}

void
hf_notice_words(const struct hf_notice *n, int64_t now, char *out,
    size_t size)
{
	char when[32], pages[32] = "", more[64] = "", lost[96] = "";
	char may[320] = "";

	put_time(n->at, now, when, sizeof when);
	if (n->pages > 0)
		snprintf(pages, sizeof pages, ", %d page%s known", n->pages,
		    n->pages == 1 ? "" : "s");
	if (n->uncertain > 1)
		snprintf(more, sizeof more, " and %u more", n->uncertain - 1);
	if (n->uncertain > 0)
		snprintf(may, sizeof may, "A document may have printed at %s, "
		    "%s%s%s: you decide on the web page, print again or "
		    "delete", n->printer, when, pages, more);
	if (n->damaged > 0)
		snprintf(lost, sizeof lost, "%s%u document%s lost: print %s "
		    "once more from your computer", may[0] != '\0' ? ". " : "",
		    n->damaged, n->damaged == 1 ? " was" : "s were",
		    n->damaged == 1 ? "it" : "them");
	snprintf(out, size, "%s%s", may, lost);
}
