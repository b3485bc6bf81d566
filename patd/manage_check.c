/* SPDX-License-Identifier: BSD-2-Clause */
/* The Check method: the real decision, told to those who may know its reasons. */
#include <stdlib.h>
#include <string.h>

#include "core/api/verify.h"
#include "core/base/text.h"
#include "patd/groups.h"
#include "patd/manage_ops.h"

/* Large, and with a secret: kept on the heap and wiped. */
struct checking {
    struct pat_request request;
    const char *scope;
    bool record;
    struct pat_verify_rows rows;
    struct pat_verify_outcome outcome;
    json_t *conditions;
};

static bool
copy(struct patd_call *call, const char *name, const char *text, char *ret, size_t size)
{
    call->bad_parameter = name;
    return text == NULL || pat_text_set(ret, size, text) == PAT_OK;
}

static bool
read_request(struct patd_call *call, struct checking *checking)
{
    struct pat_request *request = &checking->request;
    const char *token, *service, *user, *realm, *address;
    struct pat_scopes scope;

    if (!patd_call_required(call, "token", &token) || !patd_call_text(call, "service", &service) ||
        !patd_call_text(call, "scope", &checking->scope) || !patd_call_text(call, "user", &user) ||
        !patd_call_text(call, "realm", &realm) || !patd_call_text(call, "address", &address) ||
        !patd_call_flag(call, "record", &checking->record))
        return false;
    call->bad_parameter = "scope";
    if (checking->scope != NULL &&
        (pat_scope_read(checking->scope, &scope, NULL) != PAT_OK || pat_scope_count(&scope) != 1))
        return false;
    call->bad_parameter = "service";
    if (service == NULL && checking->scope == NULL)
        return false;
    call->bad_parameter = "token";
    if (pat_secret_set(&request->token, token, strlen(token)) != PAT_OK)
        return false;
    request->has_login = user != NULL;
    request->has_realm = realm != NULL;
    request->has_address = address != NULL;
    return copy(call, "service", service == NULL ? "check" : service, request->service,
                sizeof request->service) &&
           copy(call, "user", user, request->login, sizeof request->login) &&
           copy(call, "realm", realm, request->realm, sizeof request->realm) &&
           copy(call, "address", address, request->address, sizeof request->address);
}

static void
add_condition(void *context, enum pat_verdict refusal, const char *condition, bool holds)
{
    json_t *entry = json_pack("{s:s, s:s, s:b}", "condition", condition, "verdict",
                              pat_verdict_name(refusal), "holds", (int)holds);

    if (json_array_append_new(context, entry) != 0)
        return; /* the verdict stands without it */
}

static void
explain(struct patd_call *call, struct checking *checking, const char *groups)
{
    json_array_clear(checking->conditions);
    checking->outcome.verdict = pat_verify_explain(
        call->work.context, call->work.store, &checking->request, checking->scope, groups,
        &checking->rows, &checking->outcome, add_condition, checking->conditions);
}

static void
decide(struct patd_call *call, struct checking *checking)
{
    char *groups;

    explain(call, checking, NULL);
    if (!checking->outcome.wants_groups)
        return;
    groups = patd_groups_ask(call->groups_fd, checking->outcome.account);
    explain(call, checking, groups == NULL ? "" : groups);
    free(groups);
}

/* Whoever merely found a token must not learn from us whose it was. */
static bool
may_know(const struct patd_call *call, const struct checking *checking)
{
    const struct pat_verify_outcome *outcome = &checking->outcome;
    const struct pat_actor *actor = &call->work.actor;

    return actor->is_operator ||
           (outcome->user[0] != '\0' &&
            pat_roles_may(actor, PAT_ACT_SEE_USER, outcome->tenant, &checking->rows.user));
}

static json_t *
full_reply(struct patd_call *call, const struct checking *checking)
{
    const struct pat_verify_outcome *outcome = &checking->outcome;
    bool known = outcome->user[0] != '\0';

    return json_pack("{s:b, s:s, s:s, s:o, s:O}", "accepted",
                     outcome->verdict == PAT_VERDICT_ACCEPTED, "verdict",
                     pat_verdict_name(outcome->verdict), "sentence",
                     pat_verdict_sentence(outcome->verdict), "token",
                     known ? patd_call_token(call, &checking->rows.token) : json_null(),
                     "conditions", checking->conditions);
}

static json_t *
blank_reply(void)
{
    return json_pack("{s:b, s:s, s:s, s:n, s:[]}", "accepted", 0, "verdict",
                     pat_verdict_name(PAT_VERDICT_UNKNOWN), "sentence",
                     pat_verdict_sentence(PAT_VERDICT_UNKNOWN), "token", "conditions");
}

static enum pat_err
check(struct patd_call *call, struct checking *checking)
{
    if (!read_request(call, checking))
        return patd_call_bad(call);
    decide(call, checking);
    if (checking->record && call->work.actor.is_operator)
        pat_verify_note(call->work.context, &call->peer, &checking->request, &checking->outcome);
    return patd_call_answer(call,
                            may_know(call, checking) ? full_reply(call, checking) : blank_reply());
}

enum pat_err
patd_manage_check(struct patd_call *call)
{
    struct checking *checking = calloc(1, sizeof *checking);
    enum pat_err err = PAT_ERR_NOMEM;

    if (checking != NULL)
        checking->conditions = json_array();
    if (checking == NULL || checking->conditions == NULL)
        pat_manage_failed(&call->work, err);
    else
        err = check(call, checking);
    if (checking != NULL) {
        json_decref(checking->conditions);
        pat_secret_wipe(checking, sizeof *checking);
    }
    free(checking);
    return err;
}
