#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/cmd.h"
#include "admin/probe.h"
#include "admin/table.h"
#include "lib/id.h"

#define PROBE_S 15
#define TEST_MS 60000

static const char *
state_word(int state)
{
	switch (state) {
	case 3:
		return "idle";
	case 4:
		return "processing";
	case 5:
		return "stopped";
	default:
		return "unknown";
	}
}

/* What answered, for the administrator to compare with the printer's panel. */
static void
show_probe(FILE *to, const struct hf_probe *p)
{
	char when[32] = "";
	time_t t = (time_t)p->cert_end;
	struct tm tm;
	size_t i;

	fprintf(to, "name     %s\nmodel    %s\nuuid     %s\nstate    %s%s%s\n",
	    p->name, p->model, p->uuid, state_word(p->state),
	    p->reasons[0] != '\0' ? ": " : "", p->reasons);
	fputs("formats ", to);
	for (i = 0; i < p->n_formats; i++)
		fprintf(to, " %s", p->formats[i]);
	fprintf(to, "\nrelease  %s\n", p->can_hold
	    ? "documents are held at the printer until they are whole"
	    : "documents print while they arrive");
	if (!p->tls) {
		fputs("key      none: documents will go over the network in "
		      "clear\n", to);
		return;
	}
	if (localtime_r(&t, &tm) != NULL)
		(void)strftime(when, sizeof when, "%F", &tm);
	fprintf(to, "key      %s (certificate ends %s)\n", p->pin, when);
}

/* True where the administrator agrees, or nobody can be asked. */
static bool
is_confirmed(const struct hf_run *r)
{
	char line[16];

	if (hf_args_has(&r->args, "--yes") || !isatty(STDIN_FILENO))
		return true;
	fputs("Is this the printer, and its key? [y/N] ", stderr);
	return fgets(line, sizeof line, stdin) != NULL &&
	    (line[0] == 'y' || line[0] == 'Y');
}

struct wish {			/* what the administrator asked for */
	const char *name;
	const char *uri;
	const char *pin;	/* or NULL */
	const char *waiver;
	const char *location;
	bool plain;
	long min_class;
};

static int
read_wish(const struct hf_run *r, struct wish *w, struct hf_err *e)
{
	char url[1200];
	bool tls;

	w->name = r->args.words[0];
	w->uri = r->args.words[1];
	w->pin = hf_args_get(&r->args, "--pin", NULL);
	w->waiver = hf_args_get(&r->args, "--waive", NULL);
	w->location = hf_args_get(&r->args, "--location", "");
	w->plain = hf_args_has(&r->args, "--allow-plain");
	if (hf_args_int(&r->args, "--min-class", 1, 0, 3, &w->min_class, e) ==
	    -1 || hf_ipp_url(w->uri, url, sizeof url, &tls, e) == -1)
		return -1;
	if (!tls && !w->plain)
		return hf_fail(e, HF_EINPUT, "%s is not encrypted: use ipps://"
		    ", or allow it for this printer with --allow-plain",
		    w->uri);
	if (tls && w->plain)
		return hf_fail(e, HF_EINPUT,
		    "--allow-plain is not for an ipps:// printer");
	if (w->pin != NULL && (!tls || !hf_pin_is(w->pin)))
		return hf_fail(e, HF_EINPUT, "--pin is sha256// and 44 "
		    "characters of base64, for an ipps:// printer");
	if (w->min_class == 0 && (w->waiver == NULL || *w->waiver == '\0'))
		return hf_fail(e, HF_EINPUT, "--min-class 0 lets a card "
		    "number alone release documents, and numbers are copied "
		    "in seconds: give the reason with --waive REASON");
	if (w->min_class != 0 && w->waiver != NULL)
		return hf_fail(e, HF_EINPUT,
		    "--waive goes with --min-class 0");
	return 0;
}

static int
store(struct hf_run *r, const struct wish *w, const struct hf_probe *p,
    char id[static HF_ID_TEXT], struct hf_err *e)
{
	static const struct hf_stmt add = { "printer_add",
		"select hf.printer_add($1, $2, $3, $4, $5, $6, $7, $8)", 8 };
	char class[8];
	const char *const params[] = { w->name, w->uri, p->pin, p->uuid,
		w->plain ? "true" : "false", class, w->waiver, w->location };
	PGresult *res;

	snprintf(class, sizeof class, "%ld", w->min_class);
	if (hf_run_sql(r, &add, params, "no printer", &res, e) == -1)
		return -1;
	(void)hf_str_copy(id, HF_ID_TEXT, hf_db_text(res, 0, 0));
	PQclear(res);
	return 0;
}

int
hf_cmd_printer_add(struct hf_run *r, struct hf_err *e)
{
	struct hf_probe p;
	char id[HF_ID_TEXT];
	struct wish w;

	if (read_wish(r, &w, e) == -1)
		return -1;
	if (hf_probe(w.uri, w.pin, PROBE_S, &p, e) == -1)
		return hf_wrap(e, "printer %s (%s)", w.name, w.uri);
	show_probe(stderr, &p);
	if (!p.can_create)
		return hf_fail(e, HF_EPEER, "printer %s knows no Create-Job "
		    "and Send-Document: a release could not be made safe",
		    w.name);
	if (!is_confirmed(r))
		return hf_fail(e, HF_ECONFLICT, "printer %s not added",
		    w.name);
	if (store(r, &w, &p, id, e) == -1)
		return -1;
	hf_done(r, json_pack("{ssssssssss}", "id", id, "name", w.name, "pin",
	    p.pin, "model", p.model, "uuid", p.uuid), "printer %s added",
	    w.name);
	return 0;
}

int
hf_cmd_printer_list(struct hf_run *r, struct hf_err *e)
{
	static const struct hf_stmt list = { "printers",
		"select id, name, uri, spki_pin, printer_uuid, plain_allowed, "
		"min_class, waiver, waiver_by, location, "
		"disabled_at is not null, readers from hf.admin_printer "
		"where removed_at is null order by name", 0 };
	static const struct hf_col cols[] = {
		{ NULL, "id", HF_CELL_TEXT },
		{ "PRINTER", "name", HF_CELL_TEXT },
		{ "URI", "uri", HF_CELL_TEXT },
		{ NULL, "pin", HF_CELL_TEXT },
		{ NULL, "uuid", HF_CELL_TEXT },
		{ "PLAIN", "plain_allowed", HF_CELL_BOOL },
		{ "CLASS", "min_class", HF_CELL_INT },
		{ "WAIVER", "waiver", HF_CELL_TEXT },
		{ "BY", "waiver_by", HF_CELL_TEXT },
		{ "LOCATION", "location", HF_CELL_TEXT },
		{ "DISABLED", "disabled", HF_CELL_BOOL },
		{ "READERS", "readers", HF_CELL_INT },
	};
	PGresult *res;
	int rc;

	if (hf_run_sql(r, &list, NULL, NULL, &res, e) == -1)
		return -1;
	rc = hf_table_print(stdout, r->json, res, cols,
	    sizeof cols / sizeof cols[0], e);
	PQclear(res);
	return rc;
}

static int
find_printer(struct hf_run *r, const char *name, struct hf_id *id,
    struct hf_err *e)
{
	static const struct hf_stmt find = { "printer_find",
		"select id from hf.admin_printer "
		"where name = $1 and removed_at is null", 1 };
	const char *const params[] = { name };
	char none[200];
	PGresult *res;
	int rc;

	snprintf(none, sizeof none, "no such printer \"%s\"", name);
	if (hf_run_sql(r, &find, params, none, &res, e) == -1)
		return -1;
	rc = hf_id_parse(id, hf_db_text(res, 0, 0), e);
	PQclear(res);
	return rc;
}

/* Through the release service: the very connection that a release uses. */
int
hf_cmd_printer_test(struct hf_run *r, struct hf_err *e)
{
	const char *name = r->args.words[0], *reasons;
	struct hf_id id;
	bool ready;
	json_t *j;

	if (find_printer(r, name, &id, e) == -1 ||
	    hf_ask_json(r->conf.release_socket, HF_MSG_PRINTER_TEST,
	    hf_view_of(id.b, sizeof id.b), TEST_MS, &j, e) == -1)
		return -1;
	if (r->json) {
		(void)json_dumpf(j, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		hf_json_show(stdout, j);
	}
	ready = json_is_true(json_object_get(j, "ready"));
	reasons = json_string_value(json_object_get(j, "reasons"));
	if (!ready)
		hf_fail(e, HF_EAGAIN, "printer %s is not ready: %s", name,
		    reasons != NULL && *reasons != '\0' ? reasons
							: "it did not say why");
	json_decref(j);
	return ready ? 0 : -1;
}

int
hf_cmd_printer_remove(struct hf_run *r, struct hf_err *e)
{
	static const struct hf_stmt drop = { "printer_remove",
		"select hf.printer_remove($1)", 1 };
	const char *name = r->args.words[0];
	const char *const params[] = { name };

	if (hf_run_sql(r, &drop, params, NULL, NULL, e) == -1)
		return -1;
	hf_done(r, json_pack("{sssb}", "name", name, "removed", 1),
	    "printer %s removed", name);
	return 0;
}
