/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scans and counts, over every backend: which rows, in which order, from where on, how many. The
 * rows of one small world are looked at through a table of scans.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/unit/support.h"

static const struct pat_store_ops *const backends[] = {&pat_sqlite_ops, &pat_memory_ops};
static void *opened[COUNT(backends)];

/* --- the world --- */

static const struct {
    const char *tenant, *user;
    int64_t uid; /* -1: virtual */
} users[] = {{"acme", "user0", 1000}, {"acme", "user1", 1001}, {"acme", "aaron", -1},
             {"lab", "user0", 1000},  {"lab", "zoe", 1002},    {"zero", "user0", 1000}};

#define NEVER (-1)

static const struct {
    const char *tenant;
    int64_t seq;
    const char *id, *user, *name;
    int32_t state;
    int64_t expires, pending;
    const char *successor;
} tokens[] = {
    {"acme", 1, "aaaa0001", "user0", "laptop", PAT_STATE_ACTIVE, 500, 0, ""},
    {"acme", 2, "aaaa0002", "user1", "laptop", PAT_STATE_PENDING, NEVER, 100, ""},
    {"acme", 3, "aaab0003", "user0", "server", PAT_STATE_REVOKED, NEVER, 0, ""},
    {"acme", 4, "bbbb0004", "user0", "laptop", PAT_STATE_ACTIVE, NEVER, 0, ""},
    {"acme", 5, "bbbb0005", "user1", "phone", PAT_STATE_PENDING, 400, 50, ""},
    {"acme", 6, "bbbb0006", "user0", "Laptop", PAT_STATE_ACTIVE, NEVER, 0, "aaaa0001"},
    {"lab", 1, "aaaa0009", "user0", "laptop", PAT_STATE_ACTIVE, 300, 0, ""},
    {"lab", 2, "cccc0002", "user0", "laptop", PAT_STATE_SUSPENDED, 200, 0, ""},
    {"lab", 3, "cccc0003", "user0", "tablet", PAT_STATE_ACTIVE, 400, 0, ""},
    {"lab", 9, "cccc0004", "user0", "tablet", PAT_STATE_REVOKED, 450, 0, ""},
};

static void
put(size_t which, enum pat_row_kind kind, union pat_row *row)
{
    if (pat_row_type(kind)->sealed)
        *pat_row_version(kind, row) = 1;
    assert_ok(backends[which]->put(opened[which], kind, row));
}

static void
put_named(size_t which, enum pat_row_kind kind, const char *tenant, const char *field,
          const char *name)
{
    const struct pat_field *place = support_field(kind, field);
    union pat_row row;

    support_row(kind, 1, &row);
    pat_text_clip(pat_row_field(&row, support_field(kind, "tenant")), PAT_TENANT_MAX + 1, tenant);
    pat_text_clip(pat_row_field(&row, place), place->size, name);
    put(which, kind, &row);
}

static void
put_users(size_t which)
{
    for (size_t i = 0; i < COUNT(users); i++) {
        union pat_row row;

        support_row(PAT_ROW_USER, 1, &row);
        pat_text_clip(row.user.tenant, sizeof row.user.tenant, users[i].tenant);
        pat_text_clip(row.user.user, sizeof row.user.user, users[i].user);
        row.user.uid = (struct pat_optional){.set = users[i].uid >= 0, .at = users[i].uid};
        if (!row.user.uid.set)
            row.user.account[0] = '\0';
        put(which, PAT_ROW_USER, &row);
    }
}

static void
put_tokens(size_t which)
{
    for (size_t i = 0; i < COUNT(tokens); i++) {
        union pat_row row;

        support_row(PAT_ROW_TOKEN, 1, &row);
        pat_text_clip(row.token.tenant, sizeof row.token.tenant, tokens[i].tenant);
        pat_text_clip(row.token.id, sizeof row.token.id, tokens[i].id);
        pat_text_clip(row.token.user, sizeof row.token.user, tokens[i].user);
        pat_text_clip(row.token.name, sizeof row.token.name, tokens[i].name);
        pat_text_clip(row.token.successor, sizeof row.token.successor, tokens[i].successor);
        row.token.created_seq = tokens[i].seq;
        row.token.state = tokens[i].state;
        row.token.ended.set = tokens[i].state == PAT_STATE_REVOKED;
        row.token.expires = (struct pat_optional){.set = tokens[i].expires != NEVER,
                                                  .at = tokens[i].expires};
        row.token.pending_until = (struct pat_optional){.set = tokens[i].state == PAT_STATE_PENDING,
                                                        .at = tokens[i].pending};
        put(which, PAT_ROW_TOKEN, &row);
    }
}

static void
put_changes(size_t which, const char *tenant, int64_t count)
{
    for (int64_t seq = 1; seq <= count; seq++) {
        union pat_row row;

        support_row(PAT_ROW_CHANGE, 1, &row);
        pat_text_clip(row.change.tenant, sizeof row.change.tenant, tenant);
        row.change.seq = seq;
        put(which, PAT_ROW_CHANGE, &row);
    }
}

static void
furnish(void **state)
{
    char dir[SUPPORT_PATH_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(backends); i++) {
        support_dir(dir);
        assert_ok(backends[i]->open(dir, PAT_STORE_CREATE, &opened[i]));
        assert_ok(backends[i]->begin(opened[i], true));
        put_named(i, PAT_ROW_TENANT, "lab", "contact", "");
        put_named(i, PAT_ROW_TENANT, "acme", "contact", "");
        put_named(i, PAT_ROW_TENANT, "zero", "contact", "");
        put_named(i, PAT_ROW_HEAD, "lab", "tenant", "lab");
        put_named(i, PAT_ROW_HEAD, "", "tenant", "");
        put_named(i, PAT_ROW_HEAD, "acme", "tenant", "acme");
        put_users(i);
        put_tokens(i);
        put_named(i, PAT_ROW_GROUP, "acme", "group_name", "wheel");
        put_named(i, PAT_ROW_GROUP, "acme", "group_name", "adm");
        put_named(i, PAT_ROW_GROUP, "lab", "group_name", "staff");
        put_named(i, PAT_ROW_SCOPE, "", "scope", "um:write");
        put_named(i, PAT_ROW_SCOPE, "", "scope", "um:read");
        put_named(i, PAT_ROW_SCOPE, "", "scope", "ssh:login");
        put_changes(i, "acme", 5);
        put_changes(i, "", 2);
        put_changes(i, "lab", 1);
        assert_ok(backends[i]->commit(opened[i]));
    }
}

static void
close_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(backends); i++)
        backends[i]->close(opened[i]);
}

/* --- scans --- */

struct found {
    enum pat_scan_what what;
    char text[512];
    size_t count;
    size_t stop_at; /* 0: never */
    struct pat_scan next;
    char last[64];
};

static bool
note(void *context, const void *record)
{
    struct found *found = context;
    enum pat_row_kind kind = pat_store_ops_scan_kind(found->what);
    size_t used = strlen(found->text);
    const char *tenant = pat_row_tenant(kind, record);

    if (kind == PAT_ROW_CHANGE) {
        const struct pat_change_record *change = record;

        snprintf(found->last, sizeof found->last, "%s:%d", tenant, (int)change->seq);
        found->next.number = change->seq;
        found->next.before = change->seq;
    } else if (kind == PAT_ROW_TOKEN) {
        snprintf(found->last, sizeof found->last, "%s", pat_row_name(kind, record));
        found->next.before = ((const struct pat_token_record *)record)->created_seq;
    } else if (pat_row_type(kind)->name_field == NULL) {
        snprintf(found->last, sizeof found->last, "%s", tenant[0] == '\0' ? "-" : tenant);
    } else {
        snprintf(found->last, sizeof found->last, "%s/%s", tenant, pat_row_name(kind, record));
    }
    snprintf(found->text + used, sizeof found->text - used, "%s%s", used == 0 ? "" : " ",
             found->last);
    found->count++;
    return found->count != found->stop_at;
}

#define SCAN(which, ...)                                                                           \
    {                                                                                              \
        .what = PAT_SCAN_##which, __VA_ARGS__                                                      \
    }

static const struct scan_case {
    const char *title;
    struct pat_scan scan;
    const char *wanted;
} scans[] = {
    {"tenants by name", SCAN(TENANTS, .limit = 0), "acme lab zero"},
    {"tenants behind a name", SCAN(TENANTS, .after_name = "acme"), "lab zero"},
    {"tenants behind a name that is none", SCAN(TENANTS, .after_name = "b"), "lab zero"},
    {"tenants behind the last", SCAN(TENANTS, .after_name = "zero"), ""},
    {"two tenants", SCAN(TENANTS, .limit = 2), "acme lab"},
    {"heads, the host's first", SCAN(HEADS, .limit = 0), "- acme lab"},
    {"heads from a name on", SCAN(HEADS, .after_name = "acme"), "acme lab"},
    {"one head", SCAN(HEADS, .limit = 1), "-"},
    {"users of a tenant", SCAN(USERS, .tenant = "acme"), "acme/aaron acme/user0 acme/user1"},
    {"users behind a name", SCAN(USERS, .tenant = "acme", .after_name = "user0"), "acme/user1"},
    {"users of no tenant", SCAN(USERS, .tenant = "none"), ""},
    {"users of the empty tenant", SCAN(USERS, .limit = 0), ""},
    {"users of a uid in all tenants", SCAN(USERS_OF_UID, .number = 1000),
     "acme/user0 lab/user0 zero/user0"},
    {"users of another uid", SCAN(USERS_OF_UID, .number = 1002), "lab/zoe"},
    {"virtual users have no uid 0", SCAN(USERS_OF_UID, .number = 0), ""},
    {"virtual users have no uid -1", SCAN(USERS_OF_UID, .number = -1), ""},
    {"groups of a tenant", SCAN(GROUPS, .tenant = "acme"), "acme/adm acme/wheel"},
    {"groups behind a name", SCAN(GROUPS, .tenant = "acme", .after_name = "adm"), "acme/wheel"},
    {"groups of another tenant", SCAN(GROUPS, .tenant = "lab"), "lab/staff"},
    {"the catalogue", SCAN(SCOPES, .limit = 0), "/ssh:login /um:read /um:write"},
    {"the catalogue behind a name", SCAN(SCOPES, .after_name = "um:read"), "/um:write"},
    {"tokens, newest first", SCAN(TOKENS, .tenant = "acme"),
     "bbbb0006 bbbb0005 bbbb0004 aaab0003 aaaa0002 aaaa0001"},
    {"tokens before one", SCAN(TOKENS, .tenant = "acme", .before = 3), "aaaa0002 aaaa0001"},
    {"tokens before the first", SCAN(TOKENS, .tenant = "acme", .before = 1), ""},
    {"tokens before one, at most one", SCAN(TOKENS, .tenant = "acme", .before = 5, .limit = 1),
     "bbbb0004"},
    {"tokens of another tenant", SCAN(TOKENS, .tenant = "lab"),
     "cccc0004 cccc0003 cccc0002 aaaa0009"},
    {"tokens of a user", SCAN(TOKENS_OF_USER, .tenant = "acme", .name = "user0"),
     "bbbb0006 bbbb0004 aaab0003 aaaa0001"},
    {"tokens of a user before one",
     SCAN(TOKENS_OF_USER, .tenant = "acme", .name = "user0", .before = 4), "aaab0003 aaaa0001"},
    {"tokens of nobody", SCAN(TOKENS_OF_USER, .tenant = "acme", .name = "user"), ""},
    {"tokens by id in all tenants", SCAN(TOKENS_BY_ID, .name = "aaaa"),
     "aaaa0001 aaaa0002 aaaa0009"},
    {"tokens by id in one tenant", SCAN(TOKENS_BY_ID, .name = "aaaa", .tenant = "acme"),
     "aaaa0001 aaaa0002"},
    {"tokens by the whole id", SCAN(TOKENS_BY_ID, .name = "cccc0002"), "cccc0002"},
    {"tokens by an id in the wrong tenant",
     SCAN(TOKENS_BY_ID, .name = "cccc0002", .tenant = "acme"), ""},
    {"tokens by any id", SCAN(TOKENS_BY_ID, .tenant = "lab"),
     "aaaa0009 cccc0002 cccc0003 cccc0004"},
    {"tokens by id, at most two", SCAN(TOKENS_BY_ID, .name = "", .limit = 2), "aaaa0001 aaaa0002"},
    {"tokens by an id with wildcards", SCAN(TOKENS_BY_ID, .name = "aaa%"), ""},
    {"tokens named so", SCAN(TOKENS_NAMED, .tenant = "acme", .name = "laptop"),
     "bbbb0004 aaaa0002 aaaa0001"},
    {"names are compared byte for byte", SCAN(TOKENS_NAMED, .tenant = "acme", .name = "Laptop"),
     "bbbb0006"},
    {"names are not prefixes", SCAN(TOKENS_NAMED, .tenant = "acme", .name = "lap"), ""},
    {"tokens named so before one",
     SCAN(TOKENS_NAMED, .tenant = "acme", .name = "laptop", .before = 4), "aaaa0002 aaaa0001"},
    {"overdue: none yet", SCAN(TOKENS_OVERDUE, .number = 49), ""},
    {"overdue: at its deadline", SCAN(TOKENS_OVERDUE, .number = 50), "bbbb0005"},
    {"overdue: one before the next", SCAN(TOKENS_OVERDUE, .number = 99), "bbbb0005"},
    {"overdue: both", SCAN(TOKENS_OVERDUE, .number = 100), "bbbb0005 aaaa0002"},
    {"overdue: at most one", SCAN(TOKENS_OVERDUE, .number = 1000, .limit = 1), "bbbb0005"},
    {"ending, of all tenants", SCAN(TOKENS_ENDING, .number = 250), "aaaa0009 cccc0003 aaaa0001"},
    {"ending, of one tenant", SCAN(TOKENS_ENDING, .number = 0, .tenant = "lab"),
     "aaaa0009 cccc0003"},
    {"ending now is over", SCAN(TOKENS_ENDING, .number = 300), "cccc0003 aaaa0001"},
    {"ending, at most one", SCAN(TOKENS_ENDING, .number = 0, .limit = 1), "aaaa0009"},
    {"changes, oldest first", SCAN(CHANGES, .tenant = "acme"),
     "acme:1 acme:2 acme:3 acme:4 acme:5"},
    {"changes after one", SCAN(CHANGES, .tenant = "acme", .number = 3), "acme:4 acme:5"},
    {"changes after the last", SCAN(CHANGES, .tenant = "acme", .number = 5), ""},
    {"changes of the host", SCAN(CHANGES, .limit = 0), ":1 :2"},
    {"changes, at most two", SCAN(CHANGES, .tenant = "acme", .number = 1, .limit = 2),
     "acme:2 acme:3"},
    {"changes, newest first", SCAN(CHANGES_BACK, .tenant = "acme"),
     "acme:5 acme:4 acme:3 acme:2 acme:1"},
    {"changes before one", SCAN(CHANGES_BACK, .tenant = "acme", .before = 3), "acme:2 acme:1"},
    {"the newest change of the host", SCAN(CHANGES_BACK, .limit = 1), ":2"},
};

static void
run_scan(void **state)
{
    const struct scan_case *one = *state;

    for (size_t i = 0; i < COUNT(backends); i++) {
        struct found found = {.what = one->scan.what};

        assert_ok(backends[i]->scan(opened[i], &one->scan, note, &found));
        expect_text(backends[i]->name, found.text, one->wanted);
    }
}

/* Page by page gives the same as all at once; heads begin with the name that is given. */
static void
pages_add_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(backends); i++)
        for (size_t j = 0; j < COUNT(scans); j++)
            for (int64_t limit = 1; limit <= 3; limit++) {
                const struct pat_scan *scan = &scans[j].scan;
                struct found all = {.what = scan->what}, paged = {.what = scan->what};
                size_t before;

                if (scan->limit != 0 || scan->what == PAT_SCAN_HEADS ||
                    scan->what == PAT_SCAN_USERS_OF_UID || scan->what == PAT_SCAN_TOKENS_BY_ID ||
                    scan->what == PAT_SCAN_TOKENS_OVERDUE || scan->what == PAT_SCAN_TOKENS_ENDING)
                    continue;
                assert_ok(backends[i]->scan(opened[i], scan, note, &all));
                paged.next = *scan;
                paged.next.limit = limit;
                do {
                    const char *slash = strchr(paged.last, '/');
                    struct pat_scan page = paged.next;

                    before = paged.count;
                    if (before > 0)
                        page.after_name = slash == NULL ? paged.last : slash + 1;
                    assert_ok(backends[i]->scan(opened[i], &page, note, &paged));
                } while (paged.count > before);
                expect_text(scans[j].title, paged.text, all.text);
            }
}

static void
each_ends_a_scan(void **state)
{
    const struct pat_scan scan = SCAN(CHANGES, .tenant = "acme");

    (void)state;
    for (size_t i = 0; i < COUNT(backends); i++) {
        struct found found = {.what = scan.what, .stop_at = 2};

        assert_ok(backends[i]->scan(opened[i], &scan, note, &found));
        expect_text(backends[i]->name, found.text, "acme:1 acme:2");
    }
}

struct nested {
    size_t which;
    struct found inner;
    size_t outer;
};

static bool
scan_again(void *context, const void *record)
{
    const struct pat_scan scan = SCAN(USERS, .tenant = "acme");
    struct nested *nested = context;

    (void)record;
    nested->outer++;
    nested->inner = (struct found){.what = scan.what};
    assert_ok(backends[nested->which]->scan(opened[nested->which], &scan, note, &nested->inner));
    expect_text("inner scan", nested->inner.text, "acme/aaron acme/user0 acme/user1");
    return true;
}

static void
scans_may_be_nested(void **state)
{
    const struct pat_scan scan = SCAN(USERS, .tenant = "acme");

    (void)state;
    for (size_t i = 0; i < COUNT(backends); i++) {
        struct nested nested = {.which = i};

        assert_ok(backends[i]->scan(opened[i], &scan, scan_again, &nested));
        assert_int_equal(nested.outer, 3);
    }
}

/* --- counts --- */

static const struct live_case {
    const char *title;
    const char *tenant, *user, *name;
    int64_t now;
    int64_t wanted;
} lives[] = {
    {"successors are not counted", "acme", "user0", NULL, 0, 2},
    {"expiry ends it", "acme", "user0", NULL, 500, 1},
    {"a moment before the expiry", "acme", "user0", NULL, 499, 2},
    {"revoked ones are dead", "acme", "user0", "server", 0, 0},
    {"by name", "acme", "user0", "laptop", 0, 2},
    {"by name, in its own case", "acme", "user0", "LAPTOP", 0, 0},
    {"by name with a successor", "acme", "user0", "Laptop", 0, 0},
    {"the empty name is a name", "acme", "user0", "", 0, 0},
    {"pending before both deadlines", "acme", "user1", NULL, 49, 2},
    {"pending after both: nobody ended them", "acme", "user1", NULL, 100, 2},
    {"suspended ones count", "lab", "user0", NULL, 199, 3},
    {"until they expire", "lab", "user0", NULL, 200, 2},
    {"another tenant's", "zero", "user0", NULL, 0, 0},
    {"nobody's", "acme", "nobody", NULL, 0, 0},
};

static void
run_live(void **state)
{
    const struct live_case *one = *state;

    for (size_t i = 0; i < COUNT(backends); i++) {
        int64_t got = -1;

        assert_ok(
            backends[i]->count_live(opened[i], one->tenant, one->user, one->name, one->now, &got));
        expect_number(backends[i]->name, got, one->wanted);
    }
}

static const struct tally_case {
    const char *title;
    const char *tenant;
    int64_t now, soon;
    struct pat_tally wanted; /* without bytes */
} tallies[] = {
    {"everything at the beginning", "", 0, 300, {5, 1, 0, 2, 2, 1, 2, 6, 0}},
    {"one tenant", "acme", 0, 100, {3, 0, 0, 1, 2, 0, 2, 3, 0}},
    {"another tenant", "lab", 0, 350, {2, 1, 0, 1, 0, 1, 0, 2, 0}},
    {"expired at the very moment", "lab", 400, 500, {0, 0, 3, 1, 0, 0, 0, 2, 0}},
    {"pending ones expire too", "acme", 400, 500, {3, 1, 1, 1, 1, 0, 2, 3, 0}},
    {"soon is inclusive", "acme", 0, 500, {3, 1, 0, 1, 2, 0, 2, 3, 0}},
    {"an empty tenant", "zero", 0, 100, {0, 0, 0, 0, 0, 0, 0, 1, 0}},
    {"no such tenant", "none", 0, 100, {0, 0, 0, 0, 0, 0, 0, 0, 0}},
};

static void
run_tally(void **state)
{
    const struct tally_case *one = *state;

    for (size_t i = 0; i < COUNT(backends); i++) {
        struct pat_tally got;

        memset(&got, 0xaa, sizeof got);
        assert_ok(backends[i]->tally(opened[i], one->tenant, one->now, one->soon, &got));
        assert_true(got.bytes >= 0);
        got.bytes = 0;
        assert_memory_equal(&got, &one->wanted, sizeof got);
    }
}

int
main(void)
{
    static struct support_list list;

    support_add(&list, "the world", furnish, NULL);
    SUPPORT_TABLE(&list, scans, run_scan);
    support_add(&list, "pages add up to the whole", pages_add_up, NULL);
    support_add(&list, "false ends a scan", each_ends_a_scan, NULL);
    support_add(&list, "scans may be nested", scans_may_be_nested, NULL);
    SUPPORT_TABLE(&list, lives, run_live);
    SUPPORT_TABLE(&list, tallies, run_tally);
    support_add(&list, "closing", close_all, NULL);
    return support_run("store scans", &list);
}
