/* SPDX-License-Identifier: BSD-2-Clause */
/* The next step behind a refusal by a tenant's rules: what the caller can do, or whom to ask. */
#ifndef PAT_API_ADVICE_H
#define PAT_API_ADVICE_H

#include "core/api/manage.h"

/* Whom the tenant's users ask. */
const char *pat_advice_contact(const struct pat_tenant_record *tenant);

/*
 * Adds the hint to the refusal that stands, and answers its err: way (empty: there is none), or to
 * ask the tenant's contact. An operator is told the command instead: patctl tenant, its second
 * word, the tenant, and arguments.
 */
enum pat_err pat_advice_rule(struct pat_manage *manage, const struct pat_tenant_record *tenant,
                             const char *way, const char *command, const char *arguments);

/* A lifetime as people say it: days, or smaller units when it is shorter than two of them. */
#define PAT_ADVICE_SPAN 40
const char *pat_advice_span(int64_t span, char ret[PAT_ADVICE_SPAN]);

#endif
