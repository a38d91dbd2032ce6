"""The malformed files of malformed.py through the built program: the code, one line, one second."""

import json
import os
import resource
import shutil
import tempfile
import unittest
import zipfile

import malformed
from tool import ROOT, SAVED, FaultCase, is_json, run

LIMIT = 512 << 20


def processor_seconds():
    """Of the programs that were run so far: a busy machine does not count."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class MalformedFileTests(FaultCase):
    def check(self, files, write, least):
        count = 0
        wrong = []
        names = set()
        for name, content, codes in files:
            self.assertNotIn(name, names)
            names.add(name)
            count += 1
            path = write(content)
            start = processor_seconds()
            process = run(
                [path, "--format", "json", "--threads", "1"], seconds=30,
                before=lambda: resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT)),
            )
            seconds = processor_seconds() - start
            codes = codes if isinstance(codes, tuple) else (codes,)
            errors = process.stderr.decode(errors="replace").splitlines()
            if process.returncode == 0:
                found = None
                good = is_json(process.stdout) and not errors
            else:
                found = json.loads(process.stdout)["error"]["code"] if is_json(process.stdout) else "?"
                good = process.returncode == 2 and len(errors) == 1 and len(errors[0]) <= 400
            if found not in codes or not good or seconds > 10:
                wrong.append(f"{name}: {process.returncode} {found} not {codes} in {seconds:.1f} s: {errors[:1]}")
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))
        self.assertGreaterEqual(count, least)

    def file(self, content):
        path = self.path("model")
        with open(path, "wb") as file:
            file.write(content)
        return path

    def test_graphs(self):
        self.check(malformed.graph_files(), self.file, 60)

    def test_keras(self):
        self.check(malformed.keras_files(), self.file, 60)

    def test_hdf5(self):
        self.check(malformed.hdf5_files(), self.file, 60)

    def test_what_is_no_model(self):
        self.check(malformed.foreign_files(), self.file, 20)

    def test_checkpoints(self):
        def write(content):
            folder = tempfile.mkdtemp(dir=self.folder)
            shutil.copy(os.path.join(SAVED, "saved_model.pb"), folder)
            os.mkdir(os.path.join(folder, "variables"))
            with open(os.path.join(folder, "variables/variables.index"), "wb") as file:
                file.write(content)
            with open(os.path.join(folder, "variables/variables.data-00000-of-00001"), "wb") as file:
                file.write(bytes(64))
            return folder
        self.check(malformed.index_files(), write, 50)

    def test_the_tests_in_process_read_the_same_files(self):
        with zipfile.ZipFile(ROOT / "Tests/FuzzTests/Fixtures/malformed.zip") as archive:
            kept = {name: archive.read(name) for name in archive.namelist()}
        self.assertEqual(kept, dict(malformed.packed()), "malformed.py --pack writes them")

    def test_folders(self):
        """A SavedModel whose files are other things."""
        for name in ("saved_model.pb", "variables", "variables/variables.index",
                     "variables/variables.data-00000-of-00001"):
            for kind in ("missing", "folder", "fifo", "link", "empty"):
                folder = os.path.join(self.folder, "m")
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(SAVED, folder)
                path = os.path.join(folder, name)
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
                if kind == "folder":
                    os.mkdir(path)
                elif kind == "fifo":
                    os.mkfifo(path)
                elif kind == "link":
                    os.symlink("/etc/passwd", path)
                elif kind == "empty":
                    open(path, "w").close()
                process = run([folder, "--format", "json"], seconds=20)
                self.assert_clean(process, (0, 2))
                if name == "saved_model.pb":
                    self.assertEqual(process.returncode, 2, kind)
                self.assertNotIn(b"root:", process.stdout)


if __name__ == "__main__":
    unittest.main()
