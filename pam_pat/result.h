/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PAM_PAT_RESULT_H
#define PAM_PAT_RESULT_H

#include "core/pat.h"

/*
 * The PAM code of a class. Only PAT_CLASS_ACCEPTED is PAM_SUCCESS; whatever is no class at all is
 * PAM_AUTHINFO_UNAVAIL. Never PAM_IGNORE: beside another module that says PAM_SUCCESS it would let
 * anybody in.
 */
int pat_result_of(enum pat_class class);

#endif
