/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration of Cyrus SASL that a server reads: "option: value" lines of one file. */
#ifndef ADMIN_DOCTOR_SASL_FILE_H
#define ADMIN_DOCTOR_SASL_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct service;

#define SASL_FILE_VALUE_MAX 400

struct sasl_file {
    const struct service *row;
    char path[128];      /* "": there is none */
    char *text;          /* to be freed by sasl_file_close() */
    bool has_plugin;     /* an option of libpat.so is set */
    bool overrides;      /* libpat.so serves PLAIN and LOGIN */
    bool asks_patd;      /* patd is its verifier, as authdaemond or saslauthd */
    bool asks_saslauthd; /* the site's */
};

/* Opens the first of the row's files that is there; nothing is wired without one. */
void sasl_file_open(const struct service *row, struct sasl_file *ret);
void sasl_file_close(struct sasl_file *file);

bool sasl_file_is_wired(const struct sasl_file *file);

/* An option's value; *ret_line is its line, from 1. False, and "", without it. */
bool sasl_file_get(const struct sasl_file *file, const char *option, char ret[SASL_FILE_VALUE_MAX],
                   unsigned *ret_line);

/*
 * The sockets of patd's that the file names or means, by number from 0: path, type of socket, and
 * what pat.conf calls the protocol. False behind the last.
 */
bool sasl_file_socket(const struct sasl_file *file, size_t number, char ret[SASL_FILE_VALUE_MAX],
                      int *ret_type, const char **ret_protocol);

#endif
