# SPDX-License-Identifier: BSD-2-Clause
# patctl as people and scripts meet it, before a patd of the test's own; no root.
admin_tests = \
	tests/admin/test_apply.py \
	tests/admin/test_bulk.py tests/admin/test_clocks.py tests/admin/test_command_line.py tests/admin/test_completion.py \
	tests/admin/test_config.py \
	tests/admin/test_create_many.py tests/admin/test_db.py tests/admin/test_doctor.py tests/admin/test_dialogue.py tests/admin/test_doc_screens.py \
	tests/admin/test_features.py tests/admin/test_forms.py tests/admin/test_life.py \
	tests/admin/test_list.py tests/admin/test_log.py tests/admin/test_looking.py tests/admin/test_pager.py \
	tests/admin/test_people.py tests/admin/test_review.py tests/admin/test_rotate.py tests/admin/test_runbook.py \
	tests/admin/test_schema.py tests/admin/test_scopes.py tests/admin/test_notify.py tests/admin/test_scan.py tests/admin/test_screens.py \
	tests/admin/test_shown_once.py tests/admin/test_stats.py \
	tests/admin/test_tenants.py tests/admin/test_tokens.py tests/admin/test_topics.py \
	tests/admin/test_user.py
TESTS += $(admin_tests)
EXTRA_DIST += $(admin_tests) tests/admin/conftest.py tests/admin/ctlkit.py tests/admin/shellkit.py \
	tests/admin/screenkit.py tests/admin/screens.template tests/admin/terminal.py

# The clock, the accounts and the ids of doc/screens.
check_LTLIBRARIES += tests/admin/pretend.la
tests_admin_pretend_la_SOURCES = tests/admin/pretend.c
tests_admin_pretend_la_CFLAGS = $(AM_CFLAGS)
tests_admin_pretend_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
