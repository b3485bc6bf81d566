# SPDX-License-Identifier: BSD-2-Clause
# patctl as people and scripts meet it, before a patd of the test's own; no root.
admin_tests = \
	tests/admin/test_command_line.py tests/admin/test_looking.py tests/admin/test_people.py \
	tests/admin/test_screens.py tests/admin/test_shown_once.py tests/admin/test_tokens.py
TESTS += $(admin_tests)
EXTRA_DIST += $(admin_tests) tests/admin/conftest.py tests/admin/ctlkit.py
