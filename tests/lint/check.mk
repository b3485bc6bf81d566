# SPDX-License-Identifier: BSD-2-Clause
# The rules of the project that a machine can check.
lint_tests = tests/lint/features.py tests/lint/layers.py tests/lint/man.py tests/lint/promises.py tests/lint/shape.py \
	tests/lint/shell.py tests/lint/unit.py tests/lint/words.py
TESTS += $(lint_tests)
EXTRA_DIST += $(lint_tests) tests/lint/rules.py tests/FEATURES

# All of it, with what others wrote to find bugs: minutes. It needs the packages of the group "lint"
# of packaging/install-packages.
.PHONY: lint
lint_tools = gcc cppcheck clang-tidy-14 clang-14 shellcheck
lint_flags = $(DEFS) $(AM_CPPFLAGS) $(SANDBOX_CPPFLAGS) -DPAT_PAM_DIR='"$(pamexecdir)"' \
	$(SODIUM_CFLAGS) $(SQLITE_CFLAGS) $(JANSSON_CFLAGS) $(INIH_CFLAGS) $(SMARTCOLS_CFLAGS) \
	$(SECCOMP_CFLAGS)
lint: all
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(lint_tests)' check_PROGRAMS= check_LTLIBRARIES=
	$(AM_TESTS_ENVIRONMENT) $(PYTHON) -B $(srcdir)/tests/lint/static $(CHECKERS) -- $(lint_flags)
EXTRA_DIST += .clang-tidy tests/lint/macros.cfg tests/lint/static $(lint_baseline)
lint_baseline = tests/lint/baseline/clang-analyzer tests/lint/baseline/clang-tidy \
	tests/lint/baseline/cppcheck tests/lint/baseline/gcc-analyzer tests/lint/baseline/shellcheck
