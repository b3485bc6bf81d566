# SPDX-License-Identifier: BSD-2-Clause
# How much of the code the tests reach: of the files that decide, by their unit tests, in seconds;
# and of all, in a build of its own, in minutes. Both keep to the floors.
.PHONY: coverage coverage-core print-coverage-tests
coverage-core: $(unit_programs)
	$(AM_TESTS_ENVIRONMENT) $(PYTHON) -B $(srcdir)/%D%/coverage core $(COVERAGE) \
	  --libraries '$(mutants_libraries)' -- $(mutants_flags)
coverage_tools = gcovr
coverage:
	$(AM_TESTS_ENVIRONMENT) PYTHON='$(PYTHON)' $(SHELL) $(srcdir)/%D%/run
print-coverage-tests:
	@echo $(coverage_tests)
coverage_tests = $(unit_tests) $(pam_tests) $(sasl_tests) $(patd_tests) $(admin_tests) \
	tests/faults/oom tests/faults/oom_pam tests/faults/oom_sasl
EXTRA_DIST += %D%/coverage %D%/floors %D%/measure.py %D%/run
distclean-local: distclean-coverage
.PHONY: distclean-coverage
distclean-coverage:
	rm -rf %D%/build
