/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SECURITY: where the line goes decides who gets in. Only forms are made whose meaning is known:
 * in front of a whole include, which becomes a substack that a token jumps over, or in front of a
 * single module, whose own control is copied. Everything else is left to people. trial.c then has
 * the old and the new stack answer side by side.
 */
#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/host/pam_stack.h"
#include "admin/wiring/pam.h"
#include "admin/wiring/place.h"
#include "admin/wiring/wiring.h"
#include "admin/wiring/trial.h"
#include "core/base/paths.h"
#include "core/base/text.h"
#include "core/config/config.h"

#define BY_HAND "by hand, as pam_pat(8) and doc/openssh show; keep a root shell open"

#define MISSING                                                                                    \
    "install it there first (Debian: libpam-pat): a stack that names a missing module refuses "    \
    "everybody"

/* --- modules --- */

/* Second factors are among those that pass: a token takes the place of the password only. */
static const char passes[] =
    "pam_access pam_cap pam_debug pam_deny pam_duo pam_echo pam_env pam_faildelay pam_faillock "
    "pam_google_authenticator pam_group pam_issue pam_keyinit pam_lastlog pam_limits pam_listfile "
    "pam_localuser pam_loginuid pam_mail pam_mkhomedir pam_motd pam_namespace pam_nologin pam_oath "
    "pam_permit pam_rhosts pam_rootok pam_securetty pam_selinux pam_sepermit pam_shells "
    "pam_succeed_if pam_tally pam_tally2 pam_time pam_u2f pam_umask pam_usertype pam_warn "
    "pam_wheel pam_yubico";
static const char judges[] =
    "pam_unix pam_sss pam_ldap pam_krb5 pam_winbind pam_userdb pam_pwdfile pam_mysql pam_pgsql "
    "pam_radius_auth pam_tacplus pam_tcb pam_kanidm pam_systemd_home pam_unix_auth pam_unix2";

static bool
has_word(const char *words, const char *name)
{
    const char *at = words, *word;
    size_t len;

    while ((len = pat_text_word(&at, &word)) != 0)
        if (strlen(name) == len && strncmp(word, name, len) == 0)
            return true;
    return false;
}

enum pam_role
pam_role_of(const struct pam_stack_line *line)
{
    char name[80];

    pam_stack_module(line, name, sizeof name);
    if (has_word(judges, name))
        return PAM_JUDGES;
    return has_word(passes, name) ? PAM_PASSES : PAM_UNKNOWN;
}

/* Where libpam of this host looks: where its own pam_unix.so is. */
static bool
find_module(char *ret, size_t size)
{
    static const char *const places[] = {"/lib/*/security", "/usr/lib/*/security",
                                         "/lib64/security", "/usr/lib64/security",
                                         "/lib/security",   "/usr/lib/security"};
    bool found = false;

    for (size_t i = 0; !found && i < sizeof places / sizeof places[0]; i++) {
        glob_t dirs = {.gl_pathc = 0};
        char path[400];

        if (glob(places[i], 0, NULL, &dirs) == 0)
            for (size_t at = 0; !found && at < dirs.gl_pathc; at++) {
                snprintf(path, sizeof path, "%s/pam_unix.so", dirs.gl_pathv[at]);
                if (access(path, F_OK) != 0)
                    continue;
                snprintf(path, sizeof path, "%s/pam_pat.so", dirs.gl_pathv[at]);
                found = access(path, R_OK) == 0;
            }
        globfree(&dirs);
    }
    if (found) {
        pat_text_clip(ret, size, "pam_pat.so");
    } else if (access(PAT_PAM_DIR "/pam_pat.so", R_OK) == 0) {
        pat_text_clip(ret, size, PAT_PAM_DIR "/pam_pat.so");
        found = true;
    }
    return found;
}

bool
pam_module(const struct wiring *plan, char *ret, size_t size)
{
    const char *arguments = plan->service->arguments;
    bool found = find_module(ret, size);
    size_t used;

    if (!found) {
        snprintf(ret, size, "pam_pat.so is not where PAM looks for modules, nor in " PAT_PAM_DIR);
        return false;
    }
    used = strlen(ret);
    if (!pat_text_equal(plan->config->runtime_dir, PAT_RUNTIME_DIR))
        snprintf(ret + used, size - used, " socket=%s" PAT_VERIFY_SOCKET,
                 plan->config->runtime_dir);
    used = strlen(ret);
    if (arguments != NULL)
        snprintf(ret + used, size - used, " %s", arguments);
    return true;
}

/* --- the place --- */

struct pam_file {
    struct wiring *plan;
    const char *name; /* of the PAM service */
    char path[CHANGE_PATH_MAX];
    bool of_vendor; /* /usr/lib/pam.d has it, and /etc/pam.d gets a copy */
    char *text;
    struct stat status;
    struct pam_stack stack;
    const struct pam_stack_line *judge;
};

/* The first that judges passwords; NULL after telling why there is no place for ours. */
static const struct pam_stack_line *
find_judge(struct pam_file *file)
{
    const struct pam_stack_line *line = NULL;

    while ((line = pam_stack_next(&file->stack, PAM_STACK_AUTH, line)) != NULL) {
        enum pam_role role = line->kind == PAM_STACK_MODULE ? pam_role_of(line) : PAM_PASSES;

        if (role == PAM_JUDGES)
            return line;
        if (role == PAM_UNKNOWN) {
            wiring_refuse(file->plan, BY_HAND,
                          "%s:%u: %.60s is not known here: it may ask for passwords itself",
                          line->file, line->line, line->module);
            return NULL;
        }
    }
    wiring_refuse(file->plan, BY_HAND, "%s: no module that is known here judges passwords",
                  file->path);
    return NULL;
}

/* The line of the service's own file, without blanks at its ends. */
static void
own_line(const struct pam_file *file, unsigned number, char *ret, size_t size)
{
    const char *line = change_line(file->text, number - 1);
    size_t len = strcspn(line, "\n");

    while (len > 0 && isspace((unsigned char)line[len - 1]))
        len--;
    snprintf(ret, size, "%.*s", (int)len, line);
}

/* "@include common-auth", "auth include X", "auth substack X": X. */
static bool
read_include(const char *line, char *ret, size_t size)
{
    char words[3][PAM_STACK_LINE_MAX + 1] = {"", "", ""};
    const char *at = line + strspn(line, " \t"), *word;
    size_t len, count = 0;

    while ((len = pat_text_word(&at, &word)) != 0 && word[0] != '#')
        if (count == 3 || pat_text_copy(words[count++], sizeof words[0], word, len) != PAT_OK)
            return false;
    if (count == 2 && pat_text_equal(words[0], "@include"))
        return pat_text_set(ret, size, words[1]) == PAT_OK;
    return count == 3 && (pat_text_equal(words[0], "auth") || pat_text_equal(words[0], "-auth")) &&
           (pat_text_equal(words[1], "include") || pat_text_equal(words[1], "substack")) &&
           pat_text_set(ret, size, words[2]) == PAT_OK;
}

/* An @include brings every line of a file: only auth lines may become a substack. */
static bool
brings_other_types(const struct pam_file *file, unsigned top_line)
{
    for (size_t i = 0; i < file->stack.count; i++)
        if (file->stack.lines[i].top_line == top_line &&
            file->stack.lines[i].type != PAM_STACK_AUTH)
            return true;
    return false;
}

/* --- the lines --- */

static void
around_include(struct pam_file *file, struct change *change, const char *module)
{
    unsigned top = file->judge->top_line;
    char own[PAM_STACK_LINE_MAX + 1], name[200], lines[2000];

    own_line(file, top, own, sizeof own);
    if (!read_include(own, name, sizeof name) || brings_other_types(file, top)) {
        wiring_refuse(file->plan, BY_HAND, "%s:%u is no include of auth lines alone: %.80s",
                      file->path, top, own);
        return;
    }
    snprintf(lines, sizeof lines,
             "# A token jumps over %s, which is as it was. Undo: patctl disable %s\n"
             "auth  [success=1 default=ignore]  %s\n"
             "auth  substack                    %s\n"
             "auth  required                    pam_permit.so\n",
             name, file->plan->service->name, module, name);
    if (!change_edit(change, top - 1, 1, lines))
        file->plan->no_memory = true;
}

/* What a success of the module itself does, written for ours in front of it. */
static bool
copy_control(const struct pam_stack_line *judge, bool is_last, char *ret, size_t size)
{
    int success = judge->actions[PAM_STACK_SUCCESS], failure = judge->actions[PAM_STACK_AUTH_ERR];
    bool demanded = success == PAM_STACK_DO_OK &&
                    (failure == PAM_STACK_DO_BAD || failure == PAM_STACK_DO_DIE);

    if (success > 0)
        snprintf(ret, size, "[success=%d default=ignore]", success + 1);
    else if (success == PAM_STACK_DO_DONE || (demanded && is_last))
        pat_text_clip(ret, size, "[success=done default=ignore]");
    else if (demanded)
        pat_text_clip(ret, size, "[success=2 default=ignore]");
    else
        return false;
    return true;
}

/* Behind a module that has to say yes, with others behind it: where a token arrives. */
static const char landing[] = "# A password goes on here, over the next line; a token there.\n"
                              "auth  [default=1]  pam_permit.so\n"
                              "auth  required     pam_permit.so\n";

static void
before_module(struct pam_file *file, struct change *change, const char *module)
{
    const struct pam_stack_line *judge = file->judge;
    bool is_last = pam_stack_next(&file->stack, PAM_STACK_AUTH, judge) == NULL;
    char control[60], lines[1000];
    size_t at = judge->line - 1;
    bool good;

    if (!copy_control(judge, is_last, control, sizeof control)) {
        wiring_refuse(file->plan, BY_HAND, "%s:%u: the control %.80s is not one that is known here",
                      file->path, judge->line, judge->control);
        return;
    }
    snprintf(lines, sizeof lines,
             "# A token takes the place of a password. Undo: patctl disable %s\n"
             "auth  %s  %s\n",
             file->plan->service->name, control, module);
    good = change_edit(change, at, 0, lines);
    if (good && judge->actions[PAM_STACK_SUCCESS] == PAM_STACK_DO_OK && !is_last)
        good = change_edit(change, at + 1, 0, landing);
    if (!good)
        file->plan->no_memory = true;
}

static bool
is_continued(const struct pam_file *file)
{
    const char *at = file->text;

    while ((at = strstr(at, "\\\n")) != NULL) {
        size_t line = 0;

        for (const char *each = file->text; each < at; each++)
            line += *each == '\n';
        if (line + 1 >= file->judge->top_line)
            return line + 1 == file->judge->top_line;
        at += 2;
    }
    return false;
}

static void
plan_edits(struct pam_file *file)
{
    char module[400], etc[CHANGE_PATH_MAX];
    struct change *change;

    if (!pam_module(file->plan, module, sizeof module)) {
        wiring_refuse(file->plan, MISSING, "%s", module);
        return;
    }
    if (is_continued(file)) {
        wiring_refuse(file->plan, BY_HAND, "%s:%u goes on in the next line", file->path,
                      file->judge->top_line);
        return;
    }
    snprintf(etc, sizeof etc, "/etc/pam.d/%.100s", file->name);
    change = wiring_change(file->plan, file->of_vendor ? CHANGE_CREATE : CHANGE_EDIT, etc,
                           file->text);
    if (change == NULL)
        return;
    if (file->of_vendor)
        pat_text_clip(change->from, sizeof change->from, file->path);
    if (file->judge->depth > 0)
        around_include(file, change, module);
    else
        before_module(file, change, module);
    wiring_settle(file->plan, change);
}

/* --- a file --- */

/* Its own lines, or those of an include, that say pam_pat. */
static bool
note_wired(const struct pam_file *file)
{
    const struct pam_stack_line *line = NULL;
    bool found = false;
    char text[PAM_STACK_LINE_MAX + 1];

    while ((line = pam_stack_next(&file->stack, PAM_STACK_AUTH, line)) != NULL)
        if (line->kind == PAM_STACK_MODULE && pam_stack_calls(line, "pam_pat")) {
            snprintf(text, sizeof text, "auth %s %s%s%s", line->control, line->module,
                     line->arguments[0] == '\0' ? "" : " ", line->arguments);
            wiring_line(file->plan, line->file, line->line, text);
            found = true;
        }
    if (found)
        wiring_how(file->plan, "PAM");
    return found;
}

static void
note_judge(const struct pam_file *file)
{
    char own[PAM_STACK_LINE_MAX + 1];

    own_line(file, file->judge->top_line, own, sizeof own);
    wiring_line(file->plan, file->path, file->judge->top_line, own);
}

/* "su-l" includes "su", which has been planned: nothing is left to do for it. */
static bool
is_reached(const struct pam_file *file)
{
    for (size_t i = 0; i < file->stack.file_count; i++)
        if (wiring_find(file->plan, file->stack.files[i]) != NULL)
            return true;
    return false;
}

static void
look_at(struct pam_file *file)
{
    struct wiring *plan = file->plan;
    struct pam_stack_fault fault;

    if (pam_stack_read(pam_stack_directories, file->name, &file->stack, &fault) != PAT_OK) {
        if (fault.line == 0)
            wiring_refuse(plan, BY_HAND, "%.300s: %.160s", fault.file, fault.text);
        else
            wiring_refuse(plan, BY_HAND, "%.300s:%u: %.160s", fault.file, fault.line, fault.text);
        plan->unwired++;
        return;
    }
    if (note_wired(file)) {
        plan->wired++;
        return;
    }
    plan->unwired++;
    if (is_reached(file))
        return;
    if (file->stack.is_other[PAM_STACK_AUTH])
        wiring_refuse(plan, BY_HAND, "%s has no auth line of its own", file->path);
    else if ((file->judge = find_judge(file)) != NULL) {
        note_judge(file);
        plan_edits(file);
    }
}

/* False: there is no such file, or it cannot be read. */
static bool
open_file(struct pam_file *file)
{
    char why[PLACE_WHY_MAX];

    for (size_t i = 0; pam_stack_directories[i] != NULL; i++) {
        enum pat_err err;

        snprintf(file->path, sizeof file->path, "%s/%.100s", pam_stack_directories[i], file->name);
        err = place_read(file->path, &file->text, &file->status, why);
        file->of_vendor = strncmp(file->path, "/etc/", strlen("/etc/")) != 0;
        if (err == PAT_OK)
            return true;
        if (err != PAT_ERR_NOT_FOUND) {
            wiring_refuse(file->plan, BY_HAND, "%s", why);
            return false;
        }
    }
    return false;
}

/* A service that nobody used through PAM until now: for tokens alone, as its page says. */
static void
plan_new_file(struct wiring *plan)
{
    const char *name = plan->service->files;
    char module[400], path[CHANGE_PATH_MAX], lines[1200];
    struct change *change;

    plan->unwired++;
    if (!pam_module(plan, module, sizeof module)) {
        wiring_refuse(plan, MISSING, "%s", module);
        return;
    }
    snprintf(path, sizeof path, "/etc/pam.d/%.60s", name);
    snprintf(lines, sizeof lines,
             "# Tokens only. The last line lets users in who have no account on the host.\n"
             "auth     [success=1 default=ignore]  %s\n"
             "auth     requisite                   pam_deny.so\n"
             "auth     required                    pam_permit.so\n"
             "account  required                    pam_pat.so\n",
             module);
    change = wiring_change(plan, CHANGE_CREATE, path, "");
    if (change != NULL && !change_edit(change, 0, 0, lines))
        plan->no_memory = true;
    wiring_settle(plan, change);
    wiring_note(plan, "%s has to be told to ask PAM: see doc/%s.", name, plan->service->page);
}

void
pam_plan(struct wiring *plan)
{
    const char *at = plan->service->files;
    size_t found = 0;
    char name[32];

    while (service_next_name(&at, name)) {
        struct pam_file file = {.plan = plan, .name = name};

        if (open_file(&file)) {
            look_at(&file);
            found++;
        }
        pam_stack_free(&file.stack);
        free(file.text);
    }
    if (found == 0 && plan->service->may_be_new)
        plan_new_file(plan);
    else if (found == 0)
        wiring_refuse(plan, "make one first, as the pages of the service say",
                      "%s has no file in /etc/pam.d: it asks PAM for nothing", plan->service->name);
    if (!plan->look_only && !wiring_is_refused(plan) && plan->change_count > 0)
        trial_run(plan);
}
