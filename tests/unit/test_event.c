/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Log lines: whatever a value holds, the line is printable, reads back, forges no field and shows
 * no token.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/audit/event.h"
#include "core/base/text.h"
#include "core/token/token.h"
#include "tests/unit/support.h"

#define KEY_SIZE 32

/* --- writing --- */

static const struct written {
    const char *title;
    const char *value;
    const char *wanted;
} writings[] = {
    {"letters and digits", "abcXYZ019", "key=abcXYZ019"},
    {"all that stands bare", "-_./:@,+*%", "key=-_./:@,+*%"},
    {"nothing", "", "key=\"\""},
    {"a space", "a b", "key=\"a b\""},
    {"a quote", "a\"b", "key=\"a\\x22b\""},
    {"a backslash", "a\\b", "key=\"a\\x5cb\""},
    {"an escape that is none", "\\x41", "key=\"\\x5cx41\""},
    {"an equals sign", "a=b", "key=\"a=b\""},
    {"a newline", "a\nb", "key=\"a\\x0ab\""},
    {"a carriage return", "\r", "key=\"\\x0d\""},
    {"a tab", "\t", "key=\"\\x09\""},
    {"an escape sequence", "\x1b[2J", "key=\"\\x1b[2J\""},
    {"delete", "\x7f", "key=\"\\x7f\""},
    {"UTF-8", "\xc3\xa9", "key=\"\\xc3\\xa9\""},
    {"a broken byte", "\xff", "key=\"\\xff\""},
    {"a format", "%s%n", "key=%s%n"},
    {"a hash", "a#b", "key=\"a#b\""},
};

static void
value_is_written(void **state)
{
    const struct written *one = *state;
    const struct pat_log_field field = {"key", one->value};
    char line[256];

    assert_ok(pat_event_write(line, sizeof line, NULL, &field, 1));
    expect_text(one->title, line, one->wanted);
}

static void
missing_values_are_left_out(void **state)
{
    const struct pat_log_field fields[] = {{"a", NULL}, {"b", "1"}, {"c", NULL}, {"d", "2"}};
    char line[256];

    (void)state;
    assert_ok(pat_event_write(line, sizeof line, "verify", fields, COUNT(fields)));
    expect_text("with an event", line, "event=verify b=1 d=2");
    assert_ok(pat_event_write(line, sizeof line, NULL, fields, COUNT(fields)));
    expect_text("without", line, "b=1 d=2");
    assert_ok(pat_event_write(line, sizeof line, NULL, fields, 1));
    expect_text("nothing", line, "");
}

/* In however little room: the line ends after a whole field, and says that it was cut. */
static void
cut_after_whole_fields(void **state)
{
    const struct pat_log_field fields[] = {
        {"tenant", "acme"}, {"reason", "two words"}, {"path", "/x"}, {"name", "\n\n\n"}};
    static const char *const whole[] = {"",
                                        "event=token.revoke",
                                        "event=token.revoke tenant=acme",
                                        "event=token.revoke tenant=acme reason=\"two words\"",
                                        "event=token.revoke tenant=acme reason=\"two words\" "
                                        "path=/x",
                                        "event=token.revoke tenant=acme reason=\"two words\" "
                                        "path=/x name=\"\\x0a\\x0a\\x0a\""};
    const size_t full = strlen(whole[COUNT(whole) - 1]);
    char line[256];

    (void)state;
    for (size_t size = 1; size <= full + 4; size++) {
        enum pat_err err = pat_event_write(line, size, "token.revoke", fields, COUNT(fields));
        bool found = false;

        assert_true(strlen(line) < size);
        for (size_t i = 0; i < COUNT(whole); i++)
            found |= pat_text_equal(line, whole[i]);
        if (!found)
            fail_msg("room for %zu: \"%s\" is cut within a field", size, line);
        assert_err(err, pat_text_equal(line, whole[COUNT(whole) - 1]) ? PAT_OK : PAT_ERR_RANGE);
    }
    assert_int_equal(strlen(line), full);
}

/* --- reading --- */

static const struct reading {
    const char *title;
    const char *line;
    enum pat_err err;
    const char *value;
} readings[] = {
    {"a bare value", "key=value", PAT_OK, "value"},
    {"a quoted value", "key=\"a b\"", PAT_OK, "a b"},
    {"an empty value", "key=\"\"", PAT_OK, ""},
    {"spaces in front", "   key=value", PAT_OK, "value"},
    {"an escape", "key=\"\\x41\\xff\"", PAT_OK, "A\xff"},
    {"the end", "", PAT_ERR_NOT_FOUND, ""},
    {"nothing but spaces", "  ", PAT_ERR_NOT_FOUND, ""},
    {"no key", "=value", PAT_ERR_SYNTAX, ""},
    {"no value", "key", PAT_ERR_SYNTAX, ""},
    {"a key in capitals", "Key=value", PAT_ERR_SYNTAX, ""},
    {"a key with a digit", "key1=value", PAT_ERR_SYNTAX, ""},
    {"a quoted key", "\"key\"=value", PAT_ERR_SYNTAX, ""},
    {"a quote within", "key=va\"lue", PAT_ERR_SYNTAX, ""},
    {"no end of the quotes", "key=\"value", PAT_ERR_SYNTAX, ""},
    {"text behind the quotes", "key=\"value\"x", PAT_ERR_SYNTAX, ""},
    {"an unknown escape", "key=\"\\n\"", PAT_ERR_SYNTAX, ""},
    {"half an escape", "key=\"\\x4\"", PAT_ERR_SYNTAX, ""},
    {"an escape at the end", "key=\"\\", PAT_ERR_SYNTAX, ""},
    {"an escape in capitals", "key=\"\\x4A\"", PAT_ERR_SYNTAX, ""},
    {"an escaped NUL", "key=\"a\\x00b\"", PAT_ERR_SYNTAX, ""},
    {"a control character", "key=a\tb", PAT_ERR_SYNTAX, ""},
    {"another byte", "key=\xc3", PAT_ERR_SYNTAX, ""},
    {"a long value", "key=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", PAT_ERR_RANGE, ""},
    {"a long quoted value", "key=\"a aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
     PAT_ERR_RANGE, ""},
    {"a long key", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=b", PAT_ERR_RANGE, ""},
};

static void
line_is_read(void **state)
{
    const struct reading *one = *state;
    const char *at = one->line;
    char key[KEY_SIZE], value[KEY_SIZE];

    assert_err(pat_event_read(&at, key, sizeof key, value, sizeof value), one->err);
    if (one->err != PAT_OK)
        return;
    expect_text("key", key, "key");
    expect_text("value", value, one->value);
    assert_err(pat_event_read(&at, key, sizeof key, value, sizeof value), PAT_ERR_NOT_FOUND);
}

/* Bytes that would like to be something else come more often. */
static void
random_value(struct support_random *random, char *ret, size_t size)
{
    static const char special[] = "\"\\= \n\rx0event=verdict=accepted\x1b\x7f\x80\xff";
    size_t len = support_below(random, size);

    for (size_t i = 0; i < len; i++)
        ret[i] = support_below(random, 2) == 0 ? special[support_below(random, sizeof special - 1)]
                                               : (char)(support_below(random, 255) + 1);
    ret[len] = '\0';
}

static void
random_values_come_back(void **state)
{
    static const char *const keys[] = {"reason", "name", "user"};
    struct support_random random = {.state = 3};
    char values[COUNT(keys)][200], line[PAT_EVENT_LINE_MAX], key[KEY_SIZE], value[256];

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct pat_log_field fields[COUNT(keys)];
        const char *at = line;

        for (size_t j = 0; j < COUNT(keys); j++) {
            random_value(&random, values[j], sizeof values[j]);
            fields[j] = (struct pat_log_field){keys[j], values[j]};
        }
        assert_ok(pat_event_write(line, sizeof line, "verify", fields, COUNT(fields)));
        for (const char *c = line; *c != '\0'; c++)
            assert_in_range(*c, 0x20, 0x7e);
        assert_ok(pat_event_read(&at, key, sizeof key, value, sizeof value));
        expect_text("first key", key, "event");
        expect_text("event", value, "verify");
        for (size_t j = 0; j < COUNT(keys); j++) { /* these fields, and no other ones */
            assert_ok(pat_event_read(&at, key, sizeof key, value, sizeof value));
            expect_text("key", key, keys[j]);
            expect_text(keys[j], value, values[j]);
        }
        assert_err(pat_event_read(&at, key, sizeof key, value, sizeof value), PAT_ERR_NOT_FOUND);
    }
}

/* --- tokens --- */

#define SECRET "0123456789abcdefghjkmnpqrs"

static const struct masking {
    const char *title;
    const char *before, *after; /* around the token */
    char shift; /* 'c': capitals, 'm': mistyped, 'u': with a "u", 's': cut short, 'l': lookalikes */
} maskings[] = {
    {"by itself", "", "", 0},
    {"within a sentence", "my token is ", " today", 0},
    {"in capitals", "", "", 'c'},
    {"mistyped", "", "", 'm'},
    {"mistyped within text", "see ", ".", 'm'},
    {"with a letter that is no digit of it", "", "", 'u'},
    {"cut short", "", "", 's'},
    {"with lookalike letters", "", "", 'l'},
    {"behind letters", "xyz", "", 0},
    {"behind a digit", "7", "", 0},
    {"behind another pat_", "pat_", "", 0},
    {"behind a tenant", "pat_acme_", "", 0},
    {"before digits", "", "0000", 0},
    {"before letters", "", "xyz", 0},
    {"before a letter that is no digit of it", "", "u", 0},
    {"before an underscore", "", "_", 0},
    {"before a suffix", "", "_backup", 0},
    {"before another token's beginning", "", "pat_", 0},
    {"before a hyphen", "", "-old", 0},
    {"in a path", "/home/", "/x", 0},
    {"in an address", "https://alice:", "@host/", 0},
    {"in quotes", "\"", "\"", 0},
    {"before a newline", "", "\n", 0},
    {"before a NUL that was escaped", "", "\\x00", 0},
    {"between foreign letters", "\xc3\xa9", "\xc3\xa9", 0},
    {"in an assignment", "PAT=", ";", 0},
};

static void
make_text(const struct masking *one, char ret[256])
{
    struct pat_token token = {.tenant = "acme", .id = "m3rjhkwz", .secret = SECRET};
    char text[PAT_TOKEN_MAX + 1];

    pat_token_write(&token, text);
    for (char *c = text; *c != '\0'; c++) {
        if (one->shift == 'c' && *c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
        if (one->shift == 'l' && c > text + 10 && *c == '1')
            *c = 'l';
    }
    if (one->shift == 'm')
        text[30] = text[30] == '7' ? '8' : '7';
    if (one->shift == 'u')
        text[20] = 'u';
    if (one->shift == 's')
        text[strlen(text) - 5] = '\0';
    snprintf(ret, 256, "%s%s%s", one->before, text, one->after);
}

/* No eight characters of the secret in a row, in any case. */
static void
expect_no_secret(const char *line)
{
    char part[9];

    for (size_t i = 0; i + 8 <= strlen(SECRET); i++) {
        pat_text_clip(part, sizeof part, &SECRET[i]);
        if (strcasestr(line, part) != NULL)
            fail_msg("a part of the secret stands in %s", line);
    }
}

static void
token_is_masked(void **state)
{
    const struct masking *one = *state;
    char text[256], line[1024];
    const struct pat_log_field field = {"reason", text};

    make_text(one, text);
    assert_true(pat_event_holds_token(text));
    assert_ok(pat_event_write(line, sizeof line, "token.revoke", &field, 1));
    expect_no_secret(line);
    assert_non_null(strstr(line, "pat_"));
}

static void
masked_tokens_keep_their_id(void **state)
{
    const struct pat_token guild = {.tenant = "guild", .id = "m3rjhkwz", .secret = SECRET};
    struct masking plain = {.before = "a ", .after = " b"};
    char text[256], twice[600], line[1024];
    const struct pat_log_field field = {"reason", twice};

    (void)state;
    make_text(&plain, text);
    snprintf(twice, sizeof twice, "%s and %s", text, text);
    assert_ok(pat_event_write(line, sizeof line, NULL, &field, 1));
    expect_text("masked", line, "reason=\"a pat_acme_1m3rjhkwz* b and a pat_acme_1m3rjhkwz* b\"");
    pat_token_write(&guild, twice); /* "u" may be in a tenant's label */
    assert_ok(pat_event_write(line, sizeof line, NULL, &field, 1));
    expect_text("masked", line, "reason=\"pat_guild_1m3rjhkwz*\"");
}

/* Two tokens in one word: neither hides behind the other. */
static void
joined_tokens_are_masked(void **state)
{
    static const char *const joints[] = {"", "_", "__", "x", "_x_", "-", "/", "pat_", "%"};
    struct masking plain = {.before = "", .after = ""};
    char text[256], twice[600], line[1024];
    const struct pat_log_field field = {"reason", twice};

    (void)state;
    make_text(&plain, text);
    for (size_t i = 0; i < COUNT(joints); i++) {
        snprintf(twice, sizeof twice, "%s%s%s", text, joints[i], text);
        assert_ok(pat_event_write(line, sizeof line, NULL, &field, 1));
        expect_no_secret(line);
    }
}

static const struct harmless {
    const char *title;
    const char *text;
} harmless[] = {
    {"nothing", ""},
    {"the prefix alone", "pat_"},
    {"a tenant", "pat_acme"},
    {"a tenant and no more", "pat_acme_"},
    {"a masked token", "pat_acme_1m3rjhkwz"},
    {"another word", "pattern_acme_1"},
    {"a name like the prefix", "pat_acme_1 key of the printer"},
    {"no version", "pat_acme_xm3rjhkwz0123456789abcdefghjkmnpqrs0000000"},
    {"no tenant", "pat__1m3rjhkwz0123456789abcdefghjkmnpqrs0000000"},
    {"a long tenant", "pat_aaaaaaaaaaaaaaaaa_1m3rjhkwz0123456789abcdefghjkmnpqrs"},
};

static void
harmless_text_stays(void **state)
{
    const struct harmless *one = *state;
    const struct pat_log_field field = {"reason", one->text};
    const char *at;
    char line[256], key[KEY_SIZE], value[256];

    assert_false(pat_event_holds_token(one->text));
    assert_ok(pat_event_write(line, sizeof line, NULL, &field, 1));
    at = line;
    assert_ok(pat_event_read(&at, key, sizeof key, value, sizeof value));
    expect_text(one->title, value, one->text);
}

/* --- the vocabulary --- */

static const struct {
    const char *name;
    bool narrows;
} events[] = {
#define EVENT(name, narrows, meaning) {name, narrows},
#include "core/audit/keys.def"
};

static const char *const keys[] = {
#define KEY(name, meaning) name,
#include "core/audit/keys.def"
};

static void
vocabulary_is_closed(void **state)
{
    static const char *const unknown[] = {"",     "Verify",  "verify ",       "token.",
                                          "veri", "verifyx", "token.revoke.x"};

    (void)state;
    for (size_t i = 0; i < COUNT(events); i++) {
        assert_true(pat_event_known(events[i].name));
        assert_int_equal(pat_event_narrows(events[i].name), events[i].narrows);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(events[i].name, events[j].name);
    }
    for (size_t i = 0; i < COUNT(keys); i++) {
        assert_true(pat_event_key_known(keys[i]));
        assert_int_equal(strspn(keys[i], "abcdefghijklmnopqrstuvwxyz_"), strlen(keys[i]));
        assert_true(strlen(keys[i]) < KEY_SIZE);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(keys[i], keys[j]);
    }
    for (size_t i = 0; i < COUNT(unknown); i++) {
        assert_false(pat_event_known(unknown[i]));
        assert_false(pat_event_narrows(unknown[i]));
        assert_false(pat_event_key_known(unknown[i]));
    }
}

/* What takes a right away must reach the anchor; what gives one must not look as if it did. */
static const struct narrowing {
    const char *title; /* the event */
    bool narrows;
} narrowings[] = {
    {"token.revoke", true},   {"token.suspend", true},  {"token.edit", true},
    {"token.rotate", true},   {"user.disable", true},   {"user.bind", true},
    {"user.role", true},      {"user.forget", true},    {"grant.remove", true},
    {"tenant.disable", true}, {"tenant.delete", true},  {"tenant.set", true},
    {"token.create", false},  {"token.confirm", false}, {"token.resume", false},
    {"user.create", false},   {"user.enable", false},   {"grant.add", false},
    {"tenant.create", false}, {"tenant.enable", false}, {"verify", false},
};

static void
event_narrows(void **state)
{
    const struct narrowing *one = *state;

    assert_true(pat_event_known(one->title));
    assert_int_equal(pat_event_narrows(one->title), one->narrows);
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, writings, value_is_written);
    support_add(&list, "missing values are left out", missing_values_are_left_out, NULL);
    support_add(&list, "cut after whole fields", cut_after_whole_fields, NULL);
    SUPPORT_TABLE(&list, readings, line_is_read);
    support_add(&list, "20,000 lines of random values come back", random_values_come_back, NULL);
    SUPPORT_TABLE(&list, maskings, token_is_masked);
    support_add(&list, "masked tokens keep their id", masked_tokens_keep_their_id, NULL);
    support_add(&list, "joined tokens are masked", joined_tokens_are_masked, NULL);
    SUPPORT_TABLE(&list, harmless, harmless_text_stays);
    support_add(&list, "the vocabulary is closed", vocabulary_is_closed, NULL);
    SUPPORT_TABLE(&list, narrowings, event_narrows);
    return support_run("events", &list);
}
