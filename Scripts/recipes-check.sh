#!/usr/bin/env bash
# Runs every recipe for real on Examples/digits with the tools from PyPI, and holds what they write
# against what analyze foresaw: more than one percent apart is an error.
#
#   Scripts/recipes-check.sh ANALYZE FOLDER
#
# It takes some gigabytes of packages and minutes of training: no part of `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."
analyze=$(realpath "$1")
folder=$2
digits=Examples/digits
mkdir -p "$folder"
log=$folder/results.txt
: > "$log"

# venv NAME PACKAGE…
venv() {
  local name=$folder/venv-$1
  shift
  [ -x "$name/bin/python" ] || python3 -m venv "$name"
  "$name/bin/pip" install --quiet --disable-pip-version-check "$@"
}
venv edge ai-edge-quantizer
venv onnx onnx onnxruntime nncf
venv training tensorflow-cpu tf_keras tensorflow-model-optimization

# run VENV TITLE SCRIPT ARGUMENT…: the script's own words into the log, under the title
run() {
  local python=$folder/venv-$1/bin/python title=$2
  shift 2
  echo "== $title" | tee -a "$log"
  "$python" "$@" 2> "$folder/errors.txt" | tee -a "$log" || { tail -20 "$folder/errors.txt"; exit 1; }
}

# plan NAME MODEL ARGUMENT…
plan() {
  local name=$1
  shift
  "$analyze" plan "$@" --quiet -o "$folder/$name" > "$folder/$name.txt"
}

# ai-edge-quantizer: each layer its own action.
plan mixed $digits/digits_cnn.tflite --budget "size<=30%"
plan int8 $digits/digits_cnn.tflite --actions int8-channel --budget "size<=50%"
plan tensor $digits/digits_cnn.tflite --actions int8-tensor --budget "size<=60%"
plan float16 $digits/digits_cnn.tflite --actions float16 --budget "size<=60%"
plan deep $digits/digits_dscnn.tflite --actions int8-channel,int4-channel --budget "size<=40%"
for name in mixed int8 tensor float16; do
  run edge "edge_quantizer, digits_cnn, $name" "$folder/$name/recipes/edge_quantizer.py" \
    $digits/digits_cnn.tflite "$folder/$name/plan.json" -o "$folder/$name.tflite"
done
run edge "edge_quantizer, digits_dscnn, deep" "$folder/deep/recipes/edge_quantizer.py" \
  $digits/digits_dscnn.tflite "$folder/deep/plan.json" -o "$folder/deep.tflite"

# TensorFlow Lite's converter: the plan is for the file that this very converter writes.
for model in digits_cnn digits_dscnn; do
  run training "tflite_converter, $model, float32" "$folder/int8/recipes/tflite_converter.py" \
    $digits/$model.keras "$folder/int8/plan.json" --mode float32 -o "$folder/$model.tflite"
  plan "converter-$model" "$folder/$model.tflite" --actions int8-channel --budget "size<=50%"
  for mode in float16 dynamic-range full-integer; do
    run training "tflite_converter, $model, $mode" \
      "$folder/converter-$model/recipes/tflite_converter.py" \
      $digits/$model.keras "$folder/converter-$model/plan.json" --mode $mode \
      --data $digits/calibration.npz -o "$folder/$model-$mode.tflite"
  done
  # The same with refitted weights: the tool takes samples by the signature that the converter writes.
  plan "refit-$model" "$folder/$model.tflite" --calibration $digits/test.npz \
    --actions int8-channel,int4-channel-mse+refit --budget "size<=30%"
  run edge "edge_quantizer, $model, refit" "$folder/refit-$model/recipes/edge_quantizer.py" \
    "$folder/$model.tflite" "$folder/refit-$model/plan.json" --data $digits/calibration.npz \
    -o "$folder/refit-$model.tflite"
done

# onnxruntime and NNCF: all layers, and with a layer that is kept.
for model in digits_cnn digits_dscnn; do
  plan "onnx-$model" $digits/$model.onnx --actions int8-channel --budget "size<=50%"
  recipes=$folder/onnx-$model/recipes
  run onnx "onnxruntime_quantize, $model, static" "$recipes/onnxruntime_quantize.py" \
    $digits/$model.onnx "$folder/onnx-$model/plan.json" --data $digits/calibration.npz \
    -o "$folder/$model-static.onnx"
  run onnx "onnxruntime_quantize, $model, dynamic" "$recipes/onnxruntime_quantize.py" \
    $digits/$model.onnx "$folder/onnx-$model/plan.json" -o "$folder/$model-dynamic.onnx"
  run onnx "nncf_weights, $model" "$recipes/nncf_weights.py" \
    $digits/$model.onnx "$folder/onnx-$model/plan.json" --data $digits/calibration.npz \
    -o "$folder/$model-nncf.onnx"
done

# Training, with its controls. The plan is so small that it loses: the advice calls for the scripts.
plan lossy $digits/digits_cnn.tflite --calibration $digits/test.npz \
  --actions int8-channel,int3-channel,int2-channel --budget "size<=23%"
mkdir -p "$folder/lossy/recipes"
for recipe in tfmot_training keras_distillation binary_training; do
  [ -f "$folder/lossy/recipes/$recipe.py" ] || cp rules/recipes/$recipe.py "$folder/lossy/recipes/"
done
data=(--data $digits/calibration.npz --test $digits/test.npz)
for model in digits_cnn digits_dscnn; do
  for schedule in polynomial constant; do
    run training "tfmot_training, $model, pruning $schedule" "$folder/lossy/recipes/tfmot_training.py" \
      $digits/$model.keras "$folder/lossy/plan.json" "${data[@]}" --method pruning \
      --schedule $schedule --final-sparsity 0.5 -o "$folder/$model-$schedule.tflite"
  done
  run training "tfmot_training, $model, quantization-aware" \
    "$folder/lossy/recipes/tfmot_training.py" $digits/$model.keras "$folder/lossy/plan.json" \
    "${data[@]}" --method quantization-aware -o "$folder/$model-qat.tflite"
  run training "tfmot_training, $model, combined" "$folder/lossy/recipes/tfmot_training.py" \
    $digits/$model.keras "$folder/lossy/plan.json" "${data[@]}" --method combined \
    --final-sparsity 0.5 -o "$folder/$model-combined.tflite"
  run training "keras_distillation, $model, width 0.5" \
    "$folder/lossy/recipes/keras_distillation.py" $digits/$model.keras "$folder/lossy/plan.json" \
    "${data[@]}" --width 0.5 --epochs 20 -o "$folder/$model-student.keras"
done
for form in binary ternary; do
  run training "binary_training, digits_cnn, $form" "$folder/lossy/recipes/binary_training.py" \
    $digits/digits_cnn.keras "$folder/lossy/plan.json" "${data[@]}" \
    --layers stem,features,probabilities --form $form -o "$folder/digits_cnn-$form.keras"
done

echo
echo "what was foreseen and is more than one percent off:"
awk '/predicted \(/ { match($0, /\([+-][0-9.]+ %/); off = substr($0, RSTART + 1, RLENGTH - 3) + 0
  if (off > 1 || off < -1) { print "  " title ": " $0; bad = 1 } }
  /^== / { title = substr($0, 4) }
  END { if (!bad) print "  nothing"; exit bad }' "$log"
