/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * admin/apply: a file of settings is read the same way twice, or every fault of it has a line and a
 * sentence without a secret. What was read is written and read again as the same, differs from
 * nothing, and becomes calls of methods that there are.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "admin/apply/diff.h"
#include "admin/apply/plan.h"
#include "admin/apply/print.h"
#include "admin/apply/read.h"
#include "admin/apply/settings.h"
#include "admin/cmd.h"
#include "tests/fuzz/fuzz.h"

static void
check_faults(json_t *faults, const char *text, size_t len)
{
    json_int_t lines = 1, before = 0;
    json_t *fault;
    size_t index;

    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    FUZZ_CHECK(json_array_size(faults) <= SETTINGS_FAULTS_MAX);
    json_array_foreach(faults, index, fault)
    {
        json_int_t line = json_integer_value(json_object_get(fault, "line"));
        const char *says = json_string_value(json_object_get(fault, "text"));

        FUZZ_CHECK(line >= before && line <= lines);
        FUZZ_CHECK(says != NULL && says[0] != '\0');
        FUZZ_CHECK_TEXT(!cmd_holds_token(says), says);
        before = line;
    }
}

/* The values alone: lines, and what an account's binding allows, are not printed as they were. */
static void
check_same(json_t *wanted, json_t *again, size_t left_out)
{
    const char *title;
    json_t *section;

    FUZZ_CHECK(left_out > 0 || json_object_size(wanted) == json_object_size(again));
    json_object_foreach(again, title, section)
    {
        json_t *before = json_object_get(wanted, title);

        FUZZ_CHECK_TEXT(before != NULL, title);
        FUZZ_CHECK_TEXT(left_out > 0 || json_equal(json_object_get(before, "set"),
                                                   json_object_get(section, "set")),
                        title);
    }
}

static void
check_printed(json_t *wanted)
{
    json_t *left_out = json_array(), *faults = json_array(), *again;
    char *text = print_settings(wanted, NULL, left_out);

    FUZZ_CHECK(text != NULL);
    again = read_settings(text, strlen(text), faults);
    FUZZ_CHECK_TEXT(again != NULL, text);
    check_same(wanted, again, json_array_size(left_out));
    json_decref(again);
    json_decref(faults);
    json_decref(left_out);
    free(text);
}

static void
check_plan(json_t *differences)
{
    static const char methods[] =
        " GrantAdd GrantRemove ScopeAdd ScopeRemove TenantCreate TenantSet TenantSetDefault "
        "TenantSetEnabled UserBind UserCreate UserSet UserSetEnabled UserSetRole ";
    json_t *steps = plan_steps(differences), *step;
    json_int_t phase = 0;
    size_t index;

    FUZZ_CHECK(json_array_size(steps) >= json_array_size(differences));
    json_array_foreach(steps, index, step)
    {
        const char *method = json_string_value(json_object_get(step, "method"));
        json_int_t next = json_integer_value(json_object_get(step, "phase"));

        FUZZ_CHECK(method != NULL && strstr(methods, method) != NULL);
        FUZZ_CHECK(json_is_object(json_object_get(step, "parameters")) && next >= phase);
        phase = next;
    }
    json_decref(steps);
}

/* Against a state; how many differences there are. */
static void
check_diff(json_t *wanted, json_t *state, bool same)
{
    json_t *faults = json_array();
    json_t *differences = diff_make(wanted, state, true, faults);

    FUZZ_CHECK((differences == NULL) == (json_array_size(faults) > 0));
    FUZZ_CHECK(differences == NULL || !same || json_array_size(differences) == 0);
    if (differences != NULL)
        check_plan(differences);
    json_decref(differences);
    json_decref(faults);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *text = (const char *)bytes;
    json_t *faults = json_array(), *second = json_array(), *nothing = json_object();
    json_t *wanted = read_settings(text, len, faults), *again = read_settings(text, len, second);

    FUZZ_CHECK((wanted == NULL) == (json_array_size(faults) > 0));
    FUZZ_CHECK(json_equal(faults, second));
    check_faults(faults, text, len);
    if (wanted != NULL) {
        FUZZ_CHECK(json_equal(wanted, again));
        check_printed(wanted);
        check_diff(wanted, again, true);
        check_diff(wanted, nothing, false);
    }
    json_decref(wanted);
    json_decref(again);
    json_decref(nothing);
    json_decref(faults);
    json_decref(second);
    return 0;
}
