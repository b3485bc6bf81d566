/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which fields a command has. A misspelt one would else be an object without it, and a script that
 * goes on without what it asked for.
 */
#include <stdio.h>
#include <string.h>

#include "admin/out/fields.h"
#include "admin/nearest.h"
#include "admin/out/pick.h"
#include "admin/tell.h"
#include "core/base/text.h"

/* A command, or the first word of several. Commands that are not listed judge for themselves. */
static const struct {
    const char *command;
    const struct out_field *fields; /* NULL: the whole object is printed, always */
    const char *more;               /* members beside them, by spaces */
} rows[] = {
    {"create", fields_token, "token"},
    {"rotate", fields_token, "token"},
    {"list", fields_token, ""},
    {"show", fields_token, "effective grants predecessor uses days"},
    {"edit", fields_token, ""},
    {"revoke", fields_token, ""},
    {"suspend", fields_token, ""},
    {"resume", fields_token, ""},
    {"uses", fields_use, ""},
    {"log", fields_change, ""},
    {"review", fields_finding, ""},
    {"timeline", fields_token, ""},
    {"status", fields_status, "next_to_expire"},
    {"user", fields_user, ""},
    {"grant", fields_grant, ""},
    {"tenant delete", NULL, ""},
    {"tenant", fields_tenant, "changed blocked"},
    {"check", NULL, ""},
    {"explain", NULL, ""},
    {"whoami", NULL, ""},
    {"setup", NULL, ""},
    {"version", NULL, ""},
};

static bool
is_word_of(const char *list, const char *word, size_t len)
{
    const char *one;
    size_t one_len;

    while ((one_len = pat_text_word(&list, &one)) != 0)
        if (one_len == len && strncmp(one, word, len) == 0)
            return true;
    return false;
}

static int
tell_wrong(const struct patctl *patctl, const char *option, const struct out_field *fields,
           const char *more, const char *name)
{
    struct nearest nearest = {.word = name};
    char hint[600] = "there are:", word[80];
    const char *one;
    size_t len;

    for (; fields->name != NULL; fields++) {
        nearest_offer(&nearest, fields->name);
        snprintf(hint + strlen(hint), sizeof hint - strlen(hint), " %s", fields->name);
    }
    while ((len = pat_text_word(&more, &one)) != 0) {
        snprintf(word, sizeof word, "%.*s", (int)len, one);
        snprintf(hint + strlen(hint), sizeof hint - strlen(hint), " %s", word);
    }
    if (nearest.best == NULL)
        return tell_failure(patctl, EXIT_USAGE, "usage", hint, "%s: no field \"%.60s\"", option,
                            name);
    return tell_failure(patctl, EXIT_USAGE, "usage", "patctl(1) lists them under OUTPUT",
                        "%s: no field \"%.60s\": did you mean \"%s\"?", option, name, nearest.best);
}

int
pick_names(const struct patctl *patctl, const char *option, const struct out_field *fields,
           const char *more, const char *names)
{
    char name[80];
    const char *word;
    size_t len;

    if (names == NULL)
        return EXIT_DONE;
    if (names[strspn(names, " \t,")] == '\0')
        return tell_wrong(patctl, option, fields, more, "");
    while ((len = pat_text_word(&names, &word)) != 0)
        if (out_field(fields, word, len) == NULL && !is_word_of(more, word, len)) {
            snprintf(name, sizeof name, "%.*s", (int)len, word);
            return tell_wrong(patctl, option, fields, more, name);
        }
    return EXIT_DONE;
}

int
pick_json(const struct patctl *patctl, const struct cmd *cmd)
{
    const char *names = patctl->globals.json_fields;
    size_t len;

    if (cmd == NULL || names == NULL)
        return EXIT_DONE;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        len = strlen(rows[i].command);
        if (strncmp(cmd->name, rows[i].command, len) != 0 ||
            (cmd->name[len] != '\0' && cmd->name[len] != ' '))
            continue;
        if (rows[i].fields != NULL)
            return pick_names(patctl, "--json", rows[i].fields, rows[i].more, names);
        return tell_failure(patctl, EXIT_USAGE, "usage", "give --json alone",
                            "--json: this command prints its whole object");
    }
    return EXIT_DONE;
}
