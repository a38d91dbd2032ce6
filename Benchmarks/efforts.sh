#!/usr/bin/env bash
# Runs all three efforts on every model that has data: processor seconds, peak memory, exit status.
#
#   Benchmarks/efforts.sh ANALYZE MODELS FOLDER [SAMPLES]
#
# MODELS is the folder of the shared models, FOLDER keeps data that is converted once (needs Python with
# NumPy) and the documents. Run it from the repository: Examples/digits is part of it.
set -uo pipefail

program=$1
models=$2
folder=$3
count=${4:-100}
data=$models/data
mkdir -p "$folder"
python3 "$(dirname "$0")/sweep_data.py" "$data" "$folder" || exit 1
failed=0
printf '%-28s %-9s %8s %8s  %s\n' model effort seconds MiB status
run() {
  name=$1
  model=$2
  shift 2
  for effort in screen balanced exact; do
    output=$folder/$name-$effort.json
    rm -f "$output" "$output.journal"
    figures=$({ command time -f '%U %S %M' "$program" sensitivity "$model" --calibration "$@" \
      --effort "$effort" --samples "$count" --quiet -o "$output" >/dev/null 2>"$folder/errors"; } 2>&1
      tail -1 "$folder/errors")
    status=ok
    [ -s "$output" ] || { status="FAILED: $(head -1 "$folder/errors")"; failed=1; }
    printf '%-28s %-9s %8.1f %8.0f  %s\n' "$name" "$effort" \
      "$(awk '{print $1 + $2}' <<<"$figures")" "$(awk '{print $3 / 1024}' <<<"$figures")" "$status"
  done
}
for model in digits_cnn.tflite digits_cnn.onnx digits_cnn.h5 digits_dscnn.tflite digits_dscnn.h5; do
  run "$model" "Examples/digits/$model" Examples/digits/test.npz
done
mnist=("$data/mnist_test_images.npy" --labels "$data/mnist_test_labels.npy" --preprocess scale=1/255)
cifar=("$data/cifar10_jpeg_test_images.npy" --labels "$data/cifar10_jpeg_test_labels.npy"
  --preprocess scale=1/255)
run mnist_cnn "$models/trained/mnist_cnn/mnist_cnn_f32.tflite" "${mnist[@]}"
run mnist_vit "$models/onnx/mnist_vit.onnx" "${mnist[@]}"
run cifar_dscnn "$models/trained/cifar_dscnn/cifar_dscnn_f32.tflite" "${cifar[@]}"
run ic_resnet8 "$models/mlperf_tiny/ic_resnet8_f32.tflite" "$data/ic01_images.npy" \
  --labels "$data/ic01_labels.npy" --preprocess scale=1
run kws_dscnn "$models/mlperf_tiny/kws_dscnn_f32.tflite" "$folder/kws.npy" \
  --labels "$data/kws01_labels.npy"
run ad_autoencoder "$models/mlperf_tiny/ad_autoencoder_f32.tflite" "$folder/ad.npy"
run vww_mobilenet_96 "$models/mlperf_tiny/vww_mobilenet_96_f32.tflite" "$data/vww01_images.npy" \
  --labels "$data/vww01_labels.npy" --preprocess scale=1/255
exit $failed
