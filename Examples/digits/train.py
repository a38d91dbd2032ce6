"""Trains two small classifiers of handwritten digits and saves them in every format.

    python train.py --output DIR

writes the models, the data (`calibration.npz`, `test.npz`), what the official runtimes measured
(`expected.json`) and what they answered (`golden.npz`). README.md describes the files.

The seeds, the split and the order of sums are fixed: the same machine and package versions give
the same weights and answers. Another processor may round sums differently, and so end elsewhere.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402

import exporting  # noqa: E402
import measuring  # noqa: E402

SEED = 20
CLASSES = 10
TEST_SAMPLES = 360
CALIBRATION_SAMPLES = 300
# Pixels of the data set count the dark points of a 4x4 block, hence 0...16.
PIXEL_MAXIMUM = 16


@dataclass(frozen=True)
class Samples:
    """Images and their labels.

    Attributes:
        images: float32 in 0...1, shape `[samples, 8, 8, 1]` (height, width, channels).
        labels: int64 in 0...9, shape `[samples]`.
    """

    images: np.ndarray
    labels: np.ndarray

    def first(self, count: int) -> Samples:
        """Returns the leading `count` samples."""
        return Samples(self.images[:count], self.labels[:count])

    def save(self, path: Path) -> None:
        """Writes the samples under the name of the models' input."""
        exporting.write_npz(path, {exporting.INPUT_NAME: self.images, "labels": self.labels})


def load_samples() -> tuple[Samples, Samples]:
    """Returns the training samples (1,437) and the test samples (360), shuffled by `SEED`."""
    digits = load_digits()
    images = (digits.images[..., np.newaxis] / PIXEL_MAXIMUM).astype(np.float32)
    labels = digits.target.astype(np.int64)
    order = np.random.default_rng(SEED).permutation(len(labels))
    test, train = order[:TEST_SAMPLES], order[TEST_SAMPLES:]
    return Samples(images[train], labels[train]), Samples(images[test], labels[test])


def build_cnn() -> keras.Model:
    """Returns the small network: two plain convolutions and one dense layer."""
    image = keras.Input((8, 8, 1), name=exporting.INPUT_NAME)
    x = layers.Conv2D(16, 3, padding="same", activation="relu", name="stem")(image)
    x = layers.MaxPooling2D(2, name="pool")(x)
    x = layers.Conv2D(24, 3, padding="same", activation="relu", name="features")(x)
    x = layers.Flatten(name="flatten")(x)
    probabilities = layers.Dense(CLASSES, activation="softmax", name=exporting.OUTPUT_NAME)(x)
    return keras.Model(image, probabilities, name="digits_cnn")


def normalized(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Appends batch normalization, which converters fold into the preceding convolution."""
    return layers.BatchNormalization(name=f"{name}_bn")(x)


def separable_block(
    x: keras.KerasTensor, channels: int, name: str, stride: int = 1, residual: bool = False
) -> keras.KerasTensor:
    """Appends a depthwise and a pointwise convolution, optionally with a skip connection."""
    block_input = x
    x = layers.DepthwiseConv2D(
        3, stride, padding="same", use_bias=False, name=f"{name}_dw"
    )(x)
    x = layers.ReLU(name=f"{name}_dw_relu")(normalized(x, f"{name}_dw"))
    x = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_pw")(x)
    x = normalized(x, f"{name}_pw")
    if residual:
        x = layers.Add(name=f"{name}_add")([block_input, x])
    return layers.ReLU(name=f"{name}_relu")(x)


def build_dscnn() -> keras.Model:
    """Returns the wider network: depthwise-separable blocks, the last one with a residual add."""
    image = keras.Input((8, 8, 1), name=exporting.INPUT_NAME)
    x = layers.Conv2D(32, 3, padding="same", use_bias=False, name="stem")(image)
    x = layers.ReLU(name="stem_relu")(normalized(x, "stem"))
    x = separable_block(x, 64, "block1")
    x = separable_block(x, 96, "block2", stride=2)
    x = separable_block(x, 96, "block3", residual=True)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    probabilities = layers.Dense(CLASSES, activation="softmax", name=exporting.OUTPUT_NAME)(x)
    return keras.Model(image, probabilities, name="digits_dscnn")


def train(model: keras.Model, samples: Samples, epochs: int) -> None:
    """Trains in place; the learning rate falls along a cosine to zero."""
    batch = 32
    steps = epochs * -(-len(samples.labels) // batch)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(4e-3, steps)),
        loss="sparse_categorical_crossentropy",
    )
    model.fit(samples.images, samples.labels, batch_size=batch, epochs=epochs, verbose=0)


def trained(build: Callable[[], keras.Model], samples: Samples, epochs: int) -> keras.Model:
    """Builds and trains a network; the result carries no optimizer, so files hold weights only."""
    keras.utils.set_random_seed(SEED)
    learner = build()
    train(learner, samples, epochs)
    keras.backend.clear_session()
    model = build()
    model.set_weights(learner.get_weights())
    return model


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True, help="folder for the files")
    return parser.parse_args()


def main() -> None:
    """Trains, saves, measures; prints one line a file."""
    output: Path = parse_arguments().output
    output.mkdir(parents=True, exist_ok=True)
    tf.config.experimental.enable_op_determinism()

    training, test = load_samples()
    calibration = training.first(CALIBRATION_SAMPLES)
    calibration.save(output / "calibration.npz")
    test.save(output / "test.npz")

    files: list[Path] = []
    for build, epochs in [(build_cnn, 40), (build_dscnn, 30)]:
        model = trained(build, training, epochs)
        files += exporting.save_all(model, calibration.images, output)
    measuring.write_report(files, test.images, test.labels, output)


if __name__ == "__main__":
    main()
