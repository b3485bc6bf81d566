/* SPDX-License-Identifier: BSD-2-Clause */
/* Rotation of the key that tokens are hashed under, and the clock's acceptance. */
#include <stdio.h>

#include "core/api/keys.h"
#include "core/base/when.h"
#include "core/store/clock.h"

/* --- verifier keys --- */

static enum pat_err
refuse_many(struct pat_manage *manage)
{
    pat_manage_refuse(manage, PAT_ERR_LIMIT, "keys.many", "there are %d verifier keys already",
                      PAT_KEYRING_MAX);
    return pat_manage_hint(manage, "patctl db check tells which of them no token needs any more");
}

static enum pat_err
log_rotation(struct pat_manage *manage, int64_t before, int64_t number)
{
    char subject[32], was[48];
    const struct pat_change_args change = {
        .event = "db.rotate-key", .subject = subject, .before = was};

    snprintf(subject, sizeof subject, "verifier.%lld", (long long)number);
    snprintf(was, sizeof was, "path=verifier.%lld", (long long)before);
    return pat_manage_log(manage, &change, NULL);
}

/*
 * The file is there before the change that tells of it, and nobody uses the key before both are on
 * disk. A crash leaves a key that serves new tokens from the next start on, or none.
 */
enum pat_err
pat_keys_rotate(struct pat_manage *manage, int64_t *ret_number)
{
    struct pat_keyring *keyring = pat_context_keyring(manage->context);
    const char *dir = pat_context_keys_dir(manage->context);
    int64_t before = pat_keyring_newest(keyring), number;
    enum pat_err err = pat_manage_permit(manage, PAT_ACT_HOST, "", NULL);

    if (err == PAT_OK)
        err = pat_manage_start(manage);
    if (err != PAT_OK)
        return err;
    err = pat_keyring_make(keyring, dir, &number);
    if (err != PAT_OK) {
        if (err == PAT_ERR_RANGE)
            err = refuse_many(manage);
        else
            pat_manage_failed(manage, err);
        return pat_manage_end(manage, err);
    }
    err = pat_manage_end(manage, log_rotation(manage, before, number));
    if (err != PAT_OK) {
        pat_keyring_unmake(dir, number);
        return err;
    }
    err = pat_keyring_add(keyring, dir, number);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    *ret_number = number;
    return PAT_OK;
}

/* --- the clock --- */

enum pat_err
pat_keys_accept_clock(struct pat_manage *manage, int64_t *ret)
{
    struct pat_clock *clock = pat_context_clock(manage->context);
    struct pat_clock_reading reading;
    char was[32], is[32], before[48], after[48];
    const struct pat_change_args change = {
        .event = "clock.accept", .before = before, .after = after};
    enum pat_err err = pat_manage_permit(manage, PAT_ACT_HOST, "", NULL);

    if (err == PAT_OK && pat_clock_read(&reading) != PAT_OK)
        err = pat_manage_failed(manage, PAT_ERR_CLOCK);
    if (err == PAT_OK)
        err = pat_manage_start(manage);
    if (err != PAT_OK)
        return err;
    pat_when_write(pat_clock_mark(clock), was, sizeof was);
    pat_when_write(reading.wall, is, sizeof is);
    snprintf(before, sizeof before, "at=%s", was);
    snprintf(after, sizeof after, "at=%s", is);
    err = pat_manage_end(manage, pat_manage_log(manage, &change, NULL));
    if (err == PAT_OK) {
        err = pat_clock_accept(clock, &reading);
        if (err != PAT_OK)
            pat_manage_failed(manage, err);
    }
    return err == PAT_OK && pat_context_now(manage->context, ret) != PAT_OK
               ? pat_manage_failed(manage, PAT_ERR_CLOCK)
               : err;
}
