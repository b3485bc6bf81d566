#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fuzz.sh SECONDS [TARGET...]: fuzzes every target, or these, for so long each, on all processors.
#
# Below tests/fuzz/ of the build, corpus/TARGET keeps what was found to be interesting, crashes/ the
# inputs that failed, logs/ what libFuzzer said. A target that fails is told, with its input; a
# table ends it.
set -u
: "${PAT_BUILD:=.}" "${PAT_SOURCE:=.}"
here=$PAT_SOURCE/tests/fuzz
work=$PAT_BUILD/tests/fuzz
python=${PYTHON:-python3}
# What a run frees is watched until the next ones: more of it would cost most of the time.
export ASAN_OPTIONS="quarantine_size_mb=4:${ASAN_OPTIONS:-}"

report() { # report TARGET LOG
  sed -n -e '/does not hold/p' -e '/ERROR:/,$p' "$2" | head -n 60
  input=$(sed -n 's/^artifact_prefix=.*Test unit written to //p' "$2")
  echo "$1: FAILED, ${input:-without an input}; all it said is in $2"
  if [ -n "$input" ] && [ "$(wc -c <"$input")" -le 16384 ]; then
    echo "the input, for base64 -d:"
    base64 "$input"
  fi
}

# Each target has a temporary directory of its own: what a crash leaves there goes with it.
fuzz_one() { # fuzz_one SECONDS TARGET
  seconds=$1 target=$2 log=$work/logs/$2
  set -- "$work/corpus/$target" "$FUZZ_TMP/$target"
  mkdir -p "$1" "$2" "$FUZZ_TMP/tmp-$target"
  [ ! -d "$here/seeds/$target" ] || set -- "$@" "$here/seeds/$target"
  [ ! -f "$here/corpus/$target" ] ||
    "$python" -B "$here/corpus.py" unpack "$here/corpus/$target" "$FUZZ_TMP/$target"
  [ ! -f "$here/$target.dict" ] || set -- "-dict=$here/$target.dict" "$@"
  if TMPDIR=$FUZZ_TMP/tmp-$target "$work/$target" -max_total_time="$seconds" -timeout=30 \
      -rss_limit_mb=2560 -print_final_stats=1 -artifact_prefix="$work/crashes/$target-" \
      "$@" >"$log" 2>&1; then
    sed -n "s/^stat::number_of_executed_units: */$target: runs: /p" "$log"
  else
    report "$target" "$log"
    return 1
  fi
}

# Of each target: runs, edges reached, inputs kept, the branches of its sources that coverage.sh
# counted, and what was found, of this run.
table() { # table TARGET...
  all_runs=0 all_found=0
  printf '%-18s %12s %8s %8s %10s  %s\n' target runs edges inputs branches findings
  for target in "$@"; do
    log=$work/logs/$target
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    edges=$(sed -n 's/^#[0-9].* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    inputs=$(sed -n 's/^#[0-9].* corp: \([0-9]*\).*/\1/p' "$log" | tail -n 1)
    found=$(grep -c 'Test unit written to' "$log")
    branches=$(sed -n "s/^$target //p" "$work/coverage" 2>/dev/null)
    printf '%-18s %12s %8s %8s %10s  %s\n' "$target" "${runs:--}" "${edges:--}" \
      "${inputs:--}" "${branches:--}" "$found"
    [ "${PAT_FULL:-}" != 1 ] || figure "$target: ${runs:-0} runs, ${edges:-0} edges, $found findings"
    all_runs=$((all_runs + ${runs:-0})) all_found=$((all_found + found))
  done
  figure "fuzz: $# targets, $all_runs runs, $all_found findings"
}

# For the table of all that was run.
figure() { # figure TEXT
  [ -z "${PAT_FIGURES:-}" ] || printf '%s\n' "$1" >>"$PAT_FIGURES"
}

if [ "$1" = --one ]; then
  fuzz_one "$2" "$3"
  exit
fi

seconds=$1
shift
[ $# -gt 0 ] || for source in "$here"/fuzz_*.c; do
  set -- "$@" "$(basename "$source" .c)"
done
[ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || TMPDIR=/dev/shm # stores are written to all the time
FUZZ_TMP=$(mktemp -d "${TMPDIR:-/tmp}/pat-fuzz.XXXXXX") || exit 1
export FUZZ_TMP
trap 'rm -rf "$FUZZ_TMP"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"$python" -B "$here/make-seeds.py" "$FUZZ_TMP" || exit 1
mkdir -p "$work/crashes" "$work/logs"
printf '%s\n' "$@" | xargs -n 1 -P "$(nproc 2>/dev/null || echo 2)" sh "$0" --one "$seconds"
status=$?
table "$@"
exit $status
