#!/usr/bin/env python3
"""Picks the inputs of Fuzz/corpus.zip: of at most 4 KiB, each reaching something that no other reaches.

    Scripts/fuzz-corpus.py RECORDED [TARGET...]     all targets without a name; others stay as they are

RECORDED is what `Scripts/mutation-test.py --record RECORDED` left; the fuzzer's own finds in
.build-fuzz/corpus are looked at, too. What seeds, findings and archives reach is not picked again.
"""

import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".build-fuzz"
ARCHIVE, INNER, PICKED = ROOT / "Fuzz/corpus.zip", "corpus.zip", "picked-"
MOST = 4096
TEXTS = ["json5", "json", "text", "policy", "rules", "baseline", "sensitivity", "preprocessing", "keras-config"]


def targets_of(content):
    """Which targets something that a test gave to a reader can be for, by its first bytes."""
    if content[4:8] == b"TFL3":
        return ["tflite", "flatbuffer"]
    if content.startswith(b"\x89HDF"):
        return ["hdf5", "hdf5-unchecked", "keras"]
    if content.startswith(b"PK"):
        return ["zip", "keras"]
    if content.startswith(b"\x93NUMPY"):
        return ["npy"]
    if content.startswith((b"\x89PNG", b"\xff\xd8")):
        return ["picture"]
    if content.endswith(b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"):
        return ["checkpoint"]
    if content.lstrip()[:1] in (b"{", b"[", b'"') or content.startswith(b"//"):
        return TEXTS
    return ["onnx", "graphdef", "protobuf", "flexbuffer", "snappy", "object-graph", "json5", "flatbuffer"]


def script(*arguments):
    return subprocess.run([ROOT / "Scripts/fuzz.sh", *arguments], check=True, capture_output=True, text=True).stdout.split()


def files(folder):
    return [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    recorded = {}
    for path in files(Path(sys.argv[1])):
        content = path.read_bytes()
        if len(content) <= MOST:
            for target in targets_of(content):
                recorded.setdefault(target, []).append(path)
    work = BUILD / "merge"
    corpus = read()
    for target in sys.argv[2:] or script("list"):
        shutil.rmtree(work, ignore_errors=True)
        chosen, offered = work / "chosen", work / "offered"
        chosen.mkdir(parents=True)
        offered.mkdir()
        # What is known stands in the first folder: a merge adds to it. Branches count, not how often they were taken.
        known = set()
        for folder in [ROOT / "Fuzz/Seeds" / target, ROOT / "Fuzz/Findings" / target, *map(Path, script("extra", target))]:
            for path in files(ROOT / folder):
                # What was picked before has to be picked again.
                if path.name.startswith(PICKED):
                    continue
                shutil.copy(path, chosen / path.name)
                known.add(path.name)
        for path in recorded.get(target, []) + files(BUILD / "corpus" / target):
            shutil.copy(path, offered / path.name)
        program = BUILD / "release" / script("program", target)[0]
        log = (BUILD / "logs" / f"{target}.merge.log").open("w")
        subprocess.run(
            [program, "-set_cover_merge=1", "-use_counters=0", f"-max_len={MOST}", "-rss_limit_mb=2048", "-timeout=120", f"-artifact_prefix={BUILD}/findings/{target}-",
             chosen, offered],
            env={**os.environ, "FUZZ_TARGET": target, "ASAN_OPTIONS": "detect_leaks=0:quarantine_size_mb=16:malloc_context_size=1"},
            check=True, stdout=log, stderr=log, cwd=ROOT)
        picked = [path.read_bytes() for path in files(chosen) if path.name not in known]
        corpus[target] = sorted(picked, key=lambda content: (len(content), content))
        print(f"{target}: {len(picked)} of {len(files(offered))} inputs, {sum(map(len, picked))} bytes", flush=True)
    write(corpus)


def read():
    """What is in the archive, by target."""
    corpus = {}
    if ARCHIVE.exists():
        with zipfile.ZipFile(ARCHIVE) as outer, zipfile.ZipFile(io.BytesIO(outer.read(INNER))) as inner:
            for name in inner.namelist():
                corpus.setdefault(name.split("/")[0], []).append(inner.read(name))
    return corpus


def write(corpus):
    """One behind the other and compressed as one: they have much in common."""
    def member(name):
        return zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as inner:
        for target in sorted(corpus):
            for number, content in enumerate(corpus[target]):
                inner.writestr(member(f"{target}/{PICKED}{number:03}"), content)
    with zipfile.ZipFile(ARCHIVE, "w") as outer:
        outer.writestr(member(INNER), output.getvalue(), zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    main()
