"""Malformed files, each with the code of the error that it has to give.

The tables of TensorFlow Lite and ONNX are in Tests/Format*Tests/BadFileTests.swift; these are the ones of
Keras, HDF5, GraphDef, SavedModel and checkpoints, and what no format is; malformed_documents.py has data, rules,
policies, saved reports and journals. A model that is odd but can be understood has the code None: it gives a report.

    malformed.py --pack ../FuzzTests/Fixtures/malformed.zip

writes those of Keras, GraphDef and checkpoints, and the documents, for the tests that read them in process.
"""

import io
import json
import struct
import sys
import zipfile
import zlib

from malformed_documents import document_files
from tool import ROOT

TRUNCATED, INVALID, UNSUPPORTED, LIMIT = "MODEL_TRUNCATED", "MODEL_INVALID", "MODEL_UNSUPPORTED", "LIMIT_EXCEEDED"
EXAMPLES = ROOT / "Examples/digits"
HDF5 = ROOT / "Tests/WireFormatsTests/Fixtures/HDF5"


# MARK: - Protobuf


def varint(value):
    value &= (1 << 64) - 1
    result = b""
    while value >= 0x80:
        result += bytes([value & 0x7F | 0x80])
        value >>= 7
    return result + bytes([value])


def integer(number, value):
    return varint(number << 3) + varint(value)


def field(number, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def shape(*sizes):
    return b"".join(field(2, integer(1, size)) for size in sizes)


def node(name, op, *inputs, **attributes):
    content = field(1, name) + field(2, op) + b"".join(field(3, text) for text in inputs)
    return field(1, content + b"".join(field(5, field(1, key) + field(2, value)) for key, value in attributes.items()))


def placeholder(name="x", *sizes):
    return node(name, "Placeholder", dtype=integer(6, 1), shape=field(7, shape(*(sizes or (2, 2)))))


def constant(name, tensor, dtype=1):
    return node(name, "Const", dtype=integer(6, dtype), value=field(8, tensor))


def floats(*values):
    return field(5, struct.pack(f"<{len(values)}f", *values))


def tensor(sizes, values=b"", dtype=1):
    return integer(1, dtype) + field(2, shape(*sizes)) + values


def function(name, arguments, nodes, results):
    signature = field(1, name) + b"".join(field(2, field(1, text) + integer(3, 1)) for text in arguments)
    signature += b"".join(field(3, field(1, text) + integer(3, 1)) for text, _ in results)
    # A node of a function stands in field 3.
    bodies = b"".join(field(3, content[content.index(b"\n", 1):]) if False else rewrap(content) for content in nodes)
    return field(1, field(1, signature) + bodies + b"".join(
        field(4, field(1, text) + field(2, source)) for text, source in results))


def rewrap(content):
    """A node of a graph as one of a function."""
    place = 1
    while content[place] & 0x80:
        place += 1
    return field(3, content[place + 1:])


def call(name, target, *inputs):
    return node(name, "PartitionedCall", *inputs, f=field(10, field(1, target)))


X = placeholder()
USE = node("n", "Neg", "w")


def graph_files():
    def use(content):
        return content + USE
    yield "reads nothing", X + node("n", "Neg", "missing"), INVALID
    # How many results an operator has is not known for all of them; the order of side effects is not used.
    yield "reads an output that is not there", X + node("n", "Neg", "x:7"), (None, INVALID)
    yield "reads a control of nothing", X + node("n", "Neg", "x", "^missing"), (None, INVALID)
    yield "a name twice", X + X + node("n", "Neg", "x"), INVALID
    yield "an empty name", node("", "Placeholder") + node("n", "Neg", "x"), INVALID
    # Nothing leads out of the circle: it is left out like all that no output needs.
    yield "reads itself", X + node("n", "Neg", "n"), (None, INVALID)
    yield "a circle of two", X + node("a", "Neg", "b") + node("b", "Neg", "a"), (None, INVALID)
    yield "a circle that something reads", X + node("a", "Neg", "a") + node("b", "Neg", "a"), INVALID
    yield "a circle of identities", node("a", "Identity", "b") + node("b", "Identity", "a") + node("c", "Neg", "a"), INVALID
    yield "a Switch without a condition", X + node("s", "Switch", "x") + node("m", "Merge", "s", "s:1"), (None, INVALID)
    for size in (-1, -2, -(1 << 63), -(1 << 31)):
        yield f"an extent of {size}", use(constant("w", tensor((size,), floats(1)))), INVALID
    for sizes in ((1 << 40, 1 << 40), (1 << 62, 4), (1 << 31, 1 << 31, 4), ((1 << 63) - 1, 2)):
        yield f"extents {sizes} overflow", use(constant("w", tensor(sizes, floats(1)))), INVALID
    for sizes in ((1 << 16, 1 << 16), (1 << 31,), (1 << 20, 1 << 12)):
        yield f"a splat of {sizes}", use(constant("w", tensor(sizes, floats(1)))), LIMIT
    yield "more values than elements", use(constant("w", tensor((1,), floats(1, 2, 3)))), INVALID
    yield "content of the wrong length", use(constant("w", tensor((4,), field(4, b"\0" * 15)))), INVALID
    yield "content that is too long", use(constant("w", tensor((4,), field(4, b"\0" * 17)))), INVALID
    yield "values of no whole number", use(constant("w", tensor((1,), field(5, b"\0" * 3)))), INVALID
    yield "a constant without a value", node("w", "Const", dtype=integer(6, 1)) + USE, INVALID
    yield "a value that is text", node("w", "Const", value=field(2, "text")) + USE, INVALID
    yield "a tensor that is a number", node("w", "Const", value=integer(8, 1)) + USE, INVALID
    for dtype in (0, 99, 20_000):
        yield f"a constant of type {dtype}", use(constant("w", tensor((1,), floats(1), dtype), dtype)), None
    yield "a rank of 65", use(constant("w", tensor((1,) * 65, floats(1)))), LIMIT
    yield "a rank of 3000", use(constant("w", tensor((1,) * 3000, floats(1)))), LIMIT
    yield "text of more than there are", use(constant("w", tensor((1,), field(8, "a") * 3, 7), 7)), INVALID
    yield "300 attributes", field(1, field(1, "n") + field(2, "Neg") + b"".join(
        field(5, field(1, f"a{index}") + field(2, integer(3, 1))) for index in range(300))) + X, LIMIT
    yield "an attribute that is a number", field(1, field(1, "n") + field(2, "Neg") + integer(5, 1)) + X, INVALID
    yield "a node that is a number", X + integer(1, 5), INVALID
    yield "a name that is a number", X + field(1, integer(1, 1) + field(2, "Neg")), INVALID
    yield "a field of number 0", X + b"\x02\x01a", INVALID
    yield "a wire type of 6", X + b"\x0e", INVALID
    yield "a wire type of 7", X + b"\x0f", INVALID
    yield "an end of no group", X + b"\x0c", INVALID
    yield "a group without an end", X + b"\x9b\x06" + integer(1, 1), TRUNCATED
    yield "200 groups", X + b"\x9b\x06" * 200 + b"\x9c\x06" * 200, LIMIT
    yield "20000 groups", X + b"\x9b\x06" * 20_000, LIMIT
    yield "a tag without an end", X + b"\xff", TRUNCATED
    yield "a tag of eleven bytes", X + b"\xff" * 10 + b"\x01", INVALID
    for length in (1 << 20, (1 << 31) - 1, 1 << 31, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1):
        yield f"a field of {length} bytes", X + b"\x0a" + varint(length) + b"ab", TRUNCATED
    whole = X + constant("w", tensor((2, 2), floats(1, 2, 3, 4))) + node("m", "MatMul", "x", "w")
    for cut in (1, 2, 3, 5, 8, 13):
        yield f"{cut} bytes short", whole[:-cut], TRUNCATED
    library = field(2, function("f", ["x"], [call("c", "f", "x")], [("y", "c:output:0")]))
    yield "a function that calls itself", X + call("c", "f", "x") + library, LIMIT
    yield "a function that is missing", X + call("c", "nobody", "x"), INVALID
    doubling = b"".join(
        function(f"f{level}", ["x"], [call("a", f"f{level + 1}", "x"), call("b", f"f{level + 1}", "a:output:0")],
                 [("y", "b:output:0")]) for level in range(30))
    doubling += function("f30", ["x"], [node("n", "Neg", "x")], [("y", "n:y:0")])
    yield "functions that double each other", X + call("c", "f0", "x") + field(2, doubling), LIMIT
    two = function("f", ["x"], [node("n", "Neg", "x")], [("y", "n:y:0")])
    yield "a function that stands twice", X + call("c", "f", "x") + field(2, two + two), INVALID
    yield "a result of nothing", X + call("c", "f", "x") + field(2, function("f", ["x"], [], [("y", "z:y:0")])), INVALID
    yield "too few arguments", X + call("c", "f") + field(2, two), INVALID
    yield "names that forge lines", node("a\n::error::\x1b[2J", "Placeholder") + node("\"]; evil [", "Neg", "a\n::error::\x1b[2J"), None


# MARK: - Checkpoints


def crc32c(data):
    table = crc32c.table
    value = 0xFFFFFFFF
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


def _table():
    result = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        result.append(byte)
    return result


crc32c.table = _table()


def masked(data):
    value = crc32c(data)
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def entry(shared, rest, value):
    return varint(shared) + varint(len(rest)) + varint(len(value)) + rest + value


def block(entries, restarts=(0,), count=None):
    words = b"".join(struct.pack("<I", place) for place in restarts)
    return entries + words + struct.pack("<I", len(restarts) if count is None else count)


MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)


def table(data, compression=0, last=b"\xff\xff", check=None, index=None, footer=None, kind=0):
    body = data + bytes([compression])
    body += struct.pack("<I", masked(body) if check is None else check)
    handle = varint(0) + varint(len(data))
    def append(content):
        nonlocal body
        place = varint(len(body)) + varint(len(content))
        checked = content + bytes([kind])
        body += checked + struct.pack("<I", masked(checked))
        return place
    meta = append(block(b""))
    index = append(block(entry(0, last, handle)) if index is None else index)
    handles = (meta + index) if footer is None else footer
    return body + handles.ljust(40, b"\0") + MAGIC


HEADER = entry(0, b"", integer(1, 1) + field(3, integer(1, 1)))


def variable(*parts, name=b"w"):
    return block(HEADER + entry(0, name, b"".join(parts)), (0,))


def bundle(dtype=1, sizes=(2,), shard=0, offset=0, size=8):
    return (integer(1, dtype) + field(2, shape(*sizes)) + integer(3, shard) + integer(4, offset)
            + integer(5, size) + b"\x35\0\0\0\0")


def index_files():
    """What may stand in variables.index."""
    good = table(variable(bundle()))
    yield "empty", b"", TRUNCATED
    yield "47 bytes", good[-47:], TRUNCATED
    yield "no magic number", good[:-8] + b"\0" * 8, INVALID
    yield "an LFS pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", INVALID
    for cut in (1, 8, 9, 40, 48, 60):
        yield f"{cut} bytes short", good[:-cut], (TRUNCATED, INVALID)
    yield "a block with a wrong checksum", table(variable(bundle()), check=0), INVALID
    yield "an unknown compression", table(variable(bundle()), compression=7), UNSUPPORTED
    for length in (1 << 12, 1 << 20, 1 << 31, (1 << 32) - 1, (1 << 64) - 1):
        yield f"snappy of {length} bytes", table(varint(length) + b"\0a", compression=1), INVALID
    yield "snappy that copies from before its start", table(b"\x08\x00a\x1d\x05", compression=1), INVALID
    yield "snappy that copies from 0 back", table(b"\x08\x00a\x0d\x00", compression=1), INVALID
    yield "snappy that ends early", table(b"\x40\x00a", compression=1), (TRUNCATED, INVALID)
    yield "a literal without its bytes", table(b"\x05\x10ab", compression=1), TRUNCATED
    yield "handles out of the file", table(variable(bundle()), footer=varint(0) + varint(1 << 40) + varint(0) + varint(1)), INVALID
    yield "handles of ten bytes each", table(variable(bundle()), footer=b"\xff" * 40), INVALID
    yield "an index that leads out of the file", table(variable(bundle()), index=block(entry(0, b"z", varint(1 << 30) + varint(9)))), INVALID
    yield "an index without a block", table(variable(bundle()), index=block(b"")), INVALID
    yield "blocks that overlap", table(variable(bundle()), index=block(
        entry(0, b"y", varint(0) + varint(len(variable(bundle())))) + entry(0, b"z", varint(0) + varint(len(variable(bundle())))))), INVALID
    yield "more restarts than bytes", table(block(HEADER, count=1 << 20)), (TRUNCATED, INVALID)
    yield "a block of three bytes", table(b"\0\0\0"), (TRUNCATED, INVALID)
    yield "a shared prefix of nothing", table(block(entry(5, b"a", b""))), INVALID
    yield "keys that fall", table(block(HEADER + entry(0, b"z", bundle()) + entry(0, b"a", bundle()))), INVALID
    yield "a key twice", table(block(HEADER + entry(0, b"w", bundle()) + entry(0, b"w", bundle()))), INVALID
    yield "a key after the index's", table(variable(bundle(), name=b"zz"), last=b"a"), INVALID
    yield "a value without its bytes", table(block(HEADER + varint(0) + varint(1) + varint(900) + b"w")), TRUNCATED
    yield "no header", table(block(entry(0, b"w", bundle()))), INVALID
    yield "a header of no shards", table(block(entry(0, b"", integer(1, 0)) + entry(0, b"w", bundle()))), INVALID
    yield "a billion shards", table(block(entry(0, b"", integer(1, 1 << 30)) + entry(0, b"w", bundle()))), (INVALID, LIMIT)
    yield "big-endian data", table(block(entry(0, b"", integer(1, 1) + integer(2, 1)) + entry(0, b"w", bundle()))), UNSUPPORTED
    yield "a shard that is not there", table(variable(bundle(shard=3))), INVALID
    yield "a negative shard", table(variable(bundle(shard=-1))), INVALID
    yield "a type of 0", table(variable(bundle(dtype=0))), INVALID
    for sizes in ((-1,), (-(1 << 63),), (1 << 40, 1 << 40), (1 << 62, 8), (3,)):
        yield f"extents of {sizes}", table(variable(bundle(sizes=sizes))), INVALID
    for offset, size in ((-1, 8), (0, -8), ((1 << 63) - 1, 8), (0, 7), (0, 1 << 40)):
        yield f"{size} bytes at {offset}", table(variable(bundle(offset=offset, size=size))), INVALID
    yield "a name that is no UTF-8", table(variable(bundle(), name=b"\xff\xfe")), INVALID
    yield "an entry that is no message", table(variable(b"\xff\xff\xff")), (INVALID, TRUNCATED)
    yield "a rank of 65", table(variable(bundle(sizes=(1,) * 65))), (INVALID, LIMIT)


# MARK: - Keras


def member(name):
    """A member with a fixed time: the same files in every run."""
    return zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))


def archive(config, weights=None, **more):
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as file:
        file.writestr(member("metadata.json"), '{"keras_version": "3.15.1"}')
        file.writestr(member("config.json"), config if isinstance(config, (str, bytes)) else json.dumps(config))
        if weights is not None:
            file.writestr(member("model.weights.h5"), weights)
        for name, content in more.items():
            file.writestr(member(name), content)
    return output.getvalue()


def layer(kind, name, config=None, inbound=None):
    result = {"module": "keras.layers", "class_name": kind, "config": {"name": name, **(config or {})},
              "registered_name": None}
    if inbound is not None:
        result |= {"name": name, "inbound_nodes": inbound}
    return result


def reference(*names, index=0):
    tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": [name, index, 0]}} for name in names]
    return [{"args": [tensors[0] if len(tensors) == 1 else tensors], "kwargs": {}}]


INPUT = layer("InputLayer", "x", {"batch_shape": [None, 4], "dtype": "float32"}, [])


def sequential(*layers):
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": list(layers)}}


def functional(*layers, inputs=("x",), outputs=("d",)):
    return {"module": "keras", "class_name": "Functional", "config": {
        "name": "m", "layers": list(layers), "input_layers": [[name, 0, 0] for name in inputs],
        "output_layers": [[name, 0, 0] for name in outputs]}}


def keras_files():
    dense = layer("Identity", "d", inbound=reference("x"))
    for name, text in {
        "nothing": "", "half an object": "{", "a list": "[]", "a number": "1", "text": '"model"', "null": "null",
        "two values": "{} {}", "no UTF-8": b"{\"a\": \"\xff\xfe\"}", "a key twice": '{"a": 1, "a": 2}',
        "deep lists": "[" * 100_000, "deep objects": '{"a":' * 100_000, "an unknown word": '{"class_name": nil}',
        "half a pair": '{"class_name": "\\ud800"}', "a comment": '{} // end', "single quotes": "{'a': 1}",
    }.items():
        yield f"a configuration of {name}", archive(text), LIMIT if "deep" in name else INVALID
    yield "no class", archive({"config": {}}), INVALID
    yield "a class that is a number", archive({"class_name": 3, "config": {}}), INVALID
    yield "layers that are a number", archive({"class_name": "Sequential", "config": {"layers": 3}}), (
        INVALID, UNSUPPORTED)
    yield "a layer that is a number", archive(sequential(3)), INVALID
    yield "a layer without a class", archive(sequential({})), INVALID
    yield "two layers of a name", archive(functional(INPUT, dense, dense)), INVALID
    yield "an output of nothing", archive(functional(INPUT, dense, outputs=("nobody",))), INVALID
    yield "an input of nothing", archive(functional(INPUT, dense, inputs=("nobody",))), INVALID
    yield "a call with nothing", archive(functional(INPUT, layer("Identity", "d", inbound=reference("nobody")))), INVALID
    yield "a call with itself", archive(functional(INPUT, layer("Identity", "d", inbound=reference("d")))), INVALID
    yield "a cycle", archive(functional(
        INPUT, layer("Add", "a", inbound=reference("x", "d")), layer("Identity", "d", inbound=reference("a")))), INVALID
    for index in (1, -1, 1 << 40):
        yield f"call {index} of a layer", archive(functional(
            INPUT, layer("Identity", "d", inbound=reference("x", index=index)))), INVALID
    for shape_ in ([None, -4], [None, "four"], [None, 1.5], 4, [None] * 100, [None, 1 << 70]):
        yield f"an input of {str(shape_)[:24]}", archive(sequential(
            layer("InputLayer", "x", {"batch_shape": shape_}))), (None, INVALID, LIMIT, UNSUPPORTED)
    for kind, config in (
        ("Dense", {"units": -1}), ("Dense", {"units": "x"}), ("Dense", {}), ("Dense", {"units": 1 << 62}),
        ("Conv2D", {"filters": 4, "kernel_size": [3]}), ("Conv2D", {"filters": 4, "kernel_size": [-3, 3]}),
        ("Conv2D", {"filters": 4, "kernel_size": [3, 3], "strides": [0, 0]}), ("Reshape", {"target_shape": [-1, -1]}),
        ("Reshape", {"target_shape": [3]}), ("Reshape", {"target_shape": "x"}), ("Permute", {"dims": [5]}),
        ("LSTM", {"units": -2}), ("MaxPooling2D", {"pool_size": [0, 2]}), ("Flatten", {"data_format": 7}),
        ("Concatenate", {"axis": 9}), ("Cropping2D", {"cropping": [[-1, 9], [9, 9]]}), ("UpSampling2D", {"size": [0, 0]}),
        ("ZeroPadding2D", {"padding": [[1 << 40, 1], [1, 1]]}), ("Embedding", {"input_dim": -1, "output_dim": 3}),
        ("Bidirectional", {}), ("TimeDistributed", {"layer": 5}), ("Lambda", {"function": "__import__('os')"}),
        ("Nobody", {}), ("Activation", {"activation": "nobody"}),
    ):
        # A layer that cannot be understood is an error or stays in the graph as unknown; it is never a crash.
        yield f"{kind} with {str(config)[:40]}", archive(sequential(INPUT, layer(kind, "l", config))), (
            None, INVALID, UNSUPPORTED, LIMIT)
    nested = sequential(INPUT, layer("Identity", "i"))
    for _ in range(60):
        nested = sequential(nested)
    yield "60 models inside each other", archive(nested), (LIMIT, INVALID, None)
    config = sequential(INPUT, layer("Identity", "i"))
    yield "weights that are no HDF5", archive(config, b"not HDF5"), INVALID
    yield "weights of 8 bytes", archive(config, b"\x89HDF\r\n\x1a\n"), (TRUNCATED, INVALID)
    good = archive(config)
    for cut in (1, 22, 40, 100):
        yield f"an archive {cut} bytes short", good[:-cut], (TRUNCATED, INVALID, UNSUPPORTED)
    yield "an archive without a configuration", archive(config).replace(b"config.json", b"config.jsom"), UNSUPPORTED
    yield "a member outside", archive(config, **{"../../etc/passwd": "x"}), None
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(member("config.json"), json.dumps(config), zipfile.ZIP_DEFLATED)
    deflated = bytearray(output.getvalue())
    for place in (50, 60):
        broken = bytearray(deflated)
        broken[place] ^= 0xFF
        yield f"deflated data that is damaged at {place}", bytes(broken), (INVALID, UNSUPPORTED, TRUNCATED)
    directory = deflated.index(b"PK\x01\x02")
    for name, place, value in (
        ("a size of 2 GiB", directory + 24, 0x7FFFFFFF), ("a size of 4 GiB", directory + 24, 0xFFFFFFFE),
        ("an offset out of the file", directory + 42, 0x7FFFFFFF), ("an unknown method", directory + 10, 99),
        ("a wrong checksum", directory + 16, 1), ("a compressed size of 2 GiB", directory + 20, 0x7FFFFFFF),
    ):
        broken = bytearray(deflated)
        broken[place:place + (2 if "method" in name else 4)] = struct.pack("<I", value)[:2 if "method" in name else 4]
        yield f"a member with {name}", bytes(broken), (INVALID, UNSUPPORTED, TRUNCATED, LIMIT)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(member("config.json"), b" " * (64 << 20), zipfile.ZIP_DEFLATED)
    yield "64 MiB of spaces", bomb.getvalue(), (INVALID, LIMIT)


# MARK: - HDF5


def hdf5_files():
    """Damage to what h5py wrote: numbers of the superblock, of headers, of heaps and trees."""
    for name in ("external_storage", "external_link", "virtual", "filter", "filter_scaleoffset"):
        yield name, (HDF5 / f"bad/{name}.h5").read_bytes(), (UNSUPPORTED, INVALID)
    for name in ("shape_bomb", "shape_bomb_contiguous", "shape_bomb_small", "cycle_earliest", "cycle_latest", "soft_cycle"):
        yield name, (HDF5 / f"bad/{name}.h5").read_bytes(), (INVALID, LIMIT, UNSUPPORTED)
    codes = (None, TRUNCATED, INVALID, UNSUPPORTED, LIMIT)
    whole = (EXAMPLES / "digits_cnn.h5").read_bytes()
    for cut in (1, 8, 100, 1000, len(whole) // 2, len(whole) - 100, len(whole) - 9):
        yield f"{cut} bytes short", whole[:-cut], (TRUNCATED, INVALID)
    for place, values in ((8, (1, 3, 99, 255)), (13, (0, 1, 3, 255)), (14, (0, 1, 3, 255))):
        for value in values:
            data = bytearray(whole)
            data[place] = value
            yield f"byte {place} of the superblock is {value}", bytes(data), codes
    for place in (24, 32, 40, 48, 56, 64, 72, 80, 88):
        for value in (0, 1, 7, len(whole), len(whole) - 1, (1 << 63) - 1, (1 << 64) - 2):
            data = bytearray(whole)
            data[place:place + 8] = struct.pack("<Q", value)
            yield f"the address at {place} is {value}", bytes(data), codes
    for signature in (b"TREE", b"HEAP", b"SNOD", b"GCOL"):
        data = whole.replace(signature, b"XXXX")
        if data != whole:
            yield f"no {signature.decode()}", data, (INVALID, UNSUPPORTED)


# MARK: - What is no model


def foreign_files():
    yield "empty", b"", TRUNCATED
    for name, start in {
        "Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
        "web page": b"<!DOCTYPE html><html></html>", "web page after spaces": b"\n \t<html>", "gzip": zlib.compress(b"x", 9, 31),
        "PNG": b"\x89PNG\r\n\x1a\n" + b"\0" * 20, "ELF": b"\x7fELF" + b"\0" * 60, "pickle": b"\x80\x04\x95" + b"\0" * 20,
        "GGUF": b"GGUF\3\0\0\0", "safetensors": struct.pack("<Q", 2) + b"{}", "PDF": b"%PDF-1.7\n", "tar": b"a" * 257 + b"ustar\0",
        "zeros": b"\0" * 4096, "ones": b"\xff" * 4096, "text": b"hello, world\n", "JSON": b'{"message": "Not Found"}',
        "XML": b"<?xml version='1.0'?><a/>", "a byte order mark": "﻿text".encode(), "a script": b"#!/bin/sh\nexit 0\n",
        "7z": b"7z\xbc\xaf\x27\x1c", "a Python bytecode": b"\xa7\r\r\n" + b"\0" * 12, "NumPy": b"\x93NUMPY\1\0v\0",
        "an e-mail": b"From: a@b\n\n", "one byte": b"\1", "a mail bomb of newlines": b"\n" * 100_000,
    }.items():
        yield name, start, (UNSUPPORTED, INVALID, TRUNCATED)


# MARK: - For the tests in process


def packed():
    """Names and contents of the archive: FORMAT/CODES/NUMBER."""
    models = (("graph", graph_files()), ("keras", keras_files()), ("index", index_files()))
    files = [(kind, *file) for kind, files in models for file in files] + list(document_files())
    numbers = {}
    for kind, _, content, codes in files:
        codes = codes if isinstance(codes, tuple) else (codes,)
        number = numbers[kind] = numbers.get(kind, -1) + 1
        yield f"{kind}/{'+'.join(code or 'OK' for code in codes)}/{number:03}", content


def main():
    if len(sys.argv) != 3 or sys.argv[1] != "--pack":
        sys.exit("usage: malformed.py --pack ARCHIVE")
    with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED, compresslevel=9) as pack:
        for name, content in packed():
            pack.writestr(member(name), content, zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main()
