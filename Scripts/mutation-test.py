#!/usr/bin/env python3
"""Leaves out the checks of the readers one at a time, and looks whether the tests notice.

    Scripts/mutation-test.py [--sample N] [--seed N] [--seconds 240] [--folder .build-mutation]

Every clause of every `guard` in ByteIO's reader and in WireFormats gets a switch in a copy of the
sources: with `MUTANT=17` the 17th counts as true. One build serves all of them; the tests run once a
mutant. A test that fails, traps or takes longer than `--seconds` has noticed.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
READERS = ["Sources/ByteIO/Bytes.swift", "Sources/ByteIO/Bytes+Varint.swift", "Sources/WireFormats"]
TESTS = "ByteIOTests,WireFormatsTests,FormatTFLiteTests,FormatONNXTests,FormatKerasTests"
SWITCH = """
#if canImport(Glibc)
import Glibc
#endif

private let chosen = getenv("MUTANT").flatMap { Int32(String(cString: $0)) } ?? -1

@inline(never)
package func isLeftOut(_ number: Int32) -> Bool { number == chosen }
"""


def clauses(text):
    """The parts of a condition between commas that are in no brackets."""
    depth, start, parts, quoted = 0, 0, [], False
    for place, letter in enumerate(text):
        if letter == '"' and text[place - 1] != "\\":
            quoted = not quoted
        if quoted:
            continue
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append((start, place))
            start = place + 1
    return parts + [(start, len(text))]


def end_of_condition(text, start):
    """Where ` else {` of the guard that begins at start stands."""
    depth, quoted = 0, False
    for place in range(start, len(text)):
        letter = text[place]
        if letter == '"' and text[place - 1] != "\\":
            quoted = not quoted
        if quoted:
            continue
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif depth == 0 and re.match(r"\belse\s*\{", text[place:]) and text[place - 1].isspace():
            return place
    return None


def mutated(text, first):
    """The text with switches, and what each of them leaves out."""
    places, sites = [], []
    for match in re.finditer(r"\bguard\b", text):
        line = text[:match.start()].rsplit("\n", 1)[-1]
        if line.strip().startswith("//"):
            continue
        end = end_of_condition(text, match.end())
        if end is None:
            continue
        condition = text[match.end():end]
        for begin, stop in clauses(condition):
            clause = condition[begin:stop]
            if re.match(r"\s*(let|var|case|#available)\b", clause) or not clause.strip():
                continue
            if re.search(r"\btry\b", clause):
                continue
            places.append((match.end() + begin, match.end() + stop))
    result, last = "", 0
    for begin, stop in places:
        clause = text[begin:stop]
        number = first + len(sites)
        sites.append((text[:begin].count("\n") + 1, " ".join(clause.split())))
        body = clause.strip()
        lead = clause[: len(clause) - len(clause.lstrip())] or " "
        tail = clause[len(clause.rstrip()):]
        result += text[last:begin] + f"{lead}(isLeftOut({number}) || ({body})){tail}"
        last = stop
    return result + text[last:], sites


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", default=".build-mutation")
    parser.add_argument("--tests", default=TESTS)
    parser.add_argument("--seconds", type=int, default=240, help="a run of tests that takes longer has noticed")
    options = parser.parse_args()
    copy = ROOT / options.folder / "package"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    for name in ("Sources", "Tests", "Fuzz", "Examples", "rules", "Package.swift", "Package.resolved"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name)
        else:
            shutil.copy(source, copy / name)
    (copy / "Sources/ByteIO/LeftOut.swift").write_text(SWITCH)
    sites = []
    for reader in READERS:
        files = sorted((copy / reader).rglob("*.swift")) if (copy / reader).is_dir() else [copy / reader]
        for file in files:
            text = file.read_text()
            new, found = mutated(text, len(sites))
            if not found:
                continue
            if "import ByteIO" not in new and "WireFormats" in str(file):
                new = "import ByteIO\n" + new
            file.write_text(new)
            name = str(file.relative_to(copy))
            sites += [(name, line, clause) for line, clause in found]
    print(f"{len(sites)} checks", flush=True)
    environment = {**os.environ, "ANALYZE_TESTS": options.tests}
    flags = ["-c", "release", "-Xswiftc", "-enable-testing", "--scratch-path", "../build"]
    subprocess.run(["swift", "build", *flags, "--build-tests"], cwd=copy, env=environment, check=True)

    program = next((copy / "../build/release").glob("*.xctest")).resolve()

    def passes(number):
        # The readers' own tests first: they notice most, and are quick.
        for names in ("ByteIOTests|WireFormatsTests", "Format.*Tests"):
            command = [program, "--testing-library", "swift-testing", "--filter", names]
            try:
                status = subprocess.run(
                    command, cwd=copy, env={**environment, "MUTANT": str(number)},
                    timeout=options.seconds, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                ).returncode
            except subprocess.TimeoutExpired:
                return False
            if status != 0:
                return False
        return True

    if not passes(-1):
        sys.exit("the tests fail without a mutant")
    numbers = list(range(len(sites)))
    if options.sample:
        numbers = sorted(random.Random(options.seed).sample(numbers, min(options.sample, len(numbers))))
    alive = []
    for number in numbers:
        if passes(number):
            alive.append(number)
            name, line, clause = sites[number]
            print(f"not noticed: {name}:{line}: {clause}", flush=True)
    noticed = len(numbers) - len(alive)
    print(f"{noticed} of {len(numbers)} noticed ({100 * noticed / max(1, len(numbers)):.1f} %)")


if __name__ == "__main__":
    main()
