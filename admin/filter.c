/* SPDX-License-Identifier: BSD-2-Clause */
/* --name, --scope, --status and the like. What a token is and who may see it is patd's to say. */
#include <string.h>

#include "admin/ask.h"
#include "admin/filter.h"
#include "admin/nearest.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"

static const char *const states[] = {"active",  "expiring", "expired",
                                     "revoked", "pending",  "suspended"};
#define STATE_COUNT (sizeof states / sizeof states[0])

static int
check_state(const struct patctl *patctl, const char *state)
{
    struct nearest nearest = {.word = state};

    for (size_t i = 0; i < STATE_COUNT; i++) {
        if (pat_text_equal(states[i], state))
            return EXIT_DONE;
        nearest_offer(&nearest, states[i]);
    }
    return tell_failure(
        patctl, EXIT_USAGE, "usage", "there are: active expiring expired revoked pending suspended",
        "--status: no status \"%.40s\"%s%s%s", state,
        nearest.best == NULL ? "" : ": did you mean \"", nearest.best == NULL ? "" : nearest.best,
        nearest.best == NULL ? "" : "\"?");
}

static int
set_states(const struct patctl *patctl, json_t *filter, const char *list)
{
    json_t *state;
    size_t index;
    int status = EXIT_DONE;

    if (list == NULL)
        return EXIT_DONE;
    ask_set_list(filter, "states", list);
    json_array_foreach(json_object_get(filter, "states"), index, state)
    {
        if (status == EXIT_DONE)
            status = check_state(patctl, json_string_value(state));
        if (pat_text_equal(json_string_value(state), "revoked"))
            ask_set(filter, "withRevoked", json_true());
    }
    return status;
}

/* A part of the name, or a pattern for all of it. */
static void
set_name(json_t *filter, const char *name)
{
    if (name != NULL)
        ask_set_text(filter, strpbrk(name, "*?") == NULL ? "name" : "glob", name);
}

static int
set_unused(const struct patctl *patctl, json_t *filter, const char *text, bool *ret_never)
{
    *ret_never = text != NULL && pat_text_equal(text, "never");
    return *ret_never ? EXIT_DONE
                      : times_set(patctl, filter, "unusedSince", NULL, text, PAT_WHEN_PAST);
}

static int
set_times(const struct patctl *patctl, const struct cmd_line *line, json_t *filter)
{
    int status = times_set(patctl, filter, "createdBefore", NULL, cmd_value(line, "created-before"),
                           PAT_WHEN_PAST);

    if (status == EXIT_DONE)
        status = times_set(patctl, filter, "createdAfter", NULL, cmd_value(line, "created-after"),
                           PAT_WHEN_PAST);
    if (status == EXIT_DONE)
        status = times_set(patctl, filter, "expiresBefore", NULL, cmd_value(line, "expires-before"),
                           PAT_WHEN_END);
    return status;
}

int
filter_read(const struct patctl *patctl, const struct cmd_line *line, struct filter *ret)
{
    json_t *filter = json_object();
    int status;

    *ret = (struct filter){.by_state = cmd_value(line, "status") != NULL};
    set_name(filter, cmd_value(line, "name"));
    ask_set_text(filter, "scope", cmd_value(line, "scope"));
    ask_set_text(filter, "service", cmd_value(line, "service"));
    ask_set_text(filter, "address", cmd_value(line, "from"));
    ask_set_text(filter, "batch", cmd_value(line, "batch"));
    if (cmd_flag(line, "no-expiry"))
        ask_set(filter, "noExpiry", json_true());
    if (cmd_flag(line, "blocked"))
        ask_set(filter, "blocked", json_true());
    status = set_states(patctl, filter, cmd_value(line, "status"));
    if (status == EXIT_DONE)
        status = set_times(patctl, line, filter);
    if (status == EXIT_DONE)
        status = set_unused(patctl, filter, cmd_value(line, "unused"), &ret->never_used);
    if (status != EXIT_DONE) {
        json_decref(filter);
        return status;
    }
    ret->some = json_object_size(filter) > 0 || ret->never_used;
    ask_set_text(filter, "tenant", patctl->globals.tenant);
    ask_set_text(filter, "user", patctl->globals.user);
    ret->parameters = json_pack("{s:o}", "filter", filter);
    return EXIT_DONE;
}

bool
filter_keeps(const struct filter *filter, json_t *token)
{
    return !filter->never_used || !json_is_integer(json_object_get(token, "lastUsed"));
}
