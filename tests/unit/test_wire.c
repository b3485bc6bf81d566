/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests on the verify socket: what is written reads back, and anything but a whole, ordered
 * packet of known fields is refused and leaves nothing behind.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/wire/wire.h"
#include "tests/unit/support_packet.h"

enum { SERVICE = 1, LOGIN, REALM, TENANT, ADDRESS, TOKEN, WANTS };

/* --- round trips --- */

static const struct trip {
    const char *title;
    const char *service, *login, *realm, *tenant, *address; /* NULL: absent */
    size_t token_len;
    unsigned char wants; /* its bits; 0: absent */
} trips[] = {
    {"the least", "sshd", NULL, NULL, NULL, NULL, 1, 0},
    {"with a login name", "sshd", "alice", NULL, NULL, NULL, 60, 0},
    {"with an empty login name", "sshd", "", NULL, NULL, NULL, 60, 0},
    {"with an empty realm", "imap", "alice", "", NULL, NULL, 60, 0},
    {"with an empty address", "imap", "alice", NULL, NULL, "", 60, 0},
    {"with a realm only", "http", NULL, "example.org", NULL, NULL, 60, 0},
    {"with a claimed tenant", "http", NULL, NULL, "acme", NULL, 60, 0},
    {"with an address", "http", NULL, NULL, NULL, "2001:db8::1", 60, 0},
    {"asking for scopes", "http", NULL, NULL, NULL, NULL, 60, 1},
    {"asking for its end", "http", NULL, NULL, NULL, NULL, 60, 2},
    {"asking for both", "http", NULL, NULL, NULL, NULL, 60, 3},
    {"with everything", "submission", "alice@example.org", "example.org", "acme", "192.0.2.1", 512,
     3},
};

static void
fill_request(const struct trip *trip, struct pat_request *ret)
{
    struct support_random random = {.state = 5};
    char token[PAT_SECRET_MAX];

    memset(ret, 0, sizeof *ret);
    for (size_t i = 0; i < sizeof ret->nonce; i++)
        ret->nonce[i] = (unsigned char)i;
    pat_text_clip(ret->service, sizeof ret->service, trip->service);
    ret->has_login = trip->login != NULL;
    pat_text_clip(ret->login, sizeof ret->login, ret->has_login ? trip->login : "");
    ret->has_realm = trip->realm != NULL;
    pat_text_clip(ret->realm, sizeof ret->realm, ret->has_realm ? trip->realm : "");
    pat_text_clip(ret->tenant, sizeof ret->tenant, trip->tenant == NULL ? "" : trip->tenant);
    ret->has_address = trip->address != NULL;
    pat_text_clip(ret->address, sizeof ret->address, ret->has_address ? trip->address : "");
    ret->wants_scopes = (trip->wants & 1) != 0;
    ret->wants_end = (trip->wants & 2) != 0;
    support_bytes(&random, token, sizeof token);
    assert_ok(pat_secret_set(&ret->token, token, trip->token_len)); /* NULs and all */
}

static void
request_comes_back(void **state)
{
    const struct trip *one = *state;
    unsigned char bytes[PAT_WIRE_MAX];
    struct support_packet packet;
    struct pat_request request, got;
    size_t len;

    fill_request(one, &request);
    len = pat_wire_put_request(&request, bytes);
    support_packet_begin(&packet, 1);
    support_packet_text(&packet, SERVICE, one->service);
    if (one->login != NULL)
        support_packet_text(&packet, LOGIN, one->login);
    if (one->realm != NULL)
        support_packet_text(&packet, REALM, one->realm);
    if (one->tenant != NULL)
        support_packet_text(&packet, TENANT, one->tenant);
    if (one->address != NULL)
        support_packet_text(&packet, ADDRESS, one->address);
    support_packet_field(&packet, TOKEN, request.token.bytes, request.token.len);
    if (one->wants != 0)
        support_packet_field(&packet, WANTS, &one->wants, 1);
    support_packet_end(&packet);
    assert_int_equal(len, packet.len);
    assert_memory_equal(bytes, packet.bytes, len);
    memset(&got, 0xaa, sizeof got);
    assert_ok(pat_wire_get_request(bytes, len, &got));
    assert_memory_equal(&got, &request, sizeof got);
}

/* --- one field too many, too few, too long --- */

static void
make_request(struct support_packet *packet)
{
    support_packet_begin(packet, 1);
    support_packet_text(packet, SERVICE, "sshd");
    support_packet_text(packet, LOGIN, "alice");
    support_packet_text(packet, TOKEN, "secret");
}

static void
expect_refused(const char *title, const void *bytes, size_t len)
{
    struct pat_request got;

    memset(&got, 0xaa, sizeof got);
    if (pat_wire_get_request(bytes, len, &got) != PAT_ERR_SYNTAX)
        fail_msg("%s: it was taken", title);
    expect_filled(title, &got, 0, sizeof got);
}

static const struct bound {
    const char *title;
    unsigned tag;
    size_t min, max;
} bounds[] = {
    {"service", SERVICE, 1, PAT_SERVICE_MAX}, {"login", LOGIN, 0, PAT_LOGIN_MAX},
    {"realm", REALM, 0, PAT_REALM_MAX},       {"tenant", TENANT, 1, PAT_TENANT_MAX},
    {"address", ADDRESS, 0, PAT_ADDRESS_MAX}, {"token", TOKEN, 1, PAT_SECRET_MAX},
};

static void
field_lengths(void **state)
{
    const struct bound *one = *state;
    const size_t lengths[] = {0, 1, one->max - 1, one->max, one->max + 1, one->max + 200};
    char text[1024];

    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct support_packet packet;
        struct pat_request got;

        support_packet_begin(&packet, 1);
        for (unsigned tag = SERVICE; tag <= TOKEN; tag++) {
            if (tag == one->tag)
                support_packet_field(&packet, tag, text, lengths[i]);
            else if (tag == SERVICE || tag == TOKEN)
                support_packet_text(&packet, tag, "x");
        }
        support_packet_end(&packet);
        if (lengths[i] >= one->min && lengths[i] <= one->max)
            assert_ok(pat_wire_get_request(packet.bytes, packet.len, &got));
        else
            expect_refused(one->title, packet.bytes, packet.len);
    }
}

/* Each length field, whatever else it says. */
static void
lengths_within_a_packet(void **state)
{
    static const unsigned lengths[] = {0, 1, 3, 5, 6, 7, 255, 256, 0x7fff, 0x8000, 0xffff};
    struct support_packet packet;
    size_t at = 20 + 1; /* of the first field's length */

    (void)state;
    make_request(&packet);
    support_packet_end(&packet);
    while (at < packet.len) {
        const unsigned right = packet.bytes[at] * 256U + packet.bytes[at + 1];

        for (size_t i = 0; i < COUNT(lengths); i++) {
            if (lengths[i] == right)
                continue;
            packet.bytes[at] = (unsigned char)(lengths[i] >> 8);
            packet.bytes[at + 1] = (unsigned char)(lengths[i] & 0xff);
            expect_refused("length", packet.bytes, packet.len);
        }
        packet.bytes[at] = (unsigned char)(right >> 8);
        packet.bytes[at + 1] = (unsigned char)(right & 0xff);
        at += 2 + right + 1;
    }
}

static const struct header {
    const char *title;
    size_t at;
    int values[8]; /* -1 ends them */
} headers[] = {
    {"version", 0, {0, 2, 3, 127, 128, 255, -1}},
    {"type", 1, {0, 2, 3, 127, 128, 255, -1}},
    {"length, high byte", 2, {1, 2, 127, 128, 255, -1}},
    {"length, low byte", 3, {0, 1, 19, 20, 128, 255, -1}},
};

static void
header_values(void **state)
{
    const struct header *one = *state;
    struct support_packet packet;

    make_request(&packet);
    support_packet_end(&packet);
    for (size_t i = 0; one->values[i] != -1; i++) {
        packet.bytes[one->at] = (unsigned char)one->values[i];
        expect_refused(one->title, packet.bytes, packet.len);
    }
}

/* --- shapes --- */

static void
cut_at_every_byte(void **state)
{
    struct support_packet packet;

    (void)state;
    make_request(&packet);
    for (size_t len = packet.len; len-- > 0;) {
        struct support_packet cut = packet;

        support_packet_end(&cut);
        expect_refused("cut", cut.bytes, len); /* with the length it had */
        cut.len = len;
        if (len >= 20) {
            support_packet_end(&cut);
            expect_refused("cut, and its length with it", cut.bytes, len);
        }
    }
}

static void
junk_behind(void **state)
{
    struct support_packet packet;

    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        make_request(&packet);
        support_packet_end(&packet);
        packet.bytes[packet.len++] = (unsigned char)value;
        expect_refused("a byte behind the length", packet.bytes, packet.len);
        support_packet_end(&packet);
        expect_refused("a byte within the length", packet.bytes, packet.len);
    }
}

static void
unknown_fields(void **state)
{
    (void)state;
    for (unsigned tag = 0; tag < 256; tag++) {
        struct support_packet packet;

        if (tag >= SERVICE && tag <= WANTS)
            continue;
        support_packet_begin(&packet, 1);
        if (tag == 0)
            support_packet_text(&packet, tag, "x");
        support_packet_text(&packet, SERVICE, "sshd");
        support_packet_text(&packet, TOKEN, "secret");
        if (tag > WANTS)
            support_packet_text(&packet, tag, "x");
        support_packet_end(&packet);
        expect_refused("unknown", packet.bytes, packet.len);
    }
}

/* Every pair of fields in the wrong order, and every field twice. */
static void
order_and_repetition(void **state)
{
    const unsigned char one = 1;

    (void)state;
    for (unsigned first = SERVICE; first <= WANTS; first++)
        for (unsigned second = SERVICE; second <= first; second++) {
            struct support_packet packet;

            support_packet_begin(&packet, 1);
            for (unsigned tag = SERVICE; tag < first; tag++)
                if ((tag == SERVICE || tag == TOKEN) && tag != second)
                    support_packet_text(&packet, tag, "x");
            support_packet_field(&packet, first, first == WANTS ? (const void *)&one : "x", 1);
            support_packet_field(&packet, second, second == WANTS ? (const void *)&one : "x", 1);
            for (unsigned tag = first + 1; tag <= TOKEN; tag++)
                if (tag == TOKEN)
                    support_packet_text(&packet, tag, "x");
            support_packet_end(&packet);
            expect_refused("order", packet.bytes, packet.len);
        }
}

static void
missing_fields(void **state)
{
    struct support_packet packet;

    (void)state;
    support_packet_begin(&packet, 1);
    support_packet_end(&packet);
    expect_refused("nothing", packet.bytes, packet.len);
    support_packet_text(&packet, SERVICE, "sshd");
    support_packet_end(&packet);
    expect_refused("no token", packet.bytes, packet.len);
    support_packet_begin(&packet, 1);
    support_packet_text(&packet, LOGIN, "alice");
    support_packet_text(&packet, TOKEN, "secret");
    support_packet_end(&packet);
    expect_refused("no service", packet.bytes, packet.len);
}

static void
texts_hold_no_nul(void **state)
{
    (void)state;
    for (unsigned field = SERVICE; field <= TOKEN; field++) {
        struct support_packet packet;
        struct pat_request got;

        support_packet_begin(&packet, 1);
        for (unsigned tag = SERVICE; tag <= TOKEN; tag++)
            support_packet_field(&packet, tag, tag == field ? "a\0b" : "abc", 3);
        support_packet_end(&packet);
        if (field != TOKEN) {
            expect_refused("a NUL", packet.bytes, packet.len);
            continue;
        }
        assert_ok(pat_wire_get_request(packet.bytes, packet.len, &got));
        assert_memory_equal(got.token.bytes, "a\0b", 4);
        assert_int_equal(got.token.len, 3);
    }
}

static void
wants_is_one_byte_of_known_bits(void **state)
{
    (void)state;
    for (unsigned value = 0; value < 256; value++)
        for (size_t len = 0; len < 3; len++) {
            const unsigned char bytes[2] = {(unsigned char)value, 0};
            struct support_packet packet;
            struct pat_request got;

            make_request(&packet);
            support_packet_field(&packet, WANTS, bytes, len);
            support_packet_end(&packet);
            if (len != 1 || value == 0 || value > 3) {
                expect_refused("wants", packet.bytes, packet.len);
                continue;
            }
            assert_ok(pat_wire_get_request(packet.bytes, packet.len, &got));
            assert_int_equal(got.wants_scopes, value & 1);
            assert_int_equal(got.wants_end, value >> 1);
        }
}

/* Whatever is taken is written again exactly as it came: no two packets mean the same. */
static void
taken_packets_are_canonical(void **state)
{
    struct support_random random = {.state = 17};
    unsigned char again[PAT_WIRE_MAX];
    size_t taken = 0;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        struct support_packet packet;
        struct pat_request got;
        size_t changes = support_below(&random, 4);

        make_request(&packet);
        support_packet_end(&packet);
        for (size_t j = 0; j < changes; j++)
            packet.bytes[support_below(&random, packet.len)] =
                (unsigned char)(support_below(&random, 2) == 0 ? support_below(&random, 8)
                                                               : support_below(&random, 256));
        if (pat_wire_get_request(packet.bytes, packet.len, &got) != PAT_OK)
            continue;
        taken++;
        assert_int_equal(pat_wire_put_request(&got, again), packet.len);
        assert_memory_equal(again, packet.bytes, packet.len);
    }
    assert_in_range(taken, 50000, 199999);
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, trips, request_comes_back);
    SUPPORT_TABLE(&list, bounds, field_lengths);
    SUPPORT_TABLE(&list, headers, header_values);
    support_add(&list, "lengths within a packet", lengths_within_a_packet, NULL);
    support_add(&list, "cut at every byte", cut_at_every_byte, NULL);
    support_add(&list, "junk behind", junk_behind, NULL);
    support_add(&list, "unknown fields", unknown_fields, NULL);
    support_add(&list, "order and repetition", order_and_repetition, NULL);
    support_add(&list, "missing fields", missing_fields, NULL);
    support_add(&list, "texts hold no NUL", texts_hold_no_nul, NULL);
    support_add(&list, "wants is one byte of known bits", wants_is_one_byte_of_known_bits, NULL);
    support_add(&list, "what is taken is canonical", taken_packets_are_canonical, NULL);
    return support_run("wire requests", &list);
}
