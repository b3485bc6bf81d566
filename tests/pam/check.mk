# SPDX-License-Identifier: BSD-2-Clause
# pam_pat.so behind the real libpam, as any user: pam_start_confdir(3) reads stacks from a directory.
EXTRA_DIST += tests/pam/README tests/pam/fakepatd.py tests/pam/pam_rig.py tests/pam/pam_script.py \
	tests/pam/pam_world.py tests/pam/scripts $(pam_tests)
pam_tests = tests/pam/test_pam.py tests/pam/test_pam_faults.py tests/pam/test_pam_matrix.py \
	tests/pam/test_pam_notice.py tests/pam/test_pam_process.py

if HAVE_CONFDIR
check_PROGRAMS += tests/pam/driver
check_LTLIBRARIES += tests/pam/probe.la
TESTS += $(pam_tests)
sanitized_tests += tests/pam/test_pam_faults.py tests/pam/test_pam_process.py
sanitized_programs += tests/pam/driver tests/pam/probe.la
endif

tests_pam_driver_SOURCES = \
	tests/pam/driver.c \
	tests/pam/printable.c tests/pam/printable.h \
	tests/pam/scan.c tests/pam/scan.h \
	tests/pam/session.c tests/pam/session.h \
	tests/pam/state.c tests/pam/state.h \
	tests/pam/syslog_capture.c tests/pam/syslog_capture.h \
	tests/pam/talk.c tests/pam/talk.h
tests_pam_driver_CFLAGS = $(AM_CFLAGS) -pthread
tests_pam_driver_LDADD = -lpam -lpthread

tests_pam_probe_la_SOURCES = tests/pam/probe.c tests/pam/printable.c tests/pam/printable.h
tests_pam_probe_la_CFLAGS = $(AM_CFLAGS)
tests_pam_probe_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
tests_pam_probe_la_LIBADD = -lpam
