/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stack of a PAM service as libpam reads it: every module line in the order in which libpam
 * calls them, with includes in their places. Read-only, and without an opinion. The grammar is
 * pam.d(5) and pam.conf(5) of Linux-PAM; what libpam would only log and make fail later (an unknown
 * type, a control that does not parse, a missing include file) is an error here that names file and
 * line, and so is what its versions read differently.
 */
#ifndef ADMIN_HOST_PAM_STACK_H
#define ADMIN_HOST_PAM_STACK_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

#define PAM_STACK_LINES_MAX 512
#define PAM_STACK_LINE_MAX 1023 /* bytes of a line with its continuations, as in Linux-PAM 1.5 */
#define PAM_STACK_FILE_MAX 65536
#define PAM_STACK_DEPTH_MAX 16 /* files within files, as in libpam */

enum pam_stack_type {
    PAM_STACK_AUTH,
    PAM_STACK_ACCOUNT,
    PAM_STACK_PASSWORD,
    PAM_STACK_SESSION,
};
#define PAM_STACK_TYPES 4

/* "auth", ...; never NULL. */
extern const char *const pam_stack_types[PAM_STACK_TYPES];

/*
 * What modules return: the values of <security/_pam_types.h>, those that are spoken of by name.
 * pam_stack_returns has all their names as controls have them ("auth_err").
 */
enum pam_stack_return {
    PAM_STACK_SUCCESS = 0,
    PAM_STACK_SERVICE_ERR = 3,
    PAM_STACK_PERM_DENIED = 6,
    PAM_STACK_AUTH_ERR = 7,
    PAM_STACK_CRED_INSUFFICIENT = 8,
    PAM_STACK_AUTHINFO_UNAVAIL = 9,
    PAM_STACK_USER_UNKNOWN = 10,
    PAM_STACK_NEW_AUTHTOK_REQD = 12,
    PAM_STACK_IGNORE = 25,
    PAM_STACK_MODULE_UNKNOWN = 28,
};
#define PAM_STACK_RETURNS 32
extern const char *const pam_stack_returns[PAM_STACK_RETURNS];

/* What a control does with a return value; a number above 0 jumps over as many modules. */
enum pam_stack_action {
    PAM_STACK_DO_IGNORE = 0,
    PAM_STACK_DO_OK = -1,
    PAM_STACK_DO_DONE = -2,
    PAM_STACK_DO_BAD = -3,
    PAM_STACK_DO_DIE = -4,
    PAM_STACK_DO_RESET = -5,
};

enum pam_stack_kind {
    PAM_STACK_MODULE,
    /* The head of a substack: calls nothing; its lines follow with a level that is one higher, and
     * a jump outside counts it and them as one. */
    PAM_STACK_SUBSTACK,
};

struct pam_stack_line {
    enum pam_stack_kind kind;
    enum pam_stack_type type;
    bool quiet;        /* "-auth": not logged when the module is missing */
    unsigned level;    /* of substacks; 0 is the service's own */
    unsigned depth;    /* of files; 0 is the service's own */
    const char *file;  /* path; owned by the stack, as all texts here */
    unsigned line;     /* from 1; where it begins if it is continued */
    unsigned top_line; /* the line of the service's own file that led here; line if depth is 0 */
    char *control;     /* as written: "required", "[success=1 default=ignore]" */
    char *module;      /* as written: "pam_unix.so", "/abs/pam_pat.so"; of a substack: its file */
    char *arguments;   /* as written, with single blanks between; "" without */
    int actions[PAM_STACK_RETURNS]; /* enum pam_stack_action, or above 0 */
};

struct pam_stack {
    const char *file;               /* of the service; NULL: it has none, everything is "other"'s */
    bool is_other[PAM_STACK_TYPES]; /* no line of this type: those of "other" are taken */
    size_t count;
    struct pam_stack_line *lines; /* all types, as they stand */
    size_t file_count;
    char **files; /* every file that was read, each once */
};

/* Where a stack could not be understood. */
struct pam_stack_fault {
    char file[PATH_MAX];
    unsigned line;  /* 0: the file itself */
    char text[160]; /* a sentence without a full stop */
};

/* Where services are looked for, up to a NULL: /etc/pam.d before /usr/lib/pam.d. */
extern const char *const pam_stack_directories[];

/*
 * Reads the stack of a service, which is a name without a slash. ret is the caller's, who frees it
 * with pam_stack_free(). PAT_ERR_NOT_FOUND: neither the service nor "other" has a file;
 * PAT_ERR_SYNTAX (not understood, or an include that is not there), PAT_ERR_RANGE (too long, too
 * many, too deep: a loop), PAT_ERR_IO (there, but not readable): fault tells, and ret is empty.
 */
PAT_CHECKED enum pat_err pam_stack_read(const char *const directories[], const char *service,
                                        struct pam_stack *ret, struct pam_stack_fault *fault);
void pam_stack_free(struct pam_stack *stack);

/*
 * The first line of a type behind before (NULL: the first of all), or NULL at the end. Heads of
 * substacks are among them.
 */
const struct pam_stack_line *pam_stack_next(const struct pam_stack *stack, enum pam_stack_type type,
                                            const struct pam_stack_line *before);

/* The name of a line's module without directory and ".so": "pam_unix". ret is size bytes. */
void pam_stack_module(const struct pam_stack_line *line, char *ret, size_t size);

/* True when the line's module has this name, wherever it is. */
bool pam_stack_calls(const struct pam_stack_line *line, const char *module);

/* The word behind "name=" among the arguments in ret, or "" and false; a bare "name" is "". */
bool pam_stack_argument(const struct pam_stack_line *line, const char *name, char *ret,
                        size_t size);

/*
 * Walks a type of the stack as libpam's dispatcher does, with the return values that answer gives
 * for each module that is called, in their order. What the whole stack returns;
 * PAM_STACK_PERM_DENIED where libpam says so of its own (nothing was decided, a jump leads out of
 * the stack).
 */
typedef int pam_stack_answer(void *context, const struct pam_stack_line *line);
int pam_stack_walk(const struct pam_stack *stack, enum pam_stack_type type,
                   pam_stack_answer *answer, void *context);

#endif
