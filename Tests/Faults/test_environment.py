"""The same model gives the same bytes, wherever and however it is asked."""

import hashlib
import os
import shutil
import subprocess

from tool import DATA, KERAS, MODEL, ONNX, ROOT, SAVED, THOROUGH, TOOL, FaultCase, run


class EnvironmentTests(FaultCase):
    def digest(self, arguments, **more):
        process = run(arguments, **more)
        self.assertEqual(process.returncode, 0, process.stderr)
        return hashlib.sha256(process.stdout).hexdigest()

    def test_threads_hashing_and_repetition(self):
        for model in (MODEL, ONNX, SAVED, KERAS):
            for form in ("json", "text", "markdown", "csv"):
                seen = {
                    self.digest(
                        [model, "--format", form, "--threads", str(threads)],
                        environment={"SWIFT_DETERMINISTIC_HASHING": "1"} if repeat % 2 else {},
                    )
                    for threads in (1, 2, 3, 8) for repeat in range(10 if THOROUGH else 2)
                }
                self.assertEqual(len(seen), 1, (model, form))

    def test_locale_zone_home_and_terminal(self):
        reference = self.digest([MODEL, "--format", "json"])
        text = self.digest([MODEL])
        for environment in (
            {"LC_ALL": "de_DE.UTF-8"}, {"LC_ALL": "tr_TR.UTF-8"}, {"LANG": "C"}, {"LC_ALL": "ar_EG"},
            {"TZ": "Asia/Kathmandu"}, {"HOME": ""}, {"HOME": "/nonexistent"}, {"TERM": "dumb"},
            {"TMPDIR": "/nonexistent"}, {"COLUMNS": "20"}, {"NO_COLOR": "1"},
            {"MALLOC_PERTURB_": "165"}, {"MALLOC_ARENA_MAX": "1"},
        ):
            self.assertEqual(self.digest([MODEL, "--format", "json"], environment=environment), reference)
            self.assertEqual(self.digest([MODEL], environment=environment), text, environment)

    def test_no_environment_at_all(self):
        process = subprocess.run([TOOL, MODEL, "--format", "json"], env={}, cwd=ROOT, capture_output=True)
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual(
            hashlib.sha256(process.stdout).hexdigest(), self.digest([MODEL, "--format", "json"])
        )

    def test_the_path_is_all_that_differs(self):
        """Another directory and another spelling change what was typed and nothing else."""
        def content(path, folder):
            process = run([path, "--format", "json"], folder=folder)
            self.assertEqual(process.returncode, 0, process.stderr)
            return process.stdout.replace(path.encode(), b"PATH")
        folder = os.path.dirname(MODEL)
        name = os.path.basename(MODEL)
        os.symlink(MODEL, self.path("link.tflite"))
        reference = content(MODEL, ROOT)
        self.assertEqual(content(name, folder), reference)
        self.assertEqual(content("./" + name, folder), reference)
        self.assertEqual(content("../digits/" + name, folder), reference)
        self.assertEqual(content(self.path("link.tflite"), "/"), reference)

    def test_a_working_directory_that_is_gone(self):
        gone = self.path("gone")
        os.mkdir(gone)
        process = subprocess.run(
            ["bash", "-c", 'cd "$1" && rmdir "$1" && exec "$2" "$3" --format json', "-", gone, TOOL, MODEL],
            env={"PATH": "/usr/bin:/bin"}, capture_output=True,
        )
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual(
            hashlib.sha256(process.stdout).hexdigest(), self.digest([MODEL, "--format", "json"])
        )
        process = subprocess.run(
            ["bash", "-c", 'cd "$1" && exec "$2" m.tflite', "-", self.folder, TOOL],
            env={"PATH": "/usr/bin:/bin"}, capture_output=True,
        )
        self.assert_clean(process)

    def test_odd_clocks(self):
        """Files from the future and from before 1970."""
        reference = self.digest([MODEL, "--format", "csv"])
        path = self.path(os.path.basename(MODEL))
        shutil.copy(MODEL, path)
        for moment in (-1, 0, 1 << 33):
            os.utime(path, (moment, moment))
            process = run([path, "--format", "csv"])
            self.assertEqual(process.returncode, 0, process.stderr)
            content = process.stdout.replace(path.encode(), MODEL.encode())
            self.assertEqual(hashlib.sha256(content).hexdigest(), reference)

    def test_a_sweep(self):
        seen = set()
        for threads in (1, 2, 3, 8):
            for environment in ({}, {"LC_ALL": "tr_TR.UTF-8", "SWIFT_DETERMINISTIC_HASHING": "1"}):
                path = self.path(f"{threads}.json")
                process = run(
                    ["sensitivity", MODEL, "--calibration", DATA, "-o", path, "--quiet", "--samples", "24",
                     "--actions", "int8-channel,int4-channel,prune-50", "--threads", str(threads)],
                    environment=environment,
                )
                self.assertEqual(process.returncode, 0, process.stderr)
                with open(path, "rb") as file:
                    seen.add(hashlib.sha256(file.read()).hexdigest())
        self.assertEqual(len(seen), 1)
