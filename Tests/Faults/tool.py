"""Runs the built program under faults, and what every run must keep to."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOL = os.path.abspath(os.environ.get("ANALYZE", ROOT / ".build-tests/release/analyze"))
MODEL = str(ROOT / "Examples/digits/digits_cnn.tflite")
ONNX = str(ROOT / "Examples/digits/digits_cnn.onnx")
SAVED = str(ROOT / "Examples/digits/digits_cnn_savedmodel")
KERAS = str(ROOT / "Examples/digits/digits_cnn.keras")
DATA = str(ROOT / "Examples/digits/test.npz")
POLICY = str(ROOT / "Examples/digits/budgets.json5")
# 1: the few repetitions of every change; more on demand.
THOROUGH = int(os.environ.get("FAULTS_THOROUGH", "1"))
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def run(arguments, *, environment=None, folder=None, seconds=60, before=None, **more):
    """Runs the program to its end: exit code (negative for a signal), output, errors."""
    more.setdefault("stdout", subprocess.PIPE)
    more.setdefault("stdin", subprocess.DEVNULL)
    process = subprocess.run(
        [TOOL, *arguments],
        env={**ENVIRONMENT, **(environment or {})},
        cwd=folder or ROOT,
        stderr=subprocess.PIPE,
        timeout=seconds,
        preexec_fn=before,
        **more,
    )
    return process


def shim(folder):
    """Builds the failing file layer; None where there is no compiler."""
    library = Path(folder) / "faulty.so"
    for compiler in ("cc", "clang", "gcc"):
        if shutil.which(compiler):
            subprocess.run(
                [compiler, "-O1", "-shared", "-fPIC", "-o", library,
                 Path(__file__).parent / "faulty.c", "-ldl"],
                check=True,
            )
            return str(library)
    return None


class FaultCase(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="analyze-faults-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def litter(self, folder=None):
        return [name for name in os.listdir(folder or self.folder) if ".analyze-tmp-" in name]

    def assert_clean(self, process, codes=(2,), lines=1):
        """It ended by itself with one of the codes; an error is one line of the usual form."""
        errors = process.stderr.decode(errors="replace")
        self.assertIn(process.returncode, codes, errors)
        if process.returncode == 2 and lines is not None:
            found = [line for line in errors.splitlines() if line.startswith("analyze: error: ")]
            self.assertEqual(len(found), lines, errors)
            self.assertLessEqual(len(found[0]), 400)


def skip(reason):
    """Skips loudly; in CI a missing tool is an error."""
    print(f"*** SKIPPED: {reason}", file=sys.stderr)
    if os.environ.get("CI") == "true" and "not permitted" not in reason:
        raise AssertionError(reason)
    raise unittest.SkipTest(reason)


def is_json(data):
    try:
        json.loads(data)
        return True
    except ValueError:
        return False
