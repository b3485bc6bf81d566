/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading options as getopt(3) does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/doctor/saslauthd.h"
#include "core/base/text.h"

static const char with_value[] = "aOmnst"; /* letters that take one */

/* Takes one word; *pending is the letter whose value the next word is, or 0. */
static void
take_word(struct saslauthd *saslauthd, const char *word, size_t len, char *pending)
{
    char value[40] = "";
    char letter = *pending;

    *pending = '\0';
    if (letter == '\0' && (len < 2 || word[0] != '-'))
        return;
    for (size_t i = 1; letter == '\0' && i < len; i++) {
        if (strchr(with_value, word[i]) != NULL) {
            letter = word[i];
            word += i + 1;
            len -= i + 1;
            if (len == 0) {
                *pending = letter;
                return;
            }
            break;
        }
        saslauthd->caches |= word[i] == 'c';
    }
    snprintf(value, sizeof value, "%.*s", (int)(len < sizeof value ? len : sizeof value - 1), word);
    if (letter == 'a')
        pat_text_clip(saslauthd->mechanism, sizeof saslauthd->mechanism, value);
    else if (letter == 't')
        saslauthd->seconds = strtol(value, NULL, 10);
}

void
saslauthd_read_arguments(const char *arguments, struct saslauthd *ret)
{
    const char *at = arguments + strlen(arguments) + (arguments[0] != '\0');
    char pending = '\0';

    *ret = (struct saslauthd){.seconds = SASLAUTHD_SECONDS};
    for (; *at != '\0'; at += strlen(at) + 1)
        take_word(ret, at, strlen(at), &pending);
}

void
saslauthd_read_words(const char *options, const char *mechanisms, struct saslauthd *ret)
{
    const char *at = options, *word;
    char pending = '\0';
    size_t len;

    *ret = (struct saslauthd){.seconds = SASLAUTHD_SECONDS};
    pat_text_clip(ret->mechanism, sizeof ret->mechanism, mechanisms);
    while ((len = pat_text_word(&at, &word)) > 0)
        take_word(ret, word, len, &pending);
}

/* A word of letters without c, and without t and its value; "-" alone when nothing is left. */
static void
drop_letters(const char *word, size_t len, char *ret, size_t size, char *pending)
{
    size_t used = 1;

    snprintf(ret, size, "-");
    *pending = '\0';
    for (size_t i = 1; i < len && used + 1 < size; i++) {
        bool takes = strchr(with_value, word[i]) != NULL;

        if (takes && i + 1 == len)
            *pending = word[i];
        if (takes && word[i] != 't')
            used += (size_t)snprintf(ret + used, size - used, "%.*s", (int)(len - i), word + i);
        else if (!takes && word[i] != 'c')
            used += (size_t)snprintf(ret + used, size - used, "%c", word[i]);
        if (takes)
            break;
    }
}

bool
saslauthd_drop_cache(const char *options, char *ret, size_t size)
{
    const char *at = options, *word;
    char pending = '\0';
    size_t len, used = 0;

    ret[0] = '\0';
    while ((len = pat_text_word(&at, &word)) > 0) {
        char kept[300] = "";

        if (pending != '\0' || len < 2 || word[0] != '-') {
            if (pending != 't')
                snprintf(kept, sizeof kept, "%.*s", (int)len, word);
            pending = '\0';
        } else {
            drop_letters(word, len, kept, sizeof kept, &pending);
        }
        if (kept[0] == '\0' || pat_text_equal(kept, "-"))
            continue;
        used += (size_t)snprintf(ret + used, size - used, "%s%s", used == 0 ? "" : " ", kept);
        if (used >= size)
            return false;
    }
    return true;
}
