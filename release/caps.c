#include "release/caps.h"

#include <linux/capability.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/priv.h"

#define LOCKED_MEMORY (64L << 20)

static const int kept[] = { CAP_SETUID, CAP_SETGID, CAP_SETPCAP, CAP_KILL,
	CAP_DAC_READ_SEARCH };

static bool
is_kept(int cap)
{
	size_t i;

	for (i = 0; i < sizeof kept / sizeof kept[0]; i++)
		if (kept[i] == cap)
			return true;
	return false;
}

/* What we do not have (in a container, say) need not be dropped. */
static int
cut_bounding_set(struct hf_err *e)
{
	int cap;

	for (cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (!is_kept(cap) && prctl(PR_CAPBSET_READ, cap) == 1 &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1)
			return hf_fail_sys(e, "cut the bounding set");
	return 0;
}

static int
cut_own_set(struct hf_err *e)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2];
	size_t i;

	memset(data, 0, sizeof data);
	for (i = 0; i < sizeof kept / sizeof kept[0]; i++)
		data[CAP_TO_INDEX(kept[i])].permitted |= CAP_TO_MASK(kept[i]);
	data[0].effective = data[0].permitted;
	data[1].effective = data[1].permitted;
	if (syscall(SYS_capset, &head, data) == -1)
		return hf_fail_sys(e, "keep few capabilities");
	return 0;
}

int
hf_caps_keep_few(struct hf_err *e)
{
	const struct rlimit locked = { LOCKED_MEMORY, LOCKED_MEMORY };

	/* Where a lower hard limit stands, role key says so itself. */
	(void)setrlimit(RLIMIT_MEMLOCK, &locked);
	if (cut_bounding_set(e) == -1 || cut_own_set(e) == -1)
		return -1;
	return hf_priv_harden(e);
}
