/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of the steps is what a kill or a power cut in the middle is survived by. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/host/tool.h"
#include "admin/wiring/rewire.h"
#include "admin/wiring/place.h"
#include "admin/wiring/profile.h"
#include "core/base/diag.h"
#include "core/base/text.h"

/* --- the service's own tool --- */

static bool
is_good(const struct service *service, char *why, size_t size)
{
    struct tool_result result = {.out = NULL};
    bool good = true;

    if (service->check == NULL || tool_run(service->check, TOOL_SECONDS, &result) != PAT_OK)
        return true;
    if (result.end != TOOL_MISSING && !tool_succeeded(&result)) {
        tool_tell(&result, service->check[0], why, size);
        good = false;
    }
    tool_free(&result);
    return good;
}

/* The plan of the same service as the files are now. */
static bool
is_complete(const struct wiring *plan, bool config_may_be_missing, char *why, size_t size)
{
    struct pat_diag diag = {.line = 0};
    struct wiring again;
    bool good = wiring_make(plan->service, plan->config_file, config_may_be_missing, &again,
                            &diag) &&
                wiring_is_done(&again);

    if (!good)
        snprintf(why, size, "it is still not wired%s%.300s", again.refusal[0] == '\0' ? "" : ": ",
                 again.refusal);
    wiring_free(&again);
    return good;
}

/* --- out --- */

static enum pat_err
make_changes(const struct change *changes, size_t count, char *why)
{
    enum pat_err err = PAT_OK;

    for (size_t i = 0; err == PAT_OK && i < count; i++)
        err = place_change(&changes[i], why);
    return err;
}

/* What pam-auth-update made must be what was shown. */
static enum pat_err
run_profile(const struct change *changes, size_t count, bool on, char *why)
{
    enum pat_err err = profile_switch(on, why);

    for (size_t i = 0; err == PAT_OK && i < count; i++) {
        char *text = NULL;
        struct stat status;

        err = place_read(changes[i].path, &text, &status, why);
        if (err == PAT_OK && !pat_text_equal(text, changes[i].after)) {
            snprintf(why, PLACE_WHY_MAX, "%s is not what pam-auth-update made of its copy",
                     changes[i].path);
            err = PAT_ERR_CONFLICT;
        }
        free(text);
    }
    return err;
}

/* After a failure: everything as it was, and the first reason first. */
static void
undo_all(const struct wiring *plan, char why[REWIRE_WHY_MAX])
{
    struct record record = {.change_count = 0};
    struct rewire_back back = {.change_count = 0};
    char reason[REWIRE_WHY_MAX], trouble[REWIRE_WHY_MAX] = "";
    enum pat_err err = record_read(plan->service, &record, trouble);

    pat_text_clip(reason, sizeof reason, why);
    if (err == PAT_OK)
        err = rewire_plan_back(&record, &back);
    if (err == PAT_OK)
        err = rewire_undo(plan->service, &record, &back, trouble);
    if (err == PAT_OK)
        snprintf(why, REWIRE_WHY_MAX, "%.400s. Everything is as it was", reason);
    else
        snprintf(why, REWIRE_WHY_MAX, "%.300s. Not everything could be put back: %.300s", reason,
                 trouble[0] != '\0' ? trouble : back.refusal);
    rewire_free(&back);
    record_free(&record);
}

enum pat_err
rewire_out(const struct wiring *plan, bool config_may_be_missing, char why[REWIRE_WHY_MAX])
{
    char text[PLACE_WHY_MAX] = "";
    bool was_good = is_good(plan->service, text, sizeof text), good = false;
    enum pat_err err;

    if (!was_good) {
        snprintf(why, REWIRE_WHY_MAX, "%s, before anything was changed", text);
        return PAT_ERR_CONFLICT;
    }
    err = record_write(plan, why);
    if (err != PAT_OK)
        return err;
    if (plan->service->way == SERVICE_PROFILE)
        err = run_profile(plan->changes, plan->change_count, true, text);
    else
        err = make_changes(plan->changes, plan->change_count, text);
    if (err == PAT_OK)
        good = is_good(plan->service, text, sizeof text) &&
               is_complete(plan, config_may_be_missing, text, sizeof text);
    if (err == PAT_OK && good)
        return PAT_OK;
    pat_text_clip(why, REWIRE_WHY_MAX, text);
    undo_all(plan, why);
    return err == PAT_OK ? PAT_ERR_CONFLICT : err;
}

/* --- back --- */

static bool
has_line(const char *text, const char *line, size_t len)
{
    for (; *text != '\0'; text += strcspn(text, "\n"), text += *text == '\n')
        if (strcspn(text, "\n") == len && strncmp(text, line, len) == 0)
            return true;
    return false;
}

/* Whether any line that we put in, and that was not there before, is still there. */
static bool
has_our_lines(const struct change *change, const char *text)
{
    for (size_t i = 0; i < change->edit_count; i++) {
        const char *add = change->edits[i].add;

        for (size_t line = 0; line < change_lines(add); line++) {
            const char *at = change_line(add, line);
            size_t len = strcspn(at, "\n");

            if (len > 0 && !has_line(change->before, at, len) && has_line(text, at, len))
                return true;
        }
    }
    return false;
}

static enum pat_err
plan_one(const struct change *change, struct rewire_back *back)
{
    struct change *way = &back->changes[back->change_count];
    char why[PLACE_WHY_MAX], *text = NULL;
    struct stat status;
    enum pat_err err = place_read(change->path, &text, &status, why);

    if (err == PAT_ERR_NOT_FOUND) {
        back->gone += change->kind != CHANGE_CREATE;
        return PAT_OK;
    }
    if (err != PAT_OK) {
        pat_text_clip(back->refusal, sizeof back->refusal, why);
        pat_text_clip(back->path, sizeof back->path, change->path);
        return err == PAT_ERR_NOMEM ? err : PAT_ERR_CONFLICT;
    }
    if (pat_text_equal(text, change->before) || !has_our_lines(change, text)) {
        back->gone += !pat_text_equal(text, change->before);
    } else {
        err = change_invert(change, text, way);
        back->change_count++;
        back->edited += !pat_text_equal(text, change->after);
    }
    if (err == PAT_ERR_CONFLICT) {
        snprintf(back->refusal, sizeof back->refusal,
                 "%s was changed since, in the very lines that enable had put in", change->path);
        pat_text_clip(back->path, sizeof back->path, change->path);
    }
    free(text);
    return err;
}

enum pat_err
rewire_plan_back(const struct record *record, struct rewire_back *ret)
{
    enum pat_err err = PAT_OK;

    memset(ret, 0, sizeof *ret);
    for (size_t i = record->change_count; err == PAT_OK && i > 0; i--)
        err = plan_one(&record->changes[i - 1], ret);
    return err;
}

void
rewire_free(struct rewire_back *back)
{
    for (size_t i = 0; i < back->change_count; i++)
        change_free(&back->changes[i]);
    memset(back, 0, sizeof *back);
}

enum pat_err
rewire_undo(const struct service *service, const struct record *record,
            const struct rewire_back *back, char why[REWIRE_WHY_MAX])
{
    enum pat_err err;

    if (record->is_profile && back->change_count > 0)
        err = run_profile(back->changes, back->edited == 0 ? back->change_count : 0, false, why);
    else
        err = make_changes(back->changes, back->change_count, why);
    for (size_t i = 0; err == PAT_OK && i < record->change_count; i++)
        place_clean(&record->changes[i]);
    return err == PAT_OK ? record_remove(service, why) : err;
}
