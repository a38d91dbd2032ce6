import ByteIO
import FuzzSupport
import WireFormats

/// Decodes every value of a document in every way that decoders of rules and policies do.
@Sendable func decoded(_ bytes: Bytes) throws {
  let options = JSON5Options(maximumBytes: 1 << 16, code: .rulesInvalid)
  try walk(try JSON5.decode(bytes, options: options))
}

private enum Colour: String, CaseIterable { case red, green }

private func walk(_ element: JSON5Element) throws {
  _ = try? element.string()
  _ = try? element.string(oneOf: ["red", "green"])
  let colour: Colour? = try? element.choice()
  try promise(colour == nil || (try? element.string()) != nil, "a choice that is no text")
  _ = try? element.bool()
  _ = try? element.double()
  if let whole = try? element.int(in: -4...1 << 40) {
    try promise((-4...1 << 40).contains(whole), "\(whole) is out of range")
  }
  for count in [
    try? element.byteCount(), try? element.count(), try? element.count(acceptsNumbers: true),
    try? element.hundredthsOfPercent(), try? element.nanoseconds(),
    try? element.quantity(.frequency), try? element.quantity(.bandwidth),
  ] {
    try promise((count ?? 0) >= 0, "a quantity below 0")
  }
  checkLine(element)
  if let elements = try? element.array() {
    for inner in elements { try walk(inner) }
  }
  guard case .object = element.node.value else { return }
  for entry in try element.entries("entries") { try walk(entry.value) }
  var object = try element.object("object")
  if let inner = object.optional("colour") { checkLine(inner) }
  do throws(JSON5Error) {
    _ = try object.required("colours")
    try object.finish()
  } catch {
    _ = error.readError.message.count + error.text(file: "f").count
  }
}

/// Messages are made for values of any kind.
private func checkLine(_ element: JSON5Element) {
  let error = element.mismatch("something else", hint: "change it")
  _ = error.readError.message.count + error.text(file: "f").count
}

/// What a download would have: more than nothing, and not much more than the bytes themselves.
@Sendable func sizes(_ bytes: Bytes) throws {
  for size in [
    GzipSize.byteCount(of: bytes, level: 6), GzipSize.byteCount(of: bytes.array, level: 1),
  ] {
    guard let size else { continue }
    // RFC 1951: a stored block has five bytes of its own for at most 65535; RFC 1952: 18 around all.
    let most = bytes.count + 5 * (bytes.count / 16_383 + 1) + 18 + 8
    try promise(size >= 18 && size <= most, "\(bytes.count) bytes become \(size)")
  }
  guard let size = ZstdSize.byteCount(of: bytes, level: 1) else { return }
  try promise(size > 0 && size <= bytes.count + bytes.count / 128 + 64, "\(size) bytes of zstd")
}
