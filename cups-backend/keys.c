#include "cups-backend/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/file.h"

#define FOLDER "intake"	/* below the spool, ours alone */
#define NAME "serial"
#define DIGITS 20	/* of 2^64 */

/* Decimal digits and one newline; a missing file is 0: none seen yet. */
static int
serial_read(int dir, uint64_t *out, struct hf_err *e)
{
	struct hf_buf b;
	uint64_t v = 0;
	size_t i = 0;
	int rc = -1;

	hf_buf_init(&b, DIGITS + 1);
	if (hf_file_read(dir, NAME, &b, e) == -1) {
		if (e->code == HF_ENOTFOUND) {
			*out = 0;
			rc = 0;
		}
		goto out;
	}
	for (; i < b.n && b.p[i] >= '0' && b.p[i] <= '9'; i++)
		if (__builtin_mul_overflow(v, UINT64_C(10), &v) ||
		    __builtin_add_overflow(v, (uint64_t)(b.p[i] - '0'), &v))
			break;
	if (i == 0 || i + 1 != b.n || b.p[i] != '\n') {
		hf_fail(e, HF_ECONFIG, "not a number");
		goto out;
	}
	*out = v;
	rc = 0;
out:
	hf_buf_clear(&b);
	return rc;
}

static int
serial_write(int dir, uint64_t serial, struct hf_err *e)
{
	char text[DIGITS + 2];

	snprintf(text, sizeof text, "%" PRIu64 "\n", serial);
	return hf_file_replace(dir, NAME, hf_view_str(text), 0600, (uid_t)-1,
	    (gid_t)-1, e);
}

/* Several backends may see a new list at once: only upwards, under a lock. */
static int
serial_raise(int dir, uint64_t serial, struct hf_err *e)
{
	uint64_t seen;
	int rc = -1;

	if (flock(dir, LOCK_EX) == -1)
		return hf_fail_sys(e, "lock");
	if (serial_read(dir, &seen, e) == -1)
		goto out;
	rc = serial > seen ? serial_write(dir, serial, e) : 0;
out:
	(void)flock(dir, LOCK_UN);
	return rc;
}

int
hf_serial_check(const char *path, uint64_t serial, struct hf_err *e)
{
	uint64_t seen;
	int dir, rc = -1;

	dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir == -1) {
		hf_fail_sys(e, "the folder %s, where intake remembers the "
		    "highest key list, cannot be opened", path);
		e->code = HF_ECONFIG;
		goto out;
	}
	if (serial_read(dir, &seen, e) == -1) {
		hf_wrap(e, "the highest serial of a key list in %s", path);
		e->code = HF_ECONFIG;
		goto out;
	}
	if (serial < seen) {
		hf_fail(e, HF_ETAMPER, "the key list is an old one: serial "
		    "%" PRIu64 ", and %" PRIu64 " was used before", serial,
		    seen);
		goto out;
	}
	if (serial > seen && serial_raise(dir, serial, e) == -1) {
		hf_wrap(e, "remember the key list in %s", path);
		e->code = e->code == HF_EFULL ? HF_EFULL : HF_EAGAIN;
		goto out;
	}
	rc = 0;
out:
	if (dir != -1)
		close(dir);
	return rc;
}

/* What a failure to load the list means to intake. */
static void
judge(struct hf_err *e)
{
	switch (e->code) {
	case HF_ENOTFOUND:
		e->code = HF_EAGAIN;	/* not made yet */
		break;
	case HF_EINPUT:
	case HF_EFULL:	/* longer than any list */
	case HF_ETAMPER:
		e->code = HF_ETAMPER;
		break;
	default:
		e->code = HF_ECONFIG;
	}
}

int
hf_keys_current(const struct hf_intake_conf *c, uint64_t now,
    struct hf_epoch *out, struct hf_err *e)
{
	const struct hf_epoch *epoch;
	struct hf_keylist list;
	char path[PATH_MAX];
	int n;

	if (hf_keylist_load(c->key_list, c->site_pk, &list, e) == -1) {
		judge(e);
		return hf_wrap(e, "key list");
	}
	n = snprintf(path, sizeof path, "%s/" FOLDER, c->spool);
	if (n < 0 || (size_t)n >= sizeof path)
		return hf_fail(e, HF_ECONFIG, "spool: the path is too long");
	if (hf_serial_check(path, list.serial, e) == -1)
		return -1;
	if (hf_keylist_current(&list, now, &epoch, e) == -1)
		return hf_wrap(e, "key list");
	*out = *epoch;
	return 0;
}
