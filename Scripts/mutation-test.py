#!/usr/bin/env python3
"""Leaves out the checks of the readers one at a time, and looks whether the tests notice.

    Scripts/mutation-test.py [--sample N] [--seed N] [--seconds 240] [--jobs 2] [--folder .build-mutation]
    Scripts/mutation-test.py --only Checkpoint     mutants of files whose path holds this
    Scripts/mutation-test.py --record FOLDER       keeps what the tests give to readers, and ends

Every clause of every `guard` in ByteIO's reader and in WireFormats, and of every `if` that throws, gets
a switch in a copy of the sources: with `MUTANT=17` the 17th check is left out. One build serves all of
them; the tests run once a mutant. A test that fails, traps or takes longer than `--seconds` has noticed.

The same copy can keep what tests give to readers from memory (`RECORD=FOLDER`): Scripts/fuzz-corpus.py
picks the fuzzer's inputs from that.
"""

import argparse
import concurrent.futures
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
READERS = ["Sources/ByteIO/Bytes.swift", "Sources/ByteIO/Bytes+Varint.swift", "Sources/WireFormats"]
# The readers' own tests notice most, and are quick; those of every prefix and byte are slow.
WIRE, FORMATS = "ByteIOTests|WireFormatsTests", "FormatTFLiteTests|FormatONNXTests|FormatKerasTests|FormatTensorFlowTests"
DOCUMENTS = "GateTests|TargetRulesTests"
SLOW = "Robustness|MutationTests|SharedModel|GoldenModel|[Pp]refix|[Cc]hange|random|every b|damaged files|cut at any byte"
STAGES = [
    [WIRE, "--skip", SLOW], [FORMATS, "--skip", SLOW], [DOCUMENTS, "--skip", SLOW],
    [WIRE], [FORMATS], [DOCUMENTS],
]
SWITCH = """
#if canImport(Glibc)
import Glibc
#endif

private let chosen = getenv("MUTANT").flatMap { Int32(String(cString: $0)) } ?? -1

@inline(never)
package func isLeftOut(_ number: Int32) -> Bool { number == chosen }

private let folder = getenv("RECORD").map { String(cString: $0) }

/// Keeps bytes that a reader is given, once.
func record(_ bytes: [UInt8]) {
  guard let folder, !bytes.isEmpty, bytes.count <= 16_384 else { return }
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  let path = folder + "/" + String(hash, radix: 16)
  let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { return }
  _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  close(descriptor)
}
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


def end_of_condition(text, start, pattern):
    """Where what follows the condition stands: ` else {` of a guard, ` {` of an if."""
    depth, quoted = 0, False
    for place in range(start, len(text)):
        letter = text[place]
        if letter == '"' and text[place - 1] != "\\":
            quoted = not quoted
        if quoted:
            continue
        if depth == 0 and text[place - 1].isspace() and re.match(pattern, text[place:]):
            return place
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
    return None


def mutated(text, first):
    """The text with switches, and what each of them leaves out."""
    places, sites = [], []
    for match in re.finditer(r"\b(guard|if)\b", text):
        line = text[:match.start()].rsplit("\n", 1)[-1]
        if line.strip().startswith("//") or line.count('"') % 2:
            continue
        is_guard = match[1] == "guard"
        end = end_of_condition(text, match.end(), r"else\s*\{" if is_guard else r"\{")
        if end is None or not is_guard and not re.match(r"\{\s*throw\b", text[end:]):
            continue
        condition = text[match.end():end]
        for begin, stop in clauses(condition):
            clause = condition[begin:stop]
            if re.match(r"\s*(let|var|case|#available)\b", clause) or not clause.strip():
                continue
            places.append((match.end() + begin, match.end() + stop, "true" if is_guard else "false"))
            if not is_guard:
                # One part that is false leaves the whole check out.
                break
    result, last = "", 0
    for begin, stop, value in places:
        clause = text[begin:stop]
        number = first + len(sites)
        sites.append((text[:begin].count("\n") + 1, " ".join(clause.split())))
        body = clause.strip()
        lead = clause[: len(clause) - len(clause.lstrip())] or " "
        tail = clause[len(clause.rstrip()):]
        result += text[last:begin] + f"{lead}(isLeftOut({number}) ? {value} : ({body})){tail}"
        last = stop
    return result + text[last:], sites


def prepared(copy, keep):
    """Makes the copy with its switches; says what each of them leaves out."""
    if not keep:
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir(parents=True)
        for name in ("Sources", "Tests", "Fuzz", "Examples", "docs", "rules", "Package.swift", "Package.resolved"):
            source = ROOT / name
            # Times are kept: what did not change is not built again.
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, copy / name)
        (copy / "Sources/ByteIO/LeftOut.swift").write_text(SWITCH)
        source = copy / "Sources/ByteIO/ByteSource.swift"
        text = source.read_text()
        kept = text.replace("    self.name = name\n    count = bytes.count\n", "    record(bytes)\n    self.name = name\n    count = bytes.count\n", 1)
        if kept == text:
            sys.exit("ByteSource.swift has changed: where does it take bytes?")
        source.write_text(kept)
    sites = []
    for reader in READERS:
        original = ROOT / reader
        for file in sorted(original.rglob("*.swift")) if original.is_dir() else [original]:
            new, found = mutated(file.read_text(), len(sites))
            if not found:
                continue
            if "WireFormats" in str(file) and "import ByteIO" not in new:
                new = "import ByteIO\n" + new
            name = str(file.relative_to(ROOT))
            if not keep:
                (copy / name).write_text(new)
            sites += [(name, line, clause) for line, clause in found]
    return sites


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", default=".build-mutation")
    parser.add_argument("--only", default="", help="a part of the paths of the files")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--record", default="", metavar="FOLDER")
    parser.add_argument("--built", action="store_true", help="the copy is there and built already")
    parser.add_argument("--seconds", type=int, default=240, help="a run of tests that takes longer has noticed")
    options = parser.parse_args()
    copy = ROOT / options.folder / "package"
    sites = prepared(copy, options.built)
    print(f"{len(sites)} checks", flush=True)
    environment = {**os.environ, "ANALYZE_TESTS": f"{WIRE}|{FORMATS}|{DOCUMENTS}".replace("|", ",")}
    flags = ["-c", "release", "-Xswiftc", "-enable-testing", "--scratch-path", "../build"]
    if not options.built:
        subprocess.run(
            ["swift", "build", *flags, "--product", "analyzePackageTests"], cwd=copy, env=environment, check=True)
    program = next((copy / "../build/release").glob("*.xctest")).resolve()

    def passes(number, stages=STAGES, **variables):
        for stage in stages:
            command = [program, "--testing-library", "swift-testing", "--filter", *stage]
            try:
                status = subprocess.run(
                    command, cwd=copy, env={**environment, "MUTANT": str(number), **variables},
                    timeout=options.seconds, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                ).returncode
            except subprocess.TimeoutExpired:
                return False
            if status != 0:
                return False
        return True

    if options.record:
        folder = Path(options.record).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        if not passes(-1, STAGES[:3], RECORD=str(folder)):
            sys.exit("the tests fail without a mutant")
        print(f"{len(list(folder.iterdir()))} inputs")
        return
    if not passes(-1):
        sys.exit("the tests fail without a mutant")
    numbers = [number for number, (name, _, _) in enumerate(sites) if options.only in name]
    if options.sample:
        numbers = sorted(random.Random(options.seed).sample(numbers, min(options.sample, len(numbers))))
    alive = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for number, survives in zip(numbers, pool.map(passes, numbers)):
            if survives:
                alive.append(number)
                name, line, clause = sites[number]
                print(f"not noticed: {number} {name}:{line}: {clause}", flush=True)
    noticed = len(numbers) - len(alive)
    print(f"{noticed} of {len(numbers)} noticed ({100 * noticed / max(1, len(numbers)):.1f} %)")


if __name__ == "__main__":
    main()
