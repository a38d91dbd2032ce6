#!/usr/bin/env python3
"""Asks Arm's compiler which operators it leaves on the CPU: vela_placements.py MODELS > vela_placements.json

Needs ethos-u-vela 3.10.0 (and numpy below 2) from PyPI, with its `vela` on the path. MODELS is the
folder of the shared models.
"""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = [
    "mlperf_tiny/ad_autoencoder_int8.tflite",
    "mlperf_tiny/ic_resnet8_int8.tflite",
    "mlperf_tiny/kws_dscnn_int8.tflite",
    "mlperf_tiny/sww_ref_int8.tflite",
    "mlperf_tiny/vww_mobilenet_96_int8.tflite",
    "tflm/hello_world_int8.tflite",
    "tflm/micro_speech_int8.tflite",
    "tflm/person_detect_int8.tflite",
    "trained/cifar_dscnn/cifar_dscnn_int16x8.tflite",
    "trained/cifar_dscnn/cifar_dscnn_int8.tflite",
    "trained/cifar_dscnn/cifar_dscnn_int8_per_tensor.tflite",
    "trained/mnist_cnn/mnist_cnn_int8.tflite",
    "trained/mnist_cnn/mnist_cnn_int8_per_tensor.tflite",
]
WARNING = re.compile(
    r"Warning: (?:Unsupported TensorFlow Lite semantics for )?([A-Z0-9_]+) '.*' ?"
    r"(?:is not supported on the NPU)?\. Placing on CPU instead"
)


def on_cpu(path):
    """The types of the operators that stay on the CPU, sorted; None where it does not compile."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["vela", str(path), "--accelerator-config", "ethos-u55-128", "--output-dir", folder],
            capture_output=True, text=True, check=False,
        )
    if done.returncode != 0:
        return None
    return sorted(WARNING.findall(done.stdout))


def main():
    models = Path(sys.argv[1])
    result = {}
    for name in NAMES:
        placed = on_cpu(models / name)
        if placed is not None:
            result[name] = placed
    json.dump({"vela": "3.10.0", "onCPU": result}, sys.stdout, indent=1, sort_keys=True)
    print()


main()
