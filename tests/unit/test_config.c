/* SPDX-License-Identifier: BSD-2-Clause */
/* pat.conf: what is taken, and every way to be wrong with the line that it is on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/file.h"
#include "tests/unit/support.h"

#define REPEAT_16(text)                                                                            \
    text text text text text text text text text text text text text text text text

/* --- what is wrong --- */

static const struct wrong {
    const char *title;
    const char *text;
    unsigned line;    /* 0: of none */
    const char *says; /* a part of it */
} wrongs[] = {
    {"an unknown section", "[pat]\n", 1, "unknown section"},
    {"a section in capitals", "\n[Patd]\n", 2, "unknown section"},
    {"a section without a name", "[]\n", 1, "unknown section"},
    {"a section with a space in front", "[ patd]\n", 1, "unknown section"},
    {"a section that does not end", "[patd]\n[service sshd\n", 2, "neither [section]"},
    {"text behind a section", "[patd] user = x\n", 1, "behind the section"},
    {"an option in a section's line", "[service su] allow_root = no\n", 1, ""},
    {"a section name that is too long",
     "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n", 1,
     "too long"},
    {"patd with a name", "[patd one]\n", 1, "takes no name"},
    {"a service without a name", "[service]\n", 1, "not the name of a service"},
    {"a service with two names", "[service a b]\n", 1, "not the name of a service"},
    {"a service with a hyphen in front", "[service -a]\n", 1, "not the name of a service"},
    {"a service with a slash", "[service a/b]\n", 1, "not the name of a service"},
    {"a service name of 32", "[service aaaaaaaabbbbbbbbccccccccdddddddd]\n", 1,
     "not the name of a service"},
    {"a listener without a name", "[listener]\n", 1, "not the name of a listener"},
    {"patd twice", "[patd]\n[service a]\n[patd]\n", 3, "comes twice"},
    {"a service twice", "[service a]\n[service b]\n[service  a]\n", 3, "comes twice"},
    {"a listener twice", "[listener a]\nprotocol = verify\npath = /a\n[listener a]\n", 4,
     "comes twice"},
    {"an option before a section", "# text\nuser = x\n[patd]\n", 2, "before the first section"},
    {"an unknown option", "[patd]\n\nusre = x\n", 3, "unknown option \"usre\""},
    {"an option of another section", "[patd]\nallow_root = no\n", 2, "unknown option"},
    {"an option in capitals", "[patd]\nUser = x\n", 2, "unknown option"},
    {"an option without a name", "[patd]\n= x\n", 2, ""},
    {"a prefix of an option", "[patd]\nuse = x\n", 2, "unknown option"},
    {"a service of accounts made virtual", "[service sshd]\naccounts = virtual\n", 2,
     "stays local"},
    {"an option twice", "[patd]\nuser = a\noperators = 5\nuser = a\n", 4, "comes twice"},
    {"an option twice in a service", "[service a]\nscope = a:b\nscope = a:b\n", 3, "comes twice"},
    {"neither section nor option", "[patd]\nuser\n", 2, "neither [section]"},
    {"a line of junk", "[patd]\n\n\n!\n", 4, "neither [section]"},
    {"white space in front", "[patd]\n user = x\n", 2, "begins with white space"},
    {"a tab in front", "[patd]\n\tuser = x\n", 2, "begins with white space"},
    {"carriage returns", "[patd]\r\nuser = x\r\n", 1, "carriage return"},
    {"one carriage return", "[patd]\nuser = x\r\n", 2, "carriage return"},
    {"a control character", "[patd]\nuser = \x01\n", 2, "not readable"},
    {"a carriage return within", "[patd]\nuser = a\rb\n", 2, "not readable"},
    {"broken UTF-8", "[patd]\nuser = \xff\n", 2, "not readable"},
    {"a bidirectional character", "[patd]\n# \xe2\x80\xae\n", 2, "not readable"},
    {"a byte order mark", "\xef\xbb\xbf[patd]\nuser = x\n", 1, "byte order mark"},
    {"no user", "[patd]\nuser =\n", 2, "not the name of an account"},
    {"a relative directory", "[patd]\nstate_dir = pat\n", 2, "absolute path"},
    {"an empty directory", "[patd]\nkeys_dir =\n", 2, "absolute path"},
    {"a directory with ..", "[patd]\nruntime_dir = /a/../b\n", 2, "absolute path"},
    {"a directory with two slashes", "[patd]\nstate_dir = /a//b\n", 2, "absolute path"},
    {"a directory that ends with a slash", "[patd]\nstate_dir = /a/\n", 2, "absolute path"},
    {"a directory that is too long", "[patd]\nstate_dir = /" REPEAT_16("abcdefg") "\n", 2,
     "107 bytes"},
    {"a runtime directory without room for sockets",
     "[patd]\nruntime_dir = /" REPEAT_16("abcdef") "\n", 0, "too long for the sockets"},
    {"keys beside the store", "[patd]\nstate_dir = /a\nkeys_dir = /a\n", 0, "keys_dir"},
    {"an operator who is not there", "[patd]\noperators = 5, no-such-account\n", 2,
     "no account \"no-such-account\""},
    {"the uid of nobody at all", "[patd]\noperators = 4294967295\n", 2, "no account"},
    {"a negative uid", "[patd]\noperators = -1\n", 2, "no account"},
    {"a uid with a leading zero", "[patd]\noperators = 05\n", 2, "no account"},
    {"33 operators", "[patd]\noperators = " REPEAT_16("1 ") REPEAT_16("2,") "3\n", 2, "too many"},
    {"a scope that is none", "[service a]\nscope = ssh\n", 2, "scope"},
    {"a bare star", "[service a]\nscope = *\n", 2, "scope"},
    {"a scope in capitals", "[service a]\nscope = SSH:login\n", 2, "scope"},
    {"a tenant in capitals", "[service a]\ntenants = Acme\n", 2, "a tenant is 1 to 16"},
    {"a tenant of 17", "[service a]\ntenants = aaaaaaaaaaaaaaaaa\n", 2, "a tenant is 1 to 16"},
    {"a tenant that is only an @", "[service a]\ntenants = @\n", 2, "a tenant is 1 to 16"},
    {"a tenant with two @", "[service a]\ntenants = lab@@\n", 2, "a tenant is 1 to 16"},
    {"a tenant with a realm", "[service a]\ntenants = lab@example.org\n", 2, "a tenant is 1 to 16"},
    {"a tenant twice", "[service a]\ntenants = lab acme lab\n", 2, "listed twice"},
    {"a tenant twice, once with @", "[service a]\ntenants = lab lab@\n", 2, "listed twice"},
    {"two tenants without @", "[service a]\ntenants = acme lab\n", 2, "only one tenant"},
    {"two of three without @", "[service a]\ntenants = acme lab@ zoo\n", 2, "only one tenant"},
    {"accounts that are neither", "[service a]\naccounts = both\n", 2, "local or virtual"},
    {"no accounts", "[service a]\naccounts =\n", 2, "local or virtual"},
    {"a flag that is true", "[service a]\nallow_root = true\n", 2, "yes or no"},
    {"a flag in capitals", "[service a]\nallow_root = YES\n", 2, "yes or no"},
    {"an empty flag", "[service a]\nallow_root =\n", 2, "yes or no"},
    {"a uid that is not there", "[service a]\nuids = no-such-account\n", 2, "no account"},
    {"another protocol", "[listener a]\nprotocol = manage\npath = /a\n", 2,
     "is verify, authdaemon or mux"},
    {"a relative socket", "[listener a]\nprotocol = verify\npath = a\n", 3, "absolute path"},
    {"a listener without a path", "[patd]\n[listener a]\nprotocol = verify\n", 2,
     "needs protocol and path"},
    {"a listener without a protocol", "[listener a]\npath = /a\n", 1, "needs protocol and path"},
    {"an empty listener", "\n[listener a]\n", 2, "needs protocol and path"},
};

static void
wrong_is_refused(void **state)
{
    const struct wrong *one = *state;
    struct pat_config *config = NULL;
    struct pat_diag diag = {.line = 99};

    if (pat_config_file_parse(one->text, strlen(one->text), &config, &diag) == PAT_OK) {
        pat_config_free(config);
        fail_msg("%s was taken", one->title);
    }
    assert_null(config);
    assert_int_not_equal(diag.code, PAT_OK);
    if (diag.line != one->line || strstr(diag.text, one->says) == NULL || diag.text[0] == '\0')
        fail_msg("%s: line %u: %s", one->title, diag.line, diag.text);
}

/* --- what is taken --- */

static const struct taken {
    const char *title;
    const char *text;
} takens[] = {
    {"nothing", ""},
    {"an empty line", "\n"},
    {"comments", "# one\n; two\n\n   \n"},
    {"no newline at the end", "[patd]\nuser = x"},
    {"an empty section", "[patd]\n[service a]\n"},
    {"a comment behind a value", "[patd]\nuser = x ; said so\n"},
    {"a comment behind a section", "[patd] ; said so\nuser = x\n"},
    {"white space behind everything", "[patd]  \nuser = x \t \n"},
    {"no white space at all", "[patd]\nuser=x\n"},
    {"a colon", "[patd]\nuser: x\n"},
    {"empty lists", "[patd]\noperators =\n[service a]\nuids =\ntenants =\nscope =\n"},
    {"letters of other languages in comments", "# \xc3\xa9\xe2\x82\xac\n"},
    {"the same option in two services", "[service a]\nscope = a:b\n[service b]\nscope = a:b\n"},
    {"one service in two cases", "[service a]\n[service A]\n"},
    {"one tenant without @", "[service a]\ntenants = acme lab@, zoo@\n"},
    {"no tenant without @", "[service a]\ntenants = acme@ lab@\n"},
    {"a service and a listener of one name",
     "[service a]\n[listener a]\npath = /a\nprotocol = verify\n"},
    {"listeners of every protocol", "[listener a]\nprotocol = verify\npath = /a\n"
                                    "[listener b]\nprotocol = authdaemon\npath = /b\n"
                                    "[listener c]\nprotocol = mux\npath = /c\n"},
};

static void
right_is_taken(void **state)
{
    const struct taken *one = *state;
    struct pat_config *config = NULL;
    struct pat_diag diag = {.text = ""};

    if (pat_config_file_parse(one->text, strlen(one->text), &config, &diag) != PAT_OK)
        fail_msg("%s: line %u: %s", one->title, diag.line, diag.text);
    pat_config_free(config);
}

/* --- limits --- */

static enum pat_err
parse(const char *text, size_t len, struct pat_diag *diag)
{
    struct pat_config *config = NULL;
    enum pat_err err = pat_config_file_parse(text, len, &config, diag);

    pat_config_free(config);
    return err;
}

static void
lines_have_190_bytes(void **state)
{
    struct pat_diag diag;
    char text[512] = "[patd]\nuser = x\n#";

    (void)state;
    for (size_t len = 185; len < 195; len++) {
        char *line = strchr(text, '#');

        memset(line + 1, 'c', len - 1);
        pat_text_clip(line + len, 32, "\noperators = 5\n");
        if (len <= 190) {
            assert_ok(parse(text, strlen(text), &diag));
        } else {
            assert_err(parse(text, strlen(text), &diag), PAT_ERR_RANGE);
            assert_int_equal(diag.line, 3);
        }
    }
}

/* A value at the end of the longest line arrives whole. */
static void
longest_line_is_whole(void **state)
{
    struct pat_config *config;
    struct pat_diag diag;
    char text[256] = "[service a]\nuids =";
    char *line = strchr(text, '\n') + 1;

    (void)state;
    memset(line + 6, ' ', 190 - 6 - 5);
    pat_text_clip(line + 185, 32, "54321\n");
    assert_int_equal(strlen(line), 191);
    assert_ok(pat_config_file_parse(text, strlen(text), &config, &diag));
    assert_int_equal(config->services[0].uids.count, 1);
    assert_int_equal(config->services[0].uids.uids[0], 54321);
    pat_config_free(config);
}

static void
files_have_64_kib(void **state)
{
    char *text = malloc(PAT_CONFIG_FILE_MAX + 2);
    struct pat_diag diag;

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i <= PAT_CONFIG_FILE_MAX; i++)
        text[i] = "#cccccc\n"[i % 8];
    assert_ok(parse(text, PAT_CONFIG_FILE_MAX, &diag));
    assert_err(parse(text, PAT_CONFIG_FILE_MAX + 1, &diag), PAT_ERR_RANGE);
    assert_non_null(strstr(diag.text, "64 KiB"));
    free(text);
}

static void
nul_bytes_are_refused(void **state)
{
    static const char text[] = "[patd]\nuser = x\n# \n";
    char copy[sizeof text];
    struct pat_diag diag;

    (void)state;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        memcpy(copy, text, sizeof text);
        copy[i] = '\0';
        assert_err(parse(copy, sizeof text - 1, &diag), PAT_ERR_SYNTAX);
        assert_non_null(strstr(diag.text, "NUL"));
    }
}

static void
sections_are_counted(void **state)
{
    static const struct {
        const char *section, *rest;
        unsigned max, lines;
    } kinds[] = {
        {"service", "", PAT_CONFIG_SERVICES_MAX, 1},
        {"listener", "protocol = verify\npath = /a\n", PAT_CONFIG_LISTENERS_MAX, 3},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        char text[8192] = "";
        struct pat_diag diag;

        for (unsigned number = 0; number <= kinds[i].max; number++) {
            size_t used = strlen(text);

            if (number == kinds[i].max)
                assert_ok(parse(text, used, &diag));
            snprintf(text + used, sizeof text - used, "[%s n%u]\n%s", kinds[i].section, number,
                     kinds[i].rest);
        }
        assert_err(parse(text, strlen(text), &diag), PAT_ERR_SYNTAX);
        assert_int_equal(diag.line, kinds[i].max * kinds[i].lines + 1);
        assert_non_null(strstr(diag.text, "too many"));
    }
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, wrongs, wrong_is_refused);
    SUPPORT_TABLE(&list, takens, right_is_taken);
    support_add(&list, "lines have at most 190 bytes", lines_have_190_bytes, NULL);
    support_add(&list, "the longest line is whole", longest_line_is_whole, NULL);
    support_add(&list, "files have at most 64 KiB", files_have_64_kib, NULL);
    support_add(&list, "NUL bytes are refused", nul_bytes_are_refused, NULL);
    support_add(&list, "sections are counted", sections_are_counted, NULL);
    return support_run("configuration", &list);
}
