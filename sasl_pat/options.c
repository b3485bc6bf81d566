/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options by table. libsasl finds them by their whole lower-case name: it ignores the name of the
 * plugin, and cyrus-imapd adds its own "sasl_" in front.
 */
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "core/pat.h"
#include "sasl_pat/options.h"

/*
 * Since 2.1.28 it is by what they declare that mechanisms of one name are found; before, by chance.
 * SECURITY: pat_override would then hand some tokens to the site's verifier. No version that
 * libsasl2 gives a plugin tells the two apart, so the library is asked itself, weakly: we link libc
 * only. Where a program keeps it out of our sight, it is at least what we were built with.
 */
#define VERSION_THAT_SORTS 0x02011c
#pragma weak sasl_version_info

static bool
sorts_mechanisms(void)
{
    int major = SASL_VERSION_MAJOR, minor = SASL_VERSION_MINOR, step = SASL_VERSION_STEP;

    if (sasl_version_info != NULL)
        sasl_version_info(NULL, NULL, &major, &minor, &step, NULL);
    return (major << 16 | minor << 8 | step) >= VERSION_THAT_SORTS;
}

static bool
set_socket(const char *text, struct pat_options *options)
{
    return text[0] == '/' && pat_text_set(options->socket, sizeof options->socket, text) == PAT_OK;
}

static bool
set_override(const char *text, struct pat_options *options)
{
    static const char *const yes[] = {"yes", "on", "true", "1"};
    static const char *const no[] = {"no", "off", "false", "0"};

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
            options->passwords = strcasecmp(text, yes[i]) == 0;
            return true;
        }
    }
    return false;
}

static bool
set_mechs(const char *text, struct pat_options *options)
{
    const char *word;
    size_t len;

    options->oauthbearer = options->xoauth2 = false;
    while ((len = pat_text_word(&text, &word)) != 0) {
        if (len == strlen("OAUTHBEARER") && strncasecmp(word, "OAUTHBEARER", len) == 0)
            options->oauthbearer = true;
        else if (len == strlen("XOAUTH2") && strncasecmp(word, "XOAUTH2", len) == 0)
            options->xoauth2 = true;
        else
            return false;
    }
    return options->oauthbearer || options->xoauth2;
}

static const struct row {
    const char *name;
    bool (*set)(const char *text, struct pat_options *options);
    const char *takes;
} rows[] = {
#define SASL_OPTION(name, setter, takes, meaning) {#name, setter, takes},
#include "core/config/options.def"
};

enum pat_err
pat_options_read(const sasl_utils_t *utils, struct pat_options *ret)
{
    struct pat_options options = {
        .socket = PAT_RUNTIME_DIR PAT_VERIFY_SOCKET, .oauthbearer = true, .xoauth2 = true};
    enum pat_err err = PAT_ERR_NOT_FOUND;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = NULL;

        if (utils->getopt(utils->getopt_context, "pat", rows[i].name, &text, NULL) != SASL_OK ||
            text == NULL)
            continue;
        if (!rows[i].set(text, &options)) {
            utils->log(NULL, SASL_LOG_ERR, "%s takes %s: no mechanism is offered", rows[i].name,
                       rows[i].takes);
            return PAT_ERR_SYNTAX;
        }
        err = PAT_OK;
    }
    if (options.passwords && !sorts_mechanisms()) {
        utils->log(NULL, SASL_LOG_ERR,
                   "pat_override needs libsasl2 2.1.28 or later: no mechanism is offered");
        return PAT_ERR_RANGE;
    }
    if (err == PAT_OK)
        *ret = options;
    return err;
}
