/* Users, files, keys, certificate, clock. */
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include "admin/doctor.h"
#include "admin/pem.h"
#include "admin/sitekey.h"
#include "admin/tree.h"
#include "lib/clock.h"
#include "lib/keylist.h"
#include "lib/priv.h"

#define DAY_S (24 * 60 * 60)

void
hf_check_users(struct hf_doctor *d)
{
	const struct hf_account *a;
	const struct passwd *pw;
	bool fine = true;
	size_t i;

	for (i = 0; i < hf_n_accounts; i++) {
		a = &hf_accounts[i];
		pw = getpwnam(a->name);
		if (pw == NULL) {
			hf_warn(d, "make it as holdfast init does",
			    "there is no system user %s", a->name);
			fine = false;
			continue;
		}
		if (strstr(pw->pw_shell, "nologin") == NULL &&
		    strstr(pw->pw_shell, "false") == NULL) {
			hf_warn(d, "give it the shell /usr/sbin/nologin",
			    "user %s can log in", a->name);
			fine = false;
		}
		if (a->group != NULL && !hf_is_member(a->name, a->group)) {
			hf_warn(d, "without it nothing is adopted",
			    "user %s is not in group %s", a->name, a->group);
			fine = false;
		}
	}
	if (fine)
		hf_fine(d, "every program has a system user of its own");
}

/* A file that others may write into decides what they are root for. */
static void
check_above(struct hf_doctor *d, const char *dir)
{
	char path[4096];
	struct stat st;
	char *slash;

	if (!hf_str_copy(path, sizeof path, dir))
		return;
	while ((slash = strrchr(path, '/')) != NULL) {
		*slash = '\0';
		if (stat(path[0] != '\0' ? path : "/", &st) == -1)
			continue;
		if ((st.st_mode & S_IWOTH) != 0 && (st.st_mode & S_ISVTX) == 0)
			hf_warn(d, "chmod o-w it", "everybody may write to "
			    "%s, above the instance", path);
	}
}

void
hf_check_files(struct hf_doctor *d)
{
	const char *top = d->r->conf.dir;
	int dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC), k;
	bool fine = true;
	char text[400];
	size_t i;

	if (dir == -1) {
		hf_warn(d, "dir in admin.conf names the instance's folder",
		    "the folder %s cannot be opened", top);
		return;
	}
	if (geteuid() != 0)
		hf_warn(d, "run doctor as root", "some files cannot be looked "
		    "at");
	for (i = 0; i < hf_n_tree; i++) {
		k = hf_tree_check(dir, &hf_tree[i], text, sizeof text);
		if (k == 1 || (k == -1 && hf_tree[i].optional))
			continue;
		hf_warn(d, NULL, "%s", text);
		fine = false;
	}
	if (fine)
		hf_fine(d, "files in %s have their owners and modes", top);
	check_above(d, top);
	close(dir);
}

static void
check_epochs(struct hf_doctor *d, const struct hf_keylist *list)
{
	uint64_t now = hf_wall_s();
	const struct hf_epoch *epoch;
	char until[32] = "";
	struct hf_err e;
	struct tm tm;
	time_t t;

	if (hf_keylist_current(list, now, &epoch, &e) == -1) {
		hf_warn(d, "start the release service, it makes the next one",
		    "intake has no key to seal with: %s", e.text);
		return;
	}
	if (epoch->not_after < now) {
		hf_warn(d, "start the release service, it makes the next one",
		    "the newest key epoch has ended");
		return;
	}
	t = (time_t)list->epochs[list->n - 1].not_after;
	if (localtime_r(&t, &tm) != NULL)
		(void)strftime(until, sizeof until, "%F %H:%M", &tm);
	hf_fine(d, "key list %" PRIu64 " is signed by this site, %zu epochs, "
	    "good until %s", list->serial, list->n, until);
}

/* The host of this instance must be known, or nothing it seals is adopted. */
static void
check_host(struct hf_doctor *d)
{
	struct hf_host_key host;
	uint8_t pk[HF_HOST_PK_LEN];
	char path[4096], hosts[4096];
	struct hf_err e;
	int dir;

	snprintf(path, sizeof path, "%.4000s/host.key", d->r->conf.keys);
	snprintf(hosts, sizeof hosts, "%.4000s/hosts", d->r->conf.keys);
	if (access(path, F_OK) == -1)
		return;		/* no intake on this host */
	if (hf_host_key_load(path, &host, &e) == -1) {
		hf_warn(d, NULL, "host key: %s", e.text);
		return;
	}
	dir = open(hosts, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1 || hf_host_pub_load(dir, host.id, pk, &e) == -1 ||
	    memcmp(pk, host.pk, sizeof pk) != 0)
		hf_warn(d, "what it seals goes to quarantine; put its public "
		    "key there", "this host's key is not among keys/hosts");
	else
		hf_fine(d, "this host's key is known to the release service");
	if (dir != -1)
		close(dir);
	explicit_bzero(&host, sizeof host);
}

void
hf_check_keys(struct hf_doctor *d)
{
	struct hf_keylist list;
	char path[4096];
	uint8_t pk[32];
	struct hf_err e;

	if (hf_site_key_load(d->r->conf.keys, pk, &e) == -1) {
		hf_warn(d, NULL, "%s", e.text);
		return;
	}
	snprintf(path, sizeof path, "%.4000s/keylist", d->r->conf.keys);
	if (hf_keylist_load(path, pk, &list, &e) == -1)
		hf_warn(d, "restore it, or rotate the keys", "key list: %s",
		    e.text);
	else
		check_epochs(d, &list);
	check_host(d);
}

void
hf_check_certificate(struct hf_doctor *d)
{
	X509 *cert;
	int64_t end, left;
	struct hf_err e;

	cert = hf_pem_load(d->r->conf.certificate, &e);
	if (cert == NULL) {
		hf_warn(d, NULL, "%s", e.text);
		return;
	}
	if (hf_cert_end(cert, &end, &e) == -1) {
		hf_warn(d, NULL, "%s", e.text);
	} else {
		left = (end - (int64_t)hf_wall_s()) / DAY_S;
		if (left < 30)
			hf_warn(d, "renew it with the same key, readers have "
			    "pinned that", "holdfastd's certificate ends in "
			    "%" PRId64 " days", left);
		else
			hf_fine(d, "holdfastd's certificate is good for "
			    "%" PRId64 " days", left);
	}
	X509_free(cert);
}

void
hf_check_clock(struct hf_doctor *d)
{
	struct timex t;
	int state;

	memset(&t, 0, sizeof t);
	state = adjtimex(&t);
	if (state == -1 || state == TIME_ERROR || (t.status & STA_UNSYNC) != 0)
		hf_warn(d, "run chrony or systemd-timesyncd: retention and "
		    "epochs go by the clock",
		    "this host's clock is not synchronised");
	else
		hf_fine(d, "the clock is synchronised");
}
