/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What pat.conf(5) comes to: every option and its default, what is known of a service, who may ask,
 * and which files are read at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/diag.h"
#include "core/base/paths.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/file.h"
#include "core/config/option.h"
#include "tests/unit/support.h"

static struct pat_config *
parse(const char *text)
{
    struct pat_config *config = NULL;
    struct pat_diag diag = {.text = ""};

    if (pat_config_file_parse(text, strlen(text), &config, &diag) != PAT_OK)
        fail_msg("line %u: %s", diag.line, diag.text);
    return config;
}

/* --- options --- */

static void
defaults_hold(void **state)
{
    struct pat_config *config = parse("");

    (void)state;
    expect_text("user", config->user, "patd");
    expect_text("state_dir", config->state_dir, PAT_STATE_DIR);
    expect_text("keys_dir", config->keys_dir, PAT_KEYS_DIR);
    expect_text("runtime_dir", config->runtime_dir, PAT_RUNTIME_DIR);
    assert_int_equal(config->operators.count, 0);
    assert_int_equal(config->service_count, 0);
    assert_int_equal(config->listener_count, 0);
    pat_config_free(config);
    pat_config_free(NULL);
}

static void
every_option_is_taken(void **state)
{
    struct pat_config *config = parse("[patd]\n"
                                      "user = somebody\n"
                                      "state_dir = /s\n"
                                      "keys_dir = /k/k\n"
                                      "runtime_dir = /r\n"
                                      "operators = 1001, root 1002\n"
                                      "[service wiki]\n"
                                      "scope = um:read, um:write\n"
                                      "tenants = acme lab@\n"
                                      "accounts = virtual\n"
                                      "allow_root = yes\n"
                                      "uids = 33 root\n"
                                      "[listener chroot]\n"
                                      "protocol = verify\n"
                                      "path = /var/spool/sock\n");
    const struct pat_config_service *service = &config->services[0];

    (void)state;
    expect_text("user", config->user, "somebody");
    expect_text("state_dir", config->state_dir, "/s");
    expect_text("keys_dir", config->keys_dir, "/k/k");
    expect_text("runtime_dir", config->runtime_dir, "/r");
    assert_int_equal(config->operators.count, 3);
    assert_int_equal(config->operators.uids[0], 1001);
    assert_int_equal(config->operators.uids[1], 0);
    assert_int_equal(config->operators.uids[2], 1002);
    expect_text("scope", service->rule.scopes.text, "um:read,um:write,wiki:login");
    assert_int_equal(service->rule.tenant_count, 2);
    expect_text("tenant", service->rule.tenants[0].name, "acme");
    assert_false(service->rule.tenants[0].needs_realm);
    expect_text("tenant", service->rule.tenants[1].name, "lab");
    assert_true(service->rule.tenants[1].needs_realm);
    assert_true(service->lists_tenants);
    assert_false(service->rule.local);
    assert_true(service->rule.allow_root);
    assert_int_equal(service->uids.count, 2);
    assert_int_equal(service->line, 7);
    assert_int_equal(config->listeners[0].protocol, PAT_PROTOCOL_VERIFY);
    expect_text("path", config->listeners[0].path, "/var/spool/sock");
    assert_int_equal(config->listeners[0].line, 13);
    pat_config_free(config);
}

/* --- what it comes to, as text --- */

static const char listed[] = "[patd]\n"
                             "operators = 1001, root\n"
                             "[service wiki]\n"
                             "uids = 33 root\n"
                             "tenants = acme lab@\n"
                             "\n"
                             "[service a.b]\n"
                             "[listener chroot]\n"
                             "path = /var/spool/sock\n"
                             "protocol = mux\n";

static const struct option_row {
    const char *title, *value;
    unsigned line;
} option_rows[] = {
    {"user", "patd", 0},
    {"state_dir", PAT_STATE_DIR, 0},
    {"operators", "1001 0", 2},
    {"service.wiki.scope", "wiki:login", 0},
    {"service.wiki.tenants", "acme lab@", 5},
    {"service.wiki.accounts", "local", 0},
    {"service.wiki.allow_root", "no", 0},
    {"service.wiki.uids", "33 0", 4},
    {"service.a.b.scope", "a.b:login", 0},
    {"listener.chroot.protocol", "mux", 10},
    {"listener.chroot.path", "/var/spool/sock", 9},
    {"service.imap.scope", "mail:read", 0}, /* built in: it has no section */
    {"service.imap.accounts", "virtual", 0},
    {"service.other.one.accounts", "local", 0},
    {"patd", NULL, 0},
    {"scope", NULL, 0},
    {"patd.user", NULL, 0},
    {"service.wiki", NULL, 0},
    {"service.wiki.user", NULL, 0},
    {"service..scope", NULL, 0},
    {"service.with blank.scope", NULL, 0},
    {"listener.none.path", NULL, 0},
    {"", NULL, 0},
};

static void
option_is_found(void **state)
{
    const struct option_row *row = *state;
    struct pat_config *config = parse(listed);
    struct pat_config_option option;
    enum pat_err err = pat_config_option_find(config, row->title, &option);

    assert_int_equal(err, row->value == NULL ? PAT_ERR_NOT_FOUND : PAT_OK);
    if (row->value != NULL) {
        expect_text("name", option.name, row->title);
        expect_text(row->title, option.value, row->value);
        assert_int_equal(option.line, row->line);
    }
    pat_config_free(config);
}

struct walked {
    size_t count, most;
};

static bool
count_option(void *context, const struct pat_config_option *option)
{
    struct walked *walked = context;

    assert_true(option->name[0] != '\0');
    return ++walked->count < walked->most;
}

/* Five of patd, five of each service, two of a listener; and false ends it. */
static void
options_are_walked(void **state)
{
    struct pat_config *config = parse(listed);

    (void)state;
    for (size_t most = 1; most <= 18; most++) {
        struct walked walked = {.most = most};

        pat_config_option_walk(config, count_option, &walked);
        assert_int_equal(walked.count, most < 17 ? most : 17);
    }
    pat_config_free(config);
}

static void
a_fault_is_said_with_its_place(void **state)
{
    struct pat_diag diag = {.line = 7, .text = "is wrong"};
    char sentence[64];

    (void)state;
    pat_config_file_say("/etc/x", &diag, sentence, sizeof sentence);
    expect_text("with a line", sentence, "/etc/x:7: is wrong");
    diag.line = 0;
    pat_config_file_say("/etc/x", &diag, sentence, sizeof sentence);
    expect_text("without", sentence, "/etc/x: is wrong");
}

/* --- which tenants are named without a realm --- */

static void
plain_tenants(void **state)
{
    struct pat_config *config = parse("[service imap]\ntenants = acme lab@\n"
                                      "[service sshd]\ntenants = shell\n"
                                      "[service wiki]\naccounts = virtual\ntenants = wiki\n");

    (void)state;
    assert_true(pat_config_takes_plain(config, "acme", ""));
    assert_true(pat_config_takes_plain(config, "wiki", ""));
    assert_false(pat_config_takes_plain(config, "lab", ""));
    assert_false(pat_config_takes_plain(config, "shell", "")); /* accounts bound by uid */
    assert_false(pat_config_takes_plain(config, "none", "acme"));
    assert_true(pat_config_takes_plain(config, "lab", "lab")); /* of services without a section */
    pat_config_free(config);
}

/* Every row of the option table is known to the parser, in its own section only. */
static void
the_table_is_the_parser(void **state)
{
    static const struct {
        const char *section, *name, *type;
    } options[] = {
#define FILE_OPTION(section, name, type, member, default_text, meaning) {#section, #name, #type},
#include "core/config/options.def"
    };
    static const char *const sections[] = {"patd", "service", "listener"};

    (void)state;
    for (size_t i = 0; i < COUNT(options); i++)
        for (size_t j = 0; j < COUNT(sections); j++) {
            struct pat_config *config = pat_config_new();
            const char *instance = j == 0 ? "" : "one";
            const char *wrong = pat_text_equal(options[i].type, "LIST") ? "?" : "";
            bool own = pat_text_equal(options[i].section, sections[j]);
            struct pat_diag diag = {.text = ""};

            assert_ok(pat_config_section(config, sections[j], instance, 1, &diag));
            if (pat_config_set(config, sections[j], instance, options[i].name, wrong, 2, &diag) ==
                PAT_OK)
                fail_msg("%s takes anything", options[i].name);
            /* its value is wrong; or else the option itself is unknown */
            assert_int_equal(strncmp(diag.text, "unknown option", 14) != 0, own);
            assert_int_equal(diag.line, 2);
            pat_config_free(config);
        }
    assert_true(COUNT(options) >= 12);
}

/* --- rules --- */

static const char rules_text[] = "[service sshd]\n"
                                 "tenants = lab@\n"
                                 "allow_root = yes\n"
                                 "[service imap]\n"
                                 "accounts = local\n"
                                 "[service wiki]\n"
                                 "accounts = virtual\n"
                                 "scope = wiki:read wiki:*\n"
                                 "uids = 33\n"
                                 "[service empty]\n"
                                 "tenants =\n";

static const struct rule_case {
    const char *title;
    const char *service, *default_tenant;
    const char *scopes;
    bool local, allow_root;
    const char *tenants; /* with their @ */
} rules[] = {
    {"a built-in local service", "sudo", "acme", "sudo:run", true, false, "acme"},
    {"a built-in virtual service", "smtp", "acme", "mail:send", false, false, "acme"},
    {"any other service", "frob", "acme", "frob:login", true, false, "acme"},
    {"without a default tenant", "su", "", "su:login", true, false, ""},
    {"a section's tenants", "sshd", "acme", "ssh:login", true, true, "lab@"},
    {"a section without tenants", "imap", "acme", "mail:read", true, false, "acme"},
    {"a section with an empty list", "empty", "acme", "empty:login", true, false, "acme"},
    {"scopes are added", "wiki", "acme", "wiki:*,wiki:login,wiki:read", false, false, "acme"},
    {"names are compared with their case", "SSHD", "acme", "sshd:login", true, false, "acme"},
};

static void
rule_is_found(void **state)
{
    const struct rule_case *one = *state;
    struct pat_config *config = parse(rules_text);
    struct pat_rule rule;
    char tenants[64] = "";

    memset(&rule, 0xaa, sizeof rule);
    pat_config_rule(config, one->service, one->default_tenant, &rule);
    expect_text("scopes", rule.scopes.text, one->scopes);
    assert_int_equal(rule.local, one->local);
    assert_int_equal(rule.allow_root, one->allow_root);
    for (size_t i = 0; i < rule.tenant_count; i++)
        snprintf(tenants + strlen(tenants), sizeof tenants - strlen(tenants), "%s%s",
                 rule.tenants[i].name, rule.tenants[i].needs_realm ? "@" : "");
    expect_text("tenants", tenants, one->tenants);
    pat_config_free(config);
}

static void
uids_are_listed(void **state)
{
    struct pat_config *config = parse("[patd]\noperators = 1001\n"
                                      "[service imap]\nuids = 33 34\n"
                                      "[service smtp]\n");
    static const struct {
        const char *service;
        uint32_t uid;
        bool may;
    } asks[] = {{"imap", 33, true},    {"imap", 34, true},  {"imap", 35, false},
                {"imap", 1001, false}, {"imap", 0, false},  {"smtp", 33, false},
                {"sshd", 33, false},   {"IMAP", 33, false}, {"imap", UINT32_MAX, false}};

    (void)state;
    for (size_t i = 0; i < COUNT(asks); i++)
        assert_int_equal(pat_config_may_ask(config, asks[i].service, asks[i].uid), asks[i].may);
    assert_true(pat_config_is_operator(config, 0));
    assert_true(pat_config_is_operator(config, 1001));
    assert_false(pat_config_is_operator(config, 1000));
    assert_false(pat_config_is_operator(config, 33));
    assert_false(pat_config_is_operator(config, UINT32_MAX));
    pat_config_free(config);
}

/* --- files --- */

static void
expect_load(const char *path, bool may_be_missing, enum pat_err wanted)
{
    struct pat_config *config = NULL;
    struct pat_diag diag = {.text = ""};

    assert_err(pat_config_file_load(path, may_be_missing, &config, &diag), wanted);
    if (wanted == PAT_OK) {
        assert_non_null(config);
    } else {
        assert_null(config);
        assert_int_equal(diag.code, wanted);
        assert_true(diag.text[0] != '\0');
    }
    pat_config_free(config);
}

static void
missing_files(void **state)
{
    char dir[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX];

    (void)state;
    support_dir(dir);
    support_path(path, dir, "pat.conf");
    expect_load(path, true, PAT_OK);
    expect_load(path, false, PAT_ERR_NOT_FOUND);
    support_write(dir, "pat.conf", "[patd]\n", 7);
    expect_load(path, false, PAT_OK);
    support_write(dir, "pat.conf", "[pat]\n", 6);
    expect_load(path, true, PAT_ERR_SYNTAX);
}

static void
modes_are_looked_at(void **state)
{
    static const mode_t good[] = {0400, 0600, 0640, 0644, 0444, 0755};
    static const mode_t bad[] = {0620, 0602, 0664, 0646, 0666, 0777, 0022};
    char dir[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX];

    (void)state;
    support_dir(dir);
    support_write(dir, "pat.conf", "[patd]\n", 7);
    support_path(path, dir, "pat.conf");
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_int_equal(chmod(path, good[i]), 0);
        expect_load(path, true, PAT_OK);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(chmod(path, bad[i]), 0);
        expect_load(path, true, PAT_ERR_DENIED);
    }
}

static void
kinds_and_owners_are_looked_at(void **state)
{
    char dir[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX], target[SUPPORT_PATH_MAX];
    char *large = calloc(1, PAT_CONFIG_FILE_MAX + 1);

    (void)state;
    support_dir(dir);
    support_path(path, dir, "pat.conf");
    support_path(target, dir, "elsewhere");
    assert_non_null(large);
    memset(large, '\n', PAT_CONFIG_FILE_MAX + 1);
    support_write(dir, "pat.conf", large, PAT_CONFIG_FILE_MAX);
    expect_load(path, true, PAT_OK);
    support_write(dir, "pat.conf", large, PAT_CONFIG_FILE_MAX + 1);
    expect_load(path, true, PAT_ERR_RANGE);
    free(large);
    support_write(dir, "pat.conf", "[patd]\n", 7);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
        expect_load(path, true, PAT_ERR_DENIED);
        assert_int_equal(chown(path, 0, (gid_t)-1), 0);
        expect_load(path, true, PAT_OK);
    }
    assert_int_equal(rename(path, target), 0);
    assert_int_equal(symlink(target, path), 0);
    expect_load(path, true, PAT_ERR_DENIED);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    expect_load(path, true, PAT_ERR_DENIED);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    expect_load(path, true, PAT_ERR_DENIED);
    expect_load("/dev/null", true, PAT_ERR_DENIED);
}

int
main(void)
{
    static struct support_list list;

    support_add(&list, "defaults hold", defaults_hold, NULL);
    support_add(&list, "every option is taken", every_option_is_taken, NULL);
    support_add(&list, "the table is the parser", the_table_is_the_parser, NULL);
    SUPPORT_TABLE(&list, option_rows, option_is_found);
    support_add(&list, "options are walked", options_are_walked, NULL);
    support_add(&list, "a fault is said with its place", a_fault_is_said_with_its_place, NULL);
    support_add(&list, "plain tenants", plain_tenants, NULL);
    SUPPORT_TABLE(&list, rules, rule_is_found);
    support_add(&list, "uids are listed", uids_are_listed, NULL);
    support_add(&list, "missing files", missing_files, NULL);
    support_add(&list, "modes are looked at", modes_are_looked_at, NULL);
    support_add(&list, "kinds and owners are looked at", kinds_and_owners_are_looked_at, NULL);
    return support_run("use of the configuration", &list);
}
