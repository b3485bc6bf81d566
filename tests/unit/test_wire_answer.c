/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers on the verify socket. A client must never take a refusal for an acceptance, nor keep
 * anything of an answer that it did not understand.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/wire/wire.h"
#include "tests/unit/support_packet.h"

enum { ID = 1, USER, TENANT, REALM, UID, SCOPES = 128, SECONDS_LEFT, REPLACED };

static const enum pat_class classes[] = {PAT_CLASS_ACCEPTED, PAT_CLASS_OTHER, PAT_CLASS_REFUSED,
                                         PAT_CLASS_UNAVAILABLE, PAT_CLASS_NOT_PERMITTED};

/* --- round trips --- */

static const struct trip {
    const char *title;
    enum pat_class class;
    const char *realm, *scopes; /* NULL: absent */
    bool has_uid;
    uint32_t uid;
    bool has_end;
    uint32_t seconds_left;
    bool is_replaced;
} trips[] = {
    {"refused", PAT_CLASS_REFUSED, NULL, NULL, false, 0, false, 0, false},
    {"not a token", PAT_CLASS_OTHER, NULL, NULL, false, 0, false, 0, false},
    {"unavailable", PAT_CLASS_UNAVAILABLE, NULL, NULL, false, 0, false, 0, false},
    {"not permitted", PAT_CLASS_NOT_PERMITTED, NULL, NULL, false, 0, false, 0, false},
    {"accepted", PAT_CLASS_ACCEPTED, NULL, NULL, false, 0, false, 0, false},
    {"accepted with a realm", PAT_CLASS_ACCEPTED, "example.org", NULL, false, 0, false, 0, false},
    {"accepted with a uid", PAT_CLASS_ACCEPTED, NULL, NULL, true, 1000, false, 0, false},
    {"accepted with uid 0", PAT_CLASS_ACCEPTED, NULL, NULL, true, 0, false, 0, false},
    {"accepted with the highest uid", PAT_CLASS_ACCEPTED, NULL, NULL, true, UINT32_MAX, false, 0,
     false},
    {"accepted with scopes", PAT_CLASS_ACCEPTED, NULL, "mail:*,ssh:login", false, 0, false, 0,
     false},
    {"accepted with an end", PAT_CLASS_ACCEPTED, NULL, NULL, false, 0, true, 86400, false},
    {"accepted, and it ends now", PAT_CLASS_ACCEPTED, NULL, NULL, false, 0, true, 0, false},
    {"accepted, and replaced", PAT_CLASS_ACCEPTED, NULL, NULL, true, 7, true, UINT32_MAX, true},
    {"accepted with everything", PAT_CLASS_ACCEPTED, "example.org", "a:b", true, 4294967294, true,
     1, true},
};

static void
put_names(struct support_packet *packet)
{
    support_packet_text(packet, ID, "m3rjhkwz");
    support_packet_text(packet, USER, "alice");
    support_packet_text(packet, TENANT, "acme");
}

static void
answer_comes_back(void **state)
{
    const struct trip *one = *state;
    bool accepted = one->class == PAT_CLASS_ACCEPTED;
    unsigned char bytes[PAT_WIRE_MAX], uid[4], left[4];
    struct pat_answer answer, got;
    struct support_packet packet;
    size_t len;

    memset(&answer, 0, sizeof answer);
    answer.class = one->class;
    answer.has_uid = one->has_uid;
    answer.uid = one->uid;
    for (size_t i = 0; i < sizeof answer.nonce; i++)
        answer.nonce[i] = (unsigned char)i;
    for (size_t i = 0; i < sizeof uid; i++)
        uid[i] = (unsigned char)(one->uid >> (24 - 8 * i));
    for (size_t i = 0; i < sizeof left; i++)
        left[i] = (unsigned char)(one->seconds_left >> (24 - 8 * i));
    support_packet_begin(&packet, 2);
    support_packet_class(&packet, (uint32_t)one->class);
    if (accepted) {
        pat_text_clip(answer.id, sizeof answer.id, "m3rjhkwz");
        pat_text_clip(answer.user, sizeof answer.user, "alice");
        pat_text_clip(answer.tenant, sizeof answer.tenant, "acme");
        put_names(&packet);
    }
    if (one->realm != NULL) {
        pat_text_clip(answer.realm, sizeof answer.realm, one->realm);
        support_packet_text(&packet, REALM, one->realm);
    }
    if (one->has_uid)
        support_packet_field(&packet, UID, uid, sizeof uid);
    if (one->scopes != NULL) {
        pat_text_clip(answer.scopes, sizeof answer.scopes, one->scopes);
        support_packet_text(&packet, SCOPES, one->scopes);
    }
    answer.has_end = one->has_end;
    answer.seconds_left = one->seconds_left;
    answer.is_replaced = one->is_replaced;
    if (one->has_end)
        support_packet_field(&packet, SECONDS_LEFT, left, sizeof left);
    if (one->is_replaced)
        support_packet_text(&packet, REPLACED, "");
    support_packet_end(&packet);
    len = pat_wire_put_answer(&answer, bytes);
    assert_int_equal(len, packet.len);
    assert_memory_equal(bytes, packet.bytes, len);
    memset(&got, 0xaa, sizeof got);
    assert_ok(pat_wire_get_answer(bytes, len, &got));
    assert_memory_equal(&got, &answer, sizeof got);
}

/* Only an acceptance carries names, whatever stands in the answer. */
static void
refusals_say_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(classes); i++) {
        struct pat_answer answer = {.class = classes[i],
                                    .id = "m3rjhkwz",
                                    .user = "alice",
                                    .tenant = "acme",
                                    .realm = "example.org",
                                    .has_uid = true,
                                    .uid = 7,
                                    .scopes = {"a:b"},
                                    .has_end = true,
                                    .is_replaced = true};
        unsigned char bytes[PAT_WIRE_MAX];
        size_t len = pat_wire_put_answer(&answer, bytes);

        if (classes[i] == PAT_CLASS_ACCEPTED)
            assert_true(len > 60);
        else
            assert_int_equal(len, 2 + 2 + 16 + 4);
    }
}

/* --- refusals of the reader --- */

static void
expect_refused(const char *title, const struct support_packet *packet, size_t len)
{
    static const struct pat_answer nothing = {.class = PAT_CLASS_UNAVAILABLE};
    struct pat_answer got;

    memset(&got, 0xaa, sizeof got);
    if (pat_wire_get_answer(packet->bytes, len, &got) != PAT_ERR_SYNTAX)
        fail_msg("%s: it was taken", title);
    if (memcmp(&got, &nothing, sizeof got) != 0)
        fail_msg("%s: something is left", title);
}

static void
make_accepted(struct support_packet *packet)
{
    support_packet_begin(packet, 2);
    support_packet_class(packet, (uint32_t)PAT_CLASS_ACCEPTED);
    put_names(packet);
}

static void
cut_and_prolonged(void **state)
{
    struct support_packet packet;

    (void)state;
    make_accepted(&packet);
    for (size_t len = packet.len; len-- > 0;) {
        struct support_packet cut = packet;

        support_packet_end(&cut);
        expect_refused("cut", &cut, len);
        cut.len = len;
        if (len >= 20)
            support_packet_end(&cut);
        if (len >= 20)
            expect_refused("cut, and its length with it", &cut, len);
    }
    support_packet_end(&packet);
    packet.len++;
    expect_refused("a byte behind", &packet, packet.len);
    support_packet_end(&packet);
    expect_refused("a byte within", &packet, packet.len);
}

static void
headers_are_checked(void **state)
{
    static const unsigned char values[] = {0, 3, 4, 127, 128, 254, 255};
    struct support_packet packet, wrong;

    (void)state;
    make_accepted(&packet);
    support_packet_end(&packet);
    for (size_t at = 0; at < 4; at++)
        for (size_t i = 0; i < COUNT(values); i++) {
            wrong = packet;
            if (wrong.bytes[at] == values[i])
                continue;
            wrong.bytes[at] = values[i];
            expect_refused("header", &wrong, wrong.len);
        }
    packet.bytes[1] = 1; /* a request is no answer */
    expect_refused("type", &packet, packet.len);
}

static const struct bound {
    const char *title;
    unsigned tag;
    size_t min, max;
} bounds[] = {
    {"id", ID, PAT_ID_LEN, PAT_ID_LEN},
    {"user", USER, 1, PAT_USER_MAX},
    {"tenant", TENANT, 1, PAT_TENANT_MAX},
    {"realm", REALM, 1, PAT_REALM_MAX},
    {"uid", UID, 4, 4},
    {"scopes", SCOPES, 0, PAT_SCOPES_TEXT - 1},
    {"seconds left", SECONDS_LEFT, 4, 4},
};

static void
field_lengths(void **state)
{
    const struct bound *one = *state;
    const size_t lengths[] = {0, 1, one->max - 1, one->max, one->max + 1};
    static const unsigned tags[] = {ID, USER, TENANT, REALM, UID, SCOPES, SECONDS_LEFT};
    char text[1100];

    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct support_packet packet;
        struct pat_answer got;

        support_packet_begin(&packet, 2);
        support_packet_class(&packet, (uint32_t)PAT_CLASS_ACCEPTED);
        for (size_t j = 0; j < COUNT(tags); j++) {
            if (tags[j] == one->tag)
                support_packet_field(&packet, tags[j], text, lengths[i]);
            else if (tags[j] <= TENANT)
                support_packet_text(&packet, tags[j], "abcdefgh");
        }
        support_packet_end(&packet);
        if (lengths[i] >= one->min && lengths[i] <= one->max)
            assert_ok(pat_wire_get_answer(packet.bytes, packet.len, &got));
        else
            expect_refused(one->title, &packet, packet.len);
    }
}

static void
acceptances_are_complete(void **state)
{
    (void)state;
    for (unsigned missing = ID; missing <= TENANT; missing++) {
        struct support_packet packet;

        support_packet_begin(&packet, 2);
        support_packet_class(&packet, (uint32_t)PAT_CLASS_ACCEPTED);
        for (unsigned tag = ID; tag <= TENANT; tag++)
            if (tag != missing)
                support_packet_text(&packet, tag, "abcdefgh");
        support_packet_end(&packet);
        expect_refused("missing", &packet, packet.len);
    }
}

/* Nothing but an acceptance has fields of its own. */
static void
refusals_have_no_fields(void **state)
{
    static const unsigned tags[] = {ID, USER, TENANT, REALM, UID, SCOPES, SECONDS_LEFT, REPLACED};

    (void)state;
    for (size_t i = 1; i < COUNT(classes); i++)
        for (size_t j = 0; j < COUNT(tags); j++) {
            struct support_packet packet;

            support_packet_begin(&packet, 2);
            support_packet_class(&packet, (uint32_t)classes[i]);
            support_packet_text(&packet, tags[j],
                                tags[j] == UID || tags[j] == SECONDS_LEFT ? "0000" : "abcdefgh");
            support_packet_end(&packet);
            expect_refused("a refusal with a field", &packet, packet.len);
        }
}

/* What informs may be added by a later version; what decides may not. */
static void
informing_fields_are_ignored(void **state)
{
    (void)state;
    for (unsigned tag = 0; tag < 256; tag++)
        for (size_t i = 0; i < COUNT(classes); i++) {
            struct support_packet packet;
            struct pat_answer got;

            if ((tag >= ID && tag <= UID) || (tag >= SCOPES && tag <= REPLACED))
                continue;
            support_packet_begin(&packet, 2);
            support_packet_class(&packet, (uint32_t)classes[i]);
            if (tag == 0)
                support_packet_text(&packet, tag, "x");
            if (classes[i] == PAT_CLASS_ACCEPTED)
                put_names(&packet);
            if (tag != 0)
                support_packet_text(&packet, tag, "anything at all");
            support_packet_end(&packet);
            if (tag <= SCOPES) {
                expect_refused("an unknown field", &packet, packet.len);
                continue;
            }
            assert_ok(pat_wire_get_answer(packet.bytes, packet.len, &got));
            assert_int_equal(got.class, classes[i]);
            assert_int_equal(got.scopes[0], '\0');
        }
}

/* That it was replaced says something of its end only. */
static void
replaced_stands_beside_an_end(void **state)
{
    static const struct {
        const char *title;
        bool has_end;
        const char *replaced;
        bool taken;
    } cases[] = {
        {"with an end", true, "", true},
        {"without one", false, "", false},
        {"not empty", true, "x", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct support_packet packet;
        struct pat_answer got;

        make_accepted(&packet);
        if (cases[i].has_end)
            support_packet_text(&packet, SECONDS_LEFT, "0000");
        support_packet_text(&packet, REPLACED, cases[i].replaced);
        support_packet_end(&packet);
        if (!cases[i].taken) {
            expect_refused(cases[i].title, &packet, packet.len);
            continue;
        }
        assert_ok(pat_wire_get_answer(packet.bytes, packet.len, &got));
        assert_true(got.has_end && got.is_replaced && got.seconds_left == 0x30303030);
    }
}

static void
order_and_repetition(void **state)
{
    static const unsigned tags[] = {ID, USER, TENANT, REALM, UID, SCOPES, 131, 255};

    (void)state;
    for (size_t i = 0; i < COUNT(tags); i++)
        for (size_t j = 0; j <= i; j++) {
            struct support_packet packet;

            support_packet_begin(&packet, 2);
            support_packet_class(&packet, (uint32_t)PAT_CLASS_ACCEPTED);
            for (size_t k = 0; k <= i; k++)
                if (k == i || k != j)
                    support_packet_text(&packet, tags[k], tags[k] == UID ? "0000" : "abcdefgh");
            support_packet_text(&packet, tags[j], tags[j] == UID ? "0000" : "abcdefgh");
            support_packet_end(&packet);
            expect_refused("order", &packet, packet.len);
        }
}

/* An answer is at most 2048 bytes, filled here by a field that nobody knows. */
static void
longest_packet(void **state)
{
    char filler[2048] = "";

    (void)state;
    for (size_t over = 0; over < 2; over++) {
        struct support_packet packet;
        struct pat_answer got;

        make_accepted(&packet);
        support_packet_field(&packet, 200, filler, PAT_WIRE_MAX - packet.len - 3 + over);
        support_packet_end(&packet);
        assert_int_equal(packet.len, PAT_WIRE_MAX + over);
        if (over == 0)
            assert_ok(pat_wire_get_answer(packet.bytes, packet.len, &got));
        else
            expect_refused("too long", &packet, packet.len);
    }
}

/* --- classes --- */

/* No flipped bit makes an acceptance of anything else, with or without names. */
static void
flipped_classes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(classes); i++)
        for (unsigned bit = 0; bit < 32; bit++) {
            const uint32_t value = (uint32_t)classes[i] ^ (UINT32_C(1) << bit);
            struct support_packet packet;
            struct pat_answer got;

            support_packet_begin(&packet, 2);
            support_packet_class(&packet, value);
            support_packet_end(&packet);
            assert_ok(pat_wire_get_answer(packet.bytes, packet.len, &got));
            assert_int_equal(got.class, PAT_CLASS_UNAVAILABLE);
            put_names(&packet);
            support_packet_end(&packet);
            expect_refused("flipped, with names", &packet, packet.len);
        }
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, trips, answer_comes_back);
    support_add(&list, "refusals say nothing", refusals_say_nothing, NULL);
    support_add(&list, "cut and prolonged", cut_and_prolonged, NULL);
    support_add(&list, "headers are checked", headers_are_checked, NULL);
    SUPPORT_TABLE(&list, bounds, field_lengths);
    support_add(&list, "acceptances are complete", acceptances_are_complete, NULL);
    support_add(&list, "refusals have no fields", refusals_have_no_fields, NULL);
    support_add(&list, "informing fields are ignored", informing_fields_are_ignored, NULL);
    support_add(&list, "replaced stands beside an end", replaced_stands_beside_an_end, NULL);
    support_add(&list, "order and repetition", order_and_repetition, NULL);
    support_add(&list, "the longest packet", longest_packet, NULL);
    support_add(&list, "flipped classes", flipped_classes, NULL);
    return support_run("wire answers", &list);
}
