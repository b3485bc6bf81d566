/* SPDX-License-Identifier: BSD-2-Clause */
/* What a caller could put into a new token: the ladder of draft.c, asked beforehand. */
#ifndef PAT_API_OFFER_H
#define PAT_API_OFFER_H

#include "core/api/scopes.h"

/*
 * The scopes that the caller could give to a new token of user, the built-in ones first and the
 * narrowest of them foremost; then those of the catalogue, and what else the user holds. false
 * ends.
 */
PAT_CHECKED enum pat_err pat_offer_scopes(struct pat_manage *manage,
                                          const struct pat_tenant_record *tenant,
                                          const struct pat_user_record *user, pat_scopes_each *each,
                                          void *context);

#endif
