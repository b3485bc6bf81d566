/* SPDX-License-Identifier: BSD-2-Clause */
/* Which words are likely depends on the parameter; any parameter may have any other value too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/wire/varlink.h"
#include "patd/manage_table.h"
#include "tests/fuzz/manage_host.h"
#include "tests/fuzz/manage_words.h"
#include "tests/fuzz/world.h"

#define MESSAGE_MAX ((size_t)16 * 1024)

static const char *const methods[] = {
    "WhoAmI",      "Status",    "Create",       "Confirm",        "List",
    "Show",        "Revoke",    "Check",        "Uses",           "UserCreate",
    "UserShow",    "UserList",  "UserBind",     "UserSetEnabled", "GrantAdd",
    "GrantRemove", "GrantList", "TenantCreate", "TenantList",     "TenantSetDefault",
    "Log",         "LogVerify", "Rotate",       "GetInfo",        "Offer",
    "Edit",        "Suspend",   "Resume",       "RotateFinish",   "Explain",
};

/* Lists of texts, each ended by NULL. */
static const char *const tenants[] = {"acme", "lab", "gone", "firm", "new", "", "Acme", "zz", NULL};
static const char *const users[] = {"alice",  "bob",    "carol", "rooty", "adam",
                                    "audrey", "both",   "dave",  "ada",   "eve",
                                    "newby",  "second", "-x",    "a b",   NULL};
static const char *const holders[] = {"alice",        "bob",         "carol",     "both", "dave",
                                      "@canarystaff", "@canarycrew", "@newgroup", "@",    NULL};
static const char *const names[] = {
    "deployment key",      "other name",   "short", "  trimmed name  ",
    "n\xc3\xa4mlich lang", "canaryname00", NULL};
static const char *const texts[] = {
    "",  "because", "\xe2\x82\xac 5", "a\"b\\c", "pat_acme_1tk000000tk000000tk000000tk000000tk",
    NULL};
static const char *const scopes[] = {"mail:*",   "mail:read",   "ssh:login", "sudo:run", "um:read",
                                     "um:bulk",  "http:access", "ldap:bind", "db:*",     "um:*",
                                     "su:login", "Mail:read",   "mail",      NULL};
static const char *const networks[] = {
    "10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "10.1.2.3/8", "::ffff:10.0.0.0/104", "host", NULL};
static const char *const services[] = {"imap", "smtpd", "sshd", "app", "http", "su", "Sshd", NULL};
static const char *const events[] = {"token", "token.create", "user", "grant.add", "", NULL};
static const char *const realms[] = {"acme.example", "lab.test", "new.example", "A.B", "..", NULL};
static const char *const roles[] = {"user", "auditor", "admin", "root", NULL};
static const char *const accounts[] = {"bob", "newby", "root", "dave", "a/b", "", NULL};
static const char *const batches[] = {"b_1", "a batch whose name is much longer than its column",
                                      "32 bytes with a cut at the 31 \xe2\x82\xac", NULL};

static const char *const globs[] = {"*", "canary*", "*NAME?*", "?????????*", "*%_\\*", "", NULL};
static const char *const states[] = {"active",  "expiring",  "expired", "revoked",
                                     "pending", "suspended", "dead",    NULL};

static const int64_t numbers[] = {0,
                                  1,
                                  -1,
                                  2,
                                  7,
                                  25,
                                  100,
                                  1000,
                                  1500,
                                  1501,
                                  1700,
                                  65534,
                                  4294967295,
                                  4294967296,
                                  INT64_MAX,
                                  INT64_MIN,
                                  PAT_SECOND,
                                  WORLD_NOW,
                                  WORLD_NOW - WORLD_DAY,
                                  WORLD_NOW + PAT_SECOND,
                                  WORLD_NOW + WORLD_DAY,
                                  WORLD_NOW + 400 * WORLD_DAY,
                                  WORLD_DAY};

/* --- values --- */

static json_t *
text_value(const char *text)
{
    json_t *value = json_string(text);

    return value == NULL ? json_string("?") : value; /* not UTF-8 */
}

static json_t *
pick_word(struct fuzz_input *input, const char *const *list)
{
    size_t which = fuzz_byte(input), count = 0;
    char text[300];

    while (list[count] != NULL)
        count++;
    if (which < 250)
        return text_value(list[which % count]);
    if (which == 250) { /* long */
        memset(text, 'x', sizeof text);
        text[200 + fuzz_byte(input) % 99] = '\0';
    } else {
        fuzz_text(input, text, sizeof text);
    }
    return text_value(text);
}

static json_t *
pick_list(struct fuzz_input *input, const char *const *list)
{
    json_t *array = json_array();
    size_t count = fuzz_pick(input, 5);

    for (size_t i = 0; i < count; i++)
        FUZZ_CHECK(json_array_append_new(array, pick_word(input, list)) == 0);
    return array;
}

static json_t *
pick_number(struct fuzz_input *input)
{
    size_t which = fuzz_byte(input);

    return json_integer(which < 250 ? numbers[which % (sizeof numbers / sizeof numbers[0])]
                                    : (int64_t)fuzz_number(input, 8));
}

void
manage_words_token(struct fuzz_input *input, char *ret, size_t size)
{
    size_t which = fuzz_byte(input);
    char text[PAT_TOKEN_MAX + 1] = "";

    if (which < WORLD_TOKENS)
        world_token_text(which, text);
    else if (manage_host_created() > 0)
        pat_text_clip(text, sizeof text, manage_host_created_text(which % manage_host_created()));
    pat_text_clip(ret, size, text);
}

/* What names a token: its id, the beginning of it, its name, or (wrongly) the token itself. */
static json_t *
pick_reference(struct fuzz_input *input)
{
    char text[80];
    size_t how = fuzz_byte(input);
    struct pat_token token;

    manage_words_token(input, text, sizeof text);
    if (how % 8 < 5 && pat_token_read(text, strlen(text), &token) == PAT_SHAPE_TOKEN)
        pat_text_clip(text, how % 8 < 4 ? PAT_ID_LEN + 1 : 1 + how / 8 % PAT_ID_LEN, token.id);
    else if (how % 8 == 5)
        snprintf(text, sizeof text, "canaryname%02zu", how / 8);
    else if (how % 8 == 6)
        pat_text_clip(text, sizeof text, names[how / 8 % 4]);
    return text_value(text);
}

static json_t *
pick_references(struct fuzz_input *input)
{
    json_t *array = json_array();
    size_t count = fuzz_pick(input, 5);

    for (size_t i = 0; i < count; i++)
        FUZZ_CHECK(json_array_append_new(array, pick_reference(input)) == 0);
    return array;
}

static json_t *pick_value(struct fuzz_input *input, const char *name, bool is_check);

/* An object with some of these members. */
static json_t *
pick_object(struct fuzz_input *input, const char *members)
{
    json_t *object = json_object();
    uint64_t which = fuzz_number(input, 2);
    const char *word;
    size_t len;

    for (; (len = pat_text_word(&members, &word)) != 0; which >>= 1) {
        char name[40];

        FUZZ_CHECK(pat_text_copy(name, sizeof name, word, len) == PAT_OK);
        if ((which & 1) != 0)
            FUZZ_CHECK(json_object_set_new(object, name, pick_value(input, name, false)) == 0);
    }
    return object;
}

/* Few members at a time: else nothing would fit. */
static json_t *
pick_filter(struct fuzz_input *input)
{
    static const char *const more[] = {"", "glob scope states",
                                       "createdBefore createdAfter expiresBefore noExpiry",
                                       "unusedSince service address"};
    json_t *filter = pick_object(input, "tenant user name withRevoked other");

    FUZZ_CHECK(json_object_update_new(filter, pick_object(input, more[fuzz_pick(input, 4)])) == 0);
    return filter;
}

static const struct {
    const char *names; /* of parameters */
    const char *const *words;
    bool is_list;
} kinds[] = {
    {"tenant", tenants, false},
    {"user", users, false},
    {"holder", holders, false},
    {"name", names, false},
    {"glob", globs, false},
    {"states", states, true},
    {"description reason contact sudoUser tty remote", texts, false},
    {"scope", scopes, false},
    {"scopes grants selfServiceScopes", scopes, true},
    {"addresses networks", networks, true},
    {"address", networks, false},
    {"service", services, false},
    {"event", events, false},
    {"realm", realms, false},
    {"realms", realms, true},
    {"role", roles, false},
    {"account", accounts, false},
    {"batch", batches, false},
};

static bool
is_one_of(const char *list, const char *name)
{
    const char *word;
    size_t len;

    while ((len = pat_text_word(&list, &word)) != 0)
        if (strlen(name) == len && memcmp(name, word, len) == 0)
            return true;
    return false;
}

static json_t *
likely_value(struct fuzz_input *input, const char *name, bool is_check)
{
    char text[80];

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (is_one_of(kinds[i].names, name))
            return kinds[i].is_list ? pick_list(input, kinds[i].words)
                                    : pick_word(input, kinds[i].words);
    if (is_one_of("token", name) && is_check) {
        manage_words_token(input, text, sizeof text);
        return text_value(text);
    }
    if (is_one_of("token", name))
        return pick_reference(input);
    if (is_one_of("tokens", name))
        return pick_references(input);
    if (is_one_of("filter", name))
        return pick_filter(input);
    if (is_one_of("claim", name))
        return pick_object(input, "sudoUser tty remote");
    if (is_one_of("policy", name))
        return pick_object(input, "maxTokens nameMin requireExpiry requireAddresses "
                                  "defaultLifetime maxLifetime pendingLifetime scopes networks "
                                  "selfService selfServiceScopes");
    if (is_one_of("createdBefore createdAfter expiresBefore unusedSince", name))
        return pick_number(input);
    if (is_one_of("expires grace notBefore since until lines days limit uid maxTokens nameMin "
                  "defaultLifetime maxLifetime pendingLifetime",
                  name))
        return pick_number(input);
    return json_boolean(fuzz_byte(input) & 1);
}

static json_t *
pick_value(struct fuzz_input *input, const char *name, bool is_check)
{
    switch (fuzz_byte(input)) {
    case 0xff:
        return pick_word(input, texts);
    case 0xfe:
        return json_null();
    case 0xfd:
        return pick_number(input);
    case 0xfc:
        return json_boolean(fuzz_byte(input) & 1);
    case 0xfb:
        return json_array();
    case 0xfa:
        return json_object();
    default:
        return likely_value(input, name, is_check);
    }
}

/* --- messages --- */

static json_t *
make_call(struct fuzz_input *input)
{
    const char *name = methods[fuzz_pick(input, sizeof methods / sizeof methods[0])];
    const struct patd_method *method = patd_manage_table_find(name);
    bool is_service = strcmp(name, "GetInfo") == 0;
    uint8_t flags = fuzz_byte(input);
    char full[80];
    json_t *parameters = pick_object(input, method == NULL ? "" : method->parameters), *message;

    if (strcmp(name, "Check") == 0 && (flags & 8) == 0)
        FUZZ_CHECK(json_object_set_new(parameters, "token", pick_value(input, "token", true)) == 0);
    snprintf(full, sizeof full, "%s.%s", is_service ? "org.varlink.service" : PAT_VARLINK_INTERFACE,
             name);
    message = json_pack("{s:s, s:o}", "method", full, "parameters", parameters);
    if ((flags & 1) != 0)
        FUZZ_CHECK(json_object_set_new(message, "more", json_true()) == 0);
    if ((flags & 6) == 6)
        FUZZ_CHECK(json_object_set_new(message, "oneway", json_true()) == 0);
    return message;
}

char *
manage_words_message(struct fuzz_input *input, size_t *ret_len)
{
    char *text = malloc(MESSAGE_MAX);
    json_t *message;

    FUZZ_CHECK(text != NULL);
    if (fuzz_byte(input) == 'r') { /* any text */
        size_t len = (size_t)fuzz_number(input, 2) % MESSAGE_MAX;

        for (*ret_len = 0; *ret_len < len && input->left > 0; ++*ret_len)
            text[*ret_len] = (char)(*input->at == 0 ? ' ' : *input->at), fuzz_byte(input);
        return text;
    }
    message = make_call(input);
    *ret_len = json_dumpb(message, text, MESSAGE_MAX, JSON_COMPACT);
    FUZZ_CHECK(*ret_len > 0 && *ret_len <= MESSAGE_MAX);
    json_decref(message);
    return text;
}
