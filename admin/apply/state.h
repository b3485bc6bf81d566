/* SPDX-License-Identifier: BSD-2-Clause */
/* What there is: patd's tenants, users, groups and scopes, and the accounts of this host. */
#ifndef ADMIN_APPLY_STATE_H
#define ADMIN_APPLY_STATE_H

#include <jansson.h>

#include "admin/patctl.h"

/*
 * Everything of these tenants (an object with their names), or of all for NULL, that the caller may
 * see; and, with scopes, what third parties have in the catalogue. As settings.h describes it; new.
 * A user who is bound has "uid". Failures are told.
 */
int state_read(struct patctl *patctl, json_t *tenants, bool scopes, json_t **ret);

/* Gives the users of wanted "uid", where this host knows the account. */
void state_find_accounts(json_t *wanted);

#endif
