/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line of a file of PAM: joined, cut into words, its control made into actions. Pure: bytes in,
 * words out. What Linux-PAM's versions read differently is not understood, on purpose.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "admin/host/pam_stack_internal.h"
#include "core/base/text.h"

#define UNSET 1000000
#define JUMP_MAX PAM_STACK_LINES_MAX
#define BLANKS " \t"

const char *const pam_stack_returns[PAM_STACK_RETURNS] = {
    "success",
    "open_err",
    "symbol_err",
    "service_err",
    "system_err",
    "buf_err",
    "perm_denied",
    "auth_err",
    "cred_insufficient",
    "authinfo_unavail",
    "user_unknown",
    "maxtries",
    "new_authtok_reqd",
    "acct_expired",
    "session_err",
    "cred_unavail",
    "cred_expired",
    "cred_err",
    "no_module_data",
    "conv_err",
    "authtok_err",
    "authtok_recover_err",
    "authtok_lock_busy",
    "authtok_disable_aging",
    "try_again",
    "ignore",
    "abort",
    "authtok_expired",
    "module_unknown",
    "bad_item",
    "conv_again",
    "incomplete",
};

static const struct {
    const char *word;
    int success; /* and of new_authtok_reqd */
    int other;
    bool keeps_ignore;
} controls[] = {
    {"required", PAM_STACK_DO_OK, PAM_STACK_DO_BAD, true},
    {"requisite", PAM_STACK_DO_OK, PAM_STACK_DO_DIE, true},
    {"optional", PAM_STACK_DO_OK, PAM_STACK_DO_IGNORE, false},
    {"sufficient", PAM_STACK_DO_DONE, PAM_STACK_DO_IGNORE, false},
};

static const char *const actions_by_name[] = {"ignore", "ok", "done", "bad", "die", "reset"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* One physical line without its comment; *ret_continued when it ends with a backslash. */
static const char *
take_physical(const char **at, const char **ret_text, size_t *ret_len, bool *ret_continued)
{
    const char *begin = *at;
    size_t whole = strcspn(begin, "\n"), len = strcspn(begin, "#\n"), bare;
    bool comment = len < whole;

    *at += whole + (begin[whole] == '\n');
    if (memchr(begin, '\r', len) != NULL)
        return "it ends with a carriage return";
    for (bare = len; bare > 0 && strchr(BLANKS, begin[bare - 1]) != NULL; bare--)
        ;
    *ret_continued = bare > 0 && begin[bare - 1] == '\\';
    if (*ret_continued && (comment || bare < len))
        return "a backslash at its end has something behind it";
    *ret_text = begin;
    *ret_len = *ret_continued ? bare - 1 : bare;
    return NULL;
}

const char *
pam_line_take(const char **at, unsigned *number, char ret[PAM_STACK_LINE_MAX + 1],
              unsigned *ret_number)
{
    size_t len = 0;
    bool continued = false;

    ret[0] = '\0';
    while (**at != '\0' && (len == 0 || continued)) {
        const char *text = NULL, *wrong;
        size_t size = 0, skip;

        wrong = take_physical(at, &text, &size, &continued);
        ++*number;
        if (len == 0)
            *ret_number = *number;
        if (wrong != NULL)
            return wrong;
        skip = strspn(text, BLANKS);
        skip = skip < size ? skip : size;
        if (len > 0 && skip == size)
            return "a continued line goes on with nothing, or with a comment";
        if (len + size - skip + 1 > PAM_STACK_LINE_MAX)
            return "it is longer than 1023 characters";
        if (len > 0)
            ret[len++] = ' ';
        memcpy(ret + len, text + skip, size - skip);
        len += size - skip;
        ret[len] = '\0';
    }
    return continued ? "the file ends within a continued line" : NULL;
}

char *
pam_line_word(char **at, bool *ret_bracketed)
{
    char *begin = *at + strspn(*at, BLANKS), *from, *to;

    *ret_bracketed = *begin == '[';
    if (*begin == '\0')
        return NULL;
    if (!*ret_bracketed) {
        to = begin + strcspn(begin, BLANKS);
        *at = *to == '\0' ? to : to + 1;
        *to = '\0';
        return begin;
    }
    for (from = to = ++begin; *from != '\0' && *from != ']'; from++) {
        if (from[0] == '\\' && from[1] == ']')
            from++;
        *to++ = *from;
    }
    *at = *from == '\0' ? from : from + 1;
    *to = '\0';
    return begin;
}

static size_t
find(const char *const *names, size_t count, const char *word, size_t len)
{
    size_t i = 0;

    while (i < count && (strlen(names[i]) != len || strncmp(names[i], word, len) != 0))
        i++;
    return i;
}

static bool
read_action(const char *word, size_t len, int *ret)
{
    size_t found = find(actions_by_name, COUNT(actions_by_name), word, len);
    char digits[8];
    int64_t jump;

    if (found < COUNT(actions_by_name)) {
        *ret = -(int)found;
        return true;
    }
    if (pat_text_copy(digits, sizeof digits, word, len) != PAT_OK ||
        pat_text_number(digits, 1, JUMP_MAX, &jump) != PAT_OK)
        return false;
    *ret = (int)jump;
    return true;
}

static void
fill(int actions[PAM_STACK_RETURNS], int action)
{
    for (size_t i = 0; i < PAM_STACK_RETURNS; i++)
        if (actions[i] == UNSET)
            actions[i] = action;
}

static size_t
skip_blanks(const char **at)
{
    size_t len = strspn(*at, BLANKS);

    *at += len;
    return len;
}

const char *
pam_line_actions(const char *text, int actions[PAM_STACK_RETURNS])
{
    const char *at = text;

    for (size_t i = 0; i < PAM_STACK_RETURNS; i++)
        actions[i] = UNSET;
    skip_blanks(&at);
    if (*at == '\0')
        return "its control is empty";
    while (*at != '\0') {
        size_t len = strcspn(at, BLANKS "="), value;
        bool is_default = len == 7 && strncmp(at, "default", len) == 0;
        int action;

        value = find(pam_stack_returns, PAM_STACK_RETURNS, at, len);
        if (value == PAM_STACK_RETURNS && !is_default)
            return "its control names an unknown return value";
        at += len;
        skip_blanks(&at);
        if (*at++ != '=')
            return "its control lacks a \"=\"";
        skip_blanks(&at);
        len = strcspn(at, BLANKS);
        if (!read_action(at, len, &action))
            return "its control names an unknown action";
        at += len;
        skip_blanks(&at);
        if (is_default)
            fill(actions, action);
        else
            actions[value] = action;
    }
    fill(actions, PAM_STACK_DO_BAD);
    return NULL;
}

bool
pam_line_control(const char *word, int actions[PAM_STACK_RETURNS])
{
    for (size_t i = 0; i < COUNT(controls); i++) {
        if (strcasecmp(controls[i].word, word) != 0)
            continue;
        for (size_t k = 0; k < PAM_STACK_RETURNS; k++)
            actions[k] = controls[i].other;
        actions[PAM_STACK_SUCCESS] = actions[PAM_STACK_NEW_AUTHTOK_REQD] = controls[i].success;
        if (controls[i].keeps_ignore)
            actions[PAM_STACK_IGNORE] = PAM_STACK_DO_IGNORE;
        return true;
    }
    return false;
}
