/* SPDX-License-Identifier: BSD-2-Clause */
/* The grammar of scopes and the meet of sets. Pure; a set always stands in its only form. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/policy/scope.h"

#define PART_MAX 31

static const struct pat_scope_service builtin[] = {
    {"sshd", "ssh:login", true},      {"sudo", "sudo:run", true},
    {"sudo-i", "sudo:run", true},     {"su", "su:login", true},
    {"su-l", "su:login", true},       {"login", "console:login", true},
    {"polkit-1", "polkit:act", true}, {"imap", "mail:read", false},
    {"pop", "mail:read", false},      {"pop3", "mail:read", false},
    {"dovecot", "mail:read", false},  {"smtp", "mail:send", false},
    {"smtpd", "mail:send", false},    {"submission", "mail:send", false},
    {"sieve", "mail:filter", false},  {"ldap", "ldap:bind", false},
    {"http", "http:access", false},   {"postgresql", "db:connect", false},
};

/* In the order in which people are offered them: what can do least stands first. */
static const struct pat_scope_entry catalogue[] = {
    {"mail:read", "Read mail", "read mail over IMAP and POP3"},
    {"mail:send", "Send mail", "send mail over SMTP"},
    {"mail:filter", "Filter mail", "change mail filters over Sieve"},
    {"ldap:bind", "Directory", "bind to the directory"},
    {"http:access", "Web", "log in to web applications"},
    {"db:connect", "Database", "connect to the database"},
    {"ssh:login", "SSH login", "log in with SSH"},
    {"console:login", "Console login", "log in at the console"},
    {"polkit:act", "Polkit", "do what polkit asks a password for"},
    {"su:login", "su", "become this account with su"},
    {"sudo:run", "sudo", "run commands as root with sudo"},
};

/* A set taken apart, for sorting. */
struct words {
    char scope[PAT_SCOPES_MAX][PAT_SCOPE_MAX + 1];
    size_t count;
};

static bool
is_part_char(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (!first && (c == '.' || c == '_' || c == '-'));
}

static size_t
part_length(const char *text)
{
    size_t len = 0;

    while (len <= PART_MAX && is_part_char(text[len], len == 0))
        len++;
    return len;
}

static bool
scope_legal(const char *scope)
{
    size_t area = part_length(scope);
    const char *verb;
    size_t len;

    if (area < 1 || area > PART_MAX || scope[area] != ':')
        return false;
    verb = scope + area + 1;
    if (pat_text_equal(verb, "*"))
        return true;
    len = part_length(verb);
    return len >= 1 && len <= PART_MAX && verb[len] == '\0';
}

bool
pat_scope_service_legal(const char *service)
{
    char folded[PAT_SERVICE_MAX + 1];
    size_t len;

    if (pat_text_set(folded, sizeof folded, service) != PAT_OK)
        return false;
    pat_text_fold(folded);
    len = part_length(folded);
    return len >= 1 && folded[len] == '\0';
}

static enum pat_err
insert(struct words *words, const char *scope)
{
    size_t at = 0;

    while (at < words->count && strcmp(words->scope[at], scope) < 0)
        at++;
    if (at < words->count && pat_text_equal(words->scope[at], scope))
        return PAT_OK;
    if (words->count == PAT_SCOPES_MAX)
        return PAT_ERR_RANGE;
    memmove(words->scope[at + 1], words->scope[at], (words->count - at) * sizeof words->scope[0]);
    pat_text_clip(words->scope[at], sizeof words->scope[at], scope);
    words->count++;
    return PAT_OK;
}

static enum pat_err
write_set(const struct words *words, struct pat_scopes *ret)
{
    struct pat_scopes set = {.text = ""};
    size_t len = 0;

    for (size_t i = 0; i < words->count; i++) {
        size_t word = strlen(words->scope[i]);

        if (len + 1 + word >= sizeof set.text)
            return PAT_ERR_RANGE;
        if (i != 0)
            set.text[len++] = ',';
        memcpy(set.text + len, words->scope[i], word);
        len += word;
    }
    *ret = set;
    return PAT_OK;
}

static enum pat_err
insert_set(struct words *words, const struct pat_scopes *set)
{
    char scope[PAT_SCOPE_MAX + 1];
    enum pat_err err = PAT_OK;

    for (const char *at = set->text; err == PAT_OK && pat_scope_next(&at, scope);)
        err = insert(words, scope);
    return err;
}

enum pat_err
pat_scope_read(const char *list, struct pat_scopes *ret, struct pat_diag *diag)
{
    struct words words = {.count = 0};
    const char *word;
    const char *at = list;
    size_t len;

    while ((len = pat_text_word(&at, &word)) != 0) {
        char scope[PAT_SCOPE_MAX + 1];

        if (pat_text_copy(scope, sizeof scope, word, len) != PAT_OK || !scope_legal(scope))
            return pat_diag_set(diag, PAT_ERR_SYNTAX, 0, (unsigned)(word - list) + 1,
                                "\"%.*s\" is not a scope (area:verb, for example ssh:login)",
                                (int)(len > PAT_SCOPE_MAX ? PAT_SCOPE_MAX : len), word);
        if (insert(&words, scope) != PAT_OK)
            return pat_diag_set(diag, PAT_ERR_RANGE, 0, (unsigned)(word - list) + 1,
                                "more than %d scopes", PAT_SCOPES_MAX);
    }
    if (write_set(&words, ret) != PAT_OK)
        return pat_diag_set(diag, PAT_ERR_RANGE, 0, 0, "the scopes are too long together");
    return PAT_OK;
}

bool
pat_scope_canonical(const struct pat_scopes *set)
{
    struct pat_scopes again;

    return memchr(set->text, '\0', sizeof set->text) != NULL &&
           pat_scope_read(set->text, &again, NULL) == PAT_OK &&
           pat_text_equal(set->text, again.text);
}

bool
pat_scope_next(const char **at, char ret[PAT_SCOPE_MAX + 1])
{
    const char *word;
    size_t len = pat_text_word(at, &word);

    return len != 0 && pat_text_copy(ret, PAT_SCOPE_MAX + 1, word, len) == PAT_OK;
}

size_t
pat_scope_count(const struct pat_scopes *set)
{
    char scope[PAT_SCOPE_MAX + 1];
    size_t count = 0;

    for (const char *at = set->text; pat_scope_next(&at, scope);)
        count++;
    return count;
}

bool
pat_scope_names(const struct pat_scopes *set, const char *scope)
{
    char each[PAT_SCOPE_MAX + 1];

    for (const char *at = set->text; pat_scope_next(&at, each);)
        if (pat_text_equal(each, scope))
            return true;
    return false;
}

bool
pat_scope_covers(const struct pat_scopes *set, const char *scope)
{
    size_t area = strcspn(scope, ":") + 1; /* with its colon */
    const char *at = set->text;
    const char *word;
    size_t len;

    if (!scope_legal(scope))
        return false;
    while ((len = pat_text_word(&at, &word)) != 0) {
        bool whole_area = len == area + 1 && word[area] == '*';

        if (strncmp(word, scope, whole_area ? area : len) == 0 &&
            (whole_area || scope[len] == '\0'))
            return true;
    }
    return false;
}

bool
pat_scope_includes(const struct pat_scopes *set, const struct pat_scopes *part)
{
    char scope[PAT_SCOPE_MAX + 1];

    for (const char *at = part->text; pat_scope_next(&at, scope);)
        if (!pat_scope_covers(set, scope))
            return false;
    return true;
}

static void
insert_covered(struct words *words, const struct pat_scopes *from, const struct pat_scopes *by)
{
    char scope[PAT_SCOPE_MAX + 1];

    for (const char *at = from->text; pat_scope_next(&at, scope);)
        if (pat_scope_covers(by, scope) && insert(words, scope) != PAT_OK)
            return; /* too many: the meet may only be smaller, never larger */
}

void
pat_scope_meet(const struct pat_scopes *a, const struct pat_scopes *b, struct pat_scopes *ret)
{
    struct words words = {.count = 0};

    insert_covered(&words, a, b);
    insert_covered(&words, b, a);
    if (write_set(&words, ret) != PAT_OK)
        ret->text[0] = '\0';
}

enum pat_err
pat_scope_join(const struct pat_scopes *a, const struct pat_scopes *b, struct pat_scopes *ret)
{
    struct words words = {.count = 0};

    if (insert_set(&words, a) != PAT_OK || insert_set(&words, b) != PAT_OK)
        return PAT_ERR_RANGE;
    return write_set(&words, ret);
}

void
pat_scope_minus(const struct pat_scopes *a, const struct pat_scopes *b, struct pat_scopes *ret)
{
    struct words words = {.count = 0};
    char scope[PAT_SCOPE_MAX + 1];
    enum pat_err err = PAT_OK;

    for (const char *at = a->text; err == PAT_OK && pat_scope_next(&at, scope);)
        if (!pat_scope_names(b, scope))
            err = insert(&words, scope);
    if (err == PAT_OK)
        err = write_set(&words, ret);
    if (err != PAT_OK) /* larger than any set */
        abort();
}

static const struct pat_scope_service *
find_builtin(const char *service)
{
    const struct pat_scope_service *row;

    for (size_t i = 0; (row = pat_scope_builtin(i)) != NULL; i++)
        if (pat_text_equal(row->service, service))
            return row;
    return NULL;
}

void
pat_scope_of_service(const char *service, char ret[PAT_SCOPE_MAX + 1])
{
    const struct pat_scope_service *row = find_builtin(service);

    if (row != NULL) {
        pat_text_clip(ret, PAT_SCOPE_MAX + 1, row->scope);
        return;
    }
    snprintf(ret, PAT_SCOPE_MAX + 1, "%.*s:login", PAT_SERVICE_MAX, service);
    pat_text_fold(ret);
}

bool
pat_scope_service_local(const char *service)
{
    const struct pat_scope_service *row = find_builtin(service);

    return row == NULL || row->local;
}

bool
pat_scope_service_opens_accounts(const char *service)
{
    const struct pat_scope_service *row = find_builtin(service);

    return row != NULL && row->local;
}

bool
pat_scope_is_virtual(const char *scope)
{
    size_t area = strcspn(scope, ":");
    const struct pat_scope_service *row;

    for (size_t i = 0; (row = pat_scope_builtin(i)) != NULL; i++)
        if (!row->local && strcspn(row->scope, ":") == area &&
            strncmp(row->scope, scope, area) == 0)
            return true;
    return false;
}

const struct pat_scope_service *
pat_scope_builtin(size_t index)
{
    return index < sizeof builtin / sizeof builtin[0] ? &builtin[index] : NULL;
}

const struct pat_scope_entry *
pat_scope_catalogue(size_t index)
{
    return index < sizeof catalogue / sizeof catalogue[0] ? &catalogue[index] : NULL;
}
