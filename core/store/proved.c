/* SPDX-License-Identifier: BSD-2-Clause */
/* A table without collisions to resolve: a row takes the place of what was there. */
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/store/proved.h"
#include "core/store/row_pack.h"

#define TENANTS 4
#define USERS 4096 /* packed, most take some 150 bytes; a thousand active ones rarely meet */

/* The row says itself what its key is, but for the host's, which has none. */
struct place {
    int64_t version;      /* of the backend, when it was kept */
    unsigned char *bytes; /* packed; NULL: nothing was kept yet */
    size_t len;
};

struct pat_proved {
    int64_t version;
    struct place host;
    struct place tenants[TENANTS];
    struct place users[USERS];
};

struct pat_proved *
pat_proved_new(void)
{
    return calloc(1, sizeof(struct pat_proved));
}

void
pat_proved_free(struct pat_proved *proved)
{
    if (proved == NULL)
        return;
    free(proved->host.bytes);
    for (size_t i = 0; i < TENANTS; i++)
        free(proved->tenants[i].bytes);
    for (size_t i = 0; i < USERS; i++)
        free(proved->users[i].bytes);
    free(proved);
}

void
pat_proved_settle(struct pat_proved *proved, int64_t version)
{
    if (proved != NULL)
        proved->version = version;
}

/* FNV-1a. Who fills a place by choosing names only makes others read their rows again. */
static size_t
spread(const char *tenant, const char *name)
{
    uint32_t hash = 2166136261U;

    for (const char *at = tenant; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619U;
    for (const char *at = name; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619U;
    return hash ^ hash >> 16;
}

static struct place *
place_of(struct pat_proved *proved, enum pat_row_kind kind, const char *tenant, const char *name)
{
    if (proved == NULL)
        return NULL;
    if (kind == PAT_ROW_HOST)
        return &proved->host;
    if (kind == PAT_ROW_TENANT)
        return &proved->tenants[spread(tenant, "") % TENANTS];
    return kind == PAT_ROW_USER ? &proved->users[spread(tenant, name) % USERS] : NULL;
}

bool
pat_proved_find(struct pat_proved *proved, enum pat_row_kind kind, const char *tenant,
                const char *name, void *ret)
{
    const struct place *place = place_of(proved, kind, tenant, name);

    if (place == NULL || place->bytes == NULL || place->version != proved->version ||
        !pat_row_pack_read(kind, place->bytes, place->len, ret))
        return false;
    return kind == PAT_ROW_HOST || (pat_text_equal(pat_row_tenant(kind, ret), tenant) &&
                                    pat_text_equal(pat_row_name(kind, ret), name));
}

void
pat_proved_keep(struct pat_proved *proved, enum pat_row_kind kind, const char *tenant,
                const char *name, const void *record)
{
    struct place *place = place_of(proved, kind, tenant, name);
    unsigned char *bytes = place != NULL ? malloc(PAT_ROW_PACKED_MAX) : NULL;
    struct pat_writer writer = pat_span_writer(bytes, PAT_ROW_PACKED_MAX);
    unsigned char *less;

    if (bytes == NULL)
        return;
    pat_row_pack_write(kind, record, pat_row_type(kind)->count, &writer);
    less = writer.failed ? NULL : realloc(bytes, writer.len);
    if (less == NULL) {
        free(bytes);
        return;
    }
    free(place->bytes);
    *place = (struct place){.version = proved->version, .bytes = less, .len = writer.len};
}
