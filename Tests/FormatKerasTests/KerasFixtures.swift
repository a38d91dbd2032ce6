import ByteIO
import Execution
import FormatKeras
import Foundation
import ModelIR
import Operators
import Testing
import WireFormats

/// The archive of small models that Keras wrote.
enum KerasFixtures {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  /// The members of the archive, by name.
  static func members() throws -> [String: Bytes] {
    let path = folder.appendingPathComponent("layers.zip").path
    let outer = try ZIPArchive(try ByteSource.mapping(path: path).bytes)
    // The cases are stored one behind the other and compressed as one: they have much in common.
    let inner = try #require(outer.member("cases.zip"))
    let archive = try ZIPArchive(try inner.content())
    var members: [String: Bytes] = [:]
    for member in archive.members {
      // Copies, so that offsets in errors and ledgers are those of the model's own file.
      members[member.name] =
        ByteSource(try member.content().array, name: member.name).bytes
    }
    return members
  }

  /// The bytes of one case's model.
  static func model(_ name: String) throws -> Bytes {
    let members = try members()
    return try #require(members[name + "/model.keras"] ?? members[name + "/model.h5"])
  }

  static func cases() throws -> [LayerTests.Case] {
    let members = try members()
    let names = Set(members.keys.compactMap { $0.split(separator: "/").first.map(String.init) })
    return try names.sorted().map { name in
      func tensors(_ prefix: String) throws -> [Tensor] {
        var tensors: [Tensor] = []
        while let bytes = members["\(name)/\(prefix)\(tensors.count).npy"] {
          tensors.append(try #require(Tensor(try NPYArray(bytes))))
        }
        return tensors
      }
      return LayerTests.Case(
        name: name,
        model: try #require(members[name + "/model.keras"] ?? members[name + "/model.h5"]),
        inputs: try tensors("in"),
        outputs: try tensors("out"),
        parameters: try #require(Int(members[name + "/parameters.txt"]?.string ?? ""))
      )
    }
  }

  /// The numbers among a model's constants that layers own: Keras counts these.
  static func parameters(_ model: Model) -> Int {
    model.main.values.reduce(0) { sum, value in
      guard case .mapped? = value.constant else { return sum }
      return sum + (value.shape.elementCount ?? 0)
    }
  }
}
