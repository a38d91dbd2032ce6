"""Counts .tflite files with shapes measured by LiteRT; see `macs.py`."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from ai_edge_litert import schema_py_generated as tflite
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from macs_count import Count, Shape

FLOATS = {
    tflite.TensorType.FLOAT32,
    tflite.TensorType.FLOAT16,
    tflite.TensorType.BFLOAT16,
    tflite.TensorType.FLOAT64,
}
NAMES = {
    value: name for name, value in vars(tflite.BuiltinOperator).items() if name.isupper()
}


def operator_name(code: tflite.OperatorCodeT) -> str:
    """Returns an operator's name; old files have it in a field of 8 bits, new ones in both."""
    return NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]


def run_shapes(path: Path, given: dict[str, Shape]) -> dict[int, Shape] | None:
    """Returns every tensor's shape after a run on zeros, `None` where LiteRT refuses the file."""
    try:
        interpreter = Interpreter(
            str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_REF
        )
        for detail in interpreter.get_input_details():
            if detail["name"] in given:
                interpreter.resize_tensor_input(detail["index"], given[detail["name"]])
        interpreter.allocate_tensors()
        for detail in interpreter.get_input_details():
            zeros = np.zeros(detail["shape"], detail["dtype"])
            interpreter.set_tensor(detail["index"], zeros)
        interpreter.invoke()
    except (RuntimeError, ValueError) as error:
        print(f"{path.name}: LiteRT: {str(error).splitlines()[0]}")
        return None
    return {
        detail["index"]: [int(size) for size in detail["shape"]]
        for detail in interpreter.get_tensor_details()
    }


def operator_macs(name: str, operator: tflite.OperatorT, shapes: dict[int, Shape]) -> int | None:
    """Returns the multiply-accumulates of one operator, `None` where there is no rule."""
    inputs = [shapes.get(int(index), []) for index in operator.inputs]
    output = math.prod(shapes[int(operator.outputs[0])])
    if name == "CONV_2D":  # filters [outputs, height, width, inputs / groups]
        return output * math.prod(inputs[1][1:])
    if name == "DEPTHWISE_CONV_2D":  # filters [1, height, width, outputs]
        return output * math.prod(inputs[1][1:3])
    if name == "CONV_3D":  # filters [depth, height, width, inputs, outputs]
        return output * math.prod(inputs[1][:4])
    if name == "TRANSPOSE_CONV":  # inputs: shape, filters [outputs, height, width, inputs], data
        return math.prod(inputs[2]) * math.prod(inputs[1][:3])
    if name == "FULLY_CONNECTED":  # weights [outputs, inputs]
        return output * inputs[1][-1]
    if name == "BATCH_MATMUL":
        return output * inputs[0][-2 if operator.builtinOptions.adjX else -1]
    return None


# The input that holds the bias, for the operators above that can have one.
BIASES = {
    "CONV_2D": 2,
    "CONV_3D": 2,
    "DEPTHWISE_CONV_2D": 2,
    "FULLY_CONNECTED": 2,
    "TRANSPOSE_CONV": 3,
}


def bias_additions(
    name: str, operator: tflite.OperatorT, shapes: dict[int, Shape]
) -> int:
    """Returns the output elements of an operator with a bias, else 0."""
    index = BIASES.get(name)
    absent = index is None or index >= len(operator.inputs) or operator.inputs[index] < 0
    return 0 if absent else math.prod(shapes[int(operator.outputs[0])])


def stored_constants(model: tflite.ModelT) -> dict[int, tflite.TensorT]:
    """Returns one tensor for each buffer with data: several tensors may share one."""
    return {
        tensor.buffer: tensor
        for graph in model.subgraphs
        for tensor in graph.tensors
        if model.buffers[tensor.buffer].data is not None
    }


def stated_shape(tensor: tflite.TensorT) -> Shape:
    """Returns a tensor's shape as the file has it; scalars have none."""
    return [] if tensor.shape is None else [int(size) for size in tensor.shape]


def is_weight(tensor: tflite.TensorT) -> bool:
    """Returns whether a constant holds floats or quantized numbers."""
    quantization = tensor.quantization
    has_scale = quantization is not None and quantization.scale is not None
    return bool(stated_shape(tensor)) and (tensor.type in FLOATS or has_scale)


def count_tflite(path: Path, given: dict[str, Shape]) -> Count:
    """Counts the main graph of one .tflite file; parameters are those of all graphs."""
    model = tflite.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    graph = model.subgraphs[0]
    shapes = run_shapes(path, given)
    count = Count(shapes="runtime" if shapes else "file")
    if shapes is None:
        shapes = {index: stated_shape(tensor) for index, tensor in enumerate(graph.tensors)}
    count.inputs = {graph.tensors[i].name.decode(): shapes[int(i)] for i in graph.inputs}
    for operator in graph.operators:
        name = operator_name(model.operatorCodes[operator.opcodeIndex])
        macs = operator_macs(name, operator, shapes)
        count.add(name, macs, bias_additions(name, operator, shapes))
    constants = stored_constants(model).values()
    sizes = [(math.prod(stated_shape(tensor)), is_weight(tensor)) for tensor in constants]
    count.parameters = sum(size for size, weight in sizes if weight)
    count.constant_elements = sum(size for size, _ in sizes)
    return count
