/* SPDX-License-Identifier: BSD-2-Clause */
/* Users of tenants. Changes run between pat_manage_start() and _end(). */
#ifndef PAT_API_USERS_H
#define PAT_API_USERS_H

#include "core/api/manage.h"

/* The local account a user is bound to. The caller resolved its name; patd never asks NSS. */
struct pat_binding {
    const char *account; /* empty: none, a virtual user */
    uint32_t uid;
    bool system;     /* a uid below 1000 was meant */
    bool allow_root; /* uid 0 was meant */
};

struct pat_user_draft {
    const char *tenant;
    const char *user;
    struct pat_binding binding;
    enum pat_role role;
    const char *grants; /* a list of scopes; may be empty */
    const char *contact;
};

PAT_CHECKED enum pat_err pat_users_create(struct pat_manage *manage,
                                          const struct pat_user_draft *draft,
                                          struct pat_user_record *ret);

PAT_CHECKED enum pat_err pat_users_bind(struct pat_manage *manage, const char *tenant,
                                        const char *user, const struct pat_binding *binding,
                                        struct pat_user_record *ret);

/* Disables or enables a user; doing it twice changes nothing and is no error. */
PAT_CHECKED enum pat_err pat_users_set_enabled(struct pat_manage *manage, const char *tenant,
                                               const char *user, bool enabled, const char *reason,
                                               struct pat_user_record *ret);

/* The users of a tenant that the caller may see, by name, behind after. */
PAT_CHECKED enum pat_err pat_users_list(struct pat_manage *manage, const char *tenant,
                                        const char *after, pat_scan_each *each, void *context);

#endif
