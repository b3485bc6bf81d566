/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What has to be changed to wire a service, and how it is wired now. Planning reads and changes
 * nothing; what it does not understand it refuses, with what to do instead.
 */
#ifndef ADMIN_WIRING_PLAN_H
#define ADMIN_WIRING_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "admin/wiring/change.h"
#include "admin/wiring/service.h"

struct pat_config;

#define PLAN_CHANGES_MAX 6
#define PLAN_HOW_MAX 60

struct plan {
    const struct service *service;
    const char *config_file;   /* pat.conf */
    struct pat_config *config; /* what it says */
    bool look_only;            /* how it is wired, without tools and trials: for lists */
    bool installed;
    size_t wired, unwired;  /* places (PAM services, configurations) that are, and that are not */
    char how[PLAN_HOW_MAX]; /* "PAM", "SASL plugin, authdaemon"; "" when it is not wired */
    size_t change_count;
    struct change changes[PLAN_CHANGES_MAX];
    char refusal[500], hint[500]; /* refusal: "" for none */
    /* A socket of patd's in a chroot; "" for none. Where systemd does not make it, pat.conf does.
     */
    char listener[CHANGE_PATH_MAX];
    bool no_memory;
    json_t *lines; /* of files: {"file", "line", "text"}: those that matter */
    json_t *notes; /* sentences: what to know of this change */
    json_t *next;  /* commands that make it hold */
};

/*
 * Plans a service; false and diag when pat.conf is wrong. Free it in any case. A missing
 * configuration is one with every default if it may be missing.
 */
struct pat_diag;
bool plan_make(const struct service *service, const char *config_file, bool may_be_missing,
               struct plan *ret, struct pat_diag *diag);
/* The same without tools and trials: only how it is wired now. */
bool plan_look(const struct service *service, const char *config_file, bool may_be_missing,
               struct plan *ret, struct pat_diag *diag);
void plan_free(struct plan *plan);

bool plan_is_refused(const struct plan *plan);
/* True when it is wired, and nothing is left to change. */
bool plan_is_done(const struct plan *plan);

/* --- for the rooms that plan --- */

/* The first refusal is the one that is told. */
void plan_refuse(struct plan *plan, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void plan_note(struct plan *plan, const char *format, ...) __attribute__((format(printf, 2, 3)));
void plan_next(struct plan *plan, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds to how, once. */
void plan_how(struct plan *plan, const char *how);
void plan_line(struct plan *plan, const char *file, unsigned line, const char *text);

/* A new change of the plan; NULL: refused already. */
struct change *plan_change(struct plan *plan, enum change_kind kind, const char *path,
                           const char *text);
/* The same for what is planned of a path already, or NULL. */
struct change *plan_find(struct plan *plan, const char *path);

/* After the edits: computes the text, or drops a change that changes nothing. */
void plan_settle(struct plan *plan, struct change *change);

#endif
