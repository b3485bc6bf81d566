# SPDX-License-Identifier: BSD-2-Clause
# Fuzz targets, each a program of one file on libfuzz.a. "make check" replays their seeds; in a
# build of CC=clang configure --enable-fuzzing, "make fuzz SECONDS=n" and "make check-fuzz" fuzz.
# See tests/fuzz/README.
fuzz_programs = \
	%D%/fuzz_anchor %D%/fuzz_answer %D%/fuzz_args %D%/fuzz_authdaemon %D%/fuzz_cidr %D%/fuzz_cmd \
	%D%/fuzz_config %D%/fuzz_connections %D%/fuzz_event %D%/fuzz_image %D%/fuzz_journal \
	%D%/fuzz_manage %D%/fuzz_penalty %D%/fuzz_proof %D%/fuzz_request %D%/fuzz_row \
	%D%/fuzz_saslauthd %D%/fuzz_scope %D%/fuzz_settings %D%/fuzz_stdin %D%/fuzz_token \
	%D%/fuzz_varlink %D%/fuzz_verify %D%/fuzz_when
if HAVE_CONFDIR
fuzz_programs += %D%/fuzz_pam
# The module is in the program; libpam loads a stub that hands over to it.
check_LTLIBRARIES += %D%/pam_stub.la
fuzz_modules = %D%/pam_stub.la
endif
%C%_fuzz_pam_SOURCES = %D%/fuzz_pam.c %D%/pam_libpam.c %D%/pam_stub.h %D%/pam_world.c %D%/pam_world.h \
	pam_pat/auth.c pam_pat/auth.h pam_pat/entry.c pam_pat/notice.c pam_pat/notice.h \
	pam_pat/result.c pam_pat/result.h
%C%_fuzz_pam_CFLAGS = $(AM_CFLAGS)
%C%_fuzz_pam_LDADD = $(fuzz_libs) -lpam -ldl
%C%_fuzz_pam_LDFLAGS = $(fuzz_ldflags) -Wl,--wrap=close,--wrap=connect,--wrap=free,--wrap=geteuid \
	-Wl,--wrap=getrandom,--wrap=getsockopt,--wrap=malloc,--wrap=nanosleep \
	-Wl,--wrap=pam_fail_delay,--wrap=pam_get_authtok,--wrap=pam_get_user \
	-Wl,--wrap=pam_modutil_getpwnam,--wrap=pam_putenv,--wrap=pam_set_data,--wrap=pam_set_item \
	-Wl,--wrap=pam_syslog,--wrap=pat_monotonic_milliseconds,--wrap=recv,--wrap=__recv_chk \
	-Wl,--wrap=send,--wrap=setsockopt,--wrap=socket,--wrap=stat,--wrap=strdup
%C%_pam_stub_la_SOURCES = %D%/pam_stub.c %D%/pam_stub.h
%C%_pam_stub_la_CFLAGS = $(AM_CFLAGS)
%C%_pam_stub_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
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
EXTRA_DIST += %D%/README %D%/corpus.py %D%/coverage.sh %D%/full.sh %D%/fuzz.sh %D%/make-seeds.py %D%/replay.sh \
	$(fuzz_corpora) $(fuzz_dicts) $(fuzz_seeds)
fuzz_dicts = \
	%D%/fuzz_args.dict %D%/fuzz_cmd.dict %D%/fuzz_config.dict %D%/fuzz_event.dict %D%/fuzz_settings.dict \
	%D%/fuzz_varlink.dict %D%/fuzz_when.dict

# An input that once found a fault stays: seeds/<target>/<what was wrong>.
fuzz_seeds = \
	%D%/seeds/fuzz_anchor/higher-counter-without-seal \
	%D%/seeds/fuzz_event/bare-digits-of-a-secret \
	%D%/seeds/fuzz_event/digits-behind-an-escape \
	%D%/seeds/fuzz_journal/tokens-of-one-line \
	%D%/seeds/fuzz_journal/value-without-an-end \
	%D%/seeds/fuzz_manage/change-of-nothing \
	%D%/seeds/fuzz_manage/last-address-is-no-text \
	%D%/seeds/fuzz_manage/links-of-two-stores \
	%D%/seeds/fuzz_manage/log-is-followed \
	%D%/seeds/fuzz_manage/oneway-stream-is-first \
	%D%/seeds/fuzz_row/row-of-no-tenant \
	%D%/seeds/fuzz_row/second-host-row \
	%D%/seeds/fuzz_stdin/token-among-column-names

# Minimised corpora, each a file of corpus.py.
fuzz_corpora = \
	%D%/corpus/fuzz_anchor %D%/corpus/fuzz_answer %D%/corpus/fuzz_args %D%/corpus/fuzz_authdaemon \
	%D%/corpus/fuzz_cidr %D%/corpus/fuzz_cmd %D%/corpus/fuzz_config %D%/corpus/fuzz_connections \
	%D%/corpus/fuzz_event %D%/corpus/fuzz_image %D%/corpus/fuzz_journal %D%/corpus/fuzz_manage \
	%D%/corpus/fuzz_pam %D%/corpus/fuzz_penalty %D%/corpus/fuzz_proof %D%/corpus/fuzz_request \
	%D%/corpus/fuzz_row %D%/corpus/fuzz_sasl %D%/corpus/fuzz_saslauthd %D%/corpus/fuzz_scope \
	%D%/corpus/fuzz_settings %D%/corpus/fuzz_stdin %D%/corpus/fuzz_token %D%/corpus/fuzz_varlink \
	%D%/corpus/fuzz_verify %D%/corpus/fuzz_when

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
	patd/penalty.c patd/places.c patd/server.c
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
%C%_fuzz_connections_SOURCES = %D%/fuzz_connections.c %D%/clients.c %D%/clients.h %D%/sockets.c \
	%D%/sockets.h patd/verify_codec.c patd/verify_op.c patd/verify_session.c
%C%_fuzz_connections_CFLAGS = $(AM_CFLAGS)
%C%_fuzz_connections_LDADD = $(fuzz_libs)
%C%_fuzz_connections_LDFLAGS = $(fuzz_world_ldflags) -Wl,--wrap=accept4,--wrap=close \
	-Wl,--wrap=epoll_create1,--wrap=epoll_ctl,--wrap=epoll_wait,--wrap=eventfd,--wrap=getsockopt \
	-Wl,--wrap=open,--wrap=pat_context_reader,--wrap=pat_context_usage \
	-Wl,--wrap=pat_monotonic_microseconds,--wrap=pat_monotonic_milliseconds \
	-Wl,--wrap=pat_store_close,--wrap=patd_server_open,--wrap=read,--wrap=__read_chk \
	-Wl,--wrap=recv,--wrap=__recv_chk,--wrap=send,--wrap=write
%C%_fuzz_event_LDADD = $(fuzz_libs)
%C%_fuzz_event_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_image_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
%C%_fuzz_image_LDADD = $(fuzz_libs) $(SQLITE_LIBS)
%C%_fuzz_image_LDFLAGS = $(fuzz_world_ldflags) -Wl,--wrap=pat_sqlite_connect \
	-Wl,--wrap=pat_sqlite_schema_compare
%C%_fuzz_journal_LDADD = $(fuzz_libs)
%C%_fuzz_journal_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_manage_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
%C%_fuzz_manage_LDADD = $(fuzz_libs) $(JANSSON_LIBS) $(SQLITE_LIBS)
%C%_fuzz_manage_LDFLAGS = $(fuzz_world_ldflags) -Wl,--wrap=pat_anchor_advance \
	-Wl,--wrap=pat_context_usage,--wrap=pat_context_writer,--wrap=pat_peer_get \
	-Wl,--wrap=pat_peer_login_find,--wrap=pat_store_close,--wrap=patd_groups_ask
%C%_fuzz_penalty_LDADD = $(fuzz_libs)
%C%_fuzz_penalty_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_proof_LDADD = $(fuzz_libs)
%C%_fuzz_proof_LDFLAGS = $(fuzz_world_ldflags)
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
%C%_fuzz_stdin_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
%C%_fuzz_stdin_LDADD = $(fuzz_libs) $(JANSSON_LIBS)
%C%_fuzz_stdin_LDFLAGS = $(fuzz_ldflags) -Wl,--wrap=ask_each,--wrap=ask_once,--wrap=read \
	-Wl,--wrap=__read_chk
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
CHECK_FUZZ_SECONDS = 4
FULL_FUZZ_SECONDS = 30
run_fuzz = $(AM_TESTS_ENVIRONMENT) PYTHON='$(PYTHON)' $(SHELL) $(srcdir)/%D%/fuzz.sh

.PHONY: fuzz check-fuzz fuzz-full fuzz-coverage distclean-fuzz
if FUZZING
fuzz: $(fuzz_programs) $(fuzz_modules)
	$(run_fuzz) $(SECONDS) $(TARGETS)
check-fuzz: $(fuzz_programs) $(fuzz_modules)
	$(run_fuzz) $(CHECK_FUZZ_SECONDS)
else
fuzz check-fuzz:
	@echo "$@: for libFuzzer, run configure with CC=clang and --enable-fuzzing" >&2; exit 1
endif

# In a build of its own, of "make check-full".
fuzz_tools = clang
fuzz-full:
	$(AM_TESTS_ENVIRONMENT) PYTHON='$(PYTHON)' $(SHELL) $(srcdir)/%D%/full.sh $(FULL_FUZZ_SECONDS)
distclean-local: distclean-fuzz
distclean-fuzz:
	rm -rf %D%/build

# Which part of the branches of its sources each target's inputs reach. For a build that counts them.
fuzz-coverage: $(fuzz_programs) $(fuzz_modules)
	$(AM_TESTS_ENVIRONMENT) PYTHON='$(PYTHON)' $(SHELL) $(srcdir)/%D%/coverage.sh $(TARGETS)
