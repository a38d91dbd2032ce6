"""Documents of other versions of the tool are read or refused by name, never half understood."""

import json
import shutil

from tool import DATA, MODEL, FaultCase, run


class VersionTests(FaultCase):
    def write(self, name, document):
        path = self.path(name)
        with open(path, "w") as file:
            file.write(document if isinstance(document, str) else json.dumps(document))
        return path

    def refused(self, arguments, schema):
        """Every command refuses an older and a newer schema, and names it or the one that it reads."""
        process = run(arguments)
        self.assert_clean(process)
        self.assertIn(schema.encode(), process.stderr)

    def others(self, schema):
        name, number = schema.rsplit("/", 1)
        return (f"{name}/{int(number) + 1}", f"{name}/0", name, "analyze.other/1", "")

    def test_reports(self):
        report = json.loads(run([MODEL, "--format", "json"]).stdout)
        self.assertEqual(run(["diff", self.write("r.json", report), MODEL]).returncode, 0)
        for schema in self.others(report["schema"]):
            old = self.write("r.json", {**report, "schema": schema})
            self.refused(["diff", old, MODEL], "analyze.report/1")
            policy = self.write(
                "p.json5",
                '{schema: "analyze.policy/1", budgets: [{models: "*.tflite", fileBytes: {growth: "1 %"}}]}',
            )
            process = run(["gate", "--policy", policy, "--baseline", old, MODEL])
            self.assertEqual(process.returncode, 2)
        self.refused(["diff", self.write("r.json", {"totals": 1}), MODEL], "schema")

    def test_baselines(self):
        shutil.copy(MODEL, self.path("m.tflite"))
        policy = self.write(
            "p.json5",
            '{schema: "analyze.policy/1", budgets: [{models: "m.tflite", fileBytes: {growth: "1 %"}}]}',
        )
        path = self.path("b.json")
        process = run(["gate", "--policy", policy, "--baseline", path, "--update-baseline"])
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual(run(["gate", "--policy", policy, "--baseline", path]).returncode, 0)
        with open(path) as file:
            baseline = json.load(file)
        for schema in self.others(baseline["schema"]):
            other = self.write("other.json", {**baseline, "schema": schema})
            process = run(["gate", "--policy", policy, "--baseline", other])
            self.assertEqual(process.returncode, 2, schema)
            self.assertIn(b"its schema is", process.stdout + process.stderr)

    def test_policies(self):
        for schema in self.others("analyze.policy/1"):
            policy = self.write(
                "p.json5", f'{{schema: "{schema}", budgets: [{{models: "*", fileBytes: {{max: "1 MB"}}}}]}}'
            )
            self.refused(["gate", "--policy", policy], "analyze.policy/1")

    def test_sensitivity(self):
        path = self.path("s.json")
        process = run(
            ["sensitivity", MODEL, "--calibration", DATA, "-o", path, "--quiet", "--samples", "8",
             "--actions", "int8-channel"]
        )
        self.assertEqual(process.returncode, 0, process.stderr)
        with open(path) as file:
            document = json.load(file)
        for schema in self.others(document["schema"]):
            other = self.write("other.json", {**document, "schema": schema})
            self.refused(
                ["plan", MODEL, "--budget", "size<=20kB", "--sensitivity", other], "analyze.sensitivity/1"
            )
            self.refused(
                ["graph", MODEL, "-o", self.path("g.dot"), "--data", other], "analyze.sensitivity/1"
            )

    def test_plans(self):
        document = {"schema": "analyze.plan/2", "layers": []}
        other = self.write("plan.json", document)
        self.refused(["graph", MODEL, "-o", self.path("g.dot"), "--data", other], "analyze.plan/1")

    def test_rules(self):
        for schema in self.others("analyze.target/1"):
            path = self.write("t.json5", f'{{schema: "{schema}", name: "t"}}')
            self.refused(["targets", "--check", path], "analyze.target/1")

    def test_journals(self):
        output = self.path("s.json")
        for magic in (b"ANLZLOG0", b"ANLZLOG2"):
            with open(output + ".journal", "wb") as file:
                file.write(magic + bytes(64))
            process = run(
                ["sensitivity", MODEL, "--calibration", DATA, "-o", output, "--quiet", "--samples", "8",
                 "--actions", "int8-channel", "--resume"]
            )
            self.assert_clean(process)
            self.assertIn(b"another version", process.stderr)
