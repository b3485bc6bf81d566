# SPDX-License-Identifier: BSD-2-Clause
# Built by "make bench" and "make bench-counts" only; see bench/README.

BENCH_TOOLS = bench/fill bench/load bench/pam_bench bench/verify_bench
if SASL
BENCH_TOOLS += bench/sasl_bench
endif
EXTRA_PROGRAMS = $(BENCH_TOOLS)
CLEANFILES += $(BENCH_TOOLS) bench/bulk.json bench/results.json
EXTRA_DIST += bench/README bench/bulk bench/counts bench/rig.py bench/run bench/verifiers.py

bench_fill_SOURCES = bench/fill.c
bench_fill_LDADD = $(server_libs)

bench_load_SOURCES = bench/load.c \
	bench/credentials.c bench/credentials.h \
	bench/sample.c bench/sample.h
bench_load_LDADD = libpatclient.la

bench_pam_bench_SOURCES = bench/pam_bench.c \
	bench/credentials.c bench/credentials.h \
	bench/sample.c bench/sample.h
bench_pam_bench_LDADD = -lpam

bench_verify_bench_SOURCES = bench/verify_bench.c \
	bench/credentials.c bench/credentials.h \
	bench/echo.c bench/echo.h \
	bench/sample.c bench/sample.h
bench_verify_bench_LDADD = libpatclient.la

bench_sasl_bench_SOURCES = bench/sasl_bench.c \
	bench/credentials.c bench/credentials.h \
	bench/echo.c bench/echo.h \
	bench/sample.c bench/sample.h
bench_sasl_bench_LDADD = -lsasl2

BENCHED = $(BENCH_TOOLS) patd/patd$(EXEEXT) admin/patctl$(EXEEXT) pam_pat.la
if SASL
BENCHED += libpat.la
endif
BENCH_ENVIRONMENT = PAT_BUILD='$(abs_builddir)' PAT_SOURCE='$(abs_srcdir)'

.PHONY: bench bench-counts
bench: $(BENCHED)
	$(BENCH_ENVIRONMENT) $(PYTHON) -B $(srcdir)/bench/run
	$(BENCH_ENVIRONMENT) $(PYTHON) -B $(srcdir)/bench/bulk

bench-counts: $(BENCHED)
	$(BENCH_ENVIRONMENT) $(PYTHON) -B $(srcdir)/bench/counts
