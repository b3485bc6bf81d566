/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests in Courier's format, written by the comment of wire/authdaemon.h alone: four lines and
 * their length; every beginning waits; a newline somebody typed never begins another field.
 */
#include <stdio.h>
#include <string.h>

#include "core/wire/authdaemon.h"
#include "tests/unit/support.h"

#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16
#define X256 X64 X64 X64 X64

static const struct whole {
    const char *title;
    const char *service, *user, *password;
    const char *behind; /* the length */
} wholes[] = {
    {"what libsasl2 sends", "imap", "alice", "pat_x", "\n"},
    {"without the last newline", "imap", "alice", "pat_x", ""},
    {"a realm", "smtp", "alice@example.org", "pat_x", "\n"},
    {"spaces and colons", "smtp", "a b", "c: d", "\n"},
    {"nothing in any field", "", "", "", "\n"},
    {"a carriage return", "smtp", "alice\r", "p\r", "\n"},
    {"the longest fields", X16 "xxxxxxxxxxxxxxx", X256, X256, "\n"},
};

static size_t
write_whole(const struct whole *one, char *ret, size_t size)
{
    int body = snprintf(ret, size, "%s\nlogin\n%s\n%s\n", one->service, one->user, one->password);

    return (size_t)snprintf(ret, size, "AUTH %d\n%s\nlogin\n%s\n%s\n%s", body, one->service,
                            one->user, one->password, one->behind);
}

static bool
is_zero(const struct pat_request *request)
{
    static const struct pat_request none;

    return memcmp(request, &none, sizeof none) == 0;
}

static void
whole_is_taken(void **state)
{
    const struct whole *one = *state;
    struct pat_request request;
    char text[1024];
    size_t len = write_whole(one, text, sizeof text);

    memset(&request, 0xaa, sizeof request);
    assert_true(len <= PAT_AUTHDAEMON_MAX);
    assert_ok(pat_authdaemon_get_request(text, len, &request));
    expect_text("service", request.service, one->service);
    assert_true(request.has_login);
    expect_text("login", request.login, one->user);
    assert_int_equal(request.token.len, strlen(one->password));
    expect_text("token", request.token.bytes, one->password);
    assert_false(request.has_realm || request.has_address || request.wants_scopes);
    expect_text("tenant", request.tenant, "");
}

static void
beginning_waits(void **state)
{
    const struct whole *one = *state;
    struct pat_request request;
    char text[1024];
    size_t len = write_whole(one, text, sizeof text) - strlen(one->behind);

    for (size_t i = 0; i < len; i++) {
        assert_err(pat_authdaemon_get_request(text, i, &request), PAT_ERR_BUSY);
        assert_true(is_zero(&request));
    }
    assert_ok(pat_authdaemon_get_request(text, len, &request));
}

static const struct wrong {
    const char *title;
    const char *text;
    enum pat_err err;
} wrongs[] = {
    {"another command", "PRE . imap alice\n", PAT_ERR_SYNTAX},
    {"a command in lower case", "auth 16\ni\nlogin\nalice\np\n\n", PAT_ERR_SYNTAX},
    {"a wrong letter in a beginning", "AUTX", PAT_ERR_SYNTAX},
    {"no length", "AUTH \n", PAT_ERR_SYNTAX},
    {"a word for a length", "AUTH x", PAT_ERR_SYNTAX},
    {"a negative length", "AUTH -1\n", PAT_ERR_SYNTAX},
    {"a length with a zero in front", "AUTH 016\ni\nlogin\nalice\np\n\n", PAT_ERR_SYNTAX},
    {"a length of five digits", "AUTH 10000", PAT_ERR_SYNTAX},
    {"a space behind the length", "AUTH 16 \n", PAT_ERR_SYNTAX},
    {"a carriage return behind the length", "AUTH 16\r\n", PAT_ERR_SYNTAX},
    {"another type", "AUTH 19\ni\ncram-md5\nalice\np\n\n", PAT_ERR_SYNTAX},
    {"a type in capitals", "AUTH 16\ni\nLOGIN\nalice\np\n\n", PAT_ERR_SYNTAX},
    {"junk behind it", "AUTH 16\ni\nlogin\nalice\np\nx", PAT_ERR_SYNTAX},
    {"two newlines behind it", "AUTH 16\ni\nlogin\nalice\np\n\n\n", PAT_ERR_SYNTAX},
    {"another request behind it", "AUTH 16\ni\nlogin\nalice\np\n\nAUTH 16\n", PAT_ERR_SYNTAX},
    {"a length that ends before the last newline", "AUTH 15\ni\nlogin\nalice\np\n\n",
     PAT_ERR_RANGE},
    {"a length one too long", "AUTH 17\ni\nlogin\nalice\np\n\n", PAT_ERR_RANGE},
    {"a length of nothing", "AUTH 0\n", PAT_ERR_RANGE},
    {"a newline in the name", "AUTH 18\ni\nlogin\nalice\nx\np\n\n", PAT_ERR_RANGE},
    {"a newline in the password", "AUTH 18\ni\nlogin\nalice\np\nq\n\n", PAT_ERR_RANGE},
    {"a newline at the end of the password", "AUTH 17\ni\nlogin\nalice\np\n\n\n", PAT_ERR_RANGE},
    {"three lines", "AUTH 14\ni\nlogin\nalice\n\n", PAT_ERR_RANGE},
    {"a length that no request has", "AUTH 778\n", PAT_ERR_RANGE},
    {"the longest length there is", "AUTH 9999\n", PAT_ERR_RANGE},
    {"a service of 32", "AUTH 47\n" X16 X16 "\nlogin\nalice\np\n\n", PAT_ERR_RANGE},
    {"a name of 257", "AUTH 268\ni\nlogin\n" X256 "x\np\n\n", PAT_ERR_RANGE},
    {"a password of 257", "AUTH 272\ni\nlogin\nalice\n" X256 "x\n\n", PAT_ERR_RANGE},
};

static void
wrong_is_refused(void **state)
{
    const struct wrong *one = *state;
    struct pat_request request;

    assert_err(pat_authdaemon_get_request(one->text, strlen(one->text), &request), one->err);
    assert_true(is_zero(&request));
}

static void
a_nul_is_refused_in_names_only(void **state)
{
    static const struct {
        const char *text;
        enum pat_err err;
    } nuls[] = {
        {"AUTH 16\n\0\nlogin\nalice\np\n\n", PAT_ERR_SYNTAX},
        {"AUTH 16\ni\nlogin\nal\0ce\np\n\n", PAT_ERR_SYNTAX},
        {"AUTH 16\ni\nlogi\0\nalice\np\n\n", PAT_ERR_SYNTAX},
        {"AUTH 16\ni\nlogin\nalice\n\0\n\n", PAT_OK},
        {"AUTH 1\0\ni\nlogin\nalice\np\n\n", PAT_ERR_SYNTAX},
    };
    struct pat_request request;

    (void)state;
    for (size_t i = 0; i < COUNT(nuls); i++)
        assert_err(pat_authdaemon_get_request(nuls[i].text, 25, &request), nuls[i].err);
}

/* --- answers --- */

static const struct {
    enum pat_class class;
    const char *text;
} answers[] = {
    {PAT_CLASS_ACCEPTED, ".\n"},      {PAT_CLASS_OTHER, "FAIL\n"},   {PAT_CLASS_REFUSED, "FAIL\n"},
    {PAT_CLASS_UNAVAILABLE, ""},      {PAT_CLASS_NOT_PERMITTED, ""}, {(enum pat_class)0, ""},
    {(enum pat_class)0x5ac3963d, ""},
};

static void
only_the_class_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct pat_answer answer = {.class = answers[i].class, .id = "3rjhkwz5", .user = "alice"};
        unsigned char bytes[PAT_AUTHDAEMON_ANSWER_MAX];
        size_t len = pat_authdaemon_put_answer(&answer, bytes);

        assert_int_equal(len, strlen(answers[i].text));
        assert_memory_equal(bytes, answers[i].text, len);
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
    support_add(&list, "answers", only_the_class_is_told, NULL);
    return support_run("authdaemon", &list);
}
