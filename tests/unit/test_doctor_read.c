/* SPDX-License-Identifier: BSD-2-Clause */
/* admin/host/setting and the readers of admin/doctor: what tools and files say. */
#include <stdio.h>
#include <string.h>

#include "admin/doctor/dovecot.h"
#include "admin/doctor/postfix.h"
#include "admin/doctor/saslauthd.h"
#include "admin/host/setting.h"
#include "tests/unit/expect.h"

static void
settings(void **state)
{
    static const struct {
        const char *title, *text;
        char separator;
        const char *name, *value;
        unsigned line;
    } cases[] = {
        {"sshd -T", "port 22\nusepam yes\n", ' ', "UsePAM", "yes", 2},
        {"a value of words", "authenticationmethods publickey,password any\n", ' ',
         "authenticationmethods", "publickey,password any", 1},
        {"a name without a value", "usepam\nusepam no\n", ' ', "usepam", "no", 2},
        {"postconf", "queue_directory = /var/spool/postfix\n", '=', "queue_directory",
         "/var/spool/postfix", 1},
        {"an empty value", "smtpd_tls_security_level =\n", '=', "smtpd_tls_security_level", "", 1},
        {"Cyrus SASL", "# c\nmech_list: PLAIN  LOGIN \nmech_list: no\n", ':', "mech_list",
         "PLAIN  LOGIN", 2},
        {"a comment is none", "#mech_list: PLAIN\n  # mech_list: X\n", ':', "mech_list", NULL, 0},
        {"quotes", "OPTIONS=\"-c -m /run\"\n", '=', "OPTIONS", "-c -m /run", 1},
        {"half a quote", "OPTIONS=\"-c\n", '=', "OPTIONS", "\"-c", 1},
        {"no newline at the end", "a: b", ':', "a", "b", 1},
        {"part of a name", "pat_socket_x: b\n", ':', "pat_socket", NULL, 0},
        {"nothing", "", ':', "a", NULL, 0},
    };
    char value[100];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned line = 0;
        bool found = setting_find(cases[i].text, cases[i].separator, cases[i].name, value,
                                  sizeof value, &line);

        expect(cases[i].title, "is found, or not", found == (cases[i].value != NULL));
        expect_text(cases[i].title, value, found ? cases[i].value : "");
        expect_number(cases[i].title, line, cases[i].line);
    }
    expect("lists", "holds", setting_lists("noanonymous, NoPlaintext", "noplaintext"));
    expect("lists", "holds not", !setting_lists("noplaintextx no", "noplaintext"));
    expect("on", "yes", setting_is_on("Yes") && setting_is_on("1") && setting_is_on("on"));
    expect("on", "no", !setting_is_on("no") && !setting_is_on("") && !setting_is_on("yess"));
}

static const char doveconf[] = "# 2.3.19.1 (9b53102964): /etc/dovecot/dovecot.conf\n"
                               "# OS: Linux 6.1.0 x86_64 Debian 12.11\n"
                               "%s"
                               "mail_location = mbox:~/mail:INBOX=/var/mail/%%u\n"
                               "namespace inbox {\n"
                               "  inbox = yes\n"
                               "  location = \n"
                               "  mailbox \"Sent Messages\" {\n"
                               "    special_use = \\Sent\n"
                               "  }\n"
                               "  prefix = \n"
                               "}\n"
                               "passdb {\n"
                               "%s"
                               "}\n"
                               "ssl_key = # hidden, use -P to show it\n"
                               "userdb {\n"
                               "  driver = passwd\n"
                               "}\n";

static void
dovecots(void **state)
{
    static const struct {
        const char *title, *settings, *passdb;
        bool pam, caches, logs, plain;
        const char *service, *ttl;
    } cases[] = {
        {"as installed", "", "  driver = pam\n", true, false, false, true, "dovecot", ""},
        {"another service", "", "  args = session=yes max_requests=3 mail\n  driver = pam\n", true,
         false, false, true, "mail", ""},
        {"by protocol", "", "  args = %s\n  driver = pam\n", true, false, false, true, "%s", ""},
        {"options alone", "", "  args = session=yes\n  driver = pam\n", true, false, false, true,
         "dovecot", ""},
        {"no PAM", "", "  args = /etc/dovecot/users\n  driver = passwd-file\n", false, false, false,
         true, "dovecot", ""},
        {"a cache", "auth_cache_size = 10 M\nauth_cache_ttl = 2 hours\n", "  driver = pam\n", true,
         true, false, true, "dovecot", "2 hours"},
        {"a cache that is used", "auth_cache_size = 1 k\n",
         "  args = session=yes cache_key=%u mail\n  driver = pam\n", true, true, false, true,
         "mail", ""},
        {"a cache of nothing", "auth_cache_size = 0\n", "  driver = pam\n", true, false, false,
         true, "dovecot", ""},
        {"a cache of no bytes", "auth_cache_size = 0 B\n", "  driver = pam\n", true, false, false,
         true, "dovecot", ""},
        {"passwords in the log", "auth_debug_passwords = yes\n", "  driver = pam\n", true, false,
         true, true, "dovecot", ""},
        {"parts of them", "auth_verbose_passwords = sha1\n", "  driver = pam\n", true, false, true,
         true, "dovecot", ""},
        {"not in the log", "auth_verbose_passwords = no\n", "  driver = pam\n", true, false, false,
         true, "dovecot", ""},
        {"mechanisms", "auth_mechanisms = cram-md5 scram-sha-256\n", "  driver = pam\n", true,
         false, false, false, "dovecot", ""},
        {"with plain", "auth_mechanisms = cram-md5 plain\n", "  driver = pam\n", true, false, false,
         true, "dovecot", ""},
    };
    char text[4096];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dovecot dovecot;

        snprintf(text, sizeof text, doveconf, cases[i].settings, cases[i].passdb);
        expect(cases[i].title, "is read", dovecot_read(text, &dovecot));
        expect(cases[i].title, "asks PAM", dovecot.asks_pam == cases[i].pam);
        expect(cases[i].title, "caches", dovecot.caches == cases[i].caches);
        expect(cases[i].title, "uses a cache",
               dovecot.has_key == (strstr(cases[i].passdb, "cache_key") != NULL));
        expect(cases[i].title, "logs", dovecot.logs_passwords == cases[i].logs);
        expect(cases[i].title, "takes plain", dovecot.takes_plain == cases[i].plain);
        expect_text(cases[i].title, dovecot.service, cases[i].service);
        expect_text(cases[i].title, dovecot.cache_ttl, cases[i].ttl);
    }
}

static void
dovecots_of_other_forms(void **state)
{
    struct dovecot dovecot;

    (void)state;
    expect("2.4", "is read",
           dovecot_read("passdb pam {\n  service_name = mail\n}\nuserdb passwd {\n}\n", &dovecot));
    expect("2.4", "asks PAM", dovecot.asks_pam);
    expect_text("2.4", dovecot.service, "mail");
    expect("two", "is read",
           dovecot_read("passdb {\n  driver = pam\n}\npassdb {\n  driver = sql\n}\n", &dovecot));
    expect("two", "asks PAM", dovecot.asks_pam);
    expect("open", "is not read", !dovecot_read("passdb {\n  driver = pam\n", &dovecot));
    expect("too closed", "is not read", !dovecot_read("}\n", &dovecot));
    expect("deep", "is not read",
           !dovecot_read("a {\nb {\nc {\nd {\ne {\nf {\ng {\nh {\ni {\n", &dovecot));
}

static const char main_cf[] = "smtpd_sasl_auth_enable = %s\n"
                              "smtpd_sasl_type = cyrus\n"
                              "smtpd_sasl_security_options = noanonymous, noplaintext\n"
                              "smtpd_sasl_tls_security_options = noanonymous\n"
                              "smtpd_tls_auth_only = %s\n"
                              "smtpd_tls_security_level = %s\n"
                              "queue_directory = /var/spool/postfix\n"
                              "compatibility_level = %s\n";
static const char master_cf[] =
    "smtp       inet  n       -       %s       -       -       smtpd\n"
    "pickup     unix  n       -       y       60      1       pickup\n"
    "submission inet  n       -       %s       -       -       smtpd -o syslog_name=x\n"
    "    -o smtpd_tls_security_level=encrypt\n"
    "smtp       unix  -       -       y       -       -       smtp\n";

static void
postfixes(void **state)
{
    static const struct {
        const char *title, *enable, *only, *level, *compatible, *smtp, *submission, *override;
        bool enabled, tls_only, chrooted;
    } cases[] = {
        {"Debian", "yes", "yes", "may", "3.6", "y", "y", "", true, true, true},
        {"no chroot", "yes", "yes", "may", "3.6", "n", "n", "", true, true, false},
        {"one of them", "yes", "yes", "may", "3.6", "n", "y", "", true, true, true},
        {"by default today", "yes", "yes", "may", "2", "-", "-", "", true, true, false},
        {"by default of old", "yes", "yes", "may", "0", "-", "n", "", true, true, true},
        {"off", "no", "no", "may", "2", "n", "n", "", false, false, false},
        {"off, but for one", "no", "no", "may", "2", "n", "n",
         "submission/inet/smtpd_sasl_auth_enable = yes\n", true, false, false},
        {"off there, too", "no", "no", "may", "2", "n", "n",
         "smtp/inet/smtpd_sasl_auth_enable = no\nsubmission/inet/smtpd_tls_auth_only = yes\n",
         false, false, false},
        {"always in TLS", "yes", "no", "encrypt", "2", "n", "n", "", true, true, false},
    };
    char settings[1024], services[1024];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct postfix postfix;

        snprintf(settings, sizeof settings, main_cf, cases[i].enable, cases[i].only, cases[i].level,
                 cases[i].compatible);
        snprintf(services, sizeof services, master_cf, cases[i].smtp, cases[i].submission);
        postfix_read(settings, services, cases[i].override, &postfix);
        expect(cases[i].title, "enabled", postfix.enabled == cases[i].enabled);
        expect(cases[i].title, "TLS only", postfix.tls_only == cases[i].tls_only);
        expect(cases[i].title, "chrooted", postfix.chrooted == cases[i].chrooted);
        expect_text(cases[i].title, postfix.type, "cyrus");
        expect_text(cases[i].title, postfix.queue, "/var/spool/postfix");
        expect_text(cases[i].title, postfix.tls_options, "noanonymous");
    }
}

static void
saslauthds(void **state)
{
    static const struct {
        const char *title, *arguments; /* blanks stand for NULs */
        bool caches;
        long seconds;
        const char *mechanism, *left;
    } cases[] = {
        {"Debian", "-a pam -c -m /run/saslauthd -n 5", true, 28800, "pam",
         "-a pam -m /run/saslauthd -n 5"},
        {"without", "-a pam -m /run/saslauthd", false, 28800, "pam", "-a pam -m /run/saslauthd"},
        {"joined", "-apam -m/run/c -n5", false, 28800, "pam", "-apam -m/run/c -n5"},
        {"a time", "-c -t 120 -a pam", true, 120, "pam", "-a pam"},
        {"a joined time", "-c -t60 -a ldap", true, 60, "ldap", "-a ldap"},
        {"a cluster", "-rc -a pam", true, 28800, "pam", "-r -a pam"},
        {"a value like it", "-m -c -a pam", false, 28800, "pam", "-m -c -a pam"},
        {"a cluster with a time", "-ct 5 -rct7 -a pam", true, 7, "pam", "-r -a pam"},
        {"nothing", "", false, 28800, "", ""},
    };
    char arguments[200], left[200];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct saslauthd read;
        size_t len = (size_t)snprintf(arguments, sizeof arguments - 1, "saslauthd %s",
                                      cases[i].arguments);

        arguments[len + 1] = '\0';
        for (size_t k = 0; k < len; k++)
            if (arguments[k] == ' ')
                arguments[k] = '\0';
        saslauthd_read_arguments(arguments, &read);
        expect(cases[i].title, "caches", read.caches == cases[i].caches);
        expect_number(cases[i].title, read.seconds, cases[i].seconds);
        expect_text(cases[i].title, read.mechanism, cases[i].mechanism);
        saslauthd_read_words(cases[i].arguments, "shadow", &read);
        expect(cases[i].title, "caches by its words", read.caches == cases[i].caches);
        expect(cases[i].title, "fits", saslauthd_drop_cache(cases[i].arguments, left, sizeof left));
        expect_text(cases[i].title, left, cases[i].left);
    }
    expect("no room", "is told", !saslauthd_drop_cache("-a pam -m /run", left, 8));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings),   cmocka_unit_test(dovecots),
        cmocka_unit_test(postfixes),  cmocka_unit_test(dovecots_of_other_forms),
        cmocka_unit_test(saslauthds),
    };

    return cmocka_run_group_tests_name("doctor: what tools say", tests, NULL, NULL);
}
