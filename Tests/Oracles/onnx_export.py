"""Writes the ONNX standard's own operator tests as plain files.

    python onnx_export.py DIR

gives `DIR/NAME/model.onnx` and `DIR/NAME/test_data_set_N/{input,output}_M.pb` for each node test
of `onnx.backend.test`, the layout that the ONNX project uses itself, and `DIR/tolerances.json`:
for each test the relative and absolute tolerance that the project allows. The tests are
computed when they are loaded; the package keeps no files of them.
"""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path

import onnx
from google.protobuf.message import Message
from onnx import numpy_helper
from onnx.backend.test.case.test_case import TestCase
from onnx.backend.test.loader import load_model_tests


def node_cases() -> list[TestCase]:
    """Returns the node tests, sorted by name."""
    with warnings.catch_warnings():
        # Tests of infinities and overflow make them on purpose.
        warnings.simplefilter("ignore", RuntimeWarning)
        return sorted(load_model_tests(kind="node"), key=lambda case: case.name)


def encoded(value: object, info: onnx.ValueInfoProto) -> Message:
    """Returns a test's input or output as the message that ONNX stores it in.

    Args:
        value: An array, a list, a dictionary, `None` for an absent optional, or a message already.
        info: The graph's declaration of it, which says what kind of message it is.
    """
    if isinstance(value, Message):
        return value
    encoders = {
        "tensor_type": numpy_helper.from_array,
        "sequence_type": numpy_helper.from_list,
        "map_type": numpy_helper.from_dict,
        "optional_type": numpy_helper.from_optional,
    }
    return encoders[info.type.WhichOneof("value")](value, info.name)


def write_values(folder: Path, prefix: str, values: list, infos: list) -> None:
    """Writes one file a value: `PREFIX_0.pb`, `PREFIX_1.pb`, …"""
    for index, (value, info) in enumerate(zip(values, infos, strict=True)):
        content = encoded(value, info).SerializeToString(deterministic=True)
        (folder / f"{prefix}_{index}.pb").write_bytes(content)


def export(case: TestCase, folder: Path) -> None:
    """Writes the model and all data sets of one test."""
    folder.mkdir(parents=True, exist_ok=True)
    model = case.model.SerializeToString(deterministic=True)
    (folder / "model.onnx").write_bytes(model)
    for index, (inputs, outputs) in enumerate(case.data_sets):
        data_set = folder / f"test_data_set_{index}"
        data_set.mkdir(exist_ok=True)
        write_values(data_set, "input", inputs, case.model.graph.input)
        write_values(data_set, "output", outputs, case.model.graph.output)


def main() -> None:
    """Exports every node test."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the tests go")
    folder: Path = parser.parse_args().folder

    cases = node_cases()
    for case in cases:
        export(case, folder / case.name)
    tolerances = {case.name: {"relative": case.rtol, "absolute": case.atol} for case in cases}
    (folder / "tolerances.json").write_text(json.dumps(tolerances, indent=1) + "\n")
    print(f"{len(cases)} tests of onnx {onnx.__version__}")


if __name__ == "__main__":
    main()
