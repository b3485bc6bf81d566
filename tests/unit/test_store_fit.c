/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sieve for tokens, over every backend: each condition at its edges, several together, and
 * globs against names that mean something to SQL.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/unit/support.h"

static const struct pat_store_ops *const backends[] = {&pat_sqlite_ops, &pat_memory_ops};
static void *opened[COUNT(backends)];

/* --- the world --- */

#define NEVER (-1)

static const struct {
    const char *tenant;
    const char *name;
    int32_t state;
    int64_t created, expires;
    const char *scopes;
} tokens[] = {
    {"acme", "Laptop of Alice", PAT_STATE_ACTIVE, 100, 500, "mail:*"},         /* 1 */
    {"acme", "laptop", PAT_STATE_ACTIVE, 200, NEVER, "mail:read,ssh:login"},   /* 2 */
    {"acme", "50% off", PAT_STATE_PENDING, 200, 600, "ssh:login"},             /* 3 */
    {"acme", "a_b", PAT_STATE_SUSPENDED, 300, NEVER, "mailbox:login"},         /* 4 */
    {"acme", "axb \\ %", PAT_STATE_REVOKED, 400, NEVER, "db:connect"},         /* 5 */
    {"acme", "n\xc3\xa4mlich *", PAT_STATE_REVOKED, 500, 700, "db:*"},         /* 6 */
    {"acme", "'; DROP TABLE tokens", PAT_STATE_ACTIVE, 600, 600, "http:call"}, /* 7 */
    {"lab", "laptop", PAT_STATE_ACTIVE, 200, NEVER, "mail:read"},              /* 8 */
};

static void
put(size_t which, enum pat_row_kind kind, union pat_row *row)
{
    *pat_row_version(kind, row) = 1;
    assert_ok(backends[which]->put(opened[which], kind, row));
}

static void
put_tenant(size_t which, const char *tenant)
{
    union pat_row row;

    support_row(PAT_ROW_TENANT, 1, &row);
    pat_text_clip(row.tenant.tenant, sizeof row.tenant.tenant, tenant);
    put(which, PAT_ROW_TENANT, &row);
    support_row(PAT_ROW_USER, 1, &row);
    pat_text_clip(row.user.tenant, sizeof row.user.tenant, tenant);
    pat_text_clip(row.user.user, sizeof row.user.user, "user0");
    put(which, PAT_ROW_USER, &row);
}

static void
put_token(size_t which, size_t i)
{
    union pat_row row;

    support_row(PAT_ROW_TOKEN, (unsigned)i + 1, &row);
    pat_text_clip(row.token.tenant, sizeof row.token.tenant, tokens[i].tenant);
    pat_text_clip(row.token.name, sizeof row.token.name, tokens[i].name);
    pat_text_clip(row.token.scopes.text, sizeof row.token.scopes.text, tokens[i].scopes);
    pat_text_clip(row.token.user, sizeof row.token.user, "user0");
    row.token.created_seq = (int64_t)i + 1;
    row.token.state = tokens[i].state;
    row.token.created = tokens[i].created;
    row.token.expires = (struct pat_optional){.set = tokens[i].expires != NEVER,
                                              .at = tokens[i].expires};
    row.token.ended.set = tokens[i].state == PAT_STATE_REVOKED;
    row.token.pending_until.set = tokens[i].state == PAT_STATE_PENDING;
    put(which, PAT_ROW_TOKEN, &row);
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
        put_tenant(i, "acme");
        put_tenant(i, "lab");
        for (size_t t = 0; t < COUNT(tokens); t++)
            put_token(i, t);
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

/* --- the table --- */

#define AT(time)                                                                                   \
    {                                                                                              \
        .set = true, .at = (time)                                                                  \
    }
#define IN(state) (1u << PAT_STATE_##state)

static const struct fit_case {
    const char *title;
    struct pat_scan_fit fit;
    const char *wanted; /* the numbers of the tokens of acme */
} fits[] = {
    {"an empty sieve", {.states = 0}, "7654321"},
    {"any name", {.glob = "*"}, "7654321"},
    {"a whole name in another case", {.glob = "LAPTOP"}, "2"},
    {"how a name begins", {.glob = "laptop*"}, "21"},
    {"a part of a name", {.glob = "*alice*"}, "1"},
    {"a percent sign is no wildcard", {.glob = "%"}, ""},
    {"a percent sign in a part", {.glob = "*%*"}, "53"},
    {"an underscore is no wildcard", {.glob = "a_b*"}, "4"},
    {"a question mark is one", {.glob = "a?b*"}, "54"},
    {"a backslash is itself", {.glob = "*\\*"}, "5"},
    {"a backslash before a percent sign", {.glob = "*\\ %"}, "5"},
    {"one character of several bytes", {.glob = "n?mlich*"}, "6"},
    {"brackets are themselves", {.glob = "[l]aptop"}, ""},
    {"text that would end a statement", {.glob = "'; DROP TABLE tokens"}, "7"},
    {"no name is empty", {.glob = ""}, ""},
    {"a part of the scopes", {.scope = "mail:"}, "21"},
    {"another area that begins so", {.scope = "mailbox:"}, "4"},
    {"wildcards mean nothing in scopes", {.scope = "%"}, ""},
    {"an asterisk in scopes is itself", {.scope = ":*"}, "61"},
    {"one state", {.states = IN(ACTIVE)}, "721"},
    {"two states", {.states = IN(PENDING) | IN(REVOKED)}, "653"},
    {"the last state", {.states = IN(REVOKED)}, "65"},
    {"a state that no token has", {.states = IN(DISABLED)}, ""},
    {"created from the very moment", {.created_from = AT(500)}, "76"},
    {"created from a moment later", {.created_from = AT(501)}, "7"},
    {"created before the very moment", {.created_before = AT(200)}, "1"},
    {"created before a moment later", {.created_before = AT(201)}, "321"},
    {"created between", {.created_from = AT(200), .created_before = AT(400)}, "432"},
    {"created between the wrong way round",
     {.created_from = AT(400), .created_before = AT(200)},
     ""},
    {"created after the beginning of time", {.created_from = AT(INT64_MIN)}, "7654321"},
    {"an end before the very moment", {.expires_before = AT(600)}, "1"},
    {"an end before a moment later", {.expires_before = AT(601)}, "731"},
    {"an end before the end of time", {.expires_before = AT(INT64_MAX)}, "7631"},
    {"without an end", {.no_expiry = true}, "542"},
    {"without an end that is early", {.no_expiry = true, .expires_before = AT(INT64_MAX)}, ""},
    {"name and state", {.glob = "*laptop*", .states = IN(ACTIVE)}, "21"},
    {"name, state and end", {.glob = "*laptop*", .states = IN(ACTIVE), .no_expiry = true}, "2"},
    {"all of them",
     {.glob = "laptop*",
      .scope = "mail:",
      .states = IN(ACTIVE) | IN(PENDING),
      .created_from = AT(100),
      .created_before = AT(101),
      .expires_before = AT(501)},
     "1"},
};

struct found {
    char text[32];
    size_t count;
    int64_t last;
};

static bool
note(void *context, const void *record)
{
    struct found *found = context;

    found->last = ((const struct pat_token_record *)record)->created_seq;
    assert_true(found->count < sizeof found->text - 1);
    found->text[found->count++] = (char)('0' + found->last);
    return true;
}

static void
run_fit(void **state)
{
    const struct fit_case *one = *state;
    const struct pat_scan scan = {
        .what = PAT_SCAN_TOKENS_FITTING, .tenant = "acme", .fit = &one->fit};

    for (size_t i = 0; i < COUNT(backends); i++) {
        struct found found = {.count = 0};

        assert_ok(backends[i]->scan(opened[i], &scan, note, &found));
        expect_text(backends[i]->name, found.text, one->wanted);
    }
}

/* One at a time, each behind the one before. */
static void
pages_add_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(backends); i++)
        for (size_t j = 0; j < COUNT(fits); j++) {
            struct found found = {.count = 0};
            struct pat_scan scan = {
                .what = PAT_SCAN_TOKENS_FITTING, .tenant = "acme", .limit = 1, .fit = &fits[j].fit};
            size_t before;

            do {
                before = found.count;
                assert_ok(backends[i]->scan(opened[i], &scan, note, &found));
                scan.before = found.last;
            } while (found.count > before);
            expect_text(fits[j].title, found.text, fits[j].wanted);
        }
}

static const struct range_case {
    const char *title;
    const char *tenant;
    int64_t from, before;
    bool has_fit;
    const char *wanted;
} ranges[] = {
    {"without a sieve", "acme", 0, 0, false, "7654321"},
    {"from one on", "acme", 6, 0, true, "76"},
    {"from one on, before another", "acme", 3, 6, true, "543"},
    {"before the first", "acme", 0, 1, true, ""},
    {"from behind the last", "acme", 8, 0, true, ""},
    {"of another tenant", "lab", 0, 0, true, "8"},
    {"of no tenant", "none", 0, 0, true, ""},
};

static void
run_range(void **state)
{
    const struct range_case *one = *state;
    const struct pat_scan_fit fit = {.glob = "*"};
    const struct pat_scan scan = {.what = PAT_SCAN_TOKENS_FITTING,
                                  .tenant = one->tenant,
                                  .number = one->from,
                                  .before = one->before,
                                  .fit = one->has_fit ? &fit : NULL};

    for (size_t i = 0; i < COUNT(backends); i++) {
        struct found found = {.count = 0};

        assert_ok(backends[i]->scan(opened[i], &scan, note, &found));
        expect_text(backends[i]->name, found.text, one->wanted);
    }
}

/* --- globs at random --- */

/* Both backends take what pat_text_glob() takes. */
static void
compare_glob(const char *glob)
{
    const struct pat_scan_fit fit = {.glob = glob};
    const struct pat_scan scan = {.what = PAT_SCAN_TOKENS_FITTING, .tenant = "acme", .fit = &fit};
    char wanted[32] = "";

    for (size_t t = COUNT(tokens); t > 0; t--)
        if (pat_text_equal(tokens[t - 1].tenant, "acme") && pat_text_glob(glob, tokens[t - 1].name))
            snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%zu", t);
    for (size_t i = 0; i < COUNT(backends); i++) {
        struct found found = {.count = 0};

        assert_ok(backends[i]->scan(opened[i], &scan, note, &found));
        expect_text(glob, found.text, wanted);
    }
}

/* A name in which some characters became wildcards, changed their case or went. */
static void
make_glob(struct support_random *random, const char *name, char *ret)
{
    while (*name != '\0') {
        uint64_t what = support_below(random, 12);
        size_t len = 1;

        while ((name[len] & 0xc0) == 0x80)
            len++;
        if (what < 2) {
            *ret++ = what == 0 ? '*' : '?';
        } else if (what == 2 && strchr("DROPTABLElaptop", *name) != NULL) {
            *ret++ = (char)(*name ^ 0x20);
        } else if (what != 3) {
            memcpy(ret, name, len);
            ret += len;
        }
        name += len;
    }
    *ret = '\0';
}

static void
globs_mean_the_same(void **state)
{
    struct support_random random = {.state = 20260101};
    char glob[64];

    (void)state;
    for (size_t run = 0; run < 3000; run++) {
        make_glob(&random, tokens[support_below(&random, COUNT(tokens))].name, glob);
        compare_glob(glob);
    }
}

static void
too_long_a_glob(void **state)
{
    char glob[PAT_SCAN_GLOB_MAX + 2];
    const struct pat_scan_fit fit = {.glob = glob};
    const struct pat_scan scan = {.what = PAT_SCAN_TOKENS_FITTING, .tenant = "acme", .fit = &fit};
    struct found found = {.count = 0};

    (void)state;
    memset(glob, '%', sizeof glob);
    glob[PAT_SCAN_GLOB_MAX] = '\0';
    assert_ok(pat_sqlite_ops.scan(opened[0], &scan, note, &found));
    glob[PAT_SCAN_GLOB_MAX] = '%';
    glob[PAT_SCAN_GLOB_MAX + 1] = '\0';
    assert_err(pat_sqlite_ops.scan(opened[0], &scan, note, &found), PAT_ERR_RANGE);
    assert_int_equal(found.count, 0);
}

int
main(void)
{
    static struct support_list list;

    support_add(&list, "the world", furnish, NULL);
    SUPPORT_TABLE(&list, fits, run_fit);
    SUPPORT_TABLE(&list, ranges, run_range);
    support_add(&list, "pages add up to the whole", pages_add_up, NULL);
    support_add(&list, "globs mean the same everywhere", globs_mean_the_same, NULL);
    support_add(&list, "too long a glob", too_long_a_glob, NULL);
    support_add(&list, "closing", close_all, NULL);
    return support_run("the sieve for tokens", &list);
}
