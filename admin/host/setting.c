/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of settings, read leniently: what is no setting is passed over. Called on bytes of tools
 * and files that belong to root; bounded all the same. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "admin/host/setting.h"
#include "core/base/text.h"

#define NAME_MAX_HERE 256
#define VALUE_MAX_HERE 2048
#define DEPTH_MAX 8

struct search {
    const char *name;
    char *ret;
    size_t size;
    unsigned *ret_line;
    bool found;
};

/* Copies what is between two ends without the blanks around it; false: it does not fit. */
static bool
copy_bare(char *ret, size_t size, const char *from, const char *to)
{
    while (from < to && strchr(" \t\r", *from) != NULL)
        from++;
    while (to > from && strchr(" \t\r", to[-1]) != NULL)
        to--;
    return pat_text_copy(ret, size, from, (size_t)(to - from)) == PAT_OK;
}

static void
unquote(char *value)
{
    size_t len = strlen(value);

    if (len >= 2 && (value[0] == '"' || value[0] == '\'') && value[len - 1] == value[0]) {
        memmove(value, value + 1, len - 2);
        value[len - 2] = '\0';
    }
}

/* Where the separator is in a line; NULL: nowhere. */
static const char *
find_separator(const char *from, const char *to, char separator)
{
    if (separator != ' ')
        return memchr(from, separator, (size_t)(to - from));
    while (from < to && *from != ' ' && *from != '\t')
        from++;
    return from < to ? from : NULL;
}

void
setting_each(const char *text, char separator, setting_each_line *each, void *context)
{
    char name[NAME_MAX_HERE], value[VALUE_MAX_HERE];
    unsigned number = 0;
    bool more = true;

    for (const char *line = text; *line != '\0' && more;) {
        const char *end = line + strcspn(line, "\n");
        const char *at = find_separator(line, end, separator);

        number++;
        if (at != NULL && line[strspn(line, " \t")] != '#' &&
            copy_bare(name, sizeof name, line, at) && copy_bare(value, sizeof value, at + 1, end)) {
            unquote(value);
            more = each(context, name, value, number);
        }
        line = *end == '\0' ? end : end + 1;
    }
}

static bool
look(void *context, const char *name, const char *value, unsigned line)
{
    struct search *search = context;

    if (strcasecmp(name, search->name) != 0)
        return true;
    pat_text_clip(search->ret, search->size, value);
    if (search->ret_line != NULL)
        *search->ret_line = line;
    search->found = true;
    return false;
}

bool
setting_find(const char *text, char separator, const char *name, char *ret, size_t size,
             unsigned *ret_line)
{
    struct search search = {name, ret, size, ret_line, false};

    ret[0] = '\0';
    setting_each(text, separator, look, &search);
    return search.found;
}

bool
setting_lists(const char *list, const char *word)
{
    const char *at = list, *each;
    size_t len;

    while ((len = pat_text_word(&at, &each)) > 0)
        if (strlen(word) == len && strncasecmp(each, word, len) == 0)
            return true;
    return false;
}

bool
setting_is_on(const char *value)
{
    static const char *const words[] = {"yes", "true", "on", "1", "t", "y"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(value, words[i]) == 0)
            return true;
    return false;
}

/* One line within so many blocks: a block begins, a block ends, or a setting. */
static bool
take_nested(char heads[DEPTH_MAX][NAME_MAX_HERE], size_t *depth, const char *line,
            setting_each_nested *each, void *context)
{
    char around[DEPTH_MAX * NAME_MAX_HERE] = "", name[NAME_MAX_HERE];
    const char *equals = strchr(line, '=');
    size_t len = strlen(line), used = 0;

    for (size_t i = 0; i < *depth; i++)
        used += (size_t)snprintf(around + used, sizeof around - used, "%s%s", i > 0 ? "/" : "",
                                 heads[i]);
    if (pat_text_equal(line, "}"))
        return (*depth)-- > 0;
    if (equals == NULL && line[len - 1] == '{') {
        if (*depth == DEPTH_MAX || !copy_bare(heads[*depth], NAME_MAX_HERE, line, line + len - 1))
            return false;
        each(context, around, heads[*depth], NULL);
        ++*depth;
        return true;
    }
    if (equals != NULL && copy_bare(name, sizeof name, line, equals))
        each(context, around, name, equals + 1 + strspn(equals + 1, " \t"));
    return true;
}

bool
setting_nested(const char *text, setting_each_nested *each, void *context)
{
    char heads[DEPTH_MAX][NAME_MAX_HERE], bare[VALUE_MAX_HERE];
    size_t depth = 0;
    bool good = true;

    for (const char *line = text; *line != '\0' && good;) {
        const char *end = line + strcspn(line, "\n");

        if (copy_bare(bare, sizeof bare, line, end) && bare[0] != '\0' && bare[0] != '#')
            good = take_nested(heads, &depth, bare, each, context);
        line = *end == '\0' ? end : end + 1;
    }
    return good && depth == 0;
}
