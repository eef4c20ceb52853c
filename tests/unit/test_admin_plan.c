/* link: admin/init.c admin/initkeys.c admin/initconf.c admin/tree.c admin/child.c admin/pem.c admin/migrate.c admin/args.c admin/run.c admin/aconf.c admin/sitekey.c -lpq -ljansson -lconfuse */
#include "admin/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "admin/aconf.h"
#include "admin/child.h"
#include "admin/cmd.h"
#include "admin/migrate.h"
#include "admin/sitekey.h"
#include "admin/tree.h"

static struct hf_err err;

static int
url(struct hf_plan *p, const char *text, uint16_t *port)
{
	memset(p, 0, sizeof *p);
	strcpy(p->url, text);
	return hf_plan_url(p, port, &err);
}

static void
a_url_has_a_host_and_a_port(void **state)
{
	static const struct {
		const char *text;
		const char *host;
		uint16_t port;
	} cases[] = {
		{ "https://print.example:8443", "print.example", 8443 },
		{ "https://print.example", "print.example", 443 },
		{ "https://127.0.0.1:1/", "127.0.0.1", 1 },
		{ "https://[::1]:8443", "::1", 8443 },
		{ "https://[::1]", "::1", 443 },
	};
	struct hf_plan p;
	uint16_t port;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(url(&p, cases[i].text, &port), 0);
		assert_string_equal(p.url_host, cases[i].host);
		assert_int_equal(port, cases[i].port);
		/* a reader appends /v1/… */
		assert_int_not_equal(p.url[strlen(p.url) - 1], '/');
	}
}

static void
another_url_is_refused(void **state)
{
	static const char *const bad[] = { "", "http://x", "https://",
		"https://x:0", "https://x:65536", "https://x:", "https://x:a",
		"https://x/path", "https://[::1", "https://a b", "https://x\"y",
		"https://u@x", "https://x?q" };
	struct hf_plan p;
	uint16_t port;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(url(&p, bad[i], &port), -1);
}

static void
a_path_needs_no_quotes(void **state)
{
	(void)state;
	assert_int_equal(hf_plain_path("/var/lib/hold-fast_1.0+x@y", &err), 0);
	assert_int_equal(hf_plain_path("relative", &err), -1);
	assert_int_equal(hf_plain_path("", &err), -1);
	assert_int_equal(hf_plain_path("/a b", &err), -1);
	assert_int_equal(hf_plain_path("/a\"b", &err), -1);
	assert_int_equal(hf_plain_path("/a${x}", &err), -1);
	assert_int_equal(hf_plain_path("/a\nb", &err), -1);
}

static void
each_role_has_its_own_connection(void **state)
{
	struct hf_plan p;
	char out[800], small[16];

	(void)state;
	memset(&p, 0, sizeof p);
	strcpy(p.dir, "/d");
	assert_int_equal(hf_plan_conninfo(&p, "hf_web", out, sizeof out, &err),
	    0);
	assert_string_equal(out, "host=/d/run/pg dbname=holdfast user=hf_web "
	    "requirepeer=hf-db");
	p.database = "host=db1,db2 sslmode=verify-full";
	assert_int_equal(hf_plan_conninfo(&p, "hf_web", out, sizeof out, &err),
	    0);
	assert_string_equal(out, "host=db1,db2 sslmode=verify-full "
	    "user=hf_web");
	assert_int_equal(hf_plan_conninfo(&p, "hf_web", small, sizeof small,
	    &err), -1);
}

static void
failures_have_their_exit_codes(void **state)
{
	struct hf_err e = { .code = HF_ENOTFOUND };

	(void)state;
	assert_int_equal(hf_exit_of(&e), HF_EXIT_NOTFOUND);
	e.sys = ENOENT;		/* a file of ours, not what was asked for */
	assert_int_equal(hf_exit_of(&e), HF_EXIT_FAILED);
	e.sys = 0;
	e.code = HF_EDENIED;
	assert_int_equal(hf_exit_of(&e), HF_EXIT_DENIED);
	e.code = HF_EAGAIN;
	assert_int_equal(hf_exit_of(&e), HF_EXIT_NOT_NOW);
	e.code = HF_ECONFLICT;
	assert_int_equal(hf_exit_of(&e), HF_EXIT_FAILED);
	e.code = HF_EINPUT;
	assert_int_equal(hf_exit_of(&e), HF_EXIT_FAILED);
}

static void
a_child_is_run_without_a_shell_and_its_words_are_kept(void **state)
{
	const char *const fine[] = { "/bin/echo", "$(id)", "*", NULL };
	const char *const fails[] = { "/bin/sh", "-c",
		"echo first >&2; echo the reason >&2; exit 3", NULL };
	const char *const long_words[] = { "/bin/sh", "-c",
		"head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1", NULL };
	const char *const missing[] = { "/nonexistent/program", NULL };
	const char *const env[] = { "/bin/sh", "-c",
		"[ -z \"$HOLDFAST_TEST\" ] && [ ! -e /proc/self/fd/9 ]", NULL };
	const char *const killed[] = { "/bin/sh", "-c", "kill -9 $$", NULL };

	(void)state;
	setenv("HOLDFAST_TEST", "x", 1);
	assert_int_equal(dup2(1, 9), 9);
	assert_int_equal(hf_child_run(fine, &err), 0);
	assert_int_equal(hf_child_run(env, &err), 0);
	assert_int_equal(hf_child_run(fails, &err), -1);
	assert_string_equal(err.text, "/bin/sh: the reason");
	assert_int_equal(hf_child_run(long_words, &err), -1);
	assert_int_equal(hf_child_run(missing, &err), -1);
	assert_string_equal(err.text, "/nonexistent/program: cannot be run");
	assert_int_equal(hf_child_run(killed, &err), -1);
	close(9);
}

static char dir[64];

static void
put(const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
take_away(const char *name)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(unlink(path), 0);
}

static void
migrations_are_read_in_order(void **state)
{
	struct hf_migration *list;
	int n;

	(void)state;
	put("002_b.sql", "two");
	put("001_a.sql", "one");
	put("roles.sql", "not numbered");
	put("003_c.sql~", "an editor's");
	assert_int_equal(hf_migrations_read(dir, &list, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_string_equal(list[0].name, "001_a.sql");
	assert_int_equal(list[1].number, 2);
	assert_memory_not_equal(list[0].sha256, list[1].sha256, 32);
	free(list);
	put("004_d.sql", "a gap");
	assert_int_equal(hf_migrations_read(dir, &list, &n, &err), -1);
	take_away("004_d.sql");
	put("002_x.sql", "there twice");
	assert_int_equal(hf_migrations_read(dir, &list, &n, &err), -1);
	take_away("002_x.sql");
	take_away("001_a.sql");
	assert_int_equal(hf_migrations_read(dir, &list, &n, &err), -1);
	take_away("002_b.sql");
	assert_int_equal(hf_migrations_read(dir, &list, &n, &err), -1);
	take_away("roles.sql");
	take_away("003_c.sql~");
	assert_int_equal(hf_migrations_read("/nonexistent", &list, &n, &err),
	    -1);
}

static void
the_sites_key_is_64_hex_digits(void **state)
{
	static const char *const bad[] = { "", "00\n",
		"gg00000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000000"
		"\n\n" };
	uint8_t pk[32];
	size_t i;

	(void)state;
	put("site.pub", "00112233445566778899aabbccddeeff"
	    "00112233445566778899aabbccddeeff\n");
	assert_int_equal(hf_site_key_load(dir, pk, &err), 0);
	assert_int_equal(pk[1], 0x11);
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		put("site.pub", bad[i]);
		assert_int_equal(hf_site_key_load(dir, pk, &err), -1);
	}
	take_away("site.pub");
	assert_int_equal(hf_site_key_load(dir, pk, &err), -1);
}

/* holdfast(8) has one paragraph for each name of admin.conf, and no other. */
static void
the_manual_page_knows_every_configuration_name(void **state)
{
	char line[512], want[128];
	size_t i, n_page = 0;
	bool in = false, found;
	FILE *f;

	(void)state;
	for (i = 0; hf_admin_conf_name(i) != NULL; i++) {
		f = fopen("man/holdfast.8", "r");
		assert_non_null(f);
		snprintf(want, sizeof want, ".It Ic %s\n",
		    hf_admin_conf_name(i));
		for (found = false, n_page = 0;
		     fgets(line, sizeof line, f) != NULL;) {
			if (strncmp(line, ".Sh ", 4) == 0)
				in = strcmp(line, ".Sh CONFIGURATION\n") == 0;
			if (!in || strncmp(line, ".It Ic ", 7) != 0)
				continue;
			n_page++;
			found = found || strcmp(line, want) == 0;
		}
		fclose(f);
		if (!found)
			fail_msg("holdfast(8) has no paragraph for %s",
			    hf_admin_conf_name(i));
	}
	assert_int_equal(n_page, i);
}

static void
a_node_with_another_mode_is_found(void **state)
{
	const struct hf_node file = { "f", "root", "root", 0600, false, false };
	const struct hf_node folder = { "f", "root", "root", 0600, true,
		false };
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	char text[400];

	(void)state;
	if (geteuid() != 0)
		skip();
	put("f", "x");
	assert_int_equal(fchmodat(fd, "f", 0600, 0), 0);
	assert_int_equal(hf_tree_check(fd, &file, text, sizeof text), 1);
	assert_int_equal(hf_tree_check(fd, &folder, text, sizeof text), 0);
	assert_int_equal(fchmodat(fd, "f", 0604, 0), 0);
	assert_int_equal(hf_tree_check(fd, &file, text, sizeof text), 0);
	assert_non_null(strstr(text, "0604"));
	take_away("f");
	assert_int_equal(symlinkat("/etc/passwd", fd, "f"), 0);
	assert_int_equal(hf_tree_check(fd, &file, text, sizeof text), 0);
	take_away("f");
	assert_int_equal(hf_tree_check(fd, &file, text, sizeof text), -1);
	close(fd);
}

static int
make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/hf-plan.XXXXXX");
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
drop_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_has_a_host_and_a_port),
		cmocka_unit_test(another_url_is_refused),
		cmocka_unit_test(a_path_needs_no_quotes),
		cmocka_unit_test(each_role_has_its_own_connection),
		cmocka_unit_test(failures_have_their_exit_codes),
		cmocka_unit_test(
		    a_child_is_run_without_a_shell_and_its_words_are_kept),
		cmocka_unit_test(migrations_are_read_in_order),
		cmocka_unit_test(the_sites_key_is_64_hex_digits),
		cmocka_unit_test(
		    the_manual_page_knows_every_configuration_name),
		cmocka_unit_test(a_node_with_another_mode_is_found),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
