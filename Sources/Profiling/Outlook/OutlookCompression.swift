import ByteIO
import ModelIR
import Operators
import WireFormats

/// How far a converted model shrinks under gzip: the weights are really converted and compressed.
///
/// Everything of the file that is no weight goes in as it is; scales that a mode adds count as bytes
/// that do not shrink.
struct OutlookCompression {
  let model: Model

  /// The size after gzip; `nil` where weights are not to be read, are missing or are too many.
  func gzipBytes(_ items: [Outlook.Item], most: Int, isPruned: Bool = false) -> Int? {
    let total = items.reduce(0) { $0 + ($1.row.bytes ?? 0) }
    guard most > 0, total <= most, model.ledger.fileBytes - total <= Outlook.mostCompressed
    else { return nil }
    var stream: [UInt8] = []
    var added = 0
    for item in items {
      guard let bytes = model[item.row.graph][item.row.value].constant?.bytes else { return nil }
      stream += converted(item, bytes, isPruned: isPruned)
      added += 4 * item.channels
    }
    guard let weights = GzipSize.byteCount(of: stream, level: 6), let rest = rest(items) else {
      return nil
    }
    return weights + rest + added
  }

  /// The compressed size of what is no weight, estimated by the file without the weights' ranges.
  private func rest(_ items: [Outlook.Item]) -> Int? {
    var file: Bytes?
    var weights: [Range<Int>] = []
    for item in items {
      guard case .mapped(let bytes) = model[item.row.graph][item.row.value].constant else {
        continue
      }
      if file == nil { file = bytes.source.bytes }
      guard file?.source === bytes.source else { continue }
      weights.append(bytes.offset..<(bytes.offset + bytes.count))
    }
    guard let file else { return 0 }
    var others: [UInt8] = []
    var place = 0
    for range in weights.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound > place {
        others += array(file, place..<range.lowerBound)
      }
      place = max(place, range.upperBound)
    }
    if place < file.count { others += array(file, place..<file.count) }
    return GzipSize.byteCount(of: others, level: 6)
  }

  private func array(_ file: Bytes, _ range: Range<Int>) -> [UInt8] {
    guard let part = try? file.slice(at: range.lowerBound, count: range.count) else { return [] }
    return part.withUnsafeBytes { Array($0) }
  }

  private func converted(_ item: Outlook.Item, _ bytes: Bytes, isPruned: Bool) -> [UInt8] {
    let stored = bytes.withUnsafeBytes { Array($0) }
    let isWeight: Bool = if case .weights = item.role { true } else { false }
    let original = isPruned && isWeight ? pruned(item, stored) : stored
    guard let type = item.newType, item.row.type == .float32 else {
      guard item.newType == .int4, item.row.type == .int8 else { return original }
      return packed(original.map { Int8(truncatingIfNeeded: Int(Int8(bitPattern: $0)) / 16) })
    }
    let values = floats(original)
    switch type {
    case .float16:
      return values.flatMap { value -> [UInt8] in
        let bits = Float16Bits.bits(value)
        return [UInt8(bits & 0xFF), UInt8(bits >> 8)]
      }
    case .int8: return quantized(values, item, limit: 127).map { UInt8(bitPattern: $0) }
    case .int4: return packed(quantized(values, item, limit: 7))
    default: return original
    }
  }

  // MARK: - Values

  private func floats(_ bytes: [UInt8]) -> [Float] {
    stride(from: 0, to: bytes.count - bytes.count % 4, by: 4).map { place in
      let low = UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8
      let high = UInt32(bytes[place + 2]) << 16 | UInt32(bytes[place + 3]) << 24
      return Float(bitPattern: low | high)
    }
  }

  /// Symmetric integers with a scale for each channel, `q = round(w / s)`, `s = max|w| / limit`.
  private func quantized(_ values: [Float], _ item: Outlook.Item, limit: Int) -> [Int8] {
    let sizes = item.row.shape.sizes ?? []
    let channels = max(1, item.channels)
    var inner = 1
    if channels > 1, sizes.indices.contains(item.axis) {
      for size in sizes[(item.axis + 1)...] { inner *= max(1, size) }
    } else {
      inner = max(1, values.count)
    }
    var most = [Float](repeating: 0, count: channels)
    for (index, value) in values.enumerated() where value.isFinite {
      let channel = index / inner % channels
      most[channel] = max(most[channel], abs(value))
    }
    return values.enumerated().map { index, value in
      let scale = most[index / inner % channels] / Float(limit)
      guard scale > 0, value.isFinite else { return 0 }
      return Int8(max(-Float(limit), min(Float(limit), (value / scale).rounded())))
    }
  }

  /// Two 4-bit integers a byte, the first in the low half.
  private func packed(_ values: [Int8]) -> [UInt8] {
    stride(from: 0, to: values.count, by: 2).map { place in
      let low = UInt8(bitPattern: values[place]) & 0xF
      let high = place + 1 < values.count ? UInt8(bitPattern: values[place + 1]) & 0xF : 0
      return low | high << 4
    }
  }

  /// Zero for the half of the elements with the smallest magnitude.
  private func pruned(_ item: Outlook.Item, _ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    switch item.row.type {
    case .float32:
      let magnitudes = floats(bytes).map { abs($0) }
      for index in smallerHalf(magnitudes) {
        for byte in 0..<4 { result[4 * index + byte] = 0 }
      }
    case .int8:
      let zero = item.row.quantization?.zeroPoint(0) ?? 0
      let magnitudes = bytes.map { abs(Float(Int(Int8(bitPattern: $0)) - zero)) }
      for index in smallerHalf(magnitudes) {
        result[index] = UInt8(bitPattern: Int8(clamping: zero))
      }
    default: break
    }
    return result
  }

  /// The places of the smaller half; of equals the first.
  private func smallerHalf(_ magnitudes: [Float]) -> [Int] {
    let count = magnitudes.count / 2
    guard count > 0 else { return [] }
    // What is no number is as large as can be.
    let known = magnitudes.map { $0.isNaN ? .infinity : $0 }
    let most = known.sorted()[count - 1]
    var equals = count - known.count { $0 < most }
    return known.indices.filter { index in
      guard known[index] == most else { return known[index] < most }
      equals -= 1
      return equals >= 0
    }
  }
}

/// The bits of the nearest 16-bit float, ties to even.
///
/// Source: IEEE 754-2019, binary16.
enum Float16Bits {
  static func bits(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let sign = UInt16(bits >> 16) & 0x8000
    let exponent = Int(bits >> 23 & 0xFF) - 127
    let mantissa = bits & 0x7F_FFFF
    if exponent == 128 { return sign | 0x7C00 | (mantissa == 0 ? 0 : 0x200) }
    if exponent > 15 { return sign | 0x7C00 }
    if exponent < -25 { return sign }
    // Below −14 the number is subnormal: its mantissa loses a bit for each step.
    let full = mantissa | 0x80_0000
    let shift = UInt32(exponent >= -14 ? 13 : 13 - 14 - exponent)
    let kept = exponent >= -14 ? UInt32(exponent + 15) << 10 | mantissa >> 13 : full >> shift
    let rest = full & ((1 << shift) - 1)
    let half = UInt32(1) << (shift - 1)
    let rounded = rest > half || (rest == half && kept & 1 == 1) ? kept + 1 : kept
    return sign | UInt16(truncatingIfNeeded: rounded)
  }
}
