"""Quantizes the weights of a .tflite file layer by layer as plan.json says, with ai-edge-quantizer.

    pip install ai-edge-quantizer
    python edge_quantizer.py MODEL.tflite plan.json -o planned.tflite

Expressed: int8-channel, int8-tensor, int4-channel, int4-tensor, int4-group32/64/128 of dense
layers (float activations; integer arithmetic where the runtime has kernels for it), float16.
Not expressed: 6, 3 and 2 bits in plans of this kind, ranges by least square error (-mse: the tool's own
range is taken), asymmetric weights, ternary and binary weights, pruning, channel removal. Such layers
stay as they are, and the script names them. Writes planned.tflite.recipe.json, the tool's own form.
"""

import argparse
import json
import os
import re

from ai_edge_quantizer import quantizer

OPERATIONS = ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "CONV_2D_TRANSPOSE", "BATCH_MATMUL"]
NAMES = {"TRANSPOSE_CONV": "CONV_2D_TRANSPOSE"}


def configuration(action):
    """The tool's form of an action, or None where it has none."""
    if action == "float16":
        weights = {"num_bits": 16, "symmetric": True, "granularity": "TENSORWISE", "dtype": "FLOAT"}
        return "float_casting", weights, "FLOAT"
    match = re.fullmatch(r"int(8|4)-(channel|tensor|group(?:32|64|128))(-mse)?", action)
    if not match:
        return None
    granularity = {"channel": "CHANNELWISE", "tensor": "TENSORWISE"}.get(
        match[2], "BLOCKWISE_" + match[2].removeprefix("group")
    )
    weights = {
        "num_bits": int(match[1]), "symmetric": True, "granularity": granularity, "dtype": "INT",
    }
    return "min_max_uniform_quantize", weights, "INTEGER"


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
    parser.add_argument("-o", "--output", default="planned.tflite")
    options = parser.parse_args()
    with open(options.plan, encoding="utf-8") as file:
        plan = json.load(file)

    recipe, skipped = [], []
    for layer in plan["layers"]:
        if layer["action"] == "keep":
            continue
        operation = NAMES.get(layer["sourceType"], layer["sourceType"])
        form = configuration(layer["action"])
        if form is None or operation not in OPERATIONS or not layer["output"]:
            skipped.append(f"{layer['site']} ({layer['action']})")
            continue
        if "group" in layer["action"] and operation != "FULLY_CONNECTED":
            skipped.append(f"{layer['site']} ({layer['action']}: the tool groups dense layers only)")
            continue
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
    tool.quantize().export_model(options.output, overwrite=True)
    print(told(os.path.getsize(options.output), expected(plan, "as planned")))


if __name__ == "__main__":
    main()
