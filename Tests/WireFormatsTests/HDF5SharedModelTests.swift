import ByteIO
import Foundation
import TestSupport
import Testing
import WireFormats

/// Models that Keras wrote: what we read is what h5py reads.
@Suite struct HDF5SharedModelTests {
  static let names = SharedModels.names(withExtension: "h5")

  private func expectation(_ name: String) throws -> [String: Any]? {
    let data = try Data(contentsOf: HDF5Fixtures.folder.appendingPathComponent("models.json"))
    return (try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]])?[name]
  }

  private func digest(_ lines: [String]) -> String {
    let sorted = lines.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return sha256(ByteSource(Array(sorted.joined(separator: "\n").utf8)).bytes)
  }

  private func line(_ values: HDF5Values) throws -> (extents: String, digest: String) {
    let extents = values.shape.map(String.init).joined(separator: "x")
    guard values.type.name.hasPrefix("text") else { return (extents, sha256(values.bytes)) }
    let texts = try values.texts().joined(separator: "\0")
    return (extents, sha256(ByteSource(Array(texts.utf8)).bytes))
  }

  @Test(arguments: names)
  func `datasets, shapes, data and attributes are those of h5py`(name: String) throws {
    let expected = try #require(try expectation(name))
    let source = try ByteSource.mapping(path: SharedModels.path(name))
    let survey = try HDF5File(source.bytes).survey()
    let data = try survey.datasets.map { dataset in
      let (extents, digest) = try line(try dataset.values())
      return "\(dataset.object.path) \(extents) \(dataset.type.name) \(digest)"
    }
    var attributes: [String] = []
    for (object, list) in zip(survey.objects, survey.attributes) {
      for attribute in list.all {
        let (extents, digest) = try line(attribute.values)
        attributes.append("\(object.path) \(attribute.name) \(extents) \(digest)")
      }
    }
    #expect(data.count == expected["datasets"] as? Int)
    #expect(attributes.count == expected["attributes"] as? Int)
    #expect(digest(data) == expected["dataSHA256"] as? String)
    #expect(digest(attributes) == expected["metadataSHA256"] as? String)
    // Weights stay where the file has them.
    #expect(
      try survey.datasets.allSatisfy { try $0.content().source === source || $0.byteCount == 0 }
    )
  }

  @Test(arguments: names)
  func `no byte with content is left unexplained`(name: String) throws {
    let bytes = try ByteSource.mapping(path: SharedModels.path(name)).bytes
    var place = 0
    var unexplained = 0
    for region in try HDF5File(bytes).survey().regions {
      if region.bytes.offset > place {
        let gap = try bytes.slice(at: place, count: region.bytes.offset - place)
        unexplained += gap.array.count { $0 != 0 }
      }
      place = max(place, region.bytes.endOffset)
    }
    unexplained += try bytes.suffix(from: place).array.count { $0 != 0 }
    #expect(unexplained == 0)
  }
}
