/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options: one setter by name, driven by options.def, and the rules between them. Account names
 * are resolved here, once, while the configuration is read; never later.
 */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/diag.h"
#include "core/base/paths.h"
#include "core/base/text.h"
#include "core/config/config.h"

static const struct pat_config_known known[] = {
#define FILE_OPTION(section, name, type, member, default_text, meaning) {#section, #name, meaning},
#include "core/config/options.def"
};

static const char *const defaults[] = {
#define FILE_OPTION(section, name, type, member, default_text, meaning) default_text,
#include "core/config/options.def"
};

#define OPTION_COUNT (sizeof known / sizeof known[0])
_Static_assert(OPTION_COUNT <= PAT_CONFIG_OPTIONS_MAX, "the lines of options need more room");

const struct pat_config_known *
pat_config_known(size_t index)
{
    return index < OPTION_COUNT ? &known[index] : NULL;
}

static enum pat_err
wrong(struct pat_diag *diag, unsigned line, const char *name, const char *what)
{
    return pat_diag_set(diag, PAT_ERR_SYNTAX, line, 0, "%s: %s", name, what);
}

/* --- values --- */

static enum pat_err
set_flag(const char *value, bool *ret)
{
    *ret = pat_text_equal(value, "yes");
    return *ret || pat_text_equal(value, "no") ? PAT_OK : PAT_ERR_SYNTAX;
}

static bool
is_root_path(const char *path)
{
    return path[0] == '/' && strstr(path, "/../") == NULL && strstr(path, "//") == NULL &&
           (strlen(path) == 1 || path[strlen(path) - 1] != '/');
}

/* A decimal uid, or the name of an account. */
static enum pat_err
resolve(const struct pat_config_accounts *accounts, const char *word, uint32_t *ret)
{
    int64_t number;
    struct passwd *account;

    if (pat_text_number(word, 0, UINT32_MAX - 1, &number) == PAT_OK) {
        *ret = (uint32_t)number;
        return PAT_OK;
    }
    if (accounts != NULL)
        return accounts->uid_of(accounts->context, word, ret);
    account = getpwnam(word);
    if (account == NULL)
        return PAT_ERR_NOT_FOUND;
    *ret = account->pw_uid;
    return PAT_OK;
}

static enum pat_err
set_uids(const struct pat_config_accounts *accounts, const char *value,
         struct pat_config_uids *uids, const char *name, unsigned line, struct pat_diag *diag)
{
    const char *at = value;
    const char *word;
    enum pat_err err;
    size_t len;

    uids->count = 0;
    while ((len = pat_text_word(&at, &word)) != 0) {
        char account[PAT_ACCOUNT_MAX + 1];

        if (uids->count == PAT_CONFIG_UIDS_MAX ||
            pat_text_copy(account, sizeof account, word, len) != PAT_OK)
            return wrong(diag, line, name, "too many or too long names");
        err = resolve(accounts, account, &uids->uids[uids->count]);
        if (err != PAT_OK)
            return pat_diag_set(diag, PAT_ERR_SYNTAX, line, 0, "%s: %s \"%s\"", name,
                                err == PAT_ERR_NOT_FOUND ? "no account"
                                                         : "no answer of the name service about",
                                account);
        uids->count++;
    }
    return PAT_OK;
}

static bool
has_uid(const struct pat_config_uids *uids, uint32_t uid)
{
    for (size_t i = 0; i < uids->count; i++)
        if (uids->uids[i] == uid)
            return true;
    return false;
}

static enum pat_err
set_tenants(const char *value, struct pat_config_service *service, unsigned line,
            struct pat_diag *diag)
{
    const char *at = value;
    const char *word;
    size_t len, plain = 0;

    service->rule.tenant_count = 0;
    while ((len = pat_text_word(&at, &word)) != 0) {
        size_t index = service->rule.tenant_count;
        bool needs_realm = word[len - 1] == '@';
        char *name;

        if (index == PAT_RULE_TENANTS_MAX)
            return wrong(diag, line, "tenants", "too many");
        name = service->rule.tenants[index].name;
        if (pat_text_copy(name, PAT_TENANT_MAX + 1, word, len - needs_realm) != PAT_OK ||
            !pat_token_tenant_legal(name))
            return wrong(diag, line, "tenants", "a tenant is 1 to 16 of a-z and 0-9");
        for (size_t i = 0; i < index; i++)
            if (pat_text_equal(service->rule.tenants[i].name, name))
                return wrong(diag, line, "tenants", "a tenant is listed twice");
        service->rule.tenants[index].needs_realm = needs_realm;
        service->rule.tenant_count++;
        plain += !needs_realm;
    }
    service->lists_tenants = service->rule.tenant_count > 0;
    return plain <= 1 ? PAT_OK
                      : wrong(diag, line, "tenants",
                              "only one tenant may stand without @, or two users could share a "
                              "name");
}

/* --- sections --- */

static const char *
section_name(const char *section)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (pat_text_equal(known[i].section, section))
            return known[i].section;
    return NULL;
}

static struct pat_config_service *
find_service(const struct pat_config *config, const char *name)
{
    for (size_t i = 0; i < config->service_count; i++)
        if (pat_text_equal(config->services[i].name, name))
            return &config->services[i];
    return NULL;
}

static struct pat_config_listener *
find_listener(struct pat_config *config, const char *name)
{
    for (size_t i = 0; i < config->listener_count; i++)
        if (pat_text_equal(config->listeners[i].name, name))
            return &config->listeners[i];
    return NULL;
}

static void
builtin_rule(const char *service, struct pat_rule *ret)
{
    *ret = (struct pat_rule){.local = pat_scope_service_local(service)};
    pat_scope_of_service(service, ret->scopes.text);
}

static enum pat_err
add_service(struct pat_config *config, const char *name, unsigned line, struct pat_diag *diag)
{
    struct pat_config_service *services;

    if (!pat_scope_service_legal(name))
        return wrong(diag, line, name, "not the name of a service");
    if (find_service(config, name) != NULL)
        return wrong(diag, line, name, "the section comes twice");
    if (config->service_count == PAT_CONFIG_SERVICES_MAX)
        return wrong(diag, line, name, "too many services");
    services = realloc(config->services, (config->service_count + 1) * sizeof *services);
    if (services == NULL)
        return pat_diag_set(diag, PAT_ERR_NOMEM, line, 0, "out of memory");
    config->services = services;
    services += config->service_count++;
    *services = (struct pat_config_service){.line = line};
    pat_text_clip(services->name, sizeof services->name, name);
    builtin_rule(name, &services->rule);
    return PAT_OK;
}

static enum pat_err
add_listener(struct pat_config *config, const char *name, unsigned line, struct pat_diag *diag)
{
    struct pat_config_listener *listener = &config->listeners[config->listener_count];

    if (!pat_scope_service_legal(name))
        return wrong(diag, line, name, "not the name of a listener");
    if (find_listener(config, name) != NULL)
        return wrong(diag, line, name, "the section comes twice");
    if (config->listener_count == PAT_CONFIG_LISTENERS_MAX)
        return wrong(diag, line, name, "too many listeners");
    *listener = (struct pat_config_listener){.line = line};
    pat_text_clip(listener->name, sizeof listener->name, name);
    config->listener_count++;
    return PAT_OK;
}

enum pat_err
pat_config_section(struct pat_config *config, const char *section, const char *instance,
                   unsigned line, struct pat_diag *diag)
{
    if (section_name(section) == NULL)
        return pat_diag_set(diag, PAT_ERR_SYNTAX, line, 0, "unknown section \"%.64s\"", section);
    if (pat_text_equal(section, "service"))
        return add_service(config, instance, line, diag);
    if (pat_text_equal(section, "listener"))
        return add_listener(config, instance, line, diag);
    return instance[0] == '\0' ? PAT_OK : wrong(diag, line, section, "takes no name");
}

/* --- setters, one a section --- */

static enum pat_err
set_patd(struct pat_config *config, const char *name, const char *value, unsigned line,
         struct pat_diag *diag)
{
    char *path = NULL;

    if (pat_text_equal(name, "operators"))
        return set_uids(config->accounts, value, &config->operators, name, line, diag);
    if (pat_text_equal(name, "user"))
        return pat_text_set(config->user, sizeof config->user, value) == PAT_OK && value[0] != '\0'
                   ? PAT_OK
                   : wrong(diag, line, name, "not the name of an account");
    if (pat_text_equal(name, "state_dir"))
        path = config->state_dir;
    else if (pat_text_equal(name, "keys_dir"))
        path = config->keys_dir;
    else
        path = config->runtime_dir;
    if (!is_root_path(value) || pat_text_set(path, PAT_CONFIG_PATH_MAX + 1, value) != PAT_OK)
        return wrong(diag, line, name, "must be an absolute path of at most 107 bytes");
    return PAT_OK;
}

static enum pat_err
set_service(const struct pat_config_accounts *accounts, struct pat_config_service *service,
            const char *name, const char *value, unsigned line, struct pat_diag *diag)
{
    struct pat_scopes more;
    struct pat_diag why;

    if (pat_text_equal(name, "tenants"))
        return set_tenants(value, service, line, diag);
    if (pat_text_equal(name, "uids"))
        return set_uids(accounts, value, &service->uids, name, line, diag);
    if (pat_text_equal(name, "allow_root"))
        return set_flag(value, &service->rule.allow_root) == PAT_OK
                   ? PAT_OK
                   : wrong(diag, line, name, "is yes or no");
    if (pat_text_equal(name, "accounts")) {
        service->rule.local = pat_text_equal(value, "local");
        if (!service->rule.local && !pat_text_equal(value, "virtual"))
            return wrong(diag, line, name, "is local or virtual");
        /* SECURITY: its users would be whoever has an account's name in a tenant. */
        if (!service->rule.local && pat_scope_service_opens_accounts(service->name))
            return wrong(diag, line, name, "stays local: this service opens accounts of the host");
        return PAT_OK;
    }
    if (pat_scope_read(value, &more, &why) != PAT_OK)
        return wrong(diag, line, name, why.text);
    return pat_scope_join(&service->rule.scopes, &more, &service->rule.scopes) == PAT_OK
               ? PAT_OK
               : wrong(diag, line, name, "too many scopes");
}

static enum pat_err
set_protocol(const char *value, enum pat_config_protocol *ret)
{
    static const struct {
        const char *name;
        enum pat_config_protocol protocol;
    } protocols[] = {
        {"verify", PAT_PROTOCOL_VERIFY},
        {"authdaemon", PAT_PROTOCOL_AUTHDAEMON},
        {"mux", PAT_PROTOCOL_MUX},
    };

    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
        if (pat_text_equal(protocols[i].name, value)) {
            *ret = protocols[i].protocol;
            return PAT_OK;
        }
    return PAT_ERR_SYNTAX;
}

static enum pat_err
set_listener(struct pat_config_listener *listener, const char *name, const char *value,
             unsigned line, struct pat_diag *diag)
{
    if (pat_text_equal(name, "protocol"))
        return set_protocol(value, &listener->protocol) == PAT_OK
                   ? PAT_OK
                   : wrong(diag, line, name, "is verify, authdaemon or mux");
    if (!is_root_path(value) ||
        pat_text_set(listener->path, sizeof listener->path, value) != PAT_OK)
        return wrong(diag, line, name, "must be an absolute path of at most 107 bytes");
    return PAT_OK;
}

/* OPTION_COUNT when there is no such option. */
static size_t
option_index(const char *section, const char *name)
{
    size_t i = 0;

    while (i < OPTION_COUNT &&
           !(pat_text_equal(known[i].section, section) && pat_text_equal(known[i].name, name)))
        i++;
    return i;
}

static enum pat_err
set_option(struct pat_config *config, const struct pat_config_known *option, const char *instance,
           const char *value, unsigned line, unsigned **ret_lines, struct pat_diag *diag)
{
    struct pat_config_service *service;
    struct pat_config_listener *listener;

    if (pat_text_equal(option->section, "service")) {
        service = find_service(config, instance);
        *ret_lines = service->lines;
        return set_service(config->accounts, service, option->name, value, line, diag);
    }
    if (pat_text_equal(option->section, "listener")) {
        listener = find_listener(config, instance);
        *ret_lines = listener->lines;
        return set_listener(listener, option->name, value, line, diag);
    }
    *ret_lines = config->lines;
    return set_patd(config, option->name, value, line, diag);
}

enum pat_err
pat_config_set(struct pat_config *config, const char *section, const char *instance,
               const char *name, const char *value, unsigned line, struct pat_diag *diag)
{
    size_t index = option_index(section, name);
    unsigned *lines = NULL;
    enum pat_err err;

    if (index == OPTION_COUNT)
        return pat_diag_set(diag, PAT_ERR_SYNTAX, line, 0, "unknown option \"%.64s\" in [%.64s]",
                            name, section);
    err = set_option(config, &known[index], instance, value, line, &lines, diag);
    if (err == PAT_OK)
        lines[index] = line;
    return err;
}

/* --- the whole --- */

struct pat_config *
pat_config_new(void)
{
    struct pat_config *config = calloc(1, sizeof *config);

    for (size_t i = 0; config != NULL && i < OPTION_COUNT; i++)
        if (pat_text_equal(known[i].section, "patd") &&
            set_patd(config, known[i].name, defaults[i], 0, NULL) != PAT_OK) {
            pat_config_free(config);
            config = NULL;
        }
    return config;
}

void
pat_config_free(struct pat_config *config)
{
    if (config != NULL)
        free(config->services);
    free(config);
}

enum pat_err
pat_config_finish(struct pat_config *config, struct pat_diag *diag)
{
    for (size_t i = 0; i < config->listener_count; i++) {
        const struct pat_config_listener *listener = &config->listeners[i];

        if (listener->protocol == PAT_PROTOCOL_NONE || listener->path[0] == '\0')
            return wrong(diag, listener->line, listener->name, "needs protocol and path");
    }
    /* the longest of them */
    if (strlen(config->runtime_dir) + strlen(PAT_AUTHDAEMON_SOCKET) > PAT_CONFIG_PATH_MAX)
        return wrong(diag, 0, "runtime_dir", "too long for the sockets below it");
    if (pat_text_equal(config->state_dir, config->keys_dir))
        return wrong(diag, 0, "keys_dir", "must not be the state directory");
    return PAT_OK;
}

void
pat_config_rule(const struct pat_config *config, const char *service, const char *default_tenant,
                struct pat_rule *ret)
{
    const struct pat_config_service *section = find_service(config, service);

    if (section != NULL)
        *ret = section->rule;
    else
        builtin_rule(service, ret);
    if ((section == NULL || !section->lists_tenants) && default_tenant[0] != '\0') {
        ret->tenant_count = 1;
        pat_text_clip(ret->tenants[0].name, sizeof ret->tenants[0].name, default_tenant);
        ret->tenants[0].needs_realm = false;
    }
}

bool
pat_config_takes_plain(const struct pat_config *config, const char *tenant,
                       const char *default_tenant)
{
    bool found = pat_text_equal(tenant, default_tenant); /* of the services without a section */

    for (size_t i = 0; !found && i < config->service_count; i++) {
        const struct pat_rule *rule = &config->services[i].rule;

        for (size_t each = 0; !rule->local && each < rule->tenant_count; each++)
            found |= !rule->tenants[each].needs_realm &&
                     pat_text_equal(rule->tenants[each].name, tenant);
    }
    return found;
}

bool
pat_config_is_operator(const struct pat_config *config, uint32_t uid)
{
    return uid == 0 || has_uid(&config->operators, uid);
}

bool
pat_config_may_ask(const struct pat_config *config, const char *service, uint32_t uid)
{
    const struct pat_config_service *section = find_service(config, service);

    return section != NULL && has_uid(&section->uids, uid);
}
