/* SPDX-License-Identifier: BSD-2-Clause */
/* Values and cards as people read them. */
#include <stdio.h>
#include <string.h>

#include "admin/out/out_internal.h"
#include "admin/out/out_time.h"
#include "core/base/text.h"

#define LABEL_WIDTH 13
#define BARS_MAX 100

/* --- values --- */

static void
put_words(json_t *array, char *ret, size_t size)
{
    size_t index, used = 0;
    json_t *word;

    ret[0] = '\0';
    json_array_foreach(array, index, word)
    {
        int len = snprintf(ret + used, size - used, "%s%s", index == 0 ? "" : ",",
                           json_string_value(word) == NULL ? "" : json_string_value(word));

        used = len < 0 || (size_t)len >= size - used ? size - 1 : used + (size_t)len;
    }
}

static void
put_fields(json_t *object, char *ret, size_t size)
{
    size_t used = 0;
    const char *key;
    json_t *value;

    ret[0] = '\0';
    json_object_foreach(object, key, value)
    {
        int len = snprintf(ret + used, size - used, "%s%s=%s", used == 0 ? "" : " ", key,
                           json_string_value(value) == NULL ? "" : json_string_value(value));

        used = len < 0 || (size_t)len >= size - used ? size - 1 : used + (size_t)len;
    }
}

static void
put_bars(const struct out *out, json_t *array, char *ret, size_t size)
{
    int64_t counts[BARS_MAX];
    size_t count = json_array_size(array);

    ret[0] = '\0';
    if (count > BARS_MAX || size < 4 * count + 1)
        return;
    for (size_t i = 0; i < count; i++)
        counts[i] = json_integer_value(json_array_get(array, i));
    out_sparkline(out, counts, count, ret);
}

void
out_value(const struct out *out, const struct out_field *field, json_t *object, char *ret,
          size_t size)
{
    json_t *value = json_object_get(object, field->member);

    ret[0] = '\0';
    if (value != NULL && !json_is_null(value)) {
        switch (field->type) {
        case OUT_TEXT:
        case OUT_WORD:
        case OUT_STATE:
            pat_text_clip(ret, size, json_string_value(value));
            break;
        case OUT_MASKED:
            snprintf(ret, size, "%s%s", json_string_value(value), out_symbol(out, OUT_MORE));
            break;
        case OUT_WORDS:
            put_words(value, ret, size);
            break;
        case OUT_NUMBER:
            snprintf(ret, size, "%lld", (long long)json_integer_value(value));
            break;
        case OUT_FLAG:
            pat_text_clip(ret, size, json_is_true(value) ? "yes" : "no");
            break;
        case OUT_TIME:
            out_time(out, json_integer_value(value), ret, size);
            break;
        case OUT_SPAN:
            out_time_span(json_integer_value(value), ret, size);
            break;
        case OUT_FIELDS:
            put_fields(value, ret, size);
            break;
        case OUT_BARS:
            put_bars(out, value, ret, size);
            break;
        }
    }
    if (ret[0] == '\0')
        pat_text_clip(ret, size, field->none == NULL ? out_symbol(out, OUT_DASH) : field->none);
}

/* --- cards --- */

static bool
is_empty(json_t *value)
{
    return value == NULL || json_is_null(value) || json_is_false(value) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

/* A card has room for both: the date, and how far away it is. */
static void
card_value(const struct out *out, const struct out_field *field, json_t *object, char *ret,
           size_t size)
{
    json_t *value = json_object_get(object, field->member);
    char relative[64];
    size_t used;

    if (field->type != OUT_TIME || !json_is_integer(value) ||
        out->patctl->globals.time != TIME_RELATIVE) {
        out_value(out, field, object, ret, size);
        return;
    }
    out_date(out, json_integer_value(value), ret, size);
    out_time(out, json_integer_value(value), relative, sizeof relative);
    used = strlen(ret);
    snprintf(ret + used, size - used, " (%s)", relative);
}

void
out_text_card(struct out *out, const struct out_field *fields, json_t *object)
{
    char value[OUT_VALUE_MAX];

    for (; fields->name != NULL; fields++) {
        if (fields->show == OUT_ASKED ||
            (fields->show == OUT_WIDE && is_empty(json_object_get(object, fields->member))))
            continue;
        card_value(out, fields, object, value, sizeof value);
        printf("  %-*s%s\n", LABEL_WIDTH, fields->heading, value);
    }
}
