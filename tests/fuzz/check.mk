# SPDX-License-Identifier: BSD-2-Clause
# Fuzz targets, each a program of one file on libfuzz.a. "make check" replays their seeds; in a
# build of CC=clang configure --enable-fuzzing, "make fuzz SECONDS=n" and "make check-fuzz" fuzz.
# See tests/fuzz/README.
fuzz_programs = \
	%D%/fuzz_anchor %D%/fuzz_answer %D%/fuzz_args %D%/fuzz_authdaemon %D%/fuzz_cidr %D%/fuzz_cmd %D%/fuzz_config \
	%D%/fuzz_event %D%/fuzz_journal %D%/fuzz_manage %D%/fuzz_penalty %D%/fuzz_request %D%/fuzz_row \
	%D%/fuzz_saslauthd \
	%D%/fuzz_scope %D%/fuzz_settings %D%/fuzz_token %D%/fuzz_varlink %D%/fuzz_verify %D%/fuzz_when
if SASL
fuzz_programs += %D%/fuzz_sasl
# Its own mechanisms, as patd is a function of the target.
%C%_fuzz_sasl_SOURCES = %D%/fuzz_sasl.c
check_LIBRARIES += %D%/libfuzzsasl.a
%C%_libfuzzsasl_a_SOURCES = sasl_pat/bearer.c sasl_pat/code.c sasl_pat/exchange.c \
	sasl_pat/message.c sasl_pat/plain.c
# Not the objects of libtool's.
%C%_libfuzzsasl_a_CFLAGS = $(AM_CFLAGS)
%C%_fuzz_sasl_LDADD = %D%/libfuzzsasl.a $(fuzz_libs)
%C%_fuzz_sasl_LDFLAGS = $(fuzz_ldflags) -Wl,--wrap=pat_client_ask
endif
check_PROGRAMS += $(fuzz_programs)
TESTS += %D%/replay.sh
EXTRA_DIST += %D%/README %D%/fuzz.sh %D%/make-seeds.py %D%/replay.sh $(fuzz_dicts) $(fuzz_seeds)
fuzz_dicts = \
	%D%/fuzz_args.dict %D%/fuzz_cmd.dict %D%/fuzz_config.dict %D%/fuzz_event.dict %D%/fuzz_settings.dict \
	%D%/fuzz_varlink.dict %D%/fuzz_when.dict

# An input that once found a fault stays: seeds/<target>/<what was wrong>.
fuzz_seeds = \
	%D%/seeds/fuzz_anchor/higher-counter-without-seal \
	%D%/seeds/fuzz_event/bare-digits-of-a-secret \
	%D%/seeds/fuzz_journal/tokens-of-one-line \
	%D%/seeds/fuzz_journal/value-without-an-end \
	%D%/seeds/fuzz_manage/change-of-nothing \
	%D%/seeds/fuzz_manage/last-address-is-no-text \
	%D%/seeds/fuzz_manage/links-of-two-stores \
	%D%/seeds/fuzz_manage/oneway-stream-is-first \
	%D%/seeds/fuzz_row/row-of-no-tenant \
	%D%/seeds/fuzz_row/second-host-row

# What targets share, and the code under test that is in no library.
check_LIBRARIES += %D%/libfuzz.a
%C%_libfuzz_a_SOURCES = \
	%D%/fuzz.c %D%/fuzz.h \
	%D%/manage_host.c %D%/manage_host.h \
	%D%/manage_view.c %D%/manage_view.h \
	%D%/manage_words.c %D%/manage_words.h \
	%D%/model.c %D%/model.h \
	%D%/world.c %D%/world.h \
	pam_pat/args.c \
	patd/call.c patd/call_json.c patd/followers.c patd/groups.c patd/listen.c patd/loop.c \
	patd/manage_check.c patd/manage_forget.c patd/manage_list.c patd/manage_log.c patd/manage_op.c \
	patd/manage_bulk.c patd/manage_notices.c patd/manage_tenant_delete.c \
	patd/examine.c patd/manage_db.c patd/manage_service.c \
	patd/manage_proof.c patd/manage_retention.c patd/outbox.c \
	patd/manage_scopes.c patd/manage_status.c \
	patd/manage_change.c patd/manage_offer.c patd/manage_table.c \
	patd/manage_tenants.c patd/manage_tokens.c patd/manage_users.c \
	patd/penalty.c patd/server.c
%C%_libfuzz_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(SMARTCOLS_CFLAGS) $(SQLITE_CFLAGS)
%C%_libfuzz_a_CFLAGS = $(AM_CFLAGS) -pthread
fuzz_libs = %D%/libfuzz.a $(ctl_libs)
if FUZZING
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
else
%C%_libfuzz_a_SOURCES += %D%/replay.c
fuzz_ldflags = $(AM_LDFLAGS)
endif
fuzz_world_ldflags = $(fuzz_ldflags) -Wl,--wrap=pat_context_now,--wrap=randombytes_buf

%C%_fuzz_anchor_LDADD = $(fuzz_libs)
%C%_fuzz_anchor_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_answer_LDADD = $(fuzz_libs)
%C%_fuzz_answer_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_args_LDADD = $(fuzz_libs)
%C%_fuzz_args_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_authdaemon_LDADD = $(fuzz_libs)
%C%_fuzz_authdaemon_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_cidr_LDADD = $(fuzz_libs)
%C%_fuzz_cidr_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_cmd_LDADD = $(fuzz_libs)
%C%_fuzz_cmd_LDFLAGS = $(fuzz_ldflags) -Wl,--wrap=exit
%C%_fuzz_config_LDADD = $(fuzz_libs)
%C%_fuzz_config_LDFLAGS = $(fuzz_ldflags) -Wl,--wrap=getpwnam
%C%_fuzz_event_LDADD = $(fuzz_libs)
%C%_fuzz_event_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_journal_LDADD = $(fuzz_libs)
%C%_fuzz_journal_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_manage_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
%C%_fuzz_manage_LDADD = $(fuzz_libs) $(JANSSON_LIBS) $(SQLITE_LIBS)
%C%_fuzz_manage_LDFLAGS = $(fuzz_world_ldflags) -Wl,--wrap=pat_anchor_advance \
	-Wl,--wrap=pat_context_usage,--wrap=pat_context_writer,--wrap=pat_peer_get \
	-Wl,--wrap=pat_peer_login_find,--wrap=pat_store_close,--wrap=patd_groups_ask
%C%_fuzz_penalty_LDADD = $(fuzz_libs)
%C%_fuzz_penalty_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_request_LDADD = $(fuzz_libs)
%C%_fuzz_request_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_row_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
%C%_fuzz_row_LDADD = $(fuzz_libs) $(SQLITE_LIBS)
%C%_fuzz_row_LDFLAGS = $(fuzz_world_ldflags)
%C%_fuzz_saslauthd_LDADD = $(fuzz_libs)
%C%_fuzz_saslauthd_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_scope_LDADD = $(fuzz_libs)
%C%_fuzz_scope_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_settings_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
%C%_fuzz_settings_LDADD = $(fuzz_libs) $(JANSSON_LIBS)
%C%_fuzz_settings_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_token_LDADD = $(fuzz_libs)
%C%_fuzz_token_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_varlink_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
%C%_fuzz_varlink_LDADD = $(fuzz_libs) $(JANSSON_LIBS)
%C%_fuzz_varlink_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_verify_LDADD = $(fuzz_libs)
%C%_fuzz_verify_LDFLAGS = $(fuzz_world_ldflags)
%C%_fuzz_when_LDADD = $(fuzz_libs)
%C%_fuzz_when_LDFLAGS = $(fuzz_ldflags)

# Of every target so many seconds. "make check-fuzz" is the short form, for every change.
SECONDS = 60
TARGETS =
CHECK_FUZZ_SECONDS = 5
run_fuzz = $(AM_TESTS_ENVIRONMENT) PYTHON='$(PYTHON)' $(SHELL) $(srcdir)/%D%/fuzz.sh

.PHONY: fuzz check-fuzz
if FUZZING
fuzz: $(fuzz_programs)
	$(run_fuzz) $(SECONDS) $(TARGETS)
check-fuzz: $(fuzz_programs)
	$(run_fuzz) $(CHECK_FUZZ_SECONDS)
else
fuzz check-fuzz:
	@echo "$@: for libFuzzer, run configure with CC=clang and --enable-fuzzing" >&2; exit 1
endif
