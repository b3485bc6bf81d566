/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage.db: what is counted, what is kept one by one, what is dropped and what is lost; and that
 * nothing about it can stop anybody.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/store/usage.h"
#include "tests/unit/support.h"

#define DAY PAT_USAGE_DAY
#define TODAY INT64_C(20000)
#define NOW (TODAY * DAY + 1000)
#define QUEUE 1024

struct rig {
    char dir[SUPPORT_PATH_MAX];
    struct pat_usage *usage;
};

static void
note_at(const struct rig *rig, const char *id, enum pat_verdict verdict, int64_t at,
        const char *service)
{
    struct pat_usage_note note = {.tenant = "acme", .verdict = verdict, .at = at};

    pat_text_clip(note.id, sizeof note.id, id);
    pat_text_clip(note.service, sizeof note.service, service);
    snprintf(note.address, sizeof note.address, "192.0.2.%d", (int)(at % 256));
    pat_usage_note(rig->usage, &note);
}

static void
note(const struct rig *rig, const char *id, enum pat_verdict verdict, int64_t at)
{
    note_at(rig, id, verdict, at, "sshd");
}

static void
flush(const struct rig *rig)
{
    assert_ok(pat_usage_flush(rig->usage));
}

/* --- what was used last --- */

static void
nothing_is_zero(struct rig *rig)
{
    struct pat_usage_last last, zero;

    memset(&zero, 0, sizeof zero);
    memset(&last, 0xaa, sizeof last);
    assert_ok(pat_usage_last(rig->usage, "acme", "aaaaaaaa", &last));
    assert_memory_equal(&last, &zero, sizeof zero);
    assert_int_equal(pat_usage_since(rig->usage), NOW);
    assert_int_equal(pat_usage_lost(rig->usage), 0);
}

static void
last_use_is_the_last_acceptance(struct rig *rig)
{
    struct pat_usage_last last;

    note(rig, "aaaaaaaa", PAT_VERDICT_EXPIRED, NOW + 1);
    flush(rig);
    assert_ok(pat_usage_last(rig->usage, "acme", "aaaaaaaa", &last));
    assert_int_equal(last.at, 0); /* a refusal is no use */
    assert_int_equal(last.refused, 1);
    note(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW + 2);
    note_at(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW + 5, "imap");
    note(rig, "aaaaaaaa", PAT_VERDICT_REVOKED, NOW + 9);
    note(rig, "bbbbbbbb", PAT_VERDICT_ACCEPTED, NOW + 20);
    flush(rig);
    assert_ok(pat_usage_last(rig->usage, "acme", "aaaaaaaa", &last));
    assert_int_equal(last.at, NOW + 5);
    expect_text("service", last.service, "imap");
    assert_int_equal(last.accepted, 2);
    assert_int_equal(last.refused, 2);
    assert_ok(pat_usage_last(rig->usage, "lab", "aaaaaaaa", &last));
    assert_int_equal(last.accepted, 0);
}

/* --- the last uses --- */

struct uses {
    char text[1024];
    size_t count;
    size_t stop_at;
};

static bool
collect_use(void *context, int64_t at, const char *service, const char *address,
            const char *verdict)
{
    struct uses *uses = context;
    size_t used = strlen(uses->text);

    (void)service;
    assert_true(address[0] != '\0');
    snprintf(uses->text + used, sizeof uses->text - used, "%s%lld%s", used == 0 ? "" : " ",
             (long long)(at - NOW), pat_text_equal(verdict, "accepted") ? "" : verdict);
    return ++uses->count != uses->stop_at;
}

static void
expect_uses(const struct rig *rig, const char *wanted)
{
    struct uses uses = {.text = ""};

    flush(rig);
    assert_ok(pat_usage_recent(rig->usage, "acme", "aaaaaaaa", collect_use, &uses));
    expect_text("recent uses", uses.text, wanted);
}

static void
twenty_uses_are_kept(struct rig *rig)
{
    struct uses uses = {.stop_at = 3};

    for (int i = 1; i <= 3; i++)
        note(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW + i);
    expect_uses(rig, "3 2 1");
    note(rig, "aaaaaaaa", PAT_VERDICT_EXPIRED, NOW + 4);
    expect_uses(rig, "4expired 3 2 1");
    for (int i = 5; i <= 47; i++)
        note(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW + i);
    expect_uses(rig, "47 46 45 44 43 42 41 40 39 38 37 36 35 34 33 32 31 30 29 28");
    assert_ok(pat_usage_recent(rig->usage, "acme", "aaaaaaaa", collect_use, &uses));
    expect_text("false ends", uses.text, "47 46 45");
}

/* However many guesses come, and in whatever rhythm, the twenty real uses stay. */
static void
guesses_push_nothing_out(struct rig *rig)
{
    static const char wanted[] = "20 19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1";
    struct pat_usage_last last;
    int64_t guesses = 0;

    for (int i = 1; i <= 20; i++) {
        note(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW + i);
        for (int j = 0; j < 19; j++, guesses++)
            note(rig, "aaaaaaaa", PAT_VERDICT_BAD_SECRET, NOW + i);
    }
    expect_uses(rig, wanted);
    for (int j = 0; j < 45; j++, guesses++)
        note(rig, "aaaaaaaa", PAT_VERDICT_BAD_SECRET, NOW + 30);
    expect_uses(rig, wanted);
    assert_ok(pat_usage_last(rig->usage, "acme", "aaaaaaaa", &last));
    assert_int_equal(last.refused, guesses);
    assert_int_equal(last.accepted, 20);
}

/* --- days --- */

static bool
collect_day(void *context, const char *service, int64_t day, int64_t accepted, int64_t refused)
{
    struct uses *uses = context;
    size_t used = strlen(uses->text);

    snprintf(uses->text + used, sizeof uses->text - used, "%s%s:%lld:%lld/%lld",
             used == 0 ? "" : " ", service, (long long)(day - TODAY), (long long)accepted,
             (long long)refused);
    return ++uses->count != uses->stop_at;
}

static void
expect_days(const struct rig *rig, const char *tenant, const char *id, int64_t from,
            const char *wanted)
{
    struct uses uses = {.text = ""};

    flush(rig);
    assert_ok(pat_usage_by_day(rig->usage, tenant, id, from, collect_day, &uses));
    expect_text("days", uses.text, wanted);
}

static void
days_are_counted(struct rig *rig)
{
    struct pat_usage_note other = {
        .tenant = "lab", .service = "imap", .verdict = PAT_VERDICT_ACCEPTED, .at = NOW};

    note(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW);
    note(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, (TODAY + 1) * DAY - 1); /* the same day */
    note(rig, "aaaaaaaa", PAT_VERDICT_REVOKED, (TODAY + 1) * DAY);
    note_at(rig, "bbbbbbbb", PAT_VERDICT_ACCEPTED, NOW, "imap");
    note_at(rig, "", PAT_VERDICT_UNKNOWN, NOW, "imap"); /* no token: the service's count only */
    pat_usage_note(rig->usage, &other);
    expect_days(rig, "acme", "aaaaaaaa", 0, "sshd:0:2/0 sshd:1:0/1");
    expect_days(rig, "acme", "aaaaaaaa", TODAY + 1, "sshd:1:0/1");
    expect_days(rig, "acme", "bbbbbbbb", 0, "imap:0:1/0");
    expect_days(rig, "acme", "cccccccc", 0, "");
    expect_days(rig, "acme", "", 0, "imap:0:1/1 sshd:0:2/0 sshd:1:0/1");
    expect_days(rig, "lab", "", 0, "imap:0:1/0");
    expect_days(rig, "", "", 0, "imap:0:2/1 sshd:0:2/0 sshd:1:0/1");
    expect_days(rig, "", "", TODAY + 2, "");
}

static void
old_days_are_dropped(struct rig *rig)
{
    note(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW);
    note(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW + DAY);
    flush(rig);
    note(rig, "bbbbbbbb", PAT_VERDICT_ACCEPTED, NOW + PAT_USAGE_DAYS * DAY);
    expect_days(rig, "acme", "aaaaaaaa", 0, "sshd:0:1/0 sshd:1:1/0");
    note(rig, "bbbbbbbb", PAT_VERDICT_ACCEPTED, NOW + (PAT_USAGE_DAYS + 1) * DAY);
    expect_days(rig, "acme", "aaaaaaaa", 0, "sshd:1:1/0");
    expect_days(rig, "acme", "", TODAY, "sshd:1:1/0 sshd:400:1/0 sshd:401:1/0");
}

/* --- services --- */

static bool
is_accepted_by(const struct rig *rig, const char *tenant, const char *id, const char *service)
{
    bool accepted = false;

    flush(rig);
    assert_ok(pat_usage_accepted_by(rig->usage, tenant, id, service, &accepted));
    return accepted;
}

static void
services_that_accepted_are_known(struct rig *rig)
{
    note_at(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW, "sshd");
    note_at(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW + 1, "imap");
    note_at(rig, "aaaaaaaa", PAT_VERDICT_REVOKED, NOW + 2, "http");
    assert_true(is_accepted_by(rig, "acme", "aaaaaaaa", "sshd"));
    assert_true(is_accepted_by(rig, "acme", "aaaaaaaa", "imap"));
    assert_false(is_accepted_by(rig, "acme", "aaaaaaaa", "http"));
    assert_false(is_accepted_by(rig, "acme", "aaaaaaaa", "ima"));
    assert_false(is_accepted_by(rig, "acme", "aaaaaaaa", ""));
    assert_false(is_accepted_by(rig, "acme", "bbbbbbbb", "imap"));
    assert_false(is_accepted_by(rig, "lab", "aaaaaaaa", "imap"));
}

/* Its day is dropped, then its place among the last uses is taken. */
static void
services_are_forgotten_at_last(struct rig *rig)
{
    note_at(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW, "sshd");
    note_at(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW, "imap");
    flush(rig);
    for (int i = 0; i < PAT_USAGE_RECENT; i++) {
        assert_true(is_accepted_by(rig, "acme", "aaaaaaaa", "imap"));
        note_at(rig, "aaaaaaaa", PAT_VERDICT_EXPIRED, NOW + (PAT_USAGE_DAYS + 1) * DAY, "http");
    }
    assert_false(is_accepted_by(rig, "acme", "aaaaaaaa", "sshd"));
    assert_true(is_accepted_by(rig, "acme", "aaaaaaaa", "imap")); /* the last one is kept */
}

/* --- one moment --- */

static void *
flush_elsewhere(void *context)
{
    flush(context);
    return NULL;
}

/* What came meanwhile is neither seen nor lost. */
static void
nothing_changes_while_held(struct rig *rig)
{
    struct pat_usage_last last;
    pthread_t thread;

    note(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW + 1);
    flush(rig);
    pat_usage_hold(rig->usage);
    note(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW + 2);
    flush(rig); /* does nothing: the moment is ours */
    assert_int_equal(pthread_create(&thread, NULL, flush_elsewhere, rig), 0);
    for (int i = 0; i < 100; i++) {
        assert_ok(pat_usage_last(rig->usage, "acme", "aaaaaaaa", &last));
        assert_int_equal(last.at, NOW + 1);
    }
    pat_usage_release(rig->usage);
    pthread_join(thread, NULL);
    assert_ok(pat_usage_last(rig->usage, "acme", "aaaaaaaa", &last));
    assert_int_equal(last.at, NOW + 2);
    assert_int_equal(last.accepted, 2);
    assert_int_equal(pat_usage_lost(rig->usage), 0);
}

/* --- the queue --- */

static void
queue_is_bounded(struct rig *rig)
{
    struct pat_usage_last last;

    for (int i = 0; i < QUEUE + 10; i++)
        note(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW + i);
    assert_int_equal(pat_usage_lost(rig->usage), 10);
    flush(rig);
    assert_ok(pat_usage_last(rig->usage, "acme", "aaaaaaaa", &last));
    assert_int_equal(last.accepted, QUEUE);
    note(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW);
    flush(rig);
    flush(rig); /* nothing is written twice */
    assert_ok(pat_usage_last(rig->usage, "acme", "aaaaaaaa", &last));
    assert_int_equal(last.accepted, QUEUE + 1);
    assert_int_equal(pat_usage_lost(rig->usage), 10);
}

#define THREADS 4
#define NOTES 5000

static void *
note_much(void *context)
{
    for (int i = 0; i < NOTES; i++)
        note(context, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW + i);
    return NULL;
}

static void
threads_may_note(struct rig *rig)
{
    pthread_t threads[THREADS];
    struct pat_usage_last last;

    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, note_much, rig), 0);
    for (int i = 0; i < 20; i++) {
        flush(rig);
        assert_ok(pat_usage_last(rig->usage, "acme", "aaaaaaaa", &last));
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    flush(rig);
    assert_ok(pat_usage_last(rig->usage, "acme", "aaaaaaaa", &last));
    assert_int_equal(last.accepted + (int64_t)pat_usage_lost(rig->usage), THREADS * NOTES);
}

/* --- the file --- */

static void
closing_flushes(struct rig *rig)
{
    struct pat_usage_last last;

    note(rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW + 7);
    pat_usage_close(rig->usage);
    assert_ok(pat_usage_open(rig->dir, NOW + 99, &rig->usage));
    assert_int_equal(pat_usage_since(rig->usage), NOW); /* not begun anew */
    assert_ok(pat_usage_last(rig->usage, "acme", "aaaaaaaa", &last));
    assert_int_equal(last.at, NOW + 7);
}

static const struct spoil {
    const char *title;
    const char *bytes; /* of the file; NULL: the statement is run instead */
    const char *sql;
} spoils[] = {
    {"junk for a database", "this is no database at all", NULL},
    {"a newer version", NULL, "PRAGMA user_version = 2"},
    {"a missing table", NULL, "DROP TABLE since"},
    {"no beginning", NULL, "DELETE FROM since"},
};

static void
spoil(const struct rig *rig, const struct spoil *one)
{
    char path[SUPPORT_PATH_MAX], junk[4096] = "";
    sqlite3 *db;

    if (one->bytes != NULL) {
        pat_text_clip(junk, sizeof junk, one->bytes);
        support_write(rig->dir, "usage.db", junk, sizeof junk);
        return;
    }
    support_path(path, rig->dir, "usage.db");
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, one->sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void
bad_files_are_put_aside(void **state)
{
    const struct spoil *one = *state;
    struct pat_usage_last last;
    struct rig rig;

    support_dir(rig.dir);
    assert_ok(pat_usage_open(rig.dir, NOW, &rig.usage));
    note(&rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW);
    pat_usage_close(rig.usage);
    spoil(&rig, one);
    support_log_collect();
    assert_ok(pat_usage_open(rig.dir, NOW + 50, &rig.usage));
    assert_int_equal(support_log_count("failure"), 1);
    assert_true(support_exists(rig.dir, "usage.db.bad"));
    assert_int_equal(pat_usage_since(rig.usage), NOW + 50);
    assert_ok(pat_usage_last(rig.usage, "acme", "aaaaaaaa", &last));
    assert_int_equal(last.accepted, 0);
    note(&rig, "aaaaaaaa", PAT_VERDICT_ACCEPTED, NOW + 60);
    flush(&rig);
    assert_ok(pat_usage_last(rig.usage, "acme", "aaaaaaaa", &last));
    assert_int_equal(last.accepted, 1);
    pat_usage_close(rig.usage);
}

static void
without_usage_nothing_happens(void **state)
{
    const struct pat_usage_note note_of = {.tenant = "acme", .id = "aaaaaaaa"};
    struct uses uses = {.text = ""};
    struct pat_usage_last last;
    struct pat_usage *usage = NULL;
    bool accepted = true;
    int64_t days;
    char dir[SUPPORT_PATH_MAX], none[SUPPORT_PATH_MAX];

    (void)state;
    pat_usage_note(NULL, &note_of);
    pat_usage_hold(NULL);
    pat_usage_release(NULL);
    assert_ok(pat_usage_flush(NULL));
    assert_int_equal(pat_usage_lost(NULL), 0);
    assert_true(pat_usage_since(NULL) > NOW); /* nobody can be called unused */
    memset(&last, 0xaa, sizeof last);
    assert_ok(pat_usage_last(NULL, "acme", "aaaaaaaa", &last));
    assert_int_equal(last.accepted + last.refused + last.at, 0);
    assert_ok(pat_usage_accepted_by(NULL, "acme", "aaaaaaaa", "sshd", &accepted));
    assert_false(accepted);
    assert_ok(pat_usage_recent(NULL, "acme", "aaaaaaaa", collect_use, &uses));
    assert_ok(pat_usage_by_day(NULL, "acme", "", 0, collect_day, &uses));
    assert_int_equal(uses.count, 0);
    assert_err(pat_usage_told(NULL, "acme", "aaaaaaaa", &days), PAT_ERR_UNAVAILABLE);
    assert_err(pat_usage_tell(NULL, "acme", "aaaaaaaa", 7, NOW), PAT_ERR_UNAVAILABLE);
    pat_usage_close(NULL);
    support_dir(dir);
    support_path(none, dir, "none");
    assert_err(pat_usage_open(none, NOW, &usage), PAT_ERR_IO);
    assert_null(usage);
}

static const struct usage_case {
    const char *title;
    void (*run)(struct rig *rig);
} cases[] = {
    {"nothing is zero", nothing_is_zero},
    {"the last use is the last acceptance", last_use_is_the_last_acceptance},
    {"twenty uses are kept", twenty_uses_are_kept},
    {"guesses at a secret push nothing out", guesses_push_nothing_out},
    {"days are counted", days_are_counted},
    {"old days are dropped", old_days_are_dropped},
    {"services that accepted are known", services_that_accepted_are_known},
    {"services are forgotten at last", services_are_forgotten_at_last},
    {"nothing changes while it is held", nothing_changes_while_held},
    {"the queue is bounded", queue_is_bounded},
    {"threads may note", threads_may_note},
    {"closing flushes", closing_flushes},
};

static void
run_case(void **state)
{
    const struct usage_case *one = *state;
    struct rig rig;

    support_dir(rig.dir);
    assert_ok(pat_usage_open(rig.dir, NOW, &rig.usage));
    one->run(&rig);
    pat_usage_close(rig.usage);
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, cases, run_case);
    SUPPORT_TABLE(&list, spoils, bad_files_are_put_aside);
    support_add(&list, "without usage nothing happens", without_usage_nothing_happens, NULL);
    return support_run("usage", &list);
}
