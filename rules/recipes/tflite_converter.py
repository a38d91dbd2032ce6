"""Converts the original model with the TensorFlow Lite converter's whole-model modes.

    pip install tensorflow-cpu
    python tflite_converter.py MODEL.keras|SAVED_MODEL plan.json --data calibration.npz -o planned.tflite

Expressed: one mode for the whole model: float16, dynamic-range, full-integer (with representative
data; 8-bit input and output). float32 writes the model as it is: the file to plan on. The mode is the one that most of the plan's bytes ask for; --mode takes another.
Not expressed: different actions for different layers (use edge_quantizer.py), 4 bits, scales of
groups, pruning, channel removal. The script names the layers that get something else than planned.
"""

import argparse
import collections
import json
import os

import numpy as np
import tensorflow as tf

MODES = ["float32", "float16", "dynamic-range", "full-integer"]


def mode_of(action):
    if action == "float16":
        return "float16"
    return "dynamic-range" if action.startswith("int8-") else None


def expected(plan, variant):
    """The size that analyze computed for what the tool writes."""
    for file in plan.get("recipeFiles", []):
        if file["recipe"] == "recipes/tflite_converter.py" and file["variant"] == variant:
            return file["fileBytes"]
    return None


def told(written, predicted):
    if not predicted:
        return f"{written} bytes written"
    return f"{written} bytes written, {predicted} predicted ({100 * (written / predicted - 1):+.2f} %)"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("plan")
    parser.add_argument("--data", help=".npz whose arrays bear the inputs' names")
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--mode", choices=MODES)
    parser.add_argument("-o", "--output", default="planned.tflite")
    options = parser.parse_args()
    with open(options.plan, encoding="utf-8") as file:
        plan = json.load(file)

    votes = collections.Counter()
    for layer in plan["layers"]:
        votes[mode_of(layer["action"])] += layer["before"]["bytes"]
    del votes[None]
    mode = options.mode or (votes.most_common(1)[0][0] if votes else "dynamic-range")
    for layer in plan["layers"]:
        if mode_of(layer["action"]) != mode and options.mode is None:
            print(f"gets {mode} instead of {layer['action']}: {layer['site']}")

    if os.path.isdir(options.model):
        converter = tf.lite.TFLiteConverter.from_saved_model(options.model)
        names = sorted(tf.saved_model.load(options.model).signatures["serving_default"]
                       .structured_input_signature[1])
    else:
        model = tf.keras.models.load_model(options.model)
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        names = [tensor.name.split(":")[0] for tensor in model.inputs]
    float_content = converter.convert()
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if mode == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if mode == "full-integer":
        if not options.data:
            raise SystemExit("--data: full-integer conversion needs representative samples")
        data = np.load(options.data)
        arrays = [data[name] if name in data else data[data.files[0]] for name in names]

        def representative():
            for index in range(min(options.samples, len(arrays[0]))):
                yield [array[index : index + 1].astype(np.float32) for array in arrays]

        converter.representative_dataset = representative
        converter.inference_input_type = converter.inference_output_type = tf.int8
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    content = float_content if mode == "float32" else converter.convert()
    with open(options.output, "wb") as file:
        file.write(content)
    print(f"{mode}:", told(len(content), expected(plan, mode)))
    if len(float_content) != plan["model"]["bytes"]:
        print(f"without a mode the converter writes {len(float_content)} bytes, the planned file has"
              f" {plan['model']['bytes']}: another version, input or naming made it")


if __name__ == "__main__":
    main()
