#include "admin/medium.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/file.h"

#define DEPTH_MAX 8	/* volumes upon volumes */

/* A word of at most size-1 bytes from *s; *s moves behind it. */
static bool
word(const char **s, char *out, size_t size)
{
	size_t n;

	*s += strspn(*s, " ");
	n = strcspn(*s, " ");
	if (n == 0)
		return false;
	snprintf(out, size, "%.*s", (int)n, *s);
	*s += n;
	return true;
}

/* "36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/root rw,errors=…" */
static bool
mount_line(const char *line, unsigned major, unsigned minor,
    struct hf_mount *out)
{
	const char *s = line, *tail;
	char skip[256], device[32], want[32];

	snprintf(want, sizeof want, "%u:%u", major, minor);
	if (!word(&s, skip, sizeof skip) || !word(&s, skip, sizeof skip) ||
	    !word(&s, device, sizeof device) || strcmp(device, want) != 0)
		return false;
	tail = strstr(s, " - ");
	if (tail == NULL)
		return false;
	s = tail + 3;
	return word(&s, out->type, sizeof out->type) &&
	    word(&s, skip, sizeof skip) &&
	    word(&s, out->options, sizeof out->options);
}

bool
hf_mount_find(struct hf_view v, unsigned major, unsigned minor,
    struct hf_mount *out)
{
	struct hf_mount m;
	const uint8_t *nl;
	char line[4096];
	bool found = false;
	size_t n;

	while (v.n > 0) {
		nl = memchr(v.p, '\n', v.n);
		n = nl != NULL ? (size_t)(nl - v.p) : v.n;
		snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line - 1
		    ? n : sizeof line - 1), (const char *)v.p);
		if (mount_line(line, major, minor, &m)) {
			*out = m;
			found = true;
		}
		if (nl != NULL)
			n++;
		v.p += n;
		v.n -= n;
	}
	return found;
}

bool
hf_swaps_any(struct hf_view swaps)
{
	const uint8_t *nl = swaps.n > 0 ? memchr(swaps.p, '\n', swaps.n)
					: NULL;

	/* the first line is the head of the table */
	return nl != NULL && (size_t)(nl - swaps.p) + 1 < swaps.n;
}

/* Files below /proc and /sys say that they have no length. */
static int
read_small(const char *path, struct hf_buf *out, struct hf_err *e)
{
	uint8_t buf[4096];
	ssize_t k;
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = -1;

	if (fd == -1)
		return hf_fail_sys(e, "open %s", path);
	while ((k = read(fd, buf, sizeof buf)) > 0)
		if (hf_put_bytes(out, buf, (size_t)k, e) == -1)
			goto out;
	if (k == -1)
		hf_fail_sys(e, "read %s", path);
	else
		rc = 0;
out:
	close(fd);
	return rc;
}

/* True where this block device, or one that it is made of, is dm-crypt. */
static bool
is_crypt(const char *sys, int depth)
{
	char path[512];
	struct hf_buf b;
	struct dirent *entry;
	bool found = false;
	DIR *d;

	hf_buf_init(&b, 4096);
	snprintf(path, sizeof path, "%.400s/dm/uuid", sys);
	if (read_small(path, &b, NULL) == 0 && b.n > 6)
		found = memcmp(b.p, "CRYPT-", 6) == 0;
	hf_buf_clear(&b);
	snprintf(path, sizeof path, "%.400s/slaves", sys);
	if (found || depth == 0 || (d = opendir(path)) == NULL)
		return found;
	while (!found && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/sys/class/block/%.200s",
		    entry->d_name);
		found = is_crypt(path, depth - 1);
	}
	closedir(d);
	return found;
}

static bool
has_option(const char *options, const char *name)
{
	size_t n = strlen(name);
	const char *s = options;

	for (; s != NULL; s = strchr(s, ','), s = s != NULL ? s + 1 : NULL)
		if (strncmp(s, name, n) == 0 &&
		    (s[n] == ',' || s[n] == '\0'))
			return true;
	return false;
}

static enum hf_medium
of_memory(const struct hf_mount *m)
{
	struct hf_buf b;
	enum hf_medium what = HF_MEDIUM_SWAPPABLE;

	hf_buf_init(&b, 65536);
	if (strcmp(m->type, "ramfs") == 0 ||
	    has_option(m->options, "noswap") ||
	    (read_small("/proc/swaps", &b, NULL) == 0 &&
		!hf_swaps_any(hf_buf_view(&b))))
		what = HF_MEDIUM_MEMORY;
	hf_buf_clear(&b);
	return what;
}

enum hf_medium
hf_medium_of(const char *path, struct hf_err *e)
{
	enum hf_medium what = HF_MEDIUM_UNKNOWN;
	struct hf_mount m;
	char sys[64];
	struct hf_buf b;
	struct stat st;

	hf_buf_init(&b, 4 * 1024 * 1024);
	if (stat(path, &st) == -1) {
		hf_fail_sys(e, "%s", path);
		goto out;
	}
	if (read_small("/proc/self/mountinfo", &b, e) == -1)
		goto out;
	if (hf_mount_find(hf_buf_view(&b), major(st.st_dev), minor(st.st_dev),
		&m) && (strcmp(m.type, "tmpfs") == 0 ||
	    strcmp(m.type, "ramfs") == 0)) {
		what = of_memory(&m);
		goto out;
	}
	snprintf(sys, sizeof sys, "/sys/dev/block/%u:%u", major(st.st_dev),
	    minor(st.st_dev));
	what = is_crypt(sys, DEPTH_MAX) ? HF_MEDIUM_ENCRYPTED : HF_MEDIUM_DISK;
out:
	hf_buf_clear(&b);
	return what;
}
