/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * db restore: the one command that touches the store itself. It runs while patd does not, holds
 * patd's lock, and becomes patd's uid before it opens anything of patd's. Only the backup is opened
 * before, as whoever calls may read it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/out.h"
#include "admin/tell.h"
#include "admin/terminal/prompt.h"
#include "core/api/install.h"
#include "core/api/privilege.h"
#include "core/base/diag.h"
#include "core/base/paths.h"
#include "core/base/text.h"
#include "core/config/file.h"

#define START "systemctl start patd.service"

/* --- accepting --- */

static int
confirm_accept(struct patctl *patctl)
{
    json_t *reply = NULL;
    int status = ask_once(patctl, "DbStatus", json_object(), &reply);

    if (status == EXIT_DONE && ask_number(reply, "generation") < ask_number(reply, "anchor"))
        status = prompt_confirm(
            patctl,
            "The store is of generation %lld, and its anchor knows %lld. What was made since is "
            "lost; what was taken away since is taken away again. Accept it?",
            (long long)ask_number(reply, "generation"), (long long)ask_number(reply, "anchor"));
    json_decref(reply); /* otherwise patd says why there is nothing to accept */
    return status;
}

static void
say_accepted(struct patctl *patctl, json_t *done)
{
    struct out *out = patctl->out;
    long long closed = (long long)ask_number(done, "closed");

    out_json(out, json_pack("{s:i, s:I, s:I, s:I, s:I, s:I}", "v", 1, "applied",
                            (json_int_t)ask_number(done, "applied"), "missing",
                            (json_int_t)ask_number(done, "missing"), "closed", (json_int_t)closed,
                            "from", (json_int_t)ask_number(done, "from"), "to",
                            (json_int_t)ask_number(done, "to")));
    out_say(out,
            "%s Tokens are accepted again. Changes made again: %lld. They stand in the change log\n"
            "  as \"made again after a restore\"; %lld more were about what the backup does not "
            "have.\n"
            "  Tokens and users that were made since generation %lld are lost: make them again.",
            out_symbol(out, OUT_YES), (long long)ask_number(done, "applied"),
            (long long)ask_number(done, "missing"), (long long)ask_number(done, "from"));
    if (closed > 0)
        out_say(out, "%s %lld could not be read: what they were about was ended.",
                out_symbol(out, OUT_WARN), closed);
}

static int
accept(struct patctl *patctl)
{
    json_t *parameters = ask_parameters(patctl), *reply = NULL;
    int status = confirm_accept(patctl);

    json_object_del(parameters, "tenant");
    if (status == EXIT_DONE)
        status = ask_once(patctl, "DbRestoreAccept", parameters, &reply);
    else
        json_decref(parameters);
    if (status == EXIT_DONE)
        say_accepted(patctl, reply);
    json_decref(reply);
    return status;
}

/* --- offline --- */

static int
load_config(const struct patctl *patctl, struct pat_config **ret)
{
    const char *file = patctl->globals.config == NULL ? PAT_CONFIG_FILE : patctl->globals.config;
    char sentence[600];
    struct pat_diag diag;

    if (pat_config_file_load(file, patctl->globals.config == NULL, ret, &diag) == PAT_OK)
        return EXIT_DONE;
    pat_config_file_say(file, &diag, sentence, sizeof sentence);
    return tell_failure(patctl, EXIT_UNAVAILABLE, "config", "", "%s", sentence);
}

static int
open_backup(const struct patctl *patctl, const char *path, int *ret)
{
    struct stat status;

    *ret = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (*ret == -1)
        return tell_failure(patctl, errno == ENOENT ? EXIT_NOT_FOUND : EXIT_USAGE, "file", "",
                            "%s: %s", path, strerror(errno));
    if (fstat(*ret, &status) == -1 || !S_ISREG(status.st_mode))
        return tell_failure(patctl, EXIT_USAGE, "file", "", "%s is not a file", path);
    return EXIT_DONE;
}

static int
tell_offline(const struct patctl *patctl, const struct pat_diag *diag)
{
    switch (diag->code) {
    case PAT_ERR_BUSY:
        return tell_failure(patctl, EXIT_CONFLICT, "restore.running",
                            "stop it first: systemctl stop 'patd*'", "patd works on the store");
    case PAT_ERR_DENIED:
        return tell_failure(patctl, EXIT_DENIED, "denied", "", "%s", diag->text);
    case PAT_ERR_ROLLBACK:
        return tell_failure(patctl, EXIT_CONFLICT, "restore.too-old", "restore a newer backup",
                            "%s", diag->text);
    case PAT_ERR_EXISTS:
        return tell_failure(patctl, EXIT_CONFLICT, "restore.anchor", START, "%s", diag->text);
    case PAT_ERR_SYNTAX:
    case PAT_ERR_VERSION:
    case PAT_ERR_SEAL:
        return tell_failure(patctl, EXIT_CONFLICT, "restore.unusable", "nothing was changed", "%s",
                            diag->text);
    case PAT_OK:
    case PAT_ERR_INTERNAL:
    case PAT_ERR_NOMEM:
    case PAT_ERR_IO:
    case PAT_ERR_FULL:
    case PAT_ERR_RANGE:
    case PAT_ERR_NOT_FOUND:
    case PAT_ERR_CONFLICT:
    case PAT_ERR_LIMIT:
    case PAT_ERR_POLICY:
    case PAT_ERR_TIMEOUT:
    case PAT_ERR_UNAVAILABLE:
    case PAT_ERR_KEY:
    case PAT_ERR_CLOCK:
    case PAT_ERR_COUNT:
        break;
    }
    return tell_failure(patctl, EXIT_UNAVAILABLE, "restore", "", "%s", diag->text);
}

/* SECURITY: from here on this process is patd's uid for good, and alone with the store. */
static int
become_patd(const struct patctl *patctl, const struct pat_config *config)
{
    struct pat_identity identity;
    struct pat_diag diag = {.code = PAT_OK};
    enum pat_err err = pat_privilege_identity(config, &identity, &diag);

    umask(077);
    if (err == PAT_OK)
        err = pat_privilege_drop(&identity, &diag);
    if (err == PAT_OK)
        err = pat_privilege_lock(config, &diag);
    diag.code = err;
    return err == PAT_OK ? EXIT_DONE : tell_offline(patctl, &diag);
}

static const char *
next_step(const struct pat_installed *installed)
{
    if (installed->anchor == 0)
        return "new-anchor";
    return installed->generation < installed->anchor ? "accept" : "start";
}

static void
say_installed(struct patctl *patctl, const struct pat_config *config,
              const struct pat_installed *installed)
{
    struct out *out = patctl->out;
    const char *next = next_step(installed);

    out_json(out,
             json_pack("{s:i, s:s, s:I, s:I, s:s, s:s}", "v", 1, "path", config->state_dir,
                       "generation", (json_int_t)installed->generation, "anchor",
                       (json_int_t)installed->anchor, "aside", installed->aside, "next", next));
    out_say(out,
            "%s The backup, generation %lld, is in place. What was there is in\n"
            "    %s/pat.db%s",
            out_symbol(out, OUT_YES), (long long)installed->generation, config->state_dir,
            installed->aside);
    if (installed->lost_key != 0)
        out_say(out, "%s %lld tokens need verifier.%lld, which is not in %s.",
                out_symbol(out, OUT_WARN), (long long)installed->lost_tokens,
                (long long)installed->lost_key, config->keys_dir);
    if (pat_text_equal(next, "new-anchor"))
        out_say(out, "  Next: patctl db restore --new-anchor");
    else
        out_say(out, "  Next: " START "%s",
                pat_text_equal(next, "accept") ? "\n        patctl db restore --accept" : "");
}

static int
install(struct patctl *patctl, const struct pat_config *config, const char *path)
{
    struct pat_installed installed;
    struct pat_diag diag = {.code = PAT_OK};
    int fd = -1, status = open_backup(patctl, path, &fd);

    if (status == EXIT_DONE)
        status = prompt_confirm(patctl, "Put %s in the place of the store in %s?", path,
                                config->state_dir);
    if (status == EXIT_DONE)
        status = become_patd(patctl, config);
    if (status == EXIT_DONE && pat_install(config, fd, &installed, &diag) != PAT_OK)
        status = tell_offline(patctl, &diag);
    if (status == EXIT_DONE)
        say_installed(patctl, config, &installed);
    if (fd != -1)
        close(fd);
    return status;
}

static int
begin_anchor(struct patctl *patctl, const struct pat_config *config)
{
    struct pat_installed installed;
    struct pat_diag diag = {.code = PAT_OK};
    uint32_t uid = getuid();
    int status = prompt_confirm(patctl,
                                "Take the store in %s for the newest there is? Nobody can tell any "
                                "more whether it is.",
                                config->state_dir);

    if (status == EXIT_DONE)
        status = become_patd(patctl, config);
    if (status == EXIT_DONE && pat_install_anchor(config, uid, &installed, &diag) != PAT_OK)
        status = tell_offline(patctl, &diag);
    if (status != EXIT_DONE)
        return status;
    out_json(patctl->out,
             json_pack("{s:i, s:s, s:I, s:I, s:s, s:s}", "v", 1, "path", config->state_dir,
                       "generation", (json_int_t)installed.generation, "anchor",
                       (json_int_t)installed.anchor, "aside", installed.aside, "next", "start"));
    out_say(patctl->out,
            "%s The anchor begins at generation %lld; older backups cannot be accepted any more.\n"
            "  Next: " START,
            out_symbol(patctl->out, OUT_YES), (long long)installed.anchor);
    return EXIT_DONE;
}

int
cmd_db_restore(struct patctl *patctl, const struct cmd_line *line)
{
    bool accepts = cmd_flag(line, "accept"), anchors = cmd_flag(line, "new-anchor");
    struct pat_config *config = NULL;
    int status;

    if (accepts + anchors + (line->word_count > 0) != 1)
        return tell_failure(patctl, EXIT_USAGE, "usage",
                            "example: patctl db restore /srv/backup/pat.db",
                            "give either FILE, --accept or --new-anchor");
    if (accepts)
        return accept(patctl);
    status = load_config(patctl, &config);
    if (status == EXIT_DONE)
        status = anchors ? begin_anchor(patctl, config) : install(patctl, config, line->words[0]);
    pat_config_free(config);
    return status;
}
