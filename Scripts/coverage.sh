#!/usr/bin/env bash
# Which lines of the readers their corpora reach: what stands in the repository, and the fuzzer's.
#
#   Scripts/coverage.sh
set -euo pipefail

build=.build-coverage
export ANALYZE_FUZZ=1
for program in fuzz-wire fuzz-formats; do
  swift build -c release --scratch-path $build --sanitize fuzzer \
    -Xswiftc -profile-generate -Xswiftc -profile-coverage-mapping --product $program
done
# The profile's format is that of the compiler: other tools beside it may be older.
tools=$(dirname "$(readlink -f "$(command -v swift)")")

# What the tests keep in archives is as good as seeds.
Scripts/fuzz-inputs.py .build-fuzz/inputs

# measure NAME FOLDER...: a profile of all targets with the folders' inputs of each.
measure() {
  local name=$1 target program folder folders
  shift
  rm -rf "$build/$name"
  mkdir -p "$build/$name"
  for target in $(Scripts/fuzz.sh list); do
    program=$build/release/$(Scripts/fuzz.sh program "$target")
    [ -x "$program" ] || continue
    folders=()
    for folder in "${@/%//$target}" $(Scripts/fuzz.sh extra "$target"); do
      [ -d "$folder" ] && folders+=("$folder")
    done
    FUZZ_TARGET=$target LLVM_PROFILE_FILE=$build/$name/$target.profraw \
      "$program" "${folders[@]}" -runs=0 -max_len=262144 \
      -report_slow_units=120 -rss_limit_mb=4096 -artifact_prefix="$build/" > "$build/$name/$target.log" 2>&1 \
      || { tail -3 "$build/$name/$target.log"; exit 1; }
  done
  "$tools/llvm-profdata" merge -o "$build/$name.profdata" "$build/$name"/*.profraw
  "$tools/llvm-cov" export -summary-only $build/release/fuzz-wire -object $build/release/fuzz-formats \
    -instr-profile="$build/$name.profdata" Sources/ByteIO Sources/WireFormats Sources/Formats \
    > "$build/$name.json"
}

measure repository Fuzz/Seeds Fuzz/Findings
measure fuzzer Fuzz/Seeds Fuzz/Findings .build-fuzz/corpus
Scripts/coverage-report.py $build/repository.json $build/fuzzer.json | tee $build/report.txt
echo "by file and line: $tools/llvm-cov show $build/release/fuzz-formats -object" \
  "$build/release/fuzz-wire -instr-profile=$build/repository.profdata FILE"
