/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Methods about the store as a whole. All are for operators; those who have to work on a store that
 * cannot be trusted are called while nothing is answered, and ask for no row but the host's.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/api/backup.h"
#include "core/api/keys.h"
#include "core/api/restore.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/store/clock.h"
#include "patd/examine.h"
#include "patd/manage_ops.h"

#define PATH_SIZE 4096
#define LOOK_BACK 1000 /* changes of the host's log, for the last backup */
#define EXAMINE_PAUSE 50

/* --- status --- */

struct status {
    struct patd_call *call;
    struct pat_optional generation, anchor, reach, schema, last_backup, mark, checked;
    bool clock_waits;
    json_t *keys, *backups;
};

static bool
note_backup(void *context, const void *record)
{
    struct status *status = context;
    const struct pat_change_record *change = record;

    if (!pat_text_equal(change->event, "db.backup"))
        return true;
    status->last_backup = (struct pat_optional){.set = true, .at = change->at};
    return false;
}

/* A row that cannot be read leaves its numbers unknown: the health says why. */
static void
read_host(struct status *status)
{
    const struct pat_scan scan = {.what = PAT_SCAN_CHANGES_BACK, .tenant = "", .limit = LOOK_BACK};
    struct pat_store *store = NULL;
    struct pat_host_record host;

    if (pat_context_restored(status->call->work.context, false, &store) != PAT_OK)
        return;
    if (pat_store_get(store, PAT_ROW_HOST, "", "", &host) == PAT_OK)
        status->generation = (struct pat_optional){.set = true, .at = host.generation};
    if (pat_store_scan(store, &scan, note_backup, status) != PAT_OK)
        status->last_backup.set = false;
    status->schema = (struct pat_optional){.set = true, .at = pat_store_schema(store)};
    pat_store_close(store);
}

static void
read_clock(struct status *status)
{
    struct pat_clock *clock = pat_context_clock(status->call->work.context);
    struct pat_clock_reading reading;

    if (clock == NULL)
        return;
    status->mark = (struct pat_optional){.set = true, .at = pat_clock_mark(clock)};
    status->clock_waits = pat_clock_read(&reading) == PAT_OK && pat_clock_waits(clock, &reading);
}

static const struct pat_check_key *
key_of_check(const struct pat_check *check, int64_t number)
{
    for (size_t i = 0; i < check->key_count; i++)
        if (check->keys[i].number == number)
            return &check->keys[i];
    return NULL;
}

/* One that no living token is under, and that no new one will be, is needed no more. */
static json_t *
describe_key(const struct pat_check *check, int64_t number, bool newest, int64_t now, bool checked)
{
    const struct pat_check_key *key = key_of_check(check, number);
    bool lives = key != NULL && (key->forever || key->until > now);
    const struct pat_optional tokens = {.set = checked, .at = key == NULL ? 0 : key->tokens};
    const struct pat_optional until = {.set = checked && lives && !key->forever,
                                       .at = key == NULL ? 0 : key->until};

    return json_pack("{s:I, s:o, s:o, s:o}", "number", (json_int_t)number, "tokens",
                     patd_call_optional(&tokens), "until", patd_call_optional(&until), "needed",
                     newest || lives ? json_true()
                     : checked       ? json_false()
                                     : json_null());
}

static void
read_keys(struct status *status)
{
    struct pat_context *context = status->call->work.context;
    struct pat_keyring *keyring = pat_context_keyring(context);
    int64_t numbers[PAT_KEYRING_MAX], now = 0;
    struct pat_check check;
    size_t count;

    status->checked.set = pat_context_last_check(context, &check, &status->checked.at);
    if (keyring == NULL || pat_context_now(context, &now) != PAT_OK)
        return;
    count = pat_keyring_numbers(keyring, numbers);
    for (size_t i = 0; i < count; i++)
        if (!patd_call_add(
                status->call, status->keys,
                describe_key(&check, numbers[i], i + 1 == count, now, status->checked.set)))
            return;
}

/* Backups that nobody took away yet. */
static void
read_backups(struct status *status, const char *state_dir)
{
    char path[PATH_SIZE];
    struct dirent *entry;
    DIR *entries;

    if (pat_file_path(path, sizeof path, state_dir, "backup") != PAT_OK)
        return;
    entries = opendir(path);
    if (entries == NULL)
        return;
    while ((entry = readdir(entries)) != NULL)
        if (strncmp(entry->d_name, "pat-", strlen("pat-")) == 0 &&
            !patd_call_add(status->call, status->backups,
                           json_sprintf("%s/%s", path, entry->d_name)))
            break;
    closedir(entries);
}

static int64_t
file_bytes(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 ? status.st_size : 0;
}

enum pat_err
patd_manage_db_status(struct patd_call *call)
{
    struct pat_context *context = call->work.context;
    const struct pat_anchor *anchor = pat_context_anchor(context);
    struct status status = {.call = call, .keys = json_array(), .backups = json_array()};
    char path[PATH_SIZE];
    enum pat_err err = pat_file_path(path, sizeof path, pat_context_state_dir(context), "pat.db");

    read_host(&status);
    read_clock(&status);
    read_keys(&status);
    read_backups(&status, pat_context_state_dir(context));
    if (anchor != NULL) {
        status.anchor = (struct pat_optional){.set = true, .at = pat_anchor_newest(anchor)};
        status.reach = (struct pat_optional){.set = true, .at = pat_anchor_reach(anchor)};
    }
    if (err == PAT_OK)
        err = patd_call_answer(
            call,
            json_pack(
                "{s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:O, s:o, s:o, s:O, s:o,"
                " s:b}",
                "path", path, "keysPath", pat_context_keys_dir(context), "health",
                pat_verdict_name(pat_context_health(context)), "bytes",
                (json_int_t)file_bytes(path), "generation", patd_call_optional(&status.generation),
                "anchor", patd_call_optional(&status.anchor), "reach",
                patd_call_optional(&status.reach), "schema", patd_call_optional(&status.schema),
                "keys", status.keys, "checked", patd_call_optional(&status.checked), "lastBackup",
                patd_call_optional(&status.last_backup), "backups", status.backups, "mark",
                patd_call_optional(&status.mark), "clockWaits", (int)status.clock_waits));
    json_decref(status.keys);
    json_decref(status.backups);
    return err;
}

/* --- check --- */

struct check_stream {
    struct patd_stream stream; /* first */
    struct patd_examine *examine;
};

static json_t *
describe_check(struct patd_call *call, const struct pat_check *check)
{
    json_t *keys = json_array();
    int64_t now = 0;

    if (pat_context_now(call->work.context, &now) != PAT_OK)
        now = 0;
    for (size_t i = 0; i < check->key_count; i++)
        if (!patd_call_add(call, keys,
                           describe_key(check, check->keys[i].number, false, now, true)))
            break;
    return json_pack("{s:I, s:s, s:o, s:b}", "rows", (json_int_t)check->rows, "trouble",
                     check->trouble, "keys", keys, "done", 1);
}

static enum pat_err
check_step(struct patd_stream *stream, struct patd_call *call, bool *ret_done)
{
    struct check_stream *own = (struct check_stream *)stream;
    struct pat_check check;
    int64_t rows = patd_examine_rows(own->examine, ret_done);
    enum pat_err err;

    if (!*ret_done) {
        call->waits = true;
        return call->emit(call, json_pack("{s:I, s:b}", "rows", (json_int_t)rows, "done", 0));
    }
    err = patd_examine_result(own->examine, &check);
    return err == PAT_OK ? patd_call_answer(call, describe_check(call, &check))
                         : pat_manage_failed(&call->work, err);
}

static void
check_free(struct patd_stream *stream)
{
    struct check_stream *own = (struct check_stream *)stream;

    patd_examine_free(own->examine);
    free(own);
}

enum pat_err
patd_manage_db_check(struct patd_call *call)
{
    struct check_stream *own;
    enum pat_err err;

    call->expected_more = !call->more;
    if (call->expected_more)
        return patd_call_bad(call);
    own = calloc(1, sizeof *own);
    err = own == NULL ? PAT_ERR_NOMEM : patd_examine_start(call->work.context, &own->examine);
    if (err != PAT_OK) {
        free(own);
        return pat_manage_failed(&call->work, err);
    }
    own->stream = (struct patd_stream){
        .step = check_step, .free = check_free, .always = true, .pause = EXAMINE_PAUSE};
    call->stream = &own->stream;
    return PAT_OK;
}

/* --- backup --- */

struct backup_stream {
    struct patd_stream stream; /* first */
    struct pat_backup *backup;
};

static enum pat_err
backup_step(struct patd_stream *stream, struct patd_call *call, bool *ret_done)
{
    struct backup_stream *own = (struct backup_stream *)stream;
    struct pat_backup_state state;
    enum pat_err err;

    if (!patd_call_claim(call))
        return patd_call_bad(call);
    err = pat_backup_step(&call->work, own->backup, &state);
    if (err != PAT_OK)
        return err;
    *ret_done = state.finished;
    if (!state.finished)
        return call->emit(call, json_pack("{s:I, s:I}", "done", (json_int_t)state.done, "of",
                                          (json_int_t)state.of));
    return patd_call_answer(
        call, json_pack("{s:I, s:I, s:s, s:I, s:I, s:s}", "done", (json_int_t)state.done, "of",
                        (json_int_t)state.of, "path", state.path, "generation",
                        (json_int_t)state.generation, "bytes", (json_int_t)state.bytes, "keysPath",
                        pat_context_keys_dir(call->work.context)));
}

static void
backup_free(struct patd_stream *stream)
{
    struct backup_stream *own = (struct backup_stream *)stream;

    pat_backup_free(own->backup);
    free(own);
}

enum pat_err
patd_manage_db_backup(struct patd_call *call)
{
    struct backup_stream *own;
    enum pat_err err;

    call->expected_more = !call->more;
    if (call->expected_more || !patd_call_claim(call))
        return patd_call_bad(call);
    own = calloc(1, sizeof *own);
    if (own == NULL)
        return pat_manage_failed(&call->work, PAT_ERR_NOMEM);
    err = pat_backup_begin(&call->work, &own->backup);
    if (err != PAT_OK) {
        free(own);
        return err;
    }
    own->stream = (struct patd_stream){.step = backup_step, .free = backup_free};
    call->stream = &own->stream;
    return PAT_OK;
}

/* --- what changes something --- */

enum pat_err
patd_manage_db_restore_accept(struct patd_call *call)
{
    struct pat_restore restore;
    enum pat_err err;

    if (!patd_call_claim(call))
        return patd_call_bad(call);
    err = pat_restore_accept(&call->work, &restore);
    if (err != PAT_OK)
        return err;
    return patd_call_answer(
        call, json_pack("{s:I, s:I, s:I, s:I, s:I}", "applied", (json_int_t)restore.made, "missing",
                        (json_int_t)restore.missing, "closed", (json_int_t)restore.closed, "from",
                        (json_int_t)restore.from, "to", (json_int_t)restore.to));
}

enum pat_err
patd_manage_db_rotate_key(struct patd_call *call)
{
    int64_t number;
    enum pat_err err;

    if (!patd_call_claim(call))
        return patd_call_bad(call);
    err = pat_keys_rotate(&call->work, &number);
    if (err != PAT_OK)
        return err;
    return patd_call_answer(call, json_pack("{s:I, s:s}", "number", (json_int_t)number, "keysPath",
                                            pat_context_keys_dir(call->work.context)));
}

enum pat_err
patd_manage_clock_accept(struct patd_call *call)
{
    int64_t now;
    enum pat_err err;

    if (!patd_call_claim(call))
        return patd_call_bad(call);
    err = pat_keys_accept_clock(&call->work, &now);
    return err == PAT_OK ? patd_call_answer(call, json_pack("{s:I}", "now", (json_int_t)now)) : err;
}
