/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What has to be changed to wire a service, and how it is wired now. Planning reads and changes
 * nothing; what it does not understand it refuses, with what to do instead.
 */
#ifndef ADMIN_WIRING_WIRING_H
#define ADMIN_WIRING_WIRING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "admin/wiring/change.h"
#include "admin/wiring/service.h"

struct pat_config;

#define WIRING_CHANGES_MAX 6
#define WIRING_HOW_MAX 60

struct wiring {
    const struct service *service;
    const char *config_file;   /* pat.conf */
    struct pat_config *config; /* what it says */
    bool look_only;            /* how it is wired, without tools and trials: for lists */
    bool installed;
    size_t wired, unwired;    /* places (PAM services, configurations) that are, and that are not */
    char how[WIRING_HOW_MAX]; /* "PAM", "SASL plugin, authdaemon"; "" when it is not wired */
    size_t change_count;
    struct change changes[WIRING_CHANGES_MAX];
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
bool wiring_make(const struct service *service, const char *config_file, bool may_be_missing,
                 struct wiring *ret, struct pat_diag *diag);
/* The same without tools and trials: only how it is wired now. */
bool wiring_look(const struct service *service, const char *config_file, bool may_be_missing,
                 struct wiring *ret, struct pat_diag *diag);
void wiring_free(struct wiring *plan);

bool wiring_is_refused(const struct wiring *plan);
/* True when it is wired, and nothing is left to change. */
bool wiring_is_done(const struct wiring *plan);

/* --- for the rooms that plan --- */

/* The first refusal is the one that is told. */
void wiring_refuse(struct wiring *plan, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void wiring_note(struct wiring *plan, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void wiring_next(struct wiring *plan, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Adds to how, once. */
void wiring_how(struct wiring *plan, const char *how);
void wiring_line(struct wiring *plan, const char *file, unsigned line, const char *text);

/* A new change of the plan; NULL: refused already. */
struct change *wiring_change(struct wiring *plan, enum change_kind kind, const char *path,
                             const char *text);
/* The same for what is planned of a path already, or NULL. */
struct change *wiring_find(struct wiring *plan, const char *path);

/* After the edits: computes the text, or drops a change that changes nothing. */
void wiring_settle(struct wiring *plan, struct change *change);

#endif
