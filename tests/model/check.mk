# SPDX-License-Identifier: BSD-2-Clause
# A specification in Python beside the code: the same operations, and the same answers.
TESTS += tests/model/test_model.py
EXTRA_DIST += tests/model/test_model.py tests/model/conftest.py tests/model/decision.py \
	tests/model/model.py tests/model/sequences.py tests/model/both.py
check_PROGRAMS += tests/model/host
tests_model_host_SOURCES = tests/model/host.c tests/model/host.h \
	tests/model/asks.c tests/model/deeds.c tests/model/place.c tests/model/place.h
tests_model_host_CFLAGS = $(AM_CFLAGS) -pthread
tests_model_host_LDADD = $(server_libs)
tests_model_host_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=adjtimex,--wrap=clock_gettime,--wrap=randombytes_buf
