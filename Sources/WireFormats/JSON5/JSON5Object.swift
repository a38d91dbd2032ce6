import ByteIO

/// An object being decoded: it remembers which keys were asked for and refuses all others.
package struct JSON5Object: Sendable {
  private let element: JSON5Element
  private let members: [JSON5Node.Member]
  private var isUsed: [Bool]
  private var known: [String] = []

  init(_ element: JSON5Element, _ members: [JSON5Node.Member]) {
    self.element = element
    self.members = members
    isUsed = Array(repeating: false, count: members.count)
  }

  /// The value of a key, or `nil` where the object does not have it.
  package mutating func optional(_ name: String) -> JSON5Element? {
    known.append(name)
    guard let index = members.firstIndex(where: { $0.name == name }) else { return nil }
    isUsed[index] = true
    return JSON5Element(
      members[index].value,
      at: .member(element.path, name),
      code: element.code
    )
  }

  /// The value of a key.
  ///
  /// - Throws: where the object does not have it; a key that looks like it is named.
  package mutating func required(_ name: String) throws(JSON5Error) -> JSON5Element {
    if let value = optional(name) { return value }
    let unused = members.indices.filter { !isUsed[$0] }.map { members[$0] }
    let misspelt = nearestName(to: name, in: unused.map(\.name))
    let line = unused.first { $0.name == misspelt }?.position.line
    var hint: String?
    if let misspelt, let line { hint = "is \(quotedForMessage(misspelt)) in line \(line) meant?" }
    throw element.error("\(element.subject) has no \"\(name)\"", hint: hint)
  }

  /// Refuses keys that nobody asked for.
  ///
  /// - Throws: at the first such key; the nearest known one is the hint.
  package func finish() throws(JSON5Error) {
    guard let index = isUsed.firstIndex(of: false) else { return }
    let member = members[index]
    let nearest = nearestName(to: member.name, in: known)
    throw JSON5Error(
      element.code,
      "unknown key \(quotedForMessage(member.name))",
      at: member.position,
      path: JSON5Path.member(element.path, member.name).description,
      hint: nearest.map { "did you mean \"\($0)\"?" } ?? knownKeys
    )
  }

  private var knownKeys: String {
    known.isEmpty
      ? "no keys are known here"
      : "known keys: " + known.map { "\"\($0)\"" }.joined(separator: ", ")
  }

  /// An error at the object, for what the caller knows to be wrong with all of it.
  package func error(_ message: String, hint: String? = nil) -> JSON5Error {
    element.error(message, hint: hint)
  }
}
