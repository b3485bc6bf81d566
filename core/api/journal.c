/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines of the journal are sealed with the anchor, so that only patd can have written them; they
 * are read as if anybody had.
 */
#include <string.h>

#include "core/api/journal.h"
#include "core/base/text.h"

/* Where a field of the head goes; NULL for a field of the change. */
static char *
head_field(struct pat_journal_line *line, const char *key, size_t *ret_size)
{
    const struct {
        const char *key;
        char *to;
        size_t size;
    } fields[] = {
        {"event", line->event, sizeof line->event},
        {"tenant", line->tenant, sizeof line->tenant},
        {"user", line->user, sizeof line->user},
        {"subject", line->subjects, sizeof line->subjects},
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (pat_text_equal(fields[i].key, key)) {
            *ret_size = fields[i].size;
            return fields[i].to;
        }
    return NULL;
}

enum pat_err
pat_journal_read(const char *line, struct pat_journal_line *ret)
{
    const char *at = line;
    char key[32], value[PAT_EVENT_LINE_MAX];
    enum pat_err err = PAT_OK;

    memset(ret, 0, sizeof *ret);
    for (;;) {
        size_t size = 0;
        char *to;

        ret->after = at;
        err = pat_event_read(&at, key, sizeof key, value, sizeof value);
        to = err == PAT_OK ? head_field(ret, key, &size) : NULL;
        if (to == NULL)
            break;
        if (*to != '\0' || pat_text_set(to, size, value) != PAT_OK)
            return PAT_ERR_SYNTAX;
    }
    if (err != PAT_OK && err != PAT_ERR_NOT_FOUND)
        return PAT_ERR_SYNTAX;
    return pat_event_narrows(ret->event) ? PAT_OK : PAT_ERR_SYNTAX;
}

bool
pat_journal_subject(const char **at, char ret[PAT_USER_MAX + 1])
{
    size_t len = strcspn(*at, ",");

    if (len == 0 || pat_text_copy(ret, PAT_USER_MAX + 1, *at, len) != PAT_OK)
        return false;
    *at += len + ((*at)[len] == ',');
    return true;
}

enum pat_err
pat_journal_field(const char **at, char key[32], char *value)
{
    enum pat_err err = pat_event_read(at, key, 32, value, PAT_JOURNAL_VALUE);

    return err == PAT_OK || err == PAT_ERR_NOT_FOUND ? err : PAT_ERR_SYNTAX;
}
