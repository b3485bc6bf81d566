/* SPDX-License-Identifier: BSD-2-Clause */
/* Limits as people type and read them. 0 would be ambiguous: no limit has words of its own. */
#include <string.h>

#include "admin/ask.h"
#include "admin/limits.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"

static bool
is_one_of(const char *text, const char *words)
{
    const char *word;
    size_t len;

    while (text != NULL && (len = pat_text_word(&words, &word)) != 0)
        if (strlen(text) == len && memcmp(text, word, len) == 0)
            return true;
    return false;
}

/* --- options --- */

static int
set_cap(const struct patctl *patctl, json_t *policy, const char *text)
{
    if (!is_one_of(text, "unlimited none"))
        return times_set_number(patctl, policy, "maxTokens", text);
    ask_set(policy, "maxTokens", json_null());
    return EXIT_DONE;
}

static int
set_span(const struct patctl *patctl, json_t *policy, const char *member, const char *text)
{
    if (!is_one_of(text, "none unlimited"))
        return times_set_span(patctl, policy, member, text);
    ask_set(policy, member, json_null());
    return EXIT_DONE;
}

/* "none" could be meant either way: it is refused. */
static int
set_any(const struct patctl *patctl, json_t *policy, const char *member, const char *text)
{
    if (is_one_of(text, "none unlimited"))
        return tell_failure(patctl, EXIT_USAGE, "usage",
                            "any takes the limit away; tenant disable refuses all tokens",
                            "--%s: \"%s\" could mean two things", member, text);
    if (is_one_of(text, "any"))
        ask_set(policy, member, json_null());
    else
        ask_set_list(policy, member, text);
    return EXIT_DONE;
}

static void
set_list(json_t *policy, const char *member, const char *text)
{
    ask_set_list(policy, member, is_one_of(text, "none") ? "" : text);
}

static int
set_flag(const struct patctl *patctl, const struct cmd_line *line, json_t *policy,
         const char *member, const char *option)
{
    char no[40] = "no-";
    bool yes = cmd_flag(line, option), not ;

    pat_text_clip(no + 3, sizeof no - 3, option);
    not = cmd_flag(line, no);
    if (yes && not )
        return tell_failure(patctl, EXIT_USAGE, "usage", "", "either --%s or --%s, not both",
                            option, no);
    if (yes || not )
        ask_set(policy, member, json_boolean(yes));
    return EXIT_DONE;
}

static int
read_numbers(const struct patctl *patctl, const struct cmd_line *line, json_t *policy)
{
    int status = set_cap(patctl, policy, cmd_value(line, "max-tokens"));

    if (status == EXIT_DONE)
        status = times_set_number(patctl, policy, "nameMin", cmd_value(line, "name-min"));
    if (status == EXIT_DONE)
        status = set_span(patctl, policy, "defaultLifetime", cmd_value(line, "default-expiry"));
    if (status == EXIT_DONE)
        status = set_span(patctl, policy, "maxLifetime", cmd_value(line, "max-lifetime"));
    if (status == EXIT_DONE)
        status = times_set_span(patctl, policy, "pendingLifetime",
                                cmd_value(line, "confirm-within"));
    return status;
}

int
limits_read(const struct patctl *patctl, const struct cmd_line *line, json_t *policy)
{
    int status = read_numbers(patctl, line, policy);

    if (status == EXIT_DONE)
        status = set_flag(patctl, line, policy, "requireExpiry", "require-expiry");
    if (status == EXIT_DONE)
        status = set_flag(patctl, line, policy, "requireAddresses", "require-from");
    if (status == EXIT_DONE)
        status = set_flag(patctl, line, policy, "selfService", "self-service");
    if (status == EXIT_DONE)
        status = set_any(patctl, policy, "scopes", cmd_value(line, "scopes"));
    if (status == EXIT_DONE)
        status = set_any(patctl, policy, "networks", cmd_value(line, "networks"));
    if (status == EXIT_DONE)
        set_list(policy, "selfServiceScopes", cmd_value(line, "self-service-scopes"));
    return status;
}

/* --- showing --- */

static void
name_empty_list(json_t *tenant, const char *member)
{
    json_t *list = json_object_get(tenant, member);

    if (json_is_array(list) && json_array_size(list) == 0)
        ask_set(tenant, member, json_pack("[s]", "nothing"));
}

void
limits_spread(json_t *tenant, bool for_people)
{
    json_t *policy = json_object_get(tenant, "policy");
    bool must_expire = json_is_true(json_object_get(policy, "requireExpiry")) ||
                       json_is_integer(json_object_get(policy, "maxLifetime"));
    bool enabled = json_is_true(json_object_get(tenant, "enabled"));

    json_object_update(tenant, policy);
    ask_set_text(tenant, "expiry", must_expire ? "required" : "optional");
    ask_set_text(tenant, "binding",
                 json_is_true(json_object_get(policy, "requireAddresses")) ? "required"
                                                                           : "optional");
    ask_set_text(tenant, "state", enabled ? "active" : "disabled");
    if (for_people) {
        name_empty_list(tenant, "scopes");
        name_empty_list(tenant, "networks");
    }
}
