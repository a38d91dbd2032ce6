import ByteIO

/// The type of the elements of a dataset or an attribute.
package indirect enum HDF5Type: Equatable, Sendable {
  /// Which byte of a number comes first.
  package enum ByteOrder: Equatable, Sendable {
    case littleEndian
    case bigEndian
  }

  /// What stands behind the end of a text that is shorter than its room.
  package enum Padding: UInt8, Sendable {
    /// A zero byte ends the text.
    case terminated
    case zeros
    case spaces
  }

  /// A binary float of the IEEE 754 form: sign, exponent, fraction.
  package struct Float: Equatable, Sendable {
    package var byteCount: Int
    package var order: ByteOrder
    package var signBit: Int
    package var exponentBit: Int
    package var exponentBits: Int
    package var fractionBit: Int
    package var fractionBits: Int
    package var bias: Int
  }

  /// A named value of an enumeration.
  package struct Member: Equatable, Sendable {
    package var name: String
    /// As stored, in the base type.
    package var value: [UInt8]
  }

  case integer(byteCount: Int, isSigned: Bool, order: ByteOrder)
  case float(Float)
  case fixedText(byteCount: Int, padding: Padding)
  /// Text of any length; elements are references into global heaps.
  case variableText(byteCount: Int)
  case enumeration(base: HDF5Type, members: [Member])
  /// Bytes that only the writer understands.
  case opaque(byteCount: Int, tag: String)
  /// A type whose elements are not read: its name and the size of an element.
  case other(name: String, byteCount: Int)

  /// The size of an element, as stored.
  package var byteCount: Int {
    switch self {
    case .integer(let byteCount, _, _), .fixedText(let byteCount, _),
      .variableText(let byteCount), .opaque(let byteCount, _), .other(_, let byteCount):
      byteCount
    case .float(let float): float.byteCount
    case .enumeration(let base, _): base.byteCount
    }
  }

  /// Whether elements are `FALSE` and `TRUE` of one byte, which is how h5py writes Booleans.
  package var isBoolean: Bool {
    guard case .enumeration(let base, let members) = self, base.byteCount == 1 else { return false }
    return members.map(\.name) == ["FALSE", "TRUE"] && members.map(\.value) == [[0], [1]]
  }

  /// The name to use in messages.
  package var name: String {
    switch self {
    case .integer(let byteCount, let isSigned, let order):
      (isSigned ? "int" : "uint") + "\(8 * byteCount)" + Self.suffix(order)
    case .float(let float):
      (float.isBrain ? "bfloat16" : "float\(8 * float.byteCount)") + Self.suffix(float.order)
    case .fixedText(let byteCount, _): "text of \(byteCount) bytes"
    case .variableText: "text"
    case .enumeration(let base, _): isBoolean ? "bool" : "enumeration of \(base.name)"
    case .opaque(let byteCount, _): "opaque of \(byteCount) bytes"
    case .other(let name, _): name
    }
  }

  private static func suffix(_ order: ByteOrder) -> String {
    order == .bigEndian ? ", big endian" : ""
  }
}

extension HDF5Type.Float {
  /// A float of IEEE 754 or of its kind, with the fraction lowest and the sign highest.
  package init(exponentBits: Int, fractionBits: Int, order: HDF5Type.ByteOrder = .littleEndian) {
    self.init(
      byteCount: (1 + exponentBits + fractionBits) / 8,
      order: order,
      signBit: exponentBits + fractionBits,
      exponentBit: fractionBits,
      exponentBits: exponentBits,
      fractionBit: 0,
      fractionBits: fractionBits,
      bias: (1 << (exponentBits - 1)) - 1
    )
  }

  /// IEEE 754 half precision.
  package static let half = Self(exponentBits: 5, fractionBits: 10)
  /// The upper half of a single.
  package static let brain = Self(exponentBits: 8, fractionBits: 7)
  /// IEEE 754 single precision.
  package static let single = Self(exponentBits: 8, fractionBits: 23)
  /// IEEE 754 double precision.
  package static let double = Self(exponentBits: 11, fractionBits: 52)

  /// Whether this is bfloat16, in either byte order.
  package var isBrain: Bool {
    var same = self
    same.order = .littleEndian
    return same == .brain
  }
}
