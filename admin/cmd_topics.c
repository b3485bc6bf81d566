/* SPDX-License-Identifier: BSD-2-Clause */
/* What 'patctl help TOPIC' tells: short, for people; patctl(1) and pat(7) have the rest. */
#include <stdio.h>
#include <string.h>

#include "admin/cmd.h"
#include "core/base/text.h"
#include "core/policy/scope.h"

static const char tokens[] =
    "A token is a password for one purpose. It belongs to one user of one tenant,\n"
    "may be used for its scopes only, perhaps only until a day and from some\n"
    "addresses, and can be revoked without changing anything else. Services take it\n"
    "where they take a password.\n"
    "\n"
    "  pat_acme_17kq2f9xh...   the whole token: the secret\n"
    "  7kq2f9xh                its id: no secret, it names the token in commands\n"
    "\n"
    "Keep it in a password manager, or give it to the program that needs it:\n"
    "\n"
    "  patctl create --name nightly-backup --scope ssh:login --out-file token\n"
    "  patctl create --name nightly-backup --scope ssh:login -q | COMMAND\n"
    "\n"
    "patd stores what it can check a token with, not the token: it is shown once,\n"
    "and a lost one has to be replaced. Never put one on a command line, into the\n"
    "environment or into a mail. Make one token for each program and machine: then\n"
    "each can be revoked by itself.\n"
    "\n"
    "  patctl revoke 7kq2f9xh --reason \"laptop stolen\"\n";

static const char scopes[] =
    "A scope is what a token may be used for, as area:verb. A user is granted scopes,\n"
    "a token is given some of them, and a service asks for one: the token and its\n"
    "user must both have it at that moment. area:* stands for every verb of an area;\n"
    "no other scope holds another one. These are built in:\n"
    "\n";

static const char scopes_end[] =
    "\n"
    "Another service, say printd, asks for printd:login unless pat.conf(5) says\n"
    "otherwise.\n"
    "\n"
    "  patctl grant add alice 'mail:*' ssh:login\n"
    "  patctl create alice --name \"mail on the phone\" --scope mail:read,mail:send\n";

static const char times[] =
    "WHEN is one of these:\n"
    "\n"
    "  2s 15m 36h 90d 12w 6mon 1y   from now; for what has been, so long ago\n"
    "  2026-12-31                   that day; its end where an end is asked for\n"
    "  2026-12-31T18:00             local time; seconds, and Z or +01:00, may follow\n"
    "  today tomorrow eom eoy       that day, the last of this month, of this year\n"
    "  yesterday                    for what has been\n"
    "  never                        for --expires\n"
    "\n"
    "SPAN is one of the first line, with 30 days a month and 365 a year. Times are\n"
    "shown as --time says: relative, iso, full or unix; with --utc in UTC. JSON has\n"
    "RFC 3339 in UTC.\n";

static const char filters[] =
    "What list shows is narrowed by options, and all of them must hold: -u USER and\n"
    "-t TENANT, which work with every command, and\n"
    "\n";

static const char filters_end[] = "\n"
                                  "  patctl list -u alice --name laptop\n"
                                  "  patctl list --json=id,name,expires\n";

static const char codes[] =
    "patctl ends with\n"
    "\n"
    "  0    done\n"
    "  1    an internal or unknown failure\n"
    "  2    wrong usage, or input is missing and there is no terminal to ask on\n"
    "  3    no such token, user, tenant or account\n"
    "  4    not permitted\n"
    "  5    the token is refused\n"
    "  6    a conflict, a limit, or the tenant's policy\n"
    "  7    the store or patd is unavailable\n"
    "  8    partly done\n"
    "  9    something was found\n"
    "  10   you declined, and nothing was changed\n"
    "  130  interrupted at a question\n"
    "\n"
    "With --json a failure is an object on standard error, with code, id, message\n"
    "and hint.\n";

static void
print_scopes(void)
{
    const struct pat_scope_entry *entry;

    for (size_t i = 0; (entry = pat_scope_catalogue(i)) != NULL; i++)
        printf("  %-14s %s\n", entry->scope, entry->meaning);
}

static void
print_filters(void)
{
    cmd_help_options(cmd_find("list")->options);
}

const struct cmd_topic cmd_topics[] = {
    {"tokens", "what they are, and how to keep them", tokens, NULL, NULL},
    {"scopes", "what a token may be used for", scopes, print_scopes, scopes_end},
    {"times", "how WHEN and SPAN are written", times, NULL, NULL},
    {"filters", "how a list is narrowed", filters, print_filters, filters_end},
    {"exit", "what the exit status means", codes, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static void
print_topics(void)
{
    puts("'patctl help TOPIC' tells of");
    putchar('\n');
    for (const struct cmd_topic *topic = cmd_topics; topic->name != NULL; topic++)
        printf("  %-9s %s\n", topic->name, topic->summary);
    puts("\nand 'patctl help COMMAND' of a command; 'patctl help' lists them.");
}

bool
cmd_help_topic(const char *name)
{
    const struct cmd_topic *topic = cmd_topics;

    if (pat_text_equal(name, "topics")) {
        print_topics();
        return true;
    }
    while (topic->name != NULL && !pat_text_equal(topic->name, name))
        topic++;
    if (topic->name == NULL)
        return false;
    fputs(topic->text, stdout);
    if (topic->more != NULL)
        topic->more();
    if (topic->end != NULL)
        fputs(topic->end, stdout);
    return true;
}
