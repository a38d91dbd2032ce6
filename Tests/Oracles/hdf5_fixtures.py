"""Makes small HDF5 files with h5py, and says what is in them.

    python hdf5_fixtures.py DIR             fixtures: DIR/*.h5, DIR/bad/*.h5, DIR/expected.json
    python hdf5_fixtures.py --models MODELS FILE.json
                                            a digest of each .h5 file below a folder

expected.json has for each fixture a list of objects, sorted by path:

    path, kind      "group", "dataset" or "type"
    type            of a dataset, as the reader names it: "float32", "int16, big endian", "text", …
    shape           of a dataset; null for a null dataspace
    values          integers, floats as text (JSON readers round), texts, or null
    sha256          of the elements of a dataset as numbers in the file's byte order, or null
    attributes      the same four, by name
    soft            of soft links, by path, whether they lead to an object

The digest of a model is the SHA-256 of one line a dataset, sorted by path: path, extents joined by
"x", type, SHA-256 of the elements; and of one line an attribute: object, name, extents, SHA-256 of
its texts joined by zero bytes or of its elements.

Running it again gives the same bytes. Made with h5py 3.14.0, HDF5 1.14.6, NumPy 2.4.6.
"""

import hashlib
import json
import math
import pathlib
import sys

import h5py
import numpy as np


def create(path, libver, userblock=0):
    """A new file without time stamps."""
    plist = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    plist.set_obj_track_times(False)
    if userblock:
        plist.set_userblock(userblock)
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    bounds = {
        "earliest": (h5py.h5f.LIBVER_EARLIEST, h5py.h5f.LIBVER_LATEST),
        "v108": (h5py.h5f.LIBVER_V18, h5py.h5f.LIBVER_V18),
        "latest": (h5py.h5f.LIBVER_V110, h5py.h5f.LIBVER_LATEST),
    }
    access.set_libver_bounds(*bounds[libver])
    # No room is set aside, which keeps the files small.
    access.set_meta_block_size(1)
    return h5py.File(h5py.h5f.create(str(path).encode(), h5py.h5f.ACC_TRUNC, plist, access))


def group(parent, name):
    """A new group without time stamps."""
    plist = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
    plist.set_obj_track_times(False)
    return h5py.Group(h5py.h5g.create(parent.id, name.encode(), gcpl=plist))


def untimed(kind):
    """Properties of a dataset without time stamps."""
    plist = h5py.h5p.create(kind)
    plist.set_obj_track_times(False)
    return plist


def lookup3(data):
    """The checksum of structures: Bob Jenkins, "lookup3" (2006), hashlittle."""
    mask = 0xFFFFFFFF

    def rotated(x, k):
        return (x << k | x >> (32 - k)) & mask

    v = [(0xDEADBEEF + len(data)) & mask] * 3
    place = 0
    while True:
        for i in range(3):
            start = place + 4 * i
            v[i] = v[i] + int.from_bytes(data[start:start + 4], "little") & mask
        if len(data) - place <= 12:
            break
        for i, k in enumerate([4, 6, 8, 16, 19, 4]):
            x, y, z = i % 3, (i + 1) % 3, (i + 2) % 3
            v[x] = (v[x] - v[z] & mask) ^ rotated(v[z], k)
            v[z] = v[z] + v[y] & mask
        place += 12
    for i, k in enumerate([14, 11, 25, 16, 4, 14, 24]):
        x, y = (i + 2) % 3, (i + 1) % 3
        v[x] = (v[x] ^ v[y]) - rotated(v[y], k) & mask
    return v[2]


def fix_times(path):
    """Makes the time stamps that h5py cannot leave out always the same."""
    data = bytearray(path.read_bytes())
    stamp = b"\x12\0\x08\0\0\0\0\0\1\0\0\0"
    place = data.find(stamp)
    if place >= 0:
        data[place + 12:place + 16] = bytes(4)
    place = data.find(b"OHDR")
    while place >= 0:
        if data[place + 5] & 0x20:
            data[place + 6:place + 22] = bytes(16)
            assert data[place + 5] & 0x10 == 0
            start = place + 22 + (1 << (data[place + 5] & 3))
            end = start + int.from_bytes(data[place + 22:start], "little")
            data[end:end + 4] = lookup3(data[place:end]).to_bytes(4, "little")
        place = data.find(b"OHDR", place + 4)
    path.write_bytes(data)


def add_types(file):
    """One dataset or attribute of each kind of element."""
    f = group(file, "types")
    f.create_dataset("f16", data=np.array([1.5, -0.0, 6e-8, 65504, np.inf], "<f2"))
    f.create_dataset("f32", data=np.arange(6, dtype="<f4").reshape(2, 3) / 3)
    f.create_dataset("f64be", data=np.array([math.pi, 5e-324, -np.inf], ">f8"))
    f.create_dataset("i8", data=np.array([-128, 127], "i1"))
    f.create_dataset("i16be", data=np.array([-2, 300], ">i2"))
    f.create_dataset("u64", data=np.uint64(2**63 - 1))
    f.create_dataset("flags", data=np.array([True, False, True]))
    f.create_dataset("vlen", data=["", "naïve", "a" * 20], dtype=h5py.string_dtype())
    f.create_dataset("fixed", data=np.array([b"ab", b"abcd"], "S4"))
    f.create_dataset("opaque", data=np.array([b"\1\2", b"\3\4"], "V2"))
    f.create_dataset("pair", data=np.zeros(2, [("a", "<i4"), ("b", "<f4")]))
    f.create_dataset("nothing", data=h5py.Empty("<f4"))
    f.create_dataset("none", shape=(0, 3), dtype="<f4")
    f.create_dataset("unwritten", shape=(2, 2), dtype="<i4", fillvalue=7)
    file["named"] = np.dtype("<f8")
    file["types"].attrs.create("of_named", 2.5, dtype=file["named"])
    brain = h5py.h5t.IEEE_F32LE.copy()
    brain.set_fields(15, 7, 8, 0, 7)
    brain.set_size(2)
    brain.set_ebias(127)
    space = h5py.h5s.create_simple((2,))
    data = h5py.h5d.create(f.id, b"bf16", brain, space, untimed(h5py.h5p.DATASET_CREATE))
    data.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([0x3FC0, 0xC2C8], "<u2"), brain)


def add_attributes(f):
    f.attrs["text"] = "one"
    f.attrs["bytes"] = np.bytes_(b"two")
    f.attrs["names"] = np.array([b"kernel:0", b"bias:0"])
    f.attrs["no_names"] = []
    f.attrs["many"] = ["x", "yy"]
    f.attrs["number"] = 3
    f.attrs["numbers"] = np.array([[1, 2], [3, 4]], "<i2")
    f.attrs["rate"] = np.float32(0.1)
    f.attrs["yes"] = True
    f.attrs["layer_names0"] = np.array([b"a", b"b"])
    f.attrs["layer_names1"] = np.array([b"c"])


def add_links(f):
    inner = group(group(f, "a"), "b")
    inner.create_dataset("c", data=np.array([1], "<i4"))
    f["again"] = inner["c"]
    f["soft"] = h5py.SoftLink("/a/b/c")
    inner["up"] = h5py.SoftLink("c")
    f["dangling"] = h5py.SoftLink("/nowhere")


def add_chunks(f, libver):
    """Each index of chunks, with and without filters, with and without ragged edges."""
    data = np.arange(35, dtype="<i2").reshape(5, 7)
    everything = {"shuffle": True, "compression": "gzip", "fletcher32": True}
    f.create_dataset("plain", data=data, chunks=(2, 3))
    f.create_dataset("filtered", data=data, chunks=(3, 4), **everything)
    sparse = f.create_dataset("sparse", (4, 4), "<i4", chunks=(2, 2), fillvalue=-1)
    sparse[0:2, 2:4] = 5
    space = h5py.h5s.create_simple((5, 7))
    plist = untimed(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    compact = h5py.h5d.create(f.id, b"compact", h5py.h5t.STD_I16LE, space, plist)
    compact.write(h5py.h5s.ALL, h5py.h5s.ALL, data)
    if libver == "earliest":
        return
    f.create_dataset("one", data=data, chunks=(5, 7))
    f.create_dataset("one_filtered", data=data, chunks=(5, 7), compression="gzip")
    f.create_dataset("grows", data=data, chunks=(2, 3), maxshape=(9, None))
    f.create_dataset("grows_filtered", data=data, chunks=(2, 3), maxshape=(None, 7), shuffle=True)
    f.create_dataset("grows_twice", data=data, chunks=(2, 4), maxshape=(None, None))
    f.create_dataset(
        "grows_twice_filtered", data=data, chunks=(2, 4), maxshape=(None, None), fletcher32=True
    )
    plist = untimed(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((2, 3))
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    early = h5py.h5d.create(f.id, b"early", h5py.h5t.STD_I16LE, space, plist)
    early.write(h5py.h5s.ALL, h5py.h5s.ALL, data)


def make_fixtures(folder):
    for libver in ["earliest", "latest"]:
        for name, add in [("types", add_types), ("attributes", add_attributes),
                          ("links", add_links), ("chunks", lambda f: add_chunks(f, libver))]:
            with create(folder / f"{name}_{libver}.h5", libver) as f:
                add(f)
            fix_times(folder / f"{name}_{libver}.h5")
    # Superblock 2, behind a block of the user's.
    with create(folder / "small_v108.h5", "v108", userblock=512) as f:
        f.create_dataset("d", data=np.arange(3, dtype="<f4"))
        f.attrs["a"] = np.bytes_(b"b")
    # Groups of several nodes; dense links, attributes and one too large for a heap block.
    with create(folder / "many_earliest.h5", "earliest") as f:
        f.create_dataset("member_0", data=np.array([1], "u1"))
        for index in range(1, 20):
            f[f"member_{index}"] = h5py.SoftLink("/member_0")
    with create(folder / "many_latest.h5", "latest") as f:
        for index in range(60):
            f[f"m{index}"] = h5py.SoftLink(f"/d{index}")
        data = f.create_dataset("d0", data=np.array([1], "u1"))
        for index in range(12):
            data.attrs[f"attribute_{index}"] = index
        data.attrs["large"] = np.arange(4200, dtype="u1")
    # An extensible array with super blocks: more than 244 chunks.
    with create(folder / "array_latest.h5", "latest") as f:
        f.create_dataset("d", data=np.arange(260, dtype="u1"), chunks=(1,), maxshape=(None,))
    # Compressed as much as deflate can, which pruned weights are too.
    with create(folder / "zeros_latest.h5", "latest") as f:
        f.create_dataset("d", data=np.zeros(1 << 20, "u1"), chunks=(1 << 20,), compression="gzip")
    # Indexes by order of creation, which are not needed but are there.
    with create(folder / "ordered_latest.h5", "latest") as f:
        plist = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
        plist.set_obj_track_times(False)
        order = h5py.h5p.CRT_ORDER_TRACKED | h5py.h5p.CRT_ORDER_INDEXED
        plist.set_link_creation_order(order)
        plist.set_attr_creation_order(order)
        inner = h5py.Group(h5py.h5g.create(f.id, b"g", gcpl=plist))
        for index in range(9):
            inner[f"member_{9 - index}"] = h5py.SoftLink("/g")
            inner.attrs[f"attribute_{9 - index}"] = index


def make_bad(folder):
    folder.mkdir(exist_ok=True)
    with create(folder / "external_storage.h5", "latest") as f:
        f.create_dataset("d", (4,), "<f4", external=[("/etc/hostname", 0, 16)])
    with create(folder / "external_link.h5", "latest") as f:
        f["d"] = h5py.ExternalLink("other.h5", "/d")
    with create(folder / "virtual.h5", "latest") as f:
        layout = h5py.VirtualLayout((4,), "<f4")
        layout[:] = h5py.VirtualSource("other.h5", "d", (4,))
        f.create_virtual_dataset("d", layout)
    fix_times(folder / "virtual.h5")
    with create(folder / "filter.h5", "latest") as f:
        f.create_dataset("d", data=np.zeros(64, "u1"), chunks=(64,), compression="lzf")
    with create(folder / "filter_scaleoffset.h5", "latest") as f:
        f.create_dataset("d", data=np.zeros(64, "<i4"), chunks=(64,), scaleoffset=4)
    with create(folder / "shape_bomb.h5", "latest") as f:
        f.create_dataset("d", (50_000_000, 50_000_000), "<f4", chunks=(1, 1))
    with create(folder / "shape_bomb_contiguous.h5", "earliest") as f:
        f.create_dataset("d", (50_000_000, 50_000), "<f4")
    with create(folder / "shape_bomb_small.h5", "latest") as f:
        f.create_dataset("d", (20_000, 20_000), "<f4", chunks=(1, 1))
    for libver in ["earliest", "latest"]:
        with create(folder / f"cycle_{libver}.h5", libver) as f:
            inner = group(group(f, "a"), "b")
            inner["loop"] = f["a"]
    with create(folder / "soft_cycle.h5", "latest") as f:
        f["d"] = h5py.SoftLink("/e")
        f["e"] = h5py.SoftLink("/d")


def type_name(dataset):
    dtype = dataset.dtype
    if h5py.check_string_dtype(dtype):
        length = h5py.check_string_dtype(dtype).length
        return "text" if length is None else f"text of {length} bytes"
    if dtype == np.dtype(bool):
        return "bool"
    if dtype.names:
        return "compound"
    if dtype.kind == "V":
        return f"opaque of {dtype.itemsize} bytes"
    handle = dataset if isinstance(dataset, h5py.h5a.AttrID) else dataset.id
    kind = handle.get_type()
    if isinstance(kind, h5py.h5t.TypeFloatID) and kind.get_fields()[1:] == (7, 8, 0, 7):
        return "bfloat16"
    return dtype.name + (", big endian" if dtype.byteorder == ">" else "")


def facts(item, value):
    """Type, shape, values and digest of a dataset or an attribute."""
    if isinstance(value, h5py.Empty):
        return {"type": type_name(item), "shape": None, "values": [], "sha256": None}
    array = np.asarray(value)
    name = type_name(item)
    shape = list(item.shape)
    if name.startswith("text"):
        texts = [t.decode() if isinstance(t, bytes) else t for t in array.reshape(-1).tolist()]
        return {"type": name, "shape": shape, "values": texts, "sha256": None}
    if name == "compound" or name.startswith("opaque"):
        return {"type": name, "shape": shape, "values": None, "sha256": None}
    values = None
    if array.size <= 64:
        values = [str(v) if isinstance(v, float) else v for v in array.reshape(-1).tolist()]
    # h5py reads bfloat16 as float32.
    digest = None if name == "bfloat16" else hashlib.sha256(array.tobytes()).hexdigest()
    return {"type": name, "shape": shape, "values": values, "sha256": digest}


def attribute_facts(owner):
    result = {}
    for name in sorted(owner.attrs):
        item = owner.attrs.get_id(name)
        result[name] = facts(item, owner.attrs[name])
    return result


def describe(path):
    objects = []
    soft = {}

    def visit(parent, prefix):
        for name in sorted(parent, key=str.encode):
            place = prefix + name
            link = parent.get(name, getlink=True)
            if isinstance(link, h5py.SoftLink):
                soft[place] = parent.get(name) is not None
                continue
            item = parent[name]
            entry = {"path": place}
            if isinstance(item, h5py.Group):
                entry["kind"] = "group"
            elif isinstance(item, h5py.Datatype):
                entry["kind"] = "type"
            else:
                entry["kind"] = "dataset"
                entry.update(facts(item, item[()]))
            entry["attributes"] = attribute_facts(item)
            objects.append(entry)
            if isinstance(item, h5py.Group):
                visit(item, place + "/")

    with h5py.File(path) as f:
        objects.append({"path": "/", "kind": "group", "attributes": attribute_facts(f)})
        visit(f, "/")
    return {"objects": objects, "soft": soft}


def digest_model(path):
    data, attributes = [], []

    def digest(item, value):
        array = np.asarray(value)
        if h5py.check_string_dtype(item.dtype):
            texts = [t.encode() if isinstance(t, str) else t for t in array.reshape(-1).tolist()]
            content = b"\0".join(texts)
        else:
            content = array.tobytes()
        return f"{'x'.join(map(str, item.shape))} {hashlib.sha256(content).hexdigest()}"

    def visit(name, item):
        for attribute in item.attrs:
            line = digest(item.attrs.get_id(attribute), item.attrs[attribute])
            attributes.append(f"{item.name} {attribute} {line}")
        if isinstance(item, h5py.Dataset):
            extents, hexadecimal = digest(item, item[()]).split(" ")
            data.append(f"{item.name} {extents} {type_name(item)} {hexadecimal}")

    with h5py.File(path) as f:
        visit("/", f)
        f.visititems(visit)
    result = {"datasets": len(data), "attributes": len(attributes)}
    for key, lines in [("data", data), ("metadata", attributes)]:
        lines.sort(key=str.encode)
        result[key + "SHA256"] = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return result


def write(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def main():
    if sys.argv[1] == "--models":
        folder = pathlib.Path(sys.argv[2])
        files = sorted(folder.rglob("*.h5"))
        write(pathlib.Path(sys.argv[3]),
              {str(p.relative_to(folder)): digest_model(p) for p in files})
        return
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    make_fixtures(folder)
    make_bad(folder / "bad")
    write(folder / "expected.json", {p.name: describe(p) for p in sorted(folder.glob("*.h5"))})


main()
