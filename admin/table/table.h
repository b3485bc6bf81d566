/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of commands, one list a part of the command line, and the options that several share.
 * A list ends with TABLE_END.
 */
#ifndef ADMIN_TABLE_TABLE_H
#define ADMIN_TABLE_TABLE_H

#include "admin/cmd.h"

extern const struct cmd table_tokens[];
extern const struct cmd table_looking[];
extern const struct cmd table_tenants[];
extern const struct cmd table_people[];
extern const struct cmd table_scopes[];
extern const struct cmd table_recovery[];
extern const struct cmd table_wiring[];
extern const struct cmd table_program[];

/* Only --reason. */
extern const struct cmd_option table_reason_options[];

#define TABLE_END                                                                                  \
    {                                                                                              \
        NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL                                 \
    }
#define TABLE_OPTIONS_END                                                                          \
    {                                                                                              \
        NULL, 0, NULL, NULL                                                                        \
    }
#define TABLE_REASON                                                                               \
    {                                                                                              \
        "reason", 0, "TEXT", "why, for the change log"                                             \
    }
#define TABLE_COLUMNS                                                                              \
    {                                                                                              \
        "columns", 0, "C,...", "show these columns; names as in --json"                            \
    }

/* What tokens have in common; admin/filter.c reads it. */
#define TABLE_FILTERS                                                                              \
    {"name", 0, "TEXT", "only those whose name holds TEXT, in any case; all of it with * or ?"},   \
        {"scope", 0, "SCOPE", "only those that have this scope"},                                  \
        {"status", 0, "STATE,...", "only active, expiring, expired, revoked, pending, suspended"}, \
        {"created-before", 0, "WHEN", "only those made before then; 90d is 90 days ago"},          \
        {"created-after", 0, "WHEN", "only those made from then on"},                              \
        {"expires-before", 0, "WHEN", "only those that end before then; 14d is in 14 days"},       \
        {"no-expiry", 0, NULL, "only those that never expire"},                                    \
        {"blocked", 0, NULL, "only those that their tenant's policy refuses"},                     \
        {"unused", 0, "WHEN", "only those not used since then; never for those not used at all"},  \
        {"service", 0, "SERVICE", "only those that this service accepted"},                        \
        {"batch", 0, "BATCH", "only those that were made under this batch"},                       \
    {                                                                                              \
        "from", 0, "CIDR", "only those that were last used from there"                             \
    }

#endif
