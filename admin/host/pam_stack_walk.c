/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a stack makes of its modules' answers: libpam's dispatcher (pam_dispatch.c of Linux-PAM) on
 * paper, and small questions about a line. No module is called.
 */
#include <stdio.h>
#include <string.h>

#include "admin/host/pam_stack.h"
#include "core/base/text.h"

enum impression { UNDECIDED, POSITIVE, NEGATIVE };

struct state {
    enum impression impression;
    int status;
};

struct walk {
    const struct pam_stack *stack;
    enum pam_stack_type type;
    struct state now;
    struct state before[PAM_STACK_DEPTH_MAX + 1]; /* at the entry of each level */
};

const struct pam_stack_line *
pam_stack_next(const struct pam_stack *stack, enum pam_stack_type type,
               const struct pam_stack_line *before)
{
    size_t i = before == NULL ? 0 : (size_t)(before - stack->lines) + 1;

    while (i < stack->count && stack->lines[i].type != type)
        i++;
    return i < stack->count ? &stack->lines[i] : NULL;
}

void
pam_stack_module(const struct pam_stack_line *line, char *ret, size_t size)
{
    const char *slash = strrchr(line->module, '/');
    const char *name = slash == NULL ? line->module : slash + 1;
    size_t len = strlen(name);

    if (len > 3 && pat_text_equal(name + len - 3, ".so"))
        len -= 3;
    snprintf(ret, size, "%.*s", (int)len, name);
}

bool
pam_stack_calls(const struct pam_stack_line *line, const char *module)
{
    char name[128];

    pam_stack_module(line, name, sizeof name);
    return line->kind == PAM_STACK_MODULE && pat_text_equal(name, module);
}

bool
pam_stack_argument(const struct pam_stack_line *line, const char *name, char *ret, size_t size)
{
    const char *at = line->arguments, *word;
    size_t len, name_len = strlen(name);

    ret[0] = '\0';
    while ((len = pat_text_word(&at, &word)) > 0) {
        if (len < name_len || strncmp(word, name, name_len) != 0)
            continue;
        if (len == name_len)
            return true;
        if (word[name_len] == '=') {
            snprintf(ret, size, "%.*s", (int)(len - name_len - 1), word + name_len + 1);
            return true;
        }
    }
    return false;
}

/* The line behind it, of the same type; NULL at the end. */
static const struct pam_stack_line *
following(const struct walk *walk, const struct pam_stack_line *line)
{
    return pam_stack_next(walk->stack, walk->type, line);
}

/* Goes to the last line of the part of the stack that a decision ends. */
static const struct pam_stack_line *
leave(const struct walk *walk, const struct pam_stack_line *line)
{
    const struct pam_stack_line *next;
    unsigned level = line->level;

    while ((next = following(walk, line)) != NULL && next->level >= level)
        line = next;
    return line;
}

/* Goes over so many modules, a substack counting as one; *ret_left are those that there were not.
 */
static const struct pam_stack_line *
jump(const struct walk *walk, const struct pam_stack_line *line, int count, int *ret_left)
{
    const struct pam_stack_line *next;
    unsigned level = line->level;

    while (count > 0 && (next = following(walk, line)) != NULL && next->level >= level) {
        line = next;
        while ((next = following(walk, line)) != NULL && next->level > level)
            line = next;
        count--;
    }
    *ret_left = count;
    return line;
}

static void
agree(struct walk *walk, int status)
{
    if (walk->now.impression == UNDECIDED ||
        (walk->now.impression == POSITIVE && walk->now.status == PAM_STACK_SUCCESS))
        walk->now = (struct state){POSITIVE, status};
}

static void
object(struct walk *walk, int status)
{
    if (walk->now.impression != NEGATIVE)
        walk->now = (struct state){NEGATIVE,
                                   status == PAM_STACK_IGNORE ? PAM_STACK_PERM_DENIED : status};
}

/* Does what the line's control says of a status; answers the line from which it goes on. */
static const struct pam_stack_line *
act(struct walk *walk, const struct pam_stack_line *line, int status)
{
    bool known = status >= 0 && status < PAM_STACK_RETURNS;
    int action = known ? line->actions[status] : PAM_STACK_DO_BAD, left = 0;

    if (!known)
        status = PAM_STACK_PERM_DENIED;
    if (action > 0) {
        line = jump(walk, line, action, &left);
        if (left > 0)
            walk->now = (struct state){NEGATIVE, PAM_STACK_PERM_DENIED};
    } else if (action == PAM_STACK_DO_RESET) {
        walk->now = walk->before[line->level];
    } else if (action == PAM_STACK_DO_OK || action == PAM_STACK_DO_DONE) {
        agree(walk, status);
        if (action == PAM_STACK_DO_DONE && walk->now.impression == POSITIVE)
            line = leave(walk, line);
    } else if (action == PAM_STACK_DO_BAD || action == PAM_STACK_DO_DIE) {
        object(walk, status);
        if (action == PAM_STACK_DO_DIE)
            line = leave(walk, line);
    }
    return line;
}

int
pam_stack_walk(const struct pam_stack *stack, enum pam_stack_type type, pam_stack_answer *answer,
               void *context)
{
    struct walk walk = {stack, type, {UNDECIDED, PAM_STACK_PERM_DENIED}, {{UNDECIDED, 0}}};
    const struct pam_stack_line *line = NULL;
    unsigned level = 0;

    walk.before[0] = walk.now;
    while ((line = following(&walk, line)) != NULL) {
        if (line->level > level)
            walk.before[line->level] = walk.now;
        level = line->level;
        if (line->kind == PAM_STACK_MODULE)
            line = act(&walk, line, answer(context, line));
    }
    if (walk.now.status == PAM_STACK_SUCCESS && walk.now.impression != POSITIVE)
        walk.now.status = PAM_STACK_PERM_DENIED;
    return walk.now.status;
}
