import ByteIO
import Testing
import WireFormats

@Suite struct HDF5FileTests {
  private func compare(_ values: HDF5Values, _ facts: HDF5Fixtures.Facts, _ place: String) throws {
    #expect(values.type.name == facts.type, "\(place)")
    #expect(values.dataspace.isNull == (facts.shape == nil), "\(place)")
    #expect(values.shape == facts.shape ?? [], "\(place)")
    if let texts = facts.texts { #expect(try values.texts() == texts, "\(place)") }
    if let numbers = facts.numbers {
      // Bit for bit: zero has a sign, and NaN is not equal to itself.
      #expect(try values.floats().map(\.bitPattern) == numbers.map(\.bitPattern), "\(place)")
    }
    if let digest = facts.sha256 { #expect(sha256(values.bytes) == digest, "\(place)") }
  }

  @Test(arguments: HDF5Fixtures.names)
  func `objects, types, shapes and values are those of h5py`(name: String) throws {
    let expected = try #require(HDF5Fixtures.expected[name])
    let survey = try HDF5Fixtures.file(name).survey()
    #expect(survey.objects.map(\.path) == expected.objects.map(\.path))
    #expect(survey.objects.map(\.kind.word) == expected.objects.map(\.kind))
    let wanted = expected.objects.filter { $0.kind == "dataset" }
    try #require(survey.datasets.count == wanted.count)
    for (dataset, object) in zip(survey.datasets, wanted) {
      #expect(dataset.object.path == object.path)
      try compare(try dataset.values(), try #require(object.facts), object.path)
    }
    for (attributes, object) in zip(survey.attributes, expected.objects) {
      #expect(attributes.all.map(\.name) == object.attributes.keys.sorted(), "\(object.path)")
      for attribute in attributes.all {
        let facts = try #require(object.attributes[attribute.name])
        try compare(attribute.values, facts, object.path + "@" + attribute.name)
      }
    }
  }

  @Test(arguments: HDF5Fixtures.names)
  func `paths lead to the objects, soft links to where they point`(name: String) throws {
    let expected = try #require(HDF5Fixtures.expected[name])
    let root = try HDF5Fixtures.file(name).root
    for object in expected.objects {
      #expect(try root[object.path]?.path == object.path)
    }
    for (path, exists) in expected.softLinks {
      #expect(try (root[path] != nil) == exists, "\(path)")
    }
    #expect(try root["/not/there"] == nil)
  }

  @Test(arguments: HDF5Fixtures.names)
  func `every byte that is not zero belongs to a region, and regions nest`(name: String) throws {
    let bytes = ByteSource(try HDF5Fixtures.bytes(name)).bytes
    let regions = try HDF5File(bytes).survey().regions
    var isCovered = [Bool](repeating: false, count: bytes.count)
    var end = 0
    for region in regions {
      #expect(region.bytes.offset >= 0 && region.bytes.endOffset <= bytes.count)
      #expect(region.bytes.endOffset <= end || region.bytes.offset >= end, "\(region)")
      end = max(end, region.bytes.endOffset)
      for place in region.bytes.offset..<region.bytes.endOffset { isCovered[place] = true }
    }
    let unexplained = try isCovered.indices.filter { place in
      try !isCovered[place] && bytes.uint8(at: place) != 0
    }
    #expect(unexplained == [])
  }

  @Test func `the superblock is the first region and data in one piece is a region`() throws {
    let source = ByteSource(try HDF5Fixtures.bytes("small_v108.h5"))
    let file = try HDF5File(source.bytes)
    let survey = try file.survey()
    #expect(survey.regions.first?.kind == .userBlock)
    #expect(survey.regions.dropFirst().first?.kind == .superblock)
    let content = try survey.datasets[0].content()
    #expect(content.source === source)
    let data = try #require(survey.regions.first { $0.kind == .rawData })
    #expect(data.bytes.offset == content.offset && data.bytes.count == content.count)
    #expect(data.path == "/d")
    #expect(survey.regions.contains { $0.kind == .attribute(name: "a") && $0.path == "/" })
  }

  @Test func `storage tells pieces from chunks and names the filters`() throws {
    let root = try HDF5Fixtures.file("chunks_latest.h5").root
    guard case .chunked(let extents, let filters)? = try root.dataset("filtered")?.storage else {
      Issue.record("not chunked")
      return
    }
    #expect(extents == [3, 4])
    #expect(filters == ["shuffle", "deflate", "fletcher32"])
    guard case .compact(let bytes)? = try root.dataset("compact")?.storage else {
      Issue.record("not compact")
      return
    }
    #expect(bytes.count == 70)
    // A ragged grid of 3 by 3 chunks.
    #expect(try root.dataset("plain")?.storedBytes().count == 9)
    guard
      case .absent? = try HDF5Fixtures.file("types_latest.h5").root
        .dataset("types/unwritten")?.storage
    else {
      Issue.record("not absent")
      return
    }
  }

  @Test(arguments: ["earliest", "latest"])
  func `children are sorted and say what they are`(version: String) throws {
    let root = try HDF5Fixtures.file("links_\(version).h5").root
    let children = try root.children()
    #expect(children.map(\.name) == ["a", "again", "dangling", "soft"])
    #expect(
      children.map(\.kind) == [.object(.group), .object(.dataset), .softLink, .softLink]
    )
    #expect(try root.group("a/b")?.dataset("up")?.object.path == "/a/b/c")
    #expect(try root["a/b/./c"]?.path == "/a/b/c")
  }

  @Test(arguments: ["earliest", "latest"])
  func `attributes convert, and those that Keras split are joined`(version: String) throws {
    let attributes = try HDF5Fixtures.file("attributes_\(version).h5").root.attributes()
    #expect(try attributes.text("text") == "one")
    #expect(try attributes.text("bytes") == "two")
    #expect(try attributes.texts("names") == ["kernel:0", "bias:0"])
    #expect(try attributes.texts("no_names") == [])
    #expect(try attributes.texts("layer_names") == ["a", "b", "c"])
    #expect(try attributes.text("layer_names") == "abc")
    #expect(try attributes.integers("numbers") == [1, 2, 3, 4])
    #expect(try attributes.integers("yes") == [1])
    #expect(try attributes.floats("rate") == [Double(Float(0.1))])
    #expect(try attributes.texts("absent") == nil)
    #expect(attributes["yes"]?.values.type.isBoolean == true)
    let error = #expect(throws: ReadError.self) { try attributes.text("names") }
    #expect(error?.code == .modelUnsupported)
    let mismatch = #expect(throws: ReadError.self) { try attributes.texts("number") }
    #expect(mismatch?.code == .modelUnsupported)
    #expect(mismatch?.path == "@number")
  }

  @Test func `only HDF5 is probed as such`() throws {
    #expect(HDF5File.probe(ByteSource(try HDF5Fixtures.bytes("small_v108.h5")).bytes))
    #expect(!HDF5File.probe(ByteSource([]).bytes))
    #expect(!HDF5File.probe(ByteSource(Array("PK\u{3}\u{4}".utf8)).bytes))
  }
}
