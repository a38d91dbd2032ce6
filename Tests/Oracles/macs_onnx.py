"""Counts .onnx files with shapes measured by onnxruntime; see `macs.py`."""

from __future__ import annotations

import contextlib
import io
import math
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from macs_count import Count, Shape

# Where the weights and the bias stand among the inputs.
CONVOLUTIONS = {"Conv": (1, 2), "ConvInteger": (1, None), "QLinearConv": (3, 8)}
# Where the bias stands; the left matrix is always the first input.
PRODUCTS = {
    "MatMul": None,
    "MatMulInteger": None,
    "QLinearMatMul": None,
    "DynamicQuantizeMatMul": 4,
}
# Inputs that describe a quantization rather than carry weights.
QUANTIZATION_INPUTS = {
    "QuantizeLinear": {1, 2},
    "DequantizeLinear": {1, 2},
    "QLinearConv": {1, 2, 4, 5, 6, 7},
    "QLinearMatMul": {1, 2, 4, 5, 6, 7},
    "ConvInteger": {2, 3},
    "MatMulInteger": {2, 3},
    "DynamicQuantizeMatMul": {2, 3},
}
# Inputs whose integers are quantized weights.
QUANTIZED_INPUTS = {
    "DequantizeLinear": {0},
    "QLinearConv": {3, 8},
    "QLinearMatMul": {0, 3},
    "ConvInteger": {1},
    "MatMulInteger": {0, 1},
    "DynamicQuantizeMatMul": {1},
}
FLOATS = {
    onnx.TensorProto.FLOAT,
    onnx.TensorProto.FLOAT16,
    onnx.TensorProto.BFLOAT16,
    onnx.TensorProto.DOUBLE,
}


def input_shape(value: onnx.ValueInfoProto, given: Shape | None) -> Shape:
    """Returns the shape to run with: the one given, or the stated one with a batch of 1."""
    if given is not None:
        return given
    dims = value.type.tensor_type.shape.dim
    shape = [dim.dim_value if dim.WhichOneof("value") == "dim_value" else None for dim in dims]
    shape[:1] = [1 if size is None else size for size in shape[:1]]
    if None in shape:
        raise ValueError(f"input {value.name} is {shape}: name its shape with --shape")
    return shape


def zero_feed(model: onnx.ModelProto, given: dict[str, Shape]) -> dict[str, np.ndarray]:
    """Returns zeros for each input that has no initializer."""
    constants = {tensor.name for tensor in model.graph.initializer}
    return {
        value.name: np.zeros(
            input_shape(value, given.get(value.name)),
            helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type),
        )
        for value in model.graph.input
        if value.name not in constants
    }


def run_shapes(model: onnx.ModelProto, feed: dict[str, np.ndarray]) -> dict[str, Shape]:
    """Returns the shape of every value of the main graph, from a run without optimizations."""
    traced = onnx.ModelProto()
    traced.CopyFrom(model)
    names = [name for node in model.graph.node for name in node.output if name]
    del traced.graph.output[:]
    traced.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(traced.SerializeToString(), options)
    shapes = {name: list(value.shape) for name, value in feed.items()}
    shapes |= {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    for name, value in zip(names, session.run(names, feed), strict=True):
        shapes[name] = list(np.shape(value))
    return shapes


def has_operand(node: onnx.NodeProto, index: int | None) -> bool:
    """Returns whether an optional input is there."""
    return index is not None and index < len(node.input) and node.input[index] != ""


def node_macs(node: onnx.NodeProto, shapes: dict[str, Shape]) -> tuple[int | None, int]:
    """Returns the multiply-accumulates (`None`: no rule) and the bias additions of one node."""
    output = shapes[node.output[0]]
    if node.op_type in CONVOLUTIONS:
        weights, bias = CONVOLUTIONS[node.op_type]
        # Filters are [outputs, inputs / groups, spatial...].
        macs = math.prod(output) * math.prod(shapes[node.input[weights]][1:])
    elif node.op_type == "ConvTranspose":
        # Filters are [inputs, outputs / groups, spatial...]; every input element meets each tap.
        bias = 2
        macs = math.prod(shapes[node.input[0]]) * math.prod(shapes[node.input[1]][1:])
    elif node.op_type == "Gemm":
        bias = 2
        transposed = any(a.name == "transA" and a.i for a in node.attribute)
        macs = math.prod(output) * shapes[node.input[0]][0 if transposed else 1]
    elif node.op_type in PRODUCTS:
        bias = PRODUCTS[node.op_type]
        macs = math.prod(output) * shapes[node.input[0]][-1]
    else:
        return None, 0
    return macs, math.prod(output) if has_operand(node, bias) else 0


def stored_constants(graph: onnx.GraphProto) -> dict[str, onnx.TensorProto]:
    """Returns the stored tensors of the main graph by name: initializers and Constant nodes."""
    constants = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Constant" and attribute.name == "value":
                constants[node.output[0]] = attribute.t
    return constants


def parameter_count(graph: onnx.GraphProto) -> int:
    """Returns the elements of the constants that are weights."""
    quantization, quantized = set(), set()
    for node in graph.node:
        for index, name in enumerate(node.input):
            if index in QUANTIZATION_INPUTS.get(node.op_type, ()):
                quantization.add(name)
            if index in QUANTIZED_INPUTS.get(node.op_type, ()):
                quantized.add(name)
    return sum(
        math.prod(tensor.dims)
        for name, tensor in stored_constants(graph).items()
        if tensor.dims
        and name not in quantization
        and (tensor.data_type in FLOATS or name in quantized)
    )


def onnx_tool_macs(path: Path, feed: dict[str, np.ndarray], types: set[str]) -> int | None:
    """Returns what `onnx-tool` counts for some operator types, `None` where it cannot."""
    try:
        import onnx_tool
    except ImportError:
        return None
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            model = onnx_tool.Model(str(path), {"constant_folding": True, "verbose": False})
            model.graph.shape_infer(feed)
            model.graph.profile()
        nodes = model.graph.nodemap.values()
        return int(sum(node.macs[0] for node in nodes if node.op_type in types))
    except Exception as error:  # A foreign counter's failure is a result: no figure.
        print(f"{path.name}: onnx-tool: {type(error).__name__}: {error}")
        return None


def count_onnx(path: Path, given: dict[str, Shape]) -> Count:
    """Counts one .onnx file."""
    model = onnx.load(path)
    feed = zero_feed(model, given)
    shapes = run_shapes(model, feed)
    count = Count(inputs={name: list(value.shape) for name, value in feed.items()})
    for node in model.graph.node:
        count.add(node.op_type, *node_macs(node, shapes))
    count.parameters = parameter_count(model.graph)
    constants = stored_constants(model.graph).values()
    count.constant_elements = sum(numpy_helper.to_array(tensor).size for tensor in constants)
    count.onnx_tool = onnx_tool_macs(path, feed, set(count.macs_by_operator))
    return count
