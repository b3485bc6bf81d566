/* SPDX-License-Identifier: BSD-2-Clause */
/* From options to a call of Create. What the texts mean is decided by patd, but for times. */
#include "admin/create/wish.h"
#include "admin/ask.h"
#include "admin/times.h"

void
wish_from_line(const struct patctl *patctl, const struct cmd_line *line, struct wish *ret)
{
    *ret = (struct wish){
        .user = line->word_count > 0 ? line->words[0] : patctl->globals.user,
        .name = cmd_value(line, "name"),
        .description = cmd_value(line, "description"),
        .scopes = cmd_value(line, "scope"),
        .addresses = cmd_value(line, "from"),
        .expires = cmd_value(line, "expires"),
        .not_before = cmd_value(line, "not-before"),
    };
}

int
wish_ask_offer(struct patctl *patctl, const char *user, json_t **ret)
{
    json_t *parameters = json_object();

    ask_set_text(parameters, "tenant", patctl->globals.tenant);
    ask_set_text(parameters, "user", user);
    return ask_once(patctl, "Offer", parameters, ret);
}

static int
set_times(const struct patctl *patctl, const struct wish *wish, json_t *parameters)
{
    int status = times_set(patctl, parameters, "expires", "never", wish->expires, PAT_WHEN_END);

    if (status == EXIT_DONE)
        status = times_set(patctl, parameters, "notBefore", NULL, wish->not_before, PAT_WHEN_BEGIN);
    return status;
}

int
wish_create(struct patctl *patctl, const struct wish *wish, json_t **ret)
{
    json_t *parameters = ask_parameters(patctl);
    int status;

    ask_set_text(parameters, "user", wish->user);
    ask_set_text(parameters, "name", wish->name);
    ask_set_text(parameters, "description", wish->description);
    ask_set_list(parameters, "scopes", wish->scopes);
    ask_set_list(parameters, "addresses", wish->addresses);
    ask_set_text(parameters, "batch", wish->batch);
    if (wish->pending)
        ask_set(parameters, "pending", json_true());
    status = set_times(patctl, wish, parameters);
    if (status == EXIT_DONE)
        return ask_once(patctl, "Create", parameters, ret);
    json_decref(parameters);
    return status;
}
