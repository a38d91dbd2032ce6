#!/usr/bin/env bash
# The step that all CI templates share: environment variables in, the gate's exit code out.
#
#   ANALYZE    the program
#   POLICY     the policy
#   BASELINE   what to compare with; may be empty
#   MODELS     models, separated by spaces; may be empty
#   ARGUMENTS  further arguments; may be empty
#   SARIF      where to write a SARIF report; may be empty
set -uo pipefail

arguments=(gate --policy "${POLICY:?name the policy}")
[ -n "${BASELINE:-}" ] && arguments+=(--baseline "$BASELINE")
[ -n "${SARIF:-}" ] && arguments+=(--report "sarif=$SARIF")
# Word splitting is meant: several models, several options.
# shellcheck disable=SC2206
arguments+=(${ARGUMENTS:-} ${MODELS:-})

"${ANALYZE:-analyze}" "${arguments[@]}"
status=$?
# A signal is no verdict.
[ "$status" -gt 2 ] && status=2
[ -n "${GITHUB_OUTPUT:-}" ] && echo "exit-code=$status" >>"$GITHUB_OUTPUT"
exit "$status"
