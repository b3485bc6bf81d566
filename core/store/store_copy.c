/* SPDX-License-Identifier: BSD-2-Clause */
/* A store as a whole: copied, examined. What the backend cannot do is told from what went wrong. */
#include <stdlib.h>

#include "core/store/store_internal.h"

struct pat_store_copy {
    const struct pat_store_ops *ops;
    void *copy;
};

enum pat_err
pat_store_copy_begin(const struct pat_store *store, const char *path, struct pat_store_copy **ret)
{
    const struct pat_store_ops *ops = store->args.ops;
    struct pat_store_copy *copy;
    enum pat_err err;

    if (ops->copy_begin == NULL)
        return PAT_ERR_UNAVAILABLE;
    copy = calloc(1, sizeof *copy);
    if (copy == NULL)
        return PAT_ERR_NOMEM;
    copy->ops = ops;
    err = ops->copy_begin(store->args.place, path, &copy->copy);
    if (err != PAT_OK) {
        free(copy);
        return err;
    }
    *ret = copy;
    return PAT_OK;
}

enum pat_err
pat_store_copy_step(struct pat_store_copy *copy, int64_t *ret_done, int64_t *ret_of)
{
    return copy->ops->copy_step(copy->copy, ret_done, ret_of);
}

void
pat_store_copy_end(struct pat_store_copy *copy)
{
    if (copy == NULL)
        return;
    copy->ops->copy_end(copy->copy);
    free(copy);
}

enum pat_err
pat_store_examine(const struct pat_store *store, bool (*pause)(void *context), void *context,
                  char *ret, size_t size)
{
    ret[0] = '\0';
    return store->args.ops->examine == NULL
               ? PAT_OK
               : store->args.ops->examine(store->args.place, pause, context, ret, size);
}

int
pat_store_schema(const struct pat_store *store)
{
    return store->args.ops->schema();
}
