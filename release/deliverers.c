#include "release/deliverers.h"

#include <string.h>

struct hf_deliverer *
hf_deliverers_find(struct hf_deliverers *d, const struct hf_id *printer)
{
	size_t i;

	for (i = 0; i < HF_DELIVERERS_MAX; i++)
		if (d->list[i].pid != 0 &&
		    hf_id_equal(&d->list[i].printer, printer))
			return &d->list[i];
	return NULL;
}

int
hf_deliverers_room(const struct hf_deliverers *d, const struct hf_id *printer,
    struct hf_err *e)
{
	size_t i;

	for (i = 0; i < HF_DELIVERERS_MAX; i++)
		if (d->list[i].pid != 0 &&
		    hf_id_equal(&d->list[i].printer, printer))
			return hf_fail(e, HF_ECONFLICT,
			    "this printer's process is still running");
	if (d->n == HF_DELIVERERS_MAX)
		return hf_fail(e, HF_EFULL, "%d printers are being served",
		    HF_DELIVERERS_MAX);
	return 0;
}

void
hf_deliverers_add(struct hf_deliverers *d, const struct hf_id *printer,
    pid_t pid)
{
	size_t i = 0;

	HF_ASSERT(d->n < HF_DELIVERERS_MAX);
	while (d->list[i].pid != 0)
		i++;
	d->list[i].printer = *printer;
	d->list[i].pid = pid;
	d->list[i].asked_ms = 0;
	d->n++;
}

bool
hf_deliverers_remove(struct hf_deliverers *d, pid_t pid)
{
	size_t i;

	for (i = 0; i < HF_DELIVERERS_MAX; i++) {
		if (d->list[i].pid != pid)
			continue;
		memset(&d->list[i], 0, sizeof d->list[i]);
		d->n--;
		return true;
	}
	return false;
}
