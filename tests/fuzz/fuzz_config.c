/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/config/file.c. An error has a sentence and a line that exists; parsing again gives the same;
 * what is accepted obeys the rules that other rooms rely on.
 */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/diag.h"
#include "core/config/config.h"
#include "core/config/file.h"
#include "tests/fuzz/fuzz.h"

struct passwd *__wrap_getpwnam(const char *name);

/* The accounts of every machine that runs this. */
struct passwd *
__wrap_getpwnam(const char *name)
{
    static struct passwd account;

    account = (struct passwd){.pw_uid = strcmp(name, "root") == 0 ? 0 : 89};
    return strcmp(name, "root") == 0 || strcmp(name, "postfix") == 0 ? &account : NULL;
}

static bool
same_uids(const struct pat_config_uids *a, const struct pat_config_uids *b)
{
    return a->count == b->count && memcmp(a->uids, b->uids, a->count * sizeof a->uids[0]) == 0;
}

static bool
same_rule(const struct pat_rule *a, const struct pat_rule *b)
{
    if (strcmp(a->scopes.text, b->scopes.text) != 0 || a->local != b->local ||
        a->allow_root != b->allow_root || a->tenant_count != b->tenant_count)
        return false;
    for (size_t i = 0; i < a->tenant_count; i++)
        if (strcmp(a->tenants[i].name, b->tenants[i].name) != 0 ||
            a->tenants[i].needs_realm != b->tenants[i].needs_realm)
            return false;
    return true;
}

static void
check_same(const struct pat_config *a, const struct pat_config *b)
{
    FUZZ_CHECK(strcmp(a->user, b->user) == 0 && strcmp(a->state_dir, b->state_dir) == 0 &&
               strcmp(a->keys_dir, b->keys_dir) == 0 &&
               strcmp(a->runtime_dir, b->runtime_dir) == 0);
    FUZZ_CHECK(same_uids(&a->operators, &b->operators));
    FUZZ_CHECK(a->service_count == b->service_count && a->listener_count == b->listener_count);
    for (size_t i = 0; i < a->service_count; i++) {
        const struct pat_config_service *one = &a->services[i], *other = &b->services[i];

        FUZZ_CHECK(strcmp(one->name, other->name) == 0 && one->line == other->line);
        FUZZ_CHECK(one->lists_tenants == other->lists_tenants);
        FUZZ_CHECK(same_uids(&one->uids, &other->uids) && same_rule(&one->rule, &other->rule));
    }
    for (size_t i = 0; i < a->listener_count; i++)
        FUZZ_CHECK(strcmp(a->listeners[i].name, b->listeners[i].name) == 0 &&
                   strcmp(a->listeners[i].path, b->listeners[i].path) == 0 &&
                   a->listeners[i].protocol == b->listeners[i].protocol);
}

static void
check_rule(const struct pat_config *config, const struct pat_config_service *service)
{
    struct pat_rule rule;
    char scope[PAT_SCOPE_MAX + 1];
    size_t plain = 0;

    FUZZ_CHECK(pat_scope_service_legal(service->name));
    pat_config_rule(config, service->name, "zz", &rule);
    pat_scope_of_service(service->name, scope);
    FUZZ_CHECK(pat_scope_canonical(&rule.scopes) && pat_scope_covers(&rule.scopes, scope));
    FUZZ_CHECK(rule.tenant_count >= 1 && rule.tenant_count <= PAT_RULE_TENANTS_MAX);
    FUZZ_CHECK(service->lists_tenants || strcmp(rule.tenants[0].name, "zz") == 0);
    for (size_t i = 0; i < rule.tenant_count; i++) {
        FUZZ_CHECK(pat_token_tenant_legal(rule.tenants[i].name));
        plain += !rule.tenants[i].needs_realm;
        for (size_t n = 0; n < i; n++)
            FUZZ_CHECK(strcmp(rule.tenants[i].name, rule.tenants[n].name) != 0);
    }
    FUZZ_CHECK(plain <= 1);
    for (size_t i = 0; i < service->uids.count; i++)
        FUZZ_CHECK(pat_config_may_ask(config, service->name, service->uids.uids[i]));
    FUZZ_CHECK(!pat_config_may_ask(config, service->name, UINT32_MAX));
}

static bool
is_path(const char *path)
{
    return path[0] == '/' && strlen(path) <= PAT_CONFIG_PATH_MAX && strstr(path, "/../") == NULL;
}

static void
check_accepted(const struct pat_config *config)
{
    FUZZ_CHECK(config->user[0] != '\0' && strlen(config->user) < sizeof config->user);
    FUZZ_CHECK(is_path(config->state_dir) && is_path(config->keys_dir));
    FUZZ_CHECK(is_path(config->runtime_dir) && strcmp(config->state_dir, config->keys_dir) != 0);
    FUZZ_CHECK(pat_config_is_operator(config, 0) && !pat_config_is_operator(config, UINT32_MAX));
    FUZZ_CHECK(config->service_count <= PAT_CONFIG_SERVICES_MAX);
    for (size_t i = 0; i < config->service_count; i++)
        check_rule(config, &config->services[i]);
    FUZZ_CHECK(config->listener_count <= PAT_CONFIG_LISTENERS_MAX);
    for (size_t i = 0; i < config->listener_count; i++)
        FUZZ_CHECK(is_path(config->listeners[i].path) &&
                   config->listeners[i].protocol != PAT_PROTOCOL_NONE &&
                   config->listeners[i].protocol != PAT_PROTOCOL_MANAGE);
}

static unsigned
count_lines(const char *text, size_t len)
{
    unsigned lines = 1;

    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    return lines;
}

/* The text with a line behind it: a comment changes nothing, an unknown option is an error. */
static void
check_with(const char *text, size_t len, const char *more, const struct pat_config *expected)
{
    size_t size = len + 1 + strlen(more);
    struct pat_config *config = NULL;
    struct pat_diag diag = {.text = ""};
    char *longer;

    if (size > PAT_CONFIG_FILE_MAX)
        return;
    longer = malloc(size);
    FUZZ_CHECK(longer != NULL);
    memcpy(longer, text, len);
    longer[len] = '\n';
    memcpy(longer + len + 1, more, strlen(more));
    if (pat_config_file_parse(longer, size, &config, &diag) != PAT_OK) {
        FUZZ_CHECK(expected == NULL && diag.text[0] != '\0' && diag.line != 0);
    } else {
        FUZZ_CHECK(expected != NULL);
        check_same(config, expected);
    }
    pat_config_free(config);
    free(longer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *text = (const char *)bytes;
    struct pat_config *config = NULL, *again = NULL;
    struct pat_diag diag = {.text = ""}, second = {.text = ""};
    enum pat_err err = pat_config_file_parse(text, len, &config, &diag);

    FUZZ_CHECK(pat_config_file_parse(text, len, &again, &second) == err);
    if (err != PAT_OK) {
        FUZZ_CHECK(config == NULL && again == NULL && diag.code == err);
        FUZZ_CHECK(diag.text[0] != '\0' && strcmp(diag.text, second.text) == 0);
        FUZZ_CHECK(diag.line <= count_lines(text, len) && diag.line == second.line);
        return 0;
    }
    check_same(config, again);
    check_accepted(config);
    check_with(text, len, "; nothing", config);
    check_with(text, len, "no_such_option = 1", NULL);
    pat_config_free(config);
    pat_config_free(again);
    return 0;
}
