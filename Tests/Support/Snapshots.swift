import Foundation
import Testing

/// Compares text with the file of that name in the `Snapshots` folder beside the test.
///
/// `UPDATE_SNAPSHOTS=1` rewrites the file and still fails once, so that nobody forgets to read the
/// difference.
package func expectSnapshot(
  _ text: String,
  named name: String,
  in testFile: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let file = URL(fileURLWithPath: testFile).deletingLastPathComponent()
    .appendingPathComponent("Snapshots").appendingPathComponent(name)
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
