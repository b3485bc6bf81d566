/* SPDX-License-Identifier: BSD-2-Clause */
/* core/base: err, secret, span, crc32, base32, diag. */
#include <stdio.h>

#include "core/base/base32.h"
#include "core/base/crc32.h"
#include "core/base/diag.h"
#include "core/base/secret.h"
#include "core/base/span.h"
#include "tests/unit/expect.h"

static void
err_sentences(void **state)
{
    static const int no_codes[] = {-1, PAT_ERR_COUNT, PAT_ERR_COUNT + 1, INT32_MAX, INT32_MIN};
    char title[32];

    (void)state;
    for (int code = 0; code < PAT_ERR_COUNT; code++) {
        const char *text = pat_err_text((enum pat_err)code);

        snprintf(title, sizeof title, "code %d", code);
        expect(title, "has a sentence without a full stop",
               text != NULL && text[0] != '\0' && text[strlen(text) - 1] != '.');
        expect(title, "is known", strcmp(text, "unknown error") != 0);
        for (int other = 0; other < code; other++)
            expect(title, "has a sentence of its own",
                   strcmp(text, pat_err_text((enum pat_err)other)) != 0);
    }
    for (size_t i = 0; i < COUNT(no_codes); i++)
        expect_text("no code", pat_err_text((enum pat_err)no_codes[i]), "unknown error");
    expect_number("success is zero", PAT_OK, 0);
}

static void
secret_bounds(void **state)
{
    static const struct {
        const char *title;
        size_t len;
        enum pat_err err;
    } cases[] = {
        {"nothing", 0, PAT_OK},
        {"one byte", 1, PAT_OK},
        {"one less than fits", PAT_SECRET_MAX - 1, PAT_OK},
        {"what fits", PAT_SECRET_MAX, PAT_OK},
        {"one more than fits", PAT_SECRET_MAX + 1, PAT_ERR_RANGE},
        {"far more than fits", 4 * PAT_SECRET_MAX, PAT_ERR_RANGE},
    };
    unsigned char bytes[4 * PAT_SECRET_MAX];
    struct pat_secret secret;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7); /* NULs among them */
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t kept = cases[i].err == PAT_OK ? cases[i].len : 0;

        memset(&secret, 0xaa, sizeof secret);
        expect_err(cases[i].title, pat_secret_set(&secret, bytes, cases[i].len), cases[i].err);
        expect_number(cases[i].title, (int64_t)secret.len, (int64_t)kept);
        expect_bytes(cases[i].title, secret.bytes, bytes, kept);
        expect_filled(cases[i].title, secret.bytes + kept, 0, sizeof secret.bytes - kept);
    }
}

static void
secret_ends(void **state)
{
    struct pat_secret secret;
    char other[40];

    (void)state;
    expect_err("set", pat_secret_set(&secret, "correct horse", 13), PAT_OK);
    expect_err("set shorter", pat_secret_set(&secret, "pw", 2), PAT_OK);
    expect_bytes("what is new", secret.bytes, "pw", 2);
    expect_filled("nothing is left of what was longer", secret.bytes + 2, 0,
                  sizeof secret.bytes - 2);
    memset(&secret, 0xaa, sizeof secret);
    pat_secret_clear(&secret);
    expect_filled("cleared", &secret, 0, sizeof secret);
    memset(other, 0xaa, sizeof other);
    pat_secret_wipe(other + 1, sizeof other - 2);
    expect_filled("wiped", other + 1, 0, sizeof other - 2);
    expect("what stands beside it stays", "is 0xaa",
           (unsigned char)other[0] == 0xaa && (unsigned char)other[39] == 0xaa);
    pat_secret_clear(NULL);
    pat_secret_wipe(NULL, 8);
}

/* A script of reads: 1, 2, 4, 8 are numbers of as many bytes, 3 is three bytes, 0 is no byte. */
static void
run_reads(struct pat_reader *reader, const char *reads)
{
    for (; *reads != '\0'; reads++) {
        if (*reads == '1')
            pat_span_u8(reader);
        else if (*reads == '2')
            pat_span_u16(reader);
        else if (*reads == '4')
            pat_span_u32(reader);
        else if (*reads == '8')
            pat_span_u64(reader);
        else
            pat_span_bytes(reader, (size_t)(*reads - '0'));
    }
}

static void
span_reader_bounds(void **state)
{
    static const struct {
        const char *title, *reads;
        size_t len;
        bool failed, done;
    } cases[] = {
        {"nothing of nothing", "", 0, false, true},
        {"no byte of nothing", "0", 0, false, true},
        {"nothing of something", "", 1, false, false},
        {"u8 of 0", "1", 0, true, false},
        {"u8 of 1", "1", 1, false, true},
        {"u8 of 2", "1", 2, false, false},
        {"u16 of 1", "2", 1, true, false},
        {"u16 of 2", "2", 2, false, true},
        {"u16 of 3", "2", 3, false, false},
        {"u32 of 3", "4", 3, true, false},
        {"u32 of 4", "4", 4, false, true},
        {"u32 of 5", "4", 5, false, false},
        {"u64 of 7", "8", 7, true, false},
        {"u64 of 8", "8", 8, false, true},
        {"u64 of 9", "8", 9, false, false},
        {"bytes, one missing", "3", 2, true, false},
        {"bytes", "3", 3, false, true},
        {"bytes, one left", "3", 4, false, false},
        {"all kinds", "124830", 18, false, true},
        {"all kinds, one missing", "124830", 17, true, false},
        {"a failure sticks though a byte is left", "81", 7, true, false},
        {"a failure sticks for no byte, too", "80", 7, true, false},
    };
    unsigned char bytes[32] = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pat_reader reader = pat_span_reader(bytes, cases[i].len);

        run_reads(&reader, cases[i].reads);
        expect_number(cases[i].title, reader.failed, cases[i].failed);
        expect_number(cases[i].title, pat_span_done(&reader), cases[i].done);
    }
}

static void
span_reader_values(void **state)
{
    static const unsigned char bytes[] = {1, 2, 3, 4, 5, 6, 7, 0xff, 9, 10, 11, 12, 13, 14, 15};
    struct pat_reader reader = pat_span_reader(bytes, sizeof bytes);

    (void)state;
    expect_number("u8", pat_span_u8(&reader), 0x01);
    expect_number("u16", pat_span_u16(&reader), 0x0203);
    expect_number("u32", pat_span_u32(&reader), 0x04050607);
    expect("u64", "is big-endian", pat_span_u64(&reader) == UINT64_C(0xff090a0b0c0d0e0f));
    expect("everything was read", "is done", pat_span_done(&reader));

    reader = pat_span_reader(bytes, 4);
    expect("u64 of 4 bytes", "is zero", pat_span_u64(&reader) == 0);
    expect_number("u8 after a failure", pat_span_u8(&reader), 0);
    expect_number("u16 after a failure", pat_span_u16(&reader), 0);
    expect_number("u32 after a failure", pat_span_u32(&reader), 0);
    expect("bytes after a failure", "are NULL", pat_span_bytes(&reader, 1) == NULL);

    reader = pat_span_reader(bytes, 4);
    expect("bytes", "stay where they are", pat_span_bytes(&reader, 4) == bytes);
    reader = pat_span_reader(bytes, 4);
    expect("more bytes than memory has", "are NULL", pat_span_bytes(&reader, SIZE_MAX) == NULL);
}

/* A script of writes; like that of reads, 't' is the text "text", 'f' a field of three bytes. */
static void
run_writes(struct pat_writer *writer, const char *writes)
{
    for (; *writes != '\0'; writes++) {
        if (*writes == '1')
            pat_span_put_u8(writer, 1);
        else if (*writes == '2')
            pat_span_put_u16(writer, 0x0102);
        else if (*writes == '4')
            pat_span_put_u32(writer, 0x01020304);
        else if (*writes == '8')
            pat_span_put_u64(writer, UINT64_C(0x0102030405060708));
        else if (*writes == 't')
            pat_span_put_text(writer, "text");
        else if (*writes == 'f')
            pat_span_put_field(writer, "\1\2\3", 3);
        else
            pat_span_put_bytes(writer, "\1\2\3", (size_t)(*writes - '0'));
    }
}

static void
span_writer_bounds(void **state)
{
    static const struct {
        const char *title, *writes;
        size_t cap, len;
        bool failed;
    } cases[] = {
        {"nothing into nothing", "", 0, 0, false},
        {"no byte into nothing", "0", 0, 0, false},
        {"u8 into 0", "1", 0, 0, true},
        {"u8 into 1", "1", 1, 1, false},
        {"u8 into 2", "1", 2, 1, false},
        {"u16 into 1", "2", 1, 0, true},
        {"u16 into 2", "2", 2, 2, false},
        {"u16 into 3", "2", 3, 2, false},
        {"u32 into 3", "4", 3, 0, true},
        {"u32 into 4", "4", 4, 4, false},
        {"u32 into 5", "4", 5, 4, false},
        {"u64 into 7", "8", 7, 0, true},
        {"u64 into 8", "8", 8, 8, false},
        {"u64 into 9", "8", 9, 8, false},
        {"bytes into one too few", "3", 2, 0, true},
        {"bytes", "3", 3, 3, false},
        {"bytes into one more", "3", 4, 3, false},
        {"text into one too few", "t", 3, 0, true},
        {"text and room for a NUL", "t", 5, 4, false},
        {"text behind a byte", "1t", 6, 5, false},
        {"text behind a byte, too long", "1t", 4, 1, true},
        {"text into nothing", "t", 0, 0, true},
        {"field", "f", 7, 7, false},
        {"field into one more", "f", 8, 7, false},
        {"a failure sticks though there is room", "181", 8, 1, true},
        {"a failure sticks for text, too", "18t", 8, 1, true},
        {"a failure sticks for fields, too", "18f", 8, 1, true},
        {"all kinds", "1248", 15, 15, false},
    };
    unsigned char bytes[32];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pat_writer writer = pat_span_writer(bytes, cases[i].cap);

        memset(bytes, 0xaa, sizeof bytes);
        run_writes(&writer, cases[i].writes);
        expect_number(cases[i].title, writer.failed, cases[i].failed);
        expect_number(cases[i].title, (int64_t)writer.len, (int64_t)cases[i].len);
        expect_filled(cases[i].title, bytes + cases[i].cap, 0xaa, sizeof bytes - cases[i].cap);
    }
}

static void
span_writer_values(void **state)
{
    static const unsigned char wanted[] = {1, 1, 2, 1,   2,   3,   4,   1, 2, 3, 4, 5, 6, 7, 8,
                                           1, 2, 3, 't', 'e', 'x', 't', 0, 0, 0, 3, 1, 2, 3};
    unsigned char bytes[64];
    struct pat_writer writer = pat_span_writer(bytes, sizeof bytes);

    (void)state;
    run_writes(&writer, "12483tf");
    expect("all kinds", "fit", !writer.failed);
    expect_number("all kinds", (int64_t)writer.len, sizeof wanted);
    expect_bytes("numbers are big-endian, a field begins with its length", bytes, wanted,
                 sizeof wanted);

    writer = pat_span_writer(bytes, sizeof bytes);
    pat_span_put_bytes(&writer, bytes, SIZE_MAX);
    expect("more bytes than memory has", "fail", writer.failed && writer.len == 0);
    writer = pat_span_writer(bytes, sizeof bytes);
    pat_span_put_field(&writer, bytes, (size_t)UINT32_MAX + 1);
    expect("a field longer than its length can say", "fails", writer.failed && writer.len == 0);

    /* Exactly as long as the room: taken whole or refused whole, and nothing behind the room. */
    memset(bytes, 0xaa, sizeof bytes);
    writer = pat_span_writer(bytes, 4);
    run_writes(&writer, "t");
    expect_number("text that fills its room", (int64_t)writer.len, writer.failed ? 0 : 4);
    expect_filled("text that fills its room", bytes + 4, 0xaa, sizeof bytes - 4);
}

static void
crc32_vectors(void **state)
{
    static unsigned char zeros[32], ones[32], all[256];
    const struct {
        const char *title;
        const void *bytes;
        size_t len;
        uint32_t crc; /* zlib.crc32() of Python */
    } cases[] = {
        {"nothing", "", 0, 0},
        {"a", "a", 1, 0xe8b7be43},
        {"the check value", "123456789", 9, 0xcbf43926},
        {"a sentence", "The quick brown fox jumps over the lazy dog", 43, 0x414fa339},
        {"zeros", zeros, sizeof zeros, 0x190a55ad},
        {"ones", ones, sizeof ones, 0xff6cab0b},
        {"every byte", all, sizeof all, 0x29058c73},
    };

    (void)state;
    memset(ones, 0xff, sizeof ones);
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (unsigned char)i;
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_number(cases[i].title, pat_crc32(cases[i].bytes, cases[i].len), cases[i].crc);
}

static void
base32_digits(void **state)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    char title[32];

    (void)state;
    for (int c = -128; c < 256; c++) {
        snprintf(title, sizeof title, "character %d", c);
        expect_number(title, pat_base32_is_digit((char)c),
                      (char)c != '\0' && strchr(digits, (char)c) != NULL);
    }
}

static void
base32_numbers(void **state)
{
    static const struct {
        const char *title;
        uint64_t value;
        size_t len;
        const char *digits;
    } cases[] = {
        {"no digit", 31, 0, ""},
        {"zero", 0, 1, "0"},
        {"the last digit", 31, 1, "z"},
        {"in order", 0x1f, 2, "0z"},
        {"two digits", 32, 2, "10"},
        {"32 bits, all set", 0xffffffff, 7, "3zzzzzz"},
        {"32 bits, the top one", 0x80000000, 7, "2000000"},
        {"40 bits", UINT64_C(0xfedcba9876), 8, "zvebn63p"},
        {"64 bits, all set", UINT64_MAX, 13, "fzzzzzzzzzzzz"},
        {"more digits than bits", UINT64_MAX, 16, "000fzzzzzzzzzzzz"},
        {"fewer digits than bits", UINT64_C(0x123456789), 3, "sw9"},
    };
    char digits[20];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        memset(digits, '#', sizeof digits);
        pat_base32_write(cases[i].value, digits, cases[i].len);
        expect_number(cases[i].title, (int64_t)strlen(cases[i].digits), (int64_t)cases[i].len);
        expect_bytes(cases[i].title, digits, cases[i].digits, cases[i].len);
        expect_filled(cases[i].title, digits + cases[i].len, '#', sizeof digits - cases[i].len);
    }
}

static void
diag_fills(void **state)
{
    struct pat_diag diag;
    char text[2 * sizeof diag.text];

    (void)state;
    memset(&diag, 0xaa, sizeof diag);
    expect_err("answers its code", pat_diag_set(&diag, PAT_ERR_RANGE, 7, 9, "%s has %d", "this", 3),
               PAT_ERR_RANGE);
    expect_err("code", diag.code, PAT_ERR_RANGE);
    expect_number("line", diag.line, 7);
    expect_number("column", diag.column, 9);
    expect_text("text", diag.text, "this has 3");
    expect_err("nobody wants to know", pat_diag_set(NULL, PAT_ERR_SYNTAX, 1, 1, "lost"),
               PAT_ERR_SYNTAX);

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    expect_err("too long", pat_diag_set(&diag, PAT_ERR_SYNTAX, 0, 0, "%s", text), PAT_ERR_SYNTAX);
    expect_number("too long", (int64_t)strnlen(diag.text, sizeof diag.text), sizeof diag.text - 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err_sentences),      cmocka_unit_test(secret_bounds),
        cmocka_unit_test(secret_ends),        cmocka_unit_test(span_reader_bounds),
        cmocka_unit_test(span_reader_values), cmocka_unit_test(span_writer_bounds),
        cmocka_unit_test(span_writer_values), cmocka_unit_test(crc32_vectors),
        cmocka_unit_test(base32_digits),      cmocka_unit_test(base32_numbers),
        cmocka_unit_test(diag_fills),
    };

    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
