#!/usr/bin/env python3
"""Measures the program's figures: measure.py ANALYZE MODELS [--runs N] [--markdown FILE]

Whole processes are timed, from the start to the end, with their output thrown away. The programs
of one comparison take turns, so that a change of the machine's load meets all of them; the median
counts. The files are read once before, so that they come from the page cache. Peak memory is what
the kernel notes for the process (ru_maxrss), mapped pages of the file included; it is never below
this script's own, some 10 MiB.

With --markdown the table replaces the one between the marks in FILE; nothing else is written.
"""

import argparse
import os
import platform
import statistics
import sys
import time
from pathlib import Path

MIB = 1 << 20
MARKS = ("<!-- measured: begin -->", "<!-- measured: end -->")


class Run:
    """The times and the greatest peak memory of one command."""

    def __init__(self, *command):
        self.command = [str(part) for part in command]
        self.seconds = []
        self.peak = 0

    def once(self):
        nothing = [
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
        ]
        start = time.perf_counter()
        child = os.posix_spawnp(self.command[0], self.command, os.environ, file_actions=nothing)
        _, status, usage = os.wait4(child, 0)
        self.seconds.append(time.perf_counter() - start)
        if status != 0:
            sys.exit(f"{' '.join(self.command)} failed with status {status}")
        self.peak = max(self.peak, usage.ru_maxrss * 1024)

    @property
    def median(self):
        return statistics.median(self.seconds)

    @property
    def best(self):
        return min(self.seconds)


class Figures:
    """The rows of the table: what is asked and what is measured."""

    def __init__(self):
        self.rows = []

    def add(self, what, asked, measured, limit, form):
        self.rows.append((what, asked, form(measured), measured / limit, measured <= limit))

    def milliseconds(self, what, run, limit):
        def form(median):
            return f"{median:.1f} ms (best {run.best * 1e3:.1f})"

        self.add(what, f"< {limit} ms", run.median * 1e3, limit, form)

    def memory(self, what, run, limit):
        self.add(what, f"≤ {limit} MiB", run.peak / MIB, limit, "{:.1f} MiB".format)

    def ratio(self, what, run, reference, limit, unit):
        def form(ratio):
            times = f"{run.median * 1e3:,.0f} / {reference.median * 1e3:,.0f} ms"
            return f"{ratio:.2f} × ({times}; best {run.best / reference.best:.2f} ×)"

        self.add(what, f"≤ {limit} × {unit}", run.median / reference.median, limit, form)


def in_turns(count, *runs):
    """Runs each command count times, in turns, after one run that is not counted."""
    for run in runs:
        run.once()
        run.seconds.clear()
    for _ in range(count):
        for run in runs:
            run.once()


def one_target(analyze, count):
    run = Run(analyze, "targets", "onnxruntime-cpu")
    in_turns(count, run)
    return run


def measure(analyze, models, count):
    figures = Figures()
    bare = "--no-weight-statistics"

    for file, title in [
        ("mobilenet_v2.tflite", "MobileNetV2 float"),
        ("mobilenet_v2_dynamic.tflite", "MobileNetV2 dynamic-range"),
    ]:
        full, short = Run(analyze, models / file), Run(analyze, models / file, bare)
        in_turns(count * 3, full, short)
        figures.milliseconds(f"{title}: report", full, 30)
        figures.milliseconds(f"{title}: without weights", short, 10)
        figures.memory(f"{title}: without weights, peak", short, 40)

    file = models / "matmul_64.onnx"
    full, short, read = Run(analyze, file), Run(analyze, file, bare), Run("cat", file)
    in_turns(count, full, short, read)
    figures.milliseconds("1.5 GB ONNX: without weights", short, 50)
    figures.memory("1.5 GB ONNX: without weights, peak", short, 64)
    figures.ratio("1.5 GB ONNX: report", full, read, 1.5, "cat")
    # 64 MiB and 1.25 × the largest tensor, which has 2,420 × 2,420 floats.
    figures.memory("1.5 GB ONNX: report, peak", full, round(64 + 1.25 * 2420**2 * 4 / MIB))

    # The difference of two whole processes: decoding the rules and checking the operators.
    file = models / "chain_20k.tflite"
    plain, target = Run(analyze, file, bare), Run(analyze, file, bare, "--target", "tflite-micro")
    in_turns(count * 3, plain, target)
    seconds = (target.median - plain.median) / 10
    figures.add(
        "2,000 operators against a target (a tenth of 20,000)", "< 20 ms", seconds * 1e3, 20,
        "{:.1f} ms".format,
    )
    figures.milliseconds("One target decoded and printed", one_target(analyze, count), 10)

    for kind, title in [("onnx", "ONNX"), ("tflite", "TFLite")]:
        small = Run(analyze, models / f"chain_20k.{kind}")
        large = Run(analyze, models / f"chain_200k.{kind}")
        in_turns(count, small, large)
        figures.ratio(f"200,000 {title} nodes", large, small, 13, "20,000 nodes")
        # 64 MiB and 16 × the bytes of the structure, which is all that the file has.
        limit = 64 + 16 * os.path.getsize(models / f"chain_200k.{kind}") // MIB
        figures.memory(f"200,000 {title} nodes, peak", large, limit)

    for file, title, limit in [
        ("blocks_100.onnx", "Graph of 100 operators", 300),
        ("blocks_2k.onnx", "Graph of 2,000 operators, folded", 3000),
        ("blocks_10k.onnx", "Graph of 10,000 operators", 10000),
    ]:
        draw = Run(analyze, "graph", models / file, "-o", models / "graph.svg")
        in_turns(count, draw)
        figures.milliseconds(title, draw, limit)
        figures.memory(f"{title}, peak", draw, 1024)
    whole = Run(
        analyze, "graph", models / "blocks_10k.onnx", "--fold", "never", "-o", models / "graph.svg"
    )
    in_turns(count, whole)
    figures.milliseconds("Graph of 10,000 operators, none folded", whole, 10000)
    figures.memory("Graph of 10,000 operators, none folded, peak", whole, 1024)
    return figures.rows


def machine():
    name = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
    return f"{len(os.sched_getaffinity(0))} cores, {name}, Linux {platform.release()}"


def table(rows):
    cells = [("Figure", "Asked", "Measured", "Of the limit", "Met")]
    for what, asked, measured, share, met in rows:
        cells.append((what, asked, measured, f"{share:.0%}", "yes" if met else "NO"))
    widths = [max(len(row[column]) for row in cells) for column in range(5)]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def replace_table(path, text):
    before, rest = path.read_text().split(MARKS[0])
    _, after = rest.split(MARKS[1])
    path.write_text(f"{before}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("analyze", type=Path)
    parser.add_argument("models", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    rows = measure(options.analyze, options.models, options.runs)
    text = f"Measured on {machine()}; medians of {options.runs} or more runs.\n\n{table(rows)}"
    print(text)
    load = os.getloadavg()[0]
    if load > 1.5:
        print(f"(other programs are running, the load is {load:.1f}: expect noise)")
    if options.markdown:
        replace_table(options.markdown, text)


if __name__ == "__main__":
    main()
