import ByteIO
import Foundation
import WireFormats

/// The archive of malformed files that `Tests/Faults/malformed.py --pack` makes.
enum MalformedFiles {
  /// A file, and the codes of errors of which one is right; `OK` where it may be read.
  struct File {
    var name: String
    var codes: [String]
    var bytes: [UInt8]
  }

  private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures/malformed.zip").path

  /// The files of a kind; a name in the archive is `KIND/CODES/NUMBER`.
  static func of(_ kind: String) throws -> [File] {
    let archive = try ZIPArchive(try ByteSource.mapping(path: path).bytes)
    return try archive.members.filter { $0.name.hasPrefix(kind + "/") }.map { member in
      let codes = member.name.split(separator: "/")[1].split(separator: "+").map(String.init)
      return File(name: member.name, codes: codes, bytes: try member.content().array)
    }
  }
}
