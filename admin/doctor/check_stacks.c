/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PAM: which services have pam_pat.so in their stacks, and that those do what they should. Every
 * file of /etc/pam.d is read; what is included by others only is judged where it is included.
 */
#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/doctor/checks.h"
#include "admin/doctor/doctor.h"
#include "admin/doctor/stack.h"
#include "admin/host/pam_stack.h"
#include "admin/wiring/service.h"
#include "core/base/text.h"

#define NAMES_MAX 256

/* Files that are no service; '*' as in globs. */
static const char *const no_services[] = {
    "common-*",
    "system-*",
    "password-auth*",
    "fingerprint-auth*",
    "smartcard-auth*",
    "postlogin*",
    "base-*",
    "*.dpkg-*",
    "*.rpm*",
    "*.pam-old",
    "*~",
    "README",
    "*.ucf-*",
    "*.bak",
    ".*",
    "config-util",
    "substack-*",
};

struct names {
    size_t count;
    char *names[NAMES_MAX];
};

static bool
is_service(const char *name)
{
    for (size_t i = 0; i < sizeof no_services / sizeof no_services[0]; i++)
        if (fnmatch(no_services[i], name, 0) == 0)
            return false;
    return name[0] != '.';
}

static void
add_name(struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (pat_text_equal(names->names[i], name))
            return;
    if (names->count < NAMES_MAX && (names->names[names->count] = strdup(name)) != NULL)
        names->count++;
}

static int
compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
read_names(struct names *names)
{
    names->count = 0;
    for (size_t i = 0; pam_stack_directories[i] != NULL; i++) {
        DIR *directory = opendir(pam_stack_directories[i]);
        struct dirent *entry;

        while (directory != NULL && (entry = readdir(directory)) != NULL)
            if (is_service(entry->d_name))
                add_name(names, entry->d_name);
        if (directory != NULL)
            closedir(directory);
    }
    qsort(names->names, names->count, sizeof names->names[0], compare);
}

/* The row whose PAM services this is one of; NULL: none. */
static const struct service *
row_of(const char *name)
{
    const struct service *row;

    for (size_t i = 0; (row = service_at(i)) != NULL; i++) {
        const char *at = row->files;
        char each[32];

        while (row->way == SERVICE_PAM && service_next_name(&at, each))
            if (pat_text_equal(each, name))
                return row;
    }
    return NULL;
}

/* A file that is wrong keeps everybody out; that of a service we have nothing to do with may be. */
static void
tell_fault(struct doctor *doctor, const char *group, const char *name,
           const struct pam_stack_fault *fault)
{
    const struct finding finding = {.level = DOCTOR_PROBLEM,
                                    .service = group,
                                    .why = "PAM refuses everybody there, or was read differently",
                                    .fix = "correct that line; keep a root shell open meanwhile",
                                    .file = fault->file,
                                    .line = fault->line};

    if (fault->line == 0)
        doctor_find(doctor, &finding, "%s: %s: %s", name, fault->file, fault->text);
    else
        doctor_find(doctor, &finding, "%s: %s line %u: %s", name, fault->file, fault->line,
                    fault->text);
}

static void
tell_unwired(struct doctor *doctor, const struct service *row)
{
    const struct finding finding = {.level = DOCTOR_UNWIRED, .service = row->name};

    doctor_find(doctor, &finding, "not wired (patctl enable %s)", row->name);
}

/* One PAM service; answers whether pam_pat.so is in its stack. */
static bool
look_at(struct doctor *doctor, const char *name, const struct service *row)
{
    struct stack_case here = {
        .doctor = doctor, .name = name, .row = row, .group = row == NULL ? "pam" : row->name};
    struct pam_stack_fault fault;
    enum pat_err err = pam_stack_read(pam_stack_directories, name, &here.stack, &fault);
    bool wired = false;

    if (err != PAT_OK && (row != NULL || doctor->service_count > 0))
        tell_fault(doctor, here.group, name, &fault);
    if (err == PAT_OK)
        wired = stack_find_ours(&here);
    if (wired)
        stack_judge(&here);
    pam_stack_free(&here.stack);
    return wired || err != PAT_OK;
}

static void
add_word(char *list, size_t size, const char *word)
{
    size_t len = strlen(list);

    snprintf(list + len, size - len, "%s%s", len == 0 ? "" : ", ", word);
}

/* Those that nobody asked about by name are told in a line. */
static void
look_at_others(struct doctor *doctor, const struct names *names)
{
    char list[500] = "";
    size_t count = 0;

    for (size_t i = 0; i < names->count; i++)
        if (row_of(names->names[i]) == NULL && look_at(doctor, names->names[i], NULL)) {
            add_word(list, sizeof list, names->names[i]);
            count++;
        }
    if (count > 0 && doctor_is_clean(doctor, "pam"))
        doctor_praise(doctor, "pam", "pam_pat.so is in the stacks of %s, too", list);
}

void
check_stacks(struct doctor *doctor)
{
    const struct service *row;
    struct names names;

    read_names(&names);
    for (size_t i = 0; (row = service_at(i)) != NULL; i++) {
        bool wired = false, there = false;

        if (row->way != SERVICE_PAM || !doctor_wants(doctor, row->name))
            continue;
        for (size_t k = 0; k < names.count; k++)
            if (row_of(names.names[k]) == row) {
                there = true;
                wired |= look_at(doctor, names.names[k], row);
            }
        if (!wired && there && service_is_installed(row))
            tell_unwired(doctor, row);
    }
    if (doctor_wants(doctor, "pam"))
        look_at_others(doctor, &names);
    for (size_t i = 0; i < names.count; i++)
        free(names.names[i]);
}
