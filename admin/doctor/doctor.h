/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a check works with: the host's configuration, what patd said, and the list of findings. A
 * check looks, judges, and adds findings; it changes nothing and prints nothing.
 */
#ifndef ADMIN_DOCTOR_DOCTOR_H
#define ADMIN_DOCTOR_DOCTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/diag.h"

struct patctl;
struct pat_config;
struct service;
struct doctor;

#define DOCTOR_TEXT_MAX 700
#define DOCTOR_SERVICES_MAX 32 /* that may be named on the command line */

enum doctor_level {
    DOCTOR_OK,
    DOCTOR_UNWIRED, /* it is there, and does not ask us */
    DOCTOR_WARNING, /* does not fail: something is weaker than it looks, or could not be looked at
                     */
    DOCTOR_PROBLEM,
};
#define DOCTOR_LEVELS 4
extern const char *const doctor_levels[DOCTOR_LEVELS];

/* A row of the table in checks.c. */
struct check {
    const char *name;    /* NULL ends the table */
    const char *service; /* whom its findings are about; NULL: it looks at several */
    const char *summary; /* one sentence without a full stop */
    void (*run)(struct doctor *doctor);
};
extern const struct check doctor_checks[];

/* What --fix can do itself; everything else is told. */
enum doctor_remedy {
    DOCTOR_BY_HAND,
    DOCTOR_SET_MODE,    /* of file: mode and owner */
    DOCTOR_EDIT_LINE,   /* of file: line becomes another one, or goes */
    DOCTOR_CREATE_FILE, /* which is not there */
};

struct finding {
    enum doctor_level level;
    const char *service; /* "store", "sshd"; NULL: the check's */
    const char *why;     /* a sentence without a full stop; NULL: the finding says it all */
    const char *fix;     /* a command, or what to write; NULL: there is nothing to do */
    const char *file;    /* NULL: none */
    unsigned line;       /* of it; 0: none */
    enum doctor_remedy remedy;
    const char *text;  /* DOCTOR_EDIT_LINE: the new line, "" to drop it; DOCTOR_CREATE_FILE: all */
    const char *after; /* the command that makes it hold; NULL: none is needed */
    unsigned mode;     /* DOCTOR_SET_MODE */
    uint32_t uid;
};

struct doctor {
    struct patctl *patctl;
    const char *config_file;
    struct pat_config *config; /* never NULL; with every default where the file is wrong */
    struct pat_diag config_diag;
    bool config_is_good;
    bool reachable;            /* patd answered */
    int64_t answered_after;    /* microseconds */
    json_t *status;            /* reply of Status, or NULL */
    json_t *db;                /* reply of DbStatus, which is for operators; or NULL */
    const struct check *check; /* that runs now */
    const char *only;          /* a check, or NULL */
    size_t service_count;      /* 0: all of them */
    const char *services[DOCTOR_SERVICES_MAX];
    json_t *findings;
    size_t counts[DOCTOR_LEVELS];
};

/* Adds a finding, if somebody wants to hear of its service; format is what was found. */
void doctor_find(struct doctor *doctor, const struct finding *finding, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for what is in order. */
void doctor_praise(struct doctor *doctor, const char *service, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether somebody wants to hear of a service. */
bool doctor_wants(const struct doctor *doctor, const char *service);

/* Whether findings of a service are problems or warnings so far. */
bool doctor_is_clean(const struct doctor *doctor, const char *service);

/* Runs the checks that are wanted, into findings; config, only and services are set. */
void doctor_run(struct doctor *doctor);

/* Asks patd quietly; NULL: it did not say. */
json_t *doctor_ask(struct doctor *doctor, const char *method, json_t *parameters);

/*
 * Runs a tool and takes its output, to be freed; NULL after a finding (a warning of this service)
 * that says why there is none. A tool that is not installed is no finding.
 */
char *doctor_tool(struct doctor *doctor, const char *service, const char *const argv[]);

#endif
