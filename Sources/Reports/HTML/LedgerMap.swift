import ModelIR
import Profiling

/// The bytes of a model's files as a treemap: categories, and within the weights the largest tensors.
struct LedgerMap {
  private let profile: ModelProfile

  init(_ profile: ModelProfile) { self.profile = profile }

  private static let width = 960.0
  private static let height = 320.0
  /// More tensors could not be told apart.
  private static let mostTensors = 80

  /// One rectangle.
  private struct Part {
    var name: String
    var bytes: Int
    var operatorIndex: Int?
  }

  /// The picture; categories have the classes `part0`, `part1`, … in the order of their sizes.
  func svg() -> String {
    let categories = profile.bytes.filter { $0.bytes > 0 }.sorted { $1.bytes < $0.bytes }
    let whole = Treemap.Frame(x: 0, y: 0, width: Self.width, height: Self.height)
    let frames = Treemap.frames(categories.map { Double($0.bytes) }, in: whole)
    var text = """
      <svg viewBox="0 0 \(n(Self.width)) \(n(Self.height))" role="img" \
      aria-label="Bytes of the file by what they are for; the table below has the figures">

      """
    for (index, (category, frame)) in zip(categories, frames).enumerated() {
      let kind = min(index, 7)
      let parts = category.category == .weights ? weights(category.bytes) : []
      guard parts.count > 1 else {
        let part = Part(name: category.category.title, bytes: category.bytes)
        text += rectangle(part, frame, kind, of: category.category)
        continue
      }
      let inner = Treemap.frames(parts.map { Double($0.bytes) }, in: frame)
      for (part, frame) in zip(parts, inner) {
        text += rectangle(part, frame, kind, of: category.category)
      }
    }
    return text + "</svg>"
  }

  /// The largest tensors that are stored once and read by an operator, and the rest together.
  private func weights(_ total: Int) -> [Part] {
    var seen: Set<UInt64> = []
    var left = total
    var parts: [Part] = []
    let rows = profile.constants.filter { $0.operatorIndex != nil && ($0.bytes ?? 0) > 0 }
      .enumerated().sorted {
        let (a, b) = ($0.element.bytes ?? 0, $1.element.bytes ?? 0)
        return a == b ? $0.offset < $1.offset : a > b
      }
    for (_, row) in rows where parts.count < Self.mostTensors {
      guard let bytes = row.bytes, bytes <= left else { continue }
      if let hash = row.contentHash, !seen.insert(hash).inserted { continue }
      parts.append(Part(name: row.name, bytes: bytes, operatorIndex: row.operatorIndex))
      left -= bytes
    }
    if left > 0 { parts.append(Part(name: "other weights", bytes: left)) }
    return parts.sorted { $1.bytes < $0.bytes }
  }

  private func rectangle(
    _ part: Part,
    _ frame: Treemap.Frame,
    _ kind: Int,
    of category: ByteCategory
  ) -> String {
    let name = Columns.shortened(part.name, to: 160)
    let title = "\(name): \(Quantity.bytes(part.bytes)) (\(category.title))"
    let link = part.operatorIndex.map { " data-operator=\"\($0)\"" } ?? ""
    var text = """
      <g class="part"\(link)><title>\(XMLText.escaped(title))</title><rect class="part\(kind)" \
      x="\(n(frame.x))" y="\(n(frame.y))" width="\(n(frame.width))" height="\(n(frame.height))"/>
      """
    // Helvetica's letters are about 0.55 of their size wide.
    let room = Int((frame.width - 10) / 6.7)
    if room >= 4, frame.height >= 18 {
      let label = Columns.shortened(part.name, to: room)
      text +=
        "<text x=\"\(n(frame.x + 5))\" y=\"\(n(frame.y + 14))\">\(XMLText.escaped(label))</text>"
      if frame.height >= 34, room >= 8 {
        text +=
          "<text class=\"small\" x=\"\(n(frame.x + 5))\" y=\"\(n(frame.y + 29))\">"
          + "\(Quantity.bytes(part.bytes))</text>"
      }
    }
    return text + "</g>\n"
  }

  private func n(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
