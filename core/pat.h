/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The public face of the core: is this a token, and does patd accept it? The only header of the
 * core that the PAM module and the SASL plugin see. Nothing behind it needs more than libc.
 */
#ifndef PAT_H
#define PAT_H

#include "core/api/client.h"
#include "core/base/paths.h"
#include "core/base/secret.h"
#include "core/policy/request.h"
#include "core/token/token.h"

#endif
