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

/* Whether an account of the host is called like a user, in this or in lower case. */
enum pat_users_account { PAT_USERS_UNKNOWN, PAT_USERS_NO_ACCOUNT, PAT_USERS_IS_ACCOUNT };

struct pat_user_draft {
    const char *tenant;
    const char *user;
    struct pat_binding binding;
    enum pat_role role;
    const char *grants; /* a list of scopes; may be empty */
    const char *contact;
    enum pat_users_account is_account; /* where pat_users_name_matters() */
};

/*
 * Whether the name of a virtual user that this caller makes must be none of an account: services of
 * mail and the like would take the tenant's users for people of the host.
 */
bool pat_users_name_matters(struct pat_manage *manage, const char *tenant);

PAT_CHECKED enum pat_err pat_users_create(struct pat_manage *manage,
                                          const struct pat_user_draft *draft,
                                          struct pat_user_record *ret);

PAT_CHECKED enum pat_err pat_users_bind(struct pat_manage *manage, const char *tenant,
                                        const char *user, const struct pat_binding *binding,
                                        struct pat_user_record *ret);

/*
 * Disables or enables a user; doing it twice changes nothing and is no error. Whom an operator
 * disabled, operators alone enable.
 */
PAT_CHECKED enum pat_err pat_users_set_enabled(struct pat_manage *manage, const char *tenant,
                                               const char *user, bool enabled, const char *reason,
                                               struct pat_user_record *ret);

/* Refuses who may not undo that this user is disabled: pat_pause_may_end(). */
PAT_CHECKED enum pat_err pat_users_check_enabler(struct pat_manage *manage,
                                                 const struct pat_user_record *user);

/* Both: what is so already changes nothing and is no error. A role is an operator's to give. */
PAT_CHECKED enum pat_err pat_users_set_role(struct pat_manage *manage, const char *tenant,
                                            const char *user, enum pat_role role,
                                            const char *reason, struct pat_user_record *ret);
PAT_CHECKED enum pat_err pat_users_set_contact(struct pat_manage *manage, const char *tenant,
                                               const char *user, const char *contact,
                                               const char *reason, struct pat_user_record *ret);

/* The users of a tenant that the caller may see, by name, behind after. */
PAT_CHECKED enum pat_err pat_users_list(struct pat_manage *manage, const char *tenant,
                                        const char *after, pat_scan_each *each, void *context);

#endif
