/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/api/verify: what a peer may ask, by its uid alone. Root and the uids of a service may ask
 * about anybody and tell where a login comes from; others may ask about the accounts that are bound
 * to their own uid.
 */
#include <stdio.h>

#include "core/api/verify.h"
#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/config/file.h"
#include "tests/unit/bulk_world.h"
#include "tests/unit/decide_world.h"

#define SECRET "0123456789abcdefghjkmnpqrs"

static struct bulk_world world;

static void
put(enum pat_row_kind kind, const void *record)
{
    union pat_row row;

    memcpy(&row, record, pat_row_type(kind)->size);
    support_store_put(world.at.store, kind, &row);
}

/* Another user of the tenant, bound to a uid and an account of this name; 0: bound to none. */
static void
put_user(const struct world *like, const char *name, int64_t uid)
{
    struct pat_user_record user = like->user;

    pat_text_clip(user.user, sizeof user.user, name);
    pat_text_clip(user.account, sizeof user.account, uid == 0 ? "" : name);
    user.uid = (struct pat_optional){.set = uid != 0, .at = uid};
    put(PAT_ROW_USER, &user);
}

/* shop is of alice (uid 1000, who is also al.ice there) and bob (1001); alice has a token. */
static void
make_shop(struct pat_token *ret)
{
    const struct pat_keyring *keyring = world.at.keyring;
    struct world shop;

    world_make(&shop, WORLD_LOCAL);
    world_change(&shop, "token.tenant=shop; user.tenant=shop; tenant.tenant=shop; "
                        "token.addresses.text=192.0.2.0/24; token.scopes.text=mail:*,ssh:*; "
                        "user.grants.text=mail:*,ssh:*; tenant.realms=shop.example");
    *ret = (struct pat_token){.tenant = "shop", .secret = SECRET};
    pat_text_clip(ret->id, sizeof ret->id, shop.token.id);
    shop.token.key_number = pat_keyring_newest(keyring);
    pat_digest_verifier(pat_keyring_verifier(keyring, shop.token.key_number), ret,
                        &shop.token.verifier);
    put(PAT_ROW_TENANT, &shop.tenant);
    put(PAT_ROW_USER, &shop.user);
    put(PAT_ROW_TOKEN, &shop.token);
    put_user(&shop, "al.ice", 1000);
    put_user(&shop, "bob", 1001);
    put_user(&shop, "carl", 0);
}

static void
configure(const char *text)
{
    struct pat_diag diag = {.code = PAT_OK};
    struct pat_config *config = NULL;

    assert_ok(pat_config_file_parse(text, strlen(text), &config, &diag));
    assert_ok(pat_context_swap_config(world.context, config));
}

struct question {
    const char *title;
    uint32_t uid;
    const char *service;
    const char *login; /* NULL: none */
    const char *verdict;
    bool vouched;
};

#define DENIED "not-permitted"

static const struct question questions[] = {
    {"root", 0, "sshd", "alice", "accepted", true},
    {"root, about no name", 0, "imap", NULL, "accepted", true},
    {"a uid of the service", 33, "imap", "alice", "accepted", true},
    {"a uid of the service, about no name", 33, "imap", NULL, "accepted", true},
    {"a uid of another service", 33, "sshd", "alice", DENIED, false},
    {"a uid of no service", 34, "imap", "alice", DENIED, false},
    {"their own account", 1000, "sshd", "alice", "address-denied", false},
    {"their other account", 1000, "sshd", "al.ice", "wrong-user", false},
    {"their own name", 1000, "imap", "alice", "address-denied", false},
    {"their own name with a realm", 1000, "imap", "alice@shop.example", "address-denied", false},
    {"another's account", 1001, "sshd", "alice", DENIED, false},
    {"another's name", 1001, "imap", "alice", DENIED, false},
    {"another's name with a realm", 1001, "imap", "alice@shop.example", DENIED, false},
    {"a name that begins as theirs", 1000, "imap", "alicea", DENIED, false},
    {"an account that begins as theirs", 1000, "sshd", "alicea", DENIED, false},
    {"an account with a realm is another", 1000, "sshd", "alice@shop.example", DENIED, false},
    {"the beginning of theirs", 1001, "imap", "bo", DENIED, false},
    {"their own, no name is told", 1000, "imap", NULL, DENIED, false},
    {"nothing is not theirs", 1000, "sshd", "", DENIED, false},
    {"nobody", UINT32_MAX, "sshd", "alice", DENIED, false},
    {"who is bound to nothing, an empty account", 1002, "sshd", "", DENIED, false},
};

/* The token is right, and allowed from one network: an address that nobody vouches for is none. */
static void
what_a_peer_may_ask(void **state)
{
    const struct question *one = *state;
    const struct pat_peer peer = {.uid = one->uid};
    struct pat_request request = {.has_address = true, .address = "192.0.2.7", .tenant = "shop"};
    static struct pat_verify_rows rows;
    struct pat_verify_outcome outcome;
    char text[PAT_TOKEN_MAX + 1];
    struct pat_token token;

    bulk_world_open(&world, &pat_memory_ops);
    make_shop(&token);
    configure("[service imap]\nuids = 33\ntenants = shop\n[service sshd]\ntenants = shop\n");
    pat_token_write(&token, text);
    assert_ok(pat_secret_set(&request.token, text, strlen(text)));
    pat_text_clip(request.service, sizeof request.service, one->service);
    request.has_login = one->login != NULL;
    pat_text_clip(request.login, sizeof request.login, one->login == NULL ? "" : one->login);

    pat_verify(world.context, world.at.store, &peer, &request, "", &rows, &outcome);
    expect_text(one->title, pat_verdict_name(outcome.verdict), one->verdict);
    assert_int_equal(outcome.answer.class, pat_verdict_class(outcome.verdict));
    assert_int_equal(outcome.vouched, one->vouched);
    assert_true(request.has_address);
    if (outcome.verdict == PAT_VERDICT_NOT_PERMITTED) { /* nothing of the token was looked at */
        assert_false(outcome.tenant_known);
        expect_text(one->title, outcome.user, "");
    }
    bulk_world_close(&world);
}

/* --- a store that fails --- */

static struct pat_store_ops ops;
static enum pat_err scan_refusal;
static int begins_refused, reading;

static enum pat_err
begin(void *backend, bool write)
{
    if (begins_refused > 0) {
        begins_refused--;
        return PAT_ERR_BUSY;
    }
    reading++;
    return pat_memory_ops.begin(backend, write);
}

static enum pat_err
commit(void *backend)
{
    reading = 0;
    return pat_memory_ops.commit(backend);
}

static void
rollback(void *backend)
{
    reading = 0;
    pat_memory_ops.rollback(backend);
}

static enum pat_err
scan(void *backend, const struct pat_scan *what, pat_scan_each *each, void *context)
{
    return scan_refusal != PAT_OK ? scan_refusal
                                  : pat_memory_ops.scan(backend, what, each, context);
}

struct failure {
    const char *title;
    enum pat_err scan, commit; /* what these answer */
    bool is_broken;            /* nothing can be begun any more */
    int begins;                /* nothing can be begun so many times */
    const char *verdict;
};

static const struct failure failures[] = {
    {"nothing fails", PAT_OK, PAT_OK, false, 0, "address-denied"},
    {"users cannot be read", PAT_ERR_IO, PAT_OK, false, 0, "unavailable-store"},
    {"a user is not sealed", PAT_ERR_SEAL, PAT_OK, false, 0, "bad-seal"},
    {"the end of reading fails", PAT_OK, PAT_ERR_IO, false, 0, "unavailable-store"},
    {"the end of reading finds a seal", PAT_OK, PAT_ERR_SEAL, false, 0, "bad-seal"},
    {"reading does not begin", PAT_OK, PAT_OK, true, 0, "unavailable-store"},
    {"reading does not begin at once", PAT_OK, PAT_OK, false, 1, "unavailable-store"},
};

/* Breaks the handle, as a commit that fails does. */
static void
break_store(void)
{
    struct pat_user_record user;

    assert_ok(pat_store_get(world.at.store, PAT_ROW_USER, "shop", "carl", &user));
    assert_ok(pat_store_begin(world.at.store, true));
    assert_ok(pat_store_put(world.at.store, PAT_ROW_USER, &user));
    bulk_world_commits_left = 1;
    bulk_world_refusal = PAT_ERR_IO;
    assert_err(pat_store_commit(world.at.store), PAT_ERR_IO);
    assert_true(pat_store_broken(world.at.store));
}

/* Who is nobody to the service is refused as long as it is not known whose account they ask for. */
static void
what_cannot_be_known(void **state)
{
    const struct failure *one = *state;
    const struct pat_peer peer = {.uid = 1000};
    struct pat_request request = {
        .service = "sshd", .has_login = true, .login = "alice", .tenant = "shop"};
    static struct pat_verify_rows rows;
    struct pat_verify_outcome outcome;
    char text[PAT_TOKEN_MAX + 1];
    struct pat_token token;

    ops = pat_memory_ops;
    ops.scan = scan;
    ops.begin = begin;
    ops.commit = commit;
    ops.rollback = rollback;
    scan_refusal = PAT_OK;
    bulk_world_open(&world, &ops);
    make_shop(&token);
    configure("[service sshd]\ntenants = shop\n");
    pat_token_write(&token, text);
    assert_ok(pat_secret_set(&request.token, text, strlen(text)));
    if (one->is_broken)
        break_store();
    scan_refusal = one->scan;
    begins_refused = one->begins;
    bulk_world_commits_left = one->commit == PAT_OK ? 0 : 1;
    bulk_world_refusal = one->commit;
    pat_verify(world.context, world.at.store, &peer, &request, "", &rows, &outcome);
    expect_text(one->title, pat_verdict_name(outcome.verdict), one->verdict);
    scan_refusal = PAT_OK;
    expect_number("transactions that were left open", reading, 0);
    bulk_world_close(&world);
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, failures, what_cannot_be_known);

    SUPPORT_TABLE(&list, questions, what_a_peer_may_ask);
    return support_run("what a peer may ask", &list);
}
