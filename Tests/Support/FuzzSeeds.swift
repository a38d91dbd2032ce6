import Foundation
import Testing

/// The folders of the fuzzer's inputs.
package enum FuzzFolders {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fuzz")

  /// Inputs that our own writers made.
  package static let seeds = root.appendingPathComponent("Seeds").path
  /// The archive of inputs that were picked for the lines that they alone reach.
  package static let corpus = root.appendingPathComponent("corpus.zip").path
  /// Inputs that once broke a promise.
  package static let findings = root.appendingPathComponent("Findings").path

  /// The files for a target in one of the folders, by name.
  package static func files(_ folder: String, target: String) -> [(name: String, bytes: [UInt8])] {
    let path = folder + "/" + target
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.sorted().compactMap { name in
      FileManager.default.contents(atPath: path + "/" + name).map { (name, Array($0)) }
    }
  }
}

/// Compares what a test's writer makes with the seed of that name.
///
/// `UPDATE_SNAPSHOTS=1` writes the seed, and still fails once.
///
/// - Parameters:
///   - bytes: What the writer made.
///   - target: The fuzz target.
///   - name: The file's name.
///   - sourceLocation: Where to report a difference.
/// - Throws: Where the seed cannot be written.
package func expectSeed(
  _ bytes: [UInt8],
  _ target: String,
  _ name: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  #expect(bytes.count < 4096, "a seed of \(bytes.count) bytes", sourceLocation: sourceLocation)
  let folder = URL(fileURLWithPath: FuzzFolders.seeds).appendingPathComponent(target)
  let file = folder.appendingPathComponent(name)
  guard (try? Data(contentsOf: file)) != Data(bytes) else { return }
  if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] == "1" {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }
  Issue.record(
    "the seed \(target)/\(name) is not what its writer makes; UPDATE_SNAPSHOTS=1 writes it",
    sourceLocation: sourceLocation
  )
}
