#!/usr/bin/env bash
# Measures screened sweeps beside exact ones on the shared models: rank correlations, passes, seconds.
#
#   Benchmarks/sweeps.sh SWEEP_BENCH MODELS FOLDER [SAMPLES]
#
# SWEEP_BENCH is built by `swift build -c release --product SweepBench`, MODELS is the folder of the
# shared models, FOLDER keeps data that is converted once (needs Python with NumPy).
set -euo pipefail

program=$1
models=$2
folder=$3
count=${4:-1000}
data=$models/data
mkdir -p "$folder"
python3 "$(dirname "$0")/sweep_data.py" "$data" "$folder"
run() {
  echo "== $1"
  shift
  "$program" "$@" modes=no "samples=$count"
}
run ic_resnet8 "$models/mlperf_tiny/ic_resnet8_f32.tflite" "$data/ic01_images.npy" scale=1 \
  "labels=$data/ic01_labels.npy"
run mnist_cnn "$models/trained/mnist_cnn/mnist_cnn_f32.tflite" "$data/mnist_test_images.npy" \
  scale=1/255 "labels=$data/mnist_test_labels.npy"
run ad_autoencoder "$models/mlperf_tiny/ad_autoencoder_f32.tflite" "$folder/ad.npy" none
run kws_dscnn "$models/mlperf_tiny/kws_dscnn_f32.tflite" "$folder/kws.npy" none \
  "labels=$data/kws01_labels.npy"
run cifar_dscnn "$models/trained/cifar_dscnn/cifar_dscnn_f32.tflite" \
  "$data/cifar10_jpeg_test_images.npy" scale=1/255 "labels=$data/cifar10_jpeg_test_labels.npy"
run mnist_vit "$models/onnx/mnist_vit.onnx" "$data/mnist_test_images.npy" scale=1/255 \
  "labels=$data/mnist_test_labels.npy"
run vww_mobilenet_96 "$models/mlperf_tiny/vww_mobilenet_96_f32.tflite" "$data/vww01_images.npy" \
  scale=1/255 "labels=$data/vww01_labels.npy"
