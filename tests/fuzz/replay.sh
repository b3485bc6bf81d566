#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Replays the seeds and the corpus of every target, and says which target and which seed failed. Of
# "make check".
set -u
: "${PAT_BUILD:=.}" "${PAT_SOURCE:=.}"
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/pat-replay.XXXXXX") || exit 1
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT TERM
"${PYTHON:-python3}" -B "$PAT_SOURCE/tests/fuzz/make-seeds.py" "$TMPDIR/seeds" || exit 1

failed=
for source in "$PAT_SOURCE"/tests/fuzz/fuzz_*.c; do
  target=$(basename "$source" .c)
  # configure --disable-sasl builds neither the plugin nor its target
  [ "$target" != fuzz_sasl ] || [ -e "$PAT_BUILD/libpat.la" ] || continue
  # and without pam_start_confdir(3) there is no such target
  [ "$target" != fuzz_pam ] || [ -e "$PAT_BUILD/tests/fuzz/pam_stub.la" ] || continue
  program=$PAT_BUILD/tests/fuzz/$target
  set --
  for seed in "$TMPDIR/seeds/$target"/* "$PAT_SOURCE/tests/fuzz/seeds/$target"/* \
      "$PAT_SOURCE/tests/fuzz/corpus/$target"; do
    [ ! -e "$seed" ] || set -- "$@" "$seed"
  done
  [ $# -gt 0 ] || { failed="$failed $target"; echo "$target: FAILED: no seed"; }
  if "$program" "$@" >"$TMPDIR/out" 2>&1; then
    echo "$target: $(tail -n 1 "$TMPDIR/out")"
    continue
  fi
  failed="$failed $target"
  for seed in "$@"; do
    "$program" "$seed" >"$TMPDIR/out" 2>&1 || { cat "$TMPDIR/out"; echo "$target: FAILED: $seed"; }
  done
done
[ -z "$failed" ] || { echo "failed:$failed"; exit 1; }
