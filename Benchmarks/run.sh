#!/usr/bin/env bash
# Measures the figures of docs/benchmarks.md and prints them.
#
#   Benchmarks/run.sh ANALYZE FOLDER [OPTION...]
#
# FOLDER keeps what is made once: a Python environment with TensorFlow (some 2 GB) and the models
# (some 1.6 GB). BENCH_PYTHON names a Python that has Benchmarks/requirements.txt already. The
# options are those of measure.py: --runs N, --markdown docs/benchmarks.md.
set -euo pipefail

analyze=$1
folder=$2
shift 2
models=$folder/bench-models

python=${BENCH_PYTHON:-}
if [ -z "$python" ]; then
  environment=$folder/bench-venv
  python=$environment/bin/python
  if [ ! -f "$environment/complete" ]; then
    mkdir -p "$folder"
    python3 -m venv "$environment"
    "$python" -m pip install --quiet --disable-pip-version-check \
      --requirement Benchmarks/requirements.txt
    touch "$environment/complete"
  fi
fi
TF_CPP_MIN_LOG_LEVEL=3 "$python" Benchmarks/models.py "$models"

python3 Benchmarks/measure.py "$analyze" "$models" "$@"
