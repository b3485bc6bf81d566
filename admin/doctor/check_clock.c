/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock: what the kernel says of it (adjtimex(2), read only), and patd's mark. */
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#include "admin/ask.h"
#include "admin/doctor/checks.h"
#include "admin/doctor/doctor.h"

#define SLACK INT64_C(300000000) /* the mark may be behind by as much */

static bool
is_synchronised(void)
{
    struct timex now;

    memset(&now, 0, sizeof now);
    return adjtimex(&now) != TIME_ERROR && (now.status & STA_UNSYNC) == 0;
}

static void
judge_mark(struct doctor *doctor)
{
    struct finding finding = {.level = DOCTOR_PROBLEM,
                              .fix = "if the clock is right: patctl db clock --accept"};
    json_t *mark = json_object_get(doctor->db, "mark");
    struct timespec now;
    int64_t clock;

    clock_gettime(CLOCK_REALTIME, &now);
    clock = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    if (doctor->db == NULL || !json_is_integer(mark))
        return;
    if (json_integer_value(mark) > clock + SLACK) {
        finding.why = "decisions use the mark; new tokens may seem not yet valid";
        doctor_find(doctor, &finding, "the clock is behind patd's mark");
    } else if (json_is_true(json_object_get(doctor->db, "clockWaits"))) {
        finding.why = "turning the clock back would bring expired tokens back";
        doctor_find(doctor, &finding, "the clock is far ahead of patd's mark, which waits");
    }
}

void
check_clock(struct doctor *doctor)
{
    const struct finding finding = {.level = DOCTOR_WARNING,
                                    .why = "tokens end when the clock says so",
                                    .fix = "timedatectl set-ntp true, or run chrony"};

    judge_mark(doctor);
    if (is_synchronised())
        doctor_praise(doctor, NULL, "synchronised");
    else
        doctor_find(doctor, &finding, "nobody synchronises the clock");
}
