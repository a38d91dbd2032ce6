import ByteIO
import FuzzDecoders
import FuzzFormats
import FuzzPipeline
import FuzzSupport
import FuzzWire
import TestSupport
import Testing
import WireFormats

/// What the fuzzer starts from and what it once found, without the fuzzer.
@Suite struct ReplayTests {
  private static let all =
    FuzzWire.targets + FuzzFormats.targets + FuzzDecoders.targets + FuzzPipeline.targets
  static let names = all.map(\.name)

  private static func target(_ name: String) throws -> FuzzTarget {
    try #require(all.first { $0.name == name })
  }

  /// What was picked for a target, out of an archive in an archive: stored one behind the other and
  /// compressed as one.
  private static func picked(_ target: String) throws -> [(name: String, bytes: [UInt8])] {
    let outer = try ZIPArchive(try ByteSource.mapping(path: FuzzFolders.corpus).bytes)
    let inner = try ZIPArchive(try #require(outer.member("corpus.zip")).content())
    return try inner.members.filter { $0.name.hasPrefix(target + "/") }.map { member in
      (member.name, try member.content().array)
    }
  }

  @Test(arguments: names)
  func `no seed and no finding breaks a promise`(name: String) throws {
    let target = try Self.target(name)
    let seeds = FuzzFolders.files(FuzzFolders.seeds, target: name)
    #expect(!seeds.isEmpty, "Fuzz/Seeds/\(name) is empty")
    let findings = FuzzFolders.files(FuzzFolders.findings, target: name)
    for file in seeds + findings + (try Self.picked(name)) {
      #expect(throws: Never.self, "\(name)/\(file.name)") { try target.check(file.bytes) }
    }
  }

  @Test(arguments: names)
  func `no prefix of a seed and no changed byte breaks a promise`(name: String) throws {
    let target = try Self.target(name)
    // What takes long is left to the fuzzer and to the format's own tests.
    let slow = ["pipeline", "savedmodel", "journal", "command-line", "hdf5", "hdf5-unchecked"]
    let step = slow.contains(name) ? 13 : 1
    for file in FuzzFolders.files(FuzzFolders.seeds, target: name) {
      for count in stride(from: 0, to: file.bytes.count, by: step) {
        try target.check(Array(file.bytes.prefix(count)))
      }
      for place in stride(from: 0, to: file.bytes.count, by: step) {
        for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
          var changed = file.bytes
          changed[place] = value
          do throws(BrokenPromise) {
            try target.check(changed)
          } catch {
            Issue.record("\(name)/\(file.name), byte \(place) = \(value): \(error.description)")
          }
        }
      }
    }
  }

  @Test func `targets have names of their own`() {
    #expect(Set(Self.names).count == Self.names.count)
  }
}
