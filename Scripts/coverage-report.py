#!/usr/bin/env python3
"""A table of line coverage from what `llvm-cov export -summary-only` says of two runs.

    Scripts/coverage-report.py REPOSITORY.json FUZZER.json

First each reader, then each file that is below 95 % with the repository's own inputs.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ASKED = 95
# What writes, and tables of names for reports: no bytes of strangers come there.
NOT_READERS = ("FileOutput.swift", "StaleFiles.swift", "FolderListing.swift", "SHA256.swift", "+Names.swift")
# Read through the decoders' programs, which are not measured.
ELSEWHERE = ("RecordLog.swift", "Bytes+Hash.swift")


def lines(path):
    """By file: lines that were reached, and lines."""
    with open(path) as file:
        files = json.load(file)["data"][0]["files"]
    result = {}
    for entry in files:
        name = Path(entry["filename"])
        name = str(name.relative_to(ROOT)) if name.is_relative_to(ROOT) else str(name)
        if name.endswith(NOT_READERS + ELSEWHERE):
            continue
        summary = entry["summary"]["lines"]
        result[name] = (summary["covered"], summary["count"])
    return result


def reader(name):
    """ByteIO is one reader; the others have a folder each."""
    parts = Path(name).parts
    parts = parts[parts.index("Sources") + 1:-1]
    return "/".join(parts[:1] if parts[0] == "ByteIO" else parts[:2])


def percent(counts):
    covered, count = counts
    return 100 * covered / count if count else 100


def main():
    runs = [lines(path) for path in sys.argv[1:3]]
    readers = [defaultdict(lambda: [0, 0]) for _ in runs]
    for run, sums in zip(runs, readers):
        for name, counts in run.items():
            for key in (reader(name), "all"):
                sums[key][0] += counts[0]
                sums[key][1] += counts[1]
    print(f"{'reader':44} {'lines':>6} {'repository':>10} {'+ fuzzer':>9}")
    for name in sorted(readers[0], key=lambda name: (name == "all", name)):
        first, second = (sums[name] for sums in readers)
        print(f"{name:44} {first[1]:6} {percent(first):9.1f}% {percent(second):8.1f}%")
    print()
    for name, counts in sorted(runs[0].items(), key=lambda item: percent(item[1])):
        if percent(counts) < ASKED:
            missing = counts[1] - counts[0]
            print(f"{name:64} {missing:5} of {counts[1]:4} lines not reached, {percent(runs[1][name]):.1f} % with the fuzzer's")


if __name__ == "__main__":
    main()
