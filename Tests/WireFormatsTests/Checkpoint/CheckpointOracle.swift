import Foundation
import TestSupport

/// What TensorFlow says: Tests/Oracles/checkpoint_listing.py made the file.
enum CheckpointOracle {
  struct Checkpoint: Decodable, Sendable {
    let tensors: [Tensor]
    let objects: Int
    let names: [String: String]
    let slots: [String]
    let values: [String: Value]?
    let index: Data?
    let data: Data?
  }

  struct Tensor: Decodable, Equatable, Sendable, CustomStringConvertible {
    let key: String
    let dataType: Int
    let shape: [Int]

    var description: String { "\(key) \(dataType) \(shape)" }

    init(key: String, dataType: Int, shape: [Int]) {
      self.key = key
      self.dataType = dataType
      self.shape = shape
    }

    init(from decoder: any Decoder) throws {
      var row = try decoder.unkeyedContainer()
      key = try row.decode(String.self)
      dataType = try row.decode(Int.self)
      shape = try row.decode([Int].self)
    }
  }

  enum Value: Decodable, Equatable, Sendable {
    case numbers(Data)
    case texts([Data])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let texts = try? container.decode([Data].self) {
        self = .texts(texts)
      } else {
        self = .numbers(try container.decode(Data.self))
      }
    }
  }

  struct SnappyVector: Decodable, Sendable {
    let text: Data
    let compressed: Data
  }

  struct Document: Decodable, Sendable {
    let listed: [String: Checkpoint]
    let made: [String: Checkpoint]
    let snappy: [SnappyVector]
  }

  static let document: Document? = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Oracles/checkpoints.json")
    guard let data = try? Data(contentsOf: file) else { return nil }
    return try? JSONDecoder().decode(Document.self, from: data)
  }()

  /// The checkpoints listed that are on this machine: their names and their indexes' paths.
  static let files: [(name: String, path: String)] = {
    let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../Examples").standardizedFileURL.path
    let folders = [SharedModels.directory, examples].compactMap(\.self)
    return (document?.listed.keys.sorted() ?? []).compactMap { name in
      let paths = folders.map { $0 + "/" + name }
      return paths.first { FileManager.default.fileExists(atPath: $0) }.map { (name, $0) }
    }
  }()
}
