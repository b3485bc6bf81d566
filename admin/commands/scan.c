/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan: tokens that got into files. SECURITY: what was found is told by its id; the secret is not
 * printed, and does not leave this process.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/fields.h"
#include "admin/seek.h"
#include "admin/tell.h"
#include "admin/walk.h"
#include "core/base/text.h"

#define PATH_TEXT (4 * 4096 + 1)

struct scan {
    struct patctl *patctl;
    struct patctl quiet; /* asks without telling that nobody answers */
    bool alone;          /* patd cannot be asked */
    json_t *known;       /* id -> what patd said of it */
    json_t *rows;        /* for JSON */
    const char *path;    /* of the file in hand */
    int64_t files, found, unread;
};

/* A path that can be shown: its bytes are escaped unless they are plain text. */
static void
write_path(const char *path, char *ret, size_t size)
{
    size_t points, used = 0;

    if (pat_text_points(path, &points) == PAT_OK) {
        pat_text_clip(ret, size, path);
        return;
    }
    for (ret[0] = '\0'; *path != '\0' && used + 5 < size; path++)
        used += (size_t)snprintf(ret + used, size - used,
                                 *path >= 0x20 && *path < 0x7f ? "%c" : "\\x%02x",
                                 (unsigned char)*path);
}

/* --- what patd knows --- */

static json_t *
ask_about(struct scan *scan, const struct pat_token *token)
{
    json_t *parameters = json_pack("{s:s, s:s}", "token", token->id, "tenant", token->tenant);
    json_t *reply = NULL, *known;
    int status = ask_once(&scan->quiet, "Show", parameters, &reply);

    scan->alone = status == EXIT_UNAVAILABLE;
    known = json_incref(json_object_get(reply, "token"));
    json_decref(reply);
    if (known == NULL && !scan->alone)
        known = json_pack("{s:s}", "state", "unknown");
    return known;
}

/* Borrowed; NULL when patd cannot be asked. */
static json_t *
look_up(struct scan *scan, const struct pat_token *token)
{
    char key[PAT_TENANT_MAX + PAT_ID_LEN + 2];
    json_t *known;

    snprintf(key, sizeof key, "%s_%s", token->tenant, token->id);
    known = json_object_get(scan->known, key);
    if (known != NULL || scan->alone)
        return known;
    known = ask_about(scan, token);
    if (known != NULL)
        json_object_set_new(scan->known, key, known);
    return json_object_get(scan->known, key);
}

/* --- finds --- */

static void
say_row(struct scan *scan, const char *path, int64_t line, json_t *row)
{
    static const struct out_field token = {"masked", "masked", "", OUT_MASKED, OUT_ALWAYS, NULL};
    static const struct out_field user = {"user", "user", "", OUT_TEXT, OUT_ALWAYS, NULL};
    static const struct out_field name = {"name", "name", "", OUT_TEXT, OUT_ALWAYS, NULL};
    struct out *out = scan->patctl->out;
    char masked[1024], whose[1024], what[1024];
    bool known = ask_text(row, "user")[0] != '\0';

    out_value(out, &token, row, masked, sizeof masked);
    out_value(out, &user, row, whose, sizeof whose);
    out_value(out, &name, row, what, sizeof what);
    out_line(out, "%s:%lld: %s%s%s%s%s%s%s%s", path, (long long)line, masked,
             ask_text(row, "state")[0] == '\0' ? "" : "  ", ask_text(row, "state"),
             known ? "  " : "", known ? whose : "", known ? "  \"" : "", known ? what : "",
             known ? "\"" : "");
}

static void
found(void *context, int64_t line, const struct pat_token *token)
{
    static const char *const members[] = {"state", "user", "name"};
    struct scan *scan = context;
    json_t *known = look_up(scan, token), *row;
    char masked[PAT_TOKEN_MASKED_MAX + 1], path[PATH_TEXT];

    scan->found++;
    write_path(scan->path, path, sizeof path);
    pat_token_masked(token->tenant, token->id, masked);
    row = json_pack("{s:s, s:I, s:s, s:s, s:s}", "file", path, "line", (json_int_t)line, "id",
                    token->id, "tenant", token->tenant, "masked", masked);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        json_t *value = json_object_get(known, members[i]);

        ask_set(row, members[i], value == NULL ? json_null() : json_incref(value));
    }
    if (out_is_json(scan->patctl->out))
        json_array_append(scan->rows, row);
    else
        say_row(scan, path, line, row);
    json_decref(row);
}

static void
problem(void *context, const char *path, const char *why)
{
    struct scan *scan = context;
    char text[PATH_TEXT];

    scan->unread++;
    write_path(path, text, sizeof text);
    tell_note(scan->patctl, "%s: %s", text, why);
}

static void
look_through(void *context, const char *path, int fd)
{
    struct scan *scan = context;

    scan->path = path;
    scan->files++;
    if (!seek_tokens(fd, found, scan))
        problem(scan, path, strerror(errno));
}

/* --- the whole --- */

static int
conclude(struct scan *scan)
{
    struct out *out = scan->patctl->out;
    json_t *extra = json_pack("{s:I, s:I}", "files", (json_int_t)scan->files, "unread",
                              (json_int_t)scan->unread);
    size_t index;
    json_t *row;

    if (out_is_json(out)) {
        out_table_begin(out, "found", fields_found);
        json_array_foreach(scan->rows, index, row) out_table_row(out, row);
        out_table_end(out, extra);
    }
    json_decref(extra);
    out_say(out, "%lld token%s in %lld file%s.", (long long)scan->found,
            scan->found == 1 ? "" : "s", (long long)scan->files, scan->files == 1 ? "" : "s");
    if (scan->found > 0)
        return EXIT_FINDINGS;
    return scan->unread > 0 ? EXIT_PARTLY : EXIT_DONE;
}

int
cmd_scan(struct patctl *patctl, const struct cmd_line *line)
{
    struct scan scan = {.patctl = patctl, .quiet = *patctl};
    const struct walk walk = {.file = look_through, .problem = problem, .context = &scan};
    int status;

    scan.quiet.silent = true;
    scan.known = json_object();
    scan.rows = json_array();
    for (int i = 0; i < line->word_count; i++)
        if (pat_text_equal(line->words[i], "-"))
            look_through(&scan, "(standard input)", STDIN_FILENO);
        else
            walk_path(&walk, line->words[i]);
    status = conclude(&scan);
    json_decref(scan.known);
    json_decref(scan.rows);
    return status;
}
