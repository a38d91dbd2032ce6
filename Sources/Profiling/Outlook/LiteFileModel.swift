import ModelIR

/// How many bytes TensorFlow Lite's converter adds to a file for what a mode needs.
///
/// Sizes of FlatBuffers structures: a vector has a length of 4 bytes, a table 4 bytes to its field list,
/// an offset 4 bytes each, strings a length, a zero and padding to 4. Source: FlatBuffers internals;
/// the slots of TensorFlow Lite's `schema.fbs` (Tensor, QuantizationParameters, Operator, Buffer).
struct LiteFileModel {
  /// Whether the converter that wrote the file records minimum and maximum beside the scales, and
  /// quantizes matrix products as a whole: converters that leave no conversion metadata do.
  let recordsRanges: Bool

  /// The quantization of a tensor: scales as 4, zero points as 8 bytes each.
  func quantization(channels: Int, axis: Int = 0, withRanges: Bool = false) -> Int {
    // Two vectors with their lengths and the two offsets in the table.
    var bytes = 16 + 12 * channels
    // The axis is left out where it is 0.
    if axis != 0 { bytes += 4 }
    if withRanges { bytes += 16 + 8 * channels }
    return bytes
  }

  /// A type other than float32 is written out, padded to 4 bytes.
  static let typeField = 4
  /// New shapes of tables (field lists), shared by all tensors of a kind.
  static let fieldLists = 40

  /// A tensor with an operator of one operand that makes it: what DEQUANTIZE of a constant takes.
  ///
  /// Tensor: table 24, shape 4 + 4 · rank, entries of two vectors 8, empty quantization table 4, its
  /// buffer 4; operator: entry 4, table 12, two lists of one index 16; name.
  static func derivedTensor(rank: Int, nameLength: Int) -> Int {
    76 + 4 * rank + 4 + string(nameLength)
  }

  /// A further tensor of a constant that several operators share, without its quantization.
  ///
  /// Float operators without a bias share a zero one; as integers each has its own scale. Tensor: table
  /// 24, shape of one extent 8, entries of two vectors 8, its buffer's entry 4 and table 8; name.
  static func splitTensor(nameLength: Int) -> Int {
    52 + string(nameLength)
  }

  /// A text: its length, its bytes, a zero, padded to 4.
  static func string(_ length: Int) -> Int { 4 + (length + 1 + 3) / 4 * 4 }

  /// A further operator code with the field list of the new operators.
  static let operatorCode = 24
  /// The entry of metadata that allows float16 arithmetic (`reduced_precision_support`).
  static let reducedPrecision = 72
}
