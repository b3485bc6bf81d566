#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# full.sh SECONDS: builds the targets for libFuzzer below the build directory, whatever compiler that
# has, and fuzzes each of them for so long.
set -eu
: "${PAT_SOURCE:?}" "${PAT_BUILD:?}"
build=$PAT_BUILD/tests/fuzz/build

mkdir -p "$build"
cd "$build"
[ -f Makefile ] || "$PAT_SOURCE/configure" --quiet --enable-fuzzing CC=clang CFLAGS='-O1 -g1'
exec make -s -j"$(nproc 2>/dev/null || echo 2)" fuzz SECONDS="$1"
