/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From argv to a command, by its table. A token on the command line is refused before anything
 * else: it stands in the shell's history and in everybody's process list by then.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/cmd.h"
#include "admin/nearest.h"
#include "admin/tell.h"
#include "core/base/text.h"
#include "core/token/token.h"

/* getopt's value of an option: its index in the joint list, above any letter. */
#define VALUE_BASE 256
#define JOINT_MAX (2 * CMD_OPTIONS_MAX + 1)

static size_t
count(const struct cmd_option *options)
{
    size_t n = 0;

    while (options != NULL && options[n].name != NULL)
        n++;
    return n;
}

static int
has_argument(const struct cmd_option *option)
{
    if (option->argument == NULL)
        return no_argument;
    return option->argument[0] == '[' ? optional_argument : required_argument;
}

/* --- tokens do not belong here --- */

bool
cmd_holds_token(const char *text)
{
    static const char body[] = "0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    enum pat_shape shape = PAT_SHAPE_OTHER;
    struct pat_token token;

    for (; shape == PAT_SHAPE_OTHER && *text != '\0'; text++) {
        shape = pat_token_read(text, strspn(text, body), &token);
        pat_token_clear(&token);
    }
    return shape != PAT_SHAPE_OTHER;
}

static int
refuse_token(const struct patctl *patctl, const char *text)
{
    struct pat_token token;
    char hint[80];
    int status = EXIT_DONE;

    if (pat_token_read(text, strlen(text), &token) == PAT_SHAPE_TOKEN) {
        snprintf(hint, sizeof hint, "revoke it: patctl revoke %s", token.id);
        status = tell_failure(patctl, EXIT_USAGE, "argument.token", hint,
                              "that is a secret: pipe it in. It is now in your shell history");
    } else if (cmd_holds_token(text)) {
        status = tell_failure(patctl, EXIT_USAGE, "argument.token", "",
                              "that looks like a token, and a token is a secret: pipe it in");
    }
    pat_token_clear(&token);
    return status;
}

static int
refuse_tokens(const struct patctl *patctl, int argc, char **argv)
{
    int status = EXIT_DONE;

    for (int i = 1; status == EXIT_DONE && i < argc; i++) {
        const char *value = strchr(argv[i], '=');

        status = refuse_token(patctl, value == NULL ? argv[i] : value + 1);
        if (status == EXIT_DONE)
            status = refuse_token(patctl, argv[i]);
    }
    return status;
}

/* --- finding the command --- */

static bool
is_alias(const struct cmd *cmd, const char *name)
{
    const char *at = cmd->alias == NULL ? "" : cmd->alias;
    const char *word;
    size_t len;

    while ((len = pat_text_word(&at, &word)) != 0)
        if (strlen(name) == len && strncmp(word, name, len) == 0)
            return true;
    return false;
}

const struct cmd *
cmd_find(const char *name)
{
    for (const struct cmd *cmd = cmd_first(); cmd != NULL; cmd = cmd_next(cmd))
        if (pat_text_equal(cmd->name, name) || is_alias(cmd, name))
            return cmd;
    return NULL;
}

bool
cmd_is_first(const char *word)
{
    size_t len = strlen(word);

    for (const struct cmd *cmd = cmd_first(); cmd != NULL; cmd = cmd_next(cmd))
        if (strncmp(cmd->name, word, len) == 0 && cmd->name[len] == ' ')
            return true;
    return false;
}

static int
tell_incomplete(const struct patctl *patctl, const char *name)
{
    size_t len = strlen(name);
    char list[200] = "";

    for (const struct cmd *cmd = cmd_first(); cmd != NULL; cmd = cmd_next(cmd))
        if (strncmp(cmd->name, name, len) == 0 && cmd->name[len] == ' ')
            snprintf(list + strlen(list), sizeof list - strlen(list), " %s", cmd->name + len + 1);
    return tell_failure(patctl, EXIT_USAGE, "usage", "", "\"%s\" needs one of:%s", name, list);
}

int
cmd_tell_unknown(const struct patctl *patctl, const char *name)
{
    const char *nearest = cmd_nearest(name);

    if (cmd_is_first(name))
        return tell_incomplete(patctl, name);
    if (nearest == NULL)
        return tell_failure(patctl, EXIT_USAGE, "usage", "",
                            "no command \"%.60s\": see 'patctl help'", name);
    return tell_failure(patctl, EXIT_USAGE, "usage", "",
                        "no command \"%.60s\": did you mean \"%s\"?", name, nearest);
}

/* --- options --- */

static bool
set_time(const char *text, enum time_style *ret)
{
    static const char *const names[] = {"relative", "iso", "full", "unix"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (pat_text_equal(names[i], text)) {
            *ret = (enum time_style)i;
            return true;
        }
    return false;
}

static int
show_version(const struct globals *globals)
{
    if (globals->json)
        puts("{\"v\":1,\"name\":\"linux-pat\",\"version\":\"" PACKAGE_VERSION "\"}");
    else
        puts("patctl (linux-pat) " PACKAGE_VERSION);
    return EXIT_DONE;
}

static bool
set_color(const char *text, const char **ret)
{
    *ret = text;
    return pat_text_equal(text, "auto") || pat_text_equal(text, "always") ||
           pat_text_equal(text, "never");
}

static bool
set_global(struct globals *globals, const char *name, const char *value)
{
    const struct {
        const char *name;
        bool *flag;
        const char **text;
    } rows[] = {
        {"tenant", NULL, &globals->tenant},
        {"user", NULL, &globals->user},
        {"config", NULL, &globals->config},
        {"socket", NULL, &globals->socket},
        {"json", &globals->json, &globals->json_fields},
        {"jsonl", &globals->jsonl, NULL},
        {"plain", &globals->plain, NULL},
        {"quiet", &globals->quiet, NULL},
        {"no-legend", &globals->no_legend, NULL},
        {"no-input", &globals->no_input, NULL},
        {"no-pager", &globals->no_pager, NULL},
        {"yes", &globals->yes, NULL},
        {"utc", &globals->utc, NULL},
    };

    if (pat_text_equal(name, "time"))
        return set_time(value, &globals->time);
    if (pat_text_equal(name, "color"))
        return set_color(value, &globals->color);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!pat_text_equal(rows[i].name, name))
            continue;
        if (rows[i].flag != NULL)
            *rows[i].flag = true;
        if (rows[i].text != NULL && value != NULL)
            *rows[i].text = value;
        return true;
    }
    return false;
}

static bool
set_value(struct cmd_line *line, size_t index, const char *value)
{
    char *to = line->values[index];
    size_t used = strlen(to);

    line->given[index] = true;
    if (value == NULL)
        return true;
    return (size_t)snprintf(to + used, CMD_VALUE_MAX - used, "%s%s", used == 0 ? "" : ",", value) <
           CMD_VALUE_MAX - used;
}

struct joint {
    struct option longs[JOINT_MAX];
    char shorts[4 * JOINT_MAX];
    const struct cmd_option *options[JOINT_MAX];
    size_t count;
    size_t own; /* the first so many are the command's */
};

static void
join_option(struct joint *joint, const struct cmd_option *option)
{
    size_t len = strlen(joint->shorts);
    int argument = has_argument(option);

    joint->options[joint->count] = option;
    joint->longs[joint->count] = (struct option){
        .name = option->name, .has_arg = argument, .val = VALUE_BASE + (int)joint->count};
    joint->count++;
    if (option->letter == 0)
        return;
    joint->shorts[len++] = option->letter;
    for (int i = 0; i < argument; i++)
        joint->shorts[len++] = ':';
    joint->shorts[len] = '\0';
}

/* A command may have an option of the same name as a global one: then it is the command's. */
static bool
is_own(const struct joint *joint, const struct cmd_option *option)
{
    for (size_t i = 0; i < joint->own; i++)
        if (pat_text_equal(joint->options[i]->name, option->name))
            return true;
    return false;
}

static void
join(struct joint *joint, const struct cmd *cmd)
{
    const struct cmd_option *own = cmd == NULL ? NULL : cmd->options;

    *joint = (struct joint){.count = 0};
    /* Before a command, stop at the first word; a missing value is told from an unknown option. */
    pat_text_clip(joint->shorts, sizeof joint->shorts, cmd == NULL ? "+:" : ":");
    for (size_t i = 0; i < count(own); i++)
        join_option(joint, &own[i]);
    joint->own = joint->count;
    for (size_t i = 0; i < count(cmd_globals); i++)
        if (!is_own(joint, &cmd_globals[i]))
            join_option(joint, &cmd_globals[i]);
}

static int
index_of(const struct joint *joint, int value)
{
    if (value >= VALUE_BASE)
        return value - VALUE_BASE;
    for (size_t i = 0; i < joint->count; i++)
        if (joint->options[i]->letter == value)
            return (int)i;
    return -1;
}

static _Noreturn void
help_and_exit(const struct patctl *patctl, const struct cmd *cmd)
{
    if (cmd == NULL)
        cmd_help_overview();
    else
        cmd_help_command(cmd);
    exit(tell_output(patctl, EXIT_DONE));
}

static int wrong_usage(const struct patctl *patctl, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int
wrong_usage(const struct patctl *patctl, const char *format, ...)
{
    const char *command = patctl->command == NULL ? "" : patctl->command;
    char message[160], hint[80];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    snprintf(hint, sizeof hint, "try 'patctl %s%s--help'", command, command[0] == '\0' ? "" : " ");
    return tell_failure(patctl, EXIT_USAGE, "usage", hint, "%s", message);
}

/* What getopt(3) stumbled over; word is the last one that it read. */
static int
wrong_option(const struct patctl *patctl, const struct joint *joint, int value, const char *word)
{
    const char letter[] = {'-', (char)optopt, '\0'};
    struct nearest nearest = {.word = word + strspn(word, "-")};

    if (value == ':')
        return wrong_usage(patctl, "%.60s needs a value", word);
    if (optopt >= VALUE_BASE)
        return wrong_usage(patctl, "--%s takes no value",
                           joint->options[optopt - VALUE_BASE]->name);
    for (size_t i = 0; optopt == 0 && i < joint->count; i++)
        nearest_offer(&nearest, joint->options[i]->name);
    if (nearest.best != NULL)
        return wrong_usage(patctl, "no option \"%.60s\": did you mean \"--%s\"?", word,
                           nearest.best);
    return wrong_usage(patctl, "no option \"%.60s\"", optopt == 0 ? word : letter);
}

static int
take_option(struct patctl *patctl, const struct joint *joint, struct cmd_line *line, int index)
{
    const struct cmd_option *option = joint->options[index];

    if (pat_text_equal(option->name, "help"))
        help_and_exit(patctl, line->cmd);
    if (pat_text_equal(option->name, "version"))
        exit(tell_output(patctl, show_version(&patctl->globals)));
    if ((size_t)index < joint->own ? set_value(line, (size_t)index, optarg)
                                   : set_global(&patctl->globals, option->name, optarg))
        return EXIT_DONE;
    return wrong_usage(patctl, "--%s: not \"%.60s\"", option->name, optarg == NULL ? "" : optarg);
}

/* Options in front of the command (cmd NULL) or behind it; stops at optind. */
static int
read_options(struct patctl *patctl, int argc, char **argv, struct cmd_line *line)
{
    struct joint joint;
    int value, status = EXIT_DONE;

    join(&joint, line->cmd);
    while (status == EXIT_DONE &&
           (value = getopt_long(argc, argv, joint.shorts, joint.longs, NULL)) != -1) {
        int index = index_of(&joint, value);

        status = index < 0 ? wrong_option(patctl, &joint, value, argv[optind - 1])
                           : take_option(patctl, &joint, line, index);
    }
    return status;
}

/* --- the whole --- */

/* "patctl tenant --help" */
static bool
asks_for_help(char *const *words)
{
    return words[0] != NULL &&
           (pat_text_equal(words[0], "--help") || pat_text_equal(words[0], "-h"));
}

static int
pick_command(const struct patctl *patctl, int argc, char **argv, struct cmd_line *line)
{
    const char *first = argv[optind];
    const char *second = optind + 1 < argc && argv[optind + 1][0] != '-' ? argv[optind + 1] : NULL;
    bool is_first = cmd_is_first(first);
    char both[80] = "";

    if (asks_for_help(argv + optind + 1) && cmd_find(first) == NULL && cmd_help_family(first))
        exit(tell_output(patctl, EXIT_DONE));
    if (is_first && second != NULL)
        snprintf(both, sizeof both, "%.38s %.38s", first, second);
    line->cmd = cmd_find(both[0] == '\0' ? first : both);
    if (line->cmd == NULL)
        return cmd_tell_unknown(patctl, both[0] == '\0' ? first : both);
    optind += both[0] == '\0' ? 1 : 2;
    return EXIT_DONE;
}

static int
take_words(const struct patctl *patctl, struct cmd_line *line, int argc, char **argv)
{
    const struct cmd *cmd = line->cmd;

    line->word_count = argc - optind;
    if (line->word_count > cmd->words_max)
        return wrong_usage(patctl, "unexpected \"%.60s\"", argv[optind + cmd->words_max]);
    if (line->word_count < cmd->words_min)
        return wrong_usage(patctl, "missing %s", cmd->words);
    for (int i = 0; i < line->word_count; i++)
        line->words[i] = argv[optind + i];
    return EXIT_DONE;
}

/* Before the command line is understood: how its faults are to be told. */
static bool
asks_for_json(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (pat_text_equal(argv[i], "-j") || strncmp(argv[i], "--json", strlen("--json")) == 0)
            return true;
    return false;
}

static int
parse(struct patctl *patctl, int argc, char **argv, struct cmd_line *line)
{
    int status = refuse_tokens(patctl, argc, argv);

    if (status == EXIT_DONE)
        status = read_options(patctl, argc, argv, line);
    if (status != EXIT_DONE || optind == argc)
        return status;
    status = pick_command(patctl, argc, argv, line);
    if (status != EXIT_DONE)
        return status;
    patctl->command = line->cmd->name;
    /* What stands behind the command is read as a command line of its own. */
    argv[optind - 1] = argv[0];
    argc -= optind - 1;
    argv += optind - 1;
    optind = 0;
    status = read_options(patctl, argc, argv, line);
    return status == EXIT_DONE ? take_words(patctl, line, argc, argv) : status;
}

static bool
is_hidden(const char *name)
{
    const struct cmd *cmd = cmd_find(name);

    return cmd != NULL && cmd->group == NULL;
}

int
cmd_parse(struct patctl *patctl, int argc, char **argv, struct cmd_line *line)
{
    int status;

    memset(line, 0, sizeof *line);
    opterr = 0;
    patctl->json_failures = asks_for_json(argc, argv);
    patctl->silent = argc > 1 && is_hidden(argv[1]);
    status = parse(patctl, argc, argv, line);
    patctl->json_failures = false;
    return status;
}

static int
option_index(const struct cmd_line *line, const char *name)
{
    for (size_t i = 0; i < count(line->cmd->options); i++)
        if (pat_text_equal(line->cmd->options[i].name, name))
            return (int)i;
    abort(); /* a command asks for an option that its table does not have */
}

const char *
cmd_value(const struct cmd_line *line, const char *name)
{
    int index = option_index(line, name);

    return line->given[index] ? line->values[index] : NULL;
}

bool
cmd_flag(const struct cmd_line *line, const char *name)
{
    return line->given[option_index(line, name)];
}
