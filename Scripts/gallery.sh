#!/usr/bin/env bash
# Draws the gallery: the graph of every model of the example, and of three others where they are.
#
#   Scripts/gallery.sh ANALYZE FOLDER [--measure]
#
# The colours of times, sensitivities and actions come from FOLDER/NAME/*.json (of the three others from
# .build-gallery/NAME), which are measured where they are missing, and again with --measure: times differ from
# machine to machine.
# The three others are not part of the package: ANALYZE_SHARED_MODELS names their folder (the default
# is ../shared/models and the folder above that). FOLDER/README.md shows what is there.
set -euo pipefail

analyze=$1
folder=$2
again=${3:-}
shared=${ANALYZE_SHARED_MODELS:-}
for candidate in ../shared/models ../../shared/models; do
  [ -n "$shared" ] || [ ! -d "$candidate" ] || shared=$candidate
done
mkdir -p "$folder"
readme=$folder/README.md

cat > "$readme" <<'TEXT'
# Gallery

Layer graphs as `analyze graph` draws them. `make gallery` draws all of them again; a test compares those
of the example with what the tool draws today. Open a picture by itself to see the tooltips: each box
has all its figures, each line its tensor. Times, sensitivities and actions are those of the JSON documents
beside the pictures; `Scripts/gallery.sh analyze reports/examples/graphs --measure` measures them again.

TEXT

# measure MODEL FOLDER [OPTION…]: what colours need; the options say what the samples are.
measure() {
  local model=$1 place=$2
  shift 2
  if [ -n "$again" ] || [ ! -f "$place/times.json" ]; then
    "$analyze" report "$model" --measure --format json --quiet -o "$place/times.json" ||
      rm -f "$place/times.json"
  fi
  [ $# -gt 0 ] || return 0
  if [ -n "$again" ] || [ ! -f "$place/sensitivity.json" ]; then
    # Compressed models cannot be compressed again: they have no such pictures.
    if "$analyze" sensitivity "$model" "$@" --restart --quiet \
      -o "$place/sensitivity.json" >/dev/null 2>&1; then
      rm -f "$place/plan.json"
    fi
  fi
  if [ -f "$place/sensitivity.json" ] && [ ! -f "$place/plan.json" ]; then
    if "$analyze" plan "$model" --sensitivity "$place/sensitivity.json" --budget "weights<=40%" \
      --quiet --format json -o "$place/plan" >/dev/null 2>&1; then
      mv "$place/plan/plan.json" "$place/plan.json"
    fi
    rm -rf "$place/plan"
  fi
}

draw() {
  local model=$1 name place figures links=""
  shift
  name=$(basename "$model")
  place=$folder/$name
  figures=$place
  [ "${model#Examples/}" != "$model" ] || figures=.build-gallery/$name
  mkdir -p "$place" "$figures"
  measure "$model" "$figures" "$@"
  for colouring in macs weights memory target; do
    "$analyze" graph "$model" --color-by "$colouring" -o "$place/$colouring.svg"
  done
  for pair in time:times sensitivity:sensitivity action:plan; do
    local colouring=${pair%:*} data=$figures/${pair#*:}.json
    [ -f "$data" ] || continue
    "$analyze" graph "$model" --color-by "$colouring" --data "$data" -o "$place/$colouring.svg"
    links="$links, [$colouring]($name/$colouring.svg)"
  done
  {
    echo "## $name"
    echo
    echo "By MACs; also by [weights]($name/weights.svg), [memory]($name/memory.svg)$links and" \
      "[what the tool itself runs]($name/target.svg)."
    echo
    echo "![$name by MACs]($name/macs.svg)"
    echo
  } >> "$readme"
}

if [ -n "$shared" ]; then
  draw "$shared/mlperf_tiny/vww_mobilenet_96_f32.tflite" \
    --calibration "$shared/data/vww01_images.npy" --labels "$shared/data/vww01_labels.npy" \
    --preprocess scale=1/255 --samples 64 --effort screen
  draw "$shared/onnx/mnist_vit.onnx" \
    --calibration "$shared/data/mnist_test_images.npy" --labels "$shared/data/mnist_test_labels.npy" \
    --preprocess scale=1/255 --samples 64 --effort screen
  draw "$shared/mlperf_tiny/ic_resnet8_f32.tflite" \
    --calibration "$shared/data/ic01_images.npy" --labels "$shared/data/ic01_labels.npy" \
    --preprocess scale=1 --samples 64 --effort screen
  # Nothing is known of what it should see: no sensitivity and no plan.
  draw "$shared/onnx/light_resnet50.onnx"
fi
for model in Examples/digits/digits_*; do
  draw "$model" --calibration Examples/digits/test.npz
done

"$analyze" graph Examples/digits/digits_cnn.tflite Examples/digits/digits_dscnn.tflite \
  -o "$folder/difference.svg"
"$analyze" graph Examples/digits/digits_dscnn.onnx --dark --color-by weights -o "$folder/dark.svg"
cat >> "$readme" <<'TEXT'
## Two models

`analyze graph digits_cnn.tflite digits_dscnn.tflite`: what was added, removed and changed.

![The difference of two models](difference.svg)

## On a dark ground

`--dark`; without it an SVG follows the reader's system.

![A graph on a dark ground](dark.svg)
TEXT
if [ -n "$shared" ]; then
  "$analyze" graph "$shared/onnx/light_resnet50.onnx" --color-by memory --only peak \
    -o "$folder/peak.svg"
  cat >> "$readme" <<'TEXT'

## A part alone

`--only peak`: what is in memory when most is.

![The peak of a ResNet-50](peak.svg)
TEXT
fi
