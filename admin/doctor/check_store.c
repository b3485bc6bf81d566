/* SPDX-License-Identifier: BSD-2-Clause */
/* The store: what patd says of it, who may read its files, and how old the backup is. */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/doctor/checks.h"
#include "admin/doctor/doctor.h"
#include "admin/out/out.h"
#include "core/base/text.h"
#include "core/config/config.h"

#define DAY INT64_C(86400000000)
#define BACKUP_DAYS 30 /* older than that is as good as none */

/* --- what patd says --- */

static void
tell_trouble(struct doctor *doctor, const char *what)
{
    const struct finding finding = {.level = DOCTOR_PROBLEM,
                                    .why = "no token is accepted, of nobody",
                                    .fix = "see pat-recovery(7); patctl db check finds the row"};

    doctor_find(doctor, &finding, "%s", what);
}

void
check_store(struct doctor *doctor)
{
    const char *trouble = ask_text(doctor->status, "trouble");

    if (trouble[0] != '\0')
        tell_trouble(doctor, trouble);
    else if (doctor->db != NULL && !json_is_integer(json_object_get(doctor->db, "anchor")))
        tell_trouble(doctor, "the anchor is missing or damaged");
    else if (doctor->db != NULL && json_is_integer(json_object_get(doctor->db, "generation")))
        doctor_praise(doctor, NULL, "%s, schema %lld, seals and anchor ok",
                      ask_text(doctor->db, "path"), (long long)ask_number(doctor->db, "schema"));
    else if (doctor->reachable)
        doctor_praise(doctor, NULL, "patd trusts its store");
}

/* --- who may read it --- */

struct place {
    char path[PAT_CONFIG_PATH_MAX + 32];
    bool is_directory;
    bool may_be_missing;
    mode_t mode; /* at most */
};

static bool
find_owner(const struct doctor *doctor, uid_t *ret)
{
    struct passwd *entry = getpwnam(doctor->config->user);

    if (entry != NULL)
        *ret = entry->pw_uid;
    return entry != NULL;
}

/* What is wrong with a file; "" when nothing is. False: it cannot be seen, or is not there. */
static bool
look_at(const struct place *place, uid_t owner, char *ret, size_t size)
{
    struct stat status;
    mode_t too_much;

    ret[0] = '\0';
    if (lstat(place->path, &status) != 0)
        return false;
    too_much = status.st_mode & 07777 & ~place->mode;
    if (place->is_directory ? !S_ISDIR(status.st_mode) : !S_ISREG(status.st_mode))
        snprintf(ret, size, "%.150s is no %s", place->path,
                 place->is_directory ? "directory" : "plain file");
    else if (status.st_uid != owner)
        snprintf(ret, size, "%.150s belongs to uid %lu, not to patd's", place->path,
                 (unsigned long)status.st_uid);
    else if (too_much != 0)
        snprintf(ret, size, "%.150s has mode %04o, %04o is enough", place->path,
                 (unsigned)(status.st_mode & 07777), (unsigned)place->mode);
    return true;
}

static bool
judge_place(struct doctor *doctor, const struct place *place, uid_t owner)
{
    struct finding finding = {.level = DOCTOR_PROBLEM,
                              .why = "others may read, or change, what decides about tokens",
                              .file = place->path,
                              .remedy = DOCTOR_SET_MODE,
                              .mode = place->mode,
                              .uid = owner};
    char wrong[300], fix[400];
    bool seen = look_at(place, owner, wrong, sizeof wrong);

    snprintf(fix, sizeof fix, "chown %.60s %.150s; chmod %04o %.150s", doctor->config->user,
             place->path, (unsigned)place->mode, place->path);
    finding.fix = fix;
    if (strstr(wrong, " is no ") != NULL)
        finding.remedy = DOCTOR_BY_HAND;
    if (wrong[0] != '\0')
        doctor_find(doctor, &finding, "%s", wrong);
    return seen && wrong[0] == '\0';
}

static void
set_place(struct place *place, const char *directory, const char *name)
{
    snprintf(place->path, sizeof place->path, "%s%s%s", directory, name[0] == '\0' ? "" : "/",
             name);
}

void
check_permissions(struct doctor *doctor)
{
    const struct pat_config *config = doctor->config;
    const struct finding unknown = {.level = DOCTOR_WARNING,
                                    .why = "who may read its files was not looked at",
                                    .fix = "make the account, or set user= in pat.conf"};
    struct place places[] = {
        {.is_directory = true, .mode = 0700},
        {.is_directory = true, .mode = 0700},
        {.mode = 0600},
        {.mode = 0600, .may_be_missing = true},
        {.mode = 0600, .may_be_missing = true},
    };
    size_t good = 0, count = sizeof places / sizeof places[0];
    uid_t owner;

    set_place(&places[0], config->state_dir, "");
    set_place(&places[1], config->keys_dir, "");
    set_place(&places[2], config->state_dir, "pat.db");
    set_place(&places[3], config->state_dir, "usage.db");
    set_place(&places[4], config->keys_dir, "anchor");
    if (!find_owner(doctor, &owner)) {
        doctor_find(doctor, &unknown, "there is no account %s for patd", config->user);
        return;
    }
    for (size_t i = 0; i < count; i++)
        good += judge_place(doctor, &places[i], owner);
    if (good == count)
        doctor_praise(doctor, NULL, "%s (0600 %s), keys in %s (0700 %s)", places[2].path,
                      config->user, places[1].path, config->user);
}

/* --- the backup --- */

void
check_backup(struct doctor *doctor)
{
    struct finding finding = {.level = DOCTOR_WARNING,
                              .why = "a lost disk is the end of every token",
                              .fix = "patctl db backup FILE, and a copy of the keys elsewhere"};
    json_t *last = json_object_get(doctor->db, "lastBackup");
    struct timespec now;
    char when[64];
    int64_t age;

    if (doctor->db == NULL || !json_is_integer(json_object_get(doctor->db, "generation")))
        return; /* nobody can tell: another check says why */
    clock_gettime(CLOCK_REALTIME, &now);
    age = (int64_t)now.tv_sec * 1000000 - json_integer_value(last);
    if (json_is_integer(last))
        out_time(doctor->patctl->out, json_integer_value(last), when, sizeof when);
    if (!json_is_integer(last))
        doctor_find(doctor, &finding, "no backup of the store is known");
    else if (age > BACKUP_DAYS * DAY)
        doctor_find(doctor, &finding, "the last backup was made %s", when);
    else
        doctor_praise(doctor, NULL, "backed up %s", when);
}
