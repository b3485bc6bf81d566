/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leaky counters in a table of fixed size: who comes new takes the place of whoever was quiet for
 * longest among a few. Being forgotten costs nothing but a delay.
 */
#include <stdlib.h>
#include <string.h>

#include "core/policy/cidr.h"
#include "patd/penalty.h"

#define PLACES 1024
#define WAYS 4
#define FREE_REFUSALS 10 /* a minute */
#define STEP_MILLISECONDS 50
#define LONGEST_MILLISECONDS 1000
#define REFUSALS_MAX 40        /* so that a neighbourhood is forgiven within minutes */
#define LEAK_MILLISECONDS 6000 /* one refusal is forgotten every so often: ten a minute */

struct place {
    uint64_t who; /* 0: free */
    int64_t refusals;
    int64_t at;   /* of the last one, less what was not yet forgotten since */
    int64_t seen; /* of the last one */
};

struct patd_penalty {
    struct place places[PLACES];
};

struct patd_penalty *
patd_penalty_new(void)
{
    return calloc(1, sizeof(struct patd_penalty));
}

void
patd_penalty_free(struct patd_penalty *penalty)
{
    free(penalty);
}

/* FNV-1a: whoever finds collisions shares a delay, nothing else. */
static uint64_t
mix(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

static struct place *
find(struct patd_penalty *penalty, uint64_t who)
{
    struct place *set = &penalty->places[who % (PLACES / WAYS) * WAYS];
    struct place *quietest = set;

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].who == who)
            return &set[i];
        if (set[i].seen < quietest->seen)
            quietest = &set[i];
    }
    *quietest = (struct place){.who = who};
    return quietest;
}

int64_t
patd_penalty_refused(struct patd_penalty *penalty, const char *service, const char *address,
                     int64_t now)
{
    char neighbourhood[PAT_ADDRESS_MAX + 1];
    struct place *place;
    int64_t leaked, over;

    pat_cidr_neighbourhood(address, neighbourhood);
    place = find(penalty, mix(mix(UINT64_C(0xcbf29ce484222325), service), neighbourhood) | 1);
    leaked = (now - place->at) / LEAK_MILLISECONDS;
    if (leaked >= place->refusals)
        *place = (struct place){.who = place->who, .at = now};
    else
        place->refusals -= leaked, place->at += leaked * LEAK_MILLISECONDS;
    if (place->refusals < REFUSALS_MAX)
        place->refusals++;
    place->seen = now;
    over = place->refusals - FREE_REFUSALS;
    if (over <= 0)
        return 0;
    return over * STEP_MILLISECONDS < LONGEST_MILLISECONDS ? over * STEP_MILLISECONDS
                                                           : LONGEST_MILLISECONDS;
}
