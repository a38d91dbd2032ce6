#!/usr/bin/env bash
# Draws the gallery: the graph of every model of the example, and of three others where they are.
#
#   Scripts/gallery.sh ANALYZE FOLDER
#
# The three others are not part of the package: ANALYZE_SHARED_MODELS names their folder (the default
# is ../shared/models and the folder above that). FOLDER/README.md shows what is there.
set -euo pipefail

analyze=$1
folder=$2
colourings=(macs weights memory target)
shared=${ANALYZE_SHARED_MODELS:-}
for candidate in ../shared/models ../../shared/models; do
  [ -n "$shared" ] || [ ! -d "$candidate" ] || shared=$candidate
done
others=(mlperf_tiny/vww_mobilenet_96_int8.tflite onnx/light_resnet50.onnx onnx/mnist_vit.onnx)
mkdir -p "$folder"
readme=$folder/README.md

cat > "$readme" <<'TEXT'
# Gallery

Layer graphs as `analyze graph` draws them. `make gallery` draws all of them again; a test compares those
of the example with what the tool draws today. Open a picture by itself to see the tooltips: each box
has all its figures, each line its tensor.

TEXT

draw() {
  local model=$1 name
  name=$(basename "$model")
  mkdir -p "$folder/$name"
  for colouring in "${colourings[@]}"; do
    "$analyze" graph "$model" --color-by "$colouring" -o "$folder/$name/$colouring.svg"
  done
  {
    echo "## $name"
    echo
    echo "By MACs; also by [weights]($name/weights.svg), [memory]($name/memory.svg) and" \
      "[what the tool itself runs]($name/target.svg)."
    echo
    echo "![$name by MACs]($name/macs.svg)"
    echo
  } >> "$readme"
}

if [ -n "$shared" ]; then
  for model in "${others[@]}"; do draw "$shared/$model"; done
fi
for model in Examples/digits/digits_*; do
  # Formats that are not read yet have no picture.
  "$analyze" report "$model" --no-weight-statistics >/dev/null 2>&1 || continue
  draw "$model"
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
