/* SPDX-License-Identifier: BSD-2-Clause */
/* The table. What stands in it is what the pages of doc/ tell people to write. */
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "admin/host/tool.h"
#include "admin/wiring/service.h"
#include "core/base/text.h"

#define BEARERS "OAUTHBEARER XOAUTH2"

static const char *const check_sshd[] = {"sshd", "-t", NULL};
static const char *const check_sudo[] = {"visudo", "-c", "-q", NULL};
static const char *const check_postfix[] = {"postfix", "check", NULL};
static const char *const check_slapd[] = {"slaptest", "-Q", "-u", NULL};
static const char *const check_dovecot[] = {"doveconf", "-n", NULL};

static const struct service services[] = {
    {.name = "sshd",
     .title = "OpenSSH: ssh, scp, sftp, git",
     .way = SERVICE_PAM,
     .program = "sshd",
     .files = "sshd",
     .asks = "sshd",
     .check = check_sshd,
     .test = "ssh -o PubkeyAuthentication=no USER@localhost",
     .page = "openssh"},
    {.name = "sudo",
     .title = "sudo, sudo -i",
     .way = SERVICE_PAM,
     .program = "sudo",
     .files = "sudo sudo-i",
     .asks = "sudo sudo-i",
     .check = check_sudo,
     .test = "sudo -k; sudo -v",
     .page = "local-logins"},
    {.name = "su",
     .title = "su, su -",
     .way = SERVICE_PAM,
     .program = "su",
     .files = "su su-l",
     .asks = "su su-l",
     .test = "su USER -c id",
     .page = "local-logins"},
    {.name = "login",
     .title = "Console login",
     .way = SERVICE_PAM,
     .program = "login",
     .files = "login",
     .asks = "login",
     .page = "local-logins"},
    {.name = "polkit",
     .title = "polkit: pkexec, desktops",
     .way = SERVICE_PAM,
     .program = "/usr/lib/polkit-1/polkit-agent-helper-1 "
                "/usr/libexec/polkit-agent-helper-1 pkexec",
     .files = "polkit-1",
     .asks = "polkit-1",
     .test = "pkexec id",
     .page = "local-logins"},
    {.name = "dovecot",
     .title = "Dovecot: IMAP and POP3",
     .way = SERVICE_PAM,
     .program = "dovecot",
     .files = "dovecot",
     .asks = "dovecot",
     .arguments = "nodelay",
     .check = check_dovecot,
     .test = "doveadm auth test -x service=imap USER",
     .page = "dovecot"},
    {.name = "vsftpd",
     .title = "vsftpd",
     .way = SERVICE_PAM,
     .program = "vsftpd",
     .files = "vsftpd",
     .asks = "vsftpd",
     .page = "vsftpd"},
    {.name = "nginx",
     .title = "nginx with auth_pam",
     .way = SERVICE_PAM,
     .program = "nginx",
     .files = "nginx",
     .asks = "nginx",
     .accounts = "www-data nginx http",
     .is_virtual = true,
     .scope = "http:access",
     .arguments = "nodelay",
     .may_be_new = true,
     .page = "nginx"},
    {.name = "postgresql",
     .title = "PostgreSQL with pam in pg_hba.conf",
     .way = SERVICE_PAM,
     .program = "pg_ctlcluster postgres /usr/lib/postgresql",
     .files = "postgresql",
     .asks = "postgresql",
     .accounts = "postgres",
     .arguments = "nodelay",
     .may_be_new = true,
     .test = "psql -h localhost -U USER postgres",
     .page = "postgresql"},
    {.name = "postfix",
     .title = "Postfix: sending mail",
     .way = SERVICE_SASL,
     .program = "postfix",
     .files = "/etc/postfix/sasl/smtpd.conf /etc/sasl2/smtpd.conf",
     .asks = "smtp",
     .accounts = "postfix",
     .mechanisms = "PLAIN LOGIN " BEARERS,
     .check = check_postfix,
     .restart = "systemctl restart postfix",
     .test = "swaks --server localhost:25 --tls --auth PLAIN --auth-user USER --quit-after AUTH",
     .page = "postfix"},
    {.name = "slapd",
     .title = "OpenLDAP: binding",
     .way = SERVICE_SASL,
     .program = "slapd",
     .files = "/etc/ldap/sasl2/slapd.conf /etc/sasl2/slapd.conf",
     .asks = "ldap",
     .accounts = "openldap ldap",
     .mechanisms = "PLAIN LOGIN " BEARERS " EXTERNAL",
     .plain_asks = true,
     .check = check_slapd,
     .restart = "systemctl restart slapd",
     .test = "ldapwhoami -H ldap://localhost -ZZ -Y PLAIN -U USER",
     .page = "openldap"},
    {.name = "cyrus",
     .title = "Cyrus: IMAP, POP3, Sieve",
     .way = SERVICE_SASL,
     .program = "cyrmaster /usr/libexec/cyrus-imapd/master /usr/lib/cyrus-imapd/master",
     .files = "/etc/imapd.conf",
     .asks = "imap pop sieve",
     .accounts = "cyrus",
     .prefix = "sasl_",
     .mechanisms = "PLAIN LOGIN " BEARERS,
     .plain_asks = true,
     .restart = "systemctl restart cyrus-imapd",
     .test = "curl --ssl-reqd --user USER imap://localhost/",
     .page = "cyrus-imapd"},
    {.name = "memcached",
     .title = "memcached -S",
     .way = SERVICE_SASL,
     .program = "memcached",
     .files = "/etc/sasl2/memcached.conf",
     .asks = "memcached",
     .accounts = "memcache memcached",
     .is_virtual = true,
     .mechanisms = "PLAIN OAUTHBEARER",
     .restart = "systemctl restart memcached",
     .page = "memcached"},
    {.name = "svn",
     .title = "Subversion: svnserve",
     .way = SERVICE_SASL,
     .program = "svnserve",
     .files = "/etc/sasl2/svn.conf",
     .asks = "svn",
     .accounts = "svn svnserve",
     .is_virtual = true,
     .mechanisms = "PLAIN",
     .restart = "systemctl restart svnserve",
     .test = "svn info --no-auth-cache --username USER svn://localhost/REPOSITORY",
     .page = "subversion"},
    {.name = "common-auth",
     .title = "every PAM service, by pam-auth-update",
     .way = SERVICE_PROFILE,
     .program = "pam-auth-update",
     .files = "common-auth",
     .asks = ""},
};

const struct service *
service_at(size_t index)
{
    return index < sizeof services / sizeof services[0] ? &services[index] : NULL;
}

const struct service *
service_find(const char *name)
{
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
        if (pat_text_equal(services[i].name, name))
            return &services[i];
    return NULL;
}

bool
service_is_installed(const struct service *service)
{
    const char *at = service->program, *word;
    char name[TOOL_PATH_MAX], path[TOOL_PATH_MAX];
    size_t len;

    while ((len = pat_text_word(&at, &word)) != 0) {
        if (pat_text_copy(name, sizeof name, word, len) != PAT_OK)
            continue;
        if (name[0] == '/' ? access(name, X_OK) == 0 : tool_find(name, path))
            return true;
    }
    return false;
}

bool
service_next_name(const char **at, char ret[32])
{
    const char *word;
    size_t len = pat_text_word(at, &word);

    return len != 0 && pat_text_copy(ret, 32, word, len) == PAT_OK;
}

bool
service_account(const struct service *service, char ret[64])
{
    const char *at = service->accounts == NULL ? "" : service->accounts, *word;
    size_t len;

    while ((len = pat_text_word(&at, &word)) != 0)
        if (pat_text_copy(ret, 64, word, len) == PAT_OK && getpwnam(ret) != NULL)
            return true;
    return false;
}
