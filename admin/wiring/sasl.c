/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "option: value" lines, in a file of the application's own or, with a prefix, among its others.
 * What checks passwords today goes on checking them; what would keep tokens in clear is refused.
 */
#include <ctype.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "admin/wiring/place.h"
#include "admin/wiring/wiring.h"
#include "admin/wiring/sasl.h"
#include "core/base/paths.h"
#include "core/base/text.h"
#include "core/config/config.h"

#define VALUE_MAX 400
#define EXTRA_MAX 1600

enum option {
    MECH_LIST,
    PWCHECK_METHOD,
    AUTHDAEMOND_PATH,
    SASLAUTHD_PATH,
    AUTO_TRANSITION,
    PAT_OVERRIDE,
    PAT_SOCKET,
    OPTIONS,
};
static const char *const names[OPTIONS] = {
    "mech_list",       "pwcheck_method", "authdaemond_path", "saslauthd_path",
    "auto_transition", "pat_override",   "pat_socket",
};

struct sasl {
    struct wiring *plan;
    char path[CHANGE_PATH_MAX];
    bool is_new;
    char *text;
    unsigned lines[OPTIONS]; /* from 1; 0: not there */
    char values[OPTIONS][VALUE_MAX];
    char plugins[300]; /* the directory that libsasl2 reads; "" when it is not known */
    char socket[200], authdaemon[200], mux[200];
};

/* --- the file --- */

static void
keep_option(struct sasl *sasl, const char *line, size_t len, unsigned number)
{
    const char *prefix = sasl->plan->service->prefix == NULL ? "" : sasl->plan->service->prefix;
    const char *colon = memchr(line, ':', len), *end = line + len;

    if (colon == NULL || strncmp(line, prefix, strlen(prefix)) != 0)
        return;
    line += strlen(prefix);
    for (int i = 0; i < OPTIONS; i++) {
        size_t size = strlen(names[i]);

        if ((size_t)(colon - line) != size || strncmp(line, names[i], size) != 0)
            continue;
        if (sasl->lines[i] != 0)
            wiring_refuse(sasl->plan, "keep one of the two lines", "%s:%u: %s is there twice",
                          sasl->path, number, names[i]);
        sasl->lines[i] = number;
        for (colon++; colon < end && isspace((unsigned char)*colon);)
            colon++;
        while (end > colon && isspace((unsigned char)end[-1]))
            end--;
        snprintf(sasl->values[i], VALUE_MAX, "%.*s", (int)(end - colon), colon);
        return;
    }
}

static void
read_options(struct sasl *sasl)
{
    unsigned number = 0;

    for (const char *line = sasl->text; *line != '\0';) {
        size_t len = strcspn(line, "\n");

        number++;
        if (strncmp(line, "@include", strlen("@include")) == 0)
            wiring_refuse(sasl->plan, "by hand, as its page in doc/ shows",
                          "%s:%u: it includes another file", sasl->path, number);
        keep_option(sasl, line, len, number);
        line += len + (line[len] == '\n');
    }
}

/* The first that is there; else the first whose directory is. */
static bool
find_file(struct sasl *sasl)
{
    const char *at = sasl->plan->service->files, *word;
    char why[PLACE_WHY_MAX], first[CHANGE_PATH_MAX] = "";
    struct stat status;
    size_t len;

    while ((len = pat_text_word(&at, &word)) != 0) {
        enum pat_err err;

        snprintf(sasl->path, sizeof sasl->path, "%.*s", (int)len, word);
        err = place_read(sasl->path, &sasl->text, &status, why);
        if (err == PAT_OK)
            return true;
        if (err != PAT_ERR_NOT_FOUND) {
            wiring_refuse(sasl->plan, "by hand, as its page in doc/ shows", "%s", why);
            return false;
        }
        if (first[0] == '\0' && !place_lacks_directory(sasl->path))
            pat_text_clip(first, sizeof first, sasl->path);
    }
    if (first[0] == '\0')
        pat_text_clip(first, sizeof first, sasl->path);
    pat_text_clip(sasl->path, sizeof sasl->path, first);
    sasl->is_new = true;
    sasl->text = strdup("");
    sasl->plan->no_memory |= sasl->text == NULL;
    return sasl->text != NULL;
}

/* --- how it is wired --- */

static bool
has_word(const char *list, const char *wanted)
{
    const char *at = list, *word;
    size_t len;

    while ((len = pat_text_word(&at, &word)) != 0)
        if (strlen(wanted) == len && strncasecmp(word, wanted, len) == 0)
            return true;
    return false;
}

static void
note_lines(const struct sasl *sasl)
{
    const char *prefix = sasl->plan->service->prefix == NULL ? "" : sasl->plan->service->prefix;
    char text[VALUE_MAX + 80];

    for (int i = 0; i < OPTIONS; i++) {
        if (sasl->lines[i] == 0)
            continue;
        snprintf(text, sizeof text, "%s%s: %s", prefix, names[i], sasl->values[i]);
        wiring_line(sasl->plan, sasl->path, sasl->lines[i], text);
    }
}

static bool
is_wired(struct sasl *sasl)
{
    const char *methods = sasl->values[PWCHECK_METHOD];
    struct wiring *plan = sasl->plan;
    bool asks = has_word(methods, "authdaemond") &&
                pat_text_equal(sasl->values[AUTHDAEMOND_PATH], sasl->authdaemon);
    bool alone = has_word(methods, "saslauthd") &&
                 pat_text_equal(sasl->values[SASLAUTHD_PATH], sasl->mux);

    if (sasl->lines[PAT_OVERRIDE] != 0 || sasl->lines[PAT_SOCKET] != 0)
        wiring_how(plan, "SASL plugin");
    if (asks)
        wiring_how(plan, "authdaemon");
    if (alone)
        wiring_how(plan, "mux");
    return plan->how[0] != '\0';
}

/* --- what stands in the way --- */

/* Where libsasl2 of this host looks, and whether ours is there. */
static bool
find_plugin(struct sasl *sasl)
{
    static const char *const places[] = {"/usr/lib/*/sasl2", "/usr/lib64/sasl2", "/usr/lib/sasl2"};
    bool found = false;

    for (size_t i = 0; !found && i < sizeof places / sizeof places[0]; i++) {
        glob_t dirs = {.gl_pathc = 0};
        char path[400];

        if (glob(places[i], 0, NULL, &dirs) == 0)
            for (size_t at = 0; !found && at < dirs.gl_pathc; at++) {
                pat_text_clip(sasl->plugins, sizeof sasl->plugins, dirs.gl_pathv[at]);
                snprintf(path, sizeof path, "%s/libpat.so", sasl->plugins);
                found = access(path, R_OK) == 0;
            }
        globfree(&dirs);
    }
    return found;
}

static void
judge(struct sasl *sasl)
{
    struct wiring *plan = sasl->plan;
    const char *keeps = sasl->values[AUTO_TRANSITION], *path = sasl->values[AUTHDAEMOND_PATH];

    if (!find_plugin(sasl))
        wiring_refuse(
            plan,
            "install it there (Debian: libsasl2-modules-pat), or see \"Without the plugin\" "
            "in its page in doc/",
            "libpat.so is not where Cyrus SASL looks for plugins");
    if (has_word("yes true on 1 t y", keeps) && keeps[0] != '\0')
        wiring_refuse(plan, "take that line away: tokens would be kept in clear, and work for ever",
                      "%s:%u: auto_transition is on", sasl->path, sasl->lines[AUTO_TRANSITION]);
    if (sasl->lines[MECH_LIST] != 0 && !has_word(sasl->values[MECH_LIST], "PLAIN"))
        wiring_refuse(plan, "add PLAIN to that list first, if clients shall send tokens",
                      "%s:%u: mech_list has no PLAIN: passwords are not sent as they are here",
                      sasl->path, sasl->lines[MECH_LIST]);
    if (plan->service->plain_asks && path[0] != '\0' && !pat_text_equal(path, sasl->authdaemon))
        wiring_refuse(plan, "by hand, as its page in doc/ shows",
                      "%s:%u: another authdaemond is asked already", sasl->path,
                      sasl->lines[AUTHDAEMOND_PATH]);
}

/* --- the lines --- */

struct edits {
    struct sasl *sasl;
    const char *prefix;
    char replaced[OPTIONS][EXTRA_MAX]; /* "" for those that stay */
    char extra[EXTRA_MAX];             /* behind the last line */
};

static void set(struct edits *edits, enum option option, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* In the place of the option's line, or as a new one. */
static void
set(struct edits *edits, enum option option, const char *format, ...)
{
    size_t used = strlen(edits->extra);
    char value[EXTRA_MAX / 2];
    va_list args;

    va_start(args, format);
    vsnprintf(value, sizeof value, format, args);
    va_end(args);
    if (edits->sasl->lines[option] != 0)
        snprintf(edits->replaced[option], EXTRA_MAX, "%s%s: %s\n", edits->prefix, names[option],
                 value);
    else
        snprintf(edits->extra + used, sizeof edits->extra - used, "%s%s: %s\n", edits->prefix,
                 names[option], value);
}

/* The bearers of the row join a list that is there. */
static void
extend_mechanisms(struct edits *edits, const char *list)
{
    const char *at = edits->sasl->plan->service->mechanisms, *word;
    char longer[VALUE_MAX], each[40];
    size_t len;

    pat_text_clip(longer, sizeof longer, list);
    while ((len = pat_text_word(&at, &word)) != 0) {
        size_t used = strlen(longer);

        snprintf(each, sizeof each, "%.*s", (int)len, word);
        if (strstr(each, "OAUTH") != NULL && !has_word(longer, each))
            snprintf(longer + used, sizeof longer - used, " %s", each);
    }
    if (!pat_text_equal(longer, list))
        set(edits, MECH_LIST, "%s", longer);
}

/* Kerberos stays where it is; the rest needs passwords in clear on the server. */
static void
set_mechanisms(struct edits *edits)
{
    const struct sasl *sasl = edits->sasl;
    char path[400];
    bool kerberos;

    if (sasl->lines[MECH_LIST] != 0) {
        extend_mechanisms(edits, sasl->values[MECH_LIST]);
        return;
    }
    snprintf(path, sizeof path, "%s/libgssapiv2.so", sasl->plugins);
    kerberos = access(path, F_OK) == 0;
    set(edits, MECH_LIST, "%s%s", sasl->plan->service->mechanisms,
        kerberos ? " GSSAPI GSS-SPNEGO" : "");
    wiring_note(sasl->plan,
                "mech_list is new: mechanisms that it does not name are not offered any "
                "more.");
}

static void
set_verifier(struct edits *edits)
{
    const struct sasl *sasl = edits->sasl;
    const char *methods = sasl->values[PWCHECK_METHOD];

    if (!sasl->plan->service->plain_asks || has_word(methods, "authdaemond"))
        return;
    set(edits, PWCHECK_METHOD, "authdaemond %s", methods[0] == '\0' ? "auxprop" : methods);
    set(edits, AUTHDAEMOND_PATH, "%s", sasl->authdaemon);
    if (access(sasl->authdaemon, F_OK) != 0)
        wiring_next(sasl->plan, "systemctl enable --now patd-authdaemon.socket");
}

/* In the order of their lines. */
static bool
make_edits(const struct edits *edits, struct change *change)
{
    const struct sasl *sasl = edits->sasl;
    size_t count = change_lines(sasl->text);
    bool good = true;

    for (unsigned line = 1; good && line <= count; line++)
        for (int i = 0; good && i < OPTIONS; i++)
            if (sasl->lines[i] == line && edits->replaced[i][0] != '\0')
                good = change_edit(change, line - 1, 1, edits->replaced[i]);
    return good && (edits->extra[0] == '\0' || change_edit(change, count, 0, edits->extra));
}

static void
plan_edits(struct sasl *sasl)
{
    const char *prefix = sasl->plan->service->prefix;
    struct edits edits = {.sasl = sasl, .prefix = prefix == NULL ? "" : prefix};
    struct wiring *plan = sasl->plan;
    struct change *change = wiring_change(plan, sasl->is_new ? CHANGE_CREATE : CHANGE_EDIT,
                                          sasl->path, sasl->text);

    if (change == NULL)
        return;
    change->made_directory = sasl->is_new && place_lacks_directory(sasl->path);
    set_mechanisms(&edits);
    set_verifier(&edits);
    set(&edits, PAT_OVERRIDE, "yes");
    set(&edits, PAT_SOCKET, "%s", sasl->socket);
    if (!make_edits(&edits, change))
        wiring_refuse(plan, "", "%s: there is too much to change", sasl->path);
    wiring_settle(plan, change);
    if (plan->service->restart != NULL)
        wiring_next(plan, "%s", plan->service->restart);
}

void
sasl_plan(struct wiring *plan)
{
    struct sasl sasl = {.plan = plan};
    const char *runtime = plan->config->runtime_dir;

    snprintf(sasl.socket, sizeof sasl.socket, "%s" PAT_VERIFY_SOCKET, runtime);
    snprintf(sasl.authdaemon, sizeof sasl.authdaemon, "%s" PAT_AUTHDAEMON_SOCKET, runtime);
    snprintf(sasl.mux, sizeof sasl.mux, "%s" PAT_MUX_SOCKET, runtime);
    if (find_file(&sasl)) {
        read_options(&sasl);
        note_lines(&sasl);
        if (wiring_is_refused(plan)) {
            plan->unwired++;
        } else if (is_wired(&sasl)) {
            plan->wired++;
        } else {
            plan->unwired++;
            judge(&sasl);
            if (!wiring_is_refused(plan))
                plan_edits(&sasl);
        }
    } else {
        plan->unwired++;
    }
    free(sasl.text);
}
