"""Small sound models of what no other input has, in the words of Tests/Faults/malformed.py.

`Scripts/fuzz-inputs.py` unpacks them for the fuzzer and for the measuring of coverage.
"""

import json
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Tests/Faults"))

from malformed import (  # noqa: E402
    HEADER, X, archive, block, bundle, constant, entry, field, floats, functional, integer, layer, node, placeholder,
    reference, sequential, table, tensor,
)

# MARK: - Keras: functions between layers

INPUT = layer("InputLayer", "x", {"batch_shape": [None, 4, 4, 2], "dtype": "float32"}, [])


def operation(kind, config=None, module="keras.src.ops.numpy", arguments=(), **options):
    call = reference("x")[0]
    call = {"args": call["args"] + list(arguments), "kwargs": options}
    return functional(INPUT, layer(kind, "d", config, [call]) | {"module": module}, outputs=("d",))


def keras_configurations():
    for kind, config in (
        ("Gelu", {"approximate": False}), ("Gelu", {}), ("LeakyRelu", {"negative_slope": 0.1}), ("ExpandDims", {"axis": 1}),
        ("ExpandDims", {"axis": [0, 2]}), ("ExpandDims", {}), ("Squeeze", {"axis": 1}), ("Squeeze", {}), ("Stack", {"axis": 1}),
        ("Cast", {"dtype": "int32"}), ("Cast", {"dtype": "complex512"}), ("Reshape", {"newshape": [2, -1]}), ("Clip", {"x_min": 0, "x_max": 6}),
        ("Clip", {"x_min": 0}), ("ThresholdedReLU", {"theta": 0.5}), ("Softmax", {"axis": [1, 2]}), ("LeakyReLU", {"alpha": 0.2}),
        ("Hashing", {"num_bins": 3}), ("Discretization", {}), ("Discretization", {"bin_boundaries": [0.5, 1.5]}),
        ("CategoryEncoding", {"num_tokens": 4, "output_mode": "count"}), ("Normalization", {"axis": 1, "mean": [0, 1], "variance": [1, 1]}),
        ("Normalization", {"axis": -1, "mean": 0.5, "variance": 0.25}), ("Resizing", {"height": 2, "width": 2, "pad_to_aspect_ratio": True}),
        ("Resizing", {"height": 2, "width": 2, "crop_to_aspect_ratio": True}), ("Resizing", {"height": 2, "width": 2, "antialias": True}),
        ("CenterCrop", {"height": 2, "width": 2}), ("Rescaling", {"scale": [0.5, 0.25], "offset": 1}),
        ("LSTM", {"units": 2, "stateful": True}), ("GRU", {"units": 2, "stateful": True, "return_state": True}),
        ("Dense", {"units": 2, "dtype": "mixed_float16"}),
        ("Dense", {"units": 2, "dtype": {"class_name": "DTypePolicy", "config": {"name": "float16"}}}),
        ("Dense", {"units": 2, "quantization": {"mode": "gptq"}}), ("Dense", {"units": 2, "activation": "nobody"}),
        ("Activation", {"activation": {"class_name": "function", "config": "relu6", "module": "keras.activations"}}),
        ("Activation", {"activation": {"class_name": "function", "config": "f", "module": "mine"}}),
        ("Activation", {"activation": {"class_name": "LeakyReLU", "module": "keras.layers", "config": {"negative_slope": 0.3}}}),
    ):
        yield f"{kind}-{json.dumps(config)}", operation(kind, config, "keras.layers")
    for function, arguments, options in (
        ("nn.gelu", [], {"approximate": True}), ("nn.gelu", [], {}), ("nn.leaky_relu", [], {"alpha": 0.1}),
        ("clip_by_value", [0, 6], {}), ("clip_by_value", [], {"clip_value_min": 0, "clip_value_max": 1}), ("clip_by_value", [], {}),
        ("expand_dims", [], {"axis": 1}), ("expand_dims", [], {}), ("squeeze", [], {"axis": [0]}), ("squeeze", [], {}),
        ("stack", [], {"axis": 0}), ("cast", ["int32"], {}), ("cast", ["nothing"], {}), ("reshape", [[-1, 2]], {}), ("math.add", [[1, 2]], {}),
        ("math.add", [[[1], [2]]], {}), ("math.add", [1], {}), ("math.reduce_mean", [], {"axis": [1, 2], "keepdims": True}),
        ("__operators__.radd", [1], {}), ("nobody", [], {}), ("transpose", [], {"perm": [0, 2, 1, 3]}), ("math.pow", [2.0], {}),
    ):
        yield f"{function}-{json.dumps([arguments, options])}", operation(
            "TFOpLambda", {"function": function}, "keras.layers", arguments, **options)
    for index in (
        [{"start": None, "stop": None, "step": None}, 1], [-1], [None, {"start": 0, "stop": 2, "step": 1}], ["..."], ["Ellipsis"],
        [{"start": 1, "stop": None, "step": -1}], [[0, 1]], 0,
    ):
        yield f"index-{json.dumps(index)}", operation("SlicingOpLambda", {"function": "__operators__.getitem"}, "keras.layers",
                                                      slice_spec=index)
        yield f"GetItem-{json.dumps(index)}", operation("GetItem", {}, arguments=[index])
    inner = sequential(INPUT, layer("Identity", "i"))
    yield "a model with too many operands", functional(INPUT, inner | {"name": "d", "inbound_nodes": reference("x", "x")})
    yield "a layer with too many operands", functional(INPUT, layer("Dense", "d", {"units": 2}, reference("x", "x")))


# MARK: - GraphDef: operators that other tools leave behind


def texts(*values):
    return field(1, b"".join(field(2, value) for value in values))


def boolean(value):
    return integer(5, int(value))


def number(value):
    return b"\x25" + struct.pack("<f", value)


def whole(value):
    return integer(3, value)


def graphs():
    image = placeholder("x", 1, 4, 4, 2)
    weights = constant("w", tensor((1, 1, 2, 2), floats(1, 2, 3, 4)))
    bias = constant("b", tensor((2,), floats(1, 2)))
    variance = constant("v", tensor((2,), floats(1, 4)))
    flat = constant("m", tensor((2, 2), floats(1, 2, 3, 4)))
    strides = field(1, b"".join(integer(3, 1) for _ in range(4)))
    window = {"strides": strides, "padding": field(2, "SAME"), "data_format": field(2, "NHWC")}
    for names in (["BiasAdd"], ["BiasAdd", "Relu"], ["BiasAdd", "Relu6"], ["BiasAdd", "Tanh"], ["BiasAdd", "Elu"], []):
        yield f"fused-convolution-{'-'.join(names)}", image + weights + bias + node(
            "y", "_FusedConv2D", "x", "w", "b", fused_ops=texts(*names), num_args=whole(1), **window)
    yield "fused-convolution-of-more", image + weights + bias + node(
        "y", "_FusedConv2D", "x", "w", "b", "b", fused_ops=texts("BiasAdd"), **window)
    for names in (["BiasAdd"], ["BiasAdd", "Relu"]):
        yield f"fused-product-{len(names)}", X + flat + bias + node(
            "y", "_FusedMatMul", "x", "m", "b", fused_ops=texts(*names), transpose_a=boolean(0), transpose_b=boolean(1))
    yield "fused-normalization", image + bias + node("y", "_FusedBatchNormEx", "x", "b", "b", "b", "b")
    for scales in (0, 1):
        yield f"global-normalization-{scales}", image + bias + node(
            "y", "BatchNormWithGlobalNormalization", "x", "b", "b", "b", "b", scale_after_normalization=boolean(scales),
            variance_epsilon=number(0.001))
    for training in (0, 1):
        yield f"normalization-{training}", image + bias + node(
            "y", "FusedBatchNormV3", "x", "b", "b", "b", "b", is_training=boolean(training), epsilon=number(0.001))
    for radius in (1, -1, 1 << 40):
        yield f"response-{radius}", image + node("y", "LRN", "x", depth_radius=whole(radius), bias=number(1), alpha=number(1))
    sizes = constant("s", tensor((4,), field(7, b"\1\2\4\4"), 3), 3)
    yield "transposed-channels-first", weights + image + sizes + node(
        "y", "Conv2DBackpropInput", "s", "w", "x", **(window | {"data_format": field(2, "NCHW")}))
    yield "bias-channels-first", image + bias + node("y", "BiasAdd", "x", "b", data_format=field(2, "NCHW"))
    # A variable without a checkpoint.
    for kind in ("VariableV2", "VarHandleOp"):
        shape = field(7, b"".join(field(2, integer(1, size)) for size in (2, 2)))
        variable = node("k", kind, dtype=integer(6, 1), shape=shape)
        yield f"unbound-{kind}", X + variable + (node("r", "ReadVariableOp", "k", dtype=integer(6, 1)) if kind == "VarHandleOp" else b"") + node(
            "y", "MatMul", "x", "r" if kind == "VarHandleOp" else "k")
    # A batch normalization in its parts: (x - mean) * (scale * rsqrt(variance + epsilon)) + bias, and as Keras has it.
    epsilon = constant("e", tensor((), floats(0.001)))
    root = node("a", "AddV2", "v", "e") + node("r", "Rsqrt", "a") + node("g", "Mul", "r", "b")
    yield "parts-of-a-normalization", image + bias + variance + epsilon + root + node("t", "Mul", "x", "g") + node(
        "h", "Mul", "b", "g") + node("d", "Sub", "b", "h") + node("y", "AddV2", "t", "d")
    yield "parts-without-scale", image + bias + variance + epsilon + node("a", "AddV2", "v", "e") + node("r", "Rsqrt", "a") + node(
        "t", "Mul", "x", "r") + node("h", "Mul", "b", "r") + node("d", "Sub", "b", "h") + node("y", "AddV2", "t", "d")
    # Sizes that are computed from constants.
    two = constant("p", tensor((2,), field(7, b"\2\2"), 3), 3)
    one = constant("o", tensor((1,), field(7, b"\0"), 3), 3)
    yield "sizes-of-sizes", X + two + one + node("q", "Prod", "p", "o", keep_dims=boolean(0)) + node("z", "Neg", "p") + node(
        "k", "Pack", "q", "q", axis=whole(0)) + node("f", "Reshape", "x", "k") + node("u", "ExpandDims", "x", "o") + node(
        "s", "Squeeze", "u", squeeze_dims=field(1, integer(3, 0))) + node("y", "AddV2", "s", "f") + node("w", "Reshape", "x", "z")


# MARK: - ONNX


def onnx_model(graph, opset=17, *more):
    return integer(1, 8) + field(8, field(1, "") + integer(2, opset)) + field(8, field(1, "com.microsoft") + integer(2, 1)) + b"".join(
        more) + field(7, graph)


def onnx_value(number, name, *sizes):
    shape = b"".join(field(1, integer(1, size)) for size in sizes)
    return field(number, field(1, name) + field(2, field(1, integer(1, 1) + field(2, shape))))


def onnx_node(kind, inputs, outputs, attributes=b"", domain="", name=""):
    return field(1, b"".join(field(1, text) for text in inputs) + b"".join(field(2, text) for text in outputs) + field(3, name)
                 + field(4, kind) + attributes + (field(7, domain) if domain else b""))


def attribute(name, kind, content):
    return field(5, field(1, name) + content + integer(20, kind))


def onnx_models():
    ends = onnx_value(11, "x", 1, 2, 4, 4) + onnx_value(12, "y")

    def model(kind, attributes=b"", domain="com.microsoft", inputs=("x",), more=b"", name=""):
        return onnx_model(onnx_node(kind, inputs, ("y",), attributes, domain, name) + ends + more)
    ints = b"".join(integer(8, 1) for _ in range(4))
    weights = field(5, b"".join(integer(1, size) for size in (2, 2, 1, 1)) + integer(2, 1) + field(8, "w") + field(9, struct.pack("<4f", 1, 2, 3, 4)))
    for channels in (0, 1):
        last = attribute("channels_last", 2, integer(3, channels))
        yield f"NhwcMaxPool-{channels}", model("NhwcMaxPool", attribute("kernel_shape", 7, integer(8, 2) * 2) + attribute("pads", 7, ints))
        yield f"QLinearAveragePool-{channels}", model("QLinearAveragePool", attribute("kernel_shape", 7, integer(8, 2) * 2) + last, inputs=("x",) * 5)
        yield f"QLinearGlobalAveragePool-{channels}", model("QLinearGlobalAveragePool", last, inputs=("x",) * 5)
        yield f"QLinearConv-{channels}", model("QLinearConv", last + attribute("pads", 7, ints), inputs=("x",) * 8)
    yield "FusedConv", model("FusedConv", attribute("activation", 3, field(4, "Relu")) + attribute("pads", 7, ints), inputs=("x", "w"), more=weights)
    yield "NhwcFusedConv", model("NhwcFusedConv", attribute("pads", 7, ints), inputs=("x", "w"), more=weights)
    yield "NhwcConv", model("NhwcConv", attribute("pads", 7, ints), inputs=("x", "w"), more=weights)
    for mode in ("bilinear", "bicubic", "nearest"):
        yield f"GridSample-{mode}", model("GridSample", attribute("mode", 3, field(4, mode)), inputs=("x", "x"))
    for kind in ("Gather", "LayerNormalization", "GRU", "LSTM", "RNN", "TreeEnsembleRegressor", "Scatter", "DequantizeLinear"):
        yield kind, model(kind, domain="", inputs=("x",) * 3)
    graph = field(6, field(2, "g") + onnx_node("Relu", ("x",), ("i",)) + onnx_value(12, "i"))
    yield "a list of graphs", model("Odd", attribute("bodies", 10, field(11, field(2, "g") + onnx_node("Relu", ("x",), ("i",)) + onnx_value(12, "i"))), "mine")
    yield "a graph", model("Odd", attribute("body", 5, graph), "mine")
    sparse = field(22, field(1, integer(1, 1) + integer(2, 1) + field(9, struct.pack("<f", 1)))
                   + field(2, integer(1, 1) + integer(2, 7) + field(9, struct.pack("<q", 1))) + integer(3, 4))
    yield "a sparse tensor", model("Odd", attribute("value", 11, sparse), "mine")
    yield "a type", model("Odd", attribute("type", 13, field(14, field(1, integer(1, 1)))), "mine")
    yield "a type of sequences", model("Odd", attribute("type", 13, field(14, field(4, field(1, field(1, integer(1, 1)))))), "mine")
    yield "lists", model("Odd", attribute("f", 6, field(7, struct.pack("<3f", 1, 2, 3))) + attribute("s", 8, field(9, "a") * 3) + attribute("i", 7, ints), "mine")
    yield "a name of 5000 bytes", model("Relu", domain="", name="n" * 5000)
    external = field(5, integer(1, 4) + integer(2, 1) + field(8, "w") + field(13, field(1, "location") + field(2, "weights.bin")) + integer(14, 1))
    yield "external", model("Add", domain="", inputs=("x", "w"), more=external)
    scopes = field(9, field(1, "pkg.torch.onnx.name_scopes") + field(2, "['', 'features', 'features.0', 'convolution']"))
    yield "scopes of torch", onnx_model(field(1, field(1, "x") + field(2, "y") + field(4, "Relu") + scopes) + ends)
    for name in ("StatefulPartitionedCall/model/conv/BiasAdd", "model/dense/MatMul;model/dense/BiasAdd", "/features/features.0/Conv", "a/merged_input"):
        yield f"a node called {name}", model("Relu", domain="", name=name)


def saved_models():
    """SavedModels in the form of their target: two sizes, then graph, index and data."""
    def packed(graph, index, data, tags=("serve",)):
        meta = field(1, b"".join(field(4, tag) for tag in tags)) + (b"" if graph is None else field(2, graph))
        saved = integer(1, 1) + field(2, meta)
        return struct.pack("<HH", len(saved), len(index)) + saved + index + data
    def variables(*names):
        result = X
        for name in names:
            shape = field(7, b"".join(field(2, integer(1, size)) for size in (2, 2)))
            result += node(name, "VarHandleOp", dtype=integer(6, 1), shape=shape, shared_name=field(2, name))
            result += node("read/" + name, "ReadVariableOp", name, dtype=integer(6, 1))
            result += node("product/" + name, "MatMul", "x", "read/" + name)
        return result
    two = entry(0, b"", integer(1, 2) + field(3, integer(1, 1)))
    square = bundle(sizes=(2, 2), size=16)
    data = struct.pack("<4f", 1, 2, 3, 4)
    index = table(block(HEADER + entry(0, b"w", square)))
    yield "bound", packed(variables("w"), index, data)
    yield "unbound", packed(variables("w", "v"), index, data)
    yield "training state", packed(variables("w"), table(block(HEADER + entry(0, b"s", bundle()) + entry(0, b"w", square))), data + data)
    yield "a shard that is missing", packed(variables("w"), table(block(two + entry(0, b"w", bundle(sizes=(2, 2), size=16, shard=1)))), data)
    yield "another type", packed(variables("w"), table(block(HEADER + entry(0, b"w", bundle(dtype=3, sizes=(2, 2), size=16)))), data)
    yield "other extents", packed(variables("w"), table(block(HEADER + entry(0, b"w", bundle(sizes=(4,), size=16)))), data)
    yield "no graph", packed(None, index, data)
    yield "for training", packed(variables("w"), index, data, ("train",))
    yield "several tags", packed(variables("w"), index, data, ("serve", "gpu"))


def external_models():
    """ONNX beside a file of weights, in the form of its target: the size of the model, then both."""
    for name, keys in {
        "whole": {"location": "weights.bin"}, "a part": {"location": "weights.bin", "offset": "16", "length": "16"},
        "too much": {"location": "weights.bin", "offset": "60"}, "no such file": {"location": "others.bin"},
        "a folder up": {"location": "../weights.bin"}, "a negative offset": {"location": "weights.bin", "offset": "-4"},
        "a wrong length": {"location": "weights.bin", "length": "12"}, "a checksum": {"location": "weights.bin", "checksum": "00"},
        "an absolute path": {"location": "/etc/passwd"}, "nothing": {"location": ""}, "an unknown key": {"location": "weights.bin", "more": "1"},
    }.items():
        entries = b"".join(field(13, field(1, key) + field(2, value)) for key, value in keys.items())
        weights = field(5, integer(1, 4) + integer(2, 1) + field(8, "w") + entries + integer(14, 1))
        twice = field(5, integer(1, 4) + integer(2, 1) + field(8, "v") + entries + integer(14, 1))
        model = onnx_model(onnx_node("Add", ("x", "w"), ("i",)) + onnx_node("Add", ("i", "v"), ("y",)) + onnx_value(11, "x", 4)
                           + onnx_value(12, "y") + weights + twice)
        yield name, struct.pack("<H", len(model)) + model + b"\1\2\3\4" * 16


def files():
    for name, content in saved_models():
        yield "savedmodel", name, content
    for name, content in external_models():
        yield "onnx-external", name, content
    for name, config in keras_configurations():
        yield "keras-config", name, json.dumps(config).encode()
    for name, content in graphs():
        yield "graphdef", name, content
    for name, content in onnx_models():
        yield "onnx", name, content
    yield "keras", "nested", archive(sequential(INPUT, sequential(INPUT, layer("Identity", "i")) | {"name": "inner"}))
