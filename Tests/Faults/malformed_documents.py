"""Malformed arrays, pictures, rules, policies, reports, measurements and journals, each with its code.

The codes are those of docs/running.md's list of errors: DATA_INVALID for data and measurements, RULES_INVALID,
POLICY_INVALID, BASELINE_MISMATCH for saved reports, LIMIT_EXCEEDED for what is too much. A document that is
odd but sound has the code None.
"""

import copy
import io
import json
import struct
import zipfile
import zlib

DATA, RULES, POLICY, BASELINE, LIMIT, USAGE = (
    "DATA_INVALID", "RULES_INVALID", "POLICY_INVALID", "BASELINE_MISMATCH", "LIMIT_EXCEEDED", "USAGE")


# MARK: - Texts that no JSON5 reader takes (json5.org 1.0.0, RFC 8259)

def broken_texts(good, code):
    """Damage to a good document that its grammar forbids."""
    yield "nothing", "", code
    yield "only spaces", " \n\t ", code
    yield "only a comment", "// nothing", code
    yield "a comment without an end", good + "/* and", code
    yield "half of it", good[:len(good) // 2], code
    yield "a bracket too few", good.rstrip()[:-1], code
    yield "a bracket too many", good.rstrip() + "}", code
    yield "twice", good + good, code
    yield "a list around it twice", "[[" + good + "]]", code
    yield "text", '"text"', code
    yield "a number", "17", code
    yield "null", "null", code
    yield "no UTF-8", good.encode().replace(b"schema", b"sch\xffma", 1), code
    yield "a zero byte", good.replace(":", ":\0", 1), code
    yield "a raw line feed in text", good.replace('"', '"\n', 1), code
    yield "a lone surrogate", good.replace('"analyze', '"\\ud800analyze', 1), code
    yield "an unknown escape of digits", good.replace('"analyze', '"\\1analyze', 1), code
    yield "a missing colon", good.replace(":", " ", 1), code
    yield "a schema that is a number", good.replace('"analyze.', '1, "analyze.', 1), code
    yield "deep lists", "[" * 5000, LIMIT
    yield "deep objects", '{"a":' * 5000, LIMIT


# MARK: - NumPy's arrays (NEP 1)


def npy(header, content=b"", version=(1, 0), length=None, magic=b"\x93NUMPY"):
    text = header.encode() if isinstance(header, str) else header
    size = len(text) if length is None else length
    return magic + bytes(version) + struct.pack("<H" if version[0] == 1 else "<I", size) + text + content


def header(descr="'<f4'", order="False", shape="(2,)"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


def npy_files():
    eight = b"\0" * 8
    good = npy(header(), eight)
    yield "nothing", b"", DATA
    for size in (1, 5, 6, 7, 8, 9, 10, 30):
        yield f"{size} bytes of an array", good[:size], DATA
    yield "an element that is cut", good[:-1], DATA
    yield "no elements", npy(header()), DATA
    yield "another first byte", npy(header(), eight, magic=b"\x92NUMPY"), DATA
    yield "another name", npy(header(), eight, magic=b"\x93NUMPI"), DATA
    for version in ((0, 0), (4, 0), (255, 0)):
        yield f"version {version[0]}", npy(header(), eight, version), DATA
    yield "a header that is longer than the file", npy(header(), eight, length=60_000), DATA
    yield "a header of 4 GiB", npy(header(), eight, (2, 0), length=0xFFFFFFFF), DATA
    yield "a header of no bytes", npy("", eight), DATA
    for name, text in {
        "no descr": "{'fortran_order': False, 'shape': (2,), }", "no order": "{'descr': '<f4', 'shape': (2,), }",
        "no shape": "{'descr': '<f4', 'fortran_order': False, }", "an empty dictionary": "{}", "a list": "[1, 2]",
    }.items():
        yield f"a header with {name}", npy(text + "\n", eight), DATA
    for descr in ("'>f4'", "'|O'", "'<U8'", "'|S4'", "'<f3'", "'<f16'", "'<M8[ns]'", "''", "[('a', '<f4')]", "'|V8'"):
        yield f"elements of {descr}", npy(header(descr), eight * 8), DATA
    for shape in ("(-1,)", "(2.0,)", "(a,)", "2", "[2]", "(2", f"({1 << 62}, 4)", f"({1 << 80},)", "(1e3,)", "(0x2,)",
                  f"({1 << 31}, {1 << 31})", "(3,)", "(+-2,)"):
        yield f"a shape of {shape}", npy(header(shape=shape), eight), DATA
    yield "columns before rows", npy(header(order="True", shape="(2, 1)"), eight), DATA
    yield "version 3 with a text that is no UTF-8", npy(b"{'descr': '\xff\xfe'}", eight, (3, 0)), DATA


def npz_files():
    good = npy(header(), b"\0" * 8)

    def archive(*members, method=zipfile.ZIP_STORED):
        output = io.BytesIO()
        with zipfile.ZipFile(output, "w") as file:
            for name, content in members:
                file.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, method)
        return output.getvalue()
    whole = archive(("x.npy", good))
    deflated = archive(("x.npy", good), method=zipfile.ZIP_DEFLATED)
    for cut in (1, 10, 22, 40, 80):
        yield f"{cut} bytes short", whole[:-cut], DATA
    yield "an array that is none", archive(("x.npy", b"text")), DATA
    yield "an array of objects", archive(("x.npy", npy(header("'|O'"), b"\x80\x04N."))), DATA
    yield "a name twice", archive_twice(good), DATA
    yield "a method that is not read", archive(("x.npy", good), method=zipfile.ZIP_BZIP2), DATA
    place = deflated.index(b"x.npy") + 5
    for offset in (0, 5, 20):
        broken = bytearray(deflated)
        broken[place + offset] ^= 0xFF
        yield f"deflated data that is damaged at {offset}", bytes(broken), DATA
    directory = whole.index(b"PK\x01\x02")
    end = whole.index(b"PK\x05\x06")
    for name, at, value in (
        ("an offset that is out of the file", directory + 42, 0x7FFFFFFF), ("a size of 2 GiB", directory + 24, 0x7FFFFFFF),
        ("a stored size of 2 GiB", directory + 20, 0x7FFFFFFF), ("a wrong checksum", directory + 16, 1),
        ("a directory out of the file", end + 16, 0x7FFFFFFF), ("a directory of 2 GiB", end + 12, 0x7FFFFFFF),
        ("an encrypted member", directory + 8, 1),
    ):
        broken = bytearray(whole)
        broken[at:at + 4] = struct.pack("<I", value)
        yield name, bytes(broken), DATA


def archive_twice(content):
    """Two members of a name, which zipfile warns of."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as file:
        for name in ("x.npy", "y.npy"):
            file.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return output.getvalue().replace(b"y.npy", b"x.npy")


# MARK: - Pictures (ISO/IEC 15948, ISO/IEC 10918-1)


def chunk(name, content, check=None):
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body) if check is None else check)


PNG = b"\x89PNG\r\n\x1a\n"


def png(width=1, height=1, bits=8, colour=0, rows=b"\0\x7f", extra=b"", method=0, filters=0, interlace=0, end=True):
    head = struct.pack(">IIBBBBB", width, height, bits, colour, method, filters, interlace)
    data = rows if rows is None else zlib.compress(rows)
    return (PNG + chunk(b"IHDR", head) + extra + (b"" if data is None else chunk(b"IDAT", data))
            + (chunk(b"IEND", b"") if end else b""))


def picture_files():
    good = png()
    yield "nothing", b"", DATA
    yield "a signature alone", PNG, DATA
    yield "a signature after a transfer as text", good.replace(b"\r\n", b"\n"), DATA
    for cut in (40, 30, 20, 16):
        yield f"{cut} bytes short", good[:-cut], DATA
    yield "no width", png(width=0), DATA
    yield "no height", png(height=0), DATA
    yield "a negative width", png(width=0xFFFFFFFF), DATA
    yield "more pixels than memory", png(width=0x7FFFFFFF, height=0x7FFFFFFF), (DATA, LIMIT)
    yield "a bomb of pixels", png(width=60_000, height=60_000), (DATA, LIMIT)
    for bits, colour in ((3, 0), (0, 0), (255, 0), (8, 1), (8, 5), (8, 7), (1, 2), (16, 3)):
        yield f"{bits} bits of colour type {colour}", png(bits=bits, colour=colour), DATA
    yield "an unknown compression", png(method=1), DATA
    yield "an unknown filter method", png(filters=1), DATA
    yield "an unknown interlacing", png(interlace=2), DATA
    yield "a palette that is missing", png(colour=3, rows=b"\0\0"), DATA
    yield "a row without its filter", png(rows=b"\x7f"), DATA
    yield "an unknown filter of a row", png(rows=b"\x09\x7f"), DATA
    yield "no data", png(rows=None), DATA
    yield "rows that are missing", png(width=4, height=4, rows=b"\0\1\2\3\4"), DATA
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    yield "data that is no deflate", PNG + chunk(b"IHDR", head) + chunk(b"IDAT", b"nothing") + chunk(b"IEND", b""), DATA
    yield "a wrong checksum of the header", PNG + chunk(b"IHDR", head, 1) + chunk(b"IDAT", zlib.compress(b"\0\0")), DATA
    yield "a header of 12 bytes", PNG + chunk(b"IHDR", head[:12]) + chunk(b"IDAT", zlib.compress(b"\0\0")), DATA
    yield "data before the header", PNG + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IHDR", head), DATA
    yield "an unknown critical chunk", png(extra=chunk(b"QQQQ", b"1")), DATA
    yield "a JPEG of its first bytes", b"\xff\xd8\xff\xe0", DATA
    yield "a JPEG that ends at once", b"\xff\xd8\xff\xd9", DATA
    frame = struct.pack(">BHHB", 8, 1, 1, 1) + b"\1\x11\0"
    yield "a JPEG without a scan", b"\xff\xd8\xff\xc0" + struct.pack(">H", 2 + len(frame)) + frame + b"\xff\xd9", DATA
    wide = struct.pack(">BHHB", 8, 0xFFFF, 0xFFFF, 1) + b"\1\x11\0"
    yield "a JPEG of 65535 squared", b"\xff\xd8\xff\xc0" + struct.pack(">H", 2 + len(wide)) + wide + b"\xff\xd9", (DATA, LIMIT)
    many = struct.pack(">BHHB", 8, 1, 1, 255) + b"\1\x11\0"
    yield "a JPEG of 255 colours", b"\xff\xd8\xff\xc0" + struct.pack(">H", 2 + len(many)) + many + b"\xff\xd9", DATA
    deep = struct.pack(">BHHB", 12, 1, 1, 1) + b"\1\x11\0"
    yield "a JPEG of 12 bits", b"\xff\xd8\xff\xc0" + struct.pack(">H", 2 + len(deep)) + deep + b"\xff\xd9", DATA
    yield "a GIF", b"GIF89a\1\0\1\0\0\0\0;", DATA
    yield "a BMP", b"BM" + b"\0" * 60, DATA
    yield "a WebP", b"RIFF\x0c\0\0\0WEBPVP8 ", DATA
    yield "a web page", b"<!DOCTYPE html>", DATA


# MARK: - Rules (rules/README.md)

TARGET = {
    "schema": "analyze.target/1", "name": "small", "title": "A small one", "version": "1", "runtime": "its own",
    "formats": ["tflite"], "complete": True,
    "sources": {"m": {"project": "p", "file": "f", "version": "1", "date": "2026-01-01"}},
    "operators": {"format": "tflite", "source": "m", "list": [{"names": ["CONV_2D"]}]},
}


def changed(document, path, value):
    """A copy with a value at `a.b.0`, or without it where value is `...`."""
    document = copy.deepcopy(document)
    keys = [int(key) if key.isdigit() else key for key in path.split(".")]
    inner = document
    for key in keys[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[keys[-1]]
    else:
        inner[keys[-1]] = value
    return json.dumps(document)


def rules_files():
    yield from broken_texts(json.dumps(TARGET), RULES)
    for key in TARGET:
        yield f"no {key}", changed(TARGET, key, ...), RULES
    entry = "operators.list.0"
    for path, value in (
        ("schema", "analyze.target/2"), ("name", "Big"), ("name", ""), ("name", "a/b"), ("name", "a" * 65), ("title", ""),
        ("title", "t" * 401), ("formats", []), ("formats", ["tflite", "tflite"]), ("formats", ["pytorch"]), ("formats", "tflite"),
        ("complete", "yes"), ("complete", 1), ("sources", {}), ("sources", []), ("sources.m.date", "2026-13-01"),
        ("sources.m.date", "yesterday"), ("sources.m.date", ...), ("sources.m.more", 1), ("colour", "red"),
        ("sources.other", {"project": "p", "file": "f", "version": "1", "date": "2026-01-01"}),
        ("operatorsOf", {"tflite": "host"}), ("operators.format", "caffe"), ("operators.source", "nobody"), ("operators.list", {}),
        (entry + ".names", []), (entry + ".names", "CONV_2D"), (entry + ".names", [3]), (entry + ".supported", "perhaps"),
        (entry + ".supported", "no"), (entry + ".reason", "because"), (entry + ".versions", {"max": "new"}),
        (entry + ".versions", {"min": 4, "max": 2}), (entry + ".versions", {"max": -1}), (entry + ".requires", [{}]),
        (entry + ".requires", [{"on": "input"}]), (entry + ".requires", [{"on": "input 0", "types": ["int7"]}]),
        (entry + ".requires", [{"on": "input -1", "types": ["int8"]}]), (entry + ".requires", [{"attribute": "strides"}]),
        (entry + ".requires", [{"attribute": "strides", "range": {"min": 3, "max": 1}}]),
        ("operators.list", [{"names": ["CONV_2D"]}, {"names": ["CONV_2D"]}]), ("operators.unmapped", ["ODD"]),
        ("partition", {"kind": "islands", "source": "m"}), ("partition", {"kind": "halves", "source": "m"}),
        ("memory", {"source": "m", "flash": 1024}), ("memory", {"source": "m", "flash": "1 mb"}), ("memory", {"flash": "1 MiB"}),
        ("memory", {"source": "m", "ram": "-1 KiB"}), ("memory", {"source": "m", "ram": "1e400 B"}),
        ("arithmetic", {"source": "m", "rates": {"int8": {"perCycle": 2}}}), ("arithmetic", {"source": "m", "rates": {}}),
        ("arithmetic", {"source": "m", "clock": "1 GHz", "rates": {"int8": {"perCycle": 0}}}),
        ("arithmetic", {"source": "m", "clock": "1 GHz", "rates": {"int9": {"perCycle": 1}}}),
        ("arithmetic", {"source": "m", "clock": "0 Hz", "rates": {"int8": {"perCycle": 1}}}),
        ("bandwidth", {"source": "m", "all": "1 GB"}), ("bandwidth", {"source": "m", "all": "0 GB/s"}),
        ("overhead", {"source": "m", "perOperator": 5}), ("overhead", {"source": "m", "perOperator": "-5 us"}),
        ("compression", [{"action": "zip", "effect": "pays", "reason": "r", "source": "m"}]),
        ("compression", [{"action": "float16", "effect": "often", "reason": "r", "source": "m"}]),
        ("compression", {"action": "float16"}),
    ):
        yield f"{path} that is {json.dumps(value) if value is not ... else 'missing'}"[:120], changed(TARGET, path, value), RULES
    for word in ("NaN", "Infinity", "-1"):
        text = json.dumps(TARGET | {"arithmetic": {"source": "m", "clock": "1 GHz", "rates": {"int8": {"perCycle": 77}}}})
        yield f"a rate of {word}", text.replace("77", word), RULES
    yield "more than a mebibyte", " " * (1 << 20) + json.dumps(TARGET), LIMIT


# MARK: - Policies (docs/gate.md)


def policy_files():
    good = '{"schema": "analyze.policy/1", "budgets": [{"models": "**", "fileBytes": {"max": "1 MB"}}]}'
    yield from broken_texts(good, POLICY)

    def limits(text):
        return '{schema: "analyze.policy/1", budgets: [{models: "**", ' + text + "}]}"
    for name, text in {
        "no budgets": '{schema: "analyze.policy/1"}', "budgets of nothing": '{schema: "analyze.policy/1", budgets: []}',
        "budgets that are an object": '{schema: "analyze.policy/1", budgets: {}}',
        "another schema": '{schema: "analyze.policy/9", budgets: [{models: "a", macs: {max: 1}}]}',
        "models that are a number": '{schema: "analyze.policy/1", budgets: [{models: 7, macs: {max: 1}}]}',
        "a pattern that leaves the folder": '{schema: "analyze.policy/1", budgets: [{models: "a/../b", macs: {max: 1}}]}',
        "an absolute pattern": '{schema: "analyze.policy/1", budgets: [{models: "/etc/*", macs: {max: 1}}]}',
        "a pattern of nothing": '{schema: "analyze.policy/1", budgets: [{models: "", macs: {max: 1}}]}',
        "a key of no one": '{schema: "analyze.policy/1", colour: 1, budgets: [{models: "a", macs: {max: 1}}]}',
    }.items():
        yield name, text, POLICY
    for text in (
        "fileBytes: {max: 017}", "fileBytes: {max: '1_000 B'}", "fileBytes: {max: '1:30'}",
        "fileBytes: {max: '.5'}", "fileBytes: {max: 'MB'}", "fileBytes: {max: '1 MB MB'}", "fileBytes: {max: '1 M'}",
        "fileBytes: {max: '9223372036854775808 B'}", "fileBytes: {max: '1e30 GB'}", "fileBytes: {max: '1,5 MB'}",
        "fileBytes: {max: ''}", "fileBytes: {max: null}", "fileBytes: {max: true}", "fileBytes: {max: ['1 MB']}", "fileBytes: '1 MB'",
        "fileBytes: {growth: '2'}", "fileBytes: {growth: '-2 %'}", "fileBytes: {growth: 'NaN %'}", "fileBytes: {growth: '2 %%'}",
        "fileBytes: {max: '2 %'}", "macs: {max: -1}", "macs: {max: 1.5}", "macs: {max: 1e99}", "macs: {max: '5 MB'}", "macs: {max: NaN}",
        "macs: {max: 9223372036854775808}", "macs: {min: 2, max: 1}", "macs: {max: 1, level: 'off!'}", "macs: {max: 1, onUnknown: 'pass'}",
        "sparsity: {min: 0.5}", "sparsity: {min: '101 %'}", "latency: {target: 'host', max: '5'}", "latency: {target: 'host', max: '-5 ms'}",
        "latency: {target: 5, max: '5 ms'}", "arena: {planner: 7, max: '1 kB'}", "divergence: {file: 'a', max: -0.1}",
        "divergence: {file: 'a', max: '1 nat'}", "findings: {severity: 'fatal', max: 0}", "layers: []", "layers: {a: {max: '1 kB'}}",
        "layers: {a: {weightBytes: {drift: '1 kB'}}}", "total: {peakActivationBytes: {max: '1 kB'}}", "total: {}",
    ):
        yield f"{{{text}}}", limits(text), POLICY


# MARK: - Saved reports

REPORT = {
    "schema": "analyze.report/1", "model": {"path": "m", "format": "onnx", "sha256": None},
    "totals": {"operators": 1, "fileBytes": 9, "parameters": 2, "macs": None},
    "bytes": [{"category": "weights", "bytes": 9}],
    "operators": [{
        "index": 0, "graph": 0, "name": "n", "type": "t", "sourceType": "T", "layer": None, "inputs": ["x"], "outputs": ["y"],
        "outputShapes": [[1, -1]], "outputTypes": ["float32"], "parameters": 2, "weightBytes": 8, "macs": 3,
        "weightHash": "0123456789abcdef"}],
    "findings": [{"code": "W01", "severity": "warning", "operator": 0}],
    "targets": [{"name": "host", "verdict": "supported", "unsupportedOperators": 0, "unknownOperators": 0,
                 "estimatedMilliseconds": 1.5}],
    "memory": {"tflite": {"arenaBytes": 64}},
    "quality": [{"file": "s.json", "accuracy": 0.5, "divergence": 0.1}],
}


def baseline_files():
    yield from broken_texts(json.dumps(REPORT), BASELINE)
    yield "what it should be", json.dumps(REPORT), None
    for key in ("schema", "model", "totals", "bytes", "operators", "model.path", "model.format", "totals.operators", "totals.fileBytes",
                "operators.0.index", "operators.0.name", "operators.0.inputs", "operators.0.outputShapes", "operators.0.parameters",
                "findings.0.code", "targets.0.verdict", "quality.0.file", "bytes.0.bytes", "bytes.0.category"):
        yield f"no {key}", changed(REPORT, key, ...), BASELINE
    for path, value in (
        ("schema", "analyze.report/2"), ("schema", "analyze.plan/1"), ("model", []), ("model.path", 3), ("model.sha256", 3),
        ("totals.fileBytes", 0), ("totals.fileBytes", -9), ("totals.fileBytes", 9.5), ("totals.fileBytes", "9 B"),
        ("totals.fileBytes", 1 << 63), ("totals.macs", -1), ("totals.parameters", 1e300), ("totals.sparsity", 1.5),
        ("totals.sparsity", -0.5), ("totals.quantizedShare", "all"), ("bytes", {}), ("bytes.0.bytes", -9), ("bytes.0.bytes", 10),
        ("bytes", [{"category": "a", "bytes": 1 << 61}] * 5), ("operators", {}), ("operators.0", 4), ("operators.0.index", -1),
        ("operators.0.inputs", "x"), ("operators.0.inputs", [1]), ("operators.0.outputShapes", [[-2]]),
        ("operators.0.outputShapes", [4]), ("operators.0.parameters", 1 << 60), ("operators.0.weightHash", "xyz"),
        ("operators.0.weightHash", "0" * 16 + "1"), ("operators.0.weightHash", "+1"), ("operators.0.weightHash", 7), ("findings", 1), ("findings.0.operator", -1),
        ("targets.0.verdict", "good"), ("targets.0.estimatedMilliseconds", -1), ("targets.0.estimatedMilliseconds", 1e300),
        ("targets.0.unsupportedOperators", 0.5), ("memory", [1]), ("memory.tflite.arenaBytes", -4),
        ("quality.0.accuracy", 1.01), ("quality.0.accuracy", -0.01), ("quality.0.divergence", -1), ("quality.0.divergence", 1e300),
    ):
        yield f"{path} that is {json.dumps(value)}"[:120], changed(REPORT, path, value), BASELINE
    yield "a baseline of nothing", '{"schema": "analyze.baseline/1", "models": []}', BASELINE
    yield "a baseline without models", '{"schema": "analyze.baseline/1"}', BASELINE
    yield "a baseline of baselines", '{"schema": "analyze.baseline/1", "models": [{"schema": "analyze.baseline/1", "models": []}]}', BASELINE
    yield "a comment, which JSON has not", "// saved\n" + json.dumps(REPORT), BASELINE
    yield "a comma too many", json.dumps(REPORT)[:-1] + ",}", BASELINE
    yield "NaN, which JSON has not", json.dumps(REPORT).replace("1.5", "NaN"), BASELINE
    yield "a number with a needless 0", json.dumps(REPORT).replace("1.5", "01.5"), BASELINE
    yield "a key twice", json.dumps(REPORT).replace('"quality"', '"schema"'), BASELINE


# MARK: - Sensitivity tables and plans (INTERFACE's schemas)

HASH = "0" * 64
SENSITIVITY = {
    "schema": "analyze.sensitivity/1", "model": {"sha256": HASH}, "calibration": {"samples": 8}, "metric": "kl",
    "baseline": {"accuracy": 0.9}, "status": "complete",
    "sites": [{"id": "s", "kind": "weights", "operator": 0, "name": "c", "layer": "l", "tensor": "t", "parameters": 4, "bytes": 16}],
    "measurements": [{"site": "s", "action": "int8", "bytes": 4, "macs": None,
                      "divergence": {"mean": 0.1, "low": 0, "high": 0.2}}],
}


def sensitivity_files():
    yield from broken_texts(json.dumps(SENSITIVITY), DATA)
    yield "what it should be", json.dumps(SENSITIVITY), None
    for key in ("schema", "model", "model.sha256", "calibration", "calibration.samples", "metric", "sites", "measurements", "sites.0.id",
                "sites.0.kind", "sites.0.parameters", "sites.0.bytes", "measurements.0.site", "measurements.0.action",
                "measurements.0.divergence", "measurements.0.divergence.mean"):
        yield f"no {key}", changed(SENSITIVITY, key, ...), DATA
    site = SENSITIVITY["sites"][0]
    measurement = SENSITIVITY["measurements"][0]
    for path, value in (
        ("schema", "analyze.sensitivity/2"), ("calibration.samples", 0), ("calibration.samples", -8), ("calibration.samples", 1.5),
        ("calibration.samples", 1 << 63), ("metric", "l2"), ("metric", None), ("baseline.accuracy", 1.5), ("baseline.accuracy", -0.1),
        ("baseline.accuracy", "good"), ("baseline", 3), ("sites", {}), ("sites", [site, site]), ("sites.0.kind", "biases"),
        ("sites.0.operator", -1), ("sites.0.parameters", -4), ("sites.0.bytes", -16), ("sites.0.bytes", 1e300), ("sites.0.id", 4),
        ("measurements", 4), ("measurements", [measurement, measurement]), ("measurements.0.site", "nobody"),
        ("measurements.0.bytes", -1), ("measurements.0.macs", 0.5), ("measurements.0.action", 8),
        ("measurements.0.divergence", 0.1), ("measurements.0.divergence.low", 0.5), ("measurements.0.divergence.high", 0.05),
        ("measurements.0.divergence.mean", "small"), ("measurements.0.accuracy", 2), ("measurements.0.top1Agreement", -1),
    ):
        yield f"{path} that is {json.dumps(value)}"[:120], changed(SENSITIVITY, path, value), DATA
    for word in ("NaN", "Infinity", "-Infinity"):
        yield f"a mean of {word}", json.dumps(SENSITIVITY).replace("0.1", word), DATA
    yield "another model", changed(SENSITIVITY, "model.sha256", "1" * 64), BASELINE


# MARK: - Preprocessing (docs/calibration.md)


def preprocessing_files():
    good = '{"scale": ["1/255"], "offset": 0.5, "crop": "none"}'
    for name, text, code in broken_texts(good, DATA):
        if "schema" not in name and "surrogate" not in name and "escape" not in name and "UTF" not in name:
            yield name, text, code
    for text in (
        "{size: 3}", "{scale: 'x'}", "{scale: '1/0'}", "{scale: '1/2/3'}", "{scale: NaN}", "{scale: Infinity}", "{scale: null}",
        "{scale: {}}", "{scale: '1e999'}", "{offset: ''}", "{offset: [1, 'a']}", "{resize: 'best'}", "{resize: 3}", "{resize: ['bilinear', 'bilinear']}",
        "{crop: 'left'}", "{channels: 'cmyk'}", "{channels: 4}", "{scale: 1, scale: 2}", "{scale: '/255'}", "{scale: true}",
    ):
        yield text, text, DATA
    yield "more than 64 KiB", "{scale: 1" + " " * (1 << 16) + "}", LIMIT


# MARK: - Journals (Sources/ByteIO/RecordLog.swift: a record without its end is what a kill leaves)


def journal_files():
    def crc32c(data):
        value = 0xFFFFFFFF
        for byte in data:
            value ^= byte
            for _ in range(8):
                value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        return value ^ 0xFFFFFFFF

    def record(payload, check=None, length=None):
        return (struct.pack("<I", len(payload) if length is None else length) + payload
                + struct.pack("<I", crc32c(payload) if check is None else check))
    good = b"ANLZLOG1" + record(b"abc")
    yield "another version", b"ANLZLOG2" + record(b"abc"), DATA
    yield "another file", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, DATA
    yield "text", b"hello, world", DATA
    yield "small letters", good.replace(b"ANLZ", b"anlz"), DATA
    yield "four bytes of something else", b"abcd", DATA
    yield "a record before the name", record(b"abc") + good, DATA
    yield "nothing", b"", None
    for size in (1, 7, 8, 9, 11, 12, 15, 18):
        yield f"{size} bytes of a journal", good[:size], None
    yield "a wrong checksum", b"ANLZLOG1" + record(b"abc", check=1), None
    yield "a record of 4 GiB", b"ANLZLOG1" + record(b"abc", length=0xFFFFFFFF), None
    yield "a record of 2 GiB", b"ANLZLOG1" + record(b"abc", length=0x7FFFFFFF), None
    yield "a record of nothing", b"ANLZLOG1" + record(b""), None


KINDS = {
    "npy": npy_files, "npz": npz_files, "picture": picture_files, "rules": rules_files, "policy": policy_files,
    "baseline": baseline_files, "sensitivity": sensitivity_files, "preprocessing": preprocessing_files, "journal": journal_files,
}


def document_files():
    """Kind, name, bytes and codes of all of them."""
    for kind, files in KINDS.items():
        for name, content, codes in files():
            yield kind, name, content.encode() if isinstance(content, str) else content, codes
