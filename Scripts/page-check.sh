#!/usr/bin/env bash
# Drives pages in headless Chromium: a model of the example, hostile names, and 5,000 operators.
#
#   Scripts/page-check.sh ANALYZE FOLDER
#
# Chromium comes from Debian (about 45 seconds to install), Python packages from PyPI into FOLDER, where
# the pages and their screenshots are left to be looked at.
set -euo pipefail

analyze=$1
folder=$2
if ! command -v "${CHROMIUM:-chromium}" >/dev/null; then
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
mkdir -p "$folder"
[ -x "$folder/python/bin/python" ] || python3 -m venv "$folder/python"
python="$folder/python/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check -r Tests/Oracles/requirements-page.txt

"$python" Tests/Oracles/long_model.py 5000 "$folder/long.onnx"
"$python" Tests/Oracles/long_model.py 40 "$folder/hostile.onnx" --hostile
"$analyze" report Examples/digits/digits_dscnn.tflite --target ethos-u55 --measure --format html \
  -o "$folder/digits.html"
"$analyze" diff Examples/digits/digits_cnn.tflite Examples/digits/digits_dscnn.tflite --format html \
  -o "$folder/difference.html"
"$analyze" graph Examples/digits/digits_dscnn.tflite Examples/digits/digits_cnn.tflite \
  -o "$folder/difference-graph.html"
"$analyze" sensitivity Examples/digits/digits_dscnn.tflite --calibration Examples/digits/test.npz \
  --quiet --samples 64 --format html --pictures "$folder/pictures" -o "$folder/sensitivity.json" \
  > "$folder/sensitivity.html"
"$analyze" plan Examples/digits/digits_dscnn.tflite --calibration Examples/digits/test.npz --quiet \
  --budget "size<=35%" -o "$folder/plan" > "$folder/plan.txt"
cp "$folder/plan/report.html" "$folder/plan.html"
for name in long hostile; do
  "$analyze" report "$folder/$name.onnx" --format html -o "$folder/$name.html"
done
"$python" Tests/Oracles/page_browser.py --rows 5000 "$folder/long.html" --screenshots "$folder/pictures"
"$python" Tests/Oracles/page_browser.py "$folder/digits.html" "$folder/hostile.html" \
  "$folder/difference.html" "$folder/difference-graph.html" "$folder/sensitivity.html" "$folder/plan.html" \
  --screenshots "$folder/pictures"
