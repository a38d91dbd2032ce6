#!/usr/bin/env bash
# Runs every recipe for real on Examples/digits with the tools from PyPI.
#   Scripts/recipes-check.sh ANALYZE FOLDER
# It takes some gigabytes of packages: no part of `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."
analyze=$(realpath "$1")
folder=$2
digits=Examples/digits
mkdir -p "$folder"

# venv NAME PACKAGE…
venv() {
  local name=$folder/venv-$1
  shift
  [ -x "$name/bin/python" ] || python3 -m venv "$name"
  "$name/bin/pip" install --quiet "$@"
}
venv edge ai-edge-quantizer
venv onnx onnx onnxruntime nncf
venv tensorflow tensorflow-cpu

"$analyze" plan $digits/digits_cnn.tflite --budget "size<=30%" -o "$folder/tflite"
"$folder/venv-edge/bin/python" "$folder/tflite/recipes/edge_quantizer.py" \
  $digits/digits_cnn.tflite "$folder/tflite/plan.json" -o "$folder/tflite/planned.tflite"

"$analyze" plan $digits/digits_cnn.tflite --actions int8-channel --budget "size<=50%" \
  -o "$folder/int8"
for mode in dynamic-range full-integer float16; do
  "$folder/venv-tensorflow/bin/python" "$folder/int8/recipes/tflite_converter.py" \
    $digits/digits_cnn.keras "$folder/int8/plan.json" --mode $mode \
    --data $digits/calibration.npz -o "$folder/int8/$mode.tflite"
done

"$analyze" plan $digits/digits_cnn.onnx --actions int8-channel --budget "size<=50%" -o "$folder/onnx"
for recipe in onnxruntime_quantize nncf_weights; do
  "$folder/venv-onnx/bin/python" "$folder/onnx/recipes/$recipe.py" $digits/digits_cnn.onnx \
    "$folder/onnx/plan.json" --data $digits/calibration.npz -o "$folder/onnx/$recipe.onnx"
done
