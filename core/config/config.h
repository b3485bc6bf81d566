/* SPDX-License-Identifier: BSD-2-Clause */
/* What pat.conf(5) says, as plain data, and the rules that cross its options. */
#ifndef PAT_CONFIG_CONFIG_H
#define PAT_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/policy/decide.h"

struct pat_diag;

#define PAT_CONFIG_PATH_MAX 107 /* sun_path without its NUL: directories hold sockets */
#define PAT_CONFIG_UIDS_MAX 32
#define PAT_CONFIG_SERVICES_MAX 128
#define PAT_CONFIG_LISTENERS_MAX 16
#define PAT_CONFIG_FILE_MAX ((size_t)64 * 1024)
#define PAT_CONFIG_OPTIONS_MAX 16 /* rows of options.def for the file */

struct pat_config_uids {
    size_t count;
    uint32_t uids[PAT_CONFIG_UIDS_MAX];
};

struct pat_config_service {
    char name[PAT_SERVICE_MAX + 1];
    unsigned line; /* of its section */
    unsigned lines[PAT_CONFIG_OPTIONS_MAX];
    struct pat_rule rule;
    bool lists_tenants; /* else: the default tenant of the store */
    struct pat_config_uids uids;
};

enum pat_config_protocol {
    PAT_PROTOCOL_NONE = 0,
    PAT_PROTOCOL_VERIFY,
    PAT_PROTOCOL_AUTHDAEMON, /* core/wire/authdaemon.h */
    PAT_PROTOCOL_MUX,        /* core/wire/saslauthd.h */
    PAT_PROTOCOL_MANAGE,
};

struct pat_config_listener {
    char name[PAT_SERVICE_MAX + 1];
    unsigned line;
    unsigned lines[PAT_CONFIG_OPTIONS_MAX];
    enum pat_config_protocol protocol;
    char path[PAT_CONFIG_PATH_MAX + 1];
};

/* Who knows the accounts that a configuration names. PAT_ERR_NOT_FOUND: there is no such one. */
struct pat_config_accounts {
    enum pat_err (*uid_of)(void *context, const char *name, uint32_t *ret);
    void *context;
};

/* lines, here and above: where an option was set, by its index in options.def; 0: nowhere. */
struct pat_config {
    unsigned lines[PAT_CONFIG_OPTIONS_MAX];
    char user[64];
    char state_dir[PAT_CONFIG_PATH_MAX + 1];
    char keys_dir[PAT_CONFIG_PATH_MAX + 1];
    char runtime_dir[PAT_CONFIG_PATH_MAX + 1];
    struct pat_config_uids operators;
    struct pat_config_service *services;
    size_t service_count;
    struct pat_config_listener listeners[PAT_CONFIG_LISTENERS_MAX];
    size_t listener_count;
    const struct pat_config_accounts *accounts; /* while it is read; NULL: getpwnam(3) */
};

/* An option that a file may have, in the order of options.def; NULL behind the last. */
struct pat_config_known {
    const char *section;
    const char *name;
    const char *meaning;
};
const struct pat_config_known *pat_config_known(size_t index);

/* A configuration with every default; free it with pat_config_free(). NULL without memory. */
struct pat_config *pat_config_new(void);
void pat_config_free(struct pat_config *config); /* may be NULL */

/*
 * Sets one option as the file would: section is "patd", "service" or "listener", instance the
 * section's name behind it (empty for patd). diag gets line and sentence.
 */
PAT_CHECKED enum pat_err pat_config_set(struct pat_config *config, const char *section,
                                        const char *instance, const char *name, const char *value,
                                        unsigned line, struct pat_diag *diag);

/* Makes the service or listener of a section; a section may be empty, but not come twice. */
PAT_CHECKED enum pat_err pat_config_section(struct pat_config *config, const char *section,
                                            const char *instance, unsigned line,
                                            struct pat_diag *diag);

/* The rules that cross options, after the last one was set. */
PAT_CHECKED enum pat_err pat_config_finish(struct pat_config *config, struct pat_diag *diag);

/*
 * What is known of a service: its section, or what is built in. default_tenant stands in when the
 * section lists none; it may be empty. service must be legal.
 */
void pat_config_rule(const struct pat_config *config, const char *service,
                     const char *default_tenant, struct pat_rule *ret);

/*
 * Whether a name without a realm can mean a user of the tenant, to a service whose users are no
 * accounts of the host. default_tenant as above.
 */
bool pat_config_takes_plain(const struct pat_config *config, const char *tenant,
                            const char *default_tenant);

bool pat_config_is_operator(const struct pat_config *config, uint32_t uid);

/* True when uids= of the service lists the uid. */
bool pat_config_may_ask(const struct pat_config *config, const char *service, uint32_t uid);

#endif
