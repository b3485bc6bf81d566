/* SPDX-License-Identifier: BSD-2-Clause */
/* The chain of a change log: every edit of a row and of its place is found, erased text is not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/audit/chain.h"
#include "core/base/text.h"
#include "tests/unit/support.h"

static const struct pat_key key = {"a key of thirty-two random bytes"};
static const struct pat_key other_key = {"another key, also thirty-two by."};
static const struct pat_digest start;

static void
make_change(unsigned number, const struct pat_digest *before, struct pat_change_record *ret)
{
    union pat_row row;

    support_row(PAT_ROW_CHANGE, number, &row);
    pat_chain_link(&key, before, &row.change);
    *ret = row.change;
}

static void
expect_state(const char *what, const struct pat_change_record *change, enum pat_chain_state wanted)
{
    expect_number(what, pat_chain_check(&key, &start, change), wanted);
}

/* Free text and its salt are told apart from the rest: erasing must not break the chain. */
static bool
is_text(const char *name)
{
    static const char *const texts[] = {"before", "after", "reason", "claimed", "salt"};

    for (size_t i = 0; i < COUNT(texts); i++)
        if (pat_text_equal(texts[i], name))
            return true;
    return false;
}

static void
every_edit_is_found(void **state)
{
    const struct pat_row_type *type = pat_row_type(PAT_ROW_CHANGE);
    struct pat_change_record change, edited;

    (void)state;
    make_change(3, &start, &change);
    expect_state("untouched", &change, PAT_CHAIN_WHOLE);
    for (size_t i = 0; i < type->count; i++) {
        const struct pat_field *field = &type->fields[i];

        if (pat_text_equal(field->name, "erased"))
            continue;
        edited = change;
        support_row_alter(&edited, field);
        expect_state(field->name, &edited,
                     is_text(field->name) ? PAT_CHAIN_EDITED_TEXT : PAT_CHAIN_BROKEN);
        if (field->type != PAT_FIELD_TEXT)
            continue;
        edited = change;
        *(char *)pat_row_field(&edited, field) = '\0';
        expect_state(field->name, &edited,
                     is_text(field->name) ? PAT_CHAIN_EDITED_TEXT : PAT_CHAIN_BROKEN);
    }
    edited = change;
    edited.login_uid = (struct pat_optional){.set = false};
    expect_state("no login uid", &edited, PAT_CHAIN_BROKEN);
}

static void
erase(struct pat_change_record *change)
{
    change->erased = true;
    change->before[0] = change->after[0] = change->reason[0] = change->claimed[0] = '\0';
}

static void
erased_text_verifies(void **state)
{
    struct pat_change_record change;

    (void)state;
    make_change(3, &start, &change);
    erase(&change);
    expect_state("erased", &change, PAT_CHAIN_WHOLE);
    memset(change.salt, 0, sizeof change.salt);
    expect_state("erased with its salt", &change, PAT_CHAIN_WHOLE);
    change.actor[0] = 'x';
    expect_state("erased and edited", &change, PAT_CHAIN_BROKEN);
}

/* A row that claims to be erased may not carry another text in its place. */
static void
erased_rows_hold_no_text(void **state)
{
    static const char *const names[] = {"before", "after", "reason", "claimed"};
    struct pat_change_record change;

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        make_change(3, &start, &change);
        erase(&change);
        pat_text_clip(pat_row_field(&change, support_field(PAT_ROW_CHANGE, names[i])), 16,
                      "forged");
        expect_state(names[i], &change, PAT_CHAIN_EDITED_TEXT);
    }
}

static void
texts_do_not_run_together(void **state)
{
    struct pat_change_record change;
    union pat_row row;

    (void)state;
    support_row(PAT_ROW_CHANGE, 3, &row);
    pat_text_clip(row.change.before, sizeof row.change.before, "ab");
    pat_text_clip(row.change.after, sizeof row.change.after, "c");
    pat_text_clip(row.change.user, sizeof row.change.user, "ab");
    pat_text_clip(row.change.subject, sizeof row.change.subject, "c");
    pat_chain_link(&key, &start, &row.change);
    change = row.change;
    pat_text_clip(change.before, sizeof change.before, "a");
    pat_text_clip(change.after, sizeof change.after, "bc");
    expect_state("texts", &change, PAT_CHAIN_EDITED_TEXT);
    change = row.change;
    pat_text_clip(change.user, sizeof change.user, "a");
    pat_text_clip(change.subject, sizeof change.subject, "bc");
    expect_state("names", &change, PAT_CHAIN_BROKEN);
}

/* Equal texts have different hashes: nobody learns an erased one by trying. */
static void
texts_are_salted(void **state)
{
    struct pat_change_record one, two;

    (void)state;
    make_change(3, &start, &one);
    make_change(3, &start, &two);
    assert_memory_not_equal(one.salt, two.salt, sizeof one.salt);
    assert_memory_not_equal(&one.text_hash, &two.text_hash, sizeof one.text_hash);
    assert_memory_not_equal(&one.link, &two.link, sizeof one.link);
}

static void
longest_changes_fit(void **state)
{
    const struct pat_row_type *type = pat_row_type(PAT_ROW_CHANGE);
    union pat_row row;

    (void)state;
    support_row(PAT_ROW_CHANGE, 3, &row);
    for (size_t i = 0; i < type->count; i++)
        if (type->fields[i].type == PAT_FIELD_TEXT) {
            char *text = pat_row_field(&row, &type->fields[i]);

            memset(text, 'm', type->fields[i].size - 1);
            text[type->fields[i].size - 1] = '\0';
        }
    pat_chain_link(&key, &start, &row.change);
    expect_state("longest", &row.change, PAT_CHAIN_WHOLE);
    row.change.claimed[sizeof row.change.claimed - 2] = 'n';
    expect_state("its last byte", &row.change, PAT_CHAIN_EDITED_TEXT);
}

#define LINKS 50

static void
place_is_part_of_it(void **state)
{
    struct pat_change_record changes[LINKS];

    (void)state;
    for (unsigned i = 0; i < LINKS; i++)
        make_change(i, i == 0 ? &start : &changes[i - 1].link, &changes[i]);
    for (size_t i = 0; i < LINKS; i++)
        for (size_t j = 0; j <= LINKS; j++) {
            const struct pat_digest *before = j == 0 ? &start : &changes[j - 1].link;
            enum pat_chain_state wanted = i == j ? PAT_CHAIN_WHOLE : PAT_CHAIN_BROKEN;

            expect_number("place", pat_chain_check(&key, before, &changes[i]), wanted);
            expect_number("key", pat_chain_check(&other_key, before, &changes[i]),
                          PAT_CHAIN_BROKEN);
        }
}

int
main(void)
{
    static struct support_list list;

    support_add(&list, "every edit is found", every_edit_is_found, NULL);
    support_add(&list, "erased text verifies", erased_text_verifies, NULL);
    support_add(&list, "erased rows hold no text", erased_rows_hold_no_text, NULL);
    support_add(&list, "texts do not run together", texts_do_not_run_together, NULL);
    support_add(&list, "texts are salted", texts_are_salted, NULL);
    support_add(&list, "the longest changes fit", longest_changes_fit, NULL);
    support_add(&list, "a place is part of a link", place_is_part_of_it, NULL);
    return support_run("chain", &list);
}
