#include "lib/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MODE 0440

static const char *const names[] = {
	[HF_INCOMING] = "incoming",
	[HF_HELD] = "held",
	[HF_QUARANTINE] = "quarantine",
};
#define N_PLACES (sizeof names / sizeof names[0])

static int
open_place(int top, const char *name, int *out, struct hf_err *e)
{
	int fd;

	fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1) {
		hf_fail_sys(e, "open spool folder %s", name);
		if (e != NULL)
			e->code = HF_ECONFIG;
		return -1;
	}
	*out = fd;
	return 0;
}

int
hf_spool_open(struct hf_spool *sp, const char *path, unsigned want,
    struct hf_err *e)
{
	struct hf_spool new = { { -1, -1, -1 } };
	size_t i;
	int top = -1, rc = -1;

	top = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top == -1) {
		hf_fail_sys(e, "open spool %s", path);
		if (e != NULL)
			e->code = HF_ECONFIG;
		goto out;
	}
	for (i = 0; i < N_PLACES; i++)
		if ((want & 1u << i) != 0 &&
		    open_place(top, names[i], &new.dir[i], e) == -1)
			goto out;
	*sp = new;
	rc = 0;
out:
	if (rc == -1)
		hf_spool_close(&new);
	if (top != -1)
		close(top);
	return rc;
}

void
hf_spool_close(struct hf_spool *sp)
{
	size_t i;

	for (i = 0; i < N_PLACES; i++) {
		if (sp->dir[i] != -1)
			close(sp->dir[i]);
		sp->dir[i] = -1;
	}
}

static int
place_dir(const struct hf_spool *sp, enum hf_place place)
{
	HF_ASSERT((size_t)place < N_PLACES && sp->dir[place] != -1);
	return sp->dir[place];
}

int
hf_spool_create(const struct hf_spool *sp, int *out, struct hf_err *e)
{
	int fd = -1, rc = -1;

	fd = openat(place_dir(sp, HF_INCOMING), ".",
	    O_TMPFILE | O_WRONLY | O_CLOEXEC, MODE);
	if (fd == -1) {
		hf_fail_sys(e, "create a file in the spool");
		goto out;
	}
	if (fchmod(fd, MODE) == -1) {	/* whatever the umask took */
		hf_fail_sys(e, "set the mode of a file in the spool");
		goto out;
	}
	*out = fd;
	fd = -1;
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	return rc;
}

/*
 * AT_EMPTY_PATH would need a capability; the way through /proc is the one
 * that open(2) describes under O_TMPFILE.
 */
int
hf_spool_commit(const struct hf_spool *sp, int fd, const struct hf_id *id,
    struct hf_err *e)
{
	char name[HF_ID_TEXT], self[sizeof "/proc/self/fd/" + 3 * sizeof fd];

	hf_id_text(id, name);
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	if (fsync(fd) == -1)
		return hf_fail_sys(e, "fsync job %s", name);
	if (linkat(AT_FDCWD, self, place_dir(sp, HF_INCOMING), name,
		AT_SYMLINK_FOLLOW) == -1)
		return hf_fail_sys(e, "link job %s into the spool", name);
	return hf_spool_sync(sp, HF_INCOMING, e);
}

int
hf_spool_space(const struct hf_spool *sp, uint64_t *free_bytes,
    uint64_t *total, struct hf_err *e)
{
	struct statvfs st;

	if (fstatvfs(place_dir(sp, HF_INCOMING), &st) == -1)
		return hf_fail_sys(e, "look for space in the spool");
	*free_bytes = (uint64_t)st.f_bavail * st.f_frsize;
	*total = (uint64_t)st.f_blocks * st.f_frsize;
	return 0;
}

int
hf_spool_read(const struct hf_spool *sp, enum hf_place place,
    const struct hf_id *id, int *out, struct hf_err *e)
{
	char name[HF_ID_TEXT];
	struct stat st;
	int fd = -1, rc = -1;

	hf_id_text(id, name);
	fd = openat(place_dir(sp, place), name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1 && (errno == ELOOP || errno == ENXIO)) {
		hf_fail(e, HF_EINPUT, "job %s is not a plain file", name);
		goto out;
	}
	if (fd == -1) {
		hf_fail_sys(e, "open job %s", name);
		goto out;
	}
	if (fstat(fd, &st) == -1) {
		hf_fail_sys(e, "stat job %s", name);
		goto out;
	}
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1) {
		hf_fail(e, HF_EINPUT, "job %s is not a plain file", name);
		goto out;
	}
	*out = fd;
	fd = -1;
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	return rc;
}

int
hf_spool_move(const struct hf_spool *sp, const struct hf_id *id,
    enum hf_place from, enum hf_place to, struct hf_err *e)
{
	char name[HF_ID_TEXT];

	hf_id_text(id, name);
	if (renameat2(place_dir(sp, from), name, place_dir(sp, to), name,
		RENAME_NOREPLACE) == -1)
		return hf_fail_sys(e, "move job %s from %s to %s", name,
		    names[from], names[to]);
	return 0;
}

int
hf_spool_sync(const struct hf_spool *sp, enum hf_place place, struct hf_err *e)
{
	if (fsync(place_dir(sp, place)) == -1)
		return hf_fail_sys(e, "fsync spool folder %s", names[place]);
	return 0;
}

int
hf_spool_remove(const struct hf_spool *sp, enum hf_place place,
    const struct hf_id *id, struct hf_err *e)
{
	char name[HF_ID_TEXT];

	hf_id_text(id, name);
	if (unlinkat(place_dir(sp, place), name, 0) == -1 && errno != ENOENT)
		return hf_fail_sys(e, "remove job %s", name);
	return 0;
}

/* A stream of its own, so that two walks do not share an offset. */
static DIR *
open_list(const struct hf_spool *sp, enum hf_place place, struct hf_err *e)
{
	DIR *d;
	int fd;

	fd = openat(place_dir(sp, place), ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) {
		hf_fail_sys(e, "list spool folder %s", names[place]);
		return NULL;
	}
	d = fdopendir(fd);
	if (d == NULL) {
		hf_fail_sys(e, "list spool folder %s", names[place]);
		close(fd);
	}
	return d;
}

static bool
is_dots(const char *s)
{
	return s[0] == '.' && (s[1] == '\0' || (s[1] == '.' && s[2] == '\0'));
}

int
hf_spool_each(const struct hf_spool *sp, enum hf_place place,
    int (*fn)(void *arg, const struct hf_id *id, struct hf_err *e),
    void (*odd)(void *arg, const char *name), void *arg, struct hf_err *e)
{
	struct dirent *de;
	struct hf_id id;
	DIR *d = NULL;
	int rc = -1;

	d = open_list(sp, place, e);
	if (d == NULL)
		goto out;
	for (;;) {
		errno = 0;
		de = readdir(d);
		if (de == NULL)
			break;
		if (is_dots(de->d_name))
			continue;
		if (hf_id_parse(&id, de->d_name, NULL) == -1) {
			if (odd != NULL)
				odd(arg, de->d_name);
			continue;
		}
		rc = fn(arg, &id, e);
		if (rc != 0)
			goto out;
	}
	if (errno != 0) {
		rc = hf_fail_sys(e, "list spool folder %s", names[place]);
		goto out;
	}
	rc = 0;
out:
	if (d != NULL)
		closedir(d);
	return rc;
}
