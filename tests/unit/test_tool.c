/* SPDX-License-Identifier: BSD-2-Clause */
/* admin/host/tool: how tools end, what they see, and that no tool holds us up. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "admin/host/tool.h"
#include "tests/unit/expect.h"
#include "tests/unit/scratch.h"

static void
ends(void **state)
{
    static const struct {
        const char *title, *script;
        unsigned seconds;
        enum tool_end end;
        int status;
        const char *out, *told;
    } cases[] = {
        {"success", "echo out; echo err >&2", 10, TOOL_RAN, 0, "out\n",
         "sh ended with status 0: err"},
        {"failure", "echo because >&2; echo no >&2; exit 3", 10, TOOL_RAN, 3, "",
         "sh ended with status 3: because"},
        {"lines as sshd ends them", "printf 'bad line\\r\\nno\\r\\n' >&2; exit 1", 10, TOOL_RAN, 1,
         "", "sh ended with status 1: bad line"},
        {"without a word", "exit 255", 10, TOOL_RAN, 255, "", "sh ended with status 255"},
        {"a signal", "kill -9 $$", 10, TOOL_KILLED, SIGKILL, "", "sh died of signal 9"},
        {"too long", "sleep 100", 1, TOOL_TIMEOUT, 0, "", "sh did not end in time"},
        {"too long in silence", "exec >&- 2>&-; sleep 100", 1, TOOL_TIMEOUT, 0, "",
         "sh did not end in time"},
        {"a child that holds the pipe", "sleep 100 & exit 0", 1, TOOL_TIMEOUT, 0, "",
         "sh did not end in time"},
        {"nothing to read", "cat; echo end", 10, TOOL_RAN, 0, "end\n", "sh ended with status 0"},
        {"no terminal", "exec 3<>/dev/tty", 10, TOOL_RAN, 2, "", NULL},
        {"nothing of the environment", "env | sort | grep -v '^\\(_\\|PWD\\|SHLVL\\)='", 10,
         TOOL_RAN, 0,
         "LC_ALL=C\nPATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin\n",
         "sh ended with status 0"},
        {"nothing of our files", "ls /proc/self/fd", 10, TOOL_RAN, 0, "0\n1\n2\n3\n",
         "sh ended with status 0"},
        {"somewhere else", "pwd", 10, TOOL_RAN, 0, "/\n", "sh ended with status 0"},
    };
    int spare = dup(STDOUT_FILENO);

    (void)state;
    setenv("PAT_SECRET", "x", 1);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *const argv[] = {"sh", "-c", cases[i].script, NULL};
        struct tool_result result;
        char told[200];

        expect_err(cases[i].title, tool_run(argv, cases[i].seconds, &result), PAT_OK);
        expect_number(cases[i].title, (int64_t)result.end, (int64_t)cases[i].end);
        expect_number(cases[i].title, result.status, cases[i].status);
        expect_text(cases[i].title, result.out, cases[i].out);
        expect_number(cases[i].title, (int64_t)result.size, (int64_t)strlen(cases[i].out));
        tool_tell(&result, "sh", told, sizeof told);
        if (cases[i].told != NULL)
            expect_text(cases[i].title, told, cases[i].told);
        tool_free(&result);
    }
    close(spare);
}

static void
missing(void **state)
{
    static const char *const names[] = {"no-such-tool-here", "/no/such/tool", ""};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *const argv[] = {names[i], NULL};
        struct tool_result result;

        expect_err(names[i], tool_run(argv, 1, &result), PAT_OK);
        expect_number(names[i], (int64_t)result.end, names[i][0] == '\0' ? TOOL_RAN : TOOL_MISSING);
        expect(names[i], "did not succeed", !tool_succeeded(&result));
        expect_text(names[i], result.out, "");
        tool_free(&result);
    }
}

static void
bounds(void **state)
{
    const char *const much[] = {"sh", "-c", "yes", NULL};
    const char *const loud[] = {"sh", "-c", "yes | head -c 100000 >&2; echo end", NULL};
    const char *const large[] = {"sh", "-c", "yes | head -c 1000000", NULL};
    struct tool_result result;

    (void)state;
    expect_err("much", tool_run(much, 60, &result), PAT_OK);
    expect_number("much", (int64_t)result.end, TOOL_TOO_LONG);
    tool_free(&result);
    expect_err("loud", tool_run(loud, 60, &result), PAT_OK);
    expect_text("loud", result.out, "end\n");
    expect_number("loud", (int64_t)strlen(result.errors), TOOL_ERRORS_MAX);
    expect("loud", "succeeded", tool_succeeded(&result));
    tool_free(&result);
    expect_err("large", tool_run(large, 60, &result), PAT_OK);
    expect_number("large", (int64_t)result.size, 1000000);
    tool_free(&result);
}

/* A tool of the same name in a directory of the caller's is not found. */
static void
finding(void **state)
{
    char path[TOOL_PATH_MAX];

    (void)state;
    scratch_put("it", "#!/bin/sh\n", 0755);
    setenv("PATH", ".", 1);
    expect("it", "is not found", !tool_find("it", path));
    expect_text("it", path, "");
    expect("sh", "is found", tool_find("sh", path));
    expect("sh", "is absolute", path[0] == '/');
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends),
        cmocka_unit_test(missing),
        cmocka_unit_test(bounds),
        IN_SCRATCH(finding),
    };

    return cmocka_run_group_tests_name("tools", tests, NULL, NULL);
}
