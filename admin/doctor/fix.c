/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The remedies. SECURITY: what is changed is named by a check, never by patd or by the file itself;
 * a file is replaced as admin/wiring/place.c does it, and modes are changed by descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/doctor/doctor.h"
#include "admin/doctor/fix.h"
#include "admin/out/out.h"
#include "admin/tell.h"
#include "admin/terminal/prompt.h"
#include "admin/wiring/change.h"
#include "admin/wiring/place.h"
#include "core/base/text.h"

struct fixing {
    struct patctl *patctl;
    size_t done, left;
};

static int
tell_failed(const struct fixing *fixing, const char *file, const char *why)
{
    return tell_failure(fixing->patctl, EXIT_INTERNAL, "fix", "", "%s: %s", file, why);
}

/* --- modes --- */

static int
set_mode(struct fixing *fixing, json_t *finding)
{
    const char *file = ask_text(finding, "file");
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat before;
    int status = EXIT_DONE;

    if (fd < 0 || fstat(fd, &before) != 0 ||
        fchown(fd, (uid_t)ask_number(finding, "uid"), (gid_t)-1) != 0 ||
        fchmod(fd, before.st_mode & (mode_t)ask_number(finding, "mode")) != 0)
        status = tell_failed(fixing, file, strerror(errno));
    else
        out_say(fixing->patctl->out, "%s %s   (undo: chown %lu %s; chmod %04o %s)",
                out_symbol(fixing->patctl->out, OUT_YES), file, (unsigned long)before.st_uid, file,
                (unsigned)(before.st_mode & 07777), file);
    if (fd >= 0)
        close(fd);
    return status;
}

/* --- files --- */

static void
show_line(void *context, char sign, const char *line)
{
    struct fixing *fixing = context;

    if (sign == '+' || sign == '-')
        out_change(fixing->patctl->out, sign, "    %c %s", sign, line);
}

/* What the finding means, as a change of the file as it is now. */
static int
plan(const struct fixing *fixing, json_t *finding, struct change *ret)
{
    const char *file = ask_text(finding, "file"), *line = ask_text(finding, "text");
    bool creates = ask_number(finding, "remedy") == DOCTOR_CREATE_FILE;
    char why[PLACE_WHY_MAX], added[600], *text = NULL;
    struct stat status;
    bool good;

    if (!creates && place_read(file, &text, &status, why) != PAT_OK)
        return tell_failed(fixing, file, why);
    snprintf(added, sizeof added, "%s%s", line, line[0] == '\0' ? "" : "\n");
    good = change_begin(ret, creates ? CHANGE_CREATE : CHANGE_EDIT, file, creates ? "" : text);
    if (good && creates) {
        ret->mode = 0644;
        ret->made_directory = place_lacks_directory(file);
    }
    good = good &&
           change_edit(ret, creates ? 0 : (size_t)ask_number(finding, "line") - 1, creates ? 0 : 1,
                       creates ? line : added) &&
           change_finish(ret);
    free(text);
    return good ? EXIT_DONE : tell_failed(fixing, file, "out of memory");
}

static int
rewire_out(struct fixing *fixing, json_t *finding, const struct change *change)
{
    const char *file = ask_text(finding, "file"), *after = ask_text(finding, "after");
    struct out *out = fixing->patctl->out;
    char why[PLACE_WHY_MAX];

    if (place_change(change, why) != PAT_OK)
        return tell_failed(fixing, file, why);
    out_say(out, "%s %s is changed.%s%s", out_symbol(out, OUT_YES), file,
            after[0] == '\0' ? "" : "  Next: ", after);
    return EXIT_DONE;
}

/* --- one by one --- */

static int
ask_and_do(struct fixing *fixing, json_t *finding)
{
    enum doctor_remedy remedy = (enum doctor_remedy)ask_number(finding, "remedy");
    struct change change = {.edit_count = 0};
    int status = EXIT_DONE;

    out_say(fixing->patctl->out, "%s", ask_text(finding, "what"));
    if (remedy != DOCTOR_SET_MODE)
        status = plan(fixing, finding, &change);
    if (status == EXIT_DONE && remedy != DOCTOR_SET_MODE)
        change_diff(&change, show_line, fixing);
    if (status == EXIT_DONE)
        status = prompt_confirm(fixing->patctl, "Change %s?", ask_text(finding, "file"));
    if (status == EXIT_DONE)
        status = remedy == DOCTOR_SET_MODE ? set_mode(fixing, finding)
                                           : rewire_out(fixing, finding, &change);
    change_free(&change);
    fixing->done += status == EXIT_DONE;
    return status;
}

static bool
is_bad(json_t *finding)
{
    const char *level = ask_text(finding, "level");

    return pat_text_equal(level, doctor_levels[DOCTOR_PROBLEM]) ||
           pat_text_equal(level, doctor_levels[DOCTOR_WARNING]);
}

static void
say_rest(struct fixing *fixing, json_t *finding)
{
    const char *fix = ask_text(finding, "fix");

    fixing->left++;
    out_say(fixing->patctl->out, "%s %s", out_symbol(fixing->patctl->out, OUT_WARN),
            ask_text(finding, "what"));
    if (fix[0] != '\0')
        out_say(fixing->patctl->out, "    by hand: %s", fix);
}

int
fix_all(const struct doctor *doctor)
{
    struct fixing fixing = {.patctl = doctor->patctl};
    json_t *finding;
    size_t index;
    int status = EXIT_DONE;

    if (geteuid() != 0)
        return tell_failure(doctor->patctl, EXIT_DENIED, "root", "run it as root",
                            "--fix changes files of the host");
    json_array_foreach(doctor->findings, index, finding)
    {
        if (!is_bad(finding) || status == EXIT_USAGE || status == EXIT_INTERRUPTED)
            continue;
        if (ask_number(finding, "remedy") == DOCTOR_BY_HAND)
            say_rest(&fixing, finding);
        else
            status = ask_and_do(&fixing, finding);
    }
    if (status == EXIT_DECLINED)
        status = EXIT_DONE;
    return status;
}
