#!/usr/bin/env python3
"""Makes the models of the benchmark in a folder: models.py FOLDER [NAME...]

Files that are there already are kept. The large ones are written as a stream, so that making them
needs little memory; weights are random with a fixed seed.
"""

import os
import sys
from pathlib import Path

import numpy as np

SEED = 1


# Protobuf: a field is its tag, then a varint or a length and that many bytes.


def varint(value):
    result = bytearray()
    while value > 127:
        result.append(value & 127 | 128)
        value >>= 7
    result.append(value)
    return bytes(result)


def number(field, value):
    return varint(field << 3) + varint(value)


def head(field, length):
    """The start of a length-delimited field whose bytes the caller writes."""
    return varint(field << 3 | 2) + varint(length)


def block(field, content):
    if isinstance(content, str):
        content = content.encode()
    return head(field, len(content)) + content


# ONNX: ModelProto, GraphProto, NodeProto, TensorProto, ValueInfoProto


def node(operator, inputs, outputs, name):
    return b"".join(
        [block(1, i) for i in inputs]
        + [block(2, o) for o in outputs]
        + [block(3, name), block(4, operator)]
    )


def value_info(name, sizes):
    shape = b"".join(block(1, number(1, size)) for size in sizes)
    return block(1, name) + block(2, block(1, number(1, 1) + block(2, shape)))


def onnx_model(path, graph_length, graph_parts):
    """Writes a model around a graph that comes in parts of a known total length."""
    with open(path, "wb") as file:
        file.write(number(1, 8) + block(2, "benchmark") + block(8, number(2, 17)))
        file.write(head(7, graph_length))
        start = file.tell()
        for part in graph_parts:
            file.write(part)
        assert file.tell() - start == graph_length


def matmul_onnx(path, layers=64, width=2420):
    """64 MatMul layers of 2,420 x 2,420 floats: 1.5 GB of raw_data."""
    random = np.random.default_rng(SEED)
    size = width * width * 4

    def tensor_head(layer):
        header = number(1, width) + number(1, width) + number(2, 1) + block(8, f"weights_{layer}")
        raw = head(9, size)
        return head(5, len(header) + len(raw) + size) + header + raw

    nodes = b"".join(
        block(1, node("MatMul", [f"x_{n}", f"weights_{n}"], [f"x_{n + 1}"], f"layer_{n}"))
        for n in range(layers)
    )
    ends = (
        block(2, "matmul")
        + block(11, value_info("x_0", [1, width]))
        + block(12, value_info(f"x_{layers}", [1, width]))
    )

    def parts():
        yield nodes
        for layer in range(layers):
            yield tensor_head(layer)
            yield random.standard_normal(width * width, dtype=np.float32).tobytes()
        yield ends

    length = len(nodes) + sum(len(tensor_head(n)) + size for n in range(layers)) + len(ends)
    onnx_model(path, length, parts())


def chain_onnx(path, nodes):
    """A chain of Relu nodes with names and stated shapes, as exporters write them."""
    parts = [
        block(1, node("Relu", [f"x_{n}"], [f"x_{n + 1}"], f"relu_{n}")) for n in range(nodes)
    ]
    parts += [block(2, "chain"), block(11, value_info("x_0", [1, 64]))]
    parts += [block(12, value_info(f"x_{nodes}", [1, 64]))]
    parts += [block(13, value_info(f"x_{n}", [1, 64])) for n in range(1, nodes)]
    onnx_model(path, sum(map(len, parts)), parts)


def blocks_onnx(path, blocks, kinds=1):
    """Residual blocks of ten operators; `kinds` different widths take turns, so that blocks of one
    kind never follow each other where there are several."""
    parts = []
    for n in range(blocks):
        scope, x = f"/layers.{n}", f"x_{n}"
        width = 8 + n % kinds
        weights = b"".join(number(1, size) for size in (64, width))
        back = b"".join(number(1, size) for size in (width, 64))
        for name, sizes in ((f"up_{n}", weights), (f"down_{n}", back)):
            raw = bytes(4 * 64 * width)
            parts.append(block(5, sizes + number(2, 1) + block(8, name) + block(9, raw)))
        steps = [
            ("ReduceMean", [x], "mean", "norm/ReduceMean"),
            ("Sub", [x, f"mean_{n}"], "centred", "norm/Sub"),
            ("Mul", [f"centred_{n}", f"centred_{n}"], "square", "norm/Mul"),
            ("ReduceMean", [f"square_{n}"], "variance", "norm/ReduceMean_1"),
            ("Div", [f"centred_{n}", f"variance_{n}"], "normal", "norm/Div"),
            ("MatMul", [f"normal_{n}", f"up_{n}"], "wide", "mlp/up/MatMul"),
            ("Sigmoid", [f"wide_{n}"], "gate", "mlp/act/Sigmoid"),
            ("Mul", [f"wide_{n}", f"gate_{n}"], "gated", "mlp/act/Mul"),
            ("MatMul", [f"gated_{n}", f"down_{n}"], "narrow", "mlp/down/MatMul"),
        ]
        for operator, inputs, output, name in steps:
            parts.append(block(1, node(operator, inputs, [f"{output}_{n}"], f"{scope}/{name}")))
        parts.append(block(1, node("Add", [f"narrow_{n}", x], [f"x_{n + 1}"], f"{scope}/Add")))
    ends = [block(2, "blocks"), block(11, value_info("x_0", [1, 64]))]
    ends += [block(12, value_info(f"x_{blocks}", [1, 64]))]
    onnx_model(path, sum(map(len, parts + ends)), parts + ends)


# TensorFlow Lite


def offsets(builder, items):
    builder.StartVector(4, len(items), 4)
    for item in reversed(items):
        builder.PrependUOffsetTRelative(item)
    return builder.EndVector()


def integers(builder, items):
    builder.StartVector(4, len(items), 4)
    for item in reversed(items):
        builder.PrependInt32(item)
    return builder.EndVector()


def chain_tflite(path, nodes):
    """A chain of RELU operators, each with a tensor of its own."""
    import flatbuffers
    from tensorflow.lite.python import schema_py_generated as schema

    builder = flatbuffers.Builder(nodes * 200)
    shape = integers(builder, [1, 64])
    tensors, operators = [], []
    for n in range(nodes + 1):
        name = builder.CreateString(f"chain/x_{n}")
        schema.TensorStart(builder)
        schema.TensorAddShape(builder, shape)
        schema.TensorAddName(builder, name)
        tensors.append(schema.TensorEnd(builder))
    for n in range(nodes):
        inputs, outputs = integers(builder, [n]), integers(builder, [n + 1])
        schema.OperatorStart(builder)
        schema.OperatorAddInputs(builder, inputs)
        schema.OperatorAddOutputs(builder, outputs)
        operators.append(schema.OperatorEnd(builder))
    tensors, operators = offsets(builder, tensors), offsets(builder, operators)
    inputs, outputs = integers(builder, [0]), integers(builder, [nodes])
    name = builder.CreateString("main")
    schema.SubGraphStart(builder)
    schema.SubGraphAddTensors(builder, tensors)
    schema.SubGraphAddInputs(builder, inputs)
    schema.SubGraphAddOutputs(builder, outputs)
    schema.SubGraphAddOperators(builder, operators)
    schema.SubGraphAddName(builder, name)
    subgraphs = offsets(builder, [schema.SubGraphEnd(builder)])
    schema.BufferStart(builder)
    buffers = offsets(builder, [schema.BufferEnd(builder)])
    schema.OperatorCodeStart(builder)
    schema.OperatorCodeAddDeprecatedBuiltinCode(builder, schema.BuiltinOperator.RELU)
    schema.OperatorCodeAddVersion(builder, 1)
    schema.OperatorCodeAddBuiltinCode(builder, schema.BuiltinOperator.RELU)
    codes = offsets(builder, [schema.OperatorCodeEnd(builder)])
    description = builder.CreateString("benchmark")
    schema.ModelStart(builder)
    schema.ModelAddVersion(builder, 3)
    schema.ModelAddOperatorCodes(builder, codes)
    schema.ModelAddSubgraphs(builder, subgraphs)
    schema.ModelAddDescription(builder, description)
    schema.ModelAddBuffers(builder, buffers)
    builder.Finish(schema.ModelEnd(builder), file_identifier=b"TFL3")
    path.write_bytes(builder.Output())


def mobilenet(path, optimized):
    """MobileNetV2 of 224 x 224 with random weights, converted; optimized: dynamic-range int8."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    tf.keras.utils.set_random_seed(SEED)
    model = tf.keras.applications.MobileNetV2(weights=None)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if optimized:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    path.write_bytes(converter.convert())


MODELS = {
    "mobilenet_v2.tflite": lambda path: mobilenet(path, optimized=False),
    "mobilenet_v2_dynamic.tflite": lambda path: mobilenet(path, optimized=True),
    "matmul_64.onnx": matmul_onnx,
    "chain_20k.onnx": lambda path: chain_onnx(path, 20_000),
    "chain_200k.onnx": lambda path: chain_onnx(path, 200_000),
    "blocks_100.onnx": lambda path: blocks_onnx(path, 10),
    "blocks_2k.onnx": lambda path: blocks_onnx(path, 200),
    "blocks_10k.onnx": lambda path: blocks_onnx(path, 1000, kinds=3),
    "chain_20k.tflite": lambda path: chain_tflite(path, 20_000),
    "chain_200k.tflite": lambda path: chain_tflite(path, 200_000),
}


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or MODELS:
        path = folder / name
        if path.exists():
            continue
        print(f"making {name}", file=sys.stderr, flush=True)
        unfinished = path.with_name(name + ".part")
        MODELS[name](unfinished)
        unfinished.rename(path)


if __name__ == "__main__":
    main()
