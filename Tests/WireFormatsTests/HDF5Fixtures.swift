import ByteIO
import Foundation
import WireFormats

/// The files of `Fixtures/HDF5`, and what h5py says of them (`Tests/Oracles/hdf5_fixtures.py`).
enum HDF5Fixtures {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures/HDF5")

  /// What h5py says of a dataset or an attribute.
  struct Facts {
    var type: String
    /// `nil` where there is not even one element.
    var shape: [Int]?
    /// Numbers or texts; `nil` where they are not read, or too many.
    var numbers: [Double]?
    var texts: [String]?
    var sha256: String?

    init?(_ entry: [String: Any]) {
      guard let type = entry["type"] as? String else { return nil }
      self.type = type
      shape = entry["shape"] as? [Int]
      sha256 = entry["sha256"] as? String
      guard let values = entry["values"] as? [Any] else { return }
      if type.hasPrefix("text") {
        texts = values as? [String]
      } else {
        numbers = values.compactMap { value in
          (value as? NSNumber)?.doubleValue ?? (value as? String).flatMap(Double.init)
        }
      }
    }
  }

  /// An object of a file.
  struct Object {
    var path: String
    var kind: String
    var facts: Facts?
    var attributes: [String: Facts]
  }

  /// The objects of each file, and its soft links.
  struct Expectation {
    var objects: [Object] = []
    var softLinks: [String: Bool] = [:]
  }

  static let expected: [String: Expectation] = {
    guard let data = try? Data(contentsOf: folder.appendingPathComponent("expected.json")),
      let files = try? JSONSerialization.jsonObject(with: data) as? [String: [String: Any]]
    else { return [:] }
    return files.mapValues { file in
      var expectation = Expectation(softLinks: file["soft"] as? [String: Bool] ?? [:])
      for entry in file["objects"] as? [[String: Any]] ?? [] {
        let attributes = entry["attributes"] as? [String: [String: Any]] ?? [:]
        expectation.objects.append(
          Object(
            path: entry["path"] as? String ?? "",
            kind: entry["kind"] as? String ?? "",
            facts: Facts(entry),
            attributes: attributes.compactMapValues(Facts.init)
          )
        )
      }
      return expectation
    }
  }()

  static let names = expected.keys.sorted()

  /// The content of a file.
  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  /// An opened file.
  static func file(_ name: String) throws -> HDF5File {
    try HDF5File(ByteSource(try bytes(name), name: name).bytes)
  }
}

extension HDF5Object.Kind {
  /// The word of the expectations.
  var word: String {
    switch self {
    case .group: "group"
    case .dataset: "dataset"
    case .namedType: "type"
    }
  }
}

/// The SHA-256 of bytes.
func sha256(_ bytes: Bytes) -> String {
  var digest = SHA256()
  digest.update(bytes)
  return digest.hexadecimal()
}
