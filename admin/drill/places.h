/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a service listens on this host, as its own tool, its configuration or its process says.
 * Reads only, and asks as little as possible: each place is tried, and the first that lets the
 * canary in is the one.
 */
#ifndef ADMIN_DRILL_PLACES_H
#define ADMIN_DRILL_PLACES_H

#include <stdbool.h>
#include <stddef.h>

#define PLACES_MAX 6
#define PLACES_WHY 400
#define PLACES_FILE_MAX 65536

struct place {
    char scheme[12];   /* of a URL; or the service's own word for how one connects */
    char address[108]; /* numeric; or the path of a socket, or "" for the client's own choice */
    char port[8];      /* "" for a socket */
    char host[64];     /* the name that the server knows itself by; "" where it needs none */
    char name[128];    /* what is asked for there: a page, a database, a repository */
    char by[64];       /* a method of sshd's, the roles of a line of pg_hba.conf, STARTTLS */
};

struct places {
    size_t count;
    struct place all[PLACES_MAX];
};

enum places_end {
    PLACES_FOUND,
    PLACES_NONE,    /* the service does not offer this protocol: why says who says so */
    PLACES_UNKNOWN, /* it may, but one cannot know where: why */
};

/* One function a service; protocol is "imap", "pop3" or "sieve" where it has several. */
typedef enum places_end places_find(const char *protocol, struct places *ret, char why[PLACES_WHY]);

places_find places_sshd, places_postfix, places_slapd;        /* places.c */
places_find places_dovecot, places_cyrus;                     /* places_mail.c */
places_find places_nginx;                                     /* places_nginx.c */
places_find places_postgresql;                                /* places_postgresql.c */
places_find places_vsftpd, places_svnserve, places_memcached; /* places_files.c */

/* --- for those --- */

/* Adds a place; without room or with what does not fit it is left out. */
void places_add(struct places *places, const char *scheme, const char *address, const char *port,
                const char *name);

/* The address to connect to where a service listens at this one: "*", "0.0.0.0", "[::]", "". */
const char *places_address(const char *listen, char ret[108]);

/* "8143", or a name of services(5); false: neither. */
bool places_port(const char *text, char ret[8]);

/*
 * Takes "[::1]:143", "localhost:imap", "143", "imap" apart: what stands before the last colon, or
 * "", and the port. False: there is no port that is known.
 */
bool places_split(const char *listen, char address[108], char port[8]);

/*
 * The text of a regular file, whoever owns it, in PLACES_FILE_MAX bytes; NULL, or the caller's.
 * What comes of it is compared and tried, and not trusted.
 */
char *places_read(const char *path);

/* The value of an option among a process's arguments ("-l", "--listen-port"), or NULL. */
const char *places_option(const char *arguments, const char *option);

#endif
