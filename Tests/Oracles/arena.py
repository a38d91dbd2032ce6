"""Writes arena.json: where TensorFlow Lite puts tensors, and how much TensorFlow Lite Micro plans.

Needs two environments, because the two packages do not go together:

    pip install ai-edge-litert numpy     python arena.py lite SHARED_MODELS EXAMPLES > lite.json
    pip install tflite-micro numpy       python arena.py micro SHARED_MODELS EXAMPLES > micro.json
    python arena.py join lite.json micro.json > arena.json

`lite` runs each model once on zeros with the builtin kernels, without delegates, on one thread, and
takes the address of every tensor. The arena begins at the first input; it ends where the chain of
tensors that follow each other without a gap of more than the alignment (64 bytes) breaks off.
`micro` makes an interpreter that records its allocations and reads the head's size from what it prints.
"""

import glob
import json
import os
import re
import subprocess
import sys


def models(shared, examples):
    found = [(os.path.relpath(path, shared), path) for path in glob.glob(shared + "/**/*.tflite", recursive=True)]
    found += [("digits/" + os.path.basename(path), path) for path in glob.glob(examples + "/digits/*.tflite")]
    return sorted(found)


def lite(path):
    import ai_edge_litert
    import numpy
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_path=path,
        num_threads=1,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    for entry in interpreter.get_input_details():
        interpreter.set_tensor(entry["index"], numpy.zeros(entry["shape"], entry["dtype"]))
    interpreter.invoke()
    places = {}
    for entry in interpreter.get_tensor_details():
        try:
            array = interpreter.tensor(entry["index"])()
        except ValueError:
            continue  # No data: a temporary of another storage, or a tensor that nothing uses.
        if array.nbytes:
            places[entry["index"]] = (array.__array_interface__["data"][0], array.nbytes)
    base = min(places[entry["index"]][0] for entry in interpreter.get_input_details())
    end = base
    inside = {}
    for index, (address, size) in sorted(places.items(), key=lambda item: (item[1][0], -item[1][1])):
        if base <= address <= end + 63:
            end = max(end, address + size)
            inside[index] = (address - base, size)
    return {
        "arenaBytes": end - base,
        "offsets": {str(index): list(place) for index, place in sorted(inside.items())},
    }


def micro(path):
    code = (
        "import sys; from tflite_micro import runtime\n"
        "runtime.Interpreter.from_file(sys.argv[1], intrepreter_config="
        "runtime.InterpreterConfig.kAllocationRecording).print_allocations()"
    )
    run = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, timeout=120)
    text = run.stdout + run.stderr
    head = re.search(r"Arena allocation head (\d+) bytes", text)
    tail = re.search(r"Arena allocation tail (\d+) bytes", text)
    if head is None:
        return {"error": (text.strip().splitlines() or ["died"])[-1][:160]}
    return {"headBytes": int(head[1]), "tailBytes": int(tail[1])}


def main():
    if sys.argv[1] == "join":
        sides = [json.load(open(path)) for path in sys.argv[2:]]
        joined = {}
        for side in sides:
            for name, entry in side.items():
                joined.setdefault(name, {}).update(entry)
        print(json.dumps(joined, indent=1, sort_keys=True))
        return
    measure = {"lite": lite, "micro": micro}[sys.argv[1]]
    result = {}
    for name, path in models(sys.argv[2], sys.argv[3]):
        try:
            result[name] = {sys.argv[1]: measure(path)}
        except (ValueError, RuntimeError) as error:
            result[name] = {sys.argv[1]: {"error": str(error).splitlines()[0][:160]}}
    print(json.dumps(result, indent=1, sort_keys=True))


main()
