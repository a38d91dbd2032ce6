"""Small frozen graphs with inputs and TensorFlow's own outputs, one or more for each operator.

Needs the PyPI packages tensorflow (2.21) and numpy. Writes the archive that is its argument:
NAME/graph (a GraphDef), NAME/in0 ..., NAME/out0 ...
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

raw = tf.raw_ops
generator = np.random.default_rng(7)
archive = {}


def reals(*shape, low=-2.0, high=2.0):
    return generator.uniform(low, high, shape).astype(np.float32)


def whole(*shape, low=-5, high=6, dtype=np.int32):
    return generator.integers(low, high, shape).astype(dtype)


def store(name, graph_def, inputs, outputs):
    for node in graph_def.node:
        for key in list(node.attr):
            if key in ("_class", "_output_shapes", "_XlaHasReferenceVars", "_stateful_parallelism"):
                del node.attr[key]
        node.ClearField("experimental_debug_info")
    graph_def.ClearField("debug_info")
    assert name + "/graph" not in archive, name
    archive[name + "/graph"] = np.frombuffer(graph_def.SerializeToString(), np.uint8)
    for index, value in enumerate(inputs):
        archive[f"{name}/in{index}"] = np.asarray(value)
    for index, value in enumerate(outputs):
        archive[f"{name}/out{index}"] = np.asarray(value)


def case(name, build, *inputs, open_axes=False):
    """A graph of TensorFlow 1's form: placeholders, one expression, identities."""
    with tf.Graph().as_default() as graph:
        places = []
        for index, value in enumerate(inputs):
            shape = list(value.shape)
            if open_axes and shape:
                shape[0] = None
            places.append(tf.compat.v1.placeholder(value.dtype, shape, name=f"in{index}"))
        results = build(*places)
        results = list(results) if isinstance(results, (tuple, list)) else [results]
        results = [tf.identity(result, name=f"out{index}") for index, result in enumerate(results)]
        with tf.compat.v1.Session(graph=graph) as session:
            outputs = session.run(results, dict(zip(places, inputs)))
    store(name, graph.as_graph_def(), inputs, outputs)


def function_case(name, function, *inputs, lower=False):
    """A function of TensorFlow 2, its variables made constants, its control flow kept."""
    specs = [tf.TensorSpec(value.shape, value.dtype, name=f"in{i}") for i, value in enumerate(inputs)]
    traced = tf.function(lambda *a: tf.nest.flatten(function(*a))).get_concrete_function(*specs)
    outputs = traced(*[tf.constant(value) for value in inputs])
    frozen = convert_variables_to_constants_v2(traced, lower_control_flow=lower)
    graph_def = frozen.graph.as_graph_def()
    names = [t.name.split(":")[0] for t in frozen.inputs if t.dtype != tf.resource]
    # Results in order, whatever their names.
    with tf.Graph().as_default() as graph:
        found = tf.graph_util.import_graph_def(
            graph_def, return_elements=[t.name for t in frozen.outputs], name=""
        )
        for index, tensor in enumerate(found):
            tf.identity(tensor, name=f"out{index}")
    result = graph.as_graph_def()
    assert [n.name for n in result.node if n.op == "Placeholder"] == names, name
    store(name, result, inputs, [o.numpy() for o in outputs])


# Elementwise, one operand
for op, low, high in [
    ("Abs", -2, 2), ("Neg", -2, 2), ("Sign", -2, 2), ("Floor", -3, 3), ("Ceil", -3, 3),
    ("Round", -3, 3), ("Rint", -3, 3), ("Sqrt", 0, 3), ("Rsqrt", 0.1, 3), ("Exp", -2, 2),
    ("Expm1", -2, 2), ("Log", 0.1, 3), ("Log1p", -0.5, 3), ("Sin", -3, 3), ("Cos", -3, 3),
    ("Tan", -1, 1), ("Asin", -1, 1), ("Acos", -1, 1), ("Atan", -3, 3), ("Sinh", -2, 2),
    ("Cosh", -2, 2), ("Asinh", -2, 2), ("Acosh", 1, 3), ("Atanh", -0.9, 0.9), ("Tanh", -2, 2),
    ("Erf", -2, 2), ("Erfc", -2, 3), ("Square", -2, 2), ("Reciprocal", 0.5, 2), ("Inv", 0.5, 2),
    ("ZerosLike", -2, 2), ("OnesLike", -2, 2), ("Sigmoid", -3, 3),
]:
    case(op, lambda x, op=op: getattr(raw, op)(x=x), reals(2, 5, low=low, high=high))
for op in ["Relu", "Relu6", "Elu", "Selu", "Softplus", "Softsign"]:
    case(op, lambda x, op=op: getattr(raw, op)(features=x), reals(2, 6, low=-8, high=8))
case("LeakyRelu", lambda x: raw.LeakyRelu(features=x, alpha=0.3), reals(2, 6))
case("LeakyRelu_default", lambda x: raw.LeakyRelu(features=x), reals(2, 6))
case("LogicalNot", lambda x: raw.LogicalNot(x=x), np.array([True, False]))
case("Invert", lambda x: raw.Invert(x=x), whole(5))
special = np.array([1, np.inf, -np.inf, np.nan, 0], np.float32)
for op in ["IsNan", "IsInf", "IsFinite"]:
    case(op, lambda x, op=op: getattr(raw, op)(x=x), special)
case("Softmax", lambda x: raw.Softmax(logits=x), reals(3, 5))
case("LogSoftmax", lambda x: raw.LogSoftmax(logits=x), reals(3, 5))
case("Cast_int", lambda x: raw.Cast(x=x, DstT=tf.int32), reals(6, low=-4, high=4))
case("Cast_float", lambda x: raw.Cast(x=x, DstT=tf.float32), whole(6))
case("Cast_bool", lambda x: raw.Cast(x=x, DstT=tf.bool), whole(6))
case("Bitcast", lambda x: raw.Bitcast(input=x, type=tf.int32), reals(4))
case("ClipByValue", lambda x: raw.ClipByValue(t=x, clip_value_min=-1.0, clip_value_max=1.0), reals(6))
case("FakeQuantWithMinMaxArgs", lambda x: raw.FakeQuantWithMinMaxArgs(inputs=x, min=-1, max=1.5), reals(8))
case("FakeQuantWithMinMaxVars",
     lambda x: raw.FakeQuantWithMinMaxVars(inputs=x, min=-1.0, max=2.0, num_bits=4, narrow_range=True), reals(8))

# Elementwise, several operands, with broadcasting
for op in ["Add", "AddV2", "Sub", "Mul", "RealDiv", "Maximum", "Minimum", "SquaredDifference",
           "FloorDiv", "FloorMod", "DivNoNan", "MulNoNan", "Div", "Xdivy"]:
    b = reals(3, low=0.5, high=2)
    if op.endswith("NoNan"):
        b[1] = 0
    case(op, lambda x, y, op=op: getattr(raw, op)(x=x, y=y), reals(2, 3), b)
case("Pow", lambda x, y: raw.Pow(x=x, y=y), reals(2, 3, low=0.1, high=2), reals(3))
case("Xlogy", lambda x, y: raw.Xlogy(x=x, y=y), np.array([0, 1, 2], np.float32), np.array([0, 2, 3], np.float32))
case("Xlog1py", lambda x, y: raw.Xlog1py(x=x, y=y), np.array([0, 1, 2], np.float32), np.array([-1, 2, 3], np.float32))
case("Atan2", lambda x, y: raw.Atan2(y=x, x=y), reals(5), reals(5))
for op in ["FloorDiv", "FloorMod", "TruncateDiv", "TruncateMod", "Mod", "Div"]:
    case(op + "_int", lambda x, y, op=op: getattr(raw, op)(x=x, y=y),
         np.array([7, -7, 7, -7, 6], np.int32), np.array([2, 2, -2, -2, 3], np.int32))
for op in ["Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual"]:
    case(op, lambda x, y, op=op: getattr(raw, op)(x=x, y=y), whole(2, 4, low=0, high=3), whole(4, low=0, high=3))
for op in ["LogicalAnd", "LogicalOr"]:
    case(op, lambda x, y, op=op: getattr(raw, op)(x=x, y=y), whole(6) > 0, whole(6) > 0)
for op in ["BitwiseAnd", "BitwiseOr", "BitwiseXor", "LeftShift", "RightShift"]:
    case(op, lambda x, y, op=op: getattr(raw, op)(x=x, y=y), whole(6, low=0, high=60), whole(6, low=0, high=4))
case("AddN", lambda x, y, z: raw.AddN(inputs=[x, y, z]), reals(4), reals(4), reals(4))
case("Select", lambda c, x, y: raw.Select(condition=c, x=x, y=y), np.array([True, False]), reals(2, 3), reals(2, 3))
case("SelectV2", lambda c, x, y: raw.SelectV2(condition=c, t=x, e=y), np.array([True, False, True]), reals(2, 3), reals(3))

# Convolutions
for padding in ["SAME", "VALID"]:
    for strides, dilation in [((1, 1), (1, 1)), ((2, 2), (1, 1)), ((1, 1), (2, 2)), ((2, 1), (1, 1))]:
        kind = f"{padding}_{strides[0]}{strides[1]}{dilation[0]}{dilation[1]}"
        case(f"Conv2D_{kind}", lambda x, p=padding, s=strides, d=dilation: raw.Conv2D(
            input=x, filter=reals(2, 3, 2, 3), strides=[1, *s, 1], padding=p, dilations=[1, *d, 1]), reals(1, 6, 7, 2))
        # The kernel on processors takes no dilations.
        if strides[0] == strides[1] and dilation == (1, 1):
            case(f"Depthwise_{kind}", lambda x, p=padding, s=strides, d=dilation: raw.DepthwiseConv2dNative(
                input=x, filter=reals(3, 2, 2, 2), strides=[1, *s, 1], padding=p, dilations=[1, *d, 1]), reals(1, 6, 7, 2))
case("Conv2D_explicit", lambda x: raw.Conv2D(input=x, filter=reals(3, 3, 2, 2), strides=[1, 2, 2, 1],
     padding="EXPLICIT", explicit_paddings=[0, 0, 1, 2, 0, 1, 0, 0]), reals(1, 5, 5, 2))
case("Conv2D_groups", lambda x: raw.Conv2D(input=x, filter=reals(2, 2, 2, 4), strides=[1, 1, 1, 1], padding="SAME"), reals(1, 4, 4, 4))
case("Conv2D_bias", lambda x: raw.BiasAdd(value=raw.Conv2D(
    input=x, filter=reals(2, 2, 2, 3), strides=[1, 1, 1, 1], padding="SAME"), bias=reals(3)), reals(2, 4, 4, 2))
case("Depthwise_bias", lambda x: raw.AddV2(x=raw.DepthwiseConv2dNative(
    input=x, filter=reals(2, 2, 2, 2), strides=[1, 1, 1, 1], padding="SAME"), y=reals(4)), reals(2, 4, 4, 2))
case("Conv3D", lambda x: raw.Conv3D(input=x, filter=reals(2, 2, 2, 2, 3), strides=[1, 1, 2, 1, 1], padding="SAME"), reals(1, 3, 4, 4, 2))
for padding, size in [("SAME", 8), ("VALID", 9)]:
    case(f"Conv2DBackpropInput_{padding}", lambda x, p=padding, n=size: raw.Conv2DBackpropInput(
        input_sizes=[1, n, n, 2], filter=reals(3, 3, 2, 3), out_backprop=x, strides=[1, 2, 2, 1], padding=p), reals(1, 4, 4, 3))
case("Conv3DBackpropInputV2", lambda x: raw.Conv3DBackpropInputV2(
    input_sizes=[1, 4, 4, 4, 2], filter=reals(2, 2, 2, 2, 3), out_backprop=x, strides=[1, 2, 2, 2, 1], padding="SAME"), reals(1, 2, 2, 2, 3))

# Matrix products
for a in [False, True]:
    for b in [False, True]:
        case(f"MatMul_{int(a)}{int(b)}", lambda x, a=a, b=b: raw.MatMul(
            a=x, b=reals(*((5, 4) if b else (4, 5))), transpose_a=a, transpose_b=b), reals(*((4, 3) if a else (3, 4))))
case("MatMul_bias", lambda x: raw.BiasAdd(value=raw.MatMul(a=x, b=reals(4, 5)), bias=reals(5)), reals(3, 4))
case("MatMul_bias_transposed", lambda x: raw.AddV2(
    x=reals(5), y=raw.MatMul(a=x, b=reals(5, 4), transpose_b=True)), reals(3, 4))
for op in ["BatchMatMul", "BatchMatMulV2"]:
    case(op, lambda x, y, op=op: getattr(raw, op)(x=x, y=y), reals(2, 3, 4), reals(2, 4, 2))
case("BatchMatMulV2_adjoint", lambda x, y: raw.BatchMatMulV2(x=x, y=y, adj_x=True, adj_y=True), reals(2, 4, 3), reals(1, 2, 4))
case("BatchMatMulV3", lambda x, y: raw.BatchMatMulV3(x=x, y=y, Tout=tf.float32), reals(2, 3, 4), reals(2, 4, 2))
case("Einsum", lambda x, y: raw.Einsum(inputs=[x, y], equation="abc,cde->abde"), reals(2, 3, 4), reals(4, 2, 3))
case("BiasAdd", lambda x: raw.BiasAdd(value=x, bias=reals(3)), reals(2, 4, 3))
case("MatrixDeterminant", lambda x: raw.MatrixDeterminant(input=x), reals(2, 3, 3))

# Pooling, normalization
for padding in ["SAME", "VALID"]:
    for op in ["MaxPool", "AvgPool"]:
        key = "input" if op == "MaxPool" else "value"
        case(f"{op}_{padding}", lambda x, op=op, key=key, p=padding: getattr(raw, op)(
            **{key: x}, ksize=[1, 3, 2, 1], strides=[1, 2, 2, 1], padding=p), reals(1, 5, 5, 2))
    case(f"MaxPool3D_{padding}", lambda x, p=padding: raw.MaxPool3D(
        input=x, ksize=[1, 2, 2, 2, 1], strides=[1, 2, 2, 1, 1], padding=p), reals(1, 3, 4, 3, 2))
    case(f"AvgPool3D_{padding}", lambda x, p=padding: raw.AvgPool3D(
        input=x, ksize=[1, 2, 2, 2, 1], strides=[1, 2, 2, 1, 1], padding=p), reals(1, 3, 4, 3, 2))
case("MaxPoolV2", lambda x: raw.MaxPoolV2(input=x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME"), reals(1, 5, 5, 2))
for op in ["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"]:
    case(op, lambda x, op=op: getattr(raw, op)(
        x=x, scale=reals(3), offset=reals(3), mean=reals(3), variance=reals(3, low=0.1), epsilon=0.01,
        is_training=False)[0], reals(2, 3, 3, 3))
case("BatchNorm_parts", lambda x: tf.nn.batch_normalization(
    x, reals(3), reals(3, low=0.1), reals(3), reals(3), 0.01), reals(2, 4, 4, 3))
case("LRN", lambda x: raw.LRN(input=x, depth_radius=2, bias=1.5, alpha=0.3, beta=0.6), reals(1, 2, 2, 7))

# Reductions
for op in ["Sum", "Mean", "Prod", "Max", "Min", "EuclideanNorm"]:
    for keep in [False, True]:
        case(f"{op}_{int(keep)}", lambda x, op=op, k=keep: getattr(raw, op)(input=x, axis=[1, -1], keep_dims=k), reals(2, 3, 4))
    case(f"{op}_none", lambda x, op=op: getattr(raw, op)(input=x, axis=np.zeros([0], np.int32)), reals(2, 3))
for op in ["Any", "All"]:
    case(op, lambda x, op=op: getattr(raw, op)(input=x, axis=1), whole(3, 4) > -3)
for op in ["ArgMax", "ArgMin"]:
    case(op, lambda x, op=op: getattr(raw, op)(input=x, dimension=1), reals(3, 4))
    case(op + "_int32", lambda x, op=op: getattr(raw, op)(input=x, dimension=-1, output_type=tf.int32), reals(3, 4))
for op in ["Cumsum", "Cumprod"]:
    for exclusive in [False, True]:
        case(f"{op}_{int(exclusive)}", lambda x, op=op, e=exclusive: getattr(raw, op)(
            x=x, axis=1, exclusive=e, reverse=e), reals(2, 4))
case("TopKV2", lambda x: list(raw.TopKV2(input=x, k=3)), reals(2, 6))
case("SegmentSum", lambda x: raw.SegmentSum(data=x, segment_ids=[0, 0, 1, 2]), reals(4, 2))
for op in ["UnsortedSegmentSum", "UnsortedSegmentProd", "UnsortedSegmentMax", "UnsortedSegmentMin"]:
    case(op, lambda x, op=op: getattr(raw, op)(data=x, segment_ids=[1, 0, 1, 2], num_segments=3), reals(4, 2))

# Movement
case("Reshape", lambda x: raw.Reshape(tensor=x, shape=[3, -1]), reals(2, 6))
case("Reshape_shape", lambda x: raw.Reshape(tensor=x, shape=raw.Pack(
    values=[raw.StridedSlice(input=raw.Shape(input=x), begin=[0], end=[1], strides=[1], shrink_axis_mask=1), -1])), reals(2, 3, 4))
case("Squeeze", lambda x: raw.Squeeze(input=x), reals(1, 3, 1))
case("Squeeze_axes", lambda x: raw.Squeeze(input=x, axis=[-1]), reals(1, 3, 1))
case("ExpandDims", lambda x: raw.ExpandDims(input=x, axis=-1), reals(2, 3))
case("Transpose", lambda x: raw.Transpose(x=x, perm=[2, 0, 1]), reals(2, 3, 4))
case("ConcatV2", lambda x, y: raw.ConcatV2(values=[x, y], axis=-1), reals(2, 3), reals(2, 1))
case("Concat", lambda x, y: raw.Concat(concat_dim=0, values=[x, y]), reals(2, 3), reals(1, 3))
case("Split", lambda x: raw.Split(axis=1, value=x, num_split=3), reals(2, 6))
case("SplitV", lambda x: raw.SplitV(value=x, size_splits=[1, 3, -1], axis=1, num_split=3), reals(2, 6))
case("Slice", lambda x: raw.Slice(input=x, begin=[0, 1], size=[-1, 2]), reals(3, 4))
case("StridedSlice", lambda x: x[:, 1:, ::-1], reals(2, 3, 4))
case("StridedSlice_masks", lambda x: x[..., tf.newaxis, 1], reals(2, 3, 4))
case("StridedSlice_shrink", lambda x: x[1, -1], reals(2, 3, 4))
case("Pack", lambda x, y: raw.Pack(values=[x, y], axis=1), reals(2, 3), reals(2, 3))
case("Unpack", lambda x: raw.Unpack(value=x, num=3, axis=1), reals(2, 3))
case("Tile", lambda x: raw.Tile(input=x, multiples=[2, 3]), reals(2, 2))
case("BroadcastTo", lambda x: raw.BroadcastTo(input=x, shape=[4, 2, 3]), reals(2, 1))
case("BroadcastArgs", lambda x, y: raw.BroadcastArgs(s0=x, s1=y), np.array([3, 1], np.int32), np.array([2, 1, 4], np.int32))
case("Pad", lambda x: raw.Pad(input=x, paddings=[[1, 0], [2, 1]]), reals(2, 3))
case("PadV2", lambda x: raw.PadV2(input=x, paddings=[[1, 0], [2, 1]], constant_values=3.5), reals(2, 3))
for mode in ["REFLECT", "SYMMETRIC"]:
    case(f"MirrorPad_{mode}", lambda x, m=mode: raw.MirrorPad(input=x, paddings=[[1, 1], [2, 1]], mode=m), reals(3, 4))
case("DepthToSpace", lambda x: raw.DepthToSpace(input=x, block_size=2), reals(1, 2, 3, 8))
case("SpaceToDepth", lambda x: raw.SpaceToDepth(input=x, block_size=2), reals(1, 4, 6, 2))
case("BatchToSpaceND", lambda x: raw.BatchToSpaceND(input=x, block_shape=[2, 2], crops=[[0, 1], [1, 0]]), reals(4, 3, 3, 2))
case("SpaceToBatchND", lambda x: raw.SpaceToBatchND(input=x, block_shape=[2, 2], paddings=[[0, 1], [1, 0]]), reals(1, 3, 3, 2))
case("ReverseV2", lambda x: raw.ReverseV2(tensor=x, axis=[1]), reals(2, 4))
case("ReverseSequence", lambda x: raw.ReverseSequence(input=x, seq_lengths=[2, 3], seq_dim=1, batch_dim=0), reals(2, 4, 2))
case("Roll", lambda x: raw.Roll(input=x, shift=[1, -2], axis=[0, 1]), reals(3, 5))
case("MatrixDiag", lambda x: raw.MatrixDiag(diagonal=x), reals(2, 3))
case("MatrixSetDiag", lambda x, y: raw.MatrixSetDiag(input=x, diagonal=y), reals(2, 3, 3), reals(2, 3))
case("MatrixBandPart", lambda x: raw.MatrixBandPart(input=x, num_lower=1, num_upper=-1), reals(2, 4, 4))
case("Shape", lambda x: raw.Shape(input=x), reals(2, 3), open_axes=True)
case("Shape_int64", lambda x: raw.Shape(input=x, out_type=tf.int64), reals(2, 3), open_axes=True)
case("Size", lambda x: raw.Size(input=x), reals(2, 3), open_axes=True)
case("Rank", lambda x: raw.Rank(input=x), reals(2, 3), open_axes=True)

# Indices, generators
case("Gather", lambda x: raw.Gather(params=x, indices=[[2, 0], [1, 1]]), reals(3, 2))
case("GatherV2", lambda x: raw.GatherV2(params=x, indices=[2, 0], axis=1), reals(2, 3))
case("GatherV2_batch", lambda x, y: raw.GatherV2(params=x, indices=y, axis=1, batch_dims=1), reals(2, 3), whole(2, 2, low=0, high=3))
case("GatherNd", lambda x: raw.GatherNd(params=x, indices=[[0, 1], [2, 0]]), reals(3, 2))
case("ScatterNd", lambda x: raw.ScatterNd(indices=[[1], [1], [3]], updates=x, shape=[5, 2]), reals(3, 2))
for op in ["Update", "Add", "Max", "Min"]:
    case("TensorScatter" + op, lambda x, y, op=op: getattr(raw, "TensorScatter" + op)(
        tensor=x, indices=[[1], [3]], updates=y), reals(5, 2), reals(2, 2))
case("OneHot", lambda x: raw.OneHot(indices=x, depth=4, on_value=2.0, off_value=-1.0), whole(2, 3, low=-1, high=4))
case("OneHot_axis", lambda x: raw.OneHot(indices=x, depth=4, on_value=2.0, off_value=-1.0, axis=0), whole(3, low=0, high=4))
case("Where", lambda x: raw.Where(condition=x), whole(2, 4) > 0)
case("Unique", lambda x: list(raw.Unique(x=x)), np.array([3, 1, 3, 2, 1], np.int32))
case("Bucketize", lambda x: raw.Bucketize(input=x, boundaries=[-1, 0, 1]), reals(6))
case("InvertPermutation", lambda x: raw.InvertPermutation(x=x), np.array([2, 0, 3, 1], np.int32))
case("SparseToDense", lambda x: raw.SparseToDense(
    sparse_indices=[[0, 1], [2, 0]], output_shape=[3, 2], sparse_values=x, default_value=-1.0), reals(2))
case("Range", lambda x: raw.Range(start=x, limit=9, delta=2), np.array(1, np.int32))
case("Fill", lambda x: raw.Fill(dims=[2, 3], value=x), np.array(1.5, np.float32))
case("LinSpace", lambda x, y: raw.LinSpace(start=x, stop=y, num=5), np.array(-1, np.float32), np.array(2, np.float32))
case("Complex", lambda x: [raw.Real(input=raw.RFFT2D(input=x, fft_length=[4, 4])),
                           raw.Imag(input=raw.RFFT2D(input=x, fft_length=[4, 4])),
                           raw.ComplexAbs(x=raw.RFFT2D(input=x, fft_length=[4, 4]))], reals(1, 4, 4))

# Images
for aligned, half in [(False, False), (True, False), (False, True)]:
    kind = f"{int(aligned)}{int(half)}"
    for op in ["ResizeBilinear", "ResizeNearestNeighbor"]:
        case(f"{op}_{kind}", lambda x, op=op, a=aligned, h=half: getattr(raw, op)(
            images=x, size=[7, 4], align_corners=a, half_pixel_centers=h), reals(1, 4, 5, 2))
boxes = np.array([[0, 0, 1, 1], [0.1, 0.2, 0.7, 0.9], [-0.2, 0.3, 0.5, 1.2]], np.float32)
for method in ["bilinear", "nearest"]:
    case(f"CropAndResize_{method}", lambda x, m=method: raw.CropAndResize(
        image=x, boxes=boxes, box_ind=[0, 1, 0], crop_size=[3, 4], method=m, extrapolation_value=0.5), reals(2, 5, 6, 2))
case("CropAndResize_one", lambda x: raw.CropAndResize(
    image=x, boxes=boxes, box_ind=[0, 1, 0], crop_size=[1, 1]), reals(2, 5, 6, 1))
corners = np.array([[0, 0, 1, 1], [0, 0.05, 1, 1.05], [0, 2, 1, 3], [0, 2.1, 1, 3.1], [5, 5, 6, 6]], np.float32)
scores = np.array([0.9, 0.75, 0.6, 0.95, 0.3], np.float32)
case("NonMaxSuppression", lambda x, y: raw.NonMaxSuppression(boxes=x, scores=y, max_output_size=3, iou_threshold=0.5), corners, scores)
case("NonMaxSuppressionV2", lambda x, y: raw.NonMaxSuppressionV2(boxes=x, scores=y, max_output_size=9, iou_threshold=0.5), corners, scores)
case("NonMaxSuppressionV3", lambda x, y: raw.NonMaxSuppressionV3(
    boxes=x, scores=y, max_output_size=9, iou_threshold=0.5, score_threshold=0.5), corners, scores)
case("NonMaxSuppressionV4", lambda x, y: list(raw.NonMaxSuppressionV4(
    boxes=x, scores=y, max_output_size=4, iou_threshold=0.5, score_threshold=0.5, pad_to_max_output_size=True)), corners, scores)
case("NonMaxSuppressionV5", lambda x, y: list(raw.NonMaxSuppressionV5(
    boxes=x, scores=y, max_output_size=4, iou_threshold=0.5, score_threshold=0.1, soft_nms_sigma=0.5,
    pad_to_max_output_size=True)), corners, scores)

# Cleaning: what computes nothing
def cleaned(x):
    x = raw.StopGradient(input=raw.CheckNumerics(tensor=x, message="bad"))
    with tf.control_dependencies([raw.Assert(condition=True, data=[x])]):
        return raw.PreventGradient(input=raw.Identity(input=raw.Relu(features=x)))
case("Cleaning", cleaned, reals(4))

# Control flow of TensorFlow 2, functions
@tf.function
def doubled(x):
    return 2 * x + 1
def nested_functions(x):
    return doubled(doubled(x)) + doubled(x)
function_case("Functions", nested_functions, reals(3))
function_case("While", lambda x, n: tf.while_loop(
    lambda i, y: i < n, lambda i, y: (i + 1, tf.tanh(y @ tf.constant(reals(3, 3)))), (0, x)), reals(2, 3), np.array(4, np.int32))
function_case("If", lambda x, p: tf.cond(p, lambda: tf.exp(x), lambda: x @ tf.constant(reals(3, 3))), reals(3, 3), np.array(False))
function_case("If_true", lambda x, p: tf.cond(p, lambda: (tf.exp(x), x), lambda: (x, x + 1)), reals(3), np.array(True))
def nested_loops(x):
    def outer(i, y):
        return i + 1, tf.while_loop(lambda j, z: j < i, lambda j, z: (j + 1, z * 1.5 + x), (0, y))[1]
    return tf.while_loop(lambda i, y: i < 4, outer, (0, x))[1]
function_case("NestedLoops", nested_loops, reals(2))
def if_in_loop(x):
    return tf.while_loop(lambda i, y: i < 5, lambda i, y: (i + 1, tf.cond(
        tf.reduce_sum(y) > 0, lambda: y - x * 2, lambda: y + tf.abs(x))), (0, x))[1]
function_case("IfInLoop", if_in_loop, reals(3))
def lists(x):
    array = tf.TensorArray(tf.float32, size=3, element_shape=[2], clear_after_read=False)
    array = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a.write(i, x[i] * 2)), (0, array))[1]
    return array.stack(), array.gather([2, 0]), array.read(1)
function_case("Lists", lists, reals(3, 2))
def list_from_tensor(x):
    array = tf.TensorArray(tf.float32, size=0, dynamic_size=True, clear_after_read=False).unstack(x)
    return array.concat(), tf.cast(array.size(), tf.float32)
function_case("ListsFromTensor", list_from_tensor, reals(3, 2))
for layer, name in [(tf.keras.layers.LSTM(3, return_sequences=True), "LSTM"), (tf.keras.layers.GRU(3), "GRU"),
                    (tf.keras.layers.SimpleRNN(3), "SimpleRNN")]:
    layer.build((1, 4, 2))
    function_case("Keras" + name, lambda x, layer=layer: layer(x), reals(1, 4, 2))

# Control flow of TensorFlow 1
tf.compat.v1.disable_control_flow_v2()
case("LegacyWhile", lambda x, n: list(tf.while_loop(
    lambda i, y: i < n, lambda i, y: (i + 1, tf.tanh(y @ tf.constant(reals(3, 3)) + x)), (0, x))), reals(3, 3), np.array(3, np.int32))
for value in [True, False]:
    case(f"LegacyCond_{value}", lambda x, p: list(tf.cond(
        p, lambda: (tf.exp(x), tf.constant(1.5)), lambda: (x @ tf.constant(reals(3, 3)), tf.reduce_sum(x)))),
        reals(3, 3), np.array(value))
case("LegacyNested", lambda x, p: tf.cond(p, lambda: tf.while_loop(
    lambda i, y: i < 3, lambda i, y: (i + 1, tf.cond(tf.reduce_sum(y) > 0, lambda: y - x, lambda: y + x)), (0, x))[1],
    lambda: tf.cond(tf.reduce_sum(x) > 0, lambda: x * 2, lambda: x * 3)), reals(3), np.array(True))
case("LegacyNested_false", lambda x, p: tf.cond(p, lambda: tf.while_loop(
    lambda i, y: i < 3, lambda i, y: (i + 1, tf.cond(tf.reduce_sum(y) > 0, lambda: y - x, lambda: y + x)), (0, x))[1],
    lambda: tf.cond(tf.reduce_sum(x) > 0, lambda: x * 2, lambda: x * 3)), reals(3), np.array(False))
def legacy_nested_loops(x):
    def outer(i, y):
        return i + 1, tf.while_loop(lambda j, z: j < i, lambda j, z: (j + 1, z * 1.5 + x), (0, y))[1]
    return tf.while_loop(lambda i, y: i < 4, outer, (0, x))[1]
case("LegacyNestedLoops", legacy_nested_loops, reals(2))
case("LegacyLists", lambda x: list(lists(x)), reals(3, 2))
case("LegacyListsFromTensor", lambda x: list(list_from_tensor(x)), reals(3, 2))

tf.compat.v1.enable_control_flow_v2()

# Fourier transforms over one to three axes, cropped and filled
def parts(x):
    return [raw.Real(input=x), raw.Imag(input=x)]


def complex_of(x):
    """Complex numbers with an imaginary part: the spectrum of real ones."""
    return raw.RFFT(input=tf.concat([x, x[..., 1:-1]], -1), fft_length=[2 * (x.shape[-1] - 1)])


for axes, suffix, shape in [(1, "", (2, 5)), (2, "2D", (2, 3, 4)), (3, "3D", (2, 3, 2, 4))]:
    lengths = list(shape[-axes:])
    case("RFFT" + suffix, lambda x, s=suffix, n=lengths: parts(getattr(raw, "RFFT" + s)(input=x, fft_length=n)), reals(*shape))
    for op in ["FFT", "IFFT"]:
        case(op + suffix, lambda x, o=op + suffix: parts(getattr(raw, o)(input=complex_of(x))), reals(*shape))
    for odd in [0, 1]:
        wanted = lengths[:-1] + [2 * (lengths[-1] - 1) + odd]
        case(f"IRFFT{suffix}_{odd}", lambda x, s=suffix, n=wanted: getattr(raw, "IRFFT" + s)(
            input=complex_of(x), fft_length=n), reals(*shape))
case("RFFT_crop", lambda x: parts(raw.RFFT(input=x, fft_length=[4])), reals(2, 7))
case("STFT", lambda x: tf.abs(tf.signal.stft(x, frame_length=8, frame_step=3)), reals(2, 20))
case("STFT_inverse", lambda x: tf.signal.inverse_stft(tf.signal.stft(x, frame_length=8, frame_step=4), 8, 4), reals(1, 24))

# More of images
for aligned, half in [(False, False), (True, False), (False, True)]:
    kind = f"{int(aligned)}{int(half)}"
    for size in [(7, 4), (3, 9)]:
        name = f"{kind}_{size[0]}"
        case(f"ResizeBicubic_{name}", lambda x, a=aligned, h=half, s=size: raw.ResizeBicubic(
            images=x, size=s, align_corners=a, half_pixel_centers=h), reals(1, 4, 5, 2))
    if not half:
        for size in [(2, 3), (7, 4), (1, 1)]:
            case(f"ResizeArea_{kind}_{size[0]}", lambda x, a=aligned, s=size: raw.ResizeArea(
                images=x, size=s, align_corners=a), reals(2, 4, 5, 2))
case("ResizeBilinear_bytes", lambda x: raw.ResizeBilinear(images=x, size=[3, 7]), whole(1, 4, 5, 2, low=0, high=255, dtype=np.uint8))
case("ResizeArea_bytes", lambda x: raw.ResizeArea(images=x, size=[3, 7]), whole(1, 4, 5, 2, low=0, high=255, dtype=np.uint8))
for padding in ["SAME", "VALID"]:
    case("ExtractImagePatches_" + padding, lambda x, p=padding: raw.ExtractImagePatches(
        images=x, ksizes=[1, 3, 2, 1], strides=[1, 2, 1, 1], rates=[1, 1, 2, 1], padding=p), reals(2, 6, 5, 2))

# Bands of diagonals
for align in ["RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT", "RIGHT_RIGHT"]:
    case("MatrixDiagV3_" + align, lambda x, a=align: raw.MatrixDiagV3(
        diagonal=x, k=[-1, 2], num_rows=4, num_cols=5, padding_value=9.0, align=a), reals(2, 4, 4))
    case("MatrixDiagPartV3_" + align, lambda x, a=align: raw.MatrixDiagPartV3(
        input=x, k=[-2, 1], padding_value=7.0, align=a), reals(2, 4, 5))
    case("MatrixSetDiagV3_" + align, lambda x, y, a=align: raw.MatrixSetDiagV3(
        input=x, diagonal=y, k=[-2, 1], align=a), reals(2, 4, 5), reals(2, 4, 4))
case("MatrixDiagV3", lambda x: tf.linalg.diag(x), reals(2, 3))
case("MatrixDiagV3_above", lambda x: tf.linalg.diag(x, k=1), reals(2, 3))
case("MatrixDiagV3_rows", lambda x: raw.MatrixDiagV3(diagonal=x, k=-1, num_rows=-1, num_cols=5, padding_value=0.0), reals(2, 3))
case("MatrixDiagV2", lambda x: raw.MatrixDiagV2(diagonal=x, k=[0, 1], num_rows=3, num_cols=3, padding_value=1.0), reals(2, 3))
case("MatrixDiagPart", lambda x: raw.MatrixDiagPart(input=x), reals(2, 3, 4))
case("MatrixDiagPartV2", lambda x: raw.MatrixDiagPartV2(input=x, k=[-1, 0], padding_value=1.0), reals(2, 3, 4))
case("MatrixSetDiagV2", lambda x, y: raw.MatrixSetDiagV2(input=x, diagonal=y, k=1), reals(2, 3, 4), reals(2, 3))

# One of several functions, kept and lowered to switches that count
def switched(x, n):
    weight = tf.constant(reals(3, 3))
    return tf.switch_case(n, [lambda: x + 1, lambda: x @ weight, lambda: tf.abs(x) * 2])


for number in [0, 1, 2, 7]:
    function_case(f"Case_{number}", switched, reals(2, 3), np.array(number, np.int32))
    function_case(f"SwitchN_{number}", switched, reals(2, 3), np.array(number, np.int32), lower=True)


np.savez_compressed(sys.argv[1], **archive)
names = {key.split("/")[0] for key in archive}
print(len(names), "graphs,", os.path.getsize(sys.argv[1]), "bytes")
