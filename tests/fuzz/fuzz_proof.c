/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/api/proof.c, core/audit/chain.c and the seals of heads: change logs whose rows were edited,
 * removed, put in, moved, exchanged, blanked or cut by somebody without a key. The verification
 * names the first row of each log that is not as it was written, and no other; a log that nobody
 * touched holds; an edited head is found by its seal.
 *
 * Input: edits of a kind and what they need, then which logs are verified.
 */
#include <stdlib.h>
#include <string.h>

#include "core/api/manage.h"
#include "core/api/proof.h"
#include "core/audit/chain.h"
#include "core/base/text.h"
#include "core/store/seal.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/world.h"

#define CHANGES_MAX 80
#define HEADS_MAX 8
#define ROOM 8 /* rows more than there were */
#define EDITS_MAX 6
#define ALL_EDITS 9

struct rows {
    struct pat_change_record changes[CHANGES_MAX + ROOM];
    size_t change_count;
    struct pat_head_record heads[HEADS_MAX];
    size_t head_count;
};

static struct rows golden, now;
static struct pat_host_record host;
static struct pat_store *store;
static bool touched[CHANGES_MAX + ROOM]; /* rows of now that have to be put back */

/* --- a store that is two arrays --- */

static enum pat_err
rows_open(const char *place, enum pat_store_mode mode, void **ret)
{
    (void)place;
    (void)mode;
    *ret = &now;
    return PAT_OK;
}

static void
rows_close(void *backend)
{
    (void)backend;
}

static enum pat_err
rows_get(void *backend, enum pat_row_kind kind, const char *tenant, const char *name, void *ret)
{
    (void)backend;
    (void)name;
    if (kind == PAT_ROW_HOST) {
        memcpy(ret, &host, sizeof host);
        return PAT_OK;
    }
    for (size_t i = 0; kind == PAT_ROW_HEAD && i < now.head_count; i++)
        if (pat_text_equal(now.heads[i].tenant, tenant)) {
            memcpy(ret, &now.heads[i], sizeof now.heads[i]);
            return PAT_OK;
        }
    return PAT_ERR_NOT_FOUND;
}

static const char *
text_of(const char *text)
{
    return text == NULL ? "" : text;
}

/* By name; golden's are in order, and an edit that renames one is found by its seal. */
static void
scan_heads(const struct pat_scan *scan, pat_scan_each *each, void *context)
{
    for (size_t i = 0; i < now.head_count; i++)
        if (strcmp(golden.heads[i].tenant, text_of(scan->after_name)) >= 0 &&
            !each(context, &now.heads[i]))
            return;
}

static const struct pat_change_record *
next_change(const char *tenant, int64_t after)
{
    const struct pat_change_record *found = NULL;

    for (size_t i = 0; i < now.change_count; i++)
        if (pat_text_equal(now.changes[i].tenant, tenant) && now.changes[i].seq > after &&
            (found == NULL || now.changes[i].seq < found->seq))
            found = &now.changes[i];
    return found;
}

static enum pat_err
rows_scan(void *backend, const struct pat_scan *scan, pat_scan_each *each, void *context)
{
    const struct pat_change_record *change;
    int64_t after = scan->number, left = scan->limit == 0 ? INT64_MAX : scan->limit;

    (void)backend;
    if (scan->what == PAT_SCAN_HEADS) {
        scan_heads(scan, each, context);
        return PAT_OK;
    }
    FUZZ_CHECK(scan->what == PAT_SCAN_CHANGES);
    while (left-- > 0 && (change = next_change(text_of(scan->tenant), after)) != NULL) {
        after = change->seq;
        if (!each(context, change))
            break;
    }
    return PAT_OK;
}

static const struct pat_store_ops ops = {
    .name = "rows", .open = rows_open, .close = rows_close, .get = rows_get, .scan = rows_scan};

/* --- logs as they were written --- */

static bool
keep_change(void *context, const void *record)
{
    (void)context;
    FUZZ_CHECK(golden.change_count < CHANGES_MAX);
    memcpy(&golden.changes[golden.change_count++], record, sizeof golden.changes[0]);
    return true;
}

static bool
keep_head(void *context, const void *record)
{
    (void)context;
    FUZZ_CHECK(golden.head_count < HEADS_MAX);
    memcpy(&golden.heads[golden.head_count++], record, sizeof golden.heads[0]);
    return true;
}

static void
log_more(struct pat_store *from, const char *tenant, const char *event, const char *user)
{
    const struct pat_key *key = pat_keyring_key(world_keyring(), PAT_KEYRING_CHAIN);
    struct pat_change_record change = {.at = WORLD_NOW};
    struct pat_digest link;

    pat_text_clip(change.tenant, sizeof change.tenant, tenant);
    pat_text_clip(change.event, sizeof change.event, event);
    pat_text_clip(change.user, sizeof change.user, user);
    pat_text_clip(change.actor, sizeof change.actor, "root");
    pat_text_clip(change.reason, sizeof change.reason, "canary");
    FUZZ_CHECK(pat_store_log_head(from, tenant, &change.seq, &link) == PAT_OK);
    change.seq++;
    change.generation = pat_store_next_generation(from);
    pat_chain_link(key, &link, &change);
    FUZZ_CHECK(pat_store_append(from, &change, NULL) == PAT_OK);
}

/* Bob's texts are erased, and a change says so; the oldest changes of another log are cut. */
static void
make_history(struct pat_store *from)
{
    struct pat_erasing erasing = {.tenant = "acme", .user = "bob", .upto = 1000};
    const struct pat_change_record *cut = NULL;
    int64_t erased = 0;

    FUZZ_CHECK(pat_store_begin(from, true) == PAT_OK);
    log_more(from, "", "tenant.create", "");
    log_more(from, "", "tenant.set", "");
    erasing.generation = pat_store_next_generation(from);
    FUZZ_CHECK(pat_store_erase(from, &erasing, &erased) == PAT_OK && erased > 0);
    log_more(from, "acme", "log.erase", "bob");
    log_more(from, "acme", "token.create", "bob");
    log_more(from, "acme", "token.create", "carol");
    for (size_t i = 0; i < golden.change_count; i++)
        if (pat_text_equal(golden.changes[i].tenant, "lab") && golden.changes[i].seq == 2)
            cut = &golden.changes[i];
    FUZZ_CHECK(cut != NULL && pat_store_cut(from, "lab", cut->seq, &cut->link) == PAT_OK);
    FUZZ_CHECK(pat_store_commit(from) == PAT_OK);
}

static void
read_golden(struct pat_store *from)
{
    static const char *const tenants[] = {"", "acme", "firm", "gone", "lab"};
    const struct pat_scan heads = {.what = PAT_SCAN_HEADS};

    golden.change_count = golden.head_count = 0;
    FUZZ_CHECK(pat_store_scan(from, &heads, keep_head, NULL) == PAT_OK);
    for (size_t i = 0; i < sizeof tenants / sizeof tenants[0]; i++) {
        const struct pat_scan scan = {.what = PAT_SCAN_CHANGES, .tenant = tenants[i]};

        FUZZ_CHECK(pat_store_scan(from, &scan, keep_change, NULL) == PAT_OK);
    }
    FUZZ_CHECK(pat_store_get(from, PAT_ROW_HOST, "", "", &host) == PAT_OK);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const struct pat_store_args args = {.ops = &ops, .place = "", .keyring = world_keyring()};
    struct pat_store *from = world_memory();

    (void)argc;
    (void)argv;
    read_golden(from);
    make_history(from);
    read_golden(from);
    pat_store_close(from);
    FUZZ_CHECK(golden.head_count >= 5 && golden.change_count > 20);
    memcpy(&now, &golden, sizeof now);
    FUZZ_CHECK(pat_store_open(&args, &store) == PAT_OK);
    return 0;
}

/* --- edits --- */

/* Another row of the same number cannot be, as no database would have it. */
static bool
is_taken(const struct pat_change_record *change)
{
    for (size_t i = 0; i < now.change_count; i++)
        if (&now.changes[i] != change && now.changes[i].seq == change->seq &&
            pat_text_equal(now.changes[i].tenant, change->tenant))
            return true;
    return false;
}

static void
remove_change(size_t index)
{
    size_t last = --now.change_count;

    if (index != last)
        memcpy(&now.changes[index], &now.changes[last], sizeof now.changes[0]);
    touched[index] = touched[last] = true;
}

static void
edit_field(struct fuzz_input *input, const struct pat_row_type *type, void *record)
{
    const struct pat_field *field = &type->fields[fuzz_pick(input, type->count)];
    unsigned char *at = pat_row_field(record, field);
    struct pat_optional *optional = (struct pat_optional *)(void *)at;
    uint8_t how = fuzz_byte(input);
    char text[64];

    switch (field->type) {
    case PAT_FIELD_TEXT:
        fuzz_text(input, text, sizeof text);
        pat_text_clip((char *)at, field->size, how < 128 ? text : "");
        break;
    case PAT_FIELD_INT32:
        *(int32_t *)(void *)at += (int8_t)how;
        break;
    case PAT_FIELD_INT64:
        *(int64_t *)(void *)at += (int8_t)how;
        break;
    case PAT_FIELD_BOOL:
        *(bool *)at = !*(bool *)at;
        break;
    case PAT_FIELD_OPTIONAL:
        optional->set = (how & 1) != 0;
        optional->at = optional->set ? how : 0;
        break;
    case PAT_FIELD_BYTES:
        at[fuzz_byte(input) % field->size] ^= how;
        break;
    }
}

/* As retention of texts does it, but by somebody else. */
static void
blank(struct pat_change_record *change)
{
    change->erased = true;
    memset(change->salt, 0, sizeof change->salt);
    change->before[0] = change->after[0] = change->reason[0] = change->claimed[0] = '\0';
}

static void
exchange(struct pat_change_record *one, struct pat_change_record *other, bool wholly)
{
    static struct pat_change_record held;
    int64_t first = one->seq, second = other->seq;

    held = *one;
    *one = *other;
    *other = held;
    if (!wholly) { /* the places, not the numbers */
        one->seq = first;
        other->seq = second;
    }
}

static void
edit_changes(struct fuzz_input *input, size_t kind)
{
    size_t at = fuzz_pick(input, now.change_count), other = fuzz_pick(input, now.change_count);
    struct pat_change_record *change = &now.changes[at];
    int64_t before = change->seq;

    touched[at] = true;
    switch (kind) {
    case 0:
    case 1:
        edit_field(input, pat_row_type(PAT_ROW_CHANGE), change);
        break;
    case 2:
        blank(change);
        break;
    case 3:
        change->seq += (int8_t)fuzz_byte(input);
        break;
    case 4:
        touched[other] = true;
        exchange(change, &now.changes[other], false);
        break;
    case 5:
        if (now.change_count == CHANGES_MAX + ROOM)
            return;
        touched[now.change_count] = true;
        change = &now.changes[now.change_count++];
        *change = now.changes[at];
        change->seq += (int8_t)fuzz_byte(input);
        if (is_taken(change) || change->seq == before)
            remove_change(now.change_count - 1);
        return;
    default:
        if (now.change_count > 1)
            remove_change(at);
        return;
    }
    if (is_taken(change) || change->seq < 1)
        remove_change(at);
}

static void
edit(struct fuzz_input *input)
{
    size_t kind = fuzz_pick(input, ALL_EDITS);

    if (kind < ALL_EDITS - 1)
        edit_changes(input, kind);
    else
        edit_field(input, pat_row_type(PAT_ROW_HEAD), &now.heads[fuzz_pick(input, now.head_count)]);
}

/* --- what must be found --- */

static bool
same_fields(enum pat_row_kind kind, const void *a, const void *b)
{
    const struct pat_row_type *type = pat_row_type(kind);

    for (size_t i = 0; i < type->count; i++) {
        const char *one = pat_row_field_const(a, &type->fields[i]);
        const char *other = pat_row_field_const(b, &type->fields[i]);

        if (type->fields[i].type == PAT_FIELD_TEXT ? strcmp(one, other) != 0
                                                   : memcmp(one, other, type->fields[i].size) != 0)
            return false;
    }
    return true;
}

/* What an erased row lacks the chain cannot miss: then a later change has to speak of it. */
static bool
same_but_text(const struct pat_change_record *was, const struct pat_change_record *is)
{
    static struct pat_change_record blanked;

    blanked = *was;
    blank(&blanked);
    memcpy(blanked.salt, is->salt, sizeof blanked.salt);
    return is->erased && same_fields(PAT_ROW_CHANGE, &blanked, is);
}

/* By a change up to this one. */
static bool
is_spoken_of(const struct pat_change_record *erased, int64_t upto)
{
    for (size_t i = 0; i < golden.change_count; i++)
        if (pat_text_equal(golden.changes[i].tenant, erased->tenant) &&
            pat_text_equal(golden.changes[i].event, "log.erase") &&
            pat_text_equal(golden.changes[i].user, erased->user) &&
            golden.changes[i].seq > erased->seq && golden.changes[i].seq <= upto)
            return true;
    return false;
}

/* The first erased change of a log up to this one that no other speaks of; or otherwise. */
static int64_t
first_unspoken(const struct pat_head_record *head, int64_t upto, int64_t otherwise)
{
    const struct pat_change_record *is = NULL;

    for (int64_t after = head->cut_seq;
         (is = next_change(head->tenant, after)) != NULL && is->seq <= upto; after = is->seq)
        if (is->erased && !is_spoken_of(is, upto))
            return is->seq;
    return otherwise;
}

/* The first change of a log that is not as it was written; 0: none. */
static int64_t
first_bad(const struct pat_head_record *head)
{
    int64_t after = head->cut_seq;
    const struct pat_change_record *is;

    for (size_t i = 0; i < golden.change_count; i++) {
        const struct pat_change_record *was = &golden.changes[i];

        if (!pat_text_equal(was->tenant, head->tenant))
            continue;
        is = next_change(head->tenant, after);
        if (is == NULL) /* cut off, and with it perhaps what spoke of another */
            return first_unspoken(head, after, was->seq);
        if (is->seq != was->seq ||
            (!same_fields(PAT_ROW_CHANGE, was, is) && !same_but_text(was, is)))
            return was->seq;
        after = was->seq;
    }
    if (next_change(head->tenant, after) != NULL)
        return head->seq + 1;
    return first_unspoken(head, after, 0);
}

static const struct pat_head_record *
find_head(const char *tenant)
{
    for (size_t i = 0; i < golden.head_count; i++)
        if (pat_text_equal(golden.heads[i].tenant, tenant))
            return &golden.heads[i];
    return NULL;
}

static bool
take_verdict(void *context, const struct pat_proof_verdict *verdict)
{
    const struct pat_head_record *head = find_head(verdict->tenant);
    int64_t expected;

    FUZZ_CHECK(head != NULL && verdict->head == head->seq && verdict->cut == head->cut_seq);
    expected = first_bad(head);
    FUZZ_CHECK_TEXT(verdict->bad == expected, verdict->what);
    FUZZ_CHECK((verdict->what[0] != '\0') == (expected != 0));
    FUZZ_CHECK(expected != 0 || verdict->checked == head->seq);
    ++*(size_t *)context;
    return true;
}

static void
put_back(void)
{
    for (size_t i = 0; i < CHANGES_MAX + ROOM; i++)
        if (touched[i])
            memcpy(&now.changes[i], &golden.changes[i], sizeof now.changes[0]);
    memset(touched, 0, sizeof touched);
    now.change_count = golden.change_count;
    memcpy(now.heads, golden.heads, sizeof now.heads);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input input = fuzz_input(bytes, len);
    struct pat_manage manage = {
        .context = world_context(), .store = store, .actor = {.is_operator = true}};
    struct pat_proof proof = {.done = false};
    size_t wanted = fuzz_pick(&input, 6), edits = fuzz_pick(&input, EDITS_MAX), verdicts = 0;
    const char *tenant = wanted < golden.head_count ? golden.heads[wanted].tenant : NULL;
    bool sealed = true;
    enum pat_err err = PAT_OK;

    for (size_t i = 0; i < edits && input.left > 0; i++)
        edit(&input);
    for (size_t i = 0; i < now.head_count; i++)
        sealed &= same_fields(PAT_ROW_HEAD, &golden.heads[i], &now.heads[i]);
    while (err == PAT_OK && !proof.done)
        err = pat_proof_step(&manage, tenant, &proof, take_verdict, &verdicts);
    pat_proof_close(&proof);
    if (sealed)
        FUZZ_CHECK(err == PAT_OK && verdicts == (tenant == NULL ? golden.head_count : 1));
    else if (tenant == NULL)
        FUZZ_CHECK(err != PAT_OK);
    put_back();
    return 0;
}
