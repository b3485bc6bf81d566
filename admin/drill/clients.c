/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table, and what all clients share. SECURITY: tokens go by standard input, by a file in memory
 * or by a socket, never by arguments or the environment. The certificates of the loopback are not
 * verified: who listens is looked at instead, and is root, or may ask patd about this service
 * anyway.
 */
#include <stdio.h>
#include <string.h>

#include "admin/drill/clients.h"
#include "core/base/text.h"

static const struct client clients[] = {
    {"sshd", "ssh", "ssh", NULL, places_sshd, client_ssh},
    {"sudo", "libpam", NULL, NULL, NULL, client_libpam},
    {"sudo-i", "libpam", NULL, NULL, NULL, client_libpam},
    {"su", "libpam", NULL, NULL, NULL, client_libpam},
    {"su-l", "libpam", NULL, NULL, NULL, client_libpam},
    {"login", "libpam", NULL, NULL, NULL, client_libpam},
    {"polkit-1", "polkit's helper", NULL, NULL, NULL, client_polkit},
    {"smtp", "SMTP by curl", "curl", NULL, places_postfix, client_curl},
    {"imap", "IMAP by curl", "curl", "imap", places_cyrus, client_curl},
    {"pop", "POP3 by curl", "curl", "pop3", places_cyrus, client_curl},
    {"sieve", "ManageSieve", NULL, "sieve", places_cyrus, client_sieve},
    {"dovecot", "IMAP by curl", "curl", "imap", places_dovecot, client_curl},
    {"dovecot", "POP3 by curl", "curl", "pop3", places_dovecot, client_curl},
    {"ldap", "ldapwhoami", "ldapwhoami", NULL, places_slapd, client_ldapwhoami},
    {"vsftpd", "FTP by curl", "curl", NULL, places_vsftpd, client_curl},
    {"nginx", "HTTP by curl", "curl", NULL, places_nginx, client_curl},
    {"postgresql", "psql", "psql", NULL, places_postgresql, client_psql},
    {"svn", "svn", "svn", NULL, places_svnserve, client_svn},
    {"memcached", "memcached's protocol", NULL, NULL, places_memcached, client_memcached},
    {.service = NULL},
};

const struct client *
clients_next(const char *service, const struct client *before)
{
    const struct client *client = before == NULL ? clients : before + 1;

    while (client->service != NULL && !pat_text_equal(client->service, service))
        client++;
    return client->service == NULL ? NULL : client;
}

static enum attempt
log_in_at(const struct client *client, const struct login *login, const struct place *place,
          bool first, char said[RUN_SAID_MAX])
{
    uid_t who = (uid_t)-1;

    if (place == NULL || listener_is_allowed(place, &login->allowed, &who))
        return client->log_in(login, place, first, said);
    snprintf(said, RUN_SAID_MAX,
             "uid %lld listens there, which may not ask patd as %s, and is given no token",
             (long long)(int32_t)who, login->service);
    return ATTEMPT_FAILED;
}

enum attempt
clients_log_in(const struct client *client, const struct login *login, const struct places *places,
               int *chosen, char said[RUN_SAID_MAX])
{
    enum attempt best = ATTEMPT_FAILED;
    char other[RUN_SAID_MAX];

    said[0] = '\0';
    if (client->find == NULL || *chosen >= 0)
        return log_in_at(client, login, client->find == NULL ? NULL : &places->all[*chosen], false,
                         said);
    for (size_t i = 0; i < places->count; i++) {
        enum attempt attempt = log_in_at(client, login, &places->all[i], true, other);

        if (attempt == ATTEMPT_ACCEPTED || attempt == ATTEMPT_INTERRUPTED) {
            *chosen = (int)i;
            return attempt;
        }
        if (said[0] == '\0' || (attempt == ATTEMPT_REFUSED && best != ATTEMPT_REFUSED)) {
            pat_text_clip(said, RUN_SAID_MAX, other);
            best = attempt;
        }
    }
    return best;
}

enum attempt
clients_judge(enum run_end end, bool accepted, bool refused, char said[RUN_SAID_MAX])
{
    switch (end) {
    case RUN_ENDED:
        if (accepted)
            return ATTEMPT_ACCEPTED;
        return refused ? ATTEMPT_REFUSED : ATTEMPT_FAILED;
    case RUN_INTERRUPTED:
        return ATTEMPT_INTERRUPTED;
    case RUN_LATE:
        snprintf(said, RUN_SAID_MAX, "no answer in %d s", ATTEMPT_SECONDS);
        return ATTEMPT_FAILED;
    case RUN_MISSING:
        snprintf(said, RUN_SAID_MAX, "the client is not installed");
        return ATTEMPT_FAILED;
    case RUN_FAILED:
        break;
    }
    if (said[0] == '\0')
        snprintf(said, RUN_SAID_MAX, "the client could not be run");
    return ATTEMPT_FAILED;
}

enum attempt
clients_no_file(char said[RUN_SAID_MAX])
{
    snprintf(said, RUN_SAID_MAX, "cannot hand over the token: no file in memory");
    return ATTEMPT_FAILED;
}

void
clients_url(const struct place *place, char *ret, size_t size)
{
    bool six = strchr(place->address, ':') != NULL;

    snprintf(ret, size, "%s://%s%s%s%s%s", place->scheme, six ? "[" : "", place->address,
             six ? "]" : "", place->port[0] == '\0' ? "" : ":", place->port);
}

void
clients_say_place(const struct place *place, char *ret, size_t size)
{
    struct place shown = *place;
    size_t len;

    if (place->host[0] != '\0')
        pat_text_clip(shown.address, sizeof shown.address, place->host);
    clients_url(&shown, ret, size);
    len = strlen(ret);
    snprintf(ret + len, size - len, "%s%s",
             place->name[0] == '\0' || place->name[0] == '/' ? "" : "/", place->name);
}
