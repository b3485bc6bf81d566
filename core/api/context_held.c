/* SPDX-License-Identifier: BSD-2-Clause */
/* What a context holds for others: handles for recovery, the configuration, and the smaller things.
 */
#include <stdlib.h>

#include "core/api/context_internal.h"
#include "core/base/text.h"
#include "core/store/clock.h"

/* --- recovery --- */

enum pat_err
pat_context_restored(struct pat_context *context, bool with_anchor, struct pat_store **ret)
{
    struct pat_store_args args = pat_context_store_args(context, with_anchor ? PAT_STORE_WRITE
                                                                             : PAT_STORE_READ);

    if (context->keyring == NULL || context->anchor == NULL || context->clock == NULL)
        return PAT_ERR_UNAVAILABLE;
    if (!with_anchor)
        args.anchor = NULL;
    return pat_store_open(&args, ret);
}

void
pat_context_accepted(struct pat_context *context)
{
    pthread_mutex_lock(&context->lock);
    context->trouble[0] = '\0';
    atomic_store(&context->health, (int)PAT_VERDICT_ACCEPTED);
    pthread_mutex_unlock(&context->lock);
}

bool
pat_context_take_backup(struct pat_context *context)
{
    bool taken;

    pthread_mutex_lock(&context->lock);
    taken = !context->is_copied;
    context->is_copied = true;
    pthread_mutex_unlock(&context->lock);
    return taken;
}

void
pat_context_give_backup(struct pat_context *context)
{
    pthread_mutex_lock(&context->lock);
    context->is_copied = false;
    pthread_mutex_unlock(&context->lock);
}

void
pat_context_keep_check(struct pat_context *context, const struct pat_check *check)
{
    int64_t now;

    if (pat_context_now(context, &now) != PAT_OK)
        return;
    pthread_mutex_lock(&context->lock);
    context->check = *check;
    context->checked = now;
    pthread_mutex_unlock(&context->lock);
}

bool
pat_context_last_check(struct pat_context *context, struct pat_check *ret, int64_t *ret_at)
{
    pthread_mutex_lock(&context->lock);
    *ret = context->check;
    *ret_at = context->checked;
    pthread_mutex_unlock(&context->lock);
    return *ret_at != 0;
}

const char *
pat_context_state_dir(const struct pat_context *context)
{
    return context->state_dir;
}

const char *
pat_context_keys_dir(const struct pat_context *context)
{
    return context->keys_dir;
}

struct pat_keyring *
pat_context_keyring(struct pat_context *context)
{
    return context->keyring;
}

struct pat_anchor *
pat_context_anchor(struct pat_context *context)
{
    return context->anchor;
}

/* --- configuration --- */

void
pat_context_free_configs(struct held_config *held)
{
    while (held != NULL) {
        struct held_config *older = held->older;

        pat_config_free(held->config);
        free(held);
        held = older;
    }
}

const struct pat_config *
pat_context_hold_config(struct pat_context *context)
{
    const struct pat_config *config;

    pthread_mutex_lock(&context->lock);
    context->configs->holders++;
    config = context->configs->config;
    pthread_mutex_unlock(&context->lock);
    return config;
}

void
pat_context_release_config(struct pat_context *context, const struct pat_config *config)
{
    struct held_config **at, *held;

    pthread_mutex_lock(&context->lock);
    for (at = &context->configs; (*at)->config != config; at = &(*at)->older)
        continue;
    held = *at;
    held->holders--;
    if (held->holders == 0 && held != context->configs) {
        *at = held->older;
        held->older = NULL;
        pat_context_free_configs(held);
    }
    pthread_mutex_unlock(&context->lock);
}

enum pat_err
pat_context_swap_config(struct pat_context *context, struct pat_config *config)
{
    struct held_config *held = calloc(1, sizeof *held);

    if (held == NULL) {
        pat_config_free(config);
        return PAT_ERR_NOMEM;
    }
    held->config = config;
    pthread_mutex_lock(&context->lock);
    held->older = context->configs;
    context->configs = held;
    if (held->older != NULL && held->older->holders == 0) {
        struct held_config *unused = held->older;

        held->older = unused->older;
        unused->older = NULL;
        pat_context_free_configs(unused);
    }
    pthread_mutex_unlock(&context->lock);
    return PAT_OK;
}

/* --- small shared things --- */

void
pat_context_default_tenant(struct pat_context *context, char ret[PAT_TENANT_MAX + 1])
{
    pthread_mutex_lock(&context->lock);
    pat_text_clip(ret, PAT_TENANT_MAX + 1, context->default_tenant);
    pthread_mutex_unlock(&context->lock);
}

void
pat_context_set_default_tenant(struct pat_context *context, const char *tenant)
{
    pthread_mutex_lock(&context->lock);
    pat_text_clip(context->default_tenant, sizeof context->default_tenant, tenant);
    pthread_mutex_unlock(&context->lock);
}

struct pat_clock *
pat_context_clock(struct pat_context *context)
{
    return context->clock;
}

struct pat_usage *
pat_context_usage(struct pat_context *context)
{
    return context->usage;
}

struct pat_counts *
pat_context_counts(struct pat_context *context)
{
    return context->counts;
}

enum pat_err
pat_context_now(struct pat_context *context, int64_t *ret)
{
    return context->clock == NULL ? PAT_ERR_CLOCK : pat_clock_now(context->clock, ret);
}
