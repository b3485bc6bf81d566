/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of an offer, one function a question. */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/create/offer.h"
#include "admin/out/out_time.h"
#include "admin/times.h"
#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/policy/cidr.h"

#define NAME_POINTS_MAX 64
#define DESCRIPTION_MAX 1024
#define SCOPES_MAX 32
#define SECOND INT64_C(1000000)

static bool
refuse(char why[OFFER_WHY_MAX], const char *sentence)
{
    pat_text_clip(why, OFFER_WHY_MAX, sentence);
    return false;
}

bool
offer_takes_name(json_t *offer, const char *text, char why[OFFER_WHY_MAX])
{
    int64_t least = ask_number(offer, "nameMin");
    size_t points;

    if (pat_text_points(text, &points) != PAT_OK)
        return refuse(why, "that is no text that people can read");
    if ((int64_t)points >= least && points > 0 && points <= NAME_POINTS_MAX)
        return true;
    if (points > NAME_POINTS_MAX)
        snprintf(why, OFFER_WHY_MAX, "the name has %zu characters, and %d are the most", points,
                 NAME_POINTS_MAX);
    else
        snprintf(why, OFFER_WHY_MAX, "the name needs at least %lld characters", (long long)least);
    return false;
}

bool
offer_takes_description(const char *text, char why[OFFER_WHY_MAX])
{
    size_t points;

    if (pat_text_points(text, &points) != PAT_OK)
        return refuse(why, "that is no text that people can read");
    return strlen(text) <= DESCRIPTION_MAX || refuse(why, "that is too long: 1024 bytes at most");
}

bool
offer_has_scope(json_t *offer, const char *scope)
{
    size_t index;
    json_t *each;

    json_array_foreach(json_object_get(offer, "scopes"), index, each)
    {
        if (pat_text_equal(ask_text(each, "scope"), scope))
            return true;
    }
    return false;
}

bool
offer_takes_scopes(json_t *offer, const char *list, char why[OFFER_WHY_MAX])
{
    size_t len, count = 0;
    const char *word;
    char scope[80];

    while ((len = pat_text_word(&list, &word)) != 0) {
        snprintf(scope, sizeof scope, "%.*s", (int)(len < 70 ? len : 70), word);
        if (!offer_has_scope(offer, scope)) {
            snprintf(why, OFFER_WHY_MAX, "%s is not among the scopes that you may give to %s",
                     scope, ask_text(json_object_get(offer, "user"), "user"));
            return false;
        }
        count++;
    }
    if (count > SCOPES_MAX)
        return refuse(why, "that are more than 32 scopes");
    return count > 0 || refuse(why, "a token needs at least one scope");
}

bool
offer_takes_addresses(json_t *offer, const char *list, char why[OFFER_WHY_MAX])
{
    struct pat_cidrs networks;
    struct pat_diag diag;

    if (list[strspn(list, " ,\t")] == '\0')
        return !json_is_true(json_object_get(offer, "requireAddresses")) ||
               refuse(why, "tokens of this tenant must be bound to addresses");
    if (pat_cidr_read(list, &networks, &diag) == PAT_OK)
        return true;
    snprintf(why, OFFER_WHY_MAX, "%.180s", diag.text);
    return false;
}

bool
offer_takes_expiry(json_t *offer, const char *text, struct pat_when *ret, char why[OFFER_WHY_MAX])
{
    json_t *longest = json_object_get(offer, "maxLifetime");
    int64_t now = times_now();
    enum pat_err err = pat_when_read(text, PAT_WHEN_END, now, ret);
    char span[40];

    if (err == PAT_ERR_RANGE)
        return refuse(why, "that is no date, or too far away");
    if (err != PAT_OK)
        return refuse(why, "like 90d, 6mon, 1y, 2026-12-31, tomorrow, eoy or never");
    if (ret->never && json_is_true(json_object_get(offer, "requireExpiry")))
        return refuse(why, "tokens of this tenant must expire");
    if (!ret->never && ret->at <= now)
        return refuse(why, "that is past");
    if (!json_is_integer(longest) || (!ret->never && ret->at - now <= json_integer_value(longest)))
        return true;
    out_time_span(json_integer_value(longest), span, sizeof span);
    snprintf(why, OFFER_WHY_MAX, "tokens of this tenant live %s at most", span);
    return false;
}

void
offer_longest(json_t *offer, const char *wished, char *ret, size_t size)
{
    json_t *longest = json_object_get(offer, "maxLifetime");
    int64_t now = times_now();
    struct pat_when when;

    pat_text_clip(ret, size, wished);
    if (json_is_integer(longest) && (pat_when_read(wished, PAT_WHEN_END, now, &when) != PAT_OK ||
                                     when.at - now > json_integer_value(longest)))
        snprintf(ret, size, "%llds", (long long)(json_integer_value(longest) / SECOND));
}

int64_t
offer_room(json_t *offer)
{
    json_t *user = json_object_get(offer, "user"), *most = json_object_get(user, "maxTokens");
    int64_t room = json_integer_value(most) - ask_number(user, "live");

    return !json_is_integer(most) ? INT64_MAX : room < 0 ? 0 : room;
}
