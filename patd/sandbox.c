/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layers, from the outside in. SECURITY: files before system calls, as the filter forbids to
 * change either; and what is called active was seen to be: the kernel is asked, not remembered.
 *
 *            files                                        system calls
 *   patd     reads and writes its state and its keys,     no program, no process, no code that
 *            reads its configuration, /proc, two devices  came later, no socket but Unix ones
 *   groups   reads all but state and keys, as nobody      no program, nobody else's memory
 *            knows what the name service consists of
 */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "core/base/diag.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "patd/sandbox.h"
#include "patd/sandbox_landlock.h"
#include "patd/sandbox_plain.h"
#include "patd/sandbox_seccomp.h"

/* configure names the function that filters system calls, and why this build can have no sandbox
 * at all: sanitizers and the counting of coverage do what it forbids. */
static const char unfit[] = PATD_SANDBOX_UNFIT;

static void
add(char *text, size_t size, const char *separator, const char *word)
{
    size_t len = strlen(text);

    snprintf(text + len, size - len, "%s%s", len == 0 ? "" : separator, word);
}

static void
note(struct patd_sandbox *sandbox, const char *layer, const char *why)
{
    char words[300];

    if (why == NULL) {
        add(sandbox->active, sizeof sandbox->active, " ", layer);
        return;
    }
    snprintf(words, sizeof words, "%s: %s", layer, why);
    add(sandbox->inactive, sizeof sandbox->inactive, "; ", words);
}

/* What core/api/privilege.c did. */
static void
note_process(struct patd_sandbox *sandbox)
{
    struct rlimit core;

    note(sandbox, "no-new-privileges",
         prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? NULL : "not set");
    note(sandbox, "not-dumpable", prctl(PR_GET_DUMPABLE) == 0 ? NULL : "not set");
    note(sandbox, "no-core",
         getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 ? NULL : "not set");
}

static void
enter_layers(enum patd_sandbox_process process, const struct patd_sandbox_places *places,
             struct patd_sandbox *ret)
{
    struct pat_diag diag = {.code = PAT_OK};
    char name[32];
    enum pat_err err;
    int abi = 0;

    err = patd_sandbox_landlock_enter(process, places, &abi, &diag);
    snprintf(name, sizeof name, err == PAT_OK ? "landlock-%d" : "landlock", abi);
    note(ret, name, err == PAT_OK ? NULL : diag.text);
    err = PATD_SANDBOX_FILTER(process, &diag);
    note(ret, "seccomp", err == PAT_OK ? NULL : diag.text);
}

void
patd_sandbox_enter(enum patd_sandbox_process process, const struct patd_sandbox_places *places,
                   struct patd_sandbox *ret)
{
    memset(ret, 0, sizeof *ret);
    note_process(ret);
    if (unfit[0] == '\0') {
        enter_layers(process, places, ret);
        return;
    }
    note(ret, "landlock", unfit);
    note(ret, "seccomp", unfit);
}

enum pat_err
patd_sandbox_tell(const struct patd_sandbox *patd, const struct patd_sandbox *groups, bool required,
                  struct pat_diag *diag)
{
    const struct patd_sandbox *lacking = patd->inactive[0] != '\0' ? patd : groups;
    bool whole = lacking->inactive[0] == '\0';

    PAT_LOG(whole ? LOG_NOTICE : LOG_WARNING, "sandbox", {"active", patd->active},
            {"groups", groups->active}, {"inactive", whole ? NULL : lacking->inactive});
    if (whole || !required)
        return PAT_OK;
    return pat_diag_set(diag, PAT_ERR_DENIED, 0, 0, "the sandbox is required and not whole: %.180s",
                        lacking->inactive);
}
