import ByteIO

/// What was done to the chunks of a dataset before they were stored, in this order.
///
/// Layout of the message (HDF5 File Format Specification 3.0, IV.A.2.l):
/// 1. version 1 or 2, filter count, 6 reserved bytes in version 1;
/// 2. each filter: number (2 bytes), length of the name (2, in version 2 only from number 256 on),
///    flags (2), count of parameters (2), name (padded to 8 bytes in version 1), parameters (4
///    each, in version 1 an even number of them).
struct HDF5Filters: Sendable {
  /// One step.
  enum Filter: Equatable, Sendable {
    /// zlib data.
    case deflate
    /// The first bytes of all elements, then the second ones, and so on.
    case shuffle(elementSize: Int)
    /// The data and four bytes of checksum.
    case fletcher32
    case other(number: UInt16, name: String)
  }

  private(set) var filters: [Filter] = []

  /// As many as the HDF5 library allows.
  private static let countLimit = 32

  /// Deflate makes 258 bytes from 2 bits at best (RFC 1951).
  static let greatestRatio = 1_032

  /// No filters: chunks are stored as they are.
  init() {}

  init(_ message: Bytes, _ frame: HDF5Frame) throws(ReadError) {
    var cursor = frame.cursor(message)
    let version = try cursor.version(1...2, "filter pipelines")
    let count = Int(try cursor.uint8())
    guard count <= Self.countLimit else { throw cursor.invalid("\(count) filters") }
    if version == 1 { try cursor.skip(6) }
    for _ in 0..<count {
      let number = try cursor.uint16()
      let nameLength = version == 1 || number >= 256 ? Int(try cursor.uint16()) : 0
      try cursor.skip(2)
      let parameterCount = Int(try cursor.uint16())
      let name = try cursor.take(nameLength, "the name of a filter").terminated().string
      if version == 1 { try cursor.skip((8 - nameLength % 8) % 8) }
      var parameters: [UInt32] = []
      for _ in 0..<parameterCount { parameters.append(try cursor.uint32()) }
      if version == 1, parameterCount % 2 == 1 { try cursor.skip(4) }
      filters.append(try Self.filter(number, name, parameters, at: message.offset))
    }
  }

  private static func filter(
    _ number: UInt16,
    _ name: String,
    _ parameters: [UInt32],
    at offset: Int
  ) throws(ReadError) -> Filter {
    switch number {
    case 1: return .deflate
    case 2:
      guard let size = parameters.first, size > 0, let elementSize = Int(exactly: size) else {
        throw ReadError(.modelInvalid, "a shuffle filter without the size of elements", at: offset)
      }
      return .shuffle(elementSize: elementSize)
    case 3: return .fletcher32
    default:
      let known: [UInt16: String] = [
        4: "szip", 5: "nbit", 6: "scaleoffset", 307: "bzip2", 32_000: "lzf", 32_001: "blosc",
        32_004: "lz4", 32_008: "bitshuffle", 32_013: "zfp", 32_015: "zstd", 32_026: "blosc2",
      ]
      return .other(number: number, name: name.isEmpty ? known[number] ?? "unknown" : name)
    }
  }

  /// The names of the filters, in the order in which they were applied.
  var names: [String] {
    filters.map { filter in
      switch filter {
      case .deflate: "deflate"
      case .shuffle: "shuffle"
      case .fletcher32: "fletcher32"
      case .other(_, let name): name
      }
    }
  }

  /// The filters of a chunk: those whose bit in the mask is not set.
  func active(_ mask: UInt32) -> [Filter] {
    filters.enumerated().filter { mask >> UInt32($0.offset) & 1 == 0 }.map(\.element)
  }

  /// The most bytes that stored bytes can become.
  func greatestByteCount(_ storedCount: Int) -> Int {
    guard filters.contains(.deflate) else { return storedCount }
    let (product, overflow) = storedCount.multipliedReportingOverflow(by: Self.greatestRatio)
    return overflow ? .max : product
  }

  /// Undoes the filters of a chunk.
  ///
  /// - Parameters:
  ///   - stored: The chunk as stored.
  ///   - byteCount: Its bytes before any filter.
  ///   - mask: The filters that were skipped.
  /// - Returns: The elements.
  /// - Throws: `MODEL_UNSUPPORTED` for other filters, by name; `MODEL_INVALID` where the bytes do
  ///   not decode to their size and checksum.
  func decoded(_ stored: Bytes, byteCount: Int, mask: UInt32) throws(ReadError) -> Bytes {
    let active = active(mask)
    guard active.filter({ $0 == .deflate }).count < 2 else {
      throw ReadError(.modelUnsupported, "a chunk that is deflated twice", at: stored.offset)
    }
    var data = stored
    for (index, filter) in active.enumerated().reversed() {
      switch filter {
      case .fletcher32: data = try Self.checked(data, stored)
      case .deflate:
        // Checksums taken before the compression are part of what was compressed.
        let checksums = active[..<index].count { $0 == .fletcher32 }
        data = try Self.inflated(data, byteCount: byteCount + 4 * checksums, stored)
      case .shuffle(let elementSize): data = Self.unshuffled(data, elementSize)
      case .other(let number, let name):
        throw ReadError(
          .modelUnsupported,
          "filter \(number) (\(name.prefix(64)))",
          at: stored.offset,
          hint: "deflate, shuffle and fletcher32 are read"
        )
      }
    }
    guard data.count == byteCount else {
      throw ReadError(
        .modelInvalid,
        "a chunk of \(data.count) bytes, its shape needs \(byteCount)",
        at: stored.offset
      )
    }
    return data
  }

  private static func checked(_ data: Bytes, _ stored: Bytes) throws(ReadError) -> Bytes {
    guard data.count >= 4 else {
      throw ReadError(.modelTruncated, "a chunk without its checksum", at: stored.offset)
    }
    let body = try data.slice(at: 0, count: data.count - 4)
    let stated = try data.uint32(at: body.count)
    let sum = HDF5Checksum.fletcher32(body)
    // Versions of the library before 1.6.3 wrote the two bytes of each half in the other order.
    let old = (sum & 0x00FF_00FF) << 8 | (sum >> 8) & 0x00FF_00FF
    guard stated == sum || stated == old else {
      throw ReadError(
        .modelInvalid,
        "the checksum of a chunk does not match its bytes",
        at: stored.offset,
        hint: "is the file damaged?"
      )
    }
    return body
  }

  private static func inflated(
    _ data: Bytes,
    byteCount: Int,
    _ stored: Bytes
  ) throws(ReadError) -> Bytes {
    guard byteCount / greatestRatio <= data.count else {
      throw ReadError(
        .modelInvalid,
        "a chunk of \(byteCount) bytes, more than \(data.count) bytes can decompress to",
        at: stored.offset
      )
    }
    guard let result = Deflate.inflateZlib(data, byteCount: byteCount) else {
      throw ReadError(
        .modelInvalid,
        "a chunk that does not decompress to \(byteCount) bytes",
        at: stored.offset
      )
    }
    return ByteSource(result, name: stored.source.name).bytes
  }

  /// Puts the bytes of elements together again; bytes that make no whole element were left alone.
  private static func unshuffled(_ data: Bytes, _ elementSize: Int) -> Bytes {
    let count = data.count / elementSize
    guard elementSize > 1, count > 1 else { return data }
    var result = [UInt8](repeating: 0, count: data.count)
    data.withUnsafeBytes { input in
      for byte in 0..<elementSize {
        for element in 0..<count {
          result[element * elementSize + byte] = input[byte * count + element]
        }
      }
      for place in count * elementSize..<data.count { result[place] = input[place] }
    }
    return ByteSource(result, name: data.source.name).bytes
  }
}
