/* SPDX-License-Identifier: BSD-2-Clause */
/* What may be asked on the manage socket, and by whom. What is not listed is refused. */
#ifndef PATD_MANAGE_TABLE_H
#define PATD_MANAGE_TABLE_H

#include "patd/call.h"

/* The coarse gate; core/api judges the rest. */
enum patd_who {
    PATD_ANYONE,
    PATD_KNOWN, /* an operator, or bound to a user of some tenant */
    PATD_OPERATOR,
};

struct patd_method {
    const char *name; /* without the interface */
    enum patd_who who;
    bool needs_store;       /* else it is called also while nothing is answered */
    const char *parameters; /* the words it takes */
    patd_call_handler *handler;
};

const struct patd_method *patd_manage_table_find(const char *name); /* or NULL */

/* True for a method that the interface names, whether this version has it or not. */
bool patd_manage_table_promises(const char *name);

bool patd_manage_table_allows(const struct patd_method *method, const struct pat_actor *actor);

/* The error of the interface that tells err. */
const char *patd_manage_table_error(enum pat_err err);

#endif
