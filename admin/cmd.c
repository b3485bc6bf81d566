/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From argv to a command, by its table. A token on the command line is refused before anything
 * else: it stands in the shell's history and in everybody's process list by then.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/cmd.h"
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

static int
refuse_tokens(int argc, char **argv)
{
    struct pat_token token;

    for (int i = 1; i < argc; i++) {
        const char *text = strchr(argv[i], '=') == NULL ? argv[i] : strchr(argv[i], '=') + 1;
        enum pat_shape shape = pat_token_read(text, strlen(text), &token);

        if (shape == PAT_SHAPE_TOKEN)
            fprintf(stderr,
                    "patctl: that is a secret: pipe it in. It is now in your shell history: revoke "
                    "it with 'patctl revoke %s'\n",
                    token.id);
        else if (shape == PAT_SHAPE_MALFORMED)
            fputs("patctl: that looks like a token, and a token is a secret: pipe it in\n", stderr);
        pat_token_clear(&token);
        if (shape != PAT_SHAPE_OTHER)
            return EXIT_USAGE;
    }
    return EXIT_DONE;
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
    for (const struct cmd *cmd = cmd_table; cmd->name != NULL; cmd++)
        if (pat_text_equal(cmd->name, name) || is_alias(cmd, name))
            return cmd;
    return NULL;
}

/* Edits between two words, Levenshtein's; words longer than that are far apart. */
static size_t
distance(const char *a, const char *b)
{
    size_t row[33], len = strlen(b);

    if (strlen(a) > 32 || len > 32)
        return 99;
    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= len; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < change)
                change = row[j] + 1;
            row[j] = row[j - 1] + 1 < change ? row[j - 1] + 1 : change;
        }
    }
    return row[len];
}

const char *
cmd_nearest(const char *name)
{
    const char *nearest = NULL;
    size_t best = 3; /* more edits than that make another word */

    for (const struct cmd *cmd = cmd_table; cmd->name != NULL; cmd++)
        if (distance(name, cmd->name) < best) {
            best = distance(name, cmd->name);
            nearest = cmd->name;
        }
    return nearest;
}

static bool
is_first_of_two(const char *word)
{
    size_t len = strlen(word);

    for (const struct cmd *cmd = cmd_table; cmd->name != NULL; cmd++)
        if (strncmp(cmd->name, word, len) == 0 && cmd->name[len] == ' ')
            return true;
    return false;
}

static void
say_unknown(const char *name, bool is_first)
{
    const char *nearest = cmd_nearest(name);

    if (is_first) {
        fprintf(stderr, "patctl: \"%s\" needs one of:", name);
        for (const struct cmd *cmd = cmd_table; cmd->name != NULL; cmd++)
            if (strncmp(cmd->name, name, strlen(name)) == 0 && cmd->name[strlen(name)] == ' ')
                fprintf(stderr, " %s", cmd->name + strlen(name) + 1);
        fputs("\n", stderr);
    } else if (nearest != NULL) {
        fprintf(stderr, "patctl: no command \"%s\": did you mean \"%s\"?\n", name, nearest);
    } else {
        fprintf(stderr, "patctl: no command \"%s\": see 'patctl help'\n", name);
    }
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
set_global(struct globals *globals, const char *name, const char *value)
{
    const struct {
        const char *name;
        bool *flag;
        const char **text;
    } rows[] = {
        {"tenant", NULL, &globals->tenant},     {"user", NULL, &globals->user},
        {"config", NULL, &globals->config},     {"socket", NULL, &globals->socket},
        {"color", NULL, &globals->color},       {"json", &globals->json, &globals->json_fields},
        {"jsonl", &globals->jsonl, NULL},       {"plain", &globals->plain, NULL},
        {"quiet", &globals->quiet, NULL},       {"no-legend", &globals->no_legend, NULL},
        {"no-input", &globals->no_input, NULL}, {"yes", &globals->yes, NULL},
        {"utc", &globals->utc, NULL},
    };

    if (pat_text_equal(name, "time"))
        return set_time(value, &globals->time);
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
    joint->shorts[0] = cmd == NULL ? '+' : '\0'; /* before a command, stop at the first word */
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
help_and_exit(const struct cmd *cmd)
{
    if (cmd == NULL)
        cmd_help_overview();
    else
        cmd_help_command(cmd);
    exit(EXIT_DONE);
}

static int
wrong_usage(const struct cmd *cmd)
{
    fprintf(stderr, "Try 'patctl %s%s--help'.\n", cmd == NULL ? "" : cmd->name,
            cmd == NULL ? "" : " ");
    return EXIT_USAGE;
}

static int
take_option(struct patctl *patctl, const struct joint *joint, struct cmd_line *line, int index)
{
    const struct cmd_option *option = joint->options[index];

    if (pat_text_equal(option->name, "help"))
        help_and_exit(line->cmd);
    if (pat_text_equal(option->name, "version"))
        exit(show_version(&patctl->globals));
    if ((size_t)index < joint->own ? set_value(line, (size_t)index, optarg)
                                   : set_global(&patctl->globals, option->name, optarg))
        return EXIT_DONE;
    fprintf(stderr, "patctl: --%s: not \"%.60s\"\n", option->name, optarg == NULL ? "" : optarg);
    return wrong_usage(line->cmd);
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

        status = index < 0 ? wrong_usage(line->cmd) : take_option(patctl, &joint, line, index);
    }
    return status;
}

/* --- the whole --- */

static int
pick_command(char **argv, int argc, struct cmd_line *line)
{
    const char *first = argv[optind];
    const char *second = optind + 1 < argc && argv[optind + 1][0] != '-' ? argv[optind + 1] : NULL;
    bool is_first = is_first_of_two(first);
    char both[80] = "";

    if (is_first && second != NULL)
        snprintf(both, sizeof both, "%.38s %.38s", first, second);
    line->cmd = cmd_find(both[0] == '\0' ? first : both);
    if (line->cmd == NULL) {
        say_unknown(both[0] == '\0' ? first : both, is_first && second == NULL);
        return EXIT_USAGE;
    }
    optind += both[0] == '\0' ? 1 : 2;
    return EXIT_DONE;
}

static int
take_words(struct cmd_line *line, int argc, char **argv)
{
    const struct cmd *cmd = line->cmd;

    line->word_count = argc - optind;
    if (line->word_count > cmd->words_max) {
        fprintf(stderr, "patctl: %s: unexpected \"%.60s\"\n", cmd->name,
                argv[optind + cmd->words_max]);
        return wrong_usage(cmd);
    }
    if (line->word_count < cmd->words_min) {
        fprintf(stderr, "patctl: %s: missing %s\n", cmd->name, cmd->words);
        return wrong_usage(cmd);
    }
    for (int i = 0; i < line->word_count; i++)
        line->words[i] = argv[optind + i];
    return EXIT_DONE;
}

int
cmd_parse(struct patctl *patctl, int argc, char **argv, struct cmd_line *line)
{
    int status = refuse_tokens(argc, argv);

    memset(line, 0, sizeof *line);
    if (status == EXIT_DONE)
        status = read_options(patctl, argc, argv, line);
    if (status != EXIT_DONE || optind == argc)
        return status;
    status = pick_command(argv, argc, line);
    if (status != EXIT_DONE)
        return status;
    patctl->command = line->cmd->name;
    /* What stands behind the command is read as a command line of its own. */
    argv[optind - 1] = argv[0];
    argc -= optind - 1;
    argv += optind - 1;
    optind = 0;
    status = read_options(patctl, argc, argv, line);
    return status == EXIT_DONE ? take_words(line, argc, argv) : status;
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
