"""A sweep that is killed goes on where it was, and comes to the same bytes."""

import json
import os
import random
import signal
import struct
import subprocess
import time

from tool import DATA, MODEL, ONNX, ROOT, THOROUGH, TOOL, ENVIRONMENT, FaultCase, run


class SweepTests(FaultCase):
    ACTIONS = "int8-channel,int4-channel,int2-channel,prune-50,int8-activations,channels-25"

    def arguments(self, output, *more, model=MODEL):
        return [
            "sensitivity", model, "--calibration", DATA, "-o", output, "--quiet", "--effort", "exact",
            "--samples", "60", "--actions", self.ACTIONS, *more,
        ]

    def whole(self):
        path = self.path("whole.json")
        start = time.monotonic()
        process = run(self.arguments(path))
        self.assertEqual(process.returncode, 0, process.stderr)
        with open(path, "rb") as file:
            return file.read(), time.monotonic() - start

    def content(self, path):
        with open(path, "rb") as file:
            return file.read()

    def test_killed_at_random_instants(self):
        expected, duration = self.whole()
        random.seed(14)
        output = self.path("killed.json")
        killed = 0
        for _ in range(50 if THOROUGH else 8):
            for name in (output, output + ".journal"):
                if os.path.exists(name):
                    os.unlink(name)
            tries = 0
            while not os.path.exists(output):
                tries += 1
                resume = ["--resume"] if os.path.exists(output + ".journal") else []
                process = subprocess.Popen(
                    [TOOL, *self.arguments(output, *resume)], env=ENVIRONMENT, cwd=ROOT,
                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                )
                if tries < 4:
                    time.sleep(random.uniform(0, duration))
                    process.send_signal(random.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGINT)))
                _, errors = process.communicate(timeout=120)
                killed += process.returncode != 0
                self.assertIn(process.returncode, (0, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT), errors)
            self.assertEqual(self.content(output), expected)
        self.assertGreater(killed, 0)
        # SIGKILL may leave a temporary file; the next run takes it away when it is ten seconds old.
        for name in self.litter():
            os.utime(self.path(name), (1, 1))
        self.assertEqual(run(self.arguments(output, "--restart")).returncode, 0)
        self.assertEqual(self.litter(), [])

    def journal(self):
        """The journal of a sweep that was stopped when it was nearly done."""
        output = self.path("part.json")
        _, duration = self.whole()
        for share in (0.9, 0.8, 0.7, 0.6, 0.5):
            for name in (output, output + ".journal"):
                if os.path.exists(name):
                    os.unlink(name)
            process = subprocess.Popen(
                [TOOL, *self.arguments(output)], env=ENVIRONMENT, cwd=ROOT,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            time.sleep(duration * share)
            process.kill()
            process.wait()
            if os.path.exists(output + ".journal") and not os.path.exists(output):
                if len(self.ends(output + ".journal")) > 4:
                    return output
        self.fail("no journal of an unfinished sweep")

    def ends(self, path):
        """Where the whole records of a journal end."""
        data = self.content(path)
        place, ends = 8, []
        while place + 4 <= len(data):
            (length,) = struct.unpack_from("<I", data, place)
            if place + 8 + length > len(data):
                break
            place += 8 + length
            ends.append(place)
        return ends

    def test_a_journal_cut_at_any_byte_of_its_last_records(self):
        output = self.journal()
        expected, _ = self.whole()
        data = self.content(output + ".journal")
        ends = self.ends(output + ".journal")
        places = list(range(ends[-4], ends[-1] + 1))
        if len(places) > (400 if THOROUGH else 24):
            # All around the ends of the records, and a sample between.
            near = {place for end in ends[-4:] for place in range(end - 6, end + 7)}
            random.seed(15)
            places = [place for place in places if place in near] + random.sample(places, 40)
            places = places if THOROUGH else random.sample(places, 24)
        for place in places:
            if os.path.exists(output):
                os.unlink(output)
            with open(output + ".journal", "wb") as file:
                file.write(data[:place])
            process = run(self.arguments(output, "--resume"))
            self.assertEqual(process.returncode, 0, (place, process.stderr))
            self.assertEqual(self.content(output), expected, place)

    def test_a_damaged_record_is_measured_again(self):
        output = self.journal()
        expected, _ = self.whole()
        data = bytearray(self.content(output + ".journal"))
        ends = self.ends(output + ".journal")
        data[ends[-3] + 20] ^= 1
        with open(output + ".journal", "wb") as file:
            file.write(data)
        process = run(self.arguments(output, "--resume"))
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual(self.content(output), expected)

    def test_a_journal_of_something_else_is_refused(self):
        output = self.journal()
        for wrong in (
            self.arguments(output, "--resume", model=ONNX),
            [*self.arguments(output, "--resume"), "--seed", "9"],
            [text.replace("60", "50") if text == "60" else text for text in self.arguments(output, "--resume")],
        ):
            process = run(wrong)
            self.assert_clean(process)
            self.assertFalse(os.path.exists(output))
        # Without a word about it, it is not touched either.
        process = run(self.arguments(output))
        self.assert_clean(process)
        self.assertIn(b"--resume", process.stderr)
        for content in (b"", b"ANLZLOG", b"ANLZLOG2" + bytes(40), b"\x00" * 100, b"{}"):
            with open(output + ".journal", "wb") as file:
                file.write(content)
            process = run(self.arguments(output, "--resume"))
            self.assert_clean(process, (0, 2))

    def test_an_unfinished_sweep_has_another_name_and_is_no_answer(self):
        output = self.path("s.json")
        process = run([*self.arguments(output), "--time", "0.001s"])
        if process.returncode == 0:
            return
        self.assert_clean(process)
        self.assertFalse(os.path.exists(output))
        incomplete = self.path("s.incomplete.json")
        self.assertTrue(os.path.exists(incomplete))
        self.assertEqual(json.loads(self.content(incomplete))["status"], "incomplete")

    def test_two_sweeps_do_not_share_a_journal(self):
        output = self.path("shared.json")
        first = subprocess.Popen(
            [TOOL, *self.arguments(output)], env=ENVIRONMENT, cwd=ROOT,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        while not os.path.exists(output + ".journal") and first.poll() is None:
            time.sleep(0.001)
        second = run(self.arguments(output, "--restart"))
        first.wait()
        self.assertIn(second.returncode, (0, 2), second.stderr)
        self.assertEqual(first.returncode, 0)


