/*
 * `holdfast doctor`: looks at everything that has to be right, and changes
 * nothing.  One line each.
 */
#include "admin/doctor.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
	const char *area;
	void (*check)(struct hf_doctor *d);
} checks[] = {
	{ "users", hf_check_users },
	{ "files", hf_check_files },
	{ "keys", hf_check_keys },
	{ "certificate", hf_check_certificate },
	{ "clock", hf_check_clock },
	{ "database", hf_check_database },
	{ "schema", hf_check_migrations },
	{ "grants", hf_check_grants },
	{ "policy", hf_check_policy },
	{ "services", hf_check_services },
	{ "printers", hf_check_printers },
	{ "cups", hf_check_cups },
};

static void
note(struct hf_doctor *d, const char *level, const char *what,
    const char *todo)
{
	json_t *o;

	if (!d->r->json) {
		printf("%-8s %s%s%s\n", level, what,
		    todo != NULL ? ": " : "", todo != NULL ? todo : "");
		return;
	}
	o = json_pack("{ssssssss?}", "level", level, "area", d->area, "what",
	    what, "todo", todo);
	if (o != NULL)
		(void)json_array_append_new(d->found, o);
}

void
hf_fine(struct hf_doctor *d, const char *fmt, ...)
{
	char what[1000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	note(d, "ok", what, NULL);
}

void
hf_warn(struct hf_doctor *d, const char *todo, const char *fmt, ...)
{
	char what[1000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	note(d, "warning", what, todo);
	d->n_warnings++;
}

int
hf_cmd_doctor(struct hf_run *r, struct hf_err *e)
{
	struct hf_doctor d = { .r = r, .found = json_array() };
	size_t i;

	if (d.found == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	d.cups = hf_args_get(&r->args, "--cups", r->conf.cups);
	for (i = 0; i < sizeof checks / sizeof checks[0]; i++) {
		d.area = checks[i].area;
		checks[i].check(&d);
	}
	if (r->json) {
		(void)json_dumpf(d.found, stdout, JSON_INDENT(1));
		putchar('\n');
	} else {
		printf("%zu warning%s\n", d.n_warnings,
		    d.n_warnings == 1 ? "" : "s");
	}
	json_decref(d.found);
	return d.n_warnings > 0 ? HF_EXIT_FINDINGS : HF_EXIT_DONE;
}
