/* SPDX-License-Identifier: BSD-2-Clause */
/* Hints of refusals. They name the tenant's contact, which its administrators chose to be shown. */
#include <stdio.h>

#include "core/api/advice.h"

const char *
pat_advice_contact(const struct pat_tenant_record *tenant)
{
    return tenant->contact[0] == '\0' ? "an operator of this host" : tenant->contact;
}

enum pat_err
pat_advice_rule(struct pat_manage *manage, const struct pat_tenant_record *tenant, const char *way,
                const char *command, const char *arguments)
{
    const char * or = way[0] == '\0' ? "" : ", or ";

    if (manage->actor.is_operator)
        return pat_manage_hint(manage, "%s%spatctl tenant %s %s%s", way, or, command,
                               tenant->tenant, arguments);
    return pat_manage_hint(manage, "%s%sask %s", way, or, pat_advice_contact(tenant));
}

const char *
pat_advice_span(int64_t span, char ret[PAT_ADVICE_SPAN])
{
    static const struct {
        int64_t unit;
        const char *name;
    } units[] = {{86400 * PAT_SECOND, "days"},
                 {3600 * PAT_SECOND, "hours"},
                 {60 * PAT_SECOND, "minutes"},
                 {PAT_SECOND, "seconds"}};
    size_t i = 0;

    while (i + 1 < sizeof units / sizeof units[0] && span < 2 * units[i].unit)
        i++;
    snprintf(ret, PAT_ADVICE_SPAN, "%lld %s", (long long)(span / units[i].unit), units[i].name);
    return ret;
}
