/* SPDX-License-Identifier: BSD-2-Clause */
/* The only SASL codes that leave the plugin: OK, CONTINUE, BADAUTH, NOAUTHZ, BADPROT, UNAVAIL. */
#ifndef SASL_PAT_CODE_H
#define SASL_PAT_CODE_H

#include "core/pat.h"

/* The code of a class; SASL_UNAVAIL for whatever is no class at all. */
int pat_code_of(enum pat_class class);

/*
 * What another part of libsasl answered, in our codes: who is unknown, locked or expired looks
 * like who typed a wrong password, and a failure is temporary.
 */
int pat_code_narrowed(int code);

#endif
