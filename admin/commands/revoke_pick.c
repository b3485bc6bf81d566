/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nothing is revoked here. Few tokens go by their ids; what is more than one call takes is left to
 * patd, which finds it again, and is only counted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/commands/revoke_pick.h"
#include "admin/tell.h"
#include "core/base/text.h"

#define PREVIEW_MAX 100 /* of a file */
#define PROBLEMS_TOLD 20
#define ID_LEN 8

static void
count_token(struct revoking *revoking, json_t *token)
{
    char key[300];

    snprintf(key, sizeof key, "%s/%s", ask_text(token, "tenant"), ask_text(token, "user"));
    json_object_set_new(revoking->users, key, json_integer(ask_number(revoking->users, key) + 1));
    revoking->count++;
}

/* --- named ones --- */

int
cmd_revoke_pick_ask(const struct revoking *revoking, json_t *ids, bool dry_run, json_t **ret)
{
    json_t *parameters = ask_parameters(revoking->patctl);

    ask_set(parameters, "tokens", json_incref(ids));
    ask_set_text(parameters, "reason", pat_text_or_null(revoking->reason));
    if (!dry_run && revoking->count > 1)
        ask_set_text(parameters, "batch", revoking->batch);
    if (revoking->by_file)
        ask_set(parameters, "skipDead", json_true());
    if (dry_run)
        ask_set(parameters, "dryRun", json_true());
    return ask_once(revoking->patctl, "Revoke", parameters, ret);
}

/* What the first of many ids are, into the preview. */
static int
look_at(struct revoking *revoking, json_t *ids)
{
    json_t *reply = NULL, *token;
    int status = cmd_revoke_pick_ask(revoking, ids, true, &reply);
    size_t index;

    json_array_foreach(json_object_get(reply, "revoked"), index, token)
    {
        count_token(revoking, token);
        if (!revoking->by_file || revoking->dry_run ||
            json_array_size(revoking->preview) < PREVIEW_MAX)
            json_array_append(revoking->preview, token);
        if (revoking->by_file)
            json_array_append(revoking->ids, json_object_get(token, "id"));
    }
    json_array_extend(revoking->skipped, json_object_get(reply, "skipped"));
    json_decref(reply);
    return status;
}

/* One that was revoked before may still have sessions; the others are revoked first. */
static int
sort_out(struct revoking *revoking, const char *word)
{
    json_t *parameters = json_pack("{s:s}", "token", word), *reply = NULL, *token;
    int status;

    ask_set_text(parameters, "tenant", revoking->patctl->globals.tenant);
    status = ask_once(revoking->patctl, "Show", parameters, &reply);
    token = json_object_get(reply, "token");
    if (status == EXIT_DONE && pat_text_equal(ask_text(token, "state"), "revoked"))
        json_array_append(revoking->dead, token);
    else if (status == EXIT_DONE)
        json_array_append_new(revoking->ids, json_string(word));
    json_decref(reply);
    return status;
}

int
cmd_revoke_pick_named(struct revoking *revoking, const char *const *words, int count)
{
    int status = EXIT_DONE;

    for (int i = 0; status == EXIT_DONE && i < count; i++)
        if (revoking->kill_sessions)
            status = sort_out(revoking, words[i]);
        else if (json_array_append_new(revoking->ids, json_string(words[i])) != 0)
            status = tell_failure(revoking->patctl, EXIT_USAGE, "usage", "",
                                  "out of memory, or text that is not UTF-8");
    if (status == EXIT_DONE && json_array_size(revoking->ids) > 0)
        status = look_at(revoking, revoking->ids);
    return status;
}

/* --- a file --- */

struct reading {
    const struct patctl *patctl;
    const char *file;
    int64_t line, problems;
    json_t *known; /* object: the ids that were there before */
    json_t *ids;   /* array, in the file's order */
};

/* An id by itself; blanks around it and lines behind a "#" are nobody's. */
static void
read_line(struct reading *reading, char *line)
{
    char *text = line + strspn(line, " \t");
    size_t len = strcspn(text, " \t\r\n");

    if (len == 0 || text[0] == '#')
        return;
    if (len == ID_LEN && text[len + strspn(text + len, " \t\r\n")] == '\0' &&
        strspn(text, "0123456789abcdefghjkmnpqrstvwxyz") == ID_LEN) {
        text[len] = '\0';
        if (json_object_get(reading->known, text) == NULL) {
            ask_set(reading->known, text, json_true());
            json_array_append_new(reading->ids, json_string(text));
        }
        return;
    }
    if (reading->problems++ < PROBLEMS_TOLD) /* what it is may be a secret: it is not repeated */
        tell_failure(reading->patctl, EXIT_USAGE, "rows", "", "%s:%lld: it is no token id",
                     reading->file, (long long)reading->line);
}

static int
read_ids(struct reading *reading)
{
    bool standard = pat_text_equal(reading->file, "-");
    FILE *stream = standard ? stdin : fopen(reading->file, "re");
    char *line = NULL;
    size_t size = 0;
    int status = EXIT_DONE;

    while (stream != NULL && getline(&line, &size, stream) != -1) {
        reading->line++;
        read_line(reading, line);
    }
    if (stream == NULL || ferror(stream))
        status = tell_failure(reading->patctl, EXIT_USAGE, "rows", "", "%s: %s", reading->file,
                              strerror(errno));
    if (stream != NULL && !standard)
        fclose(stream);
    free(line);
    if (status != EXIT_DONE)
        return status;
    if (reading->problems > PROBLEMS_TOLD)
        return tell_failure(reading->patctl, EXIT_USAGE, "rows", "", "%lld lines are wrong",
                            (long long)reading->problems);
    if (reading->problems == 0 && json_array_size(reading->ids) == 0)
        return tell_failure(reading->patctl, EXIT_USAGE, "rows", "", "%s: there is no id in it",
                            reading->file);
    return reading->problems == 0 ? EXIT_DONE : EXIT_USAGE;
}

static int
look_at_pieces(struct revoking *revoking, json_t *ids)
{
    size_t count = json_array_size(ids), at = 0;
    int status = EXIT_DONE;

    while (status == EXIT_DONE && at < count) {
        json_t *piece = json_array();

        for (size_t end = at + REVOKE_PIECE; at < count && at < end; at++)
            json_array_append(piece, json_array_get(ids, at));
        status = look_at(revoking, piece);
        json_decref(piece);
    }
    return status;
}

int
cmd_revoke_pick_file(struct revoking *revoking, const char *file)
{
    struct reading reading = {
        .patctl = revoking->patctl, .file = file, .known = json_object(), .ids = json_array()};
    int status = read_ids(&reading);
    size_t unknown = 0, index;
    json_t *skipped;

    revoking->by_file = true;
    if (status == EXIT_DONE)
        status = look_at_pieces(revoking, reading.ids);
    json_array_foreach(revoking->skipped, index, skipped)
        unknown += pat_text_equal(ask_text(skipped, "problem"), "token.unknown");
    if (status == EXIT_DONE && unknown == json_array_size(reading.ids))
        status = tell_failure(revoking->patctl, EXIT_NOT_FOUND, "token.unknown", "",
                              "%s: no token has one of these ids", file);
    json_decref(reading.known);
    json_decref(reading.ids);
    return status;
}

/* --- filters --- */

/* What patd cannot find again has to go by its ids, whatever they are. */
static bool
goes_by_ids(const struct revoking *revoking)
{
    return revoking->filter.never_used || revoking->compromised || revoking->kill_sessions;
}

static bool
take_token(void *context, json_t *entry)
{
    struct revoking *revoking = context;
    json_t *token = json_object_get(entry, "token");
    const char *state = ask_text(token, "state");

    if (token == NULL || !filter_keeps(&revoking->filter, token) ||
        pat_text_equal(state, "revoked") || pat_text_equal(state, "expired"))
        return true;
    count_token(revoking, token);
    if (revoking->count <= REVOKE_PIECE || goes_by_ids(revoking))
        json_array_append(revoking->ids, json_object_get(token, "id"));
    if (revoking->count <= REVOKE_PIECE || revoking->dry_run)
        json_array_append(revoking->preview, token);
    return true;
}

/* Nobody is going to look at them: how many there are is all that is asked. */
static int
count_filtered(const struct revoking *revoking, int64_t *ret)
{
    json_t *parameters = ask_parameters(revoking->patctl), *reply = NULL;
    int status;

    json_object_del(parameters, "tenant"); /* it is in the filter */
    ask_set(parameters, "filter",
            json_incref(json_object_get(revoking->filter.parameters, "filter")));
    ask_set(parameters, "dryRun", json_true());
    status = ask_once(revoking->patctl, "RevokeAll", parameters, &reply);
    *ret = ask_number(reply, "of");
    json_decref(reply);
    return status;
}

int
cmd_revoke_pick_filtered(struct revoking *revoking)
{
    int status = EXIT_DONE;

    if (revoking->patctl->globals.yes && !revoking->dry_run && !goes_by_ids(revoking))
        status = count_filtered(revoking, &revoking->count);
    revoking->by_filter = revoking->count > REVOKE_PIECE;
    if (status != EXIT_DONE || revoking->by_filter)
        return status;
    revoking->count = 0;
    status = ask_each(revoking->patctl, "List", json_incref(revoking->filter.parameters),
                      take_token, revoking, NULL);
    revoking->by_filter = (size_t)revoking->count > json_array_size(revoking->ids);
    return status;
}
