#!/bin/sh
# Writes Sources/CRules/targets.c: one entry for each file of rules/targets.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C
{
  echo '// Made by Scripts/embed-rules.sh from the list of files in rules/targets.'
  echo '#include "CRules.h"'
  echo
  echo '// #embed is C23; the compilers that build this package have it in every mode.'
  echo '#pragma clang diagnostic ignored "-Wc23-extensions"'
  for file in rules/targets/*.json5; do
    name=$(basename "$file" .json5)
    symbol=$(echo "$name" | tr '.-' '__')
    echo
    echo "static const unsigned char $symbol[] = {"
    echo "#embed \"../../$file\""
    echo '};'
  done
  echo
  echo 'static const crules_file files[] = {'
  for file in rules/targets/*.json5; do
    name=$(basename "$file" .json5)
    symbol=$(echo "$name" | tr '.-' '__')
    echo "    {\"$name\", $symbol, sizeof $symbol},"
  done
  echo '};'
  echo
  echo 'const crules_file *crules_targets(void) { return files; }'
  echo 'size_t crules_target_count(void) { return sizeof files / sizeof files[0]; }'
} > Sources/CRules/targets.c
