/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libsasl loads, in every SASL program of the host, clients too: without an option of ours it
 * offers nothing and says nothing. No state but the plugin's own, no thread, no constructor.
 */
#include <stddef.h>
#include <string.h>

#include "sasl_pat/bearer.h"
#include "sasl_pat/exchange.h"
#include "sasl_pat/plain.h"

#define EXPORT __attribute__((visibility("default")))

/* A token is a plaintext credential, and we claim nothing else: no policy may take it for more. */
#define SECURITY (SASL_SEC_NOANONYMOUS | SASL_SEC_PASS_CREDENTIALS)
#ifndef SASL_SET_HASH_STRENGTH_BITS /* headers before 2.1.28 */
#define SASL_SET_HASH_STRENGTH_BITS(x) (((x) / 8) << 16)
#endif
/* No policy looks at these bits; they sort our PLAIN and LOGIN before the stock ones (2.1.28). */
#define SECURITY_FIRST (SECURITY | SASL_SET_HASH_STRENGTH_BITS(8))

static const struct mechanism {
    const char *name;
    size_t option; /* of the bool in struct pat_options that asks for it */
    unsigned security;
    unsigned features;
    int (*step)(void *exchange, sasl_server_params_t *params, const char *in, unsigned in_len,
                const char **out, unsigned *out_len, sasl_out_params_t *oparams);
} mechanisms[] = {
    {"OAUTHBEARER", offsetof(struct pat_options, oauthbearer), SECURITY,
     SASL_FEAT_WANT_CLIENT_FIRST | SASL_FEAT_ALLOWS_PROXY, pat_bearer_oauthbearer},
    {"XOAUTH2", offsetof(struct pat_options, xoauth2), SECURITY,
     SASL_FEAT_WANT_CLIENT_FIRST | SASL_FEAT_ALLOWS_PROXY, pat_bearer_xoauth2},
    {"PLAIN", offsetof(struct pat_options, passwords), SECURITY_FIRST,
     SASL_FEAT_WANT_CLIENT_FIRST | SASL_FEAT_ALLOWS_PROXY, pat_plain_plain},
    {"LOGIN", offsetof(struct pat_options, passwords), SECURITY_FIRST, 0, pat_plain_login},
};

#define MECHANISMS (sizeof mechanisms / sizeof mechanisms[0])

/* What is the mechanisms' as long as libsasl lists one of them. */
struct plugin {
    struct pat_options options; /* first: the exchanges' global context */
    unsigned listed;
    sasl_server_plug_t list[MECHANISMS];
};

/* libsasl looks at an entry when it calls this, and calls it once for each. */
static void
forget_one(void *context, const sasl_utils_t *utils)
{
    struct plugin *plugin = context;

    if (--plugin->listed == 0)
        utils->free(plugin);
}

static void
list_mechanisms(struct plugin *plugin)
{
    for (size_t i = 0; i < MECHANISMS; i++) {
        const struct mechanism *mechanism = &mechanisms[i];

        if (!*(const bool *)((const char *)&plugin->options + mechanism->option))
            continue;
        plugin->list[plugin->listed++] = (sasl_server_plug_t){
            .mech_name = mechanism->name,
            .security_flags = mechanism->security,
            .features = mechanism->features,
            .glob_context = plugin,
            .mech_new = pat_exchange_new,
            .mech_step = mechanism->step,
            .mech_dispose = pat_exchange_free,
            .mech_free = forget_one,
        };
    }
}

EXPORT sasl_server_plug_init_t sasl_server_plug_init;

int
sasl_server_plug_init(const sasl_utils_t *utils, int max_version, int *ret_version,
                      sasl_server_plug_t **ret_list, int *ret_count)
{
    struct pat_options options;
    struct plugin *plugin;

    if (max_version < SASL_SERVER_PLUG_VERSION)
        return SASL_BADVERS;
    *ret_version = SASL_SERVER_PLUG_VERSION;
    *ret_list = NULL;
    *ret_count = 0;
    if (pat_options_read(utils, &options) != PAT_OK)
        return SASL_OK; /* an error would be logged by programs that do not mean us */
    plugin = utils->malloc(sizeof *plugin);
    if (plugin == NULL)
        return SASL_NOMEM;
    memset(plugin, 0, sizeof *plugin);
    plugin->options = options;
    list_mechanisms(plugin);
    if (plugin->listed == 0) {
        utils->free(plugin);
        return SASL_OK;
    }
    *ret_list = plugin->list;
    *ret_count = (int)plugin->listed;
    return SASL_OK;
}
