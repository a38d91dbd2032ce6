"""A file layer that fails at every k-th call, and files that change under the reader."""

import os
import shutil
import subprocess
import time

from tool import (DATA, KERAS, MODEL, ONNX, ROOT, SAVED, THOROUGH, TOOL, ENVIRONMENT, FaultCase, is_json, run,
                  shim, skip)


class FailingCallTests(FaultCase):
    OLD = b"{}\n"
    # Far more calls than a report makes.
    MOST = 400

    def setUp(self):
        super().setUp()
        self.library = shim(self.folder)
        if self.library is None:
            skip("no C compiler for the failing file layer")

    def each_call(self, arguments, call, kind, output, codes=(0, 2)):
        """Lets the 1st, 2nd, … call fail until there is none left; returns how many there were."""
        reference = self.path("reference")
        process = run([*arguments, "-o", reference])
        self.assertEqual(process.returncode, 0, process.stderr)
        with open(reference, "rb") as file:
            expected = file.read()
        log = self.path("log")
        for number in range(1, self.MOST):
            with open(output, "wb") as file:
                file.write(self.OLD)
            if os.path.exists(log):
                os.unlink(log)
            process = run(
                [*arguments, "-o", output],
                environment={
                    "LD_PRELOAD": self.library, "FAULT_CALL": call, "FAULT_AT": str(number),
                    "FAULT_KIND": kind, "FAULT_LOG": log,
                },
            )
            where = f"{call} {number} {kind}: {process.stderr!r}"
            with open(output, "rb") as file:
                content = file.read()
            if not os.path.exists(log):
                self.assertEqual(process.returncode, 0, where)
                self.assertEqual(content, expected, where)
                return number - 1
            self.assertIn(process.returncode, codes, where)
            if process.returncode == 0:
                self.assertEqual(content, expected, where)
            else:
                self.assert_clean(process)
                # A close or a sync of the directory may fail after the rename: then it is the new one.
                self.assertIn(content, (self.OLD, expected), where)
            self.assertEqual(self.litter(), [], where)
        self.fail(f"more than {self.MOST} calls of {call}")

    def test_every_call_of_a_report(self):
        counted = {}
        for model in (MODEL, SAVED, KERAS, ONNX) if THOROUGH else (MODEL, SAVED):
            for call, kinds in {
                "open": ("EIO", "EINTR"), "stat": ("EIO",), "mmap": ("ENOMEM",),
                "read": ("EIO", "EINTR", "SHORT"), "write": ("EIO", "EINTR", "ENOSPC", "SHORT"),
                "fsync": ("EIO",), "rename": ("EIO",), "close": ("EIO",),
            }.items():
                for kind in kinds:
                    found = self.each_call(
                        [model, "--format", "json"], call, kind, self.path("out.json")
                    )
                    counted[call] = counted.get(call, 0) + found
        # The layer was there: the model is opened and mapped, the report written.
        for call in ("open", "mmap", "write", "rename", "stat"):
            self.assertGreater(counted[call], 0, counted)

    def test_short_and_interrupted_writes_change_nothing(self):
        for kind in ("SHORT", "EINTR"):
            self.each_call([MODEL, "--format", "json"], "write", kind, self.path("o.json"), (0,))

    def test_every_call_of_a_sweep(self):
        arguments = [
            "sensitivity", MODEL, "--calibration", DATA, "--quiet", "--samples", "8", "--effort", "exact",
            "--actions", "int8-channel", "--threads", "1",
        ]
        for call, kind in (("write", "EIO"), ("write", "ENOSPC"), ("write", "SHORT"), ("fsync", "EIO"),
                           ("open", "EIO"), ("truncate", "EIO")):
            output = self.path("s.json")
            reference = self.path("whole.json")
            self.assertEqual(run([*arguments, "-o", reference]).returncode, 0)
            with open(reference, "rb") as file:
                expected = file.read()
            for number in range(1, 60):
                for name in ("s.json", "s.json.journal", "log"):
                    if os.path.exists(self.path(name)):
                        os.unlink(self.path(name))
                process = run(
                    [*arguments, "-o", output],
                    environment={
                        "LD_PRELOAD": self.library, "FAULT_CALL": call, "FAULT_AT": str(number),
                        "FAULT_KIND": kind, "FAULT_LOG": self.path("log"),
                    },
                )
                if not os.path.exists(self.path("log")):
                    break
                self.assertIn(process.returncode, (0, 2), process.stderr)
                if process.returncode == 2:
                    self.assertFalse(os.path.exists(output))
                    # What the journal holds is good: the sweep goes on without the fault.
                    resume = ["--resume"] if os.path.exists(output + ".journal") else []
                    again = run([*arguments, "-o", output, *resume])
                    self.assertEqual(again.returncode, 0, again.stderr)
                with open(output, "rb") as file:
                    self.assertEqual(file.read(), expected, (call, kind, number))


class ChangingFileTests(FaultCase):
    def large_model(self):
        """The example with a long tail of weights, so that reading takes a while."""
        path = self.path("large.onnx")
        shutil.copy(ONNX, path)
        # Field 7 of the model again would be a second graph: an unknown field of bytes instead.
        count = 200 << 20
        with open(path, "ab") as file:
            tag = (200 << 3) | 2
            for value in (tag, count):
                while value >= 0x80:
                    file.write(bytes([value & 0x7F | 0x80]))
                    value >>= 7
                file.write(bytes([value]))
            file.truncate(file.tell() + count)
        return path

    def test_truncated_or_replaced_while_it_is_read(self):
        endings = set()
        for round in range(30 if THOROUGH else 6):
            path = self.large_model()
            process = subprocess.Popen(
                [TOOL, path, "--format", "json"], env=ENVIRONMENT, cwd=ROOT,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
            time.sleep(0.004 * (round % 15))
            if round % 2:
                os.truncate(path, 4096)
            else:
                shutil.copy(MODEL, path + ".new")
                os.rename(path + ".new", path)
            output, errors = process.communicate(timeout=60)
            endings.add(process.returncode)
            self.assertIn(process.returncode, (0, 2), errors)
            if process.returncode == 2:
                self.assertEqual(len(errors.splitlines()), 1, errors)
                self.assertIn(b"error", output)
            self.assertTrue(is_json(output))
        self.assertIn(2, endings)

    def test_what_is_no_file_does_not_hang(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        for path in (fifo, "/dev/zero", "/dev/full", "/dev/tty", "/proc/self/mem", self.folder, "/"):
            process = run([path], seconds=10)
            self.assert_clean(process)
        process = run(["gate", "--policy", fifo], seconds=10)
        self.assert_clean(process)
        policy = self.path("p.json5")
        with open(policy, "w") as file:
            file.write('{schema: "analyze.policy/1", budgets: [{models: "m.tflite", fileBytes: {growth: "1 %"}}]}')
        shutil.copy(MODEL, self.path("m.tflite"))
        process = run(["gate", "--policy", policy, "--baseline", fifo], seconds=10)
        self.assertEqual(process.returncode, 2)

    def nobody(self):
        """What makes the process one that permissions count for."""
        os.chmod(self.folder, 0o755)
        if os.geteuid() != 0:
            return None
        def before():
            os.setgid(65534)
            os.setuid(65534)
        return before

    def test_folders_that_may_not_be_read(self):
        """What is not seen is never left out: no report of half a model, no pass of a gate."""
        before = self.nobody()
        model = self.path("model")
        shutil.copytree(SAVED, model)
        os.chmod(model + "/variables", 0)
        self.addCleanup(os.chmod, model + "/variables", 0o755)
        process = run([model], before=before, folder="/")
        self.assert_clean(process)
        self.assertIn(b"IO_READ", process.stderr)
        os.makedirs(self.path("models/closed"))
        shutil.copy(MODEL, self.path("models/a.tflite"))
        shutil.copy(MODEL, self.path("models/closed/b.tflite"))
        policy = self.path("p.json5")
        with open(policy, "w") as file:
            file.write('{schema: "analyze.policy/1", budgets: [{models: "models/**", fileBytes: {max: "1 MB"}}]}')
        self.assertEqual(run(["gate", "--policy", policy], before=before, folder="/").returncode, 0)
        os.chmod(self.path("models/closed"), 0)
        self.addCleanup(os.chmod, self.path("models/closed"), 0o755)
        self.assertEqual(run(["gate", "--policy", policy], before=before, folder="/").returncode, 2)

    def test_a_link_to_nowhere_is_a_model_that_is_missing(self):
        shutil.copy(MODEL, self.path("a.tflite"))
        os.symlink(self.path("gone"), self.path("b.tflite"))
        policy = self.path("p.json5")
        with open(policy, "w") as file:
            file.write('{schema: "analyze.policy/1", budgets: [{models: "*.tflite", fileBytes: {max: "1 MB"}}]}')
        self.assertEqual(run(["gate", "--policy", policy]).returncode, 2)

    def test_what_may_not_be_read(self):
        before = self.nobody()
        path = self.path("m.tflite")
        shutil.copy(MODEL, path)
        os.chmod(path, 0)
        process = run([path], before=before, folder="/")
        self.assert_clean(process)
        self.assertIn(b"IO_READ", process.stderr)


