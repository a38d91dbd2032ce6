/// The names under which Keras 3 keeps the members of a list: the class in snake case, numbered.
struct NameCounter {
  private var used: [String: Int] = [:]

  /// Classes whose exported name is not their own.
  private static let ownNames = ["GroupQueryAttention": "GroupedQueryAttention"]

  mutating func next(_ className: String) -> String {
    let name = Self.snakeCase(Self.ownNames[className] ?? className)
    let count = used[name]
    used[name] = (count ?? -1) + 1
    return count.map { "\(name)_\($0 + 1)" } ?? name
  }

  /// `Conv2DTranspose` becomes `conv2d_transpose`, `PReLU` `p_re_lu`.
  ///
  /// Keras' two steps: an underscore before a capital with small letters behind it, then one
  /// between a small letter or digit and a capital. Source: Keras 3 `utils/naming.py`.
  static func snakeCase(_ name: String) -> String {
    let letters = name.unicodeScalars.filter { scalar in
      scalar == "_" || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
    }.map { $0 }
    func isSmall(_ scalar: Unicode.Scalar) -> Bool { ("a"..."z").contains(scalar) }
    func isCapital(_ scalar: Unicode.Scalar) -> Bool { ("A"..."Z").contains(scalar) }
    // `(.)([A-Z][a-z]+)` → `\1_\2`; matches do not overlap.
    var first: [Unicode.Scalar] = []
    var index = 0
    while index < letters.count {
      if index + 2 < letters.count, isCapital(letters[index + 1]), isSmall(letters[index + 2]) {
        first += [letters[index], "_", letters[index + 1]]
        index += 2
        while index < letters.count, isSmall(letters[index]) {
          first.append(letters[index])
          index += 1
        }
      } else {
        first.append(letters[index])
        index += 1
      }
    }
    // `([a-z])([A-Z])` → `\1_\2`
    var result = ""
    for (index, scalar) in first.enumerated() {
      if index > 0, isCapital(scalar), isSmall(first[index - 1]) { result += "_" }
      result.unicodeScalars.append(scalar)
    }
    return result.lowercased()
  }
}
