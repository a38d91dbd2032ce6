#!/usr/bin/env bash
# Runs the tool on the example models.
#
#   Scripts/demo.sh ANALYZE FOLDER
#
# What it prints is what a newcomer sees first; the same reports, as text and JSON, are left in FOLDER.
set -euo pipefail

analyze=$1
folder=$2
examples=Examples/digits
mkdir -p "$folder"

for model in digits_cnn.tflite digits_dscnn_int8.tflite digits_dscnn.onnx; do
  echo
  echo "\$ analyze $examples/$model"
  "$analyze" "$examples/$model"
done

echo
echo "\$ analyze gate --policy $examples/budgets.json5"
"$analyze" gate --policy "$examples/budgets.json5"

echo
echo "\$ analyze gate --policy $examples/budgets-after-growth.json5 --baseline $examples/digits_cnn_int8.tflite"
status=0
"$analyze" gate --policy "$examples/budgets-after-growth.json5" \
  --baseline "$examples/digits_cnn_int8.tflite" --report markdown="$folder/gate-comment.md" ||
  status=$?
# This one is meant to fail; anything but the gate's no is an error of the demo.
[ "$status" = 1 ] || exit 1
echo
echo "The comment that it would post ($folder/gate-comment.md):"
echo
cat "$folder/gate-comment.md"

echo
echo "\$ analyze plan $examples/digits_dscnn.tflite --calibration $examples/test.npz --budget 'size<=25%' -o $folder/plan"
"$analyze" plan "$examples/digits_dscnn.tflite" --calibration "$examples/test.npz" \
  --budget "size<=25%" -o "$folder/plan" --quiet

for model in "$examples"/*.tflite "$examples"/*.onnx; do
  name=$(basename "$model")
  "$analyze" report "$model" --top 100 -o "$folder/$name.txt"
  "$analyze" report "$model" --format json -o "$folder/$name.json"
done
echo
echo "Reports as text and JSON: $folder/"
