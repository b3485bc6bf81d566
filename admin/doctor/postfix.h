/* SPDX-License-Identifier: BSD-2-Clause */
/* What matters of a Postfix's configuration, as postconf(1) prints it. Pure. */
#ifndef ADMIN_DOCTOR_POSTFIX_H
#define ADMIN_DOCTOR_POSTFIX_H

#include <stdbool.h>

struct postfix {
    bool enabled;  /* by main.cf, or for a service of master.cf */
    char type[40]; /* smtpd_sasl_type */
    char options[300], tls_options[300];
    bool tls_only; /* AUTH within TLS alone */
    char queue[200];
    bool chrooted; /* a service of master.cf that runs smtpd is */
};

/* settings: "postconf -x ..."; services: "postconf -M"; overrides: "postconf -P". */
void postfix_read(const char *settings, const char *services, const char *overrides,
                  struct postfix *ret);

#endif
