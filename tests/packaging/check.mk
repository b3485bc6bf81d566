# SPDX-License-Identifier: BSD-2-Clause
# The packages of distributions. "make check" looks at what they are made of.
packaging_tests = %D%/version.py
TESTS += $(packaging_tests)
EXTRA_DIST += $(packaging_tests) %D%/chroot %D%/lifecycle %D%/packages

# Builds the Debian packages, and has lintian judge them: minutes. TARBALL=FILE spares making one.
# Root is not needed. Where they are to stay: PACKAGES=DIRECTORY.
.PHONY: check-packages
check-packages:
	@directory='$(PACKAGES)'; keep=yes; \
	test -n "$$directory" || { directory=`mktemp -d` && keep=; }; \
	status=0; $(AM_TESTS_ENVIRONMENT) $(PYTHON) -B $(srcdir)/%D%/packages \
	  $(if $(TARBALL),--tarball '$(TARBALL)') "$$directory" || status=$$?; \
	test -n "$$keep" || rm -rf "$$directory"; exit $$status
