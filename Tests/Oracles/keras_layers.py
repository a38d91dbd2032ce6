"""Small Keras models, inputs for them, and what Keras makes of them.

Writes Tests/FormatKerasTests/Fixtures/layers.zip, whose one member cases.zip has, for each case, `<case>/model.keras` or
`<case>/model.h5`, `<case>/in0.npy`, …, `<case>/out0.npy`, … and `<case>/parameters.txt` with Keras' own
count. Needs the PyPI packages tensorflow-cpu and keras (3), and tf_keras for the cases named `k2_…`.

Convolutions with the channels first need a TensorFlow with oneDNN: where they fail, the three cases of
the old archive are kept (first_conv1d, first_conv2d, first_conv2d_transpose).

Usage: python keras_layers.py [OUTPUT] [CASE …]
"""

import io
import os
import sys
import tempfile
import zipfile

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L
from keras import ops

DEFAULT = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../FormatKerasTests/Fixtures/layers.zip"
)
rng = np.random.default_rng(7)
cases = []


def case(name, build, *shapes, kind="keras", dtype="float32", integers=None, data=None, api=None):
    """A model made by `build` from inputs of the given shapes (without the batch)."""
    cases.append((name, build, shapes, kind, dtype, integers, data, api))


def layer(name, make, *shapes, **options):
    if options.get("api") == 2:
        case(name, make, *shapes, **options)
    else:
        case(name, lambda *inputs: make()(*inputs), *shapes, **options)


# Core
layer("dense", lambda: L.Dense(3, activation="relu"), (4,))
layer("dense_3d", lambda: L.Dense(3, use_bias=False), (2, 4))
layer("dense_softmax_h5", lambda: L.Dense(3, activation="softmax"), (4,), kind="h5")
layer("einsum_dense", lambda: L.EinsumDense("abc,cde->abde", output_shape=(None, 2, 3), bias_axes="de"), (3, 4))
layer("embedding", lambda: L.Embedding(5, 3), (4,), dtype="int32", integers=5)
layer("activation_tanh", lambda: L.Activation("tanh"), (4,))
layer("identity", lambda: L.Identity(), (4,))
layer("dropout", lambda: L.Dropout(0.5), (4,))
layer("gaussian_noise", lambda: L.GaussianNoise(0.5), (4,))

# Convolutions
for padding in ("valid", "same"):
    for strides in (1, 2):
        layer(f"conv2d_{padding}_{strides}", lambda p=padding, s=strides: L.Conv2D(3, (4, 2), strides=s, padding=p), (7, 6, 2))
        layer(f"conv2d_transpose_{padding}_{strides}", lambda p=padding, s=strides: L.Conv2DTranspose(3, (4, 3), strides=s, padding=p), (4, 3, 2))
        layer(f"depthwise2d_{padding}_{strides}", lambda p=padding, s=strides: L.DepthwiseConv2D((2, 3), strides=s, padding=p, depth_multiplier=2), (5, 6, 2))
layer("conv2d_transpose_gap", lambda: L.Conv2DTranspose(2, 2, strides=3, padding="valid"), (3, 3, 2))
layer("conv2d_transpose_same_gap", lambda: L.Conv2DTranspose(2, 2, strides=3, padding="same"), (3, 3, 2))
layer("conv2d_transpose_output_padding", lambda: L.Conv2DTranspose(2, 3, strides=2, padding="same", output_padding=1), (3, 3, 2))
layer("conv2d_dilated", lambda: L.Conv2D(2, 3, dilation_rate=2, padding="same", activation="relu"), (7, 6, 2))
layer("conv2d_groups", lambda: L.Conv2D(4, 3, groups=2), (5, 5, 4))
layer("conv1d_causal", lambda: L.Conv1D(3, 3, padding="causal", dilation_rate=2), (7, 2))
layer("conv1d_same", lambda: L.Conv1D(3, 4, padding="same", strides=2), (7, 2))
layer("conv1d_transpose", lambda: L.Conv1DTranspose(3, 4, padding="same", strides=2), (5, 2))
layer("conv3d", lambda: L.Conv3D(2, (2, 3, 2), padding="same", strides=(1, 2, 1)), (3, 4, 3, 2))
layer("conv3d_transpose", lambda: L.Conv3DTranspose(2, (2, 3, 2), padding="valid", strides=(1, 2, 1)), (2, 3, 2, 2))
layer("depthwise1d", lambda: L.DepthwiseConv1D(3, padding="same"), (6, 3))
layer("depthwise2d_dilated", lambda: L.DepthwiseConv2D(3, dilation_rate=2, padding="same"), (7, 7, 2))
layer("separable1d", lambda: L.SeparableConv1D(4, 3, padding="same", depth_multiplier=2), (6, 3))
layer("separable2d", lambda: L.SeparableConv2D(4, 3, padding="same", strides=2, activation="relu"), (6, 5, 3))
for name, make in (
    ("conv2d", lambda: L.Conv2D(3, (3, 2), strides=2, padding="same", data_format="channels_first")),
    ("depthwise2d", lambda: L.DepthwiseConv2D(3, padding="same", data_format="channels_first")),
    # Not SeparableConv2D: TensorFlow 2.21 on a CPU gives other numbers for it than with the
    # channels last.
    ("conv2d_transpose", lambda: L.Conv2DTranspose(3, 3, strides=2, padding="same", data_format="channels_first")),
    ("max_pool2d", lambda: L.MaxPooling2D(2, padding="same", data_format="channels_first")),
    ("average_pool2d", lambda: L.AveragePooling2D(2, data_format="channels_first")),
    ("cropping2d", lambda: L.Cropping2D(1, data_format="channels_first")),
    ("upsampling2d", lambda: L.UpSampling2D(2, data_format="channels_first")),
):
    layer("first_" + name, make, (2, 5, 4))
layer("first_conv1d", lambda: L.Conv1D(3, 3, data_format="channels_first"), (2, 6))
layer("keyed_attention_mask", lambda: (lambda q, m: L.MultiHeadAttention(2, 3)(q, q, attention_mask=m)), (3, 4), (3, 3), data=[
    rng.standard_normal((2, 3, 4)).astype("float32"), np.array([[[1, 0, 1], [1, 1, 0], [0, 0, 1]]] * 2, "float32")])

# Attention whose steps are masked on both sides, on one, and behind the diagonal
def masked(attend, value_is_masked=True):
    def build(ids, other):
        query = L.Embedding(6, 4, mask_zero=True)(ids)
        value = L.Embedding(6, 4, mask_zero=value_is_masked)(other)
        return attend(query, value)

    return build


TOKENS = [np.array([[1, 2, 0, 0], [3, 4, 5, 0]], "int32"), np.array([[5, 1, 0, 0], [2, 3, 4, 1]], "int32")]
for name, attend in (
    ("multi_head_masks", lambda q, v: L.MultiHeadAttention(2, 3)(q, v)),
    ("multi_head_masks_causal", lambda q, v: L.MultiHeadAttention(2, 3)(q, v, use_causal_mask=True)),
    ("attention_causal", lambda q, v: L.Attention()([q, v], use_causal_mask=True)),
    ("additive_attention_causal", lambda q, v: L.AdditiveAttention()([q, v], use_causal_mask=True)),
):
    case(name, masked(attend), (4,), (4,), dtype="int32", data=TOKENS)
case("multi_head_query_mask", masked(lambda q, v: L.MultiHeadAttention(2, 3)(q, v), False), (4,), (4,), dtype="int32", data=TOKENS)
layer("attention_causal_bare", lambda: (lambda q, v: L.Attention()([q, v], use_causal_mask=True)), (3, 4), (5, 4))

# Pooling
for name, make in (("max", L.MaxPooling2D), ("average", L.AveragePooling2D)):
    for padding in ("valid", "same"):
        layer(f"{name}_pool2d_{padding}", lambda m=make, p=padding: m((3, 2), strides=2, padding=p), (6, 5, 2))
layer("max_pool1d", lambda: L.MaxPooling1D(2), (6, 2))
layer("average_pool1d", lambda: L.AveragePooling1D(3, strides=1, padding="same"), (6, 2))
layer("max_pool3d", lambda: L.MaxPooling3D(2), (4, 4, 4, 2))
layer("average_pool3d", lambda: L.AveragePooling3D(2, padding="same"), (3, 4, 3, 2))
layer("global_average1d", lambda: L.GlobalAveragePooling1D(), (6, 2))
layer("global_average2d", lambda: L.GlobalAveragePooling2D(keepdims=True), (3, 4, 2))
layer("global_average2d_flat", lambda: L.GlobalAveragePooling2D(), (3, 4, 2))
layer("global_max1d", lambda: L.GlobalMaxPooling1D(), (6, 2))
layer("global_max2d", lambda: L.GlobalMaxPooling2D(), (3, 4, 2))
layer("global_max3d", lambda: L.GlobalMaxPooling3D(), (3, 2, 2, 2))
layer("global_average2d_first", lambda: L.GlobalAveragePooling2D(data_format="channels_first"), (2, 3, 4))
if hasattr(L, "AdaptiveAveragePooling2D"):
    layer("adaptive_average2d", lambda: L.AdaptiveAveragePooling2D((3, 2)), (7, 5, 2))
    layer("adaptive_max2d", lambda: L.AdaptiveMaxPooling2D((3, 2)), (7, 5, 2))
    layer("adaptive_average1d", lambda: L.AdaptiveAveragePooling1D(3), (7, 2))

# Normalization
layer("batch_normalization", lambda: L.BatchNormalization(), (4, 3))
layer("batch_normalization_first", lambda: L.BatchNormalization(axis=1), (2, 3, 4))
layer("batch_normalization_bare", lambda: L.BatchNormalization(scale=False, center=False), (3,))
layer("batch_normalization_h5", lambda: L.BatchNormalization(scale=False), (4, 3), kind="h5")
layer("layer_normalization", lambda: L.LayerNormalization(), (4, 3))
layer("layer_normalization_axes", lambda: L.LayerNormalization(axis=[1, 2], center=False), (4, 3))
layer("layer_normalization_bare", lambda: L.LayerNormalization(scale=False, center=False), (4, 3))
layer("batch_normalization_middle", lambda: L.BatchNormalization(axis=2), (2, 3, 4))
layer("layer_normalization_first", lambda: L.LayerNormalization(axis=1), (4, 3))
layer("layer_normalization_apart", lambda: L.LayerNormalization(axis=[1, 3]), (2, 3, 4))
layer("layer_normalization_rms_scaling", lambda: L.LayerNormalization(rms_scaling=True), (4, 3))
layer("group_normalization", lambda: L.GroupNormalization(groups=2), (3, 4))
layer("group_normalization_first", lambda: L.GroupNormalization(groups=2, axis=1), (4, 3))
layer("instance_normalization", lambda: L.GroupNormalization(groups=-1), (3, 2, 4))
layer("unit_normalization", lambda: L.UnitNormalization(), (3, 4))
layer("rms_normalization", lambda: L.RMSNormalization(), (3, 4))
layer("spectral_normalization", lambda: L.SpectralNormalization(L.Dense(3)), (4,))

# Recurrent
for name, make in (("simple_rnn", L.SimpleRNN), ("lstm", L.LSTM), ("gru", L.GRU)):
    layer(name, lambda m=make: m(3), (4, 2))
    layer(f"{name}_sequences", lambda m=make: m(3, return_sequences=True, go_backwards=True), (4, 2))
    layer(f"{name}_state", lambda m=make: m(3, return_state=True), (4, 2))
    layer(f"{name}_nobias", lambda m=make: m(2, use_bias=False), (3, 2))
    layer(f"{name}_h5", lambda m=make: m(3, return_sequences=True), (4, 2), kind="h5")
layer("gru_reset_before", lambda: L.GRU(3, reset_after=False), (4, 2))
layer("lstm_relu", lambda: L.LSTM(3, activation="relu", recurrent_activation="hard_sigmoid"), (4, 2))
for mode in ("concat", "sum", "mul", "ave"):
    layer(f"bidirectional_{mode}", lambda m=mode: L.Bidirectional(L.LSTM(2, return_sequences=True), merge_mode=m), (4, 3))
layer("bidirectional_last", lambda: L.Bidirectional(L.GRU(2)), (4, 3))
layer("bidirectional_h5", lambda: L.Bidirectional(L.LSTM(2)), (4, 3), kind="h5")
layer("rnn_cell", lambda: L.RNN(L.LSTMCell(3), return_sequences=True), (4, 2))
layer("stacked_cells", lambda: L.RNN([L.LSTMCell(3), L.GRUCell(2)]), (4, 2))
layer("stacked_cells_backwards", lambda: L.RNN(L.StackedRNNCells([L.SimpleRNNCell(3), L.LSTMCell(2)]), return_sequences=True, go_backwards=True, return_state=True), (4, 2))
layer("time_distributed_dense", lambda: L.TimeDistributed(L.Dense(3)), (4, 2))
layer("time_distributed_conv", lambda: L.TimeDistributed(L.Conv2D(2, 3, padding="same")), (2, 4, 4, 2))


def image_model():
    return keras.Sequential([L.Input((4, 4, 2)), L.Conv2D(3, 3, padding="same"), L.BatchNormalization(), L.Flatten()], name="image")


for kind in ("keras", "h5"):
    layer(f"time_distributed_model_{kind}", lambda: L.TimeDistributed(image_model()), (3, 4, 4, 2), kind=kind)
    layer(f"conv_lstm2d_{kind}", lambda: L.ConvLSTM2D(3, 3, padding="same", return_sequences=True), (3, 4, 4, 2), kind=kind)
layer("conv_lstm2d_states", lambda: L.ConvLSTM2D(2, (3, 2), strides=2, return_state=True, go_backwards=True), (3, 6, 5, 2))
layer("conv_lstm1d", lambda: L.ConvLSTM1D(2, 3, use_bias=False, recurrent_activation="hard_sigmoid"), (3, 6, 2))
layer("conv_lstm3d", lambda: L.ConvLSTM3D(2, 2, padding="same"), (2, 3, 3, 3, 1))

MASKED = np.array([[1, 2, 0, 0], [3, 0, 4, 1], [0, 0, 0, 0]], "int32")
for name, make in (("lstm", L.LSTM), ("gru", L.GRU), ("simple_rnn", L.SimpleRNN)):
    case(f"mask_{name}", lambda x, m=make: m(2, return_sequences=True)(L.Embedding(5, 3, mask_zero=True)(x)), (4,), dtype="int32", data=[MASKED])
    case(f"mask_{name}_last", lambda x, m=make: m(2)(L.Embedding(5, 3, mask_zero=True)(x)), (4,), dtype="int32", data=[MASKED])
case("mask_bidirectional", lambda x: L.Bidirectional(L.LSTM(2, return_sequences=True))(L.Embedding(5, 3, mask_zero=True)(x)), (4,), dtype="int32", data=[MASKED])
case("mask_average", lambda x: L.GlobalAveragePooling1D()(L.Embedding(5, 3, mask_zero=True)(x)), (4,), dtype="int32", data=[MASKED[:2]])
case("mask_layer", lambda x: L.LSTM(2, return_sequences=True)(L.Masking(0.0)(x)), (4, 2), data=[np.array([[[1, 2], [0, 0], [0, 1], [0, 0]], [[0, 0], [1, 1], [2, 1], [1, 0]]], "float32")])
case("mask_through", lambda x: L.GRU(2)(L.Dropout(0.1)(L.Dense(2)(L.Masking(0.0)(x)))), (4, 2), data=[np.array([[[1, 2], [0, 0], [0, 1], [0, 0]], [[0, 0], [1, 1], [2, 1], [1, 0]]], "float32")])

# Merging
for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
    layer("merge_" + name.lower(), lambda n=name: (lambda a, b: getattr(L, n)()([a, b])), (3, 2), (3, 2))
layer("merge_add_three", lambda: (lambda a, b, c: L.Add()([a, b, c])), (3,), (3,), (3,))
layer("merge_concatenate", lambda: (lambda a, b: L.Concatenate(axis=1)([a, b])), (3, 2), (1, 2))
layer("merge_dot", lambda: (lambda a, b: L.Dot(axes=1)([a, b])), (3,), (3,))
layer("merge_dot_normalized", lambda: (lambda a, b: L.Dot(axes=(2, 1), normalize=True)([a, b])), (3, 2), (2, 4))

# Shapes
layer("reshape", lambda: L.Reshape((3, -1)), (6, 2))
layer("flatten", lambda: L.Flatten(), (3, 2))
layer("flatten_first", lambda: L.Flatten(data_format="channels_first"), (3, 2, 2))
layer("permute", lambda: L.Permute((2, 1)), (3, 2))
layer("repeat_vector", lambda: L.RepeatVector(3), (2,))
layer("zero_padding1d", lambda: L.ZeroPadding1D((1, 2)), (3, 2))
layer("zero_padding2d", lambda: L.ZeroPadding2D(((1, 0), (2, 1))), (3, 2, 2))
layer("zero_padding3d", lambda: L.ZeroPadding3D(1), (2, 2, 2, 1))
layer("zero_padding2d_first", lambda: L.ZeroPadding2D((1, 2), data_format="channels_first"), (2, 3, 2))
layer("cropping1d", lambda: L.Cropping1D((1, 0)), (4, 2))
layer("cropping2d", lambda: L.Cropping2D(((1, 0), (0, 2))), (4, 5, 2))
layer("cropping3d", lambda: L.Cropping3D(1), (3, 4, 5, 1))
layer("upsampling1d", lambda: L.UpSampling1D(2), (3, 2))
layer("upsampling2d", lambda: L.UpSampling2D((2, 3)), (3, 2, 2))
layer("upsampling2d_bilinear", lambda: L.UpSampling2D((2, 3), interpolation="bilinear"), (3, 4, 2))
layer("upsampling2d_bicubic", lambda: L.UpSampling2D(2, interpolation="bicubic"), (5, 4, 1))
layer("upsampling3d", lambda: L.UpSampling3D((1, 2, 2)), (2, 2, 3, 1))

# Attention
layer("attention", lambda: (lambda q, v: L.Attention(use_scale=True)([q, v])), (3, 4), (5, 4))
layer("attention_key", lambda: (lambda q, v, k: L.Attention()([q, v, k])), (3, 4), (5, 2), (5, 4))
layer("attention_concat", lambda: (lambda q, v: L.Attention(score_mode="concat")([q, v])), (3, 4), (5, 4))
layer("additive_attention", lambda: (lambda q, v: L.AdditiveAttention()([q, v])), (3, 4), (5, 4))
layer("multi_head_attention", lambda: (lambda q, v: L.MultiHeadAttention(2, 3)(q, v)), (3, 4), (5, 4))
layer("multi_head_attention_causal", lambda: (lambda q: L.MultiHeadAttention(2, 3, value_dim=2, use_bias=False)(q, q, use_causal_mask=True)), (3, 4))
layer("multi_head_attention_scores", lambda: (lambda q: L.MultiHeadAttention(2, 3)(q, value=q, key=q, return_attention_scores=True)), (3, 4))
layer("multi_head_attention_h5", lambda: (lambda q: L.MultiHeadAttention(2, 3)(q, q)), (3, 4), kind="h5")
layer("grouped_query_attention", lambda: (lambda q, v: L.GroupQueryAttention(3, 4, 2)(q, v)), (3, 4), (5, 4))

# Activations
layer("relu", lambda: L.ReLU(), (9,))
layer("relu_full", lambda: L.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2), (9,))
layer("relu_six", lambda: L.ReLU(max_value=6.0), (9,))
layer("leaky_relu", lambda: L.LeakyReLU(negative_slope=0.2), (9,))
layer("prelu", lambda: L.PReLU(), (3, 2))
layer("prelu_shared", lambda: L.PReLU(shared_axes=[1]), (3, 2))
layer("elu", lambda: L.ELU(alpha=0.7), (9,))
layer("softmax_axis", lambda: L.Softmax(axis=1), (3, 2))
for name in ("linear", "relu", "relu6", "sigmoid", "tanh", "softmax", "log_softmax", "elu", "selu", "softplus", "softsign", "silu", "gelu", "exponential", "hard_sigmoid", "hard_silu", "hard_tanh", "hard_shrink", "soft_shrink", "tanh_shrink", "leaky_relu", "mish", "celu", "log_sigmoid", "squareplus", "sparse_sigmoid", "sparse_plus", "threshold"):
    if name in ("threshold",):
        continue
    layer("act_" + name, lambda n=name: L.Activation(n), (12,))
layer("act_glu", lambda: L.Activation("glu"), (6,))

# Preprocessing
layer("rescaling", lambda: L.Rescaling(1 / 127.5, offset=-1.0), (4,))
layer("normalization", lambda: L.Normalization(), (4, 3))
layer("normalization_given", lambda: L.Normalization(mean=2.0, variance=4.0), (4, 3))
layer("normalization_inverted", lambda: L.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0], invert=True), (4, 3))
layer("resizing", lambda: L.Resizing(5, 7), (3, 4, 2))
layer("resizing_nearest", lambda: L.Resizing(5, 3, interpolation="nearest"), (4, 4, 2))
layer("center_crop", lambda: L.CenterCrop(3, 2), (6, 5, 2))
layer("discretization", lambda: L.Discretization(bin_boundaries=[-0.5, 0.0, 0.5]), (6,))
layer("discretization_one_hot", lambda: L.Discretization(bin_boundaries=[-0.5, 0.5], output_mode="one_hot"), (1,))
layer("category_one_hot", lambda: L.CategoryEncoding(4, output_mode="one_hot"), (1,), dtype="int32", integers=4)
layer("category_multi_hot", lambda: L.CategoryEncoding(4, output_mode="multi_hot"), (3,), dtype="int32", integers=4)
layer("category_count", lambda: L.CategoryEncoding(4, output_mode="count"), (3,), dtype="int32", integers=4)

# Operations of keras.ops on symbolic tensors
case("ops_arithmetic", lambda x: (2.0 - x) * 3.0 / (x * x + 1.0), (4,))
case("ops_functions", lambda x: ops.sqrt(ops.abs(x)) + ops.exp(-x) + ops.maximum(x, 0.1), (4,))
case("ops_movement", lambda x: ops.transpose(ops.reshape(x, (-1, 2, 3)), (0, 2, 1)), (6,))
case("ops_reduction", lambda x: ops.mean(x, axis=-1, keepdims=True) + ops.sum(x, axis=1, keepdims=True), (3, 4))
case("ops_slice", lambda x: x[:, 1:, ::2], (3, 4))
case("ops_concatenate", lambda x, y: ops.concatenate([x, y], axis=-1), (3,), (2,))
case("ops_matmul", lambda x, y: ops.matmul(x, y), (3, 4), (4, 2))
case("ops_activation", lambda x: ops.softmax(ops.relu(x), axis=-1), (4,))


# Whole models
def nested(x):
    inner = keras.Sequential([L.Input((4,)), L.Dense(3, activation="relu"), L.BatchNormalization(), L.Dense(2)], name="inner")
    shared = L.Dense(4, name="shared")
    a, b = shared(x), shared(x * 2.0)
    return L.Add()([inner(a), inner(b)])


def functional_inside(x):
    i = L.Input((4,), name="inside")
    inner = keras.Model(i, [L.Dense(2)(i), L.Dense(3)(i)], name="two")
    a, b = inner(x)
    return L.Concatenate()([a, b])


def frozen(x):
    inner = keras.Sequential([L.Input((4,)), L.Dense(3, name="still", trainable=False), L.BatchNormalization(), L.Dense(2)], name="inner")
    return inner(x)


for kind in ("keras", "h5"):
    case(f"nested_{kind}", nested, (4,), kind=kind)
    case(f"functional_inside_{kind}", functional_inside, (4,), kind=kind)
    case(f"frozen_{kind}", frozen, (4,), kind=kind)
    case(f"two_outputs_{kind}", lambda x, y: [L.Dense(2, name="second")(y), L.Dense(3, name="first")(x)], (4,), (3,), kind=kind)

# Keras 2
layer("k2_dense", lambda K: K.layers.Dense(3, activation="hard_sigmoid"), (4,), api=2)
layer("k2_conv", lambda K: K.layers.Conv2D(2, (4, 3), padding="same", strides=2), (5, 6, 2), api=2)
layer("k2_lstm", lambda K: K.layers.LSTM(3), (4, 2), api=2)
layer("k2_gru_bidirectional", lambda K: K.layers.Bidirectional(K.layers.GRU(2, return_sequences=True)), (4, 2), api=2)
layer("k2_relu", lambda K: K.layers.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2), (9,), api=2)
layer("k2_leaky", lambda K: K.layers.LeakyReLU(alpha=0.2), (9,), api=2)
layer("k2_attention", lambda K: (lambda q, v: K.layers.MultiHeadAttention(2, 3)(q, v)), (3, 4), (5, 4), api=2)


def k2_operations(K):
    def call(x):
        y = tf.nn.relu(x * 2.0 + 1.0) - tf.reduce_mean(x, axis=-1, keepdims=True)
        return tf.concat([y[:, 1:3], tf.sqrt(tf.abs(y))], axis=-1)

    return call


def k2_nested(K):
    def call(x):
        inner = K.Sequential([K.layers.Dense(3, input_shape=(4,)), K.layers.BatchNormalization(), K.layers.Dense(4)], name="inner")
        i = K.layers.Input((4,))
        function = K.Model(i, K.layers.Dense(4, name="deep")(i), name="function")
        return K.layers.add([inner(x), function(x), inner(function(x))])

    return call


layer("k2_operations", k2_operations, (4,), api=2)
layer("k2_nested", k2_nested, (4,), api=2)


# Attention over other axes than the second, over several; gates; windows; masks of the call
for name, axes, query, value in (
    ("all", None, (2, 3, 4), (3, 2, 4)),
    ("second", (1,), (2, 3, 4), (5, 3, 4)),
    ("third", (2,), (2, 3, 4), (2, 5, 4)),
    ("apart", (1, 3), (2, 3, 2, 4), (2, 3, 4, 4)),
):
    layer("attention_axes_" + name, lambda a=axes: (lambda q, v: L.MultiHeadAttention(2, 3, attention_axes=a)(q, v)), query, value)
layer("attention_axes_causal", lambda: (lambda q: L.MultiHeadAttention(2, 3, attention_axes=(1,))(q, q, use_causal_mask=True)), (3, 2, 4))
layer("multi_head_gate", lambda: (lambda q, v: L.MultiHeadAttention(2, 3, value_dim=2, use_gate=True)(q, v)), (3, 4), (5, 4))
layer("multi_head_gate_h5", lambda: (lambda q, v: L.MultiHeadAttention(2, 3, use_gate=True)(q, v)), (3, 4), (5, 4), kind="h5")
layer("grouped_query_gate", lambda: (lambda q, v: L.GroupQueryAttention(3, 4, 2, use_gate=True)(q, v)), (3, 4), (5, 4))
layer("multi_head_window", lambda: (lambda q: L.MultiHeadAttention(2, 3, sliding_window=2)(q, q)), (6, 4))
layer("multi_head_window_causal", lambda: (lambda q: L.MultiHeadAttention(2, 3, sliding_window=3)(q, q, use_causal_mask=True)), (6, 4))
layer("grouped_query_window", lambda: (lambda q, v: L.GroupQueryAttention(3, 4, 2, sliding_window=2)(q, v)), (4, 4), (4, 4))
STEPS = [np.array([[1, 0, 1], [1, 1, 1]], "float32"), np.array([[1, 1, 0, 0, 1], [0, 1, 1, 1, 0]], "float32")]
ROWS = [rng.standard_normal((2, 3, 4)).astype("float32"), rng.standard_normal((2, 5, 4)).astype("float32")]
for name, make in (("attention", L.Attention), ("additive_attention", L.AdditiveAttention)):
    layer(f"{name}_given_masks", lambda m=make: (lambda q, v, a, b: m()([q, v], mask=[ops.cast(a, "bool"), ops.cast(b, "bool")])), (3, 4), (5, 4), (3,), (5,), data=ROWS + STEPS)
    layer(f"{name}_given_value_mask", lambda m=make: (lambda q, v, b: m()([q, v], mask=[None, ops.cast(b, "bool")])), (3, 4), (5, 4), (5,), data=ROWS + STEPS[1:])
layer("attention_scaled_concat", lambda: (lambda q, v: L.Attention(use_scale=True, score_mode="concat")([q, v])), (3, 4), (5, 4))
layer("attention_scores", lambda: (lambda q, v: L.Attention()([q, v], return_attention_scores=True)), (3, 4), (5, 4))
layer("attention_of_images", lambda: (lambda q, v: L.Attention(score_mode="concat")([q, v])), (2, 3, 4), (2, 5, 4))
layer("multi_head_given_masks", lambda: (lambda q, v, b: L.MultiHeadAttention(2, 3)(q, v, value_mask=ops.cast(b, "bool"))), (3, 4), (5, 4), (5,), data=ROWS + STEPS[1:])

# Normalization of axes in the middle, and of several
layer("group_normalization_middle", lambda: L.GroupNormalization(groups=2, axis=2), (3, 4, 2))
layer("group_normalization_counted_back", lambda: L.GroupNormalization(groups=2, axis=-2), (3, 4, 2))
layer("k2_batch_normalization_axes", lambda K: K.layers.BatchNormalization(axis=[1, 3]), (3, 4, 2), api=2)

# Images smaller than the crop are resized
layer("center_crop_low", lambda: L.CenterCrop(5, 4), (3, 6, 2))
layer("center_crop_narrow", lambda: L.CenterCrop(3, 7), (6, 5, 2))
layer("center_crop_small", lambda: L.CenterCrop(7, 5), (3, 4, 2))
layer("center_crop_odd", lambda: L.CenterCrop(2, 3), (7, 6, 1))
layer("center_crop_first", lambda: L.CenterCrop(5, 4, data_format="channels_first"), (2, 3, 6))
layer("center_crop_inside", lambda: (lambda x: L.CenterCrop(5, 6)(L.ZeroPadding2D(1)(x))), (4, 2, 1))
layer("center_crop_h5", lambda: L.CenterCrop(5, 4), (3, 6, 2), kind="h5")
layer("resizing_cropped", lambda: L.Resizing(4, 3, crop_to_aspect_ratio=True), (5, 7, 2))

# Weights that Keras made 8-bit integers
def quantized(build):
    """Quantizes the model that `build` makes, and gives it as a layer of another."""
    return lambda *inputs: ("int8", build(*inputs))


case("int8_dense", quantized(lambda x: L.Dense(3, activation="relu")(x)), (4,))
case("int8_dense_bare", quantized(lambda x: L.Dense(3, use_bias=False)(x)), (2, 4))
case("int8_embedding", quantized(lambda x: L.Embedding(5, 3)(x)), (4,), dtype="int32", integers=5)
case("int8_einsum", quantized(lambda x: L.EinsumDense("abc,cde->abde", output_shape=(None, 2, 3), bias_axes="de")(x)), (3, 4))
case("int8_einsum_turned", quantized(lambda x: L.EinsumDense("abc,bd->acd", output_shape=(4, 3))(x)), (5, 4))
case("int8_network", quantized(lambda x: L.Dense(2)(L.Flatten()(L.Conv2D(3, 3)(x)))), (5, 5, 2))


def randomized(model):
    """Random weights: those that stay at 0 or 1 hide mistakes."""
    values = []
    for w in model.get_weights():
        if w.dtype.kind != "f":
            values.append(w)
        else:
            values.append((rng.standard_normal(w.shape) * 0.5).astype(w.dtype))
    names = [getattr(w, "path", w.name) for w in model.weights]
    for i, name in enumerate(names):
        if "variance" in name:
            values[i] = np.abs(values[i]) + 0.5
    model.set_weights(values)
    for item in model._flatten_layers() if hasattr(model, "_flatten_layers") else []:
        if hasattr(item, "finalize_state"):
            item.finalize_state()


def main():
    output = sys.argv[1] if len(sys.argv) > 1 else DEFAULT
    chosen = set(sys.argv[2:])
    inner = io.BytesIO()
    # The cases have much in common: stored one behind the other, they are compressed as one.
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_STORED) as archive:

        def add(name, content):
            archive.writestr(zipfile.ZipInfo(name), content)

        def add_array(name, array):
            buffer = io.BytesIO()
            np.save(buffer, array)
            add(name, buffer.getvalue())

        for name, build, shapes, kind, dtype, integers, data, api in cases:
            if chosen and name not in chosen:
                continue
            try:
                K = keras
                if api == 2:
                    import tf_keras as K

                    kind = "h5"
                inputs = [K.Input(shape, dtype=dtype, name=f"x{i}") for i, shape in enumerate(shapes)]
                # Keras 2 is another package: the case gets it as an argument.
                result = build(K)(*inputs) if api == 2 else build(*inputs)
                mode = None
                if isinstance(result, tuple) and isinstance(result[0], str):
                    mode, result = result
                model = K.Model(inputs if len(inputs) > 1 else inputs[0], result, name="m")
                randomized(model)
                if mode:
                    model.quantize(mode)
                if data is None:
                    if integers:
                        data = [rng.integers(0, integers, (2, *shape)).astype(dtype) for shape in shapes]
                    else:
                        data = [(rng.standard_normal((2, *shape)) * 2).astype(dtype) for shape in shapes]
                results = model(data if len(data) > 1 else data[0], training=False)
                results = tf.nest.flatten(results)
                with tempfile.TemporaryDirectory() as folder:
                    path = f"{folder}/model.{kind}"
                    model.save(path)
                    with open(path, "rb") as file:
                        add(f"{name}/model.{kind}", file.read())
                for i, array in enumerate(data):
                    add_array(f"{name}/in{i}.npy", array)
                for i, array in enumerate(results):
                    add_array(f"{name}/out{i}.npy", np.array(array))
                add(f"{name}/parameters.txt", str(model.count_params()))
            except Exception as error:
                print("FAILED", name, type(error).__name__, str(error)[:300].replace("\n", " "))
    with zipfile.ZipFile(output, "w") as archive:
        content = inner.getvalue()
        archive.writestr(zipfile.ZipInfo("cases.zip"), content, zipfile.ZIP_DEFLATED, 9)
    print(os.path.getsize(output), "bytes")


main()
