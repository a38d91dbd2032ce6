#!/usr/bin/env python3
"""What an exact sweep of MobileNetV2 costs: sweep_cost.py SWEEP_BENCH FOLDER [--parts K] [--samples N]

FOLDER holds the models of engine_models.py (random weights: the cost does not depend on them) and
gets 128 random samples. The sweep has all sites and the default actions, one thread. It is measured
in parts (`shard=1/K`, …, each with every K-th site), and before each part and after the last one
LiteRT and onnxruntime run, so that a change of the machine's load meets all of them. The cost of a
part is its processor time after calibration, with the float model, the encoding of weights and the
pairs; calibration, which a whole sweep does once, counts once. A forward pass is that of the faster runtime, processor time of one
thread: the mean over the parts of what was measured before and after each. Memory is the greatest resident set, of a part of 128 samples.

PyPI packages: ai-edge-litert, onnxruntime, numpy.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np

from engine import LiteRT, OnnxRuntime


def sweep(program, folder, samples, part, parts, cache):
    """Processor seconds of calibration and of the rest, runs, MiB of the whole process."""
    process = subprocess.Popen(
        [
            program, folder / "mobilenetv2_f32.tflite", folder / "samples.npy", "none",
            "efforts=exact", "modes=no", f"samples={samples}", f"shard={part}/{parts}",
            f"cache={cache << 20}", "threads=1",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"the sweep failed: {text}")
    calibration = float(re.search(r"calibration ([\d.]+) s", text)[1])
    everything = float(re.search(r"all ([\d.]+) s of processor time", text)[1])
    runs = int(re.search(r"(\d+) runs of actions", text)[1])
    return calibration, everything - calibration, runs, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--parts", type=int, default=8)
    parser.add_argument("--samples", type=int, default=18)
    parser.add_argument("--cache", type=int, default=160, help="MiB, as --limit cache=")
    parser.add_argument("--no-memory", action="store_true")
    options = parser.parse_args()
    data = options.folder / "samples.npy"
    if not data.exists():
        random = np.random.default_rng(1)
        np.save(data, random.uniform(-1, 1, (128, 224, 224, 3)).astype(np.float32))
    sides = [
        LiteRT(options.folder / "mobilenetv2_f32.tflite"),
        OnnxRuntime(options.folder / "mobilenetv2_f32.onnx"),
    ]
    times = {side.name: [] for side in sides}

    def forward():
        for side in sides:
            times[side.name].append(side.run(1, 15)[1])

    for side in sides:
        side.run(1, 3)
    calibrations, seconds, runs, peaks = [], 0.0, 0, []
    forward()
    for part in range(1, options.parts + 1):
        calibration, rest, count, peak = sweep(
            options.program, options.folder, options.samples, part, options.parts, options.cache
        )
        calibrations.append(calibration)
        seconds += rest
        runs += count
        peaks.append(peak)
        forward()
        print(
            f"part {part}: {count} runs, {1000 * rest / count:.2f} ms each; "
            + ", ".join(f"{name} {values[-1]:.2f} ms" for name, values in times.items()),
            file=sys.stderr,
        )
    # The mean of neighbouring rounds meets each part with the load around it.
    passes = {
        name: statistics.mean((a + b) / 2 for a, b in zip(values, values[1:]))
        for name, values in times.items()
    }
    best = min(passes, key=passes.get)
    passed = passes[best]
    trials = 1000 * seconds / runs
    once = 1000 * statistics.mean(calibrations) / runs
    listed = ", ".join(f"{name} {value:.2f}" for name, value in passes.items())
    print(f"forward pass: {best} ({listed} ms of processor time)")
    print(f"runs of actions on samples: {runs}, of {options.samples} samples")
    print(f"a run: {trials:.2f} ms = {trials / passed:.3f} forward passes (asked: 0.6)")
    print(f"calibration: {once:.2f} ms a run = {once / passed:.3f} forward passes")
    if not options.no_memory:
        *_, peak = sweep(options.program, options.folder, 128, 1, options.parts, options.cache)
        print(f"memory, 128 samples, cache={options.cache} MiB: {peak:.0f} MiB (asked: 400)")


if __name__ == "__main__":
    main()
