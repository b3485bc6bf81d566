/* SPDX-License-Identifier: BSD-2-Clause */
/* What a filter asks of a token. Who may see the token is asked elsewhere. */
#ifndef PAT_API_FIND_FILTER_H
#define PAT_API_FIND_FILTER_H

#include "core/api/find.h"

/* A filter that was judged, in the form that is quick to ask. Points into itself: not copied. */
struct pat_find_sieve {
    const struct pat_find_filter *filter;
    unsigned states; /* bits of the words of pat_find_state(); 0: any */
    struct pat_cidrs network;
    char glob[PAT_SCAN_GLOB_MAX + 1];
    char scope[PAT_SCOPE_MAX + 2];
    struct pat_scan_fit fit; /* lets through what fits, and perhaps more */
    bool asks_usage;
    bool holds_nothing; /* whatever the tokens are */
};

/* Refuses illegal values. The filter must outlive ret. */
PAT_CHECKED enum pat_err pat_find_filter_read(struct pat_manage *manage,
                                              const struct pat_find_filter *filter,
                                              struct pat_find_sieve *ret);

/* Everything that the record tells; whether revoked ones are shown at all is not asked. */
bool pat_find_filter_fits(const struct pat_find_sieve *sieve, const struct pat_token_record *token,
                          int64_t now);

/* What only its uses tell; true when the filter asks nothing of them. */
PAT_CHECKED enum pat_err pat_find_filter_use_fits(const struct pat_find_sieve *sieve,
                                                  struct pat_usage *usage,
                                                  const struct pat_token_record *token, bool *ret);

#endif
