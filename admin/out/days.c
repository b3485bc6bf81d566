/* SPDX-License-Identifier: BSD-2-Clause */
/* From patd's list of days, which has no entry for a day without a use, to rows of counts. */
#include "admin/out/days.h"
#include "admin/ask.h"
#include "admin/times.h"

#define BARS 8

void
days_add(struct days *days, json_t *entry)
{
    int64_t at = ask_number(entry, "day") - times_now() / DAYS_DAY + DAYS_SHOWN - 1;
    int64_t accepted = ask_number(entry, "accepted");

    days->all_accepted += accepted;
    days->all_refused += ask_number(entry, "refused");
    if (at >= 0 && at < DAYS_SHOWN)
        days->accepted[at] += accepted;
}

int
days_ask(struct patctl *patctl, const char *reference, const char *tenant, int64_t days,
         json_t **ret)
{
    json_t *parameters = json_object();

    ask_set_text(parameters, "tenant", tenant);
    ask_set_text(parameters, "token", reference);
    if (days > 0)
        ask_set(parameters, "days", json_integer(days));
    return ask_once(patctl, "Uses", parameters, ret);
}

int
days_set_bars(struct patctl *patctl, json_t *token)
{
    struct days days = {.all_accepted = 0};
    int64_t bars[BARS] = {0};
    json_t *reply = NULL, *entry, *array;
    size_t index;
    int status = days_ask(patctl, ask_text(token, "id"), ask_text(token, "tenant"), DAYS_SHOWN,
                          &reply);

    if (status != EXIT_DONE)
        return status;
    json_array_foreach(json_object_get(reply, "days"), index, entry) days_add(&days, entry);
    json_decref(reply);
    array = json_array();
    for (size_t i = 0; i < DAYS_SHOWN; i++)
        bars[i * BARS / DAYS_SHOWN] += days.accepted[i];
    for (size_t i = 0; i < BARS; i++)
        json_array_append_new(array, json_integer(bars[i]));
    ask_set(token, "bars", array);
    return EXIT_DONE;
}
