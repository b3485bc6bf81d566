# SPDX-License-Identifier: BSD-2-Clause
# Fuzz targets. "make check" replays their seeds; in a build of configure --enable-fuzzing,
# "make fuzz SECONDS=n" and "make check-fuzz" fuzz. See tests/fuzz/README.

fuzz_programs = \
	tests/fuzz/fuzz_anchor tests/fuzz/fuzz_cmd tests/fuzz/fuzz_manage tests/fuzz/fuzz_row tests/fuzz/fuzz_answer tests/fuzz/fuzz_args tests/fuzz/fuzz_cidr tests/fuzz/fuzz_config \
	tests/fuzz/fuzz_event tests/fuzz/fuzz_penalty tests/fuzz/fuzz_request tests/fuzz/fuzz_scope \
	tests/fuzz/fuzz_token tests/fuzz/fuzz_varlink tests/fuzz/fuzz_verify tests/fuzz/fuzz_when
check_PROGRAMS += $(fuzz_programs)

# What every target has beside its own file, and what those on world.h's host have.
fuzz_plain = tests/fuzz/fuzz.c tests/fuzz/fuzz.h
fuzz_world = tests/fuzz/world.c tests/fuzz/world.h
fuzz_world_ldflags = $(fuzz_ldflags) -Wl,--wrap=pat_context_now,--wrap=randombytes_buf
if FUZZING
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
else
fuzz_ldflags = $(AM_LDFLAGS)
fuzz_plain += tests/fuzz/replay.c
endif
EXTRA_DIST += tests/fuzz/replay.c

tests_fuzz_fuzz_answer_SOURCES = tests/fuzz/fuzz_answer.c $(fuzz_plain)
tests_fuzz_fuzz_answer_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_answer_LDADD = libpatclient.la

tests_fuzz_fuzz_args_SOURCES = tests/fuzz/fuzz_args.c pam_pat/args.c pam_pat/args.h $(fuzz_plain)
tests_fuzz_fuzz_args_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_args_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_args_LDADD = libpatclient.la

tests_fuzz_fuzz_cidr_SOURCES = tests/fuzz/fuzz_cidr.c $(fuzz_plain)
tests_fuzz_fuzz_cidr_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_cidr_LDADD = libpatclient.la

tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c $(fuzz_plain)
tests_fuzz_fuzz_config_LDFLAGS = $(fuzz_ldflags) -Wl,--wrap=getpwnam
tests_fuzz_fuzz_config_LDADD = libpatserver.la

tests_fuzz_fuzz_event_SOURCES = tests/fuzz/fuzz_event.c $(fuzz_plain)
tests_fuzz_fuzz_event_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_event_LDADD = libpatserver.la

tests_fuzz_fuzz_penalty_SOURCES = tests/fuzz/fuzz_penalty.c patd/penalty.c patd/penalty.h \
	$(fuzz_plain)
tests_fuzz_fuzz_penalty_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_penalty_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_penalty_LDADD = libpatclient.la

tests_fuzz_fuzz_request_SOURCES = tests/fuzz/fuzz_request.c $(fuzz_plain)
tests_fuzz_fuzz_request_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_request_LDADD = libpatclient.la

tests_fuzz_fuzz_scope_SOURCES = tests/fuzz/fuzz_scope.c $(fuzz_plain)
tests_fuzz_fuzz_scope_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_scope_LDADD = libpatserver.la

tests_fuzz_fuzz_token_SOURCES = tests/fuzz/fuzz_token.c $(fuzz_plain)
tests_fuzz_fuzz_token_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_token_LDADD = libpatclient.la

tests_fuzz_fuzz_varlink_SOURCES = tests/fuzz/fuzz_varlink.c $(fuzz_plain)
tests_fuzz_fuzz_varlink_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_varlink_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_varlink_LDADD = libpatserver.la $(JANSSON_LIBS)

tests_fuzz_fuzz_verify_SOURCES = tests/fuzz/fuzz_verify.c tests/fuzz/model.c tests/fuzz/model.h \
	$(fuzz_world) $(fuzz_plain)
tests_fuzz_fuzz_verify_LDFLAGS = $(fuzz_world_ldflags)
tests_fuzz_fuzz_verify_LDADD = libpatserver.la

tests_fuzz_fuzz_when_SOURCES = tests/fuzz/fuzz_when.c $(fuzz_plain)
tests_fuzz_fuzz_when_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_when_LDADD = libpatserver.la

tests_fuzz_fuzz_anchor_SOURCES = tests/fuzz/fuzz_anchor.c $(fuzz_plain)
tests_fuzz_fuzz_anchor_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_anchor_LDADD = libpatserver.la

tests_fuzz_fuzz_row_SOURCES = tests/fuzz/fuzz_row.c $(fuzz_world) $(fuzz_plain)
tests_fuzz_fuzz_row_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_fuzz_fuzz_row_LDFLAGS = $(fuzz_world_ldflags)
tests_fuzz_fuzz_row_LDADD = libpatserver.la $(SQLITE_LIBS)

tests_fuzz_fuzz_cmd_SOURCES = tests/fuzz/fuzz_cmd.c $(fuzz_plain) \
	admin/ask.c admin/claim.c admin/cmd.c admin/cmd_create.c admin/cmd_help.c admin/cmd_host.c \
	admin/cmd_look.c admin/cmd_people.c admin/cmd_table.c admin/cmd_tokens.c admin/fields.c \
	admin/out.c admin/out_json.c admin/out_text.c admin/out_time.c admin/prompt.c admin/tell.c \
	admin/times.c
tests_fuzz_fuzz_cmd_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(SMARTCOLS_CFLAGS)
tests_fuzz_fuzz_cmd_LDFLAGS = $(fuzz_ldflags) -Wl,--wrap=exit
tests_fuzz_fuzz_cmd_LDADD = libpatserver.la $(JANSSON_LIBS) $(SMARTCOLS_LIBS)

tests_fuzz_fuzz_manage_SOURCES = tests/fuzz/fuzz_manage.c \
	tests/fuzz/manage_host.c tests/fuzz/manage_host.h \
	tests/fuzz/manage_view.c tests/fuzz/manage_view.h \
	tests/fuzz/manage_words.c tests/fuzz/manage_words.h \
	patd/call.c patd/call_json.c patd/groups.c patd/groups_worker.c patd/listen.c patd/loop.c \
	patd/manage_check.c patd/manage_log.c patd/manage_op.c patd/manage_status.c \
	patd/manage_table.c patd/manage_tenants.c patd/manage_tokens.c patd/manage_users.c \
	patd/server.c $(fuzz_world) $(fuzz_plain)
tests_fuzz_fuzz_manage_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(SQLITE_CFLAGS) -pthread
tests_fuzz_fuzz_manage_LDFLAGS = $(fuzz_world_ldflags) -Wl,--wrap=pat_anchor_advance \
	-Wl,--wrap=pat_context_usage,--wrap=pat_context_writer,--wrap=pat_peer_get \
	-Wl,--wrap=pat_peer_login_find,--wrap=pat_store_close,--wrap=patd_groups_ask
tests_fuzz_fuzz_manage_LDADD = libpatserver.la $(JANSSON_LIBS) $(SQLITE_LIBS)
