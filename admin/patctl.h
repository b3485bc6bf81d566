/* SPDX-License-Identifier: BSD-2-Clause */
/* What every command of patctl works with: the global options, the output, the connection. */
#ifndef ADMIN_PATCTL_H
#define ADMIN_PATCTL_H

#include <stdbool.h>

struct ask;
struct out;
struct pager;

enum exit_code {
    EXIT_DONE = 0,
    EXIT_INTERNAL = 1,
    EXIT_USAGE = 2,       /* wrong or missing input, or nobody to ask for it */
    EXIT_NOT_FOUND = 3,   /* no such token, user, tenant */
    EXIT_DENIED = 4,      /* not permitted */
    EXIT_REFUSED = 5,     /* the token is refused: check, explain */
    EXIT_CONFLICT = 6,    /* a name in use, a limit, a policy */
    EXIT_UNAVAILABLE = 7, /* store or daemon */
    EXIT_PARTLY = 8,      /* some of many were done */
    EXIT_FINDINGS = 9,    /* a check found problems */
    EXIT_DECLINED = 10,   /* asked, and the answer was no: nothing changed */
    EXIT_INTERRUPTED = 130,
};

enum time_style { TIME_RELATIVE, TIME_ISO, TIME_FULL, TIME_UNIX };

struct globals {
    const char *tenant; /* NULL: not given */
    const char *user;
    const char *config;
    const char *socket;
    const char *json_fields; /* by commas; NULL: all */
    const char *color;       /* auto, always, never */
    bool json, jsonl, plain;
    bool quiet;
    bool no_legend, no_input, no_pager;
    bool yes;
    bool utc;
    enum time_style time;
};

struct patctl {
    struct globals globals;
    const char *command; /* "tenant create", for messages; NULL: none yet */
    bool silent;         /* nobody is there to be told of failures */
    unsigned patience;   /* seconds to wait for patd; 0: as long as usual */
    bool json_failures;  /* while the command line is read: JSON is asked for somewhere in it */
    struct out *out;
    struct ask *ask;
    struct pager *pager; /* NULL: output goes where it belongs at once */
};

#endif
