#!/usr/bin/env python3
"""Unpacks what the tests keep in archives into a folder of inputs for each target of the fuzzer.

    Scripts/fuzz-inputs.py FOLDER

What was picked (Fuzz/corpus.zip), malformed files, a model of each layer of Keras, a graph of each operator of
TensorFlow, the examples, and small models made by hand (Fuzz/handmade.py).
"""

import ast
import io
import shutil
import struct
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "Tests"


def picked():
    with zipfile.ZipFile(ROOT / "Fuzz/corpus.zip") as outer:
        with zipfile.ZipFile(io.BytesIO(outer.read("corpus.zip"))) as inner:
            for name in inner.namelist():
                yield *name.split("/"), inner.read(name)


def malformed():
    # Others than these have the targets' own names.
    targets = {"graph": "graphdef", "index": "checkpoint"}
    with zipfile.ZipFile(TESTS / "FuzzTests/Fixtures/malformed.zip") as archive:
        for name in archive.namelist():
            kind, _, number = name.split("/")
            yield targets.get(kind, kind), f"bad-{kind}-{number}", archive.read(name)


def keras():
    with zipfile.ZipFile(TESTS / "FormatKerasTests/Fixtures/layers.zip") as outer:
        with zipfile.ZipFile(io.BytesIO(outer.read("cases.zip"))) as cases:
            for name in cases.namelist():
                case, _, file = name.partition("/")
                if not file.startswith("model."):
                    continue
                content = cases.read(name)
                yield "keras", f"layer-{case}", content
                if file == "model.keras":
                    with zipfile.ZipFile(io.BytesIO(content)) as model:
                        yield "keras-config", f"layer-{case}", model.read("config.json")


def graphs():
    with zipfile.ZipFile(TESTS / "FormatTensorFlowTests/Fixtures/operators.npz") as archive:
        for name in archive.namelist():
            if name.endswith("/graph.npy"):
                # The graph's bytes as an array of bytes (NumPy's format: header, then content).
                content = archive.read(name)
                length = struct.unpack("<H", content[8:10])[0]
                header = ast.literal_eval(content[10:10 + length].decode())
                if header["descr"] != "|u1":
                    raise ValueError(f"{name} holds {header['descr']}")
                yield "graphdef", "operator-" + name.split("/")[0], content[10 + length:]


def saved_models():
    """In the form of the target: two sizes of 16 bits, then the three files (Fuzz/Formats/SavedModelFolder.swift)."""
    folder = ROOT / "Examples/digits/digits_cnn_savedmodel"
    parts = [(folder / name).read_bytes() for name in (
        "saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001")]
    yield "savedmodel", "digits", struct.pack("<HH", *(len(part) for part in parts[:2])) + b"".join(parts)
    yield "checkpoint", "digits", parts[1]


def handmade_files():
    sys.path.insert(0, str(ROOT / "Fuzz"))
    import handmade
    for number, (target, _, content) in enumerate(handmade.files()):
        yield target, f"made-{number:03}", content


def examples():
    endings = {".tflite": "tflite", ".onnx": "onnx", ".keras": "keras", ".h5": "keras", ".pb": "graphdef"}
    for path in sorted((ROOT / "Examples/digits").iterdir()):
        if path.suffix in endings:
            yield endings[path.suffix], path.name, path.read_bytes()
    for path in sorted((TESTS / "ExecutionTests/Fixtures").glob("*.tflite")):
        yield "tflite", path.name, path.read_bytes()


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: fuzz-inputs.py FOLDER")
    sys.dont_write_bytecode = True
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    for source in (picked, malformed, keras, graphs, saved_models, handmade_files, examples):
        for target, name, content in source():
            path = folder / target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


if __name__ == "__main__":
    main()
