"""Makes Xception (tf.keras.applications, random weights) and has the official converter compress it.

    python xception.py FOLDER

Writes FOLDER/xception.tflite (float32), xception_dynamic.tflite, xception_int8.tflite,
xception_pruned_dynamic.tflite (the smaller half of each convolution's and matrix's weights set to zero, as
magnitude pruning leaves them), and sizes.json with their bytes, also after `gzip -9`. Nothing of it is in
the repository: 190 MB in all.
"""

import gzip
import json
import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf


def convert(model, integer=None):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if integer is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if integer:
        random = np.random.default_rng(2)

        def samples():
            for _ in range(2):
                yield [random.uniform(-1, 1, (1, 299, 299, 3)).astype(np.float32)]

        converter.representative_dataset = samples
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    return converter.convert()


def prune(model):
    for layer in model.layers:
        weights = layer.get_weights()
        for place, weight in enumerate(weights):
            if weight.ndim < 2:
                continue
            flat = np.abs(weight).reshape(-1)
            order = np.argsort(flat, kind="stable")[: flat.size // 2]
            pruned = weight.reshape(-1).copy()
            pruned[order] = 0
            weights[place] = pruned.reshape(weight.shape)
        if weights:
            layer.set_weights(weights)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(1)
    model = keras.applications.Xception(weights=None)
    model.save(folder / "xception.keras")
    sizes = {}

    def write(name, content):
        (folder / name).write_bytes(content)
        sizes[name] = {"bytes": len(content), "gzip": len(gzip.compress(content, 9))}
        print(name, sizes[name], flush=True)

    write("xception.tflite", convert(model))
    write("xception_dynamic.tflite", convert(model, integer=False))
    write("xception_int8.tflite", convert(model, integer=True))
    prune(model)
    write("xception_pruned_dynamic.tflite", convert(model, integer=False))
    sizes["xception.keras"] = {"bytes": (folder / "xception.keras").stat().st_size}
    (folder / "sizes.json").write_text(json.dumps(sizes, indent=1) + "\n")


if __name__ == "__main__":
    main()
