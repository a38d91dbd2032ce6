"""Gradients through layers with 8-bit weights and real activations ("dynamic range"), by TensorFlow.

    python3 hybrid_gradients.py FILE.swift

Writes Tests/SensitivityTests/HybridGradients.swift. Needs from PyPI: tensorflow-cpu, numpy.

A convolution (3 x 3, one scale a channel, relu), a depthwise convolution (3 x 3, stride 2, one scale a
channel) and a fully connected layer (one scale), of the weights that the integers stand for; the
gradients of a weighted sum of the outputs with respect to the input of each layer. Rounding the inputs
counts as the identity. No sum before the relu is so near 0 that rounding the input could change its
sign.
"""

import pathlib
import sys

import numpy
import tensorflow

random = numpy.random.default_rng(21)


def floats(*sizes):
    return random.normal(size=sizes).astype(numpy.float32)


def integers(*sizes):
    return random.integers(-127, 128, size=sizes)


x = floats(1, 5, 4, 2)
conv = integers(3, 3, 3, 2)  # OHWI
conv_scales = numpy.float32([0.004, 0.011, 0.007])
conv_bias = floats(3)
deep = integers(1, 3, 3, 3)  # 1HWC
deep_scales = numpy.float32([0.02, 0.005, 0.012])
deep_bias = floats(3)
dense = integers(4, 18)
dense_scale = numpy.float32(0.009)
dense_bias = floats(4)
weights = floats(1, 4)

real_conv = conv.astype(numpy.float32) * conv_scales[:, None, None, None]
real_deep = deep.astype(numpy.float32) * deep_scales
real_dense = dense.astype(numpy.float32) * dense_scale

inputs = tensorflow.constant(x)
with tensorflow.GradientTape() as tape:
    tape.watch(inputs)
    sums = tensorflow.nn.conv2d(inputs, real_conv.transpose(1, 2, 3, 0), 1, "SAME") + conv_bias
    first = tensorflow.nn.relu(sums)
    second = deep_bias + tensorflow.nn.depthwise_conv2d(
        first, real_deep[0][..., None], [1, 2, 2, 1], "SAME"
    )
    y = tensorflow.reshape(second, [1, 18]) @ real_dense.T + dense_bias
    value = tensorflow.reduce_sum(y * weights)
gradients = tape.gradient(value, [inputs, first, second])
assert float(tensorflow.reduce_min(tensorflow.abs(sums))) > 0.02, "too near 0"


def literal(name, array):
    array = numpy.asarray(array)
    isReal = array.dtype.kind == "f"
    texts = [repr(float(v)) if isReal else str(int(v)) for v in array.ravel()]
    lines = []
    for text in texts:
        if lines and len(lines[-1]) + len(text) + 2 <= 92:
            lines[-1] += f" {text},"
        else:
            lines.append(f"    {text},")
    head = f"  static let {name}: [{'Float' if isReal else 'Int8'}] = ["
    whole = head + ", ".join(texts) + "]"
    if len(whole) < 100:
        return whole
    return "\n".join([head, *lines, "  ]"])


parts = [
    ("input", x),
    ("convolution", conv),
    ("convolutionScales", conv_scales),
    ("convolutionBias", conv_bias),
    ("depthwise", deep),
    ("depthwiseScales", deep_scales),
    ("depthwiseBias", deep_bias),
    ("dense", dense),
    ("denseScales", numpy.float32([dense_scale])),
    ("denseBias", dense_bias),
    ("outputWeights", weights),
    ("inputGradient", gradients[0]),
    ("depthwiseInputGradient", gradients[1]),
    ("denseInputGradient", gradients[2]),
]
text = "// Made by Tests/Oracles/hybrid_gradients.py.\n\n"
text += "/// Three layers with 8-bit weights, and TensorFlow's gradients with respect to their inputs.\n"
text += "enum HybridGradients {\n"
text += "\n".join(literal(name, array) for name, array in parts)
text += "\n}\n"
pathlib.Path(sys.argv[1]).write_text(text)
