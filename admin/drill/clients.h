/* SPDX-License-Identifier: BSD-2-Clause */
/* How one logs in to each service on the loopback, with its real protocol. */
#ifndef ADMIN_DRILL_CLIENTS_H
#define ADMIN_DRILL_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "admin/drill/listener.h"
#include "admin/drill/places.h"
#include "admin/drill/run.h"

#define ATTEMPT_SECONDS 15

enum attempt {
    ATTEMPT_ACCEPTED,
    ATTEMPT_REFUSED,
    ATTEMPT_FAILED, /* the service was not reached, or said neither: said tells */
    ATTEMPT_INTERRUPTED,
};

struct login {
    const char *service; /* as patd is asked */
    const char *name;    /* of the account, or of the virtual user */
    uid_t uid;           /* of the account, where there is one */
    gid_t gid;
    const char *token;
    struct listener_allowed allowed; /* to listen where the token is sent: who may ask patd */
    struct interrupt *interrupt;
};

/*
 * One login. place: one of those that the client's find knows; NULL without one. first: nobody was
 * let in here yet, so a place that lets in everybody has to be found out.
 */
typedef enum attempt client_log_in(const struct login *login, const struct place *place, bool first,
                                   char said[RUN_SAID_MAX]);

struct client {
    const char *service;  /* NULL ends the table */
    const char *how;      /* "ssh", "SMTP by curl" */
    const char *tool;     /* NULL: none is needed */
    const char *protocol; /* of a service that has several */
    places_find *find;    /* NULL: it is nowhere to be found, as a stack of PAM */
    client_log_in *log_in;
};

/* The next client of a service behind one of them (NULL: the first), or NULL. */
const struct client *clients_next(const char *service, const struct client *before);

/*
 * Tries the places, or the one that let in before (chosen, from 0 on; -1: none did yet). The first
 * that lets in is chosen. A refusal tells more than no answer.
 */
enum attempt clients_log_in(const struct client *client, const struct login *login,
                            const struct places *places, int *chosen, char said[RUN_SAID_MAX]);

client_log_in client_libpam, client_polkit;               /* client_local.c */
client_log_in client_ssh;                                 /* client_ssh.c */
client_log_in client_curl;                                /* client_curl.c */
client_log_in client_ldapwhoami, client_psql, client_svn; /* client_tools.c */
client_log_in client_sieve, client_memcached;             /* client_sasl.c */

/* What came of running a client: accepted and refused are of one that ended. */
enum attempt clients_judge(enum run_end end, bool accepted, bool refused, char said[RUN_SAID_MAX]);

/* ATTEMPT_FAILED: the token cannot be handed over. */
enum attempt clients_no_file(char said[RUN_SAID_MAX]);

/*
 * "scheme://address:port", an address of IPv6 in brackets, without a port where there is none; and
 * with what is asked for there, for people.
 */
void clients_url(const struct place *place, char *ret, size_t size);
void clients_say_place(const struct place *place, char *ret, size_t size);

#endif
