/* SPDX-License-Identifier: BSD-2-Clause */
/* What a drill found: a table, the evidence of each row, and what is wrong with whom. */
#include <stdio.h>

#include "admin/ask.h"
#include "admin/commands/drill_tell.h"
#include "admin/drill/canary.h"
#include "admin/out/fields.h"
#include "core/base/text.h"

static const char *
state_name(enum row_state state)
{
    switch (state) {
    case ROW_WAITING:
    case ROW_UNDRILLED:
        return "not drilled";
    case ROW_NO_LOGIN:
        return "not proven";
    case ROW_KEPT:
        return "kept";
    case ROW_BROKEN:
        return "broken";
    }
    return "";
}

static json_t *
text_or_null(const char *text)
{
    return text[0] == '\0' ? json_null() : json_string(text);
}

/* A member of what is known of a token; null where nothing is. */
static json_t *
known(json_t *evidence, const char *member, const char *inner)
{
    json_t *value = json_object_get(evidence, member);

    if (inner != NULL)
        value = json_object_get(value, inner);
    return value == NULL ? json_null() : json_incref(value);
}

static json_t *
row_of(const struct row *row, json_t *evidence)
{
    bool tried = row->state == ROW_KEPT || row->state == ROW_BROKEN;
    json_t *object = json_pack("{s:s, s:s, s:s}", "service", row->service, "client",
                               row->client->how, "result", state_name(row->state));
    char after[32], at[320] = "";

    snprintf(after, sizeof after, "%lld.%02lld s", (long long)(row->refused / 1000),
             (long long)(row->refused % 1000 / 10));
    if (row->chosen >= 0)
        clients_say_place(&row->places.all[row->chosen], at, sizeof at);
    ask_set(object, "path", text_or_null(row->path));
    ask_set(object, "place", text_or_null(at));
    ask_set(object, "login",
            row->state == ROW_UNDRILLED ? json_null() : json_boolean(tried || row->revoked != 0));
    ask_set(object, "refusedMs", row->refused < 0 ? json_null() : json_integer(row->refused));
    ask_set(object, "refusedText",
            tried ? json_string(row->refused < 0 ? "never" : after) : json_null());
    ask_set(object, "acceptedAfter", json_integer(row->accepted_after));
    ask_set(object, "cache", text_or_null(row->cache));
    ask_set(object, "why", text_or_null(row->why));
    ask_set(object, "id", text_or_null(row->id));
    ask_set(object, "createdSeq", known(evidence, "created", "seq"));
    ask_set(object, "revokedSeq", known(evidence, "revoked", "seq"));
    ask_set(object, "uses", known(evidence, "uses", NULL));
    return object;
}

/* "log 12, 15: accepted 1, revoked 2" */
static void
say_evidence(struct out *out, const struct row *row, json_t *object)
{
    long long created = (long long)ask_number(object, "createdSeq");
    long long revoked = (long long)ask_number(object, "revokedSeq");
    const char *place = ask_text(object, "place");
    int accepted = 0, refused = 0;
    size_t index;
    json_t *use;

    if (row->id[0] == '\0' || created == 0)
        return;
    json_array_foreach(json_object_get(object, "uses"), index, use)
    {
        if (pat_text_equal(ask_text(use, "verdict"), "accepted"))
            accepted++;
        else
            refused++;
    }
    out_say(out, "  %s%s%s: token %s, changes %lld and %lld of the log; patd said yes %d, no %d",
            row->service, place[0] == '\0' ? "" : " at ", place, row->id, created, revoked,
            accepted, refused);
}

static void
say_trouble(struct out *out, const struct row *row)
{
    switch (row->state) {
    case ROW_BROKEN:
        out_say(out, "%s %s let the revoked token in %d time%s. %s.", out_symbol(out, OUT_NO),
                row->service, row->accepted_after, row->accepted_after == 1 ? "" : "s", row->cache);
        break;
    case ROW_NO_LOGIN:
        out_say(out, "%s %s: not proven: %s", out_symbol(out, OUT_WARN), row->service, row->why);
        break;
    case ROW_WAITING:
    case ROW_UNDRILLED:
        out_say(out, "%s %s: not drilled: %s", out_symbol(out, OUT_WARN), row->service, row->why);
        break;
    case ROW_KEPT:
        if (row->why[0] != '\0')
            out_say(out, "  %s: %s", row->service, row->why);
        break;
    }
}

void
cmd_drill_tell(struct patctl *patctl, const char *account, const char *tenant,
               const struct rows *rows, json_t *evidence)
{
    struct out *out = patctl->out;
    size_t kept = rows_count(rows, ROW_KEPT), broken = rows_count(rows, ROW_BROKEN);
    json_t *objects = json_array(), *extra, *object;
    size_t index;

    extra = json_pack("{s:s, s:s, s:s?, s:I, s:I, s:I}", "tenant", tenant, "user", CANARY_NAME,
                      "account", account, "kept", (json_int_t)kept, "broken", (json_int_t)broken,
                      "unproven", (json_int_t)(rows->count - kept - broken));
    out_table_begin(out, "services", out_is_json(out) ? fields_drill : fields_drill_list);
    for (size_t i = 0; i < rows->count; i++)
        json_array_append_new(objects, row_of(&rows->all[i], json_array_get(evidence, i)));
    json_array_foreach(objects, index, object) out_table_row(out, object);
    out_table_end(out, extra);
    json_array_foreach(objects, index, object)
    {
        say_evidence(out, &rows->all[index], object);
    }
    for (size_t i = 0; i < rows->count; i++)
        say_trouble(out, &rows->all[i]);
    if (kept > 0 && kept == rows->count)
        out_say(out, "%s Every login after the revocation was refused.", out_symbol(out, OUT_YES));
    json_decref(objects);
    json_decref(extra);
}
