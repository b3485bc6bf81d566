/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON, as people may have to read it when nothing else helps. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/wiring/record.h"
#include "core/base/file.h"
#include "core/base/text.h"

#define DIRECTORY PAT_LOCALSTATEDIR "/lib/pat-wiring"
#define RECORD_MAX ((size_t)4 * 1024 * 1024)
#define FORMAT 1

static const char *const kinds[] = {"edit", "create", "remove"};

static void
name_file(const struct service *service, char ret[300])
{
    snprintf(ret, 300, "%s/%s", DIRECTORY, service->name);
}

/* The directories on the way are the system's; only ours is closed to others. */
static bool
make_directory(void)
{
    char path[] = DIRECTORY;

    for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            return false;
        *slash = '/';
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

int
record_lock(char why[400])
{
    struct stat status;
    int fd = make_directory() ? open(DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                              : -1;

    if (fd == -1 || fstat(fd, &status) != 0) {
        snprintf(why, 400, DIRECTORY ": %s", strerror(errno));
    } else if (status.st_uid != 0 || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        snprintf(why, 400, DIRECTORY " is not root's alone");
    } else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        snprintf(why, 400, "another patctl is changing services");
    } else {
        return fd;
    }
    if (fd != -1)
        close(fd);
    return -1;
}

/* --- writing --- */

static json_t *
edit_object(const struct change_edit *edit)
{
    return json_pack("{s:I, s:I, s:s}", "at", (json_int_t)edit->at, "drop", (json_int_t)edit->drop,
                     "add", edit->add);
}

static json_t *
change_object(const struct change *change)
{
    json_t *edits = json_array();

    for (size_t i = 0; i < change->edit_count; i++)
        json_array_append_new(edits, edit_object(&change->edits[i]));
    return json_pack("{s:s, s:s, s:i, s:b, s:s, s:s, s:o}", "path", change->path, "kind",
                     kinds[change->kind], "mode", (int)change->mode, "made_directory",
                     (int)change->made_directory, "before", change->before, "after", change->after,
                     "edits", edits);
}

enum pat_err
record_write(const struct wiring *plan, char why[400])
{
    json_t *changes = json_array(), *document;
    char path[300], *text;
    enum pat_err err = PAT_ERR_NOMEM;
    size_t len;

    for (size_t i = 0; i < plan->change_count; i++)
        json_array_append_new(changes, change_object(&plan->changes[i]));
    document = json_pack("{s:i, s:s, s:b, s:o}", "v", FORMAT, "service", plan->service->name,
                         "profile", plan->service->way == SERVICE_PROFILE, "changes", changes);
    len = document == NULL ? 0 : json_dumpb(document, NULL, 0, JSON_INDENT(1));
    text = len == 0 ? NULL : malloc(len);
    name_file(plan->service, path);
    if (text != NULL && json_dumpb(document, text, len, JSON_INDENT(1)) == len)
        err = pat_file_write(path, text, len, 0);
    if (err != PAT_OK)
        snprintf(why, 400, "%s: %s", path, pat_err_text(err));
    free(text);
    json_decref(document);
    return err;
}

/* --- reading --- */

static const char *
text_of(json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static bool
read_edit(json_t *object, struct change *change)
{
    json_t *at = json_object_get(object, "at"), *drop = json_object_get(object, "drop");
    const char *add = text_of(object, "add");
    struct change_edit *edit = &change->edits[change->edit_count];

    if (!json_is_integer(at) || !json_is_integer(drop) || add == NULL ||
        change->edit_count == CHANGE_EDITS_MAX || json_integer_value(at) < 0 ||
        json_integer_value(drop) < 0)
        return false;
    *edit = (struct change_edit){.at = (size_t)json_integer_value(at),
                                 .drop = (size_t)json_integer_value(drop),
                                 .add = strdup(add)};
    change->edit_count += edit->add != NULL;
    return edit->add != NULL;
}

static bool
read_change(json_t *object, struct change *change)
{
    const char *path = text_of(object, "path"), *kind = text_of(object, "kind");
    const char *before = text_of(object, "before"), *after = text_of(object, "after");
    json_t *edits = json_object_get(object, "edits"), *edit;
    size_t index;

    if (path == NULL || path[0] != '/' || strlen(path) >= CHANGE_PATH_MAX || kind == NULL ||
        before == NULL || after == NULL || !json_is_array(edits))
        return false;
    if (!change_begin(change, pat_text_equal(kind, "create") ? CHANGE_CREATE : CHANGE_EDIT, path,
                      before))
        return false;
    change->mode = (mode_t)json_integer_value(json_object_get(object, "mode")) & 07777;
    change->made_directory = json_is_true(json_object_get(object, "made_directory"));
    json_array_foreach(edits, index, edit)
    {
        if (!read_edit(edit, change))
            return false;
    }
    /* What was planned and what the edits say must be the same. */
    return change_finish(change) && pat_text_equal(change->after, after);
}

static bool
read_document(json_t *document, const struct service *service, struct record *ret)
{
    json_t *changes = json_object_get(document, "changes"), *each;
    const char *name = text_of(document, "service");
    size_t index;

    if (json_integer_value(json_object_get(document, "v")) != FORMAT || name == NULL ||
        !pat_text_equal(name, service->name) || !json_is_array(changes) ||
        json_array_size(changes) > WIRING_CHANGES_MAX)
        return false;
    ret->is_profile = json_is_true(json_object_get(document, "profile"));
    json_array_foreach(changes, index, each)
    {
        bool good = read_change(each, &ret->changes[index]);

        ret->change_count = index + 1;
        if (!good)
            return false;
    }
    return true;
}

enum pat_err
record_read(const struct service *service, struct record *ret, char why[400])
{
    char path[300], *bytes = malloc(RECORD_MAX);
    json_t *document = NULL;
    enum pat_err err = PAT_ERR_NOMEM;
    size_t len = 0;

    memset(ret, 0, sizeof *ret);
    name_file(service, path);
    if (bytes != NULL)
        err = pat_file_read(path, bytes, RECORD_MAX, &len);
    if (err == PAT_OK) {
        document = json_loadb(bytes, len, 0, NULL);
        if (!read_document(document, service, ret))
            err = PAT_ERR_SYNTAX;
    }
    if (err != PAT_OK)
        snprintf(why, 400, "%s: %s", path, pat_err_text(err));
    json_decref(document);
    free(bytes);
    return err;
}

void
record_free(struct record *record)
{
    for (size_t i = 0; i < record->change_count; i++)
        change_free(&record->changes[i]);
    memset(record, 0, sizeof *record);
}

enum pat_err
record_remove(const struct service *service, char why[400])
{
    char path[300];
    enum pat_err err = PAT_OK;

    name_file(service, path);
    if (unlink(path) != 0 && errno != ENOENT)
        err = pat_file_err(errno);
    if (err == PAT_OK)
        err = pat_file_sync_parent(path);
    if (err != PAT_OK)
        snprintf(why, 400, "%s: %s", path, pat_err_text(err));
    return err;
}
