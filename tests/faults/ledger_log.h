/* SPDX-License-Identifier: BSD-2-Clause */
/* The half of ledger_check() that looks at the store as a whole. */
#ifndef TESTS_FAULTS_LEDGER_LOG_H
#define TESTS_FAULTS_LEDGER_LOG_H

#include "tests/faults/ledger.h"

enum ledger_verdict ledger_log_check(const struct ledger *ledger, struct host *host,
                                     char why[LEDGER_WHY]);

#endif
