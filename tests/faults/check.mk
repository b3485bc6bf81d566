# SPDX-License-Identifier: BSD-2-Clause
# Everything is made to fail that can: inside a process (C, below) and around it (Python). By
# default a part of it, in seconds; with PAT_FULL=1 in the environment all of it. See tests/README.

# --- inside a process -----------------------------------------------------------------------------
faults_programs = tests/faults/damage tests/faults/flips tests/faults/oom tests/faults/oom_manage \
	tests/faults/oom_pam tests/faults/power tests/faults/power_cut tests/faults/storage
if SASL
faults_programs += tests/faults/oom_sasl
endif
check_PROGRAMS += $(faults_programs)
TESTS += $(faults_programs)

check_LIBRARIES += tests/faults/libfaults.a
tests_faults_libfaults_a_SOURCES = \
	tests/faults/answers.c tests/faults/answers.h \
	tests/faults/deeds.c tests/faults/deeds.h tests/faults/deeds_internal.h \
	tests/faults/deeds_more.c \
	tests/faults/disk.c tests/faults/disk.h \
	tests/faults/fault.c tests/faults/fault.h \
	tests/faults/figures.c tests/faults/figures.h \
	tests/faults/files.c tests/faults/files.h \
	tests/faults/host.c tests/faults/host.h \
	tests/faults/ledger.c tests/faults/ledger.h \
	tests/faults/ledger_log.c tests/faults/ledger_log.h \
	tests/faults/memory.c tests/faults/memory.h \
	tests/faults/requests.c tests/faults/requests.h \
	tests/faults/steady.c tests/faults/steady.h \
	tests/faults/trace.c tests/faults/trace.h \
	tests/faults/vfs.c tests/faults/vfs.h
tests_faults_libfaults_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) $(SODIUM_CFLAGS)

# What the linker hands over: the clock and randomness; our own files, and SQLite's sync; memory.
faults_libs = tests/faults/libfaults.a $(server_libs)
faults_steady = -Wl,--wrap=adjtimex,--wrap=clock_gettime,--wrap=randombytes_buf,--wrap=time
faults_files = -Wl,--wrap=access,--wrap=close,--wrap=fdatasync,--wrap=fstat,--wrap=fsync \
	-Wl,--wrap=link,--wrap=lstat,--wrap=open,--wrap=opendir,--wrap=posix_fallocate,--wrap=pread \
	-Wl,--wrap=pwrite,--wrap=read,--wrap=readdir,--wrap=rename,--wrap=sqlite3_exec \
	-Wl,--wrap=unlink,--wrap=write
faults_memory = -Wl,--wrap=calloc,--wrap=fopen,--wrap=free,--wrap=malloc,--wrap=realloc \
	-Wl,--wrap=sodium_allocarray,--wrap=sodium_free,--wrap=sodium_malloc,--wrap=strdup \
	-Wl,--wrap=strndup

tests_faults_damage_SOURCES = tests/faults/damage.c tests/faults/damage.h \
	tests/faults/damage_rows.c tests/faults/damage_schema.c
tests_faults_damage_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
tests_faults_damage_LDADD = $(faults_libs)
tests_faults_damage_LDFLAGS = $(AM_LDFLAGS) $(faults_steady)
tests_faults_flips_SOURCES = tests/faults/flips.c tests/faults/cold.c tests/faults/cold.h
tests_faults_flips_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
tests_faults_flips_LDADD = $(faults_libs)
tests_faults_flips_LDFLAGS = $(AM_LDFLAGS) $(faults_steady) \
	-Wl,--wrap=pat_proved_find,--wrap=sqlite3_exec,--wrap=sqlite3_open_v2
tests_faults_oom_SOURCES = tests/faults/oom.c tests/faults/oom_tasks.c tests/faults/oom_tasks.h
tests_faults_oom_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_faults_oom_LDADD = $(faults_libs)
tests_faults_oom_LDFLAGS = $(AM_LDFLAGS) $(faults_steady) $(faults_memory)
# patd's own code above the core, in which nobody connects but the test.
tests_faults_oom_manage_SOURCES = tests/faults/oom_manage.c \
	tests/faults/line.c tests/faults/line.h tests/faults/oom_calls.c tests/faults/oom_calls.h \
	patd/call.c patd/call_json.c patd/examine.c patd/followers.c patd/groups.c patd/loop.c \
	patd/manage_bulk.c patd/manage_change.c patd/manage_check.c patd/manage_db.c \
	patd/manage_forget.c patd/manage_list.c patd/manage_log.c patd/manage_notices.c \
	patd/manage_offer.c patd/manage_op.c patd/manage_proof.c patd/manage_retention.c \
	patd/manage_scopes.c patd/manage_service.c patd/manage_status.c patd/manage_table.c \
	patd/manage_tenant_delete.c patd/manage_tenants.c patd/manage_tokens.c patd/manage_users.c \
	patd/outbox.c patd/places.c patd/server.c
tests_faults_oom_manage_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_faults_oom_manage_CFLAGS = $(AM_CFLAGS) -pthread
tests_faults_oom_manage_LDADD = $(faults_libs)
tests_faults_oom_manage_LDFLAGS = $(AM_LDFLAGS) $(faults_steady) $(faults_memory) \
	-Wl,--wrap=pat_context_writer,--wrap=pat_peer_get,--wrap=pat_peer_login_find \
	-Wl,--wrap=pat_store_close
# The modules' own code, not libtool's objects of it; libpam, libsasl and patd are in the test.
tests_faults_oom_pam_SOURCES = tests/faults/oom_pam.c \
	pam_pat/args.c pam_pat/auth.c pam_pat/entry.c pam_pat/notice.c pam_pat/result.c
tests_faults_oom_pam_CFLAGS = $(AM_CFLAGS)
tests_faults_oom_pam_LDADD = $(faults_libs)
tests_faults_oom_pam_LDFLAGS = $(AM_LDFLAGS) $(faults_memory) -Wl,--wrap=pat_client_ask
tests_faults_oom_sasl_SOURCES = tests/faults/oom_sasl.c \
	sasl_pat/bearer.c sasl_pat/code.c sasl_pat/exchange.c sasl_pat/message.c sasl_pat/options.c \
	sasl_pat/plain.c sasl_pat/plugin.c
tests_faults_oom_sasl_CFLAGS = $(AM_CFLAGS)
tests_faults_oom_sasl_LDADD = $(faults_libs)
tests_faults_oom_sasl_LDFLAGS = $(AM_LDFLAGS) $(faults_memory) -Wl,--wrap=pat_client_ask
tests_faults_power_LDADD = $(faults_libs)
tests_faults_power_LDFLAGS = $(AM_LDFLAGS) $(faults_steady) $(faults_files)
# Real file systems, with SQLite's own files.
tests_faults_power_cut_LDADD = $(faults_libs)
tests_faults_power_cut_LDFLAGS = $(AM_LDFLAGS) $(faults_steady) -Wl,--wrap=sqlite3_exec
tests_faults_storage_LDADD = $(faults_libs)
tests_faults_storage_LDFLAGS = $(AM_LDFLAGS) $(faults_steady) $(faults_files)

# --- around it ------------------------------------------------------------------------------------
faults_tests = tests/faults/test_clock_jumps.py tests/faults/test_disk_full.py \
	tests/faults/test_kill.py tests/faults/test_load.py tests/faults/test_races.py \
	tests/faults/test_rollback.py tests/faults/test_starved.py tests/faults/test_system_calls.py
TESTS += $(faults_tests)
alone_tests = tests/faults/test_load.py
EXTRA_DIST += $(faults_tests) tests/faults/conftest.py tests/faults/faultkit.py \
	tests/faults/strace.py tests/support/figures.py
faults_clients = tests/faults/crowd tests/faults/swarm tests/faults/watch
check_PROGRAMS += $(faults_clients)
tests_faults_crowd_LDADD = libpatclient.la -lpthread
tests_faults_swarm_LDADD = libpatclient.la
tests_faults_watch_LDADD = libpatclient.la

# --- what patd gives up, and what leaks -----------------------------------------------------------
hygiene_tests = tests/faults/test_leaks.py tests/faults/test_modules.py \
	tests/faults/test_sandbox.py
TESTS += $(hygiene_tests)
EXTRA_DIST += $(hygiene_tests)
check_PROGRAMS += tests/faults/sandbox_try
sanitized_tests += tests/faults/test_sandbox.py
sanitized_programs += tests/faults/sandbox_try
# patd's own code, compiled as patd's is.
tests_faults_sandbox_try_SOURCES = tests/faults/sandbox_try.c $(sandbox_sources)
tests_faults_sandbox_try_CPPFLAGS = $(AM_CPPFLAGS) $(SANDBOX_CPPFLAGS)
tests_faults_sandbox_try_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS) -pthread
tests_faults_sandbox_try_LDADD = $(server_libs) $(SECCOMP_LIBS)

# What is looked at with valgrind, and with a clock.
check_PROGRAMS += tests/faults/refusal_times
tests_faults_refusal_times_LDADD = libpatclient.la -lm
EXTRA_DIST += tests/faults/test_timing.py
if HAVE_VALGRIND
check_PROGRAMS += tests/faults/constant_time
TESTS += tests/faults/test_timing.py
alone_tests += tests/faults/test_timing.py
endif
tests_faults_constant_time_LDADD = $(server_libs)
