#!/usr/bin/env python3
"""Makes the models of the engine's benchmark in a folder: engine_models.py FOLDER [NAME...]

MobileNetV2 (224 x 224) and Xception (299 x 299) of tf.keras.applications as float and full-integer
TensorFlow Lite and as ONNX. Weights and the statistics of batch normalisation are random: speed does
not depend on them. Files that are there already are kept.

PyPI packages: tensorflow, tf2onnx, onnx.
"""

import os
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
SEED = 1


def keras_model(name):
    import numpy as np
    import tensorflow as tf

    tf.keras.utils.set_random_seed(SEED)
    random = np.random.default_rng(SEED)
    model = getattr(tf.keras.applications, name)(weights=None)
    for layer in model.layers:
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            size = layer.gamma.shape[0]
            layer.set_weights(
                [
                    random.uniform(0.8, 1.2, size),
                    random.uniform(-0.1, 0.1, size),
                    random.uniform(-0.1, 0.1, size),
                    random.uniform(0.5, 1.5, size),
                ]
            )
    return model


def convert(model, path, integer):
    import numpy as np
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if integer:
        random = np.random.default_rng(SEED)
        size = (1, *model.input_shape[1:])
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (
            [random.uniform(-1, 1, size).astype(np.float32)] for _ in range(4)
        )
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    path.write_bytes(converter.convert())


def convert_onnx(source, path):
    """The float TensorFlow Lite file as ONNX, channels first."""
    subprocess.run(
        [sys.executable, "-m", "tf2onnx.convert", "--tflite", source, "--output", path]
        + ["--opset", "17"],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or ["MobileNetV2", "Xception"]:
        stem = name.lower()
        paths = {kind: folder / f"{stem}_{kind}.tflite" for kind in ["f32", "int8"]}
        if not all(path.exists() for path in paths.values()):
            print(f"making {name}", file=sys.stderr, flush=True)
            model = keras_model(name)
            for kind, path in paths.items():
                convert(model, path, integer=kind == "int8")
        onnx = folder / f"{stem}_f32.onnx"
        if not onnx.exists():
            convert_onnx(paths["f32"], onnx)


main()
