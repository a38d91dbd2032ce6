#!/usr/bin/env python3
"""Runs damaged models through the built program.

    Tests/Faults/mutants.py [--count 20000] [--seed 1] [--formats tflite,onnx,...] [--batch 16]

Each mutant has to end in a report or in exit 2 with one line, within ten seconds of the processor and 512 MiB of address
space. Several go through one process; after a crash each of them has one of its own. Mutants are the
same for the same seed; a bad one is kept in the folder of --keep.
"""

import argparse
import json
import os
import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time

from tool import ENVIRONMENT, ROOT, TOOL

EXAMPLES = ROOT / "Examples/digits"
SEEDS = ROOT / "Fuzz/Seeds"
FORMATS = {
    "tflite": [EXAMPLES / "digits_cnn.tflite", EXAMPLES / "digits_cnn_int8.tflite", SEEDS / "tflite/small.tflite"],
    "onnx": [EXAMPLES / "digits_cnn.onnx", SEEDS / "onnx/small.onnx"],
    "keras": [EXAMPLES / "digits_cnn.keras", SEEDS / "keras/functional.keras"],
    "h5": [EXAMPLES / "digits_cnn.h5", EXAMPLES / "digits_dscnn.h5"],
    "graphdef": [EXAMPLES / "digits_cnn_frozen.pb", SEEDS / "graphdef/sum"],
    "savedmodel": [EXAMPLES / "digits_cnn_savedmodel"],
}
EXTREMES = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
            0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF]
NAMES = [b"\x1b[2J", b"::error::x", "‮".encode(), b"\"]; evil [", b"<script>", b"../../etc/passwd", b"%0a",
         b"\xff\xfe", b"=1+1", b"|`[]@"]


def mutant(data, random):
    """One to four changes of the kinds of RELIABILITY B.3."""
    data = bytearray(data)
    for _ in range(random.randint(1, 4)):
        if len(data) < 16:
            break
        place = random.randrange(len(data))
        kind = random.randrange(11)
        if kind == 0:
            data[place] ^= 1 << random.randrange(8)
        elif kind == 1:
            data[place] = random.randrange(256)
        elif kind == 2:
            del data[place:]
        elif kind == 3:
            width = random.choice((1, 2, 4, 8))
            place = place // width * width
            data[place:place + width] = struct.pack("<Q", random.choice(EXTREMES))[:width]
        elif kind == 4:
            place = place // 4 * 4
            data[place:place + 4] = struct.pack("<I", random.randrange(len(data)))
        elif kind == 5:
            other = random.randrange(len(data))
            length = random.choice((1, 4, 16, 64, 256))
            data[place:place + length] = data[other:other + length]
        elif kind == 6:
            length = random.choice((1, 2, 8, 64, 1024))
            del data[place:place + length]
        elif kind == 7:
            data[place:place] = bytes(random.randrange(256) for _ in range(random.choice((1, 2, 8, 64))))
        elif kind == 8:
            name = random.choice(NAMES)
            data[place:place + len(name)] = name
        elif kind == 9:
            nest = random.choice((b"\x0a\x7f", b"\x3b", b"[", b"{\"a\":", b"\x0b"))
            data[place:place] = nest * random.choice((10, 200, 20_000))
        else:
            data[place:place + random.choice((4, 64, 512))] = b"\xff" * random.choice((4, 64))
    return bytes(data)


class Runner:
    def __init__(self, folder, keep):
        self.folder = folder
        self.keep = keep
        self.counts = {"report": 0, "refused": 0}
        self.failures = []
        self.most_memory = 0
        self.codes = {}

    def run(self, paths):
        """The process's end, its documents and error lines."""
        start = time.monotonic()
        with tempfile.TemporaryFile(dir=self.folder) as output, tempfile.TemporaryFile(dir=self.folder) as errors:
            process = subprocess.Popen(
                [TOOL, *paths, "--format", "json", "--threads", "1"], env=ENVIRONMENT, cwd=self.folder,
                stdout=output, stderr=errors, stdin=subprocess.DEVNULL,
                preexec_fn=lambda: self.bound(len(paths)),
            )
            # The processor's time counts; on the wall a busy machine may take longer.
            limit = 200 + 100 * len(paths)
            while True:
                identity, status, usage = os.wait4(process.pid, os.WNOHANG)
                if identity:
                    break
                if time.monotonic() - start > limit:
                    process.kill()
                    os.wait4(process.pid, 0)
                    process.returncode = -9
                    return "time", [], []
                time.sleep(0.001)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.most_memory = max(self.most_memory, usage.ru_maxrss)
            output.seek(0)
            errors.seek(0)
            text = output.read()
            lines = [line for line in errors.read().decode(errors="replace").splitlines()]
        try:
            documents = json.loads(text) if text else []
        except ValueError:
            return "no JSON", [], lines
        if isinstance(documents, dict):
            documents = [documents]
        return process.returncode, documents, lines

    @staticmethod
    def bound(count):
        resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))
        resource.setrlimit(resource.RLIMIT_CPU, (10 * count, 10 * count))

    def check(self, paths):
        """Counts what came out; a batch that fails is taken apart."""
        code, documents, lines = self.run(paths)
        errors = [document for document in documents if "error" in document]
        good = (
            code == (2 if errors else 0) and len(documents) == len(paths) and len(lines) == len(errors)
            and all(line.startswith("analyze: error: ") for line in lines)
            and all(self.adds_up(document) for document in documents if "error" not in document)
        )
        if good:
            self.counts["refused"] += len(errors)
            self.counts["report"] += len(documents) - len(errors)
            for document in errors:
                name = document["error"]["code"]
                self.codes[name] = self.codes.get(name, 0) + 1
            return
        if len(paths) > 1:
            for path in paths:
                self.check([path])
            return
        self.failures.append((paths[0], code, lines[:2]))
        os.makedirs(self.keep, exist_ok=True)
        target = os.path.join(self.keep, os.path.basename(paths[0]))
        if os.path.isdir(paths[0]):
            shutil.copytree(paths[0], target, dirs_exist_ok=True)
        else:
            shutil.copy(paths[0], target)

    @staticmethod
    def adds_up(document):
        total = document["totals"]["fileBytes"]
        parts = [entry["bytes"] for entry in document["bytes"]]
        return sum(parts) == total and all(part >= 0 for part in parts)


def mutate(seed, path, random):
    """Writes a mutant of a file, or of one file of a directory."""
    if seed.is_dir():
        shutil.copytree(seed, path)
        files = sorted(file for file in seed.rglob("*") if file.is_file())
        chosen = random.choice(files)
        target = os.path.join(path, chosen.relative_to(seed))
        kind = random.randrange(20)
        if kind == 0:
            os.unlink(target)
        elif kind == 1:
            os.unlink(target)
            os.mkfifo(target)
        elif kind == 2:
            os.unlink(target)
            os.symlink("/etc/passwd", target)
        elif kind == 3:
            os.unlink(target)
            os.mkdir(target)
        else:
            with open(target, "wb") as file:
                file.write(mutant(chosen.read_bytes(), random))
        return
    with open(path, "wb") as file:
        file.write(mutant(seed.read_bytes(), random))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--keep", default=".build-mutants-failed")
    options = parser.parse_args()
    parent = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    failed = 0
    for name in options.formats.split(","):
        generator = random.Random(f"{options.seed} {name}")
        folder = tempfile.mkdtemp(prefix="analyze-mutants-", dir=parent)
        seeds = [seed for seed in FORMATS[name] if seed.exists()]
        runner = Runner(folder, os.path.abspath(options.keep))
        start = time.monotonic()
        try:
            for first in range(0, options.count, options.batch):
                paths = []
                for number in range(first, min(first + options.batch, options.count)):
                    path = os.path.join(folder, f"{name}-{options.seed}-{number}")
                    mutate(generator.choice(seeds), path, generator)
                    paths.append(path)
                runner.check(paths)
                for path in paths:
                    shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        codes = ", ".join(f"{code} {count}" for code, count in sorted(runner.codes.items()))
        print(
            f"{name}: seed {options.seed}, {options.count} mutants, {runner.counts['report']} reports, "
            f"{runner.counts['refused']} refused ({codes}), {len(runner.failures)} failures, "
            f"{runner.most_memory >> 10} MiB at most, {time.monotonic() - start:.0f} s", flush=True
        )
        for path, code, lines in runner.failures[:10]:
            print(f"*** {os.path.basename(path)}: {code} {lines}")
        failed += len(runner.failures)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
