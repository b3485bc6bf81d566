/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sockets patd listens on: inherited from the service manager (sd_listen_fds(3), by hand) or
 * bound before privileges are dropped. SIGHUP changes none of them.
 */
#ifndef PATD_LISTEN_H
#define PATD_LISTEN_H

#include "core/config/config.h"

struct pat_diag;

#define PATD_LISTENERS_MAX 32

struct patd_listeners {
    size_t count;
    struct {
        int fd;
        enum pat_config_protocol protocol;
    } sockets[PATD_LISTENERS_MAX];
};

/*
 * Takes over what $LISTEN_FDS names and unsets it. A socket of another name, family or type is
 * PAT_ERR_SYNTAX with diag: a wrong unit must not be guessed about.
 */
PAT_CHECKED enum pat_err patd_listen_inherit(struct patd_listeners *ret, struct pat_diag *diag);

/*
 * Binds what was not inherited: verify and manage below the runtime directory, whose directories
 * are made and belong to uid and gid; authdaemon and mux there too, unless verify was inherited;
 * and the [listener] sections. A socket somebody still answers on is PAT_ERR_BUSY. Outside the
 * runtime directory nothing is ever unlinked.
 */
PAT_CHECKED enum pat_err patd_listen_bind(const struct pat_config *config,
                                          struct patd_listeners *listeners, struct pat_diag *diag);

void patd_listen_close(struct patd_listeners *listeners);

#endif
