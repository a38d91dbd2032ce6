"""Output that cannot be written: the old file or the whole new one, never 0 for what was lost."""

import os
import random
import signal
import subprocess
import time

from tool import MODEL, POLICY, ROOT, THOROUGH, TOOL, FaultCase, ENVIRONMENT, is_json, run, skip


class WritingTests(FaultCase):
    OLD = b"the old report\n"

    def old_report(self, name="out.json"):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(self.OLD)
        return path

    def new_report(self):
        path = self.path("reference.json")
        process = run([MODEL, "--format", "json", "-o", path])
        self.assertEqual(process.returncode, 0, process.stderr)
        with open(path, "rb") as file:
            return file.read()

    def test_a_full_disk_leaves_the_old_report(self):
        """64 KiB of tmpfs, mounted where nobody else sees it."""
        mount = self.path("disk")
        os.mkdir(mount)
        script = (
            f"mount -t tmpfs -o size=64k none {mount} && printf 'the old report\\n' > {mount}/out.json"
            f" && head -c 60000 /dev/zero > {mount}/filler; "
            f"{TOOL} {MODEL} --format json -o {mount}/out.json > /dev/null; code=$?; "
            f"cmp {mount}/out.json - <<< 'the old report' && ls -A {mount} | sort | tr '\\n' ' '; exit $code"
        )
        process = subprocess.run(
            ["unshare", "-m", "bash", "-c", script], env=ENVIRONMENT, cwd=ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        if b"unshare" in process.stderr or b"mount:" in process.stderr:
            skip("mounting is not permitted here: " + process.stderr.decode()[:80])
        self.assert_clean(process)
        self.assertIn(b"IO_WRITE", process.stderr)
        self.assertEqual(process.stdout.split(), [b"filler", b"out.json"])

    def test_a_directory_without_permission(self):
        folder = self.path("closed")
        os.mkdir(folder)
        os.chmod(folder, 0o555)
        os.chmod(self.folder, 0o755)
        if os.geteuid() == 0:
            def before():
                os.setgid(65534)
                os.setuid(65534)
        else:
            before = None
        process = run([MODEL, "-o", folder + "/out.txt"], before=before)
        if b"cannot open" in process.stderr:
            skip("the package cannot be read by others: not permitted")
        self.assert_clean(process)
        self.assertIn(b"IO_WRITE", process.stderr)
        self.assertEqual(os.listdir(folder), [])

    def test_devices_are_written_through_and_full_ones_are_an_error(self):
        for target in ("/dev/full",):
            process = run([MODEL, "-o", target])
            self.assert_clean(process)
            with open("/dev/full", "wb") as full:
                self.assert_clean(run([MODEL], stdout=full))
                self.assert_clean(run(["--limits"], stdout=full))
                self.assert_clean(run(["--version", "--json"], stdout=full))
        self.assertFalse(os.path.isfile("/dev/full"))

    def test_closed_descriptors(self):
        """Output that went nowhere is never a success, and never lands in another file."""
        out = self.path("out.json")
        for closed in ([1], [0, 1], [1, 2], [0, 1, 2]):
            def before():
                for descriptor in closed:
                    os.close(descriptor)
            process = run([MODEL], before=before)
            self.assertEqual(process.returncode, 2, closed)
            process = run([MODEL, "--format", "json", "-o", out], before=before)
            self.assertEqual(process.returncode, 0, closed)
            with open(out, "rb") as file:
                self.assertTrue(is_json(file.read()))

    def test_the_gate_tells_the_verdict_although_nobody_reads(self):
        for target, code in ((POLICY, 0),):
            reader, writer = os.pipe()
            os.close(reader)
            process = run(["gate", "--policy", target], stdout=writer)
            os.close(writer)
            self.assertIn(process.returncode, (code, 2), process.stderr)
        with open("/dev/full", "wb") as full:
            self.assertIn(run(["gate", "--policy", POLICY], stdout=full).returncode, (2,))

    def test_killed_while_writing(self):
        """Old or new, never torn; what is left behind is recognised and removed by the next run."""
        old, new = self.OLD, self.new_report()
        random.seed(12)
        path = self.old_report()
        torn = 0
        start = time.monotonic()
        run([MODEL, "--format", "json", "-o", path])
        duration = time.monotonic() - start
        for _ in range(200 if THOROUGH else 20):
            with open(path, "wb") as file:
                file.write(old)
            process = subprocess.Popen(
                [TOOL, MODEL, "--format", "json", "-o", path], env=ENVIRONMENT, cwd=ROOT,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            time.sleep(random.uniform(0, duration * 1.1))
            process.send_signal(signal.SIGKILL)
            process.wait()
            with open(path, "rb") as file:
                if file.read() not in (old, new):
                    torn += 1
        self.assertEqual(torn, 0)
        # Ten seconds later the next run tidies up.
        for name in self.litter():
            os.utime(self.path(name), (1, 1))
        self.assertEqual(run([MODEL, "--format", "json", "-o", path]).returncode, 0)
        self.assertEqual(self.litter(), [])

    def test_another_process_keeps_its_temporary_file(self):
        path = self.old_report()
        mine = self.path(f".out.json.analyze-tmp-{os.getpid()}-abcdef")
        dead = self.path(".out.json.analyze-tmp-4194303-abcdef")
        other = self.path(".else.json.analyze-tmp-4194303-abcdef")
        for name in (mine, dead, other):
            open(name, "w").close()
            os.utime(name, (1, 1))
        self.assertEqual(run([MODEL, "-o", path]).returncode, 0)
        self.assertTrue(os.path.exists(mine))
        self.assertFalse(os.path.exists(dead))
        self.assertTrue(os.path.exists(other))

    def test_interrupts_end_it_as_such_and_leave_nothing(self):
        random.seed(13)
        path = self.old_report()
        seen = set()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for _ in range(20 if THOROUGH else 5):
                process = subprocess.Popen(
                    [TOOL, MODEL, "--format", "json", "-o", path], env=ENVIRONMENT, cwd=ROOT,
                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                )
                time.sleep(random.uniform(0.0, 0.05))
                process.send_signal(number)
                process.communicate()
                self.assertIn(process.returncode, (0, -number))
                seen.add(process.returncode)
                self.assertEqual(self.litter(), [])
        self.assertTrue(any(code < 0 for code in seen))

    def test_a_file_size_limit_is_an_error(self):
        import resource
        path = self.old_report()
        process = run(
            [MODEL, "--format", "json", "-o", path],
            before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
        )
        self.assert_clean(process)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), self.OLD)
        self.assertEqual(self.litter(), [])
