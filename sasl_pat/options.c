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
    if (err == PAT_OK)
        *ret = options;
    return err;
}
