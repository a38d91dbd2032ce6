"""Counts multiply-accumulates and parameters of .onnx and .tflite files, independently of us.

    python macs.py FOLDER... --output macs.json [--shape FILE:INPUT=1x3x160x192]...

Shapes are those of a real run on zeros by onnxruntime or LiteRT (`shapes: "runtime"`), or, where
LiteRT refuses a file, those that it states (`"file"`). An open leading dimension is 1; other open
dimensions need `--shape`. Results are keyed by the path below the folder:

    macs             one for each product of an input with a weight, at every position of the
                     window: positions that fall into the padding count
    macsByOperator   the same by operator type
    biasAdditions    output elements of the counted operators that have a bias operand
    uncounted        operators that do multiply and that this script has no rule for; `macs` is a
                     lower bound where there are any
    withoutMacs      all others; elementwise work and pooling are no MACs
    parameters       elements of the weights stored in the file: constants that are floats or
                     quantized, at least of rank 1; not scales, zero points, shapes, indices
    constantElements elements of all constants stored: initializers, Constant nodes, buffers
    onnxTool         what the public counter `onnx-tool` finds for the same operators, where it is
                     installed and works; it counts each bias addition as one more

Formulas: those of fvcore (`jit_handles.py`), where one multiply-add is one.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
from pathlib import Path

from macs_count import Shape
from macs_onnx import count_onnx
from macs_tflite import count_tflite

PACKAGES = ["ai-edge-litert", "numpy", "onnx", "onnx-tool", "onnxruntime"]
COUNTERS = {".onnx": count_onnx, ".tflite": count_tflite}


def parse_shape(text: str) -> tuple[str, str, Shape]:
    """Returns file name, input name and sizes of `FILE:INPUT=1x3x160x192`."""
    target, sizes = text.rsplit("=", 1)
    file_name, input_name = target.split(":", 1)
    return file_name, input_name, [int(size) for size in sizes.split("x")]


def parse_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--output", type=Path, required=True, help="the .json file to write")
    parser.add_argument(
        "--shape", type=parse_shape, action="append", default=[], metavar="FILE:INPUT=SIZES"
    )
    return parser.parse_args()


def installed_versions() -> dict[str, str | None]:
    """Returns the version of each package used, `None` for one that is not there."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = None
    return versions


def main() -> None:
    """Counts every model below the folders."""
    arguments = parse_arguments()
    models = {}
    for folder in arguments.folders:
        for path in sorted(p for p in folder.rglob("*") if p.suffix in COUNTERS):
            given = {name: shape for file, name, shape in arguments.shape if file == path.name}
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            count = COUNTERS[path.suffix](path, given)
            models[path.relative_to(folder).as_posix()] = {"sha256": digest} | count.summary()
    document = {
        "generator": "Tests/Oracles/macs.py",
        "versions": installed_versions(),
        "models": dict(sorted(models.items())),
    }
    arguments.output.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
