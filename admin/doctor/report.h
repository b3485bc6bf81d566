/* SPDX-License-Identifier: BSD-2-Clause */
/* What was found, as people read it and as JSON. */
#ifndef ADMIN_DOCTOR_REPORT_H
#define ADMIN_DOCTOR_REPORT_H

struct doctor;
struct patctl;

void report_print(const struct doctor *doctor);

/* The table of checks. */
void report_checks(struct patctl *patctl);

#endif
