/* SPDX-License-Identifier: BSD-2-Clause */
/* org.varlink.service: what every Varlink server tells of itself. */
#ifndef PATD_MANAGE_SERVICE_H
#define PATD_MANAGE_SERVICE_H

#include <jansson.h>

#define PATD_MANAGE_SERVICE "org.varlink.service."

/* The answer to a method of it; or *ret_error, which is NULL before, and that error's parameters.
 */
json_t *patd_manage_service(const char *name, json_t *parameters, const char **ret_error);

#endif
