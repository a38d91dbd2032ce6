"""Writes a Keras classifier in each format, and arrays as `.npz`."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
from tensorflow.python.framework.convert_to_constants import (
    convert_variables_to_constants_v2,
)

INPUT_NAME = "image"
OUTPUT_NAME = "probabilities"
ONNX_OPSET = 18
# The earliest time that a ZIP entry can state; stands in for the time of the run.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes arrays as `numpy.savez` does, uncompressed, but without the current time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), version=(1, 0))
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", ZIP_EPOCH), buffer.getvalue())


def save_keras(model: keras.Model, path: Path) -> None:
    """Writes Keras 3's own format, an archive of a configuration and HDF5 weights."""
    model.save(path)


def save_h5(model: keras.Model, path: Path) -> None:
    """Writes the HDF5 format of Keras 1 and 2."""
    model.save(path)


def save_saved_model(model: keras.Model, path: Path) -> None:
    """Writes an inference-only SavedModel with the signature `serving_default`."""
    shutil.rmtree(path, ignore_errors=True)
    model.export(path, format="tf_saved_model", verbose=False)
    # Empty here, and version control does not keep empty directories.
    (path / "assets").rmdir()


def frozen_inference(
    model: keras.Model, batch: int | None
) -> tf.types.experimental.ConcreteFunction:
    """Returns the model's inference graph, with the weights as constants.

    Args:
        model: The trained classifier.
        batch: The number of samples it takes at once; `None` leaves it open.
    """
    image = tf.TensorSpec([batch, *model.input_shape[1:]], tf.float32, name=INPUT_NAME)

    @tf.function(input_signature=[image])
    def call(image: tf.Tensor) -> tf.Tensor:
        return model(image, training=False)

    return convert_variables_to_constants_v2(call.get_concrete_function())


def save_frozen(model: keras.Model, path: Path) -> None:
    """Writes a TensorFlow 1 style graph whose variables are constants."""
    graph = frozen_inference(model, batch=None).graph.as_graph_def()
    path.write_bytes(graph.SerializeToString(deterministic=True))


def rename_output(graph: onnx.GraphProto, name: str) -> None:
    """Renames the only output, which converters call after TensorFlow's last node, `Identity`."""
    (output,) = graph.output
    for node in graph.node:
        names = [name if old == output.name else old for old in node.output]
        node.output[:] = names
    output.name = name


def save_onnx(model: keras.Model, path: Path) -> None:
    """Converts with tf2onnx; the input stays channels-last, as the samples are."""
    image = tf.TensorSpec([None, *model.input_shape[1:]], tf.float32, name=INPUT_NAME)
    function = tf.function(lambda image: model(image, training=False), input_signature=[image])
    proto, _ = tf2onnx.convert.from_function(function, [image], opset=ONNX_OPSET)
    rename_output(proto.graph, OUTPUT_NAME)
    for value in [*proto.graph.input, *proto.graph.output]:
        # The converter numbers unknown dimensions: two of one meaning get two names.
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.checker.check_model(proto, full_check=True)
    path.write_bytes(proto.SerializeToString(deterministic=True))


def float32(converter: tf.lite.TFLiteConverter, calibration: np.ndarray) -> None:
    """Leaves the weights as they are."""


def dynamic_range(converter: tf.lite.TFLiteConverter, calibration: np.ndarray) -> None:
    """Stores weight tensors of at least 1,024 elements in 8 bits; activations stay float."""
    converter.optimizations = [tf.lite.Optimize.DEFAULT]


def float16(converter: tf.lite.TFLiteConverter, calibration: np.ndarray) -> None:
    """Stores the weights in 16 bits and widens them before use."""
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]


def full_int8(converter: tf.lite.TFLiteConverter, calibration: np.ndarray) -> None:
    """Computes in 8 bits from input to output; ranges come from the calibration samples."""

    def representative() -> Iterator[list[np.ndarray]]:
        for image in calibration:
            yield [image[np.newaxis]]

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8


Configuration = Callable[[tf.lite.TFLiteConverter, np.ndarray], None]

TFLITE_VARIANTS: dict[str, Configuration] = {
    "": float32,
    "_dynamic": dynamic_range,
    "_fp16": float16,
    "_int8": full_int8,
}

WRITERS: dict[str, Callable[[keras.Model, Path], None]] = {
    ".keras": save_keras,
    ".h5": save_h5,
    "_savedmodel": save_saved_model,
    "_frozen.pb": save_frozen,
    ".onnx": save_onnx,
}


def save_tflite(
    model: keras.Model, configure: Configuration, calibration: np.ndarray, path: Path
) -> None:
    """Converts for one sample at a time, the usual case on a device."""
    # Not `from_keras_model`: it renames the input to `serving_default_image:0`.
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [frozen_inference(model, batch=1)]
    )
    configure(converter, calibration)
    path.write_bytes(converter.convert())


def save_all(model: keras.Model, calibration: np.ndarray, folder: Path) -> list[Path]:
    """Writes every format of one model.

    Args:
        model: The trained classifier.
        calibration: float32 images that fix the activation ranges of the int8 file.
        folder: Where the files go, named after the model.

    Returns:
        The paths written.
    """
    paths = []
    for suffix, configure in TFLITE_VARIANTS.items():
        paths.append(folder / f"{model.name}{suffix}.tflite")
        save_tflite(model, configure, calibration, paths[-1])
    for suffix, write in WRITERS.items():
        paths.append(folder / f"{model.name}{suffix}")
        write(model, paths[-1])
    return paths
