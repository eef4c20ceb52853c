/* link: release/conf/conf.c release/deliverers.c -lconfuse */
/* released.conf, its manual page, and the parent's table of processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "release/conf/conf.h"
#include "release/deliverers.h"

static char path[] = "/tmp/hf-conf.XXXXXX";

/* Users that every machine has. */
#define GOOD \
	"spool = \"/s\"\nkeys = \"/k\"\nmaster_key = \"/m\"\n" \
	"socket = \"/r\"\ndatabase = \"dbname=x\"\nlibexec = \"/l\"\n" \
	"web_user = \"daemon\"\nqueue_user = \"bin\"\n" \
	"key_user = \"sys\"\ndeliver_user = \"mail\"\n"

static int
load(const char *text, struct hf_released_conf *c, struct hf_err *e)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	return hf_released_conf_load(path, c, e);
}

static void
refused(const char *text, const char *word)
{
	struct hf_released_conf c;
	struct hf_err e = { .code = HF_OK };

	assert_int_equal(load(text, &c, &e), -1);
	assert_int_equal(e.code, HF_ECONFIG);
	if (strstr(e.text, word) == NULL)
		fail_msg("\"%s\" does not say %s", e.text, word);
}

static void
defaults_are_what_the_manual_says(void **state)
{
	struct hf_released_conf c;
	struct hf_err e;

	(void)state;
	assert_int_equal(load(GOOD, &c, &e), 0);
	assert_string_equal(c.spool, "/s");
	assert_int_equal(c.epoch_hours, 24);
	assert_int_equal(c.log_level, HF_INFO);
	assert_int_equal(c.n_admins, 0);
	hf_released_conf_clear(&c);
	hf_released_conf_clear(&c);	/* twice is fine */
}

static void
admins_are_looked_up(void **state)
{
	struct hf_released_conf c;
	struct hf_err e;

	(void)state;
	assert_int_equal(load(GOOD "admin_users = {\"games\", \"man\"}\n", &c,
			     &e), 0);
	assert_int_equal(c.n_admins, 2);
	assert_int_not_equal(c.admins[0], 0);
	hf_released_conf_clear(&c);
	refused(GOOD "admin_users = {\"nobody-at-all\"}\n", "nobody-at-all");
}

static void
what_is_wrong_is_named(void **state)
{
	(void)state;
	refused("", "spool");
	refused("spool = \"/s\"\n", "keys");
	refused(GOOD "spool = \"relative\"\n", "spool");
	refused(GOOD "colour = \"red\"\n", "colour");
	refused(GOOD "epoch_hours = 0\n", "epoch_hours");
	refused(GOOD "epoch_hours = 745\n", "epoch_hours");
	refused(GOOD "epoch_hours = \"x\"\n", "epoch_hours");
	refused(GOOD "log_level = \"loud\"\n", "log_level");
	refused(GOOD "queue_user = \"root\"\n", "queue_user");
	refused(GOOD "key_user = \"nobody-at-all\"\n", "key_user");
}

static void
a_file_that_others_may_write_is_refused(void **state)
{
	struct hf_released_conf c;
	struct hf_err e;

	(void)state;
	assert_int_equal(load(GOOD, &c, &e), 0);
	hf_released_conf_clear(&c);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(hf_released_conf_load(path, &c, &e), -1);
	assert_int_equal(e.code, HF_ECONFIG);
	assert_int_equal(chmod(path, 0600), 0);
}

/* Each name of the table has its paragraph, and no paragraph lacks a name. */
static void
the_manual_has_a_paragraph_for_each_name(void **state)
{
	static char page[65536];
	char line[128];
	struct hf_released_conf c;
	const char *from, *p;
	struct hf_err e;
	size_t n, i, told = 0;
	FILE *f = fopen("man/holdfast-released.8", "r");

	(void)state;
	if (f == NULL)
		skip();
	n = fread(page, 1, sizeof page - 1, f);
	page[n] = '\0';
	fclose(f);
	from = strstr(page, ".Sh CONFIGURATION");
	assert_non_null(from);
	*strstr(page, ".Sh FILES") = '\0';
	for (p = from; (p = strstr(p, "\n.It Ic ")) != NULL; p++)
		told++;
	assert_int_equal(load(GOOD, &c, &e), 0);
	for (i = 0; i < cfg_num(c.cfg); i++) {
		snprintf(line, sizeof line, "\n.It Ic %s\n",
		    cfg_opt_name(cfg_getnopt(c.cfg, (unsigned)i)));
		if (strstr(from, line) == NULL)
			fail_msg("the manual lacks%s", line);
	}
	assert_int_equal(told, cfg_num(c.cfg));
	hf_released_conf_clear(&c);
}

/* ---- deliver processes ---- */

static void
a_printer_has_at_most_one_process(void **state)
{
	struct hf_deliverers d = { 0 };
	struct hf_id a = { { 1 } }, b = { { 2 } };
	struct hf_err e;

	(void)state;
	assert_int_equal(hf_deliverers_room(&d, &a, &e), 0);
	hf_deliverers_add(&d, &a, 100);
	assert_int_equal(hf_deliverers_room(&d, &a, &e), -1);
	assert_int_equal(e.code, HF_ECONFLICT);
	assert_int_equal(hf_deliverers_room(&d, &b, &e), 0);
	hf_deliverers_add(&d, &b, 101);
	assert_int_equal(hf_deliverers_find(&d, &b)->pid, 101);
	assert_true(hf_deliverers_remove(&d, 100));
	assert_false(hf_deliverers_remove(&d, 100));
	assert_int_equal(hf_deliverers_room(&d, &a, &e), 0);
}

static void
there_is_an_end_to_processes(void **state)
{
	struct hf_deliverers d = { 0 };
	struct hf_id id = { { 0 } };
	struct hf_err e;
	int i;

	(void)state;
	for (i = 0; i < HF_DELIVERERS_MAX; i++) {
		id.b[0] = (uint8_t)i;
		id.b[1] = 1;
		assert_int_equal(hf_deliverers_room(&d, &id, &e), 0);
		hf_deliverers_add(&d, &id, 1000 + i);
	}
	id.b[1] = 2;
	assert_int_equal(hf_deliverers_room(&d, &id, &e), -1);
	assert_int_equal(e.code, HF_EFULL);
	assert_true(hf_deliverers_remove(&d, 1050));
	assert_int_equal(hf_deliverers_room(&d, &id, &e), 0);
}

static int
make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd == -1 ? -1 : close(fd);
}

static int
remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_what_the_manual_says),
		cmocka_unit_test(admins_are_looked_up),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(a_file_that_others_may_write_is_refused),
		cmocka_unit_test(the_manual_has_a_paragraph_for_each_name),
		cmocka_unit_test(a_printer_has_at_most_one_process),
		cmocka_unit_test(there_is_an_end_to_processes),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
