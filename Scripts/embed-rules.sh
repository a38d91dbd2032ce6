#!/bin/sh
# Writes Sources/CRules/KIND.c: one entry for each file of rules/KIND.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C

# embed KIND FUNCTION ENDING
embed() {
  {
    echo "// Made by Scripts/embed-rules.sh from the list of files in rules/$1."
    echo '#include "CRules.h"'
    echo
    echo '// #embed is C23; the compilers that build this package have it in every mode.'
    echo '#pragma clang diagnostic ignored "-Wc23-extensions"'
    for file in rules/"$1"/*."$3"; do
      name=$(basename "$file" ".$3")
      symbol=$(echo "$name" | tr '.-' '__')
      echo
      echo "static const unsigned char $symbol[] = {"
      echo "#embed \"../../$file\""
      echo '};'
    done
    echo
    echo 'static const crules_file files[] = {'
    for file in rules/"$1"/*."$3"; do
      name=$(basename "$file" ".$3")
      symbol=$(echo "$name" | tr '.-' '__')
      echo "    {\"$name\", $symbol, sizeof $symbol},"
    done
    echo '};'
    echo
    echo "const crules_file *crules_$1(void) { return files; }"
    echo "size_t crules_$2_count(void) { return sizeof files / sizeof files[0]; }"
  } > "Sources/CRules/$1.c"
}

embed targets target json5
embed presets preset json5
embed scenarios scenario json5
embed recipes recipe py
