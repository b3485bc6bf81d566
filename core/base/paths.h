/* SPDX-License-Identifier: BSD-2-Clause */
/* Where things are by default; the directories come from configure. */
#ifndef PAT_BASE_PATHS_H
#define PAT_BASE_PATHS_H

#define PAT_CONFIG_FILE PAT_SYSCONFDIR "/pat/pat.conf"
#define PAT_STATE_DIR PAT_LOCALSTATEDIR "/lib/pat"
#define PAT_KEYS_DIR PAT_LOCALSTATEDIR "/lib/pat-keys"
#define PAT_RUNTIME_DIR PAT_RUNSTATEDIR "/pat"

/* Below the runtime directory. */
#define PAT_VERIFY_SOCKET "/verify/sock"
#define PAT_AUTHDAEMON_SOCKET "/verify/authdaemon"
#define PAT_MUX_SOCKET "/verify/mux"
#define PAT_MANAGE_SOCKET "/manage/sock"

#endif
