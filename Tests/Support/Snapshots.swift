import Foundation
import Testing

/// Compares text with the file of that name in a folder.
///
/// `UPDATE_SNAPSHOTS=1` rewrites the file and still fails once, so that nobody forgets to read the
/// difference.
///
/// - Parameters:
///   - text: What the test made.
///   - name: The file's name.
///   - testFile: `#filePath` of the test; the folder is `Snapshots` beside it.
///   - folder: Another folder.
///   - sourceLocation: Where to report a difference.
/// - Throws: Where the file cannot be rewritten.
package func expectSnapshot(
  _ text: String,
  named name: String,
  in testFile: String,
  folder: String? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let beside = URL(fileURLWithPath: testFile).deletingLastPathComponent()
    .appendingPathComponent("Snapshots")
  let file = (folder.map { URL(fileURLWithPath: $0) } ?? beside).appendingPathComponent(name)
  let stored = try? String(contentsOf: file, encoding: .utf8)
  guard stored != text else { return }
  if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] == "1" {
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try text.write(to: file, atomically: true, encoding: .utf8)
    Issue.record("\(name) was rewritten; read the difference", sourceLocation: sourceLocation)
    return
  }
  Issue.record(
    "\(name) differs; UPDATE_SNAPSHOTS=1 rewrites it\n\(firstDifference(stored ?? "", text))",
    sourceLocation: sourceLocation
  )
}

private func firstDifference(_ stored: String, _ text: String) -> String {
  let old = stored.split(separator: "\n", omittingEmptySubsequences: false)
  let new = text.split(separator: "\n", omittingEmptySubsequences: false)
  let line =
    zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    ?? min(old.count, new.count)
  func show(_ lines: [Substring]) -> String {
    lines.indices.contains(line) ? String(lines[line]) : ""
  }
  return "line \(line + 1)\n- \(show(old))\n+ \(show(new))"
}
