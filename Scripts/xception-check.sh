#!/usr/bin/env bash
# Holds what the report foresees for Xception against what TensorFlow Lite's converter writes.
#
#   Scripts/xception-check.sh ANALYZE FOLDER
#
# The architecture is tf.keras.applications', the weights are random; TensorFlow comes from PyPI into FOLDER
# (half a gigabyte), the models take another 190 MB and some minutes: no part of `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."
analyze=$1
folder=$2
mkdir -p "$folder"
if [ ! -f "$folder/sizes.json" ]; then
  [ -x "$folder/python/bin/python" ] || python3 -m venv "$folder/python"
  "$folder/python/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu
  "$folder/python/bin/python" Tests/Oracles/xception.py "$folder"
fi
"$analyze" report "$folder/xception.tflite" --gzip --format json > "$folder/report.json"
python3 - "$folder" <<'PYTHON'
import json
import sys

folder = sys.argv[1]
sizes = json.load(open(folder + "/sizes.json"))
outlook = {entry["mode"]: entry for entry in json.load(open(folder + "/report.json"))["outlook"]}
rows = [
    ("dynamic-range", "fileBytes", "xception_dynamic.tflite", "bytes", 1),
    ("full-integer", "fileBytes", "xception_int8.tflite", "bytes", 1),
    ("prune+dynamic-range", "gzipBytes", "xception_pruned_dynamic.tflite", "gzip", 2),
]
failed = False
for mode, figure, name, kind, most in rows:
    foreseen, written = outlook[mode][figure], sizes[name][kind]
    off = 100 * (foreseen / written - 1)
    failed = failed or abs(off) > most
    print(f"{mode} {figure}: {foreseen:,} foreseen, {written:,} written ({off:+.2f} %, asked {most})")
sys.exit(failed)
PYTHON
