/* SPDX-License-Identifier: BSD-2-Clause */
/* What is shown of each kind of thing: the one list for tables, cards and JSON. */
#ifndef ADMIN_OUT_FIELDS_H
#define ADMIN_OUT_FIELDS_H

#include "admin/out/out.h"

extern const struct out_field fields_token[];
extern const struct out_field fields_token_card[];
extern const struct out_field fields_user[];
extern const struct out_field fields_user_card[];
extern const struct out_field fields_grant[];
extern const struct out_field fields_tenant[];
extern const struct out_field fields_change[];
extern const struct out_field fields_use[];
extern const struct out_field fields_use_of_token[]; /* the same, of several tokens */
extern const struct out_field fields_finding[];      /* of review */
extern const struct out_field fields_status[];

#endif
