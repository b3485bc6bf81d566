/* SPDX-License-Identifier: BSD-2-Clause */
/* core/policy/scope.c over two lists, a scope and a service, one a line: the laws of sets hold. */
#include <string.h>

#include "core/base/diag.h"
#include "core/policy/scope.h"
#include "tests/fuzz/fuzz.h"

#define LIST_SIZE 4096

static bool
read_list(struct fuzz_input *input, struct pat_scopes *ret)
{
    char list[LIST_SIZE];
    struct pat_diag diag = {.text = ""};
    struct pat_scopes again;

    fuzz_line(input, list, sizeof list);
    memset(ret, 0, sizeof *ret);
    if (pat_scope_read(list, ret, &diag) != PAT_OK) {
        FUZZ_CHECK(diag.text[0] != '\0' && diag.code != PAT_OK);
        FUZZ_CHECK(fuzz_is_zero(ret, sizeof *ret));
        return false;
    }
    FUZZ_CHECK(pat_scope_canonical(ret) && pat_scope_count(ret) <= PAT_SCOPES_MAX);
    FUZZ_CHECK(pat_scope_read(ret->text, &again, NULL) == PAT_OK);
    FUZZ_CHECK(strcmp(ret->text, again.text) == 0);
    return true;
}

/* What is in from and covered by the other is covered by the meet, and nothing else is. */
static void
check_meet_of(const struct pat_scopes *from, const struct pat_scopes *other,
              const struct pat_scopes *met)
{
    char scope[PAT_SCOPE_MAX + 1];

    for (const char *at = from->text; pat_scope_next(&at, scope);)
        FUZZ_CHECK_TEXT(pat_scope_covers(met, scope) == pat_scope_covers(other, scope), scope);
    for (const char *at = met->text; pat_scope_next(&at, scope);)
        FUZZ_CHECK_TEXT(pat_scope_covers(from, scope), scope);
    FUZZ_CHECK(pat_scope_includes(from, met));
}

static void
check_meet(const struct pat_scopes *a, const struct pat_scopes *b)
{
    struct pat_scopes met, back, self;

    pat_scope_meet(a, b, &met);
    pat_scope_meet(b, a, &back);
    FUZZ_CHECK(pat_scope_canonical(&met) && strcmp(met.text, back.text) == 0);
    FUZZ_CHECK(pat_scope_includes(a, &met) && pat_scope_includes(b, &met));
    pat_scope_meet(a, a, &self);
    FUZZ_CHECK(strcmp(self.text, a->text) == 0);
    /* Of sets that are too large together the meet may be smaller, but never larger. */
    if (pat_scope_count(a) + pat_scope_count(b) <= PAT_SCOPES_MAX / 2) {
        check_meet_of(a, b, &met);
        check_meet_of(b, a, &met);
    }
}

static void
check_join(const struct pat_scopes *a, const struct pat_scopes *b)
{
    struct pat_scopes joined, less, aliased = *a;
    char scope[PAT_SCOPE_MAX + 1];

    if (pat_scope_join(a, b, &joined) == PAT_OK) {
        FUZZ_CHECK(pat_scope_canonical(&joined));
        FUZZ_CHECK(pat_scope_includes(&joined, a) && pat_scope_includes(&joined, b));
        FUZZ_CHECK(pat_scope_join(&aliased, b, &aliased) == PAT_OK);
        FUZZ_CHECK(strcmp(aliased.text, joined.text) == 0);
        FUZZ_CHECK(pat_scope_count(&joined) <= pat_scope_count(a) + pat_scope_count(b));
    } else {
        FUZZ_CHECK(strlen(a->text) + strlen(b->text) + 2 >= sizeof a->text ||
                   pat_scope_count(a) + pat_scope_count(b) > PAT_SCOPES_MAX);
    }
    pat_scope_minus(a, b, &less);
    FUZZ_CHECK(pat_scope_canonical(&less));
    for (const char *at = less.text; pat_scope_next(&at, scope);) {
        struct pat_scopes one = {.text = ""}, none;

        memcpy(one.text, scope, sizeof scope);
        pat_scope_minus(&one, b, &none);
        FUZZ_CHECK(strcmp(none.text, scope) == 0 && pat_scope_includes(a, &one));
    }
}

/* Whether the word stands in the list, between commas. */
static bool
is_in(const char *list, const char *word, size_t len)
{
    while (*list != '\0') {
        size_t next = strcspn(list, ",");

        if (next == len && memcmp(list, word, len) == 0)
            return true;
        list += next + (list[next] == ',');
    }
    return false;
}

/* A scope is covered by itself and by its whole area, and by nothing else. */
static void
check_covers(const struct pat_scopes *set, const char *scope)
{
    struct pat_scopes read;
    char area[2 * PAT_SCOPE_MAX];
    size_t len = strcspn(scope, ":") + 1;
    bool legal = scope[0] != '\0' && strchr(scope, ',') == NULL &&
                 pat_scope_read(scope, &read, NULL) == PAT_OK && strcmp(read.text, scope) == 0;

    if (!legal) {
        FUZZ_CHECK(!pat_scope_covers(set, scope));
        return;
    }
    memcpy(area, scope, len);
    area[len++] = '*';
    FUZZ_CHECK(pat_scope_covers(set, scope) ==
               (is_in(set->text, scope, strlen(scope)) || is_in(set->text, area, len)));
    FUZZ_CHECK(pat_scope_includes(set, &read) == pat_scope_covers(set, scope));
}

static void
check_service(struct fuzz_input *input, const struct pat_scopes *a)
{
    char service[2 * PAT_SERVICE_MAX], scope[PAT_SCOPE_MAX + 1], any[2 * PAT_SCOPE_MAX];
    struct pat_scopes read;

    fuzz_line(input, service, sizeof service);
    if (pat_scope_service_legal(service)) {
        pat_scope_of_service(service, scope);
        FUZZ_CHECK(pat_scope_read(scope, &read, NULL) == PAT_OK && strcmp(read.text, scope) == 0);
        /* A service whose users are virtual has a scope that says so. */
        FUZZ_CHECK(pat_scope_service_local(service) || pat_scope_is_virtual(scope));
    }
    fuzz_line(input, any, sizeof any);
    check_covers(a, any);
    pat_scope_is_virtual(any);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input input = fuzz_input(bytes, len);
    struct pat_scopes a, b;
    bool both = read_list(&input, &a);

    both &= read_list(&input, &b);
    if (both) {
        check_meet(&a, &b);
        check_join(&a, &b);
    }
    check_service(&input, &a);
    return 0;
}
