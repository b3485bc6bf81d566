/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any sequence of management calls by any callers, through the real sessions of patd. Nobody sees
 * or changes what is not theirs to see or change; a refused call changes nothing; no reply holds
 * the secret or the verifier of a token that was there before; the log holds, and every seal and
 * sum. Every call is answered. The two backends answer alike.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/store/check.h"
#include "core/wire/varlink.h"
#include "tests/fuzz/manage_host.h"
#include "tests/fuzz/manage_view.h"
#include "tests/fuzz/manage_words.h"
#include "tests/fuzz/world.h"

#define STEPS_MAX 12
#define TRANSCRIPT_MAX ((size_t)8 * 1024 * 1024)

static const uint32_t actors[] = {0, 1500, 1501, 1601, 1700, 1600, 1502, 1602, 777, 900, 65533};

static struct manage_view views[2];
static struct manage_view *before = &views[0], *after = &views[1];
static char transcripts[2][TRANSCRIPT_MAX];
static size_t transcript_len;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    manage_host_open();
    return 0;
}

/* --- what a reply may hold --- */

struct asking {
    uint32_t uid;
    const char *message; /* terminated: what the caller said, they may be told */
    const char *method;  /* without its interface, or NULL */
    bool oneway;         /* nobody is told what was done */
};

/* The text stands in a reply, and not because the caller brought it. */
static bool
is_told(const struct asking *asking, const char *reply, const char *text)
{
    return text[0] != '\0' && strstr(reply, text) != NULL && strstr(asking->message, text) == NULL;
}

static void
check_secrets(const struct asking *asking, const char *reply)
{
    char hex[2 * PAT_DIGEST_LEN + 1];
    struct pat_token token;

    for (size_t i = 0; i < WORLD_TOKENS; i++) {
        world_token(i, &token);
        FUZZ_CHECK_TEXT(!is_told(asking, reply, token.secret), reply);
    }
    for (size_t i = 0; i < manage_host_created(); i++) {
        const char *text = manage_host_created_text(i);

        FUZZ_CHECK(pat_token_read(text, strlen(text), &token) == PAT_SHAPE_TOKEN);
        FUZZ_CHECK_TEXT(!is_told(asking, reply, token.secret), reply);
    }
    for (size_t i = 0; i < before->token_count; i++) {
        for (size_t n = 0; n < PAT_DIGEST_LEN; n++)
            snprintf(hex + 2 * n, 3, "%02x", before->tokens[i].verifier.bytes[n]);
        FUZZ_CHECK(!is_told(asking, reply, hex));
    }
}

/* Every row of a stranger has words in it that stand nowhere else. */
static void
check_words(const struct asking *asking, const char *reply)
{
    for (size_t i = 0; i < before->token_count; i++) {
        const struct pat_token_record *token = &before->tokens[i];

        if (manage_view_may_see(before, asking->uid, token->tenant, token->user))
            continue;
        FUZZ_CHECK_TEXT(!is_told(asking, reply, token->id), reply);
        if (strncmp(token->name, "canary", 6) == 0)
            FUZZ_CHECK_TEXT(!is_told(asking, reply, token->name) &&
                                !is_told(asking, reply, token->description),
                            reply);
    }
    for (size_t i = 0; i < before->user_count; i++)
        if (!manage_view_may_see(before, asking->uid, before->users[i].tenant,
                                 before->users[i].user))
            FUZZ_CHECK_TEXT(strncmp(before->users[i].contact, "canary", 6) != 0 ||
                                !is_told(asking, reply, before->users[i].contact),
                            reply);
    for (size_t i = 0; i < before->tenant_count; i++)
        if (!manage_view_is_member(before, asking->uid, before->tenants[i].tenant))
            FUZZ_CHECK_TEXT(strncmp(before->tenants[i].contact, "canary", 6) != 0 ||
                                (!is_told(asking, reply, before->tenants[i].contact) &&
                                 !is_told(asking, reply, before->tenants[i].description)),
                            reply);
    for (size_t i = 0; i < before->group_count; i++)
        if (!manage_view_may_see(before, asking->uid, before->groups[i].tenant, NULL))
            FUZZ_CHECK_TEXT(strncmp(before->groups[i].group_name, "canary", 6) != 0 ||
                                !is_told(asking, reply, before->groups[i].group_name),
                            reply);
}

/* Objects that say whose they are. */
static void
check_object(const struct asking *asking, json_t *value)
{
    const char *tenant = json_string_value(json_object_get(value, "tenant"));
    const char *user = json_string_value(json_object_get(value, "user"));
    const char *holder = json_string_value(json_object_get(value, "holder"));
    json_t *member;
    const char *name;
    size_t index;

    if (tenant != NULL && holder != NULL)
        user = holder[0] == '@' ? "" : holder;
    if (tenant != NULL && user != NULL)
        FUZZ_CHECK_TEXT(
            manage_view_may_see(after, asking->uid, tenant, user[0] == '\0' ? NULL : user) ||
                manage_view_may_see(before, asking->uid, tenant, user[0] == '\0' ? NULL : user),
            tenant);
    else if (tenant != NULL)
        FUZZ_CHECK_TEXT(manage_view_is_member(after, asking->uid, tenant), tenant);
    json_object_foreach(value, name, member) check_object(asking, member);
    json_array_foreach(value, index, member) check_object(asking, member);
}

/* --- one reply --- */

static bool
is_named(const char *error, const char *name)
{
    return strcmp(error + strlen("io.linuxpat.Manage."), name) == 0;
}

/* A healthy host answers with what the caller did wrong, never with its own failure. */
static void
check_error(const char *error, json_t *parameters, const char *reply)
{
    const char *id = json_string_value(json_object_get(parameters, "id"));

    if (strncmp(error, "org.varlink.service.", 20) == 0)
        return;
    FUZZ_CHECK_TEXT(strncmp(error, "io.linuxpat.Manage.", 19) == 0, reply);
    FUZZ_CHECK_TEXT(!is_named(error, "Failed") && !is_named(error, "Unavailable"), reply);
    FUZZ_CHECK_TEXT(id != NULL && strcmp(id, "store") != 0, reply);
    FUZZ_CHECK_TEXT(json_string_length(json_object_get(parameters, "message")) > 0, reply);
}

static bool
take_reply(const struct asking *asking, const char *reply)
{
    json_t *message = json_loads(reply, JSON_REJECT_DUPLICATES, NULL);
    json_t *parameters = json_object_get(message, "parameters");
    const char *error = json_string_value(json_object_get(message, "error"));
    const char *token = json_string_value(json_object_get(parameters, "token"));
    bool is_create = asking->method != NULL && (strcmp(asking->method, "Create") == 0 ||
                                                strcmp(asking->method, "Rotate") == 0);

    FUZZ_CHECK_TEXT(json_is_object(message) && json_is_object(parameters), reply);
    if (error != NULL)
        check_error(error, parameters, reply);
    check_secrets(asking, reply);
    check_words(asking, reply);
    check_object(asking, parameters);
    if (is_create && error == NULL) {
        struct pat_token read;

        FUZZ_CHECK(token != NULL && pat_token_read(token, strlen(token), &read) == PAT_SHAPE_TOKEN);
        manage_host_note_created(token);
    }
    json_decref(message);
    return error == NULL;
}

/* --- steps --- */

/* What a step finds is what the one before it left. */
static void
look_before(void)
{
    struct manage_view *older = before;

    before = after;
    after = older;
}

static void
append(size_t run, const char *text, size_t len)
{
    FUZZ_CHECK(transcript_len + len < TRANSCRIPT_MAX);
    memcpy(transcripts[run] + transcript_len, text, len);
    transcript_len += len;
    transcripts[run][transcript_len] = '\0';
}

/* What two stores need not have in common: sizes on disk, salts, and what is made of them. */
static const char *
find_own(const char *text)
{
    static const char *const own[] = {"\"bytes\":", "\"link\":", "\"salt\":", "\"textHash\":"};
    const char *first = NULL;

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        const char *at = strstr(text, own[i]);

        if (at != NULL && (first == NULL || at < first))
            first = at;
    }
    return first;
}

static void
note(size_t run, const char *text)
{
    const char *own;

    while ((own = find_own(text)) != NULL) {
        append(run, text, (size_t)(own - text));
        text = own + strcspn(own, ",}");
    }
    append(run, text, strlen(text));
    append(run, "\n", 1);
}

static void
check_replies(size_t run, const struct asking *asking, const struct manage_host_replies *replies)
{
    bool any_good = false;

    for (const char *at = replies->text; at < replies->text + replies->len; at += strlen(at) + 1) {
        any_good |= take_reply(asking, at);
        note(run, at);
    }
    manage_view_check_change(before, after, asking->uid);
    if (!any_good && !asking->oneway)
        FUZZ_CHECK_TEXT(manage_view_equal(before, after), asking->message);
}

/* Two messages: what the input says, and one whose answer ends the conversation. */
static char *
make_messages(struct fuzz_input *input, size_t *ret_len)
{
    size_t last = strlen(manage_host_last) + 1;
    char *message = manage_words_message(input, ret_len);
    char *text = realloc(message, *ret_len + 1 + last);

    FUZZ_CHECK(text != NULL);
    text[*ret_len] = '\0';
    memcpy(text + *ret_len + 1, manage_host_last, last);
    return text;
}

static bool
follows(const struct pat_varlink_call *call)
{
    return call->more && json_is_true(json_object_get(call->parameters, "follow"));
}

static void
step_call(size_t run, struct fuzz_input *input)
{
    struct asking asking = {.uid = actors[fuzz_pick(input, sizeof actors / sizeof actors[0])]};
    size_t cut = fuzz_byte(input), len;
    char *text = make_messages(input, &len);
    struct manage_host_replies replies;
    struct pat_varlink_call call;
    bool is_call = pat_varlink_parse(text, len, &call) == PAT_OK;

    asking.message = text;
    if (is_call && strrchr(call.method, '.') != NULL)
        asking.method = strrchr(call.method, '.') + 1;
    asking.oneway = is_call && call.oneway;
    look_before();
    manage_host_call(asking.uid, text, len + 2 + strlen(manage_host_last), cut,
                     is_call && follows(&call), &replies);
    manage_view_take(manage_host_store(), after);
    /* What is a call is answered; what is none ends the connection. */
    FUZZ_CHECK_TEXT(replies.dropped == !is_call, text);
    check_replies(run, &asking, &replies);
    if (is_call)
        pat_varlink_clear(&call);
    free(text);
}

static void
step_verify(size_t run, struct fuzz_input *input)
{
    static const char *const addresses[] = {"10.1.2.3", "192.0.2.7", "\xff\xfe", "host", ""};
    struct pat_request request = {.has_address = true};
    char text[PAT_TOKEN_MAX + 1];
    enum pat_class class;
    struct pat_token token;
    uint8_t service;

    manage_words_token(input, text, sizeof text);
    FUZZ_CHECK(pat_secret_set(&request.token, text, strlen(text)) == PAT_OK);
    service = fuzz_byte(input);
    pat_text_clip(request.service, sizeof request.service,
                  service == 255       ? "\xfe"
                  : (service & 1) != 0 ? "imap"
                                       : "http");
    pat_text_clip(request.address, sizeof request.address, addresses[fuzz_pick(input, 5)]);
    class = manage_host_verify(&request);
    note(run, class == PAT_CLASS_ACCEPTED ? "accepted" : "refused");
    if (class != PAT_CLASS_ACCEPTED)
        return;
    FUZZ_CHECK(pat_token_read(text, strlen(text), &token) == PAT_SHAPE_TOKEN);
    for (size_t i = 0; i < after->token_count; i++)
        if (pat_text_equal(after->tokens[i].id, token.id))
            FUZZ_CHECK(after->tokens[i].state == PAT_STATE_ACTIVE);
}

static void
step_time(size_t run, struct fuzz_input *input)
{
    static const int64_t spans[] = {PAT_SECOND, 600 * PAT_SECOND, WORLD_DAY, 31 * WORLD_DAY};

    world_now += spans[fuzz_pick(input, 4)];
    look_before();
    manage_host_sweep();
    manage_view_take(manage_host_store(), after);
    manage_view_check_sweep(before, after);
    note(run, "time");
}

static void
run_all(size_t run, struct fuzz_input input)
{
    static const char *const groups[] = {"", "canarystaff\n", "canarystaff\ncanarycrew\n"};
    struct pat_check check;

    transcript_len = 0;
    transcripts[run][0] = '\0';
    manage_view_take(manage_host_store(), after);
    manage_host_set_groups(groups[fuzz_pick(&input, 3)]);
    for (int i = 0; i < STEPS_MAX && input.left > 0; i++)
        switch (fuzz_pick(&input, 8)) {
        case 0:
            step_verify(run, &input);
            break;
        case 1:
            step_time(run, &input);
            break;
        default:
            step_call(run, &input);
            break;
        }
    FUZZ_CHECK_TEXT(pat_check_store(manage_host_store(), NULL, NULL, &check) == PAT_OK,
                    check.trouble);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input input = fuzz_input(bytes, len);
    bool both = fuzz_byte(&input) % 4 == 0;

    manage_host_begin(MANAGE_HOST_MEMORY);
    run_all(0, input);
    if (!both)
        return 0;
    manage_host_begin(MANAGE_HOST_SQLITE);
    run_all(1, input);
    FUZZ_CHECK_TEXT(strcmp(transcripts[0], transcripts[1]) == 0, transcripts[1]);
    return 0;
}
