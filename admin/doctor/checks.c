/* SPDX-License-Identifier: BSD-2-Clause */
/* The table, in the order of the screen. A new check is a row and a function. */
#include "admin/doctor/checks.h"
#include "admin/doctor/doctor.h"

const struct check doctor_checks[] = {
    {"store", "store", "patd trusts its store: seals, sums and anchor", check_store},
    {"permissions", "store", "store and keys belong to patd, and nobody else reads them",
     check_permissions},
    {"backup", "store", "a backup is known that is not old", check_backup},
    {"config", "daemon", "pat.conf is understood", check_config},
    {"daemon", "daemon", "patd listens and answers", check_daemon},
    {"sandbox", "daemon", "patd has no power: no root, no new privileges, nobody looks into it",
     check_sandbox},
    {"modules", "modules", "pam_pat.so and libpat.so are where PAM and Cyrus SASL look, and load",
     check_modules},
    {"stacks", NULL, "every PAM stack with pam_pat.so lets in who should, and nobody else",
     check_stacks},
    {"sshd", "sshd", "sshd asks PAM for passwords, and knows addresses", check_sshd},
    {"sudo-timestamp", "sudo", "sudo asks again each time", check_sudo},
    {"dovecot", "dovecot", "Dovecot asks PAM and keeps no answer", check_dovecot},
    {"postfix", "postfix", "smtpd reaches patd, from its chroot too, and offers what takes tokens",
     check_postfix},
    {"sasl", NULL, "Cyrus SASL of each server offers each mechanism once and stores no token",
     check_sasl},
    {"saslauthd", "saslauthd", "saslauthd keeps no answer", check_saslauthd},
    {"owners", "users", "accounts with tokens exist, and are the same as ever", check_owners},
    {"tenants", "users", "users of the same name can be told apart", check_tenants},
    {"scopes", "names", "no third party's scope is one that a service of this host asks for",
     check_scopes},
    {"clock", "clock", "the clock is synchronised and agrees with patd's mark", check_clock},
    {0},
};
