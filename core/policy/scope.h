/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a token may be used for, DESIGN.md section 4. A scope is "area:verb", each part
 * [a-z0-9][a-z0-9._-]{0,30}; grants and tokens may also say "area:*". No scope implies another.
 */
#ifndef PAT_POLICY_SCOPE_H
#define PAT_POLICY_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

struct pat_diag;

#define PAT_SERVICE_MAX 31 /* an unknown service S asks for S:login */
#define PAT_SCOPE_MAX 63
#define PAT_SCOPES_MAX 32 /* scopes in a set */
#define PAT_SCOPES_TEXT 1024

/* A set, in its only form: sorted, unique, separated by commas; the empty text is no scope. */
struct pat_scopes {
    char text[PAT_SCOPES_TEXT];
};

/* A service: [A-Za-z0-9][A-Za-z0-9._-]{0,30}. */
bool pat_scope_service_legal(const char *service);

/* Reads words separated by commas or white space; diag (or NULL) names the wrong one. */
PAT_CHECKED enum pat_err pat_scope_read(const char *list, struct pat_scopes *ret,
                                        struct pat_diag *diag);

/* True for the text of a set in its only form. */
bool pat_scope_canonical(const struct pat_scopes *set);

/* Walks a set: at starts as set->text and moves; false at the end. */
bool pat_scope_next(const char **at, char ret[PAT_SCOPE_MAX + 1]);

size_t pat_scope_count(const struct pat_scopes *set);

/* True when the set holds this very word. */
bool pat_scope_names(const struct pat_scopes *set, const char *scope);

/* True when the set holds scope itself or, for area:verb, area:*. */
bool pat_scope_covers(const struct pat_scopes *set, const char *scope);

/* True when set covers every scope of part. */
bool pat_scope_includes(const struct pat_scopes *set, const struct pat_scopes *part);

/* What both sets cover; the meet of mail:* and mail:read is mail:read. */
void pat_scope_meet(const struct pat_scopes *a, const struct pat_scopes *b, struct pat_scopes *ret);

/* Both sets together; PAT_ERR_RANGE when they are too many. ret may be one of them. */
PAT_CHECKED enum pat_err pat_scope_join(const struct pat_scopes *a, const struct pat_scopes *b,
                                        struct pat_scopes *ret);

/* The scopes of a that b does not name, literally. ret may be one of them. */
void pat_scope_minus(const struct pat_scopes *a, const struct pat_scopes *b,
                     struct pat_scopes *ret);

/* The scope that a service asks for without any configuration. */
void pat_scope_of_service(const char *service, char ret[PAT_SCOPE_MAX + 1]);

/* True when a service logs into an account of the host, unless pat.conf says otherwise. */
bool pat_scope_service_local(const char *service);
/* The built-in ones whose users are always accounts of the host: sshd, su, sudo, login, ... */
bool pat_scope_service_opens_accounts(const char *service);

/* True for scopes of the built-in services whose users are virtual: mail:, ldap:, http:, db:. */
bool pat_scope_is_virtual(const char *scope);

/* One of the built-in services and its scope; NULL behind the last. For the scope catalogue. */
struct pat_scope_service {
    const char *service;
    const char *scope;
    bool local;
};
const struct pat_scope_service *pat_scope_builtin(size_t index);

/* What a built-in scope is called; the narrowest first, NULL behind the last. */
struct pat_scope_entry {
    const char *scope;
    const char *label;
    const char *meaning;
};
const struct pat_scope_entry *pat_scope_catalogue(size_t index);

#endif
