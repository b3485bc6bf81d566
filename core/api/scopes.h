/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scope catalogue: what scopes are called. The built-in ones, which nobody changes, and those
 * of third parties. It gives no right and takes none: a scope may be granted and checked without
 * standing here.
 */
#ifndef PAT_API_SCOPES_H
#define PAT_API_SCOPES_H

#include "core/api/manage.h"

/* What a scope is for that nobody said anything about. */
#define PAT_SCOPES_THIRD_PARTY "third party, checked by it"

/* An entry. Lives until the callback returns. */
struct pat_scopes_entry {
    const char *scope;
    const char *label;
    const char *meaning;
    bool third_party; /* no service of the host asks for it by itself */
};

/* false ends. */
typedef bool pat_scopes_each(void *context, const struct pat_scopes_entry *entry);

/* The built-in ones first, the narrowest of them foremost; then third parties', by name. */
PAT_CHECKED enum pat_err pat_scopes_list(struct pat_manage *manage, pat_scopes_each *each,
                                         void *context);

/* Whether the catalogue has the scope, built-in or not. */
PAT_CHECKED enum pat_err pat_scopes_has(struct pat_manage *manage, const char *scope, bool *ret);

/*
 * Names a third party's scope; an empty meaning becomes a general one. The same once more changes
 * nothing and is no error; another label for the same scope is PAT_ERR_EXISTS.
 */
PAT_CHECKED enum pat_err pat_scopes_add(struct pat_manage *manage, const char *scope,
                                        const char *label, const char *meaning,
                                        struct pat_scope_record *ret);

/* Takes the name away, and nothing else: grants and tokens keep the scope. */
PAT_CHECKED enum pat_err pat_scopes_remove(struct pat_manage *manage, const char *scope);

/*
 * How many live tokens of a tenant cover each entry. Counted in pieces that hold nobody up: begin,
 * then piece until it is done. Nothing is known of a tenant with more tokens than are looked at,
 * nor of one that the caller may not see as a whole.
 */
struct pat_scopes_census;

/* Refuses a tenant that does not exist for the caller. *ret is to be freed in any case. */
PAT_CHECKED enum pat_err pat_scopes_census_begin(struct pat_manage *manage, const char *tenant,
                                                 struct pat_scopes_census **ret);
PAT_CHECKED enum pat_err pat_scopes_census_piece(struct pat_manage *manage,
                                                 struct pat_scopes_census *census, bool *ret_done);
/* Once it is done; not set when it is not known. census may be NULL, here and below. */
struct pat_optional pat_scopes_census_of(const struct pat_scopes_census *census, const char *scope);
void pat_scopes_census_free(struct pat_scopes_census *census);

#endif
