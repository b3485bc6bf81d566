/* SPDX-License-Identifier: BSD-2-Clause */
/* How one logs in to each service on the loopback, with its real protocol. */
#ifndef ADMIN_DRILL_CLIENTS_H
#define ADMIN_DRILL_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "admin/drill/run.h"

enum attempt {
    ATTEMPT_ACCEPTED,
    ATTEMPT_REFUSED,
    ATTEMPT_FAILED, /* the service was not reached, or said neither: said tells */
    ATTEMPT_INTERRUPTED,
};

struct login {
    const char *service; /* as patd is asked */
    const char *name;    /* of the account, or of the virtual user */
    uid_t uid;           /* of the account */
    const char *token;
    int endpoint; /* -1: not known yet; where the service was found, from then on */
    struct interrupt *interrupt;
};

struct client {
    const char *service; /* NULL ends the table */
    const char *tool;    /* "" for libpam; NULL: there is none, and how says why */
    const char *how;     /* "ssh", "SMTP by curl" */
    enum attempt (*log_in)(struct login *login, char said[RUN_SAID_MAX]);
};

/* The client of a service that patd is asked for as, of a family of services; never NULL. */
const struct client *clients_find(const char *service);

#endif
