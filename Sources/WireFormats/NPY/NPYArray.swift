import ByteIO

/// An array in NumPy's `.npy` format.
///
/// Layout (NumPy enhancement proposal 1; format 1.0, 2.0, 3.0):
/// 1. `\x93NUMPY`, major and minor version;
/// 2. length of the header: 2 bytes in version 1, 4 bytes later;
/// 3. the header: a Python dictionary literal with `descr`, `fortran_order`, `shape`;
/// 4. the elements.
package struct NPYArray: Sendable {
  /// The element type as NumPy writes it, without the byte order: `f4`, `i8`, `u1`, `b1`, `f2`.
  package var type: String
  /// The extents, outermost first.
  package var sizes: [Int]
  /// The elements, row-major and little endian.
  package var elements: Bytes

  package init(type: String, sizes: [Int], elements: Bytes) {
    self.type = type
    self.sizes = sizes
    self.elements = elements
  }

  /// Types of fixed size that are read, with their bytes.
  private static let elementSizes = [
    "f2": 2, "f4": 4, "f8": 8, "i1": 1, "i2": 2, "i4": 4, "i8": 8, "u1": 1, "u2": 2, "u4": 4,
    "u8": 8, "b1": 1, "c8": 8, "c16": 16,
  ]

  /// Reads an array in place.
  ///
  /// - Throws: `DATA_INVALID` where it is no such array, holds objects or text, or is in Fortran order.
  package init(_ bytes: Bytes) throws(ReadError) {
    guard bytes.has("NUMPY", at: 1), try bytes.uint8(at: 0) == 0x93 else {
      throw Self.invalid("not a .npy array", bytes)
    }
    let major = try bytes.uint8(at: 6)
    guard (1...3).contains(major) else {
      throw Self.invalid("version \(major) of the .npy format is not read", bytes)
    }
    let headerOffset = major == 1 ? 10 : 12
    let headerLength = try major == 1 ? Int(bytes.uint16(at: 8)) : Int(bytes.uint32(at: 8))
    let text = try bytes.slice(at: headerOffset, count: headerLength, "the array's header").string
    let header = try Header(text, bytes)
    guard let elementSize = Self.elementSizes[header.type] else {
      throw Self.invalid("elements of type \"\(header.type)\" are not read", bytes)
    }
    let size = header.sizes.reduce((partialValue: elementSize, overflow: false)) { product, size in
      let next = product.partialValue.multipliedReportingOverflow(by: size)
      return (next.partialValue, product.overflow || next.overflow)
    }
    guard !size.overflow else { throw Self.invalid("the shape overflows", bytes) }
    type = header.type
    sizes = header.sizes
    elements = try bytes.slice(
      at: headerOffset + headerLength,
      count: size.partialValue,
      "the array's elements"
    )
  }

  private static func invalid(_ message: String, _ bytes: Bytes) -> ReadError {
    ReadError(.dataInvalid, message, at: bytes.offset)
  }

  /// The dictionary literal, as far as NumPy writes it.
  private struct Header {
    var type: String
    var sizes: [Int]

    init(_ text: String, _ bytes: Bytes) throws(ReadError) {
      guard let descr = Self.value(of: "descr", in: text),
        let order = Self.value(of: "fortran_order", in: text),
        let shape = Self.value(of: "shape", in: text)
      else {
        throw NPYArray.invalid("the array's header lacks descr, fortran_order or shape", bytes)
      }
      let quoted = descr.prefix { $0 != "," }.filter { $0 != "'" && $0 != "\"" && $0 != " " }
      guard !quoted.hasPrefix(">") else {
        throw NPYArray.invalid("big-endian elements (\(quoted)) are not read", bytes)
      }
      type = String(quoted.drop { "<|=".contains($0) })
      guard shape.hasPrefix("("), let close = shape.firstIndex(of: ")") else {
        throw NPYArray.invalid("the array's shape is no tuple", bytes)
      }
      var sizes: [Int] = []
      for part in shape[shape.index(after: shape.startIndex)..<close].split(separator: ",") {
        let digits = part.filter { $0 != " " && $0 != "L" }
        guard !digits.isEmpty else { continue }
        guard let size = Int(digits), size >= 0 else {
          throw NPYArray.invalid("the array's shape has the extent \"\(digits)\"", bytes)
        }
        sizes.append(size)
      }
      self.sizes = sizes
      // A single axis is the same in both orders.
      guard order.hasPrefix("False") || sizes.count < 2 else {
        throw NPYArray.invalid("arrays in Fortran order are not read", bytes)
      }
    }

    private static func value(of key: String, in text: String) -> Substring? {
      for quote in ["'", "\""] {
        let pattern = quote + key + quote
        guard let place = text.firstRange(of: pattern) else { continue }
        return text[place.upperBound...].drop { $0 == " " || $0 == ":" }
      }
      return nil
    }
  }

  /// The array's file, version 1.0, with the header padded so that elements begin at a multiple of 64.
  package func serialized() -> [UInt8] {
    let order = type.hasSuffix("1") ? "|" : "<"
    let shape = sizes.map(String.init).joined(separator: ", ") + (sizes.count == 1 ? "," : "")
    var header = "{'descr': '\(order)\(type)', 'fortran_order': False, 'shape': (\(shape)), }"
    let unpadded = 10 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = UInt16(clamping: header.utf8.count)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)]
      + Array(header.utf8) + elements.array
  }
}
