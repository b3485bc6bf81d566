/* SPDX-License-Identifier: BSD-2-Clause */
/* The type Filter of io.linuxpat.Manage. */
#ifndef PATD_MANAGE_LIST_H
#define PATD_MANAGE_LIST_H

#include "core/api/find.h"
#include "patd/call.h"

#define PATD_MANAGE_STATES_TEXT 200

struct patd_manage_filter {
    struct pat_find_filter find; /* what core/api takes */
    json_t *object;              /* keeps its texts alive */
    char states[PATD_MANAGE_STATES_TEXT];
};

/*
 * Reads the parameter "filter" of a call; absent is an empty one. False for a wrong type or an
 * unknown member, noted as bad_parameter. Values are judged by core/api. ret is to be closed in any
 * case, and not to be moved.
 */
bool patd_manage_filter_read(struct patd_call *call, struct patd_manage_filter *ret);
void patd_manage_filter_close(struct patd_manage_filter *filter);

#endif
