# SPDX-License-Identifier: BSD-2-Clause
# The rules of the project that a machine can check.
lint_tests = tests/lint/features.py tests/lint/layers.py tests/lint/man.py tests/lint/promises.py tests/lint/shape.py \
	tests/lint/unit.py tests/lint/words.py
TESTS += $(lint_tests)
EXTRA_DIST += $(lint_tests) tests/lint/rules.py tests/FEATURES
