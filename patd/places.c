/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Holders are few, and found by a walk; connections are many, and never walked. What is idle stands
 * in a list of its own, in the order in which it became so.
 */
#include <stdlib.h>

#include "patd/places.h"

struct patd_places_holder {
    uint32_t uid;
    size_t count;
    LIST_ENTRY(patd_places_holder) link;
};

void
patd_places_init(struct patd_places *places)
{
    places->count = 0;
    LIST_INIT(&places->holders);
    TAILQ_INIT(&places->idle);
    TAILQ_INIT(&places->idle_of_root);
}

static struct patd_places_holder *
find_holder(const struct patd_places *places, uint32_t uid)
{
    struct patd_places_holder *holder;

    LIST_FOREACH(holder, &places->holders, link)
    if (holder->uid == uid)
        break;
    return holder;
}

static struct patd_places_list *
idle_list(struct patd_place *place)
{
    return place->holder->uid == 0 ? &place->places->idle_of_root : &place->places->idle;
}

enum pat_err
patd_places_take(struct patd_places *places, uint32_t uid, struct patd_place *place)
{
    struct patd_places_holder *holder = find_holder(places, uid);

    if (holder == NULL) {
        holder = calloc(1, sizeof *holder);
        if (holder == NULL)
            return PAT_ERR_NOMEM;
        holder->uid = uid;
        LIST_INSERT_HEAD(&places->holders, holder, link);
    }
    holder->count++;
    places->count++;
    *place = (struct patd_place){.places = places, .holder = holder};
    patd_places_set_idle(place, true);
    return PAT_OK;
}

void
patd_places_leave(struct patd_place *place)
{
    if (place->places == NULL)
        return;
    patd_places_set_idle(place, false);
    place->places->count--;
    if (--place->holder->count == 0) {
        LIST_REMOVE(place->holder, link);
        free(place->holder);
    }
    place->places = NULL;
}

void
patd_places_set_idle(struct patd_place *place, bool idle)
{
    if (place->places == NULL || place->idle == idle)
        return;
    if (idle)
        TAILQ_INSERT_TAIL(idle_list(place), place, link);
    else
        TAILQ_REMOVE(idle_list(place), place, link);
    place->idle = idle;
}

size_t
patd_places_of_uid(const struct patd_places *places, uint32_t uid)
{
    const struct patd_places_holder *holder = find_holder(places, uid);

    return holder == NULL ? 0 : holder->count;
}

struct patd_place *
patd_places_idle(const struct patd_places *places, bool spare_root)
{
    if (!TAILQ_EMPTY(&places->idle) || spare_root)
        return TAILQ_FIRST(&places->idle);
    return TAILQ_FIRST(&places->idle_of_root);
}
