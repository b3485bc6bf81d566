/* SPDX-License-Identifier: BSD-2-Clause */
/* Values as programs read them: times in RFC 3339, UTC; nothing is null. */
#include <stdio.h>

#include "admin/out/out_internal.h"
#include "core/base/when.h"

static json_t *
time_value(json_t *value)
{
    char text[40];

    if (!json_is_integer(value))
        return json_null();
    pat_when_write(json_integer_value(value), text, sizeof text);
    return json_string(text);
}

static json_t *
masked_value(json_t *value)
{
    char text[64];

    snprintf(text, sizeof text, "%s\u2026",
             json_string_value(value) == NULL ? "" : json_string_value(value));
    return json_string(text);
}

json_t *
out_json_value(const struct out_field *field, json_t *object)
{
    json_t *value = json_object_get(object, field->member);

    if (value == NULL || json_is_null(value))
        return json_null();
    switch (field->type) {
    case OUT_TIME:
        return time_value(value);
    case OUT_SPAN:
        return json_integer(json_integer_value(value) / 1000000);
    case OUT_MASKED:
        return masked_value(value);
    case OUT_TEXT:
    case OUT_WORD:
    case OUT_WORDS:
    case OUT_NUMBER:
    case OUT_FLAG:
    case OUT_STATE:
    case OUT_FIELDS:
    case OUT_BARS:
        break;
    }
    return json_incref(value);
}
