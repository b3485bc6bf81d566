/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The services that patctl can wire: what they are, where they are configured, and what they ask
 * patd as. A new service is a row. What a row cannot say is in a room of its own, which it names.
 */
#ifndef ADMIN_WIRING_SERVICE_H
#define ADMIN_WIRING_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

enum service_way {
    SERVICE_PAM,     /* a file in /etc/pam.d */
    SERVICE_SASL,    /* a configuration of Cyrus SASL */
    SERVICE_PROFILE, /* pam-auth-update */
};

struct service {
    const char *name;  /* NULL ends the table */
    const char *title; /* for people */
    enum service_way way;
    const char *program;  /* whose presence means that it is installed; by blanks: any of them */
    const char *files;    /* PAM services, each if it exists; files of SASL, the first that fits */
    const char *asks;     /* the services that it asks patd as, by blanks */
    const char *accounts; /* who asks, the first that exists; NULL: root */
    bool is_virtual;      /* its service is not a built-in one, and its users are no accounts */
    const char *scope;    /* what it shall ask for, where it is not a built-in one; or NULL */

    /* PAM */
    const char *arguments; /* of pam_pat.so; NULL: none */
    bool may_be_new;       /* it has no file of its own until there is one for tokens */

    /* SASL */
    const char *prefix;     /* of every option: "sasl_"; NULL: none */
    const char *mechanisms; /* a new mech_list */
    bool plain_asks;        /* some of its logins know no mechanism: authdaemond is needed, too */

    const char *const *check; /* a tool that judges the configuration: argv; NULL: there is none */
    const char *restart;      /* what makes it take the change; NULL: its next login does */
    const char *test;         /* how to try it */
    const char *page;         /* in doc/ */
};

const struct service *service_at(size_t index); /* NULL behind the last */
const struct service *service_find(const char *name);
bool service_is_installed(const struct service *service);

/* The name of "sshd", "sudo-i": what a service asks patd as, one by one; false at the end. */
bool service_next_name(const char **at, char ret[32]);

/* The first of the accounts that this host has; false when there is none. */
bool service_account(const struct service *service, char ret[64]);

#endif
