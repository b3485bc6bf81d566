/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A conversation with a service that no usual client can have without a person. Within TLS it goes
 * through "openssl s_client"; its certificate is not verified.
 */
#ifndef ADMIN_DRILL_TALK_H
#define ADMIN_DRILL_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "admin/drill/places.h"
#include "admin/terminal/interrupt.h"

struct talk {
    int fd;    /* -1: none */
    pid_t pid; /* of openssl; 0: none */
    int64_t until;
    struct interrupt *interrupt;
};

enum talk_tls {
    TALK_CLEAR,
    TALK_TLS,
    TALK_SIEVE, /* TLS that begins with the STARTTLS of ManageSieve */
};

/* False: nobody is there. End it in any case. */
bool talk_begin(struct talk *talk, const struct place *place, enum talk_tls tls, unsigned seconds,
                struct interrupt *interrupt);
void talk_end(struct talk *talk);

bool talk_send(struct talk *talk, const void *bytes, size_t len);
/* All of so many bytes. */
bool talk_take(struct talk *talk, void *ret, size_t len);
/* A line without its end; one that does not fit is cut. */
bool talk_line(struct talk *talk, char *ret, size_t size);

#endif
