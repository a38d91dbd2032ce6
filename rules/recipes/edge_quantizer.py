"""Quantizes the weights of a .tflite file layer by layer as plan.json says, with ai-edge-quantizer.

    pip install ai-edge-quantizer
    python edge_quantizer.py MODEL.tflite plan.json [--data calibration.npz] -o planned.tflite

Expressed: int8-channel, int8-tensor, int4-channel, int4-tensor, int4-group32/64/128 of dense
layers (float activations; integer arithmetic where the runtime has kernels for it), float16; ranges of
least square error (-mse, except of groups) by the tool's MSE; refitted weights (+refit) of dense layers by
its GPTQ, which needs --data and a model with a signature (the converter writes one).
Not expressed: refitted weights of convolutions (they are quantized without the refit, and named: the file
is as small as planned, and less right), 6, 3 and 2 bits in plans of this kind, asymmetric weights,
ternary and binary weights, corrected biases, pruning, channel removal. Such layers stay as they are, and
the script names them. Writes planned.tflite.recipe.json, the tool's own form.
"""

import argparse
import json
import os
import re

import numpy as np
from ai_edge_quantizer import quantizer
from ai_edge_quantizer.utils import tfl_interpreter_utils

OPERATIONS = ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "CONV_2D_TRANSPOSE", "BATCH_MATMUL"]
NAMES = {"TRANSPOSE_CONV": "CONV_2D_TRANSPOSE"}


def configuration(action, operation, has_data):
    """The tool's form of an action, or None where it has none; and what of the action it leaves out."""
    if action == "float16":
        weights = {"num_bits": 16, "symmetric": True, "granularity": "TENSORWISE", "dtype": "FLOAT"}
        return ("float_casting", weights, "FLOAT"), None
    match = re.fullmatch(r"int(8|4)-(channel|tensor|group(?:32|64|128))(-mse)?(\+refit)?", action)
    if not match:
        return None, None
    granularity = {"channel": "CHANNELWISE", "tensor": "TENSORWISE"}.get(
        match[2], "BLOCKWISE_" + match[2].removeprefix("group")
    )
    weights = {
        "num_bits": int(match[1]), "symmetric": True, "granularity": granularity, "dtype": "INT",
    }
    algorithm, missing = "min_max_uniform_quantize", None
    if match[4] and operation == "FULLY_CONNECTED" and has_data:
        algorithm = "GPTQ"
    elif match[3] and not match[2].startswith("group"):
        algorithm = "MSE"
    if match[4] and algorithm != "GPTQ":
        missing = "refit"
    elif match[3] and algorithm != "MSE":
        missing = "range of least square error"
    return (algorithm, weights, "INTEGER"), missing


def samples(runtime, path):
    """The samples by signature, as the tool wants them."""
    data = np.load(path)
    rest = [name for name in data.files if name not in ("labels", "y")]
    result = {}
    for key, signature in runtime.get_signature_list().items():
        details = runtime.get_signature_runner(key).get_input_details()
        names = list(signature["inputs"])
        arrays = [data[name] if name in data else data[rest[i]] for i, name in enumerate(names)]
        result[key] = [
            {
                name: array[row].reshape(details[name]["shape"]).astype(np.float32)
                for name, array in zip(names, arrays)
            }
            for row in range(len(arrays[0]))
        ]
    return result


def expected(plan, variant):
    """The size that analyze computed for what the tool writes."""
    for file in plan.get("recipeFiles", []):
        if file["recipe"] == "recipes/edge_quantizer.py" and file["variant"] == variant:
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
    parser.add_argument("--data", help=".npz whose arrays are the inputs, for +refit")
    parser.add_argument("-o", "--output", default="planned.tflite")
    options = parser.parse_args()
    with open(options.plan, encoding="utf-8") as file:
        plan = json.load(file)

    runtime = tfl_interpreter_utils.create_tfl_interpreter(options.model)
    can_refit = bool(options.data and runtime.get_signature_list())
    if options.data and not can_refit:
        print("the model has no signature, by which the tool takes samples: nothing is refitted")
    recipe, skipped = [], []
    for layer in plan["layers"]:
        if layer["action"] == "keep":
            continue
        operation = NAMES.get(layer["sourceType"], layer["sourceType"])
        form, missing = configuration(layer["action"], operation, can_refit)
        if form is None or operation not in OPERATIONS or not layer["output"]:
            skipped.append(f"{layer['site']} ({layer['action']})")
            continue
        if "group" in layer["action"] and operation != "FULLY_CONNECTED":
            skipped.append(f"{layer['site']} ({layer['action']}: the tool groups dense layers only)")
            continue
        if missing:
            print(f"without the {missing}: {layer['site']} ({layer['action']})")
        algorithm, weights, precision = form
        recipe.append({
            "regex": re.escape(layer["output"]) + "(;|$)",
            "operation": operation,
            "algorithm_key": algorithm,
            "op_config": {
                "weight_tensor_config": weights,
                "compute_precision": precision,
                "explicit_dequantize": precision == "FLOAT",
                "skip_checks": False,
                "min_weight_elements": 0,
            },
        })
    with open(options.output + ".recipe.json", "w", encoding="utf-8") as file:
        json.dump(recipe, file, indent=2)
    for name in skipped:
        print("left as it is:", name)
    if not recipe:
        raise SystemExit("the tool can express nothing of this plan")
    tool = quantizer.Quantizer(options.model, recipe)
    calibration = None
    if can_refit and tool.need_calibration:
        calibration = tool.calibrate(samples(runtime, options.data), num_threads=2)
    tool.quantize(calibration).export_model(options.output, overwrite=True)
    print(told(os.path.getsize(options.output), expected(plan, "as planned")))


if __name__ == "__main__":
    main()
