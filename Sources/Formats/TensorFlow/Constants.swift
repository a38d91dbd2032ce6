import ByteIO
import ModelIR
import WireFormats

/// A constant or a variable of the source: type, shape, where its bytes are.
struct StoredTensor: Sendable {
  var type: ElementType
  var sizes: [Int]
  var storage: TensorStorage
  /// Where its numbers stand: ranges of files by their numbers in the ledger.
  var payloads: [(file: Int, range: Range<Int>)] = []
}

/// Reads constants of the graph once each.
struct ConstantBook {
  private var tensors: [Source: StoredTensor] = [:]
  private var allowance: Int
  private let limits: TensorFlowLimits

  init(fileBytes: Int, limits: TensorFlowLimits) {
    self.limits = limits
    let (scaled, overflow) = fileBytes.multipliedReportingOverflow(by: limits.madeFactor)
    let (sum, sumOverflow) = scaled.addingReportingOverflow(limits.madeBytes)
    allowance = overflow || sumOverflow ? Int.max : sum
  }

  /// The tensor of a node `Const`.
  mutating func tensor(
    _ source: Source,
    of node: SourceNode
  ) throws(ReadError) -> StoredTensor {
    if let known = tensors[source] { return known }
    let (allowance, limits) = (allowance, limits)
    let message = try located("node \"\(node.name.prefix(128))\"") {
      () throws(ReadError) -> TensorMessage in
      guard let value = try node.attribute("value")?.tensor else {
        throw ReadError(.modelInvalid, "a constant has no value", at: node.range.lowerBound)
      }
      return try TensorMessage(value, limits: limits, allowance: allowance)
    }
    self.allowance -= message.madeBytes
    let tensor = StoredTensor(
      type: message.type,
      sizes: message.sizes,
      storage: message.storage,
      payloads: message.payloads.map { (0, $0) }
    )
    tensors[source] = tensor
    return tensor
  }
}

extension StoredTensor {
  /// The elements, where they are few integers.
  var integers: [Int]? {
    guard let count = checkedProduct(sizes), count <= 1_024, let bytes = storage.bytes else {
      return nil
    }
    return readIntegers(bytes, type, count)
  }

  /// The elements, where they are few numbers.
  var numbers: [Double]? {
    if let integers { return integers.map(Double.init) }
    guard let count = checkedProduct(sizes), count <= 1_024, let bytes = storage.bytes else {
      return nil
    }
    var result: [Double] = []
    for index in 0..<count {
      let value: Double? =
        switch type {
        case .float32: (try? bytes.float32(at: index * 4)).map { Double($0) }
        case .float64: try? bytes.float64(at: index * 8)
        default: nil
        }
      guard let value else { return nil }
      result.append(value)
    }
    return result
  }
}
