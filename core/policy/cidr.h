/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of networks and the numeric addresses they hold (RFC 4632, RFC 4291). Nothing resolves. */
#ifndef PAT_POLICY_CIDR_H
#define PAT_POLICY_CIDR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

struct pat_diag;

#define PAT_ADDRESS_MAX 45 /* INET6_ADDRSTRLEN - 1 */
#define PAT_CIDRS_MAX 16
#define PAT_CIDRS_TEXT 1024

/* A set in its only form: inet_ntop's text with a prefix length, sorted, unique, by commas. */
struct pat_cidrs {
    char text[PAT_CIDRS_TEXT];
};

/*
 * Reads networks and single addresses, separated by commas or white space. Bits behind the prefix
 * must be zero. IPv4-mapped IPv6 is read as IPv4. diag (or NULL) names the wrong one.
 */
PAT_CHECKED enum pat_err pat_cidr_read(const char *list, struct pat_cidrs *ret,
                                       struct pat_diag *diag);

/* True when address is numeric and in one of the networks. An empty set holds nothing. */
bool pat_cidr_holds(const struct pat_cidrs *set, const char *address);

/* True when every address of part is in a network of set; an empty part is. */
bool pat_cidr_includes(const struct pat_cidrs *set, const struct pat_cidrs *part);

/* True for a numeric IPv4 or IPv6 address, also one with a zone (fe80::1%eth0). */
bool pat_cidr_numeric(const char *address);

/*
 * The prefix a crowd of addresses is counted by: /24 of IPv4, /48 of IPv6, as text; the empty text
 * for what is not numeric.
 */
void pat_cidr_neighbourhood(const char *address, char ret[PAT_ADDRESS_MAX + 1]);

#endif
