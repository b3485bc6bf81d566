/* SPDX-License-Identifier: BSD-2-Clause */
/* The line at a login whose token ends soon. It asks nothing, and decides nothing. */
#include <stdio.h>

#include <security/pam_ext.h>

#include "pam_pat/notice.h"

#define HOUR 3600U
#define DAY (24 * HOUR)

/* To the nearest day or hour: a token that was made for 3 days a moment ago ends in 3. */
static void
write_time(uint32_t seconds, char *ret, size_t size)
{
    uint32_t hours = (seconds + HOUR / 2) / HOUR;
    uint32_t days = (seconds + DAY / 2) / DAY;

    if (hours == 0)
        snprintf(ret, size, "less than an hour");
    else if (hours < 24)
        snprintf(ret, size, "%u hour%s", hours, hours == 1 ? "" : "s");
    else
        snprintf(ret, size, "%u day%s", days, days == 1 ? "" : "s");
}

/* An application that cannot show it, or fails at it, lets in whom it would have let in. */
static void
say(pam_handle_t *pamh, const struct pat_answer *answer)
{
    char time[32];
    int ignored;

    write_time(answer->seconds_left, time, sizeof time);
    if (answer->is_replaced)
        ignored = pam_info(pamh, "this token was replaced and expires in %s", time);
    else
        ignored = pam_info(pamh, "this token expires in %s (patctl rotate %s)", time, answer->id);
    (void)ignored;
}

void
pat_notice_say(pam_handle_t *pamh, const struct pat_answer *answer)
{
    if (answer->has_uid && answer->has_end && answer->seconds_left <= PAT_NOTICE_DAYS * DAY)
        say(pamh, answer);
}
