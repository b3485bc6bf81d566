# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of core/, in the order of its layers. Each is a program of one file on libunit.a.
EXTRA_DIST += tests/unit/no-cmocka.sh tests/unit/test_token_vectors.py

if HAVE_CMOCKA
check_LIBRARIES += tests/unit/libunit.a
tests_unit_libunit_a_SOURCES = \
	tests/unit/bulk_world.c tests/unit/bulk_world.h \
	tests/unit/classes.c tests/unit/classes.h \
	tests/unit/decide_world.c tests/unit/decide_world.h \
	tests/unit/expect.h \
	tests/unit/scratch.c tests/unit/scratch.h \
	tests/unit/support.c tests/unit/support.h \
	tests/unit/support_packet.c tests/unit/support_packet.h \
	tests/unit/support_sqlite.c tests/unit/support_sqlite.h \
	tests/unit/token_vectors.def
tests_unit_libunit_a_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS) $(SODIUM_CFLAGS)

# What a test program links that names nothing else.
LDADD = tests/unit/libunit.a $(server_libs) $(CMOCKA_LIBS)
unit_sanitized = \
	tests/unit/test_base tests/unit/test_file tests/unit/test_file_write \
	tests/unit/test_text tests/unit/test_when \
	tests/unit/test_generate tests/unit/test_token tests/unit/test_token_corpus \
	tests/unit/test_cidr tests/unit/test_decide tests/unit/test_decide_ladder \
	tests/unit/test_decide_rights tests/unit/test_name tests/unit/test_policy tests/unit/test_scope \
	tests/unit/test_scope_sets tests/unit/test_verdict \
	tests/unit/test_anchor tests/unit/test_disk_fails tests/unit/test_retention tests/unit/test_check \
	tests/unit/test_clock tests/unit/test_keyring \
	tests/unit/test_linger tests/unit/test_proved tests/unit/test_row_pack tests/unit/test_schema tests/unit/test_seal tests/unit/test_sqlite tests/unit/test_store \
	tests/unit/test_store_fit tests/unit/test_store_random tests/unit/test_store_scan tests/unit/test_store_sealed \
	tests/unit/test_usage tests/unit/test_bulk tests/unit/test_counts tests/unit/test_notices \
	tests/unit/test_chain tests/unit/test_event tests/unit/test_sink \
	tests/unit/test_config tests/unit/test_config_use tests/unit/test_ini \
	tests/unit/test_authdaemon tests/unit/test_peer tests/unit/test_saslauthd \
	tests/unit/test_wire tests/unit/test_wire_answer \
	tests/unit/test_change tests/unit/test_pam_stack tests/unit/test_tool tests/unit/test_doctor_read \
	tests/unit/test_roles tests/unit/test_verify_peer tests/unit/test_pam_result \
	tests/unit/test_places tests/unit/test_server \
	tests/unit/test_judge
# It searches a stack, where sanitizers have frames of their own.
unit_programs = $(unit_sanitized) tests/unit/test_wipes
tests_unit_test_disk_fails_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fdatasync,--wrap=fsync,--wrap=pwrite,--wrap=write
tests_unit_test_wipes_LDADD = $(LDADD) -lpthread
# What is in no library of the programs.
check_LIBRARIES += tests/unit/libpam_pat.a tests/unit/libpatd.a
tests_unit_libpam_pat_a_SOURCES = pam_pat/result.c
tests_unit_libpam_pat_a_CFLAGS = $(AM_CFLAGS)
tests_unit_libpatd_a_SOURCES = patd/loop.c patd/places.c patd/server.c
tests_unit_libpatd_a_CFLAGS = $(AM_CFLAGS)
tests_unit_test_pam_result_LDADD = tests/unit/libpam_pat.a $(LDADD)
tests_unit_test_seal_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=crypto_generichash
tests_unit_test_peer_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=getsockopt
tests_unit_test_places_LDADD = tests/unit/libpatd.a $(LDADD)
tests_unit_test_places_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=calloc
tests_unit_test_server_LDADD = tests/unit/libpatd.a $(LDADD)
tests_unit_test_server_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=pat_peer_get,--wrap=patd_loop_add,--wrap=patd_loop_watch
tests_unit_test_change_LDADD = libpatctl.a $(LDADD) $(ctl_libs)
tests_unit_test_pam_stack_LDADD = libpatctl.a $(LDADD) $(ctl_libs)
tests_unit_test_tool_LDADD = libpatctl.a $(LDADD) $(ctl_libs)
tests_unit_test_judge_LDADD = libpatctl.a $(LDADD) $(ctl_libs)
tests_unit_test_doctor_read_LDADD = libpatctl.a $(LDADD) $(ctl_libs)
if HAVE_CONFDIR
unit_sanitized += tests/unit/test_pam_walk
endif
tests_unit_test_pam_walk_SOURCES = tests/unit/test_pam_walk.c
tests_unit_test_pam_walk_LDADD = libpatctl.a $(LDADD) $(ctl_libs) -lpam
if SASL
unit_sanitized += tests/unit/test_sasl_code tests/unit/test_sasl_message
# What the SASL plugin has that needs no libsasl2.
check_LIBRARIES += tests/unit/libsasl.a
endif
tests_unit_libsasl_a_SOURCES = sasl_pat/code.c sasl_pat/message.c
# Not the objects of libtool's.
tests_unit_libsasl_a_CFLAGS = $(AM_CFLAGS)
tests_unit_test_sasl_code_LDADD = tests/unit/libsasl.a $(LDADD)
tests_unit_test_sasl_message_LDADD = tests/unit/libsasl.a $(LDADD)
check_PROGRAMS += $(unit_programs)
CLEANFILES += $(unit_programs:=.out)
unit_tests = $(unit_programs) tests/unit/test_token_vectors.py
sanitized_tests += $(unit_sanitized) tests/unit/test_token_vectors.py
else
unit_programs =
unit_tests = tests/unit/no-cmocka.sh
sanitized_tests += $(unit_tests)
endif
TESTS += $(unit_tests)

# The programs alone, without building what other tests need.
.PHONY: check-unit
check-unit: $(unit_programs)
	@$(AM_TESTS_ENVIRONMENT) failed=; for test in $(unit_programs); do \
	  if ./$$test > $$test.out 2>&1; then echo "PASS: $$test"; \
	  else echo "FAIL: $$test"; cat $$test.out; failed=yes; fi; \
	done; test -z "$$failed"
