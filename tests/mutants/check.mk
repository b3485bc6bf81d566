# SPDX-License-Identifier: BSD-2-Clause
# The code that decides, changed in one place after the other: some test must fail each time. As
# root, some minutes; "make check" looks at the changes themselves and at a few of them.
TESTS += %D%/test_mutants.py
.PHONY: mutants
mutants_libraries = tests/unit/libunit.a libpatserver.a .libs/libpatclient.a $(SODIUM_LIBS) \
	$(SQLITE_LIBS) $(JANSSON_LIBS) $(INIH_LIBS) $(CMOCKA_LIBS) -lpthread
mutants_flags = $(DEFS) $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(SODIUM_CFLAGS) $(SQLITE_CFLAGS) \
	$(JANSSON_CFLAGS)
mutants: $(unit_programs)
	$(AM_TESTS_ENVIRONMENT) $(PYTHON) -B $(srcdir)/%D%/mutants $(MUTANTS) \
	  --libraries '$(mutants_libraries)' -- $(mutants_flags)
EXTRA_DIST += %D%/mutants %D%/mutate.py %D%/survivors %D%/test_mutants.py tests/support/rebuilt.py \
	tests/support/targets.py
