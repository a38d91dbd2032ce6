"""Runs saved models with the runtimes of their formats and records what they answer."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
from ai_edge_litert import schema_py_generated as tflite_schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

import exporting

GOLDEN_SAMPLES = 8
PACKAGES = [
    "ai-edge-litert",
    "h5py",
    "keras",
    "numpy",
    "onnx",
    "onnxruntime",
    "scikit-learn",
    "tensorflow",
    "tf2onnx",
]


@dataclass(frozen=True)
class Answers:
    """What a runtime made of the test samples.

    Attributes:
        runtime: The package that ran the file.
        parameters: Elements of the weights stored, not of shapes, axes or scales.
        inputs: The samples in the type that the file takes.
        outputs: One row a sample, in the type that the file gives.
        reference_outputs: The same from the reference kernels, where the runtime has such.
        names: The input's and the output's name in the file.
    """

    runtime: str
    parameters: int
    inputs: np.ndarray
    outputs: np.ndarray
    names: tuple[str, str]
    reference_outputs: np.ndarray | None = None

    def correct(self, labels: np.ndarray) -> int:
        """Returns how many samples the largest output names rightly."""
        return int((self.outputs.argmax(axis=1) == labels).sum())


def quantized(images: np.ndarray, detail: dict) -> np.ndarray:
    """Returns the images in the type of a TensorFlow Lite input: `round(x / scale) + zeroPoint`."""
    if detail["dtype"] == np.float32:
        return images
    scale, zero_point = detail["quantization"]
    limits = np.iinfo(detail["dtype"])
    steps = np.round(images / np.float32(scale)) + zero_point
    return np.clip(steps, limits.min, limits.max).astype(detail["dtype"])


def run_tflite(path: Path, images: np.ndarray, kernels: OpResolverType) -> list[np.ndarray]:
    """Returns the inputs and the outputs, run one sample at a time."""
    interpreter = Interpreter(
        str(path), experimental_op_resolver_type=kernels, num_threads=1
    )
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    inputs = quantized(images, source)
    outputs = []
    for sample in inputs:
        interpreter.set_tensor(source["index"], sample[np.newaxis])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(result["index"])[0])
    return [inputs, np.stack(outputs)]


def tflite_parameters(model: tflite_schema.ModelT) -> int:
    """Returns the elements of the constants that are floats, or integers with a scale."""
    floats = [tflite_schema.TensorType.FLOAT32, tflite_schema.TensorType.FLOAT16]
    counts = {}
    for tensor in model.subgraphs[0].tensors:
        has_scale = tensor.quantization is not None and tensor.quantization.scale is not None
        has_data = model.buffers[tensor.buffer].data is not None
        if has_data and (has_scale or tensor.type in floats):
            counts[tensor.buffer] = int(np.prod(tensor.shape, dtype=np.int64))
    return sum(counts.values())


def answer_tflite(path: Path, images: np.ndarray) -> Answers:
    """Measures with LiteRT: its default kernels (XNNPACK), then its reference kernels."""
    inputs, outputs = run_tflite(path, images, OpResolverType.AUTO)
    _, reference = run_tflite(path, images, OpResolverType.BUILTIN_REF)
    model = tflite_schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    graph = model.subgraphs[0]
    names = [graph.tensors[i[0]].name.decode() for i in (graph.inputs, graph.outputs)]
    parameters = tflite_parameters(model)
    return Answers("ai-edge-litert", parameters, inputs, outputs, tuple(names), reference)


def answer_onnx(path: Path, images: np.ndarray) -> Answers:
    """Measures with onnxruntime on the CPU."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = (session.get_inputs()[0].name, session.get_outputs()[0].name)
    (outputs,) = session.run(None, {names[0]: images})
    weights = [
        int(np.prod(tensor.dims, dtype=np.int64))
        for tensor in onnx.load(path).graph.initializer
        if tensor.data_type == onnx.TensorProto.FLOAT
    ]
    return Answers("onnxruntime", sum(weights), images, outputs, names)


def answer_keras(path: Path, images: np.ndarray) -> Answers:
    """Measures with Keras."""
    model = keras.models.load_model(path, compile=False)
    outputs = model(images, training=False).numpy()
    names = (model.inputs[0].name, model.output_names[0])
    return Answers("keras", model.count_params(), images, outputs, names)


def answer_saved_model(path: Path, images: np.ndarray) -> Answers:
    """Measures the signature `serving_default` with TensorFlow."""
    # The module owns the variables: without it the signature refers to none.
    module = tf.saved_model.load(path)
    signature = module.signatures["serving_default"]
    (input_name,) = signature.structured_input_signature[1]
    ((output_name, outputs),) = signature(**{input_name: tf.constant(images)}).items()
    parameters = sum(int(np.prod(variable.shape)) for variable in signature.variables)
    names = (input_name, output_name)
    return Answers("tensorflow", parameters, images, outputs.numpy(), names)


def frozen_parameters(graph: tf.compat.v1.GraphDef) -> int:
    """Returns the elements of the float constants; scalars are no weights but epsilons."""
    count = 0
    for node in graph.node:
        sizes = [dim.size for dim in node.attr["value"].tensor.tensor_shape.dim]
        if node.op == "Const" and node.attr["dtype"].type == tf.float32.as_datatype_enum and sizes:
            count += int(np.prod(sizes))
    return count


def answer_frozen(path: Path, images: np.ndarray) -> Answers:
    """Measures a frozen graph with TensorFlow, from its placeholder to its last node."""
    graph = tf.compat.v1.GraphDef.FromString(path.read_bytes())
    names = (exporting.INPUT_NAME, graph.node[-1].name)
    imported = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph, name=""), [])
    tensors = [imported.graph.get_tensor_by_name(f"{name}:0") for name in names]
    outputs = imported.prune(tensors[0], tensors[1])(tf.constant(images)).numpy()
    return Answers("tensorflow", frozen_parameters(graph), images, outputs, names)


ANSWERERS: dict[str, Callable[[Path, np.ndarray], Answers]] = {
    ".tflite": answer_tflite,
    ".onnx": answer_onnx,
    ".keras": answer_keras,
    ".h5": answer_keras,
    ".pb": answer_frozen,
    "": answer_saved_model,
}


def file_facts(path: Path) -> dict:
    """Returns size and digest of one file, in bytes and SHA-256."""
    content = path.read_bytes()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def stored_facts(path: Path) -> dict:
    """Returns the facts of a file, or of a directory as a whole and file by file."""
    if path.is_file():
        return file_facts(path)
    members = sorted(member for member in path.rglob("*") if member.is_file())
    facts = {str(member.relative_to(path)): file_facts(member) for member in members}
    return {"bytes": sum(fact["bytes"] for fact in facts.values()), "files": facts}


def describe(path: Path, answers: Answers, labels: np.ndarray) -> dict:
    """Returns what `expected.json` says about one model."""
    facts = stored_facts(path) | {
        "parameters": answers.parameters,
        "input": answers.names[0],
        "output": answers.names[1],
        "runtime": answers.runtime,
        "correct": answers.correct(labels),
    }
    if answers.reference_outputs is not None:
        reference = answers.reference_outputs
        difference = np.abs(answers.outputs.astype(np.float64) - reference)
        facts["referenceCorrect"] = int((reference.argmax(axis=1) == labels).sum())
        facts["referenceMaximumDifference"] = float(difference.max())
    return facts


def golden_arrays(name: str, answers: Answers) -> dict[str, np.ndarray]:
    """Returns the leading samples' input and outputs, named after the file."""
    arrays = {"in0": answers.inputs, "out0": answers.outputs}
    if answers.reference_outputs is not None:
        arrays["ref_out0"] = answers.reference_outputs
    return {f"{name}/{key}": array[:GOLDEN_SAMPLES] for key, array in arrays.items()}


def write_report(
    files: list[Path], images: np.ndarray, labels: np.ndarray, folder: Path
) -> None:
    """Runs every file on the test samples; writes `expected.json` and `golden.npz`."""
    models, golden = {}, {}
    for path in sorted(files):
        answers = ANSWERERS[path.suffix](path, images)
        models[path.name] = describe(path, answers, labels)
        golden |= golden_arrays(path.name, answers)
        print(f"{path.name:32} {models[path.name]['bytes']:>9,} bytes", end="  ")
        print(f"{models[path.name]['correct']} of {len(labels)}")
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    report = {
        "versions": {"python": platform.python_version()} | versions,
        "machine": platform.machine(),
        "testSamples": len(labels),
        "goldenSamples": GOLDEN_SAMPLES,
        "models": models,
    }
    (folder / "expected.json").write_text(json.dumps(report, indent=2) + "\n")
    exporting.write_npz(folder / "golden.npz", golden)
