/* SPDX-License-Identifier: BSD-2-Clause */
/* config: pat.conf as patd reads it. Nobody is asked: the file is read, and nothing is secret. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/fields.h"
#include "admin/tell.h"
#include "core/base/diag.h"
#include "core/base/paths.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/file.h"
#include "core/config/option.h"

static const char *
file_of(const struct patctl *patctl)
{
    return patctl->globals.config == NULL ? PAT_CONFIG_FILE : patctl->globals.config;
}

/* Only the usual file may be missing: then every default holds. */
static int
load(const struct patctl *patctl, const char *file, bool may_be_missing, struct pat_config **ret)
{
    char sentence[600];
    struct pat_diag diag;

    if (pat_config_file_load(file, may_be_missing, ret, &diag) == PAT_OK)
        return EXIT_DONE;
    pat_config_file_say(file, &diag, sentence, sizeof sentence);
    return tell_failure(patctl, EXIT_USAGE, "config", "", "%s", sentence);
}

static int
load_own(const struct patctl *patctl, struct pat_config **ret)
{
    return load(patctl, file_of(patctl), patctl->globals.config == NULL, ret);
}

/* --- options --- */

struct showing {
    struct out *out;
    const char *file;
};

static json_t *
option_object(const char *file, const struct pat_config_option *option)
{
    char origin[600];

    snprintf(origin, sizeof origin, "%s:%u", file, option->line);
    return json_pack("{s:s, s:s, s:s, s:o}", "option", option->name, "value", option->value,
                     "origin", option->line == 0 ? "default" : origin, "line",
                     option->line == 0 ? json_null() : json_integer((json_int_t)option->line));
}

static bool
show_option(void *context, const struct pat_config_option *option)
{
    const struct showing *showing = context;
    json_t *object = option_object(showing->file, option);

    out_table_row(showing->out, object);
    json_decref(object);
    return true;
}

int
cmd_config_show(struct patctl *patctl, const struct cmd_line *line)
{
    struct showing showing = {.out = patctl->out, .file = file_of(patctl)};
    struct pat_config *config = NULL;
    int status = load_own(patctl, &config);

    (void)line;
    if (status != EXIT_DONE)
        return status;
    out_table_begin(patctl->out, "options", fields_option);
    pat_config_option_walk(config, show_option, &showing);
    out_table_end(patctl->out, NULL);
    pat_config_free(config);
    return EXIT_DONE;
}

int
cmd_config_get(struct patctl *patctl, const struct cmd_line *line)
{
    struct pat_config_option option;
    struct pat_config *config = NULL;
    json_t *object;
    int status = load_own(patctl, &config);

    if (status == EXIT_DONE && pat_config_option_find(config, line->words[0], &option) != PAT_OK)
        status = tell_failure(patctl, EXIT_NOT_FOUND, "option.unknown",
                              "like state_dir or service.sshd.scope; see: patctl config show",
                              "no option \"%.90s\"", line->words[0]);
    if (status == EXIT_DONE && out_is_json(patctl->out)) {
        object = option_object(file_of(patctl), &option);
        out_card(patctl->out, fields_option, object);
        json_decref(object);
    } else if (status == EXIT_DONE) {
        out_line(patctl->out, "%s", option.value);
    }
    pat_config_free(config);
    return status;
}

int
cmd_config_check(struct patctl *patctl, const struct cmd_line *line)
{
    bool given = line->word_count > 0;
    const char *file = given ? line->words[0] : file_of(patctl);
    struct pat_config *config = NULL;
    int status = load(patctl, file, !given && patctl->globals.config == NULL, &config);

    pat_config_free(config);
    if (status != EXIT_DONE)
        return status;
    out_json(patctl->out, json_pack("{s:i, s:s, s:b}", "v", 1, "file", file, "good", 1));
    out_say(patctl->out, "%s %s is good. patd takes it with: systemctl reload patd",
            out_symbol(patctl->out, OUT_YES), file);
    return EXIT_DONE;
}

/* --- paths --- */

static void
show_path(struct patctl *patctl, const char *what, const char *folder, const char *below)
{
    char path[2 * PAT_CONFIG_PATH_MAX];
    struct stat status;
    const char *there = "yes";
    json_t *object;

    snprintf(path, sizeof path, "%s%s", folder, below);
    if (stat(path, &status) == -1)
        there = errno == ENOENT ? "no" : "unknown";
    object = json_pack("{s:s, s:s, s:s}", "what", what, "path", path, "there", there);
    out_table_row(patctl->out, object);
    json_decref(object);
}

int
cmd_config_paths(struct patctl *patctl, const struct cmd_line *line)
{
    struct pat_config *config = NULL;
    int status = load_own(patctl, &config);

    (void)line;
    if (status != EXIT_DONE)
        return status;
    out_table_begin(patctl->out, "paths", fields_path);
    show_path(patctl, "configuration", file_of(patctl), "");
    show_path(patctl, "store", config->state_dir, "/pat.db");
    show_path(patctl, "uses", config->state_dir, "/usage.db");
    show_path(patctl, "keys", config->keys_dir, "");
    show_path(patctl, "anchor", config->keys_dir, "/anchor");
    show_path(patctl, "verify", config->runtime_dir, PAT_VERIFY_SOCKET);
    show_path(patctl, "authdaemon", config->runtime_dir, PAT_AUTHDAEMON_SOCKET);
    show_path(patctl, "mux", config->runtime_dir, PAT_MUX_SOCKET);
    show_path(patctl, "manage", config->runtime_dir, PAT_MANAGE_SOCKET);
    for (size_t i = 0; i < config->listener_count; i++)
        show_path(patctl, config->listeners[i].name, config->listeners[i].path, "");
    out_table_end(patctl->out, NULL);
    pat_config_free(config);
    return EXIT_DONE;
}
