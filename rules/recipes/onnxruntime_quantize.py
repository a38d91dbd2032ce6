"""Quantizes an ONNX model's weights to 8 bits with onnxruntime, but for the nodes that the plan keeps.

    pip install onnxruntime onnx
    python onnxruntime_quantize.py MODEL.onnx plan.json -o planned.onnx [--data calibration.npz]

Expressed: int8-channel and int8-tensor layers against layers that stay; with --data activations are
8-bit too (QDQ form), without it they become integers while the model runs.
Not expressed: other bit widths beside 8 in one call, scales of groups, float16, pruning, channel
removal. Such layers are excluded, and the script names them.
"""

import argparse
import json
import os

import numpy as np
import onnx
from onnxruntime import quantization


class Samples(quantization.CalibrationDataReader):
    """The rows of a .npz one by one."""

    def __init__(self, path, names, count):
        data = np.load(path)
        arrays = {name: data[name] if name in data else data[data.files[0]] for name in names}
        self.rows = iter(
            {name: array[i : i + 1].astype(np.float32) for name, array in arrays.items()}
            for i in range(min(count, len(next(iter(arrays.values())))))
        )

    def get_next(self):
        return next(self.rows, None)


def expected(plan, variant):
    """The size that analyze computed for what the tool writes."""
    for file in plan.get("recipeFiles", []):
        if file["recipe"] == "recipes/onnxruntime_quantize.py" and file["variant"] == variant:
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
    parser.add_argument("--data")
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("-o", "--output", default="planned.onnx")
    options = parser.parse_args()
    with open(options.plan, encoding="utf-8") as file:
        plan = json.load(file)
    model = onnx.load(options.model)
    by_output = {name: node for node in model.graph.node for name in node.output}
    # Quantizers find nodes by name, and not every exporter gives one.
    for index, node in enumerate(model.graph.node):
        node.name = node.name or f"{node.op_type}_{index}"

    chosen = [layer for layer in plan["layers"] if layer["action"].startswith("int8-")]
    excluded = []
    for layer in plan["layers"]:
        if layer in chosen or layer["output"] not in by_output:
            continue
        excluded.append(by_output[layer["output"]].name)
        if layer["action"] != "keep":
            print(f"left as it is: {layer['site']} ({layer['action']})")
    if not chosen:
        raise SystemExit("the plan has no 8-bit layer: nothing for this tool")
    per_channel = any(layer["action"].startswith("int8-channel") for layer in chosen)
    types = sorted({layer["sourceType"] for layer in chosen})
    common = {
        "op_types_to_quantize": types,
        "nodes_to_exclude": excluded,
        "per_channel": per_channel,
        "weight_type": quantization.QuantType.QInt8,
    }
    named = options.output + ".named.onnx"
    onnx.save(model, named)
    if options.data:
        constants = {tensor.name for tensor in model.graph.initializer}
        names = [value.name for value in model.graph.input if value.name not in constants]
        reader = Samples(options.data, names, options.samples)
        quantization.quantize_static(named, options.output, reader, **common)
    else:
        quantization.quantize_dynamic(named, options.output, **common)
    os.remove(named)
    print("excluded:", excluded)
    print(told(os.path.getsize(options.output), expected(plan, "static" if options.data else "dynamic")))


if __name__ == "__main__":
    main()
