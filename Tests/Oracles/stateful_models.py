"""Small TensorFlow Lite models with state, and what the official runtime makes of successive calls.

    python3 stateful_models.py FOLDER

Writes FOLDER/*.tflite and FOLDER/stateful.json. Needs from PyPI: tensorflow-cpu, ai-edge-litert, numpy, tf_keras
(only the layers of Keras 2 are fused to UNIDIRECTIONAL_SEQUENCE_LSTM).
The interpreter runs with its reference kernels; the same interpreter is called several times, so that
the second call finds what the first one left.
"""

import json
import os
import pathlib
import sys

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy
import tensorflow
from ai_edge_litert.interpreter import Interpreter, OpResolverType

folder = pathlib.Path(sys.argv[1])
random = numpy.random.default_rng(7)
tensorflow.random.set_seed(7)


class Accumulator(tensorflow.Module):
    """Adds every input to what it holds."""

    def __init__(self):
        self.sum = tensorflow.Variable(numpy.float32([[1, -2, 3]]))

    @tensorflow.function(input_signature=[tensorflow.TensorSpec([1, 3], tensorflow.float32)])
    def call(self, x):
        self.sum.assign_add(x)
        return self.sum.read_value() * 2.0


class Table(tensorflow.Module):
    """Looks words up."""

    def __init__(self):
        self.table = tensorflow.lookup.StaticHashTable(
            tensorflow.lookup.KeyValueTensorInitializer(
                tensorflow.constant(["cat", "dog", "é"]),
                tensorflow.constant([3, 5, 8], tensorflow.int64),
            ),
            default_value=-1,
        )

    @tensorflow.function(input_signature=[tensorflow.TensorSpec([4], tensorflow.string)])
    def call(self, words):
        return self.table.lookup(words)


def module(value):
    return tensorflow.lite.TFLiteConverter.from_concrete_functions(
        [value.call.get_concrete_function()], value
    )


def recurrent(integers):
    layers = tensorflow.keras.layers
    inputs = layers.Input(batch_shape=(1, 4, 3))
    hidden = layers.LSTM(5, return_sequences=True)(inputs)
    model = tensorflow.keras.Model(inputs, hidden)
    for weight in model.weights:
        weight.assign(random.normal(0, 0.5, weight.shape).astype("float32"))
    converter = tensorflow.lite.TFLiteConverter.from_keras_model(model)
    if integers:
        converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
        samples = [random.normal(0, 1, (1, 4, 3)).astype("float32") for _ in range(50)]
        converter.representative_dataset = lambda: ([sample] for sample in samples)
        ops = tensorflow.lite.OpsSet
        if integers == 8:
            converter.target_spec.supported_ops = [ops.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = tensorflow.int8
            converter.inference_output_type = tensorflow.int8
    return converter


def described(array):
    values = array.ravel().tolist()
    if array.dtype.kind in "OS":
        values = [value.decode() if isinstance(value, bytes) else value for value in values]
    kind = "string" if array.dtype.kind in "OSU" else array.dtype.name
    return {"type": kind, "shape": list(array.shape), "values": values}


def calls(path, inputs):
    # The reference resolver has no tables.
    kind = OpResolverType.AUTO if path.stem == "table" else OpResolverType.BUILTIN_REF
    interpreter = Interpreter(model_path=str(path), experimental_op_resolver_type=kind)
    interpreter.allocate_tensors()
    result = []
    for value in inputs:
        place = interpreter.get_input_details()[0]
        interpreter.set_tensor(place["index"], value)
        interpreter.invoke()
        outputs = [interpreter.get_tensor(o["index"]) for o in interpreter.get_output_details()]
        result.append({"input": described(value), "outputs": [described(o) for o in outputs]})
    return result


def normal(shape, count):
    return [random.normal(0, 1, shape).astype("float32") for _ in range(count)]


def bytes_of(shape, count):
    return [random.integers(-128, 128, shape).astype("int8") for _ in range(count)]


words = [
    numpy.array(["dog", "fish", "é", "cat"], dtype=object),
    numpy.array(["", "cat", "cat", "Dog"], dtype=object),
]
models = {
    "accumulator": (module(Accumulator()), normal((1, 3), 3)),
    "table": (module(Table()), words),
    "lstm": (recurrent(0), normal((1, 4, 3), 3)),
    "lstm_int8": (recurrent(8), bytes_of((1, 4, 3), 3)),
}
expected = {}
for name, (converter, inputs) in models.items():
    path = folder / f"{name}.tflite"
    try:
        path.write_bytes(converter.convert())
        expected[name] = calls(path, inputs)
        print(name, path.stat().st_size)
    except Exception as error:  # one model less is better than none
        print(name, "FAILED", str(error)[:300])
(folder / "stateful.json").write_text(json.dumps(expected) + "\n")
