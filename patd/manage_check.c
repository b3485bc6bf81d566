/* SPDX-License-Identifier: BSD-2-Clause */
/* Check and Explain: the real decision, told to those who may know its reasons. */
#include <stdlib.h>
#include <string.h>

#include "core/api/verify.h"
#include "core/base/text.h"
#include "core/policy/policy.h"
#include "patd/groups.h"
#include "patd/manage_ops.h"
#include "patd/manage_tokens.h"

/* Large, and with a secret: kept on the heap and wiped. */
struct checking {
    struct pat_request request;
    struct pat_token_record token; /* of Explain */
    struct pat_verify_named named;
    const char *scope;
    bool record;
    struct pat_verify_rows rows;
    struct pat_verify_outcome outcome;
    struct patd_call *call;
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
    const char *service, *user, *realm, *address;
    struct pat_scopes scope;

    if (!patd_call_text(call, "service", &service) ||
        !patd_call_text(call, "scope", &checking->scope) || !patd_call_text(call, "user", &user) ||
        !patd_call_text(call, "realm", &realm) || !patd_call_text(call, "address", &address))
        return false;
    call->bad_parameter = "scope";
    if (checking->scope != NULL &&
        (pat_scope_read(checking->scope, &scope, NULL) != PAT_OK || pat_scope_count(&scope) != 1))
        return false;
    call->bad_parameter = "service";
    if (service == NULL && checking->scope == NULL)
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

static bool
read_secret(struct patd_call *call, struct checking *checking)
{
    const char *token;

    if (!patd_call_required(call, "token", &token) ||
        !patd_call_flag(call, "record", &checking->record))
        return false;
    call->bad_parameter = "token";
    return pat_secret_set(&checking->request.token, token, strlen(token)) == PAT_OK;
}

/* What concerns the text of a token is left out where only its id is known. */
static void
add_condition(void *context, enum pat_verdict refusal, const char *condition, bool holds)
{
    const struct checking *checking = context;
    bool of_text = refusal == PAT_VERDICT_MALFORMED || refusal == PAT_VERDICT_BAD_SECRET;
    json_t *entry;

    if (of_text && checking->named.id != NULL)
        return;
    entry = json_pack("{s:s, s:s, s:b}", "condition", condition, "verdict",
                      pat_verdict_name(refusal), "holds", (int)holds);
    patd_call_add(checking->call, checking->conditions, entry);
}

static void
explain(struct patd_call *call, struct checking *checking, const char *groups)
{
    json_array_clear(checking->conditions);
    checking->outcome.verdict = pat_verify_explain(
        call->work.context, call->work.store, &checking->request,
        checking->named.id == NULL ? NULL : &checking->named, checking->scope, groups,
        &checking->rows, &checking->outcome, add_condition, checking);
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

/* What the tenant demands says more than that it demands something. */
static const char *
sentence_of(const struct checking *checking)
{
    const struct pat_policy_demand *unmet = NULL;

    if (checking->outcome.verdict == PAT_VERDICT_POLICY_DENIED)
        unmet = pat_policy_unmet(&checking->rows.tenant, &checking->rows.token);
    return unmet == NULL ? pat_verdict_sentence(checking->outcome.verdict) : unmet->sentence;
}

static json_t *
full_reply(struct patd_call *call, const struct checking *checking)
{
    const struct pat_verify_outcome *outcome = &checking->outcome;
    bool known = outcome->user[0] != '\0';

    return json_pack("{s:b, s:s, s:s, s:o, s:O}", "accepted",
                     outcome->verdict == PAT_VERDICT_ACCEPTED, "verdict",
                     pat_verdict_name(outcome->verdict), "sentence", sentence_of(checking), "token",
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
    if (!read_secret(call, checking) || !read_request(call, checking))
        return patd_call_bad(call);
    decide(call, checking);
    if (checking->record && call->work.actor.is_operator)
        pat_verify_note(call->work.context, &call->peer, &checking->request, &checking->outcome);
    return patd_call_answer(call,
                            may_know(call, checking) ? full_reply(call, checking) : blank_reply());
}

static enum pat_err
explain_named(struct patd_call *call, struct checking *checking)
{
    enum pat_err err;

    if (!read_request(call, checking))
        return patd_call_bad(call);
    err = patd_manage_find_token(call, &checking->token);
    if (err != PAT_OK)
        return err;
    checking->named.tenant = checking->token.tenant;
    checking->named.id = checking->token.id;
    decide(call, checking);
    return patd_call_answer(call, full_reply(call, checking));
}

static enum pat_err
run(struct patd_call *call, enum pat_err (*method)(struct patd_call *, struct checking *))
{
    struct checking *checking = calloc(1, sizeof *checking);
    enum pat_err err = PAT_ERR_NOMEM;

    if (checking != NULL) {
        checking->call = call;
        checking->conditions = json_array();
    }
    if (checking == NULL || checking->conditions == NULL)
        pat_manage_failed(&call->work, err);
    else
        err = method(call, checking);
    if (checking != NULL) {
        json_decref(checking->conditions);
        pat_secret_wipe(checking, sizeof *checking);
    }
    free(checking);
    return err;
}

enum pat_err
patd_manage_check(struct patd_call *call)
{
    return run(call, check);
}

enum pat_err
patd_manage_explain(struct patd_call *call)
{
    return run(call, explain_named);
}
