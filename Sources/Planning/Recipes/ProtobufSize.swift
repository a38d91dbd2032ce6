/// How many bytes protobuf messages of ONNX take.
///
/// Source: Protocol Buffers encoding (varints of seven bits; a field is a tag, for texts and messages a
/// length, and its content) and the field numbers of onnx.proto, all of which are below 16: a tag is one
/// byte.
enum ProtobufSize {
  static func varint(_ value: Int) -> Int {
    // Negative numbers are written as 64 bits.
    guard value >= 0 else { return 10 }
    var bytes = 1
    var rest = value >> 7
    while rest > 0 {
      bytes += 1
      rest >>= 7
    }
    return bytes
  }

  /// A field with a length: text, bytes, a message, a packed list.
  static func field(_ count: Int) -> Int { 1 + varint(count) + count }

  /// A field that is a number.
  static func number(_ value: Int) -> Int { 1 + varint(value) }

  static func text(_ text: String) -> Int { field(text.utf8.count) }

  /// An operator in its graph; `attributes` are the bytes of each attribute, without their own tags.
  static func node(
    _ type: String,
    _ name: String,
    inputs: [String],
    outputs: [String],
    attributes: [Int] = []
  ) -> Int {
    let strings = ([type] + inputs + outputs).reduce(0) { $0 + text($1) }
    return field(
      strings + (name.isEmpty ? 0 : text(name)) + attributes.reduce(0) { $0 + field($1) }
    )
  }

  /// A constant in its graph; `content` is the field with its values.
  static func tensor(_ name: String, _ sizes: [Int], content: Int) -> Int {
    field(sizes.reduce(0) { $0 + number($1) } + number(1) + text(name) + content)
  }

  /// An attribute that is one small whole number.
  static func attribute(_ name: String) -> Int {
    // Name, value, type.
    text(name) + number(1) + number(2) + 1
  }

  /// What a graph says of a tensor's type; open extents are names.
  static func valueInfo(_ name: String, _ sizes: [Int?], openName: Int) -> Int {
    let dimensions = sizes.reduce(0) { sum, size in
      sum + field(size.map { number($0) } ?? field(openName))
    }
    let tensor = number(1) + field(dimensions)
    return field(text(name) + field(field(tensor)))
  }
}
