import ModelIR
import Profiling

extension TextReport {
  /// What standard compression would bring, a line for each mode.
  func outlookLines() -> [String] {
    let entries = profile.outlook
    guard !entries.isEmpty, let original = entries.first(where: { $0.mode == .original }) else {
      return []
    }
    var lines = [
      style.paint("What compression would bring", .heading)
        + style.paint(" (from the file alone, no data)", .faint),
      style.paint(
        "  " + Columns.left("", 20) + Columns.right("file", 11) + Columns.right("change", 9)
          + Columns.right("gzip", 11) + Columns.right("arena", 11),
        .faint
      ),
    ]
    for entry in entries {
      let lead = "  " + Columns.left(entry.mode.rawValue, 20)
      guard let file = entry.fileBytes else {
        lines.append(style.paint(trimmed(lead + "  –  " + entry.note), .faint))
        continue
      }
      let change: String
      if let before = original.fileBytes, before > 0, entry.mode != .original, file != before {
        let share = Double(file) / Double(before) - 1
        change = (share < 0 ? "−" : "+") + Quantity.percent(abs(share))
      } else {
        change = ""
      }
      let figures =
        lead + Columns.right(Quantity.bytes(file), 11) + Columns.right(change, 9)
        + Columns.right(entry.gzipBytes.map { Quantity.bytes($0) } ?? "–", 11)
        + Columns.right(entry.arenaBytes.map { Quantity.bytes($0) } ?? "–", 11)
      let room = style.width - Columns.width(figures) - 2
      let words = entry.note.split(separator: ";").first.map(String.init) ?? ""
      let note = Columns.shortened(words, to: max(0, room))
      lines.append(trimmed(figures + "  " + (room >= 24 ? style.paint(note, .faint) : "")))
      for effect in entry.effects {
        let what =
          switch effect.effect {
          case "pays": "pays on \(effect.target)"
          case "nothing": "brings nothing on \(effect.target)"
          default: "does not run on \(effect.target)"
          }
        lines += Columns.wrapped("\(what): \(effect.reason)", to: style.width - 6).map {
          style.paint("      " + $0, .faint)
        }
      }
    }
    if let missing = profile.missingCompression {
      lines.append(style.paint("  " + missing, .faint))
    }
    if profile.model.format != .tflite {
      lines.append(
        style.paint("  weights only: nodes that a converter adds are not counted", .faint)
      )
    }
    return lines
  }
}
