#!/usr/bin/env python3
"""Measures the engine beside LiteRT and onnxruntime: engine.py ENGINE_BENCH FOLDER

FOLDER holds what engine_models.py made. The runtimes take turns, so that a change of the machine's
load meets all of them; the ratios are of medians. One thread: processor time; two: wall time.

PyPI packages: ai-edge-litert, onnxruntime, numpy.
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

SEED = 1

REST_SECONDS = 0.3


class Ours:
    name = "analyze"

    def __init__(self, program, model, arithmetic="reference"):
        self.process = subprocess.Popen(
            [program, model, arithmetic], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, request):
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        return [float(word) / 1000 for word in self.process.stdout.readline().split()]

    def run(self, threads, count):
        return self.ask(f"run {threads} {count}")

    def batch(self, threads, count):
        return self.ask(f"batch {threads} {count}")[0]


def timed(body, count):
    walls, processors = [], []
    for _ in range(count):
        wall, processor = time.perf_counter(), time.process_time()
        body()
        walls.append((time.perf_counter() - wall) * 1000)
        processors.append((time.process_time() - processor) * 1000)
    return statistics.median(walls), statistics.median(processors)


class LiteRT:
    name = "LiteRT"

    def __init__(self, model):
        self.model = str(model)
        self.interpreters = {}

    def interpreter(self, threads, batch=1):
        key = (threads, batch)
        if key not in self.interpreters:
            from ai_edge_litert.interpreter import Interpreter

            interpreter = Interpreter(self.model, num_threads=threads)
            details = interpreter.get_input_details()[0]
            if batch > 1:
                interpreter.resize_tensor_input(details["index"], [batch, *details["shape"][1:]])
            interpreter.allocate_tensors()
            details = interpreter.get_input_details()[0]
            random = np.random.default_rng(SEED)
            value = random.uniform(-1, 1, details["shape"])
            if details["dtype"] == np.int8:
                value = value * 127
            interpreter.set_tensor(details["index"], value.astype(details["dtype"]))
            self.interpreters[key] = interpreter
        return self.interpreters[key]

    def run(self, threads, count):
        return timed(self.interpreter(threads).invoke, count)

    def batch(self, threads, count):
        return timed(self.interpreter(threads, 8).invoke, max(1, count // 8))[0] / 8


class OnnxRuntime:
    name = "onnxruntime"

    def __init__(self, model):
        self.model = str(model)
        self.sessions = {}

    def session(self, threads):
        if threads not in self.sessions:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            options.inter_op_num_threads = 1
            session = onnxruntime.InferenceSession(
                self.model, options, providers=["CPUExecutionProvider"]
            )
            value = session.get_inputs()[0]
            shape = [size if isinstance(size, int) else 1 for size in value.shape]
            random = np.random.default_rng(SEED)
            feed = {value.name: random.uniform(-1, 1, shape).astype(np.float32)}
            self.sessions[threads] = (session, feed)
        return self.sessions[threads]

    def run(self, threads, count):
        session, feed = self.session(threads)
        return timed(lambda: session.run(None, feed), count)

    def batch(self, threads, count):
        return self.run(threads, count)[0]


def interleaved(sides, rounds, measure):
    """The median of each side over rounds in which all take turns; the first one warms up.

    Before each turn the threads of the side before come to rest: onnxruntime's go on spinning for
    some 150 ms after a run, and whoever comes next would share a core with them.
    """
    results = {side.name: [] for side in sides}
    for index in range(rounds + 1):
        for side in sides:
            time.sleep(REST_SECONDS)
            value = measure(side)
            if index > 0:
                results[side.name].append(value)
    return {name: statistics.median(values) for name, values in results.items()}


def row(figure, asked, times, ours="analyze"):
    others = {name: value for name, value in times.items() if name != ours}
    best = min(others, key=others.get)
    ratio = others[best] / times[ours]
    listed = ", ".join(f"{name} {value:.2f}" for name, value in times.items())
    verdict = "yes" if ratio >= asked else "NO"
    return (figure, f"≥ {asked:.2f} ×", f"{ratio:.2f} × {best} ({listed} ms)", verdict)


def limit(figure, asked, value, unit):
    return (figure, f"< {asked} {unit}", f"{value:.1f} {unit}", "yes" if value < asked else "NO")


def measure(program, folder, rounds):
    asked = {"mobilenetv2": (1.0, 1.0, 30), "xception": (0.97, None, 150)}
    for stem, (single, double, compile_limit) in asked.items():
        title = {"mobilenetv2": "MobileNetV2", "xception": "Xception"}[stem]
        count = 12 if stem == "mobilenetv2" else 2
        f32 = folder / f"{stem}_f32.tflite"
        ours = Ours(program, f32)
        sides = [ours, LiteRT(f32), OnnxRuntime(folder / f"{stem}_f32.onnx")]
        times = interleaved(sides, rounds, lambda side: side.run(1, count)[1])
        yield row(f"{title} f32, 1 thread, processor time", single, times)
        times = interleaved(sides, rounds, lambda side: side.run(2, count)[0])
        yield row(f"{title} f32, 2 threads", double or single, times)
        if double:
            times = interleaved(sides, rounds, lambda side: side.batch(2, 32))
            yield row(f"{title} f32, many images, 2 cores", 1.05, times)
            resume = ours.ask("resume 50")[0]
            yield limit(
                f"{title}: resume from the last layer, of a pass",
                5,
                100 * resume / ours.run(1, 10)[0],
                "%",
            )
        compiling = ours.ask("compile 5")[1]
        yield limit(f"{title}: compile, processor time", compile_limit, compiling, "ms")
        int8 = folder / f"{stem}_int8.tflite"
        for arithmetic in ["reference", "fast"]:
            sides = [Ours(program, int8, arithmetic), LiteRT(int8)]
            name = f"{title} int8 ({arithmetic} arithmetic)"
            times = interleaved(sides, rounds, lambda side: side.run(1, count)[1])
            yield row(f"{name}, 1 thread, processor time", 1.1, times)
            times = interleaved(sides, rounds, lambda side: side.run(2, count)[0])
            yield row(f"{name}, 2 threads", 1.1, times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    rows = [("Figure", "Asked", "Measured", "Met")]
    for entry in measure(options.program, options.folder, options.rounds):
        print(*entry, sep=" | ", file=sys.stderr, flush=True)
        rows.append(entry)
    widths = [max(len(entry[column]) for entry in rows) for column in range(4)]
    for index, entry in enumerate(rows):
        cells = [cell.ljust(width) for cell, width in zip(entry, widths)]
        print("| " + " | ".join(cells) + " |")
        if index == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


if __name__ == "__main__":
    main()
