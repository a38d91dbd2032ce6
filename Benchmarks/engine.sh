#!/usr/bin/env bash
# Measures the engine beside LiteRT and onnxruntime and prints the ratios.
#
#   Benchmarks/engine.sh ENGINE_BENCH FOLDER [OPTION...]
#
# FOLDER keeps what is made once: a Python environment (some 3 GB) and the models (some 250 MB).
# BENCH_PYTHON names a Python that has Benchmarks/engine_requirements.txt already. The options are
# those of engine.py: --rounds N.
set -euo pipefail

program=$1
folder=$2
shift 2
models=$folder/engine-models

python=${BENCH_PYTHON:-}
if [ -z "$python" ]; then
  environment=$folder/engine-venv
  python=$environment/bin/python
  if [ ! -f "$environment/complete" ]; then
    mkdir -p "$folder"
    python3 -m venv "$environment"
    "$python" -m pip install --quiet --disable-pip-version-check \
      --requirement Benchmarks/engine_requirements.txt
    touch "$environment/complete"
  fi
fi
TF_CPP_MIN_LOG_LEVEL=3 "$python" Benchmarks/engine_models.py "$models"
"$python" Benchmarks/engine.py "$program" "$models" "$@"
