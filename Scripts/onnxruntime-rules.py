#!/usr/bin/env python3
"""Writes rules/targets/onnxruntime-cpu.json5 from the kernels that ONNX Runtime says it registers.

Needs onnx and onnxruntime from PyPI. The names that analyze gives no meaning to are those that
`analyze targets --check` refuses; they are passed as a file, one a line.

    Scripts/onnxruntime-rules.py DATE [UNMAPPED.txt] > rules/targets/onnxruntime-cpu.json5
"""
import sys
from collections import defaultdict

import onnx
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

NAMES = {"float": "float32", "double": "float64"}
LATEST = 2147483647


def element(text):
    """The element type's name in reports; None for sequences, maps and the like."""
    if not text.startswith("tensor("):
        return None
    name = text[len("tensor("):-1]
    return NAMES.get(name, name)


def schemas():
    """The schemas by domain, name and version."""
    found = {}
    for schema in list(onnx.defs.get_all_schemas_with_history()) + list(
        runtime.get_all_operator_schema()
    ):
        domain = "" if schema.domain == "ai.onnx" else schema.domain
        found.setdefault((domain, schema.name, schema.since_version), schema)
    return found


def main():
    date = sys.argv[1]
    unmapped = set(open(sys.argv[2]).read().split()) if len(sys.argv) > 2 else set()
    known = schemas()
    types = defaultdict(lambda: defaultdict(set))
    open_constraints = set()
    for kernel in runtime.get_all_opkernel_def():
        if kernel.provider != "CPUExecutionProvider":
            continue
        domain = "" if kernel.domain == "ai.onnx" else kernel.domain
        if domain not in ("", "ai.onnx.ml", "com.microsoft"):
            continue
        start, end = kernel.version_range
        key = (domain, kernel.op_name, start, end)
        types[key]
        for constraint, allowed in kernel.type_constraints.items():
            for text in allowed:
                name = element(text)
                if name is None:
                    open_constraints.add((key, constraint))
                else:
                    types[key][constraint].add(name)
    entries = []
    for key in sorted(types):
        domain, name, start, end = key
        spelled = f"{domain}.{name}" if domain else name
        candidates = [v for (d, n, v) in known if (d, n) == (domain, name) and v <= start]
        schema = known[(domain, name, max(candidates))] if candidates else None
        conditions = []
        for constraint in sorted(types[key]):
            if (key, constraint) in open_constraints or schema is None:
                continue
            allowed = set(types[key][constraint])
            if not allowed:
                continue
            # Where a kernel takes float32 only, the runtime puts casts around float16 operands.
            if "float32" in allowed:
                allowed.add("float16")
            for index, operand in enumerate(schema.inputs):
                spelling = getattr(operand, "type_str", None) or getattr(operand, "typeStr", "")
                if constraint not in (spelling, operand.name):
                    continue
                isVariadic = "Variadic" in str(operand.option)
                on = "inputs" if isVariadic and index == 0 else f"input {index}"
                listed = ", ".join(f'"{t}"' for t in sorted(allowed))
                conditions.append(f'{{ on: "{on}", types: [{listed}] }}')
                break
        entries.append([spelled, start, end, tuple(conditions)])
    merged = []
    for entry in entries:
        last = merged[-1] if merged else None
        if last and last[0] == entry[0] and last[3] == entry[3] and last[2] + 1 == entry[1]:
            last[2] = entry[2]
        else:
            merged.append(entry)
    names = {entry[0] for entry in merged}
    functions = sorted(
        (f"{d}.{n}" if d else n, v)
        for (d, n, v), schema in known.items()
        if d == "" and n not in names
        and (getattr(schema, "has_function", False)
             or getattr(schema, "has_context_dependent_function", False))
    )
    groups = defaultdict(list)
    for spelled, start, end, conditions in merged:
        groups[(start, end, conditions)].append(spelled)
    expanded = {}
    for spelled, version in functions:
        expanded.setdefault(spelled, version)
    used = names | set(expanded) | {"Constant"}
    write(date, groups, expanded, sorted(unmapped & used))


def write(date, groups, expanded, unmapped):
    """Prints the rule file."""
    release = onnxruntime.__version__
    print(f"""// Made by Scripts/onnxruntime-rules.py from onnxruntime {release}, and onnx {onnx.__version__}.
{{
  schema: "analyze.target/1",
  name: "onnxruntime-cpu",
  title: "ONNX Runtime, CPU execution provider",
  version: "{release}",
  runtime: "ONNX Runtime",
  formats: ["onnx"],
  complete: true,
  sources: {{
    kernels: {{ project: "microsoft/onnxruntime", file: "kernels registered for the CPU execution provider, as listed by get_all_opkernel_def (docs/OperatorKernels.md)", version: "{release}", date: "{date}" }},
    functions: {{ project: "onnx/onnx", file: "function bodies of the operator schemas (docs/Operators.md)", version: "{onnx.__version__}", date: "{date}" }},
    quantization: {{ project: "microsoft/onnxruntime", file: "docs: performance/model-optimizations/quantization", version: "{release}", date: "{date}" }},
  }},
  operators: {{
    format: "onnx",
    source: "kernels",
    list: [""")
    for (start, end, conditions), names in sorted(groups.items(), key=lambda item: item[1]):
        listed = ", ".join(f'"{name}"' for name in sorted(set(names)))
        limits = []
        if start > 1:
            limits.append(f"min: {start}")
        if end < LATEST:
            limits.append(f"max: {end}")
        versions = f", versions: {{ {', '.join(limits)} }}" if limits else ""
        requires = f", requires: [{', '.join(conditions)}]" if conditions else ""
        print(f"      {{ names: [{listed}]{versions}{requires} }},")
    listed = ", ".join(f'"{name}"' for name in sorted(expanded))
    print(f"""      {{ names: [{listed}], source: "functions", note: "runs as the operators of its function body" }},
      {{ names: ["Constant"], source: "functions", note: "becomes an initializer when the model is loaded" }},
    ],""")
    if unmapped:
        print("    unmapped: [" + ", ".join(f'"{name}"' for name in unmapped) + "],")
    print("""  },
  compression: [
    { action: "full-integer", effect: "pays", reason: "QDQ and QLinear models run on 8-bit kernels; without VNNI or similar instructions the gain is small", source: "quantization" },
    { action: "dynamic-range", effect: "pays", reason: "MatMul and recurrent operators have kernels with dynamically quantized activations", source: "quantization" },
    { action: "prune-unstructured", effect: "nothing", reason: "the CPU kernels are dense", source: "kernels" },
    { action: "float16", effect: "nothing", reason: "most kernels are float32; casts are put around float16 operands", source: "kernels" },
  ],
}""")


main()
