/* SPDX-License-Identifier: BSD-2-Clause */
/* What is shown of each kind of thing: the one list for tables, cards and JSON. */
#ifndef ADMIN_OUT_FIELDS_H
#define ADMIN_OUT_FIELDS_H

#include "admin/out/out.h"

extern const struct out_field fields_token[];
extern const struct out_field fields_token_card[];
extern const struct out_field fields_user[];
extern const struct out_field fields_grant[];
extern const struct out_field fields_tenant[];
extern const struct out_field fields_tenant_list[]; /* for people */
extern const struct out_field fields_tenant_card[];
extern const struct out_field fields_change[];
extern const struct out_field fields_use[];
extern const struct out_field fields_use_of_token[]; /* the same, of several tokens */
extern const struct out_field fields_session[];
extern const struct out_field fields_drill[];
extern const struct out_field fields_drill_list[];   /* for people */
extern const struct out_field fields_finding[];      /* of review */
extern const struct out_field fields_doctor[];       /* of doctor */
extern const struct out_field fields_doctor_check[]; /* of doctor --list-checks */
extern const struct out_field fields_status[];
extern const struct out_field fields_db[];
extern const struct out_field fields_db_key[];
extern const struct out_field fields_scope[];
extern const struct out_field fields_scope_card[];
extern const struct out_field fields_option[]; /* of pat.conf */
extern const struct out_field fields_path[];
extern const struct out_field fields_service[]; /* that can be wired */
extern const struct out_field fields_service_card[];
extern const struct out_field fields_service_map[];
extern const struct out_field fields_notice[];
extern const struct out_field fields_stat[];  /* of stats */
extern const struct out_field fields_found[]; /* of scan */

#endif
