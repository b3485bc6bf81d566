/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/api/journal.c. Any line may be read, and walking it comes to an end; what a change leaves in
 * the journal reads back as the change, and a line of several tokens names each of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/api/journal.h"
#include "core/api/recover.h"
#include "core/base/text.h"
#include "tests/fuzz/fuzz.h"

#define TOKENS_MAX 20

static void
check_any(const char *text)
{
    struct pat_journal_line line;
    char key[32], value[PAT_JOURNAL_VALUE], subject[PAT_USER_MAX + 1];
    enum pat_err err = pat_journal_read(text, &line);
    const char *at;

    FUZZ_CHECK(err == PAT_OK || err == PAT_ERR_SYNTAX);
    FUZZ_CHECK(err != PAT_OK || pat_event_narrows(line.event));
    FUZZ_CHECK(line.after >= text && line.after <= text + strlen(text));
    at = line.after;
    while ((err = pat_journal_field(&at, key, value)) == PAT_OK)
        FUZZ_CHECK(key[0] != '\0');
    FUZZ_CHECK(err == PAT_ERR_NOT_FOUND || err == PAT_ERR_SYNTAX);
    at = line.subjects;
    while (pat_journal_subject(&at, subject))
        FUZZ_CHECK(subject[0] != '\0' && strchr(subject, ',') == NULL);
}

static void
check_change(struct fuzz_input *input)
{
    static const char *const events[] = {"token.edit", "user.bind", "grant.remove", "tenant.set"};
    struct pat_change_record change = {.generation = 1};
    struct pat_recover_lines lines = {.text = NULL};
    struct pat_journal_line line;
    struct pat_log_field field = {"scopes", NULL};
    char value[200], key[32], read[PAT_JOURNAL_VALUE];
    const char *at;

    pat_text_clip(change.event, sizeof change.event, events[fuzz_pick(input, 4)]);
    pat_text_clip(change.tenant, sizeof change.tenant, "acme");
    fuzz_text(input, change.user, sizeof change.user);
    fuzz_text(input, value, sizeof value);
    field.value = value;
    if (pat_event_holds_token(value) || pat_event_holds_token(change.user) ||
        pat_event_write(change.after, sizeof change.after, NULL, &field, 1) != PAT_OK)
        return;
    FUZZ_CHECK(pat_recover_gather(&lines, &change) == PAT_OK && lines.len > 0);
    lines.text[lines.len - 1] = '\0';
    FUZZ_CHECK_TEXT(pat_journal_read(lines.text, &line) == PAT_OK, lines.text);
    FUZZ_CHECK(strcmp(line.event, change.event) == 0 && strcmp(line.user, change.user) == 0);
    at = line.after;
    FUZZ_CHECK(pat_journal_field(&at, key, read) == PAT_OK);
    FUZZ_CHECK(strcmp(key, "scopes") == 0 && strcmp(read, value) == 0);
    FUZZ_CHECK(pat_journal_field(&at, key, read) == PAT_ERR_NOT_FOUND);
    free(lines.text);
}

static void
check_tokens(struct fuzz_input *input)
{
    struct pat_change_record change = {.event = "token.revoke", .tenant = "acme"};
    struct pat_recover_lines lines = {.text = NULL};
    char subject[PAT_USER_MAX + 1], expected[32];
    size_t count = 1 + fuzz_pick(input, TOKENS_MAX);
    struct pat_journal_line line;
    const char *at;

    for (size_t i = 0; i < count; i++) {
        snprintf(change.subject, sizeof change.subject, "%08zu", i);
        FUZZ_CHECK(pat_recover_gather(&lines, &change) == PAT_OK);
    }
    lines.text[lines.len - 1] = '\0';
    FUZZ_CHECK_TEXT(pat_journal_read(lines.text, &line) == PAT_OK, lines.text);
    at = line.subjects;
    for (size_t i = 0; i < count; i++) {
        snprintf(expected, sizeof expected, "%08zu", i);
        FUZZ_CHECK(pat_journal_subject(&at, subject) && strcmp(subject, expected) == 0);
    }
    FUZZ_CHECK(!pat_journal_subject(&at, subject) && *at == '\0');
    free(lines.text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input input = fuzz_input(bytes, len);
    char *text = fuzz_string(bytes, len);

    check_any(text);
    free(text);
    check_change(&input);
    check_tokens(&input);
    return 0;
}
