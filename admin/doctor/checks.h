/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions of the table; what each looks at stands in its row. */
#ifndef ADMIN_DOCTOR_CHECKS_H
#define ADMIN_DOCTOR_CHECKS_H

struct doctor;

void check_store(struct doctor *doctor);
void check_permissions(struct doctor *doctor);
void check_backup(struct doctor *doctor);
void check_config(struct doctor *doctor);
void check_daemon(struct doctor *doctor);
void check_sandbox(struct doctor *doctor);
void check_modules(struct doctor *doctor);
void check_stacks(struct doctor *doctor);
void check_sshd(struct doctor *doctor);
void check_sudo(struct doctor *doctor);
void check_dovecot(struct doctor *doctor);
void check_postfix(struct doctor *doctor);
void check_sasl(struct doctor *doctor);
void check_saslauthd(struct doctor *doctor);
void check_owners(struct doctor *doctor);
void check_tenants(struct doctor *doctor);
void check_scopes(struct doctor *doctor);
void check_clock(struct doctor *doctor);

#endif
