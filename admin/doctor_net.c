/* The services and the printers: do they answer, and as they should? */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/doctor.h"
#include "admin/https.h"
#include "admin/probe.h"

#define TIMEOUT_S 5

static void
check_release(struct hf_doctor *d)
{
	struct hf_health h;
	struct hf_err e;

	if (hf_ask_health(d->r->conf.release_socket, &h, &e) == -1) {
		hf_warn(d, "start holdfast-released", "%s", e.text);
		return;
	}
	if (!h.database)
		hf_warn(d, "its log says why", "the release service has no "
		    "database");
	if (!h.key)
		hf_warn(d, "its log says why", "the release service has no "
		    "keys");
	if (h.ready && h.database && h.key)
		hf_fine(d, "the release service is ready");
	else if (h.database && h.key)
		hf_warn(d, "its log says why", "the release service is not "
		    "ready");
}

/* As a reader would: by the key that stands in its token. */
static void
check_web(struct hf_doctor *d)
{
	struct hf_https x = { .timeout_s = TIMEOUT_S };
	char url[400], pin[HF_PIN_TEXT];
	uint8_t spki[32];
	struct hf_err e;

	hf_buf_init(&x.body, 65536);
	if (hf_pem_spki(d->r->conf.certificate, spki, &e) == -1) {
		hf_warn(d, NULL, "%s", e.text);
		return;
	}
	hf_pin_format(spki, pin);
	snprintf(url, sizeof url, "%.300s/v1/health", d->r->conf.url);
	x.url = url;
	x.pin = pin;
	if (hf_https(&x, &e) == -1)
		hf_warn(d, "start holdfastd, or correct url and certificate in "
		    "admin.conf", "holdfastd at %s: %s", d->r->conf.url,
		    e.text);
	else if (x.status != 200)
		hf_warn(d, "see the release service", "holdfastd at %s "
		    "answers %ld", d->r->conf.url, x.status);
	else
		hf_fine(d, "holdfastd answers at %s", d->r->conf.url);
	hf_buf_clear(&x.body);
}

void
hf_check_services(struct hf_doctor *d)
{
	check_release(d);
	check_web(d);
}

static void
check_printer(struct hf_doctor *d, const char *name, const char *uri,
    const char *pin, const char *uuid)
{
	struct hf_probe p;
	struct hf_err e;

	if (hf_probe(uri, *pin != '\0' ? pin : NULL, TIMEOUT_S, &p, &e) ==
	    -1) {
		hf_warn(d, e.code == HF_EDENIED
		    ? "if it was replaced or reset: remove it, add it again "
		      "and compare the new key at its panel"
		    : "switch it on, or look at its network",
		    "printer %s: %s", name, e.text);
		return;
	}
	if (*uuid != '\0' && strcmp(uuid, p.uuid) != 0)
		hf_warn(d, "remove it and add it again", "printer %s is "
		    "another one than was registered (printer-uuid)", name);
	else if (p.state == 5 || !p.accepting)
		hf_warn(d, "it needs somebody's hand", "printer %s: %s%s",
		    name, p.accepting ? "stopped" : "accepts no jobs",
		    p.reasons);
	else
		hf_fine(d, "printer %s answers%s%s%s", name,
		    p.tls ? " with its registered key" : "",
		    p.reasons[0] != '\0' ? ", " : "", p.reasons);
}

void
hf_check_printers(struct hf_doctor *d)
{
	static const struct hf_stmt list = { "doctor_printers",
		"select name, uri, spki_pin, printer_uuid "
		"from hf.admin_printer "
		"where removed_at is null order by name", 0 };
	struct hf_err e;
	PGresult *res;
	int i;

	if (!hf_db_is_up(d->r->db))
		return;
	if (hf_db_run(d->r->db, &list, NULL, &res, &e) == -1) {
		hf_warn(d, NULL, "%s", e.text);
		return;
	}
	if (PQntuples(res) == 0)
		hf_warn(d, "holdfast printer add", "there is no printer");
	for (i = 0; i < PQntuples(res); i++)
		check_printer(d, hf_db_text(res, i, 0), hf_db_text(res, i, 1),
		    hf_db_text(res, i, 2), hf_db_text(res, i, 3));
	PQclear(res);
}
