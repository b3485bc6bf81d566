/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log --verify: patd follows the chains, and compares the heads that a system log has. The file may
 * be long: it is read line by line, and asked about in pieces.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/out.h"
#include "admin/tell.h"
#include "core/base/text.h"

#define PIECE 400 /* heads of one call: it takes 500, and 64 KiB */
#define LINE_SIZE 65536
#define LINK_LEN 64

struct verifying {
    struct patctl *patctl;
    const struct cmd_line *line;
    json_t *logs;  /* verdicts of the chains */
    json_t *heads; /* of the heads: one a log */
    json_t *piece; /* heads that are to be asked about */
    int64_t read;
    bool bad;
};

static const char *
log_name(json_t *entry)
{
    const char *tenant = ask_text(entry, "tenant");

    return tenant[0] == '\0' ? "(host)" : tenant;
}

/* --- chains --- */

static void
say_chain(struct verifying *verifying, json_t *entry)
{
    struct out *out = verifying->patctl->out;
    json_t *bad = json_object_get(entry, "bad");

    if (json_is_integer(bad))
        out_say(out, "%s %s: change %lld: %s", out_symbol(out, OUT_NO), log_name(entry),
                (long long)json_integer_value(bad), ask_text(entry, "what"));
    else if (ask_number(entry, "cut") > 0)
        out_say(out, "%s %s: verified from change %lld up to change %lld", out_symbol(out, OUT_YES),
                log_name(entry), (long long)ask_number(entry, "cut") + 1,
                (long long)ask_number(entry, "head"));
    else
        out_say(out, "%s %s: verified up to change %lld", out_symbol(out, OUT_YES), log_name(entry),
                (long long)ask_number(entry, "head"));
}

static bool
take_chain(void *context, json_t *entry)
{
    struct verifying *verifying = context;

    if (json_object_get(entry, "head") == NULL)
        return true;
    verifying->bad |= json_is_integer(json_object_get(entry, "bad"));
    json_array_append(verifying->logs, entry);
    say_chain(verifying, entry);
    return true;
}

/* --- heads --- */

/* What a later piece says of a log is added to what the ones before it said. */
static bool
take_heads(void *context, json_t *entry)
{
    struct verifying *verifying = context;
    json_t *known, *bad = json_object_get(entry, "bad");
    size_t index;

    if (json_object_get(entry, "head") == NULL)
        return true;
    verifying->bad |= json_is_integer(bad);
    json_array_foreach(verifying->heads, index, known)
    {
        json_t *known_bad = json_object_get(known, "bad");

        if (!pat_text_equal(ask_text(known, "tenant"), ask_text(entry, "tenant")))
            continue;
        for (const char *const *each = (const char *const[]){"checked", "before", NULL};
             *each != NULL; each++)
            ask_set(known, *each,
                    json_integer(ask_number(known, *each) + ask_number(entry, *each)));
        if (json_is_integer(bad) && (!json_is_integer(known_bad) ||
                                     json_integer_value(bad) < json_integer_value(known_bad))) {
            json_object_set(known, "what", json_object_get(entry, "what"));
            json_object_set(known, "bad", bad);
        }
        return true;
    }
    return json_array_append(verifying->heads, entry) == 0;
}

static int
ask_piece(struct verifying *verifying)
{
    json_t *parameters = cmd_log_parameters(verifying->patctl, verifying->line);
    int status;

    json_object_set_new(parameters, "heads", json_deep_copy(verifying->piece));
    json_array_clear(verifying->piece);
    status = ask_each(verifying->patctl, "LogVerify", parameters, take_heads, verifying, NULL);
    return status;
}

/* "tenant=acme": behind the key, up to a blank or the end; an empty one is quoted. */
static const char *
read_field(const char *at, const char *key, char *ret, size_t size)
{
    size_t len = strlen(key), used = 0;

    at += strspn(at, " ");
    if (strncmp(at, key, len) != 0)
        return NULL;
    for (at += len; *at != '\0' && *at != ' ' && *at != '\n'; at++) {
        if (*at == '\\' || *at == '"') { /* quotes, within a string of JSON too */
            if (used > 0)
                break;
            continue;
        }
        if (used + 1 >= size)
            return NULL;
        ret[used++] = *at;
    }
    ret[used] = '\0';
    return at;
}

static bool
is_link(const char *text)
{
    return strlen(text) == LINK_LEN && strspn(text, "0123456789abcdef") == LINK_LEN;
}

/* The line of a head as patd writes it, wherever it stands in a line of the file. */
static json_t *
read_head(const char *line)
{
    static const char event[] = "event=head ";
    char tenant[32], number[24], link[LINK_LEN + 2];
    const char *at = line, *rest;
    int64_t seq;

    while ((at = strstr(at, event)) != NULL) {
        at += strlen(event);
        rest = read_field(at, "tenant=", tenant, sizeof tenant);
        rest = rest == NULL ? NULL : read_field(rest, "seq=", number, sizeof number);
        rest = rest == NULL ? NULL : read_field(rest, "link=", link, sizeof link);
        if (rest != NULL && is_link(link) && pat_text_number(number, 1, INT64_MAX, &seq) == PAT_OK)
            return json_pack("{s:s, s:I, s:s}", "tenant", tenant, "seq", (json_int_t)seq, "link",
                             link);
    }
    return NULL;
}

static int
read_file(struct verifying *verifying, FILE *file)
{
    char *line = malloc(LINE_SIZE);
    int status = EXIT_DONE;
    json_t *head;

    if (line == NULL)
        return tell_failure(verifying->patctl, EXIT_INTERNAL, "memory", "", "out of memory");
    while (status == EXIT_DONE && fgets(line, LINE_SIZE, file) != NULL) {
        head = read_head(line);
        if (head == NULL)
            continue;
        verifying->read++;
        json_array_append_new(verifying->piece, head);
        if (json_array_size(verifying->piece) == PIECE)
            status = ask_piece(verifying);
    }
    free(line);
    if (status == EXIT_DONE && ferror(file))
        return tell_failure(verifying->patctl, EXIT_USAGE, "file", "", "cannot read the heads");
    return status == EXIT_DONE && json_array_size(verifying->piece) > 0 ? ask_piece(verifying)
                                                                        : status;
}

static void
say_heads(struct verifying *verifying)
{
    struct out *out = verifying->patctl->out;
    size_t index;
    json_t *entry;

    json_array_foreach(verifying->heads, index, entry)
    {
        json_t *bad = json_object_get(entry, "bad");
        long long fit = ask_number(entry, "checked"), before = ask_number(entry, "before");
        char older[80] = "";

        if (before > 0)
            snprintf(older, sizeof older, ", %lld lie before the checkpoint", before);
        if (json_is_integer(bad))
            out_say(out, "%s %s: change %lld: %s", out_symbol(out, OUT_NO), log_name(entry),
                    (long long)json_integer_value(bad), ask_text(entry, "what"));
        else
            out_say(out, "%s %s: %lld logged head%s fit%s%s", out_symbol(out, OUT_YES),
                    log_name(entry), fit, fit == 1 ? "" : "s", fit == 1 ? "s" : "", older);
    }
}

static int
verify_heads(struct verifying *verifying, const char *name)
{
    struct patctl *patctl = verifying->patctl;
    bool is_stdin = pat_text_equal(name, "-");
    FILE *file = is_stdin ? stdin : fopen(name, "re");
    int status;

    if (file == NULL)
        return tell_failure(patctl, EXIT_USAGE, "file", "", "%s: %s", name, strerror(errno));
    status = read_file(verifying, file);
    if (!is_stdin)
        fclose(file);
    if (status == EXIT_DONE && verifying->read == 0)
        status = tell_failure(patctl, EXIT_USAGE, "heads.none",
                              "patd logs them as event=head: journalctl -t patd, or auth.log",
                              "no head of a change log is in %s", name);
    if (status == EXIT_DONE)
        say_heads(verifying);
    return status;
}

/* --- both --- */

static int
verify(struct verifying *verifying)
{
    struct patctl *patctl = verifying->patctl;
    const char *file = cmd_value(verifying->line, "heads");
    int status = ask_each(patctl, "LogVerify", cmd_log_parameters(patctl, verifying->line),
                          take_chain, verifying, NULL);

    if (status == EXIT_DONE && json_array_size(verifying->logs) == 0)
        status = tell_failure(
            patctl, EXIT_DENIED, "log.none",
            "operators verify all logs, administrators and auditors their tenant's",
            "there is no log that you may verify");
    if (status == EXIT_DONE && file != NULL)
        status = verify_heads(verifying, file);
    if (status == EXIT_DONE)
        out_json(patctl->out, json_pack("{s:i, s:b, s:O, s:O}", "v", 1, "whole", !verifying->bad,
                                        "logs", verifying->logs, "heads", verifying->heads));
    return status == EXIT_DONE && verifying->bad ? EXIT_FINDINGS : status;
}

int
cmd_log_verify(struct patctl *patctl, const struct cmd_line *line)
{
    struct verifying verifying = {.patctl = patctl,
                                  .line = line,
                                  .logs = json_array(),
                                  .heads = json_array(),
                                  .piece = json_array()};
    int status = verify(&verifying);

    json_decref(verifying.logs);
    json_decref(verifying.heads);
    json_decref(verifying.piece);
    return status;
}
