"""Lists TensorFlow checkpoints with TensorFlow, and makes small ones.

    python checkpoint_listing.py FOLDER... --output checkpoints.json

`listed`: every `*.index` below the folders, keyed by the path below the folder:

    tensors    [key, type, shape] of each tensor, sorted by key; types as numbers of `DataType`
    objects    nodes of the object graph, 0 where there is none
    names      checkpoint key to full name of the variables in the object graph
    slots      checkpoint keys of what optimizers keep

`made`: checkpoints that this script saves: `index` and `data` are the files in base64; each of
`tensors` has besides the value's bytes in base64, or for text a list of elements in base64.

`snappy`: texts in base64 and what Snappy (of the package `cramjam`) makes of them.
"""

from __future__ import annotations

import argparse
import base64
import importlib.metadata
import json
import os
import tempfile
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import cramjam  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from tensorflow.core.protobuf import trackable_object_graph_pb2  # noqa: E402

GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"


def encoded(data: bytes) -> str:
    """Returns bytes as text."""
    return base64.b64encode(data).decode()


def listing(prefix: str) -> dict[str, Any]:
    """Returns what TensorFlow finds in a checkpoint."""
    reader = tf.train.load_checkpoint(prefix)
    shapes = reader.get_variable_to_shape_map()
    types = reader.get_variable_to_dtype_map()
    graph = trackable_object_graph_pb2.TrackableObjectGraph()
    if GRAPH_KEY in shapes:
        graph.ParseFromString(reader.get_tensor(GRAPH_KEY))
    attributes = [attribute for node in graph.nodes for attribute in node.attributes]
    slots = [slot for node in graph.nodes for slot in node.slot_variables]
    return {
        "tensors": [
            [key, types[key].as_datatype_enum, shapes[key]]
            for key in sorted(shapes, key=lambda key: key.encode())
        ],
        "objects": len(graph.nodes),
        "names": {a.checkpoint_key: a.full_name for a in attributes if a.full_name},
        "slots": sorted(
            attribute.checkpoint_key
            for slot in slots
            for attribute in graph.nodes[slot.slot_variable_node_id].attributes
        ),
    }


def value_of(reader: Any, key: str) -> str | list[str]:
    """Returns a tensor's bytes, or the bytes of its elements for text."""
    value = reader.get_tensor(key)
    if isinstance(value, bytes):
        return [encoded(value)]
    if value.dtype == object:
        return [encoded(element) for element in value.flatten()]
    return encoded(value.tobytes())


def made(save: Any) -> dict[str, Any]:
    """Returns the files and the content of a checkpoint that `save(prefix)` writes."""
    with tempfile.TemporaryDirectory() as folder:
        prefix = folder + "/checkpoint"
        save(prefix)
        reader = tf.train.load_checkpoint(prefix)
        result = listing(prefix)
        result["values"] = {row[0]: value_of(reader, row[0]) for row in result["tensors"]}
        result["index"] = encoded(Path(prefix + ".index").read_bytes())
        result["data"] = encoded(Path(prefix + ".data-00000-of-00001").read_bytes())
        return result


def save_types(prefix: str) -> None:
    """Saves a tensor of each type that variables have, and text."""
    types = [
        "float32", "float64", "int32", "uint8", "int16", "int8", "complex64", "int64", "bool",
        "uint16", "complex128", "float16", "uint32", "uint64", "bfloat16",
    ]
    numbers = np.array([[0, 1, 2], [3, 4, 5]])
    tensors = {name: tf.cast(tf.constant(numbers), name) for name in types}
    tensors["scalar"] = tf.constant(1.5)
    tensors["none"] = tf.zeros([2, 0, 3])
    tensors["text"] = tf.constant([["", "a"], ["é" * 200, "\0\xff"]])
    tensors["noText"] = tf.zeros([0], tf.string)
    tensors["größe/名"] = tf.constant([1, 2], tf.int8)
    names = sorted(tensors)
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=names,
        shape_and_slices=[""] * len(names),
        tensors=[tensors[name] for name in names],
    )


def save_parts(prefix: str) -> None:
    """Saves tensors in parts, some of them far along a dimension."""
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=["a", "a", "b", "long", "long"],
        # The extents fix how many bytes their numbers take in the keys: 1, 2 and 3.
        shape_and_slices=[
            "4 3 0,1:-", "4 3 1,3:-", "", "9000 1 0,8500:-", "9000 1 8500,500:-",
        ],
        tensors=[
            tf.constant([[0, 1, 2]], tf.int8),
            tf.constant([[3, 4, 5], [6, 7, 8], [9, 10, 11]], tf.int8),
            tf.constant(7.0),
            tf.zeros([8500, 1], tf.bool),
            tf.zeros([500, 1], tf.bool),
        ],
    )


def save_objects(prefix: str) -> None:
    """Saves objects with variables, as Python programs do."""
    model = tf.Module()
    model.layers = [
        tf.Variable(tf.ones([2, 3]), name="dense/kernel"),
        tf.Variable(0.5, name="dense/bias"),
    ]
    step = tf.Variable(3, dtype=tf.int64, name="step")
    tf.train.Checkpoint(model=model, step=step).write(prefix)


def snappy_vectors() -> list[dict[str, str]]:
    """Returns texts that need every kind of element."""
    random = np.random.default_rng(1)
    texts = [
        b"", b"a", b"Wikipedia is a free, web-based, collaborative, multilingual project.",
        b"ab" * 500, bytes(5000), bytes(random.integers(0, 256, 300, np.uint8)),
        bytes(random.integers(0, 4, 4000, np.uint8)),
        bytes(random.integers(0, 256, 3000, np.uint8)) + b"x" * 70 + bytes(3000),
    ]
    texts.append(texts[-3] + texts[-2] + texts[-3])
    return [
        {"text": encoded(text), "compressed": encoded(bytes(cramjam.snappy.compress_raw(text)))}
        for text in texts
    ]


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--output", type=Path, required=True, help="the .json file to write")
    arguments = parser.parse_args()
    listed = {
        path.relative_to(folder).as_posix(): listing(str(path)[: -len(".index")])
        for folder in arguments.folders
        for path in sorted(folder.rglob("*.index"))
    }
    packages = ["cramjam", "numpy", "tensorflow"]
    savers = {"types": save_types, "parts": save_parts, "objects": save_objects}
    document = {
        "generator": "Tests/Oracles/checkpoint_listing.py",
        "versions": {name: importlib.metadata.version(name) for name in packages},
        "listed": dict(sorted(listed.items())),
        "made": {name: made(save) for name, save in savers.items()},
        "snappy": snappy_vectors(),
    }
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    # One line a checkpoint and a tensor, so that differences can be read.
    for piece in ['{"tensors":', '["', '"values":', '"index":', '"data":', '{"text":']:
        text = text.replace("," + piece, ",\n" + piece)
    arguments.output.write_text(text + "\n")


if __name__ == "__main__":
    main()
