/* SPDX-License-Identifier: BSD-2-Clause */
/* Judging names. Pure. What is refused here never reaches the store, a log field or a compare. */
#include <string.h>

#include "core/base/text.h"
#include "core/policy/name.h"

static bool
is_readable(const char *text, size_t max)
{
    size_t points;

    return text[0] != '\0' && strlen(text) <= max && pat_text_points(text, &points) == PAT_OK;
}

bool
pat_name_user_legal(const char *name)
{
    return is_readable(name, PAT_USER_MAX) && name[0] != '-' && strpbrk(name, "@/: ") == NULL;
}

bool
pat_name_account_legal(const char *name)
{
    return is_readable(name, PAT_ACCOUNT_MAX) && name[0] != '-' && name[0] != ' ' &&
           name[strlen(name) - 1] != ' ' && strpbrk(name, "/:") == NULL;
}

enum pat_err
pat_name_realm(const char *text, char ret[PAT_REALM_MAX + 1])
{
    static const char inside[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
    char realm[PAT_REALM_MAX + 1];
    size_t len;

    if (pat_text_set(realm, sizeof realm, text) != PAT_OK)
        return PAT_ERR_SYNTAX;
    pat_text_fold(realm);
    len = strlen(realm);
    if (len == 0 || strspn(realm, inside) != len || strchr(".-", realm[0]) != NULL ||
        strchr(".-", realm[len - 1]) != NULL || strstr(realm, "..") != NULL)
        return PAT_ERR_SYNTAX;
    memcpy(ret, realm, sizeof realm);
    return PAT_OK;
}

enum pat_err
pat_name_split(const char *login, char ret_user[PAT_USER_MAX + 1],
               char ret_realm[PAT_REALM_MAX + 1])
{
    char user[PAT_USER_MAX + 1];
    char realm[PAT_REALM_MAX + 1] = "";
    const char *at = strchr(login, '@');
    size_t len = at == NULL ? strlen(login) : (size_t)(at - login);

    if (pat_text_copy(user, sizeof user, login, len) != PAT_OK || !pat_name_user_legal(user))
        return PAT_ERR_SYNTAX;
    if (at != NULL && pat_name_realm(at + 1, realm) != PAT_OK)
        return PAT_ERR_SYNTAX;
    memcpy(ret_user, user, sizeof user);
    memcpy(ret_realm, realm, sizeof realm);
    return PAT_OK;
}

enum pat_err
pat_name_token(const char *text, int64_t min_points, char ret[PAT_NAME_MAX + 1])
{
    char name[PAT_NAME_MAX + 1];
    size_t len, points;

    text += strspn(text, " ");
    len = strlen(text);
    while (len > 0 && text[len - 1] == ' ')
        len--;
    if (pat_text_copy(name, sizeof name, text, len) != PAT_OK)
        return PAT_ERR_RANGE;
    if (pat_text_points(name, &points) != PAT_OK)
        return PAT_ERR_SYNTAX;
    if ((int64_t)points < min_points || points < 1 || points > PAT_NAME_POINTS_MAX)
        return PAT_ERR_RANGE;
    memcpy(ret, name, sizeof name);
    return PAT_OK;
}

enum pat_err
pat_name_free_text(const char *text, size_t max_bytes)
{
    size_t points;

    if (strlen(text) > max_bytes)
        return PAT_ERR_RANGE;
    return pat_text_points(text, &points);
}
