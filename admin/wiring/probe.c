/* SPDX-License-Identifier: BSD-2-Clause */
/* One function a service. The tools judge configurations better than a second parser would. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/host/tool.h"
#include "admin/wiring/place.h"
#include "admin/wiring/wiring.h"
#include "admin/wiring/probe.h"
#include "core/base/paths.h"
#include "core/base/text.h"
#include "core/config/config.h"

#define SSHD_DROP_IN "/etc/ssh/sshd_config.d/10-pat.conf"
#define UNIT_DROP_INS "/etc/systemd/system/patd-verify.socket.d"

/* The output of a tool, to be freed; NULL after telling why there is none. */
static char *
run(struct wiring *plan, const char *const argv[])
{
    struct tool_result result = {.out = NULL};
    char sentence[500];
    char *out = NULL;

    if (tool_run(argv, TOOL_SECONDS, &result) != PAT_OK) {
        wiring_refuse(plan, "", "%s could not be started", argv[0]);
    } else if (tool_succeeded(&result)) {
        out = result.out;
        result.out = NULL;
    } else {
        tool_tell(&result, argv[0], sentence, sizeof sentence);
        wiring_refuse(plan, geteuid() == 0 ? "mend that first" : "try it as root", "%s", sentence);
    }
    tool_free(&result);
    return out;
}

/* --- sshd --- */

/* "usepam yes" among the lines of sshd -T. */
static bool
says(const char *out, const char *line)
{
    size_t len = strlen(line);

    for (const char *at = out; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n')
        if (strncmp(at, line, len) == 0 && (at[len] == '\n' || at[len] == '\0'))
            return true;
    return false;
}

static bool
has_drop_ins(void)
{
    char why[PLACE_WHY_MAX], *text = NULL;
    struct stat status;
    bool found = place_has_directory("/etc/ssh/sshd_config.d") &&
                 place_read("/etc/ssh/sshd_config", &text, &status, why) == PAT_OK &&
                 strstr(text, "\nInclude /etc/ssh/sshd_config.d/*.conf") != NULL;

    free(text);
    return found;
}

static void
turn_pam_on(struct wiring *plan)
{
    struct change *change;

    if (!has_drop_ins() || access(SSHD_DROP_IN, F_OK) == 0) {
        wiring_refuse(plan, "write UsePAM yes into it", "sshd does not ask PAM (UsePAM no)");
        return;
    }
    change = wiring_change(plan, CHANGE_CREATE, SSHD_DROP_IN, "");
    if (change == NULL)
        return;
    if (!change_edit(change, 0, 0, "# patctl enable sshd\nUsePAM yes\n"))
        plan->no_memory = true;
    wiring_settle(plan, change);
    wiring_next(plan, "systemctl reload ssh");
}

static void
probe_sshd(struct wiring *plan)
{
    static const char *const argv[] = {"sshd", "-T", NULL};
    char *out;

    if (geteuid() != 0) /* it wants to see the host keys */
        return;
    out = run(plan, argv);
    if (out == NULL)
        return;
    if (says(out, "passwordauthentication no") && says(out, "kbdinteractiveauthentication no"))
        wiring_refuse(
            plan,
            "tokens come the way of passwords. KbdInteractiveAuthentication yes would open "
            "it to Unix passwords, too; for tokens alone see \"tokens only\" in doc/openssh",
            "sshd takes no passwords at all (PasswordAuthentication no, "
            "KbdInteractiveAuthentication no)");
    else if (says(out, "usepam no"))
        turn_pam_on(plan);
    free(out);
}

/* --- postfix --- */

/* One value of main.cf, without its newline; false after telling why there is none. */
static bool
postconf(struct wiring *plan, const char *name, char *ret, size_t size)
{
    const char *const argv[] = {"postconf", "-h", name, NULL};
    char *out = run(plan, argv);

    if (out == NULL)
        return false;
    out[strcspn(out, "\n")] = '\0';
    pat_text_clip(ret, size, out);
    free(out);
    return true;
}

/* Columns of master.cf: service type private unpriv chroot wakeup maxproc command. */
static bool
is_chrooted_line(const char *line, size_t len, bool by_default)
{
    char text[400], words[8][40] = {""};
    const char *at = text, *word;
    size_t size, count = 0;

    if (pat_text_copy(text, sizeof text, line, len) != PAT_OK)
        return false;
    while (count < 8 && (size = pat_text_word(&at, &word)) != 0)
        if (pat_text_copy(words[count++], sizeof words[0], word, size) != PAT_OK)
            return false;
    return count == 8 && pat_text_equal(words[7], "smtpd") &&
           (words[4][0] == 'y' || (words[4][0] == '-' && by_default));
}

static bool
is_chrooted(struct wiring *plan)
{
    static const char *const argv[] = {"postconf", "-M", NULL};
    char level[40] = "";
    char *out = run(plan, argv);
    bool found = false, by_default;

    if (out == NULL || !postconf(plan, "compatibility_level", level, sizeof level)) {
        free(out);
        return false;
    }
    by_default = pat_text_equal(level, "0");
    for (const char *at = out; *at != '\0' && !found; at += *at == '\n') {
        size_t len = strcspn(at, "\n");

        found = is_chrooted_line(at, len, by_default);
        at += len;
    }
    free(out);
    return found;
}

static bool
has_listener(const struct wiring *plan, const char *path)
{
    char why[PLACE_WHY_MAX], *text = NULL;
    struct stat status;
    bool found = false;

    for (size_t i = 0; i < plan->config->listener_count; i++)
        found |= pat_text_equal(plan->config->listeners[i].path, path);
    if (!found && place_read(UNIT_DROP_INS "/postfix.conf", &text, &status, why) == PAT_OK)
        found = strstr(text, path) != NULL;
    free(text);
    return found || access(path, F_OK) == 0;
}

/* Under systemd a drop-in of the socket's unit, else a section of pat.conf. */
static void
listen_inside(struct wiring *plan, const char *path)
{
    struct change *change;
    char text[CHANGE_PATH_MAX + 80];

    if (access("/run/systemd/system", F_OK) != 0) {
        pat_text_clip(plan->listener, sizeof plan->listener, path);
        wiring_note(plan, "Whatever starts patd must make the directory of that socket, and remove "
                          "the socket first: see doc/postfix.");
        return;
    }
    change = wiring_change(plan, CHANGE_CREATE, UNIT_DROP_INS "/postfix.conf", "");
    if (change == NULL)
        return;
    change->made_directory = place_lacks_directory(change->path);
    snprintf(text, sizeof text, "# patctl enable postfix\n[Socket]\nListenSequentialPacket=%s\n",
             path);
    if (!change_edit(change, 0, 0, text))
        plan->no_memory = true;
    wiring_settle(plan, change);
    wiring_next(plan, "systemctl daemon-reload && systemctl restart patd-verify.socket");
}

static void
probe_postfix(struct wiring *plan)
{
    char type[80] = "", path[200] = "", enabled[40] = "", queue[120] = "", inside[260];

    if (!postconf(plan, "smtpd_sasl_type", type, sizeof type) ||
        !postconf(plan, "smtpd_sasl_path", path, sizeof path) ||
        !postconf(plan, "smtpd_sasl_auth_enable", enabled, sizeof enabled) ||
        !postconf(plan, "queue_directory", queue, sizeof queue))
        return;
    if (!pat_text_equal(type, "cyrus")) {
        wiring_refuse(plan, pat_text_equal(type, "dovecot") ? "patctl enable dovecot" : "",
                      "Postfix does not ask Cyrus SASL (smtpd_sasl_type = %s)", type);
        return;
    }
    if (!pat_text_equal(path, "smtpd"))
        wiring_refuse(plan, "by hand, as doc/postfix shows, in the file of that name",
                      "smtpd_sasl_path is %.100s and not smtpd", path);
    if (!pat_text_equal(enabled, "yes"))
        wiring_note(plan, "Postfix takes no logins yet (smtpd_sasl_auth_enable = no): step 4 of "
                          "doc/postfix says what main.cf needs.");
    if (!is_chrooted(plan))
        return;
    snprintf(inside, sizeof inside, "%s%s" PAT_VERIFY_SOCKET, queue, plan->config->runtime_dir);
    if (!has_listener(plan, inside))
        listen_inside(plan, inside);
}

/* --- dovecot --- */

static void
probe_dovecot(struct wiring *plan)
{
    static const char *const argv[] = {"doveconf", "-n", "passdb", NULL};
    char *out = run(plan, argv);

    if (out == NULL)
        return;
    if (strstr(out, "driver = pam") == NULL && strstr(out, "passdb pam") == NULL)
        wiring_refuse(plan,
                      "add a passdb { driver = pam } to /etc/dovecot/conf.d/10-auth.conf, or "
                      "\"!include auth-system.conf.ext\"; then enable it again",
                      "Dovecot does not ask PAM: no passdb of doveconf -n has driver = pam");
    free(out);
}

void
probe_service(struct wiring *plan)
{
    static const struct {
        const char *name;
        void (*probe)(struct wiring *plan);
    } rows[] = {{"sshd", probe_sshd}, {"postfix", probe_postfix}, {"dovecot", probe_dovecot}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (pat_text_equal(rows[i].name, plan->service->name) && !wiring_is_refused(plan))
            rows[i].probe(plan);
}
