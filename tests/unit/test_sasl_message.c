/* SPDX-License-Identifier: BSD-2-Clause */
/* sasl_pat/message: the grammars of OAUTHBEARER, XOAUTH2, PLAIN and LOGIN, case by case. */
#include <stdlib.h>

#include "sasl_pat/message.h"
#include "tests/unit/support.h"

typedef enum pat_err reader(const char *bytes, size_t len, struct pat_message *ret);

struct good {
    const char *title;
    reader *read;
    const char *bytes;
    size_t len;
    const char *login, *requested, *secret;
};

struct bad {
    const char *title;
    reader *read;
    const char *bytes;
    size_t len;
};

#define BYTES(text) text, sizeof(text) - 1
#define OAUTH pat_message_oauthbearer
#define XOAUTH pat_message_xoauth2
#define PLAIN pat_message_plain

static const struct good good[] = {
    {"OAUTHBEARER: the shortest", OAUTH, BYTES("n,,\1auth=Bearer t\1\1"), "", "", "t"},
    {"OAUTHBEARER: y", OAUTH, BYTES("y,,\1auth=Bearer t\1\1"), "", "", "t"},
    {"OAUTHBEARER: a name", OAUTH, BYTES("n,a=alice,\1auth=Bearer t\1\1"), "", "alice", "t"},
    {"OAUTHBEARER: a comma in a name", OAUTH, BYTES("n,a=a=2Cb,\1auth=Bearer t\1\1"), "", "a,b",
     "t"},
    {"OAUTHBEARER: an equals sign in a name", OAUTH, BYTES("n,a==3D=3Dx,\1auth=Bearer t\1\1"), "",
     "==x", "t"},
    {"OAUTHBEARER: what was decoded is not decoded again", OAUTH,
     BYTES("n,a==3D2C,\1auth=Bearer t\1\1"), "", "=2C", "t"},
    {"OAUTHBEARER: a DN", OAUTH, BYTES("n,a=dn:uid=3Dx=2Cdc=3Dy,\1auth=Bearer t\1\1"), "",
     "dn:uid=x,dc=y", "t"},
    {"OAUTHBEARER: UTF-8 in a name", OAUTH, BYTES("n,a=\303\244,\1auth=Bearer t\1\1"), "",
     "\303\244", "t"},
    {"OAUTHBEARER: other keys first", OAUTH, BYTES("n,,\1host=h\1port=1\1auth=Bearer t\1\1"), "",
     "", "t"},
    {"OAUTHBEARER: other keys last", OAUTH, BYTES("n,,\1auth=Bearer t\1qs=a=b\1\1"), "", "", "t"},
    {"OAUTHBEARER: an empty value", OAUTH, BYTES("n,,\1post=\1auth=Bearer t\1\1"), "", "", "t"},
    {"OAUTHBEARER: a value of lines", OAUTH, BYTES("n,,\1post=a\r\n\tb\1auth=Bearer t\1\1"), "", "",
     "t"},
    {"OAUTHBEARER: keys and scheme in other cases", OAUTH, BYTES("n,,\1AUTH=bEARER t\1\1"), "", "",
     "t"},
    {"OAUTHBEARER: several blanks", OAUTH, BYTES("n,,\1auth=Bearer   t\1\1"), "", "", "t"},
    {"OAUTHBEARER: a secret with equals signs", OAUTH, BYTES("n,,\1auth=Bearer a=b==\1\1"), "", "",
     "a=b=="},
    {"XOAUTH2: the shortest", XOAUTH, BYTES("user=u\1auth=Bearer t\1\1"), "", "u", "t"},
    {"XOAUTH2: other cases", XOAUTH, BYTES("User=u\1AUTH=bearer t\1\1"), "", "u", "t"},
    {"XOAUTH2: an equals sign in a name", XOAUTH, BYTES("user=a=2Cb\1auth=Bearer t\1\1"), "",
     "a=2Cb", "t"},
    {"PLAIN: the shortest", PLAIN, BYTES("\0u\0p"), "u", "", "p"},
    {"PLAIN: somebody to act as", PLAIN, BYTES("z\0u\0p"), "u", "z", "p"},
    {"PLAIN: any bytes but NUL", PLAIN, BYTES("\xff\0\1\0\n"), "\1", "\xff", "\n"},
    {"LOGIN: a name", pat_message_login_name, BYTES("alice"), "alice", "", ""},
    {"LOGIN: a password", pat_message_login_secret, BYTES("p w\n"), "", "", "p w\n"},
};

static const struct bad bad[] = {
    {"OAUTHBEARER: nothing", OAUTH, BYTES("")},
    {"OAUTHBEARER: 0x01 alone", OAUTH, BYTES("\1")},
    {"OAUTHBEARER: header alone", OAUTH, BYTES("n,,")},
    {"OAUTHBEARER: header and end", OAUTH, BYTES("n,,\1\1")},
    {"OAUTHBEARER: no header", OAUTH, BYTES("auth=Bearer t\1\1")},
    {"OAUTHBEARER: channel binding", OAUTH, BYTES("p=tls-unique,,\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: another flag", OAUTH, BYTES("x,,\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: an empty flag", OAUTH, BYTES(",,\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: a NUL for a flag", OAUTH, BYTES("\0,,\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: a long flag", OAUTH, BYTES("nn,,\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: a capital flag", OAUTH, BYTES("N,,\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: nonstandard", OAUTH, BYTES("F,n,,\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: one comma", OAUTH, BYTES("n,\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: three commas", OAUTH, BYTES("n,,,\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: a name without a=", OAUTH, BYTES("n,alice,\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: an empty name", OAUTH, BYTES("n,a=,\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: a wrong escape", OAUTH, BYTES("n,a=a=2cb,\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: another escape", OAUTH, BYTES("n,a=a=41,\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: a cut escape", OAUTH, BYTES("n,a=a=2,\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: a NUL in a name", OAUTH, BYTES("n,a=a\0b,\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: text behind the header", OAUTH, BYTES("n,,x\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: no auth", OAUTH, BYTES("n,,\1host=h\1\1")},
    {"OAUTHBEARER: auth twice", OAUTH, BYTES("n,,\1auth=Bearer t\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: auth twice, later in capitals", OAUTH,
     BYTES("n,,\1auth=Bearer t\1AUTH=Bearer u\1\1")},
    {"OAUTHBEARER: an empty auth", OAUTH, BYTES("n,,\1auth=\1\1")},
    {"OAUTHBEARER: an empty token", OAUTH, BYTES("n,,\1auth=Bearer \1\1")},
    {"OAUTHBEARER: blanks for a token", OAUTH, BYTES("n,,\1auth=Bearer   \1\1")},
    {"OAUTHBEARER: no blank", OAUTH, BYTES("n,,\1auth=Bearert\1\1")},
    {"OAUTHBEARER: another scheme", OAUTH, BYTES("n,,\1auth=Basic t\1\1")},
    {"OAUTHBEARER: a NUL in the token", OAUTH, BYTES("n,,\1auth=Bearer t\0u\1\1")},
    {"OAUTHBEARER: a high byte in the token", OAUTH, BYTES("n,,\1auth=Bearer t\377\1\1")},
    {"OAUTHBEARER: a control byte in the token", OAUTH, BYTES("n,,\1auth=Bearer t\033\1\1")},
    {"OAUTHBEARER: DEL in the token", OAUTH, BYTES("n,,\1auth=Bearer t\177\1\1")},
    {"OAUTHBEARER: a NUL in another value", OAUTH, BYTES("n,,\1host=\0\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: a key without a value", OAUTH, BYTES("n,,\1host\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: an empty key", OAUTH, BYTES("n,,\1=h\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: a digit in a key", OAUTH, BYTES("n,,\1h1=h\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: an @ for a key", OAUTH, BYTES("n,,\1@=h\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: a bracket for a key", OAUTH, BYTES("n,,\1[=h\1auth=Bearer t\1\1")},
    {"OAUTHBEARER: no end", OAUTH, BYTES("n,,\1auth=Bearer t\1")},
    {"OAUTHBEARER: no end at all", OAUTH, BYTES("n,,\1auth=Bearer t")},
    {"OAUTHBEARER: more behind the end", OAUTH, BYTES("n,,\1auth=Bearer t\1\1x")},
    {"OAUTHBEARER: a NUL behind the end", OAUTH, BYTES("n,,\1auth=Bearer t\1\1\0")},
    {"OAUTHBEARER: two ends", OAUTH, BYTES("n,,\1auth=Bearer t\1\1\1")},
    {"XOAUTH2: nothing", XOAUTH, BYTES("")},
    {"XOAUTH2: no user", XOAUTH, BYTES("auth=Bearer t\1\1")},
    {"XOAUTH2: an empty user", XOAUTH, BYTES("user=\1auth=Bearer t\1\1")},
    {"XOAUTH2: a NUL in the user", XOAUTH, BYTES("user=a\0b\1auth=Bearer t\1\1")},
    {"XOAUTH2: the other order", XOAUTH, BYTES("auth=Bearer t\1user=u\1\1")},
    {"XOAUTH2: another key between", XOAUTH, BYTES("user=u\1host=h\1auth=Bearer t\1\1")},
    {"XOAUTH2: an empty token", XOAUTH, BYTES("user=u\1auth=Bearer \1\1")},
    {"XOAUTH2: another scheme", XOAUTH, BYTES("user=u\1auth=Basic t\1\1")},
    {"XOAUTH2: one 0x01", XOAUTH, BYTES("user=u\1auth=Bearer t\1")},
    {"XOAUTH2: none", XOAUTH, BYTES("user=u\1auth=Bearer t")},
    {"XOAUTH2: three", XOAUTH, BYTES("user=u\1auth=Bearer t\1\1\1")},
    {"XOAUTH2: another byte at the end", XOAUTH, BYTES("user=u\1auth=Bearer t\1\2")},
    {"XOAUTH2: a gs2 header", XOAUTH, BYTES("n,,\1auth=Bearer t\1\1")},
    {"PLAIN: nothing", PLAIN, BYTES("")},
    {"PLAIN: no NUL", PLAIN, BYTES("up")},
    {"PLAIN: one NUL", PLAIN, BYTES("u\0p")},
    {"PLAIN: three NULs", PLAIN, BYTES("\0u\0p\0")},
    {"PLAIN: four NULs", PLAIN, BYTES("\0u\0p\0\0")},
    {"PLAIN: only NULs", PLAIN, BYTES("\0\0")},
    {"PLAIN: no login", PLAIN, BYTES("z\0\0p")},
    {"PLAIN: no password", PLAIN, BYTES("z\0u\0")},
    {"LOGIN: an empty name", pat_message_login_name, BYTES("")},
    {"LOGIN: a NUL in a name", pat_message_login_name, BYTES("a\0b")},
    {"LOGIN: an empty password", pat_message_login_secret, BYTES("")},
    {"LOGIN: a NUL in a password", pat_message_login_secret, BYTES("a\0b")},
};

/* Of exactly the size, so that a sanitizer sees a read behind the end. */
static enum pat_err
read_copy(reader *read, const char *bytes, size_t len, struct pat_message *ret)
{
    char *copy = malloc(len == 0 ? 1 : len);
    enum pat_err err;

    assert_non_null(copy);
    memcpy(copy, bytes, len);
    err = read(copy, len, ret);
    free(copy);
    return err;
}

static void
is_read(void **state)
{
    const struct good *row = *state;
    struct pat_message message;

    memset(&message, 0, sizeof message);
    expect_err(row->title, read_copy(row->read, row->bytes, row->len, &message), PAT_OK);
    expect_text(row->title, message.login, row->login);
    expect_text(row->title, message.requested, row->requested);
    expect_text(row->title, message.secret, row->secret);
    expect_number(row->title, (int64_t)message.secret_len, (int64_t)strlen(row->secret));
}

static void
is_refused(void **state)
{
    const struct bad *row = *state;
    struct pat_message message;

    memset(&message, 0xaa, sizeof message);
    expect_err(row->title, read_copy(row->read, row->bytes, row->len, &message), PAT_ERR_SYNTAX);
    expect_filled(row->title, &message, 0, sizeof message);
}

/* No beginning of a message is a message, but for PLAIN, whose password ends anywhere. */
static void
cut(void **state)
{
    const struct good *row = *state;
    struct pat_message message;

    for (size_t len = 0; len < row->len; len++)
        expect(row->title, "is refused when it is cut",
               read_copy(row->read, row->bytes, len, &message) != PAT_OK);
}

/* --- lengths --- */

static const struct {
    const char *title;
    reader *read;
    const char *before;
    size_t before_len;
    const char *after;
    size_t most; /* bytes between them */
} bounds[] = {
    {"OAUTHBEARER: a name", OAUTH, BYTES("n,a="), ",\1auth=Bearer t\1\1", PAT_MESSAGE_NAME_MAX},
    {"OAUTHBEARER: a token", OAUTH, BYTES("n,,\1auth=Bearer "), "\1\1", PAT_MESSAGE_MAX - 18},
    {"OAUTHBEARER: another value", OAUTH, BYTES("n,,\1x="), "\1auth=Bearer t\1\1",
     PAT_MESSAGE_MAX - 22},
    {"XOAUTH2: a user", XOAUTH, BYTES("user="), "\1auth=Bearer t\1\1", PAT_MESSAGE_NAME_MAX},
    {"XOAUTH2: a token", XOAUTH, BYTES("user=u\1auth=Bearer "), "\1\1", PAT_MESSAGE_MAX - 21},
    {"PLAIN: a password", PLAIN, BYTES("\0u\0"), "", PAT_MESSAGE_MAX - 3},
    {"LOGIN: a name", pat_message_login_name, BYTES(""), "", PAT_MESSAGE_NAME_MAX},
    {"LOGIN: a password", pat_message_login_secret, BYTES(""), "", PAT_MESSAGE_MAX},
};

static void
lengths(void **state)
{
    static char bytes[3 * PAT_MESSAGE_MAX];
    struct pat_message message;

    (void)state;
    for (size_t i = 0; i < COUNT(bounds); i++)
        for (size_t more = 0; more < 2; more++) {
            size_t len = bounds[i].before_len, after = strlen(bounds[i].after);

            memcpy(bytes, bounds[i].before, len);
            memset(bytes + len, 'x', bounds[i].most + more);
            len += bounds[i].most + more;
            memcpy(bytes + len, bounds[i].after, after);
            memset(&message, 0, sizeof message);
            expect_err(bounds[i].title, read_copy(bounds[i].read, bytes, len + after, &message),
                       more == 0 ? PAT_OK : PAT_ERR_RANGE);
            if (more == 1)
                expect_filled(bounds[i].title, &message, 0, sizeof message);
        }
}

static void
long_names_of_plain(void **state)
{
    static char bytes[3 * PAT_MESSAGE_NAME_MAX];
    struct pat_message message;

    (void)state;
    for (size_t first = 0; first < 2; first++)
        for (size_t len = PAT_MESSAGE_NAME_MAX; len <= PAT_MESSAGE_NAME_MAX + 1; len++) {
            size_t at = first == 0 ? 1 : 0;

            memset(bytes, 0, sizeof bytes);
            memset(bytes + at, 'x', len);
            memcpy(bytes + at + len, first == 0 ? "\0p" : "\0u\0p", first == 0 ? 2 : 4);
            expect_err(first == 0 ? "login" : "requested",
                       read_copy(PLAIN, bytes, at + len + (first == 0 ? 2 : 4), &message),
                       len == PAT_MESSAGE_NAME_MAX ? PAT_OK : PAT_ERR_RANGE);
        }
}

/* LOGIN's two answers fill one message. */
static void
login_in_two(void **state)
{
    struct pat_message message;

    (void)state;
    assert_ok(pat_message_login_name("alice", 5, &message));
    assert_ok(pat_message_login_secret("word", 4, &message));
    assert_string_equal(message.login, "alice");
    assert_string_equal(message.secret, "word");
    assert_err(pat_message_login_secret("a\0b", 3, &message), PAT_ERR_SYNTAX);
    expect_filled("a wrong password", &message, 0, sizeof message);
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, good, is_read);
    for (size_t i = 0; i < COUNT(good); i++)
        if (good[i].read == OAUTH || good[i].read == XOAUTH)
            support_add(&list, good[i].title, cut, &good[i]);
    SUPPORT_TABLE(&list, bad, is_refused);
    support_add(&list, "lengths", lengths, NULL);
    support_add(&list, "long names of PLAIN", long_names_of_plain, NULL);
    support_add(&list, "LOGIN in two answers", login_in_two, NULL);
    return support_run("SASL messages", &list);
}
