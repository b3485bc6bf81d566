/* SPDX-License-Identifier: BSD-2-Clause */
/* Two methods, for everybody, also while nothing is answered. */
#include "core/base/text.h"
#include "core/wire/varlink.h"
#include "patd/manage_service.h"

static json_t *
describe(json_t *parameters, const char **ret_error)
{
    const char *interface = json_string_value(json_object_get(parameters, "interface"));

    if (interface != NULL && pat_text_equal(interface, PAT_VARLINK_INTERFACE))
        return json_pack("{s:s}", "description", pat_varlink_interface_text);
    *ret_error = PATD_MANAGE_SERVICE "InvalidParameter";
    return json_pack("{s:s}", "parameter", "interface");
}

json_t *
patd_manage_service(const char *name, json_t *parameters, const char **ret_error)
{
    if (pat_text_equal(name, "GetInfo"))
        return json_pack("{s:s, s:s, s:s, s:s, s:[s, s]}", "vendor", "linux-pat", "product", "patd",
                         "version", PACKAGE_VERSION, "url", PACKAGE_URL, "interfaces",
                         "org.varlink.service", PAT_VARLINK_INTERFACE);
    if (pat_text_equal(name, "GetInterfaceDescription"))
        return describe(parameters, ret_error);
    *ret_error = PATD_MANAGE_SERVICE "MethodNotFound";
    return json_pack("{s:s}", "method", name);
}
