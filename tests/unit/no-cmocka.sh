#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Stands in for the unit tests where configure did not find cmocka: they are never passed over.
echo "the unit tests need cmocka 1.1 or newer (Debian: libcmocka-dev, Fedora: libcmocka-devel);"
echo "install it and run configure again"
exit 1
