#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# coverage.sh: which part of the branches of a target's sources its seeds and its corpus reach, in a
# build with clang's -fprofile-instr-generate -fcoverage-mapping. See "make fuzz-coverage".
set -u
: "${PAT_BUILD:=.}" "${PAT_SOURCE:=.}"
here=$PAT_SOURCE/tests/fuzz
work=$PAT_BUILD/tests/fuzz
python=${PYTHON:-python3}
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/pat-coverage.XXXXXX") || exit 1
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT TERM
"$python" -B "$here/make-seeds.py" "$TMPDIR/seeds" || exit 1

# What a target is about. Who is asked by many, as the store is, is counted where it is meant.
sources_of() {
  case $1 in
    fuzz_anchor) echo core/store/anchor.c ;;
    fuzz_answer | fuzz_request) echo core/wire/wire.c ;;
    fuzz_args) echo pam_pat/args.c ;;
    fuzz_authdaemon) echo core/wire/authdaemon.c ;;
    fuzz_cidr) echo core/policy/cidr.c ;;
    fuzz_cmd) echo admin/cmd.c admin/nearest.c ;;
    fuzz_config) echo core/config/file.c core/config/ini.c core/config/option.c ;;
    fuzz_connections) echo patd/server.c patd/loop.c patd/places.c patd/verify_session.c \
      patd/verify_op.c patd/groups.c ;;
    fuzz_event) echo core/audit/event.c ;;
    fuzz_image) echo core/store/sqlite_fields.c core/store/seal.c core/api/verify.c ;;
    fuzz_journal) echo core/api/journal.c ;;
    fuzz_manage) echo patd/call.c patd/call_json.c patd/manage_op.c patd/manage_change.c \
      core/api/tokens.c core/api/users.c core/api/tenants.c core/api/grants.c core/api/roles.c ;;
    fuzz_pam) echo pam_pat/auth.c pam_pat/entry.c pam_pat/notice.c pam_pat/result.c \
      core/api/client.c ;;
    fuzz_penalty) echo patd/penalty.c ;;
    fuzz_proof) echo core/api/proof.c core/audit/chain.c ;;
    fuzz_row) echo core/store/seal.c core/store/check.c core/store/row.c ;;
    fuzz_sasl) echo sasl_pat/bearer.c sasl_pat/exchange.c sasl_pat/message.c sasl_pat/plain.c ;;
    fuzz_saslauthd) echo core/wire/saslauthd.c ;;
    fuzz_scope) echo core/policy/scope.c ;;
    fuzz_settings) echo admin/apply/read.c admin/apply/settings.c admin/apply/diff.c \
      admin/apply/plan.c admin/apply/print.c ;;
    fuzz_stdin) echo admin/seek.c admin/create/rows.c ;;
    fuzz_token) echo core/token/token.c core/base/base32.c ;;
    fuzz_varlink) echo core/wire/varlink.c ;;
    fuzz_verify) echo core/api/verify.c core/policy/decide.c core/policy/name.c ;;
    fuzz_when) echo core/base/when.c ;;
  esac
}

cover() { # cover TARGET
  program=$work/$1
  files=$(for source in $(sources_of "$1"); do echo "$PAT_SOURCE/$source"; done)
  set -- "$1" "$TMPDIR/seeds/$1" "$here/seeds/$1" "$TMPDIR/corpus-$1"
  [ ! -f "$here/corpus/$1" ] || "$python" -B "$here/corpus.py" unpack "$here/corpus/$1" "$4"
  target=$1
  shift
  for place in "$@"; do
    shift
    [ ! -d "$place" ] || set -- "$@" "$place"
  done
  LLVM_PROFILE_FILE=$TMPDIR/$target.raw "$program" -runs=0 "$@" >"$TMPDIR/out" 2>&1 ||
    { cat "$TMPDIR/out"; return 1; }
  llvm-profdata merge -sparse "$TMPDIR/$target.raw" -o "$TMPDIR/$target.data" || return 1
  # shellcheck disable=SC2086 # a word for each file
  llvm-cov report "$program" -instr-profile="$TMPDIR/$target.data" $files |
    sed -n "s/^TOTAL .* \\([0-9.]*%\\)\$/$target \\1/p"
}

[ $# -gt 0 ] || for source in "$here"/fuzz_*.c; do
  set -- "$@" "$(basename "$source" .c)"
done
failed=
: >"$work/coverage"
for target in "$@"; do
  cover "$target" >>"$work/coverage" || failed="$failed $target"
done
cat "$work/coverage"
[ -z "$failed" ] || { echo "failed:$failed" >&2; exit 1; }
