/* SPDX-License-Identifier: BSD-2-Clause */
/* The inverse of config.c's setters: from what is in force, not from what was written. */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/option.h"

/* --- values --- */

static void
put_uids(const struct pat_config_uids *uids, char *ret, size_t size)
{
    size_t used = 0;

    ret[0] = '\0';
    for (size_t i = 0; i < uids->count && used < size; i++)
        used += (size_t)snprintf(ret + used, size - used, "%s%u", i == 0 ? "" : " ", uids->uids[i]);
}

static void
put_patd(const void *from, const char *name, char *ret, size_t size)
{
    const struct pat_config *config = from;

    if (pat_text_equal(name, "operators"))
        put_uids(&config->operators, ret, size);
    else if (pat_text_equal(name, "user"))
        pat_text_clip(ret, size, config->user);
    else if (pat_text_equal(name, "state_dir"))
        pat_text_clip(ret, size, config->state_dir);
    else if (pat_text_equal(name, "keys_dir"))
        pat_text_clip(ret, size, config->keys_dir);
    else
        pat_text_clip(ret, size, config->runtime_dir);
}

/* Empty when none is listed: then it is the store's default tenant, which is not in the file. */
static void
put_tenants(const struct pat_rule *rule, char *ret, size_t size)
{
    size_t used = 0;

    ret[0] = '\0';
    for (size_t i = 0; i < rule->tenant_count && used < size; i++)
        used += (size_t)snprintf(ret + used, size - used, "%s%s%s", i == 0 ? "" : " ",
                                 rule->tenants[i].name, rule->tenants[i].needs_realm ? "@" : "");
}

static void
put_service(const void *from, const char *name, char *ret, size_t size)
{
    const struct pat_config_service *service = from;

    if (pat_text_equal(name, "scope"))
        pat_text_clip(ret, size, service->rule.scopes.text);
    else if (pat_text_equal(name, "tenants"))
        put_tenants(&service->rule, ret, size);
    else if (pat_text_equal(name, "accounts"))
        pat_text_clip(ret, size, service->rule.local ? "local" : "virtual");
    else if (pat_text_equal(name, "allow_root"))
        pat_text_clip(ret, size, service->rule.allow_root ? "yes" : "no");
    else
        put_uids(&service->uids, ret, size);
}

static void
put_listener(const void *from, const char *name, char *ret, size_t size)
{
    const struct pat_config_listener *listener = from;
    static const char *const protocols[] = {[PAT_PROTOCOL_NONE] = "",
                                            [PAT_PROTOCOL_VERIFY] = "verify",
                                            [PAT_PROTOCOL_AUTHDAEMON] = "authdaemon",
                                            [PAT_PROTOCOL_MUX] = "mux",
                                            [PAT_PROTOCOL_MANAGE] = "manage"};

    pat_text_clip(ret, size,
                  pat_text_equal(name, "protocol") ? protocols[listener->protocol]
                                                   : listener->path);
}

/* --- walking --- */

struct walk {
    pat_config_option_each *each;
    void *context;
    bool ended;
};

/* A section of the file; from is the struct that put reads. */
struct section {
    const char *name;
    const char *instance; /* empty: it comes once */
    const unsigned *lines;
    const void *from;
    void (*put)(const void *from, const char *name, char *ret, size_t size);
};

static void
walk_section(struct walk *walk, const struct section *section)
{
    const struct pat_config_known *known;

    for (size_t i = 0; !walk->ended && (known = pat_config_known(i)) != NULL; i++) {
        struct pat_config_option option = {.line = section->lines[i]};

        if (!pat_text_equal(known->section, section->name))
            continue;
        if (section->instance[0] == '\0')
            pat_text_clip(option.name, sizeof option.name, known->name);
        else
            snprintf(option.name, sizeof option.name, "%s.%s.%s", section->name, section->instance,
                     known->name);
        section->put(section->from, known->name, option.value, sizeof option.value);
        walk->ended = !walk->each(walk->context, &option);
    }
}

static void
walk_service(struct walk *walk, const struct pat_config_service *service)
{
    walk_section(walk, &(struct section){.name = "service",
                                         .instance = service->name,
                                         .lines = service->lines,
                                         .from = service,
                                         .put = put_service});
}

static void
walk_all(struct walk *walk, const struct pat_config *config)
{
    walk_section(walk, &(struct section){.name = "patd",
                                         .instance = "",
                                         .lines = config->lines,
                                         .from = config,
                                         .put = put_patd});
    for (size_t i = 0; !walk->ended && i < config->service_count; i++)
        walk_service(walk, &config->services[i]);
    for (size_t i = 0; !walk->ended && i < config->listener_count; i++)
        walk_section(walk, &(struct section){.name = "listener",
                                             .instance = config->listeners[i].name,
                                             .lines = config->listeners[i].lines,
                                             .from = &config->listeners[i],
                                             .put = put_listener});
}

void
pat_config_option_walk(const struct pat_config *config, pat_config_option_each *each, void *context)
{
    struct walk walk = {.each = each, .context = context};

    walk_all(&walk, config);
}

/* --- finding --- */

struct search {
    const char *name;
    struct pat_config_option *ret;
    bool found;
};

static bool
compare(void *context, const struct pat_config_option *option)
{
    struct search *search = context;

    search->found = pat_text_equal(option->name, search->name);
    if (search->found)
        *search->ret = *option;
    return !search->found;
}

/* The service of "service.NAME.OPTION", whose name may have dots; false: it is none. */
static bool
service_of(const char *name, struct pat_config_service *ret)
{
    static const char prefix[] = "service.";
    const char *begin = name + sizeof prefix - 1, *end = strrchr(name, '.');

    *ret = (struct pat_config_service){.line = 0};
    return strncmp(name, prefix, sizeof prefix - 1) == 0 && end > begin &&
           pat_text_copy(ret->name, sizeof ret->name, begin, (size_t)(end - begin)) == PAT_OK &&
           pat_scope_service_legal(ret->name);
}

enum pat_err
pat_config_option_find(const struct pat_config *config, const char *name,
                       struct pat_config_option *ret)
{
    struct search search = {.name = name, .ret = ret};
    struct walk walk = {.each = compare, .context = &search};
    struct pat_config_service builtin;

    walk_all(&walk, config);
    if (!search.found && service_of(name, &builtin)) {
        pat_config_rule(config, builtin.name, "", &builtin.rule);
        walk.ended = false;
        walk_service(&walk, &builtin);
    }
    return search.found ? PAT_OK : PAT_ERR_NOT_FOUND;
}
