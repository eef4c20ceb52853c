/* link: admin/cupsconf.c admin/medium.c */
#include "admin/cupsconf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "admin/medium.h"

static struct hf_cupsd cupsd;
static struct hf_err err;

static const char good[] =
    "# a comment\n"
    "LogLevel info\r\n"
    "PreserveJobFiles No\n"
    "\tpreservejobhistory  Off\n"
    "PageLogFormat %p %u %{job-name}\n"
    "<Location />\n  Order allow,deny\n  Deny all\n</Location>\n"
    "<Policy default>\n"
    "  JobPrivateAccess default\n"
    "  <Limit Create-Job Print-Job>\n"
    "    AuthType Default\n    Require valid-user\n    Order deny,allow\n"
    "  </Limit>\n"
    "  <Limit CUPS-Get-Document Cancel-Jobs>\n"
    "    AuthType Basic\n    Require user @SYSTEM\n"
    "  </Limit>\n"
    "  <Limit All>\n    Order deny,allow\n  </Limit>\n"
    "</Policy>\n"
    "<Policy closed>\n"
    "  <Limit CUPS-Get-Document>\n    Order allow,deny\n    Deny all\n"
    "  </Limit>\n"
    "</Policy>\n"
    "MaxJobTime 0";

static void
limits_belong_to_their_policy(void **state)
{
	const struct hf_cups_limit *l;

	(void)state;
	assert_int_equal(hf_cupsd_parse(hf_view_str(good), &cupsd, &err), 0);
	assert_int_equal(cupsd.n_limits, 4);
	l = hf_cups_limit_of(&cupsd, "default", "Create-Job");
	assert_non_null(l);
	assert_true(l->authenticated && l->any_user);
	assert_false(l->named_users || l->denied);
	l = hf_cups_limit_of(&cupsd, "Default", "cups-get-document");
	assert_non_null(l);
	assert_true(l->authenticated && l->named_users);
	assert_false(l->any_user);
	l = hf_cups_limit_of(&cupsd, "closed", "CUPS-Get-Document");
	assert_non_null(l);
	assert_true(l->denied);
	assert_false(l->authenticated);
}

static void
an_operation_is_limited_only_where_it_is_named(void **state)
{
	(void)state;
	assert_int_equal(hf_cupsd_parse(hf_view_str(good), &cupsd, &err), 0);
	assert_null(hf_cups_limit_of(&cupsd, "default", "Get-Document"));
	assert_null(hf_cups_limit_of(&cupsd, "default", "Send-Document"));
	assert_null(hf_cups_limit_of(&cupsd, "closed", "Create-Job"));
	assert_null(hf_cups_limit_of(&cupsd, "other", "Create-Job"));
}

static void
settings_are_read_outside_of_limits(void **state)
{
	(void)state;
	assert_int_equal(hf_cupsd_parse(hf_view_str(good), &cupsd, &err), 0);
	assert_string_equal(cupsd.log_level, "info");
	assert_string_equal(cupsd.preserve_files, "No");
	assert_string_equal(cupsd.preserve_history, "Off");
	assert_string_equal(cupsd.page_log_format, "%p %u %{job-name}");
}

static void
what_is_not_said_is_what_cups_does(void **state)
{
	(void)state;
	assert_int_equal(hf_cupsd_parse(hf_view_str("#LogLevel debug\n"
	    "PreserveJobFilesX No\n"), &cupsd, &err), 0);
	assert_string_equal(cupsd.log_level, "warn");
	assert_string_equal(cupsd.preserve_files, "86400");
	assert_string_equal(cupsd.preserve_history, "Yes");
	assert_int_equal(cupsd.n_limits, 0);
}

static void
no_authentication_is_none(void **state)
{
	const struct hf_cups_limit *l;

	(void)state;
	assert_int_equal(hf_cupsd_parse(hf_view_str("<Policy p>\n<Limit A>\n"
	    "AuthType None\nRequire user @OWNER @SYSTEM\nDeny all\nAllow "
	    "localhost\n</Limit>\n"), &cupsd, &err), 0);
	l = hf_cups_limit_of(&cupsd, "p", "A");
	assert_non_null(l);
	assert_false(l->authenticated);
	assert_true(l->named_users);
	assert_false(l->denied);
}

static void
odd_text_is_survived(void **state)
{
	static const char *const odd[] = { "", "\n\n", "<", "<Policy", "<Policy >",
		"<Policy p>\n<Limit", "</Limit>\n</Policy>\n", "<Policy p>\n"
		"<Limit A>\n", "LogLevel", "LogLevel ", "Require\n", "<Limit A>\n" };
	char *big = malloc(200000);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof odd / sizeof odd[0]; i++)
		assert_int_equal(hf_cupsd_parse(hf_view_str(odd[i]), &cupsd,
		    &err), 0);
	memset(big, 'x', 200000);
	assert_int_equal(hf_cupsd_parse(hf_view_of(big, 200000), &cupsd,
	    &err), 0);
	memset(big, 0, 200000);
	assert_int_equal(hf_cupsd_parse(hf_view_of(big, 200000), &cupsd,
	    &err), 0);
	free(big);
}

static void
more_limits_than_there_is_room_for_are_an_error(void **state)
{
	struct hf_buf b;
	int i;

	(void)state;
	hf_buf_init(&b, 65536);
	assert_int_equal(hf_put_bytes(&b, "<Policy p>\n", 11, &err), 0);
	for (i = 0; i <= HF_LIMITS_MAX; i++)
		assert_int_equal(hf_put_bytes(&b, "<Limit A>\n</Limit>\n", 19,
		    &err), 0);
	assert_int_equal(hf_cupsd_parse(hf_buf_view(&b), &cupsd, &err), -1);
	hf_buf_clear(&b);
}

static void
folders_are_read_or_are_the_defaults(void **state)
{
	struct hf_cups_files f;

	(void)state;
	assert_int_equal(hf_cups_files_parse(hf_view_str("SystemGroup root\n"),
	    &f, &err), 0);
	assert_string_equal(f.request_root, "/var/spool/cups");
	assert_string_equal(f.temp_dir, "/var/spool/cups/tmp");
	assert_string_equal(f.server_bin, "/usr/lib/cups");
	assert_string_equal(f.intake_conf, "");
	assert_int_equal(hf_cups_files_parse(hf_view_str(
	    "RequestRoot /a\nServerBin\t/b\n"
	    "SetEnv HOLDFAST_INTAKE_CONF /c\nSetEnv OTHER /d\n"), &f, &err),
	    0);
	assert_string_equal(f.request_root, "/a");
	assert_string_equal(f.temp_dir, "/a/tmp");
	assert_string_equal(f.server_bin, "/b");
	assert_string_equal(f.intake_conf, "/c");
}

static void
only_our_queues_are_listed(void **state)
{
	struct hf_cups_devices *d = malloc(sizeof *d);

	(void)state;
	assert_int_equal(hf_cups_devices_parse(hf_view_str(
	    "<Printer one>\nDeviceURI holdfast:/office\nErrorPolicy "
	    "retry-job\n</Printer>\n"
	    "<Printer two>\nDeviceURI ipp://x/\nErrorPolicy stop-printer\n"
	    "</Printer>\n"
	    "<DefaultPrinter three>\nDeviceURI holdfast:/lab\n"
	    "</DefaultPrinter>\n"), d, &err), 0);
	assert_int_equal(d->n, 2);
	assert_string_equal(d->d[0].printer, "one");
	assert_string_equal(d->d[0].queue, "office");
	assert_string_equal(d->d[0].error_policy, "retry-job");
	assert_string_equal(d->d[1].printer, "three");
	assert_string_equal(d->d[1].queue, "lab");
	assert_string_equal(d->d[1].error_policy, "");
	free(d);
}

static const char mounts[] =
    "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
    "30 22 0:25 / /spool rw,nosuid shared:5 - tmpfs hf rw,size=1k,noswap\n"
    "31 22 0:26 / /x rw,nosuid shared:5 master:1 - tmpfs hf rw,size=1k\n"
    "32 22 254:0 /sub /y rw - ext4 /dev/vda rw,errors=remount-ro\n"
    "broken line\n"
    "33 22 0:99 / /z rw";

static void
a_mount_is_found_by_its_device(void **state)
{
	struct hf_mount m;

	(void)state;
	assert_true(hf_mount_find(hf_view_str(mounts), 0, 25, &m));
	assert_string_equal(m.type, "tmpfs");
	assert_string_equal(m.options, "rw,size=1k,noswap");
	assert_true(hf_mount_find(hf_view_str(mounts), 254, 0, &m));
	assert_string_equal(m.type, "ext4");
	assert_string_equal(m.options, "rw,errors=remount-ro");
	assert_false(hf_mount_find(hf_view_str(mounts), 0, 2, &m));
	assert_false(hf_mount_find(hf_view_str(mounts), 0, 99, &m));
	assert_false(hf_mount_find(hf_view_str(""), 0, 0, &m));
}

static void
swap_is_what_stands_below_the_heading(void **state)
{
	(void)state;
	assert_false(hf_swaps_any(hf_view_str("")));
	assert_false(hf_swaps_any(hf_view_str("Filename Type\n")));
	assert_true(hf_swaps_any(hf_view_str("Filename Type\n/dev/sda2 "
	    "partition\n")));
}

static void
a_folder_that_is_not_there_is_unknown(void **state)
{
	(void)state;
	assert_int_equal(hf_medium_of("/nonexistent/x", &err),
	    HF_MEDIUM_UNKNOWN);
	assert_int_equal(err.code, HF_ENOTFOUND);
	assert_int_not_equal(hf_medium_of("/", &err), HF_MEDIUM_UNKNOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_belong_to_their_policy),
		cmocka_unit_test(an_operation_is_limited_only_where_it_is_named),
		cmocka_unit_test(settings_are_read_outside_of_limits),
		cmocka_unit_test(what_is_not_said_is_what_cups_does),
		cmocka_unit_test(no_authentication_is_none),
		cmocka_unit_test(odd_text_is_survived),
		cmocka_unit_test(
		    more_limits_than_there_is_room_for_are_an_error),
		cmocka_unit_test(folders_are_read_or_are_the_defaults),
		cmocka_unit_test(only_our_queues_are_listed),
		cmocka_unit_test(a_mount_is_found_by_its_device),
		cmocka_unit_test(swap_is_what_stands_below_the_heading),
		cmocka_unit_test(a_folder_that_is_not_there_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
