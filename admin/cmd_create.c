/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * create. The token goes to exactly one place: standard output or a new file. If it cannot be
 * handed over it is revoked, because nobody would ever know it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/cmds.h"
#include "admin/fields.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/secret.h"

static int
missing_input(const struct patctl *patctl, const struct cmd_line *line)
{
    bool name = cmd_value(line, "name") == NULL, scope = cmd_value(line, "scope") == NULL;

    return tell_failure(patctl, EXIT_USAGE, "usage",
                        "example: patctl create ci --name ci-deploy --scope ssh:login "
                        "--expires 90d -q",
                        "missing %s%s%s", name ? "--name" : "", name && scope ? " and " : "",
                        scope ? "--scope" : "");
}

static int
set_times(const struct patctl *patctl, const struct cmd_line *line, json_t *parameters)
{
    int status = times_set(patctl, parameters, "expires", "never", cmd_value(line, "expires"),
                           PAT_WHEN_END);

    if (status == EXIT_DONE)
        status = times_set(patctl, parameters, "notBefore", NULL, cmd_value(line, "not-before"),
                           PAT_WHEN_BEGIN);
    return status;
}

static void
revoke_again(struct patctl *patctl, json_t *created)
{
    json_t *parameters = ask_parameters(patctl), *reply = NULL;

    ask_set_text(parameters, "tenant", ask_text(created, "tenant"));
    ask_set_list(parameters, "tokens", ask_text(created, "id"));
    ask_set_text(parameters, "reason", "it could not be handed over");
    if (ask_once(patctl, "Revoke", parameters, &reply) == EXIT_DONE)
        tell_note(patctl, "The token could not be handed over and was revoked.");
    json_decref(reply);
}

/* --- where it goes --- */

static int
open_out_file(const struct patctl *patctl, const char *file, int *ret_fd)
{
    *ret_fd = -1;
    if (file == NULL)
        return EXIT_DONE;
    *ret_fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*ret_fd != -1)
        return EXIT_DONE;
    return tell_failure(patctl, EXIT_USAGE, "out-file", "", "%s: %s", file, strerror(errno));
}

static bool
write_token(int fd, const char *token)
{
    char line[128];
    int len = snprintf(line, sizeof line, "%s\n", token);
    bool written = write(fd, line, (size_t)len) == len;

    pat_secret_wipe(line, sizeof line);
    return written;
}

static bool
print_json(struct patctl *patctl, const char *token, json_t *created)
{
    json_t *object = out_object(patctl->out, fields_token, created);
    bool written;

    json_object_set_new(object, "token", json_string(token));
    out_json(patctl->out, object);
    written = fflush(stdout) == 0;
    if (!written)
        __fpurge(stdout); /* nobody may get it any more; errno stays */
    return written;
}

static bool
hand_over(struct patctl *patctl, int fd, const char *token, json_t *created)
{
    if (fd != -1)
        return write_token(fd, token) && fsync(fd) == 0;
    if (out_is_json(patctl->out))
        return print_json(patctl, token, created);
    return write_token(STDOUT_FILENO, token);
}

/* --- what is said beside it --- */

static void
tell_rest(const struct patctl *patctl, json_t *created, const char *file)
{
    const struct out *out = patctl->out;
    const char *id = ask_text(created, "id");
    json_t *expires = json_object_get(created, "expires");
    char date[64], relative[64];

    tell_note(patctl, "%s %s %s is active. It works at once on this host.",
              out_symbol(out, OUT_YES), id, ask_text(created, "name"));
    if (json_is_integer(expires)) {
        out_date(out, json_integer_value(expires), date, sizeof date);
        out_time(out, json_integer_value(expires), relative, sizeof relative);
        tell_note(patctl, "  It expires %s (%s).", date, relative);
    } else {
        tell_note(patctl, "%s It never expires. Tokens that expire are safer: --expires 90d",
                  out_symbol(out, OUT_WARN));
    }
    if (file == NULL)
        tell_note(patctl, "  It is shown once and cannot be retrieved: store it now.");
    else
        tell_note(patctl, "  It is in %s, and nowhere else.", file);
    tell_note(patctl, "  Treat it like a password: whoever has it acts for %s within its scopes.",
              ask_text(created, "user"));
    tell_note(patctl, "  Undo: patctl revoke %s", id);
}

static int
finish(struct patctl *patctl, int fd, const char *file, json_t *reply)
{
    json_t *created = json_object_get(reply, "created");
    const char *token = ask_text(reply, "token");

    if (token[0] == '\0' || created == NULL)
        return tell_failure(patctl, EXIT_INTERNAL, "protocol", "", "patd sent no token");
    if (!hand_over(patctl, fd, token, created)) {
        int status = tell_failure(patctl, EXIT_INTERNAL, "hand-over", "", "%s: %s",
                                  file == NULL ? "standard output" : file, strerror(errno));

        revoke_again(patctl, created);
        return status;
    }
    if (!out_is_json(patctl->out))
        tell_rest(patctl, created, file);
    else if (file != NULL)
        out_card(patctl->out, fields_token, created);
    return EXIT_DONE;
}

int
cmd_create(struct patctl *patctl, const struct cmd_line *line)
{
    const char *file = cmd_value(line, "out-file");
    json_t *parameters, *reply = NULL;
    int fd, status;

    if (cmd_value(line, "name") == NULL || cmd_value(line, "scope") == NULL)
        return missing_input(patctl, line);
    status = open_out_file(patctl, file, &fd);
    if (status != EXIT_DONE)
        return status;
    parameters = ask_parameters(patctl);
    ask_set_text(parameters, "user", line->word_count > 0 ? line->words[0] : patctl->globals.user);
    ask_set_text(parameters, "name", cmd_value(line, "name"));
    ask_set_text(parameters, "description", cmd_value(line, "description"));
    ask_set_list(parameters, "scopes", cmd_value(line, "scope"));
    ask_set_list(parameters, "addresses", cmd_value(line, "from"));
    status = set_times(patctl, line, parameters);
    if (status == EXIT_DONE)
        status = ask_once(patctl, "Create", parameters, &reply);
    else
        json_decref(parameters);
    if (status == EXIT_DONE)
        status = finish(patctl, fd, file, reply);
    if (fd != -1)
        close(fd);
    if (fd != -1 && status != EXIT_DONE)
        unlink(file);
    json_decref(reply);
    return status;
}
