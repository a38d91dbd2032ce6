#!/usr/bin/env bash
# Which lines of the readers the seeds, the findings and the fuzzer's corpus reach.
#
#   Scripts/coverage.sh
set -euo pipefail

build=.build-coverage
export ANALYZE_FUZZ=1
for program in fuzz-wire fuzz-formats; do
  swift build -c release --scratch-path $build --sanitize fuzzer \
    -Xswiftc -profile-generate -Xswiftc -profile-coverage-mapping --product $program
done

rm -rf $build/profiles
mkdir -p $build/profiles
for target in $(Scripts/fuzz.sh list); do
  program=$build/release/$(Scripts/fuzz.sh program "$target")
  [ -x "$program" ] || continue
  folders=()
  for folder in Fuzz/Seeds/$target Fuzz/Findings/$target .build-fuzz/corpus/$target \
    $(Scripts/fuzz.sh extra "$target"); do
    [ -d "$folder" ] && folders+=("$folder")
  done
  FUZZ_TARGET=$target LLVM_PROFILE_FILE=$build/profiles/$target.profraw \
    "$program" "${folders[@]}" -runs=0 -max_len=65536 > $build/profiles/"$target".log 2>&1 \
    || { tail -3 $build/profiles/"$target".log; exit 1; }
done
llvm-profdata merge -o $build/all.profdata $build/profiles/*.profraw
llvm-cov report $build/release/fuzz-wire -object $build/release/fuzz-formats \
  -instr-profile=$build/all.profdata Sources/ByteIO Sources/WireFormats Sources/Formats \
  | awk 'NR == 1 || /\.swift|TOTAL/ { print $1, $(NF - 4), $(NF - 3), $(NF - 2), $(NF - 6) }' \
  | tee $build/report.txt | tail -1
echo "by file: $build/report.txt"
