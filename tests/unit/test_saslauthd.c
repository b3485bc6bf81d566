/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests on the mux socket, written by the comment of wire/saslauthd.h alone: whole ones are
 * taken field by field, every beginning of one waits, and what is left over or too long is neither.
 */
#include <string.h>

#include "core/base/text.h"
#include "core/wire/saslauthd.h"
#include "tests/unit/support.h"

struct bytes {
    unsigned char at[4096];
    size_t len;
};

static void
put_field(struct bytes *bytes, const char *text, size_t len)
{
    bytes->at[bytes->len++] = (unsigned char)(len >> 8);
    bytes->at[bytes->len++] = (unsigned char)len;
    memcpy(bytes->at + bytes->len, text, len);
    bytes->len += len;
}

static void
put_text(struct bytes *bytes, const char *text)
{
    put_field(bytes, text, strlen(text));
}

#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16
#define X45 X16 X16 "xxxxxxxxxxxxx"
#define X253 X64 X64 X64 X16 X16 X16 "xxxxxxxxxxxxx"

static const struct whole {
    const char *title;
    const char *user, *password, *service, *realm, *address; /* the last NULL: four fields */
    const char *numeric;                                     /* of the address; NULL: none */
} wholes[] = {
    {"four fields", "alice", "pat_x", "imap", "", NULL, NULL},
    {"a realm", "alice", "pat_x", "imap", "example.org", NULL, NULL},
    {"an empty fifth field", "alice", "pat_x", "imap", "", "", NULL},
    {"an IPv4 address", "alice", "pat_x", "smtp", "", "192.0.2.7;40000", "192.0.2.7"},
    {"an IPv6 address", "alice", "pat_x", "smtp", "r", "2001:db8::1;1", "2001:db8::1"},
    {"an address with a zone", "alice", "p", "smtp", "", "fe80::1%eth0;25", "fe80::1%eth0"},
    {"an address that is none", "alice", "p", "smtp", "", "host.example;25", "host.example"},
    {"two semicolons", "alice", "p", "smtp", "", "a;b;25", "a;b"},
    {"the longest address", "alice", "p", "smtp", "", X45 ";65535", X45},
    {"a name with @", "alice@x@y", "p", "smtp", "z", NULL, NULL},
    {"nothing in any field", "", "", "", "", NULL, NULL},
    {"newlines", "a\nb", "c\nd", "e\n", "\n", NULL, NULL},
    {"the longest fields", X64 X64 X64 X64, X64 X64 X64 X64, X16 "xxxxxxxxxxxxxxx", X253, NULL,
     NULL},
};

static void
write_whole(const struct whole *one, struct bytes *ret)
{
    ret->len = 0;
    put_text(ret, one->user);
    put_text(ret, one->password);
    put_text(ret, one->service);
    put_text(ret, one->realm);
    if (one->address != NULL)
        put_text(ret, one->address);
}

static void
whole_is_taken(void **state)
{
    const struct whole *one = *state;
    struct pat_request request;
    struct bytes bytes;

    write_whole(one, &bytes);
    memset(&request, 0xaa, sizeof request);
    assert_ok(pat_saslauthd_get_request(bytes.at, bytes.len, &request));
    assert_true(request.has_login);
    expect_text("login", request.login, one->user);
    assert_int_equal(request.token.len, strlen(one->password));
    expect_text("token", request.token.bytes, one->password);
    expect_text("service", request.service, one->service);
    assert_int_equal(request.has_realm, one->realm[0] != '\0');
    expect_text("realm", request.realm, one->realm);
    assert_int_equal(request.has_address, one->numeric != NULL);
    expect_text("address", request.address, one->numeric == NULL ? "" : one->numeric);
    expect_text("tenant", request.tenant, "");
    assert_false(request.wants_scopes);
}

static bool
is_zero(const struct pat_request *request)
{
    static const struct pat_request none;

    return memcmp(request, &none, sizeof none) == 0;
}

static void
beginning_waits(void **state)
{
    const struct whole *one = *state;
    struct pat_request request;
    struct bytes four, bytes;

    write_whole(one, &bytes);
    four.len = 0;
    put_text(&four, one->user);
    put_text(&four, one->password);
    put_text(&four, one->service);
    put_text(&four, one->realm);
    for (size_t len = 0; len < bytes.len; len++) {
        enum pat_err err = pat_saslauthd_get_request(bytes.at, len, &request);

        assert_int_equal(err, len == four.len ? PAT_OK : PAT_ERR_BUSY);
        if (err != PAT_OK)
            assert_true(is_zero(&request));
    }
}

/* --- what is not taken --- */

enum { USER, PASSWORD, SERVICE, REALM, ADDRESS };

static const struct wrong {
    const char *title;
    unsigned field;
    size_t len; /* of a field of x; 0: text */
    const char *text;
    enum pat_err err;
} wrongs[] = {
    {"a user of 257", USER, 257, NULL, PAT_ERR_RANGE},
    {"a password of 257", PASSWORD, 257, NULL, PAT_ERR_RANGE},
    {"a password of 2000", PASSWORD, 2000, NULL, PAT_ERR_RANGE},
    {"a service of 32", SERVICE, 32, NULL, PAT_ERR_RANGE},
    {"a realm of 254", REALM, 254, NULL, PAT_ERR_RANGE},
    {"an address of 257", ADDRESS, 257, NULL, PAT_ERR_RANGE},
    {"an address without a port", ADDRESS, 0, "192.0.2.7", PAT_ERR_SYNTAX},
    {"an address with an empty port", ADDRESS, 0, "192.0.2.7;", PAT_ERR_SYNTAX},
    {"an address with a word for a port", ADDRESS, 0, "192.0.2.7;smtp", PAT_ERR_SYNTAX},
    {"a port of six digits", ADDRESS, 0, "192.0.2.7;123456", PAT_ERR_SYNTAX},
    {"a port alone", ADDRESS, 0, ";25", PAT_ERR_SYNTAX},
    {"digits alone", ADDRESS, 0, "25", PAT_ERR_SYNTAX},
    {"an address of 46", ADDRESS, 0, X45 "x;25", PAT_ERR_SYNTAX},
};

static void
wrong_is_refused(void **state)
{
    const struct wrong *one = *state;
    struct pat_request request;
    struct bytes bytes = {.len = 0};
    char many[2000];

    memset(many, 'x', sizeof many);
    for (unsigned i = 0; i < 5; i++)
        if (i != one->field)
            put_text(&bytes, i == ADDRESS ? "192.0.2.7;1" : "abc");
        else if (one->text != NULL)
            put_text(&bytes, one->text);
        else
            put_field(&bytes, many, one->len);
    assert_err(pat_saslauthd_get_request(bytes.at, bytes.len, &request), one->err);
    assert_true(is_zero(&request));
}

static void
a_nul_is_refused_in_names_only(void **state)
{
    struct pat_request request;

    (void)state;
    for (unsigned nul = 0; nul < 5; nul++) {
        struct bytes bytes = {.len = 0};

        for (unsigned i = 0; i < 5; i++)
            put_field(&bytes,
                      i == ADDRESS ? (i == nul ? "::\0;1" : "::1;1") : (i == nul ? "a\0b" : "abc"),
                      i == ADDRESS ? 5 : 3);
        assert_err(pat_saslauthd_get_request(bytes.at, bytes.len, &request),
                   nul == PASSWORD ? PAT_OK : PAT_ERR_SYNTAX);
    }
}

static void
nothing_may_stand_behind(void **state)
{
    struct pat_request request;
    struct bytes bytes;

    (void)state;
    write_whole(&wholes[3], &bytes);
    bytes.at[bytes.len] = '\0';
    assert_err(pat_saslauthd_get_request(bytes.at, bytes.len + 1, &request), PAT_ERR_SYNTAX);
    assert_true(is_zero(&request));
}

static void
the_longest_request_fits(void **state)
{
    struct pat_request request;
    unsigned char bytes[PAT_SASLAUTHD_MAX + 1];

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        memset(bytes + i * 258, 'x', 258);
        bytes[i * 258] = 1;
        bytes[i * 258 + 1] = 0;
    }
    assert_err(pat_saslauthd_get_request(bytes, sizeof bytes - 1, &request), PAT_ERR_RANGE);
    for (size_t len = 0; len < 2 * 258 + 2; len++)
        assert_err(pat_saslauthd_get_request(bytes, len, &request), PAT_ERR_BUSY);
}

/* --- answers --- */

static const struct {
    enum pat_class class;
    const char *bytes;
    size_t len;
} answers[] = {
    {PAT_CLASS_ACCEPTED, "\0\2OK", 4},   {PAT_CLASS_OTHER, "\0\2NO", 4},
    {PAT_CLASS_REFUSED, "\0\2NO", 4},    {PAT_CLASS_UNAVAILABLE, "", 0},
    {PAT_CLASS_NOT_PERMITTED, "", 0},    {(enum pat_class)0, "", 0},
    {(enum pat_class)0x5ac3963d, "", 0},
};

static void
only_the_class_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct pat_answer answer = {.class = answers[i].class, .id = "3rjhkwz5", .user = "alice"};
        unsigned char bytes[PAT_SASLAUTHD_ANSWER_MAX];

        assert_int_equal(pat_saslauthd_put_answer(&answer, bytes), answers[i].len);
        assert_memory_equal(bytes, answers[i].bytes, answers[i].len);
    }
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, wholes, whole_is_taken);
    SUPPORT_TABLE(&list, wholes, beginning_waits);
    SUPPORT_TABLE(&list, wrongs, wrong_is_refused);
    support_add(&list, "a NUL in each field", a_nul_is_refused_in_names_only, NULL);
    support_add(&list, "bytes behind the fifth field", nothing_may_stand_behind, NULL);
    support_add(&list, "the longest request", the_longest_request_fits, NULL);
    support_add(&list, "answers", only_the_class_is_told, NULL);
    return support_run("saslauthd", &list);
}
