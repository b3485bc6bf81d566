# SPDX-License-Identifier: BSD-2-Clause
# libpat.so in the real libsasl2, as any user: callbacks name its directories and options.
EXTRA_DIST += tests/sasl/README tests/sasl/conftest.py tests/sasl/sasl_rig.py \
	tests/sasl/long.py $(sasl_tests)
sasl_tests = tests/sasl/test_codes.py tests/sasl/test_messages.py tests/sasl/test_offer.py \
	tests/sasl/test_outage.py tests/sasl/test_passwords.py tests/sasl/test_process.py

if SASL
check_PROGRAMS += tests/sasl/driver
TESTS += $(sasl_tests)
# Each answer and each hostile message; the others say nothing that these do not.
sanitized_tests += tests/sasl/test_codes.py tests/sasl/test_messages.py
sanitized_programs += tests/sasl/driver
endif

tests_sasl_driver_SOURCES = tests/sasl/driver.c tests/sasl/server.c tests/sasl/server.h
tests_sasl_driver_CFLAGS = $(AM_CFLAGS) -pthread
tests_sasl_driver_LDADD = -lsasl2 -lpthread

# What takes minutes.
.PHONY: check-sasl-long
check-sasl-long: tests/sasl/driver libpat.la patd/patd
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS=tests/sasl/long.py
