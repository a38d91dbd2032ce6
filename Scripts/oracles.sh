#!/usr/bin/env bash
# Makes the folder of test cases that come from outside: the ONNX standard's node tests.
#
#   Scripts/oracles.sh FOLDER
#
# Without a network the tests that need them are skipped, loudly; in CI (CI=true) that is an error.
set -euo pipefail

folder=$1
cases=$folder/onnx-cases
[ -f "$cases/shapes.jsonl" ] && exit 0

make_cases() {
  mkdir -p "$folder"
  [ -x "$folder/venv/bin/python" ] || python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    --requirement Tests/Oracles/requirements-cases.txt
  rm -rf "$cases.new"
  "$folder/venv/bin/python" Tests/Oracles/onnx_export.py "$cases.new"
  "$folder/venv/bin/python" Tests/Oracles/onnx_shapes.py "$cases.new/shapes.jsonl"
  mv "$cases.new" "$cases"
}

if ! make_cases; then
  echo "*** The ONNX standard's node tests could not be made (python3-venv and PyPI are needed):" \
    "they are SKIPPED." >&2
  [ "${CI:-}" = true ] && exit 1
  exit 0
fi
