/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * db backup: patd writes the copy beside its store, and root takes it from there.
 *
 * SECURITY: the directory of the copy is patd's. Whoever took patd over could put links there, so
 * nothing in it is followed, and what is removed is a name in that very directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/out.h"
#include "admin/tell.h"
#include "admin/terminal/progress.h"
#include "core/base/file.h"
#include "core/base/text.h"

#define BLOCK 65536

struct backup {
    struct patctl *patctl;
    const char *file; /* NULL: it stays where patd wrote it */
    int to;           /* -1: not open */
    json_t *made;     /* what patd says of it */
    struct progress progress;
};

static int
fail(const struct backup *backup, int status, const char *path)
{
    return tell_failure(backup->patctl, status, "file", "", "%s: %s", path, strerror(errno));
}

/* --- the file --- */

/* Whoever finds one must not find the other. */
static bool
is_inside(const char *file, const char *keys_path)
{
    char parent[PATH_MAX], dir[PATH_MAX], keys[PATH_MAX];
    const char *slash = strrchr(file, '/');
    size_t len = slash == NULL ? 1 : slash == file ? 1 : (size_t)(slash - file);

    if (pat_text_copy(parent, sizeof parent, slash == NULL ? "." : file, len) != PAT_OK ||
        realpath(parent, dir) == NULL || realpath(keys_path, keys) == NULL)
        return false;
    len = strlen(keys);
    return strncmp(dir, keys, len) == 0 && (dir[len] == '\0' || dir[len] == '/');
}

static bool
may_take(const char *state_dir)
{
    struct stat status;

    return geteuid() == 0 || (stat(state_dir, &status) == 0 && status.st_uid == geteuid());
}

static void
dir_of(const char *path, char ret[PATH_MAX])
{
    char *slash;

    pat_text_clip(ret, PATH_MAX, path);
    slash = strrchr(ret, '/');
    if (slash != NULL)
        *slash = '\0';
}

/* Before anything is copied: what is wrong with FILE is known now, not minutes later. */
static int
open_target(struct backup *backup)
{
    char state_dir[PATH_MAX];
    json_t *reply = NULL;
    int status = ask_once(backup->patctl, "DbStatus", json_object(), &reply);

    if (status == EXIT_DONE) {
        dir_of(ask_text(reply, "path"), state_dir);
        if (!may_take(state_dir))
            status = tell_failure(backup->patctl, EXIT_DENIED, "backup.root",
                                  "without FILE it stays there: patctl db backup",
                                  "only root can take a backup out of %s", state_dir);
        else if (is_inside(backup->file, ask_text(reply, "keysPath")))
            status = tell_failure(backup->patctl, EXIT_USAGE, "backup.keys",
                                  "keep store and keys apart", "%s is in the key directory",
                                  backup->file);
    }
    json_decref(reply);
    if (status != EXIT_DONE)
        return status;
    backup->to = open(backup->file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (backup->to != -1)
        return EXIT_DONE;
    return fail(backup, errno == EEXIST ? EXIT_CONFLICT : EXIT_USAGE, backup->file);
}

/* --- taking it away --- */

static bool
copy(int from, int to)
{
    char block[BLOCK];
    ssize_t got;

    while ((got = read(from, block, sizeof block)) != 0) {
        if (got == -1 && errno == EINTR)
            continue;
        for (ssize_t at = 0, done; got > 0 && at < got; at += done) {
            done = write(to, block + at, (size_t)(got - at));
            if (done == -1 && errno == EINTR)
                done = 0;
            else if (done == -1)
                return false;
        }
        if (got == -1)
            return false;
    }
    return fsync(to) == 0;
}

static bool
is_name(const char *name)
{
    return strncmp(name, "pat-", 4) == 0 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789TZ.-") == strlen(name);
}

/* The directory "backup" of patd's state directory, wherever links may lead. */
static int
open_dir(const char *path)
{
    char dir[PATH_MAX], state_dir[PATH_MAX];
    int state, fd;

    dir_of(path, dir);
    dir_of(dir, state_dir);
    state = open(state_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (state == -1)
        return -1;
    fd = openat(state, "backup", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    close(state);
    return fd;
}

static int
open_copy(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;

    if (fd != -1 && (fstat(fd, &status) == -1 || !S_ISREG(status.st_mode))) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

static int
take_away(struct backup *backup)
{
    const char *path = ask_text(backup->made, "path");
    const char *name = strrchr(path, '/');
    int dir = open_dir(path), from = -1, status = EXIT_DONE;

    if (dir != -1 && name != NULL && is_name(name + 1))
        from = open_copy(dir, name + 1);
    if (from == -1 || !copy(from, backup->to) || pat_file_sync_parent(backup->file) != PAT_OK) {
        status = tell_failure(backup->patctl, EXIT_PARTLY, "backup.copy", "",
                              "the backup is made, but stays in %s: %s", path, strerror(errno));
        unlink(backup->file);
    } else if (unlinkat(dir, name + 1, 0) == -1) {
        tell_note(backup->patctl, "%s is still there: %s", path, strerror(errno));
    }
    if (from != -1)
        close(from);
    if (dir != -1)
        close(dir);
    return status;
}

/* --- the command --- */

static bool
note_pages(void *context, json_t *entry)
{
    struct backup *backup = context;

    backup->progress.total = ask_number(entry, "of");
    if (backup->progress.total > 0)
        progress_step(&backup->progress, ask_number(entry, "done"));
    return true;
}

static int
make(struct backup *backup)
{
    json_t *parameters = ask_parameters(backup->patctl);
    int status;

    json_object_del(parameters, "tenant");
    progress_begin(backup->patctl, "Copying", 0, &backup->progress);
    status = ask_each(backup->patctl, "DbBackup", parameters, note_pages, backup, &backup->made);
    progress_end(&backup->progress);
    return status;
}

static void
say_made(const struct backup *backup)
{
    struct out *out = backup->patctl->out;
    const char *path = backup->file == NULL ? ask_text(backup->made, "path") : backup->file;
    long long generation = (long long)ask_number(backup->made, "generation");
    char bytes[32];

    cmd_db_bytes(ask_number(backup->made, "bytes"), bytes, sizeof bytes);
    out_json(out, json_pack("{s:i, s:s, s:I, s:I, s:s}", "v", 1, "path", path, "generation",
                            (json_int_t)generation, "bytes",
                            (json_int_t)ask_number(backup->made, "bytes"), "keys_path",
                            ask_text(backup->made, "keysPath")));
    out_say(out,
            "%s The store, generation %lld (%s), is in\n    %s\n"
            "  The keys are not in it, and it cannot be read without them. They are in\n    %s\n"
            "  Keep a copy of them too, and somewhere else.",
            out_symbol(out, OUT_YES), generation, bytes, path, ask_text(backup->made, "keysPath"));
    if (backup->file == NULL)
        out_say(out, "  Take it away from there: it is in the way of the store.");
}

int
cmd_db_backup(struct patctl *patctl, const struct cmd_line *line)
{
    struct backup backup = {.patctl = patctl, .to = -1};
    int status = EXIT_DONE;

    if (line->word_count > 0) {
        backup.file = line->words[0];
        status = open_target(&backup);
    }
    if (status == EXIT_DONE) {
        status = make(&backup);
        if (status != EXIT_DONE && backup.file != NULL)
            unlink(backup.file);
    }
    if (status == EXIT_DONE && backup.file != NULL)
        status = take_away(&backup);
    if (status == EXIT_DONE)
        say_made(&backup);
    if (backup.to != -1)
        close(backup.to);
    json_decref(backup.made);
    return status;
}
