"""Lists the output shapes that the ONNX standard's own operator tests state.

    python onnx_shapes.py FILE.jsonl

writes one JSON object a line. The first line has `onnx`, the version; the others, one for each
node test, sorted by name:

    name        the test's name
    model       its path below the folder that `onnx_export.py` writes
    opsets      version by domain ("" is the default domain)
    operators   types used, in subgraphs too, with the domain unless it is the default
    inputs      [{name, kind, type, shape}] of the graph
    outputs     the same, with two more:
        inferred  the shape that `onnx.shape_inference` finds with the stated one removed
        data      [{type, shape}] of `test_data_set_0/output_N.pb`: one of a tensor, one an
                  element of a sequence, none of an absent optional

`kind` is tensor, sequence, optional or map. Types are the names of `TensorProto.DataType`. A
dimension is a number, a symbol's name, or null where the model leaves it open; a shape is null
where even the rank is open, or where there is none.

Shapes that `inferred` leaves open depend on input values, or the inference does not know the
operator.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import onnx
from google.protobuf.message import Message
from onnx.backend.test.case.test_case import TestCase

from onnx_export import encoded, node_cases

Dimensions = list[int | str | None]


def type_name(element_type: int) -> str:
    """Returns the name of a `TensorProto.DataType`."""
    return onnx.TensorProto.DataType.Name(element_type)


def dimension(proto: onnx.TensorShapeProto.Dimension) -> int | str | None:
    """Returns a number, a symbol, or `None` where neither is given."""
    field = proto.WhichOneof("value")
    value = getattr(proto, field) if field else None
    # An empty symbol and no symbol mean the same.
    return None if value == "" else value


def innermost_tensor(proto: onnx.TypeProto) -> onnx.TypeProto.Tensor:
    """Returns the tensor type inside sequences, optionals and maps."""
    kind = proto.WhichOneof("value")
    if kind == "tensor_type":
        return proto.tensor_type
    content = proto.map_type.value_type if kind == "map_type" else getattr(proto, kind).elem_type
    return innermost_tensor(content)


def stated_shape(info: onnx.ValueInfoProto) -> Dimensions | None:
    """Returns the declared shape of a tensor, or of the tensors in a container."""
    tensor = innermost_tensor(info.type)
    return [dimension(dim) for dim in tensor.shape.dim] if tensor.HasField("shape") else None


def declaration(info: onnx.ValueInfoProto) -> dict:
    """Returns what the graph says about one input or output."""
    return {
        "name": info.name,
        "kind": info.type.WhichOneof("value").removesuffix("_type"),
        "type": type_name(innermost_tensor(info.type).elem_type),
        "shape": stated_shape(info),
    }


def inferred_shapes(model: onnx.ModelProto) -> list[Dimensions | None]:
    """Returns what `onnx.shape_inference` finds for the outputs on its own."""
    blank = onnx.ModelProto()
    blank.CopyFrom(model)
    for output in blank.graph.output:
        innermost_tensor(output.type).ClearField("shape")
    inferred = onnx.shape_inference.infer_shapes(blank, data_prop=True)
    return [stated_shape(output) for output in inferred.graph.output]


def stored_tensors(value: Message) -> Iterator[dict]:
    """Yields type and shape of each tensor in a stored value."""
    if isinstance(value, onnx.TensorProto):
        yield {"type": type_name(value.data_type), "shape": list(value.dims)}
    elif isinstance(value, onnx.SequenceProto):
        for tensor in value.tensor_values:
            yield from stored_tensors(tensor)
        for sequence in value.sequence_values:
            yield from stored_tensors(sequence)
    elif isinstance(value, onnx.OptionalProto):
        for field in ("tensor_value", "sequence_value"):
            if value.HasField(field):
                yield from stored_tensors(getattr(value, field))
    else:
        raise TypeError(f"no rule for a stored {type(value).__name__}")


def operator_names(graph: onnx.GraphProto) -> set[str]:
    """Returns the operator types of a graph and its subgraphs."""
    names = set()
    for node in graph.node:
        domain = "" if node.domain in ("", "ai.onnx") else f"{node.domain}:"
        names.add(domain + node.op_type)
        for attribute in node.attribute:
            for subgraph in [attribute.g, *attribute.graphs]:
                names |= operator_names(subgraph)
    return names


def listing(case: TestCase) -> dict:
    """Returns one line of the list."""
    graph = case.model.graph
    _, stored = case.data_sets[0]
    outputs = [
        declaration(info)
        | {"inferred": inferred, "data": list(stored_tensors(encoded(value, info)))}
        for info, inferred, value in zip(
            graph.output, inferred_shapes(case.model), stored, strict=True
        )
    ]
    return {
        "name": case.name,
        "model": f"{case.name}/model.onnx",
        "opsets": {opset.domain: opset.version for opset in case.model.opset_import},
        "operators": sorted(operator_names(graph)),
        "inputs": [declaration(info) for info in graph.input],
        "outputs": outputs,
    }


def main() -> None:
    """Writes the list."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="the .jsonl file to write")
    output: Path = parser.parse_args().output

    lines = [{"onnx": onnx.__version__}] + [listing(case) for case in node_cases()]
    output.write_text("".join(json.dumps(line, sort_keys=True) + "\n" for line in lines))
    print(f"{len(lines) - 1} tests of onnx {onnx.__version__}")


if __name__ == "__main__":
    main()
