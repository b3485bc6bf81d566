/* SPDX-License-Identifier: BSD-2-Clause */
/* The store is made by calls, too. */
#include <stdio.h>
#include <string.h>

#include "core/policy/policy.h"
#include "core/wire/varlink.h"
#include "tests/faults/figures.h"
#include "tests/faults/line.h"
#include "tests/faults/oom_calls.h"
#include "tests/faults/steady.h"

#define LETTERS 26

/* By the letter that stands for it in the calls below. */
static struct {
    char id[16], text[128];
} tokens[LETTERS];

const struct oom_call oom_calls[] = {
    /* --- reading --- */
    {"WhoAmI", "", OOM_CALLS_READS, false, 0},
    {"WhoAmI", "", OOM_CALLS_READS, false, OOM_CALLS_ALICE},
    {"Status", "\"days\":30", OOM_CALLS_READS, false, 0},
    {"Status", "", OOM_CALLS_READS, false, OOM_CALLS_ALICE},
    {"Offer", "\"user\":\"alice\"", OOM_CALLS_READS, false, 0},
    {"List", "", OOM_CALLS_READS, true, 0},
    {"List", "\"limit\":3", OOM_CALLS_READS, false, OOM_CALLS_ALICE},
    {"List",
     "\"filter\":{\"tenant\":\"acme\",\"glob\":\"t*\",\"scope\":\"mail:read\",\"states\":"
     "[\"active\",\"revoked\"],\"unusedSince\":1795305600000000}",
     OOM_CALLS_READS, true, 0},
    {"Show", "\"token\":\"@a\"", OOM_CALLS_READS, false, 0},
    {"Uses", "\"token\":\"@a\"", OOM_CALLS_READS, false, 0},
    {"Check", "\"token\":\"@A\",\"service\":\"imap\",\"user\":\"alice\"", OOM_CALLS_READS, false,
     0},
    {"Explain", "\"token\":\"@a\",\"service\":\"imap\"", OOM_CALLS_READS, false, 0},
    {"UserShow", "\"user\":\"alice\"", OOM_CALLS_READS, false, 0},
    {"UserList", "", OOM_CALLS_READS, true, 0},
    {"GrantList", "", OOM_CALLS_READS, true, 0},
    {"TenantList", "", OOM_CALLS_READS, true, 0},
    {"TenantShow", "\"tenant\":\"acme\"", OOM_CALLS_READS, false, 0},
    {"ScopeList", "\"count\":true", OOM_CALLS_READS, true, 0},
    {"Log", "\"lines\":12", OOM_CALLS_READS, true, 0},
    {"LogVerify", "", OOM_CALLS_READS, true, 0},
    {"LogVerify",
     "\"heads\":[{\"tenant\":\"acme\",\"seq\":1,\"link\":"
     "\"0000000000000000000000000000000000000000000000000000000000000000\"}]",
     OOM_CALLS_READS, true, 0},
    {"DbStatus", "", OOM_CALLS_READS, false, 0},
    {"Notices", "\"days\":[365]", OOM_CALLS_READS, true, 0},
    {"Metrics", "", OOM_CALLS_READS, false, 0},
    {"org.varlink.service.GetInfo", "", OOM_CALLS_READS, false, 0},
    {"org.varlink.service.GetInterfaceDescription", "\"interface\":\"" PAT_VARLINK_INTERFACE "\"",
     OOM_CALLS_READS, false, 0},
    /* --- what is refused --- */
    {"Nothing", "", OOM_CALLS_READS, false, 0},
    {"Show", "\"token\":7", OOM_CALLS_READS, false, 0},
    {"Show", "\"token\":\"zzzzzzzz\"", OOM_CALLS_READS, false, 0},
    {"Show", "\"token\":\"@a\",\"why\":true", OOM_CALLS_READS, false, 0},
    {"Log", "", OOM_CALLS_READS, false, 0},
    {"UserSetRole", "\"user\":\"alice\",\"role\":\"admin\"", OOM_CALLS_READS, false,
     OOM_CALLS_ALICE},
    {"Create", "\"user\":\"alice\",\"name\":\"token a\",\"scopes\":[\"mail:read\"]",
     OOM_CALLS_READS, false, 0},
    {"DbRestoreAccept", "", OOM_CALLS_READS, false, 0},
    /* --- changing tokens --- */
    {"Create",
     "\"user\":\"alice\",\"name\":\"another\",\"description\":\"for the laptop\",\"scopes\":"
     "[\"mail:read\",\"mail:send\"],\"addresses\":[\"192.0.2.0/24\"],\"claim\":{\"tty\":\"pts/1\"}",
     OOM_CALLS_CHANGES, false, 0},
    {"Create", "\"name\":\"my own token\",\"scopes\":[\"mail:read\"],\"pending\":true",
     OOM_CALLS_CHANGES, false, OOM_CALLS_ALICE},
    {"Confirm", "\"token\":\"@p\"", OOM_CALLS_CHANGES, false, 0},
    {"Edit", "\"token\":\"@a\",\"scopes\":[\"mail:read\"],\"name\":\"narrower\"", OOM_CALLS_CHANGES,
     false, 0},
    {"Rotate", "\"token\":\"@a\",\"grace\":0", OOM_CALLS_CHANGES, false, 0},
    {"Rotate", "\"token\":\"@a\"", OOM_CALLS_CHANGES, false, OOM_CALLS_ALICE},
    {"RotateFinish", "\"token\":\"@o\"", OOM_CALLS_CHANGES, false, 0},
    {"Revoke", "\"tokens\":[\"@a\",\"@b\"],\"reason\":\"lost\"", OOM_CALLS_CHANGES, false, 0},
    {"Revoke", "\"tokens\":[\"@a\",\"@r\"],\"skipDead\":true", OOM_CALLS_CHANGES, false, 0},
    {"RevokeAll", "\"filter\":{\"user\":\"alice\"},\"reason\":\"she left\"", OOM_CALLS_CHANGES,
     true, 0},
    {"Suspend", "\"tokens\":[\"@a\"]", OOM_CALLS_CHANGES, false, 0},
    {"Resume", "\"tokens\":[\"@s\"]", OOM_CALLS_CHANGES, false, 0},
    {"Purge", "\"tenant\":\"acme\",\"olderThan\":1795392000000000", OOM_CALLS_CHANGES, true, 0},
    {"NoticeSent", "\"token\":\"@a\",\"days\":30", OOM_CALLS_READS, false, 0}, /* no change */
    /* --- changing people --- */
    {"UserCreate",
     "\"user\":\"dave\",\"account\":\"dave\",\"uid\":60002,\"grants\":[\"mail:*\"],\"contact\":"
     "\"dave@acme.example\"",
     OOM_CALLS_CHANGES, false, 0},
    {"UserBind", "\"user\":\"bob\",\"account\":\"bob\",\"uid\":60003", OOM_CALLS_CHANGES, false, 0},
    {"UserSetEnabled", "\"user\":\"alice\",\"enabled\":false", OOM_CALLS_CHANGES, false, 0},
    {"UserSetRole", "\"user\":\"alice\",\"role\":\"auditor\"", OOM_CALLS_CHANGES, false, 0},
    {"UserSet", "\"user\":\"alice\",\"contact\":\"alice@acme.example\"", OOM_CALLS_CHANGES, false,
     0},
    {"UserForget", "\"user\":\"carol\"", OOM_CALLS_PIECES, true, 0},
    {"GrantAdd", "\"holder\":\"alice\",\"scopes\":[\"ssh:login\"]", OOM_CALLS_CHANGES, false, 0},
    {"GrantRemove", "\"holder\":\"@@staff\",\"scopes\":[\"mail:read\"]", OOM_CALLS_CHANGES, false,
     0},
    {"TenantCreate",
     "\"tenant\":\"firm\",\"realms\":[\"firm.example\"],\"policy\":{\"maxTokens\":9,\"scopes\":"
     "[\"mail:*\"],\"networks\":[\"10.0.0.0/8\"]}",
     OOM_CALLS_CHANGES, false, 0},
    {"TenantSet", "\"tenant\":\"acme\",\"policy\":{\"requireExpiry\":true},\"contact\":\"me\"",
     OOM_CALLS_CHANGES, false, 0},
    {"TenantSetEnabled", "\"tenant\":\"acme\",\"enabled\":false", OOM_CALLS_CHANGES, false, 0},
    {"TenantSetDefault", "\"tenant\":\"lab\"", OOM_CALLS_CHANGES, false, 0},
    {"TenantDelete", "\"tenant\":\"lab\",\"withTokens\":true", OOM_CALLS_PIECES, true, 0},
    {"ScopeAdd", "\"scope\":\"um:read\",\"label\":\"read\",\"meaning\":\"may read\"",
     OOM_CALLS_CHANGES, false, 0},
    {"ScopeRemove", "\"scope\":\"um:write\"", OOM_CALLS_CHANGES, false, 0},
    /* --- changing the store --- */
    {"LogErase", "\"user\":\"bob\",\"reason\":\"he asked\"", OOM_CALLS_PIECES, true, 0},
    {"LogCut", "\"tenant\":\"acme\",\"before\":1795392000000000", OOM_CALLS_PIECES, true, 0},
    {"DbBackup", "", OOM_CALLS_CHANGES, true, 0},
    {"DbRotateKey", "", OOM_CALLS_CHANGES, false, 0},
    {"ClockAccept", "", OOM_CALLS_CHANGES, false, 0},
};
const size_t oom_calls_count = sizeof oom_calls / sizeof oom_calls[0];

/* --- messages --- */

static size_t
put(char *ret, size_t at, const char *text)
{
    size_t len = strlen(text);

    FIGURES_NEED(at + len < OOM_CALLS_TEXT);
    memcpy(ret + at, text, len + 1);
    return at + len;
}

static size_t
put_parameters(char *ret, size_t at, const char *parameters)
{
    for (; *parameters != '\0'; parameters++) {
        char one[2] = {*parameters, '\0'};
        const char *text = one;

        if (*parameters == '@' && *++parameters != '@')
            text = *parameters >= 'a' ? tokens[*parameters - 'a'].id
                                      : tokens[*parameters - 'A'].text;
        FIGURES_NEED(text[0] != '\0');
        at = put(ret, at, text);
    }
    return at;
}

size_t
oom_calls_write(const struct oom_call *call, char ret[OOM_CALLS_TEXT])
{
    size_t at = put(ret, 0, "{\"method\":\"");

    if (strchr(call->method, '.') == NULL)
        at = put(ret, at, PAT_VARLINK_INTERFACE ".");
    at = put(ret, at, call->method);
    at = put(ret, at, "\",\"parameters\":{");
    at = put_parameters(ret, at, call->parameters);
    at = put(ret, at, call->more ? "},\"more\":true}" : "}}");
    return at + 1;
}

/* --- the store --- */

static void
take_string(const char *reply, const char *name, char *ret, size_t size)
{
    const char *at = strstr(reply, name), *end;

    FIGURES_NEED(at != NULL);
    at += strlen(name);
    end = strchr(at, '"');
    FIGURES_NEED(end != NULL && (size_t)(end - at) < size);
    memcpy(ret, at, (size_t)(end - at));
    ret[end - at] = '\0';
}

/* A letter: what was made is called so from then on. */
static void
make(struct host *host, char letter, const char *method, const char *parameters)
{
    const struct oom_call call = {.method = method, .parameters = parameters};
    char message[OOM_CALLS_TEXT];
    struct line_replies replies;

    steady_now += 1000000;
    line_call(host, HOST_OPERATOR, message, oom_calls_write(&call, message), NULL, &replies);
    if (!replies.ended || replies.an_error)
        printf("%s: %s\n", message, replies.text);
    FIGURES_NEED(replies.ended && !replies.an_error);
    if (letter == 0)
        return;
    take_string(replies.text, "\"token\":\"", tokens[letter - 'a'].text, sizeof tokens[0].text);
    take_string(replies.text, "\"id\":\"", tokens[letter - 'a'].id, sizeof tokens[0].id);
}

static void
make_people(struct host *host)
{
    make(host, 0, "TenantCreate",
         "\"tenant\":\"acme\",\"makeDefault\":true,\"policy\":"
         "{\"nameMin\":1,\"selfServiceScopes\":[\"mail:*\"]}");
    make(host, 0, "TenantCreate", "\"tenant\":\"lab\",\"realms\":[\"lab.example\"]");
    make(host, 0, "UserCreate",
         "\"user\":\"alice\",\"account\":\"alice\",\"uid\":60001,"
         "\"grants\":[\"mail:*\"]");
    make(host, 0, "UserCreate", "\"user\":\"bob\",\"grants\":[\"mail:*\"]");
    make(host, 0, "UserCreate", "\"user\":\"carol\",\"grants\":[\"mail:*\"]");
    make(host, 0, "UserCreate", "\"tenant\":\"lab\",\"user\":\"dan\",\"grants\":[\"mail:*\"]");
    make(host, 0, "GrantAdd", "\"holder\":\"@@staff\",\"scopes\":[\"mail:read\",\"mail:send\"]");
    make(host, 0, "ScopeAdd", "\"scope\":\"um:write\",\"label\":\"write\"");
}

static void
make_tokens(struct host *host)
{
    static const char alices[] = "\"user\":\"alice\",\"scopes\":[\"mail:*\"],\"name\":\"token %c\"";
    static const char letters[] = "rabso";
    char parameters[200];

    for (size_t i = 0; letters[i] != '\0'; i++) {
        snprintf(parameters, sizeof parameters, alices, letters[i]);
        make(host, letters[i], "Create", parameters);
    }
    make(host, 0, "Revoke", "\"tokens\":[\"@r\"],\"reason\":\"lost\"");
    make(host, 0, "UserSetEnabled", "\"user\":\"bob\",\"enabled\":false,\"reason\":\"away\"");
    make(host, 'c', "Create", "\"user\":\"carol\",\"scopes\":[\"mail:read\"],\"name\":\"carols\"");
    make(host, 'd', "Create",
         "\"tenant\":\"lab\",\"user\":\"dan\",\"scopes\":[\"mail:read\"],"
         "\"name\":\"the token of dan\"");
    make(host, 0, "Revoke", "\"tokens\":[\"@c\"]");
    steady_now += 40 * STEADY_DAY; /* so that there is something to remove */
    make(host, 0, "Suspend", "\"tokens\":[\"@s\"]");
    make(host, 'n', "Rotate", "\"token\":\"@o\"");
    make(host, 'p', "Create",
         "\"user\":\"alice\",\"scopes\":[\"mail:read\"],\"name\":\"token p\","
         "\"pending\":true");
}

void
oom_calls_begin(const char *dir)
{
    struct host host;

    steady_now = STEADY_BEGIN;
    FIGURES_NEED(host_open(&host, dir) == PAT_OK);
    make_people(&host);
    make_tokens(&host);
    host_close(&host);
}
