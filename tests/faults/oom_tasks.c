/* SPDX-License-Identifier: BSD-2-Clause */
/* Each counts what it saw: a list that ends early without an error would be told from a whole one.
 */
#include <stdio.h>
#include <string.h>

#include "core/api/find.h"
#include "core/api/history.h"
#include "core/api/proof.h"
#include "core/api/scopes.h"
#include "core/api/tenants.h"
#include "core/api/users.h"
#include "core/base/diag.h"
#include "core/config/file.h"
#include "core/store/check.h"
#include "core/wire/authdaemon.h"
#include "core/wire/saslauthd.h"
#include "core/wire/varlink.h"
#include "core/wire/wire.h"
#include "tests/faults/figures.h"
#include "tests/faults/oom_tasks.h"
#include "tests/faults/requests.h"

static bool
count_record(void *context, const void *record)
{
    (void)record;
    ++*(uint64_t *)context;
    return true;
}

/* --- reading --- */

static void
list_tokens(struct world *world, struct oom_result *ret)
{
    const struct pat_find_filter filter = {
        .tenant = "acme", .name = "request", .service = "imap", .with_revoked = true};
    struct pat_manage manage;

    ret->err = host_manage(&world->host, &manage);
    if (ret->err == PAT_OK)
        ret->err = pat_find_tokens(&manage, &filter, count_record, &ret->seen);
    pat_manage_close(&manage);
}

static void
find_token(struct world *world, struct oom_result *ret)
{
    struct pat_token_record record;
    struct pat_manage manage;

    ret->err = host_manage(&world->host, &manage);
    if (ret->err == PAT_OK)
        ret->err = pat_find_token(&manage, "acme", world->ledger.claims[0].id, &record);
    if (ret->err == PAT_OK)
        ret->seen = (uint64_t)record.created_seq;
    pat_manage_close(&manage);
}

static void
list_people(struct world *world, struct oom_result *ret)
{
    struct pat_manage manage;

    ret->err = host_manage(&world->host, &manage);
    if (ret->err == PAT_OK)
        ret->err = pat_tenants_list(&manage, count_record, &ret->seen);
    if (ret->err == PAT_OK)
        ret->err = pat_users_list(&manage, "acme", "", count_record, &ret->seen);
    pat_manage_close(&manage);
}

static bool
count_entry(void *context, const struct pat_scopes_entry *entry)
{
    (void)entry;
    ++*(uint64_t *)context;
    return true;
}

static void
list_scopes(struct world *world, struct oom_result *ret)
{
    struct pat_manage manage;

    ret->err = host_manage(&world->host, &manage);
    if (ret->err == PAT_OK)
        ret->err = pat_scopes_list(&manage, count_entry, &ret->seen);
    pat_manage_close(&manage);
}

static void
read_log(struct world *world, struct oom_result *ret)
{
    const struct pat_history_filter filter = {.lines = 20};
    struct pat_history_cursor cursor = {.done = false};
    struct pat_manage manage;

    ret->err = host_manage(&world->host, &manage);
    while (ret->err == PAT_OK && !cursor.done)
        ret->err = pat_history_list(&manage, &filter, &cursor, count_record, &ret->seen);
    pat_history_close(&cursor);
    pat_manage_close(&manage);
}

static bool
count_verdict(void *context, const struct pat_proof_verdict *verdict)
{
    *(uint64_t *)context += verdict->bad == 0 ? (uint64_t)verdict->checked : 1000000;
    return true;
}

static void
prove_log(struct world *world, struct oom_result *ret)
{
    struct pat_proof proof = {.done = false};
    struct pat_manage manage;

    ret->err = host_manage(&world->host, &manage);
    while (ret->err == PAT_OK && !proof.done)
        ret->err = pat_proof_step(&manage, NULL, &proof, count_verdict, &ret->seen);
    pat_proof_close(&proof);
    pat_manage_close(&manage);
}

static void
check_store(struct world *world, struct oom_result *ret)
{
    struct pat_check check = {.rows = 0};
    char found[200] = "";

    ret->err = pat_check_store(world->host.reader, NULL, NULL, &check);
    if (ret->err == PAT_OK)
        ret->err = pat_store_examine(world->host.reader, NULL, NULL, found, sizeof found);
    ret->seen = (uint64_t)check.rows + strlen(found) * 1000000;
}

static void
note_condition(void *context, enum pat_verdict refusal, const char *condition, bool holds)
{
    (void)refusal;
    *(uint64_t *)context = *(uint64_t *)context * 31 + strlen(condition) * 2 + holds;
}

static void
explain(struct world *world, struct oom_result *ret)
{
    const struct pat_verify_named named = {.tenant = "acme", .id = world->ledger.claims[0].id};
    struct pat_request request = {.service = "imap", .has_login = true, .login = "alice"};
    struct pat_verify_outcome outcome;
    enum pat_verdict verdict;

    verdict = pat_verify_explain(world->host.context, world->host.reader, &request, &named, NULL,
                                 NULL, &world->host.rows, &outcome, note_condition, &ret->seen);
    if (pat_verdict_class(verdict) == PAT_CLASS_UNAVAILABLE)
        ret->err = PAT_ERR_UNAVAILABLE;
}

/* --- the configuration --- */

static void
read_config(struct world *world, struct oom_result *ret)
{
    static const char text[] = "[patd]\n"
                               "user = root\n"
                               "operators = 900 901\n"
                               "[service sshd]\n"
                               "tenants = acme lab@\n"
                               "uids = 100 101 102\n"
                               "[service app]\n"
                               "accounts = virtual\n"
                               "scope = um:read um:write\n"
                               "[listener chroot]\n"
                               "protocol = verify\n"
                               "path = /srv/chroot/sock\n";
    struct pat_config *config = NULL;
    struct pat_diag diag = {.text = ""};
    struct pat_rule rule;

    (void)world;
    ret->err = pat_config_file_parse(text, strlen(text), &config, &diag);
    if (ret->err != PAT_OK)
        return;
    pat_config_rule(config, "app", "acme", &rule);
    ret->seen = strlen(rule.scopes.text) + rule.tenant_count;
    pat_config_free(config);
}

/* --- what crosses the sockets --- */

static void
take_call(struct world *world, struct oom_result *ret)
{
    static const char call[] = "{\"method\": \"io.linuxpat.Manage.List\", \"parameters\": "
                               "{\"filter\": {\"user\": \"alice\", \"states\": [\"active\"]}}, "
                               "\"more\": true}";
    struct pat_varlink_call taken = {.message = NULL};
    size_t len = 0;
    char *reply;

    (void)world;
    ret->err = pat_varlink_parse(call, sizeof call - 1, &taken);
    if (ret->err != PAT_OK)
        return;
    ret->seen = strlen(taken.method) * 2 + taken.more;
    reply = pat_varlink_reply(json_incref(taken.parameters), true, &len);
    if (reply == NULL)
        ret->err = PAT_ERR_NOMEM;
    ret->seen = ret->seen * 1000 + len;
    pat_varlink_free(reply, len);
    pat_varlink_clear(&taken);
}

static void
take_packets(struct world *world, struct oom_result *ret)
{
    static const char lines[] = "AUTH 20\nimap\nlogin\nalice\nxyz\n";
    static const unsigned char fields[] = "\0\5alice\0\3xyz\0\4imap\0\0";
    struct pat_request request = {.service = "imap", .has_login = true, .login = "alice"}, taken;
    unsigned char packet[PAT_WIRE_MAX];
    size_t len;

    (void)world;
    FIGURES_NEED(pat_secret_set(&request.token, requests[0].token, strlen(requests[0].token)) ==
                 PAT_OK);
    len = pat_wire_put_request(&request, packet);
    ret->err = pat_wire_get_request(packet, len, &taken);
    ret->seen = len + strlen(taken.login);
    if (pat_authdaemon_get_request(lines, sizeof lines - 1, &taken) == PAT_OK)
        ret->seen = ret->seen * 100 + strlen(taken.login);
    if (pat_saslauthd_get_request(fields, sizeof fields - 1, &taken) == PAT_OK)
        ret->seen = ret->seen * 100 + strlen(taken.login);
}

const struct oom_task oom_tasks[] = {
    {"list tokens", list_tokens},
    {"find a token", find_token},
    {"list people", list_people},
    {"list scopes", list_scopes},
    {"read the log", read_log},
    {"prove the log", prove_log},
    {"check the store", check_store},
    {"explain", explain},
    {"read the configuration", read_config},
    {"take a call", take_call},
    {"take packets", take_packets},
};
const size_t oom_tasks_count = sizeof oom_tasks / sizeof oom_tasks[0];
