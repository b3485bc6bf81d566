# SPDX-License-Identifier: BSD-2-Clause
# The packages of distributions. "make check" looks at what they are made of.
packaging_tests = %D%/version.py
TESTS += $(packaging_tests)
EXTRA_DIST += $(packaging_tests) %D%/chroot %D%/lifecycle %D%/packages %D%/tree

# Builds the Debian packages, and has lintian judge them: minutes. TARBALL=FILE spares making one.
# Root is not needed. Where they are to stay: PACKAGES=DIRECTORY.
.PHONY: check-packages
check-packages:
	@directory='$(PACKAGES)'; keep=yes; \
	test -n "$$directory" || { directory=`mktemp -d` && keep=; }; \
	status=0; $(AM_TESTS_ENVIRONMENT) $(PYTHON) -B $(srcdir)/%D%/packages \
	  $(if $(TARBALL),--tarball '$(TARBALL)') "$$directory" || status=$$?; \
	test -n "$$keep" || rm -rf "$$directory"; exit $$status

# The same for other distributions, with the packages of the group "others". TARBALL=FILE as above.
EXTRA_DIST += %D%/others %D%/authselect-local
others_tools = bsdtar makepkg musl-gcc rpmbuild rpmlint checkmodule
.PHONY: check-packages-others
check-packages-others: all
	@directory=`mktemp -d`; tarball='$(TARBALL)'; status=0; \
	test -n "$$tarball" || { $(MAKE) $(AM_MAKEFLAGS) -s dist && \
	  mv $(distdir).tar.xz "$$directory" && tarball=$$directory/$(distdir).tar.xz; } && \
	$(AM_TESTS_ENVIRONMENT) $(PYTHON) -B $(srcdir)/%D%/others "$$directory/packages" \
	  --tarball "$$tarball" || status=$$?; \
	rm -rf "$$directory"; exit $$status
