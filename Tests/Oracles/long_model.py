"""Writes an ONNX model of N operators in a chain with side branches, for the page's browser test.

    python3 long_model.py N OUT.onnx [--hostile]

Needs `onnx` and `numpy` (PyPI). With --hostile, names hold what breaks out of careless pages.
"""

import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

count, path = int(sys.argv[1]), sys.argv[2]
HOSTILE = [
    "</script><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "<!--<script>", "]]>",
    "javascript:alert(1)", "&lt;b&gt;", "a\u202eb", "quote\"'`back\\slash\\", "line\nbreak\ttab", "=1+1",
    "@SUM(A1)", "-- ", "| pipe `code` [link](http://example.com) @someone", "\u2028\u2029", "x" * 20000,
    "--></style><svg onload=alert(1)>", "${7*7}{{7*7}}", "\x01\x02\x7f",
]
names = HOSTILE if "--hostile" in sys.argv else []


def name(index):
    return names[index % len(names)] + str(index) if names else f"block_{index // 7}/layer_{index}"


nodes, weights, value = [], [], "image"
kinds = ["Conv", "Relu", "Conv", "Sigmoid", "Mul", "Add", "Tanh"]
rng = numpy.random.default_rng(1)
side = value
for index in range(count):
    # Numbers that differ keep blocks from being equal: the worst case for folding.
    kind = kinds[(index * 5 + index // 11) % 7]
    output = "t" + str(index) + name(index)
    inputs = [value]
    if kind == "Conv":
        size = 1 if index % 3 else 3
        weights.append(numpy_helper.from_array(
            rng.standard_normal((8, 8, size, size)).astype("float32"), f"w{index}" + name(index)))
        inputs.append(weights[-1].name)
        attributes = {"pads": [size // 2] * 4}
    elif kind in ("Mul", "Add"):
        inputs.append(side)
        attributes = {}
    else:
        attributes = {}
    nodes.append(helper.make_node(kind, inputs, [output], name=name(index), **attributes))
    if index % 13 == 0:
        side = output
    value = output
shape = [1, 8, 16, 16]
graph = helper.make_graph(
    nodes, "main", [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
    [helper.make_tensor_value_info(value, TensorProto.FLOAT, shape)], weights)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
