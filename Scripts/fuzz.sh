#!/usr/bin/env bash
# Builds and runs the fuzzers of Fuzz/.
#
#   Scripts/fuzz.sh build                  the four programs, with libFuzzer and AddressSanitizer
#   Scripts/fuzz.sh list                   the targets
#   Scripts/fuzz.sh program TARGET         the program that a target is in
#   Scripts/fuzz.sh run TARGET SECONDS     one target; its corpus grows in .build-fuzz/corpus
#   Scripts/fuzz.sh smoke SECONDS [N]      every target for so long, N at a time
#   Scripts/fuzz.sh totals                 what has been run so far on this machine
#
# Exit 1: something was found; the input is in .build-fuzz/findings. Add it to Fuzz/Findings, write
# a unit test, mend it.
set -euo pipefail

build=.build-fuzz
# Extra inputs that others wrote, beside the seeds of our own writers.
fixtures=Tests/WireFormatsTests/Fixtures/HDF5
pictures=Tests/CalibrationTests/Fixtures

program_of() {
  case $1 in
    tflite | onnx | onnx-external | keras | keras-config | graphdef | savedmodel) echo fuzz-formats ;;
    rules | policy | baseline | sensitivity | preprocessing | picture | pattern | journal)
      echo fuzz-decoders ;;
    pipeline | operators | kernels | command-line) echo fuzz-pipeline ;;
    *) echo fuzz-wire ;;
  esac
}

targets="protobuf flatbuffer flexbuffer zip inflate snappy checkpoint-block checkpoint object-graph
  npy json5 json decoded sizes hdf5 hdf5-unchecked text tflite onnx onnx-external keras keras-config graphdef savedmodel rules
  policy baseline sensitivity preprocessing picture pattern journal pipeline operators kernels
  command-line"

make_programs() {
  # Both ways of saying `fuzzer`: SwiftPM's alone has no AddressSanitizer, the compiler's alone does
  # not link, and two `--sanitize` give no coverage feedback.
  for program in ${1:-fuzz-wire fuzz-formats fuzz-decoders fuzz-pipeline}; do
    ANALYZE_FUZZ=1 swift build -c release --scratch-path $build --sanitize fuzzer \
      -Xswiftc -sanitize=fuzzer,address -Xcc -fsanitize=address --product "$program"
  done
}

# The longest input that is tried: long ones are slow, and small ones hold every structure of a model.
longest() {
  case $1 in
    tflite | onnx | onnx-external | graphdef | keras-config) echo 8192 ;;
    keras | savedmodel | hdf5 | hdf5-unchecked | pipeline) echo 16384 ;;
    *) echo 65536 ;;
  esac
}

# Folders of other inputs that a target can use.
extra_inputs() {
  echo $build/inputs/"$1"
  case $1 in
    hdf5 | hdf5-unchecked) echo $fixtures $fixtures/bad ;;
    picture | npy | zip) echo $pictures ;;
    rules) echo rules/targets ;;
    policy | json5) echo Examples/digits rules/targets ;;
    pipeline) echo Fuzz/Seeds/tflite Fuzz/Seeds/onnx Fuzz/Seeds/graphdef Fuzz/Seeds/keras ;;
  esac
}

run() {
  local target=$1 seconds=$2 program log inputs=() dictionary=() corpus
  program=$build/release/$(program_of "$target")
  [ -x "$program" ] || { echo "build it first: Scripts/fuzz.sh build" >&2; return 2; }
  [ -d $build/inputs ] || Scripts/fuzz-inputs.py $build/inputs
  corpus=${FUZZ_CORPUS:-$build/corpus}/$target
  mkdir -p "$corpus" $build/findings $build/logs
  for folder in Fuzz/Seeds/$target Fuzz/Findings/$target $(extra_inputs "$target"); do
    [ -d "$folder" ] && inputs+=("$folder")
  done
  [ -f Fuzz/Dictionaries/"$target".dict ] && dictionary=(-dict=Fuzz/Dictionaries/"$target".dict)
  log=$build/logs/$target.log
  # Seconds on the wall count against `-timeout`: machines that are busy need many.
  # Leaks are looked for elsewhere: Swift's runtime keeps metadata for ever. Stacks of allocations and
  # names of new functions cost a fifth of the time; an input that was found can be run again for them.
  if ! FUZZ_TARGET=$target ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=16:malloc_context_size=1 \
    "$program" "$corpus" "${inputs[@]}" "${dictionary[@]}" -print_funcs=0 \
    -max_len="$(longest "$target")" -rss_limit_mb=768 -malloc_limit_mb=256 -timeout="${FUZZ_TIMEOUT:-20}" -detect_leaks=0 \
    -max_total_time="$seconds" ${FUZZ_OPTIONS:-} -print_final_stats=1 -artifact_prefix=$build/findings/"$target"- \
    > "$log" 2>&1; then
    echo "*** $target found something:"
    grep -E "promise broken|ERROR|SUMMARY|Fatal error|Test unit written|ALARM" "$log" | head -8
    return 1
  fi
  awk -v target="$target" -v seconds="$seconds" '
    /number_of_executed_units/ { units = $2 }
    /INITED/ { if (match($0, /cov: [0-9]+/)) start = substr($0, RSTART + 5, RLENGTH - 5) }
    / cov: / { if (match($0, /cov: [0-9]+/)) end = substr($0, RSTART + 5, RLENGTH - 5) }
    END {
      print target "\t" units "\t" seconds >> "'$build'/executions.tsv"
      printf "%-18s %12d executions, coverage %d -> %d\n", target, units, start, end
      if (end + 0 == 0) { print "*** " target " has no coverage feedback: it tests nothing"; exit 1 }
    }' "$log"
}

case ${1:-} in
  build) shift; make_programs "$@" ;;
  program) program_of "$2" ;;
  extra) extra_inputs "$2" ;;
  list) echo $targets | tr ' ' '\n' ;;
  run) run "$2" "${3:-60}" ;;
  smoke)
    # The same inputs every time, so that a change is not blamed for what chance found: long runs look for
    # news. Swift's hashes vary by process, and with them what counts as news to the fuzzer.
    export FUZZ_OPTIONS="-seed=1 -runs=10000" SWIFT_DETERMINISTIC_HASHING=1 FUZZ_CORPUS=$build/smoke
    rm -rf $build/smoke
    echo $targets | tr ' ' '\n' | xargs -P "${3:-2}" -I{} "$0" run {} "${2:-20}"
    ;;
  totals)
    awk -F'\t' '{ units[$1] += $2; seconds[$1] += $3 }
      END { for (name in units) printf "%-18s %12d executions %8d s\n", name, units[name], seconds[name] }' \
      $build/executions.tsv | sort
    ;;
  *) sed -n '2,13p' "$0"; exit 2 ;;
esac
