/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines in, lines out. Nothing here knows what a line means or touches a file. The difference
 * follows from the edits, so it is what will be done and not what a comparison made of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/wiring/change.h"
#include "core/base/text.h"

#define CONTEXT 3
#define SHOWN_MAX 400 /* bytes of a line that are shown */

bool
change_begin(struct change *change, enum change_kind kind, const char *path, const char *text)
{
    memset(change, 0, sizeof *change);
    change->kind = kind;
    change->mode = 0644;
    pat_text_clip(change->path, sizeof change->path, path);
    change->before = strdup(text);
    change->after = strdup(text);
    return change->before != NULL && change->after != NULL;
}

void
change_free(struct change *change)
{
    for (size_t i = 0; i < change->edit_count; i++)
        free(change->edits[i].add);
    free(change->before);
    free(change->after);
    memset(change, 0, sizeof *change);
}

size_t
change_lines(const char *text)
{
    size_t count = 0, len = strlen(text);

    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        count++;
    return count + (len > 0 && text[len - 1] != '\n');
}

const char *
change_line(const char *text, size_t line)
{
    for (; line > 0 && *text != '\0'; line--)
        text += strcspn(text, "\n") + (text[strcspn(text, "\n")] == '\n');
    return text;
}

static char *
join(const char *a, size_t a_len, const char *b)
{
    size_t b_len = strlen(b);
    char *both = malloc(a_len + b_len + 1);

    if (both != NULL) {
        memcpy(both, a, a_len);
        memcpy(both + a_len, b, b_len + 1);
    }
    return both;
}

/* A last line without a newline gets one when something follows it. */
static char *
behind_open_end(const char *before, size_t line, const char *lines)
{
    const char *last = change_line(before, line);
    char *ended = join(last, strlen(last), "\n"), *both;

    if (ended == NULL)
        return NULL;
    both = join(ended, strlen(ended), lines);
    free(ended);
    return both;
}

bool
change_edit(struct change *change, size_t at, size_t drop, const char *lines)
{
    size_t count = change_lines(change->before), len = strlen(change->before);
    bool open_end = at == count && drop == 0 && len > 0 && change->before[len - 1] != '\n';
    struct change_edit *edit = &change->edits[change->edit_count];

    if (change->edit_count == CHANGE_EDITS_MAX || at + drop > count)
        return false;
    edit->at = open_end ? at - 1 : at;
    edit->drop = open_end ? 1 : drop;
    edit->add = open_end ? behind_open_end(change->before, at - 1, lines) : strdup(lines);
    if (edit->add == NULL)
        return false;
    change->edit_count++;
    return true;
}

/* Lines that two texts begin with alike; whole ones. */
static size_t
count_alike(const char *a, const char *b)
{
    size_t count = 0;

    for (;; count++) {
        size_t len = strcspn(a, "\n") + 1;

        if (a[0] == '\0' || strncmp(a, b, len) != 0 || a[len - 1] == '\0')
            return count;
        a += len;
        b += len;
    }
}

bool
change_to(struct change *change, const char *after)
{
    size_t old = change_lines(change->before), new = change_lines(after), end = 0;
    size_t at = count_alike(change->before, after);
    const char *from = change_line(after, at);
    char *lines;
    bool good;

    while (end < old - at &&
           end < new - at &&pat_text_equal(change_line(change->before, old - end - 1),
                                           change_line(after, new - end - 1)))
        end++;
    if (old == new &&end == old - at)
        return change_finish(change);
    lines = join(from, (size_t)(change_line(after, new - end) - from), "");
    good = lines != NULL && change_edit(change, at, old - at - end, lines);
    free(lines);
    return good && change_finish(change);
}

static bool
append(char **text, const char *more, size_t len)
{
    size_t used = strlen(*text);
    char *longer = realloc(*text, used + len + 1);

    if (longer == NULL)
        return false;
    memcpy(longer + used, more, len);
    longer[used + len] = '\0';
    *text = longer;
    return true;
}

bool
change_finish(struct change *change)
{
    const char *at = change->before;
    bool good = true;

    change->after[0] = '\0';
    for (size_t i = 0; good && i < change->edit_count; i++) {
        const struct change_edit *edit = &change->edits[i];
        const char *to = change_line(change->before, edit->at);

        good = append(&change->after, at, (size_t)(to - at)) &&
               append(&change->after, edit->add, strlen(edit->add));
        at = change_line(change->before, edit->at + edit->drop);
    }
    return good && append(&change->after, at, strlen(at));
}

bool
change_is_empty(const struct change *change)
{
    return change->kind == CHANGE_EDIT && pat_text_equal(change->before, change->after);
}

/* --- showing --- */

struct showing {
    const struct change *change;
    change_show *show;
    void *context;
};

static void
show_line(const struct showing *showing, char sign, const char *line, size_t len)
{
    char text[SHOWN_MAX + 8];

    snprintf(text, sizeof text, "%.*s%s", (int)(len > SHOWN_MAX ? SHOWN_MAX : len), line,
             len > SHOWN_MAX ? "..." : "");
    showing->show(showing->context, sign, text);
}

/* So many lines of a text, with the mark of diff(1) behind one without its newline. */
static void
show_lines(const struct showing *showing, char sign, const char *text, size_t at, size_t count)
{
    const char *line = change_line(text, at);

    for (; count > 0 && *line != '\0'; count--) {
        size_t len = strcspn(line, "\n");

        show_line(showing, sign, line, len);
        if (line[len] == '\0')
            showing->show(showing->context, '\\', "No newline at end of file");
        line += len + (line[len] == '\n');
    }
}

/* The last edit that is shown together with this one: no more lines between than context. */
static size_t
last_of_hunk(const struct change *change, size_t first)
{
    while (first + 1 < change->edit_count &&
           change->edits[first + 1].at - change->edits[first].at - change->edits[first].drop <=
               (size_t)2 * CONTEXT)
        first++;
    return first;
}

static void
show_place(const struct showing *showing, size_t from, size_t before, size_t shifted, size_t after)
{
    char text[120];

    snprintf(text, sizeof text, "-%zu,%zu +%zu,%zu", from + (before > 0), before,
             shifted + (after > 0), after);
    showing->show(showing->context, '@', text);
}

/* How many lines longer than before the edits [from, to) make the text, from a base. */
static size_t
grown(const struct change *change, size_t base, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        base = base + change_lines(change->edits[i].add) - change->edits[i].drop;
    return base;
}

static void
show_hunk(const struct showing *showing, size_t first, size_t last)
{
    const struct change *change = showing->change;
    size_t count = change_lines(change->before);
    size_t from = change->edits[first].at > CONTEXT ? change->edits[first].at - CONTEXT : 0;
    size_t to = change->edits[last].at + change->edits[last].drop + CONTEXT;
    size_t at = from;

    to = to > count ? count : to;
    show_place(showing, from, to - from, grown(change, from, 0, first),
               grown(change, to - from, first, last + 1));
    for (size_t i = first; i <= last; i++) {
        const struct change_edit *edit = &change->edits[i];

        show_lines(showing, ' ', change->before, at, edit->at - at);
        show_lines(showing, '-', change->before, edit->at, edit->drop);
        show_lines(showing, '+', edit->add, 0, change_lines(edit->add));
        at = edit->at + edit->drop;
    }
    show_lines(showing, ' ', change->before, at, to - at);
}

void
change_diff(const struct change *change, change_show *show, void *context)
{
    const struct showing showing = {change, show, context};
    char head[CHANGE_PATH_MAX + 8];
    const char *from = change->from[0] != '\0'         ? change->from
                       : change->kind == CHANGE_CREATE ? "/dev/null"
                                                       : change->path;

    snprintf(head, sizeof head, "--- %s", from);
    show(context, 'f', head);
    snprintf(head, sizeof head, "+++ %s",
             change->kind == CHANGE_REMOVE ? "/dev/null" : change->path);
    show(context, 'f', head);
    for (size_t i = 0, last; i < change->edit_count; i = last + 1) {
        last = last_of_hunk(change, i);
        show_hunk(&showing, i, last);
    }
}

/* --- the way back --- */

/* Where whole lines stand in a text, once and only once; false otherwise. */
static bool
find_once(const char *text, const char *lines, size_t *ret_line)
{
    size_t len = strlen(lines), found = 0, number = 0;

    for (const char *at = text; *at != '\0'; number++) {
        if (strncmp(at, lines, len) == 0) {
            *ret_line = number;
            found++;
        }
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    return found == 1;
}

/* Where the edit's lines are in after, if nobody touched the file since. */
static size_t
line_in_after(const struct change *change, size_t index)
{
    return grown(change, change->edits[index].at, 0, index);
}

static enum pat_err
invert_edit(const struct change *change, size_t index, const char *text, struct change *ret)
{
    const struct change_edit *edit = &change->edits[index];
    const char *from = change_line(change->before, edit->at);
    const char *to = change_line(change->before, edit->at + edit->drop);
    size_t line = line_in_after(change, index), end = 0;
    char *dropped = join(from, (size_t)(to - from), "");
    enum pat_err err = PAT_OK;

    for (size_t i = 0; i < ret->edit_count; i++)
        end = ret->edits[i].at + ret->edits[i].drop;
    if (dropped == NULL)
        err = PAT_ERR_NOMEM;
    else if ((!pat_text_equal(text, change->after) && !find_once(text, edit->add, &line)) ||
             line < end)
        err = PAT_ERR_CONFLICT;
    else if (!change_edit(ret, line, change_lines(edit->add), dropped))
        err = PAT_ERR_NOMEM;
    free(dropped);
    return err;
}

enum pat_err
change_invert(const struct change *change, const char *text, struct change *ret)
{
    bool created = change->kind == CHANGE_CREATE;
    enum pat_err err = PAT_OK;

    if (!change_begin(ret, CHANGE_EDIT, change->path, text))
        return PAT_ERR_NOMEM;
    ret->mode = change->mode;
    ret->made_directory = change->made_directory;
    if (created && pat_text_equal(text, change->after)) {
        ret->kind = CHANGE_REMOVE;
        if (!change_edit(ret, 0, change_lines(text), ""))
            return PAT_ERR_NOMEM;
    } else {
        for (size_t i = 0; err == PAT_OK && i < change->edit_count; i++)
            err = invert_edit(change, i, text, ret);
    }
    if (err != PAT_OK)
        return err;
    return change_finish(ret) ? PAT_OK : PAT_ERR_NOMEM;
}
