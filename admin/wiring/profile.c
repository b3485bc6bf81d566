/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * common-auth belongs to pam-auth-update, so it makes the change, and takes it back. What it would
 * do is seen beforehand: it works on copies in a private directory, with a debconf of its own.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/host/pam_stack.h"
#include "admin/host/tool.h"
#include "admin/wiring/pam.h"
#include "admin/wiring/place.h"
#include "admin/wiring/wiring.h"
#include "admin/wiring/profile.h"
#include "core/base/text.h"

#define PROFILES "/usr/share/pam-configs"
#define STATE "/var/lib/pam"
#define STACKS "/etc/pam.d"
#define SECONDS 60

static const char debconf[] = "Config: configdb\nTemplates: templatedb\n\n"
                              "Name: configdb\nDriver: File\nMode: 600\nFilename: %s/config\n\n"
                              "Name: templatedb\nDriver: File\nMode: 600\nFilename: %s/templates\n";

/* --- copies --- */

static bool
write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    size_t len = strlen(text);
    bool good = fd != -1 && write(fd, text, len) == (ssize_t)len;

    if (fd != -1)
        close(fd);
    return good;
}

static bool
make_directories(char *path)
{
    for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    return mkdir(path, 0700) == 0;
}

/* The plain files of a directory whose names begin so, below root. */
static bool
copy_files(const char *root, const char *directory, const char *begin)
{
    char from[400], to[600], why[PLACE_WHY_MAX];
    DIR *list = opendir(directory);
    struct dirent *entry;
    bool good = list != NULL;

    snprintf(to, sizeof to, "%s%s", root, directory);
    good = good && make_directories(to);
    while (good && (entry = readdir(list)) != NULL) {
        char *text = NULL;
        struct stat status;

        if (entry->d_name[0] == '.' || strncmp(entry->d_name, begin, strlen(begin)) != 0)
            continue;
        snprintf(from, sizeof from, "%.140s/%.255s", directory, entry->d_name);
        snprintf(to, sizeof to, "%s%s", root, from);
        good = place_read(from, &text, &status, why) == PAT_OK && write_text(to, text);
        free(text);
    }
    if (list != NULL)
        closedir(list);
    return good;
}

static bool
prepare(const char *root)
{
    char text[600], path[100];

    snprintf(text, sizeof text, debconf, root, root);
    snprintf(path, sizeof path, "%s/debconf.conf", root);
    return write_text(path, text) && copy_files(root, STACKS, "common-") &&
           copy_files(root, STATE, "") && copy_files(root, PROFILES, "");
}

static void
remove_tree(const char *root)
{
    const char *const argv[] = {"rm", "-rf", "--", root, NULL};
    struct tool_result result = {.out = NULL};

    if (tool_run(argv, TOOL_SECONDS, &result) == PAT_OK)
        tool_free(&result);
}

/* --- what it makes of them --- */

static bool
run(const char *const argv[], char *why, size_t size)
{
    struct tool_result result = {.out = NULL};
    bool good;

    pat_text_clip(why, size, "pam-auth-update could not be started");
    if (tool_run(argv, SECONDS, &result) != PAT_OK)
        return false;
    good = tool_succeeded(&result);
    if (!good)
        tool_tell(&result, "pam-auth-update", why, size);
    else if (strstr(result.errors, "Local modifications") != NULL)
        pat_text_clip(why, size,
                      "pam-auth-update leaves " STACKS "/common-* alone, as they were edited by "
                      "hand");
    else
        why[0] = '\0';
    tool_free(&result);
    return why[0] == '\0';
}

static bool
run_on_copies(const char *root, char *why, size_t size)
{
    char rc[100];
    const char *const argv[] = {
        "env", rc,  "DEBIAN_FRONTEND=noninteractive", "pam-auth-update", "--root", root, "--enable",
        "pat", NULL};

    snprintf(rc, sizeof rc, "DEBCONF_SYSTEMRC=%s/debconf.conf", root);
    return run(argv, why, size);
}

static void
plan_file(struct wiring *plan, const char *root, const char *name)
{
    char path[100], copy[200], why[PLACE_WHY_MAX], *before = NULL, *after = NULL;
    struct change *change = NULL;
    struct stat status;

    snprintf(path, sizeof path, STACKS "/%.40s", name);
    snprintf(copy, sizeof copy, "%.60s%.100s", root, path);
    if (place_read(path, &before, &status, why) != PAT_OK ||
        place_read(copy, &after, &status, why) != PAT_OK)
        wiring_refuse(plan, "", "%s", why);
    else if (!pat_text_equal(before, after))
        change = wiring_change(plan, CHANGE_EDIT, path, before);
    if (change != NULL && !change_to(change, after))
        plan->no_memory = true;
    free(before);
    free(after);
}

static void
plan_on_copies(struct wiring *plan)
{
    static const char *const names[] = {"common-auth", "common-account", "common-password",
                                        "common-session", "common-session-noninteractive"};
    char root[] = "/tmp/patctl-profile-XXXXXX", why[400] = "no room in /tmp for a trial";

    if (mkdtemp(root) == NULL || !prepare(root) || !run_on_copies(root, why, sizeof why))
        wiring_refuse(plan, "patctl enable SERVICE changes one service alone", "%s", why);
    for (size_t i = 0; !wiring_is_refused(plan) && i < sizeof names / sizeof names[0]; i++)
        plan_file(plan, root, names[i]);
    if (!wiring_is_refused(plan) && plan->change_count == 0)
        wiring_refuse(plan, "", "pam-auth-update would change nothing");
    remove_tree(root);
}

static bool
is_wired(struct wiring *plan)
{
    struct pam_stack stack = {.count = 0};
    struct pam_stack_fault fault;
    const struct pam_stack_line *line = NULL;
    char text[PAM_STACK_LINE_MAX + 1];
    bool found = false;

    if (pam_stack_read(pam_stack_directories, "common-auth", &stack, &fault) != PAT_OK)
        return false;
    while ((line = pam_stack_next(&stack, PAM_STACK_AUTH, line)) != NULL)
        if (line->kind == PAM_STACK_MODULE && pam_stack_calls(line, "pam_pat")) {
            snprintf(text, sizeof text, "auth %s %s", line->control, line->module);
            wiring_line(plan, line->file, line->line, text);
            found = true;
        }
    pam_stack_free(&stack);
    return found;
}

void
profile_plan(struct wiring *plan)
{
    char module[400];

    if (is_wired(plan)) {
        plan->wired++;
        wiring_how(plan, "PAM");
        return;
    }
    plan->unwired++;
    if (plan->look_only)
        return;
    if (access(PROFILES "/pat", R_OK) != 0)
        wiring_refuse(plan, "it comes with packages; make install puts it below its own prefix",
                      PROFILES "/pat is missing");
    else if (!pam_module(plan, module, sizeof module))
        wiring_refuse(plan, "install it there first (Debian: libpam-pat)", "%s", module);
    else if (!pat_text_equal(module, "pam_pat.so"))
        wiring_refuse(plan, "patctl enable SERVICE writes such lines",
                      "the profile says pam_pat.so, and this host needs: %s", module);
    else
        plan_on_copies(plan);
    wiring_note(plan, "sudo and su are among them: a token needs sudo:run or su:login for these.");
}

enum pat_err
profile_switch(bool on, char *why)
{
    const char *const argv[] = {"env",
                                "DEBIAN_FRONTEND=noninteractive",
                                "pam-auth-update",
                                on ? "--enable" : "--disable",
                                "pat",
                                NULL};

    return run(argv, why, 400) ? PAT_OK : PAT_ERR_IO;
}
