#ifndef HF_DOCTOR_H
#define HF_DOCTOR_H

#include "admin/cmd.h"

/* Where the checks write what they found. */
struct hf_doctor {
	struct hf_run *r;
	const char *cups;	/* cupsd's ServerRoot */
	const char *area;	/* of the check that runs */
	json_t *found;
	size_t n_warnings;
};
/* "ok       WHAT" */
void hf_fine(struct hf_doctor *d, const char *fmt, ...) HF_PRINTF(2, 3);
/* "warning  WHAT: TODO"; todo may be NULL where `what` says it all. */
void hf_warn(struct hf_doctor *d, const char *todo, const char *fmt, ...)
    HF_PRINTF(3, 4);

/* The checks, one file an area. None of them changes anything. */
void hf_check_users(struct hf_doctor *d);
void hf_check_files(struct hf_doctor *d);
void hf_check_keys(struct hf_doctor *d);
void hf_check_certificate(struct hf_doctor *d);
void hf_check_clock(struct hf_doctor *d);
void hf_check_database(struct hf_doctor *d);
void hf_check_migrations(struct hf_doctor *d);
void hf_check_grants(struct hf_doctor *d);
void hf_check_policy(struct hf_doctor *d);
void hf_check_services(struct hf_doctor *d);
void hf_check_printers(struct hf_doctor *d);
void hf_check_cups(struct hf_doctor *d);

#endif
