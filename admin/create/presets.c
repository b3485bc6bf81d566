/* SPDX-License-Identifier: BSD-2-Clause */
/* The presets. patctl(1) and the help of create list what each gives. */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/create/offer.h"
#include "admin/create/presets.h"
#include "admin/tell.h"
#include "core/base/text.h"

static const struct preset {
    const char *name;
    const char *scopes;
    const char *expires;
    const char *description;
} presets[] = {
    {"printer", "mail:send", "1y", "A printer or scanner that sends mail"},
    {"phone", "mail:read,mail:send", "1y", "Mail on a phone"},
    {"backup", "ssh:login", "1y", "A backup job that logs in with SSH"},
    {"ci", "ssh:login", "90d", "A CI job that logs in with SSH"},
    {"ldap-bind", "ldap:bind", "1y", "A service that looks up the directory"},
};

static const struct preset *
find(const char *name)
{
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++)
        if (pat_text_equal(presets[i].name, name))
            return &presets[i];
    return NULL;
}

const char *
presets_at(size_t index, const char **ret_description)
{
    if (index >= sizeof presets / sizeof presets[0])
        return NULL;
    *ret_description = presets[index].description;
    return presets[index].name;
}

static void
take_scopes(const char *list, json_t *offer, char ret[PRESETS_TEXT_MAX])
{
    const char *word;
    size_t len;

    ret[0] = '\0';
    while ((len = pat_text_word(&list, &word)) != 0) {
        char scope[PRESETS_TEXT_MAX];
        size_t used = strlen(ret);

        snprintf(scope, sizeof scope, "%.*s", (int)len, word);
        if (offer_has_scope(offer, scope))
            snprintf(ret + used, PRESETS_TEXT_MAX - used, "%s%s", used == 0 ? "" : ",", scope);
    }
}

int
presets_apply(const struct patctl *patctl, const char *name, json_t *offer, struct wish *wish,
              struct presets *ret)
{
    const struct preset *preset = find(name);

    if (preset == NULL)
        return tell_failure(patctl, EXIT_USAGE, "usage",
                            "there are printer, phone, backup, ci and ldap-bind",
                            "--preset: not \"%.60s\"", name);
    if (wish->scopes == NULL) {
        take_scopes(preset->scopes, offer, ret->scopes);
        if (ret->scopes[0] == '\0')
            return tell_failure(patctl, EXIT_CONFLICT, "scope.grant", "",
                                "the preset %s gives %s, and you may not give that to a token of "
                                "%s",
                                name, preset->scopes,
                                ask_text(json_object_get(offer, "user"), "user"));
        wish->scopes = ret->scopes;
    }
    if (wish->expires == NULL) {
        offer_longest(offer, preset->expires, ret->expires, sizeof ret->expires);
        wish->expires = ret->expires;
    }
    if (wish->description == NULL)
        wish->description = preset->description;
    return EXIT_DONE;
}
