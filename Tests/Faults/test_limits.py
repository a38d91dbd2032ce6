"""Little memory, few descriptors, a small stack; the flags that bound the program; isolation."""

import json
import os
import resource
import signal
import subprocess
import time
import zipfile

from tool import KERAS, MODEL, ONNX, ROOT, SAVED, TOOL, ENVIRONMENT, FaultCase, is_json, run


def limit(which, most):
    return lambda: resource.setrlimit(which, (most, most))


class SystemLimitTests(FaultCase):
    MODELS = (MODEL, ONNX, SAVED, KERAS)

    def test_half_a_gibibyte_is_enough(self):
        for model in self.MODELS:
            process = run([model, "--format", "json"], before=limit(resource.RLIMIT_AS, 512 << 20))
            self.assertEqual(process.returncode, 0, process.stderr)
            self.assertTrue(is_json(process.stdout))

    def test_too_little_memory_is_an_end_with_words(self):
        """Swift ends a process whose memory ran out; the line says that it was not the model."""
        for mebibytes in (1, 8, 20, 40, 60, 80, 120, 200):
            process = run([MODEL], before=limit(resource.RLIMIT_AS, mebibytes << 20))
            # Below some size the system's loader cannot even begin (127), or kills it (-9, -11).
            if process.returncode in (127, -9, -11) and b"analyze" not in process.stderr:
                continue
            if process.returncode not in (0, 2, 127):
                self.assertIn(b"analyze: error: INTERNAL", process.stderr, mebibytes)

    def test_few_descriptors(self):
        for model in self.MODELS:
            process = run([model], before=limit(resource.RLIMIT_NOFILE, 16))
            self.assert_clean(process, (0, 2))
        self.assert_clean(run([MODEL], before=limit(resource.RLIMIT_NOFILE, 4)), (0, 2))
        process = run([MODEL], before=limit(resource.RLIMIT_NOFILE, 3))
        self.assertIn(process.returncode, (2, 127), process.stderr)

    def test_a_small_stack(self):
        for model in self.MODELS:
            process = run([model, "--format", "json"], before=limit(resource.RLIMIT_STACK, 256 << 10))
            self.assertEqual(process.returncode, 0, process.stderr)

    def test_no_further_processes(self):
        """The layout of Graphviz has no process then: rows instead, and a note."""
        def before():
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
        os.chmod(self.folder, 0o777)
        process = run([MODEL], before=before, folder="/")
        self.assertIn(process.returncode, (0, 2), process.stderr)
        process = run(["graph", ONNX, "-o", self.path("g.svg")], before=before, folder="/")
        self.assertIn(process.returncode, (0, 2), process.stderr)


class FlagTests(FaultCase):
    def test_the_list_names_every_limit(self):
        text = run(["--limits"]).stdout.decode()
        names = [line.split()[0] for line in text.splitlines()[4:]]
        self.assertGreater(len(names), 20)
        self.assertEqual(len(set(names)), len(names))
        for name in names:
            process = run([MODEL, "--limit", name + "=1000000000"])
            self.assertEqual(process.returncode, 0, (name, process.stderr))

    def test_limits_are_kept_and_their_error_names_the_flag(self):
        deflated = self.path("deflated.keras")
        with zipfile.ZipFile(KERAS) as source, zipfile.ZipFile(deflated, "w", zipfile.ZIP_DEFLATED) as copy:
            for name in source.namelist():
                copy.writestr(name, source.read(name))
        for model, flag, value in (
            (MODEL, "file-bytes", "1kB"), (MODEL, "rank", "1"), (MODEL, "flatbuffer-tables", "3"),
            (MODEL, "flatbuffer-depth", "1"), (MODEL, "metadata-alloc", "10"), (ONNX, "nodes", "2"),
            (ONNX, "tensors", "2"), (ONNX, "attributes", "1"), (ONNX, "rank", "1"),
            (ONNX, "all-names-bytes", "4"), (SAVED, "dir-entries", "1"), (SAVED, "dir-bytes", "10"),
            (SAVED, "nodes", "1"), (KERAS, "nodes", "1"), (SAVED, "call-depth", "1"),
            (MODEL, "nodes", "2"), (KERAS, "rank", "1"), (KERAS, "zip-entries", "1"),
            (deflated, "inflate-total", "10"),
        ):
            process = run([model, "--limit", f"{flag}={value}"])
            self.assert_clean(process)
            self.assertIn(b"LIMIT_EXCEEDED", process.stderr, flag)
            self.assertIn(b"--limit " + flag.encode(), process.stderr)

    def test_names_and_values_that_are_none(self):
        process = run([MODEL, "--limit", "node=3"])
        self.assert_clean(process)
        self.assertIn(b"is it nodes?", process.stderr)
        for wrong in ("nodes", "nodes=", "nodes=0", "nodes=-1", "nodes=x", "nodes=9223372036854775807GiB"):
            self.assert_clean(run([MODEL, "--limit", wrong]))

    def test_the_program_bounds_itself(self):
        process = run([MODEL, "--limit", "process-mem=512MiB"])
        self.assertEqual(process.returncode, 0, process.stderr)


class IsolationTests(FaultCase):
    def test_results_are_the_same(self):
        for arguments in ([MODEL], [ONNX, "--format", "json"], ["--limits"], [self.path("none")]):
            plain, isolated = run(arguments), run([*arguments, "--isolate"])
            self.assertEqual(plain.returncode, isolated.returncode)
            self.assertEqual(plain.stdout, isolated.stdout)
            self.assertEqual(plain.stderr, isolated.stderr)

    def test_memory_that_runs_out_is_exit_2(self):
        seen = set()
        for mebibytes in (1, 20, 40, 60, 80, 100, 150):
            process = run([MODEL, "--isolate", "--limit", f"process-mem={mebibytes}MiB"])
            self.assertIn(process.returncode, (0, 2), process.stderr)
            seen.add(process.returncode)
        self.assertIn(2, seen)

    def test_a_crash_is_exit_2_with_one_line(self):
        """A signal that kills the child, as a defect would."""
        for json_wanted in (False, True):
            more = ["--format", "json"] if json_wanted else []
            for number in (signal.SIGSEGV, signal.SIGILL, signal.SIGABRT, signal.SIGKILL):
                ending = self.killed_child(number, more)
                self.assertEqual(ending[0], 2, ending)
                lines = ending[2].decode().splitlines()
                self.assertEqual(len([line for line in lines if "INTERNAL" in line]), 1, lines)
                if json_wanted:
                    self.assertEqual(json.loads(ending[1])["error"]["code"], "INTERNAL")

    def killed_child(self, number, more):
        """Runs on a model that takes a moment, and kills the child of the process."""
        path = self.path("slow.onnx")
        if not os.path.exists(path):
            # Random weights: reading their statistics takes a while.
            with open(path, "wb") as file:
                file.write(self.big_model())
        for _ in range(20):
            process = subprocess.Popen(
                [TOOL, path, "--isolate", "--threads", "1", *more], env=ENVIRONMENT, cwd=ROOT,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
            child = None
            for _ in range(2000):
                try:
                    with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
                        child = int(file.read().split()[0])
                    with open(f"/proc/{child}/environ", "rb") as file:
                        # After exec it has the mark of a child.
                        if b"ANALYZE_ISOLATED" in file.read():
                            break
                except (OSError, IndexError, ValueError):
                    pass
                time.sleep(0.0005)
            try:
                os.kill(child, number)
            except (ProcessLookupError, TypeError):
                pass
            output, errors = process.communicate(timeout=60)
            if process.returncode != 0:
                return process.returncode, output, errors
        self.fail("the child was always faster")

    def big_model(self):
        def varint(value):
            result = b""
            while value >= 0x80:
                result += bytes([value & 0x7F | 0x80])
                value >>= 7
            return result + bytes([value])

        def field(number, content):
            return varint(number << 3 | 2) + varint(len(content)) + content

        count = 8 << 20
        tensor = b"\x08" + varint(count) + b"\x10\x01" + field(8, b"w") + field(9, os.urandom(4 * count))
        node = field(1, b"w") + field(2, b"y") + field(4, b"Relu")
        graph = field(1, node) + field(2, b"g") + field(5, tensor) + field(12, field(1, b"y"))
        return b"\x08\x08" + field(7, graph) + field(8, field(1, b"") + b"\x10\x11")

    def test_interrupts_reach_the_child(self):
        path = self.path("slow.onnx")
        with open(path, "wb") as file:
            file.write(self.big_model())
        for number in (signal.SIGINT, signal.SIGTERM):
            process = subprocess.Popen(
                [TOOL, path, "--isolate", "--threads", "1"], env=ENVIRONMENT, cwd=ROOT,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            time.sleep(0.02)
            process.send_signal(number)
            self.assertIn(process.wait(timeout=60), (0, -number))


class CrashTests(FaultCase):
    def wait_until_mapped(self, process, path):
        """Waits until the program reads the model, however slow the machine is."""
        while process.poll() is None:
            with open(f"/proc/{process.pid}/maps") as maps:
                if path in maps.read():
                    return
            time.sleep(0.002)

    def test_a_crash_says_how_to_report_it(self):
        path = self.path("slow.onnx")
        with open(path, "wb") as file:
            file.write(IsolationTests.big_model(self))
        for number in (signal.SIGSEGV, signal.SIGILL, signal.SIGABRT, signal.SIGBUS):
            for more in ([], ["--format", "json"]):
                process = subprocess.Popen(
                    [TOOL, path, "--threads", "1", *more], env=ENVIRONMENT, cwd=ROOT,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                )
                self.wait_until_mapped(process, path)
                process.send_signal(number)
                output, errors = process.communicate()
                if process.returncode == 0:
                    continue
                self.assertEqual(process.returncode, -number)
                self.assertEqual(len(errors.splitlines()), 1, errors)
                self.assertIn(b"INTERNAL: the tool crashed (signal %d)" % number, errors)
                self.assertIn(b"analyze --version --json", errors)
                if more:
                    self.assertEqual(json.loads(output)["error"]["code"], "INTERNAL")

    def test_the_version_is_told_as_json(self):
        document = json.loads(run(["--version", "--json"]).stdout)
        self.assertEqual(document["schema"], "analyze.version/1")
        self.assertEqual(
            run(["--version"]).stdout.decode().split(),
            [document["tool"]["name"], document["tool"]["version"]],
        )
        self.assertIn("analyze.report/1", document["reads"])
        self.assertTrue(document["platform"]["optimized"])


