import ByteIO

/// Elements of a dataset or an attribute, and their conversion to types of Swift.
package struct HDF5Values: Sendable {
  /// The type of each.
  package let type: HDF5Type
  /// Their shape.
  package let dataspace: HDF5Dataspace
  /// The elements as stored; those of variable length are references.
  package let bytes: Bytes
  private let frame: HDF5Frame

  init(
    type: HDF5Type,
    dataspace: HDF5Dataspace,
    bytes: Bytes,
    _ frame: HDF5Frame
  ) throws(ReadError) {
    self.type = type
    self.dataspace = dataspace
    self.frame = frame
    self.bytes = try bytes.slice(at: 0, count: try dataspace.byteCount(of: type), "the elements")
  }

  /// The extents, slowest first.
  package var shape: [Int] { dataspace.shape }

  /// The elements as texts.
  ///
  /// - Throws: `MODEL_UNSUPPORTED` where they are not text. No elements are no texts, whatever their
  ///   type: h5py writes an empty list of names as an empty list of floats.
  package func texts() throws(ReadError) -> [String] {
    var trace = HDF5Trace(frame, path: "")
    return try texts(&trace)
  }

  func texts(_ trace: inout HDF5Trace) throws(ReadError) -> [String] {
    switch type {
    case .fixedText(let byteCount, let padding):
      return try elements(of: byteCount) { (element) throws(ReadError) in
        try Self.trimmed(element, padding).string
      }
    case .variableText(let byteCount):
      // Each text has bytes of its own, so together they are no longer than the file.
      var bytesLeft = frame.bytes.count
      return try elements(of: byteCount) { (element) throws(ReadError) in
        let text = try variable(element, &trace)
        guard text.count <= bytesLeft else {
          throw ReadError(.modelInvalid, "more text than the file has bytes", at: element.offset)
        }
        bytesLeft -= text.count
        return try text.terminated().string
      }
    default:
      guard bytes.isEmpty else { throw mismatch("text") }
      return []
    }
  }

  /// Reads the heaps that elements of variable length are in, so that the trace notes them.
  func noteHeaps(_ trace: inout HDF5Trace) throws(ReadError) {
    guard case .variableText(let byteCount) = type else { return }
    for index in 0..<(try dataspace.elementCount()) {
      _ = try variable(try bytes.slice(at: index * byteCount, count: byteCount), &trace)
    }
  }

  /// The elements as integers; Booleans are 0 and 1.
  ///
  /// - Throws: `MODEL_UNSUPPORTED` where they are not integers or do not fit 64 bits with sign.
  package func integers() throws(ReadError) -> [Int] {
    var base = type
    if case .enumeration(let integer, _) = type { base = integer }
    guard case .integer(let byteCount, let isSigned, let order) = base else {
      guard bytes.isEmpty else { throw mismatch("integers") }
      return []
    }
    return try elements(of: byteCount) { (element) throws(ReadError) in
      let bits = try Self.bits(element, order)
      let unused = UInt64(64 - 8 * byteCount)
      if isSigned { return Int(Int64(bitPattern: bits << unused) >> Int64(unused)) }
      guard let value = Int(exactly: bits) else {
        throw ReadError(.modelUnsupported, "the integer \(bits)", at: element.offset)
      }
      return value
    }
  }

  /// The elements as doubles, exactly; integers are converted.
  ///
  /// - Throws: `MODEL_UNSUPPORTED` where they are not numbers.
  package func floats() throws(ReadError) -> [Double] {
    guard case .float(let float) = type else { return try integers().map(Double.init) }
    return try elements(of: float.byteCount) { (element) throws(ReadError) in
      float.value(try Self.bits(element, float.order))
    }
  }

  // MARK: - Elements

  private func elements<Element>(
    of byteCount: Int,
    _ body: (Bytes) throws(ReadError) -> Element
  ) throws(ReadError) -> [Element] {
    var result: [Element] = []
    let count = try dataspace.elementCount()
    result.reserveCapacity(min(count, bytes.count))
    for index in 0..<count {
      result.append(try body(try bytes.slice(at: index * byteCount, count: byteCount)))
    }
    return result
  }

  /// The element that a reference (length of 4 bytes, address, index of 4 bytes) leads to.
  private func variable(_ reference: Bytes, _ trace: inout HDF5Trace) throws(ReadError) -> Bytes {
    var cursor = frame.cursor(reference)
    let count = UInt64(try cursor.uint32())
    guard let address = try cursor.address(), address != 0, count > 0 else {
      return try reference.slice(at: 0, count: 0)
    }
    let object = try trace.globalHeap(at: address, frame).object(try cursor.uint32())
    let length = try object.count(count, elementSize: 1, from: 0, "an element of variable length")
    return try object.slice(at: 0, count: length)
  }

  private static func trimmed(_ text: Bytes, _ padding: HDF5Type.Padding) throws(ReadError) -> Bytes
  {
    guard padding != .terminated else { return try text.terminated() }
    let filler: UInt8 = padding == .zeros ? 0 : 0x20
    var count = text.count
    while count > 0, try text.uint8(at: count - 1) == filler { count -= 1 }
    return try text.slice(at: 0, count: count)
  }

  private static func bits(_ element: Bytes, _ order: HDF5Type.ByteOrder) throws(ReadError)
    -> UInt64
  {
    var bits: UInt64 = 0
    for index in 0..<element.count {
      let place = order == .littleEndian ? element.count - 1 - index : index
      bits = bits << 8 | UInt64(try element.uint8(at: place))
    }
    return bits
  }

  private func mismatch(_ wanted: String) -> ReadError {
    ReadError(.modelUnsupported, "\(wanted) expected, the type is \(type.name)", at: bytes.offset)
  }
}

extension HDF5Type.Float {
  /// The value of stored bits; a double holds each exactly.
  func value(_ bits: UInt64) -> Double {
    let fraction = bits >> UInt64(fractionBit) & ((1 << UInt64(fractionBits)) - 1)
    let greatest = (1 << UInt64(exponentBits)) - 1 as UInt64
    let exponent = bits >> UInt64(exponentBit) & greatest
    let isNegative = bits >> UInt64(signBit) & 1 != 0
    let magnitude: Double
    if exponent == greatest {
      magnitude = fraction == 0 ? .infinity : .nan
    } else {
      // Subnormal numbers have the exponent of the smallest normal ones and no leading one.
      let leading: UInt64 = exponent == 0 ? 0 : 1 << UInt64(fractionBits)
      let power = max(Int(exponent), 1) - bias - fractionBits
      magnitude = Double(sign: .plus, exponent: power, significand: Double(fraction | leading))
    }
    return isNegative ? -magnitude : magnitude
  }
}
