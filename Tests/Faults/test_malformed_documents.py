"""The malformed documents of malformed_documents.py through the built program: the code and one line."""

import hashlib
import json
import shutil
import unittest
from pathlib import Path

import malformed_documents as documents
from tool import MODEL, POLICY, FaultCase, is_json, run


class MalformedDocumentTests(FaultCase):
    def check(self, kind, ending, arguments, change=lambda content: content, least=15, is_part=False):
        """The code of each on one line, or a verdict that says that nothing can be told; what is sound may end in
        any way but a crash."""
        wrong = []
        count = 0
        for name, content, codes in documents.KINDS[kind]():
            count += 1
            path = Path(self.path("document" + ending))
            path.write_bytes(change(content.encode() if isinstance(content, str) else content))
            process = run([*arguments(str(path)), "--threads", "1"], seconds=30)
            codes = codes if isinstance(codes, tuple) else (codes,)
            if None in codes:
                good = process.returncode in (0, 1, 2)
            else:
                if is_part:
                    good = process.returncode == 2 and json.loads(process.stdout)["verdict"] == "undecidable"
                    if not good:
                        wrong.append(f"{name}: {process.returncode} not {codes}: {process.stdout[:300]}")
                    continue
                lines = process.stderr.decode(errors="replace").splitlines()
                good = (process.returncode == 2 and len(lines) == 1 and len(lines[0]) <= 400
                        and any(f": {code}: " in lines[0] for code in codes))
                if is_json(process.stdout) and "error" in json.loads(process.stdout):
                    good = good and json.loads(process.stdout)["error"]["code"] in codes
            if not good:
                wrong.append(f"{name}: {process.returncode} not {codes}: {process.stderr[:300]}")
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))
        self.assertGreaterEqual(count, least)

    def test_arrays(self):
        for kind in ("npy", "npz"):
            self.check(kind, "." + kind, lambda path: ["run", MODEL, "--input", path, "--output", self.path("out.npz")])

    def test_rules(self):
        self.check("rules", ".json5", lambda path: ["report", MODEL, "--target", path, "--format", "json"], least=90)

    def test_policies(self):
        shutil.copy(MODEL, self.path("m.tflite"))
        self.check("policy", ".json5", lambda path: ["gate", "--policy", path, self.path("m.tflite"), "--format", "json"], least=70)

    def test_baselines(self):
        self.check("baseline", ".json", lambda path: [
            "gate", "--policy", POLICY, "--baseline", path, MODEL, "--format", "json"], least=90, is_part=True)

    def test_measurements(self):
        digest = hashlib.sha256(Path(MODEL).read_bytes()).hexdigest().encode()
        self.check(
            "sensitivity", ".json", lambda path: ["plan", MODEL, "--sensitivity", path, "--budget", "size<=50%", "--format", "json"],
            lambda content: content.replace(documents.HASH.encode(), digest), least=70)


if __name__ == "__main__":
    unittest.main()
