"""Quantizes an ONNX model after training with NNCF, but for the nodes that the plan keeps.

    pip install nncf onnx onnxruntime
    python nncf_weights.py MODEL.onnx plan.json --data calibration.npz -o planned.onnx

Expressed: 8-bit weights and activations for the layers that the plan makes int8; the others are in the
tool's ignored scope.
The size of its file is not predicted: what the tool adds to the graph differs from release to release.
Not expressed: other widths for chosen layers, float16, ternary and binary weights, channel removal of
a finished model. Such layers stay as they are, and the script names them.
"""

import argparse
import json
import os

import nncf
import numpy as np
import onnx


def expected(plan, variant):
    """The size that analyze computed for what the tool writes."""
    for file in plan.get("recipeFiles", []):
        if file["recipe"] == "recipes/nncf_weights.py" and file["variant"] == variant:
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
    parser.add_argument("--data", required=True)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("-o", "--output", default="planned.onnx")
    options = parser.parse_args()
    with open(options.plan, encoding="utf-8") as file:
        plan = json.load(file)
    model = onnx.load(options.model)
    by_output = {name: node for node in model.graph.node for name in node.output}
    for index, node in enumerate(model.graph.node):
        node.name = node.name or f"{node.op_type}_{index}"
    ignored = []
    for layer in plan["layers"]:
        if layer["action"].startswith("int8-") or layer["output"] not in by_output:
            continue
        ignored.append(by_output[layer["output"]].name)
        if layer["action"] != "keep":
            print(f"left as it is: {layer['site']} ({layer['action']})")
    data = np.load(options.data)
    constants = {tensor.name for tensor in model.graph.initializer}
    names = [value.name for value in model.graph.input if value.name not in constants]
    arrays = {name: data[name] if name in data else data[data.files[0]] for name in names}
    count = min(options.samples, len(next(iter(arrays.values()))))
    rows = [
        {name: array[i : i + 1].astype(np.float32) for name, array in arrays.items()}
        for i in range(count)
    ]
    quantized = nncf.quantize(
        model, nncf.Dataset(rows), subset_size=count,
        ignored_scope=nncf.IgnoredScope(names=ignored) if ignored else None,
    )
    onnx.save(quantized, options.output)
    print("ignored:", ignored)
    print(told(os.path.getsize(options.output), expected(plan, "static")))


if __name__ == "__main__":
    main()
