import ByteIO
import Calibration
import Differences
import FuzzSupport
import Gate
import Planning
import TargetRules
import WireFormats

/// The documents that decide, and the data that is measured with.
package let targets: [FuzzTarget] = [
  FuzzTarget("rules") { bytes in
    _ = try TargetLibrary.decode(bytes, path: "rules.json5")
  },
  FuzzTarget("policy", GateOracle.judge),
  FuzzTarget("baseline") { bytes in
    let reports = try ReportSnapshot.decode(bytes)
    let written = ReportSnapshot.baseline(reports, tool: .null).serialized()
    let again = try ReportSnapshot.decode(ByteSource(written).bytes)
    try promise(again.count == reports.count, "a baseline of other reports than were written")
    _ = ModelDifference(reports[0], again[0])
  },
  FuzzTarget("sensitivity") { bytes in
    _ = try SensitivityTable.decode(bytes, modelHash: String(repeating: "0", count: 64))
  },
  FuzzTarget("preprocessing") { bytes in
    if let known = try? Preprocessing(bytes.string) {
      try promise(!known.scale.contains { $0.denominator == 0 }, "a division by zero")
    }
    _ = try Preprocessing(json5: bytes)
  },
  FuzzTarget("picture") { bytes in
    let channels = bytes.count % 2 == 0 ? 1 : 3
    let picture = try Picture(bytes, channels: channels, limits: .init(pixels: 1 << 16))
    try promise(
      picture.samples.count == picture.width * picture.height * picture.channels,
      "\(picture.width) × \(picture.height) and \(picture.samples.count) samples"
    )
  },
  FuzzTarget("pattern") { bytes in
    let parts = bytes.string.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    guard let pattern = PathPattern(String(parts[0])), parts.count == 2 else { return }
    let path = String(parts[1])
    _ = pattern.mayMatch(inside: path)
    guard pattern.matches(path) else { return }
    // Every folder above what fits has to be looked into.
    let names = path.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false)
      .map { String($0) }
    for count in names.indices where !names.prefix(count).contains("") {
      let folder = names.prefix(count).joined(separator: "/")
      try promise(pattern.mayMatch(inside: folder), "\"\(folder)\" is left out")
    }
  },
  FuzzTarget("journal", JournalFile.check),
]
