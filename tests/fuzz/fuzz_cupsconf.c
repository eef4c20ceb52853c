/* link: admin/cupsconf.c admin/medium.c lib/buf.c lib/err.c lib/file.c */
/* cupsd's files and the kernel's list of mounts, as doctor reads them. */
#include <stdint.h>
#include <stdlib.h>

#include "admin/cupsconf.h"
#include "admin/medium.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct hf_cups_devices devices;
	static struct hf_cupsd cupsd;
	struct hf_view v = hf_view_of(p, n);
	struct hf_cups_files files;
	struct hf_mount m;
	struct hf_err e;

	if (hf_cupsd_parse(v, &cupsd, &e) == 0) {
		if (cupsd.n_limits > HF_LIMITS_MAX)
			abort();
		(void)hf_cups_limit_of(&cupsd, "default", "Create-Job");
	}
	(void)hf_cups_files_parse(v, &files, &e);
	(void)hf_cups_devices_parse(v, &devices, &e);
	(void)hf_mount_find(v, 254, 0, &m);
	(void)hf_swaps_any(v);
	return 0;
}
