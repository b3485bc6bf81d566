/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The places of a server's connections: how many each uid holds, and which may be given to
 * somebody else. Every question is answered without a walk over the connections, as it is asked
 * for each one that comes, and thousands may come. Lists: see queue(7).
 */
#ifndef PATD_PLACES_H
#define PATD_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "core/base/err.h"

struct patd_places_holder;

/* Embedded in a connection. */
struct patd_place {
    struct patd_places *places; /* NULL: it holds none (any more) */
    struct patd_places_holder *holder;
    bool idle; /* nothing is asked: it may be given away */
    TAILQ_ENTRY(patd_place) link;
};

TAILQ_HEAD(patd_places_list, patd_place);

struct patd_places {
    size_t count;
    LIST_HEAD(, patd_places_holder) holders;
    struct patd_places_list idle, idle_of_root; /* longest first */
};

void patd_places_init(struct patd_places *places);

/* An idle place, whose memory must stay until it is left. PAT_ERR_NOMEM. */
PAT_CHECKED enum pat_err patd_places_take(struct patd_places *places, uint32_t uid,
                                          struct patd_place *place);
/* Nothing when it was left already. */
void patd_places_leave(struct patd_place *place);

/* Nothing when it is so already, or was left. */
void patd_places_set_idle(struct patd_place *place, bool idle);

size_t patd_places_of_uid(const struct patd_places *places, uint32_t uid);

/* The one that has been idle for longest, of root only if nobody else's is; or NULL. */
struct patd_place *patd_places_idle(const struct patd_places *places, bool spare_root);

#endif
