/* SPDX-License-Identifier: BSD-2-Clause */
/* What people write for times and numbers, judged before patd hears of it. */
#include <stdint.h>
#include <time.h>

#include "admin/ask.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"

int64_t
times_now(void)
{
    struct timespec now = {.tv_sec = 0};

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int
times_set(const struct patctl *patctl, json_t *parameters, const char *member,
          const char *never_member, const char *text, enum pat_when_sense sense)
{
    struct pat_when when;
    enum pat_err err;

    if (text == NULL)
        return EXIT_DONE;
    err = pat_when_read(text, sense, times_now(), &when);
    if (err == PAT_OK && when.never && never_member == NULL)
        err = PAT_ERR_SYNTAX;
    if (err != PAT_OK)
        return tell_failure(patctl, EXIT_USAGE, "usage",
                            "like 90d, 6mon, 1y, 2026-12-31, 2026-12-31T18:00Z, tomorrow or eoy",
                            "\"%.60s\" is %s", text,
                            err == PAT_ERR_RANGE ? "no date, or too far away" : "not a time");
    if (when.never)
        ask_set(parameters, never_member, json_true());
    else
        ask_set(parameters, member, json_integer(when.at));
    return EXIT_DONE;
}

int
times_set_span(const struct patctl *patctl, json_t *parameters, const char *member,
               const char *text)
{
    int64_t span;

    if (text == NULL)
        return EXIT_DONE;
    if (pat_when_span(text, &span) != PAT_OK)
        return tell_failure(patctl, EXIT_USAGE, "usage", "like 36h, 90d, 12w, 6mon or 1y",
                            "\"%.60s\" is not a lifetime", text);
    ask_set(parameters, member, json_integer(span));
    return EXIT_DONE;
}

int
times_set_number(const struct patctl *patctl, json_t *parameters, const char *member,
                 const char *text)
{
    int64_t number;

    if (text == NULL)
        return EXIT_DONE;
    if (pat_text_number(text, 1, INT32_MAX, &number) != PAT_OK)
        return tell_failure(patctl, EXIT_USAGE, "usage", "",
                            "\"%.60s\" is not a number of 1 or more", text);
    ask_set(parameters, member, json_integer(number));
    return EXIT_DONE;
}
