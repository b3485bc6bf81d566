/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a command line that is not finished: which command, which options, and what the last word
 * is to be. Nothing here fails: what cannot be understood has no candidates.
 */
#include <stdio.h>
#include <string.h>

#include "admin/complete/complete.h"
#include "admin/out/out.h"
#include "core/base/text.h"

#define DESCRIPTION_MAX 72

/* --- printing --- */

/* The star of "mail:*", of which only a file of such a name could make something else. */
static bool
is_any_verb(const char *word, const char *at)
{
    return at[0] == '*' && at[1] == '\0' && at > word && at[-1] == ':';
}

/* Nothing that a shell expands or splits: other users' names come along here. */
static bool
is_harmless_word(const char *word)
{
    static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "._-:@+/,=%";
    size_t points;

    if (word[0] == '\0' || pat_text_points(word, &points) != PAT_OK)
        return false;
    for (const char *at = word; *at != '\0'; at++)
        if ((unsigned char)*at < 0x80 && strchr(plain, *at) == NULL && !is_any_verb(word, at))
            return false;
    return true;
}

static void
print_description(const struct out *out, const char *text)
{
    size_t points, len = strlen(text);
    bool readable = out_is_utf8(out) && pat_text_points(text, &points) == PAT_OK;

    if (len > DESCRIPTION_MAX)
        for (len = DESCRIPTION_MAX; ((unsigned char)text[len] & 0xc0) == 0x80;)
            len--;
    for (size_t i = 0; i < len; i++)
        putchar(readable || (text[i] >= 0x20 && text[i] < 0x7f) ? text[i] : '?');
}

/* Whether a comma list has the word already: it stands in front, or again at the end. */
static bool
is_listed(const char *list, const char *word)
{
    const char *at = strchr(list, '=') == NULL ? list : strchr(list, '=') + 1;
    const char *each;
    size_t len;

    while ((len = pat_text_word(&at, &each)) != 0)
        if (strlen(word) == len && strncmp(each, word, len) == 0)
            return true;
    return false;
}

static bool
was_given(const struct complete *complete, const char *word)
{
    for (int i = 0; i < complete->word_count; i++)
        if (pat_text_equal(complete->words[i], word))
            return true;
    return is_listed(complete->lead, word);
}

void
complete_put(const struct complete *complete, const char *candidate, const char *description)
{
    if (strncmp(candidate, complete->typed, strlen(complete->typed)) != 0 ||
        !is_harmless_word(candidate) || was_given(complete, candidate))
        return;
    printf("%s%s\t", complete->lead, candidate);
    if (description != NULL)
        print_description(complete->patctl->out, description);
    putchar('\n');
}

/* --- options --- */

/* The options that may stand here: the command's, then the global ones that it does not replace. */
static const struct cmd_option *
option_at(const struct complete *complete, size_t index)
{
    const struct cmd_option *own = complete->cmd == NULL ? NULL : complete->cmd->options;
    const struct cmd_option *global = cmd_globals;

    for (; own != NULL && own->name != NULL; own++)
        if (index-- == 0)
            return own;
    for (; global->name != NULL; global++) {
        bool replaced = false;

        own = complete->cmd == NULL ? NULL : complete->cmd->options;
        for (; own != NULL && own->name != NULL; own++)
            replaced = replaced || pat_text_equal(own->name, global->name);
        if (!replaced && index-- == 0)
            return global;
    }
    return NULL;
}

/* By its name, or by the beginning of it that no other option has. */
static const struct cmd_option *
find_long(const struct complete *complete, const char *name, size_t len)
{
    const struct cmd_option *option, *found = NULL;
    int count = 0;

    for (size_t i = 0; (option = option_at(complete, i)) != NULL; i++) {
        if (strncmp(option->name, name, len) != 0)
            continue;
        if (option->name[len] == '\0')
            return option;
        found = option;
        count++;
    }
    return count == 1 ? found : NULL;
}

static const struct cmd_option *
find_letter(const struct complete *complete, char letter)
{
    const struct cmd_option *option;

    for (size_t i = 0; (option = option_at(complete, i)) != NULL; i++)
        if (option->letter == letter)
            return option;
    return NULL;
}

static bool
wants_value(const struct cmd_option *option)
{
    return option->argument != NULL && option->argument[0] != '[';
}

/* Options that say whom to ask, and about whom. */
static void
note_value(struct complete *complete, const struct cmd_option *option, const char *value)
{
    struct globals *globals = &complete->patctl->globals;
    const struct {
        const char *name;
        const char **text;
    } rows[] = {
        {"tenant", &globals->tenant},
        {"user", &globals->user},
        {"config", &globals->config},
        {"socket", &globals->socket},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (pat_text_equal(rows[i].name, option->name))
            *rows[i].text = value;
}

/* The option in a word that takes what is left of it, or the next word; *ret_value is that rest. */
static const struct cmd_option *
read_option(const struct complete *complete, const char *word, const char **ret_value)
{
    const struct cmd_option *option;
    size_t len = strcspn(word, "=");

    *ret_value = NULL;
    if (word[1] == '-') {
        *ret_value = word[len] == '=' ? word + len + 1 : NULL;
        return find_long(complete, word + 2, len - 2);
    }
    for (word++; *word != '\0'; word++) {
        option = find_letter(complete, *word);
        if (option == NULL || option->argument == NULL)
            continue;
        *ret_value = word[1] == '\0' ? NULL : word + 1;
        return option;
    }
    return NULL;
}

static void
take_option(struct complete *complete, const char *word)
{
    const char *value;
    const struct cmd_option *option = read_option(complete, word, &value);

    if (option == NULL)
        return;
    if (value != NULL)
        note_value(complete, option, value);
    else if (wants_value(option))
        complete->option = option;
}

/* --- words --- */

static bool
is_offered(const struct cmd *cmd)
{
    return cmd->group != NULL;
}

static void
take_command(struct complete *complete, const char *word)
{
    char both[80];

    if (complete->first == NULL && cmd_is_first(word)) {
        complete->first = word;
        return;
    }
    snprintf(both, sizeof both, "%.38s%s%.38s", complete->first == NULL ? "" : complete->first,
             complete->first == NULL ? "" : " ", word);
    complete->cmd = cmd_find(both);
    complete->lost = complete->cmd == NULL || !is_offered(complete->cmd);
}

/* "log --since": the first word of "log cut" is a command of its own, too. */
static void
settle_command(struct complete *complete)
{
    if (complete->cmd == NULL && complete->first != NULL)
        complete->cmd = cmd_find(complete->first);
}

static void
take_word(struct complete *complete, const char *word)
{
    if (complete->option != NULL) {
        note_value(complete, complete->option, word);
        complete->option = NULL;
    } else if (!complete->no_options && pat_text_equal(word, "--")) {
        complete->no_options = true;
    } else if (!complete->no_options && word[0] == '-' && word[1] != '\0') {
        settle_command(complete);
        take_option(complete, word);
    } else if (complete->cmd == NULL) {
        take_command(complete, word);
    } else if (complete->word_count < CMD_WORDS_MAX) {
        complete->words[complete->word_count++] = word;
    }
}

/* --- what may follow --- */

static void
offer_options(const struct complete *complete)
{
    const struct cmd_option *option;
    char name[80];

    for (size_t i = 0; (option = option_at(complete, i)) != NULL; i++) {
        snprintf(name, sizeof name, "--%s", option->name);
        complete_put(complete, name, option->help);
    }
}

/* The placeholder of the next word of the command: the last one stands for all that follow. */
static bool
offer_word(struct complete *complete)
{
    const char *at = complete->cmd->words;
    char placeholder[64] = "";

    if (complete->word_count >= complete->cmd->words_max)
        return false;
    for (int i = 0; i <= complete->word_count && *at != '\0'; i++) {
        size_t len = strcspn(at, " ");

        if (pat_text_copy(placeholder, sizeof placeholder, at, len) != PAT_OK)
            return false;
        at += len + (at[len] == ' ');
    }
    complete_offer(complete, placeholder);
    return true;
}

/* A value in the same word as its option: candidates are whole words, so it stands in front. */
static bool
offer_joined_value(struct complete *complete, const char *word)
{
    const char *value;
    const struct cmd_option *option = read_option(complete, word, &value);
    size_t len = value == NULL ? 0 : (size_t)(value - word);

    if (option == NULL || option->argument == NULL || value == NULL ||
        pat_text_copy(complete->lead, sizeof complete->lead, word, len) != PAT_OK)
        return false;
    pat_text_clip(complete->typed, sizeof complete->typed, value);
    complete->option = option;
    complete_offer(complete, option->argument);
    return true;
}

void
complete_line(struct patctl *patctl, int count, const char *const *words)
{
    struct complete complete = {.patctl = patctl};
    const char *last = count == 0 ? "" : words[count - 1];

    for (int i = 0; i < count - 1; i++)
        take_word(&complete, words[i]);
    if (complete.lost || pat_text_set(complete.typed, sizeof complete.typed, last) != PAT_OK)
        return;
    if (complete.option != NULL)
        complete_offer(&complete, complete.option->argument);
    else if (last[0] == '-' && !complete.no_options) {
        settle_command(&complete);
        if (!offer_joined_value(&complete, last))
            offer_options(&complete);
    } else if (complete.cmd == NULL)
        complete_offer(&complete, "COMMAND");
    else if (!offer_word(&complete) && !complete.no_options)
        offer_options(&complete);
}
