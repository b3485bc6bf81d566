/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is needed to undo a wiring byte for byte: root's own, one file a service, in
 * /var/lib/pat-wiring. Not below patd's state, which patd could write to; and not in /etc, as
 * nobody is to edit it and it says what this host has gone through: where pam-auth-update and
 * authselect keep theirs. Without it a wiring still works; it is then undone by hand.
 */
#ifndef ADMIN_WIRING_RECORD_H
#define ADMIN_WIRING_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "admin/wiring/wiring.h"
#include "core/base/err.h"

struct record {
    bool is_profile; /* pam-auth-update made the changes */
    size_t change_count;
    struct change changes[WIRING_CHANGES_MAX];
};

/* Nobody else wires meanwhile: a descriptor to be closed, or -1 after telling why. */
int record_lock(char why[400]);

/* Writes it, in place of an older one, before anything is changed. */
PAT_CHECKED enum pat_err record_write(const struct wiring *plan, char why[400]);

/* PAT_ERR_NOT_FOUND: there is none. Free it in any case. */
PAT_CHECKED enum pat_err record_read(const struct service *service, struct record *ret,
                                     char why[400]);
void record_free(struct record *record);

PAT_CHECKED enum pat_err record_remove(const struct service *service, char why[400]);

#endif
