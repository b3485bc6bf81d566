/* SPDX-License-Identifier: BSD-2-Clause */
/* What matters of a Dovecot's configuration, as "doveconf -n" prints it: doveconf(1). */
#ifndef ADMIN_DOCTOR_DOVECOT_H
#define ADMIN_DOCTOR_DOVECOT_H

#include <stdbool.h>

struct dovecot {
    bool asks_pam;
    char service[64]; /* of PAM: "dovecot" by default; "%s" and the like: it depends on the protocol
                       */
    bool caches;      /* there is a cache of logins */
    bool has_key;     /* and passdb pam uses it: 2.3 does not without cache_key */
    char cache_size[64], cache_ttl[64]; /* as written; "": by default */
    bool logs_passwords;
    bool takes_plain; /* plain or login among its mechanisms */
};

/* False: it is not understood. */
bool dovecot_read(const char *text, struct dovecot *ret);

/* Whether the PAM service that it asks has pam_pat.so on this host. */
bool dovecot_is_wired(const struct dovecot *dovecot);

#endif
